"""Recognise a returned form: its stamp says whose it is, its headers say where the columns are.

Nothing is found by position: the stamp by the name of its sheet, the table by its headers in either language,
a row by its criterion code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from cqdt_batch.cells import Book, Content, Grid, as_typed
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.names import folded
from cqdt_batch.definition.records import Unit
from cqdt_batch.definition.stamp import STAMP_SHEET, Stamp, stamp_of
from cqdt_batch.findings import Finding, Where, error
from cqdt_batch.messages import in_every_language


class FormColumn(StrEnum):
    """The columns of a form; their headers stand in the catalogue under `form.column.<value>`."""

    CODE = "code"
    LABEL = "label"
    EXPECTED = "expected"
    MAXIMUM = "maximum"
    SCORE = "score"
    EVIDENCE = "evidence"
    EXPLANATION = "explanation"


_NEEDED = (FormColumn.CODE, FormColumn.LABEL, FormColumn.MAXIMUM, FormColumn.SCORE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """A recognised form: whose it is, its sheet, its header row and the column of each header found there.

    `repeated` are the columns whose header stands there once more.
    """

    unit: Unit
    grid: Grid
    header: int
    columns: Mapping[FormColumn, int]
    repeated: Mapping[int, FormColumn]


def recognise(book: Book, assessment: Assessment) -> Form | Finding:
    """Tell which unit's form a workbook is, or why it cannot be taken."""
    unit = _unit_of(book, assessment)
    if isinstance(unit, Finding):
        return unit
    tables = tuple(_tables(book))
    if not tables:
        headers = tuple(in_every_language(f"form.column.{column}")[0] for column in _NEEDED)
        return error("form_table_missing", Where(file=book.file), unit.code, headers=headers)
    if len({(grid.sheet, *found.items()) for grid, _, found in tables}) > 1:
        headers = tuple(f"{grid.sheet} ({row})" for grid, row, _ in tables)
        return error("form_table_repeated", Where(file=book.file), unit.code, headers=headers)
    grid, header, found = tables[0]
    above = {row: cells for row, cells in grid.rows.items() if row < header}
    named = next(_other_units(above, unit, assessment), None)
    if named is not None:
        row, column, other = named
        where = Where(file=book.file, sheet=grid.sheet, row=row, column=column)
        return error("form_names_another", where, unit.code, found=other.name, stamped=unit.name)
    columns = {column: position for position, column in reversed(found.items())}
    repeated = {position: column for position, column in found.items() if columns[column] != position}
    return Form(unit=unit, grid=grid, header=header, columns=columns, repeated=repeated)


def _unit_of(book: Book, assessment: Assessment) -> Unit | Finding:
    where = Where(file=book.file)
    stamp = _stamp(book)
    profile = assessment.profile
    if stamp is None:
        return error("form_without_stamp", where)
    if stamp.assessment != profile.code:
        facts = {"found": stamp.assessment, "expected": profile.code, "sender": stamp.unit}
        return error("form_of_other_assessment", where, **facts)
    unit = assessment.unit_by_code.get(stamp.unit)
    if unit is None:
        return error("form_of_unknown_unit", where, found=stamp.unit)
    if stamp != stamp_of(assessment, unit):
        found, expected = stamp.criteria_version, profile.criteria_version
        if found == expected:
            return error("form_changed", where, unit.code, expected=expected)
        return error("form_outdated", where, unit.code, found=found, expected=expected)
    return unit


def _other_units(
    rows: Mapping[int, Mapping[int, Content]], unit: Unit, assessment: Assessment
) -> Iterator[tuple[int, int, Unit]]:
    """Find the cells above the table that name another unit than the stamp: two forms may have been swapped."""
    for row, cells in rows.items():
        for column, content in cells.items():
            name = as_typed(content).rpartition(":")[2]
            named = assessment.unit_by_name.get(folded(name), unit)
            if named is not unit:
                yield row, column, named


def _stamp(book: Book) -> Stamp | None:
    grid = next((grid for grid in book.grids if grid.sheet == STAMP_SHEET), None)
    if grid is None:
        return None
    rows = [[as_typed(content) for content in row.values()] for row in grid.rows.values()]
    pairs = {row[0]: row[-1] for row in rows}
    return Stamp(**{name: pairs.get(name, "") for name in Stamp._fields})


def _tables(book: Book) -> Iterator[tuple[Grid, int, dict[int, FormColumn]]]:
    """Find every header row; one repeated over the same columns is still the same table."""
    headers = {folded(text): c for c in FormColumn for text in in_every_language(f"form.column.{c}")}
    for grid in book.grids:
        for row, cells in grid.rows.items():
            columns = _columns(cells, headers)
            if set(_NEEDED) <= set(columns.values()):
                yield grid, row, columns


def _columns(cells: Mapping[int, Content], headers: Mapping[str, FormColumn]) -> dict[int, FormColumn]:
    """The form's column that each cell of a row names, if it names one."""
    named = {position: headers.get(folded(text)) for position, text in cells.items() if isinstance(text, str)}
    return {position: column for position, column in named.items() if column is not None}
