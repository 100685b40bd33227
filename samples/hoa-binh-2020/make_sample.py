"""Make the sample round: its definition from the tables in `nguon/`, and 30 filled forms.

Run from the project's root: `make sample`. The forms are the program's own, opened and filled with openpyxl as a
unit would fill them in Excel. Only the scores of the six pillars are given (`nguon/pillars.csv`, see README.md);
how a pillar's points lie on its leaves is drawn from a fixed seed and illustrative.
"""

from __future__ import annotations

import csv
import random
import re
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import Criterion, Unit
from cqdt_batch.definition.sheets import LIMITS, PROFILE, SHEETS, Kind, choice_key
from cqdt_batch.messages import Words
from cqdt_batch.pipeline import RoundFolder, read_definition, write_forms
from cqdt_batch.publishing.definition_book import definition_sheets
from cqdt_batch.publishing.writer import write_workbook

HERE = Path(__file__).parent
SOURCES = HERE / "nguon"
STEPS = (Decimal("0.25"), Decimal("0.5"), Decimal(1))
FIRST_RETURNED = datetime(2020, 11, 2, 8, tzinfo=UTC)
"""The dates on the filled forms are invented: one every five hours from here."""


def main() -> None:
    """Write the definition and the submissions, replacing those that are there."""
    folder = RoundFolder(HERE)
    words = Words()
    write_workbook(folder.definition, definition_sheets(words, contents(words)), words("definition.guide.title"))
    definition = read_definition(folder)
    if definition.assessment is None:
        raise SystemExit("\n".join(f"{f.where.sheet} {f.where.cell}: {words.message(f)}" for f in definition.findings))
    folder.inbox.mkdir(exist_ok=True)
    for old in folder.inbox.glob("*.xlsx"):
        old.unlink()
    with tempfile.TemporaryDirectory() as blank:
        forms = write_forms(definition.assessment, Path(blank), words)
        for number, (unit, form) in enumerate(zip(definition.assessment.units, forms, strict=True)):
            returned = FIRST_RETURNED + number * timedelta(hours=5)
            fill(form, folder.inbox / f"{unit.code}.xlsx", leaf_scores(definition.assessment, unit), returned)


def rows(name: str) -> list[dict[str, str]]:
    """Read a table of `nguon/`."""
    with (SOURCES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def contents(words: Words) -> dict[str, list[dict[str, str | Decimal | None]]]:
    """What the definition workbook holds; choices are written as the workbook's language says them."""
    profile = {row["field"]: row["value"] for row in rows(PROFILE.name)}
    sheets = [spec for spec in SHEETS if spec is not LIMITS]  # the usual limits
    records = {spec.name: [profile] if spec is PROFILE else rows(spec.name) for spec in sheets}
    return {
        spec.name: [
            {field.name: _cell(field.kind, field.choices, record[field.name], words) for field in spec.fields}
            for record in records[spec.name]
        ]
        for spec in sheets
    }


def _cell(kind: Kind, choices: type | None, text: str, words: Words) -> str | Decimal | None:
    if not text:
        return None
    if kind in (Kind.WHOLE, Kind.NUMBER):
        return Decimal(text)
    return words(choice_key(choices(text))) if choices else text


def leaf_scores(assessment: Assessment, unit: Unit) -> dict[str, Decimal]:
    """Lay the points of each pillar on its leaves, the same way on every run."""
    pillars = next(row for row in rows("pillars") if row["unit"] == unit.code)
    tree = assessment.trees[unit.block]
    scores: dict[str, Decimal] = {}
    for pillar, points in pillars.items():
        if pillar != "unit" and points:
            drawn = random.Random(f"{unit.code} {pillar}")  # noqa: S311 - illustration, not secrecy
            scores |= dict(_share(tree.leaves(pillar), Decimal(points), drawn))
    return scores


def _share(leaves: tuple[Criterion, ...], points: Decimal, drawn: random.Random) -> Iterator[tuple[str, Decimal]]:
    """Start from full marks and take off, in steps, what is missing to the pillar's points."""
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
    yield from scores.items()


def fill(form: Path, filled: Path, scores: dict[str, Decimal], returned: datetime) -> None:
    """Type the scores into a form as its unit would, and save it under another name."""
    workbook = openpyxl.load_workbook(form)
    sheet = workbook.worksheets[0]
    columns = _columns(sheet)
    for row in range(columns["row"] + 1, sheet.max_row + 1):
        code = sheet.cell(row, columns["code"]).value
        if code not in scores:
            continue
        expected = sheet.cell(row, columns["expected"]).value
        sheet.cell(row, columns["score"]).value = _number(scores[code])
        if scores[code] and expected != Words()("form.evidence_optional"):
            sheet.cell(row, columns["evidence"]).value = f"(Minh hoạ) {expected}"
        elif not scores[code]:
            sheet.cell(row, columns["explanation"]).value = "(Minh hoạ) Chưa triển khai trong năm."
    workbook.save(filled)
    _fix_dates(filled, returned)


def _columns(sheet: openpyxl.worksheet.worksheet.Worksheet) -> dict[str, int]:
    words = Words()
    headers = {words(f"form.column.{name}"): name for name in ("code", "expected", "score", "evidence", "explanation")}
    for cells in sheet.iter_rows():
        found = {headers[cell.value]: cell.column for cell in cells if cell.value in headers}
        if len(found) == len(headers):
            return found | {"row": cells[0].row}
    raise SystemExit("the form has no header row")


def _number(score: Decimal) -> int | float:
    return int(score) if score == int(score) else float(score)


def _fix_dates(path: Path, returned: datetime) -> None:
    """Give the file the invented date instead of today's, so that a second run makes the same bytes."""
    stamp = f"{returned:%Y-%m-%dT%H:%M:%SZ}".encode()
    with zipfile.ZipFile(path) as old:
        parts = [(name, old.read(name)) for name in old.namelist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts:
            part = zipfile.ZipInfo(name, date_time=returned.timetuple()[:6])
            part.compress_type = zipfile.ZIP_DEFLATED
            dated = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, data)
            new.writestr(part, dated if name == "docProps/core.xml" else data)


if __name__ == "__main__":
    main()
