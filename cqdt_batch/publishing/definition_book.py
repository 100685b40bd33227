"""Write a definition workbook that an officer can fill in: headers, help, drop-downs, and a guide to all of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum

from cqdt_batch.definition.sheets import SHEETS, Field, Kind, SheetSpec, choice_key
from cqdt_batch.messages import Words
from cqdt_batch.publishing.sheets import Cell, Entry, Page, Sheet, Style, Visibility, listed_in

_HEADER = Style(size=12, bold=True, align="center", border=True, wrap=True, fill="DDEBF7")
_NEEDED = replace(_HEADER, fill="FCE4D6")
_TEXT = Style(size=12, border=True, wrap=True, valign="top")
_PLAIN_TEXT = replace(_TEXT, number="@")
_HELP = replace(_TEXT, italic=True, color="595959")
_TITLE = Style(size=14, bold=True)
_LINE = Style(size=12, wrap=True, valign="top")
_READY_ROWS = 500
"""Drop-downs and input help reach this many rows below the header, or below the last filled row."""

Contents = Mapping[str, Iterable[Mapping[str, str | int | Decimal | None]]]
"""What to write: sheet → records → field → value, the words of choices being those of the workbook's language."""


def definition_sheets(words: Words, contents: Contents) -> tuple[Sheet, ...]:
    """Make the sheets of a definition workbook, empty where `contents` has nothing for a sheet."""
    rows = {spec.name: tuple(contents.get(spec.name, ())) for spec in SHEETS}
    drawn = (_upright(s, rows[s.name], words) if s.upright else _flat(s, rows[s.name], words) for s in SHEETS)
    return (_guide(words), *drawn, _lists(words))


def _style(field: Field) -> Style:
    return _TEXT if field.kind in (Kind.WHOLE, Kind.NUMBER, Kind.POINTS) else _PLAIN_TEXT


def _flat(spec: SheetSpec, records: tuple[Mapping[str, str | int | Decimal | None], ...], words: Words) -> Sheet:
    header = (
        Cell(1, column, words(spec.header_key(field)), _NEEDED if field.required else _HEADER)
        for column, field in enumerate(spec.fields, 1)
    )
    body = (
        Cell(row, column, record.get(field.name), _style(field))
        for row, record in enumerate(records, 2)
        for column, field in enumerate(spec.fields, 1)
    )
    last = len(records) + 1 + _READY_ROWS
    return Sheet(
        name=words(spec.title_key),
        cells=(*header, *body),
        widths=tuple(float(field.width) for field in spec.fields),
        page=Page(landscape=True, repeat=(1, 1), footer="&L&A&R&P/&N"),
        freeze=(2, 1),
        entries=tuple(
            _entry(spec, field, words, (2, column), (last, column)) for column, field in enumerate(spec.fields, 1)
        ),
        comments={(1, column): words(spec.help_key(field)) for column, field in enumerate(spec.fields, 1)},
        column_styles={c: _unboxed(_style(field)) for c, field in enumerate(spec.fields, 1)},
    )


def _upright(spec: SheetSpec, records: tuple[Mapping[str, str | int | Decimal | None], ...], words: Words) -> Sheet:
    record = records[0] if records else {}
    header = (Cell(1, c, words(f"definition.{key}"), _HEADER) for c, key in enumerate(("item", "value", "help"), 1))
    body: list[Cell] = []
    entries = []
    for row, field in enumerate(spec.fields, 2):
        body.append(
            Cell(
                row,
                1,
                words(spec.header_key(field)),
                replace(_NEEDED if field.required else _HEADER, align="left"),
            )
        )
        body.append(Cell(row, 2, record.get(field.name, _usual(field, words)), _style(field)))
        body.append(Cell(row, 3, words(spec.help_key(field)), _HELP))
        entries.append(_entry(spec, field, words, (row, 2), (row, 2)))
    return Sheet(
        name=words(spec.title_key),
        cells=(*header, *body),
        widths=(30.0, 70.0, 70.0),
        page=Page(landscape=True, repeat=(1, 1), footer="&L&A&R&P/&N"),
        freeze=(2, 1),
        entries=tuple(entries),
    )


def _usual(field: Field, words: Words) -> str | int | None:
    """What stands in a field that nobody filled in: its default, a choice in words."""
    return words(choice_key(field.default)) if isinstance(field.default, StrEnum) else field.default


def _unboxed(style: Style) -> Style:
    return replace(style, border=False)


def _entry(spec: SheetSpec, field: Field, words: Words, first: tuple[int, int], last: tuple[int, int]) -> Entry:
    choices = ""
    if field.choices:
        choices = _choices_range(field.choices, words)
    elif field.refers:
        choices = _range_of(*field.refers, words)
    title = words(spec.header_key(field))[:32]
    return Entry(first=first, last=last, title=title, message=words(spec.help_key(field))[:255], choices=choices)


def _offered() -> tuple[type[StrEnum], ...]:
    """The kinds of choices, each once."""
    return tuple(dict.fromkeys(field.choices for spec in SHEETS for field in spec.fields if field.choices))


def _lists(words: Words) -> Sheet:
    """The words of all drop-downs: a list inside a cell's own rule takes 255 characters and no commas."""
    cells = (
        Cell(row, column, words(choice_key(choice)), _PLAIN_TEXT)
        for column, choices in enumerate(_offered(), 1)
        for row, choice in enumerate(choices, 1)
    )
    name = words("definition.lists.sheet")
    widths = (30.0,) * len(_offered())
    return Sheet(name=name, cells=tuple(cells), widths=widths, visibility=Visibility.VERY_HIDDEN)


def _choices_range(choices: type[StrEnum], words: Words) -> str:
    """The cells of the sheet of choices that hold the words of a choice."""
    column = _offered().index(choices) + 1
    return listed_in(words("definition.lists.sheet"), (1, column), (len(choices), column))


def _range_of(sheet: str, name: str, words: Words) -> str:
    """The cells of another sheet whose values a drop-down offers."""
    spec = next(spec for spec in SHEETS if spec.name == sheet)
    column = [field.name for field in spec.fields].index(name) + 1
    return listed_in(words(spec.title_key), (2, column), (1 + 2 * _READY_ROWS, column))


def _guide(words: Words) -> Sheet:
    cells = [Cell(1, 1, words("definition.guide.title"), _TITLE, across=4)]
    for row, key in enumerate(("intro1", "intro2", "intro3"), 2):
        cells.append(Cell(row, 1, words(f"definition.guide.{key}"), _LINE, across=4))
    for column, key in enumerate(("sheet_column", "field_column", "needed_column", "help_column"), 1):
        cells.append(Cell(6, column, words(f"definition.guide.{key}"), _HEADER))
    for row, values in enumerate(_guide_rows(words), 7):
        cells += [Cell(row, column, value, _TEXT) for column, value in enumerate(values, 1)]
    return Sheet(
        name=words("definition.guide.sheet"),
        cells=tuple(cells),
        widths=(18.0, 30.0, 12.0, 96.0),
        page=Page(landscape=True, repeat=(6, 6), footer="&L&A&R&P/&N"),
        freeze=(7, 1),
    )


def _guide_rows(words: Words) -> Iterator[tuple[str, str, str, str]]:
    for spec in SHEETS:
        for field in spec.fields:
            needed = words("choice.YesNo.yes") if field.required else ""
            yield words(spec.title_key), words(spec.header_key(field)), needed, words(spec.help_key(field))
