"""The cells of a sheet as the tags that they become in the file. Only this module and the writer know XlsxWriter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xlsxwriter.url import UrlTypes
from xlsxwriter.worksheet import Worksheet

from cqdt_batch.findings import column_letters
from cqdt_batch.publishing.sheets import Computed, Jump, in_sheet

_SPANNED = 16
"""So many rows share the hint of how far their cells reach."""

_ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})
"""What a formula gives where it cannot be worked out."""


class QuickWorksheet(Worksheet):  # type: ignore[misc]
    """A sheet that takes cells of the usual kinds as the tags they become; all else goes the way of XlsxWriter.

    XlsxWriter looks for A1 notation, array formulas and functions that are newer than the format in every cell, of
    which ours have none, and keeps a record of each that it turns into a tag attribute by attribute: most of the time
    that a workbook takes. The bytes are those that XlsxWriter writes; a test compares them.
    """

    def put_number(self, row: int, column: int, number: float, form: Any) -> None:
        """Put a number into a cell."""
        self.table[row][column] = (form, f"><v>{number:.16G}</v></c>")

    def put_formula(self, row: int, column: int, computed: Computed, form: Any) -> None:
        """Put a formula with its value into a cell."""
        formula, value = self._escape_data(computed.formula.removeprefix("=")), computed.value
        if isinstance(value, str):
            tag = f"{_kind_of(value)}><f>{formula}</f><v>{self._escape_data(value)}</v></c>"
        else:
            tag = f"><f>{formula}</f><v>{value if isinstance(value, int) else float(value)}</v></c>"
        self.table[row][column] = (form, tag)

    def put_text(self, row: int, column: int, text: str, form: Any) -> None:
        """Put a printable text into a cell."""
        self.table[row][column] = (form, f' t="s"><v>{self.str_table._get_shared_string_index(text)}</v></c>')

    def put_blank(self, row: int, column: int, form: Any) -> None:
        """Give a look to an empty cell."""
        self.table[row][column] = (form, "/>")

    def put_jump(self, row: int, column: int, jump: Jump) -> None:
        """Let a cell lead to another; what it holds is put there next."""
        self.str_table._get_shared_string_index(jump.sheet)
        self.hyperlinks[row][column] = _InternalLink(in_sheet(jump.sheet, jump.cell), jump.sheet, jump.tip)

    def measure(self) -> None:
        """Find out how far the cells reach; ValueError where that is further than a sheet does."""
        if not self.table:
            return
        columns = [column for cells in self.table.values() for column in (min(cells), max(cells))]
        for corner in ((min(self.table), min(columns)), (max(self.table), max(columns))):
            if self._check_dimensions(*corner):
                raise ValueError(f"{self.name}: more rows or columns than a sheet has")

    def _write_rows(self) -> None:
        spans = dict(self._spans())
        for row in range(self.dim_rowmin, self.dim_rowmax + 1):
            cells, about = self.table.get(row), self.row_info.get(row)
            if cells:
                self._write_row(row, spans[row // _SPANNED], about)
                self._write_cells(row, cells)
                self.fh.write("</row>")
            elif about or row in self.comments:
                self._write_empty_row(row, spans.get(row // _SPANNED), about)

    def _write_cells(self, row: int, cells: dict[int, Any]) -> None:
        for column in sorted(cells):
            cell = cells[column]
            if type(cell) is tuple:
                form, tag = cell
                self.fh.write(f'<c r="{column_letters(column + 1)}{row + 1}" s="{form._get_xf_index()}"{tag}')
            else:
                self._write_cell(row, column, cell)

    def _spans(self) -> Iterator[tuple[int, str]]:
        """The first and last column of every 16 rows: a hint for who reads the file."""
        blocks: dict[int, list[int]] = {}
        for rows in (self.table, self.comments):
            for row, cells in rows.items():
                if cells:
                    blocks.setdefault(row // _SPANNED, []).extend((min(cells), max(cells)))
        yield from ((block, f"{min(columns) + 1}:{max(columns) + 1}") for block, columns in blocks.items())

    def _write_hyperlink_internal(self, row: int, column: int, link: Any) -> None:
        where, display, tip = map(self._escape_attributes, (link._link, link._text, link._tip))
        told = f' tooltip="{tip}"' if tip else ""
        cell = f"{column_letters(column + 1)}{row + 1}"
        self.fh.write(f'<hyperlink ref="{cell}" location="{where}"{told} display="{display}"/>')


def _kind_of(value: str) -> str:
    """How a text that a formula gives is marked; XlsxWriter leaves an empty one without a mark."""
    if value in _ERRORS:
        return ' t="e"'
    return ' t="str"' if value else ""


class _InternalLink:
    """A link within the workbook, as XlsxWriter keeps one, without looking into its parts."""

    __slots__ = ("_is_object_link", "_link", "_link_type", "_text", "_tip")

    def __init__(self, place: str, text: str, tip: str) -> None:
        self._link_type = UrlTypes.INTERNAL
        self._link = place
        self._text = text
        self._tip = tip
        self._is_object_link = False
