import pytest
from checking import find, messages

LOOP = """\
def prepare(model, device, found, total):
    for name, p in model.named_parameters():
        {body}
"""


def found(body: str) -> list[int]:
    code = LOOP.format(body=body.replace("\n", "\n        "))
    return [finding.region.line for finding in find(code, "INI607")]


def test_message_names_the_variable() -> None:
    (message,) = messages(LOOP.format(body="p = torch.zeros_like(p)"), "INI607")
    assert message == (
        "this only lets the name p stand for another tensor, which the next turn of the loop drops: "
        "the parameter keeps its values"
    )


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("p = torch.zeros_like(p)", "nn.init.zeros_(p)"),
        ("p = torch.randn_like(p)", "nn.init.normal_(p)"),
        ("p = p * 0.1", "p.data = p * 0.1"),
    ],
)
def test_what_writes_into_the_parameter_is_shown(body: str, shown: str) -> None:
    (finding,) = find(LOOP.format(body=body), "INI607")
    assert [edit.text for fix in finding.fixes for edit in fix.edits] == [shown]


@pytest.mark.parametrize(
    "body",
    [
        "p = 0.1 * p",
        "p = torch.randn(p.shape)",
        "p = nn.init.normal_(torch.empty_like(p))",
        "p = p.to(device)",
        "p = p.cuda()",
        "p = p.detach()",
        "if p.dim() > 1:\n    p = torch.zeros_like(p)",
        "with torch.no_grad():\n    p = torch.zeros_like(p)",
        "found.append(p)\np = torch.zeros_like(p)",
    ],
)
def test_rebinding_is_found(body: str) -> None:
    assert len(found(body)) == 1


@pytest.mark.parametrize(
    "body",
    [
        "p.data = torch.zeros_like(p)",
        "p.data = p.data * 0.1",
        "p[:] = torch.zeros_like(p)",
        "p.copy_(torch.zeros_like(p))",
        "p *= 0.1",
        "p += torch.ones_like(p)",
        "p = p.normal_()",
        "p = p.data.normal_()",
        "p = nn.init.normal_(p)",
        "p = p.requires_grad_(False)",
        "p = p.data",
        "p = p.grad",
        "p = p.view(-1)",
        "p = found[name]",
        "p = prepare(p)",
        "p = None",
        "other = torch.zeros_like(p)",
        "model.fresh = torch.zeros_like(p)",
        "found[name] = p * 2",
        "p = p * 2\nfound.append(p)",
        "p = p.cpu()\nreturn p",
        "p = p.detach()\nyield p",
        "p = p.detach()\ntotal += p.norm()",
        "p = torch.zeros_like(p)\nmodel.register_buffer(name, p)",
        "p = torch.zeros_like(p)\nsetattr(model, name, nn.Parameter(p))",
        "if p.dim() > 1:\n    p = p.flatten()\n    p = p * 2\nprint(p)",
        "try:\n    p = p * 2\nfinally:\n    found.append(p)",
        "for _ in range(3):\n    total += p.sum()\n    p = p * 0.5",
        "while total < 3:\n    total += p.sum()\n    p = p * 0.5",
        "def read():\n    return p",
    ],
)
def test_look_alike_is_silent(body: str) -> None:
    assert not found(body)


@pytest.mark.parametrize(
    "loop",
    ["name, p in found.items()", "p in found", "p in model.buffers()", "p, q in zip(model.parameters(), found)"],
)
def test_other_loop_is_silent(loop: str) -> None:
    code = LOOP.format(body="p = torch.zeros_like(p)").replace("name, p in model.named_parameters()", loop)
    assert not find(code, "INI607")


@pytest.mark.parametrize("use", ["return p", "print(p)", "model.last = p"])
def test_name_that_is_read_behind_the_loop_is_silent(use: str) -> None:
    assert not find(LOOP.format(body="p = torch.zeros_like(p)") + f"    {use}\n", "INI607")
