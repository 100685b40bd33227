"""Read a sheet that is written as the usual programs write one, by cutting it at the ends of its rows and cells.

The forms of a round are alike: nearly all their cells stand in every one of them, letter by letter. So each piece of
text is looked at once, however many forms it stands in. What is written in any other way is left to the parser.

Cutting is sound because no comment, CDATA section or instruction is let through: outside those, a `<` can only begin
a tag, so that `</row>` and `</c>` are what they look like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple
from xml.etree import ElementTree as ET

from cqdt_batch.intake.beginnings import Beginning
from cqdt_batch.intake.contents import CellReader, ReadCell, ReadRow, row_of
from cqdt_batch.intake.kept import Kept, Known
from cqdt_batch.intake.parsing import frame_of, local, namespace_of
from cqdt_batch.intake.pieces import END_OF_CELL, Cells, attributes, decoded, is_unclear, sound
from cqdt_batch.intake.written import Frame, UnusualError, is_hidden

_BEGINNING = re.compile(
    rb"""(?:<\?xml version=["']1\.0["'](?: encoding=["'](?:utf|UTF)-8["'])?"""
    rb"""(?: standalone=["'](?:yes|no)["'])? ?\?>\s*)?<\w"""
)
"""The first characters of a sheet: perhaps the declaration that it is UTF-8."""


_END_OF_ROW = b"</row>"

_ADDED = b' x14ac:dyDescent="'
"""What Excel writes into the tag of a row, with a prefix that the sheet must declare."""

_DECLARED = re.compile(rb'<worksheet [^<>]*xmlns:x14ac="')

_MOST_BEGINNINGS = 8
"""In so many ways may rows begin behind one tag and be remembered: a round has a form for every block."""


class Cutter:
    """Cuts sheets, and remembers from file to file what it read: the cells that all forms have alike, and their rows.

    A row is remembered once its cells are plain or were known before, so that those with a unit's own words are not.
    Of such a row it is remembered how it begins: code, label and maximum stand before what the unit typed.
    """

    def __init__(self, reader: CellReader) -> None:
        self._cells = Cells(reader)
        self._rows: Kept[list[ReadRow]] = Kept()
        self._beginnings: Kept[tuple[Beginning, ...]] = Kept()
        self._met: Kept[list[bytes]] = Kept()

    def cut(self, part: bytes) -> tuple[Frame, Iterator[ReadRow]]:
        """Cut a sheet into its rows; UnusualError, perhaps only later, where that is not certain to be right."""
        if not _BEGINNING.match(part):
            raise UnusualError
        head, opened, rest = part.partition(b"<sheetData>")
        body, closed, tail = rest.rpartition(b"</sheetData>")
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
        for beginning in self._beginnings.get(_first_tag(text), ()):
            if text.startswith(beginning.written):
                return beginning.continued(text)
        known = self._cells.known
        rows = self._whole(text)
        if self._cells.known == known:
            self._rows.keep(text, rows)
        return rows

    def _whole(self, text: bytes) -> list[ReadRow]:
        before, opened, end = _empty_rows(text)
        if opened is None:
            raise UnusualError
        plain = self._cells.plain(text, end)
        cells = list(plain) if plain else self._cells.read(text[end:])
        if not plain:
            self._learn(text, before, opened, cells)
        return [*before, row_of(opened.number, cells, is_hidden=opened.is_hidden)]

    def _learn(self, text: bytes, before: Sequence[ReadRow], opened: _RowTag, cells: Sequence[ReadCell]) -> None:
        """Remember with which cells a row begins, if they are most of it and another one behind such a tag began so."""
        tag = _first_tag(text)
        *pieces, _ = text.split(END_OF_CELL)
        met = self._met.get(tag, [])
        self._met.keep(tag, pieces, len(text))
        alike = [piece for piece, other in takewhile(lambda both: both[0] == both[1], zip(pieces, met, strict=False))]
        written = b"".join(piece + END_OF_CELL for piece in alike)
        if 2 * len(written) <= len(text):
            return
        first = cells[: len(alike)]
        row = row_of(opened.number, first, is_hidden=opened.is_hidden)
        beginning = Beginning(written, before, row, first[-1].column, self._cells)
        others = self._beginnings.get(tag, ())[: _MOST_BEGINNINGS - 1]
        self._beginnings.keep(tag, (beginning, *others), len(written))


def _first_tag(text: bytes) -> bytes:
    return text[: text.find(b">") + 1]


def _without_headers(tail: bytes) -> bytes:
    """Leave out what is printed above and below every page, where every form has its unit's name."""
    place = tail.rfind(b"<headerFooter")
    headers = _HEADERS.match(tail, place) if place >= 0 else None
    if headers is None or any(map(is_unclear, _TEXTS.findall(decoded(headers[0])))):
        return tail
    attributes(decoded(headers[1]))
    return tail[:place] + tail[headers.end() :]


_HEADERS = re.compile(
    rb'<headerFooter((?: [a-zA-Z]+="[a-z0-9]*")*)>'
    rb"(?:<((?:odd|even|first)(?:Header|Footer))(?: ?/>|>([^<]*)</\2>))*</headerFooter>"
)
_TEXTS = re.compile(">([^<]+)<")


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

_ROW = re.compile(r'\s*<row((?: [a-zA-Z]+="[^"<>&\r\n\t]*")*)(?: x14ac:dyDescent="[0-9.]+")? ?(/?)>')


class _RowTag(NamedTuple):
    """The tag that opens a row; an empty row has no other."""

    number: int
    is_hidden: bool
    is_empty: bool


def _row_tag(text: bytes) -> _RowTag:
    tag = _ROW.fullmatch(sound(decoded(text)))
    if tag is None:
        raise UnusualError
    about = attributes(tag[1])
    try:
        return _RowTag(int(about["r"]), is_hidden(about), bool(tag[2]))
    except (KeyError, ValueError) as unclear:
        raise UnusualError from unclear


_row_tags = Known(_row_tag)


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
