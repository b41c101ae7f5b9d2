"""What must hold for every input, however broken: nothing raises, nothing hangs, and fixes leave Python."""

from __future__ import annotations

import ast
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType

from mutations import examples

from initlint import catalogue, engine, suppress
from initlint.engine import RULE_CRASHED, Options
from initlint.facts.project import Project, Sketch
from initlint.finding import Diagnostic, Finding
from initlint.fixing import NoConvergence, fix_source
from initlint.gate import gate
from initlint.source import Source, SourceError

ALL = catalogue.select(("ALL", *(rule.code for rule in catalogue.rules() if not rule.runtime)), preview=True)
PATH = Path("mutant.py")
SECONDS = 10
"""CPU time that one file may take at most."""


class Fault(Exception):
    """The tool did what it never may do; says what."""


def judge(data: bytes, *, gated: bool = True) -> bool:
    """Read, check, fix and suppress some bytes; whether they got as far as the reader. Raises Fault."""
    try:
        source = Source.from_bytes(PATH, data)
    except SourceError:
        return False
    sketch = Sketch.of(data.decode("utf-8", "replace"))
    if gated and not gate(ALL)(data):
        return False
    options = Options(elsewhere=Project([(str(PATH), sketch), *_others()]).elsewhere(str(PATH)))

    def check(text: Source) -> tuple[Finding, ...]:
        result = engine.check_source(text, ALL, options)
        for diagnostic in result.diagnostics:
            if diagnostic.code == RULE_CRASHED or _is_crash(diagnostic):
                raise Fault(diagnostic.message)
        return result.findings

    findings = check(source)
    _judge_suppressions(source)
    if any(finding.applicable for finding in findings):
        _judge_fixes(source, check)
    return True


def judge_in_time(data: bytes, *, gated: bool = True) -> bool:
    """As `judge`; whatever else is raised, and more than `SECONDS`, is a fault too."""
    try:
        with _limit():
            return judge(data, gated=gated)
    except Fault:
        raise
    except Exception as error:
        raise Fault(f"{type(error).__name__}: {error}") from error


def _is_crash(diagnostic: Diagnostic) -> bool:
    """Whether reading failed in another way than that LibCST refuses what the interpreter takes."""
    return diagnostic.message.startswith("cannot be read") and "ParserSyntaxError" not in diagnostic.message


def _judge_suppressions(source: Source) -> None:
    bare = engine.check_source(source, ALL, Options(suppressions=False))
    for noqa in (True, False) if not bare.diagnostics else ():
        left = suppress.apply(bare.findings, source.text, ALL, path=source.path, noqa=noqa).kept
        strange = [each for each in left if each not in bare.findings and each.code != suppress.UNUSED]
        if strange:
            raise Fault(f"suppressions made a finding: {strange[0]}")


def _judge_fixes(source: Source, check: object) -> None:
    try:
        fixed = fix_source(source, check, unsafe=True)  # type: ignore[arg-type]
    except NoConvergence as error:
        raise Fault(str(error)) from error
    if fixed.diagnostics:
        raise Fault(fixed.diagnostics[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ast.parse(fixed.text)
    if Source.from_bytes(source.path, fixed.data).text != fixed.text:
        raise Fault("the fixed file is read back in another way")


@cache
def _others() -> tuple[tuple[str, Sketch], ...]:
    """The sketches of every seventh example, as the other files of a project."""
    return tuple((f"example_{number}.py", Sketch.of(each.decode())) for number, each in enumerate(examples()[::7]))


@contextmanager
def _limit() -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return

    def late(number: int, frame: FrameType | None) -> None:
        raise Fault(f"took more than {SECONDS} seconds")

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
