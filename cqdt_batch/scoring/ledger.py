"""The ledger of a run: every figure and what it came from, as plain records that outlive the workbooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A cell that somebody filled in: the unit, or an appraiser. `raw` is as it was typed, `value` what it means."""

    kind: str
    file: str
    sheet: str
    cell: str
    raw: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectionMade:
    """An applied entry of the corrections register; None is "not assessed"."""

    old: Decimal | None
    new: Decimal | None
    reason: str
    document: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LeafEntry:
    """What the points of a unit on a leaf came from."""

    answered: tuple[Source, ...] = ()
    verified: tuple[Source, ...] = ()
    reason: str = ""
    given: Decimal | None = None
    corrections: tuple[CorrectionMade, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitEntry:
    """A unit of the register: its state, its file, its points by criterion and its leaves.

    `names` are all its names, `merged` those of the units it was merged from. A unit that is not scored has no points;
    its leaves are told all the same where its form was accepted. `not_assessed` are the leaves it is exempt from.
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
    points: Mapping[str, Decimal | None] = field(default_factory=dict)
    leaves: Mapping[str, LeafEntry] = field(default_factory=dict)


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
    """All of a run that can be questioned, and compared with another."""

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
