"""What the appraisers say, as flat records: one for every leaf of a unit that somebody verified."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from cqdt_batch.definition.records import Criterion
from cqdt_batch.findings import Where
from cqdt_batch.intake.submissions import Input, InputKind, Submission, scored_by


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What an appraiser found on a leaf of a unit.

    `inputs` are the verified inputs with the cells they stand in: those that points come from, or the points themselves
    where they are typed or given; at least one. `where` is the cell of the reason. `shown` are the unit's own inputs as
    they stand in the appraiser's workbook, unread: what the appraiser saw.
    """

    unit: str
    criterion: str
    inputs: tuple[Input, ...]
    reason: str
    where: Where
    sha256: str
    shown: tuple[Input, ...] = ()


def verified_by(leaf: Criterion) -> tuple[InputKind, ...]:
    """The inputs by which an appraiser verifies a leaf; points that he gives are his own input."""
    return scored_by(leaf) or (InputKind.SCORE,)


Verdicts = Mapping[tuple[str, str], Verdict]
"""The verdict on each unit and leaf that has one."""


def verified(submissions: Iterable[Submission], verdicts: Verdicts) -> tuple[Submission, ...]:
    """Put the verified inputs in the place of the units' own; what is not verified stays as it was handed in."""
    by_unit: dict[str, list[Verdict]] = {}
    for verdict in verdicts.values():
        by_unit.setdefault(verdict.unit, []).append(verdict)
    return tuple(_verified(s, by_unit[s.unit]) if s.unit in by_unit else s for s in submissions)


def _verified(submission: Submission, verdicts: Iterable[Verdict]) -> Submission:
    found = {(one.criterion, one.kind): one for verdict in verdicts for one in verdict.inputs}
    kept = tuple(found.pop((own.criterion, own.kind), own) for own in submission.inputs)
    return replace(submission, inputs=(*kept, *found.values()))
