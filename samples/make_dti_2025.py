"""Make the illustrative DTI round of 2025: `make sample`, or `python -m samples.make_dti_2025` in the project's root.

The province does not exist. What its units answer, what the appraiser gives them and what they had last year is drawn:
every unit has a level of its own, each of its figures lies around that level between the bounds of `nguon/figures.csv`,
and its denominators come from `nguon/sizes.csv`, one number for all criteria that divide by the same thing. All draws
are of whole numbers, seeded by what they are for, so that they are the same everywhere and a new criterion moves no
other. What the appraisers find is drawn as well, from what the program reads in the forms; the old points of the
register of corrections are those that it then has.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from pathlib import Path

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import Criterion, Measure, Rule, Unit
from cqdt_batch.definition.sheets import YesNo, choice_key
from cqdt_batch.intake.appraisal import take_in_appraisal
from cqdt_batch.intake.submissions import InputKind
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.running import assess, read_definition
from cqdt_batch.scoring.outcome import Outcome, evaluate
from samples.filling import SAMPLES, UNDONE, Answer, Row, define, fill_forms, noted, rows, seeded, tenths, write_zip
from samples.verifying import Appraisers

FIRST_RETURNED = datetime(2025, 11, 3, 8, tzinfo=UTC)
ZIPPED = datetime(2025, 12, 15, 16, tzinfo=UTC)
"""When the forms of a sub-group were packed."""
FULL = 1000
"""A level is a number of thousandths: 0 has achieved nothing, 1,000 everything."""


def make(folder: RoundFolder) -> None:
    """Write the definition, the submissions and the appraisal, replacing those that are there."""
    draw = Draw(folder=folder)
    drawn = {"given": list(draw.given()), "past": list(draw.past()), "corrections": []}
    assessment = define(folder, drawn)
    with tempfile.TemporaryDirectory() as filled:
        forms = fill_forms(assessment, Path(filled), lambda unit: answers(draw, assessment, unit), FIRST_RETURNED)
        hand_in(folder.inbox, forms)
    define(folder, drawn | {"corrections": list(corrections(folder, appraised(folder)))})


def appraised(folder: RoundFolder) -> Outcome:
    """Let the appraisers look at the forms, and see what the round comes to."""
    shutil.rmtree(folder.appraisal, ignore_errors=True)
    definition = read_definition(folder)
    outcome = assess(folder, definition)
    Appraisers(folder=folder, outcome=outcome).hand_in()
    found = take_in_appraisal(outcome.assessment, folder.appraisal, outcome.intake.submissions)
    return evaluate(definition, outcome.intake, folder.inbox.name, found)


def corrections(folder: RoundFolder, outcome: Outcome) -> Iterator[Row]:
    """The register, with the points that stand without it as the old ones; "not assessed" is an empty cell."""
    for row in rows(folder, "corrections"):
        block = outcome.assessment.unit_by_code[row["unit"]].block
        old: Decimal | None = outcome.points[block].loc[row["unit"]].to_dict()[row["criterion"]]
        yield row | {"old": "" if old is None else f"{old:f}"}


@dataclass(frozen=True, kw_only=True)
class Draw:
    """What is drawn for the units of the round, from the bounds in its `nguon/`."""

    folder: RoundFolder

    @cached_property
    def figures(self) -> Mapping[tuple[str, str], Row]:
        """The bounds of each figure, by block and criterion; `of` names the denominator."""
        return {(row["block"], row["criterion"]): row for row in rows(self.folder, "figures")}

    @cached_property
    def sizes(self) -> Mapping[tuple[str, str], Row]:
        """The bounds of each denominator, by block and name; `absent` percent of the units have none."""
        return {(row["block"], row["name"]): row for row in rows(self.folder, "sizes")}

    def figure(self, block: str, unit: str, criterion: str) -> Decimal:
        """What a unit reaches on a criterion: percentages, numbers or points."""
        bounds = self.figures[block, criterion]
        least, most = Decimal(bounds["least"]), Decimal(bounds["most"])
        return least + (most - least) * level(unit, criterion) / FULL

    def size(self, unit: Unit, criterion: str) -> int:
        """The denominator of a unit's ratio."""
        name = self.figures[unit.block, criterion]["of"]
        bounds = self.sizes[unit.block, name]
        drawn = seeded(unit.code, name)
        is_absent = drawn.randint(1, 100) <= int(bounds["absent"] or 0)
        return 0 if is_absent else drawn.randint(int(bounds["least"]), int(bounds["most"]))

    def given(self) -> Iterator[Row]:
        """What the appraiser gives every unit, to one decimal."""
        criteria = [row for row in rows(self.folder, "criteria") if row["rule"] == Rule.GIVEN]
        for unit in rows(self.folder, "units"):
            for criterion in (row["code"] for row in criteria if row["block"] == unit["block"]):
                points = tenths(self.figure(unit["block"], unit["code"], criterion))
                source = "(Minh hoạ) Khảo sát mức độ hài lòng năm 2025"
                yield {"unit": unit["code"], "criterion": criterion, "points": f"{points}", "source": source}

    def past(self) -> Iterator[Row]:
        """What the units, or those they were merged from, had in 2024, ranked within their block."""
        block_of = {unit["code"]: unit["block"] for unit in rows(self.folder, "units")}
        had = [(row["unit"], row["name"], last_total(row["unit"], row["name"])) for row in rows(self.folder, "past")]
        for unit, name, total in had:
            rank = 1 + sum(other > total for who, _, other in had if block_of[who] == block_of[unit])
            yield {"unit": unit, "name": name, "total": f"{total}", "rank": f"{rank}"}


def level(unit: str, criterion: str) -> int:
    """How far a unit is on a criterion: around its own level, which is mostly in the middle."""
    own = seeded(unit)
    around = 120 + own.randint(0, 370) + own.randint(0, 370) + seeded(unit, criterion).randint(-220, 220)
    return min(max(around, 0), FULL)


def last_total(unit: str, name: str) -> Decimal:
    """The total of 2024 on the scale of 2025: in the mean a little below this year's."""
    return 350 + level(unit, f"2024 {name}") * Decimal("0.55") + Decimal(seeded(unit, name).randint(0, 54)) / 100


def answers(draw: Draw, assessment: Assessment, unit: Unit) -> Iterator[Answer]:
    """What a unit types: inputs by the rules of its leaves, and what proves or explains them."""
    for leaf in assessment.assessed_leaves(unit):
        yield from typed(draw, unit, leaf)


def typed(draw: Draw, unit: Unit, leaf: Criterion) -> Iterator[Answer]:
    """Type the inputs of one leaf."""
    match leaf.rule:
        case Rule.GIVEN:
            return
        case Rule.YES_NO:
            is_so = level(unit.code, leaf.code) >= FULL * 2 // 5
            yield (leaf.code, InputKind.FIRST), Words()(choice_key(YesNo.YES if is_so else YesNo.NO))
            yield from noted(leaf, achieved=is_so)
        case Rule.CASES:
            case = leaf.levels[(FULL - level(unit.code, leaf.code)) * len(leaf.levels) // (FULL + 1)]
            yield (leaf.code, InputKind.FIRST), case.name
            yield from noted(leaf, achieved=bool(case.points))
        case Rule.POINTS:
            step = leaf.step or Decimal(1)
            score = min(draw.figure(unit.block, unit.code, leaf.code) // step * step, leaf.max_score or Decimal(0))
            yield (leaf.code, InputKind.SCORE), score
            yield from noted(leaf, achieved=bool(score))
        case _:
            numbers = measured(draw, unit, leaf)
            yield from (((leaf.code, kind), number) for kind, number in numbers.items())
            why_not = UNDONE if numbers.get(InputKind.SECOND, 1) else "Không phát sinh trong năm."
            yield from noted(leaf, achieved=bool(numbers[InputKind.FIRST]), why_not=why_not)


def measured(draw: Draw, unit: Unit, leaf: Criterion) -> dict[InputKind, Decimal]:
    """The numbers of a leaf that measures something; the part is never above the whole."""
    figure = draw.figure(unit.block, unit.code, leaf.code)
    match leaf.measured:
        case Measure.RATIO:
            whole = draw.size(unit, leaf.code)
            part = int(whole * min(figure, Decimal(100)) / 100)
            return {InputKind.FIRST: Decimal(part), InputKind.SECOND: Decimal(whole)}
        case Measure.PERCENT:
            return {InputKind.FIRST: tenths(min(figure, Decimal(100)))}
        case _:
            return {InputKind.FIRST: Decimal(int(figure))}


def hand_in(inbox: Path, forms: Mapping[Unit, Path]) -> None:
    """Put the forms of departments into the inbox, and those of communes as one zip file for each sub-group."""
    shutil.rmtree(inbox, ignore_errors=True)
    inbox.mkdir()
    for subgroup, members in groupby(forms.items(), key=lambda item: item[0].subgroup):
        files = [(form.name, form.read_bytes()) for _, form in members]
        if subgroup:
            write_zip(inbox / f"cum-{subgroup.removeprefix('Cụm ')}.zip", files, ZIPPED)
            continue
        for name, content in files:
            (inbox / name).write_bytes(content)


if __name__ == "__main__":
    make(RoundFolder(SAMPLES / "dti-2025"))
