"""Structure: what is checked entry by entry where a law has no density, and what no independent draw looks like."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from initlint.theory.laws import Law, LawKind

LARGEST = 1 << 26
"""Products of rows in a Gram matrix beyond which orthogonality is checked on a sample of the rows."""


def mismatch(tensor: Tensor, law: Law) -> str | None:
    """How a tensor differs from a law that fixes its structure; None where it does not, or where the law fixes none."""
    match law.kind, law.parameters:
        case LawKind.CONSTANT, (value,):
            return _constant(tensor, value)
        case LawKind.EYE, ():
            return None if tensor.dim() == 2 and _same(tensor, torch.eye(*tensor.shape)) else "is not the identity"
        case LawKind.DIRAC, (groups,):
            return _dirac(tensor, int(groups))
        case LawKind.ORTHOGONAL, (gain,):
            return _orthogonal(tensor, gain)
        case LawKind.SPARSE, (sparsity, _):
            return _sparse(tensor, sparsity)
        case _:
            return None


def repeated_rows(tensor: Tensor) -> int:
    """How many rows of a matrix, flattened from its second dimension on, repeat an earlier one; 0 for a vector.

    Rows of continuous random numbers never do.
    """
    if tensor.dim() < 2 or tensor.shape[0] < 2 or tensor[0].numel() < 2:
        return 0
    rows = tensor.detach().reshape(tensor.shape[0], -1)
    # A projection tells rows apart almost surely; those that agree on it are compared in full.
    weights = torch.cos(torch.arange(rows.shape[1], device=rows.device, dtype=torch.float64))
    keys = (rows.double() @ weights).cpu()
    _, groups, counts = torch.unique(keys, return_inverse=True, return_counts=True)
    if int(counts.max()) == 1:
        return 0
    suspects = torch.nonzero(counts[groups] > 1).flatten()
    distinct = torch.unique(rows[suspects.to(rows.device)].cpu(), dim=0)
    return len(suspects) - len(distinct)


def _constant(tensor: Tensor, value: float) -> str | None:
    wrong = int((tensor != torch.tensor(value, dtype=tensor.dtype, device=tensor.device)).sum())
    return f"{wrong} of {tensor.numel()} entries are not {value:g}" if wrong else None


def _same(tensor: Tensor, expected: Tensor) -> bool:
    return torch.equal(tensor.detach(), expected.to(tensor))


def _dirac(tensor: Tensor, groups: int) -> str | None:
    if tensor.dim() not in (3, 4, 5) or tensor.shape[0] % groups:
        return "cannot hand on its inputs"
    expected = torch.nn.init.dirac_(torch.empty_like(tensor, requires_grad=False), groups)
    return None if torch.equal(tensor.detach(), expected) else "does not hand on its inputs"


def _orthogonal(tensor: Tensor, gain: float) -> str | None:
    """W Wᵀ = gain² I, or Wᵀ W for more rows than columns, up to the rounding of a QR decomposition."""
    matrix = tensor.detach().reshape(tensor.shape[0], -1)
    work = matrix.double()
    work = work if work.shape[0] <= work.shape[1] else work.T
    if work.shape[0] ** 2 > LARGEST:
        work = work[:: math.ceil(work.shape[0] / math.isqrt(LARGEST))]
    gram = work @ work.T
    error = (gram - gain**2 * torch.eye(len(gram), dtype=gram.dtype, device=gram.device)).abs().max()
    allowed = 16 * torch.finfo(tensor.dtype).eps * math.sqrt(work.shape[1]) * gain**2
    return None if float(error) <= allowed else f"rows are off orthogonal by {float(error):.2g} for gain {gain:g}"


def _sparse(tensor: Tensor, sparsity: float) -> str | None:
    if tensor.dim() != 2:
        return "is no matrix"
    expected = min(math.ceil(sparsity * tensor.shape[0]), tensor.shape[0])
    zeros = (tensor == 0).sum(0)
    low, high = int(zeros.min()), int(zeros.max())
    return None if low == high == expected else f"columns hold {low} to {high} zeros, not {expected}"
