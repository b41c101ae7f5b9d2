"""Models that get loaded weights and are initialised after that, which wipes what was loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.api.layers import LAYERS
from initlint.facts.execution.following import Follower, Init, Traces
from initlint.facts.execution.holding import SELF, Place, Reference
from initlint.facts.execution.steps import Runs, Step, conditions, exclusive
from initlint.facts.reading.scopes import Assigned, Call, Class, Env, Write

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite


@dataclass(frozen=True, slots=True, eq=False)
class WipedWeights:
    """An init of a model after its weights were loaded.

    `call` is that of the init and `subject` what it is of, `site` what it writes; `load` is the call that loaded.
    """

    call: Call
    subject: cst.BaseExpression
    site: InitSite
    load: cst.Call


def wiped_weights(file: File) -> Iterator[WipedWeights]:
    """The inits of a file that wipe loaded weights, each call once."""
    traces = Traces(file, _Trace)
    followed = [trace for class_ in file.classes for trace in (traces.of(class_), *traces.later(class_))]
    found = [wiped for trace in (*followed, *traces.free()) for wiped in trace.wiped.values()]
    yield from {wiped.call.node: wiped for wiped in reversed(found)}.values()


_Load = tuple[cst.Call, Step]


@dataclass(slots=True)
class _Trace(Follower):
    """Which places hold loaded weights so far, and which of those were initialised and not loaded again."""

    loaded: dict[Place, _Load] = field(default_factory=dict)
    wiped: dict[Place, WipedWeights] = field(default_factory=dict)

    def copy(self) -> _Trace:
        return replace(self, held=dict(self.held), scopes=set(), loaded=dict(self.loaded), wiped={})

    def inside(self, seen: frozenset[Class] = frozenset()) -> Iterator[_Load]:
        """What was loaded into the object, or into something that it holds."""
        for place in [place for place in (*self.loaded, *self.held) if isinstance(place, str)]:
            yield from self._loads(place, seen)

    def _loads(self, place: Place, seen: frozenset[Class] = frozenset()) -> Iterator[_Load]:
        if place in self.loaded:
            yield self.loaded[place]
        held = self.held.get(place)
        for leaf in held.leaves if held is not None else ():
            if leaf.class_ is not None and leaf.class_ not in seen:
                yield from self.traces.of(leaf.class_).inside(seen | {leaf.class_})

    def write(self, write: Write, step: Step) -> None:
        name = step.own(write.target)
        Follower.write(self, write, step)
        if name is not None:
            self.loaded.pop(name, None)
            self.wiped.pop(name, None)
            if isinstance(write.value, cst.Call) and _makes_loaded(self.file, write.value, write.env, held=True):
                self.loaded[name] = write.value, step

    def untracked(self, call: Call, step: Step) -> None:
        """A call that loads weights, or may do so."""
        function = call.node.func
        for node in (function.value if isinstance(function, cst.Attribute) else function, *_given(call)):
            reference = self.refer(node, call.env, step)
            for place in reference.places if reference is not None else ():
                self._touch(place)
                loads = isinstance(function, cst.Attribute) and function.attr.value == "load_state_dict"
                if loads and node not in _given(call) and reference == Reference((place,)):
                    self.loaded[place] = call.node, step

    def _touch(self, place: Place) -> None:
        """A place may get other weights from here on."""
        if place == SELF:
            self.wiped.clear()
        self.wiped.pop(place, None)

    def reached(self, init: Init) -> None:
        if not init.reference.inside or init.reference.at is not None:
            return
        for place in init.reference.places:
            loads = list(self.inside() if place == SELF else (*self._loads(place), *self._made(place, init.step)))
            load = next((node for node, before in loads if _follows(init.step, before)), None)
            site = self._site(init) if load is not None else None
            if load is not None and site is not None:
                self.wiped[place] = WipedWeights(init.call, init.subject, site, load)

    def _made(self, place: Place, step: Step) -> Iterator[_Load]:
        """`model = Net.from_pretrained(…)`."""
        value = place.value if isinstance(place, Assigned) else None
        if isinstance(place, Assigned) and isinstance(value, cst.Call):
            assignment = self.file.assignment_of(value)
            if assignment is not None and _makes_loaded(self.file, value, place.env, held=False):
                written = Write(value, value, place.env, assignment.block, assignment.statement)
                yield value, replace(step, event=written, entered=None, runs=Runs.ALWAYS)

    def _site(self, init: Init) -> InitSite | None:
        """What the init writes to a layer of the model; of a model that is not known, to any layer."""
        leaves = [
            leaf for leaf in self.leaves_of(init.reference, init.step) if leaf.class_ is None and not leaf.neutral
        ]
        known = bool(leaves) and all(leaf.layers for leaf in leaves)
        tried = [leaf.layers for leaf in leaves] if known else [tuple(LAYERS.values())]
        found = (init.accept(layers, False) for layers in tried)
        return next((site for site in found if site is not None), None)


def _follows(step: Step, load: Step) -> bool:
    """Whether an init runs where the weights were loaded, whenever they were."""
    if step.scope is not load.scope:
        return step.runs is not Runs.OPEN
    tests, others = conditions(step), conditions(load)
    return not exclusive(tests, others) and (step.runs is not Runs.OPEN or tests <= others)


def _given(call: Call) -> list[cst.BaseExpression]:
    return [argument.value for argument in call.node.args]


def _makes_loaded(file: File, node: cst.Call, env: Env, *, held: bool) -> bool:
    """Whether a call makes a model with loaded weights; one that is `held` must be a model by what it is called.

    `from_pretrained` also makes tokenizers, processors and configurations.
    """
    qualified = file.names.qualified(node.func, env) or ""
    if isinstance(node.func, cst.Attribute) and node.func.attr.value == "from_pretrained":
        return not held or _MODEL.search(qualified) is not None
    if qualified.startswith("torchvision.models.") or qualified in ("timm.create_model", "timm.models.create_model"):
        flags = {argument.keyword.value: argument.value for argument in node.args if argument.keyword is not None}
        given = flags.get("pretrained") or flags.get("weights")
        literal = file.values.literal(given, env, defaults=True) if given is not None else None
        named = isinstance(given, cst.Attribute) and file.names.qualified(given, env) is not None
        return named or (literal is not None and bool(literal.value))
    return False


_MODEL = re.compile(r"^(?:transformers|diffusers)\.(?:\w+\.)*\w*(?:Model|For[A-Z])\w*\.from_pretrained$")
"""The classes of models, as those libraries name them: `BertModel`, `AutoModelForCausalLM`, `UNet2DModel`."""
