"""Find the tables of criteria in a book, by their headers in either language, wherever they stand."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import NamedTuple, TypeVar

from cqdt_batch.cells import Book, Content, Formula, Grid, as_typed
from cqdt_batch.definition.names import folded, looks_legacy
from cqdt_batch.definition.records import Unit
from cqdt_batch.findings import Finding, Term, Where, error, notice, warning
from cqdt_batch.intake.submissions import InputKind
from cqdt_batch.messages import in_every_language

Column = TypeVar("Column", bound=StrEnum)


class FormColumn(StrEnum):
    """The columns of a form; their headers stand in the catalogue under `form.column.<value>`."""

    CODE = "code"
    LABEL = "label"
    EXPECTED = "expected"
    RULE = "rule"
    MAXIMUM = "maximum"
    FIRST = "first"
    SECOND = "second"
    SCORE = "score"
    EVIDENCE = "evidence"
    EXPLANATION = "explanation"


_NEEDED = (FormColumn.CODE, FormColumn.LABEL, FormColumn.MAXIMUM, FormColumn.SCORE)
_TYPED = tuple(map(FormColumn, InputKind))


class Table(NamedTuple):
    """A table of criteria in a book: its header row and what each of the columns is."""

    grid: Grid
    header: int
    found: dict[int, FormColumn]


def no_table(book: Book, unit: Unit) -> Finding:
    """Say which headers of the table are missing, where most of the others stand."""
    legacy = next(legacy_cells(book), None)
    if legacy is not None:
        return error("file_legacy_text", legacy, unit.code)
    where, known = nearest_header(book, _headers())
    missing = tuple(Term(f"form.column.{column}") for column in _NEEDED if column not in known)
    return error("form_header_missing" if where.row else "form_table_missing", where, unit.code, headers=missing)


def nearest_header(book: Book, headers: Mapping[str, Column]) -> tuple[Where, set[Column]]:
    """The row that holds most of the headers, and those; the file alone where no row has two of them."""
    places = ((grid, row, cells) for grid in book.grids for row, cells in grid.rows.items())
    found = ((grid.sheet, row, set(columns_named(cells, headers).values())) for grid, row, cells in places)
    sheet, row, known = max(found, key=lambda one: len(one[2]), default=("", 0, set()))
    return (Where(file=book.file, sheet=sheet, row=row), known) if len(known) > 1 else (Where(file=book.file), set())


_ENOUGH = 3


def legacy_cells(book: Book) -> Iterator[Where]:
    """The first cell of a book whose texts seem to be in an old encoding."""
    found = [
        Where(file=book.file, sheet=grid.sheet, row=row, column=column)
        for grid in book.grids
        for row, cells in grid.rows.items()
        for column, content in cells.items()
        if isinstance(content, str) and looks_legacy(content)
    ]
    yield from found[:1] if len(found) >= _ENOUGH else ()


def tables_of(book: Book) -> Iterator[Table]:
    """Find every header row; one repeated over the same columns of a sheet is still the same table."""
    seen: set[tuple[str, tuple[tuple[int, FormColumn], ...]]] = set()
    headers = _headers()
    for grid in book.grids:
        for row, cells in grid.rows.items():
            if not _may_head(cells, headers, len(_NEEDED)):
                continue
            columns = columns_of(cells)
            key = (grid.sheet, tuple(columns.items()))
            if set(_NEEDED) <= set(columns.values()) and key not in seen:
                seen.add(key)
                yield Table(grid, row, columns)


def columns_of(cells: Mapping[int, Content]) -> dict[int, FormColumn]:
    """The form's column that each cell of a row names, if it names one."""
    return columns_named(cells, _headers())


def columns_named(cells: Mapping[int, Content], headers: Mapping[str, Column]) -> dict[int, Column]:
    """The column that each cell of a row names, by its folded header, if it names one."""
    named = {position: headers.get(folded(text)) for position, text in cells.items() if isinstance(text, str)}
    return {position: column for position, column in named.items() if column is not None}


def _may_head(cells: Mapping[int, Content], headers: Container[str], least: int) -> bool:
    """Tell whether at least so many cells of a row may be headers; stops at the first that is one too many of others.

    So the long texts of a table, which stand in its last columns, are not even looked at.
    """
    spare = len(cells) - least
    if spare < 0:
        return False
    for content in cells.values():
        if not isinstance(content, str) or folded(content) not in headers:
            if not spare:
                return False
            spare -= 1
    return True


@cache
def _headers() -> Mapping[str, FormColumn]:
    return headers_of(FormColumn, "form.column")


def headers_of(columns: type[Column], family: str) -> Mapping[str, Column]:
    """The folded headers of columns in every language, from a family of the catalogue."""
    return {folded(text): column for column in columns for text in in_every_language(f"{family}.{column}")}


def unread(book: Book, tables: tuple[Table, ...], unit: Unit) -> Iterator[Finding]:
    """Sheets that look like the form but lack a header: the unit may have answered there."""
    yield from looking_like(book, {table.grid.sheet for table in tables}, _headers(), unit.code)


def looking_like(book: Book, read: Container[str], headers: Mapping[str, Column], unit: str = "") -> Iterator[Finding]:
    """Sheets beside those that were `read` in which several of the headers stand."""
    for grid in book.grids:
        rows = grid.rows.items() if grid.sheet not in read else ()
        likely = ((row, cells) for row, cells in rows if _may_head(cells, headers, _ENOUGH))
        row = next((row for row, cells in likely if len({*columns_named(cells, headers).values()}) >= _ENOUGH), 0)
        if row:
            yield warning("table_unread", Where(file=book.file, sheet=grid.sheet, row=row), unit)


def all_alike(tables: tuple[Table, ...]) -> bool:
    """Tell whether all tables say the same: a copied sheet that nobody changed does no harm."""
    if len(tables) == 1:
        return True
    first, *others = map(_answers, tables)
    return all(answers == first for answers in others)


def _answers(table: Table) -> list[tuple[str, ...]]:
    """What a table holds, row by row, in the columns by which it is read."""
    columns = {column: position for position, column in reversed(table.found.items())}
    wanted = [columns.get(column, 0) for column in (FormColumn.CODE, *_TYPED)]
    rows = (cells for row, cells in table.grid.rows.items() if row > table.header)
    read = ([cells.get(position) for position in wanted] for cells in rows)
    return [tuple(map(_answer, row)) for row in read if any(content is not None for content in row)]


def _answer(content: Content | None) -> str:
    """A cell for comparing copies: the formulas of sums name other rows in a copy further down."""
    if content is None or isinstance(content, Formula):
        return "" if content is None else "="
    return as_typed(content)


def copies(table: Table, unit: Unit, file: str, others: tuple[Table, ...]) -> Iterator[Finding]:
    """Tell of the tables that say the same as the one that is read."""
    for other in others:
        if other is not table:
            where = Where(file=file, sheet=other.grid.sheet, row=other.header)
            yield notice("table_copied", where, unit.code, sheet=table.grid.sheet)
