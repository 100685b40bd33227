"""Which columns of a printed table add up to which total, and how far rounding alone can put a sum off.

n parts and a total, each rounded to d decimals, are off by at most (n + 1) · ½ · 10^-d: 26,1 + 15,0 + 9 may be
printed with the total 50,0, for 26,06 + 14,96 + 9 is 50,02. A whole number among figures with one decimal is
that figure without its ",0".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from itertools import repeat
from typing import NamedTuple, overload

from cqdt_batch.findings import Fact, Term, Where
from cqdt_batch.intake.printed.headers import is_deducted
from cqdt_batch.intake.printed.model import PrintedColumn, PrintedFigure, PrintedRole, PrintedRow, PrintedTable, Sum
from cqdt_batch.rounding import published
from cqdt_batch.scoring.consistency.exact import Exact, difference, distance, half_unit, summed

_HALF = Fraction(1, 2)
_NOTHING = Decimal(0)
_DUST = Decimal("1e-9")
"""What binary arithmetic may leave in the last digits of a workbook's numbers."""

_CODE = re.compile(r"\d+(?:\.\d+)*\.?")
_FORMULA = re.compile(r"=\s*(.+)")
_TERM = re.compile(r"([+-]?)\s*[(\[]?\s*(\d{1,2}|[A-Z])\s*[)\]]?")
_OWN_NUMBER = re.compile(r"[(\[]?\s*(\d{1,2}|[A-Z])\b")


class Balance(NamedTuple):
    """A total of a row beside the sum of its parts; `slack` is the most that rounding can put between them.

    `residue` is what still lies between them once the known hidden digits are counted in.
    """

    sum: Sum
    row: PrintedRow
    total: PrintedFigure
    parts: tuple[PrintedFigure, ...]
    added: Decimal
    slack: Decimal
    residue: Exact

    @property
    def where(self) -> Where:
        """The place of the total."""
        return self.row.place(self.sum.total)

    @property
    def adds_up(self) -> bool:
        """Tell whether a reader's own sum gives the printed total."""
        return self.added == self.total.value

    @property
    def is_possible(self) -> bool:
        """Tell whether rounding can explain what lies between the sum and the total."""
        return self.residue <= (summed((self.slack, _DUST)) if self.slack else _DUST)

    def adds_up_at(self, most: int) -> int | None:
        """The fewest decimals, up to `most`, at which a reader finds that the row adds up; None where not known."""
        if self.slack:
            return None
        signs = _signs(self.sum, self.row)
        for decimals in range(self.total.decimals + 1, most + 1):
            parts = (
                published(_behind(figure), decimals) * sign for figure, sign in zip(self.parts, signs, strict=True)
            )
            if sum(parts, _NOTHING) == published(_behind(self.total), decimals):
                return decimals
        return None

    @property
    def spelt(self) -> Fact:
        """The addition as a reader would write it: 9 + 26,1 + 15,0."""
        return spelt_sum(self.parts, _signs(self.sum, self.row))


def spelt_sum(parts: Sequence[PrintedFigure], signs: Sequence[int] = ()) -> Fact:
    """An addition as a reader would write it; without signs all parts are added."""
    first, *others = parts

    def joined(left: Fact, term: tuple[PrintedFigure, int]) -> Fact:
        figure, sign = term
        return Term("audit.minus" if sign < 0 else "audit.plus", (("left", left), ("right", figure.value)))

    start: Fact = first.value
    return reduce(joined, zip(others, signs[1:] or repeat(1), strict=False), start)


def balances(table: PrintedTable, one: Sum) -> tuple[Balance, ...]:
    """Add up the parts of a total in every row that prints it; what is not assessed counts as nothing."""
    fine = tuple(_balances(table, one, _decimals(table, one, whole_is_fine=True)))
    if _share(fine) > _HALF:
        return fine
    coarse = tuple(_balances(table, one, _decimals(table, one, whole_is_fine=False)))
    return coarse if _share(coarse) > _share(fine) else fine


def _balances(table: PrintedTable, one: Sum, decimals: Mapping[int, int]) -> Iterator[Balance]:
    """The rows that print the total and a part or more; `decimals` are those to which each column is rounded."""
    positions = (one.total, *one.parts)
    rounded, first_off = [decimals[position] for position in positions], len(one.plus)
    for row, total, *parts in zip(table.rows, *map(table.printed, positions), strict=True):
        added, taken_off = list(filter(None, parts[:first_off])), list(filter(None, parts[first_off:]))
        is_sum = not row.code or row.code not in one.converted
        if is_sum and total and (added or taken_off):
            yield Balance(
                sum=one,
                row=row,
                total=total,
                parts=(*added, *taken_off),
                added=_net([part.value for part in added], [part.value for part in taken_off]),
                slack=summed(_slacks((total, *parts), rounded)),
                residue=distance(_behind(total), _net(map(_behind, added), list(map(_behind, taken_off)))),
            )


@overload
def _net(added: Iterable[Decimal], taken_off: Sequence[Decimal]) -> Decimal: ...
@overload
def _net(added: Iterable[Exact], taken_off: Sequence[Exact]) -> Exact: ...
def _net(added: Iterable[Exact], taken_off: Sequence[Exact]) -> Exact:
    """The sum of some figures less that of others, of which there are hardly ever any."""
    return difference(summed(added), summed(taken_off)) if taken_off else summed(added)


def _read(row: PrintedRow, positions: Iterable[int]) -> list[PrintedFigure]:
    return [figure for position in positions if (figure := row.figure(position))]


def _signs(one: Sum, row: PrintedRow) -> list[int]:
    """The signs of the parts that a row prints."""
    return [1] * len(_read(row, one.plus)) + [-1] * len(_read(row, one.minus))


def _behind(figure: PrintedFigure) -> Exact:
    """The exact figure where it is known, else the printed one."""
    return figure.value if figure.exact is None else figure.exact


def _slacks(figures: Iterable[PrintedFigure | None], rounded: Iterable[int]) -> list[Decimal]:
    """How far printed figures can be from the exact ones where these are not known."""
    return [
        half_unit(max(decimals, figure.decimals))
        for figure, decimals in zip(figures, rounded, strict=True)
        if figure is not None and figure.exact is None
    ]


def _decimals(table: PrintedTable, one: Sum, *, whole_is_fine: bool) -> dict[int, int]:
    """The decimals to which each column is rounded: its usual ones.

    A column of whole numbers is as fine as the finest beside it (27 is 27,0), unless the table then does not add up.
    """
    usual = {position: table.usual_decimals[position] for position in (one.total, *one.parts)}
    finest = max(usual.values())
    return {position: finest if whole_is_fine and not d else d for position, d in usual.items()}


def _share(found: Iterable[Balance]) -> Fraction:
    """The share of rows that can be right."""
    read = [balance.is_possible for balance in found]
    return Fraction(sum(read), len(read)) if read else Fraction(0)


def sums_of(table: PrintedTable) -> tuple[Sum, ...]:
    """Find the totals of a table and their parts, inner totals first.

    What the table says of itself comes first: a row of column numbers with (5)=(3)+(4), codes such as 1.2 above 1.2.1,
    spanners; then columns side by side. A guess counts where most of the rows bear it out.
    """
    if table.sums is not None:
        return table.sums
    found: dict[int, Sum] = {}
    totals = [column.position for column in table.of_role(PrintedRole.TOTAL)]
    wanted = totals or [column.position for column in table.of_role(PrintedRole.FIGURE)]
    wanted = list(dict.fromkeys((*wanted, *_coded(table))))
    table = replace(table, rows=table.rows[:: len(table.rows) // _ENOUGH_ROWS + 1])
    is_growing = True
    while is_growing:
        taken = {part for one in found.values() for part in one.parts}
        new = {total: best for total in wanted if total not in found and (best := _best(table, total, taken))}
        closed = {total: one for total, one in new.items() if not set(one.parts) & (new.keys() - found.keys())}
        found |= closed
        is_growing = bool(closed)
    return tuple(found.values())


_FEWEST_ROWS = 3
_ENOUGH_ROWS = 40
"""How many rows, spread over a table, are looked at to find out what adds up to what."""
_NEARLY_ALL = Fraction(4, 5)
"""How many rows must bear out what no header says."""


def _best(table: PrintedTable, total: int, taken: set[int]) -> Sum | None:
    """The guess that most rows bear out, the first of equals; None where fewer than half do."""
    stated = [*_stated(table, total), *_children(table, total)]
    is_named = table.column(total).role is PrintedRole.TOTAL
    is_free = total not in taken and total not in _coded(table)
    guesses = [*stated, *(_beside(table, total, taken) if is_free else ())]
    best, most = None, _HALF
    for guess in guesses:
        share = _share(balances(table, guess))
        is_borne_out = guess in stated or is_named or (share >= _NEARLY_ALL and len(table.rows) >= _FEWEST_ROWS)
        if is_borne_out and share > most:
            best, most = guess, share
    return best


def _stated(table: PrintedTable, total: int) -> Iterator[Sum]:
    """What a column says it is the sum of: (5)=(3)+(4), or 5=3+4-2, in its number or its header."""
    numbers = {mark[1]: c.position for c in table.columns if (mark := _OWN_NUMBER.match(c.number))}
    column = table.column(total)
    formulas = [mark[1] for text in (column.number, *column.labels) if (mark := _FORMULA.search(text))]
    for formula in formulas:
        terms = [(sign, numbers.get(number)) for sign, number in _TERM.findall(formula)]
        plus = tuple(position for sign, position in terms if position and sign != "-")
        minus = tuple(position for sign, position in terms if position and sign == "-")
        if all(position for _, position in terms) and len(terms) > 1 and total not in (*plus, *minus):
            yield Sum(total=total, plus=plus, minus=minus)


def _coded(table: PrintedTable) -> dict[int, str]:
    """The columns that bear the code of a criterion, such as 1.2.1, in a cell of their header."""
    found = {}
    for column in table.of_role(PrintedRole.FIGURE, PrintedRole.TOTAL):
        code = next((label.rstrip(".") for label in column.labels if _CODE.fullmatch(label)), "")
        if code:
            found[column.position] = code
    return found


def _children(table: PrintedTable, total: int) -> Iterator[Sum]:
    """The columns whose codes stand right below that of the total."""
    codes = _coded(table)
    own = codes.get(total)
    parts = tuple(position for position, code in codes.items() if own and code.rpartition(".")[0] == own)
    if len(parts) > 1:
        yield Sum(total=total, plus=parts)


def _beside(table: PrintedTable, total: int, taken: set[int]) -> Iterator[Sum]:
    """The columns under the same spanner, then runs of columns that end or begin beside the total, longest first.

    Columns of points that are taken off are subtracted, unless they print them below zero.
    """
    columns = [c for c in table.of_role(PrintedRole.FIGURE, PrintedRole.TOTAL) if c.position not in taken]
    own = table.column(total)
    mates = tuple(c.position for c in columns if c is not own and _shares_spanner(c, own))
    left = tuple(c.position for c in columns if c.position < total)
    right = tuple(c.position for c in columns if c.position > total)
    runs = (
        mates,
        *(left[start:] for start in range(len(left))),
        *(right[: stop + 1] for stop in reversed(range(len(right)))),
    )
    deducted = {c.position for c in columns if is_deducted(c) and all(f.value >= 0 for f in table.figures(c.position))}
    for parts in dict.fromkeys(run for run in runs if len(run) > 1):
        plus = tuple(part for part in parts if part not in deducted)
        yield Sum(total=total, plus=plus or parts, minus=tuple(part for part in parts if plus and part in deducted))


def _shares_spanner(one: PrintedColumn, other: PrintedColumn) -> bool:
    return len(other.labels) > 1 and one.labels[:-1] == other.labels[:-1]
