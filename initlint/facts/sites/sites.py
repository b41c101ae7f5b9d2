"""Init sites: the calls that write a tensor's first values, with bound arguments, target and guards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import LayerKind
from initlint.facts.api.torch_init import (
    DEPRECATED,
    INIT_MODULE,
    INITIALIZERS,
    METHODS,
    OTHER_NAMES,
    SAME_FUNCTIONS,
    SAME_SIGNATURES,
    Initializer,
)
from initlint.facts.reading import text
from initlint.facts.reading.imports import canonical
from initlint.facts.reading.inside import inside
from initlint.facts.reading.scopes import Call, Class, Function, Imported, Joined

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.meaning.guards import Guard
    from initlint.facts.meaning.values import Literal
    from initlint.facts.sites.targets import Target
    from initlint.theory.scale import Scale


class Form(StrEnum):
    """How an initialiser is called."""

    FUNCTION = "function"
    METHOD = "method"


@dataclass(eq=False)
class InitSite:
    """A call of an initialiser.

    `name` is the function's name as torch has it today, `spelled` as the source has it (`normal` for `normal_`).
    `slots` are the arguments by parameter, the tensor under `"tensor"`; None where `*args` or `**kwargs` hide them.
    """

    file: File
    call: Call
    initializer: Initializer
    form: Form
    spelled: str
    slots: Mapping[str, cst.Arg] | None

    @property
    def node(self) -> cst.Call:
        """The call."""
        return self.call.node

    @property
    def name(self) -> str:
        """The initialiser's name."""
        return self.initializer.name

    @cached_property
    def target(self) -> Target | None:
        """The tensor that is written."""
        node = self.tensor
        return self.file.targets.resolve(node, self.call.env, self.call.block) if node is not None else None

    @property
    def on_matrix(self) -> bool:
        """Whether the tensor is the weight of linear and convolutional layers only."""
        target = self.target
        if target is None or target.attribute != "weight" or not target.layers:
            return False
        return all(layer.kind in (LayerKind.LINEAR, LayerKind.CONV) for layer in target.layers)

    @property
    def tensor(self) -> cst.BaseExpression | None:
        """The expression that is written: the first argument, or what the method is called on."""
        if self.form is Form.METHOD:
            assert isinstance(self.node.func, cst.Attribute)
            return self.node.func.value
        return self.given("tensor")

    @cached_property
    def guards(self) -> tuple[Guard, ...]:
        """The tests on the way to the call, innermost first."""
        return tuple(self.file.guards.around(self.call.block))

    @property
    def function(self) -> Function | None:
        """The function that the call stands in."""
        scope = self.call.block.scope
        return scope if isinstance(scope, Function) else None

    @property
    def class_(self) -> Class | None:
        """The class whose method, or function inside a method, the call stands in."""
        return self.file.class_around(self.call.block)

    @property
    def tolerated(self) -> bool:
        """Whether a failure of the call is expected: it stands in a `try`, or `hasattr` asks for its function."""
        return self.file.tolerated(self.call) or self.file.asked_for(self.call, self.spelled)

    @property
    def stands_alone(self) -> bool:
        """Whether the call is a statement on a line of its own, so that the statement can be put under a header."""
        line = self.file.record.statements.get(self.call.statement)
        return self.call.discarded and line is not None and len(line.body) == 1

    def given(self, parameter: str) -> cst.BaseExpression | None:
        """The expression passed for a parameter; None where nothing is."""
        argument = self.slots.get(parameter) if self.slots is not None else None
        return argument.value if argument is not None else None

    def positional(self, parameter: str) -> bool:
        """Whether a parameter is filled by position."""
        argument = self.slots.get(parameter) if self.slots is not None else None
        return argument is not None and argument.keyword is None

    def absent(self, parameter: str) -> bool:
        """Whether a parameter is certainly left at its default; in a call with surplus arguments none is."""
        return self.slots is not None and parameter not in self.slots and not self.surplus

    @property
    def surplus(self) -> tuple[cst.Arg, ...]:
        """The arguments that the initialiser does not take: unknown keywords, too many positions."""
        accepts, slots = self.file.torch.accepts, self.slots or {}
        return tuple(argument for name, argument in slots.items() if not accepts(self.initializer, name))

    @property
    def missing(self) -> tuple[str, ...]:
        """The parameters that must be given and are not; none where `*args` or `**kwargs` may hold them."""
        required = ("tensor", *self.initializer.required) if self.form is Form.FUNCTION else self.initializer.required
        return tuple(name for name in required if self.slots is not None and name not in self.slots)

    @property
    def reads_slope(self) -> bool:
        """Whether the slope `a` is read: `leaky_relu` is the nonlinearity, by default or by name."""
        default = self.absent("nonlinearity") or self.string("nonlinearity") == "leaky_relu"
        return self.initializer.uses_slope and default

    @property
    def is_torch(self) -> bool:
        """Whether it is torch's own function or method, or one of transformers with exactly its signature."""
        qualified = self.file.names.qualified(self.node.func, self.call.env) or ""
        return self.form is Form.METHOD or qualified.rpartition(".")[0] in (INIT_MODULE, *SAME_SIGNATURES)

    def literal(self, parameter: str, *, defaults: bool = False) -> Literal | None:
        """The constant passed for a parameter; None where nothing or no constant is."""
        given = self.given(parameter)
        return self.file.values.literal(given, self.call.env, defaults=defaults) if given is not None else None

    def number(self, parameter: str, *, defaults: bool = False) -> float | None:
        """The number passed for a parameter."""
        given = self.given(parameter)
        return self.file.values.number(given, self.call.env, defaults=defaults) if given is not None else None

    def written_number(self, parameter: str) -> float | None:
        """The number written out at the call; None for a name, whose value a test on the way may rule out."""
        given = self.given(parameter)
        return None if given is None or inside(given, cst.Name) else self.number(parameter)

    def string(self, parameter: str, *, defaults: bool = False) -> str | None:
        """The string passed for a parameter."""
        given = self.given(parameter)
        return self.file.values.string(given, self.call.env, defaults=defaults) if given is not None else None

    def scale(self, parameter: str) -> Scale | None:
        """The value passed for a parameter as a symbolic product."""
        given = self.given(parameter)
        return self.file.values.scale(given, self.call.env) if given is not None else None


@dataclass(eq=False)
class UnknownInit:
    """A call of a name that `torch.nn.init` (or `torch.init`, which does not exist) is asked for and does not have."""

    call: Call
    qualified: str
    imported: bool
    """Whether an import asks for what is not there, so that it already raises."""

    @property
    def name(self) -> str:
        """The last part of the name."""
        return self.qualified.rpartition(".")[2]


def init_sites(file: File) -> Iterator[InitSite]:
    """The init sites of a file in the order of the source."""
    if not file.imports_torch:
        return
    modules = (INIT_MODULE, *SAME_SIGNATURES, *file.options.init_modules)
    for call in file.record.calls:
        site = _function_site(file, call, modules) or _method_site(file, call)
        if site is not None:
            yield site


def unknown_inits(file: File) -> Iterator[UnknownInit]:
    """Calls of `torch.nn.init.<name>` where torch has no such name and this file puts none there."""
    for call in file.record.calls:
        qualified = file.names.qualified(call.node.func, call.env)
        module, _, name = (qualified or "").rpartition(".")
        if qualified is None or module not in (INIT_MODULE, _NO_MODULE) or _known(name, module):
            continue
        root = _root_name(call.node.func)
        binding = call.env.lookup(root) if root is not None else None
        if not isinstance(binding, Joined) and qualified not in file.written:
            asked = canonical(binding.name) if isinstance(binding, Imported) else ""
            yield UnknownInit(call, qualified, asked in (qualified, _NO_MODULE))


_NO_MODULE = "torch.init"
"""A module that torch does not have and that `torch.nn.init` is mistaken for."""


def _known(name: str, module: str) -> bool:
    return module == INIT_MODULE and (
        name in INITIALIZERS or name in DEPRECATED or name in OTHER_NAMES or name.startswith("_")
    )


def _root_name(node: cst.BaseExpression) -> str | None:
    while isinstance(node, cst.Attribute):
        node = node.value
    return node.value if isinstance(node, cst.Name) else None


def _function_site(file: File, call: Call, modules: tuple[str, ...]) -> InitSite | None:
    name = text.last_name(call.node.func)
    if name is None:
        return None
    qualified = file.names.qualified(call.node.func, call.env)
    if qualified is None:
        return None
    module, _, name = qualified.rpartition(".")
    function = SAME_FUNCTIONS.get(qualified)
    if function is None and module in modules:
        function = DEPRECATED.get(name, name) if module == INIT_MODULE else name
    initializer = INITIALIZERS.get(function) if function is not None else None
    if initializer is None:
        return None
    slots = text.argument_slots(call.node, ("tensor", *initializer.parameters))
    return InitSite(file, call, initializer, Form.FUNCTION, name, slots)


def _method_site(file: File, call: Call) -> InitSite | None:
    """`w.data.normal_(…)` on what is a parameter for certain; noise tensors and masks are none."""
    function = call.node.func
    if not isinstance(function, cst.Attribute) or function.attr.value not in METHODS:
        return None
    initializer = METHODS[function.attr.value]
    slots = text.argument_slots(call.node, initializer.parameters)
    site = InitSite(file, call, initializer, Form.METHOD, initializer.name, slots)
    target = site.target
    return site if target is not None and target.is_parameter else None
