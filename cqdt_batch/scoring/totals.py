"""Hold our exact sums against those that the unit's own Excel had calculated in the form: the second witness."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.findings import Finding, warning
from cqdt_batch.intake.submissions import Submission


def differing_totals(
    assessment: Assessment, submissions: Iterable[Submission], points: Mapping[str, pd.DataFrame]
) -> Iterator[Finding]:
    """Warn where a sum in a form is not the sum of the scores that were read from it.

    Only the lowest of several sums is told: those above it differ for the same reason. Sums differ where they are
    apart by half a unit of the last decimal that a score may have; binary dust is smaller.
    """
    for submission in submissions:
        unit = assessment.unit_by_code[submission.unit]
        least = Decimal(1).scaleb(-assessment.block_by_code[unit.block].input_decimals) / 2
        children = assessment.trees[unit.block].children
        exact: dict[Any, Decimal] = points[unit.block].loc[submission.unit].to_dict()
        differing = {code for code, total in submission.totals.items() if abs(total.value - exact[code]) >= least}
        for code in sorted(differing):
            if not any(child.code in differing for child in children[code]):
                total = submission.totals[code]
                facts: dict[str, str | Decimal] = {"code": code, "found": total.value, "sum": exact[code]}
                yield warning("total_differs", total.where, submission.unit, **facts)
