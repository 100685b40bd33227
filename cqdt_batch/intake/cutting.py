"""Read a sheet that is written as the usual programs write one, by cutting it at the ends of its rows and cells.

The forms of a round are alike: nearly all their cells stand in every one of them, letter by letter. So each piece of
text is looked at once, however many forms it stands in. What is written in any other way is left to the parser.

Cutting is sound because no comment, CDATA section or instruction is let through: outside those, a `<` can only begin
a tag, so that `</row>` and `</c>` are what they look like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple
from xml.etree import ElementTree as ET
from xml.sax.saxutils import unescape

from cqdt_batch.intake.formats import unescaped
from cqdt_batch.intake.parsing import frame_of, namespace_of
from cqdt_batch.intake.written import Frame, UnusualError, WrittenCell, WrittenRow, array_of, is_hidden, place_of, seen

_MOST_PIECES = 8_192
"""How many pieces of text are remembered from file to file: a worker's memory has a limit."""
_LONGEST_PIECE = 4_096
"""Bytes: longer cells are nobody's label."""


_BEGINNING = re.compile(
    rb"""(?:<\?xml version=["']1\.0["'](?: encoding=["'](?:utf|UTF)-8["'])?"""
    rb"""(?: standalone=["'](?:yes|no)["'])? ?\?>\s*)?<\w"""
)
"""The first characters of a sheet: perhaps the declaration that it is UTF-8."""


def cut(part: bytes) -> tuple[Frame, Iterator[WrittenRow]]:
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
def _framed(head: bytes, tail: bytes) -> Frame:
    """Read what stands around the rows; the parser finds out whether it is sound."""
    if any(sign in head[1:] or sign in tail for sign in (b"<!", b"<?", b"&#")):
        raise UnusualError
    try:
        root = ET.fromstring(b"<sheetData/>".join((head, tail)))  # noqa: S314 - no entity was let pass
    except ET.ParseError as damage:
        raise UnusualError from damage
    tag = namespace_of(root)
    if root.find(f"{tag}sheetData") is None or len(root.findall(f".//{tag}sheetData")) > 1:
        raise UnusualError
    return frame_of(root, tag)


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
    place = 0
    while place < len(rest):
        end = rest.find(b">", place) + 1
        number, is_hidden, is_empty = _row_tag(rest[place:end])
        place = end
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
        return int(attributes.get("r", "0")), is_hidden(attributes), bool(tag[2])
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
    return WrittenCell(row, first, column, kind, style, None, seen(unescaped(_plain(inline))))


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
        inline=seen(unescaped(_plain(cell["inline"]))),
        formula=None if cell["about"] is None else _plain(cell["formula"]),
        array=array_of(about),
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
