"""Whether the blocks and the criteria of a definition make sense: each check is one function, `SENSE` lists them."""

from __future__ import annotations

from collections.abc import Iterator

from cqdt_batch.cells import decimals_of
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.checks.references import Check
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.records import TieRule, ZeroRule
from cqdt_batch.findings import Finding, error

SCORED = (
    "max_score",
    "rule",
    "step",
    "measure",
    "first_label",
    "second_label",
    "on_zero",
    "target",
    "levels",
    "per_item",
    "extra",
)
"""What only a leaf has: how it is scored."""


def is_blank(value: object) -> bool:
    """Tell whether a cell of a criterion says nothing; a typed zero says something, "error" at zero is the usual."""
    return value is ZeroRule.ERROR or (not value and value != 0)


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


def inner_criteria(a: Assessment, layout: Layout) -> frozenset[tuple[str, str]]:
    """The (block, code) of the criteria with others below them."""
    linked = (c for c in a.criteria if c.parent and not layout.told("criteria", c.row, "parent"))
    return frozenset((c.block, c.parent) for c in linked)


def check_inner_criteria_are_not_scored(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """The points of an inner criterion come from those below it: it has no maximum, no rule and no parameters."""
    inner = inner_criteria(a, layout)
    for c in a.criteria:
        filled = [name for name in SCORED if not is_blank(getattr(c, name))] if (c.block, c.code) in inner else ()
        for name in filled:
            yield error("definition_inner_scored", layout.at("criteria", c.row, name), code=c.code)


def check_leaves_can_be_scored(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A leaf has a rule and a maximum above zero."""
    inner = inner_criteria(a, layout)
    astray = {c.block for c in a.criteria if layout.told("criteria", c.row, "code", "parent")}
    all_astray = layout.told_anywhere("criteria", "block")
    for c in a.criteria:
        looks_inner = not c.max_score and not c.rule
        if (c.block, c.code) in inner or (looks_inner and (all_astray or c.block in astray)):
            continue
        if not c.max_score:
            where = layout.at("criteria", c.row, "max_score")
            yield error("definition_leaf_without_maximum", where, code=c.code)
        if not c.rule:
            yield error("definition_leaf_without_rule", layout.at("criteria", c.row, "rule"), code=c.code)


def input_decimals(a: Assessment, layout: Layout) -> dict[str, int]:
    """How many decimals the points of a criterion may have, by block, where that can be read."""
    return {b.code: b.input_decimals for b in a.blocks if not layout.told("blocks", b.row, "input_decimals")}


def check_maxima_can_be_typed(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A maximum has no more decimals than a score of its block may have, so that it can be reached."""
    most = input_decimals(a, layout)
    for c in a.criteria:
        if c.max_score and c.block in most and decimals_of(c.max_score) > most[c.block]:
            where = layout.at("criteria", c.row, "max_score")
            yield error("definition_maximum_too_fine", where, maximum=c.max_score, decimals=most[c.block])


def check_inputs_carry_the_published_decimals(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A typed score may have at least as many decimals as a published one."""
    for block in a.blocks:
        if block.input_decimals < block.decimals:
            where = layout.at("blocks", block.row, "input_decimals")
            yield error("definition_input_decimals", where, decimals=block.decimals, found=block.input_decimals)


def check_ordinal_ranks_have_tie_breaks(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Tie-breaks are for ordinal ranks, which need some, each once."""
    for block in a.blocks:
        where = layout.at("blocks", block.row, "tie_breaks")
        if block.ties is TieRule.ORDINAL and not block.tie_breaks:
            yield error("definition_tie_breaks_missing", where, block=block.code)
        elif block.ties not in (None, TieRule.ORDINAL) and block.tie_breaks:
            yield error("definition_tie_breaks_unused", where, block=block.code)
        repeated = [code for code in block.tie_breaks if block.tie_breaks.count(code) > 1]
        if repeated:
            yield error("definition_tie_break_repeated", where, code=repeated[0])


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


SENSE: tuple[Check, ...] = (
    check_one_root_per_block,
    check_inner_criteria_are_not_scored,
    check_leaves_can_be_scored,
    check_inputs_carry_the_published_decimals,
    check_maxima_can_be_typed,
    check_ordinal_ranks_have_tie_breaks,
    check_blocks_are_used,
    check_blocks_are_published,
)
"""Checks of records as they stand."""
