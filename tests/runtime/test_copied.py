"""Initialisers of other packages are watched once for every choice of arguments, and what is said stays the same."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from initlint.runtime import copied  # noqa: E402
from initlint.runtime.evidence import Traced  # noqa: E402
from initlint.runtime.recorder import Recorder  # noqa: E402
from initlint.runtime.trace import trace  # noqa: E402

TRUNCATED = """
import math
import torch

def _no_grad_trunc_normal_(tensor, mean, std, a, b):
    def norm_cdf(x):
        return (1. + math.erf(x / math.sqrt(2.))) / 2.
    with torch.no_grad():
        low, high = norm_cdf((a - mean) / std), norm_cdf((b - mean) / std)
        tensor.uniform_(2 * low - 1, 2 * high - 1)
        tensor.erfinv_()
        tensor.mul_(std * math.sqrt(2.)).add_(mean)
        return tensor.clamp_(min=a, max=b)

def trunc_normal_(tensor, mean=0., std=1., a=-2., b=2.):
    return _no_grad_trunc_normal_(tensor, mean, std, a, b)
"""
BY_SHAPE = """
def normal_(tensor, std=1.):
    return tensor.data.normal_(0, std / tensor.shape[0])
"""
BY_VALUE = """
def mark_(tensor):
    tensor.data.fill_(1. if tensor.max() > 0 else -1.)
"""
BY_BEFORE = """
def half_(tensor):
    tensor.data.mul_(.5)
"""
BY_STATE = """
import itertools
numbers = itertools.count(1)

def fill_(tensor):
    tensor.data.fill_(next(numbers))
"""

_names = itertools.count()


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Callable[[str], ModuleType]]:
    """Import a module of this source; what was learned of its functions is forgotten afterwards."""
    known = dict(copied.KNOWN)
    made = []

    def write(source: str) -> ModuleType:
        name = f"initialisers_{next(_names)}"
        path = tmp_path / f"{name}.py"
        path.write_text(source, encoding="utf-8")
        module = ModuleType(name)
        sys.modules[name] = module
        made.append(name)
        exec(compile(source, str(path), "exec"), vars(module))
        return module

    yield write
    for name in made:
        del sys.modules[name]
    copied.KNOWN.clear()
    copied.KNOWN.update(known)


def layers(change: Callable[[torch.Tensor], object], *widths: int) -> Callable[[], nn.Module]:
    def build() -> nn.Module:
        model = nn.Sequential(*(nn.Linear(8, width, bias=False) for width in widths))
        for layer in model:
            change(layer.weight)
        return model

    return build


def said(traced: Traced) -> list[object]:
    """All that is said of the parameters but where in the source."""
    return [
        [
            (
                each.name,
                str(each.law),
                each.pieces,
                [(write.call, str(write.law), write.whole) for write in each.writes],
            )
            for each in traced.parameters
        ],
        traced.operations,
        traced.errors,
    ]


def test_a_copy_of_trunc_normal_is_watched_once(written: Callable[..., ModuleType]) -> None:
    learned, watched = written(TRUNCATED), written(TRUNCATED.replace("    def norm", "    print(end='')\n    def norm"))
    traced, plainly = (
        trace(layers(lambda weight, own=each: own.trunc_normal_(weight, std=0.02), 8, 8, 16))
        for each in (learned, watched)
    )
    assert len(copied.KNOWN) == 1
    assert said(traced) == said(plainly)
    for own, other in zip(traced.parameters, plainly.parameters, strict=True):
        assert own.site is not None
        assert other.site is not None
        assert torch.equal(own.tensor, other.tensor)
        assert (own.site.line, own.site.function) == (other.site.line - 1, other.site.function)
    assert len({each.law.draw for each in traced.parameters}) == 3


def test_part_of_a_tensor_is_a_piece(written: Callable[..., ModuleType]) -> None:
    own = written(TRUNCATED)

    def change(weight: torch.Tensor) -> None:
        own.trunc_normal_(weight, std=0.02)
        own.trunc_normal_(weight.data[2:4], std=0.5)

    for each in trace(layers(change, 8, 8)).parameters:
        assert [str(piece.law) for piece in each.pieces] == ["truncated normal(0, 0.5, -2, 2)"]


def test_other_arguments_are_watched_again(written: Callable[..., ModuleType]) -> None:
    own = written(TRUNCATED)
    stds = iter((0.02, 0.02, 0.5))
    traced = trace(layers(lambda weight: own.trunc_normal_(weight, std=next(stds)), 8, 8, 8))
    assert [str(each.law) for each in traced.parameters] == [
        "truncated normal(0, 0.02, -2, 2)",
        "truncated normal(0, 0.02, -2, 2)",
        "truncated normal(0, 0.5, -2, 2)",
    ]


@pytest.mark.parametrize(
    ("source", "laws"),
    [
        (BY_SHAPE, ["normal(0, 0.25)", "normal(0, 0.125)"]),
        (BY_VALUE, ["constant(1)", "constant(1)"]),
        (BY_BEFORE, ["uniform(-0.17678, 0.17678)", "uniform(-0.17678, 0.17678)"]),
        (BY_STATE, ["constant(1)", "constant(2)"]),
    ],
)
def test_what_more_than_the_arguments_decides_is_always_watched(
    written: Callable[..., ModuleType], source: str, laws: list[str]
) -> None:
    own = written(source)
    (name,) = (name for name in vars(own) if name.endswith("_") and not name.startswith("_"))
    function = getattr(own, name)
    assert [str(each.law) for each in trace(layers(function, 4, 8)).parameters] == laws
    assert not copied.KNOWN


def test_a_mistake_in_learning_reaches_nobody(
    written: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*arguments: object) -> None:
        raise RuntimeError("a mistake")

    own = written(TRUNCATED)
    monkeypatch.setattr(Recorder, "_again", fails)
    traced = trace(layers(own.trunc_normal_, 8, 8))
    assert traced.errors == ("trunc_normal_: RuntimeError: a mistake",)
