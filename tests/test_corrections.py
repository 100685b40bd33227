"""The corrections register: applied last, held against what stands, printed, and without a trace where it is empty."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqdt_batch.cells import Book, Content
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.loading import Definition, load
from cqdt_batch.definition.records import (
    Aggregation,
    ColumnKind,
    Exemption,
    Extra,
    GivenScore,
    Limits,
    Measure,
    Rule,
    Summing,
    Treatment,
    ZeroRule,
)
from cqdt_batch.findings import Severity
from cqdt_batch.intake.collecting import Intake, take_in
from cqdt_batch.intake.reading import read_book
from cqdt_batch.intake.submissions import InputKind, Submission
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.writing import write_annex, write_board
from cqdt_batch.publishing.board import summary_lines
from cqdt_batch.publishing.machine import outcome_json
from cqdt_batch.scoring.outcome import Outcome, UnitState, evaluate
from tests.appraisals import annex_of, contents, corrected, correction, disagreements, evaluated, verdict
from tests.assessments import assessment, criterion, handed_in, unit, with_block
from tests.books import added, without_rows, without_sheet
from tests.small_rounds import SmallRound, column, small_rounds

FIRST, SECOND = InputKind.FIRST, InputKind.SECOND
TREE = (
    criterion("T"),
    criterion("x", "T", 10),
    criterion("n", "T", aggregation=Aggregation.BEST),
    criterion("n1", "n", 10),
    criterion("n2", "n", 10, rule=Rule.RATIO, measure=Measure.RATIO, on_zero=ZeroRule.ZERO),
    criterion("m", "T", aggregation=Aggregation.MEAN),
    criterion("m1", "m", 10, rule=Rule.YES_NO, weight=Decimal(1)),
    criterion("m2", "m", 10, weight=Decimal(2)),
    criterion("r", "T", 10, rule=Rule.RELATIVE, measure=Measure.NUMBER),
    criterion("g", "T", 5, rule=Rule.GIVEN),
    criterion("p", "T", 5, extra=Extra.PENALTY),
)
UNITS = tuple(unit(code) for code in "abcd")
COLUMNS = tuple(
    column(kind, criterion=code, number=f"({number})")
    for number, (kind, code) in enumerate(
        [
            (ColumnKind.UNIT, ""),
            (ColumnKind.POINTS, "x"),
            (ColumnKind.POINTS, "n"),
            (ColumnKind.POINTS, "m"),
            (ColumnKind.NOT_ASSESSED, ""),
            (ColumnKind.TOTAL, ""),
            (ColumnKind.PERCENT, ""),
            (ColumnKind.RANK, ""),
        ],
        1,
    )
)
OF = assessment(
    UNITS,
    TREE,
    given=tuple(GivenScore(unit=one.code, criterion="g", points=Decimal(3), source="Khảo sát") for one in UNITS),
    columns=COLUMNS,
)


def sent(code: str, x: str, most: int) -> Submission:
    typed: dict[Any, Any] = {
        "x": Decimal(x),
        "n1": Decimal(4),
        ("n2", FIRST): Decimal(1),
        ("n2", SECOND): Decimal(2),
        ("m1", FIRST): "yes",
        "m2": Decimal("2.5"),
        ("r", FIRST): Decimal(most),
        "p": Decimal(1),
    }
    return handed_in(code, typed)


SENT = (sent("a", "7.25", 40), sent("b", "6", 20), sent("c", "5", 80))
"""a: 7.25 + best of 4 and 5 + mean 5 + 40/80 of 10 + 3 − 1 = 24.25; b: 20.5; c: 27."""


def points(outcome: Outcome) -> dict[str, dict[str, Decimal | None]]:
    return {str(code): dict(row) for code, row in outcome.points["k"].iterrows()}


def told(outcome: Outcome) -> list[tuple[str, str, str, str]]:
    about = (one for one in outcome.findings if one.unit != "d" and one.code != "verification_incomplete")
    return [(one.code, one.severity.value, one.unit, one.where.cell) for one in about]


def test_the_raw_result_is_as_reckoned() -> None:
    totals = {code: row["T"] for code, row in points(evaluated(OF, SENT)).items()}
    assert totals == {"a": Decimal("24.25"), "b": Decimal("20.50"), "c": Decimal("27.00")}


@pytest.mark.parametrize(
    ("code", "old", "new", "total"),
    [
        ("x", "7.25", "8", "25"),
        ("n1", "4", "6.5", "25.75"),
        ("n2", "5", "2", "23.25"),
        ("m1", "10", "0", "20.92"),
        ("r", "5", "10", "29.25"),
        ("g", "3", "5", "26.25"),
        ("p", "-1", "-3.5", "21.75"),
    ],
)
def test_a_leaf_of_any_rule_can_be_corrected(code: str, old: str, new: str, total: str) -> None:
    """The mean of 0 and 2.5 with weights 1 and 2 is 1.67; the best of 4 and 2 is 4."""
    outcome = evaluated(corrected(OF, correction("a", code, old, new)), SENT)
    assert points(outcome)["a"][code] == Decimal(new)
    assert points(outcome)["a"]["T"] == Decimal(total)
    assert outcome.own_points["k"].loc["a", "T"] == Decimal("24.25")
    assert told(outcome) == []
    assert len(outcome.register.applied) == 1


def test_entries_build_on_each_other() -> None:
    entries = (
        correction("a", "x", "7.25", "8"),
        correction("b", "x", "6", "6.5"),
        correction("a", "x", "8.00", None),
        correction("a", "x", None, "9"),
    )
    outcome = evaluated(corrected(OF, *entries), SENT)
    assert [points(outcome)[code]["x"] for code in "ab"] == [Decimal(9), Decimal("6.5")]
    assert len(outcome.register.applied) == 4
    assert told(outcome) == []


def test_a_wrong_old_value_is_told_at_its_cell_and_its_unit_waits() -> None:
    """c has the highest figure: without it, a is the best of those that are left."""
    entries = (correction("a", "x", "7.25", "8"), correction("c", "x", "4", "3"), correction("c", "x", "3", "2"))
    outcome = evaluated(corrected(OF, *entries), SENT)
    assert told(outcome) == [("correction_old_differs", "error", "c", "C3")]
    assert outcome.states["c"] is UnitState.WAITING
    assert {code: row["r"] for code, row in points(outcome).items()} == {"a": Decimal("10.00"), "b": Decimal("5.00")}
    assert points(outcome)["a"]["x"] == Decimal(8)
    assert [(entry.unit, entry.new) for entry in outcome.register.applied] == [("a", Decimal(8))]
    assert "c" not in {unit for unit, _ in outcome.register.points}


@pytest.mark.parametrize("language", Language)
def test_a_wrong_old_value_is_told_in_words(language: Language) -> None:
    outcome = evaluated(corrected(OF, correction("a", "x", None, "8")), SENT)
    (finding,) = (one for one in outcome.findings if one.code == "correction_old_differs")
    words = Words(language)
    assert words.message(finding).startswith(
        {
            Language.VI: "Điểm cũ ghi Không đánh giá, nhưng tiêu chí x «x» của A đang là 7,25.",
            Language.EN: "The old points are given as Not assessed, but criterion x «x» of A stands at 7.25.",
        }[language]
    )


def test_a_unit_that_is_not_scored_has_its_entries_told() -> None:
    wrong = handed_in("b", {"x": Decimal(99)})
    outcome = evaluated(
        corrected(OF, correction("d", "x", "1", "2"), correction("b", "x", "6", "7")), (*SENT[:1], wrong)
    )
    idle = [(one.unit, one.severity, one.where.cell) for one in outcome.findings if one.code == "correction_idle"]
    assert idle == [("d", Severity.WARNING, "A2"), ("b", Severity.WARNING, "A3")]
    assert outcome.states["b"] is UnitState.WITH_ERRORS
    assert outcome.register.applied == ()


def test_a_unit_that_takes_no_part_has_its_entries_told() -> None:
    of = with_block(replace(OF, exemptions=(Exemption(block="k", group="", unit="b", criterion="n", reason=""),)))
    of = with_block(of, treatment=Treatment.LEFT_OUT)
    outcome = evaluated(corrected(of, correction("b", "x", "6", "7")), [SENT[0], SENT[2]])
    assert [one.code for one in outcome.findings if one.unit == "b"] == ["correction_idle"]


def test_corrections_come_after_verified_values() -> None:
    """The register is held against the verified value, not against the unit's own."""
    verdicts = (verdict("a", "x", Decimal(5), "Thiếu"), verdict("a", "n2", {FIRST: Decimal(2)}))
    entries = (correction("a", "x", "5", "6"), correction("a", "n2", "10", "9"))
    outcome = evaluated(corrected(OF, *entries), SENT, *verdicts)
    assert told(outcome) == []
    assert [points(outcome)["a"][code] for code in ("x", "n2", "n")] == [Decimal(6), Decimal(9), Decimal(9)]
    assert outcome.own_points["k"].loc["a", "x"] == Decimal("7.25")
    own = evaluated(corrected(OF, correction("a", "x", "7.25", "6")), SENT, *verdicts)
    assert [finding.code for finding in own.findings if finding.unit == "a"] == ["correction_old_differs"]


TREATMENTS = [one for one in Treatment if one is not Treatment.LEFT_OUT]


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_a_waiver_is_a_gap_like_any_other(treatment: Treatment) -> None:
    """a is waived x: 17 of 35 left; the maximum with everything is 45."""
    outcome = evaluated(waived(treatment), SENT)
    row = points(outcome)["a"]
    assert row["x"] is None
    assert row["T"] == Decimal(17)
    assert outcome.applicable["k"].loc["a", "T"] == Decimal(35)
    is_compared = treatment in {Treatment.CONVERTED, Treatment.PERCENT}
    assert outcome.states["a"] is (UnitState.RANKED if is_compared else UnitState.NOT_RANKED)
    told = [one for one in outcome.findings if one.code.endswith("not_comparable")]
    assert [(one.code, one.unit, one.where.sheet, one.where.row) for one in told] == (
        [] if is_compared else [("waived_unit_not_comparable", "a", "Điều chỉnh", 2)]
    )


def waived(treatment: Treatment) -> Assessment:
    return with_block(corrected(OF, correction("a", "x", "7.25", None)), treatment=treatment)


def test_every_correction_recalculates(tmp_path: Path) -> None:
    entries = (
        correction("a", "n1", "4", None),
        correction("a", "n2", "5", None),
        correction("b", "m1", "10", None),
        correction("b", "r", "2.5", "9.99"),
        correction("c", "p", "-1", "0"),
        correction("c", "m2", "2.5", "3.33"),
    )
    all_of_them = with_block(corrected(OF, *entries), treatment=Treatment.CONVERTED)
    rounded = with_block(all_of_them, summing=Summing.PRINTED)
    rounds = [all_of_them, rounded, *map(waived, TREATMENTS)]
    outcomes = [evaluated(of, SENT) for of in rounds]
    assert [told(one) for one in outcomes[:2]] == [[], []]
    assert [points(one)["a"]["n"] for one in outcomes[:2]] == [None, None]
    annexes = [annex_of(one, tmp_path / f"{number}.xlsx") for number, one in enumerate(outcomes)]
    assert disagreements(annexes, tmp_path / "lai") == []


SHEET = Words()("working.corrections_sheet")


def test_the_register_is_printed_and_corrected_cells_are_coloured(tmp_path: Path) -> None:
    entries = (correction("a", "x", "7.25", None), correction("b", "x", "1", "2"))
    annex = annex_of(evaluated(corrected(OF, *entries), SENT), tmp_path / "phu-luc.xlsx")
    workbook = openpyxl.load_workbook(annex)
    rows = list(workbook[SHEET].iter_rows(min_row=4, values_only=True))
    assert rows == [
        (
            "TT",
            "Đơn vị",
            "Tiêu chí",
            "Tên tiêu chí",
            "Điểm cũ",
            "Điểm mới",
            "Lý do",
            "Người điều chỉnh",
            "Ngày",
            "Văn bản",
            "Áp dụng",
        ),
        (
            1,
            "A",
            "x",
            "x",
            7.25,
            "Không đánh giá",
            "Bổ sung minh chứng",
            "Nguyễn Văn An",
            "15/12/2020",
            "Công văn số 12",
            "Đã áp dụng",
        ),
        (
            2,
            "B",
            "x",
            "x",
            1,
            2,
            "Bổ sung minh chứng",
            "Nguyễn Văn An",
            "15/12/2020",
            "Công văn số 12",
            "Chưa áp dụng",
        ),
    ]
    assert workbook[SHEET].auto_filter.ref == "A4:K6"
    scores = workbook["Điểm k"]
    coloured = [
        cell.coordinate for row in scores.iter_rows(min_row=7) for cell in row if cell.fill.fgColor.rgb == "FFFFE699"
    ]
    assert [scores[cell].value for cell in coloured] == ["Không đánh giá"]
    assert Words()("working.note_corrected") in scores["A2"].value


def test_the_board_and_machines_count_the_entries() -> None:
    entries = (correction("a", "x", "7.25", "8"), correction("b", "x", "1", "2"), correction("d", "x", "1", "2"))
    outcome = evaluated(corrected(OF, *entries), SENT)
    lines = dict(summary_lines(outcome, Words()))
    assert [lines[Words()(f"board.{key}")] for key in ("applied_line", "not_applied_line", "correction_total")] == [
        1,
        2,
        3,
    ]
    assert outcome_json(outcome)["corrections"] == [
        {"unit": "a", "criterion": "x", "old": "7.25", "new": "8", "applied": True, "document": "Công văn số 12"},
        {"unit": "b", "criterion": "x", "old": "1", "new": "2", "applied": False, "document": "Công văn số 12"},
        {"unit": "d", "criterion": "x", "old": "1", "new": "2", "applied": False, "document": "Công văn số 12"},
    ]


def test_without_a_register_nothing_speaks_of_one(tmp_path: Path) -> None:
    annex = annex_of(evaluated(OF, SENT), tmp_path / "phu-luc.xlsx")
    assert SHEET not in openpyxl.load_workbook(annex).sheetnames
    assert not any(Words()("working.note_corrected") in str(value) for value in contents(annex).values())
    labels = [label for label, _ in summary_lines(evaluated(OF, SENT), Words())]
    assert Words()("board.correction_total") not in labels


@given(small_rounds(), st.data())
def test_corrections_and_their_reversal_give_the_raw_result(small: SmallRound, data: st.DataObject) -> None:
    of = small.assessment
    raw = evaluated(of, small.submissions)
    leaves = [
        (one.code, leaf.code)
        for one in of.asked_units
        if one.code in raw.points["k"].index
        for leaf in of.assessed_leaves(one)
    ]
    there, back = [], []
    for who, code in data.draw(st.lists(st.sampled_from(leaves), unique=True, max_size=3)) if leaves else ():
        old = points(raw)[who][code]
        there.append(correction(who, code, old, None if old is not None else Decimal(0)))
        back.append(correction(who, code, None if old is not None else Decimal(0), old))
    again = evaluated(corrected(of, *there, *back), small.submissions)
    assert again.points["k"].equals(raw.points["k"])
    assert [list(ranked.standings) for ranked in again.tables] == [list(ranked.standings) for ranked in raw.tables]
    assert len(again.register.applied) == len(there) + len(back)


def test_an_empty_register_leaves_no_trace(published: RoundFolder, tmp_path: Path) -> None:
    """Filled, emptied or never there: without entries every output has the same bytes."""
    book = read_book(published.definition.read_bytes(), published.definition.name, Limits())
    assert isinstance(book, Book)
    name = Words()("definition.corrections.sheet")
    whole = load(book)
    assert whole.assessment is not None
    intake = take_in(whole.assessment, published.inbox)
    entry: dict[str, Content] = dict(
        zip(REGISTER, ("so-y-te", "1.1.1", Decimal(2), Decimal(1), "a", "b", "1/12/2020", "c"), strict=True)
    )
    filled = added(name, 2, entry)(book)
    made = [
        outputs(load(one), intake, tmp_path / str(number))
        for number, one in enumerate((book, without_rows(name)(filled), without_sheet(name)(book), filled))
    ]
    assert made[0] == made[1] == made[2]
    assert made[3][0] != made[0][0]
    assert made[3][1] != made[0][1]


REGISTER = tuple(
    Words()(f"definition.corrections.{one}")
    for one in ("unit", "criterion", "old", "new", "reason", "author", "day", "document")
)


def outputs(definition: Definition, intake: Intake, folder: Path) -> list[bytes]:
    """The annex and the board of a definition."""
    outcome, made = evaluate(definition, intake, "bai-nop"), RoundFolder(folder)
    return [write(made, outcome, Words()).read_bytes() for write in (write_annex, write_board)]
