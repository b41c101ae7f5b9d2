"""The record of one file as the reader leaves it: scopes, bindings, blocks, and events in execution order.

Everything else in this room is derived from the record on demand. An `Env` is an immutable linked list, one link per
assignment, so the names in force at any place are a pointer. A `Block` is the path of tests, loops, handlers and
`with` statements that lead to a place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import libcst as cst

Unpacking = tuple[int, ...]
"""Where a name stands in the target of an assignment: () is the whole value, (1,) the second of a tuple."""


@dataclass(slots=True, eq=False)
class Imported:
    """Bound by an import to a qualified name; relative imports keep their leading dots."""

    name: str


@dataclass(slots=True, eq=False)
class Assigned:
    """Bound to the value of an expression, to be read with the names in force at `env`.

    `additions` are the calls of `append`, `extend`, `insert` and `add_module` on the name, in the order of the source.
    """

    value: cst.BaseExpression
    env: Env
    unpacking: Unpacking = ()
    additions: list[Call] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Augmented:
    """`name op= value`."""

    previous: Binding
    operator: cst.BaseAugOp
    value: cst.BaseExpression
    env: Env


@dataclass(slots=True, eq=False)
class Argument:
    """A parameter of the function that the name is used in."""

    function: Function
    name: str
    index: int
    default: cst.BaseExpression | None
    annotation: cst.BaseExpression | None = None


@dataclass(slots=True, eq=False)
class Looped:
    """The variable of a `for` statement or comprehension."""

    iterable: cst.BaseExpression
    env: Env
    unpacking: Unpacking = ()


@dataclass(slots=True, eq=False)
class Defined:
    """Bound by `def` or `class`."""

    scope: Function | Class


@dataclass(slots=True, eq=False)
class Joined:
    """Bound differently on the paths that lead here."""

    alternatives: tuple[Binding, ...]


@dataclass(slots=True, eq=False)
class Opaque:
    """Bound in a way that is not followed: `with … as`, `except … as`, `del`, a pattern, an earlier turn of a loop."""


Binding = Imported | Assigned | Augmented | Argument | Looped | Defined | Joined | Opaque


class Env:
    """Names in force at a place: a link holds one binding, the root of a scope leads to the scope around it."""

    __slots__ = ("binding", "name", "parent", "scope")

    def __init__(self, parent: Env | None, name: str, binding: Binding | None, scope: Scope) -> None:
        self.parent = parent
        self.name = name
        self.binding = binding
        self.scope = scope

    def bind(self, name: str, binding: Binding) -> Env:
        """The names in force after an assignment."""
        return Env(self, name, binding, self.scope)

    def local(self, name: str) -> Binding | None:
        """The binding of a name in this scope, None where it has none (yet)."""
        env: Env | None = self
        while env is not None:
            if env.name == name:
                return env.binding
            env = env.parent
        return None

    def lookup(self, name: str) -> Binding | None:
        """The binding of a name here or in the scopes around; those are taken as they stand when they end.

        Class scopes are not seen from the functions inside them, as in Python.
        """
        found = self.local(name)
        scope = self.scope.outer
        while found is None and scope is not None:
            if not isinstance(scope, Class):
                found = scope.at_end(name)
            scope = scope.outer
        return found

    def names_since(self, base: Env) -> Iterator[str]:
        """The names bound between `base` and here; `base` must be an ancestor."""
        env: Env | None = self
        while env is not None and env is not base:
            yield env.name
            env = env.parent


class Scope:
    """A module, class or function body: its events in order, and the names in force at its end."""

    __slots__ = ("_bindings", "_read", "events", "final", "outer")

    def __init__(self, outer: Scope | None) -> None:
        self.outer = outer
        self.events: list[Event] = []
        self.final = Env(None, "", None, self)
        self._read: Env | None = None
        self._bindings: dict[str, Binding | None] = {}

    def at_end(self, name: str) -> Binding | None:
        """The binding of a name when the scope ends; one look at all of them answers for each."""
        if self._read is not self.final:
            self._read, self._bindings = self.final, {}
            env: Env | None = self.final
            while env is not None:
                self._bindings.setdefault(env.name, env.binding)
                env = env.parent
        return self._bindings.get(name)


class Module(Scope):
    """The file itself."""

    __slots__ = ()


class Class(Scope):
    """A class definition; `methods` by name, the last definition of a name wins."""

    __slots__ = ("block", "env", "methods", "name", "node")

    def __init__(self, outer: Scope, node: cst.ClassDef, env: Env, block: Block) -> None:
        super().__init__(outer)
        self.node = node
        self.name = node.name.value
        self.env = env
        self.block = block
        self.methods: dict[str, Function] = {}


class Function(Scope):
    """A function or method definition; `arguments` are the names of its parameters in order."""

    __slots__ = ("arguments", "block", "env", "name", "node")

    def __init__(self, outer: Scope, node: cst.FunctionDef, env: Env, block: Block) -> None:
        super().__init__(outer)
        self.node = node
        self.name = node.name.value
        self.env = env
        self.block = block
        self.arguments: tuple[str, ...] = ()

    @property
    def owner(self) -> Class | None:
        """The class whose method this is; a function inside a method has none."""
        return self.outer if isinstance(self.outer, Class) else None

    @property
    def is_static(self) -> bool:
        """Whether it is decorated with `staticmethod`, so that its first parameter is no object of its class."""
        decorators = [decorator.decorator for decorator in self.node.decorators]
        return any(isinstance(each, cst.Name) and each.value == "staticmethod" for each in decorators)


class Branch(StrEnum):
    """How a block is entered."""

    BODY = "body"
    TEST = "test"
    LOOP = "loop"
    TRY = "try"
    HANDLER = "handler"
    WITH = "with"
    MATCH = "match"


@dataclass(slots=True, eq=False)
class Block:
    """A stretch of statements that run together.

    A `TEST` block runs where `node` is true (false if `negated`): the branch of an `if`, or what follows an `if` whose
    other branch leaves. `node` is the test, the `for`/`while`/comprehension, the `try` or the `with`. `enforced`: the
    other branch raises, so that whatever gets here has passed the test.
    """

    parent: Block | None
    branch: Branch
    scope: Scope
    env: Env
    node: cst.CSTNode | None = None
    negated: bool = False
    enforced: bool = False

    def path(self) -> Iterator[Block]:
        """This block and those around it in the same scope, innermost first."""
        block: Block | None = self
        while block is not None:
            yield block
            block = block.parent


@dataclass(slots=True, eq=False)
class Call:
    """A call, where it happens, and the statement that it stands in."""

    node: cst.Call
    env: Env
    block: Block
    statement: cst.CSTNode

    @property
    def discarded(self) -> bool:
        """Whether the statement is nothing but this call, so that its result is unused."""
        return isinstance(self.statement, cst.Expr) and self.statement.value is self.node


@dataclass(slots=True, eq=False)
class Write:
    """An assignment to an attribute or an item; `value` is None for a bare annotation or a deletion."""

    target: cst.BaseExpression
    value: cst.BaseExpression | None
    env: Env
    block: Block
    statement: cst.CSTNode
    operator: cst.BaseAugOp | None = None
    unpacking: Unpacking = ()


@dataclass(slots=True, eq=False)
class Mention:
    """A name or string that is used without being called, such as `F.relu` passed on or `'leaky_relu'`."""

    node: cst.BaseExpression
    word: str
    env: Env
    block: Block


@dataclass(slots=True, eq=False)
class Product:
    """A matrix product `left @ right`."""

    node: cst.BinaryOperation
    env: Env
    block: Block


@dataclass(slots=True, eq=False)
class Addition:
    """A sum `left + right`, or `left += right`."""

    left: cst.BaseExpression
    right: cst.BaseExpression
    env: Env
    block: Block


@dataclass(slots=True, eq=False)
class Repetition:
    """A list or tuple that is repeated: `[…] * times`, `times * […]`."""

    node: cst.BinaryOperation
    repeated: cst.List | cst.Tuple
    times: cst.BaseExpression
    env: Env
    block: Block
    statement: cst.CSTNode


@dataclass(slots=True, eq=False)
class Returned:
    """A `return` with its value."""

    value: cst.BaseExpression
    env: Env
    block: Block


@dataclass(slots=True, eq=False)
class Assignment:
    """An assignment to a plain name."""

    name: str
    value: cst.BaseExpression
    env: Env
    block: Block
    statement: cst.CSTNode


@dataclass(slots=True, eq=False)
class Test:
    """The test of an `if`, a `while`, a conditional expression or a comprehension; `block` is where it is evaluated."""

    node: cst.BaseExpression
    env: Env
    block: Block


Event = Call | Write | Mention | Product | Addition | Returned | Class | Function


@dataclass(slots=True)
class Record:
    """What the reader leaves of one file.

    `statements` leads from a small statement to its line; `siblings` counts the statements of the block that a line
    stands in, docstrings apart.
    """

    node: cst.Module
    module: Module
    classes: list[Class] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)
    repetitions: list[Repetition] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)
    star_imports: list[str] = field(default_factory=list)
    statements: dict[cst.CSTNode, cst.SimpleStatementLine] = field(default_factory=dict)
    siblings: dict[cst.SimpleStatementLine, int] = field(default_factory=dict)
