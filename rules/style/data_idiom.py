"""INI902."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.api.layers import LAYERS
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite

_LAZY = frozenset(name for name in LAYERS if name.startswith("Lazy"))

_MAKES_LAZY = frozenset({"UninitializedParameter", "LazyModuleMixin"})

_FUNCTIONS = {"normal_": "normal_", "uniform_": "uniform_", "fill_": "constant_", "zero_": "zeros_"}
_KEYWORDS = {"to": "b", "value": "val"}
"""Parameters of the methods that the functions name otherwise."""


@rule(
    "INI902",
    "data-idiom",
    Kind.STYLE,
    Default.OFF,
    fix=Safety.SAFE,
    triggers=(
        *(f".data.{method}(" for method in _FUNCTIONS),
        *((".data", used) for used in ("init.", "init import", "init as")),
    ),
    context=_LAZY,
)
def check(file: File) -> Iterator[Alarm]:
    """An init through `.data`, where `torch.nn.init` writes the same numbers to the parameter itself."""
    from initlint.facts.sites.sites import Form

    if _builds_lazy(file):
        return
    for site in file.sites:
        whole = _behind_data(site.tensor)
        if whole is None or not site.call.discarded or not _is_parameter(site) or _in_guarded_init(file, site):
            continue
        if site.form is Form.METHOD:
            name = _FUNCTIONS[site.name]
            message = f".data.{site.name} writes around autograd; nn.init.{name} writes the same without a gradient"
            yield Alarm(site.node, message, tuple(_as_function(file, site, whole, name)))
        elif site.tensor is not None:
            message = f"nn.init.{site.spelled} records no gradient, so that it needs no .data: it takes the parameter"
            changes = (Change(site.tensor, whole),)
            yield Alarm(site.tensor, message, (Proposal("pass the parameter", Safety.SAFE, changes),))


def _builds_lazy(file: File) -> bool:
    """Whether the file builds lazy layers, or makes such: their parameters have no numbers yet."""
    imported = {name.rpartition(".")[2] for name in file.record.imports}
    return bool(imported & _MAKES_LAZY) or any(layer.layer.name in _LAZY for _, layer in file.layer_calls)


def _behind_data(node: cst.BaseExpression | None) -> cst.BaseExpression | None:
    """`w` of `w.data`."""
    import libcst as cst

    match node:
        case cst.Attribute(value=whole, attr=cst.Name(value="data")):
            return whole
        case _:
            return None


def _is_parameter(site: InitSite) -> bool:
    return site.target is not None and site.target.is_parameter


def _in_guarded_init(file: File, site: InitSite) -> bool:
    """Whether a site stands in the `_init_weights` of a Hugging Face model, where `.data` gets round a guard."""
    from initlint.facts.execution.steps import lineage

    if site.function is None or site.function.name != "_init_weights" or site.class_ is None:
        return False
    bases = (base.value for class_ in lineage(file, site.class_) for base in class_.node.bases)
    return any("PreTrainedModel" in (text.last_name(base) or "") for base in bases)


def _as_function(file: File, site: InitSite, whole: cst.BaseExpression, name: str) -> Iterator[Proposal]:
    import libcst as cst

    from initlint.facts.sites.rewrite import renamed, spelled

    function = spelled(f"torch.nn.init.{name}", file.names, site.call.env)
    if function is None or site.slots is None or site.surplus:
        return
    named = ((argument, slot) for slot, argument in site.slots.items() if argument.keyword is not None)
    arguments = renamed(site.node, {argument: _KEYWORDS.get(slot, slot) for argument, slot in named}).args
    given = (text.code(each.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for each in arguments)
    call = f"{function}({', '.join((text.code(whole), *given))})"
    yield Proposal(f"call {name}", Safety.SAFE, (Change(site.node, call),))
