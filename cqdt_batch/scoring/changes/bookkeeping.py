"""Keep the ledger of a run: everything an outcome knows about its figures, as records that outlive the program."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import chain, compress, groupby
from operator import is_
from typing import NamedTuple

from cqdt_batch.cells import Content, as_typed
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import AnnexTable, Block, Correction, TableContent, Unit
from cqdt_batch.definition.sheets import choice_key
from cqdt_batch.findings import Finding, Severity, Where, column_letters
from cqdt_batch.intake.submissions import Input, Inputs, Question, Submission, scored_by
from cqdt_batch.messages import Language, Words
from cqdt_batch.rounding import published
from cqdt_batch.scoring.changes.columns import AnswerColumns, AskedCell, UnitColumns
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
from cqdt_batch.scoring.trace import Trace

_MOST_OBSTACLES = 3
"""So many errors of a unit that is not scored are kept; all of them stand on the check board."""

_NOTHING = LeafEntry()
"""What is known of a leaf that nobody answered."""


def ledger_of(outcome: Outcome) -> Ledger:
    """Keep the ledger of an outcome; units stand in register order, criteria and leaves in that of the tree."""
    return replace(outline_of(outcome), units=tuple(unit_entries(outcome)), placings=tuple(placings_of(outcome)))


def outline_of(outcome: Outcome) -> Ledger:
    """The ledger without its units and placings: these are most of it, and may be written one by one."""
    assessment = outcome.assessment
    profile = assessment.profile
    return Ledger(
        assessment=profile.code,
        index_name=profile.index_name,
        year=profile.year,
        criteria_version=profile.criteria_version,
        decimals={block.code: block.decimals for block in assessment.blocks},
        criteria=tuple(entry for block in assessment.blocks for entry in _criteria(assessment, block)),
        units=(),
        placings=(),
        blocks=tuple(
            BlockEntry(code=block.code, name=block.name, settings=block_settings(assessment, block))
            for block in assessment.blocks
        ),
        tables=tuple(_table(assessment, t) for t in assessment.tables if t.content is TableContent.UNITS),
        is_draft=outcome.is_draft,
    )


def unit_entries(outcome: Outcome) -> Iterator[UnitEntry]:
    """The entries of all units, each made when it is asked for."""
    return map(UnitColumns.entry, unit_columns(outcome))


def unit_columns(outcome: Outcome) -> Iterator[UnitColumns]:
    """The entries of all units as columns, which are written sooner than records."""
    return map(_Units(outcome).columns, outcome.assessment.units)


def placings_of(outcome: Outcome) -> Iterator[Placing]:
    """The rows of all annex tables of units."""
    return chain.from_iterable(map(_placings, outcome.tables))


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


@dataclass(frozen=True)
class _Units:
    """The entries of the units of an outcome; what they need is looked up once."""

    outcome: Outcome

    @cached_property
    def trace(self) -> Trace:
        return Trace(self.outcome)

    @cached_property
    def merged(self) -> dict[str, list[str]]:
        """The names of the units that each was merged from."""
        found: dict[str, list[str]] = {}
        for past in self.outcome.assessment.past:
            if past.name:
                found.setdefault(past.unit, []).append(past.name)
        return found

    @cached_property
    def errors(self) -> dict[str, list[Finding]]:
        """The errors of each unit."""
        found: dict[str, list[Finding]] = {}
        for finding in self.outcome.findings:
            if finding.severity is Severity.ERROR:
                found.setdefault(finding.unit, []).append(finding)
        return found

    @cached_property
    def refusals(self) -> dict[Where, Finding]:
        """The error at each place that has one."""
        return {finding.where: finding for finding in self.outcome.findings if finding.severity is Severity.ERROR}

    def columns(self, unit: Unit) -> UnitColumns:
        sent = self.outcome.own_submission_of.get(unit.code)
        criteria, points = self.points[unit.block]
        row = points.get(unit.code)
        beside = ((code, self._beside(unit, code)) for code in self.settled.get(unit.code, ()))
        return UnitColumns(
            outline=self._outline(unit, sent),
            criteria=criteria if row else (),
            points=row or (),
            answers=tuple(self._answers(sent)) if sent else (),
            beside={code: entry for code, entry in beside if entry != _NOTHING},
        )

    def _outline(self, unit: Unit, sent: Submission | None) -> UnitEntry:
        assessment = self.outcome.assessment
        tree = assessment.trees[unit.block]
        return UnitEntry(
            unit=unit.code,
            name=unit.printed_name,
            names=tuple(dict.fromkeys(unit.names)),
            merged=tuple(dict.fromkeys(self.merged.get(unit.code, ()))),
            block=unit.block,
            state=self.outcome.states[unit.code].value,
            file=sent.file if sent else "",
            sha256=sent.sha256 if sent else "",
            group=unit.group,
            subgroup=unit.subgroup,
            not_assessed=tuple(code for code in sorted(assessment.not_assessed(unit)) if tree.is_leaf(code)),
            obstacles=tuple(self._obstacles(unit)),
        )

    @cached_property
    def points(self) -> dict[str, tuple[tuple[str, ...], dict[str, list[Decimal | None]]]]:
        """The criteria of each block, parents first, and the points on them of each unit that is scored."""
        return {
            block: (
                tuple(frame.columns.tolist()),
                dict(zip(frame.index.tolist(), frame.to_numpy().tolist(), strict=True)),
            )
            for block, frame in self.outcome.points.items()
        }

    def _obstacles(self, unit: Unit) -> Iterator[Obstacle]:
        """The first errors of a unit that handed something in and is not scored all the same."""
        if self.outcome.states[unit.code] in (UnitState.WITH_ERRORS, UnitState.WAITING):
            for finding in self.errors.get(unit.code, ())[:_MOST_OBSTACLES]:
                yield Obstacle(says=_sentence(finding), at=_place(finding.where))

    @cached_property
    def settled(self) -> dict[str, list[str]]:
        """The leaves of each unit of which more is known than its own answer, in the order of the tree."""
        appraisal, assessment = self.outcome.appraisal, self.outcome.assessment
        keys = {*appraisal.verdicts, *assessment.given_points, *self.trace.corrections}
        found: dict[str, list[str]] = {}
        for unit in {unit for unit, _ in keys}:
            leaves = assessment.assessed_leaves(assessment.unit_by_code[unit])
            found[unit] = [leaf.code for leaf in leaves if (unit, leaf.code) in keys]
        return found

    def _answers(self, sent: Submission) -> Iterator[AnswerColumns]:
        """The cells of a form that are filled in and that points come from; most of them mean what was typed."""
        block = self.outcome.assessment.unit_by_code[sent.unit].block
        for one in _by_sheet(sent.inputs):
            form = self._form(block, one)
            raws = tuple(compress(one.raws, form.scored))
            values = tuple(compress(one.values, form.scored))
            typed = [None if raw is None else as_typed(raw) for raw in raws]
            meant = typed if all(map(is_, raws, values)) else list(map(_meant, values))
            if typed.count(None) < len(typed):
                yield AnswerColumns(one.file, one.sheet, form.cells, typed, meant)

    def _form(self, block: str, inputs: Inputs) -> _Form:
        """How the form of some inputs is laid out: as the one before it in its block, or it is looked at."""
        form = self.forms.get(block)
        if form is None or form.asked is not inputs.asked or form.places is not inputs.places:
            form = self.forms[block] = _laid_out(self.scored[block], inputs)
        return form

    @cached_property
    def forms(self) -> dict[str, _Form]:
        """The form of each block that was looked at last."""
        return {}

    @cached_property
    def scored(self) -> dict[str, frozenset[Question]]:
        """The inputs of each block from which points come."""
        trees = self.outcome.assessment.trees.items()
        return {
            block: frozenset((c.code, kind) for c in tree.criteria for kind in scored_by(c)) for block, tree in trees
        }

    def _beside(self, unit: Unit, code: str) -> LeafEntry:
        key = unit.code, code
        verdict, given = self.outcome.appraisal.verdicts.get(key), self.outcome.assessment.given_points.get(key)
        verified = verdict.inputs if verdict else ()
        return LeafEntry(
            verified=tuple(
                _source(one, one.raw, self.refusals.get(one.where)) for one in verified if one.raw is not None
            ),
            reason=verdict.reason if verdict else "",
            reason_at=_place(verdict.where) if verdict and verdict.reason else None,
            given=given.points if given else None,
            corrections=tuple(map(_made, self.trace.corrections.get(key, ()))),
        )


def _by_sheet(inputs: Sequence[Input]) -> Iterator[Inputs]:
    """Inputs as columns, a sheet after the other."""
    if isinstance(inputs, Inputs):
        yield inputs
        return
    for (unit, file, sheet), found in groupby(inputs, key=lambda one: (one.unit, one.where.file, one.where.sheet)):
        own = tuple(found)
        yield Inputs(
            unit=unit,
            file=file,
            sheet=sheet,
            asked=tuple((one.criterion, one.kind) for one in own),
            places=tuple((one.where.row, one.where.column) for one in own),
            raws=tuple(one.raw for one in own),
            values=tuple(one.value for one in own),
        )


class _Form(NamedTuple):
    """Which inputs of a form points come from, and of each of these the cell, the leaf and the kind, as they are told.

    The forms of a round have their answers in the same cells.
    """

    asked: tuple[Question, ...]
    places: tuple[tuple[int, int], ...]
    scored: list[bool]
    cells: tuple[AskedCell, ...]


def _laid_out(scored: Collection[Question], inputs: Inputs) -> _Form:
    """Look at a form; `scored` are the inputs from which points come."""
    chosen = [question in scored for question in inputs.asked]
    placed = compress(zip(inputs.asked, inputs.places, strict=True), chosen)
    cells = (AskedCell(f"{column_letters(column)}{row}", code, kind.value) for (code, kind), (row, column) in placed)
    return _Form(inputs.asked, inputs.places, chosen, tuple(cells))


def _place(where: Where) -> Place:
    return Place(file=where.file, sheet=where.sheet, cell=where.cell)


def _sentence(finding: Finding) -> Sentence:
    """What a finding says, in every language; what to do about it is no matter of the past."""
    said = {one.value: Words(one)(f"finding.{finding.code}.says", **finding.facts) for one in Language}
    return Sentence(**said)


def _source(cell: Input, raw: Content, refusal: Finding | None) -> Source:
    """A cell that is filled in; a verified value with a `refusal` does not count."""
    return Source(
        kind=cell.kind.value,
        file=cell.where.file,
        sheet=cell.where.sheet,
        cell=cell.where.cell,
        raw=as_typed(raw),
        value=_meant(cell.value),
        refusal=_sentence(refusal) if refusal else None,
    )


def _meant(value: Decimal | str | None) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else value or ""


def _made(entry: Correction) -> CorrectionMade:
    return CorrectionMade(old=entry.old, new=entry.new, reason=entry.reason, document=entry.document)


def _placings(ranked: RankedTable) -> Iterator[Placing]:
    figures = ranked.figures
    exact = dict(zip(figures.units, figures.column(figures.ranked_kind), strict=True))
    rows = ((number, row) for number, section in enumerate(ranked.sections, 1) for row in section.standings)
    for section, standing in rows:
        figure = exact[standing.unit.code]
        yield Placing(
            table=ranked.table.code,
            criterion=ranked.table.criterion,
            unit=standing.unit.code,
            figure=None if figure is None else published(figure, figures.block.decimals),
            ranks={scope.value: rank for scope, rank in standing.ranks.items()},
            grade=standing.grade.label if standing.grade else "",
            section=section,
        )
