"""Excel formulas for the rules of leaves and for inner criteria, alike on forms and on the annex's working sheets.

All formulas come without the equals sign. Where a figure meets a threshold or a half, the inner ROUND first takes off
the dust of binary arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from decimal import Decimal

from cqdt_batch.definition.records import Aggregation, Criterion, Extra, Measure, Rule, ZeroRule
from cqdt_batch.definition.sheets import YesNo, choice_key
from cqdt_batch.messages import Words
from cqdt_batch.publishing.sheets import address, ranges, summed
from cqdt_batch.rounding import DUST, published
from cqdt_batch.scoring.rules import maximum_of, zero_points

_LONGEST_LITERAL = 255
"""The most characters of one text inside a formula."""

_ANY_ROWS = 9_999_999, 8_888_888
"""Rows beyond any sheet's."""


def points_formula(  # noqa: PLR0913, PLR0917 - a leaf and all that its points come from
    leaf: Criterion, first: str, second: str, decimals: int, words: Words, best: str | None = None
) -> str:
    """The points of a computed leaf from the cells of its inputs; "" while those are empty or cannot be.

    `best` is the cell of the block's highest figure for a leaf relative to the best unit; without it a word says that
    the points are not known yet. Where a denominator is zero the leaf's own rule gives points or "not assessed".
    """
    made = _PointsFormula(leaf=leaf, first=first, second=second, decimals=decimals, words=words, best=best)
    return made.chosen() if leaf.rule in (Rule.YES_NO, Rule.CASES) else made.measured()


@dataclass(frozen=True, kw_only=True, slots=True)
class _PointsFormula:
    leaf: Criterion
    first: str
    second: str
    decimals: int
    words: Words
    best: str | None

    def chosen(self) -> str:
        """The points of the word that stands in a cell; Excel compares words without regard to case."""
        formula = '""'
        for name, points in reversed(self._choices()):
            formula = f"IF({self.first}={literal(name)},{self._signed(points)},{formula})"
        return formula

    def _choices(self) -> Sequence[tuple[str, Decimal]]:
        if self.leaf.rule is Rule.CASES:
            return self.leaf.levels
        yes, no = (self.words(choice_key(answer)) for answer in (YesNo.YES, YesNo.NO))
        return [(yes, maximum_of(self.leaf)), (no, Decimal(0))]

    def measured(self) -> str:
        """The points of one number, or of a and b."""
        if self.leaf.measured is not Measure.RATIO:
            return f'IF(COUNT({self.first})=0,"",{self._points()})'
        points = self._points()
        if self.leaf.rule is Rule.RATIO:
            points = f'IF({self.first}>{self.second},"",{points})'
        points = f'IF({self.second}=0,IF({self.first}=0,{self._at_zero()},""),{points})'
        return f'IF(COUNT({self.first},{self.second})<2,"",{points})'

    def _points(self) -> str:
        most = self._signed(maximum_of(self.leaf))
        match self.leaf.rule:
            case Rule.STEPS:
                return self._step()
            case Rule.TARGET:
                target = _plain(self.leaf.target or Decimal(1))
                return self._rounded(f"MIN({self._figure},{target})*{most}/{target}")
            case Rule.COUNT:
                counted = self._rounded(
                    f"MIN({self.first}*{_plain(self.leaf.per_item or Decimal(0))},{_plain(maximum_of(self.leaf))})"
                )
                return f"-{counted}" if self.leaf.extra is Extra.PENALTY else counted
            case Rule.RELATIVE if self.best is None:
                return literal(self.words("form.when_all_are_in"))
            case Rule.RELATIVE:
                share = self._rounded(f"{self._figure}*{most}/{self.best}")
                return f"IF({self.best}=0,{self._at_zero()},{share})"
        whole = self.second if self.leaf.measured is Measure.RATIO else "100"
        return self._rounded(f"{self.first}*{most}/{whole}")

    def _step(self) -> str:
        """Look the highest step up whose bound is reached; the list begins with nothing, below the lowest bound."""
        levels = sorted((level.bound, level.points) for level in self.leaf.levels)
        steps = levels if levels and not levels[0][0] else [(Decimal(0), Decimal(0)), *levels]
        bounds = ",".join(_plain(published(bound, DUST)) for bound, _ in steps)
        points = ",".join(self._signed(worth) for _, worth in steps)
        return f"LOOKUP(MAX(0,ROUND({self._figure},{DUST})),{{{bounds}}},{{{points}}})"

    @property
    def _figure(self) -> str:
        """What is measured, as `rules.measured` has it: a number, or a/b in percent."""
        return f"{self.first}*100/{self.second}" if self.leaf.measured is Measure.RATIO else self.first

    def _at_zero(self) -> str:
        if self.leaf.on_zero is ZeroRule.ERROR:
            return '""'
        points = zero_points(self.leaf)
        return literal(self.words("not_assessed")) if points is None else self._signed(points)

    def _signed(self, points: Decimal) -> str:
        return _plain(-points if self.leaf.extra is Extra.PENALTY and points else points)

    def _rounded(self, formula: str) -> str:
        return f"ROUND(ROUND({formula},{DUST}),{self.decimals})"


def literal(text: str) -> str:
    """A text inside a formula, in pieces where it is longer than Excel takes."""
    pieces = [text[start : start + _LONGEST_LITERAL] for start in range(0, len(text), _LONGEST_LITERAL)] or [""]
    return "&".join('"' + piece.replace('"', '""') + '"' for piece in pieces)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def by_row(write: Callable[[int], str]) -> Callable[[int], str]:
    """Write a formula that differs from row to row in the number of the row alone once, not a thousand times.

    The number is cut out of it. Where it also stands there for something else, such as a figure of the definition,
    that shows when another number is cut out, and every row's formula is written by itself.
    """
    pieces, others = (write(row).split(str(row)) for row in _ANY_ROWS)
    return (lambda row: str(row).join(pieces)) if pieces == others else write


def aggregate_formula(  # noqa: PLR0913, PLR0917 - a criterion, its children and where they stand
    node: Criterion,
    children: Sequence[Criterion],
    cells: Sequence[tuple[int, int]],
    decimals: int,
    absent: str = "",
    taken_off: Container[str] = frozenset(),
) -> str:
    """The points of an inner criterion from the cells of its children: their sum, the highest, or their weighted mean.

    What is no number drops out, from a mean with its weight. Where all children show the word `absent` (not assessed),
    so does the parent; leave it empty where that cannot be. Children in `taken_off` show points that count negative.
    """
    points = f"ROUND({_gathered(node, children, cells, taken_off)},{decimals})"
    if not absent:
        return points
    counted = "+".join(f"COUNTIF({part},{literal(absent)})" for part in ranges(cells))
    return f"IF({counted}={len(cells)},{literal(absent)},{points})"


def _gathered(
    node: Criterion, children: Sequence[Criterion], cells: Sequence[tuple[int, int]], taken_off: Container[str]
) -> str:
    match node.aggregation:
        case Aggregation.BEST:
            return f"MAX({','.join(ranges(cells))})"
        case Aggregation.MEAN:
            return _mean(children, cells)
    placed = tuple(zip(children, cells, strict=True))
    added = [cell for child, cell in placed if child.code not in taken_off]
    off = [cell for child, cell in placed if child.code in taken_off]
    total = summed(added) if added else "0"
    return f"{total}-{summed(off)}" if off else total


def _mean(children: Sequence[Criterion], cells: Sequence[tuple[int, int]]) -> str:
    weighted = [
        (address(*cell), _plain(child.weight or Decimal(0))) for child, cell in zip(children, cells, strict=True)
    ]
    points = "+".join(f"N({cell})*{weight}" for cell, weight in weighted)
    weights = "+".join(f"ISNUMBER({cell})*{weight}" for cell, weight in weighted)
    return f"IF(COUNT({','.join(ranges(cells))})=0,0,ROUND(({points})/({weights}),{DUST}))"


def most_formula(
    node: Criterion, children: Sequence[Criterion], cells: Sequence[tuple[int, int]], decimals: int
) -> str:
    """The applicable maximum of an inner criterion from those of its children: zero means not assessed."""
    if node.aggregation is not Aggregation.MEAN:
        return aggregate_formula(node, children, cells, decimals)
    weighted = [
        (address(*cell), _plain(child.weight or Decimal(0))) for child, cell in zip(children, cells, strict=True)
    ]
    maxima = "+".join(f"{cell}*{weight}" for cell, weight in weighted)
    weights = "+".join(f"({cell}>0)*{weight}" for cell, weight in weighted)
    return f"IFERROR(ROUND(ROUND(({maxima})/({weights}),{DUST}),{decimals}),0)"
