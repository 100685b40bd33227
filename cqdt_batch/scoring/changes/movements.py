"""How the points of a unit moved between two runs: criterion by criterion, down to the leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from cqdt_batch.definition.names import folded
from cqdt_batch.definition.records import Rule
from cqdt_batch.definition.sheets import choice_key
from cqdt_batch.findings import Fact
from cqdt_batch.scoring.changes.causes import (
    Best,
    Cause,
    CauseKind,
    LeafView,
    Scoring,
    Side,
    counted,
    differences,
    figure_of,
    leaf_causes,
    points_said,
    rounding_causes,
    rule_causes,
    setting_causes,
    state_cause,
    state_of,
)
from cqdt_batch.scoring.changes.ledger import BlockEntry, CriterionEntry, LeafEntry, Ledger, UnitEntry
from cqdt_batch.scoring.changes.pairing import CriteriaPairing, Tree, pair_criteria


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """A criterion on which a unit's points moved, and why.

    `old` and `new` are points, "not assessed", empty where the run has no such criterion, or the state of the unit
    where it is not scored: there is no `change` then. `contribution` is its part of the change of the total: those of a
    unit add up to it, exactly. None where the part is told of a criterion above, because there points are not simply
    added.
    """

    criterion: CriterionEntry
    old: Fact
    new: Fact
    change: Decimal | None
    contribution: Decimal | None
    causes: tuple[Cause, ...]


@dataclass(frozen=True)
class Run:
    """One of the two runs, with what is looked up in it."""

    ledger: Ledger

    @cached_property
    def blocks(self) -> dict[str, BlockEntry]:
        """The blocks by code."""
        return {block.code: block for block in self.ledger.blocks}

    @cached_property
    def trees(self) -> dict[str, Tree]:
        """The criteria of each block."""
        found: dict[str, list[CriterionEntry]] = {}
        for entry in self.ledger.criteria:
            found.setdefault(entry.block, []).append(entry)
        return {block: Tree(tuple(entries)) for block, entries in found.items()}

    @cached_property
    def _bests(self) -> dict[tuple[str, str], Best | None]:
        return {}

    def leaf(self, unit: UnitEntry, code: str) -> LeafView:
        """A leaf of a unit."""
        view = self._view(unit, code)
        is_relative = view.scoring.criterion.rule == choice_key(Rule.RELATIVE)
        return replace(view, best=self._best(unit.block, code)) if is_relative else view

    def scoring(self, block: str, code: str) -> Scoring:
        """How a criterion is scored."""
        return Scoring(criterion=self.trees[block].by_code[code], settings=self.blocks[block].settings)

    def _view(self, unit: UnitEntry, code: str) -> LeafView:
        return LeafView(
            scoring=self.scoring(unit.block, code),
            entry=unit.leaves.get(code, LeafEntry()),
            is_scored=bool(unit.points),
            is_exempt=code in unit.not_assessed,
        )

    def _best(self, block: str, code: str) -> Best | None:
        """The scored unit with the highest figure of its block on a leaf; the first in the register of several."""
        if (block, code) not in self._bests:
            self._bests[block, code] = max(self._candidates(block, code), key=lambda best: best.figure, default=None)
        return self._bests[block, code]

    def _candidates(self, block: str, code: str) -> Iterator[Best]:
        for unit in self.ledger.units:
            if unit.block == block and unit.points and code not in unit.not_assessed:
                view = self._view(unit, code)
                figure = figure_of(view)
                if figure is not None:
                    sources = tuple(source for source, _ in counted(view).values())
                    yield Best(name=unit.name, figure=figure, sources=sources)


@dataclass(frozen=True, kw_only=True)
class TwoRuns:
    """The two runs side by side."""

    old: Run
    new: Run
    _pairings: dict[tuple[str, str], CriteriaPairing] = field(default_factory=dict)

    @cached_property
    def old_blocks(self) -> dict[str, str]:
        """The old block of each new one that has one: that of its code, else that of its name."""
        codes = set(self.old.blocks) - set(self.new.blocks)
        named = {folded(self.old.blocks[code].name): code for code in codes}
        pairs = (
            (code, code if code in self.old.blocks else named.get(folded(block.name)))
            for code, block in self.new.blocks.items()
        )
        return {code: was for code, was in pairs if was is not None}

    def criteria(self, old: str, new: str) -> CriteriaPairing:
        """The criteria of a block of each run, paired once."""
        if (old, new) not in self._pairings:
            self._pairings[old, new] = pair_criteria(self.old.trees[old], self.new.trees[new])
        return self._pairings[old, new]

    def movements(self, old: UnitEntry, new: UnitEntry) -> tuple[Movement, ...]:
        """Tell how the points of a unit moved; nothing where they did not."""
        walk = _Walk(runs=self, old=old, new=new)
        if old.points and new.points:
            return tuple(walk.below(walk.root_pair, contributes=True))
        return tuple(walk.in_and_out()) if old.state != new.state else ()


_Pair = tuple[str | None, str | None]
"""The old and the new code of a criterion; None where it did not stand there."""


@dataclass(frozen=True, kw_only=True)
class _Walk:
    """The walk over the criteria of one unit."""

    runs: TwoRuns
    old: UnitEntry
    new: UnitEntry

    @cached_property
    def _criteria(self) -> CriteriaPairing:
        return self.runs.criteria(self.old.block, self.new.block)

    @property
    def root_pair(self) -> _Pair:
        """The two roots."""
        return self._criteria.old.root.code, self._criteria.new.root.code

    def below(self, pair: _Pair, *, contributes: bool) -> Iterator[Movement]:
        """Walk a pair and all below it.

        Where the changes of the criteria below do not add up to that of the criterion itself, as with the best of
        several, it is told before them, and it alone contributes.
        """
        children = tuple(self._criteria.children(*pair))
        if not children:
            if self._is_moved(pair):
                yield self._movement(pair, self._leaf_causes(pair), contributes=contributes)
            return
        adds_up = sum((self._change(child) for child in children), Decimal(0)) == self._change(pair)
        inside = tuple(
            movement for child in children for movement in self._with_move(child, contributes=contributes and adds_up)
        )
        if not adds_up and self._is_moved(pair):
            yield self._movement(pair, self._gathering_causes(pair, is_below=bool(inside)), contributes=contributes)
        yield from inside

    def in_and_out(self) -> Iterator[Movement]:
        """A unit that came to be scored or no longer is; behind that, the cells that say something else."""
        before, after = (run.blocks[unit.block].settings for run, unit in self._sides)
        causes = (state_cause(self.old, self.new), *setting_causes(before, after, ("scores",)))
        yield self._movement(self.root_pair, causes, contributes=False)
        if self.old.file and self.new.file:
            for was, code in self._criteria.new_of.items():
                causes = tuple(differences(self.runs.old.leaf(self.old, was), self.runs.new.leaf(self.new, code)))
                if causes and self._criteria.new.is_leaf(code):
                    yield self._movement((was, code), causes, contributes=False)

    @property
    def _sides(self) -> tuple[tuple[Run, UnitEntry], tuple[Run, UnitEntry]]:
        return (self.runs.old, self.old), (self.runs.new, self.new)

    def _with_move(self, child: _Pair, *, contributes: bool) -> Iterator[Movement]:
        """Walk a child; of one that moved here from elsewhere or away, the move itself is told apart."""
        was, code = child
        if was is None and code is not None and code in self._criteria.old_of:
            pair = self._criteria.old_of[code], code
            yield from self._relocated(*pair, is_here=True, contributes=contributes)
            yield from self.below(pair, contributes=contributes)
        elif was is not None and code is None and was in self._criteria.new_of:
            yield from self._relocated(was, self._criteria.new_of[was], is_here=False, contributes=contributes)
        else:
            yield from self.below(child, contributes=contributes)

    def _relocated(self, was: str, code: str, *, is_here: bool, contributes: bool) -> Iterator[Movement]:
        """The points a criterion had leave the old place and arrive at the new one."""
        points = self.old.points.get(was)
        if not points:
            return
        change = points if is_here else -points
        before, after = (
            Side(said=tree.by_code[tree.by_code[one].parent].label)
            for one, tree in ((was, self._criteria.old), (code, self._criteria.new))
        )
        yield Movement(
            criterion=self._criteria.new.by_code[code],
            old="" if is_here else points,
            new=points if is_here else "",
            change=change,
            contribution=change if contributes else None,
            causes=(Cause(kind=CauseKind.MOVED, before=before, after=after),),
        )

    def _points(self, pair: _Pair) -> tuple[Decimal | None, Decimal | None]:
        was, code = pair
        before = self.old.points.get(was) if was is not None else None
        return before, self.new.points.get(code) if code is not None else None

    def _change(self, pair: _Pair) -> Decimal:
        return _difference(*self._points(pair))

    def _is_moved(self, pair: _Pair) -> bool:
        """Tell whether points differ; zero is something else than "not assessed", and both than no criterion."""
        before, after = self._points(pair)
        return before != after or None in pair

    def _movement(self, pair: _Pair, causes: tuple[Cause, ...], *, contributes: bool) -> Movement:
        change = self._change(pair) if self.old.points and self.new.points else None
        before, after = (
            self._said(code, unit, points)
            for code, unit, points in zip(pair, (self.old, self.new), self._points(pair), strict=True)
        )
        return Movement(
            criterion=self._entry(pair),
            old=before,
            new=after,
            change=change,
            contribution=change if contributes else None,
            causes=causes,
        )

    @staticmethod
    def _said(code: str | None, unit: UnitEntry, points: Decimal | None) -> Fact:
        """The points of a unit on a criterion; its state where it is not scored."""
        if code is None:
            return ""
        return points_said(points) if unit.points else state_of(unit)

    def _entry(self, pair: _Pair) -> CriterionEntry:
        was, code = pair
        return self._criteria.new.by_code[code] if code is not None else self._criteria.old.by_code[was or ""]

    def _leaf_causes(self, pair: _Pair) -> tuple[Cause, ...]:
        was, code = pair
        if was is None or code is None:
            return (self._come_or_gone(pair),)
        moved = self._block_causes()
        return (*moved, *leaf_causes(self.runs.old.leaf(self.old, was), self.runs.new.leaf(self.new, code)))

    def _come_or_gone(self, pair: _Pair) -> Cause:
        label = Side(said=self._entry(pair).label)
        if pair[0] is None:
            return Cause(kind=CauseKind.ADDED, after=label)
        return Cause(kind=CauseKind.REMOVED, before=label)

    def _block_causes(self) -> tuple[Cause, ...]:
        """The unit belongs to another block."""
        if self.old.block == self.new.block:
            return ()
        before, after = (Side(said=run.blocks[unit.block].name) for run, unit in self._sides)
        return (Cause(kind=CauseKind.BLOCK, before=before, after=after),)

    def _gathering_causes(self, pair: _Pair, *, is_below: bool) -> tuple[Cause, ...]:
        """Why the points of a criterion that gathers those below it moved, otherwise than by their sum."""
        was, code = pair
        below = (Cause(kind=CauseKind.BELOW),) if is_below else ()
        if was is None or code is None:
            return (self._come_or_gone(pair), *below)
        before, after = self.runs.old.scoring(self.old.block, was), self.runs.new.scoring(self.new.block, code)
        found = (
            *rule_causes(before.criterion, after.criterion),
            *rounding_causes(before, after),
            *self._weights(pair),
            *below,
        )
        return found or (Cause(kind=CauseKind.UNKNOWN),)

    def _weights(self, pair: _Pair) -> Iterator[Cause]:
        """The criteria right below that are weighed otherwise now."""
        for was, code in self._criteria.children(*pair):
            if was is not None and code is not None:
                entries = self._criteria.old.by_code[was], self._criteria.new.by_code[code]
                for cause in rule_causes(*entries):
                    if cause.field == "weight":
                        yield replace(cause, names=(code,), count=1)


def _difference(before: Decimal | None, after: Decimal | None) -> Decimal:
    """How much was won; what is not assessed adds nothing."""
    return (after or Decimal(0)) - (before or Decimal(0))
