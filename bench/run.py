"""Measure `cqdt report` against what else does the job, and against the least there is to do: `make bench`.

Every measured thing is a whole process, from its start to its end. At each size the contenders take turns, so that
whatever else the computer does meets them all alike; medians are told. `make bench FORMS=10000` goes to that size,
`make bench KEEP=yes` writes the figures into README.md beside this file.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.places import BUILD, ROOT
from bench.plot import plot
from bench.processes import Run, own_peak, run, tree_now
from bench.results import Measured, Results
from bench.tables import keep, report

SAMPLE = ROOT / "samples" / "hoa-binh-2020"
SIZES = (30, 300, 3_000)
REPEATS = 5
PATIENCE = 450.0
"""Seconds after which a contender is not started again at a size: what takes some three minutes is measured thrice."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contender:
    """Something to measure: the command for a round's folder, and whether it has processes below it."""

    key: str
    command: Callable[[Path], Sequence[str]]
    is_tree: bool = False


def _python(*arguments: object) -> list[str]:
    return [sys.executable, *map(str, arguments)]


def _analyst(engine: str) -> Callable[[Path], Sequence[str]]:
    return lambda folder: _python("-m", "bench.analyst", folder, engine, folder / f"{engine}.xlsx")


def _cqdt_report(folder: Path) -> Sequence[str]:
    return _python("-m", "cqdt_batch", "report", folder)


CONTENDERS = (
    Contender(key="a", command=_cqdt_report, is_tree=True),
    Contender(key="b", command=_analyst("openpyxl")),
    Contender(key="c", command=_analyst("calamine")),
    Contender(key="d", command=lambda folder: _python("-m", "bench.floor", folder)),
    Contender(key="d2", command=lambda folder: _python("-m", "bench.floor", folder, 2), is_tree=True),
)
START_UP = (
    Contender(key="help", command=lambda _: _python("-m", "cqdt_batch", "--help")),
    Contender(key="import", command=lambda _: _python("-c", "import pandas, pandera.pandas, xlsxwriter")),
    Contender(key="sample", command=_cqdt_report, is_tree=True),
)


def measure(contenders: Sequence[Contender], folder: Path) -> dict[str, Measured]:
    """Let the contenders take turns at a round; then those with several processes once more, for their memory."""
    runs: dict[str, list[Run]] = {contender.key: [] for contender in contenders}
    for turn in range(1, REPEATS + 1):
        for contender in contenders:
            if sum(one.seconds for one in runs[contender.key]) < PATIENCE:
                runs[contender.key].append(_one(contender, folder, f"{turn}/{REPEATS}", own_peak))
    trees = {one.key: _one(one, folder, "memory", tree_now).memory for one in contenders if one.is_tree}
    return {
        key: Measured(
            seconds=tuple(one.seconds for one in made),
            memory=max(one.memory for one in made),
            tree=trees.get(key),
        )
        for key, made in runs.items()
    }


def _one(contender: Contender, folder: Path, turn: str, memory: Callable[[int], float]) -> Run:
    """Run a contender once, as if for the first time: what it made before is removed."""
    shutil.rmtree(folder / "ket-qua", ignore_errors=True)
    made = run(contender.command(folder), memory)
    print(f"{folder.name:<24}{turn:>8}  {contender.key:<8}{made.seconds:9.2f} s", file=sys.stderr)
    return made


def rounds(forms: int, seed: int) -> Iterator[tuple[int, Path]]:
    """The rounds to measure at, made by a process of their own: this one stays small."""
    for size in (*(size for size in SIZES if size < forms), forms):
        made = subprocess.run(
            _python("-m", "bench.generate", size, seed), cwd=ROOT, check=True, stdout=subprocess.PIPE, encoding="utf-8"
        )
        yield size, Path(made.stdout.strip())


def _sample() -> Path:
    """A copy of the sample round, so that its own results stay as they are."""
    folder = BUILD / SAMPLE.name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("ket-qua"))
    return folder


def main() -> None:
    """Measure, print the tables, and write them and the plot."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--forms", type=int, default=1_000, help="the most forms; smaller rounds are measured too")
    asked.add_argument("--seed", type=int, default=1, help="what the rounds are drawn from")
    asked.add_argument("--keep", action="store_true", help="write the figures into bench/README.md")
    wanted = asked.parse_args()
    if sys.platform != "linux":
        raise SystemExit("the benchmark reads the memory of processes from /proc, which only Linux has")
    start_up = measure(START_UP, _sample())
    by_size = {size: measure(CONTENDERS, folder) for size, folder in rounds(wanted.forms, wanted.seed)}
    results = Results(start_up=start_up, by_size=by_size, seed=wanted.seed, repeats=REPEATS)
    text = report(results)
    print(text)
    if wanted.keep:
        keep(text)
    (Path(__file__).with_name("plot.svg") if wanted.keep else BUILD / "plot.svg").write_text(
        plot(results), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
