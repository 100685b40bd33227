"""How the commands speak: talk on stderr, results on stdout."""

from __future__ import annotations

import json
import shlex
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cqdt_batch.cells import in_one_line
from cqdt_batch.cli.progress import in_lines, on_bar
from cqdt_batch.cli.status import Status
from cqdt_batch.findings import Fact, Finding, Severity
from cqdt_batch.messages import Words

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = 20
"""How many errors and warnings the terminal shows unless asked for all."""

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTICE: "cyan"}
_NOBODY: Mapping[str, str] = {}


@dataclass(frozen=True, kw_only=True)
class Talk:
    """How a command speaks to its user."""

    words: Words
    as_json: bool = False
    quiet: bool = False
    verbose: bool = False

    @property
    def console(self) -> Console:
        """The terminal, or what stands in its place."""
        return _console(quiet=self.quiet)

    def say(self, text: str, style: str = "") -> None:
        """Tell something on stderr."""
        self.console.print(_as_it_is(in_one_line(text)), style=style)

    def tell(self, key: str, style: str = "", **facts: Fact) -> None:
        """Tell a text of the catalogue on stderr."""
        self.say(self.words(key, **facts), style)

    def stop(self, status: Status, key: str, **facts: Fact) -> typer.Exit:
        """Say why the command cannot start, even when told to be quiet."""
        text = self.words(key, **facts)
        if self.as_json and status in (Status.WRONG_USE, Status.NOTHING_READ, Status.NOT_WRITTEN):
            self.give_json({"status": int(status), "error": text})
        complain(text)
        return typer.Exit(status)

    def track(self, key: str) -> Any:
        """Tell of a walk over many things how far it is: a bar on a terminal, lines elsewhere."""

        def walk(things: Sequence[Any]) -> Iterable[Any]:
            text = self.words(key, count=len(things))
            if self.console.is_terminal and not self.quiet:
                return on_bar(things, self.words, self.console, text)
            self.say(text)
            return in_lines(things, self.words, self.say)

        return walk

    def give(self, paths: Iterable[Path]) -> None:
        """Print results on stdout, a path a line."""
        for path in paths:
            typer.echo(str(path))

    def give_lines(self, lines: Iterable[str]) -> None:
        """Print results on stdout that are text."""
        typer.echo("\n".join(lines))

    def give_json(self, result: Mapping[str, Any]) -> None:
        """Print the result for machines on stdout."""
        typer.echo(json.dumps(result, ensure_ascii=False, indent=2))

    def give_run(self, typed: Path, status: Status, findings: Iterable[Finding], **beside: Any) -> None:
        """Print for machines what became of the round that was `typed`, and what the command tells `beside`."""
        from cqdt_batch.publishing.machine import run_json

        self.give_json(run_json(typed, status, findings, self.words) | beside)

    def tell_findings(self, findings: Sequence[Finding], file: str = "", names: Mapping[str, str] = _NOBODY) -> None:
        """List findings with place, message and remedy, unless asked for all the first errors, then warnings, only.

        `file` is where all of them stand, `names` are those of the units by their codes.
        """
        if self.verbose:
            self.tell_all(findings, names)
            return
        absent = [finding for finding in findings if finding.code == "unit_missing"]
        present = [finding for finding in findings if finding.code != "unit_missing"]
        kinds = {severity: [one for one in present if one.severity is severity] for severity in Severity}
        shown = [*kinds[Severity.ERROR], *kinds[Severity.WARNING]][:SHOWN]
        if absent:
            units = tuple(names.get(finding.unit, finding.unit) for finding in absent)
            self.tell("cli.absent", "yellow", count=len(units), units=units)
        self.tell_all(shown, names)
        told = Counter(finding.severity for finding in shown)
        left = {severity: len(alike) - told[severity] for severity, alike in kinds.items()}
        counts = [self.words(f"severity.counted.{kind}", count=count) for kind, count in left.items() if count]
        if counts:
            key = "cli.not_shown_but_in" if file else "cli.not_shown"
            self.tell(key, counts=", ".join(counts), name=file)

    def tell_all(self, findings: Iterable[Finding], names: Mapping[str, str] = _NOBODY) -> None:
        """List findings with place, message and remedy."""
        for finding in findings:
            where, colour = finding.where, _COLOURS[finding.severity]
            label = self.words(f"severity.{finding.severity}")
            parts = (names.get(finding.unit, ""), where.file, where.sheet, self.words.place(where))
            place = in_one_line(" › ".join(part for part in parts if part))
            self.console.print(f"[bold {colour}]{_as_it_is(label)}[/] [bold]{_as_it_is(place)}[/]", soft_wrap=True)
            self.console.print(f"  {_as_it_is(in_one_line(self.words.message(finding)))}", soft_wrap=True)

    def tell_counts(self, counts: Iterable[tuple[str, int]]) -> None:
        """Show how many there are of everything, as a table."""
        from rich.table import Table

        table = Table(show_header=False)
        for label, count in counts:
            table.add_row(_as_it_is(label), str(count))
        self.console.print(table)


def complain(text: str) -> None:
    """Say on stderr why a command ends, even when told to be quiet."""
    _console().print(_as_it_is(text), style="red")


def _console(*, quiet: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=True, quiet=quiet, highlight=False, emoji=False)


def _as_it_is(text: str) -> str:
    """A text in which Rich finds no markup."""
    from rich.markup import escape

    return escape(text)


def program() -> str:
    """How the user called the program, to be shown in a command to type."""
    return sys.argv[0] if Path(sys.argv[0]).stem == "cqdt" else "cqdt"


def to_type(path: Path) -> dict[str, str]:
    """The program and a path, as they are typed in the next command."""
    return {"program": program(), "path": shlex.quote(str(path))}
