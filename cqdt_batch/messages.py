"""The words of the program, Vietnamese and English side by side, looked up by key in `messages.toml`.

Only the tables that are asked for are parsed: the whole file would take longer than all else that --help does.
"""

from __future__ import annotations

import errno
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from cqdt_batch.findings import Fact, Finding, Term, Where


class Language(StrEnum):
    """The languages in which everything a user reads exists."""

    VI = "vi"
    EN = "en"


class Catalogue(Mapping[str, dict[str, str]]):
    """The file as dotted key → language → text, a table parsed when a key of it is first asked for.

    A table begins at a line with [its.name]; `test_messages.py` holds the catalogue against the file parsed as a whole.
    """

    def __init__(self, text: str) -> None:
        """Cut the text of the file into its tables; what stands before the first has no name."""
        parts = (part.partition("]\n") for part in f"]\n{text}".split("\n["))
        self._tables = {name: body for name, _, body in parts}
        self._parsed: dict[str, dict[str, dict[str, str]]] = {}

    def __getitem__(self, key: str) -> dict[str, str]:
        """Find a text as a line of its table, or as a table of its own."""
        table = key.rpartition(".")[0]
        return self._entries(table if table in self._tables else key)[key]

    def __iter__(self) -> Iterator[str]:
        for table in self._tables:
            yield from self._entries(table)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _entries(self, table: str) -> dict[str, dict[str, str]]:
        if table not in self._parsed:
            self._parsed[table] = dict(_entries(table, tomllib.loads(self._tables[table])))
        return self._parsed[table]


def _entries(path: str, found: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    if found and all(isinstance(value, str) for value in found.values()):
        yield path, found
        return
    for name, value in found.items():
        yield from _entries(f"{path}.{name}" if path else name, value)


@cache
def catalogue() -> Catalogue:
    """Open the catalogue."""
    return Catalogue(Path(__file__).with_name("messages.toml").read_text(encoding="utf-8"))


def in_every_language(key: str) -> tuple[str, ...]:
    """All texts of one key, for recognising a header whichever language the file was made in."""
    return tuple(catalogue()[key][language] for language in Language)


_REASONS = {
    errno.EACCES: "denied",
    errno.EPERM: "denied",
    errno.ENOENT: "absent",
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EFBIG: "full",
    errno.EROFS: "read_only",
    errno.EBUSY: "busy",
    errno.EEXIST: "not_folder",
    errno.ENOTDIR: "not_folder",
    errno.EISDIR: "not_folder",
}


def reason_of(refusal: OSError) -> Fact:
    """Why the system refused, in the reader's language where it is one of the usual reasons."""
    known = _REASONS.get(refusal.errno or 0)
    return Term(f"reason.{known}") if known else refusal.strerror or str(refusal)


_LONGEST = 40
"""Digits before the point: a longer number is told by its size, nobody reads it; twice as many altogether are shown."""


class Words:
    """The catalogue in one language. `words("board.title")` is a text; unknown keys raise KeyError."""

    def __init__(self, language: Language = Language.VI) -> None:
        self.language = language

    def __call__(self, key: str, **facts: Fact) -> str:
        """Look a text up and put the facts into its named places."""
        text = catalogue()[key][self.language]
        return text.format(**{name: self.shown(fact) for name, fact in facts.items()}) if facts else text

    def shown(self, fact: Fact) -> str:
        """Write a fact as a reader of this language does: 8,5 in Vietnamese, 8.5 in English."""
        match fact:
            case Term(key, facts):
                return self(key, **dict(facts))
            case int() if abs(fact) >= 10**_LONGEST:
                return self.shown(Decimal(fact))
            case Decimal():
                digits = f"{fact:f}" if -_LONGEST < fact.adjusted() < _LONGEST else f"{fact:.3e}"
                digits = digits if len(digits) <= 2 * _LONGEST else f"{digits[: 2 * _LONGEST]}…"
                return digits.replace(".", ",") if self.language is Language.VI else digits
            case tuple() if all(isinstance(part, Decimal) for part in fact):
                return f" {self('or')} ".join(self.shown(part) for part in fact)
            case tuple():
                return "; ".join(self.shown(part) for part in fact)
            case _:
                return str(fact)

    def message(self, finding: Finding) -> str:
        """What is there and what the rule is, then what to do."""
        said = self(f"finding.{finding.code}.says", **finding.facts)
        return f"{said} {self(f'finding.{finding.code}.remedy', **finding.facts)}"

    def place(self, where: Where) -> str:
        """Name a cell, a row or a column as a reader looks for it."""
        if where.row and not where.column:
            return self("place.row", row=where.row)
        return self("place.column", column=where.cell) if where.column and not where.row else where.cell

    def message_for_unit(self, finding: Finding) -> str:
        """The same, said to the unit itself where what it should do is not what the officer should."""
        key = f"finding.{finding.code}.unit"
        if key not in catalogue():
            return self.message(finding)
        return f"{self(f'finding.{finding.code}.says', **finding.facts)} {self(key, **finding.facts)}"
