"""Sums, differences and what rounding can do to them, in decimals, against the same in fractions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from cqdt_batch.findings import Where
from cqdt_batch.intake.printed.model import PrintedColumn, PrintedFigure, PrintedRole, PrintedRow, PrintedTable, Sum
from cqdt_batch.rounding import published
from cqdt_batch.scoring.consistency.across import differences
from cqdt_batch.scoring.consistency.exact import Exact, difference, distance, half_unit, summed
from cqdt_batch.scoring.consistency.sums import Balance, balances

DECIMALS = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places), st.integers(-(10**24), 10**24), st.integers(0, 24)
)
"""With more digits, when two are added, than Python's arithmetic keeps of decimals."""

FRACTIONS = st.fractions(min_value=-100, max_value=100, max_denominator=300)
EXACT = st.one_of(DECIMALS, FRACTIONS)

DUST = Fraction(1, 10**9)
PLUS, MINUS, TOTAL = (2, 3, 4), (5,), 6


@given(st.lists(EXACT, max_size=6))
def test_a_sum_is_that_of_fractions_and_stays_decimal_where_all_figures_are(figures: list[Exact]) -> None:
    assert Fraction(summed(figures)) == sum((Fraction(one) for one in figures), Fraction(0))
    assert isinstance(summed(figures), Decimal) is all(isinstance(one, Decimal) for one in figures)


@given(EXACT, EXACT)
def test_a_difference_is_that_of_fractions_and_a_distance_has_no_sign(one: Exact, other: Exact) -> None:
    exact = Fraction(one) - Fraction(other)
    assert Fraction(difference(one, other)) == exact
    assert Fraction(distance(one, other)) == Fraction(distance(other, one)) == abs(exact)


def test_no_digit_is_rounded_off_where_python_rounds_one_off() -> None:
    long, small = Decimal("1234567890123456789.123456789"), Decimal("0.0000000001")
    assert long + small == long
    assert difference(summed((long, small)), long) == small


def test_half_a_unit_is_what_rounding_to_so_many_decimals_can_do() -> None:
    assert [half_unit(0), half_unit(1), half_unit(12)] == [Decimal("0.5"), Decimal("0.05"), Decimal("5e-13")]


@st.composite
def printed_figures(draw: st.DrawFn) -> PrintedFigure | None:
    """What a cell may print: with an exact figure behind it, with hidden digits or without, or nothing."""
    behind = draw(st.one_of(st.none(), st.decimals(min_value=0, max_value=60, places=4), FRACTIONS))
    decimals = draw(st.integers(0, 3))
    if behind is None:
        return None
    is_known = draw(st.booleans())
    return PrintedFigure(published(behind, decimals), decimals, behind if is_known else None)


@st.composite
def rows_of_figures(draw: st.DrawFn) -> list[dict[int, PrintedFigure]]:
    """Rows of parts and a total; the total is often what the parts add up to."""
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        drawn = {position: draw(printed_figures()) for position in (*PLUS, *MINUS, TOTAL)}
        row = {position: figure for position, figure in drawn.items() if figure}
        if draw(st.booleans()):
            decimals = draw(st.integers(0, 2))
            row[TOTAL] = PrintedFigure(published(sum_of(row), decimals), decimals)
        rows.append(row)
    return rows


def sum_of(row: dict[int, PrintedFigure]) -> Fraction:
    added = sum((behind(row[part]) for part in PLUS if part in row), Fraction(0))
    return added - sum((behind(row[part]) for part in MINUS if part in row), Fraction(0))


def behind(figure: PrintedFigure) -> Fraction:
    return Fraction(figure.value if figure.exact is None else figure.exact)


def table_of(rows: Sequence[dict[int, PrintedFigure]]) -> PrintedTable:
    roles = {1: PrintedRole.UNIT, **dict.fromkeys((*PLUS, *MINUS), PrintedRole.FIGURE), TOTAL: PrintedRole.TOTAL}
    return PrintedTable(
        name="a",
        where=Where(row=1),
        columns=tuple(PrintedColumn(position=n, role=role, labels=(f"{n}",)) for n, role in roles.items()),
        rows=tuple(
            PrintedRow(unit=f"{n}", where=Where(row=n, column=1), section=0, cells=row) for n, row in enumerate(rows, 2)
        ),
    )


@given(rows_of_figures())
def test_a_row_is_possible_if_fractions_say_that_rounding_and_hidden_digits_explain_it(
    rows: list[dict[int, PrintedFigure]],
) -> None:
    table = table_of(rows)
    found = balances(table, Sum(total=TOTAL, plus=PLUS, minus=MINUS))
    listed = [row for row in rows if TOTAL in row and len(row) > 1]
    assert [balance.row.cells for balance in found] == listed
    for balance in found:
        assert balance.is_possible is is_possible(balance)
        assert balance.added == reader_sum(balance)
        assert balance.where == Where(row=balance.row.where.row, column=TOTAL)


def is_possible(balance: Balance) -> bool:
    """Off by no more than what hides in the figures of which no more is known than is printed."""
    row = {position: figure for position, figure in balance.row.cells.items() if isinstance(figure, PrintedFigure)}
    return abs(behind(row[TOTAL]) - sum_of(row)) <= Fraction(balance.slack) + DUST


def reader_sum(balance: Balance) -> Decimal:
    cells = balance.row.cells
    printed = {part: balance.row.value(part) or Decimal(0) for part in cells}
    return sum((printed.get(part, Decimal(0)) for part in PLUS), Decimal(0)) - printed.get(MINUS[0], Decimal(0))


@given(st.lists(st.integers(0, 3), min_size=2, max_size=5), st.booleans())
def test_the_slack_is_half_a_unit_for_every_figure_of_which_no_more_is_known(decimals: list[int], known: bool) -> None:
    """Of one row every column has its own decimals; whole numbers are as fine as the finest beside them."""
    values = [*([Decimal(1)] * (len(decimals) - 1)), Decimal(len(decimals) - 1)]
    figures = [PrintedFigure(published(v, d), d, v if known else None) for v, d in zip(values, decimals, strict=True)]
    row = dict(enumerate(figures, TOTAL - len(figures) + 1))
    (balance,) = balances(table_of([row]), Sum(total=TOTAL, plus=(*PLUS, *MINUS)))
    slack = sum((Fraction(1, 2 * 10 ** (d or max(decimals))) for d in decimals), Fraction(0))
    assert Fraction(balance.slack) == (0 if known else slack)


FIGURES = st.one_of(st.none(), st.integers(1, 4))


@given(st.lists(st.one_of(FIGURES.map(lambda one: (one, one)), st.tuples(FIGURES, FIGURES)), min_size=3, max_size=30))
def test_a_column_is_the_total_of_another_table_where_all_figures_say_so(
    pairs: list[tuple[int | None, int | None]],
) -> None:
    """More than four in five that both print agree, of three or more with as many different totals."""
    here, there = (table_of([printed({at: pair[side]}) for pair in pairs]) for side, at in enumerate((PLUS[0], TOTAL)))
    both = [(row, *pair) for row, pair in enumerate(pairs, 2) if None not in pair]
    differing = [row for row, one, other in both if one != other]
    is_same = len({other for _, _, other in both}) >= 3 and len(differing) * 5 < len(both)
    assert [found.pair.row.where.row for found in differences([here, there])] == (differing if is_same else [])


def printed(figures: dict[int, int | None]) -> dict[int, PrintedFigure]:
    return {at: PrintedFigure(Decimal(figure), 0) for at, figure in figures.items() if figure is not None}
