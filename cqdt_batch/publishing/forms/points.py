"""What the column of points of a form shows, by its formulas: the values that stand beside them in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TypeAlias

from cqdt_batch.definition.assessment import Assessment, CriteriaTree
from cqdt_batch.definition.records import Criterion, Extra, Rule, Treatment, Unit, ZeroRule
from cqdt_batch.definition.sheets import YesNo, choice_key
from cqdt_batch.intake.questions import CHOSEN, may_be_absent
from cqdt_batch.intake.submissions import InputKind, scored_by
from cqdt_batch.intake.tables import FormColumn
from cqdt_batch.messages import Words
from cqdt_batch.publishing.sheets import Value
from cqdt_batch.rounding import published
from cqdt_batch.scoring.points import aggregate
from cqdt_batch.scoring.rules import Answer, leaf_points, measured

Place: TypeAlias = "tuple[str, FormColumn]"
"""A cell of a form, by its criterion and its column."""


@dataclass(frozen=True, kw_only=True)
class FormPoints:
    """The points of one unit as its form alone can know them, from what is `typed` there."""

    assessment: Assessment
    unit: Unit
    words: Words
    typed: Mapping[Place, Value]

    @property
    def decimals(self) -> int:
        """How many decimals points have in this form."""
        return self.assessment.block_by_code[self.unit.block].input_decimals

    @property
    def _tree(self) -> CriteriaTree:
        return self.assessment.trees[self.unit.block]

    def children(self, criterion: Criterion) -> tuple[Criterion, ...]:
        """The criteria right below another that apply to the unit."""
        exempt = self.assessment.not_assessed(self.unit)
        return tuple(c for c in self._tree.children[criterion.code] if c.code not in exempt)

    def of_leaf(self, leaf: Criterion) -> Decimal | str | None:
        """What the cell of a leaf's points shows: a figure, a word in its place, or nothing yet."""
        if leaf.rule is Rule.POINTS:
            typed = self.typed.get((leaf.code, FormColumn.SCORE))
            return typed if isinstance(typed, Decimal | str) else None
        if leaf.rule is Rule.GIVEN:
            given = self.assessment.given_points.get((self.unit.code, leaf.code))
            return self._points(leaf, Answer(score=given.points)) if given else self.words(choice_key(leaf.rule))
        first, second = (self.typed.get((leaf.code, column)) for column in (FormColumn.FIRST, FormColumn.SECOND))
        number = second if isinstance(second, Decimal) else None
        if leaf.rule in CHOSEN:
            is_known = isinstance(first, YesNo) or first in [level.name for level in leaf.levels]
            return self._points(leaf, Answer(first=str(first))) if is_known else ""
        if not isinstance(first, Decimal) or (number is None and InputKind.SECOND in scored_by(leaf)):
            return ""
        return self._points(leaf, Answer(first=first, second=number))

    def _points(self, leaf: Criterion, answer: Answer) -> Decimal | str:
        """The points of a complete answer, in this form alone; "" for two numbers that cannot be."""
        if _is_impossible(leaf, answer):
            return ""
        if leaf.measured is not None and measured(leaf, answer) is None:
            if leaf.on_zero is ZeroRule.ERROR:
                return ""
        elif leaf.rule is Rule.RELATIVE:
            return self.words("form.when_all_are_in")
        points = leaf_points(leaf, answer, self.decimals, Fraction(0))
        return self.words("not_assessed") if points is None else points

    def may_be_absent(self, criterion: Criterion) -> bool:
        """Tell whether all below a criterion may turn out not to be assessed."""
        if self._tree.is_leaf(criterion.code):
            return may_be_absent(criterion)
        return all(map(self.may_be_absent, self.children(criterion)))

    @cached_property
    def scale(self) -> Decimal | None:
        """What the unit's points are converted to, or 100 where percents are ranked.

        None where that says no more than the points do, and where the form cannot know them all.
        """
        treatment = self.assessment.block_by_code[self.unit.block].treatment
        leaves = self.assessment.assessed_leaves(self.unit)
        is_whole = not self.assessment.not_assessed(self.unit) and not any(map(may_be_absent, leaves))
        is_known = not any(leaf.rule in (Rule.RELATIVE, Rule.GIVEN) for leaf in leaves)
        if not leaves:
            return None
        match treatment:
            case Treatment.CONVERTED if is_known and not is_whole:
                return self._tree.maxima[self._tree.root.code]
            case Treatment.PERCENT if is_known:
                return Decimal(100)
        return None

    def result(self, scale: Decimal) -> Decimal | str:
        """The converted points or the percent, rounded as they are published; "" where there is nothing to convert."""
        points, possible = self.of_node(self._tree.root), self.possible(self._tree.root)
        if not isinstance(points, Decimal) or not possible:
            return ""
        exact = Fraction(points) * Fraction(scale) / Fraction(possible)
        return published(exact, self.assessment.block_by_code[self.unit.block].decimals)

    def possible(self, criterion: Criterion) -> Decimal:
        """The applicable maximum of a criterion, by what is typed."""
        return self._tree.maximum(criterion.code, self._gaps)

    @cached_property
    def _gaps(self) -> frozenset[str]:
        """What the unit is not assessed on, by the definition or by what is typed."""
        leaves, absent = self.assessment.assessed_leaves(self.unit), self.words("not_assessed")
        found = (leaf.code for leaf in leaves if self.of_leaf(leaf) == absent)
        return self.assessment.not_assessed(self.unit).union(found)

    def of_node(self, criterion: Criterion) -> Decimal | str:
        """What the cell of an inner criterion shows: as in Excel, what is no number adds nothing."""
        children = self.children(criterion)
        shown = [self._shown(child) for child in children]
        absent = self.words("not_assessed")
        if self.may_be_absent(criterion) and all(one == absent for one in shown):
            return absent
        counted = [one if isinstance(one, Decimal) else None for one in shown]
        weights = [child.weight or Decimal(0) for child in children]
        points = aggregate(criterion.aggregation, counted, weights, self.decimals)
        return published(points or Decimal(0), self.decimals)

    def _shown(self, criterion: Criterion) -> Decimal | str | None:
        """What a criterion's cell shows; a typed penalty counts negative."""
        if not self._tree.is_leaf(criterion.code):
            return self.of_node(criterion)
        shown = self.of_leaf(criterion)
        return -shown if isinstance(shown, Decimal) and is_typed_penalty(criterion) else shown


def _is_impossible(leaf: Criterion, answer: Answer) -> bool:
    """Tell whether a stands over a b of zero, or a part over a whole that is smaller."""
    first, second = answer.first, answer.second
    if not isinstance(first, Decimal) or second is None:
        return False
    return bool(first) if not second else leaf.rule is Rule.RATIO and first > second


def is_typed_penalty(criterion: Criterion) -> bool:
    """Tell whether a criterion's cell holds positive points that are taken off."""
    return criterion.extra is Extra.PENALTY and criterion.rule is Rule.POINTS
