"""What an explanation is asked about: a unit and a criterion, as people name them on the command line."""

from __future__ import annotations

from collections.abc import Mapping

from cqdt_batch.definition.assessment import Assessment, CriteriaTree
from cqdt_batch.definition.names import folded, nearest, unmarked
from cqdt_batch.definition.records import Criterion, Unit

_SUGGESTED = 3


def named_unit(assessment: Assessment, typed: str) -> Unit | None:
    """Find a unit by its code or any of its names; None where nobody is called so."""
    key = folded(typed)
    by_code = {folded(unit.code): unit for unit in assessment.units}
    return by_code.get(key) or assessment.unit_by_name.get(key)


def unit_without_marks(assessment: Assessment, typed: str) -> Unit | None:
    """Find the one unit whose name was typed without diacritics; None where that may be several, or is none.

    Whoever types diacritics means them: "Sở Y tê" is nobody.
    """
    key = unmarked(typed)
    found = [unit for unit in assessment.units if typed.isascii() and key in map(unmarked, unit.names)]
    return found[0] if len(found) == 1 else None


def named_criterion(tree: CriteriaTree, typed: str) -> Criterion | None:
    """Find a criterion by its code, or by its label where no other has it; the composite index where none is named."""
    if not typed:
        return tree.root
    labelled = tree.by_label.get(folded(typed), ())
    return tree.by_code.get(typed.strip()) or (labelled[0] if len(labelled) == 1 else None)


def units_like(assessment: Assessment, typed: str) -> tuple[str, ...]:
    """The units that may have been meant, each once with its code."""
    return _like(
        typed,
        {
            name: f"{unit.printed_name} ({unit.code})"
            for unit in assessment.units
            for name in (*unit.names, *map(unmarked, unit.names), unit.code)
        },
    )


def criteria_like(tree: CriteriaTree, typed: str) -> tuple[str, ...]:
    """The criteria that may have been meant, each once with its code."""
    return _like(
        typed,
        {
            name: f"{' '.join(one.label.split())} ({one.code})"
            for one in tree.criteria
            for name in (one.label, unmarked(one.label), one.code)
        },
    )


def _like(typed: str, shown: Mapping[str, str]) -> tuple[str, ...]:
    """What is shown for the names nearest to a typed one."""
    return tuple(dict.fromkeys(shown[name] for name in nearest(typed, shown, len(shown))))[:_SUGGESTED]
