"""Defaults of parameters that are modules: built when the function is defined, and shared by all of its calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.execution.trainable import has_parameters
from initlint.facts.reading import text
from initlint.facts.reading.inside import attributes, inside, named
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
        return allowed and not self._tested() and all(map(self._means_the_same, inside(self.default, cst.Name)))

    def _tested(self) -> bool:
        body = self.function.node.body
        branches: list[cst.If | cst.IfExp] = inside(body, cst.If, cst.IfExp)
        tests = [*inside(body, cst.Comparison, cst.BooleanOperation), *(branch.test for branch in branches)]
        return any(named(test, self.name) for test in tests)

    def _means_the_same(self, node: cst.Name) -> bool:
        return self.function.final.lookup(node.value) is self.function.env.lookup(node.value)

    @property
    def only_use(self) -> Write | None:
        """The assignment `self.<attribute> = <parameter>` that is all that the body does with it, always and once."""
        body = self.function.node.body
        if len(named(body, self.name)) - len(attributes(body, self.name)) != 1:
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
                return first if initialises and not named(call, self.name) else None
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
    for node in inside(function.node.body, cst.Call, cst.Attribute):
        match node:
            case (
                cst.Call(
                    func=cst.Name(value="type" | "deepcopy") | cst.Attribute(attr=cst.Name(value="deepcopy")),
                    args=[cst.Arg(value=cst.Name(value=taken)), *_],
                )
                | cst.Attribute(value=cst.Name(value=taken), attr=cst.Name(value="__class__"))
            ) if taken == name:
                return True
    return False
