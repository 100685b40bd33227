"""Points of every unit on every criterion: by rule at the leaves, gathered exactly up the tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import compress, repeat
from operator import is_
from typing import Any, NamedTuple, NoReturn, TypeAlias

import pandas as pd

from cqdt_batch.definition.assessment import Assessment, CriteriaTree
from cqdt_batch.definition.records import Aggregation, Criterion, Rule, Summing, Unit
from cqdt_batch.intake.submissions import InputKind, Submission, values_of
from cqdt_batch.rounding import published
from cqdt_batch.scoring.rules import Answer, leaf_points, measured

Points: TypeAlias = "list[Decimal | None]"
"""The points of several units on one criterion; None is "not assessed"."""


Corrected: TypeAlias = "Mapping[tuple[str, str], Decimal | None]"
"""The points that the corrections register gives a unit on a leaf."""

_AS_SCORED: Corrected = {}
_NOTHING = Decimal(0)

_TYPED = frozenset({Rule.POINTS, Rule.GIVEN})
"""The rules of points that somebody types: these keep the zeros at their end."""


def score(
    assessment: Assessment,
    block: str,
    submissions: Iterable[Submission],
    corrected: Corrected = _AS_SCORED,
    *,
    summing: Summing | None = None,
) -> pd.DataFrame:
    """Compute the exact points of a block: a row a unit in register order, a column a criterion, parents first.

    Values are decimals. None is "not assessed", which is neither zero nor blank: it adds nothing, and a
    criterion none of whose leaves is assessed is itself not assessed. `summing` is that of the block unless told.
    """
    tree = assessment.trees[block]
    sent = {submission.unit: submission for submission in submissions}
    units = [unit for unit in assessment.units_of(block) if unit.code in sent]
    asked = [_Asked(unit, assessment.not_assessed(unit), sent[unit.code]) for unit in units]
    decimals = assessment.block_by_code[block].input_decimals
    rounded = frozenset[str]() if summing is Summing.EXACT else assessment.rounded_parts[block]
    typed = _typed_points(tree.leaves(tree.root.code), asked)
    columns: dict[str, Points] = {}
    for criterion in reversed(tree.below(tree.root.code)):
        if tree.is_leaf(criterion.code):
            own = typed.get(criterion.code) or _leaf_points(assessment, criterion, asked, decimals)
            points = _corrected(criterion, units, own, corrected)
        else:
            points = _gathered(tree, criterion, columns, decimals)
        is_rounded = criterion.code in rounded
        columns[criterion.code] = _rounded(points, assessment.block_by_code[block].decimals) if is_rounded else points
    ordered = {criterion.code: columns[criterion.code] for criterion in tree.below(tree.root.code)}
    return pd.DataFrame(ordered, index=[unit.code for unit in units], dtype=object)


class _Asked(NamedTuple):
    """A unit, the criteria that it is not assessed on, and what it handed in."""

    unit: Unit
    exempt: frozenset[str]
    submission: Submission


def by_criterion(frame: pd.DataFrame) -> Mapping[str, dict[str, Any]]:
    """The cells of a frame of this module by criterion and unit: read one by one, these are a hundred times faster.

    A criterion that nobody asks for costs nothing.
    """
    return _ByCriterion(frame)


class _ByCriterion(Mapping[str, dict[str, Any]]):
    """The columns of a frame, each read when somebody asks for it."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame
        self._found: dict[str, dict[str, Any]] = {}

    def __getitem__(self, code: str) -> dict[str, Any]:
        if code not in self._found:
            self._found[code] = dict(zip(self._frame.index.tolist(), self._frame[code].tolist(), strict=True))
        return self._found[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._frame.columns)

    def __len__(self) -> int:
        return len(self._frame.columns)


def _corrected(leaf: Criterion, units: Iterable[Unit], points: Points, corrected: Corrected) -> Points:
    if not corrected:
        return points
    return [corrected.get((unit.code, leaf.code), one) for unit, one in zip(units, points, strict=True)]


def answer_to(assessment: Assessment, unit: Unit, submission: Submission, leaf: Criterion) -> Answer | None:
    """What counts of a unit on a leaf, typed, verified or given; None where it is not assessed on it."""
    if leaf.code in assessment.not_assessed(unit):
        return None
    answer = answer_of(leaf, submission.values)
    if leaf.rule is Rule.GIVEN and answer.score is None:
        return Answer(score=assessment.given_points[unit.code, leaf.code].points)
    return answer


def answer_of(leaf: Criterion, values: Mapping[tuple[str, InputKind], Decimal | str | None]) -> Answer:
    """Gather the inputs that the rule of a leaf looks at; what is missing or no number stays None."""
    if leaf.rule in _TYPED:
        typed = values.get((leaf.code, InputKind.SCORE))
        return Answer(score=typed) if isinstance(typed, Decimal) else Answer()
    first, second = values.get((leaf.code, InputKind.FIRST)), values.get((leaf.code, InputKind.SECOND))
    return Answer(first=first, second=second if isinstance(second, Decimal) else None)


def _rounded(points: Points, decimals: int) -> Points:
    """Round printed parts before they are added, where the block says so."""
    return [None if one is None else published(one, decimals) for one in points]


def _leaf_points(assessment: Assessment, leaf: Criterion, asked: Sequence[_Asked], decimals: int) -> Points:
    """The points of several units on a leaf; computed ones of equal answers are worked out once."""
    given = [answer_to(assessment, one.unit, one.submission, leaf) for one in asked]
    best = _best(leaf, given) if leaf.rule is Rule.RELATIVE else None

    def points(answer: Answer) -> Decimal | None:
        return leaf_points(leaf, answer, decimals, best)

    points_of = points if leaf.rule in _TYPED else cache(points)
    return [None if answer is None else points_of(answer) for answer in given]


def _typed_points(leaves: Iterable[Criterion], asked: Sequence[_Asked]) -> dict[str, Points]:
    """The points of several units on the leaves where what they typed is what it is: all but bonuses and penalties."""
    codes = [leaf.code for leaf in leaves if leaf.rule is Rule.POINTS and not leaf.extra]
    rows = values_of((one.submission for one in asked), [(code, InputKind.SCORE) for code in codes])
    exempt = [one.exempt for one in asked]
    return {
        code: [
            None if code in but else said if isinstance(said, Decimal) else _lacking(code)
            for but, said in zip(exempt, column, strict=True)
        ]
        for code, column in zip(codes, zip(*rows, strict=True), strict=bool(asked))
    }


def _lacking(code: str) -> NoReturn:
    raise ValueError(f"no points for {code}")


def _best(leaf: Criterion, answers: Iterable[Answer | None]) -> Fraction:
    """The highest figure in the block; zero where nobody has one."""
    figures = (measured(leaf, answer) for answer in answers if answer is not None)
    return max((figure for figure in figures if figure is not None), default=Fraction(0))


def _gathered(tree: CriteriaTree, criterion: Criterion, columns: Mapping[str, Points], decimals: int) -> Points:
    children = tree.children[criterion.code]
    weights = [child.weight or Decimal(0) for child in children]
    gathered = [columns[child.code] for child in children]
    rows = zip(*gathered, strict=True)
    if criterion.aggregation is Aggregation.SUM and not any(map(_has_gaps, gathered)):
        return [sum(row, _NOTHING) for row in rows]
    return [aggregate(criterion.aggregation, row, weights, decimals) for row in rows]


def _has_gaps(points: Points) -> bool:
    """Tell whether a unit is not assessed; to compare decimals with None would take ten times as long."""
    return any(map(is_, points, repeat(None)))


def aggregate(
    how: Aggregation, points: Sequence[Decimal | None], weights: Sequence[Decimal], decimals: int
) -> Decimal | None:
    """Gather the points of children: their sum, the highest, or their weighted mean, rounded once to `decimals`.

    Children that are not assessed drop out with their weights; where all are, so is the parent.
    """
    assessed = [child for child in points if child is not None]
    if not assessed:
        return None
    match how:
        case Aggregation.BEST:
            return max(assessed)
        case Aggregation.MEAN:
            return published(_mean(points, weights), decimals)
    return sum(assessed, _NOTHING)


def _mean(points: Sequence[Decimal | None], weights: Sequence[Decimal]) -> Fraction:
    """The weighted mean of what is assessed."""
    pairs = zip(points, weights, strict=True)
    assessed = [(Fraction(child), Fraction(weight)) for child, weight in pairs if child is not None]
    return sum((child * weight for child, weight in assessed), Fraction(0)) / sum(weight for _, weight in assessed)


def applicable(tree: CriteriaTree, points: pd.DataFrame) -> pd.DataFrame:
    """The applicable maximum of every unit on every criterion: what it could have had where it is assessed.

    `points` is the frame of `score`; the result has its shape.
    """
    codes = list(points.columns)
    gaps = without_points(points, tree.leaves(tree.root.code))

    @cache
    def maxima(missing: frozenset[str]) -> list[Decimal]:
        return [tree.maximum(code, missing) for code in codes]

    rows = [maxima(gaps.get(unit, _NO_GAPS)) for unit in points.index.tolist()]
    return pd.DataFrame(rows, index=points.index, columns=codes, dtype=object)


_NO_GAPS = frozenset[str]()


def without_points(points: pd.DataFrame, leaves: Iterable[Criterion]) -> dict[str, frozenset[str]]:
    """Those of some leaves that a unit has no points on, for every unit with any.

    `points` is the frame of `score`.
    """
    units = points.index.tolist()
    found: dict[str, set[str]] = {}
    for leaf in leaves:
        absent = map(is_, points[leaf.code].tolist(), repeat(None))  # pandas would ask each decimal if it is a number
        for unit in compress(units, absent):
            found.setdefault(unit, set()).add(leaf.code)
    return {unit: frozenset(codes) for unit, codes in found.items()}
