"""Same inputs, same bytes: whatever the day, the order of the folder, or the names of the files' neighbours."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from cqdt_batch.intake.workers import start_method
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.writing import write_annex, write_board, write_forms
from tests.rounds import FORM, ROOT, outcome_of

DTI = RoundFolder(ROOT / "samples" / "dti-2025")


def outputs(folder: RoundFolder) -> list[bytes]:
    outcome = outcome_of(folder)
    return [write(folder, outcome, Words()).read_bytes() for write in (write_annex, write_board)]


def test_two_runs_give_the_same_bytes(sample: RoundFolder) -> None:
    assert outputs(sample) == outputs(sample)


def test_the_order_in_which_the_folder_is_listed_changes_nothing(
    sample: RoundFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight = outputs(sample)
    honest = Path.iterdir

    def shuffled(path: Path) -> Iterator[Path]:
        found = list(honest(path))
        random.Random(7).shuffle(found)
        return iter(found)

    monkeypatch.setattr(Path, "iterdir", shuffled)
    assert outputs(sample) == straight


def test_renamed_files_change_the_names_of_files_and_no_figure(sample: RoundFolder) -> None:
    before = outcome_of(sample)
    for number, path in enumerate(sorted(sample.inbox.iterdir(), reverse=True)):
        path.rename(path.with_name(f"{number:02}.xlsx"))
    after = outcome_of(sample)
    assert all(after.points[block].equals(before.points[block]) for block in before.points)
    assert after.tables == before.tables


def test_forms_are_the_same_bytes_every_time(sample: RoundFolder, tmp_path: Path) -> None:
    assessment = outcome_of(sample).assessment
    for name in ("1", "2"):
        write_forms(assessment, tmp_path / name, Words())
    for form in (tmp_path / "1").iterdir():
        assert form.read_bytes() == (tmp_path / "2" / form.name).read_bytes()


PROGRAM = """
import sys
from cqdt_batch.intake import workers
from cqdt_batch.pipeline import aside

start, count, folder = sys.argv[1:]
workers.start_method = lambda: start
workers.cores = aside.cores = lambda: int(count)
sys.argv[1:] = ["report", folder, "-q"]

from cqdt_batch.cli import main
main()
"""
"""A whole run, as everybody starts it, but for the processes beside it."""


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> RoundFolder:
    """The second sample round, in which units have things to correct, with two mistakes and two strange files more."""
    folder = RoundFolder(tmp_path_factory.mktemp("inbox") / "dot")
    shutil.copytree(DTI.path, folder.path, ignore=shutil.ignore_patterns("nguon", "ket-qua"))
    form = openpyxl.load_workbook(folder.inbox / "so-y-te.xlsx")
    form[FORM]["F12"].value = -3
    form.save(folder.inbox / "so-y-te.xlsx")
    (folder.inbox / "so-noi-vu.xlsx").write_bytes(b"PK\x03\x04 broken")
    (folder.inbox / "ghi-chu.txt").write_text("gửi kèm", encoding="utf-8")
    shutil.copy(folder.inbox / "so-tai-chinh.xlsx", folder.inbox / "so-tai-chinh (2).xlsx")
    return folder


def results(inbox: RoundFolder, place: Path, start: str, count: int, *, backwards: bool = False) -> dict[str, bytes]:
    """Every file that a whole run writes; those of the inbox are put there one by one, in this order or that."""
    folder = RoundFolder(place / "dot")
    for path in sorted(inbox.path.rglob("*"), reverse=backwards):
        copy = folder.path / path.relative_to(inbox.path)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            shutil.copy(path, copy)
    subprocess.run([sys.executable, "-c", PROGRAM, start, str(count), str(folder.path)], cwd=ROOT, check=False)
    written = (path for path in folder.results.rglob("*") if path.is_file())
    return {path.relative_to(folder.results).as_posix(): path.read_bytes() for path in written}


@pytest.fixture(scope="module")
def alone(inbox: RoundFolder, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The results where a single worker reads and this process draws everything itself."""
    return results(inbox, tmp_path_factory.mktemp("alone"), start_method(), 1)


def test_the_round_has_all_kinds_of_results(alone: dict[str, bytes]) -> None:
    assert {"phu-luc.xlsx", "kiem-tra.xlsx", "nhat-ky.json", "phan-hoi/so-y-te.xlsx"} <= set(alone)
    assert len(alone) > 10


@pytest.mark.parametrize(("start", "count"), [("forkserver", 2), ("forkserver", 4), ("fork", 2), ("spawn", 2)])
def test_workers_however_many_and_however_started_change_no_byte(
    start: str, count: int, inbox: RoundFolder, alone: dict[str, bytes], tmp_path: Path
) -> None:
    if start not in multiprocessing.get_all_start_methods():
        pytest.skip("no process starts so here")
    assert results(inbox, tmp_path, start, count) == alone


def test_the_order_in_which_files_arrive_changes_no_byte(
    inbox: RoundFolder, alone: dict[str, bytes], tmp_path: Path
) -> None:
    assert results(inbox, tmp_path, start_method(), 2, backwards=True) == alone
