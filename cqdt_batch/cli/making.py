"""What is made before anybody is scored: a new round, its forms, the appraisers' workbooks, a reading of its rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cqdt_batch.cli.opening import Opened, check_places, open_definition, open_round, writing
from cqdt_batch.cli.options import Folder, FolderOrFile, Json, Lang, Quiet, Verbose
from cqdt_batch.cli.status import Status, status_of
from cqdt_batch.cli.talk import Talk, to_type
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.folder import RoundFolder

if TYPE_CHECKING:
    from cqdt_batch.scoring.outcome import Outcome

_VI = Words()


def new(directory: Folder, lang: Lang = Language.VI, quiet: Quiet = False) -> None:
    from cqdt_batch.pipeline.writing import start_round

    talk = Talk(words=Words(lang), quiet=quiet)
    folder = RoundFolder(directory)
    if folder.definition.exists():
        raise talk.stop(Status.WRONG_USE, "cli.exists", path=str(folder.definition))
    with writing(directory, talk):
        path = start_round(folder, talk.words)
    talk.tell("cli.new_done", name=path.name, **to_type(directory))
    talk.give([path])


def forms(
    round_folder: Folder,
    out: Annotated[Path | None, typer.Option("--out", help=_VI("cli.out_help"))] = None,
    lang: Lang = Language.VI,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    from cqdt_batch.pipeline.writing import form_paths, write_forms
    from cqdt_batch.publishing.machine import outputs_json

    talk = Talk(words=Words(lang), as_json=as_json, quiet=quiet, verbose=verbose)
    opened = open_round(round_folder, talk)
    target, inbox = out or opened.folder.forms, opened.folder.inbox
    if inbox.name in target.resolve().parts:
        raise talk.stop(Status.WRONG_USE, "cli.out_is_inbox", path=str(target))
    check_places(target, form_paths(opened.assessment, target), "cli.forms_filled", talk)
    with writing(target, talk):
        paths = write_forms(opened.assessment, target, talk.words, talk.track("cli.writing"))
    if as_json:
        talk.give_run(round_folder, Status.CLEAN, opened.definition.findings, **outputs_json(paths))
        return
    talk.tell_findings(opened.definition.findings)
    inbox.mkdir(exist_ok=True)
    talk.tell("cli.forms_done", count=len(paths))
    old = sorted({path.name for path in target.glob("*.xlsx")} - {path.name for path in paths})
    if old:
        talk.tell("cli.old_forms", "yellow", names=tuple(old))
    talk.give([target])


def appraise(
    round_folder: Folder,
    lang: Lang = Language.VI,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    from cqdt_batch.pipeline.running import examine
    from cqdt_batch.pipeline.writing import appraisal_paths, write_appraisal
    from cqdt_batch.publishing.machine import outputs_json

    talk = Talk(words=Words(lang), as_json=as_json, quiet=quiet, verbose=verbose)
    opened = open_round(round_folder, talk)
    folder, assessment = opened.folder, opened.assessment
    places = appraisal_paths(folder, assessment)
    check_places(folder.appraisal_forms, places, "cli.appraise_filled", talk)
    outcome = examine(folder, opened.definition, talk.track("cli.reading"))
    with writing(folder.appraisal_forms, talk):
        paths = write_appraisal(folder, outcome, talk.words, talk.track("cli.appraise_writing"))
        folder.appraisal.mkdir(exist_ok=True)
    status = status_of(outcome)
    if as_json:
        talk.give_run(round_folder, status, outcome.findings, **outputs_json(paths))
    else:
        _tell_findings(outcome, opened, talk)
        key = "cli.appraise_done" if paths else "cli.appraise_nothing"
        style = "" if paths else "red"
        talk.tell(key, style, count=len(paths), folder=folder.appraisal.name, **to_type(round_folder))
        _tell_left_behind(outcome, opened, talk)
        old = sorted({path.name for path in folder.appraisal_forms.glob("*.xlsx")} - {path.name for path in places})
        if old:
            facts = {"folder": folder.appraisal_forms.name, "appraisal": folder.appraisal.name}
            talk.tell("cli.appraise_old", "yellow", names=tuple(old), **facts)
        talk.give(paths)
    raise typer.Exit(status)


def _tell_findings(outcome: Outcome, opened: Opened, talk: Talk) -> None:
    """Tell first what was found in the definition, which says who appraises what, then all the rest."""
    names = {unit.code: unit.printed_name for unit in opened.assessment.units}
    of_definition = opened.folder.definition.name
    talk.tell_findings([one for one in outcome.findings if one.where.file == of_definition], names=names)
    talk.tell_findings([one for one in outcome.findings if one.where.file != of_definition], names=names)


def _tell_left_behind(outcome: Outcome, opened: Opened, talk: Talk) -> None:
    """Tell what appraisers handed in that does not stand in the new workbooks, and where to read why."""
    from cqdt_batch.publishing.appraisal_book import left_behind

    left, folder = left_behind(outcome), opened.folder
    facts = {"folder": folder.appraisal.name, "board": folder.board.name, **to_type(opened.typed)}
    if left.rows:
        talk.tell("cli.appraise_rows_left", "yellow", count=left.rows, **facts)
    if left.files:
        talk.tell("cli.appraise_files_left", "yellow", names=left.files, **facts)


def show(
    round_folder: FolderOrFile,
    lang: Lang = Language.VI,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    from cqdt_batch.publishing.description import description_json, description_lines

    talk = Talk(words=Words(lang), as_json=as_json, quiet=quiet, verbose=verbose)
    opened = open_definition(round_folder, talk)
    findings = opened.definition.findings
    if as_json:
        description = description_json(opened.assessment, talk.words)
        talk.give_run(round_folder, Status.CLEAN, findings, definition=description)
        return
    talk.tell_findings(findings)
    talk.give_lines(description_lines(opened.assessment, talk.words))
