"""Every planted mistake is seen by the trace or by the layers, and the clean network gives nothing."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from collections.abc import Callable  # noqa: E402

import mutants  # noqa: E402
from mutants import MUTANTS, Mutant  # noqa: E402

from initlint.finding import Finding  # noqa: E402
from initlint.runtime.flow import follow  # noqa: E402
from initlint.runtime.judge import judge  # noqa: E402
from initlint.runtime.layers import needs  # noqa: E402
from initlint.runtime.trace import trace  # noqa: E402


def judged(factory: Callable[[], torch.nn.Module]) -> tuple[Finding, ...]:
    traced = trace(factory)
    assert traced.errors == ()
    flow = follow(traced.model, mutants.tokens()) if clean_dtype(traced.model) else None
    return judge(traced, needs(traced, flow) if flow else (), preview=True)


def clean_dtype(model: torch.nn.Module) -> bool:
    return len({parameter.dtype for parameter in model.parameters()}) == 1


def test_the_clean_network_gives_nothing() -> None:
    assert judged(mutants.Net) == ()


def test_there_are_enough_mutants() -> None:
    assert len(MUTANTS) >= 30


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.code}-{mutant.name}")
def test_mutant_is_seen_where_it_was_planted(mutant: Mutant) -> None:
    found = judged(mutant.build)
    assert [finding.code for finding in found if finding.code == mutant.code], found
    code = mutant.plant.__code__
    lines = {line for _, _, line in code.co_lines() if line}
    nested = [const for const in code.co_consts if hasattr(const, "co_lines")]
    lines |= {line for each in nested for _, _, line in each.co_lines() if line}
    own = [finding for finding in found if finding.code == mutant.code]
    assert all(finding.path.name == "mutants.py" for finding in own)
    assert any(finding.region.line in lines for finding in own) or mutant.code in ("INR101",), (own, lines)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.code}-{mutant.name}")
def test_mutant_gives_no_other_finding(mutant: Mutant) -> None:
    assert {finding.code for finding in judged(mutant.build)} == {mutant.code}
