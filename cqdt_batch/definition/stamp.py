"""The stamp of a form: the hidden mark by which a returned file is known, whatever its name has become."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from typing import NamedTuple

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.names import folded
from cqdt_batch.definition.records import AppraisalPart, Criterion, Level, Unit

STAMP_SHEET = "_cqdt"
"""Name of the very-hidden sheet that carries the stamp: a key in column A, its value in column B."""


ANSWERS = "answers"
"""Key of the stamp sheet of a feedback form: the SHA-256 of a file it answers; one row a file."""


KIND, APPRAISAL = "kind", "appraisal"
"""Key of the stamp sheet that says what a workbook is, and its value in an appraiser's; that of a form has none."""


class PartStamp(NamedTuple):
    """Which round, criteria set version and part of the appraisal a workbook was made for."""

    assessment: str
    criteria_version: str
    part: str
    kind: str = APPRAISAL


def part_stamp(assessment: Assessment, part: AppraisalPart) -> PartStamp:
    """Make the stamp of an appraiser's workbook."""
    profile = assessment.profile
    return PartStamp(assessment=profile.code, criteria_version=profile.criteria_version, part=part.code)


def rule_stamp(leaf: Criterion) -> tuple[str, str]:
    """The line of a stamp that says by which rule a leaf was scored: what a verified value was meant for."""
    counted = [leaf.rule or "", _plain(leaf.max_score), *_parameters(leaf)]
    return f"rule {leaf.block} {leaf.code}", _hashed(counted)


_COUNTED = ("aggregation", "weight", "step", "measure", "on_zero", "target", "levels", "per_item", "extra")
"""The parameters of rules and of aggregation: what points come from."""
_NAMED = ("first_label", "second_label")
"""The names of measured figures: they say what is meant, unlike the label of a criterion."""


class Stamp(NamedTuple):
    """Which round, criteria set version and unit a form was made for, and a fingerprint of what it asks."""

    assessment: str
    criteria_version: str
    unit: str
    fingerprint: str


def stamp_of(assessment: Assessment, unit: Unit) -> Stamp:
    """Make the stamp of a unit's form.

    The fingerprint changes with what is asked and counted (codes, places in the tree, rules and their parameters,
    maxima), not with the wording of labels: a mended typing error does not make forms out there invalid.
    """
    asked = [[c.code, c.parent, c.rule or "", _plain(c.max_score), *_parameters(c)] for c in assessment.assessed(unit)]
    profile = assessment.profile
    return Stamp(
        assessment=profile.code,
        criteria_version=profile.criteria_version,
        unit=unit.code,
        fingerprint=_hashed(asked),
    )


def _hashed(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def _parameters(criterion: Criterion) -> Iterator[str]:
    """The parameters that a criterion has, each with its name; a criterion without any is as it was before them."""
    usual = {field.name: field.default for field in fields(Criterion)}
    for name in _COUNTED:
        value = getattr(criterion, name)
        if value != usual[name]:
            yield f"{name}={_written(value)}"
    for name in _NAMED:
        if named := folded(getattr(criterion, name)):
            yield f"{name}={named}"


def _written(value: Decimal | str | tuple[Level, ...]) -> str:
    match value:
        case Decimal():
            return _plain(value.normalize())
        case str():
            return value
    return "; ".join(f"{level.name}: {_plain(level.points.normalize())}" for level in value)


def _plain(number: object) -> str:
    return "" if number is None else f"{number:f}"
