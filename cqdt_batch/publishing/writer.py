"""Write sheets to a workbook file; the same sheets give the same bytes.

Only this module and the one of the worksheet know XlsxWriter.
"""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from cqdt_batch.cells import printable
from cqdt_batch.publishing.sheets import (
    Cell,
    Entry,
    Jump,
    Line,
    Link,
    Page,
    Sheet,
    Style,
    Value,
    Visibility,
    ranges,
    row_heights,
)
from cqdt_batch.publishing.worksheet import QuickWorkbook, QuickWorksheet

CREATED = datetime(2020, 1, 1)  # noqa: DTZ001 - Excel knows no zones
"""The date that every workbook of ours bears: a fixed one keeps the bytes the same on every run."""

_FONT = "Times New Roman"
_A4 = 9
_MOST_LINKS = 65_000
_LONG_AGO = 3_600
_TEMPORARY = re.compile(r"\..+\.(\d{1,9})\.cqdt\.tmp")
_WORDED = frozenset({str, Link})
_SIGNS = ("=", "+", "-", "@")
_LEFT_FREE = {"format_cells": True, "format_columns": True, "format_rows": True}
"""What everybody may do on a protected sheet."""
_MARGINS = {"left": 0.6, "right": 0.5, "top": 0.8, "bottom": 0.7}


class LinkedOutputError(OSError):
    """The place to write to is a link: whatever it leads to is not ours to replace."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EEXIST, "is a link", str(path))

    def __reduce__(self) -> tuple[type[LinkedOutputError], tuple[Path]]:
        """Come through a pipe from the process that met the link."""
        return type(self), (Path(self.filename),)


def prepare(folder: Path) -> None:
    """Find out before the work that files can be written here; OSError where they cannot.

    What a run that was cut off left behind is removed.
    """
    if folder.is_symlink():
        raise LinkedOutputError(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for stray in folder.glob(".*.cqdt.tmp"):
        _sweep(stray)
    probe = _temporary(folder / "probe")
    try:
        probe.touch()
    finally:
        probe.unlink(missing_ok=True)


def write_workbook(path: Path, sheets: Iterable[Sheet], title: str) -> Path:
    """Write a workbook as `write_file` does, and return where it stands."""
    check_target(path)
    return write_file(path, workbook_bytes(sheets, title))


def write_file(path: Path, *parts: bytes) -> Path:
    """Write a file, all parts of it in one piece, and return where it stands; OSError where that cannot be done.

    The file appears whole or not at all. Where the old one is open in Excel and cannot be replaced, the new one
    is put beside it under a dated name, and that path is returned. LinkedOutputError where the old one is a link.
    """
    check_target(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    try:
        with temporary.open("wb") as file:
            file.writelines(parts)
        return _put(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def check_target(path: Path) -> None:
    """Find out before anything is replaced that a file may stand here; OSError where something else does."""
    if path.is_symlink():
        raise LinkedOutputError(path)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder", str(path))


def set_aside(path: Path) -> Path:
    """Keep a file that somebody changed under a dated name, and return that."""
    kept = _dated(path)
    path.replace(kept)
    return kept


def _dated(path: Path) -> Path:
    return path.with_name(f"{path.stem}-{datetime.now().astimezone():%Y%m%d-%H%M%S}{path.suffix}")


def _temporary(path: Path) -> Path:
    """The name under which a file is written until it is whole; it says which process is at work."""
    return path.with_name(f".{path.name}.{os.getpid()}.cqdt.tmp")


def _sweep(stray: Path) -> None:
    """Remove a temporary file of ours whose process is gone; where that cannot be asked, one that is old."""
    named = _TEMPORARY.fullmatch(stray.name)
    if named is None:
        return
    if not _is_running(int(named[1]), stray):
        stray.unlink(missing_ok=True)


def _is_running(process: int, stray: Path) -> bool:
    if os.name != "posix":
        return time.time() - stray.stat().st_mtime < _LONG_AGO
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return process != os.getpid()


def _put(temporary: Path, path: Path) -> Path:
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    try:
        temporary.replace(path)
    except PermissionError:
        path = _dated(path)
        temporary.replace(path)
    return path


def workbook_bytes(sheets: Iterable[Sheet], title: str) -> bytes:
    """Draw a workbook in memory: on a full disk nothing half written needs closing."""
    workbook = QuickWorkbook({"strings_to_urls": False, "strings_to_formulas": False, "in_memory": True})
    workbook.set_properties({"title": title, "created": CREATED})
    workbook.set_calc_mode("auto")
    formats = _Formats(workbook)
    for sheet in sheets:
        _SheetWriter(workbook.add_worksheet(sheet.name, worksheet_class=QuickWorksheet), sheet, formats).write()
    return workbook.packed()


class _Formats:
    """The formats of one workbook, each made once."""

    def __init__(self, workbook: Any) -> None:
        self._workbook = workbook
        self._made: dict[tuple[Style, bool], Any] = {}

    def __call__(self, style: Style, *, quoted: bool = False) -> Any:
        if (style, quoted) not in self._made:
            self._made[style, quoted] = self._workbook.add_format(_properties(style) | {"quote_prefix": quoted})
        return self._made[style, quoted]

    def gap(self) -> Any:
        """The look of an input that is still empty."""
        return self._workbook.add_format({"bg_color": "#FFF2CC"})

    def alert(self) -> Any:
        """The look of a cell that somebody has to see to."""
        return self._workbook.add_format({"bg_color": "#F8CBAD"})


@cache
def _properties(style: Style) -> dict[str, Any]:
    chosen = asdict(style)
    properties = {
        "font_name": _FONT,
        "font_size": style.size,
        "align": style.align,
        "valign": style.valign,
        "num_format": style.number,
        "text_wrap": style.wrap,
        "border": int(style.border),
        "locked": not style.unlocked,
        "indent": style.indent,
    }
    properties |= {name: True for name in ("bold", "italic") if chosen[name]}
    if style.fill:
        properties["bg_color"] = f"#{style.fill}"
    if style.color:
        properties["font_color"] = f"#{style.color}"
    return properties


class _SheetWriter:
    """Draws one sheet."""

    def __init__(self, target: Any, sheet: Sheet, formats: _Formats) -> None:
        self._target = target
        self._sheet = sheet
        self._formats = formats
        self._forms: dict[int, Any] = {}
        self._forms_of_lines: dict[tuple[int, ...], tuple[Any, ...]] = {}
        self._links = 0

    def write(self) -> None:
        """Draw everything the sheet holds."""
        self._draw_frame()
        self._draw_cells()
        for entry in self._sheet.entries:
            self._target.data_validation(
                entry.first[0] - 1,
                entry.first[1] - 1,
                entry.last[0] - 1,
                entry.last[1] - 1,
                _validation(entry),
            )
        for (row, column), text in self._sheet.comments.items():
            size = {"x_scale": 2.2, "y_scale": 1.4, "font_name": _FONT, "font_size": 11, "author": ""}
            self._target.write_comment(row - 1, column - 1, printable(text), size)
        for blank in self._sheet.gaps:
            self._target.conditional_format(blank, {"type": "blanks", "format": self._formats.gap()})
        for alert in self._sheet.alerts:
            corners = (number - 1 for number in (*alert.first, *alert.last))
            rule = {"type": "formula", "criteria": f"={alert.formula}", "format": self._formats.alert()}
            self._target.conditional_format(*corners, rule)
        _set_page(self._target, self._sheet.page)
        self._target.settle()

    def _draw_frame(self) -> None:
        sheet, target = self._sheet, self._target
        for column, width in enumerate(sheet.widths):
            style = sheet.column_styles.get(column + 1)
            target.set_column(column, column, width, self._formats(style) if style else None)
        if sheet.fitted_to is not None:
            target.set_default_row(sheet.least_height)
        for row, points in row_heights(sheet).items():
            target.set_row(row - 1, points)
        if sheet.freeze:
            target.freeze_panes(sheet.freeze[0] - 1, sheet.freeze[1] - 1)
        if sheet.filtered:
            first_row, first_column, last_row, last_column = sheet.filtered
            target.autofilter(first_row - 1, first_column - 1, last_row - 1, last_column - 1)
        if sheet.visibility is Visibility.VERY_HIDDEN:
            target.very_hidden()
        if sheet.protected:
            target.protect("", _LEFT_FREE | dict.fromkeys(("autofilter", "sort"), sheet.filtered is not None))
        target.hide_gridlines(2)

    def _draw_cells(self) -> None:
        for drawn in self._sheet.cells:
            if isinstance(drawn, Cell):
                self._draw_cell(drawn)
            else:
                self._draw_line(drawn)

    def _draw_line(self, line: Line) -> None:
        row, values, styles, jumps = line
        forms = self._forms_of(styles)
        leads: dict[int, Jump | Link] = {column - 1: jump for column, jump in jumps.items() if self._takes_link()}
        for at in [at for at, value in enumerate(values) if type(value) in _WORDED]:
            value = values[at]
            if _starts_formula(value):
                forms = (*forms[:at], self._formats(styles[at], quoted=True), *forms[at + 1 :])
            elif isinstance(value, Link) and self._takes_link():
                leads[at] = value
        self._target.put_line(row - 1, values, forms, dict(sorted(leads.items())))

    def _forms_of(self, styles: tuple[Style, ...]) -> tuple[Any, ...]:
        """The formats of a line, the same tuple for all that look alike."""
        look = tuple(map(id, styles))
        forms = self._forms_of_lines.get(look)
        if forms is None:
            forms = self._forms_of_lines[look] = tuple(map(self._form, styles))
        return forms

    def _draw_cell(self, cell: Cell) -> None:
        below, right, value, style, down, across, jump = cell
        row, column = below - 1, right - 1
        form = self._formats(style, quoted=True) if _starts_formula(value) else self._form(style)
        if down > 1 or across > 1:
            self._target.merge_range(row, column, row + down - 1, column + across - 1, "", self._form(style))
        lead = value if isinstance(value, Link) else jump
        if lead and self._takes_link():
            self._target.put_lead(row, column, lead)
        self._target.put(row, column, value, form)

    def _form(self, style: Style) -> Any:
        form = self._forms.get(id(style))
        if form is None:
            form = self._forms[id(style)] = self._formats(style)
        return form

    def _takes_link(self) -> bool:
        """Count a link; false where the sheet is full of them: Excel takes 65,530."""
        self._links += 1
        return self._links <= _MOST_LINKS


def _starts_formula(value: Value) -> bool:
    """Tell whether a text would become a formula when somebody edits it."""
    return isinstance(value, str) and value.startswith(_SIGNS)


def _validation(entry: Entry) -> dict[str, Any]:
    rule: dict[str, Any] = {"validate": "any"}
    if entry.bounds:
        least, most = entry.bounds
        kind = "integer" if entry.whole else "decimal"
        rule = {"validate": kind, "criteria": "between", "minimum": f"{least:f}", "maximum": f"{most:f}"}
    elif entry.choices:
        source = entry.choices if isinstance(entry.choices, str) else list(entry.choices)
        rule = {"validate": "list", "source": source}
    if entry.cells:
        rule["multi_range"] = " ".join(ranges(entry.cells))
    told = {"input_title": entry.title, "input_message": entry.message}
    refused = {"error_title": entry.error_title, "error_message": entry.error_message}
    return rule | {name: text for name, text in (told | refused).items() if text}


def _set_page(target: Any, page: Page) -> None:
    target.set_paper(_A4)
    target.set_margins(**_MARGINS)
    target.center_horizontally()
    if page.landscape:
        target.set_landscape()
    if page.fit:
        target.fit_to_pages(1, 0)
    else:
        target.set_print_scale(page.scale)
    if page.repeat:
        target.repeat_rows(page.repeat[0] - 1, page.repeat[1] - 1)
    if page.repeat_columns:
        target.repeat_columns(0, page.repeat_columns - 1)
    target.set_header(page.header)
    target.set_footer(page.footer)
