"""What a file builds: its torch layers, and which convolutions are grouped, by their arguments and by callers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts import text
from initlint.facts.construction import LayerCall
from initlint.facts.layers import LayerKind
from initlint.facts.modules import self_attribute
from initlint.facts.scopes import Argument, Call, Class, Env, Function

if TYPE_CHECKING:
    from initlint.facts.file import File

_STEPS = 4


class Inventory:
    """The layers that a file builds."""

    def __init__(self, file: File) -> None:
        self._file = file

    def grouped_conv(self, spatial: int) -> LayerCall | None:
        """A convolution with that many kernel dimensions which is grouped for certain; None where there is none.

        Its `groups` is a number other than 1, an expression that is also its number of channels (depthwise), or a
        parameter that the file itself sets to more than 1.
        """
        for call, layer in self._file.layer_calls:
            if layer.layer.kind is LayerKind.CONV and layer.layer.spatial == spatial and not layer.layer.transposed:
                groups = layer.given("groups")
                if groups is not None and (
                    self._depthwise(layer, groups) or self._more_than_one(groups, call.env, call)
                ):
                    return layer
        return None

    def divides_by_groups(self) -> bool:
        """Whether the file anywhere takes groups into account in a division: `fan_out //= m.groups`."""
        return bool(_DIVISION.search(self._file.record.node.code))

    def layers_of(self, class_: Class) -> tuple[LayerCall, ...]:
        """The torch layers that the constructor and methods of a class build."""
        return tuple(layer for call, layer in self._file.layer_calls if self._file.class_around(call.block) is class_)

    def _depthwise(self, layer: LayerCall, groups: cst.BaseExpression) -> bool:
        """`groups=channels` beside `in_channels=channels`; a literal is no such pair."""
        channels = layer.given("in_channels")
        if channels is None or text.integer(groups) is not None:
            return False
        return text.code(channels) == text.code(groups)

    def _more_than_one(self, node: cst.BaseExpression, env: Env, call: Call, steps: int = _STEPS) -> bool:
        number = self._file.values.number(node, env)
        if number is not None:
            return number > 1
        if steps == 0:
            return False
        if isinstance(node, cst.IfExp):
            return any(self._more_than_one(side, env, call, steps - 1) for side in (node.body, node.orelse))
        if isinstance(node, cst.Name):
            node, env = self._file.values.origin(node, env)
            if not isinstance(node, cst.Name):
                return not isinstance(node, cst.Integer) and _mentions_channels(node)
            binding = env.lookup(node.value)
            return isinstance(binding, Argument) and self._set_by_caller(binding, steps - 1)
        scope = call.block.scope
        name = self_attribute(node, scope) if isinstance(scope, Function) else None
        class_ = self._file.class_around(call.block)
        if name is None or class_ is None:
            return False
        writes = self._file.modules.writes(class_).get(name, ())
        return any(
            self._more_than_one(write.value, write.env, call, steps - 1) for write in writes if write.value is not None
        )

    def _set_by_caller(self, parameter: Argument, steps: int) -> bool:
        """Whether a call in the file gives a parameter something that is not 1."""
        function = parameter.function
        if parameter.default is not None:
            default = self._file.values.number(parameter.default, function.env)
            if default is not None and default > 1:
                return True
        owner = function.owner
        name = owner.name if owner is not None and function.name == "__init__" else function.name
        skip = 1 if owner is not None else 0
        for call in self._file.record.calls:
            if _last(call.node.func) != name:
                continue
            slots = text.argument_slots(call.node, function.arguments[skip:])
            given = slots.get(parameter.name) if slots is not None else None
            if given is not None and self._differs_from_one(given.value, call, steps):
                return True
        return False

    def _differs_from_one(self, node: cst.BaseExpression, call: Call, steps: int) -> bool:
        number = self._file.values.number(node, call.env)
        if number is not None:
            return number > 1
        origin, env = self._file.values.origin(node, call.env)
        binding = env.lookup(origin.value) if isinstance(origin, cst.Name) else None
        if isinstance(binding, Argument) and binding.name == "groups":
            return steps > 0 and self._set_by_caller(binding, steps - 1)
        return True


_CHANNELS = ("channel", "hidden", "planes", "dim", "oup", "inp", "width", "ch")


def _mentions_channels(node: cst.BaseExpression) -> bool:
    """Whether a computed number of groups is made from channels."""
    code = text.code(node).lower()
    return any(word in code for word in _CHANNELS)


def _last(node: cst.BaseExpression) -> str | None:
    match node:
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
            return name
        case _:
            return None


_DIVISION = re.compile(r"/{1,2}=?\s*\(?\s*(?:\w+\.)*groups\b|(?:\w+\.)*in_channels\s*//?\s*(?:\w+\.)*groups")
