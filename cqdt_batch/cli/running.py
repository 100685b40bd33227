"""The run itself, twice: `check` for the officer who waits for forms, `report` for the one who publishes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import typer

from cqdt_batch.cli.opening import (
    Opened,
    check_inbox,
    check_place,
    folders_like_inbox,
    open_definition,
    open_round,
    writing,
)
from cqdt_batch.cli.options import Folder, FolderOrFile, Json, Lang, Quiet, Verbose
from cqdt_batch.cli.status import Status, status_of
from cqdt_batch.cli.talk import Talk, to_type
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.folder import RoundFolder

if TYPE_CHECKING:
    from cqdt_batch.pipeline.running import Track
    from cqdt_batch.pipeline.writing import Results
    from cqdt_batch.scoring.outcome import Outcome


def check(
    round_folder: FolderOrFile,
    lang: Lang = Language.VI,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    talk = Talk(words=Words(lang), as_json=as_json, quiet=quiet, verbose=verbose)
    if round_folder.is_dir():
        _run(round_folder, talk, with_annex=False)
    else:
        _check_definition(round_folder, talk)


def report(
    round_folder: Folder,
    lang: Lang = Language.VI,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    talk = Talk(words=Words(lang), as_json=as_json, quiet=quiet, verbose=verbose)
    _run(round_folder, talk, with_annex=True)


def _check_definition(file: Path, talk: Talk) -> None:
    """Check a definition alone: say what it holds and what can be done with it next."""
    from cqdt_batch.publishing.machine import extent_json

    opened = open_definition(file, talk)
    findings, extent = opened.definition.findings, extent_json(opened.assessment)
    if talk.as_json:
        talk.give_run(file, Status.CLEAN, findings, **extent)
        return
    talk.tell_all(findings)
    talk.tell("cli.definition_sound", "green")
    for block in extent["blocks"]:
        talk.tell("cli.extent", **block)
    usual = RoundFolder(opened.folder.path)
    key = "cli.make_forms" if opened.folder == usual else "cli.put_in_place"
    talk.tell(key, name=usual.name, **to_type(usual.path))


def _run(round_folder: Path, talk: Talk, *, with_annex: bool) -> None:
    """Examine a round, write what the command is for, tell how it went."""
    from cqdt_batch.intake.collecting import make_ready

    make_ready()  # before the other imports, which take longer
    from cqdt_batch.pipeline.running import assess, questioned, recalling

    opened = open_round(round_folder, talk)
    folder, definition = opened.folder, opened.definition
    check_inbox(folder, talk)
    check_place(folder.results, talk)
    check_place(folder.feedback, talk)
    outcome = assess(folder, definition, _importing(talk.track("cli.reading")))
    from cqdt_batch.pipeline.aside import drawn_aside
    from cqdt_batch.pipeline.sealing import prepare_journal, write_journal
    from cqdt_batch.pipeline.writing import annex_bytes, write_results
    from cqdt_batch.publishing.machine import outcome_json, outputs_json

    talk.tell("cli.computing")
    outcome = recalling(folder, outcome)
    draw = partial(annex_bytes, outcome, talk.words)
    with drawn_aside(draw) if with_annex else nullcontext() as annex:
        outcome = questioned(folder, outcome)
        journal = prepare_journal(folder, definition, outcome, talk.words) if with_annex else None
        with writing(folder.results, talk):
            results = write_results(folder, outcome, talk.words, annex=annex, with_annex=with_annex)
    with writing(folder.results, talk):
        seal = [write_journal(folder, journal, results)] if journal else []
    status = status_of(outcome)
    if talk.as_json:
        outputs = outputs_json([*results.paths, *seal])
        talk.give_run(round_folder, status, outcome.findings, **outcome_json(outcome), **outputs)
    else:
        _tell_outcome(outcome, opened, talk)
        _tell_answers(outcome, results, opened, talk)
        if not with_annex:
            _tell_next_step(outcome, opened, talk)
        _give_results(results, talk)
    raise typer.Exit(status)


def _importing(track: Track) -> Track:
    """Import what follows once the first form was read: while workers read the others, this process would wait.

    A thread does it, so that the progress of the walk can be seen meanwhile.
    """

    def walk(things: Sequence[Any]) -> Iterator[Any]:
        importing = Thread(target=_import_what_follows)
        for number, thing in enumerate(track(things)):
            if number == 1:
                importing.start()
            yield thing
        if importing.ident:
            importing.join()

    return walk


def _import_what_follows() -> None:
    import cqdt_batch.pipeline.sealing
    import cqdt_batch.publishing.machine  # noqa: F401 - whoever uses them finds them imported


def _tell_outcome(outcome: Outcome, opened: Opened, talk: Talk) -> None:
    from cqdt_batch.publishing.board import balances, summary_lines, verdict

    names = {unit.code: unit.printed_name for unit in opened.assessment.units}
    if outcome.intake.files:
        talk.tell_findings(outcome.findings, opened.folder.board.name, names)
    talk.tell_counts(summary_lines(outcome, talk.words))
    for line in balances(outcome, talk.words):
        talk.say(line)
    talk.say(verdict(outcome, talk.words), "bold red" if outcome.is_draft else "bold green")
    if status_of(outcome) is Status.NOTHING_READ:
        _tell_nothing_read(opened.folder, talk)


def _tell_nothing_read(folder: RoundFolder, talk: Talk) -> None:
    inbox = folder.inbox
    if inbox.is_dir():
        talk.tell("cli.nothing_read", "red", name=inbox.name)
    elif near := folders_like_inbox(folder):
        talk.tell("cli.inbox_misnamed", "red", name=inbox.name, near=near)
    else:
        talk.tell("cli.no_inbox", "red", name=inbox.name)


def _tell_answers(outcome: Outcome, results: Results, opened: Opened, talk: Talk) -> None:
    """Tell which feedback forms were written, and which files stood in their place."""
    from cqdt_batch.scoring.outcome import UnitState

    folder, answers = opened.folder, results.answers
    if answers.kept:
        talk.tell("cli.set_aside", "yellow", names=tuple(path.name for path in answers.kept))
    if answers.written:
        wrong = sum(state is UnitState.WITH_ERRORS for state in outcome.states.values())
        name = f"{folder.results.name}/{folder.feedback.name}"
        count = len(answers.written)
        key = "cli.answers_to_read" if not wrong else "cli.answers_to_mend" if wrong == count else "cli.answers"
        talk.tell(key, count=count, wrong=wrong, name=name)


def _tell_next_step(outcome: Outcome, opened: Opened, talk: Talk) -> None:
    """After a check: the definition holds, an annex that stands there is older, and what comes next."""
    folder = opened.folder
    talk.tell("cli.definition_sound", "green")
    if folder.annex.exists():
        talk.tell("cli.annex_older", "yellow", name=folder.annex.name)
    talk.tell("cli.next_report" if outcome.intake.files else "cli.next_forms", **to_type(folder.path))


def _give_results(results: Results, talk: Talk) -> None:
    """Give the workbooks; of those that were open, say under which name they stand now."""
    for wished, path in results.workbooks:
        if path != wished:
            talk.tell("cli.locked", "yellow", name=wished.name, other=path.name)
    talk.give(path for _, path in results.workbooks)
