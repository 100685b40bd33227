"""The commands. Talk goes to stderr, results to stdout; the exit status tells how it went (see README)."""

from __future__ import annotations

import json
import shlex
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import track as progress
from rich.table import Table

from cqdt_batch.cells import in_one_line
from cqdt_batch.findings import Fact, Finding, Severity, Where, has_errors
from cqdt_batch.messages import Language, Words, reason_of

if TYPE_CHECKING:
    from cqdt_batch.definition.assessment import Assessment
    from cqdt_batch.definition.loading import Definition
    from cqdt_batch.pipeline import RoundFolder
    from cqdt_batch.scoring.ledger import Ledger
    from cqdt_batch.scoring.outcome import Outcome

# pandas, pandera, openpyxl and XlsxWriter are imported where a command needs them: --help must not wait for them.

_VI = Words()
_SHOWN = 20
"""How many findings the terminal shows unless asked for all."""

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTICE: "cyan"}


_NOBODY: Mapping[str, str] = {}


class Status(IntEnum):
    """Exit statuses."""

    CLEAN = 0
    FINDINGS = 1
    WRONG_USE = 2
    BROKEN_DEFINITION = 3
    NOTHING_READ = 4
    NOT_WRITTEN = 5
    BROKEN_PROGRAM = 70


app = typer.Typer(help=_VI("cli.app"), no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

_Folder = Annotated[Path, typer.Argument(help=_VI("cli.round_help"))]
_FolderOrFile = Annotated[Path, typer.Argument(help=_VI("cli.round_or_file_help"))]
_Lang = Annotated[Language, typer.Option("--lang", help=_VI("cli.lang_help"))]
_Json = Annotated[bool, typer.Option("--json", help=_VI("cli.json_help"))]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help=_VI("cli.quiet_help"))]
_Verbose = Annotated[bool, typer.Option("--verbose", "-v", help=_VI("cli.verbose_help"))]
_UnitName = Annotated[str, typer.Argument(help=_VI("cli.explain_unit_help"))]
_CriterionName = Annotated[str, typer.Argument(help=_VI("cli.explain_criterion_help"))]
_Out = Annotated[Path | None, typer.Option("--out", help=_VI("cli.out_help"))]


@dataclass(frozen=True, kw_only=True)
class _Talk:
    """How a command speaks to its user."""

    words: Words
    as_json: bool = False
    quiet: bool = False
    verbose: bool = False

    @property
    def console(self) -> Console:
        return Console(stderr=True, quiet=self.quiet, highlight=False, emoji=False)

    def say(self, text: str, style: str = "") -> None:
        """Tell something on stderr."""
        self.console.print(escape(in_one_line(text)), style=style)

    def stop(self, status: Status, key: str, **facts: Fact) -> typer.Exit:
        """Say why the command cannot start, even when told to be quiet."""
        text = self.words(key, **facts)
        if self.as_json and status in (Status.WRONG_USE, Status.NOT_WRITTEN):
            self.give_json({"status": int(status), "error": text})
        Console(stderr=True, highlight=False, emoji=False).print(escape(text), style="red")
        return typer.Exit(status)

    def track(self, key: str) -> Any:
        """A progress bar on a terminal, one line elsewhere."""

        def walk(things: Sequence[Any]) -> Iterable[Any]:
            text = self.words(key, count=len(things))
            if self.console.is_terminal and not self.quiet:
                return progress(things, description=text, console=self.console, transient=True)
            self.say(text)
            return things

        return walk

    def give(self, paths: Iterable[Path]) -> None:
        """Print results on stdout, a path a line."""
        for path in paths:
            typer.echo(str(path))

    def give_json(self, result: dict[str, Any]) -> None:
        """Print the result for machines on stdout."""
        typer.echo(json.dumps(result, ensure_ascii=False, indent=2))

    def tell_findings(self, findings: Sequence[Finding], file: str = "", names: Mapping[str, str] = _NOBODY) -> None:
        """List findings with place, message and remedy; the first errors only, unless asked for all.

        `file` is where all of them stand, `names` are those of the units by their codes.
        """
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        absent = [finding for finding in errors if finding.code == "unit_missing"]
        shown = findings
        if not self.verbose:
            shown = [finding for finding in errors if finding not in absent][:_SHOWN]
            if absent:
                units = tuple(names.get(finding.unit, finding.unit) for finding in absent)
                self.say(self.words("cli.absent", count=len(units), units=units), "yellow")
        for finding in shown:
            colour = _COLOURS[finding.severity]
            label = self.words(f"severity.{finding.severity}")
            parts = (names.get(finding.unit, ""), *self._place(finding.where))
            place = in_one_line(" › ".join(part for part in parts if part))
            self.console.print(f"[bold {colour}]{escape(label)}[/] [bold]{escape(place)}[/]", soft_wrap=True)
            self.console.print(f"  {escape(in_one_line(self.words.message(finding)))}", soft_wrap=True)
        left = len(findings) - len(shown) - (0 if self.verbose else len(absent))
        if left and file:
            self.say(self.words("cli.more_findings", count=left, name=file))

    def _place(self, where: Where) -> tuple[str, ...]:
        return (where.file, where.sheet, self.words.place(where))


@app.command(help=_VI("cli.new"))
def new(directory: _Folder, lang: _Lang = Language.VI, quiet: _Quiet = False) -> None:
    from cqdt_batch.pipeline import RoundFolder, start_round

    talk = _Talk(words=Words(lang), quiet=quiet)
    folder = RoundFolder(directory)
    if folder.definition.exists():
        raise talk.stop(Status.WRONG_USE, "cli.exists", path=str(folder.definition))
    with _writing(talk, directory):
        path = start_round(folder, talk.words)
    talk.say(talk.words("cli.new_done", name=path.name, path=shlex.quote(str(directory)), program=_program()))
    talk.give([path])


@app.command(help=_VI("cli.forms"))
def forms(
    round_folder: _Folder,
    out: _Out = None,
    lang: _Lang = Language.VI,
    as_json: _Json = False,
    quiet: _Quiet = False,
    verbose: _Verbose = False,
) -> None:
    from cqdt_batch.pipeline import form_paths, write_forms
    from cqdt_batch.publishing.machine import outputs_json, run_json

    talk = _Talk(words=Words(lang), as_json=as_json, quiet=quiet, verbose=verbose)
    folder = _round(round_folder, talk)
    definition, assessment = _open(round_folder, folder, talk)
    target = out or folder.forms
    if folder.inbox.name in target.resolve().parts:
        raise talk.stop(Status.WRONG_USE, "cli.out_is_inbox", path=str(target))
    _check_places(talk, target, form_paths(assessment, target), "cli.forms_filled")
    with _writing(talk, target):
        paths = write_forms(assessment, target, talk.words, talk.track("cli.writing"))
    if as_json:
        talk.give_json({**run_json(round_folder, Status.CLEAN, definition.findings, talk.words), **outputs_json(paths)})
    else:
        talk.tell_findings(definition.findings)
        folder.inbox.mkdir(exist_ok=True)
        talk.say(talk.words("cli.forms_done", count=len(paths)))
        old = sorted({path.name for path in target.glob("*.xlsx")} - {path.name for path in paths})
        if old:
            talk.say(talk.words("cli.old_forms", names=tuple(old)), "yellow")
        talk.give([target])


@app.command(help=_VI("cli.appraise"))
def appraise(
    round_folder: _Folder,
    lang: _Lang = Language.VI,
    as_json: _Json = False,
    quiet: _Quiet = False,
    verbose: _Verbose = False,
) -> None:
    from cqdt_batch.pipeline import appraisal_paths, examine, write_appraisal
    from cqdt_batch.publishing.machine import outputs_json, run_json

    talk = _Talk(words=Words(lang), as_json=as_json, quiet=quiet, verbose=verbose)
    folder = _round(round_folder, talk)
    definition, assessment = _open(round_folder, folder, talk)
    _check_places(talk, folder.appraisal_forms, appraisal_paths(folder, assessment), "cli.appraise_filled")
    outcome = examine(folder, definition, talk.track("cli.reading"))
    with _writing(talk, folder.appraisal_forms):
        paths = write_appraisal(folder, outcome, talk.words, talk.track("cli.appraise_writing"))
        folder.appraisal.mkdir(exist_ok=True)
    status = _status(outcome)
    if as_json:
        talk.give_json({**run_json(round_folder, status, outcome.findings, talk.words), **outputs_json(paths)})
    else:
        names = {unit.code: unit.printed_name for unit in assessment.units}
        talk.tell_findings(outcome.findings, names=names)
        facts = {"program": _program(), "path": shlex.quote(str(round_folder)), "folder": folder.appraisal.name}
        key = "cli.appraise_done" if paths else "cli.appraise_nothing"
        talk.say(talk.words(key, count=len(paths), **facts), "" if paths else "red")
        talk.give(paths)
    raise typer.Exit(status)


@app.command(help=_VI("cli.show"))
def show(
    round_folder: _FolderOrFile,
    lang: _Lang = Language.VI,
    as_json: _Json = False,
    quiet: _Quiet = False,
    verbose: _Verbose = False,
) -> None:
    from cqdt_batch.publishing.description import description_json, description_lines
    from cqdt_batch.publishing.machine import run_json

    talk = _Talk(words=Words(lang), as_json=as_json, quiet=quiet, verbose=verbose)
    definition, assessment = _open(round_folder, _round_or_file(round_folder, talk), talk)
    if as_json:
        told = run_json(round_folder, Status.CLEAN, definition.findings, talk.words)
        talk.give_json({**told, "definition": description_json(assessment, talk.words)})
        return
    talk.tell_findings(definition.findings)
    typer.echo("\n".join(description_lines(assessment, talk.words)))


@app.command(help=_VI("cli.check"))
def check(
    round_folder: _FolderOrFile,
    lang: _Lang = Language.VI,
    as_json: _Json = False,
    quiet: _Quiet = False,
    verbose: _Verbose = False,
) -> None:
    talk = _Talk(words=Words(lang), as_json=as_json, quiet=quiet, verbose=verbose)
    if round_folder.is_dir():
        _run(round_folder, talk, with_annex=False)
    else:
        _check_definition(round_folder, talk)


@app.command(help=_VI("cli.report"))
def report(
    round_folder: _Folder,
    lang: _Lang = Language.VI,
    as_json: _Json = False,
    quiet: _Quiet = False,
    verbose: _Verbose = False,
) -> None:
    talk = _Talk(words=Words(lang), as_json=as_json, quiet=quiet, verbose=verbose)
    _run(round_folder, talk, with_annex=True)


@app.command(help=_VI("cli.explain"))
def explain(
    round_folder: _Folder,
    unit: _UnitName,
    criterion: _CriterionName = "",
    lang: _Lang = Language.VI,
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    from cqdt_batch.definition.names import nearest
    from cqdt_batch.pipeline import examine
    from cqdt_batch.publishing.explanation import Explanation, named_criterion, named_unit
    from cqdt_batch.publishing.explanation_json import explanation_json
    from cqdt_batch.publishing.machine import run_json

    talk = _Talk(words=Words(lang), as_json=as_json, quiet=quiet)
    folder = _round(round_folder, talk)
    definition, assessment = _open(round_folder, folder, talk)
    asked = named_unit(assessment, unit)
    if asked is None:
        near = nearest(unit, [name for one in assessment.units for name in (*one.names, one.code)])
        raise talk.stop(Status.WRONG_USE, "cli.no_unit", name=unit, near=near or talk.words("form.nothing_near"))
    tree = assessment.trees[asked.block]
    about = named_criterion(tree, criterion)
    if about is None:
        near = nearest(criterion, [name for one in tree.criteria for name in (one.code, one.label)])
        facts = {"name": criterion, "near": near or talk.words("form.nothing_near")}
        raise talk.stop(Status.WRONG_USE, "cli.no_criterion", **facts)
    outcome = examine(folder, definition, talk.track("cli.reading"))
    explained = Explanation(outcome=outcome, unit=asked, criterion=about, words=talk.words)
    status = Status.FINDINGS if has_errors(explained.findings) else Status.CLEAN
    if _status(outcome) is Status.NOTHING_READ:
        status = Status.NOTHING_READ
    if as_json:
        talk.give_json(
            {**run_json(round_folder, status, explained.findings, talk.words), **explanation_json(explained)}
        )
    else:
        typer.echo("\n".join(map(in_one_line, explained.lines())))
    raise typer.Exit(status)


@app.command(help=_VI("cli.audit"))
def audit(
    files: Annotated[list[Path], typer.Argument(help=_VI("cli.audit_help"))],
    lang: _Lang = Language.VI,
    as_json: _Json = False,
    quiet: _Quiet = False,
    verbose: _Verbose = False,
) -> None:
    from cqdt_batch.pipeline import audit as audit_files
    from cqdt_batch.publishing.audit_report import audit_json, audit_lines

    talk = _Talk(words=Words(lang), as_json=as_json, quiet=quiet, verbose=verbose)
    for path in files:
        if not path.exists():
            raise talk.stop(Status.WRONG_USE, "cli.no_folder_or_file", path=str(path))
    found = audit_files(files)
    is_amiss = any(finding.severity is not Severity.NOTICE for finding in found.findings)
    status = Status.FINDINGS if is_amiss else Status.CLEAN
    status = status if found.readings else Status.NOTHING_READ
    if as_json:
        talk.give_json(audit_json(files, status, found.findings, found.readings, talk.words))
    else:
        replace(talk, verbose=True).tell_findings(found.findings)
        if not quiet:
            typer.echo("\n".join(audit_lines(found.findings, found.readings, talk.words)))
        talk.say(talk.words(_VERDICTS[status]), "green" if status is Status.CLEAN else "red")
    raise typer.Exit(status)


_VERDICTS = {
    Status.CLEAN: "cli.audit_clean",
    Status.FINDINGS: "cli.audit_amiss",
    Status.NOTHING_READ: "cli.audit_nothing",
}


@app.command(help=_VI("cli.verify"))
def verify(
    round_folder: _Folder,
    lang: _Lang = Language.VI,
    as_json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    from cqdt_batch.pipeline import verify as verified
    from cqdt_batch.publishing.machine import run_json, verification_json

    talk = _Talk(words=Words(lang), as_json=as_json, quiet=quiet, verbose=True)
    folder = _round(round_folder, talk)
    if not folder.journal.is_file():
        facts = {"name": folder.journal.name, "program": _program(), "path": shlex.quote(str(round_folder))}
        raise talk.stop(Status.WRONG_USE, "cli.no_seal", **facts)
    with _writing(talk, Path(gettempdir())):
        verification = verified(folder, talk.track("cli.verifying"))
    status = Status.FINDINGS if has_errors(verification.findings) else Status.CLEAN
    if as_json:
        told = run_json(round_folder, status, verification.findings, talk.words)
        talk.give_json({**told, **verification_json(verification.seal, is_reproduced=verification.is_reproduced)})
    else:
        names = {entry.unit: entry.name for entry in verification.seal.ledger.units} if verification.seal else {}
        talk.tell_findings(verification.findings, names=names)
        same = "seal.verdict_reproduced" if status is Status.CLEAN else "seal.verdict_outputs"
        key = same if verification.is_reproduced else "seal.verdict_differs"
        talk.say(talk.words(key), "bold green" if status is Status.CLEAN else "bold red")
    raise typer.Exit(status)


@app.command(help=_VI("cli.compare"))
def compare(
    old: Annotated[Path, typer.Argument(help=_VI("cli.compare_old_help"))],
    new: Annotated[Path, typer.Argument(help=_VI("cli.compare_new_help"))],
    out: Annotated[Path | None, typer.Option("--out", help=_VI("cli.compare_out_help"))] = None,
    lang: _Lang = Language.VI,
    as_json: _Json = False,
    quiet: _Quiet = False,
    verbose: _Verbose = False,
) -> None:
    from cqdt_batch.pipeline import write_comparison
    from cqdt_batch.publishing.changes_json import comparison_json
    from cqdt_batch.publishing.changes_text import comparison_lines, left_out, verdict
    from cqdt_batch.publishing.machine import outputs_json
    from cqdt_batch.scoring.changes import compare as compared

    talk = _Talk(words=Words(lang), as_json=as_json, quiet=quiet, verbose=verbose)
    target = _comparison_target(new, out, talk)
    comparison = compared(_ledger(old, talk), _ledger(new, talk))
    written: list[Path] = []
    if target:
        with _writing(talk, target):
            written = [write_comparison(target, comparison, talk.words)]
    if as_json:
        told = {"old": str(old), "new": str(new), "status": int(Status.CLEAN)}
        talk.give_json({**told, "comparison": comparison_json(comparison, talk.words), **outputs_json(written)})
        return
    most = None if verbose else _SHOWN
    if not quiet:
        typer.echo("\n".join(map(in_one_line, comparison_lines(comparison, talk.words, most))))
    left = left_out(comparison, most)
    if left:
        name = written[0].name if written else ""
        talk.say(talk.words("compare.more_units" if name else "compare.more_units_alone", count=left, name=name))
    talk.say(verdict(comparison, talk.words), "bold")
    talk.give(written)


def _comparison_target(new: Path, out: Path | None, talk: _Talk) -> Path | None:
    """Where the comparison goes: the file that was named, else beside the other results; nowhere for a lone journal."""
    from cqdt_batch.pipeline import RoundFolder

    if out is None:
        folder = RoundFolder(new)
        if folder.definition.is_file():
            return folder.comparison
        return new / folder.comparison.name if new.is_dir() else None
    if out.suffix.casefold() != ".xlsx":
        raise talk.stop(Status.WRONG_USE, "cli.compare_out_suffix", path=str(out))
    if out.exists():
        raise talk.stop(Status.WRONG_USE, "cli.compare_out_exists", path=str(out))
    return out


def _ledger(path: Path, talk: _Talk) -> Ledger:
    """The ledger of a run: a round examined afresh, or a journal; or end the command where there is neither."""
    from cqdt_batch.pipeline import RoundFolder, assess, read_ledger
    from cqdt_batch.scoring.bookkeeping import ledger_of

    folder = RoundFolder(path)
    if not path.exists():
        raise talk.stop(Status.WRONG_USE, "cli.no_folder_or_file", path=str(path))
    if folder.definition.is_file():
        return ledger_of(assess(folder, _open(path, folder, talk)[0], talk.track("cli.reading")))
    journal = path / folder.journal.name if path.is_dir() else path
    if not journal.is_file():
        facts = {"path": str(path), "name": folder.name, "journal": folder.journal.name}
        raise talk.stop(Status.WRONG_USE, "cli.no_ledger", **facts)
    found = read_ledger(journal)
    if isinstance(found, Finding):
        reason = talk.words.message(found)
        raise talk.stop(Status.WRONG_USE, "cli.not_compared", path=str(journal), reason=reason)
    return found


def _check_definition(file: Path, talk: _Talk) -> None:
    """Check a definition alone: say what it holds and what can be done with it next."""
    from cqdt_batch.pipeline import RoundFolder
    from cqdt_batch.publishing.machine import extent_json, run_json

    folder = _round_or_file(file, talk)
    definition, assessment = _open(file, folder, talk)
    if talk.as_json:
        told = run_json(file, Status.CLEAN, definition.findings, talk.words)
        talk.give_json({**told, **extent_json(assessment)})
        return
    replace(talk, verbose=True).tell_findings(definition.findings)
    talk.say(talk.words("cli.definition_sound"), "green")
    for block in extent_json(assessment)["blocks"]:
        talk.say(talk.words("cli.extent", **block))
    key = "cli.make_forms" if folder == RoundFolder(folder.path) else "cli.put_in_place"
    name = RoundFolder(folder.path).name
    talk.say(talk.words(key, program=_program(), path=shlex.quote(str(folder.path)), name=name))


def _run(round_folder: Path, talk: _Talk, *, with_annex: bool) -> None:
    """Examine a round, write what the command is for, tell how it went."""
    from cqdt_batch.pipeline import examine, write_journal, write_results
    from cqdt_batch.publishing.machine import outcome_json, outputs_json, run_json
    from cqdt_batch.scoring.outcome import UnitState

    folder = _round(round_folder, talk)
    definition, _ = _open(round_folder, folder, talk)
    _check_place(talk, folder.board.parent)
    _check_place(talk, folder.feedback)
    outcome = examine(folder, definition, talk.track("cli.reading"))
    with _writing(talk, folder.board.parent):
        results = write_results(folder, outcome, talk.words, with_annex=with_annex)
        seal = [write_journal(folder, definition, outcome, results, talk.words)] if with_annex else []
    status = _status(outcome)
    answers, written = results.answers, results.workbooks
    outputs = [*results.paths, *seal]
    if talk.as_json:
        told = run_json(round_folder, status, outcome.findings, talk.words)
        talk.give_json({**told, **outcome_json(outcome), **outputs_json(outputs)})
    else:
        _tell_outcome(outcome, talk, folder)
        if answers.kept:
            talk.say(talk.words("cli.set_aside", names=tuple(path.name for path in answers.kept)), "yellow")
        if answers.written:
            wrong = sum(state is UnitState.WITH_ERRORS for state in outcome.states.values())
            name = f"{folder.board.parent.name}/{folder.feedback.name}"
            talk.say(talk.words("cli.answers", count=len(answers.written), wrong=wrong, name=name))
        if not with_annex:
            _tell_next_step(outcome, talk, folder)
        for wished, path in written:
            if path != wished:
                talk.say(talk.words("cli.locked", name=wished.name, other=path.name), "yellow")
        talk.give(path for _, path in written)
    raise typer.Exit(status)


def _round(path: Path, talk: _Talk) -> RoundFolder:
    """Find a round by its folder, or end the command where there is none or no definition in it."""
    from cqdt_batch.pipeline import RoundFolder

    folder = RoundFolder(path)
    if not path.is_dir():
        raise talk.stop(Status.WRONG_USE, "cli.no_folder", path=str(path))
    if not folder.definition.is_file():
        facts = {"path": str(path), "name": folder.name, "program": _program()}
        raise talk.stop(Status.WRONG_USE, "cli.no_definition", **facts)
    return folder


def _round_or_file(path: Path, talk: _Talk) -> RoundFolder:
    """Find a round by its folder or by a definition of any name."""
    from cqdt_batch.pipeline import RoundFolder

    if not path.exists():
        raise talk.stop(Status.WRONG_USE, "cli.no_folder_or_file", path=str(path))
    return RoundFolder(path.parent, path.name) if path.is_file() else _round(path, talk)


def _open(typed: Path, folder: RoundFolder, talk: _Talk) -> tuple[Definition, Assessment]:
    """Load the definition of the round that was `typed`, or end the command with what is wrong with it."""
    from cqdt_batch.pipeline import read_definition
    from cqdt_batch.publishing.machine import run_json

    definition = read_definition(folder)
    if definition.assessment is None:
        if talk.as_json:
            talk.give_json(run_json(typed, Status.BROKEN_DEFINITION, definition.findings, talk.words))
        replace(talk, verbose=True).tell_findings(definition.findings)
        raise talk.stop(Status.BROKEN_DEFINITION, "cli.broken_definition")
    return definition, definition.assessment


def _check_place(talk: _Talk, target: Path) -> None:
    """Find out before the work, not after it, that nothing can be written."""
    from cqdt_batch.publishing.writer import prepare

    with _writing(talk, target):
        prepare(target)


def _check_places(talk: _Talk, target: Path, places: Sequence[Path], key: str) -> None:
    """Find out that workbooks to be filled in can be written, and end the command where one was filled in already."""
    from cqdt_batch.pipeline import filled_in
    from cqdt_batch.publishing.writer import check_target

    _check_place(talk, target)
    with _writing(talk, target):
        for path in places:
            check_target(path)
        filled = filled_in(places)
    if filled:
        raise talk.stop(Status.WRONG_USE, key, names=tuple(path.name for path in filled))


@contextmanager
def _writing(talk: _Talk, target: Path) -> Iterator[None]:
    """Turn a refusal of the disk into a sentence."""
    from cqdt_batch.publishing.writer import LinkedOutputError

    try:
        yield
    except LinkedOutputError as link:
        raise talk.stop(Status.NOT_WRITTEN, "cli.linked", path=link.filename) from link
    except OSError as refusal:
        facts = {"path": str(target), "reason": reason_of(refusal)}
        raise talk.stop(Status.NOT_WRITTEN, "cli.not_writable", **facts) from refusal


def _status(outcome: Outcome) -> Status:
    if not any(entry.submission for entry in outcome.intake.files):
        return Status.NOTHING_READ
    return Status.FINDINGS if has_errors(outcome.findings) else Status.CLEAN


def _tell_outcome(outcome: Outcome, talk: _Talk, folder: RoundFolder) -> None:
    from cqdt_batch.publishing.board import balances, summary_lines, verdict

    names = {unit.code: unit.printed_name for unit in outcome.assessment.units}
    if outcome.intake.files:
        talk.tell_findings(outcome.findings, folder.board.name, names)
    table = Table(show_header=False)
    for label, count in summary_lines(outcome, talk.words):
        table.add_row(escape(label), str(count))
    talk.console.print(table)
    for line in balances(outcome, talk.words):
        talk.say(line)
    talk.say(verdict(outcome, talk.words), "bold red" if outcome.is_draft else "bold green")
    if _status(outcome) is Status.NOTHING_READ:
        talk.say(talk.words("cli.nothing_read"), "red")


def _tell_next_step(outcome: Outcome, talk: _Talk, folder: RoundFolder) -> None:
    """After a check: the definition holds, an annex that stands there is older, and what comes next."""
    talk.say(talk.words("cli.definition_sound"), "green")
    if folder.annex.exists():
        talk.say(talk.words("cli.annex_older", name=folder.annex.name), "yellow")
    key = "cli.next_report" if outcome.intake.files else "cli.next_forms"
    talk.say(talk.words(key, program=_program(), path=shlex.quote(str(folder.path))))


def _program() -> str:
    """How the user called the program, to be shown in a command to type."""
    return sys.argv[0] if Path(sys.argv[0]).stem == "cqdt" else "cqdt"


def main() -> None:
    """Run the command line; a console that cannot show a letter shows its code instead of failing."""
    streams: tuple[TextIO, TextIO] = (sys.stdout, sys.stderr)
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app(prog_name="cqdt")
    except Exception as broken:
        traceback.print_exc()
        told = {"status": int(Status.BROKEN_PROGRAM), "error": _VI("cli.broken_program", kind=type(broken).__name__)}
        if "--json" in sys.argv:
            typer.echo(json.dumps(told, ensure_ascii=False))
        Console(stderr=True, highlight=False, emoji=False).print(escape(str(told["error"])), style="red")
        raise SystemExit(Status.BROKEN_PROGRAM) from broken
