"""Take in a whole inbox: every entry ends in exactly one state, one bad file stops nothing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple, TypeAlias

from cqdt_batch.cells import Book, in_one_line
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import Limits
from cqdt_batch.findings import Finding, Term, Where, error, notice, warning
from cqdt_batch.intake import workers
from cqdt_batch.intake.answers import MISFITS, read_submission
from cqdt_batch.intake.attachments import CARRIERS, DEEPEST, attachments
from cqdt_batch.intake.container import MIB, FileKind, kind_of, mib, over_limit
from cqdt_batch.intake.inbox import Entry, EntryKind, entries, in_name_order, kind_by_name
from cqdt_batch.intake.reading import read_book
from cqdt_batch.intake.recognition import recognise, settled
from cqdt_batch.intake.rivals import Change, FileEntry, FileState, settle
from cqdt_batch.intake.submissions import Submission
from cqdt_batch.intake.worker import Failure
from cqdt_batch.intake.workers import in_workers
from cqdt_batch.messages import reason_of

_NO_FORMS = frozenset(
    {
        FileKind.PDF,
        FileKind.RTF,
        FileKind.PICTURE,
        FileKind.HTML,
        FileKind.XML,
        FileKind.TEXT,
        FileKind.DOCUMENT,
        FileKind.EMPTY,
    }
)
"""What comes along with a form in a mail or an archive: scans, logos, the text of the letter."""


class Job(NamedTuple):
    """A file to be read: on disk, or, as `data`, out of another file at `depth`."""

    name: str
    path: str = ""
    data: bytes | None = None
    depth: int = 0


class Taken(NamedTuple):
    """What became of a file, and the files that were in it."""

    entry: FileEntry
    inside: tuple[Job, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Intake:
    """All entries of the inbox in their order, and the one submission of each unit that has one.

    `listed` is how many entries the folder itself holds, before mails and archives are opened.
    """

    files: tuple[FileEntry, ...]
    submissions: tuple[Submission, ...]
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...] = ()
    listed: int = 0


Track: TypeAlias = Callable[[Sequence[Job]], Iterable[Job]]
"""Wraps the walk over the files: a progress bar, or nothing."""

INSIDE = " › "
"""Stands between the name of a mail or an archive and the name of a file in it."""


class Desk(NamedTuple):
    """What everybody who reads files needs: the round, and how a workbook of the folder is read.

    `read` is a function of a module, so that it can be sent to the workers.
    """

    assessment: Assessment
    read: Callable[[Assessment, str, bytes], FileEntry]


class Received(NamedTuple):
    """All entries of a folder in the order of their names, and how many the folder itself holds."""

    files: tuple[FileEntry, ...]
    listed: int


def untracked(walk: Sequence[Job]) -> Iterable[Job]:
    """Walk over the files without telling anybody."""
    return walk


def make_ready() -> None:
    """Start what files are read with, so that it is there when `take_in` begins."""
    workers.make_ready(take)


def take_in(assessment: Assessment, inbox: Path, track: Track = untracked) -> Intake:
    """Read the inbox. The submissions come in register order, whatever the files are called."""
    received = receive(Desk(assessment, read_form), inbox, track)
    files, changes = settle(received.files)
    by_unit = {entry.unit: entry.submission for entry in files if entry.state is FileState.ACCEPTED}
    return Intake(
        files=files,
        submissions=tuple(s for unit in assessment.units if (s := by_unit.get(unit.code)) is not None),
        findings=tuple(finding for entry in files for finding in entry.findings),
        changes=changes,
        listed=received.listed,
    )


def receive(desk: Desk, folder: Path, track: Track = untracked) -> Received:
    """Read every file of a folder, also those inside mails and archives; no folder is an empty one."""
    listed = entries(folder) if folder.is_dir() else ()
    read = map(_with_name_told, _read_all(desk, listed, track))
    return Received(tuple(sorted(read, key=lambda entry: in_name_order(entry.name))), len(listed))


def _with_name_told(entry: FileEntry) -> FileEntry:
    """Add a notice where the name of an entry cannot be shown as it is."""
    if in_one_line(entry.name) == entry.name:
        return entry
    return replace(entry, findings=(*entry.findings, notice("file_name_cleaned", Where(file=entry.name), entry.unit)))


def _read_all(desk: Desk, listed: Sequence[Entry], track: Track) -> Iterator[FileEntry]:
    limits = desk.assessment.limits
    jobs = [Job(entry.name, path=entry.path) for entry in listed if entry.kind is EntryKind.FILE]
    yield from (_unopened(entry.name, entry.kind) for entry in listed if entry.kind is not EntryKind.FILE)
    watched = track(jobs) if jobs else jobs
    carried: dict[str, tuple[int, int]] = {}
    while jobs:
        inside: list[Job] = []
        for job, result in zip(watched, in_workers(take, desk, jobs, limits), strict=True):
            taken = _failed(job, result) if isinstance(result, Failure) else result
            taken = _within(taken, job, carried, limits)
            yield taken.entry
            inside += taken.inside
        kinds = {job.name: kind_by_name(_base(job.name)) for job in inside}
        yield from (_unopened(job.name, kinds[job.name]) for job in inside if kinds[job.name] is not EntryKind.FILE)
        watched = jobs = [job for job in inside if kinds[job.name] is EntryKind.FILE]


def _within(taken: Taken, job: Job, carried: dict[str, tuple[int, int]], limits: Limits) -> Taken:
    """Hold the limits for all that one file of the folder carries, however deep: archives multiply in archives.

    `carried` counts the files and bytes taken out of each file of the folder so far.
    """
    outermost = job.name.partition(INSIDE)[0]
    parts, size = carried.get(outermost, (0, 0))
    parts, size = parts + len(taken.inside), size + sum(len(one.data or b"") for one in taken.inside)
    if not taken.inside or (parts <= limits.parts and size <= limits.unpacked * MIB):
        carried[outermost] = parts, size
        return taken
    limit, found = ("parts", parts) if parts > limits.parts else ("unpacked", mib(size))
    finding = over_limit(job.name, limit, found, limits)
    return Taken(replace(taken.entry, state=FileState.REFUSED, findings=(finding,), carries=0))


def _base(name: str) -> str:
    """The bare name of an attachment; what a Mac adds to an archive counts as hidden."""
    inner = name.rpartition(INSIDE)[2]
    return "." if inner.startswith("__MACOSX/") else inner.replace("\\", "/").rpartition("/")[2]


def _failed(job: Job, failure: Failure) -> Taken:
    finding = error(failure.code, Where(file=job.name))
    return Taken(FileEntry(name=job.name, state=FileState.REFUSED, findings=(finding,)))


def _unopened(name: str, kind: EntryKind) -> FileEntry:
    where = Where(file=name)
    if kind in (EntryKind.UNREADABLE, EntryKind.PARTIAL):
        code = "entry_unreadable" if kind is EntryKind.UNREADABLE else "file_partial"
        return FileEntry(name=name, state=FileState.REFUSED, findings=(error(code, where),))
    return FileEntry(name=name, state=FileState.IGNORED, findings=(notice(f"file_{kind}", where),))


def take(desk: Desk, job: Job) -> Taken:
    """Read one file to what it is about, or say why it says nothing. Runs in a worker process."""
    assessment = desk.assessment
    data = job.data if job.data is not None else _bytes_of(job, assessment)
    if isinstance(data, Finding):
        return Taken(FileEntry(name=job.name, state=FileState.REFUSED, findings=(data,)))
    kind = kind_of(data)
    if kind in CARRIERS:
        return _opened(assessment, job, kind, data)
    if kind in _NO_FORMS and not _claims_to_be_a_form(job.name):
        return Taken(_ignored(job.name, data, notice("attachment_no_form", Where(file=job.name), kind=_words(kind))))
    return Taken(desk.read(assessment, job.name, data))


def _claims_to_be_a_form(name: str) -> bool:
    """Tell whether a file has the name of a workbook, or one that says nothing; only what is no form is told by it."""
    suffix = PurePosixPath(_base(name)).suffix.casefold()
    return not suffix or suffix in (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")


def _words(kind: FileKind) -> Term:
    return Term(f"file_kind.{kind}")


def refused(name: str, data: bytes, finding: Finding) -> FileEntry:
    """The entry of a file that is not taken."""
    return replace(_ignored(name, data, finding), state=FileState.REFUSED)


def _ignored(name: str, data: bytes, finding: Finding) -> FileEntry:
    digest = hashlib.sha256(data).hexdigest()
    return FileEntry(name=name, state=FileState.IGNORED, sha256=digest, findings=(finding,))


def _bytes_of(job: Job, assessment: Assessment) -> bytes | Finding:
    """Read a file whole, unless it is too large or somebody is still writing it."""
    where, most = Where(file=job.name), assessment.limits.file_size * MIB
    try:
        with open(job.path, "rb", buffering=0) as file:  # noqa: PTH123 - half the time of a Path
            before = os.fstat(file.fileno())
            if before.st_size > most:
                return over_limit(job.name, "file_size", mib(before.st_size), assessment.limits)
            data = file.read()
        after = os.stat(job.path)  # noqa: PTH116 - by its name, under which another file may stand by now
    except OSError as refusal:
        return error("file_unreadable", where, reason=reason_of(refusal))
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != after.st_size:
        return error("file_changing", where)
    return data


def _opened(assessment: Assessment, job: Job, kind: FileKind, data: bytes) -> Taken:
    """Open a mail or an archive: it is no form itself, what it carries is read next."""
    where = Where(file=job.name)
    if job.depth >= DEEPEST:
        return Taken(refused(job.name, data, error("file_too_deep", where, most=DEEPEST)))
    found = attachments(data, kind, job.name, assessment.limits)
    if isinstance(found, Finding):
        return Taken(refused(job.name, data, found))
    inside = tuple(Job(f"{job.name}{INSIDE}{one.name}", data=one.data, depth=job.depth + 1) for one in found)
    told = notice("file_opened", where, kind=_words(kind), count=len(inside))
    if not inside:
        told = warning("file_opened_empty", where, kind=_words(kind))
    return Taken(replace(_ignored(job.name, data, told), carries=len(inside)), inside)


def read_form(assessment: Assessment, name: str, data: bytes) -> FileEntry:
    """Read a workbook as a form."""
    book = read_book(data, name, assessment.limits)
    if isinstance(book, Finding):
        return refused(name, data, book)
    form = recognise(book, assessment)
    known = partial(FileEntry, name=name, sha256=book.sha256, modified=book.modified)
    if isinstance(form, Finding):
        return known(state=FileState.REFUSED, unit=form.unit, findings=(form,))
    unit = form.unit.code
    if assessment.is_left_out(form.unit):
        told = notice("unit_left_out", Where(file=name), unit, unit=form.unit.name)
        return replace(_ignored(name, data, told), unit=unit)
    submission, findings = read_submission(form, assessment, name, book.sha256)
    taken = settled(form, findings, MISFITS)
    read = partial(known, unit=unit, submission=submission, answers=form.answers, read=tuple(findings))
    if isinstance(taken, Finding):
        return read(state=FileState.REFUSED, findings=(taken,))
    return read(state=FileState.ACCEPTED, findings=(*remarks_on(book, unit), *taken))


_TO_LOOK_AT = frozenset({"file_values_only"})


def remarks_on(book: Book, unit: str = "") -> Iterator[Finding]:
    """What there is to say about a workbook as a whole that was read all the same."""
    for code in book.remarks:
        tell = warning if code in _TO_LOOK_AT else notice
        yield tell(code, Where(file=book.file), unit)
