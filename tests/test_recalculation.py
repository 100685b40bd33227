"""LibreOffice, which we did not write, recalculates our formulas and fills in our forms."""

from __future__ import annotations

import os
import random
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.intake.submissions import InputKind
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.writing import write_forms
from cqdt_batch.rounding import published as round_published
from tests import libreoffice
from tests.rounds import FORM, codes, form_cells, header, outcome_of

if libreoffice.SOFFICE is None and os.environ.get("CQDT_REQUIRE_LIBREOFFICE"):
    pytest.fail("LibreOffice is required here and not installed", pytrace=False)

pytestmark = pytest.mark.skipif(libreoffice.SOFFICE is None, reason="LibreOffice is not installed")


def cells(path: Path, *, formulas: bool) -> dict[tuple[str, str], Any]:
    workbook = openpyxl.load_workbook(path, data_only=not formulas)
    return {
        (sheet.title, cell.coordinate): cell.value for sheet in workbook for row in sheet.iter_rows() for cell in row
    }


def formula_cells(path: Path) -> list[tuple[str, str]]:
    return [
        place for place, value in cells(path, formulas=True).items() if isinstance(value, str) and value.startswith("=")
    ]


def test_recalculation_really_happens(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "wrong.xlsx") as workbook:
        workbook.add_worksheet("S").write_formula("A1", "=1+1", None, 5)
    (tmp_path / "out").mkdir()
    again = libreoffice.recalculated(tmp_path / "wrong.xlsx", tmp_path / "out")
    assert cells(again, formulas=False)["S", "A1"] == 2


def test_every_annex_formula_recalculates_to_its_cached_value(published: RoundFolder, tmp_path: Path) -> None:
    places = formula_cells(published.annex)
    cached = cells(published.annex, formulas=False)
    again = cells(libreoffice.recalculated(published.annex, tmp_path), formulas=False)
    assert len(places) > 700
    assert [(p, cached[p], again[p]) for p in places if cached[p] != pytest.approx(again[p], abs=1e-12)] == []


def test_a_rank_whose_order_was_disturbed_says_so(published: RoundFolder, tmp_path: Path) -> None:
    """Somebody raises a score in the working sheet: the ranks from there on ask for a new run."""
    workbook = openpyxl.load_workbook(published.annex)
    scores = workbook["Điểm huyen"]
    row = header(scores, "UBND huyện Mai Châu")[0]
    column = header(scores, "2.3.1")[1]
    scores.cell(row, column).value = 90
    workbook.save(tmp_path / "changed.xlsx")
    (tmp_path / "out").mkdir()
    again = openpyxl.load_workbook(
        libreoffice.recalculated(tmp_path / "changed.xlsx", tmp_path / "out"), data_only=True
    )
    ranks = [row[-1] for row in again["II"].iter_rows(values_only=True) if isinstance(row[0], int | float)]
    assert ranks == [*range(1, 10), Words()("annex.order_changed")]


@pytest.fixture(scope="module")
def blank(assessment: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("blank")
    write_forms(assessment, folder, Words())
    return folder


def test_every_form_formula_recalculates_to_its_cached_value(blank: Path, tmp_path: Path) -> None:
    form = blank / "thanh-tra-tinh.xlsx"
    cached = cells(form, formulas=False)
    again = cells(libreoffice.recalculated(form, tmp_path), formulas=False)
    places = formula_cells(form)
    assert len(places) > 8
    assert [(p, cached[p], again[p]) for p in places if cached[p] != again[p]] == []


def test_a_form_filled_by_libreoffice_loses_nothing(
    blank: Path, assessment: Assessment, sample: RoundFolder, tmp_path: Path
) -> None:
    unit = assessment.unit_by_code["so-y-te"]
    leaves = assessment.assessed_leaves(unit)
    sheet = openpyxl.load_workbook(blank / "so-y-te.xlsx")[FORM]
    score_cells, evidence_cells = form_cells(sheet), form_cells(sheet, "form.column.evidence")
    typed: dict[str, float | str] = {}
    for number, leaf in enumerate(leaves):
        typed[score_cells[leaf.code]] = float(leaf.max_score or 0) - 0.25 * (number % 2)
        typed[evidence_cells[leaf.code]] = f'Quyết định số {number}/QĐ-SYT; "trích" <b>&'
    (tmp_path / "out").mkdir()
    returned = libreoffice.filled(blank / "so-y-te.xlsx", typed, tmp_path / "out", FORM)
    returned.replace(sample.inbox / "so-y-te.xlsx")
    outcome = outcome_of(sample)
    assert codes(outcome.findings) == []
    inputs = {(i.criterion, i.kind): i.value for i in outcome.submission_of["so-y-te"].inputs}
    for number, leaf in enumerate(leaves):
        assert inputs[leaf.code, InputKind.SCORE] == Decimal(str(typed[score_cells[leaf.code]]))
        assert inputs[leaf.code, InputKind.EVIDENCE] == f'Quyết định số {number}/QĐ-SYT; "trích" <b>&'


def test_the_forms_own_total_and_status_line_follow_what_is_typed(blank: Path, tmp_path: Path) -> None:
    form = blank / "huyen-da-bac.xlsx"
    score_cells = form_cells(openpyxl.load_workbook(form)[FORM])
    typed = {score_cells["1.1.1"]: 1.125, score_cells["2.1.1"]: 0.5}
    (tmp_path / "out").mkdir()
    (tmp_path / "again").mkdir()
    filled = libreoffice.filled(form, typed, tmp_path / "out", FORM)
    again = openpyxl.load_workbook(libreoffice.recalculated(filled, tmp_path / "again"), data_only=True)[FORM]
    assert again[score_cells["CQDT"]].value == 1.625
    assert again[score_cells["1.1"]].value == 1.125
    assert again["A5"].value == "Còn 36 ô điểm chưa điền (trong tổng số 38 ô)."


def test_locked_cells_refuse_typing_and_inputs_take_it(blank: Path, tmp_path: Path) -> None:
    form = blank / "so-y-te.xlsx"
    score_cells = form_cells(openpyxl.load_workbook(form)[FORM])
    with pytest.raises(RuntimeError):
        libreoffice.filled(form, {score_cells["1.1"]: 5.0}, tmp_path, FORM)


def test_excels_rounding_of_a_cleaned_sum_is_ours(tmp_path: Path) -> None:
    """ROUND(ROUND(SUM(…),2),1) on binary numbers equals the exact sum rounded half up once.

    The list starts with the known trap: 16,24 + 28,17 + 11,44 is 55,85 and must give 55,9.
    """
    drawn = random.Random(2020)
    rows = [[1624, 2817, 1144], *([drawn.randrange(3_000) for _ in range(3)] for _ in range(10_000))]
    with xlsxwriter.Workbook(tmp_path / "sums.xlsx") as workbook:
        sheet = workbook.add_worksheet("S")
        for row, hundredths in enumerate(rows):
            sheet.write_row(row, 0, [h / 100 for h in hundredths])
            sheet.write_formula(row, 3, f"=ROUND(ROUND(SUM(A{row + 1}:C{row + 1}),2),1)", None, -1)
    out = tmp_path / "out"
    out.mkdir()
    again = openpyxl.load_workbook(libreoffice.recalculated(tmp_path / "sums.xlsx", out), data_only=True)["S"]
    theirs = [Decimal(str(row[3])) for row in again.iter_rows(values_only=True)]
    ours = [round_published(Decimal(sum(hundredths)) / 100, 1) for hundredths in rows]
    assert theirs == ours


def test_each_annex_sheet_prints_on_one_a4_page_of_its_own(published: RoundFolder, tmp_path: Path) -> None:
    printed = libreoffice.pdf(published.annex, tmp_path)
    titles = {
        1: "I. CHỈ SỐ VÀ XẾP HẠNG TỔNG THỂ",
        2: "1. Chỉ số và xếp hạng nhóm tiêu chí đánh giá điều kiện sẵn sàng",
        3: "2. Chỉ số và xếp hạng nhóm tiêu chí đánh giá kết quả",
        4: "II. CHỈ SỐ VÀ XẾP HẠNG TỔNG THỂ",
        5: "1. Chỉ số và xếp hạng nhóm tiêu chí đánh giá điều kiện sẵn sàng",
        6: "2. Chỉ số và xếp hạng nhóm tiêu chí đánh giá kết quả",
    }
    for page, title in titles.items():
        text = " ".join(told("pdftotext", "-f", str(page), "-l", str(page), "-layout", str(printed), "-").split())
        assert text.startswith(f"{page} ")
        assert title in text
        assert "(1) (2) (3)" in text
    assert "A4" in told("pdfinfo", str(printed))


def told(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
