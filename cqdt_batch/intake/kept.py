"""What is remembered from file to file, within bounds: a worker's memory has a limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

_MOST_PIECES, _MOST_BYTES = 8_192, 2 * 1024 * 1024
"""How many pieces of text, of how many bytes, are remembered."""
LONGEST_PIECE = 2_048
"""Bytes: longer cells are nobody's label."""

_Found = TypeVar("_Found")


class Kept(dict[bytes, _Found]):
    """What was read, by what is written."""

    def __init__(self) -> None:
        super().__init__()
        self._bytes = 0

    def keep(self, written: bytes, found: _Found, size: int = 0) -> None:
        """Remember what was read, unless it is too long; `size` counts beside what is written."""
        size += len(written)
        if size > LONGEST_PIECE:
            return
        if len(self) >= _MOST_PIECES or self._bytes + size > _MOST_BYTES:
            self.clear()
            self._bytes = 0
        self[written] = found
        self._bytes += size


class Known(Kept[_Found]):
    """What is read once."""

    def __init__(self, read: Callable[[bytes], _Found]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, written: bytes) -> _Found:
        found = self._read(written)
        self.keep(written, found)
        return found
