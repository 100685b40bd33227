"""Hold our points against those that the unit's own Excel had calculated in the form: the second witness."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

import pandas as pd

from cqdt_batch.definition.assessment import Assessment, CriteriaTree
from cqdt_batch.definition.records import Criterion, Rule
from cqdt_batch.findings import Fact, Finding, Term, warning
from cqdt_batch.intake.submissions import Submission, Total
from cqdt_batch.rounding import trimmed
from cqdt_batch.scoring.points import by_criterion

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
    exact = {block: by_criterion(frame) for block, frame in points.items()}
    known = {block: _known(assessment.trees[block]) for block in points}
    for submission in submissions:
        block = assessment.unit_by_code[submission.unit].block
        tree = assessment.trees[block]
        least = Decimal(1).scaleb(-assessment.block_by_code[block].input_decimals) / 2
        counted = {code: exact[block][code] for code in known[block].intersection(submission.totals)}
        differing = {
            code: points[submission.unit]
            for code, points in counted.items()
            if submission.unit in points and _differs(submission.totals[code].value, points[submission.unit], least)
        }
        for code in sorted(differing):
            if not any(child.code in differing for child in tree.children.get(code, ())):
                yield _told(tree.by_code[code], submission.totals[code], differing[code], submission.unit)


def _known(tree: CriteriaTree) -> frozenset[str]:
    """The criteria whose points a form can know."""
    return frozenset(c.code for c in tree.criteria if not any(one.rule in _KNOWN_LATER for one in tree.leaves(c.code)))


def _differs(shown: Decimal, exact: Decimal | None, least: Decimal) -> bool:
    return exact is None or abs(shown - exact) >= least


def _told(criterion: Criterion, total: Total, exact: Decimal | None, unit: str) -> Finding:
    counted = Term("not_assessed") if exact is None else trimmed(exact)
    facts: dict[str, Fact] = {"code": criterion.code, "label": criterion.label, "found": total.value}
    if criterion.rule is None:
        return warning("total_differs", total.where, unit, **facts, sum=counted)
    return warning("points_differ", total.where, unit, **facts, points=counted)
