"""The one function in the project that rounds."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def published(score: Decimal, decimals: int) -> Decimal:
    """Round an exact score once, half up (away from zero), as Excel's ROUND and the printed decision do.

    With one decimal 55.85 becomes 55.9 and 78.849 becomes 78.8; the result carries its decimals: 27 becomes 27.0.
    """
    return score.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
