"""Values that the constructors of Hugging Face models write, which are not there when a checkpoint is loaded.

`from_pretrained` runs the constructor on the meta device, where nothing has values. What the checkpoint lacks is then
allocated, and left to `_init_weights`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.execution.drawing import draws, mentions
from initlint.facts.execution.steps import Step, constructor
from initlint.facts.networks.hugging_face import is_directly_model, is_module, models
from initlint.facts.reading import text
from initlint.facts.reading.inside import inside
from initlint.facts.reading.scopes import Call, Class, Env, Write
from initlint.facts.sites.functional import function_call, init_module

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite

OWNER = "module"
"""The name under which `_init_weights` usually takes the module."""


@dataclass(frozen=True, slots=True, eq=False)
class MetaValue:
    """A parameter that has its values from a constructor alone.

    `node` is the init call, or the expression that makes the parameter; `target` the parameter as it is written there;
    `redrawn` says that `post_init` draws it anew. `call` is what would write it in `_init_weights`, to `OWNER`.
    """

    node: cst.BaseExpression
    target: str
    class_: Class
    redrawn: bool
    call: str | None


def meta_values(file: File) -> Iterator[MetaValue]:
    """The values that `__init__` of the models of a file, and of the modules beside them, write.

    Of modules only what an initialiser writes; of classes directly under `PreTrainedModel` also the parameters that are
    made with values.
    """
    found = list(models(file))
    sites = {site.node: site for site in file.sites}
    for class_ in file.classes if found else ():
        if not is_module(file, class_):
            continue
        own = is_directly_model(class_) and class_ in found
        for step in constructor(file, class_):
            if step.scope is not class_.methods.get("__init__"):
                continue
            match step.event:
                case Call(node=node) if (site := sites.get(node)) is not None:
                    value = _written(file, class_, site, step, found)
                case Write() as write if own:
                    value = _made(file, class_, write, step)
                case _:
                    continue
            if value is not None:
                yield value


def _written(file: File, class_: Class, site: InitSite, step: Step, found: list[Class]) -> MetaValue | None:
    """What an initialiser writes: a parameter of the object, or of a layer that it holds."""
    target = site.target
    if target is None or (target.made is not None and not target.made.parameter):
        return None
    attribute = _attribute(target.tensor, step)
    if attribute is None or mentions(file, attribute):
        return None
    zero = site.name in ("zeros_", "zero_") or 0.0 in (site.number("val"), site.number("value"))
    if zero and target.attribute == "bias":
        return None
    layers = target.layers or ()
    redrawn = bool(layers) and any(draws(file, model, layer) for model in found for layer in layers)
    given = [argument.value for slot, argument in (site.slots or {}).items() if slot != "tensor"]
    module = init_module(file, site.call.env)
    settled = module is not None and not any(inside(value, cst.Name) for value in given)
    call = function_call(site, _on_owner(target.text), module) if settled and module is not None else None
    return MetaValue(site.node, target.text, class_, redrawn, call)


def _made(file: File, class_: Class, write: Write, step: Step) -> MetaValue | None:
    """`self.scale = nn.Parameter(torch.ones(3))`; what is made of nothing but a name may be another parameter."""
    attribute = step.own(write.target)
    if attribute is None or write.value is None or write.unpacking or mentions(file, attribute):
        return None
    made = file.builder.made(write.value, write.env)
    if made is None or not made.parameter or not isinstance(made.node, cst.Call) or not made.node.args:
        return None
    inner = made.node.args[0].value
    factory = file.names.qualified(inner.func, write.env) if isinstance(inner, cst.Call) else None
    if factory in _EMPTY or isinstance(inner, cst.Name | cst.Attribute | cst.Subscript):
        return None
    target = text.code(write.target)
    return MetaValue(write.value, target, class_, redrawn=False, call=_remade(file, factory, target, write.env))


def _remade(file: File, factory: str | None, target: str, env: Env) -> str | None:
    function, module = _FACTORIES.get(factory or ""), init_module(file, env)
    return f"{module}.{function}({_on_owner(target)})" if function is not None and module is not None else None


def _on_owner(target: str) -> str:
    """`module.proj.weight` of `self.proj.weight`."""
    return f"{OWNER}.{target.partition('.')[2]}"


def _attribute(node: cst.BaseExpression, step: Step) -> str | None:
    """`proj` of `self.proj.weight` and `self.proj[0].weight`."""
    while isinstance(node, cst.Attribute | cst.Subscript):
        own = step.own(node)
        if own is not None:
            return own
        node = node.value
    return None


_EMPTY = frozenset({"torch.empty", "torch.Tensor", "torch.FloatTensor", "torch.HalfTensor", "torch.DoubleTensor"})
_FACTORIES = {"torch.zeros": "zeros_", "torch.ones": "ones_", "torch.randn": "normal_", "torch.rand": "uniform_"}
