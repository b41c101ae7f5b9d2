"""Uninitialised memory: expressions that make a tensor and write nothing into it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api import memory as table
from initlint.facts.reading import text
from initlint.facts.reading.scopes import Argument, Assigned, Augmented, Call, Class, Env, Joined

if TYPE_CHECKING:
    from initlint.facts.file import File

_STEPS = 8

_MAKERS = frozenset({"torch.empty", "torch.zeros", "torch.ones", "torch.rand", "torch.randn"})
_COUNTING_METHODS = frozenset({"size", "numel", "nelement", "dim", "ndimension"})
_COUNTING = frozenset({"len", "int", "round", "math.ceil", "math.floor", "math.prod"})
_DIMENSIONS = frozenset(
    {
        *("in_features", "out_features", "in_channels", "out_channels", "num_features", "input_size", "hidden_size"),
        *("embedding_dim", "num_embeddings", "embed_dim", "in1_features", "in2_features", "groups"),
        *("num_channels", "num_groups", "proj_size"),
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Allocation:
    """A call that leaves a tensor's memory as it was; `dims` is its number of dimensions where that is known."""

    node: cst.Call
    spelled: str
    dims: int | None


def allocation(file: File, node: cst.BaseExpression, env: Env, class_: Class) -> Allocation | None:
    """The call behind an expression that allocates uninitialised floating-point memory.

    What is said of sizes is read in the class. None for what may hold data, elements of no bytes, integers.
    """
    match node:
        case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value=name))) if name in table.SAME_NUMBERS:
            found = allocation(file, inner, env, class_)
            if found is not None:
                return Allocation(found.node, found.spelled, None) if _quantises(node) is None else None
        case cst.Call():
            return _called(file, node, env, class_)
    return None


def _called(file: File, node: cst.Call, env: Env, class_: Class) -> Allocation | None:
    qualified = file.names.qualified(node.func, env)
    sizes = [argument for argument in node.args if argument.keyword is None]
    named = next((arg for arg in node.args if arg.keyword is not None and arg.keyword.value == "size"), None)
    method = node.func.attr.value if isinstance(node.func, cst.Attribute) else ""
    if named is not None:
        sizes = [named]
    if _quantises(node) is not None or not sizes or any(_is_zero(size.value) for size in sizes):
        return None
    spelled = text.code(node.func)
    if qualified in table.LIKE:
        return Allocation(node, spelled, None)
    if qualified in table.SIZED or (qualified is None and method in table.METHODS):
        return Allocation(node, spelled, _dims(sizes))
    typed = qualified in table.TYPES or (qualified is None and method == "new")
    if typed and (named is not None or _are_sizes(file, sizes, env, class_)):
        return Allocation(node, spelled, _dims(sizes))
    return None


def _dims(sizes: Sequence[cst.Arg]) -> int | None:
    if any(size.star for size in sizes):
        return None
    only = sizes[0].value
    if len(sizes) == 1 and isinstance(only, cst.Tuple | cst.List):
        starred = any(isinstance(element, cst.StarredElement) for element in only.elements)
        return None if starred else len(only.elements)
    return len(sizes) if len(sizes) > 1 or not isinstance(only, cst.Name | cst.Attribute) else None


def _quantises(node: cst.Call) -> cst.Arg | None:
    """The argument that asks for integers, for bits of a quantised number, or for no memory at all."""
    for argument in node.args:
        code = text.code(argument.value)
        asked = argument.keyword is not None and argument.keyword.value in ("dtype", "device")
        if not asked and not code.startswith("torch."):
            continue
        if "meta" in code or code.rpartition(".")[2].startswith(table.INTEGERS):
            return argument
    return None


def _is_zero(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.Tuple | cst.List):
        return any(_is_zero(element.value) for element in node.elements)
    return text.integer(node) == 0


def _are_sizes(file: File, arguments: Sequence[cst.Arg], env: Env, class_: Class) -> bool:
    """Whether the arguments of `torch.Tensor(…)` are sizes for certain: several, a `torch.Size`, or one integer."""
    if len(arguments) > 1 or arguments[0].star == "*":
        return True
    only = arguments[0].value
    match only:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="size")), args=()):
            return True
        case cst.Attribute(attr=cst.Name(value="shape")):
            return True
        case cst.Call(func=function) if file.names.qualified(function, env) == "torch.Size":
            return True
        case _:
            return is_size(file, only, env, class_)


def is_size(file: File, node: cst.BaseExpression, env: Env, class_: Class, steps: int = _STEPS) -> bool:
    """Whether an expression is an integer for certain, as far as the methods of a class say.

    It is where it counts something, where it is annotated or has an integer default, and where a torch layer takes it
    as a dimension.
    """
    if steps == 0:
        return False
    match node:
        case cst.Integer():
            return True
        case cst.BinaryOperation(left=left, right=right):
            sides = (left, right)
            return all(is_size(file, side, env, class_, steps - 1) for side in sides)
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=method)), args=arguments) if method in _COUNTING_METHODS:
            return method != "size" or len(arguments) == 1
        case cst.Call(func=function):
            return file.names.qualified(function, env) in _COUNTING
        case cst.Subscript(value=cst.Attribute(attr=cst.Name(value="shape"))):
            return text.index(node) is not None
        case cst.Subscript(value=cst.Call(func=cst.Attribute(attr=cst.Name(value="size")), args=())):
            return text.index(node) is not None
        case cst.Name():
            return _is_size_name(file, node, env, class_, steps) or _is_dimension(file, node, class_)
        case cst.Attribute(attr=cst.Name(value=name)):
            writes = file.modules.writes(class_).get(name, ())
            values = [(write.value, write.env) for write in writes if not write.unpacking]
            counted = all(each is not None and is_size(file, each, at, class_, steps - 1) for each, at in values)
            known = bool(values) and len(values) == len(writes) and counted
            return name in _DIMENSIONS or known or _is_dimension(file, node, class_)
        case _:
            return False


def _is_size_name(file: File, node: cst.Name, env: Env, class_: Class, steps: int) -> bool:
    match env.lookup(node.value):
        case Assigned(value=value, env=at, unpacking=()):
            return is_size(file, value, at, class_, steps - 1)
        case Augmented(value=value, env=at):
            return is_size(file, value, at, class_, steps - 1)
        case Joined(alternatives=alternatives):
            assigned = [each for each in alternatives if isinstance(each, Assigned) and not each.unpacking]
            whole = len(assigned) == len(alternatives)
            return whole and all(is_size(file, each.value, each.env, class_, steps - 1) for each in assigned)
        case Argument(default=default, annotation=annotation):
            annotated = isinstance(annotation, cst.Name) and annotation.value == "int"
            return annotated or (default is not None and text.integer(default) is not None)
        case _:
            return False


def _is_dimension(file: File, node: cst.BaseExpression, class_: Class) -> bool:
    """Whether a method of the class uses a name as a dimension of a torch layer, or as one of several sizes."""
    code = text.code(node)
    return any(text.code(used) == code for used in _dimensions(file, class_))


def _dimensions(file: File, class_: Class) -> Iterator[cst.BaseExpression]:
    for method in class_.methods.values():
        for event in method.events:
            if not isinstance(event, Call):
                continue
            layer = file.builder.layer_call(event.node, event.env)
            if layer is not None and layer.slots is not None:
                yield from (argument.value for name, argument in layer.slots.items() if name in _DIMENSIONS)
            sizes = [argument.value for argument in event.node.args if argument.keyword is None]
            qualified = file.names.qualified(event.node.func, event.env)
            if qualified in _MAKERS or (qualified in table.TYPES and len(sizes) > 1) or qualified == "range":
                yield from sizes
