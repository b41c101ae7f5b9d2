"""What works in place, as data; torch refuses it on a leaf while gradients are recorded (executed)."""

from __future__ import annotations

IN_PLACE = frozenset(
    {
        *("normal_", "uniform_", "zero_", "fill_", "copy_", "random_", "bernoulli_", "exponential_", "cauchy_"),
        *("log_normal_", "geometric_", "mul_", "div_", "add_", "sub_", "clamp_", "clamp_min_", "clamp_max_", "clip_"),
        *("masked_fill_", "index_fill_", "index_copy_", "scatter_", "fill_diagonal_", "exp_", "log_", "sqrt_", "abs_"),
        *("neg_", "pow_", "erfinv_", "tanh_", "sigmoid_", "renorm_", "round_", "floor_", "tril_", "triu_", "lerp_"),
    }
)
"""Methods that write their tensor."""

VIEWS = frozenset(
    {
        *("view", "t", "transpose", "permute", "squeeze", "unsqueeze", "narrow", "select", "diagonal", "expand"),
        *("swapaxes", "unflatten", "movedim"),
    }
)
"""Methods that return a view of their tensor."""

TRANSPOSED = frozenset({"T", "mT"})
"""Attributes that are one."""

SWITCHES = frozenset({"requires_grad", "requires_grad_", "set_grad_enabled", "is_grad_enabled", "is_leaf"})
"""What a class says that freezes its parameters, or asks whether gradients are recorded."""
