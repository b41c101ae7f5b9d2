"""Other ways to write the same example: import spellings, newlines, indentation, a function around it.

Pages are written with `from torch import nn`. A variant maps each of its lines to the lines of the example that it
stands for, so that findings can be compared: an import of one name stands for the lines that use the name.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Variant:
    """An example in another spelling; `origins[n - 1]` are the lines of the example that line n stands for."""

    name: str
    code: str
    origins: tuple[tuple[int, ...], ...]

    def origin(self, pairs: list[tuple[int, str]]) -> set[tuple[int, str]]:
        """(line, code) pairs of this variant in terms of the example's lines."""
        return {(line, code) for number, code in pairs for line in self.origins[number - 1]}


def variants(code: str) -> Iterator[Variant]:
    """All variants that this example allows."""
    yield from import_spellings(code)
    yield Variant("crlf", code.replace("\n", "\r\n"), _unmoved(code))
    yield Variant("tabs", with_tabs(code), _unmoved(code))
    inside = in_function(code)
    if inside is not None:
        yield inside


def with_tabs(code: str) -> str:
    """Four leading spaces become a tab, except inside of strings."""
    fixed = _lines_in_strings(code)
    lines = code.splitlines(keepends=True)
    return "".join(line if number in fixed else _tabbed(line) for number, line in enumerate(lines, 1))


def in_function(code: str) -> Variant | None:
    """The whole example as the body of a function; None for imports that are allowed at module level only."""
    imports = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ImportFrom)]
    if any(node.module == "__future__" or node.names[0].name == "*" for node in imports):
        return None
    fixed = _lines_in_strings(code)
    lines = code.splitlines(keepends=True)
    body = (line if number in fixed or not line.strip() else "    " + line for number, line in enumerate(lines, 1))
    return Variant("in-function", "def wrapped():\n" + "".join(body), ((), *_unmoved(code)))


def import_spellings(code: str) -> Iterator[Variant]:
    """The example with other imports of `torch.nn` and of its init functions; nothing where it has its own spelling."""
    tree = ast.parse(code)
    statement = _canonical_import(tree)
    if statement is None:
        return
    rest = [_alias_text(alias) for alias in statement.names if alias.name != "nn"]
    kept = [f"from torch import {', '.join(rest)}"] if rest else []
    nn_nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "nn"]
    init_nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _is_nn_init(node)]
    init_ids = {id(node) for node in init_nodes}
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and id(node.value) in init_ids]
    rewriter = _Rewriter(code, statement)

    yield rewriter.variant("import-torch-nn-as-nn", [*kept, "import torch.nn as nn"], [])
    yield rewriter.variant("import-torch", [*kept, "import torch"], [(node, "torch.nn") for node in nn_nodes])
    if init_nodes and "init" not in _bound_names(tree):
        yield rewriter.variant(
            "from-nn-import-init",
            [*kept, "from torch import nn", "from torch.nn import init"],
            [(node, "init") for node in init_nodes],
        )
    if functions:
        used: dict[str, list[int]] = defaultdict(list)
        for node in functions:
            used[node.attr].append(node.lineno)
        imports = {f"from torch.nn.init import {name} as init_{name}": tuple(lines) for name, lines in used.items()}
        yield rewriter.variant(
            "from-init-import-as",
            [*kept, "from torch import nn", *imports],
            [(node, f"init_{node.attr}") for node in functions],
            stands_for=imports,
        )


class _Rewriter:
    """Replaces the canonical import and expressions of one line each."""

    def __init__(self, code: str, statement: ast.ImportFrom) -> None:
        self.lines = [line.encode() for line in code.splitlines(keepends=True)]
        self.statement = statement

    def variant(
        self,
        name: str,
        imports: list[str],
        uses: Sequence[tuple[ast.expr, str]],
        stands_for: dict[str, tuple[int, ...]] | None = None,
    ) -> Variant:
        lines = list(self.lines)
        for node, text in sorted(uses, key=lambda use: (use[0].lineno, use[0].col_offset), reverse=True):
            assert node.lineno == node.end_lineno, f"line {node.lineno}: write `nn.init.…` on one line"
            line = lines[node.lineno - 1]
            lines[node.lineno - 1] = line[: node.col_offset] + text.encode() + line[node.end_col_offset :]
        first, last = self.statement.lineno, self.statement.end_lineno or self.statement.lineno
        meaning = [(stands_for or {}).get(line, (first,)) for line in imports]
        origins: list[tuple[int, ...]] = [(number,) for number in range(1, len(lines) + 1)]
        lines[first - 1 : last] = [line.encode() + b"\n" for line in imports]
        origins[first - 1 : last] = meaning
        return Variant(name, b"".join(lines).decode(), tuple(origins))


def _canonical_import(tree: ast.Module) -> ast.ImportFrom | None:
    """The top-level `from torch import nn`, where it is the only thing that binds `nn`."""
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "torch"]
    found = [node for node in imports if any(_alias_text(alias) == "nn" for alias in node.names)]
    return found[0] if len(found) == 1 and _bound_names(tree).count("nn") == 1 else None


def _bound_names(tree: ast.Module) -> list[str]:
    names = []
    for node in ast.walk(tree):
        match node:
            case ast.alias():
                names.append(node.asname or node.name.partition(".")[0])
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                names.append(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.append(name)
    return names


def _is_nn_init(node: ast.Attribute) -> bool:
    return node.attr == "init" and isinstance(node.value, ast.Name) and node.value.id == "nn"


def _alias_text(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _unmoved(code: str) -> tuple[tuple[int, ...], ...]:
    return tuple((number,) for number in range(1, len(code.splitlines()) + 1))


def _tabbed(line: str) -> str:
    width = len(line) - len(line.lstrip(" "))
    return "\t" * (width // 4) + line[width - width % 4 :]


def _lines_in_strings(code: str) -> set[int]:
    """Lines that begin inside of a string literal."""
    strings = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant | ast.JoinedStr)]
    return {line for node in strings for line in range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)}
