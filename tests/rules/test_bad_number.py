import pytest
from checking import find, messages


def call(written: str) -> str:
    return f"def init(w, x):\n    nn.init.{written}\n"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "uniform_(w, 1.0, 0.02)",
            (
                "the lower bound 1 is above the upper one 0.02: RuntimeError; as mean and std they are numbers for "
                "normal_, and swapped U(0.02, 1) is another law"
            ),
        ),
        ("uniform_(w, 0.5, -0.5)", "the lower bound 0.5 is above the upper one -0.5: RuntimeError"),
        ("trunc_normal_(w, 0, 1, 3)", "the lower bound 3 is above the upper one 2: RuntimeError"),
        ("normal_(w, 0, -0.1)", "std -0.1 is negative: RuntimeError"),
        ("xavier_uniform_(w, -1)", "gain -1 is negative: RuntimeError"),
        ("trunc_normal_(w, std=0)", "trunc_normal_ divides by std, and std is 0: ZeroDivisionError"),
        ("dirac_(w, 0)", "dirac_ divides by groups, and groups is 0: ZeroDivisionError"),
        ("kaiming_normal_(w, True)", "the slope True is a bool and no number: ValueError"),
        (
            "kaiming_normal_(w, torch.tensor(0.2))",
            "the slope is a torch.tensor and torch takes a float or an int: ValueError",
        ),
    ],
)
def test_message_has_the_number_and_the_error(written: str, message: str) -> None:
    assert messages(call(written), "INI408") == [message]


@pytest.mark.parametrize(
    "written",
    [
        "uniform_(w, x, 0.02)",
        "uniform_(w, 1.0, x)",
        "uniform_(w, a=x, b=-x)",
        "uniform_(w, *x)",
        "uniform_(w, 1.0, **x)",
        "normal_(w, std=-x)",
        "trunc_normal_(w, std=x)",
        "trunc_normal_(w, std=1e-8)",
        "kaiming_normal_(w, x)",
        "kaiming_normal_(w, True, nonlinearity=x)",
        "kaiming_normal_(w, float(torch.tensor(0.2)))",
        "kaiming_normal_(w, torch.tensor(0.2).item())",
        "orthogonal_(w, -1)",
        "constant_(w, -1)",
    ],
)
def test_other_numbers_are_silent(written: str) -> None:
    assert not find(call(written), "INI408")


def test_lower_bound_alone_is_the_mistake_of_another_rule() -> None:
    assert [finding.code for finding in find(call("uniform_(w, 2.0)"), "INI404", "INI408")] == ["INI404"]


@pytest.mark.parametrize("slope", ["'fan_out'", "'relu'"])
def test_string_with_a_slot_of_its_own_is_the_mistake_of_another_rule(slope: str) -> None:
    found = find(call(f"kaiming_normal_(w, {slope})"), "INI405", "INI408")
    assert [finding.code for finding in found] == ["INI405"]
