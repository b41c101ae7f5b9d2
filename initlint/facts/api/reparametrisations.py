"""Functions that put something around a layer and give it back, as data."""

from __future__ import annotations

REPARAMETRISATIONS = frozenset(
    {
        "torch.nn.utils.weight_norm",
        "torch.nn.utils.parametrizations.weight_norm",
        "torch.nn.utils.parametrizations.spectral_norm",
        "torch.nn.utils.parametrizations.orthogonal",
        "torch.nn.utils.prune.l1_unstructured",
        "torch.nn.utils.prune.random_unstructured",
        "torch.nn.utils.prune.ln_structured",
        "torch.nn.utils.prune.random_structured",
        "torch.nn.utils.prune.identity",
    }
)
"""Wrappers after which a write to `weight` is lost. The old `spectral_norm` shares storage and is none of them."""

TRANSPARENT = frozenset({"torch.nn.utils.spectral_norm", "copy.deepcopy", "torch.jit.script", "torch.compile"})
"""Functions that return a layer whose `weight` can still be initialised."""

WRAPPERS = frozenset(name.rpartition(".")[2] for name in REPARAMETRISATIONS | TRANSPARENT)
"""The last parts of the names of both."""

TRACES = ("weight_norm", "spectral_norm", "parametri", "prune")
"""Parts of the words with which a file reparametrises layers, in whatever way."""
