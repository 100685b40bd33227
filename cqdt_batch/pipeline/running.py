"""A run: the definition and what was sent in, the figures out; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from cqdt_batch.definition.loading import Definition, load
from cqdt_batch.definition.records import Limits
from cqdt_batch.findings import Finding, Where, error, in_order
from cqdt_batch.intake.appraisal import take_in_appraisal
from cqdt_batch.intake.collecting import take_in
from cqdt_batch.intake.reading import read_book
from cqdt_batch.messages import reason_of
from cqdt_batch.pipeline.comparing import read_previous
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.publishing.annex.rereading import reread
from cqdt_batch.scoring.outcome import Outcome, evaluate

Track: TypeAlias = Callable[[Sequence[Any]], Iterable[Any]]
"""Wraps a walk over things that take a while: a progress bar, or nothing."""


def untracked(things: Sequence[Any]) -> Iterable[Any]:
    """Walk without telling anybody."""
    return things


def read_definition(folder: RoundFolder) -> Definition:
    """Load the round's definition; an unreadable file is a finding like any other mistake in it."""
    name = folder.definition.name
    try:
        book = read_book(folder.definition.read_bytes(), name, Limits())
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
    return evaluate(definition, intake, folder.inbox.name, appraisal)


def examine(folder: RoundFolder, definition: Definition, track: Track = untracked) -> Outcome:
    """Assess a round and read its figures as they will be printed, with the eyes of a reader, and those printed before.

    Nothing is written.
    """
    return questioned(folder, recalling(folder, assess(folder, definition, track)))


def recalling(folder: RoundFolder, outcome: Outcome) -> Outcome:
    """Add what was published before: all that an annex tells is known then."""
    previous = read_previous(folder, outcome.assessment)
    findings = in_order((*outcome.findings, *previous.findings))
    return replace(outcome, findings=findings, previous=previous.ledger)


def questioned(folder: RoundFolder, outcome: Outcome) -> Outcome:
    """Add what a reader of the printed figures would ask; the annex says nothing of that."""
    questions = reread(outcome, folder.named(folder.annex))
    return replace(outcome, findings=in_order((*outcome.findings, *questions)))
