"""`cqdt show`: the text of a definition says all of it, and changes where the definition does and nowhere else."""

from __future__ import annotations

import difflib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from cqdt_batch.cli import app
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.records import Exemption, Grade, GradeBasis, Level, Rule
from cqdt_batch.definition.sheets import SHEETS, Field, Kind, SheetSpec, choice_key
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.running import read_definition
from cqdt_batch.publishing.description import description_json, description_lines
from tests.assessments import assessment, criterion, unit
from tests.rounds import ROOT, SAMPLE
from tests.small_rounds import small_rounds

WORDS = Words()


def show(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["show", *map(str, arguments)])


def text_of(of: Assessment) -> list[str]:
    return list(description_lines(of, WORDS))


def loaded(folder: RoundFolder) -> Assessment:
    made = read_definition(folder).assessment
    assert made is not None
    return made


def difference(before: list[str], after: list[str]) -> list[str]:
    """The lines that diff would mark."""
    return [
        line for line in difflib.unified_diff(before, after, n=0, lineterm="") if line[:2] not in {"--", "++", "@@"}
    ]


# ---------------------------------------------------------------- one cell, its lines


def retyped(folder: RoundFolder, sheet: str, row: str, header: str, value: Any) -> None:
    """Type into the cell of a sheet that stands in the first row holding `row`, under `header`."""
    workbook = openpyxl.load_workbook(folder.definition)
    cells = list(workbook[sheet].iter_rows())
    column = next(cell.column for cell in cells[0] if cell.value == header)
    line = next(cells[0].row for cells in cells[1:] if any(str(cell.value) == row for cell in cells))
    workbook[sheet].cell(line, column).value = value
    workbook.save(folder.definition)


CHANGES: dict[tuple[str, str, str], tuple[Any, list[str]]] = {
    ("Khối", "huyen", "Số thập phân công bố"): (1, ["-  Số thập phân công bố: 2", "+  Số thập phân công bố: 1"]),
    ("Khối", "huyen", "Khi bằng điểm"): (
        "Bỏ bậc 1-2-2-4",
        ["-  Khi bằng điểm: Liền bậc 1-2-2-3", "+  Khi bằng điểm: Bỏ bậc 1-2-2-4"],
    ),
    ("Đơn vị", "so-y-te", "Mã đơn vị"): ("so-yt", ["-Mã đơn vị: so-y-te", "+Mã đơn vị: so-yt"]),
    ("Đơn vị", "so-y-te", "Tên in trong biểu"): (
        "Sở  Y tế",
        ["-  Tên in trong biểu: Sở Y tế", "+  Tên in trong biểu: Sở  Y tế"],
    ),
    ("Đơn vị", "so-y-te", "Tên gọi khác"): ("SYT;Sở YT", ["+  Tên gọi khác: SYT; Sở YT"]),
    ("Đơn vị", "so-y-te", "Ghi chú"): ("Hợp nhất\nnăm 2020", ["+  Ghi chú: Hợp nhất\\nnăm 2020"]),
    ("Tiêu chí", "1.1.1", "Điểm tối đa"): (2.5, ["-        Điểm tối đa: 2", "+        Điểm tối đa: 2,5"]),
    ("Tiêu chí", "1.1.1", "Bước điểm"): (0.5, ["+        Bước điểm: 0,5"]),
    ("Biểu", "I", "Hướng giấy"): ("Ngang", ["-  Hướng giấy: Dọc", "+  Hướng giấy: Ngang"]),
    ("Mục", "I.1", "Đánh số lại từ 1"): ("Không", ["-  Đánh số lại từ 1: Có", "+  Đánh số lại từ 1: Không"]),
    ("Cột", "Tổng điểm", "Độ rộng"): (12.5, ["-  Độ rộng: 11", "+  Độ rộng: 12,5"]),
}


@pytest.mark.parametrize("cell", CHANGES, ids=" ".join)
def test_a_changed_cell_changes_its_line_and_no_other(sample: RoundFolder, cell: tuple[str, str, str]) -> None:
    value, expected = CHANGES[cell]
    before = text_of(loaded(sample))
    retyped(sample, *cell, value)
    assert difference(before, text_of(loaded(sample))) == expected


def test_a_unit_that_moves_is_a_block_that_moves(sample: RoundFolder) -> None:
    made = loaded(sample)
    first, second, *others = made.units
    changed = difference(text_of(made), text_of(replace(made, units=(second, first, *others))))
    added, removed = ([line[1:] for line in changed if line[0] == sign] for sign in "+-")
    assert sorted(added) == sorted(removed)
    assert added[0] in {f"Mã đơn vị: {one.code}" for one in (first, second)}
    assert all(line.startswith("  ") for line in added[1:])


def test_criteria_stand_as_a_tree_wherever_their_rows_are() -> None:
    tree = [criterion("T"), criterion("A", "T"), criterion("a1", "A", 5), criterion("b", "T", 5)]
    made = assessment([unit("u")], tree)
    heads = [line for line in text_of(made) if "Mã tiêu chí: " in line]
    assert heads == [
        "Khối: k · Mã tiêu chí: T",
        "  Khối: k · Mã tiêu chí: A",
        "    Khối: k · Mã tiêu chí: a1",
        "  Khối: k · Mã tiêu chí: b",
    ]
    assert text_of(made) == text_of(assessment([unit("u")], [tree[2], tree[1], tree[3], tree[0]]))


def test_levels_and_choices_are_written_as_an_officer_writes_them() -> None:
    levels = (Level("98", Decimal(4)), Level("95,5", Decimal("2.5")))
    made = assessment([unit("u")], [criterion("T"), replace(criterion("a", "T", 4), rule=Rule.STEPS, levels=levels)])
    said = {words.language: list(description_lines(made, words)) for words in map(Words, Language)}
    assert "    Mức điểm: 98: 4; 95,5: 2,5" in said[Language.VI]
    assert "    Cách chấm: Bậc thang" in said[Language.VI]
    assert "    Levels: 98: 4; 95,5: 2.5" in said[Language.EN]
    assert "    Scoring rule: Steps" in said[Language.EN]


# ---------------------------------------------------------------- nothing is left out

DEFINITIONS = sorted((ROOT / "samples").glob("*/dot-danh-gia.xlsx"))


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.parent.name)
def test_every_filled_cell_of_a_shipped_definition_is_told(path: Path) -> None:
    """A cell that says what an empty one means is as good as empty."""
    workbook = openpyxl.load_workbook(path)
    lines = iter(text_of(loaded(RoundFolder(path.parent))))
    assert next(lines) == f"== {WORDS(SHEETS[0].title_key)}"
    for spec in SHEETS:
        told: Counter[str] = Counter()
        for line in lines:
            if line.startswith("== "):
                break
            told.update(line.strip().split(" · ") if spec.key else [line])
        assert told == Counter(typed_facts(workbook[WORDS(spec.title_key)], spec)), spec.name


def typed_facts(sheet: Any, spec: SheetSpec) -> Iterator[str]:
    """What the filled cells of a sheet say: header and text."""
    by_header = {WORDS(spec.header_key(field)): field for field in spec.fields}
    headers, *rows = sheet.iter_rows(values_only=True)
    if spec.upright:
        headers, values = zip(*((label, value) for label, value, *_ in rows), strict=True)
        rows = [values]
    for row in rows:
        for header, value in zip(headers, row, strict=True):
            field = by_header[header]
            if value is not None and (field.required or value != usual(field)):
                yield f"{header}: {as_text(value, field)}"


def usual(field: Field) -> str | None:
    if field.kind is Kind.YES_NO:
        return WORDS("choice.YesNo.no")
    return WORDS(choice_key(field.default)) if isinstance(field.default, StrEnum) else None


def as_text(value: Any, field: Field | None = None) -> str:
    if field and field.kind in {Kind.TEXTS, Kind.LEVELS}:
        return "; ".join(part.strip() for part in value.split(";"))
    if isinstance(value, float):
        return f"{value:g}".replace(".", ",")
    return str(value).replace("\\", "\\\\").replace("\n", "\\n")


def test_json_holds_the_same(sample: RoundFolder) -> None:
    told = description_json(loaded(sample), WORDS)
    assert list(told) == [spec.name for spec in SHEETS]
    assert told["units"][2]["code"] == "so-y-te"
    assert told["columns"][0] == {"table": "I", "kind": "Số thứ tự", "label": "TT", "number": "(1)", "width": "6"}
    facts = [fact for records in told.values() for record in records for fact in record]
    heads = sum(len(spec.key) for spec in SHEETS for _ in told[spec.name])
    lines = [line for line in text_of(loaded(sample)) if not line.startswith("==")]
    assert len(facts) - len(lines) == sum(line.count(" · ") for line in lines) <= heads


# ---------------------------------------------------------------- different definitions, different texts

NASTY = st.text(alphabet="aB1 ·:;\\\n\r\u2028=–", max_size=6)
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: NASTY.map(str.strip),
    Kind.CODE: NASTY.map(str.strip),
    Kind.TEXTS: st.lists(
        st.text(alphabet="aB ·:\\", min_size=1, max_size=4).map(str.strip).filter(bool), max_size=3
    ).map(tuple),
    Kind.WHOLE: st.integers(0, 30),
    Kind.NUMBER: st.integers(0, 400).map(lambda eighths: Decimal(eighths) / 8),
    Kind.YES_NO: st.booleans(),
    Kind.LEVELS: st.lists(
        st.builds(
            Level,
            st.text(alphabet="a1:,· ", min_size=1, max_size=4).map(str.strip).filter(bool),
            st.integers(0, 20).map(lambda halves: Decimal(halves) / 2),
        ),
        max_size=3,
    ).map(tuple),
}
STRUCTURE = {("blocks", "code"), ("criteria", "block"), ("criteria", "code"), ("criteria", "parent")}
"""What the tree hangs on: another value there is another tree or none."""


def value_of(field: Field) -> st.SearchStrategy[Any]:
    some = st.sampled_from(field.choices) if field.kind is Kind.CHOICE and field.choices else VALUES[field.kind]
    return some if field.required else some | st.just(field.blank)


Edit = Callable[[Assessment], Assessment]


@st.composite
def edits(draw: Any, of: Assessment) -> Assessment:
    """The assessment with another value in one cell."""
    cells = [
        (spec, number, field)
        for spec in SHEETS
        for number in range(1 if spec.upright else len(getattr(of, spec.name)))
        for field in spec.fields
        if (spec.name, field.name) not in STRUCTURE
    ]
    spec, number, field = draw(st.sampled_from(cells))
    records = getattr(of, spec.name)
    record = records if spec.upright else records[number]
    changed = replace(record, **{field.name: draw(value_of(field))})
    rows = changed if spec.upright else (*records[:number], changed, *records[number + 1 :])
    sheet: dict[str, Any] = {spec.name: rows}
    return replace(of, **sheet)


@given(st.data())
def test_two_definitions_have_one_text_exactly_if_they_say_the_same(data: st.DataObject) -> None:
    of = data.draw(small_rounds()).assessment
    one, other = data.draw(edits(of)), data.draw(edits(of))
    assert (text_of(one) == text_of(other)) == (says(one) == says(other))
    assert (text_of(one) == text_of(of)) == (says(one) == says(of))


def says(of: Assessment) -> dict[str, Any]:
    return {field.name: getattr(of, field.name) for field in fields(of)}


def test_a_group_and_a_unit_of_one_name_are_told_apart() -> None:
    base = assessment([unit("u", group="u")], [criterion("T"), criterion("a", "T", 5)])
    of_group, of_unit = (
        replace(base, exemptions=(Exemption(block="k", group=group, unit=one, criterion="a", reason=""),))
        for group, one in (("u", ""), ("", "u"))
    )
    assert difference(text_of(of_group), text_of(of_unit)) == [
        "-Khối: k · Nhóm: u · Mã tiêu chí: a",
        "+Khối: k · Mã đơn vị: u · Mã tiêu chí: a",
    ]


def test_a_key_that_looks_like_two_is_told_apart_from_two() -> None:
    base = assessment([unit("u")], [criterion("T"), criterion("a", "T", 5)])
    label = "x · Khối: y"
    grade = Grade(block="k", basis=GradeBasis.POINTS, least=Decimal(0), label=label)
    assert "Khối: k · Xếp loại: x \\· Khối: y" in text_of(replace(base, grades=(grade,)))


def test_nothing_of_a_definition_breaks_a_line_or_a_terminal() -> None:
    base = assessment([unit("u", note="a\nb\x1b[31m\u2028c\\n")], [criterion("T"), criterion("a", "T", 5)])
    assert "  Ghi chú: a\\nb\\u001b[31m\\u2028c\\\\n" in text_of(base)
    assert all(len(line.splitlines()) == 1 for line in text_of(base))


# ---------------------------------------------------------------- the command


def test_show_prints_the_text_and_nothing_else_on_stdout(sample: RoundFolder) -> None:
    result = show(sample.path)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == text_of(loaded(sample))
    assert result.stderr == ""


def test_show_takes_a_definition_of_any_name(sample: RoundFolder, tmp_path: Path) -> None:
    elsewhere = tmp_path / "nam-ngoai.xlsx"
    elsewhere.write_bytes(sample.definition.read_bytes())
    assert show(elsewhere).stdout == show(sample.path).stdout == show(sample.definition).stdout


def test_show_in_english_and_as_json(sample: RoundFolder) -> None:
    told = json.loads(show(sample.path, "--lang", "en", "--json").stdout)
    assert (told["status"], told["findings"]) == (0, [])
    assert told["definition"] == description_json(loaded(sample), Words(Language.EN))
    assert show(sample.path, "--lang", "en").stdout.splitlines()[1] == "Round code: hoa-binh-2020"


def test_show_of_a_broken_definition_tells_its_findings_and_ends_with_3(sample: RoundFolder) -> None:
    retyped(sample, "Khối", "huyen", "Khi bằng điểm", "Tuỳ")
    result = show(sample.path)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "dot-danh-gia.xlsx › Khối › E3" in result.stderr
    told = json.loads(show(sample.path, "--json").stdout)
    assert (told["status"], [finding["cell"] for finding in told["findings"]]) == (3, ["E3"])


def test_show_of_nothing_ends_with_2(tmp_path: Path) -> None:
    for place in (tmp_path / "none.xlsx", tmp_path):
        assert show(place).exit_code == 2


def test_a_reader_that_stops_reading_is_no_error() -> None:
    command = f"{sys.executable} -m cqdt_batch show {SAMPLE.path} | head -1"
    run = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S602
    assert (run.stdout, run.stderr) == ("== Đợt đánh giá\n", "")
