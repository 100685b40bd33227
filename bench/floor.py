"""The least there is to do: unzip and read the cells of the same files with python-calamine, and nothing else.

`python -m bench.floor FOLDER` reads them in one process, as the goals have it; `python -m bench.floor FOLDER 2` in two.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from python_calamine import CalamineWorkbook

_AT_A_TIME = 16


def read(path: Path) -> int:
    """Read all sheets of a workbook; the number of their rows, so that somebody asks for them."""
    with CalamineWorkbook.from_path(path) as workbook:
        return sum(len(workbook.get_sheet_by_name(name).to_python()) for name in workbook.sheet_names)


def read_all(folder: Path, processes: int) -> int:
    """Read all forms of a round."""
    paths = sorted((folder / "bai-nop").glob("*.xlsx"))
    if processes == 1:
        return sum(map(read, paths))
    with ProcessPoolExecutor(processes) as pool:
        return sum(pool.map(read, paths, chunksize=_AT_A_TIME))


if __name__ == "__main__":
    print(read_all(Path(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 1))
