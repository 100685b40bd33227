"""Verified values beside the units' own: which of them count, what they settle, what is still to be verified."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import Criterion, Rule, ScoreSource
from cqdt_batch.findings import Finding, Severity, Where, error
from cqdt_batch.intake.submissions import InputKind, Submission
from cqdt_batch.intake.verdicts import Verdict, Verdicts, verified, verified_by
from cqdt_batch.scoring.validation import PAIRED


def counting(
    assessment: Assessment, submissions: Iterable[Submission], verdicts: Verdicts, source: ScoreSource
) -> tuple[Submission, ...]:
    """What is scored: the verified values in the place of the units' own, or, by `source`, the units' own.

    Points that the appraiser gives are his in any case.
    """
    if source is not ScoreSource.OWN:
        return verified(submissions, verdicts)
    return verified(
        submissions, {key: one for key, one in verdicts.items() if _leaf(assessment, *key).rule is Rule.GIVEN}
    )


def _leaf(assessment: Assessment, unit: str, criterion: str) -> Criterion:
    return assessment.trees[assessment.unit_by_code[unit].block].by_code[criterion]


def settled_by_verdicts(
    findings: Iterable[Finding], own: Sequence[Submission], counted: Sequence[Submission]
) -> Iterator[Finding]:
    """Make warnings of the errors in cells in whose place a verified value counts: they keep nobody out.

    An error about several criteria is settled where all their cells are; one about two figures where either is, since
    the two that count are judged by themselves. `counted` are the submissions of `own` with the verified values.
    """
    changed = [(one, other) for one, other in zip(own, counted, strict=True) if one is not other]
    kept = {one.where for _, submission in changed for one in submission.inputs}
    replaced: set[Where] = set()
    touched: set[tuple[str, str]] = set()
    open_still: set[tuple[str, str]] = set()
    known: set[tuple[str, str]] = set()
    for submission, _ in changed:
        for one in submission.inputs:
            if one.kind in _SCORING:
                known.add((one.unit, one.criterion))
                if one.where in kept:
                    open_still.add((one.unit, one.criterion))
                else:
                    replaced.add(one.where)
                    touched.add((one.unit, one.criterion))
    closed = known - open_still
    for finding in findings:
        codes = finding.facts.get("codes")
        keys = {(finding.unit, str(code)) for code in codes} if isinstance(codes, tuple) else set()
        is_paired = finding.code in PAIRED and (finding.unit, finding.facts["code"]) in touched
        is_settled = keys <= closed if keys else finding.where in replaced or is_paired
        is_error = finding.severity is Severity.ERROR
        yield replace(finding, severity=Severity.WARNING) if is_error and is_settled else finding


_SCORING = frozenset({InputKind.SCORE, InputKind.FIRST, InputKind.SECOND})


def sound(verdicts: Verdicts, findings: Iterable[Finding]) -> Verdicts:
    """The verdicts in none of whose cells a finding is an error."""
    wrong = {finding.where for finding in findings if finding.severity is Severity.ERROR}
    return {key: one for key, one in verdicts.items() if not any(value.where in wrong for value in one.inputs)}


def unverified(assessment: Assessment, unit: str, verdicts: Verdicts) -> tuple[str, ...]:
    """The leaves of a unit that nobody has verified in full or given points for, in the order of the tree."""
    leaves = assessment.assessed_leaves(assessment.unit_by_code[unit])
    return tuple(
        leaf.code
        for leaf in leaves
        if (unit, leaf.code) not in assessment.given_points and not _is_whole(leaf, verdicts.get((unit, leaf.code)))
    )


def _is_whole(leaf: Criterion, verdict: Verdict | None) -> bool:
    """Tell whether all that points come from is verified, not only one of two figures."""
    return verdict is not None and {one.kind for one in verdict.inputs} >= set(verified_by(leaf))


def verification_gaps(
    assessment: Assessment, submissions: Iterable[Submission], verdicts: Verdicts, folder: str
) -> Iterator[Finding]:
    """Where only verified scores are published, a unit waits for those that are missing; `folder` is where they go."""
    if assessment.profile.scores is not ScoreSource.VERIFIED_ONLY:
        return
    for submission in submissions:
        codes = unverified(assessment, submission.unit, verdicts)
        if codes:
            name = assessment.unit_by_code[submission.unit].name
            yield error(
                "verification_missing", Where(file=folder), submission.unit, name=name, codes=codes, count=len(codes)
            )
