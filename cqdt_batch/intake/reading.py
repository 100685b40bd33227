"""Read a workbook file into plain cells. Nothing else in the project opens one.

openpyxl's read-only mode is used because it tells a formula from a value and keeps values under merged cells;
its normal mode drops them, and a faster reader shows an uncalculated formula as 0.
"""

from __future__ import annotations

import hashlib
import io
import math
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl

from cqdt_batch.cells import Book, Content, ErrorValue, Formula, Grid, Percent
from cqdt_batch.findings import Finding, Term, Where, error


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
    rows: dict[int, Mapping[int, Content]] = {}
    for number, cells in enumerate(sheet.iter_rows(), 1):
        filled = _read_row(cells)
        if filled:
            rows[number] = filled
    return Grid(sheet=sheet.title, rows=rows)


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
        number = Decimal(repr(value))
        return Percent(number) if "%" in (cell.number_format or "") else number
    return value  # type: ignore[no-any-return]  # str, bool or a moment


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
