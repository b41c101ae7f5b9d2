"""Init sites as calls of a function of `torch.nn.init`: tensor methods, and functions of other libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.torch_init import INIT_MODULE, SAME_SIGNATURES
from initlint.facts.reading import text
from initlint.facts.sites.rewrite import spelled
from initlint.facts.sites.sites import Form

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.reading.scopes import Env
    from initlint.facts.sites.sites import InitSite

_FUNCTIONS = {"normal_": "normal_", "uniform_": "uniform_", "fill_": "constant_", "zero_": "zeros_"}
_KEYWORDS = {"from": "a", "to": "b", "value": "val"}
_CONSTANTS = {0.0: "zeros_", 1.0: "ones_"}


def function_call(site: InitSite, tensor: str, module: str) -> str | None:
    """`nn.init.normal_(m.weight, std=0.02)` of `m.weight.data.normal_(std=0.02)`, where `nn.init` is the module.

    The numbers that are drawn are the same. None where `*args` or `**kwargs` hide arguments.
    """
    if site.slots is None or site.surplus or site.missing:
        return None
    name = _FUNCTIONS[site.name] if site.form is Form.METHOD else site.name
    arguments = [argument for slot, argument in site.slots.items() if slot != "tensor"]
    constant = site.written_number("value") if site.form is Form.METHOD else None
    if constant in _CONSTANTS:
        name, arguments = _CONSTANTS[constant], []
    return f"{module}.{name}({', '.join((tensor, *map(_argument, arguments)))})"


def init_module(file: File, env: Env) -> str | None:
    """A module of init functions as a file spells it, that of transformers before that of torch; None without any."""
    found = (spelled(module, file.names, env) for module in (SAME_SIGNATURES[0], INIT_MODULE))
    return next((each for each in found if each is not None), None)


def _argument(argument: cst.Arg) -> str:
    keyword = argument.keyword
    if keyword is not None:
        keyword = keyword.with_changes(value=_KEYWORDS.get(keyword.value, keyword.value))
    return text.code(argument.with_changes(keyword=keyword, comma=cst.MaybeSentinel.DEFAULT)).strip()
