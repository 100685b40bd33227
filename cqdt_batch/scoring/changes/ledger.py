"""The ledger of a run: every figure and what it came from, as plain records that outlive the workbooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from itertools import chain
from typing import NamedTuple


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentence:
    """What a run said, in every language: a ledger outlives the catalogue that it was said from."""

    vi: str
    en: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where something stands; a file alone, or a whole sheet, has no cell."""

    file: str = ""
    sheet: str = ""
    cell: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Obstacle:
    """An error that keeps a unit out of the figures, and where it was found."""

    says: Sentence
    at: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A cell that somebody filled in: the unit, or an appraiser. `raw` is as it was typed, `value` what it means.

    A value with an error has a `refusal`: it does not count.
    """

    kind: str
    file: str
    sheet: str
    cell: str
    raw: str
    value: str
    refusal: Sentence | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectionMade:
    """An applied entry of the corrections register; None is "not assessed"."""

    old: Decimal | None
    new: Decimal | None
    reason: str
    document: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LeafEntry:
    """What the points of a unit on a leaf came from; `reason` is the appraiser's, with its cell."""

    answered: tuple[Source, ...] = ()
    verified: tuple[Source, ...] = ()
    reason: str = ""
    reason_at: Place | None = None
    given: Decimal | None = None
    corrections: tuple[CorrectionMade, ...] = ()


class AnsweredCell(NamedTuple):
    """A cell that a unit filled in and points come from: which leaf and input, how it was typed, what it means."""

    cell: str
    criterion: str
    kind: str
    raw: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerSheet:
    """The answers on one sheet: a round has hundreds of thousands, and what they share is told once."""

    file: str
    sheet: str
    cells: tuple[AnsweredCell, ...]

    def sources(self) -> Iterator[tuple[str, Source]]:
        """Every answer by itself, with the leaf that it is about."""
        for cell, criterion, kind, raw, value in self.cells:
            yield criterion, Source(kind=kind, file=self.file, sheet=self.sheet, cell=cell, raw=raw, value=value)


@dataclass(frozen=True, kw_only=True)
class UnitEntry:
    """A unit of the register: its state, its file, its points by criterion and its leaves.

    `names` are all its names, `merged` those of the units it was merged from. A unit that is not scored has no points;
    its leaves are told all the same where its form was accepted, and the first of the `obstacles` in its way.
    `not_assessed` are the leaves it is exempt from. `answers` are the unit's own, `beside` is what else the points of
    a leaf came from: verified and given values, corrections.
    """

    unit: str
    name: str
    names: tuple[str, ...]
    merged: tuple[str, ...]
    block: str
    state: str
    file: str = ""
    sha256: str = ""
    group: str = ""
    subgroup: str = ""
    not_assessed: tuple[str, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    points: Mapping[str, Decimal | None] = field(default_factory=dict)
    answers: tuple[AnswerSheet, ...] = ()
    beside: Mapping[str, LeafEntry] = field(default_factory=dict)

    @cached_property
    def leaves(self) -> Mapping[str, LeafEntry]:
        """What the points on each leaf came from; a leaf of which nothing is known is none."""
        answered: dict[str, list[Source]] = {code: [] for code in self.codes}
        for code, source in chain.from_iterable(sheet.sources() for sheet in self.answers):
            answered[code].append(source)
        return {
            code: replace(self.beside.get(code, LeafEntry()), answered=tuple(sources))
            for code, sources in answered.items()
        }

    @property
    def codes(self) -> Iterable[str]:
        """The codes of the leaves of which something is known."""
        return dict.fromkeys((*(cell.criterion for sheet in self.answers for cell in sheet.cells), *self.beside))


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockEntry:
    """A block of units; `settings` are those its figures and ranks follow, by the names of their fields.

    A choice is told by its key in the catalogue, anything else as text.
    """

    code: str
    name: str
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class CriterionEntry:
    """A criterion; `rule` is how its points come about, in words of the catalogue's keys and parameters.

    `settings` are all that its points follow, told as those of a block.
    """

    block: str
    code: str
    parent: str
    label: str
    rule: str
    maximum: Decimal
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class TableEntry:
    """An annex table of units; `sections` is how they are divided and which are ranked, as text to be compared."""

    code: str
    block: str
    criterion: str
    title: str
    sections: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Placing:
    """A row of an annex table: the published total (or percent) that is ranked, the ranks by scope, the grade.

    `section` is the number of its section in the table, counted from 1.
    """

    table: str
    criterion: str
    unit: str
    figure: Decimal | None
    ranks: Mapping[str, int]
    grade: str = ""
    section: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Ledger:
    """All of a run that can be questioned, and compared with another; a draft is no result that was published."""

    assessment: str
    index_name: str
    year: int
    criteria_version: str
    decimals: Mapping[str, int]
    criteria: tuple[CriterionEntry, ...]
    units: tuple[UnitEntry, ...]
    placings: tuple[Placing, ...]
    blocks: tuple[BlockEntry, ...] = ()
    tables: tuple[TableEntry, ...] = ()
    is_draft: bool = False


def is_whole(ledger: Ledger) -> bool:
    """Tell whether a ledger names only blocks and criteria that it holds; one that somebody made up may not."""
    blocks = {block.code for block in ledger.blocks}
    known = {(block, "") for block in blocks}
    for entry in ledger.criteria:
        if (entry.block, entry.parent) not in known or (entry.block, entry.code) in known:
            return False
        known.add((entry.block, entry.code))
    roots = [entry.block for entry in ledger.criteria if not entry.parent]
    named = {(unit.block, code) for unit in ledger.units for code in (*unit.points, *unit.codes)}
    named |= {(table.block, table.criterion) for table in ledger.tables}
    return sorted(roots) == sorted(blocks) and named <= known and {unit.block for unit in ledger.units} <= blocks
