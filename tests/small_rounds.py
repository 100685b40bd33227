"""Hypothesis strategies for small rounds: every rule, every kind of node, exemptions, treatments, ties, grades."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import (
    Aggregation,
    Block,
    Column,
    ColumnKind,
    Criterion,
    Exemption,
    Extra,
    GivenScore,
    Grade,
    GradeBasis,
    Level,
    Measure,
    PastResult,
    RankBasis,
    Rule,
    Section,
    TieRule,
    Treatment,
    Unit,
    ZeroRule,
)
from cqdt_batch.intake.submissions import InputKind, Submission
from tests import assessments
from tests.assessments import BLOCK, SECTION, criterion, handed_in, unit

Draw = Callable[[st.SearchStrategy[Any]], Any]
Typed = dict[tuple[str, InputKind], Decimal | str]

DIVIDING = (ZeroRule.NOT_ASSESSED, ZeroRule.FULL, ZeroRule.ZERO)
GROUPS, SUBGROUPS = ("g", "h"), ("", "p", "q")
LEAF_DECIMALS = 2


@dataclass(frozen=True, kw_only=True)
class SmallRound:
    """An assessment and what the units that are asked typed, by unit."""

    assessment: Assessment
    typed: dict[str, Typed]

    @property
    def submissions(self) -> list[Submission]:
        """The submissions, in the order of `typed`."""
        return [handed_in(code, typed) for code, typed in self.typed.items()]


@st.composite
def small_rounds(
    draw: Draw,
    treatments: tuple[Treatment, ...] = tuple(Treatment),
    ties: tuple[TieRule, ...] = tuple(TieRule),
    least_units: int = 1,
) -> SmallRound:
    """A round of up to five units; all that are asked hand in complete and valid forms."""
    criteria = draw(trees())
    units = [
        unit(f"u{n}", group=draw(st.sampled_from(GROUPS)), subgroup=draw(st.sampled_from(SUBGROUPS)))
        for n in range(draw(st.integers(least_units, 5)))
    ]
    made = assessments.assessment(
        units,
        criteria,
        draw(blocks(criteria, treatments, ties)),
        exemptions=draw(exemptions(units, criteria)),
        sections=draw(sections()),
        columns=(column(ColumnKind.RANK_IN_SUBGROUP), column(ColumnKind.RANK_OVERALL)),
        grades=draw(grades()),
        given=tuple(draw(given_scores(units, criteria))),
        past=tuple(draw(past_results(units))),
    )
    typed = {
        one.code: {key: value for leaf in made.assessed_leaves(one) for key, value in draw(answers(leaf)).items()}
        for one in made.asked_units
    }
    return SmallRound(assessment=made, typed=typed)


def column(kind: ColumnKind, **fields: Any) -> Column:
    """A column of the table."""
    plain = {"table": "I", "criterion": "", "label": kind.value, "spanners": (), "number": "", "width": Decimal(9)}
    return Column(kind=kind, **(plain | fields))


@st.composite
def trees(draw: Draw) -> tuple[Criterion, ...]:
    """Criteria under T: leaves, nodes of leaves, and sums of such nodes."""
    top = draw(st.lists(st.sampled_from(["leaf", "node", "sum"]), min_size=1, max_size=3))
    found: list[Criterion] = [criterion("T"), draw(leaves("T0", "T", extra=None))]
    for n, kind in enumerate(top, 1):
        code = f"T{n}"
        if kind == "leaf":
            found.append(draw(leaves(code, "T", extra=draw(st.sampled_from([None, *Extra])))))
        elif kind == "node":
            found += draw(nodes(code, "T"))
        else:
            found += [criterion(code, "T"), *draw(nodes(f"{code}.1", code)), *draw(nodes(f"{code}.2", code))]
    return tuple(found)


@st.composite
def nodes(draw: Draw, code: str, parent: str) -> list[Criterion]:
    """An inner criterion and its leaves: those of a mean have one maximum, and weights."""
    how = draw(st.sampled_from(Aggregation))
    maximum = draw(st.integers(1, 20))
    found = [criterion(code, parent, aggregation=how)]
    for n in range(draw(st.integers(1, 3))):
        leaf = draw(leaves(f"{code}.{n}", code, extra=None))
        if how is Aggregation.MEAN:
            leaf = replace(draw(leaves(leaf.code, code, extra=None, maximum=maximum)), weight=Decimal(draw(WEIGHTS)))
        found.append(leaf)
    return found


WEIGHTS = st.sampled_from(["1", "2", "0.5", "3.25"])


@st.composite
def leaves(draw: Draw, code: str, parent: str, *, extra: Extra | None, maximum: int | None = None) -> Criterion:
    """A leaf of any rule, with the parameters that the rule needs."""
    most = Decimal(draw(st.integers(1, 20)) if maximum is None else maximum)
    rule = draw(st.sampled_from(Rule))
    measure = draw(st.sampled_from(MEASURES[rule])) if rule in MEASURES else None
    return criterion(
        code,
        parent,
        most,
        rule=rule,
        extra=extra,
        measure=measure,
        on_zero=draw(st.sampled_from(DIVIDING)),
        target=Decimal(draw(st.integers(1, 100))) if rule is Rule.TARGET else None,
        per_item=Decimal(draw(st.sampled_from(["0.5", "1.25", "3"]))) if rule is Rule.COUNT else None,
        levels=LEVELS[rule](most) if rule in LEVELS else (),
    )


MEASURES = {
    Rule.RATIO: (Measure.RATIO, Measure.PERCENT),
    Rule.TARGET: tuple(Measure),
    Rule.STEPS: tuple(Measure),
    Rule.COUNT: (Measure.NUMBER,),
    Rule.RELATIVE: tuple(Measure),
}
LEVELS: dict[Rule, Callable[[Decimal], tuple[Level, ...]]] = {
    Rule.STEPS: lambda most: (Level("75", most), Level("50", most / 2), Level("12,5", most / 4)),
    Rule.CASES: lambda most: (Level("full", most), Level("half", most / 2), Level("none", Decimal(0))),
}


@st.composite
def answers(draw: Draw, leaf: Criterion) -> Typed:
    """What a unit may type for a leaf."""
    if leaf.rule is Rule.GIVEN:
        return {}
    if leaf.rule is Rule.POINTS:
        return {(leaf.code, InputKind.SCORE): draw(scores(leaf))}
    first, second = (leaf.code, InputKind.FIRST), (leaf.code, InputKind.SECOND)
    if leaf.rule is Rule.YES_NO:
        return {first: draw(st.sampled_from(["yes", "no"]))}
    if leaf.rule is Rule.CASES:
        return {first: draw(st.sampled_from([level.name for level in leaf.levels]))}
    if leaf.measured is Measure.RATIO:
        whole = draw(st.integers(0, 40))
        return {first: Decimal(draw(st.integers(0, whole))), second: Decimal(whole)}
    return {first: Decimal(draw(st.integers(0, 100)))}


def scores(leaf: Criterion) -> st.SearchStrategy[Decimal]:
    """Points from 0 to the maximum of a leaf."""
    return st.decimals(min_value=0, max_value=int(leaf.max_score or 0), places=LEAF_DECIMALS)


def blocks(
    criteria: tuple[Criterion, ...], treatments: tuple[Treatment, ...], ties: tuple[TieRule, ...]
) -> st.SearchStrategy[Block]:
    """The block with any rule of ranking."""
    return st.builds(
        lambda **fields: replace(BLOCK, **fields),
        decimals=st.integers(0, LEAF_DECIMALS),
        input_decimals=st.just(LEAF_DECIMALS),
        ties=st.sampled_from(ties),
        basis=st.sampled_from(RankBasis),
        treatment=st.sampled_from(treatments),
        tie_breaks=st.lists(st.sampled_from([c.code for c in criteria]), min_size=1, max_size=2, unique=True).map(
            tuple
        ),
    )


def exemptions(units: list[Unit], criteria: tuple[Criterion, ...]) -> st.SearchStrategy[tuple[Exemption, ...]]:
    """Up to two exemptions, of a unit or a group, at any level below the root."""
    whom = [("", one.code) for one in units] + [(group, "") for group in GROUPS]
    one = st.builds(
        lambda who, code: Exemption(block="k", group=who[0], unit=who[1], criterion=code, reason=""),
        st.sampled_from(whom),
        st.sampled_from([c.code for c in criteria if c.parent]),
    )
    return st.lists(one, max_size=2).map(tuple)


def sections() -> st.SearchStrategy[tuple[Section, ...]]:
    """One section, or one for each group, of which the second may have no ranks."""
    by_group = [replace(SECTION, groups=("g",), title="G"), replace(SECTION, groups=("h",), title="H")]
    split = [(by_group[0], by_group[1]), (by_group[0], replace(by_group[1], ranked=False))]
    return st.sampled_from([(SECTION,), *split])


def grades() -> st.SearchStrategy[tuple[Grade, ...]]:
    """Bands from 0 up, measured in points or percent."""
    bounds = st.lists(st.decimals(min_value=1, max_value=60, places=1), max_size=3, unique=True)
    return st.builds(
        lambda basis, found: tuple(
            Grade(block="k", basis=basis, least=least, label=f"from {least}") for least in (Decimal(0), *found)
        ),
        st.sampled_from(GradeBasis),
        bounds,
    )


@st.composite
def given_scores(draw: Draw, units: list[Unit], criteria: tuple[Criterion, ...]) -> Iterator[GivenScore]:
    """Points for every unit on every leaf that the appraiser scores."""
    asked = [leaf for leaf in criteria if leaf.rule is Rule.GIVEN]
    return iter(
        [GivenScore(unit=u.code, criterion=c.code, points=draw(scores(c)), source="") for u in units for c in asked]
    )


@st.composite
def past_results(draw: Draw, units: list[Unit]) -> Iterator[PastResult]:
    """Last year of some units: none, one result, or those of two merged units."""
    rows = [(one, n) for one in units for n in range(draw(st.integers(0, 2)))]
    totals = st.decimals(min_value=0, max_value=60, places=2)
    return iter(
        [
            PastResult(unit=one.code, criterion="", name=f"{one.code} {n}", total=draw(totals), rank=n + 1)
            for one, n in rows
        ]
    )
