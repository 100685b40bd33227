"""Ctrl-C, and a system that shuts down: the run ends where it is, by way of everything that cleans up behind it."""

from __future__ import annotations

import _thread
import signal
import sys
from threading import Timer
from time import monotonic
from types import FrameType
from typing import Any

PATIENCE = 3
"""Seconds that cleaning up has before another signal counts: who presses Ctrl-C twice means it once."""

_SOON = 0.05
"""Seconds after which a signal that went unheard is given again."""


class Interrupted(BaseException):
    """Somebody wants the program to end. Not KeyboardInterrupt, of which Typer makes a status without a word."""


class _Ending:
    """What happens on a signal."""

    def __init__(self) -> None:
        self._last = -float(PATIENCE)
        self._number = signal.SIGINT.value

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        """End the program unless it is ending already."""
        now = monotonic()
        if now - self._last >= PATIENCE:
            self._last, self._number = now, number
            raise Interrupted

    def unheard(self) -> None:
        """Give the signal again where Python passed over it."""
        self._last = -float(PATIENCE)
        Timer(_SOON, _thread.interrupt_main, [self._number]).start()


def heed() -> None:
    """Raise Interrupted on signals that ask to end, except on those that whoever started the program has it ignore.

    While Python lets go of an object it passes over whatever is raised and only says so: the run would go on.
    """
    ending, usual = _Ending(), sys.unraisablehook

    def passed_over(raised: Any) -> None:
        if isinstance(raised.exc_value, Interrupted):
            ending.unheard()
        else:
            usual(raised)

    sys.unraisablehook = passed_over
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, ending)
