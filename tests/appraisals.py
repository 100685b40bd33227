"""Appraisals made in code, outcomes of small rounds, and their annex as a workbook that LibreOffice recalculates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.layout import Layout, Place
from cqdt_batch.definition.loading import Definition
from cqdt_batch.definition.records import Correction
from cqdt_batch.findings import Where
from cqdt_batch.intake.appraisal import Appraisal
from cqdt_batch.intake.rivals import FileEntry, FileState
from cqdt_batch.intake.submissions import Input, InputKind, Submission
from cqdt_batch.intake.verdicts import Verdict
from cqdt_batch.messages import Words
from cqdt_batch.publishing.annex.tables import annex_sheets
from cqdt_batch.publishing.writer import write_workbook
from cqdt_batch.scoring.outcome import Outcome, evaluate
from tests.assessments import intake_of
from tests.libreoffice import SOFFICE, all_recalculated

FOLDER, FILE = "tham-dinh", "tham-dinh/to-1.xlsx"
CORRECTIONS = Place(
    sheet=Words()("definition.corrections.sheet"),
    header=1,
    columns={"unit": 1, "criterion": 2, "old": 3, "new": 4},
)
LAYOUT = Layout(file="dot-danh-gia.xlsx", places={"corrections": CORRECTIONS})


def verdict(unit: str, code: str, values: Mapping[InputKind, Any] | Decimal, reason: str = "") -> Verdict:
    """What an appraiser found; a number alone are points."""
    found = {InputKind.SCORE: values} if isinstance(values, Decimal) else values
    where = Where(file=FILE, sheet="Phiếu", row=sum(map(ord, unit + code)), column=9)
    inputs = tuple(
        Input(unit=unit, criterion=code, kind=kind, raw=value, value=value, where=replace(where, column=column))
        for column, (kind, value) in enumerate(found.items(), 10)
    )
    return Verdict(unit=unit, criterion=code, inputs=inputs, reason=reason, where=where, sha256="0" * 64)


def appraisal(*verdicts: Verdict) -> Appraisal:
    """One accepted file with these verdicts."""
    entry = FileEntry(name=FILE, state=FileState.ACCEPTED, sha256="0" * 64, verdicts=verdicts)
    return Appraisal(
        folder=FOLDER, files=(entry,), verdicts={(one.unit, one.criterion): one for one in verdicts}, listed=1
    )


def correction(unit: str, code: str, old: Decimal | str | None, new: Decimal | str | None, row: int = 2) -> Correction:
    """An entry of the register; None is "not assessed"."""
    points = [None if one is None else Decimal(one) for one in (old, new)]
    return Correction(
        unit=unit,
        criterion=code,
        old=points[0],
        new=points[1],
        reason="Bổ sung minh chứng",
        author="Nguyễn Văn An",
        day="15/12/2020",
        document="Công văn số 12",
        row=row,
    )


def corrected(of: Assessment, *entries: Correction) -> Assessment:
    """The assessment with a register of these entries, from row 2."""
    return replace(of, corrections=tuple(replace(entry, row=row) for row, entry in enumerate(entries, 2)))


def evaluated(of: Assessment, submissions: Iterable[Submission], *verdicts: Verdict) -> Outcome:
    """Evaluate a round, with an appraisal if there are verdicts."""
    definition = Definition(assessment=of, findings=(), layout=LAYOUT)
    made = appraisal(*verdicts) if verdicts else None
    return evaluate(definition, intake_of(tuple(submissions)), "bai-nop", made)


def annex_of(outcome: Outcome, path: Path) -> Path:
    """Write the annex of an outcome."""
    return write_workbook(path, annex_sheets(outcome, Words()), "phu-luc")


def contents(path: Path, *, formulas: bool = False) -> dict[tuple[str, str], Any]:
    """Every filled cell of a workbook by sheet and address."""
    workbook = openpyxl.load_workbook(path, data_only=not formulas)
    cells = ((sheet.title, cell) for sheet in workbook for row in sheet.iter_rows() for cell in row)
    return {(title, cell.coordinate): cell.value for title, cell in cells if cell.value is not None}


def disagreements(annexes: Sequence[Path], folder: Path) -> list[tuple[str, tuple[str, str], Any, Any]]:
    """The formulas of workbooks whose recalculated value is not the one beside them; none without LibreOffice."""
    if SOFFICE is None:
        return []
    folder.mkdir()
    all_recalculated(annexes, folder)
    return [(path.name, *found) for path in annexes for found in _differing(path, folder / path.name)]


def _differing(path: Path, recalculated: Path) -> Iterator[tuple[tuple[str, str], Any, Any]]:
    cached, again = contents(path), contents(recalculated)
    places = [at for at, value in contents(path, formulas=True).items() if str(value).startswith("=")]
    assert places
    for at in places:
        if (cached.get(at) or "") != pytest.approx(again.get(at) or "", abs=1e-9):
            yield at, cached.get(at), again.get(at)
