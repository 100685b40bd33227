"""What is written is whole or not there at all, whatever happens while it is written; nobody else's file is touched."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cqdt_batch.cli import app
from cqdt_batch.cli.status import Status
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.publishing.sheets import Cell, Sheet, Style
from cqdt_batch.publishing.writer import LinkedOutputError, prepare, write_file, write_workbook
from tests.rounds import ROOT, retype

KILLS = 100


def cqdt(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def book(text: str, rows: int = 400) -> tuple[Sheet, ...]:
    return (Sheet(name="A", cells=tuple(Cell(row, 1, f"{text} {row}", Style()) for row in range(1, rows + 1))),)


KILLED = """
import os, random, signal, sys, time
from pathlib import Path
from cqdt_batch.publishing.writer import prepare, write_workbook
from tests.test_output import book

path, chance = Path(sys.argv[1]), random.Random(7)
books = [book("cũ"), book("mới")]
whole = set()
for sheets in books:
    write_workbook(path, sheets, "T")
    whole.add(path.read_bytes())
for number in range(int(sys.argv[2])):
    child = os.fork()
    if not child:
        prepare(path.parent)
        while True:
            for sheets in books:
                write_workbook(path, sheets, "T")
    time.sleep(chance.uniform(0, 0.06))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert path.read_bytes() in whole, number
prepare(path.parent)
print(sorted(p.name for p in path.parent.iterdir()))
"""


def test_a_kill_at_any_moment_leaves_the_old_or_the_new_file_whole(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "a.xlsx"), str(KILLS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert (result.returncode, result.stdout.strip()) == (0, "['a.xlsx']"), result.stderr


def test_a_report_that_is_killed_leaves_whole_files_and_the_next_one_is_as_if_nothing_had_been(
    sample: RoundFolder,
) -> None:
    assert cqdt("report", sample.path).exit_code == 0
    expected = {path.name: path.read_bytes() for path in (sample.annex, sample.board)}
    for delay in (0.3, 0.7, 1.0, 1.2, 1.4):
        command = [sys.executable, "-m", "cqdt_batch", "report", str(sample.path)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
        assert {path.name: path.read_bytes() for path in (sample.annex, sample.board)} == expected
    assert cqdt("report", sample.path).exit_code == 0
    results = sorted(path.name for path in sample.annex.parent.iterdir())
    assert results == ["kiem-tra.xlsx", "nhat-ky.json", "phan-hoi", "phu-luc.xlsx"]


def test_what_killed_runs_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    left = tmp_path / f".a.xlsx.{gone.pid}.cqdt.tmp"
    running = tmp_path / f".a.xlsx.{os.getppid()}.cqdt.tmp"
    foreign = tmp_path / ".notes.2024.tmp"
    for path in (left, running, foreign):
        path.write_bytes(b"x")
    prepare(tmp_path)
    assert set(tmp_path.iterdir()) == {running, foreign}


FULL = """
import resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
from cqdt_batch.cli import app
app(["report", sys.argv[1]])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the size of files is limited as on a full disk")
def test_a_full_disk_destroys_nothing_and_has_its_own_exit_status(sample: RoundFolder) -> None:
    cqdt("report", sample.path)
    before = {path: path.read_bytes() for path in sample.annex.parent.glob("*.xlsx")}
    result = subprocess.run(
        [sys.executable, "-c", FULL, str(sample.path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == Status.NOT_WRITTEN, result.stderr
    assert "Traceback" not in result.stderr
    assert "Không ghi được vào" in " ".join(result.stderr.split())
    assert {path: path.read_bytes() for path in sample.annex.parent.glob("*.xlsx")} == before
    assert [path.name for path in sample.annex.parent.glob(".*")] == []


@pytest.mark.parametrize("name", ["phu-luc.xlsx", "kiem-tra.xlsx"])
def test_an_output_that_is_a_link_is_refused_and_what_it_leads_to_is_unharmed(
    sample: RoundFolder, tmp_path: Path, name: str
) -> None:
    precious = tmp_path / "quy-trong.xlsx"
    precious.write_bytes(b"precious")
    sample.annex.parent.mkdir()
    (sample.annex.parent / name).symlink_to(precious)
    result = cqdt("report", sample.path)
    assert result.exit_code == Status.NOT_WRITTEN
    assert "là một liên kết" in " ".join(result.stderr.split())
    assert precious.read_bytes() == b"precious"


def test_a_folder_of_results_that_is_a_link_is_refused_before_the_work(sample: RoundFolder) -> None:
    sample.annex.parent.symlink_to(sample.inbox, target_is_directory=True)
    before = sorted(sample.inbox.iterdir())
    assert cqdt("report", sample.path).exit_code == Status.NOT_WRITTEN
    assert sorted(sample.inbox.iterdir()) == before


def test_a_file_that_comes_in_parts_is_one_file(tmp_path: Path) -> None:
    path = write_file(tmp_path / "a.json", b"{", b"", b"}")
    assert [(one, one.read_bytes()) for one in tmp_path.iterdir()] == [(path, b"{}")]


def test_a_link_is_not_written_through_by_the_writer_either(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").symlink_to(tmp_path / "b.xlsx")
    with pytest.raises(LinkedOutputError):
        write_workbook(tmp_path / "a.xlsx", book("x"), "T")
    assert not (tmp_path / "b.xlsx").exists()


def test_a_locked_output_is_written_beside_under_a_dated_name_and_said(
    sample: RoundFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows a file that is open in Excel cannot be replaced."""
    cqdt("report", sample.path)
    before = sample.annex.read_bytes()
    honest = Path.replace

    def locked(path: Path, target: Path) -> Path:
        if Path(target).name == "phu-luc.xlsx":
            raise PermissionError(13, "locked")
        return honest(path, target)

    monkeypatch.setattr(Path, "replace", locked)
    result = cqdt("report", sample.path)
    other = next(sample.annex.parent.glob("phu-luc-*.xlsx"))
    assert result.exit_code == Status.CLEAN
    assert other.name in " ".join(result.stderr.split())
    assert sample.annex.read_bytes() == before
    with zipfile.ZipFile(other) as whole:
        assert whole.testzip() is None


@pytest.mark.parametrize("command", ["check", "report", "forms"])
def test_a_read_only_place_is_told_before_the_work(
    sample: RoundFolder, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, **_: object) -> None:
        raise PermissionError(30, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "touch", refuse)
    result = cqdt(command, sample.path)
    assert result.exit_code == Status.NOT_WRITTEN
    assert "Đang" not in result.stderr


def test_forms_that_somebody_filled_in_where_they_were_made_are_not_overwritten(sample: RoundFolder) -> None:
    cqdt("forms", sample.path)
    filled = sample.forms / "so-y-te.xlsx"
    retype(filled, {"1.1.1": 1})
    before = filled.read_bytes()
    result = cqdt("forms", sample.path)
    assert (result.exit_code, filled.read_bytes()) == (Status.WRONG_USE, before)
    assert "so-y-te.xlsx" in result.stderr


def test_a_mended_feedback_form_that_was_saved_among_the_results_is_kept(sample: RoundFolder) -> None:
    retype(sample.inbox / "so-y-te.xlsx", {"1.1.1": 99})
    cqdt("report", sample.path)
    mended = sample.feedback / "so-y-te.xlsx"
    retype(mended, {"1.1.1": 1})
    precious = mended.read_bytes()
    result = cqdt("report", sample.path)
    kept = next(sample.feedback.glob("so-y-te-*.xlsx"))
    assert kept.read_bytes() == precious
    assert kept.name in " ".join(result.stderr.split())


def test_where_the_board_cannot_stand_the_annex_is_left_as_it_was(sample: RoundFolder) -> None:
    cqdt("report", sample.path)
    before = sample.annex.read_bytes()
    sample.board.unlink()
    sample.board.mkdir()
    retype(sample.inbox / "so-y-te.xlsx", {"1.1.1": 0})
    result = cqdt("report", sample.path, "--json")
    assert (result.exit_code, sample.annex.read_bytes()) == (Status.NOT_WRITTEN, before)
    assert json.loads(result.stdout)["status"] == Status.NOT_WRITTEN


@pytest.mark.parametrize("command", ["report", "forms"])
def test_a_damaged_workbook_among_our_own_is_kept_and_stops_nothing(sample: RoundFolder, command: str) -> None:
    cqdt("report", sample.path)
    cqdt("forms", sample.path)
    for folder in (sample.feedback, sample.forms):
        with zipfile.ZipFile(folder / "so-tu-phap.xlsx", "w") as book:
            book.writestr("docProps/core.xml", "<x")
            book.writestr("_rels/.rels", "<Relationships><Relationship/></Relationships>")
    before = (sample.forms / "so-tu-phap.xlsx").read_bytes()
    result = cqdt(command, sample.path)
    assert result.exit_code == (Status.CLEAN if command == "report" else Status.WRONG_USE)
    assert (sample.forms / "so-tu-phap.xlsx").read_bytes() == before


def test_a_folder_with_the_name_of_a_form_is_told_before_any_is_written(sample: RoundFolder) -> None:
    (sample.forms / "so-tu-phap.xlsx").mkdir(parents=True)
    result = cqdt("forms", sample.path)
    assert result.exit_code == Status.NOT_WRITTEN
    assert [path.name for path in sample.forms.iterdir()] == ["so-tu-phap.xlsx"]
