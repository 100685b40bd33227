"""Answer "why is this 48,4?": what the annex prints of a unit, how it came about, down to the cells of the files.

`explanation_text.py` says it in sentences, `explanation_json.py` to machines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from cqdt_batch.definition.assessment import CriteriaTree
from cqdt_batch.definition.records import Column, ColumnKind, Correction, Criterion, ScoreSource, TableContent, Unit
from cqdt_batch.findings import Finding, Where
from cqdt_batch.intake.rivals import FileState
from cqdt_batch.intake.verdicts import Verdict, verified_by
from cqdt_batch.messages import Words
from cqdt_batch.publishing.annex.figures import FIGURE_KINDS
from cqdt_batch.publishing.annex.tables import filled
from cqdt_batch.publishing.derivation import Derivation
from cqdt_batch.rounding import published
from cqdt_batch.scoring.figures import Figures
from cqdt_batch.scoring.outcome import SCORED, Outcome
from cqdt_batch.scoring.ranking import RankedTable, RankList
from cqdt_batch.scoring.trace import Node, Trace


class Verification(StrEnum):
    """How much of a leaf is verified; what is wrong verifies nothing."""

    NONE = "none"
    WRONG = "wrong"
    PARTLY = "partly"
    FULL = "full"


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
    """All there is to say about a unit on a criterion; of one that is not scored, what was typed and what was found."""

    outcome: Outcome
    unit: Unit
    criterion: Criterion
    words: Words

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What was found about the unit."""
        return tuple(finding for finding in self.outcome.findings if finding.unit == self.unit.code)

    @cached_property
    def about_criterion(self) -> tuple[Finding, ...]:
        """Of the findings those about the criterion or one below it."""
        return tuple(finding for finding in self.findings if self._below.intersection(self.criteria_of(finding)))

    @cached_property
    def about_unit(self) -> tuple[Finding, ...]:
        """Of the findings those about no criterion."""
        return tuple(finding for finding in self.findings if not self.criteria_of(finding))

    @cached_property
    def about_others(self) -> tuple[Finding, ...]:
        """Of the findings those about other criteria alone."""
        known = (*self.about_criterion, *self.about_unit)
        return tuple(finding for finding in self.findings if finding not in known)

    def criteria_of(self, finding: Finding) -> tuple[str, ...]:
        """The criteria of the unit's block that a finding names."""
        named = finding.facts.get("codes", (finding.facts.get("code", ""),))
        return tuple(str(code) for code in named if code in self._tree.by_code) if isinstance(named, tuple) else ()

    @cached_property
    def _below(self) -> frozenset[str]:
        return frozenset(node.criterion.code for node in self.root.walk())

    @property
    def _tree(self) -> CriteriaTree:
        return self.outcome.assessment.trees[self.unit.block]

    @property
    def is_scored(self) -> bool:
        """Tell whether the annex has figures of the unit."""
        return self.outcome.states[self.unit.code] in SCORED

    @property
    def is_of_everything(self) -> bool:
        """Tell whether the unit was asked about as a whole."""
        return self.criterion == self._tree.root

    @cached_property
    def derivation(self) -> Derivation:
        """What there is to say about the nodes of the trace."""
        return Derivation(trace=Trace(self.outcome), words=self.words)

    @cached_property
    def root(self) -> Node:
        """The trace of the criterion; without points where the unit is not scored."""
        trace = self.derivation.trace
        return trace.of(self.unit, self.criterion.code) if self.is_scored else self._unscored(self.criterion)

    def _unscored(self, criterion: Criterion) -> Node:
        children = tuple(map(self._unscored, self._tree.children.get(criterion.code, ())))
        if not children:
            return self.derivation.trace.leaf(self.unit, criterion)
        return Node(unit=self.unit, criterion=criterion, points=None, own=None, children=children)

    def verification(self, leaf: Node) -> Verification | None:
        """How much of a leaf is verified; None where nobody verifies it."""
        is_open = leaf.criterion.code in self.outcome.unverified.get(self.unit.code, ())
        if not leaf.verdict:
            return Verification.NONE if is_open and self._is_appraised else None
        if not is_open:
            return Verification.FULL
        is_partial = len(leaf.verdict.inputs) < len(verified_by(leaf.criterion))
        return Verification.PARTLY if is_partial else Verification.WRONG

    @property
    def _is_appraised(self) -> bool:
        scores = self.outcome.assessment.profile.scores
        return bool(self.outcome.appraisal.files) or scores is ScoreSource.VERIFIED_ONLY

    def not_counted(self, leaf: Node) -> tuple[Verdict, ...]:
        """What appraisers typed for a leaf and does not count: they contradict each other, or the unit's newer form."""
        if leaf.verdict:
            return ()
        key = leaf.unit.code, leaf.criterion.code
        said = (v for e in self.outcome.appraisal.files if e.state is FileState.ACCEPTED for v in e.verdicts)
        return tuple(verdict for verdict in said if (verdict.unit, verdict.criterion) == key)

    def not_applied(self, leaf: Node) -> tuple[Correction, ...]:
        """The entries of the corrections register for a leaf of a unit that is not scored."""
        key = leaf.unit.code, leaf.criterion.code
        entries = () if self.is_scored else self.outcome.assessment.corrections
        return tuple(entry for entry in entries if (entry.unit, entry.criterion) == key)

    @cached_property
    def appraisers_files(self) -> Mapping[str, str]:
        """The SHA-256 of every file of an appraiser in which something of the criterion was typed."""
        verdicts = [v for leaf in self.root.leaves for v in (leaf.verdict, *self.not_counted(leaf)) if v]
        known = {entry.name: entry.sha256 for entry in self.outcome.appraisal.files}
        found = {verdict.where.file: verdict.sha256 for verdict in verdicts}
        for place in (one.where for verdict in verdicts for one in verdict.inputs):
            found.setdefault(place.file, known.get(place.file, ""))
        return dict(sorted(found.items()))

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

    def corrected_at(self, entry: Correction) -> Where:
        """The cell of the corrections register that holds the new points."""
        return self.outcome.layout.at("corrections", entry.row, "new")


def _neighbour(figures: Figures, one: RankList, place: int) -> Neighbour:
    unit = one.units[place]
    exact = figures.exact(figures.ranked_kind, unit)
    return Neighbour(unit=unit, rank=one.ranks[place], figure=published(exact or Decimal(0), figures.block.decimals))
