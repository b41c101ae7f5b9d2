"""Memory that nothing has written: marked with NaN, by which it can be told from memory written behind torch's back."""

from __future__ import annotations

import torch


def mark(tensor: torch.Tensor) -> None:
    """Mark a tensor that was just made and holds nothing; the random generator is not touched."""
    if not tensor.is_meta and (tensor.is_floating_point() or tensor.is_complex()):
        tensor.detach().fill_(torch.nan)


def share(tensor: torch.Tensor) -> float | None:
    """The share of elements that are marked; None where the tensor cannot hold marks or has no values."""
    if tensor.is_meta or not (tensor.is_floating_point() or tensor.is_complex()) or not tensor.numel():
        return None
    return float(tensor.detach().isnan().sum()) / tensor.numel()
