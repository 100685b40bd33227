"""Run a function over many jobs in worker processes that may die, hang or eat memory: each costs one job its result.

What a worker cannot do is told as the code of a finding; the other jobs never notice. Jobs are handed over in groups,
because handing over costs more than an honest form; a group that fails is done again one job at a time, so that the
failure is that of one job, with all the time and memory that a job may have.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

from pebble import CONSTS, ProcessPool

from cqdt_batch.definition.records import Limits
from cqdt_batch.intake.container import MIB
from cqdt_batch.intake.signals import deaf, undisturbed

State = TypeVar("State")
Job = TypeVar("Job")
Result = TypeVar("Result")


class Failure(NamedTuple):
    """Why a job has no result: the code of a finding."""

    code: str


CONSTS.sleep_unit = 0.02
"""Seconds between two looks of a pool after its workers. It ends with one: its usual tenth can be felt."""

_LARGEST_GROUP = 32
_GROUPS_EACH = 4
"""Every worker gets at least so many groups of jobs, so that none sits idle while another has much left to do."""

_state: Any = None


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

    resource_tracker.ensure_running()  # on its own start it makes processes hear again, so it must be there before
    if start_method() == "forkserver":
        forkserver.set_forkserver_preload(sorted({work.__module__, *_behind_main()}))
        with deaf():
            forkserver.ensure_running()


def in_workers(
    work: Callable[[State, Job], Result], state: State, jobs: Sequence[Job], limits: Limits
) -> Iterator[Result | Failure]:
    """Yield the result of `work(state, job)` for every job, in the order of the jobs.

    `work` must be a function of a module, `state` and jobs must be picklable; `state` goes to each worker once.
    """
    if not jobs:
        return
    make_ready(work)
    workers = min(len(jobs), cores())
    with _pool(workers, state, limits) as pool:
        with undisturbed():
            begun = [(group, _begin(pool, work, group, limits)) for group in _groups(jobs, workers)]
        for group, future in begun:
            yield from _results(future) or (_alone(_begin(pool, work, [job], limits)) for job in group)
        pool.close()  # type: ignore[no-untyped-call]


@contextmanager
def _pool(workers: int, state: Any, limits: Limits) -> Iterator[ProcessPool]:
    """So many workers, until the block is left, however that happens.

    They are ended before the ways to them are closed: one that is only just starting would miss these, and say so.
    """
    others = multiprocessing.active_children()
    context = multiprocessing.get_context(start_method())
    initargs = (pickle.dumps(state), limits.memory)  # written once, not for each of them
    pool = ProcessPool(max_workers=workers, context=context, initializer=_settle, initargs=initargs)
    try:
        yield pool
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        for process in multiprocessing.active_children():
            if process not in others:
                process.terminate()
        pool.join()


_OBJECTS = 100_000
"""How many new objects there may be before a worker looks for cycles among them."""


def _behind_main() -> set[str]:
    """The modules from which the main module takes its names: each worker imports those again."""
    names = vars(sys.modules["__main__"]).values()
    return {module for name in names if isinstance(module := getattr(name, "__module__", None), str)} - {"__main__"}


def _settle(state: bytes, memory: int) -> None:
    """Prepare a worker: keep what all jobs need, and bound the memory they may ask for.

    What is there by now stays, and what a job makes has hardly ever cycles: looking for them again and again took a
    tenth of the time.
    """
    global _state  # noqa: PLW0603 - a worker process has one state, given to it once
    _state = pickle.loads(state)  # noqa: S301 - from the process that started this one
    gc.freeze()
    gc.set_threshold(_OBJECTS)
    if sys.platform == "linux":
        import resource

        with open("/proc/self/statm", encoding="ascii") as sizes:  # noqa: PTH123
            used = int(sizes.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + memory * MIB,) * 2)


def _groups(jobs: Sequence[Job], workers: int) -> Iterator[Sequence[Job]]:
    size = max(1, min(_LARGEST_GROUP, len(jobs) // (workers * _GROUPS_EACH)))
    return (jobs[first : first + size] for first in range(0, len(jobs), size))


def _begin(pool: ProcessPool, work: Callable[[Any, Any], Any], group: Sequence[Any], limits: Limits) -> Any:
    return pool.schedule(_run, args=(work, group), timeout=limits.seconds)


def _run(work: Callable[[Any, Any], Any], group: Sequence[Any]) -> list[Any]:
    return [work(_state, job) for job in group]


def _results(future: Any) -> list[Any]:
    """What the jobs of a group came to; nothing where one of them failed."""
    results: list[Any] = [] if future.exception() else future.result()
    return results


def _alone(future: Any) -> Any:
    """What a job came to. Whatever one file does to its worker, be it SystemExit, stays with that file."""
    match future.exception():
        case None:
            return future.result()[0]
        case TookTooLong():
            return Failure("file_too_slow")
        case MemoryError():
            return Failure("file_too_heavy")
        case _:
            return Failure("file_crashed")
