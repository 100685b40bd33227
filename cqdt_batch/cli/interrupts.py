"""Ctrl-C, and a system that shuts down: the run ends where it is, by way of everything that cleans up behind it."""

from __future__ import annotations

import signal
from time import monotonic
from types import FrameType

PATIENCE = 3
"""Seconds that cleaning up has before another signal counts: who presses Ctrl-C twice means it once."""


class Interrupted(BaseException):
    """Somebody wants the program to end. Not KeyboardInterrupt, of which Typer makes a status without a word."""


class _Ending:
    """What happens on a signal."""

    def __init__(self) -> None:
        self._last = -float(PATIENCE)

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        """End the program unless it is ending already."""
        now = monotonic()
        if now - self._last >= PATIENCE:
            self._last = now
            raise Interrupted


def heed() -> None:
    """Raise Interrupted on signals that ask to end, except on those that whoever started the program has it ignore."""
    ending = _Ending()
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, ending)
