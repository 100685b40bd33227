from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import openpyxl
import pytest

from cqdt_batch.findings import Where, notice
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.writing import write_board
from cqdt_batch.publishing.board import board_sheets, summary_lines
from cqdt_batch.publishing.listing import MOST_ROWS
from cqdt_batch.publishing.machine import run_json
from tests.rounds import FORM, examined, form_cells, retype

ABOVE = (
    "Ô điểm của tiêu chí 1.1.1 (Tỷ lệ cán bộ, công chức, viên chức được trang bị máy tính phục vụ công việc) "
    "ghi 3, lớn hơn điểm tối đa 2. Đề nghị đơn vị nhập lại một số từ 0 đến 2."
)


@pytest.fixture
def troubled(sample: RoundFolder) -> RoundFolder:
    """One unit with an error, one missing, one file that is no workbook."""
    retype(sample.inbox / "so-y-te.xlsx", {"1.1.1": 3})
    (sample.inbox / "so-noi-vu.xlsx").unlink()
    (sample.inbox / "thu.xlsx").write_bytes(b"%PDF-1.4")
    return sample


def sheet(folder: RoundFolder, name: str) -> Any:
    return openpyxl.load_workbook(folder.board)[name]


def rows(folder: RoundFolder, name: str) -> list[tuple[Any, ...]]:
    return list(sheet(folder, name).iter_rows(values_only=True))


def test_the_board_has_a_summary_units_files_and_findings(published: RoundFolder) -> None:
    assert openpyxl.load_workbook(published.board).sheetnames == ["Tổng hợp", "Đơn vị", "Tệp", "Vấn đề"]
    assert rows(published, "Tổng hợp")[3][0] == "Đã nhận đủ phiếu hợp lệ của 30 đơn vị."


def test_the_summary_says_who_is_missing_and_what_was_refused(troubled: RoundFolder) -> None:
    write_board(troubled, examined(troubled), Words())
    assert rows(troubled, "Tổng hợp")[3][0] == (
        "Còn 1 đơn vị chưa nộp phiếu. Còn 1 đơn vị có phiếu cần sửa. Có 1 tệp bị từ chối, xem trang Tệp. "
        "Chừng nào chưa đủ, phụ lục mang dấu DỰ THẢO và không có các đơn vị đó."
    )


def test_states_add_up_to_their_totals(troubled: RoundFolder) -> None:
    """The notices are of five printed rows that do not add up, and of two units with the same printed parts."""
    counts = [count for _, count in summary_lines(examined(troubled), Words())]
    assert counts == [25, 3, 1, 0, 1, 0, 30, 29, 0, 1, 0, 30, 3, 0, 6, 9]


def test_every_unit_and_every_file_stands_on_the_board_once(troubled: RoundFolder) -> None:
    outcome = examined(troubled)
    write_board(troubled, outcome, Words())
    units = {row[1]: (row[3], row[4], row[7]) for row in rows(troubled, "Đơn vị")[1:]}
    assert len(units) == 30
    assert units["Sở Y tế"] == ("Phiếu cần sửa", 1, "bai-nop/so-y-te.xlsx")
    assert units["Sở Nội vụ"] == ("Chưa nộp phiếu", 1, None)
    assert units["Sở Tư pháp"] == ("Được xếp hạng", 0, "bai-nop/so-tu-phap.xlsx")
    files = {row[1]: row[2] for row in rows(troubled, "Tệp")[1:]}
    inbox = {f"bai-nop/{path.name}" for path in troubled.inbox.iterdir()}
    assert set(files) == inbox
    assert {name for name, state in files.items() if state == "Từ chối"} == {"bai-nop/thu.xlsx"}


def test_a_finding_reads_message_first_with_a_link_to_its_cell(troubled: RoundFolder) -> None:
    cell = form_cells(openpyxl.load_workbook(troubled.inbox / "so-y-te.xlsx")[FORM])["1.1.1"]
    write_board(troubled, examined(troubled), Words())
    found = next(row for row in sheet(troubled, "Vấn đề").iter_rows() if row[6].value == "score_above_maximum")
    assert [c.value for c in found] == [
        ABOVE,
        "Lỗi",
        "Sở Y tế",
        "bai-nop/so-y-te.xlsx",
        FORM,
        cell,
        "score_above_maximum",
    ]
    link = found[5].hyperlink
    assert link.target.replace("\\", "/") == "../bai-nop/so-y-te.xlsx"
    assert link.location == f"'{FORM}'!{cell}"


def test_the_board_exists_in_english(troubled: RoundFolder) -> None:
    write_board(troubled, examined(troubled), Words(Language.EN))
    names = openpyxl.load_workbook(troubled.board).sheetnames
    assert names == ["Summary", "Units", "Files", "Findings"]
    assert rows(troubled, "Findings")[0][0] == "What was found and what to do"


def test_text_that_looks_like_a_formula_is_written_as_text(sample: RoundFolder) -> None:
    retype(sample.inbox / "so-y-te.xlsx", {"1.1.1": "=HYPERLINK(1)"})
    (sample.inbox / "=1+1.xlsx").write_bytes(b"x")
    write_board(sample, examined(sample), Words())
    workbook = openpyxl.load_workbook(sample.board)
    assert [c.data_type for s in workbook for row in s.iter_rows() for c in row if c.data_type == "f"] == []


def test_a_file_name_that_is_no_unicode_stands_on_the_board(sample: RoundFolder) -> None:
    (sample.inbox / os.fsdecode(b"S\xe9.xlsx")).write_bytes(b"x")
    write_board(sample, examined(sample), Words())
    assert "bai-nop/S\ufffd.xlsx" in [row[1] for row in rows(sample, "Tệp")]


def test_a_list_that_nobody_reads_to_its_end_says_how_many_rows_it_leaves_out(sample: RoundFolder) -> None:
    outcome, words = examined(sample), Words()
    more = tuple(notice("near_ties", Where(file="x", row=row), count=row, pairs=()) for row in range(1, MOST_ROWS + 1))
    findings = (*outcome.findings, *more)
    found = {sheet.name: sheet for sheet in board_sheets(replace(outcome, findings=findings), words)}["Vấn đề"]
    *_, last = found.each_cell()
    assert (last.row, found.filtered) == (MOST_ROWS + 2, (1, 1, MOST_ROWS + 1, 7))
    assert last.value == (
        f"Còn {len(outcome.findings)} dòng nữa không ghi ở đây. Chạy lại lệnh với --json để có đủ tất cả."
    )
    told = run_json(sample.path, 0, findings, words)["findings"]
    assert [one["message"] for one in told] == [words.message(finding) for finding in findings]
