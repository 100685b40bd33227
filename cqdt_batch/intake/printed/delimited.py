"""Read a text file of separated values (CSV) into a grid of texts, whatever its encoding and its separator."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import Counter

from cqdt_batch.cells import Book, Grid
from cqdt_batch.definition.records import Limits
from cqdt_batch.findings import Finding, Where, error
from cqdt_batch.intake.container import MIB, FileKind, kind_of, mib, over_limit
from cqdt_batch.intake.reading import read_book

_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
_WORKBOOKS = frozenset({FileKind.XLSX, FileKind.XLSB, FileKind.XLS, FileKind.ODS, FileKind.EMPTY})
_SEPARATORS = (";", ",", "\t", "|")


PRINTED_SUFFIXES = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".csv", ".tsv"})
"""The names of files that may hold printed tables, where a whole folder is to be read."""


def read_printed(data: bytes, name: str, limits: Limits) -> Book | Finding:
    """Read a workbook or a text file of separated values, or say why that cannot be done."""
    is_text = kind_of(data) is FileKind.TEXT or name.casefold().endswith((".csv", ".tsv", ".txt"))
    is_workbook = kind_of(data) in _WORKBOOKS
    return read_delimited(data, name, limits) if is_text and not is_workbook else read_book(data, name, limits)


def read_delimited(data: bytes, name: str, limits: Limits) -> Book | Finding:
    """Read the file as a book with one sheet without a name, or say why that cannot be done.

    All cells are texts, as they stand in the file: 56,0 keeps its zero.
    """
    if len(data) > limits.file_size * MIB:
        return over_limit(name, "file_size", mib(len(data)), limits)
    text = _decoded(data)
    if text is None or "\x00" in text:
        return error("printed_text_unreadable", Where(file=name))
    lines = _lines(unicodedata.normalize("NFC", text))
    if lines is None:
        return error("printed_text_unreadable", Where(file=name))
    if len(lines) > limits.rows:
        return over_limit(name, "rows", len(lines), limits)
    widest = max(map(len, lines.values()), default=0)
    if widest > limits.columns:
        return over_limit(name, "columns", widest, limits)
    cells = {row: {c: text.strip() for c, text in enumerate(line, 1) if text.strip()} for row, line in lines.items()}
    return Book(file=name, grids=(Grid(sheet="", rows={row: line for row, line in cells.items() if line}),))


def _decoded(data: bytes) -> str | None:
    """The text in the encoding it bears a mark of, else in UTF-8, in UTF-16 without a mark, or in Windows-1258."""
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    head = data[:200]
    wide = ("utf-16-le", "utf-16-be")[head[:1] == b"\x00"] if head.count(b"\x00") * 4 > len(head) else None
    for encoding in filter(None, (marked, wide, "utf-8", "cp1258")):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _lines(text: str) -> dict[int, list[str]] | None:
    """The fields of every row, by the separator that cuts most rows into the same number of fields.

    A row is a record; quoted line breaks make no new one.
    """
    best: tuple[tuple[int, int], list[list[str]]] | None = None
    for separator in _SEPARATORS:
        try:
            lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
        except csv.Error:
            continue
        widths = Counter(len(line) for line in lines if len(line) > 1)
        width, alike = max(widths.items(), key=lambda one: (one[1], one[0]), default=(0, 0))
        if best is None or (alike, width) > best[0]:
            best = ((alike, width), lines)
    return dict(enumerate(best[1], 1)) if best else None
