"""The words of the program, Vietnamese and English side by side, looked up by key in `messages.toml`."""

from __future__ import annotations

import errno
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from cqdt_batch.findings import Fact, Finding, Term, Where


class Language(StrEnum):
    """The languages in which everything a user reads exists."""

    VI = "vi"
    EN = "en"


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Read the catalogue: dotted key → language → text."""
    tables = tomllib.loads(files("cqdt_batch").joinpath("messages.toml").read_text(encoding="utf-8"))
    return dict(_entries(tables, ()))


def _entries(table: dict[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    if all(isinstance(value, str) for value in table.values()):
        yield ".".join(path), table
        return
    for name, value in table.items():
        yield from _entries(value, (*path, name))


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
"""Digits: a longer number is told by its size, nobody reads it."""


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
            case Decimal():
                digits = f"{fact:f}" if -_LONGEST < fact.adjusted() < _LONGEST else f"{fact:.3e}"
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
