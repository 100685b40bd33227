"""How far a long job is, said on a terminal and elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from cqdt_batch.cli.progress import in_lines, pace
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.folder import RoundFolder
from tests.rounds import ROOT


@pytest.mark.parametrize(
    ("done", "total", "seconds", "language", "told"),
    [
        (40, 100, 20, Language.VI, "40/100 tệp, 2,0 tệp/giây, còn 0:30"),
        (40, 100, 20, Language.EN, "40 of 100 files, 2.0 files/s, 0:30 left"),
        (10, 4_000, 5, Language.VI, "10/4000 tệp, 2,0 tệp/giây, còn 33:15"),
        (1, 3, 30, Language.VI, "1/3 tệp, 0,0 tệp/giây, còn 1:00"),
        (30, 30, 0, Language.VI, "30/30 tệp, 30000,0 tệp/giây, còn 0:00"),
    ],
    ids=["vietnamese", "english", "minutes", "slow", "no time"],
)
def test_the_pace_is_count_rate_and_what_is_left_at_that_rate(
    done: int, total: int, seconds: float, language: Language, told: str
) -> None:
    assert pace(done, total, seconds, Words(language)) == told


def ticking(step: float) -> Callable[[], float]:
    """A clock that goes on by so many seconds whenever it is looked at."""
    times = iter(range(1_000))
    return lambda: next(times) * step


def test_a_long_job_says_at_most_every_ten_seconds_how_far_it_is() -> None:
    said: list[str] = []
    assert list(in_lines(range(10), Words(), said.append, ticking(4))) == list(range(10))
    assert said == [
        "2/10 tệp, 0,2 tệp/giây, còn 0:48",
        "5/10 tệp, 0,2 tệp/giây, còn 0:24",
        "8/10 tệp, 0,2 tệp/giây, còn 0:09",
    ]


def test_a_short_job_says_nothing_more() -> None:
    said: list[str] = []
    assert list(in_lines(range(9), Words(), said.append, ticking(1))) == list(range(9))
    assert said == []


def test_without_a_terminal_a_short_run_tells_in_one_line_what_it_reads(sample: RoundFolder) -> None:
    command = [sys.executable, "-m", "cqdt_batch", "check", str(sample.path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stderr.splitlines()[0] == "Đang đọc 30 tệp"
    assert "tệp/giây" not in run.stderr
    assert "\x1b" not in run.stderr


@pytest.mark.skipif(os.name != "posix", reason="there are no pseudo terminals")
def test_on_a_terminal_a_bar_tells_count_rate_and_remaining_time_and_is_gone_in_the_end(sample: RoundFolder) -> None:
    shown = on_terminal("check", str(sample.path))
    *_, last = re.findall(r"Đang đọc 30 tệp .*?(\d+)/30 tệp, \d+,\d tệp/giây, còn \d+:\d\d", shown)
    assert int(last) == 29
    assert shown.rindex("\x1b[2K") > shown.rindex("tệp/giây")
    assert shown.index("\x1b[?25h") < shown.index("Đã nhận đủ phiếu hợp lệ của 30 đơn vị.")


@pytest.mark.skipif(os.name != "posix", reason="there are no pseudo terminals")
def test_on_a_terminal_a_quiet_run_shows_no_bar(sample: RoundFolder) -> None:
    assert on_terminal("check", str(sample.path), "-q") == ""


def on_terminal(*arguments: str) -> str:
    """What the program says on a terminal of 100 columns."""
    ours, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    command = [sys.executable, "-m", "cqdt_batch", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=theirs) as run:
        os.close(theirs)
        shown = b"".join(iter(lambda: said_on(ours), b""))
    os.close(ours)
    assert run.returncode == 0
    return shown.decode()


def said_on(terminal: int) -> bytes:
    """The next piece of what is said; nothing once nobody can say anything there any more."""
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""
