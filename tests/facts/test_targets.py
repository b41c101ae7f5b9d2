"""Targets: the tensor that is written, its layers and its dimensions."""

import pytest
from reading import target

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


def model(body: str, reset: str) -> str:
    """A module class with a constructor and a method."""
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    tail = "\n".join(f"        {line}" for line in reset.splitlines())
    return (
        f"{HEAD}class Net(nn.Module):\n    def __init__(self, n):\n{lines}\n    def reset_parameters(self):\n{tail}\n"
    )


def layer_names(code: str) -> list[str] | None:
    found = target(code)
    return [layer.name for layer in found.layers] if found.layers is not None else None


@pytest.mark.parametrize("written", ["m.weight", "m.weight.data", "m.weight.detach()", "m.weight.data.detach()"])
def test_data_and_detach_are_the_same_tensor(written: str) -> None:
    found = target(f"{HEAD}if isinstance(m, nn.Linear):\n    probe({written})")
    assert found.text == "m.weight"
    assert found.attribute == "weight"
    assert found.dims == {2}
    assert found.is_parameter


@pytest.mark.parametrize(
    ("test", "attribute", "dims"),
    [
        ("isinstance(m, nn.Linear)", "weight", {2}),
        ("isinstance(m, nn.Linear)", "bias", {1}),
        ("isinstance(m, nn.Conv1d)", "weight", {3}),
        ("isinstance(m, nn.Conv3d)", "weight", {5}),
        ("isinstance(m, nn.ConvTranspose2d)", "weight", {4}),
        ("isinstance(m, (nn.Conv2d, nn.Linear))", "weight", {2, 4}),
        ("isinstance(m, (nn.BatchNorm2d, nn.GroupNorm))", "weight", {1}),
        ("isinstance(m, nn.Embedding)", "weight", {2}),
        ("type(m) is nn.Bilinear", "weight", {3}),
        ("type(m).__name__ == 'Conv2d'", "weight", {4}),
    ],
)
def test_dims_come_from_the_guard(test: str, attribute: str, dims: set[int]) -> None:
    assert target(f"{HEAD}if {test}:\n    probe(m.{attribute})").dims == dims


@pytest.mark.parametrize(
    "code",
    [
        "if isinstance(m, (nn.Linear, MyLayer)):\n    probe(m.weight)",
        "if isinstance(other, nn.Linear):\n    probe(m.weight)",
        "if not isinstance(m, nn.Linear):\n    probe(m.weight)",
        "if isinstance(m, nn.Linear):\n    probe(m.inner.weight)",
        "if isinstance(m, nn.LSTM):\n    probe(m.weight)",
        "if isinstance(m, nn.Embedding):\n    probe(m.bias)",
        "probe(m.weight)",
    ],
)
def test_dims_are_open_where_no_guard_settles_them(code: str) -> None:
    assert target(HEAD + code).dims is None


@pytest.mark.parametrize(
    ("body", "written", "layers", "dims"),
    [
        ("self.fc = nn.Linear(4, 2)", "self.fc.weight", ["Linear"], {2}),
        ("self.fc = nn.Linear(4, 2)", "self.fc.bias.data", ["Linear"], {1}),
        ("fc = nn.Linear(4, 2)\nself.fc = fc", "self.fc.weight", ["Linear"], {2}),
        ("self.fc = None\nself.fc = nn.Linear(4, 2)", "self.fc.weight", ["Linear"], {2}),
        (
            "if n:\n    self.fc = nn.Linear(4, 2)\nelse:\n    self.fc = nn.Conv2d(4, 2, 1)",
            "self.fc.weight",
            ["Linear", "Conv2d"],
            {2, 4},
        ),
        (
            "self.net = nn.Sequential(nn.Linear(4, 2), nn.ReLU(), nn.Conv2d(4, 2, 1))",
            "self.net[0].weight",
            ["Linear"],
            {2},
        ),
        (
            "self.net = nn.Sequential(nn.Linear(4, 2), nn.ReLU(), nn.Conv2d(4, 2, 1))",
            "self.net[-1].weight",
            ["Conv2d"],
            {4},
        ),
        ("self.net = nn.ModuleList([nn.Linear(4, 2) for _ in range(n)])", "self.net[0].weight", ["Linear"], {2}),
        ("self.net = nn.ModuleList()\nself.net.append(nn.Linear(4, 2))", "self.net[0].weight", ["Linear"], {2}),
        ("self.fc = nn.utils.spectral_norm(nn.Linear(4, 2))", "self.fc.weight", ["Linear"], {2}),
        ("self.fc = nn.Linear(4, 2).to('cuda')", "self.fc.weight", ["Linear"], {2}),
    ],
)
def test_layers_come_from_the_class_itself(body: str, written: str, layers: list[str], dims: set[int]) -> None:
    code = model(body, f"probe({written})")
    assert layer_names(code) == layers
    assert target(code).dims == dims


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("self.fc = make(4, 2)", "self.fc.weight"),
        ("self.fc = n", "self.fc.weight"),
        ("self.fc = nn.Linear(4, 2)\nself.fc = make()", "self.fc.weight"),
        ("self.net = nn.Sequential(nn.Linear(4, 2), make())", "self.net[1].weight"),
        ("self.net = nn.Sequential(nn.Linear(4, 2))", "self.net[3].weight"),
        ("self.net = nn.Sequential(*layers)", "self.net[0].weight"),
        ("self.fc = nn.Linear(4, 2)", "self.other.weight"),
        ("self.fc = nn.Linear(4, 2)", "other.fc.weight"),
        ("self.fc = nn.Linear(4, 2)", "self.fc.inner.weight"),
    ],
)
def test_layers_are_open_where_the_class_does_not_settle_them(body: str, written: str) -> None:
    assert target(model(body, f"probe({written})")).layers is None


def test_loop_over_own_layers() -> None:
    code = model(
        "self.a = nn.Linear(4, 2)\nself.b = nn.Linear(2, 2)", "for m in [self.a, self.b]:\n    probe(m.weight)"
    )
    assert layer_names(code) == ["Linear"]


def test_a_local_layer_is_known() -> None:
    assert layer_names(f"{HEAD}conv = nn.Conv2d(4, 2, 3)\nprobe(conv.weight)") == ["Conv2d"]


@pytest.mark.parametrize(
    ("made", "dims"),
    [
        ("nn.Parameter(torch.empty(4, 2))", {2}),
        ("nn.Parameter(torch.empty((4, 2)))", {2}),
        ("nn.Parameter(torch.empty([4, 2]))", {2}),
        ("nn.Parameter(torch.empty(size=(4, 2)))", {2}),
        ("nn.Parameter(torch.empty(n, n, device='cuda'))", {2}),
        ("nn.Parameter(torch.zeros(4))", {1}),
        ("nn.Parameter(torch.zeros(1, 4, 2))", {3}),
        ("nn.Parameter(torch.Tensor(4, 2))", {2}),
        ("nn.Parameter(torch.FloatTensor(4, 2, 3))", {3}),
        ("nn.Parameter(torch.randn(4, 2) * 0.1)", None),
        ("nn.Parameter(torch.full((4, 2), 0.1))", {2}),
        ("nn.Parameter(torch.empty(4, 2).normal_(0, 0.1))", {2}),
        ("nn.Parameter(nn.init.zeros_(torch.empty(4, 2)))", {2}),
        ("nn.parameter.Parameter(data=torch.empty(4, 2))", {2}),
    ],
)
def test_dims_of_a_parameter_come_from_its_shape(made: str, dims: set[int] | None) -> None:
    found = target(model(f"self.w = {made}", "probe(self.w)"))
    assert found.dims == dims
    assert found.is_parameter


@pytest.mark.parametrize(
    "made",
    [
        "nn.Parameter(torch.empty(*shape))",
        "nn.Parameter(torch.empty(shape))",
        "nn.Parameter(torch.Tensor([4, 2]))",
        "nn.Parameter(torch.Tensor((4, 2)))",
        "nn.Parameter(torch.Tensor(data))",
        "nn.Parameter(weights)",
    ],
)
def test_dims_of_a_parameter_are_open_without_a_shape(made: str) -> None:
    assert target(model(f"self.w = {made}", "probe(self.w)")).dims is None


@pytest.mark.parametrize(
    ("view", "dims"),
    [
        ("self.w[0]", {2}),
        ("self.w[i]", None),
        ("self.w[1:3]", None),
        ("self.w[0][1]", {1}),
        ("self.w.T", {3}),
        ("self.w.t()", {3}),
        ("self.w.data[0]", {2}),
        ("self.w.view(-1)", None),
        ("self.w.flatten()", None),
    ],
)
def test_dims_of_views(view: str, dims: set[int] | None) -> None:
    body = "self.w = nn.Parameter(torch.empty(4, 3, 2))"
    assert target(model(body, f"for i in indices:\n    probe({view})")).dims == dims


def test_a_parameter_that_is_made_in_two_shapes_is_open() -> None:
    body = "if n:\n    self.w = nn.Parameter(torch.empty(4, 2))\nelse:\n    self.w = nn.Parameter(torch.empty(4))"
    assert target(model(body, "probe(self.w)")).dims is None


@pytest.mark.parametrize(
    "code",
    [
        "for p in model.parameters():\n    probe(p)",
        "for p in model.parameters():\n    probe(p.data)",
        "for name, p in model.named_parameters():\n    probe(p)",
        "x = [probe(p) for p in model.parameters()]",
        "w = nn.Parameter(torch.empty(3))\nprobe(w)",
    ],
)
def test_loop_variables_over_parameters_and_made_parameters_are_parameters(code: str) -> None:
    assert target(HEAD + code).is_parameter


@pytest.mark.parametrize(
    "code",
    [
        "for name, p in model.named_parameters():\n    probe(name)",
        "for p in tensors:\n    probe(p)",
        "noise = torch.empty(3)\nprobe(noise)",
        "noise = torch.empty_like(x)\nprobe(noise.data)",
        "def f(x):\n    probe(x)",
        "probe(self.noise)",
        "probe(x[0])",
    ],
)
def test_noise_and_other_tensors_are_no_parameters(code: str) -> None:
    assert not target(HEAD + code).is_parameter
