"""What the guides show of workbooks: the definition as it is filled, what is wrong with it, the annex that it makes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import unified_diff
from html import escape
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cqdt_batch.definition.checks.references import PLACEHOLDERS
from cqdt_batch.definition.loading import Definition
from cqdt_batch.definition.sheets import LIMITS, SHEETS
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.publishing.annex.tables import annex_sheets, filled
from cqdt_batch.publishing.description import description_lines
from cqdt_batch.publishing.sheets import Cell, Computed
from docs.guide_round import GuideRound
from docs.make_reference import Reference, markdown_table


def sheet(of: GuideRound, name: str, only: str = "") -> Iterator[str]:
    """A sheet as it is filled, without the columns that stay empty; `only` the rows of one block or table."""
    spec = next(spec for spec in SHEETS if spec.name == name)
    records = [record for record in of.contents[name] if only in ("", record[spec.fields[0].name])]
    used = [field for field in spec.fields if any(record[field.name] is not None for record in records)]
    if spec.upright:
        header = (of.words("definition.item"), of.words("definition.value"))
        return markdown_table(header, [(of.words(spec.header_key(f)), of.shown(records[0][f.name])) for f in used])
    rows = ([of.shown(record[field.name]) for field in used] for record in records)
    return markdown_table([of.words(spec.header_key(field)) for field in used], rows)


def annex(of: GuideRound, code: str) -> Iterator[str]:
    """An annex table from the very cells that are written to the workbook, as a table of HTML for its spanners."""
    drawn = next(one for one in annex_sheets(of.outcome, of.words) if one.name == code)
    framed = sorted((cell for cell in drawn.each_cell() if cell.style.border), key=lambda cell: (cell.row, cell.column))
    lines = [cell for cell in drawn.each_cell() if not cell.style.border]
    yield from (f"{_text(of, cell)}  " for cell in lines if cell.row < framed[0].row)
    yield from ("", "<table>")
    for _, cells in groupby(framed, key=lambda cell: cell.row):
        yield f"<tr>{''.join(_html(of, cell) for cell in cells)}</tr>"
    yield from ("</table>", "")
    yield from (f"{_text(of, cell)}  " for cell in lines if cell.row > framed[-1].row)


def _html(of: GuideRound, cell: Cell) -> str:
    spans = "".join(f' {name}="{n}"' for name, n in (("rowspan", cell.down), ("colspan", cell.across)) if n > 1)
    return f"<td{spans}>{escape(_text(of, cell), quote=False)}</td>"


def _text(of: GuideRound, cell: Cell) -> str:
    """What a reader sees in a cell."""
    value = cell.value.value if isinstance(cell.value, Computed) else cell.value
    if not isinstance(value, Decimal | int):
        return _dotted(str(value or ""))
    sign = "+" if cell.style.number.startswith("+") and value > 0 else ""
    return f"{sign}{of.shown(value)}{'%' if '%' in cell.style.number else ''}"


def _dotted(text: str) -> str:
    """Draw the blanks that are left for the signing as dots."""
    return re.sub("\u00a0+", "……", text)


def placeholders(of: GuideRound) -> Iterator[str]:
    """What the placeholders print in this round."""
    reference = Reference(language=of.language)
    header = (reference.text("placeholder", "name"), reference.text("placeholder", "means"), of.told("here"))
    rows = []
    for name in PLACEHOLDERS:
        place = f"{{{name}}}"
        printed = _dotted(filled(place, of.assessment.profile))
        rows.append((f"`{place}`", reference.text("placeholders", name), printed))
    yield from markdown_table(header, rows)


def limits(of: GuideRound) -> Iterator[str]:
    """The limits with their usual values."""
    rows = ((of.words(LIMITS.header_key(field)), str(field.default)) for field in LIMITS.fields)
    yield from markdown_table((of.words("definition.item"), of.told("usual")), rows)


def mistakes(of: GuideRound) -> Iterator[str]:
    """What the program says of a definition in which one cell is typed otherwise, mistake by mistake."""
    header = [of.told(key) for key in ("mistake", "place", "message")]
    rows: list[Sequence[str]] = [(mistake["why"], *_found(of, mistake)) for mistake in of.source["mistakes"]]
    yield from markdown_table(header, rows)


def _found(of: GuideRound, mistake: Mapping[str, Any]) -> tuple[str, str]:
    """Where a mistake is found and what is said of it; a second finding on it would be one too many."""
    with TemporaryDirectory() as place:
        (finding,) = of.define(RoundFolder(Path(place)), [mistake]).findings
    return f"{finding.where.sheet}, {finding.where.cell}", of.words.message(finding)


def diff(of: GuideRound) -> Iterator[str]:
    """The lines in which what `cqdt show` prints of two years differs, each with its neighbours."""
    with TemporaryDirectory() as place:
        folder = RoundFolder(Path(place))
        before, after = (_described(of, of.define(folder, changes)) for changes in ((), of.source["changes"]))
    _, _, *lines = unified_diff(before, after, n=1, lineterm="")
    yield from ("```diff", *("…" if line.startswith("@@") else line for line in lines), "```")


def _described(of: GuideRound, definition: Definition) -> list[str]:
    if definition.assessment is None:
        raise SystemExit("\n".join(map(of.words.message, definition.findings)))
    return list(description_lines(definition.assessment, of.words))
