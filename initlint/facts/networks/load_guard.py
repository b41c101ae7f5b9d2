"""What `_init_weights` writes past the guard with which transformers keeps the weights that it loaded.

`from_pretrained` sets `_is_hf_initialized` on every parameter that it loads, and swaps the functions of `torch.nn.init`
for ones that leave such a parameter alone. A tensor method asks no such question; a view and `.data` are new tensors
without the mark; a function that was imported by name is the one that does not ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.torch_init import INIT_MODULE, METHODS, SAME_FUNCTIONS, SAME_SIGNATURES
from initlint.facts.networks.hugging_face import drawing_method, models
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Argument, Assigned, Binding, Block, Call, Env, Function, Looped, Write
from initlint.facts.sites.sites import Form

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite

MARK = "_is_hf_initialized"
"""The attribute of a parameter that was loaded."""


class Way(StrEnum):
    """How a write passes by the guard."""

    IN_PLACE = "in place"
    STRIPPED = "stripped"
    VIEW = "view"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True, eq=False)
class Unguarded:
    """A write to a parameter that the guard does not see.

    `node` is the call or the target of the assignment, `site` the initialiser where it is one.
    """

    way: Way
    node: cst.CSTNode
    parameter: cst.BaseExpression
    event: Call | Write
    site: InitSite | None


def unguarded_writes(file: File) -> Iterator[Unguarded]:
    """The writes past the guard in every `_init_weights` of the Hugging Face models of a file."""
    for class_ in models(file):
        if (method := drawing_method(class_)) is not None:
            yield from _Drawing(file, method).unguarded()


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """The tensor that an expression is, or is a part of; whether `.data` or `.detach()` is taken on the way."""

    parameter: cst.BaseExpression
    env: Env
    part: bool
    stripped: bool


class _Drawing:
    """The writes of one `_init_weights`."""

    def __init__(self, file: File, method: Function) -> None:
        self.file = file
        self.method = method
        self.sites = {site.node: site for site in file.sites}

    def unguarded(self) -> Iterator[Unguarded]:
        for event in self.method.events:
            match event:
                case Write(value=cst.BaseExpression()):
                    found = self.assigned(event)
                case Call():
                    found = self.called(event)
                case _:
                    continue
            if found is not None and not self.asks_for_mark(event.block):
                yield found

    def asks_for_mark(self, block: Block) -> bool:
        return any(MARK in text.code(guard.node) for guard in self.file.guards.around(block))

    def assigned(self, write: Write) -> Unguarded | None:
        """`module.weight.data = …`, `module.weight.data[0] = …`, `module.weight[0] *= …`."""
        seen = _seen(write.target, write.env)
        if not (seen.part or seen.stripped) or not self.is_parameter(seen):
            return None
        return Unguarded(Way.VIEW if seen.part else Way.IN_PLACE, write.target, seen.parameter, write, None)

    def called(self, call: Call) -> Unguarded | None:
        """`module.weight.data.normal_()`, and functions that are given no parameter or do not ask."""
        site = self.sites.get(call.node)
        tensor = self.given(call, site)
        if tensor is not None:
            return self.initialised(call, site, tensor)
        function = call.node.func
        if not isinstance(function, cst.Attribute) or function.attr.value not in _IN_PLACE:
            return None
        seen = _seen(function.value, call.env)
        if not self.is_parameter(seen):
            return None
        return Unguarded(Way.VIEW if seen.part else Way.IN_PLACE, call.node, seen.parameter, call, site)

    def given(self, call: Call, site: InitSite | None) -> cst.BaseExpression | None:
        """What an init function is given; those of transformers are more than torch has: `copy_`."""
        if site is not None:
            return site.tensor if site.form is Form.FUNCTION else None
        qualified = self.file.names.qualified(call.node.func, call.env) or ""
        known = qualified.rpartition(".")[0] in SAME_SIGNATURES and call.node.args
        return call.node.args[0].value if known else None

    def initialised(self, call: Call, site: InitSite | None, tensor: cst.BaseExpression) -> Unguarded | None:
        """An init function that is given a part of a parameter or its data, or that does not ask."""
        seen = _seen(tensor, call.env)
        if not self.belongs(seen.parameter, seen.env):
            return None
        if seen.part and self.is_parameter(seen):
            way = Way.VIEW
        elif seen.stripped:
            way = Way.STRIPPED
        elif not seen.part and self.asks_nothing(call):
            way = Way.IMPORTED
        else:
            return None
        return Unguarded(way, call.node, seen.parameter, call, site)

    def asks_nothing(self, call: Call) -> bool:
        """Whether a function is that of another library, or was bound before the guard takes the place of its name."""
        function = call.node.func
        qualified = self.file.names.qualified(function, call.env) or ""
        early = isinstance(function, cst.Name) and call.env.local(function.value) is None
        return qualified in SAME_FUNCTIONS or (early and qualified.rpartition(".")[0] == INIT_MODULE)

    def is_parameter(self, seen: _Seen) -> bool:
        """Whether a tensor is a parameter of what the method is given, as far as the source tells."""
        if not self.belongs(seen.parameter, seen.env):
            return False
        match seen.parameter:
            case cst.Attribute(attr=cst.Name(value=name)):
                return seen.stripped or name in ("weight", "bias") or name in self.own_parameters
            case cst.Name(value=name):
                return seen.stripped or _is_from_parameters(seen.env.lookup(name))
            case _:
                return False

    def belongs(self, node: cst.BaseExpression, env: Env, steps: int = 4) -> bool:
        """Whether an expression leads from an argument of the method, through locals and loops."""
        while isinstance(node, cst.Attribute | cst.Call | cst.Subscript):
            node = node.func if isinstance(node, cst.Call) else node.value
        if not isinstance(node, cst.Name) or steps == 0:
            return False
        match env.lookup(node.value):
            case Argument(function=function):
                return function is self.method
            case Looped(iterable=iterable, env=at):
                return self.belongs(iterable, at, steps - 1)
            case Assigned(value=cst.Attribute() as value, env=at, unpacking=()):
                return self.belongs(value, at, steps - 1)
            case _:
                return False

    @cached_property
    def own_parameters(self) -> frozenset[str]:
        """The attributes that some class of the file makes parameters."""
        modules = self.file.modules
        made = {name: modules.made(class_, name) for class_ in self.file.classes for name in modules.writes(class_)}
        return frozenset(name for name, each in made.items() if each is not None and each.parameter)


def _is_from_parameters(binding: Binding | None) -> bool:
    """Whether a name is the variable of a loop over `parameters()` or `named_parameters()`."""
    match binding:
        case Looped(iterable=cst.Call(func=cst.Attribute(attr=cst.Name(value="parameters" | "named_parameters")))):
            return True
        case _:
            return False


def _seen(node: cst.BaseExpression, env: Env) -> _Seen:
    """Looks through parts, `.data`, and names that stand for such."""
    part = stripped = False
    while True:
        bare = text.strip_data(node)
        stripped = stripped or bare is not node
        inner = _whole(bare)
        part = part or inner is not None
        if inner is None and isinstance(bare, cst.Name):
            inner, env, looped = _named(bare, env)
            part = part or looped
        if inner is None:
            return _Seen(bare, env, part, stripped)
        node = inner


def _whole(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """The tensor that an expression is a part or another view of."""
    match node:
        case cst.Subscript(value=inner):
            return inner
        case cst.Attribute(value=inner, attr=cst.Name(value=name)) if name in _TRANSPOSED:
            return inner
        case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value=name))) if name in _VIEWS:
            return inner
        case _:
            return None


def _named(node: cst.Name, env: Env) -> tuple[cst.BaseExpression | None, Env, bool]:
    """What a name stands for, with the names in force there, and whether as the variable of a loop over its parts.

    None where the name may be a parameter itself.
    """
    match env.lookup(node.value):
        case Assigned(value=value, env=at, unpacking=()):
            if text.strip_data(value) is not value or _whole(value) is not None:
                return value, at, False
        case Looped(iterable=cst.Call() as iterable, env=at, unpacking=()):
            if (whole := _whole(iterable)) is not None:
                return whole, at, True
    return None, env, False


_TRANSPOSED = frozenset({"T", "mT"})
_VIEWS = frozenset(
    {"chunk", "flatten", "narrow", "permute", "reshape", "select", "split", "squeeze", "t", "transpose", "unbind"}
    | {"unsqueeze", "view"}
)
_IN_PLACE = frozenset(
    {
        *METHODS,
        *("copy_", "mul_", "div_", "add_", "sub_", "clamp_", "clamp_min_", "clamp_max_", "erfinv_", "exponential_"),
        *("log_normal_", "cauchy_", "bernoulli_", "random_", "geometric_", "fill_diagonal_", "masked_fill_"),
    }
)
"""Tensor methods that write values."""
