"""The round as a whole: its records together, and the questions everybody asks of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import chain

from cqdt_batch.definition.fingerprint import facts_of, hashed
from cqdt_batch.definition.names import folded
from cqdt_batch.definition.records import (
    Aggregation,
    AnnexTable,
    AppraisalPart,
    Block,
    Column,
    ColumnKind,
    Correction,
    Criterion,
    Exemption,
    GivenScore,
    Grade,
    Limits,
    PastResult,
    Profile,
    Section,
    Summing,
    Treatment,
    Unit,
)
from cqdt_batch.rounding import published, trimmed


@dataclass(frozen=True, kw_only=True)
class CriteriaTree:
    """The criteria of one block as a tree, in the order of the definition at every level.

    `decimals` are those of points of its criteria.
    """

    criteria: tuple[Criterion, ...]
    decimals: int

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

    def below(self, code: str) -> tuple[Criterion, ...]:
        """A criterion and all below it, parents before children."""
        if code not in self._below:
            children = self.children.get(code, ())
            self._below[code] = (self.by_code[code], *(one for child in children for one in self.below(child.code)))
        return self._below[code]

    @cached_property
    def _below(self) -> dict[str, tuple[Criterion, ...]]:
        """What stands below each criterion that was asked for: the trees of a definition with errors may be none."""
        return {}

    def leaves(self, code: str) -> tuple[Criterion, ...]:
        """The leaves below a criterion; a leaf is its own."""
        return tuple(criterion for criterion in self.below(code) if self.is_leaf(criterion.code))

    def maximum(self, code: str, without: Container[str] = frozenset()) -> Decimal:
        """The most points a criterion can give without bonuses, to a unit not assessed on the leaves in `without`."""
        children = self.children.get(code)
        if children is None:
            leaf = self.by_code[code]
            return Decimal(0) if leaf.extra or code in without else leaf.max_score or Decimal(0)
        maxima = [self.maximum(child.code, without) for child in children]
        match self.by_code[code].aggregation:
            case Aggregation.BEST:
                return max(maxima)
            case Aggregation.MEAN:
                return self._mean(maxima, [child.weight or Decimal(0) for child in children])
        return sum(maxima, Decimal(0))

    @cached_property
    def maxima(self) -> dict[str, Decimal]:
        """The full maximum of every criterion."""
        return {criterion.code: self.maximum(criterion.code) for criterion in self.criteria}

    def _mean(self, maxima: Iterable[Decimal], weights: Iterable[Decimal]) -> Decimal:
        """The weighted mean of maxima, rounded as points are; what is not assessed drops out with its weight."""
        assessed = [(Fraction(most), Fraction(weight)) for most, weight in zip(maxima, weights, strict=True) if most]
        total = sum((weight for _, weight in assessed), Fraction(0))
        if not total:
            return Decimal(0)
        weighted = sum((most * weight for most, weight in assessed), Fraction(0)) / total
        return trimmed(published(weighted, self.decimals))

    @cached_property
    def leaf_labels(self) -> frozenset[str]:
        """The folded labels of all leaves."""
        return frozenset(folded(c.label) for c in self.criteria if self.is_leaf(c.code))

    @cached_property
    def by_label(self) -> dict[str, tuple[Criterion, ...]]:
        """The criteria that bear each folded label."""
        found: dict[str, tuple[Criterion, ...]] = {}
        for criterion in self.criteria:
            found[folded(criterion.label)] = (*found.get(folded(criterion.label), ()), criterion)
        return found

    def depth(self, code: str) -> int:
        """How many levels a criterion stands below the root."""
        parent = self.by_code[code].parent
        return 1 + self.depth(parent) if parent else 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Scope:
    """What the units of one block that have the same exemptions are assessed on: one object for all of them.

    `not_assessed` are the codes of all criteria that do not apply. Everything else follows from the two, once for all
    those units.
    """

    tree: CriteriaTree
    not_assessed: frozenset[str]

    @cached_property
    def criteria(self) -> tuple[Criterion, ...]:
        """The criteria that apply, parents before children."""
        tree = self.tree
        return tuple(one for one in tree.below(tree.root.code) if one.code not in self.not_assessed)

    @cached_property
    def leaves(self) -> dict[str, Criterion]:
        """The leaf criteria that apply, by their codes, in the order of the definition."""
        return {criterion.code: criterion for criterion in self.criteria if self.tree.is_leaf(criterion.code)}

    @cached_property
    def assessed_leaves(self) -> tuple[Criterion, ...]:
        """The leaf criteria that apply, in the order of the definition."""
        return tuple(self.leaves.values())

    @cached_property
    def fingerprint(self) -> str:
        """A fingerprint of what is asked and counted: codes, places in the tree, rules, their parameters, maxima."""
        return hashed([[one.code, one.parent, *facts_of(one)] for one in self.criteria])


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
    grades: tuple[Grade, ...] = ()
    given: tuple[GivenScore, ...] = ()
    past: tuple[PastResult, ...] = ()
    appraisal: tuple[AppraisalPart, ...] = ()
    corrections: tuple[Correction, ...] = ()
    limits: Limits = field(default_factory=Limits)

    @cached_property
    def trees(self) -> dict[str, CriteriaTree]:
        """The criteria tree of each block."""
        return {
            block.code: CriteriaTree(
                criteria=tuple(c for c in self.criteria if c.block == block.code), decimals=block.input_decimals
            )
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

    @cached_property
    def unit_by_name(self) -> dict[str, Unit]:
        """Every unit under the folded key of each of its names; no two units share one."""
        return {folded(name): unit for unit in self.units for name in unit.names}

    def units_of(self, block: str) -> tuple[Unit, ...]:
        """The units of a block in register order."""
        return tuple(self._units_of.get(block, ()))

    @cached_property
    def _units_of(self) -> dict[str, list[Unit]]:
        return _by_block(self.units)

    def sections_of(self, table: AnnexTable) -> tuple[Section, ...]:
        """The sections of a table from top to bottom."""
        return tuple(section for section in self.sections if section.table == table.code)

    def columns_of(self, table: AnnexTable) -> tuple[Column, ...]:
        """The columns of a table from left to right."""
        return tuple(column for column in self.columns if column.table == table.code)

    def units_in(self, section: Section, table: AnnexTable) -> tuple[Unit, ...]:
        """The units of a section in register order."""
        return tuple(unit for unit in self._asked_units_of.get(table.block, ()) if _stands_in(unit, section))

    def grades_of(self, block: str) -> tuple[Grade, ...]:
        """The grades of a block from the highest to the lowest."""
        found = (grade for grade in self.grades if grade.block == block)
        return tuple(sorted(found, key=lambda grade: grade.least, reverse=True))

    @cached_property
    def given_points(self) -> dict[tuple[str, str], GivenScore]:
        """The points that the appraiser or an outside source gives, by unit and criterion."""
        return {(given.unit, given.criterion): given for given in self.given}

    @cached_property
    def rounded_parts(self) -> dict[str, frozenset[str]]:
        """The criteria of each block that are rounded before they are added: those printed as parts of others."""
        return {
            block.code: frozenset(self._printed_parts(block)) if block.summing is Summing.PRINTED else frozenset()
            for block in self.blocks
        }

    def _printed_parts(self, block: Block) -> Iterator[str]:
        tree = self.trees[block.code]
        criterion_of = {table.code: table.criterion for table in self.tables if table.block == block.code}
        printed = {
            column.criterion or criterion_of[column.table]
            for column in self.columns
            if column.table in criterion_of and column.kind in (ColumnKind.POINTS, ColumnKind.TOTAL)
        }
        for code in printed:
            yield from (below.code for below in tree.below(code) if below.code != code and below.code in printed)

    @cached_property
    def _past(self) -> dict[tuple[str, str], list[PastResult]]:
        found: dict[tuple[str, str], list[PastResult]] = defaultdict(list)
        for past in self.past:
            tree = self.trees[self.unit_by_code[past.unit].block]
            found[past.unit, past.criterion or tree.root.code].append(past)
        return found

    def past_of(self, unit: Unit, criterion: str) -> tuple[PastResult, ...]:
        """What a unit, or those it was merged from, had last year."""
        return tuple(self._past.get((unit.code, criterion), ()))

    def is_left_out(self, unit: Unit) -> bool:
        """Tell whether a unit takes no part: its block leaves out who is not assessed on everything."""
        if self.block_by_code[unit.block].treatment is not Treatment.LEFT_OUT:
            return False
        exempt, tree = self.not_assessed(unit), self.trees[unit.block]
        return any(not tree.by_code[code].extra for code in exempt if tree.is_leaf(code))

    @cached_property
    def asked_units(self) -> tuple[Unit, ...]:
        """The units that get a form, in register order."""
        return tuple(unit for unit in self.units if not self.is_left_out(unit))

    @cached_property
    def _asked_units_of(self) -> dict[str, list[Unit]]:
        return _by_block(self.asked_units)

    @cached_property
    def _scopes(self) -> dict[str, Scope]:
        named = {unit.code: frozenset(e.criterion for e in self.exemptions_of(unit)) for unit in self.units}
        patterns = {(unit.block, named[unit.code]) for unit in self.units}
        found = {(block, codes): _scope(self.trees[block], codes) for block, codes in patterns}
        return {unit.code: found[unit.block, named[unit.code]] for unit in self.units}

    def scope(self, unit: Unit) -> Scope:
        """What a unit is assessed on, shared with all units of its block that have the same exemptions."""
        return self._scopes[unit.code]

    @cached_property
    def _covering(self) -> dict[tuple[str, ...], list[int]]:
        """The places in the list of the exemptions that cover a unit, or a group of a block."""
        found: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for place, exemption in enumerate(self.exemptions):
            found[(exemption.unit,) if exemption.unit else (exemption.block, exemption.group)].append(place)
        return dict(found)

    def exemptions_of(self, unit: Unit) -> tuple[Exemption, ...]:
        """The exemptions that cover a unit, by name or by its group, in the order of the definition."""
        places = (self._covering.get(key, []) for key in ((unit.code,), (unit.block, unit.group)))
        return tuple(self.exemptions[place] for place in sorted(chain.from_iterable(places)))

    def not_assessed(self, unit: Unit) -> frozenset[str]:
        """The codes of all criteria on which a unit is not assessed.

        A criterion all of whose leaves are exempt counts as exempt itself.
        """
        return self.scope(unit).not_assessed

    def assessed(self, unit: Unit) -> tuple[Criterion, ...]:
        """The criteria that apply to a unit, parents before children."""
        return self.scope(unit).criteria

    def assessed_leaves(self, unit: Unit) -> tuple[Criterion, ...]:
        """The leaf criteria that apply to a unit: what its form asks for."""
        return self.scope(unit).assessed_leaves


def _by_block(units: Iterable[Unit]) -> dict[str, list[Unit]]:
    found: dict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        found[unit.block].append(unit)
    return found


def _scope(tree: CriteriaTree, named: frozenset[str]) -> Scope:
    return Scope(tree=tree, not_assessed=frozenset(_exempt_codes(tree, named)))


def _exempt_codes(tree: CriteriaTree, named: frozenset[str]) -> Iterator[str]:
    leaves = {leaf.code for code in named for leaf in tree.leaves(code)}
    for criterion in tree.criteria if leaves else ():
        if all(leaf.code in leaves for leaf in tree.leaves(criterion.code)):
            yield criterion.code


def _stands_in(unit: Unit, section: Section) -> bool:
    of_group = not section.groups or unit.group in section.groups
    return of_group and (not section.subgroups or unit.subgroup in section.subgroups)
