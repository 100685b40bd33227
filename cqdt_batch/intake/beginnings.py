"""Read what a unit typed into a row that begins as others do: what all forms have alike is passed over at one look."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from cqdt_batch.cells import Content
from cqdt_batch.intake.contents import Aside, ReadRow, row_of
from cqdt_batch.intake.kept import LONGEST_PIECE
from cqdt_batch.intake.pieces import Cells

_TEXT = re.compile(b">([^<]+)<")
"""What stands between two tags."""

_MOST_ENDS = 16
"""In so many ways may a row go on and be remembered: each answer is there, or it is not."""


class Beginning:
    """How the text of some rows begins: the empty rows before it, a tag, and cells that end where it does.

    What follows differs from form to form in what stands between its tags, hardly ever in the tags: which cells they
    open is found out once.
    """

    def __init__(self, written: bytes, before: Sequence[ReadRow], row: ReadRow, last: int, cells: Cells) -> None:
        """`row` holds what the first cells hold, of which `last` is the column of the last one."""
        self.written = written
        self._before = before
        self._row = row
        self._last = last
        self._cells = cells
        self._ends: dict[tuple[bytes, ...], _End | None] = {}

    def continued(self, text: bytes) -> list[ReadRow]:
        """Read a text that begins so: the row, and the empty ones before it."""
        rest = text[len(self.written) :]
        pieces = _TEXT.split(rest)
        tags = tuple(pieces[::2])
        end = self._ends[tags] if tags in self._ends else self._met(tags, rest)
        row = self._read(rest) if end is None else self._put(end, pieces[1::2])
        return [*self._before, row]

    def _read(self, rest: bytes) -> ReadRow:
        number, is_hidden, contents, asides = self._row
        return row_of(number, self._cells.read(rest), is_hidden=is_hidden, begun=(contents, asides, self._last))

    def _put(self, end: _End, texts: Sequence[bytes]) -> ReadRow:
        number, is_hidden, contents, _ = self._row
        contents = dict(contents)
        for (column, meaning), text in zip(end.cells, texts, strict=True):
            content = meaning(text)
            if content is not None:
                contents[column] = content
        return ReadRow(number, is_hidden, contents, end.asides)

    def _met(self, tags: tuple[bytes, ...], rest: bytes) -> _End | None:
        """Find out which cells some tags open; None where there is more to them than a number or words in each."""
        asides = self._read(rest).asides  # raises where they are not in order
        if len(rest) > LONGEST_PIECE:
            return None
        cells = self._cells.simple(rest)
        if len(self._ends) >= _MOST_ENDS:
            self._ends.clear()
        end = None if cells is None or len(cells) != len(tags) - 1 else _End(tuple(cells), asides)
        self._ends[tags] = end
        return end


class _End(NamedTuple):
    """The cells that are still to come in a row: their columns, and what a text in them means."""

    cells: tuple[tuple[int, Callable[[bytes], Content | None]], ...]
    asides: tuple[tuple[int, Aside], ...]
