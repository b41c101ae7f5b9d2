"""Programs of another shape: their code in other places, with other tests and loops, and with other code around it."""

from __future__ import annotations

import ast
from copy import deepcopy
from random import Random

from mutations import examples
from spellings import (
    Path,
    Routine,
    Spelling,
    beginning,
    bodies,
    expression,
    imported,
    places,
    qualified,
    replace,
    routines,
    some,
    statements,
)

_BESIDE = (
    """\
class Other(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = nn.ReLU()
        self.fc = nn.Linear(2, 2)

    def forward(self, x):
        return self.act(self.fc(x))
""",
    "class Plain:\n    weight = None\n    def forward(self, x):\n        return self.weight",
    "def other_init(m):\n    if isinstance(m, nn.Conv2d):\n        nn.init.kaiming_normal_(m.weight)",
    "def elsewhere(net):\n    nn.init.trunc_normal_(net.head.weight, std=0.02)\n    return net",
    """\
class Table(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3))
""",
    "from .layers import *",
    "from ..utils import helper, init_weights",
    "from . import weights",
    "TABLE = {\n" + "".join(f"    'name{number}': {number},\n" for number in range(14)) + "}",
    "if __name__ == '__main__':\n    torch.manual_seed(0)",
    "import torch\nimport torch.nn as nn",
)
_AROUND = (
    "if True:\n    pass",
    "if flag:\n    pass\nelse:\n    other = 1",
    "try:\n    pass\nexcept AttributeError:\n    pass",
    "try:\n    pass\nfinally:\n    done = True",
    "with torch.no_grad():\n    pass",
    "for turn in range(1):\n    pass",
)
_WHOLE = (
    "def run(net=None, flag=True):\n    pass",
    "async def run(net=None, flag=True):\n    pass",
    "def outer():\n    def run():\n        pass\n    return run",
    "class Runner:\n    def run(self):\n        pass",
    "class Runner:\n    @staticmethod\n    async def run():\n        pass",
    *_AROUND,
)


def _filled(random: Random, frame: str, body: list[ast.stmt]) -> ast.stmt:
    """A statement with other statements in the place of its first `pass`."""
    (outer, *_) = statements(frame)
    inner = next(each for each in bodies(outer) if isinstance(each[0], ast.Pass))
    inner[:] = body
    return outer


def wrap_all(random: Random, tree: ast.Module) -> bool:
    """All that stands behind the imports in a function, a method, a test or the like."""
    at = beginning(tree.body)
    if not tree.body[at:]:
        return False
    tree.body[at:] = [_filled(random, random.choice(_WHOLE), tree.body[at:])]
    return True


def wrap_some(random: Random, tree: ast.Module) -> bool:
    """Some neighbouring statements under a test, in a `try` or the like."""
    found = [body for body in bodies(tree) if len(body) > beginning(body)]
    if not found:
        return False
    body = random.choice(found)
    first = random.randrange(beginning(body), len(body))
    last = random.randint(first + 1, len(body))
    body[first:last] = [_filled(random, random.choice(_AROUND), body[first:last])]
    return True


def rename_self(random: Random, tree: ast.Module) -> bool:
    """Methods whose object is not called `self`, or whose parameters have other names."""
    named = [each for each in routines(tree) if each.args.args]
    chosen = some(random, named)
    for routine in chosen:
        old = routine.args.args[0].arg
        new = random.choice(("this", "model_", "me", "s"))
        for node in ast.walk(routine):
            if isinstance(node, ast.Name) and node.id == old:
                node.id = new
            elif isinstance(node, ast.arg) and node.arg == old:
                node.arg = new
    return bool(chosen)


def decorate(random: Random, tree: ast.Module) -> bool:
    """Functions and classes with decorators."""
    found = [node for node in ast.walk(tree) if isinstance(node, Routine | ast.ClassDef)]
    chosen = some(random, found)
    for node in chosen:
        known = ("final", "wrapped()") if isinstance(node, ast.ClassDef) else ("torch.no_grad()", "final", "once(1)")
        node.decorator_list.insert(0, expression(random.choice(known)))
    return bool(chosen)


def stand_beside(random: Random, tree: ast.Module) -> bool:
    """Other code before or behind: classes, inits, imports of what is not known, or another example."""
    for _ in range(random.choice((1, 1, 2))):
        whole = random.random() < 0.4
        code = random.choice(examples()).decode() if whole else random.choice(_BESIDE)
        at = random.choice((beginning(tree.body, imports=False), beginning(tree.body), len(tree.body)))
        tree.body[at:at] = [each for each in statements(code) if not _is_future(each)]
    return True


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _type_tests(tree: ast.Module) -> list[ast.Call]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) == 2]
    return [node for node in calls if isinstance(node.func, ast.Name) and node.func.id == "isinstance"]


def ask_otherwise(random: Random, tree: ast.Module) -> bool:
    """`type(m) is nn.Linear`, `isinstance(m, (A, B))`, a test of the name of the class, and the like."""
    chosen = some(random, _type_tests(tree))
    for node in chosen:
        module, classes = (ast.unparse(each) for each in node.args)
        name = repr(classes.rpartition(".")[2].strip("()"))
        forms = (
            *(f"type({module}) is {classes}", f"type({module}) == {classes}", f"{module}.__class__ is {classes}"),
            *(f"isinstance({module}, ({classes}, nn.Bilinear))", f"isinstance({module}, {classes} | nn.Bilinear)"),
            *(f"isinstance({module}, {classes}) and True", f"isinstance({module}, {classes}) or flag"),
            *(f"issubclass(type({module}), {classes})", f"type({module}) in ({classes},)"),
            *(f"{module}.__class__.__name__ == {name}", f"{module}.__class__.__name__.find({name}) != -1"),
            *(f"{name} in type({module}).__name__", f"not not isinstance({module}, {classes})"),
            *(f"isinstance({module}, {classes}) and {module}.weight is not None", f"isinstance({module}, [{classes}])"),
            *(
                f"hasattr({module}, 'weight') and isinstance({module}, {classes})",
                f"bool(isinstance({module}, {classes}))",
            ),
        )
        replace(tree, {node: expression(random.choice(forms))})
    return bool(chosen)


def _ifs(tree: ast.AST, *, alone: bool = False) -> list[Path]:
    found = [(body, at, body[at]) for body, at in places(tree, ast.If)]
    return [(body, at) for body, at, node in found if isinstance(node, ast.If) and not (alone and node.orelse)]


def negate(random: Random, tree: ast.Module) -> bool:
    """The branches of tests exchanged; a test in two."""
    chosen = some(random, _ifs(tree))
    for body, at in chosen:
        node = body[at]
        assert isinstance(node, ast.If)
        match node.test:
            case ast.BoolOp(op=ast.And(), values=[first, *rest]) if random.random() < 0.6 and not node.orelse:
                node.test = first
                test = rest[0] if len(rest) == 1 else ast.BoolOp(ast.And(), rest)
                node.body = [ast.If(test, node.body, [])]
            case _:
                test = ast.UnaryOp(ast.Not(), node.test)
                body[at] = ast.If(test, node.orelse or [ast.Pass()], node.body)
    return bool(chosen)


def leave_early(random: Random, tree: ast.Module) -> bool:
    """`if not …: continue`, or `return`, before what was under a test at the end of a loop or a function."""
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For | Routine)]
    found = [node for node in loops if isinstance(last := node.body[-1], ast.If) and not last.orelse]
    chosen = some(random, found)
    for node in chosen:
        last = node.body[-1]
        leave: ast.stmt = ast.Continue() if isinstance(node, ast.For) else ast.Return()
        node.body[-1:] = [ast.If(ast.UnaryOp(ast.Not(), last.test), [leave], []), *last.body]
    return bool(chosen)


def as_match(random: Random, tree: ast.Module) -> bool:
    """`match m: case nn.Linear():` instead of `isinstance`."""
    tests = set(_type_tests(tree))
    found = [(body, at, node) for body, at in _ifs(tree) if isinstance(node := body[at], ast.If)]
    chosen = some(random, [each for each in found if each[2].test in tests])
    for body, at, node in chosen:
        module, classes = node.test.args
        kinds = classes.elts if isinstance(classes, ast.Tuple) else [classes]
        if all(isinstance(each, ast.Name | ast.Attribute) for each in kinds):
            patterns: list[ast.pattern] = [ast.MatchClass(each, [], [], []) for each in kinds]
            pattern = patterns[0] if len(patterns) == 1 else ast.MatchOr(patterns)
            rest = [ast.match_case(ast.MatchAs(), None, node.orelse)] if node.orelse else []
            body[at] = ast.Match(module, [ast.match_case(pattern, None, node.body), *rest])
    return bool(chosen)


def as_expression(random: Random, tree: ast.Module) -> bool:
    """Loops over one call as comprehensions, tests of one call as `and` or as a conditional expression."""
    found = [each for each in places(tree, (ast.For, ast.If)) if _only(each[0][each[1]]) is not None]
    chosen = some(random, found)
    for body, at in chosen:
        node, value = body[at], _only(body[at])
        if value is None:
            continue
        if isinstance(node, ast.For):
            inner = node.body[0]
            tests = [inner.test] if isinstance(inner, ast.If) else []
            loops = [ast.comprehension(node.target, node.iter, tests, 0)]
            new: ast.expr = random.choice((ast.ListComp, ast.SetComp))(value, loops)
            body[at] = random.choice((ast.Expr(new), ast.Assign([ast.Name("_", ast.Store())], new)))
        elif isinstance(node, ast.If):
            either = ast.IfExp(node.test, value, ast.Constant(None))
            body[at] = ast.Expr(random.choice((either, ast.BoolOp(ast.And(), [node.test, value]))))
    return bool(chosen)


def _only(node: ast.stmt) -> ast.expr | None:
    """The call that is all of a test, or of a loop, also under a test in it."""
    match node:
        case ast.For(body=[ast.If(body=[ast.Expr(value=ast.Call() as value)], orelse=[])], orelse=[]):
            return value
        case ast.For(body=[ast.Expr(value=ast.Call() as value)]) | ast.If(body=[ast.Expr(value=ast.Call() as value)]):
            return value if not node.orelse else None
    return None


def as_loop(random: Random, tree: ast.Module) -> bool:
    """`x = []` and a loop that appends instead of a comprehension; items of a display one by one."""
    found = [(body, at, node) for body, at in places(tree, ast.Assign) if isinstance(node := body[at], ast.Assign)]
    kinds = (ast.ListComp, ast.List)
    chosen = some(random, [each for each in found if isinstance(each[2].value, kinds) and len(each[2].targets) == 1])
    for body, _, node in chosen:
        target, value = ast.unparse(node.targets[0]), node.value
        grown = statements(f"{target} = {random.choice(('[]', 'list()'))}")
        if isinstance(value, ast.ListComp) and len(value.generators) == 1:
            loop = value.generators[0]
            add: list[ast.stmt] = statements(f"{target}.append({ast.unparse(value.elt)})")
            for test in loop.ifs:
                add = [ast.If(test, add, [])]
            grown.append(ast.For(loop.target, loop.iter, add, []))
        elif isinstance(value, ast.List):
            forms = (f"{target}.append({{}})", f"{target} += [{{}}]", f"{target}.extend([{{}}])")
            for each in value.elts:
                grown += statements(random.choice(forms).format(ast.unparse(each)))
        else:
            continue
        at = body.index(node)
        body[at : at + 1] = grown
    return bool(chosen)


def loop_otherwise(random: Random, tree: ast.Module) -> bool:
    """Another way to the same elements: `named_modules()`, a local before the loop, `list`, `enumerate`, `*`."""
    found = [(body, at, node) for body, at in places(tree, ast.For) if isinstance(node := body[at], ast.For)]
    chosen = some(random, found)
    for body, _, node in chosen:
        target, source = ast.unparse(node.target), ast.unparse(node.iter)
        forms = [(target, f"list({source})"), (target, f"[*{source}]"), (f"i, {target}", f"enumerate({source})")]
        forms += [(target, f"(each for each in {source})"), (target, f"filter(None, {source})"), (target, "found")]
        for name in ("modules", "parameters", "children"):
            if source.endswith(f".{name}()"):
                new = source.removesuffix(f"{name}()") + f"named_{name}()"
                forms += [(f"name, {target}", new), (target, f"dict({new}).values()")]
        target, source = random.choice(forms)
        if source == "found":
            body.insert(body.index(node), ast.Assign([ast.Name("found", ast.Store())], node.iter))
        node.target, node.iter = statements(f"for {target} in x: pass")[0].target, expression(source)  # type: ignore[attr-defined]
    return bool(chosen)


def extract_method(random: Random, tree: ast.Module) -> bool:
    """The end of a method in a method of its own, or in a function of the module, that it calls."""
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found = [(node, each) for node in classes for each in node.body if isinstance(each, ast.FunctionDef)]
    found = [(node, each) for node, each in found if len(each.body) > 1 and each.args.args]
    if not found:
        return False
    class_, method = random.choice(found)
    receiver = method.args.args[0].arg
    at = random.randrange(1, len(method.body))
    arguments = deepcopy(method.args)
    given = "".join(f", {each.arg}" for each in arguments.args[1:])
    as_function = random.random() < 0.4
    (new,) = statements("def start_over(): pass")
    assert isinstance(new, ast.FunctionDef)
    new.args, new.body = arguments, method.body[at:]
    call = f"start_over({receiver}{given})" if as_function else f"{receiver}.start_over({given[2:]})"
    method.body[at:] = statements(call if as_function or method.name == "__init__" else f"return {call}")
    if as_function:
        tree.body.insert(random.choice((beginning(tree.body), len(tree.body))), new)
    else:
        class_.body.append(new)
    return True


def apply_otherwise(random: Random, tree: ast.Module) -> bool:
    """`x.apply(init)` as a loop, with a `lambda`, with `partial`, or by another name."""
    imports = imported(tree)
    found = []
    for body, at in places(tree, ast.Expr):
        match body[at]:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=model, attr="apply"), args=[function], keywords=[])):
                found.append((body, at, ast.unparse(model), function))
    chosen = some(random, [each for each in found if not qualified(each[3], imports)])
    for body, at, model, function in chosen:
        called = ast.unparse(function)
        forms = (
            *(f"{model}.apply(lambda m: {called}(m))", f"{model}.apply(fn={called})"),
            *(f"{model}.apply(functools.partial({called}))", f"for m in {model}.modules():\n    {called}(m)"),
            *(f"go = {called}", f"[{called}(m) for m in {model}.modules()]", f"nn.Module.apply({model}, {called})"),
        )
        form = random.choice(forms)
        body[at] = statements(form)[0]
        if form.startswith("go ="):
            body.insert(at + 1, statements(f"{model}.apply(go)")[0])
    return bool(chosen)


SHAPES: tuple[Spelling, ...] = (
    wrap_all,
    wrap_some,
    rename_self,
    decorate,
    stand_beside,
    ask_otherwise,
    negate,
    leave_early,
    as_match,
    as_expression,
    as_loop,
    loop_otherwise,
    extract_method,
    apply_otherwise,
)
