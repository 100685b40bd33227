"""Two ways of reading a sheet: cut at the ends of its cells, and parsed. They must never tell two different things."""

import io
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqdt_batch.cells import Area, Content, Covered, Grid
from cqdt_batch.definition.records import Limits
from cqdt_batch.findings import Finding, column_letters
from cqdt_batch.intake import beginnings, cutting, kept, worksheet
from cqdt_batch.intake.cutting import Cutter
from cqdt_batch.intake.pieces import Cells
from cqdt_batch.intake.reading import read_book
from cqdt_batch.intake.worksheet import SheetReader
from cqdt_batch.intake.written import UnusualError
from tests.libreoffice import SOFFICE, filled

ROOT = Path(__file__).parent.parent
SHIPPED = sorted(
    path
    for folder in ("samples", "templates")
    for path in (ROOT / folder).rglob("*.xlsx")
    if "ket-qua" not in path.parts
)
GENEROUS = Limits(file_size=50, unpacked=512, part_size=256, sheets=200, rows=100_000, columns=500)
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
FORMATS = ("General", "0.00", "@", "0%")
"""The number formats of the styles 0 to 3."""


def sheet(
    rows: str, *, head: str = "", tail: str = "", declared: str = '<?xml version="1.0" encoding="UTF-8"?>\n'
) -> bytes:
    return f"{declared}<worksheet {MAIN}>{head}<sheetData>{rows}</sheetData>{tail}</worksheet>".encode()


def reader() -> SheetReader:
    return SheetReader(["không", "một", "8,5"], FORMATS, is_1904=False)


def cut(part: bytes) -> Grid:
    """The sheet as cut; UnusualError where it is left to the parser."""
    return reader().cut(part, "phiếu", is_hidden=False)


def parsed(part: bytes) -> Grid:
    """The sheet as the parser reads it; ValueError or ParseError where it is not sound."""
    return reader().parsed(ET.fromstring(part), "phiếu", is_hidden=False)  # noqa: S314


def outcome(read: Callable[[bytes], Grid], part: bytes) -> Grid | None:
    try:
        return read(part)
    except (ValueError, KeyError, IndexError, ET.ParseError):
        return None


CELLS = {
    "empty": '<c r="A1"/>',
    "empty with a style": '<c r="A1" s="1" t="n" /><c r="B1" s="2"/>',
    "number": '<c r="A1"><v>8.5</v></c>',
    "number in another format": '<c r="A1" s="1"><v>8.456</v></c>',
    "percentage": '<c r="B1" s="3" t="n"><v>0.85</v></c>',
    "no number": '<c r="A1"><v>8,5</v></c>',
    "infinite": '<c r="A1"><v>1e999</v></c>',
    "empty value": '<c r="A1"><v></v></c><c r="B1"><v/></c><c r="C1"><v /></c>',
    "string": '<c r="A1" t="s"><v>1</v></c>',
    "string that does not exist": '<c r="A1" t="s"><v>9</v></c>',
    "string before the first": '<c r="A1" t="s"><v>-1</v></c>',
    "style that does not exist": '<c r="A1" s="7"><v>1</v></c>',
    "inline": '<c r="A1" t="inlineStr"><is><t>Sở Y tế</t></is></c>',
    "inline with spaces": '<c r="A1" t="inlineStr"><is><t xml:space="preserve">  8,5 </t></is></c>',
    "inline of spaces": '<c r="A1" t="inlineStr"><is><t xml:space="preserve"> \n\t</t></is></c>',
    "inline of nothing": '<c r="A1" t="inlineStr"><is><t></t></is></c>',
    "inline and a value": '<c r="A1" t="inlineStr"><v>1</v><is><t>một</t></is></c>',
    "rich inline": '<c r="A1" t="inlineStr"><is><r><t>8</t></r><r><t>,5</t></r></is></c>',
    "raised digit": '<c r="A1" t="inlineStr"><is><r><t>2</t></r><r><rPr><strike/></rPr><t>1</t></r></is></c>',
    "entities": '<c r="A1" t="inlineStr"><is><t>A &amp; B &lt;1&gt; &quot;2&quot; &apos;3&apos; &amp;lt;</t></is></c>',
    "numbered entity": '<c r="A1" t="inlineStr"><is><t>A &#38; B</t></is></c>',
    "escaped": '<c r="A1" t="inlineStr"><is><t>a_x0041_b</t></is></c>',
    "text of a formula": '<c r="A1" t="str"><f>"a"&amp;"b"</f><v>ab</v></c>',
    "formula": '<c r="A1"><f aca="false">SUM(B1:C1)</f><v>3</v></c>',
    "formula not calculated": '<c r="A1"><f>SUM(B1:C1)</f><v /></c><c r="B1"><f>C1</f></c>',
    "formula of nothing": '<c r="A1"><f/><v>3</v></c>',
    "shared formula": '<c r="A1"><f t="shared" ref="A1:A2" si="0">B1</f><v>3</v></c>',
    "formula that fills a range": '<c r="A1"><f t="array" ref="A1:B1">C1:D1</f><v>3</v></c><c r="B1"><v>4</v></c>',
    "boolean": '<c r="A1" t="b"><v>1</v></c>',
    "error": '<c r="A1" t="e"><v>#DIV/0!</v></c>',
    "date": '<c r="A1" t="d"><v>2020-05-08</v></c>',
    "unknown kind": '<c r="A1" t="x"><v>1</v></c>',
    "no place": "<c><v>1</v></c><c><v>2</v></c>",
    "another row": '<c r="A2"><v>1</v></c>',
    "control sign in the tag of an empty cell": '<c r="A1" s="\x07"/><c r="B1"><v>1</v></c><c r="C1" s="\x07"/>',
    "control sign in the tag of a filled cell": '<c r="A1" t="inlineStr" x="\x07"><is><t>một</t></is></c>',
    "formula of a string": '<c r="A1" t="s"><f>B1</f><v>1</v></c>',
    "formula of spaces": '<c r="A1" t="str"><f>B1</f><v>  </v></c><c r="B1" t="str"><v>  </v></c>',
    "disorder": '<c r="B1"><v>1</v></c><c r="A1"><v>2</v></c>',
    "disorder of empty cells": '<c r="B1"/><c r="A1"/><c r="C1"><v>2</v></c>',
    "twice": '<c r="A1"><v>1</v></c><c r="A1"><v>2</v></c>',
    "value twice": '<c r="A1"><v>1</v><v>2</v></c>',
    "value before formula": '<c r="A1"><v>1</v><f>B1</f></c>',
    "attribute twice": '<c r="A1" r="B1"><v>1</v></c>',
    "cell in a cell": '<c r="A1"><v>1</v><c r="B1"/></c>',
    "another element": '<c r="A1"><v>1</v></c><x/>',
    "text between cells": '<c r="A1"><v>1</v></c>8<c r="B1"/>',
    "lines between cells": '<c r="A1"><v>1</v></c>\n<c r="B1"><v>2</v></c>\n',
    "comment": '<c r="A1"><v>1<!-- 2 --></v></c>',
    "instruction": '<c r="A1"><v>1<?x 2?></v></c>',
    "CDATA": '<c r="A1" t="inlineStr"><is><t><![CDATA[8]]></t></is></c>',
    "end of CDATA": '<c r="A1" t="inlineStr"><is><t>a ]]> b</t></is></c>',
    "control sign": '<c r="A1" t="inlineStr"><is><t>a\x07b</t></is></c>',
    "no character": '<c r="A1" t="inlineStr"><is><t>a\uffffb</t></is></c>',
    "line ends": '<c r="A1" t="inlineStr"><is><t>a\r\nb\rc</t></is></c>',
    "line ends in an attribute": '<c r="A1" s="\n1"><v>1</v></c>',
    "greater sign": '<c r="A1" t="inlineStr"><is><t>> 5</t></is></c>',
    "greater sign in an attribute": '<c r="A1" t=">"><v>1</v></c>',
    "quotes": "<c r='A1'><v>1</v></c>",
    "unclosed": '<c r="A1"><v>1</v>',
    "closed twice": '<c r="A1"><v>1</v></c></c>',
    "other namespace": '<c xmlns="urn:y" r="A1"><v>1</v></c><c xmlns="" r="B1"><v>2</v></c>',
    "formula of another namespace": '<c r="A1"><f xmlns="urn:y">B1</f><v>1</v></c>',
    "attribute in an attribute": '<c r="A1"><f ab1=" t=" t="array" ref="A1:B1"/><v>1</v></c><c r="B1"><v>2</v></c>',
    "attribute of a formula twice": '<c r="A1"><f a1="1" a1="2">B1</f><v>1</v></c>',
    "space in a name": '<c r="A1"><vxml:space="preserve">9</v></c>',
    "other prefix": '<x:c r="A1"><v>1</v></x:c>',
}


@pytest.mark.parametrize("cells", CELLS.values(), ids=CELLS.keys())
def test_a_cut_row_holds_what_the_parser_reads_in_it(cells: str) -> None:
    part = sheet(f'<row r="1">{cells}</row>')

    agrees(part)


def agrees(part: bytes) -> bool:
    """Hold the two ways against each other; whether the sheet was cut at all.

    It is cut three times: its cells are known the second time, whole rows the third.
    """
    try:
        found = [outcome(cut, part) for _ in range(3)]
    except UnusualError:
        return False
    assert found == [outcome(parsed, part)] * 3
    return True


LABEL = (
    '<c r="A1" s="1" t="inlineStr"><is><t>1.1.1</t></is></c>'
    f'<c r="B1" t="inlineStr"><is><t>{"Mạng LAN, kết nối Internet băng rộng; " * 20}</t></is></c>'
)
"""How a row begins in every form: longer than all that may follow."""


def begun(cells: str) -> bytes:
    """A sheet of a row that begins so and goes on with cells, those of the columns A to C three further on."""
    behind = re.sub(r'((?:r|ref)=")([A-C])1', lambda place: f"{place[1]}{chr(ord(place[2]) + 3)}1", cells)
    return sheet(f'<row r="1">{LABEL}{behind}</row>')


@pytest.mark.parametrize("cells", CELLS.values(), ids=CELLS.keys())
def test_a_row_that_begins_as_others_do_goes_on_as_the_parser_reads_it(cells: str) -> None:
    for other in CELLS.values():
        agrees(begun(other))
        agrees(begun(cells))


ANSWERS = (
    '<c r="A1" s="1"><v>{}</v></c>',
    '<c r="A1" s="3" t="n"><v>{}</v></c><c r="B1"/>',
    '<c r="A1"/><c r="B1" t="inlineStr"><is><t>{}</t></is></c>',
    '<c r="A1" t="inlineStr"><is><t>{}</t></is></c><c r="B1" t="s"><v>0</v></c>',
    '<c r="A1"><v>2</v></c><c r="B1" t="inlineStr"><is><t>{}</t></is></c><c r="C1" s="2"><v>0.5</v></c>',
    '<c r="A1" t="inlineStr"><is><t>{}</t></is></c><c r="B1" t="inlineStr"><is><t>{}</t></is></c>',
)
SIGNS = st.text(alphabet="a8.5-e9 >&;#_x0041\n\r\u00a0\x07]é«\uffff", max_size=9)
TYPED = SIGNS | st.sampled_from(
    ["", "8.5", "1e999", "0.85", " \n", "a &amp; b", "&#38;", "]]>", "_x0041_", "&x;", "-0"]
)


@given(st.lists(st.tuples(st.sampled_from(ANSWERS), TYPED, TYPED), min_size=3, max_size=12))
def test_whatever_is_typed_behind_a_known_beginning_is_what_the_parser_reads(
    typed: list[tuple[str, str, str]],
) -> None:
    for cells, one, another in typed:
        agrees(begun(cells.format(one, another)))


def test_a_beginning_that_rows_share_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = '<c r="A1" s="1"><v>{}</v></c><c r="B1" t="inlineStr"><is><t>{}</t></is></c><c r="C1" s="2"/>'
    worksheet._cutter.cache_clear()
    for answers in ((1, "một"), (2, "hai"), (3, "ba")):
        cut(begun(cells.format(*answers)))

    monkeypatch.setattr(Cells, "read", lambda *_: pytest.fail("read again"))

    assert cut(begun(cells.format(Decimal("4.5"), "bốn &amp; năm"))).rows[1] == {
        1: "1.1.1",
        2: "Mạng LAN, kết nối Internet băng rộng; " * 20,
        4: Decimal("4.5"),
        5: "bốn & năm",
    }


def test_beginnings_that_are_remembered_have_bounds() -> None:
    cutter = worksheet._cutter(FORMATS, False)
    for block in range(30):
        for answer in range(30):
            styles = "".join(f'<c r="{column}1" s="{answer >> at & 1}"/>' for at, column in enumerate("DEFGH"))
            words = f'<c r="I1" t="inlineStr"><is><t>{block} {answer}</t></is></c>'
            cut(sheet(f'<row r="1">{LABEL.replace("LAN", f"LAN {block}")}{styles}{words}</row>'))

    wide = "".join(f'<c r="{column_letters(n)}1" s="1"/>' for n in range(9, 200))
    cut(sheet(f'<row r="1">{LABEL.replace("LAN", "LAN 29")}{wide}</row>'))
    known = cutter._beginnings[b'<row r="1">']
    assert all(sum(map(len, tags)) <= kept.LONGEST_PIECE for beginning in known for tags in beginning._ends)
    assert 1 < len(known) <= cutting._MOST_BEGINNINGS
    assert 1 < max(len(beginning._ends) for beginning in known) <= beginnings._MOST_ENDS


ROWS = {
    "numbers": '<row r="1"><c r="A1"><v>1</v></c></row><row r="3"/><row r="4"><c r="A4"><v>2</v></c></row>',
    "no numbers": '<row><c r="A1"><v>1</v></c></row><row/><row><c r="A3"><v>2</v></c></row>',
    "last one empty": '<row r="1"><c r="A1"><v>1</v></c></row><row r="3" hidden="1"/>',
    "hidden": '<row r="1" hidden="true"><c r="A1"><v>1</v></c></row><row r="2" ht="0"><c r="A2"><v>1</v></c></row>',
    "control sign": '<row r="1" spans="\x07"><c r="A1"><v>1</v></c></row>',
    "spans and heights": '<row r="1" spans="1:7" ht="20.25" customHeight="1"><c r="A1"><v>1</v></c></row>',
    "disorder": '<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>',
    "twice": '<row r="1"><c r="A1"><v>1</v></c></row><row r="1"><c r="B1"><v>1</v></c></row>',
    "no such number": '<row r="x"><c r="A1"><v>1</v></c></row>',
    "no such height": '<row r="1" ht="x"><c r="A1"><v>1</v></c></row>',
    "lines between": '\n<row r="1"><c r="A1"><v>1</v></c></row>\n  <row r="2"><c r="A2"><v>1</v></c></row>\n',
    "text between": '<row r="1"><c r="A1"><v>1</v></c></row>x<row r="2"><c r="A2"><v>1</v></c></row>',
    "row in a row": '<row r="1"><row r="2"><c r="A2"><v>1</v></c></row></row>',
    "unclosed": '<row r="1"><c r="A1"><v>1</v></c>',
    "other namespace": '<row xmlns="urn:y" r="1" hidden="1"><c r="A1"><v>1</v></c></row><row xmlns="urn:y" r="2"/>',
    "undeclared prefix": '<row r="1" x14ac:dyDescent="0.25"><c r="A1"><v>1</v></c></row>',
    "nothing": "",
    "white space": " \n ",
}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS.keys())
def test_cut_rows_are_those_that_the_parser_reads(rows: str) -> None:
    agrees(sheet(rows))


AROUND = {
    "merged": {"tail": '<mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells>'},
    "no area": {"tail": '<mergeCells count="1"><mergeCell ref="A1:"/></mergeCells>'},
    "hidden columns": {
        "head": '<cols><col min="2" max="3" width="9" hidden="1"/><col min="5" max="5" width="0"/></cols>'
    },
    "headers": {"tail": "<headerFooter><oddHeader/><oddFooter>&amp;C&amp;P</oddFooter></headerFooter>"},
    "attribute of headers twice": {"tail": '<headerFooter a="1" a="2"><oddFooter>1</oddFooter></headerFooter>'},
    "damaged header": {"tail": "<headerFooter><oddFooter>&amp;C&P</oddFooter></headerFooter>"},
    "comment before": {"head": "<!-- <sheetData> -->"},
    "comment behind": {"tail": "<!-- </sheetData> -->"},
    "instruction": {"head": "<?x y?>"},
    "two bodies": {"tail": '<sheetData><row r="9"><c r="A9"><v>9</v></c></row></sheetData>'},
    "rows of something else": {
        "head": '<y:a xmlns:y="urn:y" xmlns="urn:y"><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>'
        "</y:a>"
        '<sheetData xml:space="preserve"><row r="1"><c r="A1"><v>100</v></c></row></sheetData><y:b xmlns:y="urn:y">',
        "tail": "</y:b>",
    },
    "unclosed": {"tail": "<mergeCells>"},
    "another encoding": {"declared": '<?xml version="1.0" encoding="latin-1"?>'},
    "no declaration": {"declared": ""},
    "byte order mark": {"declared": "\ufeff"},
    "document type": {"declared": "<!DOCTYPE x>"},
}


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND.keys())
def test_what_stands_around_the_rows_is_read_alike(around: dict[str, str]) -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="B1" t="inlineStr"><is><t>hai</t></is></c></row>'

    agrees(sheet(rows, **around))


def test_a_prefix_that_is_declared_elsewhere_is_not_known_in_the_rows() -> None:
    rows = '<row r="1" x14ac:dyDescent="0.25"><c r="A1"><v>1</v></c></row>'

    agrees(sheet(rows, head='<sheetPr xmlns:x14ac="urn:x"/>'))


USUAL = (
    "number",
    "string",
    "inline",
    "entities",
    "formula",
    "text of a formula",
    "boolean",
    "error",
    "empty with a style",
)


@pytest.mark.parametrize("name", USUAL)
def test_what_usual_programs_write_needs_no_parser(name: str) -> None:
    assert agrees(sheet(f'<row r="1" spans="1:7">{CELLS[name]}</row>'))


@given(st.data())
def test_a_damaged_sheet_is_never_read_in_two_ways(data: st.DataObject) -> None:
    whole = sheet(
        "".join(f'<row r="{n}">{row_of(cells, n)}</row>' for n, cells in enumerate(CELLS.values(), 1) if sound(cells))
    )
    start = data.draw(st.integers(0, len(whole) - 1))
    length = data.draw(st.integers(0, 6))
    put = data.draw(
        st.sampled_from([b"", b"<", b">", b"/", b'"', b"&", b"<c", b"</c>", b"</row>", b"<v>", b"1", b" ", b"\xe1"])
    )

    agrees(whole[:start] + put + whole[start + length :])


def sound(cells: str) -> bool:
    """Tell whether a row is read, and needs no parser."""
    part = sheet(f'<row r="1">{cells}</row>')
    return outcome(parsed, part) is not None and agrees(part)


def row_of(cells: str, number: int) -> str:
    return re.sub(r'((?:r|ref)="[A-Z])1', rf"\g<1>{number}", cells)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_shipped_workbooks_are_read_alike(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    same_both_ways(path.read_bytes(), monkeypatch)


def same_both_ways(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read a workbook with every sheet cut, and again with every sheet parsed."""
    left: list[object] = []

    def give_up(*_: object) -> None:
        raise UnusualError

    with monkeypatch.context() as patch:
        patch.setattr(worksheet, "walked", left.append)
        quick = read_book(data, "a.xlsx", GENEROUS)
        assert left == []
    with monkeypatch.context() as patch:
        patch.setattr(Cutter, "cut", give_up)
        slow = read_book(data, "a.xlsx", GENEROUS)
    assert not isinstance(quick, Finding)
    assert quick == slow


FORM = next((ROOT / "templates" / "hoa-binh-2020").glob("so-*.xlsx"))


def test_a_form_saved_by_openpyxl_is_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    book, saved = openpyxl.load_workbook(FORM), io.BytesIO()
    book.save(saved)

    same_both_ways(saved.getvalue(), monkeypatch)


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_a_form_saved_by_libreoffice_is_read_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    same_both_ways(filled(FORM, {"E11": 1.5}, tmp_path, "Phiếu tự đánh giá").read_bytes(), monkeypatch)


def test_what_is_remembered_of_one_workbook_is_not_told_of_another() -> None:
    """The same words in the file stand for another string, style and calendar."""
    one = sheet('<row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1" s="1"><v>0.5</v></c></row>')
    first = SheetReader(["a", "b"], ("General", "0%"), is_1904=False)
    second = SheetReader(["c", "d"], ("General", "0.0"), is_1904=False)

    grids = [each.grid(one, lambda: None, "phiếu", is_hidden=False) for each in (first, second, first)]

    assert [grid.rows[1][1] for grid in grids] == ["b", "d", "b"]
    assert grids[0].rows[1][2] != grids[1].rows[1][2]
    assert grids[0] == grids[2]


def test_a_row_that_is_known_takes_the_strings_of_each_workbook() -> None:
    part = sheet('<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1"><v>3</v></c></row>')
    workbooks = (["a", "b"], [" ", "c"], ["a", "b"], ["d", " "], [" ", "\n"])

    grids = [SheetReader(strings, FORMATS, is_1904=False).cut(part, "phiếu", is_hidden=False) for strings in workbooks]

    three = Decimal(3)
    rows: list[dict[int, Content]] = [
        {1: "a", 2: "b", 3: three},
        {2: "c", 3: three},
        {1: "a", 2: "b", 3: three},
        {1: "d", 3: three},
        {3: three},
    ]
    assert [grid.rows[1] for grid in grids] == rows
    assert [list(grid.rows[1]) for grid in grids] == [list(row) for row in rows]


def test_what_a_merged_area_covers_in_one_sheet_stands_open_in_another_with_the_same_rows() -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>'
    merged = sheet(rows, tail='<mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells>')

    found = [cut(part).rows[1][2] for part in (sheet(rows), merged, sheet(rows), merged, sheet(rows))]

    assert found == [Decimal(2), Covered("2"), Decimal(2), Covered("2"), Decimal(2)]


def test_rows_are_known_whole_only_with_cells_that_stood_in_other_forms() -> None:
    def row(evidence: str) -> bytes:
        return sheet(f'<row r="9"><c r="A9"><v>1</v></c><c r="B9" t="inlineStr"><is><t>{evidence}</t></is></c></row>')

    known = worksheet._cutter(FORMATS, False)._rows
    known.clear()
    for evidence in ("Số 1", "Số 2", "Số 3"):
        cut(row(evidence))
    assert not known

    cut(row("Số 2"))

    assert len(known) == 1


@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), unique=True),
    st.tuples(st.integers(1, 7), st.integers(1, 7), st.integers(0, 7), st.integers(0, 7)),
)
def test_an_area_changes_all_that_it_holds_but_its_first_cell(
    places: list[tuple[int, int]], corners: tuple[int, int, int, int]
) -> None:
    area = Area(*corners)
    rows: dict[int, dict[int, Content]] = {row: {c: "x" for r, c in sorted(places) if r == row} for row, _ in places}
    before = {row: dict(cells) for row, cells in rows.items()}
    shared = list(rows.values())

    worksheet.change_beneath(rows, area, lambda content: f"{content}!")

    changed = {(row, column) for row, cells in rows.items() for column, text in cells.items() if text == "x!"}
    assert changed == {place for place in places if area.holds(*place) and place != (area.top, area.left)}
    assert shared == list(before.values())


def test_what_is_remembered_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_MOST_PIECES", 50)
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 500))
    long = f'<row r="500"><c r="A500" t="inlineStr"><is><t>{"a" * 5_000}</t></is></c></row>'

    read = cut(sheet(rows + long))

    known = worksheet._cutter(FORMATS, False)._cells._filled
    assert len(read.rows) == 500
    assert 0 < len(known) <= 50
    assert max(map(len, known)) <= kept.LONGEST_PIECE


def test_what_is_remembered_has_no_more_bytes_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_MOST_BYTES", 10_000)
    cutter = worksheet._cutter(FORMATS, False)
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>{n} {"a" * 900}</t></is></c></row>' for n in range(1, 99)
    )

    for part in (sheet(rows), *[sheet(rows[: rows.index('<row r="6"')])] * 3):
        cut(part)

    assert 0 < sum(map(len, cutter._cells._filled)) <= 10_000
    assert 0 < sum(map(len, cutter._rows)) <= 10_000
