import pytest
from checking import find, fix, messages

LAYER = "layer = nn.Linear(64, 64)\n"


def test_message_compares_with_he() -> None:
    (message,) = messages(f"{LAYER}nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5))", "INI903")
    assert message == (
        "a=sqrt(5) is how nn.Linear spells its default, U(±1 / sqrt(fan_in)), which fits no rectifier: std 0.0722, "
        "where He's law gives 0.177 for ReLU"
    )


def test_message_without_sizes() -> None:
    (message,) = messages("def init(w):\n    nn.init.kaiming_uniform_(w, math.sqrt(5))\n", "INI903")
    assert message.endswith(": std is × 0.408 of what He's law gives for ReLU")


@pytest.mark.parametrize("slope", ["math.sqrt(5)", "math.sqrt(5.0)", "5 ** 0.5", "5**.5", "2.2360679", "a", "a=5**0.5"])
def test_every_spelling_of_the_slope(slope: str) -> None:
    assert len(find(f"{LAYER}a = 5**0.5\nnn.init.kaiming_uniform_(layer.weight, {slope})", "INI903")) == 1


@pytest.mark.parametrize(
    "call",
    [
        "kaiming_uniform_(layer.weight)",
        "kaiming_uniform_(layer.weight, a=0.2)",
        "kaiming_uniform_(layer.weight, a=5)",
        "kaiming_uniform_(layer.weight, a=math.sqrt(3))",
        "kaiming_uniform_(layer.weight, a=math.sqrt(5), nonlinearity='relu')",
        "kaiming_uniform_(layer.weight, a=math.sqrt(5), mode='fan_out')",
        "kaiming_uniform_(layer.weight, a=math.sqrt(5), mode=mode)",
        "kaiming_uniform_(layer.weight, a=math.sqrt(5) * scale)",
        "kaiming_uniform_(layer.weight, *arguments)",
        "kaiming_normal_(layer.weight, a=math.sqrt(5))",
        "xavier_uniform_(layer.weight, gain=math.sqrt(5))",
        "uniform_(layer.weight, -math.sqrt(5), math.sqrt(5))",
    ],
)
def test_other_laws_are_silent(call: str) -> None:
    assert not find(f"{LAYER}nn.init.{call}", "INI903")


CLASS = """\
class {name}(nn.Module):
    def reset_parameters(self):
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))
"""


@pytest.mark.parametrize(("name", "count"), [("Linear", 0), ("Conv2d", 0), ("_ConvNd", 0), ("NoisyLinear", 1)])
def test_class_that_stands_in_for_a_layer(name: str, count: int) -> None:
    assert len(find(CLASS.format(name=name), "INI903")) == count


def test_alternative_is_only_shown() -> None:
    code = f"{LAYER}nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5))\n"
    (found,) = find(code, "INI903")
    assert [edit.text for edit in found.fixes[0].edits] == [
        'nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")'
    ]
    assert fix(code, "INI903") == code
