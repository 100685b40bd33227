"""Find the printed tables of a book by their headers, wherever they stand, and read them row by row.

A table begins at a row that names at least two of its columns, one of them the units, a total or a rank. Above it
may stand spanners, below it more header rows, a row of column numbers, a row of maxima. Rows with nothing but words
begin a section. A header that comes again without a title of its own continues the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from cqdt_batch.cells import Book, Content, Grid
from cqdt_batch.findings import Finding, Where, notice, warning
from cqdt_batch.intake.printed.figures import decimal_sign, printed
from cqdt_batch.intake.printed.headers import maximum_in, role_of, roles_of, says
from cqdt_batch.intake.printed.model import (
    Printed,
    PrintedColumn,
    PrintedFigure,
    PrintedRole,
    PrintedRow,
    PrintedTable,
)

_TELLING = frozenset({PrintedRole.UNIT, PrintedRole.TOTAL, PrintedRole.RANK})
_WORDED = frozenset({PrintedRole.UNIT, PrintedRole.SECTION, PrintedRole.NOTE, PrintedRole.GRADE})
_ENUMERATED = re.compile(r"[\[(]?\s*([0-9]{1,2}|[A-Z])\s*[\])]?\s*(?:=.*)?")
_LONGEST_HEADER = 150


def printed_tables(book: Book) -> tuple[tuple[PrintedTable, ...], tuple[Finding, ...]]:
    """Read every table on the visible sheets of a book; the findings say what could not be read."""
    tables: list[PrintedTable] = []
    findings: list[Finding] = []
    for grid in book.grids:
        where = Where(file=book.file, sheet=grid.sheet)
        if grid.is_hidden:
            findings.append(notice("printed_sheet_hidden", where))
            continue
        found = tuple(_SheetReader(file=book.file, grid=grid).tables())
        tables += found
        findings += (finding for table in found for finding in unread(table))
        if not found and grid.rows:
            findings.append(notice("printed_table_missing", where))
    return tuple(tables), tuple(findings)


def unread(table: PrintedTable) -> Iterator[Finding]:
    """Cells of figures that hold digits but are no number a reader could add up."""
    positions = [c.position for c in table.of_role(PrintedRole.FIGURE, PrintedRole.TOTAL, PrintedRole.RANK)]
    for row in table.rows:
        for position in positions:
            cell = row.cells.get(position, "")
            if isinstance(cell, str) and any(map(str.isdigit, cell)):
                where = Where(file=row.where.file, sheet=row.where.sheet, row=row.where.row, column=position)
                yield warning(
                    "printed_cell_unread", where, unit=row.unit, found=cell, label=table.column(position).label
                )


@dataclass(frozen=True, kw_only=True)
class _SheetReader:
    """Reads the tables of one sheet."""

    file: str
    grid: Grid

    @cached_property
    def _decimal(self) -> str:
        return decimal_sign(
            text for cells in self.grid.rows.values() for text in cells.values() if isinstance(text, str)
        )

    @cached_property
    def _texts(self) -> dict[int, dict[int, str]]:
        """The words of the sheet, row by row."""
        return {row: dict(_texts(cells)) for row, cells in self.grid.rows.items()}

    def tables(self) -> Iterator[PrintedTable]:
        """Read the tables from top to bottom."""
        headers = list(self._headers())
        limits = [*(header.first for header in headers[1:]), max(self.grid.rows, default=0) + 1]
        drafts: list[_Draft] = []
        for header, limit in zip(headers, limits, strict=False):
            draft = self._draft(header, limit, after=drafts[-1].last if drafts else 0)
            before = drafts[-1] if drafts else None
            if before and before.header.paths == header.paths and not draft.title:
                before.extend(draft)
            else:
                drafts.append(draft)
        filled = [draft for draft in drafts if draft.rows]
        for number, draft in enumerate(filled, 1):
            yield self._table(draft, number if len(filled) > 1 else 0)

    def _headers(self) -> Iterator[_Header]:
        last = 0
        for row in self.grid.rows:
            if row > last and _is_header(self._texts[row]):
                header = self._header(row, last)
                last = header.last
                yield header

    def _header(self, anchor: int, after: int) -> _Header:
        """The header around the row that names its columns."""
        named = {role_of(text): column for column, text in reversed(self._texts[anchor].items())}
        names = named.get(PrintedRole.UNIT, min(self._texts[anchor]))
        first = anchor
        while first - 1 > after and self._is_spanner(first - 1, names):
            first -= 1
        last = anchor
        while last + 1 in self.grid.rows and self._is_below(last + 1, names):
            last += 1
        rows = [row for row in range(first, last + 1) if row in self.grid.rows]
        numbers = next((row for row in rows if row > anchor and _is_enumeration(self._plain(row))), 0)
        labelled = [self._texts[row] for row in rows if row != numbers]
        paths = _paths(labelled)
        return _Header(
            first=first,
            last=last,
            paths=paths,
            numbers={c: str(one) for c, one in self._plain(numbers).items()} if numbers else {},
        )

    def _plain(self, row: int) -> dict[int, Printed]:
        """The cells of a row as printed."""
        where = Where(file=self.file, sheet=self.grid.sheet, row=row)
        read = {
            column: printed(
                content,
                (row, column),
                self.grid,
                Where(file=where.file, sheet=where.sheet, row=row, column=column),
                self._decimal,
            )
            for column, content in self.grid.rows.get(row, {}).items()
        }
        return {column: cell for column, cell in read.items() if cell != ""}

    def _is_spanner(self, row: int, names: int) -> bool:
        """A row above the names of the columns that stands over the figures only."""
        texts = self._texts.get(row, {})
        return bool(texts) and min(texts) > names and all(len(text) < _LONGEST_HEADER for text in texts.values())

    def _is_below(self, row: int, names: int) -> bool:
        """A row under the names of the columns that is still no unit: deeper headers, or column numbers."""
        cells = self._plain(row)
        if _is_enumeration(cells):
            return True
        is_worded = all(isinstance(cell, str) and len(cell) < _LONGEST_HEADER for cell in cells.values())
        return bool(cells) and is_worded and min(cells) > names

    def _draft(self, header: _Header, limit: int, after: int) -> _Draft:
        """Read the rows below a header, and the title above it."""
        above = (self._texts.get(row, {}) for row in range(after + 1, header.first))
        titles = [text for texts in above for text in texts.values()]
        draft = _Draft(header=header, title="" if not titles or _is_continued(titles) else " ".join(titles))
        for row in (row for row in self.grid.rows if header.last < row < limit):
            self._add(draft, row)
        return draft

    def _add(self, draft: _Draft, row: int) -> None:
        """Add a row to a table: a unit, a section, the maxima, or nothing of these."""
        cells = self._plain(row)
        unit = draft.unit_in(cells)
        figures = [c for c, cell in cells.items() if isinstance(cell, PrintedFigure) and draft.is_figure(c)]
        words = " ".join(str(cell) for c, cell in sorted(cells.items()) if isinstance(cell, str))
        if figures and says(words, "audit.header.maximum"):
            draft.maxima.update({c: cell.value for c, cell in cells.items() if isinstance(cell, PrintedFigure)})
        elif figures and says(unit or words, "audit.header.summary"):
            draft.last = row
        elif unit and (figures or draft.is_numbered(cells)):
            draft.rows.append((row, unit, draft.section_of(cells), cells))
            draft.last = row
        elif words and not figures:
            draft.sections.append(words)

    def _table(self, draft: _Draft, number: int) -> PrintedTable:
        where = Where(file=self.file, sheet=self.grid.sheet, row=draft.header.first)
        sections = list(dict.fromkeys(title for _, _, title, _ in draft.rows))
        rows = tuple(
            PrintedRow(
                unit=unit,
                where=Where(file=self.file, sheet=self.grid.sheet, row=row, column=draft.names),
                section=sections.index(title),
                cells=cells,
            )
            for row, unit, title, cells in draft.rows
        )
        name = self.grid.sheet or self.file.rpartition("/")[2].rpartition(".")[0]
        return PrintedTable(
            name=f"{name} ({number})" if number else name,
            where=where,
            title=draft.title,
            columns=tuple(draft.columns()),
            rows=rows,
            sections=tuple(sections),
        )


@dataclass(frozen=True, kw_only=True)
class _Header:
    """The rows of a header: the labels of each column from the top, and what the row of column numbers says."""

    first: int
    last: int
    paths: Mapping[int, tuple[str, ...]]
    numbers: Mapping[int, str]


@dataclass(kw_only=True)
class _Draft:
    """A table while its rows are read; `last` is its last row so far."""

    header: _Header
    title: str
    rows: list[tuple[int, str, str, dict[int, Printed]]] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    maxima: dict[int, Decimal] = field(default_factory=dict)
    last: int = 0

    def __post_init__(self) -> None:
        self.last = self.header.last

    @cached_property
    def roles(self) -> dict[int, PrintedRole]:
        """The roles of the columns by their headers."""
        return roles_of(self.header.paths)

    @cached_property
    def names(self) -> int:
        """The column of the units: that whose header says so, else the first that is no number."""
        named = [column for column, role in self.roles.items() if role is PrintedRole.UNIT]
        others = [
            column for column, role in self.roles.items() if role not in (PrintedRole.NUMBER, PrintedRole.SECTION)
        ]
        return (named or others)[0]

    def is_figure(self, column: int) -> bool:
        """Tell whether a column may print figures."""
        return column in self.roles and self.roles[column] not in (*_WORDED, PrintedRole.NUMBER)

    def unit_in(self, cells: Mapping[int, Printed]) -> str:
        """The name that a row prints in the column of the units."""
        cell = cells.get(self.names, "")
        return cell if isinstance(cell, str) else ""

    def is_numbered(self, cells: Mapping[int, Printed]) -> bool:
        """Tell whether a row bears a running number, so that it is a unit even without figures."""
        numbers = [column for column, role in self.roles.items() if role is PrintedRole.NUMBER]
        return any(isinstance(cells.get(column), PrintedFigure) for column in numbers)

    def section_of(self, cells: Mapping[int, Printed]) -> str:
        """The section of a row: what its own column says, else the last title above it."""
        own = [c for c, role in self.roles.items() if role is PrintedRole.SECTION and c in cells]
        return _text_of(cells[own[0]]) if own else next(reversed(self.sections), "")

    def extend(self, more: _Draft) -> None:
        """Go on with the rows under a header that came again; a section goes on as well."""
        before = next(reversed(self.sections), "")
        self.rows += [(row, unit, section or before, cells) for row, unit, section, cells in more.rows]
        self.sections += more.sections
        self.last = more.last

    def columns(self) -> Iterator[PrintedColumn]:
        """The columns that print something; those of figures that hold words only are notes."""
        for column, path in self.header.paths.items():
            role = self.roles[column]
            cells = [cells[column] for _, _, _, cells in self.rows if column in cells]
            is_numeric = sum(isinstance(cell, PrintedFigure) for cell in cells) * 2 >= len(cells)
            if column == self.names:
                role = PrintedRole.UNIT
            elif role is PrintedRole.UNIT or (role is PrintedRole.FIGURE and not (cells and is_numeric)):
                role = PrintedRole.NOTE
            maximum = next(filter(None, map(maximum_in, reversed(path))), None)
            yield PrintedColumn(
                position=column,
                role=role,
                labels=path,
                number=self.header.numbers.get(column, ""),
                maximum=self.maxima.get(column, maximum),
            )


def _texts(cells: Mapping[int, Content]) -> Iterator[tuple[int, str]]:
    for column, content in cells.items():
        if isinstance(content, str):
            yield column, " ".join(content.split())


def _text_of(cell: Printed) -> str:
    return cell if isinstance(cell, str) else f"{cell.value}"


def _is_header(texts: Mapping[int, str]) -> bool:
    """Tell whether a row names columns: two or more, the units, a total or a rank among them."""
    roles = [role for text in texts.values() if (role := role_of(text))]
    return len(texts) > 1 and len(set(roles)) > 1 and bool(_TELLING & set(roles))


_FEWEST_NUMBERS = 3


def _is_enumeration(cells: Mapping[int, Printed]) -> bool:
    """Tell whether a row counts the columns: (1), (2), (3)=(1)+(2), or 1, 2, 3, or A, B, 1, 2."""
    if len(cells) < _FEWEST_NUMBERS:
        return False
    texts = [_text_of(cells[column]) for column in sorted(cells)]
    marks = [_ENUMERATED.fullmatch(text) for text in texts]
    if not all(marks):
        return False
    counted = [int(mark[1]) for mark in marks if mark and mark[1].isdecimal()]
    return counted == list(range(counted[0], counted[0] + len(counted))) if counted else False


def _is_continued(titles: Sequence[str]) -> bool:
    """Tell whether what stands above a header only says that the table goes on."""
    return len(titles) == 1 and says(titles[0].strip("()[] "), "audit.header.continued")


def _paths(rows: Sequence[Mapping[int, str]]) -> dict[int, tuple[str, ...]]:
    """The labels of each column from the top; a spanner holds for the empty cells to its right.

    A label that has none below it in its own column stands alone, merged downwards: it spans nothing.
    """
    columns = sorted({column for row in rows for column in row})
    paths: dict[int, tuple[str, ...]] = dict.fromkeys(columns, ())
    for depth, row in enumerate(rows):
        below = {column for later in rows[depth + 1 :] for column in later}
        above = dict(paths)
        spanner = None
        for column in columns:
            if column in row:
                spanner = column if column in below else None
                paths[column] += (row[column],)
            elif spanner and column in below and above[column] == above[spanner]:
                paths[column] += (row[spanner],)
    return paths
