"""The trace: every figure of the annex leads to the cells it came from, and from those cells it can be worked out."""

from __future__ import annotations

import io
import os
import random
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cqdt_batch.definition.assessment import Assessment, CriteriaTree
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.loading import Definition
from cqdt_batch.definition.names import folded
from cqdt_batch.definition.records import (
    Aggregation,
    Column,
    ColumnKind,
    Correction,
    Criterion,
    Extra,
    Measure,
    Rule,
    ScoreSource,
    TableContent,
    Treatment,
    Unit,
    ZeroRule,
)
from cqdt_batch.findings import Where
from cqdt_batch.intake.appraisal import Appraisal
from cqdt_batch.intake.submissions import Input, InputKind
from cqdt_batch.intake.verdicts import Verdict
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.publishing import writer
from cqdt_batch.publishing.annex import tables, working
from cqdt_batch.publishing.annex.tables import annex_sheets
from cqdt_batch.publishing.annex.trace import TraceSheet
from cqdt_batch.publishing.sheets import Cell, Computed, Jump, Sheet, Style, row_heights
from cqdt_batch.publishing.writer import workbook_bytes, write_workbook
from cqdt_batch.scoring.outcome import SCORED, Outcome, evaluate
from cqdt_batch.scoring.trace import Node, Trace
from tests import libreoffice
from tests.assessments import BLOCK, assessment, criterion, half_up, handed_in, intake_of, unit
from tests.rounds import ROOT, SAMPLE, outcome_of
from tests.small_rounds import SmallRound, answers, column, small_rounds

WORDS = Words()
TRACE = WORDS("trace.sheet")
DTI = RoundFolder(ROOT / "samples" / "dti-2025")
NAMES = {ColumnKind.NUMBER, ColumnKind.UNIT, ColumnKind.SUBGROUP, ColumnKind.NOTE}

if libreoffice.SOFFICE is None and os.environ.get("CQDT_REQUIRE_LIBREOFFICE"):
    pytest.fail("LibreOffice is required here and not installed", pytrace=False)

needs_libreoffice = pytest.mark.skipif(libreoffice.SOFFICE is None, reason="LibreOffice is not installed")


# ---------------------------------------------------------------- the annex as a reader finds it


@dataclass(frozen=True)
class Line:
    """A row of the trace sheet: what stands under each header."""

    cells: Mapping[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.cells.get(WORDS(f"trace.{key}"))

    @property
    def counted(self) -> Line:
        """The row with the appraiser's cell in the place of the unit's, if there is one."""
        if self["verified"] is None:
            return self
        places = {WORDS(f"trace.{key}"): self[f"verified_{key}"] for key in ("file", "page", "cell")}
        return Line({**self.cells, **places, WORDS("trace.raw"): self["verified"]})


class Annex:
    """An annex workbook that was written and is read back with openpyxl."""

    def __init__(self, data: bytes) -> None:
        self.book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)

    @cached_property
    def lines(self) -> dict[int, Line]:
        """The rows of the trace by number."""
        rows = list(self.book[TRACE].iter_rows())
        top = next(n for n, row in enumerate(rows) if row[0].value == WORDS("trace.unit"))
        headers = [cell.value for cell in rows[top]]
        return {
            row[0].row: Line({header: cell.value for header, cell in zip(headers, row, strict=True)})
            for row in rows[top + 1 :]
        }

    @cached_property
    def of(self) -> dict[tuple[str, str], list[Line]]:
        """The rows of each unit and criterion."""
        found: dict[tuple[str, str], list[Line]] = {}
        for line in self.lines.values():
            found.setdefault((line["unit"], line["code"]), []).append(line)
        return found

    def led_to(self, cell: Any) -> Line:
        """The row of the trace that a cell leads to."""
        assert cell.hyperlink, (cell.parent.title, cell.coordinate, cell.value)
        sheet, place = cell.hyperlink.location.rsplit("!", 1)
        assert sheet == f"'{TRACE}'"
        row = self.book[TRACE][place].row
        assert cell.hyperlink.tooltip == f"Xem cách tính ở trang {TRACE}, dòng {row}"
        return self.lines[row]

    def figures(self, of: Assessment) -> Iterator[tuple[Column, Unit, Any]]:
        """Every cell of the units in the annex tables that shows something, with its column and its unit."""
        by_name = {one.printed_name: one for one in of.units}
        for table in of.tables:
            columns = of.columns_of(table)
            names = next((n for n, one in enumerate(columns) if one.kind is ColumnKind.UNIT), None)
            if table.content is not TableContent.UNITS or names is None:
                continue
            for row in self.book[table.code].iter_rows():
                if row[names].value in by_name and by_name[row[names].value].block == table.block:
                    for one, cell in zip(columns, row, strict=False):
                        if one.kind not in NAMES and cell.value is not None:
                            about = one if one.criterion else replace(one, criterion=table.criterion)
                            yield about, by_name[row[names].value], cell


def drawn(outcome: Outcome) -> Annex:
    return Annex(workbook_bytes(annex_sheets(outcome, WORDS), "T"))


# ---------------------------------------------------------------- an oracle that starts from the cells


Read = Callable[[Line], Any]


def number(content: Any) -> Fraction:
    return Fraction(str(content).replace(",", "."))


def measured(leaf: Criterion, found: list[Any]) -> Fraction | None:
    if leaf.measured is not Measure.RATIO:
        return number(found[0])
    return number(found[0]) * 100 / number(found[1]) if number(found[1]) else None


def at_zero(leaf: Criterion) -> Fraction | None:
    return {ZeroRule.NOT_ASSESSED: None, ZeroRule.FULL: Fraction(leaf.max_score or 0)}.get(leaf.on_zero, Fraction(0))


def worth(leaf: Criterion, found: list[Any], best: Fraction) -> Fraction | None:
    """The points of a leaf by the words of the definition's help, from what stands in its cells."""
    most = Fraction(leaf.max_score or 0)
    if leaf.rule in {Rule.POINTS, Rule.GIVEN}:
        return number(found[0])
    if leaf.rule is Rule.YES_NO:
        return most if folded(str(found[0])) in {folded("Có"), "yes"} else Fraction(0)
    if leaf.rule is Rule.CASES:
        return next(Fraction(level.points) for level in leaf.levels if folded(level.name) == folded(str(found[0])))
    figure = measured(leaf, found)
    if figure is None or (leaf.rule is Rule.RELATIVE and not best):
        return at_zero(leaf)
    match leaf.rule:
        case Rule.RATIO:
            return figure * most / 100
        case Rule.TARGET:
            return min(figure / Fraction(leaf.target or 1), Fraction(1)) * most
        case Rule.STEPS:
            return max([Fraction(v.points) for v in leaf.levels if number(v.name) <= figure], default=Fraction(0))
        case Rule.COUNT:
            return min(figure * Fraction(leaf.per_item or 0), most)
    return figure * most / best


def corrected(line: Line, points: Fraction | None) -> Fraction | None:
    """The points after the one correction that a row tells, which starts from what stood."""
    if line["corrections"] is None:
        return points
    old, new = line["corrections"].partition(" (")[0].split(" → ")
    assert old == "Không đánh giá" if points is None else number(old) == points
    return None if new == "Không đánh giá" else number(new)


@dataclass(frozen=True)
class Oracle:
    """Works the points of a block out from the cells that its trace names; `read` opens a cell."""

    tree: CriteriaTree
    annex: Annex
    names: tuple[str, ...]
    read: Read

    def cells(self, name: str, code: str) -> list[Any]:
        lines = [line.counted for line in self.annex.of[name, code]]
        return [self.read(line) for line in lines if line["raw"] is not None]

    @cache  # noqa: B019 - an oracle lives as long as its test
    def best(self, code: str) -> Fraction:
        leaf = self.tree.by_code[code]
        found = (self.cells(name, code) for name in self.names)
        figures = [measured(leaf, cells) for cells in found if cells]
        return max((figure for figure in figures if figure is not None), default=Fraction(0))

    @cache  # noqa: B019
    def points(self, name: str, code: str) -> Fraction | None:
        node, children = self.tree.by_code[code], self.tree.children.get(code, ())
        if children:
            return self.gathered(node, [(self.points(name, c.code), Fraction(c.weight or 1)) for c in children])
        return corrected(self.annex.of[name, code][0], self.scored(name, node))

    def scored(self, name: str, leaf: Criterion) -> Fraction | None:
        """The points of a leaf before corrections."""
        cells = self.cells(name, leaf.code)
        best = self.best(leaf.code) if leaf.rule is Rule.RELATIVE else Fraction(0)
        exact = worth(leaf, cells, best) if cells else None
        if exact is None:
            return None
        rounded = half_up(exact, self.tree.decimals)
        return -rounded if leaf.extra is Extra.PENALTY else rounded

    def gathered(self, node: Criterion, parts: list[tuple[Fraction | None, Fraction]]) -> Fraction | None:
        known = [(points, weight) for points, weight in parts if points is not None]
        if not known:
            return None
        if node.aggregation is Aggregation.BEST:
            return max(points for points, _ in known)
        if node.aggregation is Aggregation.MEAN:
            weighted = sum((points * weight for points, weight in known), Fraction(0))
            return half_up(weighted / sum((weight for _, weight in known), Fraction(0)), self.tree.decimals)
        return sum((points for points, _ in known), Fraction(0))


def oracles(outcome: Outcome, annex: Annex, read: Read) -> dict[str, Oracle]:
    of = outcome.assessment
    scored = [one for one in of.units if outcome.states[one.code] in SCORED]
    return {
        block: Oracle(tree, annex, tuple(one.printed_name for one in scored if one.block == block), read)
        for block, tree in of.trees.items()
    }


def check_every_figure(outcome: Outcome, annex: Annex, read: Read, units: set[str]) -> int:
    """Follow every figure of some units to its cells, and work it out from them; the number of figures checked."""
    worked = oracles(outcome, annex, read)
    decimals = {
        (column.table, column.kind, column.criterion): ranked.figures.decimals(column)
        for ranked in outcome.tables
        for column in outcome.assessment.columns_of(ranked.table)
    }
    checked = 0
    for about, who, cell in annex.figures(outcome.assessment):
        line = annex.led_to(cell)
        assert (line["unit"], line["code"]) == (who.printed_name, about.criterion)
        if who.code not in units or about.kind not in {ColumnKind.POINTS, ColumnKind.TOTAL}:
            continue
        of = worked[who.block]
        exact = of.points(who.printed_name, about.criterion)
        assert line["points"] == ("Không đánh giá" if exact is None else pytest.approx(float(exact), abs=1e-12))
        table = next(one for one in outcome.tables if one.table.code == about.table)
        if about.kind is ColumnKind.TOTAL and table.figures.is_converted and exact is not None:
            possible = Fraction(table.figures.applicable_of(who, about.criterion))
            exact = exact * Fraction(of.tree.maxima[about.criterion]) / possible if possible else None
        key = next(key for key in decimals if key[:2] == (about.table, about.kind) and key[2] in {"", about.criterion})
        shown = "Không đánh giá" if exact is None else float(half_up(exact, decimals[key]))
        assert cell.value == shown, (cell.parent.title, cell.coordinate)
        checked += 1
    return checked


# ---------------------------------------------------------------- the samples


class Files:
    """The files of a round, inside its archives too; opens the cell that a row of the trace names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.books: dict[str, Any] = {}

    def book(self, name: str) -> Any:
        if name not in self.books:
            outer, _, inner = name.partition(" › ")
            data = (self.folder / outer).read_bytes()
            if inner:
                with zipfile.ZipFile(io.BytesIO(data)) as archive:
                    data = archive.read(inner)
            self.books[name] = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        return self.books[name]

    def __call__(self, line: Line) -> Any:
        content = self.book(line["file"])[line["page"]][line["cell"]].value
        assert content == line["raw"] or number(content) == number(line["raw"]), line.cells
        return content


def test_every_figure_of_the_sample_comes_from_the_cells_that_its_trace_names(published: RoundFolder) -> None:
    outcome = outcome_of(published)
    annex = Annex(published.annex.read_bytes())
    every_unit = {one.code for one in outcome.assessment.units}
    assert check_every_figure(outcome, annex, Files(published.path), every_unit) == 330


@pytest.fixture(scope="module")
def dti() -> tuple[Outcome, Annex]:
    """The larger sample: every rule, forms in archives, points given in the definition, grades."""
    outcome = outcome_of(DTI)
    return outcome, drawn(outcome)


def test_figures_of_every_rule_come_from_the_cells_of_units_appraisers_and_the_definition(
    dti: tuple[Outcome, Annex],
) -> None:
    outcome, annex = dti
    appraised = {unit for unit, _ in outcome.appraisal.verdicts} | {one.unit for one in outcome.register.applied}
    followed = {*random.Random(5).sample([one.code for one in outcome.assessment.units], 10), *appraised}
    files = Files(DTI.path)

    def read(line: Line) -> Any:
        return files(line) if line["unit"] in names else line["raw"]

    names = {outcome.assessment.unit_by_code[code].printed_name for code in followed}
    assert check_every_figure(outcome, annex, read, followed) >= 14 * 9
    assert {name for name in files.books if name.startswith("tham-dinh/")} == {e.name for e in outcome.appraisal.files}


def test_every_criterion_of_every_scored_unit_has_a_row_in_the_order_of_register_and_tree(
    published: RoundFolder,
) -> None:
    outcome = outcome_of(published)
    lines = Annex(published.annex.read_bytes()).lines.values()
    expected = [
        (one.printed_name, node.code)
        for one in outcome.assessment.units
        for node in outcome.assessment.trees[one.block].below(outcome.assessment.trees[one.block].root.code)
    ]
    assert [(line["unit"], line["code"]) for line in lines] == expected


def test_the_root_row_of_a_unit_has_the_hash_of_its_file(published: RoundFolder) -> None:
    outcome = outcome_of(published)
    lines = Annex(published.annex.read_bytes()).of
    for one in outcome.assessment.units:
        (line,) = lines[one.printed_name, "CQDT"]
        submission = outcome.own_submission_of[one.code]
        assert (line["file"], line["sha256"]) == (submission.file, submission.sha256)


def test_counts_of_grades_lead_to_the_units_counted_and_those_to_their_traces(dti: tuple[Outcome, Annex]) -> None:
    outcome, annex = dti
    summaries = [table for table in outcome.assessment.tables if table.content is TableContent.GRADES]
    assert summaries
    for table in summaries:
        led = [cell.hyperlink.location for row in annex.book[table.code].iter_rows() for cell in row if cell.hyperlink]
        assert led
        for location in led:
            sheet, place = location.rsplit("!", 1)
            listed = annex.book[sheet.strip("'")][place]
            assert listed.value == table.code
            figure = next(cell for cell in listed.parent[listed.row] if cell.hyperlink)
            assert annex.led_to(figure)["unit"] == listed.offset(column=2).value


def test_figures_of_a_round_too_large_for_a_trace_lead_to_the_points_of_their_unit(
    published: RoundFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = outcome_of(published)
    monkeypatch.setattr(working, "_MOST_TRACED", sum(points.size for points in outcome.points.values()) - 1)
    annex = drawn(outcome)
    assert TRACE not in annex.book.sheetnames
    for about, one, cell in annex.figures(outcome.assessment):
        sheet, place = cell.hyperlink.location.rsplit("!", 1)
        led = annex.book[sheet.strip("'")][place]
        assert led.parent.cell(led.row, 2).value == one.printed_name
        assert led.parent.cell(4, led.column).value == about.criterion
        assert cell.hyperlink.tooltip == f"Xem trang {led.parent.title}, ô {place}"
        if cell.value == WORDS("not_assessed"):
            assert led.value == cell.value
        elif about.kind is ColumnKind.POINTS:
            decimals = outcome.assessment.block_by_code[one.block].decimals
            assert half_up(Fraction(str(led.value)), decimals) == Fraction(str(cell.value))
    assert all(WORDS("working.note_untraced") in annex.book[f"Điểm {block}"]["A2"].value for block in outcome.points)


def test_in_tables_with_very_many_cells_the_result_of_each_unit_leads_to_its_points(
    published: RoundFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LibreOffice needs minutes to open a workbook with a hundred thousand links."""
    outcome = outcome_of(published)
    cells = sum(
        len(tuple(ranked.standings)) * len(outcome.assessment.columns_of(ranked.table)) for ranked in outcome.tables
    )
    monkeypatch.setattr(tables, "_MOST_LEADING", cells)
    assert all(cell.hyperlink for *_, cell in drawn(outcome).figures(outcome.assessment))
    monkeypatch.setattr(tables, "_MOST_LEADING", cells - 1)
    annex = drawn(outcome)
    for about, one, cell in annex.figures(outcome.assessment):
        assert bool(cell.hyperlink) == (about.kind is ColumnKind.TOTAL)
        if cell.hyperlink:
            line = annex.led_to(cell)
            assert (line["unit"], line["code"]) == (one.printed_name, about.criterion)


def test_links_change_nothing_of_what_is_printed(published: RoundFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = outcome_of(published)
    with_links = {sheet.name: sheet for sheet in annex_sheets(outcome, WORDS)}
    monkeypatch.setattr(TraceSheet, "jump", lambda *_: None)
    for sheet in annex_sheets(outcome, WORDS):
        cells = tuple(cell._replace(jump=None) for cell in with_links[sheet.name].each_cell())
        assert replace(with_links[sheet.name], cells=cells) == replace(
            sheet, cells=tuple(cell._replace(jump=None) for cell in sheet.each_cell())
        )


@needs_libreoffice
def test_the_annex_looks_the_same_with_links_as_without(
    published: RoundFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = outcome_of(published)
    count = len(outcome.assessment.tables)
    seen = []
    for name in ("with", "without"):
        path = write_workbook(tmp_path / f"{name}.xlsx", islice(annex_sheets(outcome, WORDS), count), "T")
        printed = libreoffice.pdf(path, tmp_path)
        command = ["pdftoppm", "-r", "50", "-png", str(printed), str(tmp_path / name)]
        subprocess.run(command, check=True)
        seen.append([page.read_bytes() for page in sorted(tmp_path.glob(f"{name}-*.png"))])
        monkeypatch.setattr(writer, "_MOST_LINKS", 0)
    assert len(seen[0]) == count
    assert seen[0] == seen[1]


def test_the_trace_exists_in_english() -> None:
    outcome = outcome_of(SAMPLE)
    *_, sheet = annex_sheets(outcome, Words(Language.EN))
    assert sheet.name == "Trace"
    assert [cell.value for cell in sheet.each_cell() if cell.row == 4][:4] == ["Unit", "Code", "Criterion", "Points"]


# ---------------------------------------------------------------- small random rounds


def with_figures(small: SmallRound) -> SmallRound:
    """The same round with a table that prints what it has."""
    kinds = (ColumnKind.TOTAL, ColumnKind.PERCENT, ColumnKind.CONVERTED, ColumnKind.APPLICABLE, ColumnKind.RANK)
    leaf = next(one.code for one in small.assessment.criteria if one.rule)
    columns = (
        column(ColumnKind.UNIT),
        column(ColumnKind.POINTS, criterion=leaf),
        *(column(kind) for kind in kinds),
        *small.assessment.columns,
    )
    return replace(small, assessment=replace(small.assessment, columns=columns))


def evaluated(small: SmallRound, appraisal: Appraisal | None = None) -> Outcome:
    definition = Definition(assessment=small.assessment, findings=(), layout=Layout(file="d.xlsx"))
    return evaluate(definition, intake_of(small.submissions), "bai-nop", appraisal)


@settings(max_examples=25, deadline=None)
@given(small=small_rounds())
def test_figures_of_any_round_come_from_the_cells_that_their_traces_name(small: SmallRound) -> None:
    outcome = evaluated(with_figures(small))
    assume(any(len(frame) for frame in outcome.points.values()))
    typed = {one.where: one for submission in outcome.submissions for one in submission.inputs}

    def read(line: Line) -> Any:
        if line["file"] == "d.xlsx":
            return line["raw"]
        where = next(
            one for one in typed if (one.file, one.sheet, one.cell) == (line["file"], line["page"], line["cell"])
        )
        assert str(line["raw"]) == str(typed[where].raw) or number(line["raw"]) == typed[where].raw
        return typed[where].raw

    annex = drawn(outcome)
    check_every_figure(outcome, annex, read, {one.code for one in outcome.assessment.units})
    for block, of in oracles(outcome, annex, read).items():
        for code, row in outcome.points[block].iterrows():
            name = outcome.assessment.unit_by_code[str(code)].printed_name
            assert {c: of.points(name, c) for c in of.tree.by_code} == dict(row)


@st.composite
def flipped(draw: Any) -> tuple[SmallRound, SmallRound, str, Criterion]:
    """A round, and the same round after a unit typed something else for a leaf."""
    small = with_figures(draw(small_rounds(treatments=tuple({*Treatment} - {Treatment.LEFT_OUT}), least_units=2)))
    asked = [(code, key) for code, typed in small.typed.items() for key in typed]
    assume(asked)
    code, (leaf_code, _) = draw(st.sampled_from(asked))
    leaf = next(one for one in small.assessment.criteria if one.code == leaf_code)
    typed = {**small.typed[code], **draw(answers(leaf))}
    assume(typed != small.typed[code])
    return small, replace(small, typed={**small.typed, code: typed}), code, leaf


def cells_behind(node: Node) -> set[Where]:
    """The cells that a trace leads down to."""
    inputs = (one for leaf in node.leaves for one in (*leaf.answered, *(leaf.best.inputs if leaf.best else ())))
    return {one.where for one in inputs}


def led_down(outcome: Outcome, cells: set[Where]) -> set[tuple[str, str]]:
    """The figures whose traces lead to any of the cells."""
    trace = Trace(outcome)
    units = [outcome.assessment.unit_by_code[str(code)] for frame in outcome.points.values() for code in frame.index]
    return {
        (one.code, node.criterion.code) for one in units for node in trace.of(one).walk() if cells_behind(node) & cells
    }


def exact_points(outcome: Outcome) -> dict[tuple[str, str], Decimal | None]:
    return {
        (str(code), str(c)): points
        for frame in outcome.points.values()
        for code, row in frame.iterrows()
        for c, points in row.items()
    }


def printed(outcome: Outcome) -> dict[tuple[str, str, int], Any]:
    """What the table prints of each unit, ranks aside, by the trace that a cell leads to and its column."""
    ranks = {ColumnKind.RANK, ColumnKind.RANK_IN_SUBGROUP, ColumnKind.RANK_OVERALL}
    sheets = {sheet.name: tuple(sheet.each_cell()) for sheet in annex_sheets(outcome, WORDS)}
    named = {(cell.row, cell.column): str(cell.value) for cell in sheets[TRACE] if cell.column <= 2}
    kinds = dict(enumerate((one.kind for one in outcome.assessment.columns), 1))
    found = {}
    for cell in sheets["I"]:
        if cell.jump and isinstance(cell.value, Computed) and kinds[cell.column] not in ranks:
            row = int(cell.jump.cell.removeprefix("A"))
            found[named[row, 1].lower(), named[row, 2], cell.column] = cell.value.value
    return found


@settings(max_examples=50, deadline=None)
@given(case=flipped())
def test_flipping_an_input_changes_exactly_the_figures_that_trace_to_it(
    case: tuple[SmallRound, SmallRound, str, Criterion],
) -> None:
    before, after = (evaluated(small) for small in case[:2])
    _, _, who, leaf = case
    points = exact_points(before), exact_points(after)
    assume(points[0].keys() == points[1].keys() and (who, leaf.code) in points[0])
    old, new = (
        {i.where: i.value for i in outcome.own_submission_of[who].inputs if i.criterion == leaf.code}
        for outcome in (before, after)
    )
    cells = {where for where in old if old[where] != new[where]}
    traced = led_down(before, cells) | led_down(after, cells)
    changed = {key for key in points[0] if points[0][key] != points[1][key]}
    assert changed <= traced
    tree = before.assessment.trees["k"]
    above = {one.code for one in tree.criteria if leaf in tree.leaves(one.code)}
    assert {code for unit_code, code in traced if unit_code == who} == above
    others = {key for key in traced if key[0] != who}
    assert not others or leaf.rule is Rule.RELATIVE
    shown = printed(before), printed(after)
    differing = {key for key in shown[0].keys() | shown[1].keys() if shown[0].get(key) != shown[1].get(key)}
    assert {key[:2] for key in differing} <= traced


# ---------------------------------------------------------------- verified values, given points, corrections


LEAVES = (
    criterion("T"),
    criterion("T.1", "T", 10),
    criterion("T.2", "T", 10, rule=Rule.RATIO, measure=Measure.RATIO, first_label="xong", second_label="tổng"),
    criterion("T.3", "T", 10, rule=Rule.RELATIVE, measure=Measure.NUMBER, first_label="số lượng"),
)
TYPED: dict[Any, Any] = {
    "T.1": Decimal("7.5"),
    ("T.2", InputKind.FIRST): Decimal(1),
    ("T.2", InputKind.SECOND): Decimal(4),
    ("T.3", InputKind.FIRST): Decimal(3),
}
BETTER = {**TYPED, ("T.3", InputKind.FIRST): Decimal(6)}


def verdict(code: str, kind: InputKind, value: Decimal) -> Verdict:
    where = Where(file="tham-dinh/k.xlsx", sheet="Thẩm định", row=9, column=12)
    found = Input(unit="u", criterion=code, kind=kind, raw=value, value=value, where=where)
    reason = Where(file=where.file, sheet=where.sheet, row=9, column=13)
    return Verdict(unit="u", criterion=code, inputs=(found,), reason="theo biên bản", where=reason, sha256="abc")


def appraised(scores: ScoreSource, corrections: tuple[Correction, ...] = ()) -> Outcome:
    """Two units; an appraiser took a figure of the first down."""
    made = assessment(
        [unit("u"), unit("v")],
        LEAVES,
        BLOCK,
        columns=(column(ColumnKind.UNIT), column(ColumnKind.TOTAL)),
        corrections=corrections,
    )
    made = replace(made, profile=replace(made.profile, scores=scores))
    found = verdict("T.2", InputKind.FIRST, Decimal(0))
    definition = Definition(assessment=made, findings=(), layout=Layout(file="d.xlsx"))
    intake = intake_of([handed_in("u", TYPED), handed_in("v", BETTER)])
    return evaluate(definition, intake, "bai-nop", Appraisal(folder="tham-dinh", verdicts={("u", "T.2"): found}))


CORRECTION = Correction(
    unit="u",
    criterion="T.1",
    old=Decimal("7.5"),
    new=Decimal(8),
    reason="nhập nhầm",
    author="Nguyễn Văn A",
    day="15/12/2020",
    document="CV 12/SKHCN",
)


def test_a_verified_value_stands_beside_the_units_own() -> None:
    annex = drawn(appraised(ScoreSource.VERIFIED))
    first, second = annex.of["U", "T.2"]
    assert [line["input"] for line in (first, second)] == ["Ô số liệu a", "Ô số liệu b"]
    assert (first["raw"], first["verified"], second["raw"], second["verified"]) == (1, 0, 4, None)
    place = first["verified_file"], first["verified_page"], first["verified_cell"], first["verified_sha256"]
    assert place == ("tham-dinh/k.xlsx", "Thẩm định", "L9", "abc")
    assert (first["points"], first["reason"], second["points"]) == (0, "theo biên bản", None)


def test_a_verified_value_that_does_not_count_says_so() -> None:
    (first, _) = drawn(appraised(ScoreSource.OWN)).of["U", "T.2"]
    assert first["points"] == 2.5
    assert first["reason"] == "theo biên bản; không dùng, vì đợt này công bố điểm tự chấm"


def test_a_correction_is_told_with_its_document() -> None:
    (line,) = drawn(appraised(ScoreSource.VERIFIED, (CORRECTION,))).of["U", "T.1"]
    assert (line["points"], line["raw"]) == (8, 7.5)
    assert line["corrections"] == "7,5 → 8 (CV 12/SKHCN; 15/12/2020; Nguyễn Văn A; nhập nhầm)"


def test_points_relative_to_the_best_name_the_best_unit_and_its_cell() -> None:
    (line,) = drawn(appraised(ScoreSource.VERIFIED)).of["U", "T.3"]
    assert line["points"] == 5
    assert line["how"].endswith("Cao nhất khối: V, 6 (v.xlsx › P › E5)")


def test_columns_that_nobody_has_anything_to_say_in_are_left_out(published: RoundFolder) -> None:
    (line, *_) = Annex(published.annex.read_bytes()).lines.values()
    absent = {WORDS(f"trace.{key}") for key in ("verified", "reason", "corrections", "told", "verified_sha256")}
    assert not absent & line.cells.keys()


@needs_libreoffice
def test_formulas_of_the_trace_recalculate_to_their_cached_values(tmp_path: Path) -> None:
    outcome = appraised(
        ScoreSource.VERIFIED, (CORRECTION, replace(CORRECTION, criterion="T.3", old=Decimal(5), new=None))
    )
    data = workbook_bytes(annex_sheets(outcome, WORDS), "T")
    (tmp_path / "a.xlsx").write_bytes(data)
    (tmp_path / "out").mkdir()
    again = Annex(libreoffice.recalculated(tmp_path / "a.xlsx", tmp_path / "out").read_bytes())
    before = Annex(data)
    assert before.of["U", "T.3"][0]["points"] == "Không đánh giá"
    assert [line["points"] for line in again.lines.values()] == [line["points"] for line in before.lines.values()]


def test_the_same_round_gives_the_same_trace() -> None:
    one, two = (workbook_bytes(annex_sheets(appraised(ScoreSource.VERIFIED), WORDS), "T") for _ in "ab")
    assert one == two


# ---------------------------------------------------------------- the writer


def test_a_cell_that_leads_somewhere_keeps_its_value_and_its_look() -> None:
    bold = Style(bold=True, number="0.0")
    plain = (Cell(1, 1, Computed("=1+1", 2), bold), Cell(2, 1, Decimal("2.5"), bold))
    jump = Jump("T", "A7", "Xem dòng 7")
    target = Sheet(name="T", cells=(Cell(7, 1, "đích", Style()),))
    one, other = (
        openpyxl.load_workbook(io.BytesIO(workbook_bytes((Sheet(name="S", cells=cells), target), "T")))["S"]
        for cells in (plain, tuple(cell._replace(jump=jump) for cell in plain))
    )
    for place in ("A1", "A2"):
        was, now = one[place], other[place]
        assert (now.value, now.number_format, repr(now.font)) == (was.value, was.number_format, repr(was.font))
        assert (now.hyperlink.location, now.hyperlink.tooltip, was.hyperlink) == ("'T'!A7", "Xem dòng 7", None)


def test_a_sheet_takes_as_many_links_as_excel_does_and_the_rest_is_written_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert writer._MOST_LINKS < 65_530
    monkeypatch.setattr(writer, "_MOST_LINKS", 3)
    cells = tuple(Cell(row, 1, row, Style(), jump=Jump("S", "A1", "")) for row in range(1, 8))
    sheet = openpyxl.load_workbook(io.BytesIO(workbook_bytes([Sheet(name="S", cells=cells)], "T")))["S"]
    assert [cell.value for cell in sheet["A"]] == list(range(1, 8))
    assert [bool(cell.hyperlink) for cell in sheet["A"]] == [True] * 3 + [False] * 4


def test_rows_below_the_fitted_ones_are_left_as_they_are() -> None:
    cells = (Cell(1, 1, "từng " * 30, Style(wrap=True)), Cell(2, 1, "từng " * 30, Style(wrap=True)))
    assert set(row_heights(Sheet(name="S", cells=cells, widths=(10.0,), fitted_to=1))) == {1}
