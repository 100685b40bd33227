"""The check board: who handed in what, what became of every file, what was found and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from cqdt_batch.cells import as_fact
from cqdt_batch.definition.sheets import LIMITS, YesNo, choice_key
from cqdt_batch.findings import Finding, Severity
from cqdt_batch.intake.rivals import FileState
from cqdt_batch.intake.submissions import Input
from cqdt_batch.messages import Words
from cqdt_batch.publishing.listing import ALONE, CENTRED, HEADER, TEXT, TITLE, Row, listing
from cqdt_batch.publishing.sheets import Cell, Page, Sheet, Style, Value, linked_cell, linked_file
from cqdt_batch.publishing.writer import CREATED
from cqdt_batch.scoring.outcome import Outcome, UnitState

_VERDICT = Style(size=13, bold=True, wrap=True)
_LINK = replace(CENTRED, color="0563C1")
_FILLS = {
    UnitState.RANKED: "",
    UnitState.NOT_RANKED: "",
    UnitState.WITH_ERRORS: "F8CBAD",
    UnitState.WAITING: "FFE699",
    UnitState.MISSING: "FFE699",
    UnitState.LEFT_OUT: "EDEDED",
    FileState.ACCEPTED: "",
    FileState.SUPERSEDED: "EDEDED",
    FileState.REFUSED: "F8CBAD",
    FileState.IGNORED: "EDEDED",
    Severity.ERROR: "F8CBAD",
    Severity.WARNING: "FFE699",
    Severity.NOTICE: "EDEDED",
}
_LOOKS = {state: replace(CENTRED, fill=fill) for state, fill in _FILLS.items()}
_HASH = replace(TEXT, size=8, wrap=False)
_CODE = replace(TEXT, size=9)


def board_sheets(outcome: Outcome, words: Words) -> Iterator[Sheet]:
    """Draw the board: summary, units, files, findings; each sheet when it is asked for."""
    yield _summary(outcome, words)
    yield listing(words, "board", "units", _unit_columns(outcome), _unit_rows(outcome, words))
    yield listing(words, "board", "files", _FILE_COLUMNS, _file_rows(outcome, words))
    yield listing(words, "board", "findings", _FINDING_COLUMNS, _finding_rows(outcome, words))
    if outcome.intake.changes:
        yield listing(words, "board", "changes", _CHANGE_COLUMNS, _change_rows(outcome, words))


def verdict(outcome: Outcome, words: Words) -> str:
    """Say whether all units are in, and if not, how many are missing or have forms to be mended."""
    counts = Counter(outcome.states.values())
    refused, of_appraisers = (
        sum(entry.state is FileState.REFUSED for entry in taken.files) for taken in (outcome.intake, outcome.appraisal)
    )
    lines = (
        ("missing", counts[UnitState.MISSING]),
        ("errors", counts[UnitState.WITH_ERRORS]),
        ("waiting", counts[UnitState.WAITING]),
        ("not_counted", len(outcome.appraisal_errors)),
        ("refused", refused),
        ("refused_appraisal", of_appraisers),
    )
    said = [words(f"board.{name}", count=count) for name, count in lines if count]
    if outcome.is_draft:
        is_complete = not any(counts[state] for state in (UnitState.MISSING, UnitState.WITH_ERRORS, UnitState.WAITING))
        return " ".join((*said, words("board.draft_appraisal" if is_complete else "board.draft")))
    return " ".join((words("board.ready", total=len(outcome.assessment.asked_units)), *said))


def summary_lines(outcome: Outcome, words: Words) -> tuple[tuple[str, int], ...]:
    """Count units, files, findings, verified criteria and corrections; those of each kind add up to its total."""
    units, files = Counter(outcome.states.values()), Counter(entry.state for entry in outcome.intake.files)
    findings = Counter(finding.severity for finding in outcome.findings)
    return (
        *((words("board.unit_line", state=words(f"unit_state.{s}")), units[s]) for s in UnitState),
        (words("board.unit_total"), len(outcome.assessment.units)),
        *((words("board.file_line", state=words(f"file_state.{s}")), files[s]) for s in FileState),
        (words("board.file_total"), len(outcome.intake.files)),
        *(_appraisal_lines(outcome, words) if outcome.appraisal.files else ()),
        *(_correction_lines(outcome, words) if outcome.assessment.corrections else ()),
        *((words("board.finding_line", severity=words(f"severity.{s}")), findings[s]) for s in Severity),
        (words("board.finding_total"), len(outcome.findings)),
    )


def _appraisal_lines(outcome: Outcome, words: Words) -> Iterator[tuple[str, int]]:
    """Count the appraisers' files by state, and what they have verified of the units that sent forms."""
    states = Counter(entry.state for entry in outcome.appraisal.files)
    yield from ((words("board.appraisal_line", state=words(f"file_state.{s}")), states[s]) for s in FileState)
    yield words("board.appraisal_total", folder=outcome.appraisal.folder), len(outcome.appraisal.files)
    units = outcome.assessment.unit_by_code
    asked = sum(len(outcome.assessment.assessed_leaves(units[unit])) for unit in outcome.unverified)
    open_still = sum(map(len, outcome.unverified.values()))
    yield words("board.verified_line"), asked - open_still
    yield words("board.unverified_line"), open_still
    yield words("board.verification_total"), asked


def _correction_lines(outcome: Outcome, words: Words) -> Iterator[tuple[str, int]]:
    entries, applied = len(outcome.assessment.corrections), len(outcome.register.applied)
    yield words("board.applied_line"), applied
    yield words("board.not_applied_line"), entries - applied
    yield words("board.correction_total"), entries


def _summary(outcome: Outcome, words: Words) -> Sheet:
    profile = outcome.assessment.profile
    bodies = {"province": profile.province, "issuer": profile.issuer, "appraiser": profile.appraiser}
    color = "C00000" if outcome.is_draft else "375623"
    cells = [
        Cell(1, 1, words("board.title"), TITLE, across=2),
        Cell(2, 1, f"{profile.index_name} – {words('form.year', year=profile.year)}", _VERDICT, across=2),
        Cell(3, 1, words("board.round", **bodies), ALONE, across=2),
        Cell(4, 1, verdict(outcome, words), replace(_VERDICT, color=color), across=2),
        Cell(6, 1, words("board.column.item"), HEADER),
        Cell(6, 2, words("board.column.count"), HEADER),
    ]
    lines = summary_lines(outcome, words)
    totals = {words(f"board.{of}_total") for of in ("unit", "file", "finding", "verification", "correction")}
    totals.add(words("board.appraisal_total", folder=outcome.appraisal.folder))
    for row, (label, count) in enumerate(lines, 7):
        is_total = label in totals
        cells += [Cell(row, 1, label, replace(TEXT, bold=is_total)), Cell(row, 2, count, CENTRED)]
    below = 8 + len(lines)
    balanced = balances(outcome, words)
    for row, line in enumerate(balanced, below):
        cells.append(Cell(row, 1, line, ALONE, across=2))
    limits = below + len(balanced) + 1
    cells.append(Cell(limits, 1, words("board.limits"), HEADER, across=2))
    for row, (label, count) in enumerate(_limit_lines(outcome, words), limits + 1):
        cells += [Cell(row, 1, label, TEXT), Cell(row, 2, count, CENTRED)]
    page = Page(footer="&C&P/&N")
    return Sheet(name=words("board.summary"), cells=tuple(cells), widths=(64.0, 14.0), page=page)


def balances(outcome: Outcome, words: Words) -> tuple[str, ...]:
    """Show that every unit and every file has exactly one state: the counts by state add up to all there are."""
    units, files = Counter(outcome.states.values()), Counter(entry.state for entry in outcome.intake.files)
    return (
        words("board.units_balance", sum=_sum(units[s] for s in UnitState), total=len(outcome.assessment.units)),
        words("board.files_balance", sum=_sum(files[s] for s in FileState), total=len(outcome.intake.files)),
        *((_appraisal_balance(outcome, words),) if outcome.appraisal.files else ()),
    )


def _appraisal_balance(outcome: Outcome, words: Words) -> str:
    states, folder = Counter(entry.state for entry in outcome.appraisal.files), outcome.appraisal.folder
    facts = {"sum": _sum(states[s] for s in FileState), "folder": folder}
    return words("board.appraisal_balance", **facts, total=len(outcome.appraisal.files))


def _sum(counts: Iterable[int]) -> str:
    return " + ".join(map(str, counts))


def _limit_lines(outcome: Outcome, words: Words) -> Iterator[tuple[str, int]]:
    """The limits under which the files were read."""
    for field in LIMITS.fields:
        yield words(LIMITS.header_key(field)), getattr(outcome.assessment.limits, field.name)


_UNIT_COLUMNS = {
    "number": 6,
    "unit": 42,
    "block": 38,
    "state": 26,
    "errors": 9,
    "warnings": 11,
    "notices": 9,
    "file": 44,
}
_FILE_COLUMNS = {"number": 6, "file": 46, "state": 15, "unit": 30, "reason": 70, "modified": 16, "sha256": 12}
_FINDING_COLUMNS = {"message": 72, "severity": 10, "unit": 24, "file": 28, "sheet": 16, "cell": 7, "code": 20}
_CHANGE_COLUMNS = {
    "unit": 26,
    "criterion": 11,
    "input": 20,
    "before": 30,
    "after": 30,
    "old_file": 32,
    "old_cell": 8,
    "new_file": 32,
    "new_cell": 8,
}


def _unit_columns(outcome: Outcome) -> dict[str, int]:
    """The columns of the sheet of units; how much is still to be verified is told once somebody has begun."""
    return {**_UNIT_COLUMNS, "unverified": 14} if outcome.appraisal.files else _UNIT_COLUMNS


def _unit_rows(outcome: Outcome, words: Words) -> Iterator[Row]:
    counts = Counter((finding.unit, finding.severity) for finding in outcome.findings)
    states = {state: (words(f"unit_state.{state}"), _LOOKS[state]) for state in UnitState}
    severities = tuple(Severity)
    files: dict[str, list[str]] = {}
    for entry in outcome.intake.files:
        files.setdefault(entry.unit, []).append(entry.name)
    for number, unit in enumerate(outcome.assessment.units, 1):
        yield (
            (number, CENTRED),
            (unit.name, TEXT),
            (outcome.assessment.block_by_code[unit.block].name, TEXT),
            states[outcome.states[unit.code]],
            *[(counts.get((unit.code, severity), 0), CENTRED) for severity in severities],
            ("\n".join(files.get(unit.code, ())), TEXT),
            *(_unverified_cells(outcome, unit.code) if outcome.appraisal.files else ()),
        )


def _unverified_cells(outcome: Outcome, unit: str) -> Row:
    """How many of a unit's criteria are not verified; nothing where it sent no form that counts."""
    open_still = outcome.unverified.get(unit)
    if open_still is None:
        return ((None, CENTRED),)
    return ((len(open_still), _LOOKS[Severity.NOTICE] if open_still else CENTRED),)


def _file_rows(outcome: Outcome, words: Words) -> Iterator[Row]:
    """The files received, the units' first, then the appraisers'."""
    states = {state: (words(f"file_state.{state}"), _LOOKS[state]) for state in FileState}
    for number, entry in enumerate((*outcome.intake.files, *outcome.appraisal.files), 1):
        refused = "" if entry.state is FileState.ACCEPTED else "\n".join(map(words.message, entry.findings))
        yield (
            (number, CENTRED),
            (linked_file(entry.name), TEXT),
            states[entry.state],
            (_unit_name(outcome, entry.unit), TEXT),
            (refused, TEXT),
            (_saved(entry.modified), CENTRED),
            (entry.sha256, _HASH),
        )


def _saved(modified: datetime | None) -> str:
    """When a file was last saved, as far as it says; a form that nobody saved yet has the writer's fixed date."""
    if modified is None or modified.replace(tzinfo=None) == CREATED:
        return ""
    return f"{modified:%d/%m/%Y %H:%M}"


def _finding_rows(outcome: Outcome, words: Words) -> Iterator[Row]:
    for finding in outcome.findings:
        severity = finding.severity
        yield (
            (words.message(finding), TEXT),
            (words(f"severity.{severity}"), _LOOKS[severity]),
            (_unit_name(outcome, finding.unit), TEXT),
            (finding.where.file, TEXT),
            (finding.where.sheet, TEXT),
            (_cell(finding, words), _LINK),
            (finding.code, _CODE),
        )


def _change_rows(outcome: Outcome, words: Words) -> Iterator[Row]:
    for change in outcome.intake.changes:
        yield (
            (_unit_name(outcome, change.unit), TEXT),
            (change.criterion, CENTRED),
            (words(f"form.column.{change.kind}"), TEXT),
            _side(change.before, words),
            _side(change.after, words),
            *((value, TEXT) for value in (change.old_file, _cell_of(change.before))),
            *((value, TEXT) for value in (change.new_file, _cell_of(change.after))),
        )


def _side(found: Input | None, words: Words) -> tuple[Value, Style]:
    """What one of the two files says: a number as a number, anything else as it was typed."""
    if found is None or found.raw is None:
        return "", TEXT
    if isinstance(found.value, YesNo):
        return words(choice_key(found.value)), TEXT
    return found.value if found.value is not None else as_fact(found.raw), TEXT


def _cell_of(found: Input | None) -> str:
    return found.where.cell if found and found.where.row else ""


def _unit_name(outcome: Outcome, unit: str) -> str:
    return outcome.assessment.unit_by_code[unit].printed_name if unit else ""


def _cell(finding: Finding, words: Words) -> Value:
    """The cell that a finding is about as a link; a whole row or column in words."""
    where = finding.where
    return linked_cell(where) if where.row and where.column else words.place(where)
