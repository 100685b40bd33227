"""Before the annex is written the program reads its own printed figures as a reader with a calculator would.

What is found is a notice: the figures are right, and who will be asked about them should know the answer. Figures
above their maximum are a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from cqdt_batch.definition.records import AnnexTable, Column, ColumnKind, Extra, TieRule, Unit
from cqdt_batch.findings import Fact, Finding, Severity, Term, Where, notice
from cqdt_batch.intake.printed.model import PrintedColumn, PrintedRole, PrintedTable
from cqdt_batch.messages import Words
from cqdt_batch.publishing.annex.tables import Annex, TableLayout
from cqdt_batch.rounding import published, trimmed
from cqdt_batch.scoring.consistency.exact import Exact, difference, half_unit
from cqdt_batch.scoring.consistency.reader import question
from cqdt_batch.scoring.figures import Figures
from cqdt_batch.scoring.outcome import Outcome
from cqdt_batch.scoring.ranking import RankList

_SILENT = frozenset({"printed_figure_negative", "printed_order_wrong", "printed_name_spelt"})
"""What the definition of the round has said or settled."""

_OFF_SCALE = frozenset({"printed_figure_above_maximum", "printed_percent_wrong"})
"""What must not be printed, whatever the definition says."""

_OF_RANKS = frozenset(
    {
        "printed_rank_impossible",
        "printed_rank_wrong",
        "printed_rank_gap",
        "printed_ranks_split",
        "printed_ranks_reversed",
        "printed_ranks_unknown",
        "printed_ranks_unexplained",
    }
)

_SHOWN_DECIMALS = 6
_MOST_NAMED = 10


def reread(outcome: Outcome, file: str) -> tuple[Finding, ...]:
    """Read all tables of the annex again; `file` is how the annex is called in findings."""
    layouts = tuple(layout for layout in Annex(outcome=outcome, words=Words()).layouts if layout.lists_units)
    asked = (*question(list(map(_as_defined, layouts))).findings, *_within_subgroups(layouts))
    settled = {table.code for table in outcome.assessment.tables if _settles_ties(outcome, table)}
    told = (
        replace(one, severity=Severity.WARNING if one.code in _OFF_SCALE else Severity.NOTICE)
        for one in asked
        if one.code not in _SILENT and not (one.code == "printed_ranks_split" and one.where.sheet in settled)
    )
    near = (finding for layout in layouts for finding in _near_ties(layout))
    return tuple(replace(one, where=replace(one.where, file=file)) for one in (*told, *near))


def _as_defined(layout: TableLayout) -> PrintedTable:
    """The table with what the definition says of it: the most that each column can print, and what ranks go by."""
    figures = layout.figures.figures
    most = dict(enumerate((_most(figures, column) for column in layout.figures.columns), 1))
    columns = (replace(column, maximum=most[column.position]) for column in layout.printed.columns)
    ranked_by = layout.figures.position(figures.ranked_kind)
    return replace(layout.printed, columns=tuple(columns), ranked_by=ranked_by)


def _most(figures: Figures, column: Column) -> Decimal | None:
    """The most that a column can print, bonuses counted in; None for no figure, or where bonuses are converted."""
    code = column.criterion or figures.table.criterion
    bonuses = [leaf.max_score for leaf in figures.tree.leaves(code) if leaf.extra is Extra.BONUS]
    is_total = column.kind is ColumnKind.TOTAL
    if column.kind is ColumnKind.POINTS or (is_total and not figures.is_converted):
        return None if None in bonuses else sum(filter(None, bonuses), figures.tree.maxima[code])
    if bonuses:
        return None
    if column.kind is ColumnKind.PERCENT:
        return Decimal(100)
    return figures.tree.maxima[code] if is_total or column.kind is ColumnKind.CONVERTED else None


def _settles_ties(outcome: Outcome, table: AnnexTable) -> bool:
    """Tell whether the definition says what parts units with one figure."""
    return outcome.assessment.block_by_code[table.block].ties is TieRule.ORDINAL


def _within_subgroups(layouts: Iterable[TableLayout]) -> Iterator[Finding]:
    """Read the ranks within sub-groups again, which a reader can only do who knows the sub-groups."""
    cut = (_by_subgroup(layout) for layout in layouts if layout.figures.position(ColumnKind.RANK_IN_SUBGROUP))
    for table in cut:
        yield from (finding for finding in question([table]).findings if finding.code in _OF_RANKS)


def _by_subgroup(layout: TableLayout) -> PrintedTable:
    """The table with its sub-groups as sections, and no ranks but those within them."""
    table, position = _as_defined(layout), layout.figures.position(ColumnKind.RANK_IN_SUBGROUP)
    group_of = {one.unit.code: one.unit.subgroup for one in layout.figures.ranked.standings}
    groups = tuple(dict.fromkeys(group_of[row.code] for row in table.rows))
    return replace(
        table,
        columns=tuple(_ranking(column, column.position == position) for column in table.columns),
        rows=tuple(replace(row, section=groups.index(group_of[row.code])) for row in table.rows),
        sections=groups,
        sums=(),
    )


def _ranking(column: PrintedColumn, is_asked: bool) -> PrintedColumn:
    if is_asked:
        return replace(column, role=PrintedRole.RANK)
    return replace(column, role=PrintedRole.PAST) if column.role is PrintedRole.RANK else column


def _near_ties(layout: TableLayout) -> Iterator[Finding]:
    """Neighbours in a list that rounding could have put otherwise; one finding a table.

    Within half a unit of the last printed decimal 48,36 on rank 12 is near 48,40 on rank 11; 48,42 and 48,40 share a
    rank though they differ. Units with one printed figure and several ranks are told of elsewhere.
    """
    ranked = layout.figures.ranked
    exact = dict(zip(ranked.figures.units, ranked.figures.column(ranked.figures.ranked_kind), strict=True))
    pairs = [pair for one in ranked.lists for pair in _pairs(one, exact, ranked.figures.block.decimals)]
    if pairs:
        first = pairs[0][0].unit
        row = next(row.where.row for row in layout.printed.rows if row.code == first.code)
        named = tuple(_told(*pair) for pair in pairs[:_MOST_NAMED])
        yield notice("near_ties", Where(sheet=ranked.table.code, row=row), count=len(pairs), pairs=named)


class _Listed(NamedTuple):
    """A unit of a list with the exact figure that it is ranked by, nothing where it has none, and its rank."""

    exact: Exact
    rank: int
    unit: Unit


def _pairs(one: RankList, exact: Mapping[str, Exact | None], decimals: int) -> Iterator[tuple[_Listed, _Listed]]:
    """The neighbours that rounding to so many decimals could have put otherwise."""
    listed = [_Listed(exact[u.code] or Decimal(0), rank, u) for u, rank in zip(one.units, one.ranks, strict=True)]
    for above, below in pairwise(sorted(listed, key=lambda one: one.exact, reverse=True)):
        is_near = above.rank == below.rank or _are_near(above.exact, below.exact, decimals)
        if above.exact != below.exact and is_near:
            yield above, below


def _are_near(high: Exact, low: Exact, decimals: int) -> bool:
    """Tell whether two figures that are printed differently are less than half a printed unit apart."""
    is_near = difference(high, low) < half_unit(decimals)
    return is_near and published(high, decimals) != published(low, decimals)


def _told(above: _Listed, below: _Listed) -> Term:
    """Two units with their exact figures."""
    value, other_value = (trimmed(published(one.exact, _SHOWN_DECIMALS)) for one in (above, below))
    names: dict[str, Fact] = {"unit": above.unit.printed_name, "other": below.unit.printed_name}
    return Term("audit.near", (*names.items(), ("value", value), ("other_value", other_value)))
