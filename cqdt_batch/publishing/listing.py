"""A list as a sheet: a header row that stays and repeats, a row a thing, a filter; and the looks of such sheets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import TypeAlias

from cqdt_batch.messages import Words
from cqdt_batch.publishing.sheets import Cell, Line, Page, Sheet, Style, Value

TITLE = Style(size=14, bold=True)
ALONE = Style(size=12, italic=True, wrap=True)
HEADER = Style(size=12, bold=True, align="center", border=True, wrap=True, fill="DDEBF7")
TEXT = Style(size=12, border=True, wrap=True, valign="top")
CENTRED = replace(TEXT, align="center")

Row: TypeAlias = tuple[tuple[Value, Style], ...]
"""The cells of a row from left to right."""


MOST_ROWS = 20_000
"""So many rows a list may have; nobody reads more, and a workbook takes a while to open with them."""


def listing(words: Words, book: str, name: str, columns: Mapping[str, int], rows: Iterable[Row]) -> Sheet:
    """Draw a list; `columns` are the widths by the names of the columns, whose words stand among those of the book.

    Of a longer list than anybody reads the last row says how many are left out and what tells them all.
    """
    coming = iter(rows)
    labels = [words(f"{book}.column.{column}") for column in columns]
    cells: list[Cell | Line] = [Line(1, labels, (HEADER,) * len(labels))]
    last = 1
    for last, row in enumerate(islice(coming, MOST_ROWS), 2):
        values, styles = zip(*row, strict=True)
        cells.append(Line(last, values, styles))
    if last == 1:
        cells.append(Cell(2, 1, words(f"{book}.nothing"), ALONE, across=len(columns)))
    more = sum(1 for _ in coming)
    if more:
        cells.append(Cell(last + 1, 1, words("listing.more", count=more), ALONE, across=len(columns)))
    return Sheet(
        name=words(f"{book}.{name}"),
        cells=tuple(cells),
        widths=tuple(float(width) for width in columns.values()),
        page=Page(landscape=True, repeat=(1, 1), footer="&L&A&R&P/&N"),
        freeze=(2, 1),
        filtered=(1, 1, last, len(columns)),
    )
