"""Whether the parts of the appraisal share out the criteria, and whether the corrections register can be applied."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from cqdt_batch.cells import decimals_of
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.checks.references import Check
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.parts import leaves_of
from cqdt_batch.definition.records import AppraisalPart, Correction, Criterion, Extra
from cqdt_batch.findings import Fact, Finding, error, warning


def check_criteria_are_appraised_once(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """No criterion stands in two parts, nor twice in one: two appraisers would verify the same."""
    first: dict[tuple[str, str], AppraisalPart] = {}
    for part in a.appraisal:
        shared: dict[AppraisalPart, list[str]] = {}
        for leaf in leaves_of(a, part):
            other = first.setdefault((part.block, leaf.code), part)
            if other is not part:
                shared.setdefault(other, []).append(leaf.code)
        where = layout.at("appraisal", part.row, "criteria")
        for other, codes in shared.items():
            yield warning("definition_part_overlaps", where, codes=tuple(codes), part=other.code, row=other.row)
        repeated = _repeated(a, part)
        if repeated:
            yield warning("definition_part_overlaps", where, codes=repeated, part=part.code, row=part.row)


def _repeated(a: Assessment, part: AppraisalPart) -> tuple[str, ...]:
    """The leaves that several of a part's own criteria have."""
    tree = a.trees[part.block]
    found = [leaf.code for code in part.criteria for leaf in tree.leaves(code)]
    return tuple(code for code in dict.fromkeys(found) if found.count(code) > 1)


def check_no_criterion_is_left_unappraised(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Where there are parts at all, every criterion that some unit is assessed on belongs to one."""
    unclear = any(layout.told_anywhere("appraisal", name) for name in ("code", "block", "criteria"))
    for block in a.blocks if a.appraisal and not unclear else ():
        if not a.trees[block.code].children.get(""):
            continue
        covered = {leaf.code for part in a.appraisal if part.block == block.code for leaf in leaves_of(a, part)}
        asked = {leaf.code for unit in a.units_of(block.code) for leaf in a.assessed_leaves(unit)}
        left = tuple(one.code for one in a.trees[block.code].criteria if one.code in asked - covered)
        if left:
            where = layout.at("blocks", block.row, "code")
            yield warning("definition_part_missing", where, block=block.code, codes=left, count=len(left))


def _corrected(a: Assessment) -> Iterator[tuple[Correction, Criterion]]:
    """The entries of the register, with the criterion that each is about."""
    for entry in a.corrections:
        tree = a.trees[a.unit_by_code[entry.unit].block]
        yield entry, tree.by_code[entry.criterion]


def check_corrections_are_of_leaves(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Points are corrected where they are scored; those above follow."""
    for entry, criterion in _corrected(a):
        if criterion.rule is None and not layout.told("criteria", criterion.row, "rule"):
            where = layout.at("corrections", entry.row, "criterion")
            yield error("definition_correction_of_sum", where, code=criterion.code)


def check_corrections_are_of_assessed_criteria(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """What a unit is not assessed on by the sheet of exemptions has no points to correct."""
    for entry, criterion in _corrected(a):
        unit = a.unit_by_code[entry.unit]
        if criterion.code in a.not_assessed(unit):
            where = layout.at("corrections", entry.row, "criterion")
            yield error("definition_correction_not_assessed", where, unit=unit.name, code=criterion.code)


def check_corrected_points_are_possible(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """New points lie within the maximum (of a penalty: below zero), and have the decimals and steps of typed ones."""
    for entry, criterion in _corrected(a):
        points, block = entry.new, a.block_by_code[criterion.block]
        unclear = layout.told("criteria", criterion.row, "max_score", "extra")
        if points is None or criterion.max_score is None or unclear or layout.told("corrections", entry.row, "new"):
            continue
        where = layout.at("corrections", entry.row, "new")
        least, most = _bounds(criterion, criterion.max_score)
        if not least <= points <= most:
            yield error(
                "definition_correction_outside", where, code=criterion.code, found=points, least=least, most=most
            )
        elif decimals_of(points) > block.input_decimals and not layout.told("blocks", block.row, "input_decimals"):
            yield error("definition_points_too_fine", where, points=points, decimals=block.input_decimals)
        elif criterion.step and points % criterion.step and not layout.told("criteria", criterion.row, "step"):
            facts: dict[str, Fact] = {"code": criterion.code, "found": points, "step": criterion.step}
            yield warning("definition_correction_off_step", where, **facts)


def _bounds(criterion: Criterion, maximum: Decimal) -> tuple[Decimal, Decimal]:
    zero = Decimal(0)
    return (-maximum, zero) if criterion.extra is Extra.PENALTY else (zero, maximum)


def check_corrections_change_something(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Old and new points differ; equal ones are mostly one of the two typed wrong."""
    for entry in a.corrections:
        if entry.old == entry.new and not layout.told("corrections", entry.row, "old", "new"):
            where = layout.at("corrections", entry.row, "new")
            yield warning("definition_correction_same", where, code=entry.criterion)


def check_days_of_corrections_are_dates(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """The day of a correction is written as 15/12/2020: day, month, year."""
    for entry in a.corrections:
        if entry.day and not _is_date(entry.day):
            yield warning("definition_correction_day", layout.at("corrections", entry.row, "day"), found=entry.day)


def _is_date(text: str) -> bool:
    parts = text.split("/")
    if [part.isascii() and part.isdecimal() for part in parts] != [True] * 3 or len(parts[-1]) != _DIGITS_OF_A_YEAR:
        return False
    day, month, year = map(int, parts)
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


_DIGITS_OF_A_YEAR = 4

APPRAISAL_SENSE_OF_TREES: tuple[Check, ...] = (
    check_criteria_are_appraised_once,
    check_no_criterion_is_left_unappraised,
    check_corrections_are_of_leaves,
    check_corrections_are_of_assessed_criteria,
    check_corrected_points_are_possible,
    check_corrections_change_something,
    check_days_of_corrections_are_dates,
)
"""Checks for records whose references hold."""
