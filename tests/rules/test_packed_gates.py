import pytest
from checking import find, fix, messages

LOOP = """\
class Encoder(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.rnn = nn.{layer}(width, width)
        self.head = nn.Linear(width, width)
        for name, p in self.named_parameters():
            if {test}:
                nn.init.{init}_(p)
"""


def loop(layer: str, test: str, init: str = "orthogonal") -> str:
    return LOOP.format(layer=layer, test=test, init=init)


@pytest.mark.parametrize(("layer", "factor"), [("LSTM", "0.632"), ("GRU", "0.707")])
def test_message_gives_the_factor_of_xavier_for_a_recurrent_weight(layer: str, factor: str) -> None:
    (message,) = messages(f"layer = nn.{layer}(8, 8)\nnn.init.xavier_normal_(layer.weight_hh_l0)\n", "INI212")
    assert message.endswith(f"so std is × {factor} of what one of them needs")


def test_input_weight_gives_a_limit() -> None:
    (message,) = messages("layer = nn.LSTM(8, 8)\nnn.init.xavier_normal_(layer.weight_ih_l0)\n", "INI212")
    assert message.endswith("by a factor of up to 2")


@pytest.mark.parametrize("test", ["'weight_hh' in name", "'rnn.weight' in name", "name.startswith('rnn.weight_ih')"])
def test_names_that_only_gates_have_are_followed(test: str) -> None:
    assert len(find(loop("LSTM", test), "INI212")) == 1


@pytest.mark.parametrize(
    ("layer", "test"),
    [
        ("LSTM", "'weight' in name"),
        ("LSTM", "p.dim() > 1"),
        ("LSTM", "'bias' in name"),
        ("LSTM", "name in chosen"),
        ("RNN", "'weight_hh' in name"),
        ("Linear", "'weight' in name"),
    ],
)
def test_loop_over_other_matrices_too_is_silent(layer: str, test: str) -> None:
    assert not find(loop(layer, test), "INI209", "INI212")


@pytest.mark.parametrize(
    "name", ['f"weight_hh_l{k}"', '"weight_hh_l" + str(k)', '"weight_hh_l%d" % k', '"weight_hh_l0"']
)
def test_attribute_by_a_name_that_is_put_together(name: str) -> None:
    code = f"layer = nn.GRU(8, 8)\nfor k in range(1):\n    nn.init.eye_(getattr(layer, {name}))\n"
    assert [finding.code for finding in find(code, "INI209", "INI212")] == ["INI209"]


@pytest.mark.parametrize("name", ['f"{prefix}_hh_l0"', "name", '"bias_hh_l0"'])
def test_attribute_by_another_name_is_silent(name: str) -> None:
    assert not find(f"layer = nn.GRU(8, 8)\nnn.init.eye_(getattr(layer, {name}))\n", "INI209")


def test_loop_variable_does_not_hide_a_name_in_force() -> None:
    code = "lstm = nn.LSTM(8, 8)\ngate = 1\nnn.init.eye_(lstm.weight_hh_l0)\n"
    assert fix(code, "INI209").endswith("for each in lstm.weight_hh_l0.chunk(4):\n    nn.init.eye_(each)\n")


@pytest.mark.parametrize(
    "statement",
    [
        "w = nn.init.eye_(lstm.weight_hh_l0)",
        "nn.init.eye_(lstm.weight_hh_l0); lstm.eval()",
        "[nn.init.eye_(lstm.weight_hh_l0)]",
    ],
)
def test_call_that_is_no_statement_of_its_own_is_not_rewritten(statement: str) -> None:
    code = f"lstm = nn.LSTM(8, 8)\n{statement}\n"
    assert len(find(code, "INI209")) == 1
    assert fix(code, "INI209") == code


def test_single_line_suite_is_not_rewritten() -> None:
    code = "lstm = nn.LSTM(8, 8)\nfor w in range(2): nn.init.eye_(lstm.weight_hh_l0)\n"
    assert len(find(code, "INI209")) == 1
    assert fix(code, "INI209") == code


def test_loop_over_the_weights_of_one_recurrent_layer_is_found() -> None:
    code = """\
    lstm = nn.LSTM(512, 128)
    for name, param in lstm.named_parameters():
        if "bias" in name:
            nn.init.constant_(param, 0)
        elif "weight" in name:
            nn.init.orthogonal_(param, 1.0)
    """
    (message,) = messages(code, "INI212")
    assert message.startswith("weight_ih_l0 and weight_hh_l0 of LSTM stack the matrices of 4 gates")
