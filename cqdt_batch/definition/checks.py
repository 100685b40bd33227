"""Check a definition across its sheets: first what its codes lead to, then whether it makes sense.

A check yields its findings, none when content. Sense is checked on the records whose references hold, so that one
mistake does not hide another in the same pass; a cell that has a finding gets no second one, and what would only
repeat a finding in other words stays unsaid.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.records import Assessment
from cqdt_batch.definition.references import REFERENCES, Check, sound
from cqdt_batch.definition.sense import SENSE
from cqdt_batch.findings import Finding, Where, error

_NEEDED = ("blocks", "units", "criteria", "tables", "sections", "columns")


def check(assessment: Assessment, layout: Layout, earlier: Iterable[Finding]) -> tuple[Finding, ...]:
    """Run every check; cells already reported by `earlier` findings stay at their first finding."""
    layout.tell(earlier)
    empty = tuple(_empty_sheets(assessment, layout))
    if empty:
        return empty
    references = tuple(_run(REFERENCES, assessment, layout))
    return (*references, *_run(SENSE, sound(assessment, layout), layout))


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
