"""The sheet of the figures that a block's points are computed from: what the units typed, in the order of the units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from cqdt_batch.definition.records import Block, Criterion, Measure, Rule, Unit
from cqdt_batch.definition.sheets import YesNo, choice_key
from cqdt_batch.intake.submissions import InputKind, asked_of
from cqdt_batch.messages import Words
from cqdt_batch.publishing.sheets import (
    Cell,
    Computed,
    Line,
    Sheet,
    Style,
    Value,
    address,
    as_shown,
    in_sheet,
    wide_page,
)
from cqdt_batch.scoring.outcome import Outcome
from cqdt_batch.scoring.points import answer_of
from cqdt_batch.scoring.rules import measured

_TITLE = Style(size=14, bold=True)
_NOTE = Style(size=11, italic=True)
_HEADER = Style(size=9, bold=True, align="center", border=True, wrap=True, fill="DDEBF7")
_TEXT = Style(size=11, border=True, wrap=True)
_FIGURE = Style(size=11, border=True, align="center", wrap=True)
VERIFIED = "E2EFDA"
"""The colour of what an appraiser verified."""
_VERIFIED = replace(_FIGURE, fill=VERIFIED)
_CODES_ROW, _LABELS_ROW, _BEST_ROW = 4, 5, 6
_FIXED = 2
"""Columns before the figures: number, unit."""


@dataclass(frozen=True, kw_only=True)
class InputsSheet:
    """A column for every figure of every computed leaf; `row_of` gives the rows of the units.

    A leaf relative to the best unit has a third column where its figure is a ratio, and its best in the header.
    """

    outcome: Outcome
    block: Block
    words: Words
    row_of: Mapping[str, int]

    @property
    def name(self) -> str:
        """The name of the sheet."""
        return self.words("working.inputs_sheet", block=self.block.code)

    @cached_property
    def leaves(self) -> tuple[Criterion, ...]:
        """The leaves whose points are computed."""
        tree = self.outcome.assessment.trees[self.block.code]
        return tuple(leaf for leaf in tree.leaves(tree.root.code) if InputKind.FIRST in asked_of(leaf))

    @cached_property
    def _column_of(self) -> dict[tuple[str, InputKind | None], int]:
        """The column of each input; None is the figure that a best one is looked for in."""
        return {key: column for column, key in enumerate(self._keys(), _FIXED + 1)}

    def _keys(self) -> Iterator[tuple[str, InputKind | None]]:
        for leaf in self.leaves:
            for kind in (InputKind.FIRST, InputKind.SECOND):
                if kind in asked_of(leaf):
                    yield leaf.code, kind
            if leaf.rule is Rule.RELATIVE and leaf.measured is Measure.RATIO:
                yield leaf.code, None

    def reference(self, row: int, leaf: Criterion, kind: InputKind) -> str:
        """The cell of an input, as a formula of another sheet names it; "" where the leaf has no such input."""
        column = self._column_of.get((leaf.code, kind))
        return in_sheet(self.name, address(row, column)) if column else ""

    def best(self, leaf: Criterion) -> str | None:
        """The cell of the highest figure of the block, for leaves relative to the best unit."""
        return in_sheet(self.name, address(_BEST_ROW, self._best_column(leaf))) if leaf.rule is Rule.RELATIVE else None

    def _best_column(self, leaf: Criterion) -> int:
        return self._column_of.get((leaf.code, None)) or self._column_of[leaf.code, InputKind.FIRST]

    def sheet(self) -> Sheet:
        """Draw the sheet."""
        return Sheet(
            name=self.name,
            cells=(*self._head(), *self._rows()),
            widths=(6.0, 34.0, *[14.0] * len(self._column_of)),
            page=wide_page((_CODES_ROW, _BEST_ROW), f"&L{self.words('annex.draft')}" if self.outcome.is_draft else ""),
            freeze=(_BEST_ROW + 1, _FIXED + 1),
        )

    def _head(self) -> Iterator[Cell]:
        yield Cell(1, 1, self.words("working.inputs_title", block=self.block.name), _TITLE)
        yield Cell(2, 1, self._note, _NOTE)
        for column, key in enumerate(("number", "unit"), 1):
            yield Cell(_CODES_ROW, column, self.words(f"working.{key}"), _HEADER, down=3)
        leaves = {leaf.code: leaf for leaf in self.leaves}
        for (code, kind), column in self._column_of.items():
            yield Cell(_CODES_ROW, column, code, replace(_HEADER, size=11, number="@"))
            yield Cell(_LABELS_ROW, column, self._label(leaves[code], kind), _HEADER)
            yield Cell(_BEST_ROW, column, self._best_cell(leaves[code], column), _HEADER)

    @property
    def _note(self) -> str:
        """Say where the figures come from, and, where some are coloured, why."""
        note = self.words("working.inputs_note")
        verified = {unit for unit, _, kind in self.outcome.verified_inputs if kind is not InputKind.SCORE}
        return note if verified.isdisjoint(self.row_of) else f"{note} {self.words('working.note_verified')}"

    def _label(self, leaf: Criterion, kind: InputKind | None) -> str:
        if kind is None:
            return self.words("working.ratio")
        named = leaf.first_label if kind is InputKind.FIRST else leaf.second_label
        return named or leaf.label

    def _best_cell(self, leaf: Criterion, column: int) -> Value:
        if leaf.rule is not Rule.RELATIVE or column != self._best_column(leaf) or not self.row_of:
            return None
        rows = self.row_of.values()
        figures = (self._figure(unit, leaf) for unit in self._scored)
        best = max((figure for figure in figures if figure is not None), default=Decimal(0))
        return Computed(f"=MAX({address(min(rows), column)}:{address(max(rows), column)})", best)

    @cached_property
    def _scored(self) -> tuple[Unit, ...]:
        index = self.outcome.points[self.block.code].index
        return tuple(self.outcome.assessment.unit_by_code[code] for code in self.row_of if code in index)

    def _is_assessed(self, unit: Unit, leaf: Criterion) -> bool:
        return leaf.code not in self.outcome.assessment.not_assessed(unit)

    def _figure(self, unit: Unit, leaf: Criterion) -> Decimal | None:
        """What is measured of a scored unit, as a cell shows it."""
        if not self._is_assessed(unit, leaf):
            return None
        figure = measured(leaf, answer_of(leaf, self.outcome.submission_of[unit.code].values))
        return None if figure is None else as_shown(figure)

    def _rows(self) -> Iterator[Line]:
        scored = {unit.code for unit in self._scored}
        leaves = {leaf.code: leaf for leaf in self.leaves}
        for number, (code, row) in enumerate(self.row_of.items(), 1):
            unit = self.outcome.assessment.unit_by_code[code]
            keys = self._column_of
            values = (self._value(unit, leaves[leaf], kind) if code in scored else None for leaf, kind in keys)
            are_verified = ((code, *key) in self.outcome.verified_inputs for key in keys)
            styles = (_VERIFIED if is_verified else _FIGURE for is_verified in are_verified)
            yield Line(row, (number, unit.printed_name, *values), (_FIGURE, _TEXT, *styles))

    def _value(self, unit: Unit, leaf: Criterion, kind: InputKind | None) -> Value:
        if not self._is_assessed(unit, leaf):
            return self.words("not_assessed")
        if kind is None:
            first, second = (self._local(unit, leaf, one) for one in (InputKind.FIRST, InputKind.SECOND))
            figure = self._figure(unit, leaf)
            return Computed(f'=IF({second}=0,"",{first}*100/{second})', "" if figure is None else figure)
        value = self.outcome.submission_of[unit.code].values.get((leaf.code, kind))
        return self.words(choice_key(YesNo(str(value)))) if leaf.rule is Rule.YES_NO else value

    def _local(self, unit: Unit, leaf: Criterion, kind: InputKind) -> str:
        return address(self.row_of[unit.code], self._column_of[leaf.code, kind])
