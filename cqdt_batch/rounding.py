"""The one function in the project that rounds, and others that need all digits."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import cache

_WIDE = Context(prec=5_000)
"""More digits than any number of a spreadsheet has: nothing is rounded but what is meant to be."""


DUST = 10
"""Decimals to which a figure is rounded before it is compared: what lies beyond is the dust of binary arithmetic."""


def is_multiple(number: Decimal, step: Decimal) -> bool:
    """Tell whether a number of any size is so many steps."""
    return not _WIDE.remainder(number, step)


def published(score: Decimal | Fraction, decimals: int) -> Decimal:
    """Round an exact score once, half up (away from zero), as Excel's ROUND and the printed decision do.

    With one decimal 55.85 becomes 55.9, 78.849 becomes 78.8, 200/3 becomes 66.7; the result carries its decimals:
    27 becomes 27.0, and -0.04 becomes 0.0, without a sign.
    """
    if isinstance(score, Decimal):
        rounded = score.quantize(_last(decimals), ROUND_HALF_UP, _WIDE)
        return rounded or abs(rounded)
    whole = score.denominator
    units = (2 * abs(score.numerator) * 10**decimals + whole) // (2 * whole)
    return Decimal(units if score >= 0 else -units).scaleb(-decimals)


@cache
def _last(decimals: int) -> Decimal:
    """One unit of the last of so many decimals."""
    return Decimal(1).scaleb(-decimals)


def trimmed(number: Decimal) -> Decimal:
    """The same number without final zeros: 62.500 is 62.5, 100 stays 100."""
    return Decimal(f"{number.normalize(_WIDE):f}")
