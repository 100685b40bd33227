"""The feedback form of a unit: a new form from the template with all that the unit had typed, and what to mend.

It is never an edited copy of the unit's file. The unit mends the coloured cells and sends this very file back: it
carries the stamp of a form and is read like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from cqdt_batch.cells import as_typed
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import Unit
from cqdt_batch.findings import Finding, Severity, Where
from cqdt_batch.intake.answers import MISFITS
from cqdt_batch.intake.rivals import COUNTED, FileEntry
from cqdt_batch.intake.submissions import Input, Submission, scored_by
from cqdt_batch.intake.tables import FormColumn
from cqdt_batch.messages import Words
from cqdt_batch.publishing.forms.form import FormLayout, Remark
from cqdt_batch.publishing.forms.inputs import retyped
from cqdt_batch.publishing.forms.points import Place
from cqdt_batch.publishing.forms.verified import verified_otherwise, verified_remarks, verified_sheet
from cqdt_batch.publishing.sheets import Cell, Link, Page, Sheet, Style, Value, address, in_sheet
from cqdt_batch.scoring.outcome import Outcome
from cqdt_batch.scoring.trace import Trace

_TITLE = Style(size=14, bold=True, align="center", wrap=True)
_LINE = Style(size=13, wrap=True)
_HEADER = Style(size=12, bold=True, align="center", border=True, wrap=True, fill="DDEBF7")
_TEXT = Style(size=12, border=True, wrap=True, valign="top")
_CENTRED = replace(_TEXT, align="center")
_LINK = replace(_CENTRED, color="0563C1")
_FILLS = {Severity.ERROR: "F8CBAD", Severity.WARNING: "FFE699", Severity.NOTICE: "EDEDED"}
_COLUMNS = {"number": 6, "severity": 11, "message": 92, "cell": 10, "sent_cell": 16}
_HEADER_ROW = 6


_OF_FILES_THAT_DO_NOT_COUNT = frozenset({"unit_left_out", "superseded", "file_copy", "same_answers"})
"""Findings that tell the officer about files that do not count: nothing for the unit to mend."""


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """The feedback forms of an outcome; what they need is looked up once for all units."""

    outcome: Outcome
    words: Words

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """The units in whose form something was found, and those to be told that they were verified otherwise.

        Who sent nothing gets no answer.
        """
        told = {finding.unit for finding in self._about_forms(self.outcome.findings)}
        units = self.outcome.assessment.units
        return tuple(unit for unit in units if unit.code in told or verified_otherwise(self._trace, unit))

    def sheets(self, unit: Unit) -> tuple[Sheet, ...]:
        """Make the sheets of a unit's feedback form.

        These are what was found, if anything was; what was verified, if the unit is to be told; and the form with what
        the unit had typed.
        """
        outcome, words = self.outcome, self.words
        own, entries = self._own.get(unit.code, []), self._entries.get(unit.code, [])
        aside = [finding for entry in entries for finding in entry.read if finding not in own]
        findings = tuple(_once(self._about_forms((*own, *aside))))
        verified = verified_otherwise(self._trace, unit)
        submissions = tuple(entry.submission for entry in entries if entry.submission is not None)
        answers = _answers(submissions) if len(submissions) == len(entries) else {}
        cells = _cells(outcome.assessment, unit, submissions)
        remarks = {**dict(verified_remarks(verified, words)), **dict(_remarks(findings, cells, words))}
        remarks |= dict(_differing(answers, words))
        open_again = _open_again(own, cells, _NOBODY_KNOWS) | _open_again(aside, cells, MISFITS)
        for place in open_again & answers.keys():
            remarks[place] = _with_what_stood(remarks.get(place), answers[place], words)
        layout = FormLayout(
            assessment=outcome.assessment,
            unit=unit,
            words=words,
            typed={p: retyped(found[0]) for p, found in answers.items() if len(found) == 1 and p not in open_again},
            remarks=remarks,
            answers=tuple(submission.sha256 for submission in submissions),
        )
        strays = tuple(stray for submission in submissions for stray in submission.strays)
        listed = (_list(layout, findings, cells, strays),) if findings or strays or not verified else ()
        return *listed, *((verified_sheet(layout, verified),) if verified else ()), *layout.sheets()

    def _about_forms(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Those about a form that was handed in, not about the work of officers or appraisers."""
        for finding in findings:
            if finding.where.file in self._received and finding.code not in _OF_FILES_THAT_DO_NOT_COUNT:
                yield finding

    @cached_property
    def _trace(self) -> Trace:
        return Trace(self.outcome)

    @cached_property
    def _received(self) -> frozenset[str]:
        return frozenset(entry.name for entry in self.outcome.intake.files)

    @cached_property
    def _own(self) -> dict[str, list[Finding]]:
        """The findings of each unit."""
        found: dict[str, list[Finding]] = {}
        for finding in self.outcome.findings:
            found.setdefault(finding.unit, []).append(finding)
        return found

    @cached_property
    def _entries(self) -> dict[str, list[FileEntry]]:
        """The files of each unit that count: the accepted one, or all of those that were refused."""
        found: dict[str, list[FileEntry]] = {}
        for entry in self.outcome.intake.files:
            if entry.state in COUNTED:
                found.setdefault(entry.unit, []).append(entry)
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cells:
    """Where in the new form stands what a finding about an old file is about.

    `places` are those of the inputs that were read, `columns` those in which the answers for a leaf stand.
    """

    places: Mapping[Where, Place]
    columns: Mapping[str, tuple[FormColumn, ...]]

    def of(self, finding: Finding) -> list[Place]:
        """The cells of the new form that a finding is about: its own, or all answers for the criteria that it names."""
        if finding.where in self.places and "codes" not in finding.facts:
            return [self.places[finding.where]]
        codes = finding.facts.get("codes", (finding.facts.get("code"),))
        named = [code for code in codes if isinstance(code, str)] if isinstance(codes, tuple) else []
        return [(code, column) for code in named for column in self.columns.get(code, (FormColumn.SCORE,))]


def _cells(assessment: Assessment, unit: Unit, submissions: Iterable[Submission]) -> _Cells:
    return _Cells(
        places={found.where: (found.criterion, FormColumn(found.kind)) for s in submissions for found in s.inputs},
        columns={
            leaf.code: tuple(map(FormColumn, scored_by(leaf))) or (FormColumn.SCORE,)
            for leaf in assessment.assessed_leaves(unit)
        },
    )


_NOBODY_KNOWS = frozenset({"row_repeated", "label_of_another", "maximum_changed", "maxima_changed", "score_covered"})
"""Where it is not known that an answer is meant for this criterion, the unit types it anew."""


def _open_again(findings: Iterable[Finding], cells: _Cells, codes: frozenset[str]) -> set[Place]:
    """The cells of answers that go out empty: sent back unmended, they must not pass for an answer."""
    found: set[Place] = set()
    for finding in findings:
        criteria = {code for code, _ in cells.of(finding)} if finding.code in codes else set()
        if finding.code == "column_repeated":
            criteria = set(cells.columns)
        found |= {(code, column) for code in criteria for column in cells.columns.get(code, (FormColumn.SCORE,))}
    return found


def _with_what_stood(remark: Remark | None, found: tuple[Input, ...], words: Words) -> Remark:
    said = words("feedback.was", said=tuple(as_typed(one.raw) for one in found if one.raw is not None))
    text = f"{remark.text}\n{said}" if remark else said
    return Remark(text=text, fill=_FILLS[Severity.ERROR])


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Tell the unit once that it sent several files, though every one of them has the finding."""
    told: set[str] = set()
    for finding in findings:
        if finding.code != "several_submissions" or finding.code not in told:
            yield finding
        told.add(finding.code)


def _answers(submissions: Iterable[Submission]) -> dict[Place, tuple[Input, ...]]:
    """What the unit typed for each cell of the form: one input, or those in which its files differ, empty ones too."""
    found: dict[Place, tuple[Input, ...]] = {}
    for submission in submissions:
        for one in submission.inputs:
            place = (one.criterion, FormColumn(one.kind))
            known = found.get(place, ())
            if retyped(one) not in map(retyped, known):
                found[place] = (*known, one)
    return {place: inputs for place, inputs in found.items() if any(one.raw is not None for one in inputs)}


def _differing(answers: Mapping[Place, tuple[Input, ...]], words: Words) -> Iterator[tuple[Place, Remark]]:
    """The cells that the unit's files fill in differently are left empty: only the unit knows which is meant."""
    for place, found in answers.items():
        if len(found) > 1:
            said = tuple(f"{_said(one, words)} ({one.where.file})" for one in found)
            yield place, Remark(text=words("feedback.differing", said=said), fill=_FILLS[Severity.ERROR])


def _said(found: Input, words: Words) -> str:
    return as_typed(found.raw) if found.raw is not None else words("form.empty")


def _remarks(findings: Iterable[Finding], cells: _Cells, words: Words) -> Iterator[tuple[Place, Remark]]:
    """What to say at which cell; the heaviest finding of a cell comes first and gives the colour."""
    texts: dict[Place, list[str]] = {}
    fills: dict[Place, str] = {}
    for finding in findings:
        for place in cells.of(finding):
            texts.setdefault(place, []).append(words.message_for_unit(finding))
            fills.setdefault(place, _FILLS[finding.severity])
    yield from ((place, Remark(text="\n".join(said), fill=fills[place])) for place, said in texts.items())


_Strays = tuple[tuple[Where, str], ...]
_Row = tuple[tuple[Value, Style], ...]


def _list(layout: FormLayout, findings: tuple[Finding, ...], cells: _Cells, strays: _Strays) -> Sheet:
    """The first sheet: what was found, what to do, a link to the cell; and what the form has no cell for."""
    words = layout.words
    found = (_finding_row(layout, number, finding, cells) for number, finding in enumerate(findings, 1))
    below = _HEADER_ROW + len(findings) + 2
    left = (_stray_row(number, where, text) for number, (where, text) in enumerate(strays, 1))
    title = [Cell(below, 1, words("feedback.left"), _LINE, across=len(_COLUMNS))] if strays else []
    return Sheet(
        name=words("feedback.sheet"),
        cells=(*_head(layout), *_drawn(found, _HEADER_ROW + 1), *title, *_drawn(left, below + 1)),
        widths=tuple(float(width) for width in _COLUMNS.values()),
        page=Page(landscape=True, repeat=(_HEADER_ROW, _HEADER_ROW), footer=f"&C&P/&N&R{layout.unit.code}"),
        freeze=(_HEADER_ROW + 1, 1),
        protected=True,
    )


def _head(layout: FormLayout) -> Iterator[Cell]:
    words, profile = layout.words, layout.assessment.profile
    heading = (
        (words("feedback.title"), _TITLE),
        (words("form.unit", unit=layout.unit.name), replace(_LINE, align="center", bold=True)),
        (f"{profile.index_name} – {words('form.year', year=profile.year)}", replace(_LINE, align="center")),
        (words(_how(layout)), _LINE),
    )
    for row, (text, style) in enumerate(heading, 1):
        yield Cell(row, 1, text, style, across=len(_COLUMNS))
    for position, column in enumerate(_COLUMNS, 1):
        yield Cell(_HEADER_ROW, position, words(f"board.column.{column}"), _HEADER)


def _drawn(rows: Iterable[_Row], first: int) -> Iterator[Cell]:
    for number, row in enumerate(rows, first):
        yield from (Cell(number, position, value, style) for position, (value, style) in enumerate(row, 1))


def _finding_row(layout: FormLayout, number: int, finding: Finding, cells: _Cells) -> _Row:
    words = layout.words
    return (
        (number, _CENTRED),
        (words(f"severity.{finding.severity}"), replace(_CENTRED, fill=_FILLS[finding.severity])),
        (words.message_for_unit(finding), _TEXT),
        (_link(layout, cells.of(finding)), _LINK),
        (words.place(finding.where), _CENTRED),
    )


def _stray_row(number: int, where: Where, text: str) -> _Row:
    return (number, _CENTRED), ("", _TEXT), (text, _TEXT), ("", _TEXT), (where.cell, _CENTRED)


def _how(layout: FormLayout) -> str:
    """What the form says of itself: it carries all, what the unit's several files agree on, or nothing."""
    if not layout.typed:
        return "feedback.how_empty"
    return "feedback.how_several" if len(layout.answers) > 1 else "feedback.how"


def _link(layout: FormLayout, places: Iterable[Place]) -> Value:
    at = next(filter(None, map(layout.at, places)), None)
    if at is None:
        return None
    cell = address(*at)
    return Link(f"internal:{in_sheet(layout.words('form.sheet'), cell)}", cell)
