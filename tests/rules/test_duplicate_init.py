"""INI704: messages, spellings, and what stands between two inits."""

import pytest
from checking import find, messages

CLASS = """\
class Net(nn.Module):
    def __init__(self, width, layers, old):
        super().__init__()
        self.fc = nn.Linear(width, width)
        self.out = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.token = nn.Parameter(torch.zeros(width))
        {first}
        {between}
        {second}
"""

SAME = [
    ("nn.init.normal_(self.fc.weight)", "nn.init.normal_(self.fc.weight)"),
    ("nn.init.normal_(self.fc.weight)", "nn.init.zeros_(tensor=self.fc.weight)"),
    ("nn.init.normal_(self.fc.weight)", "self.fc.weight.data.zero_()"),
    ("self.fc.weight.data.normal_(0, 1)", "self.fc.weight.data.normal_(0, 0.02)"),
    ("nn.init.normal_(self.token)", "nn.init.uniform_(self.token)"),
    ("nn.init.normal_(layers[0].weight)", "nn.init.uniform_(layers[0].weight)"),
]

HARMLESS = [
    "pass",
    "nn.init.zeros_(self.fc.bias)",
    "nn.init.zeros_(self.out.weight)",
    "nn.init.ones_(self.norm.weight)",
    "scale = width ** -0.5",
    "self.scale = width ** -0.5",
    "self.third = nn.Linear(width, width)",
]

USES = [
    "x = self.fc.weight",
    "x = self.fc.weight.norm()",
    "self.out.weight.data.copy_(self.fc.weight)",
    "nn.init.constant_(self.out.bias, self.fc.weight.mean())",
    "self.fc.weight.data.mul_(0.5)",
    "self.fc.weight.data[0] = 1",
    "self.fc.weight.data *= 0.5",
    "self.fc = nn.Linear(width, width)",
    "self.fc.reset_parameters()",
    "self.fc(torch.ones(width))",
    "self.apply(old)",
    "self.measure()",
    "old(self)",
    "old(self.fc)",
    "for p in self.parameters():\n            print(p)",
    "if old:\n            print(self.fc.weight)",
    "with torch.no_grad():\n            self.fc.weight.clamp_(-1, 1)",
]


def code(first: str, between: str, second: str) -> str:
    return CLASS.format(first=first, between=between, second=second)


@pytest.mark.parametrize(("first", "second"), SAME)
def test_second_init_of_a_tensor_is_found(first: str, second: str) -> None:
    (finding,) = find(code(first, "pass", second), "INI704")
    assert finding.region.line == 16
    assert finding.related[0].region.line == 14


@pytest.mark.parametrize("between", HARMLESS)
def test_statement_that_leaves_the_tensor_alone_does_not_hide_it(between: str) -> None:
    assert len(find(code("nn.init.normal_(self.fc.weight)", between, "nn.init.ones_(self.fc.weight)"), "INI704")) == 1


@pytest.mark.parametrize("between", USES)
def test_statement_that_uses_the_tensor_or_may_do_so_is_silent(between: str) -> None:
    assert not find(code("nn.init.normal_(self.fc.weight)", between, "nn.init.ones_(self.fc.weight)"), "INI704")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("nn.init.normal_(self.fc.weight)", "nn.init.normal_(self.fc.bias)"),
        ("nn.init.normal_(self.fc.weight)", "nn.init.normal_(self.out.weight)"),
        ("nn.init.normal_(self.fc.weight)", "nn.init.normal_(self.fc.weight[0])"),
        ("nn.init.normal_(layers[0].weight)", "nn.init.normal_(layers[1].weight)"),
        ("nn.init.normal_(layers.pop().weight)", "nn.init.normal_(layers.pop().weight)"),
        ("nn.init.normal_(next(layers).weight)", "nn.init.normal_(next(layers).weight)"),
        ("w = nn.init.normal_(self.fc.weight)", "nn.init.normal_(self.fc.weight)"),
        ("nn.init.normal_(self.fc.weight)", "if old: nn.init.normal_(self.fc.weight)"),
        ("if old: nn.init.normal_(self.fc.weight)", "nn.init.normal_(self.fc.weight)"),
    ],
)
def test_other_tensors_and_other_blocks_are_silent(first: str, second: str) -> None:
    assert not find(code(first, "pass", second), "INI704")


@pytest.mark.parametrize("between", ["layers.append(old)", "layers = old", "layers[0] = old", "layers.insert(0, old)"])
def test_list_that_changed_is_silent(between: str) -> None:
    assert not find(code("nn.init.normal_(layers[0].weight)", between, "nn.init.ones_(layers[0].weight)"), "INI704")


def test_loop_variable_is_another_tensor_in_each_loop() -> None:
    loops = "\n".join(f"for layer in old{n}:\n    nn.init.zeros_(layer.weight)" for n in range(2))
    assert not find(loops, "INI704")


def test_message_names_layers_that_were_forgotten() -> None:
    first, second = SAME[0]
    twice = "self.fc.weight is initialised twice: normal_ leaves nothing of normal_ above"
    (message,) = messages(code(first, "pass", second), "INI704")
    assert message == f"{twice}; self.out of the same type is not initialised here"
    assert messages(code(first, "nn.init.zeros_(self.out.weight)", second), "INI704") == [twice]


def test_fixes_are_alternatives_that_are_shown() -> None:
    (finding,) = find(code("nn.init.normal_(self.fc.weight)", "pass", "nn.init.ones_(self.fc.weight)"), "INI704")
    titles = [fix.title for fix in finding.fixes]
    assert finding.applicable is None
    assert titles == ["initialise self.out", "leave out the second", "leave out the first"]
