"""Options that several commands take, and what the values of options mean."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from initlint.report import FORMATS, Output, OutputError

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


config_options = in_order(
    click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Read this file instead of the nearest pyproject.toml with [tool.initlint] or initlint.toml.",
    ),
    click.option("--isolated", is_flag=True, help="Read no configuration."),
)

settings_options = in_order(
    words_option(
        "--select", "RULES", "Run these rules instead of the configured ones: codes, names, prefixes, families, ALL."
    ),
    words_option("--extend-select", "RULES", "Run these rules too."),
    words_option("--ignore", "RULES", "Do not run these rules."),
    click.option("--preview", is_flag=True, default=None, help="Run preview rules too."),
    words_option("--exclude", "PATTERNS", "Pass over these files and folders instead of the configured ones."),
    words_option("--extend-exclude", "PATTERNS", "Pass over these files and folders too, as .gitignore would."),
    click.option(
        "--force-exclude", is_flag=True, default=None, help="Pass over excluded files even where they are named."
    ),
    config_options,
)

selection_options = in_order(
    settings_options,
    click.option("--no-project", "project", flag_value=False, default=True, help="Check each file by itself."),
    click.option("--jobs", "-j", type=click.IntRange(min=1), metavar="N", help="Processes; by default one per core."),
)

cache_option = click.option("--no-cache", "cache", flag_value=False, default=True, help="Neither use nor keep results.")
output_option = click.option(
    "--output-format",
    multiple=True,
    callback=parse_outputs,
    metavar="FORMAT[:FILE]",
    help=f"How findings are printed, or written to a file; can be given several times. {', '.join(FORMATS)}.",
)

report_options = in_order(
    output_option,
    click.option(
        "--fail-on",
        type=click.Choice(("error", "warning", "note", "never")),
        help="The lowest severity that gives exit code 1; by default note.",
    ),
    click.option(
        "--baseline",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Leave out what this file holds.",
    ),
    click.option("--no-baseline", "use_baseline", flag_value=False, default=True, help="Use no baseline."),
    click.option(
        "--changed",
        is_flag=False,
        flag_value="HEAD",
        metavar="[BASE]",
        help="Only files that git says changed: against HEAD, or since the branch left BASE.",
    ),
)
paths_argument = in_order(
    click.argument("paths", nargs=-1, type=click.Path(path_type=Path)),
    click.option(
        "--stdin-filename",
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="What to call standard input, which the path - stands for; the configuration is that of this path.",
    ),
)

target_options = in_order(
    click.option("--arg", "arguments", multiple=True, metavar="NAME=VALUE", help="An argument of the factory."),
    click.option("--kwargs-json", "keywords", default="", metavar="JSON", help="More arguments, as a JSON object."),
    click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1, meta …"),
    click.option("--seed", default=0, show_default=True, help="The seed of torch, numpy and random."),
    click.option("--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="Wall time."),
    click.option("--mem", callback=parse_size, metavar="SIZE", help="Memory, such as 8G."),
)
