"""How the points of a traced criterion came about, in the words of the trace sheet and of `cqdt explain`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from cqdt_batch.cells import as_fact
from cqdt_batch.definition.assessment import CriteriaTree
from cqdt_batch.definition.records import Aggregation, Correction, Criterion, Measure, Rule
from cqdt_batch.definition.sheets import YesNo, choice_key
from cqdt_batch.findings import Finding, Where
from cqdt_batch.intake.submissions import Input
from cqdt_batch.messages import Words
from cqdt_batch.publishing.forms.rule_text import leaf_rule
from cqdt_batch.rounding import published, trimmed
from cqdt_batch.scoring.trace import Best, Node, Trace

_SHOWN_DECIMALS = 6
"""Decimals to which a figure without an end, such as 200/3, is told."""

_GATHERING = {
    Aggregation.SUM: "trace.sum",
    Aggregation.BEST: "trace.best",
    Aggregation.MEAN: "trace.mean",
}


@dataclass(frozen=True, kw_only=True)
class Derivation:
    """What there is to say about the nodes of a trace."""

    trace: Trace
    words: Words

    def how(self, node: Node) -> str:
        """How the points come about: the rule of a leaf, or what is gathered; or why there are none."""
        rule = self._rules[node.unit.block][node.criterion.code]
        if node.children:
            return rule
        if node.criterion.code in self.trace.outcome.assessment.not_assessed(node.unit):
            return self._exemption(node)
        return f"{rule}; {self._best(node.criterion, node.best)}" if node.best else rule

    def how_exactly(self, node: Node) -> str:
        """The same, with the points of each part that is gathered."""
        if not node.children:
            return self.how(node)
        points = {child.criterion.code: self.points(child.points) for child in node.children}
        return self._gathering(node.criterion, [child.criterion for child in node.children], points)

    @cached_property
    def _rules(self) -> dict[str, dict[str, str]]:
        """How the points of every criterion come about, the same for all units."""
        trees = self.trace.outcome.assessment.trees
        return {block: {one.code: self._rule(tree, one) for one in tree.criteria} for block, tree in trees.items()}

    def _rule(self, tree: CriteriaTree, criterion: Criterion) -> str:
        children = tree.children.get(criterion.code, ())
        if children:
            return self._gathering(criterion, children, {})
        return self._with_rounding(leaf_rule(criterion, self.words).replace("\n", "; "), criterion)

    def _gathering(self, node: Criterion, children: Sequence[Criterion], points: Mapping[str, str]) -> str:
        """Name what is gathered, with the points where they are told."""
        is_mean = node.aggregation is Aggregation.MEAN
        named = {
            child.code: self.words("form.rule.weight", code=child.code, weight=child.weight or Decimal(0))
            if is_mean
            else child.code
            for child in children
        }
        parts = (
            self.words("explain.part", part=part, points=points[code]) if code in points else part
            for code, part in named.items()
        )
        return self._with_rounding(self.words(_GATHERING[node.aggregation], parts=tuple(parts)), node)

    def _with_rounding(self, rule: str, criterion: Criterion) -> str:
        """Say where points are rounded before they are added."""
        assessment = self.trace.outcome.assessment
        if criterion.code not in assessment.rounded_parts[criterion.block]:
            return rule
        decimals = assessment.block_by_code[criterion.block].decimals
        return f"{rule}; {self.words('trace.rounded_part', decimals=decimals)}"

    def _exemption(self, node: Node) -> str:
        """Why the definition does not assess a unit on a leaf."""
        assessment = self.trace.outcome.assessment
        tree = assessment.trees[node.unit.block]
        above = {c.code for c in tree.criteria if node.criterion in tree.leaves(c.code)}
        reasons = (one.reason for one in assessment.exemptions_of(node.unit) if one.criterion in above and one.reason)
        return ": ".join((self.words("not_assessed"), *dict.fromkeys(reasons)))

    def _best(self, leaf: Criterion, best: Best) -> str:
        cells = "; ".join(self.place(one.where) for one in best.inputs)
        sign = "" if leaf.measured is Measure.NUMBER else "%"
        figure = f"{self.exact(best.figure)}{sign}"
        return self.words("trace.best_unit", unit=best.unit.printed_name, figure=figure, cells=cells)

    def exact(self, figure: Decimal | Fraction) -> str:
        """An exact figure in full; one without an end to some decimals, and marked so."""
        shown = trimmed(published(figure, _SHOWN_DECIMALS))
        is_whole = Fraction(figure) == Fraction(shown)
        return self.words.shown(shown) if is_whole else self.words("trace.about", figure=shown)

    def points(self, points: Decimal | None) -> str:
        """Points as a reader writes them."""
        return self.words("not_assessed") if points is None else self.words.shown(trimmed(points))

    def place(self, where: Where) -> str:
        """Name a cell from the file inwards."""
        return " › ".join(part for part in (where.file, where.sheet, self.words.place(where)) if part)

    def raw(self, one: Input) -> str | Decimal:
        """What the cell holds, as it was typed."""
        return "" if one.raw is None else as_fact(one.raw)

    def meant(self, leaf: Criterion, one: Input) -> str | Decimal:
        """What the content of a cell means: a number, or one of the words of a list."""
        if one.value is None:
            return ""
        if leaf.rule is Rule.YES_NO:
            return self.words(choice_key(YesNo(str(one.value))))
        return one.value

    def correction(self, entry: Correction) -> str:
        """An entry of the corrections register on one line."""
        told = (entry.document, entry.day, entry.author, entry.reason)
        old, new = self.points(entry.old), self.points(entry.new)
        return self.words("trace.correction", old=old, new=new, why=tuple(filter(None, told)))

    def says(self, finding: Finding) -> str:
        """A finding without its remedy: what to do about it stands on the board."""
        return self.words(f"finding.{finding.code}.says", **finding.facts)
