"""Read the pieces of text into which a sheet is cut: the cells that end where the piece does.

Each function raises UnusualError for what is written in any other way than the usual programs do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import starmap
from typing import NamedTuple
from xml.sax.saxutils import unescape

from cqdt_batch.cells import Content
from cqdt_batch.intake.contents import Aside, CellReader, ReadCell
from cqdt_batch.intake.formats import unescaped
from cqdt_batch.intake.kept import Known
from cqdt_batch.intake.written import UnusualError, WrittenCell, array_of, column_number, place_of, seen

END_OF_CELL = b"</c>"


class Cells:
    """Reads the cells of rows, and remembers from file to file those that stand in every form."""

    def __init__(self, reader: CellReader) -> None:
        self._reader = reader
        self._filled = Known(self._cell)
        self._blank = Known(lambda piece: reader.read(_blank(piece)))
        self._numbers_of: dict[str, Known[Content]] = {}

    @property
    def known(self) -> int:
        """How many filled cells are remembered: one more for each that was read for the first time."""
        return len(self._filled)

    def read(self, text: bytes) -> list[ReadCell]:
        """Read all cells in a text."""
        *filled, blank = text.split(END_OF_CELL)
        cells = list(map(self._filled.__getitem__, filled))
        return [*cells, self._blank[blank]] if blank else cells

    def simple(self, text: bytes) -> list[tuple[int, Callable[[bytes], Content | None]]] | None:
        """The columns of filled cells, and what any other text in each of them means; None where one holds more.

        The text stands between `<v>` and `</v>`, or between `<is><t>` and `</t></is>`.
        """
        *filled, _ = text.split(END_OF_CELL)
        meanings = [self._simple(piece) for piece in filled]
        return None if None in meanings else [meaning for meaning in meanings if meaning is not None]

    def _simple(self, piece: bytes) -> tuple[int, Callable[[bytes], Content | None]] | None:
        for signs, kind in ((_WORDS, "inlineStr"), (_NUMBER, "n")):
            held = _only_text(piece, *signs)
            if held and held.cell.kind == kind and b"<" not in held.text:
                cell = held.cell
                return cell.column, _words if kind == "inlineStr" else self._numbers(cell.style).__getitem__
        return None

    def _numbers(self, style: str) -> Known[Content]:
        """What texts mean in the cells of a style that hold a number."""
        if style not in self._numbers_of:
            self._numbers_of[style] = Known(lambda text: self._reader.number(_text(text), style)[0])
        return self._numbers_of[style]

    def plain(self, text: bytes, start: int) -> Iterator[ReadCell] | None:
        """Read cells that are empty or hold a number or a string of the workbook: in less time than to look them up.

        None where one of them from `start` on is anything else.
        """
        if not _PLAIN_CELLS.fullmatch(text, start):
            return None
        return starmap(self._plain_cell, _PLAIN_CELL.findall(text[start:].decode()))

    def _plain_cell(self, letters: str, row: str, style: str, kind: str, shown: str) -> ReadCell:
        column = column_number(letters)
        if not shown:
            return ReadCell(int(row), column, column, None)
        content: Content
        aside: Aside | None
        content, aside = self._reader.string(shown) if kind == "s" else self._reader.number(shown, style or "0")
        return ReadCell(int(row), column, column, content, aside)

    def _cell(self, piece: bytes) -> ReadCell:
        """Read a filled cell whose closing tag was cut off, and the empty cells before it.

        Words, which every unit has others of, are what they are in any format.
        """
        held = _only_text(piece, *_WORDS)
        if held and held.cell.kind == "inlineStr":
            row, first, column, *_ = held.cell
            return ReadCell(row, first, column, _words(held.text))
        return self._reader.read(_written(piece))


_WORDS, _NUMBER = (b"><is><t>", b"</t></is>"), (b"><v>", b"</v>")
"""What stands around words, and around a number, and ends the tag of their cell."""


class _Held(NamedTuple):
    """A cell without its content, and the text that is all it holds."""

    cell: WrittenCell
    text: bytes


def _only_text(piece: bytes, start: bytes, end: bytes) -> _Held | None:
    """Read a piece that holds nothing but a text between two signs; None where it is more, or other signs."""
    tag, _, rest = piece.partition(start)
    opened = _tags[tag] if rest.endswith(end) else None
    return None if opened is None else _Held(opened, rest[: -len(end)])


_PLACED = r' r="([A-Z]{1,3})([1-9][0-9]{0,6})"(?: s="([0-9]+)")?'
"""What the tag of nearly every cell begins with: its place and its style."""

_PLAIN = rf'<c{_PLACED}(?: t="([ns])")?(?:/>|><v>([0-9.]+)</v></c>)'
_PLAIN_CELL = re.compile(_PLAIN)
_PLAIN_CELLS = re.compile(rf"(?:{_PLAIN})+".encode())
"""Cells that are empty or hold a number or a string of the workbook."""

_ATTRIBUTE = re.compile(r' ([a-zA-Z][a-zA-Z0-9]*)="([^"<>&\r\n\t]*)"')


def attributes(text: str) -> dict[str, str]:
    """The attributes of a tag by their names."""
    found = _ATTRIBUTE.findall(text)
    about = dict(found)
    if len(about) < len(found) or "xmlns" in about:
        raise UnusualError
    return about


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
    held = _only_text(piece, *_NUMBER)
    return held.cell._replace(shown=_text(held.text)) if held else _filled(decoded(piece))


def _text(written: bytes) -> str:
    """What stands between two tags, as a parser would give it."""
    text = decoded(written)
    if "<" in text:
        raise UnusualError
    return _plain(sound(text))


def _words(written: bytes) -> str | None:
    """Words in a cell as somebody sees them; most hold no sign that stands for another."""
    text = decoded(written)
    if "<" in text or ">" in text or "&" in text or "_x" in text or not text.isprintable():
        text = unescaped(_text(written))
    return seen(text)


def sound(text: str) -> str:
    """The same text; UnusualError where it holds what may not stand in a sheet."""
    if (">" in text and "]]>" in text) or (not text.isprintable() and _ODD.search(text)):
        raise UnusualError
    return text


def _filled(text: str) -> WrittenCell:
    blanks = _blanks(sound(text))
    cell = _FILLED.fullmatch(text, blanks.end if blanks else 0)
    if cell is None:
        raise UnusualError
    about = attributes(cell["about"] or "")
    return _behind(blanks, _opened(cell[1]))._replace(
        shown=_plain(cell["shown"]) if cell["value"] else None,
        inline=seen(unescaped(_plain(cell["inline"]))),
        formula=None if cell["about"] is None else _plain(cell["formula"]),
        array=array_of(about),
    )


def _blank(written: bytes) -> WrittenCell:
    """Read cells of which none holds anything."""
    text = sound(decoded(written))
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
    text = decoded(written)
    if text.startswith("<c ") and (usual := _USUAL.fullmatch(text, len("<c"))):
        return _usual(usual)
    blanks = _blanks(sound(text))
    tag = _TAG.fullmatch(text, blanks.end if blanks else 0)
    return None if tag is None else _behind(blanks, _opened(tag[1]))


_TAG = re.compile(_OPENED)
_tags = Known(_tag)


def _opened(text: str) -> WrittenCell:
    """A cell without its content, by the attributes of its tag."""
    if usual := _USUAL.fullmatch(text):
        return _usual(usual)
    about = attributes(text)
    try:
        row, column = place_of(about["r"])
    except (KeyError, ValueError) as unclear:
        raise UnusualError from unclear
    return WrittenCell(row, column, column, about.get("t", "n"), about.get("s", "0"))


_USUAL = re.compile(rf'{_PLACED}(?: t="([a-zA-Z]+)")?')
"""The attributes of nearly all cells."""


def _usual(attributes: re.Match[str]) -> WrittenCell:
    letters, row, style, kind = attributes.groups()
    column = column_number(letters)
    return WrittenCell(int(row), column, column, kind or "n", style or "0")


def decoded(written: bytes) -> str:
    """The text of some bytes."""
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


def is_unclear(text: str) -> bool:
    """Tell whether the parser should look at a text."""
    return not text.isprintable() or "]]>" in text or _STRANGE_ENTITY.search(text) is not None
