"""A process that does jobs at the other end of a pipe that only it holds.

Whoever kills it at whatever moment, be it halfway through a message, ends its pipe: there is no lock that it could keep
and no queue that it could spoil for other workers.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from math import inf
from multiprocessing.connection import Connection
from time import monotonic
from typing import Any, NamedTuple

from cqdt_batch.intake.container import MIB
from cqdt_batch.intake.signals import deaf


class Failure(NamedTuple):
    """Why a job has no result: the code of a finding."""

    code: str


class WorkerDiedError(Exception):
    """A worker ended in the middle of its work, by what it did or by what was done to it."""


class Order(NamedTuple):
    """What every worker is told once: what to do, with which state (pickled), and the memory (MiB) it may ask for."""

    work: Callable[[Any, Any], Any]
    state: bytes
    memory: int


_START = 60
"""Seconds that a worker may take to be ready."""

_PATIENCE = 1
"""Seconds in which a process that was killed is gone."""

_OBJECTS = 100_000
"""How many new objects there may be before a worker looks for cycles among them."""


@contextmanager
def importing_as_here() -> Iterator[None]:
    """Let processes that are started in the block import from where this one does.

    Left to itself, multiprocessing has them look first into the folder in which the program happens to be run: whatever
    lies there under the name of a module would be executed, and could read the forms in another way.
    """
    known = {"PYTHONSAFEPATH": "1", "PYTHONPATH": os.pathsep.join(path or os.curdir for path in sys.path)}
    usual = {name: os.environ.get(name) for name in known}
    os.environ.update(known)
    try:
        yield
    finally:
        for name, value in usual.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class Worker:
    """A process and our end of the pipe to it. One thread asks it; any other may kill it meanwhile."""

    def __init__(self, start_method: str, order: Order) -> None:
        """Start the process; an OSError or EOFError where the system lets none be started."""
        context: Any = multiprocessing.get_context(start_method)
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, order), daemon=True)
        self._is_starting = True
        self._due = monotonic() + _START
        with theirs, deaf(), importing_as_here():
            self._process.start()

    def is_ready(self) -> bool:
        """Tell whether the process waits for jobs, also after it was let be for a while; one that starts is awaited."""
        try:
            if self._is_starting:
                self._pipe.recv()
                self._is_starting, self._due = False, inf
            return not self._pipe.poll()  # it says nothing unasked: only its end can be there to be read
        except (EOFError, OSError):
            return False

    def ask(self, jobs: Sequence[Any], seconds: float) -> bytes | Failure:
        """Give the pickled results of some jobs, or why there are none; WorkerDiedError where the process died."""
        self._due = monotonic() + seconds
        try:
            with suppress(OSError):  # who cannot take them says so and ends
                self._pipe.send(jobs)
            answer: bytes | Failure = self._pipe.recv()
        except (EOFError, OSError) as end:
            if monotonic() >= self._due:
                return Failure("file_too_slow")
            raise WorkerDiedError from end
        finally:
            self._due = inf
        return answer

    def kill_if_overdue(self) -> None:
        """End a process that takes longer than it may, for its start or for what it was asked."""
        if monotonic() >= self._due:
            self.kill()

    def kill(self) -> None:
        """End the process at once, whatever it is doing.

        By its number, for one whose server was killed counts as ended with multiprocessing, and lives.
        """
        if sys.platform == "win32":
            self._process.kill()
            return
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """Kill the process, and let go of what it took."""
        self.kill()
        self._process.join(_PATIENCE)
        self._pipe.close()


def _serve(pipe: Connection, order: Order) -> None:
    """Be a worker, until whoever started it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Windows knows nothing of being deaf
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    state = pickle.loads(order.state)  # noqa: S301 - from the process that started this one
    _settle(order.memory)
    with suppress(EOFError, OSError):
        pipe.send(None)
        while (jobs := _received(pipe)) is not None:
            pipe.send(_answer(order.work, state, jobs))


def _received(pipe: Connection) -> Sequence[Any] | None:
    """The next jobs; None where they take more memory than there may be: what is left of them is still in the pipe."""
    try:
        jobs: Sequence[Any] = pipe.recv()
    except MemoryError:
        pipe.send(Failure("file_too_heavy"))
        return None
    return jobs


def _answer(work: Callable[[Any, Any], Any], state: Any, jobs: Sequence[Any]) -> bytes | Failure:
    """Do some jobs. Whatever one of them raises, be it SystemExit, the worker goes on."""
    try:
        return pickle.dumps([work(state, job) for job in jobs])
    except MemoryError:
        return Failure("file_too_heavy")
    except BaseException:  # noqa: BLE001 - a file can make a library raise anything
        return Failure("file_crashed")


def _settle(memory: int) -> None:
    """Prepare for many jobs: keep what is there by now, and bound the memory that they may ask for.

    What a job makes has hardly ever cycles: looking for them again and again took a tenth of the time.
    """
    gc.freeze()
    gc.set_threshold(_OBJECTS)
    if sys.platform == "linux":
        import resource

        with open("/proc/self/statm", encoding="ascii") as sizes:  # noqa: PTH123
            used = int(sizes.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + memory * MIB,) * 2)
