"""The stamp of a form: the hidden mark by which a returned file is known, whatever its name has become."""

from __future__ import annotations

from typing import NamedTuple

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.fingerprint import facts_of, hashed
from cqdt_batch.definition.records import AppraisalPart, Criterion, Unit

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
    return f"rule {leaf.block} {leaf.code}", hashed(facts_of(leaf))


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
    profile = assessment.profile
    return Stamp(
        assessment=profile.code,
        criteria_version=profile.criteria_version,
        unit=unit.code,
        fingerprint=assessment.scope(unit).fingerprint,
    )
