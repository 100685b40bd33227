"""Read an OpenDocument spreadsheet (.ods), as LibreOffice saves one, into plain cells.

Formulas, percentages, dates, covered cells and hidden rows are told apart as in an Excel workbook. What a cell shows
is kept in the file as text, so hidden digits are found by comparing that text with the number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

from cqdt_batch.cells import (
    Area,
    Content,
    Covered,
    ErrorValue,
    Formula,
    Grid,
    Masked,
    Percent,
    as_typed,
    decimals_written,
    shortest,
)
from cqdt_batch.intake.container import Parts, is_plain
from cqdt_batch.intake.numbers import read_text
from cqdt_batch.intake.ooxml import Workbook, moment_of

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_DURATION = re.compile(r"(-)?PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S")
_MOST_COPIES = 1_048_576


def read_opendocument(parts: Parts) -> Workbook:
    """Read every sheet; ValueError, KeyError or ParseError where the file is not sound."""
    root = _root(parts["content.xml"])
    unseen, raised = set(_undisplayed(root)), frozenset(_raised(root))
    tables = root.iterfind(f"{_OFFICE}body/{_OFFICE}spreadsheet/{_TABLE}table")
    grids = tuple(_TableReader(raised=raised).grid(t, is_hidden=t.get(f"{_TABLE}style-name") in unseen) for t in tables)
    remarks = ("file_macros",) if any(name.startswith("Basic/") for name in parts) else ()
    return Workbook(grids=grids, modified=_modified(parts), remarks=remarks)


def _root(part: bytes) -> Any:
    if not is_plain(part):
        raise ValueError("a document type, or an unusual encoding")
    return ET.fromstring(part)  # noqa: S314 - no entity can be declared


def _modified(parts: Parts) -> datetime | None:
    root = _root(parts.get("meta.xml", b"<x/>"))
    return next((moment_of(e.text) for e in root.iter("{http://purl.org/dc/elements/1.1/}date")), None)


def _raised(root: Any) -> Iterator[str]:
    """The names of the text styles that raise, lower or strike out: 2 with a small 1 is not 21."""
    for style in root.iter(f"{_STYLE}style"):
        properties = style.find(f"{_STYLE}text-properties")
        if properties is not None and style.get(f"{_STYLE}family") == "text":
            position = properties.get(f"{_STYLE}text-position", "0%")
            struck = properties.get(f"{_STYLE}text-line-through-style", "none")
            if not position.startswith("0%") or struck != "none":
                yield style.get(f"{_STYLE}name", "")


def _undisplayed(root: Any) -> Iterator[str]:
    """The names of the table styles of hidden sheets."""
    for style in root.iter(f"{_STYLE}style"):
        properties = style.find(f"{_STYLE}table-properties")
        if properties is not None and properties.get(f"{_TABLE}display") == "false":
            yield style.get(f"{_STYLE}name", "")


@dataclass(slots=True)
class _TableReader:
    """Reads the cells of one sheet."""

    raised: frozenset[str]
    rows: dict[int, dict[int, Content]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    arrays: list[Area] = field(default_factory=list)
    merged: list[Area] = field(default_factory=list)
    decimals: dict[tuple[int, int], int] = field(default_factory=dict)

    def grid(self, table: Any, *, is_hidden: bool) -> Grid:
        """Read a whole sheet."""
        column = row = 0
        for element in _flat(table):
            if element.tag == f"{_TABLE}table-column":
                column = self._column(element, column)
            else:
                row = self._row(element, row)
        for area in self.arrays:
            self._calculated(range(area.top, area.bottom + 1), range(area.left, area.right + 1))
        return Grid(
            sheet=table.get(f"{_TABLE}name", ""),
            rows=self.rows,
            hidden_rows=frozenset(self.hidden_rows),
            hidden_columns=frozenset(self.hidden_columns),
            is_hidden=is_hidden,
            decimals=self.decimals,
            merged=tuple(self.merged),
        )

    def _column(self, element: Any, before: int) -> int:
        last = before + _copies(element, "columns")
        if _is_unseen(element):
            self.hidden_columns.update(range(before + 1, last + 1))
        return last

    def _row(self, element: Any, before: int) -> int:
        last = before + _copies(element, "rows")
        cells = dict(_cells(element, self.raised))
        shown = dict(_decimals(element)) if cells else {}
        self.arrays += _spanned(element, before + 1, "matrix-")
        self.merged += _spanned(element, before + 1, "")
        for row in range(before + 1, last + 1) if cells else ():
            self.rows[row] = cells
            self.decimals.update({(row, column): decimals for column, decimals in shown.items()})
            if _is_unseen(element):
                self.hidden_rows.add(row)
        return last

    def _calculated(self, rows: range, columns: range) -> None:
        """The cells of an array formula hold results, also those in which no formula stands."""
        for row in (row for row in self.rows if row in rows):
            cells = self.rows[row].items()
            self.rows[row] = {
                c: content if c not in columns or isinstance(content, Formula) else Formula(f"={as_typed(content)}")
                for c, content in cells
            }


def _spanned(row: Any, number: int, kind: str) -> Iterator[Area]:
    """The areas that begin in a row: those of array formulas (`matrix-`), or the merged ones ("")."""
    column = 0
    for cell in row:
        if cell.tag in _CELLS:
            first, column = column + 1, column + _copies(cell, "columns")
            down = int(cell.get(f"{_TABLE}number-{kind}rows-spanned", "0"))
            across = int(cell.get(f"{_TABLE}number-{kind}columns-spanned", "0"))
            if down or across:
                yield Area(number, first, number + max(1, down) - 1, first + max(1, across) - 1)


def _flat(table: Any) -> Iterator[Any]:
    """The columns and rows of a sheet in their order, out of whatever groups they stand in."""
    for element in table:
        if element.tag in (f"{_TABLE}table-column", f"{_TABLE}table-row"):
            yield element
        elif element.tag.startswith((f"{_TABLE}table-row", f"{_TABLE}table-column", f"{_TABLE}table-header")):
            yield from _flat(element)


def _copies(element: Any, of: str) -> int:
    """How many rows, columns or cells in a row an element stands for."""
    copies = int(element.get(f"{_TABLE}number-{of}-repeated", "1"))
    if not 1 <= copies <= _MOST_COPIES:
        raise ValueError(f"{copies} {of}")
    return copies


def _is_unseen(element: Any) -> bool:
    return str(element.get(f"{_TABLE}visibility", "visible")) != "visible"


def _cells(row: Any, raised: frozenset[str]) -> Iterator[tuple[int, Content]]:
    column = 0
    for cell in row:
        if cell.tag not in _CELLS:
            continue
        first, column = column + 1, column + _copies(cell, "columns")
        content = _content(cell, raised)
        if content is None or (isinstance(content, str) and not content.strip()):
            continue
        if cell.tag == f"{_TABLE}covered-table-cell":
            content = Covered(as_typed(content))
        yield from ((position, content) for position in range(first, column + 1))


def _decimals(row: Any) -> Iterator[tuple[int, int]]:
    """How many decimals the numbers of a row show, by column."""
    column = 0
    for cell in row:
        if cell.tag not in _CELLS:
            continue
        first, column = column + 1, column + _copies(cell, "columns")
        raw, text = cell.get(f"{_OFFICE}value"), _shown(cell, frozenset()).replace("%", "").strip()
        shown = read_text(text) if raw and text else None
        meanings = [one for one in (shown.value, *shown.meanings) if one is not None] if shown else []
        if meanings:
            number = shortest(float(raw)) * (100 if cell.get(f"{_OFFICE}value-type") == "percentage" else 1)
            nearest = min(meanings, key=lambda one: abs(one - number))
            yield from ((position, decimals_written(nearest)) for position in range(first, column + 1))


def _shown(cell: Any, raised: frozenset[str]) -> str:
    """What a cell shows."""
    return "\n".join("".join(_words(p, raised)) for p in cell.iterfind(f"{_TEXT}p"))


def _content(cell: Any, raised: frozenset[str]) -> Content | None:
    text = _shown(cell, raised)
    value = _value(cell, text)
    formula = cell.get(f"{_TABLE}formula")
    if formula is None:
        return value
    return Formula(f"={formula.partition('=')[2]}", value.number if isinstance(value, Masked) else value)


def _words(paragraph: Any, raised: frozenset[str]) -> Iterator[str]:
    """The text of a paragraph; runs of spaces, tabs and line breaks are elements of their own."""
    yield paragraph.text or ""
    for child in paragraph:
        if child.tag == f"{_TEXT}s":
            yield " " * int(child.get(f"{_TEXT}c", "1"))
        elif child.tag in (f"{_TEXT}tab", f"{_TEXT}line-break"):
            yield "\t" if child.tag == f"{_TEXT}tab" else "\n"
        else:
            yield "^" if child.get(f"{_TEXT}style-name") in raised else ""
            yield from _words(child, raised)
        yield child.tail or ""


def _value(cell: Any, text: str) -> Content | None:
    if cell.get(f"{_CALC}value-type") == "error":
        return ErrorValue(text)
    raw = cell.get(f"{_OFFICE}value", "")
    match cell.get(f"{_OFFICE}value-type"):
        case None:
            return None
        case "float" | "currency":
            return _number(raw, text)
        case "percentage":
            return Percent(shortest(float(raw)))
        case "boolean":
            return str(cell.get(f"{_OFFICE}boolean-value")) == "true"
        case "date":
            return datetime.fromisoformat(cell.get(f"{_OFFICE}date-value", ""))
        case "time":
            return _duration(cell.get(f"{_OFFICE}time-value", ""))
    return text


def _number(raw: str, text: str) -> Content:
    binary = float(raw)
    if not math.isfinite(binary):
        return ErrorValue(text)
    number = shortest(binary)
    shown = read_text(text)
    return number if number in (shown.value, *shown.meanings) else Masked(number)


def _duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"time {text}")
    hours, minutes, seconds = (int(part) for part in found.groups()[1:])
    return timedelta(hours=hours, minutes=minutes, seconds=seconds) * (-1 if found[1] else 1)
