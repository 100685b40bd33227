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


Moment: TypeAlias = date | datetime | time | timedelta
Content: TypeAlias = "str | Decimal | bool | Moment | Formula | ErrorValue"


def as_typed(content: Content) -> str:
    """Show a cell's content as its author would recognise it."""
    match content:
        case Formula(text) | ErrorValue(text):
            return text
        case bool():
            return "TRUE" if content else "FALSE"
        case datetime():
            return f"{content:%d/%m/%Y %H:%M}" if content.time() != time() else f"{content:%d/%m/%Y}"
        case date():
            return f"{content:%d/%m/%Y}"
        case Decimal():
            return f"{content:f}"
        case _:
            return str(content)


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
