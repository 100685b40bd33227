"""What a cell of a workbook holds once it is read, before anybody says what it means.

Numbers are exact decimals from here on: Excel stores 25.7 as a binary double, and the shortest decimal that
gives that double back is what was typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple, TypeAlias


class Formula(NamedTuple):
    """A cell that holds a formula instead of a value."""

    text: str


class ErrorValue(NamedTuple):
    """A cell that shows an Excel error such as #DIV/0!."""

    text: str


class Percent(NamedTuple):
    """A number that its cell shows as a percentage: 0.85 shown as 85 %."""

    share: Decimal


class Masked(NamedTuple):
    """A number that its cell does not show in full: 1.49 shown as 1, or not at all."""

    number: Decimal


class Covered(NamedTuple):
    """A value that nobody sees, under a merged cell; as it would be typed."""

    text: str


Moment: TypeAlias = date | datetime | time | timedelta
Content: TypeAlias = "str | Decimal | bool | Moment | Percent | Masked | Covered | Formula | ErrorValue"


def as_typed(content: Content) -> str:
    """Show a cell's content as its author would recognise it."""
    match content:
        case Formula(shown) | ErrorValue(shown) | Covered(shown):
            text = shown
        case bool():
            text = "TRUE" if content else "FALSE"
        case datetime():
            text = f"{content:%d/%m/%Y %H:%M}".removesuffix(" 00:00")
        case date():
            text = f"{content:%d/%m/%Y}"
        case Decimal() | Masked():
            text = f"{content if isinstance(content, Decimal) else content.number:f}"
        case Percent(share):
            text = f"{(share * 100).normalize():f}%"
        case _:
            text = str(content)
    return text


def decimals_of(number: Decimal) -> int:
    """How many decimals a number really has: 8.50 has one, 80 has none."""
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def as_fact(content: Content) -> str | Decimal:
    """Give a cell's content to a finding: numbers stay numbers, to be written as the reader's language does."""
    return content if isinstance(content, Decimal) else as_typed(content)


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """The filled cells of one sheet: row → column → content, both counted from 1, both in increasing order."""

    sheet: str
    rows: Mapping[int, Mapping[int, Content]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Book:
    """A workbook as read: the name the reader knows it by, its sheets in their order, and its SHA-256."""

    file: str
    grids: tuple[Grid, ...]
    sha256: str = ""
