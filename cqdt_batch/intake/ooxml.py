"""Read the parts of an Excel workbook (.xlsx, .xlsm; transitional or strict) into plain cells.

No library gives all that an honest reading needs: openpyxl loses values under merged cells or passes over them,
takes ten times as long and opens strict files as empty; calamine shows an error as an empty cell and a formula as
its value, and knows neither number formats nor hidden rows. What the file says of a cell is all taken from here;
what Excel means by a number format or a serial date is asked of openpyxl, the few times it comes up.

Whatever contradicts itself (cells out of order, a string that does not exist, markup inside a value) raises
ValueError: two programs would read it differently.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from cqdt_batch.cells import Grid
from cqdt_batch.intake.container import Parts, holds, is_plain, known_by_bytes
from cqdt_batch.intake.formats import built_in
from cqdt_batch.intake.parsing import local, text_of
from cqdt_batch.intake.worksheet import SheetReader

_MARKUP = (
    (b"<!", re.compile(rb"<!")),
    (b"<?", re.compile(rb"<\?(?!xml\b)")),
    (b"&#", re.compile(rb"&#(?:0*(?:4[3-9]|5[0-7])|[xX]0*(?:2[b-eB-E]|3[0-9]));")),
)
"""Comments, CDATA, processing instructions, digits in disguise: one program reads on where another stops."""

_BETWEEN_ROWS = re.compile(rb"(</row>|<sheetData>|</sheetData>|\?>)\s*<!--(?:(?!--).)*-->", re.DOTALL)
"""Where a comment stands in nobody's way."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Workbook:
    """What the parts of a workbook hold: its sheets, when it was last saved, and what else is in it."""

    grids: tuple[Grid, ...]
    modified: datetime | None
    remarks: tuple[str, ...]


def read_workbook(parts: Parts) -> Workbook:
    """Read every sheet, hidden ones too; ValueError, KeyError or ParseError where the file is not sound."""
    package = _package(parts)
    return Workbook(grids=tuple(package.grids()), modified=package.modified(), remarks=tuple(package.remarks()))


def saved_at(parts: Parts) -> datetime | None:
    """When a workbook was last saved, by its own account; its sheets are not looked at."""
    return _package(parts).modified()


def _package(parts: Parts) -> _Package:
    return _Package({_key(name): part for name, part in parts.items()})


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()


class _Relation(NamedTuple):
    """A part that another one refers to, and what it is to that one."""

    path: str
    kind: str


@dataclass(frozen=True)
class _Package:
    """The parts of one workbook under their lower-case names."""

    parts: Mapping[str, bytes]

    def grids(self) -> Iterator[Grid]:
        """Read the sheets in their order."""
        path, *_ = _of_kind(self._related, "/officeDocument")
        root = self._root(path)
        related = self._relations(path)
        strings = [text_of(item) for p in _of_kind(related, "/sharedStrings") for item in self._root(p)]
        formats = tuple(code for p in _of_kind(related, "/styles") for code in _formats(self.parts[p], p))
        properties = next((e for e in root if local(e.tag) == "workbookPr"), None)
        is_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        reader = SheetReader(strings, formats, is_1904)
        for sheet in (s for e in root if local(e.tag) == "sheets" for s in e):
            target, kind = related[next(value for key, value in sheet.attrib.items() if local(key) == "id")]
            if kind.endswith("/worksheet"):
                hidden = sheet.get("state", "visible") != "visible"
                parsed = partial(_parsed, self.parts[target], target)
                yield reader.grid(self.parts[target], parsed, sheet.attrib["name"], is_hidden=hidden)

    def modified(self) -> datetime | None:
        """When the workbook was last saved, by its own account."""
        for path in _of_kind(self._related, "/core-properties"):
            if path in self.parts:
                stamps = (e.text for e in self._root(path) if local(e.tag) == "modified")
                return next(map(moment_of, stamps), None)
        return None

    def remarks(self) -> Iterator[str]:
        """What a workbook may hold besides sheets that somebody should know of."""
        if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in self.parts):
            yield "file_macros"
        if any("/externallinks/" in name for name in self.parts):
            yield "file_external_links"

    def _root(self, path: str) -> Any:
        return _parsed(self.parts[path], path)

    @cached_property
    def _related(self) -> Mapping[str, _Relation]:
        """What the workbook as a whole refers to."""
        return self._relations("")

    def _relations(self, source: str) -> Mapping[str, _Relation]:
        """What a part refers to, by the names of the relations."""
        folder, name = posixpath.split(source)
        path = posixpath.join(folder, "_rels", f"{name}.rels")
        if path not in self.parts:
            return {}
        return _relations_in(self.parts[path], path, folder)


@known_by_bytes
def _relations_in(part: bytes, path: str, folder: str) -> Mapping[str, _Relation]:
    inside = (r for r in _parsed(part, path) if r.get("TargetMode") != "External")
    return {r.attrib["Id"]: _Relation(_key(_target(folder, r.attrib["Target"])), r.get("Type", "")) for r in inside}


def _of_kind(related: Mapping[str, _Relation], kind: str) -> Iterator[str]:
    return (path for path, found in related.values() if found.endswith(kind))


@known_by_bytes
def _parsed(part: bytes, path: str) -> Any:
    """The root element of a part; ValueError where two programs could read it differently."""
    if not is_plain(part):
        raise ValueError(f"a document type or an unusual encoding in {path}")
    if _has_markup(part) and _has_markup(_BETWEEN_ROWS.sub(rb"\1", part)):
        raise ValueError(f"markup in {path}")
    return ET.fromstring(part)  # noqa: S314 - the guard let no entity pass


def _has_markup(part: bytes) -> bool:
    return any(holds(part, sign) and pattern.search(part) for sign, pattern in _MARKUP)


def _target(folder: str, target: str) -> str:
    return target if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))


def moment_of(text: str | None) -> datetime | None:
    """Read the moment a file says it was saved at; without a zone it stays without."""
    try:
        return datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None


@known_by_bytes
def _formats(part: bytes, path: str) -> tuple[str, ...]:
    """The number format of every cell style, by its index."""
    return tuple(_formats_in(_parsed(part, path)))


def _formats_in(root: Any) -> Iterator[str]:
    own = {n.get("numFmtId"): n.get("formatCode", "") for e in root if local(e.tag) == "numFmts" for n in e}
    for style in (s for e in root if local(e.tag) == "cellXfs" for s in e):
        chosen = style.get("numFmtId", "0")
        yield own[chosen] if chosen in own else built_in(int(chosen))
