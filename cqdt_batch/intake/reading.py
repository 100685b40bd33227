"""Read a file's bytes into a book of plain cells, whatever kind of workbook it is, or say what it is instead.

Every way through here begins at the guard of `container.py`. Nothing else in the project opens a workbook.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain

from cqdt_batch.cells import Book, Grid
from cqdt_batch.definition.records import Limits
from cqdt_batch.findings import Finding, Term, Where, error
from cqdt_batch.intake.container import MIB, FileKind, kind_of, mib, over_limit, unpack, unsafe_part
from cqdt_batch.intake.ods import read_opendocument
from cqdt_batch.intake.ole import is_locked, last_saved
from cqdt_batch.intake.ooxml import Workbook, read_workbook, saved_at

_ZIPPED = {FileKind.XLSX: read_workbook, FileKind.ODS: read_opendocument}
_OWN_WORDS = {
    FileKind.EMPTY: "file_empty",
    FileKind.CUT: "file_damaged",
    FileKind.ENCRYPTED: "file_encrypted",
}
"""The kinds that have a finding of their own; of the others one finding says what they are."""


def read_book(data: bytes, name: str, limits: Limits) -> Book | Finding:
    """Read every sheet of a workbook, hidden ones too, or say why that cannot be done.

    `name` is how the file is called in findings. Cells that hold nothing but white space are left out.
    """
    if len(data) > limits.file_size * MIB:
        return over_limit(name, "file_size", mib(len(data)), limits)
    kind = kind_of(data)
    workbook = _workbook(data, kind, name, limits)
    if isinstance(workbook, Finding):
        return workbook
    beyond = next(_beyond(workbook.grids, name, limits), None)
    if beyond is not None:
        return beyond
    return Book(
        file=name,
        grids=workbook.grids,
        sha256=hashlib.sha256(data).hexdigest(),
        modified=workbook.modified,
        remarks=workbook.remarks,
    )


def _workbook(data: bytes, kind: FileKind, name: str, limits: Limits) -> Workbook | Finding:
    where = Where(file=name)
    if kind in (FileKind.XLS, FileKind.XLSB):
        return _values(data, kind, name, limits)
    if kind in (FileKind.RAR, FileKind.WINMAIL):
        return error("file_packed", where, kind=Term(f"file_kind.{kind}"))
    if kind not in _ZIPPED:
        code = _OWN_WORDS.get(kind)
        return error(code, where) if code else error("file_not_workbook", where, kind=Term(f"file_kind.{kind}"))
    parts = unpack(data, name, limits)
    if isinstance(parts, Finding):
        return parts
    if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
        return error("file_encrypted", where)
    part = unsafe_part(parts)
    if part:
        return error("file_unsafe", where, part=part)
    try:
        return _ZIPPED[kind](parts)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a parser raises whatever a damaged file makes it meet
        return error("file_damaged", where)


def _values(data: bytes, kind: FileKind, name: str, limits: Limits) -> Workbook | Finding:
    from cqdt_batch.intake.values import read_values

    if kind is FileKind.XLS and is_locked(data):
        return error("file_encrypted", Where(file=name))
    parts = unpack(data, name, limits) if kind is FileKind.XLSB else {}
    if isinstance(parts, Finding):
        return parts
    try:
        modified = saved_at(parts) if parts else last_saved(data)
        return read_values(data, name, modified, limits)
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException:  # noqa: BLE001 - a panic of calamine is no Exception
        return error("file_damaged", Where(file=name))


def _beyond(grids: tuple[Grid, ...], name: str, limits: Limits) -> Iterator[Finding]:
    """What a workbook holds beyond the limits, or too little of."""
    if not grids:
        yield error("file_without_sheets", Where(file=name))
    if len(grids) > limits.sheets:
        yield over_limit(name, "sheets", len(grids), limits)
    for grid in grids:
        rows = max(grid.rows, default=0)
        columns = max(chain.from_iterable(grid.rows.values()), default=0)
        if rows > limits.rows:
            yield over_limit(name, "rows", rows, limits)
        if columns > limits.columns:
            yield over_limit(name, "columns", columns, limits)
