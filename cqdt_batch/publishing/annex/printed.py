"""An annex table as a reader will see it printed, with the exact figure behind every printed one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from cqdt_batch.definition.assessment import CriteriaTree
from cqdt_batch.definition.records import Aggregation, Column, ColumnKind, Unit
from cqdt_batch.findings import Where
from cqdt_batch.intake.printed.model import (
    Printed,
    PrintedColumn,
    PrintedFigure,
    PrintedRole,
    PrintedRow,
    PrintedTable,
    Sum,
)
from cqdt_batch.publishing.annex.figures import TableFigures
from cqdt_batch.rounding import published
from cqdt_batch.scoring.figures import Figures
from cqdt_batch.scoring.ranking import RANK_KINDS, Standing

_ROLES: Mapping[ColumnKind, PrintedRole] = {
    ColumnKind.NUMBER: PrintedRole.NUMBER,
    ColumnKind.UNIT: PrintedRole.UNIT,
    ColumnKind.POINTS: PrintedRole.FIGURE,
    ColumnKind.TOTAL: PrintedRole.TOTAL,
    ColumnKind.PERCENT: PrintedRole.RESULT,
    ColumnKind.CONVERTED: PrintedRole.RESULT,
    ColumnKind.SUBGROUP: PrintedRole.NOTE,
    ColumnKind.NOTE: PrintedRole.NOTE,
    ColumnKind.GRADE: PrintedRole.GRADE,
    ColumnKind.RANK: PrintedRole.RANK,
    ColumnKind.RANK_OVERALL: PrintedRole.RANK,
}
"""What a reader takes a column for; all others are beside the figures of the year.

Ranks within a sub-group are, for a reader who is not told the sub-groups.
"""

_CHECKED = frozenset({ColumnKind.POINTS, ColumnKind.TOTAL, ColumnKind.PERCENT, ColumnKind.CONVERTED})
"""The columns whose figures are read again."""


class Placed(NamedTuple):
    """A unit's row on the sheet of a table, and the number of its section counted from 0."""

    row: int
    section: int
    standing: Standing


def printed_table(figures: TableFigures, header: int, placed: Iterable[Placed]) -> PrintedTable:
    """The table as it will be printed; `header` is the row of its headers."""
    table = figures.ranked.table
    return PrintedTable(
        name=table.code,
        where=Where(sheet=table.code, row=header),
        title=table.title,
        columns=tuple(_columns(figures)),
        rows=tuple(_row(figures, one) for one in placed),
        sections=tuple(section.section.title for section in figures.ranked.sections),
        sums=tuple(_sums(figures)),
    )


def _columns(figures: TableFigures) -> Iterator[PrintedColumn]:
    for position, column in enumerate(figures.columns, 1):
        labels = (*column.spanners, *([column.label] if column.label else []))
        role = _ROLES.get(column.kind, PrintedRole.PAST)
        yield PrintedColumn(position=position, role=role, labels=labels, number=column.number)


def _row(figures: TableFigures, placed: Placed) -> PrintedRow:
    unit, sheet = placed.standing.unit, figures.ranked.table.code
    cells: dict[int, Printed] = {}
    for position, column in enumerate(figures.columns, 1):
        cell = _cell(figures, column, placed.standing, Where(sheet=sheet, row=placed.row, column=position))
        if cell is not None:
            cells[position] = cell
    position = figures.position(ColumnKind.UNIT) or 1
    where = Where(sheet=sheet, row=placed.row, column=position)
    return PrintedRow(unit=unit.printed_name, code=unit.code, where=where, section=placed.section, cells=cells)


def _cell(figures: TableFigures, column: Column, standing: Standing, where: Where) -> Printed | None:
    if column.kind in RANK_KINDS:
        rank = standing.ranks.get(RANK_KINDS[column.kind])
        return None if rank is None else PrintedFigure(where=where, value=Decimal(rank), decimals=0)
    if column.kind is ColumnKind.SUBGROUP:
        return standing.unit.subgroup
    if column.kind not in _CHECKED:
        return None
    exact = figures.figures.exact(column.kind, standing.unit, column.criterion)
    if exact is None:
        return None
    decimals = figures.figures.decimals(column)
    return PrintedFigure(where=where, value=published(exact, decimals), decimals=decimals, exact=exact)


def _sums(figures: TableFigures) -> Iterator[Sum]:
    """The columns of a criterion that others add up to: all that is below it, level by level, where it is summed."""
    printed = {
        column.criterion or figures.ranked.table.criterion: position
        for position, column in enumerate(figures.columns, 1)
        if column.kind is ColumnKind.POINTS or (column.kind is ColumnKind.TOTAL and not figures.figures.is_converted)
    }
    totals = dict(printed)
    if figures.figures.is_converted and figures.position(ColumnKind.TOTAL):
        totals.setdefault(figures.ranked.table.criterion, figures.position(ColumnKind.TOTAL) or 0)
    for criterion, total in totals.items():
        parts = _parts(figures.figures.tree, criterion, printed)
        if parts and len(parts) > 1:
            other = _converted(figures.figures, figures.ranked.standings) if criterion not in printed else frozenset()
            yield Sum(total=total, plus=parts, converted=other)


def _parts(tree: CriteriaTree, criterion: str, printed: Mapping[str, int]) -> tuple[int, ...] | None:
    """The columns that cover all that is below a criterion; None where one is missing or it is no sum."""
    if tree.is_leaf(criterion) or tree.by_code[criterion].aggregation is not Aggregation.SUM:
        return None
    parts: list[int] = []
    for child in tree.children[criterion]:
        below = (printed[child.code],) if child.code in printed else _parts(tree, child.code, printed)
        if below is None:
            return None
        parts += below
    return tuple(parts)


def _converted(figures: Figures, standings: Iterable[Standing]) -> frozenset[str]:
    """The units whose total is converted, and so no sum."""
    units: Iterator[Unit] = (standing.unit for standing in standings)
    return frozenset(unit.code for unit in units if figures.is_partly_assessed(unit))
