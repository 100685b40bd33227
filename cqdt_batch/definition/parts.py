"""The parts into which the appraisal of a round is shared out: what one appraiser's workbook covers."""

from __future__ import annotations

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import AppraisalPart, Criterion


def parts_of(assessment: Assessment) -> tuple[AppraisalPart, ...]:
    """The parts that the definition names; where it names none, every block is one."""
    whole = (AppraisalPart(code=block.code, block=block.code) for block in assessment.blocks)
    return assessment.appraisal or tuple(whole)


def leaves_of(assessment: Assessment, part: AppraisalPart) -> tuple[Criterion, ...]:
    """The leaves of a part, each once, in the order of the tree."""
    tree = assessment.trees[part.block]
    named = part.criteria or (tree.root.code,)
    codes = {leaf.code for code in named for leaf in tree.leaves(code)}
    return tuple(leaf for leaf in tree.leaves(tree.root.code) if leaf.code in codes)
