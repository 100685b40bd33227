"""Draw what the appraisers of an illustrative round find in the forms, and type it into their workbooks.

`nguon/appraisers.csv` says whose workbook covers which units of which part; the units of one part may be shared, and
two appraisers may look at the same ones. `nguon/verified.csv` bounds what is left of each claim, in percent, and words
the reason. An appraiser mostly agrees; where not, the figures of the reason are the verified ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import TypeAlias

from cqdt_batch.definition.parts import leaves_of, parts_of
from cqdt_batch.definition.records import AppraisalPart, Criterion, Measure, Rule, Unit
from cqdt_batch.definition.sheets import YesNo, choice_key
from cqdt_batch.intake.appraisal_table import VERIFIED, AppraisalColumn
from cqdt_batch.intake.submissions import InputKind, scored_by
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.publishing.appraisal_book import AppraisalBook
from cqdt_batch.publishing.writer import write_workbook
from cqdt_batch.scoring.outcome import Outcome
from samples.filling import APPRAISAL, Row, Typed, rows, seeded, tenths, type_into

LEFT, DIFFERENT, UNEXPLAINED = 4, 12, 1
"""How many criteria of a hundred an appraiser leaves for later, how many he sees otherwise than the unit, and how many
of these without a word."""
HUNDRED = Decimal(100)

Found: TypeAlias = "dict[InputKind, Decimal | str | None]"
"""The inputs of a leaf that points come from."""


@dataclass(frozen=True, kw_only=True)
class Appraisers:
    """Those who verify a round whose forms came out as `outcome`."""

    folder: RoundFolder
    outcome: Outcome

    def hand_in(self) -> None:
        """Write the workbook of every appraiser into the round's folder and fill it in."""
        for row in rows(self.folder, "appraisers"):
            book = AppraisalBook(outcome=self.outcome, part=self._parts[row["part"]], words=Words())
            path = write_workbook(self.folder.appraisal / row["file"], book.sheets(), Words()("appraisal.document"))
            type_into(path, APPRAISAL, self._typed(row), datetime.fromisoformat(row["saved"]))

    @cached_property
    def _parts(self) -> Mapping[str, AppraisalPart]:
        return {part.code: part for part in parts_of(self.outcome.assessment)}

    @cached_property
    def _bounds(self) -> Mapping[tuple[str, str], Row]:
        """What is left of a claim, and the reason, by block and criterion."""
        return {(row["block"], row["criterion"]): row for row in rows(self.folder, "verified")}

    def _typed(self, row: Row) -> Iterator[Typed]:
        """What one appraiser types, from the first to the last of his units."""
        part = self._parts[row["part"]]
        units = self.outcome.assessment.units_of(part.block)
        codes = [unit.code for unit in units]
        for unit in units[codes.index(row["first"]) : codes.index(row["last"]) + 1]:
            assessed = self.outcome.assessment.assessed_leaves(unit)
            for leaf in leaves_of(self.outcome.assessment, part):
                if leaf in assessed and leaf.rule is not Rule.GIVEN:
                    yield from self._verdict(unit, leaf)

    def _verdict(self, unit: Unit, leaf: Criterion) -> Iterator[Typed]:
        """The verified inputs of a leaf and, where they are not the unit's own, the reason."""
        drawn = seeded(unit.code, leaf.code, "verified")
        luck = drawn.randint(1, 100)
        if luck <= LEFT:
            return
        values = self.outcome.own_submission_of[unit.code].values
        own: Found = {kind: values[leaf.code, kind] for kind in scored_by(leaf)}
        bounds, row = self._bounds[leaf.block, leaf.code], (unit.code, leaf.code)
        share = Decimal(drawn.randint(int(bounds["least"] or 0), int(bounds["most"] or 0)))
        found = proven(leaf, own, share) if luck <= LEFT + DIFFERENT else own
        for kind, value in found.items():
            yield (row, VERIFIED[kind]), worded(value)
        if found != own and drawn.randint(1, 100) > UNEXPLAINED:
            yield (row, AppraisalColumn.REASON), f"(Minh hoạ) {reason(bounds['reason'], own, found)}"


def proven(leaf: Criterion, own: Found, share: Decimal) -> Found:
    """What is left of a claim: the next lower choice, or so many percent of the figure, never above the whole."""
    kind = scored_by(leaf)[0]
    claimed = own[kind]
    if not isinstance(claimed, Decimal):
        return {kind: lower_choice(leaf, claimed)}
    left = claimed * share / 100
    if leaf.rule is Rule.POINTS:
        step = leaf.step or Decimal(1)
        return {kind: left // step * step}
    if leaf.measured is Measure.PERCENT:
        return {kind: min(tenths(left), HUNDRED)}
    whole = own.get(InputKind.SECOND)
    return own | {kind: min(Decimal(int(left)), whole) if isinstance(whole, Decimal) else Decimal(int(left))}


def lower_choice(leaf: Criterion, claimed: str | None) -> str | None:
    """The choice below, as long as it is worth any points: something has been proven."""
    if leaf.rule is Rule.YES_NO:
        return YesNo.NO
    names = [level.name for level in leaf.levels if level.points]
    return names[min(names.index(claimed) + 1, len(names) - 1)] if claimed in names else claimed


def worded(value: Decimal | str | None) -> Decimal | str:
    """A value as it is typed; a yes or no in the words of the workbook."""
    if isinstance(value, YesNo):
        return Words()(choice_key(value))
    return "" if value is None else value


def reason(text: str, own: Found, found: Found) -> str:
    """Put the figures into a reason: the verified a and b, and the a that the unit claimed."""
    first = next(iter(found))
    figures = {"a": found[first], "b": found.get(InputKind.SECOND), "claimed": own[first]}
    return text.format(**{name: Words().shown(value or Decimal(0)) for name, value in figures.items()})
