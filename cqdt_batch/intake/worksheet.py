"""Read the sheet of an Excel workbook: from what it says of its cells to their contents.

A sheet is cut where it is written as the usual programs write one, else parsed. Both give the same `WrittenRow`s, and
tests hold them against each other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from cqdt_batch.cells import Area, Content, Covered, ErrorValue, Formula, Grid, Masked, as_typed
from cqdt_batch.intake.cutting import cut
from cqdt_batch.intake.formats import decimals_shown, number, unescaped
from cqdt_batch.intake.parsing import walked
from cqdt_batch.intake.written import Frame, UnusualError, WrittenCell, WrittenRow, area_of

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_MOST_NUMBERS = 8_192
"""How many numbers are remembered from file to file: a worker's memory has a limit."""


@dataclass(slots=True)
class SheetReader:
    """Reads the sheets of one workbook, all with its strings, number formats by cell style, and calendar."""

    strings: list[str]
    formats: tuple[str, ...]
    is_1904: bool
    arrays: list[str] = field(default_factory=list)
    decimals: dict[tuple[int, int], int] = field(default_factory=dict)
    looks: dict[str, tuple[str, int | None]] = field(default_factory=dict)

    def grid(self, part: bytes, parsed: Callable[[], Any], name: str, *, is_hidden: bool) -> Grid:
        """Read a whole sheet; `parsed` is its root element, for sheets that need the parser.

        ValueError, KeyError or ParseError where the sheet is not sound.
        """
        self.arrays, self.decimals = [], {}
        try:
            return self._grid(*cut(part), name, is_hidden=is_hidden)
        except UnusualError:
            self.arrays, self.decimals = [], {}
            return self._grid(*walked(parsed()), name, is_hidden=is_hidden)

    def _grid(self, frame: Frame, written: Iterable[WrittenRow], name: str, *, is_hidden: bool) -> Grid:
        rows: dict[int, dict[int, Content]] = {}
        hidden = set()
        last = 0
        for row in written:
            last = _next(last, row.number or last + 1)
            if row.is_hidden:
                hidden.add(last)
            if cells := self._cells(row.cells, last):
                rows[last] = cells
        for array in self.arrays:
            change_beneath(rows, area_of(array), lambda content: Formula(f"={as_typed(content)}"))
        for area in frame.merged:
            change_beneath(rows, area, lambda content: Covered(as_typed(content)))
        return Grid(
            sheet=name,
            rows=rows,
            hidden_rows=frozenset(hidden),
            hidden_columns=frame.hidden_columns,
            is_hidden=is_hidden,
            decimals=self.decimals,
            merged=frame.merged,
        )

    def _cells(self, written: Iterable[WrittenCell], number: int) -> dict[int, Content]:
        """Read the filled cells of a row by their columns."""
        cells: dict[int, Content] = {}
        last = 0
        for cell in written:
            row, first, column, kind, style, shown, inline, formula, _ = cell
            if row != number or first <= last:
                raise ValueError(f"cell {row}:{column} behind {number}:{last}")
            last = column
            if kind == "inlineStr" and formula is None:
                content: Content | None = inline
            elif kind == "n" and formula is None:
                content = self._number(shown, style) if shown else None
            else:
                content = self._content(cell)
                if isinstance(content, str) and not content.strip():
                    continue
            if content is None:
                continue
            cells[column] = content
            if kind == "n" and (decimals := self._look(style)[1]) is not None:
                self.decimals[number, column] = decimals
        return cells

    def _content(self, cell: WrittenCell) -> Content | None:
        value = self._value(cell)
        if cell.formula is None:
            return value
        if cell.array is not None:
            self.arrays.append(cell.array)
        return Formula(f"={cell.formula}", value.number if isinstance(value, Masked) else value)

    def _value(self, cell: WrittenCell) -> Content | None:
        kind, raw = cell.kind, cell.shown
        if kind == "inlineStr":
            return cell.inline
        if raw is None or (raw == "" and kind != "str"):
            return None
        match kind:
            case "n":
                return self._number(raw, cell.style)
            case "s":
                return self.strings[_index(raw)]
            case "str":
                return unescaped(raw)
            case "b" if raw in ("0", "1", "false", "true"):
                return raw in ("1", "true")
            case "e":
                return ErrorValue(raw)
            case "d":
                return datetime.fromisoformat(raw)
        raise ValueError(f"cell of kind {kind}: {raw}")

    def _number(self, raw: str, style: str) -> Content:
        return _numeric(raw, self._look(style)[0], self.is_1904)

    def _look(self, style: str) -> tuple[str, int | None]:
        """The number format of a cell style, and how many decimals it shows."""
        if style not in self.looks:
            index = _index(style)
            code = self.formats[index] if index or self.formats else "General"
            self.looks[style] = code, decimals_shown(code)
        return self.looks[style]


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


def _next(last: int, number: int) -> int:
    """Rows and cells stand in increasing order, or two programs would read two different cells."""
    if number <= last:
        raise ValueError(f"{number} after {last}")
    return number


def change_beneath(rows: dict[int, dict[int, Content]], area: Area, change: Callable[[Content], Content]) -> None:
    """Change what an area holds in all its cells but the first."""
    for row in (row for row in rows if area.top <= row <= area.bottom):
        for column, content in rows[row].items():
            if area.holds(row, column) and (row, column) != (area.top, area.left):
                rows[row][column] = change(content)
