"""INI412."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from initlint.facts.api.torch_init import HELPER_PACKAGES, MODULE_HELPERS
from initlint.facts.premises.tree import last_name
from initlint.facts.premises.values import sources, values
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.premises.tree import Routine, Tree
    from initlint.facts.sites.helpers import HelperCall

_SAME_ARGUMENTS: Mapping[str, str] = {
    "constant_init": "constant_",
    "normal_init": "normal_",
    "trunc_normal_init": "trunc_normal_",
    "uniform_init": "uniform_",
}
"""The initialiser behind a helper that, apart from `bias`, takes the same arguments."""


def _may_hold(tree: Tree) -> bool:
    """Whether a helper for modules, an imported one or a function of the file, may be given a tensor."""
    imported = any(target.partition(".")[0] in HELPER_PACKAGES for _, target in tree.imported)
    own = (each.name for each in tree.routines if _may_be_helper(tree, each))
    return any(_may_be_given_tensor(tree, call) for call in tree.called(*(MODULE_HELPERS if imported else ()), *own))


def _may_be_given_tensor(tree: Tree, call: ast.Call) -> bool:
    given = [*call.args[:1], *(each.value for each in call.keywords)]
    return any(_may_be_tensor(tree, each) for each in given)


def _may_be_tensor(tree: Tree, node: ast.expr) -> bool:
    match node:
        case ast.Attribute(attr=name):
            return name in ("weight", "bias", "data") or any(_may_make_tensor(tree, each) for each in tree.stored(name))
        case ast.Name():
            looped = not tree.attributes.keys().isdisjoint(("parameters", "named_parameters"))
            return looped or any(_may_make_tensor(tree, each) for each in values(tree, node))
        case _:
            return isinstance(node, ast.Call)


def _may_make_tensor(tree: Tree, value: ast.expr) -> bool:
    """Whether a call on the way to a value may be of a function, or of one of the types of tensors."""
    calls = (part for part in sources(tree, value) if isinstance(part, ast.Call))
    named = (name for call in calls for name in tree.meanings(last_name(call.func)))
    return any(not name[:1].isupper() or name.endswith(("Tensor", "Parameter")) for name in named)


def _may_be_helper(tree: Tree, routine: Routine) -> bool:
    """Whether a function is nothing but tests that may ask for attributes, and what does nothing beside them."""
    tests = [each for each in routine.body if isinstance(each, ast.If)]
    inert = (ast.Expr, ast.Pass, ast.Assert, ast.Return)
    alone = all(isinstance(each, inert) for each in routine.body if each not in tests)
    return alone and bool(tests) and all(_asks(tree, each) for each in tests)


def _asks(tree: Tree, test: ast.If) -> bool:
    called = (each.func for each in ast.walk(test.test) if isinstance(each, ast.Call))
    return not test.orelse and any("hasattr" in tree.meanings(last_name(function)) for function in called)


@rule(
    "INI412",
    "tensor-to-module-helper",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=("constant_init", "normal_init", "xavier_init", "kaiming_init", "uniform_init", "'weight')", '"weight")'),
    premise=_may_hold,
)
def check(file: File) -> Iterator[Alarm]:
    """A tensor given to an init helper that takes a module: nothing is initialised."""
    for helper in file.helper_calls:
        if helper.given_tensor:
            message = f"{helper.name} takes a module: {text.code(helper.module.value)} is a tensor and stays as it is"
            related = ((helper.definition.node.name, "the helper"),) if helper.definition is not None else ()
            yield Alarm(helper.call.node, message, tuple(_fixes(file, helper)), related)


def _fixes(file: File, helper: HelperCall) -> Iterator[Proposal]:
    """Write the tensor with `torch.nn.init` where the arguments are the same, else pass the module."""
    from initlint.facts.sites.rewrite import spelled

    name = _SAME_ARGUMENTS.get(helper.name) if helper.definition is None and "bias" not in helper.slots else None
    function = spelled(f"torch.nn.init.{name}", file.names, helper.call.env) if name is not None else None
    if function is not None:
        changes = [Change(helper.call.node.func, function)]
        if helper.module.keyword is not None:
            changes.append(Change(helper.module.keyword, "tensor"))
        yield Proposal(f"call {name}", Safety.UNSAFE, tuple(changes))
    elif helper.target.attribute == "weight" and helper.target.owner is not None:
        module = Change(helper.module.value, text.code(helper.target.owner))
        yield Proposal("pass the module", Safety.UNSAFE, (module,))
