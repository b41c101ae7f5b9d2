"""Seeds beside initial values, as `ast` has them: enough to say that no function sets one before it draws."""

from __future__ import annotations

from initlint.facts.premises.init_calls import init_calls
from initlint.facts.premises.tree import Tree

_SEEDING = ("manual_seed", "seed_everything", "set_seed")


def may_reseed(tree: Tree) -> bool:
    """Whether a function may seed, itself or by another one, and draw initial values as well."""
    draws = (*(call.node for call in init_calls(tree)), *tree.calls.get("reset_parameters", ()))
    drawing = {tree.routine(call) for call in draws} - {None}
    return bool(drawing) and any(
        tree.routine(call) in drawing for call in tree.called(*_SEEDING, *tree.callers(_SEEDING))
    )
