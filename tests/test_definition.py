"""The definition workbook, read and checked: a mistake is told once, at its cell, and all mistakes in one pass."""

from __future__ import annotations

import csv
import shutil
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cqdt_batch.cells import Book, Content, Covered, ErrorValue, Formula, Grid, Masked, Percent
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.loading import Definition, load
from cqdt_batch.definition.records import (
    AnnexTable,
    Block,
    Column,
    ColumnKind,
    Criterion,
    Exemption,
    Limits,
    Orientation,
    Profile,
    RankBasis,
    Rule,
    Section,
    TieRule,
    Treatment,
    Unit,
)
from cqdt_batch.definition.sheets import SHEETS, YesNo, choice_key
from cqdt_batch.findings import Finding, Term, has_errors
from cqdt_batch.intake.reading import read_book
from cqdt_batch.messages import Language, Words, catalogue
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.running import read_definition
from cqdt_batch.pipeline.writing import start_round
from cqdt_batch.publishing.definition_book import definition_sheets
from cqdt_batch.publishing.writer import write_workbook
from samples.filling import define, rows, sources
from tests.books import (
    PROFILE,
    Change,
    Told,
    added,
    cell,
    everywhere,
    item,
    item_renamed,
    sheet_renamed,
    told,
    with_content,
    with_sheet,
    without_column,
    without_row,
    without_rows,
    without_sheet,
)
from tests.rounds import SAMPLE


@cache
def sample_book() -> Book:
    book = read_book(SAMPLE.definition.read_bytes(), SAMPLE.definition.name, Limits())
    assert isinstance(book, Book)
    return book


def changed(*changes: Change) -> Book:
    """The sample with some changes."""
    book = sample_book()
    for change in changes:
        book = change(book)
    return book


# ---------------------------------------------------------------- the sample says what its sources say


def source(name: str) -> list[tuple[int, dict[str, str]]]:
    """The rows of a table of `nguon/`, each with its row in the workbook."""
    with (SAMPLE.path / "nguon" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(enumerate(csv.DictReader(file), 2))


def test_the_sample_loads_without_findings(assessment: Assessment) -> None:
    assert load(sample_book()) == Definition(
        assessment=assessment, findings=(), layout=Layout(file=SAMPLE.definition.name)
    )
    counts = {
        "blocks": len(assessment.blocks),
        "units": len(assessment.units),
        "criteria": len(assessment.criteria),
        "exemptions": len(assessment.exemptions),
        "tables": len(assessment.tables),
        "sections": len(assessment.sections),
        "columns": len(assessment.columns),
    }
    assert counts == {
        "blocks": 2,
        "units": 30,
        "criteria": 96,
        "exemptions": 1,
        "tables": 6,
        "sections": 8,
        "columns": 40,
    }


def test_the_profile_is_what_the_source_says(assessment: Assessment) -> None:
    texts: dict[str, Any] = {row["field"]: row["value"] for _, row in source("profile")}
    assert assessment.profile == Profile(**{**texts, "year": int(texts["year"])})
    assert assessment.profile.year == 2020
    assert assessment.profile.decision_month == "12"
    assert assessment.profile.decision_number == ""


def test_the_blocks_are_what_the_source_says(assessment: Assessment) -> None:
    assert assessment.blocks == tuple(
        Block(
            code=text["code"],
            name=text["name"],
            decimals=int(text["decimals"]),
            input_decimals=int(text["input_decimals"]),
            ties=TieRule(text["ties"]),
            basis=RankBasis(text["basis"]),
            treatment=Treatment(text["treatment"]),
            row=row,
        )
        for row, text in source("blocks")
    )


def test_the_units_are_what_the_source_says(assessment: Assessment) -> None:
    assert assessment.units == tuple(
        Unit(
            code=text["code"],
            name=text["name"],
            printed_name=text["printed_name"],
            other_names=tuple(text["other_names"].split("; ")) if text["other_names"] else (),
            block=text["block"],
            group=text["group"],
            row=row,
        )
        for row, text in source("units")
    )
    assert assessment.units[5] == Unit(
        code="so-thong-tin-va-truyen-thong",
        name="Sở Thông tin và Truyền thông",
        printed_name="Sở Thông tin và Truyền thông",
        other_names=("Sở TTTT", "Sở TT&TT"),
        block="so-nganh",
        group="co-dich-vu-cong",
        row=7,
    )


def test_the_criteria_are_what_the_source_says(assessment: Assessment) -> None:
    assert assessment.criteria == tuple(
        Criterion(
            block=text["block"],
            code=text["code"],
            parent=text["parent"],
            label=text["label"],
            max_score=Decimal(text["max_score"]) if text["max_score"] else None,
            rule=Rule(text["rule"]) if text["rule"] else None,
            evidence_required=text["evidence_required"] == "yes",
            evidence=text["evidence"],
            row=row,
        )
        for row, text in source("criteria")
    )
    assert assessment.criteria[11] == Criterion(
        block="so-nganh",
        code="1.2.3",
        parent="1.2",
        label="Cán bộ chuyên trách hoặc phụ trách CNTT được tập huấn về CNTT, an toàn thông tin trong năm",
        max_score=Decimal(1),
        rule=Rule.POINTS,
        evidence_required=True,
        evidence="Giấy mời, danh sách tham dự hoặc giấy chứng nhận tập huấn",
        row=13,
    )


def test_the_exemptions_are_what_the_source_says(assessment: Assessment) -> None:
    assert assessment.exemptions == (
        Exemption(
            block="so-nganh",
            group="khong-dich-vu-cong",
            unit="",
            criterion="2.3",
            reason="Cơ quan không có hạng mục cung cấp dịch vụ công",
            row=2,
        ),
    )


def test_the_tables_are_what_the_source_says(assessment: Assessment) -> None:
    assert assessment.tables == tuple(
        AnnexTable(
            code=text["code"],
            block=text["block"],
            title=text["title"],
            criterion=text["criterion"],
            headed=text["headed"] == "yes",
            orientation=Orientation(text["orientation"]),
            row=row,
        )
        for row, text in source("tables")
    )


def test_the_sections_are_what_the_source_says(assessment: Assessment) -> None:
    assert assessment.sections == tuple(
        Section(
            table=text["table"],
            groups=tuple(text["groups"].split("; ")) if text["groups"] else (),
            title=text["title"],
            ranked=text["ranked"] == "yes",
            restarts=text["restarts"] == "yes",
            row=row,
        )
        for row, text in source("sections")
    )


def test_the_columns_are_what_the_source_says(assessment: Assessment) -> None:
    assert assessment.columns == tuple(
        Column(
            table=text["table"],
            kind=ColumnKind(text["kind"]),
            criterion=text["criterion"],
            label=text["label"],
            spanners=tuple(filter(None, (text["spanners"],))),
            number=text["number"],
            width=Decimal(text["width"]),
            row=row,
        )
        for row, text in source("columns")
    )


# ---------------------------------------------------------------- one mistake, its findings

NEW_BLOCK: Mapping[str, Content] = {
    "Mã khối": "xa",
    "Tên khối": "Các xã",
    "Số thập phân công bố": Decimal(1),
    "Số thập phân khi nhập": Decimal(2),
    "Khi bằng điểm": "Liền bậc 1-2-2-3",
    "Xếp hạng theo": "Điểm công bố",
    "Đơn vị không được đánh giá đủ": "Không xếp hạng",
}
NEW_UNIT: Mapping[str, Content] = {
    "Mã đơn vị": "xa-tan-lap",
    "Tên đơn vị": "Ủy ban nhân dân xã Tân Lập",
    "Tên in trong biểu": "UBND xã Tân Lập",
    "Khối": "xa",
}
NEW_CRITERION: Mapping[str, Content] = {
    "Khối": "xa",
    "Mã tiêu chí": "CQDT",
    "Tên tiêu chí": "Chỉ số",
    "Điểm tối đa": Decimal(10),
    "Cách chấm": "Nhập điểm",
}
NEW_TABLE: Mapping[str, Content] = {
    "Mã biểu": "III",
    "Khối": "huyen",
    "Tên biểu": "III. CHỈ SỐ",
    "Tiêu chí xếp hạng": "CQDT",
    "In tên phụ lục": "Không",
    "Hướng giấy": "Ngang",
}
NEW_SECTION: Mapping[str, Content] = {"Mã biểu": "III", "Có xếp hạng": "Có", "Đánh số lại từ 1": "Có"}
NEW_UNIT_COLUMN: Mapping[str, Content] = {
    "Mã biểu": "III",
    "Loại cột": "Đơn vị",
    "Tiêu đề cột": "Đơn vị",
    "Độ rộng": Decimal(30),
}
NEW_TOTAL_COLUMN: Mapping[str, Content] = {**NEW_UNIT_COLUMN, "Loại cột": "Tổng điểm", "Tiêu đề cột": "Tổng điểm"}

LEAF: dict[str, Content] = {"Điểm tối đa": Decimal(1), "Cách chấm": "Nhập điểm"}

HALF = Decimal("0.5")
RATIO: Mapping[str, Content] = {"Cách chấm": "Tỷ lệ", "Tên số liệu a": "Số máy tính", "Tên số liệu b": "Số cán bộ"}
TARGET: Mapping[str, Content] = {**RATIO, "Cách chấm": "Tỷ lệ so với mục tiêu", "Mục tiêu": Decimal(80)}
STEPS: Mapping[str, Content] = {"Cách chấm": "Bậc thang", "Tên số liệu a": "Số máy tính", "Mức điểm": "98: 2; 95,5: 1"}
CASES: Mapping[str, Content] = {"Cách chấm": "Chọn trường hợp", "Mức điểm": "Đầy đủ: 2; Một phần: 1; Chưa có: 0"}
COUNT: Mapping[str, Content] = {
    "Cách chấm": "Số lượng nhân điểm",
    "Tên số liệu a": "Số hệ thống",
    "Điểm mỗi mục": HALF,
}
GIVEN: Mapping[str, Content] = {"Cách chấm": "Cơ quan thẩm định chấm"}


def leaf(cells: Mapping[str, Content], row: int = 5) -> Change:
    """Fill in the row of a leaf: 1.1.1, whose maximum is 2, of a block that takes two decimals."""
    return added("Tiêu chí", row, cells)


def levels(text: str, cells: Mapping[str, Content] = STEPS) -> Change:
    return leaf({**cells, "Mức điểm": text})


def mean(row: int, *children: int) -> list[Change]:
    """Make a criterion a weighted mean of others."""
    weights = [cell("Tiêu chí", "Trọng số", child, Decimal(1)) for child in children]
    return [cell("Tiêu chí", "Cách gộp", row, "Trung bình có trọng số"), *weights]


def grade(row: int, least: int, label: str, basis: str = "Tỷ lệ % điểm tối đa", block: str = "so-nganh") -> Change:
    cells: dict[str, Content] = {"Khối": block, "Tính theo": basis, "Từ": Decimal(least), "Xếp loại": label}
    return added("Xếp loại", row, cells)


MANY = [
    *(cell("Tiêu chí", "Trọng số", row, Decimal(1)) for row in (33, 34)),
    *(
        added(
            "Tiêu chí",
            200 + number,
            {
                "Khối": "so-nganh",
                "Mã tiêu chí": f"z{number}",
                "Mã cấp trên": "2.2.3",
                "Tên tiêu chí": f"Tiêu chí {number}",
                "Điểm tối đa": Decimal(4),
                "Cách chấm": "Nhập điểm",
                "Trọng số": Decimal(1),
            },
        )
        for number in range(99)
    ),
]
"""With them criterion 2.2.3 has 101 children."""

GRADES = [grade(2, 80, "Tốt"), grade(3, 50, "Khá"), grade(4, 0, "Trung bình")]


def given_points(row: int, points: str, criterion: str = "1.1.1", unit: str = "so-y-te") -> Change:
    cells: dict[str, Content] = {"Mã đơn vị": unit, "Mã tiêu chí": criterion, "Điểm": Decimal(points)}
    return added("Điểm thẩm định chấm", row, cells)


def part(row: int, code: str | None, criteria: str, block: str = "so-nganh") -> Change:
    cells: dict[str, Content | None] = {"Mã phần": code, "Khối": block, "Tiêu chí": criteria or None}
    return added("Phần thẩm định", row, {header: content for header, content in cells.items() if content})


def correction(  # noqa: PLR0913, PLR0917 - a row of the register
    row: int,
    old: Content | int | None,
    new: Content | int,
    criterion: str = "1.1.1",
    unit: str = "so-y-te",
    day: Content = "15/12/2020",
) -> Change:
    """Add an entry to the register; texts that are numbers are."""
    cells = {
        "Đơn vị": unit,
        "Tiêu chí": criterion,
        "Điểm cũ": _number(old),
        "Điểm mới": _number(new),
        "Lý do": "Bổ sung minh chứng",
        "Người điều chỉnh": "Nguyễn Văn An",
        "Ngày điều chỉnh": day,
        "Văn bản": "Công văn số 12/STTTT",
    }
    return added("Điều chỉnh", row, {header: content for header, content in cells.items() if content is not None})


def _number(content: Content | int | None) -> Content | None:
    if isinstance(content, int) or (isinstance(content, str) and content.lstrip("-").replace(".", "").isdigit()):
        return Decimal(content)
    return content


def past(row: int, total: int, cells: Mapping[str, Content], unit: str = "so-y-te") -> Change:
    return added("Năm trước", row, {"Mã đơn vị": unit, "Tổng điểm": Decimal(total), **cells})


def column(row: int, kind: str, cells: Mapping[str, Content], table: str = "I") -> Change:
    """Add a column to a table."""
    fixed: dict[str, Content] = {"Mã biểu": table, "Loại cột": kind, "Tiêu đề cột": kind, "Độ rộng": Decimal(10)}
    return added("Cột", row, {**fixed, **cells})


SUMMARY: list[Change] = [
    *GRADES,
    added("Biểu", 8, {**NEW_TABLE, "Khối": "so-nganh", "Nội dung": "Thống kê xếp loại"}),
    added("Mục", 10, NEW_SECTION),
    column(42, "Xếp loại", {}, "III"),
    column(43, "Số đơn vị", {}, "III"),
]
"""A summary of the grades of departments."""


def treated(treatment: str) -> Change:
    """Let the departments not assessed on everything be treated otherwise."""
    return cell("Khối", "Đơn vị không được đánh giá đủ", 2, treatment)


OWN_SCALE = treated("Thang điểm riêng, xếp hạng riêng")
CONVERTED = treated("Quy đổi về thang điểm đầy đủ")
PERCENT = treated("Theo tỷ lệ % điểm tối đa áp dụng")
ORDINAL = cell("Khối", "Khi bằng điểm", 2, "Theo tiêu chí phụ 1-2-3-4")

MISTAKES: dict[str, tuple[list[Change], Told]] = {
    # sheets and columns
    "a sheet is missing": (
        [without_sheet("Khối")],
        [("definition_sheet_missing", "", "")],
    ),
    "a sheet has another name": (
        [sheet_renamed("Cột", "Các cột")],
        [("definition_sheet_missing", "", ""), ("definition_unread_sheet", "Các cột", "")],
    ),
    "the sheet of exemptions, though it may be empty, has another name": (
        [sheet_renamed("Không đánh giá", "Miễn")],
        [("definition_sheet_missing", "", ""), ("definition_unread_sheet", "Miễn", "")],
    ),
    "a sheet of notes": (
        [with_sheet("Nháp", {3: {2: "hỏi lại Sở Nội vụ"}})],
        [("definition_unread_sheet", "Nháp", "")],
    ),
    "a sheet in both languages": (
        [with_sheet("Units", {1: {1: "Unit code"}})],
        [("definition_unread_sheet", "Units", "")],
    ),
    "a column is missing": (
        [without_column("Biểu", "Tên biểu")],
        [("definition_column_missing", "Biểu", "1")],
    ),
    "a column has another name": (
        [cell("Đơn vị", "Tên in trong biểu", 1, "Tên in")],
        [("definition_column_missing", "Đơn vị", "1"), ("definition_unread_column", "Đơn vị", "C1")],
    ),
    "two columns are missing": (
        [without_column("Biểu", "Tên biểu"), without_column("Biểu", "Hướng giấy")],
        [("definition_column_missing", "Biểu", "1"), ("definition_column_missing", "Biểu", "1")],
    ),
    "a dispensable column has another name": (
        [cell("Đơn vị", "Tên gọi khác", 1, "Biệt danh")],
        [("definition_unread_column", "Đơn vị", "D1")],
    ),
    "a column of remarks": (
        [lambda book: with_content(book, "Đơn vị", 1, 9, "Người liên hệ")],
        [("definition_unread_column", "Đơn vị", "I1")],
    ),
    "a column stands there twice": (
        [lambda book: with_content(book, "Đơn vị", 1, 9, "Nhóm")],
        [("definition_unread_column", "Đơn vị", "I1")],
    ),
    "an item of the upright sheet is missing": (
        [without_row(PROFILE, 4)],
        [("definition_column_missing", PROFILE, "1")],
    ),
    "a dispensable item is missing": (
        [without_row(PROFILE, 19)],
        [],
    ),
    "an item of the upright sheet has another name": (
        [item_renamed("Năm đánh giá", "Năm nay")],
        [("definition_column_missing", PROFILE, "1"), ("definition_unread_column", PROFILE, "A4")],
    ),
    "an item of the upright sheet stands there twice": (
        [lambda book: with_content(book, PROFILE, 21, 1, "Mã đợt")],
        [("definition_unread_column", PROFILE, "A21")],
    ),
    # what a cell may hold
    "a required cell is empty": (
        [cell("Đơn vị", "Tên in trong biểu", 5, None)],
        [("definition_blank", "Đơn vị", "C5")],
    ),
    "a required item is empty": (
        [item("Cơ quan thẩm định", None)],
        [("definition_blank", PROFILE, "B7")],
    ),
    "a formula": (
        [cell("Tiêu chí", "Tên tiêu chí", 5, Formula("=D6"))],
        [("definition_formula", "Tiêu chí", "D5")],
    ),
    "a value under a merged cell": (
        [cell("Tiêu chí", "Điểm tối đa", 5, Covered("2"))],
        [("definition_covered", "Tiêu chí", "E5")],
    ),
    "a maximum whose digits the cell hides is read in full": (
        [cell("Tiêu chí", "Điểm tối đa", 5, Masked(Decimal("2.005")))],
        [("definition_maximum_too_fine", "Tiêu chí", "E5")],
    ),
    "an error value": (
        [cell("Tiêu chí", "Điểm tối đa", 5, ErrorValue("#DIV/0!"))],
        [("definition_formula", "Tiêu chí", "E5")],
    ),
    "a formula in an item": (
        [item("Ghi chú", Formula("=TODAY()"))],
        [("definition_formula", PROFILE, "B19")],
    ),
    "a number typed as text": (
        [cell("Tiêu chí", "Điểm tối đa", 5, "2,0")],
        [("definition_not_a_number", "Tiêu chí", "E5")],
    ),
    "TRUE for a number": (
        [cell("Tiêu chí", "Điểm tối đa", 5, True)],
        [("definition_not_a_number", "Tiêu chí", "E5")],
    ),
    "a date for a number": (
        [cell("Cột", "Độ rộng", 2, date(2020, 12, 6))],
        [("definition_not_a_number", "Cột", "G2")],
    ),
    "a year of two digits": (
        [item("Năm đánh giá", Decimal(20))],
        [("definition_number_outside", PROFILE, "B4")],
    ),
    "a width of nothing": (
        [cell("Cột", "Độ rộng", 2, Decimal(0))],
        [("definition_number_outside", "Cột", "G2")],
    ),
    "a maximum below zero": (
        [cell("Tiêu chí", "Điểm tối đa", 5, Decimal(-2))],
        [("definition_number_outside", "Tiêu chí", "E5")],
    ),
    "half a year": (
        [item("Năm đánh giá", Decimal("2020.5"))],
        [("definition_not_whole", PROFILE, "B4")],
    ),
    "a group that Excel made a number": (
        [cell("Đơn vị", "Nhóm", 4, Decimal("1.1"))],
        [("definition_code_not_text", "Đơn vị", "F4")],
    ),
    "a parent that Excel made a date": (
        [cell("Tiêu chí", "Mã cấp trên", 4, date(2020, 1, 1))],
        [("definition_code_not_text", "Tiêu chí", "C4")],
    ),
    "a table's code that Excel made a number, wherever it is used": (
        [everywhere("I.1", Decimal("1.1"))],
        [
            ("definition_code_not_text", "Biểu", "A3"),
            ("definition_code_not_text", "Mục", "A4"),
            *[("definition_code_not_text", "Cột", f"A{row}") for row in range(8, 15)],
        ],
    ),
    "a column number that Excel made negative": (
        [cell("Cột", "Số cột", 2, Decimal(-1))],
        [("definition_number_for_text", "Cột", "F2")],
    ),
    "a word that is no choice": (
        [cell("Cột", "Loại cột", 4, "Điểm")],
        [("definition_not_a_choice", "Cột", "B4")],
    ),
    "neither yes nor no": (
        [cell("Biểu", "In tên phụ lục", 2, "x")],
        [("definition_not_a_choice", "Biểu", "E2")],
    ),
    # codes
    "a unit's code with spaces and marks": (
        [cell("Đơn vị", "Mã đơn vị", 4, "Sở Y tế")],
        [("definition_code_not_plain", "Đơn vị", "A4")],
    ),
    "a unit's code of 41 letters": (
        [cell("Đơn vị", "Mã đơn vị", 4, "s" * 41)],
        [("definition_code_not_plain", "Đơn vị", "A4")],
    ),
    "a round's code that leads out of the folder": (
        [item("Mã đợt", "../2020")],
        [("definition_code_not_plain", PROFILE, "B2")],
    ),
    "a block's code with marks, wherever it is used": (
        [everywhere("huyen", "huyện")],
        [("definition_code_not_plain", "Khối", "A3")],
    ),
    "two units have one code": (
        [cell("Đơn vị", "Mã đơn vị", 5, "SO-Y-TE")],
        [("definition_repeated", "Đơn vị", "A5")],
    ),
    "two criteria of a block have one code": (
        [cell("Tiêu chí", "Mã tiêu chí", 6, "1.1.1")],
        [("definition_repeated", "Tiêu chí", "B6")],
    ),
    "two tables have one code": (
        [added("Biểu", 8, {**NEW_TABLE, "Mã biểu": "ii.2"})],
        [("definition_repeated", "Biểu", "A8")],
    ),
    "a table's code that no sheet can have": (
        [everywhere("I.2", "I/2")],
        [("definition_sheet_name", "Biểu", "A4")],
    ),
    "a table's code of 32 letters": (
        [everywhere("I.2", "I" * 32)],
        [("definition_sheet_name", "Biểu", "A4")],
    ),
    "a table's code that another sheet has": (
        [everywhere("I.2", "điểm HUYEN")],
        [("definition_sheet_name", "Biểu", "A4")],
    ),
    # references
    "a unit's block is unknown": (
        [cell("Đơn vị", "Khối", 5, "so nganh")],
        [("definition_unknown_block", "Đơn vị", "E5")],
    ),
    "a leaf's block is unknown": (
        [cell("Tiêu chí", "Khối", 5, "so nganh")],
        [("definition_unknown_block", "Tiêu chí", "A5")],
    ),
    "an inner criterion's block is unknown": (
        [cell("Tiêu chí", "Khối", 4, "so nganh")],
        [("definition_unknown_block", "Tiêu chí", "A4")],
    ),
    "a table's block is unknown": (
        [cell("Biểu", "Khối", 2, "so nganh")],
        [("definition_unknown_block", "Biểu", "B2")],
    ),
    "an exemption's block is unknown": (
        [cell("Không đánh giá", "Khối", 2, "so nganh")],
        [("definition_unknown_block", "Không đánh giá", "A2")],
    ),
    "an exemption's block is empty": (
        [cell("Không đánh giá", "Khối", 2, None)],
        [("definition_blank", "Không đánh giá", "A2")],
    ),
    "a parent is unknown": (
        [cell("Tiêu chí", "Mã cấp trên", 5, "1.9")],
        [("definition_unknown_parent", "Tiêu chí", "C5")],
    ),
    "a parent of another block": (
        [cell("Tiêu chí", "Mã cấp trên", 61, "2.2.3.1")],
        [("definition_unknown_parent", "Tiêu chí", "C61")],
    ),
    "two criteria are each other's parent": (
        [cell("Tiêu chí", "Mã cấp trên", 32, "2.2.3.1")],
        [("definition_cycle", "Tiêu chí", "C32"), ("definition_cycle", "Tiêu chí", "C33")],
    ),
    "a criterion is its own parent": (
        [cell("Tiêu chí", "Mã cấp trên", 4, "1.1")],
        [("definition_cycle", "Tiêu chí", "C4")],
    ),
    "the composite index is below one of its criteria": (
        [cell("Tiêu chí", "Mã cấp trên", 2, "1")],
        [("definition_cycle", "Tiêu chí", "C2"), ("definition_cycle", "Tiêu chí", "C3")],
    ),
    "a block has no criteria": (
        [added("Khối", 4, NEW_BLOCK), added("Đơn vị", 32, NEW_UNIT)],
        [("definition_no_root", "Khối", "A4")],
    ),
    "a block has no table": (
        [
            added("Khối", 4, NEW_BLOCK),
            added("Đơn vị", 32, NEW_UNIT),
            added("Tiêu chí", 98, {"Khối": "xa", "Mã tiêu chí": "T", "Tên tiêu chí": "T", **LEAF}),
        ],
        [("definition_block_without_tables", "Khối", "A4")],
    ),
    "a parent column filled down": (
        [
            added("Tiêu chí", 98 + n, {"Khối": "huyen", "Mã tiêu chí": f"s{n}", "Tên tiêu chí": "S", **below, **leaf})
            for n in range(1_200)
            for below in [{"Mã cấp trên": f"s{n - 1}" if n else "CQDT"}]
            for leaf in [LEAF if n == 1_199 else {}]
        ],
        [("definition_too_deep", "Tiêu chí", "C118")],
    ),
    "a second criterion without a parent": (
        [cell("Tiêu chí", "Mã cấp trên", 22, None)],
        [("definition_second_root", "Tiêu chí", "C22")],
    ),
    "a table ranks an unknown criterion": (
        [cell("Biểu", "Tiêu chí xếp hạng", 3, "9")],
        [("definition_unknown_criterion", "Biểu", "D3")],
    ),
    "a column shows an unknown criterion": (
        [cell("Cột", "Mã tiêu chí", 4, "9")],
        [("definition_unknown_criterion", "Cột", "C4")],
    ),
    "a column of points names no criterion": (
        [cell("Cột", "Mã tiêu chí", 4, None)],
        [("definition_blank", "Cột", "C4")],
    ),
    "an exemption from an unknown criterion": (
        [cell("Không đánh giá", "Mã tiêu chí", 2, "2.4")],
        [("definition_unknown_criterion", "Không đánh giá", "D2")],
    ),
    "a column's table is unknown": (
        [cell("Cột", "Mã biểu", 2, "IV")],
        [("definition_unknown_table", "Cột", "A2")],
    ),
    "a section's table is unknown": (
        [cell("Mục", "Mã biểu", 2, "IV")],
        [("definition_unknown_table", "Mục", "A2")],
    ),
    "an exemption of an unknown unit": (
        [cell("Không đánh giá", "Nhóm", 2, None), cell("Không đánh giá", "Mã đơn vị", 2, "so-y-te-2")],
        [("definition_unknown_unit", "Không đánh giá", "C2")],
    ),
    "an exemption of a unit of another block": (
        [cell("Không đánh giá", "Nhóm", 2, None), cell("Không đánh giá", "Mã đơn vị", 2, "huyen-lac-son")],
        [("definition_unknown_unit", "Không đánh giá", "C2")],
    ),
    "an exemption of an unknown group": (
        [cell("Không đánh giá", "Nhóm", 2, "khong-dvc")],
        [("definition_unknown_group", "Không đánh giá", "B2")],
    ),
    "a section of an unknown group": (
        [cell("Mục", "Nhóm", 2, "co-dvc")],
        [("definition_unknown_group", "Mục", "B2")],
    ),
    "an exemption of a unit and a group": (
        [cell("Không đánh giá", "Mã đơn vị", 2, "so-y-te")],
        [("definition_exemption_for_whom", "Không đánh giá", "C2")],
    ),
    "an exemption of nobody": (
        [cell("Không đánh giá", "Nhóm", 2, None)],
        [("definition_exemption_for_whom", "Không đánh giá", "C2")],
    ),
    "a number column names a criterion": (
        [cell("Cột", "Mã tiêu chí", 2, "1")],
        [("definition_column_without_points", "Cột", "C2")],
    ),
    "the unit column names a criterion": (
        [cell("Cột", "Mã tiêu chí", 3, "1")],
        [("definition_column_without_points", "Cột", "C3")],
    ),
    "a place that nobody fills in the reference line": (
        [item("Dòng dẫn chiếu", "(Kèm theo Quyết định số {so} ngày {ngay_ky})")],
        [("definition_placeholder", PROFILE, "B11")],
    ),
    "a brace that nobody closes in the reference line": (
        [item("Dòng dẫn chiếu", "(Kèm theo Quyết định số {so")],
        [("definition_placeholder", PROFILE, "B11")],
    ),
    "a format in the reference line": (
        [item("Dòng dẫn chiếu", "(Kèm theo Quyết định số {so:d})")],
        [("definition_placeholder", PROFILE, "B11")],
    ),
    "a format in braces in the reference line": (
        [item("Dòng dẫn chiếu", "(Kèm theo Quyết định số {so:{rong}})")],
        [("definition_placeholder", PROFILE, "B11")],
    ),
    "a conversion in the reference line": (
        [item("Dòng dẫn chiếu", "(Kèm theo Quyết định số {so!x})")],
        [("definition_placeholder", PROFILE, "B11")],
    ),
    # sense
    "two units have one name": (
        [cell("Đơn vị", "Tên in trong biểu", 5, "SỞ  Y TẾ")],
        [("definition_same_name", "Đơn vị", "C5")],
    ),
    "another name of a unit is a name of another": (
        [cell("Đơn vị", "Tên gọi khác", 5, "Sở XD; Sở Y tế")],
        [("definition_same_name", "Đơn vị", "D5")],
    ),
    "an inner criterion has a maximum": (
        [cell("Tiêu chí", "Điểm tối đa", 4, Decimal(9))],
        [("definition_inner_scored", "Tiêu chí", "E4")],
    ),
    "an inner criterion has a rule": (
        [cell("Tiêu chí", "Cách chấm", 4, "Nhập điểm")],
        [("definition_inner_scored", "Tiêu chí", "F4")],
    ),
    "an inner criterion has a maximum and a rule": (
        [cell("Tiêu chí", "Điểm tối đa", 4, Decimal(9)), cell("Tiêu chí", "Cách chấm", 4, "Nhập điểm")],
        [("definition_inner_scored", "Tiêu chí", "E4"), ("definition_inner_scored", "Tiêu chí", "F4")],
    ),
    "a leaf has no maximum": (
        [cell("Tiêu chí", "Điểm tối đa", 5, None)],
        [("definition_leaf_without_maximum", "Tiêu chí", "E5")],
    ),
    "a leaf has a maximum of nothing": (
        [cell("Tiêu chí", "Điểm tối đa", 5, Decimal(0))],
        [("definition_leaf_without_maximum", "Tiêu chí", "E5")],
    ),
    "a leaf has no rule": (
        [cell("Tiêu chí", "Cách chấm", 5, None)],
        [("definition_leaf_without_rule", "Tiêu chí", "F5")],
    ),
    "a leaf has no maximum and no rule": (
        [cell("Tiêu chí", "Điểm tối đa", 5, None), cell("Tiêu chí", "Cách chấm", 5, None)],
        [("definition_leaf_without_maximum", "Tiêu chí", "E5"), ("definition_leaf_without_rule", "Tiêu chí", "F5")],
    ),
    "a maximum has three decimals where two may be typed": (
        [cell("Tiêu chí", "Điểm tối đa", 5, Decimal("2.005"))],
        [("definition_maximum_too_fine", "Tiêu chí", "E5")],
    ),
    "more decimals are published than may be typed": (
        [cell("Khối", "Số thập phân công bố", 2, Decimal(3))],
        [("definition_input_decimals", "Khối", "D2")],
    ),
    "no decimals may be typed and one is published": (
        [cell("Khối", "Số thập phân khi nhập", 2, Decimal(0))],
        [("definition_input_decimals", "Khối", "D2")],
    ),
    "a block has no units": (
        [added("Khối", 4, NEW_BLOCK), added("Tiêu chí", 98, NEW_CRITERION)],
        [("definition_block_without_units", "Khối", "A4")],
    ),
    "a table has no columns": (
        [added("Biểu", 8, NEW_TABLE), added("Mục", 10, NEW_SECTION)],
        [("definition_table_without_columns", "Biểu", "A8")],
    ),
    "a table has no sections": (
        [added("Biểu", 8, NEW_TABLE), added("Cột", 42, NEW_UNIT_COLUMN), added("Cột", 43, NEW_TOTAL_COLUMN)],
        [("definition_table_without_sections", "Biểu", "A8")],
    ),
    "a table has two columns of totals": (
        [cell("Cột", "Loại cột", 7, "Tổng điểm")],
        [("definition_column_twice", "Cột", "B6"), ("definition_column_twice", "Cột", "B7")],
    ),
    "a table has no total": (
        [without_row("Cột", 6)],
        [("definition_table_without_unit_or_total", "Biểu", "A2")],
    ),
    "a table does not say whom it lists": (
        [without_row("Cột", 9)],
        [("definition_table_without_unit_or_total", "Biểu", "A3")],
    ),
    "a unit's group is in no section of two tables": (
        [cell("Đơn vị", "Nhóm", 4, "nhom-moi")],
        [("definition_units_in_no_section", "Biểu", "A2"), ("definition_units_in_no_section", "Biểu", "A4")],
    ),
    "a group is in two sections": (
        [cell("Mục", "Nhóm", 3, "khong-dich-vu-cong; co-dich-vu-cong")],
        [("definition_units_in_two_sections", "Mục", "B3")],
    ),
    "partly assessed units are ranked": (
        [cell("Mục", "Có xếp hạng", 3, "Có")],
        [("definition_ranks_partly_assessed", "Mục", "D3")],
    ),
    # the rules of leaves
    "a ratio is measured by one number": (
        [leaf({**RATIO, "Số liệu": "Một số"})],
        [("definition_measure_unfit", "Tiêu chí", "L5")],
    ),
    "a count is measured by a percentage": (
        [leaf({**COUNT, "Số liệu": "Một tỷ lệ %"})],
        [("definition_measure_unfit", "Tiêu chí", "L5")],
    ),
    "what a ratio measures is no choice, so that nobody knows whether it needs a denominator": (
        [leaf({**RATIO, "Số liệu": "a/b"}), cell("Tiêu chí", "Tên số liệu b", 5, None)],
        [("definition_not_a_choice", "Tiêu chí", "L5")],
    ),
    "a figure has no name": (
        [leaf({**STEPS}), cell("Tiêu chí", "Tên số liệu a", 5, None)],
        [("definition_parameter_missing", "Tiêu chí", "M5")],
    ),
    "the figures of a ratio have no names": (
        [leaf({"Cách chấm": "Tỷ lệ"})],
        [("definition_parameter_missing", "Tiêu chí", "M5"), ("definition_parameter_missing", "Tiêu chí", "N5")],
    ),
    "a target is not given": (
        [leaf({**TARGET}), cell("Tiêu chí", "Mục tiêu", 5, None)],
        [("definition_parameter_missing", "Tiêu chí", "P5")],
    ),
    "a target of nothing": (
        [leaf({**TARGET, "Mục tiêu": Decimal(0)})],
        [("definition_not_above_zero", "Tiêu chí", "P5")],
    ),
    "a target typed with its percent sign": (
        [leaf({**TARGET, "Mục tiêu": "80%"})],
        [("definition_not_a_number", "Tiêu chí", "P5")],
    ),
    "a percentage is to be more than 100": (
        [
            leaf({**TARGET, "Số liệu": "Một tỷ lệ %", "Mục tiêu": Decimal(800)}),
            cell("Tiêu chí", "Tên số liệu b", 5, None),
        ],
        [("definition_above_percent", "Tiêu chí", "P5")],
    ),
    "a/b may be more than 100 percent": ([leaf({**TARGET, "Mục tiêu": Decimal(120)})], []),
    "steps without levels": (
        [leaf({**STEPS}), cell("Tiêu chí", "Mức điểm", 5, None)],
        [("definition_parameter_missing", "Tiêu chí", "Q5")],
    ),
    "a count without points": (
        [leaf({**COUNT}), cell("Tiêu chí", "Điểm mỗi mục", 5, None)],
        [("definition_parameter_missing", "Tiêu chí", "R5")],
    ),
    "a count of nothing": (
        [leaf({**COUNT, "Điểm mỗi mục": Decimal(0)})],
        [("definition_not_above_zero", "Tiêu chí", "R5")],
    ),
    "the parameters of a ratio stand beside typed points": (
        [leaf({**RATIO, "Cách chấm": "Nhập điểm", "Khi mẫu số bằng 0": "0 điểm"})],
        [("definition_parameter_unused", "Tiêu chí", "M5")],
    ),
    "a step of points beside a ratio": (
        [leaf({**RATIO, "Bước điểm": HALF})],
        [("definition_parameter_unused", "Tiêu chí", "K5")],
    ),
    "a zero rule where nothing is divided": (
        [leaf({**STEPS, "Khi mẫu số bằng 0": "Điểm tối đa"})],
        [("definition_parameter_unused", "Tiêu chí", "O5")],
    ),
    "a zero rule beside a figure held against the best": (
        [leaf({"Cách chấm": "So với đơn vị tốt nhất", "Tên số liệu a": "Số hồ sơ", "Khi mẫu số bằng 0": "0 điểm"})],
        [],
    ),
    "every rule as it should be": (
        [
            leaf({"Bước điểm": HALF}, 5),
            leaf({"Cách chấm": "Có hoặc Không"}, 6),
            leaf({**RATIO, "Khi mẫu số bằng 0": "Không đánh giá"}, 7),
            leaf({**TARGET}, 8),
            leaf({**STEPS, "Mức điểm": "5: 2,5; 1: 1"}, 9),
            leaf({**CASES, "Mức điểm": "Có: 1; Không: 0"}, 11),
            leaf({**COUNT}, 12),
            leaf({"Cách chấm": "So với đơn vị tốt nhất", "Tên số liệu a": "Số hồ sơ"}, 13),
            leaf({**GIVEN}, 14),
        ],
        [],
    ),
    "a step of nothing": (
        [leaf({"Bước điểm": Decimal(0)})],
        [("definition_not_above_zero", "Tiêu chí", "K5")],
    ),
    "a step that does not reach the maximum": (
        [leaf({"Bước điểm": Decimal("0.3")})],
        [("definition_step_uneven", "Tiêu chí", "K5")],
    ),
    "a step finer than a score may be": (
        [leaf({"Bước điểm": Decimal("0.125")})],
        [("definition_points_too_fine", "Tiêu chí", "K5")],
    ),
    "levels that are no list": ([levels("98 - 2")], [("definition_not_levels", "Tiêu chí", "Q5")]),
    "a bound with a sign": ([levels("≥ 98: 2; 95: 1")], [("definition_bound_not_a_number", "Tiêu chí", "Q5")]),
    "a bound of a thousand or of one": ([levels("1.000: 2")], [("definition_bound_not_a_number", "Tiêu chí", "Q5")]),
    "a bound that is no number to anybody": ([levels("NaN: 2")], [("definition_bound_not_a_number", "Tiêu chí", "Q5")]),
    "a bound twice": ([levels("98: 2; 98,0: 1")], [("definition_level_repeated", "Tiêu chí", "Q5")]),
    "a case twice": ([levels("Đủ: 2; ĐỦ: 1", CASES)], [("definition_level_repeated", "Tiêu chí", "Q5")]),
    "more for less": ([levels("98: 1; 95: 2")], [("definition_steps_not_rising", "Tiêu chí", "Q5")]),
    "no more for more": ([levels("98: 2; 95: 2")], [("definition_steps_not_rising", "Tiêu chí", "Q5")]),
    "the highest step gives less than the maximum": (
        [levels("98: 1,5; 95: 1")],
        [("definition_levels_not_maximum", "Tiêu chí", "Q5")],
    ),
    "a case gives more than the maximum": (
        [levels("Đủ: 3; Một phần: 2", CASES)],
        [("definition_levels_not_maximum", "Tiêu chí", "Q5")],
    ),
    "the points of a step are finer than points may be": (
        [levels("98: 2; 95: 1,1255")],
        [("definition_points_too_fine", "Tiêu chí", "Q5")],
    ),
    "the bound of a percentage is above 100": (
        [leaf({**STEPS, "Số liệu": "Một tỷ lệ %", "Mức điểm": "980: 2; 95: 1"})],
        [("definition_above_percent", "Tiêu chí", "Q5")],
    ),
    "the maximum of steps cannot be read": (
        [leaf({**STEPS, "Điểm tối đa": "2 điểm"})],
        [("definition_not_a_number", "Tiêu chí", "E5")],
    ),
    "the rule of a leaf with parameters cannot be read": (
        [leaf({**STEPS, "Cách chấm": "Bậc"})],
        [("definition_not_a_choice", "Tiêu chí", "F5")],
    ),
    "an inner criterion has parameters": (
        [leaf({"Bước điểm": HALF, "Điểm cộng, trừ": "Điểm cộng"}, 4)],
        [("definition_inner_scored", "Tiêu chí", "K4"), ("definition_inner_scored", "Tiêu chí", "S4")],
    ),
    # how points are gathered
    "a leaf aggregates": (
        [leaf({"Cách gộp": "Lấy mục cao nhất"})],
        [("definition_nothing_to_aggregate", "Tiêu chí", "I5")],
    ),
    "a weighted mean": (mean(32, 33, 34), []),
    "the children of a weighted mean have no weights": (
        mean(32),
        [("definition_weight_missing", "Tiêu chí", "J33"), ("definition_weight_missing", "Tiêu chí", "J34")],
    ),
    "a weight of nothing": (
        [*mean(32, 33, 34), cell("Tiêu chí", "Trọng số", 34, Decimal(0))],
        [("definition_not_above_zero", "Tiêu chí", "J34")],
    ),
    "a weight below a sum": (
        [cell("Tiêu chí", "Trọng số", 33, Decimal(1))],
        [("definition_weight_unused", "Tiêu chí", "J33")],
    ),
    "a weight at the top": (
        [cell("Tiêu chí", "Trọng số", 2, Decimal(1))],
        [("definition_weight_unused", "Tiêu chí", "J2")],
    ),
    "how a criterion with weights below it aggregates cannot be read": (
        [*mean(32, 33, 34), cell("Tiêu chí", "Cách gộp", 32, "Bình quân")],
        [("definition_not_a_choice", "Tiêu chí", "I32")],
    ),
    "a mean of different maxima": (
        mean(4, 5, 6, 7, 8, 9),
        [("definition_mean_of_unequal", "Tiêu chí", "I4")],
    ),
    "a maximum below a mean cannot be read": (
        [*mean(32, 33, 34), cell("Tiêu chí", "Điểm tối đa", 34, "4 điểm")],
        [("definition_not_a_number", "Tiêu chí", "E34")],
    ),
    "bonus and penalty points beside others": (
        [leaf({"Điểm cộng, trừ": "Điểm cộng"}, 5), leaf({"Điểm cộng, trừ": "Điểm trừ"}, 6)],
        [],
    ),
    "bonus points below a best": (
        [leaf({"Cách gộp": "Lấy mục cao nhất"}, 29), leaf({"Điểm cộng, trừ": "Điểm cộng"}, 33)],
        [("definition_extra_not_summed", "Tiêu chí", "S33")],
    ),
    "a heading with nothing but bonus and penalty points below it": (
        [leaf({"Điểm cộng, trừ": "Điểm cộng"}, 33), leaf({"Điểm cộng, trừ": "Điểm trừ"}, 34)],
        [],
    ),
    "a table ranks nothing": (
        [cell("Biểu", "Tiêu chí xếp hạng", 2, None)],
        [("definition_blank", "Biểu", "D2")],
    ),
    "a table ranked by nothing but bonus and penalty points": (
        [
            leaf({"Điểm cộng, trừ": "Điểm cộng"}, 33),
            leaf({"Điểm cộng, trừ": "Điểm trừ"}, 34),
            cell("Biểu", "Tiêu chí xếp hạng", 3, "2.2.3"),
        ],
        [("definition_only_extras", "Biểu", "D3")],
    ),
    # tie-breaks
    "tie-breaks of ordinal ranks": ([ORDINAL, cell("Khối", "Tiêu chí phụ", 2, "2; 1.1")], []),
    "a list of more cases than a formula takes": (
        [
            leaf({"Cách chấm": "Chọn trường hợp", "Mức điểm": "; ".join(f"m{n}: {n % 2}" for n in range(61))}, 5),
            cell("Tiêu chí", "Điểm tối đa", 5, Decimal(1)),
        ],
        [("definition_levels_too_long", "Tiêu chí", "Q5")],
    ),
    "a target typed as a share": (
        [leaf({**TARGET, "Mục tiêu": Decimal("0.8")})],
        [("definition_share_for_percent", "Tiêu chí", "P5")],
    ),
    "grades typed as shares": (
        [grade(2, 1, "Tốt"), grade(3, 0, "Khá")],
        [("definition_share_for_percent", "Xếp loại", "C2")],
    ),
    "a grade with a name as long as a sentence": (
        [*GRADES, grade(5, 10, "Chưa đạt " * 8)],
        [("definition_grade_label_too_long", "Xếp loại", "D5")],
    ),
    "a group in two spellings": (
        [cell("Đơn vị", "Cụm, địa bàn", 2, "Cụm Hoà"), cell("Đơn vị", "Cụm, địa bàn", 3, "cụm Hòa")],
        [("definition_group_spelled", "Đơn vị", "G3")],
    ),
    "a mean of more criteria than a formula takes": (
        [cell("Tiêu chí", "Cách gộp", 32, "Trung bình có trọng số"), *MANY],
        [("definition_mean_too_wide", "Tiêu chí", "I32")],
    ),
    "a tie-break that Excel made a number": (
        [ORDINAL, cell("Khối", "Tiêu chí phụ", 2, Decimal("1.1"))],
        [("definition_code_not_text", "Khối", "H2")],
    ),
    "ordinal ranks without tie-breaks": ([ORDINAL], [("definition_tie_breaks_missing", "Khối", "H2")]),
    "tie-breaks of dense ranks": (
        [cell("Khối", "Tiêu chí phụ", 2, "2")],
        [("definition_tie_breaks_unused", "Khối", "H2")],
    ),
    "a tie-break twice": (
        [ORDINAL, cell("Khối", "Tiêu chí phụ", 2, "2; 1; 2")],
        [("definition_tie_break_repeated", "Khối", "H2")],
    ),
    "a tie-break that is no criterion of the block": (
        [ORDINAL, cell("Khối", "Tiêu chí phụ", 2, "2; 9")],
        [("definition_unknown_criterion", "Khối", "H2")],
    ),
    # grades
    "grades and a column of them": ([*GRADES, column(42, "Xếp loại", {})], []),
    "a grade of an unknown block": (
        [*GRADES, grade(5, 0, "Yếu", block="xa")],
        [("definition_unknown_block", "Xếp loại", "A5")],
    ),
    "grades measured in two ways": (
        [*GRADES, grade(3, 50, "Khá", "Điểm")],
        [("definition_grade_basis", "Xếp loại", "B3")],
    ),
    "two grades with one bound": ([*GRADES, grade(5, 50, "TB")], [("definition_grade_repeated", "Xếp loại", "C5")]),
    "two grades with one name": ([*GRADES, grade(5, 30, "TỐT")], [("definition_grade_repeated", "Xếp loại", "D5")]),
    "grades that leave a hole at the bottom": (
        [*GRADES, grade(4, 20, "Trung bình")],
        [("definition_grades_from_zero", "Xếp loại", "C4")],
    ),
    "the bound of the lowest grade cannot be read": (
        [*GRADES, cell("Xếp loại", "Từ", 4, "dưới 50")],
        [("definition_not_a_number", "Xếp loại", "C4")],
    ),
    "a grade above all percents": ([*GRADES, grade(5, 101, "Giỏi")], [("definition_above_percent", "Xếp loại", "C5")]),
    "a grade above all points": (
        [grade(2, 1000, "Tốt", "Điểm"), grade(3, 0, "Khá", "Điểm")],
        [("definition_grade_out_of_reach", "Xếp loại", "C2")],
    ),
    "a column of grades that there are not": (
        [column(42, "Xếp loại", {})],
        [("definition_no_grades", "Cột", "B42")],
    ),
    "grades by points in a table about a part": (
        [grade(2, 60, "Tốt", "Điểm"), grade(3, 0, "Khá", "Điểm"), column(42, "Xếp loại", {}, "I.1")],
        [("definition_grade_of_part", "Cột", "B42")],
    ),
    # given points
    "given points": ([leaf({**GIVEN}), given_points(2, "1.25")], []),
    "points given to nobody": (
        [leaf({**GIVEN}), given_points(2, "1", unit="so-y-te-2")],
        [("definition_no_such_unit", "Điểm thẩm định chấm", "A2")],
    ),
    "points given on an unknown criterion": (
        [leaf({**GIVEN}), given_points(2, "1", "9")],
        [("definition_unknown_criterion", "Điểm thẩm định chấm", "B2")],
    ),
    "points given where the unit types them": (
        [given_points(2, "1")],
        [("definition_given_elsewhere", "Điểm thẩm định chấm", "B2")],
    ),
    "points given on a sum": (
        [given_points(2, "1", "1.1")],
        [("definition_given_elsewhere", "Điểm thẩm định chấm", "B2")],
    ),
    "more points given than there are": (
        [leaf({**GIVEN}), given_points(2, "2.5")],
        [("definition_given_above_maximum", "Điểm thẩm định chấm", "C2")],
    ),
    "given points finer than a score may be": (
        [leaf({**GIVEN}), given_points(2, "1.125")],
        [("definition_points_too_fine", "Điểm thẩm định chấm", "C2")],
    ),
    "points given twice": (
        [leaf({**GIVEN}), given_points(2, "1"), given_points(3, "2")],
        [("definition_given_twice", "Điểm thẩm định chấm", "B3")],
    ),
    "points given to a unit that is not assessed": (
        [leaf({**GIVEN}, 43), given_points(2, "1", "2.3.1", "thanh-tra-tinh")],
        [("definition_given_not_assessed", "Điểm thẩm định chấm", "B2")],
    ),
    # rounded parts
    "rounded parts are added": (
        [cell("Khối", "Cách cộng điểm", 2, "Cộng các phần đã làm tròn")],
        [],
    ),
    "rounded parts are printed with fewer decimals than they are added with": (
        [cell("Khối", "Cách cộng điểm", 2, "Cộng các phần đã làm tròn"), cell("Cột", "Số thập phân", 4, Decimal(0))],
        [("definition_rounded_decimals", "Cột", "H4")],
    ),
    # parts of the appraisal
    "an appraisal in parts": (
        [part(2, "so-1", "1"), part(3, "so-2", "2.1; 2.2; 2.3"), part(4, "huyen", "", "huyen")],
        [],
    ),
    "a part of an unknown block": (
        [part(2, "so", "", "xa")],
        [("definition_unknown_block", "Phần thẩm định", "B2")],
    ),
    "a part of an unknown criterion": (
        [part(2, "so", "1; 9")],
        [("definition_unknown_criterion", "Phần thẩm định", "C2")],
    ),
    "a part without a name": (
        [part(2, None, "")],
        [("definition_blank", "Phần thẩm định", "A2")],
    ),
    "a part whose name is none for a file": (
        [part(2, "hạ tầng", "")],
        [("definition_code_not_plain", "Phần thẩm định", "A2")],
    ),
    "two parts whose files have one name": (
        [part(2, "ha-tang", "", "huyen"), part(3, "Ha-Tang", "")],
        [("definition_repeated", "Phần thẩm định", "A3")],
    ),
    "a criterion in two parts": (
        [part(2, "so-1", "1"), part(3, "so-2", "1.2.3; 2"), part(4, "huyen", "", "huyen")],
        [("definition_part_overlaps", "Phần thẩm định", "C3")],
    ),
    "a criterion twice in one part": (
        [part(2, "so", "CQDT; 1.1"), part(4, "huyen", "", "huyen")],
        [("definition_part_overlaps", "Phần thẩm định", "C2")],
    ),
    "criteria in no part": (
        [part(2, "so-1", "1")],
        [("definition_part_missing", "Khối", "A2"), ("definition_part_missing", "Khối", "A3")],
    ),
    # corrections
    "corrections, one after the other": (
        [correction(2, "1", "1.5"), correction(3, "1.5", "Không đánh giá"), correction(4, "Not assessed", 0)],
        [],
    ),
    "a correction for nobody": (
        [correction(2, 1, 2, unit="so-y-te-2")],
        [("definition_no_such_unit", "Điều chỉnh", "A2")],
    ),
    "a correction of a criterion of another block": (
        [correction(2, 1, 2, "1.1.6")],
        [("definition_unknown_criterion", "Điều chỉnh", "B2")],
    ),
    "a correction of a sum": ([correction(2, 1, 2, "1.1")], [("definition_correction_of_sum", "Điều chỉnh", "B2")]),
    "a correction of what is not assessed": (
        [correction(2, "Không đánh giá", 1, "2.3.1", "thanh-tra-tinh")],
        [("definition_correction_not_assessed", "Điều chỉnh", "B2")],
    ),
    "new points that are none": (
        [correction(2, 1, "2 điểm")],
        [("definition_not_points", "Điều chỉnh", "D2")],
    ),
    "old points that are a percentage": (
        [correction(2, Percent(Decimal(1)), 2)],
        [("definition_not_points", "Điều chỉnh", "C2")],
    ),
    "old points are missing": ([correction(2, None, 2)], [("definition_blank", "Điều chỉnh", "C2")]),
    "new points above the maximum": ([correction(2, 1, 99)], [("definition_correction_outside", "Điều chỉnh", "D2")]),
    "new points below zero": ([correction(2, 1, -1)], [("definition_correction_outside", "Điều chỉnh", "D2")]),
    "new points that take off": (
        [leaf({"Điểm cộng, trừ": "Điểm trừ"}), correction(2, 0, "-1.5")],
        [],
    ),
    "a penalty that gives points": (
        [leaf({"Điểm cộng, trừ": "Điểm trừ"}), correction(2, 0, "1.5")],
        [("definition_correction_outside", "Điều chỉnh", "D2")],
    ),
    "new points finer than a score may be": (
        [correction(2, 1, "1.125")],
        [("definition_points_too_fine", "Điều chỉnh", "D2")],
    ),
    "new points between two steps": (
        [leaf({"Cách chấm": "Nhập điểm", "Bước điểm": HALF}), correction(2, 1, "1.25")],
        [("definition_correction_off_step", "Điều chỉnh", "D2")],
    ),
    "a correction that changes nothing": (
        [correction(2, 1, "1.00")],
        [("definition_correction_same", "Điều chỉnh", "D2")],
    ),
    "the day of a correction is none": (
        [correction(2, 1, 2, day="tháng 12/2020")],
        [("definition_correction_day", "Điều chỉnh", "G2")],
    ),
    "the day of a correction is not in the calendar": (
        [correction(2, 1, 2, day="31/11/2020")],
        [("definition_correction_day", "Điều chỉnh", "G2")],
    ),
    "the day of a correction is a date of Excel": (
        [correction(2, 1, 2, day=date(2020, 12, 15))],
        [],
    ),
    # last year
    "a total of last year with its decimal sign lost": (
        [past(2, 7845, {})],
        [("definition_past_out_of_scale", "Năm trước", "D2")],
    ),
    "last year's result, and those of a merged unit": (
        [
            past(2, 100, {"Xếp hạng": Decimal(3)}),
            past(3, 90, {"Tên năm trước": "Sở A"}, "so-xay-dung"),
            past(4, 90, {"Tên năm trước": "Sở B"}, "so-xay-dung"),
            column(42, "Tổng điểm năm trước", {}),
            column(43, "Hạng năm trước", {}),
            column(44, "Tăng, giảm điểm", {}),
            column(45, "Tăng, giảm hạng", {}),
        ],
        [],
    ),
    "last year's result of nobody": (
        [past(2, 100, {}, "so-y-te-2")],
        [("definition_no_such_unit", "Năm trước", "A2")],
    ),
    "last year's result on an unknown criterion": (
        [past(2, 100, {"Mã tiêu chí": "9"})],
        [("definition_unknown_criterion", "Năm trước", "B2")],
    ),
    "last year's result twice": (
        [past(2, 100, {}), past(3, 100, {"Mã tiêu chí": "CQDT"})],
        [("definition_past_twice", "Năm trước", "A3")],
    ),
    "a unit of last year with two totals": (
        [past(2, 100, {"Tên năm trước": "Sở A"}), past(3, 90, {"Tên năm trước": "SỞ A"})],
        [("definition_past_twice", "Năm trước", "A3")],
    ),
    "a merged unit without the names of the old ones": (
        [past(2, 100, {}), past(3, 90, {"Tên năm trước": "Sở B"})],
        [("definition_past_without_name", "Năm trước", "C2")],
    ),
    "a column of last year's totals that nobody has": (
        [past(2, 20, {"Mã tiêu chí": "1"}), column(42, "Tổng điểm năm trước", {})],
        [("definition_no_past", "Cột", "B42")],
    ),
    "the code of a composite index with last year's results was made a number": (
        [
            cell("Tiêu chí", "Mã tiêu chí", 2, Decimal("1.1")),
            past(2, 100, {}),
            column(42, "Tổng điểm năm trước", {}),
        ],
        [("definition_code_not_text", "Tiêu chí", "B2")],
    ),
    "a change of rank without a rank": (
        [past(2, 100, {}), cell("Cột", "Loại cột", 7, "Tăng, giảm hạng")],
        [("definition_rank_change_without_rank", "Cột", "B7")],
    ),
    # sub-groups and sections
    "sections and ranks by sub-group": (
        [
            *[cell("Đơn vị", "Cụm, địa bàn", row, "Vùng cao" if row < 27 else "Vùng thấp") for row in range(22, 32)],
            cell("Mục", "Cụm, địa bàn", 7, "Vùng cao"),
            added("Mục", 10, {**NEW_SECTION, "Mã biểu": "II", "Cụm, địa bàn": "Vùng thấp"}),
            column(42, "Cụm, địa bàn", {}, "II"),
            column(43, "Xếp hạng trong cụm", {}, "II"),
            column(44, "Xếp hạng chung", {}, "II"),
        ],
        [],
    ),
    "a sub-group in two sections": (
        [
            *[cell("Đơn vị", "Cụm, địa bàn", row, "Vùng cao") for row in range(22, 32)],
            added("Mục", 10, {**NEW_SECTION, "Mã biểu": "II", "Cụm, địa bàn": "Vùng cao"}),
        ],
        [("definition_units_in_two_sections", "Mục", "F10")],
    ),
    "a section of an unknown sub-group": (
        [cell("Mục", "Cụm, địa bàn", 7, "Vùng cao")],
        [("definition_unknown_subgroup", "Mục", "F7")],
    ),
    "a column of sub-groups that there are not": (
        [column(42, "Xếp hạng trong cụm", {})],
        [("definition_no_subgroups", "Cột", "B42")],
    ),
    "a section without units": (
        [
            cell("Đơn vị", "Cụm, địa bàn", 3, "Thanh tra"),
            added("Mục", 10, {**NEW_SECTION, "Mã biểu": "I", "Nhóm": "co-dich-vu-cong", "Cụm, địa bàn": "Thanh tra"}),
        ],
        [("definition_section_empty", "Mục", "B10")],
    ),
    # units not assessed on everything
    "units on a scale of their own, ranked apart": ([OWN_SCALE, cell("Mục", "Có xếp hạng", 3, "Có")], []),
    "units on two scales, ranked together": (
        [OWN_SCALE, cell("Mục", "Nhóm", 5, None), without_row("Mục", 6)],
        [("definition_mixed_scales", "Mục", "D5")],
    ),
    "units on two scales have an overall rank": (
        [OWN_SCALE, cell("Mục", "Có xếp hạng", 3, "Có"), column(42, "Xếp hạng chung", {})],
        [("definition_overall_mixed_scales", "Cột", "B42")],
    ),
    "units on two scales have a rank in their sub-group": (
        [
            OWN_SCALE,
            *[cell("Đơn vị", "Cụm, địa bàn", row, "Tỉnh") for row in range(2, 22)],
            cell("Mục", "Có xếp hạng", 3, "Có"),
            column(42, "Xếp hạng trong cụm", {}),
        ],
        [("definition_overall_mixed_scales", "Cột", "B42")],
    ),
    "converted points are ranked together": ([CONVERTED, cell("Mục", "Có xếp hạng", 3, "Có")], []),
    "units that are assessed on nothing of a table are ranked in it": (
        [
            CONVERTED,
            added("Biểu", 8, {**NEW_TABLE, "Khối": "so-nganh", "Tiêu chí xếp hạng": "2.3"}),
            added("Mục", 10, NEW_SECTION),
            added("Cột", 42, NEW_UNIT_COLUMN),
            added("Cột", 43, NEW_TOTAL_COLUMN),
        ],
        [("definition_nothing_assessed", "Mục", "D10")],
    ),
    "units are left out, and with them the section that was theirs": (
        [treated("Không tham gia đánh giá")],
        [("definition_section_empty", "Mục", "B3"), ("definition_section_empty", "Mục", "B6")],
    ),
    "percents are ranked and not shown": (
        [PERCENT],
        [("definition_table_without_unit_or_total", "Biểu", f"A{row}") for row in (2, 3, 4)],
    ),
    "percents are ranked and shown": (
        [PERCENT, *[cell("Cột", "Loại cột", row, "Tỷ lệ %") for row in (6, 13, 20)]],
        [],
    ),
    # tables
    "points of the table's own criterion are its result": (
        [cell("Cột", "Loại cột", 6, "Điểm tiêu chí"), cell("Cột", "Mã tiêu chí", 6, "CQDT")],
        [],
    ),
    "a column about a criterion that the block does not have": (
        [column(42, "Tỷ lệ %", {"Mã tiêu chí": "9"})],
        [("definition_unknown_criterion", "Cột", "C42")],
    ),
    "columns about a criterion, some of one kind": (
        [
            column(42, "Tỷ lệ %", {"Kiểu số": "Kèm dấu % (27,0%)", "Số thập phân": Decimal(0)}),
            column(43, "Tỷ lệ %", {"Mã tiêu chí": "1"}),
            column(44, "Điểm tối đa", {"Kiểu số": "Bỏ số 0 cuối (1027)"}),
            column(45, "Điểm không đánh giá", {}),
            column(46, "Điểm tối đa áp dụng", {"Sắp xếp": "Giảm dần"}),
            column(47, "Điểm quy đổi", {}),
            column(48, "Ghi chú", {}),
        ],
        [],
    ),
    "the points of a bonus, and its percentage": (
        [
            leaf({"Điểm cộng, trừ": "Điểm cộng"}),
            column(42, "Điểm tiêu chí", {"Mã tiêu chí": "1.1.1"}),
            column(43, "Tỷ lệ %", {"Mã tiêu chí": "1.1.1"}),
        ],
        [("definition_share_of_extra", "Cột", "C43")],
    ),
    "a bonus is ranked by converted points": (
        [CONVERTED, leaf({"Điểm cộng, trừ": "Điểm cộng"}), cell("Biểu", "Tiêu chí xếp hạng", 3, "1.1.1")],
        [("definition_share_of_extra", "Biểu", "D3")],
    ),
    "a summary of grades": (SUMMARY, []),
    "a summary without numbers of units": (
        [*SUMMARY, cell("Cột", "Loại cột", 43, "Tỷ lệ đơn vị")],
        [("definition_summary_incomplete", "Biểu", "A8")],
    ),
    "a summary with a column of units": (
        [*SUMMARY, column(44, "Đơn vị", {}, "III")],
        [("definition_column_unfit", "Cột", "B44")],
    ),
    "a summary that does not say so": (
        [*SUMMARY, cell("Biểu", "Nội dung", 8, None), cell("Mục", "Có xếp hạng", 10, "Không")],
        [("definition_column_unfit", "Cột", "B43")],
    ),
    "numbers of units in a table of units": (
        [column(42, "Số đơn vị", {})],
        [("definition_column_unfit", "Cột", "B42")],
    ),
    "the content of a summary cannot be read": (
        [*SUMMARY, cell("Biểu", "Nội dung", 8, "Thống kê")],
        [("definition_not_a_choice", "Biểu", "G8")],
    ),
    "a summary is sorted": (
        [*SUMMARY, cell("Cột", "Sắp xếp", 43, "Giảm dần")],
        [("definition_sort_unused", "Cột", "J43")],
    ),
    "decimals of names": (
        [cell("Cột", "Số thập phân", 3, Decimal(1))],
        [("definition_column_no_figure", "Cột", "H3")],
    ),
    "a look of ranks": (
        [cell("Cột", "Kiểu số", 7, "Bỏ số 0 cuối (1027)")],
        [("definition_column_no_figure", "Cột", "I7")],
    ),
    "a percent sign behind points": (
        [cell("Cột", "Kiểu số", 4, "Kèm dấu % (27,0%)")],
        [("definition_look_of_percent", "Cột", "I4")],
    ),
    "what is ranked is shown with other decimals": (
        [cell("Cột", "Số thập phân", 6, Decimal(2))],
        [("definition_ranked_decimals", "Cột", "H6")],
    ),
    "what is ranked exactly may be shown with other decimals": (
        [cell("Cột", "Số thập phân", 6, Decimal(2)), cell("Khối", "Xếp hạng theo", 2, "Điểm chưa làm tròn")],
        [],
    ),
    "a table in register order is sorted by a column": (
        [cell("Biểu", "Thứ tự", 2, "Theo danh sách"), cell("Cột", "Sắp xếp", 6, "Giảm dần")],
        [("definition_sort_unused", "Cột", "J6")],
    ),
    "a table is sorted by its row numbers": (
        [cell("Cột", "Sắp xếp", 2, "Tăng dần")],
        [("definition_sort_unused", "Cột", "J2")],
    ),
    "places of the round in the texts of a table": (
        [
            cell("Biểu", "Tên biểu", 2, "CHỈ SỐ {chi_so} NĂM {nam_danh_gia} CỦA {tinh}"),
            cell("Biểu", "Chữ trước biểu", 2, "Theo {bo_tieu_chi}, do {co_quan} thẩm định."),
            cell("Biểu", "Chữ sau biểu", 2, "Kèm theo Quyết định số {so} ngày {ngay} tháng {thang} năm {nam}."),
            item("Tên phụ lục", "PHỤ LỤC {{1}} NĂM {nam_danh_gia}"),
        ],
        [],
    ),
    "places that nobody fills in the texts of a table": (
        [
            cell("Biểu", "Tên biểu", 2, "CHỈ SỐ NĂM {nam_nay}"),
            cell("Biểu", "Chữ trước biểu", 3, "Theo {bo_tieu_chi"),
            cell("Biểu", "Chữ sau biểu", 4, "{}"),
            cell("Mục", "Tên mục", 3, "Các đơn vị của {tỉnh}"),
            item("Tên phụ lục", "PHỤ LỤC {1}"),
        ],
        [
            ("definition_placeholder", PROFILE, "B10"),
            ("definition_placeholder", "Biểu", "C2"),
            ("definition_placeholder", "Biểu", "I3"),
            ("definition_placeholder", "Biểu", "J4"),
            ("definition_placeholder", "Mục", "C3"),
        ],
    ),
    "a table's code that a sheet of figures has": (
        [everywhere("I.2", "Số liệu so-nganh")],
        [("definition_sheet_name", "Biểu", "A4")],
    ),
    "a table's code that a working paper has": (
        [everywhere("I.2", "Thẩm định huyen")],
        [("definition_sheet_name", "Biểu", "A4")],
    ),
    "a table's code that the sheet of corrections has": (
        [everywhere("I.2", "corrections")],
        [("definition_sheet_name", "Biểu", "A4")],
    ),
    "a table's code that the trace has": (
        [everywhere("I.2", "TRUY VẾT")],
        [("definition_sheet_name", "Biểu", "A4")],
    ),
    "a table's code that a sheet of ranks has in English": (
        [everywhere("I.2", "ranks huyen")],
        [("definition_sheet_name", "Biểu", "A4")],
    ),
    # a mistake is told once: what depends on a cell that cannot be used is not held against it
    "a block's name is empty": (
        [cell("Khối", "Tên khối", 2, None)],
        [("definition_blank", "Khối", "B2")],
    ),
    "a block's input decimals are empty": (
        [cell("Khối", "Số thập phân khi nhập", 2, None)],
        [("definition_blank", "Khối", "D2")],
    ),
    "a block's decimals are too many": (
        [cell("Khối", "Số thập phân công bố", 2, Decimal(7))],
        [("definition_number_outside", "Khối", "C2")],
    ),
    "a block's code is empty": (
        [cell("Khối", "Mã khối", 2, None)],
        [("definition_blank", "Khối", "A2")],
    ),
    "a table's code is empty": (
        [cell("Biểu", "Mã biểu", 2, None)],
        [("definition_blank", "Biểu", "A2")],
    ),
    "the block of a composite index is empty": (
        [cell("Tiêu chí", "Khối", 2, None)],
        [("definition_blank", "Tiêu chí", "A2")],
    ),
    "the block of a composite index is unknown": (
        [cell("Tiêu chí", "Khối", 2, "so nganh")],
        [("definition_unknown_block", "Tiêu chí", "A2")],
    ),
    "the label of a composite index is empty": (
        [cell("Tiêu chí", "Tên tiêu chí", 2, None)],
        [("definition_blank", "Tiêu chí", "D2")],
    ),
    "the label of a criterion that an exemption names is empty": (
        [cell("Tiêu chí", "Tên tiêu chí", 42, None)],
        [("definition_blank", "Tiêu chí", "D42")],
    ),
    "the label of every criterion below one is empty": (
        [cell("Tiêu chí", "Tên tiêu chí", 33, None), cell("Tiêu chí", "Tên tiêu chí", 34, None)],
        [("definition_blank", "Tiêu chí", "D33"), ("definition_blank", "Tiêu chí", "D34")],
    ),
    "the group of an exemption was made a number": (
        [cell("Không đánh giá", "Nhóm", 2, Decimal("1.1"))],
        [("definition_code_not_text", "Không đánh giá", "B2")],
    ),
    "the groups of a section are a formula": (
        [cell("Mục", "Nhóm", 2, Formula("=B5"))],
        [("definition_formula", "Mục", "B2")],
    ),
    "the parent of every criterion below one was made a number": (
        [cell("Tiêu chí", "Mã cấp trên", 33, Decimal("2.23")), cell("Tiêu chí", "Mã cấp trên", 34, Decimal("2.23"))],
        [("definition_code_not_text", "Tiêu chí", "C33"), ("definition_code_not_text", "Tiêu chí", "C34")],
    ),
    "the code of a leaf is empty": (
        [cell("Tiêu chí", "Mã tiêu chí", 5, None)],
        [("definition_blank", "Tiêu chí", "B5")],
    ),
    "the code of a leaf was made a date": (
        [cell("Tiêu chí", "Mã tiêu chí", 5, date(2001, 1, 1))],
        [("definition_code_not_text", "Tiêu chí", "B5")],
    ),
    "the code of an inner criterion is empty": (
        [cell("Tiêu chí", "Mã tiêu chí", 4, None)],
        [("definition_blank", "Tiêu chí", "B4")],
    ),
    "the code of an inner criterion was made a number": (
        [cell("Tiêu chí", "Mã tiêu chí", 4, Decimal("1.1"))],
        [("definition_code_not_text", "Tiêu chí", "B4")],
    ),
    "the printed name of every unit of a block is empty": (
        [cell("Đơn vị", "Tên in trong biểu", row, None) for row in range(22, 32)],
        [("definition_blank", "Đơn vị", f"C{row}") for row in range(22, 32)],
    ),
    "it is not said whether a section is ranked": (
        [cell("Mục", "Có xếp hạng", 2, None)],
        [("definition_blank", "Mục", "D2")],
    ),
    "the table of a table's only section is empty": (
        [cell("Mục", "Mã biểu", 4, None)],
        [("definition_blank", "Mục", "A4")],
    ),
    "the width of the unit column is empty": (
        [cell("Cột", "Độ rộng", 3, None)],
        [("definition_blank", "Cột", "G3")],
    ),
    "the kind of the total column is no choice": (
        [cell("Cột", "Loại cột", 6, "Tổng số")],
        [("definition_not_a_choice", "Cột", "B6")],
    ),
    "the column of block codes is missing": (
        [without_column("Khối", "Mã khối")],
        [("definition_column_missing", "Khối", "1")],
    ),
    "the column of input decimals is missing": (
        [without_column("Khối", "Số thập phân khi nhập")],
        [("definition_column_missing", "Khối", "1")],
    ),
    "the column of unit codes is missing": (
        [without_column("Đơn vị", "Mã đơn vị")],
        [("definition_column_missing", "Đơn vị", "1")],
    ),
    "the column of the units' blocks is missing": (
        [without_column("Đơn vị", "Khối")],
        [("definition_column_missing", "Đơn vị", "1")],
    ),
    "the column of criterion codes is missing": (
        [without_column("Tiêu chí", "Mã tiêu chí")],
        [("definition_column_missing", "Tiêu chí", "1")],
    ),
    "the column of parents is missing, though its cells may be empty": (
        [without_column("Tiêu chí", "Mã cấp trên")],
        [("definition_column_missing", "Tiêu chí", "1")],
    ),
    "the column of maxima is missing, though its cells may be empty": (
        [without_column("Tiêu chí", "Điểm tối đa")],
        [("definition_column_missing", "Tiêu chí", "1")],
    ),
    "the column of rules is missing, though its cells may be empty": (
        [without_column("Tiêu chí", "Cách chấm")],
        [("definition_column_missing", "Tiêu chí", "1")],
    ),
    "the column of the units' groups is missing, though its cells may be empty": (
        [without_column("Đơn vị", "Nhóm")],
        [("definition_column_missing", "Đơn vị", "1")],
    ),
    "the column of the sections' groups is missing, though its cells may be empty": (
        [without_column("Mục", "Nhóm")],
        [("definition_column_missing", "Mục", "1")],
    ),
    "the column of the columns' criteria is missing, though its cells may be empty": (
        [without_column("Cột", "Mã tiêu chí")],
        [("definition_column_missing", "Cột", "1")],
    ),
    "the column of table codes is missing": (
        [without_column("Biểu", "Mã biểu")],
        [("definition_column_missing", "Biểu", "1")],
    ),
    "the column of the sections' tables is missing": (
        [without_column("Mục", "Mã biểu")],
        [("definition_column_missing", "Mục", "1")],
    ),
    "the column of column kinds is missing": (
        [without_column("Cột", "Loại cột")],
        [("definition_column_missing", "Cột", "1")],
    ),
    "the column of spanners is missing, though its cells may be empty": (
        [without_column("Cột", "Tiêu đề gộp")],
        [("definition_column_missing", "Cột", "1")],
    ),
    # a sheet that is not filled in yet
    "there are no blocks": ([without_rows("Khối")], [("definition_empty_sheet", "Khối", "2")]),
    "there are no units": ([without_rows("Đơn vị")], [("definition_empty_sheet", "Đơn vị", "2")]),
    "there are no criteria": ([without_rows("Tiêu chí")], [("definition_empty_sheet", "Tiêu chí", "2")]),
    "there are no tables": ([without_rows("Biểu")], [("definition_empty_sheet", "Biểu", "2")]),
    "there are no sections": ([without_rows("Mục")], [("definition_empty_sheet", "Mục", "2")]),
    "there are no columns": ([without_rows("Cột")], [("definition_empty_sheet", "Cột", "2")]),
}

WARNINGS = {
    "definition_share_for_percent",
    "definition_past_out_of_scale",
    "definition_unread_sheet",
    "definition_unread_column",
    "definition_grade_out_of_reach",
    "definition_given_not_assessed",
    "definition_section_empty",
    "definition_part_overlaps",
    "definition_part_missing",
    "definition_correction_same",
    "definition_correction_off_step",
    "definition_correction_day",
}


@cache
def loaded(mistake: str) -> Definition:
    return load(changed(*MISTAKES[mistake][0]))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_at_its_cell_and_only_there(mistake: str) -> None:
    definition, expected = loaded(mistake), MISTAKES[mistake][1]
    assert told(definition) == expected
    assert (definition.assessment is None) == any(code not in WARNINGS for code, _, _ in expected)


def test_every_finding_of_the_catalogue_has_a_case() -> None:
    in_catalogue = {key.split(".")[1] for key in catalogue() if key.startswith("finding.definition_")}
    assert {code for _, expected in MISTAKES.values() for code, _, _ in expected} == in_catalogue


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_finding_is_told_in_whole_sentences(mistake: str) -> None:
    for finding in loaded(mistake).findings:
        for language in Language:
            message = Words(language).message(finding)
            assert "«»" not in message
            assert "{" not in message or finding.code == "definition_placeholder"


def test_a_message_says_what_stands_there_and_what_could() -> None:
    finding = load(changed(cell("Tiêu chí", "Khối", 61, "huyện"))).findings[0]
    assert Words().message(finding) == (
        "Không có khối «huyện» ở trang Khối (các khối: so-nganh; huyen). "
        "Chọn một mã khối trong danh sách hoặc thêm khối ở trang Khối."
    )
    assert Words(Language.EN).message(finding) == (
        "There is no block «huyện» on the sheet Blocks (it has: so-nganh; huyen). "
        "Choose a block from the list or add it to the sheet Blocks."
    )


@pytest.mark.parametrize(
    ("typed", "near"),
    [("Sở Y tế", ("so-y-te",)), ("so y te", ("so-y-te",)), ("so-y-tee", ("so-y-te",)), ("%%%", None)],
)
def test_codes_like_an_unknown_one_are_named(typed: str, near: tuple[str, ...] | None) -> None:
    (finding,) = load(changed(correction(2, "1", "2", unit=typed))).findings
    found = finding.facts["near"]
    assert found[: len(near)] == near if near and isinstance(found, tuple) else found == Term("form.nothing_near")


def test_points_typed_as_text_are_said_to_be_text() -> None:
    (finding,) = load(changed(correction(2, "2,0", "1"))).findings
    assert finding.where.cell == "C2"
    assert "«2,0», không phải điểm" in Words().message(finding)
    assert "ô đang ở dạng chữ" in Words().message(finding)


@pytest.mark.parametrize(("language", "offered"), [(Language.VI, "Có; Không"), (Language.EN, "Yes; No")])
def test_the_choices_are_told_in_the_language_of_the_message(language: Language, offered: str) -> None:
    (finding,) = load(changed(cell("Biểu", "In tên phụ lục", 2, "x"))).findings
    assert offered in Words(language).message(finding)


def test_every_unit_that_is_in_no_section_is_named() -> None:
    definition = load(changed(cell("Đơn vị", "Nhóm", 4, "nhom-moi"), cell("Đơn vị", "Nhóm", 5, "nhom-moi")))
    messages = " ".join(Words().message(finding) for finding in definition.findings)
    assert "Sở Y tế" in messages
    assert "Sở Xây dựng" in messages


# ---------------------------------------------------------------- all mistakes in one pass

MANY_MISTAKES: list[Change] = [
    item("Mã đợt", "Hoà Bình 2020"),
    item("Năm đánh giá", "năm 2020"),
    item("Người ban hành", None),
    item("Dòng dẫn chiếu", "(Quyết định số {number})"),
    cell("Khối", "Số thập phân khi nhập", 3, Decimal(1)),
    cell("Khối", "Xếp hạng theo", 2, "Điểm"),
    cell("Đơn vị", "Mã đơn vị", 3, "thanh tra tỉnh"),
    cell("Đơn vị", "Mã đơn vị", 5, "so-y-te"),
    cell("Đơn vị", "Tên đơn vị", 6, Formula("=C6")),
    cell("Đơn vị", "Tên in trong biểu", 10, "Sở Tài Chính"),
    cell("Đơn vị", "Khối", 22, "thanh-pho"),
    cell("Tiêu chí", "Khối", 60, None),
    cell("Tiêu chí", "Mã tiêu chí", 6, "1.1.1"),
    cell("Tiêu chí", "Mã cấp trên", 8, "1.7"),
    cell("Tiêu chí", "Tên tiêu chí", 9, None),
    cell("Tiêu chí", "Điểm tối đa", 10, Decimal(4)),
    cell("Tiêu chí", "Điểm tối đa", 11, "1 điểm"),
    cell("Tiêu chí", "Điểm tối đa", 17, Decimal("2.125")),
    cell("Tiêu chí", "Cách chấm", 18, None),
    cell("Tiêu chí", "Cần tài liệu kiểm chứng", 19, "bắt buộc"),
    cell("Không đánh giá", "Nhóm", 2, "khong-dvc"),
    cell("Biểu", "Tiêu chí xếp hạng", 6, "1.99"),
    cell("Biểu", "Hướng giấy", 5, "A4"),
    cell("Mục", "Nhóm", 6, "co-dich-vu-cong; co-dvc"),
    cell("Mục", "Đánh số lại từ 1", 7, Decimal(1)),
    cell("Cột", "Mã tiêu chí", 8, "1.1"),
    cell("Cột", "Số cột", 16, Decimal(-2)),
    cell("Cột", "Độ rộng", 30, Decimal(300)),
    cell("Cột", "Mã biểu", 41, "II.3"),
]


def test_all_mistakes_are_told_in_one_pass() -> None:
    definition = load(changed(*MANY_MISTAKES))
    assert definition.assessment is None
    assert told(definition) == [
        ("definition_code_not_plain", PROFILE, "B2"),
        ("definition_not_a_number", PROFILE, "B4"),
        ("definition_blank", PROFILE, "B6"),
        ("definition_placeholder", PROFILE, "B11"),
        ("definition_not_a_choice", "Khối", "F2"),
        ("definition_input_decimals", "Khối", "D3"),
        ("definition_code_not_plain", "Đơn vị", "A3"),
        ("definition_repeated", "Đơn vị", "A5"),
        ("definition_formula", "Đơn vị", "B6"),
        ("definition_same_name", "Đơn vị", "C10"),
        ("definition_unknown_block", "Đơn vị", "E22"),
        ("definition_repeated", "Tiêu chí", "B6"),
        ("definition_unknown_parent", "Tiêu chí", "C8"),
        ("definition_blank", "Tiêu chí", "D9"),
        ("definition_inner_scored", "Tiêu chí", "E10"),
        ("definition_not_a_number", "Tiêu chí", "E11"),
        ("definition_maximum_too_fine", "Tiêu chí", "E17"),
        ("definition_leaf_without_rule", "Tiêu chí", "F18"),
        ("definition_not_a_choice", "Tiêu chí", "G19"),
        ("definition_blank", "Tiêu chí", "A60"),
        ("definition_unknown_group", "Không đánh giá", "B2"),
        ("definition_not_a_choice", "Biểu", "F5"),
        ("definition_unknown_criterion", "Biểu", "D6"),
        ("definition_unknown_group", "Mục", "B6"),
        ("definition_not_a_choice", "Mục", "E7"),
        ("definition_column_without_points", "Cột", "C8"),
        ("definition_number_for_text", "Cột", "F16"),
        ("definition_number_outside", "Cột", "G30"),
        ("definition_unknown_table", "Cột", "A41"),
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            [cell("Tiêu chí", "Mã tiêu chí", 4, Decimal("1.1")), cell("Tiêu chí", "Điểm tối đa", 5, None)],
            [("definition_code_not_text", "Tiêu chí", "B4"), ("definition_leaf_without_maximum", "Tiêu chí", "E5")],
        ),
        (
            [cell("Tiêu chí", "Khối", 2, None), cell("Tiêu chí", "Cách chấm", 17, None)],
            [("definition_blank", "Tiêu chí", "A2"), ("definition_leaf_without_rule", "Tiêu chí", "F17")],
        ),
        (
            [cell("Tiêu chí", "Mã cấp trên", 2, "1"), cell("Tiêu chí", "Điểm tối đa", 29, Decimal(30))],
            [
                ("definition_cycle", "Tiêu chí", "C2"),
                ("definition_cycle", "Tiêu chí", "C3"),
                ("definition_inner_scored", "Tiêu chí", "E29"),
            ],
        ),
        (
            [cell("Tiêu chí", "Mã tiêu chí", 5, None), cell("Tiêu chí", "Mã cấp trên", 61, "1.9")],
            [("definition_blank", "Tiêu chí", "B5"), ("definition_unknown_parent", "Tiêu chí", "C61")],
        ),
        (
            [
                cell("Tiêu chí", "Điểm tối đa", 5, None),
                cell("Tiêu chí", "Cách chấm", 5, None),
                cell("Tiêu chí", "Mã cấp trên", 61, "1.9"),
            ],
            [
                ("definition_leaf_without_maximum", "Tiêu chí", "E5"),
                ("definition_leaf_without_rule", "Tiêu chí", "F5"),
                ("definition_unknown_parent", "Tiêu chí", "C61"),
            ],
        ),
        (
            [cell("Biểu", "Khối", 2, "so nganh"), cell("Cột", "Loại cột", 7, "Tổng điểm")],
            [
                ("definition_unknown_block", "Biểu", "B2"),
                ("definition_column_twice", "Cột", "B6"),
                ("definition_column_twice", "Cột", "B7"),
            ],
        ),
    ],
    ids=[
        "a code above a leaf",
        "the block of a root",
        "a circle at the root",
        "a code of another block",
        "a parent of another block",
        "the block of a table",
    ],
)
def test_a_mistake_does_not_hide_another(changes: list[Change], expected: Told) -> None:
    assert told(load(changed(*changes))) == expected


# ---------------------------------------------------------------- position and spelling do not matter


def unplaced(assessment: Assessment | None) -> Assessment:
    """The assessment without the rows its records stand in."""
    assert assessment is not None
    records: dict[str, Any] = {
        spec.name: tuple(replace(record, row=0) for record in getattr(assessment, spec.name))
        for spec in SHEETS
        if not spec.upright
    }
    return replace(assessment, **records)


def on_every_sheet(change: Callable[[Grid], Grid]) -> Change:
    return lambda book: replace(book, grids=tuple(change(grid) for grid in book.grids))


def backwards(grid: Grid) -> Grid:
    """Turn the order of the columns round, and that of the lines of the upright sheet."""
    if grid.sheet == PROFILE:
        header, *lines = grid.rows.values()
        return replace(grid, rows=dict(enumerate((header, *reversed(lines)), 1)))
    rows = {
        row: {9 - column: cells[column] for column in sorted(cells, reverse=True)} for row, cells in grid.rows.items()
    }
    return replace(grid, rows=rows)


def moved(down: int) -> Callable[[Grid], Grid]:
    """Move everything down, below a title, and one column to the right."""
    return lambda grid: replace(
        grid,
        rows={
            1: {1: "Đợt đánh giá năm 2020"},
            **{row + down: {column + 1: x for column, x in cells.items()} for row, cells in grid.rows.items()},
        },
    )


def spelled(otherwise: Callable[[str], str]) -> Callable[[Grid], Grid]:
    """Spell the names of sheets, columns and items otherwise."""

    def change(grid: Grid) -> Grid:
        rows = {
            row: {
                column: otherwise(str(x)) if row == 1 or (column == 1 and grid.sheet == PROFILE) else x
                for column, x in cells.items()
            }
            for row, cells in grid.rows.items()
        }
        return Grid(sheet=otherwise(grid.sheet), rows=rows)

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda book: replace(book, grids=tuple(reversed(book.grids))),
        on_every_sheet(backwards),
        on_every_sheet(moved(1)),
        on_every_sheet(moved(9)),
        on_every_sheet(spelled(lambda text: f" {text.upper().replace(' ', '   ')} ")),
        on_every_sheet(spelled(lambda text: unicodedata.normalize("NFD", text))),
    ],
    ids=[
        "sheets in reverse order",
        "columns in reverse order",
        "a title above",
        "a title and eight rows above",
        "capitals and more spaces",
        "letters and marks apart",
    ],
)
def test_sheets_and_columns_are_known_by_name_wherever_they_stand(change: Change) -> None:
    definition = load(changed(change))
    assert told(definition) == []
    assert unplaced(definition.assessment) == unplaced(load(sample_book()).assessment)


def typed(value: Any, words: Words) -> str | Decimal | None:
    """What an officer types for a value of a record."""
    match value:
        case bool():
            return words(choice_key(YesNo.YES if value else YesNo.NO))
        case StrEnum():
            return words(choice_key(value))
        case int():
            return Decimal(value)
        case tuple():
            return "; ".join(value)
        case Decimal() | str():
            return value
        case _:
            return None


@pytest.mark.parametrize("language", Language)
def test_a_definition_written_in_either_language_loads_to_the_same(
    language: Language, assessment: Assessment, tmp_path: Path
) -> None:
    words = Words(language)
    contents = {
        spec.name: [
            {field.name: typed(getattr(record, field.name), words) for field in spec.fields}
            for record in ((getattr(assessment, spec.name),) if spec.upright else getattr(assessment, spec.name))
        ]
        for spec in SHEETS
    }
    folder = RoundFolder(tmp_path)
    write_workbook(folder.definition, definition_sheets(words, contents), "")
    assert read_definition(folder) == Definition(
        assessment=assessment, findings=(), layout=Layout(file=folder.definition.name)
    )


# ---------------------------------------------------------------- the blank definition


@pytest.mark.parametrize(
    ("language", "sheets"),
    [
        (Language.VI, ["Đợt đánh giá", "Khối", "Đơn vị", "Tiêu chí", "Biểu", "Mục", "Cột"]),
        (Language.EN, ["Round", "Blocks", "Units", "Criteria", "Tables", "Sections", "Columns"]),
    ],
)
def test_a_blank_definition_lacks_only_what_must_be_filled_in(
    language: Language, sheets: list[str], tmp_path: Path
) -> None:
    start_round(RoundFolder(tmp_path), Words(language))
    definition = read_definition(RoundFolder(tmp_path))
    expected: Told = []
    for sheet in sheets:
        if sheet in ("Đợt đánh giá", "Round"):
            expected += [("definition_blank", sheet, f"B{row}") for row in range(2, 12)]
        else:
            expected.append(("definition_empty_sheet", sheet, "2"))
    assert told(definition) == expected
    assert definition.assessment is None


def test_a_definition_that_is_no_workbook_is_one_finding(tmp_path: Path) -> None:
    folder = RoundFolder(tmp_path)
    folder.definition.write_text("Mã đợt;hoa-binh-2020", encoding="utf-8")
    definition = read_definition(folder)
    assert told(definition) == [("file_not_workbook", "", "")]
    assert definition.assessment is None


def test_a_definition_may_list_more_units_than_a_form_may_have_rows(tmp_path: Path) -> None:
    """Every commune of the country, say: it is the officer's own file, and not what somebody sent."""
    folder = RoundFolder(tmp_path)
    shutil.copytree(sources(SAMPLE), sources(folder))
    units = [
        {"code": f"xa-{n}", "block": "huyen", "name": f"Ủy ban nhân dân xã {n}", "printed_name": f"Xã {n}"}
        for n in range(Limits().rows + 1)
    ]
    assert len(define(folder, {"units": [*rows(SAMPLE, "units"), *units]}).units) == 30 + len(units)
    refused = read_book(folder.definition.read_bytes(), folder.definition.name, Limits())
    assert isinstance(refused, Finding)
    assert refused.code == "file_over_limit"


# ---------------------------------------------------------------- whatever stands in a cell

any_cell = st.deferred(
    lambda: st.sampled_from(
        [
            (grid.sheet, row, column)
            for grid in sample_book().grids
            if grid.sheet != "Hướng dẫn"
            for row, cells in grid.rows.items()
            for column in cells
        ]
    )
)
any_content = st.one_of(
    st.none(),
    st.text(min_size=1).filter(str.strip),
    st.sampled_from(["so-nganh", "huyen", "so-y-te", "I", "II.2", "CQDT", "1", "2.3", "Tổng điểm", "Có", "{", "{so}"]),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.builds(Formula, st.text()),
    st.builds(ErrorValue, st.sampled_from(["#N/A", "#REF!", "#DIV/0!", "nan"])),
)


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(any_cell, any_content, min_size=1, max_size=3))
def test_whatever_stands_in_a_cell_the_definition_loads_or_an_error_says_why_not(
    contents: dict[tuple[str, int, int], Content | None],
) -> None:
    book = sample_book()
    for (sheet, row, column), content in contents.items():
        book = with_content(book, sheet, row, column, content)
    definition = load(book)
    assert (definition.assessment is None) == has_errors(definition.findings)
    assert all(Words(language).message(finding) for finding in definition.findings for language in Language)
