"""Whether the summaries of grades hold: their counts and shares add up, and agree with the grades of the tables.

Shares are rounded one by one: 15,54 + 39,86 + 33,78 + 10,81 = 99,99 is told as what rounding does. Some offices shift
a last digit so that shares add up to 100; a share within one unit of its last decimal is taken for right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from cqdt_batch.definition.names import folded
from cqdt_batch.findings import Fact, Finding, Where, error, notice
from cqdt_batch.intake.printed.figures import is_no_value
from cqdt_batch.intake.printed.model import PrintedFigure, PrintedRole, PrintedRow, PrintedTable
from cqdt_batch.rounding import published
from cqdt_batch.scoring.consistency.sums import spelt_sum

_WHOLE = 100


def summary_questions(summaries: Sequence[PrintedTable], tables: Sequence[PrintedTable]) -> Iterator[Finding]:
    """Check every section of every summary, by itself and against the tables that print grades."""
    for table in summaries:
        for number in range(len(table.sections)):
            summary = _Summary(table=table, number=number)
            if summary.is_readable:
                yield from summary.findings(tables)


@dataclass(frozen=True, kw_only=True)
class _Summary:
    """A section of a summary, by the number of the section."""

    table: PrintedTable
    number: int

    @cached_property
    def _rows(self) -> tuple[PrintedRow, ...]:
        return self.table.in_section(self.number)

    @cached_property
    def _count(self) -> int:
        """The column of the counts."""
        return next(self.table.of_role(PrintedRole.COUNT)).position

    @cached_property
    def _total(self) -> PrintedRow | None:
        """The row that adds the others up, where there is one only."""
        totals = [row for row in self.table.totals if row.section == self.number]
        return totals[0] if len(totals) == 1 else None

    @property
    def is_readable(self) -> bool:
        """Tell whether each grade stands once, with a whole number of units or none."""
        cells = [row.cells.get(self._count, "") for row in self._rows]
        are_counts = all(_is_count(cell) for cell in cells)
        return are_counts and any(map(_counted, cells)) and len({row.key for row in self._rows}) == len(self._rows)

    @cached_property
    def _counts(self) -> dict[str, int]:
        return {row.key: _counted(row.cells.get(self._count, "")) for row in self._rows}

    def findings(self, tables: Sequence[PrintedTable]) -> Iterator[Finding]:
        """Say what is amiss; counts that do not add up are no ground for more."""
        wrong = tuple(self._miscounted())
        yield from wrong or (*self._unlike(tables), *self._shares())

    def _miscounted(self) -> Iterator[Finding]:
        """The total of the counts, where it is another than they add up to."""
        total = self._total.figure(self._count) if self._total else None
        added = sum(self._counts.values())
        if self._total and total and total.value != added:
            parts = [figure for row in self._rows if (figure := row.figure(self._count))]
            facts: dict[str, Fact] = {"sum": spelt_sum(parts), "added": added, "total": total.value}
            yield error("printed_counts_wrong", self._total.place(self._count), **facts)

    def _unlike(self, tables: Sequence[PrintedTable]) -> Iterator[Finding]:
        """Counts that differ from the grades of the one table that has the same units, by their number."""
        graded = [(table, counts) for table in tables for counts in self._graded(table)]
        alike = [(table, counts) for table, counts in graded if counts.total() == sum(self._counts.values())]
        if len(alike) != 1 or not alike[0][1].keys() <= self._counts.keys():
            return
        table, counts = alike[0]
        for row in self._rows:
            if counts[row.key] != self._counts[row.key]:
                facts: dict[str, Fact] = {"grade": row.unit, "count": self._counts[row.key], "other": counts[row.key]}
                yield error("printed_grades_differ", self._place(row, self._count), **facts, table=table.name)

    def _graded(self, table: PrintedTable) -> Iterator[Counter[str]]:
        """How many rows of a table have which grade: in the section with the same title, or in all of it."""
        title, column = folded(self.table.sections[self.number]), next(table.of_role(PrintedRole.GRADE), None)
        if column is None:
            return
        sections = [number for number, name in enumerate(table.sections) if folded(name) == title]
        is_whole = len(self.table.sections) == 1
        rows = table.rows if is_whole else tuple(row for row in table.rows if row.section in sections)
        grades = (row.cells.get(column.position, "") for row in rows)
        yield Counter(folded(grade) for grade in grades if isinstance(grade, str) and not is_no_value(grade))

    def _shares(self) -> Iterator[Finding]:
        """Shares that are not those of the counts, and what all of them add up to."""
        for column in self.table.of_role(PrintedRole.RESULT):
            figures = [(row, figure) for row in self._rows if (figure := row.figure(column.position))]
            decimals = max(self.table.usual_decimals[column.position], *(one.decimals for _, one in figures), 0)
            unit = Fraction(1, 10**decimals)
            wrong = [(row, one) for row, one in figures if abs(Fraction(one.value) - self._share(row)) >= unit]
            for row, figure in wrong:
                right = published(self._share(row), decimals)
                facts: dict[str, Fact] = {"grade": row.unit, "value": figure.value, "expected": right}
                yield error("printed_share_wrong", row.place(column.position), **facts, count=self._counts[row.key])
            added = sum((one.value for _, one in figures), Decimal(0))
            if not wrong and figures and added != _WHOLE:
                where = figures[0][0].place(column.position)
                yield _off(where, [figure for _, figure in figures], added, unit / 2 * len(figures))

    def _share(self, row: PrintedRow) -> Fraction:
        """The exact share of a grade in percent."""
        return Fraction(self._counts[row.key] * _WHOLE, sum(self._counts.values()))

    def _place(self, row: PrintedRow, position: int) -> Where:
        return row.place(position) if row.figure(position) else row.where


def _off(where: Where, parts: Sequence[PrintedFigure], added: Decimal, slack: Fraction) -> Finding:
    """Say what shares add up to instead of 100."""
    facts: dict[str, Fact] = {"sum": spelt_sum(parts), "added": added, "gap": abs(added - _WHOLE)}
    if abs(added - _WHOLE) <= slack:
        return notice("printed_shares_rounded", where, **facts)
    return error("printed_shares_wrong", where, **facts)


def _is_count(cell: PrintedFigure | str) -> bool:
    """Tell whether a cell holds how many units there are, nothing being none."""
    if isinstance(cell, str):
        return is_no_value(cell)
    return cell.value >= 0 and cell.value == cell.value.to_integral_value()


def _counted(cell: PrintedFigure | str) -> int:
    return 0 if isinstance(cell, str) else int(cell.value)
