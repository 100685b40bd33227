"""A command that was typed wrong, told in the words of the catalogue instead of Typer's."""

from __future__ import annotations

from typing import Any

import typer

from cqdt_batch.cli.status import Status
from cqdt_batch.messages import Words

_VI = Words()

_SAID = {
    "MissingParameter": "cli.misuse.missing",
    "BadParameter": "cli.misuse.value",
    "NoSuchOption": "cli.misuse.option",
    "BadOptionUsage": "cli.misuse.option_alone",
}
"""By the names of classes, for Typer makes few of them public."""


def misuse(wrong: Any) -> str | None:
    """Say what is wrong with a command as it was typed; None where something else failed.

    Where nothing was typed, that is the help itself, which goes to stdout: "" is left to say.
    """
    if getattr(wrong, "exit_code", None) != Status.WRONG_USE or not hasattr(wrong, "format_message"):
        return None
    kind, context, parameter = type(wrong).__name__, wrong.ctx, getattr(wrong, "param", None)
    if kind == "NoArgsIsHelpError":
        typer.echo(context.get_help())
        return ""
    commands = context.command.list_commands(context) if hasattr(context and context.command, "list_commands") else ()
    key = _SAID.get(kind, "cli.misuse.command" if commands else "cli.misuse.too_much")
    name = getattr(wrong, "option_name", None) or (parameter.opts[0] if parameter else "")
    told = _VI(key, name=name, what=getattr(parameter, "help", None) or "", commands=tuple(commands))
    return f"{told} {_VI('cli.misuse.see', command=context.command_path if context else 'cqdt')}"
