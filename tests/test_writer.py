from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from cqdt_batch.cells import Book, printable
from cqdt_batch.definition.records import Limits
from cqdt_batch.intake.reading import read_book
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.publishing import writer
from cqdt_batch.publishing.annex.tables import annex_sheets
from cqdt_batch.publishing.board import board_sheets
from cqdt_batch.publishing.forms.form import form_sheets
from cqdt_batch.publishing.formulas import by_row
from cqdt_batch.publishing.sheets import (
    LARGEST,
    Cell,
    Computed,
    Jump,
    Line,
    Link,
    Sheet,
    Style,
    Value,
    address,
    in_sheet,
    ranges,
    row_heights,
    summed,
)
from cqdt_batch.publishing.writer import workbook_bytes, write_workbook
from tests.rounds import outcome_of

PLAIN = Style()


def book(*cells: Cell) -> tuple[Sheet, ...]:
    return (Sheet(name="S", cells=cells),)


def test_cells_are_written_as_what_they_are(tmp_path: Path) -> None:
    path = write_workbook(
        tmp_path / "a.xlsx",
        book(
            Cell(1, 1, "=1+1", PLAIN),
            Cell(2, 1, Decimal("55.9"), PLAIN),
            Cell(3, 1, Computed("=A2*2", Decimal("111.8")), PLAIN),
            Cell(4, 1, "https://example.org", PLAIN),
            Cell(5, 1, "gộp", PLAIN, across=3),
            Cell(6, 1, None, PLAIN),
        ),
        "T",
    )
    formulas = openpyxl.load_workbook(path)["S"]
    values = openpyxl.load_workbook(path, data_only=True)["S"]
    assert [formulas.cell(row, 1).value for row in range(1, 7)] == [
        "=1+1",
        55.9,
        "=A2*2",
        "https://example.org",
        "gộp",
        None,
    ]
    assert (formulas["A1"].data_type, formulas["A1"].quotePrefix) == ("s", True)
    assert (values["A3"].value, formulas["A4"].hyperlink) == (111.8, None)
    assert [str(span) for span in formulas.merged_cells.ranges] == ["A5:C5"]


def test_the_same_sheets_give_the_same_bytes(tmp_path: Path) -> None:
    one = write_workbook(tmp_path / "1.xlsx", book(Cell(1, 1, "x", PLAIN)), "T").read_bytes()
    two = write_workbook(tmp_path / "2.xlsx", book(Cell(1, 1, "x", PLAIN)), "T").read_bytes()
    assert one == two


def test_a_failure_while_writing_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", book(Cell(1, 1, "old", PLAIN)), "T")
    before = path.read_bytes()
    with pytest.raises(ZeroDivisionError):
        write_workbook(path, (sheet for sheet in [1 / 0]), "T")  # type: ignore[misc]
    assert path.read_bytes() == before


def test_a_file_open_in_excel_is_left_and_a_dated_one_put_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "phu-luc.xlsx"
    target.write_bytes(b"open elsewhere")
    honest = Path.replace

    def locked(path: Path, other: Path) -> Path:
        if other == target:
            raise PermissionError(13, "locked")
        return honest(path, other)

    monkeypatch.setattr(Path, "replace", locked)
    written = write_workbook(target, book(Cell(1, 1, "new", PLAIN)), "T")
    assert written.name.startswith("phu-luc-20")
    assert openpyxl.load_workbook(written)["S"]["A1"].value == "new"
    assert target.read_bytes() == b"open elsewhere"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([target.name, written.name])


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\x07b", "a\ufffdb"), ("\ud800", "\ufffd"), ("dòng\nmới\t", "dòng\nmới\t"), ("x" * 40_000, "x" * 32_767)],
    ids=["control", "surrogate", "line-break", "too-long"],
)
def test_what_a_workbook_cannot_hold_is_shown_as_such(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_addresses() -> None:
    assert [address(12, column) for column in (1, 26, 27, 702, 703)] == ["A12", "Z12", "AA12", "ZZ12", "AAA12"]
    assert in_sheet("Điểm 'x'", "B2") == "'Điểm ''x'''!B2"


def test_ranges_join_runs_down_and_to_the_right() -> None:
    assert list(ranges([(9, 4), (10, 4), (11, 4), (14, 4)])) == ["D9:D11", "D14"]
    assert list(ranges([(7, 5), (7, 6), (7, 7), (7, 24)])) == ["E7:G7", "X7"]
    assert list(ranges([(1, 1), (1, 2), (2, 2)])) == ["A1:B1", "B2"]
    assert list(ranges([])) == []


def test_rows_are_as_high_as_their_longest_wrapped_text() -> None:
    wrapped = Style(size=12, wrap=True)
    cells = (
        Cell(1, 1, "ngắn", wrapped),
        Cell(2, 1, "từng " * 30, wrapped),
        Cell(3, 1, "từng " * 30, wrapped, across=2),
    )
    heights = row_heights(Sheet(name="S", cells=cells, widths=(10.0, 40.0)))
    assert heights[1] < heights[3] < heights[2]


def test_a_line_in_one_piece_is_drawn_as_its_cells_are_one_by_one() -> None:
    jumps = {2: Jump("S", "A1", "here")}
    values = ("từng " * 30, 7, None, "-", Link("external:../a.xlsx", "a"))
    line = Line(2, values, (Style(wrap=True), PLAIN, Style(size=40), PLAIN, PLAIN), jumps)
    whole = Sheet(name="S", cells=(Cell(1, 1, "x", PLAIN), line), widths=(10.0, 9.0))
    loose = replace(whole, cells=tuple(whole.each_cell()))
    assert [cell.row for cell in loose.each_cell()] == [1, 2, 2, 2, 2, 2]
    assert row_heights(whole) == row_heights(loose)
    assert workbook_bytes([whole], "T") == workbook_bytes([loose], "T")


def test_a_place_that_takes_no_file_is_an_oserror_and_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "a.xlsx"
    target.mkdir()
    with pytest.raises(OSError, match=r"a\.xlsx"):
        write_workbook(target, book(Cell(1, 1, "x", PLAIN)), "T")
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]


def test_a_sum_of_more_cells_than_excel_takes_is_a_sum_of_sums() -> None:
    apart = [(row, 1) for row in range(1, 601, 2)]
    formula = summed(apart)
    assert formula.startswith("SUM(SUM(A1,A3,")
    assert [part.count(",") for part in formula.removeprefix("SUM(").split("),SUM(")] == [254, 44]


class PlainWorksheet(Worksheet):  # type: ignore[misc]
    """A sheet all of whose cells XlsxWriter itself puts in place."""

    def put(self, row: int, column: int, value: Value, form: Any) -> None:
        match value:
            case Computed(formula, shown):
                self.write_formula(row, column, formula, form, float(shown) if isinstance(shown, Decimal) else shown)
            case Decimal() | int() if -LARGEST < value < LARGEST:
                self.write_number(row, column, float(value), form)
            case Decimal() | int():
                self.write_string(row, column, f"{Decimal(value):f}", form)
            case Link():
                self.write_string(row, column, value.text, form)
            case str() if value:
                self.write_string(row, column, printable(value), form)
            case _:
                self.write_blank(row, column, None, form)

    def put_line(
        self, row: int, values: Sequence[Value], forms: Sequence[Any], leads: Mapping[int, Jump | Link]
    ) -> None:
        for column, (value, form) in enumerate(zip(values, forms, strict=True)):
            if column in leads:
                self.put_lead(row, column, leads[column])
            self.put(row, column, value, form)

    def put_lead(self, row: int, column: int, lead: Jump | Link) -> None:
        if isinstance(lead, Jump):
            self.write_url(row, column, f"internal:{in_sheet(lead.sheet, lead.cell)}", None, lead.sheet, lead.tip)
        else:
            self.ignore_write_string = True
            self.write_url(row, column, lead.target, None, lead.text)
            self.ignore_write_string = False

    def settle(self) -> None:
        pass


class PlainWorkbook(Workbook):  # type: ignore[misc]
    """A workbook that XlsxWriter itself packs."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(io.BytesIO(), options)

    def packed(self) -> bytes:
        self.close()
        return bytes(self.filename.getvalue())


def as_xlsxwriter_does(sheets: Iterable[Sheet], monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bytes]]:
    with monkeypatch.context() as patched:
        patched.setattr(writer, "QuickWorksheet", PlainWorksheet)
        patched.setattr(writer, "QuickWorkbook", PlainWorkbook)
        return parts_of(workbook_bytes(sheets, "T"))


def parts_of(workbook: bytes) -> list[tuple[str, bytes]]:
    with ZipFile(io.BytesIO(workbook)) as file:
        assert {part.date_time for part in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        return [(part.filename, file.read(part)) for part in file.infolist()]


def test_the_bytes_of_every_kind_of_cell_are_those_of_xlsxwriter(monkeypatch: pytest.MonkeyPatch) -> None:
    bold, column_look = Style(bold=True), Style(size=9)
    jump = Jump("O'S & Co", "B2", 'to "B2" <here>')
    cells = (
        Cell(40, 3, Decimal("-0.1"), bold),
        Cell(2, 2, "<a> & 'b' \"c\"", PLAIN),
        Cell(2, 3, " around ", bold),
        Cell(3, 2, Computed('=IF(A1<"&",1,2)', Decimal("1.50")), PLAIN, jump=jump),
        Cell(3, 3, Computed("=1/0", "#DIV/0!"), PLAIN),
        Cell(3, 4, Computed("=A1", "<x> & y"), bold, jump=jump),
        Cell(3, 5, Computed("=A1", ""), PLAIN),
        Cell(3, 6, Computed("=A1", 7), PLAIN),
        Cell(4, 2, 10**15, PLAIN),
        Cell(4, 3, Decimal("999999999999999.99"), PLAIN),
        Cell(4, 5, Decimal("-1234567890123456.5"), PLAIN),
        Cell(4, 6, Decimal(0), PLAIN),
        Cell(4, 7, 0, column_look),
        Cell(4, 8, Decimal("0.00"), PLAIN),
        Cell(4, 4, Decimal("123456789.123456789"), PLAIN, jump=jump),
        Cell(5, 2, "=quoted", PLAIN),
        Cell(5, 3, None, bold),
        Cell(5, 4, "", PLAIN),
        Cell(6, 2, Link("external:../a b.xlsx#'S'!A1", "A1"), PLAIN),
        Cell(6, 3, Link("internal:'S'!A1", "here"), PLAIN),
        Cell(7, 2, "merged", bold, down=2, across=3),
        Cell(7, 6, "dòng\nmới", Style(wrap=True)),
        Line(9, ("a", Computed("=B2&1", "x1"), Decimal("2.50"), None, 10**15, "<z>"), (PLAIN, bold, *[PLAIN] * 4)),
        Line(10, ("first", 1, "last", Computed("=1", 1)), (bold,) * 4, {2: jump, 4: jump._replace(sheet="S")}),
        Line(11, ("=quoted", 2, Link("internal:'S'!A1", "there")), (bold, PLAIN, column_look), {2: jump}),
    )
    sheet = Sheet(name="O'S & Co", cells=cells, widths=(9.0, 20.0), comments={(20, 30): "said"}, freeze=(3, 1))
    sheet = replace(sheet, column_styles={2: column_look})
    sheets = (sheet, Sheet(name="empty", cells=()), Sheet(name="S", cells=cells[1:4]))
    assert parts_of(workbook_bytes(sheets, "T")) == as_xlsxwriter_does(sheets, monkeypatch)


@pytest.mark.parametrize(
    "text",
    [
        "<r>_x0041_</r>",
        "<r>a\rb</r>",
        "<r>_x0041\r_x0042_</r>",
        "_x0041_",
        "_x0041\r",
        "_x005F_x0041_",
        "_x0041_x0042_",
        "a_x0041_x0042_x0043_",
        "a\rb",
    ],
)
def test_a_text_is_read_back_as_it_was_typed(text: str) -> None:
    read = read_book(workbook_bytes(book(Cell(1, 1, text, PLAIN)), "T"), "a.xlsx", Limits())
    assert isinstance(read, Book)
    assert read.grids[0].rows == {1: {1: text}}


def test_the_bytes_of_a_round_are_those_of_xlsxwriter(sample: RoundFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, words = outcome_of(sample), Words()
    form = form_sheets(outcome.assessment, outcome.assessment.units[0], words)
    for sheets in (tuple(annex_sheets(outcome, words)), tuple(board_sheets(outcome, words)), form):
        assert parts_of(workbook_bytes(sheets, "T")) == as_xlsxwriter_does(sheets, monkeypatch)


def test_a_sheet_takes_no_more_rows_than_excel() -> None:
    last, beyond = 1_048_576, 1_048_577
    assert workbook_bytes(book(Cell(last, 1, "x", PLAIN)), "T")
    with pytest.raises(ValueError, match="more rows"):
        workbook_bytes(book(Cell(beyond, 1, "x", PLAIN)), "T")


@pytest.mark.parametrize("figure", ["5", "9999999", "8888888"], ids=["any", "like-one-row", "like-another"])
def test_a_formula_by_row_is_that_of_the_row_whatever_figures_it_holds(figure: str) -> None:
    def write(row: int) -> str:
        return f"=IF(A{row}>{figure},B{row},0)"

    assert [by_row(write)(row) for row in (1, 70)] == [write(1), write(70)]


def test_words_that_look_like_tags_of_a_workbook_stay_words() -> None:
    """XlsxWriter writes a text that begins with <r> and ends with </r> as it is."""
    words = ("<r>Công văn 12 <b></r>", "<r><t>hi</t></r>", "<r>x & y</r>")
    cells = tuple(Cell(row, 1, text, Style()) for row, text in enumerate(words, 1))

    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes([Sheet(name="A", cells=cells)], "T")))

    assert tuple(row[0] for row in book["A"].iter_rows(values_only=True)) == words
