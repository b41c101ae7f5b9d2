import pytest
from checking import find, messages

MODEL = """\
class Model(nn.Module):
    def __init__(self, width):
        super().__init__()
        {layers}
        {use}

    def init_weights(self, m):
        if {test}:
            {init}
"""

TWO = "self.a = nn.Linear(width, width); self.b = nn.Linear(width, width)"


def model(
    init: str = "nn.init.constant_(m.weight, 0.1)",
    test: str = "isinstance(m, nn.Linear)",
    layers: str = TWO,
    use: str = "self.apply(self.init_weights)",
) -> str:
    return MODEL.format(init=init, test=test, layers=layers, use=use)


def test_messages() -> None:
    assert messages(model(), "INI804") == [
        "every Linear gets weights 0.1: the units of a layer get the same gradient and never differ"
    ]
    (zero,) = messages(model("m.weight.data.zero_()"), "INI804")
    assert zero.startswith("every Linear gets weights 0: behind the first of them nothing but the biases arrives")


@pytest.mark.parametrize(
    "init",
    [
        "nn.init.zeros_(m.weight)",
        "nn.init.ones_(m.weight)",
        "nn.init.constant_(m.weight.data, val=1e-3)",
        "m.weight.data.fill_(0.01)",
        "if m.weight is not None: nn.init.zeros_(m.weight)",
    ],
)
def test_every_way_to_write_one_value(init: str) -> None:
    assert len(find(model(init), "INI804")) == 1


@pytest.mark.parametrize(
    "init",
    [
        "nn.init.constant_(m.bias, 0)",
        "nn.init.constant_(m.weight, 1 / m.in_features)",
        "nn.init.constant_(m.weight, self.value)",
        "nn.init.normal_(m.weight, 0, 0.01)",
        "nn.init.eye_(m.weight)",
        "m.weight.data.zero_(); m.weight.data.fill_diagonal_(1)",
        "nn.init.zeros_(m.weight); nn.init.eye_(m.weight)",
        "nn.init.zeros_(m.weight); m.weight.data[0] = 1",
        "if m.out_features == 1: nn.init.zeros_(m.weight)",
        "if self.zero: nn.init.zeros_(m.weight)",
    ],
)
def test_other_inits_are_silent(init: str) -> None:
    assert not find(model(init), "INI804")


@pytest.mark.parametrize(
    ("test", "layers"),
    [
        ("isinstance(m, nn.Linear)", "self.a = nn.Linear(width, width)"),
        ("isinstance(m, nn.Linear)", "self.a = nn.Linear(width, width); self.b = nn.Conv2d(width, width, 1)"),
        ("isinstance(m, nn.LayerNorm)", "self.a = nn.LayerNorm(width); self.b = nn.LayerNorm(width)"),
        ("isinstance(m, nn.Embedding)", "self.a = nn.Embedding(width, 1); self.b = nn.Embedding(width, 1)"),
        ("isinstance(m, (nn.Linear, nn.LayerNorm))", TWO),
        ("isinstance(m, OwnLayer)", TWO),
        ("isinstance(m, nn.Linear) and m is self.b", TWO),
        ("hasattr(m, 'zero_init')", TWO),
    ],
)
def test_single_layers_and_other_tests_are_silent(test: str, layers: str) -> None:
    assert not find(model(test=test, layers=layers), "INI804")


def test_layers_in_a_loop_are_more_than_one() -> None:
    layers = "self.all = nn.ModuleList([nn.Linear(width, width) for _ in range(width)])"
    assert len(find(model(layers=layers), "INI804")) == 1


@pytest.mark.parametrize(
    "use",
    ["for m in self.modules(): self.init_weights(m)", "for m in self.children():\n            self.init_weights(m)"],
)
def test_function_in_a_loop_over_modules(use: str) -> None:
    assert len(find(model(use=use), "INI804")) == 1


@pytest.mark.parametrize(
    "use", ["pass", "self.init_weights(self.b)", "for m in (self.a, self.b): self.init_weights(m)"]
)
def test_function_for_single_layers_is_silent(use: str) -> None:
    assert not find(model(use=use), "INI804")


@pytest.mark.parametrize("name", ["init_lin_zero", "zero_init", "constant_init", "init_to_identity"])
def test_function_that_says_what_it_is_for(name: str) -> None:
    assert not find(model().replace("init_weights", name), "INI804")
