"""What an input cell of a form is called and what belongs into it, for everybody who speaks about one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum

from cqdt_batch.definition.records import Criterion, Measure, Rule, ZeroRule
from cqdt_batch.definition.sheets import YesNo, choice_key
from cqdt_batch.findings import Fact, Term
from cqdt_batch.intake.submissions import InputKind

CHOSEN = frozenset({Rule.YES_NO, Rule.CASES})
"""The rules whose input is chosen from a list."""


class Author(StrEnum):
    """Who fills a cell in, and is asked where it is not clear what it says."""

    UNIT = "unit"
    APPRAISER = "appraiser"

    @property
    def named(self) -> Term:
        """What the author is called in a sentence."""
        return Term(f"author.{self}")


def input_name(leaf: Criterion, kind: InputKind, author: Author = Author.UNIT) -> Term:
    """What an input is called in a sentence: the score, the figure, figure a or b, the choice; perhaps as verified."""
    name = _input_name(leaf, kind)
    return name if author is Author.UNIT else Term("form.input.verified", (("input", name),))


def _input_name(leaf: Criterion, kind: InputKind) -> Term:
    if kind is InputKind.FIRST and leaf.rule in CHOSEN:
        return Term("form.input.choice")
    if kind is InputKind.FIRST and leaf.measured is not Measure.RATIO:
        return Term("form.input.figure")
    return Term(f"form.input.{kind}")


_SAYS_NOTHING = frozenset({"score_missing", "score_dash"})
"""The findings about cells in which nothing stands: zero is a number too, and has to be typed."""


def wanted(leaf: Criterion, kind: InputKind, code: str = "") -> Term:
    """What belongs into an input cell; `code` is that of the finding that asks for it."""
    asked = _wanted(leaf, kind)
    if code not in _SAYS_NOTHING or leaf.rule in CHOSEN:
        return asked
    return Term("form.wanted.or_zero" if kind is InputKind.SCORE else "form.wanted.or_none", (("wanted", asked),))


def _wanted(leaf: Criterion, kind: InputKind) -> Term:
    if kind is InputKind.SCORE:
        most: tuple[tuple[str, Fact], ...] = (("maximum", leaf.max_score or Decimal(0)),)
        if leaf.step:
            return Term("form.wanted.stepped", (*most, ("step", leaf.step)))
        return Term("form.wanted.score", most)
    if leaf.rule in CHOSEN:
        return Term("form.wanted.choice", (("choices", choices_of(leaf)),))
    if leaf.rule is Rule.COUNT:
        return Term("form.wanted.count")
    return Term("form.wanted.percent" if leaf.measured is Measure.PERCENT else "form.wanted.number")


def may_be_absent(leaf: Criterion) -> bool:
    """Tell whether a leaf may turn out not to be assessed: its denominator is zero, and its zero rule says so."""
    has_denominator = leaf.rule is Rule.RELATIVE or leaf.measured is Measure.RATIO
    return has_denominator and leaf.on_zero is ZeroRule.NOT_ASSESSED


def words_for_points(leaf: Criterion) -> Iterator[str]:
    """The catalogue keys of the words that a form shows in place of a leaf's points."""
    if may_be_absent(leaf):
        yield "not_assessed"
    if leaf.rule is Rule.RELATIVE:
        yield "form.when_all_are_in"
    if leaf.rule is Rule.GIVEN:
        yield choice_key(Rule.GIVEN)


def choices_of(leaf: Criterion) -> tuple[str | Term, ...]:
    """The words offered for a leaf whose input is chosen: its cases, or yes and no."""
    if leaf.rule is Rule.CASES:
        return tuple(level.name for level in leaf.levels)
    return tuple(Term(choice_key(answer)) for answer in YesNo)
