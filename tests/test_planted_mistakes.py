"""A definition that uses everything is clean; 30 mistakes planted in it are 30 findings, each at its cell."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string

from cqdt_batch.cells import Book, Content, Covered, ErrorValue, Formula, Masked, Percent
from cqdt_batch.definition.loading import load
from cqdt_batch.definition.records import (
    Aggregation,
    ColumnKind,
    Extra,
    GradeBasis,
    Limits,
    Measure,
    NumberLook,
    Orientation,
    RankBasis,
    Rule,
    ScoreSource,
    SortOrder,
    Summing,
    TableContent,
    TableOrder,
    TieRule,
    Treatment,
    ZeroRule,
)
from cqdt_batch.definition.sheets import SHEETS, YesNo, choice_key
from cqdt_batch.findings import has_errors
from cqdt_batch.intake.reading import read_book
from cqdt_batch.messages import Language, Words, catalogue
from cqdt_batch.publishing.definition_book import definition_sheets
from cqdt_batch.publishing.writer import write_workbook
from tests.books import grid_of, told, with_content

# ---------------------------------------------------------------- a definition that uses everything

Cells: TypeAlias = "dict[str, str | int | Decimal]"
YES, NO = YesNo


def block(code: str, decimals: tuple[int, int], ties: TieRule, treatment: Treatment, **cells: StrEnum | str) -> Cells:
    published, typed = decimals
    fixed: Cells = {"code": code, "name": f"Khối {code}", "decimals": published, "input_decimals": typed}
    return {**fixed, "ties": ties, "basis": RankBasis.PUBLISHED, "treatment": treatment, **cells}


def unit(code: str, name: str, group: str = "", subgroup: str = "") -> Cells:
    fixed: Cells = {"code": code, "name": name, "printed_name": name, "block": code.split("-", maxsplit=1)[0]}
    return {**fixed, "group": group, "subgroup": subgroup}


def inner(block: str, code: str, parent: str, **cells: StrEnum | int) -> Cells:
    return {"block": block, "code": code, "parent": parent, "label": f"Nhóm {code}", **cells}


def leaf(block: str, code: str, parent: str, points: int, rule: Rule, **cells: StrEnum | str | int | Decimal) -> Cells:
    fixed: Cells = {"block": block, "code": code, "parent": parent, "label": f"Tiêu chí {code}"}
    return {**fixed, "max_score": points, "rule": rule, "evidence_required": NO, **cells}


def table(code: str, block: str, criterion: str, **cells: StrEnum | str) -> Cells:
    fixed: Cells = {"code": code, "block": block, "title": "CHỈ SỐ NĂM {nam_danh_gia}", "criterion": criterion}
    return {**fixed, "headed": NO, "orientation": Orientation.LANDSCAPE, **cells}


def section(table: str, **cells: StrEnum | str) -> Cells:
    return {"table": table, "ranked": YES, "restarts": YES, **cells}


def column(table: str, kind: ColumnKind, **cells: StrEnum | str | int) -> Cells:
    return {"table": table, "kind": kind, "label": kind, "width": 10, **cells}


def grade(block: str, basis: GradeBasis, least: int, label: str) -> Cells:
    return {"block": block, "basis": basis, "least": least, "label": label}


def given_points(unit: str, criterion: str, points: int) -> Cells:
    return {"unit": unit, "criterion": criterion, "points": points, "source": "Khảo sát"}


def past(unit: str, total: int, **cells: str | int) -> Cells:
    return {"unit": unit, "total": total, **cells}


def correction(unit: str, criterion: str, old: int, new: int | str | Decimal) -> Cells:
    fixed: Cells = {"reason": "Bổ sung", "author": "An", "day": "15/12/2025", "document": "12/KHCN"}
    return {"unit": unit, "criterion": criterion, "old": old, "new": new, **fixed}


PROFILE: Cells = {
    "code": "dti-2025",
    "index_name": "Chỉ số chuyển đổi số",
    "year": 2025,
    "province": "Tỉnh Minh Hoạ",
    "issuer": "Ủy ban nhân dân tỉnh",
    "appraiser": "Sở Khoa học và Công nghệ",
    "criteria_set": "Bộ chỉ số DTI",
    "criteria_version": "2025",
    "annex_title": "PHỤ LỤC: {chi_so} NĂM {nam_danh_gia}",
    "reference": "(Kèm theo Quyết định số {so} ngày {ngay} tháng {thang} năm {nam})",
    "scores": ScoreSource.VERIFIED_ONLY,
    "tells_verified": YES,
}

EVERYTHING: Mapping[str, list[Cells]] = {
    "profile": [PROFILE],
    "blocks": [
        block("so", (2, 3), TieRule.COMPETITION, Treatment.CONVERTED, summing=Summing.PRINTED),
        block("xa", (1, 2), TieRule.DENSE, Treatment.PERCENT),
        block("dv", (2, 2), TieRule.ORDINAL, Treatment.OWN_SCALE, tie_breaks="A; B", basis=RankBasis.EXACT),
    ],
    "units": [
        unit("so-1", "Sở Một", "hanh-chinh"),
        unit("so-2", "Sở Hai", "nghiep-vu"),
        unit("so-3", "Sở Ba", "nghiep-vu"),
        unit("so-4", "Sở Bốn", "nghiep-vu"),
        unit("xa-1", "Xã Một", subgroup="Vùng cao"),
        unit("xa-2", "Xã Hai", subgroup="Vùng cao"),
        unit("xa-3", "Xã Ba", subgroup="Vùng cao"),
        unit("xa-4", "Xã Bốn", subgroup="Vùng thấp"),
        unit("xa-5", "Xã Năm", subgroup="Vùng thấp"),
        unit("xa-6", "Xã Sáu", subgroup="Vùng thấp"),
        unit("dv-1", "Đơn vị Một", "a"),
        unit("dv-2", "Đơn vị Hai", "a"),
        unit("dv-3", "Đơn vị Ba", "b"),
        unit("dv-4", "Đơn vị Bốn", "b"),
    ],
    "criteria": [
        inner("so", "DTI", ""),
        inner("so", "1", "DTI"),
        leaf("so", "1.1", "1", 50, Rule.POINTS, step=Decimal("0.5")),
        leaf("so", "1.2", "1", 30, Rule.YES_NO),
        leaf("so", "1.3", "1", 20, Rule.CASES, levels="Đầy đủ: 20; Một phần, có kế hoạch: 10,5; Chưa có: 0"),
        inner("so", "2", "DTI"),
        leaf("so", "2.1", "2", 100, Rule.RATIO, first_label="Trực tuyến", second_label="Tất cả", on_zero=ZeroRule.FULL),
        leaf("so", "2.2", "2", 50, Rule.TARGET, first_label="Đã ký số", second_label="Tất cả", target=80),
        leaf("so", "2.3", "2", 40, Rule.STEPS, measure=Measure.PERCENT, first_label="Tỷ lệ", levels="98: 40; 95: 30"),
        leaf("so", "2.4", "2", 10, Rule.COUNT, first_label="Số sáng kiến", per_item=Decimal("2.5")),
        inner("so", "3", "DTI", aggregation=Aggregation.BEST),
        leaf("so", "3.1", "3", 60, Rule.RELATIVE, first_label="Số hồ sơ", on_zero=ZeroRule.ZERO),
        leaf("so", "3.2", "3", 60, Rule.GIVEN),
        inner("so", "4", "DTI", aggregation=Aggregation.MEAN),
        leaf("so", "4.1", "4", 40, Rule.RATIO, measure=Measure.PERCENT, first_label="Tỷ lệ hài lòng", weight=1),
        leaf("so", "4.2", "4", 40, Rule.STEPS, first_label="Số dịch vụ", levels="10: 40; 5: 20", weight=2),
        leaf("so", "5", "DTI", 10, Rule.POINTS, extra=Extra.BONUS),
        leaf("so", "6", "DTI", 5, Rule.COUNT, first_label="Số lần chậm", per_item=1, extra=Extra.PENALTY),
        inner("xa", "DTI", ""),
        inner("xa", "1", "DTI"),
        leaf("xa", "1.1", "1", 60, Rule.POINTS),
        leaf("xa", "1.2", "1", 40, Rule.RATIO, first_label="a", second_label="b", on_zero=ZeroRule.NOT_ASSESSED),
        leaf("xa", "2", "DTI", 100, Rule.TARGET, measure=Measure.NUMBER, first_label="Số điểm wifi", target=25),
        inner("xa", "3", "DTI", aggregation=Aggregation.MEAN),
        leaf("xa", "3.1", "3", 50, Rule.YES_NO, weight=1),
        leaf("xa", "3.2", "3", 50, Rule.CASES, levels="Đạt: 50; Chưa đạt: 0", weight=3),
        leaf("xa", "4", "DTI", 50, Rule.GIVEN),
        inner("dv", "T", ""),
        leaf("dv", "A", "T", 10, Rule.POINTS),
        leaf("dv", "B", "T", 10, Rule.POINTS),
        leaf("dv", "C", "T", 10, Rule.POINTS),
    ],
    "exemptions": [
        {"block": "so", "group": "hanh-chinh", "criterion": "2.1"},
        {"block": "dv", "group": "b", "criterion": "C"},
        {"block": "xa", "unit": "xa-3", "criterion": "1.2"},
    ],
    "tables": [
        table("S1", "so", "DTI", before="Cơ quan thẩm định: {co_quan}.", after="Theo {bo_tieu_chi} của {tinh}."),
        table("S2", "so", "2"),
        table("S3", "so", "DTI", content=TableContent.GRADES),
        table("X1", "xa", "DTI"),
        table("X2", "xa", "DTI", content=TableContent.GRADES),
        table("D1", "dv", "T", order=TableOrder.REGISTER),
    ],
    "sections": [
        section("S1"),
        section("S2"),
        section("S3"),
        section("X1", subgroups="Vùng cao", title="Các xã vùng cao"),
        section("X1", subgroups="Vùng thấp", title="Các xã vùng thấp"),
        section("X2"),
        section("D1", groups="a", title="Đánh giá đủ"),
        section("D1", groups="b", title="Không đánh giá C"),
    ],
    "columns": [
        column("S1", ColumnKind.NUMBER, number="(1)"),
        column("S1", ColumnKind.UNIT, number="(2)"),
        column("S1", ColumnKind.POINTS, criterion="1", spanners="Điểm; Thành phần"),
        column("S1", ColumnKind.POINTS, criterion="2", spanners="Điểm; Thành phần", look=NumberLook.GROUPED),
        column("S1", ColumnKind.NOT_ASSESSED, spanners="Điểm"),
        column("S1", ColumnKind.APPLICABLE, spanners="Điểm", look=NumberLook.PLAIN),
        column("S1", ColumnKind.CONVERTED, criterion="2", decimals=1),
        column("S1", ColumnKind.TOTAL, sort=SortOrder.DESCENDING),
        column("S1", ColumnKind.PERCENT, look=NumberLook.PERCENT),
        column("S1", ColumnKind.LAST_TOTAL),
        column("S1", ColumnKind.CHANGE),
        column("S1", ColumnKind.RANK),
        column("S1", ColumnKind.LAST_RANK),
        column("S1", ColumnKind.RANK_CHANGE),
        column("S1", ColumnKind.GRADE),
        column("S1", ColumnKind.NOTE),
        column("S2", ColumnKind.UNIT),
        column("S2", ColumnKind.CONVERTED),
        column("S2", ColumnKind.RANK),
        column("S3", ColumnKind.NUMBER),
        column("S3", ColumnKind.GRADE),
        column("S3", ColumnKind.COUNT),
        column("S3", ColumnKind.SHARE, decimals=1, look=NumberLook.PERCENT),
        column("X1", ColumnKind.UNIT),
        column("X1", ColumnKind.SUBGROUP),
        column("X1", ColumnKind.POINTS, criterion="1"),
        column("X1", ColumnKind.MAXIMUM, criterion="1"),
        column("X1", ColumnKind.PERCENT),
        column("X1", ColumnKind.RANK_IN_SUBGROUP),
        column("X1", ColumnKind.RANK_OVERALL),
        column("X1", ColumnKind.GRADE),
        column("X2", ColumnKind.GRADE),
        column("X2", ColumnKind.COUNT),
        column("D1", ColumnKind.UNIT),
        column("D1", ColumnKind.TOTAL, decimals=1),
        column("D1", ColumnKind.RANK),
    ],
    "grades": [
        grade("so", GradeBasis.PERCENT, 90, "Tốt"),
        grade("so", GradeBasis.PERCENT, 65, "Khá"),
        grade("so", GradeBasis.PERCENT, 0, "Trung bình"),
        grade("xa", GradeBasis.PERCENT, 80, "Tốt"),
        grade("xa", GradeBasis.PERCENT, 0, "Chưa tốt"),
        grade("dv", GradeBasis.POINTS, 15, "Đạt"),
        grade("dv", GradeBasis.POINTS, 0, "Chưa đạt"),
    ],
    "given": [
        *(given_points(f"so-{n}", "3.2", 50 + n) for n in range(1, 5)),
        *(given_points(f"xa-{n}", "4", 40 + n) for n in range(1, 7)),
    ],
    "past": [
        past("so-1", 203, rank=1),
        past("so-2", 202, rank=2),
        past("so-3", 201, rank=3),
        past("xa-1", 180, name="Xã Cũ"),
        past("xa-1", 190, name="Thị trấn Cũ"),
        past("xa-2", 70, criterion="1"),
    ],
    "appraisal": [
        {"code": "so-ha-tang", "block": "so", "criteria": "1; 2", "appraiser": "Tổ hạ tầng"},
        {"code": "so-ket-qua", "block": "so", "criteria": "3; 4; 5; 6"},
        {"code": "xa", "block": "xa"},
        {"code": "dv", "block": "dv"},
    ],
    "corrections": [
        correction("so-2", "1.1", 40, 45),
        correction("so-2", "1.1", 45, "Không đánh giá"),
        correction("so-3", "6", -2, Decimal("-1.5")),
    ],
}


@cache
def everything() -> Book:
    """The definition as it is read from a workbook."""
    words = Words()
    contents = {
        name: [{field: words(choice_key(v)) if isinstance(v, StrEnum) else v for field, v in r.items()} for r in rows]
        for name, rows in EVERYTHING.items()
    }
    with TemporaryDirectory() as folder:
        path = write_workbook(Path(folder) / "dot-danh-gia.xlsx", definition_sheets(words, contents), "")
        book = read_book(path.read_bytes(), path.name, Limits())
    assert isinstance(book, Book)
    return book


def test_the_definition_is_clean_and_uses_every_choice() -> None:
    assert told(load(everything())) == []
    cells = (value for rows in EVERYTHING.values() for row in rows for value in row.values())
    used = {choice_key(value) for value in cells if isinstance(value, StrEnum)}
    usual = {Aggregation.SUM, NumberLook.FIXED, TableContent.UNITS, TableOrder.RESULT, ZeroRule.ERROR, Measure.RATIO}
    usual |= {ScoreSource.VERIFIED, Summing.EXACT}
    elsewhere = {Orientation.PORTRAIT, SortOrder.ASCENDING, Treatment.UNRANKED, Treatment.LEFT_OUT, ScoreSource.OWN}
    choices = {choice_key(choice) for spec in SHEETS for field in spec.fields for choice in field.choices or ()}
    assert choices - used == {choice_key(choice) for choice in usual | elsewhere}


# ---------------------------------------------------------------- the mistakes


class Mistake(NamedTuple):
    """What is typed into a cell, and the code of the finding that it is told by, at that cell."""

    sheet: str
    cell: str
    content: Content | None
    code: str


MISTAKES = [
    Mistake("Đợt đánh giá", "B11", "(Kèm theo Quyết định số {so_qd})", "placeholder"),
    Mistake("Khối", "H3", "1; 2", "tie_breaks_unused"),
    Mistake("Khối", "D4", Decimal(1), "input_decimals"),
    Mistake("Đơn vị", "C4", "SỞ  MỘT", "same_name"),
    Mistake("Tiêu chí", "K4", Decimal("0.3"), "step_uneven"),
    Mistake("Tiêu chí", "F5", None, "leaf_without_rule"),
    Mistake("Tiêu chí", "Q6", "Đầy đủ: 20; ĐẦY ĐỦ: 10", "level_repeated"),
    Mistake("Tiêu chí", "E7", Decimal(200), "inner_scored"),
    Mistake("Tiêu chí", "N8", None, "parameter_missing"),
    Mistake("Tiêu chí", "P9", Decimal(0), "not_above_zero"),
    Mistake("Tiêu chí", "Q10", "98: 30; 95: 40", "steps_not_rising"),
    Mistake("Tiêu chí", "L11", "Một tỷ lệ %", "measure_unfit"),
    Mistake("Tiêu chí", "S13", "Điểm cộng", "extra_not_summed"),
    Mistake("Tiêu chí", "J16", None, "weight_missing"),
    Mistake("Tiêu chí", "Q17", "10: 45; 5: 20", "levels_not_maximum"),
    Mistake("Tiêu chí", "C22", "9", "unknown_parent"),
    Mistake("Tiêu chí", "I24", "Lấy mục cao nhất", "nothing_to_aggregate"),
    Mistake("Không đánh giá", "B2", "hanh-chinh-2", "unknown_group"),
    Mistake("Biểu", "D7", "Z", "unknown_criterion"),
    Mistake("Mục", "F6", "Vùng trung", "unknown_subgroup"),
    Mistake("Cột", "J2", "Tăng dần", "sort_unused"),
    Mistake("Cột", "I4", "Kèm dấu % (27,0%)", "look_of_percent"),
    Mistake("Cột", "H9", Decimal(1), "ranked_decimals"),
    Mistake("Cột", "B24", "Đơn vị", "column_unfit"),
    Mistake("Cột", "C26", "1", "column_without_points"),
    Mistake("Xếp loại", "C4", Decimal(10), "grades_from_zero"),
    Mistake("Xếp loại", "D6", "TỐT", "grade_repeated"),
    Mistake("Điểm thẩm định chấm", "C3", Decimal(70), "given_above_maximum"),
    Mistake("Điểm thẩm định chấm", "A6", "xa-9", "no_such_unit"),
    Mistake("Năm trước", "C6", None, "past_without_name"),
]


def planted(*mistakes: Mistake) -> Book:
    """The definition with some mistakes in it."""
    book = everything()
    for mistake in mistakes:
        letters, row = coordinate_from_string(mistake.cell)
        book = with_content(book, mistake.sheet, row, column_index_from_string(letters), mistake.content)
    return book


def places(*mistakes: Mistake) -> list[tuple[str, str, str]]:
    return [(f"definition_{mistake.code}", mistake.sheet, mistake.cell) for mistake in mistakes]


def test_thirty_mistakes_are_thirty_different_findings_at_their_cells() -> None:
    assert len(MISTAKES) == len({mistake.code for mistake in MISTAKES}) == 30
    definition = load(planted(*MISTAKES))
    assert definition.assessment is None
    assert told(definition) == places(*MISTAKES)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.code)
def test_each_mistake_alone_is_its_own_finding(mistake: Mistake) -> None:
    assert told(load(planted(mistake))) == places(mistake)


@settings(deadline=None, max_examples=60)
@given(st.sets(st.sampled_from(MISTAKES), min_size=1))
def test_some_of_the_mistakes_are_told_as_if_the_others_were_not_there(some: set[Mistake]) -> None:
    chosen = [mistake for mistake in MISTAKES if mistake in some]
    assert told(load(planted(*chosen))) == places(*chosen)


@pytest.mark.parametrize("language", Language)
def test_the_findings_are_whole_sentences(language: Language) -> None:
    for finding in load(planted(*MISTAKES)).findings:
        message = Words(language).message(finding)
        assert message.endswith((".", ")."))
        assert "«»" not in message
        assert "{" not in message or finding.code == "definition_placeholder"


# ---------------------------------------------------------------- junk anywhere

_SHEETS = [Words()(spec.title_key) for spec in SHEETS]
any_cell = st.deferred(
    lambda: st.sampled_from(
        [
            (sheet, row, column)
            for sheet in _SHEETS
            for row in grid_of(everything(), sheet).rows
            for column in range(1, 1 + max(map(max, grid_of(everything(), sheet).rows.values())))
        ]
    )
)
"""Every cell of the definition's sheets, filled in or not."""
words_of_choices = st.sampled_from(sorted({t["vi"] for key, t in catalogue().items() if key.startswith("choice.")}))
codes = st.sampled_from(["so", "xa", "dv", "so-1", "xa-3", "DTI", "1", "1.1", "3", "T", "A", "S1", "D1", "Vùng cao"])
level_lists = st.lists(
    st.tuples(st.sampled_from(["98", "95,5", "0", "1.000", "NaN", "inf", "Đạt", "đạt"]), st.integers(0, 10**12)),
    max_size=4,
).map(lambda levels: "; ".join(f"{name}: {points}" for name, points in levels) or ";")
extremes = [Decimal(x) for x in ("0", "-1", "1e308", "-1e308", "5e-324", "0.1", "1000000", "1000000000", "2.5")]
junk: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    words_of_choices,
    codes,
    level_lists,
    st.sampled_from(extremes),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.text(min_size=1).filter(str.strip),
    st.sampled_from(["{", "}", "{so", "{0}", "{so.x}", "{tinh!r}", "=1+1", ";", ":", "a: ", "98: 4; 98: 3"]),
    st.booleans(),
    st.dates(),
    st.builds(Percent, st.decimals(0, 2, places=2)),
    st.builds(Masked, st.decimals(0, 9, places=3)),
    st.builds(Formula, st.text()),
    st.just(ErrorValue("#N/A")),
    st.just(Covered("2")),
)


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(any_cell, junk, min_size=1, max_size=5))
def test_junk_in_any_cell_is_an_error_or_nothing_worse(contents: dict[tuple[str, int, int], Content | None]) -> None:
    book = everything()
    for (sheet, row, column), content in contents.items():
        book = with_content(book, sheet, row, column, content)
    definition = load(book)
    assert (definition.assessment is None) == has_errors(definition.findings)
    assert all(Words(language).message(finding) for finding in definition.findings for language in Language)
