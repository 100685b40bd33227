"""Take in the appraisers' workbooks: every file ends in exactly one state, every verified value keeps its cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from cqdt_batch.cells import Book
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import Limits
from cqdt_batch.definition.stamp import APPRAISAL, KIND
from cqdt_batch.findings import Finding, Where, error, warning
from cqdt_batch.intake.agreement import agree
from cqdt_batch.intake.appraisal_rows import AppraisalRows
from cqdt_batch.intake.appraisal_table import AppraisalTable, appraisal_tables, lacking, left_unread
from cqdt_batch.intake.collecting import Desk, Track, receive, refused, remarks_on, untracked
from cqdt_batch.intake.reading import read_book
from cqdt_batch.intake.recognition import heads_this_round, stamp_pairs, titles_of
from cqdt_batch.intake.rivals import FileEntry, FileState, settle
from cqdt_batch.intake.submissions import Submission
from cqdt_batch.intake.tables import Table
from cqdt_batch.intake.verdicts import Verdict, Verdicts


@dataclass(frozen=True, kw_only=True, slots=True)
class Appraisal:
    """What was found in the folder of appraisals; empty where nobody appraised anything yet.

    `folder` is the folder's name for findings, `listed` how many entries it holds before mails and archives are opened.
    """

    folder: str = ""
    files: tuple[FileEntry, ...] = ()
    verdicts: Verdicts = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    listed: int = 0


def take_in_appraisal(
    assessment: Assessment, folder: Path, submissions: Iterable[Submission], track: Track = untracked
) -> Appraisal:
    """Read the folder of appraisals and hold it against what the units handed in."""
    roomy = replace(assessment, limits=appraisal_limits(assessment))
    received = receive(Desk(roomy, read_appraisal), folder, track)
    files, _ = settle(received.files)
    said = (verdict for entry in files if entry.state is FileState.ACCEPTED for verdict in entry.verdicts)
    agreement = agree(assessment, said, submissions)
    about_files = (finding for entry in files for finding in entry.findings)
    return Appraisal(
        folder=folder.name,
        files=files,
        verdicts=agreement.verdicts,
        findings=(*about_files, *agreement.findings),
        listed=received.listed,
    )


_ROWS_A_FORM_MAY_HAVE = 2_000
"""The limits of one file are meant for so many rows."""


def appraisal_limits(assessment: Assessment) -> Limits:
    """The limits of a workbook that has a row for every leaf of every unit, instead of a form's."""
    limits = assessment.limits
    rows = sum(len(assessment.assessed_leaves(unit)) for unit in assessment.asked_units)
    times = 1 + rows // _ROWS_A_FORM_MAY_HAVE
    grown = {name: getattr(limits, name) * times for name in ("file_size", "unpacked", "part_size", "seconds")}
    return replace(limits, **grown, rows=limits.rows + rows, memory=limits.memory + rows // 10)


def read_appraisal(assessment: Assessment, name: str, data: bytes) -> FileEntry:
    """Read a workbook as an appraiser's."""
    book = read_book(data, name, assessment.limits)
    if isinstance(book, Finding):
        return refused(name, data, book)
    known = FileEntry(name=name, state=FileState.REFUSED, sha256=book.sha256, modified=book.modified)
    stranger = _stranger(book, assessment)
    tables = stranger or appraisal_tables(book)
    if isinstance(tables, Finding):
        return replace(known, findings=(tables,))
    identity = _identified(book, tables, assessment)
    if isinstance(identity, Finding):
        return replace(known, findings=(identity,))
    stamped = dict(stamp_pairs(book) or ())
    read: list[Verdict | Finding] = []
    for table in tables:
        is_values_only = "file_values_only" in book.remarks
        rows = AppraisalRows(
            assessment=assessment, table=table, sha256=book.sha256, stamped=stamped, is_values_only=is_values_only
        )
        missing = rows.lacking()
        if missing:
            header = Where(file=name, sheet=table.grid.sheet, row=table.header)
            return replace(known, findings=(lacking(header, missing),))
        read += rows.read()
    found = (finding for finding in read if isinstance(finding, Finding))
    return replace(
        known,
        state=FileState.ACCEPTED,
        verdicts=tuple(verdict for verdict in read if isinstance(verdict, Verdict)),
        findings=(*remarks_on(book), *identity, *left_unread(book, tables), *found),
    )


def _stranger(book: Book, assessment: Assessment) -> Finding | None:
    """Refuse a workbook whose stamp says that it is a unit's form, or of another round or version of the criteria."""
    stamp, where = dict(stamp_pairs(book) or ()), Where(file=book.file)
    if _is_stamped(book):
        found = (stamp.get("assessment", ""), stamp.get("criteria_version", ""))
        expected = (assessment.profile.code, assessment.profile.criteria_version)
        return None if found == expected else error("appraisal_of_other_round", where, found=found, expected=expected)
    return error("form_among_appraisals", where) if "unit" in stamp else None


def _is_stamped(book: Book) -> bool:
    return (KIND, APPRAISAL) in (stamp_pairs(book) or ())


def _identified(book: Book, tables: Sequence[AppraisalTable], assessment: Assessment) -> tuple[Finding, ...] | Finding:
    """Take a workbook without a stamp if it names the round above its table, and tell that."""
    where = Where(file=book.file)
    if _is_stamped(book):
        return ()
    if any(heads_this_round(Table(table.grid, table.header, {}), assessment) for table in tables):
        return (warning("appraisal_stamp_lost", where),)
    return error("appraisal_of_unknown_round", where, expected=next(titles_of(assessment)))
