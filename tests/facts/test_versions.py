"""What the required versions of torch and transformers have: parameters of init functions that came later."""

import inspect

import pytest
from reading import read, sites

from initlint.facts.api.torch_init import INITIALIZERS, METHODS
from initlint.facts.api.versions import PARAMETERS_SINCE, TorchVersion, TransformersVersion
from initlint.facts.file import FactOptions


@pytest.mark.parametrize(
    ("version", "name", "accepts"),
    [
        (None, "normal_", True),
        ("2.13.0", "normal_", True),
        ("2.2", "normal_", True),
        ("2.2.0rc1", "normal_", True),
        ("2.2.0.dev20231101", "normal_", True),
        ("2.2.2+cu121", "kaiming_uniform_", True),
        ("2.10", "orthogonal_", True),
        ("2.1.2", "normal_", False),
        ("2.1.2", "kaiming_uniform_", False),
        ("2", "sparse_", False),
        ("1.13.1", "xavier_normal_", False),
        ("2.1", "trunc_normal_", True),
        ("2.0.1", "trunc_normal_", False),
        (None, "constant_", False),
        ("2.13", "dirac_", False),
    ],
)
def test_the_generator_came_with_a_release(version: str | None, name: str, accepts: bool) -> None:
    assert TorchVersion(version).accepts(INITIALIZERS[name], "generator") is accepts


@pytest.mark.parametrize("version", [None, "1.8", "2.13"])
def test_other_parameters_have_always_been_there(version: str | None) -> None:
    torch = TorchVersion(version)
    assert torch.accepts(INITIALIZERS["normal_"], "std")
    assert torch.accepts(INITIALIZERS["normal_"], "tensor")
    assert not torch.accepts(INITIALIZERS["normal_"], "stddev")


def test_tensor_methods_have_a_generator_in_every_version_and_no_tensor() -> None:
    torch = TorchVersion("1.8")
    assert torch.accepts(METHODS["normal_"], "generator")
    assert torch.accepts(METHODS["uniform_"], "from")
    assert not torch.accepts(METHODS["normal_"], "tensor")
    assert not torch.accepts(METHODS["fill_"], "generator")


def test_what_came_later_is_in_the_signatures_of_today() -> None:
    torch = pytest.importorskip("torch")
    for name, parameter in PARAMETERS_SINCE:
        assert parameter in inspect.signature(getattr(torch.nn.init, name)).parameters


def test_the_version_comes_from_the_options() -> None:
    assert read("", FactOptions(torch_version="2.1")).torch == TorchVersion("2.1")
    assert read("").torch == TorchVersion(None)
    assert read("", FactOptions(transformers_version="5.0")).transformers == TransformersVersion("5.0")


@pytest.mark.parametrize(
    ("version", "reaches"),
    [
        ("5.0", True),
        ("5.0.0rc1", True),
        ("5.23.0", True),
        ("10.1", True),
        ("4.57.3", False),
        ("4", False),
        (None, None),
    ],
)
def test_a_version_of_transformers_that_is_not_known_reaches_nothing(version: str | None, reaches: bool | None) -> None:
    assert TransformersVersion(version).reaches((5, 0)) is reaches


def test_a_later_parameter_is_surplus() -> None:
    code = "import torch\ntorch.nn.init.normal_(w, std=0.1, generator=g)\n"
    for version, surplus in ((None, 0), ("2.2", 0), ("2.1", 1)):
        (site,) = sites(code, FactOptions(torch_version=version))
        assert len(site.surplus) == surplus
