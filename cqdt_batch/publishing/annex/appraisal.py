"""The working paper of a block's appraisal: what each unit gave itself, what was verified, and why it differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from cqdt_batch.definition.records import ScoreSource, Unit
from cqdt_batch.messages import Words
from cqdt_batch.publishing.annex.working import WorkingSheets
from cqdt_batch.publishing.sheets import Cell, Computed, Page, Sheet, Style, Value, address
from cqdt_batch.publishing.verified import answers_compared, place_of, reasons
from cqdt_batch.rounding import DUST, published
from cqdt_batch.scoring.outcome import Outcome
from cqdt_batch.scoring.trace import Node, Trace

_TITLE = Style(size=14, bold=True)
_NOTE = Style(size=11, italic=True)
_HEADER = Style(size=11, bold=True, align="center", border=True, wrap=True, fill="DDEBF7")
_TEXT = Style(size=11, border=True, wrap=True, valign="top")
_FIGURE = replace(_TEXT, align="center")
_SMALL = replace(_TEXT, size=9)
_DIFFERENT = "FFE699"
_UNVERIFIED = "EDEDED"
_OF_A_UNIT = "F2F2F2"
_COLUMNS = {
    "number": 6,
    "criterion": 10,
    "named": 46,
    "maximum": 10,
    "own": 12,
    "verified": 12,
    "difference": 12,
    "answers": 28,
    "reason": 44,
    "source": 32,
}
_OWN, _VERIFIED, _DIFFERENCE = 5, 6, 7
_HEADER_ROW = 4
_FIRST_ROW = 5
_LEAST = -(10**12)
"""Less than any difference: what a cell is held against to tell whether it has a number."""

_Row = Iterator[tuple[Value, Style]]


@dataclass(frozen=True, kw_only=True)
class AppraisalSheet:
    """For every unit of a block a row of its totals and below it one for each of its leaves; at the end the means.

    The points after verification are formulas on the sheet of points; where self-assessed scores are published, which
    stand there, they are figures.
    """

    working: WorkingSheets

    @property
    def is_needed(self) -> bool:
        """Tell whether anybody has verified anything in this block."""
        units = self._outcome.assessment.unit_by_code
        return any(units[unit].block == self.working.block.code for unit, _ in self._outcome.appraisal.verdicts)

    @property
    def _outcome(self) -> Outcome:
        return self.working.outcome

    @property
    def _words(self) -> Words:
        return self.working.words

    @property
    def _decimals(self) -> int:
        return self.working.block.input_decimals

    @cached_property
    def _columns(self) -> dict[str, int]:
        """The columns and how wide they are; answers have one where points are computed from any."""
        has_answers = bool(self.working.inputs.leaves)
        return {name: width for name, width in _COLUMNS.items() if has_answers or name != "answers"}

    @property
    def _is_for_comparison(self) -> bool:
        return self._outcome.assessment.profile.scores is ScoreSource.OWN

    def sheet(self) -> Sheet:
        """Draw the sheet."""
        rows = (
            Cell(row, column, value, style)
            for row, line in enumerate(self._lines, _FIRST_ROW)
            for column, (value, style) in enumerate(self._row(row, line), 1)
        )
        return Sheet(
            name=self._words("working.appraisal_sheet", block=self.working.block.code),
            cells=(*self._head(), *rows, *self._averages(_FIRST_ROW + len(self._lines))),
            widths=tuple(map(float, self._columns.values())),
            page=Page(
                landscape=True,
                repeat=(_HEADER_ROW, _HEADER_ROW),
                header=f"&L{self._words('annex.draft')}" if self._outcome.is_draft else "",
                footer="&L&A&R&P/&N",
            ),
            freeze=(_FIRST_ROW, 4),
        )

    def _head(self) -> Iterator[Cell]:
        note = "working.appraisal_note_own" if self._is_for_comparison else "working.appraisal_note"
        yield Cell(1, 1, self._words("working.appraisal_title", block=self.working.block.name), _TITLE)
        yield Cell(2, 1, self._words(note), _NOTE)
        for column, key in enumerate(self._columns, 1):
            yield Cell(_HEADER_ROW, column, self._words(f"working.{key}"), _HEADER)

    @cached_property
    def _trace(self) -> Trace:
        return Trace(self._outcome)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """The number of each unit that has a form to hand in, in register order."""
        asked = (unit for unit in self._outcome.assessment.asked_units if unit.block == self.working.block.code)
        return {unit.code: number for number, unit in enumerate(asked, 1)}

    @cached_property
    def _lines(self) -> tuple[Unit | Node, ...]:
        """What the rows are about: each unit, and below it, if it is scored, the leaves that it is assessed on."""
        units = self._outcome.assessment.unit_by_code
        found: list[Unit | Node] = []
        for code in self._numbers:
            found += (units[code], *self._leaves(units[code]))
        return tuple(found)

    def _leaves(self, unit: Unit) -> tuple[Node, ...]:
        if unit.code not in self._verified[self._root]:
            return ()
        exempt = self._outcome.assessment.not_assessed(unit)
        return tuple(leaf for leaf in self._trace.of(unit).leaves if leaf.criterion.code not in exempt)

    def _row(self, row: int, line: Unit | Node) -> _Row:
        return self._unit_row(row, line) if isinstance(line, Unit) else self._leaf_row(row, line)

    def _unit_row(self, row: int, unit: Unit) -> _Row:
        """The totals of a unit, and how much of it is verified; or why it has none."""
        text, figure = (replace(style, bold=True, fill=_OF_A_UNIT) for style in (_TEXT, _FIGURE))
        yield self._numbers[unit.code], figure
        yield None, figure
        yield unit.printed_name, text
        if unit.code in self._verified[self._root]:
            yield self._applicable[unit.code], figure
            yield from self._figures(row, unit, self._root, figure)
            said = self._progress(unit)
        else:
            yield from ((None, figure) for _ in range(_DIFFERENCE - 3))
            said = self._words(f"unit_state.{self._outcome.states[unit.code]}")
        if "answers" in self._columns:
            yield None, text
        yield said, replace(text, bold=False, italic=True)
        yield None, text

    def _progress(self, unit: Unit) -> str:
        leaves = self._leaves(unit)
        open_still = self._outcome.unverified[unit.code]
        different = sum(self._differs(unit, leaf.criterion.code) for leaf in leaves)
        verified = len(leaves) - len(open_still)
        return self._words("working.verified_count", verified=verified, total=len(leaves), different=different)

    def _leaf_row(self, row: int, leaf: Node) -> _Row:
        code = leaf.criterion.code
        yield None, _FIGURE
        yield code, replace(_FIGURE, number="@")
        yield leaf.criterion.label, replace(_TEXT, indent=1)
        yield leaf.criterion.max_score, _FIGURE
        yield from self._figures(row, leaf.unit, code, _FIGURE)
        if "answers" in self._columns:
            yield answers_compared(leaf, self._words), _SMALL
        yield reasons(leaf, self._words), _TEXT
        is_open = code in self._outcome.unverified[leaf.unit.code]
        yield self._source(leaf), replace(_SMALL, italic=is_open, fill=_UNVERIFIED if is_open else "")

    def _source(self, leaf: Node) -> str:
        """Where the verified value stands, or where given points come from."""
        if leaf.verdict:
            return place_of(leaf.verdict, self._words)
        return leaf.given.source if leaf.given else self._words("working.unverified")

    def _figures(self, row: int, unit: Unit, code: str, style: Style) -> _Row:
        """The points of the unit itself, those after verification, and the difference."""
        verified = self._shown(self._verified[code][unit.code])
        is_live = not self._is_for_comparison
        yield self._own_figure(unit, code), style
        yield Computed(f"={self.working.reference(unit, code)}", verified) if is_live else verified, style
        difference = self._difference(unit, code)
        own, counted = address(row, _OWN), address(row, _VERIFIED)
        formula = f'=IF(COUNT({own},{counted})=2,ROUND({counted}-{own},{self._decimals}),"")'
        shown = Computed(formula, "" if difference is None else difference)
        yield shown, replace(style, fill=_DIFFERENT) if self._differs(unit, code) else style

    def _own_figure(self, unit: Unit, code: str) -> Value:
        """What the unit gives itself; blank where its own answers are not complete."""
        return self._shown(self._own[code][unit.code]) if unit.code in self._own[code] else None

    def _differs(self, unit: Unit, code: str) -> bool:
        """Tell whether a unit's own points are known and not what counts; those waived are not."""
        return unit.code in self._own[code] and self._own[code][unit.code] != self._verified[code][unit.code]

    def _difference(self, unit: Unit, code: str) -> Decimal | None:
        own, verified = self._own[code].get(unit.code), self._verified[code][unit.code]
        return None if own is None or verified is None else verified - own

    def _shown(self, points: Decimal | None) -> Decimal | str:
        return self._words("not_assessed") if points is None else points

    def _averages(self, row: int) -> Iterator[Cell]:
        """The means of the totals over the units that have both, rounded once, and their difference."""
        compared = [code for code in self._numbers if self._has_both(code)]
        if not compared:
            return
        bold = replace(_FIGURE, bold=True)
        label = self._words("working.average", count=len(compared))
        yield Cell(row, 1, label, replace(_TEXT, bold=True), across=_OWN - 1)
        means = [self._mean(self._own, compared), self._mean(self._verified, compared)]
        for column, mean in zip((_OWN, _VERIFIED), means, strict=True):
            yield Cell(row, column, Computed(self._mean_formula(column, row), mean), bold)
        formula = f"=ROUND({address(row, _VERIFIED)}-{address(row, _OWN)},{self._decimals})"
        yield Cell(row, _DIFFERENCE, Computed(formula, means[1] - means[0]), bold)

    def _has_both(self, unit: str) -> bool:
        return all(points[self._root].get(unit) is not None for points in (self._own, self._verified))

    def _mean(self, points: dict[str, dict[str, Decimal | None]], units: list[str]) -> Decimal:
        total = sum((Fraction(points[self._root][unit] or 0) for unit in units), Fraction(0))
        return published(total / len(units), self._decimals)

    def _mean_formula(self, column: int, row: int) -> str:
        """Only rows of units have a number in front."""
        figures, numbers, both = (
            f"{address(_FIRST_ROW, one)}:{address(row - 1, one)}" for one in (column, 1, _DIFFERENCE)
        )
        mean = f'AVERAGEIFS({figures},{numbers},">0",{both},">{_LEAST}")'
        return f"=ROUND(ROUND({mean},{DUST}),{self._decimals})"

    @property
    def _root(self) -> str:
        return self.working.tree.root.code

    @cached_property
    def _applicable(self) -> dict[str, Decimal]:
        return self._outcome.applicable[self.working.block.code][self._root].to_dict()  # type: ignore[return-value]

    @cached_property
    def _own(self) -> dict[str, dict[str, Decimal | None]]:
        return self._outcome.self_assessed[self.working.block.code].to_dict()  # type: ignore[return-value]

    @cached_property
    def _verified(self) -> dict[str, dict[str, Decimal | None]]:
        return self._outcome.verified_points[self.working.block.code].to_dict()  # type: ignore[return-value]
