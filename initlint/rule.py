"""What a rule is: metadata, a check over the facts of one file, and the changes that it proposes.

A rule module holds one function decorated with `rule`; the decorated name becomes the `Rule`. Its docstring's first
line is the summary. The check yields an `Alarm` per mistake, in terms of LibCST nodes; the engine places alarms in the
original text. Rule modules import LibCST for type checking only, or inside the function that needs it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from initlint.finding import Safety, Severity

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.premises.tree import Tree

__all__ = [
    "Alarm",
    "Change",
    "Check",
    "Default",
    "Kind",
    "Proposal",
    "Rule",
    "Safety",
    "Severity",
    "rule",
    "runtime_rule",
]


class Kind(StrEnum):
    """What a rule promises of its findings; the page of the rule says which."""

    ERROR = "error"
    WRONG = "wrong"
    SUSPICIOUS = "suspicious"
    UNSTATED = "unstated"
    STYLE = "style"

    @property
    def severity(self) -> Severity:
        """The severity of this kind of rule unless the configuration says another."""
        match self:
            case Kind.ERROR | Kind.WRONG:
                return Severity.ERROR
            case Kind.SUSPICIOUS | Kind.UNSTATED:
                return Severity.WARNING
            case Kind.STYLE:
                return Severity.NOTE


class Default(StrEnum):
    """Whether a rule runs without being asked for."""

    ON = "on"
    PREVIEW = "preview"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Change:
    """Replaces a node by code, or inserts code before or after it.

    `code` is a node, whose code is generated, or text. An inserted text stands directly at the edge of the node;
    `Change.line_after` inserts whole lines behind a statement, with its indentation. Removing a statement is
    replacing it by the empty text: its line goes with it.
    """

    node: cst.CSTNode
    code: cst.CSTNode | str
    where: str = "replace"

    @classmethod
    def before(cls, node: cst.CSTNode, code: str) -> Change:
        """Insert text directly before a node."""
        return cls(node, code, "before")

    @classmethod
    def after(cls, node: cst.CSTNode, code: str) -> Change:
        """Insert text directly behind a node."""
        return cls(node, code, "after")

    @classmethod
    def line_after(cls, node: cst.CSTNode, code: str) -> Change:
        """Insert a statement on lines of its own behind a statement, with its indentation."""
        return cls(node, code, "line_after")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A fix in terms of the tree: what it does in one phrase, how safe it is, the changes that belong together."""

    title: str
    safety: Safety
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Alarm:
    """One mistake: the smallest expression that has to change, the message with its numbers, fixes, other places."""

    node: cst.CSTNode
    message: str
    fixes: tuple[Proposal, ...] = ()
    related: tuple[tuple[cst.CSTNode, str], ...] = ()


Check = Callable[["File"], Iterator[Alarm]]

Premise = Callable[["Tree"], bool]
"""Whether the syntax tree of a file may hold what a rule looks for."""

Word = str | re.Pattern[str]
"""A substring, or a pattern without flags that begins with literal text, so that the search for it is fast."""

Trigger = Word | tuple[Word, ...]
"""A word, or several that must all stand in a file; the first stands where the mistake is."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Metadata of a rule and its check. `fix` is the label that its page argues, None where nothing is proposed.

    A `runtime` rule finds nothing in source: its findings come from a live model, `initlint check` never runs it.
    """

    code: str
    name: str
    summary: str
    kind: Kind
    default: Default
    fix: Safety | None
    triggers: tuple[Trigger, ...]
    context: frozenset[str]
    across: bool
    project: bool
    premise: Premise | None
    since: str
    check: Check
    module: str
    runtime: bool = False

    @property
    def family(self) -> str:
        """The folder that the rule lives in: `gain` of `initlint.rules.gain.leaky_relu_slope`."""
        return self.module.rpartition(".")[0].rpartition(".")[2]

    @property
    def page(self) -> Path:
        """The Markdown page beside the rule's module."""
        file = sys.modules[self.module].__file__
        assert file is not None
        return Path(file).with_suffix(".md")


def rule(
    code: str,
    name: str,
    kind: Kind,
    default: Default,
    *,
    triggers: tuple[Trigger, ...],
    fix: Safety | None = None,
    context: Collection[str] = (),
    across: bool = False,
    project: bool = False,
    premise: Premise | None = None,
    since: str = "0.1",
) -> Callable[[Check], Rule]:
    """Make a rule of a check function.

    A file that holds no trigger of a selected rule is never parsed, so the rule has nothing to say without one. Of a
    file that passes, only definitions with (the first word of) a trigger are read, and what they name. A rule that
    looks further names the words of the definitions that it needs as well as `context`, those of activations, say; they
    are read where one class or function holds all words of a trigger, or (`across`) wherever all stand in the file: the
    init in a function, say, and what it needs in a class. `project` says that it asks `file.elsewhere`,
    what the other files say; that is None where a file is checked alone. A `premise` looks at the `ast` of a file that
    holds a trigger, ten times cheaper to have than facts: where it says False the check would find nothing.
    """

    def decorate(check: Check) -> Rule:
        summary = (check.__doc__ or "").strip().partition("\n")[0].rstrip(".")
        return Rule(
            code,
            name,
            summary,
            kind,
            default,
            fix,
            triggers,
            frozenset(context),
            across,
            project,
            premise,
            since,
            check,
            check.__module__,
        )

    return decorate


def runtime_rule(code: str, name: str, kind: Kind, default: Default, summary: str, *, since: str = "0.1") -> Rule:
    """A rule about live models, to be kept in a variable of a module of its own beside its page.

    The runtime checker judges by its code; what a source says never triggers it.
    """
    module = sys._getframe(1).f_globals["__name__"]
    return Rule(
        code, name, summary, kind, default, None, (), frozenset(), across=False, project=False, premise=None,
        since=since, check=_nothing, module=module, runtime=True,
    )  # fmt: skip


def _nothing(file: File) -> Iterator[Alarm]:
    return iter(())
