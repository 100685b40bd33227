"""Points of every unit on every criterion: by rule at the leaves, gathered exactly up the tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias

import pandas as pd

from cqdt_batch.definition.assessment import Assessment, CriteriaTree
from cqdt_batch.definition.records import Aggregation, Criterion, Rule, Summing, Unit
from cqdt_batch.intake.submissions import InputKind, Submission
from cqdt_batch.rounding import published
from cqdt_batch.scoring.rules import Answer, leaf_points, measured

Points: TypeAlias = "list[Decimal | None]"
"""The points of several units on one criterion; None is "not assessed"."""


Corrected: TypeAlias = "Mapping[tuple[str, str], Decimal | None]"
"""The points that the corrections register gives a unit on a leaf."""

_AS_SCORED: Corrected = {}


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
    decimals = assessment.block_by_code[block].input_decimals
    rounded = frozenset[str]() if summing is Summing.EXACT else assessment.rounded_parts[block]
    columns: dict[str, Points] = {}
    for criterion in reversed(tree.below(tree.root.code)):
        if tree.is_leaf(criterion.code):
            answers = [answer_to(assessment, unit, sent[unit.code], criterion) for unit in units]
            points = _corrected(criterion, units, _leaf_points(criterion, answers, decimals), corrected)
        else:
            points = _gathered(tree, criterion, columns, decimals)
        is_rounded = criterion.code in rounded
        columns[criterion.code] = _rounded(points, assessment.block_by_code[block].decimals) if is_rounded else points
    ordered = {criterion.code: columns[criterion.code] for criterion in tree.below(tree.root.code)}
    return pd.DataFrame(ordered, index=[unit.code for unit in units], dtype=object)


def by_criterion(frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """The cells of a frame of this module by criterion and unit: read one by one, these are a hundred times faster."""
    units = frame.index.tolist()
    return {str(code): dict(zip(units, column.tolist(), strict=True)) for code, column in frame.items()}


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
    if leaf.rule in (Rule.POINTS, Rule.GIVEN):
        typed = values.get((leaf.code, InputKind.SCORE))
        return Answer(score=typed) if isinstance(typed, Decimal) else Answer()
    first, second = values.get((leaf.code, InputKind.FIRST)), values.get((leaf.code, InputKind.SECOND))
    return Answer(first=first, second=second if isinstance(second, Decimal) else None)


def _rounded(points: Points, decimals: int) -> Points:
    """Round printed parts before they are added, where the block says so."""
    return [None if one is None else published(one, decimals) for one in points]


def _leaf_points(leaf: Criterion, answers: Sequence[Answer | None], decimals: int) -> Points:
    best = _best(leaf, answers) if leaf.rule is Rule.RELATIVE else None
    return [None if answer is None else leaf_points(leaf, answer, decimals, best) for answer in answers]


def _best(leaf: Criterion, answers: Iterable[Answer | None]) -> Fraction:
    """The highest figure in the block; zero where nobody has one."""
    figures = (measured(leaf, answer) for answer in answers if answer is not None)
    return max((figure for figure in figures if figure is not None), default=Fraction(0))


def _gathered(tree: CriteriaTree, criterion: Criterion, columns: Mapping[str, Points], decimals: int) -> Points:
    children = tree.children[criterion.code]
    weights = [child.weight or Decimal(0) for child in children]
    rows = zip(*(columns[child.code] for child in children), strict=True)
    return [aggregate(criterion.aggregation, row, weights, decimals) for row in rows]


def aggregate(
    how: Aggregation, points: Sequence[Decimal | None], weights: Sequence[Decimal], decimals: int
) -> Decimal | None:
    """Gather the points of children: their sum, the highest, or their weighted mean, rounded once to `decimals`.

    Children that are not assessed drop out with their weights; where all are, so is the parent.
    """
    assessed = [(child, weight) for child, weight in zip(points, weights, strict=True) if child is not None]
    if not assessed:
        return None
    if how is Aggregation.BEST:
        return max(child for child, _ in assessed)
    if how is Aggregation.MEAN:
        weighted = sum((Fraction(child) * Fraction(weight) for child, weight in assessed), Fraction(0))
        return published(weighted / sum(Fraction(weight) for _, weight in assessed), decimals)
    return sum((child for child, _ in assessed), Decimal(0))


def applicable(tree: CriteriaTree, points: pd.DataFrame) -> pd.DataFrame:
    """The applicable maximum of every unit on every criterion: what it could have had where it is assessed.

    `points` is the frame of `score`; the result has its shape.
    """
    leaves = [leaf.code for leaf in tree.leaves(tree.root.code)]
    codes = list(points.columns)

    @cache
    def maxima(pattern: bytes) -> list[Decimal]:
        missing = frozenset(leaf for leaf, is_missing in zip(leaves, pattern, strict=True) if is_missing)
        return [tree.maximum(code, missing) for code in codes]

    patterns = (row.tobytes() for row in points[leaves].isna().to_numpy())
    return pd.DataFrame([maxima(pattern) for pattern in patterns], index=points.index, columns=codes, dtype=object)
