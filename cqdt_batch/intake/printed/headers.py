"""What the columns of a printed table are, by the words of their headers in either language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from typing import NamedTuple

from cqdt_batch.definition.names import folded
from cqdt_batch.intake.numbers import read_text
from cqdt_batch.intake.printed.model import PrintedColumn, PrintedRole
from cqdt_batch.messages import in_every_language

_WORDS: Mapping[str, PrintedRole] = {
    "audit.header.past": PrintedRole.PAST,
    "audit.header.rank": PrintedRole.RANK,
    "audit.header.maximum": PrintedRole.MAXIMUM,
    "audit.header.result": PrintedRole.RESULT,
    "audit.header.count": PrintedRole.COUNT,
    "audit.header.total": PrintedRole.TOTAL,
    "audit.header.grade": PrintedRole.GRADE,
    "audit.header.note": PrintedRole.NOTE,
    "audit.header.number": PrintedRole.NUMBER,
    "audit.header.section": PrintedRole.SECTION,
    "audit.header.unit": PrintedRole.UNIT,
}
"""The lists of words by which a header is known, in the order in which they are tried."""

_ANYWHERE: Mapping[str, PrintedRole] = {
    "audit.header.past": PrintedRole.PAST,
    "audit.header.converted": PrintedRole.RESULT,
}
"""The lists of words that a short header may hold anywhere, in brackets too; all others stand at its beginning."""

_BRACKETS = re.compile(r"[(\[][^)\]]*[)\]]")
_YEAR = re.compile(r"(?<![\d/])(?:19|20)\d\d(?!\d)")
_LONGEST_WITH_YEAR = 6
"""Words: in a longer label a year belongs to what is measured, as in the name of a law."""

_WORDED = re.compile(r"[^\W\d]|[#%]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_SIGNS = str.maketrans(dict.fromkeys("_/.:*()[]", " "))
_RESULTS = frozenset({PrintedRole.TOTAL, PrintedRole.RESULT, PrintedRole.RANK, PrintedRole.GRADE})
_LONGEST = 12
"""Words: a longer text is a sentence, no header."""


class _Phrase(NamedTuple):
    """Words of a list of the catalogue, folded; `is_whole` where they are a whole header, not only its beginning."""

    words: str
    is_whole: bool


@cache
def _phrases(key: str) -> tuple[_Phrase, ...]:
    words = (word.strip() for text in in_every_language(key) for word in text.split(";"))
    return tuple(_Phrase(folded(word.rstrip(".")), word.endswith(".")) for word in words if word)


def says(text: str, key: str) -> bool:
    """Tell whether a text begins with a phrase of a list of the catalogue."""
    name = folded(text)
    return any(
        name == phrase.words or (not phrase.is_whole and name.startswith(f"{phrase.words} "))
        for phrase in _phrases(key)
    )


@lru_cache(maxsize=65_536)  # every text of a sheet is looked at
def role_of(label: str) -> PrintedRole | None:
    """The role that a header names by itself; None where it is the name of a figure, or anything else."""
    plain = _BRACKETS.sub(" ", label).translate(_SIGNS).strip() or label
    if len(plain.split()) > _LONGEST or not _WORDED.search(plain):
        return None
    return next((role for key, role in _ANYWHERE.items() if _holds(label, key)), None) or next(
        (role for key, role in _WORDS.items() if says(plain, key)), None
    )


def _holds(text: str, key: str) -> bool:
    """Tell whether a text holds a phrase of a list of the catalogue anywhere."""
    name = f" {folded(text.translate(_SIGNS))} "
    return any(f" {phrase.words} " in name for phrase in _phrases(key) if not phrase.is_whole)


def roles_of(paths: Mapping[int, tuple[str, ...]]) -> dict[int, PrintedRole]:
    """The role of every column with a header, by its label and the spanners above it.

    Of columns that name years, those of earlier years print what was before; so do all of them where another column
    of their kind names none.
    """
    named = {position: role_of(path[-1]) if path else None for position, path in paths.items()}
    years = {position: max(_years(path), default=0) for position, path in paths.items()}
    latest = max(years.values(), default=0)
    counts = is_summary(filter(None, named.values()))
    roles: dict[int, PrintedRole] = {}
    for position, path in paths.items():
        own = named[position] or _spanned_rank(path)
        own = None if own is PrintedRole.COUNT and not counts else own
        has_peer = own in _RESULTS and any(named[other] is own and not years[other] for other in paths)
        is_earlier = own in _RESULTS and 0 < years[position] < latest + has_peer
        is_past = is_earlier or any(role_of(label) is PrintedRole.PAST for label in path)
        roles[position] = PrintedRole.PAST if is_past else own or PrintedRole.FIGURE
    return roles


def is_summary(roles: Iterable[PrintedRole]) -> bool:
    """Tell whether columns are those of a summary: how many units have which grade, or what share they are."""
    read = set(roles)
    return PrintedRole.COUNT in read and bool(read & _SUMMARISED) and not read & _OF_UNITS


_SUMMARISED = frozenset({PrintedRole.GRADE, PrintedRole.RESULT})
_OF_UNITS = frozenset({PrintedRole.UNIT, PrintedRole.TOTAL, PrintedRole.RANK})


def _spanned_rank(path: Sequence[str]) -> PrintedRole | None:
    """A column under a spanner of ranks is one, whatever its own header says: in the district, overall."""
    return PrintedRole.RANK if any(role_of(label) is PrintedRole.RANK for label in path[:-1]) else None


def _years(path: Sequence[str]) -> list[int]:
    short = (label for label in path if len(label.split()) <= _LONGEST_WITH_YEAR)
    return [int(year) for label in short for year in _YEAR.findall(label)]


def is_percent(column: PrintedColumn) -> bool:
    """Tell whether a column prints shares in percent, not points."""
    return any("%" in label or says(label, "audit.header.percent") for label in column.labels)


def is_deducted(column: PrintedColumn) -> bool:
    """Tell whether a column prints points that are taken off."""
    return any(_holds(label, "audit.header.deducted") for label in column.labels)


def gives_bonus(labels: Iterable[str]) -> bool:
    """Tell whether some header is of points beyond the maximum."""
    return any(_holds(label, "audit.header.bonus") for label in labels)


def maximum_in(label: str) -> Decimal | None:
    """The maximum that a header states in brackets: (tối đa 20), (max. 20 points), (20 điểm)."""
    for bracket in _BRACKETS.findall(label):
        number = _NUMBER.search(bracket)
        if number:
            around = folded(bracket[1:-1].replace(number[0], " ").translate(_SIGNS))
            if says(around, "audit.header.maximum") or around in _points():
                return read_text(number[0]).value
    return None


@cache
def _points() -> frozenset[str]:
    """The words for points."""
    return frozenset(folded(word) for text in in_every_language("form.points") for word in text.split(";"))
