"""The commands. Talk goes to stderr, results to stdout; the exit status tells how it went (see README).

What is heavy is imported where it is needed, Rich by who talks, pandas by who validates: --help waits for none of it.
"""

from __future__ import annotations

import atexit
import gc
import json
import sys
import traceback
from typing import TextIO

import typer

from cqdt_batch.cli.commands import app
from cqdt_batch.cli.interrupts import Interrupted, heed
from cqdt_batch.cli.misuse import misuse
from cqdt_batch.cli.status import Status
from cqdt_batch.messages import Language, Words

__all__ = ["app", "main"]

_VI = Words()

_GARBAGE = (100_000, 50, 100)
"""How rarely Python looks for garbage in cycles: a run makes many small records that all stay, and every look goes
through them again. Looking as often as usual takes a fifth of the time of a large round; never looking would keep every
workbook that was written."""


def main() -> None:
    """Run the command line; a console that cannot show a letter shows its code instead of failing."""
    streams: tuple[TextIO, TextIO] = (sys.stdout, sys.stderr)
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    heed()
    gc.set_threshold(*_GARBAGE)
    atexit.register(gc.freeze)  # a look for garbage in all that the program ends with takes as long as its annex
    try:
        status = app(prog_name="cqdt", standalone_mode=False)
    except Interrupted:
        status = Status.INTERRUPTED  # by the end of this clause all that was at work has cleaned up behind it
    except Exception as wrong:
        from cqdt_batch.intake.workers import WorkersLostError

        text = misuse(wrong)
        if text is not None:
            raise _ended(Status.WRONG_USE, text) from wrong
        if isinstance(wrong, WorkersLostError):
            raise _ended(Status.NO_WORKERS, Words(_language())("cli.no_workers")) from wrong
        traceback.print_exc()
        raise _ended(Status.BROKEN_PROGRAM, _VI("cli.broken_program", kind=type(wrong).__name__)) from wrong
    if status == Status.INTERRUPTED:
        raise _ended(Status.INTERRUPTED, Words(_language())("cli.interrupted"))
    raise SystemExit(status)


def _language() -> Language:
    """The language that was asked for; the command itself is gone by then."""
    asked = " ".join(sys.argv).replace("--lang=", "--lang ")
    return Language.EN if "--lang en" in asked else Language.VI


def _ended(status: Status, text: str) -> SystemExit:
    """Say why a command ends, to machines too; "" is nothing to say."""
    if text and "--json" in sys.argv:
        typer.echo(json.dumps({"status": int(status), "error": text}, ensure_ascii=False))
    if text:
        from cqdt_batch.cli.talk import complain

        complain(text)
    return SystemExit(status)
