"""Tell what a written cell stands for, as far as the number formats and the calendar of its workbook say.

Many workbooks of a round have the same formats: what a cell stands for in one, it stands for in all of them. What is
different in each, such as its strings, is looked up later.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from cqdt_batch.cells import Content, ErrorValue, Formula, Masked
from cqdt_batch.intake.formats import decimals_shown, number, unescaped
from cqdt_batch.intake.written import WrittenCell, seen

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_MOST_NUMBERS = 8_192
"""How many numbers are remembered from file to file: a worker's memory has a limit."""


class Aside(NamedTuple):
    """What few cells have: a fixed number of decimals, a string of the workbook, a range that their formula fills."""

    decimals: int | None = None
    string: int | None = None
    array: str | None = None


class ReadCell(NamedTuple):
    """A cell as read. It stands for the empty ones before it too, from the column `first` on."""

    row: int
    first: int
    column: int
    content: Content | None
    aside: Aside | None = None


class ReadRow(NamedTuple):
    """A row as read: what its filled cells hold, by their columns in increasing order, and what is aside of some.

    Where a string belongs that is to be looked up, an empty one stands. Sheets share rows that are alike: nobody may
    change what a row holds.
    """

    number: int
    is_hidden: bool
    contents: dict[int, Content]
    asides: tuple[tuple[int, Aside], ...] = ()


Begun: TypeAlias = tuple[Mapping[int, Content], Sequence[tuple[int, Aside]], int]
"""What the first cells of a row hold, what is aside of some, and the column of the last of them."""


def row_of(number: int, cells: Iterable[ReadCell], *, is_hidden: bool, begun: Begun = ({}, (), 0)) -> ReadRow:
    """Put the cells of a row together, behind those it began with.

    ValueError where they are not in order, or two programs would read two rows.
    """
    contents, asides, last = dict(begun[0]), list(begun[1]), begun[2]
    for row, first, column, content, aside in cells:
        if row != number or first <= last:
            raise ValueError(f"cell {row}:{column} behind {number}:{last}")
        last = column
        if content is not None:
            contents[column] = content
        if aside is not None:
            asides.append((column, aside))
    return ReadRow(number, is_hidden, contents, tuple(asides))


class CellReader:
    """Reads the cells of all workbooks that have the same number formats, by cell style, and the same calendar."""

    def __init__(self, formats: tuple[str, ...], *, is_1904: bool) -> None:
        self._formats = formats
        self._is_1904 = is_1904
        self._looks: dict[str, tuple[str, Aside | None]] = {}

    def read(self, cell: WrittenCell) -> ReadCell:
        """Read a cell; ValueError or IndexError where it is not sound."""
        row, first, column, kind, style, shown, inline, formula, array = cell
        content: Content | None = inline
        aside = None
        if kind == "n":
            content = self.number(shown, style)[0] if shown else None
            aside = self._look(style)[1] if shown or formula is not None else None
        elif kind == "s":
            content, aside = self.string(shown) if shown else (None, None)
        elif kind != "inlineStr":
            content = _value(kind, shown)
        if formula is not None:
            content = Formula(f"={formula}", content.number if isinstance(content, Masked) else content)
            aside = aside if array is None else (aside or Aside())._replace(array=array)
        elif kind == "str" and isinstance(content, str):
            content = seen(content)
        return ReadCell(row, first, column, content, aside)

    def number(self, raw: str, style: str) -> tuple[Content, Aside | None]:
        """What a number stands for in a cell of some style, and what is aside of it."""
        code, aside = self._look(style)
        return _numeric(raw, code, self._is_1904), aside

    def string(self, raw: str) -> tuple[Content, Aside]:
        """The place of a string that is to be looked up, and which one that is."""
        return "", Aside(string=_index(raw))

    def _look(self, style: str) -> tuple[str, Aside | None]:
        """The number format of a cell style, and how many decimals it shows, where it fixes them."""
        if style not in self._looks:
            index = _index(style)
            code = self._formats[index] if index or self._formats else "General"
            decimals = decimals_shown(code)
            self._looks[style] = code, None if decimals is None else Aside(decimals)
        return self._looks[style]


def _value(kind: str, raw: str | None) -> Content | None:
    """The value of a cell that holds neither a number nor a string of the workbook."""
    if raw is None or (raw == "" and kind != "str"):
        return None
    match kind:
        case "str":
            return unescaped(raw)
        case "b" if raw in ("0", "1", "false", "true"):
            return raw in ("1", "true")
        case "e":
            return ErrorValue(raw)
        case "d":
            return datetime.fromisoformat(raw)
    raise ValueError(f"cell of kind {kind}: {raw}")


@lru_cache(maxsize=_MOST_NUMBERS)
def _numeric(raw: str, code: str, is_1904: bool) -> Content:
    if not _NUMBER.fullmatch(raw):
        return ErrorValue(raw)
    binary = float(raw)
    if not math.isfinite(binary):
        return ErrorValue("INF")
    return number(binary, code, is_1904=is_1904)


def _index(raw: str) -> int:
    index = int(raw)
    if index < 0:
        raise ValueError(f"index {raw}")
    return index
