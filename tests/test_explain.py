"""`cqdt explain`: from a printed figure down to the cell it came from, for people and for machines."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import assume, given, settings
from typer.testing import CliRunner, Result

from cqdt_batch.cli import app
from cqdt_batch.definition.records import ColumnKind, ScoreSource
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline import RoundFolder
from cqdt_batch.publishing.annex.tables import annex_sheets
from cqdt_batch.publishing.explanation import Explanation
from cqdt_batch.publishing.explanation_json import explanation_json
from cqdt_batch.publishing.sheets import Computed
from cqdt_batch.scoring.outcome import Outcome
from tests.rounds import SAMPLE, header, outcome_of, retype
from tests.small_rounds import SmallRound, small_rounds
from tests.test_trace import CORRECTION, appraised, evaluated, with_figures

WORDS = Words()


def explain(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["explain", *map(str, arguments)])


def told(*arguments: str | Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(explain(*arguments, "--json", "-q").stdout)
    return result


def lines_of(outcome: Outcome, unit: str, criterion: str, words: Words = WORDS) -> list[str]:
    about = outcome.assessment.unit_by_code[unit]
    tree = outcome.assessment.trees[about.block]
    made = Explanation(outcome=outcome, unit=about, criterion=tree.by_code[criterion], words=words)
    return [line.strip() for line in made.lines()]


def test_a_figure_is_told_with_its_rounding_its_rank_and_its_neighbours() -> None:
    result = explain(SAMPLE.path, "Sở Y tế", "2", "-q")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "Sở Y tế (so-y-te), khối Các Sở, Ban, ngành"
    assert lines[1] == "Trạng thái: Được xếp hạng"
    assert lines[2].startswith("Tệp phiếu: bai-nop/so-y-te.xlsx (SHA-256 ")
    assert lines[4:10] == [
        "Tiêu chí 2: Kết quả Chính quyền điện tử đạt được",
        "  Biểu I, cột «Kết quả Chính quyền điện tử đạt được»: 52,47 → làm tròn 1 chữ số thập phân: 52,5",
        "  Biểu I.2, cột «Tổng điểm»: 52,47 → làm tròn 1 chữ số thập phân: 52,5",
        "  Biểu I.2: hạng 6 trong 17 đơn vị được xếp hạng (Toàn biểu), kết quả 52,5",
        "    Đứng ngay trên: Sở Khoa học và Công nghệ, hạng 5, kết quả 52,9",
        "    Đứng ngay dưới: Sở Tư pháp, hạng 7, kết quả 51,7",
    ]
    assert lines[11:14] == [
        "Điểm này từ đâu mà có:",
        "  2 Kết quả Chính quyền điện tử đạt được: 52,47",
        "    Cách tính: Tổng của: 2.1 được 9; 2.2 được 25,13; 2.3 được 18,34",
    ]
    leaf = lines.index("      2.1.2 Tin tức, sự kiện và thông tin chỉ đạo, điều hành được cập nhật thường xuyên: 1,5")
    assert lines[leaf + 1 : leaf + 3] == [
        "        Cách tính: Đơn vị tự chấm, từ 0 đến 2,5 điểm",
        "        Đơn vị khai: bai-nop/so-y-te.xlsx › Phiếu tự đánh giá › E31, ghi «1,5», đọc là «1,5»",
    ]


def test_the_figures_told_are_those_of_the_annex(published: RoundFolder) -> None:
    outcome = outcome_of(published)
    book = openpyxl.load_workbook(published.annex, data_only=True)
    for table in outcome.assessment.tables:
        sheet = book[table.code]
        tree = outcome.assessment.trees[table.block]
        columns = outcome.assessment.columns_of(table)
        total = next(n for n, one in enumerate(columns, 1) if one.kind is ColumnKind.TOTAL)
        for unit in outcome.assessment.units_of(table.block):
            row = header(sheet, unit.printed_name)[0]
            about = tree.by_code[table.criterion]
            made = Explanation(outcome=outcome, unit=unit, criterion=about, words=WORDS)
            (figure,) = (f for f in made.printed if f.table == table.code and f.column.kind is ColumnKind.TOTAL)
            assert float(figure.published) == sheet.cell(row, total).value
            rank = [placed.own.rank for placed in made.placed if placed.table == table.code]
            assert rank == [value for value in [sheet.cell(row, len(columns)).value] if value is not None]


def test_a_unit_is_found_by_code_by_any_name_and_without_diacritics_of_its_code() -> None:
    names = ("so-y-te", "SO-Y-TE", "so y te", "Sở Y tế", "sở  y  TẾ")
    assert {told(SAMPLE.path, name, "1.1.1")["unit"]["code"] for name in names} == {"so-y-te"}


def test_a_criterion_is_found_by_its_label_too() -> None:
    assert told(SAMPLE.path, "so-y-te", "Nhân lực CNTT")["criterion"] == "1.2"


def test_an_unknown_unit_is_wrong_use_and_the_nearest_names_are_told() -> None:
    result = explain(SAMPLE.path, "Sở Y tê")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "không có đơn vị «Sở Y tê». Tên gần giống: Sở Y tế" in " ".join(result.stderr.split())
    strange = explain(SAMPLE.path, "%%%")
    assert "không có tên nào gần giống" in " ".join(strange.stderr.split())


def test_an_unknown_criterion_is_wrong_use_for_machines_too() -> None:
    result = explain(SAMPLE.path, "so-y-te", "1.9", "--json")
    assert (result.exit_code, json.loads(result.stdout)["status"]) == (2, 2)
    assert "không có tiêu chí «1.9»" in json.loads(result.stdout)["error"]


def test_a_unit_with_errors_has_a_state_and_findings_and_no_figures(sample: RoundFolder) -> None:
    retype(sample.inbox / "so-y-te.xlsx", {"1.1.1": "x"})
    result = explain(sample.path, "so-y-te", "-q")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[1] == "Trạng thái: Phiếu cần sửa"
    assert lines[3] == "Đơn vị chưa có điểm công bố. Những điều cần biết:"
    assert lines[4].startswith("  Lỗi: bai-nop/so-y-te.xlsx › Phiếu tự đánh giá › E11: ")
    machine = told(sample.path, "so-y-te")
    assert (machine["status"], machine["trace"], machine["figures"], machine["ranks"]) == (1, None, [], [])
    assert [finding["cell"] for finding in machine["findings"]] == ["E11"]


def test_a_missing_unit_is_told_as_missing(sample: RoundFolder) -> None:
    (sample.inbox / "so-y-te.xlsx").unlink()
    result = explain(sample.path, "so-y-te", "-q")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[1] == "Trạng thái: Chưa nộp phiếu"


def test_an_empty_inbox_ends_with_4(sample: RoundFolder) -> None:
    for form in sample.inbox.iterdir():
        form.unlink()
    assert explain(sample.path, "so-y-te").exit_code == 4


def test_help_is_in_vietnamese() -> None:
    result = explain("--help")
    assert result.exit_code == 0
    assert "Mã hoặc tên của đơn vị" in result.stdout


def test_nothing_is_written(sample: RoundFolder) -> None:
    before = sorted(sample.path.rglob("*"))
    explain(sample.path, "so-y-te")
    assert sorted(sample.path.rglob("*")) == before


def test_machines_are_told_the_same_with_stable_keys() -> None:
    machine = told(SAMPLE.path, "so-y-te", "2")
    assert list(machine) == ["round", "status", "findings", "unit", "criterion", "figures", "ranks", "trace"]
    assert machine["figures"][1] == {
        "table": "I.2",
        "kind": "total",
        "label": "Tổng điểm",
        "exact": "52.47",
        "converted": None,
        "decimals": 1,
        "published": "52.5",
    }
    assert machine["ranks"] == [
        {
            "table": "I.2",
            "scope": "section",
            "among": "",
            "units": 17,
            "rank": 6,
            "figure": "52.5",
            "above": {"unit": "so-khoa-hoc-va-cong-nghe", "rank": 5, "figure": "52.9"},
            "below": {"unit": "so-tu-phap", "rank": 7, "figure": "51.7"},
        }
    ]
    leaf = machine["trace"]["children"][0]["children"][1]
    assert (leaf["criterion"], leaf["points"]) == ("2.1.2", "1.5")
    assert leaf["inputs"] == [
        {
            "input": "score",
            "raw": "1.5",
            "value": "1.5",
            "file": "bai-nop/so-y-te.xlsx",
            "sheet": "Phiếu tự đánh giá",
            "cell": "E31",
        }
    ]


def test_a_criterion_that_is_not_assessed_says_why() -> None:
    lines = lines_of(outcome_of(SAMPLE), "van-phong-ubnd-tinh", "2.3")
    assert "Biểu I.2: " not in " ".join(lines)
    assert "2.3 Đánh giá mức độ giao dịch: Không đánh giá" in lines
    assert "Cách tính: Không đánh giá: Cơ quan không có hạng mục cung cấp dịch vụ công" in lines


def test_a_verified_value_is_told_beside_the_units_own() -> None:
    lines = lines_of(appraised(ScoreSource.VERIFIED), "u", "T.2")
    assert lines[-7:] == [
        "T.2 T.2: 0",
        "Cách tính: a/b × 10 điểm; a: xong; b: tổng; b phải lớn hơn 0",
        "Đơn vị khai, số a: u.xlsx › P › E3, ghi «1», đọc là «1»",
        "Thẩm định, số a: tham-dinh/k.xlsx › Thẩm định › L9, ghi «0», đọc là «0»",
        "Đơn vị khai, số b: u.xlsx › P › E4, ghi «4», đọc là «4»",
        "Lý do thẩm định: theo biên bản",
        "Tệp thẩm định: tham-dinh/k.xlsx (SHA-256 abc)",
    ]


def test_a_verified_value_that_does_not_count_says_so() -> None:
    lines = lines_of(appraised(ScoreSource.OWN), "u", "T.2")
    assert "T.2 T.2: 2,5" in lines
    assert "Kết quả thẩm định này không dùng, vì đợt này công bố điểm tự chấm." in lines


def test_a_correction_is_told_with_old_and_new_points_and_its_document() -> None:
    outcome = appraised(ScoreSource.VERIFIED, (CORRECTION, replace(CORRECTION, old=Decimal(8), new=None)))
    lines = lines_of(outcome, "u", "T.1")
    assert [line for line in lines if line.startswith("Điều chỉnh")] == [
        "Điều chỉnh: 7,5 → 8 (CV 12/SKHCN; 15/12/2020; Nguyễn Văn A; nhập nhầm), ghi ở d.xlsx",
        "Điều chỉnh: 8 → Không đánh giá (CV 12/SKHCN; 15/12/2020; Nguyễn Văn A; nhập nhầm), ghi ở d.xlsx",
    ]
    assert "T.1 T.1: Không đánh giá" in lines


def test_points_relative_to_the_best_name_the_best_unit_and_its_cell() -> None:
    (rule,) = (line for line in lines_of(appraised(ScoreSource.VERIFIED), "u", "T.3") if line.startswith("Cách tính"))
    assert rule.endswith("; Cao nhất khối: V, 6 (v.xlsx › P › E5)")


def test_a_converted_total_shows_its_division() -> None:
    lines = lines_of(outcome_of(RoundFolder(SAMPLE.path.parent / "dti-2025")), "xa-minh-chau", "DTI")
    assert (
        "Biểu 2, cột «Tổng điểm (quy đổi)»: 674,293 × 1000 ÷ điểm tối đa áp dụng 1000 = 674,293 "
        "→ làm tròn 2 chữ số thập phân: 674,29"
    ) in lines


def test_the_explanation_exists_in_english() -> None:
    result = explain(SAMPLE.path, "so-y-te", "2", "--lang", "en", "-q")
    assert "  Table I.2, column «Tổng điểm»: 52.47 → rounded to 1 decimals: 52.5" in result.stdout.splitlines()
    assert "Where the points come from:" in result.stdout


@pytest.mark.parametrize("language", Language)
@settings(max_examples=30, deadline=None)
@given(small=small_rounds())
def test_whatever_a_round_holds_is_explained_with_the_figures_of_its_annex(
    language: Language, small: SmallRound
) -> None:
    outcome = evaluated(with_figures(small))
    scored = [str(code) for frame in outcome.points.values() for code in frame.index]
    assume(scored)
    words = Words(language)
    table = next(sheet for sheet in annex_sheets(outcome, words) if sheet.name == "I")
    total = [one.kind for one in outcome.assessment.columns].index(ColumnKind.TOTAL) + 1
    shown = {cell.row: cell.value for cell in table.cells if cell.column == total and isinstance(cell.value, Computed)}
    names = {cell.value: cell.row for cell in table.cells if cell.column == 1 and cell.row in shown}
    for code in scored:
        unit = outcome.assessment.unit_by_code[code]
        tree = outcome.assessment.trees[unit.block]
        made = Explanation(outcome=outcome, unit=unit, criterion=tree.root, words=words)
        root = made.derivation.points(made.root.points)
        assert f"  T T: {root}" in list(made.lines())
        totals = [one.published for one in made.printed if one.column.kind is ColumnKind.TOTAL]
        value = shown[names[unit.printed_name]].value
        assert totals == ([] if value == words("not_assessed") else [value])
        json.dumps(explanation_json(made))
