"""Init methods that nothing in the project names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from initlint.facts.execution.ancestry import ancestry
from initlint.facts.reading.scopes import Class, Function, Scope

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite

CALLED_BY_FRAMEWORKS = frozenset({"reset_parameters", "_reset_parameters", "_init_weights", "init_weights"})
"""Methods that frameworks call by name: FSDP and `torch.nn.utils.skip_init`, transformers, mmengine."""

_WORD = re.compile(r"\w*(?:init|reset)\w*")


@dataclass(frozen=True, slots=True, eq=False)
class UnusedInit:
    """A method with an init that nothing calls: its class, and the first init in it."""

    class_: Class
    method: Function
    site: InitSite


def unused_inits(file: File) -> Iterator[UnusedInit]:
    """The init methods of a file that nothing in its project names; nothing for a file that is checked alone."""
    if file.elsewhere is None:
        return
    for class_ in file.classes:
        for method in class_.methods.values():
            site = next((each for each in file.sites if _stands_in(each, method)), None)
            if (
                site is not None
                and _is_init(method)
                and not _registered(class_, method)
                and _unnamed(file, method.name)
            ):
                origin = ancestry(file, class_)
                if origin.known and origin.is_module:
                    yield UnusedInit(class_, method, site)


def _is_init(method: Function) -> bool:
    name = method.name
    dunder = name.startswith("__") and name.endswith("__")
    return not dunder and name not in CALLED_BY_FRAMEWORKS and _WORD.fullmatch(name) is not None


def _stands_in(site: InitSite, method: Function) -> bool:
    scope: Scope | None = site.call.block.scope
    while scope is not None and scope is not method:
        scope = scope.outer
    return scope is method


def _registered(class_: Class, method: Function) -> bool:
    """Whether something may find the class or the method by other ways than its name."""
    return bool(class_.node.decorators or method.node.decorators)


def _unnamed(file: File, name: str) -> bool:
    """Whether a method's name stands nowhere but in its definition, nor a part of it that may be put together."""
    assert file.elsewhere is not None
    if file.elsewhere.occurrences(name) != 1:
        return False
    cuts = [index + 1 for index, letter in enumerate(name[:-1]) if letter == "_"]
    pieces = [*(name[:cut] for cut in cuts), *(name[cut - 1 :] for cut in cuts)]
    parts = (piece for piece in pieces if piece != name and _WORD.fullmatch(piece))
    return not any(map(file.elsewhere.occurrences, parts))
