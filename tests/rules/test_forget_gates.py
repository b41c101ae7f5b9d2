import pytest
from checking import find, messages

LOOP = """\
def init(rnn, width, forget_bias=1.0):
    for name, p in rnn.named_parameters():
        n = p.size(0)
        if {test}:
            {write}
"""

QUARTER = "p.data[n // 4 : n // 2].fill_(1)"


def loop(test: str = "'bias' in name", write: str = QUARTER) -> str:
    return LOOP.format(test=test, write=write)


def test_message_compares_the_gates() -> None:
    (message,) = messages(loop(), "INI805")
    assert message == (
        "torch adds bias_ih and bias_hh, and the forget gate is set in both: it starts with 2, open to 0.88, where 1 "
        "would open it to 0.73"
    )


@pytest.mark.parametrize(
    "write",
    [
        "p.data[n // 4 : n // 2] = 1",
        "p.data[n // 4 : n // 2] = forget_bias",
        "p.data[int(n / 4) : int(n / 2)].fill_(1.0)",
        "p.data[p.size(0) // 4 : p.size(0) // 2].fill_(1.0)",
        "p.data[p.shape[0] // 4 : p.shape[0] // 2].fill_(1.0)",
        "p.data[len(p) // 4 : len(p) // 2].fill_(1.0)",
        "nn.init.ones_(p[n // 4 : n // 2])",
        "nn.init.constant_(p[n // 4 : n // 2], forget_bias)",
        "p.data[n // 4 : 2 * n // 4].fill_(1.0)",
    ],
)
def test_every_way_to_write_the_quarter(write: str) -> None:
    assert len(find(loop(write=write), "INI805")) == 1


@pytest.mark.parametrize(
    "write",
    [
        "p.data[n // 4 : n // 2].fill_(0)",
        "p.data[n // 4 : n // 2].fill_(0.5)",
        "p.data[n // 4 : n // 2].fill_(forget_bias / 2)",
        "p.data[n // 4 : n // 2] *= 0.5",
        "p.data[n // 2 : n].fill_(1)",
        "p.data[: n // 4].fill_(1)",
        "p.data[n // 4 :].fill_(1)",
        "p.data[n // 3 : n // 2].fill_(1)",
        "p.data[10:20].fill_(1)",
        "p.data[n // 4 : n // 2, 0].fill_(1)",
        "p.data.fill_(1)",
        "mask[n // 4 : n // 2] = 1",
    ],
)
def test_other_writes_are_silent(write: str) -> None:
    assert not find(loop(write=write), "INI805")


@pytest.mark.parametrize(
    "test", ["'bias' in name", "name.startswith('bias')", "'bias_' in name", "'weight' not in name"]
)
def test_tests_that_both_biases_pass(test: str) -> None:
    assert len(find(loop(test), "INI805")) == 1


@pytest.mark.parametrize(
    "test",
    [
        "'bias_ih' in name",
        "'bias_hh' in name",
        "name.startswith('bias_ih')",
        "'bias' in name and 'hh' not in name",
        "'weight' in name",
        "name in self.biases",
        "name.split('_')[1] == 'ih'",
        "name == 'bias_ih_l0'",
    ],
)
def test_tests_that_one_bias_passes_or_that_are_not_understood(test: str) -> None:
    assert not find(loop(test), "INI805")


def test_one_bias_each_in_the_same_body() -> None:
    code = """\
    def build(h):
        lstm = nn.LSTM(h, h)
        {first}
        {second}
    """
    ih, hh = "lstm.bias_ih_l0.data[h : 2 * h] = 1", "nn.init.ones_(lstm.bias_hh_l0[h : 2 * h])"
    (found,) = find(code.format(first=ih, second=hh), "INI805")
    assert found.region.line == 10
    assert [each.message for each in found.related] == ["the other bias is set here"]
    assert not find(code.format(first=ih, second="lstm.bias_hh_l0.data[h : 2 * h] = 0"), "INI805")
    assert not find(code.format(first=ih, second="other.bias_hh_l0.data[h : 2 * h] = 1"), "INI805")
    assert not find(code.format(first=ih, second="lstm.bias_ih_l0.data[h : 2 * h] = 2"), "INI805")


GUARDED = """\
def init(model):
    for m in model.modules():
        if {test}:
            for name, p in m.named_parameters():
                if "bias" in name:
                    n = p.size(0)
                    p.data[n // 4 : n // 2].fill_(1.0)
"""


@pytest.mark.parametrize(
    ("test", "codes"),
    [
        ("isinstance(m, nn.LSTM)", ["INI805"]),
        ("isinstance(m, (nn.LSTM, nn.LSTMCell))", ["INI805"]),
        ("isinstance(m, nn.GRU)", ["INI807"]),
        ("isinstance(m, (nn.LSTM, nn.GRU))", ["INI805", "INI807"]),
        ("isinstance(m, nn.RNNBase)", ["INI805", "INI807"]),
        ("isinstance(m, nn.RNNBase) and not isinstance(m, (nn.GRU, nn.RNN))", ["INI805"]),
        ("type(m) in (nn.RNN, nn.GRU)", ["INI807"]),
        ("isinstance(m, OwnLSTM)", []),
        ("isinstance(m, nn.Linear)", []),
    ],
)
def test_type_that_the_test_lets_through(test: str, codes: list[str]) -> None:
    assert sorted(finding.code for finding in find(GUARDED.format(test=test), "INI805", "INI807")) == codes


CLASS = """\
class Encoder(nn.Module):
    def __init__(self, width, kind{arguments}):
        super().__init__()
        {build}
        {write}
"""

SET = "n = self.rnn.bias_ih_l0.size(0); self.rnn.bias_ih_l0.data[n // 4 : n // 2] = 1"


def encoder(build: str, write: str = SET, arguments: str = "") -> str:
    return CLASS.format(build=build.replace("\n", "\n        "), write=write, arguments=arguments)


@pytest.mark.parametrize(
    "build",
    [
        "self.rnn = nn.GRU(width, width)",
        "self.rnn = nn.LSTM(width, width) if kind else nn.RNN(width, width)",
        "if kind:\n    self.rnn = nn.LSTM(width, width)\nelse:\n    self.rnn = nn.GRU(width, width)",
        "self.rnn = (nn.LSTM if kind == 'lstm' else nn.GRU)(width, width)",
        "cell = nn.GRU\nself.rnn = cell(width, width)",
        "cells = {'lstm': nn.LSTM, 'gru': nn.GRU}\nself.rnn = cells[kind](width, width)",
    ],
)
def test_every_way_to_build_another_layer(build: str) -> None:
    assert len(find(encoder(build), "INI807")) == (0 if " if kind else nn.RNN(" in build else 1)


@pytest.mark.parametrize(
    "build",
    [
        "self.rnn = nn.LSTM(width, width)",
        "self.rnn = nn.LSTM(width, width)\nself.other = nn.GRU(width, width)",
        "self.rnn = getattr(nn, kind)(width, width)",
        "self.rnn = build(kind)",
        "self.rnn = OwnGRU(width, width)",
        "self.rnn = {'lstm': nn.LSTM}[kind](width, width)",
    ],
)
def test_layer_that_is_an_lstm_or_not_known(build: str) -> None:
    assert not find(encoder(build), "INI807")


@pytest.mark.parametrize(
    "write",
    [
        f"if kind == 'lstm': {SET.partition('; ')[2].replace('n //', 'width //')}",
        "self.rnn.bias_ih_l0.data[width : 2 * width] = 1",
        "n = self.rnn.bias_ih_l0.size(0); self.rnn.bias_ih_l0.data[n // 3 : 2 * n // 3] = 1",
        "n = self.rnn.bias_ih_l0.size(0); self.rnn.bias_ih_l0.data[n // 4 : n // 2] = 0",
        "n = self.rnn.bias_ih_l0.size(0); x = self.rnn.bias_ih_l0[n // 4 : n // 2]",
        "if isinstance(self.rnn, nn.LSTM): self.rnn.bias_ih_l0.data[n // 4 : n // 2] = 1",
    ],
)
def test_flag_other_slices_and_reading(write: str) -> None:
    assert not find(encoder("self.rnn = nn.GRU(width, width)", write), "INI807")


def test_type_that_a_call_passes_on() -> None:
    code = encoder("self.rnn = cell(width, width)", arguments=", cell")
    assert not find(code, "INI807")
    assert not find(f"{code}\n\nEncoder(4, 'a', nn.LSTM)", "INI807")
    (found,) = find(f"{code}\n\nEncoder(4, 'a', nn.LSTM)\nEncoder(4, 'a', cell=nn.GRU)", "INI807")
    assert [each.message for each in found.related] == ["GRU comes from here"]


def test_layer_that_a_function_is_given() -> None:
    function = (
        "def init(rnn):\n    n = rnn.bias_ih_l0.size(0)\n    nn.init.ones_(rnn.bias_ih_l0[n // 4 : n // 2])\n\n\n"
    )
    lstm = encoder("self.rnn = nn.LSTM(width, width); self.gru = nn.GRU(width, width)", "init(self.rnn)")
    gru = encoder("self.rnn = nn.GRU(width, width)", "init(self.rnn)")
    assert not find(function, "INI807")
    assert not find(function + lstm, "INI807")
    assert len(find(function + gru, "INI807")) == 1


@pytest.mark.parametrize(
    "build",
    [
        "self.bias = nn.Parameter(torch.zeros(4 * width))",
        "self.rnn = imported(width)",
        "self.first = nn.Linear(width, 4 * width)",
    ],
)
def test_biases_that_are_none_of_torchs_recurrent_layers(build: str) -> None:
    loop = "for name, p in self.named_parameters():\n            if 'bias' in name: n = p.size(0); "
    write = f"{loop}p.data[n // 4 : n // 2] = 1"
    assert not find(encoder(build, write), "INI805", "INI807")
    assert len(find(encoder("self.rnn = nn.LSTM(width, width)", write), "INI805")) == 1
