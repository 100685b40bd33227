"""What a form says of a unit that is not assessed on everything, under every treatment, recalculated by LibreOffice."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pytest

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import Aggregation, ColumnKind, Exemption, Rule, Treatment, ZeroRule
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from tests.assessments import BLOCK, assessment, criterion, half_up, unit
from tests.libreoffice import all_recalculated
from tests.rounds import FORM, codes, form_cells
from tests.test_rule_forms import (
    LEAVES,
    NEEDS_LIBREOFFICE,
    TREE,
    Typed,
    as_cell,
    examined,
    fill,
    leaf,
    named,
    randomly,
    written,
)

UNKNOWN = (Rule.RELATIVE, Rule.GIVEN)
"""The rules whose points a form alone cannot know."""
NESTED = (
    criterion("mean-deep", "T", aggregation=Aggregation.MEAN),
    criterion("mean-deep.1", "mean-deep", weight=Decimal(2)),
    leaf("mean-deep.1.a", Rule.RATIO, parent="mean-deep.1", maximum=4, on_zero=ZeroRule.NOT_ASSESSED),
    leaf("mean-deep.1.b", Rule.YES_NO, parent="mean-deep.1", maximum=3),
    leaf("mean-deep.2", Rule.TARGET, parent="mean-deep", weight=Decimal(1)),
)
KNOWN = (*(one for one in TREE if one.rule not in UNKNOWN), *NESTED)
UNITS = tuple(unit(f"u{number}") for number in range(6))
EXEMPT = (
    ("u1", "mean-sure"),
    ("u2", "best-either.1"),
    ("u3", "mean-deep.1.b"),
    ("u3", "steps-ratio-zero"),
    ("u4", "sum-absent"),
    ("u4", "mean-either.2"),
)
EXEMPTIONS = tuple(Exemption(block="k", group="", unit=of, criterion=code, reason="") for of, code in EXEMPT)


def treated(treatment: Treatment) -> Assessment:
    block = replace(BLOCK, treatment=treatment, decimals=2)
    return named(assessment(UNITS, KNOWN, block, exemptions=EXEMPTIONS))


def typed_by(of: Assessment, code: str, number: int) -> Typed:
    asked = {one.code for one in of.assessed_leaves(of.unit_by_code[code])}
    drawn = randomly(Random(number), all_zero=number % 3 == 2)
    nested: Typed = {(one, kind): value for (one, kind), value in drawn.items() if one in LEAVES}
    like = {
        "mean-deep.1.a": "ratio-ratio-not_assessed",
        "mean-deep.1.b": "yes_no-x-error",
        "mean-deep.2": "target-ratio-error",
    }
    for one, other in like.items():
        nested |= {(one, kind): value for (code_, kind), value in drawn.items() if code_ == other}
    return {(one, kind): value for (one, kind), value in nested.items() if one in asked}


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> dict[Treatment, RoundFolder]:
    """A round for every treatment, its forms filled at random and calculated in one run of LibreOffice."""
    base = tmp_path_factory.mktemp("treatments")
    (base / "typed").mkdir()
    made = {}
    for treatment in Treatment:
        of = treated(treatment)
        made[treatment] = written(of, base / treatment)
        for number, one in enumerate(of.asked_units):
            cells = {place: as_cell(value) for place, value in typed_by(of, one.code, number).items()}
            fill(made[treatment].forms / f"{one.code}.xlsx", cells, base / "typed" / f"{treatment}-{one.code}.xlsx")
    all_recalculated(sorted((base / "typed").iterdir()), base / "calculated")
    for path in sorted((base / "calculated").iterdir()):
        told, _, name = path.name.partition("-")
        path.rename(made[Treatment(told)].inbox / name)
    return made


def result_of(form: Path) -> Any:
    """The figure in the column of points above the header."""
    sheet = openpyxl.load_workbook(form, data_only=True)[FORM]
    header = next(cell for row in sheet.iter_rows() for cell in row if cell.value == Words()("form.column.score"))
    return sheet.cell(header.row - 1, header.column).value


@NEEDS_LIBREOFFICE
@pytest.mark.parametrize("treatment", Treatment)
def test_the_form_shows_the_points_and_what_becomes_of_them(
    treatment: Treatment, rounds: dict[Treatment, RoundFolder]
) -> None:
    of, folder = treated(treatment), rounds[treatment]
    outcome = examined(of, folder)
    assert set(codes(outcome.findings)) <= {"unit_not_comparable"}
    figures = outcome.tables[0].figures
    shown = {ColumnKind.CONVERTED: Treatment.CONVERTED, ColumnKind.PERCENT: Treatment.PERCENT}
    kind = next((kind for kind, when in shown.items() if when is treatment), None)
    assert (len(of.asked_units) < len(UNITS)) == (treatment is Treatment.LEFT_OUT)
    for one in of.asked_units:
        form = folder.inbox / f"{one.code}.xlsx"
        sheet = openpyxl.load_workbook(form, data_only=True)[FORM]
        total = figures.points_of(one, "T")
        assert total is not None
        assert sheet[form_cells(sheet)["T"]].value == pytest.approx(float(total), abs=1e-9)
        exact = figures.exact(kind, one) if kind else None
        expected = None if exact is None else float(half_up(exact, 2))
        assert result_of(form) == (None if expected is None else pytest.approx(expected, abs=1e-9))


def test_a_unit_that_is_assessed_on_nothing_gets_a_form_without_a_result(tmp_path: Path) -> None:
    nothing = Exemption(block="k", group="", unit="u0", criterion="T", reason="")
    of = replace(treated(Treatment.CONVERTED), exemptions=(nothing,))
    folder = written(of, tmp_path)
    assert result_of(folder.forms / "u0.xlsx") is None
    assert result_of(folder.forms / "u1.xlsx") is not None


@pytest.mark.parametrize("how", Aggregation)
def test_formulas_of_a_form_stay_within_what_excel_takes(how: Aggregation, tmp_path: Path) -> None:
    """A hundred leaves that may turn out not to be assessed, below one another's means: nothing grows with them."""
    nodes = [criterion("T")]
    for _ in range(8):
        parent = nodes[-1].code
        nodes.append(criterion(f"{parent}.0", parent, aggregation=how, weight=Decimal(1)))
    leaves = [
        leaf(f"{node.code}.{number}", Rule.RATIO, parent=node.code, on_zero=ZeroRule.NOT_ASSESSED, weight=Decimal(2))
        for node in nodes[1:]
        for number in range(1, 13)
    ]
    of = named(assessment(UNITS[:1], (*nodes, *leaves), replace(BLOCK, treatment=Treatment.CONVERTED)))
    sheets = openpyxl.load_workbook(written(of, tmp_path).forms / "u0.xlsx")
    formulas = [cell.value for sheet in sheets for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert len(formulas) > len(leaves)
    assert max(map(len, formulas)) < 2_000
