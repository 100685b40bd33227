"""Whoever stops a run gets one sentence, and finds nothing half done."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.generate import make
from cqdt_batch.intake.workers import cores
from cqdt_batch.pipeline.folder import RoundFolder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

PATIENCE = 60
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> RoundFolder:
    folder = RoundFolder(tmp_path_factory.mktemp("stop") / "dot")
    make(folder, 300, seed=5)
    return folder


@pytest.fixture
def folder(large: RoundFolder, tmp_path: Path) -> RoundFolder:
    return RoundFolder(Path(shutil.copytree(large.path, tmp_path / "dot")))


def stopped(folder: RoundFolder, when: Callable[[int], bool], number: int, *options: str) -> subprocess.Popen[str]:
    """Start a report, and send it a signal as soon as something is so; as a terminal does, to all its processes."""
    command = [sys.executable, "-m", "cqdt_batch", "report", str(folder.path), *options]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    end = time.monotonic() + PATIENCE
    while not when(process.pid):
        assert process.poll() is None, "the run was over before it could be stopped"
        assert time.monotonic() < end
        time.sleep(0.005)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    return process


def in_session(leader: int) -> Iterator[int]:
    """The processes that a process started, and itself, while they run."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z" and int(fields[3]) == leader:
            yield int(stat.parent.name)


def is_reading(leader: int) -> bool:
    """Tell whether all workers are at work, beside the run itself and two helpers of the system."""
    return sum(1 for _ in in_session(leader)) >= 3 + cores()


def nobody_is_left(leader: int) -> bool:
    end = time.monotonic() + PATIENCE
    while list(in_session(leader)):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_while_it_reads_leaves_nothing(folder: RoundFolder, number: int) -> None:
    process = stopped(folder, is_reading, number)
    out, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 130
    assert out == ""
    assert "Đã dừng theo yêu cầu." in err
    assert "Traceback" not in err
    assert nobody_is_left(process.pid)
    assert [path.name for path in folder.results.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("processes", [2, 3, 4, 5])
def test_a_process_that_is_only_just_starting_says_nothing(folder: RoundFolder, processes: int, number: int) -> None:
    """First comes a helper of the system, then the server of the workers, then worker after worker."""
    process = stopped(folder, lambda leader: sum(1 for _ in in_session(leader)) >= min(processes, 3 + cores()), number)
    _, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 130
    assert "Đã dừng theo yêu cầu." in err
    assert "Traceback" not in err
    assert nobody_is_left(process.pid)


def test_a_run_that_is_stopped_while_it_writes_leaves_whole_files_only(folder: RoundFolder) -> None:
    before = subprocess.run(
        [sys.executable, "-m", "cqdt_batch", "report", str(folder.path), "-q"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    whole = {path.name: path.read_bytes() for path in folder.results.iterdir() if path.is_file()}
    folder.board.unlink()

    process = stopped(folder, lambda _: folder.board.exists() or any(folder.results.glob(".*.tmp")), signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)

    assert before.returncode == 0
    assert process.returncode == 130
    assert "Traceback" not in err
    assert nobody_is_left(process.pid)
    left = {path.name: path.read_bytes() for path in folder.results.iterdir() if path.is_file()}
    assert left.items() <= whole.items()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_comes_while_an_object_is_let_go_of_is_not_lost(number: signal.Signals) -> None:
    """Python only prints what is raised there, and goes on."""
    program = f"""
import signal, time
from cqdt_batch.cli.interrupts import Interrupted, heed

class Thing:
    def __del__(self):
        signal.raise_signal({number:d})
        for _ in range(1000):
            pass

heed()
try:
    Thing()
    time.sleep({PATIENCE})
except Interrupted:
    print("ended")
"""
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert (run.stdout, run.stderr) == ("ended\n", "")


def test_machines_are_told_that_a_run_was_stopped(folder: RoundFolder) -> None:
    process = stopped(folder, is_reading, signal.SIGINT, "--json", "--lang", "en")
    out, _ = process.communicate(timeout=PATIENCE)

    assert json.loads(out)["status"] == 130
    assert json.loads(out)["error"].startswith("Stopped as asked.")
