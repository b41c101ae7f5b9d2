import math

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("scipy")

from torch import nn  # noqa: E402

from initlint.runtime.measure.examine import Examination, examine, pooled, rejected  # noqa: E402
from initlint.runtime.measure.nulls import null_of  # noqa: E402
from initlint.theory import laws  # noqa: E402
from initlint.theory.laws import Law  # noqa: E402

HE = math.sqrt(2 / 512)
LEVEL = 1e-9


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def matrix(rows: int = 512, columns: int = 512, dtype: "torch.dtype" = torch.float32) -> "torch.Tensor":
    return torch.empty(rows, columns, dtype=dtype)


def put(weight: "torch.Tensor", value: float) -> "torch.Tensor":
    """A weight with one entry replaced."""
    weight[3, 5] = value
    return weight


def alarmed(found: Examination) -> bool:
    return found.worst < LEVEL or bool(found.defects)


HEALTHY = {
    "normal": (lambda w: nn.init.normal_(w, 0.0, 0.02), laws.normal(0.0, 0.02)),
    "shifted": (lambda w: nn.init.normal_(w, 1.0, 0.02), laws.normal(1.0, 0.02)),
    "uniform": (lambda w: nn.init.uniform_(w, -0.1, 0.3), laws.uniform(-0.1, 0.3)),
    "kaiming": (lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"), laws.normal(0.0, HE)),
    "xavier": (nn.init.xavier_uniform_, laws.uniform(-math.sqrt(6 / 1024), math.sqrt(6 / 1024))),
    "truncated": (lambda w: nn.init.trunc_normal_(w, std=1.0), laws.truncated_normal()),
    "uncut": (lambda w: nn.init.trunc_normal_(w, std=0.02), laws.truncated_normal(0.0, 0.02, -2.0, 2.0)),
    "zeros": (nn.init.zeros_, laws.constant(0.0)),
    "constant": (lambda w: nn.init.constant_(w, 0.1), laws.constant(0.1)),
    "eye": (nn.init.eye_, laws.EYE),
    "orthogonal": (lambda w: nn.init.orthogonal_(w, 1.5), laws.orthogonal(1.5)),
    "sparse": (lambda w: nn.init.sparse_(w, 0.3, 0.05), laws.sparse(0.3, 0.05)),
}


@pytest.mark.parametrize("name", HEALTHY)
@pytest.mark.parametrize("shape", [(512, 512), (31, 7), (4, 300)])
def test_tensor_that_follows_its_law_is_silent(name: str, shape: tuple[int, int]) -> None:
    draw, law = HEALTHY[name]
    if name in ("kaiming", "xavier") and shape != (512, 512):
        pytest.skip("the law is that of one shape")
    assert not alarmed(examine(name, draw(matrix(*shape)), law))


def test_dirac_is_checked_entry_by_entry() -> None:
    weight = nn.init.dirac_(torch.empty(8, 4, 3, 3), groups=2)
    assert not examine("conv", weight, laws.dirac(2)).defects
    assert examine("conv", weight, laws.dirac(1)).defects


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("name", ["normal", "uniform", "kaiming", "xavier"])
def test_samplers_in_other_precisions_are_silent(name: str, dtype: "torch.dtype") -> None:
    draw, law = HEALTHY[name]
    assert not alarmed(examine(name, draw(matrix(dtype=dtype)), law))


MUTANTS = {
    "std two per cent off": (lambda w: w.normal_(0, 0.0204), laws.normal(0.0, 0.02)),
    "slope 0.2 for 0": (lambda w: nn.init.kaiming_normal_(w, 0.2), laws.normal(0.0, HE)),
    "uniform for normal": (lambda w: w.uniform_(-0.1, 0.1), laws.normal(0.0, 0.1 / math.sqrt(3))),
    "bound for std": (lambda w: w.normal_(0, 0.1), laws.uniform(-0.1, 0.1)),
    "bound two per cent off": (lambda w: w.uniform_(-0.098, 0.098), laws.uniform(-0.1, 0.1)),
    "std as mean": (lambda w: w.normal_(0.02, 1.0), laws.normal(0.0, 0.02)),
    "truncated for normal": (lambda w: nn.init.trunc_normal_(w), laws.normal()),
    "one entry far out": (lambda w: put(w.normal_(), 9.0), laws.normal()),
    "one entry not finite": (lambda w: put(w.normal_(), math.nan), laws.normal()),
    "half never written": (lambda w: torch.cat([w[:256].normal_(), torch.zeros(256, 512)]), laws.normal()),
    "copied halves": (lambda w: w[:256].normal_().repeat(2, 1), laws.normal()),
    "one row repeated": (lambda w: w.normal_().index_copy_(0, torch.tensor([7]), w[3:4].clone()), laws.normal()),
    "half of the rows, scaled": (lambda w: torch.cat([w[:256].normal_(), w[256:].normal_(0, 1.1)]), laws.normal()),
    "zeros for constant": (nn.init.zeros_, laws.constant(0.1)),
    "one entry of a constant": (lambda w: put(w.fill_(1), 0.0), laws.constant(1.0)),
    "normal for orthogonal": (lambda w: w.normal_(0, 1 / math.sqrt(512)), laws.orthogonal()),
    "gain of orthogonal": (lambda w: nn.init.orthogonal_(w, 1.01), laws.orthogonal()),
    "share of zeros": (lambda w: nn.init.sparse_(w, 0.31), laws.sparse(0.3)),
    "std of sparse": (lambda w: nn.init.sparse_(w, 0.3, 0.02), laws.sparse(0.3)),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_seen(name: str) -> None:
    draw, law = MUTANTS[name]
    with torch.no_grad():
        assert alarmed(examine(name, draw(matrix()), law))


@pytest.mark.parametrize("law", [laws.UNKNOWN, laws.COPY], ids=str)
def test_what_cannot_be_tested_says_why(law: Law) -> None:
    assert examine("w", matrix().normal_(), law).untested == "no law is known"
    assert examine("w", torch.empty(4, 4, device="meta"), laws.normal()).untested == "no values on the meta device"
    assert examine("w", torch.zeros(4, dtype=torch.int64), laws.constant(0.0)).untested == "not floating point"
    assert examine("w", torch.zeros(1), laws.normal()).untested == "fewer than 2 entries"


def test_small_tensor_says_what_it_cannot_see() -> None:
    small, large = (examine("w", torch.randn(size), laws.normal()) for size in (100, 200_000))
    assert small.untested == "too few entries to see 2%"
    assert small.detectable > 0.5
    assert not large.untested
    assert large.detectable < 0.02
    assert large.interval is not None
    assert large.interval[0] < 1 < large.interval[1]


def test_siblings_together_show_what_one_cannot() -> None:
    members = [examine(f"{k}", torch.randn(9408) / 1.02, laws.normal()) for k in range(16)]
    null = null_of(laws.normal())
    assert null is not None
    together = pooled("blocks.*.weight", members, null, torch.float32)
    assert together is not None
    assert all(member.worst > LEVEL for member in members)
    assert together.worst < LEVEL
    assert pooled("alone", members[:1], null, torch.float32) is None


def test_rejections_hold_over_the_whole_run() -> None:
    healthy = [examine(f"{k}", torch.randn(500), laws.normal()) for k in range(50)]
    wrong = examine("wrong", torch.randn(5000) * 2, laws.normal())
    assert rejected(healthy) == []
    assert {each.name for each, _ in rejected([*healthy, wrong])} == {"wrong"}
