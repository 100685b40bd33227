"""What several printed tables say of the same units: who is missing, who is spelt otherwise, which figures differ."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import combinations
from math import ceil
from typing import NamedTuple, TypeAlias

from cqdt_batch.definition.names import folded, nearest
from cqdt_batch.findings import Fact, Finding, error, notice, warning
from cqdt_batch.intake.printed.model import PrintedColumn, PrintedRole, PrintedRow, PrintedTable
from cqdt_batch.scoring.consistency.exact import distance, half_unit

_NEARLY_ALL = Fraction(4, 5)
"""How many units two tables share when they are about the same units."""

_HALF = Fraction(1, 2)
_NOTHING = Decimal(0)
_FEWEST = 3


def repeated_units(repeated: Iterable[tuple[PrintedRow, PrintedRow]]) -> Iterator[Finding]:
    """Tell of units that stand twice."""
    for row, first in repeated:
        yield error("printed_unit_twice", row.where, row.code or row.unit, unit=row.unit, row=first.where.row)


def repeated_rows(table: PrintedTable) -> tuple[tuple[PrintedRow, PrintedRow], ...]:
    """The rows of units that stand twice in a section, told apart by no other word, with the first row of each.

    Where many do, the table is a list of something else than units.
    """
    if len(table.by_name) == len(table.rows):
        return ()
    words = [column.position for column in table.of_role(PrintedRole.NOTE, PrintedRole.SECTION)]
    seen: dict[tuple[object, ...], PrintedRow] = {}
    again: list[tuple[PrintedRow, PrintedRow]] = []
    for row in table.rows:
        key = (row.section, row.key, *(str(row.cells.get(position, "")) for position in words))
        first = seen.setdefault(key, row)
        if first is not row:
            again.append((row, first))
    return tuple(again) if table.is_by_unit and len(again) <= max(1, len(table.rows) // 10) else ()


def missing_units(tables: Sequence[PrintedTable]) -> Iterator[Finding]:
    """Units that a table lacks though it lists nearly all the others of another table; each told once for a table.

    A unit that one lacks and another that only it has may be the same under two names. A whole section that is not
    there was left out on purpose.
    """
    told: set[frozenset[str | int]] = set()
    lists = [table for table in tables if _lists_units(table)]
    for table in lists:
        here = table.by_name
        for other in (one for one in lists if one is not table and _is_of_same_units(here, one.by_name)):
            there = other.by_name
            shared = {row.section for key, row in there.items() if key in here}
            gone = [row for key, row in there.items() if key not in here and row.section in shared]
            fresh = [row for key, row in here.items() if key not in there]
            for lost, new in _renamed(gone, fresh):
                gone.remove(lost)
                if frozenset((lost.key, new.key)) not in told:
                    told.add(frozenset((lost.key, new.key)))
                    facts = {"unit": new.unit, "other": lost.unit, "table": other.name}
                    yield warning("printed_unit_renamed", new.where, new.code or new.unit, **facts)
            left = [row for row in gone if frozenset((id(table), row.key)) not in told]
            told |= {frozenset((id(table), row.key)) for row in left}
            if left:
                yield _missing(table, other, left)


def _lists_units(table: PrintedTable) -> bool:
    """Tell whether a table has a row a unit; a list of figures has many."""
    return len(table.by_name) >= _NEARLY_ALL * len(table.rows)


def _missing(table: PrintedTable, other: PrintedTable, rows: Sequence[PrintedRow]) -> Finding:
    units = tuple(row.unit for row in rows)
    facts: dict[str, Fact] = {"units": units, "count": len(units), "table": other.name, "name": table.name}
    return warning("printed_units_missing", table.where, **facts)


def _is_of_same_units(here: Mapping[str, PrintedRow], there: Mapping[str, PrintedRow]) -> bool:
    """Tell whether a list has nearly all the units of another."""
    return len(there) >= _FEWEST and len(here.keys() & there.keys()) >= _NEARLY_ALL * len(there)


def _renamed(gone: Sequence[PrintedRow], fresh: Sequence[PrintedRow]) -> list[tuple[PrintedRow, PrintedRow]]:
    """Units that are gone with those, of the new ones, whose names look like theirs; each taken once."""
    left = list(fresh)
    pairs = []
    for row in gone:
        alike = nearest(row.unit, [one.unit for one in left], most=1)
        new = next((one for one in left if one.unit in alike), None)
        if new:
            left.remove(new)
            pairs.append((row, new))
    return pairs


def spellings(tables: Sequence[PrintedTable]) -> Iterator[Finding]:
    """Names that are spelt in more than one way, at the first row that is spelt unlike most."""
    spelt: dict[str, list[PrintedRow]] = defaultdict(list)
    for table in tables:
        for row in table.rows:
            spelt[row.key].append(row)
    for rows in spelt.values():
        if len({row.unit for row in rows}) > 1:
            counts = Counter(row.unit for row in rows)
            usual = max(counts, key=lambda name: counts[name])
            other = next(row for row in rows if row.unit != usual)
            others = tuple(name for name in counts if name != usual)
            yield notice("printed_name_spelt", other.where, other.code or other.unit, unit=usual, others=others)


class Pair(NamedTuple):
    """A unit's figures in two tables that may be one; they agree if rounding the finer gives the coarser."""

    row: PrintedRow
    other_row: PrintedRow
    value: Decimal
    other_value: Decimal
    slack: Decimal

    @property
    def agrees(self) -> bool:
        """Tell whether a reader finds the two to be one."""
        is_same = self.value == self.other_value
        return is_same or (bool(self.slack) and distance(self.value, self.other_value) <= self.slack)


class Difference(NamedTuple):
    """A unit's figure that a column of one table and the total of another print differently."""

    table: PrintedTable
    column: PrintedColumn
    other: PrintedTable
    total: PrintedColumn
    pair: Pair

    def finding(self) -> Finding:
        """Say it at the first of the two."""
        row = self.pair.row
        return error(
            "printed_figure_differs",
            row.place(self.column.position),
            row.code or row.unit,
            unit=row.unit,
            label=self.column.label,
            value=self.pair.value,
            other=self.pair.other_value,
            table=self.other.name,
            other_label=self.total.label,
        )


def differences(tables: Sequence[PrintedTable]) -> Iterator[Difference]:
    """Figures of a column that is the total of another table, by its name and its figures, where the two differ."""
    for one, other in combinations(filter(_lists_units, tables), 2):
        for here, there in ((one, other), (other, one)):
            roles = (PrintedRole.FIGURE, PrintedRole.TOTAL) if here is one else (PrintedRole.FIGURE,)
            shared = [(row, its) for name, row in here.by_name.items() if (its := there.by_name.get(name))]
            for total in there.of_role(PrintedRole.TOTAL) if shared else ():
                yield from _differing(here, tuple(here.of_role(*roles)), there, total, shared)


_Shared: TypeAlias = "Sequence[tuple[PrintedRow, PrintedRow]]"
"""The rows of the units that two tables list."""


def _differing(
    table: PrintedTable,
    columns: Sequence[PrintedColumn],
    other: PrintedTable,
    total: PrintedColumn,
    shared: _Shared,
) -> Iterator[Difference]:
    """The figures that differ in the column of a table that prints the total of another."""
    for column in columns:
        usual = table.usual_decimals[column.position], other.usual_decimals[total.position]
        pairs = _pairs(shared, column.position, total.position, usual)
        differing = _differing_of_same(pairs, len(shared), is_named=_names(column, other))
        if differing is not None:
            yield from (Difference(table, column, other, total, pair) for pair in differing)
            return


def _pairs(shared: _Shared, column: int, total: int, usual: tuple[int, int]) -> Iterator[Pair]:
    """The figures of the units that both columns print; `usual` are the decimals of most figures of each."""
    for row, its in shared:
        one, two = row.figure(column), its.figure(total)
        if one and two:
            mine, others = max(usual[0], one.decimals), max(usual[1], two.decimals)
            slack = _NOTHING if mine == others else half_unit(min(mine, others))
            yield Pair(row, its, one.value, two.value, slack)


def _differing_of_same(pairs: Iterable[Pair], most: int, *, is_named: bool) -> Sequence[Pair] | None:
    """Tell by the figures whether two columns print the same thing: which of them differ; None where they do not.

    A name that says so needs less of them. There are at `most` so many pairs: once too many of these differ, no more
    are looked at.
    """
    share = 1 - (_HALF if is_named else _NEARLY_ALL)
    too_many = ceil(share * most)
    differing: list[Pair] = []
    kinds: set[Decimal] = set()
    count = 0
    for pair in pairs:
        count += 1
        kinds.add(pair.other_value)
        if not pair.agrees:
            differing.append(pair)
            if len(differing) >= too_many:
                return None
    is_same = count >= _FEWEST and len(kinds) >= _FEWEST - is_named and len(differing) < share * count
    return differing if is_same else None


@cache
def _words(text: str) -> str:
    return f" {folded(text)} "


def _names(column: PrintedColumn, table: PrintedTable) -> bool:
    """Tell whether the title of a table names a column of another; one word is no name."""
    label = _words(column.labels[-1]) if column.labels else ""
    return len(label.split()) > 1 and label in _words(table.title)
