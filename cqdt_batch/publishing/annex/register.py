"""The working sheet of the corrections register: who changed what, why, by which document, and whether it applies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from cqdt_batch.definition.records import Correction
from cqdt_batch.messages import Words
from cqdt_batch.publishing.sheets import Cell, Page, Sheet, Style, Value
from cqdt_batch.scoring.outcome import Outcome

_TITLE = Style(size=14, bold=True)
_NOTE = Style(size=11, italic=True)
_HEADER = Style(size=11, bold=True, align="center", border=True, wrap=True, fill="DDEBF7")
_TEXT = Style(size=11, border=True, wrap=True, valign="top")
_CENTRED = replace(_TEXT, align="center")
_NOT_APPLIED = "F8CBAD"
_COLUMNS = {
    "number": 6,
    "unit": 24,
    "criterion": 10,
    "label": 30,
    "old": 11,
    "new": 11,
    "reason": 32,
    "author": 18,
    "day": 12,
    "document": 24,
    "state": 13,
}
_HEADER_ROW = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class RegisterSheet:
    """A row for every entry of the register, in its order."""

    outcome: Outcome
    words: Words

    def sheet(self) -> Sheet:
        """Draw the sheet."""
        rows = (
            Cell(_HEADER_ROW + number, column, value, style)
            for number, entry in enumerate(self.outcome.assessment.corrections, 1)
            for column, (value, style) in enumerate(self._row(number, entry), 1)
        )
        return Sheet(
            name=self.words("working.corrections_sheet"),
            cells=(*self._head(), *rows),
            widths=tuple(map(float, _COLUMNS.values())),
            page=Page(
                landscape=True,
                repeat=(_HEADER_ROW, _HEADER_ROW),
                header=f"&L{self.words('annex.draft')}" if self.outcome.is_draft else "",
                footer="&L&A&R&P/&N",
            ),
            freeze=(_HEADER_ROW + 1, 1),
            filtered=(_HEADER_ROW, 1, _HEADER_ROW + len(self.outcome.assessment.corrections), len(_COLUMNS)),
        )

    def _head(self) -> Iterator[Cell]:
        yield Cell(1, 1, self.words("working.corrections_title"), _TITLE)
        yield Cell(2, 1, self.words("working.corrections_note"), _NOTE)
        for column, key in enumerate(_COLUMNS, 1):
            yield Cell(_HEADER_ROW, column, self.words(f"working.{key}"), _HEADER)

    def _row(self, number: int, entry: Correction) -> Iterator[tuple[Value, Style]]:
        assessment = self.outcome.assessment
        unit = assessment.unit_by_code[entry.unit]
        is_applied = entry in self.outcome.register.applied
        state = self.words("working.applied" if is_applied else "working.not_applied")
        yield number, _CENTRED
        yield unit.printed_name, _TEXT
        yield entry.criterion, replace(_CENTRED, number="@")
        yield assessment.trees[unit.block].by_code[entry.criterion].label, _TEXT
        yield self._points(entry.old), _CENTRED
        yield self._points(entry.new), _CENTRED
        yield entry.reason, _TEXT
        yield entry.author, _TEXT
        yield entry.day, replace(_CENTRED, number="@")
        yield entry.document, _TEXT
        yield state, replace(_CENTRED, fill="" if is_applied else _NOT_APPLIED)

    def _points(self, points: Decimal | None) -> Value:
        return self.words("not_assessed") if points is None else points
