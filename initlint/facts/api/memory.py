"""Functions and methods of torch that leave the memory of a tensor as it was, as data."""

from __future__ import annotations

SIZED = frozenset({"torch.empty", "torch.empty_strided", "torch.empty_permuted"})
LIKE = frozenset({"torch.empty_like"})
TYPES = frozenset(
    f"torch.{device}{kind}Tensor" for device in ("", "cuda.") for kind in ("", "Float", "Double", "Half", "BFloat16")
)
"""Tensor types: called with sizes they leave the memory as it is, called with data they copy it."""

METHODS = frozenset({"new_empty", "new_empty_strided"})

SAME_NUMBERS = frozenset(
    {
        *("to", "cuda", "cpu", "float", "double", "half", "bfloat16", "type", "type_as", "contiguous", "clone"),
        *("detach", "requires_grad_", "pin_memory", "view", "reshape", "unsqueeze", "squeeze", "t", "transpose"),
        *("permute", "flatten"),
    }
)
"""Methods that leave the numbers of a tensor as they are."""

INTEGERS = ("int", "uint", "long", "short", "bool", "qint", "quint", "float8", "float4")
"""What the names of types begin with that are integers, or bits of a quantised number."""
