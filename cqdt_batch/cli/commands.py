"""The commands by name. The module of a command is imported when it is called: --help needs only their names."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from cqdt_batch.cli.manual import Row, page, panel
from cqdt_batch.messages import Words

_VI = Words()

COMMANDS = {
    "new": ("cli.new", "making"),
    "forms": ("cli.forms", "making"),
    "appraise": ("cli.appraise", "making"),
    "show": ("cli.show", "making"),
    "check": ("cli.check", "running"),
    "report": ("cli.report", "running"),
    "explain": ("cli.explain", "asking"),
    "audit": ("cli.audit", "asking"),
    "verify": ("cli.verify", "asking"),
    "compare": ("cli.compare", "asking"),
}
"""Every command with what --help says of it and the module of its function, in the order of a round."""


class Command(TyperCommand):
    """A command whose help is in the words of the catalogue."""

    def get_help_option(self, ctx: Any) -> Any:
        """The option --help itself."""
        return _told(super().get_help_option(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page of this command."""
        formatter.write("\n".join(page(self, ctx)))


class Group(TyperGroup):
    """The commands together, likewise."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """The names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command of a name; None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        said, module = COMMANDS[cmd_name]
        function = getattr(import_module(f"cqdt_batch.cli.{module}"), cmd_name)
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(cmd_name, cls=Command, help=_VI(said))(function)
        return typer.main.get_command(alone)

    def get_help_option(self, ctx: Any) -> Any:
        """The option --help itself."""
        return _told(super().get_help_option(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page that lists the commands."""
        rows = [Row(name, _VI(said)) for name, (said, _) in COMMANDS.items()]
        formatter.write("\n".join((*page(self, ctx), *panel(_VI("cli.help.commands"), rows))))


def _told(option: Any) -> Any:
    option.help = _VI("cli.help.help")
    return option


def _nothing() -> None:
    """Stand for what Typer may do before every command: its groups need such a function."""


app = typer.Typer(
    cls=Group,
    help=_VI("cli.app"),
    callback=_nothing,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
