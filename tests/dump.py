"""A workbook as text, a cell a line, so that a diff can show what changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl


def dumped(path: Path, rows: int | None = None) -> str:
    """Write out what every sheet holds: values, formulas with cached values, merges, widths, page set-up, rules.

    Of a sheet only the first `rows` are written out, all unless told.
    """
    formulas, values = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    return "\n".join(line for sheet in formulas for line in _sheet(sheet, values[sheet.title], rows)) + "\n"


def _sheet(sheet: Any, values: Any, rows: int | None) -> Iterator[str]:
    yield f"== {sheet.title} ({sheet.sheet_state}{', protected' if sheet.protection.sheet else ''})"
    page = sheet.page_setup
    yield f"page {page.orientation or 'portrait'} rows {sheet.print_title_rows} freeze {sheet.freeze_panes}"
    texts = (sheet.oddHeader.left.text, sheet.oddHeader.center.text, sheet.oddFooter.center.text)
    yield "head and foot " + "|".join(text or "" for text in texts)
    yield "widths " + " ".join(f"{k}:{d.width:g}" for k, d in sorted(sheet.column_dimensions.items()))
    yield "merged " + " ".join(sorted(str(span) for span in sheet.merged_cells.ranges))
    for rule in sheet.data_validations.dataValidation:
        yield f"rule {rule.sqref} {rule.type} {rule.formula1} {rule.formula2} | {rule.promptTitle} | {rule.prompt}"
    for row in sheet.iter_rows(max_row=rows):
        for cell in row:
            if cell.value is not None:
                yield _cell(cell, values[cell.coordinate].value)


def _cell(cell: Any, value: Any) -> str:
    marks = (("b", cell.font.b), ("i", cell.font.i), (" open", not cell.protection.locked))
    look = f"{cell.font.sz:g}" + "".join(mark for mark, there in marks if there)
    shown = repr(cell.value) if cell.value == value else f"{cell.value} → {value!r}"
    return f"{cell.coordinate} [{look} {cell.number_format}] {shown}"
