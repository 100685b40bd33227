"""The annex as a reader sees it: layout, live formulas, draft mark, who is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import openpyxl
import pytest

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import RankBasis, TieRule
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.writing import write_annex
from cqdt_batch.publishing.annex.tables import filled, roman
from tests.rounds import header, outcome_of, retype, table_rows

ANNEX_TITLE = (
    "CHỈ SỐ VÀ XẾP HẠNG MỨC ĐỘ CHÍNH QUYỀN ĐIỆN TỬ CỦA CÁC SỞ, BAN, NGÀNH; "
    "ỦY BAN NHÂN DÂN CÁC HUYỆN, THÀNH PHỐ NĂM 2020"
)
REFERENCE = (
    f"(Ban hành kèm theo Quyết định số {' ' * 12}/QĐ-UBND ngày {' ' * 6}/12/2020 của Chủ tịch Ủy ban nhân dân tỉnh "
    "về việc Công bố Chỉ số và xếp hạng mức độ Chính quyền điện tử của các Sở, Ban, ngành, "
    "Ủy ban nhân dân các huyện, thành phố năm 2020)"
)


def text(value: Any) -> str:
    return str(value).replace("\u00a0", " ")


def annex(folder: RoundFolder, *, values: bool = True) -> Any:
    return openpyxl.load_workbook(folder.annex, data_only=values)


def test_the_sheets_are_the_six_tables_and_behind_them_the_working_sheets(published: RoundFolder) -> None:
    tables, behind = ["I", "I.1", "I.2", "II", "II.1", "II.2"], ["Điểm so-nganh", "Điểm huyen", "Truy vết"]
    assert annex(published).sheetnames == [*tables, *behind]


def test_table_i_is_headed_as_in_the_decision(published: RoundFolder) -> None:
    sheet = annex(published)["I"]
    assert [text(sheet.cell(row, 1).value) for row in (1, 2, 3)] == [
        ANNEX_TITLE,
        REFERENCE,
        "I. CHỈ SỐ VÀ XẾP HẠNG TỔNG THỂ MỨC ĐỘ CHÍNH QUYỀN ĐIỆN TỬ CỦA CÁC SỞ, BAN, NGÀNH.",
    ]
    assert [[cell.value for cell in row] for row in sheet.iter_rows(5, 8)] == [
        ["TT", "Đơn vị", "Điểm", None, "Tổng điểm", "Xếp hạng"],
        [None, None, "Điều kiện sẵn sàng Chính quyền điện tử", "Kết quả Chính quyền điện tử đạt được", None, None],
        ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"],
        [
            "I",
            "Chỉ số và xếp hạng đối với các cơ quan, đơn vị có hạng mục cung cấp dịch vụ công",
            *[None] * 4,
        ],
    ]
    merged = {str(span) for span in sheet.merged_cells.ranges}
    assert {"A5:A6", "B5:B6", "C5:D5", "E5:E6", "F5:F6", "B8:F8"} <= merged


@pytest.mark.parametrize("table", ["I", "I.1", "I.2", "II", "II.1", "II.2"])
def test_every_table_carries_the_reference_line_with_its_blanks(table: str, published: RoundFolder) -> None:
    assert REFERENCE in [text(row[0]) for row in annex(published)[table].iter_rows(max_row=3, values_only=True)]


def test_the_number_row_of_i_2_stops_one_short(published: RoundFolder) -> None:
    sheet = annex(published)["I.2"]
    row, _ = header(sheet, "(1)")
    assert [cell.value or "" for cell in sheet[row]] == ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", ""]


def test_the_last_table_ends_with_the_issuing_authority(published: RoundFolder) -> None:
    ends = [annex(published)[table].cell(annex(published)[table].max_row, 1).value for table in ("II.1", "II.2")]
    assert ends == [10, "ỦY BAN NHÂN DÂN TỈNH HÒA BÌNH"]


def test_annex_pages_are_a4_one_page_wide_with_repeated_header_and_page_numbers(published: RoundFolder) -> None:
    for table, repeated in (("I", "$5:$7"), ("I.1", "$4:$6"), ("II.2", "$4:$6")):
        sheet = annex(published)[table]
        assert sheet.page_setup.paperSize == 9
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.print_title_rows == repeated
        assert sheet.oddHeader.center.text == "&P"


def test_figures_are_numbers_in_times_new_roman_with_the_blocks_decimals(published: RoundFolder) -> None:
    for table, number in (("I", "0.0"), ("II", "0.00")):
        sheet = annex(published)[table]
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.value is None or cell.font.name == "Times New Roman"
                if isinstance(cell.value, float):
                    assert cell.number_format == number
                    assert cell.border.left.style == "thin"


def test_every_point_total_and_rank_is_a_live_formula(published: RoundFolder) -> None:
    formulas = annex(published, values=False)
    for table in ("I", "I.1", "I.2", "II", "II.1", "II.2"):
        sheet, values = formulas[table], annex(published)[table]
        for row in values.iter_rows():
            for cell in row[2:]:
                number = isinstance(cell.value, int | float) or cell.value == "Không đánh giá"
                assert number == str(sheet[cell.coordinate].value).startswith("=")


def test_a_total_leads_to_its_leaves_on_the_working_sheet(published: RoundFolder) -> None:
    """Click Sở Y tế's total: the cell it names sums cells that sum the scores of its form."""
    formulas = annex(published, values=False)
    row = header(formulas["I"], "Sở Y tế")[0]
    assert formulas["I"].cell(row, 5).value == "=ROUND('Điểm so-nganh'!D9,1)"
    working = formulas["Điểm so-nganh"]
    assert [working.cell(9, column).value for column in (2, 3, 4)] == [
        "Sở Y tế",
        "bai-nop/so-y-te.xlsx",
        "=ROUND(SUM(E9,X9),2)",
    ]
    assert annex(published)["Điểm so-nganh"]["D9"].value == 79.47


def test_rank_formulas_look_at_the_row_above_only(published: RoundFolder) -> None:
    sheet = annex(published, values=False)["II"]
    ranks = [row[-1].value for row in sheet.iter_rows() if isinstance(row[0].value, int)]
    assert ranks[0] == "=1"
    assert all(formula.count("E") == 1 + 4 for formula in (r.replace("IFERROR", "E") for r in ranks[1:]))
    assert all(":" not in formula for formula in ranks)


def test_a_unit_with_an_error_makes_the_annex_a_draft_that_names_it_under_its_tables(sample: RoundFolder) -> None:
    retype(sample.inbox / "so-y-te.xlsx", {"1.1.1": "x"})
    (sample.inbox / "so-noi-vu.xlsx").unlink()
    outcome = outcome_of(sample)
    write_annex(sample, outcome, Words())
    for table in ("I", "I.1", "I.2", "II", "II.1", "II.2"):
        sheet = annex(sample)[table]
        assert sheet["A1"].value == "DỰ THẢO"
        assert "DỰ THẢO" in sheet.oddHeader.left.text
        notes = [row[0] for row in sheet.iter_rows(values_only=True) if str(row[0]).startswith("Dự thảo:")]
        named = "Dự thảo: biểu chưa có 2 đơn vị: Sở Y tế (phiếu cần sửa); Sở Nội vụ (chưa nộp phiếu)."
        assert notes == ([named] if table.startswith("I.") or table == "I" else [])
    rows = table_rows(sample.annex, "I")
    assert "Sở Y tế" not in [row[1] for row in rows]
    assert [row[-1] for row in rows if isinstance(row[0], int)] == [*range(1, 16), *[None] * 3]


def test_a_complete_annex_is_no_draft(published: RoundFolder) -> None:
    for sheet in annex(published):
        assert "DỰ THẢO" not in [cell.value for row in sheet.iter_rows() for cell in row]
        assert "DỰ THẢO" not in str(sheet.oddHeader.left.text)


def test_competition_ranks_and_ranks_on_exact_totals_keep_formula_and_value_together(sample: RoundFolder) -> None:
    outcome = outcome_of(sample)
    blocks = tuple(
        replace(block, ties=TieRule.COMPETITION, basis=RankBasis.EXACT) for block in outcome.assessment.blocks
    )
    from cqdt_batch.scoring.ranking import rank_table

    changed = replace(outcome.assessment, blocks=blocks)
    tables = tuple(
        rank_table(changed, table, outcome.points[table.block], outcome.applicable[table.block])
        for table in changed.tables
    )
    write_annex(sample, replace(outcome, assessment=changed, tables=tables), Words())
    ranks = [row[-1] for row in table_rows(sample.annex, "I.1")]
    assert ranks == [*[1] * 19, 20]
    formula = annex(sample, values=False)["I.1"].cell(26, 7).value
    assert formula.startswith("=IFERROR(IF('Điểm so-nganh'!")
    assert ",20,NA())" in formula


def test_an_english_annex_says_not_assessed_in_english(sample: RoundFolder) -> None:
    write_annex(sample, outcome_of(sample), Words(Language.EN))
    assert "Not assessed" in [row[4] for row in table_rows(sample.annex, "I.2")]


def test_the_reference_line_takes_number_and_day_once_they_are_known(assessment: Assessment) -> None:
    signed = replace(assessment.profile, decision_number="2988", decision_day="21")
    assert "Quyết định số 2988/QĐ-UBND ngày 21/12/2020 của" in filled(signed.reference, signed)


@pytest.mark.parametrize(
    ("day", "month", "printed"),
    [("5", "1", "05/01/"), ("05", "12", "05/12/"), ("21", "3", "21/3/"), ("", "2", f"{' ' * 6}/02/")],
)
def test_days_below_10_and_months_1_and_2_have_a_leading_zero(
    day: str, month: str, printed: str, assessment: Assessment
) -> None:
    signed = replace(assessment.profile, decision_day=day, decision_month=month)
    assert f"ngày {printed}2020 của" in text(filled(signed.reference, signed))


@pytest.mark.parametrize(
    ("number", "written"), [(1, "I"), (2, "II"), (4, "IV"), (9, "IX"), (14, "XIV"), (38, "XXXVIII")]
)
def test_roman_numerals(number: int, written: str) -> None:
    assert roman(number) == written
