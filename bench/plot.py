"""The plot of a run: what a form costs each contender, by the number of forms, both axes logarithmic. Plain SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from bench.results import NAMES, Results

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 64, 556, 64, 388
_COLORS = {"a": "#0072b2", "b": "#d55e00", "c": "#e69f00", "d": "#444444", "d2": "#8a8a8a"}
"""Colours that people who see red and green alike can tell apart; every line bears its name besides."""
_INK, _GRID = "#333333", "#dddddd"
_LINE_APART = 16
_TICKS = (1, 2, 5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Axis:
    """A logarithmic axis: values from `least` to `most` lie between two places of the picture."""

    least: float
    most: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value lies."""
        share = math.log(value / self.least) / math.log(self.most / self.least)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> Iterator[float]:
        """The round values on the axis: 1, 2 and 5 times the powers of ten."""
        decades = range(math.floor(math.log10(self.least)), math.ceil(math.log10(self.most)) + 1)
        values = (step * 10.0**decade for decade in decades for step in _TICKS)
        return (value for value in values if self.least <= value <= self.most)


def plot(results: Results) -> str:
    """Draw the picture."""
    costs = {key: [(size, results.per_form(size, key)) for size in sorted(results.by_size)] for key in NAMES}
    found = [cost for line in costs.values() for _, cost in line]
    across = Axis(least=min(results.by_size), most=max(results.by_size), start=LEFT, end=RIGHT)
    up = Axis(least=min(found) / 1.5, most=max(found) * 1.5, start=BOTTOM, end=TOP)
    drawn = (*_frame(across, up, results.by_size), *_lines(costs, across, up), *_labels(costs, up))
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            *drawn,
            "</svg>\n",
        )
    )


def _frame(across: Axis, up: Axis, sizes: Iterable[int]) -> Iterator[str]:
    """The title, and the axes with a line for every tick."""
    yield _text(LEFT, 26, "What a form costs", size=17, weight="bold")
    yield _text(LEFT, 46, "milliseconds a form, by the number of forms; medians of whole processes", size=12)
    for tick in up.ticks():
        yield f'<path d="M{LEFT} {up.at(tick)}H{RIGHT}" stroke="{_GRID}"/>'
        yield _text(LEFT - 8, up.at(tick) + 4, f"{tick:g}", anchor="end", size=12)
    for size in sizes:
        yield f'<path d="M{across.at(size)} {TOP}V{BOTTOM}" stroke="{_GRID}"/>'
        yield _text(across.at(size), BOTTOM + 20, f"{size:,}", anchor="middle", size=12)
    yield _text((LEFT + RIGHT) / 2, BOTTOM + 42, "forms", anchor="middle", size=12)


def _lines(costs: dict[str, list[tuple[int, float]]], across: Axis, up: Axis) -> Iterator[str]:
    for key, line in costs.items():
        points = [(across.at(size), up.at(cost)) for size, cost in line]
        path = " ".join(f"{x},{y}" for x, y in points)
        width = 3.5 if key == "a" else 2
        yield f'<polyline points="{path}" fill="none" stroke="{_COLORS[key]}" stroke-width="{width}"/>'
        yield from (f'<circle cx="{x}" cy="{y}" r="{width + 1}" fill="{_COLORS[key]}"/>' for x, y in points)


def _labels(costs: dict[str, list[tuple[int, float]]], up: Axis) -> Iterator[str]:
    """The name of every line at its end, with what a form costs there; names never lie on each other."""
    free = -math.inf
    for key, line in sorted(costs.items(), key=lambda pair: -pair[1][-1][1]):
        cost = line[-1][1]
        free = max(up.at(cost) + 4, free + _LINE_APART)
        name = f"({key}) {NAMES[key].strip('`')}, {cost:.3g} ms"
        yield _text(RIGHT + 12, free, name, size=12, color=_COLORS[key], weight="bold" if key == "a" else "normal")


def _text(  # noqa: PLR0913 - all that a text in a picture has
    x: float, y: float, text: str, *, size: int, anchor: str = "start", color: str = _INK, weight: str = "normal"
) -> str:
    looks = f'font-size="{size}" text-anchor="{anchor}" fill="{color}" font-weight="{weight}"'
    return f'<text x="{x}" y="{y}" {looks}>{escape(text)}</text>'
