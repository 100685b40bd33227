"""Answer "why is this 48,4?": what the annex prints of a unit, how it came about, down to the cells of the files.

The lines can be read aloud; `explanation_json.py` says the same to machines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from cqdt_batch.definition.assessment import Assessment, CriteriaTree
from cqdt_batch.definition.names import folded
from cqdt_batch.definition.records import Column, ColumnKind, Correction, Criterion, Measure, TableContent, Unit
from cqdt_batch.findings import Fact, Finding, Where
from cqdt_batch.intake.submissions import Input, InputKind
from cqdt_batch.messages import Words
from cqdt_batch.publishing.annex.figures import FIGURE_KINDS
from cqdt_batch.publishing.annex.tables import filled
from cqdt_batch.publishing.derivation import Derivation
from cqdt_batch.rounding import published
from cqdt_batch.scoring.figures import Figures
from cqdt_batch.scoring.outcome import SCORED, Outcome
from cqdt_batch.scoring.ranking import RankedTable, RankList
from cqdt_batch.scoring.trace import Node, Trace

_INDENT = "  "
_OWN = "explain.own", "explain.own_of_two"
_VERIFIED = "explain.verified", "explain.verified_of_two"


class Converted(NamedTuple):
    """What a figure was converted from: points × scale ÷ applicable maximum."""

    points: Decimal
    scale: Decimal
    applicable: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Printed:
    """A figure of a unit that a table prints: the exact one, and what became of it."""

    table: str
    column: Column
    exact: Decimal | Fraction
    decimals: int
    published: Decimal
    converted: Converted | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Neighbour:
    """A unit in a ranked list, with the published figure that is ranked."""

    unit: Unit
    rank: int
    figure: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """A unit's place in a list of a table, between its neighbours; `among` is the name of the section or sub-group."""

    table: str
    ranked: RankList
    among: str
    own: Neighbour
    above: Neighbour | None
    below: Neighbour | None


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """All there is to say about a unit on a criterion; of a unit that is not scored, its state and its findings."""

    outcome: Outcome
    unit: Unit
    criterion: Criterion
    words: Words

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What was found about the unit."""
        return tuple(finding for finding in self.outcome.findings if finding.unit == self.unit.code)

    @property
    def is_scored(self) -> bool:
        """Tell whether the annex has figures of the unit."""
        return self.outcome.states[self.unit.code] in SCORED

    @cached_property
    def derivation(self) -> Derivation:
        """What there is to say about the nodes of the trace."""
        return Derivation(trace=Trace(self.outcome), words=self.words)

    @cached_property
    def root(self) -> Node:
        """The trace of the criterion; KeyError where the unit is not scored."""
        return self.derivation.trace.of(self.unit, self.criterion.code)

    @cached_property
    def _tables(self) -> tuple[RankedTable, ...]:
        """The tables of units in which the unit stands."""
        return tuple(
            ranked
            for ranked in self.outcome.tables
            if ranked.table.content is TableContent.UNITS and any(s.unit == self.unit for s in ranked.standings)
        )

    @cached_property
    def printed(self) -> tuple[Printed, ...]:
        """The figures that the annex prints of the criterion, in the order of its tables and columns."""
        return tuple(one for ranked in self._tables for one in self._printed_in(ranked))

    def _printed_in(self, ranked: RankedTable) -> Iterator[Printed]:
        figures = ranked.figures
        for column in self.outcome.assessment.columns_of(ranked.table):
            about = column.criterion or ranked.table.criterion
            if column.kind not in FIGURE_KINDS or about != self.criterion.code:
                continue
            exact, shown = figures.exact(column.kind, self.unit, column.criterion), figures.published(column, self.unit)
            if exact is not None and shown is not None:
                yield Printed(
                    table=ranked.table.code,
                    column=column,
                    exact=exact,
                    decimals=figures.decimals(column),
                    published=shown,
                    converted=self._converted(figures, column.kind),
                )

    def _converted(self, figures: Figures, kind: ColumnKind) -> Converted | None:
        """What a percent or a converted figure comes from; None for all others."""
        if kind is ColumnKind.TOTAL and figures.is_converted:
            kind = ColumnKind.CONVERTED
        if kind not in (ColumnKind.PERCENT, ColumnKind.CONVERTED):
            return None
        scale = Decimal(100) if kind is ColumnKind.PERCENT else figures.tree.maxima[self.criterion.code]
        points = figures.points_of(self.unit, self.criterion.code) or Decimal(0)
        return Converted(points, scale, figures.applicable_of(self.unit, self.criterion.code))

    @cached_property
    def placed(self) -> tuple[Placed, ...]:
        """The ranks of the unit by the criterion, and who stands next to it."""
        lists = ((t, one) for t in self._tables if t.table.criterion == self.criterion.code for one in t.lists)
        return tuple(self._placed_in(table, one) for table, one in lists if self.unit.code in one.places)

    def _placed_in(self, ranked: RankedTable, one: RankList) -> Placed:
        place = one.places[self.unit.code]
        return Placed(
            table=ranked.table.code,
            ranked=one,
            among=one.name or self._section_of(ranked, one),
            own=_neighbour(ranked.figures, one, place),
            above=_neighbour(ranked.figures, one, place - 1) if place else None,
            below=_neighbour(ranked.figures, one, place + 1) if place + 1 < len(one.units) else None,
        )

    def _section_of(self, ranked: RankedTable, one: RankList) -> str:
        """The title of the section that a list ranks; "" where it has none."""
        title = next((section.section.title for section in ranked.sections if section.ranking is one), "")
        return filled(title, self.outcome.assessment.profile)

    def lines(self) -> Iterator[str]:
        """The explanation, a thought a line; what stands below something is indented."""
        words = self.words
        block = self.outcome.assessment.block_by_code[self.unit.block]
        yield words("explain.unit", unit=self.unit.name, code=self.unit.code, block=block.name)
        yield words("explain.state", state=words(f"unit_state.{self.outcome.states[self.unit.code]}"))
        submission = self.outcome.own_submission_of.get(self.unit.code)
        if submission:
            yield words("explain.file", file=submission.file, sha256=submission.sha256)
        if not self.is_scored:
            yield words("explain.not_scored")
            yield from (_INDENT + line for line in self._findings())
            return
        yield ""
        yield words("explain.criterion", code=self.criterion.code, label=_in_one_line(self.criterion.label))
        yield from (_INDENT + line for line in self._figures())
        yield ""
        yield words("explain.how")
        yield from self._node_lines(self.root, 1)

    def _findings(self) -> Iterator[str]:
        for finding in self.findings:
            severity = self.words(f"severity.{finding.severity}")
            place = self.derivation.place(finding.where)
            yield self.words("explain.finding", severity=severity, place=place, message=self.words.message(finding))

    def _figures(self) -> Iterator[str]:
        if not self.printed:
            yield self.words("explain.not_printed")
        for one in self.printed:
            facts: dict[str, Fact] = {
                "label": _in_one_line(one.column.label),
                "published": one.published,
                "decimals": one.decimals,
            }
            yield self.words("explain.figure", table=one.table, **facts, exact=self._exactly(one))
        for placed in self.placed:
            yield from self._rank_lines(placed)

    def _exactly(self, one: Printed) -> str:
        exact = self.derivation.exact(one.exact)
        if one.converted is None:
            return exact
        points, scale, applicable = map(self.derivation.points, one.converted)
        told = self.words("explain.converted", points=points, scale=scale, applicable=applicable)
        return f"{told} = {exact}"

    def _rank_lines(self, placed: Placed) -> Iterator[str]:
        words, count = self.words, len(placed.ranked.units)
        among = placed.among or words("working.whole")
        facts: dict[str, Fact] = {"rank": placed.own.rank, "count": count, "among": among, "figure": placed.own.figure}
        yield words("explain.rank", table=placed.table, **facts)
        for key, other in (("explain.above", placed.above), ("explain.below", placed.below)):
            if other:
                yield _INDENT + words(key, unit=other.unit.printed_name, figure=other.figure, rank=other.rank)

    def _node_lines(self, node: Node, depth: int) -> Iterator[str]:
        indent = _INDENT * depth
        facts = {"code": node.criterion.code, "label": _in_one_line(node.criterion.label)}
        yield indent + self.words("explain.node", **facts, points=self.derivation.points(node.points))
        yield indent + _INDENT + self.words("explain.rule", rule=self.derivation.how_exactly(node))
        yield from (indent + _INDENT + line for line in self._leaf_lines(node))
        for child in node.children:
            yield from self._node_lines(child, depth + 1)

    def _leaf_lines(self, leaf: Node) -> Iterator[str]:
        words, said = self.words, self.derivation
        for pair in leaf.pairs:
            for keys, one in ((_OWN, pair.own), (_VERIFIED, pair.verified)):
                if one:
                    yield self._read(leaf, one, keys)
        if leaf.given and leaf.given_at:
            facts: dict[str, Fact] = {
                "points": leaf.given.points,
                "place": said.place(leaf.given_at),
                "source": leaf.given.source,
            }
            yield words("explain.given" if leaf.given.source else "explain.given_plainly", **facts)
        if leaf.verdict:
            if leaf.verdict.reason:
                yield words("explain.reason", reason=leaf.verdict.reason)
            if not leaf.counts_verdict:
                yield words("explain.unused")
            yield words("explain.verified_file", file=leaf.verdict.where.file, sha256=leaf.verdict.sha256)
        for finding in leaf.told:
            severity = words(f"severity.{finding.severity}")
            yield words("explain.told", severity=severity, message=said.says(finding))
        for entry in leaf.corrections:
            yield words("explain.correction", entry=said.correction(entry), place=said.place(self.corrected_at(entry)))

    def _read(self, leaf: Node, one: Input, keys: tuple[str, str]) -> str:
        """Where an input stands, what was typed there and what that means; which of two it is."""
        facts: dict[str, Fact] = {
            "place": self.derivation.place(one.where),
            "raw": self.words("explain.empty") if one.raw is None else self.derivation.raw(one),
            "value": self.words("explain.unread") if one.value is None else self.derivation.meant(leaf.criterion, one),
        }
        alone, of_two = keys
        if leaf.criterion.measured is not Measure.RATIO:
            return self.words(alone, **facts)
        return self.words(of_two, letter="b" if one.kind is InputKind.SECOND else "a", **facts)

    def corrected_at(self, entry: Correction) -> Where:
        """The cell of the corrections register that holds the new points."""
        return self.outcome.layout.at("corrections", entry.row, "new")


def named_unit(assessment: Assessment, typed: str) -> Unit | None:
    """Find a unit by its code or any of its names; None where nobody is called so."""
    key = folded(typed)
    by_code = {folded(unit.code): unit for unit in assessment.units}
    return by_code.get(key) or assessment.unit_by_name.get(key)


def named_criterion(tree: CriteriaTree, typed: str) -> Criterion | None:
    """Find a criterion by its code, or by its label where no other has it; the composite index where none is named."""
    if not typed:
        return tree.root
    labelled = tree.by_label.get(folded(typed), ())
    return tree.by_code.get(typed.strip()) or (labelled[0] if len(labelled) == 1 else None)


def _neighbour(figures: Figures, one: RankList, place: int) -> Neighbour:
    unit = one.units[place]
    exact = figures.exact(figures.ranked_kind, unit)
    return Neighbour(unit=unit, rank=one.ranks[place], figure=published(exact or Decimal(0), figures.block.decimals))


def _in_one_line(label: str) -> str:
    return " ".join(label.split())
