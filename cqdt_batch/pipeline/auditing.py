"""Printed tables that somebody else made, read with the eyes of a reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cqdt_batch.definition.records import Limits
from cqdt_batch.findings import Finding, Where, error, in_order
from cqdt_batch.intake.printed.delimited import PRINTED_SUFFIXES, read_printed
from cqdt_batch.intake.printed.model import PrintedTable
from cqdt_batch.intake.printed.recognition import printed_tables
from cqdt_batch.messages import reason_of
from cqdt_batch.scoring.consistency.reader import TableReading, question


@dataclass(frozen=True, kw_only=True, slots=True)
class Audit:
    """What a reader would ask about the printed tables of some files, and how the tables were understood."""

    findings: tuple[Finding, ...]
    readings: tuple[TableReading, ...]


_AUDITED = Limits(file_size=50, unpacked=512, part_size=256, sheets=200, rows=100_000, columns=500)
"""An annex is larger than a form: it may hold the trace of every figure."""


def audit(paths: Iterable[Path]) -> Audit:
    """Read the printed tables of files that somebody else made, and check them alone and against each other.

    A folder stands for the workbooks and text files in it. What cannot be read is a finding.
    """
    findings: list[Finding] = []
    tables: list[PrintedTable] = []
    for path in _printed_files(paths):
        try:
            book = read_printed(path.read_bytes(), path.name, _AUDITED)
        except OSError as refusal:
            book = error("file_unreadable", Where(file=path.name), reason=reason_of(refusal))
        if isinstance(book, Finding):
            findings.append(book)
            continue
        found, unread = printed_tables(book)
        tables += found
        findings += unread
    asked = question(tables)
    return Audit(findings=in_order((*findings, *asked.findings)), readings=asked.readings)


def _printed_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files to audit; those of a folder by name, but for hidden ones and those of other programs."""
    for path in paths:
        if path.is_dir():
            files = (one for one in path.iterdir() if one.is_file() and not one.name.startswith((".", "~")))
            yield from sorted(one for one in files if one.suffix.casefold() in PRINTED_SUFFIXES)
        else:
            yield path
