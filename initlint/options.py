"""What the values of options mean, and how options are put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from initlint.report import Output, OutputError

Command = TypeVar("Command", bound=Callable[..., Any])


def split_words(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a repeatable option that takes comma-separated lists. Raises click.BadParameter for no words."""
    words = tuple(word.strip() for value in values for word in value.split(",") if word.strip())
    if values and not words:
        raise click.BadParameter("names nothing", ctx, option)
    return words


def parse_outputs(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> tuple[Output, ...]:
    """The outputs that formats and files name. Raises click.BadParameter."""
    try:
        return tuple(map(Output.parse, values))
    except OutputError as error:
        raise click.BadParameter(str(error), ctx, option) from None


def check_reason(ctx: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """A reason that can stand in a comment. Raises click.BadParameter."""
    if value is not None and (not value.strip() or "#" in value or not value.isprintable()):
        raise click.BadParameter("a reason is some words on one line, without '#'", ctx, option)
    return None if value is None else value.strip()


_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def parse_size(ctx: click.Context, option: click.Parameter, value: str | None) -> int | None:
    """The bytes of `8G`, `500M`. Raises click.BadParameter."""
    if value is None:
        return None
    number, unit = value.rstrip("KMGTBikmgtb"), value.lstrip("0123456789.").upper().removesuffix("B").removesuffix("I")
    try:
        return int(float(number) * _UNITS[unit])
    except (ValueError, KeyError):
        raise click.BadParameter(f"{value!r} is no size; write 8G or 500M", ctx, option) from None


def runtime_outputs(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Formats of the runtime checker, each with a file behind a colon. Raises click.BadParameter."""
    from initlint.runtime import commands as runtime

    for value in values:
        if value.partition(":")[0] not in runtime.FORMATS:
            known = ", ".join(runtime.FORMATS)
            raise click.BadParameter(f"unknown format {value!r}; known are {known}", ctx, option)
    return values


def words_option(name: str, metavar: str, text: str) -> Callable[[Command], Command]:
    """A repeatable option that takes comma-separated lists."""
    return click.option(name, multiple=True, callback=split_words, metavar=metavar, help=text)


def in_order(*decorators: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Several options as one decorator, in the order in which `--help` lists them."""

    def decorate(command: Any) -> Any:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate
