"""Registration: what an object of a module class holds in plain lists and dictionaries, where nothing is registered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.execution.handing import Handing, comprehension_env
from initlint.facts.execution.holding import Place
from initlint.facts.execution.steps import methods
from initlint.facts.execution.trainable import has_parameters, is_module, makes_parameter, ready
from initlint.facts.meaning.modules import self_attribute
from initlint.facts.reading import text
from initlint.facts.reading.inside import attributes
from initlint.facts.reading.scopes import (
    Addition,
    Assigned,
    Augmented,
    Binding,
    Call,
    Class,
    Env,
    Joined,
    Write,
)

if TYPE_CHECKING:
    from initlint.facts.file import File

_STEPS = 6
_LISTS = frozenset({"list", "tuple"})
_ADDING = frozenset({"append", "extend", "insert"})
_DICTS = frozenset({"dict", "collections.OrderedDict"})

_OWN_REGISTRATION = frozenset(
    {
        *("parameters", "named_parameters", "modules", "named_modules", "children", "named_children", "state_dict"),
        *("_apply", "to", "cuda", "train", "__setattr__", "__getattr__", "_named_members"),
    }
)
"""Methods with which a class takes over what registration is for."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """Something that is put into a container: the expression, the names in force there, its key in a dictionary."""

    node: cst.BaseExpression
    env: Env
    key: cst.BaseExpression | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """What an expression puts into a plain container.

    `kind` is `list`, `tuple` or `dict`; `counted` says that there are as many elements as entries, `flat` that these
    are all that it holds, and stand in it themselves; `locals` are the names that it and its elements go by on the way.
    """

    kind: str
    entries: tuple[Entry, ...] = ()
    counted: bool = True
    flat: bool = True
    locals: frozenset[Assigned] = frozenset()


@dataclass(frozen=True)
class PlainContainer:
    """A list, tuple or dictionary with modules or parameters that is an attribute of a module, and used by `forward`.

    `writes` are the assignments that make it; `trained` are the entries that have a parameter for certain, `use` is
    where `forward` names it. `methods` are those that are called on it, `+` for a sum.
    """

    file: File
    class_: Class
    name: str
    writes: tuple[Write, ...]
    contents: Contents
    trained: tuple[Entry, ...]
    use: cst.CSTNode
    methods: frozenset[str]

    @cached_property
    def parameters(self) -> bool:
        """Whether every entry is a parameter for certain."""
        return all(makes_parameter(self.file, entry.node, entry.env) for entry in self.contents.entries)

    @cached_property
    def modules(self) -> bool:
        """Whether every entry is a module for certain."""
        return all(self._is_module(entry) for entry in self.contents.entries)

    def _is_module(self, entry: Entry) -> bool:
        built = self.file.builder.build(entry.node, entry.env)
        if built.class_ is not None:
            return is_module(self.file, built.class_)
        known = built.layer is not None or built.container not in (None, "list", "dict")
        return known or (built.unknown and has_parameters(self.file, built))

    @property
    def replaceable(self) -> bool:
        """Whether a module could be assigned instead: `Module.__init__` has run, and no local grows behind it later."""
        plain = all(isinstance(each.statement, cst.Assign) and len(each.statement.targets) == 1 for each in self.writes)
        return plain and self.contents.flat and ready(self.file, self.class_, self.writes) and not self._grows_later()

    def _grows_later(self) -> bool:
        """Whether a local that is assigned grows after the assignment, which a copy of it would not notice."""
        for write in self.writes:
            binding = write.env.lookup(write.value.value) if isinstance(write.value, cst.Name) else None
            events = write.block.scope.events
            if isinstance(binding, Assigned):
                after = events[events.index(write) :]
                return any(call in after for call in binding.additions)
        return False


def plain_containers(file: File) -> Iterator[PlainContainer]:
    """The plain containers of parametrised modules in the classes of a file that nothing else takes over."""
    for class_ in file.classes:
        for name, writes in file.modules.writes(class_).items():
            making = tuple(each for each in writes if each.operator is None and not _is_none(each.value))
            made, added = _contents_of(file, making), _added(file, class_, name)
            if not made or (not added and all(map(_hides, made))):
                continue
            found = _together([*made, *added])
            trained = tuple(each for each in found.entries if _is_trained(file, each))
            if trained and is_module(file, class_):
                yield from _unregistered(file, class_, name, making, found, trained)


def _unregistered(
    file: File, class_: Class, name: str, writes: tuple[Write, ...], contents: Contents, trained: tuple[Entry, ...]
) -> Iterator[PlainContainer]:
    """The container that these writes make, where `forward` uses it and nothing else takes it over."""
    handing = Handing(file, class_)
    use = next(handing.uses(name), None)
    places: set[Place] = {name, *contents.locals}
    if use is None or any(write.block.scope in handing.forward for write in writes) or handing.handed_on(places):
        return
    if _OWN_REGISTRATION.isdisjoint(methods(file, class_)):
        yield PlainContainer(file, class_, name, writes, contents, trained, use, _methods(handing, name))


def _contents_of(file: File, writes: Sequence[Write]) -> list[Contents]:
    """What each assignment to an attribute puts into a plain container; nothing where one makes something else."""
    found = [_contents(file, write.value, write.env) for write in writes if write.value is not None]
    known = [each for each in found if each is not None]
    return known if len(known) == len(writes) and not any(write.unpacking for write in writes) else []


def _hides(contents: Contents) -> bool:
    """Whether it is a list of one element, by which code keeps a module from being registered."""
    return contents.kind != "dict" and contents.counted and len(contents.entries) == 1


def _contents(file: File, node: cst.BaseExpression, env: Env, steps: int = _STEPS) -> Contents | None:
    """What a display, a comprehension, `list(…)` or a name of one puts into a container."""
    if steps == 0:
        return None
    match node:
        case cst.List(elements=elements) | cst.Tuple(elements=elements):
            starred = any(isinstance(element, cst.StarredElement) for element in elements)
            display = "list" if isinstance(node, cst.List) else "tuple"
            return _opened(file, display, [Entry(each.value, env) for each in elements], steps, counted=not starred)
        case cst.Dict(elements=entries):
            keyed = [Entry(each.value, env, getattr(each, "key", None)) for each in entries]
            return _opened(file, "dict", keyed, steps)
        case cst.ListComp(elt=element) | cst.GeneratorExp(elt=element):
            return _opened(file, "list", [Entry(element, comprehension_env(node, env))], steps, counted=False)
        case cst.DictComp(key=key, value=value):
            return _opened(file, "dict", [Entry(value, comprehension_env(node, env), key)], steps, counted=False)
        case cst.BinaryOperation(operator=cst.Multiply(), left=left, right=right):
            sides = [_contents(file, side, env, steps - 1) for side in (left, right)]
            repeated = [side for side in sides if side is not None]
            return _together(repeated, counted=False) if repeated else None
        case cst.BinaryOperation(operator=cst.Add(), left=left, right=right):
            parts = [_contents(file, side, env, steps - 1) for side in (left, right)]
            known = [part for part in parts if part is not None]
            return _together(known) if len(known) == 2 else None
        case cst.Call(args=arguments) if (kind := _builtin(file, node, env)) is not None:
            if not arguments:
                return Contents(kind)
            inner = _contents(file, arguments[0].value, env, steps - 1)
            return replace(inner, kind=kind) if inner is not None else None
        case cst.Name():
            return _bound(file, env.lookup(node.value), steps - 1)
        case _:
            return None


def _opened(file: File, kind: str, entries: list[Entry], steps: int, *, counted: bool = True) -> Contents:
    """The entries of a display, those of displays inside opened, with the names that elements go by."""
    found: list[Entry] = []
    names: set[Assigned] = set()
    nested = False
    for entry in entries:
        binding = entry.env.lookup(entry.node.value) if isinstance(entry.node, cst.Name) else None
        if isinstance(binding, Assigned):
            names.add(binding)
        inner = _contents(file, entry.node, entry.env, steps - 1)
        if inner is None:
            found.append(entry)
        else:
            found += inner.entries
            names |= inner.locals
            nested = True
    return Contents(kind, tuple(found), counted and not nested, not nested, frozenset(names))


def _bound(file: File, binding: Binding | None, steps: int) -> Contents | None:
    """What a local container holds, with what is added to it."""
    if steps <= 0:
        return None
    match binding:
        case Assigned(value=value, env=env, unpacking=(), additions=additions):
            inner = _contents(file, value, env, steps)
            if inner is None:
                return None
            added = [each for call in additions for each in _of_call(file, call, steps)]
            return _together(
                [inner, Contents(inner.kind, locals=frozenset({binding})), *added],
                counted=inner.counted and not added,
            )
        case Augmented(previous=previous, value=value, env=env):
            parts = [_bound(file, previous, steps - 1), _contents(file, value, env, steps - 1)]
        case Joined(alternatives=alternatives):
            parts = [_bound(file, each, steps - 1) for each in alternatives]
        case _:
            return None
    known = [part for part in parts if part is not None]
    return replace(_together(known, counted=False), flat=len(known) == len(parts)) if known else None


def _of_call(file: File, call: Call, steps: int = _STEPS) -> Iterator[Contents]:
    """What a call of `append`, `insert` or `extend` adds."""
    if call.node.args and isinstance(call.node.func, cst.Attribute):
        added = call.node.args[-1].value
        if call.node.func.attr.value == "extend":
            yield _contents(file, added, call.env, steps - 1) or Contents("list", flat=False)
        else:
            yield _opened(file, "list", [Entry(added, call.env)], steps)


def _added(file: File, class_: Class, name: str) -> list[Contents]:
    """What the methods of a class add to `self.<name>`."""
    found: list[Contents] = []
    for method in class_.methods.values():
        for event in method.events:
            match event:
                case Call(node=cst.Call(func=cst.Attribute(value=holder, attr=cst.Name(value=adding)))):
                    if adding in _ADDING and self_attribute(holder, method) == name:
                        found += _of_call(file, event)
                case Write(target=cst.Subscript(value=holder) as target, value=cst.BaseExpression() as value):
                    if self_attribute(holder, method) == name:
                        found.append(_opened(file, "dict", [Entry(value, event.env, text.index(target))], _STEPS))
                case Write(target=target, value=cst.BaseExpression() as value, operator=cst.AddAssign()):
                    if self_attribute(target, method) == name:
                        found.append(_contents(file, value, event.env) or Contents("list", flat=False))
    return found


def _methods(handing: Handing, name: str) -> frozenset[str]:
    """The methods that are called on `self.<name>` itself; `+` where it is an operand of a sum."""
    found: set[str] = set()
    for each in handing.family:
        for method in each.methods.values():
            for event in method.events:
                match event:
                    case Call(node=cst.Call(func=cst.Attribute(value=holder, attr=cst.Name(value=called)))):
                        found |= {called} if self_attribute(holder, method) == name else set()
                    case Addition(left=left, right=right):
                        found |= {"+"} if name in {self_attribute(side, method) for side in (left, right)} else set()
    return frozenset(found)


def _together(parts: list[Contents], *, counted: bool = True) -> Contents:
    entries = tuple(entry for part in parts for entry in part.entries)
    names = frozenset(name for part in parts for name in part.locals)
    counted = counted and all(part.counted for part in parts)
    return Contents(parts[0].kind, entries, counted, all(part.flat for part in parts), names)


def _is_trained(file: File, entry: Entry) -> bool:
    """Whether an entry is built there with a parameter for certain, and not frozen."""
    node, _ = file.values.origin(entry.node, entry.env)
    frozen = attributes(node, "requires_grad_", "eval")
    built = file.builder.build(entry.node, entry.env)
    return not frozen and (has_parameters(file, built) or makes_parameter(file, entry.node, entry.env))


def _builtin(file: File, node: cst.Call, env: Env) -> str | None:
    qualified = file.names.qualified(node.func, env)
    if qualified in _LISTS and len(node.args) < 2:
        return "list"
    return "dict" if qualified in _DICTS and len(node.args) < 2 else None


def _is_none(node: cst.BaseExpression | None) -> bool:
    return node is None or (isinstance(node, cst.Name) and node.value == "None")
