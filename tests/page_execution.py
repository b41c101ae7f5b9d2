"""Runs the examples of pages: what raises, what is measured, what is left."""

from __future__ import annotations

import ast
import difflib
import math
import warnings
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from initlint.pages import Block, Expectation

FILE = "<example>"
TOLERANCE = 0.05
"""Relative error that a stated standard deviation may have."""


def execute(code: str, leave_out: Collection[int] = ()) -> dict[str, Any]:
    """Run an example with a fixed seed, without the statements on the lines to leave out; return its namespace."""
    return _run(_without(ast.parse(code), leave_out))


def raising_lines(block: Block) -> tuple[Expectation, ...]:
    """The expectations of a block that say `raises`."""
    return tuple(error for error in block.errors if error.raises is not None)


def check_raises(block: Block, claim: Expectation) -> None:
    """Run a block without its other raising lines: exactly this exception must leave exactly this line."""
    others = {error.line for error in raising_lines(block)} - {claim.line}
    tree = ast.parse(block.bare)
    statement = _statement_at(tree, claim.line)
    lines = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
    error = _raised(_without(tree, others))
    assert error is not None, f"line {claim.line} was to raise {claim.raises}: nothing was raised"
    places = [place for file, place in _frames(error) if file == FILE]
    assert type(error).__name__ == claim.raises, f"line {claim.line} raises {error!r}, not {claim.raises}"
    assert set(places) & set(lines), f"{error!r} comes from line {places[-1]}, not from line {claim.line}"


def measured_std(code: str, line: int, leave_out: Collection[int] = ()) -> float:
    """Std of the tensor that a line wrote."""
    return float(measured(code, line, leave_out).std())


def measured(code: str, line: int, leave_out: Collection[int] = ()) -> torch.Tensor:
    """The tensor that the last call of the statement on this line returned, as it was right after that call.

    Initialisers and in-place methods return the tensor that they write.
    """
    tree = ast.parse(code)
    values: list[torch.Tensor] = []

    def record(value: Any) -> Any:
        if isinstance(value, torch.Tensor) and value.numel() > 1:
            values[:] = [value.detach().float().clone()]
        return value

    statement = _statement_at(tree, line)
    _Recording().generic_visit(statement)
    _run(ast.fix_missing_locations(_without(tree, leave_out)), {_RECORD: record})
    assert values, f"line {line}: no call there returns a tensor"
    return values[-1]


def check_measured(block: Block, fixed: Block | None) -> None:
    """The stds that a block states are those that its lines give, and the expected ones those of the fixed block."""
    leave_out = {error.line for error in raising_lines(block)}
    for claim in block.measured:
        found = measured_std(block.bare, claim.line, leave_out)
        assert math.isclose(found, claim.std, rel_tol=TOLERANCE), f"line {claim.line}: std {found:.4g}, not {claim.std}"
        if fixed is not None:
            after = measured_std(fixed.code, line_after_fix(block.bare, fixed.code, claim.line))
            assert math.isclose(after, claim.expected, rel_tol=TOLERANCE), (
                f"line {claim.line}: fixed std {after:.4g}, not {claim.expected}"
            )


def line_after_fix(bad: str, fixed: str, line: int) -> int:
    """The line of the fixed code that a line of the bad code became: of the lines that replace it the most similar."""
    old, new = bad.splitlines(), fixed.splitlines()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, low, high, new_low, new_high in matcher.get_opcodes():
        if low <= line - 1 < high:
            assert kind != "delete", f"the fix deletes line {line}"
            if high - low == new_high - new_low:
                return new_low + line - low
            return max(range(new_low, new_high), key=lambda n: _similarity(old[line - 1], new[n])) + 1
    raise AssertionError(f"line {line} is not in the code")


def tensors(namespace: dict[str, Any]) -> dict[str, torch.Tensor]:
    """All tensors that a namespace names, and those of its modules."""
    found: dict[str, torch.Tensor] = {}
    for name, value in namespace.items():
        if isinstance(value, torch.Tensor):
            found[name] = value.detach()
        elif isinstance(value, torch.nn.Module):
            found |= {f"{name}.{key}": tensor for key, tensor in value.state_dict().items()}
    return found


def _similarity(left: str, right: str) -> float:
    return difflib.SequenceMatcher(None, left, right, autojunk=False).ratio()


_RECORD = "__record__"


class _Recording(ast.NodeTransformer):
    """Passes the value of every call through a recorder, inner calls first."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return ast.copy_location(ast.Call(ast.Name(_RECORD, ast.Load()), [node], []), node)


class _Leaving(ast.NodeTransformer):
    """Replaces statements by `pass`."""

    def __init__(self, statements: Iterable[ast.stmt]) -> None:
        self.left = {id(statement) for statement in statements}

    def visit(self, node: ast.AST) -> Any:
        return ast.copy_location(ast.Pass(), node) if id(node) in self.left else self.generic_visit(node)


def _without(tree: ast.Module, lines: Collection[int]) -> ast.Module:
    left: ast.Module = _Leaving([_statement_at(tree, line) for line in lines]).visit(tree)
    return left


def _statement_at(tree: ast.Module, line: int) -> ast.stmt:
    """The innermost statement that spans a line."""
    spanning = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    assert spanning, f"no statement on line {line}"
    return min(spanning, key=lambda node: ((node.end_lineno or node.lineno) - node.lineno, -node.col_offset))


def _run(tree: ast.Module, namespace: dict[str, Any] | None = None) -> dict[str, Any]:
    names = {"__name__": "example", **(namespace or {})}
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(tree, FILE, "exec"), names)
    return names


def _raised(tree: ast.Module) -> Exception | None:
    try:
        _run(tree)
    except Exception as error:
        return error
    return None


def _frames(error: BaseException) -> list[tuple[str, int]]:
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    return frames
