"""INI506."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.execution.dispatch import Dispatch
    from initlint.facts.file import File
    from initlint.facts.meaning.conditions import Asked
    from initlint.facts.premises.tree import Tree
    from initlint.facts.reading.scopes import Write


def _may_hold(tree: Tree) -> bool:
    """Whether the truth of a bias is asked."""
    return any(_decides(tree.parents[each], each) for each in tree.attributes.get("bias", ()))


def _decides(around: ast.AST, node: ast.expr) -> bool:
    match around:
        case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
            return True
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            return test is node
        case ast.comprehension(ifs=tests):
            return node in tests
        case _:
            return False


@rule(
    "INI506",
    "bias-truth-test",
    Kind.ERROR,
    Default.ON,
    fix=Safety.SAFE,
    triggers=(re.compile(r"\.bias[)\s]*(?::|\]|(?:and|or|else)\b)"),),
    premise=_may_hold,
)
def check(file: File) -> Iterator[Alarm]:
    """The truth of a bias, which raises as soon as it has more than one element."""
    import libcst as cst

    from initlint.facts.execution.dispatch import Dispatch

    dispatch = Dispatch(file)
    for part in dispatch.asked:
        match part.node:
            case cst.Attribute(value=module, attr=cst.Name(value="bias")) if _is_tensor(dispatch, part, module):
                message = (
                    f"{text.code(part.node)} is a tensor: its truth raises RuntimeError where it has more than one "
                    "element, and of a single one it asks whether the value is 0"
                )
                yield Alarm(part.node, message, (_fix(part),))


def _is_tensor(dispatch: Dispatch, part: Asked, module: cst.BaseExpression) -> bool:
    """Whether a bias is a tensor or None, no flag: the test leads to its init, or the layer is known."""
    import libcst as cst

    file = dispatch.file
    layers, _, _ = file.targets.owner(module, part.env, part.block)
    if layers is not None:
        return bool(layers) and all(layer.bias_dims is not None for layer in layers)
    class_ = file.modules.class_of_self(module.value, part.block) if isinstance(module, cst.Name) else None
    writes = file.modules.writes(class_).get("bias", ()) if class_ is not None else ()
    return all(_holds_tensor(file, write) for write in writes) and dispatch.initialises(part, module, "bias")


def _holds_tensor(file: File, write: Write) -> bool:
    """Whether an assignment makes a parameter or nothing: `self.bias = bias` keeps a flag."""
    value = write.value
    made = file.builder.made(value, write.env) if value is not None and not write.unpacking else None
    return (value is not None and text.code(value) == "None") or (made is not None and made.parameter)


def _fix(part: Asked) -> Proposal:
    node = part.negation or part.node
    test = f"{text.code(part.node)} is {'None' if part.negation else 'not None'}"
    return Proposal("ask whether there is one", Safety.SAFE, (Change(node, test),))
