"""Look into compound files: old workbooks, encrypted ones, Outlook messages. The only place that knows olefile."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from datetime import UTC, datetime

import olefile

MAGIC: bytes = olefile.MAGIC
"""What a compound file begins with."""

_DATA, _LONG_NAME, _SHORT_NAME = "3701", "3707", "3704"
"""Properties of an attachment in an Outlook message: PidTagAttachDataBinary, -LongFilename, -Filename."""


_FILEPASS = 0x2F
_FIRST_RECORDS = 4096


def contents(data: bytes) -> frozenset[str]:
    """The names of what stands at the top of a compound file; none where it is damaged."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            return frozenset(path[0] for path in ole.listdir())
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - olefile raises whatever a damaged directory makes it meet
        return frozenset()


def is_locked(data: bytes) -> bool:
    """Tell whether an old workbook has a password: a FILEPASS record stands among the first of its records."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            records = ole.openstream("Workbook").read(_FIRST_RECORDS)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - as above
        return False
    at = 0
    while at + 4 <= len(records):
        kind, size = struct.unpack_from("<HH", records, at)
        if kind == _FILEPASS:
            return True
        at += 4 + size
    return False


def last_saved(data: bytes) -> datetime | None:
    """When an old workbook was last saved, by its own account; OleFileError and others where it is damaged."""
    with olefile.OleFileIO(io.BytesIO(data)) as ole:
        saved = ole.get_metadata().last_saved_time
    return saved.replace(tzinfo=UTC) if isinstance(saved, datetime) else None


def outlook_attachments(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The names and bytes of what an Outlook message carries, also inside messages attached to it."""
    with olefile.OleFileIO(io.BytesIO(data)) as ole:
        storages = sorted({tuple(p[:-1]) for p in ole.listdir() if p[-1] == f"__substg1.0_{_DATA}0102"})
        for number, storage in enumerate(storages, 1):
            names = (_text_of(ole, storage, prop) for prop in (_LONG_NAME, _SHORT_NAME))
            name = next(filter(None, names), f"{number}")
            yield name, ole.openstream([*storage, f"__substg1.0_{_DATA}0102"]).read()


def _text_of(ole: olefile.OleFileIO, storage: tuple[str, ...], prop: str) -> str:
    for kind, encoding in (("001F", "utf-16-le"), ("001E", "cp1258")):
        path = [*storage, f"__substg1.0_{prop}{kind}"]
        if ole.exists(path):
            return str(ole.openstream(path).read().decode(encoding, "replace")).rstrip("\x00")
    return ""
