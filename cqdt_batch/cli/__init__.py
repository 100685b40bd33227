"""The commands. Talk goes to stderr, results to stdout; the exit status tells how it went (see README).

pandas, pandera, openpyxl and XlsxWriter are imported where a command needs them: --help must not wait for them.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from typing import TextIO

import typer

from cqdt_batch.cli.asking import audit, compare, explain, verify
from cqdt_batch.cli.making import appraise, forms, new, show
from cqdt_batch.cli.misuse import Command, Group, misuse
from cqdt_batch.cli.running import check, report
from cqdt_batch.cli.status import Status
from cqdt_batch.cli.talk import complain
from cqdt_batch.messages import Words

_VI = Words()

_COMMANDS: tuple[tuple[Callable[..., None], str], ...] = (
    (new, "cli.new"),
    (forms, "cli.forms"),
    (appraise, "cli.appraise"),
    (show, "cli.show"),
    (check, "cli.check"),
    (report, "cli.report"),
    (explain, "cli.explain"),
    (audit, "cli.audit"),
    (verify, "cli.verify"),
    (compare, "cli.compare"),
)
"""Every command with what --help says of it, in the order in which a round needs them."""

app = typer.Typer(
    cls=Group, help=_VI("cli.app"), no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
for _command, _said in _COMMANDS:
    app.command(cls=Command, help=_VI(_said))(_command)


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
        complain(text)
    return SystemExit(status)
