"""Every planted mistake is seen where it was planted, nothing else is, and the clean network gives nothing."""

from __future__ import annotations

from functools import cache

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("scipy")

from collections.abc import Callable  # noqa: E402

import mutants  # noqa: E402
from mutants import MUTANTS, Mutant  # noqa: E402

from initlint.runtime.outcome import Outcome  # noqa: E402
from initlint.runtime.request import Request  # noqa: E402
from initlint.runtime.verify import verify_factory  # noqa: E402


@cache
def verified(factory: Callable[[], torch.nn.Module]) -> Outcome:
    model = factory()
    given = mutants.tokens() if len({each.dtype for each in model.parameters()}) == 1 else ()
    outcome = verify_factory(factory, Request("", device="cpu", preview=True), "net", {}, given)
    assert outcome.errors == []
    return outcome


def test_the_clean_network_gives_nothing() -> None:
    assert verified(mutants.Net).findings == []


def test_there_are_enough_mutants() -> None:
    assert len(MUTANTS) >= 30


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.code}-{mutant.name}")
def test_mutant_is_seen_where_it_was_planted(mutant: Mutant) -> None:
    found = verified(mutant.build).findings
    own = [finding for finding in found if finding.code == mutant.code]
    assert own, found
    assert all(finding.path.name == "mutants.py" for finding in own)
    # What numpy writes has no call; the last call that torch saw is named instead.
    assert any(each.region.line in mutant.lines for each in own) or mutant.code.startswith("INR"), (own, mutant.lines)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.code}-{mutant.name}")
def test_mutant_gives_no_other_finding(mutant: Mutant) -> None:
    """But for what it does to the signal."""
    found = {finding.code for finding in verified(mutant.build).findings}
    assert {code for code in found if not code.startswith("INR50")} == {mutant.code}
