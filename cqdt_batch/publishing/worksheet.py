"""The cells of a sheet as the tags that they become in the file. Only this module and the writer know XlsxWriter."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import Any, NamedTuple, TypeAlias
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from xlsxwriter.packager import Packager
from xlsxwriter.url import UrlTypes
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import RowInfo, Worksheet

from cqdt_batch.cells import printable
from cqdt_batch.findings import column_letters
from cqdt_batch.publishing.sheets import LARGEST, Computed, Jump, Link, Value, in_sheet

_SPANNED = 16
"""So many rows share the hint of how far their cells reach."""

_LONGEST_FORMULA = 8_192

_EPOCH, _UNIX, _HOW_HARD = (1980, 1, 1, 0, 0, 0), 3, 5
"""What the file says of each of its parts: when it was made, on which system; and how hard it is packed, of 9."""

_ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})
"""What a formula gives where it cannot be worked out."""


class QuickWorkbook(Workbook):  # type: ignore[misc]
    """A workbook that keeps its sheets as the bytes that go into the file, not as texts beside them, and packs them.

    XlsxWriter packs a little harder, which takes a third longer and saves a fiftieth of the file.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(io.BytesIO(), options)
        self.parts: list[tuple[Any, str, bool]] = []

    def packed(self) -> bytes:
        """Close the workbook and give its file, the same bytes on every system."""
        self.close()
        packed = io.BytesIO()
        with ZipFile(packed, "w") as file:
            for part, name, is_bytes in self.parts:
                about = ZipInfo(name, _EPOCH)
                about.create_system = _UNIX
                data = part.getvalue() if is_bytes else part.getvalue().encode()
                file.writestr(about, data, ZIP_DEFLATED, _HOW_HARD)
        return packed.getvalue()

    def _get_packager(self) -> Packager:
        return _Packager()


class _Packager(Packager):  # type: ignore[misc]
    def _create_package(self) -> list[tuple[Any, str, bool]]:
        """Leave all parts to the workbook, and nothing to be packed by XlsxWriter."""
        self.workbook.parts = super()._create_package()
        return []

    def _write_worksheet_files(self) -> None:
        for number, sheet in enumerate(self.workbook.worksheets(), 1):
            part = _Part()
            sheet._set_filehandle(part)
            sheet._assemble_xml_file()
            self.filenames.append((part, f"xl/worksheets/sheet{number}.xml", True))


class _Part:
    """A part of the file in pieces. Bytes, because texts with Vietnamese letters take twice the room."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, text: str) -> None:
        """Add a text."""
        self._pieces.append(text.encode())

    def add(self, data: bytes) -> None:
        """Add what has become bytes already."""
        self._pieces.append(data)

    def getvalue(self) -> bytes:
        """The whole part."""
        return b"".join(self._pieces)


class QuickWorksheet(Worksheet):  # type: ignore[misc]
    """A sheet that takes cells of the usual kinds as the tags they become; all else goes the way of XlsxWriter.

    XlsxWriter looks for A1 notation, array formulas and functions that are newer than the format in every cell, of
    which ours have none, and keeps a record of each that it turns into a tag attribute by attribute: most of the time
    that a workbook takes. The bytes are those that XlsxWriter writes; a test compares them.
    """

    def __init__(self) -> None:
        super().__init__()
        numbers, self._results = _Numbers(self._text), _Results()
        self._tags = _Tags(
            {
                Decimal: numbers.__getitem__,
                int: numbers.__getitem__,
                Computed: self._formula,
                Link: lambda link: self._text(link.text),
                str: self._text,
                NoneType: lambda _: "/>",
            }
        )
        self.ignore_write_string = True  # of links, whose texts are put like others
        self._named: dict[str, tuple[str, str]] = {}
        self._rows = b""
        self._links = b""

    def put(self, row: int, column: int, value: Value, form: Any) -> None:
        """Put a value into a cell, of a link its text; a number of more digits than a cell keeps becomes a text."""
        self.table[row][column] = form, self._tags[type(value)](value)

    def put_line(
        self, row: int, values: Sequence[Value], forms: tuple[Any, ...], leads: Mapping[int, Jump | Link]
    ) -> None:
        """Put values into the cells of a row from the first on, and where they lead, in the order of the columns."""
        tags: list[str] = []
        for column, lead in leads.items():
            tags += self._tagged(values[len(tags) : column])
            self.put_lead(row, column, lead)
        tags += self._tagged(values[len(tags) :])
        self.table[row] = _Line(forms, tags)

    def _tagged(self, values: Sequence[Value]) -> list[str]:
        """The tags that values become; texts are numbered in the order in which they come."""
        tags = self._tags
        return [tags[type(value)](value) for value in values]

    def _formula(self, computed: Computed) -> str:
        formula, value = computed
        if len(formula) > _LONGEST_FORMULA:
            raise ValueError(f"{self.name}: a formula too long for Excel, {formula[:40]}…")
        formula = _escaped(formula.removeprefix("="))
        if isinstance(value, str):
            return f"{_kind_of(value)}><f>{formula}</f><v>{_escaped(value)}</v></c>"
        return f"><f>{formula}</f><v>{value if isinstance(value, int) else self._results[value]}</v></c>"

    def _text(self, text: str) -> str:
        if not text:
            return "/>"
        text = printable(text)
        if _takes_otherwise(text):
            return f' t="inlineStr"><is><t xml:space="preserve">{_escaped(_as_typed(text))}</t></is></c>'
        return f' t="s"><v>{self.str_table._get_shared_string_index(text)}</v></c>'

    def put_lead(self, row: int, column: int, lead: Jump | Link) -> None:
        """Let a cell lead to another, or to a place in a file; what it holds is put there next."""
        if isinstance(lead, Link):
            self.write_url(row, column, lead.target, None, printable(lead.text))
            return
        sheet, cell, tip = lead
        self.str_table._get_shared_string_index(sheet)
        named = self._named.get(sheet)
        if named is None:
            named = self._named[sheet] = self._escape_attributes(in_sheet(sheet, "")), self._escape_attributes(sheet)
        self.hyperlinks[row][column] = _Jump(
            f'<hyperlink ref="{column_letters(column + 1)}{row + 1}" location="{named[0]}{cell}"'
            f' tooltip="{self._escape_attributes(tip)}" display="{named[1]}"/>'
        )

    def settle(self) -> None:
        """Write rows and links once all of them are in place, and let go of the cells, which take ten times the room.

        ValueError where they reach further than a sheet does.
        """
        self._measure()
        self._number_looks_of_columns()
        self._rows = self._written(self._draw_rows)
        self.table.clear()
        self._links = self._written(super()._write_hyperlinks)
        self.hyperlinks.clear()

    def _measure(self) -> None:
        """Find out how far the cells reach."""
        if not self.table:
            return
        columns = [column for cells in self.table.values() for column in _reach(cells)]
        for corner in ((min(self.table), min(columns)), (max(self.table), max(columns))):
            if self._check_dimensions(*corner):
                raise ValueError(f"{self.name}: more rows or columns than a sheet has")

    def _number_looks_of_columns(self) -> None:
        """Looks are numbered in the order in which they stand in the file: those of columns come before the rows."""
        for _, about in sorted(self.col_info.items()):
            if about.column_format:
                about.column_format._get_xf_index()

    def _written(self, write: Callable[[], None]) -> bytes:
        self.fh = part = _Part()
        write()
        return part.getvalue()

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:  # noqa: ARG002
        return formula.removeprefix("=")

    def _write_rows(self) -> None:
        self.fh.add(self._rows)

    def _write_hyperlinks(self) -> None:
        self.fh.add(self._links)

    def _write_string(self, row: int, column: int, text: str, form: Any) -> int:
        self.put(row, column, text, form)
        return 0

    def _write_blank(self, row: int, column: int, _: object, form: Any) -> int:
        self.put(row, column, None, form)
        return 0

    def _draw_rows(self) -> None:
        spans, starts, row_start = dict(self._spans()), _Starts(), cache(self._row_start)
        for row in sorted({*self.table, *self.row_info, *self.comments}):
            cells, about = self.table.get(row), self.row_info.get(row)
            if cells:
                self._draw_cells(str(row + 1), row_start(spans[row // _SPANNED], about and about.height), cells, starts)
            elif about or row in self.comments:
                self._write_empty_row(row, spans.get(row // _SPANNED), about)

    def _row_start(self, spans: str, height: float | None) -> str:
        """What follows the number of a row, which has a height and nothing else of its own."""
        part, self.fh = self.fh, _Part()
        self._write_row(0, spans, None if height is None else RowInfo(height))
        start, self.fh = self.fh.getvalue().decode(), part
        return start.removeprefix('<row r="1"')

    def _draw_cells(self, row: str, start: str, cells: _Line | _Loose, starts: _Starts) -> None:
        begun: Iterable[tuple[tuple[str, str], str]]
        if isinstance(cells, _Line):
            begun = zip(starts[cells.forms], cells.tags, strict=True)
        else:
            begun = ((_start(column, form), tag) for column, (form, tag) in sorted(cells.items()))
        tags = [f"{cell}{row}{look}{tag}" for (cell, look), tag in begun]
        self.fh.write(f'<row r="{row}"{start}{"".join(tags)}</row>')

    def _spans(self) -> Iterator[tuple[int, str]]:
        """The first and last column of every 16 rows: a hint for who reads the file."""
        blocks: dict[int, list[int]] = {}
        for rows in (self.table, self.comments):
            for row, cells in rows.items():
                if cells:
                    blocks.setdefault(row // _SPANNED, []).extend(_reach(cells))
        yield from ((block, f"{min(columns) + 1}:{max(columns) + 1}") for block, columns in blocks.items())

    def _write_hyperlink_internal(self, row: int, column: int, link: Any) -> None:
        if isinstance(link, _Jump):
            self.fh.write(link.tag)
        else:
            super()._write_hyperlink_internal(row, column, link)


class _Tags(dict[type, Callable[[Any], str]]):
    """What makes a tag of a value, by its type; one of a narrower type, such as a word of a list, is made likewise."""

    def __missing__(self, narrower: type) -> Callable[[Any], str]:
        self[narrower] = make = next(self[kind] for kind in narrower.__mro__ if kind in self)
        return make


class _Line(NamedTuple):
    """The cells of a whole row: their formats, the same tuple for all rows that look alike, and their tags."""

    forms: tuple[Any, ...]
    tags: Sequence[str]


_Loose: TypeAlias = "dict[int, tuple[Any, str]]"
"""The cells of a row that came one by one: the format and the tag of each by its column."""


def _reach(cells: _Line | _Loose) -> tuple[int, int]:
    """The first and the last column of a row."""
    return (0, len(cells.tags) - 1) if isinstance(cells, _Line) else (min(cells), max(cells))


class _Starts(dict[tuple[Any, ...], list[tuple[str, str]]]):
    """How the cells of rows begin, before and after the number of the row, by the formats of all of them.

    Looks are numbered when they are met, in the order in which they stand in the file.
    """

    def __missing__(self, forms: tuple[Any, ...]) -> list[tuple[str, str]]:
        self[forms] = starts = [_start(column, form) for column, form in enumerate(forms)]
        return starts


def _start(column: int, form: Any) -> tuple[str, str]:
    return f'<c r="{column_letters(column + 1)}', f'" s="{form._get_xf_index()}"'


class _Numbers(dict[Decimal | int, str]):
    """The tags of a sheet's numbers, many of which stand in many cells; those that are too long become texts."""

    def __init__(self, text: Callable[[str], str]) -> None:
        super().__init__()
        self._text = text

    def __missing__(self, number: Decimal | int) -> str:
        if not -LARGEST < number < LARGEST:
            return self._text(f"{Decimal(number):f}")
        self[number] = tag = f"><v>{float(number):.16G}</v></c>"
        return tag


class _Results(dict[Decimal, str]):
    """What formulas give, likewise."""

    def __missing__(self, number: Decimal) -> str:
        self[number] = text = str(float(number))
        return text


def _takes_otherwise(text: str) -> bool:
    """Tell whether XlsxWriter would take a text for tags of its own, or read an escaped sign into it."""
    return (text.startswith("<r>") and text.endswith("</r>")) or ("_x" in text and _TWICE.search(text) is not None)


_TWICE = re.compile("_x[0-9a-fA-F]{4}(?=_x[0-9a-fA-F]{4}_|\r)")
"""Two of what looks like an escaped sign, or will once a line end is escaped, with an underscore for both."""

_LOOKS_ESCAPED = re.compile("_(?=x[0-9a-fA-F]{4}[_\r])")


def _as_typed(text: str) -> str:
    """A text in which programs read what was typed, no sign for what looks like an escaped one, and no other line."""
    return _LOOKS_ESCAPED.sub("_x005F_", text).replace("\r", "_x000D_")


def _escaped(text: str) -> str:
    """A text as it stands between tags."""
    if "&" in text or "<" in text or ">" in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def _kind_of(value: str) -> str:
    """How a text that a formula gives is marked; XlsxWriter leaves an empty one without a mark."""
    if value in _ERRORS:
        return ' t="e"'
    return ' t="str"' if value else ""


class _Jump:
    """A link within the workbook, in the place of one of XlsxWriter's, as the tag that it becomes."""

    __slots__ = ("tag",)
    _link_type = UrlTypes.INTERNAL

    def __init__(self, tag: str) -> None:
        self.tag = tag
