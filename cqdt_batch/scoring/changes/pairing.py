"""Who is who in two runs: units through renames and mergers, criteria through new codes and new words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from cqdt_batch.definition.names import folded
from cqdt_batch.scoring.changes.ledger import CriterionEntry, Ledger, UnitEntry


class Kinship(StrEnum):
    """What a unit of one run is to those of the other."""

    SAME = "same"
    RENAMED = "renamed"
    MERGED = "merged"
    NEW = "new"
    GONE = "gone"


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitPair:
    """A unit of the new run with those of the old one that it was: one, several if merged; `new` is None if gone."""

    kinship: Kinship
    olds: tuple[UnitEntry, ...]
    new: UnitEntry | None

    @property
    def both(self) -> tuple[UnitEntry, UnitEntry] | None:
        """The two entries that can be compared: those of a unit that neither came nor went nor was merged."""
        is_one = self.kinship in (Kinship.SAME, Kinship.RENAMED)
        return (self.olds[0], self.new) if self.new and is_one else None

    @property
    def name(self) -> str:
        """The name it has now, or had."""
        return (self.new or self.olds[0]).name


def pair_units(old: Ledger, new: Ledger) -> tuple[UnitPair, ...]:
    """Find every unit's predecessors: those it was merged from, else that of its name, else that of its code.

    Names decide before codes, because a code may be given to another unit. Of names the printed one decides first,
    then one that goes with the same code. Codes that were given anew tell nothing of a unit whose name is not known.
    The order is that of the new register, followed by the old units that have no successor; nobody has two.
    """
    left = {unit.unit: unit for unit in old.units}
    printed = {folded(unit.name): unit for unit in old.units}
    named = _named(old, new)
    merged = _merged(old, new, named)
    found: dict[str, tuple[UnitEntry, ...]] = {}
    for unit, olds in (
        *((one, merged.get(one.unit, ())) for one in new.units),
        *((one, (printed[key],)) for one in new.units if (key := folded(one.name)) in printed),
        *((one, (was,)) for one in new.units for was in _known(one.names, named) if was.unit == one.unit),
        *((one, (was,)) for one in new.units for was in _known((*one.names, one.unit), named)),
    ):
        free = tuple(one for one in olds if one.unit in left)
        if free and unit.unit not in found:
            found[unit.unit] = free
            for one in free:
                del left[one.unit]
    pairs = (_pair(found.get(unit.unit, ()), unit, is_merged=unit.unit in merged) for unit in new.units)
    return (*pairs, *(UnitPair(kinship=Kinship.GONE, olds=(unit,), new=None) for unit in left.values()))


def _named(old: Ledger, new: Ledger) -> dict[str, UnitEntry]:
    """The old units by each of their names, and by their codes unless those went to other units.

    That they did shows where a unit known by its names has the code that another one had.
    """
    names = {folded(name): unit for unit in old.units for name in unit.names}
    codes = {folded(unit.unit): unit for unit in old.units}
    known = ((unit.unit, {was.unit for was in _known(unit.names, names)}) for unit in new.units)
    is_anew = any(olds and code not in olds and folded(code) in codes for code, olds in known)
    return names if is_anew else codes | names


def _known(names: Iterable[str], named: Mapping[str, UnitEntry]) -> Iterator[UnitEntry]:
    """The old units that have one of these names."""
    return (named[key] for key in map(folded, names) if key in named)


def _merged(old: Ledger, new: Ledger, named: Mapping[str, UnitEntry]) -> dict[str, tuple[UnitEntry, ...]]:
    """The old units behind the names that units had the year before, by the new code.

    Only between two rounds, and not of a unit that had been merged before the old one. Where one of several names is
    not found, as that of a unit whose name and code live on, the old unit of the same name or code stands for it.
    """
    if (old.assessment, old.year) == (new.assessment, new.year):
        return {}
    found: dict[str, tuple[UnitEntry, ...]] = {}
    for unit in new.units:
        own = next(_known((*unit.names, unit.unit), named), None)
        if unit.merged and not (own and own.merged == unit.merged):
            known = [named.get(folded(name)) for name in unit.merged]
            survivor = own if len(known) > 1 and None in known else None
            olds = {one.unit: one for one in (survivor, *known) if one}
            found[unit.unit] = tuple(olds.values())
    return found


def _pair(olds: tuple[UnitEntry, ...], new: UnitEntry, *, is_merged: bool) -> UnitPair:
    """What became of the units that were found; one of several that were merged is no unit to compare with."""
    if not olds:
        return UnitPair(kinship=Kinship.NEW, olds=(), new=new)
    if len(olds) > 1 or (is_merged and len(new.merged) > 1):
        return UnitPair(kinship=Kinship.MERGED, olds=olds, new=new)
    is_same = folded(olds[0].name) == folded(new.name)
    return UnitPair(kinship=Kinship.SAME if is_same else Kinship.RENAMED, olds=olds, new=new)


@dataclass(frozen=True)
class Tree:
    """The criteria of a block as a run had them, parents before children."""

    entries: tuple[CriterionEntry, ...]

    @cached_property
    def by_code(self) -> dict[str, CriterionEntry]:
        """Every criterion under its code."""
        return {entry.code: entry for entry in self.entries}

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        """The codes right below each code that has any; the root stands under ""."""
        found: dict[str, tuple[str, ...]] = {}
        for entry in self.entries:
            found[entry.parent] = (*found.get(entry.parent, ()), entry.code)
        return found

    @property
    def root(self) -> CriterionEntry:
        """The composite index."""
        return self.by_code[self.children[""][0]]

    def is_leaf(self, code: str) -> bool:
        """Tell whether nothing stands below a criterion."""
        return code not in self.children

    def below(self, code: str) -> Iterator[str]:
        """Walk a criterion and all below it, parents before children."""
        yield code
        for child in self.children.get(code, ()):
            yield from self.below(child)


@dataclass(frozen=True, kw_only=True)
class CriteriaPairing:
    """The criteria of a block in two runs, by their codes: `new_of` an old one, `old_of` a new one."""

    old: Tree
    new: Tree
    new_of: Mapping[str, str]

    @cached_property
    def old_of(self) -> dict[str, str]:
        """The old code of each new one that has one."""
        return {new: old for old, new in self.new_of.items()}

    def children(self, old: str | None, new: str | None) -> Iterator[tuple[str | None, str | None]]:
        """The pairs right below a pair: what stands below both, what came or left, in the order of the new tree.

        A criterion that moved here from elsewhere comes without its old code, one that moved away without its new.
        """
        below_old = self.old.children.get(old, ()) if old is not None else ()
        below_new = self.new.children.get(new, ()) if new is not None else ()
        for code in below_new:
            was = self.old_of.get(code)
            yield (was if was in below_old else None), code
        for code in below_old:
            if self.new_of.get(code) not in below_new:
                yield code, None


def pair_criteria(old: Tree, new: Tree) -> CriteriaPairing:
    """Find every criterion's predecessor: that of its code if the words agree, else of its words, else of its code.

    Words decide before codes, because a code is often given to another criterion the year after. The roots are a pair
    whatever they are called. Words that several criteria share tell nothing.
    """
    found = {old.root.code: new.root.code}
    for key_of in (_code_and_words, _words, _code):
        olds, news = _keyed(old, set(found), key_of), _keyed(new, set(found.values()), key_of)
        found |= {olds[key]: news[key] for key in olds if key in news}
    return CriteriaPairing(old=old, new=new, new_of=found)


def _code_and_words(_: Tree, entry: CriterionEntry) -> tuple[object, ...]:
    return entry.code, folded(entry.label)


def _words(tree: Tree, entry: CriterionEntry) -> tuple[object, ...]:
    return folded(entry.label), tree.is_leaf(entry.code)


def _code(tree: Tree, entry: CriterionEntry) -> tuple[object, ...]:
    return entry.code, tree.is_leaf(entry.code)


def _keyed(
    tree: Tree, taken: Container[str], key_of: Callable[[Tree, CriterionEntry], tuple[object, ...]]
) -> dict[tuple[object, ...], str]:
    """The codes of criteria that are not taken yet by a key, where only one of them has it."""
    keyed = [(key_of(tree, entry), entry.code) for entry in tree.entries if entry.code not in taken]
    counts = Counter(key for key, _ in keyed)
    return {key: code for key, code in keyed if counts[key] == 1}
