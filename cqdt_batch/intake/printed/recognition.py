"""Find the printed tables of a book by their headers, wherever they stand, and read them row by row.

A table begins at a row that names at least two of its columns, one of them the units, a total or a rank. Above it
may stand spanners, below it more header rows, a row of column numbers, a row of maxima. Rows with nothing but words
begin a section. A header that comes again without a title of its own continues the table. A summary, which says how
many units have which grade, is a table whose rows are grades.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import TypeAlias

from cqdt_batch.cells import Book, Content, Formula, Grid
from cqdt_batch.definition.names import folded
from cqdt_batch.findings import Fact, Finding, Where, error, notice, warning
from cqdt_batch.intake.printed.figures import decimal_sign, is_no_value, meanings_of, printed, result_of
from cqdt_batch.intake.printed.headers import (
    gives_bonus,
    is_percent,
    is_summary,
    maximum_in,
    role_of,
    roles_of,
    says,
)
from cqdt_batch.intake.printed.model import (
    Printed,
    PrintedColumn,
    PrintedFigure,
    PrintedRole,
    PrintedRow,
    PrintedTable,
    PrintedText,
)

_TELLING = frozenset({PrintedRole.UNIT, PrintedRole.TOTAL, PrintedRole.RANK})
_WORDED = frozenset({PrintedRole.UNIT, PrintedRole.SECTION, PrintedRole.NOTE, PrintedRole.GRADE})
_READ = (PrintedRole.FIGURE, PrintedRole.TOTAL, PrintedRole.RESULT, PrintedRole.RANK, PrintedRole.COUNT)
"""The columns whose cells are read as numbers."""

_ENUMERATED = re.compile(r"[\[(]?\s*([0-9]{1,2}|[A-Z])\s*[\])]?\s*(?:=.*)?")
_LONGEST_HEADER = 150
_WHOLE = Decimal(100)
"""Percent."""


def printed_tables(book: Book) -> tuple[tuple[PrintedTable, ...], tuple[Finding, ...]]:
    """Read every table on the visible sheets of a book; the findings say what could not be read."""
    tables: list[PrintedTable] = []
    findings = [notice("printed_values_only", Where(file=book.file))] if "file_values_only" in book.remarks else []
    for grid in book.grids:
        where = Where(file=book.file, sheet=grid.sheet)
        if grid.is_hidden:
            findings.append(notice("printed_sheet_hidden", where))
            continue
        found = _tables_of(book.file, grid)
        uncalculated = tuple(_uncalculated(book.file, grid))
        tables += found
        findings += (*uncalculated, *(finding for table in found for finding in unread(table)))
        if not found and not uncalculated and grid.rows:
            findings.append(notice("printed_table_missing", where))
    return tuple(tables), tuple(findings)


def _tables_of(file: str, grid: Grid) -> tuple[PrintedTable, ...]:
    """The tables of a sheet, numbered where it has several."""
    readers = [_SheetReader(file=file, grid=part) for part in _side_by_side(grid)]
    drafts = [(reader, draft) for reader in readers for draft in reader.drafts() if draft.rows]
    is_one = len(drafts) == 1
    return tuple(reader.table(draft, 0 if is_one else number) for number, (reader, draft) in enumerate(drafts, 1))


def _side_by_side(grid: Grid) -> Iterator[Grid]:
    """A sheet cut before every table that begins to the right of another, in the same row with the same headers."""
    for row, cells in grid.rows.items():
        texts = dict(_texts(cells))
        cut = _second_table(texts) if _is_header(texts) else 0
        if cut:
            right = {n: {c: one for c, one in line.items() if c >= cut and n >= row} for n, line in grid.rows.items()}
            left = {n: {c: one for c, one in line.items() if c < cut or n < row} for n, line in grid.rows.items()}
            yield replace(grid, rows={n: line for n, line in left.items() if line})
            yield from _side_by_side(replace(grid, rows={n: line for n, line in right.items() if line}))
            return
    yield grid


def _second_table(texts: Mapping[int, str]) -> int:
    """The column where the headers of a row begin again: the units a second time, with the number before them; 0."""
    units = [column for column, text in texts.items() if role_of(text) is PrintedRole.UNIT]
    again = next((column for column in units[1:] if folded(texts[column]) == folded(texts[units[0]])), 0)
    before = texts.get(again - 1, "")
    return again - (role_of(before) in _LEADING) if again else 0


_LEADING = frozenset({PrintedRole.NUMBER, PrintedRole.SECTION})


def _uncalculated(file: str, grid: Grid) -> Iterator[Finding]:
    """Formulas whose results were not stored with the file: a reader of the file sees them, this program does not.

    Where some formulas of a sheet have results, the others gave nothing.
    """
    formulas = [
        (row, column, content)
        for row, cells in grid.rows.items()
        for column, content in cells.items()
        if isinstance(content, Formula)
    ]
    empty = [(row, column) for row, column, formula in formulas if result_of(formula) is None]
    if empty and all(formula.value is None for _, _, formula in formulas):
        row, column = empty[0]
        where = Where(file=file, sheet=grid.sheet, row=row, column=column)
        yield error("printed_formulas_uncalculated", where, count=len(empty))


def unread(table: PrintedTable) -> Iterator[Finding]:
    """Cells of figures and ranks that say something that is no number a reader could add up: 25,1 (*), ½, x, #N/A.

    A list of figures, with many rows a unit, may print words among them. Numbers that may have a fraction or thousands
    are told once a column.
    """
    for column in table.of_role(*_READ, PrintedRole.MAXIMUM, PrintedRole.NOTE):
        words = [(row, cell) for row in (*table.rows, *table.totals) for cell in _words(row, column)]
        doubtful = [(row, cell) for row, cell in words if meanings_of(cell)]
        if doubtful:
            row, cell = doubtful[0]
            facts: dict[str, Fact] = {"unit": row.unit, "label": column.label, "found": cell, "count": len(doubtful)}
            facts |= {"meanings": meanings_of(cell)}
            yield warning("printed_number_ambiguous", row.place(column.position), **facts)
        for row, cell in words if column.role in _READ else ():
            if not meanings_of(cell) and (table.is_by_unit or any(map(str.isdigit, cell))):
                facts = {"unit": row.unit, "found": cell, "label": column.label}
                yield warning("printed_cell_unread", row.place(column.position), **facts)


def _words(row: PrintedRow, column: PrintedColumn) -> Iterator[str]:
    """What a cell says, where that is no number and does not stand for none."""
    cell = row.cells.get(column.position, "")
    if isinstance(cell, str) and not is_no_value(cell):
        yield cell


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

    def drafts(self) -> list[_Draft]:
        """Read the tables from top to bottom; some may have no rows."""
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
        return drafts

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
        read = {
            column: printed(content, (row, column), self.grid, self._decimal)
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
        elif figures and draft.is_summary and says(unit or words, "audit.header.sum"):
            draft.totals.append((row, unit or words, draft.section_of(cells), cells))
            draft.last = row
        elif figures and not draft.is_summary and says(unit or words, "audit.header.summary"):
            draft.last = row
        elif unit and (figures or draft.is_numbered(cells) or draft.is_filled(cells)):
            draft.rows.append((row, unit, draft.section_of(cells), cells))
            draft.last = row
        elif words and not figures:
            draft.sections.append(words)
            draft.texts += self._places(row)

    def _places(self, row: int) -> Iterator[PrintedText]:
        """The words of a row with their places."""
        for column, text in self._texts.get(row, {}).items():
            yield PrintedText(where=Where(file=self.file, sheet=self.grid.sheet, row=row, column=column), text=text)

    def table(self, draft: _Draft, number: int) -> PrintedTable:
        """The table that a draft has become; `number` tells it from others of the sheet, 0 where it is alone."""
        where = Where(file=self.file, sheet=self.grid.sheet, row=draft.header.first)
        sections = list(dict.fromkeys(title for _, _, title, _ in draft.rows))
        name = self.grid.sheet or self.file.rpartition("/")[2].rpartition(".")[0]
        return PrintedTable(
            name=f"{name} ({number})" if number else name,
            where=where,
            title=draft.title,
            columns=tuple(draft.columns()),
            rows=tuple(self._rows(draft, draft.rows, sections)),
            sections=tuple(sections),
            totals=tuple(self._rows(draft, draft.totals, sections)),
            texts=tuple(draft.texts),
        )

    def _rows(self, draft: _Draft, lines: Sequence[_Line], sections: Sequence[str]) -> Iterator[PrintedRow]:
        """Rows as records; what belongs to no section that has rows is left out."""
        for row, unit, title, cells in lines:
            if title in sections:
                where = Where(file=self.file, sheet=self.grid.sheet, row=row, column=draft.names)
                yield PrintedRow(unit=unit, where=where, section=sections.index(title), cells=cells)


@dataclass(frozen=True, kw_only=True)
class _Header:
    """The rows of a header: the labels of each column from the top, and what the row of column numbers says."""

    first: int
    last: int
    paths: Mapping[int, tuple[str, ...]]
    numbers: Mapping[int, str]


_Line: TypeAlias = "tuple[int, str, str, dict[int, Printed]]"
"""A row of a sheet: its number, the name in it, its section, its cells."""


@dataclass(kw_only=True)
class _Draft:
    """A table while its rows are read; `last` is its last row so far."""

    header: _Header
    title: str
    rows: list[_Line] = field(default_factory=list)
    totals: list[_Line] = field(default_factory=list)
    texts: list[PrintedText] = field(default_factory=list)
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
        """The column of the units, or grades: that whose header says so, else the first that is no number."""
        wanted = PrintedRole.GRADE if self.is_summary else PrintedRole.UNIT
        named = [column for column, role in self.roles.items() if role is wanted]
        others = [
            column for column, role in self.roles.items() if role not in (PrintedRole.NUMBER, PrintedRole.SECTION)
        ]
        return (named or others)[0]

    @property
    def is_summary(self) -> bool:
        """Tell whether the rows are grades."""
        return is_summary(self.roles.values())

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

    def is_filled(self, cells: Mapping[int, Printed]) -> bool:
        """Tell whether a row says something in most columns of figures; a signature stands in one."""
        columns = [column for column in self.roles if self.is_figure(column)]
        filled = sum(column in cells for column in columns)
        return filled > 1 and filled * 2 > len(columns)

    def section_of(self, cells: Mapping[int, Printed]) -> str:
        """The section of a row: what its own column says, else the last title above it."""
        own = [c for c, role in self.roles.items() if role is PrintedRole.SECTION and c in cells]
        return _text_of(cells[own[0]]) if own else next(reversed(self.sections), "")

    def extend(self, more: _Draft) -> None:
        """Go on with the rows under a header that came again; a section goes on as well."""
        before = next(reversed(self.sections), "")
        self.rows += [(row, unit, section or before, cells) for row, unit, section, cells in more.rows]
        self.totals += [(row, unit, section or before, cells) for row, unit, section, cells in more.totals]
        self.texts += more.texts
        self.sections += more.sections
        self.last = more.last

    def columns(self) -> Iterator[PrintedColumn]:
        """The columns that print something; those of figures that hold words only are notes."""
        for column, path in self.header.paths.items():
            role = self.roles[column]
            cells = [cells[column] for _, _, _, cells in self.rows if column in cells]
            cells = [cell for cell in cells if isinstance(cell, PrintedFigure) or not is_no_value(cell)]
            is_numeric = sum(isinstance(cell, PrintedFigure) for cell in cells) * 2 >= len(cells)
            if column == self.names:
                role = PrintedRole.GRADE if self.is_summary else PrintedRole.UNIT
            elif role is PrintedRole.UNIT or (role is PrintedRole.FIGURE and not (cells and is_numeric)):
                role = PrintedRole.NOTE
            maximum = self.maxima.get(column, next(filter(None, map(maximum_in, reversed(path))), None))
            number = self.header.numbers.get(column, "")
            made = PrintedColumn(position=column, role=role, labels=path, number=number, maximum=maximum)
            is_whole = role is PrintedRole.RESULT and maximum is None and is_percent(made) and not self._has_bonus
            yield replace(made, maximum=_WHOLE) if is_whole else made

    @cached_property
    def _has_bonus(self) -> bool:
        """Tell whether points beyond the maximum may be given, so that more than 100 % is possible."""
        return gives_bonus(label for path in self.header.paths.values() for label in path)


def _texts(cells: Mapping[int, Content]) -> Iterator[tuple[int, str]]:
    for column, content in cells.items():
        if isinstance(content, str):
            yield column, " ".join(content.split())


def _text_of(cell: Printed) -> str:
    return cell if isinstance(cell, str) else f"{cell.value}"


def _is_header(texts: Mapping[int, str]) -> bool:
    """Tell whether a row names columns: two or more, the units, a total or a rank among them, or those of a summary."""
    roles = {role for text in texts.values() if (role := role_of(text))}
    return len(texts) > 1 and len(roles) > 1 and (bool(_TELLING & roles) or is_summary(roles))


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
