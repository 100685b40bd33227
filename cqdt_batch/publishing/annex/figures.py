"""What the cells of an annex table hold: live formulas on the working sheets, with the values they have now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, partial

from cqdt_batch.definition.records import Column, ColumnKind, Grade, NumberLook, RankBasis, TieRule, Unit
from cqdt_batch.messages import Words
from cqdt_batch.publishing.annex.working import WorkingSheets
from cqdt_batch.publishing.formulas import by_row, literal
from cqdt_batch.publishing.sheets import Computed, Value, address
from cqdt_batch.rounding import DUST, published
from cqdt_batch.scoring.figures import Figures
from cqdt_batch.scoring.ranking import RankedTable

FIGURE_KINDS = frozenset(
    {
        ColumnKind.POINTS,
        ColumnKind.MAXIMUM,
        ColumnKind.NOT_ASSESSED,
        ColumnKind.APPLICABLE,
        ColumnKind.PERCENT,
        ColumnKind.CONVERTED,
        ColumnKind.TOTAL,
        ColumnKind.LAST_TOTAL,
        ColumnKind.LAST_RANK,
        ColumnKind.CHANGE,
    }
)
"""The columns that print a figure of a unit."""

_PAST = frozenset({ColumnKind.LAST_TOTAL, ColumnKind.LAST_RANK, ColumnKind.CHANGE})
"""Those of them that need last year's."""


@dataclass(frozen=True, kw_only=True)
class TableFigures:
    """The formulas of one table. `positions` are its columns; they name cells of the table in `row`."""

    ranked: RankedTable
    working: WorkingSheets
    columns: tuple[Column, ...]

    @property
    def figures(self) -> Figures:
        """The values of the table."""
        return self.ranked.figures

    @property
    def _words(self) -> Words:
        return self.working.words

    @cached_property
    def _positions(self) -> dict[tuple[ColumnKind, str], int]:
        """The column of each kind and criterion that prints the block's decimals."""
        criterion = self.ranked.table.criterion
        return {
            (column.kind, column.criterion or criterion): position
            for position, column in reversed(tuple(enumerate(self.columns, 1)))
            if self.figures.decimals(column) == self.figures.block.decimals
        }

    def position(self, kind: ColumnKind) -> int | None:
        """Where the column of a kind stands; None where the table has none."""
        return self._first_of.get(kind)

    @cached_property
    def _first_of(self) -> dict[ColumnKind, int]:
        return {column.kind: position for position, column in reversed(tuple(enumerate(self.columns, 1)))}

    def shown(self, column: Column) -> Callable[[Unit, int], Value]:
        """What a column of figures shows of a unit in a row of the table: found out once for all its cells."""
        figures = dict(zip(self.figures.units, self.figures.published_column(column), strict=True))
        if column.kind in _PAST:
            return partial(self._past, column, figures)
        code, decimals = column.criterion or self.ranked.table.criterion, self.figures.decimals(column)

        def rounded(row: int) -> str:
            return f"=ROUND({self._expression(column.kind, code, row)},{decimals})"

        return partial(self._current, code, figures, by_row(rounded))

    def _past(self, column: Column, figures: Mapping[str, Decimal | None], unit: Unit, row: int) -> Value:
        """A figure that has to do with last year's."""
        figure = figures[unit.code]
        if figure is None or column.kind is ColumnKind.LAST_RANK:
            return figure
        if column.kind is ColumnKind.CHANGE:
            return Computed(f"=ROUND({self._change(unit, row)},{self.figures.block.decimals})", figure)
        expression = self.expression(column.kind, unit, column.criterion)
        return Computed(f"=ROUND({expression},{self.figures.decimals(column)})", figure)

    def _current(
        self, code: str, figures: Mapping[str, Decimal | None], rounded: Callable[[int], str], unit: Unit, _: int
    ) -> Value:
        """A figure of this year: the exact one of the working sheets, rounded here and nowhere else."""
        figure = figures[unit.code]
        return self._not_assessed(unit, code) if figure is None else Computed(rounded(self.working.row(unit)), figure)

    def _not_assessed(self, unit: Unit, criterion: str) -> Value:
        """The word for "not assessed": from the working sheets, or what a share of nothing possible is called."""
        word = self._words("not_assessed")
        has_points = self.figures.points_of(unit, criterion) is not None
        return Computed(f"={literal(word) if has_points else self.working.reference(unit, criterion)}", word)

    def expression(self, kind: ColumnKind, unit: Unit, criterion: str = "") -> str:
        """The exact figure as a formula on the working sheets."""
        code = criterion or self.ranked.table.criterion
        if kind is ColumnKind.LAST_TOTAL:
            totals = (f"{past.total:f}" for past in self.figures.assessment.past_of(unit, code))
            return f"ROUND(AVERAGE({','.join(totals)}),{DUST})"
        written = self._expressions.get((kind, code))
        if written is None:
            written = self._expressions[kind, code] = by_row(partial(self._expression, kind, code))
        return written(self.working.row(unit))

    @cached_property
    def _expressions(self) -> dict[tuple[ColumnKind, str], Callable[[int], str]]:
        """The formulas of each kind and criterion that were asked for, by the row of a unit on the working sheets."""
        return {}

    def _expression(self, kind: ColumnKind, code: str, row: int) -> str:
        points = self.working.points_in(row, code)
        is_extra = self.figures.tree.by_code[code].extra is not None
        most, possible = ("0", "0") if is_extra else (self.working.maximum(code), self.working.applicable(row, code))
        match kind:
            case ColumnKind.MAXIMUM:
                return most
            case ColumnKind.APPLICABLE:
                return possible
            case ColumnKind.NOT_ASSESSED:
                return f"{most}-{possible}"
            case ColumnKind.PERCENT:
                return f"ROUND({points}*100/{possible},{DUST})"
            case ColumnKind.CONVERTED:
                return f"ROUND({points}*{most}/{possible},{DUST})"
            case ColumnKind.TOTAL if self.figures.is_converted:
                return self._expression(ColumnKind.CONVERTED, self.ranked.table.criterion, row)
        return points

    def _change(self, unit: Unit, row: int) -> str:
        now, before = (self._printed(kind, unit, row) for kind in (ColumnKind.TOTAL, ColumnKind.LAST_TOTAL))
        return f"{now}-{before}"

    def _printed(self, kind: ColumnKind, unit: Unit, row: int) -> str:
        """A published figure: the table's own cell where it has one, else rounded from the working sheets."""
        position = self._positions.get((kind, self.ranked.table.criterion))
        if position:
            return address(row, position)
        return f"ROUND({self.expression(kind, unit)},{self.figures.block.decimals})"

    def compared(self, unit: Unit, row: int) -> tuple[str, ...]:
        """The figures by which a unit is ranked, tie-breaks last; `row` is its row in this table, 0 for elsewhere."""
        kind = self.figures.ranked_kind
        if self.figures.block.basis is RankBasis.EXACT:
            result = self.expression(kind, unit)
        elif row:
            result = self._printed(kind, unit, row)
        else:
            result = f"ROUND({self.expression(kind, unit)},{self.figures.block.decimals})"
        if self.figures.block.ties is not TieRule.ORDINAL:
            return (result,)
        return (result, *(self._tie_break(unit, code) for code in self.figures.block.tie_breaks))

    def _tie_break(self, unit: Unit, criterion: str) -> str:
        """Points that settle a tie; a word for what is not assessed counts as nothing."""
        points = f"N({self.working.reference(unit, criterion)})"
        if self.figures.block.basis is RankBasis.EXACT:
            return points
        return f"ROUND({points},{self.figures.block.decimals})"

    def grade(self, unit: Unit, row: int) -> Value:
        """The grade of a unit, looked up among the bounds of the block."""
        figure, grade = self.figures.graded(unit), self.figures.grade(unit)
        if grade is None or figure is None:
            return None
        return Computed(f"={self.grade_formula(self._printed(self.figures.graded_kind, unit, row))}", grade.label)

    def grade_formula(self, figure: str) -> str:
        """Look a figure up among the bounds of the block; what is below the lowest has the lowest grade."""
        grades: tuple[Grade, ...] = tuple(reversed(self.figures.assessment.grades_of(self.ranked.table.block)))
        bounds = ",".join(f"{grade.least:f}" for grade in grades)
        labels = ",".join(literal(grade.label) for grade in grades)
        return f"LOOKUP(MAX({figure},{grades[0].least:f}),{{{bounds}}},{{{labels}}})"


def rank_formula(mine: tuple[str, ...], above: tuple[str, ...], rank_above: str, place: str, stale: str) -> str:
    """A rank from the row above, so that a table of 3,000 rows costs no more per row than one of 3.

    The rows are in order; should somebody change a score so that they no longer are, the cell shows `stale`, a text
    as formulas have it, instead of a wrong rank.
    """
    formula = rank_above
    for this, that in reversed(tuple(zip(mine, above, strict=True))):
        formula = f"IF({this}={that},{formula},IF({this}<{that},{place},NA()))"
    return f"=IFERROR({formula},{stale})"


def number_code(column: Column, decimals: int) -> str:
    """The number format of a column; the reader's locale draws comma and point."""
    fixed = f"0.{'0' * decimals}" if decimals else "0"
    if column.kind is ColumnKind.CHANGE:
        return f"+{fixed};-{fixed};{fixed}"
    match column.look:
        case NumberLook.PLAIN:
            return "General"
        case NumberLook.GROUPED:
            return f"#,##{fixed}"
        case NumberLook.PERCENT:
            return f'{fixed}"%"'
    return fixed


def share(count: int, total: int, decimals: int) -> Decimal:
    """The share of a count in percent."""
    return published(Decimal(count) * 100 / Decimal(total), decimals)
