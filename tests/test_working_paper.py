"""The working paper of an appraisal: own and verified points side by side; and what the board and machines tell."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cqdt_batch.definition.records import ColumnKind, Exemption, GivenScore, Measure, Rule, ScoreSource, Summing
from cqdt_batch.definition.sheets import YesNo
from cqdt_batch.intake.submissions import InputKind, Submission
from cqdt_batch.messages import Language, Words
from cqdt_batch.publishing.board import balances, board_sheets, summary_lines
from cqdt_batch.publishing.machine import outcome_json
from cqdt_batch.publishing.writer import write_workbook
from cqdt_batch.scoring.outcome import Outcome, UnitState
from tests.appraisals import (
    FILE,
    annex_of,
    contents,
    corrected,
    correction,
    disagreements,
    evaluated,
    verdict,
)
from tests.assessments import assessment, criterion, handed_in, unit, with_block
from tests.small_rounds import column

SCORE, FIRST, SECOND = InputKind.SCORE, InputKind.FIRST, InputKind.SECOND
OF = assessment(
    [unit(code) for code in "abcd"],
    [
        criterion("T"),
        criterion("x", "T", 10),
        criterion("r", "T", 10, rule=Rule.RATIO, measure=Measure.RATIO),
        criterion("y", "T", 5, rule=Rule.YES_NO),
        criterion("g", "T", 5, rule=Rule.GIVEN),
    ],
    given=tuple(GivenScore(unit=code, criterion="g", points=Decimal(3), source="Khảo sát") for code in "bcd"),
    exemptions=(Exemption(block="k", group="", unit="b", criterion="y", reason=""),),
    columns=(
        column(ColumnKind.UNIT, number="(1)"),
        column(ColumnKind.POINTS, criterion="x"),
        column(ColumnKind.TOTAL),
        column(ColumnKind.RANK),
    ),
)


def sent(code: str, x: str, a: int, *left_out: str) -> Submission:
    typed: dict[Any, Any] = {"x": Decimal(x), ("r", FIRST): Decimal(a), ("r", SECOND): Decimal(20)}
    typed |= {("y", FIRST): YesNo.YES}
    return handed_in(code, {key: one for key, one in typed.items() if key not in left_out and key[0] not in left_out})


SENT = (sent("a", "8.5", 10), sent("b", "7", 20, "y"), sent("c", "99", 15))
"""c typed more than the maximum; d sent nothing."""
VERDICTS = (
    verdict("a", "x", Decimal("8.5")),
    verdict("a", "r", {FIRST: Decimal(6), SECOND: Decimal(20)}, "Hồ sơ trùng"),
    verdict("a", "y", {FIRST: YesNo.NO}, "Không có quyết định"),
    verdict("a", "g", Decimal(4), "Theo khảo sát"),
    verdict("c", "x", Decimal(6), "Vượt điểm tối đa"),
)
SHEET = Words()("working.appraisal_sheet", block="k")


def paper(outcome: Outcome, folder: Path) -> list[tuple[Any, ...]]:
    """The rows of the working paper below its header."""
    workbook = openpyxl.load_workbook(annex_of(outcome, folder / "phu-luc.xlsx"), data_only=True)
    return list(workbook[SHEET].iter_rows(min_row=5, values_only=True))


def place(row: int, column: str = "J") -> str:
    return f"{FILE}, trang Phiếu, ô {column}{row}"


def test_the_paper_shows_both_scores_the_difference_and_why(tmp_path: Path) -> None:
    """a: 8.5 + 5 + 5 + 4 = 22.5 by itself, 8.5 + 3 + 0 + 4 = 15.5 verified. c's own answers cannot be added."""
    at = {one.criterion: one.where.row for one in VERDICTS if one.unit == "a"}
    rows = paper(evaluated(OF, SENT, *VERDICTS), tmp_path)
    assert rows == [
        (1, None, "A", 30, 22.5, 15.5, -7, None, "Đã thẩm định 4/4 tiêu chí, 2 tiêu chí chênh lệch.", None),
        (None, "x", "x", 10, 8.5, 8.5, 0, None, None, place(at["x"])),
        (None, "r", "r", 10, 5, 3, -2, "10 / 20 → 6 / 20", "Hồ sơ trùng", place(at["r"])),
        (None, "y", "y", 5, 5, 0, -5, "Có → Không", "Không có quyết định", place(at["y"])),
        (None, "g", "g", 5, 4, 4, 0, None, "Theo khảo sát", place(at["g"])),
        (2, None, "B", 25, 20, 20, 0, None, "Đã thẩm định 1/3 tiêu chí, 0 tiêu chí chênh lệch.", None),
        (None, "x", "x", 10, 7, 7, 0, None, None, "Chưa thẩm định"),
        (None, "r", "r", 10, 10, 10, 0, "20 / 20", None, "Chưa thẩm định"),
        (None, "g", "g", 5, 3, 3, 0, None, None, "Khảo sát"),
        (3, None, "C", 30, None, 21.5, None, None, "Đã thẩm định 2/4 tiêu chí, 0 tiêu chí chênh lệch.", None),
        (None, "x", "x", 10, None, 6, None, None, "Vượt điểm tối đa", place(VERDICTS[4].where.row)),
        (None, "r", "r", 10, None, 7.5, None, "15 / 20", None, "Chưa thẩm định"),
        (None, "y", "y", 5, None, 5, None, "Có", None, "Chưa thẩm định"),
        (None, "g", "g", 5, None, 3, None, None, None, "Khảo sát"),
        (4, None, "D", None, None, None, None, None, "Chưa nộp phiếu", None),
        ("Trung bình của 2 đơn vị có đủ hai điểm", None, None, None, 21.25, 17.75, -3.5, None, None, None),
    ]


def rounds() -> list[Outcome]:
    """Every choice of which scores count and how they are added; one with corrections on top."""
    made = []
    for source in ScoreSource:
        of = replace(OF, profile=replace(OF.profile, scores=source))
        entries = () if source is ScoreSource.OWN else (correction("a", "x", "8.5", "8.25"),)
        made += [
            evaluated(with_block(corrected(of, *entries), summing=summing), SENT, *VERDICTS) for summing in Summing
        ]
    return made


def test_the_annex_with_an_appraisal_recalculates(tmp_path: Path) -> None:
    annexes = [annex_of(outcome, tmp_path / f"{number}.xlsx") for number, outcome in enumerate(rounds())]
    assert [SHEET in openpyxl.load_workbook(annex).sheetnames for annex in annexes] == [True] * 6
    assert disagreements(annexes, tmp_path / "lai") == []


def test_where_own_scores_are_published_the_paper_is_for_comparison(tmp_path: Path) -> None:
    """c has errors of its own, which nothing settles; what the appraiser gives counts in any case."""
    of = replace(OF, profile=replace(OF.profile, scores=ScoreSource.OWN))
    outcome = evaluated(of, SENT, *VERDICTS)
    assert outcome.points["k"].loc["a", "T"] == Decimal("22.5")
    assert outcome.states["c"] is UnitState.WITH_ERRORS
    rows = paper(outcome, tmp_path)
    assert rows[0][4:7] == (22.5, 15.5, -7)
    assert rows[2][4:8] == (5, 3, -2, "10 / 20 → 6 / 20")
    assert (rows[9][2], rows[9][8]) == ("C", "Phiếu cần sửa")
    note = contents(tmp_path / "phu-luc.xlsx")[SHEET, "A2"]
    assert note == Words()("working.appraisal_note_own")


def test_a_correction_stands_beside_the_verified_value(tmp_path: Path) -> None:
    of = corrected(OF, correction("a", "r", "3", "4.5"))
    rows = paper(evaluated(of, SENT, *VERDICTS), tmp_path)
    assert rows[2][4:7] == (5, 4.5, -0.5)
    assert rows[2][8] == "Hồ sơ trùng\nĐiều chỉnh 3 → 4,5: Bổ sung minh chứng (Công văn số 12)"


def test_only_blocks_with_verdicts_have_a_paper(tmp_path: Path) -> None:
    annex = annex_of(evaluated(OF, SENT), tmp_path / "phu-luc.xlsx")
    assert SHEET not in openpyxl.load_workbook(annex).sheetnames


def green(sheet: Any) -> list[Any]:
    return [cell.value for row in sheet.iter_rows(min_row=7) for cell in row if cell.fill.fgColor.rgb == "FFE2EFDA"]


def test_verified_inputs_are_coloured_where_they_count(tmp_path: Path) -> None:
    workbook = openpyxl.load_workbook(annex_of(evaluated(OF, SENT, *VERDICTS), tmp_path / "phu-luc.xlsx"))
    scores, figures = workbook["Điểm k"], workbook["Số liệu k"]
    assert green(scores) == [8.5, 4, 6]
    assert green(figures) == [6, 20, "Không"]
    note = Words()("working.note_verified")
    assert note in scores["A2"].value
    assert note in figures["A2"].value
    own = replace(OF, profile=replace(OF.profile, scores=ScoreSource.OWN))
    workbook = openpyxl.load_workbook(annex_of(evaluated(own, SENT, *VERDICTS), tmp_path / "2.xlsx"))
    assert (green(workbook["Điểm k"]), green(workbook["Số liệu k"])) == ([4], [])


# ---------------------------------------------------------------- the board and machines


@pytest.mark.parametrize("language", Language)
def test_the_summary_counts_appraisers_files_and_verified_criteria(language: Language) -> None:
    """4 of a, 3 of b and 4 of c are asked; all of a, g of b, and x and g of c are verified or given."""
    words = Words(language)
    outcome = evaluated(OF, SENT, *VERDICTS)
    counts = dict(summary_lines(outcome, words))
    assert counts[words("board.appraisal_line", state=words("file_state.accepted"))] == 1
    assert counts[words("board.appraisal_total", folder="tham-dinh")] == 1
    lines = ("verified_line", "unverified_line", "verification_total")
    assert [counts[words(f"board.{line}")] for line in lines] == [7, 4, 11]
    assert balances(outcome, words)[2] == words(
        "board.appraisal_balance", sum="1 + 0 + 0 + 0", total=1, folder="tham-dinh"
    )


def test_the_board_lists_appraisers_files_and_counts_by_unit(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "b.xlsx", board_sheets(evaluated(OF, SENT, *VERDICTS), Words()), "t")
    workbook = openpyxl.load_workbook(path)
    units = list(workbook["Đơn vị"].iter_rows(values_only=True))
    assert [(row[1], row[-1]) for row in units] == [
        ("Đơn vị", "Tiêu chí chưa thẩm định"),
        ("A", 0),
        ("B", 2),
        ("C", 2),
        ("D", None),
    ]
    files = [row[1:3] for row in workbook["Tệp"].iter_rows(min_row=2, values_only=True)]
    assert files[-1] == (FILE, "Tiếp nhận")


def test_without_an_appraisal_the_board_says_nothing_of_one(tmp_path: Path) -> None:
    outcome = evaluated(OF, SENT)
    path = write_workbook(tmp_path / "b.xlsx", board_sheets(outcome, Words()), "t")
    words = Words()
    said = set(contents(path).values())
    assert said.isdisjoint({words("board.column.unverified"), words("board.verified_line")})
    assert len(balances(outcome, words)) == 2
    assert outcome_json(outcome)["appraisal"] == {"files": [], "units": []}


def test_machines_are_told_what_is_verified() -> None:
    told = outcome_json(evaluated(OF, SENT, *VERDICTS))["appraisal"]
    assert [one["file"] for one in told["files"]] == [FILE]
    assert told["units"] == [
        {"unit": "a", "verified": ["x", "r", "y", "g"], "unverified": []},
        {"unit": "b", "verified": ["g"], "unverified": ["x", "r"]},
        {"unit": "c", "verified": ["x", "g"], "unverified": ["r", "y"]},
    ]


def test_where_only_verified_scores_are_published_units_wait_for_the_rest() -> None:
    of = replace(OF, profile=replace(OF.profile, scores=ScoreSource.VERIFIED_ONLY))
    outcome = evaluated(of, SENT, *VERDICTS)
    waiting = [one for one in outcome.findings if one.code == "verification_missing"]
    assert [(one.unit, one.facts["codes"], one.where.file) for one in waiting] == [
        ("b", ("x", "r"), "tham-dinh"),
        ("c", ("r", "y"), "tham-dinh"),
    ]
    assert [outcome.states[code] for code in "abc"] == [UnitState.RANKED, UnitState.WAITING, UnitState.WAITING]
