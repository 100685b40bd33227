"""Run a function over many jobs in worker processes that may die, hang or eat memory: each costs one job its result.

What a worker cannot do is told as the code of a finding; the other jobs never notice.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import TimeoutError as TookTooLong
from typing import Any, NamedTuple, TypeVar

from pebble import ProcessPool

from cqdt_batch.definition.records import Limits
from cqdt_batch.intake.container import MIB

State = TypeVar("State")
Job = TypeVar("Job")
Result = TypeVar("Result")


class Failure(NamedTuple):
    """Why a job has no result: the code of a finding."""

    code: str


_START = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
"""Forking this process itself is not safe while threads run in it; a server forked early is, and starts as fast."""

_state: Any = None


def in_workers(
    work: Callable[[State, Job], Result], state: State, jobs: Sequence[Job], limits: Limits
) -> Iterator[Result | Failure]:
    """Yield the result of `work(state, job)` for every job, in the order of the jobs.

    `work` must be a function of a module, `state` and jobs must be picklable; `state` goes to each worker once.
    """
    if not jobs:
        return
    context = multiprocessing.get_context(_START)
    if _START == "forkserver":
        context.set_forkserver_preload(sorted({work.__module__, *_behind_main()}))
    pool = ProcessPool(
        max_workers=min(len(jobs), os.cpu_count() or 1),
        context=context,
        initializer=_settle,
        initargs=(state, limits.memory),
    )
    try:
        futures = [pool.schedule(_run, args=(work, job), timeout=limits.seconds) for job in jobs]
        for future in futures:
            yield _result(future)
        pool.close()  # type: ignore[no-untyped-call]
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def _behind_main() -> set[str]:
    """The modules from which the main module takes its names: each worker imports those again."""
    names = vars(sys.modules["__main__"]).values()
    return {module for name in names if isinstance(module := getattr(name, "__module__", None), str)} - {"__main__"}


def _settle(state: Any, memory: int) -> None:
    """Prepare a worker: keep what all jobs need, and bound the memory they may ask for."""
    global _state  # noqa: PLW0603 - a worker process has one state, given to it once
    _state = state
    if sys.platform == "linux":
        import resource

        with open("/proc/self/statm", encoding="ascii") as sizes:  # noqa: PTH123
            used = int(sizes.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + memory * MIB,) * 2)


def _run(work: Callable[[Any, Any], Any], job: Any) -> Any:
    return work(_state, job)


def _result(future: Any) -> Any:
    """What a job came to. Whatever one file does to its worker, be it SystemExit, stays with that file."""
    match future.exception():
        case None:
            return future.result()
        case TookTooLong():
            return Failure("file_too_slow")
        case MemoryError():
            return Failure("file_too_heavy")
        case _:
            return Failure("file_crashed")
