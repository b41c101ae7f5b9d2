"""The two halves prove each other: what the source of a fixture says, evaluated with the shapes of the live model, is
the law that the trace finds at the same call."""

from __future__ import annotations

import importlib.util
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

torch = pytest.importorskip("torch")

from initlint.engine import Options, read_facts  # noqa: E402
from initlint.facts.sites.sites import InitSite  # noqa: E402
from initlint.islands import whole  # noqa: E402
from initlint.runtime.evidence import Parameter, Role, Status, Traced  # noqa: E402
from initlint.runtime.trace import trace  # noqa: E402
from initlint.source import Source  # noqa: E402
from initlint.theory import laws  # noqa: E402
from initlint.theory.fans import fan_in_and_fan_out  # noqa: E402
from initlint.theory.gains import calculate_gain  # noqa: E402
from initlint.theory.laws import Law  # noqa: E402

FIXTURES = Path(__file__).parents[2] / "fixtures" / "models"
MODULES = sorted(path.stem for path in FIXTURES.glob("*.py"))


def loaded(name: str) -> ModuleType:
    """A fixture as a module of its own name, so that traced calls name its file."""
    spec = importlib.util.spec_from_file_location(f"live_{name}", FIXTURES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except ImportError as error:
        pytest.skip(f"needs {error.name}")
    return module


def models(name: str) -> Iterator[Traced]:
    """The traced models that the builders of a fixture make."""
    module = loaded(name)
    for builder in (value for key, value in list(vars(module).items()) if key.startswith("build_")):
        try:
            yield trace(builder)
        except (ValueError, RuntimeError, TypeError, AttributeError):
            continue  # The fixture holds calls that raise, on purpose.


def sites(name: str) -> dict[int, list[InitSite]]:
    """The init sites of a fixture by line."""
    file = read_facts(whole(Source.read(FIXTURES / f"{name}.py").text), Options())
    text = Source.read(FIXTURES / f"{name}.py").text
    found: dict[int, list[InitSite]] = {}
    from libcst.metadata import MetadataWrapper, PositionProvider

    positions = MetadataWrapper(file.record.node, unsafe_skip_copy=True).resolve(PositionProvider)
    for site in file.sites:
        found.setdefault(positions[site.node].start.line, []).append(site)
    assert text
    return found


def expected(site: InitSite, shape: tuple[int, ...]) -> Law | None:
    """The law that a site draws for a shape; None where the source leaves a number open."""
    if site.slots is None:
        return None
    names = {"from": "a", "from_": "a", "low": "a", "to": "b", "value": "val"}
    numbers = {names.get(slot, slot): site.number(slot) for slot in site.slots or () if slot != "tensor"}
    match site.name:
        case "zeros_":
            return laws.constant(0.0)
        case "ones_":
            return laws.constant(1.0)
        case "constant_" | "fill_" if numbers.get("val") is not None:
            return laws.constant(numbers["val"] or 0.0)
        case "normal_":
            mean, std = (
                numbers.get(slot) if slot in numbers else start for slot, start in (("mean", 0.0), ("std", 1.0))
            )
            return laws.normal(mean, std) if mean is not None and std is not None else None
        case "uniform_":
            low, high = _given(numbers, a=0.0, b=1.0)
            return laws.uniform(low, high) if low is not None and high is not None else None
        case "xavier_normal_" | "xavier_uniform_" if len(shape) > 1:
            gain = numbers.get("gain") if "gain" in numbers else 1.0
            return (
                _of_std(site.name, gain * math.sqrt(2 / sum(fan_in_and_fan_out(shape)))) if gain is not None else None
            )
        case "kaiming_normal_" | "kaiming_uniform_" if len(shape) > 1:
            return _kaiming(site, shape)
        case "orthogonal_":
            (gain,) = _given(numbers, gain=1.0)
            return laws.orthogonal(gain) if gain is not None else None
        case _:
            return None


def _given(numbers: dict[str, float | None], **defaults: float) -> list[float | None]:
    """What is passed, None for what is open, and the default of what is not passed."""
    return [numbers.get(name) if name in numbers else default for name, default in defaults.items()]


def _kaiming(site: InitSite, shape: tuple[int, ...]) -> Law | None:
    mode = "fan_in" if site.absent("mode") else site.string("mode")
    nonlinearity = "leaky_relu" if site.absent("nonlinearity") else site.string("nonlinearity")
    slope = 0.0 if site.absent("a") else site.number("a")
    if mode is None or nonlinearity is None or slope is None:
        return None
    gain = calculate_gain(nonlinearity, slope if nonlinearity == "leaky_relu" else None)
    return _of_std(site.name, gain / math.sqrt(fan_in_and_fan_out(shape)[mode.lower() == "fan_out"]))


def _of_std(name: str, std: float) -> Law:
    bound = math.sqrt(3) * std
    return laws.uniform(-bound, bound) if "uniform" in name else laws.normal(0.0, std)


def agrees(parameter: Parameter, law: Law) -> bool:
    found = parameter.law.law
    if parameter.law.chain or found.kind is not law.kind:
        return False
    pairs = zip(found.parameters, law.parameters, strict=True)
    return all(math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9) for one, other in pairs)


@pytest.mark.parametrize("name", MODULES)
def test_law_of_the_source_is_the_law_of_the_model(name: str) -> None:
    by_line = sites(name)
    compared = 0
    for traced in models(name):
        for each in traced.of_role(Role.PARAMETER):
            write = each.write
            if each.status not in (Status.DRAWN, Status.CONSTANT) or write is None or not write.whole or each.pieces:
                continue
            if write.site.path != FIXTURES / f"{name}.py" or write.default:
                continue
            for site in by_line.get(write.site.line, []):
                law = expected(site, each.shape)
                if law is not None and write.call.rstrip("_") == site.spelled.rstrip("_"):
                    assert agrees(each, law), f"{each.name}: {each.law}, the source says {law} (line {write.site.line})"
                    compared += 1
    if name in ("dcgan", "init_tour", "resnet_loops", "ddpg_actor"):
        assert compared
