"""The worked numbers of the guides about ranks: treatments, ties, grades, and what was last year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pandas as pd

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import AnnexTable, ColumnKind, Section, TieRule, Treatment
from cqdt_batch.definition.sheets import choice_key
from cqdt_batch.rounding import published
from cqdt_batch.scoring.figures import Figures
from cqdt_batch.scoring.points import applicable, score
from cqdt_batch.scoring.ranking import RankedTable, Standing, rank_table
from docs.guide_round import GuideRound
from docs.make_reference import markdown_table


def treatments(of: GuideRound) -> Iterator[str]:
    """One unit that is not assessed on everything under each treatment, and who is first beside it."""
    example = of.source["treatments"]
    table = of.table(example["table"])
    header = [of.told(key) for key in ("treatment", "points", "applicable", "result", "rank", "first")]
    rows = []
    for treatment in Treatment:
        varied = _treated(of.assessment, table, treatment, apart=treatment in example["apart"])
        rows.append((of.words(choice_key(treatment)), *_fared(of, _ranked(of, varied, table), example["unit"])))
    yield from markdown_table(header, rows)


def _treated(assessment: Assessment, table: AnnexTable, treatment: Treatment, *, apart: bool) -> Assessment:
    """The round under another treatment; its groups stand `apart` where they are not ranked together."""
    varied = _with_block(assessment, table.block, treatment=treatment)
    if not apart:
        return replace(varied, sections=(_section(table),))
    is_whole = {unit.group: not assessment.not_assessed(unit) for unit in assessment.units_of(table.block)}
    own = treatment is Treatment.OWN_SCALE
    sections = (_section(table, group, ranked=own or whole) for group, whole in is_whole.items())
    return replace(varied, sections=tuple(sections))


def _with_block(assessment: Assessment, block: str, **settings: Any) -> Assessment:
    blocks = (replace(one, **settings) if one.code == block else one for one in assessment.blocks)
    return replace(assessment, blocks=tuple(blocks))


def _section(table: AnnexTable, *groups: str, ranked: bool = True) -> Section:
    return Section(table=table.code, groups=groups, title="", ranked=ranked, restarts=True)


def _ranked(of: GuideRound, varied: Assessment, table: AnnexTable) -> RankedTable:
    """A table as it would be in a varied round."""
    asked = {unit.code for unit in varied.asked_units}
    points = score(varied, table.block, (one for one in of.outcome.intake.submissions if one.unit in asked))
    return rank_table(varied, table, points, applicable(varied.trees[table.block], points))


def _fared(of: GuideRound, ranked: RankedTable, unit: str) -> list[str]:
    """A unit's points, applicable maximum, result and rank, and the first of everybody."""
    first = "; ".join(s.unit.printed_name for s in ranked.standings if s.rank == 1)
    standing = next((s for s in ranked.standings if s.unit.code == unit), None)
    if standing is None:
        return ["–", "–", "–", "–", first]
    figures, code = ranked.figures, ranked.table.criterion
    points = figures.points_of(standing.unit, code) or Decimal(0)
    percent = "%" if figures.ranked_kind is ColumnKind.PERCENT else ""
    return [
        of.shown(published(points, figures.block.decimals)),
        of.shown(figures.applicable_of(standing.unit, code)),
        f"**{of.shown(figures.compared(standing.unit))}{percent}**",
        _place(of, standing),
        first,
    ]


def _place(of: GuideRound, standing: Standing) -> str:
    return of.told("no_rank") if standing.rank is None else str(standing.rank)


def ties(of: GuideRound, code: str) -> Iterator[str]:
    """The ranks of a table's units, all in one section, under each rule for ties."""
    table = of.table(code)
    whole = replace(of.assessment, sections=(_section(table),))
    ranked = {rule: _ranked(of, _with_block(whole, table.block, ties=rule), table) for rule in TieRule}
    ranks = {rule: {s.unit.code: s.rank for s in one.standings} for rule, one in ranked.items()}
    figures = ranked[TieRule.ORDINAL].figures
    breaks = (f"{of.words('definition.blocks.tie_breaks')}: {one}" for one in figures.block.tie_breaks)
    header = (of.told("unit"), of.told("total"), *breaks, *(of.words(choice_key(rule)) for rule in TieRule))
    rows = (
        (
            unit.printed_name,
            of.shown(figures.compared(unit)),
            *map(of.shown, figures.tie_breaks(unit)),
            *(of.shown(ranks[rule][unit.code]) for rule in TieRule),
        )
        for unit in (standing.unit for standing in ranked[TieRule.ORDINAL].standings)
    )
    yield from markdown_table(header, rows)


def grading(of: GuideRound) -> Iterator[str]:
    """The grades of some totals: what is printed is held against the bounds."""
    example = of.source["grading"]
    table = of.table(example["table"])
    points = pd.DataFrame({table.criterion: example["totals"]}, dtype=object)
    most = points.map(lambda _: of.assessment.trees[table.block].maximum(table.criterion))
    figures = Figures(assessment=of.assessment, table=table, points=points, applicable=most)
    header = (of.told("exact"), of.told("printed"), of.words("definition.grades.label"))
    rows = []
    for code, total in example["totals"].items():
        unit = of.assessment.unit_by_code[code]
        grade = figures.grade(unit)
        rows.append((of.shown(total), of.shown(figures.graded(unit)), grade.label if grade else ""))
    yield from markdown_table(header, rows)


def past(of: GuideRound, code: str) -> Iterator[str]:
    """Last year beside this year, for every unit of a table with results of last year."""
    table = of.table(code)
    ranked = _ranked(of, of.assessment, table)
    columns = {column.kind: column for column in of.assessment.columns_of(table)}
    kinds = (ColumnKind.TOTAL, ColumnKind.LAST_TOTAL, ColumnKind.CHANGE)
    header = (of.told("unit"), *(of.words(choice_key(kind)) for kind in kinds))
    rows = (
        (
            standing.unit.printed_name,
            *(_signed(of, kind, ranked.figures.published(columns[kind], standing.unit)) for kind in kinds),
        )
        for standing in ranked.standings
        if of.assessment.past_of(standing.unit, table.criterion)
    )
    yield from markdown_table(header, rows)


def _signed(of: GuideRound, kind: ColumnKind, figure: Decimal | None) -> str:
    return f"{'+' if kind is ColumnKind.CHANGE and figure and figure > 0 else ''}{of.shown(figure)}"
