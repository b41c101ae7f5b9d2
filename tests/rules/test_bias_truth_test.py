import pytest
from checking import find, fix, messages

LOOP = """\
def init_weights(model, flag):
    for m in model.modules():
        if {test}:
            {body}
"""

INIT = "nn.init.zeros_(m.bias)"


def codes(code: str) -> list[str]:
    return [finding.code for finding in find(code, "INI506")]


def loop(test: str, body: str = INIT) -> str:
    return LOOP.format(test=test, body=body)


def test_message_says_what_is_asked() -> None:
    (message,) = messages(loop("m.bias"), "INI506")
    assert message == (
        "m.bias is a tensor: its truth raises RuntimeError where it has more than one element, and of a single one it "
        "asks whether the value is 0"
    )


@pytest.mark.parametrize(
    ("test", "fixed"),
    [
        ("m.bias", "m.bias is not None"),
        ("(m.bias)", "(m.bias is not None)"),
        ("hasattr(m, 'bias') and m.bias", "hasattr(m, 'bias') and m.bias is not None"),
        ("isinstance(m, nn.Linear) and m.bias", "isinstance(m, nn.Linear) and m.bias is not None"),
        ("flag and (m.bias or flag)", "flag and (m.bias is not None or flag)"),
    ],
)
def test_bias_that_the_branch_initialises(test: str, fixed: str) -> None:
    assert codes(loop(test)) == ["INI506"]
    assert f"if {fixed}:" in fix(loop(test), "INI506")


@pytest.mark.parametrize(
    ("test", "fixed"),
    [
        ("not m.bias", "m.bias is None"),
        ("not (m.bias)", "m.bias is None"),
        ("flag or not m.bias", "flag or m.bias is None"),
    ],
)
def test_bias_whose_absence_leaves_the_turn(test: str, fixed: str) -> None:
    code = loop(test, "continue") + f"        {INIT}\n"
    assert codes(code) == ["INI506"]
    assert f"if {fixed}:" in fix(code, "INI506")


@pytest.mark.parametrize(
    "body",
    [
        "m.bias.data.zero_()",
        "m.bias.data.fill_(0.01)",
        "torch.nn.init.constant(m.bias, 0)",
        "nn.init.zeros_(m.bias.data)",
    ],
)
def test_any_init_of_the_bias(body: str) -> None:
    assert codes(loop("m.bias", body)) == ["INI506"]


@pytest.mark.parametrize(
    "code",
    [
        """\
        for m in nn.Sequential().modules():
            if isinstance(m, nn.Linear):
                if m.bias:
                    print(m)
        """,
        """\
        layer = nn.Linear(2, 2)
        if layer.bias:
            print(layer)
        """,
        """\
        norms = nn.ModuleList([nn.LayerNorm(2)])
        for norm in norms:
            if norm.bias:
                print(norm)
        """,
        """\
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(2, 2)

            def forward(self, x):
                return self.fc.bias if self.fc.bias else x
        """,
        """\
        class Layer(nn.Module):
            def __init__(self, bias):
                super().__init__()
                self.bias = nn.Parameter(torch.empty(2)) if bias else None
                if self.bias:
                    nn.init.zeros_(self.bias)
        """,
        """\
        class Layer(nn.Linear):
            def reset_parameters(self):
                if self.bias:
                    nn.init.zeros_(self.bias)
        """,
    ],
)
def test_bias_of_a_known_layer_and_of_a_layer_of_the_file(code: str) -> None:
    assert codes(code) == ["INI506"]


@pytest.mark.parametrize(
    "test",
    [
        "m.bias is not None",
        "m.bias != None",
        "getattr(m, 'bias', None) is not None",
        "m.bias.any()",
        "m.bias.numel()",
        "flag",
        "m.bias_flag",
        "model.config.bias",
        "bool(m.bias is None)",
    ],
)
def test_other_questions(test: str) -> None:
    assert not codes(loop(test))


@pytest.mark.parametrize(
    "code",
    [
        loop("m.bias", "print(m)"),
        loop("m.bias", "nn.init.zeros_(m.offset)"),
        loop("m.bias", "nn.init.zeros_(model.bias)"),
        loop("isinstance(m, nn.LSTM)", "if m.bias:\n                nn.init.zeros_(m.bias_ih_l0)"),
        """\
        lstm = nn.GRU(2, 2)
        if lstm.bias:
            nn.init.zeros_(lstm.bias_ih_l0)
        """,
        """\
        def build(config):
            if config.bias:
                return nn.Linear(2, 2)
            return nn.Linear(2, 2, bias=config.bias)
        """,
        """\
        class Layer(nn.Module):
            def __init__(self, bias=True):
                super().__init__()
                self.bias = bias
                self.fc = nn.Linear(2, 2, bias=bias)
                if self.bias:
                    nn.init.zeros_(self.fc.bias)
        """,
        """\
        class Layer(nn.Module):
            def __init__(self, bias=True):
                super().__init__()
                self.bias = bias
                if self.bias:
                    self.bias = nn.Parameter(torch.empty(2))
                    nn.init.zeros_(self.bias)
        """,
        """\
        class Layer(nn.Module):
            def __init__(self, bias=True):
                super().__init__()
                self.bias = bias
                if not self.bias:
                    return
                self.bias = nn.Parameter(torch.empty(2))
                nn.init.zeros_(self.bias)
        """,
        """\
        def keep(m, flag):
            value = flag and m.bias
            if flag:
                nn.init.zeros_(m.bias)
            return value
        """,
    ],
)
def test_flags_recurrent_layers_and_what_is_not_known(code: str) -> None:
    assert not codes(code)
