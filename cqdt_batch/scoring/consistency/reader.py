"""Read printed tables as a careful reader does, and say what is amiss, each cause once.

An error is what neither rounding nor hidden digits can explain. A warning is what is odd and may be right. A notice
is what hidden digits explain, though no reader can see them. A row whose figure was told of is not told of again
because of that figure: a wrong total also stands wrong among the others, has a rank that does not fit, and differs
from another table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from cqdt_batch.findings import Fact, Finding, Term, Where, error, in_order, notice, warning
from cqdt_batch.intake.printed.model import PrintedRole, PrintedRow, PrintedTable, Sum
from cqdt_batch.rounding import published, trimmed
from cqdt_batch.scoring.consistency.across import differences, missing_units, repeated_rows, repeated_units, spellings
from cqdt_batch.scoring.consistency.lists import list_questions
from cqdt_batch.scoring.consistency.placing import Ranked
from cqdt_batch.scoring.consistency.ranks import (
    RankedList,
    RankPolicy,
    RankReading,
    out_of_order,
    rank_columns,
    rank_readings,
)
from cqdt_batch.scoring.consistency.scale import outliers, wrong_percents
from cqdt_batch.scoring.consistency.summaries import summary_questions
from cqdt_batch.scoring.consistency.sums import Balance, balances, sums_of

_SHOWN_DECIMALS = 6
"""How many decimals of an exact figure are told."""

_MOST_NAMED = 20
"""How many units are named where many are told of together."""

_MOST_SINGLE = 10
"""More rows of a table than this are told of together, where rounding explains them."""


class TableReading(NamedTuple):
    """How a table was understood: what adds up to what, and by which rules its ranks go."""

    table: PrintedTable
    sums: tuple[Sum, ...]
    ranks: tuple[RankReading, ...]

    @property
    def is_checked(self) -> bool:
        """Tell whether the table holds anything to check: a sum, ranks, or the numbers of units of a summary."""
        return bool(self.sums or self.ranks or self.table.is_summary)


class Questions(NamedTuple):
    """What a reader would ask about printed tables, and how they were understood."""

    findings: tuple[Finding, ...]
    readings: tuple[TableReading, ...]


def question(tables: Sequence[PrintedTable]) -> Questions:
    """Check tables one by one and against each other; the findings stand in the order of the tables."""
    readers = {id(table): _Reader(table=table) for table in tables}
    summaries, lists = ([table for table in tables if table.is_summary is flag] for flag in (True, False))
    across: list[Finding] = [*missing_units(lists), *spellings(lists), *summary_questions(summaries, lists)]
    across += list_questions(tables)
    for table in lists:
        readers[id(table)].read_figures()
    for difference in differences(lists):
        mine, its = readers[id(difference.table)], readers[id(difference.other)]
        pair = difference.pair
        if not mine.is_doubted(pair.row) and not its.is_doubted(pair.other_row):
            across.append(difference.finding())
        mine.doubt(pair.row, difference.column.position, pair.other_value)
        its.doubt(pair.other_row, difference.total.position, pair.value)
    readings = tuple(readers[id(table)].reading() for table in tables)
    found = (finding for reader in readers.values() for finding in reader.findings)
    return Questions(_by_file((*found, *across), tables), readings)


def _by_file(findings: Sequence[Finding], tables: Sequence[PrintedTable]) -> tuple[Finding, ...]:
    return in_order(findings, tuple(dict.fromkeys(table.where.sheet for table in tables)))


@dataclass(kw_only=True)
class _Reader:
    """Reads one table; `doubts` are the rows that were told of, with what else their figures may be, by column."""

    table: PrintedTable
    findings: list[Finding] = field(default_factory=list)
    doubts: dict[int, dict[int, list[Decimal]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    sums: tuple[Sum, ...] = ()

    @cached_property
    def repeated(self) -> tuple[tuple[PrintedRow, PrintedRow], ...]:
        """The rows that repeat a unit, with the first row of each."""
        return repeated_rows(self.table)

    def is_doubted(self, row: PrintedRow) -> bool:
        """Tell whether something is amiss with a figure of a row."""
        return row.where.row in self.doubts

    def doubt(self, row: PrintedRow, position: int, *values: Decimal) -> None:
        """Keep in mind that a figure of a row may really be another."""
        self.doubts[row.where.row][position] += values

    def values(self, row: PrintedRow, position: int) -> tuple[Decimal | None, ...]:
        """What a figure may be: as printed, and else; last None for anything, where something is amiss with its row."""
        printed = row.value(position)
        if not self.is_doubted(row):
            return (printed,)
        others = self.doubts[row.where.row].get(position, ())
        return tuple(dict.fromkeys((*(() if printed is None else (printed,)), *others, None)))

    def read_figures(self) -> None:
        """Look at the figures row by row: their scale, the sums, parts that are alike, units that stand twice."""
        self.findings += repeated_units(self.repeated)
        self.sums = sums_of(self.table)
        found = {one: balances(self.table, one) for one in self.sums}
        self._look_at_scale(found)
        for one, rows in found.items():
            self._add_up(rows)
            self._compare_alike(one, rows)

    def _look_at_scale(self, found: dict[Sum, tuple[Balance, ...]]) -> None:
        """Tell of figures outside the scale; one that is only far from the others and adds up is a part that may be."""
        for outlier in (*outliers(self.table), *wrong_percents(self.table)):
            row, position = outlier.row, outlier.column.position
            is_sound = outlier.finding.code == "printed_figure_far" and _is_borne_out(row, position, found)
            if not is_sound and not self.is_doubted(row):
                self.findings.append(outlier.finding)
                self.doubt(row, position, *outlier.instead)

    def _add_up(self, rows: Sequence[Balance]) -> None:
        """Tell of the rows that do not add up: with what hides behind them, within rounding, or not at all."""
        off = [balance for balance in rows if not balance.adds_up and not self.is_doubted(balance.row)]
        for balance in off:
            if not balance.is_possible:
                self.findings.append(_impossible(balance))
                self.doubt(balance.row, balance.sum.total, balance.added)
        possible = [balance for balance in off if balance.is_possible]
        if len(possible) > _MOST_SINGLE:
            self.findings.append(_many(possible))
        else:
            self.findings += map(_explained, possible)

    def _compare_alike(self, one: Sum, rows: Sequence[Balance]) -> None:
        """Tell of units with the same printed parts and different totals."""
        alike: dict[tuple[object, ...], list[Balance]] = defaultdict(list)
        for balance in rows:
            if not self.is_doubted(balance.row):
                alike[tuple([_plain(balance.row, part) for part in one.parts])].append(balance)
        rank = next((column.position for column in self.table.of_role(PrintedRole.RANK)), 0)
        for group in alike.values():
            if len({balance.total.value for balance in group}) > 1:
                first = group[0]
                told = tuple(_with_result(balance, rank) for balance in group)
                facts: dict[str, Fact] = {"units": told, "parts": first.spelt, "count": len(group)}
                unit = first.row.code or first.row.unit
                self.findings.append(notice("printed_parts_identical", first.where, unit, **facts))

    def reading(self) -> TableReading:
        """Look at the ranks and the order of the rows, and sum up how the table was understood."""
        if self.table.is_summary:
            return TableReading(self.table, (), ())
        repeated = frozenset(row.where.row for row, _ in self.repeated)
        self._look_at_impossible_ranks()
        ranks = tuple(rank_readings(self.table, self.values, repeated))
        for reading in ranks:
            for _, ranked in reading.lists:
                self._look_at_ranks(reading, ranked)
        self._look_at_order(min(ranks, key=lambda one: one.basis.role is PrintedRole.FIGURE, default=None))
        return TableReading(self.table, self.sums, ranks)

    def _look_at_impossible_ranks(self) -> None:
        """Tell of numbers that are no rank: 0, below it, fractions, more than there are units."""
        for ranks in rank_columns(self.table):
            for row in self.table.rows if ranks.impossible else ():
                rank = row.value(ranks.column.position)
                if rank is not None and rank in ranks.impossible:
                    facts: dict[str, Fact] = {"count": len(self.table.rows), "unit": row.unit}
                    facts |= {"label": ranks.column.label, "rank": rank}
                    where, unit = row.place(ranks.column.position), row.code or row.unit
                    self.findings.append(error("printed_rank_impossible", where, unit, **facts))
                    self.doubt(row, ranks.column.position)

    def _look_at_ranks(self, reading: RankReading, ranked: RankedList) -> None:
        """Tell of ranks that contradict the figures, of ranks left out, and of shared figures with several ranks."""
        if not ranked.is_explained or reading.is_doubtful(ranked):
            self.findings.append(_unexplained(reading, ranked))
            return
        for one, expected in ranked.wrong:
            at = _At(one, reading)
            if at.is_printed and not self.is_doubted(one.row):
                self.findings.append(error("printed_rank_wrong", at.where, at.unit, expected=expected, **at.facts))
                self.doubt(one.row, reading.column.position)
        for one, expected in ranked.gaps:
            at = _At(one, reading)
            self.findings.append(warning("printed_rank_gap", at.where, at.unit, expected=expected, **at.facts))
        for group in ranked.split:
            split = [one for one in group if _At(one, reading).is_printed]
            if len(split) > 1:
                at = _At(split[1], reading)
                self.findings.append(notice("printed_ranks_split", at.where, at.unit, units=_named(split), **at.facts))

    def _look_at_order(self, reading: RankReading | None) -> None:
        """Tell of rows that stand wrong: by their rank, which was held against the figures, or else by their total."""
        totals = list(self.table.of_role(PrintedRole.TOTAL))
        basis = reading.basis if reading else totals[-1] if totals else None
        is_sound = reading is None or all(ranked.is_explained for _, ranked in reading.lists)
        if basis is None or not is_sound:
            return
        for section in range(len(self.table.sections)):
            rows = [row for row in self.table.in_section(section) if not self.is_doubted(row)]
            ranks = {row.where.row: row.value(reading.column.position) for row in rows} if reading else {}
            by_rank = [Ranked(row, 0, -rank) for row in rows if (rank := ranks.get(row.where.row)) is not None]
            left = [row for row in rows if ranks.get(row.where.row) is None]
            by_total = [Ranked(row, 0, value) for row in left if (value := row.value(basis.position)) is not None]
            for one in (*out_of_order(by_rank), *out_of_order(by_total)):
                facts: dict[str, Fact] = {"unit": one.row.unit, "label": basis.label}
                value = one.row.value(basis.position)
                shown = "" if value is None else value
                unit = one.row.code or one.row.unit
                self.findings.append(warning("printed_order_wrong", one.row.where, unit, value=shown, **facts))


def _is_borne_out(row: PrintedRow, position: int, found: Mapping[Sum, Sequence[Balance]]) -> bool:
    """Tell whether a figure is a part of a total that may be right."""
    sums = (rows for one, rows in found.items() if position in one.parts)
    return any(balance.row is row and balance.is_possible for rows in sums for balance in rows)


class _At(NamedTuple):
    """The place of a rank, and what there is to say of it."""

    one: Ranked
    reading: RankReading

    @property
    def where(self) -> Where:
        row, position = self.one.row, self.reading.column.position
        return row.place(position) if row.figure(position) else row.where

    @property
    def unit(self) -> str:
        return self.one.row.code or self.one.row.unit

    @property
    def is_printed(self) -> bool:
        """Tell whether the figure is the printed one, not one that the row may really have."""
        return self.one.row.value(self.reading.basis.position) == self.one.value

    @property
    def facts(self) -> dict[str, Fact]:
        labels = {"label": self.reading.column.label, "basis": self.reading.basis.label}
        return {"unit": self.one.row.unit, "rank": self.one.rank, "value": self.one.value, **labels}


def _unexplained(reading: RankReading, ranked: RankedList) -> Finding:
    """Say once of a list of ranks that it follows no figure, follows one the wrong way round, or may follow others."""
    at = _At(ranked.broken[0], reading)
    facts: dict[str, Fact] = {"units": _named(ranked.broken), **at.facts}
    if ranked.policy is RankPolicy.REVERSED:
        return error("printed_ranks_reversed", at.where, at.unit, **facts)
    if ranked.is_of_groups or reading.is_doubtful(ranked):
        return warning("printed_ranks_unknown", at.where, at.unit, **facts)
    return error("printed_ranks_unexplained", at.where, at.unit, **facts)


def _impossible(balance: Balance) -> Finding:
    """Say that a row cannot be right; one that is partly not assessed may have been converted."""
    is_partly = len(balance.parts) < len(balance.sum.parts) and balance.total.value > balance.added
    where, unit, facts = balance.where, balance.row.code or balance.row.unit, _facts(balance)
    if is_partly:
        return warning("printed_sum_partly", where, unit, **facts)
    return error("printed_sum_wrong", where, unit, **facts)


def _explained(balance: Balance) -> Finding:
    """Say that a row does not add up for a reader, and how it may or does for who knows more."""
    where, unit, facts = balance.where, balance.row.code or balance.row.unit, _facts(balance)
    exact = balance.total.exact
    if exact is None:
        return notice("printed_sum_rounded", where, unit, **facts)
    return notice("printed_sum_hidden", where, unit, exact=_shown(exact), fix=_remedy(balance), **facts)


def _many(found: Sequence[Balance]) -> Finding:
    """Say once of many rows of a table what rounding did."""
    gap = max(abs(balance.total.value - balance.added) for balance in found)
    units = tuple(balance.row.unit for balance in found)
    units = (*units[:_MOST_NAMED], "…") if len(units) > _MOST_NAMED else units
    return notice("printed_sums_rounded", found[0].where, count=len(found), gap=gap, units=units)


def _facts(balance: Balance) -> dict[str, Fact]:
    return {
        "unit": balance.row.unit,
        "sum": balance.spelt,
        "added": balance.added,
        "total": balance.total.value,
        "gap": abs(balance.total.value - balance.added),
        "slack": _shown(balance.slack),
    }


def _remedy(balance: Balance) -> Term:
    """At how many decimals the row adds up, if at any that would be printed."""
    decimals = balance.adds_up_at(_SHOWN_DECIMALS)
    return Term("audit.vanishes", (("decimals", decimals),)) if decimals is not None else Term("audit.stays")


def _shown(exact: Decimal | Fraction) -> Decimal:
    """An exact figure as it is told."""
    return trimmed(published(exact, _SHOWN_DECIMALS))


def _named(rows: Sequence[Ranked]) -> tuple[str | Decimal | Term, ...]:
    """Units with their figures and ranks."""
    named = tuple(
        Term("audit.ranked", (("unit", one.row.unit), ("value", one.value), ("rank", one.rank)))
        for one in rows[:_MOST_NAMED]
    )
    return (*named, "…") if len(rows) > _MOST_NAMED else named


def _plain(row: PrintedRow, position: int) -> Decimal | str:
    """What a cell prints, for comparing rows."""
    cell = row.cells.get(position, "")
    return cell if isinstance(cell, str) else cell.value


def _with_result(balance: Balance, rank: int) -> Term:
    """A unit with its total, and its rank where it has one."""
    facts: tuple[tuple[str, Fact], ...] = (("unit", balance.row.unit), ("value", balance.total.value))
    place = balance.row.value(rank)
    return Term("audit.ranked", (*facts, ("rank", place))) if place is not None else Term("audit.totalled", facts)
