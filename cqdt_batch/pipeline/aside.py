"""Work that a second core does meanwhile."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import TypeAlias

Drawn: TypeAlias = Callable[[], bytes]
"""Gives the bytes of a file, and waits for them if need be."""


@contextmanager
def drawn_aside(draw: Drawn) -> Iterator[Drawn]:
    """Draw a file in a copy of this process while ours goes on.

    The copy writes nothing: its bytes come back through a pipe, and whoever asks for them puts them into a file. It is
    gone when the block is left, however that happens. Where no copy can be made, or nothing comes back from it, the
    file is drawn here when its bytes are asked for, so that an error is raised where it can be told.
    """
    copy = _copied(draw) if can_fork() else None
    if copy is None:
        yield draw
        return
    process, receiver = copy
    try:
        yield lambda: _received(receiver) or draw()
    finally:
        process.kill()
        process.join()
        receiver.close()


def _copied(draw: Drawn) -> tuple[ForkProcess, Connection] | None:
    """Copy this process and let the copy draw; None where the system has no room for it."""
    fork = get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    process = fork.Process(target=_draw, args=(draw, sender), daemon=True)
    with sender, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the threads that numpy keeps stand a fork
        try:
            process.start()
        except OSError:
            receiver.close()
            return None
    return process, receiver


def can_fork() -> bool:
    """Tell whether this process can be copied as it is: on Linux, while no thread of ours runs."""
    return sys.platform == "linux" and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1


def _draw(draw: Drawn, sender: Connection) -> None:
    """Be the copy: an interrupt is for the one that was copied, which ends this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    try:
        drawn = draw()
    except Exception:  # noqa: BLE001 - it is met again, and told, where it is drawn instead
        drawn = b""
    sender.send_bytes(drawn)


def _received(receiver: Connection) -> bytes:
    """The bytes that the copy drew; none where it died or could not draw."""
    try:
        return receiver.recv_bytes()
    except (EOFError, OSError):
        return b""
