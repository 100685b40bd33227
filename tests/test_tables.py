"""Tables as data: every kind of column under every treatment, tie rule and basis, recalculated by LibreOffice."""

from __future__ import annotations

import itertools
import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.loading import Definition
from cqdt_batch.definition.records import (
    Aggregation,
    AnnexTable,
    Block,
    Column,
    ColumnKind,
    Criterion,
    Exemption,
    Extra,
    Grade,
    GradeBasis,
    Level,
    Measure,
    NumberLook,
    Orientation,
    PastResult,
    Profile,
    RankBasis,
    Rule,
    Section,
    SortOrder,
    TableContent,
    TableOrder,
    TieRule,
    Treatment,
    Unit,
    ZeroRule,
)
from cqdt_batch.intake.collecting import Intake
from cqdt_batch.intake.rivals import FileEntry, FileState
from cqdt_batch.intake.submissions import InputKind, Submission
from cqdt_batch.messages import Words
from cqdt_batch.publishing.annex.tables import annex_sheets
from cqdt_batch.publishing.writer import write_workbook
from cqdt_batch.scoring.outcome import Outcome, UnitState, evaluate
from tests import libreoffice
from tests.assessments import half_up, handed_in

if libreoffice.SOFFICE is None and os.environ.get("CQDT_REQUIRE_LIBREOFFICE"):
    pytest.fail("LibreOffice is required here and not installed", pytrace=False)

SETTINGS = tuple(itertools.product(Treatment, TieRule))
FIRST, SECOND, SCORE = InputKind.FIRST, InputKind.SECOND, InputKind.SCORE
SINGLE = tuple(
    kind
    for kind in ColumnKind
    if kind not in (ColumnKind.COUNT, ColumnKind.SHARE, ColumnKind.POINTS, ColumnKind.CHANGE, ColumnKind.RANK_CHANGE)
)


def block(number: int, treatment: Treatment, ties: TieRule) -> Block:
    return Block(
        code=f"b{number}",
        name=f"Block {number}",
        decimals=number % 3,
        input_decimals=2,
        ties=ties,
        basis=RankBasis.EXACT if number % 2 else RankBasis.PUBLISHED,
        treatment=treatment,
        tie_breaks=("B", "A") if ties is TieRule.ORDINAL else (),
    )


def criteria(code: str) -> Iterator[Criterion]:
    def node(own: str, parent: str, **fields: Any) -> Criterion:
        plain: dict[str, Any] = {"max_score": None, "rule": None, "evidence_required": False, "evidence": ""}
        return Criterion(
            **({"block": code, "code": own, "parent": parent, "label": f"Criterion {own}"} | plain | fields)
        )

    def leaf(own: str, parent: str, maximum: int, rule: Rule, **fields: Any) -> Criterion:
        return node(own, parent, max_score=Decimal(maximum), rule=rule, **fields)

    yield node("R", "")
    yield node("A", "R")
    yield leaf("A1", "A", 10, Rule.RATIO, on_zero=ZeroRule.NOT_ASSESSED)
    yield leaf("A2", "A", 7, Rule.TARGET, target=Decimal(80), measure=Measure.PERCENT)
    yield leaf(
        "A3", "A", 4, Rule.STEPS, levels=(Level("50", Decimal(1)), Level("99.5", Decimal(4))), measure=Measure.RATIO
    )
    yield node("B", "R", aggregation=Aggregation.BEST)
    yield leaf("B1", "B", 20, Rule.POINTS)
    yield leaf(
        "B2",
        "B",
        20,
        Rule.CASES,
        levels=(Level("Full", Decimal(20)), Level("Half", Decimal("9.5")), Level("None", Decimal(0))),
    )
    yield node("C", "R", aggregation=Aggregation.MEAN)
    yield node("C1", "C", weight=Decimal(1))
    yield leaf("C1a", "C1", 20, Rule.POINTS)
    yield leaf("C1b", "C1", 10, Rule.POINTS)
    yield leaf("C2", "C", 30, Rule.YES_NO, weight=Decimal(2))
    yield leaf("D", "R", 9, Rule.RELATIVE, measure=Measure.RATIO, on_zero=ZeroRule.ZERO)
    yield leaf("E", "R", 6, Rule.COUNT, per_item=Decimal("0.7"))
    yield leaf("F", "R", 5, Rule.POINTS, extra=Extra.BONUS)
    yield leaf("G", "R", 3, Rule.POINTS, extra=Extra.PENALTY)


def units(code: str) -> Iterator[Unit]:
    for number in range(8):
        name = f"Unit {code} {number:02}"
        yield Unit(
            code=f"{code}-u{number:02}",
            name=name,
            printed_name=name,
            other_names=(),
            block=code,
            group="part" if number % 4 == 3 else "whole",
            subgroup=("north", "south")[number % 2],
            note=f"note {number}" if number % 5 == 0 else "",
        )


def columns(table: str, kinds: tuple[ColumnKind, ...] = SINGLE, sort: ColumnKind | None = None) -> Iterator[Column]:
    criterion = {ColumnKind.PERCENT: "B", ColumnKind.POINTS: "C"}
    more = ((ColumnKind.POINTS, "C"), (ColumnKind.PERCENT, ""), (ColumnKind.CHANGE, ""), (ColumnKind.RANK_CHANGE, ""))
    for kind, code in (*((kind, criterion.get(kind, "")) for kind in kinds), *(more if kinds is SINGLE else ())):
        yield Column(
            table=table,
            kind=kind,
            criterion=code,
            label=f"{kind} {code}",
            spanners=("Points", "of criteria") if code else (),
            number="",
            width=Decimal(12),
            decimals=3 if kind is ColumnKind.CONVERTED else None,
            look=NumberLook.PERCENT if kind in (ColumnKind.PERCENT, ColumnKind.SHARE) else NumberLook.FIXED,
            sort=SortOrder.DESCENDING if kind is sort else None,
        )


def build(treatment: Treatment) -> Assessment:
    blocks = tuple(block(number, *one) for number, one in enumerate(SETTINGS) if one[0] is treatment)
    tables, sections, drawn, grades, exemptions = [], [], [], [], []
    for own in blocks:
        code = own.code
        by_result, by_register, by_name, pillar, summary = (f"{code}.{n}" for n in range(1, 6))
        plain = AnnexTable(
            code="",
            block=code,
            title="Table {nam_danh_gia}",
            criterion="R",
            headed=False,
            orientation=Orientation.LANDSCAPE,
        )
        tables += [
            replace(plain, code=by_result, before="Before\nit", after="After {tinh}"),
            replace(plain, code=by_register, order=TableOrder.REGISTER),
            replace(plain, code=by_name),
            replace(plain, code=pillar, criterion="C"),
            replace(plain, code=summary, content=TableContent.GRADES),
        ]
        drawn += [*columns(by_result), *columns(by_register), *columns(by_name, sort=ColumnKind.UNIT), *columns(pillar)]
        drawn += columns(summary, (ColumnKind.NUMBER, ColumnKind.GRADE, ColumnKind.COUNT, ColumnKind.SHARE))
        is_split = own.treatment in (Treatment.UNRANKED, Treatment.OWN_SCALE)
        for table in (by_result, by_register, by_name, pillar, summary):
            if is_split:
                ranked = own.treatment is Treatment.OWN_SCALE
                sections.append(Section(table=table, groups=("whole",), title="Whole", ranked=True, restarts=True))
                sections.append(Section(table=table, groups=("part",), title="Part", ranked=ranked, restarts=False))
            else:
                sections.append(Section(table=table, groups=(), title="", ranked=True, restarts=True))
        basis = GradeBasis.PERCENT if own.treatment in (Treatment.PERCENT, Treatment.OWN_SCALE) else GradeBasis.POINTS
        for least, label in ((0, "Poor"), (40, "Fair"), (55, 'So "so"'), (70, "Good")):
            grades.append(Grade(block=code, basis=basis, least=Decimal(least), label=label))
        exemptions.append(Exemption(block=code, group="part", unit="", criterion="B", reason="none"))
        exemptions.append(Exemption(block=code, group="", unit=f"{code}{PARTLY}", criterion="C1b", reason="none"))
    everybody = tuple(unit for own in blocks for unit in units(own.code))
    past = tuple(
        PastResult(
            unit=unit.code,
            criterion="",
            name=f"old {n}",
            total=Decimal(30 + 7 * n) / 3 // Decimal("0.01") / 100,
            rank=n + 1,
        )
        for place, unit in enumerate(everybody)
        for n in range(place % 3)
    )
    blank: dict[str, Any] = {name: "" for name in Profile.__dataclass_fields__ if name not in ("year", "row")}
    return Assessment(
        profile=Profile(**(blank | {"province": "Province"}), year=2025),
        blocks=blocks,
        units=everybody,
        criteria=tuple(c for own in blocks for c in criteria(own.code)),
        exemptions=tuple(exemptions),
        tables=tuple(tables),
        sections=tuple(sections),
        columns=tuple(drawn),
        grades=tuple(grades),
        past=past,
    )


def submission(of: Assessment, unit: Unit, drawn: random.Random) -> Submission:
    """Draw answers; few different values, so that ties are many, and some zero denominators."""
    whole = drawn.choice([0, 3, 7, 11]) if drawn.random() < 0.3 else drawn.choice([6, 40, 400])
    typed: dict[Any, Any] = {
        ("A1", FIRST): Decimal(drawn.randint(0, whole)),
        ("A1", SECOND): Decimal(whole),
        ("A2", FIRST): Decimal(drawn.choice(["12.5", "40", "79.99", "80", "100"])),
        ("A3", FIRST): Decimal(drawn.choice([199, 100, 99])),
        ("A3", SECOND): Decimal(200),
        "B1": Decimal(drawn.choice(["9.5", "9.55", "18.25"])),
        ("B2", FIRST): drawn.choice(["Full", "Half", "None"]),
        "C1a": Decimal(drawn.choice(["0", "7.45", "20"])),
        "C1b": Decimal(drawn.choice(["0", "2.5", "10"])),
        ("C2", FIRST): drawn.choice(["yes", "no"]),
        ("D", FIRST): Decimal(drawn.randint(0, 3)),
        ("D", SECOND): Decimal(drawn.choice([0, 3, 7])),
        ("E", FIRST): Decimal(drawn.randint(0, 12)),
        "F": Decimal(drawn.choice(["0", "0.25"])),
        "G": Decimal(drawn.choice(["0", "1"])),
    }
    if typed["D", SECOND] == 0:
        typed["D", FIRST] = Decimal(0)
    asked = {leaf.code for leaf in of.assessed_leaves(unit)}
    return handed_in(
        unit.code, {key: value for key, value in typed.items() if (key if isinstance(key, str) else key[0]) in asked}
    )


def outcome_for(of: Assessment, seed: int, absent: tuple[str, ...] = ()) -> Outcome:
    drawn = random.Random(seed)
    sent = [submission(of, unit, drawn) for unit in of.asked_units]
    return taken_in(of, [one for one in sent if one.unit not in absent])


def taken_in(of: Assessment, sent: list[Submission]) -> Outcome:
    """Evaluate submissions as if each had come in a file of its own."""
    files = tuple(
        FileEntry(name=one.file, state=FileState.ACCEPTED, unit=one.unit, sha256=one.unit, submission=one)
        for one in sent
    )
    intake = Intake(files=files, submissions=tuple(sent), findings=(), listed=len(files))
    return evaluate(Definition(assessment=of, findings=(), layout=Layout(file="d.xlsx")), intake, "bai-nop")


PARTLY = "-u07"
"""Units of every block that are exempt from a part of a weighted mean."""
ABSENT = "-u02"
"""Units of every block that hand nothing in."""


@pytest.fixture(scope="module", params=list(Treatment))
def outcome(request: pytest.FixtureRequest) -> Outcome:
    of = build(request.param)
    return outcome_for(of, 7, absent=tuple(unit.code for unit in of.units if unit.code.endswith(ABSENT)))


@pytest.fixture(scope="module")
def annex(outcome: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_workbook(tmp_path_factory.mktemp("annex") / "phu-luc.xlsx", annex_sheets(outcome, Words()), "t")


@pytest.fixture(scope="module")
def book(annex: Path) -> Any:
    return openpyxl.load_workbook(annex, data_only=True)


def values(path: Path, *, formulas: bool = False) -> dict[tuple[str, str], Any]:
    book = openpyxl.load_workbook(path, data_only=not formulas)
    return {(sheet.title, cell.coordinate): cell.value for sheet in book for row in sheet.iter_rows() for cell in row}


@pytest.mark.skipif(libreoffice.SOFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_finds_the_values_that_the_program_wrote(annex: Path, tmp_path: Path) -> None:
    cached, formulas = values(annex), values(annex, formulas=True)
    again = values(libreoffice.recalculated(annex, tmp_path))
    places = [place for place, text in formulas.items() if isinstance(text, str) and text.startswith("=")]
    assert len(places) > 1_500
    assert [(at, formulas[at], cached[at], again[at]) for at in places if not same(cached[at], again[at])] == []


def same(one: Any, other: Any) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == pytest.approx(other, abs=1e-9)
    return (one or "") == (other or "")


Row = dict[str, Any]


def printed(of: Outcome, book: Any, table: str) -> dict[str, Row]:
    """The rows of a table by the names of their units, by the labels of their columns."""
    drawn = [column for column in of.assessment.columns if column.table == table]
    names = {unit.printed_name: unit.code for unit in of.assessment.units}
    at = [column.kind for column in drawn].index(ColumnKind.UNIT)
    rows = [row for row in book[table].iter_rows(values_only=True) if row[at] in names]
    return {names[row[at]]: dict(zip([column.label for column in drawn], row, strict=True)) for row in rows}


def tables(of: Outcome, suffix: str) -> Iterator[tuple[Block, str]]:
    for own in of.assessment.blocks:
        yield own, f"{own.code}.{suffix}"


def test_every_figure_is_what_its_column_says(outcome: Outcome, book: Any) -> None:
    for own, table in tables(outcome, "1"):
        points, most = outcome.points[own.code], 10 + 7 + 4 + 20 + 30 + 9 + 6
        for code, row in printed(outcome, book, table).items():
            unit = outcome.assessment.unit_by_code[code]
            maxima: dict[str, Any] = {"A1": 10, "A2": 7, "A3": 4, "B": 20, "C": 30, "D": 9, "E": 6}
            if code.endswith(PARTLY):
                maxima["C"] = half_up(Fraction(20 * 1 + 30 * 2, 3), 2)
            possible = sum(maximum for one, maximum in maxima.items() if points.loc[code, one] is not None)
            total: Any = Fraction(str(points.loc[code, "R"]))
            is_converted = own.treatment is Treatment.CONVERTED
            result = total * most / possible if is_converted else total
            before = [Fraction(past.total) for past in outcome.assessment.past if past.unit == code]
            expected: Row = {
                "maximum ": most,
                "percent ": half_up(total * 100 / possible, own.decimals),
                "converted ": half_up(total * most / possible, 3),
                "total ": half_up(result, own.decimals),
                "last_total ": half_up(sum(before, Fraction(0)) / len(before), own.decimals) if before else None,
                "last_rank ": 1 if len(before) == 1 else None,
                "subgroup ": unit.subgroup,
                "note ": unit.note or None,
            }
            expected["change "] = expected["total "] - expected["last_total "] if before else None
            expected["applicable "] = half_up(possible, own.decimals)
            expected["not_assessed "] = half_up(most - possible, own.decimals)
            shown = {label: row[label] for label in expected}
            assert shown == pytest.approx({k: float(v) if isinstance(v, Fraction) else v for k, v in expected.items()})


def test_ranks_count_those_who_are_better(outcome: Outcome, book: Any) -> None:
    for own, table in tables(outcome, "2"):
        rows = printed(outcome, book, table)
        by_percent = own.treatment is Treatment.PERCENT
        figures = outcome.tables[[t.table.code for t in outcome.tables].index(table)].figures
        keys = {code: exact_key(figures, code) for code in rows}
        assert any(row["rank_overall "] for row in rows.values()), by_percent
        for label, alike in (("rank_overall ", lambda _: True), ("rank_in_subgroup ", subgroup_of(outcome))):
            ranked = {code: row[label] for code, row in rows.items() if row[label] is not None}
            for code, rank in ranked.items():
                better = [keys[other] for other in ranked if alike(other) == alike(code) and keys[other] > keys[code]]
                assert rank == 1 + (len(set(better)) if own.ties is TieRule.DENSE else len(better))


def subgroup_of(of: Outcome) -> Any:
    return lambda code: of.assessment.unit_by_code[code].subgroup


def exact_key(figures: Any, code: str) -> tuple[Any, ...]:
    unit = figures.assessment.unit_by_code[code]
    own, row = figures.block, figures.points.loc[code]
    possible = Fraction(figures.applicable.loc[code, "R"])
    total = Fraction(row["R"])
    if own.treatment in (Treatment.CONVERTED, Treatment.PERCENT):
        total *= Fraction(86 if own.treatment is Treatment.CONVERTED else 100) / possible
    keys = [total]
    if own.ties is TieRule.ORDINAL:
        keys += [Fraction(row[one] or 0) for one in own.tie_breaks]
    assert unit.block == own.code
    return tuple(keys if own.basis is RankBasis.EXACT else (half_up(key, own.decimals) for key in keys))


def test_rows_stand_by_result_by_register_or_by_name(outcome: Outcome, book: Any) -> None:
    for own, table in tables(outcome, "2"):
        sections = [s for t in outcome.tables if t.table.code == table for s in t.sections]
        register = [s.unit.code for section in sections for s in section.standings]
        if len(sections) == 1:
            assert register == sorted(register), own
        assert list(printed(outcome, book, f"{own.code}.3")) != []
        for section in next(t for t in outcome.tables if t.table.code == f"{own.code}.3").sections:
            names = [standing.unit.printed_name for standing in section.standings]
            assert names == sorted(names, reverse=True)


def test_a_summary_counts_the_grades_of_the_table(outcome: Outcome, book: Any) -> None:
    for own, table in tables(outcome, "5"):
        drawn = [column.kind for column in outcome.assessment.columns if column.table == table]
        grade, count, share = (drawn.index(k) for k in (ColumnKind.GRADE, ColumnKind.COUNT, ColumnKind.SHARE))
        rows = [row for row in book[table].iter_rows(values_only=True) if isinstance(row[count], int)]
        counted = Counter[str]()
        for row in rows:
            counted[row[grade]] += row[count]
        told = Counter(
            row["grade "] or Words()("annex.no_grade") for row in printed(outcome, book, f"{own.code}.1").values()
        )
        assert counted[Words()("annex.total")] == sum(told.values())
        assert {label: n for label, n in counted.items() if n and label != Words()("annex.total")} == dict(told)
        assert all(row[share] == pytest.approx(100) for row in rows if row[grade] == Words()("annex.total"))


def test_the_treatment_is_told_below_the_tables_it_affects(outcome: Outcome, book: Any) -> None:
    for own, table in tables(outcome, "1"):
        texts = [str(cell.value) for row in book[table].iter_rows() for cell in row if cell.value]
        start = Words()(f"annex.treatment.{own.treatment}", units="|", maximum="|").split("|")[0]
        told = [text for text in texts if text.startswith(start)]
        assert len(told) == 1
        assert f"Unit {own.code} 03" in told[0]
        assert {"Table 2025", "Before", "it", "After Province"} <= set(texts)


def test_who_is_left_out_stands_nowhere_and_is_not_missed(outcome: Outcome, book: Any) -> None:
    left = {code for code, state in outcome.states.items() if state is UnitState.LEFT_OUT}
    is_left_out = outcome.assessment.blocks[0].treatment is Treatment.LEFT_OUT
    assert bool(left) == is_left_out
    for own, table in tables(outcome, "1"):
        rows = printed(outcome, book, table)
        assert left.isdisjoint(rows)
        absent = [unit for unit in outcome.assessment.units_of(own.code) if unit.code.endswith(ABSENT)]
        assert [t.absent for t in outcome.tables if t.table.code == table] == [tuple(absent)]


def test_spanners_stand_over_their_columns(outcome: Outcome, annex: Path) -> None:
    own, table = next(tables(outcome, "1"))
    sheet = openpyxl.load_workbook(annex)[table]
    spanned = [cell for row in sheet.iter_rows() for cell in row if cell.value == "of criteria"]
    assert len(spanned) == 2
    for cell in spanned:
        assert sheet.cell(cell.row - 1, cell.column).value == "Points"
        assert str(sheet.cell(cell.row + 1, cell.column).value).split()[1] in "BC", own


def test_equal_in_all_tie_breaks_is_told() -> None:
    of = with_ordinal(build(Treatment.CONVERTED))
    same_answers = {unit.code: 1 for unit in of.units}
    sent = [replace_unit(submission(of, of.units[0], random.Random(seed)), code) for code, seed in same_answers.items()]
    told = taken_in(of, sent).findings
    assert "rank_still_shared" in {finding.code for finding in told}


def with_ordinal(of: Assessment) -> Assessment:
    own = replace(of.blocks[0], ties=TieRule.ORDINAL, tie_breaks=("B",))
    units_ = tuple(unit for unit in of.units if unit.block == own.code and unit.group == "whole")
    return replace(of, blocks=(own, *of.blocks[1:]), units=units_)


def replace_unit(one: Submission, code: str) -> Submission:
    return replace(one, unit=code, inputs=tuple(replace(i, unit=code) for i in one.inputs))


def test_a_unit_that_cannot_be_compared_is_told_and_stands_last_without_rank() -> None:
    of = build(Treatment.UNRANKED)
    outcome = outcome_for(of, 7)
    told = {f.facts["table"]: f.facts["units"] for f in outcome.findings if f.code == "unit_not_comparable"}
    assert told
    for ranked in outcome.tables:
        for section in ranked.sections if ranked.table.code.endswith(".1") else ():
            if section.section.ranked:
                gaps = [s for s in section.standings if outcome.points[s.unit.block].loc[s.unit.code, "A1"] is None]
                assert list(section.standings[len(section.standings) - len(gaps) :]) == gaps
                assert [s.rank for s in gaps] == [None] * len(gaps)


@pytest.mark.skipif(libreoffice.SOFFICE is None, reason="LibreOffice is not installed")
def test_a_denominator_that_somebody_sets_to_zero_takes_the_maximum_with_it(tmp_path: Path) -> None:
    """Nobody has a gap yet; then a reviewer types 0 on the sheet of figures and lets the workbook calculate."""
    of = replace(build(Treatment.CONVERTED), exemptions=())
    drawn = random.Random(1)
    sent = [with_ratio(submission(of, one, drawn)) for one in of.units]
    path = write_workbook(tmp_path / "a.xlsx", annex_sheets(taken_in(of, sent), Words()), "t")
    book = openpyxl.load_workbook(path)
    code = of.blocks[0].code
    figures = book[Words()("working.inputs_sheet", block=code)]
    row = next(cell.row for cell in figures["B"] if cell.value == f"Unit {code} 00")
    columns = [cell.column for cell in figures[4] if cell.value == "A1"]
    for column in columns:
        figures.cell(row, column).value = 0
    book.save(tmp_path / "b.xlsx")
    again = openpyxl.load_workbook(libreoffice.recalculated(tmp_path / "b.xlsx", folder(tmp_path)), data_only=True)
    shown = printed(taken_in(of, sent), again, f"{code}.1")[f"{code}-u00"]
    assert shown["applicable "] == 86 - 10


def folder(parent: Path) -> Path:
    made = parent / "again"
    made.mkdir()
    return made


def with_ratio(one: Submission) -> Submission:
    """The same answers with a denominator that is not zero."""
    known = {("A1", FIRST): Decimal(3), ("A1", SECOND): Decimal(4)}
    inputs = (replace(i, value=known.get((i.criterion, i.kind), i.value)) for i in one.inputs)
    return replace(one, inputs=tuple(inputs))


def test_a_grade_may_bear_the_programs_own_word(tmp_path: Path) -> None:
    of = build(Treatment.UNRANKED)
    words = {"Poor": Words()("annex.no_grade"), "Fair": Words()("annex.total")}
    grades = tuple(replace(grade, label=words.get(grade.label, grade.label)) for grade in of.grades)
    outcome = outcome_for(replace(of, grades=grades), 7)
    path = write_workbook(tmp_path / "a.xlsx", annex_sheets(outcome, Words()), "t")
    again = values(libreoffice.recalculated(path, folder(tmp_path))) if libreoffice.SOFFICE else values(path)
    cached = values(path)
    summaries = [place for place in cached if place[0].endswith(".5")]
    assert [(place, cached[place], again[place]) for place in summaries if not same(cached[place], again[place])] == []
