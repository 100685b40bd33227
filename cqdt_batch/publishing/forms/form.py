"""The self-assessment form of one unit: what it is asked, with live sums, and a hidden stamp to know it by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache, cached_property
from typing import TypeAlias

from cqdt_batch.definition.assessment import Assessment, CriteriaTree
from cqdt_batch.definition.records import Aggregation, Block, Criterion, Rule, Treatment, Unit
from cqdt_batch.definition.sheets import YesNo, choice_key
from cqdt_batch.definition.stamp import ANSWERS, STAMP_SHEET, stamp_of
from cqdt_batch.findings import column_letters
from cqdt_batch.intake.questions import CHOSEN, may_be_absent
from cqdt_batch.intake.submissions import InputKind, asked_of, scored_by
from cqdt_batch.intake.tables import FormColumn
from cqdt_batch.messages import Words
from cqdt_batch.publishing.forms.inputs import FormInputs
from cqdt_batch.publishing.forms.points import FormPoints, Place, is_typed_penalty
from cqdt_batch.publishing.forms.rule_text import inner_rule, leaf_rule
from cqdt_batch.publishing.formulas import aggregate_formula, literal, most_formula, points_formula
from cqdt_batch.publishing.sheets import (
    Cell,
    Computed,
    Entry,
    Page,
    Sheet,
    Style,
    Value,
    Visibility,
    address,
    in_sheet,
    number_format,
    ranges,
)
from cqdt_batch.rounding import DUST
from cqdt_batch.scoring.rules import maximum_of

_TITLE = Style(size=14, bold=True, align="center", wrap=True)
_SUBTITLE = Style(size=13, align="center", wrap=True)
_LINE = Style(size=13, wrap=True)
_STATUS = Style(size=13, bold=True, color="1F4E79", wrap=True)
_HEADER = Style(size=12, bold=True, align="center", border=True, wrap=True, fill="DDEBF7")
_TEXT = Style(size=12, border=True, wrap=True)
_CODE = replace(_TEXT, number="@")
_INNER = replace(_TEXT, bold=True, fill="F2F2F2")
_ABSENT = replace(_TEXT, italic=True, fill="F2F2F2", color="7F7F7F")
_POINTS = replace(_TEXT, align="center")
_INPUT = replace(_POINTS, unlocked=True)
_NOTE = replace(_TEXT, unlocked=True, number="@")
_SIGNED = Style(size=13, bold=True, align="center", wrap=True)
_DATED = Style(size=13, italic=True, align="center", wrap=True)
_CHOICE = replace(_INPUT, number="@")
_LOCKED = replace(_POINTS, fill="F2F2F2")
_NO_LOOKS: Mapping[FormColumn, Style] = {}

_WIDTHS = {
    FormColumn.CODE: 8,
    FormColumn.LABEL: 40,
    FormColumn.EXPECTED: 25,
    FormColumn.MAXIMUM: 8,
    FormColumn.SCORE: 10,
    FormColumn.EVIDENCE: 29,
    FormColumn.EXPLANATION: 24,
}
_WIDTHS_WITH_RULES = {
    FormColumn.CODE: 8,
    FormColumn.LABEL: 32,
    FormColumn.RULE: 36,
    FormColumn.EXPECTED: 18,
    FormColumn.MAXIMUM: 8,
    FormColumn.FIRST: 14,
    FormColumn.SECOND: 11,
    FormColumn.SCORE: 11,
    FormColumn.EVIDENCE: 24,
    FormColumn.EXPLANATION: 19,
}
"""The columns of a form in their order and how wide they are, without and with leaves that have rules of their own."""

_Values: TypeAlias = dict[FormColumn, Value]
_HEADER_ROW = 7
_ROOM_FOR_EVIDENCE = 48.0
"""Points: three lines, since Excel does not heighten a row of a protected sheet while somebody types."""
_RESULT_ROW = 6
_SAID_OF_RESULT = {Treatment.CONVERTED: "form.converted", Treatment.PERCENT: "form.percent"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Remark:
    """What to say about a cell of a form: the text of its comment, and its colour."""

    text: str
    fill: str


def form_sheets(assessment: Assessment, unit: Unit, words: Words) -> tuple[Sheet, ...]:
    """Make the sheets of a unit's form: the form itself, how to fill it, and the stamp."""
    return FormLayout(assessment=assessment, unit=unit, words=words).sheets()


@dataclass(frozen=True, kw_only=True)
class FormLayout:
    """Where the criteria of one unit stand in its form, what is already typed there, and what is said about it.

    `answers` are the SHA-256 of the files that a feedback form answers: sent back, it takes their place.
    """

    assessment: Assessment
    unit: Unit
    words: Words
    typed: Mapping[Place, Value] = field(default_factory=dict)
    remarks: Mapping[Place, Remark] = field(default_factory=dict)
    answers: tuple[str, ...] = ()

    def sheets(self) -> tuple[Sheet, ...]:
        """Draw the form, its guide and its stamp."""
        lists = (self.inputs.lists(),) if self.inputs.listed else ()
        maxima = (self._maxima(),) if self.points.scale else ()
        return self.sheet(), _guide(self), *lists, *maxima, _stamp(self)

    def at(self, place: Place) -> tuple[int, int] | None:
        """The row and column of a cell; None where the form has no such row."""
        criterion, column = place
        is_drawn = criterion in self.row_of and column in self.column_of
        return (self.row_of[criterion], self.column_of[column]) if is_drawn else None

    @cached_property
    def widths(self) -> Mapping[FormColumn, int]:
        """The columns of the form and how wide they are: those for inputs stand there where a leaf asks for them."""
        if not any(map(has_rule, self.assessment.assessed(self.unit))):
            return _WIDTHS
        asked = {FormColumn(kind) for leaf in self.leaves for kind in scored_by(leaf)}
        left_out = {FormColumn.FIRST, FormColumn.SECOND} - asked
        return {column: width for column, width in _WIDTHS_WITH_RULES.items() if column not in left_out}

    @cached_property
    def column_of(self) -> dict[FormColumn, int]:
        """The position of each column of the form."""
        return {column: position for position, column in enumerate(self.widths, 1)}

    @property
    def has_rules(self) -> bool:
        """Tell whether the form says how points come about: not where all are typed as such."""
        return FormColumn.RULE in self.column_of

    @cached_property
    def tree(self) -> CriteriaTree:
        """The criteria of the unit's block."""
        return self.assessment.trees[self.unit.block]

    @property
    def block(self) -> Block:
        """The unit's block."""
        return self.assessment.block_by_code[self.unit.block]

    @property
    def decimals(self) -> int:
        """How many decimals a score of this form may have."""
        return self.block.input_decimals

    @cached_property
    def shown(self) -> tuple[Criterion, ...]:
        """What applies to the unit, and the topmost criteria that do not, so that nobody misses them."""
        exempt = self.assessment.not_assessed(self.unit)
        return tuple(c for c in self.tree.below(self.tree.root.code) if c.parent not in exempt)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """The row of each criterion that is shown."""
        return {criterion.code: row for row, criterion in enumerate(self.shown, _HEADER_ROW + 1)}

    @cached_property
    def leaves(self) -> tuple[Criterion, ...]:
        """The leaves that the unit is assessed on."""
        return self.assessment.assessed_leaves(self.unit)

    @cached_property
    def asked(self) -> tuple[Criterion, ...]:
        """Those of the leaves that the unit has to fill in."""
        return tuple(leaf for leaf in self.leaves if scored_by(leaf))

    @cached_property
    def points(self) -> FormPoints:
        """What its column of points shows."""
        return FormPoints(assessment=self.assessment, unit=self.unit, words=self.words, typed=self.typed)

    @cached_property
    def inputs(self) -> FormInputs:
        """What may be typed into its input cells."""
        return FormInputs(leaves=self.leaves, decimals=self.decimals, words=self.words)

    def sheet(self) -> Sheet:
        """Draw the form."""
        last = _HEADER_ROW + len(self.shown)
        return Sheet(
            name=self.words("form.sheet"),
            cells=(*self._head(), *self._header(), *self._rows(), *self._foot(last + 2)),
            widths=tuple(map(float, self.widths.values())),
            page=Page(landscape=True, repeat=(_HEADER_ROW, _HEADER_ROW), footer=f"&C&P/&N&R{self.unit.code}"),
            freeze=(_HEADER_ROW + 1, 3),
            least_heights={self.row_of[leaf.code]: _ROOM_FOR_EVIDENCE for leaf in self.asked},
            entries=tuple(self._entries()),
            gaps=tuple(ranges(self._plain_inputs())),
            comments={at: remark.text for place, remark in self.remarks.items() if (at := self.at(place))},
            protected=True,
        )

    def _head(self) -> Iterator[Cell]:
        profile = self.assessment.profile
        lines: tuple[tuple[Value, Style], ...] = (
            (self.words("form.title"), _TITLE),
            (f"{profile.index_name} – {self.words('form.year', year=profile.year)}", _TITLE),
            (self.words("form.unit", unit=self.unit.name), replace(_SUBTITLE, bold=True)),
            (self.words("form.criteria_set", name=profile.criteria_set), replace(_SUBTITLE, italic=True)),
            (self._status(), _STATUS),
        )
        for row, (value, style) in enumerate(lines, 1):
            yield Cell(row, 1, value, style, across=len(self.widths))
        scale = self.points.scale
        if scale:
            yield from self._result(scale)

    def _result(self, scale: Decimal) -> Iterator[Cell]:
        """What becomes of the points of a unit that is not assessed on everything, above their column."""
        treatment, column = self.block.treatment, self.column_of[FormColumn.SCORE]
        said = self.words(_SAID_OF_RESULT[treatment], maximum=scale)
        row = self.row_of[self.tree.root.code]
        points, possible = address(row, column), in_sheet(self.words("form.maxima"), address(row, 2))
        quotient = f"ROUND({points}*{scale:f}/{possible},{DUST})"
        formula = f'=IF(ISNUMBER({points}),IF({possible}>0,ROUND({quotient},{self.block.decimals}),""),"")'
        style = replace(_STATUS, align="right")
        yield Cell(_RESULT_ROW, 1, said, style, across=column - 1)
        shown = replace(_STATUS, align="center", number=number_format(self.block.decimals))
        yield Cell(_RESULT_ROW, column, Computed(formula, self.points.result(scale)), shown)

    def _maxima(self) -> Sheet:
        """The applicable maximum of every criterion, in its row: what turns out not to be assessed has none."""
        cells: list[Cell] = []
        for criterion in self.assessment.assessed(self.unit):
            row = self.row_of[criterion.code]
            cells += [Cell(row, 1, criterion.code, _CODE), Cell(row, 2, self._most(criterion, row), _POINTS)]
        name = self.words("form.maxima")
        return Sheet(
            name=name, cells=tuple(cells), widths=(12.0, 12.0), visibility=Visibility.VERY_HIDDEN, protected=True
        )

    def _most(self, criterion: Criterion, row: int) -> Computed | Decimal:
        most = self.points.possible(criterion)
        if not self.tree.is_leaf(criterion.code):
            children = self.points.children(criterion)
            cells = [(self.row_of[child.code], 2) for child in children]
            return Computed(f"={most_formula(criterion, children, cells, self.decimals)}", most)
        if not may_be_absent(criterion):
            return most
        shown = in_sheet(self.words("form.sheet"), address(row, self.column_of[FormColumn.SCORE]))
        absent, scored = literal(self.words("not_assessed")), maximum_of(criterion)
        return Computed(f"=IF({shown}={absent},0,{scored:f})", most)

    def _status(self) -> Computed | str:
        """The line that counts what is still empty: a leaf's cell of points is blank until it is filled in."""
        total = len(self.asked)
        if not total:
            return self.words("form.nothing_to_fill")
        filled, missing = "form.all_filled", "form.still_empty"
        if self.has_rules:
            filled, missing = "form.all_complete", "form.still_incomplete"
        column = column_letters(self.column_of[FormColumn.SCORE])
        empty = f"COUNTBLANK({column}{_HEADER_ROW + 1}:{column}{_HEADER_ROW + len(self.shown)})"
        done = self.words(filled, total=total)
        before, after = self.words(missing, empty="|", total=total).split("|")
        formula = f'=IF({empty}=0,"{done}","{before}"&{empty}&"{after}")'
        left = sum(self.points.of_leaf(leaf) in (None, "") for leaf in self.asked)
        return Computed(formula, self.words(missing, empty=left, total=total) if left else done)

    def _inputs(self) -> Iterator[tuple[int, int]]:
        """The cells that points come from, column by column."""
        for kind in (InputKind.FIRST, InputKind.SECOND, InputKind.SCORE):
            for leaf in self.leaves:
                if kind in scored_by(leaf):
                    yield self.row_of[leaf.code], self.column_of[FormColumn(kind)]

    def _plain_inputs(self) -> Iterator[tuple[int, int]]:
        """The inputs that turn yellow while they are empty: those with a remark have its colour."""
        remarked = {self.at(place) for place in self.remarks}
        return (at for at in self._inputs() if at not in remarked)

    def _header(self) -> Iterator[Cell]:
        for column, position in self.column_of.items():
            yield Cell(_HEADER_ROW, position, self.words(f"form.column.{column}"), _HEADER)

    def _rows(self) -> Iterator[Cell]:
        for criterion in self.shown:
            if criterion.code in self.assessment.not_assessed(self.unit):
                yield from self._not_assessed_row(criterion)
            elif self.tree.is_leaf(criterion.code):
                yield from self._leaf_row(criterion)
            else:
                yield from self._inner_row(criterion)

    def _leaf_row(self, leaf: Criterion) -> Iterator[Cell]:
        required = leaf.evidence if leaf.evidence_required else self.words("form.evidence_optional")
        values: _Values = {
            FormColumn.EXPECTED: required if scored_by(leaf) else None,
            FormColumn.RULE: leaf_rule(leaf, self.words),
            FormColumn.MAXIMUM: leaf.max_score,
        }
        if InputKind.SCORE not in scored_by(leaf):
            values[FormColumn.SCORE] = self._computed_points(leaf)
        values |= {FormColumn(kind): self._typed(leaf, kind) for kind in asked_of(leaf)}
        yield from self._row(leaf, values, _TEXT, self._open_looks(leaf))

    def _open_looks(self, leaf: Criterion) -> Mapping[FormColumn, Style]:
        """How the cells of a leaf look that its unit fills in, and those that others fill in."""
        locked = dict.fromkeys(map(FormColumn, InputKind), _LOCKED)
        notes = dict.fromkeys((FormColumn.EVIDENCE, FormColumn.EXPLANATION), _NOTE)
        inputs = dict.fromkeys(map(FormColumn, scored_by(leaf)), _CHOICE if leaf.rule in CHOSEN else _INPUT)
        return {**locked, **notes, **inputs} if inputs else locked

    def _typed(self, leaf: Criterion, kind: InputKind) -> Value:
        """What is typed already; a yes or no in the words of the form."""
        typed = self.typed.get((leaf.code, FormColumn(kind)))
        return self.words(choice_key(typed)) if isinstance(typed, YesNo) else typed

    def _computed_points(self, leaf: Criterion) -> Value:
        """The live points of a leaf, or those that the appraiser gives."""
        shown = self.points.of_leaf(leaf)
        if leaf.rule is Rule.GIVEN or shown is None:
            return shown
        first, second = (self._address(leaf, kind) for kind in (InputKind.FIRST, InputKind.SECOND))
        return Computed(f"={points_formula(leaf, first, second, self.decimals, self.words)}", shown)

    def _address(self, leaf: Criterion, kind: InputKind) -> str:
        return address(self.row_of[leaf.code], self.column_of[FormColumn(kind)]) if kind in scored_by(leaf) else ""

    def _inner_row(self, criterion: Criterion) -> Iterator[Cell]:
        values: _Values = {
            FormColumn.RULE: inner_rule(criterion, self.points.children(criterion), self.words),
            FormColumn.MAXIMUM: self.tree.maximum(criterion.code, self.assessment.not_assessed(self.unit)),
            FormColumn.SCORE: self._subtotal(criterion),
        }
        yield from self._row(criterion, values, _INNER)

    def _not_assessed_row(self, criterion: Criterion) -> Iterator[Cell]:
        values: _Values = {
            FormColumn.SCORE: self.words("not_assessed"),
            FormColumn.EXPLANATION: self._reason(criterion),
        }
        yield from self._row(criterion, values, _ABSENT)

    def _reason(self, criterion: Criterion) -> str:
        """Why a criterion does not apply, where the definition says so for this very criterion."""
        return next((e.reason for e in self.assessment.exemptions_of(self.unit) if e.criterion == criterion.code), "")

    def _row(
        self, criterion: Criterion, values: _Values, style: Style, looks: Mapping[FormColumn, Style] = _NO_LOOKS
    ) -> Iterator[Cell]:
        """Draw a row in one style; `looks` are those of single cells."""
        usual = _usual_looks(style, self.tree.depth(criterion.code))
        given: _Values = {FormColumn.CODE: criterion.code, FormColumn.LABEL: criterion.label, **values}
        for column, position in self.column_of.items():
            remark = self.remarks.get((criterion.code, column))
            look = looks.get(column, usual.get(column, style))
            look = replace(look, fill=remark.fill) if remark else look
            yield Cell(self.row_of[criterion.code], position, given.get(column), look)

    def _subtotal(self, criterion: Criterion) -> Computed:
        children = self.points.children(criterion)
        cells = [(self.row_of[child.code], self.column_of[FormColumn.SCORE]) for child in children]
        absent = self.words("not_assessed") if self.points.may_be_absent(criterion) else ""
        off = {child.code for child in children if is_typed_penalty(child)}
        formula = aggregate_formula(criterion, children, cells, self.decimals, absent, off)
        return Computed(f"={formula}", self.points.of_node(criterion) or 0)

    def _entries(self) -> Iterator[Entry]:
        for leaf in self.leaves:
            for kind in scored_by(leaf):
                yield self.inputs.entry(leaf, kind, (self.row_of[leaf.code], self.column_of[FormColumn(kind)]))

    def _foot(self, row: int) -> Iterator[Cell]:
        left, right = self.column_of[FormColumn.LABEL], self.column_of[FormColumn.EVIDENCE]
        yield Cell(row, right, self.words("form.dated"), _DATED, across=2)
        yield Cell(row + 1, left, self.words("form.prepared_by"), _SIGNED)
        yield Cell(row + 1, right, self.words("form.approved_by"), _SIGNED, across=2)
        yield Cell(row + 2, left, self.words("form.sign_here"), _DATED)
        yield Cell(row + 2, right, self.words("form.seal_here"), _DATED, across=2)


@cache
def _usual_looks(style: Style, depth: int) -> Mapping[FormColumn, Style]:
    """How the columns of a row look that do not have its style, so many levels below the root."""
    centred = replace(style, align="center")
    return {
        FormColumn.CODE: replace(style, number="@"),
        FormColumn.LABEL: replace(style, indent=max(0, depth - 1)),
        FormColumn.EXPECTED: replace(style, size=11),
        FormColumn.RULE: replace(style, size=11, bold=False),
        FormColumn.MAXIMUM: centred,
        FormColumn.SCORE: centred,
    }


def has_rule(criterion: Criterion) -> bool:
    """Tell whether there is more to say than that points are typed up to a maximum, and added."""
    is_plain = criterion.rule in (None, Rule.POINTS) and criterion.step is None and criterion.extra is None
    return not is_plain or criterion.aggregation is not Aggregation.SUM


_STEPS = tuple(f"step{number}" for number in range(1, 8))
_STEPS_WITH_RULES = ("step1_rules", "step2_rules", "step3_rules", "step4", "step5_rules", "step6", "step7")


def _guide(layout: FormLayout) -> Sheet:
    words, profile = layout.words, layout.assessment.profile
    told = _STEPS_WITH_RULES if layout.has_rules else _STEPS
    if any(isinstance(layout.points.of_leaf(leaf), str) for leaf in layout.leaves if leaf.rule is Rule.GIVEN) or any(
        leaf.rule is Rule.RELATIVE for leaf in layout.leaves
    ):
        told = (*told, "step8_rules")
    steps = [words(f"form.guide.{step}", decimals=layout.decimals) for step in told]
    steps.append(words("form.guide.appraiser", name=profile.appraiser))
    if profile.send_to:
        steps.append(words("form.guide.send_to", address=profile.send_to))
    if profile.deadline:
        steps.append(words("form.guide.deadline", date=profile.deadline))
    lines = [Cell(1, 1, words("form.guide.title"), _TITLE, across=2)]
    for number, step in enumerate(steps, 1):
        lines.append(Cell(number + 2, 1, number, replace(_LINE, align="center", valign="top")))
        lines.append(Cell(number + 2, 2, step, replace(_LINE, valign="top")))
    if profile.remark:
        lines.append(Cell(len(steps) + 4, 2, profile.remark, replace(_LINE, italic=True, valign="top")))
    page = Page(landscape=True, footer="&C&P/&N")
    return Sheet(name=words("form.guide.sheet"), cells=tuple(lines), widths=(6.0, 120.0), page=page, protected=True)


def _stamp(layout: FormLayout) -> Sheet:
    pairs = [*stamp_of(layout.assessment, layout.unit)._asdict().items()]
    pairs += [(ANSWERS, digest) for digest in layout.answers]
    placed = enumerate(pairs, 1)
    cells = (cell for row, (k, v) in placed for cell in (Cell(row, 1, k, _CODE), Cell(row, 2, v, _CODE)))
    return Sheet(name=STAMP_SHEET, cells=tuple(cells), visibility=Visibility.VERY_HIDDEN, protected=True)
