"""Corrupt, answered, mended, accepted: the feedback form carries what was typed and is itself a form."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.writing import write_feedback
from cqdt_batch.scoring.outcome import SCORED, Outcome, UnitState
from tests.libreoffice import SOFFICE, filled
from tests.rounds import FORM, SAMPLE, codes, form_cells, outcome_of, retype, saved_at

ONE = "so-y-te"
LIST = Words()("feedback.sheet")
WRONG: dict[str, Any] = {
    "1.1.1": "=1+1",
    "1.1.2": "1.234",
    "1.2.1": dt.datetime(2020, 5, 8),  # noqa: DTZ001 - Excel knows no zones
    "1.2.2": "không có",
    "1.2.3": 99,
    "1.2.4": None,
}
NEEDS_LIBREOFFICE = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")


def answered(folder: RoundFolder) -> tuple[Outcome, Path]:
    """Run the round and give the feedback form of the one unit."""
    outcome = outcome_of(folder)
    write_feedback(folder, outcome, Words())
    return outcome, folder.feedback / f"{ONE}.xlsx"


@pytest.fixture
def wrong(sample: RoundFolder) -> RoundFolder:
    retype(sample.inbox / f"{ONE}.xlsx", WRONG)
    return sample


def test_only_units_with_findings_get_an_answer_and_an_old_one_is_taken_back(wrong: RoundFolder) -> None:
    answered(wrong)
    assert [path.name for path in wrong.feedback.iterdir()] == [f"{ONE}.xlsx"]
    shutil.copy(SAMPLE.inbox / f"{ONE}.xlsx", wrong.inbox)
    answered(wrong)
    assert list(wrong.feedback.iterdir()) == []


def test_a_unit_that_sent_nothing_gets_no_answer(sample: RoundFolder) -> None:
    (sample.inbox / f"{ONE}.xlsx").unlink()
    answered(sample)
    assert not sample.feedback.exists()


def test_the_form_carries_all_that_was_typed_and_colours_what_is_wrong(wrong: RoundFolder) -> None:
    outcome, path = answered(wrong)
    sheet = openpyxl.load_workbook(path)[FORM]
    sent = outcome.submission_of[ONE]
    for header, kind in (("score", "score"), ("evidence", "evidence"), ("explanation", "explanation")):
        cells = form_cells(sheet, f"form.column.{header}")
        for found in sent.inputs:
            if found.kind == kind and found.criterion not in WRONG:
                typed = sheet[cells[found.criterion]].value
                assert (Decimal(str(typed)) if isinstance(found.value, Decimal) else typed) == found.value
    scores = form_cells(sheet)
    shown = {code: sheet[scores[code]].value for code in WRONG}
    assert shown == {
        "1.1.1": "=1+1",
        "1.1.2": "1.234",
        "1.2.1": "08/05/2020",
        "1.2.2": "không có",
        "1.2.3": 99,
        "1.2.4": None,
    }
    assert {sheet[scores[code]].data_type for code in ("1.1.1", "1.1.2")} == {"s"}
    assert {sheet[scores[code]].fill.fgColor.rgb for code in WRONG} == {"FFF8CBAD"}
    by_cell = {finding.where.cell: Words().message_for_unit(finding) for finding in outcome.findings}
    assert {sheet[scores[code]].comment.text for code in WRONG} == set(by_cell.values())
    right = [code for code in sent.scores if code not in WRONG]
    assert {sheet[scores[code]].comment for code in right} == {None}


def test_the_first_sheet_lists_every_finding_with_a_link_to_its_cell(wrong: RoundFolder) -> None:
    outcome, path = answered(wrong)
    workbook = openpyxl.load_workbook(path)
    assert workbook.sheetnames[0] == LIST
    rows = [row for row in workbook[LIST].iter_rows(min_row=7) if row[0].value]
    assert [row[2].value for row in rows] == [Words().message_for_unit(f) for f in outcome.findings if f.unit == ONE]
    scores = form_cells(workbook[FORM])
    assert {row[3].value for row in rows} == {scores[code] for code in WRONG}
    assert all(row[3].hyperlink.location == f"'{FORM}'!{row[3].value}" for row in rows)


def test_the_sums_in_the_form_are_those_of_what_it_carries(wrong: RoundFolder) -> None:
    _, path = answered(wrong)
    workbook = openpyxl.load_workbook(path, data_only=True)
    scores = form_cells(workbook[FORM])
    leaves = outcome_of(wrong).submission_of[ONE].scores
    numbers = [workbook[FORM][scores[code]].value for code in leaves]
    root = next(iter(scores))
    assert Decimal(str(workbook[FORM][scores[root]].value)) == sum(
        (Decimal(str(n)) for n in numbers if isinstance(n, int | float)), Decimal(0)
    )


def test_mended_and_sent_back_beside_the_first_file_it_is_accepted(wrong: RoundFolder) -> None:
    _, path = answered(wrong)
    back = wrong.inbox / "phan-hoi-da-sua.xlsx"
    shutil.copy(path, back)
    retype(back, dict.fromkeys(WRONG, 0))
    saved_at(wrong.inbox / f"{ONE}.xlsx", "2020-11-20T01:00:00Z")
    outcome = outcome_of(wrong)
    assert codes(outcome.findings) == ["superseded"]
    assert outcome.states[ONE] in SCORED
    assert {outcome.submission_of[ONE].scores[code].value for code in WRONG} == {0}


def test_sent_back_as_it_is_it_says_the_same_again(wrong: RoundFolder) -> None:
    before, path = answered(wrong)
    shutil.copy(path, wrong.inbox / f"{ONE}.xlsx")
    after = outcome_of(wrong)
    was = {(f.facts["code"], f.severity) for f in before.findings}
    assert {(f.facts["code"], f.severity) for f in after.findings} == was
    assert after.states[ONE] is UnitState.WITH_ERRORS


@NEEDS_LIBREOFFICE
@pytest.mark.parametrize("suffix", ["xlsx", "ods", "xls"])
def test_mended_in_libreoffice_it_is_accepted(wrong: RoundFolder, tmp_path: Path, suffix: str) -> None:
    _, path = answered(wrong)
    scores = form_cells(openpyxl.load_workbook(path)[FORM])
    mended = filled(path, {scores[code]: 0 for code in WRONG}, tmp_path / "mended", FORM, suffix)
    (wrong.inbox / f"{ONE}.xlsx").unlink()
    shutil.copy(mended, wrong.inbox)
    outcome = outcome_of(wrong)
    assert codes(outcome.findings) == ([] if suffix != "xls" else ["file_values_only"])
    assert outcome.states[ONE] in SCORED


def test_where_files_differ_and_nobody_knows_the_order_the_cell_is_left_to_the_unit(sample: RoundFolder) -> None:
    other = sample.inbox / "khac.ods.xlsx"
    shutil.copy(sample.inbox / f"{ONE}.xlsx", other)
    retype(other, {"1.1.1": 0})
    for path in (other, sample.inbox / f"{ONE}.xlsx"):
        saved_at(path, None)
    outcome, answer = answered(sample)
    assert codes(outcome.findings) == ["several_submissions"] * 2
    sheet = openpyxl.load_workbook(answer)[FORM]
    scores = form_cells(sheet)
    assert sheet[scores["1.1.1"]].value is None
    assert "bai-nop/khac.ods.xlsx" in sheet[scores["1.1.1"]].comment.text
    assert sheet[scores["1.1.2"]].value is not None


def test_sent_back_it_takes_the_place_of_what_it_answers_whatever_the_clocks_say(wrong: RoundFolder) -> None:
    _, path = answered(wrong)
    back = wrong.inbox / "phan-hoi-da-sua.xlsx"
    shutil.copy(path, back)
    retype(back, dict.fromkeys(WRONG, 0))
    saved_at(back, None)
    outcome = outcome_of(wrong)
    assert codes(outcome.findings) == ["superseded"]
    assert outcome.submission_of[ONE].file == "bai-nop/phan-hoi-da-sua.xlsx"


def test_a_form_that_only_names_itself_otherwise_is_answered_with_all_it_holds(sample: RoundFolder) -> None:
    workbook = openpyxl.load_workbook(sample.inbox / f"{ONE}.xlsx")
    workbook[FORM]["A3"] = "Cơ quan, đơn vị: Sở Y tế nhân dân"
    workbook.save(sample.inbox / f"{ONE}.xlsx")
    outcome, path = answered(sample)
    assert codes(outcome.findings) == ["unit_unknown"]
    sheet = openpyxl.load_workbook(path)[FORM]
    assert sheet[form_cells(sheet)["1.1.1"]].value is not None


def test_a_form_of_which_nothing_could_be_copied_says_so(sample: RoundFolder) -> None:
    workbook = openpyxl.load_workbook(sample.inbox / f"{ONE}.xlsx")
    row = workbook[FORM][7]
    row[4].value = None
    workbook.save(sample.inbox / f"{ONE}.xlsx")
    _, path = answered(sample)
    assert openpyxl.load_workbook(path)[LIST]["A4"].value == Words()("feedback.how_empty")


def test_what_only_the_officer_can_do_is_no_reason_for_an_answer(sample: RoundFolder) -> None:
    shutil.copy(sample.inbox / f"{ONE}.xlsx", sample.inbox / "ban-sao.xlsx")
    answered(sample)
    assert not sample.feedback.exists()


def repeated_row(sheet: Any) -> None:
    for column in range(1, 8):
        sheet.cell(60, column).value = sheet.cell(11, column).value
    sheet["E60"], sheet["F60"] = 0, "Văn bản khác"


def other_maximum(sheet: Any) -> None:
    sheet["D11"] = 5


def other_label(sheet: Any) -> None:
    sheet["B11"] = sheet["B12"].value


@pytest.mark.parametrize("spoil", [repeated_row, other_maximum, other_label])
def test_a_score_that_nobody_can_place_goes_out_empty_so_that_it_cannot_come_back_by_itself(
    sample: RoundFolder, spoil: Callable[[Any], None]
) -> None:
    workbook = openpyxl.load_workbook(sample.inbox / f"{ONE}.xlsx")
    spoil(workbook[FORM])
    typed = workbook[FORM]["E11"].value
    workbook.save(sample.inbox / f"{ONE}.xlsx")
    _, path = answered(sample)
    cell = openpyxl.load_workbook(path)[FORM]["E11"]
    assert cell.value is None
    assert Words()("feedback.was", said=str(typed).replace(".", ".")) in cell.comment.text
    shutil.copy(path, sample.inbox / "tra-lai.xlsx")
    assert codes(outcome_of(sample).findings) == ["score_missing", "superseded"]


def test_what_the_form_has_no_cell_for_is_listed(sample: RoundFolder) -> None:
    workbook = openpyxl.load_workbook(sample.inbox / f"{ONE}.xlsx")
    repeated_row(workbook[FORM])
    workbook.save(sample.inbox / f"{ONE}.xlsx")
    _, path = answered(sample)
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(path)[LIST].iter_rows()]
    below = next(number for number, row in enumerate(rows) if row[0] == Words()("feedback.left"))
    assert [(row[2], row[4]) for row in rows[below + 1 :]] == [("0", "E60"), ("Văn bản khác", "F60")]


def test_a_cell_that_one_of_two_files_leaves_empty_is_open_too(sample: RoundFolder) -> None:
    other = sample.inbox / "khac.xlsx"
    shutil.copy(sample.inbox / f"{ONE}.xlsx", other)
    retype(other, {"1.1.1": None})
    for path in (other, sample.inbox / f"{ONE}.xlsx"):
        saved_at(path, None)
    _, answer = answered(sample)
    cell = openpyxl.load_workbook(answer)[FORM]["E11"]
    assert cell.value is None
    assert Words()("form.empty") in cell.comment.text


def swapped_labels(sheet: Any) -> None:
    sheet["B11"], sheet["B12"] = sheet["B12"].value, sheet["B11"].value


@pytest.mark.parametrize("spoil", [swapped_labels, other_maximum, repeated_row])
@pytest.mark.parametrize(("row", "value"), [(2, "2019-cu"), (4, "0000"), (0, "")], ids=["version", "print", "no-stamp"])
def test_what_was_amiss_in_a_form_refused_for_its_age_cannot_come_back_by_itself(
    sample: RoundFolder, spoil: Callable[[Any], None], row: int, value: str
) -> None:
    workbook = openpyxl.load_workbook(sample.inbox / f"{ONE}.xlsx")
    spoil(workbook[FORM])
    if row:
        workbook["_cqdt"].cell(row, 2).value = value
    else:
        del workbook["_cqdt"]
    workbook.save(sample.inbox / f"{ONE}.xlsx")
    _, path = answered(sample)
    shutil.copy(path, sample.inbox / f"{ONE}.xlsx")
    assert outcome_of(sample).states[ONE] is UnitState.WITH_ERRORS


def test_what_was_amiss_in_files_of_unknown_order_cannot_come_back_by_itself(sample: RoundFolder) -> None:
    other = sample.inbox / "khac.xlsx"
    for path, score in ((sample.inbox / f"{ONE}.xlsx", 2), (other, 1)):
        shutil.copy(SAMPLE.inbox / f"{ONE}.xlsx", path)
        workbook = openpyxl.load_workbook(path)
        repeated_row(workbook[FORM])
        workbook[FORM]["E12"] = score
        workbook.save(path)
        saved_at(path, None)
    outcome, answer = answered(sample)
    assert set(codes(outcome.findings)) == {"several_submissions"}
    sheet = openpyxl.load_workbook(answer)[FORM]
    assert [sheet["E11"].value, sheet["E12"].value] == [None, None]


def test_where_one_of_two_files_could_not_be_read_nothing_is_filled_in(sample: RoundFolder) -> None:
    other = sample.inbox / "khac.xlsx"
    workbook = openpyxl.load_workbook(sample.inbox / f"{ONE}.xlsx")
    workbook.copy_worksheet(workbook[FORM])["E11"] = 0
    workbook.save(other)
    for path in (sample.inbox / f"{ONE}.xlsx", other):
        saved_at(path, None)
    _, answer = answered(sample)
    workbook = openpyxl.load_workbook(answer)
    assert workbook[FORM]["E12"].value is None
    assert workbook[LIST]["A4"].value == Words()("feedback.how_empty")


@pytest.mark.parametrize("text", ["1,9999999999999999999", "2,00000000000000000001"])
def test_a_number_with_more_digits_than_a_cell_keeps_goes_out_as_it_was_typed(sample: RoundFolder, text: str) -> None:
    retype(sample.inbox / f"{ONE}.xlsx", {"1.1.1": text})
    _, answer = answered(sample)
    assert openpyxl.load_workbook(answer)[FORM]["E11"].value == text
    shutil.copy(answer, sample.inbox / f"{ONE}.xlsx")
    assert outcome_of(sample).states[ONE] is UnitState.WITH_ERRORS
