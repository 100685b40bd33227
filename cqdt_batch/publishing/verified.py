"""What a unit says of itself beside what was verified, in words: for the working paper and for the unit itself."""

from __future__ import annotations

from collections.abc import Iterable

from cqdt_batch.cells import as_typed
from cqdt_batch.definition.records import Correction, Criterion
from cqdt_batch.definition.sheets import YesNo, choice_key
from cqdt_batch.intake.submissions import Input, InputKind, scored_by
from cqdt_batch.intake.verdicts import Verdict
from cqdt_batch.messages import Words
from cqdt_batch.scoring.trace import Node


def answers_compared(node: Node, words: Words) -> str:
    """What a leaf's points are computed from: a / b, and, where it was verified otherwise, → and the verified a / b."""
    if InputKind.FIRST not in scored_by(node.criterion):
        return ""
    own = _said(node.answered, node.criterion, words)
    if node.verdict is None:
        return own
    found = {one.kind: one for one in (*node.answered, *node.verdict.inputs)}
    verified = _said(found.values(), node.criterion, words)
    return own if own == verified else f"{own} → {verified}"


def _said(inputs: Iterable[Input], leaf: Criterion, words: Words) -> str:
    found = {one.kind: one for one in inputs}
    return " / ".join(_value(found.get(kind), words) for kind in scored_by(leaf))


def _value(found: Input | None, words: Words) -> str:
    """What an input means, or, where that was not understood, as it was typed."""
    if found is None or found.raw is None:
        return words("form.empty")
    if isinstance(found.value, YesNo):
        return words(choice_key(found.value))
    return as_typed(found.raw) if found.value is None else words.shown(found.value)


def reasons(node: Node, words: Words) -> str:
    """Why a leaf's points are not the unit's own: the appraiser's reason, and those of corrections."""
    said = [node.verdict.reason] if node.verdict and node.verdict.reason else []
    return "\n".join((*said, *(_corrected(one, words) for one in node.corrections)))


def _corrected(entry: Correction, words: Words) -> str:
    old, new = (words("not_assessed") if points is None else words.shown(points) for points in (entry.old, entry.new))
    return words("working.corrected_by", old=old, new=new, reason=entry.reason, document=entry.document)


def place_of(verdict: Verdict, words: Words) -> str:
    """The file and the cell in which an appraiser wrote."""
    where = verdict.inputs[0].where
    return words("working.verified_at", file=where.file, sheet=where.sheet, cell=where.cell)
