"""The commands `verify`, `trace`, `compare` and `fit`. Free of torch, which only the child imports."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from initlint.runtime import commands
from initlint.runtime.commands import USAGE, Limits, RunFailed
from initlint.runtime.outcome import Outcome
from initlint.runtime.request import Request

if TYPE_CHECKING:
    from initlint.runtime.spec import Model

_NEEDED = ("torch", "numpy", "scipy", "psutil")


def verify(
    target: str,
    arguments: tuple[str, ...],
    keywords: str,
    device: str,
    seed: int,
    timeout: float | None,
    mem: int | None,
    given: str,
    seeds: int,
    spec: Path | None,
    lock: Path | None,
    write_lock: Path | None,
    parity: bool,
    preview: bool,
    no_numbers: bool,
    fail_on: str,
    outputs: tuple[str, ...],
    verbose: bool,
) -> int:
    """Build, judge and report one model; the exit code."""
    try:
        declared = _declared(target, spec)
        request = Request(
            target, list(arguments), keywords, given or declared.input, device, seed, seeds,
            args=declared.args, expect=declared.expect, lock=commands.read_lock(lock) if lock else {},
            numbers=not no_numbers, parity=parity, preview=preview,
        )  # fmt: skip
    except ValueError as error:
        return _fail(str(error))
    outcome = _outcome(request, Limits(timeout, mem))
    if isinstance(outcome, int):
        return outcome
    if write_lock is not None:
        commands.write_lock(outcome, write_lock)
    for output in outputs:
        commands.write(outcome, output, verbose=verbose)
    return commands.exit_code(outcome, fail_on)


def trace(
    target: str,
    arguments: tuple[str, ...],
    keywords: str,
    device: str,
    seed: int,
    timeout: float | None,
    mem: int | None,
    as_json: bool,
) -> int:
    """Show the laws of a model; findings are not judged."""
    request = Request(target, list(arguments), keywords, device=device, seed=seed, numbers=False)
    outcome = _outcome(request, Limits(timeout, mem))
    if isinstance(outcome, int):
        return outcome
    if as_json:
        rows = [
            {"name": row.name, "shape": row.shape, "law": row.law, "call": row.call, "place": row.place}
            for row in outcome.parameters
        ]
        click.echo(json.dumps({"target": outcome.target, "parameters": rows}, indent=2))
    else:
        click.echo(_traced(outcome), nl=False)
    return 0


def compare(
    one: str,
    other: str | None,
    arguments: tuple[str, ...],
    keywords: str,
    device: str,
    seed: int,
    timeout: float | None,
    mem: int | None,
) -> int:
    """Compare two models, or one with itself after meta, to_empty and reset_parameters."""
    limits = Limits(timeout, mem)
    requests = [
        Request(target, list(arguments), keywords, device=device, seed=seed, numbers=False, parity=other is None)
        for target in ((one, other) if other is not None else (one,))
    ]
    outcomes: list[Outcome] = []
    for request in requests:
        outcome = _outcome(request, limits)
        if isinstance(outcome, int):
            return outcome
        outcomes.append(outcome)
    if other is None:
        found = [finding.message for finding in outcomes[0].findings if finding.code == _PARITY]
    else:
        found = commands.differences(outcomes[0], outcomes[1])
    for line in found:
        click.echo(line)
    click.echo(f"{len(found)} difference{'' if len(found) == 1 else 's'}.")
    return min(len(found), 1)


_PARITY = "INR301"


def fit(file: Path, as_json: bool) -> int:
    """Say which initialisations the tensors of a file may come from."""
    if missing := _missing("safetensors"):
        return _fail(missing)
    import safetensors.torch

    from initlint.runtime.fit import fit as laws

    try:
        tensors = safetensors.torch.load_file(file)
    except (OSError, safetensors.SafetensorError) as error:
        return _fail(f"{file} is no safetensors file: {error}")
    found = {}
    for name, tensor in tensors.items():
        beside = tensors.get(name.removesuffix("bias") + "weight") if name.endswith("bias") else None
        if tensor.is_floating_point() and tensor.numel():
            found[name] = laws(tensor, tuple(beside.shape) if beside is not None else None)
    if as_json:
        listed = {
            name: [{"law": str(each.law), "names": each.names, "p": each.worst} for each in candidates]
            for name, candidates in found.items()
        }
        click.echo(json.dumps(listed, indent=2))
        return 0
    for name, candidates in found.items():
        click.echo(f"{name} {tuple(tensors[name].shape)}")
        for each in candidates:
            click.echo(f"  {each}  ({each.law}, p {each.worst:.2g})")
        if not candidates:
            click.echo("  no initialisation that is known: trained, or drawn otherwise")
    return 0


def _outcome(request: Request, limits: Limits) -> Outcome | int:
    """The outcome, or the exit code where there is none; why is said on stderr."""
    if missing := _missing():
        return _fail(missing)
    try:
        return commands.run(request, limits)
    except RunFailed as failure:
        if failure.details:
            click.echo(failure.details.rstrip("\n"), err=True)
        return _fail(str(failure), failure.code)


def _missing(*more: str) -> str:
    absent = [name for name in (*_NEEDED, *more) if importlib.util.find_spec(name) is None]
    return f"{', '.join(absent)} is not installed: pip install 'initlint[runtime]'" if absent else ""


def _declared(target: str, spec: Path | None) -> Model:
    """What a specification declares of a target: arguments, an input, laws. Raises SpecError for nothing."""
    from initlint.runtime.spec import Model, SpecError, read

    if spec is None:
        return Model(target)

    models = read(spec)
    mine = [model for model in models if model.factory == target] or (models if len(models) == 1 else ())
    if not mine:
        raise SpecError(f"{spec} declares nothing for {target}")
    return mine[0]


def _traced(outcome: Outcome) -> str:
    rows = [("parameter", "shape", "law", "written by", "at")]
    rows += [
        (row.name, "×".join(map(str, row.shape)), row.law, row.call + (" (default)" if row.default else ""), row.place)
        for row in outcome.parameters
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines) + "\n"


def _fail(message: str, code: int = USAGE) -> int:
    click.echo(f"Error: {message}", err=True)
    return code
