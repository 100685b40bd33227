"""Whether a definition makes sense: each check is one function, `SENSE` and `SENSE_OF_TREES` list them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from cqdt_batch.cells import decimals_of
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.records import ColumnKind, Section, Unit
from cqdt_batch.definition.references import Check
from cqdt_batch.findings import Finding, error


def check_one_root_per_block(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Each block has one criterion without a parent: its composite index."""
    for block in a.blocks:
        roots = [c for c in a.criteria if c.block == block.code and not c.parent]
        unclear = layout.told_anywhere("criteria", "parent") or layout.told_anywhere("criteria", "block")
        if not roots and not unclear:
            yield error("definition_no_root", layout.at("blocks", block.row, "code"), block=block.code)
        for other in roots[1:]:
            where = layout.at("criteria", other.row, "parent")
            yield error("definition_second_root", where, code=other.code, first=roots[0].code)


def check_leaves_can_be_scored(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A leaf has a rule and a maximum above zero that can be typed; an inner criterion is summed and has neither."""
    linked = (c for c in a.criteria if c.parent and not layout.told("criteria", c.row, "parent"))
    parents = {(c.block, c.parent) for c in linked}
    astray = {c.block for c in a.criteria if layout.told("criteria", c.row, "code", "parent")}
    all_astray = layout.told_anywhere("criteria", "block")
    for c in a.criteria:
        inner = (c.block, c.code) in parents
        maximum, rule = (layout.at("criteria", c.row, name) for name in ("max_score", "rule"))
        if inner and c.max_score is not None:
            yield error("definition_inner_scored", maximum, code=c.code)
        if inner and c.rule:
            yield error("definition_inner_scored", rule, code=c.code)
        looks_inner = not c.max_score and not c.rule
        if inner or (looks_inner and (all_astray or c.block in astray)):
            continue
        if not c.max_score:
            yield error("definition_leaf_without_maximum", maximum, code=c.code)
        if not c.rule:
            yield error("definition_leaf_without_rule", rule, code=c.code)


def check_maxima_can_be_typed(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A maximum has no more decimals than a score of its block may have, so that it can be reached."""
    readable = {b.code: b for b in a.blocks if not layout.told("blocks", b.row, "input_decimals")}
    for c in a.criteria:
        block = readable.get(c.block)
        if block and c.max_score and decimals_of(c.max_score) > block.input_decimals:
            where = layout.at("criteria", c.row, "max_score")
            yield error("definition_maximum_too_fine", where, maximum=c.max_score, decimals=block.input_decimals)


def check_inputs_carry_the_published_decimals(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A typed score may have at least as many decimals as a published one."""
    for block in a.blocks:
        if block.input_decimals < block.decimals:
            where = layout.at("blocks", block.row, "input_decimals")
            yield error("definition_input_decimals", where, decimals=block.decimals, found=block.input_decimals)


def check_blocks_are_used(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A block has units."""
    if layout.told_anywhere("units", "block"):
        return
    for block in a.blocks:
        if not a.units_of(block.code):
            yield error("definition_block_without_units", layout.at("blocks", block.row, "code"), block=block.code)


def check_blocks_are_published(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Every block has a table; its units would be scored and stand nowhere."""
    if layout.told_anywhere("tables", "block"):
        return
    for block in a.blocks:
        if block.code not in {table.block for table in a.tables}:
            yield error("definition_block_without_tables", layout.at("blocks", block.row, "code"), block=block.code)


def check_tables_are_whole(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A table has sections and columns, one column of each kind but points, and needs a unit and a total."""
    for table in a.tables:
        where = layout.at("tables", table.row, "code")
        columns = a.columns_of(table)
        if not columns and not layout.told_anywhere("columns", "table"):
            yield error("definition_table_without_columns", where, code=table.code)
        if not a.sections_of(table) and not layout.told_anywhere("sections", "table"):
            yield error("definition_table_without_sections", where, code=table.code)
        kinds = Counter(column.kind for column in columns)
        for column in columns:
            if kinds[column.kind] > 1 and column.kind not in (None, ColumnKind.POINTS):
                yield error("definition_column_twice", layout.at("columns", column.row, "kind"), table=table.code)
        unclear = None in kinds or layout.told_anywhere("columns", "table")
        if columns and not unclear and not (kinds[ColumnKind.UNIT] and kinds[ColumnKind.TOTAL]):
            yield error("definition_table_without_unit_or_total", where, code=table.code)


def check_sections_share_out_the_units(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Every unit of the block stands in exactly one section of each of its tables."""
    astray = layout.told_anywhere("sections", "table")
    for table in a.tables:
        sections = [s for s in a.sections_of(table) if not layout.told("sections", s.row, "groups")]
        holding: dict[str, list[Section]] = {unit.code: [] for unit in a.units_of(table.block)}
        for section in sections:
            for unit in a.units_in(section, table):
                holding[unit.code].append(section)
        grouped = [unit for unit in a.units_of(table.block) if not layout.told("units", unit.row, "group")]
        homeless = [unit for unit in grouped if not holding[unit.code]]
        if homeless and sections == list(a.sections_of(table)) != [] and not astray:
            where = layout.at("tables", table.row, "code")
            yield error("definition_units_in_no_section", where, units=_printed(homeless), table=table.code)
        for section in sections:
            twice = [unit for unit in a.units_in(section, table) if section in holding[unit.code][1:]]
            if twice:
                where = layout.at("sections", section.row, "groups")
                yield error("definition_units_in_two_sections", where, units=_printed(twice), table=table.code)


def _printed(units: Iterable[Unit]) -> tuple[str, ...]:
    return tuple(unit.printed_name for unit in units)


def check_ranked_sections_compare_like_with_like(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Where a block keeps partly assessed units unranked, a ranked section has none of them.

    Hoà Bình 2020: three departments without public services stand in a section of their own, without rank.
    """
    for table in a.tables:
        for section in a.sections_of(table):
            partly = [unit for unit in a.units_in(section, table) if _partly_assessed(a, unit, table.criterion)]
            if section.ranked and partly and not layout.told("sections", section.row, "groups"):
                where = layout.at("sections", section.row, "ranked")
                yield error("definition_ranks_partly_assessed", where, table=table.code, units=_printed(partly))


def _partly_assessed(a: Assessment, unit: Unit, criterion: str) -> bool:
    exempt = a.not_assessed(unit)
    return any(leaf.code in exempt for leaf in a.trees[unit.block].leaves(criterion))


SENSE: tuple[Check, ...] = (
    check_one_root_per_block,
    check_leaves_can_be_scored,
    check_inputs_carry_the_published_decimals,
    check_maxima_can_be_typed,
    check_blocks_are_used,
    check_blocks_are_published,
    check_tables_are_whole,
)
"""Checks of records as they stand."""

SENSE_OF_TREES: tuple[Check, ...] = (
    check_sections_share_out_the_units,
    check_ranked_sections_compare_like_with_like,
)
"""Checks that walk trees and look blocks up: for records whose references hold."""
