"""Laws of the figures: exact sums, the one rounding, ranks, and what is not assessed."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqdt_batch.cells import Content
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import Exemption, RankBasis, TieRule
from cqdt_batch.findings import Where
from cqdt_batch.intake.submissions import Submission
from cqdt_batch.rounding import published
from cqdt_batch.scoring.points import score
from cqdt_batch.scoring.ranking import Standing, rank
from cqdt_batch.scoring.validation import validate
from tests import assessments
from tests.assessments import criterion, handed_in, unit, with_block

scores = st.decimals(min_value=0, max_value=10, places=2)
Typed = tuple[Decimal, Decimal, Decimal]


def tiny(units: int, *, exempt: str = "") -> Assessment:
    """One block of units u0, u1, … on the tree T(A(a1, a2), b), ten points a leaf; u0 may be exempt."""
    criteria = (
        criterion("T"),
        criterion("A", "T"),
        criterion("a1", "A", 10),
        criterion("a2", "A", 10),
        criterion("b", "T", 10),
    )
    exemptions = (Exemption(block="k", group="", unit="u0", criterion=exempt, reason=""),) if exempt else ()
    return assessments.assessment((unit(f"u{n}") for n in range(units)), criteria, exemptions=exemptions)


def all_handed_in(typed: list[Typed]) -> list[Submission]:
    return [handed_in(f"u{n}", dict(zip(("a1", "a2", "b"), scores, strict=True))) for n, scores in enumerate(typed)]


def standings(of: Assessment, typed: list[Typed]) -> tuple[Standing, ...]:
    return assessments.ranked(of, all_handed_in(typed)).sections[0].standings


@pytest.mark.parametrize(
    ("exact", "decimals", "expected"),
    [
        ("55.85", 1, "55.9"),
        ("78.849", 1, "78.8"),
        ("27", 1, "27.0"),
        ("0.005", 2, "0.01"),
        ("2.5", 0, "3"),
        ("1.005", 2, "1.01"),
    ],
)
def test_rounding_is_half_up_and_carries_its_decimals(exact: str, decimals: int, expected: str) -> None:
    assert str(published(Decimal(exact), decimals)) == expected


@given(st.decimals(min_value=0, max_value=1000, places=4), st.integers(0, 4))
def test_rounding_moves_a_figure_by_half_a_unit_at_most_and_never_twice(exact: Decimal, decimals: int) -> None:
    rounded = published(exact, decimals)
    assert abs(rounded - exact) <= Decimal(5).scaleb(-decimals - 1)
    assert published(rounded, decimals) == rounded


def test_ranks_of_9_8_8_7() -> None:
    """Keys come lowest first, so that figures are their own negatives."""
    keys = [(-Decimal(9),), (-Decimal(8),), (-Decimal("8.0"),), (-Decimal(7),)]
    assert rank(keys, TieRule.DENSE) == (1, 2, 2, 3)
    assert rank(keys, TieRule.COMPETITION) == rank(keys, TieRule.ORDINAL) == (1, 2, 2, 4)


def test_ordinal_ranks_share_only_what_no_tie_break_settles() -> None:
    keys = [
        (-Decimal(8), -Decimal(3)),
        (-Decimal(9), Decimal(0)),
        (-Decimal(8), -Decimal(4)),
        (-Decimal(8), -Decimal(3)),
    ]
    assert rank(keys, TieRule.ORDINAL) == (3, 1, 2, 3)


@given(st.lists(st.tuples(st.sampled_from([Decimal(n) for n in ("-1", "0", "-0", "1", "1.0")])), max_size=8))
def test_a_rank_counts_what_comes_before_it(keys: list[tuple[Decimal]]) -> None:
    assert rank(keys, TieRule.COMPETITION) == tuple(1 + sum(one < key for one in keys) for key in keys)
    assert rank(keys, TieRule.DENSE) == tuple(1 + sum(one < key for one in set(keys)) for key in keys)


@given(st.lists(st.tuples(scores, scores, scores), min_size=1, max_size=8))
def test_points_are_the_exact_sums_of_the_leaves(typed: list[Typed]) -> None:
    points = score(tiny(len(typed)), "k", all_handed_in(typed))
    assert list(points.columns) == ["T", "A", "a1", "a2", "b"]
    assert points["T"].tolist() == [sum(t) for t in typed]
    assert points["A"].tolist() == [t[0] + t[1] for t in typed]


@given(st.permutations(range(6)), st.lists(st.tuples(scores, scores, scores), min_size=6, max_size=6))
def test_the_order_of_submissions_changes_nothing(order: list[int], typed: list[Typed]) -> None:
    submissions = all_handed_in(typed)
    straight = score(tiny(6), "k", submissions)
    shuffled = score(tiny(6), "k", [submissions[n] for n in order])
    pd.testing.assert_frame_equal(straight, shuffled)


@given(st.tuples(scores, scores, scores), st.sampled_from([0, 1, 2]))
def test_raising_a_leaf_never_lowers_the_rank(typed: Typed, leaf: int) -> None:
    others = [(Decimal(5), Decimal(5), Decimal(5)), (Decimal(9), Decimal(1), Decimal(2))]
    first, second, third = (Decimal(10) if n == leaf else value for n, value in enumerate(typed))
    before, after = standings(tiny(3), [typed, *others]), standings(tiny(3), [(first, second, third), *others])
    place = {s.unit.code: s.rank or 0 for s in before}
    assert {s.unit.code: s.rank or 0 for s in after}["u0"] <= place["u0"]


def test_tied_units_keep_register_order_and_share_the_rank() -> None:
    low, high = (Decimal(1), Decimal(1), Decimal(1)), (Decimal(2), Decimal(2), Decimal(2))
    assert [(s.number, s.unit.code, s.rank) for s in standings(tiny(4), [low, high, low, high])] == [
        (1, "u1", 1),
        (2, "u3", 1),
        (3, "u0", 2),
        (4, "u2", 2),
    ]


@pytest.mark.parametrize(("basis", "ranks"), [(RankBasis.PUBLISHED, [1, 1]), (RankBasis.EXACT, [1, 2])])
def test_the_published_total_ties_where_the_exact_one_does_not(basis: RankBasis, ranks: list[int]) -> None:
    near = [(Decimal("1.01"), Decimal(1), Decimal(1)), (Decimal("1.02"), Decimal(1), Decimal(1))]
    assert [s.rank for s in standings(with_block(tiny(2), basis=basis), near)] == ranks


def test_not_assessed_adds_nothing_and_is_not_zero() -> None:
    assessment = tiny(2, exempt="A")
    full = handed_in("u1", {"a1": Decimal(1), "a2": Decimal(2), "b": Decimal(3)})
    points = score(assessment, "k", [handed_in("u0", {"b": Decimal(3)}), full])
    assert list(points.loc["u0"]) == [Decimal(3), None, None, None, Decimal(3)]
    assert list(points.loc["u1"]) == [Decimal(6), Decimal(3), Decimal(1), Decimal(2), Decimal(3)]
    assert [c.code for c in assessment.assessed_leaves(assessment.units[0])] == ["b"]
    assert assessment.not_assessed(assessment.units[0]) == {"A", "a1", "a2"}


def test_a_criterion_all_of_whose_leaves_are_exempt_is_not_assessed() -> None:
    assessment = tiny(1, exempt="T")
    assert assessment.not_assessed(assessment.units[0]) == {"T", "A", "a1", "a2", "b"}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (None, ["score_missing"]),
        (Decimal("10.01"), ["score_above_maximum"]),
        (Decimal(10), []),
        (Decimal(0), []),
        (Decimal("-0.01"), ["score_negative"]),
        (Decimal("1.005"), ["score_too_fine"]),
        (Decimal("1.500"), []),
        ("eight", []),
    ],
    ids=["empty", "above", "maximum", "zero", "negative", "too-fine", "trailing-zeros", "told-by-intake"],
)
def test_schemas_give_the_code_of_the_finding_and_its_cell(typed: Content | None, expected: list[str]) -> None:
    good = handed_in("u0", {"a1": Decimal(1), "a2": Decimal(2), "b": Decimal(3)})
    bad = handed_in("u1", {"a1": Decimal(1), "a2": typed, "b": Decimal(3)})
    found = validate(tiny(2), [good, bad])
    assert [f.code for f in found] == expected
    assert [f.where for f in found] == [Where(file="u1.xlsx", sheet="P", row=3, column=5)] * len(expected)


anything = st.sampled_from([None, "x", *map(Decimal, ("8.5", "8.50", "8.500", "8.555", "0", "-0", "-1", "-1.0", "11"))])


@given(st.lists(st.tuples(anything, anything, anything), min_size=1, max_size=6))
def test_forms_are_validated_together_as_each_by_itself(typed: list[tuple[Content | None, ...]]) -> None:
    """Equal answers are judged once, however they are written and in however many forms they stand."""
    sent = [handed_in(f"u{n}", dict(zip(("a1", "a2", "b"), one, strict=True))) for n, one in enumerate(typed)]
    alone = [finding for one in sent for finding in validate(tiny(6), [one])]
    assert sorted(validate(tiny(6), sent), key=str) == sorted(alone, key=str)


def test_one_unreadable_cell_does_not_hide_another_units_mistake() -> None:
    """A text in a column turns its other checks into a TypeError unless it is kept out of the frame."""
    text = handed_in("u0", {"a1": "x", "a2": Decimal(2), "b": Decimal(3)})
    high = handed_in("u1", {"a1": Decimal(11), "a2": Decimal(2), "b": Decimal(3)})
    empty = handed_in("u2", {"a1": None, "a2": None, "b": None})
    found = [(f.unit, f.code) for f in validate(tiny(3), [text, high, empty])]
    assert sorted(found) == [("u1", "score_above_maximum"), *[("u2", "score_missing")] * 3]
