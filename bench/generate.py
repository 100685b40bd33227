"""Make rounds of any size to measure with: criteria and tables of the sample round, invented units, filled forms.

Forms are not drawn one by one: a form of each block is drawn by the program, filled with openpyxl as those of the
sample are, with a mark in every cell that a unit fills in, and each unit's form is that file with its own answers
for the marks. What comes out is, byte for byte, the form as openpyxl would have filled it (tests/test_bench.py).
"""

from __future__ import annotations

import argparse
import itertools
import random
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias
from xml.sax.saxutils import escape

from bench.places import BUILD
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import Criterion, Unit
from cqdt_batch.intake.submissions import InputKind
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.publishing.forms.form import form_sheets
from cqdt_batch.publishing.writer import write_workbook
from samples.filling import SAMPLES, Answer, Row, define, fill, rows, seeded, sources, write_zip

SAMPLE = RoundFolder(SAMPLES / "hoa-binh-2020")
RETURNED = datetime(2020, 11, 2, 8, tzinfo=UTC)

DEPARTMENT = {"block": "so-nganh", "group": "co-dich-vu-cong", "name": "Cơ quan {}", "printed_name": "CQ {}"}
DISTRICT = {"block": "huyen", "group": "", "name": "Ủy ban nhân dân huyện {}", "printed_name": "UBND huyện {}"}
KINDS = (DEPARTMENT, DEPARTMENT, DISTRICT)
"""Two departments to a district, as in the sample; all offer public services, so that all are ranked."""
UNRANKED = "khong-dich-vu-cong"

SYLLABLES = (
    *("An", "Bình", "Cao", "Châu", "Dương", "Đông", "Hà", "Hải", "Hòa", "Hưng", "Kim", "Lạc", "Lâm", "Long", "Minh"),
    *("Mỹ", "Nam", "Ngọc", "Phong", "Phú", "Quang", "Sơn", "Tân", "Thanh", "Thịnh", "Thuận", "Tiên", "Trung", "Vân"),
    *("Vĩnh", "Xuân", "Yên"),
)
"""Of three different ones the names of 29,760 places can be made."""

_MARK = re.compile(
    r'(?P<cell><c r="\w+" s="\d+") t="inlineStr"><is><t>‹(?P<kind>\w+) (?P<criterion>[\w.]+)›</t></is></c>'
)

Answers: TypeAlias = "Mapping[tuple[str, InputKind], Decimal | str]"


def make(folder: RoundFolder, forms: int, seed: int) -> None:
    """Write a round of so many units, all of whose forms are filled: the definition, and the inbox."""
    shutil.copytree(sources(SAMPLE), sources(folder))
    assessment = define(folder, _records(forms, seed))
    folder.inbox.mkdir()
    templates = {block: template(assessment, block, folder.inbox / f"{block}.xlsx") for block in assessment.trees}
    for unit in assessment.units:
        answered = dict(answers(assessment.assessed_leaves(unit), unit, seed))
        parts = templates[unit.block].filled(unit, answered)
        write_zip(folder.inbox / f"{unit.code}.xlsx", parts, RETURNED)


def made(forms: int, seed: int) -> RoundFolder:
    """The round of so many units; it is made when it is missing, and appears whole or not at all."""
    folder = RoundFolder(BUILD / f"{forms}-forms-seed-{seed}")
    if not folder.path.exists():
        unfinished = RoundFolder(folder.path.with_suffix(".tmp"))
        shutil.rmtree(unfinished.path, ignore_errors=True)
        make(unfinished, forms, seed)
        unfinished.path.rename(folder.path)
    return folder


def _records(forms: int, seed: int) -> dict[str, list[Row]]:
    """The records that differ from the sample's: other units, and nobody is exempt."""
    sections = [row for row in rows(SAMPLE, "sections") if row["groups"] != UNRANKED]
    return {"units": list(_units(forms, seed)), "exemptions": [], "sections": sections}


def _units(forms: int, seed: int) -> Iterator[Row]:
    places = list(itertools.permutations(SYLLABLES, 3))
    drawn = seeded("places", str(seed)).sample(places, forms)
    for number, (place, kind) in enumerate(zip(drawn, itertools.cycle(KINDS)), 1):
        named = {field: text.format(" ".join(place)) for field, text in kind.items()}
        yield {"code": f"{kind['block']}-{number:05}", **named}


def answers(leaves: tuple[Criterion, ...], unit: Unit, seed: int) -> Iterator[Answer]:
    """What a unit types: points, evidence where it must prove them, and now and then an explanation."""
    drawn = seeded(unit.code, str(seed))
    for leaf in leaves:
        score = _score(leaf, drawn)
        yield (leaf.code, InputKind.SCORE), score
        if score and leaf.evidence_required:
            yield (leaf.code, InputKind.EVIDENCE), _evidence(leaf, drawn)
        if not score or drawn.random() < _EXPLAINED:
            yield (leaf.code, InputKind.EXPLANATION), f"Đạt {drawn.randrange(100)}% kế hoạch năm; còn lại làm năm sau."


_EXPLAINED = 0.2
_FULL, _PART, _NOTHING = 6, 3, 1
"""How many of ten leaves are done altogether, in part, and not at all."""


def _score(leaf: Criterion, drawn: random.Random) -> Decimal:
    most = leaf.max_score or Decimal(0)
    part = Decimal(drawn.randrange(int(most * 100))) / 100
    return drawn.choices((most, part, Decimal(0)), (_FULL, _PART, _NOTHING))[0]


def _evidence(leaf: Criterion, drawn: random.Random) -> str:
    number, day, month, page = (drawn.randint(1, most) for most in (2500, 28, 10, 40))
    return f"Số {number}/BC-VP ngày {day:02}/{month:02}/2020, trang {page}: {leaf.evidence}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """The parts of the form of `unit`, with a mark in every cell that is filled in."""

    unit: Unit
    parts: tuple[tuple[str, str], ...]

    def filled(self, unit: Unit, answered: Answers) -> Iterator[tuple[str, bytes]]:
        """The parts of the form of another unit of the block, with its answers."""

        def cell(mark: re.Match[str]) -> str:
            return mark["cell"] + _content(answered.get((mark["criterion"], InputKind(mark["kind"]))))

        for name, text in self.parts:
            named = text.replace(self.unit.name, unit.name).replace(self.unit.code, unit.code)
            yield name, _MARK.sub(cell, named).encode()


def template(assessment: Assessment, block: str, scratch: Path) -> Template:
    """Draw the form of the first unit of a block and mark its cells, by way of a file that is gone afterwards."""
    words = Words()
    unit = next(unit for unit in assessment.units if unit.block == block)
    form = write_workbook(scratch, form_sheets(assessment, unit, words), words("form.document"))
    kinds = (InputKind.SCORE, InputKind.EVIDENCE, InputKind.EXPLANATION)
    marked = itertools.product(assessment.assessed_leaves(unit), kinds)
    fill(form, (((leaf.code, kind), f"‹{kind} {leaf.code}›") for leaf, kind in marked), RETURNED)
    with zipfile.ZipFile(form) as parts:
        texts = tuple((name, parts.read(name).decode()) for name in parts.namelist())
    form.unlink()
    return Template(unit=unit, parts=texts)


def _content(answer: Decimal | str | None) -> str:
    """What follows the address and style of a cell, as openpyxl writes it."""
    match answer:
        case None:
            return ' t="n" />'
        case str(text):
            return f' t="inlineStr"><is><t>{escape(text)}</t></is></c>'
        case number:
            return f' t="n"><v>{float(number):.16g}</v></c>'


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("forms", type=int)
    asked.add_argument("seed", type=int)
    wanted = asked.parse_args()
    print(made(wanted.forms, wanted.seed).path)
