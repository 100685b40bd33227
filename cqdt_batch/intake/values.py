"""Read the values of a workbook in a format of which only values are told: Excel 97 (.xls) and binary (.xlsb).

calamine gives no formulas, number formats or hidden rows, and shows an error as an empty cell. The file is read all
the same, with a remark that says what could not be looked at.
"""

from __future__ import annotations

import io
import math
from datetime import datetime
from typing import Any

from python_calamine import CalamineWorkbook, SheetVisibleEnum

from cqdt_batch.cells import Area, Content, Covered, ErrorValue, Grid, as_typed, shortest
from cqdt_batch.definition.records import Limits
from cqdt_batch.findings import Finding
from cqdt_batch.intake.container import over_limit
from cqdt_batch.intake.ooxml import Workbook
from cqdt_batch.intake.worksheet import change_beneath


def read_values(data: bytes, name: str, modified: datetime | None, limits: Limits) -> Workbook | Finding:
    """Read every sheet, hidden ones too; CalamineError where the file is not sound.

    The range a sheet claims is held against the limits before its cells are asked for.
    """
    with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
        grids = []
        for number, about in enumerate(book.sheets_metadata):
            sheet = book.get_sheet_by_index(number)
            for limit, found in (("rows", sheet.total_height), ("columns", sheet.total_width)):
                if found > getattr(limits, limit):
                    return over_limit(name, limit, found, limits)
            grids.append(_grid(sheet, is_hidden=about.visible is not SheetVisibleEnum.Visible))
    return Workbook(grids=tuple(grids), modified=modified, remarks=("file_values_only",))


def _grid(sheet: Any, *, is_hidden: bool) -> Grid:
    top, left = sheet.start or (0, 0)
    rows: dict[int, dict[int, Content]] = {}
    for row, values in enumerate(sheet.to_python(skip_empty_area=True), top + 1):
        cells = {column: _content(value) for column, value in enumerate(values, left + 1) if _is_filled(value)}
        if cells:
            rows[row] = cells
    ranges = sheet.merged_cell_ranges or ()
    merged = tuple(Area(first[0] + 1, first[1] + 1, last[0] + 1, last[1] + 1) for first, last in ranges)
    for area in merged:
        change_beneath(rows, area, lambda content: Covered(as_typed(content)))
    return Grid(sheet=sheet.name, rows=rows, is_hidden=is_hidden, merged=merged)


def _is_filled(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value is not None


def _content(value: Any) -> Content:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return shortest(value) if math.isfinite(value) else ErrorValue(str(value))
    content: Content = value
    return content
