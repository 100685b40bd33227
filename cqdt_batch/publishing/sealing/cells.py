"""Which cells of a workbook are not what they were."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from cqdt_batch.cells import Book, Content, Formula, as_fact
from cqdt_batch.definition.records import Limits
from cqdt_batch.findings import Fact, Finding, Term, Where, error
from cqdt_batch.intake.ooxml import column_number
from cqdt_batch.intake.reading import read_book
from cqdt_batch.publishing.sealing.seal import Cells, SealedDefinition

_SHOWN = 20
"""So many differing cells of one file are named, and counted beyond that."""

_DUST = Decimal("1e-9")
"""Values of a formula that are nearer to each other come from the program that calculated them."""

_OURS = Limits(
    file_size=1_000, unpacked=10_000, part_size=10_000, ratio=100_000, sheets=1_000, rows=1_048_576, columns=16_384
)
"""What a workbook of our own may ask for."""

EMPTY = Term("seal.empty")


class CellChange(NamedTuple):
    """A cell whose content is not what it was."""

    sheet: str
    row: int
    column: int
    before: Fact
    now: Fact


def first(cells: Sequence[CellChange], where: Where) -> Iterator[Finding]:
    """Name the first differing cells of a file, and count the others."""
    for one in cells[:_SHOWN]:
        place = Where(file=where.file, sheet=one.sheet, row=one.row, column=one.column)
        yield error("sealed_cell_changed", place, before=one.before, now=one.now)
    if len(cells) > _SHOWN:
        yield error("sealed_cells_left", where, count=len(cells) - _SHOWN)


def definition_cells(before: SealedDefinition, now: SealedDefinition) -> Iterator[CellChange]:
    """The cells of a definition that differ, sheet by sheet."""
    for sheet in {**before.cells, **now.cells}:
        old, new = _places(before.cells, sheet), _places(now.cells, sheet)
        for row, column in sorted({**old, **new}):
            texts = old.get((row, column)), new.get((row, column))
            if texts[0] != texts[1]:
                yield CellChange(sheet, row, column, *map(shown, texts))


def shown(text: str | None) -> Fact:
    """A text that was typed, as a fact: a number is written as the reader's language does."""
    if text is None:
        return EMPTY
    return Decimal(text) if _NUMBER.fullmatch(text) else as_fact(text)


def _places(cells: Cells, sheet: str) -> dict[tuple[int, int], str]:
    return {place_of(cell): text for cell, text in cells.get(sheet, {}).items()}


_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


def place_of(cell: str) -> tuple[int, int]:
    """The row and column of a cell; (0, 0), the whole sheet, of anything else."""
    named = _CELL.fullmatch(cell)
    return (int(named[2]), column_number(named[1])) if named else (0, 0)


def edits(name: str, sealed: bytes, found: bytes) -> Iterator[Finding]:
    """Name the cells of a result that somebody changed."""
    where = Where(file=name)
    books = tuple(read_book(data, name, _OURS) for data in (sealed, found))
    match books:
        case (Book() as before, Book() as now):
            cells = tuple(_book_cells(before, now))
            if not cells:
                yield error("output_resaved", where)
                return
            yield error("output_edited", where, count=len(cells))
            yield from first(cells, where)
        case _:
            yield error("output_spoilt", where)


def _book_cells(before: Book, now: Book) -> Iterator[CellChange]:
    old, new = ({grid.sheet: grid.rows for grid in book.grids} for book in (before, now))
    for sheet in {**old, **new}:
        was, is_now = old.get(sheet, {}), new.get(sheet, {})
        for row in sorted({**was, **is_now}):
            left, right = was.get(row, {}), is_now.get(row, {})
            for column in sorted({**left, **right}):
                pair = left.get(column), right.get(column)
                if not _is_same(*pair):
                    yield CellChange(sheet, row, column, *_told(*pair))


def _is_same(before: Content | None, now: Content | None) -> bool:
    """Tell whether two cells say the same; programs that save a workbook may drop or recalculate what formulas gave."""
    match before, now:
        case (Formula(text, Decimal() as value), Formula(other, Decimal() as anew)) if text == other:
            return abs(value - anew) < _DUST
        case (Formula(text, value), Formula(other, anew)) if text == other:
            return value is None or anew is None or value == anew
    return before == now


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
