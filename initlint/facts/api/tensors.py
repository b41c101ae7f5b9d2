"""Functions and methods that return tensors which are no parameters, as data."""

from __future__ import annotations

from collections.abc import Mapping

FUNCTIONS = frozenset(
    f"torch.{name}"
    for name in (
        *("zeros", "ones", "empty", "full", "rand", "randn", "randint", "eye", "arange", "linspace", "tensor"),
        *("from_numpy", "as_tensor", "normal", "Tensor", "FloatTensor", "cat", "stack", "diag", "mul", "matmul"),
        *("clamp", "abs", "sqrt", "exp", "log", "sigmoid", "tanh", "softmax", "transpose", "permute", "flip", "roll"),
        *("zeros_like", "ones_like", "empty_like", "full_like", "rand_like", "randn_like", "where", "tril", "triu"),
    )
)
"""Functions of torch that return a tensor."""

METHODS = frozenset(
    {
        *("view", "reshape", "unsqueeze", "squeeze", "t", "transpose", "permute", "expand", "repeat", "flatten"),
        *("clone", "detach", "mul", "div", "add", "sub", "neg", "abs", "pow", "exp", "log", "sqrt", "clamp", "sum"),
        *("mean", "matmul", "mm", "sign", "new_zeros", "new_ones", "new_empty", "new_tensor", "flip"),
    }
)
"""Methods that return another tensor, whatever they are called on."""

KEEPING = frozenset({"to", "cuda", "cpu", "float", "double", "half", "type", "contiguous", "requires_grad_"})
"""Methods that return a tensor where they are called on one."""

SLOTS = frozenset({"weight", "bias"})
"""The parameters that layers hold."""

PARAMETERS = frozenset({"Parameter", "UninitializedParameter"})
"""The classes of parameters, by the last part of their names."""

PARAMETER_ITERATORS: Mapping[str, tuple[int, ...]] = {"parameters": (), "named_parameters": (1,)}
"""The methods that give parameters, each with where one stands in the target of a loop over them."""
