"""The pytest plugin: the fixture `initlint_verify`, the marker `initlint`, and `--initlint TARGET`.

A thin adapter over `initlint.runtime`; nothing of that is imported before a test asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from initlint.runtime.outcome import Outcome

_MARKER = "initlint(device, seed, seeds, preview, parity): how initlint_verify checks the models of this test"
_SETTINGS = ("device", "seed", "seeds", "preview", "parity")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the runtime checker."""
    group = parser.getgroup("initlint", "weight initialisation")
    group.addoption(
        "--initlint", action="append", default=[], metavar="TARGET", help="verify this factory of models too"
    )
    group.addoption("--initlint-device", default="auto", metavar="DEVICE", help="auto, cpu, cuda … (default: auto)")
    group.addoption("--initlint-seed", type=int, default=0, metavar="N", help="the first seed (default: 0)")
    group.addoption("--initlint-seeds", type=int, default=1, metavar="N", help="how many seeds are drawn (default: 1)")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Add a test for every target that `--initlint` names."""
    for target in session.config.getoption("--initlint"):
        items.append(_TargetItem.from_parent(session, name=f"initlint {target}", target=target))


class InitError(AssertionError):
    """A model is not initialised as it should be; the message is the report."""


class _TargetItem(pytest.Item):
    """The verification of one target, in a child process."""

    def __init__(self, *, target: str, **more: Any) -> None:
        super().__init__(**more)
        self.target = target

    def runtest(self) -> None:
        from initlint.runtime.commands import Limits, RunFailed, run
        from initlint.runtime.request import Request

        request = Request(self.target, **_defaults(self.config))
        try:
            _accept(run(request, Limits()))
        except RunFailed as failure:
            raise InitError(f"{failure}\n{failure.details}") from None

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report alone."""
        if isinstance(excinfo.value, InitError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the test is: in no file."""
        return self.path, None, self.name


@pytest.fixture
def initlint_verify(request: pytest.FixtureRequest) -> Callable[..., Outcome]:
    """A function that verifies a factory of models, and fails the test with the report where there are findings.

    `initlint_verify(build, expect={"head.weight": "zeros"}, input="2x3x224x224")`: `expect` declares laws by pattern,
    `input` describes random inputs, or holds tensors. It takes `device`, `seed`, `seeds`, `preview` and `parity` as the
    marker does, and gives the outcome. A built module cannot be traced any more: its numbers are held against `expect`.
    """
    settings = _defaults(request.config)
    for marker in reversed(list(request.node.iter_markers("initlint"))):
        settings |= _known(marker.kwargs)

    def verify(factory: Any, *, expect: Mapping[str, str] | None = None, input: Any = "", **more: Any) -> Outcome:
        __tracebackhide__ = True
        from initlint.runtime.request import Request
        from initlint.runtime.verify import verify_built, verify_factory

        name = getattr(factory, "__qualname__", type(factory).__qualname__)
        text = input if isinstance(input, str) else ""
        given = () if isinstance(input, str) else input if isinstance(input, tuple | list) else (input,)
        asked = Request(name, input=text, expect=dict(expect or {}), **(settings | _known(more)))
        if callable(getattr(factory, "named_parameters", None)) and not isinstance(factory, type):
            return _accept(verify_built(factory, asked))
        return _accept(verify_factory(factory, asked, name, {}, given))

    return verify


def _defaults(config: pytest.Config) -> dict[str, Any]:
    return {name: config.getoption(f"--initlint-{name}") for name in ("device", "seed", "seeds")}


def _known(settings: Mapping[str, Any]) -> dict[str, Any]:
    unknown = settings.keys() - set(_SETTINGS)
    if unknown:
        raise TypeError(f"initlint takes {', '.join(_SETTINGS)}, not {', '.join(sorted(unknown))}")
    return dict(settings)


def _accept(outcome: Outcome) -> Outcome:
    """The outcome, if there is nothing to report. Raises InitError."""
    __tracebackhide__ = True
    lines = [*_lines(outcome)]
    if lines:
        raise InitError("\n".join([f"{outcome.target}: {len(lines)} finding{'' if len(lines) == 1 else 's'}", *lines]))
    return outcome


def _lines(outcome: Outcome) -> Iterator[str]:
    for finding in outcome.findings:
        place = f"{finding.path}:{finding.region.line}"
        yield f"{place}: {finding.code} {finding.name}: {finding.message}"
