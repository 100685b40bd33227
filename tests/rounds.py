"""Small ways to make, fill and read rounds and workbooks, as a user does: by what a cell says, not where it is."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl

from cqdt_batch.findings import Finding
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.running import assess, examine, read_definition
from cqdt_batch.scoring.outcome import Outcome

ROOT = Path(__file__).parent.parent
SAMPLE = RoundFolder(ROOT / "samples" / "hoa-binh-2020")
FORM = Words()("form.sheet")


def outcome_of(folder: RoundFolder) -> Outcome:
    """Assess a round whose definition is sound."""
    return assess(folder, read_definition(folder))


def examined(folder: RoundFolder) -> Outcome:
    """Assess a round whose definition is sound, and read its figures as they will be printed."""
    return examine(folder, read_definition(folder))


def header(sheet: Any, text: str) -> tuple[int, int]:
    """The (row, column) of the cell that says `text`."""
    found = [(cell.row, cell.column) for row in sheet.iter_rows() for cell in row if cell.value == text]
    assert len(found) == 1, (text, found)
    return found[0]


def form_cells(sheet: Any, header_key: str = "form.column.score") -> dict[str, str]:
    """The address of a form's column for every criterion code."""
    code_row, code_column = header(sheet, Words()("form.column.code"))
    column = header(sheet, Words()(header_key))[1]
    return {
        str(sheet.cell(row, code_column).value): sheet.cell(row, column).coordinate
        for row in range(code_row + 1, sheet.max_row + 1)
        if sheet.cell(row, code_column).value is not None
    }


def retype(path: Path, scores: Mapping[str, Any]) -> None:
    """Type other scores into a submitted form, by criterion code."""
    workbook = openpyxl.load_workbook(path)
    sheet = workbook[FORM]
    cells = form_cells(sheet)
    for code, score in scores.items():
        sheet[cells[code]].value = score
    workbook.save(path)


def codes(findings: tuple[Finding, ...]) -> list[str]:
    """The codes of findings, in order."""
    return [finding.code for finding in findings]


def table_rows(path: Path, sheet: str) -> list[tuple[Any, ...]]:
    """The body of an annex table: the rows below the header that start with a number or a roman numeral."""
    rows = list(openpyxl.load_workbook(path, data_only=True)[sheet].iter_rows(values_only=True))
    start = next(i for i, row in enumerate(rows) if row[0] == "(1)") + 1
    body = []
    for row in rows[start:]:
        if row[0] is None:
            break
        body.append(row)
    return body


def saved_at(path: Path, moment: str | None) -> None:
    """Set the stamp that a program leaves in a workbook when it saves it, or take it away."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    stamp = f">{moment}</dcterms:modified>" if moment else "></dcterms:modified>"
    parts["docProps/core.xml"] = re.sub(rb">[^<]*</dcterms:modified>", stamp.encode(), parts["docProps/core.xml"])
    with zipfile.ZipFile(path, "w") as book:
        for name, data in parts.items():
            book.writestr(name, data)
