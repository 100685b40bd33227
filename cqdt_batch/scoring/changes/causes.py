"""Why the points of a unit on a leaf are not what they were: cell by cell, and by what they are scored by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction

from cqdt_batch.definition.names import folded
from cqdt_batch.definition.records import Rule, ScoreSource
from cqdt_batch.definition.sheets import choice_key
from cqdt_batch.findings import Fact, Term
from cqdt_batch.intake.submissions import InputKind
from cqdt_batch.scoring.changes.ledger import CriterionEntry, LeafEntry, Place, Sentence, Source, UnitEntry


class CauseKind(StrEnum):
    """What made points, a figure or a rank move."""

    CELL = "cell"
    VERIFIED = "verified"
    REFUSED = "refused"
    GIVEN = "given"
    CORRECTION = "correction"
    EXEMPTION = "exemption"
    RULE = "rule"
    SETTING = "setting"
    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    RELABELLED = "relabelled"
    BEST = "best"
    BELOW = "below"
    STATE = "state"
    BLOCK = "block"
    REGISTER = "register"
    OWN = "own"
    SECTION = "section"
    OTHERS = "others"
    TIES = "ties"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """What one of the two runs says, and the cell it stands in, if it stands in one."""

    said: Fact = ""
    file: str = ""
    sheet: str = ""
    cell: str = ""


NOTHING = Side()


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """One cause. `field` is the setting that changed, `note` a reason or document, `because` what the run itself said.

    `names` are units or criteria it is about, the first few of `count`.
    """

    kind: CauseKind
    before: Side = NOTHING
    after: Side = NOTHING
    field: str = ""
    note: str = ""
    because: tuple[Sentence, ...] = ()
    names: tuple[str | Term, ...] = ()
    count: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Best:
    """The unit to which the others are relative on a leaf, and the cells its figure comes from."""

    name: str
    figure: Fraction
    sources: tuple[Source, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scoring:
    """How one of two runs scores a criterion; `settings` are those of its block."""

    criterion: CriterionEntry
    settings: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class LeafView:
    """A leaf of a unit as one of two runs has it; nothing counts of a unit that is not scored."""

    scoring: Scoring
    entry: LeafEntry
    is_scored: bool = True
    is_exempt: bool = False
    best: Best | None = None


def counted(view: LeafView) -> dict[str, tuple[Source, bool]]:
    """What counts of a leaf, by kind of input, and whether an appraiser said it.

    Verified values stand in the place of the unit's own unless the round publishes the units' own; points that the
    appraiser gives are his in any case.
    """
    found = {source.kind: (source, False) for source in view.entry.answered}
    if not _takes_verified(view.scoring):
        return found
    return found | {kind: (source, True) for kind, source in _sound(view.entry).items()}


def _takes_verified(scoring: Scoring) -> bool:
    """Tell whether verified values count on a criterion."""
    is_own = scoring.settings.get("scores") == choice_key(ScoreSource.OWN)
    return not is_own or scoring.criterion.rule == choice_key(Rule.GIVEN)


def _sound(entry: LeafEntry) -> dict[str, Source]:
    """The verified values that were not refused, by kind of input."""
    return {source.kind: source for source in entry.verified if source.refusal is None}


def figure_of(view: LeafView) -> Fraction | None:
    """What is measured on a leaf: the number, or a/b in percent; None where there is none."""
    read = {kind: _number(source.value) for kind, (source, _) in counted(view).items()}
    first, second = read.get(InputKind.FIRST), read.get(InputKind.SECOND)
    if first is None or InputKind.SECOND not in read:
        return None if first is None else Fraction(first)
    return Fraction(first) * 100 / Fraction(second) if second else None


def leaf_causes(old: LeafView, new: LeafView) -> tuple[Cause, ...]:
    """Find every difference that points on a leaf can follow from; only of points that do differ."""
    found = (*differences(old, new), *_best(old, new))
    return found or (Cause(kind=CauseKind.UNKNOWN),)


def differences(old: LeafView, new: LeafView) -> Iterator[Cause]:
    """What is otherwise on a leaf of a unit itself, whether or not its points follow; exempt on one side, only that."""
    if old.is_exempt == new.is_exempt:
        yield from _source(old, new)
        yield from _cells(old, new) if old.is_scored and new.is_scored else _cells_apart(old, new)
        yield from _given(old, new)
        yield from rule_causes(old.scoring.criterion, new.scoring.criterion)
        yield from rounding_causes(old.scoring, new.scoring)
    else:
        yield _exemption(old)
    yield from _corrections(old, new)


def _cells(old: LeafView, new: LeafView) -> Iterator[Cause]:
    """The cells that count and say something else: the unit's own, or those of an appraiser, wherever they stand.

    A verified value that stands in both runs and counts in one of them alone changed nothing: the setting did.
    """
    before, after = counted(old), counted(new)
    both = _sound(old.entry).keys() & _sound(new.entry).keys()
    is_switched = _takes_verified(old.scoring) != _takes_verified(new.scoring)
    for kind in dict.fromkeys((*before, *after)):
        was, was_verified = before.get(kind, (None, False))
        now, is_verified = after.get(kind, (None, False))
        if not (is_switched and kind in both):
            reason = new.entry.reason if is_verified else old.entry.reason
            yield from _cell(was, now, reason, is_verified=was_verified or is_verified)


def _cells_apart(old: LeafView, new: LeafView) -> Iterator[Cause]:
    """Of a unit that is not scored in one of the runs: the appraiser's cells and its own, each by themselves.

    What the unit says is no matter where it is verified both times. A refused value is told as one.
    """
    found = _sound(old.entry), _sound(new.entry)
    for kind in dict.fromkeys((*found[0], *found[1])):
        was, now = (side.get(kind) for side in found)
        yield from _cell(was, now, (new if now else old).entry.reason, is_verified=True)
    before, after = ({source.kind: source for source in view.entry.answered} for view in (old, new))
    for kind in dict.fromkeys((*before, *after)):
        if not (kind in found[0] and kind in found[1]):
            yield from _cell(before.get(kind), after.get(kind), "", is_verified=False)
    yield from (Cause(kind=CauseKind.REFUSED, before=side, because=why) for side, why in _refused(old, new))
    yield from (Cause(kind=CauseKind.REFUSED, after=side, because=why) for side, why in _refused(new, old))


def _cell(was: Source | None, now: Source | None, reason: str, *, is_verified: bool) -> Iterator[Cause]:
    """A value that is another now, came or went."""
    if was and now and _same(was.value, now.value):
        return
    yield Cause(
        kind=CauseKind.VERIFIED if is_verified else CauseKind.CELL,
        before=side_of(was) if was else NOTHING,
        after=side_of(now) if now else NOTHING,
        note=reason if is_verified else "",
    )


def _refused(view: LeafView, other: LeafView) -> Iterator[tuple[Side, tuple[Sentence, ...]]]:
    """The verified values that one run did not take, and why; what the other did not take either is not told."""
    known = {(source.kind, source.raw) for source in other.entry.verified if source.refusal}
    for source in view.entry.verified:
        if source.refusal and (source.kind, source.raw) not in known:
            yield side_of(source), (source.refusal,)


def setting_causes(old: Mapping[str, str], new: Mapping[str, str], fields: tuple[str, ...]) -> Iterator[Cause]:
    """The settings of a block that are others now."""
    yield from _differing(CauseKind.SETTING, old, new, fields)


def rule_causes(old: CriterionEntry, new: CriterionEntry) -> Iterator[Cause]:
    """What is said otherwise of a criterion: its words, its rule and what belongs to it."""
    if folded(old.label) != folded(new.label):
        yield Cause(kind=CauseKind.RELABELLED, before=Side(said=old.label), after=Side(said=new.label))
    yield from _differing(CauseKind.RULE, old.settings, new.settings, dict.fromkeys((*old.settings, *new.settings)))


def _differing(
    kind: CauseKind, old: Mapping[str, str], new: Mapping[str, str], fields: Iterable[str]
) -> Iterator[Cause]:
    for field in fields:
        before, after = old.get(field, ""), new.get(field, "")
        if before != after:
            yield Cause(
                kind=kind,
                field=field,
                before=Side(said=_setting(field, before)),
                after=Side(said=_setting(field, after)),
            )


def rounding_causes(old: Scoring, new: Scoring) -> Iterator[Cause]:
    """How points of a criterion are rounded, where that is otherwise now."""
    was, is_now = (_is_rounded_part(view) for view in (old, new))
    if was != is_now:
        yield from setting_causes(old.settings, new.settings, ("summing", "rounded_parts"))
    elif was:
        yield from setting_causes(old.settings, new.settings, ("decimals",))
    if _computed(old.criterion) or _computed(new.criterion):
        yield from setting_causes(old.settings, new.settings, ("input_decimals",))


def _setting(field: str, text: str) -> Fact:
    """A setting as it is shown: a choice in words, a number as the reader's language writes it."""
    if text.startswith("choice."):
        return Term(text)
    number = _number(text) if field in _NUMBERS else None
    return text if number is None else number


_NUMBERS = frozenset({"decimals", "input_decimals", "max_score", "weight", "target", "per_item"})
"""The settings that are numbers; codes of criteria look like some."""


def side_of(source: Source) -> Side:
    """What a cell says, as it was typed; a number as a number."""
    number = _number(source.raw)
    return Side(said=source.raw if number is None else number, file=source.file, sheet=source.sheet, cell=source.cell)


def state_cause(old: UnitEntry, new: UnitEntry) -> Cause:
    """A unit came to be scored or no longer is: its two states, and what stood or stands in its way."""
    before, after = (_state(unit) for unit in (old, new))
    held = new.obstacles or old.obstacles
    return Cause(kind=CauseKind.STATE, before=before, after=after, because=tuple(one.says for one in held))


def _state(unit: UnitEntry) -> Side:
    """The state of a unit, at the first cell that is in its way, else at its file."""
    at = unit.obstacles[0].at if unit.obstacles else Place(file=unit.file)
    return Side(said=state_of(unit), file=at.file, sheet=at.sheet, cell=at.cell)


def state_of(unit: UnitEntry) -> Term:
    """The state of a unit in words."""
    return Term(f"unit_state.{unit.state}")


def points_said(points: Decimal | None) -> Fact:
    """Points in a sentence; None is "not assessed"."""
    return Term("not_assessed") if points is None else points


def _exemption(old: LeafView) -> Cause:
    """The leaf was taken from the unit's criteria, or given back to them."""
    assessed, exempt = Side(said=Term("compare.assessed")), Side(said=Term("not_assessed"))
    before, after = (exempt, assessed) if old.is_exempt else (assessed, exempt)
    return Cause(kind=CauseKind.EXEMPTION, before=before, after=after)


def _source(old: LeafView, new: LeafView) -> Iterator[Cause]:
    """Whose score is published, where there are two and it makes a difference."""
    is_switched = _takes_verified(old.scoring) != _takes_verified(new.scoring)
    if is_switched and (old.entry.verified or new.entry.verified):
        yield from setting_causes(old.scoring.settings, new.scoring.settings, ("scores",))


def _given(old: LeafView, new: LeafView) -> Iterator[Cause]:
    before, after = old.entry.given, new.entry.given
    if before != after:
        sides = (NOTHING if points is None else Side(said=points) for points in (before, after))
        yield Cause(kind=CauseKind.GIVEN, before=next(sides), after=next(sides))


def _corrections(old: LeafView, new: LeafView) -> Iterator[Cause]:
    """The last entry of the register decides; without one, the points stood as they were scored."""
    before, after = (view.entry.corrections[-1:] for view in (old, new))
    if [one.new for one in before] != [one.new for one in after]:
        told = (after or before)[0]
        yield Cause(
            kind=CauseKind.CORRECTION,
            before=Side(said=points_said(before[0].new if before else told.old)),
            after=Side(said=points_said(after[0].new if after else told.old)),
            note="; ".join(text for text in (told.document, told.reason) if text),
        )


def _best(old: LeafView, new: LeafView) -> Iterator[Cause]:
    """The best unit has another figure, or is another unit."""
    if old.best and new.best and old.best.figure != new.best.figure:
        yield Cause(
            kind=CauseKind.BEST,
            before=_best_side(old.best),
            after=_best_side(new.best),
            names=tuple(dict.fromkeys((old.best.name, new.best.name))),
            count=len({old.best.name, new.best.name}),
        )


def _best_side(best: Best) -> Side:
    """The cell of the best unit's figure, with the unit's name; of a/b both are said."""
    said = " / ".join(source.raw for source in best.sources)
    first = side_of(best.sources[0])
    text = Term("compare.best", (("unit", best.name), ("said", said)))
    return Side(said=text, file=first.file, sheet=first.sheet, cell=first.cell)


_MEANS = "choice.Aggregation.mean"


def _computed(criterion: CriterionEntry) -> bool:
    """Tell whether points of a criterion are rounded to the decimals that points have."""
    typed = {choice_key(Rule.POINTS), choice_key(Rule.GIVEN)}
    return criterion.rule == _MEANS or (criterion.rule.startswith("choice.Rule.") and criterion.rule not in typed)


def _is_rounded_part(view: Scoring) -> bool:
    return view.criterion.code in view.settings.get("rounded_parts", "").split("; ")


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _same(one: str, other: str) -> bool:
    """Tell whether two values mean the same: 5 and 5.0 do."""
    if one == other:
        return True
    first, second = _number(one), _number(other)
    return first is not None and first == second
