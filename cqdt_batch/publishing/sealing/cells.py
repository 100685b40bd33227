"""Which cells of a workbook are not what they were."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from cqdt_batch.cells import as_fact
from cqdt_batch.findings import Fact, Finding, Term, Where, error
from cqdt_batch.intake.written import column_number
from cqdt_batch.publishing.sealing.seal import Cells, SealedDefinition

SHOWN = 20
"""So many differing cells of one file are named, and counted beyond that."""

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
    for one in cells[:SHOWN]:
        place = Where(file=where.file, sheet=one.sheet, row=one.row, column=one.column)
        yield error("sealed_cell_changed", place, before=one.before, now=one.now)
    if len(cells) > SHOWN:
        yield error("sealed_cells_left", where, count=len(cells) - SHOWN)


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
