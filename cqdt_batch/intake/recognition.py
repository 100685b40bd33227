"""Recognise a returned form: whose it is, of which round, and where its columns stand.

Nothing is found by position: the stamp by the name of its sheet, the table by its headers in either language, a row
by its criterion code. Where the stamp was lost, the heading of the form must name the unit and the round, and all
rows must fit the definition; anything less is a question, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

from cqdt_batch.cells import Book, Content, Covered, Grid, as_typed
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.names import folded, looks_legacy, nearest
from cqdt_batch.definition.records import Unit
from cqdt_batch.definition.stamp import ANSWERS, APPRAISAL, KIND, STAMP_SHEET, Stamp, stamp_of
from cqdt_batch.findings import Finding, Term, Where, error, notice, warning
from cqdt_batch.intake.submissions import scored_in
from cqdt_batch.intake.tables import FormColumn, Table, all_alike, copies, legacy_cells, no_table, tables_of, unread
from cqdt_batch.messages import Language, Words, in_every_language


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """A recognised form: whose it is, its sheet, its header row and the column of each header found there.

    An input stands in the column of its kind. `repeated` are the columns whose header stands there once more. A form
    that was not made from the definition of today, or lost its stamp, is only taken if all its rows fit: then `told`
    says so, else it is refused for `doubt`. A form with a `refusal` is read for the feedback only. A feedback form that
    came back names the SHA-256 of the files it `answers`.
    """

    unit: Unit
    grid: Grid
    header: int
    columns: Mapping[str, int]
    repeated: Mapping[int, FormColumn]
    told: tuple[Finding, ...] = ()
    doubt: Finding | None = None
    answers: frozenset[str] = frozenset()
    refusal: Finding | None = None


class _Identity(NamedTuple):
    """Whose form it is, what to tell if it is taken, and why it is refused if its rows do not fit."""

    unit: Unit
    told: tuple[Finding, ...] = ()
    doubt: Finding | None = None


def recognise(book: Book, assessment: Assessment) -> Form | Finding:
    """Tell which unit's form a workbook is, or why it cannot be taken."""
    pairs = stamp_pairs(book)
    if (KIND, APPRAISAL) in (pairs or ()):
        return error("appraisal_among_forms", Where(file=book.file))
    tables = tuple(tables_of(book))
    identity = _by_heading(book, tables, assessment) if pairs is None else _by_stamp(_stamp(pairs), book, assessment)
    if isinstance(identity, Finding):
        return identity
    if not tables:
        return no_table(book, identity.unit)
    if not all_alike(tables):
        headers = tuple(f"{table.grid.sheet} ({table.header})" for table in tables)
        return error("form_table_repeated", Where(file=book.file), identity.unit.code, headers=headers)
    form = _form(min(tables, key=lambda table: table.grid.is_hidden), identity, book, tables)
    other = _other_name(form, book.file, assessment)
    if other is not None and not other.unit:
        return other
    refusal = other or _lacking(form, book.file, assessment)
    return replace(form, refusal=refusal, answers=frozenset(_answered(pairs or ())))


def _lacking(form: Form, file: str, assessment: Assessment) -> Finding | None:
    """Refuse a form without a column that some leaf of its unit needs; the form may be of an older definition."""
    needed = scored_in(assessment.scope(form.unit)) - form.columns.keys()
    if not needed:
        return None
    missing = tuple(Term(f"form.column.{column}") for column in FormColumn if column in needed)
    where = Where(file=file, sheet=form.grid.sheet, row=form.header)
    return form.doubt or error("form_header_missing", where, form.unit.code, headers=missing)


def _form(table: Table, identity: _Identity, book: Book, tables: tuple[Table, ...]) -> Form:
    columns: dict[str, int] = {column: position for position, column in reversed(table.found.items())}
    repeated = {position: column for position, column in table.found.items() if columns[column] != position}
    told = (*identity.told, *copies(table, identity.unit, book.file, tables), *unread(book, tables, identity.unit))
    return Form(
        unit=identity.unit,
        grid=table.grid,
        header=table.header,
        columns=columns,
        repeated=repeated,
        told=told,
        doubt=identity.doubt,
    )


def _by_stamp(stamp: Stamp, book: Book, assessment: Assessment) -> _Identity | Finding:
    where = Where(file=book.file)
    profile = assessment.profile
    if stamp.assessment != profile.code:
        facts = {"found": stamp.assessment, "expected": profile.code, "sender": stamp.unit}
        return error("form_of_other_assessment", where, **facts)
    unit = assessment.unit_by_code.get(stamp.unit)
    if unit is None:
        return error("form_of_unknown_unit", where, found=stamp.unit)
    if stamp == stamp_of(assessment, unit):
        return _Identity(unit)
    facts = {"found": stamp.criteria_version, "expected": profile.criteria_version}
    if facts["found"] == facts["expected"]:
        told = warning("form_of_changed_rules", where, unit.code, **facts)
        return _Identity(unit, (told,), error("form_changed", where, unit.code, **facts))
    told = notice("form_migrated", where, unit.code, **facts)
    return _Identity(unit, (told,), error("form_outdated", where, unit.code, **facts))


def _stamp(pairs: Iterable[tuple[str, str]]) -> Stamp:
    values = dict(pairs)
    return Stamp(**{name: values.get(name, "") for name in Stamp._fields})


def stamp_pairs(book: Book) -> list[tuple[str, str]] | None:
    """The keys and values of the stamp sheet; None where the book has lost it."""
    grid = next((grid for grid in book.grids if grid.sheet == STAMP_SHEET), None)
    if grid is None:
        return None
    rows = ([as_typed(content) for content in row.values()] for row in grid.rows.values())
    return [(row[0], row[-1]) for row in rows]


def _answered(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The files that a feedback form says it answers, by its stamp."""
    return (value for key, value in pairs if key == ANSWERS)


def _by_heading(book: Book, tables: tuple[Table, ...], assessment: Assessment) -> _Identity | Finding:
    """Recognise a form that lost its stamp by what a reader sees above its table."""
    where = Where(file=book.file)
    if not tables:
        legacy = next(legacy_cells(book), None)
        return error("file_legacy_text", legacy) if legacy else error("form_without_stamp", where)
    named = tuple(_named(tables[0], book.file, assessment, with_others=False))
    units = {name.unit.code: name.unit for name in named if name.unit}
    unknown = _unknown_unit(named, assessment)
    if unknown is not None or not units:
        return unknown or error("form_without_stamp", where)
    if len(units) > 1:
        return error("form_names_several", where, found=tuple(unit.name for unit in units.values()))
    unit, *_ = units.values()
    if not heads_this_round(tables[0], assessment):
        titles = tuple(titles_of(assessment))
        return error("form_of_unknown_round", where, unit.code, expected=titles[0])
    told = warning("stamp_lost", where, unit.code, unit=unit.name)
    return _Identity(unit, (told,), error("stamp_lost_unfit", where, unit.code, unit=unit.name))


def heads_this_round(table: Table, assessment: Assessment) -> bool:
    """Tell whether one of the cells above a table names this round."""
    titles = {folded(title) for title in titles_of(assessment)}
    return any(folded(as_typed(content)) in titles for _, _, content in _heading(table))


def titles_of(assessment: Assessment) -> Iterator[str]:
    """The line by which a form names its round, in every language."""
    profile = assessment.profile
    for language in Language:
        yield f"{profile.index_name} – {Words(language)('form.year', year=profile.year)}"


def _heading(table: Table) -> Iterator[tuple[int, int, Content]]:
    """The cells above a table."""
    for row, cells in table.grid.rows.items():
        if row >= table.header:
            return
        seen = ((column, content) for column, content in cells.items() if not isinstance(content, Covered))
        yield from ((row, column, content) for column, content in seen)


class _Name(NamedTuple):
    """A cell above the table that names a unit; one that no unit has stands without."""

    where: Where
    text: str
    unit: Unit | None


def _named(table: Table, file: str, assessment: Assessment, *, with_others: bool) -> Iterator[_Name]:
    """Find the names of units above the table: behind the words of the form, else, if asked, in cells of their own.

    A name behind other words, such as those of a letter's address, is not the sender's; nor may one alone say who is.
    """
    labelled, alone = [], []
    for row, column, content in _heading(table):
        text = as_typed(content).strip()
        label, _, name = text.partition(":")
        if folded(label) in _unit_labels():
            name = name.strip()  # folded as such for the register already
            labelled.append((row, column, name, assessment.unit_by_name.get(folded(name))))
        elif unit := assessment.unit_by_name.get(folded(text)):
            alone.append((row, column, text, unit))
    for row, column, text, found in labelled or (alone if with_others else ()):
        yield _Name(Where(file=file, sheet=table.grid.sheet, row=row, column=column), text, found)


@cache
def _unit_labels() -> frozenset[str]:
    """The words of a form before the name of its unit, in every language."""
    return frozenset(folded(text.partition(":")[0]) for text in in_every_language("form.unit"))


def _unknown_unit(named: Iterable[_Name], assessment: Assessment, unit: str = "") -> Finding | None:
    """A name that no unit has, with those it may have meant; nothing is taken for another."""
    unknown = next((name for name in named if name.unit is None and name.text), None)
    if unknown is None:
        return None
    if looks_legacy(unknown.text):
        return error("file_legacy_text", unknown.where, unit)
    near = nearest(unknown.text, (name for one in assessment.units for name in one.names))
    shown = near or (Term("form.nothing_near"),)
    return error("unit_unknown", unknown.where, unit, found=unknown.text, near=shown)


def _other_name(form: Form, file: str, assessment: Assessment) -> Finding | None:
    """The stamp says whose form it is, and so does the name above the table: they must agree.

    Where they name two units it is neither's, and takes the place of nobody's honest form.
    """
    named = tuple(_named(Table(form.grid, form.header, {}), file, assessment, with_others=True))
    other = next((name for name in named if name.unit and name.unit is not form.unit), None)
    if other is not None and other.unit is not None:
        return error("form_names_another", other.where, found=other.unit.name, stamped=form.unit.name)
    return _unknown_unit(named, assessment, form.unit.code)


def settled(form: Form, findings: Iterable[Finding], misfits: frozenset[str]) -> tuple[Finding, ...] | Finding:
    """Take a form of an older definition or without a stamp if all its rows fit, or refuse it for its one cause."""
    read = tuple(findings)
    if form.refusal is not None:
        return form.refusal
    if form.doubt is not None and any(finding.code in misfits for finding in read):
        return form.doubt
    return (*form.told, *read)
