"""The walk through a tree finds what LibCST's own matchers find, in their order, but for what is no code."""

import libcst as cst
import libcst.matchers as m
import pytest

from initlint.facts.reading.inside import attributes, inside, named
from initlint.facts.reading.remarks import commented

GRAMMAR = '''\
"""Every kind of node that holds others."""  # and what lies between
import a.b as c, d
from . import (e as f, g)
from ..h import *

@decorator(i)
async def j[K: (int, str), *Ts, **P](k, /, l: int = 1, *m, n=2, **o) -> p:
    global q
    async for r in (yield s): await t
    else: nonlocal_ = yield from u
    async with v as w, x: return lambda y, *, z=1: (y, z)

class A(B, *C, metaclass=D, **E):
    nonlocal F
    type G[H] = I | J
    K: L = M
    N: O
    P = Q = R,
    S += not T
    del U, V

def W(*, X): raise Y from Z

if aa and bb:
    while cc < dd <= ee: break
    else: continue
elif ff if gg else hh: pass
else: assert ii, jj

for kk in ll: print(*mm, nn=oo, **pp)
else: qq[rr:ss:tt, uu, *vv].ww = -xx @ yy

try: {zz: ab, **ac}; {ad, *ae}; [af, *ag]; (ah, ai); ()
except aj as ak: raise
except (al, am): raise an
else: f"{ao!r:{ap}} {aq=}" "ar" 'as'
finally: 1 + 1.5 - 2j * ...

try: [at for au in av if aw if ax for ay in az]
except* ba as bb: {bc: bd for be in bf}; {bg async for bh in bi}; (bj for bk in bl)

match bm, bn:
    case bo.bp | 1 | None if bq: (br := bs)
    case [bt, *bu] | (bv, *_): pass
    case {"bw": bx, **by}: pass
    case bz(ca, cb=cc) as cd: pass
    case _: pass
'''
NO_CODE = (
    *(cst.BaseParenthesizableWhitespace, cst.TrailingWhitespace, cst.EmptyLine, cst.Newline, cst.Comment),
    *(cst.LeftParen, cst.RightParen, cst.LeftSquareBracket, cst.RightSquareBracket, cst.LeftCurlyBrace),
    *(cst.RightCurlyBrace, cst.Comma, cst.Colon, cst.Semicolon, cst.Dot, cst.AssignEqual, cst.ParamSlash),
    *(cst.Asynchronous, cst.BaseBinaryOp, cst.BaseUnaryOp, cst.BaseBooleanOp, cst.BaseCompOp, cst.BaseAugOp),
)


def test_everything_is_found_once_in_the_order_of_the_source() -> None:
    tree = cst.parse_module(GRAMMAR)
    every = m.findall(tree, m.MatchIfTrue(lambda _: True))
    assert inside(tree, cst.CSTNode) == [each for each in every if not isinstance(each, NO_CODE)]  # type: ignore[type-abstract]


@pytest.mark.parametrize("kinds", [(cst.Name,), (cst.If, cst.IfExp), (cst.Call, cst.Attribute), (cst.BaseComp,)])
def test_only_what_is_of_one_of_the_kinds_is_found(kinds: tuple[type[cst.CSTNode], ...]) -> None:
    found = inside(cst.parse_module(GRAMMAR), *kinds)
    assert found
    assert all(isinstance(each, kinds) for each in found)


def test_the_node_itself_is_found_first() -> None:
    node = cst.parse_expression("f(g(x), *h())")
    assert inside(node, cst.Call)[0] is node
    assert [each.func.value for each in inside(node, cst.Call) if isinstance(each.func, cst.Name)] == ["f", "g", "h"]


def test_names_are_also_those_of_keywords_attributes_definitions_and_imports() -> None:
    code = "from x import y as x\n\ndef x(x: x = x):\n    x.x(x=x, y='x', **x)\n"
    assert len(named(cst.parse_module(code), "x")) == 11
    assert len(named(cst.parse_module(code), "x", "y")) == 13
    assert named(cst.parse_module(code), "xx") == []


def test_attributes_are_found_by_what_they_are_called_whatever_they_are_of() -> None:
    node = cst.parse_expression("bias + self.bias + f(x).bias.data + bias.weight")
    assert len(attributes(node, "bias")) == 2
    assert len(attributes(node, "data", "weight")) == 2


@pytest.mark.parametrize(
    ("code", "expected"),
    [("[\n  f(x),  # twice\n]", True), ("(  # twice\n  f(x)\n)", True), ("[\n  f(x),\n  '#',\n]", False)],
)
def test_a_comment_is_found_between_the_parts_of_a_node(code: str, expected: bool) -> None:
    assert commented(cst.parse_expression(code)) is expected
