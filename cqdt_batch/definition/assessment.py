"""The round as a whole: its records together, and the questions everybody asks of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from cqdt_batch.definition.names import folded
from cqdt_batch.definition.records import (
    AnnexTable,
    Block,
    Column,
    Criterion,
    Exemption,
    Limits,
    Profile,
    Section,
    Unit,
)


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
    limits: Limits = field(default_factory=Limits)

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

    @cached_property
    def unit_by_name(self) -> dict[str, Unit]:
        """Every unit under the folded key of each of its names; no two units share one."""
        return {folded(name): unit for unit in self.units for name in unit.names}

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
        named = {unit.code: frozenset(e.criterion for e in self.exemptions_of(unit)) for unit in self.units}
        patterns = {(unit.block, named[unit.code]) for unit in self.units}
        found = {(block, codes): frozenset(_exempt_codes(self.trees[block], codes)) for block, codes in patterns}
        return {unit.code: found[unit.block, named[unit.code]] for unit in self.units}

    def exemptions_of(self, unit: Unit) -> tuple[Exemption, ...]:
        """The exemptions that cover a unit, by name or by its group."""
        return tuple(exemption for exemption in self.exemptions if _covers(exemption, unit))

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
