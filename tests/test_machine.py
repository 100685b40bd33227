"""What machines are told of tables: the result as published text, every rank that a column asks for, the grade."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.loading import Definition
from cqdt_batch.definition.records import ColumnKind, Exemption, Grade, GradeBasis, TieRule, Treatment
from cqdt_batch.messages import Language, Words
from cqdt_batch.publishing.board import verdict
from cqdt_batch.publishing.machine import outcome_json
from cqdt_batch.scoring.outcome import evaluate
from tests.assessments import assessment, criterion, handed_in, intake_of, unit, with_block
from tests.small_rounds import column

MADE = assessment(
    [unit("a", subgroup="p"), unit("b", subgroup="q"), unit("c", subgroup="p"), unit("d")],
    [criterion("T"), criterion("x", "T", 10), criterion("y", "T", 10)],
    exemptions=(Exemption(block="k", group="", unit="c", criterion="y", reason=""),),
    columns=(column(ColumnKind.RANK_IN_SUBGROUP), column(ColumnKind.RANK_OVERALL)),
    grades=tuple(
        Grade(block="k", basis=GradeBasis.PERCENT, least=Decimal(least), label=label)
        for least, label in ((60, "A"), (0, "B"))
    ),
)
SENT = [
    handed_in("a", {"x": Decimal(6), "y": Decimal("5.55")}),
    handed_in("b", {"x": Decimal(9), "y": Decimal(9)}),
    handed_in("c", {"x": Decimal(6)}),
]


def told(treatment: Treatment) -> dict[str, Any]:
    made = with_block(MADE, treatment=treatment, ties=TieRule.COMPETITION)
    sent = [one for one in SENT if not made.is_left_out(made.unit_by_code[one.unit])]
    return outcome_json(
        evaluate(Definition(assessment=made, findings=(), layout=Layout(file="d.xlsx")), intake_of(sent), "bai-nop")
    )


def test_percents_are_the_result_and_totals_stay_points() -> None:
    rows = told(Treatment.PERCENT)["tables"][0]["rows"]
    assert rows == [
        {
            "unit": "b",
            "number": 1,
            "total": "18.0",
            "result": "90.0",
            "rank": 1,
            "rank_in_subgroup": 1,
            "rank_overall": 1,
            "grade": "A",
        },
        {
            "unit": "c",
            "number": 2,
            "total": "6.0",
            "result": "60.0",
            "rank": 2,
            "rank_in_subgroup": 1,
            "rank_overall": 2,
            "grade": "A",
        },
        {
            "unit": "a",
            "number": 3,
            "total": "11.6",
            "result": "57.8",
            "rank": 3,
            "rank_in_subgroup": 2,
            "rank_overall": 3,
            "grade": "B",
        },
    ]


def test_who_cannot_be_ranked_has_no_rank_of_any_kind() -> None:
    rows = told(Treatment.UNRANKED)["tables"][0]["rows"]
    assert rows[-1] == {"unit": "c", "number": 3, "total": "6.0", "result": "6.0", "rank": None, "grade": "A"}


def test_the_verdict_counts_only_those_who_are_asked() -> None:
    made = with_block(MADE, treatment=Treatment.LEFT_OUT)
    sent = [handed_in(code, {"x": Decimal(6), "y": Decimal(6)}) for code in "abd"]
    outcome = evaluate(
        Definition(assessment=made, findings=(), layout=Layout(file="d.xlsx")), intake_of(sent), "bai-nop"
    )
    assert verdict(outcome, Words(Language.EN)) == "Valid forms of all 3 units are in."


def test_who_is_left_out_is_neither_missing_nor_in_a_table() -> None:
    machine = told(Treatment.LEFT_OUT)
    assert [row["unit"] for row in machine["tables"][0]["rows"]] == ["b", "a"]
    assert machine["units"] == [
        {"unit": "a", "state": "ranked"},
        {"unit": "b", "state": "ranked"},
        {"unit": "c", "state": "left_out"},
        {"unit": "d", "state": "missing"},
    ]
