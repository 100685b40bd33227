"""One page for the whole way: a round's folder in, workbooks out. The commands and the tests call this."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.loading import Definition, load
from cqdt_batch.definition.parts import parts_of
from cqdt_batch.definition.records import Limits
from cqdt_batch.findings import Finding, Term, Where, error, in_order, warning
from cqdt_batch.intake.appraisal import take_in_appraisal
from cqdt_batch.intake.collecting import take_in
from cqdt_batch.intake.container import unpack
from cqdt_batch.intake.ooxml import saved_at
from cqdt_batch.intake.printed.delimited import PRINTED_SUFFIXES, read_printed
from cqdt_batch.intake.printed.model import PrintedTable
from cqdt_batch.intake.printed.recognition import printed_tables
from cqdt_batch.intake.reading import read_book
from cqdt_batch.messages import Words, reason_of
from cqdt_batch.publishing.annex.rereading import reread
from cqdt_batch.publishing.annex.tables import annex_sheets
from cqdt_batch.publishing.appraisal_book import appraisal_books
from cqdt_batch.publishing.board import board_sheets
from cqdt_batch.publishing.changes_book import changes_sheets
from cqdt_batch.publishing.definition_book import definition_sheets
from cqdt_batch.publishing.forms.feedback import feedback_sheets, units_to_answer
from cqdt_batch.publishing.forms.form import form_sheets
from cqdt_batch.publishing.journal import is_genuine, journal_bytes, ledger_from, seal_from
from cqdt_batch.publishing.sealing.reproduction import Rerun, differences, is_reproduced
from cqdt_batch.publishing.sealing.seal import Seal, SealedInput, SealedOutput, digest, seal_of, sealed_definition
from cqdt_batch.publishing.writer import CREATED, check_target, set_aside, write_file, write_workbook
from cqdt_batch.scoring.bookkeeping import ledger_of
from cqdt_batch.scoring.changes import Comparison, compare, is_whole
from cqdt_batch.scoring.consistency.reader import TableReading, question
from cqdt_batch.scoring.ledger import Ledger
from cqdt_batch.scoring.outcome import Outcome, evaluate

Track: TypeAlias = Callable[[Sequence[Any]], Iterable[Any]]
"""Wraps a walk over things that take a while: a progress bar, or nothing."""


def untracked(things: Sequence[Any]) -> Iterable[Any]:
    """Walk without telling anybody."""
    return things


_RESULTS = "ket-qua"


@dataclass(frozen=True, slots=True)
class RoundFolder:
    """The folder of an assessment round and the names of what is in it.

    Results go `elsewhere` where a run is only tried.
    """

    path: Path
    name: str = "dot-danh-gia.xlsx"
    elsewhere: Path | None = None

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
    def appraisal(self) -> Path:
        """The appraisers' workbooks, filled in."""
        return self.path / "tham-dinh"

    @property
    def appraisal_forms(self) -> Path:
        """The workbooks to hand out to the appraisers."""
        return self.path / "phieu-tham-dinh"

    @property
    def results(self) -> Path:
        """The folder of everything that a run writes."""
        return self.elsewhere or self.path / _RESULTS

    def named(self, result: Path) -> str:
        """The name of a result as seen from the round's folder, wherever it is written."""
        return f"{_RESULTS}/{result.relative_to(self.results).as_posix()}"

    @property
    def annex(self) -> Path:
        """The annex workbook."""
        return self.results / "phu-luc.xlsx"

    @property
    def feedback(self) -> Path:
        """The feedback forms, one for every unit with findings."""
        return self.results / "phan-hoi"

    @property
    def board(self) -> Path:
        """The check board."""
        return self.results / "kiem-tra.xlsx"

    @property
    def comparison(self) -> Path:
        """The workbook that compares the run with another."""
        return self.results / "so-sanh.xlsx"

    @property
    def previous(self) -> Path:
        """The seal of the result published before, if the officer put it here: the annex prints what changed since."""
        return self.path / "cong-bo-truoc.json"

    @property
    def journal(self) -> Path:
        """The seal: what ran, on which bytes, with which result."""
        return self.results / "nhat-ky.json"


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


def assess(folder: RoundFolder, definition: Definition, track: Track = untracked) -> Outcome:
    """Take in, validate, score and rank; nothing is written."""
    if definition.assessment is None:
        raise ValueError("a definition with errors cannot be assessed")
    intake = take_in(definition.assessment, folder.inbox, track)
    appraisal = take_in_appraisal(definition.assessment, folder.appraisal, intake.submissions, track)
    return evaluate(definition, intake, folder.inbox.name, appraisal)


def examine(folder: RoundFolder, definition: Definition, track: Track = untracked) -> Outcome:
    """Assess a round and read its figures as they will be printed, with the eyes of a reader; nothing is written."""
    outcome = assess(folder, definition, track)
    questions = reread(outcome, folder.named(folder.annex))
    previous = read_previous(folder, outcome.assessment)
    unreadable = (previous,) if isinstance(previous, Finding) else ()
    return replace(outcome, findings=in_order((*outcome.findings, *questions, *unreadable)))


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


def write_forms(assessment: Assessment, out: Path, words: Words, track: Track = untracked) -> tuple[Path, ...]:
    """Write the form of every unit, named by the unit's code."""
    title = words("form.document")
    pairs = tuple(zip(assessment.asked_units, form_paths(assessment, out), strict=True))
    return tuple(write_workbook(path, form_sheets(assessment, unit, words), title) for unit, path in track(pairs))


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


def write_annex(folder: RoundFolder, outcome: Outcome, words: Words) -> Path:
    """Write the annex workbook."""
    previous = read_previous(folder, outcome.assessment)
    changes = compare(previous, ledger_of(outcome)) if isinstance(previous, Ledger) else None
    return write_workbook(folder.annex, annex_sheets(outcome, words, changes), words("annex.document"))


def read_previous(folder: RoundFolder, assessment: Assessment) -> Ledger | Finding | None:
    """Read the ledger of the result published before, where its seal was put into the round's folder."""
    if not folder.previous.exists():
        return None
    name = folder.previous.name
    found = read_ledger(folder.previous)
    if isinstance(found, Finding):
        reason = Term(f"finding.{found.code}.says", tuple(found.facts.items()))
        return warning("previous_unreadable", Where(file=name), reason=reason)
    if found.assessment != assessment.profile.code:
        reason = Term("changes.another_round", (("code", found.assessment),))
        return warning("previous_unreadable", Where(file=name), reason=reason)
    return found


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
    if not is_genuine(data):
        return error("seal_edited", where)
    return found if is_whole(found) else error("seal_damaged", where, place="ledger")


def write_comparison(path: Path, comparison: Comparison, words: Words) -> Path:
    """Write the workbook that compares two runs."""
    return write_workbook(path, changes_sheets(comparison, words), words("compare.document"))


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """The workbooks that were written, each with where it should stand and where it stands, and the feedback forms."""

    workbooks: tuple[tuple[Path, Path], ...]
    answers: Answers

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file that was written."""
        return (*(path for _, path in self.workbooks), *self.answers.written)


def write_results(folder: RoundFolder, outcome: Outcome, words: Words, *, with_annex: bool = True) -> Results:
    """Write all that is said of an outcome; OSError, before anything is written, where something else stands there."""
    wanted = ((folder.annex, write_annex), (folder.board, write_board))[not with_annex :]
    for path in (*(path for path, _ in wanted), *form_paths(outcome.assessment, folder.feedback), folder.journal):
        check_target(path)
    workbooks = tuple((path, write(folder, outcome, words)) for path, write in wanted)
    return Results(workbooks=workbooks, answers=write_feedback(folder, outcome, words))


def write_journal(
    folder: RoundFolder, definition: Definition, outcome: Outcome, results: Results, words: Words
) -> Path:
    """Write the seal of a run, last of all: what went in, what was checked, what came out."""
    return write_file(folder.journal, journal_bytes(_sealed(folder, definition, outcome, results, words)))


def _sealed(folder: RoundFolder, definition: Definition, outcome: Outcome, results: Results, words: Words) -> Seal:
    usual = {path: wished for wished, path in results.workbooks if path != wished}
    outputs = (
        SealedOutput(
            file=folder.named(path),
            sha256=digest(path.read_bytes()),
            stands_for=folder.named(usual[path]) if path in usual else "",
        )
        for path in results.paths
    )
    return seal_of(definition, outcome, outputs, words, _beside(folder))


def _beside(folder: RoundFolder) -> Iterator[SealedInput]:
    """The inputs that stand in none of the folders of forms and appraisals; what cannot be read has no hash."""
    if folder.previous.exists():
        data = _bytes_at(folder.previous)
        yield SealedInput(file=folder.previous.name, sha256="" if data is None else digest(data))


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """What came of holding results against their seal; without a seal that can be read there is only a finding."""

    findings: tuple[Finding, ...]
    seal: Seal | None = None
    is_reproduced: bool = False


def verify(folder: RoundFolder, track: Track = untracked) -> Verification:
    """Run a sealed round again, aside, and tell what differs; nothing in the round's folder is touched."""
    name = folder.named(folder.journal)
    try:
        data = folder.journal.read_bytes()
    except OSError as refusal:
        return Verification(findings=(error("file_unreadable", Where(file=name), reason=reason_of(refusal)),))
    seal = seal_from(data, name)
    if isinstance(seal, Finding):
        return Verification(findings=(seal,))
    rerun = _rerun(folder, seal, track)
    edited = () if is_genuine(data) else (error("seal_edited", Where(file=name)),)
    findings = (*edited, *differences(seal, rerun))
    return Verification(findings=findings, seal=seal, is_reproduced=is_reproduced(seal, rerun))


def _rerun(folder: RoundFolder, seal: Seal, track: Track) -> Rerun:
    definition = read_definition(folder)
    found = {output.file: _bytes_of(folder, output.file) for output in seal.outputs}
    on_disk = {name: data for name, data in found.items() if data is not None}
    if definition.assessment is None:
        return Rerun(definition=sealed_definition(definition), on_disk=on_disk, drawn={})
    with TemporaryDirectory() as place:
        aside, words = replace(folder, elsewhere=Path(place)), Words(seal.language)
        outcome = examine(aside, definition, track)
        results = write_results(aside, outcome, words)
        drawn = {aside.named(path): path.read_bytes() for path in results.paths}
        now = _sealed(aside, definition, outcome, results, words)
    return Rerun(definition=now.definition, on_disk=on_disk, drawn=drawn, seal=now)


def _bytes_of(folder: RoundFolder, name: str) -> bytes | None:
    """The bytes of a result that a seal names; None where there is none, or the name leads elsewhere."""
    path = folder.path / name
    if not path.resolve().is_relative_to(folder.results.resolve()):
        return None
    return _bytes_at(path)


def _bytes_at(path: Path) -> bytes | None:
    """The bytes of a file; None where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return None
