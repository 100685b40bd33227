"""Settle which file of a unit counts where it sent several.

What says the same counts once. Of what differs the newest counts, by the stamp that the sender's own program put into
the workbook when it was saved; the times of files are those of copying and say nothing. Where that order cannot be
known, nobody but the unit knows which file is meant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cqdt_batch.findings import Finding, Where, error, notice
from cqdt_batch.intake.answers import MISFITS
from cqdt_batch.intake.submissions import Input, InputKind, Submission
from cqdt_batch.intake.verdicts import Verdict


class FileState(StrEnum):
    """What became of an entry of the inbox."""

    ACCEPTED = "accepted"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    IGNORED = "ignored"


@dataclass(frozen=True, kw_only=True)  # no slots: sent to another process by the thousand, those cost more
class FileEntry:
    """An entry of the inbox after intake: its state, whose it is, its SHA-256, and what was found in it.

    `submission` is what could be read of it, also where it does not count. A mail or an archive `carries` so many
    files, each an entry of its own. A feedback form `answers` files, by their SHA-256.
    `read` is all that was found in reading it, also where it is refused for another cause. An appraiser's workbook has
    `verdicts` and no unit.
    """

    name: str
    state: FileState
    unit: str = ""
    sha256: str = ""
    modified: datetime | None = None
    submission: Submission | None = None
    findings: tuple[Finding, ...] = ()
    carries: int = 0
    answers: frozenset[str] = frozenset()
    read: tuple[Finding, ...] = ()
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """An answer that differs between a superseded submission and the one that counts; None where a cell is empty."""

    unit: str
    criterion: str
    kind: InputKind
    before: Input | None
    after: Input | None
    old_file: str
    new_file: str


COUNTED = frozenset({FileState.ACCEPTED, FileState.REFUSED})
"""The states of the files that speak for their unit; the others are copies, older ones, or no forms."""

_ZONES = timedelta(hours=14)
"""How far apart the clocks of the world are: a stamp without a zone may be off by so much."""


def settle(files: Iterable[FileEntry]) -> tuple[tuple[FileEntry, ...], tuple[Change, ...]]:
    """Leave at most one file of every unit that counts; the entries stay in their order."""
    settled = list(files)
    rivals: dict[str, list[int]] = defaultdict(list)
    for number, entry in enumerate(settled):
        rivals[entry.unit or f"?{entry.sha256 or number}"].append(number)
    changes: list[Change] = []
    for numbers in (several for several in rivals.values() if len(several) > 1):
        judged = _judged([settled[number] for number in numbers])
        for number, entry in zip(numbers, judged, strict=True):
            settled[number] = entry
        changes += _changes(judged)
    return tuple(settled), tuple(changes)


def _judged(entries: list[FileEntry]) -> list[FileEntry]:
    """Judge the files of one unit, or those of the same bytes that belong to none."""
    kept = _without_copies(entries)
    left = [number for number, entry in enumerate(kept) if entry.state in COUNTED]
    if len(left) < 2 or not entries[0].unit:  # noqa: PLR2004
        return kept
    newest = _newest([kept[number] for number in left], [entry for entry in entries if entry.state in COUNTED])
    for number in left:
        others = tuple(kept[other].name for other in left if other != number)
        if newest is None:
            kept[number] = _refused(kept[number], others)
        elif kept[number] is not newest:
            kept[number] = _superseded(kept[number], newest)
    return kept


def _without_copies(entries: list[FileEntry]) -> list[FileEntry]:
    """Count what says the same once: the newest accepted file, the first by name, stands for its copies."""
    alike: dict[Hashable, list[int]] = defaultdict(list)
    for number, entry in enumerate(entries):
        if entry.state in COUNTED:
            alike[_content(entry)].append(number)
    kept = list(entries)
    for numbers in alike.values():
        digests = {entries[number].sha256 for number in numbers}
        best = min(numbers, key=lambda number: _worth(entries[number], number, digests))
        for number in numbers:
            if number != best:
                kept[number] = _copy(entries[number], entries[best])
    return kept


def _content(entry: FileEntry) -> Hashable:
    """What a file says: its answers, what else was typed into it, and whether they can be told apart."""
    if entry.submission is None or not entry.submission.answers:
        return entry.sha256 or entry.name
    strays = frozenset(text for _, text in entry.submission.strays)
    misfits = frozenset(finding.code for finding in entry.read) & MISFITS
    return frozenset(entry.submission.answers.items()), strays, misfits


def _worth(entry: FileEntry, number: int, others: set[str]) -> tuple[bool, bool, float, int]:
    """Sort alike files: accepted before refused, what answers another before that, the newest, the first by name."""
    moment = entry.modified.replace(tzinfo=entry.modified.tzinfo or UTC).timestamp() if entry.modified else 0.0
    return entry.state is not FileState.ACCEPTED, not entry.answers & others, -moment, number


def _copy(entry: FileEntry, original: FileEntry) -> FileEntry:
    code = "file_copy" if entry.sha256 == original.sha256 else "same_answers"
    told = notice(code, Where(file=entry.name), entry.unit, other=original.name)
    return replace(entry, state=FileState.IGNORED, findings=(told,))


def _refused(entry: FileEntry, others: tuple[str, ...]) -> FileEntry:
    if entry.state is FileState.REFUSED:
        return entry
    finding = error("several_submissions", Where(file=entry.name), entry.unit, others=others)
    return replace(entry, state=FileState.REFUSED, findings=(finding,))


def _superseded(entry: FileEntry, newest: FileEntry) -> FileEntry:
    told = notice("superseded", Where(file=entry.name), entry.unit, other=newest.name)
    return replace(entry, state=FileState.SUPERSEDED, findings=(told,))


def _newest(left: list[FileEntry], entries: list[FileEntry]) -> FileEntry | None:
    """The file that certainly came after all that say otherwise, copies of older ones included; None in doubt."""

    def is_last(one: FileEntry) -> bool:
        content = _content(one)
        return all(_replaces(one, other) for other in entries if _content(other) != content)

    return next(filter(is_last, left), None)


def _replaces(one: FileEntry, other: FileEntry) -> bool:
    """Tell whether a file certainly came after another: it answers it, or was saved later.

    A form that lost its stamp never takes the place of one that has it.
    """
    if other.sha256 in one.answers:
        return True
    if _lost_stamp(one) and not _lost_stamp(other):
        return False
    return one.sha256 not in other.answers and is_later(one.modified, other.modified)


def _lost_stamp(entry: FileEntry) -> bool:
    return any(finding.code in ("stamp_lost", "stamp_lost_unfit") for finding in entry.findings)


def is_later(one: datetime | None, other: datetime | None) -> bool:
    """Tell whether a moment is certainly after another; one without a zone may be off by the width of the world."""
    if one is None or other is None:
        return False
    if (one.tzinfo is None) == (other.tzinfo is None):
        return one > other
    return one.replace(tzinfo=one.tzinfo or UTC) - other.replace(tzinfo=other.tzinfo or UTC) > _ZONES


def _changes(entries: list[FileEntry]) -> Iterator[Change]:
    """What the file that counts says otherwise than each that it supersedes."""
    newest = next((entry for entry in entries if entry.state is FileState.ACCEPTED), None)
    if newest is None or newest.submission is None:
        return
    for entry in entries:
        if entry.state is FileState.SUPERSEDED and entry.submission is not None:
            yield from _differences(entry.submission, newest.submission)


def _differences(old: Submission, new: Submission) -> Iterator[Change]:
    before = {(i.criterion, i.kind): i for i in old.inputs}
    after = {(i.criterion, i.kind): i for i in new.inputs}
    for criterion, kind in {**after, **before}:
        if old.answers.get((criterion, kind)) != new.answers.get((criterion, kind)):
            yield Change(
                unit=new.unit,
                criterion=criterion,
                kind=kind,
                before=before.get((criterion, kind)),
                after=after.get((criterion, kind)),
                old_file=old.file,
                new_file=new.file,
            )
