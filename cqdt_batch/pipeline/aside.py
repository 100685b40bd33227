"""Work that other cores do meanwhile, in copies of this process."""

from __future__ import annotations

import gc
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Any, NamedTuple, TypeAlias, TypeVar

from cqdt_batch.intake.signals import undisturbed
from cqdt_batch.intake.workers import cores

Drawn: TypeAlias = Callable[[], bytes]
"""Gives the bytes of a file, and waits for them if need be."""

T = TypeVar("T")
R = TypeVar("R")

_FEW = 40
"""Fewer things than this are worked on here: starting copies would take longer."""

_AT_ONCE = 8
"""So many things are handed out at once."""


@contextmanager
def drawn_aside(draw: Drawn) -> Iterator[Drawn]:
    """Draw a file in a copy of this process while ours goes on.

    The copy writes nothing: its bytes come back through a pipe, and whoever asks for them puts them into a file. It is
    gone when the block is left, however that happens. Where no copy can be made, or nothing comes back from it, the
    file is drawn here when its bytes are asked for, so that an error is raised where it can be told.
    """
    copy = None
    try:
        with undisturbed():
            copy = _copied(draw) if can_fork() else None
        yield partial(_drawn, draw, copy) if copy else draw
    finally:
        if copy:
            copy.process.kill()
            copy.process.join()
            copy.receiver.close()


class _Copy(NamedTuple):
    """A copy of this process, and where its bytes come out."""

    process: ForkProcess
    receiver: Connection


def _copied(draw: Drawn) -> _Copy | None:
    """Copy this process and let the copy draw; None where the system has no room for it."""
    fork = get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    process = fork.Process(target=_draw, args=(draw, sender, receiver), daemon=True)
    with sender, _quiet_fork():
        try:
            process.start()
        except OSError:
            receiver.close()
            return None
    return _Copy(process, receiver)


def _drawn(draw: Drawn, copy: _Copy) -> bytes:
    """The bytes that the copy drew, or, where it died or could not draw, those drawn here."""
    try:
        return copy.receiver.recv_bytes() or draw()
    except (EOFError, OSError):
        return draw()


@contextmanager
def shared_out(work: Callable[[T], R], things: Sequence[T]) -> Iterator[Iterator[R]]:
    """Do some work on each of many things with all cores; the results come in the order of the things.

    Whoever leaves the block before they all came, perhaps interrupted, waits for what is being worked on, and nothing
    new is begun. An error of the work is raised here. Things and results go through pipes, the work itself does not.
    """
    if len(things) < _FEW or not can_fork():
        yield map(work, things)
        return
    pool = ProcessPoolExecutor(cores(), get_context("fork"), initializer=_begin, initargs=(work,))
    with pool, _quiet_fork():
        try:
            with undisturbed():
                done = pool.map(_done, things, chunksize=_AT_ONCE)
            yield done
        finally:
            pool.shutdown(cancel_futures=True)


def _begin(work: Callable[[Any], Any]) -> None:
    """Be one of the copies: the one that was copied hears of interrupts, and lets these come to an end."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.freeze()
    _WORK.append(work)


def _done(thing: Any) -> Any:
    return _WORK[-1](thing)


_WORK: list[Callable[[Any], Any]] = []
"""What a copy does; it was put here when the copy was made."""


@contextmanager
def _quiet_fork() -> Iterator[None]:
    """The threads that numpy keeps stand a fork, of which newer versions of Python warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def can_fork() -> bool:
    """Tell whether this process can be copied as it is: on Linux, while no thread of ours runs."""
    return sys.platform == "linux" and threading.active_count() == 1 and cores() > 1


def _draw(draw: Drawn, sender: Connection, receiver: Connection) -> None:
    """Be the copy: the one that was copied hears of interrupts, and ends this one.

    Should that one be killed, nobody reads what this one drew: it learns so only if it does not hold the other end too.
    """
    receiver.close()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.disable()
    try:
        drawn = draw()
    except Exception:  # noqa: BLE001 - it is met again, and told, where it is drawn instead
        drawn = b""
    with suppress(OSError):
        sender.send_bytes(drawn)
