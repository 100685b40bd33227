"""Read the rows of an appraiser's table into verdicts: a row is known by its codes of unit and criterion.

Rows may be sorted, filtered, deleted or copied. Names, labels and maxima are witnesses that a row still belongs
together: somebody may have sorted some of its columns only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from cqdt_batch.cells import Content, Covered, Formula, Masked, as_fact
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.names import folded
from cqdt_batch.definition.records import Criterion, Unit
from cqdt_batch.definition.stamp import rule_stamp
from cqdt_batch.findings import Fact, Finding, Term, Where, error, notice, warning
from cqdt_batch.intake.answers import Cell, read_note, read_value
from cqdt_batch.intake.appraisal_table import NOTES, OWN, VERIFIED, AppraisalColumn, AppraisalTable
from cqdt_batch.intake.questions import Author
from cqdt_batch.intake.submissions import Input, InputKind, asked_of
from cqdt_batch.intake.verdicts import Verdict, verified_by


class Subject(NamedTuple):
    """What a row is about."""

    unit: Unit
    leaf: Criterion


@dataclass(frozen=True, kw_only=True, slots=True)
class AppraisalRows:
    """The rows of one table. Where only values are told, a formula looks like the number that it gave.

    `stamped` are the lines of the workbook's hidden stamp; none where it was lost.
    """

    assessment: Assessment
    table: AppraisalTable
    sha256: str
    stamped: Mapping[str, str]
    is_values_only: bool

    def lacking(self) -> tuple[AppraisalColumn, ...]:
        """The columns that some row needs and the table does not have: verified figures would be lost."""
        subjects = (self._subject(row) for row in self.table.rows)
        needed = {VERIFIED[kind] for subject in subjects if subject for kind in verified_by(subject.leaf)}
        return tuple(column for column in VERIFIED.values() if column in needed - self.table.columns.keys())

    def read(self) -> Iterator[Verdict | Finding]:
        """The verdict of every row that has one, and all there is to say about the others."""
        yield from self._hidden()
        for row, subject in self._answered():
            if subject is None:
                yield self._unknown(row)
            else:
                yield from self._row(row, *subject)

    def _answered(self) -> Iterator[tuple[int, Subject | None]]:
        """The rows into which an appraiser typed anything, and what each is about."""
        for row in self.table.rows:
            subject = self._subject(row)
            if self._is_filled(row, subject) and not self._is_header(row):
                yield row, subject

    def _hidden(self) -> Iterator[Finding]:
        """What the appraiser may not have seen when he signed: a hidden sheet, column or row that is read all the same.

        Rows are mostly hidden by a filter, which is no more than worth knowing.
        """
        grid = self.table.grid
        if grid.is_hidden:
            yield warning("appraisal_sheet_hidden", Where(file=self.table.file, sheet=grid.sheet))
        for column in (*VERIFIED.values(), AppraisalColumn.REASON):
            if self.table.columns.get(column, 0) in grid.hidden_columns:
                yield warning("appraisal_column_hidden", self.table.where(0, column), column=column.header)
        rows = [row for row, _ in self._answered() if row in grid.hidden_rows]
        if rows:
            where = Where(file=self.table.file, sheet=grid.sheet, row=rows[0])
            yield notice("appraisal_rows_hidden", where, count=len(rows))

    def _row(self, row: int, unit: Unit, leaf: Criterion) -> Iterator[Verdict | Finding]:
        if self.assessment.is_left_out(unit) or leaf.code in self.assessment.not_assessed(unit):
            where = self.table.where(row, AppraisalColumn.CODE)
            yield warning("verified_not_assessed", where, unit.code, code=leaf.code, label=leaf.label, name=unit.name)
            return
        mixed = next(self._mixed(row, unit, leaf), None)
        if mixed is not None:
            yield mixed
            return
        key, rule = rule_stamp(leaf)
        if self.stamped.get(key, rule) != rule:
            where = self.table.where(row, AppraisalColumn.CODE)
            yield error("appraisal_rule_changed", where, unit.code, code=leaf.code, label=leaf.label)
            return
        yield from self._relabelled(row, unit, leaf)
        yield from self._not_asked(row, unit, leaf)
        yield from self._verdict(row, unit, leaf)

    def _verdict(self, row: int, unit: Unit, leaf: Criterion) -> Iterator[Verdict | Finding]:
        inputs: list[Input] = []
        for kind in verified_by(leaf):
            found, told = self._verified(leaf, self._input(row, unit, leaf, kind, VERIFIED[kind]))
            yield from told
            inputs += [found] if found.raw is not None else []
        where = self.table.where(row, AppraisalColumn.REASON)
        typed, reason = self.table.content(row, AppraisalColumn.REASON), ""
        if typed is not None and _is_in_words(typed):
            reason, findings = read_note(leaf, typed, where, unit.code, Author.APPRAISER)
            yield from findings
        if inputs and all(one.value is not None for one in inputs):
            yield Verdict(
                unit=unit.code,
                criterion=leaf.code,
                inputs=tuple(inputs),
                reason=reason,
                where=where,
                sha256=self.sha256,
                shown=tuple(self._shown_inputs(row, unit, leaf)),
            )
        elif reason and not inputs and not self._is_overwritten(row):
            facts: dict[str, Fact] = {"code": leaf.code, "label": leaf.label, "reason": reason}
            yield warning("reason_without_value", where, unit.code, **facts)

    def _verified(self, leaf: Criterion, found: Input) -> tuple[Input, Sequence[Finding]]:
        """Read a verified value. One in a merged cell could be meant for every cell that the merging covers."""
        if found.raw is None:
            return found, []
        covers = (area for area in self.table.grid.merged if area.holds(found.where.row, found.where.column))
        area = next(covers, None)
        if isinstance(found.raw, Covered) or area is None:
            cell = Cell(leaf, found.kind, found.raw, found.where, found.unit)
            value, told = read_value(cell, Author.APPRAISER)
            return replace(found, value=value), told
        last = Where(row=area.bottom, column=area.right)
        facts: dict[str, Fact] = {"code": leaf.code, "label": leaf.label, "found": as_fact(found.raw)}
        cells = f"{found.where.cell}:{last.cell}"
        return found, [error("verified_value_merged", found.where, found.unit, **facts, cells=cells)]

    def _shown_inputs(self, row: int, unit: Unit, leaf: Criterion) -> Iterator[Input]:
        """The inputs of a unit that the table shows, figures first."""
        for kind in asked_of(leaf):
            column = (OWN | NOTES)[kind]
            if column in self.table.columns:
                yield self._input(row, unit, leaf, kind, column)

    def _input(self, row: int, unit: Unit, leaf: Criterion, kind: InputKind, column: AppraisalColumn) -> Input:
        raw, where = self.table.content(row, column), self.table.where(row, column)
        return Input(unit=unit.code, criterion=leaf.code, kind=kind, raw=raw, value=None, where=where)

    def _is_filled(self, row: int, subject: Subject | None) -> bool:
        """Tell whether an appraiser typed anything into a row; points that its own formula gives are nothing typed."""
        if any(self.table.content(row, column) is not None for column in (*_FIGURES, AppraisalColumn.REASON)):
            return True
        points = self.table.content(row, AppraisalColumn.VERIFIED_SCORE)
        if subject is None:
            return points is not None and not isinstance(points, Formula)
        return points is not None if InputKind.SCORE in verified_by(subject.leaf) else self._is_overwritten(row)

    def _is_header(self, row: int) -> bool:
        """Tell whether a row is the header once more, as a table that was put together from several has it."""
        columns = (AppraisalColumn.UNIT_CODE, AppraisalColumn.CODE)
        return all(self.table.content(row, one) == self.table.content(self.table.header, one) for one in columns)

    def _subject(self, row: int) -> Subject | None:
        """The unit and the leaf that a row is about; None where its codes name none."""
        unit = self.assessment.unit_by_code.get(self._code(row, AppraisalColumn.UNIT_CODE))
        if unit is None:
            return None
        tree, code = self.assessment.trees[unit.block], self._code(row, AppraisalColumn.CODE)
        return Subject(unit, tree.by_code[code]) if code in tree.by_code and tree.is_leaf(code) else None

    def _code(self, row: int, column: AppraisalColumn) -> str:
        """A code as it stands in a row; one that a program made a number is taken where it is whole."""
        found = self.table.content(row, column)
        if isinstance(found, Decimal):
            return f"{found:f}" if found == int(found) else ""
        return found.strip() if isinstance(found, str) else ""

    def _unknown(self, row: int) -> Finding:
        is_unit = self._code(row, AppraisalColumn.UNIT_CODE) not in self.assessment.unit_by_code
        column = AppraisalColumn.UNIT_CODE if is_unit else AppraisalColumn.CODE
        found, where = self.table.content(row, column), self.table.where(row, column)
        unit = "" if is_unit else self._code(row, AppraisalColumn.UNIT_CODE)
        if found is None:
            return error("appraisal_row_without_code", where, unit, column=column.header)
        return error("appraisal_row_unknown", where, unit, column=column.header, found=as_fact(found))

    def _mixed(self, row: int, unit: Unit, leaf: Criterion) -> Iterator[Finding]:
        """What in a row belongs to another unit or criterion, or to another definition."""
        name, label, most = (
            self.table.content(row, column)
            for column in (AppraisalColumn.UNIT, AppraisalColumn.LABEL, AppraisalColumn.MAXIMUM)
        )
        tree = self.assessment.trees[unit.block]
        if isinstance(name, str) and self.assessment.unit_by_name.get(folded(name), unit) is not unit:
            yield self._mixing(row, unit, leaf, AppraisalColumn.UNIT)
        if isinstance(label, str) and folded(label) != folded(leaf.label) and folded(label) in tree.leaf_labels:
            yield self._mixing(row, unit, leaf, AppraisalColumn.LABEL)
        number = most.number if isinstance(most, Masked) else most
        if isinstance(number, Decimal) and number != leaf.max_score:
            yield self._mixing(row, unit, leaf, AppraisalColumn.MAXIMUM)

    def _relabelled(self, row: int, unit: Unit, leaf: Criterion) -> Iterator[Finding]:
        """Tell that a criterion had another label when the workbook was made."""
        label = self.table.content(row, AppraisalColumn.LABEL)
        if isinstance(label, str) and folded(label) != folded(leaf.label):
            where = self.table.where(row, AppraisalColumn.LABEL)
            yield warning(
                "appraisal_label_changed", where, unit.code, code=leaf.code, label=leaf.label, found=as_fact(label)
            )

    def _mixing(self, row: int, unit: Unit, leaf: Criterion, column: AppraisalColumn) -> Finding:
        expected: dict[AppraisalColumn, Fact] = {
            AppraisalColumn.UNIT: unit.name,
            AppraisalColumn.LABEL: leaf.label,
            AppraisalColumn.MAXIMUM: leaf.max_score or Decimal(0),
        }
        facts: dict[str, Fact] = {
            "name": unit.name,
            "code": leaf.code,
            "column": column.header,
            "found": self._shown(row, column),
            "expected": expected[column],
        }
        return error("appraisal_row_mixed", self.table.where(row, column), unit.code, **facts)

    def _not_asked(self, row: int, unit: Unit, leaf: Criterion) -> Iterator[Finding]:
        """What stands in cells of a row that are locked."""
        for kind, column in VERIFIED.items():
            if kind in verified_by(leaf) or self.table.content(row, column) is None:
                continue
            facts: dict[str, Fact] = {"code": leaf.code, "found": self._shown(row, column)}
            where = self.table.where(row, column)
            if kind is not InputKind.SCORE:
                named: dict[str, Fact] = {"column": column.header, "who": Author.APPRAISER.named}
                yield warning("input_not_asked", where, unit.code, **facts, **named)
            elif self._is_overwritten(row):
                yield error("verified_points_computed", where, unit.code, **facts, label=leaf.label)

    def _is_overwritten(self, row: int) -> bool:
        """Tell whether somebody typed over the formula of computed points.

        Where only values are told, a number beside verified figures may be what the formula gave; alone it may be if it
        is the unit's own.
        """
        points, own = (
            self.table.content(row, column) for column in (AppraisalColumn.VERIFIED_SCORE, AppraisalColumn.SCORE)
        )
        if not self.is_values_only:
            return points is not None and not isinstance(points, Formula)
        is_verified = any(self.table.content(row, column) is not None for column in _FIGURES)
        return isinstance(points, Decimal) and not is_verified and points != own

    def _shown(self, row: int, column: AppraisalColumn) -> Fact:
        found: Content | None = self.table.content(row, column)
        return Term("form.empty") if found is None else as_fact(found)


def _is_in_words(content: Content) -> bool:
    """Tell whether a cell gives a reason: a dash, a number, a formula or an error is none."""
    text = content.text if isinstance(content, Covered) else content
    return isinstance(text, str) and any(map(str.isalpha, text))


_FIGURES = (AppraisalColumn.VERIFIED_FIRST, AppraisalColumn.VERIFIED_SECOND)
