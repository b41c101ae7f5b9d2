"""Prime factors of the integers that literals are made of."""

from __future__ import annotations

import math
from functools import cache

_TRIAL_LIMIT = 1 << 10
_SPLIT_LIMIT = 1 << 64
_WITNESSES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)
"""Bases for which the Miller-Rabin test is exact below 3.3e24 (Sorenson and Webster, 2015)."""


@cache
def factorize(number: int) -> dict[int, int]:
    """The prime factors of a positive integer and their multiplicities.

    What is left without the primes below 1024 is split where it is below 2**64, else it stays as one factor of its
    own. The result is shared: do not change it.
    """
    factors: dict[int, int] = {}
    divisor = 2
    while divisor < _TRIAL_LIMIT and divisor * divisor <= number:
        while number % divisor == 0:
            factors[divisor] = factors.get(divisor, 0) + 1
            number //= divisor
        divisor += 1 if divisor == 2 else 2
    pending = [number] if number > 1 else []
    while pending:
        factor = pending.pop()
        if factor < _TRIAL_LIMIT**2 or factor >= _SPLIT_LIMIT or _is_prime(factor):
            factors[factor] = factors.get(factor, 0) + 1
        else:
            part = _proper_divisor(factor)
            pending += [part, factor // part]
    return factors


def _is_prime(number: int) -> bool:
    """Miller-Rabin for an odd number above the witnesses and below 2**64."""
    twos = (number - 1 & 1 - number).bit_length() - 1
    odd = number - 1 >> twos

    def passes(witness: int) -> bool:
        power = pow(witness, odd, number)
        if power in (1, number - 1):
            return True
        return any((power := power * power % number) == number - 1 for _ in range(twos - 1))

    return all(passes(witness) for witness in _WITNESSES)


def _proper_divisor(number: int) -> int:
    """Pollard's rho for an odd composite number."""
    shift = 1
    while True:
        slow = fast = 2
        divisor = 1
        while divisor == 1:
            slow = (slow * slow + shift) % number
            fast = (fast * fast + shift) % number
            fast = (fast * fast + shift) % number
            divisor = math.gcd(slow - fast, number)
        if divisor != number:
            return divisor
        shift += 1
