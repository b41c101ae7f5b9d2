import pytest
from checking import find, fix, messages

PIECES = """\
from functools import partial, wraps

from project import imported


def init_module(m, std=0.02):
    if isinstance(m, nn.Linear):
        nn.init.normal_(m.weight, std=std)


def init_model(model):
    for m in model.modules():
        init_module(m)


def init_two(m, std):
    nn.init.normal_(m.weight, std=std)


def factory(std=0.02):
    def init(m):
        nn.init.normal_(m.weight, std=std)

    return init


def maybe(model, flag=True):
    nn.init.zeros_(model.bias)
    return factory() if flag else None


def generated(model):
    nn.init.zeros_(model.bias)
    yield model


@imported
def decorated(m):
    nn.init.zeros_(m.bias)


async def awaited(m):
    nn.init.zeros_(m.bias)


def described():
    print("init")


class Init:
    def __call__(self, m):
        nn.init.zeros_(m.bias)


class Net(nn.Module):
    def __init__(self, width, flag):
        super().__init__()
        self.fc = nn.Linear(width, width)
        {statement}

    def reset_parameters(self):
        nn.init.zeros_(self.fc.bias)

    def init_one(self, m):
        nn.init.zeros_(m.bias)

    @staticmethod
    def init_static(m):
        nn.init.zeros_(m.bias)

    @property
    def initial(self):
        nn.init.zeros_(self.fc.bias)

    def init_later(self):
        raise NotImplementedError

    def init_by(self):
        return self.init_one
"""


def codes(statement: str) -> list[str]:
    return [finding.code for finding in find(PIECES.format(statement=statement), "INI508")]


def fixed(statement: str) -> str:
    before, after = PIECES.split("{statement}")
    return fix(PIECES.format(statement=statement), "INI508").removeprefix(before).removesuffix(after)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("self.apply(init_module())", "self.apply(init_module)"),
        ("self.fc.apply(init_module())", "self.fc.apply(init_module)"),
        ("self.apply(self.init_one())", "self.apply(self.init_one)"),
        ("self.apply(self.init_static())", "self.apply(self.init_static)"),
        ("model = self.apply(init_module())", "model = self.apply(init_module)"),
    ],
)
def test_function_that_takes_a_module_is_passed(statement: str, expected: str) -> None:
    assert codes(statement) == ["INI508"]
    assert fixed(statement) == expected


@pytest.mark.parametrize(
    "statement",
    [
        "self.apply(init_module(self))",
        "self.apply(init_module(self.fc, 0.1))",
        "self.apply(init_module(std=0.1))",
        "self.apply(init_model(self))",
        "self.apply(init_two())",
        "self.apply(init_two(std=0.1))",
        "self.apply(self.reset_parameters())",
        "self.reset_parameters",
    ],
)
def test_other_calls_are_shown_and_not_rewritten(statement: str) -> None:
    assert codes(statement) == ["INI508"]
    assert fixed(statement) == statement


def test_messages_say_why() -> None:
    def message(statement: str) -> str:
        return messages(PIECES.format(statement=statement), "INI508")[0]

    assert message("self.apply(init_module())") == (
        "init_module() is called here and lacks m, and apply needs the function itself: TypeError"
    )
    assert message("self.apply(init_model(self))") == (
        "init_model(self) is called here and gives None, and apply needs the function itself: TypeError"
    )
    assert message("self.reset_parameters") == (
        "self.reset_parameters is named here and not called: it initialises nothing"
    )


@pytest.mark.parametrize(
    "statement",
    [
        "self.apply(init_module)",
        "self.apply(self.init_one)",
        "self.apply(factory())",
        "self.apply(factory(0.1))",
        "self.apply(maybe(self))",
        "self.apply(generated(self))",
        "self.apply(decorated())",
        "self.apply(awaited(self))",
        "self.apply(described())",
        "self.apply(Init())",
        "self.apply(partial(init_two, std=0.1))",
        "self.apply(partial(self.init_one))",
        "self.apply(imported())",
        "self.apply(imported.init())",
        "self.apply(self.init_later())",
        "self.apply(self.init_by())",
        "self.apply(self.unknown())",
        "self.apply(lambda m: init_module(m, 0.1))",
        "self.apply(*init_model(self))",
        "torch.autograd.Function.apply(self.fc(width), init_module)",
        "init_module(self.fc)",
        "self.reset_parameters()",
        "method = self.reset_parameters",
        "self.initial",
        "self.fc",
        "self.unknown_init",
        "method = self.reset_parameters if flag else None",
    ],
)
def test_factories_and_functions_that_are_given(statement: str) -> None:
    assert not codes(statement)


def test_failure_that_is_expected_is_silent() -> None:
    assert not codes("try:\n            self.apply(init_module())\n        except TypeError:\n            pass")
