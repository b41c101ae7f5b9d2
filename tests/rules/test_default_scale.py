"""What the page of INI410 cannot say: the numbers of the message, and more that takes the scale from elsewhere."""

import pytest
from checking import find, messages


@pytest.mark.parametrize(
    ("built", "name", "said"),
    [
        ("nn.Linear(512, 8)", "normal_", ": std 1, where fan_in 512 needs 0.0625 before a ReLU"),
        ("nn.Conv2d(8, 16, 3)", "normal_", ": std 1, where fan_in 72 needs 0.167 before a ReLU"),
        ("nn.Linear(512, 8)", "uniform_", ": std 0.289, where fan_in 512 needs 0.0625 before a ReLU"),
        ("nn.Linear(512, n)", "normal_", ": std is too large by about sqrt(fan_in)"),
        ("nn.Linear(512, n)", "uniform_", ""),
    ],
)
def test_message_has_the_numbers(built: str, name: str, said: str) -> None:
    law = "N(0, 1)" if name == "normal_" else "U(0, 1), with mean 0.5 and no negative weight,"
    found = messages(f"def f(n):\n    layer = {built}\n    nn.init.{name}(layer.weight)\n", "INI410")
    assert found == [f"{name} without numbers draws from {law} whatever the size of the layer{said}"]


CLASS = """
class Layer(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.fc = nn.Linear(n, n)
        nn.init.normal_(self.fc.weight)

    def forward(self, x):
        {}
"""


@pytest.mark.parametrize(
    "line",
    [
        "return F.linear(x, self.fc.weight * self.scale)",
        "return F.linear(x, self.scale * self.fc.weight)",
        "return F.linear(x, self.fc.weight / math.sqrt(2))",
        "return self.fc(x * self.scale)",
        "return F.linear(x, F.normalize(self.fc.weight, dim=1))",
        "return F.linear(x, self.fc.weight / self.fc.weight.norm(dim=1, keepdim=True))",
    ],
)
def test_a_weight_that_is_rescaled_is_silent(line: str) -> None:
    assert not find(CLASS.format(line), "INI410")


def test_a_weight_that_is_used_as_it_is_is_reported() -> None:
    assert len(find(CLASS.format("return self.fc(x)"), "INI410")) == 1


@pytest.mark.parametrize("layer", ["nn.Embedding(4, 4)", "nn.BatchNorm2d(4)", "nn.PReLU()", "other(4)"])
def test_other_layers_are_silent(layer: str) -> None:
    assert not find(f"layer = {layer}\nnn.init.normal_(layer.weight)\n", "INI410")


def test_a_generator_is_no_scale() -> None:
    code = "def f(generator):\n    layer = nn.Linear(4, 4)\n    nn.init.normal_(layer.weight, generator=generator)\n"
    assert len(find(code, "INI410")) == 1
