"""Init calls as `ast` has them: enough to say that a file leaves a rule nothing to judge. Knows words, and no meaning.

Whatever is doubtful counts as an init call with unknown arguments.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, partial

from initlint.facts.api.torch_init import DEPRECATED, INIT_MODULE, INITIALIZERS, METHODS, OTHER_NAMES, Draw, Initializer
from initlint.facts.premises.possible_parameters import may_be_parameter
from initlint.facts.premises.tree import Tree, last_name, root_name
from initlint.theory.gains import NONLINEARITIES

_MODULES = frozenset({"init", "initialization", "initialization_utils"})
"""The last parts of the names of modules that hold init functions."""

_FANS = (Draw.KAIMING_NORMAL, Draw.KAIMING_UNIFORM, Draw.XAVIER_NORMAL, Draw.XAVIER_UNIFORM)
_READ = frozenset(NONLINEARITIES)
_WORDS = {"mode": frozenset({"fan_in", "fan_out"}), "nonlinearity": _READ}


@dataclass(frozen=True, slots=True)
class InitCall:
    """A call that may be an init: the function with its underscore, and what its parameters are given.

    `given` is None where the arguments do not bind one by one.
    """

    name: str
    node: ast.Call
    given: Mapping[str, ast.expr] | None
    method: bool = False

    @property
    def draw(self) -> Draw:
        """The kind of law."""
        return self._initializer.draw

    @property
    def random(self) -> bool:
        """Whether it draws numbers."""
        return self._initializer.random

    @property
    def _initializer(self) -> Initializer:
        return INITIALIZERS.get(self.name) or METHODS[self.name]

    @property
    def tensor(self) -> ast.expr | None:
        """What is written, without `.data` and `.detach()`; None where that is not known."""
        if self.given is None:
            return None
        found = self.given.get("tensor")
        if self.method and isinstance(self.node.func, ast.Attribute):
            found = self.node.func.value
        while isinstance(found, ast.Attribute) and found.attr == "data":
            found = found.value
        if isinstance(found, ast.Call) and last_name(found.func) == "detach":
            return None
        return found

    @property
    def hidden(self) -> bool:
        """Whether `*args` or `**kwargs` hide what the parameters are given."""
        starred = any(isinstance(argument, ast.Starred) for argument in self.node.args)
        return starred or any(keyword.arg is None for keyword in self.node.keywords)

    @property
    def written(self) -> list[ast.expr]:
        """What may be written, without `.data` and `.detach()`, however the arguments bind."""
        if self.method:
            return [_stripped(self.node.func.value)] if isinstance(self.node.func, ast.Attribute) else []
        named = (each.value for each in self.node.keywords if each.arg == "tensor")
        return [_stripped(each) for each in (*self.node.args[:1], *named)]

    def holds(self, parameter: str) -> bool:
        """Whether a parameter is given, or may be."""
        return self.given is None or parameter in self.given

    def number(self, parameter: str) -> float | None:
        """The number that is written out for a parameter."""
        return number(self.given[parameter]) if self.given is not None and parameter in self.given else None

    def computed(self, *parameters: str, named: bool = True) -> bool:
        """Whether one of these parameters may be given more than a number that is written out.

        Unless `named`, what names take part in does not count.
        """
        if self.given is None:
            return True
        nodes = (self.given[name] for name in parameters if name in self.given)
        return any(number(node) is None and (named or not _has_name(node)) for node in nodes)


def _stripped(tensor: ast.expr) -> ast.expr:
    while True:
        match tensor:
            case ast.Attribute(value=inner, attr="data"):
                tensor = inner
            case ast.Call(func=ast.Attribute(value=inner, attr="detach" | "detach_")):
                tensor = inner
            case _:
                return tensor


def _has_name(node: ast.expr) -> bool:
    return any(isinstance(each, ast.Name) for each in ast.walk(node))


def number(node: ast.expr) -> float | None:
    """A number that is written out, with its sign."""
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case _:
            return None


@lru_cache(maxsize=1)
def init_calls(tree: Tree) -> tuple[InitCall, ...]:
    """The calls of a file that may be inits."""
    return tuple(_found(tree))


def _found(tree: Tree) -> Iterator[InitCall]:
    functions = frozenset((*INITIALIZERS, *DEPRECATED, *METHODS))
    for name in sorted(tree.spellings(*functions) & tree.calls.keys()):
        for target in sorted(tree.meanings(name) & functions):
            for node in tree.calls[name]:
                if name != target or name not in DEPRECATED or _is_of_torch(tree, node.func):
                    yield from _readings(tree, DEPRECATED.get(target, target), node)


def _is_of_torch(tree: Tree, function: ast.expr) -> bool:
    """Whether a name without underscore may be that of a function of `torch.nn.init`: other modules have such, too."""
    if isinstance(function, ast.Attribute):
        return last_name(function.value) in init_modules(tree)
    name = last_name(function)
    modules = (target.rpartition(".")[0].rpartition(".")[2] for bound, target in tree.imported if bound in (name, "*"))
    return not _MODULES.isdisjoint(modules) or any(
        isinstance(value, ast.Name) or (isinstance(value, ast.Attribute) and _is_of_torch(tree, value))
        for value in tree.values.get(name, ())
    )


def _readings(tree: Tree, name: str, node: ast.Call) -> Iterator[InitCall]:
    """A call as that of a function, as that of a method of a tensor, or as both where its spelling may be either."""
    holder = node.func.value if isinstance(node.func, ast.Attribute) else None
    module = holder is None or last_name(holder) in init_modules(tree)
    imported = holder is not None and root_name(holder) in tree.roots
    if name in INITIALIZERS and (name not in METHODS or module or imported):
        yield InitCall(name, node, _bound(node, ("tensor", *INITIALIZERS[name].parameters)))
    method = name in METHODS and name == last_name(node.func) and not module
    if method and holder is not None and may_be_parameter(tree, holder):
        yield InitCall(name, node, _bound(node, METHODS[name].parameters), method=True)


def _bound(node: ast.Call, parameters: tuple[str, ...]) -> dict[str, ast.expr] | None:
    if len(node.args) > len(parameters) or any(isinstance(argument, ast.Starred) for argument in node.args):
        return None
    found = dict(zip(parameters, node.args, strict=False))
    for keyword in node.keywords:
        if keyword.arg is None or keyword.arg not in parameters or keyword.arg in found:
            return None
        found[keyword.arg] = keyword.value
    return found


@lru_cache(maxsize=1)
def init_modules(tree: Tree) -> frozenset[str]:
    """Names that modules of init functions go by in a file."""
    return tree.spellings(*_MODULES)


def may_be_unknown(tree: Tree) -> bool:
    """Whether a file may ask a module of init functions for what it does not have."""
    may_be_of_torch = cache(partial(_may_be_of_torch, tree))
    for name in init_modules(tree):
        for node in (*tree.names.get(name, ()), *tree.attributes.get(name, ())):
            if not may_be_of_torch(root_name(node)):
                continue
            around = tree.parents[node]
            of_torch = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            if of_torch and "torch" in tree.meanings(node.value.id):
                return True
            if isinstance(around, ast.Attribute) and not _is_known(around.attr):
                return True
    imported = ((target, *target.rpartition(".")[::2]) for _, target in tree.imported)
    return any(
        "torch.init" in (target, module) or (module == INIT_MODULE and not _is_known(name))
        for target, module, name in imported
    )


def _is_known(name: str) -> bool:
    return name.startswith("_") or name in INITIALIZERS or name in DEPRECATED or name in OTHER_NAMES


def _may_be_of_torch(tree: Tree, name: str) -> bool:
    """Whether a name may stand for torch or something in it: by an import, an assignment or a star import."""
    if name in tree.values:
        return True
    roots = ((bound, target.partition(".")[0]) for bound, target in tree.imported)
    return any(root == "torch" if bound == name else bound == "*" and root in ("torch", "") for bound, root in roots)


def may_be_deprecated(tree: Tree) -> bool:
    """Whether a file may use a deprecated name of an init function."""
    modules = init_modules(tree)
    used = (node for name in DEPRECATED for node in tree.attributes.get(name, ()))
    targets = (target.rpartition(".") for _, target in tree.imported)
    imported = {name for module, _, name in targets if module.rpartition(".")[2] in _MODULES}
    named = tree.names if "*" in imported else imported
    return any(last_name(node.value) in modules for node in used) or any(name in named for name in DEPRECATED)


def may_have_std_for_mean(tree: Tree) -> bool:
    """Whether a normal law may be given a mean, and no std beside it."""
    normal = (call for call in init_calls(tree) if call.draw in (Draw.NORMAL, Draw.TRUNC_NORMAL))
    return any(
        call.given is None or (call.holds("mean") and not call.holds("std") and call.number("mean") != 0)
        for call in normal
    )


def may_have_bounds(tree: Tree) -> bool:
    """Whether the mean of a normal law may be negative, as the lower bound of a symmetric interval is."""
    normal = (call for call in init_calls(tree) if call.draw is Draw.NORMAL)
    return any(call.computed("mean") or (call.number("mean") or 0) < 0 for call in normal)


def may_be_meaningless(tree: Tree) -> bool:
    """Whether a number that is written out may be one that means nothing to `trunc_normal_` or `sparse_`."""
    return any(
        call.draw is Draw.SPARSE or call.computed("std", named=False) or (call.number("std") or 1) < 0
        for call in init_calls(tree)
        if call.draw in (Draw.SPARSE, Draw.TRUNC_NORMAL)
    )


def may_be_scaled(tree: Tree) -> bool:
    """Whether the scale of a normal law may be computed by hand."""
    return any(call.computed("std") for call in init_calls(tree) if call.draw in (Draw.NORMAL, Draw.TRUNC_NORMAL))


def may_be_misread(tree: Tree) -> bool:
    """Whether an argument of an initialiser with a fan, or of `calculate_gain`, may be of another kind than asked."""
    gains = tree.called("calculate_gain")
    if any(len(call.args) != 1 or not _is_word(call.args[0], _READ) for call in gains):
        return True
    scaled = (call for call in init_calls(tree) if call.draw in (*_FANS, Draw.ORTHOGONAL))
    return any(call.computed("a", "gain") or _is_misspelled(call) for call in scaled)


def _is_misspelled(call: InitCall) -> bool:
    given = call.given or {}
    return any(not _is_word(given[name], words) for name, words in _WORDS.items() if name in given)


def may_have_slope(tree: Tree) -> bool:
    """Whether an initialiser may be given a slope."""
    return any(call.holds("a") for call in init_calls(tree) if call.draw in (Draw.KAIMING_NORMAL, Draw.KAIMING_UNIFORM))


def may_be_one_sided(tree: Tree) -> bool:
    """Whether a uniform law may be given a lower bound that is not the negative of something."""
    uniform = (call for call in init_calls(tree) if call.draw is Draw.UNIFORM)
    return any(call.given is None or not _is_negative(call) for call in uniform)


def _is_negative(call: InitCall) -> bool:
    given = call.given or {}
    low = given.get("a", given.get("from"))
    two = len(given.keys() & {"a", "b", "from", "to"}) == 2
    return low is None or (two and isinstance(low, ast.UnaryOp) and isinstance(low.op, ast.USub))


def _is_word(node: ast.expr, words: frozenset[str]) -> bool:
    return isinstance(node, ast.Constant) and node.value in words


_INIT_WORDS = ("init", "reset", "xavier", "kaiming", "normal", "uniform", "load", "copy")


def says_init(name: str) -> bool:
    """Whether the name of a function says that it may write first values."""
    return name != "__init__" and any(word in name.lower() for word in _INIT_WORDS)
