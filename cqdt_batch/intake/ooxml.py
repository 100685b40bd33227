"""Read the parts of an Excel workbook (.xlsx, .xlsm; transitional or strict) into plain cells.

No library gives all that an honest reading needs: openpyxl loses values under merged cells or passes over them,
takes ten times as long and opens strict files as empty; calamine shows an error as an empty cell and a formula as
its value, and knows neither number formats nor hidden rows. What the file says of a cell is all taken from here;
what Excel means by a number format or a serial date is asked of openpyxl, the few times it comes up.

Whatever contradicts itself (cells out of order, a string that does not exist, markup inside a value) raises
ValueError: two programs would read it differently.
"""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property, lru_cache
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from cqdt_batch.cells import Area, Content, Covered, ErrorValue, Formula, Grid, Masked, as_typed
from cqdt_batch.intake.container import Parts, is_plain
from cqdt_batch.intake.formats import built_in, decimals_shown, number, unescaped

_MARKUP = (
    re.compile(rb"<!"),
    re.compile(rb"<\?(?!xml\b)"),
    re.compile(rb"&#(?:0*(?:4[3-9]|5[0-7])|[xX]0*(?:2[b-eB-E]|3[0-9]));"),
)
"""Comments, CDATA, processing instructions, digits in disguise: one program reads on where another stops."""

_BETWEEN_ROWS = re.compile(rb"(</row>|<sheetData>|</sheetData>|\?>)\s*<!--(?:(?!--).)*-->", re.DOTALL)
"""Where a comment stands in nobody's way."""

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})", re.ASCII)
_AREA = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})(?::([A-Z]{1,3})([1-9]\d{0,6}))?", re.ASCII)
_LAST_COLUMN = 16_384
_MOST_PLACES = 65_536
"""How many cells are remembered by their names from file to file: a worker's memory has a limit."""
_RAISED = frozenset({"vertAlign", "strike", "dstrike"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Workbook:
    """What the parts of a workbook hold: its sheets, when it was last saved, and what else is in it."""

    grids: tuple[Grid, ...]
    modified: datetime | None
    remarks: tuple[str, ...]


def read_workbook(parts: Parts) -> Workbook:
    """Read every sheet, hidden ones too; ValueError, KeyError or ParseError where the file is not sound."""
    package = _package(parts)
    return Workbook(grids=tuple(package.grids()), modified=package.modified(), remarks=tuple(package.remarks()))


def saved_at(parts: Parts) -> datetime | None:
    """When a workbook was last saved, by its own account; its sheets are not looked at."""
    return _package(parts).modified()


def _package(parts: Parts) -> _Package:
    return _Package({_key(name): part for name, part in parts.items()})


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


class _Relation(NamedTuple):
    """A part that another one refers to, and what it is to that one."""

    path: str
    kind: str


@dataclass(frozen=True)
class _Package:
    """The parts of one workbook under their lower-case names."""

    parts: Mapping[str, bytes]

    def grids(self) -> Iterator[Grid]:
        """Read the sheets in their order."""
        path, *_ = _of_kind(self._related, "/officeDocument")
        root = self._root(path)
        related = self._relations(path)
        strings = [_text(item) for p in _of_kind(related, "/sharedStrings") for item in self._root(p)]
        formats = [code for p in _of_kind(related, "/styles") for code in _formats(self._root(p))]
        properties = next((e for e in root if _local(e.tag) == "workbookPr"), None)
        is_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        for sheet in (s for e in root if _local(e.tag) == "sheets" for s in e):
            target, kind = related[next(value for key, value in sheet.attrib.items() if _local(key) == "id")]
            if kind.endswith("/worksheet"):
                root = self._root(target)
                reader = _SheetReader(root.tag.removesuffix("worksheet"), strings, formats, is_1904)
                hidden = sheet.get("state", "visible") != "visible"
                yield reader.grid(root, sheet.attrib["name"], is_hidden=hidden)

    def modified(self) -> datetime | None:
        """When the workbook was last saved, by its own account."""
        for path in _of_kind(self._related, "/core-properties"):
            if path in self.parts:
                stamps = (e.text for e in self._root(path) if _local(e.tag) == "modified")
                return next(map(moment_of, stamps), None)
        return None

    def remarks(self) -> Iterator[str]:
        """What a workbook may hold besides sheets that somebody should know of."""
        if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in self.parts):
            yield "file_macros"
        if any("/externallinks/" in name for name in self.parts):
            yield "file_external_links"

    def _root(self, path: str) -> Any:
        part = self.parts[path]
        if not is_plain(part):
            raise ValueError(f"a document type or an unusual encoding in {path}")
        if _has_markup(part) and _has_markup(_BETWEEN_ROWS.sub(rb"\1", part)):
            raise ValueError(f"markup in {path}")
        return ET.fromstring(part)  # noqa: S314 - the guard let no entity pass

    @cached_property
    def _related(self) -> dict[str, _Relation]:
        """What the workbook as a whole refers to."""
        return self._relations("")

    def _relations(self, source: str) -> dict[str, _Relation]:
        """What a part refers to, by the names of the relations."""
        folder, name = posixpath.split(source)
        path = posixpath.join(folder, "_rels", f"{name}.rels")
        if path not in self.parts:
            return {}
        inside = (r for r in self._root(path) if r.get("TargetMode") != "External")
        return {r.attrib["Id"]: _Relation(_key(_target(folder, r.attrib["Target"])), r.get("Type", "")) for r in inside}


def _of_kind(related: Mapping[str, _Relation], kind: str) -> Iterator[str]:
    return (path for path, found in related.values() if found.endswith(kind))


def _has_markup(part: bytes) -> bool:
    return any(sign.search(part) for sign in _MARKUP)


def _target(folder: str, target: str) -> str:
    return target if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))


def moment_of(text: str | None) -> datetime | None:
    """Read the moment a file says it was saved at; without a zone it stays without."""
    try:
        return datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None


def _text(item: Any) -> str:
    """A string that may be cut into runs; the phonetic reading beside it is no part of it.

    Digits of which some are raised or struck out are no number: 2 with a small 1 is not 21.
    """
    if len(item) == 1 and item[0].tag.endswith("}t"):
        return unescaped(_plain_text(item[0]))
    pieces: list[str] = []
    is_raised = False
    for child in item:
        match _local(child.tag):
            case "t":
                pieces.append(_plain_text(child))
            case "r":
                pieces += [_plain_text(t) for t in child if _local(t.tag) == "t"]
                is_raised = is_raised or any(_local(look.tag) in _RAISED for p in child for look in p)
    text = unescaped("".join(pieces))
    is_number_like = is_raised and any(map(str.isdigit, text))
    return "^" + "^".join(pieces) if is_number_like else text


def _formats(root: Any) -> Iterator[str]:
    """The number format of every cell style, by its index."""
    own = {n.get("numFmtId"): n.get("formatCode", "") for e in root if _local(e.tag) == "numFmts" for n in e}
    for style in (s for e in root if _local(e.tag) == "cellXfs" for s in e):
        chosen = style.get("numFmtId", "0")
        yield own[chosen] if chosen in own else built_in(int(chosen))


class _Tags(NamedTuple):
    """What the parts of a cell are called in the namespace of a sheet."""

    cell: str
    value: str
    formula: str
    inline: str


@dataclass(slots=True)
class _SheetReader:
    """Reads the cells of one sheet, whose tags all begin with `tag`, the name of its namespace."""

    tag: str
    strings: list[str]
    formats: list[str]
    is_1904: bool
    arrays: list[str] = field(default_factory=list)
    decimals: dict[tuple[int, int], int] = field(default_factory=dict)

    def grid(self, root: Any, name: str, *, is_hidden: bool) -> Grid:
        """Read a whole sheet."""
        tag = self.tag
        if tag == root.tag:
            raise ValueError(f"no worksheet: {root.tag}")
        tags = _Tags(*(f"{tag}{name}" for name in ("c", "v", "f", "is")))
        rows: dict[int, dict[int, Content]] = {}
        hidden = set()
        last = 0
        for row in root.iterfind(f"{tag}sheetData/{tag}row"):
            last = _next(last, int(row.get("r", last + 1)))
            if _is_true(row.get("hidden")) or float(row.get("ht", "1")) == 0:
                hidden.add(last)
            if cells := self._cells(row, last, tags):
                rows[last] = cells
        for array in self.arrays:
            change_beneath(rows, _area(array), lambda content: Formula(f"={as_typed(content)}"))
        merged = tuple(_area(one.attrib["ref"]) for one in root.iterfind(f"{tag}mergeCells/{tag}mergeCell"))
        for area in merged:
            change_beneath(rows, area, lambda content: Covered(as_typed(content)))
        columns = frozenset(_hidden_columns(root.iterfind(f"{tag}cols/{tag}col")))
        return Grid(
            sheet=name,
            rows=rows,
            hidden_rows=frozenset(hidden),
            hidden_columns=columns,
            is_hidden=is_hidden,
            decimals=self.decimals,
            merged=merged,
        )

    def _cells(self, row: Any, number: int, tags: _Tags) -> dict[int, Content]:
        """Read the filled cells of a row by their columns."""
        cells: dict[int, Content] = {}
        last = 0
        for cell in row:
            if cell.tag != tags.cell:
                continue
            reference = cell.get("r")
            place = (number, last + 1) if reference is None else _place(reference)
            if place[0] != number:
                raise ValueError(f"cell {reference} in row {number}")
            last = _next(last, place[1])
            content = self._content(cell, tags) if len(cell) else None
            if content is None or (isinstance(content, str) and not content.strip()):
                continue
            cells[last] = content
            if cell.get("t", "n") == "n" and (shown := decimals_shown(self._format(cell))) is not None:
                self.decimals[place] = shown
        return cells

    def _content(self, cell: Any, tags: _Tags) -> Content | None:
        found = {child.tag: child for child in cell}
        if len(found) < len(cell):
            raise ValueError(f"something twice in cell {cell.get('r')}")
        shown, formula = found.get(tags.value), found.get(tags.formula)
        raw = _plain_text(shown) if shown is not None else None
        value = self._value(cell, raw, found.get(tags.inline))
        if formula is None:
            return value
        if formula.get("t") in ("array", "dataTable"):
            self.arrays.append(formula.get("ref", ""))
        return Formula(f"={_plain_text(formula)}", value.number if isinstance(value, Masked) else value)

    def _value(self, cell: Any, raw: str | None, inline: Any) -> Content | None:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _text(inline) if inline is not None else None
        if raw is None or (raw == "" and kind != "str"):
            return None
        match kind:
            case "n":
                return self._number(raw, self._format(cell))
            case "s":
                return self.strings[_index(raw)]
            case "str":
                return unescaped(raw)
            case "b" if raw in ("0", "1", "false", "true"):
                return raw in ("1", "true")
            case "e":
                return ErrorValue(raw)
            case "d":
                return datetime.fromisoformat(raw)
        raise ValueError(f"cell of kind {kind}: {raw}")

    def _format(self, cell: Any) -> str:
        """The number format of a cell."""
        style = _index(cell.get("s", "0"))
        return self.formats[style] if style or self.formats else "General"

    def _number(self, raw: str, code: str) -> Content:
        if not _NUMBER.fullmatch(raw):
            return ErrorValue(raw)
        binary = float(raw)
        if not math.isfinite(binary):
            return ErrorValue("INF")
        return number(binary, code, is_1904=self.is_1904)


def _index(raw: str) -> int:
    index = int(raw)
    if index < 0:
        raise ValueError(f"index {raw}")
    return index


def _plain_text(element: Any) -> str:
    if len(element):
        raise ValueError(f"markup in {element.tag}")
    return element.text or ""


def _next(last: int, number: int) -> int:
    """Rows and cells stand in increasing order, or two programs would read two different cells."""
    if number <= last:
        raise ValueError(f"{number} after {last}")
    return number


@lru_cache(maxsize=_MOST_PLACES)
def _place(reference: str) -> tuple[int, int]:
    """The row and column of a cell."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError(f"cell {reference}")
    return int(match[2]), column_number(match[1])


@cache
def column_number(letters: str) -> int:
    """The number of a column: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _is_true(text: str | None) -> bool:
    return text in ("1", "true")


def _hidden_columns(columns: Iterable[Any]) -> Iterator[int]:
    for column in columns:
        if _is_true(column.get("hidden")) or float(column.get("width", "9")) == 0:
            yield from range(max(1, int(column.attrib["min"])), min(int(column.attrib["max"]), _LAST_COLUMN) + 1)


def _area(reference: str) -> Area:
    corners = _AREA.fullmatch(reference.replace("$", ""))
    if corners is None:
        raise ValueError(f"area {reference}")
    left, top = column_number(corners[1]), int(corners[2])
    right, bottom = (column_number(corners[3]), int(corners[4])) if corners[3] else (left, top)
    return Area(top, left, bottom, right)


def change_beneath(rows: dict[int, dict[int, Content]], area: Area, change: Callable[[Content], Content]) -> None:
    """Change what an area holds in all its cells but the first."""
    for row in (row for row in rows if area.top <= row <= area.bottom):
        for column, content in rows[row].items():
            if area.holds(row, column) and (row, column) != (area.top, area.left):
                rows[row][column] = change(content)
