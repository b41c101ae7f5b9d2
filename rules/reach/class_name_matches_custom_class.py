"""INI505."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.words import CONTEXT
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    from initlint.facts.execution.trees import Tree
    from initlint.facts.file import File
    from initlint.facts.meaning.guards import ClassNameGuard
    from initlint.facts.sites.sites import InitSite

_NAMES = ("__name__", "_get_name(", "str(type(")
_TESTS = (".find(", "' in ", '" in ', "' not in ", '" not in ', ".startswith(", ".endswith(")


@rule(
    "INI505",
    "class-name-matches-custom-class",
    Kind.ERROR,
    Default.ON,
    fix=Safety.SAFE,
    triggers=tuple((name, test, attribute) for name in _NAMES for test in _TESTS for attribute in (".weight", ".bias")),
    context=CONTEXT | {"Module", "setattr", "__getattr__", "__getattribute__"},
    project=True,
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
