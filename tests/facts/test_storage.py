"""Whose memory a tensor expression gives, as the facts say and as torch does it."""

from __future__ import annotations

import copy
from typing import Any

import numpy
import pytest
from reading import probe, read

from initlint.facts.meaning.storage import Accesses, Storage

SHARED = [
    *("w", "w.data", "w.detach()", "w.data.detach()", "w.requires_grad_()"),
    *("w[0]", "w[1:3]", "w[:, 1]", "w[..., 1]", "w[None]", "w[0][1]", "w[(0, 1)]", "w[0, 1]", "w[::2]", "w[-1, 2:]"),
    *("w[row]", "w[row][1:]", "w.T", "w.t()", "w.mT", "w.H", "w.transpose(0, 1)", "w.t()[0]"),
    *("w.view(-1)", "w.reshape(-1)", "w.flatten()", "w.ravel()", "w.contiguous()", "w[1:3].flatten()", "w[1].ravel()"),
    *("w.chunk(2)[0]", "w.split(2)[0]", "w.narrow(0, 0, 2)", "w.unbind()[0]", "w.select(0, 1)", "w.hsplit(2)[1]"),
    *("w.unsqueeze(0)", "w.squeeze()", "w.permute(1, 0)", "w.expand(4, 6)", "w.diagonal()", "w.unfold(0, 2, 1)"),
    *("w.swapaxes(0, 1)", "w.movedim(0, 1)", "w.unflatten(0, (2, 2))", "w.view_as(w)", "w.tensor_split(2)[0]"),
    *("w.t().t().contiguous()", "w.T.T.flatten()", "w.unsqueeze(0).reshape(-1)", "w.data.view(-1)[0]", "w.adjoint()"),
    *("torch.t(w)", "torch.diagonal(w)", "torch.flatten(w)", "torch.chunk(w, 2)[0]", "torch.narrow(w, 0, 0, 1)"),
    *("torch.transpose(w, 0, 1)", "torch.squeeze(w)", "torch.select(w, 0, 0)", "torch.permute(w, (1, 0))"),
]

COPIED = [
    *("w.clone()", "w.detach().clone()", "w.clone().view(-1)", "w.clone()[0]", "w.contiguous().clone()"),
    *("w.double()", "w.half()", "w.bfloat16()", "w.to(torch.float64)", "w.to(dtype=torch.half)", "w.data.double()"),
    *("w.type(torch.float64)", "w.type(torch.DoubleTensor)", "w.to('cpu', copy=True)"),
    *("w[[0, 2]]", "w[[0]]", "w[[True, False, True, False]]", "w[:, [0, 1]]", "w[(0, 2), :]", "w[((0, 2),)]"),
    *("w[True]", "w[range(2)]", "w[list(range(2))]", "w[[i for i in range(2)]]", "w[rows]", "w[:, rows]", "w[rows][0]"),
    *("w[w > 0]", "w[~mask]", "w[mask & (w > 0)]", "w[mask]", "w[0][w[0] > 0]", "w[mask.bool()]"),
    *("w[torch.tensor([0, 2])]", "w[torch.LongTensor([0])]", "w[torch.arange(2)]", "w[torch.randperm(4)[:2]]"),
    *("w[torch.where(w.sum(1) > 0)]", "w[torch.nonzero(w.sum(1) > 0)]", "w[(w.sum(1) > 0).nonzero()]"),
    *("w[torch.tensor([0, 2]).long()]", "w[numpy.array([0, 1])]", "w[numpy.arange(2)]"),
    *("w.index_select(0, rows)", "w.masked_select(mask)", "w.gather(0, rows[None])", "w.take(rows)"),
    *("w.repeat(1, 1)", "w.tile(1, 1)", "w.repeat_interleave(1, 0)", "w.roll(1)", "w.flip(0)", "w.tril()", "w.triu()"),
    *("w.t().contiguous()", "w.T.contiguous()", "w.transpose(0, 1).contiguous()", "w.permute(1, 0).contiguous()"),
    *("w.t().reshape(-1)", "w.t().reshape(1, -1)", "w.t().flatten()", "w.mT.ravel()", "w.data.t().contiguous()"),
    *("torch.diag(w)", "w.diag()", "torch.cat([w])", "torch.stack([w])", "torch.clone(w)", "torch.tensor(w)"),
    *("torch.index_select(w, 0, rows)", "torch.tril(w)", "copy.deepcopy(w)", "torch.take(w, rows)"),
    *("w * 0.1", "2 * w", "w + 1", "-w", "w @ w.T", "w.mul(0.1)", "w.data.mul(0.1)", "w.abs()", "w.clamp(0, 2)"),
    *("w.masked_fill(mask, 0.5)", "torch.mul(w, 2)", "torch.sqrt(w)"),
]

OPEN = {
    "a number or several": "w[i]",
    "a number, a list or None": "w[:, i]",
    "an attribute that may be None": "w[layer.padding_idx]",
    "a tensor that may be a number": "w[torch.tensor(i)]",
    "another device": "w.to(i)",
    "perhaps the same type": "w.float()",
    "perhaps the same device": "w.cpu()",
    "perhaps the type of the other": "w.type_as(i)",
    "a shape that may keep the rows": "w.t().reshape(6, 4)",
    "a part whose layout is not known": "w[:, 1:3].contiguous()",
    "a conversion of a part": "w[:, :i].reshape(-1)",
    "an item of what has names": "layer.state_dict()['weight']",
    "a method that torch does not have": "w.materialize()",
    "any function": "pick(w)",
}

BEFORE = """
import copy
import numpy
import torch
row = 1
rows = torch.tensor([0, 2])
mask = torch.arange(24).view(4, 6) > 3
"""


def storage(expression: str) -> Storage:
    file = read(f"{BEFORE}\ndef init(w, i, layer):\n    probe({expression})\n")
    node, call = probe(file)
    return Accesses(file.names, file.values).read(node, call.env).storage


def writes_through(expression: str) -> bool:
    """Whether a fill of an expression changes a float matrix."""
    torch = pytest.importorskip("torch")
    names: dict[str, Any] = {"copy": copy, "numpy": numpy}
    exec(BEFORE, names)
    with torch.no_grad():
        names["w"] = torch.nn.Parameter(torch.ones(4, 6))
        torch.nn.init.constant_(eval(expression, names), 7.0)
    return bool((names["w"] == 7).any())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("expression", SHARED)
def test_write_goes_through(expression: str) -> None:
    assert storage(expression) is Storage.SHARED
    assert writes_through(expression)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("expression", COPIED)
def test_write_goes_to_a_copy(expression: str) -> None:
    assert storage(expression) is Storage.COPY
    assert not writes_through(expression)


@pytest.mark.parametrize("expression", OPEN.values(), ids=OPEN.keys())
def test_source_does_not_settle_where_a_write_goes(expression: str) -> None:
    assert storage(expression) is Storage.OPEN
