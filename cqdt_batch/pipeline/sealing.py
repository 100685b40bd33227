"""The seal of a run, and the rerun that is held against it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from cqdt_batch.definition.loading import Definition
from cqdt_batch.findings import Finding, Where, error
from cqdt_batch.intake.inbox import EntryKind, entries
from cqdt_batch.messages import Words, reason_of
from cqdt_batch.pipeline.aside import drawn_aside
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.running import Track, assess, questioned, read_definition, recalling, untracked
from cqdt_batch.pipeline.writing import Results, annex_bytes, write_results
from cqdt_batch.publishing.journal import SealText, is_genuine, journal_parts, seal_from, seal_text
from cqdt_batch.publishing.sealing.reproduction import Rerun, differences, is_reproduced
from cqdt_batch.publishing.sealing.seal import Seal, SealedInput, SealedOutput, digest, seal_of, sealed_definition
from cqdt_batch.publishing.writer import write_file
from cqdt_batch.scoring.changes.bookkeeping import ledger_of, outline_of, placings_of, unit_columns
from cqdt_batch.scoring.outcome import Outcome


def prepare_journal(folder: RoundFolder, definition: Definition, outcome: Outcome, words: Words) -> SealText:
    """Write down what went in, what was checked and every figure: all of a seal that waits for no output."""
    seal = seal_of(definition, outcome, words, outline_of(outcome), _beside(folder))
    return seal_text(seal, unit_columns(outcome), placings_of(outcome))


def write_journal(folder: RoundFolder, prepared: SealText, results: Results) -> Path:
    """Write the seal of a run, last of all: it tells what came out."""
    return write_file(folder.journal, *journal_parts(prepared, _outputs(folder, results)))


def _outputs(folder: RoundFolder, results: Results) -> Iterator[SealedOutput]:
    """The files that were written, as they stand there."""
    usual = {path: wished for wished, path in results.workbooks if path != wished}
    for path in results.paths:
        stands_for = folder.named(usual[path]) if path in usual else ""
        yield SealedOutput(file=folder.named(path), sha256=_digest_of(path), stands_for=stands_for)


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
    here = Rerun(
        definition=sealed_definition(definition),
        on_disk={name: data for name, data in found.items() if data is not None},
        drawn={},
        journal=folder.named(folder.journal),
        comparison=folder.named(folder.comparison),
        others=tuple(name for name in _files_in(folder.results) if name not in (*found, folder.named(folder.journal))),
    )
    if definition.assessment is None:
        return here
    with TemporaryDirectory() as place:
        aside, words = replace(folder, elsewhere=Path(place)), Words(seal.language)
        outcome = recalling(aside, assess(aside, definition, track))
        with drawn_aside(partial(annex_bytes, outcome, words)) as annex:
            outcome = questioned(aside, outcome)
            results = write_results(aside, outcome, words, annex=annex)
        drawn = {aside.named(path): path.read_bytes() for path in results.paths}
        seal_now = seal_of(definition, outcome, words, ledger_of(outcome), _beside(aside))
        now = replace(seal_now, outputs=tuple(_outputs(aside, results)))
    return replace(here, drawn=drawn, seal=now)


def _files_in(folder: Path) -> Iterator[str]:
    """The files in a folder by their names as seen from the round's; none that a system or an open program leaves."""
    return (entry.name for entry in entries(folder) if entry.kind is EntryKind.FILE)


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
