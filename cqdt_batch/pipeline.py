"""One page for the whole way: a round's folder in, workbooks out. The commands and the tests call this."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.loading import Definition, load
from cqdt_batch.definition.records import Limits
from cqdt_batch.findings import Finding, Where, error
from cqdt_batch.intake.collecting import take_in
from cqdt_batch.intake.container import unpack
from cqdt_batch.intake.ooxml import saved_at
from cqdt_batch.intake.reading import read_book
from cqdt_batch.messages import Words, reason_of
from cqdt_batch.publishing.annex.tables import annex_sheets
from cqdt_batch.publishing.board import board_sheets
from cqdt_batch.publishing.definition_book import definition_sheets
from cqdt_batch.publishing.forms.feedback import feedback_sheets, units_to_answer
from cqdt_batch.publishing.forms.form import form_sheets
from cqdt_batch.publishing.writer import CREATED, set_aside, write_workbook
from cqdt_batch.scoring.outcome import Outcome, evaluate

Track: TypeAlias = Callable[[Sequence[Any]], Iterable[Any]]
"""Wraps a walk over things that take a while: a progress bar, or nothing."""


def untracked(things: Sequence[Any]) -> Iterable[Any]:
    """Walk without telling anybody."""
    return things


@dataclass(frozen=True, slots=True)
class RoundFolder:
    """The folder of an assessment round and the names of what is in it."""

    path: Path
    name: str = "dot-danh-gia.xlsx"

    @property
    def definition(self) -> Path:
        """The definition workbook."""
        return self.path / self.name

    @property
    def inbox(self) -> Path:
        """The submitted forms, as they came."""
        return self.path / "bai-nop"

    @property
    def forms(self) -> Path:
        """The blank forms made for the round."""
        return self.path / "bieu-mau"

    @property
    def annex(self) -> Path:
        """The annex workbook."""
        return self.path / "ket-qua" / "phu-luc.xlsx"

    @property
    def feedback(self) -> Path:
        """The feedback forms, one for every unit with findings."""
        return self.path / "ket-qua" / "phan-hoi"

    @property
    def board(self) -> Path:
        """The check board."""
        return self.path / "ket-qua" / "kiem-tra.xlsx"


def start_round(folder: RoundFolder, words: Words) -> Path:
    """Make the folder of a new round, with a blank definition to fill in, and return the definition's path."""
    folder.inbox.mkdir(parents=True, exist_ok=True)
    return write_workbook(folder.definition, definition_sheets(words, {}), words("definition.guide.title"))


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


def examine(folder: RoundFolder, definition: Definition, track: Track = untracked) -> Outcome:
    """Take in, validate, score and rank; nothing is written."""
    if definition.assessment is None:
        raise ValueError("a definition with errors cannot be examined")
    intake = take_in(definition.assessment, folder.inbox, track)
    return evaluate(definition, intake, folder.inbox.name)


def write_forms(assessment: Assessment, out: Path, words: Words, track: Track = untracked) -> tuple[Path, ...]:
    """Write the form of every unit, named by the unit's code."""
    title = words("form.document")
    pairs = tuple(zip(assessment.asked_units, form_paths(assessment, out), strict=True))
    return tuple(write_workbook(path, form_sheets(assessment, unit, words), title) for unit, path in track(pairs))


def write_annex(folder: RoundFolder, outcome: Outcome, words: Words) -> Path:
    """Write the annex workbook."""
    return write_workbook(folder.annex, annex_sheets(outcome, words), words("annex.document"))


def write_board(folder: RoundFolder, outcome: Outcome, words: Words) -> Path:
    """Write the check board."""
    return write_workbook(folder.board, board_sheets(outcome, words), words("board.document"))


def filled_in(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Those of the files that somebody else has saved since the program wrote them: not ours to replace.

    Every workbook of ours bears one fixed date; any program that saves it again puts its own there.
    """
    return tuple(path for path in paths if path.exists() and not _is_untouched(path))


def _is_untouched(path: Path) -> bool:
    parts = unpack(path.read_bytes(), path.name, Limits())
    try:
        saved = None if isinstance(parts, Finding) else saved_at(parts)
    except Exception:  # noqa: BLE001 - what cannot be read is not as we wrote it
        saved = None
    return saved is not None and saved.replace(tzinfo=None) == CREATED


def form_paths(assessment: Assessment, out: Path) -> tuple[Path, ...]:
    """Where the forms of all units go: each is named by its unit's code."""
    return tuple(out / f"{unit.code}.xlsx" for unit in assessment.asked_units)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """The feedback forms that were written, and the files that stood in their place and were kept."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]


def write_feedback(folder: RoundFolder, outcome: Outcome, words: Words, track: Track = untracked) -> Answers:
    """Write the feedback form of every unit with findings, and remove those of units that have none any more.

    A file of such a name that somebody saved there, perhaps one that came back, is kept under a dated name.
    """
    answered = units_to_answer(outcome)
    places = form_paths(outcome.assessment, folder.feedback)
    kept = tuple(map(set_aside, filled_in(places)))
    for unit, place in zip(outcome.assessment.asked_units, places, strict=True):
        if unit not in answered:
            place.unlink(missing_ok=True)
    title = words("feedback.document")
    written = tuple(
        write_workbook(folder.feedback / f"{unit.code}.xlsx", feedback_sheets(outcome, unit, words), title)
        for unit in track(answered)
    )
    return Answers(written=written, kept=kept)
