"""How far a long job is: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeAlias

from cqdt_batch.messages import Words

if TYPE_CHECKING:
    from rich.console import Console

Clock: TypeAlias = Callable[[], float]

PAUSE = 10
"""Seconds between two lines; a shorter job has none."""


def in_lines(
    things: Sequence[Any], words: Words, say: Callable[[str], None], clock: Clock = monotonic
) -> Iterator[Any]:
    """Walk, and tell in a line how far it is, at most every PAUSE seconds."""
    began = told = clock()
    for done, thing in enumerate(things):
        now = clock()
        if done and now - told >= PAUSE:
            say(pace(done, len(things), now - began, words))
            told = now
        yield thing


def on_bar(things: Sequence[Any], words: Words, console: Console, text: str, clock: Clock = monotonic) -> Iterator[Any]:
    """Walk, and show a bar with the same figures that is gone when the walk ends."""
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), TextColumn("{task.fields[pace]}"))
    began = clock()
    with Progress(*columns, console=console, expand=True, transient=True) as bar:
        task = bar.add_task(text, total=len(things), pace="")
        for done, thing in enumerate(things):
            if done:
                bar.update(task, completed=done, pace=pace(done, len(things), clock() - began, words))
            yield thing


def pace(done: int, total: int, seconds: float, words: Words) -> str:
    """Say how many of how many are done, how many a second, and for how long the rest takes at that rate.

    40 of 100 after 20 seconds: 2.0 a second, 0:30 left.
    """
    seconds = max(seconds, 0.001)
    minutes, rest = divmod(int(seconds / done * (total - done) + 0.5), 60)
    rate = Decimal(f"{done / seconds:.1f}")
    return words("cli.pace", done=done, total=total, rate=rate, left=f"{minutes}:{rest:02}")
