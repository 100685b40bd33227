"""Whether a number of units agrees with the list that follows it, where both can be told for certain.

"3 đơn vị: A; B; C" and "(3 đơn vị)" in the title of a section are certain. Commas stand inside names too, so a list
with commas is counted only if it is made of nothing but names that the tables know.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache

from cqdt_batch.definition.names import folded
from cqdt_batch.findings import Fact, Finding, Where, warning
from cqdt_batch.intake.printed.model import PrintedRole, PrintedTable
from cqdt_batch.messages import in_every_language

_INNER = re.compile(r"\([^()]*\)")
_SENTENCE = re.compile(r"\.\s")
_FEWEST = 2
"""What is not at least two names is no list."""


def list_questions(tables: Sequence[PrintedTable]) -> Iterator[Finding]:
    """Hold the numbers of units that texts, titles of sections and summaries state against what they list."""
    known = frozenset(name for table in tables if not table.is_summary for name in table.by_name)
    for table in tables:
        for text in table.texts:
            yield from _in_text(text.text, text.where, known)
        yield from _in_summary(table, known) if table.is_summary else _in_sections(table)


@cache
def _units() -> str:
    """The words for units, as a pattern; the longer before the shorter."""
    words = {word.strip() for text in in_every_language("audit.header.counted") for word in text.split(";")}
    return "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))


@cache
def _listed() -> re.Pattern[str]:
    """A number of units, at most a few words, a colon or a bracket, and a list."""
    return re.compile(
        rf"(?<![\d.,/])(\d{{1,4}})\s+(?:{_units()})\b([^:;()\d]{{0,60}})(?::\s*(.+)|\(([^()]+)\))", re.IGNORECASE
    )


@cache
def _entitled() -> re.Pattern[str]:
    """A number of units alone in brackets, or behind a colon or a dash at the end."""
    return re.compile(rf"(?:\(|[:\u2013-]\s)(?:\w+\s){{0,2}}?(\d{{1,4}})\s+(?:{_units()})(?:\)|$)", re.IGNORECASE)


def _in_text(text: str, where: Where, known: Collection[str]) -> Iterator[Finding]:
    """A number in a text and the list that follows it."""
    found = _listed().search(text)
    listed = _length(found[3] or found[4], known) if found else None
    if found and listed and listed != int(found[1]):
        yield _miscounted(where, int(found[1]), listed, text)


def _in_sections(table: PrintedTable) -> Iterator[Finding]:
    """A number in the title of a section, and the rows of the section."""
    for number, title in enumerate(table.sections):
        found = _entitled().search(title)
        rows = table.in_section(number)
        if found and int(found[1]) != len(rows):
            yield _miscounted(rows[0].where, int(found[1]), len(rows), title)


def _in_summary(table: PrintedTable, known: Collection[str]) -> Iterator[Finding]:
    """A count of a summary, and the units listed in the same row."""
    count = next(table.of_role(PrintedRole.COUNT)).position
    for row in table.rows:
        figure = row.figure(count)
        for column in table.of_role(PrintedRole.NOTE, PrintedRole.FIGURE):
            text = row.cells.get(column.position, "")
            listed = _length(text, known) if isinstance(text, str) else None
            if figure and listed and listed != figure.value:
                yield _miscounted(row.place(count), int(figure.value), listed, text if isinstance(text, str) else "")


def _miscounted(where: Where, count: int, listed: int, text: str) -> Finding:
    facts: dict[str, Fact] = {"count": count, "listed": listed, "text": _shortened(text)}
    return warning("printed_list_miscounted", where, **facts)


_LONGEST = 120


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _length(text: str, known: Collection[str]) -> int | None:
    """How many units a text lists; None where that cannot be told."""
    plain = _INNER.sub(" ", text).strip().rstrip(".")
    first, *others = _SENTENCE.split(plain)
    if ";" in plain:
        is_certain = ";" in first and not any(";" in other for other in others)
        items = [item for item in first.split(";") if item.strip()]
        return len(items) if is_certain and len(items) >= _FEWEST else None
    return _names(first, known)


def _names(text: str, known: Collection[str]) -> int | None:
    """How many names a text is made of, if of nothing else; the longest that fits is taken each time."""
    words = folded(text).split()
    count, at = 0, 0
    while at < len(words):
        ends = (end for end in range(len(words), at, -1) if " ".join(words[at:end]) in known)
        at = next(ends, len(words) + 1)
        count += 1
    return count if count >= _FEWEST and at == len(words) else None
