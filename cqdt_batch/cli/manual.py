"""What --help shows: how a command is typed, what it does, and panels of its arguments, options and commands.

Typer would have Rich draw the panels, whose import alone takes longer than the whole page may.
"""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import typer

from cqdt_batch.messages import Words

_VI = Words()


class Row(NamedTuple):
    """Something that can be typed, and what it is for."""

    name: str
    text: str


def page(command: Any, ctx: Any) -> Iterator[str]:
    """The lines of what all commands have: usage, purpose, arguments, options."""
    width, rows = _width(), dict[str, list[Row]](argument=[], option=[])
    for parameter in command.get_params(ctx):
        rows[parameter.param_type_name].append(_row(parameter, ctx))
    usage = " ".join((ctx.command_path, *command.collect_usage_pieces(ctx)))
    yield f"\n {_bright(_VI('cli.help.usage'), 'yellow')} {usage}\n"
    yield from textwrap.wrap(command.help, width - 1, initial_indent=" ", subsequent_indent=" ")
    yield ""
    yield from panel(_VI("cli.help.arguments"), rows["argument"])
    yield from panel(_VI("cli.help.options"), rows["option"])


def _row(parameter: Any, ctx: Any) -> Row:
    """What is typed for a parameter; what it means, whether it must be there, what stands for it where it is not."""
    usual = parameter.get_default(ctx)
    needed = f"[{_VI('cli.help.required')}]" if parameter.required else ""
    default = f"[{_VI('cli.help.default')}: {usual}]" if usual and isinstance(usual, str) else ""
    return Row(parameter.get_help_record(ctx)[0], " ".join(filter(None, (parameter.help, needed, default))))


def panel(title: str, rows: Sequence[Row]) -> Iterator[str]:
    """Draw rows in a frame as wide as the terminal, the texts wrapped beside the names; no rows, no frame."""
    if not rows:
        return
    width = _width()
    longest = max(len(row.name) for row in rows)
    room = max(width - longest - 6, 1)
    yield _faint(f"╭─ {title} {'─' * (width - len(title) - 5)}╮")
    for row in rows:
        for number, line in enumerate(textwrap.wrap(row.text, room) or [""]):
            name = _bright(f"{'' if number else row.name:{longest}}", "cyan")
            yield f"{_faint('│')} {name}  {line:{room}} {_faint('│')}"
    yield _faint(f"╰{'─' * (width - 2)}╯")


def _width() -> int:
    return shutil.get_terminal_size().columns


def _bright(text: str, colour: str) -> str:
    return text if "NO_COLOR" in os.environ else typer.style(text, fg=colour, bold=True)


def _faint(text: str) -> str:
    return text if "NO_COLOR" in os.environ else typer.style(text, dim=True)
