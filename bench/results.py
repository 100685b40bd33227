"""What a run of the benchmark found, and which goals it holds."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

NAMES = {
    "a": "`cqdt report`",
    "b": "pandas, openpyxl",
    "c": "pandas, calamine",
    "d": "floor",
    "d2": "floor, 2 processes",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """The times of all runs, and the most memory (MiB) of the first process and, where it has others, of them all."""

    seconds: tuple[float, ...]
    memory: float
    tree: float | None = None

    @property
    def median(self) -> float:
        """The median of the times."""
        return statistics.median(self.seconds)

    @property
    def whole(self) -> float:
        """The most memory of the whole tree of processes."""
        return self.memory if self.tree is None else self.tree


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """What was measured: by the key of the contender, at each number of forms, and of what starts up."""

    start_up: Mapping[str, Measured]
    by_size: Mapping[int, Mapping[str, Measured]]
    seed: int
    repeats: int

    def ratio(self, size: int, slower: str, faster: str) -> float:
        """How many times as long as another a contender takes."""
        return self.by_size[size][slower].median / self.by_size[size][faster].median

    def per_form(self, size: int, key: str) -> float:
        """Milliseconds that a form costs."""
        return self.by_size[size][key].median / size * 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """Something the program promises: a figure that must be at least or at most so much."""

    text: str
    found: float
    least: float | None = None
    most: float | None = None

    @property
    def is_held(self) -> bool:
        """Tell whether the figure is within its bound."""
        return (self.least is None or self.found >= self.least) and (self.most is None or self.found <= self.most)


def goals(results: Results) -> Iterator[Goal]:
    """The goals at the largest size measured; they are meant for 10,000 forms on two cores."""
    largest = max(results.by_size)
    at = f"at {largest:,} forms"
    own = results.by_size[largest]["a"]
    imported = results.start_up["import"].median
    yield Goal(text=f"(b) / (a) {at}", found=results.ratio(largest, "b", "a"), least=15)
    yield Goal(text=f"(a) / (d) {at}", found=results.ratio(largest, "a", "d"), most=4)
    if largest > _FLAT_FROM in results.by_size:
        growth = results.per_form(largest, "a") / results.per_form(_FLAT_FROM, "a")
        yield Goal(text=f"cost of a form in (a) {at} / at {_FLAT_FROM}", found=growth, most=1)
    yield Goal(text=f"peak of the parent process of (a) {at}, MiB", found=own.memory, most=600)
    yield Goal(text="report of the sample / bare import", found=results.start_up["sample"].median / imported, most=2.5)
    yield Goal(text="`cqdt --help` / bare import", found=results.start_up["help"].median / imported, most=0.2)


_FLAT_FROM = 300
"""The cost of a form is to be flat, or falling, from so many on."""
