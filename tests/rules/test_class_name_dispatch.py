import pytest
from checking import find, fix, messages

FUNCTION = """\
def init(m):
    name = m.__class__.__name__
    if {test}:
        {body}
"""


def function(test: str, body: str = "nn.init.zeros_(m.bias)") -> str:
    return FUNCTION.format(test=test, body=body)


def alternative(test: str) -> str | None:
    (found,) = find(function(test), "INI904")
    return found.fixes[0].edits[0].text if found.fixes else None


def test_messages() -> None:
    (message,) = messages(function("'Conv' in name"), "INI904")
    assert message == (
        "this tells layers by the name of their class: 'Conv' stands in Conv1d, ConvTranspose1d, Conv2d and 3 more, "
        "and in names of other classes"
    )
    assert messages(function("name == 'Conv2d'"), "INI904") == [
        "this tells layers by the name of their class: 'Conv2d' is Conv2d, and no class derived from it"
    ]


@pytest.mark.parametrize(
    ("test", "shown"),
    [
        ("name.find('Linear') != -1", "isinstance(m, nn.Linear)"),
        ("name.find('Linear') > -1", "isinstance(m, nn.Linear)"),
        ("'BatchNorm2d' in name", "isinstance(m, nn.BatchNorm2d)"),
        ("name.startswith('ConvTranspose2')", "isinstance(m, nn.ConvTranspose2d)"),
        ("type(m).__name__ == 'Embedding'", "isinstance(m, nn.Embedding)"),
        ("m.__class__.__name__ == 'Linear'", "isinstance(m, nn.Linear)"),
        ("'Linear' in str(type(m))", "isinstance(m, nn.Linear)"),
        ("m._get_name() == 'Linear'", "isinstance(m, nn.Linear)"),
        ("'LSTM' in name or 'GRU' in name", "isinstance(m, (nn.LSTM, nn.LSTMCell, nn.GRU, nn.GRUCell))"),
    ],
)
def test_every_way_to_read_the_name(test: str, shown: str) -> None:
    assert alternative(test) == shown


@pytest.mark.parametrize(
    "test",
    [
        "isinstance(m, nn.Linear)",
        "type(m) == nn.Linear",
        "'Scale' in name",
        "name.find('Norm') == -1",
        "'Linear' not in name",
        "'conv' in name",
        "hasattr(m, 'Linear')",
        "'Linear' in names",
        "m.kind == 'Linear'",
    ],
)
def test_other_tests_are_silent(test: str) -> None:
    assert not find(function(test), "INI904")


@pytest.mark.parametrize(
    "body", ["print(m)", "m.eval()", "count += 1", "return m.weight", "m.weight.requires_grad = False"]
)
def test_test_for_something_else_than_an_init(body: str) -> None:
    assert not find(function("'Conv' in name", body), "INI904")


def test_test_is_reported_once() -> None:
    code = function("'Linear' in name", "nn.init.zeros_(m.bias); nn.init.ones_(m.weight)")
    assert len(find(code, "INI904")) == 1
    assert fix(code, "INI904") == code
