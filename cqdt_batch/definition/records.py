"""The records a round is made of. Their fields are the columns of the definition workbook (see `sheets.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property


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


@dataclass(frozen=True, kw_only=True)
class CriteriaTree:
    """The criteria of one block as a tree, in the order of the definition at every level."""

    criteria: tuple[Criterion, ...]

    @cached_property
    def by_code(self) -> dict[str, Criterion]:
        """Every criterion of the block under its code."""
        return {criterion.code: criterion for criterion in self.criteria}

    @cached_property
    def children(self) -> dict[str, tuple[Criterion, ...]]:
        """The children of each code that has any; the root stands under ""."""
        found: dict[str, list[Criterion]] = {}
        for criterion in self.criteria:
            found.setdefault(criterion.parent, []).append(criterion)
        return {code: tuple(children) for code, children in found.items()}

    @property
    def root(self) -> Criterion:
        """The composite index."""
        return self.children[""][0]

    def is_leaf(self, code: str) -> bool:
        """Tell whether nothing stands below a criterion."""
        return code not in self.children

    def below(self, code: str) -> Iterator[Criterion]:
        """Walk a criterion and all below it, parents before children."""
        yield self.by_code[code]
        for child in self.children.get(code, ()):
            yield from self.below(child.code)

    def leaves(self, code: str) -> tuple[Criterion, ...]:
        """The leaves below a criterion; a leaf is its own."""
        return tuple(criterion for criterion in self.below(code) if self.is_leaf(criterion.code))

    def depth(self, code: str) -> int:
        """How many levels a criterion stands below the root."""
        parent = self.by_code[code].parent
        return 1 + self.depth(parent) if parent else 0


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """An assessment round: everything the definition workbook says."""

    profile: Profile
    blocks: tuple[Block, ...]
    units: tuple[Unit, ...]
    criteria: tuple[Criterion, ...]
    exemptions: tuple[Exemption, ...]
    tables: tuple[AnnexTable, ...]
    sections: tuple[Section, ...]
    columns: tuple[Column, ...]

    @cached_property
    def trees(self) -> dict[str, CriteriaTree]:
        """The criteria tree of each block."""
        return {
            block.code: CriteriaTree(criteria=tuple(c for c in self.criteria if c.block == block.code))
            for block in self.blocks
        }

    @cached_property
    def block_by_code(self) -> dict[str, Block]:
        """Every block under its code."""
        return {block.code: block for block in self.blocks}

    @cached_property
    def unit_by_code(self) -> dict[str, Unit]:
        """Every unit under its code."""
        return {unit.code: unit for unit in self.units}

    def units_of(self, block: str) -> tuple[Unit, ...]:
        """The units of a block in register order."""
        return tuple(unit for unit in self.units if unit.block == block)

    def sections_of(self, table: AnnexTable) -> tuple[Section, ...]:
        """The sections of a table from top to bottom."""
        return tuple(section for section in self.sections if section.table == table.code)

    def columns_of(self, table: AnnexTable) -> tuple[Column, ...]:
        """The columns of a table from left to right."""
        return tuple(column for column in self.columns if column.table == table.code)

    def units_in(self, section: Section, table: AnnexTable) -> tuple[Unit, ...]:
        """The units of a section in register order."""
        units = self.units_of(table.block)
        return tuple(unit for unit in units if not section.groups or unit.group in section.groups)

    @cached_property
    def _exempt(self) -> dict[str, frozenset[str]]:
        named = {unit.code: frozenset(e.criterion for e in self.exemptions if _covers(e, unit)) for unit in self.units}
        patterns = {(unit.block, named[unit.code]) for unit in self.units}
        found = {(block, codes): frozenset(_exempt_codes(self.trees[block], codes)) for block, codes in patterns}
        return {unit.code: found[unit.block, named[unit.code]] for unit in self.units}

    def not_assessed(self, unit: Unit) -> frozenset[str]:
        """The codes of all criteria on which a unit is not assessed.

        A criterion all of whose leaves are exempt counts as exempt itself.
        """
        return self._exempt[unit.code]

    def assessed(self, unit: Unit) -> tuple[Criterion, ...]:
        """The criteria that apply to a unit, parents before children."""
        tree = self.trees[unit.block]
        exempt = self.not_assessed(unit)
        return tuple(criterion for criterion in tree.below(tree.root.code) if criterion.code not in exempt)

    def assessed_leaves(self, unit: Unit) -> tuple[Criterion, ...]:
        """The leaf criteria that apply to a unit: what its form asks for."""
        tree = self.trees[unit.block]
        return tuple(criterion for criterion in self.assessed(unit) if tree.is_leaf(criterion.code))


def _exempt_codes(tree: CriteriaTree, named: frozenset[str]) -> Iterator[str]:
    leaves = {leaf.code for code in named for leaf in tree.leaves(code)}
    for criterion in tree.criteria if leaves else ():
        if all(leaf.code in leaves for leaf in tree.leaves(criterion.code)):
            yield criterion.code


def _covers(exemption: Exemption, unit: Unit) -> bool:
    if exemption.unit:
        return exemption.unit == unit.code
    return exemption.block == unit.block and exemption.group == unit.group
