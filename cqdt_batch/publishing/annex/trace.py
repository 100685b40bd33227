"""The trace sheet: a row for every criterion of every scored unit, down to the cells that somebody filled in.

The cells of the annex tables lead here. Only cells that say something are written, each on one line: the sheet has as
many rows as there are units times criteria.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, cached_property

from cqdt_batch.definition.records import Unit
from cqdt_batch.findings import Where
from cqdt_batch.intake.questions import input_name
from cqdt_batch.intake.submissions import Input
from cqdt_batch.messages import Words
from cqdt_batch.publishing.annex.working import WorkingSheets, is_traced
from cqdt_batch.publishing.derivation import Derivation
from cqdt_batch.publishing.sheets import (
    Cell,
    Computed,
    Jump,
    Sheet,
    Style,
    Value,
    address,
    linked_cell,
    linked_file,
    wide_page,
)
from cqdt_batch.scoring.outcome import Outcome
from cqdt_batch.scoring.trace import Node, Pair, Trace

_TITLE = Style(size=14, bold=True)
_NOTE = Style(size=11, italic=True)
_HEADER = Style(size=10, bold=True, align="center", border=True, wrap=True, fill="DDEBF7")
_TEXT = Style(size=10)
_CENTRED = replace(_TEXT, align="center")
_LINK = replace(_CENTRED, color="0563C1")
_ROOT = "1F4E79"
"""The colour of the composite index, which is where a unit begins."""
_HASH = replace(_TEXT, size=8)
_HEADER_ROW = 4
_ANYWHERE = "\0"
"""What no sheet is called: it stands for a place in a text that many places share."""
_SCALE = 50
"""Percent: all but the hash of a trace without verified values is one A4 page wide."""
_WIDTHS = {
    "trace.unit": 22.0,
    "trace.code": 8.0,
    "trace.label": 38.0,
    "trace.points": 12.0,
    "trace.how": 36.0,
    "trace.input": 11.0,
    "trace.file": 26.0,
    "trace.page": 16.0,
    "trace.cell": 6.0,
    "trace.raw": 10.0,
    "trace.value": 10.0,
    "trace.told": 44.0,
    "trace.verified": 12.0,
    "trace.verified_file": 26.0,
    "trace.verified_page": 16.0,
    "trace.verified_cell": 9.0,
    "trace.reason": 40.0,
    "trace.corrections": 44.0,
    "trace.sha256": 52.0,
    "trace.verified_sha256": 52.0,
}
"""The columns and their widths; those that nobody has anything to say in are left out."""

_Line = Mapping[str, tuple[Value, Style]]


@dataclass(frozen=True, kw_only=True)
class TraceSheet:
    """The traces of all scored units in register order; `working` are the working sheets of their blocks.

    Where there are too many for one sheet, it has no lines, and figures lead to the sheets of points.
    """

    outcome: Outcome
    words: Words
    working: Mapping[str, WorkingSheets]

    @property
    def name(self) -> str:
        """The name of the sheet."""
        return self.words("trace.sheet")

    @cached_property
    def _derivation(self) -> Derivation:
        return Derivation(trace=Trace(self.outcome), words=self.words)

    @cached_property
    def _placed(self) -> tuple[tuple[_Line, ...], dict[tuple[str, str], int]]:
        """The lines, and the first row of each unit and criterion."""
        lines: list[_Line] = []
        row_of: dict[tuple[str, str], int] = {}
        for unit in self.outcome.assessment.units if is_traced(self.outcome) else ():
            if unit.code in self.outcome.points[unit.block].index:
                for node in self._derivation.trace.of(unit).walk():
                    row_of[unit.code, node.criterion.code] = _HEADER_ROW + 1 + len(lines)
                    lines += self._lines(node)
        return tuple(lines), row_of

    @property
    def lines(self) -> tuple[_Line, ...]:
        """The rows below the header; none where no unit is scored, or too many are."""
        return self._placed[0]

    def jump(self, unit: Unit, criterion: str) -> Jump:
        """Lead to the row of a scored unit and a criterion."""
        if not self.lines:
            name, cell = self.working[unit.block].name, self.working[unit.block].place(unit, criterion)
            return Jump(name, cell, self._points_tip[unit.block].replace(_ANYWHERE, cell))
        row = self._placed[1][unit.code, criterion]
        return Jump(self.name, address(row, 1), self._tip.replace(_ANYWHERE, str(row)))

    @cached_property
    def _tip(self) -> str:
        """What is shown beside the mouse, with the row yet to be put in."""
        return self.words("trace.tip", sheet=self.name, row=_ANYWHERE)

    @cached_property
    def _points_tip(self) -> dict[str, str]:
        """The same for the sheets of points, with the cell yet to be put in."""
        return {
            block: self.words("trace.tip_points", sheet=working.name, cell=_ANYWHERE)
            for block, working in self.working.items()
        }

    def sheet(self) -> Sheet:
        """Draw the sheet."""
        shown = {key for line in self.lines for key in line}
        columns = {key: column for column, key in enumerate((key for key in _WIDTHS if key in shown), 1)}
        draft = f"&L{self.words('annex.draft')}" if self.outcome.is_draft else ""
        return Sheet(
            name=self.name,
            cells=(*self._head(columns), *self._rows(columns)),
            widths=tuple(_WIDTHS[key] for key in columns),
            page=replace(wide_page((_HEADER_ROW, _HEADER_ROW), draft), scale=_SCALE),
            freeze=(_HEADER_ROW + 1, 3),
            filtered=(_HEADER_ROW, 1, _HEADER_ROW + len(self.lines), len(columns)),
            fitted_to=_HEADER_ROW,
        )

    def _head(self, columns: Mapping[str, int]) -> Iterator[Cell]:
        yield Cell(1, 1, self.words("trace.title"), _TITLE)
        yield Cell(2, 1, self.words("trace.note"), _NOTE)
        for key, column in columns.items():
            yield Cell(_HEADER_ROW, column, self.words(key), _HEADER)

    def _rows(self, columns: Mapping[str, int]) -> Iterator[Cell]:
        for row, line in enumerate(self.lines, _HEADER_ROW + 1):
            for key, (value, style) in line.items():
                yield Cell(row, columns[key], value, style)

    def _lines(self, node: Node) -> Iterator[_Line]:
        """The rows of a node: one, or one an input."""
        named: _Line = {
            "trace.unit": (node.unit.printed_name, _look(node, _TEXT)),
            "trace.code": (node.criterion.code, _look(node, _CENTRED)),
        }
        first, *others = [self._input(node, pair) for pair in node.pairs] or [self._given(node)]
        yield {**named, **self._about(node), **first}
        yield from ({**named, **other} for other in others)

    def _about(self, node: Node) -> _Line:
        code = node.criterion.code
        points = self.words("not_assessed") if node.points is None else node.points
        live = Computed(f"={self.working[node.unit.block].reference(node.unit, code)}", points)
        depth = self.outcome.assessment.trees[node.unit.block].depth(code)
        told: dict[str, tuple[Value, Style]] = {
            "trace.label": (node.criterion.label, _look(node, _indented(depth))),
            "trace.points": (live, _look(node, _CENTRED)),
            "trace.how": (self._derivation.how(node), _look(node, _TEXT)),
        }
        if node.corrections:
            told["trace.corrections"] = "; ".join(map(self._derivation.correction, node.corrections)), _TEXT
        if node.verdict:
            told["trace.verified_sha256"] = node.verdict.sha256, _HASH
            reason = [node.verdict.reason] if node.counts_verdict else [node.verdict.reason, self.words("trace.unused")]
            told["trace.reason"] = "; ".join(filter(None, reason)), _TEXT
        if not node.criterion.parent:
            submission = self.outcome.own_submission_of[node.unit.code]
            told["trace.file"] = linked_file(submission.file), _look(node, _TEXT)
            told["trace.sha256"] = submission.sha256, _HASH
        return told

    def _input(self, node: Node, pair: Pair) -> _Line:
        """What stands in the cells of an input: the unit's and the appraiser's."""
        told: dict[str, tuple[Value, Style]] = {
            "trace.input": (self.words.shown(input_name(node.criterion, pair.kind)), _CENTRED)
        }
        if pair.own:
            told |= _places(pair.own.where, "trace.file", "trace.page", "trace.cell")
            told["trace.raw"] = _content(self._derivation.raw(pair.own))
            told["trace.value"] = _content(self._derivation.meant(node.criterion, pair.own))
        if pair.verified:
            told |= _places(pair.verified.where, "trace.verified_file", "trace.verified_page", "trace.verified_cell")
            told["trace.verified"] = _content(self._derivation.meant(node.criterion, pair.verified))
        says = [self._derivation.says(finding) for finding in node.told if finding.where in _cells(pair)]
        if says:
            told["trace.told"] = " ".join(says), _TEXT
        return told

    def _given(self, node: Node) -> _Line:
        """Points that stand in the definition, and where they come from."""
        if not (node.given and node.given_at):
            return {}
        return {
            **_places(node.given_at, "trace.file", "trace.page", "trace.cell"),
            "trace.raw": (node.given.points, _CENTRED),
            "trace.value": (node.given.points, _CENTRED),
            **(
                {"trace.told": (self.words("trace.source", source=node.given.source), _TEXT)}
                if node.given.source
                else {}
            ),
        }


def _places(where: Where, file: str, page: str, cell: str) -> _Line:
    return {file: (where.file, _TEXT), page: (where.sheet, _TEXT), cell: (linked_cell(where), _LINK)}


def _content(content: str | Decimal) -> tuple[Value, Style]:
    """Numbers in the middle; of a text that is too long its beginning shows."""
    return content, _TEXT if isinstance(content, str) else _CENTRED


def _cells(pair: Pair) -> tuple[Where, ...]:
    inputs: tuple[Input | None, ...] = (pair.own, pair.verified)
    return tuple(one.where for one in inputs if one)


@cache
def _indented(depth: int) -> Style:
    return replace(_TEXT, indent=depth)


def _look(node: Node, style: Style) -> Style:
    """The composite index of a unit stands out, and so do the criteria that are gathered from others."""
    if not node.criterion.parent:
        return _bold(style, _ROOT)
    return _bold(style) if node.children else style


@cache
def _bold(style: Style, color: str = "") -> Style:
    return replace(style, bold=True, color=color)
