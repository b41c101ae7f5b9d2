"""What import statements bind, and the one spelling that a qualified name of torch has here."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from initlint.facts.reading.text import dotted

_ALIASES = {
    "torch.nn.parameter.": "torch.nn.",
    "torch.nn.modules.": "torch.nn.",
    "torch.nn.utils.weight_norm.": "torch.nn.utils.",
    "torch.nn.utils.spectral_norm.": "torch.nn.utils.",
}

_WRAPPERS = ("mmcv.utils.parrots_wrapper", "mmengine.utils.dl_utils.parrots_wrapper")
_WRAPPED = frozenset({"_BatchNorm", "_InstanceNorm", "_ConvNd", "SyncBatchNorm"})
"""Classes of torch that mmcv and mmengine hand on under their own names."""


def bound_names(node: cst.Import | cst.ImportFrom) -> Iterator[tuple[str, str]]:
    """Pairs of the name that is bound and the qualified name that it stands for; ("*", module) for a star import."""
    if isinstance(node, cst.Import):
        for alias in node.names:
            qualified = dotted(alias.name) or ""
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                yield alias.asname.name.value, qualified
            else:
                root = qualified.partition(".")[0]
                yield root, root
        return
    module = "." * len(node.relative) + ((dotted(node.module) or "") if node.module is not None else "")
    if isinstance(node.names, cst.ImportStar):
        yield "*", module
        return
    for alias in node.names:
        name = dotted(alias.name) or ""
        bound = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else name
        yield bound, module + name if module.endswith(".") else f"{module}.{name}"


def canonical(qualified: str) -> str:
    """The public spelling of a qualified name.

    `torch.nn.modules.conv.Conv2d` is `torch.nn.Conv2d`; `from ... import initialization` inside the transformers
    package is `transformers.initialization`.
    """
    for prefix, public in _ALIASES.items():
        if qualified.startswith(prefix):
            return public + qualified.rpartition(".")[2]
    module, _, name = qualified.rpartition(".")
    if name in _WRAPPED and module in _WRAPPERS:
        return f"torch.nn.{name}"
    if qualified.startswith(".."):
        stem = qualified.lstrip(".")
        if stem == "initialization" or stem.startswith("initialization."):
            return f"transformers.{stem}"
    return qualified
