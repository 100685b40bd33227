"""Put the units of an annex table in order, rank and grade them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias

import pandas as pd

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.names import alphabetical
from cqdt_batch.definition.records import (
    AnnexTable,
    Column,
    ColumnKind,
    Grade,
    Section,
    SortOrder,
    TableContent,
    TableOrder,
    TieRule,
    Unit,
)
from cqdt_batch.scoring.figures import Figures

Key: TypeAlias = tuple[Decimal | Fraction, ...]
"""What orders units, the lowest first."""


class Scope(StrEnum):
    """Among whom a unit is ranked."""

    SECTION = "section"
    SUBGROUP = "subgroup"
    TABLE = "table"


RANK_KINDS: Mapping[ColumnKind, Scope] = {
    ColumnKind.RANK: Scope.SECTION,
    ColumnKind.RANK_IN_SUBGROUP: Scope.SUBGROUP,
    ColumnKind.RANK_OVERALL: Scope.TABLE,
}
"""The columns that print a rank."""


@dataclass(frozen=True, kw_only=True)
class RankList:
    """Units that are ranked among themselves, from first to last; `name` is that of the section or sub-group."""

    scope: Scope
    name: str
    units: tuple[Unit, ...]
    ranks: tuple[int, ...]

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of each unit in the list, counted from 0."""
        return {unit.code: place for place, unit in enumerate(self.units)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A unit's row in a table: its running number, its ranks by scope, and its grade."""

    unit: Unit
    number: int
    ranks: Mapping[Scope, int]
    grade: Grade | None

    @property
    def rank(self) -> int | None:
        """The rank within the section."""
        return self.ranks.get(Scope.SECTION)


@dataclass(frozen=True, kw_only=True)
class RankedSection:
    """A section of a table with its units from first to last row, and the list by which they are ranked, if any."""

    section: Section
    standings: tuple[Standing, ...]
    ranking: RankList | None

    @cached_property
    def is_in_order(self) -> bool:
        """Tell whether the rows stand in the order of the ranking, what has no rank behind it."""
        if self.ranking is None:
            return False
        return tuple(s.unit for s in self.standings)[: len(self.ranking.units)] == self.ranking.units


@dataclass(frozen=True, kw_only=True)
class RankedTable:
    """A table ready to be drawn.

    `beside` are the lists beside those of the sections: of sub-groups, and of the whole table. `absent` are the units
    of the block that are missing, in register order.
    """

    table: AnnexTable
    figures: Figures = field(compare=False)
    sections: tuple[RankedSection, ...]
    beside: tuple[RankList, ...]
    absent: tuple[Unit, ...]

    @property
    def lists(self) -> tuple[RankList, ...]:
        """All lists of units that are ranked among themselves."""
        return (*(section.ranking for section in self.sections if section.ranking), *self.beside)

    @property
    def standings(self) -> Iterator[Standing]:
        """The rows of all sections."""
        return (standing for section in self.sections for standing in section.standings)


def rank_table(
    assessment: Assessment, table: AnnexTable, points: pd.DataFrame, applicable: pd.DataFrame
) -> RankedTable:
    """Order, rank and grade the units of a table on the exact points of its block (the frames of `scoring.points`)."""
    figures = Figures(assessment=assessment, table=table, points=points, applicable=applicable)
    members = [
        (section, [unit for unit in assessment.units_in(section, table) if unit.code in figures.units])
        for section in assessment.sections_of(table)
    ]
    rankings = [_ranking(figures, section, units) for section, units in members]
    beside = tuple(_beside(figures, members))
    ranks = _ranks_by_unit((*filter(None, rankings), *beside))
    sections: list[RankedSection] = []
    number = 0
    for (section, units), ranking in zip(members, rankings, strict=True):
        number = 0 if section.restarts else number
        ordered = _ordered(figures, section, units, ranks, ranking)
        standings = tuple(
            Standing(unit=unit, number=place, ranks=ranks.get(unit.code, {}), grade=figures.grade(unit))
            for place, unit in enumerate(ordered, number + 1)
        )
        number += len(standings)
        sections.append(RankedSection(section=section, standings=standings, ranking=ranking))
    asked = (unit for unit in assessment.units_of(table.block) if not assessment.is_left_out(unit))
    absent = tuple(unit for unit in asked if unit.code not in figures.units)
    return RankedTable(table=table, figures=figures, sections=tuple(sections), beside=beside, absent=absent)


def _ranking(figures: Figures, section: Section, units: list[Unit]) -> RankList | None:
    """The ranks within a section; a summary of grades ranks nobody."""
    is_ranked = section.ranked and figures.table.content is TableContent.UNITS
    return _rank_list(figures, Scope.SECTION, "", units) if is_ranked else None


def _beside(figures: Figures, members: Iterable[tuple[Section, list[Unit]]]) -> Iterator[RankList]:
    """The lists that a column asks for: the units of all ranked sections by sub-group, and all together."""
    everybody = {unit.code for section, units in members if section.ranked for unit in units}
    ranked = [unit for unit in figures.assessment.units if unit.code in everybody]
    kinds = {column.kind for column in figures.assessment.columns_of(figures.table)}
    if ColumnKind.RANK_IN_SUBGROUP in kinds:
        for name in dict.fromkeys(unit.subgroup for unit in ranked if unit.subgroup):
            yield _rank_list(figures, Scope.SUBGROUP, name, [unit for unit in ranked if unit.subgroup == name])
    if ColumnKind.RANK_OVERALL in kinds:
        yield _rank_list(figures, Scope.TABLE, "", ranked)


def _rank_list(figures: Figures, scope: Scope, name: str, units: list[Unit]) -> RankList:
    keys = {unit.code: by_result(figures, unit) for unit in units if figures.is_comparable(unit)}
    compared = (unit for unit in units if unit.code in keys)
    ordered = sorted(compared, key=lambda unit: keys[unit.code])  # stable: ties keep register order
    ranks = rank([keys[unit.code] for unit in ordered], figures.block.ties)
    return RankList(scope=scope, name=name, units=tuple(ordered), ranks=ranks)


def rank(keys: Iterable[Key], ties: TieRule) -> tuple[int, ...]:
    """Rank keys from the lowest: a, b, b, c gives 1, 2, 2, 3 dense and 1, 2, 2, 4 by competition or ordinal.

    Ordinal keys carry the tie-breaks, so that only what is equal in all of them shares a rank.
    """
    read = list(keys)
    found: dict[Key, int] = {}
    for place, key in enumerate(sorted(read), 1):
        if key not in found:
            found[key] = len(found) + 1 if ties is TieRule.DENSE else place
    return tuple(found[key] for key in read)


def by_result(figures: Figures, unit: Unit) -> Key:
    """The key that puts units in order, the best first: the compared figure, then the tie-breaks of ordinal ranks."""
    figure = figures.compared(unit)
    result = Decimal(0) if figure is None else -figure
    if figures.block.ties is not TieRule.ORDINAL:
        return (result,)
    return (result, *(-one for one in figures.tie_breaks(unit)))


_Ranks = Mapping[str, Mapping[Scope, int]]


def _ranks_by_unit(lists: Iterable[RankList]) -> _Ranks:
    found: dict[str, dict[Scope, int]] = {}
    for ranked in lists:
        for unit, place in zip(ranked.units, ranked.ranks, strict=True):
            found.setdefault(unit.code, {})[ranked.scope] = place
    return found


def _ordered(
    figures: Figures, section: Section, units: list[Unit], ranks: _Ranks, ranking: RankList | None
) -> list[Unit]:
    """The rows of a section: by its sorting columns, by the register, or by result with what is not ranked last."""
    sorting = [column for column in figures.assessment.columns_of(figures.table) if column.sort]
    ordered = list(units)
    if not sorting:
        if figures.table.order is TableOrder.REGISTER:
            return ordered
        first = ranking.units if ranking else ()
        others = (unit for unit in units if not ranking or unit.code not in ranking.places)
        return [*first, *sorted(others, key=lambda unit: _last_if_unranked(figures, section, unit))]
    for column in reversed(sorting):  # stable sorts, the leftmost column last
        ordered = _sorted_by(column, figures, ordered, ranks)
    return ordered


def _last_if_unranked(figures: Figures, section: Section, unit: Unit) -> tuple[bool, bool, Key]:
    is_last = section.ranked and not figures.is_comparable(unit)
    return is_last, figures.compared(unit) is None, by_result(figures, unit)


def _sorted_by(column: Column, figures: Figures, units: list[Unit], ranks: _Ranks) -> list[Unit]:
    """Sort by one column; what has nothing to show there comes last, whichever way the others go."""
    shown = _SHOWN_TEXT.get(column.kind)

    def key(unit: Unit) -> Any:
        if shown:
            return shown(unit) or None
        if column.kind in RANK_KINDS:
            return ranks.get(unit.code, {}).get(RANK_KINDS[column.kind])
        if column.kind is ColumnKind.GRADE:
            grade = figures.grade(unit)
            return grade and grade.least
        if column.kind is ColumnKind.RANK_CHANGE:
            return rank_change(figures, unit, ranks.get(unit.code, {}))
        return figures.published(column, unit)

    keys = {unit.code: key(unit) for unit in units}
    known = [unit for unit in units if keys[unit.code] is not None]
    known.sort(key=lambda unit: keys[unit.code], reverse=column.sort is SortOrder.DESCENDING)
    return known + [unit for unit in units if keys[unit.code] is None]


_SHOWN_TEXT: Mapping[ColumnKind, Callable[[Unit], Any]] = {
    ColumnKind.UNIT: lambda unit: alphabetical(unit.printed_name),
    ColumnKind.SUBGROUP: lambda unit: alphabetical(unit.subgroup),
    ColumnKind.NOTE: lambda unit: alphabetical(unit.note),
}


def rank_change(figures: Figures, unit: Unit, ranks: Mapping[Scope, int]) -> int | None:
    """How many places a unit went up since last year: in the overall order where the table has one."""
    now, before = ranks.get(Scope.TABLE, ranks.get(Scope.SECTION)), figures.last_rank(unit)
    return None if now is None or before is None else before - now
