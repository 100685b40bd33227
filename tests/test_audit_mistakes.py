"""Mistakes that people made in printed tables, each told once, with the right figure and at its cell."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet
from typer.testing import CliRunner, Result

from cqdt_batch.cli import app
from cqdt_batch.definition.records import ColumnKind
from cqdt_batch.findings import Finding, Severity, Where
from cqdt_batch.intake.printed.model import PrintedColumn, PrintedRole, PrintedRow, Sum
from cqdt_batch.pipeline.auditing import audit
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.publishing.annex.rereading import reread
from cqdt_batch.scoring.consistency.placing import Placing, Ranked
from cqdt_batch.scoring.consistency.ranks import RankedList
from cqdt_batch.scoring.outcome import Outcome
from cqdt_batch.scoring.ranking import Scope
from tests.rounds import ROOT, SAMPLE, examined

Row = Sequence[str | int | float | None]
HEADER: Row = ("TT", "Đơn vị", "Tổng điểm", "Xếp hạng")


def saved(path: Path, *sheets: Sequence[Row], change: Callable[[Worksheet], None] = lambda _: None) -> Path:
    """A workbook with a sheet of rows each; `change` dresses the first."""
    book = openpyxl.Workbook()
    del book["Sheet"]
    for number, lines in enumerate(sheets, 1):
        sheet = book.create_sheet(str(number))
        for line in lines:
            sheet.append(list(line))
    change(book.worksheets[0])
    book.save(path)
    return path


def cqdt(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def told(found: Iterable[Finding]) -> list[tuple[str, str]]:
    """The code and the cell of every finding."""
    return [(finding.code, finding.where.cell) for finding in found]


def ranked(totals: Sequence[float], ranks: Sequence[str | float | None]) -> list[Row]:
    """A table of units with these totals and ranks."""
    lines = enumerate(zip(totals, ranks, strict=True), 1)
    return [HEADER, *((n, f"Sở số {n}", total, rank) for n, (total, rank) in lines)]


# ---------------------------------------------------------------- ranks


@pytest.mark.parametrize(
    ("totals", "ranks", "expected"),
    [
        ((90, 80, 70, 60, 50), (1, 3, 2, 4, 5), {"D3": 2, "D4": 3}),
        ((90, 80, 70, 60, 50), (2, 1, 3, 4, 5), {"D2": 1, "D3": 2}),
        ((90, 80, 70, 60, 50), (1, 2, 3, 5, 4), {"D5": 4, "D6": 5}),
        ((90, 80, 70, 60, 50), (1, 2, 3, 3, 4), {"D5": 4, "D6": 5}),
        ((90, 85, 88), (1, 2, 3), {"D3": 3, "D4": 2}),
        ((90, 80, 80, 70, 60, 50), (1, 2, 2, 4, 5, 5), {"D7": 6}),
        ((90, 80, 80, 70, 60, 50), (1, 2, 2, 3, 4, 4), {"D7": 5}),
        ((90, 80, 80, 70, 60, 50), (1, 2, 4, 3, 4, 5), {"D4": 2}),
        ((90, 80, 70, 60, 50, 40, 30), (1, 2, 6, 4, 5, 6, 7), {"D4": 3}),
    ],
    ids=["neighbours", "the first", "the last", "a needless tie", "in a table of three", "by competition", "densely",
         "beside a tie", "far off"],
)  # fmt: skip
def test_every_wrong_rank_is_told_with_the_right_one(
    tmp_path: Path, totals: Sequence[int], ranks: Sequence[int], expected: dict[str, int]
) -> None:
    found = [
        f
        for f in audit([saved(tmp_path / "a.xlsx", ranked(totals, ranks))]).findings
        if f.code != "printed_order_wrong"
    ]
    assert {f.where.cell: f.facts["expected"] for f in found} == expected
    assert {(f.code, f.severity) for f in found} == {("printed_rank_wrong", Severity.ERROR)}


def test_wrong_ranks_within_sections_are_told_with_the_right_ones(tmp_path: Path) -> None:
    rows: list[Row] = [HEADER, (None, "Các sở"), (1, "S1", 90, 1), (2, "S2", 85, 2), (3, "S3", 88, 3)]
    rows += [(None, "Các huyện"), (1, "H1", 75, 1), (2, "H2", 70, 2)]
    found = audit([saved(tmp_path / "a.xlsx", rows)]).findings
    assert {f.where.cell: f.facts["expected"] for f in found} == {"D4": 3, "D5": 2}


@pytest.mark.parametrize("rank", [0, -1, 1.5, 8, 40])
def test_a_number_that_is_no_rank_is_an_error(tmp_path: Path, rank: float) -> None:
    found = audit([saved(tmp_path / "a.xlsx", ranked((90, 80, 70, 60, 50, 40, 30), (1, 2, rank, 4, 5, 6, 7)))]).findings
    assert told(found) == [("printed_rank_impossible", "D4")]
    assert found[0].severity is Severity.ERROR


def test_ranks_the_wrong_way_round_are_an_error(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", ranked((90, 80, 70, 60, 50), (5, 4, 3, 2, 1)))
    assert [(f.code, f.severity) for f in audit([path]).findings] == [("printed_ranks_reversed", Severity.ERROR)]
    result = cqdt("audit", path)
    assert result.exit_code == 1
    assert "Không có chỗ nào trái nhau" not in result.stdout + result.stderr


def test_ranks_that_no_rule_explains_are_an_error(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", ranked((90, 80, 70, 60, 50, 40, 30, 20), (5, 2, 7, 1, 8, 3, 6, 4)))
    assert [(f.code, f.severity) for f in audit([path]).findings] == [("printed_ranks_unexplained", Severity.ERROR)]
    assert cqdt("audit", path).exit_code == 1


def test_ranks_that_look_like_those_of_several_groups_are_a_question(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", ranked((90, 85, 80, 75, 70), (1, 1, 2, 2, 3)))
    assert {(f.code, f.severity) for f in audit([path]).findings} == {("printed_ranks_unknown", Severity.WARNING)}


def test_a_unit_that_stands_twice_hides_no_wrong_rank_beside_it(tmp_path: Path) -> None:
    rows = [*ranked((90, 80, 70, 60, 50), (1, 2, 3, 5, 4)), (6, "Sở số 1", 90, 1)]
    codes = sorted(told(audit([saved(tmp_path / "a.xlsx", rows)]).findings))
    assert [one for one in codes if one[0] != "printed_order_wrong"] == [
        ("printed_rank_wrong", "D5"),
        ("printed_rank_wrong", "D6"),
        ("printed_unit_twice", "B7"),
    ]


def test_a_figure_that_was_told_of_moves_no_other_rank(tmp_path: Path) -> None:
    """A part above its maximum takes the total to the top; the other ranks stay right."""
    rows: list[Row] = [
        ("TT", "Đơn vị", "Hạ tầng", "Nhân lực", "Tổng điểm", "Xếp hạng"),
        (None, "Điểm tối đa", 45, 55, 100, None),
        *((n, f"Sở số {n}", 40 - n, 50 - n, 90 - 2 * n, n) for n in range(1, 4)),
        (4, "Sở số 4", 46, 46, 92, 4),
    ]
    assert told(audit([saved(tmp_path / "a.xlsx", rows)]).findings) == [("printed_figure_above_maximum", "C6")]


def of(totals: Sequence[int], ranks: Sequence[int]) -> tuple[tuple[Ranked, ...], ...]:
    """One row a run, from the best down."""
    lines = zip(totals, ranks, strict=True)
    rows = (
        Ranked(PrintedRow(unit=f"{n}", where=Where(row=n), section=0, cells={}), rank, Decimal(total))
        for n, (total, rank) in enumerate(lines, 1)
    )
    return tuple((one,) for one in rows)


@given(st.lists(st.integers(0, 2), min_size=3, max_size=12))
def test_ranks_left_out_are_gaps_and_no_wrong_ranks(steps: list[int]) -> None:
    """Strictly growing ranks for falling figures: whatever is left out, no row is wrong, and every gap is told."""
    ranks, rank = [], 0
    for step in steps:
        rank += 1 + step
        ranks.append(rank)
    placing = Placing(runs=of(range(len(ranks), 0, -1), ranks), is_competition=False)
    assert placing.wrong == ()
    assert [one.rank for one, _ in placing.gaps] == [rank for rank, step in zip(ranks, steps, strict=True) if step]


@given(st.permutations(range(1, 8)))
def test_among_permuted_ranks_exactly_the_moved_rows_are_wrong(ranks: list[int]) -> None:
    placing = Placing(runs=of(range(7, 0, -1), ranks), is_competition=False)
    moved = {(rank, place) for place, rank in enumerate(ranks, 1) if rank != place}
    assert {(one.rank, expected) for one, expected in placing.wrong} == moved


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=9))
def test_what_is_not_weighed_would_not_have_been_cheaper(lines: list[tuple[int, int]]) -> None:
    """Ranks that one way to count explains are not held against the other ways: the first of the cheapest is told."""
    totals, ranks = zip(*lines, strict=True)
    ranked = RankedList(one for (one,) in of(totals, ranks))
    orders = [ranked._runs(is_split=is_split) for is_split in (True, False)]
    ways = [Placing(runs=runs, is_competition=by) for runs in orders for by in (False, True)]
    first = min(ways, key=lambda way: way.cost)
    assert (ranked._placing.wrong, ranked._placing.gaps) == (first.wrong, first.gaps)
    assert ranked._placing.is_competition is first.is_competition


# ---------------------------------------------------------------- what cannot be read


@pytest.mark.parametrize("text", ["½", "NaN", "Infinity", "x", "#N/A", "25,1 (*)"])
@pytest.mark.parametrize(("column", "cell"), [(3, "C4"), (4, "D4")])
def test_words_in_a_figure_or_a_rank_are_told_at_their_cell(tmp_path: Path, text: str, column: int, cell: str) -> None:
    rows = [list(line) for line in ranked((90, 80, 70, 60, 50), (1, 2, 3, 4, 5))]
    rows[3][column - 1] = text
    found = audit([saved(tmp_path / "a.xlsx", rows)]).findings
    assert told(found) == [("printed_cell_unread", cell)]
    assert found[0].facts["found"] == text


@pytest.mark.parametrize("text", [None, "-", "\u2013", "Không đánh giá", "không xếp hạng", "KXH"])
def test_what_stands_for_no_figure_is_no_question(tmp_path: Path, text: str | None) -> None:
    rows = [*ranked((90, 80, 70), (1, 2, 3)), (4, "Sở số 4", text, text)]
    assert audit([saved(tmp_path / "a.xlsx", rows)]).findings == ()


def test_a_number_with_two_meanings_is_a_question_and_no_wrong_rank(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "TT;Đơn vị;Tổng điểm;Xếp hạng\n1;Sở A;1.100;1\n2;Sở B;1.001;2\n3;Sở C;999;3\n4;Sở D;998;4\n5;Sở E;9;5"
    )
    (found,) = audit([path]).findings
    assert (found.code, found.severity, found.where.cell) == ("printed_number_ambiguous", Severity.WARNING, "C2")
    assert (found.facts["count"], found.facts["meanings"]) == (2, (Decimal("1.100"), Decimal(1100)))


def test_another_number_of_the_file_tells_the_meaning(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("TT;Đơn vị;Tổng điểm;Xếp hạng\n1;Sở A;1.001;1\n2;Sở B;999,5;2\n3;Sở C;998,4;3\n")
    assert audit([path]).findings == ()


def test_formulas_without_stored_results_are_an_error(tmp_path: Path) -> None:
    rows = [
        (*line[:2], f"=40+{50 - n}", *line[3:]) if n else line for n, line in enumerate(ranked((9, 8, 7), (1, 2, 3)))
    ]
    path = saved(tmp_path / "a.xlsx", rows)
    found = audit([path]).findings
    assert [(f.code, f.where.cell, f.facts["count"]) for f in found] == [("printed_formulas_uncalculated", "C2", 3)]
    result = cqdt("audit", path)
    assert result.exit_code == 1
    assert "lưu lại rồi chạy lại" in result.stderr


def test_a_table_without_a_sum_and_a_rank_gets_no_clean_verdict(tmp_path: Path) -> None:
    rows: list[Row] = [("TT", "Đơn vị", "Tổng điểm"), *((n, f"Sở số {n}", 50 - n) for n in range(1, 6))]
    alone = cqdt("audit", saved(tmp_path / "a.xlsx", rows))
    assert alone.exit_code == 4
    assert "chưa thể kết luận" in " ".join(alone.stderr.split())
    assert "Bảng này không có tổng hay hạng nào" in alone.stdout
    path = saved(tmp_path / "b.xlsx", rows, ranked((90, 80, 70), (1, 2, 3)))
    beside = cqdt("audit", path)
    assert beside.exit_code == 0
    assert "Các bảng sau không có tổng hay hạng nào kiểm tra được nên chưa thể kết luận: 1." in " ".join(
        beside.stderr.split()
    )
    assert [one["checked"] for one in json.loads(cqdt("audit", path, "--json").stdout)["tables"]] == [False, True]


def test_two_tables_side_by_side_are_both_read(tmp_path: Path) -> None:
    left, right = ranked((90, 80, 70), (1, 2, 3)), ranked((60, 50, 40), (1, 3, 2))
    rows: list[Row] = [(*one, None, *(f"{cell} B" if n and at == 1 else cell for at, cell in enumerate(other)))
                       for n, (one, other) in enumerate(zip(left, right, strict=True))]  # fmt: skip
    found = audit([saved(tmp_path / "a.xlsx", [("Biểu 1",), *rows])])
    assert [(one.table.name, len(one.table.rows)) for one in found.readings] == [("1 (1)", 3), ("1 (2)", 3)]
    assert {f.where.cell: f.facts["expected"] for f in found.findings} == {"I4": 2, "I5": 3}


# ---------------------------------------------------------------- sums and scales


def test_points_taken_off_are_subtracted(tmp_path: Path) -> None:
    rows: list[Row] = [
        ("TT", "Xã, phường", "Nội dung A", "Nội dung B", "Điểm trừ", "Tổng điểm"),
        *((n, f"Xã số {n}", 50 - n, 30 - n, n % 3, 80 - 2 * n - n % 3) for n in range(1, 7)),
        (7, "Xã số 7", 40, 20, 2, 55),
    ]
    found = audit([saved(tmp_path / "a.xlsx", rows)])
    assert found.readings[0].sums == (Sum(total=6, plus=(3, 4), minus=(5,)),)
    assert told(found.findings) == [("printed_sum_wrong", "F8")]


SCALED: Row = ("TT", "Đơn vị", "Tổng điểm", "Điểm tối đa áp dụng", "Tỷ lệ (%)", "Xếp hạng")


def test_a_total_above_its_own_maximum_is_an_error(tmp_path: Path) -> None:
    rows: list[Row] = [SCALED, *((n, f"Sở số {n}", 1000 - 50 * n, 1000, 100 - 5 * n, n) for n in range(2, 6))]
    rows.insert(1, (1, "Sở số 1", 1842.24, 1000, 184.22, 1))
    found = audit([saved(tmp_path / "a.xlsx", rows)]).findings
    assert [(f.code, f.where.cell, f.severity) for f in found] == [
        ("printed_figure_above_maximum", "C2", Severity.ERROR)
    ]
    assert found[0].facts["maximum"] == 1000


@pytest.mark.parametrize(("label", "codes"), [("Hạ tầng", ["printed_figure_above_maximum"]), ("Điểm thưởng", [])])
def test_a_total_may_go_beyond_its_maximum_by_its_bonus(tmp_path: Path, label: str, codes: list[str]) -> None:
    rows: list[Row] = [("TT", "Đơn vị", "Nhân lực", label, "Tổng điểm", "Điểm tối đa áp dụng", "Xếp hạng")]
    rows += [(n, f"Sở số {n}", 99 - n, 5 - n, 104 - 2 * n, 100, n) for n in range(1, 6)]
    assert [f.code for f in audit([saved(tmp_path / "a.xlsx", rows)]).findings] == codes


@pytest.mark.parametrize(("bonus", "codes"), [("Hạ tầng", ["printed_figure_above_maximum"]), ("Điểm thưởng", [])])
def test_more_than_a_hundred_percent_is_an_error_without_bonuses(tmp_path: Path, bonus: str, codes: list[str]) -> None:
    rows: list[Row] = [("TT", "Đơn vị", bonus, "Tỷ lệ (%)", "Xếp hạng")]
    rows += [(n, f"Sở số {n}", 60 - n, 104 - 2 * n, n) for n in range(1, 6)]
    assert [f.code for f in audit([saved(tmp_path / "a.xlsx", rows)]).findings] == codes


def test_a_percent_that_is_not_that_of_the_points_is_told_and_ranks_go_by_the_total(tmp_path: Path) -> None:
    rows: list[Row] = [SCALED, (1, "A", 90, 100, 90, 1), (2, "B", 80, 100, 70, 2), (3, "C", 70, 100, 70, 3)]
    found = audit([saved(tmp_path / "a.xlsx", rows)])
    (wrong,) = found.findings
    assert (wrong.code, wrong.where.cell, wrong.facts["expected"]) == ("printed_percent_wrong", "E3", 80)
    assert found.readings[0].ranks[0].basis.label == "Tổng điểm"


def test_percents_of_what_was_applicable_are_right(tmp_path: Path) -> None:
    rows: list[Row] = [SCALED, (1, "A", 45, 50, 90, 1), (2, "B", 80, 100, 80, 2), (3, "C", 66.7, 90, 74.1, 3)]
    assert audit([saved(tmp_path / "a.xlsx", rows)]).findings == ()


@pytest.mark.parametrize(
    ("labels", "label"),
    [
        (("Điểm", "Điểm", "Điều kiện sẵn sàng"), "Điểm \u2013 Điều kiện sẵn sàng"),
        (("Đơn vị", "Đơn vị"), "Đơn vị"),
        (("Tổng", "Tổng điểm"), "Tổng điểm"),
        (("Tổng điểm", "Tổng"), "Tổng điểm"),
        (("Điểm", "Web"), "Điểm \u2013 Web"),
    ],
)
def test_a_header_that_repeats_its_spanner_is_named_once(labels: tuple[str, ...], label: str) -> None:
    assert PrintedColumn(position=1, role=PrintedRole.FIGURE, labels=labels).label == label


# ---------------------------------------------------------------- summaries and lists


def summary(*lines: Row) -> list[Row]:
    return [("Xếp loại", "Số đơn vị", "Tỷ lệ (%)"), *lines]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (summary(("Tốt", 1, 33.33), ("Khá", 1, 33.33), ("Yếu", 1, 33.33)), [("printed_shares_rounded", "C2")]),
        (summary(("Tốt", 2, 66.67), ("Khá", 1, 33.34)), [("printed_shares_rounded", "C2")]),
        (summary(("Tốt", 1, 33.3), ("Khá", 1, 33.3), ("Yếu", 1, 33.3)), [("printed_shares_rounded", "C2")]),
        (summary(("Tốt", 2, 50), ("Khá", 2, 50)), []),
        (summary(("Tốt", 2, 60), ("Khá", 2, 50)), [("printed_share_wrong", "C2")]),
        (summary(("Tốt", 1, 33.4), ("Khá", 1, 33.4), ("Yếu", 1, 33.4)), [("printed_shares_wrong", "C2")]),
        (summary(("Tốt", 2, None), ("Khá", 2, None), ("Tổng cộng", 5, None)), [("printed_counts_wrong", "B4")]),
    ],
    ids=["99,99", "100,01", "99,9", "100", "a wrong share", "100,2", "counts"],
)
def test_a_summary_is_added_up(tmp_path: Path, rows: list[Row], expected: list[tuple[str, str]]) -> None:
    assert told(audit([saved(tmp_path / "a.xlsx", rows)]).findings) == expected


def test_a_summary_that_counts_other_grades_than_the_table_is_told(tmp_path: Path) -> None:
    graded: list[Row] = [(*HEADER, "Xếp loại")]
    graded += [(n, f"Sở số {n}", 90 - n, n, grade) for n, grade in enumerate(("Tốt", "Tốt", "Khá", "Khá"), 1)]
    found = audit([saved(tmp_path / "a.xlsx", graded, summary(("Tốt", 3, 75), ("Khá", 1, 25)))]).findings
    assert told(found) == [("printed_grades_differ", "B2"), ("printed_grades_differ", "B3")]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Có 5 đơn vị: A; B; C; D; E; F", ["printed_list_miscounted"]),
        ("Có 6 đơn vị: A; B; C; D; E; F", []),
        ("Có 2 đơn vị: Sở số 1, Sở số 2, Sở số 3", ["printed_list_miscounted"]),
    ],
)
def test_a_number_of_units_is_held_against_the_list_behind_it(tmp_path: Path, text: str, codes: list[str]) -> None:
    rows = [*ranked((90, 80, 70), (1, 2, 3)), (), (text,)]
    assert [f.code for f in audit([saved(tmp_path / "a.xlsx", rows)]).findings] == codes


# ---------------------------------------------------------------- our own annex


def with_points(outcome: Outcome, unit: str, criterion: str, points: Decimal) -> Outcome:
    """The same outcome with other points of a unit, as if a rule had given them."""
    made = copy.deepcopy(outcome)
    for frame in made.points.values():
        if unit in frame.index:
            column = [points if code == unit else own for code, own in frame[criterion].items()]
            frame[criterion] = pd.Series(column, index=frame.index, dtype=object)
    return replace(made, tables=tuple(replace(one, figures=replace(one.figures)) for one in made.tables))


def test_points_beyond_the_scale_of_the_definition_are_a_warning() -> None:
    outcome = examined(SAMPLE)
    column = next(c for c in outcome.assessment.columns_of(outcome.tables[0].table) if c.kind is ColumnKind.POINTS)
    unit = next(iter(outcome.tables[0].standings)).unit
    found = reread(with_points(outcome, unit.code, column.criterion, Decimal(1220)), "phu-luc.xlsx")
    told_of = [f for f in found if f.code == "printed_figure_above_maximum"]
    assert {(f.unit, f.severity) for f in told_of} == {(unit.code, Severity.WARNING)}
    assert {f.facts["value"] for f in told_of} == {Decimal(1220)}


def test_wrong_ranks_within_a_sub_group_of_our_own_are_seen() -> None:
    """The two best of a sub-group change places in the ranks within it; all other ranks stay."""
    outcome = examined(RoundFolder(ROOT / "samples" / "dti-2025"))
    place, table = next(
        (n, one)
        for n, one in enumerate(outcome.tables)
        if any(column.kind is ColumnKind.RANK_IN_SUBGROUP for column in outcome.assessment.columns_of(one.table))
    )
    group = next(one.unit.subgroup for one in table.standings)
    best = [one for one in table.standings if one.unit.subgroup == group and one.ranks.get(Scope.SUBGROUP) in (1, 2)][
        :2
    ]
    turned = {one.unit.code: {**one.ranks, Scope.SUBGROUP: 3 - one.ranks[Scope.SUBGROUP]} for one in best}
    sections = (
        replace(section, standings=tuple(replace(s, ranks=turned.get(s.unit.code, s.ranks)) for s in section.standings))
        for section in table.sections
    )
    made = replace(table, sections=tuple(sections))
    tables = (*outcome.tables[:place], made, *outcome.tables[place + 1 :])
    found = [f for f in reread(replace(outcome, tables=tables), "phu-luc.xlsx") if f.code == "printed_rank_wrong"]
    assert {f.unit: f.facts["expected"] for f in found} == {one.unit.code: one.ranks[Scope.SUBGROUP] for one in best}


@pytest.mark.parametrize("name", ["hoa-binh-2020", "dti-2025"])
def test_our_own_annexes_raise_no_false_alarm(name: str) -> None:
    found = examined(RoundFolder(ROOT / "samples" / name)).findings
    told_of = {f.code: f.severity for f in found if f.code.startswith("printed_") or f.code == "near_ties"}
    assert set(told_of.values()) <= {Severity.NOTICE}
