"""The acceptance test: our annex against the published tables of the decision, cell by cell.

The rule behind the decision (add exactly, round once, half up; rank the rounded total, dense) explains every
printed figure and rank but two slips of the print, which are named here and nowhere else.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cqdt_batch.definition.names import folded
from cqdt_batch.pipeline.folder import RoundFolder
from tests.rounds import ROOT, table_rows

TABLES = ("I", "I.1", "I.2", "II", "II.1", "II.2")

SLIPS = {
    ("I", "Sở Y tế", "total"): ("79", Decimal("79.5")),
    ("I.2", "Ban Quản lý các KCN", "transaction"): ("13", Decimal("13.3")),
}
"""(table, unit, column) → what the decision prints, what its own other figures say."""

NAMES = ("section", "tt", "unit", "rank")


def printed(table: str) -> list[dict[str, str]]:
    with (ROOT / "tests" / "decision" / f"table-{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ours(annex: Path, table: str) -> list[dict[str, Any]]:
    """Our rows with the decision's column names; section rows become a column."""
    columns = [name for name in printed(table)[0] if name != "section"]
    rows = []
    section = ""
    for row in table_rows(annex, table):
        if isinstance(row[0], str):
            section = row[0]
        else:
            rows.append({"section": section, **dict(zip(columns, row, strict=True))})
    return rows


def figure(text: str) -> Decimal | str:
    return text if text == "Không đánh giá" else Decimal(text.replace(",", "."))


def as_figure(value: object) -> Decimal | str:
    return value if isinstance(value, str) else Decimal(str(value))


def pairs(annex: Path) -> list[tuple[tuple[str, str, str], Decimal | str, Decimal | str]]:
    """Every figure: where it stands, as the decision prints it, as we do."""
    return [
        ((table, theirs["unit"], name), figure(theirs[name]), as_figure(mine[name]))
        for table in TABLES
        for theirs, mine in zip(printed(table), ours(annex, table), strict=True)
        for name in theirs
        if name not in NAMES
    ]


@pytest.mark.parametrize("table", TABLES)
def test_units_stand_in_the_printed_order_with_the_printed_numbers(table: str, published: RoundFolder) -> None:
    theirs = [(row.get("section", ""), row["tt"], folded(row["unit"])) for row in printed(table)]
    mine = [(row["section"], str(row["tt"]), folded(row["unit"])) for row in ours(published.annex, table)]
    assert mine == theirs


@pytest.mark.parametrize("table", TABLES)
def test_ranks_and_blank_ranks_are_the_printed_ones(table: str, published: RoundFolder) -> None:
    theirs = [row["rank"] for row in printed(table)]
    mine = ["" if row["rank"] is None else str(row["rank"]) for row in ours(published.annex, table)]
    assert mine == theirs


def test_there_are_84_ranks(published: RoundFolder) -> None:
    ranks = [row["rank"] for table in TABLES for row in ours(published.annex, table)]
    assert sum(rank is not None for rank in ranks) == 84


def test_328_of_330_figures_are_the_printed_ones_and_two_are_named_slips(published: RoundFolder) -> None:
    compared = pairs(published.annex)
    differing = {where: (theirs, mine) for where, theirs, mine in compared if theirs != mine}
    assert len(compared) == 330
    assert len(compared) - len(differing) == 328
    assert differing == {where: (Decimal(theirs), mine) for where, (theirs, mine) in SLIPS.items()}


def test_the_named_slips_contradict_the_decision_itself() -> None:
    """79 is no sum of 27 and 52,5; 13 does not give 47,3 with 8 and 26,0."""
    total = next(row for row in printed("I") if row["unit"] == "Sở Y tế")
    assert figure(total["readiness"]) + figure(total["results"]) == Decimal("79.5")  # type: ignore[operator]
    parts = next(row for row in printed("I.2") if row["unit"] == "Ban Quản lý các KCN")
    others = figure(parts["presence"]) + figure(parts["interaction"])  # type: ignore[operator]
    assert figure(parts["total"]) - others == Decimal("13.3")  # type: ignore[operator]


def test_what_is_not_assessed_says_so(published: RoundFolder) -> None:
    rows = ours(published.annex, "I.2")
    assert [row["unit"] for row in rows if row["transaction"] == "Không đánh giá"] == [
        "Văn phòng UBND tỉnh",
        "Thanh tra tỉnh",
        "Ban Dân tộc",
    ]
