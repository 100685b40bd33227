"""The sheet of a feedback form that tells a unit what was verified, for the explanation round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pandas as pd

from cqdt_batch.cells import as_fact
from cqdt_batch.definition.records import Unit
from cqdt_batch.intake.submissions import InputKind
from cqdt_batch.intake.tables import FormColumn
from cqdt_batch.intake.verdicts import Verdict
from cqdt_batch.messages import Words
from cqdt_batch.publishing.forms.form import FormLayout, Remark
from cqdt_batch.publishing.forms.points import Place
from cqdt_batch.publishing.sheets import Cell, Link, Page, Sheet, Style, Value, address, in_sheet
from cqdt_batch.publishing.verified import answers_compared, reasons
from cqdt_batch.scoring.trace import Node, Trace

_TITLE = Style(size=14, bold=True, align="center", wrap=True)
_LINE = Style(size=13, wrap=True)
_HEADER = Style(size=12, bold=True, align="center", border=True, wrap=True, fill="DDEBF7")
_TEXT = Style(size=12, border=True, wrap=True, valign="top")
_CENTRED = replace(_TEXT, align="center")
_LINK = replace(_CENTRED, color="0563C1")
_DIFFERENT = "FFE699"
_COLUMNS = {
    "criterion": 11,
    "label": 44,
    "maximum": 10,
    "own": 12,
    "verified": 12,
    "difference": 12,
    "answers": 26,
    "reason": 44,
}
_HEADER_ROW = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifiedLeaf:
    """A leaf of a scored unit that somebody verified, and its points after that; None is "not assessed".

    `is_complete` says whether the unit's own answers are: where something is wrong with them, its own points are not
    known, and the answers themselves are held against each other.
    """

    node: Node
    verdict: Verdict
    own: Decimal | None
    verified: Decimal | None
    is_complete: bool

    @property
    def is_different(self) -> bool:
        """Tell whether the unit may want to explain itself."""
        if self.is_complete:
            return self.own != self.verified
        answered = {one.kind: one.value for one in self.node.answered}
        return any(one.value != answered.get(one.kind) for one in self.verdict.inputs)

    @property
    def difference(self) -> Decimal | None:
        """The verified points less the unit's own, where it has both."""
        return None if self.own is None or self.verified is None else self.verified - self.own

    def shown_own(self, words: Words) -> Decimal | str | None:
        """The unit's own points; where they are not known, what it typed as points, if it did."""
        if self.is_complete:
            return _shown(self.own, words)
        typed = next((one for one in self.node.answered if one.kind is InputKind.SCORE), None)
        return None if typed is None or typed.raw is None else as_fact(typed.raw)


def _shown(points: Decimal | None, words: Words) -> Decimal | str:
    return words("not_assessed") if points is None else points


def verified_otherwise(trace: Trace, unit: Unit) -> tuple[VerifiedLeaf, ...]:
    """What a unit is to be told of the verification: all its verified leaves, in the order of the form.

    None of them unless the round says so and some were verified otherwise.
    """
    if not (trace.outcome.assessment.profile.tells_verified and trace.outcome.appraisal.verdicts):
        return ()
    verified = _points(trace.outcome.verified_points, unit)
    if not verified:
        return ()
    own = _points(trace.outcome.self_assessed, unit)
    leaves = tuple(
        VerifiedLeaf(
            node=node,
            verdict=node.verdict,
            own=own.get(node.criterion.code),
            verified=verified[node.criterion.code],
            is_complete=bool(own),
        )
        for node in trace.of(unit).leaves
        if node.verdict
    )
    return leaves if any(leaf.is_different for leaf in leaves) else ()


def _points(frames: Mapping[str, pd.DataFrame], unit: Unit) -> Mapping[Any, Decimal | None]:
    """The points of a unit by criterion; none where it has no row."""
    frame = frames[unit.block]
    return frame.loc[unit.code].to_dict() if unit.code in frame.index else {}


def verified_remarks(leaves: Iterable[VerifiedLeaf], words: Words) -> Iterator[tuple[Place, Remark]]:
    """Where the form asks for an explanation: beside every leaf that was verified otherwise."""
    for leaf in leaves:
        if leaf.is_different:
            facts = {
                "own": words.shown(leaf.shown_own(words) or words("form.empty")),
                "verified": words.shown(_shown(leaf.verified, words)),
                "reason": reasons(leaf.node, words) or words("feedback.no_reason"),
            }
            place = (leaf.node.criterion.code, FormColumn.EXPLANATION)
            yield place, Remark(text=words("feedback.verified_remark", **facts), fill=_DIFFERENT)


def verified_sheet(layout: FormLayout, leaves: tuple[VerifiedLeaf, ...]) -> Sheet:
    """Draw the sheet: what to do, then every verified leaf with a link to where the unit explains itself."""
    words = layout.words
    has_answers = any(answers_compared(leaf.node, words) for leaf in leaves)
    columns = {name: width for name, width in _COLUMNS.items() if has_answers or name != "answers"}
    rows = (_row(layout, leaf, columns) for leaf in leaves)
    drawn = (
        Cell(row, column, value, style)
        for row, cells in enumerate(rows, _HEADER_ROW + 1)
        for column, (value, style) in enumerate(cells, 1)
    )
    return Sheet(
        name=words("feedback.verified"),
        cells=(*_head(layout, columns), *drawn),
        widths=tuple(map(float, columns.values())),
        page=Page(landscape=True, repeat=(_HEADER_ROW, _HEADER_ROW), footer=f"&C&P/&N&R{layout.unit.code}"),
        freeze=(_HEADER_ROW + 1, 1),
        protected=True,
    )


def _head(layout: FormLayout, columns: Iterable[str]) -> Iterator[Cell]:
    words, profile = layout.words, layout.assessment.profile
    names = tuple(columns)
    by = f" {words('feedback.verified_by', date=profile.deadline)}" if profile.deadline else ""
    heading = (
        (words("feedback.verified_title"), _TITLE),
        (words("form.unit", unit=layout.unit.name), replace(_LINE, align="center", bold=True)),
        (f"{profile.index_name} – {words('form.year', year=profile.year)}", replace(_LINE, align="center")),
        (words("feedback.verified_how") + by, _LINE),
    )
    for row, (text, style) in enumerate(heading, 1):
        yield Cell(row, 1, text, style, across=len(names))
    for position, name in enumerate(names, 1):
        yield Cell(_HEADER_ROW, position, words(f"working.{name}"), _HEADER)


def _row(layout: FormLayout, leaf: VerifiedLeaf, columns: Iterable[str]) -> Iterator[tuple[Value, Style]]:
    words, criterion = layout.words, leaf.node.criterion
    values: dict[str, tuple[Value, Style]] = {
        "criterion": (_link(layout, criterion.code), _LINK),
        "label": (criterion.label, _TEXT),
        "maximum": (criterion.max_score, _CENTRED),
        "own": (leaf.shown_own(words), _CENTRED),
        "verified": (_shown(leaf.verified, words), _CENTRED),
        "difference": (leaf.difference, _CENTRED),
        "answers": (answers_compared(leaf.node, words), _TEXT),
        "reason": (reasons(leaf.node, words), _TEXT),
    }
    fill = _DIFFERENT if leaf.is_different else ""
    yield from ((value, replace(style, fill=fill)) for value, style in (values[name] for name in columns))


def _link(layout: FormLayout, code: str) -> Value:
    """The code of a criterion, leading to the cell of its explanation."""
    at = layout.at((code, FormColumn.EXPLANATION))
    return Link(f"internal:{in_sheet(layout.words('form.sheet'), address(*at))}", code) if at else code
