import pytest
from checking import find, messages


def call(written: str) -> str:
    return f"def init(w, x):\n    nn.init.{written}\n"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "sparse_(w, 10)",
            "sparsity is the share of zeros, from 0 to 1: 10 sets every weight to zero",
        ),
        ("trunc_normal_(w, std=-0.02)", "std -0.02 is negative: trunc_normal_ draws with 0.02, where normal_ raises"),
    ],
)
def test_message_says_what_torch_does(written: str, message: str) -> None:
    assert messages(call(written), "INI413") == [message]


@pytest.mark.parametrize(
    "written",
    [
        "sparse_(w, 1)",
        "sparse_(w, 0.9)",
        "sparse_(w, x)",
        "sparse_(w, 10 * x)",
        "trunc_normal_(w, -1, 0.1)",
        "trunc_normal_(w, std=-x)",
        "trunc_normal_(w, *x)",
    ],
)
def test_other_numbers_are_silent(written: str) -> None:
    assert not find(call(written), "INI413")


def test_other_law_with_a_negative_std_raises_and_is_not_silent() -> None:
    assert [finding.code for finding in find(call("normal_(w, 0, -1.0)"), "INI408", "INI413")] == ["INI408"]
