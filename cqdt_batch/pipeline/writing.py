"""The workbooks of a round, each in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.parts import parts_of
from cqdt_batch.definition.records import Limits, Unit
from cqdt_batch.findings import Finding
from cqdt_batch.intake.container import unpack
from cqdt_batch.intake.ooxml import saved_at
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.aside import Drawn, shared_out
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.running import Track, untracked
from cqdt_batch.publishing.annex.tables import annex_sheets
from cqdt_batch.publishing.appraisal_book import appraisal_books
from cqdt_batch.publishing.board import board_sheets
from cqdt_batch.publishing.definition_book import definition_sheets
from cqdt_batch.publishing.forms.feedback import Feedback
from cqdt_batch.publishing.forms.form import form_sheets
from cqdt_batch.publishing.writer import CREATED, check_target, set_aside, workbook_bytes, write_file, write_workbook
from cqdt_batch.scoring.changes.bookkeeping import ledger_of
from cqdt_batch.scoring.changes.comparison import compare
from cqdt_batch.scoring.outcome import Outcome


def start_round(folder: RoundFolder, words: Words) -> Path:
    """Make the folder of a new round, with a blank definition to fill in, and return the definition's path."""
    folder.inbox.mkdir(parents=True, exist_ok=True)
    return write_workbook(folder.definition, definition_sheets(words, {}), words("definition.guide.title"))


def write_forms(assessment: Assessment, out: Path, words: Words, track: Track = untracked) -> tuple[Path, ...]:
    """Write the form of every unit, named by the unit's code."""
    title = words("form.document")

    def write(pair: tuple[Unit, Path]) -> Path:
        unit, path = pair
        return write_workbook(path, form_sheets(assessment, unit, words), title)

    return _written(write, tuple(zip(assessment.asked_units, form_paths(assessment, out), strict=True)), track)


def _written(
    write: Callable[[tuple[Unit, Path]], Path], pairs: tuple[tuple[Unit, Path], ...], track: Track
) -> tuple[Path, ...]:
    """Write a workbook for each unit with all cores; those that write begin before the progress is drawn."""
    for _, path in pairs:
        check_target(path)
    with shared_out(write, pairs) as written:
        return tuple(next(written) for _ in track(pairs))


def form_paths(assessment: Assessment, out: Path) -> tuple[Path, ...]:
    """Where the forms of all units go: each is named by its unit's code."""
    return tuple(out / f"{unit.code}.xlsx" for unit in assessment.asked_units)


def write_appraisal(folder: RoundFolder, outcome: Outcome, words: Words, track: Track = untracked) -> tuple[Path, ...]:
    """Write the workbook of every part in which there is anything to verify, named by the part's code."""
    title = words("appraisal.document")
    books = tuple(appraisal_books(outcome, words))
    places = (folder.appraisal_forms / f"{book.part.code}.xlsx" for book in books)
    pairs = tuple(zip(places, books, strict=True))
    return tuple(write_workbook(place, book.sheets(), title) for place, book in track(pairs))


def appraisal_paths(folder: RoundFolder, assessment: Assessment) -> tuple[Path, ...]:
    """Where the appraisers' workbooks go: each is named by the code of its part."""
    return tuple(folder.appraisal_forms / f"{part.code}.xlsx" for part in parts_of(assessment))


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


def annex_bytes(outcome: Outcome, words: Words) -> bytes:
    """Draw the annex workbook; it tells what changed since the result published before, if that is known."""
    changes = compare(outcome.previous, ledger_of(outcome)) if outcome.previous else None
    return workbook_bytes(annex_sheets(outcome, words, changes), words("annex.document"))


def write_annex(folder: RoundFolder, outcome: Outcome, words: Words) -> Path:
    """Write the annex workbook."""
    check_target(folder.annex)
    return write_file(folder.annex, annex_bytes(outcome, words))


def board_bytes(outcome: Outcome, words: Words) -> bytes:
    """Draw the check board."""
    return workbook_bytes(board_sheets(outcome, words), words("board.document"))


def write_board(folder: RoundFolder, outcome: Outcome, words: Words) -> Path:
    """Write the check board."""
    check_target(folder.board)
    return write_file(folder.board, board_bytes(outcome, words))


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """The feedback forms that were written, and the files that stood in their place and were kept."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]


def write_feedback(folder: RoundFolder, outcome: Outcome, words: Words, track: Track = untracked) -> Answers:
    """Write the feedback form of every unit with findings, and remove those of units that have none any more.

    A file of such a name that somebody saved there, perhaps one that came back, is kept under a dated name.
    """
    feedback = Feedback(outcome=outcome, words=words)
    standing = _standing(outcome.assessment, folder.feedback)
    kept = tuple(map(set_aside, filled_in(standing)))
    answered = tuple((unit, folder.feedback / f"{unit.code}.xlsx") for unit in feedback.units)
    for place in set(standing) - {place for _, place in answered}:
        place.unlink(missing_ok=True)
    title = words("feedback.document")

    def write(pair: tuple[Unit, Path]) -> Path:
        unit, place = pair
        return write_workbook(place, feedback.sheets(unit), title)

    return Answers(written=_written(write, answered, track), kept=kept)


def _standing(assessment: Assessment, folder: Path) -> tuple[Path, ...]:
    """Where something stands in the place of a unit's form: the folder is asked, not each of thousands of places."""
    names = {one.name.casefold() for one in folder.iterdir()} if folder.is_dir() else set()
    forms = (f"{unit.code}.xlsx" for unit in assessment.asked_units)
    return tuple(folder / form for form in forms if form.casefold() in names)


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """The workbooks that were written, each with where it should stand and where it stands, and the feedback forms."""

    workbooks: tuple[tuple[Path, Path], ...]
    answers: Answers

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file that was written."""
        return (*(path for _, path in self.workbooks), *self.answers.written)


def write_results(
    folder: RoundFolder, outcome: Outcome, words: Words, *, annex: Drawn | None = None, with_annex: bool = True
) -> Results:
    """Write all that is said of an outcome; OSError, before anything is written, where something else stands there.

    The `annex` may be drawn already.
    """
    wanted = (folder.annex, folder.board)[not with_annex :]
    for path in (*wanted, *_standing(outcome.assessment, folder.feedback), folder.journal):
        check_target(path)
    board = board_bytes(outcome, words)
    drawn = (annex() if annex else annex_bytes(outcome, words), board) if with_annex else (board,)
    workbooks = tuple((path, write_file(path, data)) for path, data in zip(wanted, drawn, strict=True))
    return Results(workbooks=workbooks, answers=write_feedback(folder, outcome, words))
