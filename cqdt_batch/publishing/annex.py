"""The annex: one sheet a table, drawn as the decision prints it, every figure a formula on the working sheets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

from cqdt_batch.definition.records import Block, Column, ColumnKind, Orientation, Profile, RankBasis, TieRule, Unit
from cqdt_batch.messages import Words
from cqdt_batch.publishing.sheets import Cell, Computed, Page, Sheet, Style, Value, address, number_format
from cqdt_batch.publishing.working import WorkingSheet
from cqdt_batch.scoring.outcome import Outcome
from cqdt_batch.scoring.ranking import RankedSection, RankedTable, Standing
from cqdt_batch.scoring.rounding import published

_TITLE = Style(size=13, bold=True, align="center", wrap=True)
_REFERENCE = Style(size=13, italic=True, align="center", wrap=True)
_DRAFT = Style(size=14, bold=True, align="right", color="C00000")
_HEADER = Style(size=13, bold=True, align="center", border=True, wrap=True)
_NUMBERS = Style(size=12, italic=True, align="center", border=True)
_TEXT = Style(size=13, border=True, wrap=True)
_CENTRED = replace(_TEXT, align="center")
_SECTION = replace(_TEXT, bold=True, indent=1)
_NOTE = Style(size=12, italic=True, wrap=True, color="C00000")
_CLOSING = Style(size=13, bold=True, align="right")

_BLANK = "\u00a0"
"""What is not known before the signing stays blank; no-break spaces keep the blank in one piece."""


def annex_sheets(outcome: Outcome, words: Words) -> tuple[Sheet, ...]:
    """Draw the annex: the tables in the order of the definition, then the working sheet of each block."""
    working = {
        block.code: WorkingSheet(outcome=outcome, block=block, words=words) for block in outcome.assessment.blocks
    }
    last = len(outcome.tables) - 1
    tables = (
        _TableLayout(ranked=ranked, working=working[ranked.table.block], is_last=position == last).sheet()
        for position, ranked in enumerate(outcome.tables)
    )
    return (*tables, *(sheet.sheet() for sheet in working.values()))


def reference_line(profile: Profile) -> str:
    """The line in brackets under a title, with blanks for what the signing will add."""
    return profile.reference.format(
        so=profile.decision_number or _BLANK * 12,
        ngay=_two_digits(profile.decision_day, 9) or _BLANK * 6,
        thang=_two_digits(profile.decision_month, 2) or _BLANK * 6,
        nam=profile.decision_year or _BLANK * 8,
    )


def _two_digits(number: str, up_to: int) -> str:
    """Put a zero before days below 10 and months 1 and 2, as official Vietnamese dates are written."""
    return number.zfill(2) if number.isdecimal() and int(number) <= up_to else number


def roman(number: int) -> str:
    """Write a number in roman numerals: 1 is I, 4 is IV."""
    numerals = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
    written = ""
    for value, numeral in numerals:
        count, number = divmod(number, value)
        written += numeral * count
    return written


@dataclass(frozen=True, kw_only=True)
class _TableLayout:
    """One annex table on its sheet."""

    ranked: RankedTable
    working: WorkingSheet
    is_last: bool

    @property
    def outcome(self) -> Outcome:
        return self.working.outcome

    @property
    def words(self) -> Words:
        return self.working.words

    @property
    def block(self) -> Block:
        return self.working.block

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return self.outcome.assessment.columns_of(self.ranked.table)

    @cached_property
    def widths(self) -> tuple[float, ...]:
        return tuple(float(column.width) for column in self.columns)

    @cached_property
    def titles(self) -> tuple[tuple[str, Style], ...]:
        """The lines above the table; the annex's own heading stands on the tables that ask for it."""
        profile, table = self.outcome.assessment.profile, self.ranked.table
        reference = (reference_line(profile), _REFERENCE)
        title = (table.title, _TITLE)
        draft = ((self.words("annex.draft"), _DRAFT),) if self.outcome.is_draft else ()
        headed = ((profile.annex_title, _TITLE), reference, title) if table.headed else (title, reference)
        return (*draft, *headed)

    @property
    def header_row(self) -> int:
        return len(self.titles) + 2

    @property
    def spanned(self) -> bool:
        return any(column.spanner for column in self.columns)

    @property
    def numbered(self) -> bool:
        return any(column.number for column in self.columns)

    @property
    def first_row(self) -> int:
        """The first row below the header."""
        return self.header_row + 1 + self.spanned + self.numbered

    def sheet(self) -> Sheet:
        """Draw the sheet."""
        rows = tuple(self._rows())
        below = max((cell.row for cell in rows), default=self.first_row - 1) + 2
        notes = tuple(self._notes(below))
        table = self.ranked.table
        draft = f'&L&"Times New Roman,Bold"{self.words("annex.draft")}' if self.outcome.is_draft else ""
        return Sheet(
            name=table.code,
            cells=(*self._titles(), *self._header(), *rows, *notes),
            widths=self.widths,
            least_height=21.0,
            page=Page(
                landscape=table.orientation is Orientation.LANDSCAPE,
                repeat=(self.header_row, self.first_row - 1),
                header=f'{draft}&C&"Times New Roman"&13&P',
            ),
            freeze=(self.first_row, 1),
        )

    def _titles(self) -> Iterator[Cell]:
        for row, (text, style) in enumerate(self.titles, 1):
            yield Cell(row, 1, text, style, across=len(self.columns))

    def _header(self) -> Iterator[Cell]:
        position = 1
        for spanner, run in groupby(self.columns, key=lambda column: column.spanner):
            columns = tuple(run)
            if spanner:
                yield Cell(self.header_row, position, spanner, _HEADER, across=len(columns))
            for column in columns:
                row = self.header_row + bool(spanner)
                yield Cell(row, position, column.label, _HEADER, down=1 + (self.spanned and not spanner))
                if self.numbered:
                    yield Cell(self.first_row - 1, position, column.number, _NUMBERS)
                position += 1

    def _rows(self) -> Iterator[Cell]:
        row = self.first_row
        titled = 0
        for section in self.ranked.sections:
            if section.section.title:
                titled += 1
                yield Cell(row, 1, roman(titled), replace(_SECTION, align="center", indent=0))
                yield Cell(row, 2, section.section.title, _SECTION, across=len(self.columns) - 1)
                row += 1
            yield from self._section_rows(section, row)
            row += len(section.standings)

    def _section_rows(self, section: RankedSection, first: int) -> Iterator[Cell]:
        for offset, standing in enumerate(section.standings):
            for position, column in enumerate(self.columns, 1):
                value = self._value(column, standing, first + offset, first, section)
                yield Cell(first + offset, position, value, self._style(column))

    def _style(self, column: Column) -> Style:
        match column.kind:
            case ColumnKind.UNIT:
                return replace(_TEXT, indent=1)
            case ColumnKind.POINTS:
                return replace(_CENTRED, number=number_format(self.block.decimals))
            case ColumnKind.TOTAL:
                return replace(_CENTRED, number=number_format(self.block.decimals), bold=True)
            case _:
                return _CENTRED

    def _value(self, column: Column, standing: Standing, row: int, first: int, section: RankedSection) -> Value:
        match column.kind:
            case ColumnKind.NUMBER:
                return standing.number
            case ColumnKind.UNIT:
                return standing.unit.printed_name
            case ColumnKind.POINTS:
                return self._figure(standing, column.criterion)
            case ColumnKind.TOTAL:
                return self._figure(standing, self.ranked.table.criterion)
            case ColumnKind.RANK:
                return self._rank(standing, row, first, section)

    def _figure(self, standing: Standing, criterion: str) -> Computed:
        """A published figure: the exact points of the working sheet, rounded here and nowhere else."""
        exact = self.working.exact(standing.unit, criterion)
        source = self.working.reference(standing.unit, criterion)
        if exact is None:
            return Computed(f"={source}", self.words("not_assessed"))
        return Computed(f"=ROUND({source},{self.block.decimals})", published(exact, self.block.decimals))

    def _rank(self, standing: Standing, row: int, first: int, section: RankedSection) -> Computed | None:
        """A rank from the row above, so that a table of 3,000 rows costs no more per row than one of 3.

        The rows are in order; should somebody change a score so that they no longer are, the cell says so
        instead of showing a wrong rank.
        """
        if standing.rank is None:
            return None
        if row == first:
            return Computed("=1", 1)
        above = section.standings[row - first - 1]
        mine, theirs = self._ranked_cell(standing, row), self._ranked_cell(above, row - 1)
        rank_above = address(row - 1, self._column_at(ColumnKind.RANK))
        place = f"{rank_above}+1" if self.block.ties is TieRule.DENSE else f"{row - first + 1}"
        stale = self.words("annex.order_changed")
        formula = f'=IFERROR(IF({mine}={theirs},{rank_above},IF({mine}<{theirs},{place},NA())),"{stale}")'
        return Computed(formula, standing.rank)

    def _ranked_cell(self, standing: Standing, row: int) -> str:
        if self.block.basis is RankBasis.EXACT:
            return self.working.reference(standing.unit, self.ranked.table.criterion)
        return address(row, self._column_at(ColumnKind.TOTAL))

    def _column_at(self, kind: ColumnKind) -> int:
        return next(position for position, column in enumerate(self.columns, 1) if column.kind is kind)

    def _state(self, unit: Unit) -> str:
        """A unit's state, written small inside a sentence."""
        state = self.words(f"unit_state.{self.outcome.states[unit.code]}")
        return state[0].lower() + state[1:]

    def _notes(self, row: int) -> Iterator[Cell]:
        across = len(self.columns)
        if self.ranked.absent:
            names = tuple(f"{unit.printed_name} ({self._state(unit)})" for unit in self.ranked.absent)
            text = self.words("annex.absent", count=len(names), units=names)
            yield Cell(row, 1, text, _NOTE, across=across)
            row += 2
        closing = self.outcome.assessment.profile.closing
        if self.is_last and closing:
            yield Cell(row, 1, closing, _CLOSING, across=across)
