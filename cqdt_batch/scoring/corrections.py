"""The corrections register: applied last, in its order, and only where the old points are what stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import pandas as pd

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.records import Correction
from cqdt_batch.findings import Fact, Finding, Term, error, warning
from cqdt_batch.scoring.points import Corrected, by_criterion


@dataclass(frozen=True, kw_only=True, slots=True)
class Register:
    """What came of the register: the `points` it gives, the entries that are `applied`, and what was found.

    An entry whose old points are not what stands is an error: its unit waits until somebody has looked.
    """

    points: Corrected = field(default_factory=dict)
    applied: tuple[Correction, ...] = ()
    findings: tuple[Finding, ...] = ()


def settle(assessment: Assessment, points: Mapping[str, pd.DataFrame], layout: Layout) -> Register:
    """Walk the register on the exact points of each block (frames of `scoring.points`) as they stand without it.

    Later entries for one leaf build on earlier ones; where one of these was wrong, they are held against what it says.
    """
    exact = {block: by_criterion(frame) for block, frame in points.items()}
    standing: dict[tuple[str, str], Decimal | None] = {}
    applied: list[Correction] = []
    findings: list[Finding] = []
    for entry in assessment.corrections:
        block = assessment.unit_by_code[entry.unit].block
        if entry.unit not in points[block].index:
            findings.append(_told(assessment, entry, layout))
            continue
        key = entry.unit, entry.criterion
        stands = standing.get(key, exact[block][entry.criterion][entry.unit])
        standing[key] = entry.new
        if stands == entry.old:
            applied.append(entry)
        else:
            findings.append(_differs(assessment, entry, stands, layout))
    return Register(points=standing, applied=tuple(applied), findings=tuple(findings))


def _told(assessment: Assessment, entry: Correction, layout: Layout) -> Finding:
    where = layout.at("corrections", entry.row, "unit")
    facts: dict[str, Fact] = {"name": assessment.unit_by_code[entry.unit].name, "code": entry.criterion}
    return warning("correction_idle", where, entry.unit, **facts)


def _differs(assessment: Assessment, entry: Correction, stands: Decimal | None, layout: Layout) -> Finding:
    unit = assessment.unit_by_code[entry.unit]
    label = assessment.trees[unit.block].by_code[entry.criterion].label
    facts: dict[str, Fact] = {
        "name": unit.name,
        "code": entry.criterion,
        "label": label,
        "old": _shown(entry.old),
        "stands": _shown(stands),
    }
    return error("correction_old_differs", layout.at("corrections", entry.row, "old"), entry.unit, **facts)


def _shown(points: Decimal | None) -> Fact:
    return Term("not_assessed") if points is None else points
