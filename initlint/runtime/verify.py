"""One run of the runtime checker: build under trace, judge the laws, test the numbers, watch the signal."""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from initlint.finding import Finding
from initlint.runtime import signal
from initlint.runtime.declared import off_declaration, off_lock
from initlint.runtime.evidence import Parameter, Role, Status, Traced
from initlint.runtime.flow import follow
from initlint.runtime.judge import findings_of, judge
from initlint.runtime.laws import GIVEN
from initlint.runtime.layers import needs
from initlint.runtime.measure.examine import CONFIRMED, LEVEL, Examination, examine, rejected
from initlint.runtime.measure.model import examinations, quantile_pairs, siblings, written
from initlint.runtime.outcome import Outcome, Row, SignalRow
from initlint.runtime.parity import reset_parity
from initlint.runtime.progress import Progress, silent
from initlint.runtime.request import Request
from initlint.runtime.signal import Signal
from initlint.runtime.signal import Verdict as SignalVerdict
from initlint.runtime.spec import assign, expectations
from initlint.runtime.target import Target, TargetError
from initlint.runtime.trace import trace
from initlint.runtime.verdicts import Verdict

Factory = Callable[[], Any]


class BuildError(Exception):
    """The model could not be built, or not be run on its input; the cause is what its code raised."""


def device_of(name: str) -> torch.device:
    """The device that a name means: `auto` is the first CUDA device where there is one, else the CPU."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


def verify(request: Request, progress: Progress = silent) -> Outcome:
    """Build what a request names and say everything about its first weights.

    Raises TargetError, SpecError and InputError for a request that means nothing, BuildError where the model fails.
    """
    progress("importing", 0, 0)
    target = Target.parse(request.target, request.arguments, request.keywords)
    target = replace(target, keywords=request.args | dict(target.keywords))
    try:
        factory = target.load()
    except TargetError:
        raise
    except Exception as error:
        raise BuildError(f"{target.module} cannot be imported: {_said(error)}") from error
    return verify_factory(factory, request, str(target), dict(target.keywords), progress=progress)


def verify_factory(
    factory: Factory,
    request: Request,
    name: str,
    arguments: Mapping[str, Any],
    given: Sequence[torch.Tensor] = (),
    *,
    progress: Progress = silent,
) -> Outcome:
    """The same for a factory at hand, and inputs at hand where there are any."""
    started = time.perf_counter()
    device = device_of(request.device)
    progress("building", 0, 0)
    traced = _built(factory, device, request.seed)
    built = time.perf_counter()
    given = given or (signal.inputs(request.input, device, request.seed) if request.input else ())
    declared = assign([each.name for each in traced.of_role(Role.PARAMETER)], expectations(request.expect, arguments))
    tests = list(examinations(traced, progress)) if request.numbers and device.type != "meta" else []
    progress("judging", 0, 0)
    watched = _watched(traced, given, request)
    verdicts = [
        *off_declaration(traced, declared),
        *off_lock(traced, request.lock),
        *_off_numbers(traced, tests, factory, request, device),
        *_off_signal(watched, traced, tests),
    ]
    found = [*_judged(traced, factory, given, request), *findings_of(verdicts, traced)]
    found = [replace(finding, path=_shown(finding.path)) for finding in found]
    rows = _rows(traced, tests, {each: declared[each].text for each in declared})
    return Outcome(
        target=name,
        device=_described(device),
        torch=str(torch.__version__),
        python=platform.python_version(),
        seeds=list(range(request.seed, request.seed + request.seeds)),
        parameters=rows,
        findings=sorted(found, key=lambda finding: finding.order),
        signal=[_signal_row(layer) for layer in watched.layers] if watched else [],
        errors=list(traced.errors),
        seconds=(built - started, time.perf_counter() - built),
        level=LEVEL,
        quantiles=_quantiles(traced, tests),
    )


def verify_built(model: torch.nn.Module, request: Request) -> Outcome:
    """What can be said of a model that is there already: its numbers against declared laws. Raises SpecError."""
    started = time.perf_counter()
    parameters = [Parameter((name,), Role.PARAMETER, parameter, GIVEN) for name, parameter in model.named_parameters()]
    traced = Traced(model, None, request.seed, tuple(parameters))
    declared = assign([each.name for each in parameters], expectations(request.expect, {}))
    laws = {name: each.law(traced[name].shape) for name, each in declared.items()}
    tests = [examine(name, traced[name].tensor, law) for name, law in laws.items() if law is not None]
    found = rejected(tests)
    verdicts = [Verdict("INR401", None, _rejection(each, test), each.name) for each, test in found]
    verdicts += [
        Verdict("INR403", None, f"{each.name}: {defect}", each.name) for each in tests for defect in each.defects
    ]
    return Outcome(
        target=request.target,
        device="as built",
        torch=str(torch.__version__),
        python=platform.python_version(),
        seeds=[],
        parameters=_rows(traced, tests, {name: each.text for name, each in declared.items()}),
        findings=list(findings_of(verdicts, traced)),
        seconds=(0.0, time.perf_counter() - started),
        level=LEVEL,
        quantiles=_quantiles(traced, tests),
    )


def _built(factory: Factory, device: torch.device, seed: int) -> Traced:
    try:
        return trace(factory, device=device, seed=seed)
    except Exception as error:
        raise BuildError(f"the model cannot be built: {_said(error)}") from error


def _judged(traced: Traced, factory: Factory, given: Sequence[torch.Tensor], request: Request) -> tuple[Finding, ...]:
    flow = follow(traced.model, tuple(given)) if given and not _on_meta(traced) else None
    wanted = list(needs(traced, flow)) if flow is not None else []
    differences = list(reset_parity(factory, traced)) if request.parity else []
    return judge(traced, wanted, differences, preview=request.preview)


def _watched(traced: Traced, given: Sequence[torch.Tensor], request: Request) -> Signal | None:
    if not given or _on_meta(traced):
        return None
    zeros = any(each.law.value == 0 and len(each.shape) > 1 for each in traced.of_role(Role.PARAMETER))
    norms = any(each.law.value == 0 and each.name.endswith("weight") for each in traced.of_role(Role.PARAMETER))
    try:
        return signal.probe(traced.model, given, zeros=zeros or norms, seed=request.seed)
    except Exception as error:
        raise BuildError(f"the model does not run on {request.input}: {_said(error)}") from error


def _on_meta(traced: Traced) -> bool:
    return any(each.tensor.is_meta for each in traced.parameters if not each.lazy)


def _off_numbers(
    traced: Traced, tests: Sequence[Examination], factory: Factory, request: Request, device: torch.device
) -> Iterator[Verdict]:
    """Defects of tensors, and rejections over the whole run; one that leaves a doubt must repeat with another seed."""
    for each in tests:
        for defect in each.defects:
            yield _defective(each.name, _site(traced, each.name), defect)
    everything = [*tests, *siblings(traced, tests)]
    found = rejected(everything)
    doubtful = {(each.name, test) for each, test in found if each.pvalues[test] > CONFIRMED and test != "extreme"}
    again: dict[str, Examination] = {}
    if doubtful or request.seeds > 1:
        for seed in range(request.seed + 1, request.seed + max(request.seeds, 2)):
            second = _built(factory, device, seed)
            repeated = list(examinations(second))
            again |= {each.name: each for each in (*repeated, *siblings(second, repeated))}
    worst: dict[str, tuple[Examination, str]] = {}
    for each, test in found:
        other = again.get(each.name)
        confirmed = (each.name, test) not in doubtful or (
            other is not None and other.pvalues.get(test, 1.0) < _REPEATED
        )
        if confirmed and (each.name not in worst or each.pvalues[test] < each.pvalues[worst[each.name][1]]):
            worst[each.name] = each, test
    for name, (each, test) in worst.items():
        # Siblings say together what one of them says already.
        if worst.keys().isdisjoint(each.members):
            place = each.members[0] if each.members else name
            yield Verdict("INR401", _site(traced, place), _rejection(each, test), _subject(name))


def _defective(name: str, site: Any, defect: str) -> Verdict:
    """Entries that are not finite, rows that repeat, or a structure that is not the one that the law fixes."""
    code = "INR402" if "not finite" in defect else "INR403" if "repeat" in defect else "INR401"
    return Verdict(code, site, f"{name}: {defect}", _subject(name))


_REPEATED = 1e-3
"""The p-value that a second seed must fall below to confirm a rejection of the first."""


def _rejection(found: Examination, test: str) -> str:
    p = found.pvalues[test]
    ratio = f", std × {found.ratio:.4g}" if found.ratio is not None else ""
    said = _TESTS[test]
    if test == "extreme" and found.record is not None:
        said, ratio = f"the largest lies {found.record.extreme:.4g} std from the mean", ""
    return f"the {found.count:,} numbers of {found.name} do not follow {found.law}: {said}{ratio} (p = {p:.1g})"


_TESTS = {
    "mean": "their mean is off",
    "variance": "their variance is off",
    "extreme": "the largest is out of place",
    "shape": "their distribution has another shape",
}


def _off_signal(watched: Signal | None, traced: Traced, tests: Sequence[Examination]) -> Iterator[Verdict]:
    """The first layer with the gravest verdict, at the call that wrote its weight.

    That nothing finite comes of memory that was never written, or of a weight that is not finite, is said there.
    """
    if watched is None or watched.worst not in _SIGNALS:
        return
    holes = any(each.status in (Status.NEVER, Status.PARTLY) for each in traced.of_role(Role.PARAMETER))
    if watched.worst is SignalVerdict.BROKEN and (holes or any(each.record and each.record.broken for each in tests)):
        return
    code, text = _SIGNALS[watched.worst]
    layer = next(layer for layer in watched.layers if layer.verdict is watched.worst)
    back = f", gradient energy {layer.backward:.3g} backward" if layer.backward is not None else ""
    message = f"{text} at {layer.name} ({layer.kind}): mean square {layer.forward:.3g} forward{back}"
    yield Verdict(code, _site(traced, f"{layer.name}.weight"), message, layer.name)


_SIGNALS = {
    SignalVerdict.BROKEN: ("INR501", "the first pass is not finite"),
    SignalVerdict.LOST: ("INR501", "the signal of the first pass is lost"),
    SignalVerdict.DRIFTS: ("INR502", "the signal of the first pass drifts by more than a factor of 10,000"),
    SignalVerdict.COLLAPSED: ("INR503", "two independent inputs give the same output"),
}


def _subject(name: str) -> str:
    return name.partition(", part ")[0]


def _site(traced: Traced, name: str) -> Any:
    subject = _subject(name)
    return traced[subject].site if subject in traced else None


def _rows(traced: Traced, tests: Iterable[Examination], declared: Mapping[str, str]) -> list[Row]:
    examined = {_subject(each.name): each for each in tests}
    return [_row(each, examined.get(each.name), declared.get(each.name, "")) for each in traced.of_role(Role.PARAMETER)]


def _row(parameter: Parameter, found: Examination | None, expected: str) -> Row:
    moments = parameter.moments
    row = Row(
        name=parameter.name,
        names=list(parameter.names[1:]),
        shape=list(parameter.shape),
        dtype=str(parameter.tensor.dtype).removeprefix("torch."),
        status=parameter.status.value,
        law=str(parameter.law),
        call=written(parameter),
        place=f"{_shown(parameter.site.path)}:{parameter.site.line}" if parameter.site is not None else "",
        default=parameter.default,
        count=0 if parameter.lazy else parameter.tensor.numel(),
        mean=_finite(moments.mean) if moments else None,
        std=_finite(moments.std) if moments else None,
        expected=expected,
    )
    if found is not None:
        row.ratio, row.untested = _finite(found.ratio), found.untested
        row.interval = found.interval if found.interval and all(map(math.isfinite, found.interval)) else None
        if found.pvalues:
            row.test = min(found.pvalues, key=lambda test: found.pvalues[test])
            row.worst, row.detectable = found.worst, _finite(found.detectable)
    return row


def _quantiles(traced: Traced, tests: Iterable[Examination]) -> dict[str, list[tuple[float, float]]]:
    """Expected and observed quantiles of the parameters that were tested whole."""
    tested = [traced[each.name] for each in tests if each.pvalues and each.name in traced]
    return {each.name: quantile_pairs(each.tensor, each.law) for each in tested}


def _signal_row(layer: signal.Layer) -> SignalRow:
    forward, backward, cosine = map(_finite, (layer.forward, layer.backward, layer.cosine))
    return SignalRow(layer.name, layer.kind, forward, backward, cosine, layer.verdict.value)


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def _shown(path: Path) -> Path:
    """The path relative to the current folder, where it lies below that."""
    absolute = path.absolute()
    return absolute.relative_to(Path.cwd()) if absolute.is_relative_to(Path.cwd()) else path


def _described(device: torch.device) -> str:
    return f"{device.type} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else device.type


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
