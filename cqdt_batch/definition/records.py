"""The records a round is made of. Their fields are the columns of the definition workbook (see `sheets.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class TieRule(StrEnum):
    """What follows two units that share rank 2: rank 3 (dense), rank 4 (competition), or no sharing (ordinal).

    Ordinal ranks are settled by the block's tie-breaks; units equal in all of them share a rank all the same.
    """

    DENSE = "dense"
    COMPETITION = "competition"
    ORDINAL = "ordinal"


class RankBasis(StrEnum):
    """Which figure is ranked: the published one (rounded) or the exact one behind it."""

    PUBLISHED = "published"
    EXACT = "exact"


class Treatment(StrEnum):
    """How a block treats units that are not assessed on everything: the five ways found in real decisions."""

    UNRANKED = "unranked"
    CONVERTED = "converted"
    PERCENT = "percent"
    OWN_SCALE = "own_scale"
    LEFT_OUT = "left_out"


class Rule(StrEnum):
    """How a leaf criterion is scored (see `scoring.rules`)."""

    POINTS = "points"
    YES_NO = "yes_no"
    RATIO = "ratio"
    TARGET = "target"
    STEPS = "steps"
    CASES = "cases"
    COUNT = "count"
    RELATIVE = "relative"
    GIVEN = "given"


class Measure(StrEnum):
    """What is measured for a leaf: a number, a percentage, or two numbers a and b, meaning a/b in percent."""

    NUMBER = "number"
    PERCENT = "percent"
    RATIO = "ratio"


class ZeroRule(StrEnum):
    """What a leaf is worth whose denominator is zero."""

    NOT_ASSESSED = "not_assessed"
    FULL = "full"
    ZERO = "zero"
    ERROR = "error"


class Extra(StrEnum):
    """Points beyond the scale: added to the sum or taken off it, and no part of the maximum."""

    BONUS = "bonus"
    PENALTY = "penalty"


class Aggregation(StrEnum):
    """How the points of an inner criterion come from those below it."""

    SUM = "sum"
    BEST = "best"
    MEAN = "mean"


class TableContent(StrEnum):
    """What the rows of an annex table are: units, or the grades with the number of units in each."""

    UNITS = "units"
    GRADES = "grades"


class TableOrder(StrEnum):
    """The order of the units in a section where no column is marked for sorting."""

    RESULT = "result"
    REGISTER = "register"


class SortOrder(StrEnum):
    """Which way a column sorts its table."""

    ASCENDING = "ascending"
    DESCENDING = "descending"


class NumberLook(StrEnum):
    """How a column writes its numbers: 1027,0 or 1027 or 1.027,0 or 27,0%."""

    FIXED = "fixed"
    PLAIN = "plain"
    GROUPED = "grouped"
    PERCENT = "percent"


class GradeBasis(StrEnum):
    """What the bounds of grades are measured in: points, or percent of the applicable maximum."""

    POINTS = "points"
    PERCENT = "percent"


class ColumnKind(StrEnum):
    """What a column of an annex table shows.

    The kinds from `points` to `converted` are about a criterion; without one, about that of the table. `total` is the
    table's result: the points, or what they are converted to. `rank` is the rank within the section.
    """

    NUMBER = "number"
    UNIT = "unit"
    SUBGROUP = "subgroup"
    POINTS = "points"
    MAXIMUM = "maximum"
    NOT_ASSESSED = "not_assessed"
    APPLICABLE = "applicable"
    PERCENT = "percent"
    CONVERTED = "converted"
    TOTAL = "total"
    RANK = "rank"
    RANK_IN_SUBGROUP = "rank_in_subgroup"
    RANK_OVERALL = "rank_overall"
    GRADE = "grade"
    LAST_TOTAL = "last_total"
    LAST_RANK = "last_rank"
    CHANGE = "change"
    RANK_CHANGE = "rank_change"
    NOTE = "note"
    COUNT = "count"
    SHARE = "share"


class ScoreSource(StrEnum):
    """Which score is published: the verified one where there is one, the unit's own, or verified ones only."""

    VERIFIED = "verified"
    OWN = "own"
    VERIFIED_ONLY = "verified_only"


class Summing(StrEnum):
    """What sums are made of: exact points, or the printed parts as they are printed, so that readers find the same."""

    EXACT = "exact"
    PRINTED = "printed"


class Orientation(StrEnum):
    """How the A4 sheet of an annex table lies."""

    PORTRAIT = "portrait"
    LANDSCAPE = "landscape"


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """What the round is called and who decides; texts left empty are printed as blanks until the signing.

    `scores` says which score is published once appraisers have verified some; `tells_verified` sends their scores back
    to the units for the explanation round.
    """

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
    scores: ScoreSource = ScoreSource.VERIFIED
    tells_verified: bool = False
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

    `decimals` is the number of decimals of published figures. `input_decimals` is the most a typed score may have,
    and what computed points of a criterion are rounded to, once. `tie_breaks` are criteria, the first decides first.
    `summing` says whether printed parts are rounded before they are added.
    """

    code: str
    name: str
    decimals: int
    input_decimals: int
    ties: TieRule
    basis: RankBasis
    treatment: Treatment
    tie_breaks: tuple[str, ...] = ()
    summing: Summing = Summing.EXACT
    row: int = 0


@dataclass(frozen=True, kw_only=True)  # no slots: sent to another process by the thousand, those cost more
class Unit:
    """A department or locality. The order of the units is the register order, which settles ties in print.

    `subgroup` is a district, an area or a former province, within which units can be ranked too.
    """

    code: str
    name: str
    printed_name: str
    other_names: tuple[str, ...]
    block: str
    group: str
    subgroup: str = ""
    note: str = ""
    row: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Every name the definition gives the unit."""
        return (self.name, self.printed_name, *self.other_names)


class Level(NamedTuple):
    """A named case, or the lower bound of a step as text, and the points it is worth."""

    name: str
    points: Decimal

    @property
    def bound(self) -> Decimal:
        """The lower bound that the name of a step is; InvalidOperation if it is no number."""
        return Decimal(self.name.replace(",", "."))


@dataclass(frozen=True, kw_only=True, slots=True)
class Criterion:
    """A node of a block's criteria tree. A leaf has a rule and a maximum; an inner node aggregates its children.

    `weight` counts below a weighted mean. The rules' parameters: `step` (typed points), `measure`, `on_zero` and the
    names of the measured numbers (`first_label`, `second_label`), `target`, `levels` (steps and cases), `per_item`.
    """

    block: str
    code: str
    parent: str
    label: str
    max_score: Decimal | None
    rule: Rule | None
    evidence_required: bool
    evidence: str
    aggregation: Aggregation = Aggregation.SUM
    weight: Decimal | None = None
    step: Decimal | None = None
    measure: Measure | None = None
    first_label: str = ""
    second_label: str = ""
    on_zero: ZeroRule = ZeroRule.ERROR
    target: Decimal | None = None
    levels: tuple[Level, ...] = ()
    per_item: Decimal | None = None
    extra: Extra | None = None
    row: int = 0

    @property
    def measured(self) -> Measure | None:
        """What the unit is asked for, where the rule measures something."""
        return self.measure or _MEASURED.get(self.rule) if self.rule in _MEASURED else None


_MEASURED: Mapping[Rule | None, Measure] = {
    Rule.RATIO: Measure.RATIO,
    Rule.TARGET: Measure.RATIO,
    Rule.STEPS: Measure.NUMBER,
    Rule.COUNT: Measure.NUMBER,
    Rule.RELATIVE: Measure.NUMBER,
}
"""What each rule measures where the leaf does not say otherwise."""


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
    """A table of the annex; `code` is the name of its sheet, `criterion` is what its total and rank are about.

    `before` and `after` are free text around the table; they and the title may hold placeholders of the round.
    `explains_sums` prints a note where rounded parts do not add up to the rounded total.
    """

    code: str
    block: str
    title: str
    criterion: str
    headed: bool
    orientation: Orientation
    content: TableContent = TableContent.UNITS
    order: TableOrder = TableOrder.RESULT
    before: str = ""
    after: str = ""
    explains_sums: bool = False
    row: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A run of rows of an annex table: the units of some groups and sub-groups (empty: all), ranked or not."""

    table: str
    groups: tuple[str, ...]
    title: str
    ranked: bool
    restarts: bool
    subgroups: tuple[str, ...] = ()
    row: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of an annex table, with its header, the spanners above it from the top, and its column number.

    `decimals` are those of its figures, None for those of the block; `sort` is set where the table is sorted by it.
    """

    table: str
    kind: ColumnKind
    criterion: str
    label: str
    spanners: tuple[str, ...]
    number: str
    width: Decimal
    decimals: int | None = None
    look: NumberLook = NumberLook.FIXED
    sort: SortOrder | None = None
    row: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Grade:
    """A band of grades of a block: from `least` up to the next band."""

    block: str
    basis: GradeBasis
    least: Decimal
    label: str
    row: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenScore:
    """Points that the appraiser or an outside source gives a unit on a leaf, and where they come from."""

    unit: str
    criterion: str
    points: Decimal
    source: str
    row: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class PastResult:
    """What a unit had last year on a criterion (the composite index if none is named).

    Several rows for one unit are those of the units it was merged from, named in `name`; the mean of their totals is
    compared, and no rank.
    """

    unit: str
    criterion: str
    name: str
    total: Decimal
    rank: int | None
    row: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class AppraisalPart:
    """What one appraiser's workbook covers: a block, or the criteria of it that are named, with all below them."""

    code: str
    block: str
    criteria: tuple[str, ...] = ()
    appraiser: str = ""
    row: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """An entry of the corrections register: who changed the points of a unit on a leaf, when, why, by which document.

    `old` must be what stands without this entry; None is "not assessed", so that a waiver has it as `new`.
    """

    unit: str
    criterion: str
    old: Decimal | None
    new: Decimal | None
    reason: str
    author: str
    day: str
    document: str
    row: int = 0
