"""What the torch and the transformers that a project requires have and have not, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from initlint.facts.api.torch_init import INITIALIZERS, Initializer

PARAMETERS_SINCE: Mapping[tuple[str, str], tuple[int, int]] = {
    (initializer.name, "generator"): (2, 1) if initializer.name == "trunc_normal_" else (2, 2)
    for initializer in INITIALIZERS.values()
    if "generator" in initializer.parameters
}
"""Since which release a function of `torch.nn.init` has a parameter that it had not from the beginning.

Read from the signatures in torch 2.0.1, 2.1.2 and 2.2.2.
"""


@dataclass(frozen=True, slots=True)
class TorchVersion:
    """The lowest version of torch that the code is for; None where nothing says it, and the newest counts."""

    version: str | None

    def reaches(self, since: tuple[int, int]) -> bool:
        """Whether what came with a release is there; pre-releases count as their release."""
        return self.version is None or _release(self.version) >= since

    def accepts(self, initializer: Initializer, parameter: str) -> bool:
        """Whether an initialiser has a parameter, with the tensor of a function named `tensor`."""
        function = INITIALIZERS.get(initializer.name) is initializer
        if parameter == "tensor":
            return function
        since = PARAMETERS_SINCE.get((initializer.name, parameter)) if function else None
        return parameter in initializer.parameters and (since is None or self.reaches(since))


@dataclass(frozen=True, slots=True)
class TransformersVersion:
    """The lowest version of transformers that the code is for; None where nothing says it, and no version counts."""

    version: str | None

    def reaches(self, since: tuple[int, int]) -> bool | None:
        """Whether what came with a release is there; None where that is not known."""
        return None if self.version is None else _release(self.version) >= since


def _release(version: str) -> tuple[int, ...]:
    from packaging.version import Version

    return Version(version).release
