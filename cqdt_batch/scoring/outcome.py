"""The whole way from an intake to figures: what every unit's state is, its points, and the ranked tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import groupby

import pandas as pd

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.loading import Definition
from cqdt_batch.definition.records import TieRule, Unit
from cqdt_batch.findings import Finding, Severity, Where, error, in_order, warning
from cqdt_batch.intake.collecting import Intake
from cqdt_batch.intake.rivals import FileState
from cqdt_batch.intake.submissions import Submission
from cqdt_batch.scoring.points import applicable, score
from cqdt_batch.scoring.ranking import RankedTable, RankList, rank_table
from cqdt_batch.scoring.totals import differing_totals
from cqdt_batch.scoring.validation import best_zeros, validate


class UnitState(StrEnum):
    """What became of a unit of the register; only what is scored is published, with a rank or without."""

    RANKED = "ranked"
    NOT_RANKED = "not_ranked"
    WITH_ERRORS = "with_errors"
    WAITING = "waiting"
    MISSING = "missing"
    LEFT_OUT = "left_out"


_NOT_ITS_FAULT = frozenset({"given_missing"})
"""Errors that keep a unit waiting for somebody else: its form is sound."""

SCORED = frozenset({UnitState.RANKED, UnitState.NOT_RANKED})
"""The states of units whose figures stand in the annex."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Everything known about a round after intake, validation, scoring and ranking.

    `points` and `applicable` hold for each block the frames of `scoring.points`; `states` is in register order.
    """

    assessment: Assessment
    intake: Intake
    findings: tuple[Finding, ...]
    states: Mapping[str, UnitState]
    points: Mapping[str, pd.DataFrame]
    applicable: Mapping[str, pd.DataFrame]
    tables: tuple[RankedTable, ...]

    @property
    def is_draft(self) -> bool:
        """Tell whether any unit is missing from the tables: such an annex is not for signing."""
        return any(state not in SCORED | {UnitState.LEFT_OUT} for state in self.states.values())

    @cached_property
    def submission_of(self) -> dict[str, Submission]:
        """The accepted submission of each unit that has one."""
        return {submission.unit: submission for submission in self.intake.submissions}


def evaluate(definition: Definition, intake: Intake, inbox: str) -> Outcome:
    """Validate, score and rank what was taken in. `inbox` is the folder's name for findings about absent files."""
    assessment = definition.assessment
    if assessment is None:
        raise ValueError("a definition with errors cannot be evaluated")
    read = (*definition.findings, *intake.findings, *validate(assessment, intake.submissions, definition.layout))
    received = {submission.unit for submission in intake.submissions}
    errors = [finding for finding in read if finding.severity is Severity.ERROR]
    faulty = {finding.unit for finding in errors if finding.code not in _NOT_ITS_FAULT}
    waiting = {finding.unit for finding in errors} - faulty
    scored = [s for s in intake.submissions if s.unit not in faulty | waiting]
    incomparable = tuple(best_zeros(assessment, scored))
    faulty |= {finding.unit for finding in incomparable}
    complete = [s for s in scored if s.unit not in faulty]
    points = {block.code: score(assessment, block.code, complete) for block in assessment.blocks}
    maxima = {block: applicable(assessment.trees[block], frame) for block, frame in points.items()}
    tables = tuple(rank_table(assessment, t, points[t.block], maxima[t.block]) for t in assessment.tables)
    missing = (_absent(u, intake, inbox) for u in assessment.asked_units if u.code not in received | faulty)
    outcome = Outcome(
        assessment=assessment,
        intake=intake,
        findings=in_order(
            (
                *_once((*read, *incomparable)),
                *differing_totals(assessment, complete, points),
                *missing,
                *_unsettled(tables, definition),
            )
        ),
        states=_states(assessment, received, faulty, waiting, _ranked(assessment, tables)),
        points=points,
        applicable=maxima,
        tables=tables,
    )
    _check_conservation(outcome)
    return outcome


def _unsettled(tables: Iterable[RankedTable], definition: Definition) -> Iterator[Finding]:
    """Tell what the definition leaves open: ties that no tie-break settles, and units nobody can rank."""
    for ranked in tables:
        layout, block = definition.layout, ranked.figures.block
        table = ranked.table.code
        for one in ranked.lists if block.ties is TieRule.ORDINAL else ():
            for units in _sharing(one):
                where = layout.at("blocks", block.row, "tie_breaks")
                yield warning("rank_still_shared", where, table=table, units=units)
        unranked = tuple(unit.printed_name for unit in _not_comparable(ranked))
        if unranked:
            where = layout.at("blocks", block.row, "treatment")
            yield warning("unit_not_comparable", where, table=table, units=unranked)


def _sharing(ranked: RankList) -> Iterator[tuple[str, ...]]:
    """The units of each rank that several have."""
    for _, run in groupby(zip(ranked.ranks, ranked.units, strict=True), key=lambda pair: pair[0]):
        units = tuple(unit.printed_name for _, unit in run)
        if len(units) > 1:
            yield units


def _not_comparable(ranked: RankedTable) -> Iterator[Unit]:
    """Units of ranked sections that turned out not to be assessed on everything: they stand last, without rank."""
    for section in ranked.sections:
        if section.ranking:
            yield from (s.unit for s in section.standings if not ranked.figures.is_comparable(s.unit))


def _absent(unit: Unit, intake: Intake, inbox: str) -> Finding:
    """Say that a unit has no form, or that all it sent was the form of another round."""
    other = tuple(e.name for e in intake.files for f in e.findings if f.facts.get("sender") == unit.code)
    if other:
        return error("unit_sent_unusable", Where(file=inbox), unit.code, unit=unit.name, files=other)
    return error("unit_missing", Where(file=inbox), unit.code, unit=unit.name)


def _ranked(assessment: Assessment, tables: Iterable[RankedTable]) -> frozenset[str]:
    """The units that have a rank in a table of the composite index; in any, where the annex has no such table."""
    read = tuple(tables)
    overall = [t for t in read if t.table.criterion == assessment.trees[t.table.block].root.code and t.lists]
    blocks = {ranked.table.block for ranked in overall}
    counted = (*overall, *(ranked for ranked in read if ranked.table.block not in blocks))
    return frozenset(unit.code for ranked in counted for one in ranked.lists for unit in one.units)


def _states(
    assessment: Assessment, received: set[str], faulty: set[str], waiting: set[str], ranked: frozenset[str]
) -> dict[str, UnitState]:
    """The state of every unit: the first that fits, in register order."""
    known = (
        (frozenset(unit.code for unit in assessment.units if assessment.is_left_out(unit)), UnitState.LEFT_OUT),
        (faulty, UnitState.WITH_ERRORS),
        (waiting, UnitState.WAITING),
        (ranked, UnitState.RANKED),
        (received, UnitState.NOT_RANKED),
    )
    return {
        unit.code: next((state for units, state in known if unit.code in units), UnitState.MISSING)
        for unit in assessment.units
    }


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
