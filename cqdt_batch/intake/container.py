"""The guard at the door: what a file is, and whether its container is sound, before any parser sees it.

A workbook, an archive and an OpenDocument sheet are zip files. Their directory is checked against the limits
before anything is unpacked, every part is unpacked in full so that its checksum is verified, and no XML part may
declare a document type: entities are how a small file becomes a large one.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias, TypeVar, TypeVarTuple

from cqdt_batch.definition.records import Limits
from cqdt_batch.findings import Fact, Finding, Term, Where, error
from cqdt_batch.intake.ole import MAGIC, contents

MIB = 1024 * 1024

Parts: TypeAlias = "dict[str, bytes]"
"""The parts of a zip container by their names."""


class FileKind(StrEnum):
    """What a file really is, by its content; its words stand in the catalogue under `file_kind.<value>`."""

    XLSX = "xlsx"
    XLSB = "xlsb"
    ODS = "ods"
    XLS = "xls"
    XLS_OLD = "xls_old"
    ZIP = "zip"
    MAIL = "mail"
    MSG = "msg"
    ENCRYPTED = "encrypted"
    DOCUMENT = "document"
    OLE = "ole"
    WINMAIL = "winmail"
    RAR = "rar"
    PDF = "pdf"
    RTF = "rtf"
    PICTURE = "picture"
    HTML = "html"
    XML = "xml"
    TEXT = "text"
    EMPTY = "empty"
    CUT = "cut"
    UNKNOWN = "unknown"


_SIGNATURES = (
    (b"%PDF", FileKind.PDF),
    (b"{\\rtf", FileKind.RTF),
    (b"\x89PNG", FileKind.PICTURE),
    (b"\xff\xd8\xff", FileKind.PICTURE),
    (b"GIF8", FileKind.PICTURE),
    (b"Rar!", FileKind.RAR),
    (b"7z\xbc\xaf", FileKind.RAR),
    (b"\x1f\x8b", FileKind.RAR),
    (b"\x78\x9f\x3e\x22", FileKind.WINMAIL),
)

_OLE_STREAMS = (
    ("EncryptedPackage", FileKind.ENCRYPTED),
    ("__properties_version1.0", FileKind.MSG),
    ("Workbook", FileKind.XLS),
    ("Book", FileKind.XLS_OLD),
    ("WordDocument", FileKind.DOCUMENT),
    ("PowerPoint Document", FileKind.DOCUMENT),
)

_MAIL_HEADER = re.compile(
    rb"(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?"
    rb"(?:from|to|subject|date|received|message-id|mime-version|return-path|delivered-to|content-type):",
    re.IGNORECASE,
)
"""Header lines up to one that a letter has; a text file has none at its very start."""

_DECLARED = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)""")


_ENOUGH = 200


@lru_cache(maxsize=1)
def kind_of(data: bytes) -> FileKind:
    """Tell from its content what a file is; its name says nothing. Several ask that of the file at hand."""
    head = data[:4096].lstrip()
    if not head:
        return FileKind.EMPTY
    if data.startswith(b"PK"):
        return _kind_of_archive(data)
    if data.startswith(MAGIC):
        return _kind_of_ole(data)
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if b"\x00" in head:
        return FileKind.UNKNOWN
    return _kind_of_text(head.removeprefix(b"\xef\xbb\xbf").lstrip())


def _kind_of_text(head: bytes) -> FileKind:
    low = head.lower()
    if b"<html" in low or b"<!doctype html" in low or low.startswith((b"<table", b"<meta")):
        return FileKind.HTML
    if low.startswith(b"<"):
        return FileKind.XML
    return FileKind.MAIL if _MAIL_HEADER.match(head) else FileKind.TEXT


def _kind_of_archive(data: bytes) -> FileKind:
    try:
        archive = _archive(data)
        names = {name.replace("\\", "/").casefold().lstrip("/") for name in archive.namelist()}
        if "encrypted-package" in names:
            return FileKind.ENCRYPTED
        if "mimetype" in names and "content.xml" in names:
            with archive.open("mimetype") as about:
                return FileKind.ODS if b"spreadsheet" in about.read(_ENOUGH) else FileKind.DOCUMENT
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - zipfile raises whatever a damaged directory makes it meet
        return FileKind.CUT
    if "[content_types].xml" not in names:
        is_rest = "content.xml" in names or any(name.startswith("xl/workbook.") for name in names)
        return FileKind.CUT if is_rest else FileKind.ZIP
    if any(name.startswith("xl/") and name.endswith("workbook.bin") for name in names):
        return FileKind.XLSB
    return FileKind.DOCUMENT if any(name.startswith(("word/", "ppt/")) for name in names) else FileKind.XLSX


def _kind_of_ole(data: bytes) -> FileKind:
    inside = contents(data)
    return next((kind for stream, kind in _OLE_STREAMS if stream in inside), FileKind.OLE)


def over_limit(name: str, limit: str, found: int, limits: Limits) -> Finding:
    """The finding that a file asks for more than a limit allows."""
    facts: dict[str, Fact] = {
        "limit": Term(f"definition.limits.{limit}"),
        "found": found,
        "most": int(getattr(limits, limit)),
    }
    return error("file_over_limit", Where(file=name), **facts)


def unpack(data: bytes, name: str, limits: Limits) -> Parts | Finding:
    """Unpack a zip container in full, or say why it is not safe or not sound."""
    try:
        archive = _archive(data)
        entries = archive.infolist()
        refusal = next(_refusals(entries, name, limits), None)
        return refusal or {entry.filename: _part(archive, data, entry) for entry in entries if not entry.is_dir()}
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - zipfile raises whatever a damaged directory makes it meet
        return error("file_damaged", Where(file=name))


@lru_cache(maxsize=1)
def _archive(data: bytes) -> zipfile.ZipFile:
    """A container with its directory read, for all who look into one file."""
    return zipfile.ZipFile(io.BytesIO(data))


def _part(archive: zipfile.ZipFile, data: bytes, entry: zipfile.ZipInfo) -> bytes:
    """Unpack a part; those that all forms of a round have alike are unpacked once, known by their packed bytes."""
    signature, name, extra = _HEADER.unpack_from(data, entry.header_offset)
    start = entry.header_offset + _HEADER.size
    is_usual = entry.compress_type == zipfile.ZIP_DEFLATED and not entry.flag_bits & ~_KNOWN_FLAGS
    if not is_usual or signature != b"PK\x03\x04" or data[start : start + name] != entry.orig_filename.encode():
        return archive.read(entry)
    start += name + extra
    unpacked = _unpacked_once if entry.file_size <= _REMEMBERED else _unpacked
    return unpacked(data[start : start + entry.compress_size], entry.file_size, entry.CRC)


_HEADER = struct.Struct("<4s22xHH")
"""What stands before a part: a signature, what the directory says too, and the lengths of two names."""

_KNOWN_FLAGS = 0x080E
"""How hard it was packed, sizes behind the part, a name in UTF-8: nothing that changes how a part is unpacked."""

_REMEMBERED = 32_768
"""Bytes: larger parts are not remembered, a worker's memory has a limit."""


def _unpacked(packed: bytes, size: int, checksum: int) -> bytes:
    inflating = zlib.decompressobj(-zlib.MAX_WBITS)
    part = inflating.decompress(packed, size + 1)
    if len(part) != size or zlib.crc32(part) != checksum or not inflating.eof:
        raise zipfile.BadZipFile
    return part


_unpacked_once = lru_cache(maxsize=64)(_unpacked)


def _refusals(entries: list[zipfile.ZipInfo], name: str, limits: Limits) -> Iterator[Finding]:
    """What the directory of a container says against unpacking it."""
    where = Where(file=name)
    if len(entries) > limits.parts:
        yield over_limit(name, "parts", len(entries), limits)
    if any(entry.flag_bits & 1 for entry in entries):
        yield error("file_encrypted", where)
    counts = Counter(entry.filename.replace("\\", "/").lstrip("/").casefold() for entry in entries)
    twins = tuple(part for part, count in counts.items() if count > 1)
    if twins:
        yield error("file_part_twice", where, part=twins[0])
    largest = limits.part_size * MIB
    for entry in entries:
        if entry.file_size > largest:
            yield over_limit(name, "part_size", mib(entry.file_size), limits)
        if entry.file_size > MIB and entry.file_size > limits.ratio * entry.compress_size:
            yield over_limit(name, "ratio", -(-entry.file_size // max(1, entry.compress_size)), limits)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.unpacked * MIB:
        yield over_limit(name, "unpacked", mib(unpacked), limits)
    if _overlap(entries) or any(entry.header_offset < 0 for entry in entries):
        yield error("file_damaged", where)


def _overlap(entries: Iterable[zipfile.ZipInfo]) -> bool:
    """Tell whether two parts share bytes of the file, as honest programs never write them."""
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    return any(one.header_offset + 30 + one.compress_size > other.header_offset for one, other in pairwise(ordered))


def mib(size: int) -> int:
    """A size in MiB, rounded up, so that what is over a limit is shown so."""
    return -(-size // MIB)


_Others = TypeVarTuple("_Others")
_Found = TypeVar("_Found")


def known_by_bytes(read: Callable[[bytes, *_Others], _Found]) -> Callable[[bytes, *_Others], _Found]:
    """Read a part that all forms of a round have alike once, if it is small: a worker's memory has a limit."""
    remembered = lru_cache(maxsize=64)(read)

    def reading(part: bytes, *others: *_Others) -> _Found:
        return (remembered if len(part) <= _REMEMBERED else read)(part, *others)

    return reading


def unsafe_part(parts: Parts) -> str:
    """The name of an XML part that declares a document type or hides one by its encoding; "" if there is none."""
    return next((name for name, part in parts.items() if _is_xml(name) and not is_plain(part)), "")


def _is_xml(name: str) -> bool:
    return name.casefold().endswith((".xml", ".rels", ".vml"))


@known_by_bytes
def is_plain(part: bytes) -> bool:
    """Tell whether an XML part is written in the usual encoding and declares no document type."""
    if b"\x00" in part[:200]:
        return False
    encoding = _ENCODING.match(part[: part.find(b">") + 1].removeprefix(b"\xef\xbb\xbf").lstrip())
    is_known = encoding is None or encoding[1].lower() in (b"utf-8", b"utf8", b"us-ascii")
    return is_known and not (holds(part, b"<!") and _DECLARED.search(part))


def holds(part: bytes, sign: bytes) -> bool:
    """Look for a sign of two characters: first for the second one, which is rare and found ten times as fast."""
    return sign[1:] in part and sign in part
