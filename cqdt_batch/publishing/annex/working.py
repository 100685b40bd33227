"""The working sheets of a block: every unit's points on every criterion, live, and the maxima they are held against."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, partial
from typing import NamedTuple, TypeAlias

import pandas as pd

from cqdt_batch.definition.assessment import CriteriaTree
from cqdt_batch.definition.records import Block, ColumnKind, Criterion, GradeBasis, Treatment, Unit
from cqdt_batch.findings import column_letters
from cqdt_batch.intake.questions import may_be_absent
from cqdt_batch.intake.submissions import InputKind, scored_by
from cqdt_batch.messages import Words
from cqdt_batch.publishing.annex.inputs import VERIFIED, InputsSheet
from cqdt_batch.publishing.formulas import aggregate_formula, by_row, literal, most_formula, points_formula
from cqdt_batch.publishing.sheets import Cell, Computed, Line, Sheet, Style, Value, address, in_sheet, wide_page
from cqdt_batch.rounding import published
from cqdt_batch.scoring.outcome import Outcome
from cqdt_batch.scoring.points import answer_to, by_criterion
from cqdt_batch.scoring.rules import leaf_points

_TITLE = Style(size=14, bold=True)
_NOTE = Style(size=11, italic=True)
_HEADER = Style(size=9, bold=True, align="center", border=True, wrap=True, fill="DDEBF7")
_TEXT = Style(size=11, border=True, wrap=True)
_FIGURE = Style(size=11, border=True, align="center")
_INNER = replace(_FIGURE, bold=True, fill="F2F2F2")
_ABSENT = replace(_FIGURE, size=9, italic=True, wrap=True)
_FILE = replace(_TEXT, size=9)
_CORRECTED = "FFE699"
"""The colour of points that the corrections register gives."""

_CODES_ROW, _LABELS_ROW, _MAXIMA_ROW = 4, 5, 6
_FIRST_ROW = 7
_FIXED = 3
"""Columns before the criteria: number, unit, file."""

_BY_APPLICABLE = frozenset({ColumnKind.APPLICABLE, ColumnKind.NOT_ASSESSED, ColumnKind.PERCENT, ColumnKind.CONVERTED})
"""The columns whose figures are held against what was possible for a unit."""


_MOST_TRACED = 25_000
"""So many rows a trace sheet may have; a workbook with more would take its reader minutes to open."""


def is_traced(outcome: Outcome) -> bool:
    """Tell whether the annex has a sheet that traces every figure: a row for each criterion of each scored unit."""
    return sum(points.size for points in outcome.points.values()) <= _MOST_TRACED


_Shown: TypeAlias = tuple[Value, Style]
"""What a cell holds and how it looks."""

_Figures: TypeAlias = Callable[[int, Unit], Iterator[_Shown]]
"""The figures of a scored unit in a row of a sheet."""


class _Column(NamedTuple):
    """A criterion on the sheet of points: the units' points, the formula of an inner one by row.

    `is_typed` says that nothing computes or rounds the points of a leaf.
    """

    criterion: Criterion
    points: Mapping[str, Decimal | None]
    formula: Callable[[int], str] | None
    is_typed: bool


@dataclass(frozen=True, kw_only=True)
class WorkingSheets:
    """The working sheets of a block: rows are its units in register order, columns its criteria, parents first.

    The sheet of points comes first. Where points are computed from figures, those stand on a sheet of their own;
    where units are not assessed on everything and the tables need it, so do the applicable maxima.
    """

    outcome: Outcome
    block: Block
    words: Words

    @cached_property
    def name(self) -> str:
        """The name of the sheet of points."""
        return self.words("working.sheet", block=self.block.code)

    @cached_property
    def _applicable_name(self) -> str:
        return self.words("working.applicable_sheet", block=self.block.code)

    @cached_property
    def stale(self) -> str:
        """What a rank says where the rows above it are no longer in order, as formulas have it."""
        return literal(self.words("annex.order_changed"))

    @cached_property
    def tree(self) -> CriteriaTree:
        """The criteria of the block."""
        return self.outcome.assessment.trees[self.block.code]

    @cached_property
    def inputs(self) -> InputsSheet:
        """The sheet of the figures that points are computed from."""
        return InputsSheet(outcome=self.outcome, block=self.block, words=self.words, row_of=self._row_of)

    @cached_property
    def _points(self) -> pd.DataFrame:
        return self.outcome.points[self.block.code]

    @cached_property
    def _criteria(self) -> tuple[Criterion, ...]:
        return tuple(self.tree.below(self.tree.root.code))

    @cached_property
    def _row_of(self) -> dict[str, int]:
        units = self.outcome.assessment.units_of(self.block.code)
        asked = (unit for unit in units if not self.outcome.assessment.is_left_out(unit))
        return {unit.code: row for row, unit in enumerate(asked, _FIRST_ROW)}

    @cached_property
    def _column_of(self) -> dict[str, int]:
        return {criterion.code: column for column, criterion in enumerate(self._criteria, _FIXED + 1)}

    @cached_property
    def has_applicable(self) -> bool:
        """Tell whether there is a sheet of applicable maxima: units have gaps or may get some, and tables ask for them.

        A denominator that somebody sets to zero on the sheet of figures makes a gap too.
        """
        leaves = self.tree.leaves(self.tree.root.code)
        has_gaps = bool(self._points[[leaf.code for leaf in leaves]].isna().to_numpy().any())
        return self._is_asked_for and (has_gaps or any(map(may_be_absent, leaves)))

    @property
    def _is_asked_for(self) -> bool:
        assessment = self.outcome.assessment
        tables = [table for table in assessment.tables if table.block == self.block.code]
        kinds = {column.kind for table in tables for column in assessment.columns_of(table)}
        by_percent = any(grade.basis is GradeBasis.PERCENT for grade in assessment.grades_of(self.block.code))
        converts = self.block.treatment in (Treatment.CONVERTED, Treatment.PERCENT)
        return converts or by_percent or not kinds.isdisjoint(_BY_APPLICABLE)

    def place(self, unit: Unit, criterion: str) -> str:
        """The cell of a unit's exact points on the sheet of points."""
        return address(self._row_of[unit.code], self._column_of[criterion])

    def row(self, unit: Unit) -> int:
        """The row of a unit on the sheets of points and of applicable maxima."""
        return self._row_of[unit.code]

    def reference(self, unit: Unit, criterion: str) -> str:
        """The cell of a unit's exact points, as a formula of another sheet names it."""
        return self.points_in(self.row(unit), criterion)

    def points_in(self, row: int, criterion: str) -> str:
        """The cell of the exact points in a row, likewise."""
        return f"{self._in_points[criterion]}{row}"

    def maximum(self, criterion: str) -> str:
        """The cell of a criterion's maximum."""
        return f"{self._in_points[criterion]}{_MAXIMA_ROW}"

    def applicable(self, row: int, criterion: str) -> str:
        """The cell of the applicable maximum in a row: where every unit is assessed on everything, the maximum."""
        if not self.has_applicable:
            return self.maximum(criterion)
        return f"{self._in_applicable[criterion]}{row}"

    @cached_property
    def _in_points(self) -> dict[str, str]:
        """The column of each criterion as a formula of another sheet names it; the row is to follow."""
        return {code: in_sheet(self.name, column_letters(column)) for code, column in self._column_of.items()}

    @cached_property
    def _in_applicable(self) -> dict[str, str]:
        """The columns of the sheet of applicable maxima, likewise."""
        return {code: in_sheet(self._applicable_name, column_letters(at)) for code, at in self._column_of.items()}

    def sheets(self) -> Iterator[Sheet]:
        """Draw the sheets."""
        title = self.words("working.title", block=self.block.name)
        yield self._sheet(self.name, title, self._points_note, self._points_row)
        if self.inputs.leaves:
            yield self.inputs.sheet()
        if self.has_applicable:
            yield self._applicable_sheet()

    def _applicable_sheet(self) -> Sheet:
        title = self.words("working.applicable_title", block=self.block.name)
        return self._sheet(self._applicable_name, title, self.words("working.applicable_note"), self._applicable_row)

    @property
    def _points_note(self) -> str:
        """Say where points come from, how they are added, and what the colours mean that stand on the sheet."""
        typed = (unit for unit, _, kind in self.outcome.verified_inputs if kind is InputKind.SCORE)
        said = {
            "working.note_printed": bool(self.outcome.assessment.rounded_parts[self.block.code]),
            "working.note_corrected": not self._row_of.keys().isdisjoint(u for u, _ in self.outcome.register.points),
            "working.note_verified": not self._row_of.keys().isdisjoint(typed),
            "working.note_untraced": not is_traced(self.outcome),
        }
        note = self.words("working.note", decimals=self.block.decimals)
        return " ".join((note, *(self.words(key) for key, is_said in said.items() if is_said)))

    def _sheet(self, name: str, title: str, note: str, figures: _Figures) -> Sheet:
        return Sheet(
            name=name,
            cells=(*self._head(title, note), *self._rows(figures)),
            widths=(6.0, 34.0, 26.0, *[11.0] * len(self._criteria)),
            page=wide_page(
                (_CODES_ROW, _MAXIMA_ROW), f"&L{self.words('annex.draft')}" if self.outcome.is_draft else ""
            ),
            freeze=(_FIRST_ROW, _FIXED),
        )

    def _head(self, title: str, note: str) -> Iterator[Cell]:
        yield Cell(1, 1, title, _TITLE)
        yield Cell(2, 1, note, _NOTE)
        if self.outcome.assessment.profile.remark:
            yield Cell(3, 1, self.outcome.assessment.profile.remark, _NOTE)
        for column, key in enumerate(("number", "unit", "file"), 1):
            yield Cell(_CODES_ROW, column, self.words(f"working.{key}"), _HEADER, down=3)
        for criterion in self._criteria:
            column = self._column_of[criterion.code]
            yield Cell(_CODES_ROW, column, criterion.code, replace(_HEADER, size=11, number="@"))
            yield Cell(_LABELS_ROW, column, criterion.label, _HEADER)
            yield Cell(_MAXIMA_ROW, column, self._maximum(criterion), replace(_HEADER, size=11))

    def _maximum(self, criterion: Criterion) -> Computed | Decimal | str:
        if criterion.extra:
            return self.words(f"working.{criterion.extra}", maximum=criterion.max_score or Decimal(0))
        if self.tree.is_leaf(criterion.code):
            return criterion.max_score or Decimal(0)
        return Computed(self._most(criterion, _MAXIMA_ROW), self.tree.maxima[criterion.code])

    @cached_property
    def _columns(self) -> tuple[_Column, ...]:
        """The columns of criteria, with all that is the same in every row."""
        return tuple(map(self._column, self._criteria))

    def _column(self, criterion: Criterion) -> _Column:
        is_leaf = self.tree.is_leaf(criterion.code)
        return _Column(
            criterion=criterion,
            points=self._exact[criterion.code],
            formula=None if is_leaf else by_row(partial(self._gathered, criterion)),
            is_typed=is_leaf and InputKind.FIRST not in scored_by(criterion) and not self._is_rounded(criterion),
        )

    def _gathered(self, criterion: Criterion, row: int) -> str:
        """Gather in Excel what is gathered exactly here.

        The formula rounds to the decimals that points have anyway. That changes no figure: it only takes off the dust
        of binary arithmetic, so that 55.85 is not 55.849999999999994 when the annex rounds it.
        """
        children = self.tree.children[criterion.code]
        cells = [(row, self._column_of[child.code]) for child in children]
        gathered = aggregate_formula(criterion, children, cells, self.block.input_decimals)
        return f"=ROUND({gathered},{self.block.decimals})" if self._is_rounded(criterion) else f"={gathered}"

    def _most(self, criterion: Criterion, row: int) -> str:
        """Gather maxima as points are gathered; what is not assessed has none and drops out of a mean."""
        children = self.tree.children[criterion.code]
        cells = [(row, self._column_of[child.code]) for child in children]
        return f"={most_formula(criterion, children, cells, self.block.input_decimals)}"

    def _rows(self, figures: _Figures) -> Iterator[Line]:
        for number, (code, row) in enumerate(self._row_of.items(), 1):
            unit = self.outcome.assessment.unit_by_code[code]
            submission = self.outcome.submission_of.get(code)
            named = ((number, _FIGURE), (unit.printed_name, _TEXT), (submission.file if submission else None, _FILE))
            drawn = figures(row, unit) if code in self._scored else self._unscored(unit)
            values, styles = zip(*named, *drawn, strict=True)
            yield Line(row, values, styles)

    def _unscored(self, unit: Unit) -> Iterator[_Shown]:
        """The state of a unit in the place of its figures."""
        state = self.words(f"unit_state.{self.outcome.states[unit.code]}")
        yield from ((state, _ABSENT) for _ in self._criteria)

    def _points_row(self, row: int, unit: Unit) -> Iterator[_Shown]:
        code, is_plain = unit.code, unit.code not in self._settled
        for criterion, points, formula, is_typed in self._columns:
            exact = points[code]
            if formula is not None and exact is not None:
                yield Computed(formula(row), exact), _INNER
            elif formula is not None:
                yield self.words("not_assessed"), _ABSENT
            elif is_typed and is_plain and exact is not None:
                yield exact, _FIGURE
            else:
                yield self._leaf(row, unit, criterion, exact)

    @cached_property
    def _settled(self) -> frozenset[str]:
        """The units of which something was corrected or verified."""
        corrected = (unit for unit, _ in self.outcome.register.points)
        return frozenset((*corrected, *(unit for unit, _, _ in self.outcome.verified_inputs)))

    def _leaf(self, row: int, unit: Unit, leaf: Criterion, exact: Decimal | None) -> _Shown:
        shown = self.words("not_assessed") if exact is None else exact
        style = _ABSENT if exact is None else _FIGURE
        corrected = self.outcome.register.points
        if (unit.code, leaf.code) in corrected:
            return self._fixed_points(leaf, corrected[unit.code, leaf.code]), replace(style, fill=_CORRECTED)
        if leaf.code in self.outcome.assessment.not_assessed(unit):
            return shown, style
        if InputKind.FIRST not in scored_by(leaf):
            is_verified = (unit.code, leaf.code, InputKind.SCORE) in self.outcome.verified_inputs
            points = self._typed_points(unit, leaf) if self._is_rounded(leaf) else exact
            return self._fixed_points(leaf, points), replace(style, fill=VERIFIED) if is_verified else style
        return Computed(self._computed[leaf.code](row), shown), style

    @cached_property
    def _computed(self) -> dict[str, Callable[[int], str]]:
        """The formulas of the leaves whose points are computed."""
        return {leaf.code: by_row(partial(self._computed_in, leaf)) for leaf in self.inputs.leaves}

    def _computed_in(self, leaf: Criterion, row: int) -> str:
        first, second = (self.inputs.reference(row, leaf, kind) for kind in (InputKind.FIRST, InputKind.SECOND))
        best = self.inputs.best(leaf)
        formula = points_formula(leaf, first, second, self.block.input_decimals, self.words, best)
        return f"={self._rounded_part(leaf, formula)}"

    def _is_rounded(self, criterion: Criterion) -> bool:
        """Tell whether a criterion is rounded before it is added, as the block may say of printed parts."""
        return criterion.code in self.outcome.assessment.rounded_parts[self.block.code]

    def _typed_points(self, unit: Unit, leaf: Criterion) -> Decimal | None:
        """The points of a leaf as they were typed, verified or given, before any rounding."""
        answer = answer_to(self.outcome.assessment, unit, self.outcome.submission_of[unit.code], leaf)
        return None if answer is None else leaf_points(leaf, answer, self.block.input_decimals)

    def _fixed_points(self, leaf: Criterion, points: Decimal | None) -> Value:
        """Points that nothing computes; where printed parts are rounded, the reader sees both."""
        if points is None:
            return self.words("not_assessed")
        if not self._is_rounded(leaf):
            return points
        decimals = self.block.decimals
        return Computed(f"=ROUND({points:f},{decimals})", published(points, decimals))

    def _rounded_part(self, leaf: Criterion, formula: str) -> str:
        """Round computed points where they are a printed part; what is no number, such as "not assessed", stays."""
        if not self._is_rounded(leaf):
            return formula
        absent = literal(self.words("not_assessed")) if may_be_absent(leaf) else '""'
        return f"IFERROR(ROUND({formula},{self.block.decimals}),{absent})"

    def _applicable_row(self, row: int, unit: Unit) -> Iterator[_Shown]:
        for possible, formula, style in self._maxima:
            if formula is None:
                yield Decimal(0), _FIGURE
            else:
                yield Computed(formula(row), possible[unit.code]), style

    @cached_property
    def _maxima(self) -> tuple[tuple[Mapping[str, Decimal], Callable[[int], str] | None, Style], ...]:
        """The applicable maxima by criterion: the units', their formula by row; bonuses and penalties have none."""
        return tuple(
            (
                self._possible[one.code],
                self._maximum_by_row(one),
                _FIGURE if self.tree.is_leaf(one.code) else _INNER,
            )
            for one in self._criteria
        )

    def _maximum_by_row(self, criterion: Criterion) -> Callable[[int], str] | None:
        if not self.tree.is_leaf(criterion.code):
            return by_row(partial(self._most, criterion))
        if criterion.extra:
            return None
        points, maximum = self._in_points[criterion.code], self.maximum(criterion.code)
        return lambda row: f"=IF(ISNUMBER({points}{row}),{maximum},0)"

    @cached_property
    def _exact(self) -> Mapping[str, dict[str, Decimal | None]]:
        """The points of the scored units by criterion."""
        return by_criterion(self._points)

    @cached_property
    def _possible(self) -> Mapping[str, dict[str, Decimal]]:
        """The applicable maxima, likewise."""
        return by_criterion(self.outcome.applicable[self.block.code])

    @cached_property
    def _scored(self) -> frozenset[str]:
        return frozenset(self._points.index)
