import pytest
from checking import find, fix, messages


@pytest.mark.parametrize(
    ("default", "clause"),
    [
        ("=0.1", "with scale = 0.1 std is × 2.39, not × 0.1"),
        ("=10", "with scale = 10 std is × 0.109, not × 10"),
        ("=1.0", "with scale = 2 std is × 0.535, not × 2"),
        ("", "with scale = 2 std is × 0.535, not × 2"),
    ],
)
def test_message_says_what_the_scale_does_and_was_to_do(default: str, clause: str) -> None:
    code = f"def init(w, scale{default}):\n    nn.init.kaiming_uniform_(w, a=math.sqrt(5) * scale)\n"
    (message,) = messages(code, "INI104")
    assert message.endswith(clause)


def test_statement_behind_the_fix_keeps_its_indentation() -> None:
    code = """\
        class Layer(nn.Module):
            def reset_parameters(self):
                if self.scaled:
                    nn.init.kaiming_uniform_(self.weight.data, a=math.sqrt(5) * self.scale)  # as nn.Linear
                nn.init.zeros_(self.bias)
        """
    assert fix(code, "INI104") == (
        "class Layer(nn.Module):\n"
        "    def reset_parameters(self):\n"
        "        if self.scaled:\n"
        "            nn.init.kaiming_uniform_(self.weight.data, a=math.sqrt(5))  # as nn.Linear\n"
        "            with torch.no_grad():\n"
        "                self.weight.mul_(self.scale)\n"
        "        nn.init.zeros_(self.bias)\n"
    )


def test_statement_on_the_line_of_its_test_is_not_rewritten() -> None:
    code = "def init(w, scale):\n    if scale: nn.init.kaiming_uniform_(w, a=math.sqrt(5) * scale)\n"
    (finding,) = find(code, "INI104")
    assert finding.applicable is None


@pytest.mark.parametrize(
    "arguments",
    [
        "a=math.sqrt(5)",
        "a=math.sqrt(5) * 2",
        "a=math.sqrt(5) + scale",
        "a=math.sqrt(3) * scale",
        "a=math.sqrt(5 * scale)",
        "a=scale",
        "a=math.sqrt(5) * scale, nonlinearity='relu'",
        "a=math.sqrt(5) * scale, nonlinearity=nonlinearity",
        "a=math.sqrt(5) * scale, **options",
    ],
)
def test_other_slopes_are_silent(arguments: str) -> None:
    code = f"def init(w, scale, nonlinearity, options):\n    nn.init.kaiming_uniform_(w, {arguments})\n"
    assert not find(code, "INI104")
