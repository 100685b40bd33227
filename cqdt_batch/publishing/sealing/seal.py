"""The seal of a run: which bytes went in, what was checked by which program, which bytes came out.

Whoever doubts a figure years later runs `cqdt verify`: the seal says whether anything is not as it was.
"""

from __future__ import annotations

import hashlib
import platform
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

from cqdt_batch import __version__
from cqdt_batch.cells import Book, as_typed
from cqdt_batch.definition.loading import Definition
from cqdt_batch.definition.sheets import LIMITS
from cqdt_batch.findings import Finding, column_letters
from cqdt_batch.intake.rivals import FileEntry, FileState
from cqdt_batch.messages import Language, Words
from cqdt_batch.publishing.sealing.coverage import CheckMade, checks_made
from cqdt_batch.scoring.changes.ledger import Ledger
from cqdt_batch.scoring.outcome import Outcome

FORMAT = 2
"""The version of the seal's own form; it changes when an older program could not read it."""

_LIBRARIES = ("numpy", "olefile", "openpyxl", "pandas", "pandera", "python-calamine", "rapidfuzz")
_WRITER = "XlsxWriter"

Cells = Mapping[str, Mapping[str, str]]
"""The filled cells of a workbook as they were typed: sheet, then cell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """What ran: the version of this program, the SHA-256 of its files, and the versions of what it stands on."""

    version: str
    sha256: str
    libraries: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class SealedDefinition:
    """The definition: its file name, its SHA-256, and all that the sheets say that are read."""

    file: str
    sha256: str
    cells: Cells


@dataclass(frozen=True, kw_only=True, slots=True)
class SealedInput:
    """An entry of the folders of forms and appraisals, also one inside a mail or an archive; unread ones have no hash.

    Other files that a run depends on have no state.
    """

    file: str
    sha256: str = ""
    state: FileState | None = None
    unit: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SealedOutput:
    """A file that was written; `stands_for` is its usual name where that one was open elsewhere."""

    file: str
    sha256: str
    stands_for: str = ""

    @property
    def name(self) -> str:
        """The name under which a rerun writes it."""
        return self.stands_for or self.file


@dataclass(frozen=True, kw_only=True, slots=True)
class Seal:
    """Everything that a run depended on and everything that came of it."""

    format: int
    language: Language
    program: Program
    definition: SealedDefinition
    inputs: tuple[SealedInput, ...]
    limits: Mapping[str, int]
    findings: Mapping[str, Mapping[str, int]]
    checks: tuple[CheckMade, ...]
    outputs: tuple[SealedOutput, ...]
    ledger: Ledger = field(repr=False)


def seal_of(
    definition: Definition, outcome: Outcome, words: Words, ledger: Ledger, beside: Iterable[SealedInput] = ()
) -> Seal:
    """Seal a run that has no outputs yet; `beside` are files it depended on that stand in none of the folders."""
    entries = (*outcome.intake.files, *outcome.appraisal.files)
    return Seal(
        format=FORMAT,
        language=words.language,
        program=_program(),
        definition=sealed_definition(definition),
        inputs=(*map(_sealed, entries), *beside),
        limits={limit.name: int(getattr(outcome.assessment.limits, limit.name)) for limit in LIMITS.fields},
        findings=_counted(outcome.findings),
        checks=tuple(checks_made(outcome, words)),
        outputs=(),
        ledger=ledger,
    )


@cache
def _program() -> Program:
    return Program(
        version=__version__,
        sha256=_digest_of_files(),
        libraries={
            "python": platform.python_version(),
            "zlib": zlib.ZLIB_RUNTIME_VERSION,
            **{name: version(name) for name in _LIBRARIES},
            _WRITER: version(_WRITER),
        },
    )


def _digest_of_files() -> str:
    """The SHA-256 of all modules and words; line ends count alike on all systems."""
    found = dict(_texts(files("cqdt_batch"), ""))
    lines = (f"{hashlib.sha256(found[name]).hexdigest()} {name}\n" for name in sorted(found))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _texts(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for one in folder.iterdir():
        name = f"{path}/{one.name}"
        if one.is_dir():
            yield from _texts(one, name)
        elif one.name.endswith((".py", ".toml")):
            yield name, one.read_bytes().replace(b"\r\n", b"\n")


def sealed_definition(definition: Definition) -> SealedDefinition:
    """Seal a definition as it was read, also one with errors; of a file that is no workbook only the name is known."""
    book = definition.book
    if book is None:
        file = next((finding.where.file for finding in definition.findings), definition.layout.file)
        return SealedDefinition(file=file, sha256="", cells={})
    read = {place.sheet for place in definition.layout.places.values()}
    return SealedDefinition(file=book.file, sha256=book.sha256, cells=_cells(book, read))


def _cells(book: Book, sheets: set[str]) -> Cells:
    return {
        grid.sheet: {
            f"{column_letters(column)}{row}": as_typed(content)
            for row, cells in grid.rows.items()
            for column, content in cells.items()
        }
        for grid in book.grids
        if grid.sheet in sheets
    }


def _sealed(entry: FileEntry) -> SealedInput:
    return SealedInput(file=entry.name, sha256=entry.sha256, state=entry.state, unit=entry.unit)


def _counted(findings: Iterable[Finding]) -> dict[str, dict[str, int]]:
    """How many findings there are, by severity and code."""
    counts = Counter((finding.severity.value, finding.code) for finding in findings)
    found: dict[str, dict[str, int]] = {}
    for severity, code in sorted(counts):
        found.setdefault(severity, {})[code] = counts[severity, code]
    return found


def digest(*parts: bytes) -> str:
    """The SHA-256 of a file's bytes, which may come in parts."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part)
    return found.hexdigest()
