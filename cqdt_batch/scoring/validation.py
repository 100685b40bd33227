"""Validate what was typed with pandera schemas that are built from the criteria.

One schema an input that a form asks for, over all the answers to it that occur in the forms of units that are asked the
same: thousands of units give a few hundred different ones, and what is wrong with an answer is wrong for each of them.
Answers are exact decimals, chosen words, or absent; nothing is coerced. Each check carries the code of its finding, so
a failure (input, answer, check) is the finding (unit, input, code) of every unit that gave the answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, TypeAlias

import pandas as pd
import pandera.backends.pandas.builtin_checks  # noqa: F401 - pandera imports them when it first validates: too late
import pandera.pandas as pa

from cqdt_batch.cells import decimals_of
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.records import Block, Criterion, Measure, Rule, ZeroRule
from cqdt_batch.findings import Fact, Finding, Where, error, gathered, warning
from cqdt_batch.intake.questions import CHOSEN, Author, input_name, wanted
from cqdt_batch.intake.submissions import NOTED, Input, InputKind, Submission, scored_by, values_of
from cqdt_batch.intake.verdicts import Verdict, Verdicts, verified
from cqdt_batch.rounding import is_multiple
from cqdt_batch.scoring.points import answer_of
from cqdt_batch.scoring.rules import as_compared, leaf_points, measured, step_reached

_FEW = 3
"""So many empty inputs are told one by one; where more than half of a form is empty, that is told once."""

_HUNDRED = 100
_TOO_LARGE = 10**15
"""Numbers from here on have more digits than a cell of a workbook keeps."""


def validate(assessment: Assessment, submissions: Iterable[Submission]) -> tuple[Finding, ...]:
    """Check all submissions against the criteria; the inputs of one unit give at most one finding a cell."""
    findings: list[Finding] = []
    for block, leaves, alike in _alike(assessment, submissions):
        failures = _failures(assessment, block, leaves, alike)
        most = sum(len(scored_by(leaf)) for leaf in leaves) // 2
        findings.extend(gathered(failures, {"score_missing": "scores_missing"}, max(_FEW, most)))
        findings.extend(_above_one(leaves, alike))
        findings.extend(_nearly_at_a_step(leaves, alike))
        gaps = _evidence_gaps(assessment.block_by_code[block], leaves, alike)
        findings.extend(gathered(gaps, {"evidence_missing": "evidences_missing"}, _FEW))
    return tuple(findings)


def validate_verified(
    assessment: Assessment, submissions: Iterable[Submission], verdicts: Verdicts
) -> tuple[Finding, ...]:
    """Check verified values as the units' own are checked; points that the appraiser gives as typed ones."""
    cells = {value.where for verdict in verdicts.values() for value in verdict.inputs}
    units = {verdict.unit for verdict in verdicts.values()}
    touched = verified([submission for submission in submissions if submission.unit in units], verdicts)
    findings: list[Finding] = []
    for block, leaves, alike in _alike(assessment, touched):
        typed = tuple(replace(leaf, rule=Rule.POINTS) if leaf.rule is Rule.GIVEN else leaf for leaf in leaves)
        for failure in _failures(assessment, block, typed, alike, Author.APPRAISER):
            verdict = verdicts.get((failure.unit, str(failure.facts["code"])))
            if failure.where in cells:
                findings.append(failure)
            elif verdict and failure.code in PAIRED:
                findings.append(_told_at(failure, verdict, assessment))
    return tuple(findings)


def _told_at(failure: Finding, verdict: Verdict, assessment: Assessment) -> Finding:
    """Tell at the verified one of two figures what is wrong with them together: the other is the unit's own."""
    block = assessment.unit_by_code[verdict.unit].block
    leaf = assessment.trees[block].by_code[verdict.criterion]
    own = input_name(leaf, _PAIR_IS_WRONG_AT[failure.code])
    return replace(failure, where=verdict.inputs[0].where, facts=failure.facts | {"input": own})


class Asked(NamedTuple):
    """An input that a form asks for, or, without a kind, the pair of its numbers a and b; a column of answers."""

    leaf: Criterion
    kind: InputKind | None

    @property
    def column(self) -> str:
        """The name of the column."""
        return f"{self.leaf.code} {self.kind}"


def input_schemas(block: Block, leaves: Iterable[Criterion]) -> dict[str, pa.SeriesSchema]:
    """Build the schema of each column of answers of the units of a block that are assessed on the same leaves.

    The dtype stays `object`: exact decimals, which an all-empty or all-integer column would fail as floats.
    """
    schemas: dict[str, pa.SeriesSchema] = {}
    for leaf in leaves:
        for kind in scored_by(leaf):
            checks = list(_checks(leaf, kind, block.input_decimals))
            schemas[Asked(leaf, kind).column] = pa.SeriesSchema(object, checks, nullable=True)
        if _is_pair(leaf):
            schemas[Asked(leaf, None).column] = pa.SeriesSchema(object, list(_pair_checks(leaf)), nullable=True)
    return schemas


def _checks(leaf: Criterion, kind: InputKind, decimals: int) -> Iterator[pa.Check]:
    """What an input must be: there, and typed points from 0 to the maximum, a percentage, a count, or any number."""
    yield pa.Check(pd.Series.notna, ignore_na=False, error="score_missing")
    if leaf.rule in CHOSEN:
        return
    yield pa.Check(lambda numbers: numbers >= 0, error="score_negative")
    if kind is InputKind.SCORE:
        maximum, step = leaf.max_score or Decimal(0), leaf.step
        yield pa.Check(lambda scores: scores <= maximum, error="score_above_maximum")
        yield pa.Check(lambda scores: scores.map(decimals_of) <= decimals, error="score_too_fine")
        if step:
            yield pa.Check(lambda scores: scores.map(lambda score: is_multiple(score, step)), error="score_off_step")
        return
    yield pa.Check(lambda figures: figures < _TOO_LARGE, error="figure_too_large")
    if leaf.measured is Measure.PERCENT:
        yield pa.Check(lambda shares: shares <= _HUNDRED, error="percent_above_hundred")
    elif leaf.rule is Rule.COUNT:
        yield pa.Check(lambda counts: counts.map(decimals_of) == 0, error="count_not_whole")


def _is_pair(leaf: Criterion) -> bool:
    return InputKind.SECOND in scored_by(leaf)


_Pair: TypeAlias = "tuple[Decimal, Decimal]"

_PAIR_IS_WRONG_AT = {"denominator_zero": InputKind.SECOND, "part_above_whole": InputKind.FIRST}
"""Which of the two numbers a finding about both is told at."""
PAIRED = frozenset(_PAIR_IS_WRONG_AT)
"""The codes of findings about two numbers together."""


def _pair_checks(leaf: Criterion) -> Iterator[pa.Check]:
    """What a and b must be together: b is no zero unless a is too and the leaf says what that means."""

    def has_ratio(pair: _Pair) -> bool:
        first, second = pair
        return bool(second) or not (first or leaf.on_zero is ZeroRule.ERROR)

    yield pa.Check(lambda pairs: pairs.map(has_ratio), error="denominator_zero")
    if leaf.rule is Rule.RATIO:
        yield pa.Check(lambda pairs: pairs.map(lambda pair: pair[0] <= pair[1]), error="part_above_whole")


class _Alike(NamedTuple):
    """The submissions of the units of a block that are asked the same leaves."""

    block: str
    leaves: tuple[Criterion, ...]
    submissions: list[Submission]


def _alike(assessment: Assessment, submissions: Iterable[Submission]) -> Iterable[_Alike]:
    """Gather the submissions that are asked the same."""
    found: dict[tuple[str, frozenset[str]], _Alike] = {}
    for submission in submissions:
        unit = assessment.unit_by_code[submission.unit]
        pattern = unit.block, assessment.not_assessed(unit)
        if pattern not in found:
            found[pattern] = _Alike(unit.block, assessment.assessed_leaves(unit), [])
        found[pattern].submissions.append(submission)
    return found.values()


def _failures(
    assessment: Assessment,
    block: str,
    leaves: Sequence[Criterion],
    alike: list[Submission],
    author: Author = Author.UNIT,
) -> Iterator[Finding]:
    """What is wrong in the inputs of units that are asked the same leaves."""
    asked = [Asked(leaf, kind) for leaf in leaves for kind in scored_by(leaf)]
    columns = _columns(asked, alike)
    wrong: dict[tuple[str, str], str] = {}
    for name, schema in input_schemas(assessment.block_by_code[block], leaves).items():
        if codes := _wrong(schema, columns[name]):
            found = zip(alike, columns[name], strict=True)
            wrong.update({(one.unit, name): codes[answer] for one, answer in found if answer in codes})
    units = {unit for unit, _ in wrong}
    faulty = [submission for submission in alike if submission.unit in units]
    inputs: dict[str, dict[tuple[str, InputKind | None], Input]] = {
        s.unit: {(i.criterion, i.kind): i for i in s.inputs} for s in faulty
    }
    for one in asked:
        for submission in faulty:
            code = _code(wrong, submission.unit, one)
            cell = inputs[submission.unit].get((one.leaf.code, one.kind))
            if code and cell is not None and not (code == "score_missing" and cell.raw is not None):
                yield _finding(assessment, submission, one.leaf, cell, code, author)


def _wrong(schema: pa.SeriesSchema, column: _Column) -> dict[_Answer, str]:
    """What is wrong with each of the answers that occur in a column, if anything is: the first check that it fails.

    Answers that are equal are judged once; no check tells 8.5 from 8.50. A check that breaks is told of no answer, and
    raises.
    """
    answers = list(dict.fromkeys(column))
    try:
        schema.validate(pd.Series(answers, dtype=object), lazy=True, inplace=True)
    except pa.errors.SchemaErrors as failed:
        cases = failed.failure_cases[["index", "check"]].drop_duplicates("index")
        return {answers[place]: code for place, code in cases.itertuples(index=False)}
    return {}


def _typed(submission: Submission, leaf: Criterion, kind: InputKind) -> Decimal | str | None:
    return submission.values.get((leaf.code, kind))  # noqa: PD011 - no frame


def _code(wrong: dict[tuple[str, str], str], unit: str, asked: Asked) -> str:
    """What is wrong with an input by itself, else what is wrong with it as one of two."""
    alone = wrong.get((unit, asked.column), "")
    paired = wrong.get((unit, Asked(asked.leaf, None).column), "")
    return alone or (paired if _PAIR_IS_WRONG_AT.get(paired) is asked.kind else "")


_Answer: TypeAlias = "Decimal | str | _Pair | None"
_Column: TypeAlias = "Sequence[_Answer]"


def _columns(asked: Sequence[Asked], alike: Sequence[Submission]) -> dict[str, _Column]:
    """What each input means in every submission, then each pair of numbers."""
    read = zip(*values_of(alike, [(one.leaf.code, one.kind) for one in asked if one.kind]), strict=True)
    columns: dict[str, _Column] = {one.column: list(column) for one, column in zip(asked, read, strict=True)}
    for leaf in (one.leaf for one in asked if one.kind is InputKind.SECOND):
        first, second = (columns[Asked(leaf, kind).column] for kind in scored_by(leaf))
        columns[Asked(leaf, None).column] = list(map(_pair, first, second))
    return columns


def _pair(first: object, second: object) -> _Pair | None:
    """Two numbers of a leaf, where both are known and none is negative."""
    if not isinstance(first, Decimal) or not isinstance(second, Decimal) or min(first, second) < 0:
        return None
    return first, second


def _finding(  # noqa: PLR0913, PLR0917 - all that the words of a finding are about
    assessment: Assessment, submission: Submission, leaf: Criterion, found: Input, code: str, author: Author
) -> Finding:
    decimals = assessment.block_by_code[assessment.unit_by_code[found.unit].block].input_decimals
    facts: dict[str, Fact] = {
        "code": leaf.code,
        "label": leaf.label,
        "input": input_name(leaf, found.kind, author),
        "who": author.named,
        "wanted": wanted(leaf, found.kind, code),
        "maximum": leaf.max_score or Decimal(0),
        "step": leaf.step or Decimal(0),
        "decimals": decimals,
    }
    named = {"found": found.kind, "first": InputKind.FIRST, "second": InputKind.SECOND}
    known = {name: _typed(submission, leaf, kind) for name, kind in named.items()}
    facts |= {name: value for name, value in known.items() if value is not None}
    return error(code, found.where, found.unit, **facts)


def _above_one(leaves: Iterable[Criterion], alike: Sequence[Submission]) -> Iterator[Finding]:
    """An a above its b may be right where a target or a best is measured; or the two were mixed up."""
    for leaf in (leaf for leaf in leaves if _is_pair(leaf) and leaf.rule is not Rule.RATIO):
        for submission in alike:
            _, first, second = answer_of(leaf, submission.values)
            if isinstance(first, Decimal) and second and first > second:
                where = _where(submission, leaf)
                facts: dict[str, Fact] = {"code": leaf.code, "label": leaf.label, "first": first, "second": second}
                yield warning("ratio_above_one", where, submission.unit, **facts)


def _nearly_at_a_step(leaves: Iterable[Criterion], alike: Sequence[Submission]) -> Iterator[Finding]:
    """Figures that lie so near the bound of a step that a spreadsheet takes them for it."""
    for leaf in (leaf for leaf in leaves if leaf.rule is Rule.STEPS):
        for submission in alike:
            figure = _figure(leaf, submission)
            if figure is None or (compared := as_compared(figure)) == figure:
                continue
            level = step_reached(leaf, compared)
            if level and level != step_reached(leaf, figure):
                facts: dict[str, Fact] = {"code": leaf.code, "label": leaf.label, "bound": level.bound}
                yield warning("figure_taken_for_bound", _where(submission, leaf), submission.unit, **facts)


def _where(submission: Submission, leaf: Criterion) -> Where:
    """The cell of a leaf's first input."""
    return next(i.where for i in submission.inputs if (i.criterion, i.kind) == (leaf.code, InputKind.FIRST))


def best_zeros(assessment: Assessment, submissions: Iterable[Submission]) -> Iterator[Finding]:
    """Nothing can be compared with a best figure of zero, unless the leaf says what that means.

    The submissions are those that are scored: the best one of the others does not count.
    """
    for block, alike in _by_block(assessment, submissions).items():
        for leaf in assessment.trees[block].criteria:
            if leaf.rule is Rule.RELATIVE and leaf.on_zero is ZeroRule.ERROR:
                figures = [(submission, _figure(leaf, submission)) for submission in alike]
                known = [(submission, figure) for submission, figure in figures if figure is not None]
                if known and not max(figure for _, figure in known):
                    yield from (_best_zero(leaf, submission) for submission, _ in known)


def _best_zero(leaf: Criterion, submission: Submission) -> Finding:
    return error("best_zero", _where(submission, leaf), submission.unit, code=leaf.code, label=leaf.label)


def _by_block(assessment: Assessment, submissions: Iterable[Submission]) -> dict[str, list[Submission]]:
    found: dict[str, list[Submission]] = defaultdict(list)
    for submission in submissions:
        found[assessment.unit_by_code[submission.unit].block].append(submission)
    return found


def _is_answered(leaf: Criterion, submission: Submission) -> bool:
    return all(_typed(submission, leaf, kind) is not None for kind in scored_by(leaf))


def _figure(leaf: Criterion, submission: Submission) -> Fraction | None:
    """What is measured of a unit, where it is known."""
    return measured(leaf, answer_of(leaf, submission.values)) if _is_answered(leaf, submission) else None


def given_gaps(assessment: Assessment, submissions: Iterable[Submission], layout: Layout) -> Iterator[Finding]:
    """Points that the appraiser has to give, and that neither the definition nor a verified value has yet.

    `layout` is that of the definition, where such points have a sheet.
    """
    giving = {
        block for block, tree in assessment.trees.items() if any(leaf.rule is Rule.GIVEN for leaf in tree.criteria)
    }
    for submission in submissions:
        unit = assessment.unit_by_code[submission.unit]
        assessed = assessment.assessed_leaves(unit) if unit.block in giving else ()
        leaves = (leaf for leaf in assessed if leaf.rule is Rule.GIVEN)
        codes = tuple(
            leaf.code
            for leaf in leaves
            if (unit.code, leaf.code) not in assessment.given_points
            and _typed(submission, leaf, InputKind.SCORE) is None
        )
        if codes:
            where = replace(layout.at("given", 0, "points"), row=0)
            yield error("given_missing", where, unit.code, unit=unit.name, codes=codes)


def _evidence_gaps(block: Block, leaves: Iterable[Criterion], alike: Sequence[Submission]) -> Iterator[Finding]:
    """Points claimed without the evidence the criterion asks for, and without an explanation."""
    asked = [leaf for leaf in leaves if leaf.evidence_required]
    evidence, explanations = (values_of(alike, [(leaf.code, kind) for leaf in asked]) for kind in NOTED)
    for submission, shown, told in zip(alike, evidence, explanations, strict=True):
        silent = [leaf for leaf, one, other in zip(asked, shown, told, strict=True) if not (one or other)]
        bare = [leaf for leaf in silent if _claims_points(block, leaf, submission)]
        places = {i.criterion: i.where for i in submission.inputs if i.kind is InputKind.EVIDENCE} if bare else {}
        for leaf in bare:
            where = places.get(leaf.code)
            if where and where.column:  # a lost column is told once, by itself
                facts: dict[str, Fact] = {"code": leaf.code, "label": leaf.label, "evidence": leaf.evidence}
                yield warning("evidence_missing", where, submission.unit, **facts)


def _claims_points(block: Block, leaf: Criterion, submission: Submission) -> bool:
    """Tell whether an answer is worth anything; one relative to the best unit is if its figure is."""
    if not scored_by(leaf) or not _is_answered(leaf, submission):
        return False
    return bool(leaf_points(leaf, answer_of(leaf, submission.values), block.input_decimals, Fraction(1)))
