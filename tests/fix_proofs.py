"""Proves fixes by running what they change; `python tests/fix_proofs.py` counts proofs, and says what has none and why.

A safe fix keeps every number: what the code before and after it builds from one seed is bit-identical, or one float32
ulp apart where the page says so, and the random generator is in the same state; or it turns a line that raises into one
that does not. An unsafe fix changes the std as the message says, within what a sample of that size can tell.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import page_execution as execution
import page_harness as harness
import torch
from page_harness import Example

from initlint import catalogue, fixing, pages
from initlint.config import Settings
from initlint.engine import check_source
from initlint.pages import FIX_SAFETY, BlockKind
from initlint.rule import Safety
from initlint.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from initlint.finding import Finding
    from initlint.pages import Page

MODELS = Path(__file__).parent.parent / "fixtures" / "models"
ROUNDING = "last bit"
"""Words in `Fix safety` that allow one unit in the last place."""

DEVIATIONS = 5
"""Standard errors that a measured std may be off: one false alarm in two million for a normal law."""

_NUMBER = r"(-?\d+(?:\.\d+)?(?:e-?\d+)?)"
_STDS = re.compile(rf"(?:std|it) (?:is )?{_NUMBER} instead of {_NUMBER}")
_STD = re.compile(rf"mean {_NUMBER}(?:,| and) std {_NUMBER}|: N\({_NUMBER}, {_NUMBER}\) puts")
_MEANT = re.compile(
    rf"(?:U\(|uniform_ between ){_NUMBER}(?:, | and ){_NUMBER}\)? is meant|N\({_NUMBER}, {_NUMBER}\) is meant"
)
_PERCENT = re.compile(rf"std is {_NUMBER}% too (large|small)")
_RATIO = re.compile(
    rf"std (?:is )?× {_NUMBER}(?:\Z| of|, not)"
    rf"|= {_NUMBER} too large|too large by .* = {_NUMBER}\Z|have {_NUMBER} of the std"
)


class NoProof(Exception):
    """There is nothing to run or to measure; says why."""


@dataclass(frozen=True)
class Claim:
    """What a message says of a line: the stds before and after the fix, or their ratio; None where it is silent.

    `rounding` is the relative error of numbers with so few digits.
    """

    line: int
    rounding: float
    before: float | None = None
    after: float | None = None
    ratio: float | None = None


def safe_examples() -> list[Example]:
    """The bad examples of all pages in which safe fixes are applied."""
    return [example for example in _fixable() if _safeties(example) == {Safety.SAFE}]


def unsafe_examples() -> list[Example]:
    """The bad examples of all pages in which unsafe fixes are applied."""
    return [example for example in _fixable() if Safety.UNSAFE in _safeties(example)]


def prove_safe(example: Example) -> str:
    """Hold a safe fix against what it promises; says how it was proved. Raises NoProof and AssertionError."""
    after = harness.fix(example.code, example.rule)
    if example.raises:
        runs(after)
        return "a line that raised no longer does"
    before, state = runs(example.code)
    changed, changed_state = runs(after)
    if not execution.tensors(before):
        raise NoProof("leaves no tensor and no module")
    assert torch.equal(state, changed_state), "the random generator was used otherwise"
    return compare(execution.tensors(before), execution.tensors(changed), example.page)


def prove_unsafe(example: Example) -> int:
    """Measure what messages say of std before and after their fixes; how many do. Raises NoProof and AssertionError."""
    stated = claims(example)
    if not stated:
        raise NoProof("the message states no std")
    leave_out = {error.line for error in execution.raising_lines(example.block)}
    after = harness.fix(example.code, example.rule)
    runs(example.code, leave_out)
    for claim in stated:
        old = sample(example.code, claim.line, leave_out)
        new = sample(after, execution.line_after_fix(example.code, after, claim.line))
        hold(claim, old, new)
    return len(stated)


def claims(example: Example) -> list[Claim]:
    """What the messages about an example with a fix state."""
    found = harness.findings(example.code, (example.rule,))
    return [claim for each in found if each.applicable and (claim := claim_of(each)) is not None]


def hold(claim: Claim, before: torch.Tensor, after: torch.Tensor) -> None:
    """Assert that samples have the stds, or the ratio of stds, of a claim."""
    stds = [float(each.std()) for each in (before, after)]
    errors = [DEVIATIONS * standard_error(each) for each in (before, after)]
    if claim.ratio is not None:
        allowed = claim.rounding + math.hypot(*errors)
        assert math.isclose(stds[0] / stds[1], claim.ratio, rel_tol=allowed), (
            f"line {claim.line}: std {stds[0]:.4g} became {stds[1]:.4g}, the ratio was {claim.ratio} ± {allowed:.2%}"
        )
        return
    for found, stated, error in zip(stds, (claim.before, claim.after), errors, strict=True):
        assert stated is None or math.isclose(found, stated, rel_tol=claim.rounding + error), (
            f"line {claim.line}: std is {found:.4g}, the message says {stated} ± {claim.rounding + error:.2%}"
        )


def standard_error(values: torch.Tensor) -> float:
    """The relative standard error of the std of a sample, by its size and kurtosis."""
    deviations = values - values.mean()
    kurtosis = float((deviations**4).mean() / (deviations**2).mean() ** 2)
    return math.sqrt(max(kurtosis - 1, 0) / (4 * values.numel()))


def claim_of(finding: Finding) -> Claim | None:
    """The std before and after the fix, or their ratio, as a message states it; None where it states neither."""
    line, message = finding.region.line, finding.message
    if match := _STDS.search(message):
        return Claim(line, max(map(_rounding, match.groups())), float(match[1]), float(match[2]))
    if match := _PERCENT.search(message):
        share = float(match[1]) / 100
        return Claim(line, 0.0005, ratio=1 + share if match[2] == "large" else 1 - share)
    if match := _RATIO.search(message):
        number = next(group for group in match.groups() if group)
        return Claim(line, _rounding(number), ratio=float(number))
    if match := _STD.search(message):
        number = match[2] or match[4]
        return Claim(line, _rounding(number), float(number), _meant(message))
    return None


def _meant(message: str) -> float | None:
    """The std of the law that a message says is meant."""
    match = _MEANT.search(message)
    if match is None:
        return None
    low, high, _, std = match.groups()
    return float(std) if std else (float(high) - float(low)) / math.sqrt(12)


def sample(code: str, line: int, leave_out: set[int] | None = None) -> torch.Tensor:
    """The values of the tensor that a line wrote. Raises NoProof where no call there returns one."""
    try:
        return execution.measured(code, line, leave_out or set())
    except AssertionError as error:
        raise NoProof(str(error)) from error


def compare(before: Mapping[str, torch.Tensor], after: Mapping[str, torch.Tensor], page: Page | None) -> str:
    """Assert that tensors are the same, or one ulp apart where a page allows it; says which."""
    assert before.keys() == after.keys(), "other tensors are there"
    apart = {name for name in before if not _identical(before[name], after[name])}
    if not apart:
        return "bit-identical"
    safety = "" if page is None else " ".join(each.text for each in page.sections if each.title == FIX_SAFETY)
    assert ROUNDING in " ".join(safety.split()), f"{sorted(apart)} differ, and the page does not say why"
    for name in apart:
        up, down = (torch.nextafter(before[name], torch.tensor(end)) for end in (math.inf, -math.inf))
        near = (after[name] == before[name]) | (after[name] == up) | (after[name] == down)
        assert bool(near.all()), f"{name} differs by more than one ulp"
    return "one ulp"


def runs(code: str, leave_out: set[int] | None = None) -> tuple[dict[str, Any], torch.Tensor]:
    """The namespace that code leaves, and the state of the random generator. Raises NoProof where it does not run."""
    try:
        return execution.execute(code, leave_out or set()), torch.get_rng_state()
    except Exception as error:
        raise NoProof(f"does not run by itself: {type(error).__name__}") from error


def prove_builder(name: str, builder: str) -> str:
    """Build a model of a fixture from its file before and after all safe fixes. Raises AssertionError.

    Of the pages whose fixes meet there, that of INI201 alone speaks of rounding.
    """
    code, after = fixture(name)
    states = []
    for each in (code, after):
        build = execution.execute(each)[builder]
        torch.manual_seed(0)
        states.append((build().state_dict(), torch.get_rng_state()))
    assert torch.equal(states[0][1], states[1][1]), "the random generator was used otherwise"
    return compare(states[0][0], states[1][0], pages.read(catalogue.find("INI201")))


@cache
def fixtures() -> list[tuple[str, str]]:
    """File and builder of the models of all fixtures that safe fixes change."""
    found = []
    for path in sorted(MODELS.glob("*.py")):
        before, after = fixture(path.name)
        if before != after:
            found += [(path.name, name) for name in re.findall(r"^def (build_\w+)", before, re.MULTILINE)]
    return found


@cache
def fixture(name: str) -> tuple[str, str]:
    """The code of a fixture, and what all safe fixes of all rules make of it."""
    source = Source.read(MODELS / name)
    rules = Settings(select=("ALL",), preview=True).rules_for(source.path)
    fixed = fixing.fix_source(source, lambda each: check_source(each, rules, harness.alone(each.text)).findings)
    return source.text, fixed.text


def _identical(one: torch.Tensor, two: torch.Tensor) -> bool:
    return one.shape == two.shape and one.dtype == two.dtype and torch.equal(one.nan_to_num(), two.nan_to_num())


def _rounding(number: str) -> float:
    """The relative error of a number that was rounded to the digits it has."""
    digits = number.partition("e")[0].replace(".", "").lstrip("0")
    return 0.5 / int(digits)


@cache
def _fixable() -> list[Example]:
    rules = [rule for rule in catalogue.rules() if rule.fix in (Safety.SAFE, Safety.UNSAFE)]
    return [example for example in harness.examples(rules, BlockKind.BAD) if _safeties(example)]


@cache
def _safeties(example: Example) -> set[Safety]:
    found = harness.findings(example.code, (example.rule,))
    return {each.applicable.safety for each in found if each.applicable}


def main() -> None:
    """Print how many fixes are proved in which way, and which are not."""
    proved: Counter[str] = Counter()
    without: list[str] = []
    for examples, prove in ((safe_examples(), prove_safe), (unsafe_examples(), prove_unsafe)):
        for example in examples:
            fixes = sum(bool(each.applicable) for each in harness.findings(example.code, (example.rule,)))
            try:
                how = _prove(prove, example)
            except NoProof as error:
                without.append(f"{example}: {fixes} {example.rule.fix}: {error}")
            except AssertionError as error:
                without.append(f"{example}: WRONG: {error}")
            else:
                proved[f"{example.rule.fix} examples, {how}"] += 1
                proved[f"{example.rule.fix} fixes, {how}"] += (
                    fixes if prove is prove_safe else len(claims(example)) or fixes
                )
    builders: Counter[str] = Counter()
    for name, builder in fixtures():
        builders[f"models of fixtures that safe fixes change, {prove_builder(name, builder)}"] += 1
    proved += builders
    print(*(f"{count:4} {what}" for what, count in sorted(proved.items())), *without, sep="\n")


def _prove(prove: Callable[[Example], object], example: Example) -> str:
    how = prove(example)
    return how if isinstance(how, str) else "std before and after as stated"


if __name__ == "__main__":
    main()
