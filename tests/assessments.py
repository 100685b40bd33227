"""Small assessments made in code, and what their units hand in: for the tests of scoring and ranking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, replace
from dataclasses import fields as fields_of
from decimal import Decimal
from fractions import Fraction
from typing import Any

from cqdt_batch.cells import Content
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import (
    AnnexTable,
    Block,
    Criterion,
    Orientation,
    Profile,
    RankBasis,
    Rule,
    Section,
    TieRule,
    Treatment,
    Unit,
)
from cqdt_batch.findings import Where
from cqdt_batch.intake.collecting import Intake
from cqdt_batch.intake.rivals import FileEntry, FileState
from cqdt_batch.intake.submissions import Input, InputKind, Submission
from cqdt_batch.scoring.points import applicable, score
from cqdt_batch.scoring.ranking import RankedTable, rank_table

BLOCK = Block(
    code="k",
    name="K",
    decimals=1,
    input_decimals=2,
    ties=TieRule.DENSE,
    basis=RankBasis.PUBLISHED,
    treatment=Treatment.UNRANKED,
)
TABLE = AnnexTable(code="I", block="k", title="", criterion="T", headed=False, orientation=Orientation.PORTRAIT)
SECTION = Section(table="I", groups=(), title="", ranked=True, restarts=True)


def criterion(code: str, parent: str = "", maximum: Decimal | int | None = None, **fields: Any) -> Criterion:
    """A criterion of block k: a leaf of typed points where it has a maximum and no other rule."""
    plain: dict[str, Any] = {
        "block": "k",
        "code": code,
        "parent": parent,
        "label": code,
        "max_score": None if maximum is None else Decimal(maximum),
        "rule": None if maximum is None else Rule.POINTS,
        "evidence_required": False,
        "evidence": "",
    }
    return Criterion(**(plain | fields))


def unit(code: str, **fields: Any) -> Unit:
    """A unit of block k."""
    plain = {"name": code.upper(), "printed_name": code.upper(), "other_names": (), "block": "k", "group": "g"}
    return Unit(code=code, **(plain | fields))


def assessment(units: Iterable[Unit], criteria: Iterable[Criterion], block: Block = BLOCK, **fields: Any) -> Assessment:
    """One block with one table of one ranked section, unless told otherwise."""
    blank: dict[str, Any] = {f.name: "" for f in fields_of(Profile) if f.default is MISSING and f.name != "year"}
    plain: dict[str, Any] = {"exemptions": (), "tables": (TABLE,), "sections": (SECTION,), "columns": ()}
    return Assessment(
        profile=Profile(**blank, year=2020),
        blocks=(block,),
        units=tuple(units),
        criteria=tuple(criteria),
        **(plain | fields),
    )


def handed_in(sender: str, typed: Mapping[Any, Content | None]) -> Submission:
    """A unit's submission; a code alone stands for the score of the criterion."""
    inputs = []
    for row, (key, value) in enumerate(typed.items(), 2):
        code, kind = (key, InputKind.SCORE) if isinstance(key, str) else key
        read = value if isinstance(value, Decimal) or kind is not InputKind.SCORE else None
        where = Where(file=f"{sender}.xlsx", sheet="P", row=row, column=5)
        inputs.append(Input(unit=sender, criterion=code, kind=kind, raw=value, value=_meant(read), where=where))
    return Submission(unit=sender, file=f"{sender}.xlsx", sha256="", inputs=tuple(inputs))


def _meant(value: Content | None) -> Decimal | str | None:
    return value if isinstance(value, Decimal | str) else None


def ranked(of: Assessment, submissions: Iterable[Submission]) -> RankedTable:
    """Score and rank the first table."""
    table = of.tables[0]
    points = score(of, table.block, submissions)
    return rank_table(of, table, points, applicable(of.trees[table.block], points))


def intake_of(submissions: Sequence[Submission]) -> Intake:
    """An inbox of nothing but accepted forms."""
    files = tuple(
        FileEntry(name=one.file, state=FileState.ACCEPTED, unit=one.unit, submission=one) for one in submissions
    )
    return Intake(files=files, submissions=tuple(submissions), findings=(), listed=len(files))


def with_block(of: Assessment, **fields: Any) -> Assessment:
    """The same assessment with other settings of its block."""
    return replace(of, blocks=(replace(of.blocks[0], **fields),))


def half_up(exact: Fraction | Decimal, decimals: int) -> Fraction:
    """Round in whole numbers, half away from zero: what the program must agree with."""
    read = Fraction(exact)
    scaled, whole = abs(read.numerator) * 10**decimals, read.denominator
    rounded = Fraction((2 * scaled + whole) // (2 * whole), 10**decimals)
    return -rounded if read < 0 else rounded
