"""Whatever kills a worker, and whenever: every job has its result, in its place, and nobody is left behind."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cqdt_batch.cli.status import Status
from cqdt_batch.definition.records import Limits
from cqdt_batch.intake import workers
from cqdt_batch.intake.worker import Failure, Order, Worker
from cqdt_batch.intake.workers import WorkersLostError, in_workers
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.folder import RoundFolder
from tests.rounds import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

STARTS = sorted({"forkserver", "spawn"} & set(multiprocessing.get_all_start_methods()))
LONG = 60
"""Seconds that nothing here may take, however often workers are killed."""


@pytest.fixture(autouse=True)
def two_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "cores", lambda: 2)


@pytest.fixture(autouse=True)
def nobody_is_left() -> Iterator[None]:
    before = working()
    threads = threading.active_count()
    yield
    assert gone(working() - before)
    assert threading.active_count() == threads


# ------------------------------------------------------------------------------------------- killed from outside


def working() -> set[int]:
    """The processes of workers: those below this one, or below the server of which they are copies."""
    below = children(os.getpid())
    server = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
    helpers = {server, multiprocessing.resource_tracker._resource_tracker._pid}  # type: ignore[attr-defined]
    return (below - helpers) | (children(server) if server in below else set())


def children(process: int) -> set[int]:
    found: set[int] = set()
    with suppress(OSError):
        for part in Path(f"/proc/{process}/task").glob("*/children"):
            found |= {int(pid) for pid in part.read_text().split()}
    return {one for one in found if state_of(one) not in "ZX"}


def state_of(process: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    return "X"


def gone(processes: Iterable[int]) -> bool:
    """Wait until the system has ended processes that were killed."""
    end, left = time.monotonic() + 5, set(processes)
    while left and time.monotonic() < end:
        left = {one for one in left if state_of(one) not in "ZX"}
        time.sleep(0.01)
    return not left


def kill(*processes: int) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


@contextmanager
def beside(hunt: Callable[[threading.Event], None]) -> Iterator[None]:
    """Let somebody hunt for workers while the block runs."""
    over = threading.Event()
    hunter = threading.Thread(target=hunt, args=(over,))
    hunter.start()
    try:
        yield
    finally:
        over.set()
        hunter.join()


def read(_state: str, job: int) -> tuple[int, str]:
    """Take as long as reading a form, and say as much."""
    time.sleep(0.002)
    return job, f"{job} " * 2_000


def expected(jobs: range) -> list[tuple[int, str]]:
    return [(job, f"{job} " * 2_000) for job in jobs]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("seed", range(6))
def test_workers_that_are_killed_at_any_moment_cost_nothing(
    seed: int, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "start_method", lambda: start)
    chance = random.Random(f"{start} {seed}")
    jobs = range(400)

    def hunt(over: threading.Event) -> None:
        for _ in range(8):
            over.wait(chance.uniform(0, 0.2))
            there = sorted(working())
            kill(*(there if chance.random() < 0.3 else chance.sample(there, min(1, len(there)))))

    began = time.monotonic()
    with beside(hunt):
        assert list(in_workers(read, "", jobs, Limits())) == expected(jobs)
    assert time.monotonic() - began < LONG


@pytest.mark.parametrize("start", STARTS)
def test_workers_that_are_killed_as_soon_as_they_are_seen_are_replaced(
    start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "start_method", lambda: start)
    killed: set[int] = set()

    def hunt(over: threading.Event) -> None:
        while len(killed) < 6 and not over.is_set():
            for process in working() - killed:
                kill(process)
                killed.add(process)

    with beside(hunt):
        assert list(in_workers(read, "", range(100), Limits())) == expected(range(100))
    assert killed


@pytest.mark.parametrize("delay", [0, 0.05, 0.3])
def test_the_server_of_the_workers_can_be_killed_and_the_workers_with_it(delay: float) -> None:
    def hunt(over: threading.Event) -> None:
        for _ in range(3):
            over.wait(delay)
            there = working()
            server = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
            kill(*([server] if server else []), *there)  # there is none while it is started anew

    workers.make_ready(read)
    with beside(hunt):
        assert list(in_workers(read, "", range(300), Limits())) == expected(range(300))


# ---------------------------------------------------------------------------------------- killed at a chosen moment

JOBS = [f"{number:02}" for number in range(32)]
"""They come to groups of four."""

TRAPPED = "05"


class Trap(NamedTuple):
    """What one job does to its worker, the first so many times; a folder tells which process tried which job."""

    notes: Path
    snap: Callable[[], None]
    times: int = 1_000
    job: str = TRAPPED

    def tries(self, job: str) -> list[int]:
        return [int(path.name.partition("-")[2]) for path in self.notes.glob(f"{job}-*")]


def work(trap: Trap, job: str) -> str:
    tried = len(trap.tries(job))
    (trap.notes / f"{job}-{os.getpid()}").touch()
    if job.startswith(trap.job) and tried < trap.times:
        trap.snap()
    return job * 50_000


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def bereave() -> None:
    """Kill the server that this process is a copy of, and never come to an end."""
    parent = os.getppid()
    assert "forkserver" in Path(f"/proc/{parent}/cmdline").read_text()  # and nobody who took in an orphan
    kill(parent)
    while True:
        pass


def write(most: int, then: Callable[[], None]) -> None:
    """Write only so much of the next message that is longer, and then do something else."""
    usual = Connection._send  # type: ignore[attr-defined]

    def broken_off(pipe: Any, message: Any, *rest: Any) -> None:
        usual(pipe, memoryview(message)[:most], *rest)
        if len(message) > 100:  # the head of a message goes by itself
            then()

    Connection._send = broken_off  # type: ignore[attr-defined]


def done(trap: Trap, seconds: int = 20) -> dict[str, Any]:
    began = time.monotonic()
    results = dict(zip(JOBS, in_workers(work, trap, JOBS, Limits(seconds=seconds)), strict=True))
    assert time.monotonic() - began < LONG
    assert gone(process for job in JOBS for process in trap.tries(job))
    return results


def all_but(failure: str = "") -> dict[str, Any]:
    results: dict[str, Any] = {job: job * 50_000 for job in JOBS}
    return results | {TRAPPED: Failure(failure)} if failure else results


@pytest.mark.parametrize("times", [1, 2, 4])
@pytest.mark.parametrize(
    "snap",
    [
        pytest.param(die, id="while it works"),
        pytest.param(partial(write, 3, die), id="while it writes the length of its results"),
        pytest.param(partial(write, 70_000, die), id="while it writes its results"),
    ],
)
def test_a_job_whose_worker_is_killed_has_its_result_from_another(
    snap: Callable[[], None], times: int, tmp_path: Path
) -> None:
    trap = Trap(tmp_path, snap, times)
    assert done(trap) == all_but()
    assert len(trap.tries(TRAPPED)) == times + 1
    assert len(trap.tries("31")) == 1


def test_results_that_were_written_whole_count_whatever_comes_then(tmp_path: Path) -> None:
    trap = Trap(tmp_path, partial(write, 10_000_000, die), times=1)
    assert done(trap) == all_but()
    assert len(trap.tries(TRAPPED)) == 1


def test_a_job_of_which_every_worker_dies_fails_and_its_neighbours_do_not(tmp_path: Path) -> None:
    trap = Trap(tmp_path, die)
    assert done(trap) == all_but("file_crashed")
    assert len(trap.tries(TRAPPED)) == 1 + len(workers._PAUSES)


def test_where_nothing_can_be_done_at_all_not_every_job_is_tried_for_long(tmp_path: Path) -> None:
    trap = Trap(tmp_path, die, job="")
    assert done(trap) == {job: Failure("file_crashed") for job in JOBS}
    tries = sorted(len(trap.tries(job)) for job in JOBS)
    assert tries[0] >= 1
    assert tries[-3] <= 2


@pytest.mark.parametrize(
    "snap",
    [
        pytest.param(partial(time.sleep, 3_600), id="sleeps"),
        pytest.param(stop, id="is stopped"),
        pytest.param(partial(write, 3, stop), id="is stopped while it writes the length of its results"),
        pytest.param(partial(write, 70_000, stop), id="is stopped while it writes its results"),
        pytest.param(bereave, id="spins, and its server is dead"),
    ],
)
def test_a_job_that_never_ends_is_ended(snap: Callable[[], None], tmp_path: Path) -> None:
    assert done(Trap(tmp_path, snap), seconds=1) == all_but("file_too_slow")


# ------------------------------------------------------------------------------------------ where no worker can live


class Deadly(str):
    """A state that kills whoever takes it."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return die, ()


def test_where_every_worker_dies_before_it_works_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_PAUSES", (0, 0.1))
    with pytest.raises(WorkersLostError):
        list(in_workers(read, Deadly(), range(100), Limits()))


def test_workers_that_could_not_be_started_at_first_are_started_later(monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[str] = []

    class Refused(Worker):
        def __init__(self, start: str, order: Order) -> None:
            if len(refused) < 5:
                refused.append(start)
                raise BlockingIOError
            super().__init__(start, order)

    monkeypatch.setattr(workers, "Worker", Refused)
    assert list(in_workers(read, "", range(10), Limits())) == expected(range(10))


PROGRAM = """
import sys
from cqdt_batch.intake import workers

def refused(*_):
    raise BlockingIOError

workers.Worker = refused
workers._PAUSES = (0, 0.1)

from cqdt_batch.cli import main
main()
"""


@pytest.mark.parametrize("language", Language)
def test_a_run_for_which_there_are_no_workers_ends_with_a_sentence(language: Language, sample: RoundFolder) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "report", str(sample.path), "--lang", language],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == Status.NO_WORKERS
    assert done.stdout == ""
    assert Words(language)("cli.no_workers").split(".")[0] in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not sample.board.exists()
