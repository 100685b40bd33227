"""The figures of an annex table: what each of its columns says of a unit, exactly and as published."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TypeAlias

import pandas as pd

from cqdt_batch.definition.assessment import Assessment, CriteriaTree
from cqdt_batch.definition.records import (
    AnnexTable,
    Block,
    Column,
    ColumnKind,
    Grade,
    GradeBasis,
    RankBasis,
    Treatment,
    Unit,
)
from cqdt_batch.rounding import published
from cqdt_batch.scoring.points import by_criterion

Exact: TypeAlias = "Decimal | Fraction | None"
"""A figure before it is rounded; None where there is none."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The figures of one table's units; `points` and `applicable` are the frames of the table's block."""

    assessment: Assessment
    table: AnnexTable
    points: pd.DataFrame
    applicable: pd.DataFrame

    @cached_property
    def block(self) -> Block:
        """The block whose units the table lists."""
        return self.assessment.block_by_code[self.table.block]

    @cached_property
    def tree(self) -> CriteriaTree:
        """The criteria of the block."""
        return self.assessment.trees[self.table.block]

    def points_of(self, unit: Unit, criterion: str) -> Decimal | None:
        """The exact points of a unit; None where it is not assessed."""
        return self._points[criterion][unit.code]

    def applicable_of(self, unit: Unit, criterion: str) -> Decimal:
        """The most points that were possible for a unit."""
        return self._applicable[criterion][unit.code]

    @cached_property
    def units(self) -> dict[str, Unit]:
        """The units of the block that have points, by their codes, in register order."""
        return {code: self.assessment.unit_by_code[code] for code in self.points.index.tolist()}

    @cached_property
    def _points(self) -> dict[str, dict[str, Decimal | None]]:
        return by_criterion(self.points)

    @cached_property
    def _applicable(self) -> dict[str, dict[str, Decimal]]:
        return by_criterion(self.applicable)

    def exact(self, kind: ColumnKind, unit: Unit, criterion: str = "") -> Exact:
        """A figure of a unit before rounding; of the table's criterion where none is named."""
        code = criterion or self.table.criterion
        most = self.tree.maxima[code]
        match kind:
            case ColumnKind.POINTS:
                return self.points_of(unit, code)
            case ColumnKind.MAXIMUM:
                return most
            case ColumnKind.APPLICABLE:
                return self.applicable_of(unit, code)
            case ColumnKind.NOT_ASSESSED:
                return most - self.applicable_of(unit, code)
            case ColumnKind.PERCENT | ColumnKind.CONVERTED:
                return self._of_applicable(unit, code, Decimal(100) if kind is ColumnKind.PERCENT else most)
            case ColumnKind.TOTAL:
                return self.exact(ColumnKind.CONVERTED if self.is_converted else ColumnKind.POINTS, unit)
        return self._beside_last_year(kind, unit)

    def _beside_last_year(self, kind: ColumnKind, unit: Unit) -> Exact:
        match kind:
            case ColumnKind.LAST_TOTAL:
                return self._last_total(unit)
            case ColumnKind.CHANGE:
                return self._change(unit)
            case ColumnKind.LAST_RANK:
                rank = self.last_rank(unit)
                return None if rank is None else Decimal(rank)
        raise ValueError(f"{kind} is no figure of its own")

    def published(self, column: Column, unit: Unit) -> Decimal | None:
        """What a column of figures prints: the exact figure, rounded once."""
        exact = self.exact(column.kind, unit, column.criterion)
        return None if exact is None else published(exact, self.decimals(column))

    def decimals(self, column: Column) -> int:
        """How many decimals a column prints."""
        if column.kind in (ColumnKind.LAST_RANK, ColumnKind.COUNT):
            return 0
        return self.block.decimals if column.decimals is None else column.decimals

    def _of_applicable(self, unit: Unit, criterion: str, scale: Decimal) -> Fraction | None:
        points, most = self.points_of(unit, criterion), self.applicable_of(unit, criterion)
        return None if points is None or not most else Fraction(points) * Fraction(scale) / Fraction(most)

    def _last_total(self, unit: Unit) -> Fraction | None:
        """The total of last year; of a merged unit the mean of those it was merged from."""
        totals = [Fraction(past.total) for past in self.assessment.past_of(unit, self.table.criterion)]
        return sum(totals, Fraction(0)) / len(totals) if totals else None

    def last_rank(self, unit: Unit) -> int | None:
        """The rank of last year; a merged unit has none."""
        past = self.assessment.past_of(unit, self.table.criterion)
        return past[0].rank if len(past) == 1 else None

    def _change(self, unit: Unit) -> Decimal | None:
        """The total less last year's, both as they are printed, so that a reader finds the same."""
        now, before = self.exact(ColumnKind.TOTAL, unit), self._last_total(unit)
        if now is None or before is None:
            return None
        return published(now, self.block.decimals) - published(before, self.block.decimals)

    @property
    def is_converted(self) -> bool:
        """Tell whether totals are points converted to the full scale."""
        return self.block.treatment is Treatment.CONVERTED

    @property
    def ranked_kind(self) -> ColumnKind:
        """The kind of column that shows what is ranked."""
        return ColumnKind.PERCENT if self.block.treatment is Treatment.PERCENT else ColumnKind.TOTAL

    def compared(self, unit: Unit) -> Decimal | Fraction | None:
        """The figure by which units are put in order, rounded where the block ranks published figures."""
        return self._compared[unit.code]

    @cached_property
    def _compared(self) -> dict[str, Exact]:
        return {code: self._by_basis(self.exact(self.ranked_kind, unit)) for code, unit in self.units.items()}

    def tie_breaks(self, unit: Unit) -> tuple[Decimal | Fraction, ...]:
        """The figures that settle a tie, one after the other; not assessed counts as nothing."""
        figures = (self._by_basis(self.points_of(unit, code)) for code in self.block.tie_breaks)
        return tuple(Decimal(0) if figure is None else figure for figure in figures)

    def _by_basis(self, exact: Exact) -> Exact:
        if exact is None or self.block.basis is RankBasis.EXACT:
            return exact
        return published(exact, self.block.decimals)

    def is_comparable(self, unit: Unit) -> bool:
        """Tell whether a unit's figure may be ranked beside others, by the treatment of its block.

        Converted figures and percents always may. Otherwise the unit must be assessed on everything, or, on a scale
        of its own, on everything that is its own.
        """
        if self.compared(unit) is None:
            return False
        match self.block.treatment:
            case Treatment.CONVERTED | Treatment.PERCENT:
                return True
            case Treatment.OWN_SCALE:
                return self._gaps[unit.code] <= self.assessment.not_assessed(unit)
        return not self._gaps[unit.code]

    @cached_property
    def _gaps(self) -> dict[str, set[str]]:
        """The leaves on the scale of the table's criterion that each unit is not assessed on."""
        gaps: dict[str, set[str]] = {code: set() for code in self.units}
        for leaf in (leaf for leaf in self.tree.leaves(self.table.criterion) if not leaf.extra):
            for code, points in self._points[leaf.code].items():
                if points is None:
                    gaps[code].add(leaf.code)
        return gaps

    def is_partly_assessed(self, unit: Unit) -> bool:
        """Tell whether the treatment of the block concerns a unit in this table."""
        return bool(self._gaps[unit.code])

    def grade(self, unit: Unit) -> Grade | None:
        """The grade of a unit by its published figure; None where it has none that may be graded."""
        figure = self.graded(unit) if self._grades else None
        if figure is None:
            return None
        return next((grade for grade in self._grades if figure >= grade.least), self._grades[-1])

    @cached_property
    def _grades(self) -> tuple[Grade, ...]:
        return self.assessment.grades_of(self.table.block)

    @property
    def graded_kind(self) -> ColumnKind:
        """The kind of column whose figure is graded."""
        is_percent = bool(self._grades) and self._grades[0].basis is GradeBasis.PERCENT
        return ColumnKind.PERCENT if is_percent else ColumnKind.TOTAL

    def graded(self, unit: Unit) -> Decimal | None:
        """The published figure that is held against the bounds of grades.

        Points are, where they are on the full scale: of units assessed on everything, or converted to it.
        """
        kind = self.graded_kind
        exact = self.exact(kind, unit)
        if exact is None:
            return None
        if kind is ColumnKind.TOTAL and not self.is_converted and self.is_partly_assessed(unit):
            return None
        return published(exact, self.block.decimals)
