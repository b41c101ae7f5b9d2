"""Which kind of evidence sees which planted mistake, as a table: python tests/runtime/mutant_table.py.

T: the trace of the construction. D: the numbers, held against the laws of the clean network, as a specification would
declare them. L: the laws against what a forward pass shows of the layers. S: the signal. Static: what `initlint check`
with all rules says of the lines that plant it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import mutants
import torch
from mutants import MUTANTS, Net

from initlint.runtime.evidence import Role, Traced
from initlint.runtime.flow import follow
from initlint.runtime.judge import judge
from initlint.runtime.layers import needs
from initlint.runtime.measure.examine import Examination, examine, rejected
from initlint.runtime.signal import Verdict, probe
from initlint.runtime.trace import trace

HERE = Path(__file__).parent
_QUIET = (Verdict.FINE, Verdict.EXPLAINED)


def rows() -> Iterator[tuple[str, str, str, str, str, str, str]]:
    """Code, name, and what T, D, L, S and the static rules say."""
    clean, static = trace(Net), _static()
    for mutant in MUTANTS:
        traced = trace(mutant.build)
        alone = {finding.code for finding in judge(traced, preview=True)}
        runs = len({each.dtype for each in traced.model.parameters()}) == 1
        given = mutants.tokens() if runs else ()
        wanted = needs(traced, follow(traced.model, given)) if runs else ()
        layers = {finding.code for finding in judge(traced, wanted, preview=True)} - alone
        seen = (
            mutant.code in alone,
            _numbers(traced, clean),
            mutant.code in layers,
            runs and probe(traced.model, given, zeros=True).worst not in _QUIET,
        )
        said = sorted({code for line, code in static if line in mutant.lines})
        yield mutant.code, mutant.name.replace("_", " "), *("yes" if each else "" for each in seen), ", ".join(said)


def _numbers(traced: Traced, clean: Traced) -> bool:
    """Whether the numbers of a mutant do not follow the laws of the clean network."""
    found = [*_examined(traced, clean)]
    return bool(rejected(found)) or any(each.defects for each in found)


def _examined(traced: Traced, clean: Traced) -> Iterator[Examination]:
    for each in traced.of_role(Role.PARAMETER):
        declared = clean.get(each.name)
        if declared is not None and declared.shape == each.shape and not declared.pieces and not declared.law.chain:
            yield examine(each.name, each.tensor, declared.law.law)


def _static() -> list[tuple[int, str]]:
    """Lines and codes of what the static rules find in the file of the mutants."""
    command = [sys.executable, "-m", "initlint", "check", "--isolated", "--select", "ALL", "--output-format", "json"]
    done = subprocess.run([*command, str(HERE / "mutants.py")], capture_output=True, text=True, check=False)
    return [(finding["line"], finding["code"]) for finding in json.loads(done.stdout)["findings"]]


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    print("| code | mistake | T | D | L | S | static |")
    print("| --- " * 7 + "|")
    for row in rows():
        print(f"| {' | '.join(row)} |".replace("  ", " "))


if __name__ == "__main__":
    main()
