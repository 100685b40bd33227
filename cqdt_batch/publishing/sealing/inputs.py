"""Which files, answers and verified values are not what they were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cqdt_batch.findings import Fact, Finding, Term, Where, error, warning
from cqdt_batch.intake.rivals import FileState
from cqdt_batch.publishing.sealing.cells import place_of, shown
from cqdt_batch.publishing.sealing.seal import Seal, SealedInput
from cqdt_batch.scoring.changes.ledger import CriterionEntry, LeafEntry, Place, Source, UnitEntry


def input_changes(sealed: Iterable[SealedInput], now: Iterable[SealedInput]) -> Iterator[Finding]:
    """Files that changed, went, came, were renamed, or count otherwise than they did."""
    before, after = ({one.file: one for one in files} for files in (sealed, now))
    renamed = _renamed(before, after)
    owners = {one.sha256: one.file for one in before.values() if one.sha256}
    for name, old in before.items():
        new = after.get(renamed.get(name, name))
        if new is None:
            yield error("sealed_file_removed", Where(file=name), old.unit)
        elif name in renamed:
            yield error("sealed_file_renamed", Where(file=name), old.unit, now=new.file)
        elif new.sha256 != old.sha256 and new.sha256 in owners:
            yield error("sealed_file_swapped", Where(file=name), old.unit, other=owners[new.sha256])
        elif new.sha256 != old.sha256:
            yield error("sealed_file_changed", Where(file=name), old.unit)
        if new and old.state and new.state and new.state is not old.state:
            states: dict[str, Fact] = {
                "before": Term(f"file_state.{old.state}"),
                "now": Term(f"file_state.{new.state}"),
            }
            yield warning("sealed_file_state", Where(file=new.file), new.unit, **states)
    for name, new in after.items():
        if name not in before and name not in renamed.values():
            yield error("sealed_file_added", Where(file=name), new.unit)


def _renamed(before: Mapping[str, SealedInput], after: Mapping[str, SealedInput]) -> dict[str, str]:
    """The new names of files that went, where a file of the same bytes came."""
    come = [one for name, one in after.items() if name not in before]
    found: dict[str, str] = {}
    for name, old in before.items():
        twin = next((one for one in come if one.sha256 == old.sha256 != ""), None)
        if name not in after and twin:
            found[name] = twin.file
            come.remove(twin)
    return found


def answer_changes(sealed: Seal, now: Seal) -> Iterator[Finding]:
    """Answers and verified values that differ in files that count both times, or between two files of one unit."""
    kept = _counted(sealed) & _counted(now)
    entries = {entry.unit: entry for entry in now.ledger.units}
    criteria = {(entry.block, entry.code): entry for entry in (*sealed.ledger.criteria, *now.ledger.criteria)}
    for before in sealed.ledger.units:
        if before.unit in entries:
            yield from _answer_changes(before, entries[before.unit], criteria, kept)


def _counted(seal: Seal) -> set[str]:
    return {one.file for one in seal.inputs if one.state is FileState.ACCEPTED}


def _answer_changes(
    before: UnitEntry, now: UnitEntry, criteria: Mapping[tuple[str, str], CriterionEntry], kept: set[str]
) -> Iterator[Finding]:
    for code in {**before.leaves, **now.leaves}:
        old, new = before.leaves.get(code, LeafEntry()), now.leaves.get(code, LeafEntry())
        label = criteria[before.block, code].label if (before.block, code) in criteria else ""
        for sources in ((old.answered, new.answered), (old.verified, new.verified)):
            was, is_now = ({source.kind: source for source in side} for side in sources)
            for kind in {**was, **is_now}:
                one, other = was.get(kind), is_now.get(kind)
                if _is_told(one, other, kept):
                    yield _answer_change(before.unit, code, label, one, other)
        if _is_reason_told(old, new, kept):
            yield _reason_change(before.unit, code, label, old, new)


def _is_told(one: Source | None, other: Source | None, kept: set[str]) -> bool:
    """Of a file that went or came nothing but that is told."""
    if one is None or other is None:
        return any(source is not None and source.file in kept for source in (one, other))
    return one.raw != other.raw


def _is_reason_told(old: LeafEntry, new: LeafEntry, kept: set[str]) -> bool:
    """Tell whether a reason is another in a file that counts both times; older journals do not know its cell."""
    at = new.reason_at or old.reason_at
    return old.reason != new.reason and at is not None and at.file in kept


def _reason_change(unit: str, code: str, label: str, old: LeafEntry, new: LeafEntry) -> Finding:
    at = new.reason_at or old.reason_at or Place()
    row, column = place_of(at.cell)
    where = Where(file=at.file, sheet=at.sheet, row=row, column=column)
    facts: dict[str, Fact] = {"before": shown(old.reason or None), "now": shown(new.reason or None)}
    return error("sealed_reason_changed", where, unit, code=code, label=label, **facts)


def _answer_change(unit: str, code: str, label: str, before: Source | None, now: Source | None) -> Finding:
    source = now or before
    if source is None:
        raise ValueError("an answer that never was has not changed")
    row, column = place_of(source.cell)
    where = Where(file=source.file, sheet=source.sheet, row=row, column=column)
    facts: dict[str, Fact] = {
        "before": shown(before.raw if before else None),
        "now": shown(now.raw if now else None),
    }
    return error("sealed_answer_changed", where, unit, code=code, label=label, **facts)
