"""What changed between two runs of a round, or two rounds: whose points and ranks moved, and because of what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from cqdt_batch.scoring.changes.causes import Cause, CauseKind, Side, rule_causes, setting_causes
from cqdt_batch.scoring.changes.ledger import CriterionEntry, Ledger, Placing, TableEntry, UnitEntry
from cqdt_batch.scoring.changes.movements import Movement, Run, TwoRuns
from cqdt_batch.scoring.changes.pairing import CriteriaPairing, Kinship, UnitPair, pair_units
from cqdt_batch.scoring.changes.placings import Row, TwoTables
from cqdt_batch.scoring.ranking import Scope


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """A total and the maximum of its criteria set; the total is None where the unit was not scored."""

    total: Decimal | None
    maximum: Decimal

    @property
    def percent(self) -> Fraction | None:
        """The total in percent of the maximum; None where there is none."""
        if self.total is None or not self.maximum:
            return None
        return Fraction(self.total) * 100 / Fraction(self.maximum)


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitChange:
    """A unit of both runs, of one of them, or merged; how its points moved, if they can be compared."""

    pair: UnitPair
    olds: tuple[Scale, ...]
    new: Scale | None
    movements: tuple[Movement, ...]

    @property
    def change(self) -> Decimal | None:
        """How much the total moved; None where there are no two totals."""
        if self.pair.both is None or self.new is None:
            return None
        before, after = self.olds[0].total, self.new.total
        return None if before is None or after is None else after - before

    @property
    def mean(self) -> Fraction | None:
        """The mean of the old totals of a merged unit, as the annex prints it; None where one is not known."""
        totals = [Fraction(old.total) for old in self.olds if old.total is not None]
        merged = self.pair.new.merged if self.pair.new else ()
        return sum(totals, Fraction(0)) / len(totals) if totals and len(totals) == len(merged) else None

    @property
    def is_other_scale(self) -> bool:
        """Tell whether the totals are on different scales, so that only their percents can be compared."""
        return self.new is not None and any(old.maximum != self.new.maximum for old in self.olds)


@dataclass(frozen=True, kw_only=True, slots=True)
class RowChange:
    """A unit's row in an annex table of both runs; None where it has none. No causes where nothing moved."""

    table: TableEntry
    pair: UnitPair
    old: Placing | None
    new: Placing | None
    causes: tuple[Cause, ...]

    def ranks(self, scope: Scope) -> tuple[int | None, int | None]:
        """The old and the new rank."""
        return (self.old.ranks.get(scope) if self.old else None), (self.new.ranks.get(scope) if self.new else None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Alteration:
    """Something in the definition that is otherwise: of a criterion, or of a block where that is None."""

    block: str
    criterion: CriterionEntry | None
    cause: Cause


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All that changed between two runs."""

    old: Ledger
    new: Ledger
    units: tuple[UnitChange, ...]
    rows: tuple[RowChange, ...]
    alterations: tuple[Alteration, ...]

    @cached_property
    def moved(self) -> tuple[UnitChange, ...]:
        """The units whose points moved."""
        return tuple(unit for unit in self.units if unit.movements)

    @cached_property
    def moved_rows(self) -> tuple[RowChange, ...]:
        """The rows of annex tables that are not what they were."""
        return tuple(row for row in self.rows if row.causes)

    def movements_of(self, row: RowChange) -> tuple[Movement, ...]:
        """How the unit's own points moved on the criteria that made its row move."""
        codes = {code for cause in row.causes if cause.kind is CauseKind.OWN for code in cause.names}
        return tuple(one for one in self._movements.get(id(row.pair), ()) if one.criterion.code in codes)

    @cached_property
    def _movements(self) -> dict[int, tuple[Movement, ...]]:
        return {id(unit.pair): unit.movements for unit in self.units}

    @cached_property
    def scopes(self) -> tuple[Scope, ...]:
        """The kinds of rank that any table has."""
        found = {scope for row in self.rows for placing in (row.old, row.new) if placing for scope in placing.ranks}
        return tuple(scope for scope in Scope if scope in found)

    @property
    def is_nothing(self) -> bool:
        """Tell whether nothing changed at all."""
        is_same = all(unit.pair.kinship is Kinship.SAME for unit in self.units)
        return is_same and not (self.moved or self.moved_rows or self.alterations)

    @property
    def causes(self) -> Iterator[Cause]:
        """Every cause that is told."""
        yield from (cause for unit in self.units for movement in unit.movements for cause in movement.causes)
        yield from (cause for row in self.rows for cause in row.causes)


def compare(old: Ledger, new: Ledger) -> Comparison:
    """Compare two runs; units stand in the order of the new register, rows in that of the new tables."""
    runs = TwoRuns(old=Run(old), new=Run(new))
    units = tuple(_unit_change(runs, pair) for pair in pair_units(old, new))
    return Comparison(
        old=old,
        new=new,
        units=units,
        rows=tuple(row for pair in _tables(runs) for row in _rows(runs, units, *pair)),
        alterations=(*_alterations(runs), *_tables_in_and_out(runs)),
    )


def _unit_change(runs: TwoRuns, pair: UnitPair) -> UnitChange:
    return UnitChange(
        pair=pair,
        olds=tuple(_scale(runs.old, unit) for unit in pair.olds),
        new=_scale(runs.new, pair.new) if pair.new else None,
        movements=runs.movements(*pair.both) if pair.both else (),
    )


def _scale(run: Run, unit: UnitEntry) -> Scale:
    root = run.trees[unit.block].root
    return Scale(total=unit.points.get(root.code), maximum=root.maximum)


def _tables(runs: TwoRuns) -> Iterator[tuple[TableEntry | None, TableEntry]]:
    """The tables of the new run with those of the old one: of the same code, else about the same criterion."""
    olds = {table.code: table for table in runs.old.ledger.tables}
    about = {(table.block, table.criterion): table for table in reversed(runs.old.ledger.tables)}
    for table in runs.new.ledger.tables:
        block = runs.old_blocks.get(table.block, "")
        was = runs.criteria(block, table.block).old_of.get(table.criterion, "") if block else ""
        yield olds.get(table.code) or about.get((block, was)), table


def _rows(runs: TwoRuns, units: Iterable[UnitChange], was: TableEntry | None, table: TableEntry) -> Iterator[RowChange]:
    """The rows of a table, units as they are given; of a table that did not exist there is nothing to compare."""
    old = {row.unit: row for row in runs.old.ledger.placings if was and row.table == was.code}
    new = {row.unit: row for row in runs.new.ledger.placings if row.table == table.code}
    placed = (
        Row(
            pair=unit.pair,
            movements=unit.movements,
            old=old.get(unit.pair.olds[0].unit) if unit.pair.olds and unit.pair.kinship is not Kinship.MERGED else None,
            new=new.get(unit.pair.new.unit) if unit.pair.new else None,
        )
        for unit in units
    )
    rows = tuple(row for row in placed if row.old or row.new)
    tables = TwoTables(runs=runs, old=was, new=table, rows=rows) if was else None
    for row in rows:
        causes = tables.causes(row) if tables else ()
        yield RowChange(table=table, pair=row.pair, old=row.old, new=row.new, causes=causes)


def _alterations(runs: TwoRuns) -> Iterator[Alteration]:
    """What the two definitions say otherwise of the blocks that both have, and of their criteria."""
    for code, was in runs.old_blocks.items():
        block, before = runs.new.blocks[code], runs.old.blocks[was].settings
        for cause in setting_causes(before, block.settings, tuple(dict.fromkeys((*before, *block.settings)))):
            yield Alteration(block=block.name, criterion=None, cause=cause)
        criteria = _of_criteria(runs.criteria(was, code))
        yield from (Alteration(block=block.name, criterion=entry, cause=cause) for entry, cause in criteria)


def _of_criteria(pairing: CriteriaPairing) -> Iterator[tuple[CriterionEntry, Cause]]:
    """The criteria of a block that came, changed, got another code, or went."""
    for entry in pairing.new.entries:
        was = pairing.old.by_code.get(pairing.old_of.get(entry.code, ""))
        if was is None:
            yield entry, Cause(kind=CauseKind.ADDED, after=Side(said=entry.label))
            continue
        yield from ((entry, cause) for cause in rule_causes(was, entry))
        if was.code != entry.code:
            sides = Side(said=was.code), Side(said=entry.code)
            yield entry, Cause(kind=CauseKind.RULE, field="code", before=sides[0], after=sides[1])
        if pairing.new_of.get(was.parent, "") != entry.parent:
            sides = Side(said=was.parent), Side(said=entry.parent)
            yield entry, Cause(kind=CauseKind.MOVED, before=sides[0], after=sides[1])
    for entry in pairing.old.entries:
        if entry.code not in pairing.new_of:
            yield entry, Cause(kind=CauseKind.REMOVED, before=Side(said=entry.label))


def _tables_in_and_out(runs: TwoRuns) -> Iterator[Alteration]:
    """The tables that came or went; those that stayed are compared row by row."""
    pairs = tuple(_tables(runs))
    kept = {old.code for old, _ in pairs if old}
    for old, table in pairs:
        if old is None:
            cause = Cause(kind=CauseKind.ADDED, field="table", after=Side(said=table.code))
            yield Alteration(block=runs.new.blocks[table.block].name, criterion=None, cause=cause)
    for table in runs.old.ledger.tables:
        if table.code not in kept:
            cause = Cause(kind=CauseKind.REMOVED, field="table", before=Side(said=table.code))
            yield Alteration(block=runs.old.blocks[table.block].name, criterion=None, cause=cause)
