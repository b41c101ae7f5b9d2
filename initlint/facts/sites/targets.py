"""Targets: the tensor that an init site writes, as far as the source tells."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from initlint.facts.api.layers import Layer
from initlint.facts.api.tensors import PARAMETER_ITERATORS
from initlint.facts.meaning.construction import Builder, Built, LayerCall, Made
from initlint.facts.meaning.guards import ClassNameGuard, Guards, TypeGuard
from initlint.facts.meaning.modules import Modules
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Block, Env, Looped

_TRANSPOSED = frozenset({"T", "mT"})
_KEYED = frozenset({"ModuleDict", "ParameterDict", "dict"})


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A tensor that is written.

    `tensor` is the expression without `.data` and `.detach()`; `attribute` and `owner` split `m.weight`; `layers` are
    the torch layers that it may belong to, None where one is unknown; `calls` their constructor calls where they are
    in the source; `made` the tensor or parameter where the source makes it; `dims` the possible numbers of dimensions.
    """

    node: cst.BaseExpression
    tensor: cst.BaseExpression
    attribute: str | None
    owner: cst.BaseExpression | None
    layers: tuple[Layer, ...] | None
    calls: tuple[LayerCall, ...]
    made: Made | None
    dims: frozenset[int] | None
    guard: TypeGuard | ClassNameGuard | None
    loop: Looped | None

    @property
    def text(self) -> str:
        """The tensor as it is written, without `.data`."""
        return text.code(self.tensor)

    @property
    def is_parameter(self) -> bool:
        """Whether it is a parameter for certain: `X.weight`, `X.bias`, a `Parameter`, a loop over `parameters()`."""
        return (
            self.attribute in ("weight", "bias")
            or (self.made is not None and self.made.parameter)
            or self.loop is not None
        )


class Targets:
    """Resolves target expressions."""

    def __init__(self, guards: Guards, builder: Builder, modules: Modules) -> None:
        self._guards = guards
        self._builder = builder
        self._modules = modules

    def resolve(self, node: cst.BaseExpression, env: Env, block: Block) -> Target:
        """The target that an expression is."""
        tensor = text.strip_data(node)
        attribute = owner = layers = guard = None
        calls: tuple[LayerCall, ...] = ()
        if isinstance(tensor, cst.Attribute) and tensor.attr.value in ("weight", "bias"):
            attribute, owner = tensor.attr.value, tensor.value
            layers, calls, guard = self.owner(owner, env, block)
        made = self.made(tensor, env, block)
        dims = self._dims(tensor, attribute, layers, made, env, block)
        loop = _parameter_loop(tensor, env)
        return Target(node, tensor, attribute, owner, layers, calls, made, dims, guard, loop)

    def owner(
        self, node: cst.BaseExpression, env: Env, block: Block
    ) -> tuple[tuple[Layer, ...] | None, tuple[LayerCall, ...], TypeGuard | ClassNameGuard | None]:
        """The layers that a module expression may be, their constructor calls, and the guard that says so."""
        subject = text.code(node)
        for guard in self._guards.around(block):
            match guard:
                case TypeGuard(subject=tested, negated=False) if tested == subject:
                    return guard.layers, (), guard
                case ClassNameGuard(subject=tested, negated=False) if tested == subject:
                    return guard.layers or None, (), guard
        built = self.built(node, env, block)
        calls = tuple(each.layer for each in built if each.layer is not None)
        if not built or len(calls) != len(built):
            return None, (), None
        return tuple(dict.fromkeys(call.layer for call in calls)), calls, None

    def built(self, node: cst.BaseExpression, env: Env, block: Block) -> tuple[Built, ...]:
        """Everything that a module expression may have been built as; empty where that is not known."""
        match node:
            case cst.Name():
                binding = env.lookup(node.value)
                if isinstance(binding, Looped) and not binding.unpacking:
                    return self._looped(binding, block)
                built = self._builder.build(node, env)
                return () if built.unknown else (built,)
            case cst.Call():
                built = self._builder.build(node, env)
                return () if built.unknown else (built,)
            case cst.Attribute(value=cst.Name(value=receiver), attr=cst.Name(value=name)):
                class_ = self._modules.class_of_self(receiver, block)
                return self._modules.built(class_, name) if class_ is not None else ()
            case cst.Subscript(value=inner):
                found = self.built(inner, env, block)
                position = text.index(node)
                return _items(found, text.integer(position) if position is not None else None)
            case _:
                return ()

    def made(self, node: cst.BaseExpression, env: Env, block: Block) -> Made | None:
        """The tensor that the source makes for a name or `self.<name>`."""
        if isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name):
            class_ = self._modules.class_of_self(node.value.value, block)
            return self._modules.made(class_, node.attr.value) if class_ is not None else None
        return self._builder.made(node, env) if isinstance(node, cst.Name | cst.Call) else None

    def _looped(self, binding: Looped, block: Block) -> tuple[Built, ...]:
        """What the variable of a loop over a container of this class is built as."""
        iterable = binding.iterable
        if isinstance(iterable, cst.Attribute) or (
            isinstance(iterable, cst.Name) and not isinstance(binding.env.lookup(iterable.value), Looped)
        ):
            return _items(self.built(iterable, binding.env, block), None)
        if isinstance(iterable, cst.List | cst.Tuple):
            found = [each for e in iterable.elements for each in self.built(e.value, binding.env, block)]
            known = all(self.built(element.value, binding.env, block) for element in iterable.elements)
            return tuple(found) if known else ()
        return ()

    def _dims(
        self,
        tensor: cst.BaseExpression,
        attribute: str | None,
        layers: tuple[Layer, ...] | None,
        made: Made | None,
        env: Env,
        block: Block,
    ) -> frozenset[int] | None:
        if made is not None and made.shape is not None:
            return frozenset({len(made.shape)})
        if attribute is not None and layers:
            dims = {layer.dims(attribute) for layer in layers}
            return frozenset(dim for dim in dims if dim is not None) if None not in dims else None
        match tensor:
            case cst.Attribute(value=inner, attr=cst.Name(value=name)) if name in _TRANSPOSED:
                return self.resolve(inner, env, block).dims
            case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value="t")), args=()):
                return self.resolve(inner, env, block).dims
            case cst.Subscript(value=inner) if (position := text.index(tensor)) is not None:
                whole = self.resolve(inner, env, block).dims
                single = text.integer(position) is not None
                return frozenset(dim - 1 for dim in whole) if whole and single else None
            case _:
                return None


def _items(built: tuple[Built, ...], at: int | None) -> tuple[Built, ...]:
    """Item `at` (any, if None) of containers; empty where something in them is not known."""
    found: list[Built] = []
    for each in built:
        if each.container is None or each.container in _KEYED or not each.elements:
            return ()
        if at is not None and each.container == "Sequential" and each.counted and len(built) == 1:
            inside = -len(each.elements) <= at < len(each.elements)
            found += [each.elements[at]] if inside else []
        else:
            found += each.elements
    return () if any(each.unknown for each in found) else tuple(found)


def _parameter_loop(node: cst.BaseExpression, env: Env) -> Looped | None:
    """The loop over `parameters()` or `named_parameters()` whose variable an expression is."""
    if not isinstance(node, cst.Name):
        return None
    binding = env.lookup(node.value)
    if not isinstance(binding, Looped):
        return None
    match binding.iterable:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=name))) if name in PARAMETER_ITERATORS:
            return binding if binding.unpacking == PARAMETER_ITERATORS[name] else None
        case _:
            return None
