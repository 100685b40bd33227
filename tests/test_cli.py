"""The commands as a user runs them: what they print where, what they write, how they end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from cqdt_batch.cli import app
from cqdt_batch.pipeline import RoundFolder
from tests.rounds import ROOT, retype


def cqdt(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_clean_round_ends_with_0_and_prints_its_outputs_on_stdout(sample: RoundFolder) -> None:
    result = cqdt("report", sample.path)
    assert result.exit_code == 0
    assert result.stdout.split() == [str(sample.annex), str(sample.board)]
    assert "Đã nhận đủ phiếu hợp lệ của 30 đơn vị." in result.stderr


def test_findings_end_with_1_and_everything_else_is_still_published(sample: RoundFolder) -> None:
    retype(sample.inbox / "so-y-te.xlsx", {"1.1.1": "x"})
    result = cqdt("report", sample.path)
    assert result.exit_code == 1
    assert "Sở Y tế › bai-nop/so-y-te.xlsx › Phiếu tự đánh giá › E11" in result.stderr
    assert "Đề nghị đơn vị xoá nội dung ô và nhập lại một số từ 0 đến 2" in result.stderr
    assert sample.annex.exists()
    assert sample.board.exists()


def test_check_writes_the_board_and_no_annex(sample: RoundFolder) -> None:
    result = cqdt("check", sample.path)
    assert result.exit_code == 0
    assert result.stdout.split() == [str(sample.board)]
    assert not sample.annex.exists()


def test_wrong_use_ends_with_2(tmp_path: Path) -> None:
    nowhere = cqdt("report", tmp_path / "none")
    empty = cqdt("report", tmp_path)
    assert (nowhere.exit_code, empty.exit_code) == (2, 2)
    assert "Không có thư mục" in nowhere.stderr
    assert "không có tệp dot-danh-gia.xlsx" in " ".join(empty.stderr.split())
    assert cqdt("report").exit_code == 2
    assert cqdt("report", tmp_path, "--lang", "fr").exit_code == 2


def test_a_broken_definition_ends_with_3_and_names_every_cell(sample: RoundFolder) -> None:
    workbook = openpyxl.load_workbook(sample.definition)
    workbook["Đơn vị"]["E3"].value = "so-nghanh"
    workbook["Khối"]["C2"].value = "một"
    workbook.save(sample.definition)
    result = cqdt("report", sample.path)
    assert result.exit_code == 3
    assert "dot-danh-gia.xlsx › Đơn vị › E3" in result.stderr
    assert "dot-danh-gia.xlsx › Khối › C2" in result.stderr
    assert not sample.annex.exists()


def test_an_unreadable_definition_ends_with_3(sample: RoundFolder) -> None:
    sample.definition.write_bytes(b"%PDF-1.4")
    result = cqdt("check", sample.path)
    assert result.exit_code == 3
    assert "một tệp PDF" in result.stderr


def test_an_empty_inbox_ends_with_4_and_leaves_no_old_annex_standing(sample: RoundFolder) -> None:
    cqdt("report", sample.path)
    for form in sample.inbox.iterdir():
        form.unlink()
    result = cqdt("report", sample.path)
    assert result.exit_code == 4
    assert "Không đọc được phiếu nào" in result.stderr
    assert openpyxl.load_workbook(sample.annex)["I"]["A1"].value == "DỰ THẢO"


def test_a_missing_inbox_is_an_empty_one(sample: RoundFolder) -> None:
    sample.inbox.rename(sample.path / "khac")
    assert cqdt("check", sample.path).exit_code == 4


def test_json_tells_machines_everything_on_stdout(sample: RoundFolder) -> None:
    retype(sample.inbox / "so-y-te.xlsx", {"1.1.1": 3})
    result = cqdt("report", sample.path, "--json")
    told: dict[str, Any] = json.loads(result.stdout)
    assert result.exit_code == told["status"] == 1
    assert told["draft"] is True
    assert len(told["units"]) == len(told["files"]) == 30
    assert {"unit": "so-y-te", "state": "with_errors"} in told["units"]
    finding = told["findings"][0]
    assert finding.pop("message").startswith("Ô điểm của tiêu chí 1.1.1")
    assert finding == {
        "severity": "error",
        "code": "score_above_maximum",
        "unit": "so-y-te",
        "file": "bai-nop/so-y-te.xlsx",
        "sheet": "Phiếu tự đánh giá",
        "cell": "E11",
        "row": 11,
        "column": 5,
    }
    first = {"unit": "so-ke-hoach-va-dau-tu", "number": 1, "total": "83.0", "result": "83.0", "rank": 1}
    assert told["tables"][0]["rows"][0] == first
    written = (sample.annex, sample.board, sample.feedback / "so-y-te.xlsx", sample.journal)
    assert told["outputs"] == [str(path) for path in written]


def test_json_tells_wrong_use_too(tmp_path: Path) -> None:
    told = json.loads(cqdt("report", tmp_path / "none", "--json").stdout)
    assert (told["status"], told["error"].startswith("Không có thư mục")) == (2, True)


def test_check_says_what_comes_next(sample: RoundFolder) -> None:
    filled = " ".join(cqdt("check", sample.path).stderr.split())
    for form in sample.inbox.iterdir():
        form.unlink()
    empty = " ".join(cqdt("check", sample.path).stderr.split())
    assert "Tệp định nghĩa không có lỗi. Lập phụ lục: cqdt report" in filled
    assert "Tạo biểu mẫu để gửi các đơn vị: cqdt forms" in empty


def test_check_of_a_definition_alone_says_what_it_holds_and_writes_nothing(sample: RoundFolder) -> None:
    before = sorted(sample.path.rglob("*"))
    result = cqdt("check", sample.definition)
    assert (result.exit_code, result.stdout) == (0, "")
    assert " ".join(result.stderr.split()) == (
        "Tệp định nghĩa không có lỗi. "
        "Khối «Các Sở, Ban, ngành»: 20 đơn vị, 48 tiêu chí (trong đó 38 tiêu chí chấm điểm), 3 biểu. "
        "Khối «Ủy ban nhân dân các huyện, thành phố»: 10 đơn vị, 48 tiêu chí (trong đó 38 tiêu chí chấm điểm), "
        f"3 biểu. Tạo biểu mẫu để gửi các đơn vị: cqdt forms {sample.path}"
    )
    assert sorted(sample.path.rglob("*")) == before


def test_check_of_a_definition_of_another_name_says_where_it_belongs(sample: RoundFolder) -> None:
    draft = sample.definition.rename(sample.path / "ban-nhap.xlsx")
    told = " ".join(cqdt("check", draft).stderr.split())
    assert told.endswith("chép tệp vào thư mục của đợt với tên dot-danh-gia.xlsx, rồi tạo biểu mẫu bằng «cqdt forms».")


def test_check_of_a_definition_alone_shows_its_warnings(sample: RoundFolder) -> None:
    workbook = openpyxl.load_workbook(sample.definition)
    workbook.create_sheet("Nháp")["A1"] = "ghi chép"
    workbook.save(sample.definition)
    result = cqdt("check", sample.definition)
    assert result.exit_code == 0
    assert "Cảnh báo dot-danh-gia.xlsx › Nháp" in result.stderr
    assert "Tệp định nghĩa không có lỗi." in result.stderr
    assert cqdt("check", sample.definition, "-q").stderr == ""


def test_check_of_a_broken_definition_alone_ends_with_3(sample: RoundFolder) -> None:
    workbook = openpyxl.load_workbook(sample.definition)
    workbook["Khối"]["C2"].value = "một"
    workbook.save(sample.definition)
    result = cqdt("check", sample.definition, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == told["status"] == 3
    assert (told["round"], [f["cell"] for f in told["findings"]]) == (str(sample.definition), ["C2"])


def test_check_of_a_definition_alone_tells_machines_how_much_it_holds(sample: RoundFolder) -> None:
    told = json.loads(cqdt("check", sample.definition, "--json").stdout)
    assert (told["status"], told["findings"]) == (0, [])
    assert told["blocks"][1] == {
        "block": "huyen",
        "name": "Ủy ban nhân dân các huyện, thành phố",
        "units": 10,
        "criteria": 48,
        "leaves": 38,
        "tables": 3,
    }


def test_check_of_a_round_without_forms_says_that_the_definition_is_sound(sample: RoundFolder) -> None:
    sample.inbox.rename(sample.path / "khac")
    result = cqdt("check", sample.path)
    assert result.exit_code == 4
    assert "Tệp định nghĩa không có lỗi. Chưa có phiếu nào trong thư mục bai-nop." in " ".join(result.stderr.split())


def test_check_of_no_file_ends_with_2(tmp_path: Path) -> None:
    result = cqdt("check", tmp_path / "dot-danh-gia.xlsx")
    assert result.exit_code == 2
    assert "Không có thư mục hay tệp" in result.stderr


def test_old_forms_in_the_folder_are_named(sample: RoundFolder) -> None:
    sample.forms.mkdir()
    (sample.forms / "so-cu.xlsx").write_bytes(b"x")
    assert "xin kiểm tra trước khi gửi: so-cu.xlsx." in " ".join(cqdt("forms", sample.path).stderr.split())


def test_blank_forms_are_never_written_over_submissions(sample: RoundFolder) -> None:
    before = {path: path.read_bytes() for path in sample.inbox.iterdir()}
    result = cqdt("forms", sample.path, "--out", sample.inbox)
    assert result.exit_code == 2
    assert {path: path.read_bytes() for path in sample.inbox.iterdir()} == before


def test_check_says_that_an_annex_there_is_older(sample: RoundFolder) -> None:
    cqdt("report", sample.path)
    assert "phu-luc.xlsx trong ket-qua là của lần chạy trước" in " ".join(cqdt("check", sample.path).stderr.split())


def test_quiet_says_nothing_but_the_result(sample: RoundFolder) -> None:
    result = cqdt("report", sample.path, "-q")
    assert result.stderr == ""
    assert result.stdout.split() == [str(sample.annex), str(sample.board)]


def test_warnings_and_notices_are_shown_on_request(sample: RoundFolder) -> None:
    (sample.inbox / ".DS_Store").write_bytes(b"x")
    short, long = cqdt("check", sample.path), cqdt("check", sample.path, "-v")
    assert short.exit_code == long.exit_code == 0
    assert "tệp ẩn của hệ thống" not in short.stderr
    assert "Còn 11 lỗi, cảnh báo, lưu ý chưa hiện ở đây" in short.stderr  # and ten about the annex
    assert "tệp ẩn của hệ thống" in long.stderr


def test_english_on_request(sample: RoundFolder) -> None:
    (sample.inbox / "so-y-te.xlsx").unlink()
    result = cqdt("report", sample.path, "--lang", "en")
    assert "No form received (1): Sở Y tế." in result.stderr
    assert openpyxl.load_workbook(sample.annex)["I"]["A1"].value == "DRAFT"


def test_forms_writes_one_for_every_unit_where_told(sample: RoundFolder, tmp_path: Path) -> None:
    default, elsewhere = cqdt("forms", sample.path), cqdt("forms", sample.path, "--out", tmp_path / "bm", "--json")
    assert default.exit_code == elsewhere.exit_code == 0
    assert default.stdout.split() == [str(sample.forms)]
    assert len(list(sample.forms.iterdir())) == len(json.loads(elsewhere.stdout)["outputs"]) == 30


def test_new_starts_a_round_and_never_overwrites_one(tmp_path: Path) -> None:
    folder = RoundFolder(tmp_path / "moi")
    assert cqdt("new", folder.path).exit_code == 0
    assert folder.inbox.is_dir()
    before = folder.definition.read_bytes()
    again = cqdt("new", folder.path)
    assert (again.exit_code, folder.definition.read_bytes()) == (2, before)
    assert cqdt("check", folder.path).exit_code == 3


def test_an_output_place_that_cannot_be_written_is_told_before_the_work(sample: RoundFolder) -> None:
    (sample.path / "ket-qua").write_bytes(b"a file where the folder should be")
    result = cqdt("report", sample.path)
    assert result.exit_code == 5
    assert "Không ghi được vào" in result.stderr


@pytest.mark.parametrize("command", ["new", "forms", "show", "check", "report"])
def test_every_command_has_help_in_vietnamese(command: str) -> None:
    result = cqdt(command, "--help")
    assert result.exit_code == 0
    assert "Thư mục" in result.stdout or "thư mục" in result.stdout


def test_a_console_that_knows_no_vietnamese_does_not_stop_the_run(sample: RoundFolder) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "cqdt_batch", "check", str(sample.path)]
    run = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, check=False)
    assert (run.returncode, b"Traceback" in run.stderr) == (0, False)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, cqdt_batch.cli; print({'pandas', 'pandera', 'openpyxl', 'xlsxwriter', 'numpy'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
