"""Which checks a run made, on how much, and what each of them could not look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from cqdt_batch.definition.records import ScoreSource, TableContent
from cqdt_batch.intake.rivals import FileState
from cqdt_batch.messages import Words
from cqdt_batch.scoring.outcome import SCORED, Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckMade:
    """A check: what it is in words, on how many things it was made, what it skipped and why.

    A check that was made on nothing has a `reason` alone.
    """

    check: str
    says: str
    count: int = 0
    skipped: tuple[str, ...] = ()
    reason: str = ""


class _Made(NamedTuple):
    """On how many things a check was made, before it is put into words; `reason` is a key below `coverage.reason`."""

    reach: int
    skipped: tuple[str, ...] = ()
    reason: str = ""


def checks_made(outcome: Outcome, words: Words) -> Iterator[CheckMade]:
    """Tell of every check of a run how far it went."""
    for name, look in _CHECKS.items():
        made = look(outcome)
        is_told = made.skipped or not made.reach
        yield CheckMade(
            check=name,
            says=words(f"coverage.check.{name}"),
            count=made.reach,
            skipped=made.skipped,
            reason=words(f"coverage.reason.{made.reason}") if is_told and made.reason else "",
        )


def _container(outcome: Outcome) -> _Made:
    """What was opened at all, by the guard against unsafe, broken and oversized files."""
    entries = (*outcome.intake.files, *outcome.appraisal.files)
    unopened = tuple(entry.name for entry in entries if not entry.sha256)
    return _Made(len(entries) - len(unopened), unopened, "unopened")


def _recognition(outcome: Outcome) -> _Made:
    counted = (FileState.ACCEPTED, FileState.SUPERSEDED)
    files = outcome.intake.files
    read = [entry for entry in files if entry.sha256 and not entry.carries]
    refused = tuple(entry.name for entry in read if entry.state not in counted)
    return _Made(len(read) - len(refused), refused, "not_counted")


def _hidden(outcome: Outcome) -> _Made:
    """Formulas, hidden rows and number formats: of old and binary workbooks only values are told."""
    entries = (*outcome.intake.files, *outcome.appraisal.files)
    accepted = [entry for entry in entries if entry.state is FileState.ACCEPTED]
    blind = {f.where.file for f in outcome.findings if f.code == "file_values_only"}
    skipped = tuple(entry.name for entry in accepted if entry.name in blind)
    return _Made(len(accepted) - len(skipped), skipped, "values_only")


def _inputs(outcome: Outcome) -> _Made:
    return _Made(sum(len(submission.inputs) for submission in outcome.intake.submissions), reason="no_form")


def _witness(outcome: Outcome) -> _Made:
    """The sums that a unit's own Excel calculated, held against ours."""
    submissions = outcome.intake.submissions
    skipped = tuple(s.file for s in submissions if not s.totals or outcome.states[s.unit] not in SCORED)
    return _Made(len(submissions) - len(skipped), skipped, "no_totals")


def _verification(outcome: Outcome) -> _Made:
    if outcome.assessment.profile.scores is ScoreSource.OWN:
        return _Made(0, reason="own_scores")
    if not outcome.appraisal.verdicts:
        return _Made(0, reason="no_verdicts")
    gaps = tuple(f"{unit}: {', '.join(codes)}" for unit, codes in outcome.unverified.items() if codes)
    return _Made(len(outcome.appraisal.verdicts), gaps, "unverified")


def _corrections(outcome: Outcome) -> _Made:
    return _Made(len(outcome.assessment.corrections), reason="no_corrections")


def _reader(outcome: Outcome) -> _Made:
    """What a reader with a calculator would ask about the printed tables of units."""
    tables = outcome.assessment.tables
    skipped = tuple(table.code for table in tables if table.content is not TableContent.UNITS)
    return _Made(len(tables) - len(skipped), skipped, "summary")


def _conservation(outcome: Outcome) -> _Made:
    return _Made(len(outcome.states) + len(outcome.intake.files) + len(outcome.appraisal.files))


_CHECKS: dict[str, Callable[[Outcome], _Made]] = {
    "container": _container,
    "recognition": _recognition,
    "hidden": _hidden,
    "inputs": _inputs,
    "witness": _witness,
    "verification": _verification,
    "corrections": _corrections,
    "conservation": _conservation,
    "reader": _reader,
}
"""All checks whose reach depends on what came in, in the order in which they are made."""
