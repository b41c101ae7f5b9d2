"""Inits of every parameter in a loop, as `ast` has them: enough to say that a file holds none."""

from __future__ import annotations

import ast
from collections.abc import Collection

from initlint.facts.api.torch_init import Draw
from initlint.facts.premises.init_calls import init_calls
from initlint.facts.premises.possible_parameters import loop_variables
from initlint.facts.premises.tree import Tree


def may_draw_parameters(tree: Tree, draws: Collection[Draw]) -> bool:
    """Whether an init with one of these laws may be given the variable of a loop over parameters."""
    variables = loop_variables(tree)
    tensors = (call.tensor for call in init_calls(tree) if call.draw in draws) if variables else ()
    return any(tensor is None or (isinstance(tensor, ast.Name) and tensor.id in variables) for tensor in tensors)
