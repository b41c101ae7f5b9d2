"""Defaults of parameters that are modules: built when the function is defined, and shared by all of its calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst
import libcst.matchers as m

from initlint.facts.execution.trainable import has_parameters
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Function, Write

if TYPE_CHECKING:
    from initlint.facts.file import File


@dataclass(frozen=True, slots=True, eq=False)
class SharedDefault:
    """A parameter whose default is a module with parameters, and which the function uses as it is."""

    file: File
    function: Function
    name: str
    default: cst.BaseExpression
    annotation: cst.BaseExpression | None

    @property
    def replaceable(self) -> bool:
        """Whether `None` could be the default, and the module be built in the body instead.

        The annotation allows it, nothing tests the parameter, and names mean the same in the body as in the header.
        """
        allowed = self.annotation is None or any(word in text.code(self.annotation) for word in ("Optional", "None"))
        return allowed and not self._tested() and all(map(self._means_the_same, m.findall(self.default, m.Name())))

    def _tested(self) -> bool:
        tests = m.findall(self.function.node.body, m.Comparison() | m.BooleanOperation() | m.If() | m.IfExp())
        nodes = [each.test if isinstance(each, cst.If | cst.IfExp) else each for each in tests]
        return any(m.findall(node, m.Name(self.name)) for node in nodes)

    def _means_the_same(self, node: cst.CSTNode) -> bool:
        assert isinstance(node, cst.Name)
        return self.function.final.lookup(node.value) is self.function.env.lookup(node.value)

    @property
    def only_use(self) -> Write | None:
        """The assignment `self.<attribute> = <parameter>` that is all that the body does with it, always and once."""
        found = m.findall(self.function.node.body, m.Name(self.name))
        attributes = m.findall(self.function.node.body, m.Attribute(attr=m.Name(self.name)))
        if len(found) - len(attributes) != 1:
            return None
        for event in self.function.events:
            match event:
                case Write(value=cst.Name(value=name), operator=None, block=block) if name == self.name:
                    return event if block.parent is None else None
        return None

    @property
    def start(self) -> cst.BaseSmallStatement | None:
        """`super().__init__(…)`, where the body begins with it."""
        match self.function.node.body.body:
            case [cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call() as call) as first]), *_]:
                initialises = isinstance(call.func, cst.Attribute) and call.func.attr.value == "__init__"
                return first if initialises and not m.findall(call, m.Name(self.name)) else None
            case _:
                return None


def shared_defaults(file: File) -> Iterator[SharedDefault]:
    """The defaults with parameters in the functions of a file."""
    for function in file.functions:
        node = function.node.params
        for each in (*node.posonly_params, *node.params, *node.kwonly_params):
            if each.default is None or not has_parameters(file, file.builder.build(each.default, function.env)):
                continue
            annotation = each.annotation.annotation if each.annotation is not None else None
            if not _is_template(function, each.name.value):
                yield SharedDefault(file, function, each.name.value, each.default, annotation)


def _is_template(function: Function, name: str) -> bool:
    """Whether a function copies a parameter, or asks for its type, instead of using it."""
    itself = m.Name(name)
    copying = m.Name("type") | m.Name("deepcopy") | m.Attribute(attr=m.Name("deepcopy"))
    copied = m.Call(func=copying, args=[m.Arg(itself), m.ZeroOrMore()])
    return bool(m.findall(function.node.body, copied | m.Attribute(value=itself, attr=m.Name("__class__"))))
