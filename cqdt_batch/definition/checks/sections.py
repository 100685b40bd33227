"""Whether the sections of the annex tables hold every unit once, and rank only what can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.checks.references import Check
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.records import AnnexTable, ColumnKind, Section, TableContent, Treatment, Unit
from cqdt_batch.findings import Finding, Where, error, warning

_OF_WHOM = ("groups", "subgroups")
"""The cells of a section that say whose units it has."""


def check_sections_share_out_the_units(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Every unit of the block that takes part stands in exactly one section of each of its tables."""
    astray = layout.told_anywhere("sections", "table")
    for table in a.tables:
        sections = [s for s in a.sections_of(table) if not layout.told("sections", s.row, *_OF_WHOM)]
        holding: dict[str, list[Section]] = {unit.code: [] for unit in a.units_of(table.block)}
        for section in sections:
            for unit in a.units_in(section, table):
                holding[unit.code].append(section)
        placed = [unit for unit in a.units_of(table.block) if not layout.told("units", unit.row, "group", "subgroup")]
        homeless = [unit for unit in placed if not holding[unit.code] and not a.is_left_out(unit)]
        if homeless and sections == list(a.sections_of(table)) != [] and not astray:
            where = layout.at("tables", table.row, "code")
            yield error("definition_units_in_no_section", where, units=_printed(homeless), table=table.code)
        for section in sections:
            twice = [unit for unit in a.units_in(section, table) if section in holding[unit.code][1:]]
            if twice:
                where = _whose(section, layout)
                yield error("definition_units_in_two_sections", where, units=_printed(twice), table=table.code)


def _whose(section: Section, layout: Layout) -> Where:
    """The cell that chooses the units of a section: its groups, or the sub-groups where it names only those."""
    by_subgroup = section.subgroups and not section.groups
    return layout.at("sections", section.row, "subgroups" if by_subgroup else "groups")


def _printed(units: Iterable[Unit]) -> tuple[str, ...]:
    return tuple(unit.printed_name for unit in units)


def check_sections_have_units(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A section has units; an empty one would print its title and nothing below."""
    if any(layout.told_anywhere("units", name) for name in ("block", "group", "subgroup")):
        return
    for table in a.tables:
        for section in a.sections_of(table) if a.units_of(table.block) else ():
            if not a.units_in(section, table) and not layout.told("sections", section.row, *_OF_WHOM):
                yield warning("definition_section_empty", _whose(section, layout), table=table.code)


def _ranked(a: Assessment, layout: Layout, *treatments: Treatment) -> Iterator[tuple[AnnexTable, Section, Where]]:
    """The ranked sections of units in blocks with one of these treatments, and the cell that says so."""
    for table in a.tables:
        is_of_units = table.content is TableContent.UNITS and not layout.told("tables", table.row, "content")
        if is_of_units and a.block_by_code[table.block].treatment in treatments:
            for section in a.sections_of(table):
                if section.ranked and not layout.told("sections", section.row, *_OF_WHOM):
                    yield table, section, layout.at("sections", section.row, "ranked")


def check_ranked_sections_compare_like_with_like(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Where a block keeps partly assessed units unranked, a ranked section has none of them.

    Hoà Bình 2020: three departments without public services stand in a section of their own, without rank.
    """
    for table, section, where in _ranked(a, layout, Treatment.UNRANKED):
        scale = _scale(a, table)
        partly = [unit for unit in a.units_in(section, table) if scale & a.not_assessed(unit)]
        if partly:
            yield error("definition_ranks_partly_assessed", where, table=table.code, units=_printed(partly))


def _scale(a: Assessment, table: AnnexTable) -> frozenset[str]:
    """The leaves that make the scale of a table; bonuses and penalties are no part of it."""
    return frozenset(leaf.code for leaf in a.trees[table.block].leaves(table.criterion) if not leaf.extra)


def check_own_scales_are_ranked_apart(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """On scales of their own, the units of a ranked section are all assessed on the same criteria."""
    for table, section, where in _ranked(a, layout, Treatment.OWN_SCALE):
        others = _of_other_scale(a, a.units_in(section, table), table)
        if others:
            yield error("definition_mixed_scales", where, table=table.code, units=_printed(others))


def _of_other_scale(a: Assessment, units: Iterable[Unit], table: AnnexTable) -> tuple[Unit, ...]:
    """The units that are not assessed on the same criteria as the first."""
    scale = _scale(a, table)
    exempt = [(unit, scale & a.not_assessed(unit)) for unit in units]
    return tuple(unit for unit, leaves in exempt if leaves != exempt[0][1])


def check_ranks_across_sections_compare_one_scale(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """An overall rank, or one in a sub-group, runs across sections: it too needs one scale."""
    for table in a.tables:
        if a.block_by_code[table.block].treatment is not Treatment.OWN_SCALE:
            continue
        ranked = [section for section in a.sections_of(table) if section.ranked]
        together = [unit for section in ranked for unit in a.units_in(section, table)]
        unclear = any(layout.told("sections", section.row, *_OF_WHOM, "ranked") for section in ranked)
        for column in () if unclear else a.columns_of(table):
            others = [unit for units in _compared(column.kind, together) for unit in _of_other_scale(a, units, table)]
            if others:
                where = layout.at("columns", column.row, "kind")
                yield error("definition_overall_mixed_scales", where, table=table.code, units=_printed(others))


def _compared(kind: ColumnKind, units: list[Unit]) -> list[list[Unit]]:
    """The units that a column of ranks across sections holds against each other."""
    match kind:
        case ColumnKind.RANK_OVERALL:
            return [units]
        case ColumnKind.RANK_IN_SUBGROUP:
            names = dict.fromkeys(unit.subgroup for unit in units if unit.subgroup)
            return [[unit for unit in units if unit.subgroup == name] for name in names]
    return []


def check_shares_are_of_something(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Nobody is ranked by a share of nothing: each unit of a ranked section is assessed on a part of the criterion."""
    for table, section, where in _ranked(a, layout, Treatment.CONVERTED, Treatment.PERCENT):
        tree = a.trees[table.block]
        units = a.units_in(section, table) if tree.maximum(table.criterion) else ()
        nothing = [unit for unit in units if not tree.maximum(table.criterion, a.not_assessed(unit))]
        if nothing:
            yield error("definition_nothing_assessed", where, table=table.code, units=_printed(nothing))


SECTION_SENSE_OF_TREES: tuple[Check, ...] = (
    check_sections_share_out_the_units,
    check_sections_have_units,
    check_ranked_sections_compare_like_with_like,
    check_own_scales_are_ranked_apart,
    check_ranks_across_sections_compare_one_scale,
    check_shares_are_of_something,
)
"""Checks that walk trees and look blocks up: for records whose references hold."""
