"""Low-rank pairs: two parameters, or two linear layers, of one class that are only ever used as the product of both."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.execution.bases import is_module
from initlint.facts.execution.running import nodes_of
from initlint.facts.meaning.modules import self_attribute
from initlint.facts.premises.products import Products
from initlint.facts.premises.tree import Tree, last_name
from initlint.facts.premises.writing import Writing
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Block, Call, Class, Function, Write

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite

_ZEROING = frozenset({"zeros_", "zero_"})
_FILLING = frozenset({"constant_", "fill_"})
_DESCRIBING = frozenset(
    {
        *("shape", "size", "dtype", "device", "dim", "ndim", "numel", "in_features", "out_features", "grad"),
        "requires_grad",
    }
)
_REACHING = ("parameters", "named_parameters", "modules", "named_modules", "children", "named_children", "apply")
"""Methods of a module by which code may write all of its parameters."""


@dataclass(frozen=True, slots=True, eq=False)
class Zeroed:
    """A factor that is made zero: its attribute, the tensor as it is spelled, the expression that does it."""

    name: str
    tensor: str
    node: cst.BaseExpression
    block: Block


@dataclass(frozen=True, slots=True, eq=False)
class ZeroPair:
    """Two factors that are both zero; `first` is the one that is zeroed first."""

    first: Zeroed
    second: Zeroed


def zero_pairs(file: File) -> Iterator[ZeroPair]:
    """The low-rank pairs of which one method zeroes both factors, where nothing else writes them."""
    sites = {site.node: site for site in file.sites}
    for class_ in file.classes:
        for method in class_.methods.values():
            zeroed = [each for event in method.events for each in _zeroed(file, method, event, sites)]
            for one, other in combinations(zeroed, 2):
                together = one.block in other.block.path() or other.block in one.block.path()
                if one.name == other.name or not together or not is_module(file, class_):
                    continue
                if _Factors(file, class_, one.name, other.name).are_a_product():
                    yield ZeroPair(one, other)


def _zeroed(file: File, method: Function, event: object, sites: dict[cst.Call, InitSite]) -> Iterator[Zeroed]:
    """The factor that an event zeroes: an init of `self.x` or `self.x.weight`, or `self.x = Parameter(zeros(…))`."""
    match event:
        case Call(node=node, block=block) if node in sites:
            site = sites[node]
            value = site.number(site.initializer.parameters[0]) if site.name in _FILLING else None
            target = site.target
            if target is None or not (site.name in _ZEROING or value == 0):
                return
            layer = target.owner if target.attribute == "weight" else None
            name = self_attribute(target.tensor, method) or (
                self_attribute(layer, method) if layer is not None else None
            )
            if name is not None:
                yield Zeroed(name, target.text, node, block)
        case Write(target=target_node, value=cst.Call(args=[data, *_]) as value, env=env, block=block):
            name = self_attribute(target_node, method)
            made = data.value
            zeros = isinstance(made, cst.Call) and file.names.qualified(made.func, env) == "torch.zeros"
            if name is not None and zeros and file.names.qualified(value.func, env) == "torch.nn.Parameter":
                yield Zeroed(name, text.code(target_node), value, block)


class _Factors:
    """Two attributes of a class, in the whole file."""

    def __init__(self, file: File, class_: Class, one: str, other: str) -> None:
        self.file, self.class_ = file, class_
        self.tree: Tree = file.tree
        self.writing = Writing(file.tree)
        self.products = Products(file.tree, self.drops_out)
        self.nodes = nodes_of(file, class_)
        self.one, self.other = self.uses(one), self.uses(other)
        self.names = one, other

    def are_a_product(self) -> bool:
        """Whether nothing but zeros is written to either, and every use is a product of both."""
        if not self.one or not self.other or self.may_be_drawn_together():
            return False
        if self.covers(self.one, self.other, self.names[1]):
            return self.maps_zero_to_zero(self.names[1])
        return self.covers(self.other, self.one, self.names[0]) and self.maps_zero_to_zero(self.names[0])

    def may_be_drawn_together(self) -> bool:
        """Whether a method of the class walks over all parameters or layers, and may write both factors again."""
        walks = [node for name in _REACHING for node in self.tree.attributes.get(name, ()) if self.tree.is_own(node)]
        return any(method[0] in self.nodes for node in walks if (method := self.tree.method(node)) is not None)

    def maps_zero_to_zero(self, name: str) -> bool:
        """Whether the inner factor is a parameter, or a layer without a bias of its own."""
        built = self.file.modules.built(self.class_, name)
        return all(each.layer is None or each.layer.has("bias") is False for each in built)

    def uses(self, name: str) -> list[ast.Attribute] | None:
        """The places that read an attribute; None where one may write other values than zeros."""
        found = []
        for node in self.tree.attributes.get(name, ()):
            around = self.tree.method(node)
            own = self.tree.is_own(node) and around is not None
            if (own and around is not None and around[0] not in self.nodes) or isinstance(node.ctx, ast.Store):
                continue
            tensor = self.tensor(node)
            if self.writing.may_write(tensor):
                if not own or not _zeroes(self.tree, tensor):
                    return None
            elif not self.describes(tensor):
                if not own:
                    return None
                found.append(node)
        return found

    def tensor(self, node: ast.Attribute) -> ast.expr:
        """`self.x.weight` around `self.x`, where that is a layer."""
        parent = self.tree.parents[node]
        return parent if isinstance(parent, ast.Attribute) and parent.attr == "weight" else node

    def describes(self, node: ast.expr) -> bool:
        parent = self.tree.parents[node]
        return isinstance(parent, ast.Attribute) and parent.attr in _DESCRIBING

    def covers(self, inner: list[ast.Attribute], outer: list[ast.Attribute], name: str) -> bool:
        """Whether each use of one factor is multiplied with the other, and that takes all uses of the other."""
        met: set[ast.AST] = set()
        for use in inner:
            found = self.products.factors(use, name)
            if not found:
                return False
            met |= found
        return met.issuperset(outer)

    def drops_out(self, function: ast.expr) -> bool:
        """`F.dropout`, or `self.dropout` where that is a dropout layer."""
        if self.tree.qualified(function) == "torch.nn.functional.dropout":
            return True
        writes = self.file.modules.writes(self.class_).get(last_name(function), [])
        made = [(write.value, write.env) for write in writes if isinstance(write.value, cst.Call)]
        names = [self.file.names.qualified(call.func, env) for call, env in made if isinstance(call, cst.Call)]
        return bool(names) and all(each in ("torch.nn.Dropout", "torch.nn.Identity") for each in names)


def _zeroes(tree: Tree, node: ast.expr) -> bool:
    """Whether the call that writes a tensor fills it with zeros."""
    for around in tree.around(node):
        if isinstance(around, ast.Call):
            name = (tree.qualified(around.func) or last_name(around.func)).rpartition(".")[2]
            filled = name in _FILLING and any(isinstance(a, ast.Constant) and a.value == 0 for a in around.args)
            return name in _ZEROING or filled
    return False
