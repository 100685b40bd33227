"""The check board: who handed in what, what became of every file, what was found and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from cqdt_batch.cells import as_fact
from cqdt_batch.definition.sheets import LIMITS, YesNo, choice_key
from cqdt_batch.findings import Finding, Severity, Where
from cqdt_batch.intake.rivals import FileState
from cqdt_batch.intake.submissions import Input
from cqdt_batch.messages import Words
from cqdt_batch.publishing.sheets import Cell, Link, Page, Sheet, Style, Value, in_sheet
from cqdt_batch.publishing.writer import CREATED
from cqdt_batch.scoring.outcome import Outcome, UnitState

_TITLE = Style(size=14, bold=True)
_VERDICT = Style(size=13, bold=True, wrap=True)
_TEXT_ALONE = Style(size=12, italic=True, wrap=True)
_HEADER = Style(size=12, bold=True, align="center", border=True, wrap=True, fill="DDEBF7")
_TEXT = Style(size=12, border=True, wrap=True, valign="top")
_CENTRED = replace(_TEXT, align="center")
_LINK = replace(_CENTRED, color="0563C1")
_LONGEST_LINK = 200
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


def board_sheets(outcome: Outcome, words: Words) -> tuple[Sheet, ...]:
    """Draw the board: summary, units, files, findings."""
    return (
        _summary(outcome, words),
        _table(words, "units", _UNIT_COLUMNS, _unit_rows(outcome, words)),
        _table(words, "files", _FILE_COLUMNS, _file_rows(outcome, words)),
        _table(words, "findings", _FINDING_COLUMNS, _finding_rows(outcome, words)),
        *([_table(words, "changes", _CHANGE_COLUMNS, _change_rows(outcome, words))] if outcome.intake.changes else []),
    )


def verdict(outcome: Outcome, words: Words) -> str:
    """Say whether all units are in, and if not, how many are missing or have forms to be mended."""
    counts = Counter(outcome.states.values())
    refused = sum(entry.state is FileState.REFUSED for entry in outcome.intake.files)
    lines = (
        ("missing", counts[UnitState.MISSING]),
        ("errors", counts[UnitState.WITH_ERRORS]),
        ("waiting", counts[UnitState.WAITING]),
        ("refused", refused),
    )
    said = [words(f"board.{name}", count=count) for name, count in lines if count]
    if outcome.is_draft:
        return " ".join((*said, words("board.draft")))
    return " ".join((words("board.ready", total=len(outcome.assessment.asked_units)), *said))


def summary_lines(outcome: Outcome, words: Words) -> tuple[tuple[str, int], ...]:
    """Count units, files and findings by state; the states of each kind add up to its total."""
    units, files = Counter(outcome.states.values()), Counter(entry.state for entry in outcome.intake.files)
    findings = Counter(finding.severity for finding in outcome.findings)
    return (
        *((words("board.unit_line", state=words(f"unit_state.{s}")), units[s]) for s in UnitState),
        (words("board.unit_total"), len(outcome.assessment.units)),
        *((words("board.file_line", state=words(f"file_state.{s}")), files[s]) for s in FileState),
        (words("board.file_total"), len(outcome.intake.files)),
        *((words("board.finding_line", severity=words(f"severity.{s}")), findings[s]) for s in Severity),
        (words("board.finding_total"), len(outcome.findings)),
    )


def _summary(outcome: Outcome, words: Words) -> Sheet:
    profile = outcome.assessment.profile
    bodies = {"province": profile.province, "issuer": profile.issuer, "appraiser": profile.appraiser}
    color = "C00000" if outcome.is_draft else "375623"
    cells = [
        Cell(1, 1, words("board.title"), _TITLE, across=2),
        Cell(2, 1, f"{profile.index_name} – {words('form.year', year=profile.year)}", _VERDICT, across=2),
        Cell(3, 1, words("board.round", **bodies), _TEXT_ALONE, across=2),
        Cell(4, 1, verdict(outcome, words), replace(_VERDICT, color=color), across=2),
        Cell(6, 1, words("board.column.item"), _HEADER),
        Cell(6, 2, words("board.column.count"), _HEADER),
    ]
    lines = summary_lines(outcome, words)
    totals = {words(f"board.{of}_total") for of in ("unit", "file", "finding")}
    for row, (label, count) in enumerate(lines, 7):
        is_total = label in totals
        cells += [Cell(row, 1, label, replace(_TEXT, bold=is_total)), Cell(row, 2, count, _CENTRED)]
    below = 8 + len(lines)
    for row, line in enumerate(balances(outcome, words), below):
        cells.append(Cell(row, 1, line, _TEXT_ALONE, across=2))
    cells.append(Cell(below + 3, 1, words("board.limits"), _HEADER, across=2))
    for row, (label, count) in enumerate(_limit_lines(outcome, words), below + 4):
        cells += [Cell(row, 1, label, _TEXT), Cell(row, 2, count, _CENTRED)]
    page = Page(footer="&C&P/&N")
    return Sheet(name=words("board.summary"), cells=tuple(cells), widths=(64.0, 14.0), page=page)


def balances(outcome: Outcome, words: Words) -> tuple[str, str]:
    """Show that every unit and every file has exactly one state: the counts by state add up to all there are."""
    units, files = Counter(outcome.states.values()), Counter(entry.state for entry in outcome.intake.files)
    return (
        words("board.units_balance", sum=_sum(units[s] for s in UnitState), total=len(outcome.assessment.units)),
        words("board.files_balance", sum=_sum(files[s] for s in FileState), total=len(outcome.intake.files)),
    )


def _sum(counts: Iterable[int]) -> str:
    return " + ".join(map(str, counts))


def _limit_lines(outcome: Outcome, words: Words) -> Iterator[tuple[str, int]]:
    """The limits under which the files were read."""
    for field in LIMITS.fields:
        yield words(LIMITS.header_key(field)), getattr(outcome.assessment.limits, field.name)


_Row = tuple[tuple[Value, Style], ...]

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


def _table(words: Words, name: str, columns: dict[str, int], rows: Iterable[_Row]) -> Sheet:
    cells = [Cell(1, position, words(f"board.column.{column}"), _HEADER) for position, column in enumerate(columns, 1)]
    last = 1
    for last, row in enumerate(rows, 2):
        cells += [Cell(last, position, value, style) for position, (value, style) in enumerate(row, 1)]
    if last == 1:
        cells.append(Cell(2, 1, words("board.nothing"), _TEXT_ALONE, across=len(columns)))
    return Sheet(
        name=words(f"board.{name}"),
        cells=tuple(cells),
        widths=tuple(float(width) for width in columns.values()),
        page=Page(landscape=True, repeat=(1, 1), footer="&L&A&R&P/&N"),
        freeze=(2, 1),
        filtered=(1, 1, last, len(columns)),
    )


def _unit_rows(outcome: Outcome, words: Words) -> Iterator[_Row]:
    counts = Counter((finding.unit, finding.severity) for finding in outcome.findings)
    files: dict[str, list[str]] = {}
    for entry in outcome.intake.files:
        files.setdefault(entry.unit, []).append(entry.name)
    for number, unit in enumerate(outcome.assessment.units, 1):
        state = outcome.states[unit.code]
        block = outcome.assessment.block_by_code[unit.block]
        yield (
            (number, _CENTRED),
            (unit.name, _TEXT),
            (block.name, _TEXT),
            (words(f"unit_state.{state}"), replace(_CENTRED, fill=_FILLS[state])),
            *((counts[unit.code, severity], _CENTRED) for severity in Severity),
            ("\n".join(files.get(unit.code, ())), _TEXT),
        )


def _file_rows(outcome: Outcome, words: Words) -> Iterator[_Row]:
    for number, entry in enumerate(outcome.intake.files, 1):
        refused = "" if entry.state is FileState.ACCEPTED else "\n".join(map(words.message, entry.findings))
        yield (
            (number, _CENTRED),
            (_file_link(entry.name), _TEXT),
            (words(f"file_state.{entry.state}"), replace(_CENTRED, fill=_FILLS[entry.state])),
            (_unit_name(outcome, entry.unit), _TEXT),
            (refused, _TEXT),
            (_saved(entry.modified), _CENTRED),
            (entry.sha256, replace(_TEXT, size=8, wrap=False)),
        )


def _saved(modified: datetime | None) -> str:
    """When a file was last saved, as far as it says; a form that nobody saved yet has the writer's fixed date."""
    if modified is None or modified.replace(tzinfo=None) == CREATED:
        return ""
    return f"{modified:%d/%m/%Y %H:%M}"


def _finding_rows(outcome: Outcome, words: Words) -> Iterator[_Row]:
    for finding in outcome.findings:
        severity = finding.severity
        yield (
            (words.message(finding), _TEXT),
            (words(f"severity.{severity}"), replace(_CENTRED, fill=_FILLS[severity])),
            (_unit_name(outcome, finding.unit), _TEXT),
            (finding.where.file, _TEXT),
            (finding.where.sheet, _TEXT),
            (_cell_link(finding, words), _LINK),
            (finding.code, replace(_TEXT, size=9)),
        )


def _change_rows(outcome: Outcome, words: Words) -> Iterator[_Row]:
    for change in outcome.intake.changes:
        yield (
            (_unit_name(outcome, change.unit), _TEXT),
            (change.criterion, _CENTRED),
            (words(f"form.column.{change.kind}"), _TEXT),
            _side(change.before, words),
            _side(change.after, words),
            *((value, _TEXT) for value in (change.old_file, _cell_of(change.before))),
            *((value, _TEXT) for value in (change.new_file, _cell_of(change.after))),
        )


def _side(found: Input | None, words: Words) -> tuple[Value, Style]:
    """What one of the two files says: a number as a number, anything else as it was typed."""
    if found is None or found.raw is None:
        return "", _TEXT
    if isinstance(found.value, YesNo):
        return words(choice_key(found.value)), _TEXT
    return found.value if found.value is not None else as_fact(found.raw), _TEXT


def _cell_of(found: Input | None) -> str:
    return found.where.cell if found and found.where.row else ""


def _unit_name(outcome: Outcome, unit: str) -> str:
    return outcome.assessment.unit_by_code[unit].printed_name if unit else ""


def _file_link(name: str) -> Value:
    return Link(f"external:../{name}", name) if _linkable(Where(file=name)) else name


def _cell_link(finding: Finding, words: Words) -> Value:
    """The cell as a link into the file that was handed in; plain text where Excel could not follow it."""
    where = finding.where
    if not (where.cell and where.column and where.row and _linkable(where)):
        return words.place(where)
    return Link(f"external:../{where.file}#{in_sheet(where.sheet, where.cell)}", where.cell)


def _linkable(where: Where) -> bool:
    """Only plain names become links: foreign text never does, nor would Excel follow it."""
    is_plain = all(letter.isalnum() or letter in " ._-()/" for letter in where.file + where.sheet)
    return is_plain and len(where.file) < _LONGEST_LINK
