"""Hugging Face models: which classes of a file are `PreTrainedModel`s, and what is known of the library behind them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.modules import PLAIN_BASES
from initlint.facts.reading import imports, text
from initlint.facts.reading.scopes import Class, Function

if TYPE_CHECKING:
    from initlint.facts.file import File

ROOT = "PreTrainedModel"
"""The class that brings `from_pretrained`; families name their own base after it, `BertPreTrainedModel`."""

DRAWING = "_init_weights"
"""The method that `post_init` and `from_pretrained` call for every module with values to be drawn."""

GUARDED = (5, 0)
"""The release whose `from_pretrained` marks what it loaded, calls `_init_weights`, and guards `torch.nn.init`."""

_OTHER_FRAMEWORKS = ("TF", "Flax")
_GUARDED_MODULE = "transformers.initialization"
_DEPTH = 8


def is_model(file: File, class_: Class) -> bool:
    """Whether a class is a `PreTrainedModel` of transformers: by its bases here and in the other files."""
    return bool(model_bases(file, class_))


def model_bases(file: File, class_: Class) -> set[str]:
    """The names of the imported bases that make a class a model: `PreTrainedModel`, or that of a family."""
    found = imported_bases(file, class_)
    return {qualified.rpartition(".")[2] for qualified in found if _is_imported_model(file, qualified)}


def is_directly_model(class_: Class) -> bool:
    """Whether a base of a class is named after `PreTrainedModel`."""
    return any((text.last_name(base.value) or "").endswith(ROOT) for base in class_.node.bases)


def is_module(file: File, class_: Class) -> bool:
    """Whether a class is a module of torch, a model or part of one."""
    bases = list(imported_bases(file, class_))
    return any(base.startswith("torch.nn.") for base in bases) or is_model(file, class_)


def imported_bases(file: File, class_: Class, depth: int = _DEPTH) -> Iterator[str]:
    """The qualified names of the bases of a class, and of its bases in the file, that come from elsewhere.

    A base that no import settles is the empty name.
    """
    for argument in class_.node.bases:
        base = file.names.definition(argument.value, class_.env)
        if not isinstance(base, Class):
            yield file.names.qualified(argument.value, class_.env) or ""
        elif base is not class_ and depth > 0:
            yield from imported_bases(file, base, depth - 1)


def is_settled(file: File, class_: Class) -> bool:
    """Whether nothing of a class runs in its constructor that is not known: no mixin with one of its own."""
    return all(_is_harmless(file, qualified) for qualified in imported_bases(file, class_))


def has_own_drawing(file: File, class_: Class) -> bool:
    """Whether a base from elsewhere brings an `_init_weights` that draws layers: every one but that of old roots."""
    return bool(guards_loaded_weights(file)) or not model_bases(file, class_) <= {ROOT}


def models(file: File) -> Iterator[Class]:
    """The `PreTrainedModel`s of a file in the order of the source."""
    return (class_ for class_ in file.classes if is_model(file, class_))


def drawing_method(class_: Class) -> Function | None:
    """The `_init_weights(self, module)` that a class itself defines."""
    method = class_.methods.get(DRAWING)
    return method if method is not None and len(method.arguments) > 1 else None


def guards_loaded_weights(file: File) -> bool | None:
    """Whether the transformers of the file keeps what it loaded from being drawn anew; None where that is not known.

    Its module `initialization` came with that release.
    """
    names = map(imports.canonical, file.record.imports)
    if any(name == _GUARDED_MODULE or name.startswith(f"{_GUARDED_MODULE}.") for name in names):
        return True
    return file.transformers.reaches(GUARDED)


def _is_imported_model(file: File, qualified: str) -> bool:
    """Whether an imported base is a `PreTrainedModel`: one of transformers, or of a file that says so.

    A relative import of a file that is not there counts by its name alone.
    """
    name = qualified.rpartition(".")[2]
    if qualified.startswith("transformers."):
        return _named_after_root(name)
    if file.elsewhere is not None and name != ROOT and (found := file.elsewhere.lineage([name])[0]):
        bases = {base.rpartition(".")[2] for sketch in found for base in sketch.bases}
        return any(base == ROOT or (_named_after_root(base) and not file.elsewhere.classes(base)) for base in bases)
    return qualified.startswith(".") and _named_after_root(name)


def _named_after_root(name: str) -> bool:
    return name.endswith(ROOT) and not name.startswith(_OTHER_FRAMEWORKS)


def _is_harmless(file: File, qualified: str) -> bool:
    """Whether the constructor of an imported base is that of `PreTrainedModel` or of torch, or there is none."""
    name = qualified.rpartition(".")[2]
    if qualified.partition(".")[0] in _KNOWN_ROOTS:
        return True
    pending, seen = [name], {ROOT, *PLAIN_BASES}
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        sketches = file.elsewhere.classes(name) if file.elsewhere is not None else ()
        if any("__init__" in sketch.methods for sketch in sketches) or not (sketches or _named_after_root(name)):
            return False
        pending += [base.rpartition(".")[2] for sketch in sketches for base in sketch.bases]
    return True


_KNOWN_ROOTS = frozenset({"abc", "object", "torch", "transformers", "typing"})
