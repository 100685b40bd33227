"""Feedback with verified scores: who is told, what the sheet says, and that an explanation comes back as a form."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cqdt_batch.definition.loading import Definition
from cqdt_batch.findings import Finding, Where, error, warning
from cqdt_batch.intake.collecting import take_in
from cqdt_batch.intake.submissions import InputKind
from cqdt_batch.intake.verdicts import Verdict
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.running import read_definition
from cqdt_batch.pipeline.writing import write_feedback
from cqdt_batch.scoring.outcome import SCORED, Outcome, UnitState, evaluate
from tests.appraisals import FILE, appraisal, correction, verdict
from tests.libreoffice import SOFFICE, filled
from tests.rounds import FORM, codes, form_cells, retype

ONE, OTHER = "so-y-te", "so-tu-phap"
SHEET, LIST = Words()("feedback.verified"), Words()("feedback.sheet")
REASON = "Kế hoạch ban hành sau ngày 31/12"
NEEDS_LIBREOFFICE = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")


def definition_of(folder: RoundFolder, **fields: Any) -> Definition:
    """The sample's definition with other settings of the round."""
    read = read_definition(folder)
    assert read.assessment is not None
    profile = replace(read.assessment.profile, **fields)
    return replace(read, assessment=replace(read.assessment, profile=profile))


def appraised(
    folder: RoundFolder, verdicts: Iterable[Verdict], found: Iterable[Finding] = (), **fields: Any
) -> Outcome:
    """Examine the round with an appraisal, and write the feedback forms."""
    definition = definition_of(folder, **{"tells_verified": True, "deadline": "15/12/2020", **fields})
    assert definition.assessment is not None
    intake = take_in(definition.assessment, folder.inbox)
    told = replace(appraisal(*verdicts), findings=tuple(found))
    outcome = evaluate(definition, intake, "bai-nop", told)
    write_feedback(folder, outcome, Words())
    return outcome


def scores(folder: RoundFolder, code: str) -> dict[str, Decimal]:
    """What a unit typed, by criterion."""
    definition = definition_of(folder)
    assert definition.assessment is not None
    sent = {one.unit: one for one in take_in(definition.assessment, folder.inbox).submissions}
    return {key: one.value for key, one in sent[code].scores.items() if isinstance(one.value, Decimal)}


VERDICTS = (
    verdict(ONE, "1.1.1", Decimal(0), REASON),
    verdict(ONE, "1.1.2", Decimal(1)),
)


@pytest.fixture
def round_folder(sample: RoundFolder) -> RoundFolder:
    """The sample with known scores of one unit on two criteria."""
    retype(sample.inbox / f"{ONE}.xlsx", {"1.1.1": 1.5, "1.1.2": 1})
    return sample


def test_units_verified_otherwise_are_told_though_nothing_is_wrong(round_folder: RoundFolder) -> None:
    same = verdict(OTHER, "1.1.1", scores(round_folder, OTHER)["1.1.1"])
    outcome = appraised(round_folder, [*VERDICTS, same])
    assert codes(outcome.findings) == ["verification_incomplete"]
    assert [path.name for path in round_folder.feedback.iterdir()] == [f"{ONE}.xlsx"]
    workbook = openpyxl.load_workbook(round_folder.feedback / f"{ONE}.xlsx")
    assert workbook.sheetnames[:2] == [SHEET, FORM]
    sheet = workbook[SHEET]
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=6)] == [
        ["Tiêu chí", "Tên tiêu chí", "Tối đa", "Tự chấm", "Sau thẩm định", "Chênh lệch", "Lý do"],
        ["1.1.1", outcome.assessment.trees["so-nganh"].by_code["1.1.1"].label, 2, 1.5, 0, -1.5, REASON],
        ["1.1.2", outcome.assessment.trees["so-nganh"].by_code["1.1.2"].label, 2, 1, 1, 0, None],
    ]
    assert "15/12/2020" in sheet["A4"].value
    cell = form_cells(workbook[FORM], "form.column.explanation")["1.1.1"]
    assert sheet["A7"].hyperlink.location == f"'{FORM}'!{cell}"
    assert workbook[FORM][cell].comment.text == f"Thẩm định: 0 điểm (tự chấm: 1,5). Lý do: {REASON}"
    assert not workbook[FORM][cell].protection.locked
    typed = form_cells(workbook[FORM])
    assert [workbook[FORM][typed[code]].value for code in ("1.1.1", "1.1.2")] == [1.5, 1]


def test_without_the_setting_nobody_is_told(round_folder: RoundFolder) -> None:
    appraised(round_folder, VERDICTS, tells_verified=False)
    assert not round_folder.feedback.exists()


def test_with_findings_the_list_comes_first(round_folder: RoundFolder) -> None:
    """A score above the maximum is settled by the verified one; without it a unit has no points to compare."""
    retype(round_folder.inbox / f"{OTHER}.xlsx", {"1.1.1": 99})
    retype(round_folder.inbox / f"{ONE}.xlsx", {"1.1.3": "=1+1"})
    outcome = appraised(round_folder, [*VERDICTS, verdict(OTHER, "1.1.1", Decimal(1), REASON)])
    assert sorted(path.stem for path in round_folder.feedback.iterdir()) == [OTHER, ONE]
    assert outcome.states[OTHER] in SCORED
    assert outcome.states[ONE] is UnitState.WITH_ERRORS
    workbook = openpyxl.load_workbook(round_folder.feedback / f"{OTHER}.xlsx")
    assert workbook.sheetnames[:3] == [LIST, SHEET, FORM]
    assert [cell.value for cell in workbook[SHEET][7]][2:] == [2, 99, 1, None, REASON]
    assert openpyxl.load_workbook(round_folder.feedback / f"{ONE}.xlsx").sheetnames[:2] == [LIST, FORM]


def test_what_is_amiss_in_the_work_of_others_is_not_told_to_the_unit(round_folder: RoundFolder) -> None:
    """Findings in an appraiser's workbook, in the register and about the tables are for the officer."""
    at = Where(file=FILE, sheet="Phiếu", row=9, column=9)
    found = (
        error("verified_above_maximum", at, ONE, code="1.1.1"),
        warning("reason_missing", Where(file="dot-danh-gia.xlsx", sheet="Điều chỉnh", row=2, column=1), ONE),
    )
    outcome = appraised(round_folder, (), found, tells_verified=False)
    assert {finding.unit for finding in outcome.findings} == {ONE, ""}
    assert not round_folder.feedback.exists()


def sent_back(folder: RoundFolder, to: Path, suffix: str) -> dict[str, Any]:
    """Write an explanation into the feedback form and put it beside the first form; what it types where."""
    form = folder.feedback / f"{ONE}.xlsx"
    cell = form_cells(openpyxl.load_workbook(form)[FORM], "form.column.explanation")["1.1.1"]
    typed: dict[str, float | str] = {cell: "Kế hoạch ký ngày 30/12, xem trang 2"}
    back = filled(form, typed, to, FORM, suffix)
    shutil.copy(back, folder.inbox / f"giai-trinh.{suffix}")
    return typed


@NEEDS_LIBREOFFICE
@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_an_explanation_comes_back_as_a_form(round_folder: RoundFolder, tmp_path: Path, suffix: str) -> None:
    before = appraised(round_folder, VERDICTS)
    typed = sent_back(round_folder, tmp_path / "giai-trinh", suffix)
    after = appraised(round_folder, VERDICTS)
    assert codes(after.findings) == ["verification_incomplete", "superseded"]
    own = after.own_submission_of[ONE]
    assert own.file == f"bai-nop/giai-trinh.{suffix}"
    assert own.values["1.1.1", InputKind.EXPLANATION] == next(iter(typed.values()))
    assert own.values["1.1.1", InputKind.SCORE] == Decimal("1.5")
    assert after.points["so-nganh"].equals(before.points["so-nganh"])
    assert after.points["so-nganh"].loc[ONE, "1.1.1"] == 0
    assert after.own_points["so-nganh"].equals(before.own_points["so-nganh"])


def test_a_correction_made_meanwhile_is_told_with_its_document(round_folder: RoundFolder) -> None:
    entry = correction(ONE, "1.1.1", "0", "1")
    definition = definition_of(round_folder, tells_verified=True)
    assert definition.assessment is not None
    of = replace(definition.assessment, corrections=(entry,))
    outcome = evaluate(
        replace(definition, assessment=of), take_in(of, round_folder.inbox), "bai-nop", appraisal(*VERDICTS)
    )
    write_feedback(round_folder, outcome, Words())
    sheet = openpyxl.load_workbook(round_folder.feedback / f"{ONE}.xlsx")[SHEET]
    assert [cell.value for cell in sheet[7]][3:] == [
        1.5,
        1,
        -0.5,
        f"{REASON}\nĐiều chỉnh 0 → 1: Bổ sung minh chứng (Công văn số 12)",
    ]
