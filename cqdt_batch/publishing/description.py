"""Describe a definition as plain text, one fact a line, so that two years can be compared with diff.

The same definition always gives the same text, and two that differ in what a sheet says never do. What stands in a row
of its own in the workbook is a block of lines, without row numbers: a row that moves is a block that moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.sheets import CRITERIA, SHEETS, Field, Kind, SheetSpec, YesNo, choice_key
from cqdt_batch.messages import Words

_INDENT = "  "
_UNSHOWN = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)
_ESCAPES = {code: f"\\u{code:04x}" for code in _UNSHOWN} | {ord("\n"): "\\n", ord("\\"): "\\\\"}
"""What would break a line, or a terminal, and the backslash that shows it."""
_BETWEEN = " \N{MIDDLE DOT} "
_KEY_ESCAPES = {ord("\N{MIDDLE DOT}"): "\\\N{MIDDLE DOT}"}


class Place(NamedTuple):
    """A record of a sheet and how deep it stands: below the root for criteria, 0 for all others."""

    record: Any
    depth: int = 0


def description_lines(assessment: Assessment, words: Words) -> Iterator[str]:
    """The text of a definition: a line a sheet, a line a record with what identifies it, below it a line a field."""
    for spec in SHEETS:
        yield f"== {words(spec.title_key)}"
        for place in _places(assessment, spec):
            yield from _record_lines(spec, place, words)


def description_json(assessment: Assessment, words: Words) -> dict[str, list[dict[str, str]]]:
    """The same for machines: sheet → records → field → text, by the names of the fields."""
    return {
        spec.name: [
            {field.name: _shown(field, value, words) for field, value in _told(spec, spec.fields, place.record)}
            for place in _places(assessment, spec)
        ]
        for spec in SHEETS
    }


def _places(assessment: Assessment, spec: SheetSpec) -> Iterator[Place]:
    """The records of a sheet in their order; criteria as trees, parents before children."""
    if spec.upright:
        yield Place(getattr(assessment, spec.name))
    elif spec is CRITERIA:
        for tree in assessment.trees.values():
            yield from (Place(criterion, tree.depth(criterion.code)) for criterion in tree.below(tree.root.code))
    else:
        yield from map(Place, getattr(assessment, spec.name))


def _record_lines(spec: SheetSpec, place: Place, words: Words) -> Iterator[str]:
    key = [field for field in spec.fields if field.name in spec.key]
    others = [field for field in spec.fields if field.name not in spec.key]
    if key:
        parts = (_line(spec, f, value, words).translate(_KEY_ESCAPES) for f, value in _told(spec, key, place.record))
        yield _INDENT * place.depth + _BETWEEN.join(parts)
    indent = _INDENT * (place.depth + bool(key))
    yield from (indent + _line(spec, field, value, words) for field, value in _told(spec, others, place.record))


def _told(spec: SheetSpec, fields: Iterable[Field], record: Any) -> Iterator[tuple[Field, Any]]:
    """The fields that say something: what is required, and what is not as an empty cell leaves it."""
    for field in fields:
        value = getattr(record, field.name)
        may_be_usual = spec.upright and field.choices is None
        is_said = value != "" if may_be_usual else field.required or value != field.blank
        if is_said:
            yield field, value


def _line(spec: SheetSpec, field: Field, value: Any, words: Words) -> str:
    return f"{words(spec.header_key(field))}: {_shown(field, value, words).translate(_ESCAPES)}"


def _shown(field: Field, value: Any, words: Words) -> str:
    """A value as an officer writes it into the cell."""
    match field.kind:
        case Kind.YES_NO:
            return words(choice_key(YesNo.YES if value else YesNo.NO))
        case Kind.CHOICE:
            return words(choice_key(value))
        case Kind.POINTS if value is None:
            return words("not_assessed")
        case Kind.LEVELS:
            return "; ".join(f"{level.name}: {words.shown(level.points)}" for level in value)
        case _:
            return words.shown(value)
