"""What may write the tensor that an expression is: a call, an assignment, or whatever a name is used for that holds it.

Errs towards writing: an expression only counts as read where an operator, a known function or `forward` uses it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from initlint.facts.premises.tree import Tree, last_name

_DEPTH = 4

_DESCRIBING = frozenset(
    {
        *("size", "shape", "dtype", "device", "dim", "ndim", "ndimension", "numel", "nelement", "requires_grad"),
        *("grad", "is_cuda", "layout", "is_meta", "is_leaf", "grad_fn", "stride", "item", "tolist", "element_size"),
        *("register_hook", "requires_grad_", "retain_grad", "backward", "__class__"),
    }
)
"""Attributes and methods of a tensor that leave its numbers alone."""

_VIEWS = frozenset(
    {
        *("data", "detach", "view", "reshape", "t", "T", "mT", "transpose", "permute", "squeeze", "unsqueeze"),
        *("flatten", "chunk", "split", "narrow", "unbind", "select", "diagonal", "expand", "unfold", "numpy"),
        *("cpu", "cuda", "to", "float", "double", "half", "contiguous", "view_as", "swapaxes", "real", "imag"),
        *("unflatten", "tensor_split", "movedim", "hsplit", "vsplit", "type", "bfloat16", "values", "items"),
    }
)
"""Attributes and methods that may share the storage of a tensor, or the tensors of a collection."""

_PASSING = frozenset(
    {
        "list",
        "tuple",
        "iter",
        "next",
        "reversed",
        "sorted",
        "enumerate",
        "zip",
        "set",
        "dict",
        "chain",
        "filter",
        "cast",
    }
)
"""Functions that hand on what they are given."""

_READING = frozenset(
    {
        *("len", "isinstance", "hasattr", "print", "str", "repr", "float", "int", "id", "type", "range", "sum", "max"),
        *("min", "abs", "any", "all", "bool", "super", "format", "round", "issubclass"),
    }
)
_READING_MODULES = ("torch.nn.functional.", "torch.linalg.", "torch.fft.", "torch.sparse.", "torch.optim.", "math.")
_READING_PACKAGES = ("einops", "opt_einsum", "numpy", "logging")
_READING_METHODS = frozenset(
    {
        *("matmul", "mm", "bmm", "mul", "add", "sub", "div", "addmm", "baddbmm", "expand_as", "type_as", "view_as"),
        *("dot", "mv", "addmv", "append_scalar", "clip_grad_norm_", "clip_grad_value_", "register_buffer"),
    }
)
_WRITING_NAME = re.compile(r"init|normal|uniform|zero|ones|fill|const|xavier|kaiming|glorot|orthogonal|reset|copy|load")
_ITERATED = frozenset({"parameters", "named_parameters", "_flat_weights", "all_weights", "_parameters", "state_dict"})


class Writing:
    """The writes of one file."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def may_write(self, node: ast.expr, depth: int = _DEPTH) -> bool:
        """Whether the tensor (or one of the tensors) that an expression is may be written where it stands."""
        inner: ast.AST = node
        while True:
            parent = self.tree.parents[inner]
            found = self._through(parent, inner)
            if found is None:
                return self._bound(parent, inner, depth)
            if isinstance(found, bool):
                return found
            inner = found

    def _through(self, parent: ast.AST, inner: ast.AST) -> ast.AST | bool | None:
        """The expression around a tensor that still is it, a view of it or a collection with it.

        Otherwise whether it is written there, None where a statement or a loop takes it.
        """
        match parent:
            case ast.Attribute():
                return self._attribute(parent)
            case ast.Subscript(value=value, ctx=context):
                if value is not inner:
                    return False
                return parent if isinstance(context, ast.Load) else True
            case ast.Call(func=function):
                return False if function is inner else self._given(parent, inner)
            case ast.IfExp(test=test):
                return False if test is inner else parent
            case ast.Starred() | ast.keyword() | ast.Tuple() | ast.List() | ast.Set() | ast.Dict() | ast.BoolOp():
                return parent
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return parent
            case _:
                return None

    def _attribute(self, node: ast.Attribute) -> ast.AST | bool:
        """What an attribute or method of a tensor is: a view, a write, or no tensor of its storage."""
        around = self.tree.parents[node]
        called = isinstance(around, ast.Call) and around.func is node
        if node.attr in _DESCRIBING:
            return False
        if called and _in_place(node.attr):
            return True
        return (around if called else node) if node.attr in _VIEWS else False

    def _bound(self, parent: ast.AST, inner: ast.AST, depth: int) -> bool:
        """Whether a tensor may be written that a statement or a loop takes."""
        match parent:
            case ast.comprehension(iter=iterable, target=target):
                return iterable is inner and self._any_written(target, self.tree.parents[parent], depth)
            case ast.For(iter=iterable, target=target):
                return iterable is not inner or self._any_written(target, parent, depth)
            case ast.NamedExpr(target=target) | ast.Assign(targets=[target]) | ast.AnnAssign(target=target):
                routine = self.tree.routine(parent)
                if inner in ast.walk(target) or routine is None or not isinstance(target, ast.Name | ast.Tuple):
                    return True
                return self._any_written(target, routine, depth)
            case ast.Assign() | ast.AugAssign() | ast.Delete() | ast.withitem():
                return True
            case ast.Return() | ast.Yield() | ast.YieldFrom() | ast.Lambda():
                return not self.is_forward(parent)
            case _:
                return False

    def loops(self, node: ast.AST) -> Iterator[ast.expr]:
        """The expressions inside a node that are all parameters of a module: `self.parameters()`."""
        for each in ast.walk(node):
            match each:
                case ast.Call(func=ast.Attribute(attr=name)) if name in _ITERATED:
                    yield each
                case ast.Attribute(attr="_flat_weights" | "all_weights" | "_parameters"):
                    yield each

    def is_forward(self, node: ast.AST) -> bool:
        """Whether a place is in a method that runs the module."""
        found = self.tree.method(node)
        return found is not None and (found[1].name == "__call__" or "forward" in found[1].name)

    def _any_written(self, target: ast.expr, where: ast.AST, depth: int) -> bool:
        """Whether one of the names that a target binds may be written inside a node."""
        names = {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}
        if depth == 0 or not all(isinstance(each, ast.Name | ast.Tuple | ast.List) for each in _parts(target)):
            return True
        inside = set(ast.walk(where))
        uses = [use for name in names for use in self.tree.names.get(name, ()) if use in inside]
        return any(self.may_write(use, depth - 1) for use in uses if isinstance(use.ctx, ast.Load))

    def _given(self, call: ast.Call, given: ast.AST) -> ast.AST | bool:
        """Whether a call may write what it is given; the call itself where it hands it on."""
        qualified = self.tree.qualified(call.func) or ""
        name = last_name(call.func)
        if isinstance(given, ast.keyword) and given.arg == "out":
            return True
        if name in _PASSING:
            return call
        if (isinstance(call.func, ast.Name) and name in _READING) or name in _READING_METHODS or _reads(qualified):
            return False
        return not self.is_forward(call) or _in_place(name) or _WRITING_NAME.search(name) is not None


def _parts(target: ast.expr) -> Iterator[ast.expr]:
    yield target
    if isinstance(target, ast.Tuple | ast.List):
        yield from (part for element in target.elts for part in _parts(element))


def _in_place(name: str) -> bool:
    return (name.endswith("_") and not name.endswith("__")) or name in ("set", "fill", "copy_from")


def _reads(qualified: str) -> bool:
    if qualified.endswith("_"):
        return False
    if qualified.partition(".")[0] in _READING_PACKAGES or qualified.startswith(_READING_MODULES):
        return True
    root, _, rest = qualified.partition(".")
    return root == "torch" and "." not in rest
