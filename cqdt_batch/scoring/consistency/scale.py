"""Figures outside the scale: below zero, above a maximum, far from all others, or no share of the maximum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from heapq import nlargest
from typing import NamedTuple

from cqdt_batch.findings import Fact, Finding, error, warning
from cqdt_batch.intake.printed.headers import gives_bonus, is_percent
from cqdt_batch.intake.printed.model import PrintedColumn, PrintedFigure, PrintedRole, PrintedRow, PrintedTable
from cqdt_batch.rounding import published
from cqdt_batch.scoring.consistency.exact import half_unit, summed

_FEWEST = 5
_FAR = 3
"""A figure this many times the second largest of five or more is no score: 3331,01 among 330."""

_PERCENT = 100
_NOTHING = Decimal(0)


class Outlier(NamedTuple):
    """A figure outside the scale, what there is to say of it, and what it should be where that is known."""

    row: PrintedRow
    column: PrintedColumn
    finding: Finding
    instead: tuple[Decimal, ...] = ()


def outliers(table: PrintedTable) -> Iterator[Outlier]:
    """Find the figures outside the scale, one finding a figure."""
    bonuses = [column for column in table.of_role(PrintedRole.FIGURE) if gives_bonus(column.labels[-1:])]
    for column in table.of_role(PrintedRole.FIGURE, PrintedRole.TOTAL, PrintedRole.RESULT):
        values = [figure.value for figure in table.figures(column.position)]
        bound, usual = _bound(table, column), _usual(values)
        beyond = bonuses if column.role is PrintedRole.TOTAL else []
        if not (bound or usual or beyond) and _is_within(values, column.maximum):
            continue
        for row, figure in zip(table.rows, table.printed(column.position), strict=True):
            if not figure:
                continue
            told = _outside(column, row, figure, _maximum(row, column, bound, beyond))
            told = told or (_far(column, row, figure, usual) if usual else None)
            if told:
                yield Outlier(row, column, told)


def _is_within(values: Sequence[Decimal], maximum: Decimal | None) -> bool:
    """Tell whether no figure of a column is below zero or above its maximum."""
    return not values or (min(values) >= 0 and (maximum is None or max(values) <= maximum))


def _usual(values: Sequence[Decimal]) -> Decimal | None:
    """The second largest of a column, where the largest is far from it; it is at most one that can be."""
    first, second = nlargest(2, values) if len(values) >= _FEWEST else (_NOTHING, _NOTHING)
    return second if 0 < second * _FAR < first else None


def _bound(table: PrintedTable, total: PrintedColumn) -> PrintedColumn | None:
    """The column that prints the most a total can be; most totals keep to it, so it says nothing else."""
    for column in table.of_role(PrintedRole.MAXIMUM) if total.role is PrintedRole.TOTAL else ():
        pairs = [
            (figure, most)
            for row in table.rows
            if (figure := row.value(total.position)) is not None and (most := row.value(column.position)) is not None
        ]
        if sum(figure <= most for figure, most in pairs) * 2 > len(pairs):
            return column
    return None


def _maximum(
    row: PrintedRow, column: PrintedColumn, bound: PrintedColumn | None, bonuses: Sequence[PrintedColumn]
) -> Decimal | None:
    """The most that a figure can be: the maximum, and the points that the row prints beyond it; None if unknown."""
    most = row.value(bound.position) if bound else None
    most = column.maximum if most is None else most
    if most is None or not bonuses:
        return most
    return summed((most, *(row.value(bonus.position) or _NOTHING for bonus in bonuses)))


def _outside(column: PrintedColumn, row: PrintedRow, figure: PrintedFigure, maximum: Decimal | None) -> Finding | None:
    if figure.value < 0:
        return warning("printed_figure_negative", row.place(column.position), _unit(row), **_facts(column, row, figure))
    if maximum is None or figure.value <= maximum or figure.value <= summed((maximum, half_unit(figure.decimals))):
        return None
    facts = _facts(column, row, figure)
    return error("printed_figure_above_maximum", row.place(column.position), _unit(row), maximum=maximum, **facts)


def _far(column: PrintedColumn, row: PrintedRow, figure: PrintedFigure, usual: Decimal) -> Finding | None:
    if figure.value <= _FAR * usual:
        return None
    facts = _facts(column, row, figure)
    return warning("printed_figure_far", row.place(column.position), _unit(row), **facts, usual=usual)


def _unit(row: PrintedRow) -> str:
    return row.code or row.unit


def _facts(column: PrintedColumn, row: PrintedRow, figure: PrintedFigure) -> dict[str, Fact]:
    return {"unit": row.unit, "label": column.label, "value": figure.value}


class _Share(NamedTuple):
    """A percent of a row, beside the total and the maximum that it is worked out from."""

    row: PrintedRow
    percent: PrintedFigure
    total: PrintedFigure
    maximum: Decimal

    @property
    def exact(self) -> Fraction:
        """What the percent of the printed total is."""
        return Fraction(self.total.value) * _PERCENT / Fraction(self.maximum)

    def is_possible(self, decimals: int) -> bool:
        """Tell whether rounding explains what is printed: of the percent to so many decimals, and of the total."""
        of_total = Fraction(_PERCENT) / (2 * 10**self.total.decimals * Fraction(self.maximum))
        gap = abs(Fraction(self.percent.value) - self.exact)
        return bool(gap <= Fraction(1, 2 * 10**decimals) + of_total)


def wrong_percents(table: PrintedTable) -> Iterator[Outlier]:
    """Find percents that are not those of the total beside them, in columns where most are."""
    for column in filter(is_percent, table.of_role(PrintedRole.RESULT)):
        decimals = table.usual_decimals[column.position]
        for total in table.of_role(PrintedRole.TOTAL):
            shares = list(_shares(table, column, total))
            wrong = [one for one in shares if not one.is_possible(max(decimals, one.percent.decimals))]
            if len(wrong) * 2 < len(shares):
                yield from (_wrong_percent(column, total, one) for one in wrong)


def _shares(table: PrintedTable, column: PrintedColumn, total: PrintedColumn) -> Iterator[_Share]:
    """The percents that can be worked out: not those of units assessed in part beside the full maximum."""
    bound = _bound(table, total)
    maxima = [figure.value for figure in table.figures(bound.position)] if bound else []
    for row in table.rows:
        percent, points, maximum = row.figure(column.position), row.figure(total.position), None
        if bound and (_is_whole(table, row) or row.value(bound.position) != max(maxima)):
            maximum = row.value(bound.position)
        if percent and points and maximum and maximum > 0:
            yield _Share(row, percent, points, maximum)


def _is_whole(table: PrintedTable, row: PrintedRow) -> bool:
    """Tell whether a row prints a figure for every part."""
    return all(row.figure(column.position) for column in table.of_role(PrintedRole.FIGURE))


def _wrong_percent(column: PrintedColumn, total: PrintedColumn, share: _Share) -> Outlier:
    expected = published(share.exact, share.percent.decimals)
    facts: dict[str, Fact] = {"unit": share.row.unit, "label": column.label, "value": share.percent.value}
    facts |= {"basis": total.label, "total": share.total.value, "maximum": share.maximum, "expected": expected}
    told = error("printed_percent_wrong", share.row.place(column.position), _unit(share.row), **facts)
    return Outlier(share.row, column, told, (expected,))
