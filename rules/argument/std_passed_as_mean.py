"""INI401."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.facts.premises.arguments import may_have_std_for_mean
from initlint.facts.reading import text
from initlint.rule import Alarm, Change, Default, Kind, Proposal, Safety, rule
from initlint.theory.laws import truncated_normal

if TYPE_CHECKING:
    import libcst as cst

    from initlint.facts.file import File
    from initlint.facts.sites.sites import InitSite

_LARGEST = 0.5
"""A mean of a half or more may be meant: N(1, 1)."""

_NAME = re.compile(r"(?:^|_)(?<!log_)(?:std|stdv|stddev|stdev|sigma)(?:$|_)|init(?:ializer)?_range", re.IGNORECASE)


@rule(
    "INI401",
    "std-passed-as-mean",
    Kind.WRONG,
    Default.ON,
    fix=Safety.UNSAFE,
    triggers=("normal_", "init.normal", "init import", "init as"),
    premise=may_have_std_for_mean,
)
def check(file: File) -> Iterator[Alarm]:
    """A standard deviation in the slot of the mean; the standard deviation stays 1."""
    for site in file.sites:
        given = site.given("mean")
        if site.name not in ("normal_", "trunc_normal_") or given is None or not site.positional("mean"):
            continue
        if site.slots is None or not {"std", "a", "b"}.isdisjoint(site.slots):
            continue
        if _is_gain(file, site, given):
            yield Alarm(site.node, _gain_message(site, given), tuple(_glorot(file, site, given)))
        elif _looks_like_std(site, given):
            yield Alarm(site.node, _message(site, given), tuple(_keyword(site, given)))


def _looks_like_std(site: InitSite, given: cst.BaseExpression) -> bool:
    """A small literal, or a name that says standard deviation and is not known to be large."""
    import libcst as cst

    number = site.number("mean")
    if number is not None and not 0 < abs(number) < _LARGEST:
        return False
    if isinstance(given, cst.Name | cst.Attribute):
        name = given.value if isinstance(given, cst.Name) else given.attr.value
        return _NAME.search(name) is not None
    return number is not None


def _is_gain(file: File, site: InitSite, given: cst.BaseExpression) -> bool:
    import libcst as cst

    origin, env = file.values.origin(given, site.call.env)
    return isinstance(origin, cst.Call) and file.names.qualified(origin.func, env) == "torch.nn.init.calculate_gain"


def _message(site: InitSite, given: cst.BaseExpression) -> str:
    written, number = text.code(given), site.number("mean")
    if number is None:
        return f"{written} fills the slot of the mean and std stays 1: N({written}, 1); std={written} is meant"
    left = truncated_normal(number).moments() if site.name == "trunc_normal_" else None
    std = left.std if left is not None else 1.0
    return (
        f"{written} fills the slot of the mean and std stays 1: the weights have std {std:.2g} instead of "
        f"{abs(number):g}, {std / abs(number):.0f} times as much; std={written} is meant"
    )


def _keyword(site: InitSite, given: cst.BaseExpression) -> Iterator[Proposal]:
    """`std=`, unless that would raise for a negative number."""
    assert site.slots is not None
    if not text.code(given).startswith("-"):
        yield Proposal("pass it as std", Safety.UNSAFE, (Change.before(site.slots["mean"], "std="),))


def _gain_message(site: InitSite, given: cst.BaseExpression) -> str:
    number = site.number("mean")
    gain = f"{number:.4g}" if number is not None else text.code(given)
    return f"a gain fills the slot of the mean and std stays 1: N({gain}, 1); a gain is an argument of xavier_normal_"


def _glorot(file: File, site: InitSite, given: cst.BaseExpression) -> Iterator[Proposal]:
    from initlint.facts.sites.rewrite import spelled

    function = spelled("torch.nn.init.xavier_normal_", file.names, site.call.env)
    if function is not None and site.tensor is not None:
        call = f"{function}({text.code(text.strip_data(site.tensor))}, gain={text.code(given)})"
        yield Proposal("draw from Glorot's law with this gain", Safety.DISPLAY, (Change(site.node, call),))
