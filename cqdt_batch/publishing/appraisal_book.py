"""The workbook of one appraiser: what every unit of a part says of itself, with room for what is verified and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.parts import leaves_of, parts_of
from cqdt_batch.definition.records import AppraisalPart, Block, Criterion, Rule, Unit
from cqdt_batch.definition.sheets import YesNo, choice_key
from cqdt_batch.definition.stamp import STAMP_SHEET, part_stamp, rule_stamp
from cqdt_batch.findings import Finding, Where
from cqdt_batch.intake.appraisal_table import NOTES, OWN, VERIFIED, AppraisalColumn
from cqdt_batch.intake.questions import CHOSEN, wanted
from cqdt_batch.intake.rivals import FileState
from cqdt_batch.intake.submissions import InputKind, scored_by
from cqdt_batch.intake.tables import FormColumn
from cqdt_batch.intake.verdicts import Verdict, verified_by
from cqdt_batch.messages import Words
from cqdt_batch.publishing.forms.form import has_rule
from cqdt_batch.publishing.forms.inputs import FormInputs, retyped
from cqdt_batch.publishing.forms.points import FormPoints, Place
from cqdt_batch.publishing.forms.rule_text import leaf_rule
from cqdt_batch.publishing.formulas import literal, points_formula
from cqdt_batch.publishing.sheets import (
    Alert,
    Cell,
    Computed,
    Entry,
    Page,
    Sheet,
    Style,
    Value,
    Visibility,
    address,
    as_shown,
)
from cqdt_batch.scoring.outcome import Outcome

_TITLE = Style(size=14, bold=True, align="center", wrap=True)
_LINE = Style(size=12, wrap=True)
_HEADER = Style(size=10, bold=True, align="center", border=True, wrap=True, fill="DDEBF7")
_TO_FILL = replace(_HEADER, fill="E2EFDA")
_TEXT = Style(size=10, border=True, wrap=True, valign="top")
_CODE = replace(_TEXT, number="@")
_FIGURE = replace(_TEXT, align="center")
_LOCKED = replace(_FIGURE, fill="F2F2F2")
_OPEN = replace(_FIGURE, unlocked=True, fill="FFFFF0")
_CHOICE = replace(_OPEN, number="@")
_REASON = replace(_TEXT, unlocked=True, number="@", fill="FFFFF0")

_WIDTHS = {
    AppraisalColumn.UNIT_CODE: 10,
    AppraisalColumn.UNIT: 18,
    AppraisalColumn.CODE: 8,
    AppraisalColumn.LABEL: 26,
    AppraisalColumn.RULE: 26,
    AppraisalColumn.MAXIMUM: 8,
    AppraisalColumn.FIRST: 11,
    AppraisalColumn.SECOND: 8,
    AppraisalColumn.SCORE: 10,
    AppraisalColumn.EVIDENCE: 24,
    AppraisalColumn.EXPLANATION: 18,
    AppraisalColumn.LAST: 8,
    AppraisalColumn.FINDINGS: 22,
    AppraisalColumn.VERIFIED_FIRST: 11,
    AppraisalColumn.VERIFIED_SECOND: 9,
    AppraisalColumn.VERIFIED_SCORE: 10,
    AppraisalColumn.REASON: 26,
}
"""All columns in their order and how wide they are; those that a part has no use for are left out."""

_HEADER_ROW = 7
_ROOM_FOR_REASONS = 30.0
"""Points: two lines, since Excel does not heighten a row of a protected sheet while somebody types."""
_STEPS = (
    "table",
    "cells",
    "figures",
    "pairs",
    "many",
    "reasons",
    "unfinished",
    "several",
    "again",
    "newer_form",
    "send",
)
_STEPS_ON = {"figures": AppraisalColumn.VERIFIED_FIRST, "pairs": AppraisalColumn.VERIFIED_SECOND}
"""Steps that are told only where the table has the column."""


class Line(NamedTuple):
    """A row of the table: a unit on a leaf."""

    unit: Unit
    leaf: Criterion


def appraisal_books(outcome: Outcome, words: Words) -> Iterator[AppraisalBook]:
    """The workbooks of all parts in which there is anything to verify."""
    books = (AppraisalBook(outcome=outcome, part=part, words=words) for part in parts_of(outcome.assessment))
    return (book for book in books if book.lines)


class LeftBehind(NamedTuple):
    """What appraisers handed in and the next workbooks do not show: so many rows with errors, and refused files."""

    rows: int
    files: tuple[str, ...]


def left_behind(outcome: Outcome) -> LeftBehind:
    """Tell what of the appraisers' work does not go into the next workbooks."""
    refused = tuple(entry.name for entry in outcome.appraisal.files if entry.state is FileState.REFUSED)
    taken = {_row_of(one.where) for verdict in outcome.appraisal.verdicts.values() for one in verdict.inputs}
    wrong = {_row_of(finding.where) for finding in outcome.appraisal_errors if finding.where.row}
    return LeftBehind(sum(row.file not in refused for row in wrong - taken), refused)


def _row_of(where: Where) -> Where:
    return replace(where, column=0)


@dataclass(frozen=True, kw_only=True)
class AppraisalBook:
    """The workbook of one part: a row for every leaf of every unit whose form counts.

    What was verified before stands in it again, so that a second workbook loses nothing but what `left_behind` tells.
    """

    outcome: Outcome
    part: AppraisalPart
    words: Words

    def sheets(self) -> tuple[Sheet, ...]:
        """Draw the guide, the table, its lists and its stamp."""
        lists = (self._inputs.lists(),) if self._inputs.listed else ()
        return self._guide(), self._table(), *lists, self._stamp()

    @property
    def _assessment(self) -> Assessment:
        return self.outcome.assessment

    @property
    def _block(self) -> Block:
        return self._assessment.block_by_code[self.part.block]

    @cached_property
    def _leaves(self) -> tuple[Criterion, ...]:
        return leaves_of(self._assessment, self.part)

    @cached_property
    def _subjects(self) -> dict[str, tuple[Criterion, ...]]:
        """The leaves of the part that each unit is assessed on; units without any are left out."""
        codes = {leaf.code for leaf in self._leaves}
        units = [unit for unit in self._assessment.asked_units if unit.block == self.part.block]
        assessed = (
            (u.code, [leaf for leaf in self._assessment.assessed_leaves(u) if leaf.code in codes]) for u in units
        )
        return {unit: tuple(leaves) for unit, leaves in assessed if leaves}

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The rows of the table: units in register order, leaves in that of the tree."""
        units, sent = self._assessment.unit_by_code, self.outcome.own_submission_of
        return tuple(Line(units[u], leaf) for u, leaves in self._subjects.items() if u in sent for leaf in leaves)

    @cached_property
    def _columns(self) -> dict[AppraisalColumn, int]:
        """The position of each column that the part has a use for."""
        kinds = {kind for line in self.lines for kind in scored_by(line.leaf)}
        optional = {
            AppraisalColumn.RULE: any(map(has_rule, self._leaves)),
            AppraisalColumn.FIRST: InputKind.FIRST in kinds,
            AppraisalColumn.SECOND: InputKind.SECOND in kinds,
            AppraisalColumn.LAST: any(self._assessment.past_of(line.unit, line.leaf.code) for line in self.lines),
            AppraisalColumn.FINDINGS: any(self._found_on(line) for line in self.lines),
            AppraisalColumn.VERIFIED_FIRST: InputKind.FIRST in kinds,
            AppraisalColumn.VERIFIED_SECOND: InputKind.SECOND in kinds,
        }
        drawn = (column for column in _WIDTHS if optional.get(column, True))
        return {column: position for position, column in enumerate(drawn, 1)}

    @cached_property
    def _inputs(self) -> FormInputs:
        return FormInputs(leaves=self._leaves, decimals=self._block.input_decimals, words=self.words)

    def _table(self) -> Sheet:
        last = _HEADER_ROW + len(self.lines)
        return Sheet(
            name=self.words("appraisal.sheet"),
            cells=(*self._head(), *self._headers(), *self._rows()),
            widths=tuple(float(_WIDTHS[column]) for column in self._columns),
            page=Page(landscape=True, repeat=(_HEADER_ROW, _HEADER_ROW), footer=f"&C&P/&N&R{self.part.code}"),
            least_heights=dict.fromkeys(range(_HEADER_ROW + 1, last + 1), _ROOM_FOR_REASONS),
            freeze=(_HEADER_ROW + 1, self._columns[AppraisalColumn.LABEL] + 1),
            filtered=(_HEADER_ROW, 1, last, len(self._columns)),
            entries=tuple(self._entries()),
            alerts=(self._reason_alert(last),),
            protected=True,
        )

    def _head(self) -> Iterator[Cell]:
        profile = self._assessment.profile
        sent = self.outcome.own_submission_of
        absent = (unit.printed_name for unit in self._assessment.asked_units if self._is_absent(unit, sent))
        lines: tuple[tuple[str, Style], ...] = (
            (self.words("appraisal.title"), _TITLE),
            (f"{profile.index_name} – {self.words('form.year', year=profile.year)}", _TITLE),
            (self.words("appraisal.part", part=self.part.code, block=self._block.name), replace(_LINE, align="center")),
            (self.words("appraisal.appraiser", name=self.part.appraiser or "…" * 20), _LINE),
            (self.words("appraisal.absent", units=names) if (names := tuple(absent)) else "", _LINE),
        )
        for row, (text, style) in enumerate(lines, 1):
            yield Cell(row, 1, text, style, across=len(self._columns))

    def _is_absent(self, unit: Unit, sent: Mapping[str, object]) -> bool:
        return unit.code in self._subjects and unit.code not in sent

    def _headers(self) -> Iterator[Cell]:
        filled_in = {*VERIFIED.values(), AppraisalColumn.REASON}
        for column, position in self._columns.items():
            style = _TO_FILL if column in filled_in else _HEADER
            yield Cell(_HEADER_ROW, position, self.words.shown(column.header), style)

    def _rows(self) -> Iterator[Cell]:
        for row, line in enumerate(self.lines, _HEADER_ROW + 1):
            values, looks = self._values(line, row), self._looks(line.leaf)
            for column, position in self._columns.items():
                yield Cell(row, position, values.get(column), looks.get(column, _LOCKED))

    def _values(self, line: Line, row: int) -> dict[AppraisalColumn, Value]:
        unit, leaf = line
        own, verdict = self._own(line), self._verdict(line)
        verified = {} if verdict is None else {one.kind: retyped(one) for one in verdict.inputs}
        texts: dict[AppraisalColumn, Value] = {
            AppraisalColumn.UNIT_CODE: unit.code,
            AppraisalColumn.UNIT: unit.printed_name,
            AppraisalColumn.CODE: leaf.code,
            AppraisalColumn.LABEL: leaf.label,
            AppraisalColumn.RULE: leaf_rule(leaf, self.words),
            AppraisalColumn.MAXIMUM: leaf.max_score,
            AppraisalColumn.LAST: self._last(line),
            AppraisalColumn.FINDINGS: "\n".join(self._found_on(line)),
            AppraisalColumn.REASON: self._reason(line),
        }
        texts |= {column: own.get(kind) for kind, column in NOTES.items()}
        texts |= {OWN[kind]: self._worded(own.get(kind)) for kind in scored_by(leaf)}
        texts |= {VERIFIED[kind]: self._worded(verified.get(kind)) for kind in verified_by(leaf)}
        if InputKind.SCORE not in scored_by(leaf):
            texts[AppraisalColumn.SCORE] = self._points(line, own)
        if InputKind.SCORE not in verified_by(leaf):
            given = {kind: value for kind, value in verified.items() if value is not None}
            texts[AppraisalColumn.VERIFIED_SCORE] = self._live_points(line, row, {**own, **given})
        return texts

    def _own(self, line: Line) -> dict[InputKind, Value]:
        """What a unit typed for a leaf; what was not understood as it was typed."""
        return self._answers[line.unit.code].get(line.leaf.code, {})

    @cached_property
    def _answers(self) -> dict[str, dict[str, dict[InputKind, Value]]]:
        found: dict[str, dict[str, dict[InputKind, Value]]] = {}
        for unit, submission in self.outcome.own_submission_of.items():
            leaves = found.setdefault(unit, defaultdict(dict))
            for one in submission.inputs:
                leaves[one.criterion][one.kind] = retyped(one)
        return found

    def _verdict(self, line: Line) -> Verdict | None:
        return self.outcome.appraisal.verdicts.get((line.unit.code, line.leaf.code))

    def _reason(self, line: Line) -> str:
        """The reason of a verdict, and what was written where the value is still missing."""
        unit, leaf = line.unit.code, line.leaf.code
        verdict = self._verdict(line)
        written = [verdict.reason] if verdict and verdict.reason else []
        return "; ".join(dict.fromkeys((*written, *self._reasons_alone.get((unit, leaf), ()))))

    @cached_property
    def _reasons_alone(self) -> dict[tuple[str, str], list[str]]:
        """The reasons beside which no value was verified, by unit and criterion."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for finding in self.outcome.findings:
            if finding.code == "reason_without_value":
                found[finding.unit, str(finding.facts["code"])].append(str(finding.facts["reason"]))
        return found

    def _worded(self, value: Value) -> Value:
        """A yes or no in the words of the workbook."""
        return self.words(choice_key(value)) if isinstance(value, YesNo) else value

    def _points(self, line: Line, typed: Mapping[InputKind, Value]) -> Value:
        """The points that figures and choices give, as a form alone can know them."""
        places: dict[Place, Value] = {(line.leaf.code, FormColumn(kind)): value for kind, value in typed.items()}
        points = FormPoints(assessment=self._assessment, unit=line.unit, words=self.words, typed=places)
        return points.of_leaf(line.leaf)

    def _live_points(self, line: Line, row: int, counted: Mapping[InputKind, Value]) -> Computed:
        """The points of a computed leaf once anything of it is verified; what is not is taken from the unit."""
        first, second = (self._counting(line.leaf, kind, row) for kind in (InputKind.FIRST, InputKind.SECOND))
        formula = points_formula(line.leaf, first, second, self._block.input_decimals, self.words)
        shown = self._points(line, counted) if self._verdict(line) else ""
        untouched = ",".join(f'{address(row, self._columns[VERIFIED[kind]])}=""' for kind in scored_by(line.leaf))
        formula = f'IF(AND({untouched}),"",{formula})'
        return Computed(f"={formula}", shown if isinstance(shown, Decimal | str) else "")

    def _counting(self, leaf: Criterion, kind: InputKind, row: int) -> str:
        if kind not in scored_by(leaf):
            return ""
        own, verified = (address(row, self._columns[columns[kind]]) for columns in (OWN, VERIFIED))
        return f'IF({verified}="",{own},{verified})'

    def _last(self, line: Line) -> Decimal | None:
        """Last year's points on the criterion; of a merged unit the mean of those it was merged from."""
        past = [Fraction(one.total) for one in self._assessment.past_of(line.unit, line.leaf.code)]
        return as_shown(sum(past, Fraction(0)) / len(past)) if past else None

    def _found_on(self, line: Line) -> tuple[str, ...]:
        """What was found in a unit's answers on a leaf, without what the unit should do about it."""
        found = self._findings.get((line.unit.code, line.leaf.code), ())
        return tuple(self.words(f"finding.{finding.code}.says", **finding.facts) for finding in found)

    @cached_property
    def _findings(self) -> dict[tuple[str, str], list[Finding]]:
        """The findings in the forms that count, by unit and criterion."""
        forms = {(unit, s.file) for unit, s in self.outcome.own_submission_of.items()}
        found: dict[tuple[str, str], list[Finding]] = defaultdict(list)
        for finding in self.outcome.findings:
            code = finding.facts.get("code")
            if isinstance(code, str) and (finding.unit, finding.where.file) in forms:
                found[finding.unit, code].append(finding)
        return found

    def _looks(self, leaf: Criterion) -> dict[AppraisalColumn, Style]:
        """How the cells of a row look; those that a leaf has no use for are grey."""
        texts = (
            AppraisalColumn.UNIT,
            AppraisalColumn.LABEL,
            AppraisalColumn.RULE,
            AppraisalColumn.EVIDENCE,
            AppraisalColumn.EXPLANATION,
            AppraisalColumn.FINDINGS,
        )
        figures = (
            AppraisalColumn.MAXIMUM,
            AppraisalColumn.LAST,
            AppraisalColumn.SCORE,
            *(OWN[k] for k in scored_by(leaf)),
        )
        opened = _CHOICE if leaf.rule in CHOSEN else _OPEN
        return {
            AppraisalColumn.UNIT_CODE: _CODE,
            AppraisalColumn.CODE: _CODE,
            **dict.fromkeys(texts, _TEXT),
            **dict.fromkeys(figures, _FIGURE),
            **{VERIFIED[kind]: opened for kind in verified_by(leaf)},
            AppraisalColumn.REASON: _REASON,
        }

    def _entries(self) -> Iterator[Entry]:
        """What may be typed into the cells of each leaf; empty ones are not verified yet."""
        rows: dict[Criterion, list[int]] = defaultdict(list)
        for row, line in enumerate(self.lines, _HEADER_ROW + 1):
            rows[line.leaf].append(row)
        for leaf, alike in rows.items():
            for kind in verified_by(leaf):
                cells = tuple((row, self._columns[VERIFIED[kind]]) for row in alike)
                message = self.words("appraisal.input_message", wanted=wanted(leaf, kind))
                entry = self._inputs.entry(leaf, kind, cells[0])
                yield replace(entry, last=cells[-1], cells=cells, message=message[:_MOST_OF_A_MESSAGE])

    def _reason_alert(self, last: int) -> Alert:
        """Reasons that are missing: something was verified otherwise than the unit has it."""
        row = _HEADER_ROW + 1
        cells = {column: f"${address(row, position)}" for column, position in self._columns.items()}
        pairs = [(cells[OWN[kind]], cells[VERIFIED[kind]]) for kind in OWN if VERIFIED[kind] in cells]
        differs = ",".join(f'AND({verified}<>"",{verified}<>{own})' for own, verified in pairs)
        given = literal(self.words(choice_key(Rule.GIVEN)))
        reason = cells[AppraisalColumn.REASON]
        formula = f'AND({reason}="",{cells[AppraisalColumn.SCORE]}<>{given},OR({differs}))'
        position = self._columns[AppraisalColumn.REASON]
        return Alert((row, position), (last, position), formula)

    def _guide(self) -> Sheet:
        useless = {step for step, column in _STEPS_ON.items() if column not in self._columns}
        told = (step for step in _STEPS if step not in useless)
        steps = [self.words(f"appraisal.guide.{step}", decimals=self._block.input_decimals) for step in told]
        lines = [Cell(1, 1, self.words("appraisal.guide.title"), _TITLE, across=2)]
        for number, step in enumerate(steps, 1):
            lines.append(Cell(number + 2, 1, number, Style(align="center", valign="top")))
            lines.append(Cell(number + 2, 2, step, Style(wrap=True, valign="top")))
        name, page = self.words("form.guide.sheet"), Page(landscape=True, footer="&C&P/&N")
        return Sheet(name=name, cells=tuple(lines), widths=(6.0, 120.0), page=page, protected=True)

    def _stamp(self) -> Sheet:
        pairs = (*part_stamp(self._assessment, self.part)._asdict().items(), *map(rule_stamp, self._leaves))
        placed = enumerate(pairs, 1)
        cells = (cell for row, (k, v) in placed for cell in (Cell(row, 1, k, _CODE), Cell(row, 2, v, _CODE)))
        return Sheet(name=STAMP_SHEET, cells=tuple(cells), visibility=Visibility.VERY_HIDDEN, protected=True)


_MOST_OF_A_MESSAGE = 255
"""Characters: what Excel takes."""
