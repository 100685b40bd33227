"""Foreign text stays text: no formula, no link, in no sheet, comment, file name or line of the terminal."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from cqdt_batch.cells import printable
from cqdt_batch.cli import app
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from tests.rounds import FORM, form_cells, header

TRACE = Words()("trace.sheet")

STRINGS = (
    "=1+1",
    "=cmd|'/c calc'!A1",
    '=HYPERLINK("http://x.test","bấm vào")',
    '=WEBSERVICE("http://x.test")',
    '=IMPORTXML("http://x.test","//a")',
    '=DDE("cmd";"/c calc";"a")',
    "+1+1",
    "+cmd|'/c calc'!A1",
    "-1+1",
    "-2+3+cmd|'/c calc'!A1",
    "@SUM(1,1)",
    "@import",
    "{=1+1}",
    "\t=1+1",
    "\n=1+1",
    " =1+1",
    "'=1+1",
    '"=1+1"',
    "http://x.test/a?b=c",
    "https://x.test",
    "ftp://x.test",
    "mailto:a@x.test",
    "file:///etc/passwd",
    "internal:'I'!A1",
    "external:c:\\a.xlsx",
    "javascript:alert(1)",
    '<a href="http://x.test">x</a>',
    "&C&P/&N",
    "[red]chữ[/red]",
    "%s {0} {unit}",
    "]]>&amp;<!-- -->",
    "\u202eslx.exe",
)
ONE = "so-y-te"


def links(path: Path) -> list[tuple[str, str]]:
    """The links of a workbook, with the text of their cells."""
    workbook = openpyxl.load_workbook(path)
    cells = (cell for sheet in workbook for row in sheet.iter_rows() for cell in row if cell.hyperlink)
    return [(cell.hyperlink.target or cell.hyperlink.location, str(cell.value)) for cell in cells]


def formulas(path: Path) -> list[str]:
    """The formulas of a workbook, by its parts: nothing of a program stands in between."""
    with zipfile.ZipFile(path) as book:
        parts = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    return [formula for part in parts for formula in re.findall(r"<f[ >][^<]*", part)]


def texts(path: Path) -> Iterator[str]:
    workbook = openpyxl.load_workbook(path)
    for sheet in workbook:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "s":
                    yield cell.value
                if cell.comment:
                    yield cell.comment.text


@pytest.fixture
def poisoned(sample: RoundFolder) -> RoundFolder:
    """Every string in every channel: evidence, explanation, score, code, label, sheet name, file name."""
    workbook = openpyxl.load_workbook(sample.inbox / f"{ONE}.xlsx")
    sheet = workbook[FORM]
    for column in ("evidence", "explanation", "score"):
        cells = form_cells(sheet, f"form.column.{column}")
        leaves = [code for code in cells if sheet[form_cells(sheet)[code]].data_type == "n"]
        for code, text in zip(leaves, STRINGS, strict=False):
            put(sheet[cells[code]], text)
    last = sheet.max_row
    code_column, label_column = (header(sheet, Words()(f"form.column.{c}"))[1] for c in ("code", "label"))
    for number, text in enumerate(STRINGS, last + 2):
        put(sheet.cell(number, code_column), text)
        put(sheet.cell(number, label_column), text)
        sheet.cell(number, header(sheet, Words()("form.column.score"))[1]).value = 1
    sheet.title = "=1+1"
    workbook.save(sample.inbox / f"{ONE}.xlsx")
    for text in STRINGS:
        name = text.replace("/", "∕")
        shutil.copy(sample.inbox / "so-noi-vu.xlsx", sample.inbox / f"{name}.xlsx")
    (sample.inbox / "so-noi-vu.xlsx").unlink()
    return sample


def put(cell: Any, text: str) -> None:
    cell.value = text
    cell.data_type = "s"


def test_foreign_text_is_never_a_formula_nor_a_link(poisoned: RoundFolder) -> None:
    result = CliRunner().invoke(app, ["report", str(poisoned.path), "-v"])
    assert result.exit_code == 1
    outputs = (poisoned.annex, poisoned.board, poisoned.feedback / f"{ONE}.xlsx")
    for path in outputs:
        for formula in formulas(path):
            assert not any(text.lstrip("=\t\n '") in formula for text in STRINGS if len(text) > 5)
        for target, shown in links(path):
            assert target.replace("\\", "/").startswith(
                ("../bai-nop/", "../ket-qua/phu-luc.xlsx", f"'{FORM}'!", f"'{TRACE}'!")
            ), target
            assert shown not in {f"bai-nop/{text}.xlsx" for text in STRINGS}


def test_foreign_text_reads_back_as_it_was(poisoned: RoundFolder) -> None:
    CliRunner().invoke(app, ["report", str(poisoned.path)])
    sheet = openpyxl.load_workbook(poisoned.feedback / f"{ONE}.xlsx")[FORM]
    for column in ("evidence", "explanation"):
        cells = form_cells(sheet, f"form.column.{column}")
        written = {sheet[address].value for address in cells.values()}
        assert {printable(text).strip() for text in STRINGS} <= written
    board = set(texts(poisoned.board))
    assert {f"bai-nop/{printable(text.replace('/', '∕'))}.xlsx" for text in STRINGS} <= board


def test_no_name_breaks_the_lines_of_the_terminal_or_paints_them(poisoned: RoundFolder) -> None:
    (poisoned.inbox / "a\nLỗi giả\x1b[31m.xlsx").write_bytes(b"%PDF")
    result = CliRunner().invoke(app, ["report", str(poisoned.path), "-v"])
    assert "\x1b" not in result.stderr
    assert not any(line.startswith("Lỗi giả") for line in result.stderr.splitlines())
    assert "file_name_cleaned" in told_codes(poisoned)


def told_codes(folder: RoundFolder) -> set[str]:
    result = CliRunner().invoke(app, ["report", str(folder.path), "--json"])
    return {finding["code"] for finding in json.loads(result.stdout)["findings"]}
