"""A printed table as plain records, whoever made it: a workbook, a text file, or the program itself.

What counts is what a reader of the paper sees. What stands behind a figure, hidden digits or an exact score, is
kept beside it as evidence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple, TypeAlias

from cqdt_batch.definition.names import folded
from cqdt_batch.findings import Where


class PrintedRole(StrEnum):
    """What a column prints; the words stand in the catalogue under `choice.PrintedRole.<value>`."""

    SECTION = "section"
    NUMBER = "number"
    UNIT = "unit"
    FIGURE = "figure"
    TOTAL = "total"
    MAXIMUM = "maximum"
    COUNT = "count"
    RESULT = "result"
    RANK = "rank"
    GRADE = "grade"
    PAST = "past"
    NOTE = "note"


class PrintedFigure(NamedTuple):
    """A printed number: its value and decimals as printed, and the exact one behind it where that is known."""

    value: Decimal
    decimals: int
    exact: Decimal | Fraction | None = None


Printed: TypeAlias = PrintedFigure | str
"""What a cell prints: a figure, or words such as those for what is not assessed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PrintedColumn:
    """A column: `labels` are its spanners from the top and its header, `number` what the number row says of it.

    `maximum` is the most its figures can be, where the table says so.
    """

    position: int
    role: PrintedRole
    labels: tuple[str, ...]
    number: str = ""
    maximum: Decimal | None = None

    @property
    def label(self) -> str:
        """The column as a reader names it: a header that only repeats what stands beside it is left out."""
        told: list[str] = []
        for label in self.labels:
            before = f"{folded(told[-1])} " if told else ""
            if before and f"{folded(label)} ".startswith(before):
                told[-1] = label
            elif not before.startswith(f"{folded(label)} "):
                told.append(label)
        return " \u2013 ".join(told) or self.number or str(self.position)


@dataclass(frozen=True, kw_only=True, slots=True)
class PrintedRow:
    """The row of a unit; `section` counts the sections of its table from 0, `cells` are by column position.

    `where` is the cell of the unit, `code` that of the unit, where the table is one of our own.
    """

    unit: str
    code: str = ""
    where: Where
    section: int
    cells: Mapping[int, Printed]

    @property
    def key(self) -> str:
        """The unit under whatever spelling."""
        return folded(self.unit)

    def figure(self, position: int) -> PrintedFigure | None:
        """The number that a column prints in this row; None for words and for nothing."""
        cell = self.cells.get(position)
        return cell if isinstance(cell, PrintedFigure) else None

    def value(self, position: int) -> Decimal | None:
        """The same as a plain number."""
        figure = self.figure(position)
        return figure.value if figure else None

    def place(self, position: int) -> Where:
        """The cell of a column in this row."""
        return replace(self.where, column=position)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sum:
    """What a total is made of: columns that are added and columns that are taken off.

    `converted` are the codes of units whose total is something else.
    """

    total: int
    plus: tuple[int, ...]
    minus: tuple[int, ...] = ()
    converted: frozenset[str] = frozenset()

    @property
    def parts(self) -> tuple[int, ...]:
        """All columns that go into the total."""
        return (*self.plus, *self.minus)


@dataclass(frozen=True, kw_only=True, slots=True)
class PrintedText:
    """Words that stand outside the rows of a table: a title, a section, a note below."""

    where: Where
    text: str


@dataclass(frozen=True, kw_only=True)
class PrintedTable:
    """A table; `where` is its header, `sections` are the titles of its sections, at least one, "" for none.

    `sums` are the totals whose parts are known beforehand, `ranked_by` is the column by which its units are ranked;
    None where they have to be found out. Of a summary, whose
    rows are grades, `totals` are the rows that add the others up. `texts` are the words above and below the rows.
    """

    name: str
    where: Where
    columns: tuple[PrintedColumn, ...]
    rows: tuple[PrintedRow, ...]
    title: str = ""
    sections: tuple[str, ...] = ("",)
    sums: tuple[Sum, ...] | None = None
    totals: tuple[PrintedRow, ...] = ()
    texts: tuple[PrintedText, ...] = ()
    ranked_by: int | None = None

    @property
    def is_summary(self) -> bool:
        """Tell whether the rows are grades with numbers of units, not units."""
        return any(self.of_role(PrintedRole.COUNT))

    @property
    def is_by_unit(self) -> bool:
        """Tell whether most rows have a name of their own, as in a list of units; a list of figures has many a unit."""
        return len(self.by_name) * 2 >= len(self.rows)

    @cached_property
    def by_name(self) -> Mapping[str, PrintedRow]:
        """The rows by the names of their units; of a unit that stands twice the first."""
        found: dict[str, PrintedRow] = {}
        for row in self.rows:
            found.setdefault(row.key, row)
        return found

    def column(self, position: int) -> PrintedColumn:
        """The column at a position that the table itself names."""
        return next(column for column in self.columns if column.position == position)

    def of_role(self, *roles: PrintedRole) -> Iterator[PrintedColumn]:
        """The columns of some roles, from left to right."""
        return (column for column in self.columns if column.role in roles)

    def printed(self, position: int) -> Sequence[PrintedFigure | None]:
        """What `figure` says of a column in every row from top to bottom; it is looked up once."""
        if position not in self._printed:
            cells = [row.cells.get(position) for row in self.rows]
            self._printed[position] = [cell if isinstance(cell, PrintedFigure) else None for cell in cells]
        return self._printed[position]

    @cached_property
    def _printed(self) -> dict[int, Sequence[PrintedFigure | None]]:
        return {}

    def figures(self, position: int) -> Iterator[PrintedFigure]:
        """The numbers of a column from top to bottom."""
        return filter(None, self.printed(position))

    @cached_property
    def usual_decimals(self) -> Mapping[int, int]:
        """How many decimals most of the figures of each column have; the more where it is even."""
        return {column.position: self._usual_decimals(column.position) for column in self.columns}

    def _usual_decimals(self, position: int) -> int:
        counts = Counter(figure.decimals for figure in self.figures(position))
        return max(counts, key=lambda decimals: (counts[decimals], decimals), default=0)

    def in_section(self, section: int) -> tuple[PrintedRow, ...]:
        """The rows of a section."""
        return tuple(row for row in self.rows if row.section == section)
