"""Spoil real submissions thousands of times: no published figure may change without a word.

The law. A spoilt form ends in one of two ways. Either its unit is scored, and then every score is what a second
reader, written here and fed by openpyxl alone, finds in the form: a legal number typed as a number, or something that
can only mean one number and is told at its cell. Or the unit is not scored, and an error names the file. A change
that does no harm (a hidden sheet, a moved row, a header in capitals) must not cost the unit its place.

Two fuzzers. Mutants are drawn on a plain model of the sample's forms, as people type, insert, sort, merge and copy.
Damages are done to the bytes of the container and to the XML of its parts, as programs, mails and disks do it.

Each case has a seed and a number, and a failure names both, so that it can be made again alone or among more:

    CQDT_SEED=1 CQDT_MUTANT=1234 pytest tests/test_mutations.py
    CQDT_SEED=2 CQDT_MUTANTS=20000 pytest tests/test_mutations.py
"""

from __future__ import annotations

import io
import itertools
import math
import multiprocessing
import os
import re
import unicodedata
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, TypeAlias, TypeVar
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from python_calamine import CalamineWorkbook

from cqdt_batch.definition.loading import Definition
from cqdt_batch.definition.records import Criterion, Unit
from cqdt_batch.findings import Finding, Severity
from cqdt_batch.intake.collecting import INSIDE, Desk, Intake, Job, read_form, take
from cqdt_batch.intake.rivals import FileEntry, FileState
from cqdt_batch.pipeline.running import read_definition
from cqdt_batch.scoring.outcome import SCORED, evaluate
from tests.rounds import SAMPLE

MUTANTS = int(os.environ.get("CQDT_MUTANTS", "2000"))
SEED = os.environ.get("CQDT_SEED", "1")
ALONE = os.environ.get("CQDT_MUTANT", "")

HEADERS = {
    "code": "Mã",
    "label": "Tiêu chí",
    "expected": "Tài liệu cần có",
    "maximum": "Điểm tối đa",
    "score": "Điểm tự đánh giá",
    "evidence": "Tài liệu kiểm chứng (số, ngày, trích yếu, trang)",
    "explanation": "Giải trình",
}
ENGLISH = {
    "code": "Code",
    "label": "Criterion",
    "expected": "Evidence asked for",
    "maximum": "Maximum",
    "score": "Self-assessed score",
    "evidence": "Evidence (number, date, title, page)",
    "explanation": "Explanation",
}
NEEDED = ("code", "label", "maximum", "score")
NAMES_UNIT = ("cơ quan, đơn vị:", "unit:")
STAMP = "_cqdt"

ACCOUNTING = '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)'
HIDES = -1
SHOWS: dict[str, int] = {
    "General": 15,
    "@": 15,
    "0": 0,
    "0.0": 1,
    "0.00": 2,
    "0.000": 3,
    "#,##0.00": 2,
    "0.###": 3,
    '0.00" điểm"': 2,
    "[Red]0.00": 2,
    ACCOUNTING: 2,
    "0.00;;": 2,
    "0.00;-0.00;;@": 2,
    "#,###.##": 2,
    ";;;": HIDES,
    '"2"': HIDES,
    '"1"0.00': HIDES,
    "\\10.00": HIDES,
    "[$1]0.00": HIDES,
    "0.0,": HIDES,
    "0.00E+00": HIDES,
    "# ?/?": HIDES,
    '[<1]"0";0.00': HIDES,
}
"""How many decimals a number format shows; HIDES where what is seen is another number or none."""

HIDES_ZERO = frozenset({"0.00;;", "0.00;-0.00;;@", "#,###.##"})
PERCENTAGES = ("0%", "0.00%")
DATES = ("dd/mm/yyyy", "d-mmm", "[h]:mm", "mm:ss")
STYLES = {shape: number for number, shape in enumerate((*SHOWS, *PERCENTAGES, *DATES))}


# ---------------------------------------------------------------- a plain model of a form, and its file


class Cell(NamedTuple):
    """A cell to be written: its kind and its number format.

    Kinds: n a number, t text, b a boolean, e an error, f a formula nobody calculated, a an array formula, calculated.
    """

    kind: str
    value: Any
    shape: str = "General"


Area: TypeAlias = tuple[int, int, int, int]
"""Top, left, bottom, right."""


@dataclass
class Sheet:
    """A sheet that can be changed as a person changes it."""

    name: str
    rows: dict[int, dict[int, Cell]]
    state: str = "visible"
    merges: list[Area] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)

    def clone(self) -> Sheet:
        rows = {row: dict(cells) for row, cells in self.rows.items()}
        return replace(
            self,
            rows=rows,
            merges=list(self.merges),
            hidden_rows=set(self.hidden_rows),
            hidden_columns=set(self.hidden_columns),
        )

    def at(self, row: int, column: int) -> Cell | None:
        return self.rows.get(row, {}).get(column)

    def put(self, row: int, column: int, cell: Cell | None) -> None:
        cells = self.rows.setdefault(row, {})
        cells.pop(column, None)
        if cell is not None:
            cells[column] = cell

    def insert_row(self, at: int, cells: Mapping[int, Cell]) -> None:
        self.rows = {row + (row >= at): found for row, found in self.rows.items()}
        self.rows[at] = dict(cells)
        self.hidden_rows = {row + (row >= at) for row in self.hidden_rows}
        self.merges = [(t + (t >= at), left, b + (b >= at), right) for t, left, b, right in self.merges]

    def delete_row(self, at: int) -> dict[int, Cell]:
        gone = self.rows.pop(at, {})
        self.rows = {row - (row > at): found for row, found in self.rows.items()}
        self.hidden_rows = {row - (row > at) for row in self.hidden_rows if row != at}
        left = [area for area in self.merges if not area[0] == area[2] == at]
        self.merges = [(t - (t > at), a, b - (b >= at), c) for t, a, b, c in left]
        return gone

    def insert_column(self, at: int) -> None:
        for row, cells in self.rows.items():
            self.rows[row] = {column + (column >= at): cell for column, cell in cells.items()}
        self.merges = [(t, a + (a >= at), b, c + (c >= at)) for t, a, b, c in self.merges]

    def delete_column(self, at: int) -> None:
        for row, cells in self.rows.items():
            self.rows[row] = {column - (column > at): cell for column, cell in cells.items() if column != at}
        self.merges = []


@dataclass(frozen=True)
class Base:
    """A submission of the sample: its bytes, its model, and where its scores stand."""

    unit: Unit
    decimals: int
    leaves: tuple[Criterion, ...]
    others: tuple[Unit, ...]
    criteria: frozenset[str]
    data: bytes
    sheets: tuple[Sheet, ...]
    header: int
    columns: Mapping[str, int]
    rows: Mapping[str, int]
    scores: Mapping[str, Decimal]
    headings: frozenset[str]


def modelled(sheet: Any) -> Sheet:
    cells = sorted((place, cell) for place, cell in sheet._cells.items() if cell.value is not None)
    rows: dict[int, dict[int, Cell]] = {}
    for (row, column), cell in cells:
        kind = {"n": "n", "s": "t", "f": "f"}[cell.data_type]
        rows.setdefault(row, {})[column] = Cell(kind, cell.value, cell.number_format)
    areas = sorted((r.min_row, r.min_col, r.max_row, r.max_col) for r in sheet.merged_cells.ranges)
    return Sheet(name=sheet.title, rows=rows, state=sheet.sheet_state, merges=areas)


def base_of(path: Path, definition: Definition) -> Base:
    assessment = definition.assessment
    assert assessment is not None
    unit = assessment.unit_by_code[path.stem]
    data = path.read_bytes()
    sheets = tuple(map(modelled, openpyxl.load_workbook(io.BytesIO(data)).worksheets))
    form = sheets[0]
    header = next(row for row, cells in form.rows.items() if HEADERS["code"] in (c.value for c in cells.values()))
    columns = {name: c for name, text in HEADERS.items() for c, cell in form.rows[header].items() if cell.value == text}
    codes = {cells[columns["code"]].value: row for row, cells in form.rows.items() if columns["code"] in cells}
    leaves = assessment.assessed_leaves(unit)
    return Base(
        unit=unit,
        decimals=assessment.block_by_code[unit.block].input_decimals,
        leaves=leaves,
        others=tuple(other for other in assessment.units if other is not unit),
        criteria=frozenset(criterion.code for criterion in assessment.trees[unit.block].criteria),
        data=data,
        sheets=sheets,
        header=header,
        columns=columns,
        rows={leaf.code: codes[leaf.code] for leaf in leaves},
        scores={c.code: Decimal(str(form.rows[codes[c.code]][columns["score"]].value)) for c in leaves},
        headings=frozenset(str(c.value) for row in range(1, header) for c in form.rows.get(row, {}).values()),
    )


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


@dataclass
class Writer:
    """Writes a model as a workbook: the strings in a table of their own, as Excel does, or in the cells."""

    is_shared: bool
    has_long_digits: bool = False
    strings: dict[str, int] = field(default_factory=dict)

    def write(self, sheets: Iterable[Sheet]) -> bytes:
        listed = list(sheets)
        parts = {f"xl/worksheets/sheet{number}.xml": self._sheet(sheet) for number, sheet in enumerate(listed, 1)}
        items = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in self.strings)
        if self.is_shared:
            parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}" uniqueCount="{len(self.strings)}">{items}</sst>'
        parts |= _frame(listed, is_shared=self.is_shared)
        return zipped(
            {name: f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode() for name, text in parts.items()}
        )

    def _sheet(self, sheet: Sheet) -> str:
        hidden = "".join(f'<col min="{c}" max="{c}" width="9" hidden="1"/>' for c in sorted(sheet.hidden_columns))
        rows = "".join(self._row(sheet, row) for row in sorted({*sheet.rows, *sheet.hidden_rows}))
        areas = "".join(f'<mergeCell ref="{address(t, a)}:{address(b, c)}"/>' for t, a, b, c in sheet.merges)
        cols = f"<cols>{hidden}</cols>" if hidden else ""
        merged = f'<mergeCells count="{len(sheet.merges)}">{areas}</mergeCells>' if areas else ""
        return f'<worksheet xmlns="{MAIN}">{cols}<sheetData>{rows}</sheetData>{merged}</worksheet>'

    def _row(self, sheet: Sheet, row: int) -> str:
        hidden = ' hidden="1"' if row in sheet.hidden_rows else ""
        cells = "".join(self._cell(address(row, c), cell) for c, cell in sorted(sheet.rows.get(row, {}).items()))
        return f'<row r="{row}"{hidden}>{cells}</row>'

    def _cell(self, where: str, cell: Cell) -> str:
        head = f'<c r="{where}" s="{STYLES[cell.shape]}"'
        match cell.kind:
            case "n":
                return f"{head}><v>{self._digits(cell.value)}</v></c>"
            case "b":
                return f'{head} t="b"><v>{int(cell.value)}</v></c>'
            case "e":
                return f'{head} t="e"><v>{cell.value}</v></c>'
            case "f":
                return f"{head}><f>{escape(cell.value.removeprefix('='))}</f></c>"
            case "calculated":
                return f"{head}><f>{escape(cell.value.removeprefix('='))}</f><v>1</v></c>"
            case "a":
                return f'{head}><f t="array" ref="{cell.value}">1+1</f><v>2</v></c>'
        if self.is_shared:
            return f'{head} t="s"><v>{self.strings.setdefault(cell.value, len(self.strings))}</v></c>'
        return f'{head} t="inlineStr"><is><t xml:space="preserve">{escape(cell.value)}</t></is></c>'

    def _digits(self, number: float) -> str:
        return f"{number:.17g}" if self.has_long_digits else repr(number)


def address(row: int, column: int) -> str:
    return f"{get_column_letter(column)}{row}"


def _frame(sheets: list[Sheet], *, is_shared: bool) -> dict[str, str]:
    """The parts of a workbook around its sheets."""
    names = [f"worksheets/sheet{number}" for number in range(1, len(sheets) + 1)]
    others = ["styles", *(["sharedStrings"] if is_shared else [])]
    related = {name: "worksheet" if name.startswith("w") else name for name in (*names, *others)}
    listed = "".join(
        f'<sheet name={quoteattr(sheet.name)} sheetId="{n}" state="{sheet.state}" r:id="rId{n}"/>'
        for n, sheet in enumerate(sheets, 1)
    )
    types = "".join(
        f'<Override PartName="/xl/{name}.xml" ContentType="{TYPE}.{kind}+xml"/>' for name, kind in related.items()
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/{kind}" Target="{name}.xml"/>'
        for n, (name, kind) in enumerate(related.items(), 1)
    )
    return {
        "xl/styles.xml": _styles(),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>{types}</Types>',
    }


@cache
def _styles() -> str:
    own = [(164 + number, shape) for shape, number in STYLES.items()]
    formats = "".join(f'<numFmt numFmtId="{number}" formatCode={quoteattr(shape)}/>' for number, shape in own[1:])
    styles = "".join(f'<xf numFmtId="{0 if n == 164 else n}" fontId="0" fillId="0" borderId="0"/>' for n, _ in own)
    return (
        f'<styleSheet xmlns="{MAIN}"><numFmts count="{len(own) - 1}">{formats}</numFmts><fonts><font/></fonts>'
        "<fills><fill><patternFill/></fill></fills><borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs>"
        f"<cellXfs>{styles}</cellXfs></styleSheet>"
    )


def zipped(parts: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    return target.getvalue()


# ---------------------------------------------------------------- what people do to a form


@dataclass
class Draft:
    """A copy of a submission while it is being changed."""

    base: Base
    random: Random
    sheets: list[Sheet]
    form: Sheet

    def leaf(self) -> Criterion:
        return self.random.choice(self.base.leaves)

    def place(self, leaf: Criterion, column: str = "score") -> tuple[int, int]:
        return self.base.rows[leaf.code], self.base.columns[column]

    def type(self, kind: str, value: Any, shape: str = "General", leaf: Criterion | None = None) -> None:
        self.form.put(*self.place(leaf or self.leaf()), Cell(kind, value, shape))

    def legal(self, leaf: Criterion) -> float:
        decimals = self.random.randint(0, self.base.decimals)
        steps = int((leaf.max_score or Decimal(0)).scaleb(decimals))
        value = Decimal(self.random.choice((0, steps, self.random.randint(0, steps)))).scaleb(-decimals)
        return int(value) if value == int(value) else float(value)

    def row(self) -> int:
        """Any row of the table's body."""
        return self.random.randint(self.base.header + 1, max(self.form.rows) - 3)

    def two(self) -> tuple[Criterion, Criterion]:
        one, other = self.random.sample(self.base.leaves, 2)
        return one, other


def swap(draft: Draft, one: tuple[int, int], other: tuple[int, int]) -> None:
    first, second = draft.form.at(*one), draft.form.at(*other)
    draft.form.put(*one, second)
    draft.form.put(*other, first)


def legal_number(draft: Draft) -> None:
    leaf = draft.leaf()
    draft.type("n", draft.legal(leaf), leaf=leaf)


def legal_number_in_a_format(draft: Draft) -> None:
    leaf = draft.leaf()
    draft.type("n", draft.legal(leaf), draft.random.choice(list(SHOWS)), leaf)


def several_legal_numbers(draft: Draft) -> None:
    for _ in range(draft.random.randint(2, 10)):
        legal_number(draft)


WIDE = {ord(digit): chr(ord(digit) + 0xFEE0) for digit in "0123456789.,"}
CLEAR = ("{}", " {} ", "{}\u00a0", "'{}", "{} điểm", "{}đ", "+{}", "\u200b{}", "{} Điểm.", "{}\n", "{} points", "-{}")


def number_as_text(draft: Draft) -> None:
    leaf = draft.leaf()
    digits = f"{draft.legal(leaf):.{draft.random.randint(0, 3)}f}"
    digits = digits.replace(".", draft.random.choice(",.")).translate(draft.random.choice(({}, {}, WIDE)))
    draft.type("t", draft.random.choice(CLEAR).format(digits), draft.random.choice(("General", "@")), leaf)


AMBIGUOUS = ("1.234", "1,234", "2.500", "1.000", "0,500", "1 234", "1.234,5", "1\u202f000")


def ambiguous_text(draft: Draft) -> None:
    draft.type("t", draft.random.choice(AMBIGUOUS))


NO_NUMBERS = (
    *("hai", "tốt", "8/10", "1e0", "inf", "NaN", "85%", "-", "–", "Không đánh giá", "#DIV/0!", "=1", "x", "II", "'"),
    *("1..5", "1,5,5", "1.2.3", "½", "1½", "2²", "\u0662", "1,5 (một phẩy năm)", "1-2", "~2", ">1", "1.", ",5", "0x1"),
    *("1;5", "1 5", "TRUE", "1,5 điểm đ", "01/02/2020", "điểm", "1_0", "١", "1 điểm 5", "1'5", "O", "l", "1,O", "(1)"),
)


def text_that_is_no_number(draft: Draft) -> None:
    draft.type("t", draft.random.choice(NO_NUMBERS))


def date(draft: Draft) -> None:
    draft.type("n", draft.random.choice((43959, 44000.5, 1, 0.35)), draft.random.choice(DATES))


def boolean(draft: Draft) -> None:
    draft.type("b", draft.random.random() < 0.5)


def percentage(draft: Draft) -> None:
    draft.type("n", draft.random.choice((0.5, 0.85, 1, 0)), draft.random.choice(PERCENTAGES))


def formula(draft: Draft) -> None:
    text = draft.random.choice(("=1+1", "=2", "=E12", "=D11", '=""', "=IF(1,1,2)", "=[1]Sheet1!A1"))
    draft.type(draft.random.choice(("f", "calculated")), text)


def array_formula(draft: Draft) -> None:
    row, column = draft.place(draft.leaf())
    draft.form.put(
        row, column, Cell("a", f"{address(row, column)}:{address(row + draft.random.randint(0, 2), column)}")
    )


def error_value(draft: Draft) -> None:
    draft.type("e", draft.random.choice(("#DIV/0!", "#N/A", "#REF!", "#VALUE!", "#NAME?")))


def blank(draft: Draft) -> None:
    draft.form.put(*draft.place(draft.leaf()), None)


def many_blanks(draft: Draft) -> None:
    for leaf in draft.random.sample(draft.base.leaves, draft.random.randint(2, len(draft.base.leaves))):
        draft.form.put(*draft.place(leaf), None)


def white_space(draft: Draft) -> None:
    draft.type("t", draft.random.choice(("", " ", "\u00a0", "\u200b", "\n", "\t ")))


def negative(draft: Draft) -> None:
    draft.type("n", draft.random.choice((-1, -0.5, -0.01, -0.0, -1e-9)))


def above_maximum(draft: Draft) -> None:
    leaf = draft.leaf()
    draft.type("n", float(leaf.max_score or 0) + draft.random.choice((0.01, 1, 100, 1e15, 1e300)), leaf=leaf)


def too_fine(draft: Draft) -> None:
    draft.type("n", draft.random.choice((0.1 + 0.2, 0.12345, 1 / 3, 1e-9, 1e-320, 0.0005, 0.4999999999999999)))


def moved_to_a_neighbour(draft: Draft) -> None:
    row, column = draft.place(draft.leaf())
    down, right = draft.random.choice(((1, 0), (-1, 0), (0, 1), (0, -1), (2, 0), (-2, 0)))
    draft.form.put(row + down, column + right, draft.form.at(row, column))
    draft.form.put(row, column, None)


def swapped_with_a_neighbour(draft: Draft) -> None:
    row, column = draft.place(draft.leaf())
    down, right = draft.random.choice(((1, 0), (-1, 0), (0, 1), (0, -1), (2, 0), (-2, 0)))
    swap(draft, (row, column), (row + down, column + right))


def swapped_scores(draft: Draft) -> None:
    one, other = draft.two()
    swap(draft, draft.place(one), draft.place(other))


def shifted_scores(draft: Draft) -> None:
    """All scores from a row on slip down by one, as pasting a column one cell too low does."""
    _, column = draft.place(draft.leaf())
    rows = range(draft.row(), max(draft.base.rows.values()) + 1)
    values = [draft.form.at(row, column) for row in rows]
    for row, value in zip(rows, [None, *values], strict=False):
        draft.form.put(row, column, value)


def copied_score(draft: Draft) -> None:
    one, other = draft.two()
    draft.form.put(*draft.place(one), draft.form.at(*draft.place(other)))


def typed_beside(draft: Draft) -> None:
    """Type into any cell of the table: a sum, an exempt row, a locked text."""
    cell = draft.random.choice(
        (Cell("n", 1), Cell("t", "1,5"), Cell("t", "đã nộp"), Cell("f", "=1+1"), Cell("b", True))
    )
    draft.form.put(draft.row(), draft.random.choice(list(draft.base.columns.values())), cell)


def evidence_changed(draft: Draft) -> None:
    column = draft.random.choice(("evidence", "explanation"))
    cell = draft.random.choice((None, Cell("t", "CV số 12"), Cell("n", 12), Cell("f", '="x"'), Cell("e", "#N/A")))
    draft.form.put(*draft.place(draft.leaf(), column), cell)


def row_inserted(draft: Draft) -> None:
    score = draft.random.choice((None, None, None, Cell("n", 1), Cell("t", "0,5")))
    text = draft.random.choice((None, Cell("t", "Ghi chú của đơn vị"), Cell("t", "Cộng")))
    cells = {draft.base.columns["label"]: text, draft.base.columns["score"]: score}
    at = draft.random.randint(1, max(draft.form.rows))
    draft.form.insert_row(at, {column: cell for column, cell in cells.items() if cell})


def row_deleted(draft: Draft) -> None:
    draft.form.delete_row(draft.random.randint(1, max(draft.form.rows)))


def leaf_deleted(draft: Draft) -> None:
    draft.form.delete_row(draft.base.rows[draft.leaf().code])


def row_duplicated(draft: Draft) -> None:
    row = draft.row()
    draft.form.insert_row(draft.random.choice((row, row + 1, max(draft.form.rows))), draft.form.rows.get(row, {}))


def row_duplicated_and_changed(draft: Draft) -> None:
    leaf = draft.leaf()
    row, column = draft.place(leaf)
    cells = {**draft.form.rows[row], column: Cell("n", draft.legal(leaf))}
    draft.form.insert_row(draft.random.choice((row, row + 1, max(draft.form.rows))), cells)


def row_moved(draft: Draft) -> None:
    cells = draft.form.delete_row(draft.row())
    draft.form.insert_row(draft.row(), cells)


def leaf_moved_out(draft: Draft) -> None:
    """Move a row above the header or far below the table."""
    cells = draft.form.delete_row(draft.base.rows[draft.leaf().code])
    draft.form.insert_row(draft.random.choice((1, draft.base.header, 200)), cells)


def rows_shuffled(draft: Draft) -> None:
    rows = [row for row in draft.form.rows if draft.base.header < row <= max(draft.base.rows.values())]
    contents = [draft.form.rows[row] for row in rows]
    draft.random.shuffle(contents)
    draft.form.rows |= dict(zip(rows, contents, strict=True))


def column_sorted_alone(draft: Draft) -> None:
    """Sort one column and leave the others, as a selection too narrow does."""
    name = draft.random.choice(("code", "label", "maximum", "score"))
    places = [(row, draft.base.columns[name]) for row in draft.base.rows.values()]
    cells = sorted((draft.form.at(*place) or Cell("t", "") for place in places), key=lambda cell: str(cell.value))
    for place, cell in zip(places, cells, strict=True):
        draft.form.put(*place, cell)


def codes_swapped(draft: Draft) -> None:
    one, other = draft.two()
    swap(draft, draft.place(one, "code"), draft.place(other, "code"))


def labels_swapped(draft: Draft) -> None:
    one, other = draft.two()
    swap(draft, draft.place(one, "label"), draft.place(other, "label"))


def maxima_swapped(draft: Draft) -> None:
    one, other = draft.two()
    swap(draft, draft.place(one, "maximum"), draft.place(other, "maximum"))


def rows_hidden(draft: Draft) -> None:
    draft.form.hidden_rows |= {draft.random.randint(1, max(draft.form.rows)) for _ in range(draft.random.randint(1, 5))}


def header_deleted(draft: Draft) -> None:
    draft.form.delete_row(draft.base.header)


def header_repeated(draft: Draft) -> None:
    draft.form.insert_row(draft.row(), draft.form.rows[draft.base.header])


def table_repeated(draft: Draft) -> None:
    """Copy the table, or its upper part, below or beside itself; perhaps change a score in the copy."""
    last = draft.random.choice((max(draft.base.rows.values()), draft.row()))
    down, right = draft.random.choice(((100, 0), (100, 1), (0, 10)))
    for row in range(draft.base.header, last + 1):
        for column, cell in list(draft.form.rows.get(row, {}).items()):
            draft.form.put(row + down, column + right, cell)
    if draft.random.random() < 0.5:
        leaf = draft.leaf()
        row, column = draft.place(leaf)
        draft.form.put(row + down, column + right, Cell("n", draft.legal(leaf)))


def header_place(draft: Draft, name: str = "") -> tuple[int, int]:
    return draft.base.header, draft.base.columns[name or draft.random.choice(list(HEADERS))]


def headers_swapped(draft: Draft) -> None:
    one, other = draft.random.sample(list(HEADERS), 2)
    swap(draft, header_place(draft, one), header_place(draft, other))


def header_renamed(draft: Draft) -> None:
    text = draft.random.choice(("Điểm", "Điểm thẩm định", "Cột 1", "Điểm tự chấm", "STT", HEADERS["score"], "Mã số"))
    draft.form.put(*header_place(draft), draft.random.choice((Cell("t", text), Cell("n", 1), None)))


def headers_recased(draft: Draft) -> None:
    for name, text in HEADERS.items():
        shown = draft.random.choice((text.upper(), text.lower(), f" {text}  ", text.replace(" ", "\n"), text))
        draft.form.put(*header_place(draft, name), Cell("t", shown))


def headers_decomposed(draft: Draft) -> None:
    for name, text in HEADERS.items():
        draft.form.put(*header_place(draft, name), Cell("t", unicodedata.normalize("NFD", text)))


def headers_in_english(draft: Draft) -> None:
    for name, text in ENGLISH.items():
        draft.form.put(*header_place(draft, name), Cell("t", text))


def column_inserted(draft: Draft) -> None:
    at = draft.random.randint(1, 8)
    draft.form.insert_column(at)
    text = draft.random.choice((None, None, "Ghi chú", "Điểm thẩm định", "STT", HEADERS["score"], HEADERS["maximum"]))
    if text:
        draft.form.put(draft.base.header, at, Cell("t", text))
        for row in draft.random.choice(([], list(draft.base.rows.values()))):
            draft.form.put(row, at, Cell("n", 1))


def column_deleted(draft: Draft) -> None:
    draft.form.delete_column(draft.random.choice(list(draft.base.columns.values())))


def columns_swapped(draft: Draft) -> None:
    one, other = draft.random.sample(sorted(draft.base.columns.values()), 2)
    for row in range(draft.base.header, max(draft.form.rows) + 1):
        swap(draft, (row, one), (row, other))


def columns_hidden(draft: Draft) -> None:
    draft.form.hidden_columns |= set(
        draft.random.sample(sorted(draft.base.columns.values()), draft.random.randint(1, 3))
    )


def sheet_renamed(draft: Draft) -> None:
    draft.form.name = draft.random.choice(("Sheet1", "Phiếu", "Điểm & giải trình", "2020", "x" * 31))


def sheet_hidden(draft: Draft) -> None:
    draft.form.state = draft.random.choice(("hidden", "veryHidden"))


def sheet_copied(draft: Draft) -> None:
    copied = replace(draft.form.clone(), name="Phiếu (2)", state=draft.random.choice(("visible", "hidden")))
    draft.sheets.insert(draft.random.randint(0, len(draft.sheets)), copied)


def sheet_copied_and_changed(draft: Draft) -> None:
    sheet_copied(draft)
    draft.form = draft.random.choice([sheet for sheet in draft.sheets if sheet.rows.get(draft.base.header)][:2])
    draft.random.choice((legal_number, blank, number_as_text))(draft)


def sheet_added(draft: Draft) -> None:
    rows = {1: {1: Cell("t", "Ghi chú")}, 3: {2: Cell("n", 5), 3: Cell("f", "=1+1")}}
    added = Sheet(name="Thêm", rows=draft.random.choice((rows, {})), state=draft.random.choice(("visible", "hidden")))
    draft.sheets.insert(draft.random.randint(0, len(draft.sheets)), added)


def sheets_reordered(draft: Draft) -> None:
    draft.random.shuffle(draft.sheets)


def guide_deleted(draft: Draft) -> None:
    del draft.sheets[1]


def merged(draft: Draft) -> None:
    row, column = draft.place(draft.leaf(), draft.random.choice(("code", "label", "maximum", "score", "evidence")))
    down, right = draft.random.choice(((1, 0), (2, 0), (0, 1), (3, 1)))
    draft.form.merges.append((row, column, row + down, column + right))


def unmerged(draft: Draft) -> None:
    draft.form.merges = []


def code_spoilt(draft: Draft) -> None:
    """A code that became a number, a date, nothing, or something near it."""
    leaf = draft.leaf()
    near = (
        f"{leaf.code} ",
        f"{leaf.code}.",
        leaf.code.replace(".", ","),
        f"{leaf.code}0",
        f"\u00a0{leaf.code}",
        leaf.code[:-2],
    )
    cells = (
        *(Cell("t", text) for text in near),
        Cell("n", float(".".join(leaf.code.split(".")[:2]))),
        Cell("n", 36892, "dd/mm/yyyy"),
        Cell("f", f'="{leaf.code}"'),
        None,
    )
    draft.form.put(*draft.place(leaf, "code"), draft.random.choice(cells))


def code_of_another(draft: Draft) -> None:
    one, other = draft.two()
    draft.form.put(*draft.place(one, "code"), draft.form.at(*draft.place(other, "code")))


def inner_code_made_a_number(draft: Draft) -> None:
    column = draft.base.columns["code"]
    cells = {row: cell for row in draft.form.rows if row > draft.base.header and (cell := draft.form.at(row, column))}
    inner = [row for row, cell in cells.items() if re.fullmatch(r"[0-9](\.[0-9])?", str(cell.value))]
    for row in draft.random.sample(inner, draft.random.randint(1, len(inner))):
        draft.form.put(row, column, Cell("n", float(cells[row].value)))


def label_edited(draft: Draft) -> None:
    leaf = draft.leaf()
    text = leaf.label
    near = (text.upper(), f"{text} ", f"{text} (đã sửa)", text[:-3], "", unicodedata.normalize("NFD", text), "Tiêu chí")
    draft.form.put(*draft.place(leaf, "label"), Cell("t", draft.random.choice(near)))


def label_of_another(draft: Draft) -> None:
    one, other = draft.two()
    draft.form.put(*draft.place(one, "label"), draft.form.at(*draft.place(other, "label")))


def maximum_edited(draft: Draft) -> None:
    leaf = draft.leaf()
    shown = str(leaf.max_score).replace(".", ",")
    cells = (Cell("n", 100), Cell("n", 0), Cell("t", shown), Cell("t", "mười"), Cell("f", "=1+1"), None)
    draft.form.put(*draft.place(leaf, "maximum"), draft.random.choice(cells))


def stamp_edited(draft: Draft) -> None:
    stamp = next(sheet for sheet in draft.sheets if sheet.name == STAMP)
    other = draft.random.choice(draft.base.others).code
    stamp.put(
        draft.random.randint(1, 4),
        draft.random.randint(1, 2),
        draft.random.choice(
            (None, Cell("t", other), Cell("t", "khac"), Cell("n", 1), Cell("t", draft.base.unit.code.upper()))
        ),
    )


def stamp_of_another_unit(draft: Draft) -> None:
    stamp = next(sheet for sheet in draft.sheets if sheet.name == STAMP)
    stamp.put(3, 2, Cell("t", draft.random.choice(draft.base.others).code))


def stamp_lost(draft: Draft) -> None:
    stamp = next(sheet for sheet in draft.sheets if sheet.name == STAMP)
    if draft.random.random() < 0.5:
        draft.sheets.remove(stamp)
    else:
        stamp.name = draft.random.choice(("_cqdt (2)", "Sheet3", "_CQDT"))


def heading_edited(draft: Draft) -> None:
    other = draft.random.choice(draft.base.others).name
    text = draft.random.choice((f"Cơ quan, đơn vị: {other}", other, "Cơ quan, đơn vị: Sở Lạ", "", "Đơn vị"))
    draft.form.put(draft.random.randint(1, 5), draft.random.choice((1, 1, 9)), Cell("t", text))


Operator: TypeAlias = Callable[[Draft], None]

IN_CELLS: tuple[Operator, ...] = (
    *(legal_number, legal_number_in_a_format, several_legal_numbers, number_as_text, ambiguous_text),
    *(text_that_is_no_number, date, boolean, percentage, formula, array_formula, error_value, blank, many_blanks),
    *(white_space, negative, above_maximum, too_fine, moved_to_a_neighbour, swapped_with_a_neighbour, swapped_scores),
    *(shifted_scores, copied_score, typed_beside, evidence_changed, code_spoilt, code_of_another),
    *(inner_code_made_a_number, label_edited, label_of_another, maximum_edited, codes_swapped, labels_swapped),
    *(maxima_swapped, column_sorted_alone),
)
AROUND_CELLS: tuple[Operator, ...] = (
    *(row_inserted, row_deleted, leaf_deleted, row_duplicated, row_duplicated_and_changed, row_moved, leaf_moved_out),
    *(rows_shuffled, rows_hidden, header_deleted, header_repeated, table_repeated, headers_swapped, header_renamed),
    *(headers_recased, headers_decomposed, headers_in_english, column_inserted, column_deleted, columns_swapped),
    *(columns_hidden, sheet_renamed, sheet_hidden, sheet_copied, sheet_copied_and_changed, sheet_added),
    *(sheets_reordered, guide_deleted, merged, unmerged, stamp_edited, stamp_of_another_unit, stamp_lost),
    *(heading_edited,),
)


# ---------------------------------------------------------------- the second reader


class Verdict(StrEnum):
    """What has to become of a leaf's score: it counts, it counts and is told, or it is an error."""

    TYPED = "typed"
    TOLD = "told"
    WRONG = "wrong"


class Witness(NamedTuple):
    """What the second reader sees for a leaf; `fits` where code, label and maximum stand beside it as they were."""

    verdict: Verdict
    value: Decimal | None = None
    fits: bool = False
    places: tuple[tuple[str, int, int], ...] = ()


class Reading(NamedTuple):
    """What the second reader sees in a file; `is_same` where nothing but the scores could be otherwise."""

    witnesses: Mapping[str, Witness]
    is_same: bool


class Table(NamedTuple):
    """A table of criteria in a file: its filled cells, its header row and its columns."""

    sheet: str
    cells: Mapping[tuple[int, int], Any]
    arrays: frozenset[tuple[int, int]]
    header: int
    columns: Mapping[str, int]
    is_doubled: bool

    def at(self, row: int, name: str) -> Any:
        return self.cells.get((row, self.columns[name]))

    def body(self) -> list[int]:
        return sorted({row for row, _ in self.cells if row > self.header})


def plain(value: Any) -> str:
    """A text for comparing: composed, without white space around or within, in one case."""
    text = unicodedata.normalize("NFC", value if isinstance(value, str) else "").replace("\u00a0", " ")
    return " ".join(text.split()).casefold()


KNOWN_HEADERS = {plain(text): name for names in (HEADERS, ENGLISH) for name, text in names.items()}


def opened(data: bytes) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(io.BytesIO(data))


def tables_of(workbook: Any) -> Iterator[Table]:
    for sheet in workbook.worksheets:
        cells = {place: cell for place, cell in sheet._cells.items() if cell.value is not None}
        arrays = frozenset(_arrays(sheet, cells.values()))
        headers: dict[int, list[tuple[str, int]]] = {}
        for (row, column), cell in sorted(cells.items()):
            name = KNOWN_HEADERS.get(plain(cell.value))
            headers.setdefault(row, []).extend([(name, column)] if name else [])
        seen = []
        for row, found in headers.items():
            columns = dict(reversed(found))
            if set(NEEDED) <= set(columns) and found not in seen:
                seen.append(found)
                yield Table(sheet.title, cells, arrays, row, columns, len(columns) < len(found))


def _arrays(sheet: Any, cells: Iterable[Any]) -> Iterator[tuple[int, int]]:
    for area in (cell.value.ref for cell in cells if cell.data_type == "f" and not isinstance(cell.value, str)):
        yield from (
            (cell.row, cell.column) for row in sheet[area] for cell in (row if isinstance(row, tuple) else [row])
        )


_POINT = re.compile(r"[+-]?(?:[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.[0-9]+)?")
_COMMA = re.compile(r"[+-]?(?:[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:,[0-9]+)?")
_SPACE = re.compile(r"[+-]?[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3})+(?:[.,][0-9]+)?")
_WORDS = re.compile(r"(?<=[0-9])\s*(?:điểm|đ|points?|pts)\.?", re.IGNORECASE)


def meanings(text: str) -> set[Decimal]:
    """Every number a text can mean, to one who writes decimals with a point or with a comma."""
    narrow = "".join(unicodedata.normalize("NFKC", c) if "\uff01" <= c <= "\uff5e" else c for c in text)
    bare = re.sub("[\u200b\ufeff]", "", unicodedata.normalize("NFC", narrow)).strip().removeprefix("'").strip()
    word = _WORDS.search(bare)
    digits = bare[: word.start()] if word and word.end() == len(bare) else bare
    found = set()
    if _POINT.fullmatch(digits):
        found.add(Decimal(digits.replace(",", "")))
    if _COMMA.fullmatch(digits):
        found.add(Decimal(digits.replace(".", "").replace(",", ".")))
    if _SPACE.fullmatch(digits):
        found.add(Decimal(re.sub(r"\s", "", digits).replace(",", ".")))
    return found


def score_in(cell: Any, maximum: Decimal, decimals: int) -> tuple[Verdict, Decimal | None]:
    """What has to become of a score cell, by its type, its value and its number format alone."""
    if isinstance(cell.value, str) and cell.data_type in ("s", "inlineStr"):
        found = meanings(cell.value)
        value = found.pop() if len(found) == 1 else None
        verdict = Verdict.TOLD
    elif cell.data_type == "n" and isinstance(cell.value, int | float) and math.isfinite(cell.value):
        value = Decimal(repr(cell.value))
        verdict = Verdict.TYPED if shows_all(value, cell.number_format) else Verdict.TOLD
    else:
        return Verdict.WRONG, None
    if value is None or not 0 <= value <= maximum or decimals_in(value) > decimals or cell.number_format in PERCENTAGES:
        return Verdict.WRONG, None
    return verdict, value


def shows_all(value: Decimal, shape: str) -> bool:
    return decimals_in(value) <= SHOWS.get(shape, HIDES) and not (value == 0 and shape in HIDES_ZERO)


def decimals_in(value: Decimal) -> int:
    _, digits, exponent = value.normalize().as_tuple()
    assert isinstance(exponent, int)
    return max(0, -exponent) if any(digits) else 0


def read_again(data: bytes, base: Base) -> Reading:
    """Read a mutant a second time, with nothing of the code under test."""
    workbook = opened(data)
    tables = list(tables_of(workbook))
    found = [_witnesses(table, base) for table in tables]
    witnesses = {leaf.code: _agreed([one[leaf.code] for one in found]) for leaf in base.leaves}
    is_same = bool(tables) and all(_is_tidy(table, base) for table in tables) and _is_own(workbook, tables[0], base)
    return Reading(witnesses, is_same)


def _agreed(witnesses: list[Witness]) -> Witness:
    """Several tables that differ in a score leave nothing certain; how the score was typed is no difference."""
    if len({witness.value for witness in witnesses}) != 1:
        return Witness(Verdict.WRONG)
    places = tuple(place for witness in witnesses for place in witness.places)
    first = min(witnesses, key=lambda witness: list(Verdict).index(witness.verdict))
    return first._replace(places=places, fits=all(witness.fits for witness in witnesses))


def code_in(table: Table, row: int) -> str:
    cell = table.at(row, "code")
    value = cell.value if cell else ""
    if isinstance(value, str):
        return value.strip()
    return str(int(value)) if cell.data_type == "n" and value == int(value) else "?"


def _witnesses(table: Table, base: Base) -> dict[str, Witness]:
    codes = {row: code_in(table, row) for row in table.body()}
    labels = {row: plain(cell.value if (cell := table.at(row, "label")) else "") for row in codes}
    own = {plain(leaf.label): leaf.code for leaf in base.leaves}
    found = {}
    for leaf in base.leaves:
        rows = [row for row, code in codes.items() if code == leaf.code]
        named = [row for row, code in codes.items() if own.get(labels[row]) == leaf.code and code not in base.criteria]
        misled = any(own.get(labels[row], leaf.code) != leaf.code for row in rows)
        seen = [] if misled or table.is_doubled else [_witness(table, row, leaf, base) for row in rows or named]
        found[leaf.code] = _agreed(seen) if seen else Witness(Verdict.WRONG)
    return found


def _witness(table: Table, row: int, leaf: Criterion, base: Base) -> Witness:
    score, maximum, label = (table.at(row, name) for name in ("score", "maximum", "label"))
    greatest = leaf.max_score or Decimal(0)
    if score is None or (score.row, score.column) in table.arrays or _number_beside(maximum) != greatest:
        return Witness(Verdict.WRONG)
    verdict, value = score_in(score, greatest, base.decimals)
    fits = code_in(table, row) == leaf.code and label is not None and plain(label.value) == plain(leaf.label)
    return Witness(verdict, value, fits and maximum.data_type == "n", ((table.sheet, score.row, score.column),))


def _number_beside(cell: Any) -> Decimal | None:
    """The maximum beside a score: where it is another, row and columns may have got out of step."""
    if cell is not None and cell.data_type == "n":
        return Decimal(repr(cell.value))
    found = meanings(cell.value) if cell is not None and isinstance(cell.value, str) else set()
    return found.pop() if len(found) == 1 else None


def _is_tidy(table: Table, base: Base) -> bool:
    """Tell whether no score stands in a row of its own."""
    stray = (row for row in table.body() if table.at(row, "score") is not None)
    return not table.is_doubled and all(code_in(table, row) in {*base.criteria, HEADERS["code"]} for row in stray)


def _is_own(workbook: Any, table: Table, base: Base) -> bool:
    """Tell whether the form still names its unit and round: its stamp as it was or lost, its heading as it was."""
    was = next(sheet for sheet in base.sheets if sheet.name == STAMP)
    expected = {(row, column): cell.value for row, cells in was.rows.items() for column, cell in cells.items()}
    stamps = [sheet for sheet in workbook.worksheets if sheet.title == STAMP]
    stamped = [{place: cell.value for place, cell in sheet._cells.items() if cell.value} for sheet in stamps]
    above = {str(cell.value) for (row, _), cell in table.cells.items() if row < table.header}
    names = {text for text in above if text.casefold().startswith(NAMES_UNIT)}
    units = {plain(unit.name) for unit in base.others}
    is_headed = base.headings <= above and names <= base.headings and not units & {plain(text) for text in above}
    return is_headed and all(found == expected for found in stamped)


# ---------------------------------------------------------------- the code under test, and what it is held against


class Case(NamedTuple):
    """A spoilt submission."""

    number: int
    done: tuple[str, ...]
    base: Base
    data: bytes

    @property
    def name(self) -> str:
        return f"{self.number}.xlsx"


@dataclass(frozen=True)
class Result:
    """What the program made of a case: the scores it publishes, or None; what it says of the file; how it crashed."""

    case: Case
    scores: Mapping[str, Any] | None = None
    findings: tuple[Finding, ...] = ()
    entries: tuple[FileEntry, ...] = ()
    crash: str = ""

    def says(self, place: tuple[str, int, int]) -> bool:
        """Tell whether there is a finding at a cell, its row, its column or the file."""
        sheet, row, column = place
        spots = {(sheet, row, column), (sheet, row, 0), (sheet, 0, column), ("", 0, 0)}
        return any((f.where.sheet, f.where.row, f.where.column) in spots for f in self.findings)

    @property
    def has_error(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    def __str__(self) -> str:
        case = self.case
        told = Counter(finding.code for finding in self.findings)
        return f"CQDT_SEED={SEED} CQDT_MUTANT={case.number} {case.base.unit.code} {'+'.join(case.done)} {dict(told)}"


def examined(cases: Iterable[Case]) -> Iterator[Result]:
    """Take in and evaluate one case of every unit together, as one round."""
    together = []
    for case in cases:
        try:
            entries = tuple(_taken(Job(case.name, data=case.data)))
        except Exception as crash:  # noqa: BLE001 - that is what is looked for
            yield Result(case, crash=f"take: {crash!r}")
            continue
        findings = tuple(finding for entry in entries for finding in entry.findings)
        result = Result(case, entries=entries, findings=findings)
        if {entry.unit for entry in entries} <= {"", case.base.unit.code}:
            together.append(result)
        else:
            yield result
    yield from _evaluated(together)


def _taken(job: Job) -> Iterator[FileEntry]:
    """Read a file, and what a damage made it carry."""
    assessment = definition().assessment
    assert assessment is not None
    taken = take(Desk(assessment, read_form), job)
    yield taken.entry
    for inside in taken.inside:
        yield from _taken(inside)


def _evaluated(results: list[Result]) -> Iterator[Result]:
    entries = tuple(entry for result in results for entry in result.entries)
    intake = Intake(
        files=entries,
        submissions=tuple(e.submission for e in entries if e.submission and e.state is FileState.ACCEPTED),
        findings=tuple(finding for entry in entries for finding in entry.findings),
        listed=len(results),
    )
    try:
        outcome = evaluate(definition(), intake, "bai-nop")
    except Exception as crash:  # noqa: BLE001 - that is what is looked for
        if len(results) == 1:
            yield replace(results[0], crash=f"evaluate: {crash!r}")
        else:
            yield from itertools.chain.from_iterable(_evaluated([result]) for result in results)
        return
    scores = {unit: found for frame in outcome.points.values() for unit, found in frame.to_dict("index").items()}
    told: dict[str, list[Finding]] = {}
    for finding in outcome.findings:
        told.setdefault(finding.where.file.partition(INSIDE)[0], []).append(finding)
    for result in results:
        unit = result.case.base.unit.code
        is_scored = outcome.states[unit] in SCORED
        own = tuple(told.get(result.case.name, ()))
        yield replace(result, findings=own, scores={str(k): v for k, v in scores[unit].items()} if is_scored else None)


def numbers() -> list[int]:
    return [int(ALONE)] if ALONE else list(range(MUTANTS))


@cache
def definition() -> Definition:
    return read_definition(SAMPLE)


@cache
def bases() -> tuple[Base, ...]:
    return tuple(base_of(path, definition()) for path in sorted(SAMPLE.inbox.glob("*.xlsx")))


Count = TypeVar("Count", "Tally", "Harm")


def in_rounds(count: Callable[[list[int]], Count]) -> list[Count]:
    """Count what becomes of all cases, one of every unit at a time, on all processors."""
    drawn, size = numbers(), len(bases())
    rounds = [drawn[start : start + size] for start in range(0, len(drawn), size)]
    if len(rounds) == 1:
        return [count(drawn)]
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(count, rounds, chunksize=4))


def added(total: Count, counts: Iterable[Count]) -> Count:
    """Put together what the processes counted."""
    for count in counts:
        for name in (found.name for found in fields(count)):
            setattr(total, name, getattr(total, name) + getattr(count, name))
    return total


def shown(failures: list[str]) -> str:
    return "\n".join((f"{len(failures)} failures", *failures[:40]))


# ---------------------------------------------------------------- mutants


def mutant(number: int) -> Case:
    """Draw a mutant: one operator, and in one of five a second one around it."""
    base = bases()[number % len(bases())]
    random = Random(f"mutant {SEED} {number}")
    sheets = [sheet.clone() for sheet in base.sheets]
    draft = Draft(base=base, random=random, sheets=sheets, form=sheets[0])
    pools = [IN_CELLS, AROUND_CELLS] if random.random() < 0.2 else [random.choice((IN_CELLS, AROUND_CELLS))]
    operators = [random.choice(pool) for pool in pools]
    for operator in operators:
        operator(draft)
    writer = Writer(is_shared=random.random() < 0.5, has_long_digits=random.random() < 0.5)
    return Case(number, tuple(operator.__name__ for operator in operators), base, writer.write(draft.sheets))


@dataclass
class Tally:
    """What all mutants came to."""

    count: int = 0
    scored: int = 0
    silent: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    harmless: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    legal: int = 0
    not_followed: list[str] = field(default_factory=list)

    def add(self, result: Result) -> None:
        self.count += 1
        if result.crash:
            self.crashed.append(f"{result} {result.crash}")
            return
        reading = read_again(result.case.data, result.case.base)
        self.scored += result.scores is not None
        self.silent += (f"{result} {fault}" for fault in silent_changes(result, reading))
        if is_owed_an_error(result, reading) and not result.has_error:
            self.untold.append(str(result))
        self._weigh(result, reading)

    def _weigh(self, result: Result, reading: Reading) -> None:
        """Count what should not have cost the unit its place."""
        base, witnesses = result.case.base, reading.witnesses
        if not reading.is_same or not all(witness.fits for witness in witnesses.values()):
            return
        if any(witness.verdict is Verdict.WRONG for witness in witnesses.values()):
            return
        if all(
            witness == Verdict.TYPED and value == base.scores[code] for code, (witness, value, *_) in witnesses.items()
        ):
            name = "+".join(result.case.done)
            self.harmless[name] += 1
            self.refused[name] += result.scores is None
        else:
            self.legal += 1
            if result.scores is None:
                self.not_followed.append(str(result))


def silent_changes(result: Result, reading: Reading) -> Iterator[str]:
    """The scores that are published although they are not what stands in the form, or without being told."""
    base = result.case.base
    for entry in result.entries:
        if entry.unit not in ("", base.unit.code) and entry.state is FileState.ACCEPTED:
            yield f"taken for a form of {entry.unit}"
    if result.scores is None:
        return
    for code, witness in reading.witnesses.items():
        value = result.scores[code]
        if witness.verdict is Verdict.WRONG or value != witness.value:
            yield f"{code}: {value} published, {witness} read again"
        elif witness.verdict is Verdict.TOLD and not any(map(result.says, witness.places)):
            yield f"{code}: {value} published without a word, {witness} read again"


def is_owed_an_error(result: Result, reading: Reading) -> bool:
    is_wrong = any(witness.verdict is Verdict.WRONG for witness in reading.witnesses.values())
    return is_wrong or result.scores is None


def tallied(drawn: list[int]) -> Tally:
    found = Tally()
    for result in examined(map(mutant, drawn)):
        found.add(result)
    return found


@pytest.fixture(scope="module")
def tally() -> Tally:
    return added(Tally(), in_rounds(tallied))


@pytest.mark.parametrize("is_shared", [True, False])
def test_the_model_of_a_submission_is_taken_as_the_submission_itself(is_shared: bool) -> None:
    cases = [Case(number, (), base, Writer(is_shared).write(base.sheets)) for number, base in enumerate(bases())]
    for result in examined(cases):
        base = result.case.base
        reading = read_again(result.case.data, base)
        assert result.findings == ()
        assert result.scores is not None
        assert {leaf.code: result.scores[leaf.code] for leaf in base.leaves} == base.scores
        assert reading.is_same
        assert {code: witness.value for code, witness in reading.witnesses.items()} == base.scores


def test_no_mutant_changes_a_figure_without_a_word(tally: Tally) -> None:
    assert not tally.silent, shown(tally.silent)


def test_every_mutant_that_is_not_scored_has_an_error_in_its_file(tally: Tally) -> None:
    assert not tally.untold, shown(tally.untold)


def test_no_mutant_raises(tally: Tally) -> None:
    assert not tally.crashed, shown(tally.crashed)


def test_harmless_mutants_keep_their_place(tally: Tally) -> None:
    harmless, refused = tally.harmless.total(), tally.refused.total()
    share = f"{refused} of {harmless} harmless mutants refused ({refused / max(1, harmless):.1%})"
    assert refused <= harmless * 0.05, f"{share}: {+tally.refused}"


def test_legal_new_scores_are_followed(tally: Tally) -> None:
    lost = len(tally.not_followed)
    assert lost <= tally.legal * 0.05, shown(tally.not_followed)


# ---------------------------------------------------------------- damages


Parts: TypeAlias = dict[str, bytes]
Match: TypeAlias = "re.Match[bytes]"

FORM_PART = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
STYLE_PART = "xl/styles.xml"
BOOK = "xl/workbook.xml"
LINKS = "xl/_rels/workbook.xml.rels"

CELL = rb'<c r="([A-Z]+)([0-9]+)"([^>/]*)>(.*?)</c>'
SCORE = rb'<c r="(E)([0-9]+)"([^>/]*)>(<v>.*?</v>)</c>'
ROW = rb'<row r="([0-9]+)"[^>/]*>.*?</row>'
VALUE = rb"(<c r=\"[DE][0-9]+\"[^>/]*><v>)([^<]+)(</v>)"


def one_of(*choices: bytes) -> Callable[[Match, Random], bytes]:
    """Replace a match by one of several templates, in which \\1 is its first group."""
    return lambda match, random: match.expand(random.choice(choices))


def digit_changed(match: Match, random: Random) -> bytes:
    digits = bytearray(match[2])
    digits[random.randrange(len(digits))] = random.choice(b"0123456789.,eE-+ _x")
    return match[1] + bytes(digits) + match[3]


DIGITS = (
    *(b" %s ", b"0%s", b"+%s", b"%s0", b"%s.0", b"%se0", b"%sE+00", b"\n%s\n", b"-%s", b"%s\xc2\xa0"),
    *(b"\xe2\x88\x92%s", b"<![CDATA[%s]]>", b"%s<!-- -->", b"<!-- 1 -->%s", b"<?x 1?>%s", b"1<!-- -->%s"),
    *(b"<b>%s</b>", b"%s<b/>1", b"%s ", b"&#9;%s", b"&#x31;%s", b"&#49;", b"%s&#46;5", b"&amp;%s", b"%s%%", b"%s,5"),
    *(b"1_0", b"1e-400", b"1e400", b"INF", b"NaN", b"#N/A", b"", b" ", b"TRUE", b"0x1", b"\xd9\xa1"),
    *(b"\xef\xbc\x91", b"1.5.", b"1d0", b"1f"),
)
"""Other ways to write a number in XML, %s, and what only looks like one."""


def digits_written_otherwise(match: Match, random: Random) -> bytes:
    return match[1] + random.choice(DIGITS).replace(b"%s", match[2]).replace(b"%%", b"%") + match[3]


def reference_moved(match: Match, random: Random) -> bytes:
    row = max(1, int(match[2]) + random.choice((-10, -1, 0, 0, 1, 10)))
    column = random.choice(
        (match[1], match[1], bytes((random.choice(b"ABCDEFGHZ"),)), match[1].lower(), b"$" + match[1])
    )
    return b'<c r="%s%d"' % (column, row)


def attribute_set(name: bytes, *values: bytes) -> Callable[[Match, Random], bytes]:
    """Give a cell an attribute, in place of one it has or besides it."""

    def edit(match: Match, random: Random) -> bytes:
        rest = re.sub(rb" %s=\"[^\"]*\"" % name, b"", match[3]) if random.random() < 0.8 else match[3]
        added = b' %s="%s"' % (name, random.choice(values)) if random.random() < 0.9 else b""
        return b'<c r="%s%s"%s%s>%s</c>' % (match[1], match[2], rest, added, match[4])

    return edit


TYPES = (b"n", b"s", b"str", b"b", b"e", b"d", b"inlineStr", b"x", b"", b"N", b"number")
NUMBERS = tuple(b"%d" % number for number in (-1, 0, 1, 2, 5, 12, 14, 20, 30, 99))
INSIDE_CELL = rb"""
<is><t>2</t></is>
<v>2</v>
<v/>
<f>1+1</f>\4
\4<f>1+1</f>
<f/>\4
\4\4
\4<v>2</v>
<v>2</v>\4
\4<is><t>2</t></is>
<is><r><t>1</t></r><r><t>,5</t></r></is>
<x><v>2</v></x>\4
<f t="shared" si="0" ref="E11:E14">1+1</f>\4
<f t="shared" si="0"/>\4
<f t="array" ref="E1:E60">1</f>\4
<f t="dataTable" ref="E11:E14"/>\4
\4<extLst><ext><v>2</v></ext></extLst>
<v xmlns="x">2</v>\4
\4 2
""".splitlines()[1:]
"""What comes in place of a cell's content, \4."""

WHOLE_CELL = rb"""
\g<0>\g<0>
\g<0><c r="\1\2"><v>1</v></c>
<c r="\1\2"><v>1</v></c>\g<0>
<c><v>1</v></c>\g<0>
<c>\4</c>
<c\3>\4</c>
<c r="\1\2"\3>\4
\g<0><c><v>1</v></c>
<x>\g<0></x>
\g<0>1
<x:c xmlns:x="y" r="\1\2"><v>1</v></x:c>
<c xmlns="y" r="\1\2"><v>1</v></c>\g<0>
<!--\g<0>-->
<c r="\1\2" r="\1\2"\3>\4</c>
<c R="\1\2"\3>\4</c>
<C r="\1\2"\3>\4</C>
<c r=" \1\2"\3>\4</c>
<c r="\1\2" hidden="1" ph="1" cm="1" vm="1"\3>\4</c>
<c r="\1\2:\1\2"\3>\4</c>
<c r=""\3>\4</c>
""".splitlines()
"""What comes in place of a cell: nothing, itself twice, another one before or behind it."""

WHOLE_ROW = rb"""
\g<0>\g<0>
<x>\g<0></x>
<row/>\g<0>
\g<0><row/>
<row r="\1"/>\g<0>
\g<0>1
\g<0><row r="\1"><c r="E\1"><v>1</v></c></row>
<!--\g<0>-->
</sheetData><sheetData>\g<0>
\g<0></sheetData><sheetData>
""".splitlines()

TARGETS = rb"""
Target="worksheets/sheet1.xml"
Target="worksheets/sheet2.xml"
Target="/xl/worksheets/sheet1.xml"
Target="/\1"
Target="./\1"
Target="../xl/\1"
Target="x.xml"
Target=""
Target="\1" TargetMode="External"
""".splitlines()

MERGED = (
    *(rb'<mergeCell ref="%s"/>\g<0>' % area for area in (b"E11:E12", b"A11:A12", b"D10:E20", b"E11", b"E", b"")),
    *(rb'<mergeCell ref="A1:XFD1048576"/>\g<0>', rb'\g<0><mergeCells><mergeCell ref="E11:E13"/></mergeCells>'),
)
COLUMNS = (
    b'<cols><col min="5" max="5" width="0"/></cols><sheetData>',
    b'<cols><col min="1" max="99999999" hidden="1"/></cols><sheetData>',
    b'<dimension ref="A1:B2"/><sheetData>',
    b"<sheetData/><sheetData>",
)
LEADS = (
    *(b'encoding="UTF-16"', b'encoding="ISO-8859-1"', b'encoding="windows-1258"', b'encoding="ascii"', b'encoding="x"'),
    *(b'encoding="utf-8"', b"", b'standalone="yes"', b'encoding="UTF-7"', b"encoding='utf8'", b'encoding = "utf-16le"'),
)
HEADS = (
    *(b'<?xml version="1.0" %s?>' % lead for lead in LEADS),
    *(b"\xef\xbb\xbf", b" ", b"<!-- -->", b"<?x?>", b"<!DOCTYPE x [<!ENTITY a '1'>]>", b"\x00", b"\xff\xfe"),
)
STATES = (b'state="hidden"', b'state="x"', b"", b'state="veryHidden"')
CODES = (b'formatCode="0%"', b'formatCode="yyyy"', b'formatCode=""', b"")
STRICT = b'xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"'


class Edit(NamedTuple):
    """An edit of one place in one part."""

    part: str
    pattern: bytes
    make: Callable[[Match, Random], bytes]


def in_form(pattern: bytes, *choices: bytes) -> Edit:
    return Edit(FORM_PART, pattern, one_of(*choices))


EDITS: dict[str, Edit] = {
    "reference": Edit(FORM_PART, rb'<c r="([A-Z]+)([0-9]+)"', reference_moved),
    "reference deleted": in_form(rb'<c r="[A-Z]+[0-9]+"', b"<c"),
    "type of a score": Edit(FORM_PART, SCORE, attribute_set(b"t", *TYPES)),
    "type of a cell": Edit(FORM_PART, CELL, attribute_set(b"t", *TYPES)),
    "style of a score": Edit(FORM_PART, SCORE, attribute_set(b"s", *NUMBERS)),
    "style of a cell": Edit(FORM_PART, CELL, attribute_set(b"s", *NUMBERS)),
    "digit": Edit(FORM_PART, VALUE, digit_changed),
    "digits": Edit(FORM_PART, VALUE, digits_written_otherwise),
    "inside a score": in_form(SCORE, *INSIDE_CELL),
    "inside a cell": in_form(CELL, *INSIDE_CELL),
    "whole score": in_form(SCORE, *WHOLE_CELL),
    "whole cell": in_form(CELL, *WHOLE_CELL),
    "whole row": in_form(ROW, *WHOLE_ROW),
    "row number": in_form(rb'<row r="([0-9]+)"', b"<row", rb'<row r="\g<1>0"', b'<row r="11"', b'<row r="0"'),
    "row hidden": in_form(rb'<row r="[0-9]+"', rb'\g<0> hidden="1"', rb'\g<0> ht="0"', rb'\g<0> hidden="x"'),
    "end of a cell": in_form(rb"</c>", b"", b"</c></c>", b"</c >", b"</row><row>", b"</c><!-- -->"),
    "text": in_form(rb"<t[^>]*>[^<]*</t>", b"<t>1</t>", b"<t/>", rb"\g<0>\g<0>", rb"<r>\g<0></r>", b"<t>_x0031_</t>"),
    "number of a string": in_form(rb't="s"><v>[0-9]+</v>', *(b't="s"><v>%s</v>' % number for number in NUMBERS)),
    "merged cells": in_form(rb"</mergeCells>|</sheetData>", *MERGED),
    "columns": in_form(rb"<sheetData>", *COLUMNS),
    "worksheet": in_form(
        rb"<worksheet ", b"<chartsheet ", rb'\g<0>xml:space="preserve" ', b'<x:worksheet xmlns:x="y" '
    ),
    "namespace": in_form(rb'xmlns="[^"]*"', b"", b'xmlns="x"', STRICT),
    "string": Edit(
        STRINGS, rb"<si>.*?</si>", one_of(b"", b"<si/>", rb"\g<0>\g<0>", b"<si><t>1</t></si>", rb"<x>\g<0></x>")
    ),
    "phonetics": Edit(STRINGS, rb"</si>", one_of(rb'<rPh sb="0" eb="1"><t>x</t></rPh>\g<0>', rb"<r><t>1</t></r>\g<0>")),
    "format of a style": Edit(STYLE_PART, rb'numFmtId="[0-9]+"', one_of(*(b'numFmtId="%s"' % n for n in NUMBERS))),
    "code of a format": Edit(STYLE_PART, rb'formatCode="[^"]*"', one_of(*CODES)),
    "style": Edit(STYLE_PART, rb"<xf [^>]*?/>", one_of(b"", rb"\g<0>\g<0>", b'<xf numFmtId="14"/>', b"<xf/>")),
    "target": Edit(LINKS, rb'Target="([^"]*)"', one_of(*TARGETS)),
    "kind of a target": Edit(LINKS, rb'Type="([^"]*)"', one_of(rb'Type="\1x"', b'Type=""', b"", rb'Type="\1" x="1"')),
    "identity of a target": Edit(LINKS, rb'Id="rId[0-9]+"', one_of(b'Id="rId1"', b'Id="rId2"', b'Id="rId9"')),
    "sheet": Edit(BOOK, rb"<sheet [^>]*/>", one_of(b"", rb"\g<0>\g<0>", rb"<x>\g<0></x>")),
    "relation of a sheet": Edit(BOOK, rb'r:id="rId[0-9]+"', one_of(b'r:id="rId1"', b'r:id="rId2"', b"", b'id="rId1"')),
    "state of a sheet": Edit(BOOK, rb'state="[a-zA-Z]+"', one_of(*STATES)),
    "name of a sheet": Edit(BOOK, rb'name="[^"]+"', one_of(b'name="_cqdt"', b'name=""', b"", b'name="x"')),
    "dates since 1904": Edit(BOOK, rb"<sheets>", one_of(rb'<workbookPr date1904="1"/>\g<0>')),
    **{f"head of {part}": Edit(part, rb"\A(?:<\?xml[^>]*>)?", one_of(*HEADS)) for part in (FORM_PART, BOOK, STRINGS)},
}


def edit(parts: Parts, random: Random) -> str:
    """Make one edit; a part that a file has not is passed over."""
    name = random.choice([name for name, found in EDITS.items() if found.part in parts])
    part, pattern, make = EDITS[name]
    matches = list(re.finditer(pattern, parts[part], re.DOTALL))
    if matches:
        match = random.choice(matches)
        parts[part] = parts[part][: match.start()] + make(match, random) + parts[part][match.end() :]
    return name


def two_swapped(parts: Parts, random: Random) -> str:
    """Swap two cells, two values, two rows or two strings, or let one stand for both."""
    name, pattern = random.choice(
        ((FORM_PART, CELL), (FORM_PART, VALUE), (FORM_PART, ROW), (STRINGS, rb"<si>.*?</si>"))
    )
    found = list(re.finditer(pattern, parts.get(name, b""), re.DOTALL))
    if len(found) > 1:
        start = random.randrange(len(found) - 1)
        one, other = found[start], random.choice(found[start + 1 : start + 9])
        first = one[0] if random.random() < 0.2 else other[0]
        text = parts[name]
        parts[name] = text[: one.start()] + first + text[one.end() : other.start()] + one[0] + text[other.end() :]
    return "two swapped"


def container_edited(parts: Parts, random: Random) -> str:
    """Drop, double, rename or re-encode a part."""
    name = random.choice(list(parts))
    match random.randrange(6):
        case 0:
            del parts[name]
        case 1:
            parts[name.upper()] = parts[name]
        case 2:
            parts[f"/{name}"] = parts.pop(name)
        case 3:
            parts[name] = parts[name].decode().replace("UTF-8", "UTF-16").encode("utf-16")
        case 4:
            parts[random.choice(list(parts))] = parts[name]
        case _:
            parts[name] = parts[name][: random.randrange(len(parts[name]))]
    return "container edited"


def flipped(data: bytes, random: Random) -> bytes:
    """Flip bits, overwrite, insert, cut or move bytes; often in the directory at the end of the container."""
    spoilt = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        low = max(0, len(spoilt) - 1200) if random.random() < 0.4 else 0
        at = random.randrange(low, max(low + 1, len(spoilt)))
        _damage_at(spoilt, at, random)
    return bytes(spoilt)


def _damage_at(spoilt: bytearray, at: int, random: Random) -> None:
    length = random.choice((1, 4, 64, 2000))
    match random.randrange(7):
        case 0 | 1 if at < len(spoilt):
            spoilt[at] ^= 1 << random.randrange(8)
        case 2 if at < len(spoilt):
            spoilt[at] = random.randrange(256)
        case 3:
            spoilt[at:at] = random.randbytes(length)
        case 4:
            del spoilt[at : at + length]
        case 5:
            spoilt[at : at + length] = bytes(length)
        case _:
            del spoilt[at:]


def damage(number: int) -> Case:
    """Draw a damage: to the bytes, or to the XML, of a submission as it came or as Excel would have saved it."""
    base = bases()[number % len(bases())]
    random = Random(f"damage {SEED} {number}")
    data = base.data if random.random() < 0.5 else Writer(is_shared=True).write(base.sheets)
    if random.random() < 0.3:
        return Case(number, ("bytes",), base, flipped(data, random))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    edits = random.choices((edit, two_swapped, container_edited), (8, 1, 1), k=random.choice((1, 1, 1, 2)))
    done = tuple(change(parts, random) for change in edits)
    return Case(number, done, base, zipped(parts))


# ---------------------------------------------------------------- what two libraries see in a damaged file


def seen_by_both(data: bytes, place: tuple[str, int, int]) -> Decimal | None:
    """The plain number that openpyxl and calamine both read in a cell; None where either sees anything else."""
    found = {_seen_by_openpyxl(data, place), _seen_by_calamine(data, place)}
    return found.pop() if len(found) == 1 else None


def _seen_by_openpyxl(data: bytes, place: tuple[str, int, int]) -> Decimal | None:
    sheet, row, column = place
    try:
        cell = opened(data)[sheet].cell(row, column)
    except Exception:  # noqa: BLE001 - a damaged file makes it raise whatever it meets
        return None
    is_number = cell.data_type == "n" and isinstance(cell.value, int | float) and cell.number_format in SHOWS
    return Decimal(repr(cell.value)) if is_number else None


def _seen_by_calamine(data: bytes, place: tuple[str, int, int]) -> Decimal | None:
    sheet, row, column = place
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            value = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)[row - 1][column - 1]
    except Exception:  # noqa: BLE001 - a damaged file makes it raise whatever it meets
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return Decimal(repr(value).removesuffix(".0")) if is_number else None


@dataclass
class Harm:
    """What all damages came to."""

    count: int = 0
    scored: int = 0
    silent: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)

    def add(self, result: Result) -> None:
        self.count += 1
        self.scored += result.scores is not None
        if result.crash:
            self.crashed.append(f"{result} {result.crash}")
        elif result.scores is None:
            self.untold += [] if result.findings else [str(result)]
        else:
            self.silent += (f"{result} {fault}" for fault in silent_damages(result))


def silent_damages(result: Result) -> Iterator[str]:
    """The scores that changed without a finding, although the libraries do not both read them so."""
    base, scores = result.case.base, result.scores or {}
    submission = next(entry.submission for entry in result.entries if entry.submission)
    for code, was in base.scores.items():
        value, where = scores[code], submission.scores[code].where
        place = (where.sheet, where.row, where.column)
        if value == was or result.says(place):
            continue
        seen = seen_by_both(result.case.data, place)
        if seen != value:
            yield f"{code}: {was} became {value} in {where.cell}, both libraries read {seen}"


def harmed(drawn: list[int]) -> Harm:
    found = Harm()
    for result in examined(map(damage, drawn)):
        found.add(result)
    return found


@pytest.fixture(scope="module")
def harm() -> Harm:
    return added(Harm(), in_rounds(harmed))


def test_no_damage_changes_a_figure_without_a_word(harm: Harm) -> None:
    assert not harm.silent, shown(harm.silent)


def test_every_damage_that_is_not_scored_is_told(harm: Harm) -> None:
    assert not harm.untold, shown(harm.untold)


def test_no_damage_raises(harm: Harm) -> None:
    assert not harm.crashed, shown(harm.crashed)
