"""The figures of an annex table: what each of its columns says of a unit, exactly and as published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, partial
from itertools import compress, repeat
from typing import Any, TypeAlias

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
from cqdt_batch.scoring.points import without_points

Exact: TypeAlias = "Decimal | Fraction | None"
"""A figure before it is rounded; None where there is none."""

_NO_GAPS = frozenset[str]()


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
        points: Decimal | None = self._points(criterion)[self._places[unit.code]]
        return points

    def applicable_of(self, unit: Unit, criterion: str) -> Decimal:
        """The most points that were possible for a unit."""
        most: Decimal = self._applicable(criterion)[self._places[unit.code]]
        return most

    @cached_property
    def units(self) -> dict[str, Unit]:
        """The units of the block that have points, by their codes, in register order."""
        return {code: self.assessment.unit_by_code[code] for code in self.points.index.tolist()}

    @cached_property
    def _places(self) -> dict[str, int]:
        """Where the figures of each unit stand in every column of figures."""
        return {code: place for place, code in enumerate(self.units)}

    @cached_property
    def _columns(self) -> dict[object, list[Any]]:
        """The columns of figures that somebody asked for: each is worked out once for all units."""
        return {}

    def _once(self, key: object, make: Callable[[], list[Any]]) -> list[Any]:
        if key not in self._columns:
            self._columns[key] = make()
        return self._columns[key]

    def _points(self, criterion: str) -> list[Any]:
        return self._once((ColumnKind.POINTS, criterion), partial(_cells, self.points, criterion))

    def _applicable(self, criterion: str) -> list[Any]:
        return self._once((ColumnKind.APPLICABLE, criterion), partial(_cells, self.applicable, criterion))

    def exact(self, kind: ColumnKind, unit: Unit, criterion: str = "") -> Exact:
        """A figure of a unit before rounding; of the table's criterion where none is named."""
        return self.column(kind, criterion)[self._places[unit.code]]

    def column(self, kind: ColumnKind, criterion: str = "") -> Sequence[Exact]:
        """The figures of all `units`, as in `exact`."""
        code = criterion or self.table.criterion
        match kind:
            case ColumnKind.POINTS:
                return self._points(code)
            case ColumnKind.APPLICABLE:
                return self._applicable(code)
            case ColumnKind.TOTAL:
                return self.column(ColumnKind.CONVERTED if self.is_converted else ColumnKind.POINTS)
        return self._once((kind, code), lambda: list(self._derived(kind, code)))

    def _derived(self, kind: ColumnKind, code: str) -> Iterable[Exact]:
        most = self.tree.maxima[code]
        match kind:
            case ColumnKind.MAXIMUM:
                return repeat(most, len(self.units))
            case ColumnKind.NOT_ASSESSED:
                return (most - possible for possible in self._applicable(code))
            case ColumnKind.PERCENT | ColumnKind.CONVERTED:
                scale = Decimal(100) if kind is ColumnKind.PERCENT else most
                return map(partial(_share, scale), self._points(code), self._applicable(code))
        return (self._beside_last_year(kind, unit) for unit in self.units.values())

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
        return self.published_column(column)[self._places[unit.code]]

    def published_column(self, column: Column) -> Sequence[Decimal | None]:
        """What a column of figures prints of all `units`."""
        return self._rounded(column.kind, column.criterion, self.decimals(column))

    def _rounded(self, kind: ColumnKind, criterion: str, decimals: int) -> list[Any]:
        def rounded() -> list[Decimal | None]:
            return [None if one is None else published(one, decimals) for one in self.column(kind, criterion)]

        return self._once((kind, criterion or self.table.criterion, decimals), rounded)

    def decimals(self, column: Column) -> int:
        """How many decimals a column prints."""
        if column.kind in (ColumnKind.LAST_RANK, ColumnKind.COUNT):
            return 0
        return self.block.decimals if column.decimals is None else column.decimals

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
        return self._compared[self._places[unit.code]]

    @cached_property
    def _compared(self) -> Sequence[Exact]:
        return self._by_basis(self.ranked_kind)

    def tie_breaks(self, unit: Unit) -> tuple[Decimal | Fraction, ...]:
        """The figures that settle a tie, one after the other; not assessed counts as nothing."""
        place = self._places[unit.code]
        figures = (self._by_basis(ColumnKind.POINTS, code)[place] for code in self.block.tie_breaks)
        return tuple(Decimal(0) if figure is None else figure for figure in figures)

    def _by_basis(self, kind: ColumnKind, criterion: str = "") -> Sequence[Exact]:
        if self.block.basis is RankBasis.EXACT:
            return self.column(kind, criterion)
        return self._rounded(kind, criterion, self.block.decimals)

    def is_comparable(self, unit: Unit) -> bool:
        """Tell whether a unit's figure may be ranked beside others, by the treatment of its block.

        Converted figures and percents always may. Otherwise the unit must be assessed on everything, or, on a scale
        of its own, on everything that is its own.
        """
        return unit.code in self._comparable

    @cached_property
    def _comparable(self) -> frozenset[str]:
        figured = compress(self.units.values(), (figure is not None for figure in self._compared))
        return frozenset(unit.code for unit in figured if self._is_on_scale(unit))

    def _is_on_scale(self, unit: Unit) -> bool:
        match self.block.treatment:
            case Treatment.CONVERTED | Treatment.PERCENT:
                return True
            case Treatment.OWN_SCALE:
                return self._gaps.get(unit.code, _NO_GAPS) <= self.assessment.not_assessed(unit)
        return unit.code not in self._gaps

    @cached_property
    def _gaps(self) -> dict[str, frozenset[str]]:
        """The leaves on the scale of the table's criterion that a unit is not assessed on, if there are any."""
        leaves = (leaf for leaf in self.tree.leaves(self.table.criterion) if not leaf.extra)
        return without_points(self.points, leaves)

    def is_partly_assessed(self, unit: Unit) -> bool:
        """Tell whether the treatment of the block concerns a unit in this table."""
        return unit.code in self._gaps

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
        return self._graded[self._places[unit.code]]

    @cached_property
    def _graded(self) -> Sequence[Decimal | None]:
        kind = self.graded_kind
        figures: list[Decimal | None] = self._rounded(kind, "", self.block.decimals)
        if kind is not ColumnKind.TOTAL or self.is_converted or not self._gaps:
            return figures
        return [None if code in self._gaps else one for code, one in zip(self.units, figures, strict=True)]


def _share(scale: Decimal, points: Decimal | None, possible: Decimal) -> Fraction | None:
    """Points as a share of what was possible, on a scale; None where nothing was."""
    return None if points is None or not possible else Fraction(points) * Fraction(scale) / Fraction(possible)


def _cells(frame: pd.DataFrame, criterion: str) -> list[Any]:
    return frame[criterion].tolist()
