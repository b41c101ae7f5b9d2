"""`torch.nn.init` as data: signatures of torch 2.13, deprecated names, modules with the same signatures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Draw(StrEnum):
    """The kind of law that an initialiser draws from, as in `theory.laws`."""

    UNIFORM = "uniform"
    NORMAL = "normal"
    TRUNC_NORMAL = "trunc_normal"
    CONSTANT = "constant"
    EYE = "eye"
    DIRAC = "dirac"
    XAVIER_UNIFORM = "xavier_uniform"
    XAVIER_NORMAL = "xavier_normal"
    KAIMING_UNIFORM = "kaiming_uniform"
    KAIMING_NORMAL = "kaiming_normal"
    ORTHOGONAL = "orthogonal"
    SPARSE = "sparse"


@dataclass(frozen=True, slots=True)
class Initializer:
    """An in-place initialiser: its parameters behind the tensor with their defaults (None: required)."""

    name: str
    draw: Draw
    parameters: tuple[str, ...]
    defaults: Mapping[str, object]

    @property
    def required(self) -> tuple[str, ...]:
        """The parameters that have no default."""
        return tuple(name for name in self.parameters if name not in self.defaults)

    @property
    def uses_fan(self) -> bool:
        """Whether the scale comes from the fan of the tensor, which needs two dimensions."""
        return self.draw in _FAN_DRAWS

    @property
    def uses_slope(self) -> bool:
        """Whether it takes a slope, a mode and a nonlinearity."""
        return self.draw in (Draw.KAIMING_UNIFORM, Draw.KAIMING_NORMAL)

    @property
    def needs_matrix(self) -> bool:
        """Whether a tensor with fewer than two dimensions raises."""
        return self.uses_fan or self.draw is Draw.ORTHOGONAL

    @property
    def random(self) -> bool:
        """Whether it draws numbers."""
        return self.draw not in (Draw.CONSTANT, Draw.EYE, Draw.DIRAC)


_FAN_DRAWS = frozenset({Draw.XAVIER_UNIFORM, Draw.XAVIER_NORMAL, Draw.KAIMING_UNIFORM, Draw.KAIMING_NORMAL})


def _initializer(name: str, draw: Draw, *required: str, **defaults: object) -> Initializer:
    return Initializer(name, draw, (*required, *defaults), defaults)


INITIALIZERS: Mapping[str, Initializer] = {
    initializer.name: initializer
    for initializer in (
        _initializer("uniform_", Draw.UNIFORM, a=0.0, b=1.0, generator=None),
        _initializer("normal_", Draw.NORMAL, mean=0.0, std=1.0, generator=None),
        _initializer("trunc_normal_", Draw.TRUNC_NORMAL, mean=0.0, std=1.0, a=-2.0, b=2.0, generator=None),
        _initializer("constant_", Draw.CONSTANT, "val"),
        _initializer("ones_", Draw.CONSTANT),
        _initializer("zeros_", Draw.CONSTANT),
        _initializer("eye_", Draw.EYE),
        _initializer("dirac_", Draw.DIRAC, groups=1),
        _initializer("xavier_uniform_", Draw.XAVIER_UNIFORM, gain=1.0, generator=None),
        _initializer("xavier_normal_", Draw.XAVIER_NORMAL, gain=1.0, generator=None),
        _initializer(
            "kaiming_uniform_", Draw.KAIMING_UNIFORM, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None
        ),
        _initializer(
            "kaiming_normal_", Draw.KAIMING_NORMAL, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None
        ),
        _initializer("orthogonal_", Draw.ORTHOGONAL, gain=1, generator=None),
        _initializer("sparse_", Draw.SPARSE, "sparsity", std=0.01, generator=None),
    )
}
"""The 14 functions, by name. The tensor comes first in each and is not listed."""

DEPRECATED: Mapping[str, str] = {
    name.rstrip("_"): name for name in INITIALIZERS if name not in ("ones_", "zeros_", "trunc_normal_")
}
"""The eleven names without underscore: they work, forward every argument and warn."""

OTHER_NAMES = frozenset(
    {"calculate_gain", "math", "torch", "warnings", "Tensor", "Literal", "ParamSpec", "TypeVar", "Callable"}
)
"""What else `dir(torch.nn.init)` holds without an underscore before it; calling it is not our subject."""

METHODS: Mapping[str, Initializer] = {
    "uniform_": _initializer("uniform_", Draw.UNIFORM, **{"from": 0.0, "to": 1.0}, generator=None),
    "normal_": _initializer("normal_", Draw.NORMAL, mean=0.0, std=1.0, generator=None),
    "fill_": _initializer("fill_", Draw.CONSTANT, "value"),
    "zero_": _initializer("zero_", Draw.CONSTANT),
}
"""In-place tensor methods that are used as initialisers; `uniform_` names its bounds `from` and `to`."""

INIT_MODULE = "torch.nn.init"

SAME_SIGNATURES = ("transformers.initialization", "transformers.initialization_utils")
"""Modules whose functions have the names and signatures of `torch.nn.init`."""

SAME_FUNCTIONS: Mapping[str, str] = {
    "timm.layers.trunc_normal_": "trunc_normal_",
    "timm.layers.weight_init.trunc_normal_": "trunc_normal_",
    "timm.models.layers.trunc_normal_": "trunc_normal_",
    "timm.models.layers.weight_init.trunc_normal_": "trunc_normal_",
    "mmcv.cnn.utils.weight_init.trunc_normal_": "trunc_normal_",
    "mmengine.model.weight_init.trunc_normal_": "trunc_normal_",
}
"""Single functions of other libraries with the same argument order."""

MODULE_HELPERS: Mapping[str, tuple[str, ...]] = {
    "constant_init": ("val", "bias"),
    "normal_init": ("mean", "std", "bias"),
    "trunc_normal_init": ("mean", "std", "a", "b", "bias"),
    "uniform_init": ("a", "b", "bias"),
    "xavier_init": ("gain", "bias", "distribution"),
    "kaiming_init": ("a", "mode", "nonlinearity", "bias", "distribution"),
    "caffe2_xavier_init": ("bias",),
}
"""Helpers of mmcv and mmengine with their parameters behind the module.

Each tests `hasattr(module, 'weight')`, then `hasattr(module, 'bias')`, and does nothing for a tensor.
"""

REFUSED_SLOPES = frozenset({"torch.tensor", "torch.as_tensor", "torch.Tensor", "torch.FloatTensor", "numpy.float32"})
"""What makes a number that is no float: torch refuses it as a slope."""

HELPER_PACKAGES = ("mmcv", "mmengine")
"""The packages of these helpers."""
