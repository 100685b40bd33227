"""What changed between two runs, for machines: the same facts as in the workbook, as plain JSON values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cqdt_batch.findings import Fact
from cqdt_batch.messages import Words
from cqdt_batch.publishing.changes_text import because, told
from cqdt_batch.rounding import trimmed
from cqdt_batch.scoring.changes.causes import Cause
from cqdt_batch.scoring.changes.comparison import Comparison, RowChange, UnitChange
from cqdt_batch.scoring.changes.ledger import Ledger
from cqdt_batch.scoring.changes.pairing import Kinship


def comparison_json(comparison: Comparison, words: Words) -> dict[str, Any]:
    """All that changed; figures are text, so that no reader makes them binary."""
    return {
        "same": comparison.is_nothing,
        "old": _run_json(comparison.old),
        "new": _run_json(comparison.new),
        "units": [
            _unit_json(unit, words)
            for unit in comparison.units
            if unit.movements or unit.pair.kinship is not Kinship.SAME
        ],
        "rows": [_row_json(row, words) for row in comparison.moved_rows],
        "alterations": [
            {
                "block": one.block,
                "criterion": one.criterion.code if one.criterion else None,
                **_cause_json(one.cause, words),
            }
            for one in comparison.alterations
        ],
    }


def _run_json(ledger: Ledger) -> dict[str, Any]:
    return {"round": ledger.assessment, "year": ledger.year, "criteria_version": ledger.criteria_version}


def _unit_json(unit: UnitChange, words: Words) -> dict[str, Any]:
    return {
        "unit": unit.pair.new.unit if unit.pair.new else None,
        "name": unit.pair.name,
        "kinship": unit.pair.kinship.value,
        "old_units": [old.unit for old in unit.pair.olds],
        "old_totals": [_text(old.total) for old in unit.olds],
        "old_maxima": [_text(old.maximum) for old in unit.olds],
        "new_total": _text(unit.new.total) if unit.new else None,
        "new_maximum": _text(unit.new.maximum) if unit.new else None,
        "change": _text(unit.change),
        "movements": [
            {
                "criterion": one.criterion.code,
                "old": _side_text(one.old, words),
                "new": _side_text(one.new, words),
                "change": _text(one.change),
                "contribution": _text(one.contribution),
                "causes": [_cause_json(cause, words) for cause in one.causes],
            }
            for one in unit.movements
        ],
    }


def _row_json(row: RowChange, words: Words) -> dict[str, Any]:
    figures = [_text(placing.figure) if placing else None for placing in (row.old, row.new)]
    ranks = [dict(placing.ranks) if placing else {} for placing in (row.old, row.new)]
    return {
        "table": row.table.code,
        "unit": row.pair.new.unit if row.pair.new else None,
        "name": row.pair.name,
        "old_figure": figures[0],
        "new_figure": figures[1],
        "old_ranks": ranks[0],
        "new_ranks": ranks[1],
        "causes": [_cause_json(cause, words) for cause in row.causes],
    }


def _cause_json(cause: Cause, words: Words) -> dict[str, Any]:
    sides = {
        name: {
            "said": _side_text(side.said, words),
            "file": side.file or None,
            "sheet": side.sheet or None,
            "cell": side.cell or None,
        }
        for name, side in (("before", cause.before), ("after", cause.after))
    }
    return {
        "cause": cause.kind.value,
        "text": told(cause, words),
        "field": cause.field or None,
        "note": cause.note or None,
        "names": [words.shown(name) for name in cause.names],
        "because": list(because(cause, words)),
        "count": cause.count,
        **sides,
    }


def _side_text(fact: Fact, words: Words) -> str | None:
    if isinstance(fact, Decimal):
        return _text(fact)
    return words.shown(fact) or None


def _text(number: Decimal | None) -> str | None:
    return None if number is None else f"{trimmed(number):f}"
