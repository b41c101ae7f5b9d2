"""The language server, driven over stdio by a client of its protocol."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from commands import initlint
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from initlint import catalogue

ASTRAL = "\U0001f525\U0001d4b3"
MODEL = f"""\
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(16, 8, 3)
        self.act = nn.LeakyReLU(0.2)
        "{ASTRAL}"; nn.init.kaiming_normal_(self.conv.weight, nonlinearity="leaky_relu")
        "{ASTRAL}"; nn.init.zeros(self.conv.bias)

    def forward(self, x):
        return self.act(self.conv(x))
"""
CLEAN = MODEL.replace("zeros(", "zeros_(").replace('"leaky_relu")', '"leaky_relu", a=0.2)')
EVERYWHERE = types.Range(types.Position(0, 0), types.Position(1000, 0))

WATCHES = types.WorkspaceClientCapabilities(
    did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
)

T = TypeVar("T")


class Editor:
    """An editor with one folder open; waits for what the server says of a document."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client = LanguageClient("editor", "1")
        self.published: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
        self.messages: list[str] = []
        self.watched: list[str] = []

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            self.published.put_nowait(params)

        @self.client.feature(types.CLIENT_REGISTER_CAPABILITY)
        def registered(params: types.RegistrationParams) -> None:
            for one in params.registrations:
                options: Any = one.register_options
                self.watched += [each["globPattern"] for each in options["watchers"]]

        @self.client.feature(types.WINDOW_SHOW_MESSAGE)
        def said(params: types.ShowMessageParams) -> None:
            self.messages.append(params.message)

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def document(self, name: str) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri(name))

    async def open(self, text: str, name: str = "net.py", language: str = "python") -> list[types.Diagnostic]:
        item = types.TextDocumentItem(self.uri(name), language, 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return await self.diagnostics(name, 1)

    async def change(self, text: str, version: int, name: str = "net.py") -> list[types.Diagnostic]:
        self.send(text, version, name)
        return await self.diagnostics(name, version)

    def send(self, text: str, version: int, name: str = "net.py") -> None:
        document = types.VersionedTextDocumentIdentifier(version, self.uri(name))
        whole = [types.TextDocumentContentChangeWholeDocument(text)]
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, whole))

    async def diagnostics(self, name: str, version: int | None) -> list[types.Diagnostic]:
        params = await asyncio.wait_for(self.published.get(), 60)
        assert (params.uri, params.version) == (self.uri(name), version)
        return list(params.diagnostics)

    async def actions(self, where: types.Range, *only: str) -> dict[str, types.CodeAction]:
        context = types.CodeActionContext([], only=list(only) or None)
        params = types.CodeActionParams(self.document("net.py"), where, context)
        found = await self.client.text_document_code_action_async(params)
        return {each.title: each for each in found or () if isinstance(each, types.CodeAction)}

    async def hover(self, line: int, character: int) -> str | None:
        params = types.HoverParams(self.document("net.py"), types.Position(line, character))
        found = await self.client.text_document_hover_async(params)
        if found is None:
            return None
        assert isinstance(found.contents, types.MarkupContent)
        return found.contents.value


def edit(folder: Path, work: Callable[[Editor], Awaitable[T]], *encodings: types.PositionEncodingKind) -> T:
    """Start the server in a folder, do some work, and end it as an editor does; it must end well."""

    async def session() -> T:
        editor = Editor(folder)
        await editor.client.start_io(sys.executable, "-m", "initlint", "server", "--stdio", cwd=folder)
        general = types.GeneralClientCapabilities(position_encodings=list(encodings) or None)
        await editor.client.initialize_async(
            types.InitializeParams(
                types.ClientCapabilities(workspace=WATCHES, general=general), root_uri=folder.as_uri()
            )
        )
        editor.client.initialized(types.InitializedParams())
        done = await work(editor)
        await editor.client.shutdown_async(None)
        editor.client.exit(None)
        await editor.client.stop()
        return done

    return asyncio.run(session())


def applied(text: str, action: types.CodeAction) -> str:
    """The text after an action, as a client that counts in UTF-16 makes it."""
    assert action.edit is not None
    assert action.edit.changes is not None
    ((edits),) = action.edit.changes.values()
    lines = [line.encode("utf-16-le") for line in text.splitlines(keepends=True)]
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    data = b"".join(lines)
    for each in sorted(edits, key=lambda each: each.range.start, reverse=True):
        start, end = (starts[place.line] + 2 * place.character for place in (each.range.start, each.range.end))
        data = data[:start] + each.new_text.encode("utf-16-le") + data[end:]
    return data.decode("utf-16-le")


def codes(found: list[types.Diagnostic]) -> list[object]:
    return [each.code for each in found]


def test_a_document_is_checked_when_it_is_opened_changed_and_saved(tmp_path: Path) -> None:
    async def work(editor: Editor) -> None:
        found = await editor.open(MODEL)
        assert codes(found) == ["INI101", "INI406"]
        assert all(each.severity is types.DiagnosticSeverity.Error and each.source == "initlint" for each in found)
        editor.send(MODEL + "\n", 2)
        assert await editor.change(CLEAN, 3) == []
        (tmp_path / "initlint.toml").write_text('select = ["INI902"]\n')
        editor.client.text_document_did_save(types.DidSaveTextDocumentParams(editor.document("net.py")))
        assert await editor.diagnostics("net.py", 3) == []
        assert codes(await editor.change(f"{CLEAN}\nNet().conv.weight.data.normal_()\n", 4)) == ["INI902"]
        editor.client.text_document_did_close(types.DidCloseTextDocumentParams(editor.document("net.py")))
        assert await editor.diagnostics("net.py", None) == []

    edit(tmp_path, work)


def test_positions_count_utf_16_units_and_findings_lead_on(tmp_path: Path) -> None:
    async def work(editor: Editor) -> list[types.Diagnostic]:
        return await editor.open(MODEL)

    slope, name = edit(tmp_path, work)
    line = MODEL.splitlines()[9]
    before = len(line[: line.index("nn.init")].encode("utf-16-le")) // 2
    assert before == line.index("nn.init") + len(ASTRAL)
    assert name.range == types.Range(
        types.Position(9, before), types.Position(9, before + len("nn.init.zeros(self.conv.bias)"))
    )
    assert slope.code_description is not None
    assert slope.code_description.href == catalogue.find("INI101").page.resolve().as_uri()
    (related,) = slope.related_information or ()
    assert related.location.range.start == types.Position(7, 19)
    (here, _) = edit(tmp_path, work, types.PositionEncodingKind.Utf32)
    assert here.range.start.character == line.index("nn.init")


def test_quick_fixes_say_which_are_unsafe(tmp_path: Path) -> None:
    async def work(editor: Editor) -> None:
        slope, name = await editor.open(MODEL)
        found = await editor.actions(name.range)
        ((title, action),) = found.items()
        assert title.startswith("INI406: ")
        assert "unsafe" not in title
        assert action.is_preferred
        assert action.kind == types.CodeActionKind.QuickFix
        assert applied(MODEL, action) == MODEL.replace("zeros(", "zeros_(")
        ((title, action),) = (await editor.actions(slope.range)).items()
        assert title.endswith("(unsafe: other numbers are drawn)")
        assert not action.is_preferred
        assert applied(MODEL, action) == MODEL.replace('"leaky_relu")', '"leaky_relu", a=0.2)')
        assert len(await editor.actions(EVERYWHERE)) == 2
        assert await editor.actions(types.Range(types.Position(0, 0), types.Position(0, 3))) == {}

    edit(tmp_path, work)


def test_fixing_all_applies_the_safe_fixes_alone(tmp_path: Path) -> None:
    async def work(editor: Editor) -> None:
        await editor.open(MODEL)
        ((_, action),) = (await editor.actions(EVERYWHERE, "source.fixAll")).items()
        assert action.kind == "source.fixAll.initlint"
        assert applied(MODEL, action) == MODEL.replace("zeros(", "zeros_(")
        await editor.change(CLEAN, 2)
        assert await editor.actions(EVERYWHERE, "source.fixAll.initlint") == {}

    edit(tmp_path, work)


def test_a_hover_says_what_an_init_draws(tmp_path: Path) -> None:
    async def work(editor: Editor) -> None:
        await editor.open(MODEL)
        text = await editor.hover(8, 40)
        assert text is not None
        assert text.splitlines() == [
            "**kaiming_normal_** writes `self.conv.weight` of Conv2d",
            "",
            "- law: `std 1.4142 / sqrt(fan_in)`",
            "- gain: 1.4142",
            "- fan: fan_in = 144",
            "- std: 0.1179",
        ]
        assert await editor.hover(6, 20) is None
        rolled = MODEL.replace(
            "nn.init.zeros(self.conv.bias)", "self.conv.weight.data.normal_(0, (2 / (9 * 8)) ** 0.5)"
        )
        await editor.change(rolled, 2)
        text = await editor.hover(9, 60)
        assert text is not None
        assert text.splitlines()[-1] == "- std: 0.1667"

    edit(tmp_path, work)


def test_the_facts_of_a_file_hold_what_a_hover_says(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(MODEL, encoding="utf-8")
    (first,) = json.loads(initlint("facts", "--json", "net.py", cwd=tmp_path).stdout)["sites"]
    assert {key: first[key] for key in ("gain", "fan", "fan_size", "std")} == {
        "gain": 2**0.5,
        "fan": "fan_in",
        "fan_size": 144.0,
        "std": 2**0.5 / 12,
    }


def test_a_broken_document_is_no_end(tmp_path: Path) -> None:
    broken = [
        "import torch.nn as nn\nnn.init.zeros(\n",
        "import torch.nn as nn\nnn.init.zeros(\0)\n",
        "import torch.nn as nn\nnn.init.zeros(" + "(" * 5000 + ")" * 5000 + ")\n",
        f"import torch.nn as nn\nnn.init.zeros_(x{'.a' * 2950})\n",
        "\ufeffimport torch.nn as nn\r\f\u2028nn.init.zeros(\ud800\r\n\t)",
        "",
    ]

    async def work(editor: Editor) -> None:
        await editor.open(MODEL)
        for version, text in enumerate(broken, 2):
            found = await editor.change(text.encode("utf-8", "replace").decode(), version)
            assert set(codes(found)) <= {"INI001"}
            assert all(each.severity is types.DiagnosticSeverity.Information for each in found)
            assert await editor.hover(1, 3) is None
            assert await editor.actions(EVERYWHERE) == {}
        assert codes(await editor.change(MODEL, 99)) == ["INI101", "INI406"]
        assert editor.messages == []

    edit(tmp_path, work)


def test_configuration_and_suppressions_hold(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.initlint]\nignore = ["INI101"]\nexclude = ["generated/"]\n')

    async def work(editor: Editor) -> None:
        assert codes(await editor.open(MODEL)) == ["INI406"]
        assert await editor.open(MODEL, "generated/net.py") == []
        assert await editor.open(MODEL, "notes.txt", "plaintext") == []
        assert await editor.change(MODEL.replace("conv.bias)", "conv.bias)  # noqa: INI406"), 2) == []
        (tmp_path / "pyproject.toml").write_text("[tool.initlint]\nselekt = []\n")
        assert await editor.change(MODEL, 3) == []
        assert await editor.change(MODEL + "\n", 4) == []
        assert len(editor.messages) == 1
        assert "did you mean 'select'" in editor.messages[0]
        (tmp_path / "pyproject.toml").write_text("[tool.initlint]\n")
        event = types.FileEvent(editor.uri("pyproject.toml"), types.FileChangeType.Changed)
        editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
        assert codes(await editor.diagnostics("net.py", 4)) == ["INI101", "INI406"]
        assert editor.watched == ["**/{pyproject.toml,initlint.toml}"]

    edit(tmp_path, work)


def test_the_server_ends_well_where_the_editor_ends_it(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "initlint", "server"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    started = {"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}}
    data = b""
    for message in (
        started,
        {"method": "initialized", "params": {}},
        {"id": 2, "method": "shutdown"},
        {"method": "exit"},
    ):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        data += b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    assert process.stdin is not None
    process.stdin.write(data)  # and left open, as an editor leaves it
    process.stdin.flush()
    assert process.wait(60) == 0
    _, errors = process.communicate()
    assert errors == b""


def test_without_the_library_the_command_says_what_to_install(tmp_path: Path) -> None:
    program = "import sys; sys.modules['lsprotocol'] = None; from initlint.cli import main; main(['server'])"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: lsprotocol is not installed: pip install 'initlint[lsp]'\n"
