"""What becomes of files and cells that are not as they should be: each ends as one finding that names its place."""

from __future__ import annotations

import base64
import datetime as dt
import email.message
import functools
import io
import os
import re
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cqdt_batch.cells import Book, Formula, Grid, Masked, Percent
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import Limits
from cqdt_batch.findings import Finding, Severity, Term
from cqdt_batch.intake.answers import read_submission
from cqdt_batch.intake.collecting import Desk, Job, read_form, take
from cqdt_batch.intake.ods import read_opendocument
from cqdt_batch.intake.ole import MAGIC
from cqdt_batch.intake.reading import read_book
from cqdt_batch.intake.recognition import Form, recognise
from cqdt_batch.intake.rivals import FileState
from cqdt_batch.intake.submissions import InputKind
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.running import read_definition
from cqdt_batch.pipeline.writing import write_feedback
from cqdt_batch.scoring.outcome import SCORED, Outcome, UnitState
from tests.rounds import FORM, codes, form_cells, header, outcome_of, retype, saved_at

ONE = "so-y-te"


def form_of(folder: RoundFolder) -> Path:
    return folder.inbox / f"{ONE}.xlsx"


def edited(path: Path, edit: Callable[[Any], None]) -> None:
    """Change the form's sheet and save it in place."""
    workbook = openpyxl.load_workbook(path)
    edit(workbook[FORM])
    workbook.save(path)


def scored(outcome: Outcome) -> int:
    return sum(state in SCORED for state in outcome.states.values())


def only(findings: tuple[Finding, ...]) -> Finding:
    assert len(findings) == 1, codes(findings)
    return findings[0]


def test_the_sample_is_taken_in_without_a_finding(sample: RoundFolder) -> None:
    outcome = outcome_of(sample)
    assert outcome.findings == ()
    assert [entry.state for entry in outcome.intake.files] == [FileState.ACCEPTED] * 30
    assert set(outcome.states.values()) == {UnitState.RANKED, UnitState.NOT_RANKED}


def test_every_input_is_a_record_with_its_cell_raw_and_parsed_value(sample: RoundFolder) -> None:
    workbook = openpyxl.load_workbook(form_of(sample))
    outcome = outcome_of(sample)
    inputs = outcome.submission_of[ONE].inputs
    leaves = outcome.assessment.assessed_leaves(outcome.assessment.unit_by_code[ONE])
    assert len(inputs) == 3 * len(leaves) == 114
    for found in inputs:
        cell = workbook[found.where.sheet][found.where.cell]
        assert found.where.file == f"bai-nop/{ONE}.xlsx"
        if found.kind is InputKind.SCORE:
            assert found.raw == found.value == Decimal(str(cell.value))
        else:
            assert found.raw == found.value == cell.value


ACCIDENTS = [
    pytest.param("eight", "score_text", id="text"),
    pytest.param("1.234", "score_ambiguous", id="ambiguous"),
    pytest.param("Không đánh giá", "score_not_assessed_claimed", id="claims-not-assessed"),
    pytest.param(None, "score_missing", id="empty"),
    pytest.param("   ", "score_missing", id="blanks"),
    pytest.param(2.01, "score_above_maximum", id="above-maximum"),
    pytest.param(-1, "score_negative", id="negative"),
    pytest.param(1.005, "score_too_fine", id="too-fine"),
    pytest.param(True, "score_boolean", id="boolean"),
    pytest.param(dt.datetime(2020, 5, 8), "score_date", id="date"),  # noqa: DTZ001 - Excel knows no zones
    pytest.param("=1+1", "score_formula", id="formula"),
    pytest.param("#DIV/0!", "score_error_value", id="error-value"),
]


@pytest.mark.parametrize(("typed", "code"), ACCIDENTS)
def test_a_score_that_is_no_score_is_one_error_at_its_cell(sample: RoundFolder, typed: Any, code: str) -> None:
    retype(form_of(sample), {"1.1.1": typed})
    outcome = outcome_of(sample)
    finding = only(outcome.findings)
    cell = form_cells(openpyxl.load_workbook(form_of(sample))[FORM])["1.1.1"]
    where = (finding.where.file, finding.where.sheet, finding.where.cell)
    assert (finding.code, finding.severity, finding.unit) == (code, Severity.ERROR, ONE)
    assert where == (f"bai-nop/{ONE}.xlsx", FORM, cell)
    assert outcome.states[ONE] is UnitState.WITH_ERRORS
    assert scored(outcome) == 29
    for language, remedy in ((Language.VI, "từ 0 đến 2"), (Language.EN, "from 0 to 2")):
        message = Words(language).message(finding)
        assert "1.1.1" in message
        assert remedy in message or code == "score_too_fine"
        assert "{" not in message


def test_zero_is_a_score_and_the_maximum_is_one(sample: RoundFolder) -> None:
    retype(form_of(sample), {"1.1.1": 0, "1.1.2": 2})
    assert outcome_of(sample).findings == ()


def test_a_missing_unit_is_an_error_of_its_own(sample: RoundFolder) -> None:
    form_of(sample).unlink()
    outcome = outcome_of(sample)
    finding = only(outcome.findings)
    assert (finding.code, finding.unit, finding.where.file) == ("unit_missing", ONE, "bai-nop")
    assert outcome.states[ONE] is UnitState.MISSING


def test_the_name_and_folder_of_a_file_do_not_matter(sample: RoundFolder) -> None:
    (sample.inbox / "Phòng A").mkdir()
    form_of(sample).rename(sample.inbox / "Phòng A" / "Bản cuối (2) - SỬA.XLSX")
    outcome = outcome_of(sample)
    assert outcome.findings == ()
    assert outcome.submission_of[ONE].file == "bai-nop/Phòng A/Bản cuối (2) - SỬA.XLSX"


def test_a_form_of_another_round_is_refused_with_both_names(sample: RoundFolder) -> None:
    workbook = openpyxl.load_workbook(form_of(sample))
    workbook["_cqdt"]["B1"].value = "hoa-binh-2019"
    workbook.save(form_of(sample))
    outcome = outcome_of(sample)
    assert codes(outcome.findings) == ["unit_sent_unusable", "form_of_other_assessment"]
    assert outcome.findings[1].facts == {
        "found": "hoa-binh-2019",
        "expected": "hoa-binh-2020",
        "sender": ONE,
    }


@pytest.mark.parametrize(
    ("row", "value", "code", "state"),
    [
        (1, "hoa-binh-2019", "form_of_other_assessment", UnitState.MISSING),
        (3, "so-x", "form_of_unknown_unit", UnitState.MISSING),
    ],
    ids=["round", "unit"],
)
def test_a_stamp_that_does_not_fit_is_told(
    sample: RoundFolder, row: int, value: str, code: str, state: UnitState
) -> None:
    workbook = openpyxl.load_workbook(form_of(sample))
    workbook["_cqdt"].cell(row, 2).value = value
    workbook.save(form_of(sample))
    outcome = outcome_of(sample)
    assert code in codes(outcome.findings)
    assert outcome.states[ONE] is state


@pytest.mark.parametrize(
    ("row", "value", "code"),
    [(2, "2019-cu", "form_migrated"), (4, "0000", "form_of_changed_rules")],
    ids=["version", "fingerprint"],
)
def test_a_form_of_an_older_definition_counts_if_every_row_still_fits(
    sample: RoundFolder, row: int, value: str, code: str
) -> None:
    before = outcome_of(sample)
    restamped(form_of(sample), row, value)
    after = outcome_of(sample)
    assert codes(after.findings) == [code]
    assert after.points["so-nganh"].equals(before.points["so-nganh"])


@pytest.mark.parametrize(
    ("row", "value", "code"), [(2, "2019-cu", "form_outdated"), (4, "0000", "form_changed")], ids=["version", "print"]
)
def test_a_form_of_an_older_definition_is_refused_for_that_alone_if_a_row_does_not_fit(
    sample: RoundFolder, row: int, value: str, code: str
) -> None:
    restamped(form_of(sample), row, value)
    edited(form_of(sample), lambda sheet: sheet.delete_rows(header(sheet, "1.1.2")[0], 5))
    outcome = outcome_of(sample)
    assert codes(outcome.findings) == [code]
    assert outcome.states[ONE] is UnitState.WITH_ERRORS


def restamped(path: Path, row: int, value: str) -> None:
    workbook = openpyxl.load_workbook(path)
    workbook["_cqdt"].cell(row, 2).value = value
    workbook.save(path)


def without_stamp(path: Path) -> None:
    workbook = openpyxl.load_workbook(path)
    del workbook["_cqdt"]
    workbook.save(path)


def test_a_form_that_lost_its_stamp_is_recognised_by_what_it_shows(sample: RoundFolder) -> None:
    before = outcome_of(sample)
    without_stamp(form_of(sample))
    after = outcome_of(sample)
    assert codes(after.findings) == ["stamp_lost"]
    assert after.points["so-nganh"].equals(before.points["so-nganh"])


@pytest.mark.parametrize(
    ("cell", "text", "code"),
    [
        ("A3", "Cơ quan, đơn vị: Sở Y te", "unit_unknown"),
        ("A3", "Cơ quan, đơn vị: Së Y tÕ", "file_legacy_text"),
        ("A3", None, "form_without_stamp"),
        ("A2", "Chỉ số mức độ Chính quyền điện tử – năm 2019", "form_of_unknown_round"),
        ("A4", "Cơ quan, đơn vị: Sở Nội vụ", "form_names_several"),
        ("B20", "Tiêu chí khác hẳn", "stamp_lost_unfit"),
    ],
    ids=["misspelt", "legacy", "no-name", "other-year", "two-names", "other-criterion"],
)
def test_a_form_without_stamp_and_something_amiss_is_refused_for_that(
    sample: RoundFolder, cell: str, text: str | None, code: str
) -> None:
    without_stamp(form_of(sample))
    edited(form_of(sample), lambda sheet: setattr(sheet[cell], "value", text))
    outcome = outcome_of(sample)
    assert [c for c in codes(outcome.findings) if c != "unit_missing"] == [code]
    assert outcome.states[ONE] not in SCORED


def test_a_workbook_that_is_no_form_at_all_is_told_so(sample: RoundFolder) -> None:
    workbook = openpyxl.Workbook()
    workbook.active["A1"] = "Danh sách"
    workbook.save(sample.inbox / "danh-sach.xlsx")
    assert codes(outcome_of(sample).findings) == ["form_without_stamp"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 ...", "file_kind.pdf"),
        (b"<html><table></table></html>", "file_kind.html"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "file_kind.ole"),
        ("Mã;Điểm\n1.1.1;2\n".encode(), "file_kind.text"),
        (b"\x00\x01\x02\x03" * 50, "file_kind.unknown"),
    ],
)
def test_a_file_that_is_no_workbook_is_told_for_what_it_is(sample: RoundFolder, content: bytes, kind: str) -> None:
    (sample.inbox / "la.xlsx").write_bytes(content)
    outcome = outcome_of(sample)
    finding = only(outcome.findings)
    assert (finding.code, finding.where.file) == ("file_not_workbook", "bai-nop/la.xlsx")
    assert finding.facts["kind"] == Term(kind)
    assert not outcome.is_draft


@pytest.mark.parametrize("cut", [100, 2_000, 9_000])
def test_a_truncated_file_is_refused_and_stops_nothing(sample: RoundFolder, cut: int) -> None:
    form_of(sample).write_bytes(form_of(sample).read_bytes()[:cut])
    outcome = outcome_of(sample)
    assert codes(outcome.findings) == ["unit_missing", "file_damaged"]
    assert scored(outcome) == 29


def test_locks_hidden_files_links_and_pipes_are_ignored_without_being_opened(sample: RoundFolder) -> None:
    (sample.inbox / "~$so-y-te.xlsx").write_bytes(b"x")
    (sample.inbox / ".DS_Store").write_bytes(b"x")
    (sample.inbox / "Thumbs.db").write_bytes(b"x")
    (sample.inbox / "lien-ket.xlsx").symlink_to(form_of(sample))
    os.mkfifo(sample.inbox / "ong.xlsx")
    outcome = outcome_of(sample)
    assert sorted(codes(outcome.findings)) == [*["file_hidden"] * 2, "file_lock", *["file_special"] * 2]
    assert {f.severity for f in outcome.findings} == {Severity.NOTICE}
    assert not outcome.is_draft


def test_a_file_that_may_not_be_read_is_told(
    sample: RoundFolder, assessment: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> io.FileIO:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("cqdt_batch.intake.collecting.open", refuse, raising=False)
    taken = take(Desk(assessment, read_form), Job("bai-nop/x.xlsx", path=str(form_of(sample))))
    assert (taken.entry.state, codes(taken.entry.findings)) == (FileState.REFUSED, ["file_unreadable"])


EARLY, LATE = "2020-11-20T01:00:00Z", "2020-11-21T01:00:00Z"


def two_submissions(folder: RoundFolder, first: str | None, second: str | None) -> None:
    """The unit's own form, saved at `first`, and one that claims less, saved at `second`."""
    other = folder.inbox / "ban-sao.xlsx"
    shutil.copy(form_of(folder), other)
    retype(other, {"1.1.1": 0})
    saved_at(form_of(folder), first)
    saved_at(other, second)


def test_of_two_submissions_the_one_saved_last_counts_and_the_changes_are_listed(sample: RoundFolder) -> None:
    was = outcome_of(sample).submission_of[ONE].scores["1.1.1"].value
    two_submissions(sample, EARLY, LATE)
    outcome = outcome_of(sample)
    assert [(f.code, f.where.file, f.facts["other"]) for f in outcome.findings] == [
        ("superseded", f"bai-nop/{ONE}.xlsx", "bai-nop/ban-sao.xlsx")
    ]
    assert outcome.submission_of[ONE].scores["1.1.1"].value == 0
    assert [(c.unit, c.criterion, c.kind, c.before.value, c.after.value) for c in outcome.intake.changes] == [  # type: ignore[union-attr]
        (ONE, "1.1.1", InputKind.SCORE, was, 0)
    ]
    assert not outcome.is_draft


def test_what_was_saved_earlier_does_not_count_whatever_its_name(sample: RoundFolder) -> None:
    before = outcome_of(sample)
    two_submissions(sample, LATE, EARLY)
    after = outcome_of(sample)
    assert [(f.code, f.where.file) for f in after.findings] == [("superseded", "bai-nop/ban-sao.xlsx")]
    assert after.points["so-nganh"].equals(before.points["so-nganh"])


def test_a_newer_form_with_errors_is_not_replaced_by_an_older_one(sample: RoundFolder) -> None:
    two_submissions(sample, EARLY, LATE)
    retype(sample.inbox / "ban-sao.xlsx", {"1.1.1": "hai"})
    saved_at(sample.inbox / "ban-sao.xlsx", LATE)
    outcome = outcome_of(sample)
    assert codes(outcome.findings) == ["score_text", "superseded"]
    assert outcome.states[ONE] is UnitState.WITH_ERRORS


def test_the_same_answers_in_another_file_count_once(sample: RoundFolder) -> None:
    other = sample.inbox / "luu-lai.xlsx"
    shutil.copy(form_of(sample), other)
    edited(other, lambda sheet: setattr(sheet["J1"], "value", "ghi chú riêng"))
    outcome = outcome_of(sample)
    assert codes(outcome.findings) == ["same_answers"]
    assert not outcome.is_draft


@pytest.mark.parametrize(
    ("first", "second"), [(LATE, LATE), (None, LATE), (None, None), ("2020-11-20T05:00:00", EARLY)]
)
def test_submissions_whose_order_nobody_knows_are_both_refused_and_name_each_other(
    sample: RoundFolder, first: str | None, second: str | None
) -> None:
    two_submissions(sample, first, second)
    outcome = outcome_of(sample)
    told = [(f.code, f.where.file, f.facts["others"]) for f in outcome.findings]
    assert told == [
        ("several_submissions", "bai-nop/ban-sao.xlsx", (f"bai-nop/{ONE}.xlsx",)),
        ("several_submissions", f"bai-nop/{ONE}.xlsx", ("bai-nop/ban-sao.xlsx",)),
    ]
    assert outcome.states[ONE] is UnitState.WITH_ERRORS
    assert [e.state for e in outcome.intake.files].count(FileState.REFUSED) == 2


def test_a_copy_of_a_file_counts_once(sample: RoundFolder) -> None:
    shutil.copy(form_of(sample), sample.inbox / "ban-sao.xlsx")
    outcome = outcome_of(sample)
    finding = only(outcome.findings)
    assert (finding.code, finding.severity, finding.where.file) == (
        "file_copy",
        Severity.NOTICE,
        f"bai-nop/{ONE}.xlsx",
    )
    assert finding.facts == {"other": "bai-nop/ban-sao.xlsx"}
    assert not outcome.is_draft


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}, "file_kind.document"),
        ({"[Content_Types].xml": "<Types/>", "word/document.xml": "<x/>"}, "file_kind.document"),
    ],
    ids=["odt", "docx"],
)
def test_an_archive_that_is_no_workbook_is_told_for_what_it_is(
    sample: RoundFolder, parts: dict[str, str], kind: str
) -> None:
    with zipfile.ZipFile(sample.inbox / "la.xlsx", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert only(outcome_of(sample).findings).facts["kind"] == Term(kind)


def test_rows_are_found_by_code_wherever_they_stand(sample: RoundFolder) -> None:
    """The unit sorted its table the other way round and put a row and a column in front."""

    def turned(sheet: Any) -> None:
        for merged in list(sheet.merged_cells.ranges):
            sheet.unmerge_cells(str(merged))
        head, _ = header(sheet, Words()("form.column.code"))
        last = max(row for row in range(head + 1, sheet.max_row) if sheet.cell(row, 4).value)
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(head + 1, last)]
        for number, values in enumerate(reversed(rows), head + 1):
            for column, value in enumerate(values, 1):
                sheet.cell(number, column).value = value
        sheet.insert_rows(1)
        sheet.insert_cols(1)

    before = outcome_of(sample)
    edited(form_of(sample), turned)
    after = outcome_of(sample)
    assert codes(after.findings) == []
    assert after.points["so-nganh"].equals(before.points["so-nganh"])


def test_a_missing_row_is_an_error_that_names_the_criterion(sample: RoundFolder) -> None:
    edited(form_of(sample), lambda sheet: sheet.delete_rows(header(sheet, "1.1.2")[0]))
    finding = only(tuple(f for f in outcome_of(sample).findings if f.severity is Severity.ERROR))
    assert (finding.code, finding.facts["code"]) == ("row_missing", "1.1.2")


def test_a_code_that_excel_made_a_number_is_never_taken_for_another(
    sample: RoundFolder, assessment: Assessment
) -> None:
    """1.10 becomes 1.1: the row must not be read as criterion 1.1."""
    form = recognise_sample(sample, assessment)
    cells = {row: dict(columns) for row, columns in form.grid.rows.items()}
    row = next(row for row, columns in cells.items() if columns.get(1) == "1.1.1")
    cells[row][1] = Decimal("1.1")
    _, findings = read_submission(replace(form, grid=Grid(sheet=FORM, rows=cells)), assessment, "x.xlsx", "")
    assert [(f.code, f.facts["code"]) for f in findings] == [("row_unknown", "1.1?"), ("row_missing", "1.1.1")]


def recognise_sample(folder: RoundFolder, assessment: Assessment) -> Form:
    book = read_book(form_of(folder).read_bytes(), "x.xlsx", Limits())
    assert isinstance(book, Book)
    form = recognise(book, assessment)
    assert isinstance(form, Form)
    return form


def test_a_repeated_row_is_an_error_at_the_second(sample: RoundFolder) -> None:
    def repeated(sheet: Any) -> None:
        sheet.cell(60, 1).value, sheet.cell(60, 5).value = "1.1.2", 1

    edited(form_of(sample), repeated)
    finding = only(outcome_of(sample).findings)
    assert (finding.code, finding.where.cell) == ("row_repeated", "A60")


def test_points_for_what_is_not_assessed_are_told_and_not_counted(sample: RoundFolder) -> None:
    path = sample.inbox / "thanh-tra-tinh.xlsx"
    before = outcome_of(sample).points["so-nganh"]

    def claimed(sheet: Any) -> None:
        sheet[form_cells(sheet)["2.3"]].value = 30

    edited(path, claimed)
    outcome = outcome_of(sample)
    assert codes(outcome.findings) == ["score_not_assessed"]
    assert outcome.points["so-nganh"].equals(before)


@pytest.mark.parametrize("code", ["9.9", None], ids=["unknown-code", "no-code"])
@pytest.mark.parametrize("score", [0.5, "0,5", "=1+1"], ids=["number", "text", "formula"])
def test_a_score_in_a_row_of_its_own_is_an_error(sample: RoundFolder, code: str | None, score: Any) -> None:
    """The unit split a criterion over inserted rows: the first of them alone must not count for all."""

    def split(sheet: Any) -> None:
        sheet.cell(60, 1).value, sheet.cell(60, 5).value = code, score

    edited(form_of(sample), split)
    finding = only(outcome_of(sample).findings)
    assert (finding.code, finding.severity, finding.where.cell) == ("row_unknown", Severity.ERROR, "E60")


def test_codes_out_of_step_with_their_rows_are_an_error(sample: RoundFolder) -> None:
    """1.1.1 and 1.1.2 have the same maximum: only their labels tell that somebody swapped the codes."""

    def swapped(sheet: Any) -> None:
        one, other = header(sheet, "1.1.1"), header(sheet, "1.1.2")
        sheet.cell(*one).value, sheet.cell(*other).value = "1.1.2", "1.1.1"

    edited(form_of(sample), swapped)
    assert codes(outcome_of(sample).findings) == ["label_of_another"] * 2


def test_a_reworded_label_is_told_and_the_score_counts_by_its_code(sample: RoundFolder) -> None:
    edited(form_of(sample), lambda sheet: setattr(sheet.cell(header(sheet, "1.1.1")[0], 2), "value", "Khác"))
    outcome = outcome_of(sample)
    assert codes(outcome.findings) == ["label_changed"]
    assert not outcome.is_draft


@pytest.mark.parametrize("shown_as", ["0", '"2"', ";;;", "0.0"])
def test_digits_that_a_format_hides_are_told_and_counted(sample: RoundFolder, shown_as: str) -> None:
    def masked(sheet: Any) -> None:
        cell = sheet[form_cells(sheet)["1.1.1"]]
        cell.value, cell.number_format = 1.49, shown_as

    edited(form_of(sample), masked)
    finding = only(outcome_of(sample).findings)
    assert (finding.code, finding.facts["found"]) == ("score_masked", Decimal("1.49"))


@pytest.mark.parametrize("shown_as", ["General", "0.00", "#,##0.00", "0.###", "@"])
def test_a_format_that_shows_every_digit_is_no_finding(sample: RoundFolder, shown_as: str) -> None:
    def formatted(sheet: Any) -> None:
        cell = sheet[form_cells(sheet)["1.1.1"]]
        cell.value, cell.number_format = 1.49, shown_as

    edited(form_of(sample), formatted)
    assert codes(outcome_of(sample).findings) == []


def with_part(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change the XML of the form's sheet, as other programs write it and openpyxl does not."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    name = "xl/worksheets/sheet1.xml"
    assert change(parts[name]) != parts[name]
    parts[name] = change(parts[name])
    with zipfile.ZipFile(path, "w") as book:
        for part, data in parts.items():
            book.writestr(part, data)


def test_a_score_under_a_merged_cell_is_an_error(sample: RoundFolder) -> None:
    with_part(form_of(sample), lambda xml: xml.replace(b"</mergeCells>", b'<mergeCell ref="E11:E12"/></mergeCells>'))
    finding = only(outcome_of(sample).findings)
    assert (finding.code, finding.where.cell, finding.facts["code"]) == ("score_covered", "E12", "1.1.2")


def test_the_results_of_an_array_formula_are_no_typed_scores(sample: RoundFolder) -> None:
    def array(xml: bytes) -> bytes:
        return re.sub(rb'(<c r="E10"[^>]*>)<f>[^<]*</f>', rb'\1<f t="array" ref="E10:E11">1+1</f>', xml)

    with_part(form_of(sample), array)
    finding = only(outcome_of(sample).findings)
    assert (finding.code, finding.where.cell) == ("score_formula", "E11")


def test_a_second_table_in_the_same_sheet_is_a_question_not_a_guess(sample: RoundFolder) -> None:
    def copied(sheet: Any) -> None:
        for row in range(7, 20):
            for column in range(1, 8):
                sheet.cell(row + 70, column + 1).value = sheet.cell(row, column).value

    edited(form_of(sample), copied)
    assert codes(outcome_of(sample).findings) == ["form_table_repeated"]


def test_a_header_repeated_over_the_same_columns_is_the_same_table(sample: RoundFolder) -> None:
    def repeated(sheet: Any) -> None:
        for column in range(1, 8):
            sheet.cell(60, column).value = sheet.cell(7, column).value

    edited(form_of(sample), repeated)
    assert codes(outcome_of(sample).findings) == []


def test_a_folder_that_cannot_be_read_is_told_and_stops_nothing(
    sample: RoundFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sample.inbox / "phong").mkdir()
    honest = os.scandir

    def refuse(path: Path) -> Any:
        if Path(path).name == "phong":
            raise PermissionError(13, "Permission denied")
        return honest(path)

    monkeypatch.setattr(os, "scandir", refuse)
    outcome = outcome_of(sample)
    assert [(f.code, f.where.file) for f in outcome.findings] == [("entry_unreadable", "bai-nop/phong")]
    assert not outcome.is_draft


def test_folders_within_folders_without_end_are_walked(sample: RoundFolder) -> None:
    folder = os.open(sample.inbox, os.O_RDONLY)
    for _ in range(1_100):
        os.mkdir("sau", dir_fd=folder)
        deeper = os.open("sau", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = deeper
    os.close(folder)
    try:
        assert {f.code for f in outcome_of(sample).findings} <= {"entry_unreadable"}
    finally:
        subprocess.run(["rm", "-rf", sample.inbox / "sau"], check=True)


def test_the_address_of_a_letter_is_not_the_sender(sample: RoundFolder) -> None:
    """A form without stamp, addressed to the appraiser, is not the appraiser's own."""
    before = outcome_of(sample)
    other = sample.inbox / "STC.xlsx"
    shutil.copy(sample.inbox / "so-tai-chinh.xlsx", other)
    without_stamp(other)

    def addressed(sheet: Any) -> None:
        sheet["A3"], sheet["A4"] = "SỞ TÀI CHÍNH TỈNH HÒA BÌNH", "Kính gửi: Sở Thông tin và Truyền thông"

    edited(other, addressed)
    after = outcome_of(sample)
    assert codes(after.findings) == ["form_without_stamp"]
    assert after.points["so-nganh"].equals(before.points["so-nganh"])


def test_a_form_without_stamp_never_takes_the_place_of_one_that_has_it(sample: RoundFolder) -> None:
    two_submissions(sample, EARLY, LATE)
    without_stamp(sample.inbox / "ban-sao.xlsx")
    assert set(codes(outcome_of(sample).findings)) == {"several_submissions"}


def test_a_copied_sheet_that_lacks_a_header_is_told(sample: RoundFolder) -> None:
    workbook = openpyxl.load_workbook(form_of(sample))
    copied = workbook.copy_worksheet(workbook[FORM])
    copied.cell(*header(copied, Words()("form.column.maximum"))).value = "Tối đa"
    workbook.save(form_of(sample))
    finding = only(outcome_of(sample).findings)
    assert (finding.code, finding.severity, finding.where.row) == ("table_unread", Severity.WARNING, 7)


def packed(name: str, data: bytes, copies: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(copies):
            archive.writestr(f"{number}-{name}", data)
    return buffer.getvalue()


def test_archives_that_multiply_in_archives_are_held_to_the_limits_as_one(sample: RoundFolder) -> None:
    bomb = packed("b.zip", packed("a.zip", packed("x.txt", b"x", 40), 40), 40)
    (sample.inbox / "bom.zip").write_bytes(bomb)
    outcome = outcome_of(sample)
    assert "file_over_limit" in codes(outcome.findings)
    assert len(outcome.intake.files) < 30 + 1_100
    assert not outcome.is_draft


def test_a_form_in_a_part_of_a_mail_without_a_name_is_read(sample: RoundFolder) -> None:
    letter = email.message.EmailMessage()
    letter["From"], letter["Subject"] = "a@b.vn", "phiếu"
    letter.set_content("Kính gửi")
    letter.add_attachment(form_of(sample).read_bytes(), maintype="application", subtype="octet-stream")
    form_of(sample).unlink()
    (sample.inbox / "thu.eml").write_bytes(bytes(letter))
    outcome = outcome_of(sample)
    assert codes(outcome.findings) == ["file_opened"]
    assert outcome.states[ONE] in SCORED


@pytest.mark.parametrize("value", ["1E+26", "1" * 309, "1E+300"])
def test_a_huge_score_is_too_large_and_stops_nothing(sample: RoundFolder, value: str) -> None:
    text = f'<c r="E11" t="str"><v>{value}</v></c>' if value.isdigit() else f'<c r="E11"><v>{value}</v></c>'
    with_part(form_of(sample), lambda xml: re.sub(rb'<c r="E11"[^>]*>.*?</c>', text.encode(), xml))
    outcome = outcome_of(sample)
    assert codes(outcome.findings) == ["score_above_maximum"]
    assert [path.name for path in write_feedback(sample, outcome, Words()).written] == [f"{ONE}.xlsx"]


@pytest.mark.parametrize(("code", "typed"), [("1", "95,5"), ("2.3", "1,5"), ("2.3", "=1+1")])
def test_what_is_typed_over_a_sum_or_an_exempt_row_is_told(sample: RoundFolder, code: str, typed: str) -> None:
    edited(sample.inbox / "thanh-tra-tinh.xlsx", lambda sheet: setattr(sheet[form_cells(sheet)[code]], "value", typed))
    assert codes(outcome_of(sample).findings) == ["score_not_assessed"]


def test_a_form_that_names_another_unit_than_its_stamp_is_refused(sample: RoundFolder) -> None:
    edited(form_of(sample), lambda sheet: setattr(sheet["A3"], "value", "Cơ quan, đơn vị: Sở xây dựng"))
    finding = next(f for f in outcome_of(sample).findings if f.code != "unit_missing")
    assert (finding.code, finding.where.cell, finding.unit) == ("form_names_another", "A3", "")


@pytest.mark.parametrize("shown_as", ['_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)', '0.00" điểm"', "[$-42A]0.00"])
def test_ornaments_of_a_number_format_hide_nothing(sample: RoundFolder, shown_as: str) -> None:
    def formatted(sheet: Any) -> None:
        for row in range(8, 56):
            for column in (4, 5):
                sheet.cell(row, column).number_format = shown_as

    edited(form_of(sample), formatted)
    assert codes(outcome_of(sample).findings) == []


@pytest.mark.parametrize(
    ("score", "code"), [(None, "table_copied"), (0, "form_table_repeated")], ids=["same", "different"]
)
def test_a_copied_sheet_counts_once_unless_it_says_otherwise(sample: RoundFolder, score: int | None, code: str) -> None:
    workbook = openpyxl.load_workbook(form_of(sample))
    copied = workbook.copy_worksheet(workbook[FORM])
    if score is not None:
        copied[form_cells(copied)["1.1.1"]].value = score
    workbook.save(form_of(sample))
    assert codes(outcome_of(sample).findings) == [code]


def test_a_form_without_its_headers_is_told(sample: RoundFolder) -> None:
    def without(sheet: Any) -> None:
        sheet.cell(*header(sheet, Words()("form.column.score"))).value = "Điểm"

    edited(form_of(sample), without)
    finding = only(outcome_of(sample).findings)
    assert (finding.code, finding.where.row, finding.facts["headers"]) == (
        "form_header_missing",
        7,
        (Term("form.column.score"),),
    )


def test_swapped_headers_are_told_and_publish_nothing(sample: RoundFolder) -> None:
    """The column of maxima read as scores would give the unit full marks."""

    def swapped(sheet: Any) -> None:
        score, maximum = (sheet.cell(*header(sheet, Words()(f"form.column.{c}"))) for c in ("score", "maximum"))
        score.value, maximum.value = maximum.value, score.value

    edited(form_of(sample), swapped)
    outcome = outcome_of(sample)
    assert codes(outcome.findings)[0] == "maxima_changed"
    assert outcome.states[ONE] is UnitState.WITH_ERRORS


def test_a_second_column_of_scores_is_a_question_not_a_guess(sample: RoundFolder) -> None:
    def doubled(sheet: Any) -> None:
        row, _ = header(sheet, Words()("form.column.score"))
        sheet.cell(row, 8).value = Words()("form.column.score")

    edited(form_of(sample), doubled)
    finding = only(outcome_of(sample).findings)
    assert (finding.code, finding.where.cell) == ("column_repeated", "H7")


def test_a_percentage_is_a_question_not_a_score(sample: RoundFolder) -> None:
    def percent(sheet: Any) -> None:
        cell = sheet[form_cells(sheet)["1.1.1"]]
        cell.value, cell.number_format = 0.85, "0%"

    edited(form_of(sample), percent)
    finding = only(outcome_of(sample).findings)
    assert (finding.code, finding.facts["found"]) == ("score_percent", "85%")


def test_a_lost_evidence_column_is_told_and_the_scores_stand(sample: RoundFolder) -> None:
    def without(sheet: Any) -> None:
        sheet.cell(*header(sheet, Words()("form.column.evidence"))).value = None

    edited(form_of(sample), without)
    assert codes(outcome_of(sample).findings) == ["column_missing"]


def test_points_without_evidence_or_explanation_are_a_warning(sample: RoundFolder) -> None:
    def without(sheet: Any) -> None:
        sheet[form_cells(sheet, "form.column.evidence")["1.1.1"]].value = None

    edited(form_of(sample), without)
    outcome = outcome_of(sample)
    finding = only(outcome.findings)
    assert (finding.code, finding.severity) == ("evidence_missing", Severity.WARNING)
    assert not outcome.is_draft


STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships"
    ),
}


def test_a_workbook_in_strict_open_xml_reads_the_same(sample: RoundFolder) -> None:
    """openpyxl opens such a file without complaint and finds no sheets in it."""
    before = outcome_of(sample)
    with zipfile.ZipFile(form_of(sample)) as honest:
        parts = {name: honest.read(name) for name in honest.namelist()}
    with zipfile.ZipFile(form_of(sample), "w") as strict:
        for name, part in parts.items():
            strict.writestr(name, functools.reduce(lambda data, pair: data.replace(*pair), STRICT.items(), part))
    after = outcome_of(sample)
    assert codes(after.findings) == []
    assert after.points["so-nganh"].equals(before.points["so-nganh"])


def test_changing_one_leaf_changes_exactly_its_own_figures_and_the_ranks_that_follow(sample: RoundFolder) -> None:
    before = outcome_of(sample)
    retype(sample.inbox / "huyen-mai-chau.xlsx", {"2.1.1": 0})
    after = outcome_of(sample)
    assert after.points["so-nganh"].equals(before.points["so-nganh"])
    old, new = before.points["huyen"].stack(), after.points["huyen"].stack()
    places = [place for place in old.index if old[place] != new[place]]
    assert places == [("huyen-mai-chau", code) for code in ("CQDT", "2", "2.1", "2.1.1")]
    lost = points_of(before, "2.1.1")
    for code in ("CQDT", "2", "2.1"):
        was, left = (points_of(o, code) for o in (before, after))
        assert was - left == lost


def test_a_lowered_leaf_moves_its_unit_down_and_those_it_passed_up(sample: RoundFolder) -> None:
    before = ranks(outcome_of(sample))
    retype(sample.inbox / "huyen-lac-son.xlsx", {"2.1.1": 0, "2.1.2": 0})
    after = ranks(outcome_of(sample))
    moved = {key: (before[key], after[key]) for key in before if before[key] != after[key]}
    assert moved == {
        ("II", "huyen-lac-son"): (2, 4),
        ("II", "huyen-lac-thuy"): (3, 2),
        ("II", "huyen-tan-lac"): (4, 3),
        ("II.2", "huyen-lac-son"): (1, 4),
        ("II.2", "tp-hoa-binh"): (2, 1),
        ("II.2", "huyen-lac-thuy"): (3, 2),
        ("II.2", "huyen-tan-lac"): (4, 3),
    }


def ranks(outcome: Outcome) -> dict[tuple[str, str], int | None]:
    return {
        (ranked.table.code, standing.unit.code): standing.rank
        for ranked in outcome.tables
        for section in ranked.sections
        for standing in section.standings
    }


def points_of(outcome: Outcome, criterion: str) -> Decimal:
    points: Any = outcome.points["huyen"].loc["huyen-mai-chau", criterion]
    assert isinstance(points, Decimal)
    return points


def test_a_sum_in_the_form_that_is_not_ours_is_told_at_the_lowest_that_differs(sample: RoundFolder) -> None:
    """Excel's own sum of pillar 1.1 says otherwise: somebody should look, though every score was read."""

    def pasted(sheet: Any) -> None:
        cells = form_cells(sheet)
        for code in ("CQDT", "1", "1.1"):
            sheet[cells[code]].value = 1

    edited(form_of(sample), pasted)
    finding = only(outcome_of(sample).findings)
    assert (finding.code, finding.severity, finding.facts["code"]) == ("total_differs", Severity.WARNING, "1.1")


def typed_beside(folder: RoundFolder, code: str, column: str, text: str) -> None:
    edited(
        form_of(folder), lambda sheet: setattr(sheet[form_cells(sheet, f"form.column.{column}")[code]], "value", text)
    )


def test_text_in_an_old_encoding_is_told_at_its_cell(sample: RoundFolder) -> None:
    typed_beside(sample, "1.1.1", "explanation", "C«ng v¨n sè 12")
    assert codes(outcome_of(sample).findings) == ["text_legacy"]


def test_control_characters_are_shown_as_such_and_told(sample: RoundFolder) -> None:
    typed_beside(sample, "1.1.1", "explanation", "a_x0007_b")
    outcome = outcome_of(sample)
    assert codes(outcome.findings) == ["text_cleaned"]
    assert ("a\ufffdb") in {i.value for i in outcome.submission_of[ONE].inputs}


def test_a_text_longer_than_a_cell_takes_is_cut_and_told(sample: RoundFolder, assessment: Assessment) -> None:
    """Excel types no longer one; another program may save it."""
    form = recognise_sample(sample, assessment)
    cells = {row: dict(columns) for row, columns in form.grid.rows.items()}
    row = next(row for row, columns in cells.items() if columns.get(1) == "1.1.1")
    cells[row][7] = "x" * 40_000
    submission, findings = read_submission(replace(form, grid=Grid(sheet=FORM, rows=cells)), assessment, "x.xlsx", "")
    assert codes(tuple(findings)) == ["text_cut"]
    assert max(len(i.value) for i in submission.inputs if isinstance(i.value, str)) == 32_767


def test_evidence_under_a_merged_cell_is_told(sample: RoundFolder) -> None:
    with_part(form_of(sample), lambda xml: xml.replace(b"</mergeCells>", b'<mergeCell ref="F11:F12"/></mergeCells>'))
    assert codes(outcome_of(sample).findings) == ["text_covered"]


def test_much_evidence_missing_is_told_once(sample: RoundFolder) -> None:
    def without(sheet: Any) -> None:
        for address in form_cells(sheet, "form.column.evidence").values():
            sheet[address].value = None

    edited(form_of(sample), without)
    finding = only(outcome_of(sample).findings)
    assert (finding.code, finding.severity) == ("evidences_missing", Severity.WARNING)


def test_empty_scores_are_listed_in_the_order_of_the_form(sample: RoundFolder, assessment: Assessment) -> None:
    leaves = [leaf.code for leaf in assessment.assessed_leaves(assessment.unit_by_code[ONE])]
    retype(form_of(sample), dict.fromkeys(leaves))
    finding = only(outcome_of(sample).findings)
    assert (finding.code, finding.where.cell, finding.facts["codes"]) == ("scores_missing", "E11", tuple(leaves))


@pytest.mark.parametrize("change", ["grows", "is replaced"])
def test_a_file_that_changes_while_it_is_read_is_told(
    sample: RoundFolder, assessment: Assessment, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    form, other = form_of(sample), sample.inbox / "moi.xlsx"
    changed = form if change == "grows" else other

    class Changing(io.FileIO):
        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            changed.write_bytes(data + b"more")
            changed.replace(form)
            return data

    def opened(path: str, mode: str, **_: object) -> io.FileIO:
        return Changing(path, mode)

    monkeypatch.setattr("cqdt_batch.intake.collecting.open", opened, raising=False)
    taken = take(Desk(assessment, read_form), Job("bai-nop/x.xlsx", path=str(form)))
    assert codes(taken.entry.findings) == ["file_changing"]


@pytest.mark.parametrize(
    ("name", "data"),
    [("thu.eml", b"From: a@b\nSubject: x\n\nlink\n"), ("rong.zip", b"PK\x05\x06" + bytes(18))],
    ids=["mail", "zip"],
)
def test_a_mail_or_an_archive_without_files_is_something_to_look_at(
    sample: RoundFolder, name: str, data: bytes
) -> None:
    (sample.inbox / name).write_bytes(data)
    finding = only(outcome_of(sample).findings)
    assert (finding.code, finding.severity) == ("file_opened_empty", Severity.WARNING)


@pytest.mark.parametrize(
    ("name", "state", "code"),
    [
        ("quet.pdf", FileState.IGNORED, "attachment_no_form"),
        ("quet.xlsx", FileState.REFUSED, "file_not_workbook"),
        ("quet", FileState.REFUSED, "file_not_workbook"),
    ],
)
def test_a_scan_is_left_alone_unless_it_has_the_name_of_a_form(
    sample: RoundFolder, name: str, state: FileState, code: str
) -> None:
    (sample.inbox / name).write_bytes(b"%PDF-1.7 ...")
    outcome = outcome_of(sample)
    assert codes(outcome.findings) == [code]
    assert next(e.state for e in outcome.intake.files if e.name == f"bai-nop/{name}") is state


def outlook_message(name: str, data: bytes) -> bytes:
    """A compound file with one attachment, laid out as Outlook does: a storage with the bytes and the long name."""
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    streams = (bytes(4096), data.ljust(4096, b"\x00"), name.encode("utf-16-le").ljust(4096, b"\x00"))
    allocation, content, starts = [table, 2, end], b"", []
    for stream in streams:
        sectors = -(-len(stream) // 512)
        starts.append(len(allocation))
        allocation += [*range(len(allocation) + 1, len(allocation) + sectors), end]
        content += stream.ljust(sectors * 512, b"\x00")
    named = (
        ("Root Entry", 5, free, 1, end, 0),
        ("__properties_version1.0", 2, 2, free, starts[0], len(streams[0])),
        ("__attach_version1.0_#00000000", 1, free, 3, 0, 0),
        ("__substg1.0_37010102", 2, 4, free, starts[1], len(streams[1])),
        ("__substg1.0_3707001F", 2, free, free, starts[2], len(streams[2])),
    )
    directory = b"".join(map(directory_entry, named)).ljust(1024, b"\x00")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<10I", 0, 1, 1, 0, 4096, end, 0, end, 0, 0) + struct.pack("<108I", *[free] * 108)
    return head + struct.pack("<128I", *allocation, *[free] * (128 - len(allocation))) + directory + content


def directory_entry(entry: tuple[str, int, int, int, int, int]) -> bytes:
    name, kind, right, child, start, size = entry
    text = (name + "\x00").encode("utf-16-le")
    places = struct.pack("<HBB3I", len(text), kind, 1, 0xFFFFFFFF, right, child)
    return text.ljust(64, b"\x00") + places + bytes(36) + struct.pack("<IQ", start, size)


def test_a_form_attached_to_an_outlook_message_is_read(sample: RoundFolder) -> None:
    message = outlook_message("Phiếu Sở Y tế.xlsx", form_of(sample).read_bytes())
    form_of(sample).unlink()
    (sample.inbox / "thu.msg").write_bytes(message)
    outcome = outcome_of(sample)
    assert codes(outcome.findings) == ["file_opened"]
    assert outcome.submission_of[ONE].file == "bai-nop/thu.msg › Phiếu Sở Y tế.xlsx"
    assert outcome.states[ONE] in SCORED


def test_the_same_answers_beside_something_else_are_not_the_same(sample: RoundFolder) -> None:
    """A copy in which a criterion stands twice, with another score, is no mere copy."""
    other = sample.inbox / "khac.xlsx"
    shutil.copy(form_of(sample), other)

    def repeated(sheet: Any) -> None:
        sheet["A60"], sheet["B60"], sheet["E60"] = "1.1.1", sheet["B11"].value, 0.5

    edited(other, repeated)
    saved_at(other, None)
    assert outcome_of(sample).states[ONE] is UnitState.WITH_ERRORS


def test_an_undated_copy_of_the_older_answers_makes_the_order_unknown(sample: RoundFolder) -> None:
    """The unit may have gone back to what it first sent."""
    two_submissions(sample, EARLY, LATE)
    again = sample.inbox / "lai.xlsx"
    shutil.copy(form_of(sample), again)
    saved_at(again, None)
    assert "several_submissions" in codes(outcome_of(sample).findings)
    assert outcome_of(sample).states[ONE] is UnitState.WITH_ERRORS


@pytest.mark.parametrize(
    "heading",
    [
        {"A3": "Tên đơn vị: Sở Y tế", "A4": "Sở Nội vụ"},
        {"A3": "Kính gửi:", "A4": "Sở Nội vụ"},
        {"A3": "SỞ Y TẾ TỈNH HOÀ BÌNH", "A5": "Sở Nội vụ"},
    ],
)
def test_a_unit_named_alone_above_the_table_is_not_taken_for_the_sender(
    sample: RoundFolder, heading: dict[str, str]
) -> None:
    without_stamp(form_of(sample))

    def headed(sheet: Any) -> None:
        for at, text in heading.items():
            sheet[at] = text

    edited(form_of(sample), headed)
    outcome = outcome_of(sample)
    assert set(codes(outcome.findings)) == {"unit_missing", "form_without_stamp"}


def test_a_letter_attached_in_base64_is_opened(sample: RoundFolder) -> None:
    inner = email.message.EmailMessage()
    inner.set_content("x")
    inner.add_attachment(
        form_of(sample).read_bytes(), maintype="application", subtype="octet-stream", filename="p.xlsx"
    )
    form_of(sample).unlink()
    head = b"From: a@b\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n--B\n"
    part = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(bytes(inner))
    (sample.inbox / "thu.eml").write_bytes(head + part + b"--B--\n")
    outcome = outcome_of(sample)
    assert outcome.states[ONE] in SCORED


def test_the_inner_cells_of_an_array_formula_stay_formulas_in_the_answer(sample: RoundFolder) -> None:
    def array(xml: bytes) -> bytes:
        return re.sub(rb'(<c r="E10"[^>]*>)<f>[^<]*</f>', rb'\1<f t="array" ref="E10:E11">1+1</f>', xml)

    with_part(form_of(sample), array)
    raw = outcome_of(sample).submission_of[ONE].scores["1.1.1"].raw
    assert isinstance(raw, Formula)
    assert raw.text.startswith("=")


OPENDOCUMENT = """<o:document-content xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"><o:automatic-styles>
<style:style style:name="T1" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>
</o:automatic-styles><o:body><o:spreadsheet><table:table table:name="A"><table:table-row>{}</table:table-row>
</table:table></o:spreadsheet></o:body></o:document-content>"""


@pytest.mark.parametrize(
    ("cell", "content"),
    [
        ('o:value-type="float" o:value="2"><text:p>2,0</text:p>', Decimal(2)),
        ('o:value-type="float" o:value="2"><text:p>0,2</text:p>', Masked(Decimal(2))),
        ('o:value-type="float" o:value="0"><text:p></text:p>', Masked(Decimal(0))),
        ('o:value-type="float" o:value="1.234"><text:p>1,234</text:p>', Decimal("1.234")),
        ('o:value-type="percentage" o:value="0.85"><text:p>85%</text:p>', Percent(Decimal("0.85"))),
        ('o:value-type="string"><text:p>1,5<text:span text:style-name="T1">1</text:span></text:p>', "1,5^1"),
        ('o:value-type="float" o:value="2" table:formula="of:=1+1"><text:p>2</text:p>', Formula("=1+1", Decimal(2))),
    ],
)
def test_a_cell_of_an_opendocument_sheet_is_what_it_shows(cell: str, content: object) -> None:
    part = OPENDOCUMENT.format(f"<table:table-cell {cell}</table:table-cell>")
    grid = read_opendocument({"content.xml": part.encode()}).grids[0]
    assert grid.rows == {1: {1: content}}


@pytest.mark.parametrize(
    ("step", "data"),
    [
        ("zipfile.ZipFile", None),
        ("zlib.decompressobj", None),
        ("cqdt_batch.intake.ooxml.SheetReader", None),
        ("olefile.OleFileIO", MAGIC + bytes(512)),
        ("email.message_from_bytes", b"From: a@b.vn\nSubject: phi\xe1\xba\xbfu\n\n"),
    ],
)
def test_a_file_for_which_memory_does_not_suffice_is_not_called_damaged(
    sample: RoundFolder, monkeypatch: pytest.MonkeyPatch, step: str, data: bytes | None
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    assessment = read_definition(sample).assessment
    assert assessment is not None
    monkeypatch.setattr(step, fail)
    with pytest.raises(MemoryError):
        take(Desk(assessment, read_form), Job("a.xlsx", data=data or form_of(sample).read_bytes() + b"\x00"))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_list_of_contacts_is_text_however_many_lines_it_has(sample: RoundFolder, end: str) -> None:
    lines = ["BEGIN:VCARD", *["ORG:Sở Y tế", "TEL;TYPE=WORK:0218 3852 000"] * 40, "END:VCARD"]
    (sample.inbox / "dau-moi.vcf").write_text(end.join(lines), encoding="utf-8", newline="")
    entry = next(entry for entry in outcome_of(sample).intake.files if entry.name == "bai-nop/dau-moi.vcf")
    assert (entry.state, entry.findings[0].code) == (FileState.IGNORED, "attachment_no_form")
