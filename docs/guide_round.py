"""The small round of `guide.toml`, in either language: its definition, its filled forms, and what comes of them."""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.loading import Definition
from cqdt_batch.definition.records import AnnexTable, Criterion, Rule, Unit
from cqdt_batch.definition.sheets import SHEETS, Field, Kind, YesNo, choice_key
from cqdt_batch.intake.submissions import scored_by
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.running import examine, read_definition
from cqdt_batch.publishing.definition_book import Contents, definition_sheets
from cqdt_batch.publishing.sheets import as_shown
from cqdt_batch.publishing.writer import write_workbook
from cqdt_batch.scoring.outcome import Outcome
from samples.filling import Answer, fill_forms, noted

HERE = Path(__file__).parent
SOURCE = HERE / "guide.toml"
FOLDERS = {Language.VI: RoundFolder(HERE / "vi-du"), Language.EN: RoundFolder(HERE / "example")}
"""Where the definition of the round is shipped."""
RETURNED = datetime(2025, 12, 1, 8, tzinfo=UTC)
"""The invented date of the first filled form."""
FIRST_ROW = 2
"""The row of the first record on a sheet of the definition."""


@dataclass(frozen=True, kw_only=True)
class GuideRound:
    """The round in one language."""

    language: Language

    @property
    def words(self) -> Words:
        """The catalogue in the round's language."""
        return Words(self.language)

    @cached_property
    def source(self) -> dict[str, Any]:
        """What `guide.toml` says in this language; numbers are exact."""
        read: dict[str, Any] = self._said(tomllib.loads(SOURCE.read_text(encoding="utf-8"), parse_float=Decimal))
        return read

    def _said(self, value: Any) -> Any:
        """Choose this language wherever a text is given in both."""
        match value:
            case {"vi": _, "en": _}:
                return value[self.language]
            case dict():
                return {key: self._said(part) for key, part in value.items()}
            case list():
                return [self._said(part) for part in value]
            case int():
                return Decimal(value)
        return value

    @cached_property
    def contents(self) -> dict[str, list[dict[str, str | Decimal | None]]]:
        """What the sheets of the definition hold, as it is typed into them."""
        return {
            spec.name: [
                {field.name: self._typed(field, record.get(field.name)) for field in spec.fields}
                for record in self.source[spec.name]
            ]
            for spec in SHEETS
            if spec.name in self.source
        }

    def _typed(self, field: Field, value: Any) -> str | Decimal | None:
        if value is None:
            return None
        if field.choices:
            return self.words(choice_key(field.choices(value)))
        return value if field.kind in (Kind.NUMBER, Kind.WHOLE) else str(value)

    def define(self, folder: RoundFolder, changes: Sequence[Mapping[str, Any]] = ()) -> Definition:
        """Write the definition into a folder and load it; `changes` are cells that are typed otherwise."""
        sheets = definition_sheets(self.words, self._changed(changes))
        write_workbook(folder.definition, sheets, self.words("definition.guide.title"))
        return read_definition(folder)

    def _changed(self, changes: Sequence[Mapping[str, Any]]) -> Contents:
        changed = {sheet: [dict(record) for record in records] for sheet, records in self.contents.items()}
        for change in changes:
            spec = next(spec for spec in SHEETS if spec.name == change["sheet"])
            field = next(field for field in spec.fields if field.name == change["field"])
            value = change.get("value")
            typed = value if isinstance(value, Decimal) else self._typed(field, value)
            changed[spec.name][int(change["row"]) - FIRST_ROW][field.name] = typed
        return changed

    @cached_property
    def outcome(self) -> Outcome:
        """What comes of the round: its forms are written, filled, taken in, scored and ranked as in an office."""
        with tempfile.TemporaryDirectory() as place:
            folder = RoundFolder(Path(place))
            definition = self.define(folder)
            if definition.assessment is None:
                raise SystemExit("\n".join(map(self.words.message, definition.findings)))
            self.fill(definition.assessment, folder.inbox)
            return examine(folder, definition)

    def fill(self, assessment: Assessment, inbox: Path) -> None:
        """Write the filled forms of all units into an inbox."""
        fill_forms(assessment, inbox, lambda unit: self._answers(assessment, unit), RETURNED)

    def _answers(self, assessment: Assessment, unit: Unit) -> Iterator[Answer]:
        answers = self.source["answers"][unit.code]
        for leaf in assessment.assessed_leaves(unit):
            if leaf.rule is Rule.GIVEN:
                continue
            for kind, value in zip(scored_by(leaf), answers[leaf.code], strict=True):
                typed = Words()(choice_key(YesNo(value))) if leaf.rule is Rule.YES_NO else value
                yield (leaf.code, kind), typed
            yield from noted(leaf, achieved=answers[leaf.code][0] not in (0, YesNo.NO))

    @property
    def assessment(self) -> Assessment:
        """The definition as it is loaded."""
        return self.outcome.assessment

    def leaf(self, example: Mapping[str, Any]) -> Criterion:
        """The leaf that an example names by its block and code."""
        return self.assessment.trees[example["block"]].by_code[example["criterion"]]

    def table(self, code: str) -> AnnexTable:
        """A table of the annex."""
        return next(table for table in self.assessment.tables if table.code == code)

    def told(self, key: str, **facts: str) -> str:
        """A text of `guide.toml`."""
        said: str = self.source["texts"][key]
        return said.format(**facts) if facts else said

    def shown(self, value: Decimal | Fraction | str | int | None) -> str:
        """A value as a reader of this language writes it; nothing where there is none."""
        return "" if value is None else self.words.shown(as_shown(value) if isinstance(value, Fraction) else value)
