from textwrap import dedent

import pytest
from checking import IMPORTS, find, fix, messages

NETWORK = "network = nn.Sequential(nn.Linear(8, 8), nn.LeakyReLU({slope}), nn.Linear(8, 8), nn.LeakyReLU({slope}))\n"


def test_message_gives_the_error_per_layer_and_over_the_depth() -> None:
    (message,) = messages(NETWORK.format(slope=0.5) + "nn.init.kaiming_normal_(network[0].weight)\n", "INI101")
    assert message == (
        "gain 1.4142 for the default slope 0, but the activation has slope 0.5 and needs 1.2649: "
        "std is 11.8% too large per layer, 25.0% over 2 activations"
    )


def test_calculate_gain_has_another_default_slope() -> None:
    (message,) = messages(NETWORK.format(slope=0.2) + "gain = nn.init.calculate_gain('leaky_relu')\n", "INI101")
    assert message.startswith("gain 1.4141 for the default slope 0.01, but the activation has slope 0.2")


def test_gain_in_the_slot_of_the_slope_is_one_finding() -> None:
    code = NETWORK.format(slope=0.2)
    code += "nn.init.kaiming_normal_(network[0].weight, a=nn.init.calculate_gain('leaky_relu'))\n"
    assert [finding.code for finding in find(code, "INI101", "INI103")] == ["INI103"]
    assert fix(code, "INI101", "INI103").endswith("nn.init.kaiming_normal_(network[0].weight, a=0.2)\n")


def test_slope_is_passed_as_a_number_where_its_name_was_bound_anew() -> None:
    code = """\
        slope = 0.2
        network = nn.Sequential(nn.Linear(8, 8), nn.LeakyReLU(slope))
        slope = 0.3
        nn.init.kaiming_normal_(network[0].weight)
        """
    assert fix(code, "INI101").endswith("nn.init.kaiming_normal_(network[0].weight, a=0.2)\n")


def test_fix_respects_a_trailing_comma() -> None:
    code = NETWORK.format(slope=0.2) + "nn.init.kaiming_normal_(\n    network[0].weight,  # first\n)\n"
    fixed = "nn.init.kaiming_normal_(\n    network[0].weight, a=0.2,  # first\n)\n"
    assert fix(code, "INI101").endswith(fixed)


def test_class_with_its_own_rectifier_is_judged_alone() -> None:
    code = """\
        class Leaky(nn.Module):
            def __init__(self):
                super().__init__()
                self.linear = nn.Linear(8, 8)
                self.activation = nn.LeakyReLU(0.2)
                nn.init.kaiming_normal_(self.linear.weight)


        class Plain(nn.Module):
            def __init__(self):
                super().__init__()
                self.linear = nn.Linear(8, 8)
                self.activation = nn.ReLU()
                nn.init.kaiming_normal_(self.linear.weight)
        """
    assert [finding.region.line for finding in find(code, "INI101")] == [12]


CRITIC = """\
    class Critic(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(8, 8)
            self.second = nn.Linear(8, 8)
            self.activation = nn.LeakyReLU(0.2)
            nn.init.kaiming_normal_(self.second.weight)

        def forward(self, x):
            x = self.activation(self.first(x))
            {second}
    """


@pytest.mark.parametrize(
    ("second", "shown"),
    [
        ("return F.leaky_relu(self.second(x), 0.2)", "F.leaky_relu(self.second(x), 0.2)"),
        ("y = self.second(x); return F.leaky_relu(y, 0.2)", "F.leaky_relu(y, 0.2)"),
        ("return self.second(x) + F.leaky_relu(x, 0.2)", "nn.LeakyReLU(0.2)"),
        ("y = self.second(x); return F.leaky_relu(y, 0.2) + F.dropout(y)", "nn.LeakyReLU(0.2)"),
    ],
)
def test_the_activation_that_takes_the_output_of_the_layer_is_shown(second: str, shown: str) -> None:
    code = CRITIC.format(second=second)
    (finding,) = find(code, "INI101")
    region = finding.related[0].region
    line = (IMPORTS + dedent(code)).splitlines()[region.line - 1]
    assert line[region.column : region.end_column] == shown


@pytest.mark.parametrize("second", ["return F.relu(self.second(x))", "return F.leaky_relu(self.second(x), 0.1)"])
def test_a_class_with_different_rectifiers_is_left_alone(second: str) -> None:
    assert find(CRITIC.format(second=second), "INI101") == ()


NETWORKS = """\
    def init_weights(module):
        if isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight)


    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8), nn.Tanh())
            {generator}


    class Discriminator(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.Linear(8, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))
            self.apply(init_weights)
    """


def test_an_init_function_is_judged_by_the_classes_that_use_it() -> None:
    assert len(find(NETWORKS.format(generator="self.apply(print)"), "INI101")) == 1


def test_an_init_function_that_classes_with_different_activations_use_is_left_alone() -> None:
    assert find(NETWORKS.format(generator="self.apply(init_weights)"), "INI101") == ()
