"""Read the answers of a recognised form into flat records, each with the cell it came from.

What follows sees decimals and absent values only; the findings name every cell that could not be read.
"""

from __future__ import annotations

from decimal import Decimal

from cqdt_batch.cells import LONGEST_TEXT, Content, Covered, Formula, Masked, as_fact, as_typed, printable, units_of
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.names import looks_legacy
from cqdt_batch.definition.records import Criterion
from cqdt_batch.findings import Fact, Finding, Term, Where, error, gathered, notice, warning
from cqdt_batch.intake.numbers import read_number
from cqdt_batch.intake.recognition import Form
from cqdt_batch.intake.rows import FormRows
from cqdt_batch.intake.submissions import Input, InputKind, Submission
from cqdt_batch.intake.tables import FormColumn

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
    leaves = assessment.assessed_leaves(form.unit)
    rows = FormRows(form=form, file=file, assessment=assessment, leaves={leaf.code for leaf in leaves})
    findings = [*rows.columns_amiss(), *rows.restored(), *rows.strays(), *rows.hidden()]
    inputs: list[Input] = []
    for leaf in leaves:
        row = rows.rows.get(leaf.code)
        if row is None:
            where = rows.where(0, FormColumn.CODE)
            findings.append(error("row_missing", where, form.unit.code, code=leaf.code, label=leaf.label))
            continue
        findings.extend(rows.changed_maximum(leaf, row))
        findings.extend(rows.changed_label(leaf, row))
        for kind in InputKind:
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
    value: Decimal | str | None = None
    findings: list[Finding] = []
    if raw is not None:
        read = _score if kind is InputKind.SCORE else _text
        value, findings = read(leaf, raw, where, rows.unit)
    found = Input(unit=rows.unit, criterion=leaf.code, kind=kind, raw=raw, value=value, where=where)
    return found, findings


def _score(leaf: Criterion, raw: Content, where: Where, unit: str) -> tuple[Decimal | None, list[Finding]]:
    value, code, meanings = read_number(raw)
    if not code:
        return value, []
    facts: dict[str, Fact] = {"code": leaf.code, "label": leaf.label, "maximum": leaf.max_score or Decimal(0)}
    unknown = Term("form.not_calculated" if isinstance(raw, Formula) else "form.another_number")
    shown: tuple[Decimal | Term, ...] = meanings or (unknown,)
    facts |= {"found": as_fact(raw), "meanings": shown}
    facts |= dict(zip(("decimal", "whole"), meanings, strict=False))
    if value is None:
        return None, [error(code, where, unit, **facts)]
    tell = warning if isinstance(raw, Masked) else notice
    return value, [tell(code, where, unit, **facts, value=value)]


def _text(leaf: Criterion, raw: Content, where: Where, unit: str) -> tuple[str, list[Finding]]:
    text = as_typed(raw).strip()
    clean = printable(text)
    findings = []
    if units_of(text) > LONGEST_TEXT:
        findings.append(notice("text_cut", where, unit, code=leaf.code, most=LONGEST_TEXT))
    elif clean != text:
        findings.append(notice("text_cleaned", where, unit, code=leaf.code))
    if isinstance(raw, Covered):
        findings.append(warning("text_covered", where, unit, code=leaf.code))
    if looks_legacy(clean):
        findings.append(warning("text_legacy", where, unit, code=leaf.code))
    return clean, findings
