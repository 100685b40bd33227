"""What a sheet of an Excel workbook says of its cells, before anybody looks up what that stands for.

There are two ways to get there, `cutting` and `parsing`; what follows is the same for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

from cqdt_batch.cells import Area

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})", re.ASCII)
_AREA = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})(?::([A-Z]{1,3})([1-9]\d{0,6}))?", re.ASCII)


class UnusualError(Exception):
    """A sheet that is not written as the usual programs do: for the parser to judge."""


class WrittenCell(NamedTuple):
    """A cell as the file has it, before anybody looks up what its style and its string stand for.

    It stands for the empty ones before it too, from the column `first` on. `kind` and `style` are the short name of
    its type and the number of its style. `array` is the range of a formula that fills several cells.
    """

    row: int
    first: int
    column: int
    kind: str
    style: str
    shown: str | None = None
    inline: str | None = None
    formula: str | None = None
    array: str | None = None


class WrittenRow(NamedTuple):
    """A row with its number and its cells."""

    number: int
    is_hidden: bool
    cells: Iterable[WrittenCell]


class Frame(NamedTuple):
    """What a sheet says around its rows."""

    merged: tuple[Area, ...]
    hidden_columns: frozenset[int]


def is_hidden(attributes: Mapping[str, str]) -> bool:
    """Tell by the attributes of a row whether it is hidden or of no height; ValueError where that is not clear."""
    return is_true(attributes.get("hidden")) or float(attributes.get("ht", "1")) == 0


def is_true(text: str | None) -> bool:
    """Tell what a logical attribute says; one that is missing says no."""
    return text in ("1", "true")


def seen(text: str) -> str | None:
    """A text that somebody can see; None for one of nothing but white space."""
    return text if text and not text.isspace() else None


def array_of(about: dict[str, str]) -> str | None:
    """The range that a formula fills, if it fills one, by the attributes of its element."""
    return about.get("ref", "") if about.get("t") in ("array", "dataTable") else None


def place_of(reference: str) -> tuple[int, int]:
    """The row and column of a cell."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError(f"cell {reference}")
    return int(match[2]), column_number(match[1])


@cache
def column_number(letters: str) -> int:
    """The number of a column: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def area_of(reference: str) -> Area:
    """The rectangle that a range such as A1:B2 names; ValueError for anything else."""
    corners = _AREA.fullmatch(reference.replace("$", ""))
    if corners is None:
        raise ValueError(f"area {reference}")
    left, top = column_number(corners[1]), int(corners[2])
    right, bottom = (column_number(corners[3]), int(corners[4])) if corners[3] else (left, top)
    return Area(top, left, bottom, right)
