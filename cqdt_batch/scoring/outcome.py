"""The whole way from an intake to figures: what every unit's state is, its points, and the ranked tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import pandas as pd

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.loading import Definition
from cqdt_batch.findings import Finding, Severity, Where, error, in_order
from cqdt_batch.intake.collecting import Intake
from cqdt_batch.intake.submissions import Submission
from cqdt_batch.scoring.points import score
from cqdt_batch.scoring.ranking import RankedTable, rank_table
from cqdt_batch.scoring.validation import validate


class UnitState(StrEnum):
    """What became of a unit of the register; only a complete one is scored and published."""

    COMPLETE = "complete"
    WITH_ERRORS = "with_errors"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Everything known about a round after intake, validation, scoring and ranking.

    `points` holds for each block the frame of `points.score`; `states` is in register order.
    """

    assessment: Assessment
    intake: Intake
    findings: tuple[Finding, ...]
    states: Mapping[str, UnitState]
    points: Mapping[str, pd.DataFrame]
    tables: tuple[RankedTable, ...]

    @property
    def is_draft(self) -> bool:
        """Tell whether any unit is missing from the tables: such an annex is not for signing."""
        return any(state is not UnitState.COMPLETE for state in self.states.values())

    @cached_property
    def submission_of(self) -> dict[str, Submission]:
        """The accepted submission of each unit that has one."""
        return {submission.unit: submission for submission in self.intake.submissions}


def evaluate(definition: Definition, intake: Intake, inbox: str) -> Outcome:
    """Validate, score and rank what was taken in. `inbox` is the folder's name for findings about absent files."""
    assessment = definition.assessment
    if assessment is None:
        raise ValueError("a definition with errors cannot be evaluated")
    read = (*definition.findings, *intake.findings, *validate(assessment, intake.submissions))
    states = _states(assessment, intake, read)
    missing = (
        error("unit_missing", Where(file=inbox), unit.code, unit=unit.name)
        for unit in assessment.units
        if states[unit.code] is UnitState.MISSING
    )
    complete = [s for s in intake.submissions if states[s.unit] is UnitState.COMPLETE]
    points = {block.code: score(assessment, block.code, complete) for block in assessment.blocks}
    return Outcome(
        assessment=assessment,
        intake=intake,
        findings=in_order((*read, *missing)),
        states=states,
        points=points,
        tables=tuple(rank_table(assessment, table, points[table.block]) for table in assessment.tables),
    )


def _states(assessment: Assessment, intake: Intake, findings: tuple[Finding, ...]) -> dict[str, UnitState]:
    errors = Counter(finding.unit for finding in findings if finding.severity is Severity.ERROR)
    received = {submission.unit for submission in intake.submissions}
    return {unit.code: _state(unit.code in received, errors[unit.code]) for unit in assessment.units}


def _state(received: bool, errors: int) -> UnitState:
    if errors:
        return UnitState.WITH_ERRORS
    return UnitState.COMPLETE if received else UnitState.MISSING
