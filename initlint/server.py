"""The language server: findings as diagnostics, fixes as code actions, and what an init call draws as a hover.

A thin adapter over the engine. A document is checked by itself, as an editor holds it, under the configuration that is
nearest to its file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from initlint import __version__, catalogue, config, engine
from initlint.explain import page_uri
from initlint.finding import Diagnostic, Edit, Finding, Fix, Region, Safety, Severity
from initlint.gate import gate
from initlint.lines import rows
from initlint.report.facts import sites
from initlint.rule import Rule
from initlint.source import SUFFIXES, Source, SourceError

if TYPE_CHECKING:
    from pygls.workspace import PositionCodec, TextDocument

PAUSE = 0.2
"""Seconds without a keystroke after which a document is checked."""

CONFIGURATIONS = "**/{pyproject.toml,initlint.toml}"
FIX_ALL = "source.fixAll.initlint"
_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
_LABELS = {Safety.SAFE: "", Safety.UNSAFE: " (unsafe: other numbers are drawn)"}


@dataclass(frozen=True)
class Checked:
    """What the engine says of a document's text, with the rules and options that were in force."""

    source: Source
    rules: tuple[Rule, ...]
    options: engine.Options
    findings: tuple[Finding, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @cached_property
    def sites(self) -> tuple[tuple[Region, dict[str, Any]], ...]:
        """The init sites and what is known of them; none in a text that does not parse."""
        try:
            return tuple(sites(self.source, self.options))
        except SourceError:
            return ()


class Server(LanguageServer):
    """The server and the last check of every open document."""

    def __init__(self) -> None:
        super().__init__("initlint", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self._checked: dict[str, Checked] = {}
        self._complaints: set[str] = set()

    def checked(self, uri: str) -> Checked | None:
        """The check of a document as it is now; None for one that is not Python, excluded or wrongly configured."""
        document = self.workspace.get_text_document(uri)
        last = self._checked.get(uri)
        if last is not None and last.source.text == document.source:
            return last
        return self.check(uri)

    def check(self, uri: str) -> Checked | None:
        """Check a document under the configuration as it is now, and remember what was found."""
        document = self.workspace.get_text_document(uri)
        self._checked.pop(uri, None)
        try:
            outcome = _check(document)
        except (config.ConfigError, catalogue.UnknownRule, catalogue.PluginError) as error:
            self._complain(str(error))
            return None
        self._complaints.clear()
        if outcome is not None:
            self._checked[uri] = outcome
        return outcome

    def publish(self, uri: str) -> None:
        """Check a document and show what was found."""
        outcome = self.check(uri)
        document = self.workspace.get_text_document(uri)
        shown = list(_diagnostics(uri, outcome, document.position_codec)) if outcome is not None else []
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, shown, document.version))

    def forget(self, uri: str) -> None:
        """Take back what was shown of a document."""
        self._checked.pop(uri, None)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def _complain(self, message: str) -> None:
        """Show an error of the user's once, until a document could be checked."""
        if message not in self._complaints:
            self._complaints.add(message)
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"initlint: {message}"))


def _check(document: TextDocument) -> Checked | None:
    """Raises ConfigError, UnknownRule and PluginError."""
    path = Path(document.path)
    python = path.suffix in SUFFIXES or (document.language_id == "python" and path.suffix != ".ipynb")
    settings = config.load(path.parent)
    if not python or settings.excludes(path, folder=False) or settings.excludes_by_default(path):
        return None
    source, rules = Source(path, document.source), settings.rules_for(path)
    options = engine.Options(project=False).configured(settings, path)
    if not gate(rules)(source.text.encode("utf-8", "surrogatepass")):
        return Checked(source, rules, options)
    result = engine.check_source(source, rules, options)
    return Checked(source, rules, options, result.findings, result.diagnostics)


def _diagnostics(uri: str, checked: Checked, codec: PositionCodec) -> Iterator[types.Diagnostic]:
    lines = rows(checked.source.text)
    for finding in checked.findings:
        related = [
            types.DiagnosticRelatedInformation(types.Location(uri, _range(each.region, lines, codec)), each.message)
            for each in finding.related
        ]
        yield types.Diagnostic(
            range=_range(finding.region, lines, codec),
            message=finding.message,
            severity=_SEVERITIES[finding.severity],
            code=finding.code,
            code_description=types.CodeDescription(page) if (page := page_uri(finding.code)) is not None else None,
            source="initlint",
            related_information=related or None,
        )
    for failed in checked.diagnostics:
        # The text is often broken while it is being written; others say so as an error.
        line = min(failed.line, len(lines))
        place = Region(line, failed.column, line, max(failed.column, len(lines[line - 1])))
        yield types.Diagnostic(
            range=_range(place, lines, codec),
            message=failed.message,
            severity=types.DiagnosticSeverity.Information,
            code=failed.code,
            source="initlint",
        )


def _position(line: int, column: int, lines: Sequence[str], codec: PositionCodec) -> types.Position:
    """A place in the units that the client counts in; one behind the last line is its end."""
    if line > len(lines):
        line, column = len(lines), len(lines[-1])
    return types.Position(line - 1, codec.client_num_units(lines[line - 1][:column]))


def _range(region: Region, lines: Sequence[str], codec: PositionCodec) -> types.Range:
    start = _position(region.line, region.column, lines, codec)
    return types.Range(start, _position(region.end_line, region.end_column, lines, codec))


def _overlap(one: types.Range, other: types.Range) -> bool:
    return one.start <= other.end and other.start <= one.end


def _quick_fixes(uri: str, checked: Checked, wanted: types.Range, codec: PositionCodec) -> Iterator[types.CodeAction]:
    """The applicable fixes of the findings in a range."""
    lines = rows(checked.source.text)
    shown = [each for each in _diagnostics(uri, checked, codec) if each.code not in catalogue.FAILURES]
    for finding, diagnostic in zip(checked.findings, shown, strict=True):
        fix = finding.applicable
        if fix is None or not _overlap(diagnostic.range, wanted):
            continue
        yield types.CodeAction(
            title=f"{finding.code}: {fix.title}{_LABELS[fix.safety]}",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[diagnostic],
            is_preferred=fix.safety is Safety.SAFE,
            edit=types.WorkspaceEdit({uri: _edits(fix, lines, codec)}),
        )


def _wanted(kind: str, only: Sequence[str]) -> bool:
    """Whether kinds of actions, which name those below them as well, hold a kind."""
    return any(f"{kind}.".startswith(f"{each}.") for each in only)


def _edits(fix: Fix, lines: Sequence[str], codec: PositionCodec) -> list[types.TextEdit]:
    def made(edit: Edit) -> types.TextEdit:
        return types.TextEdit(_range(edit.region, lines, codec), edit.text)

    return [made(edit) for edit in fix.edits]


def _fix_all(uri: str, checked: Checked, codec: PositionCodec) -> Iterator[types.CodeAction]:
    """All safe fixes of a document, as `initlint fix` applies them."""
    from initlint.fixing import NoConvergence, fix_source

    def check(source: Source) -> tuple[Finding, ...]:
        return engine.check_source(source, checked.rules, checked.options).findings

    try:
        fixed = fix_source(checked.source, check)
    except NoConvergence:
        return
    if fixed.changed:
        lines = rows(checked.source.text)
        everything = _range(Region(1, 0, len(lines), len(lines[-1])), lines, codec)
        yield types.CodeAction(
            title="Fix all safe findings of initlint",
            kind=FIX_ALL,
            edit=types.WorkspaceEdit({uri: [types.TextEdit(everything, fixed.text)]}),
        )


def _described(record: dict[str, Any]) -> str:
    """What is known of an init site, as Markdown."""
    target = record["target"] or {}
    layers = ", ".join(target.get("layers") or ())
    shape = " × ".join(target.get("shape") or ())
    of = f" of {layers}" if layers else f" of shape {shape}" if shape else ""
    tensor = f" writes `{target['tensor']}`{of}" if target.get("tensor") else ""
    rows = [f"**{record['initializer']}**{tensor}", "", f"- law: `{record['law']}`"]
    if record["gain"] is not None:
        rows.append(f"- gain: {record['gain']:.5g}")
    if record["fan"] is not None:
        size = f" = {record['fan_size']:g}" if record["fan_size"] is not None else ""
        rows.append(f"- fan: {record['fan']}{size}")
    if record["std"] is not None:
        rows.append(f"- std: {record['std']:.4g}")
    return "\n".join(rows)


def _hover(checked: Checked, position: types.Position, codec: PositionCodec) -> types.Hover | None:
    """The innermost init call at a position."""
    lines = rows(checked.source.text)
    found = ((_range(region, lines, codec), record) for region, record in checked.sites)
    here = [each for each in found if each[0].start <= position <= each[0].end]
    if not here:
        return None
    place, record = max(here, key=lambda each: each[0].start)
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, _described(record)), place)


server = Server()
"""What `initlint server` runs."""


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
def opened(params: types.DidOpenTextDocumentParams) -> None:
    """Check a document that an editor shows."""
    server.publish(params.text_document.uri)


@server.feature(types.TEXT_DOCUMENT_DID_SAVE)
def saved(params: types.DidSaveTextDocumentParams) -> None:
    """Check a document anew: its configuration may be another one by now."""
    server.publish(params.text_document.uri)


@server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
async def changed(params: types.DidChangeTextDocumentParams) -> None:
    """Check a document once it is left alone."""
    uri, version = params.text_document.uri, params.text_document.version
    await asyncio.sleep(PAUSE)
    document = server.workspace.text_documents.get(uri)
    if document is not None and document.version == version:
        server.publish(uri)


@server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
def closed(params: types.DidCloseTextDocumentParams) -> None:
    """Forget a document."""
    server.forget(params.text_document.uri)


@server.feature(types.INITIALIZED)
async def initialized(params: types.InitializedParams) -> None:
    """Ask the editor to say when a configuration changes."""
    workspace = server.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace is not None else None
    if watching is not None and watching.dynamic_registration:
        watchers = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(CONFIGURATIONS)])
        wanted = types.Registration("configuration", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, watchers)
        await server.client_register_capability_async(types.RegistrationParams([wanted]))


@server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
def configured(params: types.DidChangeWatchedFilesParams) -> None:
    """Check all documents under another configuration."""
    for uri in tuple(server.workspace.text_documents):
        server.publish(uri)


@server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions([types.CodeActionKind.QuickFix, FIX_ALL]))
def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
    """The quick fixes of a range, and where they are asked for all safe fixes of the document."""
    uri, only = params.text_document.uri, params.context.only
    checked = server.checked(uri)
    if checked is None:
        return []
    codec = server.workspace.position_codec
    found: list[types.CodeAction] = []
    if only is None or _wanted(types.CodeActionKind.QuickFix, only):
        found += _quick_fixes(uri, checked, params.range, codec)
    if _wanted(FIX_ALL, only or ()):
        found += _fix_all(uri, checked, codec)
    return found


@server.feature(types.TEXT_DOCUMENT_HOVER)
def hover(params: types.HoverParams) -> types.Hover | None:
    """What the init call at a place draws."""
    checked = server.checked(params.text_document.uri)
    return _hover(checked, params.position, server.workspace.position_codec) if checked is not None else None


def serve() -> None:
    """Speak the protocol over stdin and stdout until the client ends it."""
    server.start_io()
