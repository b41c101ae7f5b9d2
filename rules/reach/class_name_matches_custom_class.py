"""INI505."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.layers import LAYERS, WEIGHTLESS, LayerKind
from initlint.facts.api.words import CONTEXT
from initlint.facts.premises.module_inits import class_names, module_inits, words
from initlint.facts.premises.tree import last_name
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.trees import Tree
    from initlint.facts.file import File
    from initlint.facts.meaning.guards import ClassNameGuard
    from initlint.facts.premises.tree import Tree as SyntaxTree
    from initlint.facts.sites.sites import InitSite

_NAMES = ("__name__", "_get_name(", "str(type(")
_PLAIN = WEIGHTLESS | {name for name, layer in LAYERS.items() if layer.kind is LayerKind.CONTAINER}
_TESTS = (".find(", "' in ", '" in ', "' not in ", '" not in ', ".startswith(", ".endswith(")


def _may_hold(tree: SyntaxTree) -> bool:
    """Whether an init may be picked by a word that is in the name of a class without such a weight or bias."""
    return any(
        any(class_names(tree, init))
        and init.may_pass(tree)
        and not init.is_tried(tree)
        and any(word in name for word in words(tree, init.scope(tree)) for name in _others(tree, init.attribute))
        for init in module_inits(tree)
    )


def _others(tree: SyntaxTree, attribute: str) -> set[str]:
    """The names of what may be a class without an attribute: of the file, of a project, or one of torch's."""
    stores = (each for each in tree.attributes.get(attribute, ()) if isinstance(each.ctx, ast.Store))
    having = {_constructed(tree, each) for each in stores if isinstance(tree.parents[each], ast.Assign)}
    calls = (call for calls in tree.calls.values() for call in calls)
    foreign = {last_name(call.func) for call in calls if not (tree.qualified(call.func) or "").startswith("torch.")}
    plain = tree.spellings(*_PLAIN) & tree.calls.keys()
    defined = {each.name for each in tree.classes} - tree.imports.keys()
    meant = {each for name in foreign | plain for each in tree.meanings(name)} - defined
    return meant | {each.name for each in tree.classes if each not in having}


def _constructed(tree: SyntaxTree, node: ast.Attribute) -> ast.ClassDef | None:
    """The class whose constructor an attribute of its object stands in."""
    around = tree.method(node) if tree.is_own(node) else None
    if around is None or around[1].name != "__init__" or tree.routine(node) is not around[1]:
        return None
    return around[0]


@rule(
    "INI505",
    "class-name-matches-custom-class",
    Kind.ERROR,
    Default.ON,
    fix=Safety.SAFE,
    triggers=tuple((name, test, attribute) for name in _NAMES for test in _TESTS for attribute in (".weight", ".bias")),
    context=CONTEXT | {"Module", "setattr", "__getattr__", "__getattribute__"},
    project=True,
    premise=_may_hold,
)
def check(file: File) -> Iterator[Alarm]:
    """A test of the class name that another class passes as well, which has no such weight: the init raises."""
    from initlint.facts.execution.inits import trees_of
    from initlint.facts.execution.selection import Selection

    selection = Selection(file)
    reported = set()
    for site in file.sites:
        guard = _name_test(site)
        if guard is None or guard.node in reported or site.tolerated:
            continue
        roots = ((each, each.root) for each in trees_of(site) if each.root.layer is None)
        lacking = ((each, root) for each, root in roots if selection.has(root, _attribute(site)) is False)
        tree = next((each for each, root in lacking if selection.reaches(site, root)), None)
        if tree is not None:
            reported.add(guard.node)
            message = _message(site, guard, selection.name(tree.root) or "")
            related = ((tree.root.node, "it is built here"),) if tree.path else ()
            yield Alarm(guard.node, message, tuple(_fixes(site, guard, tree)), related)


def _attribute(site: InitSite) -> str:
    assert site.target is not None
    assert site.target.attribute is not None
    return site.target.attribute


def _name_test(site: InitSite) -> ClassNameGuard | None:
    """The test of the class name of the module whose weight or bias is written."""
    from initlint.facts.meaning.guards import ClassNameGuard

    owner = site.target.owner if site.target is not None else None
    named = (guard for guard in site.guards if isinstance(guard, ClassNameGuard) and not guard.negated)
    return next((each for each in named if owner is not None and each.subject == text.code(owner)), None)


def _message(site: InitSite, guard: ClassNameGuard, name: str) -> str:
    word = next((word for word in guard.words if word in name), "")
    written = f"{guard.subject}.{_attribute(site)}"
    return f"{word!r} is in the name of {name} too, which has no {_attribute(site)}: {written} raises AttributeError"


def _fixes(site: InitSite, guard: ClassNameGuard, tree: Tree) -> Iterator[Proposal]:
    """Ask for the attribute as well; where other modules go to an `else`, that may not be what they need."""
    from initlint.facts.execution.branches import plain_branch
    from initlint.facts.sites.rewrite import spelled

    test = plain_branch(site, guard.node)
    if test is None or test.has_else:
        return
    asks = f'hasattr({guard.subject}, "{_attribute(site)}")'
    opening = (Change.before(guard.node, "("),) if test.is_either else ()
    closing = Change.after(guard.node, f"{')' if test.is_either else ''} and {asks}")
    yield Proposal(f"ask for the {_attribute(site)} as well", Safety.SAFE, (*opening, closing))
    names = {part.layer.layer.qualified for part in tree.whole if part.layer and part.layer.layer in guard.layers}
    types = [spelled(name, site.file.names, site.call.env) for name in sorted(names)]
    if types and None not in types:
        listed = types[0] if len(types) == 1 else f"({', '.join(each or '' for each in types)})"
        change = Change(guard.node, f"isinstance({guard.subject}, {listed})")
        yield Proposal("ask for the types that the model has", Safety.DISPLAY, (change,))
