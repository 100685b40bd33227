"""Read a workbook file into plain cells. Nothing else in the project opens one.

openpyxl's read-only mode is used because it tells a formula from a value and keeps values under merged cells;
its normal mode drops them, and a faster reader shows an uncalculated formula as 0.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import range_boundaries
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.formula import ArrayFormula

from cqdt_batch.cells import Book, Content, Covered, ErrorValue, Formula, Grid, Masked, Percent, as_typed, decimals_of
from cqdt_batch.findings import Finding, Term, Where, error

_ORNAMENT = re.compile(r'\[[^\]]*\]|[_*\\].|"[^"0-9]*"|\s')
"""What a number format adds around the digits: colours, locales, padding, a currency."""

_DIGITS = re.compile(r"[#,0?]*[#0?](?:\.([0#?]+))?")
"""A number format without ornaments that shows the number as it is, with so many decimals."""


def read_book(path: Path, name: str) -> Book | Finding:
    """Read every sheet of a workbook, hidden ones too, or say what the file is instead.

    `name` is how the file is called in findings. Cells that hold nothing but white space are left out.
    """
    where = Where(file=name)
    try:
        data = path.read_bytes()
    except OSError as refusal:
        return error("file_unreadable", where, reason=refusal.strerror or str(refusal))
    try:
        grids = _read_grids(data)
    except Exception:  # noqa: BLE001 - a damaged file makes openpyxl raise whatever its parsers meet
        return error("file_not_workbook", where, kind=Term(_kind_of(data)))
    if not grids:
        return error("file_without_sheets", where)
    return Book(file=name, grids=grids, sha256=hashlib.sha256(data).hexdigest())


def _read_grids(data: bytes) -> tuple[Grid, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of extensions it does not keep; nothing is written back
        workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
        try:
            return tuple(_read_grid(sheet) for sheet in workbook.worksheets)
        finally:
            workbook.close()


def _read_grid(sheet: Any) -> Grid:
    sheet.reset_dimensions()  # the size a file claims for its sheet is often wrong
    rows: dict[int, dict[int, Content]] = {}
    arrays: list[str] = []
    for number, cells in enumerate(sheet.iter_rows(), 1):
        filled = _read_row(cells)
        if filled:
            rows[number] = filled
            arrays += [cell.value.ref for cell in cells if isinstance(cell.value, ArrayFormula)]
    for area in arrays:
        _replace(rows, area, lambda content: Formula(as_typed(content)))
    for area in _merged(sheet):
        _replace(rows, area, lambda content: Covered(as_typed(content)))
    return Grid(sheet=sheet.title, rows=rows)


def _merged(sheet: Any) -> list[str]:
    """The merged areas, which the read-only mode passes over: they stand behind the cells of the sheet's part."""
    part = sheet.parent._archive.read(sheet._worksheet_path)  # noqa: SLF001 - openpyxl offers no other way
    return [area.decode("ascii") for area in re.findall(rb'mergeCell\s[^>]*?ref="([A-Z0-9:]+)"', part)]


def _replace(rows: dict[int, dict[int, Content]], area: str, change: Callable[[Content], Content]) -> None:
    """Change what an area holds in all its cells but the first."""
    left, top, right, bottom = range_boundaries(area)
    for row in rows.keys() & range(top, bottom + 1):
        for column in rows[row].keys() & range(left, right + 1):
            if (row, column) != (top, left):
                rows[row][column] = change(rows[row][column])


def _read_row(cells: Iterable[Any]) -> dict[int, Content]:
    contents = ((column, _content(cell)) for column, cell in enumerate(cells, 1) if cell.value is not None)
    return {column: content for column, content in contents if not _is_blank(content)}


def _content(cell: Any) -> Content:
    value = cell.value
    if cell.data_type == "f":
        return Formula(str(getattr(value, "text", value)))
    if cell.data_type == "e":
        return ErrorValue(str(value))
    if isinstance(value, float) and not math.isfinite(value):
        return ErrorValue(str(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(Decimal(repr(value)), cell.number_format or "General")
    if isinstance(value, str):
        text: str = unescape(value)
        return text
    return value  # type: ignore[no-any-return]  # a boolean or a moment


def _number(number: Decimal, shown_as: str) -> Content:
    """Tell a number that its cell shows as it is from a percentage and from one with hidden digits."""
    if "%" in shown_as:
        return Percent(number)
    if shown_as in ("General", "@"):
        return number
    plain = _DIGITS.fullmatch(_ORNAMENT.sub("", shown_as.split(";", maxsplit=1)[0]))
    decimals = len(plain[1] or "") if plain else -1
    return number if decimals_of(number) <= decimals else Masked(number)


def _is_blank(content: Content) -> bool:
    return isinstance(content, str) and not content.strip()


_SIGNATURES = (
    (b"\xd0\xcf\x11\xe0", "file_kind.ole"),
    (b"%PDF", "file_kind.pdf"),
    (b"{\\rtf", "file_kind.rtf"),
    (b"\x89PNG", "file_kind.picture"),
    (b"\xff\xd8\xff", "file_kind.picture"),
)


def _kind_of_archive(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            is_sheet = "mimetype" in names and b"spreadsheet" in archive.read("mimetype")
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, zlib.error):
        return "file_kind.zip"
    if is_sheet:
        return "file_kind.ods"
    return "file_kind.document" if any(name.startswith(("word/", "ppt/")) for name in names) else "file_kind.zip"


def _kind_of(data: bytes) -> str:
    """Tell from its first bytes what a file that is no workbook really is, as a catalogue key."""
    head = data[:512].lstrip()
    if not head:
        return "file_kind.empty"
    if head.startswith(b"PK"):
        return _kind_of_archive(data)
    for signature, key in _SIGNATURES:
        if head.startswith(signature):
            return key
    if b"<html" in head.lower() or b"<!doctype html" in head.lower():
        return "file_kind.html"
    return "file_kind.text" if b"\x00" not in head else "file_kind.unknown"
