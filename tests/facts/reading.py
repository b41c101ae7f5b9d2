"""Facts of snippets: what is asked about is the argument of a call of `probe`."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.file import FactOptions, File

if TYPE_CHECKING:
    from initlint.facts.meaning.guards import Guard
    from initlint.facts.reading.scopes import Call
    from initlint.facts.sites.sites import InitSite
    from initlint.facts.sites.targets import Target


def read(code: str, options: FactOptions | None = None) -> File:
    """The facts of a snippet."""
    return File(cst.parse_module(dedent(code)), options)


def probe(file: File) -> tuple[cst.BaseExpression, Call]:
    """The argument of the only call of `probe`, and that call."""
    (call,) = [call for call in file.record.calls if isinstance(call.node.func, cst.Name) and _is_probe(call.node.func)]
    return call.node.args[0].value, call


def qualified(code: str) -> str | None:
    """The qualified name of what is probed."""
    file = read(code)
    node, call = probe(file)
    return file.names.qualified(node, call.env)


def scale(code: str) -> str | None:
    """The scale that is probed, as it is written in messages."""
    file = read(code)
    node, call = probe(file)
    found = file.values.scale(node, call.env)
    return str(found) if found is not None else None


def guards(code: str) -> list[Guard]:
    """The guards of the place of the probe, innermost first."""
    file = read(code)
    return list(file.guards.around(probe(file)[1].block))


def target(code: str) -> Target:
    """The target that is probed."""
    file = read(code)
    node, call = probe(file)
    return file.targets.resolve(node, call.env, call.block)


def sites(code: str, options: FactOptions | None = None) -> list[InitSite]:
    """The init sites of a snippet."""
    return list(read(code, options).sites)


def _is_probe(name: cst.Name) -> bool:
    return name.value == "probe"
