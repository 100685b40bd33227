"""The feedback form of a unit: a new form from the template with all that the unit had typed, and what to mend.

It is never an edited copy of the unit's file. The unit mends the coloured cells and sends this very file back: it
carries the stamp of a form and is read like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from cqdt_batch.cells import as_typed
from cqdt_batch.definition.records import Unit
from cqdt_batch.findings import Finding, Severity, Where
from cqdt_batch.intake.recognition import FormColumn
from cqdt_batch.intake.rivals import FileState
from cqdt_batch.intake.submissions import Input, Submission
from cqdt_batch.messages import Words
from cqdt_batch.publishing.form import FormLayout, Place, Remark
from cqdt_batch.publishing.sheets import Cell, Link, Page, Sheet, Style, Value, address, in_sheet
from cqdt_batch.scoring.outcome import Outcome

_TITLE = Style(size=14, bold=True, align="center", wrap=True)
_LINE = Style(size=13, wrap=True)
_HEADER = Style(size=12, bold=True, align="center", border=True, wrap=True, fill="DDEBF7")
_TEXT = Style(size=12, border=True, wrap=True, valign="top")
_CENTRED = replace(_TEXT, align="center")
_LINK = replace(_CENTRED, color="0563C1")
_FILLS = {Severity.ERROR: "F8CBAD", Severity.WARNING: "FFE699", Severity.NOTICE: "EDEDED"}
_COLUMNS = {"number": 6, "severity": 11, "message": 92, "cell": 10, "sent_cell": 16}
_HEADER_ROW = 6


_NOT_ABOUT_THE_FORM = frozenset({"unit_missing", "unit_sent_unusable", "superseded", "file_copy", "same_answers"})
"""Findings that tell the officer about files that do not count; there is nothing in them for the unit to mend."""


def units_to_answer(outcome: Outcome) -> tuple[Unit, ...]:
    """The units in whose form something was found; who sent nothing gets no answer."""
    told = {finding.unit for finding in outcome.findings if finding.code not in _NOT_ABOUT_THE_FORM}
    return tuple(unit for unit in outcome.assessment.units if unit.code in told)


def feedback_sheets(outcome: Outcome, unit: Unit, words: Words) -> tuple[Sheet, ...]:
    """Make the sheets of a unit's feedback form: what was found, then the form with what the unit had typed."""
    own = (finding for finding in outcome.findings if finding.unit == unit.code)
    findings = tuple(_once(finding for finding in own if finding.code not in _NOT_ABOUT_THE_FORM))
    submissions = _submissions(outcome, unit)
    answers = _answers(submissions)
    places = {found.where: (found.criterion, FormColumn(found.kind)) for s in submissions for found in s.inputs}
    remarks = {**dict(_differing(answers, words)), **dict(_remarks(findings, places, words))}
    layout = FormLayout(
        assessment=outcome.assessment,
        unit=unit,
        words=words,
        typed={place: _typed(found[0]) for place, found in answers.items() if len(found) == 1},
        remarks=remarks,
        answers=tuple(submission.sha256 for submission in submissions),
    )
    return _list(layout, findings, places), *layout.sheets()


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Tell the unit once that it sent several files, though every one of them has the finding."""
    told: set[str] = set()
    for finding in findings:
        if finding.code != "several_submissions" or finding.code not in told:
            yield finding
        told.add(finding.code)


def _submissions(outcome: Outcome, unit: Unit) -> tuple[Submission, ...]:
    """What could be read of the files that count: the accepted one, or all of those that were refused."""
    counted = (FileState.ACCEPTED, FileState.REFUSED)
    files = (entry for entry in outcome.intake.files if entry.unit == unit.code and entry.state in counted)
    return tuple(entry.submission for entry in files if entry.submission is not None)


def _answers(submissions: Iterable[Submission]) -> dict[Place, tuple[Input, ...]]:
    """What the unit typed for each cell of the form: one input, or those in which its files differ."""
    found: dict[Place, tuple[Input, ...]] = {}
    for submission in submissions:
        for one in submission.inputs:
            place = (one.criterion, FormColumn(one.kind))
            known = found.get(place, ())
            if one.raw is not None and _typed(one) not in map(_typed, known):
                found[place] = (*known, one)
    return found


def _typed(found: Input) -> Value:
    """What goes into the new form: the value where it was understood, else the very text that was there."""
    if found.value is not None:
        return found.value
    return as_typed(found.raw) if found.raw is not None else None


def _differing(answers: Mapping[Place, tuple[Input, ...]], words: Words) -> Iterator[tuple[Place, Remark]]:
    """The cells that the unit's files fill in differently are left empty: only the unit knows which is meant."""
    for place, found in answers.items():
        if len(found) > 1:
            said = tuple(f"{words.shown(as_typed(i.raw))} ({i.where.file})" for i in found if i.raw is not None)
            yield place, Remark(text=words("feedback.differing", said=said), fill=_FILLS[Severity.ERROR])


def _remarks(
    findings: Iterable[Finding], places: Mapping[Where, Place], words: Words
) -> Iterator[tuple[Place, Remark]]:
    """What to say at which cell; the heaviest finding of a cell comes first and gives the colour."""
    texts: dict[Place, list[str]] = {}
    fills: dict[Place, str] = {}
    for finding in findings:
        for place in _places(finding, places):
            texts.setdefault(place, []).append(words.message_for_unit(finding))
            fills.setdefault(place, _FILLS[finding.severity])
    yield from ((place, Remark(text="\n".join(said), fill=fills[place])) for place, said in texts.items())


def _places(finding: Finding, places: Mapping[Where, Place]) -> list[Place]:
    """The cells of the new form that a finding about the old file is about."""
    if finding.where in places and "codes" not in finding.facts:
        return [places[finding.where]]
    codes = finding.facts.get("codes", (finding.facts.get("code"),))
    return [(code, FormColumn.SCORE) for code in codes if isinstance(code, str)] if isinstance(codes, tuple) else []


def _list(layout: FormLayout, findings: tuple[Finding, ...], places: Mapping[Where, Place]) -> Sheet:
    """The first sheet: what was found, what to do, and a link to the cell."""
    words, profile = layout.words, layout.assessment.profile
    heading = (
        (words("feedback.title"), _TITLE),
        (words("form.unit", unit=layout.unit.name), replace(_LINE, align="center", bold=True)),
        (f"{profile.index_name} – {words('form.year', year=profile.year)}", replace(_LINE, align="center")),
        (words(_how(layout)), _LINE),
    )
    cells = [Cell(row, 1, text, style, across=len(_COLUMNS)) for row, (text, style) in enumerate(heading, 1)]
    for position, column in enumerate(_COLUMNS, 1):
        cells.append(Cell(_HEADER_ROW, position, words(f"board.column.{column}"), _HEADER))
    for number, finding in enumerate(findings, 1):
        severity = words(f"severity.{finding.severity}")
        row: tuple[tuple[Value, Style], ...] = (
            (number, _CENTRED),
            (severity, replace(_CENTRED, fill=_FILLS[finding.severity])),
            (words.message_for_unit(finding), _TEXT),
            (_link(layout, _places(finding, places)), _LINK),
            (words.place(finding.where), _CENTRED),
        )
        cells += [Cell(_HEADER_ROW + number, position, *one) for position, one in enumerate(row, 1)]
    return Sheet(
        name=words("feedback.sheet"),
        cells=tuple(cells),
        widths=tuple(float(width) for width in _COLUMNS.values()),
        page=Page(landscape=True, repeat=(_HEADER_ROW, _HEADER_ROW), footer=f"&C&P/&N&R{layout.unit.code}"),
        freeze=(_HEADER_ROW + 1, 1),
        protected=True,
    )


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
