"""The sheet of a block's ranked lists: ranks and grades that do not follow from the order of the rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from cqdt_batch.definition.records import ColumnKind, TableContent, TieRule, Unit
from cqdt_batch.publishing.annex.figures import TableFigures, rank_formula
from cqdt_batch.publishing.annex.trace import TraceSheet
from cqdt_batch.publishing.sheets import (
    Cell,
    Computed,
    Jump,
    Line,
    Page,
    Sheet,
    Style,
    Value,
    address,
    as_shown,
    in_sheet,
)
from cqdt_batch.scoring.ranking import RankedTable, RankList, Scope

_TITLE = Style(size=14, bold=True)
_NOTE = Style(size=11, italic=True)
_HEADER = Style(size=11, bold=True, align="center", border=True, wrap=True, fill="DDEBF7")
_TEXT = Style(size=11, border=True, wrap=True)
_CENTRED = replace(_TEXT, align="center")
_HEADER_ROW = 4
_FIXED = 3
"""Columns before the figures: table, scope, unit."""


class _Listed(NamedTuple):
    """A unit in a list at a place counted from 0, with its rank; without where grades are counted."""

    figures: TableFigures
    scope: str
    unit: Unit
    place: int
    rank: int | None


@dataclass(frozen=True, kw_only=True)
class RanksSheet:
    """The lists of all tables of a block, one below the other.

    A list whose ranks the table itself works out, row by row, is not repeated here. Every figure leads to `trace`.
    """

    tables: tuple[TableFigures, ...]
    trace: TraceSheet

    @property
    def name(self) -> str:
        """The name of the sheet."""
        working = self.tables[0].working
        return working.words("working.ranks_sheet", block=working.block.code)

    @cached_property
    def _tie_breaks(self) -> tuple[str, ...]:
        block = self.tables[0].figures.block
        return block.tie_breaks if block.ties is TieRule.ORDINAL else ()

    @property
    def _rank_column(self) -> int:
        return _FIXED + 2 + len(self._tie_breaks)

    @cached_property
    def _placed(self) -> tuple[dict[tuple[str, str, int], int], tuple[_Listed, ...]]:
        """The row above each list, by table, scope and number, and all lines."""
        above: dict[tuple[str, str, int], int] = {}
        lines: list[_Listed] = []
        for figures in self.tables:
            for scope, number, name, pairs in _lists_of(figures):
                above[figures.ranked.table.code, scope, number] = _HEADER_ROW + len(lines)
                lines += (_Listed(figures, name, unit, place, rank) for place, (unit, rank) in enumerate(pairs))
        return above, tuple(lines)

    @property
    def lines(self) -> tuple[_Listed, ...]:
        """The rows of the sheet; none where no table needs it."""
        return self._placed[1]

    def rank(self, ranked: RankedTable, scope: Scope, number: int, place: int) -> str:
        """The cell of a rank, as a formula of another sheet names it.

        `number` is that of the section, or of the list among those beside the sections; `place` counts from 0.
        """
        row = self._placed[0][ranked.table.code, scope, number] + place + 1
        return in_sheet(self.name, address(row, self._rank_column))

    def grades(self, ranked: RankedTable, number: int) -> str:
        """The cells of the grades of a section's units."""
        above = self._placed[0][ranked.table.code, _GRADES, number]
        rows = above + 1, above + len(ranked.sections[number].standings)
        return in_sheet(self.name, ":".join(address(row, self._rank_column + 1) for row in rows))

    def counted(self, ranked: RankedTable, number: int) -> Jump:
        """Lead to the units of a section whose grades are counted."""
        words, row = self.tables[0].working.words, self._placed[0][ranked.table.code, _GRADES, number] + 1
        return Jump(self.name, address(row, 1), words("trace.counted_tip", sheet=self.name, row=row))

    def sheet(self) -> Sheet:
        """Draw the sheet."""
        working = self.tables[0].working
        draft = f"&L{working.words('annex.draft')}" if working.outcome.is_draft else ""
        return Sheet(
            name=self.name,
            cells=(*self._head(), *(self._row(row, line) for row, line in enumerate(self.lines, _HEADER_ROW + 1))),
            widths=(12.0, 34.0, 40.0, 14.0, *[14.0] * len(self._tie_breaks), 10.0, 18.0),
            page=Page(repeat=(_HEADER_ROW, _HEADER_ROW), header=draft, footer="&L&A&R&P/&N"),
            freeze=(_HEADER_ROW + 1, 1),
        )

    def _head(self) -> Iterator[Cell]:
        working = self.tables[0].working
        words = working.words
        yield Cell(1, 1, words("working.ranks_title", block=working.block.name), _TITLE)
        yield Cell(2, 1, words("working.ranks_note"), _NOTE)
        tie_breaks = (words("working.tie_break", code=code) for code in self._tie_breaks)
        named = (words(f"working.{key}") for key in ("table", "scope", "unit", "figure"))
        for column, text in enumerate((*named, *tie_breaks, words("working.rank"), words("working.grade")), 1):
            yield Cell(_HEADER_ROW, column, text, _HEADER)

    def _row(self, row: int, line: _Listed) -> Line:
        named = (line.figures.ranked.table.code, self._scope(line), line.unit.printed_name)
        figures = tuple(self._figures(line))
        jumps = {
            column: self.trace.jump(line.unit, line.figures.ranked.table.criterion)
            for column, figure in enumerate(figures, _FIXED + 1)
            if figure is not None
        }
        return Line(row, (*named, *figures, self._rank(line, row), self._grade(line, row)), self._looks, jumps)

    @cached_property
    def _looks(self) -> tuple[Style, ...]:
        return (*[_TEXT] * _FIXED, *[_CENTRED] * (self._rank_column + 1 - _FIXED))

    def _scope(self, line: _Listed) -> str:
        return line.scope or line.figures.working.words("working.whole")

    def _figures(self, line: _Listed) -> Iterator[Value]:
        """The figure a unit is ranked or graded by, and what settles ties."""
        figures = line.figures.figures
        if line.rank is None:
            graded = figures.graded(line.unit)
            expression = line.figures.expression(figures.graded_kind, line.unit)
            yield None if graded is None else Computed(f"=ROUND({expression},{figures.block.decimals})", graded)
            yield from (None for _ in self._tie_breaks)
            return
        values = (figures.compared(line.unit), *(figures.tie_breaks(line.unit) if self._tie_breaks else ()))
        for expression, value in zip(line.figures.compared(line.unit, 0), values, strict=True):
            yield None if value is None else Computed(f"={expression}", as_shown(value))

    def _rank(self, line: _Listed, row: int) -> Value:
        if line.rank is None:
            return None
        if line.place == 0:
            return Computed("=1", 1)
        columns = range(_FIXED + 1, self._rank_column)
        mine, above = (tuple(address(at, column) for column in columns) for at in (row, row - 1))
        rank_above = address(row - 1, self._rank_column)
        is_dense = line.figures.figures.block.ties is TieRule.DENSE
        place = f"{rank_above}+1" if is_dense else f"{line.place + 1}"
        stale = line.figures.working.stale
        return Computed(rank_formula(mine, above, rank_above, place, stale), line.rank)

    def _grade(self, line: _Listed, row: int) -> Value:
        if line.rank is not None:
            return None
        grade = line.figures.figures.grade(line.unit)
        if grade is None:
            return None
        return Computed(f"={line.figures.grade_formula(address(row, _FIXED + 1))}", grade.label)


_GRADES = "grades"
_Pairs = Iterable[tuple[Unit, int | None]]


def _lists_of(figures: TableFigures) -> Iterator[tuple[str, int, str, _Pairs]]:
    """The lists that a table needs here: its scope, its number there, its name, and units with their ranks."""
    ranked = figures.ranked
    if ranked.table.content is TableContent.GRADES:
        for number, section in enumerate(ranked.sections):
            yield _GRADES, number, section.section.title, ((standing.unit, None) for standing in section.standings)
        return
    for number, section in enumerate(ranked.sections):
        if section.ranking and not section.is_in_order and figures.position(ColumnKind.RANK):
            yield Scope.SECTION, number, section.section.title, _pairs(section.ranking)
    for number, one in enumerate(ranked.beside):
        yield one.scope, number, one.name, _pairs(one)


def _pairs(one: RankList) -> _Pairs:
    return zip(one.units, one.ranks, strict=True)
