"""Read a sheet that is written as the usual programs write one, by cutting it at the ends of its rows and cells.

The forms of a round are alike: nearly all their cells stand in every one of them, letter by letter. So each piece of
text is looked at once, however many forms it stands in. What is written in any other way is left to the parser.

Cutting is sound because no comment, CDATA section or instruction is let through: outside those, a `<` can only begin
a tag, so that `</row>` and `</c>` are what they look like.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple, TypeVar
from xml.etree import ElementTree as ET
from xml.sax.saxutils import unescape

from cqdt_batch.intake.contents import CellReader, ReadCell, ReadRow, row_of
from cqdt_batch.intake.formats import unescaped
from cqdt_batch.intake.parsing import frame_of, local, namespace_of
from cqdt_batch.intake.written import (
    Frame,
    UnusualError,
    WrittenCell,
    array_of,
    column_number,
    is_hidden,
    place_of,
    seen,
)

_MOST_PIECES, _MOST_BYTES = 8_192, 2 * 1024 * 1024
"""How many pieces of text, of how many bytes, are remembered from file to file: a worker's memory has a limit."""
_LONGEST_PIECE = 2_048
"""Bytes: longer cells are nobody's label."""


_BEGINNING = re.compile(
    rb"""(?:<\?xml version=["']1\.0["'](?: encoding=["'](?:utf|UTF)-8["'])?"""
    rb"""(?: standalone=["'](?:yes|no)["'])? ?\?>\s*)?<\w"""
)
"""The first characters of a sheet: perhaps the declaration that it is UTF-8."""


class Cutter:
    """Cuts sheets, and remembers from file to file what it read: the cells that all forms have alike, and their rows.

    A row is remembered once its cells are plain or were known before, so that those with a unit's own words are not.
    """

    def __init__(self, reader: CellReader) -> None:
        self._reader = reader
        self._filled = _Known(self._cell)
        self._blank = _Known(lambda piece: reader.read(_blank(piece)))
        self._rows: _Kept[list[ReadRow]] = _Kept()

    def cut(self, part: bytes) -> tuple[Frame, Iterator[ReadRow]]:
        """Cut a sheet into its rows; UnusualError, perhaps only later, where that is not certain to be right."""
        if not _BEGINNING.match(part):
            raise UnusualError
        head, opened, rest = part.partition(b"<sheetData>")
        body, closed, tail = rest.partition(b"</sheetData>")
        if not (opened and closed) or (_ADDED in body and not _DECLARED.search(head)):
            raise UnusualError
        framed = _framed_once if len(head) + len(tail) <= _LONGEST_FRAME else _framed
        return framed(head, _without_headers(tail)), self._rows_in(body)

    def _rows_in(self, body: bytes) -> Iterator[ReadRow]:
        *closed, rest = body.split(_END_OF_ROW)
        for text in closed:
            yield from self._rows.get(text) or self._read(text)
        rows, opened, _ = _empty_rows(rest)
        if opened is not None:
            raise UnusualError
        yield from rows

    def _read(self, text: bytes) -> list[ReadRow]:
        """Read a row whose closing tag was cut off, and the empty ones before it."""
        known = len(self._filled)
        rows, opened, end = _empty_rows(text)
        if opened is None:
            raise UnusualError
        cells = self._plain_cells(text[end:]) if _PLAIN_CELLS.fullmatch(text, end) else self._cells_in(text[end:])
        rows.append(row_of(opened.number, cells, is_hidden=opened.is_hidden))
        if len(self._filled) == known:
            self._rows.keep(text, rows)
        return rows

    def _plain_cells(self, text: bytes) -> Iterator[ReadCell]:
        """Read cells that are empty or hold a number or a string of the workbook: in less time than to look them up."""
        for letters, row, style, kind, shown in _PLAIN_CELL.findall(text.decode()):
            column = column_number(letters)
            yield self._reader.read(WrittenCell(int(row), column, column, kind or "n", style or "0", shown or None))

    def _cell(self, piece: bytes) -> ReadCell:
        """Read a filled cell whose closing tag was cut off, and the empty cells before it.

        Words, which every unit has others of, are what they are in any format.
        """
        tag, _, rest = piece.partition(b"><is><t>")
        if rest.endswith(_END_OF_WORDS) and (opened := _tags[tag]) is not None and opened.kind == "inlineStr":
            return ReadCell(opened.row, opened.first, opened.column, _words(rest[: -len(_END_OF_WORDS)]))
        return self._reader.read(_written(piece))

    def _cells_in(self, text: bytes) -> list[ReadCell]:
        *filled, blank = text.split(_END_OF_CELL)
        cells = list(map(self._filled.__getitem__, filled))
        return [*cells, self._blank[blank]] if blank else cells


_END_OF_ROW, _END_OF_CELL = b"</row>", b"</c>"
_END_OF_WORDS, _END_OF_NUMBER = b"</t></is>", b"</v>"
_PLACED = r' r="([A-Z]{1,3})([1-9][0-9]{0,6})"(?: s="([0-9]+)")?'
"""What the tag of nearly every cell begins with: its place and its style."""

_PLAIN = rf'<c{_PLACED}(?: t="([ns])")?(?:/>|><v>([0-9.]+)</v></c>)'
_PLAIN_CELL = re.compile(_PLAIN)
_PLAIN_CELLS = re.compile(rf"(?:{_PLAIN})+".encode())
"""Cells that are empty or hold a number or a string of the workbook."""

_ADDED = b' x14ac:dyDescent="'
"""What Excel writes into the tag of a row, with a prefix that the sheet must declare."""

_DECLARED = re.compile(rb'<worksheet [^<>]*xmlns:x14ac="')
_Found = TypeVar("_Found")


class _Kept(dict[bytes, _Found]):
    """What is remembered, by what is written."""

    def __init__(self) -> None:
        super().__init__()
        self._bytes = 0

    def keep(self, written: bytes, found: _Found) -> None:
        """Remember what was read, unless it is too long."""
        size = len(written)
        if size > _LONGEST_PIECE:
            return
        if len(self) >= _MOST_PIECES or self._bytes + size > _MOST_BYTES:
            self.clear()
            self._bytes = 0
        self[written] = found
        self._bytes += size


class _Known(_Kept[_Found]):
    """What is read once."""

    def __init__(self, read: Callable[[bytes], _Found]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, written: bytes) -> _Found:
        found = self._read(written)
        self.keep(written, found)
        return found


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


def _framed(head: bytes, tail: bytes) -> Frame:
    """Read what stands around the rows; the parser finds out whether it is sound."""
    if any(sign in head[1:] or sign in tail for sign in (b"<!", b"<?", b"&#")):
        raise UnusualError
    try:
        root = ET.fromstring(b"<sheetData/>".join((head, tail)))  # noqa: S314 - no entity was let pass
    except ET.ParseError as damage:
        raise UnusualError from damage
    tag = namespace_of(root)
    if [element for element in root.iter() if local(element.tag) == "sheetData"] != [root.find(f"{tag}sheetData")]:
        raise UnusualError  # the rows that were cut out are not the sheet's, or not all of them
    return frame_of(root, tag)


_framed_once = lru_cache(maxsize=256)(_framed)
_LONGEST_FRAME = 65_536
"""Bytes: what stands around the rows of a longer sheet is no blank form's."""

_ATTRIBUTE = re.compile(r' ([a-zA-Z][a-zA-Z0-9]*)="([^"<>&\r\n\t]*)"')
_ROW = re.compile(r'\s*<row((?: [a-zA-Z]+="[^"<>&\r\n\t]*")*)(?: x14ac:dyDescent="[0-9.]+")? ?(/?)>')


class _RowTag(NamedTuple):
    """The tag that opens a row; an empty row has no other."""

    number: int
    is_hidden: bool
    is_empty: bool


def _row_tag(text: bytes) -> _RowTag:
    tag = _ROW.fullmatch(_sound(_decoded(text)))
    if tag is None:
        raise UnusualError
    attributes = _attributes(tag[1])
    try:
        return _RowTag(int(attributes["r"]), is_hidden(attributes), bool(tag[2]))
    except (KeyError, ValueError) as unclear:
        raise UnusualError from unclear


_row_tags = _Known(_row_tag)


def _empty_rows(text: bytes) -> tuple[list[ReadRow], _RowTag | None, int]:
    """The rows without cells that a text begins with, the tag that opens the next one, and where that tag ends."""
    rows: list[ReadRow] = []
    place = 0
    while place < len(text):
        end = text.find(b">", place) + 1
        tag = _row_tags[text[place:end]]
        if not tag.is_empty:
            return rows, tag, end
        rows.append(ReadRow(tag.number, tag.is_hidden, {}))
        place = end
    return rows, None, place


def _attributes(text: str) -> dict[str, str]:
    found = _ATTRIBUTE.findall(text)
    attributes = dict(found)
    if len(attributes) < len(found) or "xmlns" in attributes:
        raise UnusualError
    return attributes


_OPENED = r'<c((?: [a-zA-Z]+="[^"<>&\r\n\t]*")*) ?'
_BLANK = re.compile(rf"{_OPENED}/>")
_FILLED = re.compile(
    rf"{_OPENED}>"
    r'(?:<f(?P<about>(?: [a-zA-Z][a-zA-Z0-9]*="[^"<>&\r\n\t]*")*) ?(?:/>|>(?P<formula>[^<]*)</f>))?'
    r'(?P<value><v(?: ?/>|(?: xml:space="preserve")?>(?P<shown>[^<]*)</v>))?'
    r'(?:<is><t(?: xml:space="preserve")?>(?P<inline>[^<]*)</t></is>)?'
)
_ODD = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|\\]\\]>")
"""What no XML text may hold, and line ends that a parser would change."""


def _written(piece: bytes) -> WrittenCell:
    """What is written in such a piece; plain numbers, too, are read the short way."""
    tag, _, rest = piece.partition(b"><v>")
    if rest.endswith(_END_OF_NUMBER) and (opened := _tags[tag]) is not None:
        row, first, column, kind, style, *_ = opened
        return WrittenCell(row, first, column, kind, style, _text(rest[: -len(_END_OF_NUMBER)]))
    return _filled(_decoded(piece))


def _text(written: bytes) -> str:
    """What stands between two tags, as a parser would give it."""
    text = _decoded(written)
    if "<" in text:
        raise UnusualError
    return _plain(_sound(text))


def _words(written: bytes) -> str | None:
    """Words in a cell as somebody sees them; most hold no sign that stands for another."""
    text = _decoded(written)
    if "<" in text or ">" in text or "&" in text or "_x" in text or not text.isprintable():
        text = unescaped(_text(written))
    return seen(text)


def _sound(text: str) -> str:
    """The same text; UnusualError where it holds what may not stand in a sheet."""
    if (">" in text and "]]>" in text) or (not text.isprintable() and _ODD.search(text)):
        raise UnusualError
    return text


def _filled(text: str) -> WrittenCell:
    blanks = _blanks(_sound(text))
    cell = _FILLED.fullmatch(text, blanks.end if blanks else 0)
    if cell is None:
        raise UnusualError
    about = _attributes(cell["about"] or "")
    return _behind(blanks, _opened(cell[1]))._replace(
        shown=_plain(cell["shown"]) if cell["value"] else None,
        inline=seen(unescaped(_plain(cell["inline"]))),
        formula=None if cell["about"] is None else _plain(cell["formula"]),
        array=array_of(about),
    )


def _blank(written: bytes) -> WrittenCell:
    """Read cells of which none holds anything."""
    text = _sound(_decoded(written))
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
    return WrittenCell(cell.row, before.first, *cell[2:])


def _tag(written: bytes) -> WrittenCell | None:
    """Read empty cells and the tag that opens the filled one behind them, but for its last sign; None if it is more."""
    text = _decoded(written)
    if text.startswith("<c ") and (usual := _USUAL.fullmatch(text, len("<c"))):
        return _usual(usual)
    blanks = _blanks(_sound(text))
    tag = _TAG.fullmatch(text, blanks.end if blanks else 0)
    return None if tag is None else _behind(blanks, _opened(tag[1]))


_TAG = re.compile(_OPENED)
_tags = _Known(_tag)


def _opened(text: str) -> WrittenCell:
    """A cell without its content, by the attributes of its tag."""
    if usual := _USUAL.fullmatch(text):
        return _usual(usual)
    attributes = _attributes(text)
    try:
        row, column = place_of(attributes["r"])
    except (KeyError, ValueError) as unclear:
        raise UnusualError from unclear
    return WrittenCell(row, column, column, attributes.get("t", "n"), attributes.get("s", "0"))


_USUAL = re.compile(rf'{_PLACED}(?: t="([a-zA-Z]+)")?')
"""The attributes of nearly all cells."""


def _usual(attributes: re.Match[str]) -> WrittenCell:
    letters, row, style, kind = attributes.groups()
    column = column_number(letters)
    return WrittenCell(int(row), column, column, kind or "n", style or "0")


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
