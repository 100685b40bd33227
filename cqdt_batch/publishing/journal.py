"""The seal as the text of a file, and back; the only place that asks pydantic.

The same seal is the same text on every machine. Figures are exact decimals as text, what says nothing is left out.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache, lru_cache
from operator import add
from typing import Any, TypeAlias

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from cqdt_batch.findings import Finding, Where, error
from cqdt_batch.publishing.sealing.seal import FORMAT, Seal, SealedOutput, digest
from cqdt_batch.scoring.changes.columns import AnswerColumns, AskedCell, UnitColumns, exact_points
from cqdt_batch.scoring.changes.ledger import LeafEntry, Ledger, Placing, UnitEntry

_CHECKSUM = "checksum"
"""The SHA-256 of the text without this line: a seal that somebody edited does not bear its own."""


_END = b"\n}\n"
"""The end of the text of a seal."""


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """What pydantic makes of a class, once it is needed: that takes longer than to import all else."""
    return TypeAdapter(kind)


def journal(seal: Seal) -> dict[str, Any]:
    """The seal as plain values that JSON has, with its checksum."""
    return dict(json.loads(journal_bytes(seal)))


def journal_bytes(seal: Seal) -> bytes:
    """The text of the seal's file; its last line is the checksum of all others."""
    ledger = seal.ledger
    return b"".join(journal_parts(seal_text(seal, ledger.units, ledger.placings), seal.outputs))


SealText: TypeAlias = Mapping[str, bytes]
"""The text of a seal, field by field."""


def seal_text(seal: Seal, units: Iterable[UnitEntry | UnitColumns], placings: Iterable[Placing]) -> SealText:
    """Write a seal; its outputs may still come, and the `units` and `placings` of its ledger are told beside it.

    They hold millions of values: an entry may be made when its turn comes, and is let go of once it is written. One of
    columns becomes the same text.
    """
    plain = _plain(replace(seal, inputs=(), ledger=replace(seal.ledger, units=(), placings=())))
    plain["inputs"] = map(_line, seal.inputs)
    plain["ledger"] |= {"units": map(_unit_line, units), "placings": map(_line, placings)}
    return {name: _joined(_laid_out(field, b" ")) for name, field in plain.items()}


def journal_parts(text: SealText, outputs: Iterable[SealedOutput]) -> tuple[bytes, ...]:
    """The text of a seal's file with the outputs of its run, in parts: joined it would have to be there twice."""
    *parts, brace, end = _text({**text, "outputs": map(_line, outputs)})
    return (*parts, _checksum_line(digest(*parts, brace, end)), brace, end)


def _checksum_line(checksum: str) -> bytes:
    return f',\n "{_CHECKSUM}": "{checksum}"'.encode()


def _joined(parts: Iterable[bytes]) -> bytes:
    """Put parts together, each of which is let go of at once."""
    whole = io.BytesIO()
    whole.writelines(parts)
    return whole.getvalue()


def _plain(record: Any, kind: Any = None) -> dict[str, Any]:
    """A record as plain values; those that say nothing are left out."""
    adapter = _adapter(kind or record.__class__)
    plain: dict[str, Any] = adapter.dump_python(record, mode="json", exclude_defaults=True)
    return plain


def _line(record: Any, kind: Any = None) -> bytes:
    """A record as text; one with a lone surrogate, as in names of files from old systems, takes the long way.

    What is no record but, say, a mapping of them has to be told of what `kind` it is.
    """
    try:
        return _adapter(kind or record.__class__).dump_json(record, exclude_defaults=True)
    except PydanticSerializationError:
        return _json(_plain(record, kind))


def _unit_line(unit: UnitEntry | UnitColumns) -> bytes:
    """An entry as text; columns become what their records would, without these being made."""
    if isinstance(unit, UnitEntry):
        return _line(unit)
    parts = [_line(unit.outline).removesuffix(b"}")]
    if unit.criteria:
        points = ",".join(map(add, _keys(unit.criteria), map(_figure, unit.points)))
        parts.append(_bytes(f'"points":{{{points}}}'))
    if unit.answers:
        parts.append(_bytes(f'"answers":[{",".join(map(_answers, unit.answers))}]'))
    if unit.beside:
        parts.append(b'"beside":' + _line(unit.beside, dict[str, LeafEntry]))
    return b",".join(parts) + b"}"


def _answers(columns: AnswerColumns) -> str:
    """The answers on a sheet as text."""
    raws = list(map(_quoted, columns.raws))
    values = raws if columns.values is columns.raws else map(_quoted, columns.values)
    told = zip(_starts(columns.asked), raws, values, columns.raws, strict=True)
    cells = ",".join([f"{start}{raw},{value}]" for start, raw, value, typed in told if typed is not None])
    return f'{{"file":{_encode(columns.file)},"sheet":{_encode(columns.sheet)},"cells":[{cells}]}}'


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@lru_cache(maxsize=100_000)
def _quoted(text: str | None) -> str:
    """An answer as text; the same ones come again and again."""
    return _encode(text)


@lru_cache(maxsize=100_000)
def _figure(points: Decimal | None) -> str:
    exact = exact_points(points)
    return "null" if exact is None else f'"{exact}"'


@lru_cache(maxsize=100)
def _keys(criteria: tuple[str, ...]) -> list[str]:
    """What stands before the points on each criterion."""
    return [f"{_encode(code)}:" for code in criteria]


@lru_cache(maxsize=100)
def _starts(asked: tuple[AskedCell, ...]) -> list[str]:
    """What stands before the answer in each cell of a form."""
    return [_encode(cell).removesuffix("]") + "," for cell in asked]


def _json(value: Any) -> bytes:
    """Plain values as text; a lone surrogate is written as JSON escapes it."""
    return _bytes(_encode(value))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _text(plain: Mapping[str, Any]) -> tuple[bytes, ...]:
    """The text of a whole file, in parts."""
    return (*_laid_out(plain, b""), b"\n")


def _laid_out(value: Any, indent: bytes) -> Iterator[bytes]:
    """Write objects a field a line and lists an item a line, so that both can be read and compared.

    What stands within an item stays on its line: of a unit that is a few thousand characters. Bytes are text already,
    an iterator gives that of the items of a list.
    """
    match value:
        case bytes():
            yield value
        case dict() if value:
            yield from _fields(value, indent)
        case list():
            yield from _items(map(_json, value), indent)
        case Iterator():
            yield from _items(value, indent)
        case _:
            yield _json(value)


def _fields(value: Mapping[str, Any], indent: bytes) -> Iterator[bytes]:
    before, inner = b"{\n", indent + b" "
    for key, field in value.items():
        named = before + inner + _json(key) + b": "
        if isinstance(field, str):
            yield named + _json(field)
        else:
            yield named
            yield from _laid_out(field, inner)
        before = b",\n"
    yield b"\n" + indent + b"}"


def _items(texts: Iterator[bytes], indent: bytes) -> Iterator[bytes]:
    before, inner = b"[\n", indent + b" "
    for text in texts:
        yield before + inner + text
        before = b",\n"
    yield b"\n" + indent + b"]" if before == b",\n" else b"[]"


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
        seal: Seal = _adapter(Seal).validate_python(plain)
    except ValidationError as refusal:
        first = refusal.errors(include_url=False)[0]
        return error("seal_damaged", where, place=in_words(first["loc"]))
    return seal


def is_genuine(data: bytes) -> bool:
    """Tell whether a seal that can be read says what the program wrote; another program may have laid it out anew."""
    if _is_as_written(data):
        return True
    plain = json.loads(data)
    checksum = plain.pop(_CHECKSUM, None)
    return bool(checksum == digest(*_text(plain)))


def _is_as_written(data: bytes) -> bool:
    """Tell whether the last line is the checksum of all others, to the byte; that takes a hundredth of the time."""
    others, comma, line = data.rpartition(b",\n")
    return comma + line == _checksum_line(digest(others, _END)) + _END


def in_words(path: tuple[int | str, ...]) -> str:
    """Name a place in the seal, as the path of keys that leads there."""
    return " › ".join(map(str, path))


def ledger_from(data: bytes, name: str) -> Ledger | Finding:
    """Read the ledger of a run out of its seal, or say why that cannot be done; an edited seal is no source."""
    seal = seal_from(data, name)
    if isinstance(seal, Finding):
        return seal
    return seal.ledger if is_genuine(data) else error("seal_edited", Where(file=name))
