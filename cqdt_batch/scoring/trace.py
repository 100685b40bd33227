"""What every figure came from: a tree of criteria for each unit, down to the cells that somebody filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from cqdt_batch.definition.assessment import CriteriaTree
from cqdt_batch.definition.records import Correction, Criterion, GivenScore, Rule, ScoreSource, Unit
from cqdt_batch.findings import Finding, Where
from cqdt_batch.intake.submissions import Input, InputKind, Submission, scored_by
from cqdt_batch.intake.verdicts import Verdict
from cqdt_batch.scoring.outcome import Outcome
from cqdt_batch.scoring.points import answer_to, by_criterion
from cqdt_batch.scoring.rules import measured


@dataclass(frozen=True, kw_only=True, slots=True)
class Best:
    """The unit whose figure is the highest of its block; the first of the register where several have it.

    `figure` is what is measured (a percentage is 98 for 98 %), `inputs` are those of the leaf that count.
    """

    unit: Unit
    figure: Fraction
    inputs: tuple[Input, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """An input of a leaf as the unit answered it and as it was verified; None where one of them is missing."""

    kind: InputKind
    own: Input | None
    verified: Input | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """The points of a scored unit on a criterion and all they came from; None is "not assessed".

    `own` are those of its own answers alone, None also where these are not complete. A leaf has what the unit
    `answered`, the `verdict` of an appraiser, which does not count where the units' own scores are published, the
    points that were `given` and their cell, and the `corrections` made to it in their order; `told` are the findings at
    all these cells. A leaf that is relative to the `best` unit of the block names it.
    """

    unit: Unit
    criterion: Criterion
    points: Decimal | None
    own: Decimal | None
    children: tuple[Node, ...] = ()
    answered: tuple[Input, ...] = ()
    verdict: Verdict | None = None
    counts_verdict: bool = False
    given: GivenScore | None = None
    given_at: Where | None = None
    best: Best | None = None
    corrections: tuple[Correction, ...] = ()
    told: tuple[Finding, ...] = ()

    def walk(self) -> Iterator[Node]:
        """Walk a node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def leaves(self) -> Iterator[Node]:
        """The leaves from which the points come."""
        return (node for node in self.walk() if not node.children)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The inputs of a leaf side by side, in the order in which a form asks for them."""
        own = {one.kind: one for one in self.answered}
        verified = {one.kind: one for one in self.verdict.inputs} if self.verdict else {}
        kinds = (kind for kind in InputKind if kind in own or kind in verified)
        return tuple(Pair(kind=kind, own=own.get(kind), verified=verified.get(kind)) for kind in kinds)


@dataclass(frozen=True)
class Trace:
    """The traces of an outcome; what they need is looked up once."""

    outcome: Outcome

    def of(self, unit: Unit, criterion: str = "") -> Node:
        """Trace a criterion of a scored unit, the composite index if none is named; KeyError if it is not scored."""
        tree = self.outcome.assessment.trees[unit.block]
        return self._node(unit, tree, tree.by_code[criterion] if criterion else tree.root)

    def _node(self, unit: Unit, tree: CriteriaTree, criterion: Criterion) -> Node:
        code = criterion.code
        points = self._points[unit.block][code][unit.code]
        if tree.is_leaf(code):
            return self.leaf(unit, criterion)
        own = self._own[unit.block][code].get(unit.code)
        children = tuple(self._node(unit, tree, child) for child in tree.children[code])
        return Node(unit=unit, criterion=criterion, points=points, own=own, children=children)

    def leaf(self, unit: Unit, criterion: Criterion) -> Node:
        """Trace a leaf of any unit, also of one that is not scored: it has no points then, but may have answered."""
        code = criterion.code
        answered = tuple(self.answered.get(unit.code, {}).get(code, ()))
        verdict = self.outcome.appraisal.verdicts.get((unit.code, code))
        places = [one.where for one in (*answered, *(verdict.inputs if verdict else ()))]
        if verdict:
            places.append(verdict.where)
        assessment = self.outcome.assessment
        is_assessed = code not in assessment.not_assessed(unit)
        given = assessment.given_points.get((unit.code, code)) if is_assessed else None
        return Node(
            unit=unit,
            criterion=criterion,
            points=self._points[unit.block][code].get(unit.code),
            own=self._own[unit.block][code].get(unit.code),
            answered=answered,
            verdict=verdict,
            counts_verdict=criterion.rule is Rule.GIVEN or assessment.profile.scores is not ScoreSource.OWN,
            given=given,
            given_at=self.outcome.layout.at("given", given.row, "points") if given else None,
            best=self._best[unit.block].get(code) if is_assessed else None,
            corrections=tuple(self.corrections.get((unit.code, code), ())),
            told=tuple(finding for where in places for finding in self._told.get(where.file, {}).get(where, ())),
        )

    @cached_property
    def _points(self) -> dict[str, Mapping[str, dict[str, Decimal | None]]]:
        return {block: by_criterion(frame) for block, frame in self.outcome.points.items()}

    @cached_property
    def _own(self) -> dict[str, Mapping[str, dict[str, Decimal | None]]]:
        return {block: by_criterion(frame) for block, frame in self.outcome.own_points.items()}

    @cached_property
    def _best(self) -> dict[str, dict[str, Best]]:
        """The best unit of every block on each leaf that is relative to it."""
        trees = self.outcome.assessment.trees
        return {
            block: {leaf.code: best for leaf in trees[block].criteria if (best := self._best_on(block, leaf))}
            for block in self.outcome.points
        }

    def _best_on(self, block: str, leaf: Criterion) -> Best | None:
        if leaf.rule is not Rule.RELATIVE:
            return None
        assessment = self.outcome.assessment
        found: Best | None = None
        for code in self.outcome.points[block].index:
            unit, submission = assessment.unit_by_code[code], self.outcome.submission_of[code]
            answer = answer_to(assessment, unit, submission, leaf)
            figure = measured(leaf, answer) if answer else None
            if figure is not None and (found is None or figure > found.figure):
                found = Best(unit=unit, figure=figure, inputs=_scoring(submission, leaf))
        return found

    @cached_property
    def answered(self) -> dict[str, dict[str, list[Input]]]:
        """The inputs that points come from, by unit and criterion, as the units handed them in."""
        assessment = self.outcome.assessment
        asked = {block: {c.code: scored_by(c) for c in tree.criteria} for block, tree in assessment.trees.items()}
        found: dict[str, dict[str, list[Input]]] = {}
        for submission in self.outcome.intake.submissions:
            kinds = asked[assessment.unit_by_code[submission.unit].block]
            answers = found[submission.unit] = {}
            for one in submission.inputs:
                if one.kind in kinds[one.criterion]:
                    answers.setdefault(one.criterion, []).append(one)
        return found

    @cached_property
    def corrections(self) -> dict[tuple[str, str], list[Correction]]:
        """The applied entries of the corrections register, by unit and leaf, in their order."""
        found: dict[tuple[str, str], list[Correction]] = {}
        for entry in self.outcome.register.applied:
            found.setdefault((entry.unit, entry.criterion), []).append(entry)
        return found

    @cached_property
    def _told(self) -> dict[str, dict[Where, list[Finding]]]:
        """The findings by file and place: of most files there is none."""
        found: dict[str, dict[Where, list[Finding]]] = {}
        for finding in self.outcome.findings:
            found.setdefault(finding.where.file, {}).setdefault(finding.where, []).append(finding)
        return found


def _scoring(submission: Submission, leaf: Criterion) -> tuple[Input, ...]:
    """The inputs of a submission from which the points of a leaf come."""
    kinds = scored_by(leaf)
    return tuple(one for one in submission.inputs if one.criterion == leaf.code and one.kind in kinds)
