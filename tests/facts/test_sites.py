"""Init sites: which calls are one, and how their arguments are bound."""

import pytest
from reading import read, sites

from initlint.facts.file import FactOptions
from initlint.facts.reading import text
from initlint.facts.sites.sites import Form, InitSite

NN = "import torch\nfrom torch import nn\n"


def only(code: str, options: FactOptions | None = None) -> InitSite:
    (site,) = sites(code, options)
    return site


def arguments(site: InitSite) -> dict[str, str] | None:
    return {name: text.code(arg.value) for name, arg in site.slots.items()} if site.slots is not None else None


@pytest.mark.parametrize(
    ("call", "name", "bound"),
    [
        ("nn.init.normal_(w)", "normal_", {"tensor": "w"}),
        ("nn.init.normal_(w, 0, 0.02)", "normal_", {"tensor": "w", "mean": "0", "std": "0.02"}),
        ("nn.init.normal_(w, std=0.02)", "normal_", {"tensor": "w", "std": "0.02"}),
        ("nn.init.normal_(std=0.02, tensor=w)", "normal_", {"tensor": "w", "std": "0.02"}),
        ("nn.init.kaiming_normal_(w, 0, 'fan_out', 'relu')", "kaiming_normal_",
         {"tensor": "w", "a": "0", "mode": "'fan_out'", "nonlinearity": "'relu'"}),
        ("nn.init.zeros_(w, 0)", "zeros_", {"tensor": "w", "1": "0"}),
        ("nn.init.normal_(w, stddev=0.02)", "normal_", {"tensor": "w", "stddev": "0.02"}),
        ("nn.init.normal(w, 0, 0.02)", "normal_", {"tensor": "w", "mean": "0", "std": "0.02"}),
        ("nn.init.normal_()", "normal_", {}),
    ],
)  # fmt: skip
def test_arguments_of_the_function_form(call: str, name: str, bound: dict[str, str]) -> None:
    site = only(NN + call)
    assert site.form is Form.FUNCTION
    assert site.name == name
    assert arguments(site) == bound


@pytest.mark.parametrize(
    ("call", "name", "bound"),
    [
        ("m.weight.normal_(0, 0.02)", "normal_", {"mean": "0", "std": "0.02"}),
        ("m.weight.data.normal_(std=0.02)", "normal_", {"std": "0.02"}),
        ("m.weight.detach().uniform_(-s, s)", "uniform_", {"from": "-s", "to": "s"}),
        ("m.bias.data.zero_()", "zero_", {}),
        ("m.bias.data.fill_(0.1)", "fill_", {"value": "0.1"}),
    ],
)
def test_arguments_of_the_method_form(call: str, name: str, bound: dict[str, str]) -> None:
    site = only(NN + call)
    assert site.form is Form.METHOD
    assert site.name == name
    assert arguments(site) == bound


@pytest.mark.parametrize("stars", ["*args", "**options", "0, *args", "0, **options"])
def test_stars_hide_all_arguments(stars: str) -> None:
    for site in (only(f"{NN}nn.init.normal_(w, {stars})"), only(f"{NN}m.weight.data.normal_({stars})")):
        assert site.slots is None
        assert not site.absent("std")
        assert site.given("mean") is None
        assert not site.positional("mean")


def test_positional_and_absent() -> None:
    site = only(f"{NN}nn.init.trunc_normal_(w, 0, std=0.02)")
    assert site.positional("mean")
    assert not site.positional("std")
    assert not site.absent("std")
    assert site.absent("a")


def test_values_of_arguments() -> None:
    site = only(f"{NN}s = 0.2\nnn.init.kaiming_normal_(w, a=s, mode='fan_out')")
    assert site.number("a") == 0.2
    assert site.string("mode") == "fan_out"
    assert site.number("mode") is None
    assert site.literal("nonlinearity") is None


def test_the_deprecated_name_stays_known_as_it_is_spelled() -> None:
    site = only(f"{NN}nn.init.xavier_uniform(w)")
    assert (site.name, site.spelled) == ("xavier_uniform_", "xavier_uniform")


@pytest.mark.parametrize(
    "code",
    [
        "from transformers import initialization as init\ninit.normal_(w, 0, 0.02)",
        "from ... import initialization as init\ninit.normal_(w, 0, 0.02)",
        "from timm.layers import trunc_normal_\ntrunc_normal_(w, std=0.02)",
        "from timm.models.layers import trunc_normal_\ntrunc_normal_(w, std=0.02)",
        "from timm.models.layers.weight_init import trunc_normal_\ntrunc_normal_(w, std=0.02)",
    ],
)
def test_modules_with_the_same_signatures_count(code: str) -> None:
    assert only(code).form is Form.FUNCTION


def test_modules_of_the_configuration_count() -> None:
    code = "from team.inits import normal_\nimport torch\nnormal_(w, 0.02)"
    assert not sites(code)
    assert only(code, FactOptions(init_modules=("team.inits",))).name == "normal_"


@pytest.mark.parametrize(
    "code",
    [
        "import paddle.nn as nn\nnn.init.normal_(w, 0.02)",
        "from flax.linen import initializers as init\ninit.normal_(w, 0.02)",
        "from timm.layers import variance_scaling_\nvariance_scaling_(w)",
        "from torch import nn\nnn.functional.normalize(w)",
        "from torch import nn\nnn.init.calculate_gain('relu')",
        "from torch import nn\nnn.init._no_grad_normal_(w, 0, 1)",
        "from torch import nn\nnn.init.normal_",
        "from torch import nn\nnormal_(w, 0.02)",
        "from torch import nn\ndef f(nn):\n    nn.init.normal_(w)",
        "from transformers import initialization as init\ninit.normal(w)",
    ],
)
def test_other_calls_are_no_init_sites(code: str) -> None:
    assert not sites(code)


@pytest.mark.parametrize(
    "line",
    [
        "noise = torch.empty(3).normal_()",
        "noise = torch.empty(3)\nnoise.normal_()",
        "noise = torch.empty_like(x)\nnoise.data.uniform_(0, 1)",
        "x.new(3).normal_(0, sigma)",
        "mask.fill_(0)",
        "self.noise.normal_()",
        "self.running_mean.zero_()",
        "p.grad.zero_()",
        "m.weight.grad.zero_()",
        "optimizer.zero_grad()",
        "for t in tensors:\n    t.zero_()",
        "m.weight.add_(1)",
        "normal_()",
    ],
)
def test_methods_of_noise_masks_and_buffers_are_no_init_sites(line: str) -> None:
    assert not sites(NN + line)


@pytest.mark.parametrize(
    "line",
    [
        "for p in model.parameters():\n    p.data.uniform_(-0.1, 0.1)",
        "for name, p in model.named_parameters():\n    p.data.fill_(0)",
        "w = nn.Parameter(torch.empty(3, 3))\nw.data.normal_(0, 0.02)",
        "nn.init.normal_(noise)",
        "x = nn.init.normal_(torch.empty(3, 3))",
        "f(nn.init.normal_(w))",
        "x = [nn.init.normal_(w) for w in ws]",
        "init = nn.init.normal_\ninit(w, std=0.02)",
        "lambda w: nn.init.normal_(w)",
        "assert nn.init.normal_(w) is w",
        "x = nn.init.normal_(w) if flag else w",
    ],
)
def test_init_sites_wherever_they_stand(line: str) -> None:
    assert len(sites(NN + line)) == 1


def test_sites_come_in_the_order_of_the_source_and_know_where_they_stand() -> None:
    code = """
        from torch import nn

        class Net(nn.Module):
            def reset_parameters(self):
                nn.init.ones_(self.w)

            @staticmethod
            def init_weights(m):
                def inner(w):
                    nn.init.zeros_(w)

        def init_weights(m):
            nn.init.eye_(m.weight)

        nn.init.normal_(w)
    """
    found = [
        (site.name, site.class_.name if site.class_ else None, site.function.name if site.function else None)
        for site in sites(code)
    ]
    assert found == [
        ("ones_", "Net", "reset_parameters"),
        ("zeros_", "Net", "inner"),
        ("eye_", None, "init_weights"),
        ("normal_", None, None),
    ]


@pytest.mark.parametrize(
    ("code", "tolerated"),
    [
        ("nn.init.eye_(w)", False),
        ("try:\n    nn.init.eye_(w)\nexcept ValueError:\n    pass", True),
        ("try:\n    pass\nexcept ValueError:\n    nn.init.eye_(w)", False),
        ("try:\n    pass\nfinally:\n    nn.init.eye_(w)", False),
        ("try:\n    nn.init.eye_(w)\nfinally:\n    pass", False),
        ("with suppress(ValueError):\n    nn.init.eye_(w)", True),
        ("with pytest.raises(ValueError):\n    nn.init.eye_(w)", True),
        ("with torch.no_grad():\n    nn.init.eye_(w)", False),
        ("if hasattr(nn.init, 'eye_'):\n    nn.init.eye_(w)", True),
        ("if hasattr(nn.init, 'ones_'):\n    nn.init.eye_(w)", False),
    ],
)
def test_failures_that_are_expected(code: str, tolerated: bool) -> None:
    assert only(NN + code).tolerated is tolerated


@pytest.mark.parametrize(
    ("code", "name", "imported"),
    [
        ("nn.init.zeros(w)", "zeros", False),
        ("torch.init.normal_(w)", "normal_", False),
        ("from torch.nn.init import lecun_normal_\nlecun_normal_(w)", "lecun_normal_", True),
        ("from torch import init\ninit.normal_(w)", "normal_", True),
        ("zeros = nn.init.zeros\nzeros(w)", "zeros", False),
    ],
)
def test_functions_that_torch_lacks(code: str, name: str, imported: bool) -> None:
    (found,) = read(NN + code).unknown_inits
    assert (found.name, found.imported) == (name, imported)


@pytest.mark.parametrize(
    "code",
    [
        "nn.init.zeros_(w)",
        "nn.init.xavier_uniform(w)",
        "nn.init.calculate_gain('relu')",
        "nn.init._calculate_fan_in_and_fan_out(w)",
        "nn.init.Tensor(3)",
        "nn.init.math.sqrt(3)",
        "nn.init.lecun_normal_ = f\nnn.init.lecun_normal_(w)",
        "try:\n    from torch.nn.init import msra_\nexcept ImportError:\n    msra_ = None\nmsra_(w)",
        "init.zeros(w)",
        "nn.zeros(w)",
    ],
)
def test_functions_that_are_there(code: str) -> None:
    assert not read(NN + code).unknown_inits
