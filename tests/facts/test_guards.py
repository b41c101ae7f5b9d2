"""Guards: what the tests on the way to a place say."""

import pytest
from reading import guards

from initlint.facts.meaning.guards import ClassNameGuard, DimGuard, OtherGuard, Presence, TypeGuard, WordGuard

NN = "from torch import nn\n"


def only(code: str) -> object:
    (guard,) = guards(code)
    return guard


def layers(code: str) -> list[str] | None:
    guard = only(NN + code)
    assert isinstance(guard, TypeGuard | ClassNameGuard)
    assert not guard.negated
    return [layer.name for layer in guard.layers] if guard.layers is not None else None


@pytest.mark.parametrize(
    "code",
    [
        "if isinstance(m, nn.Conv2d):\n    probe(m)",
        "if not isinstance(m, nn.Conv2d):\n    pass\nelse:\n    probe(m)",
        "for m in ms:\n    if not isinstance(m, nn.Conv2d):\n        continue\n    probe(m)",
        "def f(m):\n    if not isinstance(m, nn.Conv2d):\n        return\n    probe(m)",
        "if not (not isinstance(m, nn.Conv2d)):\n    probe(m)",
        "x = probe(m) if isinstance(m, nn.Conv2d) else None",
        "isinstance(m, nn.Conv2d) and probe(m)",
        "not isinstance(m, nn.Conv2d) or probe(m)",
        "x = [probe(m) for m in ms if isinstance(m, nn.Conv2d)]",
        "if isinstance(m, nn.Conv2d):\n    with no_grad():\n        probe(m)",
        "if type(m) is nn.Conv2d:\n    probe(m)",
        "if type(m) == nn.Conv2d:\n    probe(m)",
        "if m.__class__ is nn.Conv2d:\n    probe(m)",
        "if type(m) in (nn.Conv2d,):\n    probe(m)",
        "if type(m) != nn.Conv2d:\n    pass\nelse:\n    probe(m)",
        "KINDS = (nn.Conv2d,)\nif isinstance(m, KINDS):\n    probe(m)",
        "KIND = nn.Conv2d\nif isinstance(m, KIND):\n    probe(m)",
    ],
)
def test_every_form_of_a_type_test_selects_the_layer(code: str) -> None:
    assert layers(code) == ["Conv2d"]


@pytest.mark.parametrize(
    "test",
    [
        "isinstance(m, (nn.Conv2d, nn.Linear))",
        "isinstance(m, nn.Conv2d | nn.Linear)",
        "isinstance(m, nn.Conv2d) or isinstance(m, nn.Linear)",
        "isinstance(m, (nn.Conv2d,) + (nn.Linear,))",
        "type(m) in [nn.Conv2d, nn.Linear]",
        "type(m) in {nn.Conv2d, nn.Linear}",
        "type(m) == nn.Conv2d or type(m) == nn.Linear",
    ],
)
def test_several_classes_in_one_test(test: str) -> None:
    assert layers(f"if {test}:\n    probe(m)") == ["Conv2d", "Linear"]


def test_private_bases_stand_for_their_layers() -> None:
    found = layers("if isinstance(m, nn.modules.batchnorm._BatchNorm):\n    probe(m)")
    assert found == ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"]


@pytest.mark.parametrize(
    "test",
    [
        "isinstance(m, (nn.Conv2d, MaskedConv2d))",
        "isinstance(m, (nn.Conv2d, *OTHERS))",
        "isinstance(m, kinds)",
        "isinstance(m, nn.Module)",
        "isinstance(m, self.kind)",
        "isinstance(m, make())",
    ],
)
def test_a_class_that_is_none_of_torchs_leaves_the_layers_open(test: str) -> None:
    assert layers(f"if {test}:\n    probe(m)") is None


def test_an_own_class_hides_the_layer_of_that_name() -> None:
    code = "from torch.nn import *\nclass Conv2d(Module): ...\nif isinstance(m, Conv2d):\n    probe(m)"
    guard = only(code)
    assert isinstance(guard, TypeGuard)
    assert guard.layers is None


def test_exact_comparisons_are_told_from_isinstance() -> None:
    exact = only(NN + "if type(m) is nn.Linear:\n    probe(m)")
    loose = only(NN + "if isinstance(m, nn.Linear):\n    probe(m)")
    assert isinstance(exact, TypeGuard)
    assert isinstance(loose, TypeGuard)
    assert (exact.exact, loose.exact) == (True, False)


@pytest.mark.parametrize(
    "code",
    [
        "if isinstance(m, nn.Conv2d):\n    pass\nelse:\n    probe(m)",
        "if not isinstance(m, nn.Conv2d):\n    probe(m)",
        "for m in ms:\n    if isinstance(m, nn.Conv2d):\n        continue\n    probe(m)",
        "def f(m):\n    if isinstance(m, nn.Conv2d):\n        return\n    probe(m)",
        "if type(m) is not nn.Conv2d:\n    probe(m)",
        "if type(m) not in (nn.Conv2d,):\n    probe(m)",
        "x = None if isinstance(m, nn.Conv2d) else probe(m)",
    ],
)
def test_the_other_branch_is_negated(code: str) -> None:
    guard = only(NN + code)
    assert isinstance(guard, TypeGuard)
    assert guard.negated


def test_elif_comes_after_the_failed_tests_before_it() -> None:
    code = """
        from torch import nn
        if isinstance(m, nn.Conv2d):
            pass
        elif isinstance(m, nn.Linear):
            pass
        elif isinstance(m, nn.Embedding):
            probe(m)
        else:
            pass
    """
    found = [(guard.classes, guard.negated) for guard in guards(code) if isinstance(guard, TypeGuard)]
    assert found == [
        (("torch.nn.Embedding",), False),
        (("torch.nn.Linear",), True),
        (("torch.nn.Conv2d",), True),
    ]


def test_both_sides_of_and_are_guards_and_both_of_a_failed_or() -> None:
    both = guards(NN + "if isinstance(m, nn.Linear) and m.bias is not None:\n    probe(m)")
    assert [type(guard) for guard in both] == [TypeGuard, Presence]
    neither = guards(NN + "if isinstance(m, nn.Linear) or m.bias is None:\n    pass\nelse:\n    probe(m)")
    assert [(type(guard), guard.negated) for guard in neither] == [(TypeGuard, True), (Presence, False)]


@pytest.mark.parametrize(
    "test",
    [
        "isinstance(m, nn.Conv2d) or isinstance(other, nn.Linear)",
        "isinstance(m, nn.Conv2d) or flag",
        "isinstance(m, nn.Conv2d) or hasattr(m, 'weight')",
        "not (isinstance(m, nn.Conv2d) and flag)",
        "flag",
        "m.kind == nn.Conv2d",
        "0 < m.groups < 4",
        "any(isinstance(m, kind) for kind in kinds)",
    ],
)
def test_a_test_that_says_nothing_about_a_module_is_another_guard(test: str) -> None:
    assert isinstance(only(f"{NN}if {test}:\n    probe(m)"), OtherGuard)


@pytest.mark.parametrize(
    "code",
    [
        "isinstance(m, nn.Linear)\nprobe(m)",
        "if isinstance(m, nn.Linear):\n    pass\nprobe(m)",
        "if isinstance(m, nn.Linear):\n    pass\nelif flag:\n    pass\nprobe(m)",
        "def f(m):\n    if isinstance(m, nn.Linear):\n        g(m)\n    probe(m)",
        "if isinstance(m, nn.Linear):\n    def f(m):\n        probe(m)",
        "for m in ms:\n    for x in m:\n        if isinstance(m, nn.Linear):\n            continue\n    probe(m)",
        "for m in ms:\n    if isinstance(m, nn.Linear):\n        pass\n    probe(m)",
    ],
)
def test_a_test_that_does_not_decide_whether_a_place_is_reached_is_no_guard(code: str) -> None:
    assert guards(NN + code) == []


NAME = "name = m.__class__.__name__\n"


@pytest.mark.parametrize(
    "code",
    [
        f"{NAME}if 'Conv' in name:\n    probe(m)",
        f"{NAME}if name.find('Conv') != -1:\n    probe(m)",
        f"{NAME}if name.find('Conv') >= 0:\n    probe(m)",
        f"{NAME}if name.find('Conv') > -1:\n    probe(m)",
        f"{NAME}if name.find('Conv') == -1:\n    pass\nelse:\n    probe(m)",
        f"{NAME}if name.startswith('Conv'):\n    probe(m)",
        f"{NAME}if not 'Conv' in name:\n    pass\nelse:\n    probe(m)",
        f"{NAME}if 'Conv' not in name:\n    pass\nelse:\n    probe(m)",
        "if 'Conv' in m.__class__.__name__:\n    probe(m)",
        "if 'Conv' in type(m).__name__:\n    probe(m)",
        "if 'Conv' in str(type(m)):\n    probe(m)",
        "if 'Conv' in m._get_name():\n    probe(m)",
        "KEY = 'Conv'\nif KEY in type(m).__name__:\n    probe(m)",
    ],
)
def test_every_form_of_a_class_name_test_names_module_and_word(code: str) -> None:
    guard = only(code)
    assert isinstance(guard, ClassNameGuard)
    assert (guard.subject, guard.words, guard.exact, guard.negated) == ("m", ("Conv",), False, False)


def test_class_names_select_every_layer_that_contains_the_word() -> None:
    guard = only(f"{NAME}if 'BatchNorm2' in name:\n    probe(m)")
    assert isinstance(guard, ClassNameGuard)
    assert [layer.name for layer in guard.layers] == ["BatchNorm2d", "LazyBatchNorm2d"]


def test_class_names_that_are_compared_select_one_layer() -> None:
    guard = only(f"{NAME}if name == 'Conv2d':\n    probe(m)")
    assert isinstance(guard, ClassNameGuard)
    assert guard.exact
    assert [layer.name for layer in guard.layers] == ["Conv2d"]


def test_a_class_name_that_is_denied_is_negated() -> None:
    for test in ("name.find('Conv') == -1", "name.find('Conv') < 0", "'Conv' not in name", "name != 'Conv'"):
        guard = only(f"{NAME}if {test}:\n    probe(m)")
        assert isinstance(guard, ClassNameGuard)
        assert guard.negated, test


def test_two_words_in_one_disjunction_are_one_guard() -> None:
    guard = only(f"{NAME}if 'Conv' in name or 'Linear' in name:\n    probe(m)")
    assert isinstance(guard, ClassNameGuard)
    assert guard.words == ("Conv", "Linear")


@pytest.mark.parametrize("test", ["'weight' in name", "name.endswith('weight')", "name.find('weight') != -1"])
def test_the_name_of_a_parameter_is_no_class_name(test: str) -> None:
    guard = only(f"for name, p in model.named_parameters():\n    if {test}:\n        probe(p)")
    assert isinstance(guard, WordGuard)
    assert (guard.subject, guard.word, guard.negated) == ("name", "weight", False)


@pytest.mark.parametrize(
    ("test", "kind", "subject", "negated"),
    [
        ("hasattr(m, 'bias')", "hasattr", "m.bias", False),
        ("not hasattr(m, 'bias')", "hasattr", "m.bias", True),
        ("m.bias is not None", "none", "m.bias", False),
        ("m.bias is None", "none", "m.bias", True),
        ("not m.bias is None", "none", "m.bias", False),
        ("m.bias != None", "none", "m.bias", False),
        ("m.bias == None", "none", "m.bias", True),
    ],
)
def test_presence(test: str, kind: str, subject: str, negated: bool) -> None:
    guard = only(f"if {test}:\n    probe(m)")
    assert isinstance(guard, Presence)
    assert (guard.kind, guard.subject, guard.negated) == (kind, subject, negated)


@pytest.mark.parametrize(
    "test",
    [
        "p.dim() > 1",
        "p.ndim >= 2",
        "p.ndimension() == 2",
        "len(p.shape) > 1",
        "len(p.size()) != 1",
        "p.shape[0] == 3",
        "p.size(0) == p.size(1)",
        "p.data.dim() > 1",
    ],
)
def test_tests_of_dimensions_and_shapes(test: str) -> None:
    guard = only(f"for p in model.parameters():\n    if {test}:\n        probe(p)")
    assert isinstance(guard, DimGuard)
    assert guard.subject == "p"


def test_match_is_some_guard() -> None:
    (guard,) = guards(f"{NN}match m:\n    case nn.Linear():\n        probe(m)")
    assert isinstance(guard, OtherGuard)


@pytest.mark.parametrize(
    "code",
    [
        "if n < 0:\n    raise ValueError(n)\nprobe(m)",
        "if n < 0:\n    print(n)\n    raise ValueError(n)\nprobe(m)",
        "if n > 0:\n    pass\nelse:\n    raise ValueError(n)\nprobe(m)",
    ],
)
def test_test_of_which_a_failure_raises_guards_nothing_behind_it(code: str) -> None:
    assert guards(code) == []


def test_type_that_is_required_is_a_guard_of_what_follows() -> None:
    assert layers("if not isinstance(m, nn.Conv2d):\n    raise TypeError(m)\nprobe(m)") == ["Conv2d"]


def test_test_of_which_a_failure_returns_is_open() -> None:
    (guard,) = guards("def f(m, n):\n    if n < 0:\n        return\n    probe(m)")
    assert isinstance(guard, OtherGuard)
