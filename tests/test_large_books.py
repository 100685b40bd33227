"""A large round stays usable: its workbooks cost no more a row than those of a small one, and headers stay in sight."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from bench.generate import make
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.publishing.annex.tables import annex_sheets
from cqdt_batch.publishing.board import board_sheets
from cqdt_batch.publishing.sheets import Computed, Sheet
from tests.rounds import ROOT, outcome_of

FORMS, SEED = 150, 5
LONG = 60
"""A sheet with more rows is a list that grows with the round."""

_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?(\d+):\$?([A-Z]{1,3})\$?(\d+)")
_PLACE = re.compile(r"\$?[A-Z]{1,3}\$?\d+")


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sheet, ...]:
    folder = RoundFolder(tmp_path_factory.mktemp("large") / "dot")
    make(folder, FORMS, SEED)
    return books(folder)


@cache
def shipped(name: str) -> tuple[Sheet, ...]:
    return books(RoundFolder(ROOT / "samples" / name))


def books(folder: RoundFolder) -> tuple[Sheet, ...]:
    outcome, words = outcome_of(folder), Words()
    return *annex_sheets(outcome, words), *board_sheets(outcome, words)


def long(sheets: tuple[Sheet, ...]) -> tuple[Sheet, ...]:
    return tuple(sheet for sheet in sheets if max(cell.row for cell in sheet.cells) > LONG)


def read(formula: str) -> int:
    """How many cells a formula looks at."""
    ranged = sum(
        (int(last) - int(first) + 1) * (column(right) - column(left) + 1)
        for left, first, right, last in _RANGE.findall(formula)
    )
    return ranged + len(_PLACE.findall(_RANGE.sub("", formula)))


def column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def rows_that_look_far(sheet: Sheet) -> set[int]:
    """The rows whose formulas look at a range of more rows than one sees at once."""
    return {
        cell.row
        for cell in sheet.each_cell()
        if isinstance(cell.value, Computed)
        for _, first, _, last in _RANGE.findall(cell.value.formula)
        if int(last) - int(first) >= LONG
    }


def test_a_formula_looks_at_as_many_cells_whatever_the_number_of_units(
    generated: tuple[Sheet, ...], tmp_path: Path
) -> None:
    """A rank over the whole column in each of 10,000 rows would be recalculated for minutes."""
    fewer = RoundFolder(tmp_path / "dot")
    make(fewer, FORMS // 2, SEED)
    for sheet, small in zip(generated, books(fewer), strict=True):
        most, least = (
            max((read(cell.value.formula) for cell in one.each_cell() if isinstance(cell.value, Computed)), default=0)
            for one in (sheet, small)
        )
        assert most == least, sheet.name


@pytest.mark.parametrize("name", ["hoa-binh-2020", "dti-2025"])
def test_only_single_cells_look_at_whole_columns(name: str) -> None:
    """The best figure of a block and the numbers of units by grade do, once each; rows of units do not."""
    for sheet in long(shipped(name)):
        assert len(rows_that_look_far(sheet)) <= 1, sheet.name


def all_long(generated: tuple[Sheet, ...]) -> tuple[Sheet, ...]:
    return long((*generated, *shipped("hoa-binh-2020"), *shipped("dti-2025")))


def test_headers_of_a_long_sheet_stay_in_sight_and_stand_on_every_page(generated: tuple[Sheet, ...]) -> None:
    for sheet in all_long(generated):
        assert sheet.freeze, sheet.name
        assert sheet.page.repeat, sheet.name
        assert sheet.freeze[0] == sheet.page.repeat[1] + 1, sheet.name


def test_the_names_of_units_stay_in_sight_on_a_wide_sheet(generated: tuple[Sheet, ...]) -> None:
    for sheet in all_long(generated):
        if sheet.page.repeat_columns:
            assert sheet.freeze
            assert sheet.freeze[1] > sheet.page.repeat_columns, sheet.name


def test_lists_that_no_formula_looks_at_have_a_filter(generated: tuple[Sheet, ...]) -> None:
    """A filter offers to sort, and points that are sorted would be those of other units in the tables."""
    for sheets in (generated, shipped("hoa-binh-2020"), shipped("dti-2025")):
        named = " ".join(
            cell.value.formula for sheet in sheets for cell in sheet.each_cell() if isinstance(cell.value, Computed)
        )
        for sheet in sheets:
            if sheet.filtered:
                assert f"'{sheet.name}'!" not in named, sheet.name
        lists = {sheet.name for sheet in sheets if sheet.filtered}
        assert {Words()(f"board.{name}") for name in ("units", "files")} <= lists
