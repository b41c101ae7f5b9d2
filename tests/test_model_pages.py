"""Every model on the page of every rule is built, traced and judged: it gives what the page says."""

from __future__ import annotations

import linecache
from typing import Any

import page_harness as harness
import pytest

torch = pytest.importorskip("torch")

from page_harness import Example  # noqa: E402

from initlint import catalogue  # noqa: E402
from initlint.finding import Finding  # noqa: E402
from initlint.pages import BlockKind  # noqa: E402
from initlint.rule import Default  # noqa: E402
from initlint.runtime.request import Request  # noqa: E402
from initlint.runtime.verify import verify_factory  # noqa: E402

MODELS = harness.examples(catalogue.rules(), BlockKind.MODEL)
PARITY = "INR301"


def findings(example: Example) -> list[Finding]:
    """What is found in the model of an example by its own rule and by those that are on."""
    file = f"{example}.py"
    linecache.cache[file] = (len(example.code), None, example.code.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"__name__": "example"}
    exec(compile(example.code, file, "exec"), namespace)
    request = Request(
        str(example),
        device="cpu",
        expect=namespace.get("expect", {}),
        lock=namespace.get("lock", {}),
        parity=example.rule.code == PARITY,
        preview=True,
    )
    given = namespace["inputs"]() if "inputs" in namespace else ()
    outcome = verify_factory(namespace["build"], request, file, {}, given)
    assert outcome.errors == []
    off = {rule.code for rule in catalogue.rules() if rule.default is not Default.ON} - {example.rule.code}
    return [each for each in outcome.findings if each.code not in off]


@pytest.mark.parametrize("example", MODELS, ids=str)
def test_model_gives_exactly_what_its_page_says(example: Example) -> None:
    found = findings(example)
    assert harness.pairs(found) == example.expected
    assert all(str(finding.path) == f"{example}.py" for finding in found)


@pytest.mark.parametrize("rule", [rule for rule in catalogue.rules() if rule.runtime], ids=lambda rule: rule.code)
def test_rule_about_live_models_shows_models_and_never_runs_over_source(rule: catalogue.Rule) -> None:
    assert [example for example in MODELS if example.rule is rule and example.block.errors]
    assert rule not in catalogue.select(("ALL", rule.code), preview=True)
    assert rule.family == "runtime"
