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
from cqdt_batch.intake.numbers import read_text
from cqdt_batch.intake.printed.headers import says
from cqdt_batch.intake.printed.model import Printed, PrintedFigure
from cqdt_batch.rounding import published

_MOST_DECIMALS = 12
"""More digits are what binary arithmetic leaves behind, as in 0.30000000000000004."""

_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212. "
"""What a cell without a figure is often filled with."""

_SIGNED = re.compile(r"\s*%\s*$")
_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_GROUP = re.compile(r"[+-]?[0-9]{1,3}([.,])[0-9]{3}")


def is_no_value(text: str) -> bool:
    """Tell whether words stand for no figure: nothing, a dash, "not assessed", "not ranked" and their like.

    Words with a digit, and what a program shows where it failed (#N/A), say something that was not read.
    """
    is_dash = not text.strip(_DASHES)
    is_failed = text.startswith("#") or any(map(str.isnumeric, text))
    return is_dash or (not is_failed and says(text, "audit.header.no_value"))


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


def printed(content: Content | None, place: tuple[int, int], grid: Grid, decimal: str) -> Printed:
    """Read a cell; "" for an empty one, and for one under a merged cell, which nobody sees."""
    shown = grid.decimals.get(place)
    match content:
        case None | Covered():
            return ""
        case Formula():
            return printed(result_of(content), place, grid, decimal)
        case Decimal():
            return _figure(content, shown)
        case Masked(number):
            return _figure(number, shown)
        case Percent(share):
            return _figure(share * 100, shown)
        case str():
            return _of_text(content, decimal)
    return as_typed(content)


def result_of(formula: Formula) -> Content | None:
    """What a formula gave when the file was saved; None where its program stored nothing.

    Of a cell beneath a formula for several cells the number itself is known.
    """
    plain = formula.text.removeprefix("=")
    return Decimal(plain) if formula.value is None and _PLAIN.fullmatch(plain) else formula.value


def _figure(number: Decimal, shown: int | None) -> PrintedFigure:
    """A number as its format shows it; digits that the format hides are kept beside it."""
    number = published(number, min(decimals_of(number), _MOST_DECIMALS))
    decimals = decimals_of(number) if shown is None else shown
    value = published(number, decimals)
    return PrintedFigure(value, decimals, None if value == number else number)


def _of_text(text: str, decimal: str) -> Printed:
    """A number typed or saved as text, or the words that stand there.

    A number that may have a fraction or groups of thousands is read by the decimal sign of the other numbers:
    91.651 beside 330,25 is more than ninety thousand. Where no other number shows the sign, it is not read.
    """
    plain = _SIGNED.sub("", text.strip())
    value = read_text(plain).value
    meanings = meanings_of(text)
    if meanings and decimal:
        value = meanings[decimal not in plain]
    if value is None:
        return " ".join(text.split())
    return PrintedFigure(value, decimals_written(value))


def meanings_of(text: str) -> tuple[Decimal, ...]:
    """The two numbers that a text may mean, with a fraction or with thousands; none for all other texts."""
    reading = read_text(_SIGNED.sub("", text.strip()))
    return reading.meanings if reading.code == "score_ambiguous" and len(reading.meanings) > 1 else ()
