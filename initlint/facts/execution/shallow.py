"""Loops over `children()` that initialise by type, and the modules of that type which lie deeper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import LayerKind
from initlint.facts.api.words import says_init
from initlint.facts.execution.graph import Part
from initlint.facts.execution.inits import Inits, changes_law, written_to
from initlint.facts.meaning.guards import ClassNameGuard, TypeGuard
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Block, Call, Class

if TYPE_CHECKING:
    from initlint.facts.execution.trees import Tree
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite

_QUESTIONS = frozenset({"isinstance", "issubclass", "hasattr", "getattr", "type", "print", "len", "str", "repr", "id"})
_NESTING = (LayerKind.CONTAINER, LayerKind.COMPOSITE, LayerKind.ATTENTION)


@dataclass(frozen=True, slots=True, eq=False)
class ShallowLoop:
    """A loop over the children of a module that misses others in it.

    `iterable` is the call of `children()`, `model` the module as `Class.path`, `init` what initialises a child; the
    paths of `missed` are seen from the object of `class_` that holds the module. `all_missed` says that nothing else
    lies deeper that the init may take: a module with an init of its own, or one that is not known.
    """

    iterable: cst.Call
    init: cst.Call
    model: str
    class_: Class
    missed: tuple[Part, ...]
    all_missed: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Loop:
    """A `for` statement over the children of a module, with the calls in its body."""

    iterable: cst.Call
    model: cst.BaseExpression
    child: str
    block: Block
    calls: list[Call]


def shallow_loops(file: File) -> Iterator[ShallowLoop]:
    """The loops of a file over children that miss modules which they would initialise, each once."""
    inits = Inits(file)
    sites = {site.node: site for site in file.sites}
    for loop in _loops(file):
        writing = [call for call in loop.calls if _initialises(call, sites.get(call.node), loop.child)]
        others = [call for call in loop.calls if call.node not in sites and _hands_on(call, loop.child)]
        if not all(_on_a_leaf(file, call, loop.child) for call in (*writing, *others)):
            continue
        found = (
            ShallowLoop(loop.iterable, call.node, tree.name, class_, missed, len(missed) == len(taken))
            for call in writing
            for tree in file.trees.of(loop.model, loop.block.env, call)
            if (class_ := tree.whole[0].class_) is not None
            and (taken := list(_taken(inits, loop, call, tree)))
            and (missed := tuple(_missed(inits, loop, class_, sites.get(call.node), taken)))
        )
        yield from [each for each in [next(found, None)] if each is not None]


def _loops(file: File) -> Iterator[_Loop]:
    loops: dict[cst.CSTNode, _Loop] = {}
    for call in file.record.calls:
        for block in call.block.path():
            found = loops.get(block.node) if block.node is not None else None
            found = found or _read(block)
            if found is not None:
                loops[found.iterable] = loops[block.node] = found  # type: ignore[index]
                found.calls.append(call)
    yield from {loop.iterable: loop for loop in loops.values()}.values()


def _read(block: Block) -> _Loop | None:
    """`for m in net.children()`, `for _, m in net.named_children()`."""
    match block.node:
        case cst.For(
            target=cst.Name(value=child),
            iter=cst.Call(func=cst.Attribute(value=model, attr=cst.Name(value="children")), args=()) as iterable,
        ):
            return _Loop(iterable, model, child, block, [])
        case cst.For(
            target=cst.Tuple(elements=[_, cst.Element(value=cst.Name(value=child))]),
            iter=cst.Call(func=cst.Attribute(value=model, attr=cst.Name(value="named_children")), args=()) as iterable,
        ):
            return _Loop(iterable, model, child, block, [])
        case _:
            return None


def _initialises(call: Call, site: InitSite | None, child: str) -> bool:
    """Whether a call writes the weight of a child: an init, or a function that says so and is given the child."""
    if site is not None:
        module = written_to(site)
        whole = site.target is not None and site.target.loop is not None
        return not whole and module is not None and text.dotted(module) == child
    return _is_given(call, child) and says_init(text.last_name(call.node.func) or "")


def _hands_on(call: Call, child: str) -> bool:
    """Whether a call goes into a child, or hands it or something of it to what may."""
    function = call.node.func
    if isinstance(function, cst.Attribute) and text.root(function.value) == child:
        return "__class__" not in text.code(function.value)
    if any(isinstance(each.node, cst.For) and text.root(each.node.iter) == child for each in call.block.path()):
        return True
    given = any(text.root(argument.value) == child for argument in call.node.args)
    return given and text.last_name(function) not in _QUESTIONS


def _is_given(call: Call, child: str) -> bool:
    return any(text.dotted(argument.value) == child for argument in call.node.args)


def _on_a_leaf(file: File, call: Call, child: str) -> bool:
    """Whether a test on the way picks children of types that hold no other module."""
    for guard in file.guards.around(call.block):
        if isinstance(guard, TypeGuard | ClassNameGuard) and guard.subject == child and not guard.negated:
            layers = guard.layers
            return bool(layers) and all(layer.kind not in _NESTING for layer in layers or ())
    return False


def _taken(inits: Inits, loop: _Loop, call: Call, tree: Tree) -> Iterator[tuple[Part, bool]]:
    """The modules below the children that the init may take, and whether it would, whenever they are there."""
    near = {part.node for part in tree.whole if part.depth <= tree.root.depth + 1}
    guards = tuple(inits.file.guards.around(call.block))
    inside = f"{tree.path}." if tree.path else ""
    for part in tree.whole:
        deeper = part.depth > tree.root.depth + 1 and part.node not in near
        unknown = part.layer is None and part.class_ is None and part.container is None
        if part.is_module and part.path.startswith(inside) and (deeper or unknown):
            takes = inits.selection.takes(guards, loop.child, part)
            if takes is not False:
                yield part, bool(takes) and not part.wrapped


def _missed(
    inits: Inits, loop: _Loop, class_: Class, site: InitSite | None, taken: list[tuple[Part, bool]]
) -> Iterator[Part]:
    for part, certain in taken:
        layer = part.layer.layer if part.layer is not None else None
        if certain and layer is not None:
            changed = changes_law(site, layer) if site is not None else layer.kind is not LayerKind.NORM
            if changed and not inits.may_reach(class_, part, loop.iterable):
                yield part
