"""Read what stands in a cell whose content is chosen from a list: one of its words, or why it is none."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from cqdt_batch.cells import Content, Covered, ErrorValue, Formula, as_typed
from cqdt_batch.definition.names import folded
from cqdt_batch.definition.records import Criterion, Rule
from cqdt_batch.definition.sheets import YesNo, choice_key
from cqdt_batch.messages import in_every_language


class Choice(NamedTuple):
    """What a cell means: the chosen `value` where it is known, and the code of what there is to say."""

    value: str | None
    code: str = ""


_NO_CHOICE = {Formula: "score_formula", ErrorValue: "score_error_value", Covered: "score_covered"}


def read_choice(leaf: Criterion, content: Content) -> Choice:
    """Read a filled cell: the exact name of a case, or `YesNo`; its words are taken in either language."""
    offered = {folded(level.name): level.name for level in leaf.levels} if leaf.rule is Rule.CASES else _yes_no()
    if code := _NO_CHOICE.get(type(content)):
        return Choice(None, code)
    text = folded(as_typed(content))
    if text in offered:
        return Choice(offered[text])
    if isinstance(content, bool) and leaf.rule is Rule.YES_NO:
        return Choice(YesNo.YES if content else YesNo.NO, "choice_read_as")
    return Choice(None, _reason(text))


def _reason(text: str) -> str:
    if not text:
        return "score_missing"
    is_claim = text in map(folded, in_every_language("not_assessed"))
    return "score_not_assessed_claimed" if is_claim else "choice_unknown"


@cache
def _yes_no() -> Mapping[str, str]:
    return {folded(word): answer for answer in YesNo for word in in_every_language(choice_key(answer))}
