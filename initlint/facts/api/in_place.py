"""Methods that write their tensor, as data; torch refuses them on a leaf while gradients are recorded (executed)."""

from __future__ import annotations

IN_PLACE = frozenset(
    {
        *("normal_", "uniform_", "zero_", "fill_", "copy_", "random_", "bernoulli_", "exponential_", "cauchy_"),
        *("log_normal_", "geometric_", "mul_", "div_", "add_", "sub_", "clamp_", "clamp_min_", "clamp_max_", "clip_"),
        *("masked_fill_", "index_fill_", "index_copy_", "scatter_", "fill_diagonal_", "exp_", "log_", "sqrt_", "abs_"),
        *("neg_", "pow_", "erfinv_", "tanh_", "sigmoid_", "renorm_", "round_", "floor_", "tril_", "triu_", "lerp_"),
    }
)
