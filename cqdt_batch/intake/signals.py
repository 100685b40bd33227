"""Ctrl-C, and a system that shuts down, while processes are being started."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

ENDING = (signal.SIGINT, signal.SIGTERM)
"""The signals that ask a program to end."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Start processes whole: a signal that asks to end is heeded when the block is left.

    A process whose start is broken off says on the terminal what it misses. Only the main thread hears of signals.
    """
    asked: list[int] = []
    heard = ENDING if threading.current_thread() is threading.main_thread() else ()
    usual = {number: signal.signal(number, lambda number, _: asked.append(number)) for number in heard}
    try:
        with deaf():
            yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
    if asked:
        signal.raise_signal(asked[0])


@contextmanager
def deaf() -> Iterator[None]:
    """Keep Ctrl-C from all processes that are started in the block, for as long as they live.

    It goes to every process of a terminal, but it is for the one that started the others and cleans up behind them.
    Ignoring it is the first thing that a process could do itself; this is in time for one that has done nothing yet.
    """
    if sys.platform == "win32":
        yield
        return
    usual = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, usual)
