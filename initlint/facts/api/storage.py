"""Which operations of torch share the storage of their tensor and which copy it, as data (executed on torch 2.13)."""

from __future__ import annotations

VIEWS = frozenset(
    {
        *("view", "view_as", "unsqueeze", "squeeze", "unflatten", "expand", "expand_as", "broadcast_to", "as_strided"),
        *("chunk", "split", "tensor_split", "hsplit", "vsplit", "dsplit", "unbind", "narrow", "select", "diagonal"),
        *("unfold", "permute", "transpose", "t", "swapaxes", "swapdims", "movedim", "moveaxis", "adjoint"),
        *("detach", "detach_", "requires_grad_"),
    }
)
"""Methods that return a view, of whatever tensor, or the tensor itself; most are functions of `torch` as well."""

TURNING = frozenset({"transpose", "swapaxes", "swapdims", "permute"})
"""Views that may be a transposition, as `t` is."""

ATTRIBUTES = frozenset({"data", "T", "mT", "H", "mH", "real"})
"""Attributes of a tensor that share its storage."""

MATCHING = frozenset({"contiguous", "reshape", "flatten", "ravel", "reshape_as"})
"""Methods that return a view where the layout of the tensor allows it, and a copy elsewhere."""

COPIES = frozenset(
    {
        *("clone", "repeat", "tile", "repeat_interleave", "roll", "flip", "fliplr", "flipud", "rot90", "diag"),
        *("index_select", "masked_select", "gather", "take", "take_along_dim", "tril", "triu", "new_tensor"),
        *("cat", "concat", "stack", "hstack", "vstack"),
    }
)
"""Methods and functions that return a tensor of its own with values of the given one."""

ARITHMETIC = frozenset(
    {
        *("add", "sub", "subtract", "mul", "multiply", "div", "divide", "true_divide", "neg", "abs", "pow", "sqrt"),
        *("exp", "square", "clamp", "clip", "masked_fill", "index_fill", "index_copy", "index_add", "renorm"),
        *("scatter", "lerp", "addcmul", "addcdiv", "sign", "round"),
    }
)
"""Methods and functions of elementwise arithmetic, each of which has a twin with an underscore that writes in place."""

CONVERSIONS = frozenset({"double", "half", "bfloat16", "int", "long", "short", "bool"})
"""Methods that convert to another type of number than the default."""

OTHER_TYPES = frozenset(
    {
        *(f"torch.{name}" for name in ("float64", "double", "float16", "half", "bfloat16", "int32", "int64", "long")),
        *("torch.DoubleTensor", "torch.HalfTensor", "torch.BFloat16Tensor", "torch.cuda.HalfTensor"),
        *("torch.cuda.DoubleTensor", "torch.LongTensor"),
    }
)
"""Types of numbers other than the default."""

WRITING = frozenset(
    {
        *(f"{name}_" for name in ARITHMETIC),
        *("normal_", "uniform_", "fill_", "zero_", "copy_", "random_", "bernoulli_", "exponential_", "cauchy_"),
        *("log_normal_", "geometric_", "fill_diagonal_", "erfinv_"),
    }
)
"""In-place methods that write values."""

MANY = frozenset(
    {
        *("torch.arange", "torch.randperm", "torch.nonzero", "torch.argwhere", "torch.where", "torch.argsort"),
        *("torch.isin", "torch.logical_not", "torch.logical_and", "torch.logical_or", "torch.isnan", "torch.isfinite"),
        *("range", "list", "numpy.arange", "numpy.where", "numpy.argsort", "numpy.random.permutation"),
    }
)
"""Functions whose result selects any number of entries when it is an index."""

FROM_DATA = frozenset(
    {
        *("torch.tensor", "torch.as_tensor", "torch.LongTensor", "torch.BoolTensor", "torch.ByteTensor"),
        *("torch.IntTensor", "torch.cuda.LongTensor", "numpy.array", "numpy.asarray"),
    }
)
"""Functions that make a tensor of the data that they are given; of a list, one with dimensions."""

LIKE = frozenset({"zeros_like", "ones_like", "full_like", "rand_like", "randn_like", "empty_like", "randint_like"})
SIZED = frozenset({"zeros", "ones", "full", "rand", "randn", "empty"})
"""Functions of `torch` that make a tensor like another one, and of the size that they are given."""
