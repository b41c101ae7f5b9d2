import pytest
from checking import IMPORTS, PATH, find, messages

from initlint import catalogue, engine
from initlint.source import Source

MODEL = """\
class Net({base}):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(width, width)
        {use}

    def {name}(self):
        {body}
"""

BODY = "nn.init.xavier_uniform_(self.fc.weight)"


def model(name: str = "init_fc", use: str = "self.width = width", base: str = "nn.Module", body: str = BODY) -> str:
    return MODEL.format(base=base, use=use, name=name, body=body)


def test_message_and_place() -> None:
    (finding,) = find(model(), "INI511")
    assert (finding.region.line, finding.region.column) == (13, 8)
    assert messages(model(), "INI511") == [
        "nothing in the project names init_fc, so xavier_uniform_ never runs: Net keeps the values of its constructors"
    ]


@pytest.mark.parametrize("name", ["init_fc", "_init_fc", "initialize", "initialise_all", "reset_fc", "weights_init"])
def test_names_that_say_init_count(name: str) -> None:
    assert len(find(model(name), "INI511")) == 1


@pytest.mark.parametrize(
    "name", ["setup", "build_fc", "__init_subclass__", "reset_parameters", "_reset_parameters", "_init_weights"]
)
def test_other_names_and_those_that_frameworks_call_are_silent(name: str) -> None:
    assert not find(model(name), "INI511")


@pytest.mark.parametrize(
    "use",
    [
        "self.init_fc()",
        "self.apply(self.init_fc)",
        "self.hook = 'init_fc'",
        "getattr(self, 'init_' + 'fc')()",
        "getattr(self, f'init_{width}')()",
        "self.width = width  # init_fc is called by the trainer",
    ],
)
def test_any_mention_in_the_file_is_silent(use: str) -> None:
    assert not find(model(use=use), "INI511")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "model.init_fc()",
        "HOOKS = ['init_fc']",
        "class Other(Net):\n    def init_fc(self):\n        pass",
        "# init_fc belongs to Net",
    ],
)
def test_any_mention_in_another_file_is_silent(elsewhere: str) -> None:
    assert not find(model(), "INI511", elsewhere=elsewhere)


def test_other_words_in_another_file_do_not_count() -> None:
    assert len(find(model(), "INI511", elsewhere="model.init_fc2()\nmodel.reinit_fc()")) == 1


@pytest.mark.parametrize(
    ("base", "elsewhere", "found"),
    [
        ("Base", "class Base(nn.Module):\n    pass", 1),
        ("Base", "class Base(Foreign):\n    pass", 0),
        ("Base", "", 0),
        ("nn.Module, Mixin", "", 0),
        ("nn.Linear", "", 0),
        ("object", "", 0),
        ("nn.Sequential", "", 1),
    ],
)
def test_class_must_be_a_module_whose_bases_are_all_known(base: str, elsewhere: str, found: int) -> None:
    code = "from other import Base, Mixin\n\n\n" + model(base=base)
    assert len(find(code, "INI511", elsewhere=elsewhere)) == found


@pytest.mark.parametrize(
    "body",
    ["pass", "return torch.zeros(3)", "self.state = None", "noise = torch.empty(3).normal_()", "self.fc.train()"],
)
def test_method_without_an_init_is_silent(body: str) -> None:
    assert not find(model(body=body), "INI511")


@pytest.mark.parametrize("decorated", ["class Net", "    def init_fc"])
def test_what_a_decorator_may_register_is_silent(decorated: str) -> None:
    indentation = decorated[: len(decorated) - len(decorated.lstrip())]
    code = model().replace(decorated, f"{indentation}@register\n{decorated}")
    assert not find(code, "INI511")


def test_file_that_is_checked_alone_is_silent() -> None:
    source = Source.from_bytes(PATH, (IMPORTS + model()).encode())
    assert not engine.check_source(source, [catalogue.find("INI511")], engine.Options()).findings
