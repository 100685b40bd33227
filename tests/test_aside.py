"""A second core draws the annex: the same bytes, errors where they are told, nothing left behind."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cqdt_batch.cli import app
from cqdt_batch.messages import Words
from cqdt_batch.pipeline import aside
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.running import assess, questioned, read_definition, recalling
from cqdt_batch.pipeline.writing import annex_bytes
from cqdt_batch.publishing.forms.form import form_sheets
from cqdt_batch.publishing.writer import workbook_bytes
from tests.rounds import ROOT

DTI = RoundFolder(ROOT / "samples" / "dti-2025")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only there is a process copied")

HEAD = """
import os, signal, sys, time
from multiprocessing import active_children
from cqdt_batch.pipeline.aside import drawn_aside, shared_out
os.sched_getaffinity = lambda process: {0, 1}
ours = os.getpid()
"""


def ran(script: str) -> str:
    """What a process of its own says, in which no thread of the tests runs."""
    done = subprocess.run(
        [sys.executable, "-c", HEAD + script], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""
    return done.stdout


def results(folder: RoundFolder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.results.iterdir() if path.is_file()}


def test_results_are_the_same_bytes_with_a_second_core_and_without(
    sample: RoundFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run([sys.executable, "-m", "cqdt_batch", "report", str(sample.path)], cwd=ROOT, check=False)
    aside_drawn = results(sample)
    monkeypatch.setattr(aside, "can_fork", lambda: False)
    CliRunner().invoke(app, ["report", str(sample.path)])
    assert results(sample) == aside_drawn


def test_an_annex_says_nothing_of_what_a_reader_would_ask(sample: RoundFolder) -> None:
    outcome = recalling(sample, assess(sample, read_definition(sample)))
    asked = questioned(sample, outcome)
    assert len(asked.findings) > len(outcome.findings)
    assert annex_bytes(asked, Words()) == annex_bytes(outcome, Words())


def test_bytes_come_from_another_process_which_is_gone_then() -> None:
    assert (
        ran("""
with drawn_aside(lambda: b"%d %s" % (os.getpid() != ours, b"x" * 10_000_000)) as drawn:
    data = drawn()
print(data[:2], len(data), active_children())
""")
        == "b'1 ' 10000002 []\n"
    )


@pytest.mark.parametrize("end", ["1 / 0", "os._exit(3)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_what_the_copy_cannot_draw_is_drawn_here(end: str) -> None:
    assert (
        ran(f"""
def draw():
    if os.getpid() != ours:
        {end}
    return b"here"

with drawn_aside(draw) as drawn:
    print(drawn())
""")
        == "b'here'\n"
    )


def test_an_error_in_drawing_is_raised_here() -> None:
    assert (
        ran("""
try:
    with drawn_aside(lambda: 1 / 0) as drawn:
        drawn()
except ZeroDivisionError:
    print("raised", active_children())
""")
        == "raised []\n"
    )


def test_a_copy_of_a_run_that_was_killed_ends_by_itself() -> None:
    """Nobody reads what it drew, and nobody is there to end it."""
    script = """
with drawn_aside(lambda: bytes(1_000_000)):
    print(active_children()[0].pid, flush=True)
    os.kill(ours, signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", HEAD + script], cwd=ROOT, stdout=subprocess.PIPE, check=False)
    copy = int(killed.stdout)
    patience = time.monotonic() + 20
    while is_alive(copy) and time.monotonic() < patience:
        time.sleep(0.05)
    assert not is_alive(copy)


def is_alive(process: int) -> bool:
    """Tell whether a process runs or waits; one that ended may be listed until somebody asks how."""
    try:
        state = (
            Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0]
        )
    except OSError:
        return False
    return state != "Z"


def test_an_interrupt_leaves_no_process_behind() -> None:
    assert (
        ran("""
try:
    with drawn_aside(lambda: time.sleep(50) or b"x") as drawn:
        copy = active_children()[0].pid
        time.sleep(0.2)
        os.kill(copy, signal.SIGINT)
        os.kill(ours, signal.SIGINT)
        drawn()
except KeyboardInterrupt:
    print("interrupted", active_children())
""")
        == "interrupted []\n"
    )


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    "begin", ["drawn_aside(lambda: time.sleep(50) or b'x')", "shared_out(time.sleep, [0.01] * 100)"]
)
def test_a_copy_that_is_only_just_starting_says_nothing_when_all_are_to_end(begin: str, number: str) -> None:
    """The signal comes to the copy and to the one that was copied as soon as the system has copied it."""
    assert (
        ran(f"""
from cqdt_batch.cli.interrupts import Interrupted, heed
heed()
copied = os.fork
def disturbed():
    copy = copied()
    for one in (copy, ours) if copy else ():
        os.kill(one, signal.{number})
    return copy
os.fork = disturbed
try:
    with {begin} as work:
        print("not reached")
except Interrupted:
    print("interrupted", active_children())
""")
        == "interrupted []\n"
    )


def test_where_no_process_can_be_copied_the_file_is_drawn_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "can_fork", lambda: False)
    with aside.drawn_aside(lambda: b"here") as drawn:
        assert drawn() == b"here"
    assert (
        ran("""
import multiprocessing.context
def full(self): raise BlockingIOError(11, "no room")
multiprocessing.context.ForkProcess.start = full
with drawn_aside(lambda: b"%d" % (os.getpid() == ours)) as drawn:
    print(drawn())
""")
        == "b'1'\n"
    )


def test_many_things_are_shared_out_and_come_back_in_order() -> None:
    assert (
        ran("""
with shared_out(lambda n: (n * n, os.getpid()), range(100)) as done:
    found = list(done)
print([n for n, _ in found] == [n * n for n in range(100)], len({p for _, p in found} - {ours}) > 0, active_children())
""")
        == "True True []\n"
    )


def test_an_error_of_the_shared_out_work_is_raised_here_as_it_was() -> None:
    assert (
        ran("""
from pathlib import Path
from cqdt_batch.publishing.writer import LinkedOutputError

def work(n):
    if n == 30:
        raise LinkedOutputError(Path("a link"))

try:
    with shared_out(work, range(100)) as done:
        list(done)
except LinkedOutputError as link:
    print(link.filename, active_children())
""")
        == "a link []\n"
    )


def test_an_interrupt_ends_what_is_shared_out_and_begins_nothing_new() -> None:
    assert (
        ran("""
def work(n):
    time.sleep(0.02)
    return n

try:
    with shared_out(work, range(10_000)) as done:
        next(done)
        for copy in active_children():
            os.kill(copy.pid, signal.SIGINT)
        os.kill(ours, signal.SIGINT)
        list(done)
except KeyboardInterrupt:
    print("interrupted", active_children())
""")
        == "interrupted []\n"
    )


def test_forms_are_the_same_bytes_with_all_cores_and_without(tmp_path: Path) -> None:
    """The second sample round has more than a hundred units."""
    out = tmp_path / "aside"
    arguments = [sys.executable, "-m", "cqdt_batch", "forms", str(DTI.path), "--out", str(out), "-q"]
    subprocess.run(arguments, cwd=ROOT, check=True, capture_output=True)
    assessment = read_definition(DTI).assessment
    assert assessment is not None
    units = [*assessment.asked_units[:3], assessment.asked_units[-1]]
    for unit in units:
        drawn = workbook_bytes(form_sheets(assessment, unit, Words()), Words()("form.document"))
        assert (out / f"{unit.code}.xlsx").read_bytes() == drawn
    assert len(list(out.iterdir())) == len(assessment.asked_units)
