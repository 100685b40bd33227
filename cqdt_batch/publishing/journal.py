"""The seal as the text of a file, and back; the only place that asks pydantic.

The same seal is the same text on every machine. Figures are exact decimals as text, what says nothing is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from cqdt_batch.findings import Finding, Where, error
from cqdt_batch.publishing.sealing.seal import FORMAT, Seal, digest
from cqdt_batch.scoring.changes.ledger import Ledger

_SEAL = TypeAdapter(Seal)
_CHECKSUM = "checksum"
"""The SHA-256 of the text without this line: a seal that somebody edited does not bear its own."""


def journal(seal: Seal) -> dict[str, Any]:
    """The seal as plain values that JSON has, with its checksum."""
    return dict(json.loads(journal_bytes(seal)))


def journal_bytes(seal: Seal) -> bytes:
    """The text of the seal's file; its last line is the checksum of all others."""
    text = _text(_SEAL.dump_python(seal, mode="json", exclude_defaults=True))
    return text.removesuffix(b"\n}\n") + f',\n "{_CHECKSUM}": "{digest(text)}"\n}}\n'.encode()


def _text(plain: Mapping[str, Any]) -> bytes:
    """Write plain values; a lone surrogate, as in names of files from old systems, is written as JSON escapes it."""
    return f"{_laid_out(plain, '')}\n".encode("utf-8", "backslashreplace")


def _laid_out(value: Any, indent: str) -> str:
    """Write objects a field a line and lists an item a line, so that both can be read and compared.

    What stands within an item stays on its line: of a unit that is a few thousand characters.
    """
    inner = f"{indent} "
    match value:
        case dict() if value:
            fields = (f"{inner}{_json(key)}: {_laid_out(field, inner)}" for key, field in value.items())
            return f"{{\n{_joined(fields)}\n{indent}}}"
        case list() if value:
            return f"[\n{_joined(inner + _json(item) for item in value)}\n{indent}]"
    return _json(value)


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_joined = ",\n".join


def _checksum(plain: Mapping[str, Any]) -> str:
    return digest(_text({name: value for name, value in plain.items() if name != _CHECKSUM}))


def seal_from(data: bytes, name: str) -> Seal | Finding:
    """Read a seal, or say why it cannot be read; `name` is how its file is called in findings."""
    where = Where(file=name)
    try:
        plain = json.loads(data)
    except (ValueError, RecursionError):
        return error("seal_unreadable", where)
    if not isinstance(plain, dict) or not isinstance(plain.get("format"), int):
        return error("seal_unreadable", where)
    if plain["format"] != FORMAT:
        return error("seal_of_other_format", where, found=str(plain["format"]), known=FORMAT)
    try:
        return _SEAL.validate_python(plain)
    except ValidationError as refusal:
        first = refusal.errors(include_url=False)[0]
        return error("seal_damaged", where, place=in_words(first["loc"]))


def is_genuine(data: bytes) -> bool:
    """Tell whether a seal that can be read is as the program wrote it."""
    plain = json.loads(data)
    return bool(plain.get(_CHECKSUM) == _checksum(plain))


def in_words(path: tuple[int | str, ...]) -> str:
    """Name a place in the seal, as the path of keys that leads there."""
    return " › ".join(map(str, path))


def ledger_from(data: bytes, name: str) -> Ledger | Finding:
    """Read the ledger of a run out of its seal, or say why that cannot be done; an edited seal is no source."""
    seal = seal_from(data, name)
    if isinstance(seal, Finding):
        return seal
    return seal.ledger if is_genuine(data) else error("seal_edited", Where(file=name))
