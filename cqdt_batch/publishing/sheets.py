"""A sheet as data: cells, widths, page set-up. Nothing here knows a file format; rows and columns count from 1."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType, NoneType
from typing import NamedTuple, TypeAlias

from cqdt_batch.findings import Where, column_letters


@dataclass(frozen=True, kw_only=True, slots=True)
class Style:
    """How a cell looks. Sizes are points, colours are RRGGBB."""

    size: int = 13
    bold: bool = False
    italic: bool = False
    align: str = "left"
    valign: str = "vcenter"
    border: bool = False
    wrap: bool = False
    fill: str = ""
    color: str = ""
    number: str = "General"
    unlocked: bool = False
    indent: int = 0


class Computed(NamedTuple):
    """A live formula with the value it has now."""

    formula: str
    value: str | int | Decimal


class Link(NamedTuple):
    """A text that leads to a place in a file."""

    target: str
    text: str


def as_shown(exact: Decimal | Fraction) -> Decimal:
    """An exact figure as the cell of a formula shows it, which keeps no more than 17 digits."""
    return exact if isinstance(exact, Decimal) else Decimal(exact.numerator) / Decimal(exact.denominator)


LARGEST = 10**15
"""Numbers from here on have more digits than a cell of a workbook keeps; they are written as text."""

Value: TypeAlias = "str | int | Decimal | Computed | Link | None"


class Jump(NamedTuple):
    """Where a click on a cell leads in the same workbook, and the tip shown beside the mouse; the look stays."""

    sheet: str
    cell: str
    tip: str


class Cell(NamedTuple):
    """A value at a place, over as many rows and columns as it spans."""

    row: int
    column: int
    value: Value
    style: Style
    down: int = 1
    across: int = 1
    jump: Jump | None = None


class Line(NamedTuple):
    """The cells of a row, one for each column from the first; nothing else is in that row.

    Long lists are made of these: what looks cost is paid once for all the lines that have the same.
    """

    row: int
    values: Sequence[Value]
    styles: tuple[Style, ...]
    jumps: Mapping[int, Jump] = MappingProxyType({})

    def cells(self) -> Iterator[Cell]:
        """The cells one by one."""
        for column, (value, style) in enumerate(zip(self.values, self.styles, strict=True), 1):
            yield Cell(self.row, column, value, style, jump=self.jumps.get(column))


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What may be typed into a range: a number between bounds, or one of a list; and what Excel says about it.

    `cells` are those of a range with gaps, from `first` to `last`.
    `whole` numbers have no decimals. `choices` is a list of words or the address of a range that holds them. With
    neither, only the help is shown.
    """

    first: tuple[int, int]
    last: tuple[int, int]
    title: str
    message: str
    bounds: tuple[Decimal, Decimal] | None = None
    choices: tuple[str, ...] | str = ()
    whole: bool = False
    cells: tuple[tuple[int, int], ...] = ()
    error_title: str = ""
    error_message: str = ""


class Alert(NamedTuple):
    """A range of cells that turn red where a formula holds, told from its first cell."""

    first: tuple[int, int]
    last: tuple[int, int]
    formula: str


class Visibility(StrEnum):
    """Whether a reader sees a sheet; very hidden ones are not even listed in Excel's menu."""

    VISIBLE = "visible"
    VERY_HIDDEN = "very_hidden"


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A4 print set-up.

    `repeat` are the first and last row printed on every page; `fit` makes it one page wide, `scale` is a percentage
    where it does not.
    """

    landscape: bool = False
    repeat: tuple[int, int] | None = None
    repeat_columns: int = 0
    fit: bool = True
    scale: int = 100
    header: str = ""
    footer: str = ""


def wide_page(repeat: tuple[int, int], header: str) -> Page:
    """The page of a sheet too wide for one: names and headers stand on every page."""
    return Page(
        landscape=True, fit=False, scale=62, repeat=repeat, repeat_columns=2, header=header, footer="&L&A&R&P/&N"
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """A sheet of a workbook to be written: cells one by one, and lines of them.

    Rows are as high as their text needs. A long list of one-line cells saves that work: those below the row
    `fitted_to` all have the least height.
    """

    name: str
    cells: tuple[Cell | Line, ...]
    widths: tuple[float, ...] = ()
    least_heights: Mapping[int, float] = field(default_factory=dict)
    least_height: float = 16.0
    fitted_to: int | None = None
    page: Page = field(default_factory=Page)
    freeze: tuple[int, int] | None = None
    filtered: tuple[int, int, int, int] | None = None
    entries: tuple[Entry, ...] = ()
    comments: Mapping[tuple[int, int], str] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()
    alerts: tuple[Alert, ...] = ()
    protected: bool = False
    visibility: Visibility = Visibility.VISIBLE
    column_styles: Mapping[int, Style] = field(default_factory=dict)

    def each_cell(self) -> Iterator[Cell]:
        """All cells one by one, those of lines too."""
        for drawn in self.cells:
            if isinstance(drawn, Line):
                yield from drawn.cells()
            else:
                yield drawn


def address(row: int, column: int) -> str:
    """Name a cell: (12, 4) is D12."""
    return f"{column_letters(column)}{row}"


def in_sheet(sheet: str, cell: str) -> str:
    """Name a cell of another sheet as formulas do."""
    return f"'{sheet.replace(chr(39), chr(39) * 2)}'!{cell}"


def linked_file(name: str) -> Value:
    """The name of a file of the round as a link; plain text where Excel could not follow it."""
    return Link(f"external:../{name}", name) if _is_linkable(Where(file=name)) else name


def linked_cell(where: Where) -> Value:
    """A cell of a file of the round as a link into it; its plain address where Excel could not follow one."""
    if not (where.sheet and where.row and where.column and _is_linkable(where)):
        return where.cell
    return Link(f"external:../{where.file}#{in_sheet(where.sheet, where.cell)}", where.cell)


def _is_linkable(where: Where) -> bool:
    """Only plain names become links: foreign text never does, nor would Excel follow it."""
    return len(where.file) < _LONGEST_LINK and _PLAIN.fullmatch(where.file + where.sheet) is not None


_LONGEST_LINK = 200
_PLAIN = re.compile(r"[\w .()/-]*")


def listed_in(sheet: str, first: tuple[int, int], last: tuple[int, int]) -> str:
    """Name a range of another sheet as a drop-down does, whichever cell it belongs to."""
    corners = (f"${column_letters(column)}${row}" for row, column in (first, last))
    return f"={in_sheet(sheet, ':'.join(corners))}"


def ranges(cells: Iterable[tuple[int, int]]) -> Iterator[str]:
    """Name cells by as few ranges as their order allows: D9, D10, D11, D14 give D9:D11 and D14.

    Runs are joined downwards or to the right.
    """
    run: list[tuple[int, int]] = []
    for cell in cells:
        if run and not _continues(run, cell):
            yield _range(run)
            run = []
        run.append(cell)
    if run:
        yield _range(run)


def _continues(run: list[tuple[int, int]], cell: tuple[int, int]) -> bool:
    step = (cell[0] - run[-1][0], cell[1] - run[-1][1])
    before = (run[-1][0] - run[-2][0], run[-1][1] - run[-2][1]) if len(run) > 1 else step
    return step == before and step in ((1, 0), (0, 1))


def _range(run: list[tuple[int, int]]) -> str:
    first, last = address(*run[0]), address(*run[-1])
    return first if first == last else f"{first}:{last}"


def number_format(decimals: int) -> str:
    """The number format of a figure with fixed decimals; the reader's locale draws the comma."""
    return f"0.{'0' * decimals}" if decimals else "0"


def summed(cells: Iterable[tuple[int, int]]) -> str:
    """The SUM of cells; sums of sums where there are more than the 255 arguments Excel takes."""
    arguments = list(ranges(cells))
    while len(arguments) > _MOST_ARGUMENTS:
        groups = (arguments[i : i + _MOST_ARGUMENTS] for i in range(0, len(arguments), _MOST_ARGUMENTS))
        arguments = [f"SUM({','.join(group)})" for group in groups]
    return f"SUM({','.join(arguments)})"


def row_heights(sheet: Sheet) -> dict[int, float]:
    """Fit every row to its text, in points; no row is lower than the sheet's least heights say.

    Excel would fit unmerged rows by itself, but not merged ones, and other programs fit none.
    """
    fitted: dict[int, float] = {}
    needs = _Needs(sheet.widths)
    last = math.inf if sheet.fitted_to is None else sheet.fitted_to
    for drawn in sheet.cells:
        row = drawn.row
        if row > last or (isinstance(drawn, Cell) and drawn.down > 1):
            continue
        needed = needs.of_cell(drawn) if isinstance(drawn, Cell) else needs.of_line(drawn)
        if needed > fitted.get(row, 0.0):
            fitted[row] = needed
    least = sheet.least_heights
    return {
        row: round(min(max(points, least.get(row, sheet.least_height)), _HIGHEST), 2) for row, points in fitted.items()
    }


_IN_A_LINE = frozenset({Decimal, int, NoneType})
"""What is never wrapped."""


class _Needs:
    """How high cells have to be in columns of some widths; what many of them say is found out once.

    Numbers and empty cells need no more than a line of their style.
    """

    def __init__(self, widths: Sequence[float]) -> None:
        self._widths = widths
        self._of_text: dict[tuple[str, float, int], float] = {}
        self._of_look: dict[tuple[int, ...], float] = {}

    def of_cell(self, cell: Cell) -> float:
        """The height of a cell."""
        _, column, value, style, _, across, _ = cell
        shown = value[1] if type(value) is Computed or type(value) is Link else value
        if not (shown and isinstance(shown, str)):
            return self._text("", 0.0, style)
        return self._text(shown, sum(self._widths[column - 1 : column - 1 + across]), style)

    def of_line(self, line: Line) -> float:
        """The height of the highest cell of a line."""
        _, values, styles, _ = line
        look = tuple(map(id, styles))
        needed = self._of_look.get(look)
        if needed is None:
            needed = self._of_look[look] = max(self._text("", 0.0, style) for style in styles)
        for at, value in enumerate(values):
            if type(value) in _IN_A_LINE:
                continue
            text = value[1] if type(value) is Computed or type(value) is Link else value
            if text and isinstance(text, str):
                width = self._widths[at] if at < len(self._widths) else 0.0
                needed = max(needed, self._text(text, width, styles[at]))
        return needed

    def _text(self, text: str, width: float, style: Style) -> float:
        key = (text, width, id(style))
        needed = self._of_text.get(key)
        if needed is None:
            needed = self._of_text[key] = _height(text, width, style)
        return needed


_HIGHEST = 409.0
"""Points: Excel takes no higher row."""

_MOST_ARGUMENTS = 255

_NARROW = frozenset(" .,;:'()[]/|-ijltfrI")


def _height(text: str, width: float, style: Style) -> float:
    """Estimate the height of a text; a column's width of 1 is 5.25 points."""
    available = max(1.0, (width - style.indent) * 5.25 / style.size)
    lines = text.split("\n")
    wrapped = sum(max(1, math.ceil(_ems(line, style) / available)) for line in lines) if style.wrap else len(lines)
    return wrapped * style.size * 1.25 + 3


def _ems(line: str, style: Style) -> float:
    """Estimate the width of a line in multiples of the font size, from usual letters of Times New Roman."""
    letters = sum(map(_LETTERS.__getitem__, line))
    return letters * (1.08 if style.bold else 1.0)


class _Letters(dict[str, float]):
    """The width of each letter, found out when it is first met."""

    def __missing__(self, letter: str) -> float:
        self[letter] = 0.27 if letter in _NARROW else 0.62 if letter.isupper() else 0.46
        return self[letter]


_LETTERS = _Letters()
