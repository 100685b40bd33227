"""Check a definition across its sheets: first what its codes lead to, then whether it makes sense.

A check yields its findings, none when content. Sense is checked on the records whose references hold, so that one
mistake does not hide another in the same pass; a cell that has a finding gets no second one, and what would only
repeat a finding in other words stays unsaid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.checks.appraisal import APPRAISAL_SENSE_OF_TREES
from cqdt_batch.definition.checks.blocks import SENSE
from cqdt_batch.definition.checks.references import DEEPEST, REFERENCES, Check
from cqdt_batch.definition.checks.results import SCORES_SENSE, SCORES_SENSE_OF_TREES
from cqdt_batch.definition.checks.rules import RULE_SENSE
from cqdt_batch.definition.checks.sections import SECTION_SENSE_OF_TREES
from cqdt_batch.definition.checks.tables import TABLE_SENSE
from cqdt_batch.definition.checks.trees import TREE_SENSE
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.records import AnnexTable, Block, Correction, Criterion, GivenScore, PastResult, Unit
from cqdt_batch.findings import Finding, Where, error

_Record = TypeVar("_Record", Block, Unit, Criterion, AnnexTable)
_Result = TypeVar("_Result", GivenScore, PastResult, Correction)
PLAIN: tuple[Check, ...] = (*REFERENCES, *SENSE, *RULE_SENSE, *TREE_SENSE, *SCORES_SENSE, *TABLE_SENSE)
"""The checks of records as they stand."""
OF_SOUND: tuple[Check, ...] = (*SCORES_SENSE_OF_TREES, *SECTION_SENSE_OF_TREES, *APPRAISAL_SENSE_OF_TREES)
"""The checks of records whose references hold."""

_NEEDED = ("blocks", "units", "criteria", "tables", "sections", "columns")


def check(assessment: Assessment, layout: Layout, earlier: Iterable[Finding]) -> tuple[Finding, ...]:
    """Run every check; cells already reported by `earlier` findings stay at their first finding."""
    layout.tell(earlier)
    empty = tuple(_empty_sheets(assessment, layout))
    if empty:
        return empty
    plain = tuple(_run(PLAIN, assessment, layout))
    return (*plain, *_run(OF_SOUND, sound(assessment, layout), layout))


def _empty_sheets(assessment: Assessment, layout: Layout) -> Iterator[Finding]:
    """A round has at least one block, unit, criterion, table, section and column."""
    for sheet in _NEEDED:
        if not getattr(assessment, sheet):
            place = layout.places[sheet]
            yield error("definition_empty_sheet", Where(file=layout.file, sheet=place.sheet, row=place.header + 1))


def _run(checks: Iterable[Check], assessment: Assessment, layout: Layout) -> Iterator[Finding]:
    for one in checks:
        for finding in tuple(one(assessment, layout)):
            if layout.tell((finding,)):
                yield finding


def sound(a: Assessment, layout: Layout) -> Assessment:
    """Keep the records whose references hold, so that trees can be walked and blocks looked up."""
    blocks = _unique(a.blocks, lambda block: block.code)
    known = {block.code for block in blocks}
    criteria = _reachable([c for c in _unique(a.criteria, lambda c: (c.block, c.code)) if c.block in known])
    codes = {(c.block, c.code) for c in criteria}
    rooted = {block for block, _ in codes}
    units = tuple(u for u in _unique(a.units, lambda u: u.code) if u.block in known)
    tables = tuple(t for t in _unique(a.tables, lambda t: t.code) if (t.block, t.criterion) in codes)
    drawn = {table.code for table in tables}
    return replace(
        a,
        blocks=tuple(replace(b, tie_breaks=tuple(c for c in b.tie_breaks if (b.code, c) in codes)) for b in blocks),
        units=units,
        criteria=criteria,
        exemptions=tuple(
            e
            for e in a.exemptions
            if (e.block, e.criterion) in codes
            and not layout.told("exemptions", e.row, "block", "group", "unit", "criterion")
        ),
        tables=tables,
        sections=tuple(s for s in a.sections if s.table in drawn),
        columns=tuple(c for c in a.columns if c.table in drawn),
        grades=tuple(g for g in a.grades if g.block in known and not layout.told("grades", g.row, "least")),
        given=_about(units, codes, (g for g in a.given if not layout.told("given", g.row, "points"))),
        past=_about(units, codes, (p for p in a.past if not layout.told("past", p.row, "total"))),
        appraisal=tuple(
            p
            for p in a.appraisal
            if p.block in rooted
            and all((p.block, code) in codes for code in p.criteria)
            and not layout.told("appraisal", p.row, "code", "block", "criteria")
        ),
        corrections=tuple(entry for entry in _about(units, codes, a.corrections) if entry.criterion),
    )


def _about(units: tuple[Unit, ...], codes: set[tuple[str, str]], results: Iterable[_Result]) -> tuple[_Result, ...]:
    """The results of known units on known criteria; one that names none needs a composite index."""
    block_of = {unit.code: unit.block for unit in units}
    rooted = {block for block, _ in codes}
    known = codes | {(block, "") for block in rooted}
    return tuple(result for result in results if (block_of.get(result.unit, ""), result.criterion) in known)


def _unique(records: Iterable[_Record], key: Callable[[_Record], Any]) -> tuple[_Record, ...]:
    """The first record of each key; one without a code gets a code of its own that nothing refers to."""
    first: dict[Any, _Record] = {}
    for record in records:
        named = record if record.code else replace(record, code=f"?{record.row}")
        first.setdefault(key(named), named)
    return tuple(first.values())


def _reachable(criteria: list[Criterion]) -> tuple[Criterion, ...]:
    """The criteria that lead up to a root: none below an unknown parent, in a circle, or too deep."""
    parents = {(c.block, c.code): c.parent for c in criteria}

    def leads_up(c: Criterion) -> bool:
        code = c.code
        for _ in range(DEEPEST + 1):
            if not code:
                return True
            code = parents.get((c.block, code), "?")
        return not code

    return tuple(c for c in criteria if leads_up(c))
