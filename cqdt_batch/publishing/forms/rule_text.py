"""How the points of a criterion come about, in the words that stand beside it on the form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from cqdt_batch.definition.records import Aggregation, Criterion, Extra, Measure, Rule
from cqdt_batch.messages import Words
from cqdt_batch.scoring.rules import maximum_of


def leaf_rule(leaf: Criterion, words: Words) -> str:
    """Say how a leaf is scored, a line a thought: the rule, its figures, a zero denominator, bonus or penalty."""
    return "\n".join((_rule(leaf, words), *_figures(leaf, words), *_beyond(leaf, words)))


def inner_rule(node: Criterion, children: Sequence[Criterion], words: Words) -> str:
    """Say how the points below a criterion are gathered; nothing where they are simply added."""
    match node.aggregation:
        case Aggregation.BEST:
            return words("form.rule.best")
        case Aggregation.MEAN:
            weighed = (words("form.rule.weight", code=c.code, weight=c.weight or Decimal(0)) for c in children)
            return words("form.rule.mean", weights="; ".join(weighed))
    return ""


def _rule(leaf: Criterion, words: Words) -> str:
    most = maximum_of(leaf)
    match leaf.rule:
        case Rule.POINTS if leaf.step:
            return words("form.rule.stepped", maximum=most, step=leaf.step)
        case Rule.POINTS:
            return words("form.rule.points", maximum=most)
        case Rule.YES_NO:
            return words("form.rule.yes_no", maximum=most)
        case Rule.TARGET:
            target = _amount(leaf, leaf.target or Decimal(1), words)
            return words("form.rule.target", figure=_figure(leaf, words), target=target, maximum=most)
        case Rule.STEPS:
            return _steps(leaf, words)
        case Rule.CASES:
            named = (words("form.rule.case", name=level.name, points=level.points) for level in leaf.levels)
            return "\n".join(named)
        case Rule.COUNT:
            return words("form.rule.count", per_item=leaf.per_item or Decimal(0), maximum=most)
        case Rule.RELATIVE:
            return words("form.rule.relative", maximum=most)
        case Rule.GIVEN:
            return words("form.rule.given", maximum=most)
    return words("form.rule.ratio" if leaf.measured is Measure.RATIO else "form.rule.percentage", maximum=most)


def _figure(leaf: Criterion, words: Words) -> str:
    match leaf.measured:
        case Measure.RATIO:
            return "a/b"
        case Measure.PERCENT:
            return words("form.rule.percent")
    return words("form.rule.number")


def _steps(leaf: Criterion, words: Words) -> str:
    """The steps from the highest down, and what is below them."""
    falling = sorted(((level.bound, level.points) for level in leaf.levels), reverse=True)
    below = sum((points for bound, points in falling if not bound), Decimal(0))
    told = (words("form.rule.step", bound=_amount(leaf, b, words), points=points) for b, points in falling if b)
    return words("form.rule.steps", figure=_figure(leaf, words), steps="; ".join(told), below=below)


def _amount(leaf: Criterion, amount: Decimal, words: Words) -> str:
    """A bound or a target in the unit of the figure."""
    shown = words.shown(amount)
    return f"{shown}%" if leaf.measured in (Measure.PERCENT, Measure.RATIO) else shown


def _figures(leaf: Criterion, words: Words) -> Iterator[str]:
    if leaf.measured is Measure.RATIO:
        yield words("form.rule.first", name=leaf.first_label)
        yield words("form.rule.second", name=leaf.second_label)
        yield words(f"form.rule.b_{leaf.on_zero}")
    elif leaf.measured:
        yield words("form.rule.only", name=leaf.first_label)


def _beyond(leaf: Criterion, words: Words) -> Iterator[str]:
    match leaf.extra:
        case Extra.BONUS:
            yield words("form.rule.bonus")
        case Extra.PENALTY:
            yield words("form.rule.typed_penalty" if leaf.rule is Rule.POINTS else "form.rule.penalty")
