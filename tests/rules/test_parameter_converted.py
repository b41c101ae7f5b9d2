from __future__ import annotations

import pytest
from checking import find, fix, messages

CLASS = """\
class Net(nn.Module):
    def __init__(self, width, start, device, kind, other):
        super().__init__()
        self.placed = dict(dtype=torch.float32, device=device)
        self.typed = dict(dtype=torch.float32)
        self.x = {value}
"""


def found(value: str) -> bool:
    return bool(find(CLASS.format(value=value), "INI603"))


def fixed(value: str) -> str:
    return fix(CLASS.format(value=value), "INI603").rpartition("self.x = ")[2].strip()


def test_messages_say_which_operation_and_when() -> None:
    assert messages(CLASS.format(value="nn.Parameter(torch.ones(width)).unsqueeze(0)"), "INI603") == [
        (
            ".unsqueeze() behind nn.Parameter returns a tensor that is no parameter, so self.x is "
            "missing in parameters() "
            "and state_dict(): nothing trains it, moves it or saves it"
        )
    ]
    (message,) = messages(CLASS.format(value="nn.Parameter(torch.ones(width)).cuda()"), "INI603")
    assert "is no parameter wherever it is on another device, so self.x" in message


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("nn.Parameter(torch.ones(width)).view(1, -1)", "nn.Parameter(torch.ones(width).view(1, -1))"),
        ("nn.Parameter(data=torch.ones(width)).T", "nn.Parameter(data=torch.ones(width).T)"),
        ("0.1 * nn.Parameter(torch.ones(width))", "nn.Parameter(0.1 * torch.ones(width))"),
        ("nn.Parameter(start + 1) * 0.1", "nn.Parameter((start + 1) * 0.1)"),
        ("-nn.Parameter(torch.ones(width))", "nn.Parameter(-torch.ones(width))"),
        ("nn.Parameter(torch.ones(width)).double()", "nn.Parameter(torch.ones(width).double())"),
        ("nn.Parameter(torch.ones(width)).to(torch.float16)", "nn.Parameter(torch.ones(width).to(torch.float16))"),
        ("nn.Parameter(torch.ones(width)).to(device)", "nn.Parameter(torch.ones(width).to(device))"),
        ("nn.Parameter(torch.ones(width)).to('cuda:0')", "nn.Parameter(torch.ones(width).to('cuda:0'))"),
        ("nn.Parameter(torch.ones(width)).to(**self.placed)", "nn.Parameter(torch.ones(width).to(**self.placed))"),
        (
            "nn.Parameter(torch.ones(width), requires_grad=True).cuda().float()",
            "nn.Parameter(torch.ones(width).cuda().float(), requires_grad=True)",
        ),
    ],
)
def test_conversion_moves_inside(value: str, expected: str) -> None:
    assert found(value)
    assert fixed(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "nn.Parameter(torch.ones(width))",
        "nn.Parameter(torch.ones(width) * 0.1)",
        "nn.Parameter(torch.ones(width).unsqueeze(0).cuda())",
        "nn.Parameter(torch.ones(width)).requires_grad_()",
        "nn.Parameter(torch.ones(width)).float()",
        "nn.Parameter(torch.ones(width)).to(torch.float32)",
        "nn.Parameter(torch.ones(width)).to(torch.float)",
        "nn.Parameter(torch.ones(width)).contiguous()",
        "nn.Parameter(torch.ones(width)).cpu()",
        "nn.Parameter(torch.ones(width)).to('cpu')",
        "nn.Parameter(torch.ones(width)).to(torch.device('cpu'))",
        "nn.Parameter(torch.ones(width, device=device)).to(device)",
        "nn.Parameter(torch.ones(width, device=device)).float()",
        "nn.Parameter(torch.ones(width).to(device)).to(device)",
        "nn.Parameter(torch.ones(width).cuda()).cuda()",
        "nn.Parameter(torch.mul(other.cuda(), start)).cuda()",
        "nn.Parameter(start).cuda()",
        "nn.Parameter(start).to(device)",
        "nn.Parameter(start).double()",
        "nn.Parameter(torch.ones(width)).to(kind)",
        "nn.Parameter(torch.ones(width)).to(other)",
        "nn.Parameter(torch.ones(width)).to(**self.typed)",
        "nn.Parameter(torch.ones(width)).to(memory_format=torch.channels_last)",
        "nn.Parameter(torch.ones(width), requires_grad=False).cuda()",
        "nn.Parameter(torch.ones(width), False) * 2",
        "nn.Parameter(torch.ones(width)).detach()",
        "nn.Parameter(torch.ones(width)).data",
        "nn.Parameter(torch.ones(width)).custom()",
        "nn.init.ones_(nn.Parameter(torch.empty(width)))",
        "torch.ones(width).cuda()",
        "Buffer(torch.ones(width)).cuda()",
    ],
)
def test_what_stays_a_parameter_or_is_not_known(value: str) -> None:
    assert not found(value)
