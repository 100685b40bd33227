"""Find the tables of an appraiser's workbook, by their headers in either language, wherever they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from cqdt_batch.cells import Book, Content, Grid
from cqdt_batch.findings import Finding, Term, Where, error
from cqdt_batch.intake.submissions import InputKind
from cqdt_batch.intake.tables import columns_named, headers_of, looking_like, nearest_header


class AppraisalColumn(StrEnum):
    """The columns of an appraiser's table in their order; headers stand under `appraisal.column.<value>`."""

    UNIT_CODE = "unit_code"
    UNIT = "unit"
    CODE = "code"
    LABEL = "label"
    RULE = "rule"
    MAXIMUM = "maximum"
    FIRST = "first"
    SECOND = "second"
    SCORE = "score"
    EVIDENCE = "evidence"
    EXPLANATION = "explanation"
    LAST = "last"
    FINDINGS = "findings"
    VERIFIED_FIRST = "verified_first"
    VERIFIED_SECOND = "verified_second"
    VERIFIED_SCORE = "verified_score"
    REASON = "reason"

    @property
    def header(self) -> Term:
        """The words of the column."""
        return Term(f"appraisal.column.{self}")


OWN = {
    InputKind.FIRST: AppraisalColumn.FIRST,
    InputKind.SECOND: AppraisalColumn.SECOND,
    InputKind.SCORE: AppraisalColumn.SCORE,
}
"""The columns that show what units typed."""

NOTES = {
    InputKind.EVIDENCE: AppraisalColumn.EVIDENCE,
    InputKind.EXPLANATION: AppraisalColumn.EXPLANATION,
}
"""The columns that show what units say about their figures."""

VERIFIED = {
    InputKind.FIRST: AppraisalColumn.VERIFIED_FIRST,
    InputKind.SECOND: AppraisalColumn.VERIFIED_SECOND,
    InputKind.SCORE: AppraisalColumn.VERIFIED_SCORE,
}
"""The columns that the appraiser fills in."""

_NEEDED = (
    AppraisalColumn.UNIT_CODE,
    AppraisalColumn.CODE,
    AppraisalColumn.VERIFIED_SCORE,
    AppraisalColumn.REASON,
)
_ONCE = frozenset({*_NEEDED, *VERIFIED.values()})


@dataclass(frozen=True, kw_only=True, slots=True)
class AppraisalTable:
    """A table of an appraiser's workbook: its header row, and the column of each header found there."""

    file: str
    grid: Grid
    header: int
    columns: Mapping[AppraisalColumn, int]

    def where(self, row: int, column: AppraisalColumn) -> Where:
        """The cell of a column in a row."""
        return Where(file=self.file, sheet=self.grid.sheet, row=row, column=self.columns.get(column, 0))

    def content(self, row: int, column: AppraisalColumn) -> Content | None:
        """What a column holds in a row."""
        return self.grid.rows[row].get(self.columns.get(column, 0))

    @property
    def rows(self) -> Iterator[int]:
        """The rows below the header."""
        return (row for row in self.grid.rows if row > self.header)


def appraisal_tables(book: Book) -> tuple[AppraisalTable, ...] | Finding:
    """Find the table of each sheet that has one, or say which headers are missing or stand there twice."""
    found = [table for grid in book.grids if (table := _table(book.file, grid)) is not None]
    if not found:
        where, known = nearest_header(book, _headers())
        return lacking(where, (column for column in _NEEDED if column not in known))
    if all(isinstance(table, AppraisalTable) for table in found):
        return tuple(table for table in found if isinstance(table, AppraisalTable))
    return next(table for table in found if isinstance(table, Finding))


def lacking(where: Where, columns: Iterable[AppraisalColumn]) -> Finding:
    """Say that columns are missing without which verified values would be lost."""
    return error("appraisal_header_missing", where, headers=tuple(column.header for column in columns))


def _table(file: str, grid: Grid) -> AppraisalTable | Finding | None:
    for row, cells in grid.rows.items():
        named = columns_named(cells, _headers())
        if set(_NEEDED) <= set(named.values()):
            columns = {column: position for position, column in reversed(named.items())}
            twice = {position: column for position, column in named.items() if columns[column] != position}
            again = tuple(position for position, column in twice.items() if column in _ONCE)
            if again:
                where = Where(file=file, sheet=grid.sheet, row=row, column=again[0])
                return error("appraisal_column_repeated", where, column=twice[again[0]].header)
            return AppraisalTable(file=file, grid=grid, header=row, columns=columns)
    return None


def left_unread(book: Book, tables: Iterable[AppraisalTable]) -> Iterator[Finding]:
    """Sheets that look like a table but lack a header: somebody may have typed there."""
    return looking_like(book, {table.grid.sheet for table in tables}, _headers())


@cache
def _headers() -> Mapping[str, AppraisalColumn]:
    return headers_of(AppraisalColumn, "appraisal.column")
