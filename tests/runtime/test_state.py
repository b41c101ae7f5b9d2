"""A run in this process leaves the global state as it was, whatever the model does to it."""

from __future__ import annotations

import random
from typing import Any

import pytest

torch = pytest.importorskip("torch")
np = pytest.importorskip("numpy")
pytest.importorskip("scipy")

from models import Wrong, careless, healthy, raising  # noqa: E402

from initlint.runtime.request import Request  # noqa: E402
from initlint.runtime.verify import BuildError, verify_factory  # noqa: E402


def state() -> tuple[Any, ...]:
    return (
        torch.get_rng_state().tolist(),
        random.getstate(),
        np.random.get_state()[1].tolist(),
        torch.get_default_dtype(),
        torch.get_default_device(),
        torch.get_deterministic_debug_mode(),
        torch.utils.deterministic.fill_uninitialized_memory,
        torch.is_grad_enabled(),
        torch.get_num_threads(),
        torch.nn.init.normal_.__code__,
        len(torch.nn.modules.module._global_forward_hooks),
    )


@pytest.mark.parametrize("factory", [healthy, Wrong, careless])
@pytest.mark.parametrize("given", ["", "4x64"])
def test_global_state_is_as_before(factory: Any, given: str) -> None:
    before = state()
    verify_factory(factory, Request("", device="cpu", input=given, seeds=2, parity=True), "model", {})
    assert state() == before


def test_global_state_is_as_before_where_the_model_fails() -> None:
    before = state()
    with pytest.raises(BuildError):
        verify_factory(raising, Request("", device="cpu"), "model", {})
    assert state() == before


def one_outlier() -> torch.nn.Module:
    """As a sampler leaves that fails once in a million draws: the variance is in doubt, the outlier is not."""
    layer = torch.nn.Linear(768, 768, bias=False)
    torch.nn.init.normal_(layer.weight, std=0.02)
    if torch.initial_seed() == 0:
        layer.weight.data.numpy()[3, 5] = -2.0
    return layer


def test_an_outlier_is_reported_though_it_does_not_repeat() -> None:
    (finding,) = verify_factory(one_outlier, Request("", device="cpu"), "model", {}).findings
    assert finding.code == "INR401"
    assert "the largest lies 100 std from the mean" in finding.message


def test_the_seed_decides_the_numbers_and_nothing_before_does() -> None:
    first = verify_factory(healthy, Request("", device="cpu", seed=3), "model", {})
    torch.manual_seed(99)
    again, other = (verify_factory(healthy, Request("", device="cpu", seed=seed), "model", {}) for seed in (3, 4))
    assert [row.ratio for row in first.parameters] == [row.ratio for row in again.parameters]
    assert [row.ratio for row in first.parameters] != [row.ratio for row in other.parameters]
