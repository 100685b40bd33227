"""List the folder of submissions: every entry in it, in an order that does not depend on the file system."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple


class EntryKind(StrEnum):
    """What an entry of the inbox is, before it is opened."""

    FILE = "file"
    LOCK = "lock"
    HIDDEN = "hidden"
    PARTIAL = "partial"
    SPECIAL = "special"
    UNREADABLE = "unreadable"


class Entry(NamedTuple):
    """An entry of the inbox; `name` is its path from the round's folder with forward slashes."""

    path: Path
    name: str
    kind: EntryKind


def entries(inbox: Path) -> tuple[Entry, ...]:
    """List everything in the inbox and its subfolders, sorted by name; folders themselves are no entries."""
    found = (_entry(inbox, path) for path in _walk(inbox))
    return tuple(sorted(found, key=lambda entry: in_name_order(entry.name)))


def in_name_order(name: str) -> tuple[str, str]:
    """Sort names alike whether a letter and its marks are one character or several."""
    return unicodedata.normalize("NFC", name), name


def _walk(inbox: Path) -> Iterator[Path]:
    """Every path that is no folder, and every folder that cannot be looked into; links are not followed."""
    folders = [inbox]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as listed:
                inside = list(listed)
        except OSError:
            yield folder
            continue
        for entry in inside:
            if _is_folder(entry):
                folders.append(Path(entry.path))
            else:
                yield Path(entry.path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _entry(inbox: Path, path: Path) -> Entry:
    return Entry(path=path, name=path.relative_to(inbox.parent).as_posix(), kind=_kind(path))


def _kind(path: Path) -> EntryKind:
    named = kind_by_name(path.name)
    if named is not EntryKind.FILE:
        return named
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return EntryKind.UNREADABLE
    if stat.S_ISDIR(mode):
        return EntryKind.UNREADABLE
    return EntryKind.FILE if stat.S_ISREG(mode) else EntryKind.SPECIAL


def kind_by_name(name: str) -> EntryKind:
    """Tell by its name what no unit sent: temporary files of Excel, of the system, of a download going on."""
    if name.startswith("~$"):
        return EntryKind.LOCK
    if name.startswith(".") or name.casefold() in ("thumbs.db", "desktop.ini"):
        return EntryKind.HIDDEN
    is_partial = name.casefold().endswith((".part", ".partial", ".crdownload", ".download", ".tmp"))
    return EntryKind.PARTIAL if is_partial else EntryKind.FILE
