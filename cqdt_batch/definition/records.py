"""The records a round is made of. Their fields are the columns of the definition workbook (see `sheets.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class TieRule(StrEnum):
    """What follows two units that share rank 2: rank 3 (dense) or rank 4 (competition)."""

    DENSE = "dense"
    COMPETITION = "competition"


class RankBasis(StrEnum):
    """Which figure is ranked: the published one (rounded) or the exact sum behind it."""

    PUBLISHED = "published"
    EXACT = "exact"


class Treatment(StrEnum):
    """How a block treats units that are not assessed on everything."""

    UNRANKED = "unranked"


class Rule(StrEnum):
    """How a leaf criterion is scored."""

    POINTS = "points"


class ColumnKind(StrEnum):
    """What a column of an annex table shows."""

    NUMBER = "number"
    UNIT = "unit"
    POINTS = "points"
    TOTAL = "total"
    RANK = "rank"


class Orientation(StrEnum):
    """How the A4 sheet of an annex table lies."""

    PORTRAIT = "portrait"
    LANDSCAPE = "landscape"


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """What the round is called and who decides; texts left empty are printed as blanks until the signing."""

    code: str
    index_name: str
    year: int
    province: str
    issuer: str
    appraiser: str
    criteria_set: str
    criteria_version: str
    annex_title: str
    reference: str
    decision_number: str = ""
    decision_day: str = ""
    decision_month: str = ""
    decision_year: str = ""
    closing: str = ""
    send_to: str = ""
    deadline: str = ""
    remark: str = ""
    row: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How much one file may ask of the computer before it is refused.

    Sizes are MiB (`ratio`: unpacked to packed, for parts above 1 MiB), `rows` and `columns` the filled range of a
    sheet, `seconds` and `memory` what reading may take. The values honest forms never come near.
    """

    file_size: int = 10
    parts: int = 1_000
    unpacked: int = 64
    part_size: int = 32
    ratio: int = 100
    sheets: int = 50
    rows: int = 5_000
    columns: int = 200
    seconds: int = 20
    memory: int = 512
    row: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """Units that share a criteria set, a scale and a way of ranking.

    `decimals` is the number of decimals of published figures, `input_decimals` the most a typed score may have.
    """

    code: str
    name: str
    decimals: int
    input_decimals: int
    ties: TieRule
    basis: RankBasis
    treatment: Treatment
    row: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """A department or locality. The order of the units is the register order, which settles ties in print."""

    code: str
    name: str
    printed_name: str
    other_names: tuple[str, ...]
    block: str
    group: str
    row: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Every name the definition gives the unit."""
        return (self.name, self.printed_name, *self.other_names)


@dataclass(frozen=True, kw_only=True, slots=True)
class Criterion:
    """A node of a block's criteria tree. A leaf has a rule and a maximum; an inner node is the sum of its children."""

    block: str
    code: str
    parent: str
    label: str
    max_score: Decimal | None
    rule: Rule | None
    evidence_required: bool
    evidence: str
    row: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Exemption:
    """A unit, or a group of a block, that is not assessed on a criterion nor on anything below it."""

    block: str
    group: str
    unit: str
    criterion: str
    reason: str
    row: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class AnnexTable:
    """A table of the annex; `code` is the name of its sheet, `criterion` is what its total and rank are about."""

    code: str
    block: str
    title: str
    criterion: str
    headed: bool
    orientation: Orientation
    row: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A run of rows of an annex table: the units of some groups (all groups if none is named), ranked or not."""

    table: str
    groups: tuple[str, ...]
    title: str
    ranked: bool
    restarts: bool
    row: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of an annex table, with the text of its header, its spanner, and its cell in the number row."""

    table: str
    kind: ColumnKind
    criterion: str
    label: str
    spanner: str
    number: str
    width: Decimal
    row: int = 0
