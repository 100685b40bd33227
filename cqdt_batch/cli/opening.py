"""What comes before the work: there is such a round, its definition holds, and results can be written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cqdt_batch.cli.status import Status
from cqdt_batch.cli.talk import Talk, to_type
from cqdt_batch.definition.names import unmarked
from cqdt_batch.messages import reason_of
from cqdt_batch.pipeline.folder import RoundFolder

if TYPE_CHECKING:
    from cqdt_batch.definition.assessment import Assessment
    from cqdt_batch.definition.loading import Definition


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A round with a definition that holds; `typed` is how its user called it."""

    typed: Path
    folder: RoundFolder
    definition: Definition
    assessment: Assessment


def open_round(typed: Path, talk: Talk) -> Opened:
    """Open a round by its folder, or end the command with what is wrong."""
    return _loaded(typed, round_at(typed, talk), talk)


def open_definition(typed: Path, talk: Talk) -> Opened:
    """Open a round by its folder or by a definition of any name."""
    check_exists(typed, talk)
    folder = RoundFolder(typed.parent, typed.name) if typed.is_file() else round_at(typed, talk)
    return _loaded(typed, folder, talk)


def round_at(path: Path, talk: Talk) -> RoundFolder:
    """Find a round by its folder, or end the command where there is none or no definition in it."""
    folder = RoundFolder(path)
    if not path.is_dir():
        raise talk.stop(Status.WRONG_USE, "cli.no_folder", path=str(path))
    if not folder.definition.is_file():
        raise talk.stop(Status.WRONG_USE, "cli.no_definition", folder=str(path), name=folder.name, **to_type(path))
    return folder


def check_inbox(folder: RoundFolder, talk: Talk) -> None:
    """End the command where the folder of forms cannot be looked into: no unit is to hear that it sent nothing."""
    try:
        os.scandir(folder.inbox).close()
    except FileNotFoundError:
        return
    except OSError as refusal:
        facts = {"path": str(folder.inbox), "reason": reason_of(refusal)}
        raise talk.stop(Status.NOTHING_READ, "cli.inbox_closed", **facts) from refusal


def folders_like_inbox(folder: RoundFolder) -> tuple[str, ...]:
    """The folders of a round whose names say the same as that of the folder of forms."""
    wanted = unmarked(folder.inbox.name)
    names = sorted(one.name for one in folder.path.iterdir() if one.is_dir())
    return tuple(name for name in names if unmarked(name.replace("_", " ")) == wanted)


def check_exists(path: Path, talk: Talk) -> None:
    """End the command where there is nothing of that name."""
    if not path.exists():
        raise talk.stop(Status.WRONG_USE, "cli.no_folder_or_file", path=str(path))


def _loaded(typed: Path, folder: RoundFolder, talk: Talk) -> Opened:
    """Load the definition, or end the command with what is wrong with it."""
    from cqdt_batch.pipeline.running import read_definition

    definition = read_definition(folder)
    if definition.assessment is None:
        if talk.as_json:
            talk.give_run(typed, Status.BROKEN_DEFINITION, definition.findings)
        talk.tell_all(definition.findings)
        raise talk.stop(Status.BROKEN_DEFINITION, "cli.broken_definition")
    return Opened(typed=typed, folder=folder, definition=definition, assessment=definition.assessment)


def check_place(target: Path, talk: Talk) -> None:
    """Find out before the work, not after it, that nothing can be written."""
    from cqdt_batch.publishing.writer import prepare

    with writing(target, talk):
        prepare(target)


def check_places(target: Path, places: Sequence[Path], key: str, talk: Talk) -> None:
    """Find out that workbooks to be filled in can be written, and end the command where one was filled in already."""
    from cqdt_batch.pipeline.writing import filled_in
    from cqdt_batch.publishing.writer import check_target

    check_place(target, talk)
    with writing(target, talk):
        for path in places:
            check_target(path)
        filled = filled_in(places)
    if filled:
        raise talk.stop(Status.WRONG_USE, key, names=tuple(path.name for path in filled))


@contextmanager
def writing(target: Path, talk: Talk) -> Iterator[None]:
    """Turn a refusal of the disk into a sentence."""
    from cqdt_batch.publishing.writer import LinkedOutputError

    try:
        yield
    except LinkedOutputError as link:
        raise talk.stop(Status.NOT_WRITTEN, "cli.linked", path=link.filename) from link
    except OSError as refusal:
        raise talk.stop(
            Status.NOT_WRITTEN, "cli.not_writable", path=str(target), reason=reason_of(refusal)
        ) from refusal
