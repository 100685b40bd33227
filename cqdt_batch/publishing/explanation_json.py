"""The explanation of a unit's figures for machines. Numbers are text, so that no reader makes them binary."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cqdt_batch.cells import as_typed
from cqdt_batch.definition.records import Correction
from cqdt_batch.findings import Where
from cqdt_batch.intake.submissions import Input
from cqdt_batch.intake.verdicts import Verdict
from cqdt_batch.publishing.explanation import Converted, Explanation, Neighbour, Placed, Printed
from cqdt_batch.scoring.trace import Node


def explanation_json(told: Explanation) -> dict[str, Any]:
    """What `cqdt explain` tells; of a unit that is not scored only a criterion has a trace, without points."""
    submission = told.outcome.own_submission_of.get(told.unit.code)
    return {
        "unit": {
            "code": told.unit.code,
            "name": told.unit.name,
            "block": told.unit.block,
            "state": told.outcome.states[told.unit.code].value,
            "file": submission.file if submission else None,
            "sha256": submission.sha256 if submission else None,
        },
        "criterion": told.criterion.code,
        "figures": [_figure_json(one) for one in told.printed],
        "ranks": [_rank_json(one) for one in told.placed],
        "trace": _node_json(told, told.root) if told.is_scored or not told.is_of_everything else None,
    }


def _node_json(explained: Explanation, node: Node) -> dict[str, Any]:
    told = {
        "criterion": node.criterion.code,
        "label": node.criterion.label,
        "points": _text(node.points),
        "own_points": _text(node.own),
        "rule": explained.derivation.how(node),
    }
    if node.children:
        return {**told, "children": [_node_json(explained, child) for child in node.children]}
    return {**told, **_leaf_json(explained, node)}


def _leaf_json(explained: Explanation, leaf: Node) -> dict[str, Any]:
    told: dict[str, Any] = {"inputs": [_input_json(one) for one in leaf.answered]}
    if leaf.verdict:
        told["verified"] = {"counts": leaf.counts_verdict, **_verdict_json(leaf.verdict)}
    refused = explained.not_counted(leaf)
    if refused:
        told["not_counted"] = [_verdict_json(one) for one in refused]
    verification = explained.verification(leaf)
    if verification:
        told["verification"] = verification.value
    if leaf.given and leaf.given_at:
        told["given"] = {
            "points": _text(leaf.given.points),
            "source": leaf.given.source,
            **_place_json(leaf.given_at),
        }
    if leaf.best:
        inputs = [_input_json(one) for one in leaf.best.inputs]
        told["best"] = {"unit": leaf.best.unit.code, "figure": str(leaf.best.figure), "inputs": inputs}
    told["corrections"] = [_correction_json(explained, entry) for entry in leaf.corrections]
    told["not_applied"] = [_correction_json(explained, entry) for entry in explained.not_applied(leaf)]
    told["findings"] = [{"code": one.code, "message": explained.derivation.says(one)} for one in leaf.told]
    return told


def _verdict_json(one: Verdict) -> dict[str, Any]:
    return {"inputs": [_input_json(found) for found in one.inputs], "reason": one.reason, "sha256": one.sha256}


def _correction_json(explained: Explanation, entry: Correction) -> dict[str, Any]:
    return {
        "old": _text(entry.old),
        "new": _text(entry.new),
        "reason": entry.reason,
        "author": entry.author,
        "day": entry.day,
        "document": entry.document,
        **_place_json(explained.corrected_at(entry)),
    }


def _figure_json(one: Printed) -> dict[str, Any]:
    return {
        "table": one.table,
        "kind": one.column.kind.value,
        "label": one.column.label,
        "spanners": list(one.column.spanners),
        "exact": str(one.exact),
        "converted": _converted_json(one.converted) if one.converted else None,
        "decimals": one.decimals,
        "published": str(one.published),
    }


def _converted_json(told: Converted) -> dict[str, str]:
    return {name: str(value) for name, value in told._asdict().items()}


def _rank_json(placed: Placed) -> dict[str, Any]:
    return {
        "table": placed.table,
        "scope": placed.ranked.scope.value,
        "among": placed.among,
        "units": len(placed.ranked.units),
        "rank": placed.own.rank,
        "figure": str(placed.own.figure),
        "above": _neighbour_json(placed.above),
        "below": _neighbour_json(placed.below),
    }


def _neighbour_json(other: Neighbour | None) -> dict[str, Any] | None:
    return {"unit": other.unit.code, "rank": other.rank, "figure": str(other.figure)} if other else None


def _input_json(one: Input) -> dict[str, Any]:
    return {
        "input": one.kind.value,
        "raw": None if one.raw is None else as_typed(one.raw),
        "value": None if one.value is None else str(one.value),
        **_place_json(one.where),
    }


def _place_json(where: Where) -> dict[str, Any]:
    return {"file": where.file, "sheet": where.sheet, "cell": where.cell}


def _text(points: Decimal | None) -> str | None:
    return None if points is None else str(points)
