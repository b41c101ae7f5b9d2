"""Judges the scale of weights by the products that they take part in; what normalisation follows is not judged."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice

from initlint.runtime.layers import Need
from initlint.runtime.verdicts import Verdict
from initlint.theory.fans import fan_in_and_fan_out
from initlint.theory.gains import NONLINEARITIES, calculate_gain, leaky_relu_gain

_SLOPE = 0.2
"""The smallest negative slope whose gain is worth a finding: 2 % per layer."""

_NEAR = 1e-4
_LOOSE = (0.8, 1.25)
_FAR = (0.1, 10.0)
"""Ratios of standard deviations: the same number; another gain; no gain at all explains it."""

_GAINS = {calculate_gain(name) for name in NONLINEARITIES} - {1.0}


def judge(needs: Sequence[Need]) -> Iterator[Verdict]:
    """At most one verdict about each parameter that the user's code initialised: the most specific one."""
    by_name = {need.parameter.name: need for need in needs}
    for need in needs:
        write = need.parameter.write
        if write is None or write.default or not write.whole or need.parameter.pieces:
            continue
        if need.parameter.law.value == 0:
            yield from _both_zero(need, by_name)
            continue
        rules = _STRUCTURE if need.use.scale_free else _RULES
        if any(by_name[name].gain is not None for name in need.neighbours if name in by_name):
            rules = (*rules, _other_gain)
        found = (rule(need) for rule in rules)
        yield from islice((verdict for verdict in found if verdict is not None), 1)


def _slope(need: Need) -> Verdict | None:
    """A Kaiming gain for another slope than the activation has."""
    write, follower = need.parameter.write, need.use.follower
    if write is None or follower is None or follower.name != "leaky_relu" or follower.slope is None:
        return None
    used = _slope_used(need)
    if used is None or follower.slope < _SLOPE or used == follower.slope or used > 1:
        return None
    factor = leaky_relu_gain(used) / leaky_relu_gain(follower.slope)
    message = f"{need.parameter.name} has the gain for slope {used:g}, leaky_relu({follower.slope:g}) follows"
    return _verdict("INI101", need, f"{message}: std is × {factor:.4f}")


def _gain_as_slope(need: Need) -> Verdict | None:
    used = _slope_used(need)
    if used is None or not any(math.isclose(used, gain, rel_tol=_NEAR) for gain in _GAINS):
        return None
    message = f"the slope {used:.5g} of {need.parameter.name} is a gain: torch makes {leaky_relu_gain(used):.4f} of it"
    return _verdict("INI103", need, message)


def _slope_used(need: Need) -> float | None:
    write = need.parameter.write
    if write is None or not write.call.startswith("kaiming") or write.arguments["nonlinearity"] != "leaky_relu":
        return None
    slope = write.arguments["a"]
    return 0.01 if slope is None else float(slope)


def _grouped(need: Need) -> Verdict | None:
    """fan_out without the groups."""
    use, std, write = need.use, need.std, need.parameter.write
    if use.groups == 1 or not std or write is None:
        return None
    gain = std * math.sqrt(use.whole_fan_out)
    if not any(math.isclose(gain, each, rel_tol=_NEAR) for each in (1.0, math.sqrt(2))):
        return None
    if math.isclose(use.whole_fan_out, use.fan_in, rel_tol=_NEAR):
        return None
    code = "INI211" if write.call.startswith("kaiming") else "INI203"
    message = f"{need.parameter.name} counts fan_out {use.whole_fan_out:g} without the {use.groups} groups"
    needed = gain / math.sqrt(use.fan_out)
    return _verdict(code, need, f"{message}: std {std:.4f} instead of {needed:.4f}, × {std / needed:.3g}")


def _fan_out(need: Need) -> Verdict | None:
    """He's law with fan_out, by hand."""
    use, std, write = need.use, need.std, need.parameter.write
    if use.groups > 1 or not std or write is None or write.call.startswith(("kaiming", "xavier")):
        return None
    if not math.isclose(std * math.sqrt(use.fan_out), math.sqrt(2), rel_tol=_NEAR):
        return None
    if math.isclose(use.fan_in, use.fan_out) or need.parameter.law.chain:
        return None
    if any(math.isclose(std * math.sqrt(use.fan_in), gain, rel_tol=_NEAR) for gain in (1.0, *_GAINS)):
        return None
    ratio = math.sqrt(use.fan_out / use.fan_in)
    message = f"{need.parameter.name} has std {std:.4f} = sqrt(2 / {use.fan_out:g}), of fan_out"
    return _verdict("INI201", need, f"{message}; with fan_in {use.fan_in:g} it is × {ratio:.3g}")


def _other_gain(need: Need) -> Verdict | None:
    """Neither fan explains the standard deviation with the gain of what follows."""
    if not need.parameter.law.random or need.use.scale_free:
        return None
    forward, backward, follower = need.ratio, need.ratio_backward, need.use.follower
    if not forward or not backward or follower is None or follower.name in ("product", "sigmoid"):
        return None
    if any(_LOOSE[0] <= ratio <= _LOOSE[1] for ratio in (forward, backward)):
        return None
    low, high = sorted((forward, backward))
    far = high < _FAR[0] or low > _FAR[1]
    message = (
        f"{need.parameter.name} has std {need.std:.4g}; {follower.name} follows, which needs {need.needed:.4g} with "
        f"fan_in {need.use.fan_in:g}: × {forward:.3g} in each such layer"
    )
    return _verdict("INR202" if far else "INR201", need, message)


def _stacked(need: Need) -> Verdict | None:
    """Fans of a whole stack, where each matrix of it is multiplied apart."""
    write, use, shape = need.parameter.write, need.use, need.parameter.shape
    if write is None or len(shape) < 3 or use.operation.startswith("conv"):
        return None
    if not write.call.startswith(("kaiming", "xavier")):
        return None
    whole = fan_in_and_fan_out(shape)
    one = (use.fan_in, use.fan_out if use.matrices > 1 else math.prod(shape[1:]) / use.fan_in)
    if one[0] in whole and one[1] in whole:
        return None
    message = f"{need.parameter.name} {shape} is a stack of matrices with fans {one[0]:g} and {one[1]:g}"
    return _verdict("INI205", need, f"{message}, {write.call} took {whole[0]} and {whole[1]}")


def _crosswise(need: Need) -> Verdict | None:
    """`x @ w` with the fan of `x @ w.T`."""
    write, use, shape = need.parameter.write, need.use, need.parameter.shape
    if write is None or not use.crosswise or not write.call.startswith("kaiming"):
        return None
    if str(write.arguments["mode"]).lower() != "fan_in" or write.view.shape != shape:
        return None
    factor = math.sqrt(use.fan_in / shape[1])
    message = f"{need.parameter.name} {shape} is the right operand of a product, with fan_in {shape[0]}"
    return _verdict("INI204", need, f"{message}, but {write.call} counted {shape[1]}: std is × {factor:.3g}")


def _both_zero(need: Need, by_name: dict[str, Need]) -> Iterator[Verdict]:
    """Two zero factors in a row: neither gets a gradient."""
    for name in sorted(need.use.inputs):
        other = by_name.get(name)
        follower = other.use.follower if other is not None else None
        if other is not None and other.parameter.law.value == 0 and follower is not None and follower.name == "product":
            message = f"{name} and {need.parameter.name} are both zero and multiplied: neither ever gets a gradient"
            yield _verdict("INI610", max(need, other, key=_order), message)
            return


def _order(need: Need) -> int:
    return need.parameter.write.order if need.parameter.write else -1


def _verdict(code: str, need: Need, message: str) -> Verdict:
    return Verdict(code, need.parameter.site, message, need.parameter.name)


_STRUCTURE = (_stacked, _crosswise)
_RULES = (*_STRUCTURE, _slope, _gain_as_slope, _grouped, _fan_out)
"""The most specific first; last comes `_other_gain`, where the error of one layer meets that of the next."""
