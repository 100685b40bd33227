"""The appraisers' workbooks: what stands in them, and that what comes back is read as honestly as the units' forms."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.formula.translate import Translator
from typer.testing import CliRunner

from cqdt_batch.cells import Book, Content
from cqdt_batch.cli import app
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.loading import Definition
from cqdt_batch.definition.parts import leaves_of, parts_of
from cqdt_batch.definition.records import (
    AppraisalPart,
    Criterion,
    Exemption,
    GivenScore,
    PastResult,
    Profile,
    Rule,
    ScoreSource,
    ZeroRule,
)
from cqdt_batch.definition.sheets import YesNo
from cqdt_batch.definition.stamp import STAMP_SHEET
from cqdt_batch.findings import Finding, Severity
from cqdt_batch.intake.agreement import agree
from cqdt_batch.intake.appraisal import Appraisal, appraisal_limits, read_appraisal
from cqdt_batch.intake.reading import read_book
from cqdt_batch.intake.rivals import FileState
from cqdt_batch.intake.submissions import InputKind, Submission, scored_by
from cqdt_batch.intake.verdicts import verified_by
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.writing import appraisal_paths, write_annex, write_appraisal
from cqdt_batch.publishing.appraisal_book import AppraisalBook, appraisal_books, left_behind
from cqdt_batch.publishing.writer import workbook_bytes, write_workbook
from cqdt_batch.scoring.outcome import Outcome, UnitState, evaluate
from cqdt_batch.scoring.points import answer_of
from cqdt_batch.scoring.rules import leaf_points
from tests.appraisals import LAYOUT, evaluated
from tests.assessments import assessment, criterion, handed_in, intake_of, unit
from tests.libreoffice import SOFFICE, all_recalculated, filled
from tests.rounds import codes, outcome_of
from tests.small_rounds import SmallRound, small_rounds
from tests.test_rule_forms import ALL, LEAVES, UNITS, as_cell, every_leaf, named, randomly

NEEDS_LIBREOFFICE = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
FIRST, SECOND, SCORE = InputKind.FIRST, InputKind.SECOND, InputKind.SCORE
OWN = {FIRST: "first", SECOND: "second", SCORE: "score"}
VERIFIED = {FIRST: "verified_first", SECOND: "verified_second", SCORE: "verified_score"}
SHEET = Words()("appraisal.sheet")

Answers: TypeAlias = "dict[Any, Content | None]"
"""What a unit typed; a code alone stands for the score of the criterion."""

Typed: TypeAlias = Mapping[tuple[str, str, str], Any]
"""What an appraiser types, by unit, criterion and column."""

# A round of two units: typed points, points from a/b, points from a case, points that the appraiser gives.

TWO = (unit("u1", name="Sở Một"), unit("u2", name="Sở Hai"))
TREE = (
    criterion("T"),
    criterion("1", "T", 5, label="Kế hoạch"),
    criterion("2", "T", 10, label="Hồ sơ trực tuyến", rule=Rule.RATIO),
    criterion("3", "T", 4, label="Trang thông tin", rule=Rule.YES_NO),
    criterion("4", "T", 3, label="Khảo sát", rule=Rule.GIVEN),
)
ROUND = named(assessment(TWO, TREE))
OWN_1: Answers = {"1": Decimal("4.5"), ("2", FIRST): Decimal(30), ("2", SECOND): Decimal(40), ("3", FIRST): YesNo.YES}
OWN_2: Answers = {"1": Decimal(3), ("2", FIRST): Decimal(10), ("2", SECOND): Decimal(40), ("3", FIRST): YesNo.NO}
SENT = (handed_in("u1", OWN_1), handed_in("u2", OWN_2))
ALL_TYPED = [
    (one, code, name)
    for one in ("u1", "u2")
    for code, name in (
        ("1", "verified_score"),
        ("2", "verified_first"),
        ("2", "verified_second"),
        ("3", "verified_first"),
        ("4", "verified_score"),
    )
]
GIVEN: Typed = {("u1", "4", "verified_score"): 2, ("u2", "4", "verified_score"): 1}


def books(of: Assessment, sent: Iterable[Submission], words: Words | None = None) -> list[AppraisalBook]:
    return list(appraisal_books(evaluated(of, sent), words or Words()))


def written(
    folder: Path, of: Assessment = ROUND, sent: Iterable[Submission] = SENT, words: Words | None = None
) -> Path:
    """The workbook of the first part."""
    (book, *_) = books(of, sent, words)
    return write_workbook(folder / "tham-dinh" / f"{book.part.code}.xlsx", book.sheets(), "")


def another(folder: Path) -> Path:
    """The same workbook under another name, for a second appraiser."""
    return written(folder).rename(folder / "to-2.xlsx")


def columns_of(sheet: Any, words: Words | None = None) -> tuple[int, dict[str, int]]:
    """The header row, and the position of every column by its name in the catalogue."""
    words = words or Words()
    code = words("appraisal.column.unit_code")
    row = next(cell.row for line in sheet.iter_rows() for cell in line if cell.value == code)
    texts = {words(f"appraisal.column.{name}"): name for name in ("unit_code", "code", *_COLUMNS)}
    return row, {texts[cell.value]: cell.column for cell in sheet[row] if cell.value in texts}


_COLUMNS = (
    *("unit", "label", "rule", "maximum", "first", "second", "score", "evidence", "explanation", "last", "findings"),
    *("verified_first", "verified_second", "verified_score", "reason"),
)


def cells_of(path: Path, words: Words | None = None) -> dict[tuple[str, str, str], str]:
    """The address of every cell of the table by unit, criterion and column."""
    sheet = openpyxl.load_workbook(path)[(words or Words())("appraisal.sheet")]
    header, columns = columns_of(sheet, words)
    return {
        (sheet.cell(row, columns["unit_code"]).value, sheet.cell(row, columns["code"]).value, name): sheet.cell(
            row, position
        ).coordinate
        for row in range(header + 1, sheet.max_row + 1)
        for name, position in columns.items()
    }


def fill(path: Path, typed: Typed, words: Words | None = None) -> Path:
    """Type into a workbook as an appraiser does."""
    cells, workbook = cells_of(path, words), openpyxl.load_workbook(path)
    sheet = workbook[(words or Words())("appraisal.sheet")]
    for place, value in typed.items():
        sheet[cells[place]].value = value
    workbook.save(path)
    return path


def reworked(path: Path, change: Callable[[Any], None]) -> Path:
    """Change the table as somebody may who unlocked it."""
    workbook = openpyxl.load_workbook(path)
    change(workbook[SHEET])
    workbook.save(path)
    return path


def appraised(*paths: Path, of: Assessment = ROUND, sent: Iterable[Submission] = SENT) -> Appraisal:
    """What the files say together, read here and now instead of in workers."""
    entries = [read_appraisal(of, f"tham-dinh/{path.name}", path.read_bytes()) for path in paths]
    agreement = agree(of, (verdict for entry in entries for verdict in entry.verdicts), sent)
    findings = (*(finding for entry in entries for finding in entry.findings), *agreement.findings)
    return Appraisal(
        folder="tham-dinh",
        files=tuple(entries),
        verdicts=agreement.verdicts,
        findings=findings,
        listed=len(entries),
    )


def outcome_with(appraisal: Appraisal, of: Assessment = ROUND, sent: Iterable[Submission] = SENT) -> Outcome:
    definition = Definition(assessment=of, findings=(), layout=LAYOUT)
    return evaluate(definition, intake_of(tuple(sent)), "bai-nop", appraisal)


def values(appraisal: Appraisal) -> dict[tuple[str, str], dict[InputKind, Any]]:
    return {key: {one.kind: one.value for one in verdict.inputs} for key, verdict in appraisal.verdicts.items()}


def places(findings: Iterable[Finding]) -> list[tuple[str, str, str]]:
    """Code, unit and cell of findings."""
    return [(finding.code, finding.unit, finding.where.cell) for finding in findings]


def with_scores(of: Assessment, source: ScoreSource) -> Assessment:
    return replace(of, profile=replace(of.profile, scores=source))


# ---------------------------------------------------------------- what stands in the workbook


def test_a_row_for_every_unit_and_leaf_shows_what_the_unit_says(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(written(tmp_path), data_only=True)[SHEET]
    header, columns = columns_of(sheet)
    names = ("unit_code", "code", "maximum", "first", "second", "score", "verified_score")
    rows = [tuple(sheet.cell(row, columns[name]).value for name in names) for row in range(header + 1, header + 9)]
    assert rows == [
        ("u1", "1", 5, None, None, 4.5, None),
        ("u1", "2", 10, 30, 40, 7.5, None),
        ("u1", "3", 4, "Có", None, 4, None),
        ("u1", "4", 3, None, None, "Cơ quan thẩm định chấm", None),
        ("u2", "1", 5, None, None, 3, None),
        ("u2", "2", 10, 10, 40, 2.5, None),
        ("u2", "3", 4, "Không", None, 0, None),
        ("u2", "4", 3, None, None, "Cơ quan thẩm định chấm", None),
    ]
    assert sheet.max_row == header + 8


def test_only_cells_to_fill_in_are_unlocked(tmp_path: Path) -> None:
    path = written(tmp_path)
    sheet = openpyxl.load_workbook(path)[SHEET]
    unlocked = {place for place, cell in cells_of(path).items() if not sheet[cell].protection.locked}
    assert unlocked == {
        *((one, code, "reason") for one in ("u1", "u2") for code in "1234"),
        *((one, code, "verified_score") for one in ("u1", "u2") for code in "14"),
        *((one, code, "verified_first") for one in ("u1", "u2") for code in "23"),
        *((one, "2", "verified_second") for one in ("u1", "u2")),
    }
    assert sheet.protection.sheet
    assert not sheet.protection.autoFilter
    assert not sheet.protection.sort
    assert sheet.auto_filter.ref


def test_input_cells_take_what_the_form_takes(tmp_path: Path) -> None:
    path = written(tmp_path)
    cells, sheet = cells_of(path), openpyxl.load_workbook(path)[SHEET]
    rules = {
        cell: rule for rule in sheet.data_validations.dataValidation for cell in (str(one) for one in rule.sqref.ranges)
    }
    points = rules[cells["u2", "1", "verified_score"]]
    assert (points.type, points.formula1, points.formula2) == ("decimal", "0", "5")
    chosen = rules[cells["u1", "3", "verified_first"]]
    assert (chosen.type, chosen.formula1) == ("list", '"Có,Không"')
    assert "chưa thẩm định" in points.prompt


def test_last_years_points_stand_beside_the_own_ones(tmp_path: Path) -> None:
    past = tuple(
        PastResult(unit="u1", criterion="1", name=name, total=Decimal(total), rank=None)
        for name, total in (("a", "3"), ("b", "4.5"))
    )
    path = written(tmp_path, replace(ROUND, past=past))
    sheet = openpyxl.load_workbook(path)[SHEET]
    assert sheet[cells_of(path)["u1", "1", "last"]].value == 3.75
    assert sheet[cells_of(path)["u2", "1", "last"]].value is None
    assert ("u1", "1", "last") not in cells_of(written(tmp_path))


def test_units_without_a_form_are_named_and_those_with_errors_show_what_they_typed(tmp_path: Path) -> None:
    wrong = handed_in("u1", OWN_1 | {"1": "bốn rưỡi", ("2", FIRST): Decimal(50)})
    path = written(tmp_path, sent=(wrong,))
    sheet, cells = openpyxl.load_workbook(path, data_only=True)[SHEET], cells_of(path)
    assert sheet[cells["u1", "1", "score"]].value == "bốn rưỡi"
    assert (sheet[cells["u1", "2", "first"]].value, sheet[cells["u1", "2", "score"]].value) == (50, None)
    assert "lớn hơn số liệu b là 40" in sheet[cells["u1", "2", "findings"]].value
    assert {one for one, _, _ in cells} == {"u1"}
    assert any("SỞ HAI" in str(row[0].value).upper() or "U2" in str(row[0].value) for row in sheet.iter_rows(max_row=6))


def test_the_parts_of_the_definition_share_out_the_criteria() -> None:
    parts = (
        AppraisalPart(code="ho-so", block="k", criteria=("2", "1"), appraiser="Tổ 1"),
        AppraisalPart(code="con-lai", block="k", criteria=("3",)),
    )
    of = replace(ROUND, appraisal=parts)
    assert [[leaf.code for leaf in leaves_of(of, part)] for part in parts_of(of)] == [["1", "2"], ["3"]]
    first, second = books(of, SENT)
    assert [(line.unit.code, line.leaf.code) for line in first.lines] == [
        (one, code) for one in ("u1", "u2") for code in "12"
    ]
    assert any("Tổ 1" in str(cell.value) for cell in first.sheets()[1].each_cell())
    assert {line.leaf.code for line in second.lines} == {"3"}
    assert [part.code for part in parts_of(ROUND)] == ["k"]


def test_nobody_is_asked_about_what_does_not_apply() -> None:
    exempt = Exemption(block="k", group="", unit="u2", criterion="2", reason="")
    (book,) = books(replace(ROUND, exemptions=(exempt,)), SENT)
    assert [line.leaf.code for line in book.lines if line.unit.code == "u2"] == ["1", "3", "4"]


@pytest.mark.parametrize("language", Language)
def test_the_same_round_gives_the_same_bytes(language: Language) -> None:
    one, other = ([workbook_bytes(book.sheets(), "") for book in books(ROUND, SENT, Words(language))] for _ in range(2))
    assert one == other


def test_what_was_verified_before_stands_in_the_next_workbook(tmp_path: Path) -> None:
    typed = {
        ("u1", "1", "verified_score"): 4,
        ("u1", "2", "verified_first"): 20,
        ("u1", "2", "reason"): "Thiếu 10 hồ sơ",
    }
    before = appraised(fill(written(tmp_path), typed))
    (book,) = appraisal_books(outcome_with(before), Words())
    again = write_workbook(tmp_path / "again.xlsx", book.sheets(), "")
    sheet, cells = openpyxl.load_workbook(again, data_only=True)[SHEET], cells_of(again)
    assert {place: sheet[cells[place]].value for place in typed} == typed
    assert sheet[cells["u1", "2", "verified_score"]].value == 5
    assert values(appraised(again)) == values(before)


def test_a_reason_without_a_value_stands_in_the_next_workbook_and_verifies_nothing(tmp_path: Path) -> None:
    before = appraised(fill(written(tmp_path), {("u1", "2", "reason"): "Chờ báo cáo"}))
    (book,) = appraisal_books(outcome_with(before), Words())
    again = write_workbook(tmp_path / "again.xlsx", book.sheets(), "")
    sheet, cells = openpyxl.load_workbook(again)[SHEET], cells_of(again)
    filled = {place: sheet[cells[place]].value for place in (*ALL_TYPED, ("u1", "2", "reason"))}
    assert {place: value for place, value in filled.items() if value is not None} == {
        ("u1", "2", "reason"): "Chờ báo cáo"
    }
    assert (before.verdicts, appraised(again).verdicts) == ({}, {})


def test_what_the_next_workbook_does_not_show_is_counted(tmp_path: Path) -> None:
    one = fill(
        written(tmp_path / "a"),
        {("u1", "1", "verified_score"): 4, ("u1", "2", "verified_first"): "x", ("u2", "1", "verified_score"): 9},
    )
    other = fill(another(tmp_path), {("u1", "1", "verified_score"): 3})
    refused = tmp_path / "la.xlsx"
    refused.write_bytes(b"%PDF-1.4")
    outcome = outcome_with(appraised(one, other, refused))
    (book,) = appraisal_books(outcome, Words())
    again = write_workbook(tmp_path / "again.xlsx", book.sheets(), "")
    sheet, cells = openpyxl.load_workbook(again)[SHEET], cells_of(again)
    stands = {place: sheet[cells[place]].value for place in ALL_TYPED}
    assert {place: value for place, value in stands.items() if value is not None} == {("u2", "1", "verified_score"): 9}
    assert left_behind(outcome) == (3, ("tham-dinh/la.xlsx",))  # two that differ, one that is no number


def test_the_guide_speaks_of_figures_only_where_there_are_any() -> None:
    points = named(assessment(TWO, (criterion("T"), criterion("1", "T", 5, label="Kế hoạch"))))
    scores = [handed_in(one, {"1": Decimal(4)}) for one in ("u1", "u2")]
    told: list[set[Any]] = []
    for of, sent in ((ROUND, SENT), (points, scores)):
        (book,) = books(of, sent)
        told.append({cell.value for cell in book.sheets()[0].each_cell()})
    about = {Words()("appraisal.guide.pairs"), Words()("appraisal.guide.figures")}
    assert (about & told[0], about & told[1]) == (about, set())
    assert Words()("appraisal.guide.many") in told[0] & told[1]


# ---------------------------------------------------------------- what comes back


@pytest.mark.parametrize("language", Language)
def test_verified_values_are_read_with_their_cells(tmp_path: Path, language: Language) -> None:
    words = Words(language)
    typed: Typed = {
        ("u1", "1", "verified_score"): 4.25,
        ("u1", "1", "reason"): "Kế hoạch ban hành chậm",
        ("u1", "2", "verified_second"): 60,
        ("u1", "2", "reason"): "Theo báo cáo",
        ("u2", "3", "verified_first"): words("choice.YesNo.no"),
    }
    path = fill(written(tmp_path, words=words), typed, words)
    found = appraised(path)
    assert codes(found.findings) == []
    assert values(found) == {
        ("u1", "1"): {SCORE: Decimal("4.25")},
        ("u1", "2"): {SECOND: Decimal(60)},
        ("u2", "3"): {FIRST: YesNo.NO},
    }
    verdict = found.verdicts["u1", "1"]
    cells = cells_of(path, words)
    assert verdict.reason == "Kế hoạch ban hành chậm"
    assert (verdict.inputs[0].where.file, verdict.inputs[0].where.sheet) == (
        "tham-dinh/k.xlsx",
        words("appraisal.sheet"),
    )
    assert verdict.inputs[0].where.cell == cells["u1", "1", "verified_score"]
    assert verdict.where.cell == cells["u1", "1", "reason"]
    assert found.files[0].state is FileState.ACCEPTED


def test_a_verified_value_counts_and_the_others_stay(tmp_path: Path) -> None:
    typed = {**GIVEN, ("u1", "2", "verified_first"): 20, ("u1", "2", "reason"): "Theo báo cáo"}
    outcome = outcome_with(appraised(fill(written(tmp_path), typed)))
    assert set(outcome.states.values()) == {UnitState.RANKED}
    points = outcome.points["k"]
    assert dict(points.loc["u1"]) == {
        "T": Decimal("15.5"),
        "1": Decimal("4.5"),
        "2": Decimal(5),
        "3": Decimal(4),
        "4": Decimal(2),
    }
    assert points.loc["u2", "T"] == Decimal("6.5")


@pytest.mark.parametrize(("source", "total"), [(ScoreSource.OWN, "18"), (ScoreSource.VERIFIED, "15.5")], ids=str)
def test_the_setting_says_which_score_is_published(tmp_path: Path, source: ScoreSource, total: str) -> None:
    of = with_scores(ROUND, source)
    typed = {**GIVEN, ("u1", "2", "verified_first"): 20, ("u1", "2", "reason"): "Theo báo cáo"}
    outcome = outcome_with(appraised(fill(written(tmp_path, of), typed), of=of), of)
    assert outcome.points["k"].loc["u1", "T"] == Decimal(total)


def test_where_only_verified_scores_count_a_unit_waits_for_all_of_them(tmp_path: Path) -> None:
    of = with_scores(ROUND, ScoreSource.VERIFIED_ONLY)
    typed = {
        **GIVEN,
        ("u1", "1", "verified_score"): 4.5,
        ("u1", "2", "verified_first"): 30,
        ("u1", "2", "verified_second"): 40,
        ("u1", "3", "verified_first"): "Có",
    }
    outcome = outcome_with(appraised(fill(written(tmp_path, of), typed), of=of), of)
    assert outcome.states == {"u1": UnitState.RANKED, "u2": UnitState.WAITING}
    assert codes(outcome.findings) == ["verification_missing"]


def test_an_error_that_a_verified_value_settles_is_a_warning(tmp_path: Path) -> None:
    sent = (handed_in("u1", OWN_1 | {("2", FIRST): Decimal(50)}), SENT[1])
    typed = {**GIVEN, ("u1", "2", "verified_first"): 25, ("u1", "2", "reason"): "Theo báo cáo"}
    before = outcome_with(appraised(fill(written(tmp_path, sent=sent), GIVEN), sent=sent), sent=sent)
    assert before.states["u1"] is UnitState.WITH_ERRORS
    after = outcome_with(appraised(fill(written(tmp_path, sent=sent), typed), sent=sent), sent=sent)
    assert after.states["u1"] is UnitState.RANKED
    about_u1 = [(finding.code, finding.severity) for finding in after.findings if finding.unit == "u1"]
    assert about_u1 == [("part_above_whole", Severity.WARNING)]
    assert after.points["k"].loc["u1", "2"] == Decimal("6.25")


NUMBERS = [
    ("4,25", "score_read_as", Severity.NOTICE),
    ("=2+2", "score_formula", Severity.ERROR),
    ("khoảng 4", "score_text", Severity.ERROR),
    ("1.234", "score_ambiguous", Severity.ERROR),
    (True, "score_boolean", Severity.ERROR),
    ("-", "score_dash", Severity.ERROR),
    ("Không đánh giá", "score_not_assessed_claimed", Severity.ERROR),
]


@pytest.mark.parametrize(("typed", "code", "severity"), NUMBERS, ids=[code for _, code, _ in NUMBERS])
def test_numbers_are_read_as_honestly_as_in_forms(tmp_path: Path, typed: Any, code: str, severity: Severity) -> None:
    path = fill(written(tmp_path), {("u1", "1", "verified_score"): typed, ("u1", "1", "reason"): "vì"})
    found = appraised(path)
    (finding,) = found.findings
    assert (finding.code, finding.severity, finding.unit) == (code, severity, "u1")
    assert finding.where.cell == cells_of(path)["u1", "1", "verified_score"]
    assert (("u1", "1") in found.verdicts) == (severity is Severity.NOTICE)
    said = Words().message(finding)
    assert said.startswith("Ô điểm thẩm định của tiêu chí 1 (Kế hoạch)")
    assert "đề nghị đơn vị" not in said.casefold()


def test_an_error_of_the_appraiser_makes_the_unit_wait(tmp_path: Path) -> None:
    typed = {**GIVEN, ("u1", "1", "verified_score"): "khoảng 4"}
    outcome = outcome_with(appraised(fill(written(tmp_path), typed)))
    assert outcome.states == {"u1": UnitState.WAITING, "u2": UnitState.RANKED}


RANGES = [
    (("u1", "1", "verified_score"), 6, "score_above_maximum", "lớn hơn điểm tối đa 5. Đề nghị người thẩm định"),
    (("u1", "1", "verified_score"), 4.125, "score_too_fine", "thay người thẩm định"),
    (("u1", "1", "verified_score"), -1, "score_negative", "Ô điểm thẩm định"),
    (("u1", "4", "verified_score"), 3.5, "score_above_maximum", "lớn hơn điểm tối đa 3"),
    (("u1", "2", "verified_first"), 41, "part_above_whole", "Ô số liệu a thẩm định"),
    (("u1", "2", "verified_second"), 0, "denominator_zero", "Ô số liệu b thẩm định"),
    (("u1", "2", "verified_second"), 20, "part_above_whole", "Ô số liệu a của tiêu chí 2"),
]


@pytest.mark.parametrize(
    ("place", "typed", "code", "text"), RANGES, ids=[f"{place[2]} {typed}" for place, typed, _, _ in RANGES]
)
def test_verified_values_are_held_to_the_scale(
    tmp_path: Path, place: tuple[str, str, str], typed: float, code: str, text: str
) -> None:
    path = fill(written(tmp_path), {**GIVEN, place: typed, (*place[:2], "reason"): "vì"})
    outcome = outcome_with(appraised(path))
    finding, *left = outcome.findings
    assert codes(tuple(left)) == ["verification_incomplete"]
    assert (finding.code, finding.unit, finding.where.file) == (code, "u1", "tham-dinh/k.xlsx")
    assert finding.where.cell == cells_of(path)[place]
    assert text in Words().message(finding)
    assert outcome.states == {"u1": UnitState.WAITING, "u2": UnitState.RANKED}


def test_what_is_wrong_with_a_pair_is_settled_by_either_half(tmp_path: Path) -> None:
    odd = (handed_in("u1", OWN_1 | {("2", FIRST): Decimal(50)}), SENT[1])
    typed = {**GIVEN, ("u1", "2", "verified_second"): 60, ("u1", "2", "reason"): "Đếm lại"}
    outcome = outcome_with(appraised(fill(written(tmp_path, sent=odd), typed), sent=odd), sent=odd)
    wrong = [(one.code, one.severity) for one in outcome.findings if one.unit == "u1"]
    assert wrong == [("part_above_whole", Severity.WARNING)]
    assert outcome.points["k"].loc["u1", "2"] == Decimal("8.33")


def test_half_a_pair_is_not_verified(tmp_path: Path) -> None:
    typed = dict.fromkeys(ALL_TYPED, 1) | {
        ("u1", "3", "verified_first"): "Có",
        ("u2", "3", "verified_first"): "Có",
    }
    del typed["u1", "2", "verified_second"]
    only = with_scores(ROUND, ScoreSource.VERIFIED_ONLY)
    outcome = outcome_with(appraised(fill(written(tmp_path), typed), of=only), of=only)
    assert outcome.unverified == {"u1": ("2",), "u2": ()}
    assert [(f.code, f.facts["codes"]) for f in outcome.findings if f.severity is Severity.ERROR] == [
        ("verification_missing", ("2",))
    ]
    assert outcome.states == {"u1": UnitState.WAITING, "u2": UnitState.RANKED}


def test_where_only_a_part_is_verified_that_is_told_once(tmp_path: Path) -> None:
    path = fill(written(tmp_path), GIVEN)
    outcome = outcome_with(appraised(path))
    (told,) = (one for one in outcome.findings if one.code == "verification_incomplete")
    assert (told.severity, told.facts["count"], told.facts["total"], told.facts["units"]) == (Severity.WARNING, 6, 8, 2)
    assert not outcome.is_draft
    own = with_scores(ROUND, ScoreSource.OWN)
    assert "verification_incomplete" not in codes(outcome_with(appraised(path, of=own), own).findings)


def test_what_was_verified_by_another_rule_does_not_count(tmp_path: Path) -> None:
    path = fill(written(tmp_path), {**GIVEN, ("u1", "2", "verified_first"): 20, ("u1", "2", "reason"): "Đếm lại"})
    for change in ({"first_label": "Số cuộc họp"}, {"rule": Rule.TARGET, "target": Decimal(50)}):
        tree = tuple(replace(one, **change) if one.code == "2" else one for one in ROUND.criteria)
        found = appraised(path, of=replace(ROUND, criteria=tree))
        (finding,) = found.findings
        assert (finding.code, finding.unit, finding.severity) == ("appraisal_rule_changed", "u1", Severity.ERROR)
        assert ("u1", "2") not in found.verdicts
    relabelled = tuple(replace(one, label="Hồ sơ trực tuyến toàn trình") if one.code == "2" else one for one in TREE)
    found = appraised(path, of=named(assessment(TWO, relabelled)))
    assert [(one.code, one.severity) for one in found.findings] == [("appraisal_label_changed", Severity.WARNING)]
    assert ("u1", "2") in found.verdicts


def test_a_difference_without_a_reason_and_a_reason_without_a_value_are_told(tmp_path: Path) -> None:
    typed = {
        ("u1", "1", "verified_score"): 4,
        ("u1", "2", "reason"): "Chờ báo cáo",
        ("u2", "1", "verified_score"): 3,
        ("u2", "4", "verified_score"): 1,
    }
    path = fill(written(tmp_path), typed)
    cells, found = cells_of(path), appraised(path)
    assert places(found.findings) == [
        ("reason_without_value", "u1", cells["u1", "2", "reason"]),
        ("verified_without_reason", "u1", cells["u1", "1", "reason"]),
    ]
    assert all(finding.severity is Severity.WARNING for finding in found.findings)
    assert set(found.verdicts) == {("u1", "1"), ("u2", "1"), ("u2", "4")}


@pytest.mark.parametrize("typed", ["-", "\u200b", ".", 12, "=A1", "#N/A", True], ids=repr)
def test_a_reason_is_given_in_words(tmp_path: Path, typed: Any) -> None:
    path = fill(written(tmp_path), {("u1", "1", "verified_score"): 4, ("u1", "1", "reason"): typed})
    found = appraised(path)
    assert places(found.findings) == [("verified_without_reason", "u1", cells_of(path)["u1", "1", "reason"])]
    assert found.verdicts["u1", "1"].reason == ""


def test_an_invalid_value_without_a_reason_is_not_said_to_count(tmp_path: Path) -> None:
    path = fill(written(tmp_path), {**GIVEN, ("u1", "1", "verified_score"): 6})
    outcome = outcome_with(appraised(path))
    about_u1 = tuple(finding for finding in outcome.findings if finding.unit == "u1")
    assert codes(about_u1) == ["score_above_maximum", "verified_without_reason"]
    assert "1" in outcome.unverified["u1"]
    assert all("vẫn được lấy" not in Words().message(finding) for finding in outcome.findings)


@NEEDS_LIBREOFFICE
@pytest.mark.parametrize("suffix", ["xlsx", "ods", "xls"])
@pytest.mark.parametrize("columns", [0, 1], ids=["down", "across"])
def test_a_value_in_a_merged_cell_is_nobodys(tmp_path: Path, suffix: str, columns: int) -> None:
    path = fill(written(tmp_path), {("u1", "2", "verified_first"): 20, ("u1", "2", "reason"): "Đếm lại"})
    cell = cells_of(path)["u1", "2", "verified_first"]
    reworked(path, lambda sheet: merge(sheet, cell, 1 - columns, columns))
    if suffix != "xlsx":
        path = filled(path, {}, tmp_path / suffix, SHEET, suffix)
    found = appraised(path)
    (finding,) = (one for one in found.findings if one.code != "file_values_only")
    assert (finding.code, finding.unit, finding.where.cell) == ("verified_value_merged", "u1", cell)
    assert str(finding.facts["cells"]).startswith(f"{cell}:")
    assert not found.verdicts


def merge(sheet: Any, cell: str, rows: int, columns: int) -> None:
    """Merge a cell with its neighbours, which hold nothing."""
    first = sheet[cell]
    last = {"end_row": first.row + rows, "end_column": first.column + columns}
    sheet.merge_cells(start_row=first.row, start_column=first.column, **last)


def test_hidden_sheets_columns_and_rows_are_told(tmp_path: Path) -> None:
    path = fill(written(tmp_path), {("u1", "1", "verified_score"): 4, ("u1", "1", "reason"): "Chậm"})
    cell = cells_of(path)["u1", "1", "reason"]

    def hide(sheet: Any) -> None:
        sheet.sheet_state = "hidden"
        sheet.row_dimensions[sheet[cell].row].hidden = True
        sheet.column_dimensions[sheet[cell].column_letter].hidden = True
        sheet.parent.active = 1

    found = appraised(reworked(path, hide))
    assert [(one.code, one.severity) for one in found.findings] == [
        ("appraisal_sheet_hidden", Severity.WARNING),
        ("appraisal_column_hidden", Severity.WARNING),
        ("appraisal_rows_hidden", Severity.NOTICE),
    ]
    assert found.verdicts["u1", "1"].reason == "Chậm"


def test_several_appraisers_may_share_the_work_and_agree(tmp_path: Path) -> None:
    one = fill(written(tmp_path / "a"), {("u1", "1", "verified_score"): 4, ("u1", "2", "verified_first"): 20})
    shared = {("u1", "1", "verified_score"): 4, ("u1", "1", "reason"): "Chậm", ("u1", "2", "verified_second"): 50}
    other = fill(another(tmp_path), {**shared, ("u1", "2", "reason"): "Đếm lại"})
    found = appraised(one, other)
    assert codes(found.findings) == []
    assert values(found) == {
        ("u1", "1"): {SCORE: Decimal(4)},
        ("u1", "2"): {FIRST: Decimal(20), SECOND: Decimal(50)},
    }
    assert [verdict.reason for verdict in found.verdicts.values()] == ["Chậm", "Đếm lại"]


def test_appraisers_who_differ_are_both_named_and_neither_counts(tmp_path: Path) -> None:
    one = fill(written(tmp_path / "a"), {**GIVEN, ("u1", "1", "verified_score"): 4, ("u1", "1", "reason"): "Chậm"})
    other = fill(another(tmp_path), {("u1", "1", "verified_score"): 3, ("u1", "1", "reason"): "Thiếu"})
    found = appraised(one, other)
    cell = cells_of(one)["u1", "1", "verified_score"]
    assert [(f.code, f.unit, f.where.file, f.where.cell) for f in found.findings] == [
        ("appraisal_conflict", "u1", "tham-dinh/k.xlsx", cell),
        ("appraisal_conflict", "u1", "tham-dinh/to-2.xlsx", cell),
    ]
    assert f"ô này ghi 4, còn tệp tham-dinh/to-2.xlsx, trang «Thẩm định», ô {cell} ghi 3" in Words().message(
        found.findings[0]
    )
    outcome = outcome_with(found)
    assert outcome.states == {"u1": UnitState.WAITING, "u2": UnitState.RANKED}
    assert ("u1", "1") not in found.verdicts


def test_given_points_that_the_definition_has_otherwise_do_not_count(tmp_path: Path) -> None:
    of = replace(ROUND, given=(GivenScore(unit="u1", criterion="4", points=Decimal(3), source=""),))
    path = fill(written(tmp_path, of), GIVEN)
    found = appraised(path, of=of)
    assert places(found.findings) == [
        ("appraisal_differs_from_given", "u1", cells_of(path)["u1", "4", "verified_score"])
    ]
    assert set(found.verdicts) == {("u2", "4")}


def test_a_unit_that_sent_another_form_since_is_told(tmp_path: Path) -> None:
    typed = {
        ("u1", "2", "verified_first"): 30,
        ("u1", "2", "verified_second"): 40,
        ("u1", "3", "verified_first"): "Có",
        ("u2", "1", "verified_score"): 3,
    }
    path = fill(written(tmp_path), typed)
    newer = (handed_in("u1", OWN_1 | {("2", SECOND): Decimal(45), ("3", FIRST): YesNo.NO}), SENT[1])
    found = appraised(path, sent=newer)
    cells = cells_of(path)
    outdated = [finding for finding in found.findings if finding.code == "appraisal_outdated"]
    assert places(outdated) == [
        ("appraisal_outdated", "u1", cells["u1", "2", "second"]),
        ("appraisal_outdated", "u1", cells["u1", "3", "first"]),
    ]
    assert "ghi đơn vị khai 40; nay phiếu được tính của đơn vị (u1.xlsx) ghi 45" in Words().message(outdated[0])
    assert "khai Có; nay phiếu được tính của đơn vị (u1.xlsx) ghi Không" in Words().message(outdated[1])


def test_half_a_pair_does_not_count_once_the_unit_has_changed_the_other_half(tmp_path: Path) -> None:
    path = fill(written(tmp_path), {**GIVEN, ("u1", "2", "verified_first"): 20, ("u1", "2", "reason"): "Đếm lại"})
    newer = (handed_in("u1", OWN_1 | {("2", SECOND): Decimal(30)}), SENT[1])
    found = appraised(path, sent=newer)
    cell = cells_of(path)["u1", "2", "verified_first"]
    assert places(found.findings) == [("appraisal_half_outdated", "u1", cell)]
    assert "khi đó đơn vị khai 40, nay phiếu được tính của đơn vị (u1.xlsx) ghi 30" in Words().message(
        found.findings[0]
    )
    assert ("u1", "2") not in found.verdicts
    assert outcome_with(found, sent=newer).states["u1"] is UnitState.WAITING
    assert codes(appraised(path).findings) == []


def test_new_evidence_for_a_verified_row_is_told(tmp_path: Path) -> None:
    told: Answers = {("1", InputKind.EVIDENCE): "Quyết định số 5", ("1", InputKind.EXPLANATION): "Hai dòng\nvà một"}
    sent = (handed_in("u1", OWN_1 | told), SENT[1])
    path = fill(written(tmp_path, sent=sent), {("u1", "1", "verified_score"): 3, ("u1", "1", "reason"): "Chậm"})
    assert codes(appraised(path, sent=sent).findings) == []
    spaced: Answers = {**told, ("1", InputKind.EXPLANATION): " Hai dòng và  một"}
    assert codes(appraised(path, sent=(handed_in("u1", OWN_1 | spaced), SENT[1])).findings) == []
    for kind, column in ((InputKind.EVIDENCE, "evidence"), (InputKind.EXPLANATION, "explanation")):
        newer = handed_in("u1", OWN_1 | told | {("1", kind): "Giữ nguyên điểm tự chấm"})
        found = appraised(path, sent=(newer, SENT[1]))
        assert places(found.findings) == [("appraisal_evidence_changed", "u1", cells_of(path)["u1", "1", column])]
        assert found.verdicts["u1", "1"].inputs[0].value == 3


def test_what_was_not_understood_in_the_form_is_no_change(tmp_path: Path) -> None:
    sent = handed_in("u1", OWN_1 | {"1": "=1+1", ("2", FIRST): "một nửa"})
    unread = [replace(one, value=None) if one.raw == "một nửa" else one for one in sent.inputs]
    odd = (replace(sent, inputs=tuple(unread)), SENT[1])
    typed = {("u1", "1", "verified_score"): 2, ("u1", "2", "verified_first"): 20, ("u1", "2", "reason"): "Đếm lại"}
    found = appraised(fill(written(tmp_path, sent=odd), {**typed, ("u1", "1", "reason"): "Chấm lại"}), sent=odd)
    assert codes(found.findings) == []


def test_points_of_computed_leaves_are_not_typed(tmp_path: Path) -> None:
    path = fill(written(tmp_path), {("u1", "2", "verified_score"): 9, ("u1", "1", "verified_first"): 3})
    found = appraised(path)
    cells = cells_of(path)
    assert places(found.findings) == [
        ("input_not_asked", "u1", cells["u1", "1", "verified_first"]),
        ("verified_points_computed", "u1", cells["u1", "2", "verified_score"]),
    ]
    assert found.verdicts == {}


def test_unknown_codes_are_told_where_something_was_verified(tmp_path: Path) -> None:
    def spoil(sheet: Any) -> None:
        header, columns = columns_of(sheet)
        sheet.cell(header + 1, columns["unit_code"]).value = "so-nao"
        sheet.cell(header + 2, columns["code"]).value = "9.9"
        sheet.cell(header + 5, columns["code"]).value = None

    typed = {("u1", "1", "verified_score"): 4, ("u1", "2", "verified_first"): 4}
    path = reworked(fill(written(tmp_path), typed), spoil)
    found = appraised(path)
    assert [(f.code, f.unit, f.facts["found"]) for f in found.findings] == [
        ("appraisal_row_unknown", "", "so-nao"),
        ("appraisal_row_unknown", "u1", "9.9"),
    ]
    assert found.verdicts == {}


def test_a_row_that_lost_its_code_is_told_where_something_was_verified(tmp_path: Path) -> None:
    def spoil(sheet: Any) -> None:
        header, columns = columns_of(sheet)
        sheet.cell(header + 1, columns["unit_code"]).value = None
        sheet.cell(header + 2, columns["code"]).value = None

    path = fill(written(tmp_path), {("u1", "1", "verified_score"): 4, ("u1", "2", "verified_first"): 4})
    cells = cells_of(path)
    found = appraised(reworked(path, spoil))
    assert places(found.findings) == [
        ("appraisal_row_without_code", "", cells["u1", "1", "unit_code"]),
        ("appraisal_row_without_code", "u1", cells["u1", "2", "code"]),
    ]
    assert "«Mã đơn vị» để trống" in Words().message(found.findings[0])


def test_rows_may_be_sorted_deleted_and_copied(tmp_path: Path) -> None:
    def shuffle(sheet: Any) -> None:
        header, columns = columns_of(sheet)
        rows = [[cell.value for cell in sheet[row]] for row in range(header + 1, header + 9)]
        kept = [row for row in rows if row[columns["code"] - 1] != "3"]
        again = next(row for row in kept if row[columns["verified_score"] - 1] == 2)
        for number, row in enumerate([*reversed(kept), [cell.value for cell in sheet[header]], again], header + 1):
            for column, value in enumerate(row, 1):
                sheet.cell(number, column).value = value

    found = appraised(reworked(fill(written(tmp_path), GIVEN), shuffle))
    assert values(found) == {("u1", "4"): {SCORE: Decimal(2)}, ("u2", "4"): {SCORE: Decimal(1)}}
    assert codes(found.findings) == ["appraisal_row_copied"]


def test_a_row_twice_with_different_values_is_a_conflict(tmp_path: Path) -> None:
    def copy(sheet: Any) -> None:
        header, columns = columns_of(sheet)
        for column in range(1, sheet.max_column + 1):
            sheet.cell(header + 9, column).value = sheet.cell(header + 1, column).value
        sheet.cell(header + 9, columns["verified_score"]).value = 3

    found = appraised(reworked(fill(written(tmp_path), {("u1", "1", "verified_score"): 4}), copy))
    assert [(f.code, f.where.row) for f in found.findings] == [("appraisal_conflict", 8), ("appraisal_conflict", 16)]


@pytest.mark.parametrize(
    ("column", "value"),
    [("unit", "Sở Hai"), ("label", "Trang thông tin"), ("maximum", 10)],
    ids=["unit", "label", "max"],
)
def test_a_row_whose_cells_do_not_belong_together_does_not_count(tmp_path: Path, column: str, value: Any) -> None:
    path = fill(written(tmp_path), {("u1", "1", "verified_score"): 4, ("u1", "1", column): value})
    found = appraised(path)
    assert places(found.findings) == [("appraisal_row_mixed", "u1", cells_of(path)["u1", "1", column])]
    assert found.verdicts == {}


def test_verified_leaves_that_do_not_apply_and_units_without_a_form_are_told(tmp_path: Path) -> None:
    typed = {("u1", "1", "verified_score"): 4.5, ("u2", "1", "verified_score"): 3, ("u2", "3", "verified_first"): "Có"}
    path = fill(written(tmp_path), typed)
    exempt = Exemption(block="k", group="", unit="u1", criterion="1", reason="")
    found = appraised(path, of=replace(ROUND, exemptions=(exempt,)), sent=SENT[:1])
    assert places(found.findings) == [
        ("verified_not_assessed", "u1", cells_of(path)["u1", "1", "code"]),
        ("verified_without_submission", "u2", cells_of(path)["u2", "1", "verified_score"]),
    ]
    assert found.findings[1].facts["codes"] == ("1", "3")
    assert set(found.verdicts) == {("u2", "1"), ("u2", "3")}


def without_stamp(path: Path) -> Path:
    workbook = openpyxl.load_workbook(path)
    del workbook[STAMP_SHEET]
    workbook.save(path)
    return path


def test_without_its_stamp_a_workbook_is_known_by_its_headers_and_its_round(tmp_path: Path) -> None:
    found = appraised(without_stamp(fill(written(tmp_path), GIVEN)))
    assert codes(found.findings) == ["appraisal_stamp_lost"]
    assert len(found.verdicts) == 2
    other = replace(ROUND, profile=replace(ROUND.profile, year=2019))
    refused = appraised(without_stamp(fill(written(tmp_path, other), GIVEN)))
    assert codes(refused.findings) == ["appraisal_of_unknown_round"]


@pytest.mark.parametrize("profile", [replace(ROUND.profile, code="khac"), replace(ROUND.profile, criteria_version="2")])
def test_a_workbook_of_another_round_is_refused(tmp_path: Path, profile: Profile) -> None:
    other = replace(ROUND, profile=profile)
    found = appraised(fill(written(tmp_path, other), GIVEN))
    assert (codes(found.findings), found.files[0].state) == (["appraisal_of_other_round"], FileState.REFUSED)
    sound = appraised(fill(written(tmp_path), GIVEN))
    assert not outcome_with(sound).is_draft
    assert outcome_with(replace(sound, findings=found.findings)).is_draft


def test_headers_that_are_missing_or_twice_are_told(tmp_path: Path) -> None:
    def rename(name: str, text: str) -> Callable[[Any], None]:
        def change(sheet: Any) -> None:
            header, columns = columns_of(sheet)
            sheet.cell(header, columns[name]).value = text

        return change

    typed = {("u1", "2", "verified_first"): 20}
    renamed = appraised(reworked(fill(written(tmp_path), typed), rename("verified_first", "Số a")))
    assert (codes(renamed.findings), renamed.findings[0].where.row) == (["appraisal_header_missing"], 7)
    assert "Số liệu a hoặc lựa chọn thẩm định" in Words().message(renamed.findings[0])
    nameless = appraised(reworked(fill(written(tmp_path), typed), rename("reason", "Vì sao")))
    assert codes(nameless.findings) == ["appraisal_header_missing"]
    twice = appraised(reworked(fill(written(tmp_path), typed), rename("explanation", "Lý do khác điểm tự đánh giá")))
    assert codes(twice.findings) == ["appraisal_column_repeated"]


def test_a_copy_of_the_table_on_another_sheet_is_read_or_told(tmp_path: Path) -> None:
    path = fill(written(tmp_path), GIVEN)
    workbook = openpyxl.load_workbook(path)
    copy = workbook.copy_worksheet(workbook[SHEET])
    header, columns = columns_of(copy)
    copy.cell(header + 1, columns["verified_score"]).value = 4.5
    spoilt = workbook.copy_worksheet(copy)
    spoilt.cell(header, columns["reason"]).value = "?"
    workbook.save(path)
    found = appraised(path)
    assert found.verdicts["u1", "1"].inputs[0].where.sheet == copy.title
    told = [(f.code, f.where.sheet) for f in found.findings]
    assert told == [
        ("table_unread", spoilt.title),
        ("appraisal_row_copied", copy.title),
        ("appraisal_row_copied", copy.title),
    ]


# ---------------------------------------------------------------- the folder


def test_every_entry_of_the_folder_ends_in_one_state(sample: RoundFolder) -> None:
    before = outcome_of(sample)
    made = write_appraisal(sample, before, Words())
    assert made == appraisal_paths(sample, before.assessment)
    sample.appraisal.mkdir()
    first, second = (Path(shutil.copy(path, sample.appraisal)) for path in made)
    place = next((u, c, n) for u, c, n in cells_of(first) if c == "1.1.1" and n == "verified_score")
    fill(first, {place: 1, (*place[:2], "reason"): "Thiếu tài liệu"})
    shutil.copy(first, sample.appraisal / "z-ban-sao.xlsx")
    with zipfile.ZipFile(sample.appraisal / "goi.zip", "w") as archive:
        archive.write(second, "huyen-2.xlsx")
        archive.writestr("doc.txt", "Kính gửi")
    (sample.appraisal / "hong.xlsx").write_bytes(b"PK\x03\x04" + b"rac" * 40)
    (sample.appraisal / "~$so-nganh.xlsx").write_bytes(b"x")
    form = next(sample.inbox.glob("*.xlsx"))
    shutil.copy(form, sample.appraisal / "phieu.xlsx")
    shutil.copy(first, sample.inbox / "tham-dinh.xlsx")
    outcome = outcome_of(sample)
    states = {entry.name: (entry.state.value, codes(entry.findings)) for entry in outcome.appraisal.files}
    assert states == {
        "tham-dinh/goi.zip": ("ignored", ["file_opened"]),
        "tham-dinh/goi.zip › doc.txt": ("ignored", ["attachment_no_form"]),
        "tham-dinh/goi.zip › huyen-2.xlsx": ("accepted", []),
        "tham-dinh/hong.xlsx": ("refused", ["file_damaged"]),
        "tham-dinh/huyen.xlsx": ("ignored", ["file_copy"]),
        "tham-dinh/phieu.xlsx": ("refused", ["form_among_appraisals"]),
        "tham-dinh/so-nganh.xlsx": ("accepted", []),
        "tham-dinh/z-ban-sao.xlsx": ("ignored", ["file_copy"]),
        "tham-dinh/~$so-nganh.xlsx": ("ignored", ["file_lock"]),
    }
    misplaced = next(entry for entry in outcome.intake.files if entry.name == "bai-nop/tham-dinh.xlsx")
    assert (misplaced.state, codes(misplaced.findings)) == (FileState.REFUSED, ["appraisal_among_forms"])
    assert set(outcome.appraisal.verdicts) == {place[:2]}
    assert outcome.states == before.states
    assert outcome.points["so-nganh"].loc[place[0], "1.1.1"] == 1


def test_the_limits_grow_with_the_round() -> None:
    """4 leaves of 1,000 units are 4,000 rows: so many a form may never have, and three times the time."""
    of = assessment([unit(f"u{number}") for number in range(1000)], TREE)
    usual, grown = of.limits, appraisal_limits(of)
    assert (grown.rows, grown.seconds, grown.file_size) == (9_000, 3 * usual.seconds, 3 * usual.file_size)
    assert (grown.ratio, grown.parts, grown.columns) == (usual.ratio, usual.parts, usual.columns)
    assert appraisal_limits(ROUND) == replace(ROUND.limits, rows=5_008)


def test_the_command_writes_workbooks_and_never_over_filled_ones(sample: RoundFolder) -> None:
    run = CliRunner().invoke(app, ["appraise", str(sample.path)])
    assert (run.exit_code, sample.appraisal.is_dir()) == (0, True)
    assert sorted(path.name for path in sample.appraisal_forms.iterdir()) == ["huyen.xlsx", "so-nganh.xlsx"]
    assert run.stdout.split() == [str(sample.appraisal_forms / name) for name in ("so-nganh.xlsx", "huyen.xlsx")]
    before = {path.name: path.read_bytes() for path in sample.appraisal_forms.iterdir()}
    assert CliRunner().invoke(app, ["appraise", str(sample.path)]).exit_code == 0
    assert {path.name: path.read_bytes() for path in sample.appraisal_forms.iterdir()} == before
    path = sample.appraisal_forms / "huyen.xlsx"
    place = next((u, c, n) for u, c, n in cells_of(path) if n == "verified_score")
    kept = fill(path, {place: 1}).read_bytes()
    again = CliRunner().invoke(app, ["appraise", str(sample.path)])
    assert (again.exit_code, path.read_bytes() == kept) == (2, True)
    assert "huyen.xlsx" in again.stderr


def test_the_command_tells_what_does_not_go_into_the_new_workbooks_and_which_files_are_old(sample: RoundFolder) -> None:
    workbook = openpyxl.load_workbook(sample.definition)
    sheet = workbook[Words()("definition.appraisal.sheet")]
    for column, key in enumerate(("code", "block", "criteria"), 1):
        assert sheet.cell(1, column).value == Words()(f"definition.appraisal.{key}")
    for column, value in enumerate(("san-sang", "so-nganh", "1"), 1):
        sheet.cell(2, column).value = value
    workbook.save(sample.definition)
    for folder, name in ((sample.appraisal_forms, "bo-di.xlsx"), (sample.appraisal, "la.xlsx")):
        folder.mkdir()
        (folder / name).write_bytes(b"%PDF-1.4")
    run = CliRunner().invoke(app, ["appraise", str(sample.path)])
    said = " ".join(run.stderr.split())
    assert run.stdout.split() == [str(sample.appraisal_forms / "san-sang.xlsx")]
    assert "tiêu chí của khối so-nganh không thuộc phần thẩm định nào" in said
    assert "không còn thuộc phần nào của đợt; không gửi các tệp này: bo-di.xlsx." in said
    assert "Tệp trong tham-dinh bị từ chối nên không được chép sang phiếu mới: tham-dinh/la.xlsx." in said
    assert (sample.appraisal_forms / "bo-di.xlsx").exists()
    filled = Path(shutil.copy(sample.appraisal_forms / "san-sang.xlsx", sample.appraisal))
    fill(filled, {("so-y-te", "1.1.1", "verified_score"): "x"})
    again = " ".join(CliRunner().invoke(app, ["appraise", str(sample.path)]).stderr.split())
    assert "Có 1 hàng trong tham-dinh bị lỗi nên chưa được tính và không có trong phiếu mới." in again


def test_the_command_says_when_there_is_nothing_to_verify(sample: RoundFolder) -> None:
    shutil.rmtree(sample.inbox)
    run = CliRunner().invoke(app, ["appraise", str(sample.path)])
    assert run.exit_code == 4
    assert "chưa có gì để thẩm định" in run.stderr


# ---------------------------------------------------------------- laws, and other programs


def test_verifying_everything_with_the_own_values_changes_no_figure(sample: RoundFolder) -> None:
    before = outcome_of(sample)
    write_annex(sample, before, Words())
    sample.appraisal.mkdir()
    for book in appraisal_books(before, Words()):
        path = write_workbook(sample.appraisal / f"{book.part.code}.xlsx", book.sheets(), "")
        own = {(u, c): a for (u, c, n), a in cells_of(path).items() if n == "score"}
        sheet = openpyxl.load_workbook(path)[SHEET]
        fill(path, {(*key, "verified_score"): sheet[cell].value for key, cell in own.items()})
    after = outcome_of(sample)
    assert len(after.appraisal.verdicts) == sum(len(book.lines) for book in appraisal_books(before, Words()))
    assert codes(after.appraisal.findings) == []
    assert all(after.points[block].equals(frame) for block, frame in before.points.items())
    assert after.states == before.states


@settings(max_examples=25, deadline=None)
@given(small_rounds(), st.randoms(use_true_random=False))
def test_verifying_any_leaf_with_the_own_value_changes_no_figure(small: SmallRound, random: Random) -> None:
    of = named(small.assessment)
    before = evaluated(of, small.submissions)
    for book in appraisal_books(before, Words()):
        typed = {}
        for line in book.lines:
            own = before.own_submission_of[line.unit.code].values
            given_points = of.given_points.get((line.unit.code, line.leaf.code))
            for kind in verified_by(line.leaf) if random.random() < 0.7 else ():
                value = own.get((line.leaf.code, kind), given_points.points if given_points else None)
                typed[line.unit.code, line.leaf.code, VERIFIED[kind]] = as_cell(
                    YesNo(str(value)) if line.leaf.rule is Rule.YES_NO else value
                )
        data = workbook_bytes(book.sheets(), "")
        found = read_appraisal(of, "tham-dinh/k.xlsx", filled_bytes(data, typed))
        agreement = agree(of, found.verdicts, small.submissions)
        assert {*codes(found.findings), *codes(agreement.findings)} <= {"percent_may_be_share"}
        assert len(agreement.verdicts) == len({place[:2] for place in typed})
        after = outcome_with(
            Appraisal(folder="tham-dinh", files=(found,), verdicts=agreement.verdicts, listed=1),
            of,
            small.submissions,
        )
        assert after.points["k"].equals(before.points["k"])
        assert after.states == before.states


def filled_bytes(data: bytes, typed: Typed) -> bytes:
    """Type into a workbook in memory."""
    workbook = openpyxl.load_workbook(io.BytesIO(data))
    sheet = workbook[SHEET]
    header, columns = columns_of(sheet)
    rows = {
        (sheet.cell(row, columns["unit_code"]).value, sheet.cell(row, columns["code"]).value): row
        for row in range(header + 1, sheet.max_row + 1)
    }
    for (one, code, name), value in typed.items():
        sheet.cell(rows[one, code], columns[name]).value = value
    written_to = io.BytesIO()
    workbook.save(written_to)
    return written_to.getvalue()


@NEEDS_LIBREOFFICE
def test_the_points_that_the_workbook_computes_are_the_programs(tmp_path: Path) -> None:
    """Every rule: own values, some of them verified otherwise, recalculated by LibreOffice."""
    random = Random(5)
    few = replace(ALL, units=UNITS[:4], given=tuple(one for one in ALL.given if one.unit in ("u0", "u1", "u2", "u3")))
    sent = [handed_in(one.code, randomly(random, all_zero=one.code == "u3")) for one in few.units]
    path = written(tmp_path, few, sent)
    verified = {one.code: randomly(random, all_zero=False) for one in few.units}
    typed = {
        (one, code, VERIFIED[kind]): as_cell(value)
        for one, answers in verified.items()
        for (code, kind), value in answers.items()
        if random.random() < 0.5
    }
    reasons = {(one, code, "reason"): "Thẩm định lại" for one, code, _ in typed}
    fill(path, {**typed, **reasons})
    all_recalculated([path], tmp_path / "again")
    again = tmp_path / "again" / path.name
    found = appraised(again, of=few, sent=sent)
    assert codes(found.findings) == []
    assert sum(len(verdict.inputs) for verdict in found.verdicts.values()) == len(typed)
    sheet, cells = openpyxl.load_workbook(again, data_only=True)[SHEET], cells_of(again)
    counted = {one.unit: one for one in outcome_with(found, few, sent).submissions}
    for one in few.units:
        for leaf in LEAVES.values():
            if InputKind.FIRST in scored_by(leaf):
                shown = sheet[cells[one.code, leaf.code, "verified_score"]].value
                if (one.code, leaf.code) not in found.verdicts:
                    assert shown is None
                    continue
                assert shown == expected(leaf, counted[one.code]), (one.code, leaf.code)


def expected(leaf: Criterion, counted: Submission) -> Any:
    """What the cell of computed points shows: those of the program, a word, or nothing where they cannot be."""
    answer = answer_of(leaf, counted.values)
    first, second = answer.first, answer.second
    if isinstance(first, Decimal) and second is not None:
        is_impossible = first > second if leaf.rule is Rule.RATIO else bool(first) and not second
        if is_impossible or (not second and leaf.on_zero is ZeroRule.ERROR):
            return None
    if leaf.rule is Rule.RELATIVE and second != 0:
        return Words()("form.when_all_are_in")
    points = leaf_points(leaf, answer, 2, Fraction(1))
    return Words()("not_assessed") if points is None else pytest.approx(float(points), abs=1e-9)


@NEEDS_LIBREOFFICE
def test_a_reason_turns_red_where_the_program_would_miss_it(tmp_path: Path) -> None:
    """The formula of the conditional format, put into cells of its own and recalculated."""
    sent = (handed_in("u1", OWN_1 | {"1": "bốn rưỡi"}), SENT[1])
    typed: Typed = {
        ("u1", "1", "verified_score"): 4,
        ("u1", "2", "verified_first"): 30,
        ("u1", "3", "verified_first"): "Không",
        ("u1", "4", "verified_score"): 2,
        ("u2", "1", "verified_score"): 2,
        ("u2", "1", "reason"): "Chậm",
        ("u2", "2", "verified_second"): 50,
        ("u2", "3", "verified_first"): "Không",
    }
    path = fill(written(tmp_path, sent=sent), typed)
    cells = cells_of(path)
    workbook = openpyxl.load_workbook(path)
    sheet = workbook[SHEET]
    (area,) = sheet.conditional_formatting
    (rule,) = area.rules
    reasons = {place: cell for place, cell in cells.items() if place[2] == "reason"}
    assert {row[0].coordinate for row in sheet[str(area.sqref)]} == set(reasons.values())
    first = str(area.sqref).partition(":")[0]
    for cell in reasons.values():
        sheet[f"Z{sheet[cell].row}"].value = Translator(f"={rule.formula[0]}", first).translate_formula(cell)
    workbook.save(path)
    all_recalculated([path], tmp_path / "again")
    again = openpyxl.load_workbook(tmp_path / "again" / path.name, data_only=True)[SHEET]
    red = {cell for cell in reasons.values() if again[f"Z{again[cell].row}"].value}
    found = appraised(path, sent=sent)
    assert red == {f.where.cell for f in found.findings if f.code == "verified_without_reason"}
    assert red == {cells[one, code, "reason"] for one, code in (("u1", "1"), ("u1", "3"), ("u2", "2"))}


@NEEDS_LIBREOFFICE
@pytest.mark.parametrize("suffix", ["xlsx", "ods", "xls"])
def test_a_workbook_filled_in_with_libreoffice_is_read(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path)
    cells = cells_of(path)
    typed: dict[tuple[str, str, str], float | str] = {
        ("u1", "1", "verified_score"): 4.25,
        ("u1", "1", "reason"): "Ban hành chậm",
        ("u1", "2", "verified_first"): 20,
        ("u1", "2", "reason"): "Đếm lại",
        ("u2", "3", "verified_first"): "Có",
        ("u2", "3", "reason"): "Đã có trang",
        ("u2", "4", "verified_score"): 0,
    }
    saved = filled(path, {cells[place]: value for place, value in typed.items()}, tmp_path / "saved", SHEET, suffix)
    found = appraised(saved)
    assert [code for code in codes(found.findings) if code != "file_values_only"] == []
    assert values(found) == {
        ("u1", "1"): {SCORE: Decimal("4.25")},
        ("u1", "2"): {FIRST: Decimal(20)},
        ("u2", "3"): {FIRST: YesNo.YES},
        ("u2", "4"): {SCORE: Decimal(0)},
    }
    book = read_book(saved.read_bytes(), saved.name, ROUND.limits)
    assert isinstance(book, Book)
    if suffix != "xls":
        sheet = openpyxl.load_workbook(saved, data_only=True)[SHEET] if suffix == "xlsx" else None
        assert sheet is None or sheet[cells["u1", "2", "verified_score"]].value == 5


@NEEDS_LIBREOFFICE
def test_the_sample_round_goes_to_the_appraisers_and_back_through_libreoffice(sample: RoundFolder) -> None:
    before = outcome_of(sample)
    paths = write_appraisal(sample, before, Words())
    chosen: dict[tuple[str, str], Decimal] = {}
    for path in paths:
        cells = cells_of(path)
        for one, code, name in sorted(cells)[::97]:
            if (one, code, "verified_score") in cells and name:
                chosen[one, code] = Decimal("0.5")
        typed = {cells[one, code, "verified_score"]: 0.5 for one, code in chosen if (one, code, "reason") in cells}
        reasons = {
            cells[one, code, "reason"]: "Thẩm định lại" for one, code in chosen if (one, code, "reason") in cells
        }
        filled(path, {**typed, **reasons}, sample.appraisal, SHEET, "ods" if path.stem == "huyen" else "xlsx")
    after = outcome_of(sample)
    assert codes(after.appraisal.findings) == []
    assert {key: verdict.inputs[0].value for key, verdict in after.appraisal.verdicts.items()} == chosen
    for block, frame in after.points.items():
        for one in frame.index:
            for code in (leaf.code for leaf in after.assessment.assessed_leaves(after.assessment.unit_by_code[one])):
                assert frame.loc[one, code] == chosen.get((one, code), before.points[block].loc[one, code])


def test_every_rule_has_a_row_that_can_be_verified() -> None:
    (book,) = books(replace(ALL, units=UNITS[:1]), [handed_in("u0", randomly(Random(1), all_zero=False))])
    assert {line.leaf.rule for line in book.lines} == set(Rule)
    assert len(book.lines) == len(LEAVES) == len({leaf.code for leaf in every_leaf()}) + 21
