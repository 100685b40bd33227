"""Hold our points against those that the unit's own Excel had calculated in the form: the second witness."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from cqdt_batch.definition.assessment import Assessment, CriteriaTree
from cqdt_batch.definition.records import Criterion, Rule
from cqdt_batch.findings import Fact, Finding, Term, warning
from cqdt_batch.intake.submissions import Submission, Total
from cqdt_batch.rounding import trimmed

_KNOWN_LATER = frozenset({Rule.RELATIVE, Rule.GIVEN})
"""The rules of leaves whose points a form cannot know."""


def differing_totals(
    assessment: Assessment, submissions: Iterable[Submission], points: Mapping[str, pd.DataFrame]
) -> Iterator[Finding]:
    """Warn where the points that a form shows are not those of the answers that were read from it.

    Only the lowest of several differing criteria is told: those above it differ for the same reason. Points differ
    where they are apart by half a unit of the last decimal that a score may have; binary dust is smaller. What comes
    from points that a form cannot know is not compared, nor are units that are not scored.
    """
    for submission in submissions:
        unit = assessment.unit_by_code[submission.unit]
        if submission.unit not in points[unit.block].index:
            continue
        tree = assessment.trees[unit.block]
        least = Decimal(1).scaleb(-assessment.block_by_code[unit.block].input_decimals) / 2
        exact: dict[Any, Decimal | None] = points[unit.block].loc[submission.unit].to_dict()
        differing = {
            code: total
            for code, total in submission.totals.items()
            if _is_known(tree, code) and _differs(total.value, exact[code], least)
        }
        for code in sorted(differing):
            if not any(child.code in differing for child in tree.children.get(code, ())):
                yield _told(tree.by_code[code], differing[code], exact[code], submission.unit)


def _is_known(tree: CriteriaTree, code: str) -> bool:
    return not any(leaf.rule in _KNOWN_LATER for leaf in tree.leaves(code))


def _differs(shown: Decimal, exact: Decimal | None, least: Decimal) -> bool:
    return exact is None or abs(shown - exact) >= least


def _told(criterion: Criterion, total: Total, exact: Decimal | None, unit: str) -> Finding:
    counted = Term("not_assessed") if exact is None else trimmed(exact)
    facts: dict[str, Fact] = {"code": criterion.code, "label": criterion.label, "found": total.value}
    if criterion.rule is None:
        return warning("total_differs", total.where, unit, **facts, sum=counted)
    return warning("points_differ", total.where, unit, **facts, points=counted)
