"""Programs spelled otherwise: other imports, names, arguments and locals for what a file uses of torch.

A spelling changes the `ast` of a program in place and says whether it found something to change. It keeps what the
program means but for accidents, a name that is taken, say: those are programs as well.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from random import Random

Spelling = Callable[[Random, ast.Module], bool]
Routine = ast.FunctionDef | ast.AsyncFunctionDef
Path = tuple[list[ast.stmt], int]

_MODULES = ("torch.nn.init", "torch.nn", "torch.nn.functional", "torch", "math", "numpy", "transformers")
_SIGNATURES: Mapping[str, tuple[str, ...]] = {
    "apply": ("fn",),
    "register_parameter": ("name", "param"),
    "register_buffer": ("name", "tensor", "persistent"),
    "Parameter": ("data", "requires_grad"),
}
"""Parameters of methods of modules, whose objects are not known here, and of what has no signature."""


def statements(code: str) -> list[ast.stmt]:
    """Some statements from their text."""
    return ast.parse(code).body


def expression(code: str) -> ast.expr:
    """An expression from its text."""
    return ast.parse(code, mode="eval").body


class _Replacing(ast.NodeTransformer):
    def __init__(self, new: Mapping[ast.AST, ast.AST]) -> None:
        self.new = new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new[node] if node in self.new else self.generic_visit(node)


def replace(tree: ast.AST, new: Mapping[ast.AST, ast.AST]) -> bool:
    """Put other nodes in the places of some, in place; whether there are any."""
    _Replacing(new).visit(tree)
    return bool(new)


def bodies(tree: ast.AST) -> list[list[ast.stmt]]:
    """The lists of statements of a program: those of definitions, branches, loops and the module itself."""
    fields = ("body", "orelse", "finalbody")
    found = (getattr(node, field, None) for node in ast.walk(tree) for field in fields)
    return [body for body in found if isinstance(body, list) and body and isinstance(body[0], ast.stmt)]


def places(tree: ast.AST, kind: type | tuple[type, ...]) -> list[Path]:
    """Where statements of some type stand: the list that they stand in, and the position in it."""
    return [(body, at) for body in bodies(tree) for at, each in enumerate(body) if isinstance(each, kind)]


def routines(tree: ast.AST) -> list[Routine]:
    """All functions and methods."""
    return [node for node in ast.walk(tree) if isinstance(node, Routine)]


def beginning(body: Sequence[ast.stmt], *, imports: bool = True) -> int:
    """The position behind a docstring and, unless told otherwise, the imports that a body begins with."""
    at = 0
    for each in body:
        documents = isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant) and at == 0
        future = isinstance(each, ast.ImportFrom) and each.module == "__future__"
        if not documents and not future and not (imports and isinstance(each, ast.Import | ast.ImportFrom)):
            break
        at += 1
    return at


def some(random: Random, things: Iterable[object]) -> list:  # type: ignore[type-arg]
    """At least one of some things, or none of none."""
    known = list(things)
    return random.sample(known, random.randint(1, len(known))) if known else []


def imported(tree: ast.AST) -> dict[str, str]:
    """What the imports bind."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.partition(".")[0]
                found[alias.asname or root] = alias.name if alias.asname else root
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return found


def qualified(node: ast.expr, imports: Mapping[str, str]) -> str:
    """`torch.nn.Linear` of `nn.Linear`; empty for what no import binds."""
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            return imports.get(name, "")
        case ast.Attribute(value=value, attr=name):
            holder = qualified(value, imports)
            return f"{holder}.{name}" if holder else ""
        case _:
            return ""


def _used(tree: ast.AST) -> dict[str, list[ast.expr]]:
    """The uses of what is imported, by the whole name; each also by the names of the modules that it leads through."""
    imports = imported(tree)
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and (name := qualified(node, imports)):
            found.setdefault(name, []).append(node)
    return found


def _things(tree: ast.AST) -> dict[str, list[ast.expr]]:
    """The classes and functions of the libraries that are used."""
    found = _used(tree)
    return {
        name: nodes
        for name, nodes in found.items()
        if name.partition(".")[0] in ("torch", "math", "transformers", "numpy")
        and name not in _MODULES
        and not any(other.startswith(f"{name}.") for other in found)
        and "." in name
    }


def _free(random: Random, tree: ast.AST, name: str) -> str:
    """A name that the program does not use, for something that is called `name`."""
    words = {getattr(node, field, None) for node in ast.walk(tree) for field in ("id", "arg", "name", "asname")}
    tries = [name, f"my_{name}", name[:1].upper(), name.strip("_").lower(), f"_{name}", name.strip("_").upper()]
    random.shuffle(tries)
    return next((each for each in tries if each.isidentifier() and each not in words), f"{name}_2")


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _put(random: Random, tree: ast.Module, new: ast.stmt, nodes: Iterable[ast.expr], name: str, at: int) -> bool:
    """Bind a name in the module, or in a function that uses what it stands for, and use it there."""
    wanted = set(nodes)
    around = [each for each in routines(tree) if wanted & {node for part in each.body for node in ast.walk(part)}]
    if around and random.random() < 0.3:
        routine = random.choice(around)
        inside = {node for part in routine.body for node in ast.walk(part)}
        replace(tree, {node: _name(name) for node in wanted & inside})
        routine.body.insert(beginning(routine.body), new)
        return True
    replace(tree, {node: _name(name) for node in wanted})
    tree.body.insert(at, new)
    return bool(wanted)


def import_names(random: Random, tree: ast.Module) -> bool:
    """`from torch.nn import Linear as L`."""
    chosen = some(random, sorted(_things(tree)))
    for each in chosen:
        module, _, last = each.rpartition(".")
        name = _free(random, tree, last)
        statement = ast.ImportFrom(module, [ast.alias(last, name if name != last else None)], 0)
        at = beginning(tree.body, imports=random.random() < 0.7)
        _put(random, tree, statement, _things(tree).get(each, ()), name, at)
    return bool(chosen)


def import_modules(random: Random, tree: ast.Module) -> bool:
    """`import torch.nn.init as I`, `from torch.nn import init as I`, `I = nn.init`."""
    known = [each for each in _MODULES if each in _used(tree)]
    if not known:
        return False
    module = random.choice(known)
    nodes = _used(tree)[module]
    parent, _, last = module.rpartition(".")
    name = _free(random, tree, last)
    match random.randrange(3):
        case 0 if parent:
            new: ast.stmt = ast.ImportFrom(parent, [ast.alias(last, name)], 0)
        case 1:
            new = ast.Assign([ast.Name(name, ast.Store())], expression(ast.unparse(nodes[0])))
        case _:
            new = ast.Import([ast.alias(module, name)])
    return _put(random, tree, new, nodes, name, beginning(tree.body))


def import_all(random: Random, tree: ast.Module) -> bool:
    """`from torch.nn import *`, or that of `torch.nn.init`; or the whole name, `torch.nn.Linear`."""
    module = random.choice(("torch.nn", "torch.nn.init"))
    nodes = {name: nodes for name, nodes in _things(tree).items() if name.rpartition(".")[0] == module}
    whole = random.random() < 0.3
    for name, uses in nodes.items():
        replace(tree, {node: expression(name if whole else name.rpartition(".")[2]) for node in uses})
    new = "import torch" if whole else f"from {module} import *"
    tree.body[(at := beginning(tree.body)) : at] = statements(new)
    return bool(nodes)


def assign_names(random: Random, tree: ast.Module) -> bool:
    """`L = nn.Linear`, also in two steps, with an annotation, a test or a `try`, or in a function."""
    chosen = some(random, sorted(_things(tree)))[:3]
    for each in chosen:
        nodes = _things(tree).get(each)
        if not nodes:
            continue
        name = _free(random, tree, each.rpartition(".")[2])
        spelled = ast.unparse(nodes[0])
        form = random.choice(
            (
                *(f"{name} = {spelled}", f"{name} = {spelled}", f"{name}: object = {spelled}"),
                *(f"{name} = first_{name} = {spelled}", f"{name} = {spelled} if True else {spelled}"),
                *(f"{name}, second_{name} = {spelled}, None", f"if ({name} := {spelled}):\n    pass"),
                f"try:\n    {name} = {spelled}\nexcept AttributeError:\n    {name} = None",
            )
        )
        _put(random, tree, statements(form)[0], nodes, name, beginning(tree.body))
    return bool(chosen)


def walrus(random: Random, tree: ast.Module) -> bool:
    """`(L := nn.Linear)(3, 4)`, and an argument that is named where it is given."""
    known = [node for nodes in _things(tree).values() for node in nodes]
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [node.func for node in calls if node.func in known]
    given = [each for node in calls for each in node.args[:1] if isinstance(each, ast.Attribute | ast.Call)]
    if not named and not given:
        return False
    node = random.choice(named or given) if random.random() < 0.5 else random.choice(given or named)
    name = _free(random, tree, "w")
    return replace(tree, {node: ast.NamedExpr(ast.Name(name, ast.Store()), node)})


def exchange_arguments(random: Random, tree: ast.Module) -> bool:
    """Arguments by name that were given by position, and the other way round."""
    changed = False
    imports = imported(tree)
    for node in ast.walk(tree):
        names = _parameters(node.func, imports) if isinstance(node, ast.Call) else ()
        if not isinstance(node, ast.Call) or any(isinstance(each, ast.Starred) for each in node.args):
            continue
        if node.args and len(node.args) <= len(names) and random.random() < 0.6:
            at = random.randrange(len(node.args))
            given = zip(names[at:], node.args[at:], strict=False)
            node.keywords[:0] = [ast.keyword(name, value) for name, value in given]
            del node.args[at:]
            changed = True
        elif node.keywords and names:
            named = {each.arg: each for each in node.keywords}
            while len(node.args) < len(names) and (found := named.get(names[len(node.args)])) is not None:
                node.keywords.remove(found)
                node.args.append(found.value)
                changed = True
    return changed


def _parameters(function: ast.expr, imports: Mapping[str, str]) -> tuple[str, ...]:
    last = function.attr if isinstance(function, ast.Attribute) else ""
    return _SIGNATURES.get(last) or _signature(qualified(function, imports))


@cache
def _signature(name: str) -> tuple[str, ...]:
    """The parameters of a function or class of torch, in their order."""
    module, _, last = name.rpartition(".")
    if not module.startswith("torch"):
        return ()
    try:
        found = inspect.signature(getattr(importlib.import_module(module), last))
    except (ImportError, AttributeError, TypeError, ValueError):
        return ()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY)
    return tuple(each.name for each in found.parameters.values() if each.kind in kinds)


def local_arguments(random: Random, tree: ast.Module) -> bool:
    """`w = self.fc.weight` in a line of its own, before the call that is given it; `fc = self.fc` as well."""
    found = [(body, at) for body, at in places(tree, ast.Expr) if _call(body[at]) is not None]
    found = [(body, at) for body, at in found if _lead(body[at])]
    chosen = some(random, found)[:3]
    for body, at in sorted(chosen, key=lambda place: -place[1]):
        inside = _lead(body[at])
        value = random.choice(inside)
        name = _free(random, tree, value.attr if isinstance(value, ast.Attribute) else "value")
        replace(body[at], {value: _name(name)})
        body.insert(at, ast.Assign([ast.Name(name, ast.Store())], value))
    return bool(chosen)


def _call(statement: ast.stmt) -> ast.Call | None:
    value = statement.value if isinstance(statement, ast.Expr | ast.Assign | ast.Return) else None
    return value if isinstance(value, ast.Call) else None


def _lead(statement: ast.stmt) -> list[ast.expr]:
    """The expressions that a call is about: its arguments, the object of its method, and what those are parts of."""
    call = _call(statement)
    assert call is not None
    pending = [*call.args, *(each.value for each in call.keywords)]
    pending += [call.func.value] if isinstance(call.func, ast.Attribute) else []
    found: list[ast.expr] = []
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Tuple | ast.Constant | ast.BinOp):
            found.append(node)
        if isinstance(node, ast.Attribute | ast.Subscript):
            pending.append(node.value)
    return found


def local_values(random: Random, tree: ast.Module) -> bool:
    """`fc = nn.Linear(3, 4)` before `self.fc = fc`."""
    chosen = some(random, places(tree, ast.Assign))[:3]
    for body, at in sorted(chosen, key=lambda place: -place[1]):
        statement = body[at]
        assert isinstance(statement, ast.Assign)
        name = _free(random, tree, "made")
        body.insert(at, ast.Assign([ast.Name(name, ast.Store())], statement.value))
        statement.value = _name(name)
    return bool(chosen)


def _inits(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    imports = imported(tree)
    for node in ast.walk(tree):
        name = qualified(node.func, imports) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name.startswith("torch.nn.init."):
            yield node, name.rpartition(".")[2]


def detach(random: Random, tree: ast.Module) -> bool:
    """`.data`, `.detach()` or nothing behind the tensors that are initialised."""
    tensors = [node.args[0] for node, _ in _inits(tree) if node.args]
    chosen = some(random, tensors)
    for tensor in chosen:
        new = expression(f"({ast.unparse(tensor)}){random.choice(('.data', '.detach()', '.data[:]'))}")
        if isinstance(tensor, ast.Attribute) and tensor.attr == "data" and random.random() < 0.5:
            new = tensor.value
        replace(tree, {tensor: new})
    return bool(chosen)


_METHODS = {"zeros_": "zero_", "ones_": "fill_", "constant_": "fill_", "normal_": "normal_", "uniform_": "uniform_"}


def methods_of_tensors(random: Random, tree: ast.Module) -> bool:
    """`w.data.normal_(0, 1)` instead of `nn.init.normal_(w, 0, 1)`."""
    found = [(node, name) for node, name in _inits(tree) if name in _METHODS and node.args]
    chosen = [each for each in some(random, found) if not each[0].keywords or each[1] == "normal_"]
    for node, name in chosen:
        tensor, *rest = node.args
        holder = tensor if random.random() < 0.3 else ast.Attribute(tensor, "data", ast.Load())
        node.func = ast.Attribute(holder, _METHODS[name], ast.Load())
        node.args = [ast.Constant(1)] if name == "ones_" else rest
    return bool(chosen)


SPELLINGS: tuple[Spelling, ...] = (
    import_names,
    import_modules,
    import_all,
    assign_names,
    walrus,
    exchange_arguments,
    local_arguments,
    local_values,
    detach,
    methods_of_tensors,
)
