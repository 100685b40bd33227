"""Read the sheet of an Excel workbook: from its XML to plain cells.

The forms of a round are alike: nearly all their cells stand in every one of them, letter by letter. So a sheet that
is written as the usual programs write one is cut at the ends of its rows and cells, and each piece of text is looked
at once, however many forms it stands in. What is written in any other way goes through an XML parser. Both lead to
the same `WrittenRow`s, and tests hold them against each other.

Cutting is sound because no comment, CDATA section or instruction is let through: outside those, a `<` can only begin
a tag, so that `</row>` and `</c>` are what they look like.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET
from xml.sax.saxutils import unescape

from cqdt_batch.cells import Area, Content, Covered, ErrorValue, Formula, Grid, Masked, as_typed
from cqdt_batch.intake.formats import decimals_shown, number, unescaped

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})", re.ASCII)
_AREA = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})(?::([A-Z]{1,3})([1-9]\d{0,6}))?", re.ASCII)
_LAST_COLUMN = 16_384
_MOST_PIECES = 8_192
"""How many pieces of text are remembered from file to file: a worker's memory has a limit."""
_LONGEST_PIECE = 4_096
"""Bytes: longer cells are nobody's label."""
_RAISED = frozenset({"vertAlign", "strike", "dstrike"})


class UnusualError(Exception):
    """A sheet that is not written as the usual programs do: for the parser to judge."""


class WrittenCell(NamedTuple):
    """A cell as the file has it, before anybody looks up what its style and its string stand for.

    It stands for the empty ones before it too, from the column `first` on. `kind` and `style` are the short name of
    its type and the number of its style. `array` is the range of a formula that fills several cells.
    """

    row: int
    first: int
    column: int
    kind: str
    style: str
    shown: str | None = None
    inline: str | None = None
    formula: str | None = None
    array: str | None = None


class WrittenRow(NamedTuple):
    """A row with its number (0 where it only follows the one before), and its cells."""

    number: int
    is_hidden: bool
    cells: Iterable[WrittenCell]


class _Frame(NamedTuple):
    """What a sheet says around its rows."""

    merged: tuple[Area, ...]
    hidden_columns: frozenset[int]


@dataclass(slots=True)
class SheetReader:
    """Reads the sheets of one workbook, all with its strings, number formats by cell style, and calendar."""

    strings: list[str]
    formats: tuple[str, ...]
    is_1904: bool
    arrays: list[str] = field(default_factory=list)
    decimals: dict[tuple[int, int], int] = field(default_factory=dict)
    looks: dict[str, tuple[str, int | None]] = field(default_factory=dict)

    def grid(self, part: bytes, parsed: Callable[[], Any], name: str, *, is_hidden: bool) -> Grid:
        """Read a whole sheet; `parsed` is its root element, for sheets that need the parser.

        ValueError, KeyError or ParseError where the sheet is not sound.
        """
        self.arrays, self.decimals = [], {}
        try:
            return self._grid(*_cut(part), name, is_hidden=is_hidden)
        except UnusualError:
            self.arrays, self.decimals = [], {}
            return self._grid(*_walked(parsed()), name, is_hidden=is_hidden)

    def _grid(self, frame: _Frame, written: Iterable[WrittenRow], name: str, *, is_hidden: bool) -> Grid:
        rows: dict[int, dict[int, Content]] = {}
        hidden = set()
        last = 0
        for row in written:
            last = _next(last, row.number or last + 1)
            if row.is_hidden:
                hidden.add(last)
            if cells := self._cells(row.cells, last):
                rows[last] = cells
        for array in self.arrays:
            change_beneath(rows, _area(array), lambda content: Formula(f"={as_typed(content)}"))
        for area in frame.merged:
            change_beneath(rows, area, lambda content: Covered(as_typed(content)))
        return Grid(
            sheet=name,
            rows=rows,
            hidden_rows=frozenset(hidden),
            hidden_columns=frame.hidden_columns,
            is_hidden=is_hidden,
            decimals=self.decimals,
            merged=frame.merged,
        )

    def _cells(self, written: Iterable[WrittenCell], number: int) -> dict[int, Content]:
        """Read the filled cells of a row by their columns."""
        cells: dict[int, Content] = {}
        last = 0
        for cell in written:
            row, first, column, kind, style, shown, inline, formula, _ = cell
            if row != number or first <= last:
                raise ValueError(f"cell {row}:{column} behind {number}:{last}")
            last = column
            if kind == "inlineStr" and formula is None:
                content: Content | None = inline
            elif kind == "n" and formula is None:
                content = self._number(shown, style) if shown else None
            else:
                content = self._content(cell)
                if isinstance(content, str) and not content.strip():
                    continue
            if content is None:
                continue
            cells[column] = content
            if kind == "n" and (decimals := self._look(style)[1]) is not None:
                self.decimals[number, column] = decimals
        return cells

    def _content(self, cell: WrittenCell) -> Content | None:
        value = self._value(cell)
        if cell.formula is None:
            return value
        if cell.array is not None:
            self.arrays.append(cell.array)
        return Formula(f"={cell.formula}", value.number if isinstance(value, Masked) else value)

    def _value(self, cell: WrittenCell) -> Content | None:
        kind, raw = cell.kind, cell.shown
        if kind == "inlineStr":
            return cell.inline
        if raw is None or (raw == "" and kind != "str"):
            return None
        match kind:
            case "n":
                return self._number(raw, cell.style)
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

    def _number(self, raw: str, style: str) -> Content:
        return _numeric(raw, self._look(style)[0], self.is_1904)

    def _look(self, style: str) -> tuple[str, int | None]:
        """The number format of a cell style, and how many decimals it shows."""
        if style not in self.looks:
            index = _index(style)
            code = self.formats[index] if index or self.formats else "General"
            self.looks[style] = code, decimals_shown(code)
        return self.looks[style]


@lru_cache(maxsize=_MOST_PIECES)
def _numeric(raw: str, code: str, is_1904: bool) -> Content:
    if not _NUMBER.fullmatch(raw):
        return ErrorValue(raw)
    binary = float(raw)
    if not math.isfinite(binary):
        return ErrorValue("INF")
    return number(binary, code, is_1904=is_1904)


def _index(raw: str) -> int:
    index = int(raw)
    if index < 0:
        raise ValueError(f"index {raw}")
    return index


def _next(last: int, number: int) -> int:
    """Rows and cells stand in increasing order, or two programs would read two different cells."""
    if number <= last:
        raise ValueError(f"{number} after {last}")
    return number


def _is_hidden(attributes: dict[str, str]) -> bool:
    return _is_true(attributes.get("hidden")) or float(attributes.get("ht", "1")) == 0


def _is_true(text: str | None) -> bool:
    return text in ("1", "true")


# ---- as the usual programs write a sheet


_BEGINNING = re.compile(
    rb"""(?:<\?xml version=["']1\.0["'](?: encoding=["'](?:utf|UTF)-8["'])?"""
    rb"""(?: standalone=["'](?:yes|no)["'])? ?\?>\s*)?<\w"""
)
"""The first characters of a sheet: perhaps the declaration that it is UTF-8."""


def _cut(part: bytes) -> tuple[_Frame, Iterator[WrittenRow]]:
    """Cut a sheet into its rows; UnusualError, perhaps only later, where that is not certain to be right."""
    if not _BEGINNING.match(part):
        raise UnusualError
    head, opened, rest = part.partition(b"<sheetData>")
    body, closed, tail = rest.partition(b"</sheetData>")
    if not (opened and closed) or (b"x14ac:" in body and b'xmlns:x14ac="' not in head):
        raise UnusualError
    return _framed(head, _without_headers(tail)), _rows_in(body)


def _without_headers(tail: bytes) -> bytes:
    """Leave out what is printed above and below every page, where every form has its unit's name."""
    place = tail.rfind(b"<headerFooter")
    headers = _HEADERS.match(tail, place) if place >= 0 else None
    if headers is None or any(map(_is_unclear, _TEXTS.findall(_decoded(headers[0])))):
        return tail
    return tail[:place] + tail[headers.end() :]


_HEADERS = re.compile(
    rb'<headerFooter(?: [a-zA-Z]+="[a-z0-9]*")*>'
    rb"(?:<((?:odd|even|first)(?:Header|Footer))(?: ?/>|>([^<]*)</\1>))*</headerFooter>"
)
_TEXTS = re.compile(">([^<]+)<")


def _is_unclear(text: str) -> bool:
    """Tell whether the parser should look at a text."""
    return not text.isprintable() or "]]>" in text or _STRANGE_ENTITY.search(text) is not None


@lru_cache(maxsize=256)
def _framed(head: bytes, tail: bytes) -> _Frame:
    """Read what stands around the rows; the parser finds out whether it is sound."""
    if any(sign in head[1:] or sign in tail for sign in (b"<!", b"<?", b"&#")):
        raise UnusualError
    try:
        root = ET.fromstring(b"<sheetData/>".join((head, tail)))  # noqa: S314 - no entity was let pass
    except ET.ParseError as damage:
        raise UnusualError from damage
    tag = _namespace(root)
    if root.find(f"{tag}sheetData") is None or len(root.findall(f".//{tag}sheetData")) > 1:
        raise UnusualError
    return _frame(root, tag)


_END_OF_ROW, _END_OF_CELL = b"</row>", b"</c>"


def _rows_in(body: bytes) -> Iterator[WrittenRow]:
    *closed, rest = body.split(_END_OF_ROW)
    for text in closed:
        place = 0
        while True:
            end = text.find(b">", place) + 1
            number, is_hidden, is_empty = _row_tag(text[place:end])
            place = end
            if not is_empty:
                break
            yield WrittenRow(number, is_hidden, ())
        yield WrittenRow(number, is_hidden, _cells_in(text[place:]))
    while rest:
        tag, sign, rest = rest.partition(b">")
        number, is_hidden, is_empty = _row_tag(tag + sign)
        if not is_empty:
            raise UnusualError
        yield WrittenRow(number, is_hidden, ())


_ATTRIBUTE = re.compile(r' ([a-zA-Z]+)="([^"<>&\r\n\t]*)"')
_ROW = re.compile(r'\s*<row((?: [a-zA-Z]+="[^"<>&\r\n\t]*")*)(?: x14ac:dyDescent="[0-9.]+")? ?(/?)>')


@lru_cache(maxsize=_MOST_PIECES)
def _row_tag(text: bytes) -> tuple[int, bool, bool]:
    """Read the tag that opens a row: its number, whether it is hidden, and whether it is all there is."""
    tag = _ROW.fullmatch(_decoded(text))
    if tag is None:
        raise UnusualError
    attributes = _attributes(tag[1])
    try:
        return int(attributes.get("r", "0")), _is_hidden(attributes), bool(tag[2])
    except ValueError as unclear:
        raise UnusualError from unclear


def _attributes(text: str) -> dict[str, str]:
    found = _ATTRIBUTE.findall(text)
    attributes = dict(found)
    if len(attributes) < len(found):
        raise UnusualError
    return attributes


def _cells_in(text: bytes) -> list[WrittenCell]:
    *filled, rest = text.split(_END_OF_CELL)
    cells = [_known.get(piece) or _remembered(piece) for piece in filled]
    return [*cells, _blank(rest)] if rest else cells


_known: dict[bytes, WrittenCell] = {}
"""The cells that were read before, by what is written: those that all forms have alike are soon among them."""


def _remembered(text: bytes) -> WrittenCell:
    cell = _ending(_decoded(text))
    if len(text) <= _LONGEST_PIECE:
        if len(_known) >= _MOST_PIECES:
            _known.clear()
        _known[text] = cell
    return cell


_OPENED = r'<c((?: [a-zA-Z]+="[^"<>&\r\n\t]*")*) ?'
_BLANK = re.compile(rf"{_OPENED}/>")
_FILLED = re.compile(
    rf"(?P<tag>{_OPENED}>)"
    r'(?:<f(?P<about>(?: [a-zA-Z0-9]+="[^"<>&\r\n\t]*")*) ?(?:/>|>(?P<formula>[^<]*)</f>))?'
    r'(?P<value><v ?(?:/>|(?: ?xml:space="preserve")?>(?P<shown>[^<]*)</v>))?'
    r'(?:<is><t(?: xml:space="preserve")?>(?P<inline>[^<]*)</t></is>)?'
)
_ODD = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|\\]\\]>")
"""What no XML text may hold, and line ends that a parser would change."""


def _ending(text: str) -> WrittenCell:
    """Read a filled cell whose closing tag was cut off, and the empty cells before it."""
    if (">" in text and "]]>" in text) or (not text.isprintable() and _ODD.search(text)):
        raise UnusualError
    tag, sign, inside = text.partition("><is><t>")
    inline = inside[:-_END_OF_TEXT]
    if not sign or ">" in tag or "<" in inline or inside[-_END_OF_TEXT:] != "</t></is>":
        return _filled(text)
    row, first, column, kind, style, *_ = _tag(tag)
    return WrittenCell(row, first, column, kind, style, None, _seen(unescaped(_plain(inline))))


_END_OF_TEXT = len("</t></is>")


def _filled(text: str) -> WrittenCell:
    blanks = _blanks(text)
    cell = _FILLED.fullmatch(text, blanks.end if blanks else 0)
    if cell is None:
        raise UnusualError
    about = _attributes(cell["about"] or "")
    opened = _tag(cell["tag"][:-1])
    return _behind(blanks, opened)._replace(
        shown=_plain(cell["shown"]) if cell["value"] else None,
        inline=_seen(unescaped(_plain(cell["inline"]))),
        formula=None if cell["about"] is None else _plain(cell["formula"]),
        array=_array(about),
    )


@lru_cache(maxsize=_MOST_PIECES)
def _blank(written: bytes) -> WrittenCell:
    """Read cells of which none holds anything."""
    text = _decoded(written)
    blanks = _blanks(text)
    if blanks is None or blanks.end < len(text):
        raise UnusualError
    return blanks.cell


class _Blanks(NamedTuple):
    """The empty cells that a text begins with, and where they end in it."""

    cell: WrittenCell
    end: int


def _blanks(text: str) -> _Blanks | None:
    found, place = None, 0
    while blank := _BLANK.match(text, place):
        place = blank.end()
        found = _Blanks(_behind(found, _opened(blank[1])), place)
    return found


def _behind(blanks: _Blanks | None, cell: WrittenCell) -> WrittenCell:
    """A cell that stands for those before it too; they are of one row and in increasing order."""
    if blanks is None:
        return cell
    before = blanks.cell
    if before.row != cell.row or before.column >= cell.column:
        raise UnusualError
    return cell._replace(first=before.first)


@lru_cache(maxsize=_MOST_PIECES)
def _tag(text: str) -> WrittenCell:
    """Read the tag that opens a filled cell, but for its last sign."""
    tag = _TAG.fullmatch(text)
    if tag is None:
        raise UnusualError
    return _opened(tag[1])


_TAG = re.compile(_OPENED)


def _opened(text: str) -> WrittenCell:
    """A cell without its content, by the attributes of its tag."""
    attributes = _attributes(text)
    try:
        row, column = place_of(attributes["r"])
    except (KeyError, ValueError) as unclear:
        raise UnusualError from unclear
    return WrittenCell(row, column, column, attributes.get("t", "n"), attributes.get("s", "0"))


def _decoded(written: bytes) -> str:
    try:
        return written.decode()
    except UnicodeDecodeError as damage:
        raise UnusualError from damage


def _plain(text: str | None) -> str:
    """A text as a parser would give it."""
    if not text or "&" not in text:
        return text or ""
    if _STRANGE_ENTITY.search(text):
        raise UnusualError
    return unescape(text, {"&quot;": '"', "&apos;": "'"})


_STRANGE_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)")


# ---- as the parser reads any sheet


def _walked(root: Any) -> tuple[_Frame, Iterator[WrittenRow]]:
    """Read a sheet that was parsed."""
    tag = _namespace(root)
    return _frame(root, tag), _rows_below(root, tag)


def _namespace(root: Any) -> str:
    tag: str = root.tag
    if not tag.endswith("worksheet"):
        raise ValueError(f"no worksheet: {tag}")
    return tag.removesuffix("worksheet")


def _frame(root: Any, tag: str) -> _Frame:
    merged = tuple(_area(one.attrib["ref"]) for one in root.iterfind(f"{tag}mergeCells/{tag}mergeCell"))
    return _Frame(merged, frozenset(_hidden_columns(root.iterfind(f"{tag}cols/{tag}col"))))


def _rows_below(root: Any, tag: str) -> Iterator[WrittenRow]:
    last = 0
    for row in root.iterfind(f"{tag}sheetData/{tag}row"):
        last = int(row.get("r", last + 1))
        yield WrittenRow(last, _is_hidden(row.attrib), _cells_below(row, last, tag))


def _cells_below(row: Any, number: int, tag: str) -> Iterator[WrittenCell]:
    last = 0
    for cell in row.iterfind(f"{tag}c"):
        reference = cell.get("r")
        at, last = (number, last + 1) if reference is None else place_of(reference)
        opened = WrittenCell(at, last, last, cell.get("t", "n"), cell.get("s", "0"))
        yield _with_content(opened, cell, tag) if len(cell) else opened


def _with_content(opened: WrittenCell, cell: Any, tag: str) -> WrittenCell:
    found = {child.tag: child for child in cell}
    if len(found) < len(cell):
        raise ValueError(f"something twice in cell {cell.get('r')}")
    shown, formula, inline = (found.get(f"{tag}{name}") for name in ("v", "f", "is"))
    return opened._replace(
        shown=plain_text(shown) if shown is not None else None,
        inline=_seen(text_of(inline)) if inline is not None else None,
        formula=plain_text(formula) if formula is not None else None,
        array=_array({} if formula is None else formula.attrib),
    )


def _seen(text: str) -> str | None:
    """A text that somebody can see; None for one of nothing but white space."""
    return text if text and not text.isspace() else None


def _array(about: dict[str, str]) -> str | None:
    """The range that a formula fills, if it fills one, by the attributes of its element."""
    return about.get("ref", "") if about.get("t") in ("array", "dataTable") else None


def plain_text(element: Any) -> str:
    """The text of an element that holds nothing else; ValueError where markup stands in it."""
    if len(element):
        raise ValueError(f"markup in {element.tag}")
    return element.text or ""


def text_of(item: Any) -> str:
    """A string that may be cut into runs; the phonetic reading beside it is no part of it.

    Digits of which some are raised or struck out are no number: 2 with a small 1 is not 21.
    """
    if len(item) == 1 and item[0].tag.endswith("}t"):
        return unescaped(plain_text(item[0]))
    pieces: list[str] = []
    is_raised = False
    for child in item:
        match local(child.tag):
            case "t":
                pieces.append(plain_text(child))
            case "r":
                pieces += [plain_text(t) for t in child if local(t.tag) == "t"]
                is_raised = is_raised or any(local(look.tag) in _RAISED for p in child for look in p)
    text = unescaped("".join(pieces))
    is_number_like = is_raised and any(map(str.isdigit, text))
    return "^" + "^".join(pieces) if is_number_like else text


def local(tag: str) -> str:
    """The name of an element without that of its namespace."""
    return tag.rpartition("}")[2]


# ---- places


def place_of(reference: str) -> tuple[int, int]:
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
