from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import Exemption
from cqdt_batch.definition.stamp import STAMP_SHEET, stamp_of
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.writing import write_forms
from tests.rounds import FORM, codes, form_cells, outcome_of, retype


@pytest.fixture(scope="module")
def blank(assessment: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("blank")
    write_forms(assessment, folder, Words())
    return folder


def opened(path: Path) -> Any:
    return openpyxl.load_workbook(path)


def test_there_is_a_form_for_every_unit_named_by_its_code(blank: Path, assessment: Assessment) -> None:
    assert sorted(path.name for path in blank.iterdir()) == sorted(f"{u.code}.xlsx" for u in assessment.units)


def test_a_form_asks_for_what_applies_to_its_unit_and_says_what_does_not(blank: Path, assessment: Assessment) -> None:
    sheet = opened(blank / "thanh-tra-tinh.xlsx")[FORM]
    unit = assessment.unit_by_code["thanh-tra-tinh"]
    cells = form_cells(sheet)
    assert list(cells) == [*[c.code for c in assessment.assessed(unit)], "2.3"]
    assert sheet[cells["2.3"]].value == "Không đánh giá"
    assert "2.3.1" not in cells


def test_only_the_inputs_are_unlocked(blank: Path, assessment: Assessment) -> None:
    sheet = opened(blank / "so-y-te.xlsx")[FORM]
    inputs = {
        form_cells(sheet, f"form.column.{column}")[leaf.code]
        for column in ("score", "evidence", "explanation")
        for leaf in assessment.assessed_leaves(assessment.unit_by_code["so-y-te"])
    }
    unlocked = {c.coordinate for row in sheet.iter_rows() for c in row if not c.protection.locked}
    assert sheet.protection.sheet
    assert unlocked == inputs


def test_every_score_cell_takes_0_to_its_maximum_and_says_so_in_vietnamese(blank: Path, assessment: Assessment) -> None:
    sheet = opened(blank / "so-y-te.xlsx")[FORM]
    cells = form_cells(sheet)
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    leaves = assessment.assessed_leaves(assessment.unit_by_code["so-y-te"])
    assert set(rules) == {cells[leaf.code] for leaf in leaves}
    for leaf in leaves:
        rule = rules[cells[leaf.code]]
        assert (rule.type, rule.operator or "between", rule.formula1) == ("decimal", "between", "0")
        assert Decimal(rule.formula2) == leaf.max_score
        assert rule.promptTitle == f"Điểm tiêu chí {leaf.code}"
        assert rule.prompt.startswith("Nhập một số từ 0 đến ")
        assert rule.errorTitle == "Điểm không hợp lệ"
        assert rule.error.startswith("Điểm phải là một số từ 0 đến ")


def test_a_form_carries_its_stamp_very_hidden(blank: Path, assessment: Assessment) -> None:
    sheet = opened(blank / "so-y-te.xlsx")[STAMP_SHEET]
    stamp = stamp_of(assessment, assessment.unit_by_code["so-y-te"])
    assert sheet.sheet_state == "veryHidden"
    assert dict(sheet.iter_rows(values_only=True)) == stamp._asdict()


def test_a_form_prints_on_a4_one_page_wide_with_its_header_repeated(blank: Path) -> None:
    sheet = opened(blank / "so-y-te.xlsx")[FORM]
    assert sheet.page_setup.paperSize == 9
    assert sheet.page_setup.orientation == "landscape"
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.print_title_rows == "$7:$7"


def test_the_fingerprint_follows_what_is_asked_not_how_it_is_worded(assessment: Assessment) -> None:
    unit = assessment.unit_by_code["so-y-te"]
    first, *rest = [c for c in assessment.criteria if c.block == "so-nganh" and c.max_score]
    others = tuple(c for c in assessment.criteria if c is not first)
    reworded = replace(assessment, criteria=(replace(first, label="Khác"), *others))
    raised = replace(assessment, criteria=(replace(first, max_score=Decimal(99)), *others))
    assert rest
    assert stamp_of(reworded, unit).criteria_version == stamp_of(assessment, unit).criteria_version
    assert sorted_fingerprint(reworded) == sorted_fingerprint(assessment)
    assert stamp_of(raised, unit) != stamp_of(assessment, unit)


def sorted_fingerprint(assessment: Assessment) -> str:
    """The fingerprint with the criteria in one order, since a test may have moved one to the front."""
    ordered = tuple(sorted(assessment.criteria, key=lambda c: (c.block, c.code)))
    return stamp_of(replace(assessment, criteria=ordered), assessment.unit_by_code["so-y-te"]).fingerprint


@pytest.mark.parametrize("language", Language)
def test_a_form_filled_with_openpyxl_comes_back_whole_in_either_language(
    language: Language, assessment: Assessment, sample: RoundFolder, tmp_path: Path
) -> None:
    write_forms(assessment, tmp_path, Words(language))
    form = tmp_path / "huyen-da-bac.xlsx"
    workbook = openpyxl.load_workbook(form)
    sheet = workbook[Words(language)("form.sheet")]
    typed: dict[str, Decimal] = {}
    for row in sheet.iter_rows():
        leaf = assessment.trees["huyen"].by_code.get(str(row[0].value))
        if leaf and leaf.max_score:
            typed[leaf.code] = leaf.max_score - Decimal("0.125")
            row[4].value = float(typed[leaf.code])
            row[6].value = "Giải trình có dấu: ờ ữ ệ"
    workbook.save(sample.inbox / "huyen-da-bac.xlsx")
    outcome = outcome_of(sample)
    assert codes(outcome.findings) == []
    points = outcome.points["huyen"].loc["huyen-da-bac"]
    assert {code: points[code] for code in typed} == typed
    assert points["CQDT"] == sum(typed.values())


def test_a_blank_form_sent_back_has_every_score_missing(blank: Path, sample: RoundFolder) -> None:
    (sample.inbox / "so-y-te.xlsx").write_bytes((blank / "so-y-te.xlsx").read_bytes())
    assert codes(outcome_of(sample).findings) == ["scores_missing"]


def test_a_unit_code_that_looks_like_a_formula_stays_text(blank: Path, sample: RoundFolder) -> None:
    """Text a unit types is never written as a formula anywhere."""
    retype(sample.inbox / "so-y-te.xlsx", {"1.1.1": "'=cmd|'/c calc'!A1"})
    assert codes(outcome_of(sample).findings) == ["score_text"]
    assert blank.exists()


def test_a_unit_assessed_on_nothing_gets_a_form_that_says_so(assessment: Assessment, tmp_path: Path) -> None:
    everything = Exemption(block="so-nganh", group="", unit="so-y-te", criterion="CQDT", reason="Mới thành lập")
    exempt = replace(assessment, exemptions=(*assessment.exemptions, everything))
    write_forms(exempt, tmp_path, Words())
    sheet = opened(tmp_path / "so-y-te.xlsx")[FORM]
    assert sheet["A5"].value == "Không có tiêu chí nào phải điền."
    assert [sheet.cell(8, column).value for column in (1, 5, 7)] == ["CQDT", "Không đánh giá", "Mới thành lập"]
    assert [c for row in sheet.iter_rows() for c in row if c.data_type == "f"] == []
