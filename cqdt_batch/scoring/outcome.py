"""The whole way from an intake to figures: what every unit's state is, its points, and the ranked tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import groupby

import pandas as pd

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.loading import Definition
from cqdt_batch.definition.records import ScoreSource, Summing, TieRule, Unit
from cqdt_batch.findings import Fact, Finding, Severity, Where, error, in_order, warning
from cqdt_batch.intake.appraisal import Appraisal
from cqdt_batch.intake.collecting import Intake
from cqdt_batch.intake.rivals import FileState
from cqdt_batch.intake.submissions import InputKind, Submission
from cqdt_batch.intake.verdicts import Verdicts, verified
from cqdt_batch.scoring.changes.ledger import Ledger
from cqdt_batch.scoring.corrections import Register, settle
from cqdt_batch.scoring.points import applicable, score
from cqdt_batch.scoring.ranking import RankedTable, RankList, rank_table
from cqdt_batch.scoring.totals import differing_totals
from cqdt_batch.scoring.validation import best_zeros, given_gaps, validate, validate_verified
from cqdt_batch.scoring.verification import counting, settled_by_verdicts, sound, unverified, verification_gaps


class UnitState(StrEnum):
    """What became of a unit of the register; only what is scored is published, with a rank or without."""

    RANKED = "ranked"
    NOT_RANKED = "not_ranked"
    WITH_ERRORS = "with_errors"
    WAITING = "waiting"
    MISSING = "missing"
    LEFT_OUT = "left_out"


_NOT_ITS_FAULT = frozenset({"given_missing", "verification_missing", "correction_old_differs"})
"""Errors that keep a unit waiting for somebody else: its form is sound. So do those in appraisers' workbooks."""

SCORED = frozenset({UnitState.RANKED, UnitState.NOT_RANKED})
"""The states of units whose figures stand in the annex."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Everything known about a round after intake, validation, scoring and ranking.

    `points` and `applicable` hold for each block the frames of `scoring.points`; `states` is in register order.
    `submissions` are those that are scored or waiting, with the verified values in the place of the units' own where
    those are published; `own_points` are the points of the units' own answers, where these are complete.
    `previous` is the ledger of the result published before, where that was looked for and found.
    """

    assessment: Assessment
    layout: Layout
    intake: Intake
    appraisal: Appraisal
    submissions: tuple[Submission, ...]
    register: Register
    findings: tuple[Finding, ...]
    states: Mapping[str, UnitState]
    points: Mapping[str, pd.DataFrame]
    own_points: Mapping[str, pd.DataFrame]
    applicable: Mapping[str, pd.DataFrame]
    tables: tuple[RankedTable, ...]
    previous: Ledger | None = None

    @property
    def is_draft(self) -> bool:
        """Tell whether a unit is missing from the tables, or what an appraiser said is not counted: not for signing."""
        is_missing = any(state not in SCORED | {UnitState.LEFT_OUT} for state in self.states.values())
        return is_missing or bool(self.appraisal_errors)

    @cached_property
    def appraisal_errors(self) -> tuple[Finding, ...]:
        """What is wrong in the files of appraisers: something that they verified is not counted."""
        files = {entry.name for entry in self.appraisal.files}
        return tuple(f for f in self.findings if f.severity is Severity.ERROR and f.where.file in files)

    @cached_property
    def submission_of(self) -> dict[str, Submission]:
        """What counts of each unit that has an accepted submission: its own answers, or the verified ones."""
        return {submission.unit: submission for submission in self.submissions}

    @cached_property
    def own_submission_of(self) -> dict[str, Submission]:
        """The accepted submission of each unit that has one, as it was handed in."""
        return {submission.unit: submission for submission in self.intake.submissions}

    @cached_property
    def unverified(self) -> dict[str, tuple[str, ...]]:
        """The leaves of each unit with an accepted submission that no appraiser has verified, if any were to."""
        verdicts = sound(self.appraisal.verdicts, self.findings)
        return {s.unit: unverified(self.assessment, s.unit, verdicts) for s in self.submissions}

    @cached_property
    def verified_inputs(self) -> frozenset[tuple[str, str, InputKind]]:
        """The inputs, by unit, criterion and kind, in whose place verified values count."""
        if not self.appraisal.verdicts:
            return frozenset()
        places = {one.where for verdict in self.appraisal.verdicts.values() for one in verdict.inputs}
        counted = (one for submission in self.submissions for one in submission.inputs if one.where in places)
        return frozenset((one.unit, one.criterion, one.kind) for one in counted)

    @cached_property
    def self_assessed(self) -> Mapping[str, pd.DataFrame]:
        """The points of the units' own answers, where these are complete, added as their block adds."""
        if not any(self.assessment.rounded_parts.values()):
            return self.own_points
        answered = counting(self.assessment, self.intake.submissions, self.appraisal.verdicts, ScoreSource.OWN)
        complete = {unit for frame in self.own_points.values() for unit in frame.index}
        own = [submission for submission in answered if submission.unit in complete]
        return {block: score(self.assessment, block, own) for block in self.own_points}

    @cached_property
    def verified_points(self) -> Mapping[str, pd.DataFrame]:
        """The points after verification: what counts, unless the units' own scores are published in any case."""
        if self.assessment.profile.scores is not ScoreSource.OWN:
            return self.points
        scored = {unit for frame in self.points.values() for unit in frame.index}
        sent = [submission for submission in self.intake.submissions if submission.unit in scored]
        read = verified(sent, self.appraisal.verdicts)
        return {block: score(self.assessment, block, read) for block in self.points}


def evaluate(definition: Definition, intake: Intake, inbox: str, appraisal: Appraisal | None = None) -> Outcome:
    """Validate, score and rank what was taken in. `inbox` is the folder's name for findings about absent files."""
    assessment = definition.assessment
    if assessment is None:
        raise ValueError("a definition with errors cannot be evaluated")
    appraised = appraisal or Appraisal()
    counted = counting(assessment, intake.submissions, appraised.verdicts, assessment.profile.scores)
    about_forms = (*intake.findings, *validate(assessment, intake.submissions))
    settled = tuple(settled_by_verdicts(about_forms, intake.submissions, counted))
    about_values = _about_values(assessment, intake, appraised, counted, definition.layout)
    read = (*definition.findings, *settled, *appraised.findings, *about_values)
    received = {submission.unit for submission in intake.submissions}
    errors = [finding for finding in read if finding.severity is Severity.ERROR]
    at_others = {entry.name for entry in appraised.files}
    faulty = {f.unit for f in errors if f.code not in _NOT_ITS_FAULT and f.where.file not in at_others}
    waiting = {finding.unit for finding in errors} - faulty
    incomparable = tuple(best_zeros(assessment, [s for s in counted if s.unit not in faulty | waiting]))
    faulty |= {finding.unit for finding in incomparable}
    scored = [s for s in counted if s.unit not in faulty | waiting]
    points, register = _corrected(definition, assessment, scored)
    waiting |= {finding.unit for finding in register.findings if finding.severity is Severity.ERROR}
    incomplete = {finding.unit for finding in about_forms if finding.severity is Severity.ERROR}
    own = _own(assessment, intake, appraised.verdicts, points, incomplete)
    maxima = {block: applicable(assessment.trees[block], frame) for block, frame in points.items()}
    tables = tuple(rank_table(assessment, t, points[t.block], maxima[t.block]) for t in assessment.tables)
    heard = received | faulty
    missing = [unit for unit in assessment.asked_units if unit.code not in heard]
    outcome = Outcome(
        assessment=assessment,
        layout=definition.layout,
        intake=intake,
        appraisal=appraised,
        submissions=counted,
        register=register,
        findings=in_order(
            (
                *_once((*read, *incomparable)),
                *register.findings,
                *differing_totals(assessment, intake.submissions, own),
                *_absent(missing, intake, inbox),
                *_half_done(assessment, appraised, counted),
                *_unsettled(tables, definition, register),
            )
        ),
        states=_states(assessment, received, faulty, waiting, _ranked(assessment, tables)),
        points=points,
        own_points=own,
        applicable=maxima,
        tables=tables,
    )
    _check_conservation(outcome)
    return outcome


def _about_values(
    assessment: Assessment, intake: Intake, appraised: Appraisal, counted: Sequence[Submission], layout: Layout
) -> Iterator[Finding]:
    """What is wrong with verified and given values, and which of them are missing."""
    yield from validate_verified(assessment, intake.submissions, appraised.verdicts)
    yield from given_gaps(assessment, counted, layout)
    yield from verification_gaps(assessment, counted, appraised.verdicts, appraised.folder)


def _own(
    assessment: Assessment, intake: Intake, verdicts: Verdicts, points: Mapping[str, pd.DataFrame], incomplete: set[str]
) -> Mapping[str, pd.DataFrame]:
    """The points of the scored units' own answers: those that count, where nobody changed them."""
    if not (verdicts or assessment.corrections or any(assessment.rounded_parts.values())):
        return points
    scored = {unit for frame in points.values() for unit in frame.index} - incomplete
    answered = counting(assessment, intake.submissions, verdicts, ScoreSource.OWN)
    return _exact(assessment, [one for one in answered if one.unit in scored])


def _corrected(
    definition: Definition, assessment: Assessment, scored: Iterable[Submission]
) -> tuple[dict[str, pd.DataFrame], Register]:
    """Score the units and apply the corrections register to them.

    A unit with a wrong entry is left out, and the others are scored anew: it may have been the best, to which they are
    relative.
    """
    left = list(scored)
    refused: tuple[Finding, ...] = ()
    register = Register()
    while assessment.corrections:
        register = settle(assessment, _exact(assessment, left), definition.layout)
        wrong = {finding.unit for finding in register.findings if finding.severity is Severity.ERROR}
        if not wrong:
            break
        refused = (*refused, *(finding for finding in register.findings if finding.severity is Severity.ERROR))
        left = [submission for submission in left if submission.unit not in wrong]
    known = {finding.unit for finding in refused}
    told = (finding for finding in register.findings if finding.unit not in known)
    points = {block.code: score(assessment, block.code, left, register.points) for block in assessment.blocks}
    return points, replace(register, findings=(*refused, *told))


def _exact(assessment: Assessment, answered: Iterable[Submission]) -> dict[str, pd.DataFrame]:
    """The exact points of answers, before anybody corrected or rounded anything."""
    read = tuple(answered)
    return {b.code: score(assessment, b.code, read, summing=Summing.EXACT) for b in assessment.blocks}


def _unsettled(tables: Iterable[RankedTable], definition: Definition, register: Register) -> Iterator[Finding]:
    """Tell what the definition leaves open: ties that no tie-break settles, and units nobody can rank."""
    waived = {entry.unit: entry for entry in reversed(register.applied) if entry.new is None}
    for ranked in tables:
        layout, block = definition.layout, ranked.figures.block
        table = ranked.table.code
        for one in ranked.lists if block.ties is TieRule.ORDINAL else ():
            for units in _sharing(one):
                where = layout.at("blocks", block.row, "tie_breaks")
                yield warning("rank_still_shared", where, table=table, units=units)
        unranked = tuple(_not_comparable(ranked))
        for unit in (unit for unit in unranked if unit.code in waived):
            where = layout.at("corrections", waived[unit.code].row, "new")
            facts: dict[str, Fact] = {"name": unit.name, "code": waived[unit.code].criterion}
            yield warning("waived_unit_not_comparable", where, unit.code, table=table, **facts)
        units = tuple(unit.printed_name for unit in unranked if unit.code not in waived)
        if units:
            where = layout.at("blocks", block.row, "treatment")
            yield warning("unit_not_comparable", where, table=table, units=units)


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


def _absent(units: Iterable[Unit], intake: Intake, inbox: str) -> Iterator[Finding]:
    """Say of each unit that it has no form, or that all it sent was the form of another round."""
    sent: dict[Fact, list[str]] = {}
    for entry in intake.files:
        for finding in entry.findings:
            sent.setdefault(finding.facts.get("sender", ""), []).append(entry.name)
    for unit in units:
        if unit.code in sent:
            files = tuple(sent[unit.code])
            yield error("unit_sent_unusable", Where(file=inbox), unit.code, unit=unit.name, files=files)
        else:
            yield error("unit_missing", Where(file=inbox), unit.code, unit=unit.name)


def _half_done(assessment: Assessment, appraised: Appraisal, counted: Iterable[Submission]) -> Iterator[Finding]:
    """Where appraisers have begun and verified scores come first, say how many criteria still have the units' own."""
    if not appraised.files or assessment.profile.scores is not ScoreSource.VERIFIED:
        return
    units = {s.unit: len(unverified(assessment, s.unit, appraised.verdicts)) for s in counted}
    left = sum(units.values())
    if left:
        asked = sum(len(assessment.assessed_leaves(assessment.unit_by_code[unit])) for unit in units)
        where, some = Where(file=appraised.folder), sum(map(bool, units.values()))
        yield warning("verification_incomplete", where, count=left, total=asked, units=some)


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
    if accepted != sorted(outcome.own_submission_of) or len(files) != outcome.intake.listed + sum(
        f.carries for f in files
    ):
        raise RuntimeError("a file was lost or counted twice")
    appraised = outcome.appraisal
    if len(appraised.files) != appraised.listed + sum(entry.carries for entry in appraised.files):
        raise RuntimeError("an appraiser's file was lost or counted twice")
