"""What somebody did to a workbook after it was drawn: cells that say or show something else, sheets come or gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import chain
from typing import TypeAlias

from cqdt_batch.cells import Book, Content, Covered, Formula, Grid, Masked, as_fact, as_typed
from cqdt_batch.definition.records import Limits
from cqdt_batch.findings import Fact, Finding, Term, Where, error
from cqdt_batch.intake.reading import read_book
from cqdt_batch.publishing.sealing.cells import EMPTY, SHOWN, CellChange, first
from cqdt_batch.publishing.sheets import in_sheet

_DUST = Decimal("1e-9")
"""Values of a formula that are nearer to each other come from the program that calculated them."""

_OURS = Limits(
    file_size=1_000, unpacked=10_000, part_size=10_000, ratio=100_000, sheets=1_000, rows=1_048_576, columns=16_384
)
"""What a workbook of our own may ask for."""


def edits(name: str, sealed: bytes, found: bytes) -> Iterator[Finding]:
    """Name the sheets, rows, columns and cells of a result that somebody changed, or made show something else."""
    where = Where(file=name)
    books = tuple(read_book(data, name, _OURS) for data in (sealed, found))
    match books:
        case (Book() as before, Book() as now):
            sheets = _Sheets(before, now)
            cells, places = tuple(sheets.cells()), (*sheets.in_and_out(), *sheets.hidden(), *sheets.masked())
            if not (cells or places):
                yield error("output_resaved", where)
                return
            yield error("output_edited", where, count=len(cells) + len(places))
            yield from places[:SHOWN]
            yield from first(cells, where)
            if len(places) > SHOWN:
                yield error("sealed_cells_left", where, count=len(places) - SHOWN)
        case _:
            yield error("output_spoilt", where)


@dataclass(frozen=True)
class _Sheets:
    """The sheets of a workbook as it was drawn beside those of the one that stands there; one may have a new name."""

    before: Book
    now: Book

    @cached_property
    def _old(self) -> dict[str, Grid]:
        return {grid.sheet: grid for grid in self.before.grids}

    @cached_property
    def _new(self) -> dict[str, Grid]:
        return {grid.sheet: grid for grid in self.now.grids}

    @cached_property
    def _renamed(self) -> dict[str, str]:
        """The new names of sheets that went, where one that says the same came."""
        come = [grid for name, grid in self._new.items() if name not in self._old]
        found: dict[str, str] = {}
        for name in (name for name in self._old if name not in self._new):
            twin = next((one for one in come if not any(_differing(self._old[name], one))), None)
            if twin:
                come.remove(twin)
                found[name] = twin.sheet
        return found

    @cached_property
    def _pairs(self) -> tuple[tuple[Grid, Grid], ...]:
        """The sheets that stand in both."""
        pairs = ((grid, self._new.get(self._renamed.get(name, name))) for name, grid in self._old.items())
        return tuple((grid, _as_once_called(now, self._renamed)) for grid, now in pairs if now)

    def cells(self) -> Iterator[CellChange]:
        """The cells that say something else, on the sheets that stand in both."""
        for old, new in self._pairs:
            yield from _differing(old, new)

    def in_and_out(self) -> Iterator[Finding]:
        """The sheets that went, came or have another name."""
        for name in self._old:
            if name in self._renamed:
                yield error("sealed_sheet_renamed", Where(file=self.before.file, sheet=name), now=self._renamed[name])
            elif name not in self._new:
                yield error("sealed_sheet_removed", Where(file=self.before.file, sheet=name))
        for name in self._new:
            if name not in self._old and name not in self._renamed.values():
                yield error("sealed_sheet_added", Where(file=self.before.file, sheet=name))

    def hidden(self) -> Iterator[Finding]:
        """The sheets, rows and columns that are hidden now, or no longer."""
        for old, new in self._pairs:
            if old.is_hidden != new.is_hidden:
                yield self._visibility(Where(file=self.before.file, sheet=new.sheet), is_hidden=new.is_hidden)
            filled = set(chain.from_iterable((*old.rows.values(), *new.rows.values())))
            for row in sorted((old.hidden_rows ^ new.hidden_rows) & {*old.rows, *new.rows}):
                where = Where(file=self.before.file, sheet=new.sheet, row=row)
                yield self._visibility(where, is_hidden=row in new.hidden_rows)
            for column in sorted((old.hidden_columns ^ new.hidden_columns) & filled):
                where = Where(file=self.before.file, sheet=new.sheet, column=column)
                yield self._visibility(where, is_hidden=column in new.hidden_columns)

    @staticmethod
    def _visibility(where: Where, *, is_hidden: bool) -> Finding:
        states = Term("seal.visible"), Term("seal.hidden")
        return error("sealed_visibility", where, before=states[not is_hidden], now=states[is_hidden])

    def masked(self) -> Iterator[Finding]:
        """The cells that hold what they held and do not show it as they did: for their format, or a merged cell."""
        for old, new in self._pairs:
            for row, column, (before, now) in _beside(old, new):
                decimals = {grid.decimals.get((row, column)) for grid in (old, new)}
                is_formatted = isinstance(_given(before), Decimal | Masked) and len(decimals) > 1
                if (is_formatted or type(before) is not type(now)) and _is_same(before, now):
                    where = Where(file=self.before.file, sheet=new.sheet, row=row, column=column)
                    yield error("sealed_cell_masked", where, found=_told(before, now)[0])


_Pair: TypeAlias = "tuple[Content | None, Content | None]"


def _as_once_called(grid: Grid, renamed: Mapping[str, str]) -> Grid:
    """A sheet whose formulas name others as they were called before: Excel renames a sheet in all formulas."""
    if not renamed:
        return grid
    rows = {
        row: {column: _with_names(content, renamed) for column, content in cells.items()}
        for row, cells in grid.rows.items()
    }
    return replace(grid, rows=rows)


def _with_names(content: Content, renamed: Mapping[str, str]) -> Content:
    if not isinstance(content, Formula):
        return content
    text = content.text
    for old, new in renamed.items():
        text = text.replace(in_sheet(new, ""), in_sheet(old, "")).replace(f"{new}!", in_sheet(old, ""))
    return Formula(text, content.value)


def _beside(old: Grid, new: Grid) -> Iterator[tuple[int, int, _Pair]]:
    """The filled cells of two sheets, side by side."""
    for row in sorted({**old.rows, **new.rows}):
        left, right = old.rows.get(row, {}), new.rows.get(row, {})
        for column in sorted({**left, **right}):
            yield row, column, (left.get(column), right.get(column))


def _differing(old: Grid, new: Grid) -> Iterator[CellChange]:
    """The cells of a sheet that hold something else."""
    for row, column, pair in _beside(old, new):
        if not _is_same(*pair):
            yield CellChange(new.sheet, row, column, *_told(*pair))


def _is_same(before: Content | None, now: Content | None) -> bool:
    """Tell whether two cells hold the same, shown or not.

    Programs that save a workbook may drop or recalculate what formulas gave.
    """
    match before, now:
        case (Masked(number), (Decimal() | Masked()) as other) | (Decimal() as other, Masked(number)):
            return number == (other.number if isinstance(other, Masked) else other)
        case (Covered(text), other) | (other, Covered(text)) if other is not None:
            return as_typed(other) == text
        case (Formula(text, Decimal() as value), Formula(other, Decimal() as anew)) if text == other:
            return abs(value - anew) < _DUST
        case (Formula(text, value), Formula(other, anew)) if text == other:
            return value is None or anew is None or value == anew
    return before == now


def _given(content: Content | None) -> Content | None:
    """What a cell holds, or its formula gave."""
    return content.value if isinstance(content, Formula) else content


def _told(before: Content | None, now: Content | None) -> tuple[Fact, Fact]:
    """What to show of two cells: of the same formula what it gave."""
    match before, now:
        case (Formula(text, value), Formula(other, anew)) if text == other:
            before, now = value, anew
    return EMPTY if before is None else as_fact(before), EMPTY if now is None else as_fact(now)


def holds_the_same(name: str, one: bytes, other: bytes) -> bool:
    """Tell whether two workbooks say the same in every cell, whatever their bytes."""
    left, right = (read_book(data, name, _OURS) for data in (one, other))
    return isinstance(left, Book) and isinstance(right, Book) and left.grids == right.grids
