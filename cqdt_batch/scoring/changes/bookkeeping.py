"""Keep the ledger of a run: everything an outcome knows about its figures, as records that outlive the program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import islice

from cqdt_batch.cells import as_typed
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import AnnexTable, Block, Correction, TableContent, Unit
from cqdt_batch.definition.sheets import choice_key
from cqdt_batch.findings import Finding, Severity, Where
from cqdt_batch.intake.submissions import Input
from cqdt_batch.messages import Language, Words
from cqdt_batch.rounding import published, trimmed
from cqdt_batch.scoring.changes.ledger import (
    BlockEntry,
    CorrectionMade,
    CriterionEntry,
    LeafEntry,
    Ledger,
    Obstacle,
    Place,
    Placing,
    Sentence,
    Source,
    TableEntry,
    UnitEntry,
)
from cqdt_batch.scoring.changes.settings import block_settings, criterion_settings, section_settings
from cqdt_batch.scoring.outcome import Outcome, UnitState
from cqdt_batch.scoring.ranking import RankedTable
from cqdt_batch.scoring.trace import Node, Trace

_MOST_OBSTACLES = 3
"""So many errors of a unit that is not scored are kept; all of them stand on the check board."""

_NO_ERRORS: Mapping[Where, Finding] = {}


def ledger_of(outcome: Outcome) -> Ledger:
    """Keep the ledger of an outcome; units stand in register order, criteria and leaves in that of the tree."""
    assessment, trace = outcome.assessment, Trace(outcome)
    profile = assessment.profile
    return Ledger(
        assessment=profile.code,
        index_name=profile.index_name,
        year=profile.year,
        criteria_version=profile.criteria_version,
        decimals={block.code: block.decimals for block in assessment.blocks},
        criteria=tuple(entry for block in assessment.blocks for entry in _criteria(assessment, block)),
        units=tuple(_unit(outcome, trace, unit) for unit in assessment.units),
        placings=tuple(placing for ranked in outcome.tables for placing in _placings(ranked)),
        blocks=tuple(
            BlockEntry(code=block.code, name=block.name, settings=block_settings(assessment, block))
            for block in assessment.blocks
        ),
        tables=tuple(_table(assessment, t) for t in assessment.tables if t.content is TableContent.UNITS),
        is_draft=outcome.is_draft,
    )


def _table(assessment: Assessment, table: AnnexTable) -> TableEntry:
    sections = section_settings(assessment, table)
    return TableEntry(
        code=table.code, block=table.block, criterion=table.criterion, title=table.title, sections=sections
    )


def _criteria(assessment: Assessment, block: Block) -> Iterator[CriterionEntry]:
    tree = assessment.trees[block.code]
    for criterion in tree.below(tree.root.code):
        yield CriterionEntry(
            block=block.code,
            code=criterion.code,
            parent=criterion.parent,
            label=criterion.label,
            rule=choice_key(criterion.rule or criterion.aggregation),
            maximum=tree.maxima[criterion.code],
            settings=criterion_settings(criterion),
        )


def _unit(outcome: Outcome, trace: Trace, unit: Unit) -> UnitEntry:
    assessment = outcome.assessment
    tree = assessment.trees[unit.block]
    sent = outcome.own_submission_of.get(unit.code)
    past = (one.name for one in assessment.past if one.unit == unit.code and one.name)
    leaves = ((leaf.code, _leaf(trace.leaf(unit, leaf))) for leaf in assessment.assessed_leaves(unit))
    return UnitEntry(
        unit=unit.code,
        name=unit.printed_name,
        names=tuple(dict.fromkeys(unit.names)),
        merged=tuple(dict.fromkeys(past)),
        block=unit.block,
        state=outcome.states[unit.code].value,
        file=sent.file if sent else "",
        sha256=sent.sha256 if sent else "",
        group=unit.group,
        subgroup=unit.subgroup,
        not_assessed=tuple(code for code in sorted(assessment.not_assessed(unit)) if tree.is_leaf(code)),
        obstacles=tuple(_obstacles(outcome, unit)),
        points=_points(trace, unit, outcome),
        leaves={code: entry for code, entry in leaves if entry != LeafEntry()},
    )


def _obstacles(outcome: Outcome, unit: Unit) -> Iterator[Obstacle]:
    """The first errors of a unit that handed something in and is not scored all the same."""
    if outcome.states[unit.code] in (UnitState.WITH_ERRORS, UnitState.WAITING):
        errors = (f for f in outcome.findings if f.unit == unit.code and f.severity is Severity.ERROR)
        for finding in islice(errors, _MOST_OBSTACLES):
            yield Obstacle(says=_sentence(finding), at=_place(finding.where))


def _place(where: Where) -> Place:
    return Place(file=where.file, sheet=where.sheet, cell=where.cell)


def _sentence(finding: Finding) -> Sentence:
    """What a finding says, in every language; what to do about it is no matter of the past."""
    said = {one.value: Words(one)(f"finding.{finding.code}.says", **finding.facts) for one in Language}
    return Sentence(**said)


def _points(trace: Trace, unit: Unit, outcome: Outcome) -> Mapping[str, Decimal | None]:
    if unit.code not in outcome.points[unit.block].index:
        return {}
    return {node.criterion.code: _exact(node.points) for node in trace.of(unit).walk()}


def _exact(points: Decimal | None) -> Decimal | None:
    return None if points is None else trimmed(points)


def _leaf(node: Node) -> LeafEntry:
    verdict = node.verdict
    errors = {finding.where: finding for finding in node.told if finding.severity is Severity.ERROR}
    return LeafEntry(
        answered=_sources(node.answered),
        verified=_sources(verdict.inputs, errors) if verdict else (),
        reason=verdict.reason if verdict else "",
        reason_at=_place(verdict.where) if verdict and verdict.reason else None,
        given=node.given.points if node.given else None,
        corrections=tuple(map(_made, node.corrections)),
    )


def _sources(inputs: Iterable[Input], errors: Mapping[Where, Finding] = _NO_ERRORS) -> tuple[Source, ...]:
    """The cells that are filled in; of verified values those with `errors` do not count."""
    return tuple(
        Source(
            kind=one.kind.value,
            file=one.where.file,
            sheet=one.where.sheet,
            cell=one.where.cell,
            raw=as_typed(one.raw),
            value=_meant(one.value),
            refusal=_sentence(errors[one.where]) if one.where in errors else None,
        )
        for one in inputs
        if one.raw is not None
    )


def _meant(value: Decimal | str | None) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else value or ""


def _made(entry: Correction) -> CorrectionMade:
    return CorrectionMade(old=entry.old, new=entry.new, reason=entry.reason, document=entry.document)


def _placings(ranked: RankedTable) -> Iterator[Placing]:
    figures = ranked.figures
    rows = ((number, row) for number, section in enumerate(ranked.sections, 1) for row in section.standings)
    for section, standing in rows:
        exact = figures.exact(figures.ranked_kind, standing.unit)
        yield Placing(
            table=ranked.table.code,
            criterion=ranked.table.criterion,
            unit=standing.unit.code,
            figure=None if exact is None else published(exact, figures.block.decimals),
            ranks={scope.value: rank for scope, rank in standing.ranks.items()},
            grade=standing.grade.label if standing.grade else "",
            section=section,
        )
