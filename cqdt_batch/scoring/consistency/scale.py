"""Figures outside the scale: below zero, above a stated maximum, or far from all others of their column."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from cqdt_batch.findings import Fact, Finding, error, warning
from cqdt_batch.intake.printed.model import PrintedColumn, PrintedFigure, PrintedRole, PrintedRow, PrintedTable

_FEWEST = 5
_FAR = 3
"""A figure this many times the second largest of five or more is no score: 3331,01 among 330."""


class Outlier(NamedTuple):
    """A figure outside the scale, and what there is to say of it."""

    row: PrintedRow
    column: PrintedColumn
    finding: Finding


def outliers(table: PrintedTable) -> Iterator[Outlier]:
    """Find the figures outside the scale, one finding a figure."""
    for column in table.of_role(PrintedRole.FIGURE, PrintedRole.TOTAL, PrintedRole.RESULT):
        read = [(row, figure) for row in table.rows if (figure := row.figure(column.position))]
        ordered = sorted((figure.value for _, figure in read), reverse=True)
        usual = ordered[1] if len(ordered) >= _FEWEST else None
        for row, figure in read:
            told = _outside(column, row, figure) or (_far(column, row, figure, usual) if usual else None)
            if told:
                yield Outlier(row, column, told)


def _outside(column: PrintedColumn, row: PrintedRow, figure: PrintedFigure) -> Finding | None:
    facts: dict[str, Fact] = {"unit": row.unit, "label": column.label, "value": figure.value}
    if figure.value < 0:
        return warning("printed_figure_negative", figure.where, row.code or row.unit, **facts)
    if column.maximum is not None and figure.value > column.maximum:
        return error(
            "printed_figure_above_maximum", figure.where, row.code or row.unit, maximum=column.maximum, **facts
        )
    return None


def _far(column: PrintedColumn, row: PrintedRow, figure: PrintedFigure, usual: Decimal) -> Finding | None:
    if usual <= 0 or figure.value <= _FAR * usual:
        return None
    facts: dict[str, Fact] = {"unit": row.unit, "label": column.label, "value": figure.value, "usual": usual}
    return warning("printed_figure_far", figure.where, row.code or row.unit, **facts)
