"""Laws of points, ranks and grades on small random rounds, against oracles that share no code with the program."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.loading import Definition
from cqdt_batch.definition.names import alphabetical
from cqdt_batch.definition.records import (
    Aggregation,
    Column,
    ColumnKind,
    Criterion,
    Extra,
    Grade,
    GradeBasis,
    Measure,
    RankBasis,
    Rule,
    SortOrder,
    TableContent,
    TableOrder,
    TieRule,
    Treatment,
    Unit,
)
from cqdt_batch.intake.submissions import InputKind
from cqdt_batch.scoring.outcome import UnitState, evaluate
from cqdt_batch.scoring.points import aggregate
from cqdt_batch.scoring.ranking import RankedTable, Scope, Standing
from tests.assessments import (
    SECTION,
    TABLE,
    assessment,
    criterion,
    half_up,
    handed_in,
    intake_of,
    ranked,
    unit,
    with_block,
)
from tests.small_rounds import LEAF_DECIMALS, SmallRound, Typed, column, small_rounds

Figure = Fraction | None


def result_of(small: SmallRound) -> RankedTable:
    return ranked(small.assessment, small.submissions)


def points_in(table: RankedTable) -> dict[str, dict[str, Decimal | None]]:
    """unit → criterion → points."""
    return {str(code): dict(row) for code, row in table.figures.points.iterrows()}


# ---------------------------------------------------------------- oracles


def children_of(criteria: Sequence[Criterion], code: str) -> list[Criterion]:
    return [one for one in criteria if one.parent == code]


def gathered(criteria: Sequence[Criterion], code: str, leaves: Mapping[str, Figure]) -> Figure:
    """The points of a criterion from those of the leaves, by the words of the definition's help."""
    node = next(one for one in criteria if one.code == code)
    below = children_of(criteria, code)
    if not below:
        return leaves[code]
    found = [(gathered(criteria, child.code, leaves), Fraction(child.weight or 1)) for child in below]
    known = [(points, weight) for points, weight in found if points is not None]
    if not known:
        return None
    if node.aggregation is Aggregation.BEST:
        return max(points for points, _ in known)
    if node.aggregation is Aggregation.MEAN:
        weighted = sum((points * weight for points, weight in known), Fraction(0))
        return half_up(weighted / sum((weight for _, weight in known), Fraction(0)), LEAF_DECIMALS)
    return sum((points for points, _ in known), Fraction(0))


def full_marks(criteria: Sequence[Criterion], known: Mapping[str, Any]) -> Fraction:
    """What the root is worth with full points on every known leaf, and neither bonus nor penalty."""
    leaves = {
        leaf.code: None if known.get(leaf.code) is None else Fraction(0 if leaf.extra else leaf.max_score or 0)
        for leaf in criteria
        if leaf.rule
    }
    return gathered(criteria, "T", leaves) or Fraction(0)


def exempt_leaves(of: Assessment, who: Unit) -> set[str]:
    """The leaves below what a unit or its group is not assessed on."""
    named = {e.criterion for e in of.exemptions if who.code == e.unit or (not e.unit and who.group == e.group)}
    while True:
        below = {one.code for one in of.criteria if one.parent in named} | named
        if below == named:
            return {leaf.code for leaf in of.criteria if leaf.rule and leaf.code in named}
        named = below


class Oracle:
    """What the table should say, from the points of the leaves alone."""

    def __init__(self, small: SmallRound, table: RankedTable) -> None:
        self.of = small.assessment
        self.block = self.of.blocks[0]
        self.points = points_in(table)
        self.leaves = [leaf for leaf in self.of.criteria if leaf.rule]

    def points_of(self, code: str, criterion_code: str = "T") -> Figure:
        figure = self.points[code][criterion_code]
        return None if figure is None else Fraction(figure)

    def maximum(self) -> Fraction:
        return full_marks(self.of.criteria, {leaf.code: 1 for leaf in self.leaves})

    def share(self, code: str, scale: Fraction) -> Figure:
        points, most = self.points_of(code), full_marks(self.of.criteria, self.points[code])
        return points * scale / most if points is not None and most else None

    def exact(self, code: str, treatment: Treatment | None = None) -> Figure:
        treatment = treatment or self.block.treatment
        if treatment is Treatment.CONVERTED:
            return self.share(code, self.maximum())
        return self.share(code, Fraction(100)) if treatment is Treatment.PERCENT else self.points_of(code)

    def as_compared(self, figure: Figure) -> Fraction:
        if self.block.basis is RankBasis.EXACT or figure is None:
            return figure or Fraction(0)
        return half_up(figure, self.block.decimals)

    def key(self, code: str) -> tuple[Fraction, ...]:
        tie_breaks = self.block.tie_breaks if self.block.ties is TieRule.ORDINAL else ()
        return tuple(
            map(self.as_compared, (self.exact(code), *(self.points_of(code, settling) for settling in tie_breaks)))
        )

    def is_comparable(self, who: Unit) -> bool:
        if self.exact(who.code) is None or self.block.treatment in {Treatment.CONVERTED, Treatment.PERCENT}:
            return self.exact(who.code) is not None
        asked = {leaf.code for leaf in self.leaves if not leaf.extra}
        if self.block.treatment is Treatment.OWN_SCALE:
            asked -= exempt_leaves(self.of, who)
        return all(self.points[who.code][code] is not None for code in asked)

    def rank(self, code: str, among: Sequence[str]) -> int:
        better = [self.key(other) for other in among if self.key(other) > self.key(code)]
        return 1 + len(set(better) if self.block.ties is TieRule.DENSE else better)

    def graded(self, who: Unit) -> Figure:
        if self.of.grades[0].basis is GradeBasis.PERCENT:
            figure = self.share(who.code, Fraction(100))
        else:
            converted = self.block.treatment is Treatment.CONVERTED
            asked = [leaf.code for leaf in self.leaves if not leaf.extra]
            if not converted and any(self.points[who.code][code] is None for code in asked):
                return None
            figure = self.exact(who.code, Treatment.CONVERTED if converted else Treatment.UNRANKED)
        return None if figure is None else half_up(figure, self.block.decimals)


# ---------------------------------------------------------------- points


@given(small_rounds())
def test_points_go_up_the_tree_as_defined(small: SmallRound) -> None:
    criteria = small.assessment.criteria
    for row in points_in(result_of(small)).values():
        leaves = {code: None if points is None else Fraction(points) for code, points in row.items()}
        assert leaves == {one.code: gathered(criteria, one.code, leaves) for one in criteria}


@given(small_rounds())
def test_the_applicable_maximum_is_what_full_marks_would_give(small: SmallRound) -> None:
    table = result_of(small)
    for code, row in points_in(table).items():
        assert table.figures.applicable.loc[code, "T"] == full_marks(small.assessment.criteria, row)


@given(small_rounds())
def test_points_stand_on_the_grid_of_the_block_and_within_the_maximum(small: SmallRound) -> None:
    leaves = {leaf.code: leaf for leaf in small.assessment.criteria if leaf.rule}
    for row in points_in(result_of(small)).values():
        for code, points in row.items():
            assert points is None or points == points.quantize(Decimal("0.01"))
            if points is not None and code in leaves:
                leaf = leaves[code]
                assert 0 <= (-points if leaf.extra is Extra.PENALTY else points) <= (leaf.max_score or 0)


@given(small_rounds())
def test_a_leaf_is_not_assessed_only_by_exemption_or_by_a_zero_denominator(small: SmallRound) -> None:
    rows = points_in(result_of(small))
    for one in small.assessment.asked_units:
        gaps = {leaf.code for leaf in small.assessment.criteria if leaf.rule and rows[one.code][leaf.code] is None}
        exempt = exempt_leaves(small.assessment, one)
        assert exempt <= gaps
        for code in gaps - exempt:
            leaf = small.assessment.trees["k"].by_code[code]
            typed = small.typed[one.code]
            assert leaf.on_zero == "not_assessed"
            assert typed.get((code, InputKind.SECOND)) == 0 or leaf.rule is Rule.RELATIVE


@given(small_rounds())
def test_points_relative_to_the_best_are_measured_in_the_block(small: SmallRound) -> None:
    rows = points_in(result_of(small))
    for leaf in small.assessment.criteria:
        if leaf.rule is not Rule.RELATIVE:
            continue
        figures = {code: figure_of(leaf, typed) for code, typed in small.typed.items() if (leaf.code, FIRST) in typed}
        best = max((figure for figure in figures.values() if figure is not None), default=Fraction(0))
        for code, figure in figures.items():
            if figure is not None and best:
                share = half_up(figure / best * Fraction(leaf.max_score or 0), LEAF_DECIMALS)
                assert rows[code][leaf.code] == (-share if leaf.extra is Extra.PENALTY else share)


FIRST, SECOND = InputKind.FIRST, InputKind.SECOND


def figure_of(leaf: Criterion, typed: Typed) -> Figure:
    first = Fraction(typed[leaf.code, FIRST])
    if leaf.measure is not Measure.RATIO:
        return first
    second = Fraction(typed[leaf.code, SECOND])
    return first * 100 / second if second else None


points = st.decimals(min_value=0, max_value=10, places=2)
weights = st.decimals(min_value=Decimal("0.1"), max_value=5, places=1)
weighed = st.lists(st.tuples(st.none() | points, weights), min_size=1, max_size=5)


@given(weighed)
def test_a_weighted_mean_lies_between_its_least_and_its_greatest(found: list[tuple[Decimal | None, Decimal]]) -> None:
    known = [child for child, _ in found if child is not None]
    mean = aggregate(Aggregation.MEAN, [child for child, _ in found], [weight for _, weight in found], 2)
    assert (mean is None) == (not known)
    assert mean is None or min(known) <= mean <= max(known)


@given(weighed, weights)
def test_equal_weights_give_the_plain_mean_of_what_is_assessed(
    found: list[tuple[Decimal | None, Decimal]], weight: Decimal
) -> None:
    known = [Fraction(child) for child, _ in found if child is not None]
    assume(known)
    mean = aggregate(Aggregation.MEAN, [child for child, _ in found], [weight] * len(found), 2)
    assert mean is not None
    assert Fraction(mean) == half_up(sum(known, Fraction(0)) / len(known), 2)


def test_a_weighted_mean_by_example() -> None:
    """(10 × 1 + 5 × 2) / 3 = 6,666…; without the 5 the weight 2 counts no more."""
    ten, five, weights = Decimal(10), Decimal(5), [Decimal(1), Decimal(2)]
    assert aggregate(Aggregation.MEAN, [ten, five], weights, 2) == Decimal("6.67")
    assert aggregate(Aggregation.MEAN, [ten, None], weights, 2) == ten


# ---------------------------------------------------------------- order never matters


def shuffled(small: SmallRound, random: Random) -> SmallRound:
    """The same round with the rows of every sheet, and the submissions, in another order."""

    def mixed(records: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(random.sample(records, len(records)))

    of = small.assessment
    of = replace(of, units=mixed(of.units), criteria=mixed(of.criteria), exemptions=mixed(of.exemptions))
    of = replace(of, grades=mixed(of.grades), given=mixed(of.given), past=mixed(of.past))
    return SmallRound(
        assessment=of, typed={code: dict(mixed(list(small.typed[code].items()))) for code in mixed(list(small.typed))}
    )


@given(small_rounds(), st.randoms(use_true_random=False))
def test_no_order_of_units_rows_or_submissions_matters(small: SmallRound, random: Random) -> None:
    straight, mixed = result_of(small), result_of(shuffled(small, random))
    assert points_in(straight) == points_in(mixed)
    assert said(straight) == said(mixed)
    assert {(one.scope, one.name, frozenset(zip(one.units, one.ranks, strict=True))) for one in straight.lists} == {
        (one.scope, one.name, frozenset(zip(one.units, one.ranks, strict=True))) for one in mixed.lists
    }


def said(table: RankedTable) -> dict[str, Any]:
    """unit → section, ranks, grade and applicable maximum."""
    return {
        standing.unit.code: (
            section.section.title,
            standing.ranks,
            standing.grade,
            table.figures.applicable.loc[standing.unit.code].to_dict(),
        )
        for section in table.sections
        for standing in section.standings
    }


# ---------------------------------------------------------------- more is never worth less


@st.composite
def raised(draw: Any) -> tuple[SmallRound, SmallRound, str, Criterion]:
    """A round, the same with one answer of one unit raised, that unit, and the leaf."""
    small: SmallRound = draw(small_rounds())
    asked = [(code, key) for code, typed in small.typed.items() for key in typed if key[1] is not SECOND]
    assume(asked)
    code, (leaf_code, kind) = draw(st.sampled_from(asked))
    leaf = small.assessment.trees["k"].by_code[leaf_code]
    assume(leaf.extra is not Extra.PENALTY)
    typed = small.typed[code]
    more = draw(st.sampled_from(list(better_answers(leaf, typed[leaf_code, kind], typed.get((leaf_code, SECOND))))))
    after = replace(small, typed={**small.typed, code: {**typed, (leaf_code, kind): more}})
    return small, after, code, leaf


def better_answers(leaf: Criterion, now: Decimal | str, second: Decimal | str | None) -> Iterator[Decimal | str]:
    """Answers that are as good as the one there is, or better."""
    yield now
    match leaf.rule:
        case Rule.YES_NO:
            yield "yes"
        case Rule.CASES:
            names = [level.name for level in leaf.levels]
            yield from names[: names.index(str(now))]
        case _:
            top = (
                second
                if isinstance(second, Decimal)
                else (leaf.max_score if leaf.rule is Rule.POINTS else Decimal(100))
            )
            assert isinstance(now, Decimal)
            assert top is not None
            yield from (now + (top - now) * part / 4 for part in range(1, 5))


@given(raised())
def test_raising_a_leaf_never_lowers_anything_of_the_unit(case: tuple[SmallRound, SmallRound, str, Criterion]) -> None:
    small, after, code, _ = case
    before_table, after_table = result_of(small), result_of(after)
    before, now = points_in(before_table)[code], points_in(after_table)[code]
    for one in small.assessment.criteria:
        assert (now[one.code] or 0) >= (before[one.code] or 0)
    if set(gaps(before)) == set(gaps(now)):
        who = small.assessment.unit_by_code[code]
        for kind in (ColumnKind.TOTAL, ColumnKind.PERCENT, ColumnKind.CONVERTED):
            figures = [table.figures.exact(kind, who) for table in (before_table, after_table)]
            assert figures[0] is None or figures[1] is None or figures[0] <= figures[1]


def gaps(row: Mapping[str, Decimal | None]) -> Iterator[str]:
    return (code for code, figure in row.items() if figure is None)


@given(raised())
def test_raising_a_leaf_moves_others_only_where_all_are_held_against_the_best(
    case: tuple[SmallRound, SmallRound, str, Criterion],
) -> None:
    small, after, code, leaf = case
    before, now = points_in(result_of(small)), points_in(result_of(after))
    for other in set(before) - {code}:
        if leaf.rule is not Rule.RELATIVE:
            assert now[other] == before[other]
        elif before[other][leaf.code] is not None and leaf.on_zero != "zero":
            assert (now[other][leaf.code] or 0) <= (before[other][leaf.code] or 0)


@given(raised())
def test_raising_a_leaf_never_costs_a_rank(case: tuple[SmallRound, SmallRound, str, Criterion]) -> None:
    small, after, code, leaf = case
    assume(leaf.rule is not Rule.RELATIVE)
    before, now = ({s.unit.code: s.ranks for s in result_of(of).standings}[code] for of in (small, after))
    assert before.keys() == now.keys()
    assert all(now[scope] <= before[scope] for scope in now)


# ---------------------------------------------------------------- ranks


@given(small_rounds())
def test_ranks_are_those_of_the_definition(small: SmallRound) -> None:
    """Dense: one more than the better figures; competition and ordinal: one more than the better units."""
    table = result_of(small)
    oracle = Oracle(small, table)
    ranked_units: list[Unit] = []
    for section in small.assessment.sections:
        units = [one for one in small.assessment.asked_units if not section.groups or one.group in section.groups]
        ranked_units += units if section.ranked else []
        standings = next(s.standings for s in table.sections if s.section == section)
        assert sorted(s.unit.code for s in standings) == sorted(one.code for one in units)
        check_ranks(oracle, standings, Scope.SECTION, units if section.ranked else [])
    for name in {one.subgroup for one in ranked_units} - {""}:
        inside = [s for s in table.standings if s.unit.subgroup == name]
        check_ranks(oracle, inside, Scope.SUBGROUP, [one for one in ranked_units if one.subgroup == name])
    check_ranks(oracle, [s for s in table.standings if not s.unit.subgroup], Scope.SUBGROUP, [])
    check_ranks(oracle, list(table.standings), Scope.TABLE, ranked_units)


def check_ranks(oracle: Oracle, standings: Sequence[Standing], scope: Scope, among: Sequence[Unit]) -> None:
    compared = [one.code for one in among if oracle.is_comparable(one)]
    expected = {code: oracle.rank(code, compared) for code in compared}
    assert {s.unit.code: s.ranks[scope] for s in standings if scope in s.ranks} == expected


@given(small_rounds(ties=(TieRule.DENSE,), least_units=2))
def test_dense_ranks_have_no_gaps(small: SmallRound) -> None:
    for one in result_of(small).lists:
        assert sorted(set(one.ranks)) == list(range(1, len(set(one.ranks)) + 1))


@given(small_rounds(ties=(TieRule.COMPETITION, TieRule.ORDINAL), least_units=2))
def test_competition_ranks_skip_exactly_those_who_share(small: SmallRound) -> None:
    for one in result_of(small).lists:
        assert list(one.ranks) == [1 + sum(other < place for other in one.ranks) for place in one.ranks]


def test_tie_breaks_decide_one_after_the_other() -> None:
    """All have 10 points; a leads by x; b and c share x, and z settles them; d equals c in everything and shares."""
    made = assessment(
        [unit(code) for code in "abcd"],
        [criterion("T"), *(criterion(code, "T", 10) for code in "xyz")],
        replace(with_block(BASE).blocks[0], ties=TieRule.ORDINAL, tie_breaks=("x", "z")),
    )
    scores = {"a": (5, 1, 4), "b": (4, 1, 5), "c": (4, 2, 4), "d": (4, 2, 4)}
    typed = {code: dict(zip("xyz", map(Decimal, values), strict=True)) for code, values in scores.items()}
    table = ranked(made, [handed_in(code, one) for code, one in typed.items()])
    assert [(s.unit.code, s.rank) for s in table.standings] == [("a", 1), ("b", 2), ("c", 3), ("d", 3)]


BASE = assessment([unit("a")], [criterion("T"), criterion("x", "T", 10)])


# ---------------------------------------------------------------- units not assessed on everything


@given(small_rounds())
def test_percent_and_conversion_are_shares_of_the_applicable_maximum(small: SmallRound) -> None:
    table = result_of(small)
    oracle = Oracle(small, table)
    for standing in table.standings:
        code = standing.unit.code
        for kind, scale in ((ColumnKind.PERCENT, Fraction(100)), (ColumnKind.CONVERTED, oracle.maximum())):
            found, share = table.figures.exact(kind, standing.unit), oracle.share(code, scale)
            assert found == share
            shown = table.figures.published(column(kind), standing.unit)
            expected = None if share is None else half_up(share, oracle.block.decimals)
            assert shown == expected


@given(small_rounds(treatments=(Treatment.CONVERTED,)))
def test_a_converted_total_of_a_unit_assessed_on_everything_is_its_total(small: SmallRound) -> None:
    table = result_of(small)
    for standing in table.standings:
        if not table.figures.is_partly_assessed(standing.unit):
            exact = table.figures.exact(ColumnKind.TOTAL, standing.unit)
            assert exact == table.figures.points.loc[standing.unit.code, "T"]


@given(small_rounds(treatments=(Treatment.CONVERTED, Treatment.PERCENT)))
def test_converted_totals_and_percents_put_units_in_one_order(small: SmallRound) -> None:
    """Both are the same share on two scales: exactly ranked, they rank alike."""
    orders = []
    for treatment in (Treatment.CONVERTED, Treatment.PERCENT):
        of = with_block(small.assessment, treatment=treatment, basis=RankBasis.EXACT)
        orders.append({s.unit.code: s.ranks for s in result_of(replace(small, assessment=of)).standings})
    assert orders[0] == orders[1]


@given(small_rounds(treatments=(Treatment.UNRANKED,)))
def test_a_partly_assessed_unit_stays_unranked_and_stands_last(small: SmallRound) -> None:
    for section in result_of(small).sections:
        has_rank = [standing.rank is not None for standing in section.standings]
        assert has_rank == sorted(has_rank, reverse=True)
        for standing in section.standings:
            assert standing.rank is None or not exempt_leaves(small.assessment, standing.unit) - extras(small)


def extras(small: SmallRound) -> set[str]:
    return {leaf.code for leaf in small.assessment.criteria if leaf.extra}


@given(small_rounds(treatments=(Treatment.OWN_SCALE,)))
def test_a_scale_of_its_own_ranks_a_group_that_is_assessed_on_the_same(small: SmallRound) -> None:
    """With a section for each group, and exemptions by group, every list holds one set of criteria."""
    by_group = tuple(e for e in small.assessment.exemptions if e.group)
    sections = tuple(replace(SECTION, groups=(group,), title=group) for group in ("g", "h"))
    of = replace(small.assessment, exemptions=by_group, sections=sections, columns=())
    assume(set(of.asked_units) == set(small.assessment.asked_units))
    typed = {code: answered(of, small, code) for code in small.typed}
    assume(all(typed.values()))
    table = result_of(SmallRound(assessment=of, typed={code: one or {} for code, one in typed.items()}))
    for section in table.sections:
        ranked_units = [standing.unit for standing in section.standings if standing.rank is not None]
        assert len({frozenset(exempt_leaves(of, who)) for who in ranked_units}) <= 1
        assert {who.group for who in ranked_units} <= {section.section.title}


def answered(of: Assessment, small: SmallRound, code: str) -> Typed | None:
    """The answers of a unit where they are all that it is asked now."""
    asked = {leaf.code for leaf in of.assessed_leaves(of.unit_by_code[code]) if leaf.rule is not Rule.GIVEN}
    typed = small.typed[code]
    return typed if asked == {criterion_code for criterion_code, _ in typed} else None


@given(small_rounds(treatments=(Treatment.LEFT_OUT,)))
def test_who_is_left_out_appears_nowhere(small: SmallRound) -> None:
    table = result_of(small)
    ordinary = {leaf.code for leaf in small.assessment.criteria if leaf.rule and not leaf.extra}
    left_out = {one.code for one in small.assessment.units if exempt_leaves(small.assessment, one) & ordinary}
    assert left_out == {one.code for one in small.assessment.units if small.assessment.is_left_out(one)}
    assert set(table.figures.points.index) == {one.code for one in small.assessment.units} - left_out
    assert not left_out & {s.unit.code for s in table.standings}
    assert not left_out & {one.code for ranks in table.lists for one in ranks.units}
    assert not left_out & {one.code for one in table.absent}


# ---------------------------------------------------------------- grades


@given(small_rounds())
def test_a_grade_is_the_highest_band_that_the_published_figure_reaches(small: SmallRound) -> None:
    table = result_of(small)
    oracle = Oracle(small, table)
    bands = sorted(small.assessment.grades, key=lambda grade: grade.least)
    for standing in table.standings:
        figure = oracle.graded(standing.unit)
        reached = [grade for grade in bands if figure is not None and grade.least <= figure]
        expected = None if figure is None else (reached or bands)[-1 if reached else 0]
        assert standing.grade == expected


@pytest.mark.parametrize(
    ("total", "label"),
    [
        ("89.995", "Tốt"),
        ("89.994", "Khá"),
        ("90", "Tốt"),
        ("70", "Khá"),
        ("69.99", "Yếu"),
        ("0", "Yếu"),
        ("100", "Tốt"),
    ],
)
def test_a_grade_goes_by_what_is_printed(total: str, label: str) -> None:
    """89,995 is printed as 90,00, and nobody who reads 90,00 understands why that should be below 90."""
    bands = {"Tốt": 90, "Khá": 70, "Yếu": 0}
    made = assessment(
        [unit("a")],
        [criterion("T"), criterion("x", "T", 100)],
        replace(BASE.blocks[0], decimals=2, input_decimals=3),
        grades=tuple(
            Grade(block="k", basis=GradeBasis.POINTS, least=Decimal(least), label=one) for one, least in bands.items()
        ),
    )
    (standing,) = ranked(made, [handed_in("a", {"x": Decimal(total)})]).standings
    assert standing.grade is not None
    assert standing.grade.label == label


def test_a_total_below_zero_has_the_lowest_grade() -> None:
    made = assessment(
        [unit("a")],
        [criterion("T"), criterion("x", "T", 10), criterion("y", "T", 10, extra=Extra.PENALTY)],
        grades=(Grade(block="k", basis=GradeBasis.POINTS, least=Decimal(0), label="Yếu"),),
    )
    (standing,) = ranked(made, [handed_in("a", {"x": Decimal(1), "y": Decimal(3)})]).standings
    assert standing.grade == made.grades[0]


def test_a_summary_of_grades_ranks_nobody_and_tells_no_tie_again() -> None:
    made = replace(
        with_block(BASE, ties=TieRule.ORDINAL, tie_breaks=("x",)),
        units=(unit("a"), unit("b")),
        tables=(TABLE, replace(TABLE, code="II", content=TableContent.GRADES)),
        sections=(SECTION, replace(SECTION, table="II")),
        grades=(Grade(block="k", basis=GradeBasis.POINTS, least=Decimal(0), label="Yếu"),),
    )
    sent = [handed_in(code, {"x": Decimal(3)}) for code in "ab"]
    outcome = evaluate(
        Definition(assessment=made, findings=(), layout=Layout(file="dot.xlsx")), intake_of(sent), "bai-nop"
    )
    assert [(f.code, f.facts["table"]) for f in outcome.findings] == [("rank_still_shared", "I")]
    assert [(s.unit.code, s.ranks, s.grade) for s in outcome.tables[1].standings] == [
        ("a", {}, made.grades[0]),
        ("b", {}, made.grades[0]),
    ]


# ---------------------------------------------------------------- last year


@given(small_rounds())
def test_last_year_is_compared_as_it_is_printed(small: SmallRound) -> None:
    table = result_of(small)
    oracle = Oracle(small, table)
    digits = oracle.block.decimals
    for standing in table.standings:
        rows = [past for past in small.assessment.past if past.unit == standing.unit.code]
        before = (
            half_up(sum((Fraction(past.total) for past in rows), Fraction(0)) / len(rows), digits) if rows else None
        )
        now = oracle.exact(standing.unit.code, Treatment.CONVERTED if is_converted(oracle) else Treatment.UNRANKED)
        change = None if before is None or now is None else half_up(now, digits) - before
        figures = {
            kind: table.figures.published(column(kind), standing.unit)
            for kind in (ColumnKind.LAST_TOTAL, ColumnKind.CHANGE, ColumnKind.LAST_RANK)
        }
        assert figures == {
            ColumnKind.LAST_TOTAL: before,
            ColumnKind.CHANGE: change,
            ColumnKind.LAST_RANK: rows[0].rank if len(rows) == 1 else None,
        }


def is_converted(oracle: Oracle) -> bool:
    return oracle.block.treatment is Treatment.CONVERTED


# ---------------------------------------------------------------- the order of rows

FIGURES = (
    ColumnKind.POINTS,
    ColumnKind.MAXIMUM,
    ColumnKind.NOT_ASSESSED,
    ColumnKind.APPLICABLE,
    ColumnKind.PERCENT,
    ColumnKind.CONVERTED,
    ColumnKind.TOTAL,
    ColumnKind.LAST_TOTAL,
    ColumnKind.LAST_RANK,
    ColumnKind.CHANGE,
)
RANKS = {
    ColumnKind.RANK: Scope.SECTION,
    ColumnKind.RANK_IN_SUBGROUP: Scope.SUBGROUP,
    ColumnKind.RANK_OVERALL: Scope.TABLE,
}
OTHERS = (ColumnKind.UNIT, ColumnKind.SUBGROUP, ColumnKind.NOTE, ColumnKind.GRADE, ColumnKind.RANK_CHANGE)


def shown(table: RankedTable, of: Column, standing: Standing) -> Any:
    """What a column shows of a unit, as something to compare; None where it is empty."""
    who = standing.unit
    if of.kind in FIGURES:
        return table.figures.published(of, who)
    if of.kind in RANKS:
        return standing.ranks.get(RANKS[of.kind])
    past = [one.rank for one in table.figures.assessment.past if one.unit == who.code]
    now = standing.ranks.get(Scope.TABLE)
    change = past[0] - now if len(past) == 1 and past[0] and now else None
    others: dict[ColumnKind, Any] = {
        ColumnKind.UNIT: alphabetical(who.printed_name),
        ColumnKind.SUBGROUP: alphabetical(who.subgroup) or None,
        ColumnKind.NOTE: alphabetical(who.note) or None,
        ColumnKind.GRADE: standing.grade and standing.grade.least,
        ColumnKind.RANK_CHANGE: change,
    }
    return others[of.kind]


@settings(max_examples=300)
@given(st.sampled_from([*FIGURES, *RANKS, *OTHERS]), st.sampled_from(SortOrder), small_rounds(least_units=2))
def test_a_table_is_sorted_by_any_of_its_columns(kind: ColumnKind, order: SortOrder, small: SmallRound) -> None:
    """What has nothing there comes last either way; what is equal there stays in register order."""
    sorting = column(kind, sort=order)
    of = replace(small.assessment, columns=(*small.assessment.columns, sorting))
    register = [one.code for one in of.units]
    table = result_of(replace(small, assessment=of))
    for section in table.sections:
        rows = [(shown(table, sorting, s), register.index(s.unit.code)) for s in section.standings]
        known, empty = [row for row in rows if row[0] is not None], [row for row in rows if row[0] is None]
        assert rows == known + empty
        assert empty == sorted(empty)
        for (here, above), (there, below) in itertools.pairwise(known):
            assert (here, above) < (there, below) if here == there else (here < there) == (order is SortOrder.ASCENDING)


def test_of_several_sorting_columns_the_leftmost_decides_first() -> None:
    units = [unit("a", subgroup="q"), unit("b", subgroup="p"), unit("c", subgroup="q"), unit("d", subgroup="p")]
    columns = (
        column(ColumnKind.SUBGROUP, sort=SortOrder.ASCENDING),
        column(ColumnKind.TOTAL, sort=SortOrder.ASCENDING),
    )
    made = assessment(units, [criterion("T"), criterion("x", "T", 10)], columns=columns)
    table = ranked(made, [handed_in(one.code, {"x": Decimal(9 - n)}) for n, one in enumerate(units)])
    assert [s.unit.code for s in table.standings] == ["d", "b", "c", "a"]


@given(small_rounds())
def test_a_table_by_the_register_keeps_its_order(small: SmallRound) -> None:
    of = replace(small.assessment, tables=(replace(TABLE, order=TableOrder.REGISTER),))
    register = [one.code for one in of.units]
    for section in result_of(replace(small, assessment=of)).sections:
        places = [register.index(s.unit.code) for s in section.standings]
        assert places == sorted(places)


@given(small_rounds())
def test_a_table_by_result_goes_by_rank_and_then_by_the_register(small: SmallRound) -> None:
    table = result_of(small)
    oracle = Oracle(small, table)
    register = [one.code for one in small.assessment.units]
    for section in table.sections:
        codes = [s.unit.code for s in section.standings if s.rank is not None or not section.section.ranked]
        assert codes == sorted(
            codes, key=lambda code: (oracle.exact(code) is None, negated(oracle.key(code)), register.index(code))
        )


def negated(key: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    return tuple(-part for part in key)


@given(small_rounds())
def test_rows_are_numbered_without_gaps(small: SmallRound) -> None:
    sections = tuple(replace(one, restarts=n == 0) for n, one in enumerate(small.assessment.sections))
    table = result_of(replace(small, assessment=replace(small.assessment, sections=sections)))
    standings = list(table.standings)
    assert [s.number for s in standings] == list(range(1, len(standings) + 1))


# ---------------------------------------------------------------- nothing is lost


@given(small_rounds(), st.data())
def test_every_unit_ends_in_exactly_one_state(small: SmallRound, data: st.DataObject) -> None:
    """Some forms do not come, and in some a typed score is missing; whoever is left out is not missed."""
    of = small.assessment
    absent = data.draw(st.sets(st.sampled_from([one.code for one in of.units])))
    spoilt = data.draw(st.sets(st.sampled_from([one.code for one in of.units])))
    sent = {code: typed for code, typed in small.typed.items() if code not in absent}
    scored = {code for code in spoilt & sent.keys() if any(kind is InputKind.SCORE for _, kind in sent[code])}
    handed = [
        handed_in(
            code, {key: None if code in scored and key[1] is InputKind.SCORE else value for key, value in typed.items()}
        )
        for code, typed in sent.items()
    ]
    outcome = evaluate(
        Definition(assessment=of, findings=(), layout=Layout(file="dot.xlsx")), intake_of(handed), "bai-nop"
    )
    ordinary = {leaf.code for leaf in of.criteria if leaf.rule and not leaf.extra}
    leaves_out = of.block_by_code["k"].treatment is Treatment.LEFT_OUT
    left_out = {one.code for one in of.units if leaves_out and exempt_leaves(of, one) & ordinary}
    by_state = {state: {code for code, found in outcome.states.items() if found is state} for state in UnitState}
    assert list(outcome.states) == [one.code for one in of.units]
    assert by_state[UnitState.LEFT_OUT] == left_out
    assert by_state[UnitState.MISSING] == absent - left_out
    assert by_state[UnitState.WITH_ERRORS] == scored
    assert by_state[UnitState.RANKED] == {one.code for ranks in outcome.tables[0].lists for one in ranks.units}
    assert set(outcome.points["k"].index) == by_state[UnitState.RANKED] | by_state[UnitState.NOT_RANKED]
    assert outcome.is_draft == bool(by_state[UnitState.MISSING] | by_state[UnitState.WITH_ERRORS])
