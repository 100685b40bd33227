"""Read the answers of a recognised form into flat records, each with the cell it came from.

What follows sees decimals and absent values only; the findings name every cell that could not be read.
"""

from __future__ import annotations

from dataclasses import replace

from cqdt_batch.cells import LONGEST_TEXT, Content, Covered, Formula, Masked, as_fact, as_typed, printable, units_of
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.names import looks_legacy
from cqdt_batch.definition.records import Criterion, Measure
from cqdt_batch.definition.sheets import YesNo, choice_key
from cqdt_batch.findings import Fact, Finding, Term, Where, error, gathered, notice, warning
from cqdt_batch.intake.choices import read_choice
from cqdt_batch.intake.numbers import Reading, read_number
from cqdt_batch.intake.questions import CHOSEN, Author, input_name, wanted
from cqdt_batch.intake.recognition import Form
from cqdt_batch.intake.rows import FormRows
from cqdt_batch.intake.submissions import Input, InputKind, Submission, asked_of
from cqdt_batch.intake.tables import FormColumn
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
    inputs: list[Input] = []
    for leaf in rows.leaves.values():
        row = rows.rows.get(leaf.code)
        if row is None:
            where = rows.where(0, FormColumn.CODE)
            findings.append(error("row_missing", where, form.unit.code, code=leaf.code, label=leaf.label))
            continue
        findings.extend(rows.changed_maximum(leaf, row))
        findings.extend(rows.changed_label(leaf, row))
        for kind in asked_of(leaf):
            read, found = _read(rows, leaf, row, kind)
            inputs.append(read)
            findings.extend(found)
    submission = Submission(
        unit=form.unit.code,
        file=file,
        sha256=sha256,
        inputs=tuple(inputs),
        totals=rows.totals(),
        strays=tuple(rows.uncounted()),
    )
    return submission, list(gathered(findings, _GATHERED, _FEW))


def _read(rows: FormRows, leaf: Criterion, row: int, kind: InputKind) -> tuple[Input, list[Finding]]:
    """Read one input of a leaf."""
    raw = rows.content(row, FormColumn(kind))
    where = rows.where(row, FormColumn(kind))
    found = Input(unit=rows.unit, criterion=leaf.code, kind=kind, raw=raw, value=None, where=where)
    if raw is not None and kind in (InputKind.EVIDENCE, InputKind.EXPLANATION):
        text, told = read_note(leaf, raw, where, rows.unit)
        return replace(found, value=text), told
    return read_input(leaf, found)


def read_input(leaf: Criterion, found: Input, author: Author = Author.UNIT) -> tuple[Input, list[Finding]]:
    """Tell what an input means that points come from, and what there is to say to its author; an empty one is absent.

    `found` has the content of the cell, and gets its value here where the cell can only mean one.
    """
    if found.raw is None:
        return found, []
    read, told = (_choice if leaf.rule in CHOSEN else _number)(leaf, found, found.raw)
    named: dict[str, Fact] = {"input": input_name(leaf, found.kind, author), "who": author.named}
    return read, [replace(finding, facts=finding.facts | named) for finding in told]


def _number(leaf: Criterion, found: Input, raw: Content) -> tuple[Input, list[Finding]]:
    """Read typed points or a figure."""
    value, code, meanings = reading = read_number(raw)
    if found.kind is InputKind.FIRST and leaf.measured is Measure.PERCENT and _is_percentage(reading):
        return _percentage(leaf, found, raw, reading)
    if not code:
        return replace(found, value=value), []
    unknown = Term("form.not_calculated" if isinstance(raw, Formula) else "form.another_number")
    facts = _facts(leaf, found, raw, code) | {"meanings": meanings or (unknown,)}
    facts |= dict(zip(("decimal", "whole"), meanings, strict=False))
    if value is None:
        return found, [error(code, *_at(found), **facts)]
    tell = warning if isinstance(raw, Masked) else notice
    return replace(found, value=value), [tell(code, *_at(found), **facts, value=value)]


def _is_percentage(reading: Reading) -> bool:
    """Tell whether a cell shows a percent sign, or a number that may be meant as a share of 1."""
    return reading.code == "score_percent" or (reading.value is not None and 0 < reading.value <= 1)


def _percentage(leaf: Criterion, found: Input, raw: Content, reading: Reading) -> tuple[Input, list[Finding]]:
    """Read a percentage where one is asked for: 85% is 85, and so is a cell that shows 0.85 as 85%; 0.85 is 0.85%."""
    facts = _facts(leaf, found, raw, reading.code)
    if reading.value is None:
        value = reading.meanings[-1]
        return replace(found, value=value), [notice("percent_read", *_at(found), **facts, value=value)]
    facts |= {"found": reading.value, "meaning": trimmed(reading.value * 100)}
    return replace(found, value=reading.value), [warning("percent_may_be_share", *_at(found), **facts)]


def _choice(leaf: Criterion, found: Input, raw: Content) -> tuple[Input, list[Finding]]:
    """Read a word chosen from a list."""
    value, code = read_choice(leaf, raw)
    if not code:
        return replace(found, value=value), []
    shown = as_fact(raw.value) if isinstance(raw, Formula) and raw.value is not None else Term("form.not_calculated")
    facts = _facts(leaf, found, raw, code) | {"meanings": (shown,)}
    if value is None:
        return found, [error(code, *_at(found), **facts)]
    facts["value"] = Term(choice_key(YesNo(value)))
    return replace(found, value=value), [notice("choice_read_as", *_at(found), **facts)]


def _at(found: Input) -> tuple[Where, str]:
    return found.where, found.unit


def _facts(leaf: Criterion, found: Input, raw: Content, code: str) -> dict[str, Fact]:
    """What the words of a finding about an input need."""
    return {
        "code": leaf.code,
        "label": leaf.label,
        "wanted": wanted(leaf, found.kind, code),
        "found": as_fact(raw),
    }


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
