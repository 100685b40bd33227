"""Take in a whole inbox: every file ends in exactly one state, one bad file stops nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.findings import Finding, Where, error, notice
from cqdt_batch.intake.inbox import Entry, EntryKind, entries
from cqdt_batch.intake.reading import read_book
from cqdt_batch.intake.recognition import recognise
from cqdt_batch.intake.submissions import Submission, read_submission


class FileState(StrEnum):
    """What became of an entry of the inbox."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    IGNORED = "ignored"


@dataclass(frozen=True, kw_only=True, slots=True)
class FileEntry:
    """An entry of the inbox after intake: its state, whose it is, its SHA-256, and what was found in it."""

    name: str
    state: FileState
    unit: str = ""
    sha256: str = ""
    submission: Submission | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Intake:
    """All entries of the inbox in their order, and the one submission of each unit that has one."""

    files: tuple[FileEntry, ...]
    submissions: tuple[Submission, ...]
    findings: tuple[Finding, ...]


Track: TypeAlias = Callable[[Sequence[Entry]], Iterable[Entry]]
"""Wraps the walk over the entries: a progress bar, or nothing."""


def take_in(assessment: Assessment, inbox: Path, track: Track = lambda walk: walk) -> Intake:
    """Read the inbox. The submissions come in register order, whatever the files are called."""
    listed = entries(inbox) if inbox.is_dir() else ()
    read = [_take(assessment, entry) for entry in track(listed)]
    files = tuple(_refuse_rivals(_ignore_copies(read)))
    by_unit = {entry.unit: entry.submission for entry in files if entry.state is FileState.ACCEPTED}
    submissions = tuple(s for unit in assessment.units if (s := by_unit.get(unit.code)) is not None)
    return Intake(files=files, submissions=submissions, findings=tuple(f for e in files for f in e.findings))


def _take(assessment: Assessment, entry: Entry) -> FileEntry:
    where = Where(file=entry.name)
    if entry.kind is EntryKind.UNREADABLE:
        return FileEntry(name=entry.name, state=FileState.REFUSED, findings=(error("entry_unreadable", where),))
    if entry.kind is not EntryKind.FILE:
        return FileEntry(name=entry.name, state=FileState.IGNORED, findings=(notice(f"file_{entry.kind}", where),))
    book = read_book(entry.path, entry.name)
    if isinstance(book, Finding):
        return FileEntry(name=entry.name, state=FileState.REFUSED, findings=(book,))
    form = recognise(book, assessment)
    if isinstance(form, Finding):
        refused = FileEntry(name=entry.name, state=FileState.REFUSED, sha256=book.sha256, findings=(form,))
        return replace(refused, unit=form.unit)
    submission, findings = read_submission(form, assessment, entry.name, book.sha256)
    return FileEntry(
        name=entry.name,
        state=FileState.ACCEPTED,
        unit=form.unit.code,
        sha256=book.sha256,
        submission=submission,
        findings=tuple(findings),
    )


def _ignore_copies(files: Iterable[FileEntry]) -> Iterable[FileEntry]:
    """Count files that are the same to the byte once; the first by name stands for all."""
    first: dict[str, str] = {}
    for entry in files:
        original = first.setdefault(entry.sha256, entry.name) if entry.sha256 else entry.name
        if original == entry.name:
            yield entry
        else:
            copied = notice("file_copy", Where(file=entry.name), entry.unit, other=original)
            yield replace(entry, state=FileState.IGNORED, submission=None, findings=(copied,))


def _refuse_rivals(files: Iterable[FileEntry]) -> Iterable[FileEntry]:
    """Refuse all submissions of a unit that sent more than one: nobody but the unit knows which is meant."""
    read = tuple(files)
    rivals: dict[str, list[str]] = defaultdict(list)
    for entry in read:
        if entry.state is FileState.ACCEPTED:
            rivals[entry.unit].append(entry.name)
    for entry in read:
        names = rivals[entry.unit] if entry.state is FileState.ACCEPTED else []
        if len(names) > 1:
            others = tuple(name for name in names if name != entry.name)
            finding = error("several_submissions", Where(file=entry.name), entry.unit, others=others)
            yield replace(entry, state=FileState.REFUSED, submission=None, findings=(finding,))
        else:
            yield entry
