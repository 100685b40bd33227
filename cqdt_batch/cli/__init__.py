"""The commands. Talk goes to stderr, results to stdout; the exit status tells how it went (see README).

What is heavy is imported where it is needed, Rich by who talks, pandas by who validates: --help waits for none of it.
"""

from __future__ import annotations

import json
import sys
import traceback
from typing import TextIO

import typer

from cqdt_batch.cli.commands import app
from cqdt_batch.cli.misuse import misuse
from cqdt_batch.cli.status import Status
from cqdt_batch.messages import Words

__all__ = ["app", "main"]

_VI = Words()


def main() -> None:
    """Run the command line; a console that cannot show a letter shows its code instead of failing."""
    streams: tuple[TextIO, TextIO] = (sys.stdout, sys.stderr)
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        status = app(prog_name="cqdt", standalone_mode=False)
    except Exception as wrong:
        text = misuse(wrong)
        if text is not None:
            raise _ended(Status.WRONG_USE, text) from wrong
        traceback.print_exc()
        raise _ended(Status.BROKEN_PROGRAM, _VI("cli.broken_program", kind=type(wrong).__name__)) from wrong
    raise SystemExit(status)


def _ended(status: Status, text: str) -> SystemExit:
    """Say why a command ends, to machines too; "" is nothing to say."""
    if text and "--json" in sys.argv:
        typer.echo(json.dumps({"status": int(status), "error": text}, ensure_ascii=False))
    if text:
        from cqdt_batch.cli.talk import complain

        complain(text)
    return SystemExit(status)
