"""Turn a recognised form into flat records, one for every input, each with the cell it came from.

This is the only place where the content of a cell becomes a score. What follows sees decimals and absent values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from cqdt_batch.cells import Content, ErrorValue, Formula, Percent, as_fact, as_typed
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import (
    Criterion,
)
from cqdt_batch.findings import Fact, Finding, Term, Where, error, warning
from cqdt_batch.intake.recognition import Form, FormColumn


class InputKind(StrEnum):
    """What a unit types for a leaf criterion."""

    SCORE = "score"
    EVIDENCE = "evidence"
    EXPLANATION = "explanation"


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """One input cell: `raw` is what the file holds, `value` what it means; both None where the cell is empty."""

    unit: str
    criterion: str
    kind: InputKind
    raw: Content | None
    value: Decimal | str | None
    where: Where


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What one unit handed in."""

    unit: str
    file: str
    sha256: str
    inputs: tuple[Input, ...]

    @cached_property
    def scores(self) -> dict[str, Input]:
        """The score input of each leaf that has a row in the form."""
        return {i.criterion: i for i in self.inputs if i.kind is InputKind.SCORE}


def read_submission(form: Form, assessment: Assessment, file: str, sha256: str) -> tuple[Submission, list[Finding]]:
    """Read all inputs of a form by criterion code; the findings name every cell that could not be read."""
    reader = _FormReader(form=form, file=file)
    rows, findings = reader.rows_by_code(assessment)
    inputs: list[Input] = []
    for leaf in assessment.assessed_leaves(form.unit):
        if leaf.code not in rows:
            where = reader.where(0, FormColumn.CODE)
            findings.append(error("row_missing", where, form.unit.code, code=leaf.code, label=leaf.label))
            continue
        changed = reader.maximum_changed(leaf, rows[leaf.code])
        findings.extend([changed] if changed else [])
        for kind in InputKind:
            read, finding = reader.read(leaf, rows[leaf.code], kind)
            inputs.append(read)
            findings.extend([finding] if finding else [])
    return Submission(unit=form.unit.code, file=file, sha256=sha256, inputs=tuple(inputs)), findings


@dataclass(frozen=True, kw_only=True, slots=True)
class _FormReader:
    form: Form
    file: str

    def where(self, row: int, column: FormColumn) -> Where:
        """The cell of a form's column in a row."""
        position = self.form.columns.get(column, 0)
        return Where(file=self.file, sheet=self.form.grid.sheet, row=row, column=position)

    def content(self, row: int, column: FormColumn) -> Content | None:
        """What a form's column holds in a row."""
        return self.form.grid.rows[row].get(self.form.columns.get(column, 0))

    def rows_by_code(self, assessment: Assessment) -> tuple[dict[str, int], list[Finding]]:
        """Find the row of each criterion; rows that repeat a leaf, or that nobody asked for, are findings."""
        unit = self.form.unit
        known = assessment.trees[unit.block].by_code
        leaves = {leaf.code for leaf in assessment.assessed_leaves(unit)}
        rows: dict[str, int] = {}
        findings = [*self._missing_columns(), *self._repeated_columns()]
        for row in self.form.grid.rows:
            content = self.content(row, FormColumn.CODE)
            if row <= self.form.header or content is None:
                continue
            code = _code(content)
            if rows.setdefault(code, row) != row and code in leaves:
                where = self.where(row, FormColumn.CODE)
                findings.append(error("row_repeated", where, unit.code, code=code, row=rows[code]))
            if code not in leaves:
                findings.extend(self._stray(row, code, known=code in known))
        return rows, findings

    def _missing_columns(self) -> Iterator[Finding]:
        for column in (FormColumn.EVIDENCE, FormColumn.EXPLANATION):
            if column not in self.form.columns:
                where = Where(file=self.file, sheet=self.form.grid.sheet, row=self.form.header)
                yield warning("column_missing", where, self.form.unit.code, column=Term(f"form.column.{column}"))

    def _repeated_columns(self) -> Iterator[Finding]:
        for position, column in self.form.repeated.items():
            where = Where(file=self.file, sheet=self.form.grid.sheet, row=self.form.header, column=position)
            yield error("column_repeated", where, self.form.unit.code, column=Term(f"form.column.{column}"))

    def maximum_changed(self, leaf: Criterion, row: int) -> Finding | None:
        """A maximum that is not the definition's: the column was changed, or its header stands over another."""
        found = self.content(row, FormColumn.MAXIMUM)
        if FormColumn.MAXIMUM not in self.form.columns or found == leaf.max_score:
            return None
        shown = as_fact(found) if found is not None else ""
        where = self.where(row, FormColumn.MAXIMUM)
        facts: dict[str, Fact] = {"code": leaf.code, "found": shown, "maximum": leaf.max_score or Decimal(0)}
        return error("maximum_changed", where, self.form.unit.code, **facts)

    def _stray(self, row: int, code: str, *, known: bool) -> Iterator[Finding]:
        """A number beside a code that is not an open leaf is not counted, and that is said."""
        score = self.content(row, FormColumn.SCORE)
        if isinstance(score, Decimal):
            where = self.where(row, FormColumn.SCORE)
            found = "score_not_assessed" if known else "row_unknown"
            yield warning(found, where, self.form.unit.code, code=code, found=as_fact(score))

    def read(self, leaf: Criterion, row: int, kind: InputKind) -> tuple[Input, Finding | None]:
        """Read one input of a leaf."""
        raw = self.content(row, FormColumn(kind))
        where = self.where(row, FormColumn(kind))
        value: Decimal | str | None = None
        finding = None
        if kind is not InputKind.SCORE:
            value = as_typed(raw).strip() if raw is not None else None
        elif isinstance(raw, Decimal):
            value = raw
        elif raw is not None:
            facts = {
                "code": leaf.code,
                "label": leaf.label,
                "found": as_typed(raw),
                "maximum": leaf.max_score or 0,
            }
            finding = error(_unreadable(raw), where, self.form.unit.code, **facts)
        unit = self.form.unit.code
        return Input(unit=unit, criterion=leaf.code, kind=kind, raw=raw, value=value, where=where), finding


def _code(content: Content) -> str:
    """The criterion code in a cell. A code that Excel made a fraction or a date is none: 1.1 may have been 1.10."""
    if isinstance(content, Decimal) and content != int(content):
        return f"{content:f}?"
    return as_typed(content).strip()


def _unreadable(raw: Content) -> str:
    """The code of the finding for a score cell that holds no number."""
    match raw:
        case bool():
            return "score_boolean"
        case Formula():
            return "score_formula"
        case ErrorValue():
            return "score_error_value"
        case Percent():
            return "score_percent"
        case datetime() | date() | time() | timedelta():
            return "score_date"
        case _:
            return "score_text"
