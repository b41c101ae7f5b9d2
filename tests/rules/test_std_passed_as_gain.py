import pytest
from checking import find, messages

SWITCH = """\
def init_weights(network, scheme, {parameter}):
    def init(module):
        if isinstance(module, nn.Linear):
            if scheme == 'normal':
                nn.init.normal_(module.weight, 0.0, {std})
            elif scheme == 'xavier':
                nn.init.xavier_normal_(module.weight, gain={gain})
            else:
                nn.init.orthogonal_(module.weight, gain={gain})
    network.apply(init)
"""


def switch(parameter: str, std: str, gain: str) -> str:
    return SWITCH.format(parameter=parameter, std=std, gain=gain)


def test_message_has_the_std_that_is_left() -> None:
    code = "layer = nn.Linear(512, 512)\nnn.init.xavier_normal_(layer.weight, 0.02)\n"
    (message,) = messages(code, "INI107")
    assert message == (
        "xavier_normal_ multiplies its gain: gain 0.02 leaves std 0.00088; such a small gain is meant as std"
    )


def test_alternatives_are_shown_and_never_applied() -> None:
    (finding,) = find("layer = nn.Linear(8, 8)\nnn.init.xavier_uniform_(layer.weight, gain=0.02)\n", "INI107")
    assert [fix.edits[0].text for fix in finding.fixes] == [
        "nn.init.normal_(layer.weight, std=0.02)",
        "nn.init.xavier_uniform_(layer.weight)",
    ]
    assert finding.applicable is None


def test_shared_number_is_one_finding_that_points_to_the_other_uses() -> None:
    (finding,) = find(switch("spread=0.02", "spread", "spread"), "INI107")
    assert finding.region.line == 13
    assert [(related.region.line, related.message) for related in finding.related] == [
        (11, "here it is a std"),
        (15, "here it is a gain as well"),
    ]


def test_helpers_of_mmengine_read_a_std_and_a_gain_too() -> None:
    code = """\
        from mmengine.model import normal_init, xavier_init

        def init(module, scheme, spread=0.02):
            if scheme == 'normal':
                normal_init(module, 0.0, spread)
            elif scheme == 'xavier':
                xavier_init(module, gain=spread, distribution='normal')
        """
    (finding,) = find(code, "INI107")
    assert finding.region.line == 13


@pytest.mark.parametrize(
    ("parameter", "std", "gain"),
    [
        ("spread=1.0", "spread", "spread"),
        ("spread=0.2", "spread", "spread"),
        ("spread", "spread", "spread"),
        ("std=0.02, gain=1.0", "std", "gain"),
        ("config=None", "config.spread", "config.spread"),
        ("spread=0.02", "0.02", "spread"),
        ("spread=0.02", "spread", "1.0"),
    ],
)
def test_other_switches_are_silent(parameter: str, std: str, gain: str) -> None:
    assert not find(switch(parameter, std, gain), "INI107")


def test_number_of_two_statements_of_one_branch_is_silent() -> None:
    code = "def init(m, s=0.02):\n    nn.init.orthogonal_(m.weight, s)\n    nn.init.normal_(m.bias, std=s)\n"
    assert not find(code, "INI107")


@pytest.mark.parametrize("gain", ["0.01", "0.001", "0", "0.1", "0.5", "1 / math.sqrt(2)", "(8 * 12) ** -0.25"])
def test_other_gains_are_silent(gain: str) -> None:
    assert not find(f"layer = nn.Linear(8, 8)\nnn.init.xavier_normal_(layer.weight, gain={gain})\n", "INI107")
