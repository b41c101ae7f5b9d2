import pytest
from checking import find

NETWORK = """\
class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 8)
        nn.init.kaiming_normal_(self.linear.weight, nonlinearity='selu')

    def forward(self, x):
        return {output}


{rest}
"""


def test_activation_is_a_related_place() -> None:
    (finding,) = find(NETWORK.format(output="torch.selu(self.linear(x))", rest=""), "INI106")
    assert [(related.region.line, related.message) for related in finding.related] == [(14, "the activation is here")]


def test_activations_of_other_classes_do_not_matter() -> None:
    rest = "class Other(nn.Module):\n    def forward(self, x):\n        return F.gelu(x)\n"
    assert find(NETWORK.format(output="F.selu(self.linear(x))", rest=rest), "INI106")


@pytest.mark.parametrize(
    "output",
    [
        "F.relu(torch.selu(self.linear(x)))",
        "torch.sigmoid(torch.selu(self.linear(x)))",
        "torch.tanh(self.linear(x)) + torch.selu(x)",
        "F.layer_norm(torch.selu(self.linear(x)), (8,))",
        "torch.selu(F.linear(x, self.linear.weight * 0.5))",
        "self.linear(x)",
    ],
)
def test_other_activations_norms_and_rescaled_weights_are_silent(output: str) -> None:
    assert not find(NETWORK.format(output=output, rest=""), "INI106")
