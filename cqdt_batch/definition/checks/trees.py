"""Whether the points of a block's criteria can be gathered up its tree: aggregations, weights, bonuses, maxima."""

from __future__ import annotations

from collections.abc import Iterator

from cqdt_batch.definition.assessment import Assessment, CriteriaTree
from cqdt_batch.definition.checks.blocks import inner_criteria
from cqdt_batch.definition.checks.references import Check
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.records import Aggregation, Criterion
from cqdt_batch.definition.sheets import choice_key
from cqdt_batch.findings import Finding, Term, error


def check_only_inner_criteria_aggregate(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A leaf has nothing below it to aggregate."""
    inner = inner_criteria(a, layout)
    for c in a.criteria:
        is_scored = c.rule or c.max_score
        if is_scored and (c.block, c.code) not in inner and c.aggregation is not Aggregation.SUM:
            yield error("definition_nothing_to_aggregate", layout.at("criteria", c.row, "aggregation"), code=c.code)


def check_weights_stand_below_means(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Every child of a weighted mean has a weight above zero, and nothing else has one."""
    by_code = {(c.block, c.code): c for c in reversed(a.criteria)}  # of two with one code the first is meant
    for c in a.criteria:
        parent = by_code.get((c.block, c.parent))
        if _is_astray(c, layout) or (parent is None and c.parent):
            continue
        if parent and layout.told("criteria", parent.row, "aggregation"):
            continue
        where = layout.at("criteria", c.row, "weight")
        if parent is None or parent.aggregation is not Aggregation.MEAN:
            if c.weight is not None:
                yield error("definition_weight_unused", where, code=c.code)
        elif c.weight is None:
            yield error("definition_weight_missing", where, code=c.code, parent=parent.code)
        elif c.weight <= 0:
            yield error("definition_not_above_zero", where, column=Term("definition.criteria.weight"))


def _is_astray(c: Criterion, layout: Layout) -> bool:
    return layout.told("criteria", c.row, "block", "code", "parent")


def settled_trees(a: Assessment, layout: Layout) -> dict[str, CriteriaTree]:
    """The trees, by block, of which nothing can be missing: every criterion has its place in them."""
    if layout.told_anywhere("criteria", "block"):
        return {}
    astray = {c.block for c in a.criteria if _is_astray(c, layout)}
    return {block.code: a.trees[block.code] for block in a.blocks if block.code not in astray}


def is_measurable(tree: CriteriaTree, code: str, layout: Layout) -> bool:
    """Tell whether the maximum of a criterion is known: nothing is wrong below it that would change it."""
    fields = ("max_score", "extra", "aggregation")
    return not any(layout.told("criteria", c.row, *fields) for c in tree.below(code))


def check_extras_are_summed_up_to_the_root(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Bonus and penalty points reach the total: every criterion above them is a sum."""
    for tree in settled_trees(a, layout).values():
        for leaf in (c for c in tree.criteria if c.extra and tree.is_leaf(c.code)):
            above = next((c for c in _above(tree, leaf) if c.aggregation is not Aggregation.SUM), None)
            if above:
                where = layout.at("criteria", leaf.row, "extra")
                how = Term(choice_key(above.aggregation))
                yield error("definition_extra_not_summed", where, code=leaf.code, above=above.code, how=how)


def _above(tree: CriteriaTree, criterion: Criterion) -> Iterator[Criterion]:
    """The criteria above one, from the nearest to the root."""
    parent = tree.by_code.get(criterion.parent)
    if parent:
        yield parent
        yield from _above(tree, parent)


def check_means_fit_a_formula(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """Excel limits the length of a formula, and a mean names every child with its weight."""
    for tree in settled_trees(a, layout).values():
        for c in tree.criteria:
            count = len(tree.children.get(c.code, ()))
            if c.aggregation is Aggregation.MEAN and count > _MOST_IN_A_MEAN:
                where = layout.at("criteria", c.row, "aggregation")
                yield error("definition_mean_too_wide", where, code=c.code, count=count, most=_MOST_IN_A_MEAN)


_MOST_IN_A_MEAN = 100


def check_ranked_criteria_have_a_maximum(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A criterion that is ranked, and the composite index, are more than bonus and penalty points."""
    trees = settled_trees(a, layout)
    for tree in trees.values():
        for root in tree.children.get("", ()):
            if _is_only_extra(tree, root.code, layout):
                yield error("definition_only_extras", layout.at("criteria", root.row, "code"), code=root.code)
    for table in a.tables:
        ranked, code = trees.get(table.block), table.criterion
        if ranked is None or not code or code not in ranked.children or not ranked.by_code[code].parent:
            continue
        if _is_only_extra(ranked, code, layout):
            yield error("definition_only_extras", layout.at("tables", table.row, "criterion"), code=code)


def _is_only_extra(tree: CriteriaTree, code: str, layout: Layout) -> bool:
    return all(leaf.extra for leaf in tree.leaves(code)) and is_measurable(tree, code, layout)


def check_means_are_of_equal_maxima(a: Assessment, layout: Layout) -> Iterator[Finding]:
    """A weighted mean is of criteria with one maximum, which becomes its own."""
    for tree in settled_trees(a, layout).values():
        for c in tree.criteria:
            if c.aggregation is not Aggregation.MEAN or tree.is_leaf(c.code) or not is_measurable(tree, c.code, layout):
                continue
            maxima = sorted({tree.maximum(child.code) for child in tree.children[c.code] if not child.extra})
            if len(maxima) > 1:
                where = layout.at("criteria", c.row, "aggregation")
                yield error("definition_mean_of_unequal", where, code=c.code, least=maxima[0], most=maxima[-1])


TREE_SENSE: tuple[Check, ...] = (
    check_only_inner_criteria_aggregate,
    check_weights_stand_below_means,
    check_extras_are_summed_up_to_the_root,
    check_ranked_criteria_have_a_maximum,
    check_means_fit_a_formula,
    check_means_are_of_equal_maxima,
)
"""Checks of how points are gathered; trees are walked where every criterion of a block has its place."""
