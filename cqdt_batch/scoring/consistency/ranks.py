"""Which rule explains the ranks of a printed table, and the rows that break it.

Rounding keeps order: of two different printed totals the higher is the higher exact one too. So hidden digits may
part units that share a printed total, and nothing else: 48,4 on rank 11 and 48,4 on rank 12 can be, 48,3 above 48,4
cannot.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import pairwise, product
from typing import NamedTuple, TypeAlias

from cqdt_batch.intake.printed.figures import is_no_value
from cqdt_batch.intake.printed.model import PrintedColumn, PrintedFigure, PrintedRole, PrintedRow, PrintedTable
from cqdt_batch.scoring.consistency.placing import Expected, Placing, Ranked, Run

Values: TypeAlias = Callable[[PrintedRow, int], "tuple[Decimal | None, ...]"]
"""What the figure of a row may really be: as printed, and what else it could be where something is amiss with it.

None stands for anything.
"""


class RankPolicy(StrEnum):
    """How ties are ranked; the words stand in the catalogue under `choice.RankPolicy.<value>`."""

    DENSE = "dense"
    COMPETITION = "competition"
    UNDECIDED = "undecided"
    SPLIT = "split"
    REVERSED = "reversed"
    NONE = "none"


class RankedList:
    """Rows that are ranked among themselves, by one column of ranks and one of figures.

    `unplaced` are rows whose cell in the column of ranks holds something that is no rank. More units than these may
    be ranked (`is_among_more`), so that ranks are left out everywhere.
    """

    def __init__(self, rows: Iterable[Ranked], unplaced: Iterable[Ranked] = (), *, is_among_more: bool = False) -> None:
        self.rows = sorted(rows, key=lambda one: (one.rank, one.value))
        self.unplaced = tuple(unplaced)
        self.is_among_more = is_among_more

    @cached_property
    def kept(self) -> tuple[Ranked, ...]:
        """The most rows that can stand together: a lower rank has no lower figure, one rank has one figure."""
        return tuple(self._without_needless_ties(longest_falling(self.rows, lambda one: one.value)))

    def _without_needless_ties(self, kept: list[Ranked]) -> Iterator[Ranked]:
        """Of two rows with one rank and different figures, keep the one whose figure stands on no other rank."""
        taken = set(map(id, kept))
        left = {one.rank: one for one in self.rows if id(one) not in taken}
        ranks_of: dict[Decimal, set[int]] = defaultdict(set)
        for one in kept:
            ranks_of[one.value].add(one.rank)
        counts = Counter(one.rank for one in kept)
        for one in kept:
            is_needless = counts[one.rank] == 1 and one.rank in left and len(ranks_of[one.value]) > 1
            yield left[one.rank] if is_needless else one

    @cached_property
    def broken(self) -> tuple[Ranked, ...]:
        """The other rows: no rule and no hidden digits explain their ranks."""
        kept = set(map(id, self.kept))
        return tuple(one for one in self.rows if id(one) not in kept)

    @cached_property
    def split(self) -> tuple[tuple[Ranked, ...], ...]:
        """Rows with one printed figure and different ranks."""
        alike: dict[Decimal, list[Ranked]] = defaultdict(list)
        for one in self.kept:
            alike[one.value].append(one)
        return tuple(tuple(rows) for rows in alike.values() if len({one.rank for one in rows}) > 1)

    @cached_property
    def policy(self) -> RankPolicy:
        """The rule that explains the ranks, told apart where units share one."""
        if not self.is_explained:
            return RankPolicy.REVERSED if self._is_reversed else RankPolicy.NONE
        if self.split:
            return RankPolicy.SPLIT
        counted = [one.rank for one in self.kept if one.counts]
        if len(set(counted)) == len(counted):
            return RankPolicy.UNDECIDED
        return RankPolicy.COMPETITION if self._placing.is_competition else RankPolicy.DENSE

    @property
    def is_explained(self) -> bool:
        """Tell whether a rule holds for half of the rows or more, so that the others are mistakes."""
        return not self.is_of_groups and len(self.broken) * 2 <= len(self.rows)

    @cached_property
    def is_of_groups(self) -> bool:
        """Tell whether these look like the ranks of several groups in one: rank 1 several times, then no more of any.

        1, 1, 2, 2, 3 for five different figures; a mistake or two in one list of ranks looks otherwise.
        """
        counts = [count for _, count in sorted(Counter(one.rank for one in self.rows).items())]
        is_whole = [one.rank for one in self.rows][-1:] == [len(counts)]
        is_falling = all(above >= below for above, below in pairwise(counts))
        return not self._has_few(self.broken) and is_whole and is_falling and 1 < counts[0] < len(self.rows)

    @cached_property
    def _is_reversed(self) -> bool:
        """Tell whether nearly all ranks go up with the figures."""
        turned = RankedList(one._replace(value=-one.value) for one in self.rows)
        return len(self.rows) >= _FEWEST_REVERSED and self._has_few(turned.broken)

    def _has_few(self, rows: Sequence[Ranked]) -> bool:
        """Tell whether some rows are so few that they are mistakes."""
        return len(rows) <= max(1, len(self.rows) // 5)

    @cached_property
    def _placing(self) -> Placing:
        """The rows in the order of their figures, counted in the way that leaves the fewest of them wrong.

        Hidden digits part rows with one figure, unless the ranks are better explained without them. A way that leaves
        nothing wrong is not weighed against others.
        """
        orders = (self._runs(is_split=is_split) for is_split in ((True, False) if self.split else (True,)))
        ways = []
        for runs, by in product(orders, (False, True)):
            ways.append(Placing(runs=runs, is_competition=by))
            if not ways[-1].cost:
                return ways[-1]
        return min(ways, key=lambda one: one.cost)

    def _runs(self, *, is_split: bool) -> tuple[Run, ...]:
        """The rows that share a rank by their figures, from the best down."""
        kept = set(map(id, self.kept))
        first: dict[Decimal, int] = {}
        for one in self.kept:
            first.setdefault(one.value, one.rank)
        runs: dict[tuple[Decimal, int], list[Ranked]] = defaultdict(list)
        for one in (*self.rows, *self.unplaced):
            rank = one.rank if is_split and id(one) in kept else first.get(one.value, 0)
            runs[-one.value, rank].append(one)
        return tuple(tuple(runs[key]) for key in sorted(runs))

    @cached_property
    def wrong(self) -> tuple[Expected, ...]:
        """The rows whose rank no rule and no hidden digits explain, with the rank that they should print.

        Among more units than these that is the nearest rank that would not contradict.
        """
        if self._leaves_out_many:
            return tuple((one, self._nearest(one.value)) for one in self.broken)
        return self._placing.wrong

    @property
    def gaps(self) -> tuple[Expected, ...]:
        """The rows above which a rank is left out, and that rank."""
        return () if self._leaves_out_many else self._placing.gaps

    @property
    def _leaves_out_many(self) -> bool:
        """Tell whether so many ranks are left out that only the order of the rows can be checked."""
        return self.is_among_more or self._placing.is_ragged

    def _nearest(self, value: Decimal) -> int:
        """The rank of a figure among the rows that stand together: that of an equal one, else the next one."""
        equal = next((one.rank for one in self.kept if one.value == value), None)
        return equal or max((one.rank for one in self.kept if one.value > value), default=0) + 1


_FEWEST_REVERSED = 3


def longest_falling(rows: Sequence[Ranked], value: Callable[[Ranked], Decimal]) -> list[Ranked]:
    """The longest run of rows, others left out between them, in which the figure never rises."""
    ends: list[Decimal] = []
    places: list[int] = []
    before: list[int] = []
    for place, row in enumerate(rows):
        end = -value(row)
        at = bisect_right(ends, end)
        before.append(places[at - 1] if at else -1)
        ends[at : at + 1] = [end]
        places[at : at + 1] = [place]
    chain: list[Ranked] = []
    place = places[-1] if places else -1
    while place >= 0:
        chain.append(rows[place])
        place = before[place]
    return chain[::-1]


class RankColumn(NamedTuple):
    """A column of ranks; `impossible` are the printed numbers that are no rank among so many units.

    A table may list only some of the units that were ranked, so that most ranks are higher than it has rows: a column
    `is_among_more` then. The column after the first has such ranks sooner, as in a district's table.
    """

    column: PrintedColumn
    is_first: bool
    impossible: frozenset[Decimal]
    is_among_more: bool

    def rank(self, row: PrintedRow) -> int:
        """The rank that a row prints; 0 for none."""
        value = row.value(self.column.position)
        return 0 if value is None or value in self.impossible else int(value)

    def is_unplaced(self, row: PrintedRow) -> bool:
        """Tell whether a row prints something that is no rank, instead of none."""
        cell = row.cells.get(self.column.position, "")
        return self.rank(row) == 0 and not (isinstance(cell, str) and is_no_value(cell))


def rank_columns(table: PrintedTable) -> Iterator[RankColumn]:
    """Look at the columns of ranks by themselves."""
    for number, column in enumerate(table.of_role(PrintedRole.RANK)):
        values = [figure.value for figure in table.figures(column.position)]
        odd = {one for one in values if one < 1 or one != one.to_integral_value()}
        beyond = [one for one in values if one > len(table.rows) and one not in odd]
        is_among_more = len(beyond) * (_FEW if number else 2) > len(values)
        yield RankColumn(column, number == 0, frozenset(odd if is_among_more else (*odd, *beyond)), is_among_more)


_FEW = 10
"""One row in so many may be a mistake in a further column of ranks; more are a rule that is not known."""


class RankReading(NamedTuple):
    """How the ranks of a column are understood: by which figures, among whom, and the lists that follow.

    The title of each list is what its units share, "" where it is the whole table.
    """

    ranks: RankColumn
    basis: PrintedColumn
    lists: tuple[tuple[str, RankedList], ...]

    @property
    def column(self) -> PrintedColumn:
        """The column of the ranks."""
        return self.ranks.column

    @property
    def faults(self) -> int:
        """How many rows do not fit."""
        return sum(len(one.wrong) + len(one.gaps) for _, one in self.lists)

    @property
    def needs_hidden_digits(self) -> int:
        """How many figures of several rows must differ in digits that are not printed."""
        return sum(len(one.split) for _, one in self.lists)

    def is_doubtful(self, ranked: RankedList) -> bool:
        """Tell whether a list of a further column may rank by something that the table does not print."""
        return not self.ranks.is_first and len(ranked.broken) * _FEW > len(ranked.rows)


def rank_readings(table: PrintedTable, values: Values, repeated: Collection[int]) -> Iterator[RankReading]:
    """Understand every column of ranks the way that fits most rows.

    `repeated` are the sheet's rows that repeat a unit.
    """
    for ranks in rank_columns(table):
        readings = [
            RankReading(ranks, basis, tuple(_lists(groups, ranks, basis.position, values, repeated)))
            for basis in _bases(table, ranks.column)
            for groups in _scopes(table)
        ]
        if readings:
            best = min(readings, key=lambda reading: (reading.faults, reading.needs_hidden_digits))
            if best.lists:
                yield best


def _bases(table: PrintedTable, column: PrintedColumn) -> list[PrintedColumn]:
    """The columns that ranks may go by: totals and percents, those to the left first, the nearest before the others.

    A rank right beside the points of a part may be that of the part.
    """
    if table.ranked_by is not None:
        return [table.column(table.ranked_by)]
    results = list(table.of_role(PrintedRole.TOTAL, PrintedRole.RESULT))
    parts = list(table.of_role(PrintedRole.FIGURE))
    columns = sorted(
        results or parts, key=lambda one: (one.position > column.position, abs(one.position - column.position))
    )
    left = [one for one in table.columns if one.position < column.position]
    return columns + [one for one in left[-1:] if results and one in parts]


_Groups: TypeAlias = "tuple[tuple[str, tuple[PrintedRow, ...]], ...]"


def _scopes(table: PrintedTable) -> Iterator[_Groups]:
    """Who may be ranked among themselves: a section, the whole table, those who share a word in some column."""
    yield tuple((title, table.in_section(number)) for number, title in enumerate(table.sections))
    if len(table.sections) > 1:
        yield (("", table.rows),)
    for column in table.of_role(PrintedRole.NOTE, PrintedRole.SECTION):
        groups: dict[str, list[PrintedRow]] = defaultdict(list)
        for row in table.rows:
            groups[str(row.cells.get(column.position, ""))].append(row)
        if 1 < len(groups) <= len(table.rows) // 2:
            yield tuple((title, tuple(rows)) for title, rows in groups.items())


def _lists(
    groups: _Groups, ranks: RankColumn, basis: int, values: Values, repeated: Collection[int]
) -> Iterator[tuple[str, RankedList]]:
    for title, rows in groups:
        measured = [(row, ranks.rank(row), values(row, basis)) for row in rows if _is_measured(row, basis)]
        ranked = [one for one in measured if one[1]]
        once = [row for row, _, _ in ranked if row.where.row not in repeated] if repeated else []
        known = {(row.key, row.value(basis)) for row in once}
        sure = [
            Ranked(row, rank, figures[0], row.where.row not in repeated or (row.key, figures[0]) not in known)
            for row, rank, figures in ranked
            if len(figures) == 1 and figures[0] is not None
        ]
        placed = list(sure)
        unsure = [(row, rank, figures) for row, rank, figures in ranked if len(figures) > 1 or None in figures]
        for row, rank, figures in sorted(unsure, key=lambda one: one[1]):
            placed.append(_most_fitting(row, rank, figures, placed))
        unplaced = [
            Ranked(row, 0, figures[0])
            for row, rank, figures in measured
            if not rank and figures[0] is not None and ranks.is_unplaced(row)
        ]
        if len(sure) * 2 > len(ranked):
            yield title, RankedList(placed, unplaced, is_among_more=ranks.is_among_more)


def _is_measured(row: PrintedRow, basis: int) -> bool:
    """Tell whether a row prints a figure, or something that stands for one and could not be read."""
    cell = row.cells.get(basis, "")
    return isinstance(cell, PrintedFigure) or not is_no_value(cell)


def _most_fitting(row: PrintedRow, rank: int, values: Sequence[Decimal | None], sure: Sequence[Ranked]) -> Ranked:
    """The row with that of its possible figures which agrees with most of the others."""

    def misfits(value: Decimal) -> int:
        return sum((one.value > value) is not (one.rank < rank) for one in sure if one.value != value)

    candidates = (_between(rank, sure) if value is None else value for value in values)
    return Ranked(row, rank, min(candidates, key=misfits))


def _between(rank: int, sure: Sequence[Ranked]) -> Decimal:
    """A figure that a rank would have among others: that of the same rank, else one between its neighbours."""
    equal = [one.value for one in sure if one.rank == rank]
    above = min((one.value for one in sure if one.rank < rank), default=None)
    below = max((one.value for one in sure if one.rank > rank), default=None)
    if equal or above is None or below is None:
        return equal[0] if equal else (above - 1 if above is not None else (below or Decimal(0)) + 1)
    return (above + below) / 2


def out_of_order(rows: Sequence[Ranked]) -> tuple[Ranked, ...]:
    """The rows that stand wrong in a table that is otherwise in falling order; none where it is in no such order."""
    kept = set(map(id, longest_falling(rows, lambda one: one.value)))
    wrong = tuple(one for one in rows if id(one) not in kept)
    is_ordered = len(rows) >= _FEWEST_ORDERED and len(wrong) <= max(1, len(rows) // 4)
    return wrong if is_ordered else ()


_FEWEST_ORDERED = 6
