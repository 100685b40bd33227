"""The working sheets: every leaf score of every unit of a block, and the live sums the annex refers to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

import pandas as pd

from cqdt_batch.definition.assessment import CriteriaTree
from cqdt_batch.definition.records import Block, Criterion, Unit
from cqdt_batch.messages import Words
from cqdt_batch.publishing.sheets import Cell, Computed, Page, Sheet, Style, address, in_sheet, summed
from cqdt_batch.scoring.outcome import Outcome

_TITLE = Style(size=14, bold=True)
_NOTE = Style(size=11, italic=True)
_HEADER = Style(size=9, bold=True, align="center", border=True, wrap=True, fill="DDEBF7")
_TEXT = Style(size=11, border=True, wrap=True)
_FIGURE = Style(size=11, border=True, align="center")
_INNER = replace(_FIGURE, bold=True, fill="F2F2F2")
_ABSENT = replace(_FIGURE, size=9, italic=True, wrap=True)

_CODES_ROW, _LABELS_ROW, _MAXIMA_ROW = 4, 5, 6
_FIRST_ROW = 7
_FIXED = 3
"""Columns before the criteria: number, unit, file."""


@dataclass(frozen=True, kw_only=True)
class WorkingSheet:
    """The working sheet of a block: rows are its units in register order, columns its criteria, parents first."""

    outcome: Outcome
    block: Block
    words: Words

    @property
    def name(self) -> str:
        """The name of the sheet."""
        return self.words("working.sheet", block=self.block.code)

    @cached_property
    def tree(self) -> CriteriaTree:
        """The criteria of the block."""
        return self.outcome.assessment.trees[self.block.code]

    @cached_property
    def points(self) -> pd.DataFrame:
        """The exact points of the block's scored units."""
        return self.outcome.points[self.block.code]

    @cached_property
    def _units(self) -> tuple[Unit, ...]:
        return self.outcome.assessment.units_of(self.block.code)

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {unit.code: row for row, unit in enumerate(self._units, _FIRST_ROW)}

    @cached_property
    def _column_of(self) -> dict[str, int]:
        return {c.code: column for column, c in enumerate(self.tree.below(self.tree.root.code), _FIXED + 1)}

    def exact(self, unit: Unit, criterion: str) -> Decimal | None:
        """The exact points of a scored unit; None where it is not assessed."""
        figure: Any = self.points.at[unit.code, criterion]  # noqa: PD008 - one cell of the frame
        return figure if isinstance(figure, Decimal) else None

    def reference(self, unit: Unit, criterion: str) -> str:
        """The cell of a unit's exact points, as a formula of another sheet names it."""
        return in_sheet(self.name, address(self._row_of[unit.code], self._column_of[criterion]))

    def sheet(self) -> Sheet:
        """Draw the sheet."""
        criteria = len(self._column_of)
        return Sheet(
            name=self.name,
            cells=(*self._head(), *self._rows()),
            widths=(6.0, 34.0, 26.0, *[11.0] * criteria),
            page=Page(
                landscape=True,
                fit=False,
                scale=62,
                repeat=(_CODES_ROW, _MAXIMA_ROW),
                repeat_columns=2,
                header=f"&L{self.words('annex.draft')}" if self.outcome.is_draft else "",
                footer="&L&A&R&P/&N",
            ),
            freeze=(_FIRST_ROW, _FIXED),
        )

    def _head(self) -> Iterator[Cell]:
        yield Cell(1, 1, self.words("working.title", block=self.block.name), _TITLE)
        yield Cell(2, 1, self.words("working.note", decimals=self.block.decimals), _NOTE)
        if self.outcome.assessment.profile.remark:
            yield Cell(3, 1, self.outcome.assessment.profile.remark, _NOTE)
        for column, key in enumerate(("number", "unit", "file"), 1):
            yield Cell(_CODES_ROW, column, self.words(f"working.{key}"), _HEADER, down=3)
        for criterion in self.tree.below(self.tree.root.code):
            column = self._column_of[criterion.code]
            yield Cell(_CODES_ROW, column, criterion.code, replace(_HEADER, size=11, number="@"))
            yield Cell(_LABELS_ROW, column, criterion.label, _HEADER)
            yield Cell(_MAXIMA_ROW, column, self._maximum(criterion), replace(_HEADER, size=11))

    def _maximum(self, criterion: Criterion) -> Computed | Decimal | None:
        if self.tree.is_leaf(criterion.code):
            return criterion.max_score
        total = sum((leaf.max_score or Decimal(0) for leaf in self.tree.leaves(criterion.code)), Decimal(0))
        return Computed(self._sum_of_children(criterion, _MAXIMA_ROW), total)

    def _sum_of_children(self, criterion: Criterion, row: int) -> str:
        """Sum in Excel what is summed exactly here.

        The inner ROUND changes no figure: the exact sum has no more decimals than its inputs. It only takes off
        the dust of binary arithmetic, so that 55.85 is not 55.849999999999994 when the annex rounds it.
        """
        cells = ((row, self._column_of[child.code]) for child in self.tree.children[criterion.code])
        return f"=ROUND({summed(cells)},{self.block.input_decimals})"

    def _rows(self) -> Iterator[Cell]:
        for number, unit in enumerate(self._units, 1):
            row = self._row_of[unit.code]
            submission = self.outcome.submission_of.get(unit.code)
            yield Cell(row, 1, number, _FIGURE)
            yield Cell(row, 2, unit.printed_name, _TEXT)
            yield Cell(row, 3, submission.file if submission else None, replace(_TEXT, size=9))
            for criterion in self.tree.below(self.tree.root.code):
                yield self._figure(row, unit, criterion)

    def _figure(self, row: int, unit: Unit, criterion: Criterion) -> Cell:
        column = self._column_of[criterion.code]
        if unit.code not in self.points.index:
            state = self.outcome.states[unit.code]
            return Cell(row, column, self.words(f"unit_state.{state}"), _ABSENT)
        exact = self.exact(unit, criterion.code)
        if exact is None:
            return Cell(row, column, self.words("not_assessed"), _ABSENT)
        if self.tree.is_leaf(criterion.code):
            return Cell(row, column, exact, _FIGURE)
        return Cell(row, column, Computed(self._sum_of_children(criterion, row), exact), _INNER)
