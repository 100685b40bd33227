"""A catalogue of accidents: what may happen to one submitted form, and all that may follow from it.

A row names an accident, does it to a form of the sample round, and says what must come of it: the state of every file
concerned, the state of the unit, the findings with their cells, and the points where they are not the sample's. Over
and above, whatever happens to one form, the batch finishes, every other unit keeps exactly its points, and every entry
of the folder is counted in one state.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import random
import re
import shutil
import signal
import stat
import struct
import sys
import time
import unicodedata
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import openpyxl
import pandas as pd
import pytest
from openpyxl.comments import Comment

from cqdt_batch.cells import Book
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.loading import Definition
from cqdt_batch.definition.records import Limits
from cqdt_batch.findings import Finding, Severity, Term
from cqdt_batch.intake.attachments import DEEPEST
from cqdt_batch.intake.collecting import INSIDE, Job, Taken
from cqdt_batch.intake.container import MIB
from cqdt_batch.intake.numbers import read_number
from cqdt_batch.intake.reading import read_book
from cqdt_batch.intake.rivals import FileState
from cqdt_batch.intake.worker import Failure
from cqdt_batch.intake.workers import in_workers
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.running import assess, read_definition
from cqdt_batch.pipeline.writing import write_board, write_forms
from cqdt_batch.scoring.outcome import SCORED, Outcome, UnitState
from tests import libreoffice
from tests.rounds import FORM, SAMPLE, codes, outcome_of

ONE = "so-y-te"
OWN = f"bai-nop/{ONE}.xlsx"
LAST_ROW = 55
"""The last row of the table in the unit's form; its header is row 7."""

ACCEPTED, IGNORED, REFUSED = FileState.ACCEPTED, FileState.IGNORED, FileState.REFUSED
RANKED, WITH_ERRORS, MISSING = UnitState.RANKED, UnitState.WITH_ERRORS, UnitState.MISSING

Happen = Callable[[Path], None]
"""Does something to a submitted form, or to the folder it lies in."""

Parts = dict[str, bytes]


class Accident(NamedTuple):
    """A row of the catalogue.

    `files` is the state of the form itself, or of every entry that there is beside those of the other units. `told`
    are all findings, as "code cell" with semicolons between. `points` are the figures that are not the sample's.
    """

    name: str
    happen: Happen
    files: FileState | Mapping[str, FileState]
    state: UnitState
    told: str = ""
    points: Mapping[str, str] = {}
    unit: str = ONE


def of_all(*groups: Iterable[Accident]) -> list[Any]:
    rows = [accident for group in groups for accident in group]
    assert len({accident.name for accident in rows}) == len(rows)
    return [
        pytest.param(
            accident,
            id=accident.name,
        )
        for accident in rows
    ]


# ------------------------------------------------------------------------------------------- what is done to a form


def edited(edit: Callable[[Any], object]) -> Happen:
    """Change the sheet with the table, as somebody with the form open would."""

    def happen(path: Path) -> None:
        workbook = openpyxl.load_workbook(path)
        edit(workbook[FORM])
        workbook.save(path)

    return happen


def rebound(edit: Callable[[Any], object]) -> Happen:
    """Change the workbook around the sheet."""

    def happen(path: Path) -> None:
        workbook = openpyxl.load_workbook(path)
        edit(workbook)
        workbook.save(path)

    return happen


def typed(value: Any, at: str = "E11") -> Happen:
    """Type something into a cell; E11 is the score of 1.1.1, of which the maximum is 2."""
    return edited(lambda sheet: setattr(sheet[at], "value", value))


def shown(value: float, number_format: str) -> Happen:
    """Give the score of 1.1.1 a number and a format that shows it in its own way."""

    def edit(sheet: Any) -> None:
        sheet["E11"].value, sheet["E11"].number_format = value, number_format

    return edited(edit)


def repacked(change: Callable[[Parts], object]) -> Happen:
    """Change the parts of the workbook, as other programs write them and openpyxl does not."""

    def happen(path: Path) -> None:
        parts = parts_in(path.read_bytes())
        change(parts)
        path.write_bytes(packed(parts))

    return happen


def parts_in(data: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return {name: book.read(name) for name in book.namelist()}


def packed(parts: Mapping[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", how) as book:
        for name, data in parts.items():
            book.writestr(name, data)
    return made.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def rewritten(pattern: str, new: str, part: str = SHEET) -> Happen:
    """Replace the one place in the XML of a part."""

    def change(parts: Parts) -> None:
        text, count = re.subn(pattern, lambda _: new, parts[part].decode(), count=1, flags=re.DOTALL)
        assert count == 1, pattern
        parts[part] = text.encode()

    return repacked(change)


def cell(xml: str, at: str = "E11") -> Happen:
    """Write a cell as XML."""
    return rewritten(rf'<c r="{at}"[^>]*>.*?</c>', xml)


def text(content: str) -> Happen:
    """Write text where the score of 1.1.1 belongs."""
    return cell(f'<c r="E11" t="inlineStr"><is><t xml:space="preserve">{escape(content)}</t></is></c>')


def runs(*pieces: tuple[str, str]) -> Happen:
    """Write the score of 1.1.1 as text in pieces of different looks."""
    inside = "".join(f"<r><rPr>{look}</rPr><t>{piece}</t></r>" for piece, look in pieces)
    return cell(f'<c r="E11" t="inlineStr"><is>{inside}</is></c>')


def before_end_of_rows(xml: str) -> Happen:
    return rewritten("</sheetData>", f"{xml}</sheetData>")


def bytes_of(make: Callable[[bytes], bytes]) -> Happen:
    """Change the file as a whole."""

    def happen(path: Path) -> None:
        path.write_bytes(make(path.read_bytes()))

    return happen


def replaced_by(content: bytes) -> Happen:
    return bytes_of(lambda _: content)


def with_part(name: str, content: bytes = b"<x/>") -> Happen:
    return repacked(lambda parts: parts.update({name: content}))


def restamped(row: int, value: str) -> Happen:
    return rebound(lambda book: setattr(book["_cqdt"].cell(row, 2), "value", value))


def without_stamp(path: Path) -> None:
    workbook = openpyxl.load_workbook(path)
    del workbook["_cqdt"]
    workbook.save(path)


def named(name: str) -> Happen:
    """Write another name of a unit above the table."""
    return typed(f"Cơ quan, đơn vị: {name}", "A3")


def both(*happenings: Happen) -> Happen:
    def happen(path: Path) -> None:
        for one in happenings:
            one(path)

    return happen


# ------------------------------------------------------------------------------------------------------------ cells


def read(name: str, written: str, value: str) -> Accident:
    """Text that can only mean one number: it counts, with a notice at its cell."""
    return Accident(name, text(written), ACCEPTED, RANKED, "score_read_as E11", {"1.1.1": value})


def asked(name: str, happen: Happen, code: str) -> Accident:
    """What is no score: one error at its cell, and the unit stays out until it is mended."""
    return Accident(name, happen, ACCEPTED, WITH_ERRORS, f"{code} E11")


def followed(name: str, happen: Happen, value: str, told: str = "") -> Accident:
    """A number like any other, however it is written: it counts."""
    return Accident(name, happen, ACCEPTED, RANKED, told, {"1.1.1": value})


TEXTS = [
    read("comma", "1,5", "1.5"),
    read("point", "1.5", "1.5"),
    read("trailing-space", "1.5 ", "1.5"),
    read("no-break-space-behind", "1,5\u00a0", "1.5"),
    read("zero-width-space", "\u200b1,5\u200b", "1.5"),
    read("full-width-digits", "１，５", "1.5"),
    read("ideographic-space", "\u30001,5", "1.5"),
    read("with-the-unit-word", "1,5 điểm", "1.5"),
    read("with-the-unit-word-decomposed", unicodedata.normalize("NFD", "1,5 điểm"), "1.5"),
    read("apostrophe", "'1,5", "1.5"),
    read("plus-sign", "+1,5", "1.5"),
    read("zero", "0", "0"),
    read("forty-digits-that-are-one", "1," + "0" * 39, "1"),
    asked("thousands-point-or-decimals", text("1.234"), "score_ambiguous"),
    asked("thousands-comma-or-decimals", text("1,234"), "score_ambiguous"),
    asked("thousands-space-or-decimals", text("1 234"), "score_ambiguous"),
    asked("vietnamese-thousands-and-decimals", text("1.234,5"), "score_above_maximum"),
    asked("english-thousands-and-decimals", text("1,234.5"), "score_above_maximum"),
    asked("text-below-zero", text("-1"), "score_negative"),
    asked("text-below-zero-with-a-true-minus", text("\u22121,5"), "score_negative"),
    asked("text-with-too-many-decimals", text("0,125"), "score_too_fine"),
    asked("forty-digits", text("1" * 40), "score_above_maximum"),
    asked("forty-decimals", text("0," + "0" * 39 + "1"), "score_too_fine"),
    asked("percent-as-text", text("85%"), "score_percent"),
    asked("date-as-text", text("1/5"), "score_like_date"),
    asked("exponent-as-text", text("1e0"), "score_exponent"),
    asked("infinity-as-text", text("inf"), "score_infinite"),
    asked("no-number-as-text", text("NaN"), "score_nan"),
    asked("hyphen", text("-"), "score_dash"),
    asked("en-dash", text("–"), "score_dash"),
    asked("not-assessed", text("Không đánh giá"), "score_not_assessed_claimed"),
    asked(
        "not-assessed-decomposed",
        text(unicodedata.normalize("NFD", "Không đánh giá")),
        "score_not_assessed_claimed",
    ),
    asked("word", text("hai"), "score_text"),
    asked("number-and-word-in-brackets", text("2 (hai)"), "score_text"),
    asked("superscript-digit", text("1²"), "score_text"),
    asked("half", text("½"), "score_text"),
    asked("one-and-a-half", text("1½"), "score_text"),
    asked("arabic-indic-digits", text("١٫٥"), "score_text"),
    asked("emoji", text("👍"), "score_text"),
    asked("digit-as-emoji", text("2\ufe0f\u20e3"), "score_text"),
    asked("space-inside", text("1, 5"), "score_text"),
    asked("ten-thousand-letters", text("x" * 10_000), "score_text"),
    asked(
        "superscript-by-its-look",
        runs(("0", ""), ("1", '<vertAlign val="superscript"/>')),
        "score_text",
    ),
    Accident(
        "text-in-pieces-of-different-colours",
        runs(("1", '<color rgb="FFFF0000"/>'), (",5", "<b/>")),
        ACCEPTED,
        RANKED,
        "score_read_as E11",
        {"1.1.1": "1.5"},
    ),
]

NUMBERS = [
    followed("another-number", typed(1.5), "1.5"),
    followed("zero-as-a-number", typed(0), "0"),
    followed("minus-zero", typed(-0.0), "0"),
    followed("the-maximum", typed(2), "2"),
    followed("number-with-an-exponent-in-the-file", cell('<c r="E11" s="15"><v>1.5E0</v></c>'), "1.5"),
    followed(
        "number-with-seventeen-digits-in-the-file", cell('<c r="E11" s="15"><v>1.1000000000000001</v></c>'), "1.1"
    ),
    followed("number-of-a-cell-with-a-comment", edited(lambda s: setattr(s["E11"], "comment", Comment("?", "A"))), "2"),
    asked("above-the-maximum", typed(2.01), "score_above_maximum"),
    asked("far-above-the-maximum", typed(1e300), "score_above_maximum"),
    asked("below-zero", typed(-1), "score_negative"),
    asked("too-many-decimals", typed(1.005), "score_too_fine"),
    asked("dust-of-a-calculation", cell('<c r="E11"><v>0.30000000000000004</v></c>'), "score_too_fine"),
    asked("smallest-number-there-is", typed(5e-324), "score_too_fine"),
    asked("date", typed(dt.date(2020, 5, 1)), "score_date"),
    asked("date-and-time", typed(dt.datetime(2020, 5, 1, 8, 30)), "score_date"),  # noqa: DTZ001 - Excel knows no zones
    asked("time", typed(dt.time(1, 30)), "score_date"),
    asked("date-by-its-format", shown(1.5, "dd/mm/yyyy"), "score_date"),
    asked("date-in-its-own-kind-of-cell", cell('<c r="E11" t="d"><v>2020-05-01</v></c>'), "score_date"),
    asked("percent-format", shown(0.85, "0%"), "score_percent"),
    asked("percent-format-with-decimals", shown(1.5, "0.00%"), "score_percent"),
    asked("formula-without-a-value", typed("=1+1"), "score_formula"),
    asked("formula-with-a-value", cell('<c r="E11" s="15"><f>1+1</f><v>2</v></c>'), "score_formula"),
    asked("formula-that-is-a-number", cell('<c r="E11" s="15"><f>2</f><v>2</v></c>'), "score_formula"),
    asked("formula-with-text", cell('<c r="E11" t="str"><f>"2"</f><v>2</v></c>'), "score_formula"),
    asked("link-to-another-workbook", typed("=[1]Sheet1!$A$1"), "score_formula"),
    asked("truth-value", typed(True), "score_boolean"),
    asked("false", typed(False), "score_boolean"),
    asked("division-by-zero", typed("#DIV/0!"), "score_error_value"),
    asked("no-value-found", typed("#N/A"), "score_error_value"),
    asked("bad-reference", typed("#REF!"), "score_error_value"),
    asked("error-as-text", cell('<c r="E11" t="inlineStr"><is><t>#VALUE!</t></is></c>'), "score_error_value"),
    asked("infinity-in-the-file", cell('<c r="E11"><v>INF</v></c>'), "score_infinite"),
    asked("overflow-in-the-file", cell('<c r="E11"><v>1E999</v></c>'), "score_infinite"),
    asked("no-number-in-the-file", cell('<c r="E11"><v>NaN</v></c>'), "score_nan"),
    asked("hexadecimal-in-the-file", cell('<c r="E11"><v>0x1</v></c>'), "score_error_value"),
    asked("blank", typed(None), "score_missing"),
    asked("spaces", typed("   "), "score_missing"),
    asked("no-break-space", typed("\u00a0"), "score_missing"),
    asked("empty-string", cell('<c r="E11" t="inlineStr"><is><t></t></is></c>'), "score_missing"),
    asked("lone-apostrophe", typed("'"), "score_missing"),
    asked("zero-width-space-alone", typed("\u200b"), "score_missing"),
]

FORMATS = [
    followed("two-decimals", shown(1.49, "0.00"), "1.49"),
    followed("text-format", shown(1.49, "@"), "1.49"),
    followed("thousands-format", shown(1.49, "#,##0.00"), "1.49"),
    followed("currency-format", shown(1.49, '#,##0.00 "₫"'), "1.49"),
    followed("format-in-two-colours", shown(1.49, "[Blue]0.00;[Red]-0.00"), "1.49"),
    followed("hidden-digits", shown(1.49, "0"), "1.49", "score_masked E11"),
    followed("one-hidden-digit", shown(1.49, "0.0"), "1.49", "score_masked E11"),
    followed("number-behind-a-text", shown(1.5, '"2"'), "1.5", "score_masked E11"),
    followed("number-behind-nothing", shown(1.5, ";;;"), "1.5", "score_masked E11"),
    followed("number-in-thousands", shown(1.5, "0.00,"), "1.5", "score_masked E11"),
    followed("format-with-a-condition", shown(0.5, '[<1]"0";0.00'), "0.5", "score_masked E11"),
    followed("digit-of-the-format-in-quotes", shown(1, '0"5"'), "1", "score_masked E11"),
    followed(
        "digit-of-the-format-behind-a-stroke",
        shown(1, r"0\5"),
        "1",
        "score_masked E11",
    ),
    followed(
        "digit-of-the-format-in-a-currency",
        shown(1, "[$1]0"),
        "1",
        "score_masked E11",
    ),
    followed(
        "minus-of-the-format",
        shown(1.5, '"-"0.0'),
        "1.5",
        "score_masked E11",
    ),
    followed(
        "general-format-with-the-unit-word",
        shown(1.5, 'General" điểm"'),
        "1.5",
    ),
    Accident("sum-overtyped-with-itself", typed(9, "E10"), ACCEPTED, RANKED),
    Accident("sum-overtyped", typed(9.5, "E10"), ACCEPTED, RANKED, "total_differs E10"),
    Accident("sum-overtyped-with-text", typed("9,0", "E10"), ACCEPTED, RANKED, "score_not_assessed E10"),
    Accident(
        "sum-calculated-from-other-scores",
        cell('<c r="E10" s="9"><f>ROUND(SUM(E11:E15),2)</f><v>9.5</v></c>', "E10"),
        ACCEPTED,
        RANKED,
        "total_differs E10",
    ),
    Accident(
        "maximum-as-text",
        typed("2", "D11"),
        ACCEPTED,
        RANKED,
    ),
    Accident("maximum-changed", typed(3, "D11"), ACCEPTED, WITH_ERRORS, "maximum_changed D11"),
    Accident("maximum-deleted", typed(None, "D11"), ACCEPTED, WITH_ERRORS, "maximum_changed D11"),
    Accident("evidence-deleted", typed(None, "F11"), ACCEPTED, RANKED, "evidence_missing F11"),
    Accident("evidence-in-an-old-encoding", typed("B¸o c¸o thèng kª", "F11"), ACCEPTED, RANKED, "text_legacy F11"),
    Accident("control-character-in-the-evidence", typed("a_x0007_b", "F11"), ACCEPTED, RANKED, "text_cleaned F11"),
    Accident("formula-for-evidence", typed("=cmd|' /C calc'!A0", "G11"), ACCEPTED, RANKED),
]


# ------------------------------------------------------------------------------------------------ rows and columns


def table(sheet: Any) -> list[list[Any]]:
    """The rows of criteria, without the header."""
    return [[cell.value for cell in row] for row in sheet.iter_rows(8, LAST_ROW, 1, 7)]


def write_table(sheet: Any, rows: Iterable[Sequence[Any]], first: int = 8) -> None:
    for number, values in enumerate(rows, first):
        for column, value in enumerate(values, 1):
            sheet.cell(number, column).value = value


def row_again(score: float) -> Happen:
    """The row of 1.1.1 stands below the table once more."""

    def edit(sheet: Any) -> None:
        write_table(sheet, [[*table(sheet)[3][:4], score, *table(sheet)[3][5:]]], 60)

    return edited(edit)


def exchanged(one: str, other: str) -> Happen:
    def edit(sheet: Any) -> None:
        sheet[one].value, sheet[other].value = sheet[other].value, sheet[one].value

    return edited(edit)


def row_hidden(**how: Any) -> Happen:
    def edit(sheet: Any) -> None:
        for name, value in how.items():
            setattr(sheet.row_dimensions[11], name, value)

    return edited(edit)


ROWS = [
    Accident("blank-row-inserted", edited(lambda s: s.insert_rows(20)), ACCEPTED, RANKED),
    Accident("blank-rows-above-the-header", edited(lambda s: s.insert_rows(6)), ACCEPTED, RANKED),
    Accident(
        "remark-in-an-inserted-row", both(edited(lambda s: s.insert_rows(12)), typed("x", "B12")), ACCEPTED, RANKED
    ),
    Accident(
        "score-in-an-inserted-row",
        both(edited(lambda s: s.insert_rows(12)), typed(1, "E12")),
        ACCEPTED,
        WITH_ERRORS,
        "row_unknown E12",
    ),
    Accident("row-deleted", edited(lambda s: s.delete_rows(11)), ACCEPTED, WITH_ERRORS, "row_missing A"),
    Accident("row-of-a-sum-deleted", edited(lambda s: s.delete_rows(10)), ACCEPTED, RANKED),
    Accident("all-rows-deleted", edited(lambda s: s.delete_rows(8, 48)), ACCEPTED, WITH_ERRORS, "rows_missing A"),
    Accident("rows-in-reverse-order", edited(lambda s: write_table(s, reversed(table(s)))), ACCEPTED, RANKED),
    Accident(
        "rows-sorted-by-label",
        edited(lambda s: write_table(s, sorted(table(s), key=lambda row: str(row[1])))),
        ACCEPTED,
        RANKED,
    ),
    Accident("row-repeated", row_again(2), ACCEPTED, RANKED, "row_copied A60"),
    Accident("row-repeated-with-another-score", row_again(1), ACCEPTED, WITH_ERRORS, "row_repeated A60"),
    Accident("row-hidden", row_hidden(hidden=True), ACCEPTED, RANKED, "rows_hidden 11"),
    Accident(
        "row-of-no-height", rewritten('<row r="11" ht="48"', '<row r="11" ht="0"'), ACCEPTED, RANKED, "rows_hidden 11"
    ),
    Accident("row-in-a-closed-group", row_hidden(outlineLevel=1, hidden=True), ACCEPTED, RANKED, "rows_hidden 11"),
    Accident(
        "code-of-a-sum-as-a-number",
        edited(lambda s: setattr(s["A10"], "value", 1.1)),
        ACCEPTED,
        RANKED,
        "codes_restored A10",
    ),
    Accident("whole-code-as-a-number", typed(1, "A9"), ACCEPTED, RANKED),
    Accident(
        "code-as-the-number-of-another",
        typed(1.1, "A11"),
        ACCEPTED,
        WITH_ERRORS,
        "row_unknown E11; row_missing A",
    ),
    Accident("code-as-a-date", typed(dt.date(2003, 2, 1), "A19"), ACCEPTED, RANKED, "codes_restored A19"),
    Accident("code-of-ten-as-a-date", typed(dt.date(2010, 2, 2), "A47"), ACCEPTED, RANKED, "codes_restored A47"),
    Accident("code-deleted", typed(None, "A11"), ACCEPTED, RANKED, "codes_restored A11"),
    Accident("code-with-commas", typed("1,1,1", "A11"), ACCEPTED, RANKED, "codes_restored A11"),
    Accident("code-with-a-point-behind", typed("1.1.1.", "A11"), ACCEPTED, RANKED, "codes_restored A11"),
    Accident("code-in-full-width-digits", typed("１.１.１", "A11"), ACCEPTED, RANKED, "codes_restored A11"),
    Accident("code-with-spaces-around", typed(" 1.1.1\u00a0", "A11"), ACCEPTED, RANKED),
    Accident(
        "code-and-label-deleted",
        both(typed(None, "A11"), typed(None, "B11")),
        ACCEPTED,
        WITH_ERRORS,
        "row_unknown E11; row_missing A",
    ),
    Accident(
        "all-codes-deleted",
        edited(lambda s: write_table(s, [[None, *row[1:]] for row in table(s)])),
        ACCEPTED,
        RANKED,
        "codes_restored A8",
    ),
    Accident(
        "two-codes-swapped",
        exchanged("A11", "A12"),
        ACCEPTED,
        WITH_ERRORS,
        "label_of_another B11; label_of_another B12",
    ),
    Accident(
        "two-labels-swapped",
        exchanged("B11", "B12"),
        ACCEPTED,
        WITH_ERRORS,
        "label_of_another B11; label_of_another B12",
    ),
    Accident("label-retyped", typed("Máy tính", "B11"), ACCEPTED, RANKED, "label_changed B11"),
    Accident(
        "label-with-line-breaks",
        edited(lambda s: setattr(s["B11"], "value", s["B11"].value.replace(" ", "\n", 3))),
        ACCEPTED,
        RANKED,
    ),
    Accident(
        "label-decomposed",
        edited(lambda s: setattr(s["B11"], "value", unicodedata.normalize("NFD", s["B11"].value))),
        ACCEPTED,
        RANKED,
    ),
    Accident(
        "header-repeated",
        edited(lambda s: write_table(s, [[c.value for c in s[7]]], 60)),
        ACCEPTED,
        RANKED,
    ),
    Accident(
        "header-repeated-on-every-page",
        both(edited(lambda s: s.insert_rows(30)), edited(lambda s: write_table(s, [[c.value for c in s[7]]], 30))),
        ACCEPTED,
        RANKED,
    ),
]


def headed(column: str, text: str | None) -> Happen:
    return typed(text, f"{column}7")


def column_hidden(sheet: Any) -> None:
    sheet.column_dimensions["E"].hidden = True


def columns_reversed(sheet: Any) -> None:
    for row in sheet.iter_rows(7, LAST_ROW, 1, 7):
        for found, value in zip(row, [c.value for c in reversed(row)], strict=True):
            found.value = value


def scores_and_evidence_exchanged(sheet: Any) -> None:
    for row in sheet.iter_rows(7, LAST_ROW):
        row[4].value, row[5].value = row[5].value, row[4].value


COLUMNS = [
    Accident("column-inserted", edited(lambda s: s.insert_cols(3)), ACCEPTED, RANKED),
    Accident("column-inserted-in-front", edited(lambda s: s.insert_cols(1)), ACCEPTED, RANKED),
    Accident(
        "remarks-in-a-column-of-their-own",
        both(headed("H", "Ghi chú"), typed("đã rà soát", "H11")),
        ACCEPTED,
        RANKED,
    ),
    Accident("columns-in-reverse-order", edited(columns_reversed), ACCEPTED, RANKED),
    Accident(
        "columns-score-and-evidence-exchanged",
        edited(scores_and_evidence_exchanged),
        ACCEPTED,
        RANKED,
    ),
    Accident(
        "place-and-date-below-the-scores",
        typed("Hoà Bình, ngày 5 tháng 11 năm 2020", "E57"),
        ACCEPTED,
        RANKED,
    ),
    Accident("header-in-capitals", headed("E", "ĐIỂM TỰ ĐÁNH GIÁ"), ACCEPTED, RANKED),
    Accident("header-with-extra-spaces", headed("E", "  Điểm   tự đánh  giá "), ACCEPTED, RANKED),
    Accident("header-with-line-breaks", headed("E", "Điểm\ntự đánh\ngiá"), ACCEPTED, RANKED),
    Accident("header-decomposed", headed("E", unicodedata.normalize("NFD", "Điểm tự đánh giá")), ACCEPTED, RANKED),
    Accident("header-in-english", headed("E", Words(Language.EN)("form.column.score")), ACCEPTED, RANKED),
    Accident("header-of-scores-missing", headed("E", None), REFUSED, WITH_ERRORS, "form_header_missing 7"),
    Accident("header-of-codes-missing", headed("A", None), REFUSED, WITH_ERRORS, "form_header_missing 7"),
    Accident("header-of-labels-missing", headed("B", None), REFUSED, WITH_ERRORS, "form_header_missing 7"),
    Accident("header-of-maxima-missing", headed("D", None), REFUSED, WITH_ERRORS, "form_header_missing 7"),
    Accident("header-renamed", headed("E", "Điểm"), REFUSED, WITH_ERRORS, "form_header_missing 7"),
    Accident("header-row-deleted", edited(lambda s: s.delete_rows(7)), REFUSED, WITH_ERRORS, "form_table_missing"),
    Accident(
        "header-of-explanations-missing",
        headed("G", None),
        ACCEPTED,
        RANKED,
        "column_missing 7",
    ),
    Accident(
        "header-of-evidence-missing",
        headed("F", None),
        ACCEPTED,
        RANKED,
        "column_missing 7",
    ),
    Accident("column-of-documents-asked-for-deleted", edited(lambda s: s.delete_cols(3)), ACCEPTED, RANKED),
    Accident(
        "column-of-scores-deleted", edited(lambda s: s.delete_cols(5)), REFUSED, WITH_ERRORS, "form_header_missing 7"
    ),
    Accident(
        "header-repeated-over-an-empty-column",
        headed("H", "Điểm tự đánh giá"),
        ACCEPTED,
        WITH_ERRORS,
        "column_repeated H7",
    ),
    Accident("column-hidden", edited(column_hidden), ACCEPTED, RANKED, "column_hidden E"),
    Accident(
        "column-of-no-width",
        rewritten('<col width="10.7109375" customWidth="1" min="5"', '<col width="0" customWidth="1" min="5"'),
        ACCEPTED,
        RANKED,
        "column_hidden E",
    ),
]


# --------------------------------------------------------------------------------------------- sheets and the stamp


def copied(edit: Callable[[Any], object] = lambda _: None) -> Happen:
    """Copy the sheet within the workbook, and change the copy."""
    return rebound(lambda book: edit(book.copy_worksheet(book[FORM])))


def more_sheets(book: Any) -> None:
    for number in range(5):
        book.create_sheet(f"Phụ lục {number}")["A1"].value = "Danh sách máy tính"
    book.create_chartsheet("Biểu đồ")


def unprotected(book: Any) -> None:
    for sheet in book:
        sheet.protection.sheet = False
        for merged in list(sheet.merged_cells.ranges):
            sheet.unmerge_cells(str(merged))


def form_hidden(book: Any) -> None:
    book[FORM].sheet_state, book.active = "hidden", 1


def merged_in_file(area: str) -> Happen:
    """Merge cells as programs do that leave the values below where they are."""
    return rewritten("</mergeCells>", f'<mergeCell ref="{area}"/></mergeCells>')


SHEETS = [
    Accident("sheet-renamed", rebound(lambda b: setattr(b[FORM], "title", "Sheet1")), ACCEPTED, RANKED),
    Accident("sheet-copied", copied(), ACCEPTED, RANKED, "table_copied 7"),
    Accident(
        "sheet-copied-and-changed",
        copied(lambda s: setattr(s["E11"], "value", 0)),
        REFUSED,
        WITH_ERRORS,
        "form_table_repeated",
    ),
    Accident(
        "sheet-copied-changed-and-the-old-one-hidden",
        both(
            copied(lambda s: setattr(s["E11"], "value", 0)),
            rebound(form_hidden),
        ),
        REFUSED,
        WITH_ERRORS,
        "form_table_repeated",
    ),
    Accident(
        "sheet-hidden",
        rebound(form_hidden),
        ACCEPTED,
        RANKED,
        "sheet_hidden",
    ),
    Accident("sheets-added", rebound(more_sheets), ACCEPTED, RANKED),
    Accident("sheets-in-another-order", rebound(lambda b: b.move_sheet(FORM, 2)), ACCEPTED, RANKED),
    Accident("stamp-shown", rebound(lambda b: setattr(b["_cqdt"], "sheet_state", "visible")), ACCEPTED, RANKED),
    Accident("guide-deleted", rebound(lambda b: b.remove(b["Hướng dẫn"])), ACCEPTED, RANKED),
    Accident("protection-removed", rebound(unprotected), ACCEPTED, RANKED),
    Accident("sheet-deleted", rebound(lambda b: b.remove(b[FORM])), REFUSED, WITH_ERRORS, "form_table_missing"),
    Accident(
        "another-sheet-in-its-place",
        rebound(lambda b: (b.remove(b[FORM]), b.create_sheet("Báo cáo").append(["STT", "Nội dung", "Ghi chú"]))),
        REFUSED,
        WITH_ERRORS,
        "form_table_missing",
    ),
    Accident("score-under-a-merged-cell", merged_in_file("E11:E12"), ACCEPTED, WITH_ERRORS, "score_covered E12"),
    Accident(
        "score-lost-by-merging", edited(lambda s: s.merge_cells("E11:E12")), ACCEPTED, WITH_ERRORS, "score_missing E12"
    ),
    Accident("score-merged-with-empty-cells", merged_in_file("E31:F31"), ACCEPTED, RANKED),
    Accident("codes-merged", edited(lambda s: s.merge_cells("A11:A12")), ACCEPTED, RANKED, "codes_restored A12"),
    Accident("evidence-merged", edited(lambda s: s.merge_cells("F11:F12")), ACCEPTED, RANKED, "evidence_missing F12"),
    Accident("filter-and-frozen-rows", edited(lambda s: setattr(s.auto_filter, "ref", "A7:G55")), ACCEPTED, RANKED),
]

STAMPS = [
    Accident("stamp-lost", without_stamp, ACCEPTED, RANKED, "stamp_lost"),
    Accident(
        "stamp-lost-and-a-row-deleted",
        both(without_stamp, edited(lambda s: s.delete_rows(11))),
        REFUSED,
        WITH_ERRORS,
        "stamp_lost_unfit",
    ),
    Accident(
        "stamp-and-name-lost",
        both(without_stamp, typed(None, "A3")),
        REFUSED,
        MISSING,
        "form_without_stamp; unit_missing",
    ),
    Accident(
        "stamp-of-another-round",
        restamped(1, "hoa-binh-2019"),
        REFUSED,
        MISSING,
        "form_of_other_assessment; unit_sent_unusable",
    ),
    Accident("stamp-of-no-unit", restamped(3, "so-x"), REFUSED, MISSING, "form_of_unknown_unit; unit_missing"),
    Accident(
        "stamp-of-another-unit",
        restamped(3, "so-xay-dung"),
        REFUSED,
        MISSING,
        "form_names_another A3; unit_missing",
    ),
    Accident("older-version-that-fits", restamped(2, "2019-cu"), ACCEPTED, RANKED, "form_migrated"),
    Accident("older-fingerprint-that-fits", restamped(4, "0000"), ACCEPTED, RANKED, "form_of_changed_rules"),
    Accident(
        "older-version-that-does-not-fit",
        both(restamped(2, "2019-cu"), typed(5, "D11")),
        REFUSED,
        WITH_ERRORS,
        "form_outdated",
    ),
    Accident(
        "older-fingerprint-that-does-not-fit",
        both(restamped(4, "0000"), typed("9.9.9", "A11"), typed("Khác", "B11")),
        REFUSED,
        WITH_ERRORS,
        "form_changed",
    ),
    Accident("name-of-another-unit", named("Sở Xây dựng"), REFUSED, MISSING, "form_names_another A3; unit_missing"),
    Accident("name-misspelt", named("Sở Y tê"), REFUSED, WITH_ERRORS, "unit_unknown A3"),
    Accident(
        "name-misspelt-and-stamp-lost",
        both(named("Sở Y tê"), without_stamp),
        REFUSED,
        MISSING,
        "unit_unknown A3; unit_missing",
    ),
    Accident("name-deleted", typed(None, "A3"), ACCEPTED, RANKED),
    Accident("name-in-capitals", named("SỞ Y TẾ"), ACCEPTED, RANKED),
    Accident("name-decomposed", named(unicodedata.normalize("NFD", "Sở Y tế")), ACCEPTED, RANKED),
    Accident("name-with-spaces", named("  Sở  Y\u00a0tế "), ACCEPTED, RANKED),
    Accident(
        "name-with-the-tone-mark-elsewhere",
        named("Uỷ ban nhân dân thành phố Hoà Bình"),
        ACCEPTED,
        RANKED,
        unit="tp-hoa-binh",
    ),
    Accident("name-as-printed", named("UBND huyện Lạc Thuỷ"), ACCEPTED, RANKED, unit="huyen-lac-thuy"),
    Accident(
        "name-with-the-other-letter-that-looks-like-it",
        both(named("UBND huyện Ðà Bắc"), without_stamp),
        ACCEPTED,
        RANKED,
        "stamp_lost",
        unit="huyen-da-bac",
    ),
    Accident("name-with-and-for-dash", named("Sở Kế hoạch – Đầu tư"), ACCEPTED, RANKED, unit="so-ke-hoach-va-dau-tu"),
    Accident("name-in-an-old-encoding", named("Së Y tÕ"), REFUSED, WITH_ERRORS, "file_legacy_text A3"),
    Accident(
        "name-in-an-old-encoding-and-stamp-lost",
        both(named("Së Y tÕ"), without_stamp),
        REFUSED,
        MISSING,
        "file_legacy_text A3; unit_missing",
    ),
]


# ------------------------------------------------------------------------------------------------------- containers


def compound_file(*streams: str) -> bytes:
    """The least compound file with empty streams of these names: header, allocation table, one sector of directory."""
    free, end, table_sector = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<10I", 0, 1, 1, 0, 4096, end, 0, end, 0, 0) + struct.pack("<108I", *[free] * 108)
    allocation = struct.pack("<128I", table_sector, end, *[free] * 126)
    directory = [directory_entry("Root Entry", 5, free, 1, end)]
    for number, name in enumerate(streams, 1):
        directory.append(directory_entry(name, 2, number + 1 if number < len(streams) else free, free, 0))
    return head + allocation + b"".join(directory).ljust(512, b"\x00")


def directory_entry(name: str, kind: int, right: int, child: int, start: int) -> bytes:
    text = (name + "\x00").encode("utf-16-le")
    places = struct.pack("<HBB3I", len(text), kind, 1, 0xFFFFFFFF, right, child)
    return text.ljust(64, b"\x00") + places + bytes(36) + struct.pack("<IQ", start, 0)


def with_flag(data: bytes) -> bytes:
    """Mark every part of a zip as encrypted in the directory."""
    marked = bytearray(data)
    for found in re.finditer(rb"PK\x01\x02", data):
        marked[found.start() + 8] |= 1
    return bytes(marked)


def with_wrong_checksum(data: bytes) -> bytes:
    """Change a digit and leave the checksum of its part, as a faulty disk does."""
    stored = packed(parts_in(data), zipfile.ZIP_STORED)
    return re.sub(rb'(<c r="E11"[^>]*><v>)\d', rb"\g<1>9", stored)


def part_twice(name: str) -> Happen:
    def happen(path: Path) -> None:
        with zipfile.ZipFile(path, "a") as book, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book.writestr(name, b"<x/>")

    return happen


STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships"
    ),
}


def strict(parts: Parts) -> None:
    for name in parts:
        for old, new in STRICT.items():
            parts[name] = parts[name].replace(old, new)


def many_parts(parts: Parts) -> None:
    parts.update({f"customXml/item{number}.xml": b"<x/>" for number in range(1_000)})


def renamed(name: str) -> Happen:
    def happen(path: Path) -> None:
        path.rename(path.with_name(name))

    return happen


def mail(data: bytes, name: str, **others: bytes) -> bytes:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "soyte@example.vn", "sotttt@example.vn", "Phiếu tự đánh giá"
    letter.set_content("Kính gửi Sở Thông tin và Truyền thông.")
    for filename, content in {name: data, **others}.items():
        letter.add_attachment(content, maintype="application", subtype="octet-stream", filename=filename)
    return letter.as_bytes()


def zipped(data: bytes, *names: str) -> bytes:
    """Put a file into an archive in an archive, the innermost name first."""
    for name in names:
        data = packed({name: data})
    return data


def sent_as(name: str, make: Callable[[bytes], bytes]) -> Happen:
    """Send the form inside of something else."""

    def happen(path: Path) -> None:
        path.with_name(name).write_bytes(make(path.read_bytes()))
        path.unlink()

    return happen


def in_bag(*names: str, last: FileState = ACCEPTED) -> dict[str, FileState]:
    """The states of files within each other: what carries others is no form itself."""
    paths = [INSIDE.join([f"bai-nop/{names[0]}", *names[1 : number + 1]]) for number in range(len(names))]
    return {path: last if path == paths[-1] else IGNORED for path in paths}


def lost(name: str, happen: Happen, code: str) -> Accident:
    """A file of which nobody can say whose it is: it is refused, and its unit is missing."""
    return Accident(name, happen, REFUSED, MISSING, f"unit_missing; {code}")


SLIP = f"{ONE}.xlsx"

CONTAINERS = [
    lost("truncated", bytes_of(lambda data: data[: len(data) // 2]), "file_damaged"),
    lost("last-byte-missing", bytes_of(lambda data: data[:-1]), "file_damaged"),
    lost("empty", replaced_by(b""), "file_empty"),
    lost("only-zeros", replaced_by(bytes(20_000)), "file_not_workbook"),
    lost("pdf", replaced_by(b"%PDF-1.7\n"), "file_not_workbook"),
    lost("html", replaced_by(b"<html><body><table></table></body></html>"), "file_not_workbook"),
    lost("csv", replaced_by("Mã;Điểm\n1.1.1;2\n".encode()), "file_not_workbook"),
    lost("picture", replaced_by(b"\x89PNG\r\n\x1a\n" + bytes(100)), "file_not_workbook"),
    lost("archive-of-another-kind", replaced_by(b"Rar!\x1a\x07\x01\x00" + bytes(100)), "file_packed"),
    lost("encrypted", replaced_by(compound_file("EncryptionInfo", "EncryptedPackage")), "file_encrypted"),
    lost("old-text-document", replaced_by(compound_file("WordDocument", "1Table")), "file_not_workbook"),
    lost("old-workbook-without-content", replaced_by(compound_file("Workbook")), "file_without_sheets"),
    lost("encrypted-parts", bytes_of(with_flag), "file_encrypted"),
    lost("bomb", with_part("xl/media/image1.bin", bytes(8 * MIB)), "file_over_limit"),
    lost("too-many-parts", repacked(many_parts), "file_over_limit"),
    lost("part-twice", part_twice(SHEET), "file_part_twice"),
    lost("part-twice-in-other-letters", part_twice("XL/Worksheets/Sheet1.XML"), "file_part_twice"),
    lost("document-type", rewritten("<worksheet", '<!DOCTYPE x [<!ENTITY e "1">]><worksheet'), "file_unsafe"),
    lost(
        "sheet-in-utf-16",
        repacked(lambda parts: parts.update({SHEET: parts[SHEET].decode().encode("utf-16")})),
        "file_unsafe",
    ),
    lost("comment-inside-a-value", cell('<c r="E11"><v>1<!-- -->2</v></c>'), "file_damaged"),
    lost("marked-section-inside-a-value", cell('<c r="E11"><v><![CDATA[2]]></v></c>'), "file_damaged"),
    lost("cells-out-of-order", cell('<c r="F11"><v>2</v></c><c r="E11"><v>1</v></c>'), "file_damaged"),
    lost("cell-twice", cell('<c r="E11"><v>2</v></c><c r="E11"><v>1</v></c>'), "file_damaged"),
    lost("rows-out-of-order", before_end_of_rows('<row r="11"><c r="E11"><v>1</v></c></row>'), "file_damaged"),
    lost("cell-of-another-row", cell('<c r="E12"><v>1</v></c>'), "file_damaged"),
    lost("string-that-does-not-exist", cell('<c r="E11" t="s"><v>99</v></c>'), "file_damaged"),
    lost("checksum-wrong", bytes_of(with_wrong_checksum), "file_damaged"),
    lost("sheet-part-missing", repacked(lambda parts: parts.pop(SHEET)), "file_damaged"),
    lost(
        "stray-cell-in-the-last-corner",
        before_end_of_rows('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        "file_over_limit",
    ),
    lost(
        "stray-cell-in-the-last-column",
        before_end_of_rows('<row r="99"><c r="XFD99"><v>1</v></c></row>'),
        "file_over_limit",
    ),
    Accident(
        "stray-empty-cell-in-the-last-corner",
        before_end_of_rows('<row r="1048576"><c r="XFD1048576" s="1"/></row>'),
        ACCEPTED,
        RANKED,
    ),
    Accident(
        "stray-space-in-the-last-corner",
        before_end_of_rows('<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t> </t></is></c></row>'),
        ACCEPTED,
        RANKED,
    ),
    Accident(
        "comment-between-the-rows",
        before_end_of_rows("<!-- end of the table -->"),
        ACCEPTED,
        RANKED,
    ),
    Accident(
        "macros",
        both(with_part("xl/vbaProject.bin", b"\xd0\xcf"), renamed(f"{ONE}.xlsm")),
        {f"bai-nop/{ONE}.xlsm": ACCEPTED},
        RANKED,
        "file_macros",
    ),
    Accident("external-link", with_part("xl/externalLinks/externalLink1.xml"), ACCEPTED, RANKED, "file_external_links"),
    Accident("properties-missing", repacked(lambda parts: parts.pop("docProps/core.xml")), ACCEPTED, RANKED),
    Accident("bytes-behind-the-end", bytes_of(lambda data: data + b"\r\n-- \r\nscanned\r\n"), ACCEPTED, RANKED),
    Accident("parts-not-compressed", bytes_of(lambda d: packed(parts_in(d), zipfile.ZIP_STORED)), ACCEPTED, RANKED),
    Accident("strict-open-xml", repacked(strict), ACCEPTED, RANKED),
    Accident(
        "in-an-archive", sent_as("goi.zip", lambda d: zipped(d, SLIP)), in_bag("goi.zip", SLIP), RANKED, "file_opened"
    ),
    Accident(
        "in-an-archive-called-xlsx",
        bytes_of(lambda d: zipped(d, "phieu.xlsx")),
        in_bag(SLIP, "phieu.xlsx"),
        RANKED,
        "file_opened",
    ),
    Accident(
        "in-a-folder-of-an-archive",
        sent_as("goi.zip", lambda d: zipped(d, f"Sở Y tế/{SLIP}")),
        in_bag("goi.zip", f"Sở Y tế/{SLIP}"),
        RANKED,
        "file_opened",
    ),
    Accident(
        "in-an-archive-under-a-path-that-leads-out-of-it",
        sent_as("goi.zip", lambda d: zipped(d, f"../../{SLIP}")),
        in_bag("goi.zip", f"../../{SLIP}"),
        RANKED,
        "file_opened",
    ),
    Accident(
        "in-an-archive-of-a-mac",
        sent_as("goi.zip", lambda d: packed({SLIP: d, f"__MACOSX/._{SLIP}": b"\x00\x05\x16\x07"})),
        {**in_bag("goi.zip", SLIP), f"bai-nop/goi.zip{INSIDE}__MACOSX/._{SLIP}": IGNORED},
        RANKED,
        "file_opened; file_hidden",
    ),
    Accident(
        "in-an-encrypted-archive",
        sent_as("goi.zip", lambda d: with_flag(zipped(d, SLIP))),
        {"bai-nop/goi.zip": REFUSED},
        MISSING,
        "unit_missing; file_encrypted",
    ),
    Accident("in-a-mail", sent_as("thu.eml", lambda d: mail(d, SLIP)), in_bag("thu.eml", SLIP), RANKED, "file_opened"),
    Accident(
        "in-a-mail-under-a-vietnamese-name",
        sent_as("thu.eml", lambda d: mail(d, "Phiếu Sở Y tế.xlsx")),
        in_bag("thu.eml", "Phiếu Sở Y tế.xlsx"),
        RANKED,
        "file_opened",
    ),
    Accident(
        "in-a-mail-with-a-scan",
        sent_as("thu.eml", lambda d: mail(d, SLIP, **{"ban-ky.pdf": b"%PDF-1.7\n"})),
        {**in_bag("thu.eml", SLIP), f"bai-nop/thu.eml{INSIDE}ban-ky.pdf": IGNORED},
        RANKED,
        "file_opened; attachment_no_form",
    ),
    Accident(
        "in-an-archive-in-a-mail",
        sent_as("thu.eml", lambda d: mail(zipped(d, SLIP), "goi.zip")),
        in_bag("thu.eml", "goi.zip", SLIP),
        RANKED,
        "file_opened; file_opened",
    ),
    Accident(
        "in-as-many-archives-as-are-opened",
        sent_as("1.zip", lambda d: zipped(d, SLIP, "3.zip", "2.zip")),
        in_bag("1.zip", "2.zip", "3.zip", SLIP),
        RANKED,
        "file_opened; file_opened; file_opened",
    ),
    Accident(
        "four-archives-deep",
        sent_as("1.zip", lambda d: zipped(d, SLIP, "4.zip", "3.zip", "2.zip")),
        in_bag("1.zip", "2.zip", "3.zip", "4.zip", last=REFUSED),
        MISSING,
        "unit_missing; file_too_deep; file_opened; file_opened; file_opened",
    ),
]


# ---------------------------------------------------------------------------------------------------------- folders


def moved(*folders: str, name: str = SLIP) -> Happen:
    def happen(path: Path) -> None:
        target = path.parent.joinpath(*folders, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)

    return happen


def beside(name: str, content: bytes | None = None) -> Happen:
    """Put another file into the folder; a copy of the form where no content is given."""

    def happen(path: Path) -> None:
        path.with_name(name).write_bytes(path.read_bytes() if content is None else content)

    return happen


def made(name: str, kind: int) -> Happen:
    """Make a special file, where the system lets us."""

    def happen(path: Path) -> None:
        try:
            os.mknod(path.with_name(name), kind | 0o600, os.makedev(1, 5))
        except (OSError, AttributeError) as refusal:
            pytest.skip(f"no such file can be made here: {refusal}")

    return happen


def linked(name: str, target: str) -> Happen:
    return lambda path: path.with_name(name).symlink_to(target)


def called(text: str) -> str:
    return f"bai-nop/{text}"


def under(name: str, new: str, findings: str = "") -> Accident:
    """The form under another name: that changes nothing."""
    return Accident(name, renamed(new), {called(new): ACCEPTED}, RANKED, findings)


def passed_over(name: str, happen: Happen, entry: str, code: str) -> Accident:
    """Something else in the folder: it is told, and nobody's form."""
    return Accident(name, happen, {OWN: ACCEPTED, called(entry): IGNORED}, RANKED, code)


TWINS = tuple(unicodedata.normalize(form, "Sở Y tế.xlsx") for form in ("NFC", "NFD"))

FOLDERS = [
    Accident("subfolder", moved("Sở Y tế"), {called(f"Sở Y tế/{SLIP}"): ACCEPTED}, RANKED),
    Accident("subfolder-of-a-subfolder", moved("2020", "11"), {called(f"2020/11/{SLIP}"): ACCEPTED}, RANKED),
    Accident("folder-called-like-a-file", moved("phieu.xlsx"), {called(f"phieu.xlsx/{SLIP}"): ACCEPTED}, RANKED),
    Accident("empty-folder", lambda path: path.with_name("trong").mkdir(), ACCEPTED, RANKED),
    Accident(
        "hidden-folder",
        moved(".cache"),
        {called(f".cache/{SLIP}"): ACCEPTED},
        RANKED,
    ),
    under("extension-in-capitals", f"{ONE}.XLSX"),
    under("no-extension", ONE),
    under("extension-of-another-format", f"{ONE}.xls"),
    under("name-with-spaces-around", f"  {ONE} .xlsx "),
    under("name-with-a-line-break", f"{ONE}\n(ban cuoi).xlsx", "file_name_cleaned"),
    under("name-of-invalid-utf-8", os.fsdecode(b"so-y-te-\xff.xlsx"), "file_name_cleaned"),
    under("name-that-begins-like-a-formula", "=1+1.xlsx"),
    under("name-that-begins-with-at", "@SUM(A1).xlsx"),
    under("name-with-a-mark-that-turns-writing-around", "so-y-te\u202exslx.exe"),
    under("name-as-long-as-can-be", "x" * 250 + ".xlsx"),
    under("name-with-markup", "<b>&amp;.xlsx"),
    Accident(
        "copy-of-a-download",
        beside(f"{ONE} (1).xlsx"),
        {called(f"{ONE} (1).xlsx"): ACCEPTED, OWN: IGNORED},
        RANKED,
        "file_copy",
    ),
    Accident(
        "two-spellings-of-one-name",
        both(beside(TWINS[0]), beside(TWINS[1]), Path.unlink),
        {called(min(TWINS)): ACCEPTED, called(max(TWINS)): IGNORED},
        RANKED,
        "file_copy",
    ),
    passed_over("lock-file", beside(f"~${SLIP}", b"\x05admin"), f"~${SLIP}", "file_lock"),
    passed_over("hidden-file", beside(".DS_Store", b"x"), ".DS_Store", "file_hidden"),
    passed_over("hidden-copy-of-the-form", beside(f"._{SLIP}"), f"._{SLIP}", "file_hidden"),
    passed_over("file-of-the-system", beside("desktop.ini", b"[x]"), "desktop.ini", "file_hidden"),
    passed_over("link-to-the-form", linked("lien-ket.xlsx", SLIP), "lien-ket.xlsx", "file_special"),
    passed_over("link-to-nowhere", linked("lien-ket.xlsx", "khong-co"), "lien-ket.xlsx", "file_special"),
    passed_over("link-to-the-folder-itself", linked("vong", "."), "vong", "file_special"),
    passed_over("pipe", made("ong.xlsx", stat.S_IFIFO), "ong.xlsx", "file_special"),
    passed_over("socket", made("o-cam.xlsx", stat.S_IFSOCK), "o-cam.xlsx", "file_special"),
    passed_over("device", made("thiet-bi.xlsx", stat.S_IFCHR), "thiet-bi.xlsx", "file_special"),
    Accident(
        "partial-download-beside-the-form",
        beside(f"{SLIP}.crdownload"),
        {OWN: ACCEPTED, called(f"{SLIP}.crdownload"): REFUSED},
        RANKED,
        "file_partial",
    ),
    Accident(
        "partial-download-alone",
        renamed(f"{SLIP}.part"),
        {called(f"{SLIP}.part"): REFUSED},
        MISSING,
        "file_partial; unit_missing",
    ),
    Accident("deleted", Path.unlink, {}, MISSING, "unit_missing"),
]


# --------------------------------------------------------------------------------------------------------- the tests


@pytest.fixture(scope="module")
def definition() -> Definition:
    """What the sample round asks."""
    return read_definition(SAMPLE)


@pytest.fixture(scope="module")
def before(definition: Definition) -> Outcome:
    """The sample round as it is."""
    return assess(SAMPLE, definition)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read forms in this process, and those that nobody touched only once: worker processes have tests of their own."""
    monkeypatch.setattr("cqdt_batch.intake.collecting.in_workers", _here)


_untouched: dict[tuple[str, bytes], Taken] = {}


def _here(
    work: Callable[[Assessment, Job], Taken], state: Assessment, jobs: Sequence[Job], _: Limits
) -> Iterator[Taken]:
    for job in jobs:
        sent = SAMPLE.path / job.name
        if job.data is not None or not sent.is_file() or (data := Path(job.path).read_bytes()) != sent.read_bytes():
            yield work(state, job)
            continue
        if (job.name, data) not in _untouched:
            _untouched[job.name, data] = work(state, job)
        yield _untouched[job.name, data]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    "accident", of_all(TEXTS, NUMBERS, FORMATS, ROWS, COLUMNS, SHEETS, STAMPS, CONTAINERS, FOLDERS)
)
def test_an_accident_has_exactly_its_own_consequences(
    sample: RoundFolder, definition: Definition, before: Outcome, accident: Accident
) -> None:
    check(sample, definition, before, accident)


def check(sample: RoundFolder, definition: Definition, before: Outcome, accident: Accident) -> None:
    own = f"bai-nop/{accident.unit}.xlsx"
    expected = {own: accident.files} if isinstance(accident.files, FileState) else accident.files
    accident.happen(sample.inbox / f"{accident.unit}.xlsx")
    outcome = assess(sample, definition)
    others = {entry.name: ACCEPTED for entry in before.intake.files if entry.unit != accident.unit}
    assert told(outcome.findings) == sorted(filter(None, accident.told.split("; ")))
    assert {entry.name: entry.state for entry in outcome.intake.files} == others | dict(expected)
    assert outcome.states == {**before.states, accident.unit: accident.state}
    assert points_without(outcome, accident.unit) == points_without(before, accident.unit)
    if accident.state in SCORED:
        assert points_of(outcome, accident.unit) == changed(before, accident)
    counts = Counter(entry.state for entry in outcome.intake.files)
    assert counts.total() == len(entries_in(sample.inbox)) + sum(INSIDE in name for name in expected)
    assert_every_finding_can_be_acted_on(outcome, {*expected, own, "bai-nop"}, accident.unit)


def test_many_accidents_in_one_batch_leave_the_other_forms_as_they_are(
    sample: RoundFolder, definition: Definition, before: Outcome
) -> None:
    """All at once, and in worker processes, as on the day."""
    spoilt = [accident for accident in CONTAINERS if accident.files is REFUSED]
    units = [unit for unit in before.states if unit != ONE]
    hit = dict(zip(units, spoilt, strict=False))
    for unit, accident in hit.items():
        accident.happen(sample.inbox / f"{unit}.xlsx")
    outcome = assess(sample, definition)
    assert len(hit) > 25
    assert told(outcome.findings) == sorted(code for accident in hit.values() for code in accident.told.split("; "))
    assert outcome.states == {**before.states, **dict.fromkeys(hit, MISSING)}
    assert {entry.name for entry in outcome.intake.files if entry.state is REFUSED} == {
        called(f"{unit}.xlsx") for unit in hit
    }
    for unit in before.states.keys() - hit:
        assert points_of(outcome, unit) == points_of(before, unit)


def told(findings: Iterable[Finding]) -> list[str]:
    return sorted(f"{finding.code} {finding.where.cell}".strip() for finding in findings)


def entries_in(inbox: Path) -> list[str]:
    return [name for folder, folders, files in os.walk(inbox) for name in (*files, *links_in(folder, folders))]


def links_in(folder: str, folders: list[str]) -> list[str]:
    return [name for name in folders if Path(folder, name).is_symlink()]


def frame_of(outcome: Outcome, unit: str) -> pd.DataFrame:
    return outcome.points[outcome.assessment.unit_by_code[unit].block]


def points_without(outcome: Outcome, unit: str) -> dict[str, dict[Any, Any]]:
    return {block: frame.drop(index=unit, errors="ignore").to_dict("index") for block, frame in outcome.points.items()}


def points_of(outcome: Outcome, unit: str) -> dict[Any, Any]:
    return frame_of(outcome, unit).loc[unit].to_dict()


def changed(before: Outcome, accident: Accident) -> dict[Any, Any]:
    """The sample's points with other figures at some leaves, and the sums above them."""
    points = points_of(before, accident.unit)
    tree = before.assessment.trees[before.assessment.unit_by_code[accident.unit].block]
    for leaf, value in accident.points.items():
        code, gained = leaf, Decimal(value) - points[leaf]
        while code:
            points[code] += gained
            code = tree.by_code[code].parent
    return points


def assert_every_finding_can_be_acted_on(outcome: Outcome, files: set[str], unit: str) -> None:
    for finding in outcome.findings:
        assert finding.where.file in files
        assert finding.unit in (unit, "")
        for language in Language:
            assert "{" not in Words(language).message(finding)
    held_back = {finding.unit for finding in outcome.findings if finding.severity is Severity.ERROR} - {""}
    assert held_back <= {code for code, state in outcome.states.items() if state not in SCORED}


needs_libreoffice = pytest.mark.skipif(libreoffice.SOFFICE is None, reason="LibreOffice is not installed")


@pytest.fixture(scope="module")
def saved_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The form with another score, as LibreOffice saves it in its formats."""
    folder, form = tmp_path_factory.mktemp("luu"), SAMPLE.inbox / SLIP
    return {suffix: libreoffice.filled(form, {"E11": 1.5}, folder, FORM, suffix) for suffix in ("xlsx", "ods", "xls")}


@needs_libreoffice
@pytest.mark.parametrize("suffix", ["xlsx", "ods", "xls"])
def test_a_form_saved_by_libreoffice_counts_all_the_same(
    sample: RoundFolder, definition: Definition, before: Outcome, saved_elsewhere: Mapping[str, Path], suffix: str
) -> None:
    findings = "file_values_only" if suffix == "xls" else ""

    def happen(path: Path) -> None:
        path.unlink()
        shutil.copy(saved_elsewhere[suffix], path.with_suffix(f".{suffix}"))

    files = {called(f"{ONE}.{suffix}"): ACCEPTED}
    row = Accident(f"libreoffice-{suffix}", happen, files, RANKED, findings, {"1.1.1": "1.5"})
    check(sample, definition, before, row)


def test_the_board_can_be_written_whatever_the_files_are_called(sample: RoundFolder) -> None:
    names = [
        called(name)
        for name in (
            "a\nb.xlsx",
            os.fsdecode(b"\xff\xfe.xlsx"),
            "=1+1.xlsx",
            "@x.xlsx",
            "https:x.xlsx",
            "\u202e.xlsx",
            "x" * 250 + ".xlsx",
            "\x01.xlsx",
        )
    ]
    for number, name in enumerate(names):
        (sample.path / name).write_bytes(b" " * number)
    outcome = outcome_of(sample)
    assert codes(outcome.findings).count("file_empty") == len(names)
    sheet = openpyxl.load_workbook(write_board(sample, outcome, Words()))[Words()("board.files")]
    shown_names = {str(found.value) for row in sheet.iter_rows() for found in row if found.value is not None}
    assert {called("=1+1.xlsx"), called("@x.xlsx")} <= shown_names
    assert not any(found.data_type == "f" for row in sheet.iter_rows() for found in row)


@pytest.mark.parametrize(
    ("written", "value", "code"),
    [
        pytest.param("   1,5", "1.5", "score_read_as", id="leading-spaces"),
        pytest.param("1,5\n", "1.5", "score_read_as", id="line-break-behind"),
        pytest.param("\t1,5", "1.5", "score_read_as", id="tab-in-front"),
        pytest.param("\u00a01,5", "1.5", "score_read_as", id="no-break-space-in-front"),
        pytest.param("１．５", "1.5", "score_read_as", id="full-width-point"),
        pytest.param("1,5 ĐIỂM", "1.5", "score_read_as", id="with-the-unit-word-capital"),
        pytest.param("2điểm", "2", "score_read_as", id="with-the-unit-word-attached"),
        pytest.param("\u20181,5", "1.5", "score_read_as", id="typographic-apostrophe"),
        pytest.param("1,50", "1.5", "score_read_as", id="trailing-zeros"),
        pytest.param("01,5", "1.5", "score_read_as", id="leading-zero"),
        pytest.param("2", "2", "score_read_as", id="whole-number"),
        pytest.param("2,01", "2.01", "score_read_as", id="text-above-the-maximum"),
        pytest.param("85,5 %", "", "score_percent", id="percent-as-text-with-comma"),
        pytest.param("01/05/2020", "", "score_like_date", id="long-date-as-text"),
        pytest.param("15E-1", "", "score_exponent", id="exponent-with-sign-as-text"),
        pytest.param("∞", "", "score_infinite", id="infinity-as-a-sign"),
        pytest.param("-Infinity", "", "score_infinite", id="below-infinity-as-text"),
        pytest.param("n/a", "", "score_nan", id="not-applicable-as-text"),
        pytest.param("—", "", "score_dash", id="em-dash"),
        pytest.param("KHÔNG ĐÁNH GIÁ", "", "score_not_assessed_claimed", id="not-assessed-in-capitals"),
        pytest.param("khoảng 1,5", "", "score_text", id="word-and-number"),
        pytest.param("TRUE", "", "score_text", id="truth-as-text"),
        pytest.param("²", "", "score_text", id="superscript-alone"),
        pytest.param("①", "", "score_text", id="digit-in-a-circle"),
        pytest.param("Ⅱ", "", "score_text", id="roman-numeral-sign"),
        pytest.param("٢", "", "score_text", id="arabic-indic-digit-alone"),
        pytest.param("२", "", "score_text", id="devanagari-digit"),
        pytest.param("二", "", "score_text", id="chinese-digit"),
        pytest.param("1,5,5", "", "score_text", id="two-decimal-signs"),
        pytest.param("1·5", "", "score_text", id="decimal-sign-of-a-typewriter"),
        pytest.param("l,5", "", "score_text", id="letter-for-a-digit"),
        pytest.param(">=1", "", "score_text", id="at-least"),
        pytest.param("1,5/2", "", "score_text", id="fraction-of-the-maximum"),
    ],
)
def test_text_is_read_where_it_can_only_mean_one_number(written: str, value: str, code: str) -> None:
    reading = read_number(written)
    assert (reading.code, reading.value) == (code, Decimal(value) if value else None)


# ------------------------------------------------------------------------------------------- one finding for a cause


@pytest.mark.usefixtures("at_once")
def test_a_blank_cell_is_one_finding(sample: RoundFolder) -> None:
    typed(None)(sample.inbox / SLIP)
    assert told(outcome_of(sample).findings) == ["score_missing E11"]


@pytest.mark.usefixtures("at_once")
def test_a_wrong_sheet_is_one_finding(sample: RoundFolder) -> None:
    def edit(book: Any) -> None:
        book.remove(book[FORM])
        for _ in range(60):
            book["Hướng dẫn"].append(["Mã", "Nội dung", "Điểm"])

    rebound(edit)(sample.inbox / SLIP)
    assert told(outcome_of(sample).findings) == ["form_table_missing"]


@pytest.mark.usefixtures("at_once")
def test_a_blank_form_is_one_finding(sample: RoundFolder, assessment: Assessment, tmp_path: Path) -> None:
    write_forms(assessment, tmp_path / "bieu-mau", Words())
    shutil.copy(tmp_path / "bieu-mau" / SLIP, sample.inbox / SLIP)
    outcome = outcome_of(sample)
    assert codes(outcome.findings) == ["scores_missing"]
    assert outcome.states[ONE] is WITH_ERRORS


@pytest.mark.usefixtures("at_once")
def test_a_form_with_other_maxima_throughout_is_one_finding(sample: RoundFolder) -> None:
    edited(lambda s: write_table(s, [[*row[:3], 7, *row[4:]] for row in table(s)]))(sample.inbox / SLIP)
    assert codes(outcome_of(sample).findings) == ["maxima_changed"]


@pytest.mark.usefixtures("at_once")
def test_a_form_with_other_labels_throughout_is_one_finding(sample: RoundFolder) -> None:
    edited(lambda s: write_table(s, [[row[0], f"({row[1]})", *row[2:]] for row in table(s)]))(sample.inbox / SLIP)
    assert codes(outcome_of(sample).findings) == ["labels_changed"]


@pytest.mark.usefixtures("at_once")
def test_a_second_table_beside_the_first_is_one_finding(sample: RoundFolder) -> None:
    def edit(sheet: Any) -> None:
        for row in sheet.iter_rows(7, 20, 1, 7):
            for found in row:
                found.offset(0, 8).value = found.value

    edited(edit)(sample.inbox / SLIP)
    assert len(outcome_of(sample).findings) == 1


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    "unit",
    [
        pytest.param(ONE, id="a-unit-that-claims-half-of-the-maxima"),
        pytest.param(
            "so-xay-dung",
            id="a-unit-that-claims-most-of-the-maxima",
        ),
    ],
)
def test_swapped_headers_are_few_findings(sample: RoundFolder, unit: str) -> None:
    exchanged("D7", "E7")(sample.inbox / f"{unit}.xlsx")
    outcome = outcome_of(sample)
    assert "maxima_changed" in codes(outcome.findings)
    assert len(outcome.findings) <= 3
    assert outcome.states[unit] is WITH_ERRORS


# ------------------------------------------------------------------------------------------------------------ limits


def form_data() -> bytes:
    return (SAMPLE.inbox / SLIP).read_bytes()


def sized(bytes_in_part: int) -> bytes:
    """The form with one more part of so many bytes, which no packing makes smaller."""
    return packed({**parts_in(form_data()), "xl/media/image1.bin": bytes(bytes_in_part)}, zipfile.ZIP_STORED)


def of_size(size: int) -> bytes:
    """The form in a file of exactly so many bytes."""
    return sized(size - len(sized(0)))


def of_unpacked_size(size: int) -> bytes:
    """The form with parts that are so many bytes together."""
    return sized(size - sum(map(len, parts_in(form_data()).values())))


def of_ratio(ratio: int) -> bytes:
    """The form with a part above 1 MiB that was packed to at most a `ratio`-th of its size, but not to one less."""
    part = bytes(MIB + 1)
    packed_part = len(packed({"x": part})) - len(packed({"x": b""}, zipfile.ZIP_STORED))
    noise = random.Random(0).randbytes((MIB + 1 + 500) // ratio - packed_part)
    return packed({**parts_in(form_data()), "xl/media/image1.bin": part[: -len(noise)] + noise})


FORM_PARTS, FORM_SHEETS, FORM_ROWS, FORM_COLUMNS = 11, 3, 59, 7

LIMITS = [
    ("file_size", 1, of_size(MIB - 1), None),
    ("file_size", 1, of_size(MIB), None),
    ("file_size", 1, of_size(MIB + 1), 2),
    ("parts", FORM_PARTS + 1, form_data(), None),
    ("parts", FORM_PARTS, form_data(), None),
    ("parts", FORM_PARTS - 1, form_data(), FORM_PARTS),
    ("unpacked", 2, of_unpacked_size(2 * MIB - 1), None),
    ("unpacked", 2, of_unpacked_size(2 * MIB), None),
    ("unpacked", 2, of_unpacked_size(2 * MIB + 1), 3),
    ("part_size", 2, sized(2 * MIB - 1), None),
    ("part_size", 2, sized(2 * MIB), None),
    ("part_size", 2, sized(2 * MIB + 1), 3),
    ("ratio", 21, of_ratio(20), None),
    ("ratio", 20, of_ratio(20), None),
    ("ratio", 19, of_ratio(20), 20),
    ("ratio", 1, packed({**parts_in(form_data()), "xl/media/image1.bin": bytes(MIB)}), None),
    ("sheets", FORM_SHEETS + 1, form_data(), None),
    ("sheets", FORM_SHEETS, form_data(), None),
    ("sheets", FORM_SHEETS - 1, form_data(), FORM_SHEETS),
    ("rows", FORM_ROWS + 1, form_data(), None),
    ("rows", FORM_ROWS, form_data(), None),
    ("rows", FORM_ROWS - 1, form_data(), FORM_ROWS),
    ("columns", FORM_COLUMNS + 1, form_data(), None),
    ("columns", FORM_COLUMNS, form_data(), None),
    ("columns", FORM_COLUMNS - 1, form_data(), FORM_COLUMNS),
]


@pytest.mark.parametrize(
    ("limit", "most", "data", "found"),
    [pytest.param(*row, id=f"{row[0]}-{number}") for number, row in enumerate(LIMITS)],
)
def test_a_file_is_read_up_to_each_limit_and_refused_above_it(
    limit: str, most: int, data: bytes, found: int | None
) -> None:
    read_in = read_book(data, "phieu.xlsx", Limits(**{limit: most}))
    if found is None:
        assert isinstance(read_in, Book)
        return
    assert isinstance(read_in, Finding)
    assert (read_in.code, read_in.severity, read_in.where.file) == ("file_over_limit", Severity.ERROR, "phieu.xlsx")
    assert read_in.facts == {"limit": Term(f"definition.limits.{limit}"), "found": found, "most": most}


@needs_libreoffice
@pytest.mark.parametrize("suffix", ["ods", "xls"])
@pytest.mark.parametrize(("limit", "used"), [("sheets", FORM_SHEETS), ("rows", FORM_ROWS), ("columns", FORM_COLUMNS)])
def test_the_limits_are_those_of_every_format(
    saved_elsewhere: Mapping[str, Path], suffix: str, limit: str, used: int
) -> None:
    for most in (used - 1, used, used + 1):
        read_in = read_book(saved_elsewhere[suffix].read_bytes(), f"phieu.{suffix}", Limits(**{limit: most}))
        assert isinstance(read_in, Finding if most < used else Book)


SECONDS, MEMORY = 2, 1_024


def spin() -> None:
    while True:
        pass


HARMS: Mapping[str, Callable[[], Any]] = {
    "sleeps": lambda: time.sleep(3_600),
    "spins": spin,
    "takes all memory": lambda: len(bytes(2 * MEMORY * MIB)),
    "takes some memory": lambda: len(bytes(MEMORY // 2 * MIB)),
    "is killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "aborts": os.abort,
    "leaves": lambda: os._exit(1),
    "exits": lambda: sys.exit(3),
    "raises": lambda: int("raises"),
    "gives what cannot be sent": lambda: lambda: None,
}
"""What a job may do to the process it runs in."""


def strain(state: str, job: str) -> Any:
    return HARMS[job]() if job in HARMS else f"{state}: {job}"


FATES: Mapping[str, Any] = {
    "một": "đợt: một",
    "sleeps": Failure("file_too_slow"),
    "is killed": Failure("file_crashed"),
    "hai": "đợt: hai",
    "aborts": Failure("file_crashed"),
    "leaves": Failure("file_crashed"),
    "ba": "đợt: ba",
    "raises": Failure("file_crashed"),
    "gives what cannot be sent": Failure("file_crashed"),
    "spins": Failure("file_too_slow"),
    "bốn": "đợt: bốn",
}


def test_a_job_that_harms_its_worker_costs_no_other_job_its_result() -> None:
    results = in_workers(strain, "đợt", list(FATES), Limits(seconds=SECONDS))
    assert dict(zip(FATES, results, strict=True)) == FATES


def test_a_job_that_ends_the_program_costs_no_other_job_its_result() -> None:
    results = list(in_workers(strain, "đợt", ["một", "exits", "hai"], Limits()))
    assert results == ["đợt: một", Failure("file_crashed"), "đợt: hai"]


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded on Linux only")
def test_a_job_may_take_memory_up_to_the_limit() -> None:
    jobs = ["takes some memory", "takes all memory", "một", "takes some memory"]
    some = MEMORY // 2 * MIB
    results = list(in_workers(strain, "đợt", jobs, Limits(memory=MEMORY)))
    assert results == [some, Failure("file_too_heavy"), "đợt: một", some]


def test_no_jobs_are_no_results() -> None:
    assert list(in_workers(strain, "", [], Limits())) == []


def test_the_catalogue_reaches_to_the_deepest_carrier() -> None:
    deepest = max(len(a.files) for a in CONTAINERS if isinstance(a.files, Mapping) and a.state is RANKED)
    assert deepest == DEEPEST + 1
