"""What changed between two runs, in words: for the terminal, for machines, and for the cells of workbooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal

from cqdt_batch.findings import Fact, Term
from cqdt_batch.messages import Language, Words, catalogue
from cqdt_batch.rounding import trimmed
from cqdt_batch.scoring.changes.causes import Cause, CauseKind, Side, state_of
from cqdt_batch.scoring.changes.comparison import Alteration, Comparison, RowChange, UnitChange
from cqdt_batch.scoring.changes.ledger import Ledger
from cqdt_batch.scoring.changes.movements import Movement
from cqdt_batch.scoring.changes.pairing import Kinship

_INDENT = "    "

_FIELDS = {
    "scores": "definition.profile.scores",
    "grades": "definition.grades.sheet",
    "sections": "definition.sections.sheet",
    "criterion": "definition.tables.criterion",
    "table": "definition.tables.sheet",
    "rounded_parts": "compare.round_parts",
}
"""The settings that stand elsewhere in the definition than among those of blocks and criteria."""


def run_line(key: str, ledger: Ledger, words: Words) -> str:
    """Say which round one of the two runs was of."""
    facts: dict[str, Fact] = {"index": ledger.index_name, "code": ledger.assessment, "version": ledger.criteria_version}
    return words(key, year=ledger.year, **facts)


def counts(comparison: Comparison, words: Words) -> Iterator[tuple[str, int]]:
    """How many units are what they were, how many moved, in which tables, because of what."""
    kin = Counter(unit.pair.kinship for unit in comparison.units)
    yield from ((words("compare.count_kin", kin=words(f"compare.kin.{one}")), kin[one]) for one in Kinship)
    yield words("compare.count_moved"), len(comparison.moved)
    rows = Counter(row.table.code for row in comparison.moved_rows)
    yield from ((words("compare.count_rows", table=t.code), rows[t.code]) for t in comparison.new.tables)
    yield words("compare.count_alterations"), len(comparison.alterations)
    causes = Counter(cause.kind for cause in comparison.causes)
    for kind in CauseKind:
        if causes[kind]:
            yield words("compare.count_cause", cause=words(f"compare.cause.{kind}")), causes[kind]


def verdict(comparison: Comparison, words: Words) -> str:
    """Say in a sentence whether anything changed."""
    if comparison.is_nothing:
        return words("compare.same")
    return words("compare.something", units=len(comparison.moved), rows=len(comparison.moved_rows))


def scale_lines(comparison: Comparison, words: Words) -> tuple[str, ...]:
    """Say of which blocks points are on other scales than before."""
    names = {block.code: block.name for block in comparison.new.blocks}
    told = (
        words(
            "compare.other_scale",
            block=names[one.pair.new.block],
            old=trimmed(old.maximum),
            new=trimmed(one.new.maximum),
        )
        for one in comparison.units
        if one.pair.new and one.new and one.is_other_scale
        for old in one.olds
        if old.maximum != one.new.maximum
    )
    return tuple(dict.fromkeys(told))


def signed(change: Decimal | int, words: Words) -> str:
    """A change with its sign."""
    shown = words.shown(trimmed(change) if isinstance(change, Decimal) else change)
    return f"+{shown}" if change > 0 else shown


def said(fact: Fact | None, words: Words) -> str:
    """What one of the runs has, or that it has nothing."""
    if fact is None or fact == "":
        return words("compare.blank")
    return words.shown(trimmed(fact) if isinstance(fact, Decimal) else fact)


def kind_of(cause: Cause, words: Words) -> str:
    """The kind of a cause in words, with the setting that it is about."""
    kind = words(f"compare.cause.{cause.kind}")
    return f"{kind}: {_field(cause, words)}" if cause.field else kind


def _field(cause: Cause, words: Words) -> str:
    """The name of a setting, as its column in the definition is headed."""
    sheet = "criteria" if cause.kind is CauseKind.RULE else "blocks"
    key = f"definition.{sheet}.{cause.field}"
    return words(key if key in catalogue() else _FIELDS[cause.field])


def names_of(cause: Cause, words: Words) -> str:
    """The units or criteria that a cause is about; of many the first, and how many there are."""
    names = words.shown(cause.names)
    return words("compare.among", names=names, count=cause.count) if cause.count > len(cause.names) else names


def place_of(side: Side, words: Words) -> str:
    """The cell in which something stands, or the file."""
    if not side.cell:
        return side.file
    return words("compare.place", file=side.file, sheet=side.sheet, cell=side.cell)


def beside(cause: Cause, words: Words) -> str:
    """What is to be said of a cause beside the two sides: the reason or document, what is wrong, who it is about."""
    told = (cause.note, " ".join(because(cause, words)), names_of(cause, words))
    return "; ".join(text for text in told if text)


def because(cause: Cause, words: Words) -> tuple[str, ...]:
    """What the run itself said, in the reader's language."""
    return tuple(says.en if words.language is Language.EN else says.vi for says in cause.because)


def told(cause: Cause, words: Words) -> str:
    """A cause in one line: the kind, from what to what, where, why."""
    place = place_of(cause.after if cause.after.file else cause.before, words)
    return _with(_essence(cause, words), (place, beside(cause, words)))


def reason(cause: Cause, words: Words) -> str:
    """The same for print: without the file and the cell."""
    return _with(_essence(cause, words), (beside(cause, words),))


def _with(text: str, details: Iterable[str]) -> str:
    given = "; ".join(detail for detail in details if detail)
    return f"{text} ({given})" if given else text


def _essence(cause: Cause, words: Words) -> str:
    """The kind of a cause, and from what to what it leads."""
    sides = [side.said for side in (cause.before, cause.after)]
    change = words("compare.from_to", old=said(sides[0], words), new=said(sides[1], words)) if any(sides) else ""
    if isinstance(cause.after.said, Term) and cause.before.said == "":
        change = words.shown(cause.after.said)
    if cause.kind is CauseKind.REFUSED:
        change = said(sides[sides[0] == ""], words)
    return ": ".join(text for text in (kind_of(cause, words), change) if text)


def why(causes: Iterable[Cause], words: Words) -> str:
    """Several causes in one cell, a line each."""
    return "\n".join(told(cause, words) for cause in causes)


def about(alteration: Alteration) -> str:
    """What was altered: a criterion of a block, or the block."""
    entry = alteration.criterion
    return f"{entry.code} {entry.label}" if entry else alteration.block


def comparison_lines(comparison: Comparison, words: Words, most: int | None = None) -> Iterator[str]:
    """Tell what changed, the most important first: the definition, then the units whose ranks moved most."""
    yield run_line("compare.old_run", comparison.old, words)
    yield run_line("compare.new_run", comparison.new, words)
    yield from scale_lines(comparison, words)
    for alteration in comparison.alterations[:most]:
        yield words("compare.alteration_line", about=about(alteration), cause=told(alteration.cause, words))
    for unit in comparison.units:
        if unit.pair.kinship is not Kinship.SAME:
            yield _kin_line(unit, words)
    for unit in by_weight(comparison)[:most]:
        yield from _unit_lines(comparison, unit, words)


def by_weight(comparison: Comparison) -> list[UnitChange]:
    """The units of which anything moved: those that came or went, then those that went furthest in a ranking."""
    places: dict[str, int] = {}
    for row in comparison.moved_rows:
        for scope in comparison.scopes:
            old, new = row.ranks(scope)
            if old and new:
                places[row.pair.name] = max(places.get(row.pair.name, 0), abs(old - new))
    moved_in_table = {row.pair.name for row in comparison.moved_rows}
    moved = [unit for unit in comparison.units if unit.movements or unit.pair.name in moved_in_table]

    def weight(unit: UnitChange) -> tuple[bool, int, Decimal]:
        return unit.change is not None, -places.get(unit.pair.name, 0), -abs(unit.change or Decimal(0))

    return sorted(moved, key=weight)


def left_out(comparison: Comparison, most: int | None) -> int:
    """How many of the units are not told."""
    return 0 if most is None else max(0, len(by_weight(comparison)) - most)


def _kin_line(unit: UnitChange, words: Words) -> str:
    olds = tuple(
        old.name if scale.total is None else f"{old.name} ({said(scale.total, words)})"
        for old, scale in zip(unit.pair.olds, unit.olds, strict=True)
        if old.name != unit.pair.name
    )
    kin = words(f"compare.kin.{unit.pair.kinship}")
    return f"{unit.pair.name}: {kin}" + (f" – {'; '.join(olds)}" if olds else "")


_TOLD_BELOW = frozenset({CauseKind.OWN, CauseKind.STATE})
"""What is told once, with the criteria of the unit, not table by table."""


def _unit_lines(comparison: Comparison, unit: UnitChange, words: Words) -> Iterator[str]:
    yield _unit_line(unit, words)
    for row in comparison.moved_rows:
        if row.pair is unit.pair:
            yield _INDENT + _row_line(comparison, row, words)
            yield from (_INDENT * 2 + told(cause, words) for cause in row.causes if cause.kind not in _TOLD_BELOW)
    for movement in unit.movements:
        yield _INDENT + _movement_line(movement, words)
        yield from (_INDENT * 2 + told(cause, words) for cause in movement.causes)


def _unit_line(unit: UnitChange, words: Words) -> str:
    if unit.change is None:
        return _unscored_line(unit, words)
    before, after = (said(scale.total, words) for scale in (unit.olds[0], unit.new or unit.olds[0]))
    if not unit.change:
        return words("compare.unit_same", unit=unit.pair.name, total=after)
    return words("compare.unit_line", unit=unit.pair.name, old=before, new=after, change=signed(unit.change, words))


def _unscored_line(unit: UnitChange, words: Words) -> str:
    """A unit without two totals: its total or its state, before and now; of one that came or went its name alone."""
    if unit.pair.both is None or unit.new is None:
        return unit.pair.name
    old, new = (
        words("compare.total", total=trimmed(scale.total)) if scale.total is not None else words.shown(state_of(entry))
        for entry, scale in zip(unit.pair.both, (unit.olds[0], unit.new), strict=True)
    )
    return words("compare.unit_state_line", unit=unit.pair.name, old=old, new=new)


def _row_line(comparison: Comparison, row: RowChange, words: Words) -> str:
    scope = next((one for one in comparison.scopes if any(row.ranks(one))), None)
    ranks = row.ranks(scope) if scope else (None, None)
    figures = (placing.figure if placing else None for placing in (row.old, row.new))
    old, new = (words.shown(figure) if figure is not None else words("compare.blank") for figure in figures)
    return words(
        "compare.row_line",
        table=row.table.code,
        old=old,
        new=new,
        old_rank=said(ranks[0], words),
        new_rank=said(ranks[1], words),
    )


def _movement_line(movement: Movement, words: Words) -> str:
    facts: dict[str, Fact] = {
        "code": movement.criterion.code,
        "label": movement.criterion.label,
        "old": said(movement.old, words),
        "new": said(movement.new, words),
    }
    if movement.change is None:
        return words("compare.criterion_state_line", **facts)
    return words("compare.criterion_line", **facts, change=signed(movement.change, words))
