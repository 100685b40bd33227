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

    path: str
    name: str
    kind: EntryKind


def entries(inbox: Path) -> tuple[Entry, ...]:
    """List everything in the inbox and its subfolders, sorted by name; folders themselves are no entries."""
    return tuple(sorted(_walk(inbox), key=lambda entry: in_name_order(entry.name)))


def in_name_order(name: str) -> tuple[str, str]:
    """Sort names alike whether a letter and its marks are one character or several."""
    return unicodedata.normalize("NFC", name), name


def _walk(inbox: Path) -> Iterator[Entry]:
    """Every entry that is no folder, and every folder that cannot be looked into; links are not followed."""
    folders = [(os.fspath(inbox), inbox.name)]
    while folders:
        path, name = folders.pop()
        try:
            with os.scandir(path) as listed:
                inside = list(listed)
        except OSError:
            named = kind_by_name(name.rpartition("/")[2])
            yield Entry(path, name, EntryKind.UNREADABLE if named is EntryKind.FILE else named)
            continue
        for entry in inside:
            inner = f"{name}/{entry.name}"
            if _is_folder(entry):
                folders.append((entry.path, inner))
            else:
                yield Entry(entry.path, inner, _kind(entry))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _kind(entry: os.DirEntry[str]) -> EntryKind:
    named = kind_by_name(entry.name)
    if named is not EntryKind.FILE:
        return named
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
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
