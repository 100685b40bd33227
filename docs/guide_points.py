"""The worked numbers of the guides about points: what some answers are worth, and what is gathered from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import Aggregation, Criterion, Exemption, Rule, ZeroRule
from cqdt_batch.definition.sheets import YesNo, choice_key
from cqdt_batch.intake.submissions import InputKind, scored_by
from cqdt_batch.publishing.forms.rule_text import leaf_rule
from cqdt_batch.scoring.points import score
from cqdt_batch.scoring.rules import Answer, leaf_points, measured
from docs.guide_round import GuideRound
from docs.make_reference import markdown_table


def rule(of: GuideRound, name: str) -> Iterator[str]:
    """What the form says about a leaf of a rule, and the points of some answers."""
    example = next(one for one in of.source["rules"] if of.leaf(one).rule is Rule(name))
    leaf = of.leaf(example)
    said = leaf_rule(leaf, of.words).replace("\n", "; ")
    yield from (of.told("on_the_form", label=leaf.label, said=said), "")
    header = (of.told("typed"), of.told("sum"), of.told("points"))
    yield from markdown_table(header, (_worked(of, leaf, example, inputs) for inputs in example["inputs"]))


def _worked(of: GuideRound, leaf: Criterion, example: Mapping[str, Any], inputs: Sequence[Any]) -> list[str]:
    """What is typed, the sum that it leads to, and the points."""
    answer = _answer(leaf, inputs)
    best = example.get("best")
    points = leaf_points(leaf, answer, _decimals(of, leaf), None if best is None else Fraction(best))
    facts = {
        "first": answer.score if leaf.rule is Rule.POINTS else answer.first,
        "second": answer.second,
        "figure": measured(leaf, answer) if leaf.measured else None,
        "maximum": leaf.max_score,
        "target": leaf.target,
        "per_item": leaf.per_item,
        "best": best,
    }
    shown = {name: of.shown(value) for name, value in facts.items()}
    return [_typed(of, leaf, inputs), example["sum"].format(**shown), of.shown(points)]


def _answer(leaf: Criterion, inputs: Iterable[Any]) -> Answer:
    """What was typed, as the rule takes it."""
    kinds = scored_by(leaf) or (InputKind.SCORE,)
    return Answer(**{str(kind): value for kind, value in zip(kinds, inputs, strict=True)})


def _typed(of: GuideRound, leaf: Criterion, inputs: Sequence[Any]) -> str:
    """What a unit types, as it stands in its form."""
    match leaf.rule:
        case Rule.GIVEN:
            return of.told("nothing_typed")
        case Rule.YES_NO:
            return of.words(choice_key(YesNo(inputs[0])))
    if len(inputs) == 1:
        return of.shown(inputs[0])
    return ", ".join(f"{name} = {of.shown(value)}" for name, value in zip("ab", inputs, strict=True))


def _decimals(of: GuideRound, leaf: Criterion) -> int:
    return of.assessment.block_by_code[leaf.block].input_decimals


def zero(of: GuideRound) -> Iterator[str]:
    """What 0/0 is worth under each setting."""
    leaf = of.leaf(of.source["zero"])
    header = (of.words("definition.criteria.on_zero"), of.told("worth"))
    yield from markdown_table(header, ((of.words(choice_key(z)), _at_zero(of, leaf, z)) for z in ZeroRule))


def _at_zero(of: GuideRound, leaf: Criterion, on_zero: ZeroRule) -> str:
    if on_zero is ZeroRule.ERROR:
        return of.told("refused")
    nothing = _answer(leaf, (Decimal(0), Decimal(0)))
    points = leaf_points(replace(leaf, on_zero=on_zero), nothing, _decimals(of, leaf))
    return of.words("not_assessed") if points is None else of.shown(points)


def aggregations(of: GuideRound) -> Iterator[str]:
    """One criterion of one unit under each aggregation: assessed on all of it, and on its first part alone."""
    example = of.source["aggregations"]
    children = of.assessment.trees[example["block"]].children[example["criterion"]]
    parts = (f"{c.code} ({of.told('weight')} {of.shown(example['weights'][c.code])})" for c in children)
    header = (of.words("definition.criteria.aggregation"), *parts, of.words("form.column.maximum"), of.told("result"))
    rows = (
        _gathered(of, _aggregated(of.assessment, example, how, without), how, children)
        for how in Aggregation
        for without in ((), children[1:])
    )
    yield from markdown_table(header, rows)


def _gathered(of: GuideRound, varied: Assessment, how: Aggregation, children: Sequence[Criterion]) -> list[str]:
    """The points of the parts, the maximum, and the points of the whole."""
    example = of.source["aggregations"]
    frame = score(varied, example["block"], of.outcome.intake.submissions)
    points = frame.loc[example["unit"]]
    parts = [of.words("not_assessed") if points[c.code] is None else of.shown(points[c.code]) for c in children]
    most = varied.trees[example["block"]].maximum(example["criterion"])
    whole = f"**{of.shown(points[example['criterion']])}**"
    return [of.words(choice_key(how)), *parts, of.shown(most), whole]


def _aggregated(
    assessment: Assessment, example: Mapping[str, Any], how: Aggregation, without: Iterable[Criterion]
) -> Assessment:
    """The round with another aggregation of one criterion, weights below it, and a unit not assessed on some."""

    def varied(criterion: Criterion) -> Criterion:
        if criterion.block != example["block"]:
            return criterion
        if criterion.code == example["criterion"]:
            return replace(criterion, aggregation=how)
        return replace(criterion, weight=example["weights"].get(criterion.code))

    exempt = (Exemption(block=c.block, group="", unit=example["unit"], criterion=c.code, reason="") for c in without)
    return replace(
        assessment,
        criteria=tuple(map(varied, assessment.criteria)),
        exemptions=(*assessment.exemptions, *exempt),
    )
