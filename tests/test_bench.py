"""What the benchmark measures with is honest: its forms are forms, and its competitor does the same job."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree as ET

import openpyxl
import pytest

from bench import analyst, floor, tables
from bench.generate import RETURNED, answers, make
from bench.plot import plot
from bench.processes import own_peak, run, tree_now
from bench.results import NAMES, Measured, Results, goals
from cqdt_batch.intake.rivals import FileState
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.running import read_definition
from cqdt_batch.pipeline.writing import write_annex
from cqdt_batch.publishing.forms.form import form_sheets
from cqdt_batch.publishing.writer import write_workbook
from samples.filling import fill
from tests.rounds import outcome_of, table_rows

FORMS, SEED = 12, 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RoundFolder:
    made = RoundFolder(tmp_path_factory.mktemp("bench") / "dot")
    make(made, FORMS, SEED)
    return made


def test_a_generated_form_is_the_bytes_of_one_that_openpyxl_filled(folder: RoundFolder, tmp_path: Path) -> None:
    assessment = read_definition(folder).assessment
    assert assessment
    for unit in (assessment.units[0], assessment.units[1], assessment.units[-1]):
        drawn = form_sheets(assessment, unit, Words())
        form = write_workbook(tmp_path / "form.xlsx", drawn, Words()("form.document"))
        fill(form, answers(assessment.assessed_leaves(unit), unit, SEED), RETURNED)
        generated = folder.inbox / f"{unit.code}.xlsx"
        with zipfile.ZipFile(form) as filled, zipfile.ZipFile(generated) as patched:
            assert {name: patched.read(name) for name in patched.namelist()} == {
                name: filled.read(name) for name in filled.namelist()
            }
        assert generated.read_bytes() == form.read_bytes()


def test_a_round_is_the_same_bytes_every_time(folder: RoundFolder, tmp_path: Path) -> None:
    again = RoundFolder(tmp_path / "dot")
    make(again, FORMS, SEED)
    assert again.definition.read_bytes() == folder.definition.read_bytes()
    assert {path.name: path.read_bytes() for path in again.inbox.iterdir()} == {
        path.name: path.read_bytes() for path in folder.inbox.iterdir()
    }


def test_another_seed_gives_other_units_and_answers(folder: RoundFolder, tmp_path: Path) -> None:
    other = RoundFolder(tmp_path / "dot")
    make(other, FORMS, SEED + 1)
    assert {path.name for path in other.inbox.iterdir()} == {path.name for path in folder.inbox.iterdir()}
    for path in other.inbox.iterdir():
        assert path.read_bytes() != (folder.inbox / path.name).read_bytes()


def test_every_unit_is_ranked_without_a_finding_and_the_competitor_prints_the_same_points_and_ranks(
    folder: RoundFolder, tmp_path: Path
) -> None:
    outcome = outcome_of(folder)
    assert [entry.state for entry in outcome.intake.files] == [FileState.ACCEPTED] * FORMS
    assert not outcome.findings
    annex = write_annex(folder, outcome, Words())
    for engine in get_args(analyst.Engine):
        out = tmp_path / f"{engine}.xlsx"
        analyst.report(folder.path, engine, out)
        theirs = openpyxl.load_workbook(out, data_only=True)
        for sheet in ("I", "I.1", "I.2", "II", "II.1", "II.2"):
            ours = [row[1:] for row in table_rows(annex, sheet) if isinstance(row[0], int)]
            assert list(theirs[sheet].iter_rows(min_row=2, values_only=True)) == ours
        assert theirs["Lỗi"].max_row == 1


@pytest.mark.parametrize("processes", [1, 2])
def test_the_floor_reads_every_row_of_every_sheet(folder: RoundFolder, processes: int) -> None:
    books = [openpyxl.load_workbook(path) for path in folder.inbox.iterdir()]
    assert floor.read_all(folder.path, processes) == sum(sheet.max_row for book in books for sheet in book)


HOLDS_64_MIB = "import time; held = bytearray(64 * 2**20); time.sleep(0.4)"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_run_tells_its_time_its_own_memory_and_that_of_all_below_it() -> None:
    below = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLDS_64_MIB!r}])"
    alone = run([sys.executable, "-c", HOLDS_64_MIB], own_peak)
    assert alone.seconds > 0.4
    assert 64 < alone.memory < 100
    assert run([sys.executable, "-c", below], own_peak).memory < 64
    assert 64 < run([sys.executable, "-c", below], tree_now).memory < 120


def test_a_run_that_fails_ends_the_benchmark_with_what_it_said() -> None:
    with pytest.raises(SystemExit, match="no such round"):
        run([sys.executable, "-c", "raise SystemExit('no such round')"], own_peak)


def results() -> Results:
    seconds = {"a": (2.0, 1.0, 9.0), "b": (30.0,), "c": (12.0,), "d": (0.5,), "d2": (0.3,)}
    measured = {
        key: Measured(seconds=runs, memory=100, tree=250 if key == "a" else None) for key, runs in seconds.items()
    }
    started = {
        key: Measured(seconds=(taken,), memory=50) for key, taken in (("import", 1), ("help", 0.3), ("sample", 2))
    }
    return Results(start_up=started, by_size={300: measured, 1_000: measured}, seed=1, repeats=3)


def test_the_goals_are_judged_at_the_largest_size_by_medians() -> None:
    judged = {goal.text: (round(goal.found, 2), goal.is_held) for goal in goals(results())}
    assert judged == {
        "(b) / (a) at 1,000 forms": (15, True),
        "(a) / (d) at 1,000 forms": (4, True),
        "cost of a form in (a) at 1,000 forms / at 300": (0.3, True),
        "peak of the parent process of (a) at 1,000 forms, MiB": (100, True),
        "report of the sample / bare import": (2, True),
        "`cqdt --help` / bare import": (0.3, False),
    }


@pytest.mark.skipif(sys.platform != "linux", reason="tells the machine from /proc")
def test_the_tables_of_a_run_replace_those_of_the_run_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- run -->\nold figures\n<!-- end of run -->\nafter\n", encoding="utf-8")
    monkeypatch.setattr(tables, "README", readme)
    tables.keep(tables.report(results()))
    kept = readme.read_text(encoding="utf-8")
    assert kept.startswith("before\n<!-- run -->\nRun of ")
    assert kept.endswith("|\n<!-- end of run -->\nafter\n")
    assert "old figures" not in kept
    assert "| 1,000 |" in kept
    assert "30.00 (1)" in kept


def test_the_plot_has_a_line_and_a_name_for_every_contender() -> None:
    drawn = ET.fromstring(plot(results()))  # noqa: S314 - our own
    tags = [element.tag.rpartition("}")[2] for element in drawn]
    assert tags.count("polyline") == len(NAMES)
    assert tags.count("circle") == len(NAMES) * 2
    said = [element.text or "" for element in drawn]
    assert all(any(text.startswith(f"({key}) ") for text in said) for key in NAMES)
