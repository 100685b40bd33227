"""What Typer says of itself, in the words of the catalogue: a command that was typed wrong, the headings of --help."""

from __future__ import annotations

from typing import Any

from typer import rich_utils
from typer.core import TyperCommand, TyperGroup

from cqdt_batch.cli.status import Status
from cqdt_batch.messages import Words

_VI = Words()

rich_utils.ARGUMENTS_PANEL_TITLE = _VI("cli.help.arguments")
rich_utils.OPTIONS_PANEL_TITLE = _VI("cli.help.options")
rich_utils.COMMANDS_PANEL_TITLE = _VI("cli.help.commands")
rich_utils.REQUIRED_LONG_STRING = f"[{_VI('cli.help.required')}]"
rich_utils.DEFAULT_STRING = f"[{_VI('cli.help.default')}: {{}}]"


class Command(TyperCommand):
    """A command whose help is in the words of the catalogue."""

    def get_usage(self, ctx: Any) -> str:
        """The line that shows how the command is typed."""
        return _usage(super().get_usage(ctx))

    def get_help_option(self, ctx: Any) -> Any:
        """The option --help itself."""
        return _told(super().get_help_option(ctx))


class Group(TyperGroup):
    """The commands together, likewise."""

    def get_usage(self, ctx: Any) -> str:
        """The line that shows how the command is typed."""
        return _usage(super().get_usage(ctx))

    def get_help_option(self, ctx: Any) -> Any:
        """The option --help itself."""
        return _told(super().get_help_option(ctx))


def _usage(line: str) -> str:
    return line.replace("Usage:", _VI("cli.help.usage"), 1)


def _told(option: Any) -> Any:
    option.help = _VI("cli.help.help")
    return option


_SAID = {
    "MissingParameter": "cli.misuse.missing",
    "BadParameter": "cli.misuse.value",
    "NoSuchOption": "cli.misuse.option",
    "BadOptionUsage": "cli.misuse.option_alone",
}
"""By the names of classes, for Typer makes few of them public."""


def misuse(wrong: Any) -> str | None:
    """Say what is wrong with a command as it was typed; "" where help was shown; None where something else failed."""
    if getattr(wrong, "exit_code", None) != Status.WRONG_USE or not hasattr(wrong, "format_message"):
        return None
    kind, context, parameter = type(wrong).__name__, wrong.ctx, getattr(wrong, "param", None)
    if kind == "NoArgsIsHelpError":
        return ""
    commands = getattr(context and context.command, "commands", {})
    key = _SAID.get(kind, "cli.misuse.command" if commands else "cli.misuse.too_much")
    name = getattr(wrong, "option_name", None) or (parameter.opts[0] if parameter else "")
    told = _VI(key, name=name, what=getattr(parameter, "help", None) or "", commands=tuple(commands))
    return f"{told} {_VI('cli.misuse.see', command=context.command_path if context else 'cqdt')}"
