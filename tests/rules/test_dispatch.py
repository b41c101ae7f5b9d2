import pytest
from checking import find, fix, messages

RULES = ("INI501", "INI502", "INI503", "INI504")

INIT = """\
def init_weights(m):
    if {test}:
        nn.init.xavier_uniform_(m.weight)


class Block(nn.Module):
    def forward(self, x):
        return x


model = nn.Sequential(nn.Linear(2, 2), Block())
model.apply(init_weights)
"""

NAMED = """\
def init_weights(model, prefix, words):
    for name, p in model.named_parameters():
        if {test}:
            nn.init.normal_(p, std=0.02)
"""

NET = """\
class Net(nn.Module):
    def __init__(self, width, norm=None, kind=None):
        super().__init__()
        {statement}
"""


def codes(code: str) -> list[str]:
    return [finding.code for finding in find(code, *RULES)]


def rewritten(template: str, test: str, rule: str) -> str:
    """The test after the fix."""
    before, after = template.split("{test}")
    return fix(template.format(test=test), rule).removeprefix(before).removesuffix(after)


@pytest.mark.parametrize(
    ("test", "fixed"),
    [
        ("isinstance(m, nn.Conv2d or nn.Linear)", "isinstance(m, (nn.Conv2d, nn.Linear))"),
        ("isinstance(m, (nn.Conv2d or nn.Linear))", "isinstance(m, (nn.Conv2d, nn.Linear))"),
        ("isinstance(m, nn.Conv2d and nn.Linear)", "isinstance(m, (nn.Conv2d, nn.Linear))"),
        ("isinstance(m, Block or nn.Linear)", "isinstance(m, (Block, nn.Linear))"),
        ("isinstance(m, nn.BatchNorm2d or BatchNorm1d)", "isinstance(m, (nn.BatchNorm2d, BatchNorm1d))"),
        ("isinstance(m, (nn.Conv1d, nn.Conv2d) or nn.GRU)", "isinstance(m, (nn.Conv1d, nn.Conv2d, nn.GRU))"),
        ("not isinstance(m, nn.Conv2d or nn.Linear)", "not isinstance(m, (nn.Conv2d, nn.Linear))"),
        ("issubclass(type(m), nn.Conv2d or nn.Linear)", "issubclass(type(m), (nn.Conv2d, nn.Linear))"),
    ],
)
def test_classes_joined_in_isinstance(test: str, fixed: str) -> None:
    assert codes(INIT.format(test=test)) == ["INI501"]
    assert rewritten(INIT, test, "INI501") == fixed


def test_joined_classes_over_several_lines() -> None:
    test = "isinstance(\n        m,\n        nn.Conv2d\n        or nn.Linear,\n    )"
    assert codes(INIT.format(test=test)) == ["INI501"]


def test_message_names_what_is_seen_and_what_is_not() -> None:
    assert messages(INIT.format(test="isinstance(m, nn.Conv2d or nn.Linear or nn.GRU)"), "INI501") == [
        "a class is true, so nn.Conv2d or nn.Linear or nn.GRU is nn.Conv2d: the test never asks for nn.Linear, nn.GRU"
    ]
    assert messages(INIT.format(test="isinstance(m, (nn.GRU, nn.RNN) and nn.Linear)"), "INI501") == [
        "a class is true, so (nn.GRU, nn.RNN) and nn.Linear is nn.Linear: the test never asks for (nn.GRU, nn.RNN)"
    ]


@pytest.mark.parametrize(
    "test",
    [
        "isinstance(m, (nn.Conv2d, nn.Linear))",
        "isinstance(m, nn.Conv2d | nn.Linear)",
        "isinstance(m, nn.Conv2d) or isinstance(m, nn.Linear)",
        "isinstance(m, nn.Conv2d) and m.weight is not None",
        "isinstance(m, kinds or nn.Linear)",
        "isinstance(m, m.kinds or (nn.Linear, nn.Conv2d))",
        "isinstance(m, None or nn.Linear)",
        "isinstance(m, () or nn.Linear)",
        "isinstance(m, nn.Conv2d if m else nn.Linear)",
        "isinstance(m, get_kinds() or nn.Linear)",
        "isinstance(m, int or str)",
        "check_isinstance(m, nn.Conv2d or nn.Linear)",
    ],
)
def test_tests_of_several_classes_that_are_right_or_not_known(test: str) -> None:
    assert not codes(INIT.format(test=test))


@pytest.mark.parametrize(
    ("test", "fixed"),
    [
        ("isinstance(m, nn.Conv2d) or nn.Linear", "isinstance(m, (nn.Conv2d, nn.Linear))"),
        ("nn.Conv2d or isinstance(m, nn.Linear)", "isinstance(m, (nn.Conv2d, nn.Linear))"),
        ("isinstance(m, nn.Conv2d) or Block", "isinstance(m, (nn.Conv2d, Block))"),
        ("type(m) == nn.Conv2d or nn.Linear", "type(m) in (nn.Conv2d, nn.Linear)"),
        ("type(m) is nn.Conv2d or nn.Linear", "type(m) in (nn.Conv2d, nn.Linear)"),
        ("type(m) in [nn.Conv2d, nn.Conv1d] or nn.Linear", "type(m) in (nn.Conv2d, nn.Conv1d, nn.Linear)"),
        ("m.weight is not None and (isinstance(m, nn.Conv2d) or nn.Linear)", None),
        ("isinstance(m, nn.Conv2d) or isinstance(m, nn.Conv1d) or nn.Linear", ""),
    ],
)
def test_class_beside_a_test_for_classes_is_true(test: str, fixed: str | None) -> None:
    assert codes(INIT.format(test=test)) == ["INI502"]
    if fixed is not None:
        assert rewritten(INIT, test, "INI502") == (fixed or test)


@pytest.mark.parametrize(
    ("test", "fixed"),
    [
        ("'conv' or 'fc' in name", "any(word in name for word in ('conv', 'fc'))"),
        ("'weight' in name or 'kernel'", "any(word in name for word in ('weight', 'kernel'))"),
        ("'a' or 'b' or 'c' in name", "any(word in name for word in ('a', 'b', 'c'))"),
        ("name == 'head' or 'tail'", "name in ('head', 'tail')"),
        ("name in ['head', 'tail'] or 'stem'", "name in ('head', 'tail', 'stem')"),
        ("name.startswith('head') or 'tail'", "name.startswith(('head', 'tail'))"),
        ("name.find('head') != -1 or 'tail'", "name.find('head') != -1 or 'tail'"),
        ("'head' in name or 'tail' or 'stem' in name", "'head' in name or 'tail' or 'stem' in name"),
        ("prefix == 'head' or 'tail'", "prefix in ('head', 'tail')"),
    ],
)
def test_string_beside_a_test_of_names_is_true(test: str, fixed: str) -> None:
    assert codes(NAMED.format(test=test)) == ["INI502"]
    assert rewritten(NAMED, test, "INI502") == fixed


@pytest.mark.parametrize(
    "test",
    [
        "'conv' in name or 'fc' in name",
        "name in ('conv', 'fc')",
        "(prefix or 'conv') in name",
        "'' or 'conv' in name",
        "name == (prefix or 'conv')",
        "any(word in name for word in words or ('conv', 'fc'))",
        "(words or {}).get('conv') or name == 'fc'",
        "words[prefix or 'conv']",
    ],
)
def test_strings_that_are_looked_for_or_a_default(test: str) -> None:
    assert not codes(NAMED.format(test=test))


@pytest.mark.parametrize(
    "statement",
    [
        "norm = norm or nn.BatchNorm2d",
        "norm = nn.BatchNorm2d if norm is None else norm",
        "self.norm = (norm or nn.BatchNorm2d)(width)",
        "kind = kind == 'deep' or 'wide'",
        "name = kind or 'wide'",
        "net = build(norm or nn.BatchNorm2d, kind or 'wide')",
        "if kind == 'deep' or 'wide': self.fc = nn.Linear(width, width)",
        "if kind.__class__.__name__ == 'Shell' or 'Notebook': self.fc = nn.Linear(width, width)",
        "if width or nn.BatchNorm2d: self.fc = nn.Linear(width, width)",
        "kind = norm is None or nn.BatchNorm2d",
    ],
)
def test_defaults_and_tests_that_pick_no_module(statement: str) -> None:
    assert not codes(NET.format(statement=statement))


def test_what_a_predicate_returns_is_a_test() -> None:
    code = """\
    def is_linear(m):
        return isinstance(m, nn.Linear) or nn.Bilinear


    def find(m, name):
        found = isinstance(m, nn.Linear) or nn.Bilinear
        return found
    """
    assert codes(code) == ["INI502", "INI502"]


@pytest.mark.parametrize(
    ("test", "fixed"),
    [
        ("m == nn.Linear", "isinstance(m, nn.Linear)"),
        ("m is nn.Linear", "isinstance(m, nn.Linear)"),
        ("nn.Linear == m", "isinstance(m, nn.Linear)"),
        ("m == Block", "isinstance(m, Block)"),
        ("m != nn.Linear", "not isinstance(m, nn.Linear)"),
        ("m is not nn.Linear", "not isinstance(m, nn.Linear)"),
        ("m in (nn.Linear, nn.Conv2d)", "isinstance(m, (nn.Linear, nn.Conv2d))"),
        ("m not in [nn.Linear]", "not isinstance(m, nn.Linear)"),
        ("type(m) == 'Linear'", "isinstance(m, nn.Linear)"),
        ("type(m) == 'torch.nn.Linear'", "isinstance(m, torch.nn.Linear)"),
        ("m.__class__ in ('Linear', 'Block')", "isinstance(m, (nn.Linear, Block))"),
        ("type(m).__name__ == 'nn.Linear'", "isinstance(m, nn.Linear)"),
        ("type(m).__name__ == nn.Linear", "isinstance(m, nn.Linear)"),
        ("m._get_name() in ('nn.Linear', 'nn.Conv2d')", "isinstance(m, (nn.Linear, nn.Conv2d))"),
        ("'nn.Conv' in type(m).__name__", "'nn.Conv' in type(m).__name__"),
        ("isinstance(m, 'Linear')", "isinstance(m, nn.Linear)"),
        ("isinstance(m, ('Linear', nn.Conv2d))", "isinstance(m, (nn.Linear, nn.Conv2d))"),
        ("isinstance(m, [nn.Linear, Missing])", "isinstance(m, (nn.Linear, Missing))"),
        ("isinstance(type(m), nn.Linear)", "isinstance(m, nn.Linear)"),
        ("isinstance(m.__class__, (nn.Linear, Block))", "isinstance(m, (nn.Linear, Block))"),
    ],
)
def test_test_that_no_module_passes(test: str, fixed: str) -> None:
    assert codes(INIT.format(test=test)) == ["INI503"]
    assert rewritten(INIT, test, "INI503") == fixed


def test_message_says_what_is_compared() -> None:
    assert messages(INIT.format(test="m in (nn.Linear, nn.Conv2d)"), "INI503") == [
        "m is a module and nn.Linear, nn.Conv2d are classes: no module passes this test"
    ]
    assert messages(INIT.format(test="m is not nn.Linear"), "INI503") == [
        "m is a module and nn.Linear is a class: every module passes this test"
    ]
    assert messages(INIT.format(test="isinstance(m, [nn.Linear])"), "INI503") == [
        "isinstance takes a class or a tuple of classes, [nn.Linear] is no tuple: it raises TypeError"
    ]


@pytest.mark.parametrize(
    "test",
    [
        "isinstance(m, nn.Linear)",
        "type(m) == nn.Linear",
        "type(m) is nn.Linear",
        "m.__class__ in (nn.Linear, nn.Conv2d)",
        "type(m).__name__ == 'Linear'",
        "'torch.nn.modules.linear' in str(type(m))",
        "m == model",
        "m is None",
        "m in model",
        "m == nn.Linear(2, 2)",
        "m.kind == nn.Linear",
        "type(m).__module__ == 'torch.nn.modules.linear'",
        "isinstance(m, nn.Linear) and m.kind in (nn.ReLU, nn.GELU)",
        "isinstance(m.weight, (nn.Parameter, torch.Tensor))",
        "isinstance(m, tuple([nn.Linear, nn.Conv2d]))",
        "isinstance(type(m), type)",
        "issubclass(type(m), nn.Linear)",
        "model == 'Linear'",
    ],
)
def test_tests_that_modules_can_pass(test: str) -> None:
    assert not codes(INIT.format(test=test))


@pytest.mark.parametrize(
    "code",
    [
        """\
        def build(m):
            if m is nn.Linear:
                return m(2, 2)
        """,
        """\
        def build(m):
            if m == nn.Linear:
                m = m(2, 2)
                nn.init.zeros_(m.weight)
            return m
        """,
        """\
        def kinds(model):
            for m in map(type, model.modules()):
                if m is nn.Linear:
                    print(m)
        """,
        """\
        def kinds(model):
            for m in {type(each) for each in model.modules()}:
                print(m is nn.Linear)
        """,
        """\
        def kinds(model):
            for m in model.modules():
                m = type(m)
                if m is nn.Linear:
                    print(m)
        """,
        """\
        def use(act=nn.ReLU):
            layer = nn.Linear(2, 2)
            if act == nn.ReLU:
                nn.init.zeros_(layer.weight)
        """,
        """\
        for m, width in [(nn.Linear, 2)]:
            if m is nn.Linear:
                print(m(width, width))
        """,
    ],
)
def test_what_is_compared_is_a_class(code: str) -> None:
    assert not codes(code)


@pytest.mark.parametrize(
    "code",
    [
        """\
        def init(net):
            for m in net.modules():
                if m == nn.Linear:
                    print(m)
        """,
        """\
        def init(net):
            for name, m in net.named_children():
                if m == nn.Linear:
                    print(m)
        """,
        """\
        found = [m for m in nn.Sequential().modules() if m is nn.Linear]
        """,
        """\
        def show(m):
            print(1 if m == nn.Linear else 0)


        for m in nn.Sequential().children():
            show(m)
        """,
        """\
        def init(m):
            if m is nn.Linear:
                if hasattr(m, 'weight'):
                    nn.init.zeros_(m.weight)
        """,
        """\
        def init(m):
            is_linear = m == nn.Linear
            return is_linear


        nn.Linear(2, 2).apply(init)
        """,
        """\
        class Net(nn.Module):
            def init(self, m):
                if m == nn.Linear:
                    print(m)

            def reset(self):
                self.apply(self.init)
        """,
    ],
)
def test_what_is_compared_is_a_module(code: str) -> None:
    assert codes(code) == ["INI503"]


def test_list_of_classes_behind_a_name() -> None:
    code = "LAYERS = [nn.Linear, nn.Conv2d]\n\n\ndef keep(m):\n    return isinstance(m, LAYERS)\n"
    assert codes(code) == ["INI503"]
    assert "isinstance(m, tuple(LAYERS))" in fix(code, "INI503")


def test_isinstance_that_may_fail_is_silent() -> None:
    code = """\
        def keep(m):
            try:
                return isinstance(m, 'Linear')
            except TypeError:
                return False
        """
    assert not codes(code)


@pytest.mark.parametrize(
    ("test", "fixed"),
    [
        ("m.__class__.__name__.find('Conv')", "m.__class__.__name__.find('Conv') != -1"),
        ("type(m).__name__.find('Linear')", "type(m).__name__.find('Linear') != -1"),
        ("type(m).__name__.lower().find('Norm')", "type(m).__name__.lower().find('Norm') != -1"),
        ("m.bias is None and m._get_name().rfind('Conv')", "m.bias is None and m._get_name().rfind('Conv') != -1"),
        ("str(type(m)).find('Conv')", "str(type(m)).find('Conv') != -1"),
        ("type(m).__name__.find('Block')", "type(m).__name__.find('Block') != -1"),
    ],
)
def test_position_in_a_class_name_as_truth(test: str, fixed: str) -> None:
    assert codes(INIT.format(test=test)) == ["INI504"]
    assert rewritten(INIT, test, "INI504") == fixed


@pytest.mark.parametrize("test", ["name.find('bias')", "p.dim() > 1 or name.find(prefix)"])
def test_position_in_a_registered_name_as_truth(test: str) -> None:
    assert codes(NAMED.format(test=test)) == ["INI504"]


@pytest.mark.parametrize(
    "test",
    [
        "m.__class__.__name__.find('Conv') != -1",
        "m.__class__.__name__.find('Conv') >= 0",
        "m.__class__.__name__.find('Conv') == 0",
        "not m.__class__.__name__.find('Conv')",
        "m.__class__.__name__.count('Conv')",
        "'Conv' in m.__class__.__name__",
        "m.__class__.__name__.startswith('Conv')",
        "m.find('Conv')",
        "m.registry.find('Conv')",
        "m.__class__.__name__.find('Shell')",
        "m.__class__.__name__[m.__class__.__name__.find('Conv') :]",
        "print(m.__class__.__name__.find('Conv'))",
    ],
)
def test_position_that_is_compared_or_of_something_else(test: str) -> None:
    assert not codes(INIT.format(test=test))
