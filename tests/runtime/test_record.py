import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("scipy")

from initlint.runtime.measure.record import CHUNK, Record, record  # noqa: E402


def drawn(count: int, seed: int = 0) -> "torch.Tensor":
    return torch.randn(count, generator=torch.Generator().manual_seed(seed))


def same(one: Record, other: Record) -> bool:
    sums = np.allclose(one.sums, other.sums, rtol=1e-6, atol=1e-3)
    rest = [(each.count, each.low, each.high, each.zeros, each.broken, each.checksum) for each in (one, other)]
    return sums and rest[0] == rest[1] and np.array_equal(one.bins, other.bins)


@pytest.mark.parametrize("at", [1, 1000, CHUNK, CHUNK + 7])
def test_records_of_parts_add_up_to_that_of_the_whole(at: int) -> None:
    whole = drawn(CHUNK + 1000)
    parts = [record(part, 0.1, 2.0, checksum=True, offset=start) for part, start in ((whole[:at], 0), (whole[at:], at))]
    assert same(record(whole, 0.1, 2.0, checksum=True), parts[0].merge(parts[1]))


def test_sums_are_those_of_double_precision_over_many_chunks() -> None:
    values = drawn(5 * CHUNK + 3)
    found = record(values, 0.0, 1.0, bins=False)
    exact = values.double()
    assert abs(found.sums[0] - float(exact.sum())) < 1e-4 * math.sqrt(values.numel())
    expected = [float(exact.sum()), float((exact**2).sum())]
    assert found.mean_square == pytest.approx(expected[1] / values.numel(), rel=2e-7)


def test_entries_that_are_not_finite_are_counted_and_left_out() -> None:
    values = drawn(1000)
    values[3], values[5], values[7] = math.nan, math.inf, 0.0
    found = record(values)
    kept = values[torch.isfinite(values)]
    assert (found.count, found.broken, found.zeros, found.finite) == (1000, 2, 1, 998)
    assert found.sums[1] == pytest.approx(float((kept.double() ** 2).sum()), rel=1e-6)
    assert record(torch.full((4,), math.nan)).broken == 4


def test_large_finite_entries_are_summed_in_double_precision() -> None:
    values = torch.tensor([1e30, -1e30, 1.0])
    found = record(values)
    assert found.broken == 0
    assert found.sums[1] == pytest.approx(2e60)
    assert record(torch.tensor([1e200, 1.0], dtype=torch.float64)).broken == 2


def test_bins_count_every_entry_and_end_bins_hold_the_tails() -> None:
    found = record(torch.tensor([-100.0, -7.999, 0.0, 7.999, 100.0]))
    assert found.bins.sum() == 5
    assert found.bins[0] == found.bins[-1] == 2


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "float16"])
def test_checksum_tells_values_and_places_apart(dtype: str) -> None:
    values = drawn(4096).to(getattr(torch, dtype))
    swapped, changed = values.clone(), values.clone()
    swapped[0], swapped[1] = values[1], values[0]
    changed[4095] += 1
    sums = {record(each, checksum=True).checksum for each in (values, swapped, changed)}
    assert len(sums) == 3
    assert record(values.clone(), checksum=True).checksum in sums


def test_any_shape_and_stride_is_read_in_order() -> None:
    values = drawn(24).reshape(2, 3, 4)
    turned = values.transpose(0, 2)
    assert same(record(turned, checksum=True), record(turned.contiguous(), checksum=True))
    assert record(torch.empty(0)).count == 0
