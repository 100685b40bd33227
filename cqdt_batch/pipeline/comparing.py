"""Runs that are over: their ledgers, and the workbook that compares two of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.findings import Finding, Term, Where, error, warning
from cqdt_batch.messages import Words, reason_of
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.publishing.changes_book import changes_sheets
from cqdt_batch.publishing.journal import ledger_from
from cqdt_batch.publishing.writer import write_workbook
from cqdt_batch.scoring.changes.comparison import Comparison
from cqdt_batch.scoring.changes.ledger import Ledger, is_whole


@dataclass(frozen=True, kw_only=True, slots=True)
class Previous:
    """The result published before, where there is one that can be used, and what there is to say about it."""

    ledger: Ledger | None = None
    findings: tuple[Finding, ...] = ()


def read_previous(folder: RoundFolder, assessment: Assessment) -> Previous:
    """Read the ledger of the result published before, where its seal was put into the round's folder."""
    if not folder.previous.exists():
        return Previous()
    name = folder.previous.name
    found = read_ledger(folder.previous)
    if isinstance(found, Finding):
        reason = Term(f"finding.{found.code}.says", tuple(found.facts.items()))
        return Previous(findings=(warning("previous_unreadable", Where(file=name), reason=reason),))
    if found.assessment != assessment.profile.code:
        reason = Term("changes.another_round", (("code", found.assessment),))
        return Previous(findings=(warning("previous_unreadable", Where(file=name), reason=reason),))
    drafted = (warning("previous_is_draft", Where(file=name)),) if found.is_draft else ()
    return Previous(ledger=found, findings=drafted)


def read_ledger(journal: Path) -> Ledger | Finding:
    """Read the ledger of a run out of its seal; one that somebody edited proves nothing and is refused."""
    where = Where(file=journal.name)
    try:
        data = journal.read_bytes()
    except OSError as refusal:
        return error("file_unreadable", where, reason=reason_of(refusal))
    found = ledger_from(data, journal.name)
    if isinstance(found, Finding):
        return found
    return found if is_whole(found) else error("seal_damaged", where, place="ledger")


def write_comparison(path: Path, comparison: Comparison, words: Words) -> Path:
    """Write the workbook that compares two runs."""
    return write_workbook(path, changes_sheets(comparison, words), words("compare.document"))
