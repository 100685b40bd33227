"""Printed parts that are rounded before they are added: what is printed always adds up, in print and in Excel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cqdt_batch.definition.assessment import Assessment, CriteriaTree
from cqdt_batch.definition.records import (
    Aggregation,
    ColumnKind,
    Measure,
    RankBasis,
    Rule,
    Summing,
    Treatment,
    ZeroRule,
)
from cqdt_batch.findings import Where
from cqdt_batch.intake.submissions import InputKind, Submission, Total
from cqdt_batch.messages import Words
from cqdt_batch.rounding import published
from cqdt_batch.scoring.outcome import Outcome
from tests.appraisals import annex_of, contents, disagreements, evaluated
from tests.assessments import assessment, criterion, handed_in, unit, with_block
from tests.small_rounds import SmallRound, column, small_rounds

POINTS, TOTAL = ColumnKind.POINTS, ColumnKind.TOTAL


@st.composite
def printed_rounds(draw: Any) -> SmallRound:
    """A small round that rounds its printed parts, with a table that prints some criteria."""
    small: SmallRound = draw(small_rounds())
    codes = [one.code for one in small.assessment.criteria]
    shown = draw(st.lists(st.sampled_from(codes), min_size=1, unique=True))
    columns = (*(column(POINTS, criterion=code) for code in shown), column(TOTAL))
    of = with_block(replace(small.assessment, columns=columns), summing=Summing.PRINTED)
    return replace(small, assessment=of)


def printed(outcome: Outcome) -> Iterator[dict[str, Decimal | None]]:
    """What the table prints of each unit as points, by criterion."""
    (table,) = outcome.tables
    columns = {one.criterion: one for one in outcome.assessment.columns if one.kind is POINTS}
    for standing in table.standings:
        found = {code: table.figures.published(one, standing.unit) for code, one in columns.items()}
        exact = table.figures.points_of(standing.unit, "T")
        yield {"T": None if exact is None else published(exact, outcome.assessment.blocks[0].decimals), **found}


def parts_of(tree: CriteriaTree, code: str, shown: Sequence[str]) -> list[str] | None:
    """The printed criteria that a sum is made of, through sums that are not printed; None if it has something else."""
    parts: list[str] = []
    if tree.by_code[code].aggregation is not Aggregation.SUM or tree.is_leaf(code):
        return None
    for child in tree.children[code]:
        below = [child.code] if child.code in shown else parts_of(tree, child.code, shown)
        if below is None:
            return None
        parts += below
    return parts


@given(printed_rounds())
def test_printed_parts_add_up_to_the_printed_sum(small: SmallRound) -> None:
    outcome = evaluated(small.assessment, small.submissions)
    tree = small.assessment.trees["k"]
    for row in printed(outcome):
        for code, figure in row.items():
            parts = parts_of(tree, code, list(row))
            if parts is not None:
                known = [one for part in parts if (one := row[part]) is not None]
                assert figure == (sum(known, Decimal(0)) if known else None)


@given(small_rounds())
def test_where_exact_points_are_added_nothing_is_rounded_before(small: SmallRound) -> None:
    assert small.assessment.rounded_parts == {"k": frozenset()}


OF = assessment(
    [unit(code) for code in "abc"],
    [
        criterion("T"),
        criterion("1", "T"),
        criterion("1a", "1", 10),
        criterion("1b", "1", 10, rule=Rule.RATIO, measure=Measure.RATIO, on_zero=ZeroRule.NOT_ASSESSED),
        criterion("2", "T", aggregation=Aggregation.MEAN),
        criterion("2a", "2", 10, weight=Decimal(1)),
        criterion("2b", "2", 10, weight=Decimal(2)),
        criterion("3", "T", 10),
    ],
    columns=(
        column(ColumnKind.UNIT, number="(1)"),
        column(POINTS, criterion="1"),
        column(POINTS, criterion="1b"),
        column(POINTS, criterion="2"),
        column(POINTS, criterion="3"),
        column(TOTAL),
        column(ColumnKind.RANK),
    ),
)
FIRST, SECOND = InputKind.FIRST, InputKind.SECOND


def sent(code: str, points: str, whole: int) -> Submission:
    typed: dict[Any, Any] = dict.fromkeys(("1a", "2a", "3"), Decimal(points))
    return handed_in(code, {**typed, "2b": Decimal("1.07"), ("1b", FIRST): Decimal(0), ("1b", SECOND): Decimal(whole)})


SENT = (sent("a", "5.25", 3), sent("b", "4.14", 0), sent("c", "0.05", 7))


def rounded(**fields: Any) -> Assessment:
    return with_block(OF, summing=Summing.PRINTED, **fields)


def test_parts_are_those_that_are_printed_below_something_printed() -> None:
    assert rounded().rounded_parts == {"k": frozenset({"1", "1b", "2", "3"})}
    apart = replace(rounded(), columns=(column(TOTAL), column(POINTS, criterion="T")))
    assert apart.rounded_parts == {"k": frozenset()}


def test_a_total_is_added_from_what_is_printed() -> None:
    """a: 5.25 → 5.3; the mean of 5.25 and 2 × 1.07 is 2.46 → 2.5; 5.25 → 5.3; together 13.1, exactly 12.96."""
    outcome = evaluated(rounded(), SENT)
    row = outcome.points["k"].loc["a"]
    assert [row[code] for code in ("1", "2", "3", "T")] == [Decimal(x) for x in ("5.3", "2.5", "5.3", "13.1")]
    assert evaluated(OF, SENT).points["k"].loc["a", "T"] == Decimal("12.96")
    assert outcome.own_points["k"].loc["a", "T"] == Decimal("12.96")


def test_rounded_parts_recalculate(tmp_path: Path) -> None:
    rounds = [
        rounded(),
        rounded(decimals=0, basis=RankBasis.EXACT),
        rounded(treatment=Treatment.PERCENT, decimals=2),
        rounded(treatment=Treatment.CONVERTED),
    ]
    outcomes = [evaluated(of, SENT) for of in rounds]
    annexes = [annex_of(outcome, tmp_path / f"{number}.xlsx") for number, outcome in enumerate(outcomes)]
    assert disagreements(annexes, tmp_path / "lai") == []
    note = contents(annexes[0])["Điểm k", "A2"]
    assert Words()("working.note_printed") in note


def test_the_totals_of_forms_are_held_against_exact_points() -> None:
    """The form adds what is typed; that the annex adds rounded parts makes no difference to it."""
    totals = {
        code: Total(value=Decimal(value), where=Where(file="a.xlsx", sheet="P", row=row, column=4))
        for row, (code, value) in enumerate((("T", "12.96"), ("1", "5.25"), ("2", "2.46")), 50)
    }
    assert codes(evaluated(rounded(), (replace(SENT[0], totals=totals), SENT[2]))) == []
    wrong = {**totals, "T": replace(totals["T"], value=Decimal("13.1"))}
    assert codes(evaluated(rounded(), (replace(SENT[0], totals=wrong), SENT[2]))) == ["total_differs"]


def codes(outcome: Outcome) -> list[str]:
    return [finding.code for finding in outcome.findings if finding.unit != "b"]


def test_what_is_ranked_is_the_printed_total() -> None:
    """b is not assessed on 1b: 4.1 + 2.1 + 4.1; the mean of 4.14 and 2 × 1.07 is 2.09."""
    outcome = evaluated(rounded(), SENT)
    (table,) = outcome.tables
    compared = {one.unit.code: table.figures.compared(one.unit) for one in table.standings}
    assert compared == {"a": Decimal("13.1"), "b": Decimal("10.3"), "c": Decimal("0.9")}
