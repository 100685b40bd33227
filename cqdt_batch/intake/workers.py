"""Run a function over many jobs in worker processes that may die, hang or eat memory: each costs one job its result.

What a worker cannot do is told as the code of a finding; the other jobs never notice. Jobs are handed over in groups,
because handing over costs more than an honest form; a group that fails is done again one job at a time, so that the
failure is that of one job, with all the time and memory that a job may have.

A worker may also be killed from outside at any moment, by a system that runs out of memory, say. The next one takes its
place and does again what it was at; only a job of which one worker after another dies has failed.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Event, Lock
from typing import Any, TypeAlias, TypeVar

from cqdt_batch.definition.records import Limits
from cqdt_batch.intake.signals import deaf, undisturbed
from cqdt_batch.intake.worker import Failure, Order, Worker, WorkerDiedError, importing_as_here

State = TypeVar("State")
Job = TypeVar("Job")
Result = TypeVar("Result")

Answers: TypeAlias = list[bytes | Failure]
"""The results of some jobs, pickled together or one by one, and why there are none of others."""

_LARGEST_GROUP = 32
_GROUPS_EACH = 4
"""Every worker gets at least so many groups of jobs, so that none sits idle while another has much left to do."""

_PAUSES = (0, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds before each try of what workers die of, be it a job of its own or their start: the last try is the last."""

_LOOK = 1
"""Seconds between two looks after workers that take longer than they may."""


class WorkersLostError(Exception):
    """No worker lives so long that it could take up a job, or none can be started."""


def start_method() -> str:
    """How workers are started: as copies of a server, or, where there is no such thing, from nothing.

    Copying this process itself is not safe while threads run in it; a server that was started for this is, and as fast.
    """
    return "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def cores() -> int:
    """How many processes can work at once; a container may have fewer cores than its machine."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def make_ready(work: Callable[..., Any]) -> None:
    """Start the server of which workers are copies: it imports what they need while this process does other things.

    Nothing has to be ready before `in_workers`, which otherwise waits for those imports.
    """
    if sys.platform == "win32":
        return
    from multiprocessing import forkserver, resource_tracker

    with importing_as_here():
        resource_tracker.ensure_running()  # on its own start it makes processes hear again, so it must be there before
        if start_method() == "forkserver":
            forkserver.set_forkserver_preload(sorted({work.__module__, *_behind_main()}))
            with deaf():
                forkserver.ensure_running()


def _behind_main() -> set[str]:
    """The modules from which the main module takes its names: each worker imports those again."""
    names = vars(sys.modules["__main__"]).values()
    return {module for name in names if isinstance(module := getattr(name, "__module__", None), str)} - {"__main__"}


def in_workers(
    work: Callable[[State, Job], Result], state: State, jobs: Sequence[Job], limits: Limits
) -> Iterator[Result | Failure]:
    """Yield the result of `work(state, job)` for every job, in the order of the jobs.

    `work` must be a function of a module, `state` and jobs must be picklable; `state` goes to each worker once.
    WorkersLostError where the system leaves no worker alive.
    """
    if not jobs:
        return
    make_ready(work)
    order = Order(work, pickle.dumps(state), limits.memory)  # pickled once, not for each of them
    in_vain = Event()
    places = [_Place(order, limits.seconds, in_vain) for _ in range(min(len(jobs), cores()))]
    with _served(places) as threads:
        with undisturbed():
            free = _filled(places)
            begun = deque(threads.submit(_done, free, group) for group in _groups(jobs, len(places)))
        while begun:
            for answer in _awaited(begun.popleft(), places):
                yield from [answer] if isinstance(answer, Failure) else pickle.loads(answer)  # noqa: S301 - ours


class _Place:
    """Where one worker after another does what a thread asks for; the next one is started when the last one is dead."""

    _starting = Lock()
    """One at a time: a copy of this process would hold the ends of the pipe of whoever is being started beside it."""

    def __init__(self, order: Order, seconds: float, in_vain: Event) -> None:
        """`in_vain` is shared by all places: set when a job could not be done, until any other is done."""
        self._order = order
        self._seconds = seconds
        self._in_vain = in_vain
        self._worker: Worker | None = None
        self._closed = Event()

    def fill(self) -> None:
        """Start a worker in the place of the last one, if there is room for it and the place is open."""
        self.clear()
        with self._starting, suppress(EOFError, OSError):
            if not self._closed.is_set():
                self._worker = Worker(start_method(), self._order)

    def together(self, jobs: Sequence[Any]) -> bytes | Failure:
        """Have some jobs done: the pickled results, or why there are none; WorkerDiedError where their worker died."""
        answer = self._ready().ask(jobs, self._seconds)
        self._in_vain.clear()
        return answer

    def alone(self, job: Any) -> bytes | Failure:
        """Have one job done, by one worker after another where they die of it or are killed meanwhile.

        A machine that kills them all is not given so many tries for every job.
        """
        for _ in self._tries(_PAUSES[:1] if self._in_vain.is_set() else _PAUSES):
            with suppress(WorkerDiedError):
                return self.together([job])
        self._in_vain.set()
        return Failure("file_crashed")

    def _ready(self) -> Worker:
        if self._worker and self._worker.is_ready():
            return self._worker
        for _ in self._tries(_PAUSES):
            self.fill()
            if self._worker and self._worker.is_ready():
                return self._worker
        raise WorkersLostError

    def _tries(self, pauses: Sequence[float]) -> Iterator[None]:
        for pause in pauses:
            if self._closed.wait(pause):
                raise WorkersLostError
            yield

    def look_after(self) -> None:
        """End a worker that takes longer than it may."""
        if worker := self._worker:
            worker.kill_if_overdue()

    def close(self) -> None:
        """End the worker; whoever waits for it learns so at once, and no other is started."""
        with self._starting:
            self._closed.set()
        if worker := self._worker:
            worker.kill()

    def clear(self) -> None:
        """Let go of the last worker."""
        if self._worker:
            self._worker.end()
            self._worker = None


@contextmanager
def _served(places: Sequence[_Place]) -> Iterator[ThreadPoolExecutor]:
    """As many threads as places, until the block is left, however that happens: then no worker is left either."""
    threads = ThreadPoolExecutor(len(places))
    try:
        yield threads
    finally:
        for place in places:
            place.close()
        threads.shutdown(cancel_futures=True)
        for place in places:
            place.clear()


def _filled(places: Sequence[_Place]) -> SimpleQueue[_Place]:
    """Start a worker at each place; a thread takes a free place and puts it back."""
    free: SimpleQueue[_Place] = SimpleQueue()
    for place in places:
        place.fill()
        free.put(place)
    return free


def _groups(jobs: Sequence[Job], workers: int) -> Iterator[Sequence[Job]]:
    size = max(1, min(_LARGEST_GROUP, len(jobs) // (workers * _GROUPS_EACH)))
    return (jobs[first : first + size] for first in range(0, len(jobs), size))


def _done(free: SimpleQueue[_Place], group: Sequence[Any]) -> Answers:
    """Have a group of jobs done, together or, where one of them fails, one by one."""
    place = free.get()
    try:
        with suppress(WorkerDiedError):
            if isinstance(answer := place.together(group), bytes):
                return [answer]
        return [place.alone(job) for job in group]
    finally:
        free.put(place)


def _awaited(future: Future[Answers], places: Sequence[_Place]) -> Answers:
    while not wait([future], _LOOK).done:
        for place in places:
            place.look_after()
    return future.result()
