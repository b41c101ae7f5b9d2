"""What a trace leaves: the parameters of a model with their laws and writers, and the events that concern several.

The types carry live tensors and everything that a test of the numbers needs: the law with mean, standard deviation,
bounds or quantiles, the number of elements, and the pieces that follow another law than the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from initlint.runtime.callers import Site
from initlint.runtime.laws import TracedLaw
from initlint.runtime.storages import Piece, Write
from initlint.theory.laws import Moments

if TYPE_CHECKING:
    import torch


class Role(StrEnum):
    """What a module holds a tensor as."""

    PARAMETER = "parameter"
    BUFFER = "buffer"


class Status(StrEnum):
    """How far it is settled what a tensor holds.

    `LAZY`: it has no shape yet. `NEVER`, `PARTLY`: elements that nothing wrote. `GIVEN`: data that were not drawn.
    `DERIVED`: `torch.nn.utils` computed it from a weight, as weight_norm does with the norms.
    """

    DRAWN = "drawn"
    CONSTANT = "constant"
    GIVEN = "given"
    PIECES = "pieces"
    DERIVED = "derived"
    UNKNOWN = "unknown"
    PARTLY = "partly written"
    NEVER = "never written"
    LAZY = "lazy"


@dataclass(slots=True, eq=False)
class Parameter:
    """A parameter or buffer of the built model; not to be changed, but not frozen, which would triple the time.

    `names` are all names of the tensor, the first one is `name`; tied tensors appear once. `law` is that of all
    elements but those in `pieces`, which are in the order of writing. `writes` are in order; `born` is where the tensor
    was made. `coverage` is the share of elements that were written, None where that is not known.
    """

    names: tuple[str, ...]
    role: Role
    tensor: torch.Tensor
    law: TracedLaw
    pieces: tuple[Piece, ...] = ()
    writes: tuple[Write, ...] = ()
    born: Site | None = None
    coverage: float | None = 1.0
    lazy: bool = False

    @property
    def name(self) -> str:
        """The first name."""
        return self.names[0]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape; empty where it is not known yet."""
        return () if self.lazy else tuple(self.tensor.shape)

    @property
    def write(self) -> Write | None:
        """The last write of the whole tensor, or of a piece where nothing ever wrote the whole."""
        whole = [write for write in self.writes if write.whole]
        return whole[-1] if whole else self.writes[-1] if self.writes else None

    @property
    def site(self) -> Site | None:
        """Where the values come from: the last write, or where the tensor was made with its values."""
        return self.write.site if self.write else self.born

    @property
    def default(self) -> bool:
        """Whether torch's own initialisation of a layer has the last word."""
        return self.write is not None and self.write.default

    @property
    def moments(self) -> Moments | None:
        """Mean and standard deviation of the elements, where one law holds for all."""
        return None if self.pieces else self.law.moments(self.shape)

    @property
    def status(self) -> Status:
        """How far it is settled what the tensor holds."""
        if self.lazy:
            return Status.LAZY
        if self.coverage == 0:
            return Status.NEVER
        if self.coverage is not None and self.coverage < 1:
            return Status.PARTLY
        if self.pieces:
            return Status.PIECES if all(piece.law.known for piece in self.pieces) else Status.UNKNOWN
        if not self.law.known:
            derived = self.born is not None and self.born.reparametrised and not self.writes and self.law.written
            return Status.DERIVED if derived else Status.UNKNOWN
        if self.law.random:
            return Status.DRAWN
        return Status.CONSTANT if self.law.value is not None else Status.GIVEN

    @property
    def resolved(self) -> bool:
        """Whether the trace tells what every element follows, that nothing wrote it, or that it has no elements yet."""
        return self.status is not Status.UNKNOWN


class EventKind(StrEnum):
    """What happened while the model was built, or is so about its parts."""

    LOST_COPY = "an init wrote a copy of a parameter"
    LOST_REPARAMETRISED = "an init wrote a weight that is computed from other parameters"
    LOST_HELPER = "a helper for modules was given a tensor"
    OVERWRITTEN = "a constant init was overwritten by a later one"
    IDENTICAL_COPIES = "stacked modules are copies of each other"
    IDENTICAL_DRAWS = "independent draws gave the same numbers"
    SHARED_MODULE = "one module stands several times in a list"
    UNREGISTERED_MODULE = "a container that torch does not look into holds parameters"
    UNREGISTERED_TENSOR = "a tensor that is to be trained is no parameter"
    CONVERTED_PARAMETER = "a parameter was converted to a plain tensor"
    PADDING_ROW = "the padding row of an embedding is random"
    OTHER_DTYPE = "a parameter has another precision than its module"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: to which parameter or module, where, and the sites that belong to it."""

    kind: EventKind
    subject: str
    site: Site | None
    detail: str = ""
    related: tuple[tuple[Site, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Traced:
    """A model and what the trace of its construction says.

    `errors` are mistakes of the tracer itself: the model never sees them, and the tensors concerned have no law.
    `operations` counts the aten operations that were watched: those inside initialisers and torch's own layers are not.
    """

    model: torch.nn.Module
    device: torch.device | None
    seed: int
    parameters: tuple[Parameter, ...]
    events: tuple[Event, ...] = ()
    errors: tuple[str, ...] = ()
    operations: int = 0
    _by_name: dict[str, Parameter] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_name.update((name, each) for each in self.parameters for name in each.names)

    def __getitem__(self, name: str) -> Parameter:
        """The parameter or buffer with this name. Raises KeyError."""
        return self._by_name[name]

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def get(self, name: str) -> Parameter | None:
        """The parameter or buffer with this name, if there is one."""
        return self._by_name.get(name)

    def of_role(self, role: Role) -> Iterator[Parameter]:
        """The parameters alone, or the buffers."""
        return (each for each in self.parameters if each.role is role)
