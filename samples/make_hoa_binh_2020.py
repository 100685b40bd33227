"""Make the round of Hoà Bình 2020: `make sample`, or `python -m samples.make_hoa_binh_2020` in the project's root.

Only the points of the six pillars are given (`nguon/pillars.csv`, see the round's README.md); how a pillar's points lie
on its leaves is drawn from a fixed seed and illustrative.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from cqdt_batch.definition.assessment import CriteriaTree
from cqdt_batch.definition.records import Criterion, Unit
from cqdt_batch.intake.submissions import InputKind
from cqdt_batch.pipeline.folder import RoundFolder
from samples.filling import SAMPLES, Answer, Row, define, fill_forms, noted, rows

STEPS = (Decimal("0.25"), Decimal("0.5"), Decimal(1))
FIRST_RETURNED = datetime(2020, 11, 2, 8, tzinfo=UTC)


def make(folder: RoundFolder) -> None:
    """Write the definition and the submissions, replacing those that are there."""
    assessment = define(folder, {})
    pillars = {row.pop("unit"): row for row in rows(folder, "pillars")}

    def answers(unit: Unit) -> Iterator[Answer]:
        return typed(assessment.trees[unit.block], unit, pillars[unit.code])

    fill_forms(assessment, folder.inbox, answers, FIRST_RETURNED)


def typed(tree: CriteriaTree, unit: Unit, pillars: Row) -> Iterator[Answer]:
    """Type the scores of a unit and what proves or explains them, the same way on every run."""
    for pillar, points in pillars.items():
        drawn = random.Random(f"{unit.code} {pillar}")  # noqa: S311 - illustration, not secrecy
        for leaf, score in _share(tree.leaves(pillar), Decimal(points), drawn) if points else ():
            yield (leaf.code, InputKind.SCORE), score
            yield from noted(leaf, achieved=bool(score))


def _share(leaves: tuple[Criterion, ...], points: Decimal, drawn: random.Random) -> Iterator[tuple[Criterion, Decimal]]:
    """Lay the points of a pillar on its leaves: full marks, less, in steps, what is missing to the pillar's points."""
    scores = {leaf.code: leaf.max_score or Decimal(0) for leaf in leaves}
    missing = sum(scores.values(), Decimal(0)) - points
    fine = missing % STEPS[0]
    largest = max(leaves, key=lambda leaf: leaf.max_score or 0).code
    scores[largest] -= fine
    missing -= fine
    while missing:
        code = drawn.choice(sorted(scores))
        step = min(drawn.choice(STEPS), missing, scores[code] // STEPS[0] * STEPS[0])
        scores[code] -= step
        missing -= step
    yield from ((leaf, scores[leaf.code]) for leaf in leaves)


if __name__ == "__main__":
    make(RoundFolder(SAMPLES / "hoa-binh-2020"))
