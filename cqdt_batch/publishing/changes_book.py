"""The workbook that compares two runs: what was compared, whose points and ranks moved, because of what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from cqdt_batch.cells import decimals_written
from cqdt_batch.findings import Fact, Term
from cqdt_batch.messages import Words
from cqdt_batch.publishing.changes_text import (
    about,
    beside,
    counts,
    kind_of,
    place_of,
    run_line,
    scale_lines,
    verdict,
    why,
)
from cqdt_batch.publishing.listing import ALONE, CENTRED, HEADER, TEXT, TITLE, Row, listing
from cqdt_batch.publishing.sheets import Cell, Page, Sheet, Style, Value, number_format
from cqdt_batch.rounding import published, trimmed
from cqdt_batch.scoring.changes.causes import Cause
from cqdt_batch.scoring.changes.comparison import Comparison, RowChange, Scale, UnitChange
from cqdt_batch.scoring.changes.movements import Movement
from cqdt_batch.scoring.changes.pairing import Kinship
from cqdt_batch.scoring.ranking import Scope

_BOLD = replace(ALONE, size=13, bold=True, italic=False)
_MOVED = "FFE699"
_SIGNED = replace(CENTRED, number="+General;-General;0")
_PERCENT_DECIMALS = 2

_UNIT_COLUMNS = {"unit": 34, "kin": 30, "old_names": 34, "old_state": 18, "new_state": 18}
_TOTAL_COLUMNS = {"old_total": 12, "new_total": 12, "change": 11}
_PERCENT_COLUMNS = {"old_percent": 12, "new_percent": 12}
_CAUSE_COLUMNS = {
    "unit": 20,
    "criterion": 9,
    "label": 24,
    "old_points": 9,
    "new_points": 9,
    "change": 8,
    "contribution": 10,
    "cause": 18,
    "old_said": 14,
    "new_said": 14,
    "old_place": 21,
    "new_place": 21,
    "note": 20,
}
_ALTERATION_COLUMNS = {"block": 28, "about": 44, "cause": 32, "old_said": 32, "new_said": 32}


def changes_sheets(comparison: Comparison, words: Words) -> tuple[Sheet, ...]:
    """Draw the workbook: summary, units, results table by table, causes, and what the definition says otherwise."""
    return (
        _summary(comparison, words),
        listing(words, "compare", "units", _unit_columns(comparison), _unit_rows(comparison, words)),
        listing(words, "compare", "results", _result_columns(comparison), _result_rows(comparison, words)),
        listing(words, "compare", "causes", _CAUSE_COLUMNS, _cause_rows(comparison, words)),
        listing(words, "compare", "alterations", _ALTERATION_COLUMNS, _alteration_rows(comparison, words)),
    )


def _summary(comparison: Comparison, words: Words) -> Sheet:
    runs = (("compare.old_run", comparison.old), ("compare.new_run", comparison.new))
    lines = [run_line(key, ledger, words) for key, ledger in runs]
    cells = [Cell(1, 1, words("compare.title"), TITLE, across=2)]
    cells += [Cell(row, 1, line, ALONE, across=2) for row, line in enumerate(lines, 2)]
    cells.append(Cell(4, 1, verdict(comparison, words), _BOLD, across=2))
    scales = scale_lines(comparison, words)
    cells += [Cell(row, 1, line, ALONE, across=2) for row, line in enumerate(scales, 5)]
    header = 6 + len(scales)
    cells += [Cell(header, 1, words("compare.item"), HEADER), Cell(header, 2, words("compare.count"), HEADER)]
    for row, (label, count) in enumerate(counts(comparison, words), header + 1):
        cells += [Cell(row, 1, label, TEXT), Cell(row, 2, count, CENTRED)]
    page = Page(landscape=True, footer="&C&P/&N")
    return Sheet(name=words("compare.summary"), cells=tuple(cells), widths=(90.0, 14.0), page=page)


def _has_percents(comparison: Comparison) -> bool:
    return any(unit.is_other_scale for unit in comparison.units)


def _unit_columns(comparison: Comparison) -> dict[str, int]:
    """The columns of the sheet of units; percents stand there where totals are on different scales."""
    return _UNIT_COLUMNS | _TOTAL_COLUMNS | (_PERCENT_COLUMNS if _has_percents(comparison) else {})


def _unit_rows(comparison: Comparison, words: Words) -> Iterator[Row]:
    has_percents = _has_percents(comparison)
    for unit in comparison.units:
        pair = unit.pair
        text = replace(TEXT, fill=_MOVED) if unit.movements or pair.kinship is not Kinship.SAME else TEXT
        states = tuple(dict.fromkeys(words(f"unit_state.{old.state}") for old in pair.olds))
        yield (
            (pair.name, text),
            (words(f"compare.kin.{pair.kinship}"), TEXT),
            (_old_names(unit, words), TEXT),
            ("\n".join(states), TEXT),
            (words(f"unit_state.{pair.new.state}") if pair.new else None, TEXT),
            (_old_total(unit, words), CENTRED),
            (_figure(unit.new.total if unit.new else None), CENTRED),
            (_figure(unit.change), _SIGNED),
            *(((_percent(one), CENTRED) for one in _two_scales(unit)) if has_percents else ()),
        )


def _old_names(unit: UnitChange, words: Words) -> str:
    """The names it had; of a merged unit each with its total."""
    if unit.pair.kinship is not Kinship.MERGED:
        return "" if unit.pair.kinship is Kinship.SAME else "; ".join(old.name for old in unit.pair.olds)
    totals = (words.shown(scale.total) if scale.total is not None else "–" for scale in unit.olds)
    return "\n".join(f"{old.name}: {total}" for old, total in zip(unit.pair.olds, totals, strict=True))


def _old_total(unit: UnitChange, words: Words) -> Value:
    """The old total; of a merged unit, in words, the mean of those it was merged from."""
    if unit.pair.kinship is Kinship.MERGED:
        return "" if unit.mean is None else words("compare.mean", mean=published(unit.mean, _PERCENT_DECIMALS))
    return _figure(unit.olds[0].total) if unit.olds else None


def _two_scales(unit: UnitChange) -> tuple[Scale | None, Scale | None]:
    return (None if unit.pair.kinship is Kinship.MERGED or not unit.olds else unit.olds[0]), unit.new


def _percent(scale: Scale | None) -> Decimal | None:
    percent: Fraction | None = scale.percent if scale else None
    return None if percent is None else published(percent, _PERCENT_DECIMALS)


def _result_columns(comparison: Comparison) -> dict[str, int]:
    """The columns of the results: a pair for every kind of rank that a table has, grades where there are any."""
    ranks = (f"{side}_rank_{scope}" for scope in comparison.scopes for side in ("old", "new"))
    grades = ("old_grade", "new_grade") if _has_grades(comparison) else ()
    widths = {"table": 10, "unit": 34, "old_figure": 11, "new_figure": 11, "change": 10}
    return widths | dict.fromkeys(ranks, 9) | {"rank_change": 9} | dict.fromkeys(grades, 13) | {"why": 70}


def _has_grades(comparison: Comparison) -> bool:
    return any(placing and placing.grade for row in comparison.rows for placing in (row.old, row.new))


def _result_rows(comparison: Comparison, words: Words) -> Iterator[Row]:
    has_grades = _has_grades(comparison)
    for row in comparison.rows:
        text = replace(TEXT, fill=_MOVED) if row.causes else TEXT
        figures = tuple(placing.figure if placing else None for placing in (row.old, row.new))
        grades = tuple(placing.grade if placing else "" for placing in (row.old, row.new))
        yield (
            (row.table.code, CENTRED),
            (row.pair.name, text),
            *((figure, _with_decimals(figure)) for figure in figures),
            (_figure(_difference(*figures)), _SIGNED),
            *((rank, CENTRED) for scope in comparison.scopes for rank in row.ranks(scope)),
            (_places_won(comparison, row), _SIGNED),
            *(((grade, CENTRED) for grade in grades) if has_grades else ()),
            (why(row.causes, words), TEXT),
        )


def _with_decimals(figure: Decimal | None) -> Style:
    """A published figure keeps its decimals."""
    return CENTRED if figure is None else replace(CENTRED, number=number_format(decimals_written(figure)))


def _difference(before: Decimal | None, after: Decimal | None) -> Decimal | None:
    return None if before is None or after is None else after - before


def _places_won(comparison: Comparison, row: RowChange) -> int | None:
    """How many places a unit rose in the widest list that ranks it."""
    for scope in (Scope.TABLE, Scope.SECTION, Scope.SUBGROUP):
        before, after = row.ranks(scope)
        if scope in comparison.scopes and before is not None and after is not None:
            return before - after
    return None


def _cause_rows(comparison: Comparison, words: Words) -> Iterator[Row]:
    for unit in comparison.moved:
        for movement in unit.movements:
            for number, cause in enumerate(movement.causes):
                yield _cause_row(unit, movement, cause, words, is_first=not number)


def _cause_row(unit: UnitChange, movement: Movement, cause: Cause, words: Words, *, is_first: bool) -> Row:
    """A cause; what it contributed stands with the first of several, so that the column adds up."""
    contribution = _figure(movement.contribution) if is_first else None
    return (
        (unit.pair.name, TEXT),
        (movement.criterion.code, replace(CENTRED, number="@")),
        (movement.criterion.label, TEXT),
        (_said(movement.old, words), CENTRED),
        (_said(movement.new, words), CENTRED),
        (_figure(movement.change), _SIGNED),
        (contribution, _SIGNED),
        (kind_of(cause, words), TEXT),
        *((_said(side.said, words), TEXT) for side in (cause.before, cause.after)),
        *((place_of(side, words), replace(TEXT, size=10)) for side in (cause.before, cause.after)),
        (beside(cause, words), TEXT),
    )


def _alteration_rows(comparison: Comparison, words: Words) -> Iterator[Row]:
    for one in comparison.alterations:
        yield (
            (one.block, TEXT),
            (about(one), TEXT),
            (kind_of(one.cause, words), TEXT),
            *((_said(side.said, words), TEXT) for side in (one.cause.before, one.cause.after)),
        )


def _said(fact: Fact, words: Words) -> Value:
    """A number as a number, a term in words, anything else as it was typed."""
    match fact:
        case Decimal():
            return trimmed(fact)
        case Term():
            return words.shown(fact)
    return str(fact)


def _figure(number: Decimal | None) -> Decimal | None:
    return None if number is None else trimmed(number)
