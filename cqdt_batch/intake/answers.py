"""Read the answers of a recognised form into flat records, each with the cell it came from.

What follows sees decimals and absent values only; the findings name every cell that could not be read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, TypeAlias, TypeVar

from cqdt_batch.cells import LONGEST_TEXT, Content, Covered, Formula, Masked, as_fact, as_typed, printable, units_of
from cqdt_batch.definition.assessment import Assessment, Scope
from cqdt_batch.definition.names import looks_legacy
from cqdt_batch.definition.records import Criterion, Measure
from cqdt_batch.definition.sheets import YesNo, choice_key
from cqdt_batch.findings import Fact, Finding, Term, Where, error, gathered, notice, warning
from cqdt_batch.intake.choices import read_choice
from cqdt_batch.intake.numbers import Reading, read_number
from cqdt_batch.intake.questions import CHOSEN, Author, input_name, wanted
from cqdt_batch.intake.recognition import Form
from cqdt_batch.intake.rows import FormRows
from cqdt_batch.intake.submissions import NOTED, InputKind, Inputs, Question, Submission, all_asked_in
from cqdt_batch.rounding import trimmed

MISFITS = frozenset(
    {
        "row_missing",
        "rows_missing",
        "row_unknown",
        "row_repeated",
        "maximum_changed",
        "maxima_changed",
        "label_of_another",
        "label_changed",
        "labels_changed",
        "column_repeated",
    }
)
"""Findings that say that a form does not fit the definition, as opposed to what the unit typed into it."""

_GATHERED = {"row_missing": "rows_missing", "maximum_changed": "maxima_changed", "label_changed": "labels_changed"}
_FEW = 3


def read_submission(form: Form, assessment: Assessment, file: str, sha256: str) -> tuple[Submission, list[Finding]]:
    """Read all inputs of a form by criterion code; the findings name every cell that could not be read."""
    rows = FormRows(form=form, file=file, assessment=assessment)
    findings = [*rows.columns_amiss(), *rows.restored(), *rows.strays(), *rows.hidden()]
    inputs, told = _read_inputs(rows)
    amiss = rows.amiss()
    for code in rows.leaves if amiss or told else ():
        findings += (*amiss.get(code, ()), *told.get(code, ()))
    submission = Submission(
        unit=form.unit.code,
        file=file,
        sha256=sha256,
        inputs=inputs,
        totals=rows.totals(),
        strays=tuple(rows.uncounted()),
    )
    return submission, list(gathered(findings, _GATHERED, _FEW))


class Cell(NamedTuple):
    """A filled input cell of a leaf, whoever typed into it."""

    leaf: Criterion
    kind: InputKind
    raw: Content
    where: Where
    unit: str

    def facts(self, code: str) -> dict[str, Fact]:
        """What the words of a finding with that code need."""
        return {
            "code": self.leaf.code,
            "label": self.leaf.label,
            "wanted": wanted(self.leaf, self.kind, code),
            "found": as_fact(self.raw),
        }


Meaning: TypeAlias = tuple[Decimal | str | None, Sequence[Finding]]
"""What a cell means, None where nobody but its author knows, and what there is to say about it."""


def _read_inputs(rows: FormRows) -> tuple[Inputs, Mapping[str, list[Finding]]]:
    """Read all inputs of the leaves that have a row, and what there is to say about them, by leaf."""
    columns = tuple([rows.form.columns.get(kind, 0) for kind in _KINDS])
    asked, places = _cells_asked_for(rows.scope, tuple(map(rows.rows.get, rows.leaves)), columns)
    body = rows.body
    raws = [body[row].get(column) for row, column in places]
    are_clear = _are_clear([raw for raw in raws if isinstance(raw, str)])
    told: dict[str, list[Finding]] = defaultdict(list)
    values: list[Decimal | str | None] = []
    for (code, kind), raw in zip(asked, raws, strict=True):
        value: Decimal | str | None
        if raw is None or (isinstance(raw, Decimal) and kind is InputKind.SCORE):
            value = raw
        elif kind in NOTED and isinstance(raw, str) and (are_clear or is_clear(raw)):
            value = raw.strip()
        else:
            where = rows.where(rows.rows[code], kind)
            value, findings = _meaning(Cell(rows.leaves[code], kind, raw, where, rows.unit))
            told[code] += findings
        values.append(value)
    inputs = Inputs(
        unit=rows.unit,
        file=rows.file,
        sheet=rows.form.grid.sheet,
        asked=asked,
        places=places,
        raws=tuple(raws),
        values=tuple(values),
    )
    return inputs, told


_KINDS = tuple(InputKind)


@lru_cache(maxsize=1_024)
def _cells_asked_for(
    scope: Scope, rows: tuple[int | None, ...], columns: tuple[int, ...]
) -> tuple[tuple[Question, ...], tuple[tuple[int, int], ...]]:
    """What is asked for the leaves that have a row, and in which cells; once for all forms laid out alike."""
    row_of = {code: row for code, row in zip(scope.leaves, rows, strict=True) if row is not None}
    column_of = dict(zip(_KINDS, columns, strict=True))
    asked = tuple([question for question in all_asked_in(scope) if question[0] in row_of])
    return _once(asked), _once(tuple([(row_of[code], column_of[kind]) for code, kind in asked]))


_Alike = TypeVar("_Alike", bound=Hashable)


@lru_cache(maxsize=1_024)
def _once(columns: _Alike) -> _Alike:
    """One object for all that are equal, as most forms have them."""
    return columns


def _meaning(cell: Cell) -> Meaning:
    """Tell what a filled input means."""
    return read_note(cell.leaf, cell.raw, cell.where, cell.unit) if cell.kind in NOTED else read_value(cell)


def _are_clear(texts: Iterable[str]) -> bool:
    """Tell by one look at all of a form's words that there is nothing to say about any; in doubt look at each."""
    joined = " ".join(texts)
    return "\u00ab" not in joined and is_clear(joined)  # guillemets might enclose what stands in several cells


def is_clear(text: str) -> bool:
    """Tell whether there is nothing to say about words in a cell."""
    return len(text) <= LONGEST_TEXT // 2 and text.isprintable() and not looks_legacy(text)


def read_value(cell: Cell, author: Author = Author.UNIT) -> Meaning:
    """Tell what an input means that points come from, and what there is to say to its author."""
    value, told = _choice(cell) if cell.leaf.rule in CHOSEN else _number(cell)
    if not told:
        return value, told
    named: dict[str, Fact] = {"input": input_name(cell.leaf, cell.kind, author), "who": author.named}
    return value, [replace(finding, facts=finding.facts | named) for finding in told]


def _number(cell: Cell) -> Meaning:
    """Read typed points or a figure."""
    value, code, meanings = reading = read_number(cell.raw)
    if cell.kind is InputKind.FIRST and cell.leaf.measured is Measure.PERCENT and _is_percentage(reading):
        return _percentage(cell, reading)
    if not code:
        return value, []
    unknown = Term("form.not_calculated" if isinstance(cell.raw, Formula) else "form.another_number")
    facts = cell.facts(code) | {"meanings": meanings or (unknown,)}
    facts |= dict(zip(("decimal", "whole"), meanings, strict=False))
    if value is None:
        return None, [error(code, cell.where, cell.unit, **facts)]
    tell = warning if isinstance(cell.raw, Masked) else notice
    return value, [tell(code, cell.where, cell.unit, **facts, value=value)]


def _is_percentage(reading: Reading) -> bool:
    """Tell whether a cell shows a percent sign, or a number that may be meant as a share of 1."""
    return reading.code == "score_percent" or (reading.value is not None and 0 < reading.value <= 1)


def _percentage(cell: Cell, reading: Reading) -> Meaning:
    """Read a percentage where one is asked for: 85% is 85, and so is a cell that shows 0.85 as 85%; 0.85 is 0.85%."""
    facts = cell.facts(reading.code)
    if reading.value is None:
        value = reading.meanings[-1]
        return value, [notice("percent_read", cell.where, cell.unit, **facts, value=value)]
    facts |= {"found": reading.value, "meaning": trimmed(reading.value * 100)}
    return reading.value, [warning("percent_may_be_share", cell.where, cell.unit, **facts)]


def _choice(cell: Cell) -> Meaning:
    """Read a word chosen from a list."""
    value, code = read_choice(cell.leaf, cell.raw)
    if not code:
        return value, []
    given = cell.raw.value if isinstance(cell.raw, Formula) else None
    shown = as_fact(given) if given is not None else Term("form.not_calculated")
    facts = cell.facts(code) | {"meanings": (shown,)}
    if value is None:
        return None, [error(code, cell.where, cell.unit, **facts)]
    facts["value"] = Term(choice_key(YesNo(value)))
    return value, [notice("choice_read_as", cell.where, cell.unit, **facts)]


def read_note(
    leaf: Criterion, raw: Content, where: Where, unit: str, author: Author = Author.UNIT
) -> tuple[str, list[Finding]]:
    """Read a cell of words, as far as a workbook can hold them."""
    text = as_typed(raw).strip()
    clean = printable(text)
    facts: dict[str, Fact] = {"code": leaf.code, "who": author.named}
    findings = []
    if units_of(text) > LONGEST_TEXT:
        findings.append(notice("text_cut", where, unit, **facts, most=LONGEST_TEXT))
    elif clean != text:
        findings.append(notice("text_cleaned", where, unit, code=leaf.code))
    if isinstance(raw, Covered):
        findings.append(warning("text_covered", where, unit, **facts))
    if looks_legacy(clean):
        findings.append(warning("text_legacy", where, unit, **facts))
    return clean, findings
