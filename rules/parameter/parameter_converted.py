"""INI603."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.tree import assigned
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.meaning.conversions import Conversion
    from initlint.facts.premises.tree import Tree


def _may_hold(tree: Tree) -> bool:
    """Whether an attribute is assigned what is made of a new parameter: `Parameter(…).cuda()`, `-Parameter(…)`."""
    return any(_is_converted(tree, call) for call in tree.called("Parameter"))


def _is_converted(tree: Tree, parameter: ast.Call) -> bool:
    inner: ast.AST = parameter
    while True:
        around = tree.parents[inner]
        match around:
            case ast.Assign() | ast.AnnAssign():
                return inner is not parameter and any(
                    isinstance(target, ast.Attribute) for target, _ in assigned(around)
                )
            case ast.Attribute() | ast.BinOp() | ast.UnaryOp() | ast.Call() | ast.keyword():
                inner = around
            case _:
                return False


@rule(
    "INI603",
    "parameter-converted",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=("Parameter(",),
    premise=_may_hold,
)
def check(file: File) -> Iterator[Alarm]:
    """A parameter that is converted where it is made: what the module gets is a tensor that never trains."""
    from initlint.facts.execution.bases import is_module
    from initlint.facts.meaning.conversions import conversion

    for class_ in file.classes:
        for name, writes in file.modules.writes(class_).items():
            for write in writes:
                if write.value is None or write.unpacking or write.operator is not None:
                    continue
                found = conversion(file, write.value, write.env, class_)
                if found is not None and is_module(file, class_):
                    message = _message(name, found)
                    yield Alarm(write.statement, message, (_fix(write.value, found.parameter),))


def _message(name: str, found: Conversion) -> str:
    where = " wherever it is on another device" if found.only_elsewhere else ""
    return (
        f"{found.operation} behind nn.Parameter returns a tensor that is no parameter{where}, so self.{name} is "
        "missing in parameters() and state_dict(): nothing trains it, moves it or saves it"
    )


def _fix(value: cst.BaseExpression, parameter: cst.Call) -> Proposal:
    """`nn.Parameter(E).cuda()` becomes `nn.Parameter(E.cuda())`."""
    import libcst as cst

    index = next(at for at, each in enumerate(parameter.args) if each.keyword is None or each.keyword.value == "data")
    data = parameter.args[index].value
    if not isinstance(data, cst.Call | cst.Name | cst.Attribute | cst.Subscript) and not data.lpar:
        data = data.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    converted = value.deep_replace(parameter, data)
    assert isinstance(converted, cst.BaseExpression)
    arguments = list(parameter.args)
    arguments[index] = arguments[index].with_changes(value=converted.with_changes(lpar=[], rpar=[]))
    made = parameter.with_changes(args=arguments)
    return Proposal("convert what the parameter is made of", Safety.UNSAFE, (Change(value, made),))
