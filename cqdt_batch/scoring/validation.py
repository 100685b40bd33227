"""Validate the typed scores with pandera schemas that are built from the criteria.

One schema a block and pattern of exemptions, one wide frame (a row a unit, a column a leaf), validated once for
all submissions. The cells are exact decimals or absent; nothing is coerced. Each check carries the code of its
finding, so a failure (row, column, check) is the finding (unit, criterion, code).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

import pandas as pd
import pandera.pandas as pa

from cqdt_batch.cells import decimals_of
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import Block, Criterion
from cqdt_batch.findings import Fact, Finding, error, gathered, warning
from cqdt_batch.intake.submissions import Input, InputKind, Submission

_FEW = 3
"""So many empty scores are told one by one; where more than half of a form is empty, that is told once."""


def validate(assessment: Assessment, submissions: Iterable[Submission]) -> tuple[Finding, ...]:
    """Check all submissions against the criteria; the scores of one unit give at most one finding a cell."""
    findings: list[Finding] = []
    for (block, leaves), alike in _alike(assessment, submissions).items():
        schema = score_schema(assessment.block_by_code[block], leaves)
        failures = _failures(assessment, schema, leaves, alike)
        findings.extend(gathered(failures, {"score_missing": "scores_missing"}, max(_FEW, len(leaves) // 2)))
    gaps = _evidence_gaps(assessment, submissions)
    findings.extend(gathered(gaps, {"evidence_missing": "evidences_missing"}, _FEW))
    return tuple(findings)


def score_schema(block: Block, leaves: Iterable[Criterion]) -> pa.DataFrameSchema:
    """Build the schema of the units of a block that are assessed on the same leaves."""
    columns = {leaf.code: score_column(leaf.max_score or Decimal(0), block.input_decimals) for leaf in leaves}
    return pa.DataFrameSchema(columns, strict=True)


def score_column(maximum: Decimal, decimals: int) -> pa.Column:
    """A column of typed points: present, from 0 to the maximum, with no more decimals than the block takes in.

    The dtype stays `object`: exact decimals, which an all-empty or all-integer column would fail as floats.
    """
    return pa.Column(
        object,
        [
            pa.Check(pd.Series.notna, ignore_na=False, error="score_missing"),
            pa.Check(lambda scores: scores >= 0, error="score_negative"),
            pa.Check(lambda scores: scores <= maximum, error="score_above_maximum"),
            pa.Check(lambda scores: scores.map(decimals_of) <= decimals, error="score_too_fine"),
        ],
        nullable=True,
    )


_Alike = dict[tuple[str, tuple[Criterion, ...]], list[Submission]]


def _alike(assessment: Assessment, submissions: Iterable[Submission]) -> _Alike:
    """Gather the submissions that are asked the same."""
    found: _Alike = defaultdict(list)
    for submission in submissions:
        unit = assessment.unit_by_code[submission.unit]
        found[unit.block, assessment.assessed_leaves(unit)].append(submission)
    return found


def _failures(
    assessment: Assessment, schema: pa.DataFrameSchema, leaves: tuple[Criterion, ...], alike: list[Submission]
) -> Iterator[Finding]:
    inputs = {(s.unit, code): score for s in alike for code, score in s.scores.items()}
    frame = pd.DataFrame(
        [[_typed(inputs.get((s.unit, leaf.code))) for leaf in leaves] for s in alike],
        index=[s.unit for s in alike],
        columns=[leaf.code for leaf in leaves],
        dtype=object,
    )
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as failed:
        cases = failed.failure_cases[["index", "column", "check"]].drop_duplicates(["index", "column"])
        order = {leaf.code: number for number, leaf in enumerate(leaves)}
        for unit, criterion, code in sorted(cases.itertuples(index=False), key=lambda case: order[case.column]):
            found = inputs.get((unit, criterion))
            if found is not None and not (code == "score_missing" and found.raw is not None):
                yield _finding(assessment, found, code)


def _typed(found: Input | None) -> Decimal | str | None:
    return found.value if found else None


def _finding(assessment: Assessment, found: Input, code: str) -> Finding:
    unit = assessment.unit_by_code[found.unit]
    leaf = assessment.trees[unit.block].by_code[found.criterion]
    facts: dict[str, Fact] = {"code": leaf.code, "label": leaf.label, "maximum": leaf.max_score or Decimal(0)}
    if isinstance(found.value, Decimal):
        facts["found"] = found.value
        facts["decimals"] = assessment.block_by_code[unit.block].input_decimals
    return error(code, found.where, found.unit, **facts)


def _evidence_gaps(assessment: Assessment, submissions: Iterable[Submission]) -> Iterator[Finding]:
    """Points claimed without the evidence the criterion asks for, and without an explanation."""
    for submission in submissions:
        tree = assessment.trees[assessment.unit_by_code[submission.unit].block]
        told = {i.criterion for i in submission.inputs if i.kind is not InputKind.SCORE and i.value}
        evidence = {i.criterion: i.where for i in submission.inputs if i.kind is InputKind.EVIDENCE}
        for code, score in submission.scores.items():
            leaf = tree.by_code[code]
            is_asked = leaf.evidence_required and evidence[code].column  # a lost column is told once, by itself
            if is_asked and code not in told and score.value:
                facts: dict[str, Fact] = {"code": code, "label": leaf.label, "evidence": leaf.evidence}
                yield warning("evidence_missing", evidence[code], submission.unit, **facts)
