"""`File`: the facts of one file, derived from the reader's record on demand; what a rule's check is given."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.versions import TorchVersion, TransformersVersion
from initlint.facts.meaning.construction import Builder, LayerCall
from initlint.facts.meaning.guards import Guards, Presence
from initlint.facts.meaning.modules import Modules
from initlint.facts.meaning.names import Names
from initlint.facts.meaning.values import Values
from initlint.facts.networks.activations import Activations, Slope
from initlint.facts.networks.inventory import Inventory
from initlint.facts.networks.sequence import followers
from initlint.facts.networks.uses import Uses
from initlint.facts.premises.tree import Tree
from initlint.facts.project import Elsewhere
from initlint.facts.reading import text
from initlint.facts.reading.reader import read
from initlint.facts.reading.scopes import Assignment, Block, Branch, Call, Class, Function, Record, Scope, Write
from initlint.facts.scales.fans import Misnamed, misnamed_fans
from initlint.facts.scales.kernels import Kernels
from initlint.facts.sites.helpers import HelperCall, helper_calls
from initlint.facts.sites.sites import InitSite, UnknownInit, init_sites, unknown_inits
from initlint.facts.sites.targets import Targets

if TYPE_CHECKING:
    from initlint.facts.execution.trees import Trees


@dataclass(frozen=True, slots=True)
class FactOptions:
    """What is known from outside the file.

    The configuration gives more modules with torch's init signatures and the versions of torch and transformers, the
    files that are checked beside it what those say (None where it is checked alone). `tree` gives the whole file
    where the module is a part of it.
    """

    init_modules: tuple[str, ...] = ()
    torch_version: str | None = None
    transformers_version: str | None = None
    elsewhere: Elsewhere | None = None
    tree: Callable[[], Tree] | None = field(default=None, repr=False)


class File:
    """The facts of one file."""

    def __init__(self, module: cst.Module, options: FactOptions | None = None) -> None:
        self.options = options or FactOptions()
        self.torch = TorchVersion(self.options.torch_version)
        self.transformers = TransformersVersion(self.options.transformers_version)
        self.elsewhere = self.options.elsewhere
        self.record: Record = read(module)
        self.names = Names(self.record.star_imports)
        self.values = Values(self.names)
        self.guards = Guards(self.names, self.values)
        self.builder = Builder(self.names, self.values)
        self.modules = Modules(self.builder)
        self.targets = Targets(self.guards, self.builder, self.modules)

    @cached_property
    def tree(self) -> Tree:
        """The whole file, what is left out of the module included."""
        return self.options.tree() if self.options.tree is not None else Tree(ast.parse(self.record.node.code))

    @property
    def classes(self) -> list[Class]:
        """Classes in the order of the source, nested ones included."""
        return self.record.classes

    @property
    def functions(self) -> list[Function]:
        """Functions and methods in the order of the source, nested ones included."""
        return self.record.functions

    @cached_property
    def imports_torch(self) -> bool:
        """Whether the file imports torch, or a module whose init functions have torch's signatures."""
        return any(self._torch_root(name) for name in self.record.imports)

    @cached_property
    def sites(self) -> tuple[InitSite, ...]:
        """The init sites in the order of the source."""
        return tuple(init_sites(self))

    @cached_property
    def unknown_inits(self) -> tuple[UnknownInit, ...]:
        """Calls of names that `torch.nn.init` does not have."""
        return tuple(unknown_inits(self))

    @cached_property
    def written(self) -> frozenset[str]:
        """The qualified names of attributes of other modules that the file assigns."""
        scopes: tuple[Scope, ...] = (self.record.module, *self.record.classes, *self.record.functions)
        writes = (event for scope in scopes for event in scope.events if isinstance(event, Write))
        names = (self.names.qualified(write.target, write.env) for write in writes)
        return frozenset(name for name in names if name is not None)

    @cached_property
    def layer_calls(self) -> tuple[tuple[Call, LayerCall], ...]:
        """Constructor calls of torch layers in the order of the source."""
        found = ((call, self.builder.layer_call(call.node, call.env)) for call in self.record.calls)
        return tuple((call, layer) for call, layer in found if layer is not None)

    @cached_property
    def kernels(self) -> Kernels:
        """The kernels of the convolutions that the file builds."""
        return Kernels(self)

    @cached_property
    def _assignments(self) -> dict[cst.BaseExpression, Assignment]:
        return {assignment.value: assignment for assignment in self.record.assignments}

    def assignment_of(self, value: cst.BaseExpression) -> Assignment | None:
        """The assignment of a value to a plain name."""
        return self._assignments.get(value)

    @cached_property
    def calls_named(self) -> dict[str, list[Call]]:
        """The calls by the last part of the dotted name of what is called, in the order of the source."""
        found: dict[str, list[Call]] = {}
        for call in self.record.calls:
            found.setdefault((text.dotted(call.node.func) or "").rpartition(".")[2], []).append(call)
        return found

    def calls_of(self, *qualified: str) -> Iterator[Call]:
        """The calls of functions with these qualified names."""
        wanted = frozenset(qualified)
        last = {name.rpartition(".")[2] for name in wanted}
        for call in self.record.calls:
            function = call.node.func
            if isinstance(function, cst.Attribute) and function.attr.value not in last:
                continue
            if self.names.qualified(function, call.env) in wanted:
                yield call

    @cached_property
    def misnamed_fans(self) -> tuple[Misnamed, ...]:
        """Locals named after one fan that hold the other."""
        return tuple(misnamed_fans(self))

    @cached_property
    def helper_calls(self) -> tuple[HelperCall, ...]:
        """Calls of init helpers that take a module."""
        return tuple(helper_calls(self))

    @cached_property
    def uses(self) -> Uses:
        """How the classes of the file use their parameters."""
        return Uses(self)

    @cached_property
    def trees(self) -> Trees:
        """The modules that the expressions of the file stand for, with everything in them."""
        from initlint.facts.execution.trees import Trees

        return Trees(self)

    @cached_property
    def inventory(self) -> Inventory:
        """The layers that the file builds."""
        return Inventory(self)

    @cached_property
    def activations(self) -> Activations:
        """The rectifiers of the file."""
        return Activations(self)

    def slope_at(self, block: Block, *, own: bool = False) -> Slope | None:
        """The one slope of the rectifiers behind the layers that an init at a place reaches; None where that is open.

        In a class with rectifiers those are its own, and unless only its own layers are reached (`own`) also those of
        the classes that it builds; elsewhere all of the file. Where a normalisation or a rescaling stands among them,
        the slope cannot matter: None as well.
        """
        classes = self._behind(block, own=own)
        return None if self.activations.scale_free(classes) else self.activations.slope(classes)

    def slope_behind(self, class_: Class, name: str) -> Slope | None:
        """The one slope of the rectifiers of a class, first those that take the output of the layer `self.<name>`.

        Both the rectifier behind a layer and the one in front of it bear on its gain, so those of the whole class must
        agree. None where a normalisation or a rescaling stands in the class.
        """
        slope = self.activations.slope({class_}) if not self.activations.scale_free({class_}) else None
        following = self.activations.slope_of(followers(self, class_, name))
        if slope is None or following is None:
            return slope
        return Slope(slope.value, tuple(dict.fromkeys((*following.uses, *slope.uses))))

    def activations_at(self, block: Block, *, own: bool = False) -> dict[str, cst.BaseExpression]:
        """The activations behind the layers that an init at a place reaches, as `slope_at` finds them, with their use.

        Empty where the gain cannot matter.
        """
        classes = self._behind(block, own=own)
        return {} if self.activations.scale_free(classes) else self.activations.used(classes)

    def class_around(self, block: Block) -> Class | None:
        """The class around a place."""
        scope: Scope | None = block.scope
        while scope is not None and not isinstance(scope, Class):
            scope = scope.outer
        return scope

    def in_no_grad(self, block: Block) -> bool:
        """Whether no gradient is recorded at a place: in `with torch.no_grad()`, in a function decorated with it."""
        scope = block.scope
        decorators = scope.node.decorators if isinstance(scope, Function) else ()
        switches = [decorator.decorator for decorator in decorators]
        for each in block.path():
            if each.branch is Branch.WITH and isinstance(each.node, cst.With):
                switches += [item.item for item in each.node.items]
        called = (switch.func if isinstance(switch, cst.Call) else switch for switch in switches)
        return any(self.names.qualified(name, block.env) in _NO_GRAD for name in called)

    def tolerated(self, event: Call | Write) -> bool:
        """Whether a failure of a call or assignment is expected: in a `try`, a `suppress` or a `pytest.raises`."""
        return any(block.branch is Branch.TRY or _expects_failure(block) for block in event.block.path())

    def asked_for(self, call: Call, name: str) -> bool:
        """Whether a test on the way to a call asks with `hasattr` whether the function is there."""
        return any(guard.subject.endswith(f".{name}") for guard in self.guards.of_kind(call.block, Presence))

    def users(self, function: Scope) -> set[Class]:
        """The classes that call a function of the file or pass it on."""
        return {
            class_
            for call in self.record.calls
            if (class_ := self.class_around(call.block)) is not None
            and function in {self.names.definition(node, call.env) for node in _named(call.node)}
        }

    def built_from(self, classes: Iterable[Class]) -> set[Class]:
        """Classes and the classes of the file that they build, transitively."""
        found = set(classes)
        pending = list(found)
        while pending:
            for method in pending.pop().methods.values():
                for event in method.events:
                    built = self.names.definition(event.node.func, event.env) if isinstance(event, Call) else None
                    if isinstance(built, Class) and built not in found:
                        found.add(built)
                        pending.append(built)
        return found

    def _behind(self, block: Block, *, own: bool) -> set[Class] | None:
        """The classes whose activations stand behind the layers that an init at a place reaches; None for the file."""
        class_ = self.class_around(block)
        if class_ is not None and own and self.activations.used_in({class_}):
            return {class_}
        users = {class_} if class_ is not None else self.users(block.scope)
        found = self.built_from(users)
        return found if self.activations.used_in(users if class_ is not None else found) else None

    def _torch_root(self, name: str) -> bool:
        root = name.partition(".")[0]
        return root in _TORCH_ROOTS or name.startswith("..") or name in self.options.init_modules


def _named(call: cst.Call) -> Iterator[cst.BaseExpression]:
    """What is called, and what is passed."""
    yield call.func
    yield from (argument.value for argument in call.args)


def _expects_failure(block: Block) -> bool:
    """Whether a block is the body of `with suppress(…)`, `with pytest.raises(…)` or unittest's `assertRaises`."""
    items = block.node.items if block.branch is Branch.WITH and isinstance(block.node, cst.With) else ()
    called = (item.item.func for item in items if isinstance(item.item, cst.Call))
    return any((text.dotted(function) or "").rpartition(".")[2] in _FAILURE_EXPECTED for function in called)


_NO_GRAD = frozenset({"torch.no_grad", "torch.inference_mode", "torch.autograd.no_grad"})
_FAILURE_EXPECTED = frozenset({"suppress", "raises", "assertRaises", "assertRaisesRegex"})
_TORCH_ROOTS = frozenset({"torch", "transformers", "timm", "mmcv", "mmengine"})
