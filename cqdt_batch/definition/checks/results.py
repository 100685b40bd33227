"""Whether grades, points given by others and last year's results fit the units and criteria they are about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from cqdt_batch.cells import decimals_of
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.checks.blocks import input_decimals
from cqdt_batch.definition.checks.references import Check
from cqdt_batch.definition.checks.trees import is_measurable, settled_trees
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.names import folded
from cqdt_batch.definition.records import Criterion, Extra, GivenScore, Grade, GradeBasis, PastResult, Rule
from cqdt_batch.definition.sheets import choice_key
from cqdt_batch.findings import Finding, Term, error, warning
from cqdt_batch.rounding import trimmed

_WHOLE = Decimal(100)


def _bands(a: Assessment, layout: Layout, name: str) -> Iterator[list[Grade]]:
    """The grades of each block, in the order of their rows, whose block and field of that name can be read."""
    found: dict[str, list[Grade]] = defaultdict(list)
    for grade in a.grades:
        if not layout.told("grades", grade.row, "block", name):
            found[grade.block].append(grade)
    yield from found.values()


def check_grades_have_one_basis(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """All grades of a block are held against points, or all against percents."""
    for bands in _bands(a, layout, "basis"):
        basis = bands[0].basis
        for grade in bands:
            if grade.basis is not basis:
                where = layout.at("grades", grade.row, "basis")
                yield error("definition_grade_basis", where, basis=Term(choice_key(basis)))


def check_grades_begin_at_zero(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """The lowest band begins at 0: below it a unit would have no grade."""
    if layout.told_anywhere("grades", "block"):
        return
    unclear = {grade.block for grade in a.grades if layout.told("grades", grade.row, "least")}
    for bands in _bands(a, layout, "least"):
        lowest = min(bands, key=lambda grade: grade.least)
        if lowest.least > 0 and lowest.block not in unclear:
            yield error("definition_grades_from_zero", layout.at("grades", lowest.row, "least"), least=lowest.least)


def check_grades_are_told_apart(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """No two grades of a block have one lower bound or one name."""
    for bands in _bands(a, layout, "least"):
        yield from _repeated(((grade, grade.least) for grade in bands), "least", layout)
    for bands in _bands(a, layout, "label"):
        yield from _repeated(((grade, folded(grade.label)) for grade in bands), "label", layout)


def _repeated(keyed: Iterable[tuple[Grade, Decimal | str]], name: str, layout: Layout) -> Iterator[Finding]:
    first: dict[Decimal | str, int] = {}
    for grade, key in keyed:
        row = first.setdefault(key, grade.row)
        if row != grade.row:
            found = getattr(grade, name)
            yield error("definition_grade_repeated", layout.at("grades", grade.row, name), found=found, row=row)


def check_grades_can_be_reached(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A bound in percent is at most 100; one in points had better be within the scale and its bonuses."""
    most = _most_points(a, layout)
    for bands in _bands(a, layout, "least"):
        for grade in bands:
            where = layout.at("grades", grade.row, "least")
            reach = most.get(grade.block, grade.least)
            if grade.basis is GradeBasis.PERCENT and grade.least > _WHOLE:
                yield error("definition_above_percent", where, found=grade.least)
            if grade.basis is GradeBasis.POINTS and grade.least > reach:
                yield warning("definition_grade_out_of_reach", where, found=grade.least, most=reach)


def check_grade_labels_fit_a_formula(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """The name of a grade stands in formulas, whose length Excel limits."""
    for grade in a.grades:
        if len(grade.label) > _LONGEST_LABEL:
            where = layout.at("grades", grade.row, "label")
            yield error("definition_grade_label_too_long", where, found=grade.label, most=_LONGEST_LABEL)


_LONGEST_LABEL = 60


def check_percents_are_no_shares(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A bound of 0.9 where percents are measured was probably meant as 90 %."""
    for bands in _bands(a, layout, "least"):
        highest = max(bands, key=lambda grade: grade.least)
        if highest.basis is GradeBasis.PERCENT and 0 < highest.least <= 1:
            where = layout.at("grades", highest.row, "least")
            yield warning(
                "definition_share_for_percent", where, found=highest.least, meaning=trimmed(highest.least * 100)
            )


def _most_points(a: Assessment, layout: Layout) -> dict[str, Decimal]:
    """The most points of a composite index, bonuses among them, by block, where they can be told."""
    trees = {block: tree for block, tree in settled_trees(a, layout).items() if tree.criteria}
    bonuses = {
        block: sum((c.max_score or Decimal(0) for c in tree.criteria if c.extra is Extra.BONUS), Decimal(0))
        for block, tree in trees.items()
    }
    return {
        block: tree.maximum(tree.root.code) + bonuses[block]
        for block, tree in trees.items()
        if is_measurable(tree, tree.root.code, layout)
    }


def _given(a: Assessment, layout: Layout) -> Iterator[tuple[GivenScore, Criterion]]:
    """Given points with the criterion they are for, where both can be told."""
    block_of = {unit.code: unit.block for unit in a.units}
    by_code = {(c.block, c.code): c for c in a.criteria}
    for given in a.given:
        criterion = by_code.get((block_of.get(given.unit, ""), given.criterion))
        if criterion and not layout.told("given", given.row, "unit", "criterion"):
            yield given, criterion


def check_given_points_are_asked_for(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Points are given on criteria whose rule says so."""
    for given, criterion in _given(a, layout):
        if criterion.rule is not Rule.GIVEN and not layout.told("criteria", criterion.row, "rule"):
            where = layout.at("given", given.row, "criterion")
            yield error("definition_given_elsewhere", where, code=given.criterion)


def check_given_points_are_possible(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Given points are at most the maximum, with as many decimals as a typed score may have."""
    most = input_decimals(a, layout)
    for given, criterion in _given(a, layout):
        where = layout.at("given", given.row, "points")
        if criterion.rule is not Rule.GIVEN or layout.told("given", given.row, "points"):
            continue
        if criterion.max_score and given.points > criterion.max_score:
            yield error(
                "definition_given_above_maximum",
                where,
                code=criterion.code,
                found=given.points,
                maximum=criterion.max_score,
            )
        elif criterion.block in most and decimals_of(given.points) > most[criterion.block]:
            yield error("definition_points_too_fine", where, points=given.points, decimals=most[criterion.block])


def check_points_are_given_once(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A unit is given points on a criterion in one row."""
    first: dict[tuple[str, str], int] = {}
    for given, _ in _given(a, layout):
        row = first.setdefault((given.unit, given.criterion), given.row)
        if row != given.row:
            where = layout.at("given", given.row, "criterion")
            yield error("definition_given_twice", where, unit=given.unit, code=given.criterion, row=row)


def check_given_points_count(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Points given to a unit that is not assessed on the criterion count for nothing."""
    for given in a.given:
        exempt = a.not_assessed(a.unit_by_code[given.unit])
        if given.criterion in exempt and not layout.told("given", given.row, "criterion"):
            where = layout.at("given", given.row, "criterion")
            yield warning("definition_given_not_assessed", where, unit=given.unit, code=given.criterion)


def _past(a: Assessment, layout: Layout) -> Iterator[tuple[PastResult, ...]]:
    """Last year's results that belong to one unit and criterion: of those it was merged from, if there are several."""
    found: dict[tuple[str, str], list[PastResult]] = defaultdict(list)
    for past in a.past:
        root = a.trees[a.unit_by_code[past.unit].block].root.code
        if not layout.told("past", past.row, "unit", "criterion"):
            found[past.unit, past.criterion or root].append(past)
    return (tuple(results) for results in found.values())


def check_past_results_are_not_repeated(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A unit of last year stands in one row: its total would count twice in the mean of the merged unit."""
    for results in _past(a, layout):
        first: dict[object, int] = {}
        for past in results:
            row = first.setdefault(_identity(past), past.row)
            if row != past.row:
                yield error("definition_past_twice", layout.at("past", past.row, "unit"), unit=past.unit, row=row)


def _identity(past: PastResult) -> object:
    """What tells a row of last year from another: its name, without one its figures."""
    return folded(past.name) if past.name else (past.total, past.rank)


def check_past_totals_are_within_the_scale(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A total of last year far off this year's scale is a slip of the decimal sign, or another scale."""
    if any(layout.told_anywhere("criteria", name) for name in ("block", "code", "parent", "max_score", "extra")):
        return
    for past in a.past:
        block = a.unit_by_code[past.unit].block
        tree = a.trees[block]
        code = past.criterion or tree.root.code
        if code not in tree.by_code or not is_measurable(tree, code, layout):
            continue
        bonuses = (leaf.max_score or Decimal(0) for leaf in tree.leaves(code) if leaf.extra is Extra.BONUS)
        most = sum(bonuses, tree.maximum(code))
        if not 0 <= past.total <= most and not layout.told("past", past.row, "total"):
            where = layout.at("past", past.row, "total")
            yield warning("definition_past_out_of_scale", where, found=past.total, most=most)


def check_merged_units_are_named(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Where several rows are about one unit, each says which unit of last year it is about."""
    for results in _past(a, layout):
        different = {_identity(past) for past in results}
        for past in results if len(different) > 1 else ():
            if not past.name:
                yield error("definition_past_without_name", layout.at("past", past.row, "name"), unit=past.unit)


SCORES_SENSE: tuple[Check, ...] = (
    check_grades_have_one_basis,
    check_grades_begin_at_zero,
    check_grades_are_told_apart,
    check_grades_can_be_reached,
    check_grade_labels_fit_a_formula,
    check_percents_are_no_shares,
    check_given_points_are_asked_for,
    check_given_points_are_possible,
    check_points_are_given_once,
)
"""Checks of records as they stand."""

SCORES_SENSE_OF_TREES: tuple[Check, ...] = (
    check_given_points_count,
    check_past_results_are_not_repeated,
    check_merged_units_are_named,
    check_past_totals_are_within_the_scale,
)
"""Checks for records whose references hold."""
