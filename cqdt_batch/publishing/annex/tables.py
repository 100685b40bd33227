"""The annex: one sheet a table, drawn as the decision prints it, every figure a formula on the working sheets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import groupby

from cqdt_batch.definition.records import (
    AnnexTable,
    Block,
    Column,
    ColumnKind,
    Orientation,
    Profile,
    TableContent,
    TieRule,
    Treatment,
    Unit,
)
from cqdt_batch.intake.printed.model import PrintedTable
from cqdt_batch.messages import Words
from cqdt_batch.publishing.annex.appraisal import AppraisalSheet
from cqdt_batch.publishing.annex.changes import ChangesSheet
from cqdt_batch.publishing.annex.figures import FIGURE_KINDS, TableFigures, number_code, rank_formula
from cqdt_batch.publishing.annex.printed import Placed, printed_table
from cqdt_batch.publishing.annex.ranks import RanksSheet
from cqdt_batch.publishing.annex.register import RegisterSheet
from cqdt_batch.publishing.annex.summaries import Summary
from cqdt_batch.publishing.annex.trace import TraceSheet
from cqdt_batch.publishing.annex.working import WorkingSheets
from cqdt_batch.publishing.sheets import Cell, Computed, Line, Page, Sheet, Style, Value, address
from cqdt_batch.scoring.changes.comparison import Comparison
from cqdt_batch.scoring.consistency.sums import balances
from cqdt_batch.scoring.outcome import Outcome
from cqdt_batch.scoring.ranking import RANK_KINDS, RankedSection, RankedTable, Scope, Standing, rank_change

_TITLE = Style(size=13, bold=True, align="center", wrap=True)
_REFERENCE = Style(size=13, italic=True, align="center", wrap=True)
_DRAFT = Style(size=14, bold=True, align="right", color="C00000")
_HEADER = Style(size=13, bold=True, align="center", border=True, wrap=True)
_NUMBERS = Style(size=12, italic=True, align="center", border=True)
_TEXT = Style(size=13, border=True, wrap=True)
_CENTRED = replace(_TEXT, align="center")
_SECTION = replace(_TEXT, bold=True, indent=1)
_NOTE = Style(size=12, italic=True, wrap=True, color="C00000")
_FREE = Style(size=12, italic=True, wrap=True)
_CLOSING = Style(size=13, bold=True, align="right")

_FIGURES = (Computed, int, Decimal)
"""What a cell holds that leads to where it comes from; names, notes and blanks do not."""

_MOST_LEADING = 65_000
"""So many cells the tables may have for every figure to lead to where it comes from; in larger ones a row has one link.

LibreOffice opens a workbook with 40,000 links in seconds, and takes minutes for three times as many.
"""

_MOST_NAMED = 30
"""More units than this are counted below a table, not named."""

_BLANK = "\u00a0"
"""What is not known before the signing stays blank; no-break spaces keep the blank in one piece."""


def annex_sheets(outcome: Outcome, words: Words, changes: Comparison | None = None) -> Iterator[Sheet]:
    """Draw the annex: the tables in the order of the definition, what `changes` it prints, and what stands behind.

    A sheet is drawn when it is asked for: together they would take a lot of room.
    """
    return Annex(outcome=outcome, words=words, changes=changes).sheets()


@dataclass(frozen=True, kw_only=True)
class Annex:
    """The annex of an outcome: its tables, what changed since it was last published, and what stands behind them."""

    outcome: Outcome
    words: Words
    changes: Comparison | None = None

    @cached_property
    def _working(self) -> dict[str, WorkingSheets]:
        return {
            block.code: WorkingSheets(outcome=self.outcome, block=block, words=self.words)
            for block in self.outcome.assessment.blocks
        }

    @cached_property
    def _figures(self) -> tuple[TableFigures, ...]:
        return tuple(
            TableFigures(
                ranked=ranked,
                working=self._working[ranked.table.block],
                columns=self.outcome.assessment.columns_of(ranked.table),
            )
            for ranked in self.outcome.tables
        )

    @cached_property
    def _trace(self) -> TraceSheet:
        return TraceSheet(outcome=self.outcome, words=self.words, working=self._working)

    @cached_property
    def _ranks(self) -> dict[str, RanksSheet]:
        return {
            block: RanksSheet(tables=own, trace=self._trace)
            for block in self._working
            if (own := tuple(one for one in self._figures if one.ranked.table.block == block))
        }

    @cached_property
    def layouts(self) -> tuple[TableLayout, ...]:
        """The tables in the order of the definition."""
        figures = self._figures
        return tuple(
            TableLayout(
                figures=one,
                ranks=self._ranks[one.ranked.table.block],
                trace=self._trace,
                is_last=one is figures[-1],
                is_crowded=self._is_crowded,
            )
            for one in figures
        )

    @cached_property
    def _is_crowded(self) -> bool:
        """Tell whether the tables together have too many cells for each to be a link."""
        cells = (len(section.standings) * len(one.columns) for one in self._figures for section in one.ranked.sections)
        return sum(cells) > _MOST_LEADING

    def sheets(self) -> Iterator[Sheet]:
        """Draw the tables, then, block by block, the working sheets, lists of ranks and the working paper.

        Last come the corrections register and the trace.
        """
        for layout in self.layouts:
            yield layout.sheet()
        yield from self._changed()
        for block in self._working:
            yield from self._behind(block)
        if self.outcome.assessment.corrections:
            yield RegisterSheet(outcome=self.outcome, words=self.words).sheet()
        if self._trace.lines:
            yield self._trace.sheet()

    def _changed(self) -> Iterator[Sheet]:
        profile = self.outcome.assessment.profile
        if self.changes:
            yield ChangesSheet(
                comparison=self.changes,
                words=self.words,
                titles={table.code: filled(table.title, profile) for table in self.outcome.assessment.tables},
                reference=filled(profile.reference, profile),
                is_draft=self.outcome.is_draft,
            ).sheet()

    def _behind(self, block: str) -> Iterator[Sheet]:
        """What stands behind the tables of a block."""
        yield from self._working[block].sheets()
        if block in self._ranks and self._ranks[block].lines:
            yield self._ranks[block].sheet()
        paper = AppraisalSheet(working=self._working[block])
        if paper.is_needed:
            yield paper.sheet()


def filled(text: str, profile: Profile) -> str:
    """Put into a text what its placeholders stand for; blanks for what the signing will add."""
    return text.format(
        so=profile.decision_number or _BLANK * 12,
        ngay=_two_digits(profile.decision_day, 9) or _BLANK * 6,
        thang=_two_digits(profile.decision_month, 2) or _BLANK * 6,
        nam=profile.decision_year or _BLANK * 8,
        tinh=profile.province,
        chi_so=profile.index_name,
        nam_danh_gia=profile.year,
        co_quan=profile.appraiser,
        bo_tieu_chi=profile.criteria_set,
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
class TableLayout:
    """One annex table on its sheet.

    `figures` say what its cells hold, `ranks` has the ranks and grades kept apart; every figure leads to `trace`, or,
    where the annex `is_crowded`, the one that a row is about.
    """

    figures: TableFigures
    ranks: RanksSheet
    trace: TraceSheet
    is_last: bool
    is_crowded: bool

    @property
    def _ranked(self) -> RankedTable:
        return self.figures.ranked

    @property
    def _table(self) -> AnnexTable:
        return self.figures.ranked.table

    @property
    def _outcome(self) -> Outcome:
        return self.figures.working.outcome

    @property
    def _words(self) -> Words:
        return self.figures.working.words

    @property
    def _block(self) -> Block:
        return self.figures.working.block

    @property
    def _columns(self) -> tuple[Column, ...]:
        return self.figures.columns

    @cached_property
    def _titles(self) -> tuple[tuple[str, Style], ...]:
        """The lines above the table; the annex's own heading stands on the tables that ask for it."""
        profile = self._outcome.assessment.profile
        reference = (filled(profile.reference, profile), _REFERENCE)
        title = (filled(self._table.title, profile), _TITLE)
        draft = ((self._words("annex.draft"), _DRAFT),) if self._outcome.is_draft else ()
        headed = ((filled(profile.annex_title, profile), _TITLE), reference, title)
        before = ((line, _FREE) for line in filled(self._table.before, profile).splitlines())
        return (*draft, *(headed if self._table.headed else (title, reference)), *before)

    @property
    def _header_row(self) -> int:
        return len(self._titles) + 2

    @cached_property
    def _levels(self) -> int:
        """How many rows of spanners stand above the headers."""
        return max(len(column.spanners) for column in self._columns)

    @property
    def _numbered(self) -> bool:
        return any(column.number for column in self._columns)

    @property
    def _first_row(self) -> int:
        """The first row below the header."""
        return self._header_row + 1 + self._levels + self._numbered

    def sheet(self) -> Sheet:
        """Draw the sheet."""
        rows = tuple(self._rows())
        below = max((drawn.row for drawn in rows), default=self._first_row - 1) + 2
        notes = tuple(self._notes(below))
        draft = f'&L&"Times New Roman,Bold"{self._words("annex.draft")}' if self._outcome.is_draft else ""
        return Sheet(
            name=self._table.code,
            cells=(*self._heading(), *self._header(), *rows, *notes),
            widths=tuple(float(column.width) for column in self._columns),
            least_height=21.0,
            page=Page(
                landscape=self._table.orientation is Orientation.LANDSCAPE,
                repeat=(self._header_row, self._first_row - 1),
                header=f'{draft}&C&"Times New Roman"&13&P',
            ),
            freeze=(self._first_row, 1),
        )

    def _heading(self) -> Iterator[Cell]:
        for row, (text, style) in enumerate(self._titles, 1):
            yield Cell(row, 1, text, style, across=len(self._columns))

    def _header(self) -> Iterator[Cell]:
        for level in range(self._levels):
            position = 1
            for spanners, run in groupby(self._columns, key=lambda column: column.spanners[: level + 1]):
                across = len(tuple(run))
                if len(spanners) > level:
                    yield Cell(self._header_row + level, position, spanners[level], _HEADER, across=across)
                position += across
        for position, column in enumerate(self._columns, 1):
            row = self._header_row + len(column.spanners)
            down = self._levels - len(column.spanners) + 1
            yield Cell(row, position, column.label, _HEADER, down=down)
            if self._numbered:
                yield Cell(self._first_row - 1, position, column.number, _NUMBERS)

    def _rows(self) -> Iterator[Cell | Line]:
        row = self._first_row
        titled = 0
        is_summary = self._table.content is TableContent.GRADES
        for number, section in enumerate(self._ranked.sections):
            if section.section.title:
                titled += 1
                title = filled(section.section.title, self._outcome.assessment.profile)
                yield Cell(row, 1, roman(titled), replace(_SECTION, align="center", indent=0))
                yield Cell(row, 2, title, _SECTION, across=len(self._columns) - 1)
                row += 1
            rows = self._summary.rows(number, section, row, self._looks) if is_summary else None
            drawn: tuple[Cell | Line, ...] = tuple(rows or self._unit_rows(number, section, row))
            yield from drawn
            row = max((one.row + 1 for one in drawn), default=row)

    @property
    def lists_units(self) -> bool:
        """Tell whether the rows are units, not grades."""
        return self._table.content is TableContent.UNITS

    @cached_property
    def printed(self) -> PrintedTable:
        """The table as a reader will see it, for one whose rows are units."""
        return printed_table(self.figures, self._header_row, self._placed())

    def _placed(self) -> Iterator[Placed]:
        """The rows of the units, as `_rows` draws them."""
        row = self._first_row
        for number, section in enumerate(self._ranked.sections):
            row += bool(section.section.title)
            for standing in section.standings:
                yield Placed(row, number, standing)
                row += 1

    @property
    def _has_unrounded_sums(self) -> bool:
        """Tell whether a reader who adds up the printed parts of a row gets another total."""
        found = (balance for one in self.printed.sums or () for balance in balances(self.printed, one))
        return any(not balance.adds_up for balance in found)

    def _unit_rows(self, number: int, section: RankedSection, first: int) -> Iterator[Line]:
        for place, standing in enumerate(section.standings):
            row = first + place
            values = [
                show(standing, row) if show else self._rank(position, number, section, place, first)
                for position, show in enumerate(self._shows, 1)
            ]
            jumps = {
                position: self.trace.jump(standing.unit, criterion)
                for position, criterion in self._leading.items()
                if isinstance(values[position - 1], _FIGURES)
            }
            yield Line(row, values, self._looks, jumps)

    @cached_property
    def _shows(self) -> tuple[Callable[[Standing, int], Value] | None, ...]:
        """What the columns say of a unit in a row."""
        return tuple(map(self._shown, self._columns))

    @cached_property
    def _leading(self) -> dict[int, str]:
        """The columns whose figures lead to the row of the trace that says where they come from, and their criteria."""
        return {
            position: column.criterion or self._table.criterion
            for position, column in enumerate(self._columns, 1)
            if (column is self._result if self.is_crowded else column.kind is not ColumnKind.NUMBER)
        }

    @cached_property
    def _result(self) -> Column | None:
        """The column of what units are ranked by; of the first figure where that is not printed."""
        position = self.figures.position(self.figures.figures.ranked_kind)
        if position:
            return self._columns[position - 1]
        return next((column for column in self._columns if column.kind in FIGURE_KINDS), None)

    @property
    def _summary(self) -> Summary:
        return Summary(figures=self.figures, ranks=self.ranks)

    @cached_property
    def _looks(self) -> tuple[Style, ...]:
        return tuple(map(self._style, self._columns))

    def _style(self, column: Column) -> Style:
        if column.kind in (ColumnKind.UNIT, ColumnKind.SUBGROUP, ColumnKind.NOTE):
            return replace(_TEXT, indent=1)
        if column.kind is ColumnKind.RANK_CHANGE:
            return replace(_CENTRED, number="+0;-0;0")
        if column.kind not in FIGURE_KINDS and column.kind is not ColumnKind.SHARE:
            return _CENTRED
        code = number_code(column, self.figures.figures.decimals(column))
        is_result = column.kind is self.figures.figures.ranked_kind and column.criterion in ("", self._table.criterion)
        return replace(_CENTRED, number=code, bold=is_result)

    def _shown(self, column: Column) -> Callable[[Standing, int], Value] | None:
        """What a column says of a unit in a row; None for a rank, which has to do with the rows around it."""
        if column.kind in RANK_KINDS:
            return None
        match column.kind:
            case ColumnKind.NUMBER:
                return lambda standing, _: standing.number
            case ColumnKind.UNIT:
                return lambda standing, _: standing.unit.printed_name
            case ColumnKind.SUBGROUP:
                return lambda standing, _: standing.unit.subgroup
            case ColumnKind.NOTE:
                return lambda standing, _: standing.unit.note
            case ColumnKind.GRADE:
                return lambda standing, row: self.figures.grade(standing.unit, row)
            case ColumnKind.RANK_CHANGE:
                return self._rank_change
        shown = self.figures.shown(column)
        return lambda standing, row: shown(standing.unit, row)

    def _rank_change(self, standing: Standing, row: int) -> Value:
        change = rank_change(self.figures.figures, standing.unit, standing.ranks)
        if change is None:
            return None
        kind = ColumnKind.RANK_OVERALL if Scope.TABLE in standing.ranks else ColumnKind.RANK
        position = self.figures.position(kind) or 0
        return Computed(f"={self.figures.figures.last_rank(standing.unit)}-{address(row, position)}", change)

    def _rank(self, position: int, number: int, section: RankedSection, place: int, first: int) -> Value:
        """A rank: worked out here where the rows stand in its order, else taken from the sheet of ranks."""
        standing = section.standings[place]
        scope = RANK_KINDS[self._columns[position - 1].kind]
        rank = standing.ranks.get(scope)
        if rank is None:
            return None
        if scope is Scope.SECTION and section.is_in_order:
            return self._rank_below(section, place, first, rank)
        if scope is not Scope.SECTION:
            number = self._list_of[scope, standing.unit.code]
        one = section.ranking if scope is Scope.SECTION else self._ranked.beside[number]
        at = one.places[standing.unit.code] if one else 0
        return Computed(f"={self.ranks.rank(self._ranked, scope, number, at)}", rank)

    @cached_property
    def _list_of(self) -> dict[tuple[Scope, str], int]:
        """The number of the list beside the sections in which a unit is ranked."""
        lists = enumerate(self._ranked.beside)
        return {(one.scope, code): number for number, one in lists for code in one.places}

    def _rank_below(self, section: RankedSection, place: int, first: int, rank: int) -> Computed:
        """A rank from the row above."""
        if place == 0:
            return Computed("=1", 1)
        row = first + place
        mine = self.figures.compared(section.standings[place].unit, row)
        above = self.figures.compared(section.standings[place - 1].unit, row - 1)
        rank_above = address(row - 1, self.figures.position(ColumnKind.RANK) or 0)
        follows = f"{rank_above}+1" if self._block.ties is TieRule.DENSE else f"{place + 1}"
        formula = rank_formula(mine, above, rank_above, follows, self.figures.working.stale)
        return Computed(formula, rank)

    def _state(self, unit: Unit) -> str:
        """A unit's state, written small inside a sentence."""
        state = self._words(f"unit_state.{self._outcome.states[unit.code]}")
        return state[0].lower() + state[1:]

    def _notes(self, row: int) -> Iterator[Cell]:
        lines = tuple(self._lines_below())
        for offset, (text, style) in enumerate(lines):
            yield Cell(row + offset, 1, text, style, across=len(self._columns))
        closing = self._outcome.assessment.profile.closing
        if self.is_last and closing:
            below = row + len(lines) + bool(lines)
            yield Cell(below, 1, closing, _CLOSING, across=len(self._columns))

    def _lines_below(self) -> Iterator[tuple[str, Style]]:
        """What stands below a table: its own text, how partly assessed units are treated, who is missing."""
        profile = self._outcome.assessment.profile
        yield from ((line, _FREE) for line in filled(self._table.after, profile).splitlines())
        if self.lists_units:
            yield from ((line, _FREE) for line in self._treated())
        if self._table.explains_sums and self.lists_units and self._has_unrounded_sums:
            yield self._words("annex.sums_unrounded", decimals=self._block.decimals), _FREE
        kinds = {column.kind for column in self._columns}
        if ColumnKind.LAST_TOTAL in kinds and self._has_merged():
            yield self._words("annex.merged"), _FREE
        if any(map(self._summary.shares_miss, (column for column in self._columns if column.kind is ColumnKind.SHARE))):
            yield self._words("annex.shares_rounded"), _FREE
        if self._ranked.absent:
            names = tuple(f"{unit.printed_name} ({self._state(unit)})" for unit in self._ranked.absent)
            yield self._words("annex.absent", count=len(names), units=names), _NOTE

    def _treated(self) -> Iterator[str]:
        """How units that are not assessed on everything are treated in this table."""
        figures, assessment = self.figures.figures, self._outcome.assessment
        partly = [s.unit for s in self._ranked.standings if figures.is_partly_assessed(s.unit)]
        unranked = partly if self._block.treatment is Treatment.UNRANKED else self._not_comparable()
        treated = [unit for unit in partly if unit not in unranked]
        if self._block.treatment is Treatment.LEFT_OUT:
            treated = [unit for unit in assessment.units_of(self._block.code) if assessment.is_left_out(unit)]
        if treated:
            facts = {"units": self._named(treated), "maximum": figures.tree.maximum(self._table.criterion)}
            yield self._words(f"annex.treatment.{self._block.treatment}", **facts)
        if unranked:
            yield self._words("annex.treatment.unranked", units=self._named(unranked))

    def _not_comparable(self) -> list[Unit]:
        """The units of ranked sections that turned out not to be comparable."""
        sections = (section for section in self._ranked.sections if section.ranking)
        units = (standing.unit for section in sections for standing in section.standings)
        return [unit for unit in units if not self.figures.figures.is_comparable(unit)]

    def _named(self, units: Sequence[Unit]) -> tuple[str, ...] | str:
        if len(units) > _MOST_NAMED:
            return self._words("annex.units_counted", count=len(units))
        return tuple(unit.printed_name for unit in units)

    def _has_merged(self) -> bool:
        assessment, criterion = self._outcome.assessment, self._table.criterion
        return any(len(assessment.past_of(s.unit, criterion)) > 1 for s in self._ranked.standings)
