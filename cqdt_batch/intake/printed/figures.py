"""Read what a cell of a printed table shows: a number with its decimals and what hides behind it, or words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from cqdt_batch.cells import (
    Content,
    Covered,
    Formula,
    Grid,
    Masked,
    Percent,
    as_typed,
    decimals_of,
    decimals_written,
)
from cqdt_batch.findings import Where
from cqdt_batch.intake.numbers import read_text
from cqdt_batch.intake.printed.model import Printed, PrintedFigure
from cqdt_batch.rounding import published

_MOST_DECIMALS = 12
"""More digits are what binary arithmetic leaves behind, as in 0.30000000000000004."""

_SIGNED = re.compile(r"\s*%\s*$")
_GROUP = re.compile(r"[+-]?[0-9]{1,3}([.,])[0-9]{3}")


def decimal_sign(texts: Iterable[str]) -> str:
    """The decimal sign, "," or ".", that most of the numbers with exactly one meaning use; "" where none shows it."""
    counts = {",": 0, ".": 0}
    for text in texts:
        plain = _SIGNED.sub("", text)
        found = re.fullmatch(r"[+-]?[0-9]+(?:[.,][0-9]{3})*([.,])([0-9]+)", plain)
        if found and not _GROUP.fullmatch(plain):
            counts[found[1]] += 1
    most = max(counts, key=lambda sign: counts[sign])
    return most if counts[most] else ""


def printed(content: Content | None, place: tuple[int, int], grid: Grid, where: Where, decimal: str) -> Printed:
    """Read a cell; "" for an empty one, and for one under a merged cell, which nobody sees."""
    shown = grid.decimals.get(place)
    match content:
        case None | Covered():
            return ""
        case Formula(_, value):
            return printed(value, place, grid, where, decimal)
        case Decimal():
            return _figure(content, shown, where)
        case Masked(number):
            return _figure(number, shown, where)
        case Percent(share):
            return _figure(share * 100, shown, where)
        case str():
            return _of_text(content, where, decimal)
    return as_typed(content)


def _figure(number: Decimal, shown: int | None, where: Where) -> PrintedFigure:
    """A number as its format shows it; digits that the format hides are kept beside it."""
    number = published(number, min(decimals_of(number), _MOST_DECIMALS))
    decimals = decimals_of(number) if shown is None else shown
    value = published(number, decimals)
    return PrintedFigure(where=where, value=value, decimals=decimals, exact=None if value == number else number)


def _of_text(text: str, where: Where, decimal: str) -> Printed:
    """A number typed or saved as text, or the words that stand there.

    A number that may have a fraction or groups of thousands is read by the decimal sign of the other numbers:
    91.651 beside 330,25 is more than ninety thousand.
    """
    plain = _SIGNED.sub("", text.strip())
    reading = read_text(plain)
    value = reading.value
    if value is None and reading.code == "score_ambiguous" and len(reading.meanings) > 1:
        sign = next((mark for mark in ",." if mark in plain), "")
        value = reading.meanings[decimal not in ("", sign)]
    if value is None:
        return " ".join(text.split())
    return PrintedFigure(where=where, value=value, decimals=decimals_written(value))
