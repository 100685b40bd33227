"""Laws of the leaf rules: each is exact, monotone, and within 0…maximum; its figures are rounded once."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cqdt_batch.definition.records import Criterion, Extra, Level, Measure, Rule, ZeroRule
from cqdt_batch.rounding import published, trimmed
from cqdt_batch.scoring.rules import Answer, leaf_points, measured
from tests.assessments import criterion, half_up

figures = st.decimals(min_value=0, max_value=10_000, places=3)
above_zero = st.decimals(min_value=Decimal("0.001"), max_value=10_000, places=3)
percents = st.decimals(min_value=0, max_value=100, places=4)
maxima = st.decimals(min_value=Decimal("0.25"), max_value=1000, places=2)
places = st.integers(2, 6)
bounds = st.lists(st.decimals(min_value=0, max_value=100, places=2), min_size=1, max_size=5, unique=True)


def leaf(rule: Rule, maximum: Decimal | int = 10, **fields: Any) -> Criterion:
    return criterion("a", "T", maximum, rule=rule, **fields)


def points(of: Criterion, first: Decimal | str, second: Decimal | None = None, decimals: int = 4) -> Decimal:
    found = leaf_points(of, Answer(first=first, second=second), decimals)
    assert found is not None
    return found


def steps(maximum: Decimal, found: list[Decimal]) -> tuple[Level, ...]:
    """Levels whose points fall with their bounds, in hundredths of the maximum."""
    falling = sorted(found, reverse=True)
    share = len(falling)
    return tuple(Level(f"{bound:f}", published(maximum * (share - n) / share, 2)) for n, bound in enumerate(falling))


# ---------------------------------------------------------------- rounding


@given(st.fractions(min_value=-1000, max_value=1000, max_denominator=400), st.integers(0, 5))
def test_a_fraction_is_rounded_half_up_away_from_zero(exact: Fraction, decimals: int) -> None:
    rounded = published(exact, decimals)
    assert Fraction(rounded) == half_up(exact, decimals)
    assert rounded.as_tuple().exponent == -decimals


@given(st.decimals(min_value=-1000, max_value=1000, places=5), st.integers(0, 5))
def test_a_figure_rounds_the_same_as_a_fraction_and_as_a_decimal(exact: Decimal, decimals: int) -> None:
    as_decimal, as_fraction = published(exact, decimals), published(Fraction(exact), decimals)
    assert as_decimal == as_fraction == exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    assert str(as_decimal) == str(as_fraction)


@pytest.mark.parametrize(
    ("exact", "decimals", "expected"),
    [
        (Fraction(200, 3), 1, "66.7"),
        (Fraction(1, 8), 2, "0.13"),
        (Fraction(-1, 8), 2, "-0.13"),
        (Fraction(1, 3), 0, "0"),
        (Fraction(5, 2), 0, "3"),
        (Fraction(27), 1, "27.0"),
        (Fraction(-1, 100), 1, "0.0"),
        (Decimal("-0.04"), 1, "0.0"),
        (Decimal("-0.05"), 1, "-0.1"),
        (Decimal("10.5"), 30, f"10.5{'0' * 29}"),
        (Decimal("1e30"), 2, f"1{'0' * 30}.00"),
    ],
    ids=str,
)
def test_rounding_by_example(exact: Fraction | Decimal, decimals: int, expected: str) -> None:
    """A penalty that rounds to nothing is printed 0.0, not -0.0."""
    assert str(published(exact, decimals)) == expected


def test_zeros_are_taken_off_and_nothing_else() -> None:
    assert trimmed(Decimal(f"0.{'1234567890' * 4}00")) == Decimal(f"0.{'1234567890' * 4}")


# ---------------------------------------------------------------- each rule against its formula


@given(st.decimals(min_value=0, max_value=10, places=2), st.sampled_from([Rule.POINTS, Rule.GIVEN]))
def test_typed_and_given_points_are_taken_as_they_are(typed: Decimal, rule: Rule) -> None:
    assert leaf_points(leaf(rule), Answer(score=typed), 2) == typed


@given(maxima)
def test_yes_is_the_maximum_and_no_is_nothing(maximum: Decimal) -> None:
    assert points(leaf(Rule.YES_NO, maximum), "yes") == maximum
    assert points(leaf(Rule.YES_NO, maximum), "no") == 0


def test_a_named_case_is_worth_its_points() -> None:
    cases = (Level("Đầy đủ, đúng hạn", Decimal(10)), Level("Một phần", Decimal("2.5")), Level("Chưa có", Decimal(0)))
    named = leaf(Rule.CASES, levels=cases)
    assert [points(named, case.name) for case in cases] == [Decimal(10), Decimal("2.5"), Decimal(0)]


@given(maxima, figures, above_zero, places)
def test_a_ratio_is_its_share_of_the_maximum(maximum: Decimal, a: Decimal, b: Decimal, decimals: int) -> None:
    assume(a <= b)
    exact = Fraction(a) / Fraction(b) * Fraction(maximum)
    assert Fraction(points(leaf(Rule.RATIO, maximum), a, b, decimals)) == half_up(exact, decimals)


@given(maxima, percents, places)
def test_a_percentage_is_its_share_of_the_maximum(maximum: Decimal, percent: Decimal, decimals: int) -> None:
    of_percent = leaf(Rule.RATIO, maximum, measure=Measure.PERCENT)
    exact = Fraction(percent) * Fraction(maximum) / 100
    assert Fraction(points(of_percent, percent, decimals=decimals)) == half_up(exact, decimals)


@given(maxima, figures, above_zero, st.decimals(min_value=1, max_value=100, places=1), places)
def test_a_target_counts_up_to_itself(maximum: Decimal, a: Decimal, b: Decimal, target: Decimal, decimals: int) -> None:
    exact = min(Fraction(1), Fraction(a) * 100 / Fraction(b) / Fraction(target)) * Fraction(maximum)
    against = leaf(Rule.TARGET, maximum, target=target)
    assert Fraction(points(against, a, b, decimals)) == half_up(exact, decimals)


@given(maxima, figures, above_zero, places)
def test_a_target_may_be_a_number(maximum: Decimal, figure: Decimal, target: Decimal, decimals: int) -> None:
    against = leaf(Rule.TARGET, maximum, target=target, measure=Measure.NUMBER)
    exact = min(Fraction(1), Fraction(figure) / Fraction(target)) * Fraction(maximum)
    assert Fraction(points(against, figure, decimals=decimals)) == half_up(exact, decimals)


@given(maxima, bounds, percents)
def test_steps_give_the_points_of_the_highest_bound_that_is_reached(
    maximum: Decimal, found: list[Decimal], figure: Decimal
) -> None:
    levels = steps(maximum, found)
    reached = [level for level in levels if Decimal(level.name) <= figure]
    expected = max(reached, key=lambda level: Decimal(level.name)).points if reached else Decimal(0)
    assert points(leaf(Rule.STEPS, maximum, levels=levels), figure) == expected


@given(maxima, st.integers(0, 500), st.decimals(min_value=Decimal("0.05"), max_value=20, places=2), places)
def test_a_count_is_worth_so_many_points_an_item_up_to_the_maximum(
    maximum: Decimal, count: int, per_item: Decimal, decimals: int
) -> None:
    exact = min(Fraction(per_item) * count, Fraction(maximum))
    counted = leaf(Rule.COUNT, maximum, per_item=per_item)
    assert Fraction(points(counted, Decimal(count), decimals=decimals)) == half_up(exact, decimals)


@given(maxima, figures, above_zero, places)
def test_a_figure_is_held_against_the_best(maximum: Decimal, figure: Decimal, best: Decimal, decimals: int) -> None:
    assume(figure <= best)
    found = leaf_points(leaf(Rule.RELATIVE, maximum), Answer(first=figure), decimals, Fraction(best))
    assert found is not None
    assert Fraction(found) == half_up(Fraction(figure) / Fraction(best) * Fraction(maximum), decimals)


def test_the_best_of_two_numbers_each_is_the_best_ratio() -> None:
    compared = leaf(Rule.RELATIVE, 6, measure=Measure.RATIO)
    third, half = Answer(first=Decimal(1), second=Decimal(3)), Answer(first=Decimal(2), second=Decimal(4))
    best = measured(compared, half)
    assert best == 50
    assert [leaf_points(compared, answer, 2, best) for answer in (third, half)] == [Decimal("4.00"), Decimal("6.00")]


# ---------------------------------------------------------------- bounds that are met exactly

LEVELS = (Level("98", Decimal(4)), Level("95", Decimal(3)), Level("62,5", Decimal("1.5")))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("19", "20", "3"),
        ("94999999", "100000000", "1.5"),
        ("95000001", "100000000", "3"),
        ("49", "50", "4"),
        ("5", "8", "1.5"),
        ("0.07", "0.112", "1.5"),
        ("624999", "1000000", "0"),
        ("0", "7", "0"),
        ("7", "7", "4"),
    ],
    ids=["95-exactly", "just-below-95", "just-above-95", "98-exactly", "62.5-exactly", "dust", "below", "none", "all"],
)
def test_a_bound_is_reached_by_exactly_its_figure(a: str, b: str, expected: str) -> None:
    """0.07 / 0.112 is 62.5 %, and 62.499… in binary."""
    stepped = leaf(Rule.STEPS, 4, levels=LEVELS, measure=Measure.RATIO)
    assert points(stepped, Decimal(a), Decimal(b)) == Decimal(expected)


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        ("97.99999999999", 4),
        ("97.9999999999", 3),
        ("97.99999999995", 4),
        ("97.99999999994999", 3),
        ("98.00000000001", 4),
    ],
)
def test_a_figure_is_compared_with_a_bound_as_a_spreadsheet_does_it(figure: str, expected: int) -> None:
    """ROUND(x,10) in the formulas of forms and annex takes off the dust of binary arithmetic."""
    levels = (Level("98", Decimal(4)), Level("95,5", Decimal(3)))
    assert points(leaf(Rule.STEPS, 4, levels=levels, measure=Measure.PERCENT), Decimal(figure)) == expected


def test_a_bound_of_many_decimals_is_reached_by_a_figure_like_it() -> None:
    levels = (Level("66.66666666667", Decimal(4)), Level("33.33333333333", Decimal(2)))
    stepped = leaf(Rule.STEPS, 4, levels=levels)
    figures = ("66.66666666667", "66.6666666666", "33.33333333333", "33.3333333332")
    assert [points(stepped, Decimal(figure)) for figure in figures] == [4, 2, 2, 0]


def test_steps_of_a_percentage_take_98_for_98_percent() -> None:
    stepped = leaf(Rule.STEPS, 4, levels=LEVELS, measure=Measure.PERCENT)
    answers = [Decimal("97.99"), Decimal(98), Decimal("0.98")]
    assert [points(stepped, answer) for answer in answers] == [Decimal(3), Decimal(4), Decimal(0)]


def test_points_of_a_leaf_are_rounded_once_and_half_up() -> None:
    ratio = leaf(Rule.RATIO, 10)
    assert str(points(ratio, Decimal(1), Decimal(8), 2)) == "1.25"
    assert str(points(ratio, Decimal(1), Decimal(8), 1)) == "1.3"
    assert str(points(ratio, Decimal(2), Decimal(3), 2)) == "6.67"


# ---------------------------------------------------------------- laws of all rules that measure

MEASURING = {
    "ratio": leaf(Rule.RATIO, measure=Measure.PERCENT),
    "target": leaf(Rule.TARGET, target=Decimal(80), measure=Measure.PERCENT),
    "target-number": leaf(Rule.TARGET, target=Decimal("33.3"), measure=Measure.NUMBER),
    "steps": leaf(Rule.STEPS, levels=steps(Decimal(10), [Decimal(20), Decimal("50.5"), Decimal(99)])),
    "count": leaf(Rule.COUNT, per_item=Decimal("0.3")),
    "relative": leaf(Rule.RELATIVE),
}


@pytest.mark.parametrize("of", MEASURING.values(), ids=MEASURING)
@given(st.tuples(percents, percents), places)
def test_more_is_never_worth_less_and_points_stay_within_the_maximum(
    of: Criterion, figures: tuple[Decimal, Decimal], decimals: int
) -> None:
    less, more = (leaf_points(of, Answer(first=f), decimals, Fraction(100)) for f in sorted(figures))
    assert less is not None
    assert more is not None
    assert 0 <= less <= more <= 10


@pytest.mark.parametrize("measure", [Measure.NUMBER, Measure.PERCENT])
@given(figures)
def test_what_is_typed_is_measured_as_it_is(measure: Measure, figure: Decimal) -> None:
    assert measured(leaf(Rule.STEPS, measure=measure), Answer(first=figure)) == figure


# ---------------------------------------------------------------- zero denominators

ZEROES = [(ZeroRule.NOT_ASSESSED, None), (ZeroRule.FULL, Decimal(10)), (ZeroRule.ZERO, Decimal(0))]
DIVIDING = {
    "ratio": leaf(Rule.RATIO),
    "target": leaf(Rule.TARGET, target=Decimal(80)),
    "steps": leaf(Rule.STEPS, levels=LEVELS, measure=Measure.RATIO),
    "relative": leaf(Rule.RELATIVE, measure=Measure.RATIO),
}


@pytest.mark.parametrize(("on_zero", "expected"), ZEROES, ids=[z for z, _ in ZEROES])
@pytest.mark.parametrize("rule", DIVIDING)
def test_a_zero_denominator_is_worth_what_the_leaf_says(rule: str, on_zero: ZeroRule, expected: Decimal | None) -> None:
    fields = {name: getattr(DIVIDING[rule], name) for name in ("target", "levels", "measure")}
    dividing = leaf(DIVIDING[rule].rule or Rule.RATIO, on_zero=on_zero, **fields)
    nothing = Answer(first=Decimal(0), second=Decimal(0))
    assert measured(dividing, nothing) is None
    assert leaf_points(dividing, nothing, 2, Fraction(50)) == expected


@pytest.mark.parametrize(("on_zero", "expected"), ZEROES, ids=[z for z, _ in ZEROES])
def test_a_best_of_zero_is_a_zero_denominator(on_zero: ZeroRule, expected: Decimal | None) -> None:
    relative = leaf(Rule.RELATIVE, on_zero=on_zero)
    assert leaf_points(relative, Answer(first=Decimal(0)), 2, Fraction(0)) == expected


# ---------------------------------------------------------------- bonus and penalty


@given(st.integers(0, 100), places)
def test_a_penalty_takes_off_what_a_bonus_adds(count: int, decimals: int) -> None:
    bonus, penalty = (leaf(Rule.COUNT, per_item=Decimal("0.35"), extra=extra) for extra in Extra)
    given_points = points(bonus, Decimal(count), decimals=decimals)
    assert points(penalty, Decimal(count), decimals=decimals) == -given_points
    assert 0 <= given_points <= 10


@pytest.mark.parametrize("answer", [Answer(score=Decimal(0)), Answer(score=Decimal("0.00"))], ids=str)
def test_a_penalty_of_nothing_has_no_sign(answer: Answer) -> None:
    assert not str(leaf_points(leaf(Rule.POINTS, extra=Extra.PENALTY), answer, 2)).startswith("-")


# ---------------------------------------------------------------- what is not complete is never scored

INCOMPLETE = {
    "no-score": (leaf(Rule.POINTS), Answer()),
    "nothing-given": (leaf(Rule.GIVEN), Answer()),
    "no-word": (leaf(Rule.YES_NO), Answer(first=Decimal(1))),
    "no-case": (leaf(Rule.CASES, levels=LEVELS), Answer()),
    "no-a": (leaf(Rule.RATIO), Answer(second=Decimal(1))),
    "no-b": (leaf(Rule.RATIO), Answer(first=Decimal(1))),
    "text-for-a-number": (leaf(Rule.COUNT, per_item=Decimal(1)), Answer(first="x")),
    "no-best": (leaf(Rule.RELATIVE), Answer(first=Decimal(1))),
    "no-rule": (criterion("a"), Answer(score=Decimal(1))),
}


@pytest.mark.parametrize("case", INCOMPLETE)
def test_an_incomplete_answer_is_a_broken_program(case: str) -> None:
    of, answer = INCOMPLETE[case]
    with pytest.raises(ValueError, match="for a"):
        leaf_points(of, answer, 2)
