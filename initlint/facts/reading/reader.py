"""The one traversal: descends by hand through statements and expressions and leaves a `Record`.

No LibCST visitor and no metadata provider: an empty visitor alone costs more than half of the parse.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from initlint.facts.reading import imports
from initlint.facts.reading.expressions import ExpressionReader
from initlint.facts.reading.scopes import (
    Addition,
    Argument,
    Assigned,
    Assignment,
    Augmented,
    Block,
    Branch,
    Class,
    Defined,
    Env,
    Function,
    Imported,
    Joined,
    Module,
    Opaque,
    Record,
    Returned,
    Scope,
    Unpacking,
    Write,
)

_LEAVING = (cst.Return, cst.Raise, cst.Continue, cst.Break)


def read(node: cst.Module) -> Record:
    """Read a module. Recursion follows the nesting of the source; callers bound it beforehand."""
    module = Module(None)
    record = Record(node, module)
    reader = _Reader(record)
    env, _ = reader.body(node.body, module.final, Block(None, Branch.BODY, module, module.final))
    module.final = env
    return record


class _Reader(ExpressionReader):
    """Threads the names in force through statements; every method returns them as they stand afterwards."""

    def body(
        self, statements: Sequence[cst.BaseStatement | cst.BaseSmallStatement], env: Env, block: Block
    ) -> tuple[Env, bool]:
        """Read statements in order; also says whether the end is never reached."""
        left = False
        count = sum(not _docstring(statement) for statement in statements)
        for statement in statements:
            match statement:
                case cst.SimpleStatementLine():
                    self.record.siblings[statement] = count
                    for small in statement.body:
                        self.record.statements[small] = statement
                        env = self.small_statement(small, env, block)
                        left = left or isinstance(small, _LEAVING)
                case cst.If():
                    env, leaves, block = self.if_statement(statement, env, block)
                    left = left or leaves
                case cst.BaseSmallStatement():
                    env = self.small_statement(statement, env, block)
                    left = left or isinstance(statement, _LEAVING)
                case _:
                    env, leaves = self.compound_statement(statement, env, block)
                    left = left or leaves
        return env, left

    def suite(self, node: cst.BaseSuite, env: Env, block: Block) -> tuple[Env, bool]:
        """Read an indented block or the statements behind a colon."""
        return self.body(node.body, env, block)

    def small_statement(self, node: cst.BaseSmallStatement, env: Env, block: Block) -> Env:
        """Read a statement without a body."""
        match node:
            case cst.Expr(value=value) | cst.Assert(test=value) | cst.Raise(exc=cst.BaseExpression() as value):
                return self.expression(value, env, block, node)
            case cst.Assign():
                env = self.expression(node.value, env, block, node)
                for target in node.targets:
                    env = self.assign(target.target, node.value, env, block, node)
                return env
            case cst.AnnAssign(value=cst.BaseExpression() as value):
                env = self.expression(value, env, block, node)
                return self.assign(node.target, value, env, block, node)
            case cst.AugAssign():
                return self.augmented(node, env, block)
            case cst.Import() | cst.ImportFrom():
                return self.import_statement(node, env)
            case cst.Return(value=cst.BaseExpression() as value):
                env = self.expression(value, env, block, node)
                block.scope.events.append(Returned(value, env, block))
                return env
            case cst.Del():
                return self.assign(node.target, None, env, block, node)
            case _:
                return env

    def assign(
        self,
        target: cst.BaseExpression,
        value: cst.BaseExpression | None,
        env: Env,
        block: Block,
        statement: cst.CSTNode,
        unpacking: Unpacking = (),
    ) -> Env:
        """Bind a target; tuples bind their parts, attributes and items become `Write` events."""
        match target:
            case cst.Name():
                bound = Opaque() if value is None else Assigned(value, env, unpacking)
                if value is not None and not unpacking:
                    self.record.assignments.append(Assignment(target.value, value, env, block, statement))
                return env.bind(target.value, bound)
            case cst.Tuple() | cst.List():
                for index, element in enumerate(target.elements):
                    part = None if isinstance(element, cst.StarredElement) else value
                    env = self.assign(element.value, part, env, block, statement, (*unpacking, index))
                return env
            case cst.Attribute() | cst.Subscript():
                env = self.expression(target, env, block, statement)
                write = Write(target, value, env, block, statement, unpacking=unpacking)
                block.scope.events.append(write)
                return env
            case _:
                return env

    def augmented(self, node: cst.AugAssign, env: Env, block: Block) -> Env:
        """Read `target op= value`."""
        env = self.expression(node.value, env, block, node)
        if isinstance(node.operator, cst.AddAssign):
            block.scope.events.append(Addition(node.target, node.value, env, block))
        if isinstance(node.target, cst.Name):
            previous = env.lookup(node.target.value) or Opaque()
            return env.bind(node.target.value, Augmented(previous, node.operator, node.value, env))
        env = self.expression(node.target, env, block, node)
        block.scope.events.append(Write(node.target, node.value, env, block, node, node.operator))
        return env

    def import_statement(self, node: cst.Import | cst.ImportFrom, env: Env) -> Env:
        """Bind what an import binds."""
        for name, qualified in imports.bound_names(node):
            self.record.imports.append(qualified)
            if name == "*":
                self.record.star_imports.append(qualified)
            else:
                env = env.bind(name, Imported(qualified))
        return env

    def if_statement(self, node: cst.If, env: Env, block: Block) -> tuple[Env, bool, Block]:
        """Read a chain of branches.

        The block that it returns is the one for the statements that follow: where one branch leaves, they run only
        if its test came out the other way.
        """
        env = self.expression(node.test, env, block, node)
        then = Block(block, Branch.TEST, block.scope, env, node.test)
        other = Block(block, Branch.TEST, block.scope, env, node.test, negated=True)
        then_env, then_leaves = self.suite(node.body, env, then)
        other_env, other_leaves = env, False
        if isinstance(node.orelse, cst.If):
            other_env, other_leaves, _ = self.if_statement(node.orelse, env, other)
        elif node.orelse is not None:
            other_env, other_leaves = self.suite(node.orelse.body, env, other)
        if then_leaves and other_leaves:
            return env, True, block
        if then_leaves:
            raises = _raises(node.body)
            return other_env, False, Block(block, Branch.TEST, block.scope, env, node.test, True, raises)
        if other_leaves:
            raises = isinstance(node.orelse, cst.Else) and _raises(node.orelse.body)
            return then_env, False, Block(block, Branch.TEST, block.scope, env, node.test, False, raises)
        return self.join(env, [then_env, other_env]), False, block

    def join(self, base: Env, ends: Sequence[Env]) -> Env:
        """The names in force where paths that started at `base` meet."""
        names = dict.fromkeys(name for end in ends for name in end.names_since(base))
        joined = base
        for name in names:
            bindings = [end.lookup(name) for end in ends]
            distinct = tuple(dict.fromkeys(binding or Opaque() for binding in bindings))
            joined = joined.bind(name, distinct[0] if len(distinct) == 1 else Joined(distinct))
        return joined

    def compound_statement(self, node: cst.BaseStatement, env: Env, block: Block) -> tuple[Env, bool]:
        """Read a statement with a body, `if` apart."""
        match node:
            case cst.FunctionDef():
                return self.function(node, env, block), False
            case cst.ClassDef():
                return self.class_definition(node, env, block), False
            case cst.For():
                return self.for_statement(node, env, block), False
            case cst.While():
                env = self.expression(node.test, env, block, node)
                return self.loop(node, node.body, node.orelse, env, block), False
            case cst.With():
                return self.with_statement(node, env, block)
            case cst.Try() | cst.TryStar():
                return self.try_statement(node, env, block)
            case cst.Match():
                return self.match_statement(node, env, block), False
            case _:
                return env, False

    def for_statement(self, node: cst.For, env: Env, block: Block) -> Env:
        """Read a `for` loop."""
        env = self.expression(node.iter, env, block, node)
        env = self.bind_loop(node.target, node.iter, env)
        return self.loop(node, node.body, node.orelse, env, block)

    def loop(
        self, node: cst.For | cst.While, body: cst.BaseSuite, orelse: cst.Else | None, env: Env, block: Block
    ) -> Env:
        """Read the body of a loop: a name that it re-binds may hold an earlier turn's value at its start."""
        start = env
        for name in _rebound(body):
            previous = env.lookup(name)
            if previous is not None and not isinstance(previous, Opaque | Defined):
                start = start.bind(name, Joined((previous, Opaque())))
        inner = Block(block, Branch.LOOP, block.scope, start, node)
        end, _ = self.suite(body, start, inner)
        if orelse is not None:
            end, _ = self.suite(orelse.body, end, block)
        return self.join(env, [env, end])

    def with_statement(self, node: cst.With, env: Env, block: Block) -> tuple[Env, bool]:
        """Read a `with` statement."""
        for item in node.items:
            env = self.expression(item.item, env, block, node)
            if item.asname is not None:
                env = self.assign(item.asname.name, None, env, block, node)
        return self.suite(node.body, env, Block(block, Branch.WITH, block.scope, env, node))

    def try_statement(self, node: cst.Try | cst.TryStar, env: Env, block: Block) -> tuple[Env, bool]:
        """Read a `try` statement; handlers start from the names before it."""
        inner = Block(block, Branch.TRY if node.handlers else Branch.BODY, block.scope, env, node)
        end, leaves = self.suite(node.body, env, inner)
        if node.orelse is not None:
            end, leaves = self.suite(node.orelse.body, end, inner)
        ends = [] if leaves else [end]
        for handler in node.handlers:
            caught = env
            if handler.name is not None and isinstance(handler.name.name, cst.Name):
                caught = env.bind(handler.name.name.value, Opaque())
            caught, handled = self.suite(
                handler.body, caught, Block(block, Branch.HANDLER, block.scope, caught, handler)
            )
            if not handled:
                ends.append(caught)
        env = self.join(env, ends) if ends else env
        if node.finalbody is not None:
            env, _ = self.suite(node.finalbody.body, env, block)
        return env, not ends

    def match_statement(self, node: cst.Match, env: Env, block: Block) -> Env:
        """Read a `match` statement; what its patterns bind is not followed."""
        env = self.expression(node.subject, env, block, node)
        ends = [env]
        for case in node.cases:
            end, leaves = self.suite(case.body, env, Block(block, Branch.MATCH, block.scope, env, case))
            if not leaves:
                ends.append(end)
        return self.join(env, ends)

    def function(self, node: cst.FunctionDef, env: Env, block: Block) -> Env:
        """Read a function definition; its body runs later, with its own names."""
        for decorator in node.decorators:
            env = self.expression(decorator.decorator, env, block, node)
        function = Function(block.scope, node, env, block)
        parameters = [*node.params.posonly_params, *node.params.params, *node.params.kwonly_params]
        inner = function.final
        for index, parameter in enumerate(parameters):
            if parameter.default is not None:
                env = self.expression(parameter.default, env, block, node)
            name = parameter.name.value
            annotation = parameter.annotation.annotation if parameter.annotation is not None else None
            inner = inner.bind(name, Argument(function, name, index, parameter.default, annotation))
        for star in (node.params.star_arg, node.params.star_kwarg):
            if isinstance(star, cst.Param):
                inner = inner.bind(star.name.value, Opaque())
        function.arguments = tuple(parameter.name.value for parameter in parameters)
        self.define(function, block.scope)
        self.record.functions.append(function)
        inner, _ = self.suite(node.body, inner, Block(None, Branch.BODY, function, inner))
        function.final = inner
        return env.bind(function.name, Defined(function))

    def class_definition(self, node: cst.ClassDef, env: Env, block: Block) -> Env:
        """Read a class definition."""
        for decorator in node.decorators:
            env = self.expression(decorator.decorator, env, block, node)
        for argument in (*node.bases, *node.keywords):
            env = self.expression(argument.value, env, block, node)
        class_ = Class(block.scope, node, env, block)
        self.define(class_, block.scope)
        self.record.classes.append(class_)
        end, _ = self.suite(node.body, class_.final, Block(None, Branch.BODY, class_, class_.final))
        class_.final = end
        return env.bind(class_.name, Defined(class_))

    def define(self, defined: Function | Class, scope: Scope) -> None:
        """Enter a definition in the scope that holds it."""
        scope.events.append(defined)
        if isinstance(scope, Class) and isinstance(defined, Function):
            scope.methods[defined.name] = defined


def _docstring(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString())]):
            return True
        case _:
            return False


def _raises(suite: cst.BaseSuite) -> bool:
    """Whether a suite ends with `raise`."""
    last = suite.body[-1] if suite.body else None
    small = last.body[-1] if isinstance(last, cst.SimpleStatementLine) else last
    return isinstance(small, cst.Raise)


def _rebound(suite: cst.BaseSuite) -> set[str]:
    """The plain names that statements of a loop body assign, at any depth of statements."""
    names: set[str] = set()
    pending: list[cst.CSTNode] = list(suite.body)
    while pending:
        match pending.pop():
            case cst.Name(value=name):
                names.add(name)
            case cst.Tuple(elements=elements) | cst.List(elements=elements):
                pending.extend(element.value for element in elements)
            case cst.Assign(targets=targets):
                pending.extend(target.target for target in targets)
            case cst.AugAssign(target=target) | cst.AnnAssign(target=target, value=cst.BaseExpression()):
                pending.append(target)
            case node:
                pending.extend(_inside(node))
    return names


def _inside(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The statements in a statement, and the targets that it binds; definitions keep their names to themselves."""
    bound: list[cst.CSTNode] = []
    match node:
        case cst.FunctionDef() | cst.ClassDef():
            return []
        case cst.For(target=target):
            bound = [target]
        case cst.With(items=items):
            bound = [item.asname.name for item in items if item.asname is not None]
    suites = [getattr(node, name, None) for name in ("orelse", "finalbody")]
    suites += [*getattr(node, "handlers", ()), *getattr(node, "cases", ())]
    body = getattr(node, "body", ())
    statements = body.body if isinstance(body, cst.BaseSuite) else body
    return [*bound, *(suite for suite in suites if suite is not None), *statements]
