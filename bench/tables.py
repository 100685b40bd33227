"""The tables of a run, as text for the terminal and for bench/README.md."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version, system

from bench.results import NAMES, Measured, Results, goals

README = Path(__file__).with_name("README.md")
_SECTION = re.compile(r"(?<=<!-- run -->\n).*(?=<!-- end of run -->)", re.DOTALL)
_LIBRARIES = ("pandas", "pandera", "numpy", "openpyxl", "python-calamine", "XlsxWriter")
_START_UP = {
    "import": "bare import of pandas, pandera and XlsxWriter",
    "help": "`cqdt --help`",
    "sample": "`cqdt report` of the sample round, 30 forms",
}


def report(results: Results) -> str:
    """All tables of a run, with where and on what it was made."""
    return "\n\n".join(
        (_made_on(results), _times(results), _costs(results), _memory(results), _started(results), _goals(results))
    )


def keep(text: str) -> None:
    """Put the tables in the place of those of an earlier run."""
    readme = README.read_text(encoding="utf-8")
    README.write_text(_SECTION.sub(lambda _: f"{text}\n", readme), encoding="utf-8")


def _made_on(results: Results) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    machine = f"{_processor()}, {len(os.sched_getaffinity(0))} cores, {_total_memory():.0f} GiB of memory, {system()}"
    run = f"Run of {datetime.now(UTC):%Y-%m-%d}, seed {results.seed}"
    return f"{run}: {machine}; Python {python_version()}, {versions}."


def _processor() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else "unknown processor"


def _total_memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _times(results: Results) -> str:
    said = f"Seconds: medians of {results.repeats} runs, or of as many as stand in brackets."
    ratios = (("b", "a"), ("c", "a"), ("a", "d"), ("a", "d2"))
    header = ("forms", *_named(), *(f"({slower}) / ({faster})" for slower, faster in ratios))
    rows = (
        (
            f"{size:,}",
            *(_median(measured[key], results.repeats) for key in NAMES),
            *(f"{results.ratio(size, *pair):.1f}" for pair in ratios),
        )
        for size, measured in results.by_size.items()
    )
    return f"{said}\n\n{_table(header, rows)}"


def _median(measured: Measured, usual: int) -> str:
    made = len(measured.seconds)
    return f"{measured.median:.2f}" + (f" ({made})" if made < usual else "")


def _costs(results: Results) -> str:
    rows = ((f"{size:,}", *(f"{results.per_form(size, key):.2f}" for key in NAMES)) for size in results.by_size)
    return f"Milliseconds a form.\n\n{_table(('forms', *_named()), rows)}"


def _memory(results: Results) -> str:
    said = (
        "Most memory held, in MiB: of all processes together (what they share counts once), and of the parent of (a). "
        "That of several processes was taken in a run of its own, whose time does not count."
    )
    rows = (
        (f"{size:,}", *(f"{measured[key].whole:.0f}" for key in NAMES), f"{measured['a'].memory:.0f}")
        for size, measured in results.by_size.items()
    )
    return f"{said}\n\n{_table(('forms', *_named(), 'parent of (a)'), rows)}"


def _started(results: Results) -> str:
    usual = results.start_up["import"].median
    rows = (
        (name, f"{results.start_up[key].median:.2f}", f"{results.start_up[key].median / usual:.2f}")
        for key, name in _START_UP.items()
    )
    return _table(("start-up", "seconds", "to the bare import"), rows)


def _goals(results: Results) -> str:
    rows = (
        (
            goal.text,
            f"at least {goal.least:g}" if goal.least is not None else f"at most {goal.most:g}",
            f"{goal.found:.2f}",
            "yes" if goal.is_held else "no",
        )
        for goal in goals(results)
    )
    return _table(("goal", "wanted", "found", "held"), rows)


def _named() -> Iterator[str]:
    return (f"({key}) {name}" for key, name in NAMES.items())


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table whose columns stand straight in plain text too: words to the left, figures to the right."""
    lines = [tuple(header), *map(tuple, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    left = [not cell[:1].isdigit() for cell in lines[-1]]
    drawn = ["| " + " | ".join(_set(*cell) for cell in zip(line, widths, left, strict=True)) + " |" for line in lines]
    rule = "|" + "|".join(
        "-" * (w + 2) if is_left else "-" * (w + 1) + ":" for w, is_left in zip(widths, left, strict=True)
    )
    return "\n".join((drawn[0], rule + "|", *drawn[1:]))


def _set(text: str, width: int, is_left: bool) -> str:
    return text.ljust(width) if is_left else text.rjust(width)
