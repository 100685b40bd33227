"""Whether the annex tables say what they are for: who stands in a row, what the result is, what a column can show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.checks.references import CRITERION_KINDS, Check, subgroups_of
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.records import (
    AnnexTable,
    Column,
    ColumnKind,
    GradeBasis,
    NumberLook,
    RankBasis,
    Summing,
    TableContent,
    TableOrder,
    Treatment,
)
from cqdt_batch.definition.sheets import choice_key
from cqdt_batch.findings import Finding, Term, error

FIGURES = CRITERION_KINDS | {ColumnKind.TOTAL, ColumnKind.LAST_TOTAL, ColumnKind.CHANGE, ColumnKind.SHARE}
"""The kinds of columns whose numbers may have decimals."""
PERCENTS = frozenset({ColumnKind.PERCENT, ColumnKind.SHARE})
SUMMARY_KINDS = frozenset({ColumnKind.NUMBER, ColumnKind.GRADE, ColumnKind.COUNT, ColumnKind.SHARE})
"""The kinds of columns of a summary of grades."""
ONLY_IN_SUMMARIES = frozenset({ColumnKind.COUNT, ColumnKind.SHARE})
OF_SUBGROUPS = frozenset({ColumnKind.SUBGROUP, ColumnKind.RANK_IN_SUBGROUP})
OF_LAST_YEAR = frozenset(
    {ColumnKind.LAST_TOTAL, ColumnKind.LAST_RANK, ColumnKind.CHANGE, ColumnKind.RANK_CHANGE},
)


def results_of(treatment: Treatment | None) -> tuple[ColumnKind, ...]:
    """The kinds of columns that show the figure by which a block ranks; any of them while that is not known."""
    match treatment:
        case None:
            return (ColumnKind.TOTAL, ColumnKind.POINTS, ColumnKind.CONVERTED, ColumnKind.PERCENT)
        case Treatment.PERCENT:
            return (ColumnKind.PERCENT,)
        case Treatment.CONVERTED:
            return (ColumnKind.TOTAL, ColumnKind.CONVERTED)
    return (ColumnKind.TOTAL, ColumnKind.POINTS)


def _treatments(a: Assessment) -> dict[str, Treatment | None]:
    return {block.code: block.treatment for block in a.blocks}


def _shows_result(column: Column, table: AnnexTable, treatment: Treatment | None) -> bool:
    is_about_it = column.kind is ColumnKind.TOTAL or column.criterion in ("", table.criterion)
    return is_about_it and column.kind in results_of(treatment)


def _is_summary(table: AnnexTable) -> bool:
    return table.content is TableContent.GRADES


def _known_columns(a: Assessment) -> Iterator[tuple[AnnexTable, Column]]:
    """The columns of known kind, with their table."""
    for table in a.tables:
        for column in a.columns_of(table):
            if column.kind:
                yield table, column


def check_tables_have_columns_and_sections(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A table has sections and columns."""
    for table in a.tables:
        where = layout.at("tables", table.row, "code")
        if not a.columns_of(table) and not layout.told_anywhere("columns", "table"):
            yield error("definition_table_without_columns", where, code=table.code)
        if not a.sections_of(table) and not layout.told_anywhere("sections", "table"):
            yield error("definition_table_without_sections", where, code=table.code)


def check_columns_are_not_repeated(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A table has one column of each kind but those about a criterion."""
    counts = {table.code: Counter(column.kind for column in a.columns_of(table)) for table in a.tables}
    for table, column in _known_columns(a):
        if counts[table.code][column.kind] > 1 and column.kind not in CRITERION_KINDS:
            yield error("definition_column_twice", layout.at("columns", column.row, "kind"), table=table.code)


def check_tables_show_units_and_results(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A table of units names them and shows what they are ranked by; a summary names grades and counts units."""
    if layout.told_anywhere("columns", "table"):
        return
    treatments = _treatments(a)
    for table in a.tables:
        columns = a.columns_of(table)
        where = layout.at("tables", table.row, "code")
        kinds = {column.kind for column in columns}
        unclear = any(layout.told("columns", column.row, "kind", "criterion") for column in columns)
        if not columns or unclear or layout.told("tables", table.row, "content", "criterion"):
            continue
        if _is_summary(table):
            if not {ColumnKind.GRADE, ColumnKind.COUNT} <= kinds:
                yield error("definition_summary_incomplete", where, code=table.code)
            continue
        treatment = treatments.get(table.block)
        if ColumnKind.UNIT not in kinds or not any(_shows_result(c, table, treatment) for c in columns):
            result = Term(choice_key(results_of(treatment)[0]))
            yield error("definition_table_without_unit_or_total", where, code=table.code, result=result)


def check_columns_fit_their_table(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Numbers of units stand in summaries of grades, and nothing about a single unit does."""
    for table, column in _known_columns(a):
        fits = column.kind in SUMMARY_KINDS if _is_summary(table) else column.kind not in ONLY_IN_SUMMARIES
        if not fits and not layout.told("tables", table.row, "content"):
            where = layout.at("columns", column.row, "kind")
            kind, content = Term(choice_key(column.kind)), Term(choice_key(table.content))
            yield error("definition_column_unfit", where, kind=kind, table=table.code, content=content)


def check_columns_of_grades_have_grades(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A column of grades needs grades of the block; grades by points are those of the composite index."""
    if layout.told_anywhere("grades", "block"):
        return
    for table, column in _known_columns(a):
        if column.kind is not ColumnKind.GRADE or layout.told("tables", table.row, "block", "criterion"):
            continue
        where = layout.at("columns", column.row, "kind")
        grades = [grade for grade in a.grades if grade.block == table.block]
        is_whole = any(c.block == table.block and c.code == table.criterion and not c.parent for c in a.criteria)
        if not grades:
            yield error("definition_no_grades", where, block=table.block)
        elif grades[0].basis is GradeBasis.POINTS and not is_whole:
            yield error("definition_grade_of_part", where, table=table.code, code=table.criterion)


def check_columns_of_subgroups_have_subgroups(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A column of sub-groups, or of ranks in them, needs units that belong to some."""
    unclear = layout.told_anywhere("units", "subgroup") or layout.told_anywhere("units", "block")
    for table, column in () if unclear else _known_columns(a):
        if column.kind in OF_SUBGROUPS and not subgroups_of(a, table.block):
            where = layout.at("columns", column.row, "kind")
            if not layout.told("tables", table.row, "block"):
                yield error("definition_no_subgroups", where, block=table.block)


def check_columns_of_last_year_have_results(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A column about last year needs results of it on the table's criterion."""
    if layout.told_anywhere("past", "unit") or layout.told_anywhere("past", "criterion"):
        return
    block_of = {unit.code: unit.block for unit in a.units}
    known = {(block_of.get(past.unit, ""), past.criterion) for past in a.past}
    roots = _roots(a, layout)
    for table, column in _known_columns(a):
        about_all = table.criterion == roots.get(table.block, table.criterion)
        is_known = (table.block, table.criterion) in known or (about_all and (table.block, "") in known)
        unclear = is_known or layout.told("tables", table.row, "block", "criterion")
        if column.kind in OF_LAST_YEAR and not unclear:
            where = layout.at("columns", column.row, "kind")
            yield error("definition_no_past", where, block=table.block, code=table.criterion)


def _roots(a: Assessment, layout: Layout) -> dict[str, str]:
    """The code of the composite index of each block, where it can be told."""
    roots = (c for c in a.criteria if not c.parent)
    return {c.block: c.code for c in roots if not layout.told("criteria", c.row, "block", "code", "parent")}


def check_changes_of_rank_have_a_rank(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A change of rank stands beside the rank that it is the change of."""
    for table in a.tables:
        columns = a.columns_of(table)
        has_rank = any(column.kind in (ColumnKind.RANK, ColumnKind.RANK_OVERALL) for column in columns)
        unclear = any(layout.told("columns", column.row, "kind") for column in columns)
        if has_rank or unclear or layout.told_anywhere("columns", "table"):
            continue
        for column in columns:
            if column.kind is ColumnKind.RANK_CHANGE:
                where = layout.at("columns", column.row, "kind")
                yield error("definition_rank_change_without_rank", where, table=table.code)


def check_only_figures_have_a_look(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Decimals and a look are for columns of figures, the percent sign for percents."""
    for column in a.columns:
        if not column.kind or layout.told("columns", column.row, "kind"):
            continue
        facts = {"kind": Term(choice_key(column.kind))}
        look = layout.at("columns", column.row, "look")
        if column.kind not in FIGURES:
            if column.decimals is not None:
                yield error("definition_column_no_figure", layout.at("columns", column.row, "decimals"), **facts)
            if column.look is not NumberLook.FIXED:
                yield error("definition_column_no_figure", look, **facts)
        elif column.look is NumberLook.PERCENT and column.kind not in PERCENTS:
            yield error("definition_look_of_percent", look, **facts)


def check_ranked_figures_are_shown_as_ranked(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """What is ranked as published, graded or compared is printed with the decimals it is published with.

    Equal figures then have equal ranks and grades, and a change is the difference of what is printed.
    """
    blocks = {b.code: b for b in a.blocks if not layout.told("blocks", b.row, "decimals", "basis", "treatment")}
    for table, column in _known_columns(a):
        block = blocks.get(table.block)
        if not block or column.decimals in (None, block.decimals) or layout.told("columns", column.row, "criterion"):
            continue
        is_ranked = block.basis is RankBasis.PUBLISHED and _shows_result(column, table, block.treatment)
        if is_ranked or _is_held_against_others(a, table, column):
            where = layout.at("columns", column.row, "decimals")
            yield error("definition_ranked_decimals", where, found=column.decimals, decimals=block.decimals)


def check_rounded_parts_are_shown_as_added(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Where printed parts are rounded before they are added, they are printed with no fewer decimals than that."""
    blocks = {b.code: b for b in a.blocks if not layout.told("blocks", b.row, "decimals", "summing")}
    for table, column in _known_columns(a):
        block = blocks.get(table.block)
        if not block or block.summing is not Summing.PRINTED or column.decimals is None:
            continue
        if column.kind in (ColumnKind.POINTS, ColumnKind.TOTAL) and column.decimals < block.decimals:
            where = layout.at("columns", column.row, "decimals")
            yield error("definition_rounded_decimals", where, found=column.decimals, decimals=block.decimals)


def _is_held_against_others(a: Assessment, table: AnnexTable, column: Column) -> bool:
    """Tell whether a column shows what a grade or a change beside it comes from."""
    kinds = {other.kind for other in a.columns_of(table)}
    by_percent = any(g.basis is GradeBasis.PERCENT for g in a.grades if g.block == table.block)
    match column.kind:
        case ColumnKind.CHANGE:
            return True
        case ColumnKind.LAST_TOTAL:
            return ColumnKind.CHANGE in kinds
        case ColumnKind.TOTAL:
            return ColumnKind.CHANGE in kinds or (ColumnKind.GRADE in kinds and not by_percent)
        case ColumnKind.PERCENT:
            return ColumnKind.GRADE in kinds and by_percent and column.criterion in ("", table.criterion)
    return False


def check_shares_are_of_the_scale(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A bonus or penalty has no maximum of which its points could be a share, nor that they could be converted to."""
    extras = {(c.block, c.code) for c in a.criteria if c.extra}
    treatments = _treatments(a)
    for table in a.tables:
        by_share = treatments.get(table.block) in (Treatment.CONVERTED, Treatment.PERCENT)
        if by_share and (table.block, table.criterion) in extras:
            where = layout.at("tables", table.row, "criterion")
            yield error("definition_share_of_extra", where, code=table.criterion)
    for table, column in _known_columns(a):
        is_share = column.kind in (ColumnKind.PERCENT, ColumnKind.CONVERTED)
        if is_share and (table.block, column.criterion) in extras:
            where = layout.at("columns", column.row, "criterion")
            yield error("definition_share_of_extra", where, code=column.criterion)


def check_tables_can_be_sorted(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A table in register order, or a summary of grades, is not sorted by a column, and none by its row numbers."""
    for table, column in _known_columns(a):
        has_own_order = table.order is TableOrder.REGISTER or _is_summary(table)
        if column.sort and (has_own_order or column.kind is ColumnKind.NUMBER):
            yield error("definition_sort_unused", layout.at("columns", column.row, "sort"), table=table.code)


TABLE_SENSE: tuple[Check, ...] = (
    check_tables_have_columns_and_sections,
    check_columns_are_not_repeated,
    check_columns_fit_their_table,
    check_tables_show_units_and_results,
    check_columns_of_grades_have_grades,
    check_columns_of_subgroups_have_subgroups,
    check_columns_of_last_year_have_results,
    check_changes_of_rank_have_a_rank,
    check_only_figures_have_a_look,
    check_ranked_figures_are_shown_as_ranked,
    check_rounded_parts_are_shown_as_added,
    check_shares_are_of_the_scale,
    check_tables_can_be_sorted,
)
"""Checks of tables and their columns as they stand."""
