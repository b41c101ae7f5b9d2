"""What the child process is asked to do. Free of torch."""

from __future__ import annotations

from typing import Any

import msgspec


class Request(msgspec.Struct):
    """A target and what to do with it.

    `args` are those of a specification; `arguments` and `keywords` go before them. `seeds` is how many seeds are drawn,
    the first being `seed`; `expect` are declared laws by pattern; `lock` the laws that a parameter had when they were
    written down; `parity` asks for meta, to_empty and reset_parameters as well.
    """

    target: str
    arguments: list[str] = []
    keywords: str = ""
    input: str = ""
    device: str = "auto"
    seed: int = 0
    seeds: int = 1
    args: dict[str, Any] = {}
    expect: dict[str, str] = {}
    lock: dict[str, Any] = {}
    numbers: bool = True
    parity: bool = False
    preview: bool = False
