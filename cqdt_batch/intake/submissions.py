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
from types import UnionType

from cqdt_batch.cells import Content, Covered, ErrorValue, Formula, Masked, Percent, as_fact, as_typed
from cqdt_batch.definition.assessment import Assessment, CriteriaTree
from cqdt_batch.definition.names import folded
from cqdt_batch.definition.records import Criterion
from cqdt_batch.findings import Fact, Finding, Term, Where, error, warning
from cqdt_batch.intake.recognition import Form, FormColumn
from cqdt_batch.messages import in_every_language


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
    leaves = assessment.assessed_leaves(form.unit)
    rows, findings = reader.rows_by_code(assessment, {leaf.code for leaf in leaves})
    tree = assessment.trees[form.unit.block]
    inputs: list[Input] = []
    for leaf in leaves:
        if leaf.code not in rows:
            where = reader.where(0, FormColumn.CODE)
            findings.append(error("row_missing", where, form.unit.code, code=leaf.code, label=leaf.label))
            continue
        findings.extend(reader.changed_maximum(leaf, rows[leaf.code]))
        findings.extend(reader.changed_label(leaf, rows[leaf.code], tree))
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

    def rows_by_code(self, assessment: Assessment, leaves: set[str]) -> tuple[dict[str, int], list[Finding]]:
        """Find the row of each criterion; rows that repeat a leaf, or that nobody asked for, are findings."""
        unit = self.form.unit
        rows: dict[str, int] = {}
        findings = [*self._missing_columns(), *self._repeated_columns()]
        for row in self.form.grid.rows:
            if row <= self.form.header:
                continue
            content = self.content(row, FormColumn.CODE)
            code = _code(content) if content is not None else ""
            if code and rows.setdefault(code, row) != row and code in leaves:
                where = self.where(row, FormColumn.CODE)
                findings.append(error("row_repeated", where, unit.code, code=code, row=rows[code]))
            if code not in leaves:
                findings.extend(self._stray(row, code, assessment))
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

    def changed_maximum(self, leaf: Criterion, row: int) -> Iterator[Finding]:
        """A maximum that is not the definition's: the column was changed, or its header stands over another."""
        found = self.content(row, FormColumn.MAXIMUM)
        if (found.number if isinstance(found, Masked) else found) == leaf.max_score:
            return
        shown = as_fact(found) if found is not None else ""
        where = self.where(row, FormColumn.MAXIMUM)
        facts: dict[str, Fact] = {"code": leaf.code, "found": shown, "maximum": leaf.max_score or Decimal(0)}
        yield error("maximum_changed", where, self.form.unit.code, **facts)

    def _stray(self, row: int, code: str, assessment: Assessment) -> Iterator[Finding]:
        """What stands in the score column beside no open leaf is not counted, and that is said.

        The form itself has sums beside inner criteria and a word beside those that do not apply.
        """
        score = self.content(row, FormColumn.SCORE)
        where = self.where(row, FormColumn.SCORE)
        if score is None or (isinstance(score, str) and score in in_every_language("form.column.score")):
            return
        if code not in assessment.trees[self.form.unit.block].by_code:
            yield error("row_unknown", where, self.form.unit.code, code=code, found=as_fact(score))
        elif not self._is_forms_own(score, code, assessment):
            yield warning("score_not_assessed", where, self.form.unit.code, code=code, found=as_fact(score))

    def _is_forms_own(self, score: Content, code: str, assessment: Assessment) -> bool:
        """Tell whether a cell holds what the form put there: a sum, or the word for what does not apply."""
        if code in assessment.not_assessed(self.form.unit):
            return isinstance(score, str) and score in in_every_language("not_assessed")
        return isinstance(score, Formula)

    def changed_label(self, leaf: Criterion, row: int, tree: CriteriaTree) -> Iterator[Finding]:
        """A label that is another leaf's means codes and rows got out of step; any other label is told."""
        content = self.content(row, FormColumn.LABEL)
        label = as_typed(content) if content is not None else ""
        if folded(label) == folded(leaf.label):
            return
        where = self.where(row, FormColumn.LABEL)
        facts: dict[str, Fact] = {"code": leaf.code, "label": leaf.label, "found": label}
        if folded(label) in tree.leaf_labels:
            yield error("label_of_another", where, self.form.unit.code, **facts)
        else:
            yield warning("label_changed", where, self.form.unit.code, **facts)

    def read(self, leaf: Criterion, row: int, kind: InputKind) -> tuple[Input, Finding | None]:
        """Read one input of a leaf."""
        raw = self.content(row, FormColumn(kind))
        where = self.where(row, FormColumn(kind))
        unit = self.form.unit.code
        value: Decimal | str | None = None
        finding = None
        facts: dict[str, Fact] = {"code": leaf.code, "label": leaf.label, "maximum": leaf.max_score or Decimal(0)}
        match raw:
            case None:
                pass
            case _ if kind is not InputKind.SCORE:
                value = as_typed(raw).strip()
            case Decimal():
                value = raw
            case Masked(number):
                value = number
                finding = warning("score_masked", where, unit, found=number, **facts)
            case _:
                finding = error(_unreadable(raw), where, unit, found=as_fact(raw), **facts)
        return Input(unit=unit, criterion=leaf.code, kind=kind, raw=raw, value=value, where=where), finding


def _code(content: Content) -> str:
    """The criterion code in a cell.

    A code that Excel made a fraction is none: 1.1 may have been 1.10. Nor is one that nobody sees.
    """
    if isinstance(content, Covered) or (isinstance(content, Decimal) and content != int(content)):
        return f"{as_typed(content)}?"
    return as_typed(content).strip()


def _unreadable(raw: Content) -> str:
    """The code of the finding for a score cell that holds no number."""
    return next((code for kind, code in _NO_SCORES if isinstance(raw, kind)), "score_text")


_NO_SCORES: tuple[tuple[type | UnionType, str], ...] = (
    (bool, "score_boolean"),
    (Formula, "score_formula"),
    (ErrorValue, "score_error_value"),
    (Percent, "score_percent"),
    (Covered, "score_covered"),
    (datetime | date | time | timedelta, "score_date"),
)
