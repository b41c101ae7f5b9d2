"""Who called: the frame of the user's code behind an operation, and the exact region of its call in the source."""

from __future__ import annotations

import linecache
import os
import sys
import sysconfig
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType

import torch

from initlint.finding import Region

WRAPPERS = (
    ("timm", "layers", "weight_init.py"),
    ("timm", "models", "layers", "weight_init.py"),
    ("transformers", "initialization.py"),
    ("mmengine", "model", "weight_init.py"),
    ("mmcv", "cnn", "utils", "weight_init.py"),
)
"""Files of libraries whose functions only pass an initialisation on: the caller of interest is theirs."""

REPARAMETRISING = (
    ("nn", "utils", "parametrize.py"),
    ("nn", "utils", "parametrizations.py"),
    ("nn", "utils", "weight_norm.py"),
    ("nn", "utils", "spectral_norm.py"),
    ("nn", "utils", "prune.py"),
)
"""Files of torch that compute a weight from other parameters."""

_RESETS = frozenset({"__init__", "reset_parameters", "_reset_parameters", "reset_running_stats", "init_kv"})


_EMPTYING = frozenset({"to_empty", "skip_init"})


class _Owner(Enum):
    """Whose code a frame runs."""

    OURS = auto()
    STANDARD = auto()
    TORCH = auto()
    MODULES = auto()
    REPARAMETRISING = auto()
    WRAPPER = auto()
    USER = auto()


_TORCHS = (_Owner.TORCH, _Owner.MODULES)


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A call in the user's code; the same call through the same files is the same object.

    `default`: torch's own initialisation of one of its layers runs between it and the operation. `wrapper`: the helper
    function of a library that passed the call on. `reparametrised`: the file of torch.nn.utils that runs between.
    `emptied`: `Module.to_empty` or `skip_init` runs between.
    """

    code: CodeType
    instruction: int
    default: bool = False
    wrapper: str = ""
    reparametrised: str = ""
    emptied: bool = False

    @property
    def path(self) -> Path:
        """The file, as Python names it."""
        return Path(self.code.co_filename)

    @property
    def function(self) -> str:
        """The function that the call stands in, with its class."""
        return self.code.co_qualname

    @property
    def line(self) -> int:
        """The line of the call, from 1."""
        return self.region.line

    @property
    def region(self) -> Region:
        """The call in the text; the whole line where Python does not know its columns."""
        start, end, column, end_column = next(
            islice(self.code.co_positions(), self.instruction // 2, None), (None, None, None, None)
        )
        line = start or self.code.co_firstlineno
        if end is None or column is None or end_column is None:
            return Region(line, 0, line, len(linecache.getline(self.code.co_filename, line).rstrip("\n")))
        return Region(line, self._characters(line, column), end, self._characters(end, end_column))

    def _characters(self, line: int, column: int) -> int:
        """Python counts columns in bytes of UTF-8."""
        text = linecache.getline(self.code.co_filename, line)
        return column if text.isascii() else len(text.encode()[:column].decode(errors="ignore"))

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


def caller(depth: int = 1, *, default: bool = False, wrapper: str = "") -> Site:
    """The innermost frame of the user's code, `depth` frames above; a frame of a wrapper where there is no other.

    `default` and `wrapper` are what is known of the frames that would stand below.
    """
    frame: FrameType | None = sys._getframe(depth)
    emptied = False
    reparametrised = ""
    fallback = frame
    while frame is not None:
        code = frame.f_code
        owner = _OWNERS.get(code.co_filename) or _owner(code.co_filename)
        if owner is _USER:
            fallback = frame
            break
        if owner is _MODULES:
            default = default or code.co_name in _RESETS
        elif owner is _Owner.WRAPPER:
            wrapper, fallback = code.co_name, frame
        elif owner is _Owner.REPARAMETRISING:
            reparametrised = Path(code.co_filename).stem
        if code.co_name in _EMPTYING and owner in _TORCHS:
            emptied = True
        frame = frame.f_back
    assert fallback is not None
    place = (id(fallback.f_code), fallback.f_lasti, default, wrapper, reparametrised, emptied)
    site = _SITES.get(place)
    if site is None:
        site = _SITES[place] = Site(fallback.f_code, *place[1:])
    return site


def passes_on(code: CodeType) -> bool:
    """Whether code belongs to a helper of a library, whose caller is the one of interest."""
    return _owner(code.co_filename) is _Owner.WRAPPER


_SITES: dict[tuple[int, int, bool, str, str, bool], Site] = {}
"""Every site that was ever met; it holds the code that it is known by the address of."""

_OWNERS: dict[str, _Owner] = {}
_USER, _MODULES = _Owner.USER, _Owner.MODULES

_TORCH = os.path.dirname(torch.__file__) + os.sep
_OURS = os.path.dirname(__file__) + os.sep
_STANDARD = sysconfig.get_path("stdlib") + os.sep
_PACKAGES = tuple(os.path.join(sysconfig.get_path("stdlib"), name) for name in ("site-packages", "dist-packages"))


def _owner(file: str) -> _Owner:
    found = _OWNERS[file] = _judged(file)
    return found


def _judged(file: str) -> _Owner:
    if file.startswith(_OURS):
        return _Owner.OURS
    if file.startswith(_TORCH):
        parts = tuple(file.removeprefix(_TORCH).split(os.sep))
        if parts in REPARAMETRISING:
            return _Owner.REPARAMETRISING
        return _Owner.MODULES if parts[:2] == ("nn", "modules") else _Owner.TORCH
    if file.startswith("<frozen") or (file.startswith(_STANDARD) and not file.startswith(_PACKAGES)):
        return _Owner.STANDARD
    parts = tuple(file.split(os.sep))
    if parts[-1] == "typing_extensions.py":
        return _Owner.STANDARD
    return _Owner.WRAPPER if any(parts[-len(each) :] == each for each in WRAPPERS) else _Owner.USER
