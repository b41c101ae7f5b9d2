"""Targets of the runtime checker: `package.module:factory` or `path/to/file.py:Net`, with arguments.

Loading imports the project's code. It belongs into the child process, which a mistake in that code cannot outlive.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from initlint.spelling import did_you_mean


class TargetError(ValueError):
    """A target does not name anything that can be called; says what is missing and what comes closest."""


_MODULE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


@dataclass(frozen=True, slots=True)
class Target:
    """A factory of models: where it is, and the keyword arguments that it is called with."""

    module: str
    attribute: str
    keywords: Mapping[str, Any]

    @classmethod
    def parse(cls, text: str, arguments: Sequence[str] = (), keywords: str = "") -> Target:
        """Read `module:factory`, `NAME=VALUE` arguments and a JSON object of more. Raises TargetError."""
        module, colon, attribute = text.rpartition(":")
        if not colon or not module or not _MODULE.fullmatch(attribute):
            raise TargetError(f"{text!r} is no target: write package.module:factory or path/to/file.py:Net")
        if not module.endswith(".py") and not _MODULE.fullmatch(module):
            raise TargetError(f"{module!r} is neither the name of a module nor the path of a Python file")
        return cls(module, attribute, _object(keywords) | dict(map(_argument, arguments)))

    @property
    def is_file(self) -> bool:
        """Whether the module is given as a path."""
        return self.module.endswith(".py")

    def load(self) -> Callable[[], Any]:
        """Import the module and find the factory.

        Raises TargetError where there is no such file, module or factory; whatever the module raises while it is
        imported goes through.
        """
        found: Any = self._module()
        for name in self.attribute.split("."):
            if not hasattr(found, name):
                known = [each for each in dir(found) if not each.startswith("_")]
                raise TargetError(f"{self.module} has no {name!r}{did_you_mean(name, known)}")
            found = getattr(found, name)
        if not callable(found):
            raise TargetError(f"{self} is {type(found).__name__}, which cannot be called")
        return functools.partial(found, **self.keywords)

    def _module(self) -> Any:
        if self.is_file:
            return _from_file(Path(self.module))
        sys.path.insert(0, "")
        parent = ""
        for part in self.module.split("."):
            name = f"{parent}.{part}" if parent else part
            if importlib.util.find_spec(name) is None:
                raise TargetError(f"there is no module {name!r}; run from its project's folder, or install it")
            parent = name
            importlib.import_module(name)
        return sys.modules[self.module]

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.keywords.items())
        return f"{self.module}:{self.attribute}" + (f"({shown})" if shown else "")


def _from_file(path: Path) -> Any:
    """The module of a file; the modules beside it can be imported, as when Python runs it."""
    if not path.is_file():
        raise TargetError(f"there is no file {path}")
    sys.path.insert(0, str(path.parent.absolute()))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Pickling, dataclasses and `sys.modules[cls.__module__]` look the module up by its name.
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _argument(text: str) -> tuple[str, Any]:
    """Name and value of `depth=12`; what is no JSON is a string."""
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise TargetError(f"{text!r} is no argument: write NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        words = {"True": True, "False": False, "None": None}
        return name, words.get(value, value)


def _object(text: str) -> dict[str, Any]:
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError as error:
        raise TargetError(f"the keyword arguments are no JSON: {error}") from None
    if not isinstance(found, dict):
        raise TargetError('the keyword arguments must be a JSON object, such as {"depth": 12}')
    return found
