"""An annex table as a reader will see it printed, with the exact figure behind every printed one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache, partial
from itertools import repeat
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
from cqdt_batch.scoring.figures import Exact, Figures
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
        rows=tuple(_rows(figures, tuple(placed))),
        sections=tuple(section.section.title for section in figures.ranked.sections),
        sums=tuple(_sums(figures)),
    )


def _columns(figures: TableFigures) -> Iterator[PrintedColumn]:
    for position, column in enumerate(figures.columns, 1):
        labels = (*column.spanners, *([column.label] if column.label else []))
        role = _ROLES.get(column.kind, PrintedRole.PAST)
        yield PrintedColumn(position=position, role=role, labels=labels, number=column.number)


def _rows(figures: TableFigures, placed: Sequence[Placed]) -> Iterator[PrintedRow]:
    columns = dict(_cells(figures, [one.standing for one in placed]))
    sheet, position = figures.ranked.table.code, figures.position(ColumnKind.UNIT) or 1
    across = zip(*columns.values(), strict=True) if columns else repeat((), len(placed))
    for (row, section, standing), cells in zip(placed, across, strict=True):
        yield PrintedRow(
            unit=standing.unit.printed_name,
            code=standing.unit.code,
            where=Where(sheet=sheet, row=row, column=position),
            section=section,
            cells={column: cell for column, cell in zip(columns, cells, strict=True) if cell is not None},
        )


def _cells(figures: TableFigures, standings: Sequence[Standing]) -> Iterator[tuple[int, Sequence[Printed | None]]]:
    """What each column that a reader checks prints from top to bottom; None for nothing."""
    codes = [standing.unit.code for standing in standings]
    for position, column in enumerate(figures.columns, 1):
        if column.kind in RANK_KINDS:
            scope = RANK_KINDS[column.kind]
            yield position, [_rank(standing.ranks.get(scope)) for standing in standings]
        elif column.kind is ColumnKind.SUBGROUP:
            yield position, [standing.unit.subgroup for standing in standings]
        elif column.kind in _CHECKED:
            yield position, _figures(figures.figures, column, codes)


def _figures(figures: Figures, column: Column, codes: Iterable[str]) -> Sequence[PrintedFigure | None]:
    """The figures of a column for some units; equal ones are one."""
    printed = map(cache(partial(_figure, figures.decimals(column))), figures.column(column.kind, column.criterion))
    figure_of = dict(zip(figures.units, printed, strict=True))
    return [figure_of[code] for code in codes]


@lru_cache(maxsize=100_000)
def _rank(rank: int | None) -> PrintedFigure | None:
    return None if rank is None else PrintedFigure(Decimal(rank), 0)


def _figure(decimals: int, exact: Exact) -> PrintedFigure | None:
    return None if exact is None else PrintedFigure(published(exact, decimals), decimals, exact)


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
