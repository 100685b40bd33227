"""Order and rank the units of an annex table."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import AnnexTable, Block, RankBasis, Section, TieRule, Unit
from cqdt_batch.scoring.rounding import published

_METHOD = {TieRule.DENSE: "dense", TieRule.COMPETITION: "min"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A unit's row in a table: its running number, and its rank where the section is ranked."""

    unit: Unit
    number: int
    rank: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RankedSection:
    """A section of a table with its units from first to last."""

    section: Section
    standings: tuple[Standing, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RankedTable:
    """A table ready to be drawn; `absent` are the units of the block that are left out, in register order."""

    table: AnnexTable
    sections: tuple[RankedSection, ...]
    absent: tuple[Unit, ...]


def rank_table(assessment: Assessment, table: AnnexTable, points: pd.DataFrame) -> RankedTable:
    """Rank the sections of a table on the exact points of its block (the frame of `points.score`)."""
    block = assessment.block_by_code[table.block]
    ranked: list[RankedSection] = []
    number = 0
    for section in assessment.sections_of(table):
        present = [unit for unit in assessment.units_in(section, table) if unit.code in points.index]
        number = 0 if section.restarts else number
        standings = _standings(block, section, present, points[table.criterion], number)
        number += len(standings)
        ranked.append(RankedSection(section=section, standings=standings))
    absent = tuple(unit for unit in assessment.units_of(table.block) if unit.code not in points.index)
    return RankedTable(table=table, sections=tuple(ranked), absent=absent)


def _standings(
    block: Block, section: Section, units: list[Unit], points: pd.Series[Any], number: int
) -> tuple[Standing, ...]:
    figures = {unit.code: _compared(block, points[unit.code]) for unit in units}
    ordered = sorted(units, key=lambda unit: _descending(figures[unit.code]))  # stable: ties keep register order
    ranks = rank(pd.Series(figures, dtype=object), block.ties) if section.ranked else {}
    return tuple(Standing(unit=unit, number=number + i, rank=ranks.get(unit.code)) for i, unit in enumerate(ordered, 1))


def _compared(block: Block, points: Decimal | None) -> Decimal | None:
    if points is None or block.basis is RankBasis.EXACT:
        return points
    return published(points, block.decimals)


def _descending(figure: Decimal | None) -> tuple[bool, Decimal]:
    return figure is None, -(figure or Decimal(0))


def rank(figures: pd.Series[Any], ties: TieRule) -> dict[str, int]:
    """Rank figures from the highest: 9, 8, 8, 7 gives 1, 2, 2, 3 dense and 1, 2, 2, 4 by competition.

    Absent figures get no rank.
    """
    ranks = figures.dropna().rank(method=_METHOD[ties], ascending=False)  # type: ignore[arg-type]
    return {str(unit): int(place) for unit, place in ranks.items()}
