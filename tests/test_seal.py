"""The seal of a run: an untouched round verifies anywhere, and whatever was changed is named, down to the cell."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from cqdt_batch.cli import app
from cqdt_batch.cli.status import Status
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.loading import Definition
from cqdt_batch.findings import Finding, Severity, Term, Where, warning
from cqdt_batch.intake.submissions import InputKind, Inputs, Submission, scored_by
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.sealing import Verification, verify
from cqdt_batch.publishing.journal import (
    is_genuine,
    journal,
    journal_bytes,
    journal_parts,
    ledger_from,
    seal_from,
    seal_text,
)
from cqdt_batch.publishing.sealing.coverage import checks_made
from cqdt_batch.publishing.sealing.inputs import answer_changes
from cqdt_batch.publishing.sealing.reproduction import Rerun, differences
from cqdt_batch.publishing.sealing.seal import Seal, SealedOutput, digest, seal_of
from cqdt_batch.scoring.changes.bookkeeping import ledger_of, outline_of, placings_of, unit_columns, unit_entries
from cqdt_batch.scoring.changes.columns import AnswerColumns, AskedCell, UnitColumns
from cqdt_batch.scoring.changes.ledger import LeafEntry
from cqdt_batch.scoring.outcome import SCORED, Outcome, evaluate
from tests.appraisals import evaluated, verdict
from tests.assessments import assessment, criterion, intake_of, unit
from tests.rounds import FORM, ROOT, SAMPLE, form_cells, retype
from tests.small_rounds import SmallRound, small_rounds

JOURNAL = "ket-qua/nhat-ky.json"
ANNEX, BOARD = "ket-qua/phu-luc.xlsx", "ket-qua/kiem-tra.xlsx"
Told = list[tuple[str, str, str, str]]


def cqdt(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> RoundFolder:
    """The sample round with three forms and all its results; one has an error, so that there is a feedback form."""
    folder = RoundFolder(tmp_path_factory.mktemp("sealed") / "dot")
    folder.inbox.mkdir(parents=True)
    shutil.copy(SAMPLE.definition, folder.definition)
    for form in ("so-y-te.xlsx", "so-xay-dung.xlsx", "tp-hoa-binh.xlsx"):
        shutil.copy(SAMPLE.inbox / form, folder.inbox)
    retype(folder.inbox / "so-xay-dung.xlsx", {"1.1.1": "x"})
    cqdt("report", "-q", folder.path)
    return folder


@pytest.fixture
def sealed(reported: RoundFolder, tmp_path: Path) -> RoundFolder:
    """A copy of the reported round, at another path, that a test may spoil."""
    shutil.copytree(reported.path, tmp_path / "ban sao")
    return RoundFolder(tmp_path / "ban sao")


def told(verification: Verification) -> Told:
    return [(f.code, f.where.file, f.where.sheet, f.where.cell) for f in verification.findings]


def codes(verification: Verification) -> list[str]:
    return [finding.code for finding in verification.findings]


def one(verification: Verification, code: str) -> Finding:
    return next(finding for finding in verification.findings if finding.code == code)


def seal_in(folder: RoundFolder) -> Seal:
    seal = seal_from(folder.journal.read_bytes(), JOURNAL)
    assert isinstance(seal, Seal)
    return seal


def snapshot(folder: RoundFolder) -> dict[str, tuple[str, int]]:
    files = (path for path in folder.path.rglob("*") if path.is_file())
    return {
        path.relative_to(folder.path).as_posix(): (digest(path.read_bytes()), path.stat().st_mtime_ns) for path in files
    }


def edited(path: Path, sheet: str, cells: dict[str, Any]) -> None:
    """Type into a workbook with another program."""
    workbook = openpyxl.load_workbook(path)
    for cell, value in cells.items():
        workbook[sheet][cell].value = value
    workbook.save(path)


# ---------------------------------------------------------------- nothing has changed


def test_an_untouched_round_verifies_at_another_path_and_is_not_touched(sealed: RoundFolder) -> None:
    before = snapshot(sealed)
    verification = verify(sealed)
    assert (verification.findings, verification.is_reproduced) == ((), True)
    assert snapshot(sealed) == before


def test_the_command_ends_with_0_and_says_so(sealed: RoundFolder) -> None:
    result = cqdt("verify", sealed.path)
    assert result.exit_code == 0
    assert "mọi tệp kết quả lập lại được đúng từng byte" in " ".join(result.stderr.split())
    english = cqdt("verify", "--lang", "en", "--json", sealed.path)
    assert json.loads(english.stdout)["reproduced"] is True


def test_a_round_reported_in_english_is_run_again_in_english(sealed: RoundFolder) -> None:
    cqdt("report", "-q", "--lang", "en", sealed.path)
    assert seal_in(sealed).language is Language.EN
    assert verify(sealed).findings == ()


def test_without_a_seal_the_command_is_wrong_use(sealed: RoundFolder) -> None:
    sealed.journal.unlink()
    result = cqdt("verify", "--json", sealed.path)
    assert result.exit_code == Status.WRONG_USE
    assert "nhat-ky.json" in json.loads(result.stdout)["error"]


def test_the_seal_holds_the_sha256_of_every_input_and_output(sealed: RoundFolder) -> None:
    seal = seal_in(sealed)
    named = {taken.file: taken.sha256 for taken in seal.inputs} | {made.file: made.sha256 for made in seal.outputs}
    named["dot-danh-gia.xlsx"] = seal.definition.sha256
    files = {path.relative_to(sealed.path).as_posix(): path for path in sealed.path.rglob("*") if path.is_file()}
    del files[JOURNAL]
    assert named == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    assert f"{sealed.feedback.relative_to(sealed.path).as_posix()}/so-xay-dung.xlsx" in named


def test_the_seal_names_no_path_of_the_machine(sealed: RoundFolder, reported: RoundFolder) -> None:
    text = sealed.journal.read_text(encoding="utf-8")
    assert str(reported.path) not in text
    assert "\r" not in text


def test_runs_in_two_places_with_other_hash_seeds_write_the_same_seal(sealed: RoundFolder, tmp_path: Path) -> None:
    other = RoundFolder(tmp_path / "noi" / "khac")
    shutil.copytree(sealed.path, other.path)
    for seed, folder in (("1", sealed), ("2", other)):
        program = [sys.executable, "-m", "cqdt_batch", "report", "-q", str(folder.path)]
        subprocess.run(program, env=os.environ | {"PYTHONHASHSEED": seed}, cwd=ROOT, check=False, capture_output=True)
    assert sealed.journal.read_bytes() == other.journal.read_bytes()


def test_findings_are_counted_by_severity_and_code(sealed: RoundFolder) -> None:
    assert seal_in(sealed).findings["error"] == {"score_text": 1, "unit_missing": 27}


def test_other_files_among_the_feedback_forms_are_no_outputs(sealed: RoundFolder) -> None:
    """outputs_unknown, outputs_kept, outputs_compared"""
    shutil.copy(sealed.feedback / "so-xay-dung.xlsx", sealed.feedback / "so-xay-dung-20250101-101010.xlsx")
    shutil.copy(sealed.annex, sealed.results / "phu-luc (2).xlsx")
    shutil.copy(sealed.annex, sealed.feedback / "zz.xlsx")
    shutil.copy(sealed.annex, sealed.comparison)
    (sealed.results / "~$phu-luc.xlsx").write_bytes(b"x")
    verification = verify(sealed)
    assert [(f.code, f.where.file, f.facts["names"], f.severity) for f in verification.findings] == [
        (
            "outputs_unknown",
            "ket-qua",
            ("ket-qua/phan-hoi/zz.xlsx", "ket-qua/phu-luc (2).xlsx"),
            Severity.NOTICE,
        ),
        ("outputs_kept", "ket-qua", ("ket-qua/phan-hoi/so-xay-dung-20250101-101010.xlsx",), Severity.NOTICE),
        ("outputs_compared", "ket-qua", ("ket-qua/so-sanh.xlsx",), Severity.NOTICE),
    ]
    assert verification.is_reproduced
    assert cqdt("verify", sealed.path).exit_code == 0


def test_a_result_that_was_open_elsewhere_is_sealed_under_its_dated_name(
    sealed: RoundFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Path.replace

    def locked(path: Path, target: Path) -> Path:
        if Path(target).name == "phu-luc.xlsx":
            raise PermissionError(13, "locked")
        return honest(path, target)

    with monkeypatch.context() as held:
        held.setattr(Path, "replace", locked)
        cqdt("report", "-q", "--lang", "en", sealed.path)
    output = seal_in(sealed).outputs[0]
    assert output.stands_for == ANNEX
    assert output.file.startswith("ket-qua/phu-luc-")
    [older] = verify(sealed).findings
    assert (older.code, older.severity, older.facts["names"]) == ("outputs_kept", Severity.NOTICE, (ANNEX,))


# ---------------------------------------------------------------- inputs have changed


def test_a_changed_cell_of_a_form_is_named_with_what_it_was(sealed: RoundFolder) -> None:
    path = sealed.inbox / "so-y-te.xlsx"
    cell = form_cells(openpyxl.load_workbook(path)[FORM])["1.1.2"]
    before = openpyxl.load_workbook(path)[FORM][cell].value
    retype(path, {"1.1.2": 0.5})
    verification = verify(sealed)
    assert told(verification)[:3] == [
        ("sealed_file_changed", "bai-nop/so-y-te.xlsx", "", ""),
        ("sealed_answer_changed", "bai-nop/so-y-te.xlsx", FORM, cell),
        ("outputs_not_reproduced", "ket-qua", "", ""),
    ]
    answer = one(verification, "sealed_answer_changed")
    assert (answer.unit, answer.facts["code"]) == ("so-y-te", "1.1.2")
    assert (answer.facts["before"], answer.facts["now"]) == (Decimal(str(before)), Decimal("0.5"))
    assert one(verification, "outputs_not_reproduced").facts["causes"] == (Term("seal.cause.inputs"),)
    assert not verification.is_reproduced


def test_the_command_ends_with_1_and_names_unit_file_and_cell(sealed: RoundFolder) -> None:
    retype(sealed.inbox / "so-y-te.xlsx", {"1.1.2": 0.5})
    result = cqdt("verify", sealed.path)
    assert result.exit_code == Status.FINDINGS
    assert "Sở Y tế › bai-nop/so-y-te.xlsx › Phiếu tự đánh giá › E12" in result.stderr
    assert "Kết quả không còn đúng như nhật ký" in result.stderr


def test_an_answer_that_is_no_number_any_more_is_named_too(sealed: RoundFolder) -> None:
    retype(sealed.inbox / "so-y-te.xlsx", {"1.1.2": "không"})
    verification = verify(sealed)
    assert one(verification, "sealed_answer_changed").facts["now"] == "không"
    assert one(verification, "outputs_new").facts["names"] == ("ket-qua/phan-hoi/so-y-te.xlsx",)


def test_a_cleared_answer_is_empty_now(sealed: RoundFolder) -> None:
    retype(sealed.inbox / "so-y-te.xlsx", {"1.1.2": None})
    assert one(verify(sealed), "sealed_answer_changed").facts["now"] == Term("seal.empty")


def test_a_form_that_is_refused_now_changed_its_state_and_no_single_answer(sealed: RoundFolder) -> None:
    (sealed.inbox / "so-y-te.xlsx").write_bytes(b"%PDF-1.4")
    verification = verify(sealed)
    assert codes(verification)[:3] == ["sealed_file_changed", "sealed_file_state", "outputs_not_reproduced"]
    state = one(verification, "sealed_file_state")
    assert (state.facts["before"], state.facts["now"]) == (Term("file_state.accepted"), Term("file_state.refused"))


def test_a_removed_file_is_named(sealed: RoundFolder) -> None:
    (sealed.inbox / "so-y-te.xlsx").unlink()
    verification = verify(sealed)
    assert told(verification)[0] == ("sealed_file_removed", "bai-nop/so-y-te.xlsx", "", "")
    assert "sealed_answer_changed" not in codes(verification)


def test_an_added_file_is_named(sealed: RoundFolder) -> None:
    (sealed.inbox / "thu.txt").write_text("Kính gửi", encoding="utf-8")
    verification = verify(sealed)
    assert told(verification)[0] == ("sealed_file_added", "bai-nop/thu.txt", "", "")
    assert one(verification, "outputs_not_reproduced").facts["names"] == (BOARD,)


def test_a_seal_that_cannot_be_opened_is_a_finding(sealed: RoundFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Path.read_bytes

    def refusing(path: Path) -> bytes:
        if path == sealed.journal:
            raise PermissionError(13, "Permission denied")
        return honest(path)

    monkeypatch.setattr(Path, "read_bytes", refusing)
    assert told(verify(sealed)) == [("file_unreadable", JOURNAL, "", "")]


def test_a_changed_verified_value_is_named_at_the_appraisers_cell() -> None:
    """The workbook of an appraiser changed: the cell that says otherwise, and none of the unit's own."""

    def sealed_with(points: int, sha256: str) -> Seal:
        outcome = evaluated(SMALL.assessment, SMALL.submissions, verdict("a", "x", Decimal(points), "theo minh chứng"))
        files = tuple(replace(entry, sha256=sha256) for entry in outcome.appraisal.files)
        appraised = replace(outcome, appraisal=replace(outcome.appraisal, files=files))
        definition = Definition(assessment=SMALL.assessment, findings=(), layout=Layout(file="d.xlsx"))
        return seal_of(definition, appraised, Words(), ledger_of(appraised))

    before, now = sealed_with(6, "0" * 64), sealed_with(5, "1" * 64)
    rerun = Rerun(definition=now.definition, on_disk={}, drawn={}, seal=now)
    found = differences(before, rerun)
    assert [(f.code, f.where.file, f.unit) for f in found] == [
        ("sealed_file_changed", "tham-dinh/to-1.xlsx", ""),
        ("sealed_answer_changed", "tham-dinh/to-1.xlsx", "a"),
    ]
    assert (found[1].where.cell, found[1].facts["before"], found[1].facts["now"]) == ("J217", Decimal(6), Decimal(5))


def test_a_renamed_form_is_known_by_its_bytes(sealed: RoundFolder) -> None:
    (sealed.inbox / "so-y-te.xlsx").rename(sealed.inbox / "y te.xlsx")
    verification = verify(sealed)
    assert told(verification)[0] == ("sealed_file_renamed", "bai-nop/so-y-te.xlsx", "", "")
    assert one(verification, "sealed_file_renamed").facts["now"] == "bai-nop/y te.xlsx"
    assert not {"sealed_file_removed", "sealed_file_added", "sealed_answer_changed"} & set(codes(verification))


def test_two_swapped_forms_are_known_by_their_bytes(sealed: RoundFolder) -> None:
    """sealed_file_swapped"""
    first, second = (sealed.inbox / name for name in ("so-y-te.xlsx", "tp-hoa-binh.xlsx"))
    data = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(data)
    verification = verify(sealed)
    assert [(f.code, f.where.file, f.facts.get("other")) for f in verification.findings[:3]] == [
        ("sealed_file_swapped", "bai-nop/so-y-te.xlsx", "bai-nop/tp-hoa-binh.xlsx"),
        ("sealed_file_swapped", "bai-nop/tp-hoa-binh.xlsx", "bai-nop/so-y-te.xlsx"),
        ("outputs_not_reproduced", "ket-qua", None),
    ]


def test_a_changed_reason_is_named_at_its_cell() -> None:
    """sealed_reason_changed"""

    def sealed_with(reason: str) -> Seal:
        outcome = evaluated(SMALL.assessment, SMALL.submissions, verdict("a", "x", Decimal(6), reason))
        definition = Definition(assessment=SMALL.assessment, findings=(), layout=Layout(file="d.xlsx"))
        return seal_of(definition, outcome, Words(), ledger_of(outcome))

    before, now = sealed_with("theo minh chứng"), sealed_with("khác")
    [found] = answer_changes(before, now)
    assert (found.code, found.unit, found.where.file, found.where.cell) == (
        "sealed_reason_changed",
        "a",
        "tham-dinh/to-1.xlsx",
        "I217",
    )
    assert (found.facts["before"], found.facts["now"]) == ("theo minh chứng", "khác")


def test_evidence_is_not_in_the_journal_and_that_is_said(sealed: RoundFolder) -> None:
    path = sealed.inbox / "so-y-te.xlsx"
    cell = form_cells(openpyxl.load_workbook(path)[FORM], "form.column.evidence")["1.1.1"]
    edited(path, FORM, {cell: "Khác hẳn"})
    verification = verify(sealed)
    assert codes(verification) == ["sealed_file_changed", "outputs_not_reproduced"]
    assert "Nhật ký không giữ tài liệu kiểm chứng" in Words().message(verification.findings[0])


def test_a_changed_file_in_an_archive_is_named_by_its_full_name(sealed: RoundFolder) -> None:
    form, archive = sealed.inbox / "so-y-te.xlsx", sealed.inbox / "gui.zip"

    def pack() -> None:
        with zipfile.ZipFile(archive, "w") as packed:
            packed.write(form, form.name)

    pack()
    kept = form.read_bytes()
    form.unlink()
    cqdt("report", "-q", sealed.path)
    assert verify(sealed).findings == ()
    form.write_bytes(kept)
    retype(form, {"1.1.2": 0.5})
    pack()
    form.unlink()
    assert told(verify(sealed))[:3] == [
        ("sealed_file_changed", "bai-nop/gui.zip", "", ""),
        ("sealed_file_changed", "bai-nop/gui.zip › so-y-te.xlsx", "", ""),
        ("sealed_answer_changed", "bai-nop/gui.zip › so-y-te.xlsx", FORM, "E12"),
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such names")
def test_a_file_name_that_is_no_text_is_sealed_and_verified(sealed: RoundFolder) -> None:
    Path(os.fsdecode(os.fsencode(sealed.inbox) + b"/th\xff.txt")).write_text("x", encoding="utf-8")
    cqdt("report", "-q", sealed.path)
    assert verify(sealed).findings == ()


def test_an_edited_definition_is_named_by_its_cells(sealed: RoundFolder) -> None:
    edited(sealed.definition, "Khối", {"C2": 2})
    verification = verify(sealed)
    assert told(verification)[:2] == [
        ("sealed_definition_changed", "dot-danh-gia.xlsx", "", ""),
        ("sealed_cell_changed", "dot-danh-gia.xlsx", "Khối", "C2"),
    ]
    cell = one(verification, "sealed_cell_changed")
    assert (cell.facts["before"], cell.facts["now"]) == (Decimal(1), Decimal(2))
    assert one(verification, "outputs_not_reproduced").facts["causes"] == (Term("seal.cause.definition"),)


def test_a_definition_saved_again_holds_the_same_cells(sealed: RoundFolder) -> None:
    edited(sealed.definition, "Khối", {})
    verification = verify(sealed)
    assert codes(verification)[0] == "sealed_definition_resaved"
    assert "sealed_cell_changed" not in codes(verification)


def test_a_definition_with_an_error_is_compared_and_not_run_again(sealed: RoundFolder) -> None:
    edited(sealed.definition, "Khối", {"C2": "một"})
    assert codes(verify(sealed)) == ["sealed_definition_changed", "sealed_cell_changed", "rerun_impossible"]


def test_a_definition_that_is_no_workbook_is_said_to_be_none(sealed: RoundFolder) -> None:
    sealed.definition.write_bytes(b"%PDF-1.4")
    assert codes(verify(sealed)) == ["sealed_definition_unreadable", "rerun_impossible"]


# ---------------------------------------------------------------- results have changed


def test_an_edited_cell_of_a_result_is_named_with_what_was_sealed(sealed: RoundFolder) -> None:
    cell = next(c for row in openpyxl.load_workbook(sealed.annex)["I"].iter_rows() for c in row if c.value == 1)
    edited(sealed.annex, "I", {cell.coordinate: 7})
    verification = verify(sealed)
    assert told(verification) == [
        ("output_edited", ANNEX, "", ""),
        ("sealed_cell_changed", ANNEX, "I", cell.coordinate),
    ]
    change = one(verification, "sealed_cell_changed")
    assert (change.facts["before"], change.facts["now"]) == (Decimal(1), Decimal(7))


def test_a_figure_typed_over_a_formula_is_named(sealed: RoundFolder) -> None:
    cells = (c for row in openpyxl.load_workbook(sealed.annex)["I"].iter_rows() for c in row)
    cell = next(c for c in cells if str(c.value).startswith("="))
    edited(sealed.annex, "I", {cell.coordinate: 99})
    change = one(verify(sealed), "sealed_cell_changed")
    assert (change.where.cell, change.facts["now"]) == (cell.coordinate, Decimal(99))
    assert str(change.facts["before"]) == cell.value


def test_of_many_edited_cells_the_first_are_named_and_the_others_counted(sealed: RoundFolder) -> None:
    edited(sealed.board, openpyxl.load_workbook(sealed.board).sheetnames[0], {f"A{row}": "x" for row in range(60, 90)})
    verification = verify(sealed)
    assert one(verification, "output_edited").facts["count"] == 30
    assert codes(verification).count("sealed_cell_changed") == 20
    assert one(verification, "sealed_cells_left").facts["count"] == 10


def test_a_result_saved_again_by_another_program_holds_the_same_cells(sealed: RoundFolder) -> None:
    edited(sealed.annex, "I", {})
    assert told(verify(sealed)) == [("output_resaved", ANNEX, "", "")]


def test_a_figure_that_its_format_falsifies_is_named(sealed: RoundFolder) -> None:
    """sealed_cell_masked"""
    book = openpyxl.load_workbook(sealed.annex)
    cell = next(c for row in book["I"].iter_rows() for c in row if c.number_format == "0.0")
    shown = openpyxl.load_workbook(sealed.annex, data_only=True)["I"][cell.coordinate].value
    cell.number_format = '"99,99"'
    book.save(sealed.annex)
    verification = verify(sealed)
    assert told(verification) == [
        ("output_edited", ANNEX, "", ""),
        ("sealed_cell_masked", ANNEX, "I", cell.coordinate),
    ]
    assert one(verification, "sealed_cell_masked").facts["found"] == Decimal(str(shown))


def test_a_typed_number_that_its_format_hides_is_named(sealed: RoundFolder) -> None:
    book = openpyxl.load_workbook(sealed.annex)
    sheet = book["I"]
    first = next(c for row in sheet.iter_rows() for c in row if c.value == 1 and c.column == 1)
    first.number_format = ";;;"
    book.save(sealed.annex)
    assert told(verify(sealed)) == [
        ("output_edited", ANNEX, "", ""),
        ("sealed_cell_masked", ANNEX, "I", first.coordinate),
    ]


def test_what_is_hidden_is_named(sealed: RoundFolder) -> None:
    """sealed_visibility"""
    book = openpyxl.load_workbook(sealed.annex)
    book["I"].row_dimensions[10].hidden = True
    book["I"].column_dimensions["B"].hidden = True
    book["II"].sheet_state = "hidden"
    book.save(sealed.annex)
    verification = verify(sealed)
    assert [(f.code, f.where.sheet, Words().place(f.where)) for f in verification.findings] == [
        ("output_edited", "", ""),
        ("sealed_visibility", "I", "hàng 10"),
        ("sealed_visibility", "I", "cột B"),
        ("sealed_visibility", "II", ""),
    ]
    assert verification.findings[1].facts == {"before": Term("seal.visible"), "now": Term("seal.hidden")}


def test_a_link_that_leads_elsewhere_is_no_comfort(sealed: RoundFolder) -> None:
    book = openpyxl.load_workbook(sealed.annex)
    linked = next(c for row in book["I"].iter_rows() for c in row if c.hyperlink)
    linked.hyperlink.location = "'Truy vết'!A2"
    book.save(sealed.annex)
    verification = verify(sealed)
    assert told(verification) == [("output_resaved", ANNEX, "", "")]
    message = Words().message(verification.findings[0])
    assert "có thể không đúng" in message
    assert "chạy lại lệnh report" in message


def test_sheets_that_went_came_or_were_renamed_are_named_as_such(sealed: RoundFolder) -> None:
    """sealed_sheet_removed, sealed_sheet_added, sealed_sheet_renamed"""
    book = openpyxl.load_workbook(sealed.annex)
    del book["Truy vết"]
    book["I"].title = "BÍ"
    book.create_sheet("Nháp")["A1"] = "x"
    book.save(sealed.annex)
    verification = verify(sealed)
    assert told(verification) == [
        ("output_edited", ANNEX, "", ""),
        ("sealed_sheet_renamed", ANNEX, "I", ""),
        ("sealed_sheet_removed", ANNEX, "Truy vết", ""),
        ("sealed_sheet_added", ANNEX, "Nháp", ""),
    ]
    assert one(verification, "sealed_sheet_renamed").facts["now"] == "BÍ"


def test_a_sheet_renamed_in_the_formulas_too_changes_no_cell(sealed: RoundFolder) -> None:
    book = openpyxl.load_workbook(sealed.annex)
    working = next(name for name in book.sheetnames if name.startswith("Điểm"))
    book[working].title = "Diem"
    for cell in (c for sheet in book for row in sheet.iter_rows() for c in row):
        if isinstance(cell.value, str) and cell.value.startswith("="):
            cell.value = cell.value.replace(f"'{working}'!", "Diem!")
    book.save(sealed.annex)
    assert told(verify(sealed))[1:] == [("sealed_sheet_renamed", ANNEX, working, "")]


def test_a_removed_result_is_named(sealed: RoundFolder) -> None:
    sealed.board.unlink()
    verification = verify(sealed)
    assert told(verification) == [("output_missing", BOARD, "", "")]
    assert not verification.is_reproduced


def test_a_result_that_is_no_workbook_any_more_is_said_to_be_none(sealed: RoundFolder) -> None:
    sealed.board.write_bytes(b"%PDF-1.4")
    assert told(verify(sealed)) == [("output_spoilt", BOARD, "", "")]


def test_an_edited_result_beside_a_changed_input_cannot_be_compared_by_cells(sealed: RoundFolder) -> None:
    retype(sealed.inbox / "so-y-te.xlsx", {"1.1.2": 0.5})
    edited(sealed.annex, "I", {"A1": "x"})
    assert ("output_changed", ANNEX, "", "") in told(verify(sealed))


def test_a_check_after_the_report_leaves_the_seal_behind(sealed: RoundFolder) -> None:
    before = sealed.journal.read_bytes()
    cqdt("check", "-q", sealed.path)
    assert verify(sealed).findings == ()
    retype(sealed.inbox / "so-y-te.xlsx", {"1.1.2": "x"})
    cqdt("check", "-q", sealed.path)
    assert sealed.journal.read_bytes() == before
    verification = verify(sealed)
    assert ("output_rewritten", BOARD, "", "") in told(verification)
    assert "sealed_answer_changed" in codes(verification)


# ---------------------------------------------------------------- another program


def resealed(folder: RoundFolder, change: Callable[[Seal], Seal]) -> None:
    """Write a seal as another program would have."""
    folder.journal.write_bytes(journal_bytes(change(seal_in(folder))))


def test_other_versions_are_told_and_do_no_harm_where_the_bytes_are_the_same(sealed: RoundFolder) -> None:
    def older(seal: Seal) -> Seal:
        libraries = {**seal.program.libraries, "pandas": "2.0.0"}
        return replace(seal, program=replace(seal.program, sha256="0" * 64, libraries=libraries))

    resealed(sealed, older)
    verification = verify(sealed)
    assert codes(verification) == ["seal_versions_differ"]
    assert verification.is_reproduced
    assert "pandas 2.0.0 nay là 3." in Words().message(verification.findings[0])
    assert cqdt("verify", sealed.path).exit_code == 0


def test_results_that_another_version_packed_otherwise_hold_the_same_cells(sealed: RoundFolder) -> None:
    with zipfile.ZipFile(sealed.annex) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(sealed.annex, "w") as book:
        for name, data in parts.items():
            book.writestr(name, data)
    packed = SealedOutput(file=ANNEX, sha256=digest(sealed.annex.read_bytes()))
    resealed(sealed, lambda seal: replace(seal, outputs=(packed, *seal.outputs[1:])))
    assert codes(verify(sealed)) == ["outputs_repacked"]


def test_results_that_cannot_be_explained_say_so(sealed: RoundFolder) -> None:
    edited(sealed.annex, "I", {"A1": "x"})
    other = SealedOutput(file=ANNEX, sha256=digest(sealed.annex.read_bytes()))
    resealed(sealed, lambda seal: replace(seal, outputs=(other, *seal.outputs[1:])))
    verification = verify(sealed)
    assert one(verification, "outputs_not_reproduced").facts["causes"] == (Term("seal.cause.unknown"),)


# ---------------------------------------------------------------- the seal itself


def test_a_figure_edited_in_the_seal_is_named(sealed: RoundFolder) -> None:
    plain = json.loads(sealed.journal.read_bytes())
    entry = next(unit for unit in plain["ledger"]["units"] if unit["unit"] == "so-y-te")
    before = entry["points"]["1.1.2"]
    entry["points"]["1.1.2"] = "1.75"
    sealed.journal.write_text(json.dumps(plain), encoding="utf-8")
    verification = verify(sealed)
    assert told(verification) == [("seal_edited", JOURNAL, "", ""), ("seal_differs", JOURNAL, "", "")]
    assert verification.findings[1].facts == {
        "place": "ledger › units › so-y-te › points › 1.1.2",
        "before": "1.75",
        "now": before,
    }
    result = cqdt("verify", sealed.path)
    assert result.exit_code == Status.FINDINGS
    assert "đầu vào hoặc nhật ký không còn như khi lập" in " ".join(result.stderr.split())


def test_a_seal_edited_in_many_places_counts_them(sealed: RoundFolder) -> None:
    resealed(sealed, lambda seal: replace(seal, limits=dict.fromkeys(seal.limits, 1)))
    verification = verify(sealed)
    assert codes(verification) == [*["seal_differs"] * 5, "seal_differs_more"]


def test_a_hash_edited_in_the_seal_does_not_pass(sealed: RoundFolder) -> None:
    text = sealed.journal.read_text(encoding="utf-8")
    sealed.journal.write_text(text.replace(seal_in(sealed).outputs[0].sha256, "0" * 64), encoding="utf-8")
    assert codes(verify(sealed))[0] == "seal_edited"


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda text: text, True),
        (lambda text: text.replace("\n", "\r\n"), True),
        (lambda text: json.dumps(json.loads(text)), True),
        (lambda text: text.replace('"ranked"', '"missing"', 1), False),
        (lambda text: json.dumps({**json.loads(text), "language": "en"}), False),
        (lambda text: text.replace('"checksum": "', '"checksum": "0'), False),
        (lambda text: text.replace(',\n "checksum"', ',\n "checksums"'), False),
    ],
    ids=["as-written", "other-line-ends", "laid-out-anew", "edited", "both", "checksum-edited", "no-checksum"],
)
def test_a_seal_is_genuine_however_it_is_laid_out_while_it_says_the_same(
    edit: Callable[[str], str], expected: bool
) -> None:
    text = journal_bytes(sealed_small(SMALL)).decode()
    assert is_genuine(edit(text).encode()) is expected


def test_the_ledger_of_an_edited_seal_is_not_compared_with(sealed: RoundFolder) -> None:
    text = sealed.journal.read_text(encoding="utf-8").replace('"ranked"', '"missing"')
    refused = ledger_from(text.encode(), JOURNAL)
    assert isinstance(refused, Finding)
    assert refused.code == "seal_edited"


def test_the_result_published_before_is_an_input(sealed: RoundFolder) -> None:
    shutil.copy(sealed.journal, sealed.previous)
    cqdt("report", "-q", sealed.path)
    assert verify(sealed).findings == ()
    sealed.previous.unlink()
    verification = verify(sealed)
    assert told(verification)[0] == ("sealed_file_removed", "cong-bo-truoc.json", "", "")
    cause = Term("seal.cause.file", (("file", "cong-bo-truoc.json"),))
    assert one(verification, "outputs_not_reproduced").facts["causes"] == (cause,)


def test_a_seal_that_names_a_file_elsewhere_reads_nothing_there(sealed: RoundFolder) -> None:
    secret = sealed.path.parent / "khac.xlsx"
    secret.write_bytes(b"x")
    other = SealedOutput(file="ket-qua/../../khac.xlsx", sha256=digest(b"x"))
    resealed(sealed, lambda seal: replace(seal, outputs=(*seal.outputs, other)))
    assert ("output_missing", other.file, "", "") in told(verify(sealed))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "seal_unreadable"),
        (b"%PDF-1.4", "seal_unreadable"),
        (b"[]", "seal_unreadable"),
        (b"{}", "seal_unreadable"),
        (b"\xff\xfe", "seal_unreadable"),
        (b"[" * 100_000, "seal_unreadable"),
        (b'{"format": 1}', "seal_of_other_format"),
        (b'{"format": 2}', "seal_damaged"),
    ],
)
def test_what_is_no_seal_is_said_to_be_none(sealed: RoundFolder, data: bytes, code: str) -> None:
    sealed.journal.write_bytes(data)
    assert told(verify(sealed)) == [(code, JOURNAL, "", "")]
    assert cqdt("verify", sealed.path).exit_code == Status.FINDINGS


SMALL = SmallRound(
    assessment=assessment([unit("a"), unit("b")], [criterion("T"), criterion("x", "T", 10)]),
    typed={code: {("x", InputKind.SCORE): Decimal(points)} for code, points in {"a": 7, "b": 9}.items()},
)


def small_outcome(of: SmallRound) -> Outcome:
    definition = Definition(assessment=of.assessment, findings=(), layout=Layout(file="d.xlsx"))
    return evaluate(definition, intake_of(of.submissions), "bai-nop")


def sealed_small(of: SmallRound) -> Seal:
    definition = Definition(assessment=of.assessment, findings=(), layout=Layout(file="d.xlsx"))
    outcome, output = small_outcome(of), SealedOutput(file=ANNEX, sha256="0" * 64)
    return replace(seal_of(definition, outcome, Words(), ledger_of(outcome)), outputs=(output,))


PLAIN = journal(sealed_small(SMALL))


def spoilt(value: Any, path: list[int], by: Any) -> Any:
    """A copy of plain JSON with what stands at a place replaced; the path is taken as far as there are places."""
    match value:
        case dict() if value and path:
            key = sorted(value)[path[0] % len(value)]
            return {**value, key: spoilt(value[key], path[1:], by)}
        case list() if value and path:
            place = path[0] % len(value)
            return [*value[:place], spoilt(value[place], path[1:], by), *value[place + 1 :]]
    return by


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.integers(0, 99), min_size=1, max_size=6),
    st.sampled_from([None, True, "", "NaN", -1, 1.5, [], {}, [{}], {"x": 1}, "\ud800", "9" * 5000]),
)
def test_whatever_is_put_into_a_seal_gives_a_finding_or_is_compared(path: list[int], by: Any) -> None:
    whole = sealed_small(SMALL)
    read = seal_from(json.dumps(spoilt(PLAIN, path, by)).encode(), JOURNAL)
    rerun = Rerun(definition=whole.definition, on_disk={}, drawn={}, seal=whole)
    found = (read,) if isinstance(read, Finding) else differences(read, rerun)
    assert all(Words().message(finding) for finding in found)


# ---------------------------------------------------------------- the ledger


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(small_rounds())
def test_a_seal_is_read_back_as_it_was_written(small: SmallRound) -> None:
    seal = sealed_small(small)
    assert seal_from(journal_bytes(seal), JOURNAL) == seal
    assert ledger_from(journal_bytes(seal), JOURNAL) == seal.ledger


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(small_rounds())
def test_a_journal_may_be_written_entry_by_entry_before_the_outputs_are_known(small: SmallRound) -> None:
    outcome, seal = small_outcome(small), sealed_small(small)
    before = replace(seal, outputs=(), ledger=outline_of(outcome))
    for units in (unit_columns(outcome), unit_entries(outcome)):
        text = seal_text(before, units, placings_of(outcome))
        assert b"".join(journal_parts(text, seal.outputs)) == journal_bytes(seal)


@settings(max_examples=200)
@given(st.text(st.characters(codec=None)), st.sampled_from(["", "\udce9", '\x00\x1f\x7f\u2028😀\\"/']))
def test_records_become_the_text_of_their_plain_values_whatever_they_hold(text: str, more: str) -> None:
    """Two ways to write a line: pydantic writes most of them, JSON those with a lone surrogate."""
    seal, odd = sealed_small(SMALL), text + more
    units = tuple(replace(unit, name=odd, file=odd, points={"x": Decimal("1E+3")}) for unit in seal.ledger.units)
    placings = tuple(replace(placing, grade=odd) for placing in seal.ledger.placings)
    data = journal_bytes(replace(seal, ledger=replace(seal.ledger, units=units, placings=placings)))
    ledger = json.loads(data)["ledger"]
    assert [(one["name"], one.get("file", ""), one["points"]) for one in ledger["units"]] == [
        (odd, odd, {"x": "1E+3"}),
        (odd, odd, {"x": "1E+3"}),
    ]
    assert [one.get("grade", "") for one in ledger["placings"]] == [odd, odd]
    plain = (json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in ledger["units"])
    lines = (line.removesuffix(b",") for line in data.split(b"\n") if line.startswith(b'   {"unit"'))
    assert list(lines) == [f"   {one}".encode("utf-8", "backslashreplace") for one in plain]
    assert is_genuine(data)


@settings(max_examples=200)
@given(st.text(st.characters(codec=None)), st.sampled_from(["", "\udce9", '\x00\x1f\x7f\u2028😀\\"/%s{}']))
def test_columns_become_the_text_of_their_records_whatever_they_hold(text: str, more: str) -> None:
    """A code has no lone surrogate, which a file's name or an answer may have."""
    seal, odd = sealed_small(SMALL), text + more
    code = odd.encode(errors="replace").decode()
    asked = AskedCell("E1", odd, "score"), AskedCell("E2", "y", "score"), AskedCell("E3", "z", "score")
    sheet = AnswerColumns(odd, odd, asked, raws=(odd, None, "1.50"), values=("7", None, odd))
    columns = UnitColumns(
        outline=replace(seal.ledger.units[0], name=odd, points={}, answers=()),
        criteria=("x", code + "y", "z"),
        points=(Decimal("1E+3"), None, Decimal("2.50")),
        answers=(sheet, sheet._replace(values=sheet.raws)),
        beside={code: LeafEntry(reason=odd, given=Decimal("0.5"))},
    )
    for one in (columns, columns._replace(criteria=(), points=()), columns._replace(answers=(), beside={})):
        assert seal_text(seal, [one], ()) == seal_text(seal, [one.entry()], ())


def test_a_journal_has_a_line_for_every_unit_with_its_answers_as_rows() -> None:
    lines = journal_bytes(sealed_small(SMALL)).decode().splitlines()
    units = [json.loads(line.removesuffix(",")) for line in lines if line.startswith('   {"unit"')]
    assert [(unit["unit"], unit["points"]) for unit in units] == [
        ("a", {"T": "7", "x": "7"}),
        ("b", {"T": "9", "x": "9"}),
    ]
    assert [unit["answers"] for unit in units] == [
        [{"file": f"{code}.xlsx", "sheet": "P", "cells": [["E2", "x", "score", points, points]]}]
        for code, points in (("a", "7"), ("b", "9"))
    ]


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(small_rounds())
def test_the_ledger_holds_every_figure_and_every_answer(small: SmallRound) -> None:
    outcome = small_outcome(small)
    for entry in ledger_of(outcome).units:
        frame = outcome.points[entry.block]
        is_scored = outcome.states[entry.unit] in SCORED
        assert entry.points == (frame.loc[entry.unit].to_dict() if is_scored else {})
        answers = {(code, source.kind): source.value for code, leaf in entry.leaves.items() for source in leaf.answered}
        assert answers == dict(answers_of(small, entry.unit))


def answers_of(small: SmallRound, code: str) -> Iterator[tuple[tuple[str, str], str]]:
    tree = small.assessment.trees["k"]
    for (leaf, kind), value in small.typed.get(code, {}).items():
        if kind in scored_by(tree.by_code[leaf]):
            yield (leaf, kind.value), f"{value:f}" if isinstance(value, Decimal) else value


def test_answers_are_told_at_their_cells_where_forms_of_a_block_are_laid_out_in_two_ways() -> None:
    asked, usual, moved = (("x", InputKind.EVIDENCE), ("x", InputKind.SCORE)), ((2, 6), (2, 5)), ((30, 3), (30, 28))
    answers = ("VB 1", Decimal("7.50"))
    sent = [
        Submission(
            unit=code,
            file=code,
            sha256="",
            inputs=Inputs(unit=code, file=code, sheet="P", asked=asked, places=places, raws=answers, values=answers),
        )
        for code, places in {"a": usual, "b": usual, "c": moved, "d": usual}.items()
    ]
    of = assessment(list(map(unit, "abcd")), [criterion("T"), criterion("x", "T", 10)])
    definition = Definition(assessment=of, findings=(), layout=Layout(file="d.xlsx"))
    entries = ledger_of(evaluate(definition, intake_of(sent), "bai-nop")).units
    told = [tuple(cell) for entry in entries for sheet in entry.answers for cell in sheet.cells]
    assert told == [(cell, "x", "score", "7.50", "7.50") for cell in ("E2", "E2", "AB30", "E2")]


def test_placings_are_the_published_rows() -> None:
    outcome = small_outcome(SMALL)
    assert [(p.table, p.unit, p.figure, p.ranks, p.section) for p in ledger_of(outcome).placings] == [
        ("I", "b", Decimal("9.0"), {"section": 1}, 1),
        ("I", "a", Decimal("7.0"), {"section": 2}, 1),
    ]


# ---------------------------------------------------------------- which checks were made


def test_checks_tell_what_they_could_not_look_at(sealed: RoundFolder) -> None:
    checks = {check.check: check for check in seal_in(sealed).checks}
    assert (checks["container"].count, checks["container"].skipped) == (3, ())
    assert checks["hidden"].count == 3
    assert "bai-nop/so-xay-dung.xlsx" in checks["witness"].skipped
    assert checks["verification"].reason == Words()("coverage.reason.no_verdicts")
    assert checks["corrections"].reason == Words()("coverage.reason.no_corrections")
    assert (checks["reader"].count, checks["reader"].skipped) == (6, ())


def test_files_of_which_only_values_are_told_are_named() -> None:
    outcome = small_outcome(SMALL)
    told = warning("file_values_only", Where(file="a.xlsx"), "a")
    checks = {check.check: check for check in checks_made(replace(outcome, findings=(told,)), Words())}
    assert (checks["hidden"].count, checks["hidden"].skipped) == (1, ("a.xlsx",))
    assert checks["hidden"].reason == Words()("coverage.reason.values_only")
