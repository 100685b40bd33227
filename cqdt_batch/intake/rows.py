"""Find the rows and columns of a recognised form, and what around the answers does not agree with the definition.

A row is known by its criterion code; where a program spoilt the code, by the exact label. Codes, labels and maxima are
the definition's; those in the form are witnesses that row, code and score still belong together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import chain

from cqdt_batch.cells import Content, Covered, Formula, Masked, as_fact, as_typed
from cqdt_batch.definition.assessment import Assessment, CriteriaTree, Scope
from cqdt_batch.definition.names import folded
from cqdt_batch.definition.records import Criterion
from cqdt_batch.findings import Fact, Finding, Term, Where, error, notice, warning
from cqdt_batch.intake.numbers import read_text
from cqdt_batch.intake.questions import Author, words_for_points
from cqdt_batch.intake.recognition import Form
from cqdt_batch.intake.submissions import NOTED, InputKind, Total, asked_in, scored_by
from cqdt_batch.intake.tables import FormColumn
from cqdt_batch.messages import in_every_language

_POINTS_COME_FROM = (InputKind.SCORE, InputKind.FIRST, InputKind.SECOND)
_ANSWERS: frozenset[str] = frozenset(InputKind)


@dataclass(frozen=True, kw_only=True)
class FormRows:
    """The rows of one form."""

    form: Form
    file: str
    assessment: Assessment

    @cached_property
    def scope(self) -> Scope:
        """What the unit is assessed on."""
        return self.assessment.scope(self.form.unit)

    @cached_property
    def leaves(self) -> dict[str, Criterion]:
        """The leaves that the unit is assessed on, by their codes."""
        return self.scope.leaves

    @cached_property
    def asked(self) -> Mapping[str, tuple[InputKind, ...]]:
        """What the form asks of the unit for each of its leaves."""
        return asked_in(self.scope)

    @cached_property
    def unit(self) -> str:
        """The code of the form's unit."""
        return self.form.unit.code

    @cached_property
    def tree(self) -> CriteriaTree:
        """The criteria of the unit's block."""
        return self.scope.tree

    def where(self, row: int, column: FormColumn | InputKind) -> Where:
        """The cell of a form's column in a row."""
        position = self.form.columns.get(column, 0)
        return Where(file=self.file, sheet=self.form.grid.sheet, row=row, column=position)

    def content(self, row: int, column: FormColumn | InputKind) -> Content | None:
        """What a form's column holds in a row."""
        return self.body[row].get(self.form.columns.get(column, 0))

    @cached_property
    def body(self) -> dict[int, Mapping[int, Content]]:
        """The filled cells of each row below the header."""
        return {row: cells for row, cells in self.form.grid.rows.items() if row > self.form.header}

    @cached_property
    def _answers(self) -> dict[InputKind, int]:
        """The columns of answers that the form has."""
        return {kind: self.form.columns[kind] for kind in InputKind if kind in self.form.columns}

    @cached_property
    def _typed(self) -> dict[int, str]:
        """The code that stands in each row below the header."""
        column, known = self.form.columns.get(FormColumn.CODE, 0), self.tree.by_code
        return {
            row: code if isinstance(code := cells.get(column), str) and code in known else _code(code)
            for row, cells in self.body.items()
        }

    @cached_property
    def codes(self) -> dict[int, str]:
        """The criterion of each row below the header: by its code, else by its label; "" where there is neither."""
        typed, known = self._typed, self.tree.by_code
        taken = set(typed.values())
        labelled = ((row, self._by_label(row)) for row, code in typed.items() if code not in known)
        return typed | {row: code for row, code in labelled if code and code not in taken}

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each criterion; the first, where several have its code."""
        return {code: row for row, code in reversed(self.codes.items()) if code}

    def _by_label(self, row: int) -> str:
        """The one criterion that a row's label names and that its spoilt code may have been; "" if in doubt."""
        label, code = self.content(row, FormColumn.LABEL), self.content(row, FormColumn.CODE)
        if not isinstance(label, str) or isinstance(code, Covered):
            return ""
        alike = self.tree.by_label.get(folded(label), ())
        found = [criterion for criterion in alike if _may_have_been(code, criterion.code)]
        return found[0].code if len(found) == 1 else ""

    def restored(self) -> Iterator[Finding]:
        """Tell once which rows were recognised by their labels."""
        typed = self._typed
        found = {row: code for row, code in self.codes.items() if code != typed[row]}
        if found:
            where = self.where(min(found), FormColumn.CODE)
            yield notice("codes_restored", where, self.unit, codes=tuple(found.values()))

    def columns_amiss(self) -> Iterator[Finding]:
        """Columns of the form that are missing or stand there twice."""
        header = Where(file=self.file, sheet=self.form.grid.sheet, row=self.form.header)
        for kind in NOTED if self._kinds else ():
            if kind not in self._answers:
                yield warning("column_missing", header, self.unit, column=Term(f"form.column.{kind}"))
        if self.form.repeated:
            columns = tuple(Term(f"form.column.{column}") for column in dict.fromkeys(self.form.repeated.values()))
            where = replace(header, column=min(self.form.repeated))
            yield error("column_repeated", where, self.unit, columns=columns)

    def hidden(self) -> Iterator[Finding]:
        """What the unit may not have seen when it signed: a hidden sheet, column or row that was read all the same."""
        grid = self.form.grid
        if grid.is_hidden:
            yield warning("sheet_hidden", Where(file=self.file, sheet=grid.sheet), self.unit)
        for kind in self._kinds:
            if self._answers.get(kind, 0) in grid.hidden_columns:
                where = self.where(0, kind)
                yield warning("column_hidden", where, self.unit, column=Term(f"form.column.{kind}"))
        rows = self.rows.items() if grid.hidden_rows else ()
        unseen = [code for code, row in rows if row in grid.hidden_rows and code in self.leaves]
        if unseen:
            where = Where(file=self.file, sheet=grid.sheet, row=min(self.rows[code] for code in unseen))
            yield warning("rows_hidden", where, self.unit, codes=tuple(reversed(unseen)))

    @property
    def _kinds(self) -> tuple[InputKind, ...]:
        """All that the form asks for, in the order of its columns."""
        return _kinds_in(self.scope)

    def strays(self) -> Iterator[Finding]:
        """Rows that repeat a criterion, and what stands in the columns of answers where nothing is asked."""
        has_scores_only = [kind for kind in _POINTS_COME_FROM if kind in self._answers] == [InputKind.SCORE]
        scored = _typed_points_in(self.scope) if has_scores_only else frozenset()
        leaves, rows = self.leaves, self.rows
        for row, code in self.codes.items():
            if code in scored and rows[code] == row:
                continue
            if code not in leaves:
                yield from self._stray(row, code)
            elif rows[code] != row:
                yield self._repeated(row, rows[code], code)
            if not (has_scores_only and (code not in self.asked or code in scored)):
                yield from self._not_asked(row, code)

    def _repeated(self, row: int, first: int, code: str) -> Finding:
        where = self.where(row, FormColumn.CODE)
        kinds = self.asked[code]
        typed, before = ([self.content(r, kind) for kind in kinds] for r in (row, first))
        is_same = typed in (before, [None] * len(kinds))
        if is_same:
            return notice("row_copied", where, self.unit, code=code, row=first)
        return error("row_repeated", where, self.unit, code=code, row=first)

    def _stray(self, row: int, code: str) -> Iterator[Finding]:
        """What is not counted is said. The form itself has sums beside inner criteria and a word where none applies."""
        score = self.content(row, FormColumn.SCORE)
        if code not in self.tree.by_code:
            yield from self._unknown(row, code)
        elif score is not None and not self._is_forms_own(score, code):
            where = self.where(row, FormColumn.SCORE)
            yield warning("score_not_assessed", where, self.unit, code=code, found=as_fact(score))

    def _unknown(self, row: int, code: str) -> Iterator[Finding]:
        """Say once that somebody answered in a row without a criterion."""
        for kind in _POINTS_COME_FROM:
            found = self.content(row, kind)
            if found is not None and not (isinstance(found, str) and self._is_no_answer(row, kind, found)):
                facts: dict[str, Fact] = {"code": code or Term("form.empty"), "found": as_fact(found)}
                yield error("row_unknown", self.where(row, kind), self.unit, **facts)
                return

    def _not_asked(self, row: int, code: str) -> Iterator[Finding]:
        """Say what stands in the cells of a criterion's row that are locked, beyond what the form put there."""
        if code not in self.tree.by_code:
            return
        asked = self.asked.get(code, (InputKind.SCORE,))
        for kind in _POINTS_COME_FROM:
            found = self.content(row, kind) if kind not in asked else None
            if found is not None and not self._is_shown(found, code, kind):
                facts: dict[str, Fact] = {
                    "code": code,
                    "found": as_fact(found),
                    "column": Term(f"form.column.{kind}"),
                    "who": Author.UNIT.named,
                }
                yield warning("input_not_asked", self.where(row, kind), self.unit, **facts)

    def _is_shown(self, found: Content, code: str, kind: InputKind) -> bool:
        """Tell whether a form itself shows such content in a locked cell of a leaf: computed points, or a word."""
        if kind is not InputKind.SCORE:
            return False
        own = {text for key in words_for_points(self.leaves[code]) for text in in_every_language(key)}
        return found in own if isinstance(found, str) else isinstance(found, Decimal | Masked | Formula)

    def _is_no_answer(self, row: int, kind: InputKind, text: str) -> bool:
        """Tell whether a text in a column of answers is none: its header once more, or a word below the table."""
        is_below = row > max((r for r, code in self.codes.items() if code in self.tree.by_code), default=row)
        is_word = is_below and read_text(text).code == "score_text" and not self.codes[row]
        return is_word or text in in_every_language(f"form.column.{kind}")

    def _is_forms_own(self, score: Content, code: str) -> bool:
        """Tell whether a cell holds what the form put there: a sum, or the word for what does not apply."""
        if code in self.assessment.not_assessed(self.form.unit):
            return self._was_computed(score, code) or score in in_every_language("not_assessed")
        return isinstance(score, Formula | Decimal)

    def _was_computed(self, score: Content, code: str) -> bool:
        """Tell whether a cell holds the points that an older form computed, where the criterion still applied."""
        criterion = self.tree.by_code[code]
        is_computed = criterion.rule is not None and InputKind.SCORE not in scored_by(criterion)
        return isinstance(score, Formula) and is_computed

    def uncounted(self) -> Iterator[tuple[Where, str]]:
        """What was typed where nobody asked: in rows of no open criterion, and in columns that stand there twice."""
        rows, codes = self.rows, self.codes
        read = {rows[code]: asked for code, asked in self.asked.items() if code in rows}
        last = max(read, default=0)
        doubled = [at for at, column in self.form.repeated.items() if column in _ANSWERS]
        uncounted = {asked: (*self._uncounted_columns(asked), *doubled) for asked in {None, *read.values()}}
        for row, cells in self.body.items():
            columns = uncounted[read.get(row)]
            is_inside = columns and (row <= last or codes[row])  # below stand the places for signatures
            for column in columns:
                content = cells.get(column)
                is_typed = isinstance(content, Decimal) or (is_inside and not isinstance(content, Formula))
                if content is not None and is_typed and as_typed(content) not in self._own_words:
                    where = Where(file=self.file, sheet=self.form.grid.sheet, row=row, column=column)
                    yield where, as_typed(content)

    @cached_property
    def _own_words(self) -> frozenset[str]:
        """What the form itself says where a criterion does not apply."""
        reasons = (exemption.reason for exemption in self.assessment.exemptions_of(self.form.unit))
        return frozenset((*in_every_language("not_assessed"), *reasons))

    def _uncounted_columns(self, asked: tuple[InputKind, ...] | None) -> Iterator[int]:
        """Where in a row an answer counts for nothing; in that of a leaf, its points stand in the column of scores."""
        counted = () if asked is None else (*asked, InputKind.SCORE)
        return (column for kind, column in self._answers.items() if kind not in counted)

    def totals(self) -> dict[str, Total]:
        """The points that the unit saw beside inner criteria and computed leaves."""
        found = {}
        computed = _computed_in(self.scope)
        for code, row in self.rows.items():
            if code in computed:
                score = self.content(row, FormColumn.SCORE)
                shown = score.value if isinstance(score, Formula) else score
                if isinstance(shown, Decimal):
                    found[code] = Total(value=shown, where=self.where(row, FormColumn.SCORE))
        return found

    def amiss(self) -> Mapping[str, Sequence[Finding]]:
        """The leaves whose row is missing, or has a maximum or a label that is not the definition's: what to say."""
        rows, columns = self.rows, self.form.columns
        at_maximum, at_label = (columns.get(column, 0) for column in (FormColumn.MAXIMUM, FormColumn.LABEL))
        beside = [self.body[rows[code]] if code in rows else _NO_CELLS for code in self.leaves]
        maxima, labels = [cells.get(at_maximum) for cells in beside], [cells.get(at_label) for cells in beside]
        if (labels, maxima) == _beside_leaves(self.scope) and set(map(type, maxima)) <= {Decimal}:  # True is no 1
            return {}
        leaves = zip(self.leaves.items(), maxima, labels, strict=True)
        return {code: found for (code, leaf), *two in leaves if (found := [*self._amiss(leaf, *two)])}

    def _amiss(self, leaf: Criterion, maximum: Content | None, label: Content | None) -> Iterator[Finding]:
        row = self.rows.get(leaf.code)
        if row is None:
            where = self.where(0, FormColumn.CODE)
            yield error("row_missing", where, self.unit, code=leaf.code, label=leaf.label)
            return
        yield from self._changed_maximum(leaf, row, maximum)
        yield from self._changed_label(leaf, row, label)

    def _changed_maximum(self, leaf: Criterion, row: int, found: Content | None) -> Iterable[Finding]:
        """A maximum that is not the definition's: the column was changed, or its header stands over another."""
        if _number_in(found) == leaf.max_score:
            return ()
        shown = as_fact(found) if found is not None else Term("form.empty")
        where = self.where(row, FormColumn.MAXIMUM)
        facts: dict[str, Fact] = {"code": leaf.code, "found": shown, "maximum": leaf.max_score or Decimal(0)}
        return (error("maximum_changed", where, self.unit, **facts),)

    def _changed_label(self, leaf: Criterion, row: int, content: Content | None) -> Iterable[Finding]:
        """A label that is another leaf's means codes and rows got out of step; any other label is told."""
        if content == leaf.label:
            return ()
        label = as_typed(content) if content is not None else ""
        if folded(label) == folded(leaf.label):
            return ()
        where = self.where(row, FormColumn.LABEL)
        facts: dict[str, Fact] = {"code": leaf.code, "label": leaf.label, "found": label or Term("form.empty")}
        if folded(label) in self.tree.leaf_labels:
            return (error("label_of_another", where, self.unit, **facts),)
        return (warning("label_changed", where, self.unit, **facts),)


@lru_cache(maxsize=1_024)
def _kinds_in(scope: Scope) -> tuple[InputKind, ...]:
    """All that the forms of all units with one scope ask for, in the order of their columns."""
    asked = set(chain.from_iterable(asked_in(scope).values()))
    return tuple(kind for kind in InputKind if kind in asked)


@lru_cache(maxsize=1_024)
def _computed_in(scope: Scope) -> frozenset[str]:
    """The criteria whose points the forms of all units with one scope compute."""
    leaves = (code for code, asked in asked_in(scope).items() if InputKind.FIRST in asked)
    inner = scope.tree.children.keys() - scope.leaves.keys() - scope.not_assessed
    return frozenset((*leaves, *inner))


@lru_cache(maxsize=1_024)
def _typed_points_in(scope: Scope) -> frozenset[str]:
    """The leaves for which the forms of all units with one scope ask for points as such."""
    return frozenset(code for code, asked in asked_in(scope).items() if InputKind.SCORE in asked)


@lru_cache(maxsize=1_024)
def _beside_leaves(scope: Scope) -> tuple[list[Content | None], list[Content | None]]:
    """The labels and the maxima that stand beside the leaves in the forms of all units with one scope."""
    return [leaf.label for leaf in scope.leaves.values()], [leaf.max_score for leaf in scope.leaves.values()]


_NO_CELLS: Mapping[int, Content] = {}


def _code(content: Content | None) -> str:
    """The code that stands in a row. One that Excel made a fraction or a date is none, nor one nobody sees."""
    match content:
        case None:
            return ""
        case str():
            return content.strip()
        case Decimal() if content == int(content):
            return f"{int(content)}"
    return f"{as_typed(content)}?"


def _number_in(content: Content | None) -> Decimal | None:
    """The number a locked cell of the form shows, also where another program saved it as text."""
    match content:
        case Decimal() | Masked():
            return content if isinstance(content, Decimal) else content.number
        case str():
            return read_text(content).value
    return None


def _may_have_been(found: Content | None, code: str) -> bool:
    """Tell whether a program may have made `found` of a criterion code: 1.10 becomes 1.1, 1.5 the first of May."""
    parts = [int(part) for part in code.split(".") if part.isdecimal()]
    match found:
        case None:
            return True
        case Decimal():
            return code.count(".") == 1 and code.replace(".", "").isdecimal() and Decimal(code) == found
        case date():
            return parts[:2] in ([found.day, found.month], [found.month, found.day])
        case str() if len(found) <= _LONGEST_CODE:
            return [int(part) for part in re.findall(r"\d+", found)] == parts
    return False


_LONGEST_CODE = 100
"""Letters: what is longer was no code before a program spoilt it."""
