"""Who reads the files: as many processes as there are cores, started early, that hear nothing of Ctrl-C."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cqdt_batch.definition.records import Limits
from cqdt_batch.intake import workers
from cqdt_batch.intake.signals import ENDING, deaf, undisturbed
from cqdt_batch.intake.worker import Failure, Order, Worker
from cqdt_batch.intake.workers import cores, in_workers, make_ready
from tests.rounds import ROOT

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
STARTS = sorted({"forkserver", "spawn"} & set(multiprocessing.get_all_start_methods()))
"""A process in which threads run, as in that of the tests, is not to be copied itself."""
on_unix = pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")


def who(_state: str, _job: str) -> tuple[int, int]:
    """The worker and the process that it is a copy of, or that started it."""
    return os.getpid(), os.getppid()


def unheard(_state: str, _job: str) -> set[int]:
    """The signals that do not reach a worker."""
    return set(signal.pthread_sigmask(signal.SIG_BLOCK, []))


def seen(*jobs: str) -> list[tuple[int, int]]:
    """Who did each of the jobs."""
    done = list(in_workers(who, "", jobs, Limits()))
    return [one for one in done if not isinstance(one, Failure)]


def children() -> set[int]:
    return {int(pid) for part in Path("/proc/self/task").glob("*/children") for pid in part.read_text().split()}


def size_of(_state: str, job: bytes) -> int:
    return len(job)


@on_linux
@pytest.mark.parametrize("start", STARTS)
def test_jobs_that_take_more_memory_than_there_may_be_are_given_up_one_by_one(
    start: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(workers, "start_method", lambda: start)
    jobs = [b"x" * 10, b"x" * 80 * 2**20, b"x" * 20]
    assert list(in_workers(size_of, "", jobs, Limits(memory=64))) == [10, Failure("file_too_heavy"), 20]
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("start", STARTS)
def test_nothing_is_imported_from_the_folder_in_which_the_program_is_run(start: str, tmp_path: Path) -> None:
    """Another checkout may lie there, or whatever somebody saved under the name of a module."""
    for name in ("cqdt_batch", "olefile", "random", "zipfile", "multiprocessing"):
        (tmp_path / f"{name}.py").write_text(f"open('imported', 'w').write({name!r})\nraise ImportError", "utf-8")
    program = f"""
import sys
from cqdt_batch.cli import main
from cqdt_batch.intake import workers
workers.start_method = lambda: {start!r}
sys.argv = ["cqdt", "check", "--quiet", {str(ROOT / "samples" / "hoa-binh-2020")!r}]
if __name__ == "__main__":
    main()
"""
    (tmp_path / "elsewhere").mkdir()
    script = tmp_path / "elsewhere" / "cqdt.py"
    script.write_text(program, "utf-8")

    run = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (0, "")
    assert not (tmp_path / "imported").exists()


@on_linux
def test_workers_are_copies_of_the_server_that_was_made_ready() -> None:
    make_ready(who)
    there = children()
    assert {parent for _, parent in seen("a", "b", "c")} <= there
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("start", STARTS)
def test_workers_can_be_started_in_any_way(start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "start_method", lambda: start)
    found = seen("a", "b")
    assert len(found) == 2
    assert os.getpid() not in dict(found)


@on_unix
@pytest.mark.parametrize("start", STARTS)
def test_workers_never_hear_of_an_interrupt(start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However early it comes: they do not so much as ignore it."""
    monkeypatch.setattr(workers, "start_method", lambda: start)
    assert list(in_workers(unheard, "", ["a"], Limits())) == [{signal.SIGINT}]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()


def test_there_are_as_many_workers_as_cores_and_never_more_than_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Order] = []

    class Counted(Worker):
        def __init__(self, start: str, order: Order) -> None:
            started.append(order)
            super().__init__(start, order)

    monkeypatch.setattr(workers, "Worker", Counted)
    monkeypatch.setattr(workers, "cores", lambda: 2)
    assert len(seen("a")) == 1
    assert len(started) == 1
    assert len(seen("a", "b", "c")) == 3
    assert len(started) == 1 + 2


@on_linux
def test_cores_are_those_that_this_process_may_use() -> None:
    """A container, or `taskset`, may leave it fewer than the machine has."""
    program = """
import os
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
from cqdt_batch.intake.workers import cores
print(cores())
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert cores() == len(os.sched_getaffinity(0))


def test_workers_import_nothing_heavy() -> None:
    """They are started while pandas and the like are imported beside them, and each has its memory to itself."""
    program = """
import sys
import cqdt_batch.__main__, cqdt_batch.intake.appraisal
print({"pandas", "numpy", "pandera", "pydantic", "openpyxl", "xlsxwriter", "typer", "rich"} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@on_unix
@pytest.mark.parametrize("number", ENDING)
def test_a_signal_is_heeded_when_what_is_started_is_there(number: signal.Signals) -> None:
    heard: list[str] = []
    usual = signal.signal(number, lambda *_: heard.append("heeded"))
    try:
        with undisturbed():
            signal.raise_signal(number)
            heard.append("started")
        assert heard == ["started", "heeded"]
        signal.raise_signal(number)
        assert heard == ["started", "heeded", "heeded"]
    finally:
        signal.signal(number, usual)


def test_where_no_signal_arrives_there_is_nothing_to_hold_back() -> None:
    started: list[bool] = []

    def start() -> None:
        with undisturbed():
            started.append(True)

    other = threading.Thread(target=start)
    other.start()
    other.join()
    assert started == [True]


@on_unix
def test_what_is_started_in_the_block_is_deaf_and_the_one_that_starts_it_is_not() -> None:
    listening = [sys.executable, "-c", "import signal; print(signal.SIGINT in signal.pthread_sigmask(0, []))"]
    with deaf():
        inside = subprocess.run(listening, capture_output=True, text=True, check=True)
    outside = subprocess.run(listening, capture_output=True, text=True, check=True)
    assert (inside.stdout, outside.stdout) == ("True\n", "False\n")
