"""The commands as a user runs them: what they print where, what they write, how they end."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from cqdt_batch.cli import app, main
from cqdt_batch.cli.manual import Row, panel
from cqdt_batch.cli.talk import Talk
from cqdt_batch.findings import Finding, Where, error, notice, warning
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
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
    assert "không có tệp định nghĩa dot-danh-gia.xlsx" in " ".join(empty.stderr.split())
    assert f"new {tmp_path}" in " ".join(empty.stderr.split())
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
    result = cqdt("check", sample.path)
    assert result.exit_code == 4
    assert "Đợt đánh giá chưa có thư mục bai-nop" in " ".join(result.stderr.split())
    assert "khac" not in result.stderr


@pytest.mark.parametrize("name", ["Bài nộp", "bai_nop", "BAI-NOP 2", "Bai-Nop"])
def test_a_folder_that_was_to_be_the_inbox_is_named(sample: RoundFolder, name: str) -> None:
    sample.inbox.rename(sample.path / name)
    result = cqdt("report", sample.path)
    assert result.exit_code == 4
    told = " ".join(result.stderr.split())
    assert (f"Có thư mục tên gần giống: {name}. Nếu phiếu nằm ở đó" in told) is (name != "BAI-NOP 2")


def test_an_inbox_that_cannot_be_opened_ends_with_4_and_changes_nothing(sample: RoundFolder) -> None:
    cqdt("report", sample.path)
    before = {path: path.read_bytes() for path in sample.results.rglob("*.*") if path.is_file()}
    sample.inbox.rename(sample.path / "khac")
    sample.inbox.write_bytes(b"")
    for command in ("report", "check"):
        result = cqdt(command, sample.path, "--json")
        assert result.exit_code == 4
        assert "Không mở được thư mục phiếu đã nhận" in json.loads(result.stdout)["error"]
    assert before == {path: path.read_bytes() for path in sample.results.rglob("*.*") if path.is_file()}


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
    assert "Chưa hiện: 11 lưu ý; xem kiem-tra.xlsx hoặc thêm -v để xem đủ." in short.stderr  # and ten about the annex
    assert "tệp ẩn của hệ thống" in long.stderr
    assert "Chưa hiện" not in long.stderr


def test_a_warning_is_shown_without_being_asked_for(sample: RoundFolder) -> None:
    workbook = openpyxl.load_workbook(sample.definition)
    workbook.create_sheet("Nháp")["A1"] = "ghi chép"
    workbook.save(sample.definition)
    shown = cqdt("check", sample.path)
    assert shown.exit_code == 0
    assert "Cảnh báo dot-danh-gia.xlsx › Nháp" in shown.stderr
    assert "Chưa hiện: 10 lưu ý;" in shown.stderr
    assert cqdt("check", sample.path, "-q").stderr == ""


def _found(*counts: tuple[Callable[..., Finding], int]) -> list[Finding]:
    """So many findings of each severity, whose files are named by it."""
    return [
        make("file_hidden", Where(file=f"{make.__name__}-{number}"))
        for make, count in counts
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("findings", "shown", "left"),
    [
        (
            _found((notice, 3), (warning, 19), (error, 2)),
            ["error"] * 2 + ["warning"] * 18,
            ["Chưa hiện: 1 cảnh báo, 3 lưu ý; thêm -v để xem đủ."],
        ),
        (
            _found((warning, 1), (error, 22)),
            ["error"] * 20,
            ["Chưa hiện: 2 lỗi, 1 cảnh báo; thêm -v để xem đủ."],
        ),
        (_found((warning, 1), (error, 1)), ["error", "warning"], []),
        (_found((notice, 1)), [], ["Chưa hiện: 1 lưu ý; thêm -v để xem đủ."]),
        ([], [], []),
    ],
)
def test_errors_come_first_then_warnings_and_what_is_not_shown_is_counted_by_kind(
    capsys: pytest.CaptureFixture[str], findings: list[Finding], shown: list[str], left: list[str]
) -> None:
    Talk(words=Words()).tell_findings(findings)
    told = capsys.readouterr().err
    assert re.findall(r"(error|warning|notice)-\d+", told) == shown
    assert [line for line in told.splitlines() if line.startswith("Chưa hiện")] == left


def test_all_findings_are_told_in_their_order_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    Talk(words=Words(), verbose=True).tell_findings(_found((notice, 1), (error, 30)))
    assert re.findall(r"(error|notice)-\d+", capsys.readouterr().err) == ["notice"] + ["error"] * 30


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


def typed(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the program as the shell does, and give its exit status."""
    monkeypatch.setattr(sys, "argv", ["cqdt", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["report"],
            "Lệnh còn thiếu: Thư mục của đợt đánh giá (chứa dot-danh-gia.xlsx). Xem cách dùng: cqdt report --help",
        ),
        (["reprot"], "Không có lệnh như vậy. Các lệnh: new; forms; appraise; show; check; report; explain; "),
        (["report", "a", "b"], "Lệnh có phần thừa. Đường dẫn hoặc tên có dấu cách thì đặt trong dấu ngoặc kép."),
        (["report", "a", "--lang", "fr"], "Giá trị ghi cho --lang không dùng được. Ngôn ngữ: vi hoặc en."),
        (["report", "a", "--lang"], "Tuỳ chọn --lang thiếu giá trị, hoặc có giá trị thừa."),
        (["report", "a", "--foo"], "Không có tuỳ chọn --foo. Xem cách dùng: cqdt report --help"),
    ],
    ids=["missing", "command", "too much", "value", "option alone", "option"],
)
def test_a_command_typed_wrong_is_told_in_the_words_of_the_catalogue(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert typed(monkeypatch, *arguments) == 2
    told = capsys.readouterr()
    assert (told.out, " ".join(told.err.split())[: len(said)]) == ("", said)


def test_a_command_typed_wrong_is_told_to_machines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(monkeypatch, "report", "--json") == 2
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], told["error"].startswith("Lệnh còn thiếu: ")) == (2, True)


def test_the_headings_of_help_are_in_vietnamese_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(monkeypatch, "report", "--help") == 0
    told = capsys.readouterr().out
    assert [word for word in ("Usage", "Arguments", "Options", "required", "default", "Show") if word in told] == []
    assert "Cách dùng: cqdt report" in told
    assert typed(monkeypatch) == 2
    assert "Các lệnh" in capsys.readouterr().out


def test_the_status_of_a_run_is_that_of_the_program(monkeypatch: pytest.MonkeyPatch, sample: RoundFolder) -> None:
    assert typed(monkeypatch, "show", str(sample.path)) == 0
    assert typed(monkeypatch, "explain", str(sample.path), "%%%") == 2
    sample.definition.write_bytes(b"%PDF-1.4")
    assert typed(monkeypatch, "check", str(sample.path)) == 3


def test_a_console_that_knows_no_vietnamese_does_not_stop_the_run(sample: RoundFolder) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "cqdt_batch", "check", str(sample.path)]
    run = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, check=False)
    assert (run.returncode, b"Traceback" in run.stderr) == (0, False)


def test_help_imports_nothing_heavy() -> None:
    heavy = {"pandas", "pandera", "openpyxl", "xlsxwriter", "numpy", "pydantic", "rich"}
    code = (
        "import sys; sys.argv = ['cqdt', '--help']; import cqdt_batch.cli, atexit; "
        f"atexit.register(lambda: print({heavy} & set(sys.modules))); cqdt_batch.cli.main()"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Cách dùng: cqdt" in run.stdout
    assert run.stdout.splitlines()[-1] == "set()"


def test_help_is_as_wide_as_the_terminal_and_wraps_beside_the_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    rows = [Row("new", "Tạo thư mục."), Row("forms --out", "Tạo biểu mẫu cho mọi đơn vị của đợt trong một thư mục.")]
    assert [re.sub(r"\x1b\[\d+m", "", line) for line in panel("Các lệnh", rows)] == [
        "╭─ Các lệnh ───────────────────────────────────────────────╮",
        "│ new          Tạo thư mục.                                │",
        "│ forms --out  Tạo biểu mẫu cho mọi đơn vị của đợt trong   │",
        "│              một thư mục.                                │",
        "╰──────────────────────────────────────────────────────────╯",
    ]


def test_help_of_a_command_tells_what_must_be_typed_and_what_stands_for_what_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert typed(monkeypatch, "compare", "--help") == 0
    lines = capsys.readouterr().out.splitlines()
    told = [line.strip("│ ") for line in lines if line.startswith("│")]
    assert lines[1] == " Cách dùng: cqdt compare [OPTIONS] {old} {new}"
    at = told.index("new <path>  Kết quả nay: thư mục của đợt, thư mục ket-qua, hoặc một tệp")
    assert told[at + 1] == "nhat-ky.json, như kết quả trước. [bắt buộc]"
    assert "--lang <vi|en>  Ngôn ngữ: vi hoặc en. [mặc định: vi]" in told
    assert "-q, --quiet     Chỉ in tên các tệp kết quả." in told


def test_help_has_colours_on_a_terminal_that_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Row("new", "Tạo thư mục.")]
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in "".join(panel("Các lệnh", rows))
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in "".join(panel("Các lệnh", rows))
