"""Read the sheet of an Excel workbook: from what it says of its cells to their contents.

A sheet is cut where it is written as the usual programs write one, else parsed. Both give the same `ReadRow`s, and
tests hold them against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cqdt_batch.cells import Area, Content, Covered, Formula, Grid, as_typed
from cqdt_batch.intake.contents import CellReader, ReadRow, row_of
from cqdt_batch.intake.cutting import Cutter
from cqdt_batch.intake.parsing import walked
from cqdt_batch.intake.written import Frame, UnusualError, area_of, seen

_MOST_LOOKS = 4
"""Of so many kinds of workbooks, told apart by their number formats, the cells are remembered."""


@dataclass(frozen=True, slots=True)
class SheetReader:
    """Reads the sheets of one workbook, all with its strings, number formats by cell style, and calendar."""

    strings: list[str]
    formats: tuple[str, ...]
    is_1904: bool

    def grid(self, part: bytes, parsed: Callable[[], Any], name: str, *, is_hidden: bool) -> Grid:
        """Read a whole sheet; `parsed` is its root element, for sheets that need the parser.

        ValueError, KeyError or ParseError where the sheet is not sound.
        """
        try:
            return self.cut(part, name, is_hidden=is_hidden)
        except UnusualError:
            return self.parsed(parsed(), name, is_hidden=is_hidden)

    def cut(self, part: bytes, name: str, *, is_hidden: bool) -> Grid:
        """Read a sheet by cutting it; UnusualError where it needs the parser."""
        return self._grid(*_cutter(self.formats, self.is_1904).cut(part), name, is_hidden=is_hidden)

    def parsed(self, root: Any, name: str, *, is_hidden: bool) -> Grid:
        """Read a sheet that was parsed."""
        read = CellReader(self.formats, is_1904=self.is_1904).read
        frame, written = walked(root)
        rows = (row_of(row.number, map(read, row.cells), is_hidden=row.is_hidden) for row in written)
        return self._grid(frame, rows, name, is_hidden=is_hidden)

    def _grid(self, frame: Frame, read: Iterable[ReadRow], name: str, *, is_hidden: bool) -> Grid:
        rows = _Rows(self.strings)
        rows.fill(read)
        for array in rows.arrays:
            change_beneath(rows.filled, area_of(array), lambda content: Formula(f"={as_typed(content)}"))
        for area in frame.merged:
            change_beneath(rows.filled, area, lambda content: Covered(as_typed(content)))
        return Grid(
            sheet=name,
            rows=rows.filled,
            hidden_rows=frozenset(rows.hidden),
            hidden_columns=frame.hidden_columns,
            is_hidden=is_hidden,
            decimals=rows.decimals,
            merged=frame.merged,
        )


@lru_cache(maxsize=_MOST_LOOKS)
def _cutter(formats: tuple[str, ...], is_1904: bool) -> Cutter:
    return Cutter(CellReader(formats, is_1904=is_1904))


@dataclass(slots=True)
class _Rows:
    """The rows of one sheet while it is read."""

    strings: list[str]
    filled: dict[int, dict[int, Content]] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    arrays: list[str] = field(default_factory=list)
    decimals: dict[tuple[int, int], int] = field(default_factory=dict)

    def fill(self, read: Iterable[ReadRow]) -> None:
        """Add rows; ValueError where one stands above another, or two programs would read two different ones."""
        last = 0
        for row in read:
            number, is_hidden, contents, asides = row
            if number <= last:
                raise ValueError(f"row {number} after {last}")
            last = number
            if is_hidden:
                self.hidden.add(number)
            if asides:
                contents = self._looked_up(row)
            if contents:
                self.filled[number] = contents

    def _looked_up(self, row: ReadRow) -> dict[int, Content]:
        """The contents of a row with the strings of its workbook; what the sheet says of its cells is kept apart."""
        contents = dict(row.contents)
        for column, aside in row.asides:
            if aside.decimals is not None:
                self.decimals[row.number, column] = aside.decimals
            if aside.array is not None:
                self.arrays.append(aside.array)
            if aside.string is not None:
                self._put(self.strings[aside.string], contents, column)
        return contents

    def _put(self, text: str, contents: dict[int, Content], column: int) -> None:
        content = contents[column]
        if isinstance(content, Formula):
            contents[column] = content._replace(value=text)
        elif seen(text):
            contents[column] = text
        else:
            del contents[column]


def change_beneath(rows: dict[int, dict[int, Content]], area: Area, change: Callable[[Content], Content]) -> None:
    """Change what an area holds in all its cells but the first. Rows are replaced: other sheets may have the same."""
    within = range(area.top, area.bottom + 1)
    for row in within if len(within) < len(rows) else list(rows):
        held = (column for column in rows.get(row, ()) if area.holds(row, column))
        beneath = [column for column in held if (row, column) != (area.top, area.left)]
        if beneath:
            rows[row] = rows[row] | {column: change(rows[row][column]) for column in beneath}
