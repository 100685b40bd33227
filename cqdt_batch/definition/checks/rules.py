"""Whether every leaf has what its scoring rule needs, and nothing that the rule does not use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from cqdt_batch.cells import decimals_of
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.checks.blocks import inner_criteria, input_decimals, is_blank
from cqdt_batch.definition.checks.references import Check
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.names import folded
from cqdt_batch.definition.records import Criterion, Measure, Rule
from cqdt_batch.definition.sheets import choice_key
from cqdt_batch.findings import Fact, Finding, Term, Where, error, warning
from cqdt_batch.rounding import trimmed

PARAMETERS: Mapping[Rule, tuple[str, ...]] = {
    Rule.POINTS: ("step",),
    Rule.YES_NO: (),
    Rule.RATIO: ("measure", "first_label"),
    Rule.TARGET: ("measure", "first_label", "target"),
    Rule.STEPS: ("measure", "first_label", "levels"),
    Rule.CASES: ("levels",),
    Rule.COUNT: ("measure", "first_label", "per_item"),
    Rule.RELATIVE: ("measure", "first_label", "on_zero"),
    Rule.GIVEN: (),
}
"""The columns of a criterion that each rule uses."""
OF_A_DENOMINATOR = ("second_label", "on_zero")
"""The columns that two numbers a and b use besides, whatever the rule."""
OPTIONAL = frozenset({"step", "measure", "on_zero"})
"""The columns that may stay empty although the rule uses them."""
MEASURES: Mapping[Rule, tuple[Measure, ...]] = {
    Rule.RATIO: (Measure.RATIO, Measure.PERCENT),
    Rule.TARGET: tuple(Measure),
    Rule.STEPS: tuple(Measure),
    Rule.COUNT: (Measure.NUMBER,),
    Rule.RELATIVE: tuple(Measure),
}
"""What each rule can measure."""

_ALL_PARAMETERS = ("step", "measure", "first_label", "second_label", "on_zero", "target", "levels", "per_item")
_MOST_DECIMALS = 6
"""The most decimals that points may have in any block."""
_BOUND = re.compile(r"[0-9]+(?:[.,](?![0-9]{3}$)[0-9]+)?")
"""The lower bound of a step. 1.234 is refused as it is for points: nobody can know which number is meant."""
_WHOLE = Decimal(100)
_MOST_LEVELS = 60
_LONGEST_LEVELS = 4_000
"""Characters of all names together: Excel takes 64 levels and 8,192 characters in a formula, which quotes each name."""


def parameters_of(leaf: Criterion) -> tuple[str, ...]:
    """The columns that a leaf's rule uses, given what it measures; none without a rule."""
    if leaf.rule is None:
        return ()
    used = PARAMETERS[leaf.rule]
    return tuple(dict.fromkeys((*used, *OF_A_DENOMINATOR))) if leaf.measured is Measure.RATIO else used


def _leaves(a: Assessment, layout: Layout) -> Iterator[tuple[Criterion, Rule]]:
    """The leaves that have a rule, with it."""
    inner = inner_criteria(a, layout)
    for c in a.criteria:
        if c.rule and (c.block, c.code) not in inner:
            yield c, c.rule


def _at(layout: Layout, leaf: Criterion, name: str) -> Where:
    return layout.at("criteria", leaf.row, name)


def _named(rule: Rule) -> Term:
    return Term(choice_key(rule))


def _column(name: str) -> Term:
    return Term(f"definition.criteria.{name}")


def check_measures_fit_their_rule(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A ratio is two numbers or a percentage, a count is a number."""
    for leaf, rule in _leaves(a, layout):
        offered = MEASURES.get(rule, ())
        if offered and leaf.measure and leaf.measure not in offered:
            facts: dict[str, Fact] = {"found": Term(choice_key(leaf.measure)), "rule": _named(rule)}
            choices = tuple(Term(choice_key(measure)) for measure in offered)
            yield error("definition_measure_unfit", _at(layout, leaf, "measure"), choices=choices, **facts)


def check_rules_have_their_parameters(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A rule finds in its row what it needs; a number is above zero."""
    for leaf, rule in _leaves(a, layout):
        for name in _known_parameters(leaf, layout):
            value = getattr(leaf, name)
            if is_blank(value) and name not in OPTIONAL:
                where = _at(layout, leaf, name)
                yield error("definition_parameter_missing", where, rule=_named(rule), column=_column(name))
            elif isinstance(value, Decimal) and value <= 0:
                yield error("definition_not_above_zero", _at(layout, leaf, name), column=_column(name))


def _known_parameters(leaf: Criterion, layout: Layout) -> tuple[str, ...]:
    """What a leaf needs for sure: whether there is a denominator is unknown while the measure is in doubt."""
    used = parameters_of(leaf)
    in_doubt = layout.told("criteria", leaf.row, "measure")
    return tuple(name for name in used if not (in_doubt and name in OF_A_DENOMINATOR))


def check_parameters_are_used_by_their_rule(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """What a rule does not use stays empty: somebody may have meant another rule. One finding names all of a row."""
    for leaf, rule in _leaves(a, layout):
        in_doubt = OF_A_DENOMINATOR if layout.told("criteria", leaf.row, "measure") else ()
        used = {*parameters_of(leaf), *in_doubt}
        unused = [name for name in _ALL_PARAMETERS if name not in used and not is_blank(getattr(leaf, name))]
        if unused:
            columns = tuple(_column(name) for name in unused)
            where = _at(layout, leaf, unused[0])
            yield error("definition_parameter_unused", where, rule=_named(rule), columns=columns)


def check_steps_can_be_typed(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """The maximum of typed points is a multiple of their step; neither is finer than a score may be."""
    most = input_decimals(a, layout)
    for leaf, rule in _leaves(a, layout):
        decimals = most.get(leaf.block, _MOST_DECIMALS)
        if rule is not Rule.POINTS or not leaf.step or layout.told("criteria", leaf.row, "max_score"):
            continue
        where = _at(layout, leaf, "step")
        if decimals_of(leaf.step) > decimals:
            yield error("definition_points_too_fine", where, points=leaf.step, decimals=decimals)
        elif leaf.max_score and (Fraction(leaf.max_score) / Fraction(leaf.step)).denominator > 1:
            yield error("definition_step_uneven", where, step=leaf.step, maximum=leaf.max_score)


def _levelled(a: Assessment, layout: Layout, *rules: Rule) -> Iterator[tuple[Criterion, Where]]:
    """The leaves with levels that nothing has been said against yet, and the cell of the levels."""
    for leaf, rule in _leaves(a, layout):
        if rule in rules and leaf.levels and not layout.told("criteria", leaf.row, "levels"):
            yield leaf, _at(layout, leaf, "levels")


def check_bounds_are_numbers(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A step begins at a number from 0."""
    for leaf, where in _levelled(a, layout, Rule.STEPS):
        strange = [level.name for level in leaf.levels if not _BOUND.fullmatch(level.name)]
        if strange:
            yield error("definition_bound_not_a_number", where, found=strange[0])


def check_levels_are_unique(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """No bound and no case stands there twice: 98 and 98,0 are one bound, as "Đầy đủ" and "đầy đủ" are one case."""
    for leaf, where in _levelled(a, layout, Rule.STEPS, Rule.CASES):
        seen: set[Decimal | str] = set()
        for level in leaf.levels:
            key = level.bound if leaf.rule is Rule.STEPS else folded(level.name)
            if key in seen:
                yield error("definition_level_repeated", where, name=level.name)
            seen.add(key)


def check_levels_fit_a_formula(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A form computes the points of a case by a formula, which Excel limits in depth and length."""
    for leaf, where in _levelled(a, layout, Rule.CASES, Rule.STEPS):
        length = sum(len(level.name) for level in leaf.levels)
        if len(leaf.levels) > _MOST_LEVELS or length > _LONGEST_LEVELS:
            facts: dict[str, Fact] = {"count": len(leaf.levels), "length": length, "most": _MOST_LEVELS}
            yield error("definition_levels_too_long", where, code=leaf.code, longest=_LONGEST_LEVELS, **facts)


def check_percentages_can_be_reached(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """What a percentage is held against is at most 100; a/b may be more."""
    for leaf, rule in _leaves(a, layout):
        if leaf.measure is Measure.PERCENT and rule is Rule.TARGET and leaf.target and leaf.target > _WHOLE:
            yield error("definition_above_percent", _at(layout, leaf, "target"), found=leaf.target)
    for leaf, where in _levelled(a, layout, Rule.STEPS):
        highest = max(level.bound for level in leaf.levels)
        if leaf.measure is Measure.PERCENT and highest > _WHOLE:
            yield error("definition_above_percent", where, found=highest)


def check_percentages_are_no_shares(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A target of 0.8 where percents are measured was probably meant as 80 %, and so were steps up to 1."""
    for leaf, _ in _leaves(a, layout):
        if leaf.measured not in (Measure.RATIO, Measure.PERCENT):
            continue
        bounds = [level.bound for level in leaf.levels if _BOUND.fullmatch(level.name)]
        for name, highest in (("target", leaf.target or 0), ("levels", max(bounds, default=0))):
            if 0 < highest <= 1 and not layout.told("criteria", leaf.row, name):
                facts: dict[str, Fact] = {"found": Decimal(highest), "meaning": trimmed(Decimal(highest) * 100)}
                yield warning("definition_share_for_percent", _at(layout, leaf, name), **facts)


def check_points_rise_with_the_steps(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A higher step gives more points, so that a better figure never loses any."""
    for leaf, where in _levelled(a, layout, Rule.STEPS):
        rising = sorted(leaf.levels, key=lambda level: level.bound)
        for lower, higher in pairwise(rising):
            if higher.points <= lower.points:
                yield error("definition_steps_not_rising", where, lower=lower.name, higher=higher.name)


def check_highest_level_is_the_maximum(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """The best step or case gives the maximum, none more."""
    for leaf, where in _levelled(a, layout, Rule.STEPS, Rule.CASES):
        highest = max(level.points for level in leaf.levels)
        if leaf.max_score and highest != leaf.max_score and not layout.told("criteria", leaf.row, "max_score"):
            yield error("definition_levels_not_maximum", where, highest=highest, maximum=leaf.max_score)


def check_levels_can_be_published(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """The points of a level have no more decimals than points of the block may have."""
    most = input_decimals(a, layout)
    for leaf, where in _levelled(a, layout, Rule.STEPS, Rule.CASES):
        decimals = most.get(leaf.block, _MOST_DECIMALS)
        too_fine = [level.points for level in leaf.levels if decimals_of(level.points) > decimals]
        if too_fine:
            yield error("definition_points_too_fine", where, points=too_fine[0], decimals=decimals)


RULE_SENSE: tuple[Check, ...] = (
    check_measures_fit_their_rule,
    check_rules_have_their_parameters,
    check_parameters_are_used_by_their_rule,
    check_steps_can_be_typed,
    check_bounds_are_numbers,
    check_levels_are_unique,
    check_levels_fit_a_formula,
    check_percentages_can_be_reached,
    check_points_rise_with_the_steps,
    check_highest_level_is_the_maximum,
    check_levels_can_be_published,
    check_percentages_are_no_shares,
)
"""Checks of leaves; those of levels rely on their order: what an earlier one refused, a later one leaves alone."""
