"""`cqdt explain`: from a printed figure down to the cell it came from, for people and for machines."""

from __future__ import annotations

import hashlib
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
from cqdt_batch.intake.appraisal import Appraisal
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.publishing.annex.tables import annex_sheets
from cqdt_batch.publishing.explanation import Explanation
from cqdt_batch.publishing.explanation_json import explanation_json
from cqdt_batch.publishing.explanation_subject import unit_without_marks
from cqdt_batch.publishing.explanation_text import column_name, explanation_lines
from cqdt_batch.publishing.sheets import Computed
from cqdt_batch.scoring.outcome import Outcome
from tests.assessments import assessment, criterion
from tests.assessments import unit as register_unit
from tests.rounds import SAMPLE, header, outcome_of, retype
from tests.small_rounds import SmallRound, column, small_rounds
from tests.test_appraisal import GIVEN, another, cells_of, fill, outcome_with, written
from tests.test_appraisal import appraised as read
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
    return [line.strip() for line in explanation_lines(made)]


def test_a_figure_is_told_with_its_rounding_its_rank_and_its_neighbours() -> None:
    result = explain(SAMPLE.path, "Sở Y tế", "2", "-q")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "Sở Y tế (so-y-te), khối Các Sở, Ban, ngành"
    assert lines[1] == "Trạng thái: Được xếp hạng"
    sha256 = hashlib.sha256((SAMPLE.inbox / "so-y-te.xlsx").read_bytes()).hexdigest()
    assert lines[2] == f"Tệp phiếu: bai-nop/so-y-te.xlsx (SHA-256 {sha256[:12]}…)"
    assert result.stdout.count("bai-nop/so-y-te.xlsx") == 1
    assert lines[4:10] == [
        "Tiêu chí 2: Kết quả Chính quyền điện tử đạt được",
        "  Biểu I, cột «Điểm – Kết quả Chính quyền điện tử đạt được»: 52,47 → làm tròn 1 chữ số thập phân: 52,5",
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
        "        Đơn vị khai: Phiếu tự đánh giá › E31, ghi «1,5»",
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


def test_a_unit_typed_without_diacritics_is_found_and_it_is_said_which_one_was_taken() -> None:
    result = explain(SAMPLE.path, "ubnd huyen lac son", "1.1.1")
    assert result.exit_code == 0
    assert result.stdout.startswith("Ủy ban nhân dân huyện Lạc Sơn (huyen-lac-son), khối ")
    assert "Hiểu «ubnd huyen lac son» là UBND huyện Lạc Sơn (huyen-lac-son)." in " ".join(result.stderr.split())


def test_a_name_without_diacritics_that_several_units_have_is_nobodys() -> None:
    units = [
        register_unit("a", name="Xã Tân Lạc"),
        register_unit("b", name="Xã Tân Lác"),
        register_unit("c", name="Xã Sơn"),
    ]
    round_of_three = assessment(units, [criterion("T"), criterion("1", "T", 5)])
    named = [unit_without_marks(round_of_three, name) for name in ("xa tan lac", "Xa Son", "Xã Sơn", "xa")]
    assert [one and one.code for one in named] == [None, "c", None, None]


def test_a_suggestion_names_each_unit_once_with_its_code() -> None:
    said = " ".join(explain(SAMPLE.path, "so-y-t").stderr.split())
    assert said.count("so-y-te") == said.count("Sở Y tế (so-y-te)") == 1


def test_an_unknown_unit_is_wrong_use_and_the_nearest_names_are_told() -> None:
    result = explain(SAMPLE.path, "Sở Y tê")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "không có đơn vị «Sở Y tê». Tên gần giống: Sở Y tế (so-y-te)" in " ".join(result.stderr.split())
    strange = explain(SAMPLE.path, "%%%")
    assert "Tên gần giống: không tìm thấy" in " ".join(strange.stderr.split())


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
    assert lines[3] == "Phụ lục chưa có số liệu của đơn vị, vì phiếu còn lỗi đơn vị phải sửa."
    assert lines[4] == "Những điều cần biết:"
    assert lines[5].startswith("  Lỗi: bai-nop/so-y-te.xlsx › Phiếu tự đánh giá › E11: ")
    machine = told(sample.path, "so-y-te")
    assert (machine["status"], machine["trace"], machine["figures"], machine["ranks"]) == (1, None, [], [])
    assert [finding["cell"] for finding in machine["findings"]] == ["E11"]


def test_of_a_unit_with_errors_a_criterion_is_told_with_what_was_typed_and_found(sample: RoundFolder) -> None:
    retype(sample.inbox / "so-y-te.xlsx", {"1.1.1": "x", "1.1.2": 1})
    result = explain(sample.path, "so-y-te", "1.1.1", "-q")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[3:5] == ["Phụ lục chưa có số liệu của đơn vị, vì phiếu còn lỗi đơn vị phải sửa.", ""]
    assert lines[5].startswith("Tiêu chí 1.1.1: ")
    assert lines[6:9] == [
        "  Cách tính: Đơn vị tự chấm, từ 0 đến 2 điểm",
        "  Đơn vị khai: Phiếu tự đánh giá › E11, ghi «x», không đọc được",
        "Phát hiện về tiêu chí này:",
    ]
    assert lines[9].startswith("  Lỗi: bai-nop/so-y-te.xlsx › Phiếu tự đánh giá › E11: ")
    assert len(lines) == 10
    other = explain(sample.path, "so-y-te", "1.1.2", "-q").stdout.splitlines()
    assert other[7:] == [
        "  Đơn vị khai: Phiếu tự đánh giá › E12, ghi «1»",
        "Còn 1 phát hiện về tiêu chí khác của đơn vị (1.1.1); không ghi tiêu chí thì chương trình nêu đủ.",
    ]
    trace = told(sample.path, "so-y-te", "1.1")["trace"]
    assert [(leaf["points"], leaf["inputs"][0]["raw"]) for leaf in trace["children"][:2]] == [(None, "x"), (None, "1")]


def test_of_a_unit_without_a_form_a_criterion_is_told_to_have_no_answer(sample: RoundFolder) -> None:
    (sample.inbox / "so-y-te.xlsx").unlink()
    lines = explain(sample.path, "so-y-te", "1.1.1", "-q").stdout.splitlines()
    assert lines[2:4] == [
        "Phụ lục chưa có số liệu của đơn vị, vì chưa nhận được phiếu dùng được của đơn vị.",
        "Chưa có phiếu nào của đơn vị được tính nên không có nội dung đơn vị khai.",
    ]
    assert [line for line in lines if line.startswith("Phát hiện")] == ["Phát hiện về đơn vị nói chung:"]


def test_where_appraisers_differ_both_are_told_with_their_reasons(tmp_path: Path) -> None:
    one = fill(written(tmp_path / "a"), {**GIVEN, ("u1", "1", "verified_score"): 4, ("u1", "1", "reason"): "Chậm"})
    other = fill(another(tmp_path), {("u1", "1", "verified_score"): 3})
    cell = cells_of(one)["u1", "1", "verified_score"]
    lines = lines_of(outcome_with(read(one, other)), "u1", "1")
    assert [line[: line.index(" (SHA")] for line in lines if line.startswith("Tệp")] == [
        "Tệp phiếu: u1.xlsx",
        "Tệp thẩm định: tham-dinh/k.xlsx",
        "Tệp thẩm định: tham-dinh/to-2.xlsx",
    ]
    start = lines.index("Tiêu chí 1: Kế hoạch")
    assert lines[start + 2 : start + 8] == [
        "Đơn vị khai: P › E2, ghi «4,5»",
        f"Thẩm định: tham-dinh/k.xlsx › Thẩm định › {cell}, ghi «4»",
        "Lý do thẩm định: Chậm",
        f"Thẩm định: tham-dinh/to-2.xlsx › Thẩm định › {cell}, ghi «3»",
        "Giá trị thẩm định trên chưa được tính, vì trái nhau hoặc trái với phiếu mới của đơn vị; xem lỗi.",
        "Phát hiện về tiêu chí này:",
    ]


def test_what_is_not_verified_or_only_half_is_said_where_there_is_an_appraisal(tmp_path: Path) -> None:
    path = fill(
        written(tmp_path),
        {
            **GIVEN,
            ("u1", "1", "verified_score"): 4,
            ("u1", "2", "verified_first"): 30,
            ("u2", "1", "verified_score"): 9,
        },
    )
    appraisal = outcome_with(read(path))
    said = {code: [key for key in VERIFICATION if WORDS(key) in lines_of(appraisal, "u1", code)] for code in "1234"}
    assert said == {"1": [], "2": ["explain.verification.partly"], "3": ["explain.verification.none"], "4": []}
    assert WORDS("explain.verification.wrong") in lines_of(appraisal, "u2", "1")
    nobody = outcome_with(Appraisal())
    assert not {WORDS(key) for key in VERIFICATION} & set(lines_of(nobody, "u1", "3"))


VERIFICATION = [f"explain.verification.{kind}" for kind in ("none", "partly", "wrong")]


def test_a_correction_of_a_unit_that_waits_is_told_as_not_applied() -> None:
    outcome = appraised(ScoreSource.VERIFIED, (replace(CORRECTION, old=Decimal(1)),))
    lines = lines_of(outcome, "u", "T.1")
    assert "Trạng thái: Chờ cơ quan thẩm định" in lines
    assert ("Điều chỉnh chưa áp dụng: 1 → 8 (CV 12/SKHCN; 15/12/2020; Nguyễn Văn A; nhập nhầm), ghi ở d.xlsx") in lines


@pytest.mark.parametrize(
    ("spanners", "label", "name"),
    [
        ((), "Tổng điểm", "Tổng điểm"),
        (("Năm 2024",), "Tổng điểm", "Năm 2024 – Tổng điểm"),
        (("Kết quả", "Tăng,\ngiảm"), "Điểm", "Kết quả – Tăng, giảm – Điểm"),
        (("Điểm",), "Điểm", "Điểm"),
        (("Điểm",), "", "Điểm"),
    ],
)
def test_a_column_is_named_with_what_stands_above_it(spanners: tuple[str, ...], label: str, name: str) -> None:
    assert column_name(replace(column(ColumnKind.TOTAL), spanners=spanners, label=label)) == name


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
        "spanners": [],
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
    assert "Tệp thẩm định: tham-dinh/k.xlsx (SHA-256 abc…)" in lines
    assert lines[-7:] == [
        "T.2 T.2: 0",
        "Cách tính: a/b × 10 điểm; a: xong; b: tổng; b phải lớn hơn 0",
        "Đơn vị khai, số a: P › E3, ghi «1»",
        "Thẩm định, số a: tham-dinh/k.xlsx › Thẩm định › L9, ghi «0»",
        "Đơn vị khai, số b: P › E4, ghi «4»",
        "Lý do thẩm định: theo biên bản",
        "Mới thẩm định một trong hai số liệu, nên chưa coi là đã thẩm định.",
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
    shown = {
        cell.row: cell.value for cell in table.each_cell() if cell.column == total and isinstance(cell.value, Computed)
    }
    names = {cell.value: cell.row for cell in table.each_cell() if cell.column == 1 and cell.row in shown}
    for code in scored:
        unit = outcome.assessment.unit_by_code[code]
        tree = outcome.assessment.trees[unit.block]
        made = Explanation(outcome=outcome, unit=unit, criterion=tree.root, words=words)
        root = made.derivation.points(made.root.points)
        assert f"  T T: {root}" in list(explanation_lines(made))
        totals = [one.published for one in made.printed if one.column.kind is ColumnKind.TOTAL]
        value = shown[names[unit.printed_name]].value
        assert totals == ([] if value == words("not_assessed") else [value])
        json.dumps(explanation_json(made))
