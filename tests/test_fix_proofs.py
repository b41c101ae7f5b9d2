"""Every fix that can be proved by running what it changes, and which ones cannot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("torch")

import fix_proofs as proofs
import torch
from fix_proofs import Claim

from initlint.finding import Finding, Region, Severity

if TYPE_CHECKING:
    from page_harness import Example

SAFE = proofs.safe_examples()
STATED = [example for example in proofs.unsafe_examples() if proofs.claims(example)]

NOT_RUN = {
    *("INI305-bad-2", "INI305-bad-3", "INI306-bad-2", "INI306-bad-3", "INI406-bad-3", "INI411-bad-2", "INI505-bad-2"),
    *("INI506-bad-2", "INI507-bad-2", "INI508-bad-2", "INI605-bad-2", "INI606-bad-2"),
}
"""Examples of safe fixes that define functions and classes, and build nothing; others of their pages are proved."""

NOT_MEASURED = {
    *("INI101-bad-4", "INI103-bad-3", "INI104-bad-2", "INI104-bad-3", "INI104-bad-4", "INI106-bad-3", "INI210-bad-2"),
    *("INI210-bad-3", "INI212-bad-3", "INI401-bad-3", "INI403-bad-2", "INI403-bad-3", "INI403-bad-4"),
}
"""Examples that build nothing, or whose finding stands where a gain is computed and no tensor is written."""


@pytest.mark.parametrize("example", SAFE, ids=str)
def test_safe_fix_keeps_every_number_or_mends_what_raises(example: Example) -> None:
    if str(example) in NOT_RUN:
        with pytest.raises(proofs.NoProof, match=r"leaves no tensor|does not run"):
            proofs.prove_safe(example)
    else:
        assert proofs.prove_safe(example)


def test_every_rule_with_a_safe_fix_has_a_proof() -> None:
    proved = {example.rule.code for example in SAFE if str(example) not in NOT_RUN}
    assert {example.rule.code for example in SAFE} == proved


@pytest.mark.parametrize("example", STATED, ids=str)
def test_unsafe_fix_changes_the_std_as_its_message_says(example: Example) -> None:
    if str(example) in NOT_MEASURED:
        with pytest.raises(proofs.NoProof, match="no call there returns a tensor"):
            proofs.prove_unsafe(example)
    else:
        assert proofs.prove_unsafe(example)


@pytest.mark.parametrize(("name", "builder"), proofs.fixtures())
def test_safe_fixes_of_a_fixture_keep_its_models(name: str, builder: str) -> None:
    assert proofs.prove_builder(name, builder)


# The proof itself


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({"a": torch.tensor([1.0, 2.0])}, "bit-identical"),
        ({"a": torch.tensor([1.0, 2.0 + 2.0**-22])}, "differ, and the page does not say why"),
        ({"a": torch.tensor([1.0, 2.0], dtype=torch.float64)}, "differ"),
        ({"a": torch.tensor([[1.0, 2.0]])}, "differ"),
        ({"b": torch.tensor([1.0, 2.0])}, "other tensors"),
        ({}, "other tensors"),
    ],
)
def test_tensors_are_compared_bit_by_bit(after: dict[str, torch.Tensor], said: str) -> None:
    before = {"a": torch.tensor([1.0, 2.0])}
    if said == "bit-identical":
        assert proofs.compare(before, after, None) == said
    else:
        with pytest.raises(AssertionError, match=said):
            proofs.compare(before, after, None)


@pytest.mark.parametrize(("ulps", "holds"), [(1, True), (-1, True), (2, False), (-2, False)])
def test_a_page_that_says_why_allows_one_ulp(ulps: int, holds: bool) -> None:
    page = next(example.page for example in SAFE if example.rule.code == "INI201")
    value = one = torch.tensor([0.1])
    for _ in range(abs(ulps)):
        value = torch.nextafter(value, torch.tensor(float("inf") * ulps))
    if holds:
        assert proofs.compare({"a": one}, {"a": value}, page) == "one ulp"
    else:
        with pytest.raises(AssertionError, match="more than one ulp"):
            proofs.compare({"a": one}, {"a": value}, page)


@pytest.mark.parametrize(
    ("message", "claim"),
    [
        ("std is 0.2041 instead of 0.01804, × 11.3", (0.2041, 0.01804, None)),
        ("the weights have std 1 instead of 0.02, 50 times as much", (1, 0.02, None)),
        ("std is 11.8% too large per layer", (None, None, 1.118)),
        ("0.8165 instead of 1.4142, std × 0.577", (None, None, 0.577)),
        ("std is too large by sqrt(conv.kernel_size[2]) = 1.73", (None, None, 1.73)),
        ("U(0, 0.02) has mean 0.01, std 0.0058 and no negative weight; N(0, 0.02) is meant, as", (0.0058, 0.02, None)),
        ("U(-0.1, 1) has mean 0.45 and std 0.318; U(-0.1, 0.1) is meant", (0.318, 0.2 / 12**0.5, None)),
        ("N(-0.1, 0.1) puts 84% of the weights below zero; uniform_ between -0.1 and 0.1", (None, None, None)),
    ],
)
def test_numbers_of_messages_are_read(message: str, claim: tuple[float | None, float | None, float | None]) -> None:
    found = proofs.claim_of(Finding(Path("a.py"), Region(3, 0, 3, 1), "INI901", "some-rule", Severity.ERROR, message))
    numbers = None if found is None else (found.before, found.after, found.ratio)
    assert numbers == (None if claim == (None,) * 3 else pytest.approx(claim))


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        (Claim(1, 0.001, before=1, after=0.5), True),
        (Claim(1, 0.001, before=1.05, after=0.5), False),
        (Claim(1, 0.001, before=1, after=0.53), False),
        (Claim(1, 0.001, ratio=2), True),
        (Claim(1, 0.001, ratio=2.1), False),
    ],
)
def test_stated_stds_are_held_against_samples(claim: Claim, holds: bool) -> None:
    torch.manual_seed(0)
    before, after = torch.randn(40000), torch.randn(40000) / 2
    if holds:
        proofs.hold(claim, before, after)
    else:
        with pytest.raises(AssertionError, match=r"line 1: std"):
            proofs.hold(claim, before, after)
