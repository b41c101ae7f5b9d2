"""What an expression builds: layers with their arguments, containers, reparametrised layers, own classes, tensors."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import libcst as cst

from initlint.facts.api.layers import LAYERS, Layer, LayerKind
from initlint.facts.api.reparametrisations import REPARAMETRISATIONS, TRANSPARENT
from initlint.facts.meaning.names import Names
from initlint.facts.meaning.values import Literal, Values
from initlint.facts.reading import text
from initlint.facts.reading.scopes import (
    Argument,
    Assigned,
    Augmented,
    Binding,
    Call,
    Class,
    Env,
    Function,
    Joined,
    Looped,
    Opaque,
    Returned,
)

_STEPS = 8


@dataclass(frozen=True, slots=True, eq=False)
class LayerCall:
    """A call of a torch layer's constructor."""

    node: cst.Call
    layer: Layer
    slots: dict[str, cst.Arg] | None
    env: Env
    values: Values

    def given(self, parameter: str) -> cst.BaseExpression | None:
        """The expression passed for a parameter."""
        argument = self.slots.get(parameter) if self.slots is not None else None
        return argument.value if argument is not None else None

    def literal(self, parameter: str) -> Literal | None:
        """The constant passed for a parameter; None where nothing or no constant is passed."""
        given = self.given(parameter)
        return self.values.literal(given, self.env) if given is not None else None

    def number(self, parameter: str) -> float | None:
        """The number passed for a parameter."""
        given = self.given(parameter)
        return self.values.number(given, self.env) if given is not None else None

    def has(self, attribute: str) -> bool | None:
        """Whether the layer's `weight` or `bias` is a parameter; None where that is not settled."""
        if self.layer.dims(attribute) is None:
            return False
        if self.slots is None:
            return None
        flags = self.layer.flags(attribute)
        found = [self.literal(flag) if flag in self.slots else Literal(default) for flag, default in flags.items()]
        if any(each is not None and not each.value for each in found):
            return False
        return None if None in found else True


Choice = tuple[cst.BaseExpression, bool, Env]
"""The test of a conditional that chooses something, whether it does so by failing, and the names in force there."""


@dataclass(frozen=True, slots=True, eq=False)
class Wrap:
    """A reparametrisation around a layer.

    `certain` is false where the wrapper may be another function, or the layer none; `choice` says when, if that is one
    conditional.
    """

    node: cst.Call
    qualified: str
    certain: bool = True
    choice: Choice | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """What an expression builds; nothing that is known if all fields are empty.

    The elements of a container stand at their index if it is `counted`; otherwise a loop or a branch adds some of them.
    `called` is the qualified name of an unknown function or class whose result it is.
    """

    node: cst.BaseExpression
    layer: LayerCall | None = None
    class_: Class | None = None
    container: str | None = None
    elements: tuple[Built, ...] = ()
    wraps: tuple[Wrap, ...] = ()
    unknown: bool = False
    counted: bool = True
    called: str | None = None

    def leaves(self) -> tuple[Built, ...]:
        """The layers, own modules and unknown things inside, containers opened."""
        if self.container is None:
            return (self,)
        return tuple(leaf for element in self.elements for leaf in element.leaves())


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A tensor or parameter that the source makes: the expressions of its shape, outermost call first."""

    node: cst.BaseExpression
    shape: tuple[cst.BaseExpression, ...] | None
    parameter: bool
    factory: str = ""
    env: Env | None = field(default=None)


_FACTORIES = frozenset(
    {
        "torch.empty", "torch.zeros", "torch.ones", "torch.rand", "torch.randn", "torch.Tensor", "torch.FloatTensor",
        "torch.HalfTensor", "torch.DoubleTensor", "torch.cuda.FloatTensor", "torch.full",
    }
)  # fmt: skip
_SIZED_ONLY = frozenset({"torch.Tensor", "torch.FloatTensor", "torch.HalfTensor", "torch.DoubleTensor"})
_PARAMETERS = frozenset({"torch.nn.Parameter", "torch.nn.UninitializedParameter"})


class Builder:
    """Reads constructions with the names in force."""

    def __init__(self, names: Names, values: Values) -> None:
        self._names = names
        self._values = values
        self._open: set[Assigned] = set()

    def build(self, node: cst.BaseExpression, env: Env, steps: int = _STEPS) -> Built:
        """What an expression builds."""
        if steps == 0:
            return Built(node, unknown=True)
        match node:
            case cst.Name(value=name):
                return self._binding(node, env.lookup(name), steps)
            case cst.Call():
                return self._call(node, env, steps)
            case cst.List(elements=elements) | cst.Tuple(elements=elements):
                return self._display(node, [element.value for element in elements], env, steps)
            case cst.ListComp(elt=element) | cst.GeneratorExp(elt=element) | cst.DictComp(value=element):
                kind = "dict" if isinstance(node, cst.DictComp) else "list"
                return Built(node, container=kind, elements=(self.build(element, env, steps - 1),), counted=False)
            case cst.Dict(elements=entries):
                values = [entry.value for entry in entries]
                return replace(self._display(node, values, env, steps), container="dict")
            case cst.IfExp(body=body, orelse=orelse):
                sides = self.build(body, env, steps - 1), self.build(orelse, env, steps - 1)
                return self._either(node, *sides, (node.test, not sides[0].wraps, env))
            case cst.BinaryOperation(operator=cst.Add(), left=left, right=right):
                return self._display(node, [left, right], env, steps)
            case (
                cst.BinaryOperation(operator=cst.Multiply(), left=(cst.List() | cst.Tuple()) as repeated)
                | cst.BinaryOperation(operator=cst.Multiply(), right=(cst.List() | cst.Tuple()) as repeated)
            ):
                return replace(self.build(repeated, env, steps - 1), counted=False)
            case _:
                return Built(node, unknown=True)

    def layer_call(self, node: cst.Call, env: Env) -> LayerCall | None:
        """The torch layer that a call constructs, containers included."""
        qualified = self._names.qualified(node.func, env)
        if qualified is None or not qualified.startswith("torch.nn."):
            return None
        layer = LAYERS.get(qualified[len("torch.nn.") :])
        if layer is None:
            return None
        return LayerCall(node, layer, text.argument_slots(node, layer.parameters), env, self._values)

    def container(self, node: cst.Call, name: str, env: Env) -> Built:
        """What a call puts into a container, as a subclass of `Sequential` does by `super().__init__(…)`."""
        return self._container(node, LayerCall(node, LAYERS[name], None, env, self._values), env, _STEPS)

    def made(self, node: cst.BaseExpression, env: Env, steps: int = _STEPS) -> Made | None:
        """The tensor that an expression makes, through `Parameter(…)`, init functions that return it and names."""
        node, env = self._values.origin(_or_none(node), env)
        if not isinstance(node, cst.Call) or steps == 0:
            return None
        qualified = self._names.qualified(node.func, env)
        if qualified is None:
            return self._made_from_method(node, env, steps)
        first = node.args[0].value if node.args and node.args[0].keyword is None and not node.args[0].star else None
        keyword = next(
            (arg.value for arg in node.args if arg.keyword and arg.keyword.value in ("data", "tensor")), None
        )
        inner = first if first is not None else keyword
        if qualified in _PARAMETERS:
            made = self.made(inner, env, steps - 1) if inner is not None else None
            return Made(node, made.shape if made else None, True, made.factory if made else "", env)
        if qualified.startswith("torch.nn.init.") and inner is not None:
            return self.made(inner, env, steps - 1)
        if qualified in _FACTORIES:
            return Made(node, self._shape(node, qualified, env), False, qualified, env)
        return None

    def _made_from_method(self, node: cst.Call, env: Env, steps: int) -> Made | None:
        """`torch.empty(n, m).normal_()` and other in-place methods return their tensor."""
        match node.func:
            case cst.Attribute(value=inner, attr=cst.Name(value=name)) if name.endswith("_") or name in ("float", "to"):
                made = self.made(inner, env, steps - 1) if isinstance(inner, cst.Call) else None
                return None if made is None or made.parameter else made
            case _:
                return None

    def _shape(self, node: cst.Call, factory: str, env: Env) -> tuple[cst.BaseExpression, ...] | None:
        positional = [argument for argument in node.args if argument.keyword is None]
        sized = next((arg.value for arg in node.args if arg.keyword and arg.keyword.value == "size"), None)
        if any(argument.star for argument in node.args):
            return None
        if factory == "torch.full":
            positional = positional[:1]
        if sized is not None or len(positional) == 1:
            only = sized if sized is not None else positional[0].value
            only, env = self._values.origin(only, env)
            if isinstance(only, cst.Tuple | cst.List):
                dims = [element.value for element in only.elements]
                starred = any(isinstance(element, cst.StarredElement) for element in only.elements)
                data = factory in _SIZED_ONLY
                return None if starred or data else tuple(dims)
            return (only,) if self._is_number(only, env) else None
        return tuple(argument.value for argument in positional) or None

    def _is_number(self, node: cst.BaseExpression, env: Env) -> bool:
        """Whether an expression is a single size for certain, and no tuple of sizes."""
        if self._values.number(node, env, defaults=True) is not None or isinstance(node, cst.BinaryOperation):
            return True
        binding = env.lookup(node.value) if isinstance(node, cst.Name) else None
        annotation = binding.annotation if isinstance(binding, Argument) else None
        return isinstance(annotation, cst.Name) and annotation.value == "int"

    def _binding(self, node: cst.BaseExpression, binding: Binding | None, steps: int) -> Built:
        match binding:
            case Assigned(unpacking=()) if steps > 0:
                return self._assigned(binding, steps)
            case Looped(iterable=iterable, env=at, unpacking=()):
                looped = self.build(iterable, at, steps - 1)
                return looped.elements[0] if len(looped.elements) == 1 else Built(node, unknown=True)
            case Augmented(previous=previous, operator=cst.AddAssign(), value=value, env=at) if steps > 0:
                before = _without_turns(previous)
                parts = [self._binding(node, before, steps - 1), self.build(value, at, steps - 1)]
                return _merged(node, parts)
            case Joined(alternatives=alternatives) if steps > 0:
                return _merged(node, [self._binding(node, each, steps - 1) for each in alternatives])
            case _:
                return Built(node, unknown=True)

    def _assigned(self, binding: Assigned, steps: int) -> Built:
        """The value of a local, and what is appended to it."""
        built = self.build(binding.value, binding.env, steps - 1)
        if not binding.additions or built.container is None or binding in self._open:
            return built
        self._open.add(binding)
        added = tuple(each for call in binding.additions for each in self.added(call, steps - 1))
        self._open.remove(binding)
        return replace(built, elements=built.elements + added, counted=False)

    def added(self, call: Call, steps: int = _STEPS) -> tuple[Built, ...]:
        """What a call of `append`, `extend`, `insert` or `add_module` adds."""
        if not call.node.args:
            return ()
        built = self.build(call.node.args[-1].value, call.env, steps)
        extends = isinstance(call.node.func, cst.Attribute) and call.node.func.attr.value == "extend"
        return built.elements if extends and built.container is not None else (built,)

    def _display(self, node: cst.BaseExpression, parts: list[cst.BaseExpression], env: Env, steps: int) -> Built:
        """The elements of a list, tuple, dictionary or sum of lists."""
        inner = tuple(self.build(part, env, steps - 1) for part in parts)
        return Built(node, container="list", elements=inner, counted=all(each.counted for each in inner))

    def _call(self, node: cst.Call, env: Env, steps: int) -> Built:
        layer = self.layer_call(node, env)
        if layer is not None:
            if layer.layer.kind is LayerKind.CONTAINER:
                return self._container(node, layer, env, steps)
            return Built(node, layer=layer)
        wrapped = self._wrapped(node, env, steps)
        if wrapped is not None:
            return wrapped
        definition = self._names.definition(node.func, env)
        if isinstance(definition, Class):
            return Built(node, class_=definition)
        if isinstance(definition, Function):
            return self._returned(node, definition, env, steps)
        match node.func:
            case cst.Attribute(value=inner, attr=cst.Name(value="apply" | "to" | "cuda" | "requires_grad_" | "eval")):
                return replace(self.build(inner, env, steps - 1), node=node)
            case _:
                return Built(node, unknown=True, called=self._names.qualified(node.func, env))

    def _container(self, node: cst.Call, layer: LayerCall, env: Env, steps: int) -> Built:
        elements: list[Built] = []
        counted = True
        for argument in node.args:
            entries = self._ordered(argument.value, env)
            if entries is not None:
                inner = self._display(argument.value, entries, env, steps)
            else:
                inner = self.build(argument.value, env, steps - 1)
            opened = layer.layer.name != "Sequential" or argument.star or entries is not None
            counted = counted and inner.counted and not (argument.star and inner.container is None)
            elements += inner.elements if opened and inner.container is not None else (inner,)
        return Built(node, container=layer.layer.name, elements=tuple(elements), counted=counted)

    def _ordered(self, node: cst.BaseExpression, env: Env) -> list[cst.BaseExpression] | None:
        """The values of `OrderedDict([("name", value), …])`; None for anything else."""
        if not isinstance(node, cst.Call) or len(node.args) != 1:
            return None
        pairs = node.args[0].value
        if self._names.qualified(node.func, env) not in ("collections.OrderedDict", "dict"):
            return None
        if not isinstance(pairs, cst.List | cst.Tuple):
            return None
        values = [pair.value.elements[-1].value for pair in pairs.elements if isinstance(pair.value, cst.Tuple)]
        return values if len(values) == len(pairs.elements) else None

    def _wrapped(self, node: cst.Call, env: Env, steps: int) -> Built | None:
        """A layer inside a reparametrisation; every function that the wrapper's name may stand for counts."""
        if not node.args or node.args[0].star:
            return None
        wrappers = self._names.alternatives(node.func, env)
        if not wrappers & (REPARAMETRISATIONS | TRANSPARENT):
            return None
        inner = self.build(node.args[0].value, env, steps - 1)
        losing = sorted(name for name in wrappers if name in REPARAMETRISATIONS)
        if not losing or not _touches_weight(node, env, self._values):
            return replace(inner, node=node)
        wrap = Wrap(node, str(losing[0]), len(losing) == len(wrappers), self._chosen(node.func, env))
        return replace(inner, node=node, wraps=(wrap, *inner.wraps))

    def _chosen(self, wrapper: cst.BaseExpression, env: Env) -> Choice | None:
        """When `weight_norm if test else spectral_norm` is one after which writes are lost."""
        wrapper, env = self._values.origin(wrapper, env)
        if not isinstance(wrapper, cst.IfExp):
            return None
        losing = [self._names.qualified(side, env) in REPARAMETRISATIONS for side in (wrapper.body, wrapper.orelse)]
        return (wrapper.test, not losing[0], env) if sum(losing) == 1 else None

    def _returned(self, node: cst.Call, function: Function, env: Env, steps: int) -> Built:
        """What a helper of this file returns, where it has one `return`; what it wraps may be an argument."""
        returns = [event for event in function.events if isinstance(event, Returned)]
        if len(returns) != 1:
            return Built(node, unknown=True)
        built = self.build(returns[0].value, returns[0].env, steps - 1)
        inner = built.wraps[-1].node.args[0].value if built.unknown and built.wraps else None
        slots = text.argument_slots(node, function.arguments) or {}
        if isinstance(inner, cst.Name) and inner.value in slots:
            within = self.build(slots[inner.value].value, env, steps - 1)
            built = replace(within, wraps=built.wraps + within.wraps)
        return replace(built, node=node)

    @staticmethod
    def _either(node: cst.IfExp, one: Built, other: Built, choice: Choice) -> Built:
        """Both sides of a conditional: the same layer type is that layer, wraps on one side are uncertain."""
        same = one.layer is not None and other.layer is not None and one.layer.layer is other.layer.layer
        if not same and not (one.wraps and text.code(one.wraps[-1].node.args[0].value) == text.code(other.node)):
            return Built(node, unknown=True)
        wraps = one.wraps + other.wraps
        if not (one.wraps and other.wraps):
            choices = {wrap: choice if wrap.certain else None for wrap in wraps}
            wraps = tuple(replace(wrap, certain=False, choice=choices[wrap]) for wrap in wraps)
        return replace(one, node=node, wraps=wraps)


def _or_none(node: cst.BaseExpression) -> cst.BaseExpression:
    """`x` of `x if test else None`."""
    match node:
        case cst.IfExp(body=body, orelse=cst.Name(value="None")):
            return body
        case _:
            return node


def _without_turns(binding: Binding) -> Binding:
    """What a name held before a loop that only adds to it: a binding without the earlier turns of the loop."""
    if not isinstance(binding, Joined):
        return binding
    kept = tuple(each for each in binding.alternatives if not isinstance(each, Opaque))
    return kept[0] if len(kept) == 1 else Joined(kept)


def _merged(node: cst.BaseExpression, parts: list[Built]) -> Built:
    """Containers that are one container, or that a name may stand for; unknown where one is none."""
    if any(part.container is None for part in parts):
        return Built(node, unknown=True)
    elements = {element.node: element for part in parts for element in part.elements}
    return Built(node, container=parts[0].container, elements=tuple(elements.values()), counted=False)


def _touches_weight(node: cst.Call, env: Env, values: Values) -> bool:
    """Whether a reparametrisation is of `weight`: its default, or the name that is given."""
    slots = text.argument_slots(node, ("module", "name"))
    given = slots.get("name") if slots is not None else None
    return slots is not None and (given is None or values.string(given.value, env) == "weight")
