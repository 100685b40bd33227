"""Which rule explains the ranks of a printed table, and the rows that break it.

Rounding keeps order: of two different printed totals the higher is the higher exact one too. So hidden digits may
part units that share a printed total, and nothing else: 48,4 on rank 11 and 48,4 on rank 12 can be, 48,3 above 48,4
cannot.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple, TypeAlias

from cqdt_batch.intake.printed.model import PrintedColumn, PrintedRole, PrintedRow, PrintedTable

Values: TypeAlias = Callable[[PrintedRow, int], tuple[Decimal, ...]]
"""What the figure of a row may really be: as printed, and what else it could be where something is amiss with it."""


class RankPolicy(StrEnum):
    """How ties are ranked; the words stand in the catalogue under `choice.RankPolicy.<value>`."""

    DENSE = "dense"
    COMPETITION = "competition"
    UNDECIDED = "undecided"
    SPLIT = "split"
    NONE = "none"


class Ranked(NamedTuple):
    """A row with its rank and the figure it is ranked by."""

    row: PrintedRow
    rank: int
    value: Decimal


class RankedList:
    """Rows that are ranked among themselves, by one column of ranks and one of figures."""

    def __init__(self, rows: Iterable[Ranked]) -> None:
        self.rows = sorted(rows, key=lambda one: (one.rank, one.value))

    @cached_property
    def kept(self) -> tuple[Ranked, ...]:
        """The most rows that can stand together: a lower rank has no lower figure, one rank has one figure."""
        return tuple(self._without_needless_ties(longest_falling(self.rows, lambda one: one.value)))

    def _without_needless_ties(self, kept: list[Ranked]) -> Iterator[Ranked]:
        """Of two rows with one rank and different figures, keep the one whose figure stands on no other rank."""
        left = {one.rank: one for one in self.rows if not any(one is other for other in kept)}
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
            return RankPolicy.NONE
        if self.split:
            return RankPolicy.SPLIT
        if len({one.rank for one in self.kept}) == len(self.kept):
            return RankPolicy.UNDECIDED
        return RankPolicy.COMPETITION if self._is_competition else RankPolicy.DENSE

    @property
    def is_explained(self) -> bool:
        """Tell whether a rule holds for so many rows that the others are mistakes."""
        return len(self.broken) <= max(1, len(self.rows) // 5)

    @cached_property
    def _is_competition(self) -> bool:
        return len(tuple(_jumps(self.rows, _by_competition))) < len(tuple(_jumps(self.rows, _densely)))

    @cached_property
    def gaps(self) -> tuple[tuple[Ranked, int], ...]:
        """The rows where a rank is left out, and the rank that should stand there; none where rows are broken."""
        follows = _by_competition if self._is_competition else _densely
        return () if self.broken else tuple(_jumps(self.rows, follows))

    def expected(self, broken: Ranked) -> int:
        """The rank that the figure of a broken row would give it among the others."""
        equal = next((one.rank for one in self.kept if one.value == broken.value), None)
        above = [one for one in self.kept if one.value > broken.value]
        dense = max((one.rank for one in above), default=0) + 1
        return equal or (len(above) + 1 if self._is_competition else dense)


_Follows: TypeAlias = Callable[[int, int], int]
"""The rank below a run of units: from their rank and their number."""


def _densely(rank: int, _count: int) -> int:
    return rank + 1


def _by_competition(rank: int, count: int) -> int:
    return rank + count


def _jumps(rows: Sequence[Ranked], follows: _Follows) -> Iterator[tuple[Ranked, int]]:
    """The rows whose rank is not what follows from those before, and what would; what follows them is right again."""
    expected, count, last = 1, 0, 0
    for one in rows:
        if count and one.rank == last:
            count += 1
            continue
        expected = follows(last, count) if count else 1
        if one.rank != expected:
            yield one, expected
        last, count = one.rank, 1


def longest_falling(rows: Sequence[Ranked], value: Callable[[Ranked], Decimal]) -> list[Ranked]:
    """The longest run of rows, others left out between them, in which the figure never rises."""
    ends: list[Decimal] = []
    places: list[int] = []
    before: list[int] = []
    for place, row in enumerate(rows):
        at = bisect_right(ends, -value(row))
        before.append(places[at - 1] if at else -1)
        ends[at : at + 1] = [-value(row)]
        places[at : at + 1] = [place]
    chain: list[Ranked] = []
    place = places[-1] if places else -1
    while place >= 0:
        chain.append(rows[place])
        place = before[place]
    return chain[::-1]


class RankReading(NamedTuple):
    """How the ranks of a column are understood: by which figures, among whom, and the lists that follow.

    `scope` is the title of what the units of each list share, "" where it is the whole table.
    """

    column: PrintedColumn
    basis: PrintedColumn
    lists: tuple[tuple[str, RankedList], ...]

    @property
    def faults(self) -> int:
        """How many rows do not fit."""
        return sum(len(one.broken) + len(one.gaps) for _, one in self.lists)


def rank_readings(table: PrintedTable, values: Values) -> Iterator[RankReading]:
    """Understand every column of ranks the way that fits most rows."""
    for column in table.of_role(PrintedRole.RANK):
        readings = [
            RankReading(column, basis, tuple(_lists(groups, column.position, basis.position, values)))
            for basis in _bases(table, column)
            for groups in _scopes(table)
        ]
        if readings:
            best = min(readings, key=lambda reading: reading.faults)
            if best.lists:
                yield best


def _bases(table: PrintedTable, column: PrintedColumn) -> list[PrintedColumn]:
    """The columns that ranks may go by: totals and percents, those to the left first, the nearest before the others."""
    results = list(table.of_role(PrintedRole.TOTAL, PrintedRole.RESULT))
    columns = results or list(table.of_role(PrintedRole.FIGURE))
    return sorted(columns, key=lambda one: (one.position > column.position, abs(one.position - column.position)))


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


def _lists(groups: _Groups, rank: int, basis: int, values: Values) -> Iterator[tuple[str, RankedList]]:
    for title, rows in groups:
        ranked = [row for row in rows if _rank(row, rank) and row.figure(basis)]
        sure = [Ranked(row, _rank(row, rank), figures[0]) for row in ranked if len(figures := values(row, basis)) == 1]
        doubtful = [row for row in ranked if len(values(row, basis)) > 1]
        best = [_most_fitting(row, _rank(row, rank), values(row, basis), sure) for row in doubtful]
        if ranked:
            yield title, RankedList((*sure, *best))


def _rank(row: PrintedRow, position: int) -> int:
    """The rank that a row prints; 0 for none."""
    value = row.value(position)
    return int(value) if value is not None and value == value.to_integral_value() and value > 0 else 0


def _most_fitting(row: PrintedRow, rank: int, values: Sequence[Decimal], sure: Sequence[Ranked]) -> Ranked:
    """The row with that of its possible figures which agrees with most of the others."""

    def misfits(value: Decimal) -> int:
        return sum((one.value > value) is not (one.rank < rank) for one in sure if one.value != value)

    return Ranked(row, rank, min(values, key=misfits))


def out_of_order(rows: Sequence[Ranked]) -> tuple[Ranked, ...]:
    """The rows that stand wrong in a table that is otherwise in falling order; none where it is in no such order."""
    kept = set(map(id, longest_falling(rows, lambda one: one.value)))
    wrong = tuple(one for one in rows if id(one) not in kept)
    is_ordered = len(rows) >= _FEWEST_ORDERED and len(wrong) <= max(1, len(rows) // 4)
    return wrong if is_ordered else ()


_FEWEST_ORDERED = 6
