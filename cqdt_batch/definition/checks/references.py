"""Whether the codes and names in a definition lead anywhere: each check is one function, `REFERENCES` lists them.

What leads to a row that itself has a finding is left alone: it would be told again in other words.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.names import folded, nearest
from cqdt_batch.definition.records import ColumnKind, Criterion, Section, Unit
from cqdt_batch.definition.stamp import STAMP_SHEET
from cqdt_batch.findings import Fact, Finding, Term, error
from cqdt_batch.messages import in_every_language

PLACEHOLDERS = ("so", "ngay", "thang", "nam", "tinh", "chi_so", "nam_danh_gia", "co_quan", "bo_tieu_chi")
"""What the texts of an annex may leave open: number, day, month and year of the decision, which stay blank until the
signing; province, index, year, appraiser and criteria set of the round."""
WORKING_SHEETS = (
    "working.sheet",
    "working.inputs_sheet",
    "working.applicable_sheet",
    "working.ranks_sheet",
    "working.appraisal_sheet",
    "working.corrections_sheet",
    "changes.sheet",
    "trace.sheet",
)
"""The catalogue's names of the sheets that stand behind the tables of a block, or of all."""
CRITERION_KINDS = frozenset(
    {
        ColumnKind.POINTS,
        ColumnKind.MAXIMUM,
        ColumnKind.NOT_ASSESSED,
        ColumnKind.APPLICABLE,
        ColumnKind.PERCENT,
        ColumnKind.CONVERTED,
    }
)
"""The kinds of columns that are about a criterion; a table may have several of each."""

Check: TypeAlias = Callable[[Assessment, Layout], Iterator[Finding]]

_PLAIN_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LONGEST_CODE = {"profile": 40, "units": 40, "blocks": 20, "appraisal": 40}
"""A block's code goes into the name of a sheet, which Excel limits to 31 characters."""
_SHEET_NAME = re.compile(r"(?!')[^\x00-\x1f\[\]:*?/\\]+(?<!')")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows keeps for devices and gives to no file."""
DEEPEST = 20
"""The most levels a tree of criteria may have below its root."""
_LONGEST_SHEET_NAME = 31


def check_blocks_are_known(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Units, criteria, exemptions, tables, grades and parts of the appraisal name a block of the sheet of blocks."""
    codes = tuple(block.code for block in a.blocks)
    if layout.told_anywhere("blocks", "code"):
        return
    for sheet in ("units", "criteria", "exemptions", "tables", "grades", "appraisal"):
        for record in getattr(a, sheet):
            if record.block not in codes:
                where = layout.at(sheet, record.row, "block")
                yield error("definition_unknown_block", where, code=record.block, known=codes)


def check_parents_are_known(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """The parent of a criterion is a criterion of the same block."""
    known = _known_criteria(a, layout)
    for c in a.criteria:
        if c.parent and (c.block, c.parent) not in known and not layout.told("criteria", c.row, "block"):
            where = layout.at("criteria", c.row, "parent")
            yield error("definition_unknown_parent", where, parent=c.parent, code=c.code)


class _Criteria(set[tuple[str, str]]):
    """The (block, code) of every criterion; in a block where some code cannot be read, any code may be known."""

    unreadable: frozenset[str] = frozenset()

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (isinstance(key, tuple) and key[0] in self.unreadable)


def _known_criteria(a: Assessment, layout: Layout) -> _Criteria:
    known = _Criteria((c.block, c.code) for c in a.criteria)
    astray = [c for c in a.criteria if layout.told("criteria", c.row, "block")]
    known.update((block.code, c.code) for block in a.blocks for c in astray)
    known.unreadable = frozenset(c.block for c in a.criteria if layout.told("criteria", c.row, "code"))
    return known


def check_no_cycles(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Nothing is its own ancestor."""
    parents = {(c.block, c.code): c.parent for c in a.criteria}
    for c in a.criteria:
        if c.code and _returns(c, parents):
            yield error("definition_cycle", layout.at("criteria", c.row, "parent"), code=c.code, parent=c.parent)


def _returns(criterion: Criterion, parents: dict[tuple[str, str], str]) -> bool:
    code = criterion.parent
    for _ in parents:
        if not code or code == criterion.code:
            break
        code = parents.get((criterion.block, code), "")
    return code == criterion.code


def check_trees_are_not_too_deep(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A tree has at most 20 levels: more are a slip, such as a parent column filled down."""
    parents = {(c.block, c.code): c.parent for c in a.criteria}
    for c in a.criteria:
        if _levels_above(c, parents) == DEEPEST + 1:
            yield error("definition_too_deep", layout.at("criteria", c.row, "parent"), code=c.code, most=DEEPEST)


def _levels_above(c: Criterion, parents: dict[tuple[str, str], str]) -> int:
    """How many levels stand above a criterion, counted no further than one too many can be told."""
    code, levels = c.parent, 0
    while code and levels <= DEEPEST + 1:
        code, levels = parents.get((c.block, code), ""), levels + 1
    return levels


def check_criteria_are_known(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Tables and exemptions name criteria of their block."""
    known = _known_criteria(a, layout)
    for sheet in ("tables", "exemptions"):
        for record in getattr(a, sheet):
            if (record.block, record.criterion) not in known and not layout.told(sheet, record.row, "block"):
                where = layout.at(sheet, record.row, "criterion")
                yield error("definition_unknown_criterion", where, code=record.criterion, block=record.block)


def check_tables_are_known(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Sections and columns name a table of the sheet of tables."""
    codes = tuple(table.code for table in a.tables)
    if layout.told_anywhere("tables", "code"):
        return
    for sheet in ("sections", "columns"):
        for record in getattr(a, sheet):
            if record.table not in codes:
                where = layout.at(sheet, record.row, "table")
                yield error("definition_unknown_table", where, code=record.table, known=codes)


def check_columns_show_criteria(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A column about a criterion names one of its table's block, or, all but points, none; no other column does."""
    known = _known_criteria(a, layout)
    block_of = {t.code: t.block for t in a.tables if not layout.told("tables", t.row, "block")}
    for column in a.columns:
        where = layout.at("columns", column.row, "criterion")
        block = block_of.get(column.table, "")
        if column.kind is ColumnKind.POINTS and not column.criterion:
            yield error("definition_blank", where, column=Term("definition.columns.criterion"))
        elif column.kind not in (None, *CRITERION_KINDS) and column.criterion:
            yield error("definition_column_without_points", where, code=column.criterion)
        elif column.kind and column.criterion and block and (block, column.criterion) not in known:
            yield error("definition_unknown_criterion", where, code=column.criterion, block=block)


def check_tie_breaks_are_known(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Ties of a block are settled by criteria of the block."""
    known = _known_criteria(a, layout)
    for block in a.blocks:
        strange = [code for code in block.tie_breaks if (block.code, code) not in known]
        if strange and not layout.told("blocks", block.row, "code"):
            where = layout.at("blocks", block.row, "tie_breaks")
            yield error("definition_unknown_criterion", where, code=strange[0], block=block.code)


def check_parts_name_criteria(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A part of the appraisal covers criteria of its block."""
    known = _known_criteria(a, layout)
    for part in a.appraisal:
        strange = [code for code in part.criteria if (part.block, code) not in known]
        if strange and not layout.told("appraisal", part.row, "block"):
            where = layout.at("appraisal", part.row, "criteria")
            yield error("definition_unknown_criterion", where, code=strange[0], block=part.block)


def check_results_name_units(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Given points, last year's results and corrections belong to units of the sheet of units."""
    codes = {unit.code for unit in a.units}
    if layout.told_anywhere("units", "code"):
        return
    for sheet in ("given", "past", "corrections"):
        for record in getattr(a, sheet):
            if record.unit not in codes:
                where, near = layout.at(sheet, record.row, "unit"), _codes_like(record.unit, a.units)
                yield error("definition_no_such_unit", where, code=record.unit, near=near)


def check_results_name_criteria(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Given points, last year's results and corrections are about criteria of the unit's block.

    Results of last year may name none.
    """
    known = _known_criteria(a, layout)
    block_of = {unit.code: unit.block for unit in a.units if not layout.told("units", unit.row, "block")}
    for sheet in ("given", "past", "corrections"):
        for record in getattr(a, sheet):
            block = block_of.get(record.unit, "")
            if block and record.criterion and (block, record.criterion) not in known:
                where = layout.at(sheet, record.row, "criterion")
                yield error("definition_unknown_criterion", where, code=record.criterion, block=block)


def check_exemptions_name_somebody(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """An exemption is for a unit or for a group, one of the two, and of its own block."""
    block_of = {unit.code: unit.block for unit in a.units}
    for e in a.exemptions:
        if layout.told("exemptions", e.row, "block", "unit", "group"):
            continue
        if bool(e.unit) == bool(e.group):
            yield error("definition_exemption_for_whom", layout.at("exemptions", e.row, "unit"))
        elif e.unit and block_of.get(e.unit) != e.block and not layout.told_anywhere("units", "code"):
            where = layout.at("exemptions", e.row, "unit")
            near = _codes_like(e.unit, (unit for unit in a.units if unit.block == e.block))
            yield error("definition_unknown_unit", where, code=e.unit, block=e.block, near=near)
        elif e.group and e.group not in groups_of(a, e.block) and not layout.told_anywhere("units", "group"):
            where = layout.at("exemptions", e.row, "group")
            yield error("definition_unknown_group", where, group=e.group, block=e.block)


def _codes_like(typed: str, units: Iterable[Unit]) -> Fact:
    """The codes of the units whose codes or names look most like what was typed: a name often stands for the code."""
    codes = {name: unit.code for unit in units for name in (*unit.names, unit.code)}
    return tuple(dict.fromkeys(codes[name] for name in nearest(typed, codes))) or Term("form.nothing_near")


def groups_of(a: Assessment, block: str) -> set[str]:
    """The groups that units of a block belong to."""
    return {unit.group for unit in a.units if unit.block == block and unit.group}


def subgroups_of(a: Assessment, block: str) -> set[str]:
    """The sub-groups that units of a block belong to."""
    return {unit.subgroup for unit in a.units if unit.block == block and unit.subgroup}


def check_groups_are_spelled_alike(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Two groups of a block, or two sub-groups, differ in more than spelling: Cụm Hoà and Cụm Hòa look the same."""
    for name in ("group", "subgroup"):
        first: dict[tuple[str, str], str] = {}
        for unit in a.units:
            found: str = getattr(unit, name)
            known = first.setdefault((unit.block, folded(found)), found)
            if found and known != found:
                yield error("definition_group_spelled", layout.at("units", unit.row, name), found=found, known=known)


def check_groups_of_sections_are_known(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A section names groups that units of its table's block belong to."""
    for section, block, group in _strangers(a, layout, "group", groups_of):
        where = layout.at("sections", section.row, "groups")
        yield error("definition_unknown_group", where, group=group, block=block)


def check_subgroups_of_sections_are_known(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A section names sub-groups that units of its table's block belong to."""
    for section, block, subgroup in _strangers(a, layout, "subgroup", subgroups_of):
        where = layout.at("sections", section.row, "subgroups")
        yield error("definition_unknown_subgroup", where, subgroup=subgroup, block=block)


def _strangers(
    a: Assessment, layout: Layout, name: str, known: Callable[[Assessment, str], set[str]]
) -> Iterator[tuple[Section, str, str]]:
    """The first name in each section, of a group or a sub-group, to which no unit of the block belongs."""
    block_of = {t.code: t.block for t in a.tables if not layout.told("tables", t.row, "block")}
    for section in a.sections if not layout.told_anywhere("units", name) else ():
        block = block_of.get(section.table, "")
        named: tuple[str, ...] = getattr(section, f"{name}s")
        strange = next((one for one in named if block and one not in known(a, block)), None)
        if strange is not None:
            yield section, block, strange


def check_codes_are_plain(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Codes of the round, blocks, units and parts become file and sheet names: ASCII letters, digits, point, dash."""
    records: dict[str, tuple[Any, ...]] = {
        "profile": (a.profile,),
        "blocks": a.blocks,
        "units": a.units,
        "appraisal": a.appraisal,
    }
    for sheet, most in _LONGEST_CODE.items():
        for record in records[sheet]:
            code = record.code
            if len(code) > most or not _PLAIN_CODE.fullmatch(code) or _RESERVED.fullmatch(code):
                where = layout.at(sheet, record.row, "code")
                yield error("definition_code_not_plain", where, code=record.code, most=most)


def check_codes_are_unique(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """One code, one thing; upper and lower case do not tell two codes apart, as they do not tell two files."""
    yield from _repeated("blocks", ((b, b.code) for b in a.blocks), layout)
    yield from _repeated("units", ((u, u.code) for u in a.units), layout)
    yield from _repeated("criteria", ((c, f"{c.block}\t{c.code}") for c in a.criteria), layout)
    yield from _repeated("tables", ((t, t.code) for t in a.tables), layout)
    yield from _repeated("appraisal", ((p, p.code) for p in a.appraisal), layout)


def _repeated(sheet: str, records: Iterable[tuple[Any, str]], layout: Layout) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for record, key in records:
        row = first.setdefault(key.casefold(), record.row)
        if record.code and row != record.row:
            yield error("definition_repeated", layout.at(sheet, record.row, "code"), code=record.code, row=row)


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


def check_sheet_names(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """The code of a table can be the name of a sheet in Excel."""
    taken = {"history", STAMP_SHEET}
    names = [name for key in WORKING_SHEETS for name in in_every_language(key)]
    taken |= {name.format(block=block.code).casefold() for block in a.blocks for name in names}
    for table in a.tables:
        length = len(table.code.encode("utf-16-le")) // 2  # as Excel counts
        fits = length <= _LONGEST_SHEET_NAME and _SHEET_NAME.fullmatch(table.code)
        if not fits or table.code.casefold() in taken:
            yield error("definition_sheet_name", layout.at("tables", table.row, "code"), code=table.code)


def check_placeholders(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Printed texts leave open only what the program knows how to fill."""
    yield from _strange_places(a.profile, "profile", "reference", layout)
    yield from _strange_places(a.profile, "profile", "annex_title", layout)
    for table in a.tables:
        for name in ("title", "before", "after"):
            yield from _strange_places(table, "tables", name, layout)
    for section in a.sections:
        yield from _strange_places(section, "sections", "title", layout)


def _strange_places(record: Any, sheet: str, name: str, layout: Layout) -> Iterator[Finding]:
    strange = tuple(sorted(_placeholders(getattr(record, name)) - set(PLACEHOLDERS)))
    if strange:
        facts = {"found": strange, "known": tuple(f"{{{one}}}" for one in PLACEHOLDERS)}
        where = layout.at(sheet, record.row, name)
        yield error("definition_placeholder", where, column=Term(f"definition.{sheet}.{name}"), **facts)


def _placeholders(text: str) -> set[str]:
    """The names a text leaves open; anything more than a plain name in braces is shown as it stands."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return {"{ }"}
    return {
        name if not spec and not conversion else f"{name}{'!' + conversion if conversion else ''}:{spec}"
        for _, name, spec, conversion in parts
        if name is not None
    }


REFERENCES: tuple[Check, ...] = (
    check_blocks_are_known,
    check_parents_are_known,
    check_no_cycles,
    check_trees_are_not_too_deep,
    check_criteria_are_known,
    check_tables_are_known,
    check_columns_show_criteria,
    check_tie_breaks_are_known,
    check_parts_name_criteria,
    check_results_name_units,
    check_results_name_criteria,
    check_exemptions_name_somebody,
    check_groups_are_spelled_alike,
    check_groups_of_sections_are_known,
    check_subgroups_of_sections_are_known,
    check_codes_are_plain,
    check_codes_are_unique,
    check_names_are_unique,
    check_sheet_names,
    check_placeholders,
)
