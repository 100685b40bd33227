"""The whole way from an intake to figures: what every unit's state is, its points, and the ranked tables."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import pandas as pd

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.loading import Definition
from cqdt_batch.definition.records import Unit
from cqdt_batch.findings import Finding, Severity, Where, error, in_order
from cqdt_batch.intake.collecting import Intake
from cqdt_batch.intake.rivals import FileState
from cqdt_batch.intake.submissions import Submission
from cqdt_batch.scoring.points import score
from cqdt_batch.scoring.ranking import RankedTable, rank_table
from cqdt_batch.scoring.totals import differing_totals
from cqdt_batch.scoring.validation import validate


class UnitState(StrEnum):
    """What became of a unit of the register; only what is scored is published, with a rank or without."""

    RANKED = "ranked"
    NOT_RANKED = "not_ranked"
    WITH_ERRORS = "with_errors"
    MISSING = "missing"


SCORED = frozenset({UnitState.RANKED, UnitState.NOT_RANKED})
"""The states of units whose figures stand in the annex."""


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
        return any(state not in SCORED for state in self.states.values())

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
    received = {submission.unit for submission in intake.submissions}
    faulty = {finding.unit for finding in read if finding.severity is Severity.ERROR}
    complete = [s for s in intake.submissions if s.unit not in faulty]
    points = {block.code: score(assessment, block.code, complete) for block in assessment.blocks}
    tables = tuple(rank_table(assessment, table, points[table.block]) for table in assessment.tables)
    ranked = _ranked(assessment, tables)
    missing = (_absent(unit, intake, inbox) for unit in assessment.units if unit.code not in received | faulty)
    outcome = Outcome(
        assessment=assessment,
        intake=intake,
        findings=in_order((*_once(read), *differing_totals(assessment, complete, points), *missing)),
        states={unit.code: _state(unit.code, received, faulty, ranked) for unit in assessment.units},
        points=points,
        tables=tables,
    )
    _check_conservation(outcome)
    return outcome


def _absent(unit: Unit, intake: Intake, inbox: str) -> Finding:
    """Say that a unit has no form, or that all it sent was the form of another round."""
    other = tuple(e.name for e in intake.files for f in e.findings if f.facts.get("sender") == unit.code)
    if other:
        return error("unit_sent_unusable", Where(file=inbox), unit.code, unit=unit.name, files=other)
    return error("unit_missing", Where(file=inbox), unit.code, unit=unit.name)


def _ranked(assessment: Assessment, tables: Iterable[RankedTable]) -> frozenset[str]:
    """The units that have a rank in a table of the composite index; in any, where the annex has no such table."""
    read = tuple(tables)
    overall = [t for t in read if t.table.criterion == assessment.trees[t.table.block].root.code]
    blocks = {ranked.table.block for ranked in overall}
    counted = (*overall, *(ranked for ranked in read if ranked.table.block not in blocks))
    standings = (standing for table in counted for section in table.sections for standing in section.standings)
    return frozenset(standing.unit.code for standing in standings if standing.rank is not None)


def _state(unit: str, received: Container[str], faulty: Container[str], ranked: Container[str]) -> UnitState:
    if unit in faulty:
        return UnitState.WITH_ERRORS
    if unit not in received:
        return UnitState.MISSING
    return UnitState.RANKED if unit in ranked else UnitState.NOT_RANKED


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Say how a cell was read only where nothing is wrong with it: one finding a cause."""
    read = tuple(findings)
    wrong = {finding.where for finding in read if finding.severity is Severity.ERROR and finding.where.cell}
    yield from (f for f in read if f.severity is not Severity.NOTICE or f.where not in wrong)


def _check_conservation(outcome: Outcome) -> None:
    """Nothing is lost and nothing counts twice: the laws that hold on every run, or the program is broken.

    Every unit of the register has one state and stands in the figures of its block exactly if it is scored; every
    accepted file is the one submission of its unit; every entry of the folder, and every file that one carries, has
    one state.
    """
    scored = sorted(unit for unit, state in outcome.states.items() if state in SCORED)
    figures = sorted(unit for frame in outcome.points.values() for unit in frame.index)
    accepted = sorted(entry.unit for entry in outcome.intake.files if entry.state is FileState.ACCEPTED)
    if list(outcome.states) != [unit.code for unit in outcome.assessment.units] or scored != figures:
        raise RuntimeError("a unit was lost or counted twice")
    files = outcome.intake.files
    if accepted != sorted(outcome.submission_of) or len(files) != outcome.intake.listed + sum(f.carries for f in files):
        raise RuntimeError("a file was lost or counted twice")
