import pytest
from checking import find, messages

FAMILY = """\
def {name}(module):
    if isinstance(module, nn.Conv2d):
        nn.init.uniform_(module.weight, {bounds})
    elif isinstance(module, nn.BatchNorm2d):
        {sibling}
"""


def family(name: str = "init", bounds: str = "0.0, 0.02", sibling: str = "pass") -> str:
    return FAMILY.format(name=name, bounds=bounds, sibling=sibling)


@pytest.mark.parametrize(
    "sibling",
    [
        "nn.init.normal_(module.weight, 1.0, 0.02)",
        "nn.init.uniform_(module.weight, 1.0, 0.02)",
        "module.weight.data.normal_(1.0, 0.02)",
        "module.weight.data.uniform_(1, 0.05)",
    ],
)
def test_scale_of_a_norm_beside_it_says_what_is_meant(sibling: str) -> None:
    (finding,) = find(family(sibling=sibling), "INI403")
    assert "beside it says" in finding.message
    assert [related.region.line for related in finding.related] == [11]


@pytest.mark.parametrize("name", ["weights_init_normal", "initNormal", "normal_init_weights"])
def test_name_of_the_function_says_what_is_meant(name: str) -> None:
    (message,) = messages(family(name), "INI403")
    assert message == (
        "uniform_ takes bounds: U(0, 0.02) has mean 0.01, std 0.0058 and no negative weight; "
        f"N(0, 0.02) is meant, as the name {name} says"
    )


def test_deprecated_name_is_part_of_the_same_mistake() -> None:
    code = family("init_normal").replace("uniform_", "uniform")
    assert [finding.code for finding in find(code, "INI403", "INI404", "INI901")] == ["INI403"]


def test_raising_sibling_is_the_mistake_of_another_rule() -> None:
    code = family(sibling="nn.init.uniform_(module.weight, 1.0, 0.02)")
    assert [finding.code for finding in find(code, "INI403", "INI404", "INI408")] == ["INI403", "INI408"]


@pytest.mark.parametrize("name", ["init", "normalize", "init_normalised", "init_normal_or_uniform"])
def test_other_names_are_silent(name: str) -> None:
    assert not find(family(name), "INI403")


@pytest.mark.parametrize("bounds", ["0.0, 0.5", "-0.02, 0.02", "0.01, 0.02", "0.0, 0.0", "0.0, high", "b=0.02"])
def test_other_bounds_are_silent(bounds: str) -> None:
    assert not find(family("init_normal", bounds), "INI403")


@pytest.mark.parametrize(
    "sibling",
    [
        "nn.init.uniform_(module.weight, 0.0, 1.0)",
        "nn.init.normal_(module.weight, 0.0, 0.02)",
        "nn.init.normal_(module.weight, 1.0, 0.5)",
        "nn.init.constant_(module.weight, 1.0)",
    ],
)
def test_other_siblings_are_silent(sibling: str) -> None:
    assert not find(family(sibling=sibling), "INI403")
