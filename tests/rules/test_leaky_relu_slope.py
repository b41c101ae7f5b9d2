from checking import find, fix, messages

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
