"""Whether code runs: always, with the defaults of a constructor's parameters, or perhaps."""

import pytest
from reading import probe, read

from initlint.facts.execution.steps import Runs, runs

MODEL = """
class Model:
    def __init__(self, on=True, off=False, kind="relu", path=None, width=8, open=cfg):
        {code}
"""


def certainty(code: str) -> Runs:
    file = read(MODEL.format(code=code.replace("\n", "\n        ")))
    return runs(file, probe(file)[1].block)


@pytest.mark.parametrize(
    "code",
    [
        "probe(1)",
        "for i in range(3):\n    probe(i)",
        "with ctx:\n    probe(1)",
        "if open < 0:\n    raise ValueError\nprobe(1)",
    ],
)
def test_code_that_always_runs(code: str) -> None:
    assert certainty(code) is Runs.ALWAYS


@pytest.mark.parametrize(
    "test",
    [
        *("on", "not off", "kind == 'relu'", "kind != 'elu'", "path is None", "not path", "width == 8"),
        *("isinstance(kind, str)", "not isinstance(path, str)", "isinstance(width, int)"),
    ],
)
def test_code_that_runs_by_default(test: str) -> None:
    assert certainty(f"if {test}:\n    probe(1)") is Runs.BY_DEFAULT
    assert certainty(f"if {test}:\n    pass\nelse:\n    probe(1)") is Runs.OPEN


@pytest.mark.parametrize(
    "test", ["open", "open == 1", "width > 4", "on and open", "isinstance(path, Path)", "call(on)"]
)
def test_code_that_may_run(test: str) -> None:
    assert certainty(f"if {test}:\n    probe(1)") is Runs.OPEN
    assert certainty(f"if {test}:\n    return\nprobe(1)") is Runs.OPEN
