"""The sheet of a corrected annex that prints what changed since the result published before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby

from cqdt_batch.cells import decimals_written
from cqdt_batch.messages import Words
from cqdt_batch.publishing.changes_text import reason, said
from cqdt_batch.publishing.sheets import Cell, Page, Sheet, Style, Value, number_format
from cqdt_batch.scoring.changes.causes import CauseKind
from cqdt_batch.scoring.changes.comparison import Comparison, RowChange
from cqdt_batch.scoring.ranking import Scope

_TITLE = Style(size=13, bold=True, align="center", wrap=True)
_REFERENCE = replace(_TITLE, bold=False, italic=True)
_DRAFT = Style(size=14, bold=True, align="right", color="C00000")
_HEADER = Style(size=13, bold=True, align="center", border=True, wrap=True)
_TEXT = Style(size=13, border=True, wrap=True)
_CENTRED = replace(_TEXT, align="center")
_TABLE = replace(_TEXT, bold=True)
_WHY = replace(_TEXT, size=12)

_COLUMNS = {
    "number": 6,
    "unit": 36,
    "old_figure": 11,
    "new_figure": 11,
    "old_rank_section": 9,
    "new_rank_section": 9,
    "why": 62,
}
_MOST_CAUSES = 3
"""More causes of a row than this are counted."""


@dataclass(frozen=True, kw_only=True)
class ChangesSheet:
    """The rows of the annex that are not what they were; `titles` are those of the tables by code.

    `reference` is the line below the title.
    """

    comparison: Comparison
    words: Words
    titles: Mapping[str, str]
    reference: str
    is_draft: bool

    def sheet(self) -> Sheet:
        """Draw the sheet."""
        draft = f'&L&"Times New Roman,Bold"{self.words("annex.draft")}' if self.is_draft else ""
        head = tuple(self._head())
        header = head[-1].row + 2
        labels = (
            Cell(header, column, self.words(f"compare.column.{name}"), _HEADER)
            for column, name in enumerate(_COLUMNS, 1)
        )
        return Sheet(
            name=self.words("changes.sheet"),
            cells=(*head, *labels, *self._rows(header + 1)),
            widths=tuple(map(float, _COLUMNS.values())),
            least_height=21.0,
            page=Page(landscape=True, repeat=(header, header), header=f'{draft}&C&"Times New Roman"&13&P'),
            freeze=(header + 1, 1),
        )

    def _head(self) -> Iterator[Cell]:
        draft = ((self.words("annex.draft"), _DRAFT),) if self.is_draft else ()
        lines = (*draft, (self.words("changes.title"), _TITLE), (self.reference, _REFERENCE))
        for row, (text, style) in enumerate(lines, 1):
            yield Cell(row, 1, text, style, across=len(_COLUMNS))

    def _rows(self, row: int) -> Iterator[Cell]:
        for code, found in groupby(self.comparison.moved_rows, key=lambda moved: moved.table.code):
            rows = tuple(found)
            title = self.words("changes.table", table=code, title=self.titles.get(code, ""))
            yield Cell(row, 1, title, _TABLE, across=len(_COLUMNS))
            for number, moved in enumerate(rows, 1):
                yield from self._row(row + number, number, moved, _printed_scope(rows))
            row += len(rows) + 1
        if not self.comparison.moved_rows:
            yield Cell(row, 1, self.words("changes.none"), _CENTRED, across=len(_COLUMNS))

    def _row(self, row: int, number: int, moved: RowChange, scope: Scope) -> Iterator[Cell]:
        figures = tuple(placing.figure if placing else None for placing in (moved.old, moved.new))
        values: tuple[tuple[Value, Style], ...] = (
            (number, _CENTRED),
            (moved.pair.name, replace(_TEXT, indent=1)),
            *((figure, _look(figure)) for figure in figures),
            *((rank, _CENTRED) for rank in moved.ranks(scope)),
            ("\n".join(self._why(moved)), _WHY),
        )
        for column, (value, style) in enumerate(values, 1):
            yield Cell(row, column, value, style)

    def _why(self, moved: RowChange) -> Iterator[str]:
        """The causes in short: of the unit's own points those behind them, criterion by criterion."""
        told = tuple(self._reasons(moved))
        yield from told[:_MOST_CAUSES]
        if len(told) > _MOST_CAUSES:
            yield self.words("compare.more_causes", count=len(told) - _MOST_CAUSES)

    def _reasons(self, moved: RowChange) -> Iterator[str]:
        for cause in moved.causes:
            if cause.kind is not CauseKind.OWN:
                yield reason(cause, self.words)
                continue
            for movement in self.comparison.movements_of(moved):
                points = (said(side, self.words) for side in (movement.old, movement.new))
                facts = {"code": movement.criterion.code, "old": next(points), "new": next(points)}
                kinds = dict.fromkeys(reason(one, self.words) for one in movement.causes)
                yield self.words("changes.points", **facts, causes="; ".join(kinds))


def _printed_scope(rows: tuple[RowChange, ...]) -> Scope:
    """The kind of rank that is shown of a table: within the sections, else the first it has."""
    ranked = (scope for scope in Scope if any(any(row.ranks(scope)) for row in rows))
    return next(ranked, Scope.SECTION)


def _look(figure: Decimal | None) -> Style:
    """A published figure keeps its decimals."""
    return _CENTRED if figure is None else replace(_CENTRED, number=number_format(decimals_written(figure)))
