"""What must hold across the sheets of a definition. A check is one function; `REFERENCES` and `SENSE` list them all.

A check yields its findings, none when content. Sense is checked on the records whose references hold, so that one
mistake does not hide another, and a cell that has a finding gets no second one.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeAlias

from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.names import folded
from cqdt_batch.definition.records import AnnexTable, Assessment, ColumnKind, Criterion, Section, Unit
from cqdt_batch.definition.stamp import STAMP_SHEET
from cqdt_batch.findings import Finding, Where, error
from cqdt_batch.messages import in_every_language

PLACEHOLDERS = ("so", "ngay", "thang", "nam")
"""What the reference line may leave open until the signing: number, day, month and year of the decision."""

_PLAIN_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LONGEST_CODE = {"profile": 40, "units": 40, "blocks": 20}
"""A block's code goes into the name of a sheet, which Excel limits to 31 characters."""
_SHEET_NAME = re.compile(r"(?!')[^\[\]:*?/\\]{1,31}(?<!')")


def check(assessment: Assessment, layout: Layout, earlier: Iterable[Finding]) -> tuple[Finding, ...]:
    """Run every check; cells already reported by `earlier` findings stay at their first finding."""
    taken = {finding.where for finding in earlier}
    found = _first_per_place((f for c in REFERENCES for f in c(assessment, layout)), taken)
    reported = {(where.sheet, where.row) for where in taken}
    sound = _without(assessment, layout, reported)
    return (*found, *_first_per_place((f for c in SENSE for f in c(sound, layout)), taken))


def _first_per_place(findings: Iterable[Finding], taken: set[Where]) -> tuple[Finding, ...]:
    kept = []
    for finding in findings:
        if finding.where not in taken:
            taken.add(finding.where)
            kept.append(finding)
    return tuple(kept)


def _without(assessment: Assessment, layout: Layout, reported: set[tuple[str, int]]) -> Assessment:
    """Leave out the records that stand on a reported row."""

    def kept(sheet: str, records: tuple[Any, ...]) -> tuple[Any, ...]:
        place = layout.places.get(sheet)
        return tuple(r for r in records if place is None or (place.sheet, r.row) not in reported)

    names = ("blocks", "units", "criteria", "exemptions", "tables", "sections", "columns")
    sound: dict[str, Any] = {name: kept(name, getattr(assessment, name)) for name in names}
    return replace(assessment, **sound)


def check_codes_are_plain(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Codes of the round, blocks and units become file and sheet names: ASCII letters, digits, point, dash."""
    records: dict[str, tuple[Any, ...]] = {"profile": (a.profile,), "blocks": a.blocks, "units": a.units}
    for sheet, most in _LONGEST_CODE.items():
        for record in records[sheet]:
            if len(record.code) > most or not _PLAIN_CODE.fullmatch(record.code):
                where = layout.at(sheet, record.row, "code")
                yield error("definition_code_not_plain", where, code=record.code, most=most)


def check_codes_are_unique(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """One code, one thing; upper and lower case do not tell two codes apart, as they do not tell two files."""
    yield from _repeated("blocks", ((b, b.code) for b in a.blocks), layout)
    yield from _repeated("units", ((u, u.code) for u in a.units), layout)
    yield from _repeated("criteria", ((c, f"{c.block}\t{c.code}") for c in a.criteria), layout)
    yield from _repeated("tables", ((t, t.code) for t in a.tables), layout)


def _repeated(sheet: str, records: Iterable[tuple[Any, str]], layout: Layout) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for record, key in records:
        row = first.setdefault(key.casefold(), record.row)
        if record.code and row != record.row:
            yield error("definition_repeated", layout.at(sheet, record.row, "code"), code=record.code, row=row)


def check_blocks_are_known(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Units, criteria, exemptions and tables name a block of the sheet of blocks."""
    codes = tuple(block.code for block in a.blocks)
    for sheet in ("units", "criteria", "exemptions", "tables"):
        for record in getattr(a, sheet):
            if record.block not in codes:
                where = layout.at(sheet, record.row, "block")
                yield error("definition_unknown_block", where, code=record.block, known=codes)


def check_parents_are_known(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """The parent of a criterion is a criterion of the same block."""
    codes = {(c.block, c.code) for c in a.criteria}
    for c in a.criteria:
        if c.parent and (c.block, c.parent) not in codes:
            where = layout.at("criteria", c.row, "parent")
            yield error("definition_unknown_parent", where, parent=c.parent, code=c.code)


def check_no_cycles(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Nothing is its own ancestor."""
    parents = {(c.block, c.code): c.parent for c in a.criteria}
    for c in a.criteria:
        if _returns(c, parents):
            yield error("definition_cycle", layout.at("criteria", c.row, "parent"), code=c.code, parent=c.parent)


def _returns(criterion: Criterion, parents: dict[tuple[str, str], str]) -> bool:
    code = criterion.parent
    for _ in parents:
        if not code or code == criterion.code:
            break
        code = parents.get((criterion.block, code), "")
    return code == criterion.code


def check_one_root_per_block(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Each block has one criterion without a parent: its composite index."""
    for block in a.blocks:
        roots = [c for c in a.criteria if c.block == block.code and not c.parent]
        if not roots:
            yield error("definition_no_root", layout.at("blocks", block.row, "code"), block=block.code)
        for other in roots[1:]:
            where = layout.at("criteria", other.row, "parent")
            yield error("definition_second_root", where, code=other.code, first=roots[0].code)


def check_criteria_are_known(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Tables and exemptions name criteria of their block."""
    criteria = {(c.block, c.code) for c in a.criteria}
    for sheet in ("tables", "exemptions"):
        for record in getattr(a, sheet):
            if (record.block, record.criterion) not in criteria:
                where = layout.at(sheet, record.row, "criterion")
                yield _unknown_criterion(where, record.criterion, record.block)


def check_tables_are_known(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Sections and columns name a table of the sheet of tables."""
    codes = tuple(table.code for table in a.tables)
    for sheet in ("sections", "columns"):
        for record in getattr(a, sheet):
            if record.table not in codes:
                where = layout.at(sheet, record.row, "table")
                yield error("definition_unknown_table", where, code=record.table, known=codes)


def check_columns_show_criteria(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A column of points names a criterion of its table's block; no other column names one."""
    criteria = {(c.block, c.code) for c in a.criteria}
    block_of = {table.code: table.block for table in a.tables}
    for column in a.columns:
        where = layout.at("columns", column.row, "criterion")
        block = block_of.get(column.table, "")
        if column.kind is ColumnKind.POINTS and block and (block, column.criterion) not in criteria:
            yield _unknown_criterion(where, column.criterion, block)
        if column.kind not in (None, ColumnKind.POINTS) and column.criterion:
            yield error("definition_column_without_points", where, code=column.criterion)


def _unknown_criterion(where: Where, code: str, block: str) -> Finding:
    return error("definition_unknown_criterion", where, code=code, block=block)


def check_exemptions_name_somebody(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """An exemption is for a unit or for a group, one of the two, and of its own block."""
    block_of = {unit.code: unit.block for unit in a.units}
    for e in a.exemptions:
        if bool(e.unit) == bool(e.group):
            yield error("definition_exemption_for_whom", layout.at("exemptions", e.row, "unit"))
        elif e.unit and block_of.get(e.unit) != e.block:
            where = layout.at("exemptions", e.row, "unit")
            yield error("definition_unknown_unit", where, code=e.unit, block=e.block)
        elif e.group and e.group not in _groups(a, e.block):
            where = layout.at("exemptions", e.row, "group")
            yield error("definition_unknown_group", where, group=e.group, block=e.block)


def _groups(a: Assessment, block: str) -> set[str]:
    return {unit.group for unit in a.units if unit.block == block and unit.group}


def check_names_are_unique(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """No two units answer to one name, in whatever spelling."""
    owner: dict[str, Unit] = {}
    for unit in a.units:
        for name, field in _named_fields(unit):
            first = owner.setdefault(folded(name), unit)
            if first is not unit and name:
                where = layout.at("units", unit.row, field)
                yield error("definition_same_name", where, name=name, other=first.code, row=first.row)


def _named_fields(unit: Unit) -> tuple[tuple[str, str], ...]:
    others = tuple((name, "other_names") for name in unit.other_names)
    return ((unit.name, "name"), (unit.printed_name, "printed_name"), *others)


def check_leaves_can_be_scored(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A leaf has a rule and a maximum above zero that can be typed; an inner criterion is summed and has neither."""
    parents = {(c.block, c.parent) for c in a.criteria}
    digits = {block.code: block.input_decimals for block in a.blocks}
    for c in a.criteria:
        where = layout.at("criteria", c.row, "max_score")
        inner = (c.block, c.code) in parents
        if inner and (c.max_score is not None or c.rule):
            field = "max_score" if c.max_score is not None else "rule"
            yield error("definition_inner_scored", layout.at("criteria", c.row, field), code=c.code)
        elif not inner and not c.max_score:
            yield error("definition_leaf_without_maximum", where, code=c.code)
        elif not inner and not c.rule:
            yield error("definition_leaf_without_rule", layout.at("criteria", c.row, "rule"), code=c.code)
        elif c.max_score and _decimals(c) > digits.get(c.block, 0):
            yield error("definition_maximum_too_fine", where, maximum=c.max_score, decimals=digits.get(c.block, 0))


def _decimals(criterion: Criterion) -> int:
    exponent = criterion.max_score.normalize().as_tuple().exponent if criterion.max_score else 0
    return max(0, -exponent) if isinstance(exponent, int) else 0


def check_inputs_carry_the_published_decimals(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A typed score may have at least as many decimals as a published one."""
    for block in a.blocks:
        if block.input_decimals < block.decimals:
            where = layout.at("blocks", block.row, "input_decimals")
            yield error("definition_input_decimals", where, decimals=block.decimals, found=block.input_decimals)


def check_blocks_are_used(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A block has units."""
    for block in a.blocks:
        if not a.units_of(block.code):
            yield error("definition_block_without_units", layout.at("blocks", block.row, "code"), block=block.code)


def check_there_is_something(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A round has at least one block, unit, criterion, table, section and column."""
    for sheet in ("blocks", "units", "criteria", "tables", "sections", "columns"):
        if not getattr(a, sheet):
            place = layout.places[sheet]
            yield error("definition_empty_sheet", Where(file=layout.file, sheet=place.sheet, row=place.header + 1))


def check_sheet_names(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """The code of a table can be the name of a sheet in Excel."""
    taken = {"history", STAMP_SHEET}
    taken |= {t.format(block=b.code).casefold() for b in a.blocks for t in in_every_language("working.sheet")}
    for table in a.tables:
        if not _SHEET_NAME.fullmatch(table.code) or table.code.casefold() in taken:
            yield error("definition_sheet_name", layout.at("tables", table.row, "code"), code=table.code)


def check_placeholders(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """The reference line leaves open only what the program knows how to fill."""
    where = layout.at("profile", 0, "reference")
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(a.profile.reference) if name is not None}
    except ValueError:
        names = {"{ }"}
    if names - set(PLACEHOLDERS):
        known = tuple(f"{{{name}}}" for name in PLACEHOLDERS)
        yield error("definition_placeholder", where, found=tuple(sorted(names - set(PLACEHOLDERS))), known=known)


def check_tables_are_whole(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A table has sections and columns, one column of each kind but points, and ranks only where it shows them."""
    for table in a.tables:
        where = layout.at("tables", table.row, "code")
        columns, sections = a.columns_of(table), a.sections_of(table)
        if not columns:
            yield error("definition_table_without_columns", where, code=table.code)
        if not sections:
            yield error("definition_table_without_sections", where, code=table.code)
        kinds = Counter(column.kind for column in columns)
        for column in columns:
            if kinds[column.kind] > 1 and column.kind is not ColumnKind.POINTS:
                yield error("definition_column_twice", layout.at("columns", column.row, "kind"), table=table.code)
        for kind in (ColumnKind.UNIT, ColumnKind.TOTAL):
            if columns and not kinds[kind]:
                yield error("definition_table_without_unit_or_total", where, code=table.code)


def check_sections_share_out_the_units(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Every unit of the block stands in exactly one section of each of its tables."""
    for table in a.tables:
        sections = a.sections_of(table)
        known = _groups(a, table.block)
        for section in sections:
            for group in section.groups:
                if group not in known:
                    where = layout.at("sections", section.row, "groups")
                    yield error("definition_unknown_group", where, group=group, block=table.block)
        holding: dict[str, list[Section]] = {unit.code: [] for unit in a.units_of(table.block)}
        for section in sections:
            for unit in a.units_in(section, table):
                holding[unit.code].append(section)
        for unit in a.units_of(table.block) if sections else ():
            yield from _shared_out(unit, table, holding[unit.code], layout)


def _shared_out(unit: Unit, table: AnnexTable, holding: list[Section], layout: Layout) -> Iterator[Finding]:
    if not holding:
        where = layout.at("tables", table.row, "code")
        yield error("definition_unit_in_no_section", where, unit=unit.printed_name, table=table.code)
    elif len(holding) > 1:
        where = layout.at("sections", holding[1].row, "groups")
        yield error("definition_unit_in_two_sections", where, unit=unit.printed_name, table=table.code)


def check_ranked_sections_compare_like_with_like(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Where a block keeps partly assessed units unranked, a ranked section has none of them.

    Hoà Bình 2020: three departments without public services stand in a section of their own, without rank.
    """
    known = {(c.block, c.code) for c in a.criteria}
    for table in a.tables:
        if (table.block, table.criterion) not in known:
            continue
        for section in a.sections_of(table):
            partly = [unit for unit in a.units_in(section, table) if _partly_assessed(a, unit, table.criterion)]
            if section.ranked and partly:
                where = layout.at("sections", section.row, "ranked")
                names = tuple(unit.printed_name for unit in partly)
                yield error("definition_ranks_partly_assessed", where, table=table.code, units=names)


def _partly_assessed(a: Assessment, unit: Unit, criterion: str) -> bool:
    exempt = a.not_assessed(unit)
    return any(leaf.code in exempt for leaf in a.trees[unit.block].leaves(criterion))


_Check: TypeAlias = Callable[[Assessment, Layout], Iterator[Finding]]

REFERENCES: tuple[_Check, ...] = (
    check_there_is_something,
    check_codes_are_plain,
    check_codes_are_unique,
    check_blocks_are_known,
    check_parents_are_known,
    check_no_cycles,
    check_criteria_are_known,
    check_tables_are_known,
    check_columns_show_criteria,
    check_exemptions_name_somebody,
    check_sheet_names,
    check_placeholders,
)

SENSE: tuple[_Check, ...] = (
    check_one_root_per_block,
    check_names_are_unique,
    check_leaves_can_be_scored,
    check_inputs_carry_the_published_decimals,
    check_blocks_are_used,
    check_tables_are_whole,
    check_sections_share_out_the_units,
    check_ranked_sections_compare_like_with_like,
)
