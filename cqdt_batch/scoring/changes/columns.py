"""A unit's entry in the ledger as columns: what all units with the same form share is told once.

A round of thousands of units has hundreds of thousands of points and answers; to make a record of each takes longer
than to write them all down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from cqdt_batch.rounding import trimmed
from cqdt_batch.scoring.changes.ledger import AnsweredCell, AnswerSheet, LeafEntry, UnitEntry


class AskedCell(NamedTuple):
    """A cell of a form that points come from: which leaf and input it asks for."""

    cell: str
    criterion: str
    kind: str


class AnswerColumns(NamedTuple):
    """The answers on one sheet, all columns in the order of `asked`; None in `raws` for a cell that is empty."""

    file: str
    sheet: str
    asked: tuple[AskedCell, ...]
    raws: Sequence[str | None]
    values: Sequence[str | None]

    def records(self) -> AnswerSheet:
        """A record of every cell that is filled in."""
        return AnswerSheet(file=self.file, sheet=self.sheet, cells=tuple(self._cells()))

    def _cells(self) -> Iterator[AnsweredCell]:
        for asked, raw, value in zip(self.asked, self.raws, self.values, strict=True):
            if raw is not None:
                yield AnsweredCell(*asked, raw, value or "")


class UnitColumns(NamedTuple):
    """An entry of a unit: its `outline` says all but what stands in the other fields.

    The `points` are those on the `criteria`, as they were calculated; none of both for a unit that is not scored.
    """

    outline: UnitEntry
    criteria: tuple[str, ...]
    points: Sequence[Decimal | None]
    answers: tuple[AnswerColumns, ...]
    beside: Mapping[str, LeafEntry]

    def entry(self) -> UnitEntry:
        """The entry as a record."""
        return replace(
            self.outline,
            points=dict(zip(self.criteria, map(exact_points, self.points), strict=True)),
            answers=tuple(columns.records() for columns in self.answers),
            beside=self.beside,
        )


@lru_cache(maxsize=100_000)
def exact_points(points: Decimal | None) -> Decimal | None:
    """The points without final zeros; the same ones come again and again."""
    return None if points is None else trimmed(points)
