"""A stand-in for torchvision, which timm imports and whose builds are for particular builds of torch."""

from __future__ import annotations

import enum
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

MODES = ("NEAREST", "NEAREST_EXACT", "BILINEAR", "BICUBIC", "BOX", "HAMMING", "LANCZOS")


class StandIn(ModuleType):
    """A package in which every name is a class that does nothing."""

    __path__ = ()
    __version__ = "0.28.0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "InterpolationMode":
            return enum.Enum(name, {each: each.lower() for each in MODES})
        return type(name, (), {"__init__": lambda self, *arguments, **keywords: None})


class Finder(MetaPathFinder, Loader):
    """Finds the stand-in for torchvision and all inside it."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(name, self, is_package=True) if name.split(".")[0] == "torchvision" else None

    def create_module(self, spec: ModuleSpec) -> StandIn:
        return StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


def install() -> None:
    """Let `import torchvision` find the stand-in."""
    sys.meta_path.insert(0, Finder())
