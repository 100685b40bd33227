"""The guides and the references say what the program does, in both languages alike."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from cqdt_batch.cli import app
from cqdt_batch.cli.status import Status
from cqdt_batch.definition.checks.references import PLACEHOLDERS
from cqdt_batch.definition.records import ColumnKind, Rule, Treatment
from cqdt_batch.definition.sheets import SHEETS, Field, SheetSpec, choice_key
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.rounding import published
from docs.guide_round import FOLDERS, HERE, GuideRound
from docs.make_guide import GUIDES, MADE, guide
from docs.make_reference import PAGES, Reference

PICTURES = sorted((HERE / "pictures").glob("*.png"))
FIELDS = [(spec, field) for spec in SHEETS for field in spec.fields]
CHOICES = sorted({choice_key(one) for _, field in FIELDS for one in field.choices or ()})
LANGUAGES = pytest.mark.parametrize("language", Language)
EVERY_FIELD = pytest.mark.parametrize(("spec", "field"), FIELDS, ids=[f"{s.name}.{f.name}" for s, f in FIELDS])


@cache
def the_round(language: Language) -> GuideRound:
    return GuideRound(language=language)


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def prose(language: Language) -> str:
    """A guide in one line, so that no phrase is broken."""
    return " ".join(text(GUIDES[language]).split())


def parts(language: Language) -> dict[str, str]:
    """The parts of a guide, by their anchors."""
    split = re.split(r'<a id="(\w+)"></a>', text(GUIDES[language]))
    return dict(zip(split[1::2], split[2::2], strict=True))


def commands(language: Language) -> list[list[str]]:
    """The commands of a guide in their order; what the shell does with their output is left out."""
    shown = re.findall(r"^\.venv/bin/cqdt ([^\n>]+)", text(GUIDES[language]), re.MULTILINE)
    return [shlex.split(command) for command in shown]


@LANGUAGES
def test_what_is_made_in_a_guide_is_what_the_program_makes(language: Language) -> None:
    assert guide(the_round(language)) == text(GUIDES[language])


@LANGUAGES
def test_the_reference_is_what_the_code_says(language: Language) -> None:
    assert Reference(language=language).page() == text(PAGES[language])


@LANGUAGES
def test_the_shipped_example_is_the_round_of_the_guide(language: Language, tmp_path: Path) -> None:
    folder = RoundFolder(tmp_path)
    definition = the_round(language).define(folder)
    assert definition.findings == ()
    assert folder.definition.read_bytes() == FOLDERS[language].definition.read_bytes()


@LANGUAGES
def test_every_unit_of_the_example_is_ranked(language: Language) -> None:
    outcome = the_round(language).outcome
    assert outcome.findings == ()
    assert set(outcome.states.values()) == {"ranked"}


@LANGUAGES
@EVERY_FIELD
def test_the_part_about_a_sheet_explains_every_column(language: Language, spec: SheetSpec, field: Field) -> None:
    words = Words(language)
    part = parts(language)[spec.name]
    assert words(spec.title_key) in part.lstrip().splitlines()[0]
    wanted = words(spec.header_key(field))
    mark = f"| {wanted} |" if spec.name == "limits" else f"**{wanted}**"
    assert mark in " ".join(part.split())


@LANGUAGES
@pytest.mark.parametrize("rule", Rule)
def test_every_rule_has_its_heading_and_a_worked_number(language: Language, rule: Rule) -> None:
    heading = f"### {Words(language)(choice_key(rule))}\n"
    told = parts(language)["rules"].split(heading)[1].split("\n### ")[0]
    assert f"<!-- made: rule {rule} -->" in told


@LANGUAGES
@pytest.mark.parametrize(
    ("part", "choice"),
    [("treatments", treatment) for treatment in Treatment] + [("columns", kind) for kind in ColumnKind],
)
def test_treatments_and_kinds_of_columns_are_explained(language: Language, part: str, choice: StrEnum) -> None:
    assert f"**{Words(language)(choice_key(choice))}**" in parts(language)[part]


@LANGUAGES
@EVERY_FIELD
def test_the_reference_has_every_column(language: Language, spec: SheetSpec, field: Field) -> None:
    words = Words(language)
    row = f"| **{words(spec.header_key(field))}** |"
    assert any(line.startswith(row) and line.endswith(f"| {words(spec.help_key(field))} |") for line in rows(language))


def rows(language: Language) -> list[str]:
    return text(PAGES[language]).splitlines()


@LANGUAGES
@pytest.mark.parametrize("key", CHOICES)
def test_the_reference_has_every_choice(language: Language, key: str) -> None:
    assert Words(language)(key) in text(PAGES[language])


@LANGUAGES
@pytest.mark.parametrize("name", PLACEHOLDERS)
def test_every_placeholder_is_explained(language: Language, name: str) -> None:
    assert f"| `{{{name}}}` |" in parts(language)["placeholders"]
    assert f"| `{{{name}}}` |" in text(PAGES[language])


def test_both_guides_are_built_alike() -> None:
    """Anchors, headings by their levels, what is made, pictures and commands follow each other alike."""
    skeleton = r'<a id="\w+">|^#+ |<!-- made: [\w ]+ -->|pictures/[\w-]+\.png|^\.venv/bin/cqdt \w+'
    vi, en = (re.findall(skeleton, text(GUIDES[language]), re.MULTILINE) for language in Language)
    assert vi == en
    assert len([mark for mark in vi if mark.startswith("<!--")]) == len(MADE.findall(text(GUIDES[Language.VI])))


@pytest.mark.parametrize("page", [*GUIDES.values(), *PAGES.values()], ids=lambda page: page.name)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", text(page)):
        file, _, anchor = target.partition("#")
        to = page.parent / file if file else page
        assert to.exists(), target
        assert not anchor or f'<a id="{anchor}"></a>' in text(to), target


def test_pictures_are_few_and_small_and_all_are_shown() -> None:
    assert 0 < len(PICTURES) <= 10
    assert max(picture.stat().st_size for picture in PICTURES) < 120_000
    for page in GUIDES.values():
        assert {f"pictures/{picture.name}" for picture in PICTURES} == set(
            re.findall(r"\((pictures/.+?)\)", text(page))
        )


def facts(language: Language) -> dict[str, str]:
    """The numbers that the prose of the guides mentions, as the program computes them."""
    of = the_round(language)
    assessment, outcome = of.assessment, of.outcome
    trees = assessment.trees
    departments, communes = outcome.points["so"]["CS"], outcome.points["xa"]["CS"]
    first, second = (of.shown(past.total) for past in assessment.past if past.unit == "so-tai-chinh")
    assert communes["an-phu"] == communes["binh-hoa"]
    found: dict[str, Any] = {
        "exact": departments["so-noi-vu"],
        "printed": published(departments["so-noi-vu"], assessment.block_by_code["so"].decimals),
        "scale": trees["so"].maximum("CS"),
        "other_scale": trees["xa"].maximum("CS"),
        "points": published(departments["thanh-tra"], 0),
        "applicable": outcome.applicable["so"]["CS"]["thanh-tra"],
        "without": trees["so"].maximum("2"),
        "tied": communes["an-phu"],
        "steps": of.leaf(of.source["zero"]).max_score,
        "part": trees["xa"].maximum("1.1"),
        "target": trees["so"].by_code["2.1"].target,
        "next_target": next(change["value"] for change in of.source["changes"] if change["field"] == "target"),
        "decimals": assessment.block_by_code["so"].input_decimals,
        "published": assessment.block_by_code["so"].decimals,
    }
    return {"first": first, "second": second} | {name: of.shown(value) for name, value in found.items()}


@pytest.mark.parametrize(
    ("vi", "en"),
    [
        ("năm sở, ngành (thang {scale} điểm)", "five departments (a scale of {scale})"),
        ("bốn xã, phường (thang {other_scale} điểm)", "four communes (a scale of {other_scale})"),
        ("{exact} in thành {printed}", "{exact} is printed as {printed}"),
        ("({published} chữ số thập phân)", "({published} decimal)"),
        ("bình quân của {first} và {second}", "the mean of {first} and {second} is taken"),
        ("tính điểm đến {decimals} chữ số thập phân", "computed to {decimals} decimals"),
        ("(tối đa {steps} điểm)", "(at most {steps} points)"),
        ("mỗi tiêu chí tối đa {part} điểm", "of at most {part} points each"),
        (
            "nhóm tiêu chí 2 ({without} điểm), nên điểm tối đa áp dụng là {applicable}",
            "criterion 2 ({without} points), so its applicable maximum is {applicable}",
        ),
        ("{points} × {scale} ÷ {applicable}. Cột", "{points} × {scale} ÷ {applicable}. The column"),
        ("{points} × 100 ÷ {applicable}, tính bằng %", "{points} × 100 ÷ {applicable}, in percent"),
        ("cùng {tied} điểm", "both have {tied} points"),
        ("Thang là {other_scale} điểm", "The scale is {other_scale}"),
        ("từ {target} lên {next_target}", "from {target} to {next_target}"),
    ],
)
def test_the_numbers_in_the_prose_are_computed(vi: str, en: str) -> None:
    for language, said in ((Language.VI, vi), (Language.EN, en)):
        assert said.format(**facts(language)) in prose(language)


@LANGUAGES
def test_the_shown_commands_run_in_their_order(
    language: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The officer fills in the definition after `new`, and the units send their forms after `forms`."""
    monkeypatch.chdir(tmp_path)
    of = the_round(language)
    statuses = []
    for command in commands(language):
        result = CliRunner().invoke(app, command)
        statuses.append((command[0], Status(result.exit_code)))
        folder = RoundFolder(Path(command[1]))
        if command[0] == "new":
            shutil.copy(FOLDERS[language].definition, folder.definition)
        if command[0] == "forms":
            of.fill(of.assessment, folder.inbox)
        if command[0] == "report":
            printed = {table.code: list(table_rows(folder.annex, table.code)) for table in of.assessment.tables}
    assert statuses == [
        ("new", Status.CLEAN),
        ("check", Status.NOTHING_READ),
        ("forms", Status.CLEAN),
        ("report", Status.CLEAN),
        ("check", Status.CLEAN),
        ("show", Status.CLEAN),
    ]
    assert printed == {code: list(told_rows(language, code)) for code in printed}


def table_rows(annex: Path, code: str) -> Iterator[list[float | str]]:
    """What stands in the rows of an annex table, headers among them, as Excel opens it."""
    for cells in openpyxl.load_workbook(annex, data_only=True)[code].iter_rows():
        row = [cell.value for cell in cells if cell.border.left.style and cell.value not in (None, "")]
        if row:
            yield row


def told_rows(language: Language, code: str) -> Iterator[list[float | str]]:
    """The same, read from the guide."""
    made = parts(language)["walk" if code == "1" else "build"].split(f"<!-- made: annex {code} -->")[1]
    for row in re.findall(r"<tr>(.*?)</tr>", made.split("<!-- end -->")[0]):
        yield [number(cell) for cell in re.findall(r"<td[^>]*>([^<]+)</td>", row)]


def number(cell: str) -> float | str:
    plain = cell.removesuffix("%").replace(",", ".")
    return float(plain) if re.fullmatch(r"[+-]?[0-9.]+", plain) else cell
