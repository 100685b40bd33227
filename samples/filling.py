"""Make a shipped round from the tables of its `nguon/`: the definition workbook, and forms filled as by its units.

The forms are the program's own, opened and filled with openpyxl as a unit would fill them in Excel; so are the
workbooks of appraisers. A second run makes the same bytes.
"""

from __future__ import annotations

import csv
import random
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

import openpyxl

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import Criterion, Unit
from cqdt_batch.definition.sheets import PROFILE, SHEETS, Kind, choice_key
from cqdt_batch.intake.appraisal_table import AppraisalColumn
from cqdt_batch.intake.submissions import InputKind
from cqdt_batch.intake.tables import FormColumn
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.running import read_definition
from cqdt_batch.pipeline.writing import write_forms
from cqdt_batch.publishing.definition_book import definition_sheets
from cqdt_batch.publishing.writer import write_workbook

SAMPLES = Path(__file__).parent
BETWEEN_RETURNS = timedelta(hours=5)
"""The dates on the filled forms are invented: one every so often."""
UNDONE = "Chưa triển khai trong năm."

Row: TypeAlias = dict[str, str]
Answer: TypeAlias = "tuple[tuple[str, InputKind], Decimal | str]"
"""What a unit types for an input of a criterion."""
Typed: TypeAlias = "tuple[tuple[tuple[str, ...], str], Decimal | str]"
"""What is typed into a table, by the codes of the row and the name of the column."""


def sources(folder: RoundFolder) -> Path:
    """Where the tables stand from which a round is made."""
    return folder.path / "nguon"


def seeded(*about: str) -> random.Random:
    """A draw that depends on nothing but what it is about."""
    return random.Random("/".join(about))  # noqa: S311 - illustration, not secrecy


def tenths(figure: Decimal) -> Decimal:
    """Cut a figure after one decimal."""
    return Decimal(int(figure * 10)) / 10


def rows(folder: RoundFolder, name: str) -> list[Row]:
    """Read a table of `nguon/`."""
    with (sources(folder) / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def define(folder: RoundFolder, drawn: Mapping[str, list[Row]]) -> Assessment:
    """Write the definition workbook from `nguon/` and the records that were `drawn` by sheet, and load it."""
    words = Words()
    write_workbook(
        folder.definition, definition_sheets(words, contents(folder, drawn)), words("definition.guide.title")
    )
    definition = read_definition(folder)
    if definition.assessment is None:
        raise SystemExit("\n".join(f"{f.where.sheet} {f.where.cell}: {words.message(f)}" for f in definition.findings))
    return definition.assessment


def contents(folder: RoundFolder, drawn: Mapping[str, list[Row]]) -> dict[str, list[dict[str, str | Decimal | None]]]:
    """What the definition workbook holds; a sheet without a table stays as in a blank definition."""
    shipped = [spec for spec in SHEETS if (sources(folder) / f"{spec.name}.csv").exists()]
    records = {spec.name: rows(folder, spec.name) for spec in shipped} | dict(drawn)
    records[PROFILE.name] = [{row["field"]: row["value"] for row in records[PROFILE.name]}]
    return {
        spec.name: [
            {field.name: _cell(field.kind, field.choices, record.get(field.name, "")) for field in spec.fields}
            for record in records[spec.name]
        ]
        for spec in SHEETS
        if spec.name in records
    }


def _cell(kind: Kind, choices: type[StrEnum] | None, text: str) -> str | Decimal | None:
    if not text:
        return Words()("not_assessed") if kind is Kind.POINTS else None
    if kind in (Kind.WHOLE, Kind.NUMBER, Kind.POINTS):
        return Decimal(text)
    return Words()(choice_key(choices(text))) if choices else text


def fill_forms(
    assessment: Assessment, out: Path, answers: Callable[[Unit], Iterable[Answer]], first_returned: datetime
) -> dict[Unit, Path]:
    """Write the forms of all units into an emptied folder and fill each in place."""
    shutil.rmtree(out, ignore_errors=True)
    forms = write_forms(assessment, out, Words())
    for number, (unit, form) in enumerate(zip(assessment.asked_units, forms, strict=True)):
        fill(form, answers(unit), first_returned + number * BETWEEN_RETURNS)
    return dict(zip(assessment.asked_units, forms, strict=True))


def noted(leaf: Criterion, *, achieved: bool, why_not: str = UNDONE) -> Iterator[Answer]:
    """Name evidence where a unit claims something and must prove it, and explain where it claims nothing."""
    if not achieved:
        yield (leaf.code, InputKind.EXPLANATION), f"(Minh hoạ) {why_not}"
    elif leaf.evidence_required:
        yield (leaf.code, InputKind.EVIDENCE), f"(Minh hoạ) {leaf.evidence}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Where in a workbook of the program somebody types: the sheet, its columns, those whose codes name a row."""

    sheet: str
    headers: str
    columns: type[StrEnum]
    keys: tuple[str, ...]


FORM = Table(sheet="form.sheet", headers="form.column", columns=FormColumn, keys=(FormColumn.CODE,))
APPRAISAL = Table(
    sheet="appraisal.sheet",
    headers="appraisal.column",
    columns=AppraisalColumn,
    keys=(AppraisalColumn.UNIT_CODE, AppraisalColumn.CODE),
)


def fill(form: Path, answers: Iterable[Answer], returned: datetime) -> None:
    """Type the answers into a form as its unit would, and save it at the invented time."""
    type_into(form, FORM, ((((criterion,), kind), answer) for (criterion, kind), answer in answers), returned)


def type_into(path: Path, table: Table, answers: Iterable[Typed], saved: datetime) -> None:
    """Type into the table of a workbook, and save it at the invented time."""
    workbook = openpyxl.load_workbook(path)
    sheet = workbook[Words()(table.sheet)]
    columns = _columns(sheet, table)
    codes = zip(*(sheet[columns[key]] for key in table.keys), strict=True)
    lines = {tuple(cell.value for cell in row): row[0].row for row in codes}
    for (row, column), answer in answers:
        sheet[f"{columns[column]}{lines[row]}"].value = _typed(answer)
    workbook.save(path)
    _fix_dates(path, saved)


def _columns(sheet: openpyxl.worksheet.worksheet.Worksheet, table: Table) -> dict[str, str]:
    """The letters of the columns of a table that are there."""
    headers = {Words()(f"{table.headers}.{column}"): str(column) for column in table.columns}
    found = {headers[c.value]: c.column_letter for cells in sheet for c in cells if c.value in headers}
    if not set(table.keys) <= found.keys():
        raise SystemExit("the table has no header row")
    return found


def _typed(answer: Decimal | str) -> str | int | float:
    if isinstance(answer, str):
        return answer
    return int(answer) if answer == int(answer) else float(answer)


def _fix_dates(path: Path, returned: datetime) -> None:
    """Give the file the invented date instead of today's, so that a second run makes the same bytes."""
    stamp = f"{returned:%Y-%m-%dT%H:%M:%SZ}".encode()
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    core = "docProps/core.xml"
    parts[core] = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, parts[core])
    write_zip(path, parts.items(), returned)


def write_zip(path: Path, parts: Iterable[tuple[str, bytes]], moment: datetime) -> None:
    """Write a zip file all of whose parts bear one date."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts:
            part = zipfile.ZipInfo(name, date_time=moment.timetuple()[:6])
            part.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(part, data)
