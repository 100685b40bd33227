"""What a reader would find in printed tables: the rows of 2020, planted mistakes, and nothing that is not there."""

from __future__ import annotations

import csv
import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet
from typer.testing import CliRunner, Result

from cqdt_batch.cells import Book, Content, Covered, ErrorValue, Formula, Grid, Masked, Percent
from cqdt_batch.cli import app
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.loading import Definition
from cqdt_batch.definition.records import ColumnKind, Limits
from cqdt_batch.findings import Finding, Severity, Term, Where
from cqdt_batch.intake.printed.delimited import read_delimited, read_printed
from cqdt_batch.intake.printed.headers import maximum_in, role_of
from cqdt_batch.intake.printed.model import (
    PrintedColumn,
    PrintedFigure,
    PrintedRole,
    PrintedRow,
    PrintedTable,
    Sum,
)
from cqdt_batch.intake.printed.recognition import printed_tables
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.auditing import Audit, audit
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.publishing.annex.rereading import reread
from cqdt_batch.publishing.annex.tables import Annex, annex_sheets
from cqdt_batch.publishing.audit_report import audit_json, audit_lines
from cqdt_batch.publishing.sheets import Computed
from cqdt_batch.rounding import published
from cqdt_batch.scoring.consistency.ranks import RankPolicy
from cqdt_batch.scoring.consistency.reader import question
from cqdt_batch.scoring.outcome import Outcome, evaluate
from tests.assessments import intake_of
from tests.libreoffice import _saved as saved_as
from tests.rounds import SAMPLE, examined
from tests.small_rounds import SmallRound, column, small_rounds

DECISION = Path(__file__).parent / "decision"
TABLES = ("I", "I.1", "I.2", "II", "II.1", "II.2")
CSVS = [DECISION / f"table-{name}.csv" for name in TABLES]

ROUNDED, WRONG, ALIKE = "printed_sum_rounded", "printed_sum_wrong", "printed_parts_identical"
KNOWN = {
    (WRONG, "I", "Sở Y tế"),
    (ROUNDED, "I.2", "Sở Y tế"),
    (ROUNDED, "I.2", "Sở Nông nghiệp và PTNT"),
    (ROUNDED, "I.2", "Sở Nội vụ"),
    (ROUNDED, "I.2", "Sở Giao thông Vận tải"),
    (WRONG, "I.2", "Ban Quản lý các KCN"),
    (ROUNDED, "I.2", "Sở Lao động, TB&XH"),
    (ROUNDED, "II", "UBND huyện Lạc Thủy"),
    (ROUNDED, "II.2", "UBND huyện Cao Phong"),
    (ALIKE, "I.2", "Sở Tài chính"),
}
"""The nine rows that do not add up, two of them impossible, and the pair (Sở Tài chính, Sở Giao thông Vận tải)."""

Row = Sequence[str | int | float | None]


def told(found: Iterable[Finding]) -> list[tuple[str, str]]:
    """The code and the cell of every finding."""
    return [(finding.code, finding.where.cell) for finding in found]


def cqdt(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def saved(path: Path, rows: Mapping[str, Sequence[Row]], change: Callable[[Worksheet], None] = lambda _: None) -> Path:
    """A workbook with rows on sheets; `change` dresses the first."""
    book = openpyxl.Workbook()
    del book["Sheet"]
    for name, lines in rows.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(list(line))
    change(book.worksheets[0])
    book.save(path)
    return path


# ---------------------------------------------------------------- the decision of 2020


def known_of(found: Audit, names: Mapping[str, str]) -> set[tuple[str, str, str]]:
    kinds = {finding.code for finding in found.findings} - {"printed_name_spelt", "printed_values_only"}
    assert kinds == {WRONG, ROUNDED, ALIKE}
    told = [f for f in found.findings if f.code in kinds]
    assert len(told) == len(KNOWN)
    return {(f.code, names[f.where.sheet or f.where.file], f.unit) for f in told}


def policies(found: Audit) -> dict[str, list[RankPolicy]]:
    return {r.table.name: [ranked.policy for ranks in r.ranks for _, ranked in ranks.lists] for r in found.readings}


DENSE, UNDECIDED = [RankPolicy.DENSE], [RankPolicy.UNDECIDED]


def test_the_six_tables_of_2020_give_exactly_the_known_rows() -> None:
    found = audit(CSVS)
    assert known_of(found, {path.name: name for path, name in zip(CSVS, TABLES, strict=True)}) == KNOWN
    expected = [DENSE, DENSE, DENSE, UNDECIDED, UNDECIDED, UNDECIDED]
    assert policies(found) == dict(zip((path.stem for path in CSVS), expected, strict=True))


def test_names_spelt_differently_are_told_apart_from_the_figures() -> None:
    found = [f for f in audit(CSVS).findings if f.code == "printed_name_spelt"]
    assert sorted(str(f.facts["unit"]) for f in found) == ["Sở Giao thông Vận tải", "Sở xây dựng"]
    assert {f.severity for f in found} == {Severity.NOTICE}


def test_a_finding_says_the_sum_the_total_and_what_rounding_could_do() -> None:
    messages = [Words().message(finding) for finding in audit(CSVS).findings]
    assert any(
        "Ban Quản lý các KCN: 8 + 26,0 + 13 = 47,0, nhưng tổng in là 47,3, lệch 0,3. Làm tròn chỉ có thể gây lệch tối "
        "đa 0,2" in message
        for message in messages
    )
    assert any("Sở Tài chính (48,4, hạng 11); Sở Giao thông Vận tải (48,3, hạng 12)" in message for message in messages)


HEADERS = {
    "readiness": "Điều kiện sẵn sàng Chính quyền điện tử",
    "results": "Kết quả Chính quyền điện tử đạt được",
    "infrastructure": "Cơ sở hạ tầng thông tin",
    "human_resources": "Nhân lực CNTT",
    "policy": "Môi trường chính sách",
    "presence": "Mức độ hiện diện",
    "interaction": "Mức độ tương tác",
    "transaction": "Mức độ giao dịch",
}
TITLES = {
    "I.1": "1. Chỉ số và xếp hạng nhóm tiêu chí điều kiện sẵn sàng Chính quyền điện tử",
    "I.2": "2. Chỉ số và xếp hạng nhóm tiêu chí kết quả Chính quyền điện tử đạt được",
}


def as_printed(text: str) -> tuple[Decimal | str | None, str]:
    """A figure of the transcript as a number with the format that shows it so."""
    plain = text.replace(",", ".")
    if not plain.replace(".", "").isdecimal():
        return text or None, "General"
    decimals = len(plain.partition(".")[2])
    return Decimal(plain), f"0.{'0' * decimals}" if decimals else "General"


def laid_out(path: Path) -> Path:
    """The six tables as an annex: titles, spanners, number rows, merged sections, notes and a signature."""
    book = openpyxl.Workbook()
    del book["Sheet"]
    for name, source in zip(TABLES, CSVS, strict=True):
        with source.open(encoding="utf-8", newline="") as file:
            lines = list(csv.DictReader(file))
        lay_out(book.create_sheet(name), name, lines)
    book.save(path)
    return path


def lay_out(sheet: Worksheet, name: str, lines: list[dict[str, str]]) -> None:
    parts = [key for key in lines[0] if key in HEADERS]
    width = len(parts) + 4
    top = ("CHỈ SỐ VÀ XẾP HẠNG MỨC ĐỘ CHÍNH QUYỀN ĐIỆN TỬ NĂM 2020", "(Ban hành kèm theo Quyết định số      /QĐ-UBND)")
    for row, text in enumerate((*top, TITLES.get(name, "Chỉ số tổng thể")), 1):
        sheet.cell(row, 1, text)
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=width)
    for place, text in ((1, "TT"), (2, "Đơn vị"), (3, "Điểm"), (width - 1, "Tổng điểm"), (width, "Xếp hạng")):
        sheet.cell(5, place, text)
        if text != "Điểm":
            sheet.merge_cells(start_row=5, start_column=place, end_row=6, end_column=place)
    sheet.merge_cells(start_row=5, start_column=3, end_row=5, end_column=width - 2)
    for place, part in enumerate(parts, 3):
        sheet.cell(6, place, HEADERS[part])
    for place in range(1, width + 1):
        sheet.cell(7, place, f"({place})")
    row, section = 8, ""
    for line in lines:
        if line.get("section", "") != section:
            section = line["section"]
            sheet.cell(row, 1, section)
            sheet.cell(row, 2, f"Các cơ quan, đơn vị thuộc mục {section}")
            sheet.merge_cells(start_row=row, start_column=2, end_row=row, end_column=width)
            row += 1
        for place, key in enumerate(("tt", "unit", *parts, "total", "rank"), 1):
            value, code = as_printed(line[key]) if key != "unit" else (line[key], "General")
            sheet.cell(row, place, value).number_format = code
        row += 1
    sheet.cell(row + 1, 1, "Ghi chú: các điểm được làm tròn.")
    sheet.cell(row + 2, width, "CHỦ TỊCH")


def test_the_six_tables_laid_out_as_an_annex_give_exactly_the_known_rows(tmp_path: Path) -> None:
    found = audit([laid_out(tmp_path / "phu-luc.xlsx")])
    assert known_of(found, dict(zip(TABLES, TABLES, strict=True))) == KNOWN
    assert policies(found) == dict(zip(TABLES, [DENSE, DENSE, DENSE, UNDECIDED, UNDECIDED, UNDECIDED], strict=True))
    first = found.readings[0].table
    assert first.sections == ("I Các cơ quan, đơn vị thuộc mục I", "II Các cơ quan, đơn vị thuộc mục II")
    assert [column.label for column in first.columns][2] == "Điểm \u2013 Điều kiện sẵn sàng Chính quyền điện tử"


@pytest.mark.parametrize("suffix", ["ods", "xls"])
def test_the_annex_saved_by_libreoffice_in_another_format_gives_the_same(tmp_path: Path, suffix: str) -> None:
    """Number formats of Excel 97 are not read, which is said once: 56,0 comes back as 56, the same figure."""
    found = audit([saved_as(laid_out(tmp_path / "phu-luc.xlsx"), tmp_path, suffix)])
    without_formats = [f.where.file for f in found.findings if f.code == "printed_values_only"]
    assert without_formats == (["phu-luc.xls"] if suffix == "xls" else [])
    assert known_of(found, dict(zip(TABLES, TABLES, strict=True))) == KNOWN


# ---------------------------------------------------------------- planted mistakes

HEADER = ("TT", "Đơn vị", "Hạ tầng", "Nhân lực", "Tổng điểm", "Xếp hạng")
CLEAN: tuple[Row, ...] = (
    HEADER,
    (1, "Sở Tài chính", 30.5, 40.2, 70.7, 1),
    (2, "Sở Nội vụ", 29.1, 40.1, 69.2, 2),
    (3, "Sở Y tế", 28.4, 37.7, 66.1, 3),
    (4, "Sở Tư pháp", 27.3, 36.6, 63.9, 4),
    (5, "Sở Xây dựng", 26.6, 37.3, 63.9, 4),
    (6, "Sở Công thương", 25.2, 30.9, 56.1, 5),
    (7, "Thanh tra tỉnh", 24.9, 28.8, 53.7, 6),
    (8, "Ban Dân tộc", 20.3, 22.2, 42.5, 7),
)
READINESS: tuple[Row, ...] = (
    ("TT", "Đơn vị", "Mạng", "Máy tính", "Tổng điểm", "Xếp hạng"),
    (1, "Sở Tài chính", 10.2, 20.3, 30.5, 1),
    (2, "Sở Nội vụ", 10.1, 19.0, 29.1, 2),
    (3, "Sở Y tế", 9.4, 19.0, 28.4, 3),
    (4, "Sở Tư pháp", 9.3, 18.0, 27.3, 4),
    (5, "Sở Xây dựng", 9.6, 17.0, 26.6, 5),
    (6, "Sở Công thương", 8.2, 17.0, 25.2, 6),
    (7, "Thanh tra tỉnh", 8.9, 16.0, 24.9, 7),
    (8, "Ban Dân tộc", 8.3, 12.0, 20.3, 8),
)


def changed(
    rows: Sequence[Row], row: int, column: int, value: str | float | None
) -> list[list[str | int | float | None]]:
    lines = [list(line) for line in rows]
    lines[row - 1][column - 1] = value
    return lines


def test_a_sound_annex_gives_no_finding_at_all(tmp_path: Path) -> None:
    found = audit([saved(tmp_path / "a.xlsx", {"1": CLEAN, "2": READINESS})])
    assert found.findings == ()
    assert [[(one.total, one.parts) for one in reading.sums] for reading in found.readings] == [[(5, (3, 4))]] * 2


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ((4, 3, 29.4), [("printed_sum_wrong", "E4")]),
        ((4, 5, 86.1), [("printed_sum_wrong", "E4")]),
        ((4, 5, 66.2), [("printed_sum_rounded", "E4")]),
        ((4, 5, 661), [("printed_figure_far", "E4")]),
        ((4, 3, "28,4 (*)"), [("printed_cell_unread", "C4"), ("printed_sum_partly", "E4")]),
        ((4, 3, -28.4), [("printed_figure_negative", "C4")]),
        ((4, 6, 8), [("printed_rank_wrong", "F4")]),
        ((6, 6, 5), [("printed_rank_wrong", "F6")]),
        ((5, 2, "Sở Y tế"), [("printed_unit_twice", "B5"), ("printed_units_missing", "1")]),
        ((4, 2, "Sở Y Tế"), [("printed_name_spelt", "B4")]),
        ((4, 2, "Sở Y tê"), [("printed_unit_renamed", "B4")]),
    ],
    ids=[
        "part",
        "total",
        "total within rounding",
        "point lost",
        "remark in a figure",
        "negative",
        "rank",
        "rank of the next",
        "unit twice",
        "spelling",
        "other name",
    ],
)
def test_a_planted_mistake_is_told_once(
    tmp_path: Path, change: tuple[int, int, str | float], expected: list[tuple[str, str]]
) -> None:
    found = audit([saved(tmp_path / "a.xlsx", {"1": changed(CLEAN, *change), "2": READINESS})])
    assert sorted(told(found.findings)) == expected


def test_a_missing_row_is_a_gap_in_the_ranks_and_a_unit_missing(tmp_path: Path) -> None:
    rows = [line for line in CLEAN if line[1] != "Sở Y tế"]
    found = audit([saved(tmp_path / "a.xlsx", {"1": rows, "2": READINESS})])
    assert sorted(told(found.findings)) == [("printed_rank_gap", "F4"), ("printed_units_missing", "1")]


def test_a_section_and_a_list_of_figures_are_not_missed(tmp_path: Path) -> None:
    """The second table leaves the last section out; the third has three rows a unit."""
    lead: list[Row] = [HEADER, (None, "Các sở"), *CLEAN[1:7], (None, "Các cơ quan khác"), *CLEAN[7:]]
    trace: list[Row] = [("Đơn vị", "Chỉ tiêu", "Điểm"), *((line[1], n, n) for line in CLEAN[1:6] for n in range(3))]
    found = audit([saved(tmp_path / "a.xlsx", {"1": lead, "2": READINESS[:7], "3": trace})])
    assert [f for f in found.findings if f.where.sheet != "3"] == []


def test_two_rows_that_changed_places_are_told_by_one(tmp_path: Path) -> None:
    rows = [*CLEAN[:3], CLEAN[6], *CLEAN[4:6], CLEAN[3], *CLEAN[7:]]
    found = audit([saved(tmp_path / "a.xlsx", {"1": rows})])
    assert {code for code, _ in told(found.findings)} == {"printed_order_wrong"}


def test_a_figure_that_two_tables_print_differently_is_told_once(tmp_path: Path) -> None:
    """Both tables add up; only side by side do they contradict."""
    rows = changed(changed(CLEAN, 4, 3, 28.9), 4, 5, 66.6)
    found = audit([saved(tmp_path / "a.xlsx", {"1": rows, "2": READINESS})])
    assert told(found.findings) == [("printed_figure_differs", "C4")]
    assert found.findings[0].facts["other"] == Decimal("28.4")


def test_a_figure_above_the_maximum_of_its_header_is_told(tmp_path: Path) -> None:
    rows = changed(CLEAN, 1, 3, "Hạ tầng (tối đa 30 điểm)")
    assert told(audit([saved(tmp_path / "a.xlsx", {"1": rows})]).findings) == [("printed_figure_above_maximum", "C2")]


def test_ranks_by_something_that_is_not_printed_are_said_to_be_so(tmp_path: Path) -> None:
    rows = [list(line) for line in CLEAN]
    for line, rank in zip(rows[1:], (5, 2, 7, 1, 8, 3, 6, 4), strict=True):
        line[5] = rank
    found = audit([saved(tmp_path / "a.xlsx", {"1": rows})])
    assert {code for code, _ in told(found.findings)} == {"printed_ranks_unexplained"}
    assert policies(found) == {"1": [RankPolicy.NONE]}


def test_units_with_one_printed_total_and_different_ranks_have_hidden_digits_between_them(tmp_path: Path) -> None:
    rows = [*CLEAN[:5], *((*line[:5], rank) for line, rank in zip(CLEAN[5:], (5, 6, 7, 8), strict=True))]
    found = audit([saved(tmp_path / "a.xlsx", {"1": rows})])
    assert told(found.findings) == [("printed_ranks_split", "F6")]
    assert policies(found) == {"1": [RankPolicy.SPLIT]}


def test_competition_ranks_are_recognised(tmp_path: Path) -> None:
    rows = [*CLEAN[:6], (*CLEAN[6][:5], 6), (*CLEAN[7][:5], 7), (*CLEAN[8][:5], 8)]
    found = audit([saved(tmp_path / "a.xlsx", {"1": rows})])
    assert (found.findings, policies(found)) == ((), {"1": [RankPolicy.COMPETITION]})


def test_many_rows_that_rounding_explains_are_told_of_together() -> None:
    rows = [["Unit", "A", "B", "Total"], *([f"Unit {n}", f"{n}.1", "2.2", f"{n + 2}.4"] for n in range(10, 30))]
    found, _ = printed_tables(book("\n".join(",".join(line) for line in rows)))
    assert [(f.code, f.facts["count"]) for f in question(found).findings] == [("printed_sums_rounded", 20)]


def test_a_total_that_may_have_been_converted_is_a_question(tmp_path: Path) -> None:
    rows = changed(CLEAN, 9, 4, "Không đánh giá")
    found = audit([saved(tmp_path / "a.xlsx", {"1": rows})])
    assert told(found.findings) == [("printed_sum_partly", "E9")]


def test_hidden_digits_of_a_workbook_explain_a_total(tmp_path: Path) -> None:
    """26,06 + 15,04 is 41,10; shown with one decimal, 26,1 and 15,0 make 41,1; but 26,04 + 15,04 is shown as 41,1."""
    rows = changed(changed(changed(CLEAN, 8, 3, 26.04), 8, 4, 15.04), 8, 5, 41.08)

    def shown(sheet: Worksheet) -> None:
        for row in sheet.iter_rows(min_row=2, min_col=3, max_col=5):
            for cell in row:
                cell.number_format = "0.0"

    rows[7][5], rows[8][5] = 7, 6
    found = audit([saved(tmp_path / "a.xlsx", {"1": rows}, shown)])
    hidden = [finding for finding in found.findings if finding.code == "printed_sum_hidden"]
    assert [(f.where.cell, f.facts["exact"]) for f in hidden] == [("E8", Decimal("41.08"))]
    assert "tổng tính từ điểm chưa làm tròn 41,08. In 2 chữ số thập phân thì hàng này cộng khớp" in Words().message(
        hidden[0]
    )


# ---------------------------------------------------------------- recognition


def book(text: str, encoding: str = "utf-8") -> Book:
    read = read_delimited(text.encode(encoding), "a.csv", Limits())
    assert not isinstance(read, Finding)
    return read


TEXT = (
    "TT;Đơn vị;Hạ tầng;Nhân lực;Tổng điểm;Xếp hạng\n1;Sở Tài chính;30,5;1.040,25;1.070,75;1\n2;Sở Y tế;28,4;37;65,4;2"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_a_text_file_is_read_in_every_usual_encoding(encoding: str, separator: str) -> None:
    (table,), findings = printed_tables(book(TEXT.replace(";", separator), encoding))
    assert findings == ()
    assert [row.unit for row in table.rows] == ["Sở Tài chính", "Sở Y tế"]
    assert [table.rows[0].value(column) for column in (3, 4, 5)] == [
        Decimal("30.5"),
        Decimal("1040.25"),
        Decimal("1070.75"),
    ]


def test_a_text_file_of_windows_1258_is_read() -> None:
    """There a tone mark is a letter of its own behind the vowel."""
    tones = "\u0300\u0301\u0303\u0309\u0323"
    letters = unicodedata.normalize("NFD", TEXT)
    marked = "".join(f"\0{letter}" if letter in tones else letter for letter in letters)
    old = "\0".join(unicodedata.normalize("NFC", part) for part in marked.split("\0")).replace("\0", "")
    read = read_delimited(old.encode("cp1258"), "a.csv", Limits())
    assert not isinstance(read, Finding)
    (table,), _ = printed_tables(read)
    assert [row.unit for row in table.rows] == ["Sở Tài chính", "Sở Y tế"]


def test_a_text_file_that_is_none_is_a_finding() -> None:
    found = read_delimited(b"\x81\x8d\x00\xff" * 2, "a.csv", Limits())
    assert isinstance(found, Finding)
    assert found.code == "printed_text_unreadable"


def test_a_point_among_decimal_commas_is_a_thousand() -> None:
    text = TEXT.replace("65,4", "65.400")
    (table,), _ = printed_tables(book(text))
    assert table.rows[1].value(5) == Decimal(65400)


def tables_of(path: Path) -> list[PrintedTable]:
    return [reading.table for reading in audit([path]).readings]


def test_several_tables_on_a_sheet_are_read_apart_and_a_repeated_header_goes_on(tmp_path: Path) -> None:
    again = [*CLEAN[:5], (), HEADER, *CLEAN[5:]]
    rows: list[Row] = [("Biểu 1. Chỉ số chung",), *again, (), ("Biểu 2. Mức độ sẵn sàng",), *READINESS]
    first, second = tables_of(saved(tmp_path / "a.xlsx", {"Phụ lục": rows}))
    assert (first.title, len(first.rows), first.name) == ("Biểu 1. Chỉ số chung", 8, "Phụ lục (1)")
    assert (second.title, len(second.rows), second.name) == ("Biểu 2. Mức độ sẵn sàng", 8, "Phụ lục (2)")


def test_blank_columns_a_row_of_maxima_and_averages_are_no_trouble(tmp_path: Path) -> None:
    rows: list[Row] = [(line[0], None, *line[1:]) for line in CLEAN]
    rows.insert(1, (None, None, "Điểm tối đa", 40, 60, 100, None))
    rows.append((None, None, "Trung bình", 26.5, 34.2, 60.7, None))
    path = saved(tmp_path / "a.xlsx", {"1": rows})
    (table,) = tables_of(path)
    assert [(column.label, column.maximum) for column in table.of_role(PrintedRole.FIGURE)] == [
        ("Hạ tầng", Decimal(40)),
        ("Nhân lực", Decimal(60)),
    ]
    assert audit([path]).findings == ()


def test_subtotals_under_spanners_are_parts_of_the_total(tmp_path: Path) -> None:
    rows: list[Row] = [
        ("STT", "Tên cơ quan", "Sẵn sàng", None, None, "Kết quả", None, None, "Tổng cộng"),
        (None, None, "Mạng", "Máy", "Cộng", "Web", "Hồ sơ", "Cộng", None),
        *((n, f"Sở số {n}", n, n + 0.5, 2 * n + 0.5, 7, n, n + 7, 3 * n + 7.5) for n in range(2, 9)),
    ]
    found = audit([saved(tmp_path / "a.xlsx", {"1": rows})])
    assert found.findings == ()
    assert {one.total: one.parts for one in found.readings[0].sums} == {5: (3, 4), 8: (6, 7), 9: (5, 8)}


def test_a_number_row_that_says_what_a_total_is_made_of_is_believed(tmp_path: Path) -> None:
    rows: list[Row] = [
        ("TT", "Xã, phường", "Điểm đạt được", "Điểm trừ", "Tổng điểm"),
        ("(1)", "(2)", "(3)", "(4)", "(5)=(3)-(4)"),
        *((n, f"Xã số {n}", 50 + n, n % 3, 50 + n - n % 3) for n in range(1, 7)),
    ]
    rows[4] = (3, "Xã số 3", 53, 0, 52)
    found = audit([saved(tmp_path / "a.xlsx", {"1": rows})])
    assert found.readings[0].sums == (Sum(total=5, plus=(3,), minus=(4,)),)
    assert told(found.findings) == [("printed_sum_rounded", "E5")]


def test_codes_of_criteria_say_what_is_made_of_what(tmp_path: Path) -> None:
    rows: list[Row] = [
        ("TT", "Đơn vị", "1", "1.1", "1.2", "Tổng điểm"),
        *((n, f"Sở số {n}", 3 * n, n, 2 * n, 3 * n) for n in range(1, 6)),
    ]
    found = audit([saved(tmp_path / "a.xlsx", {"1": rows})])
    assert Sum(total=3, plus=(4, 5)) in found.readings[0].sums


def test_last_years_columns_take_no_part(tmp_path: Path) -> None:
    rows: list[Row] = [
        (*HEADER, "Tổng điểm năm 2019", "Xếp hạng năm 2019"),
        *((*line, 99, 9 - (line[0] or 0)) for line in CLEAN[1:]),  # type: ignore[operator]
    ]
    found = audit([saved(tmp_path / "a.xlsx", {"1": rows})])
    assert found.findings == ()
    assert [column.role for column in found.readings[0].table.columns][-2:] == [PrintedRole.PAST] * 2


def test_ranks_within_a_district_are_recognised(tmp_path: Path) -> None:
    rows: list[Row] = [("TT", "Xã", "Cụm", "Tổng điểm", "Xếp hạng trong cụm", "Xếp hạng chung")]
    rows += [(n, f"Xã số {n}", "AB"[n % 2], 90 - n, (n + 1) // 2, n) for n in range(1, 9)]
    found = audit([saved(tmp_path / "a.xlsx", {"1": rows})])
    assert found.findings == ()
    assert [[title for title, _ in ranks.lists] for ranks in found.readings[0].ranks] == [["B", "A"], [""]]


def test_what_is_no_table_is_said(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", {"1": [("Kính gửi",), ("Sở Y tế", 5)], "2": CLEAN})
    book = openpyxl.load_workbook(path)
    book.create_sheet("3").sheet_state = "hidden"
    book.save(path)
    found = audit([path])
    assert [(f.code, f.where.sheet) for f in found.findings] == [
        ("printed_table_missing", "1"),
        ("printed_sheet_hidden", "3"),
    ]


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("TT", PrintedRole.NUMBER),
        ("Tên cơ quan, đơn vị", PrintedRole.UNIT),
        ("Sở, ban, ngành", PrintedRole.UNIT),
        ("Tổng điểm (100 điểm)", PrintedRole.TOTAL),
        ("Thứ hạng", PrintedRole.RANK),
        ("Tỷ lệ (%)", PrintedRole.RESULT),
        ("Tổng điểm (quy đổi)", PrintedRole.RESULT),
        ("Tăng, giảm hạng", PrintedRole.PAST),
        ("human_resources", None),
        ("Xã hội số", None),
        ("Hạng mục công trình", None),
        ("Sở hữu trí tuệ", None),
        ("Tỷ lệ hồ sơ trực tuyến", None),
    ],
)
def test_a_header_is_known_by_its_words(label: str, role: PrintedRole | None) -> None:
    assert role_of(label) is role


@pytest.mark.parametrize(
    ("label", "maximum"),
    [("Hạ tầng (tối đa 20)", 20), ("Web (20,5 điểm)", Decimal("20.5")), ("A (max. 9 points)", 9), ("Biểu (2)", None)],
)
def test_a_header_may_state_a_maximum(label: str, maximum: Decimal | None) -> None:
    assert maximum_in(label) == maximum


# ---------------------------------------------------------------- laws

EXACT = st.decimals(min_value=1, max_value=40, places=3)


@st.composite
def exact_tables(draw: st.DrawFn) -> tuple[list[list[Decimal]], int]:
    """The exact parts of units, and to how many decimals they are printed."""
    width = draw(st.integers(2, 4))
    rows = draw(st.lists(st.lists(EXACT, min_size=width, max_size=width), min_size=4, max_size=12))
    return rows, draw(st.integers(0, 2))


def printed_of(rows: Sequence[Sequence[Decimal]], decimals: int) -> PrintedTable:
    """The table that is printed of exact parts: parts and totals rounded, ranks dense on the printed total."""
    where = Where(file="a.csv")
    exact = sorted(([*parts, sum(parts, Decimal(0))] for parts in rows), key=lambda line: -line[-1])
    figures = [[published(value, decimals) for value in line] for line in exact]
    totals = sorted({line[-1] for line in figures}, reverse=True)
    width = len(figures[0])
    roles = [PrintedRole.UNIT, *[PrintedRole.FIGURE] * (width - 1), PrintedRole.TOTAL, PrintedRole.RANK]
    names = ["Unit", *(f"Part {n}" for n in range(1, width)), "Total", "Rank"]
    columns = (
        PrintedColumn(position=n, role=role, labels=(name,))
        for n, (role, name) in enumerate(zip(roles, names, strict=True), 1)
    )
    table_rows = []
    for number, line in enumerate(figures, 2):
        values = [(value, decimals) for value in line] + [(Decimal(totals.index(line[-1]) + 1), 0)]
        cells = {column: PrintedFigure(value=value, decimals=shown) for column, (value, shown) in enumerate(values, 2)}
        place = Where(file="a.csv", row=number, column=1)
        table_rows.append(PrintedRow(unit=f"Unit {number}", where=place, section=0, cells=cells))
    return PrintedTable(name="a", where=where, columns=tuple(columns), rows=tuple(table_rows))


@given(exact_tables())
def test_a_table_of_rounded_exact_figures_is_never_impossible(made: tuple[list[list[Decimal]], int]) -> None:
    found = question([printed_of(*made)]).findings
    assert {finding.code for finding in found if finding.severity is not Severity.NOTICE} <= {"printed_figure_far"}


@given(exact_tables(), st.data())
def test_a_part_changed_beyond_what_rounding_does_is_always_told(
    made: tuple[list[list[Decimal]], int], data: st.DataObject
) -> None:
    """Where its table shows what adds up: in most of its rows."""
    rows, decimals = made
    table = printed_of(rows, decimals)
    row = data.draw(st.sampled_from(table.rows))
    column = data.draw(st.integers(2, len(table.columns) - 2))
    by = (len(table.columns) - 1) * Decimal(1).scaleb(-decimals) * data.draw(st.sampled_from([1, 2, -1, -2]))
    figure = row.cells[column]
    assert isinstance(figure, PrintedFigure)
    wrong = PrintedFigure(value=figure.value + by, decimals=decimals)
    new = PrintedRow(unit=row.unit, where=row.where, section=0, cells={**row.cells, column: wrong})
    spoilt = PrintedTable(
        name="a",
        where=table.where,
        columns=table.columns,
        rows=tuple(new if one is row else one for one in table.rows),
        sums=(Sum(total=len(table.columns) - 1, plus=tuple(range(2, len(table.columns) - 1))),),
    )
    codes = [(f.code, f.where.row) for f in question([spoilt]).findings if f.severity is Severity.ERROR]
    told_of = {("printed_sum_wrong", row.where.row)}
    far = {(f.code, f.where.row) for f in question([spoilt]).findings if f.code.startswith("printed_figure_")}
    assert set(codes) == told_of or (row.where.row in {place for _, place in far})


WORDS = st.sampled_from(
    ["TT", "Đơn vị", "Tổng điểm", "Xếp hạng", "Hạ tầng (tối đa 5)", "(1)", "(2)", "(3)=(1)-(2)", "1.1", "I", "Mục",
     "Điểm tối đa", "Trung bình", "Tỷ lệ (%)", "Năm 2019", "Sở Y tế", "Sở Nội vụ", "8,5", "1.234", "27%", "x", "="]
)  # fmt: skip
CONTENTS = st.one_of(
    WORDS,
    st.decimals(min_value=-9, max_value=999, places=2),
    st.builds(Formula, st.just("=A1"), st.one_of(st.none(), st.decimals(min_value=0, max_value=9, places=3))),
    st.builds(Percent, st.decimals(min_value=0, max_value=2, places=3)),
    st.builds(Masked, st.decimals(min_value=0, max_value=9, places=3)),
    st.sampled_from([ErrorValue("#N/A"), Covered("x"), True, date(2020, 1, 2)]),
)


@given(
    st.lists(
        st.dictionaries(st.tuples(st.integers(1, 12), st.integers(1, 7)), CONTENTS, min_size=8, max_size=60),
        min_size=1,
        max_size=2,
    )
)
def test_nothing_that_a_sheet_may_hold_raises(sheets: list[dict[tuple[int, int], Content]]) -> None:
    grids = []
    for number, cells in enumerate(sheets):
        rows: dict[int, dict[int, Content]] = {1: {1: "TT", 2: "Đơn vị"}} if number else {}
        for (row, place), content in sorted(cells.items(), key=lambda one: one[0]):
            rows.setdefault(row, {})[place] = content
        grids.append(Grid(sheet=str(number), rows=rows, decimals=dict.fromkeys(cells, 1) if number else {}))
    tables, unread = printed_tables(Book(file="a.xlsx", grids=tuple(grids)))
    asked = question(tables)
    for language in Language:
        words = Words(language)
        assert all(map(words.message, (*unread, *asked.findings)))
        assert list(audit_lines(asked.findings, asked.readings, words))
    json.dumps(audit_json([], 0, asked.findings, asked.readings, Words()))


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    read = read_printed(data, "a.csv", Limits())
    if not isinstance(read, Finding):
        printed_tables(read)


# ---------------------------------------------------------------- the command


def test_the_command_tells_findings_then_tables_and_ends_with_1() -> None:
    result = cqdt("audit", *CSVS)
    assert result.exit_code == 1
    assert "Sở Y tế: 27 + 52,5 = 79,5" in result.stderr
    assert "table-I.csv › F7" in result.stderr
    assert "total = «readiness» + «results»" in result.stdout
    assert "Đã đọc 6 bảng: 2 lỗi, 0 cảnh báo, 10 lưu ý." in result.stdout


def test_a_folder_and_english_and_json(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\n".join(",".join(map(str, line)) for line in CLEAN), encoding="utf-8")
    clean = cqdt("audit", tmp_path, "--lang", "en")
    assert clean.exit_code == 0
    assert "dense (1, 2, 2, 3), on the printed figures" in clean.stdout
    told = json.loads(cqdt("audit", tmp_path, "--json").stdout)
    assert (told["status"], told["findings"]) == (0, [])
    assert told["tables"][0]["sums"] == [{"total": "E", "plus": ["C", "D"], "minus": []}]
    assert told["tables"][0]["ranks"][0]["lists"] == [{"list": None, "policy": "dense"}]


def test_wrong_use_ends_with_2_and_nothing_recognised_with_4(tmp_path: Path) -> None:
    assert cqdt("audit", tmp_path / "none.xlsx").exit_code == 2
    assert cqdt("audit").exit_code == 2
    letter = tmp_path / "a.csv"
    letter.write_text("Kính gửi", encoding="utf-8")
    broken = tmp_path / "b.xlsx"
    broken.write_bytes(b"PK\x03\x04")
    result = cqdt("audit", letter, broken)
    assert result.exit_code == 4
    assert "Không nhận ra bảng điểm nào." in result.stderr


# ---------------------------------------------------------------- our own annex


def exact_rows(outcome: Outcome) -> dict[tuple[str, str], tuple[Decimal, int]]:
    """The rows of every table whose rounded parts miss the rounded total: its exact total, and where it vanishes.

    By the exact points alone: the columns of points are what the total of each table of the sample is made of.
    """
    found = {}
    for ranked in outcome.tables:
        points = outcome.points[ranked.table.block]
        parts = [c.criterion for c in outcome.assessment.columns_of(ranked.table) if c.kind is ColumnKind.POINTS]
        decimals = outcome.assessment.block_by_code[ranked.table.block].decimals
        for code, row in points.iterrows():
            known = [row[part] for part in parts if row[part] is not None]
            total = row[ranked.table.criterion]
            assert sum(known) == total
            fits = [
                shown
                for shown in range(decimals, 7)
                if sum(published(one, shown) for one in known) == published(total, shown)
            ]
            if fits[0] != decimals:
                found[ranked.table.code, str(code)] = (total.normalize(), fits[0])
    return found


def test_our_own_annex_of_the_sample_gives_exactly_the_rows_that_hidden_digits_explain() -> None:
    outcome = examined(SAMPLE)
    found = {f.code: f for f in outcome.findings}
    assert set(found) == {"printed_sum_hidden", "printed_parts_identical", "near_ties"}
    assert {finding.severity for finding in outcome.findings} == {Severity.NOTICE}
    assert {finding.where.file for finding in outcome.findings} == {"ket-qua/phu-luc.xlsx"}
    hidden = [finding for finding in outcome.findings if finding.code == "printed_sum_hidden"]
    assert {(f.where.sheet, f.unit): (f.facts["exact"], f.facts["fix"]) for f in hidden} == {
        place: (exact, Term("audit.vanishes", (("decimals", decimals),)))
        for place, (exact, decimals) in exact_rows(outcome).items()
    }
    assert len(hidden) == 7


def test_near_ties_of_the_sample_are_told_with_their_exact_figures() -> None:
    """48,40 and 48,36 share rank 11; 48,34 has rank 12, 0,02 below."""
    near = {f.where.sheet: f for f in examined(SAMPLE).findings if f.code == "near_ties"}
    assert set(near) == {"I", "I.2"}
    assert near["I.2"].facts["count"] == 2
    assert (
        "Sở Tài chính 48,4 \u2013 Sở Nội vụ 48,36; Sở Nội vụ 48,36 \u2013 Sở Giao thông Vận tải 48,34"
        in Words().message(near["I.2"])
    )


def test_each_figure_that_is_read_again_is_what_its_cell_of_the_annex_holds() -> None:
    outcome = examined(SAMPLE)
    sheets = annex_sheets(outcome, Words())
    drawn = {sheet.name: {(c.row, c.column): c.value for c in sheet.each_cell()} for sheet in sheets}
    read = 0
    for layout in Annex(outcome=outcome, words=Words()).layouts:
        for row in layout.printed.rows:
            for position, cell in row.cells.items():
                if isinstance(cell, PrintedFigure):
                    where = row.place(position)
                    value = drawn[where.sheet][where.row, where.column]
                    assert isinstance(value, Computed)
                    assert value.value == cell.value
                    read += 1
    assert read == 20 * 3 + 17 + 2 * (20 * 4) - 3 + 20 + 17 + 10 * (4 + 5 + 5)


def defined(folder: RoundFolder, sheet: str, header: str, value: str) -> None:
    """Fill in a column of the definition from top to bottom."""
    book = openpyxl.load_workbook(folder.definition)
    cells = book[Words()(f"definition.{sheet}.sheet")]
    column = next(cell.column for cell in cells[1] if cell.value == Words()(f"definition.{sheet}.{header}"))
    for row in range(2, cells.max_row + 1):
        if cells.cell(row, 1).value is not None:
            cells.cell(row, column, value)
    book.save(folder.definition)


def test_summing_the_printed_parts_leaves_nothing_to_explain(sample: RoundFolder) -> None:
    defined(sample, "blocks", "summing", Words()("choice.Summing.printed"))
    codes = {finding.code for finding in examined(sample).findings}
    assert codes & {"printed_sum_hidden", "printed_sums_rounded", "printed_parts_identical"} == set()


def test_a_note_below_the_table_explains_sums_where_it_is_asked_for_and_needed(sample: RoundFolder) -> None:
    defined(sample, "tables", "explains_sums", Words()("choice.YesNo.yes"))
    sheets = annex_sheets(examined(sample), Words())
    noted = {
        sheet.name: cell.value
        for sheet in sheets
        for cell in sheet.each_cell()
        if isinstance(cell.value, str) and cell.value.startswith("(*)")
    }
    assert set(noted) == {"I.2", "II", "II.2"}
    assert "tính từ điểm chưa làm tròn rồi mới làm tròn đến 1 chữ số thập phân" in noted["I.2"]


@given(small_rounds())
def test_no_annex_of_ours_contradicts_itself(small: SmallRound) -> None:
    """Whatever its tree, treatment and rule of ties: every criterion in a column of its own, then total and ranks."""
    points = (column(ColumnKind.POINTS, criterion=one.code) for one in small.assessment.criteria if one.parent)
    results = map(column, (ColumnKind.TOTAL, ColumnKind.PERCENT, ColumnKind.RANK))
    columns = (column(ColumnKind.UNIT), *points, *results, *small.assessment.columns)
    made = replace(small.assessment, columns=columns)
    definition = Definition(assessment=made, findings=(), layout=Layout(file="dot.xlsx"))
    found = reread(evaluate(definition, intake_of(small.submissions), "bai-nop"), "phu-luc.xlsx")
    known = {"printed_sum_hidden", "printed_parts_identical", "printed_ranks_split", "printed_figure_far", "near_ties"}
    assert {finding.code for finding in found} <= known
