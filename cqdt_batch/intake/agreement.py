"""Bring together what several appraisers say: equal values count once, different ones not at all.

What was verified is then held against what the units themselves say today.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from cqdt_batch.cells import Content, Masked, as_fact, as_typed, printable
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import Criterion, Rule
from cqdt_batch.definition.sheets import YesNo, choice_key
from cqdt_batch.findings import Fact, Finding, Term, Where, error, notice, warning
from cqdt_batch.intake.questions import input_name
from cqdt_batch.intake.submissions import NOTED, Input, Submission, scored_by
from cqdt_batch.intake.verdicts import Verdict, Verdicts
from cqdt_batch.messages import in_every_language


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """What appraisers say of each unit and leaf without contradiction, and all there is to tell about it."""

    verdicts: Verdicts
    findings: tuple[Finding, ...]


def agree(assessment: Assessment, said: Iterable[Verdict], submissions: Iterable[Submission]) -> Agreement:
    """Bring the rows of all appraisers together. The verdicts come in register order and that of the criteria."""
    rows: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for verdict in said:
        rows[verdict.unit, verdict.criterion].append(verdict)
    touched = {unit for unit, _ in rows}
    own = {submission.unit: submission for submission in submissions}
    verdicts: dict[tuple[str, str], Verdict] = {}
    findings: list[Finding] = []
    for unit in (unit for unit in assessment.units if unit.code in touched):
        for leaf in assessment.assessed_leaves(unit):
            alike = rows.get((unit.code, leaf.code), [])
            against = [*_contradictions(leaf, alike), *_against_given(assessment, leaf, alike)]
            findings += against or _copies(alike)
            if not alike or against:
                continue
            verdict, sent = _joined(alike), own.get(unit.code)
            torn = _torn(leaf, verdict, alike, sent) if sent else None
            if torn:
                findings.append(torn)
                continue
            verdicts[unit.code, leaf.code] = verdict
            if sent:
                findings += (*_outdated(leaf, alike, sent), *_unexplained(leaf, verdict, sent))
    findings += _unused(assessment, verdicts, own)
    return Agreement(verdicts=verdicts, findings=tuple(findings))


def _contradictions(leaf: Criterion, alike: Iterable[Verdict]) -> Iterator[Finding]:
    """Different values of one input, each told at its cell, which names another that contradicts it."""
    found: dict[str, list[Input]] = defaultdict(list)
    for one in (one for verdict in alike for one in verdict.inputs):
        found[one.kind].append(one)
    for inputs in found.values():
        for one in inputs:
            other = next((other for other in inputs if other.value != one.value), None)
            if other is not None:
                facts = _about(leaf) | {"found": _fact(one), "other": _fact(other), **_named(other.where)}
                yield error("appraisal_conflict", one.where, one.unit, **facts)


def _named(where: Where) -> dict[str, Fact]:
    return {"file": where.file, "sheet": where.sheet, "cell": where.cell}


def _about(leaf: Criterion) -> dict[str, Fact]:
    return {"code": leaf.code, "label": leaf.label}


def _fact(found: Input) -> Fact:
    if isinstance(found.value, YesNo):
        return Term(choice_key(found.value))
    return as_fact(found.raw) if found.value is None and found.raw is not None else found.value or 0


def _against_given(assessment: Assessment, leaf: Criterion, alike: Iterable[Verdict]) -> Iterator[Finding]:
    """Points that stand otherwise on the definition's sheet of given points."""
    for one in (one for verdict in alike for one in verdict.inputs):
        given = assessment.given_points.get((one.unit, leaf.code))
        if leaf.rule is Rule.GIVEN and given is not None and given.points != one.value:
            facts = _about(leaf) | {"found": _fact(one), "given": given.points}
            yield error("appraisal_differs_from_given", one.where, one.unit, **facts)


def _copies(alike: list[Verdict]) -> Iterator[Finding]:
    """Rows of one file that say the same."""
    first: dict[str, Where] = {}
    for verdict in alike:
        where = verdict.inputs[0].where
        known = first.setdefault(where.file, where)
        if known is not where:
            facts: dict[str, Fact] = {"code": verdict.criterion, "sheet": known.sheet, "row": known.row}
            yield notice("appraisal_row_copied", where, verdict.unit, **facts)


def _joined(alike: list[Verdict]) -> Verdict:
    """One verdict of all that several appraisers verified of a leaf, with every reason that was given."""
    inputs = {one.kind: one for verdict in reversed(alike) for one in verdict.inputs}
    reasons = tuple(dict.fromkeys(verdict.reason for verdict in alike if verdict.reason))
    best = next((verdict for verdict in alike if verdict.reason), alike[0])
    ordered = tuple(inputs[kind] for kind in sorted(inputs))
    return replace(best, inputs=ordered, reason="; ".join(reasons))


def _torn(leaf: Criterion, verdict: Verdict, alike: Iterable[Verdict], own: Submission) -> Finding | None:
    """Say that only one of two figures was verified, and the unit has changed the other since.

    The points of the two together would be points that nobody has verified.
    """
    verified = {one.kind for one in verdict.inputs}
    changed = (pair for one in alike for pair in _changed(one, own) if pair[0].kind in scored_by(leaf))
    for shown, now in changed:
        if shown.kind not in verified:
            facts = _about(leaf) | {"input": input_name(leaf, shown.kind), "found": _said(shown), "now": _said(now)}
            where = verdict.inputs[0].where
            return error("appraisal_half_outdated", where, verdict.unit, **facts, file=own.file)
    return None


def _outdated(leaf: Criterion, alike: Iterable[Verdict], own: Submission) -> Iterator[Finding]:
    """Rows that show the appraiser something else than what the unit says today: one finding a row."""
    for verdict in alike:
        shown, now = next(_changed(verdict, own), (None, None))
        if shown is None:
            continue
        facts = _about(leaf) | {"file": own.file}
        if shown.kind in NOTED:
            facts |= {"column": Term(f"form.column.{shown.kind}")}
            yield warning("appraisal_evidence_changed", shown.where, verdict.unit, **facts)
        else:
            facts |= {"found": _said(shown), "now": _said(now)}
            yield warning("appraisal_outdated", shown.where, verdict.unit, **facts)


def _changed(verdict: Verdict, own: Submission) -> Iterator[tuple[Input, Input | None]]:
    """What the appraiser saw of a unit's row and what the unit says today, where the two differ; figures first."""
    today = {one.kind: one for one in own.inputs if one.criterion == verdict.criterion}
    for shown in verdict.shown:
        now = today.get(shown.kind)
        if not (_still_reads if shown.kind in NOTED else _still_says)(shown.raw, now):
            yield shown, now


def _said(found: Input | None) -> Fact:
    return Term("form.empty") if found is None or found.raw is None else _fact(found)


def _still_says(shown: Content | None, own: Input | None) -> bool:
    """Tell whether a cell of the appraiser's workbook shows what a unit says; words may be in either language."""
    if own is None or own.raw is None or shown is None:
        return shown is None and (own is None or own.raw is None)
    number = shown.number if isinstance(shown, Masked) else shown
    if number == own.value:
        return True
    words = in_every_language(choice_key(own.value)) if isinstance(own.value, YesNo) else ()
    typed = (str(own.value), printable(as_typed(own.raw)))
    return as_typed(shown).strip() in {text.strip() for text in (*typed, *words)}


def _still_reads(shown: Content | None, own: Input | None) -> bool:
    """Tell whether a cell of words still says the same; how they are spaced means nothing."""
    now = own.value if own is not None else None
    before = "" if shown is None else printable(as_typed(shown))
    return before.split() == str(now or "").split()


def _unexplained(leaf: Criterion, verdict: Verdict, own: Submission) -> Iterator[Finding]:
    """A verified value that is not the unit's own, without a reason; points that only the appraiser gives need none."""
    if leaf.rule is Rule.GIVEN or verdict.reason:
        return
    differing = (one for one in verdict.inputs if one.value != own.values.get((leaf.code, one.kind)))
    one = next(differing, None)
    if one is not None:
        facts = _about(leaf) | {"found": _fact(one)}
        yield warning("verified_without_reason", verdict.where, verdict.unit, **facts)


def _unused(assessment: Assessment, verdicts: Verdicts, own: Mapping[str, Submission]) -> Iterator[Finding]:
    """Verified values of units without a form that counts: kept, but there is nothing to put them into."""
    codes: dict[str, list[str]] = defaultdict(list)
    first: dict[str, Where] = {}
    for (unit, code), verdict in verdicts.items():
        if unit not in own:
            codes[unit].append(code)
            first.setdefault(unit, verdict.inputs[0].where)
    for unit, left in codes.items():
        name = assessment.unit_by_code[unit].name
        yield warning("verified_without_submission", first[unit], unit, name=name, codes=tuple(left), count=len(left))
