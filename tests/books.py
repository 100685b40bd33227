"""Ways to change a workbook as read, by what its headers say, and to tell what a definition says of the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from cqdt_batch.cells import Book, Content, Grid
from cqdt_batch.definition.loading import Definition

PROFILE = "Đợt đánh giá"

Change: TypeAlias = Callable[[Book], Book]
Told: TypeAlias = list[tuple[str, str, str]]
"""What a definition is told: code, sheet and cell of its findings, in their order."""


def told(definition: Definition) -> Told:
    return [(finding.code, finding.where.sheet, finding.where.cell) for finding in definition.findings]


def grid_of(book: Book, sheet: str) -> Grid:
    return next(grid for grid in book.grids if grid.sheet == sheet)


def with_rows(book: Book, sheet: str, rows: Mapping[int, Mapping[int, Content]]) -> Book:
    filled = {row: dict(sorted(cells.items())) for row, cells in sorted(rows.items()) if cells}
    grids = (replace(grid, rows=filled) if grid.sheet == sheet else grid for grid in book.grids)
    return replace(book, grids=tuple(grids))


def with_content(book: Book, sheet: str, row: int, column: int, content: Content | None) -> Book:
    """The book with one cell changed, or cleared where `content` is None."""
    rows = dict(grid_of(book, sheet).rows)
    others = {place: old for place, old in rows.get(row, {}).items() if place != column}
    rows[row] = others if content is None else {**others, column: content}
    return with_rows(book, sheet, rows)


def column_of(book: Book, sheet: str, header: str) -> int:
    return next(column for column, text in grid_of(book, sheet).rows[1].items() if text == header)


def line_of(book: Book, label: str) -> int:
    return next(row for row, cells in grid_of(book, PROFILE).rows.items() if cells[1] == label)


def cell(sheet: str, header: str, row: int, content: Content | None) -> Change:
    """Change the cell of a row below a header; row 1 is the header itself."""
    return lambda book: with_content(book, sheet, row, column_of(book, sheet, header), content)


def item(label: str, content: Content | None) -> Change:
    """Change the content of an item of the upright sheet."""
    return lambda book: with_content(book, PROFILE, line_of(book, label), 2, content)


def item_renamed(label: str, name: str) -> Change:
    return lambda book: with_content(book, PROFILE, line_of(book, label), 1, name)


def added(sheet: str, row: int, cells: Mapping[str, Content]) -> Change:
    """Fill in a row, by header."""

    def change(book: Book) -> Book:
        for header, content in cells.items():
            book = cell(sheet, header, row, content)(book)
        return book

    return change


def everywhere(text: str, other: Content) -> Change:
    """Replace a text wherever it is all that a cell holds."""

    def change(book: Book) -> Book:
        for grid in book.grids:
            rows = {r: {c: other if x == text else x for c, x in cells.items()} for r, cells in grid.rows.items()}
            book = with_rows(book, grid.sheet, rows)
        return book

    return change


def without_row(sheet: str, row: int) -> Change:
    return lambda book: with_rows(book, sheet, {**grid_of(book, sheet).rows, row: {}})


def without_rows(sheet: str) -> Change:
    """Keep nothing but the header."""
    return lambda book: with_rows(book, sheet, {1: grid_of(book, sheet).rows[1]})


def without_column(sheet: str, header: str) -> Change:
    def change(book: Book) -> Book:
        gone = column_of(book, sheet, header)
        rows = grid_of(book, sheet).rows
        return with_rows(book, sheet, {r: {c: x for c, x in cells.items() if c != gone} for r, cells in rows.items()})

    return change


def without_sheet(sheet: str) -> Change:
    return lambda book: replace(book, grids=tuple(grid for grid in book.grids if grid.sheet != sheet))


def with_sheet(sheet: str, rows: Mapping[int, Mapping[int, Content]]) -> Change:
    return lambda book: replace(book, grids=(*book.grids, Grid(sheet=sheet, rows=rows)))


def sheet_renamed(sheet: str, name: str) -> Change:
    def change(book: Book) -> Book:
        grids = (replace(grid, sheet=name) if grid.sheet == sheet else grid for grid in book.grids)
        return replace(book, grids=tuple(grids))

    return change
