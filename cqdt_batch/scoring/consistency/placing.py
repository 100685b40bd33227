"""Hold printed ranks against the order of the figures: sort the rows of a list, count, and see whose rank differs.

With the figures 90, 80, 70, 60 the ranks 1, 3, 2, 4 are two mistakes: the second row must be 2, the third 3. The
ranks 1, 2, 4, 5 are one: a rank is left out, perhaps with its unit, and what follows is right again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple, TypeAlias

from cqdt_batch.intake.printed.model import PrintedRow


class Ranked(NamedTuple):
    """A row with its rank and the figure it is ranked by; one that only repeats another row does not count.

    The rank is 0 where the row prints something that is no rank.
    """

    row: PrintedRow
    rank: int
    value: Decimal
    counts: bool = True


Run: TypeAlias = tuple[Ranked, ...]
"""Rows that share a rank."""

Expected: TypeAlias = tuple[Ranked, int]
"""A row with the rank that it should print."""

_WRONG, _LEFT_OUT = 3, 2
"""What explaining the ranks costs: a row with a wrong one, ranks that are left out. The cheapest way is told."""

_MOST_STEPS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Placing:
    """Runs of rows from the best down, and how they are counted: densely (1, 2, 2, 3) or by competition (1, 2, 2, 4).

    The shift of a run is how many ranks are left out above it.
    """

    runs: tuple[Run, ...]
    is_competition: bool

    @cached_property
    def wrong(self) -> tuple[Expected, ...]:
        """The rows whose printed rank is not the one that the order of the figures gives them."""
        due = zip(self.runs, self._places, self._shifts, strict=True)
        return tuple(
            (one, place + shift) for run, place, shift in due for one in run if one.rank not in (0, place + shift)
        )

    @cached_property
    def gaps(self) -> tuple[Expected, ...]:
        """The rows above which a rank is left out, and that rank."""
        return tuple(self._gaps())

    def _gaps(self) -> Iterator[Expected]:
        before = 0
        for run, place, shift in zip(self.runs, self._places, self._shifts, strict=True):
            if shift > before:
                yield next(one for one in run if one.rank == place + shift), place + before
            before = shift

    @property
    def cost(self) -> int:
        """How much has to be wrong for the ranks to be as they are."""
        return _WRONG * len(self.wrong) + _LEFT_OUT * len(self.gaps)

    @cached_property
    def _places(self) -> tuple[int, ...]:
        """The rank of each run where none is left out."""
        places, place = [], 1
        for run in self.runs:
            places.append(place)
            size = sum(one.counts for one in run)
            place += size if self.is_competition else bool(size)
        return tuple(places)

    @cached_property
    def _shifts(self) -> tuple[int, ...]:
        """How many ranks are left out above each run, in the cheapest way to explain what is printed.

        Ranks that some row prints are not left out: it only stands wrong.
        """
        printed = sorted({one.rank for run in self.runs for one in run})
        steps = (0,) if self.is_ragged else self._shifts_seen
        costs = {0: 0}
        chosen: list[dict[int, int]] = []
        for run, place in zip(self.runs, self._places, strict=True):
            costs, before = self._step(run, place, costs, steps, printed)
            chosen.append(before)
        shift = min(costs, key=lambda one: (costs[one], one), default=0)
        shifts = []
        for before in reversed(chosen):
            shifts.append(shift)
            shift = before[shift]
        return tuple(reversed(shifts))

    @cached_property
    def is_ragged(self) -> bool:
        """Tell whether ranks are left out in more places than can be weighed against each other."""
        return len(self._shifts_seen) ** 2 * len(self.runs) > _MOST_STEPS

    @cached_property
    def _shifts_seen(self) -> tuple[int, ...]:
        """By how many ranks rows are shifted downwards."""
        places = zip(self.runs, self._places, strict=True)
        return tuple(sorted({0, *(one.rank - place for run, place in places for one in run if one.rank > place)}))

    @staticmethod
    def _step(
        run: Run, place: int, costs: dict[int, int], steps: Sequence[int], printed: Sequence[int]
    ) -> tuple[dict[int, int], dict[int, int]]:
        """The least cost of each shift of a run, and the shift of the run before that it comes from."""
        least: dict[int, int] = {}
        before: dict[int, int] = {}
        for shift in steps:
            is_borne_out = any(one.rank == place + shift for one in run)
            at = bisect_left(printed, place + shift)
            first = printed[at - 1] - place + 1 if at else 0
            ways = {
                other: cost + _LEFT_OUT * (other != shift)
                for other, cost in costs.items()
                if other == shift or (is_borne_out and first <= other < shift)
            }
            if ways:
                before[shift] = min(ways, key=lambda other: (ways[other], other))
                wrong = sum(one.rank not in (0, place + shift) for one in run)
                least[shift] = ways[before[shift]] + _WRONG * wrong
        return least, before
