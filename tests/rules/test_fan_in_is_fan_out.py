import pytest
from checking import find, fix, messages


def test_message_gives_the_factor_where_the_sizes_are_literals() -> None:
    code = """\
        class Actor(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc1 = nn.Linear(33, 400)
                fan_in = self.fc1.weight.size(0)
                bound = 1 / math.sqrt(fan_in)
                nn.init.uniform_(self.fc1.weight, -bound, bound)
        """
    (message,) = messages(code, "INI202")
    assert message.startswith(
        "fan_in holds self.fc1.weight.size(0), the number of outputs of a weight that is (out, in)"
    )
    assert message.endswith("= 0.287 of what the name says")


INIT = """\
def init(m):
    if isinstance(m, {layer}):
        fan_in = {fan}
        nn.init.normal_(m.weight, 0, math.sqrt(2 / fan_in))
"""


@pytest.mark.parametrize(
    ("layer", "fan", "fixed"),
    [
        ("nn.Linear", "m.weight.data.shape[0]", "m.weight.data.shape[1]"),
        ("nn.Conv2d", "m.weight.shape[0]", "m.weight[0].numel()"),
        ("nn.Conv1d", "m.out_channels * m.kernel_size[0]", "m.weight[0].numel()"),
    ],
)
def test_fix_takes_the_other_dimension_of_the_layer(layer: str, fan: str, fixed: str) -> None:
    assert fix(INIT.format(layer=layer, fan=fan), "INI202") == INIT.format(layer=layer, fan=fixed)


@pytest.mark.parametrize(
    "layer", ["nn.ConvTranspose2d", "(nn.Conv2d, nn.ConvTranspose2d)", "nn.Embedding", "(nn.Linear, nn.Embedding)"]
)
def test_layers_with_another_layout_are_silent(layer: str) -> None:
    assert not find(INIT.format(layer=layer, fan="m.weight.size(0)"), "INI202")
