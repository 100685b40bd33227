"""A run: the definition and what was sent in, the figures out; nothing is written.

What is heavy (pandas, pandera, pydantic) is imported once the forms are read: a large round is read all the same, and a
small one has its forms sooner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from cqdt_batch.definition.loading import Definition, load
from cqdt_batch.definition.records import Limits
from cqdt_batch.findings import Finding, Where, error, in_order
from cqdt_batch.intake.appraisal import take_in_appraisal
from cqdt_batch.intake.collecting import take_in
from cqdt_batch.intake.reading import read_book
from cqdt_batch.messages import reason_of
from cqdt_batch.pipeline.folder import RoundFolder

if TYPE_CHECKING:
    from cqdt_batch.scoring.outcome import Outcome

Track: TypeAlias = Callable[[Sequence[Any]], Iterable[Any]]
"""Wraps a walk over things that take a while: a progress bar, or nothing."""


_DEFINITION = Limits(file_size=50, unpacked=256, part_size=128, rows=100_000)
"""The definition is the officer's own file, not a stranger's, and may list every commune of the country."""


def untracked(things: Sequence[Any]) -> Iterable[Any]:
    """Walk without telling anybody."""
    return things


def read_definition(folder: RoundFolder) -> Definition:
    """Load the round's definition; an unreadable file is a finding like any other mistake in it."""
    name = folder.definition.name
    try:
        book = read_book(folder.definition.read_bytes(), name, _DEFINITION)
    except OSError as refusal:
        book = error("file_unreadable", Where(file=name), reason=reason_of(refusal))
    if isinstance(book, Finding):
        return Definition(assessment=None, findings=(book,))
    return load(book)


def assess(folder: RoundFolder, definition: Definition, track: Track = untracked) -> Outcome:
    """Take in, validate, score and rank; nothing is written."""
    if definition.assessment is None:
        raise ValueError("a definition with errors cannot be assessed")
    intake = take_in(definition.assessment, folder.inbox, track)
    appraisal = take_in_appraisal(definition.assessment, folder.appraisal, intake.submissions, track)
    from cqdt_batch.scoring.outcome import evaluate

    return evaluate(definition, intake, folder.inbox.name, appraisal)


def examine(folder: RoundFolder, definition: Definition, track: Track = untracked) -> Outcome:
    """Assess a round and read its figures as they will be printed, with the eyes of a reader, and those printed before.

    Nothing is written.
    """
    return questioned(folder, recalling(folder, assess(folder, definition, track)))


def recalling(folder: RoundFolder, outcome: Outcome) -> Outcome:
    """Add what was published before: all that an annex tells is known then."""
    from cqdt_batch.pipeline.comparing import read_previous

    previous = read_previous(folder, outcome.assessment)
    findings = in_order((*outcome.findings, *previous.findings))
    return replace(outcome, findings=findings, previous=previous.ledger)


def questioned(folder: RoundFolder, outcome: Outcome) -> Outcome:
    """Add what a reader of the printed figures would ask; the annex says nothing of that."""
    from cqdt_batch.publishing.annex.rereading import reread

    questions = reread(outcome, folder.named(folder.annex))
    return replace(outcome, findings=in_order((*outcome.findings, *questions)))
