"""What runs behind an init in the same body of code: whether it writes the tensor again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.meaning.guards import TypeGuard
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Block, Branch, Call, Write

if TYPE_CHECKING:
    from initlint.facts.sites.sites import InitSite


def written_after(site: InitSite) -> bool:
    """Whether the body around a site may write its tensor again behind it, as a whole or in part.

    A call that is given the tensor counts as a write. What a test keeps from running behind the site does not count.
    """
    if site.target is None:
        return False
    tensor, events = site.target.text, site.call.block.scope.events
    behind = events[events.index(site.call) + 1 :]
    return any(
        isinstance(event, Call | Write) and _writes(event, tensor) and _follows(site, event.block) for event in behind
    )


def excludes(one: Block, other: Block) -> bool:
    """Whether only one of two blocks runs: some test leads to them with opposite outcomes."""
    outcomes = {each.node: each.negated for each in one.path() if each.branch is Branch.TEST}
    return any(
        each.branch is Branch.TEST and outcomes.get(each.node, each.negated) is not each.negated
        for each in other.path()
    )


def whole(node: cst.BaseExpression) -> cst.BaseExpression:
    """The tensor that an expression is or is a part of: `w` of `w.data`, `w[0]` and `w.data[0, :]`."""
    node = text.strip_data(node)
    while isinstance(node, cst.Subscript):
        node = text.strip_data(node.value)
    return node


def _writes(event: Call | Write, tensor: str) -> bool:
    if isinstance(event, Write):
        return text.code(whole(event.target)) == tensor
    written = [argument.value for argument in event.node.args]
    function = event.node.func
    # By torch's convention the name of a method that works in place ends with an underscore.
    if isinstance(function, cst.Attribute) and function.attr.value.endswith("_"):
        written.append(function.value)
    return any(text.code(whole(node)) == tensor for node in written)


def _follows(site: InitSite, block: Block) -> bool:
    """Whether a block may run behind a site, for the same module."""
    if excludes(site.call.block, block) or site.target is None:
        return False
    owner, layers = site.target.owner, site.target.layers
    if owner is None or layers is None:
        return True
    subject = text.code(owner)
    tests = (guard for guard in site.file.guards.of_kind(block, TypeGuard) if guard.subject == subject)
    return all(test.negated or test.layers is None or set(test.layers) & set(layers) for test in tests)
