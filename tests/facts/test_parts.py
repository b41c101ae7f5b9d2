"""Writes to parts of tensors: every form, which row or slice, and what is written."""

import pytest
from reading import read

from initlint.facts.reading import text
from initlint.facts.sites.parts import PartWrite, part_writes

NN = "import torch\nfrom torch import nn\nlayer = nn.Embedding(4, 2)\n"


def only(statement: str) -> PartWrite:
    (found,) = part_writes(read(NN + statement))
    return found


@pytest.mark.parametrize(
    ("statement", "row", "number"),
    [
        ("nn.init.zeros_(layer.weight[k])", "k", 0),
        ("nn.init.ones_(layer.weight.data[k])", "k", 1),
        ("nn.init.constant_(layer.weight[k], 0.5)", "k", 0.5),
        ("nn.init.constant_(layer.weight[k], c)", "k", None),
        ("nn.init.normal_(layer.weight[k])", "k", None),
        ("layer.weight.data[k].zero_()", "k", 0),
        ("layer.weight[k].data.fill_(2)", "k", 2),
        ("layer.weight.detach()[k, :].fill_(2)", "k", 2),
        ("layer.weight.data[k, ...] = 3", "k", 3),
        ("layer.weight.data[k] = torch.zeros(2)", "k", 0),
        ("layer.weight.data[k] = vectors[k]", "k", None),
        ("layer.weight.data[k] *= 0", "k", None),
        ("layer.weight.data[k, 1] = 0", None, 0),
        ("layer.weight.data[1:] = 0", None, 0),
        ("layer.weight.data[:, k] = 0", None, 0),
    ],
)
def test_row_and_number(statement: str, row: str | None, number: float | None) -> None:
    found = only(statement)
    assert text.code(found.tensor) == "layer.weight"
    assert (text.code(found.row) if found.row is not None else None) == row
    assert found.number == number


@pytest.mark.parametrize(
    ("part", "bounds"),
    [("[a:b]", ("a", "b")), ("[a:]", None), ("[:b]", None), ("[a:b:2]", None), ("[a:b, 0]", None), ("[a]", None)],
)
def test_bounds_of_a_slice(part: str, bounds: tuple[str, str] | None) -> None:
    found = only(f"layer.weight.data{part} = 0").bounds
    assert (tuple(map(text.code, found)) if found is not None else None) == bounds


@pytest.mark.parametrize(
    "statement",
    [
        "layer.weight.data.zero_()",
        "nn.init.zeros_(layer.weight)",
        "x = layer.weight[0]",
        "layer.weight[0].mean()",
        "layer.weight[0].requires_grad_(False)",
        "layer.weight = vectors",
    ],
)
def test_what_is_no_write_to_a_part(statement: str) -> None:
    assert list(part_writes(read(NN + statement))) == []
