"""The self-assessment form of one unit: what it is asked, with live sums, and a hidden stamp to know it by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import TypeAlias

from cqdt_batch.definition.assessment import Assessment, CriteriaTree
from cqdt_batch.definition.records import Criterion, Unit
from cqdt_batch.definition.stamp import ANSWERS, STAMP_SHEET, stamp_of
from cqdt_batch.findings import column_letters
from cqdt_batch.intake.tables import FormColumn
from cqdt_batch.messages import Words
from cqdt_batch.publishing.sheets import Cell, Computed, Entry, Page, Sheet, Style, Value, Visibility, ranges, summed
from cqdt_batch.scoring.rounding import published

_TITLE = Style(size=14, bold=True, align="center", wrap=True)
_SUBTITLE = Style(size=13, align="center", wrap=True)
_LINE = Style(size=13, wrap=True)
_STATUS = Style(size=13, bold=True, color="1F4E79", wrap=True)
_HEADER = Style(size=12, bold=True, align="center", border=True, wrap=True, fill="DDEBF7")
_TEXT = Style(size=12, border=True, wrap=True)
_CODE = replace(_TEXT, number="@")
_POINTS = replace(_TEXT, align="center")
_INPUT = replace(_POINTS, unlocked=True)
_NOTE = replace(_TEXT, unlocked=True, number="@")
_SIGNED = Style(size=13, bold=True, align="center", wrap=True)
_DATED = Style(size=13, italic=True, align="center", wrap=True)

_COLUMNS = (
    (FormColumn.CODE, 8),
    (FormColumn.LABEL, 40),
    (FormColumn.EXPECTED, 25),
    (FormColumn.MAXIMUM, 8),
    (FormColumn.SCORE, 10),
    (FormColumn.EVIDENCE, 29),
    (FormColumn.EXPLANATION, 24),
)
_AT = {column: position for position, (column, _) in enumerate(_COLUMNS, 1)}
_WIDTHS = tuple(float(width) for _, width in _COLUMNS)
_Values: TypeAlias = dict[FormColumn, Value]
_HEADER_ROW = 7
_ROOM_FOR_EVIDENCE = 48.0
"""Points: three lines, since Excel does not heighten a row of a protected sheet while somebody types."""
_STATUS_ROW = 5


Place: TypeAlias = "tuple[str, FormColumn]"
"""A cell of a form, by its criterion and its column."""


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
        return self.sheet(), _guide(self), _stamp(self)

    def at(self, place: Place) -> tuple[int, int] | None:
        """The row and column of a cell; None where the form has no such row."""
        criterion, column = place
        return (self.row_of[criterion], _AT[column]) if criterion in self.row_of else None

    @cached_property
    def tree(self) -> CriteriaTree:
        """The criteria of the unit's block."""
        return self.assessment.trees[self.unit.block]

    @property
    def decimals(self) -> int:
        """How many decimals a score of this form may have."""
        return self.assessment.block_by_code[self.unit.block].input_decimals

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
        """What the unit is asked for."""
        return self.assessed_below(self.tree.root)

    def assessed_below(self, criterion: Criterion) -> tuple[Criterion, ...]:
        """The leaves below a criterion that the unit is asked for."""
        exempt = self.assessment.not_assessed(self.unit)
        return tuple(leaf for leaf in self.tree.leaves(criterion.code) if leaf.code not in exempt)

    def sheet(self) -> Sheet:
        """Draw the form."""
        last = _HEADER_ROW + len(self.shown)
        return Sheet(
            name=self.words("form.sheet"),
            cells=(*self._head(), *self._header(), *self._rows(), *self._foot(last + 2)),
            widths=_WIDTHS,
            page=Page(landscape=True, repeat=(_HEADER_ROW, _HEADER_ROW), footer=f"&C&P/&N&R{self.unit.code}"),
            freeze=(_HEADER_ROW + 1, 3),
            least_heights={self.row_of[leaf.code]: _ROOM_FOR_EVIDENCE for leaf in self.leaves},
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
            yield Cell(row, 1, value, style, across=len(_COLUMNS))

    def _status(self) -> Computed | str:
        """The line that counts what is still empty; only inputs ever are in the column of scores."""
        total = len(self.leaves)
        if not total:
            return self.words("form.nothing_to_fill")
        column = column_letters(_AT[FormColumn.SCORE])
        empty = f"COUNTBLANK({column}{_HEADER_ROW + 1}:{column}{_HEADER_ROW + len(self.shown)})"
        done = self.words("form.all_filled", total=total)
        before, after = self.words("form.still_empty", empty="|", total=total).split("|")
        formula = f'=IF({empty}=0,"{done}","{before}"&{empty}&"{after}")'
        left = sum((leaf.code, FormColumn.SCORE) not in self.typed for leaf in self.leaves)
        return Computed(formula, self.words("form.still_empty", empty=left, total=total) if left else done)

    def _inputs(self) -> Iterator[tuple[int, int]]:
        return ((self.row_of[leaf.code], _AT[FormColumn.SCORE]) for leaf in self.leaves)

    def _plain_inputs(self) -> Iterator[tuple[int, int]]:
        """The inputs that turn yellow while they are empty: those with a remark have its colour."""
        remarked = {self.at(place) for place in self.remarks}
        return (at for at in self._inputs() if at not in remarked)

    def _header(self) -> Iterator[Cell]:
        for column, position in _AT.items():
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
        values: _Values = {FormColumn.EXPECTED: required, FormColumn.MAXIMUM: leaf.max_score}
        values |= {column: value for (code, column), value in self.typed.items() if code == leaf.code}
        yield from self._row(leaf, values, _TEXT, is_open=True)

    def _inner_row(self, criterion: Criterion) -> Iterator[Cell]:
        maximum = sum((leaf.max_score or Decimal(0) for leaf in self.assessed_below(criterion)), Decimal(0))
        values: _Values = {FormColumn.MAXIMUM: maximum, FormColumn.SCORE: self._subtotal(criterion)}
        yield from self._row(criterion, values, replace(_TEXT, bold=True, fill="F2F2F2"))

    def _not_assessed_row(self, criterion: Criterion) -> Iterator[Cell]:
        values: _Values = {
            FormColumn.SCORE: self.words("not_assessed"),
            FormColumn.EXPLANATION: self._reason(criterion),
        }
        yield from self._row(criterion, values, replace(_TEXT, italic=True, fill="F2F2F2", color="7F7F7F"))

    def _reason(self, criterion: Criterion) -> str:
        """Why a criterion does not apply, where the definition says so for this very criterion."""
        return next((e.reason for e in self.assessment.exemptions_of(self.unit) if e.criterion == criterion.code), "")

    def _row(self, criterion: Criterion, values: _Values, style: Style, *, is_open: bool = False) -> Iterator[Cell]:
        """Draw a row; `is_open` rows take a score, evidence and an explanation."""
        centred = replace(style, align="center")
        looks = {
            FormColumn.CODE: replace(style, number="@"),
            FormColumn.LABEL: replace(style, indent=max(0, self.tree.depth(criterion.code) - 1)),
            FormColumn.EXPECTED: replace(style, size=11),
            FormColumn.MAXIMUM: centred,
            FormColumn.SCORE: _INPUT if is_open else centred,
            FormColumn.EVIDENCE: _NOTE if is_open else style,
            FormColumn.EXPLANATION: _NOTE if is_open else style,
        }
        given: _Values = {FormColumn.CODE: criterion.code, FormColumn.LABEL: criterion.label, **values}
        for column, position in _AT.items():
            remark = self.remarks.get((criterion.code, column))
            look = replace(looks[column], fill=remark.fill) if remark else looks[column]
            yield Cell(self.row_of[criterion.code], position, given.get(column), look)

    def _children(self, criterion: Criterion) -> tuple[Criterion, ...]:
        exempt = self.assessment.not_assessed(self.unit)
        return tuple(c for c in self.tree.children[criterion.code] if c.code not in exempt)

    def _subtotal(self, criterion: Criterion) -> Computed:
        cells = ((self.row_of[child.code], _AT[FormColumn.SCORE]) for child in self._children(criterion))
        return Computed(f"=ROUND({summed(cells)},{self.decimals})", self._sum(criterion) or 0)

    def _sum(self, criterion: Criterion) -> Decimal:
        """What the sum beside a criterion shows: as in Excel, what is no number adds nothing."""
        if self.tree.is_leaf(criterion.code):
            typed = self.typed.get((criterion.code, FormColumn.SCORE))
            return typed if isinstance(typed, Decimal) else Decimal(0)
        return published(sum(map(self._sum, self._children(criterion)), Decimal(0)), self.decimals)

    def _entries(self) -> Iterator[Entry]:
        for leaf in self.leaves:
            place = (self.row_of[leaf.code], _AT[FormColumn.SCORE])
            maximum = leaf.max_score or Decimal(0)
            yield Entry(
                first=place,
                last=place,
                title=self.words("form.input_title", code=leaf.code)[:32],
                message=self.words("form.input_message", maximum=maximum, decimals=self.decimals),
                bounds=(Decimal(0), maximum),
                error_title=self.words("form.error_title"),
                error_message=self.words("form.error_message", maximum=maximum),
            )

    def _foot(self, row: int) -> Iterator[Cell]:
        left, right = _AT[FormColumn.LABEL], _AT[FormColumn.EVIDENCE]
        yield Cell(row, right, self.words("form.dated"), _DATED, across=2)
        yield Cell(row + 1, left, self.words("form.prepared_by"), _SIGNED)
        yield Cell(row + 1, right, self.words("form.approved_by"), _SIGNED, across=2)
        yield Cell(row + 2, left, self.words("form.sign_here"), _DATED)
        yield Cell(row + 2, right, self.words("form.seal_here"), _DATED, across=2)


def _guide(layout: FormLayout) -> Sheet:
    words, profile = layout.words, layout.assessment.profile
    steps = [words(f"form.guide.step{number}", decimals=layout.decimals) for number in range(1, 8)]
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
