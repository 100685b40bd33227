"""Why figures and ranks in an annex table are not what they were: the unit's own points, others, or the settings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from cqdt_batch.definition.records import TieRule, Treatment
from cqdt_batch.definition.sheets import choice_key
from cqdt_batch.findings import Term
from cqdt_batch.scoring.changes.causes import Cause, CauseKind, Side, rule_causes, setting_causes, state_cause
from cqdt_batch.scoring.changes.ledger import Placing, TableEntry, UnitEntry
from cqdt_batch.scoring.changes.movements import Movement, TwoRuns
from cqdt_batch.scoring.changes.pairing import CriteriaPairing, UnitPair
from cqdt_batch.scoring.ranking import Scope

_MOST_NAMED = 3
"""How many units are named of those that passed another or fell behind it."""

_RANKING = ("ties", "basis", "treatment", "tie_breaks")
"""The settings of a block that ranks follow."""

_BY_MAXIMUM = frozenset({choice_key(Treatment.CONVERTED), choice_key(Treatment.PERCENT)})
"""The treatments by which figures follow from what was possible, too."""

_OF_MAXIMUM = frozenset({"max_score", "aggregation", "weight", "extra"})
"""What the maximum of a criterion follows from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A unit's row in an annex table of both runs; None where it has none."""

    pair: UnitPair
    movements: tuple[Movement, ...]
    old: Placing | None
    new: Placing | None

    @property
    def is_figure_moved(self) -> bool:
        """Tell whether the table shows another figure, or has the unit in one run only."""
        return self.old is None or self.new is None or self.old.figure != self.new.figure

    @property
    def is_elsewhere(self) -> bool:
        """Tell whether the unit stands in another section or sub-group, among others."""
        if self.pair.both is None or self.old is None or self.new is None:
            return False
        old, new = self.pair.both
        return (self.old.section, old.subgroup) != (self.new.section, new.subgroup)


@dataclass(frozen=True, kw_only=True)
class TwoTables:
    """An annex table of both runs, with the rows of all units that stand in it."""

    runs: TwoRuns
    old: TableEntry
    new: TableEntry
    rows: tuple[Row, ...]

    def causes(self, row: Row) -> tuple[Cause, ...]:
        """Why a row is not what it was; nothing where it is."""
        if row.old is None or row.new is None:
            return (self._in_or_out(row),)
        found = [*self._figure_causes(row)] if row.is_figure_moved else []
        for scope in self._scopes:
            if row.old.ranks.get(scope) != row.new.ranks.get(scope):
                found += self._rank_causes(row, scope)
        if row.old.grade != row.new.grade and not row.is_figure_moved:
            found += self._grade_causes(row)
        return tuple(dict.fromkeys(found))

    def _in_or_out(self, row: Row) -> Cause:
        """The row came or went: with the unit, with its state, or with its group."""
        if row.pair.both is None:
            said = Side(said=Term(f"compare.kin.{row.pair.kinship}"))
            names = tuple(old.name for old in row.pair.olds) if row.new else ()
            return Cause(kind=CauseKind.REGISTER, after=said, names=names, count=len(names))
        old, new = row.pair.both
        if old.state != new.state:
            return state_cause(old, new)
        return next(self._regrouped(row), Cause(kind=CauseKind.UNKNOWN))

    def _regrouped(self, row: Row) -> Iterator[Cause]:
        """The unit stands in another group, or the sections are others."""
        before, after = (
            Side(said=" / ".join(part for part in (unit.block, unit.group, unit.subgroup) if part))
            for unit in row.pair.both or ()
        )
        if before != after:
            yield Cause(kind=CauseKind.SECTION, before=before, after=after)
        if self.old.sections != self.new.sections:
            sides = Side(said=self.old.sections), Side(said=self.new.sections)
            yield Cause(kind=CauseKind.SETTING, field="sections", before=sides[0], after=sides[1])

    def _figure_causes(self, row: Row) -> list[Cause]:
        found = [*self._own(row), *self._settings(("decimals", "treatment"))]
        if not _BY_MAXIMUM.isdisjoint(settings.get("treatment", "") for settings in self._block_settings):
            found += self._maxima()
        if self._criteria.new_of.get(self.old.criterion) != self.new.criterion:
            sides = Side(said=self.old.criterion), Side(said=self.new.criterion)
            found.append(Cause(kind=CauseKind.SETTING, field="criterion", before=sides[0], after=sides[1]))
        return found or [Cause(kind=CauseKind.UNKNOWN)]

    def _grade_causes(self, row: Row) -> list[Cause]:
        """Why a grade is another though the figure is not; it may be measured in percent of the maximum."""
        found = [*self._own(row), *self._settings(("grades",)), *self._maxima()]
        return found or [Cause(kind=CauseKind.UNKNOWN)]

    def _own(self, row: Row) -> Iterator[Cause]:
        """The unit's own points moved, on these criteria of the table."""
        codes = dict.fromkeys(m.criterion.code for m in row.movements if m.criterion.code in self._inside)
        if codes:
            yield Cause(kind=CauseKind.OWN, names=tuple(codes), count=len(codes))

    def _settings(self, fields: tuple[str, ...]) -> list[Cause]:
        return list(setting_causes(*self._block_settings, fields))

    def _maxima(self) -> Iterator[Cause]:
        """The criteria of the table that have another maximum, against which percents are held."""
        for was, code in self._criteria.new_of.items():
            if code in self._inside:
                for cause in rule_causes(self._criteria.old.by_code[was], self._criteria.new.by_code[code]):
                    if cause.field in _OF_MAXIMUM:
                        yield Cause(
                            kind=cause.kind, field=cause.field, before=cause.before, after=cause.after, names=(code,)
                        )

    def _rank_causes(self, row: Row, scope: Scope) -> list[Cause]:
        """Why a rank moved: by the unit's own doing, else by the settings and the others."""
        if self._is_own_doing(row, scope):
            return self._figure_causes(row)
        found = [*self._settings(_RANKING), *self._regrouped(row), *self._overtaken(row, scope)]
        return found or [*self._ties_ahead(row, scope)] or [Cause(kind=CauseKind.UNKNOWN)]

    def _is_own_doing(self, row: Row, scope: Scope) -> bool:
        """Tell whether what the unit is ranked by moved, or whether it can be ranked at all."""
        if row.is_figure_moved:
            return True
        if row.pair.both is None or row.old is None or row.new is None:
            return False
        old, new = row.pair.both
        if old.points.get(self.old.criterion) != new.points.get(self.new.criterion):
            return True
        is_ranked = tuple(placing.ranks.get(scope) is not None for placing in (row.old, row.new))
        return bool(row.movements) and (is_ranked[0] != is_ranked[1] or self._moved_tie_breaks(old, new))

    def _moved_tie_breaks(self, old: UnitEntry, new: UnitEntry) -> bool:
        before, after = self._block_settings
        codes = tuple(code for code in before.get("tie_breaks", "").split("; ") if code)
        is_ordinal = after.get("ties") == choice_key(TieRule.ORDINAL)
        return is_ordinal and any(
            old.points.get(code) != new.points.get(self._criteria.new_of.get(code, code)) for code in codes
        )

    def _overtaken(self, row: Row, scope: Scope) -> Iterator[Cause]:
        """The units that passed this one, if it fell, or fell behind it, if it rose."""
        before, after = (placing.ranks.get(scope) if placing else None for placing in (row.old, row.new))
        if before is None or after is None:
            return
        pairs = (
            (self._is_ahead(peer.old, row.old, scope), self._is_ahead(peer.new, row.new, scope))
            for peer in self._movers
        )
        wanted = (False, True) if after > before else (True, False)
        names = tuple(peer.pair.name for peer, found in zip(self._movers, pairs, strict=True) if found == wanted)
        if names:
            side = Side(said=Term("compare.passed" if after > before else "compare.fell_behind"))
            yield Cause(kind=CauseKind.OTHERS, after=side, names=names[:_MOST_NAMED], count=len(names))

    def _ties_ahead(self, row: Row, scope: Scope) -> Iterator[Cause]:
        """Units ahead of it, in both runs, no longer share a rank, or do now: with dense ranks all behind move along.

        Named are those whose rank is another for it.
        """
        before, after = (placing.ranks.get(scope) if placing else None for placing in (row.old, row.new))
        if before is None or after is None:
            return
        ahead = tuple(self._ahead_twice(row, scope))
        fell = after > before
        others: dict[int, set[int]] = defaultdict(set)
        for _, was, now in ahead:
            others[was if fell else now].add(now if fell else was)
        moved = tuple(
            Term("compare.rank_moved", (("unit", name), ("old", was), ("new", now)))
            for name, was, now in ahead
            if was != now and len(others[was if fell else now]) > 1
        )
        if moved:
            side = Side(said=Term("compare.ties_apart" if fell else "compare.ties_together"))
            yield Cause(kind=CauseKind.TIES, after=side, names=moved[:_MOST_NAMED], count=len(moved))

    def _ahead_twice(self, row: Row, scope: Scope) -> Iterator[tuple[str, int, int]]:
        """The units ahead of another in both runs, with their two ranks."""
        for peer in self.rows:
            is_ahead = self._is_ahead(peer.old, row.old, scope) and self._is_ahead(peer.new, row.new, scope)
            if is_ahead and peer.old and peer.new:
                yield peer.pair.name, peer.old.ranks[scope], peer.new.ranks[scope]

    def _is_ahead(self, peer: Placing | None, mine: Placing | None, scope: Scope) -> bool:
        """Tell whether another unit of the same list has a better rank."""
        if peer is None or mine is None or self._list_of(peer, scope) != self._list_of(mine, scope):
            return False
        rank, own = peer.ranks.get(scope), mine.ranks.get(scope)
        return rank is not None and own is not None and rank < own

    def _list_of(self, placing: Placing, scope: Scope) -> object:
        """The list in which a row is ranked."""
        match scope:
            case Scope.SECTION:
                return placing.section
            case Scope.SUBGROUP:
                return self._subgroups.get(id(placing))
        return None

    @cached_property
    def _subgroups(self) -> dict[int, str]:
        """The sub-group of each row's unit."""
        found: dict[int, str] = {}
        for row in self.rows:
            if row.old:
                found[id(row.old)] = row.pair.olds[0].subgroup
            if row.new and row.pair.new:
                found[id(row.new)] = row.pair.new.subgroup
        return found

    @cached_property
    def _movers(self) -> tuple[Row, ...]:
        """The rows that may have passed others or fallen behind them."""
        return tuple(row for row in self.rows if row.is_figure_moved or row.movements or row.is_elsewhere)

    @cached_property
    def _scopes(self) -> tuple[Scope, ...]:
        """The kinds of rank that the table has in both runs."""
        before = {scope for row in self.rows if row.old for scope in row.old.ranks}
        after = {scope for row in self.rows if row.new for scope in row.new.ranks}
        return tuple(scope for scope in Scope if scope in before & after)

    @cached_property
    def _criteria(self) -> CriteriaPairing:
        return self.runs.criteria(self.old.block, self.new.block)

    @cached_property
    def _inside(self) -> frozenset[str]:
        """The criteria of the table in either run, by their new codes; what was removed, by its old one."""
        old, new = self._criteria.old.below(self.old.criterion), self._criteria.new.below(self.new.criterion)
        return frozenset((*new, *(self._criteria.new_of.get(code, code) for code in old)))

    @property
    def _block_settings(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        runs = self.runs
        return runs.old.blocks[self.old.block].settings, runs.new.blocks[self.new.block].settings
