"""Commands and options; what they do is imported when they do it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from initlint import __version__
from initlint.options import (
    cache_option,
    check_reason,
    config_options,
    paths_argument,
    report_options,
    runtime_outputs,
    selection_options,
    settings_options,
    target_options,
)
from initlint.spelling import did_you_mean

OK, FINDINGS, FAILURE, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141


class Commands(click.Group):
    """A group that names the closest command, and that ends quietly when nobody reads its output any more."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command. Raises click.UsageError with the closest name, or with `check` for a path."""
        word = args[0]
        if word.startswith("-") or self.get_command(ctx, word):
            return super().resolve_command(ctx, args)
        path = f"; did you mean 'check {word}'?" if Path(word).exists() else ""
        raise click.UsageError(f"no such command {word!r}{path or did_you_mean(word, self.list_commands(ctx))}", ctx)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; click itself would give a broken pipe the exit code of findings."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            ctx.exit(BROKEN_PIPE)


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 nothing to report, 1 findings, 2 the job could not be done."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")  # type: ignore[union-attr]
    try:
        code = commands.main(args, prog_name="initlint", standalone_mode=False) or OK
    except (click.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except Exception as error:
        show(error)
        code = FAILURE
    try:
        if not sys.stdout.closed:  # as the language server leaves it
            sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            show(error)
        code = BROKEN_PIPE if isinstance(error, BrokenPipeError) else FAILURE
    sys.exit(code)


def show(error: Exception) -> None:
    """Say what went wrong: in one line where that is all a user needs, else with the traceback."""
    from initlint.baseline import BaselineError
    from initlint.cache import CacheError
    from initlint.catalogue import PluginError, UnknownRule
    from initlint.changed import GitError
    from initlint.config import ConfigError
    from initlint.report import OutputError
    from initlint.source import PathError, SourceError

    of_users = (UnknownRule, PluginError, OutputError, ConfigError, PathError, SourceError, BaselineError, GitError)
    if isinstance(error, click.ClickException):
        error.show()
    elif isinstance(error, (*of_users, CacheError, OSError)):
        click.echo(f"Error: {error}", err=True)
    else:
        sys.excepthook(type(error), error, error.__traceback__)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def commands() -> None:
    """Finds, explains and fixes mistakes in the weight initialisation of PyTorch code.

    Exit codes: 0 nothing to report, 1 findings remain, 2 the job could not be done.
    """


@commands.command(short_help="Report the findings in files and folders.")
@paths_argument
@selection_options
@report_options
@cache_option
@click.option("--no-islands", is_flag=True, help="Parse whole files; slower, and finds the same.")
@click.option("--no-suppressions", is_flag=True, help="Report what comments suppress.")
@click.option(
    "--add-ignore", metavar="REASON", callback=check_reason, help="Write comments that suppress all findings."
)
@click.option(
    "--write-baseline", type=click.Path(dir_okay=False, path_type=Path), help="Write what is found to this file."
)
@click.option("--prune", is_flag=True, help="Take out of the baseline what is found no more.")
@click.pass_context
def check(
    ctx: click.Context,
    /,
    paths: tuple[Path, ...],
    no_islands: bool,
    no_suppressions: bool,
    add_ignore: str | None,
    write_baseline: Path | None,
    prune: bool,
    **choices: Any,
) -> None:
    """Report the findings in files and folders; - stands for standard input."""
    from initlint.report.records import Summary
    from initlint.session import Session

    if write_baseline is not None:
        choices["use_baseline"] = False
    if add_ignore and (no_suppressions or write_baseline):
        raise click.UsageError("--add-ignore goes with neither --no-suppressions nor --write-baseline", ctx)
    session = Session.start(paths, islands=not no_islands, suppressions=not no_suppressions, **choices)
    if prune and session.review is None:
        raise click.UsageError("--prune needs a baseline: --baseline FILE, or the key in the configuration", ctx)
    if write_baseline is not None:
        ctx.exit(session.write_baseline(write_baseline))
    summary = Summary()
    results = session.add_ignores(add_ignore, summary) if add_ignore else session.check(summary)
    code = session.report(results, summary)
    session.settle(prune)
    ctx.exit(code)


@commands.command(short_help="Apply fixes, and report what remains.")
@paths_argument
@selection_options
@report_options
@cache_option
@click.option("--diff", is_flag=True, help="Print what would change and write nothing.")
@click.option(
    "--unsafe-fixes/--no-unsafe-fixes", default=None, help="Apply fixes that change the drawn numbers too, or do not."
)
@click.pass_context
def fix(ctx: click.Context, /, paths: tuple[Path, ...], diff: bool, **choices: Any) -> None:
    """Apply fixes, and report what remains; with - fixed text goes to standard output, the report to standard error."""
    from initlint.session import Session

    session = Session.start(paths, **choices)
    unsafe = session.settings.unsafe_fixes
    if diff:
        ctx.exit(session.diff(unsafe))
    ctx.exit(session.report_fixes(unsafe))


@commands.command("config", short_help="Show what is in force for a file, and where it comes from.")
@click.argument("path", metavar="[FILE]", default=Path(), type=click.Path(exists=True, path_type=Path))
@settings_options
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", show_default=True)
def configuration(path: Path, config: Path | None, isolated: bool, output_format: str, **choices: Any) -> None:
    """Show what is in force for a file or folder, and where each value comes from."""
    from initlint.report.configuration import render
    from initlint.session import settings_for

    settings = settings_for((path,), config, isolated).with_overrides(**choices)
    click.echo(render(path, settings, as_json=output_format == "json"))


@commands.command()
@config_options
def clean(config: Path | None, isolated: bool) -> None:
    """Remove the results that are kept from run to run."""
    from initlint.session import clean as cleaned

    click.echo(cleaned(config, isolated))


@commands.command()
@click.argument("rule")
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", show_default=True)
def explain(rule: str, output_format: str) -> None:
    """Show the page of a rule, given by its code or name."""
    from initlint.explain import explanation, page, show

    if output_format == "json":
        click.echo(explanation(rule), nl=False)
    elif sys.stdout.isatty():
        show(page(rule))
    else:
        click.echo(page(rule), nl=False)


@commands.command()
@click.option("--output-format", type=click.Choice(("text", "json", "markdown")), default="text", show_default=True)
def rules(output_format: str) -> None:
    """List all rules."""
    from initlint.explain import listing, show_listing

    if output_format == "text" and sys.stdout.isatty():
        show_listing()
    else:
        click.echo(listing(output_format), nl=False)


@commands.command(short_help="Show what a file initialises, how, and with which std.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@config_options
def facts(file: Path, as_json: bool, config: Path | None, isolated: bool) -> None:
    """Show what a file initialises, how, and with which standard deviation."""
    from initlint.session import facts as described
    from initlint.session import settings_for

    click.echo(described(file, as_json, settings_for((file,), config, isolated)).rstrip("\n"))


@commands.command(short_help="Speak the language server protocol, for editors.")
@click.option("--stdio", is_flag=True, hidden=True, help="The only way; many editors say it.")
def server(stdio: bool) -> None:
    """Speak the language server protocol over stdin and stdout, for editors."""
    try:
        from initlint.server import serve
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error.name} is not installed: pip install 'initlint[lsp]'") from error
    serve()


@commands.command(short_help="Count findings per rule over a folder of packages.")
@click.argument("directory", metavar="FOLDER", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--labels", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Judged sites to hold against."
)
@click.option(
    "--against", metavar="REV_OR_JSON", help="Compare with another revision, or with the JSON of another run."
)
@click.option("--json", "json_out", type=click.Path(dir_okay=False, path_type=Path), help="Write the run here.")
@selection_options
@click.pass_context
def corpus(
    ctx: click.Context,
    /,
    directory: Path,
    labels: Path | None,
    against: str | None,
    json_out: Path | None,
    **choices: Any,
) -> None:
    """Report findings per rule over a folder of packages, against labels or another run."""
    from initlint.corpus import main as run
    from initlint.session import Session

    session = Session.start((directory,), **choices)
    ctx.exit(run(directory, labels, against, json_out, session.settings, session.run.jobs))


@commands.command(short_help="Build a model, and confirm how its weights were initialised.")
@click.argument("target")
@target_options
@click.option("--input", "given", default="", metavar="SHAPES", help="Inputs: 2x3x224x224, 2x128:int64<1000.")
@click.option("--seeds", type=click.IntRange(min=1), default=1, show_default=True, help="Seeds that are drawn.")
@click.option("--spec", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Declared laws, as TOML.")
@click.option("--lock", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Laws that must not change.")
@click.option("--write-lock", type=click.Path(dir_okay=False, path_type=Path), help="Write the laws here.")
@click.option("--parity", is_flag=True, help="Build on meta and reset as well, and compare.")
@click.option("--preview", is_flag=True, help="Report preview rules too.")
@click.option("--no-numbers", is_flag=True, help="Leave out the tests of the numbers.")
@click.option(
    "--fail-on",
    type=click.Choice(("error", "warning", "note")),
    default="warning",
    show_default=True,
    help="The lowest severity that gives exit code 1.",
)
@click.option(
    "--format",
    "outputs",
    multiple=True,
    default=("text",),
    callback=runtime_outputs,
    metavar="FORMAT[:FILE]",
    help="text, json, junit, sarif or html, printed or written to a file; can be given several times.",
)
@click.option("--verbose", "-v", is_flag=True, help="Name every parameter.")
@click.pass_context
def verify(ctx: click.Context, /, **choices: Any) -> None:
    """Build the model that TARGET names, and confirm how its weights were initialised.

    TARGET is package.module:factory or path/to/file.py:Net. This runs the code of the model, in a child process; do not
    point it at code that you do not trust.

    Exit codes: 0 nothing to report, 1 findings, 2 wrong usage, 3 the model failed to build, 4 time or memory limit.
    """
    from initlint.runtime.main import verify as run

    ctx.exit(run(**choices))


@commands.command(short_help="Show the law of every parameter, and the call that wrote it.")
@click.argument("target")
@target_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.pass_context
def trace(ctx: click.Context, /, **choices: Any) -> None:
    """Show which law every parameter of a model follows, and which call wrote it last."""
    from initlint.runtime.main import trace as run

    ctx.exit(run(**choices))


@commands.command(short_help="Compare the laws of two models.")
@click.argument("one")
@click.argument("other", required=False)
@target_options
@click.pass_context
def compare(ctx: click.Context, /, **choices: Any) -> None:
    """Compare the laws of two models; of one, with itself built on meta, given memory and reset."""
    from initlint.runtime.main import compare as run

    ctx.exit(run(**choices))


@commands.command(short_help="Say what the tensors of a safetensors file may come from.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.pass_context
def fit(ctx: click.Context, /, **choices: Any) -> None:
    """Say of every tensor of a safetensors file which initialisations it may come from."""
    from initlint.runtime.main import fit as run

    ctx.exit(run(**choices))
