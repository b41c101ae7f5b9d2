"""Where the classes of a file come from: bases in the file, in other files of the project, in torch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.execution.steps import lineage
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Class

if TYPE_CHECKING:
    from initlint.facts.file import File

ROOTS = frozenset(
    {
        *("torch.nn.Module", "object", "abc.ABC", "typing.Generic", "typing.Protocol"),
        *("pytorch_lightning.LightningModule", "lightning.LightningModule", "lightning.pytorch.LightningModule"),
        *("torch_geometric.nn.MessagePassing", "torch_geometric.nn.conv.MessagePassing"),
    }
)
"""Bases that write no parameter of a class that derives from them."""

_NO_MODULES = frozenset({"object", "abc.ABC", "typing.Generic", "typing.Protocol"})
_TORCH = "torch.nn."


def foreign_bases(file: File, class_: Class) -> Iterator[str]:
    """The bases of a class that the file does not define: known ones by their qualified name, others as spelled."""
    for argument in class_.node.bases:
        node = argument.value.value if isinstance(argument.value, cst.Subscript) else argument.value
        qualified = file.names.qualified(node, class_.env) or ""
        if not isinstance(file.names.definition(node, class_.env), Class):
            yield qualified if qualified.startswith(_TORCH) or qualified in ROOTS else text.code(node)


def is_torch_layer(base: str) -> bool:
    """Whether a base, as `foreign_bases` spells it, is a class of `torch.nn` other than `Module`."""
    return base.startswith(_TORCH) and base not in ROOTS


def is_module(file: File, class_: Class) -> bool:
    """Whether objects of a class are modules for certain, as far as the project tells."""
    bases = [base for each in lineage(file, class_) for base in foreign_bases(file, each)]
    if any(base.startswith(_TORCH) or (base in ROOTS and base not in _NO_MODULES) for base in bases):
        return True
    outside = file.elsewhere.lineage(bases)[0] if file.elsewhere is not None else ()
    return any(base.rpartition(".")[2] == "Module" for each in outside for base in each.bases)
