"""Points of every unit on every criterion: typed at the leaves, summed exactly up the tree."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from cqdt_batch.definition.assessment import Assessment, CriteriaTree
from cqdt_batch.definition.records import Criterion, Rule
from cqdt_batch.intake.submissions import Submission


def typed_points(typed: Decimal) -> Decimal:
    """Rule "points": the unit's own figure."""
    return typed


LEAF_RULES: Mapping[Rule, Callable[[Decimal], Decimal]] = {Rule.POINTS: typed_points}
"""How the input of a leaf becomes its points, by rule."""


def score(assessment: Assessment, block: str, submissions: Iterable[Submission]) -> pd.DataFrame:
    """Compute the exact points of a block: a row a unit in register order, a column a criterion, parents first.

    Values are decimals. None is "not assessed", which is neither zero nor blank: it adds nothing, and a
    criterion none of whose leaves is assessed is itself not assessed.
    """
    tree = assessment.trees[block]
    typed = {submission.unit: submission for submission in submissions}
    units = [unit for unit in assessment.units_of(block) if unit.code in typed]
    leaves = tree.leaves(tree.root.code)
    columns: dict[str, pd.Series[Any]] = {
        leaf.code: pd.Series([_leaf_points(typed[u.code], leaf) for u in units], dtype=object) for leaf in leaves
    }
    for criterion in reversed(tuple(tree.below(tree.root.code))):
        if not tree.is_leaf(criterion.code):
            columns[criterion.code] = _sum(tree, criterion, columns)
    frame = pd.DataFrame({c.code: columns[c.code] for c in tree.below(tree.root.code)}, dtype=object)
    return frame.set_axis([unit.code for unit in units], axis="index")


def _leaf_points(submission: Submission, leaf: Criterion) -> Decimal | None:
    found = submission.scores.get(leaf.code)
    if found is None or not isinstance(found.value, Decimal) or leaf.rule is None:
        return None
    return LEAF_RULES[leaf.rule](found.value)


def _sum(tree: CriteriaTree, criterion: Criterion, columns: dict[str, pd.Series[Any]]) -> pd.Series[Any]:
    children = [columns[child.code] for child in tree.children[criterion.code]]
    nothing: Any = Decimal(0)
    total = functools.reduce(operator.add, (child.fillna(nothing) for child in children))
    return total.where(functools.reduce(operator.or_, (child.notna() for child in children)), None)
