"""A run for machines: the same facts as on the board, as plain JSON values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cqdt_batch.cells import as_typed
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import Block, ColumnKind, Correction, Unit
from cqdt_batch.definition.sheets import LIMITS
from cqdt_batch.findings import Finding
from cqdt_batch.intake.rivals import Change, FileEntry
from cqdt_batch.messages import Words
from cqdt_batch.publishing.sealing.seal import Seal
from cqdt_batch.rounding import published
from cqdt_batch.scoring.figures import Figures
from cqdt_batch.scoring.outcome import Outcome
from cqdt_batch.scoring.ranking import RANK_KINDS, RankedTable, Scope


def run_json(round_folder: Path, status: int, findings: Iterable[Finding], words: Words) -> dict[str, Any]:
    """What every command tells: the round, how it ended, what was found."""
    told = [finding_json(finding, words) for finding in findings]
    return {"round": str(round_folder), "status": int(status), "findings": told}


def finding_json(finding: Finding, words: Words) -> dict[str, Any]:
    """A finding with its place and its words."""
    where = finding.where
    return {
        "severity": finding.severity.value,
        "code": finding.code,
        "message": words.message(finding),
        "unit": finding.unit or None,
        "file": where.file or None,
        "sheet": where.sheet or None,
        "cell": where.cell or None,
        "row": where.row or None,
        "column": where.column or None,
    }


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """The state of every unit and every file, and whether the annex is a draft."""
    return {
        "draft": outcome.is_draft,
        "tables": [{"table": ranked.table.code, "rows": list(_rows(ranked))} for ranked in outcome.tables],
        "units": [{"unit": unit, "state": state.value} for unit, state in outcome.states.items()],
        "files": [_file_json(entry) for entry in outcome.intake.files],
        "appraisal": _appraisal_json(outcome),
        "corrections": [_correction_json(outcome, entry) for entry in outcome.assessment.corrections],
        "changes": [_change_json(change) for change in outcome.intake.changes],
        "limits": {field.name: getattr(outcome.assessment.limits, field.name) for field in LIMITS.fields},
    }


def _file_json(entry: FileEntry) -> dict[str, Any]:
    return {
        "file": entry.name,
        "state": entry.state.value,
        "unit": entry.unit or None,
        "sha256": entry.sha256 or None,
        "modified": entry.modified.isoformat() if entry.modified else None,
    }


def _appraisal_json(outcome: Outcome) -> dict[str, Any]:
    """The appraisers' files, and which criteria of each unit with a form they have and have not verified."""
    units = outcome.assessment.unit_by_code
    leaves = {
        unit: [one.code for one in outcome.assessment.assessed_leaves(units[unit])] for unit in outcome.unverified
    }
    return {
        "files": [_file_json(entry) for entry in outcome.appraisal.files],
        "units": [
            {
                "unit": unit,
                "verified": [code for code in leaves[unit] if code not in open_still],
                "unverified": list(open_still),
            }
            for unit, open_still in outcome.unverified.items()
        ]
        if outcome.appraisal.files
        else [],
    }


def _correction_json(outcome: Outcome, entry: Correction) -> dict[str, Any]:
    """An entry of the register; points are text, null is "not assessed"."""
    return {
        "unit": entry.unit,
        "criterion": entry.criterion,
        "old": None if entry.old is None else str(entry.old),
        "new": None if entry.new is None else str(entry.new),
        "applied": entry in outcome.register.applied,
        "document": entry.document,
    }


def _change_json(change: Change) -> dict[str, Any]:
    """What a superseded file said and what the one that counts says; as typed."""
    before, after = (as_typed(i.raw) if i and i.raw is not None else None for i in (change.before, change.after))
    return {
        "unit": change.unit,
        "criterion": change.criterion,
        "input": change.kind.value,
        "before": before,
        "after": after,
        "old_file": change.old_file,
        "new_file": change.new_file,
    }


def _rows(ranked: RankedTable) -> Iterator[dict[str, Any]]:
    """The units of a table from first to last; figures are text, so that no reader makes them binary.

    `result` is what is ranked: the total, or the percent. `rank` is that within the section.
    """
    figures = ranked.figures
    for standing in ranked.standings:
        total, result = (_published(figures, kind, standing.unit) for kind in (ColumnKind.TOTAL, figures.ranked_kind))
        grade = {"grade": standing.grade.label} if standing.grade else {}
        beside = {name: standing.ranks[scope] for name, scope in _RANKS_BESIDE.items() if scope in standing.ranks}
        row = {"unit": standing.unit.code, "number": standing.number, "total": total, "result": result}
        yield {**row, "rank": standing.rank, **beside, **grade}


_RANKS_BESIDE: Mapping[str, Scope] = {
    kind.value: RANK_KINDS[kind] for kind in (ColumnKind.RANK_IN_SUBGROUP, ColumnKind.RANK_OVERALL)
}


def _published(figures: Figures, kind: ColumnKind, unit: Unit) -> str | None:
    exact = figures.exact(kind, unit)
    return None if exact is None else str(published(exact, figures.block.decimals))


def extent_json(assessment: Assessment) -> dict[str, Any]:
    """How much a definition holds of everything, block by block."""
    return {"blocks": [_block_json(assessment, block) for block in assessment.blocks]}


def _block_json(assessment: Assessment, block: Block) -> dict[str, Any]:
    tree = assessment.trees[block.code]
    return {
        "block": block.code,
        "name": block.name,
        "units": len(assessment.units_of(block.code)),
        "criteria": len(tree.criteria),
        "leaves": len(tree.leaves(tree.root.code)),
        "tables": sum(table.block == block.code for table in assessment.tables),
    }


def outputs_json(paths: Iterable[Path]) -> dict[str, Any]:
    """The files that were written."""
    return {"outputs": [str(path) for path in paths]}


def verification_json(seal: Seal | None, *, is_reproduced: bool) -> dict[str, Any]:
    """Whether the sealed results are reproduced byte for byte, and what they are; nothing sealed where none is read."""
    outputs = [{"file": output.file, "sha256": output.sha256} for output in seal.outputs] if seal else []
    return {"reproduced": is_reproduced, "sealed": outputs}
