"""What the page of INI406 cannot say: imports, messages, every name of its table."""

import pytest
from checking import find, fix

from initlint.finding import Finding


def only(code: str) -> Finding:
    (finding,) = find(code, "INI406")
    return finding


@pytest.mark.parametrize(
    ("written", "fixed"),
    [
        ("nn.init.zero(w)", "nn.init.zeros_(w)"),
        ("nn.init.identity_(w)", "nn.init.eye_(w)"),
        ("nn.init.constants_(w, val=1)", "nn.init.constant_(w, val=1)"),
        ("nn.init.he_uniform(w,)", 'nn.init.kaiming_uniform_(w, nonlinearity="relu",)'),
        ("nn.init.he_normal_(w, nonlinearity='relu')", "nn.init.kaiming_normal_(w, nonlinearity='relu')"),
        ("nn.init.msra_(w)", 'nn.init.kaiming_normal_(w, nonlinearity="relu")'),
        ("nn.init.glorot_normal(w)", "nn.init.xavier_normal_(w)"),
        ("nn.init.orthogonl_(w)", "nn.init.orthogonal_(w)"),
        ("torch.init.he_normal_(w)", 'nn.init.kaiming_normal_(w, nonlinearity="relu")'),
    ],
)
def test_call_becomes_what_is_meant(written: str, fixed: str) -> None:
    assert fix(written, "INI406") == fixed


@pytest.mark.parametrize(
    "call",
    [
        "nn.init.zeros(3, 4)",
        "nn.init.ones()",
        "nn.init.zeros(*shape)",
        "nn.init.he_normal_(w, seed=3)",
        "nn.init.lecun_init(w)",
        "torch.init.anything(w)",
    ],
)
def test_call_that_would_raise_again_gets_no_fix(call: str) -> None:
    assert not only(call).fixes


def test_message_names_error_and_meaning() -> None:
    assert only("nn.init.zeros(w)").message == "torch.nn.init has no zeros: AttributeError; zeros_ is meant"
    assert only("torch.init.eye_(w)").message == "torch has no init: AttributeError; torch.nn.init.eye_ is meant"
    assert only("nn.init.variance_scaling_(w)").message == "torch.nn.init has no variance_scaling_: AttributeError"


def test_imported_name_is_an_import_error_and_left_alone() -> None:
    finding = only("from torch.nn.init import he_normal_\nhe_normal_(w)")
    assert "ImportError" in finding.message
    assert not finding.fixes
