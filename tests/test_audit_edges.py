"""What the audit says and leaves unsaid at the edges: odd cells and ranks, summaries, lists, formats, sub-groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cqdt_batch.cells import Percent
from cqdt_batch.cli import app
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.loading import Definition
from cqdt_batch.definition.records import ColumnKind
from cqdt_batch.findings import Severity
from cqdt_batch.intake.formats import as_shown
from cqdt_batch.intake.printed.figures import is_no_value
from cqdt_batch.messages import Language, Words, in_every_language
from cqdt_batch.pipeline.auditing import Audit, audit
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.writing import write_annex
from cqdt_batch.publishing.annex.rereading import reread
from cqdt_batch.scoring.consistency.ranks import RankPolicy
from cqdt_batch.scoring.outcome import Outcome, evaluate
from cqdt_batch.scoring.ranking import Scope
from tests.assessments import assessment, criterion, handed_in, intake_of, unit
from tests.libreoffice import _saved as saved_as
from tests.rounds import ROOT, examined
from tests.small_rounds import column
from tests.test_audit import CLEAN, HEADER, READINESS, Row, changed, policies, saved, told


def audited(path: Path, *sheets: Sequence[Row]) -> Audit:
    """The audit of a workbook with a table on each sheet."""
    return audit([saved(path / "a.xlsx", {str(number): rows for number, rows in enumerate(sheets, 1)})])


def ranked(*ranks: float | str | None) -> list[list[str | int | float | None]]:
    """The clean table with other ranks."""
    return [list(HEADER), *([*line[:5], rank] for line, rank in zip(CLEAN[1:], ranks, strict=True))]


def severities(found: Audit) -> set[Severity]:
    return {finding.severity for finding in found.findings}


# ---------------------------------------------------------------- cells that are no figures


@pytest.mark.parametrize(
    "text", [None, "-", "–", "—", "Không đánh giá", "KHÔNG XẾP HẠNG", "không đánh giá (miễn)", "Not ranked", "n/a"]
)
def test_what_stands_for_no_figure_is_no_finding(tmp_path: Path, text: str | None) -> None:
    """The last unit has no rank."""
    assert audited(tmp_path, changed(CLEAN, 9, 6, text)).findings == ()


@pytest.mark.parametrize("key", ["not_assessed", "annex.no_grade"])
def test_the_words_of_our_own_annex_for_no_figure_are_known(key: str) -> None:
    assert all(map(is_no_value, in_every_language(key)))


def test_a_row_of_words_alone_is_a_unit_and_no_section(tmp_path: Path) -> None:
    rows = [line[1:] for line in CLEAN]
    rows[3] = ("Sở Y tế", "x", "x", "½", None)
    found = audited(tmp_path, rows)
    assert [cell for code, cell in told(found.findings) if code == "printed_cell_unread"] == ["B4", "C4", "D4"]
    assert len(found.readings[0].table.rows) == 8


def test_a_signature_below_is_no_unit(tmp_path: Path) -> None:
    signed: list[Row] = [*CLEAN, (), (None, "NGƯỜI LẬP BIỂU", None, None, None, "CHỦ TỊCH")]
    assert audited(tmp_path, signed).findings == ()


# ---------------------------------------------------------------- ranks


@pytest.mark.parametrize(
    ("ranks", "code", "policy"),
    [
        ((7, 6, 5, 4, 4, 3, 2, 1), "printed_ranks_reversed", RankPolicy.REVERSED),
        ((5, 2, 7, 1, 8, 3, 6, 4), "printed_ranks_unexplained", RankPolicy.NONE),
    ],
    ids=["reversed", "scrambled"],
)
def test_ranks_that_no_rule_explains_are_an_error_and_nothing_kind_is_said(
    tmp_path: Path, ranks: Sequence[int], code: str, policy: RankPolicy
) -> None:
    found = audited(tmp_path, ranked(*ranks))
    assert [(f.code, f.severity, f.where.column) for f in found.findings] == [(code, Severity.ERROR, 6)]
    assert policies(found) == {"1": [policy]}
    result = CliRunner().invoke(app, ["audit", str(tmp_path / "a.xlsx")])
    assert result.exit_code == 1
    assert Words()("cli.audit_clean") not in result.stderr
    assert Words()("cli.audit_amiss") in result.stderr


def test_a_number_that_is_no_rank_is_told_in_a_table_of_ranks_alone(tmp_path: Path) -> None:
    rows = [[line[1], line[5]] for line in CLEAN]
    rows[3][1] = 0
    assert ("printed_rank_impossible", "B4") in told(audited(tmp_path, rows).findings)


def test_a_table_of_some_of_the_ranked_units_has_no_impossible_ranks(tmp_path: Path) -> None:
    """The second page of a list: ranks 21 to 27."""
    found = audited(tmp_path, ranked(21, 22, 23, 24, 24, 25, 26, 27))
    assert Severity.ERROR not in severities(found)


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [
        ((1, 2, 3, 3, 5, 5, 6, 7, 8), ("printed_rank_gap", "F6")),
        ((1, 2, 3, 3, 4, 5, 5, 6, 7), ("printed_rank_wrong", "F7")),
        ((1, 2, 4, 3, 4, 4, 5, 6, 7), ("printed_rank_wrong", "F4")),
        ((1, 5, 3, 3, 4, 4, 5, 6, 7), ("printed_rank_wrong", "F3")),
    ],
    ids=["gap that looks like competition", "rank of a tie", "the first of the two", "the row above"],
)
def test_a_unit_that_stands_twice_hides_no_mistake_beside_it(
    tmp_path: Path, ranks: Sequence[int], expected: tuple[str, str]
) -> None:
    """Sở Y tế stands in rows 4 and 5."""
    twice = [*CLEAN[1:4], CLEAN[3], *CLEAN[4:]]
    rows: list[Row] = [HEADER, *((*line[:5], rank) for line, rank in zip(twice, ranks, strict=True))]
    codes = told(audited(tmp_path, rows).findings)
    assert ("printed_unit_twice", "B5") in codes
    assert expected in codes


def test_a_unit_that_stands_twice_with_its_rank_is_told_by_itself(tmp_path: Path) -> None:
    rows: list[Row] = [*CLEAN[:4], CLEAN[3], *CLEAN[4:]]
    assert told(audited(tmp_path, rows).findings) == [("printed_unit_twice", "B5")]


def test_a_further_column_of_ranks_that_nothing_printed_explains_is_a_question(tmp_path: Path) -> None:
    others = (4, 8, 1, 7, 2, 6, 3, 5)
    rows: list[Row] = [
        (*HEADER, "Xếp hạng chung"),
        *((*line, rank) for line, rank in zip(CLEAN[1:], others, strict=True)),
    ]
    found = audited(tmp_path, rows)
    assert [(f.code, f.severity) for f in found.findings] == [("printed_ranks_unknown", Severity.WARNING)]


def test_the_rank_of_a_part_goes_by_the_part(tmp_path: Path) -> None:
    rows: list[Row] = [("TT", "Đơn vị", "Hạ tầng", "Xếp hạng", "Nhân lực", "Tổng điểm", "Xếp hạng")]
    rows += [(n, f"Sở số {n}", part, rank, 60 - 2 * part + n % 2, 60 - part + n % 2, None) for n, (part, rank) in
             enumerate(((20, 1), (15, 3), (18, 2), (10, 5), (12, 4), (9, 6)), 1)]  # fmt: skip
    totals = sorted({line[5] for line in rows[1:]}, reverse=True)  # type: ignore[type-var]
    rows = [rows[0], *((*line[:6], totals.index(line[5]) + 1) for line in rows[1:])]
    found = audited(tmp_path, rows)
    assert severities(found) <= {Severity.NOTICE}
    assert [reading.basis.label for reading in found.readings[0].ranks] == ["Hạ tầng", "Tổng điểm"]


# ---------------------------------------------------------------- summaries and lists

SUMMARY: tuple[Row, ...] = (
    ("TT", "Xếp loại", "Số đơn vị", "Tỷ lệ (%)"),
    (1, "Tốt", 2, 25),
    (2, "Khá", 3, 37.5),
    (3, "Trung bình", 3, 37.5),
    (4, "Yếu", 0, 0),
    (None, "Cộng", 8, 100),
)
GRADED: tuple[Row, ...] = (
    (*HEADER, "Xếp loại"),
    *((*line, grade) for line, grade in zip(CLEAN[1:], ["Tốt"] * 2 + ["Khá"] * 3 + ["Trung bình"] * 3, strict=True)),
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([(6, 3, 9)], [("printed_counts_wrong", "C6")]),
        ([(2, 3, 3)], [("printed_counts_wrong", "C6")]),
        (
            [(2, 3, 3), (3, 3, 2), (2, 4, 37.5), (3, 4, 25)],
            [("printed_grades_differ", "C2"), ("printed_grades_differ", "C3")],
        ),
        ([(2, 4, 26)], [("printed_share_wrong", "D2")]),
        ([(2, 3, "2 đv")], [("printed_cell_unread", "C2")]),
    ],
    ids=["total", "count", "counts that changed places", "share", "remark in a count"],
)
def test_a_mistake_in_a_summary_is_told_once(
    tmp_path: Path, changes: Sequence[tuple[int, int, float | str]], expected: Sequence[tuple[str, str]]
) -> None:
    rows: Sequence[Row] = SUMMARY
    for change in changes:
        rows = changed(rows, *change)
    assert told(audited(tmp_path, GRADED, rows).findings) == expected


@pytest.mark.parametrize(
    ("shares", "code", "severity"),
    [
        ((33.34, 33.34, 33.33), "printed_shares_rounded", Severity.NOTICE),
        ((33.33, 33.33, 33.33), "printed_shares_rounded", Severity.NOTICE),
        ((33.3, 33.3, 33.3), "printed_shares_rounded", Severity.NOTICE),
        ((33.3, 33.3, None), "printed_shares_wrong", Severity.ERROR),
    ],
)
def test_shares_that_do_not_add_up_to_100_are_told_with_what_rounding_does(
    tmp_path: Path, shares: Sequence[float | None], code: str, severity: Severity
) -> None:
    rows: list[Row] = [("Xếp loại", "Số đơn vị", "Tỷ lệ")]
    rows += [(grade, 4, share) for grade, share in zip(("Tốt", "Khá", "Yếu"), shares, strict=True)]
    found = audited(tmp_path, rows)
    assert [(f.code, f.where.cell, f.severity) for f in found.findings] == [(code, "C2", severity)]
    assert "100" in Words().message(found.findings[0])


def test_shares_shifted_by_a_last_digit_to_make_100_are_right(tmp_path: Path) -> None:
    rows: list[Row] = [("Xếp loại", "Số đơn vị", "Tỷ lệ"), ("Tốt", 4, 33.3), ("Khá", 4, 33.3), ("Yếu", 4, 33.4)]
    assert audited(tmp_path, rows).findings == ()


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("Còn 5 đơn vị chưa nộp: A; B; C (lý do; khác); D; E; G.", (5, 6)),
        ("Có 3 đơn vị không xếp hạng: Sở Y tế, Sở Nội vụ.", (3, 2)),
        ("Có 2 cơ quan, đơn vị không xếp hạng (Sở Y tế, Sở Nội vụ và Sở Tư pháp).", (2, 3)),
        ("Draft: 2 units are not in this table: A; B; C.", (2, 3)),
        ("Còn 3 đơn vị chưa nộp: A; B; C.", None),
        ("Có 3 đơn vị không xếp hạng: Sở Văn hóa, Thể thao và Du lịch, Sở Y tế, Sở Nội vụ.", None),
        ("Có 8 đơn vị được đánh giá: xem quyết định số 391; ngày 28/02/2019. Xếp hạng; xếp loại theo tổng điểm.", None),
        ("Điểm tính theo 2 nhóm tiêu chí: hạ tầng; nhân lực; chính sách.", None),
    ],
)
def test_a_number_of_units_and_the_list_behind_it_are_held_against_each_other(
    tmp_path: Path, text: str, counts: tuple[int, int] | None
) -> None:
    found = audited(tmp_path, [*CLEAN, (), (text,)]).findings
    assert [(f.code, f.where.cell, f.facts["count"], f.facts["listed"]) for f in found] == (
        [("printed_list_miscounted", "A11", *counts)] if counts else []
    )


@pytest.mark.parametrize(
    ("title", "is_told"),
    [
        ("Các sở (5 đơn vị)", False),
        ("Các sở (gồm 6 đơn vị)", True),
        ("Các sở: 6 cơ quan", True),
        ("Các sở của 3 huyện cũ", False),
    ],
)
def test_the_number_in_the_title_of_a_section_is_that_of_its_rows(tmp_path: Path, title: str, *, is_told: bool) -> None:
    rows: list[Row] = [HEADER, (None, title), *CLEAN[1:6], (None, "Các cơ quan khác"), *CLEAN[6:]]
    codes = {code for code, _ in told(audited(tmp_path, rows).findings)}
    assert ("printed_list_miscounted" in codes) is is_told


def test_units_listed_beside_their_number_are_counted(tmp_path: Path) -> None:
    rows: list[Row] = [
        (*line, note) for line, note in zip(SUMMARY, ("Gồm", "A; B; C", None, "D; E; G", None, None), strict=True)
    ]
    assert told(audited(tmp_path, rows).findings) == [("printed_list_miscounted", "C2")]


# ---------------------------------------------------------------- files


def test_a_file_without_number_formats_says_once_that_hidden_digits_cannot_be_told_apart(tmp_path: Path) -> None:
    path = saved_as(saved(tmp_path / "a.xlsx", {"1": CLEAN, "2": READINESS}), tmp_path, "xls")
    found = audit([path]).findings
    assert [(f.code, f.severity, f.where.file, f.where.sheet) for f in found] == [
        ("printed_values_only", Severity.NOTICE, "a.xls", "")
    ]
    assert "ẩn" in Words().message(found[0])
    assert "hidden" in Words(Language.EN).message(found[0])


@pytest.mark.parametrize(("code", "share"), [('0.00"%"', "0.0714"), ("0.00\\%", "0.0714"), ("0.00%", "7.14")])
def test_a_percent_sign_that_is_only_written_behind_a_number_multiplies_nothing(code: str, share: str) -> None:
    assert as_shown(Decimal("7.14"), code) == Percent(Decimal(share))


# ---------------------------------------------------------------- our own annexes


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hoa-binh-2020", {"printed_sum_rounded", "printed_parts_identical"}),
        ("dti-2025", {"printed_sums_rounded", "printed_sum_rounded", "printed_ranks_split", "printed_shares_rounded"}),
    ],
)
def test_the_annex_of_a_sample_as_it_is_written_raises_no_false_alarm(
    tmp_path: Path, name: str, expected: set[str]
) -> None:
    """Working sheets, the trace and formulas that give nothing are in it too."""
    folder = RoundFolder(ROOT / "samples" / name, elsewhere=tmp_path)
    found = audit([write_annex(folder, examined(folder), Words())])
    assert {finding.code for finding in found.findings} <= expected
    assert severities(found) == {Severity.NOTICE}


COLUMNS = tuple(map(column, (ColumnKind.UNIT, ColumnKind.TOTAL, ColumnKind.RANK, ColumnKind.RANK_IN_SUBGROUP)))


def in_subgroups(change: Mapping[str, int]) -> Outcome:
    """Four units in two sub-groups that no column names; the ranks there of some changed."""
    units = [unit(f"u{n}", subgroup="pq"[n % 2]) for n in range(4)]
    made = assessment(units, [criterion("T"), criterion("T1", "T", 10)], columns=COLUMNS)
    forms = [handed_in(f"u{n}", {"T1": Decimal(9 - n)}) for n in range(4)]
    definition = Definition(assessment=made, findings=(), layout=Layout(file="dot.xlsx"))
    outcome = evaluate(definition, intake_of(forms), "bai-nop")
    (table,) = outcome.tables
    (section,) = table.sections
    standings = tuple(
        replace(one, ranks={**one.ranks, Scope.SUBGROUP: change.get(one.unit.code, one.ranks[Scope.SUBGROUP])})
        for one in section.standings
    )
    return replace(outcome, tables=(replace(table, sections=(replace(section, standings=standings),)),))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"u0": 2, "u2": 1}, [("printed_rank_wrong", "u0"), ("printed_rank_wrong", "u2")]),
        ({"u3": 3}, [("printed_rank_gap", "u3")]),
        ({"u1": 0}, [("printed_rank_impossible", "u1")]),
    ],
    ids=["sound", "changed places", "left out", "no rank"],
)
def test_ranks_within_sub_groups_are_read_again(change: Mapping[str, int], expected: list[tuple[str, str]]) -> None:
    found = [f for f in reread(in_subgroups(change), "phu-luc.xlsx") if f.code.startswith("printed_rank")]
    assert sorted((f.code, f.unit) for f in found) == expected
    assert {f.severity for f in found} <= {Severity.NOTICE}
