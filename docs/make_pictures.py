"""Make the pictures of the guides, docs/pictures/*.png, from the sample round dti-2025.

Run by hand from the project's root, `make pictures`, when a sheet looks different: it needs LibreOffice, `pdftoppm`
(poppler-utils) and `convert` (ImageMagick), and the fonts of this computer show in the result. Look at each picture
before it is kept.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from cqdt_batch.definition.sheets import SHEETS
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.running import examine, read_definition
from cqdt_batch.pipeline.writing import write_annex
from samples.filling import SAMPLES

PICTURES = Path(__file__).parent / "pictures"
ROUND = SAMPLES / "dti-2025"
WIDTH = 1500
"""Pixels, before the margins are cut off."""
_A3 = 8
_COLOURS = "48"
_LINE = 16
"""Points that a line of text takes."""
_FILLED = 0.95
"""How much of a line of a column is filled before a word breaks."""
_VIETNAMESE = """\
<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N">
<prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>vi-VN</value></prop>
</item>
</oor:items>
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """A part of a sheet: its first rows and columns, some of them hidden or narrower than in the file."""

    sheet: str
    rows: int
    columns: int
    hidden: tuple[str, ...] = ()
    widths: Mapping[str, float] = field(default_factory=dict)
    headings: bool = True


def main() -> None:
    """Make all pictures, replacing those that are there."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        folder = RoundFolder(Path(shutil.copytree(ROUND, work / "round")))
        annex = write_annex(folder, examine(folder, read_definition(folder)), Words())
        form = next(folder.inbox.glob("so-y-te*.xlsx"), None) or next(folder.inbox.glob("*.xlsx"))
        for name, (workbook, shots) in _pictures(folder.definition, form, annex).items():
            drawn = [_drawn(workbook, shot, work / f"{name}-{n}") for n, shot in enumerate(shots)]
            kept = PICTURES / f"{name}.png"
            _run("convert", *map(str, drawn), "-append", "+dither", "-colors", _COLOURS, f"png8:{kept}")


def _run(tool: str, *arguments: str) -> None:
    """Run a tool that this script needs, or say that it is missing."""
    found = shutil.which(tool)
    if not found:
        raise SystemExit(f"{tool} is not installed; see the head of {Path(__file__).name}")
    subprocess.run([found, *arguments], check=True, capture_output=True)  # noqa: S603 - our own arguments


def _pictures(definition: Path, form: Path, annex: Path) -> dict[str, tuple[Path, tuple[Shot, ...]]]:
    """What each picture shows, by its name."""
    blocks = Shot(sheet=_title("blocks"), rows=4, columns=8)
    units = Shot(sheet=_title("units"), rows=9, columns=8, widths={"B": 40, "D": 26, "H": 12})
    criteria = Shot(
        sheet=_title("criteria"),
        rows=18,
        columns=19,
        hidden=("G", "H", "J", "K", "S"),
        widths={"A": 7, "B": 9, "C": 9, "D": 40, "E": 8, "I": 13, "L": 11, "M": 22, "N": 22, "O": 13, "P": 8, "Q": 26}
        | {"R": 9},
    )
    columns = Shot(sheet=_title("columns"), rows=23, columns=10, widths={"D": 26, "E": 44, "I": 20})
    return {
        "khoi": (definition, (blocks, units)),
        "tieu-chi": (definition, (criteria,)),
        "cot": (definition, (columns,)),
        "phieu": (form, (Shot(sheet=Words()("form.sheet"), rows=17, columns=10),)),
        "bang-1": (annex, (Shot(sheet="1", rows=26, columns=22, headings=False),)),
        "bang-2": (annex, (Shot(sheet="2", rows=22, columns=13, headings=False),)),
    }


def _title(sheet: str) -> str:
    return Words()(next(spec for spec in SHEETS if spec.name == sheet).title_key)


def _drawn(workbook: Path, shot: Shot, folder: Path) -> Path:
    """Print a part of a sheet on one wide page and cut the margins off."""
    folder.mkdir()
    book = openpyxl.load_workbook(workbook)
    for sheet in book.worksheets:
        sheet.sheet_state = "visible" if sheet.title == shot.sheet else "hidden"
    book.active = book[shot.sheet]
    _set_up(book[shot.sheet], shot)
    copy = folder / "shot.xlsx"
    book.save(copy)
    picture = folder / "shot"
    page = _printed(copy, folder)
    _run("pdftoppm", "-png", "-singlefile", "-scale-to-x", str(WIDTH), "-scale-to-y", "-1", str(page), str(picture))
    trimmed = folder / "trimmed.png"
    _run("convert", f"{picture}.png", "-trim", "-bordercolor", "white", "-border", "6", str(trimmed))
    return trimmed


def _printed(workbook: Path, folder: Path) -> Path:
    """Print a workbook to a PDF as on a Vietnamese computer, with decimal commas."""
    user = folder / "profile" / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(_VIETNAMESE, encoding="utf-8")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    _run("soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(workbook))
    return workbook.with_suffix(".pdf")


def _set_up(sheet: Worksheet, shot: Shot) -> None:
    """Print the part alone, with the names of rows and columns where they help."""
    last = openpyxl.utils.get_column_letter(shot.columns)
    sheet.print_area = f"A1:{last}{shot.rows}"
    sheet.print_title_rows = None
    sheet.print_options.headings = shot.headings
    sheet.print_options.gridLines = shot.headings
    sheet.page_setup.paperSize = _A3
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.scale = None
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth = sheet.page_setup.fitToHeight = 1
    for part in (sheet.oddHeader, sheet.oddFooter):
        part.left.text = part.center.text = part.right.text = None
    for letter in shot.hidden:
        sheet.column_dimensions[letter].hidden = True
    for letter, width in shot.widths.items():
        sheet.column_dimensions[letter].width = width
    if shot.widths:
        _heighten(sheet, shot)


def _heighten(sheet: Worksheet, shot: Shot) -> None:
    """Give each row the height that its texts need in the narrower columns."""
    for cells in sheet.iter_rows(max_row=shot.rows, max_col=shot.columns):
        shown = [cell for cell in cells if cell.value and cell.column_letter not in shot.hidden]
        lines = (len(str(c.value)) // (sheet.column_dimensions[c.column_letter].width * _FILLED) for c in shown)
        sheet.row_dimensions[cells[0].row].height = _LINE * (1 + max(lines, default=0))


if __name__ == "__main__":
    main()
