"""Stacks: parameters that hold a batch of matrices, by what the methods of their class multiply them with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from initlint.facts.networks.uses import Access, Operation, Use
from initlint.facts.reading import text
from initlint.facts.scales.matrices import own_attribute, size_of

if TYPE_CHECKING:
    from initlint.facts.file import File
    from initlint.facts.meaning.construction import Made
    from initlint.facts.reading.scopes import Class
    from initlint.facts.sites.sites import InitSite
    from initlint.theory.scale import Scale


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """A parameter that is a batch of matrices, and the use that says so.

    `sizes` are its dimensions, None where a star hides them. `inputs` is the dimension of a three-dimensional stack
    along which a slice is summed: 1 for (n, in, out), 2 for (n, out, in), None where that is open. `remade` says that
    the class makes it in more than one place, with other sizes perhaps.
    """

    made: Made
    use: Use
    sizes: tuple[cst.BaseExpression, ...] | None
    inputs: int | None
    remade: bool


@dataclass(frozen=True, slots=True, eq=False)
class StackedBias:
    """A two-dimensional parameter that is only added, beside the products of a stack of as many matrices."""

    made: Made
    use: Use
    stack: Stack


def stack(file: File, class_: Class, name: str) -> Stack | None:
    """The stack that `self.<name>` is; None where its uses do not prove it.

    A dimension of 1 makes attention vectors and tokens of it, a functional convolution a kernel.
    """
    made = file.modules.made(class_, name)
    if made is None or not made.parameter:
        return None
    sizes, uses = made.shape, file.uses.of(class_, name)
    dims = len(sizes) if sizes is not None else None
    if dims is None and not _starred(made):
        return None
    if (dims is not None and dims < 3) or any(text.integer(size) == 1 for size in sizes or ()):
        return None
    if any(use.operation is Operation.CONV and not use.path for use in uses):
        return None
    proof = next((use for use in uses if _proves(use, dims)), None)
    if proof is None:
        return None
    return Stack(made, proof, sizes, _inputs(proof, dims), len(file.modules.writes(class_)[name]) > 1)


def stacked_weight(site: InitSite) -> Stack | None:
    """The stack that a site gives whole to an initialiser that counts fans."""
    name = own_attribute(site) if site.initializer.uses_fan else None
    if name is None or site.class_ is None:
        return None
    return stack(site.file, site.class_, name)


def stacked_bias(site: InitSite) -> StackedBias | None:
    """The stack of biases that a site gives to an initialiser that counts fans."""
    name, class_ = own_attribute(site) if site.initializer.uses_fan else None, site.class_
    made = site.target.made if site.target is not None else None
    if name is None or class_ is None or made is None or made.shape is None or len(made.shape) != 2:
        return None
    uses = site.file.uses.of(class_, name)
    if not all(use.operation is Operation.SUM for use in uses):
        return None
    for weight in site.file.modules.writes(class_):
        found = stack(site.file, class_, weight)
        if found is None or found.sizes is None or text.code(found.sizes[0]) != text.code(made.shape[0]):
            continue
        products = [use.node for use in site.file.uses.of(class_, weight) if use.operation is not Operation.SUM]
        added = (use for use in uses if any(node in chain for chain in use.others for node in products))
        use = next(added, None)
        if use is not None:
            return StackedBias(made, use, found)
    return None


def _proves(use: Use, dims: int | None) -> bool:
    """Whether a use multiplies with slices: `bmm`, a `matmul` that broadcasts, `P[i] @ x`, a batch index of einsum.

    Matrices are also what is combined with coefficients: `c @ P.view(n, -1)`.
    """
    match use.operation, use.path:
        case Operation.MATMUL, (Access.FLATTENED,):
            return use.position == 1
        case _ if dims is None:
            return False
        case ((Operation.MATMUL | Operation.BATCHED), (() | (Access.TRANSPOSED,))):
            return True
        case (
            (Operation.MATMUL | Operation.BATCHED | Operation.LINEAR),
            ((Access.ITEM,) | (Access.ITEM, Access.TRANSPOSED)),
        ):
            return dims == 3
        case Operation.EINSUM, ():
            return use.equation is not None and len(use.equation.own) == dims and _batched(use)
        case _:
            return False


def _batched(use: Use) -> bool:
    """Whether an einsum multiplies with matrices: for each value of a shared index, or of the first that is kept."""
    equation = use.equation
    if equation is None or not equation.inputs:
        return False
    kept = equation.own[0] in equation.result and not equation.outputs.isdisjoint(equation.own[1:])
    return kept or bool(equation.batch and equation.outputs)


def _inputs(use: Use, dims: int | None) -> int | None:
    """The dimension along which a slice of a three-dimensional stack is summed."""
    if dims != 3:
        return None
    if use.equation is not None:
        axes = [axis for axis, index in enumerate(use.equation.own) if index in use.equation.inputs]
        has_outputs = not use.equation.outputs.isdisjoint(use.equation.own[1:])
        return axes[0] if has_outputs and len(axes) == 1 and axes[0] > 0 and not use.path else None
    turned = use.path[-1:] == (Access.TRANSPOSED,)
    match use.operation:
        case Operation.LINEAR:
            return 1 if turned else 2
        case Operation.MATMUL | Operation.BATCHED if use.path[-1:] != (Access.FLATTENED,):
            return 2 if (use.position == 1) is turned else 1
        case _:
            return None


def _starred(made: Made) -> bool:
    """Whether a parameter is made as (n, *shape)."""
    match made.node:
        case cst.Call(args=[cst.Arg(value=cst.Call(args=[cst.Arg(star=""), cst.Arg(star="*")]))]):
            return True
        case _:
            return False


def fans(file: File, found: Stack) -> tuple[tuple[Scale, Scale], tuple[Scale, Scale]] | None:
    """fan_in and fan_out as torch counts them of the whole, and those of one slice; None beyond three dimensions."""
    if found.sizes is None or len(found.sizes) != 3 or found.made.env is None:
        return None
    count, rows, columns = (size_of(file, found.made, axis) for axis in range(3))
    inputs, outputs = (columns, rows) if found.inputs == 2 else (rows, columns)
    return (rows * columns, count * columns), (inputs, outputs)
