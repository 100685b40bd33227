"""What figures and ranks follow, as text that outlives the run: two of them are compared field by field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import AnnexTable, Block, Criterion, Grade, GradeBasis, Level, Measure, Section
from cqdt_batch.definition.sheets import choice_key
from cqdt_batch.rounding import trimmed

_OF_BLOCK = ("decimals", "input_decimals", "ties", "basis", "treatment", "tie_breaks", "summing")
_OF_CRITERION = ("rule", "max_score", "aggregation", "weight", "target", "levels", "per_item", "extra")


def block_settings(assessment: Assessment, block: Block) -> dict[str, str]:
    """What the figures and ranks of a block follow, by the names of the fields; `scores` is that of the round.

    `rounded_parts` are the criteria that are rounded before they are added.
    """
    beside = {
        "scores": assessment.profile.scores,
        "rounded_parts": tuple(sorted(assessment.rounded_parts[block.code])),
        "grades": assessment.grades_of(block.code),
    }
    return _told({name: getattr(block, name) for name in _OF_BLOCK} | beside)


def criterion_settings(criterion: Criterion) -> dict[str, str]:
    """What the points of a criterion follow; what says nothing of it, as the aggregation of a leaf, is left out."""
    fields = {name: getattr(criterion, name) for name in _OF_CRITERION}
    measured = criterion.measured
    beside = {
        "aggregation": None if criterion.rule else criterion.aggregation,
        "measure": measured,
        "on_zero": criterion.on_zero if measured is Measure.RATIO else None,
    }
    return _told(fields | beside)


def section_settings(assessment: Assessment, table: AnnexTable) -> str:
    """How a table is divided: the groups and sub-groups of each section, those that are not ranked in brackets."""
    return "; ".join(map(_section, assessment.sections_of(table)))


def _section(section: Section) -> str:
    members = " + ".join((*section.groups, *section.subgroups)) or "*"
    return members if section.ranked else f"({members})"


def _told(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: text for name, value in fields.items() if (text := _text(value))}


def _text(value: Any) -> str:
    """A choice by its key in the catalogue, a list with semicolons, a number as it is written; nothing for None."""
    match value:
        case StrEnum():
            return choice_key(value)
        case tuple():
            return "; ".join(_parts(value))
        case Decimal():
            return f"{trimmed(value):f}"
        case None:
            return ""
    return str(value)


def _parts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        match value:
            case Level(name=name, points=points):
                yield f"{name}: {_text(points)}"
            case Grade():
                yield f"{value.label}: {_text(value.least)}{'%' if value.basis is GradeBasis.PERCENT else ''}"
            case _:
                yield str(value)
