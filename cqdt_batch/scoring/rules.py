"""The rules by which the inputs of a leaf become its points: each is one small function.

Arithmetic is exact: what is measured is a fraction, and the points of a leaf are rounded once, to the decimals that its
block gives to points of criteria. None is "not assessed".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from cqdt_batch.definition.records import Criterion, Extra, Level, Measure, Rule, ZeroRule
from cqdt_batch.definition.sheets import YesNo
from cqdt_batch.rounding import DUST, published


class Answer(NamedTuple):
    """What a unit typed for a leaf, complete and valid for the leaf's rule.

    `score` are typed or given points; `first` is a number, a yes or no, the name of a case, or the a of a/b; `second`
    is the b of a/b.
    """

    score: Decimal | None = None
    first: Decimal | str | None = None
    second: Decimal | None = None


def leaf_points(leaf: Criterion, answer: Answer, decimals: int, best: Fraction | None = None) -> Decimal | None:
    """The points of a leaf, rounded once to `decimals`; None where it turns out not to be assessed.

    `best` is the highest figure in the block, for leaves relative to the best unit. A penalty gives points below zero.
    ValueError where the answer is not complete.
    """
    exact = _exact_points(leaf, answer, best)
    if exact is None:
        return None
    points = exact if isinstance(exact, Decimal) else published(exact, decimals)
    return -points if leaf.extra is Extra.PENALTY and points else points


def _exact_points(leaf: Criterion, answer: Answer, best: Fraction | None) -> Decimal | Fraction | None:
    match leaf.rule:
        case Rule.POINTS | Rule.GIVEN if answer.score is not None:
            return answer.score
        case Rule.YES_NO if isinstance(answer.first, str):
            return yes_no_points(leaf, answer.first)
        case Rule.CASES if isinstance(answer.first, str):
            return case_points(leaf, answer.first)
        case Rule.RELATIVE if best is not None:
            figure = measured(leaf, answer)
            return zero_points(leaf) if figure is None or not best else relative_points(leaf, figure, best)
        case Rule.RATIO | Rule.TARGET | Rule.STEPS | Rule.COUNT:
            figure = measured(leaf, answer)
            return zero_points(leaf) if figure is None else _MEASURING[leaf.rule](leaf, figure)
    raise ValueError(f"no complete answer for {leaf.code}")


def measured(leaf: Criterion, answer: Answer) -> Fraction | None:
    """What is measured: the number itself, a percentage as 98 for 98 %, or a/b in percent; None where b is zero."""
    if not isinstance(answer.first, Decimal):
        raise ValueError(f"no number for {leaf.code}")  # noqa: TRY004 - the answer is incomplete, its type is right
    if leaf.measured is not Measure.RATIO:
        return Fraction(answer.first)
    if answer.second is None:
        raise ValueError(f"no second number for {leaf.code}")
    return Fraction(answer.first) * 100 / Fraction(answer.second) if answer.second else None


def maximum_of(leaf: Criterion) -> Decimal:
    """The most points a leaf can give."""
    return leaf.max_score or Decimal(0)


def zero_points(leaf: Criterion) -> Decimal | None:
    """What a leaf is worth where its denominator is zero; validation has refused it where that is an error."""
    if leaf.on_zero is ZeroRule.NOT_ASSESSED:
        return None
    return maximum_of(leaf) if leaf.on_zero is ZeroRule.FULL else Decimal(0)


def yes_no_points(leaf: Criterion, answer: str) -> Decimal:
    """Rule "yes or no": yes is the maximum, no is nothing."""
    return maximum_of(leaf) if answer == YesNo.YES else Decimal(0)


def case_points(leaf: Criterion, case: str) -> Decimal:
    """Rule "named case": what the case is worth."""
    return next(level.points for level in leaf.levels if level.name == case)


def ratio_points(leaf: Criterion, percent: Fraction) -> Fraction:
    """Rule "ratio": the share of the maximum."""
    return percent * Fraction(maximum_of(leaf)) / 100


def target_points(leaf: Criterion, figure: Fraction) -> Fraction:
    """Rule "against a target": the share of the target that is reached, of the maximum; more counts as all of it."""
    target = Fraction(leaf.target or 1)
    return min(figure, target) * Fraction(maximum_of(leaf)) / target


def step_points(leaf: Criterion, figure: Fraction) -> Decimal:
    """Rule "steps": the points of the highest step whose bound is reached; nothing below the lowest.

    A figure is compared as the formulas of forms and annex do it; validation tells of one that is lifted to a bound.
    """
    level = step_reached(leaf, as_compared(figure))
    return level.points if level else Decimal(0)


def step_reached(leaf: Criterion, figure: Fraction) -> Level | None:
    """The highest step of a leaf whose bound a figure reaches, if it reaches any."""
    return next((level for bound, level in _steps(leaf.levels) if bound <= figure), None)


@lru_cache(maxsize=1_024)
def _steps(levels: tuple[Level, ...]) -> tuple[tuple[Fraction, Level], ...]:
    """The steps of a leaf, highest first, each behind its bound as it is compared; once for all who are scored."""
    falling = sorted(levels, key=lambda level: level.bound, reverse=True)
    return tuple((as_compared(Fraction(level.bound)), level) for level in falling)


def as_compared(figure: Fraction) -> Fraction:
    """A figure, or a bound, at the decimals at which the two are compared."""
    return Fraction(published(figure, DUST))


def count_points(leaf: Criterion, count: Fraction) -> Fraction:
    """Rule "count times points": so many points an item, up to the maximum."""
    return min(count * Fraction(leaf.per_item or 0), Fraction(maximum_of(leaf)))


def relative_points(leaf: Criterion, figure: Fraction, best: Fraction) -> Fraction:
    """Rule "relative to the best unit": the share of the best unit's figure, of the maximum."""
    return figure * Fraction(maximum_of(leaf)) / best


_MEASURING: Mapping[Rule | None, Callable[[Criterion, Fraction], Decimal | Fraction]] = {
    Rule.RATIO: ratio_points,
    Rule.TARGET: target_points,
    Rule.STEPS: step_points,
    Rule.COUNT: count_points,
}
