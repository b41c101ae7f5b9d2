"""Weights whose first scale does not stay: multiplied, normalised or equalised later, or never trained."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from initlint.facts.reading import text

if TYPE_CHECKING:
    from initlint.facts.sites.sites import InitSite

_EQUALIZED = re.compile(r"equali[sz]ed?_?(?:d|lr|linear|conv)|lr_?mul|he_constant|w_?scale", re.IGNORECASE)
"""Names of an equalised learning rate: N(0, 1) times the gain in every forward pass (Karras et al. 2018)."""

_NORMALIZED = re.compile(r"\bnormalize\([^()]*weight|weight\w*(?:\.data)?\s*=[^=]*normalize\(|\.norm\(")
_FROZEN = re.compile(r"requires_grad_\(False\)|requires_grad\s*=\s*False")


def scaled_later(site: InitSite) -> bool:
    """Whether the class around a site, or else the file, takes the scale of a weight from elsewhere than its init."""
    class_ = site.class_
    if site.file.activations.rescaled({class_} if class_ is not None else None):
        return True
    code = text.code(class_.node) if class_ is not None else site.file.record.node.code
    return any(pattern.search(code) for pattern in (_EQUALIZED, _NORMALIZED, _FROZEN))
