"""Add figures and take them off exactly: decimals stay decimals, which is fast, and nothing is ever rounded.

Python's own arithmetic rounds decimals to 28 digits. Fractions are many times slower; only shares and converted
points, which were divided, need them.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, Inexact
from fractions import Fraction
from functools import cache, reduce
from typing import TypeAlias, overload

Exact: TypeAlias = "Decimal | Fraction"
"""A figure of which nothing was rounded off."""

_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact])
_NOTHING = Decimal(0)


@overload
def summed(figures: Iterable[Decimal]) -> Decimal: ...
@overload
def summed(figures: Iterable[Exact]) -> Exact: ...
def summed(figures: Iterable[Exact]) -> Exact:
    """The sum of figures; 0 of none."""
    read = list(figures)
    decimals = [one for one in read if isinstance(one, Decimal)]
    added = reduce(_EXACT.add, decimals, _NOTHING)
    if len(decimals) == len(read):
        return added
    return sum((one for one in read if isinstance(one, Fraction)), Fraction(added))


@overload
def difference(one: Decimal, other: Decimal) -> Decimal: ...
@overload
def difference(one: Exact, other: Exact) -> Exact: ...
def difference(one: Exact, other: Exact) -> Exact:
    """The first figure less the second."""
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return _EXACT.subtract(one, other)
    return Fraction(one) - Fraction(other)


def distance(one: Exact, other: Exact) -> Exact:
    """How far two figures are apart, whichever is the higher."""
    return difference(one, other) if one > other else difference(other, one)


@cache
def half_unit(decimals: int) -> Decimal:
    """The most that rounding to so many decimals can do: 0.05 for one."""
    return Decimal(5).scaleb(-decimals - 1)
