"""Run a command as a whole process and tell how long it took and how much memory it held. Needs Linux: reads /proc."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.places import ROOT

PROC = Path("/proc")
_EVERY = 0.05
"""Seconds between two looks at the memory of a process."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What a process took: seconds on the clock, and the most memory (MiB) seen while it ran."""

    seconds: float
    memory: float


def run(command: Sequence[str], memory: Callable[[int], float]) -> Run:
    """Run a command in the project's root to its end; SystemExit with what it said where it fails.

    `memory` measures the process of an id; a process or file that is gone by then counts as nothing. Whatever is set
    here, Python keeps the modules that it compiled, as it does on everybody's computer.
    """
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        with subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=said, stderr=said) as process:
            watch = _Watch(process.pid, memory)
            watch.start()
            status = process.wait()
            seconds = time.perf_counter() - started
        watch.over.set()
        watch.join()
        if status:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)} ended with {status}\n{said.read().decode(errors='replace')}")
    return Run(seconds=seconds, memory=watch.most)


class _Watch(threading.Thread):
    """Looks at the memory of a process until it is over."""

    def __init__(self, process: int, memory: Callable[[int], float]) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.most = 0.0
        self._process = process
        self._memory = memory

    def run(self) -> None:
        while not self.over.wait(_EVERY):
            self.most = max(self.most, self._memory(self._process))


def own_peak(process: int) -> float:
    """The most memory (MiB) that a process itself has held so far; its children do not count. Costs next to nothing."""
    return _field(PROC / str(process) / "status", "VmHWM")


def tree_now(process: int) -> float:
    """The memory (MiB) that a process and all below it hold now; what several share is counted once (PSS).

    Adding it up takes the machine milliseconds: not to be done in a run whose time counts.
    """
    return sum(_field(PROC / str(one) / "smaps_rollup", "Pss") for one in _tree(process))


def _tree(process: int) -> Iterator[int]:
    yield process
    for thread in PROC.glob(f"{process}/task/*/children"):
        for child in _text(thread).split():
            yield from _tree(int(child))


def _field(path: Path, name: str) -> float:
    found = re.search(rf"^{name}:\s+(\d+) kB", _text(path), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""
