import math

import numpy as np
import pytest

pytest.importorskip("torch")
stats = pytest.importorskip("scipy.stats")

from initlint.runtime.measure.nulls import null_of, null_of_quantiles  # noqa: E402
from initlint.theory import laws  # noqa: E402
from initlint.theory.laws import Law  # noqa: E402

CASES = [
    (laws.normal(0.5, 2.0), stats.norm(0.5, 2.0)),
    (laws.uniform(-0.3, 0.1), stats.uniform(-0.3, 0.4)),
    (laws.truncated_normal(0.0, 1.0, -2.0, 2.0), stats.truncnorm(-2, 2)),
    (laws.truncated_normal(1.0, 0.5, 0.0, 3.0), stats.truncnorm(-2, 4, 1.0, 0.5)),
]


@pytest.mark.parametrize(("law", "reference"), CASES, ids=lambda each: str(each) if isinstance(each, Law) else "")
def test_null_agrees_with_the_reference_distribution(law: Law, reference: "stats.rv_frozen") -> None:
    null = null_of(law)
    assert null is not None
    mean, variance, kurtosis = map(float, reference.stats("mvk"))
    assert null.mean == pytest.approx(mean, abs=1e-9)
    assert null.std == pytest.approx(math.sqrt(variance), rel=1e-9)
    assert null.kurtosis == pytest.approx(kurtosis + 3, rel=1e-7)
    points = np.linspace(-3, 4, 101)
    assert null.cdf(points) == pytest.approx(reference.cdf(points), abs=1e-12)
    assert null.outside(null.std) == pytest.approx(
        reference.cdf(mean - null.std) + reference.sf(mean + null.std), abs=1e-12
    )


@pytest.mark.parametrize(
    "law",
    [
        laws.constant(1.0), laws.EYE, laws.dirac(), laws.orthogonal(), laws.COPY, laws.UNKNOWN,
        laws.normal(0.0, 0.0), laws.uniform(1.0, 1.0),
    ],
    ids=str,
)  # fmt: skip
def test_law_without_density_has_no_null(law: Law) -> None:
    assert null_of(law) is None


def test_truncation_far_out_leaves_a_normal_law() -> None:
    null = null_of(laws.truncated_normal(0.0, 0.02, -2.0, 2.0))
    assert null is not None
    assert not null.bounded
    assert null.std == 0.02


def test_quantiles_stand_for_their_law() -> None:
    levels = (np.arange(65536) + 0.5) / 65536
    null = null_of_quantiles("exp(uniform)", np.exp(3 * levels - 5))
    reference = stats.loguniform(math.exp(-5), math.exp(-2))
    assert null.std == pytest.approx(float(reference.std()), rel=1e-4)
    assert null.cdf(np.array([0.02, 0.05])) == pytest.approx(reference.cdf([0.02, 0.05]), abs=1e-4)
    with pytest.raises(ValueError, match="constant"):
        null_of_quantiles("zeros", np.zeros(10))
