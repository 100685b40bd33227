"""What is asked of results: why a figure is what it is, what a reader would say, what changed, whether all holds."""

from __future__ import annotations

from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Annotated

import typer

from cqdt_batch.cells import in_one_line
from cqdt_batch.cli.opening import Opened, check_exists, open_round, round_at, writing
from cqdt_batch.cli.options import Folder, Json, Lang, Quiet, Verbose
from cqdt_batch.cli.status import Status, status_of
from cqdt_batch.cli.talk import SHOWN, Talk, to_type
from cqdt_batch.findings import Finding, Severity, Term, has_errors
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.folder import RoundFolder

if TYPE_CHECKING:
    from cqdt_batch.definition.assessment import Assessment, CriteriaTree
    from cqdt_batch.definition.records import Criterion, Unit
    from cqdt_batch.scoring.changes.ledger import Ledger

_VI = Words()


def explain(
    round_folder: Folder,
    unit: Annotated[str, typer.Argument(help=_VI("cli.explain_unit_help"))],
    criterion: Annotated[str, typer.Argument(help=_VI("cli.explain_criterion_help"))] = "",
    lang: Lang = Language.VI,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from cqdt_batch.pipeline.running import examine
    from cqdt_batch.publishing.explanation import Explanation
    from cqdt_batch.publishing.explanation_json import explanation_json
    from cqdt_batch.publishing.explanation_text import explanation_lines

    talk = Talk(words=Words(lang), as_json=as_json, quiet=quiet)
    opened = open_round(round_folder, talk)
    asked = _unit(opened.assessment, unit, talk)
    about = _criterion(opened.assessment.trees[asked.block], criterion, talk)
    outcome = examine(opened.folder, opened.definition, talk.track("cli.reading"))
    explained = Explanation(outcome=outcome, unit=asked, criterion=about, words=talk.words)
    status = Status.FINDINGS if has_errors(explained.findings) else Status.CLEAN
    if status_of(outcome) is Status.NOTHING_READ:
        status = Status.NOTHING_READ
    if as_json:
        talk.give_run(round_folder, status, explained.findings, **explanation_json(explained))
    else:
        talk.give_lines(map(in_one_line, explanation_lines(explained)))
    raise typer.Exit(status)


def _unit(assessment: Assessment, typed: str, talk: Talk) -> Unit:
    """The unit that was asked about, or end the command with those that may have been meant."""
    from cqdt_batch.publishing.explanation_subject import named_unit, unit_without_marks, units_like

    found = named_unit(assessment, typed)
    if found:
        return found
    meant = unit_without_marks(assessment, typed)
    if meant:
        talk.tell("cli.unit_meant", "yellow", typed=typed, name=meant.printed_name, code=meant.code)
        return meant
    near = units_like(assessment, typed) or Term("form.nothing_near")
    raise talk.stop(Status.WRONG_USE, "cli.no_unit", name=typed, near=near)


def _criterion(tree: CriteriaTree, typed: str, talk: Talk) -> Criterion:
    """The criterion that was asked about, or end the command with those that may have been meant."""
    from cqdt_batch.publishing.explanation_subject import criteria_like, named_criterion

    found = named_criterion(tree, typed)
    if found is None:
        near = criteria_like(tree, typed) or Term("form.nothing_near")
        raise talk.stop(Status.WRONG_USE, "cli.no_criterion", name=typed, near=near)
    return found


def audit(
    files: Annotated[list[Path], typer.Argument(help=_VI("cli.audit_help"))],
    lang: Lang = Language.VI,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    from cqdt_batch.pipeline.auditing import audit as audited
    from cqdt_batch.publishing.audit_report import audit_json, audit_lines

    talk = Talk(words=Words(lang), as_json=as_json, quiet=quiet, verbose=verbose)
    for path in files:
        check_exists(path, talk)
    found = audited(files)
    is_amiss = any(finding.severity is not Severity.NOTICE for finding in found.findings)
    status = Status.FINDINGS if is_amiss else Status.CLEAN
    unchecked = tuple(reading.table.name for reading in found.readings if not reading.is_checked)
    is_nothing_checked = len(unchecked) == len(found.readings)
    status = Status.NOTHING_READ if not found.readings or (is_nothing_checked and not is_amiss) else status
    if as_json:
        talk.give_json(audit_json(files, status, found.findings, found.readings, talk.words))
    else:
        talk.tell_all(found.findings)
        if not quiet:
            talk.give_lines(audit_lines(found.findings, found.readings, talk.words))
        verdict = _verdict(status, is_read=bool(found.readings), is_all_checked=not unchecked)
        talk.tell(verdict, "green" if status is Status.CLEAN else "red", tables=", ".join(unchecked))
    raise typer.Exit(status)


def _verdict(status: Status, *, is_read: bool, is_all_checked: bool) -> str:
    """The last sentence of an audit; it says of no table that nothing contradicts where nothing could be checked."""
    if status is Status.FINDINGS:
        return "cli.audit_amiss"
    if status is Status.NOTHING_READ:
        return "cli.audit_all_unchecked" if is_read else "cli.audit_nothing"
    return "cli.audit_clean" if is_all_checked else "cli.audit_unchecked"


def verify(
    round_folder: Folder,
    lang: Lang = Language.VI,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    from cqdt_batch.pipeline.sealing import verify as verified
    from cqdt_batch.publishing.machine import verification_json

    talk = Talk(words=Words(lang), as_json=as_json, quiet=quiet)
    folder = round_at(round_folder, talk)
    if not folder.journal.is_file():
        raise talk.stop(Status.WRONG_USE, "cli.no_seal", name=folder.journal.name, **to_type(round_folder))
    with writing(Path(gettempdir()), talk):
        found = verified(folder, talk.track("cli.verifying"))
    status = Status.FINDINGS if has_errors(found.findings) else Status.CLEAN
    if as_json:
        told = verification_json(found.seal, is_reproduced=found.is_reproduced)
        talk.give_run(round_folder, status, found.findings, **told)
    else:
        names = {entry.unit: entry.name for entry in found.seal.ledger.units} if found.seal else {}
        talk.tell_all(found.findings, names)
        same = "seal.verdict_reproduced" if status is Status.CLEAN else "seal.verdict_outputs"
        key = same if found.is_reproduced else "seal.verdict_differs"
        talk.tell(key, "bold green" if status is Status.CLEAN else "bold red")
    raise typer.Exit(status)


def compare(
    old: Annotated[Path, typer.Argument(help=_VI("cli.compare_old_help"))],
    new: Annotated[Path, typer.Argument(help=_VI("cli.compare_new_help"))],
    out: Annotated[Path | None, typer.Option("--out", help=_VI("cli.compare_out_help"))] = None,
    lang: Lang = Language.VI,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    from cqdt_batch.pipeline.comparing import write_comparison
    from cqdt_batch.publishing.changes_json import comparison_json
    from cqdt_batch.publishing.changes_text import comparison_lines, left_out, verdict
    from cqdt_batch.publishing.machine import outputs_json
    from cqdt_batch.scoring.changes.comparison import compare as compared

    talk = Talk(words=Words(lang), as_json=as_json, quiet=quiet, verbose=verbose)
    target = _comparison_target(new, out, talk)
    sides = tuple(_side(path, talk) for path in (old, new))
    comparison = compared(*(_ledger(side, talk) for side in sides))
    written: list[Path] = []
    if target:
        with writing(target, talk):
            written = [write_comparison(target, comparison, talk.words)]
    if as_json:
        told = {"old": str(old), "new": str(new), "status": int(Status.CLEAN)}
        talk.give_json({**told, "comparison": comparison_json(comparison, talk.words), **outputs_json(written)})
        return
    most = None if verbose else SHOWN
    if not quiet:
        talk.give_lines(map(in_one_line, comparison_lines(comparison, talk.words, most)))
    left = left_out(comparison, most)
    if left:
        name = written[0].name if written else ""
        talk.tell("compare.more_units" if name else "compare.more_units_alone", count=left, name=name)
    talk.say(verdict(comparison, talk.words), "bold")
    talk.give(written)


def _comparison_target(new: Path, out: Path | None, talk: Talk) -> Path | None:
    """Where the comparison goes: the file that was named, else beside the other results; nowhere for a lone journal."""
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


def _side(path: Path, talk: Talk) -> Opened | Ledger:
    """One of the two runs: a round to be examined, or the ledger in a journal; or end the command where is neither."""
    from cqdt_batch.pipeline.comparing import read_ledger

    check_exists(path, talk)
    folder = RoundFolder(path)
    if folder.definition.is_file():
        return open_round(path, talk)
    journal = path / folder.journal.name if path.is_dir() else path
    if not journal.is_file():
        facts = {"path": str(path), "name": folder.name, "journal": folder.journal.name}
        raise talk.stop(Status.WRONG_USE, "cli.no_ledger", **facts)
    found = read_ledger(journal)
    if isinstance(found, Finding):
        raise talk.stop(Status.WRONG_USE, "cli.not_compared", path=str(journal), reason=talk.words.message(found))
    return found


def _ledger(side: Opened | Ledger, talk: Talk) -> Ledger:
    """The ledger of a run; a round is examined afresh."""
    from cqdt_batch.pipeline.running import assess
    from cqdt_batch.scoring.changes.bookkeeping import ledger_of

    if isinstance(side, Opened):
        return ledger_of(assess(side.folder, side.definition, talk.track("cli.reading")))
    return side
