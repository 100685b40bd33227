"""Read the definition workbook into an `Assessment`, or say cell by cell why that cannot be done.

Sheets and columns are found by their names, in either language, wherever they stand. A cell that cannot be read
gives one finding and a blank in the record, so that the later checks still see everything else in the same pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from cqdt_batch.cells import Book, Content, Covered, ErrorValue, Formula, Grid, Masked, as_fact, as_typed
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.checks.whole import check
from cqdt_batch.definition.layout import Layout, Place
from cqdt_batch.definition.names import folded
from cqdt_batch.definition.records import Level, Limits, Profile
from cqdt_batch.definition.sheets import LIMITS, PROFILE, SHEETS, Field, Kind, SheetSpec, YesNo, choice_key
from cqdt_batch.findings import Fact, Finding, Term, Where, error, has_errors, in_order, warning
from cqdt_batch.messages import in_every_language

_HEADER_WITHIN = 10
"""The header row is looked for in this many rows from the top: somebody may have put a title above it."""


_STRUCTURAL = {"definition_sheet_missing", "definition_column_missing"}
"""While a sheet or a required column is missing, checks across sheets would only repeat that in other words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """A loaded definition: the assessment, absent where an error stands in the way, and what was found.

    `book` is the workbook as read, absent where that could not be done.
    """

    assessment: Assessment | None
    findings: tuple[Finding, ...]
    layout: Layout = field(default_factory=lambda: Layout(file=""), compare=False)
    book: Book | None = field(default=None, compare=False, repr=False)


def load(book: Book) -> Definition:
    """Load and check a definition workbook; every mistake is found in this one pass."""
    reader = _Reader(book=book, layout=Layout(file=book.file))
    records = {spec.name: tuple(reader.records(spec)) for spec in SHEETS}
    profile, *_ = records.pop(PROFILE.name) or (_blank_profile(),)
    limits, *_ = records.pop(LIMITS.name) or (Limits(),)
    assessment = Assessment(profile=profile, limits=limits, **records)
    findings = (*reader.findings, *reader.strangers())
    if not _STRUCTURAL & {finding.code for finding in findings}:
        findings = (*findings, *check(assessment, reader.layout, findings))
    ordered = in_order(findings, (grid.sheet for grid in book.grids))
    sound = None if has_errors(findings) else assessment
    return Definition(assessment=sound, findings=ordered, layout=reader.layout, book=book)


def _blank_profile() -> Profile:
    return Profile(**{f.name: f.blank for f in PROFILE.fields})


@dataclass(slots=True)
class _Reader:
    """Reads sheet after sheet of one book and gathers where things stand and what is wrong with them."""

    book: Book
    layout: Layout
    findings: list[Finding] = field(default_factory=list)

    def records(self, spec: SheetSpec) -> Iterator[Any]:
        """Read the records of one sheet."""
        grid = self._grid(spec)
        if grid is None:
            if not spec.dispensable:
                self._report("definition_sheet_missing", Where(file=self.book.file), sheet=Term(spec.title_key))
            return
        place = _place_upright(spec, grid) if spec.upright else _place_columns(spec, grid)
        self.layout.places[spec.name] = place
        missing = [f for f in spec.fields if not f.dispensable and f.name not in place.columns]
        for absent in missing:
            where = Where(file=self.book.file, sheet=grid.sheet, row=place.header)
            self._report("definition_column_missing", where, column=Term(spec.header_key(absent)))
        for row in place.records(grid):
            yield spec.record(**self._values(spec, grid, row), row=row)

    def _grid(self, spec: SheetSpec) -> Grid | None:
        wanted = {folded(title) for title in in_every_language(spec.title_key)}
        return next((grid for grid in self.book.grids if folded(grid.sheet) in wanted), None)

    def strangers(self) -> Iterator[Finding]:
        """Warn of sheets and columns that nobody will read, and of columns that stand there twice."""
        known = {place.sheet for place in self.layout.places.values()}
        own = {folded(title) for key in ("guide", "lists") for title in in_every_language(f"definition.{key}.sheet")}
        for grid in self.book.grids:
            if grid.sheet not in known and folded(grid.sheet) not in own and grid.rows:
                yield warning("definition_unread_sheet", Where(file=self.book.file, sheet=grid.sheet))
        for place in self.layout.places.values():
            for (row, column), text in place.strangers.items():
                where = Where(file=self.book.file, sheet=place.sheet, row=row, column=column)
                yield warning("definition_unread_column", where, text=text)

    def _values(self, spec: SheetSpec, grid: Grid, row: int) -> dict[str, Any]:
        place = self.layout.places[spec.name]
        return {f.name: self._value(spec, f, place.content(grid, row, f.name), row) for f in spec.fields}

    def _value(self, spec: SheetSpec, f: Field, content: Content | None, row: int) -> Any:
        if content is None:
            if f.required and f.name in self.layout.places[spec.name].columns:
                self._report_at(spec, f, row, "definition_blank")
            return f.blank
        match _read(f, content):
            case _Wrong(code, facts):
                self._report_at(spec, f, row, code, found=as_fact(content), **facts)
                return f.blank
            case value:
                return value

    def _report_at(self, spec: SheetSpec, f: Field, row: int, code: str, **facts: Fact) -> None:
        self._report(code, self.layout.at(spec.name, row, f.name), column=Term(spec.header_key(f)), **facts)

    def _report(self, code: str, where: Where, **facts: Fact) -> None:
        self.findings.append(error(code, where, **facts))


def _place_columns(spec: SheetSpec, grid: Grid) -> Place:
    wanted = _headers(spec)
    rows = [row for row in grid.rows if row <= _HEADER_WITHIN]
    header = max(rows, key=lambda row: (_known(grid.rows[row], wanted), -row), default=1)
    columns: dict[str, int] = {}
    strangers: dict[tuple[int, int], str] = {}
    for column, content in grid.rows.get(header, {}).items():
        name = wanted.get(folded(as_typed(content)))
        if name is None or name in columns:
            strangers[header, column] = as_typed(content)
        else:
            columns[name] = column
    return Place(sheet=grid.sheet, header=header, columns=columns, strangers=strangers)


def _place_upright(spec: SheetSpec, grid: Grid) -> Place:
    wanted = _headers(spec)
    columns: dict[str, int] = {}
    lines: dict[str, int] = {}
    strangers: dict[tuple[int, int], str] = {}
    for row, cells in grid.rows.items():
        column, label = min(cells.items())
        name = wanted.get(folded(as_typed(label)))
        if name is not None and name not in columns:
            columns[name], lines[name] = column + 1, row
        elif columns:
            strangers[row, column] = as_typed(label)
    return Place(sheet=grid.sheet, header=1, columns=columns, lines=lines, strangers=strangers)


def _headers(spec: SheetSpec) -> dict[str, str]:
    return {folded(text): f.name for f in spec.fields for text in in_every_language(spec.header_key(f))}


def _known(cells: Mapping[int, Content], wanted: Mapping[str, str]) -> int:
    return sum(folded(as_typed(content)) in wanted for content in cells.values())


@dataclass(frozen=True, slots=True)
class _Wrong:
    """A cell that does not hold what its column asks for: a finding's code and facts."""

    code: str
    facts: dict[str, Fact] = field(default_factory=dict)


_NO_VALUES: dict[type, str] = {
    Formula: "definition_formula",
    ErrorValue: "definition_formula",
    Covered: "definition_covered",
}


def _read(f: Field, content: Content) -> Any:
    wrong = _NO_VALUES.get(type(content))
    if wrong:
        return _Wrong(wrong)
    if isinstance(content, Masked):
        content = content.number
    match f.kind:
        case Kind.WHOLE | Kind.NUMBER:
            return _read_number(f, content)
        case Kind.CODE:
            return _read_code(content)
        case Kind.CHOICE | Kind.YES_NO:
            return _read_choice(f, content)
        case Kind.TEXTS:
            return _read_texts(content)
        case Kind.LEVELS:
            return _read_levels(content)
        case Kind.POINTS:
            return _read_points(f, content)
        case _:
            return _read_text(content)


def _read_number(f: Field, content: Content) -> Any:
    if not isinstance(content, Decimal):
        return _Wrong("definition_not_a_number")
    if not f.least <= content <= f.most:
        return _Wrong("definition_number_outside", {"least": f.least, "most": f.most})
    if f.kind is not Kind.WHOLE:
        return content
    return int(content) if content == int(content) else _Wrong("definition_not_whole")


def _read_points(f: Field, content: Content) -> Any:
    """Read points, or the word for "not assessed", which is None."""
    if isinstance(content, str) and folded(content) in map(folded, in_every_language("not_assessed")):
        return None
    wrong = _read_number(f, content)
    return _Wrong("definition_not_points") if isinstance(wrong, _Wrong) else wrong


def _read_code(content: Content) -> Any:
    """Read a code.

    1.10 typed into a cell that is not text has become the number 1.1, (3) has become -3: nobody can know which.
    """
    if isinstance(content, str):
        return content.strip()
    if isinstance(content, Decimal) and content == int(content) and content >= 0:
        return f"{int(content)}"
    return _Wrong("definition_code_not_text")


def _read_text(content: Content) -> Any:
    if isinstance(content, Decimal) and content < 0:
        return _Wrong("definition_number_for_text")
    return as_typed(content).strip()


def _read_texts(content: Content) -> Any:
    """Read a list of names or codes; 1.10 typed as the only one has become the number 1.1, as with a single code."""
    if isinstance(content, Decimal) and content != int(content):
        return _Wrong("definition_code_not_text")
    return tuple(_parts(content))


def _parts(content: Content) -> Iterator[str]:
    """The parts of a list: between semicolons or line breaks."""
    return (part.strip() for part in re.split("[;\\n]", as_typed(content)) if part.strip())


_POINTS = re.compile(r"0[.,][0-9]+|[0-9]+(?:[.,](?![0-9]{3}$)[0-9]+)?")
"""Points in a list of levels. 1.234 and 1,234 are refused: nobody can know which of the two is meant."""


def _read_levels(content: Content) -> Any:
    """Read a list such as `98: 4; 95: 3` or `Full: 10; Half: 5`; the last colon of a part comes before its points."""
    levels = []
    for part in _parts(content):
        name, colon, points = (text.strip() for text in part.rpartition(":"))
        if not (name and colon and _POINTS.fullmatch(points)):
            return _Wrong("definition_not_levels", {"part": part})
        levels.append(Level(name, Decimal(points.replace(",", "."))))
    return tuple(levels)


def _read_choice(f: Field, content: Content) -> Any:
    choices: type[StrEnum] = f.choices or YesNo
    words = {folded(text): choice for choice in choices for text in in_every_language(choice_key(choice))}
    chosen = words.get(folded(as_typed(content)))
    if chosen is None:
        offered = tuple(Term(choice_key(choice)) for choice in choices)
        return _Wrong("definition_not_a_choice", {"choices": offered})
    return chosen is YesNo.YES if f.kind is Kind.YES_NO else chosen
