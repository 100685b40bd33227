"""What is shipped is what the program and its sources make: nothing was typed into it by hand."""

from __future__ import annotations

import csv
import io
import shutil
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.names import folded
from cqdt_batch.definition.records import Aggregation, Level, Measure, Rule, Unit, ZeroRule
from cqdt_batch.definition.sheets import SHEETS, Field, Kind, SheetSpec
from cqdt_batch.intake.submissions import InputKind
from cqdt_batch.intake.verdicts import Verdict
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.running import read_definition
from cqdt_batch.pipeline.writing import start_round, write_forms
from cqdt_batch.publishing.forms.feedback import Feedback
from cqdt_batch.rounding import published
from cqdt_batch.scoring.outcome import Outcome, UnitState, evaluate
from samples import make_dti_2025, make_hoa_binh_2020
from tests.dump import dumped
from tests.rounds import ROOT, SAMPLE, examined

SOURCES = SAMPLE.path / "nguon"
DTI = RoundFolder(ROOT / "samples" / "dti-2025")
MAKERS: dict[RoundFolder, Callable[[RoundFolder], None]] = {SAMPLE: make_hoa_binh_2020.make, DTI: make_dti_2025.make}
ROUNDS = pytest.mark.parametrize("shipped", MAKERS, ids=lambda folder: folder.path.name)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def remade(tmp_path_factory: pytest.TempPathFactory) -> dict[RoundFolder, RoundFolder]:
    """The samples made again, in another place, by their own scripts."""
    made = {folder: RoundFolder(tmp_path_factory.mktemp("remade")) for folder in MAKERS}
    for folder, make in MAKERS.items():
        shutil.copytree(folder.path / "nguon", made[folder].path / "nguon")
        make(made[folder])
    return made


@pytest.fixture(scope="module")
def dti() -> Assessment:
    loaded = read_definition(DTI).assessment
    assert loaded is not None
    return loaded


@pytest.fixture(scope="module")
def dti_outcome() -> Outcome:
    return examined(DTI)


def parts(data: bytes, name: str = "") -> Iterator[tuple[str, bytes]]:
    """What is packed in a zip file or a workbook, down to what is packed no more."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        yield name, data
        return
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        for inner in packed.namelist():
            yield from parts(packed.read(inner), f"{name}/{inner}")


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@ROUNDS
def test_the_definition_is_what_its_sources_make(shipped: RoundFolder, remade: dict[RoundFolder, RoundFolder]) -> None:
    again = remade[shipped].definition
    assert dumped(again) == dumped(shipped.definition)
    assert dict(parts(again.read_bytes())) == dict(parts(shipped.definition.read_bytes()))


@ROUNDS
def test_the_submissions_are_what_the_script_makes(
    shipped: RoundFolder, remade: dict[RoundFolder, RoundFolder]
) -> None:
    again, there = files(remade[shipped].inbox), files(shipped.inbox)
    assert sorted(again) == sorted(there)
    assert len(there) == (30 if shipped is SAMPLE else 14 + 8)
    assert [name for name in there if dict(parts(again[name])) != dict(parts(there[name]))] == []


def test_the_appraisal_is_what_the_script_makes(remade: dict[RoundFolder, RoundFolder]) -> None:
    again, there = files(remade[DTI].appraisal), files(DTI.appraisal)
    assert sorted(there) == ["so-hoat-dong-2a.xlsx", "so-hoat-dong-2b.xlsx", "so-nen-tang.xlsx"]
    assert {name: dict(parts(data)) for name, data in again.items()} == {
        name: dict(parts(data)) for name, data in there.items()
    }


@ROUNDS
def test_the_definition_is_without_findings(shipped: RoundFolder) -> None:
    assert read_definition(shipped).findings == ()


@pytest.mark.parametrize(
    ("shipped", "spec"),
    [
        pytest.param(folder, spec, id=f"{folder.path.name}-{spec.name}")
        for folder in MAKERS
        for spec in SHEETS
        if not spec.upright and (folder.path / "nguon" / f"{spec.name}.csv").exists()
    ],
)
def test_the_sheets_hold_what_the_sources_say(shipped: RoundFolder, spec: SheetSpec) -> None:
    source = shipped.path / "nguon" / f"{spec.name}.csv"
    fields = {field.name: field for field in spec.fields}
    said = [{name: meant(fields[name], text) for name, text in row.items()} for row in table(source)]
    records: tuple[Any, ...] = getattr(read_definition(shipped).assessment, spec.name)
    assert [{name: getattr(record, name) for name in said[0]} for record in records] == said


def meant(field: Field, text: str) -> Any:
    """The value of a cell of the sources, as its record has it."""
    if not text:
        return field.blank
    match field.kind:
        case Kind.WHOLE:
            return int(text)
        case Kind.NUMBER | Kind.POINTS:
            return Decimal(text)
        case Kind.YES_NO:
            return text == "yes"
        case Kind.CHOICE:
            assert field.choices
            return field.choices(text)
        case Kind.TEXTS:
            return tuple(part.strip() for part in text.split(";"))
        case Kind.LEVELS:
            pairs = (part.rsplit(":", 1) for part in text.split(";"))
            return tuple(Level(name.strip(), Decimal(points)) for name, points in pairs)
    return text


def test_the_blank_definition_in_templates_is_what_new_makes(tmp_path: Path) -> None:
    blank = start_round(RoundFolder(tmp_path), Words())
    assert dumped(blank) == dumped(ROOT / "templates" / "dot-danh-gia.xlsx")


def test_the_forms_in_templates_are_what_forms_makes(assessment: Assessment, tmp_path: Path) -> None:
    shipped = ROOT / "templates" / "hoa-binh-2020"
    written = write_forms(assessment, tmp_path, Words())
    assert sorted(p.name for p in shipped.iterdir()) == sorted(p.name for p in written)
    for form in written:
        assert dumped(form) == dumped(shipped / form.name)


def test_the_forms_of_departments_and_of_three_communes_are_in_templates(dti: Assessment, tmp_path: Path) -> None:
    shipped = sorted((ROOT / "templates" / "dti-2025").iterdir())
    write_forms(dti, tmp_path, Words())
    blocks = [dti.unit_by_code[form.stem].block for form in shipped]
    assert (blocks.count("so"), blocks.count("xa")) == (14, 3)
    for form in shipped:
        assert dumped(form) == dumped(tmp_path / form.name)


HIDDEN = {
    "so-y-te",
    "so-nong-nghiep-va-ptnt",
    "so-noi-vu",
    "so-giao-thong-van-tai",
    "so-lao-dong-tbxh",
    "huyen-lac-thuy",
    "huyen-cao-phong",
}
"""The units whose printed parts do not add up to their printed totals: only they have digits the print hides."""

PILLARS = {
    "1.1": "infrastructure",
    "1.2": "human_resources",
    "1.3": "policy",
    "2.1": "presence",
    "2.2": "interaction",
    "2.3": "transaction",
}


def test_pillar_scores_are_the_printed_ones_but_for_the_hidden_digits_the_readme_names(
    assessment: Assessment,
) -> None:
    printed: dict[str, dict[str, str]] = {}
    for name in ("I.1", "I.2", "II.1", "II.2"):
        for row in table(ROOT / "tests" / "decision" / f"table-{name}.csv"):
            printed.setdefault(folded(row["unit"]), {}).update(row)
    hidden: set[str] = set()
    slips: set[str] = set()
    for row in table(SOURCES / "pillars.csv"):
        unit = assessment.unit_by_code[row["unit"]]
        for code, column in PILLARS.items():
            theirs = printed[folded(unit.printed_name)][column].replace(",", ".")
            if not row[code]:
                assert theirs == "Không đánh giá"
                continue
            ours = Decimal(row[code])
            decimals = assessment.block_by_code[unit.block].decimals
            if ours != Decimal(theirs):
                (hidden if published(ours, decimals) == Decimal(theirs) else slips).add(unit.code)
    assert (hidden, slips) == (HIDDEN, {"ban-quan-ly-cac-kcn"})


def test_the_samples_readme_names_every_unit_with_hidden_digits(assessment: Assessment) -> None:
    readme = (SAMPLE.path / "README.md").read_text(encoding="utf-8")
    assert all(assessment.unit_by_code[code].printed_name in readme for code in HIDDEN)


def test_the_sample_says_that_its_criteria_are_illustrative(assessment: Assessment) -> None:
    assert "minh hoạ" in assessment.profile.remark
    for readme in (ROOT / "README.md", SAMPLE.path / "README.md"):
        assert "illustrative" in readme.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("block", "maxima"),
    [("so-nganh", [10, 5, 15, 10, 30, 30]), ("huyen", [12, 5, 8, 10, 30, 35])],
)
def test_maxima_are_a_hundred_in_all_and_leave_room_for_every_published_figure(
    block: str, maxima: list[int], assessment: Assessment
) -> None:
    tree = assessment.trees[block]
    assert [sum(leaf.max_score or 0 for leaf in tree.leaves(pillar)) for pillar in PILLARS] == maxima
    assert 30 <= len(tree.leaves(tree.root.code)) <= 40


def test_the_illustrative_round_is_of_a_province_after_the_reform(dti: Assessment) -> None:
    clusters: dict[str, list[Unit]] = defaultdict(list)
    for unit in dti.units_of("xa"):
        clusters[unit.subgroup].append(unit)
    assert len(dti.units_of("so")) == 14
    assert [len(members) for members in clusters.values()] == [18, 20, 19, 18, 17, 19, 18, 19]
    assert len({folded(unit.printed_name) for unit in dti.units}) == 14 + 148
    assert [dti.trees[block].maximum("DTI") for block in ("so", "xa")] == [1000, 1000]


def test_the_illustrative_round_uses_every_rule_measure_zero_rule_and_aggregation(dti: Assessment) -> None:
    assert {criterion.rule for criterion in dti.criteria} == {None, *Rule}
    assert {criterion.measured for criterion in dti.criteria} == {None, *Measure}
    assert {criterion.on_zero for criterion in dti.criteria} == set(ZeroRule)
    assert {criterion.aggregation for criterion in dti.criteria} == set(Aggregation)


def test_the_illustrative_round_comes_out_clean_but_for_what_appraisers_owe(dti_outcome: Outcome) -> None:
    annex = "ket-qua/phu-luc.xlsx"
    opened = [(f.code, f.where.file) for f in dti_outcome.findings if f.where.file != annex]
    assert opened == [
        ("verification_incomplete", "tham-dinh"),
        *[("verified_without_reason", "tham-dinh/so-hoat-dong-2a.xlsx")] * 2,
        *(("file_opened", f"bai-nop/cum-{number}.zip") for number in range(1, 9)),
    ]
    about_the_annex = [(f.code, f.where.sheet) for f in dti_outcome.findings if f.where.file == annex]
    assert about_the_annex == [
        ("printed_sums_rounded", "2"),
        ("printed_sums_rounded", "3"),
    ]
    assert set(dti_outcome.states.values()) == {UnitState.RANKED}
    assert not dti_outcome.is_draft


def differing(outcome: Outcome) -> list[Verdict]:
    """The verdicts that are not what the units said."""
    own = {unit: submission.values for unit, submission in outcome.own_submission_of.items()}
    return [
        verdict
        for verdict in outcome.appraisal.verdicts.values()
        if any(one.value != own[verdict.unit][verdict.criterion, one.kind] for one in verdict.inputs)
    ]


def test_the_departments_are_verified_and_mostly_as_they_said(dti: Assessment, dti_outcome: Outcome) -> None:
    departments = [unit.code for unit in dti.units_of("so")]
    left = {code: dti_outcome.unverified[code] for code in departments}
    rows = sum(len(dti.assessed_leaves(dti.unit_by_code[code])) for code in departments)
    survey = 14
    verdicts = dti_outcome.appraisal.verdicts
    assert {unit for unit, _ in verdicts} == set(departments)
    assert len(verdicts) + sum(map(len, left.values())) + survey == rows
    assert (rows, sum(map(len, left.values())), len(differing(dti_outcome))) == (14 * 28 - 4, 20, 35)
    readme = (DTI.path / "README.md").read_text(encoding="utf-8")
    assert "20 rows of the departments" in readme
    assert "| 35 verified values" in readme


def test_two_people_shared_a_part_and_say_the_same_where_both_looked(dti_outcome: Outcome) -> None:
    one, other = (
        {(v.unit, v.criterion): ([(i.kind, i.value) for i in v.inputs], v.reason) for v in entry.verdicts}
        for entry in dti_outcome.appraisal.files
        if "so-hoat-dong" in entry.name
    )
    both = one.keys() & other.keys()
    assert {unit for unit, _ in both} == {"so-nong-nghiep-va-moi-truong", "so-xay-dung"}
    assert {key: one[key] for key in both} == {key: other[key] for key in both}


def test_reasons_of_appraisers_name_the_figures_that_they_verified(dti: Assessment, dti_outcome: Outcome) -> None:
    told = [verdict for verdict in differing(dti_outcome) if verdict.reason]
    assert len(told) == 33
    counted = 0
    for verdict in told:
        assert verdict.reason.startswith("(Minh hoạ) ")
        leaf = dti.trees["so"].by_code[verdict.criterion]
        first = verdict.inputs[0].value
        if leaf.rule is Rule.CASES:
            assert f"“{first}”" in verdict.reason
        elif leaf.measured is Measure.PERCENT:
            assert f" {first}%".replace(".", ",") in verdict.reason
        elif leaf.measured:
            claimed = dti_outcome.own_submission_of[verdict.unit].values[leaf.code, InputKind.FIRST]
            whole = verdict.inputs[1].value if leaf.measured is Measure.RATIO else claimed
            assert f" {first}/{whole} " in verdict.reason
            counted += 1
    assert counted > 20


def test_what_nobody_saw_otherwise_has_the_points_that_its_unit_claims(dti_outcome: Outcome) -> None:
    """The number of data sets is worth its share of the best one's, which no appraiser has touched."""
    definition = read_definition(DTI)
    assert definition.assessment
    raw = replace(definition, assessment=replace(definition.assessment, corrections=()))
    own = evaluate(raw, dti_outcome.intake, DTI.inbox.name)
    assert own.appraisal.verdicts == {}
    touched = {(v.unit, v.criterion) for v in differing(dti_outcome)}
    touched |= {(one.unit, one.criterion) for one in definition.assessment.corrections}
    claims, counted = (
        {
            (unit, leaf.code): points
            for block, tree in definition.assessment.trees.items()
            for leaf in tree.leaves("DTI")
            for unit, points in outcome.points[block][leaf.code].to_dict().items()
        }
        for outcome in (own, dti_outcome)
    )
    moved = {key for key, points in claims.items() if points != counted[key]}
    assert moved <= touched
    assert len(moved) > 25


def test_the_register_starts_from_what_stands_and_ends_in_what_its_sources_say(
    dti: Assessment, dti_outcome: Outcome
) -> None:
    """An explanation accepted, points taken off, a waiver of a department, a waiver of a commune."""
    old = [("20", "30"), ("17.5", "12.5"), ("10", None), ("40.085", None)]
    said = [(str(one.old), None if one.new is None else str(one.new)) for one in dti.corrections]
    assert said == old
    assert dti_outcome.register.applied == dti.corrections
    for one in dti.corrections:
        block = dti.unit_by_code[one.unit].block
        assert dti_outcome.points[block].at[one.unit, one.criterion] == one.new
        assert one.document.startswith("(Minh hoạ) ")


def test_departments_of_whom_something_was_seen_otherwise_are_told(dti_outcome: Outcome) -> None:
    told = {unit.code for unit in Feedback(outcome=dti_outcome, words=Words()).units}
    verified = {verdict.unit for verdict in differing(dti_outcome)}
    assert told == verified | {"so-dan-toc-va-ton-giao"}
    assert len(told) == 13


@pytest.mark.parametrize(("block", "criterion"), [("xa", "2.1.4"), ("xa", "2.2.1"), ("xa", "2.3.3"), ("so", "1.5.1")])
def test_a_denominator_of_zero_is_worth_what_its_criterion_says(
    block: str, criterion: str, dti: Assessment, dti_outcome: Outcome
) -> None:
    leaf = dti.trees[block].by_code[criterion]
    worth = {ZeroRule.NOT_ASSESSED: None, ZeroRule.FULL: leaf.max_score, ZeroRule.ZERO: Decimal(0)}
    found = [
        dti_outcome.points[block].at[unit.code, criterion]
        for unit in dti.units_of(block)
        if dti_outcome.submission_of[unit.code].values[criterion, InputKind.SECOND] == 0
    ]
    assert len(found) > 1
    assert set(found) == {worth[leaf.on_zero]}


def test_a_number_that_several_criteria_divide_by_is_one_number(dti: Assessment, dti_outcome: Outcome) -> None:
    for unit in dti.units:
        values = dti_outcome.submission_of[unit.code].values
        typed: dict[str, set[Any]] = defaultdict(set)
        for leaf in dti.assessed_leaves(unit):
            if leaf.measured is Measure.RATIO:
                typed[leaf.second_label].add(values[leaf.code, InputKind.SECOND])
        assert {label for label, numbers in typed.items() if len(numbers) != 1} == set()


def test_the_forms_of_communes_come_as_one_zip_file_for_each_sub_group(dti: Assessment) -> None:
    packed = {path.name: path for path in DTI.inbox.iterdir() if path.suffix == ".zip"}
    assert sorted(packed) == [f"cum-{number}.zip" for number in range(1, 9)]
    for number in range(1, 9):
        members = zipfile.ZipFile(packed[f"cum-{number}.zip"]).namelist()
        communes = [unit for unit in dti.units if unit.subgroup == f"Cụm {number}"]
        assert members == [f"{unit.code}.xlsx" for unit in communes]


def test_units_have_a_past_of_their_own_a_merged_one_or_none(dti: Assessment) -> None:
    rows: dict[str, list[str]] = {unit.code: [past.name for past in dti.past_of(unit, "DTI")] for unit in dti.units}
    new = {unit.code for unit in dti.units_of("xa") if unit.note}
    assert {code for code, names in rows.items() if not names} == {"so-dan-toc-va-ton-giao", *new}
    assert {len(rows[unit.code]) for unit in dti.units_of("xa")} == {0, 1, 2, 3, 4}
    assert all(all(names) for names in rows.values() if len(names) > 1)


def test_last_year_was_ranked_by_competition_within_each_block(dti: Assessment) -> None:
    for block in ("so", "xa"):
        had = [past for past in dti.past if dti.unit_by_code[past.unit].block == block]
        totals = sorted((past.total for past in had), reverse=True)
        assert [past.rank for past in had] == [totals.index(past.total) + 1 for past in had]


def test_the_illustrative_round_says_that_it_is_illustrative(dti: Assessment, dti_outcome: Outcome) -> None:
    profile = dti.profile
    assert "không có thật" in profile.remark
    assert all("minh hoạ" in text.lower() for text in (profile.province, profile.annex_title, profile.criteria_set))
    assert "does not exist" in (DTI.path / "README.md").read_text(encoding="utf-8")
    notes = [
        typed.value
        for submission in dti_outcome.intake.submissions
        for typed in submission.inputs
        if typed.kind in (InputKind.EVIDENCE, InputKind.EXPLANATION) and typed.value
    ]
    assert all(isinstance(note, str) and note.startswith("(Minh hoạ)") for note in notes)
    assert len(notes) > 162
