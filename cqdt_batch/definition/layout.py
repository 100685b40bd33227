"""Where the things of a definition stand in its file, so that a finding can name the cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cqdt_batch.cells import Content, Grid
from cqdt_batch.findings import Finding, Where


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where one sheet keeps its fields: a column each, and on an upright sheet a line each."""

    sheet: str
    header: int
    columns: dict[str, int]
    lines: dict[str, int] = field(default_factory=dict)
    strangers: dict[tuple[int, int], str] = field(default_factory=dict)

    def records(self, grid: Grid) -> Iterator[int]:
        """The rows that hold a record: those with anything in a known column; an upright sheet is one record."""
        if self.lines:
            yield 0
            return
        known = set(self.columns.values())
        for row, cells in grid.rows.items():
            if row > self.header and known & cells.keys():
                yield row

    def content(self, grid: Grid, row: int, name: str) -> Content | None:
        """What stands in the cell of a field of the record in `row`; nothing where the sheet lacks the field."""
        column = self.columns.get(name)
        return None if column is None else grid.rows.get(self.lines.get(name, row), {}).get(column)


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """The places of all sheets of one definition file."""

    file: str
    places: dict[str, Place] = field(default_factory=dict)
    _told: set[Where] = field(default_factory=set)

    def at(self, sheet: str, row: int, name: str) -> Where:
        """The cell of a field of the record in `row`; the header row where the sheet lacks the field's column."""
        place = self.places.get(sheet)
        if place is None:
            return Where(file=self.file)
        if name not in place.columns:
            return Where(file=self.file, sheet=place.sheet, row=place.header)
        return Where(file=self.file, sheet=place.sheet, row=place.lines.get(name, row), column=place.columns[name])

    def tell(self, findings: Iterable[Finding]) -> bool:
        """Note the cells of findings; false where all of them had one already."""
        places = {finding.where for finding in findings}
        is_new = bool(places - self._told)
        self._told.update(places)
        return is_new

    def told(self, sheet: str, row: int, *names: str) -> bool:
        """Tell whether the cell of any of these fields has a finding."""
        return bool(self._told) and any(self.at(sheet, row, name) in self._told for name in names)

    def told_anywhere(self, sheet: str, name: str) -> bool:
        """Tell whether any cell in the column of a field has a finding."""
        place = self.places.get(sheet)
        column = place.columns.get(name) if place else None
        return place is not None and any(w.sheet == place.sheet and w.column == column for w in self._told)
