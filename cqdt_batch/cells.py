"""What a cell of a workbook holds once it is read, before anybody says what it means.

Numbers are exact decimals from here on: Excel stores 25.7 as a binary double, and the shortest decimal that
gives that double back is what was typed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple, TypeAlias


class Formula(NamedTuple):
    """A cell that holds a formula, and the value the sender's program calculated for it, if it left one."""

    text: str
    value: Content | None = None


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
        case str():
            text = content
        case Decimal():
            text = str(content)  # in half the time, and the same unless it has an exponent
            if "E" in text:
                text = f"{content:f}"
        case Formula(shown) | ErrorValue(shown) | Covered(shown):
            text = shown
        case bool():
            text = "TRUE" if content else "FALSE"
        case datetime():
            text = f"{content:%d/%m/%Y %H:%M}".removesuffix(" 00:00")
        case date():
            text = f"{content:%d/%m/%Y}"
        case Masked(number):
            text = f"{number:f}"
        case Percent(share):
            text = f"{(share * 100).normalize():f}%"
        case _:
            text = str(content)
    return text


_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
LONGEST_TEXT = 32_767
"""The most characters a cell of a workbook takes."""


def printable(text: str) -> str:
    """Show what a workbook cannot hold (control characters, lone surrogates) as �, and cut at Excel's limit."""
    if len(text) <= LONGEST_TEXT // 2 and text.isprintable():
        return text
    clean = _UNPRINTABLE.sub("\ufffd", text)
    while len(clean) > LONGEST_TEXT // 2 and units_of(clean) > LONGEST_TEXT:
        clean = clean[: len(clean) - max(1, (units_of(clean) - LONGEST_TEXT) // 2)]
    return clean


def units_of(text: str) -> int:
    """The length of a text as Excel counts it: a letter beyond the basic plane, such as an emoji, is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def in_one_line(text: str) -> str:
    """Show a text on one line of a terminal or a list, whatever it holds: file names may hold line breaks."""
    return re.sub(r"[\r\n\t\u2028\u2029]", "\ufffd", printable(text))


def shortest(number: float) -> Decimal:
    """The shortest decimal that gives a finite double back: what was typed."""
    return Decimal(repr(number + 0.0).removesuffix(".0"))


def decimals_of(number: Decimal) -> int:
    """How many decimals a number really has: 8.50 has one, 80 has none."""
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or not any(digits):
        return 0
    decimals = -exponent
    for digit in reversed(digits):
        if digit:
            break
        decimals -= 1
    return max(0, decimals)


def decimals_written(number: Decimal) -> int:
    """How many decimals a number was written with: 56.0 has one, 56 none."""
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


_LONGEST_QUOTE = 120


def as_fact(content: Content) -> str | Decimal:
    """Give a cell's content to a finding: numbers stay numbers, to be written as the reader's language does."""
    if isinstance(content, Masked):
        return content.number
    if isinstance(content, Decimal):
        return content
    text = as_typed(content)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}\u2026"


class Area(NamedTuple):
    """A rectangle of cells: its first row and column and its last ones, all counted from 1."""

    top: int
    left: int
    bottom: int
    right: int

    def holds(self, row: int, column: int) -> bool:
        """Tell whether a cell lies in the rectangle."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """The filled cells of one sheet: row → column → content, both counted from 1, both in increasing order.

    `decimals` says by row and column how many decimals a cell shows, where its number format fixes them; `merged` are
    the areas that look like one cell, filled or not.
    """

    sheet: str
    rows: Mapping[int, Mapping[int, Content]]
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    is_hidden: bool = False
    decimals: Mapping[tuple[int, int], int] = field(default_factory=dict)
    merged: tuple[Area, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Book:
    """A workbook as read: the name the reader knows it by, its sheets in their order, and its SHA-256.

    `modified` is when it was last saved, as its own program wrote down; None where that is not known. `remarks`
    are codes of findings about the file as a whole that do not stand in the way of reading it.
    """

    file: str
    grids: tuple[Grid, ...]
    sha256: str = ""
    modified: datetime | None = None
    remarks: tuple[str, ...] = ()
