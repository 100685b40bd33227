"""Forms whose leaves have rules: what they ask, what their formulas compute, and how their answers are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import openpyxl
import pytest

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.loading import Definition
from cqdt_batch.definition.records import (
    Aggregation,
    Criterion,
    Exemption,
    Extra,
    GivenScore,
    Level,
    Measure,
    Rule,
    Treatment,
    ZeroRule,
)
from cqdt_batch.definition.sheets import YesNo, choice_key
from cqdt_batch.definition.stamp import stamp_of
from cqdt_batch.findings import Finding, Severity
from cqdt_batch.intake.collecting import take_in
from cqdt_batch.intake.submissions import InputKind, asked_of, scored_by
from cqdt_batch.messages import Language, Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.writing import write_feedback, write_forms
from cqdt_batch.scoring.outcome import Outcome, UnitState, evaluate
from cqdt_batch.scoring.rules import Answer, leaf_points
from cqdt_batch.scoring.validation import validate
from tests.assessments import BLOCK, assessment, criterion, half_up, handed_in, unit
from tests.libreoffice import SOFFICE, all_recalculated
from tests.rounds import FORM, codes, form_cells

Typed: TypeAlias = dict[tuple[str, InputKind], Any]

FIRST, SECOND, SCORE = InputKind.FIRST, InputKind.SECOND, InputKind.SCORE
NOT_ASSESSED = Words()("not_assessed")
WAITING = Words()("form.when_all_are_in")
DEFINITION = "dot-danh-gia.xlsx"
NEEDS_LIBREOFFICE = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")

STEPS = (Level("98", Decimal(4)), Level("95,5", Decimal(3)), Level("33.3", Decimal("1.5")))
CASES = (
    Level("Đầy đủ, đúng hạn", Decimal(10)),
    Level('Một phần: "a"', Decimal("4.25")),
    Level("Chưa có " + "rất dài " * 40, Decimal(0)),
)
PARAMETERS: dict[Rule, dict[str, Any]] = {
    Rule.TARGET: {"target": Decimal(80)},
    Rule.STEPS: {"levels": STEPS, "max_score": Decimal(4)},
    Rule.CASES: {"levels": CASES, "max_score": Decimal(10)},
    Rule.COUNT: {"per_item": Decimal("0.75")},
}
MEASURES = {
    Rule.RATIO: (Measure.RATIO, Measure.PERCENT),
    Rule.TARGET: tuple(Measure),
    Rule.STEPS: tuple(Measure),
    Rule.RELATIVE: tuple(Measure),
}


def leaf(code: str, rule: Rule, **fields: Any) -> Criterion:
    """A leaf of 7 points below T, with what its rule needs."""
    plain: dict[str, Any] = {"parent": "T", "maximum": 7, "rule": rule}
    labels = {"first_label": "Số hồ sơ trực tuyến", "second_label": "Tổng số hồ sơ"}
    return criterion(code, **(plain | labels | PARAMETERS.get(rule, {}) | fields))


def every_leaf() -> Iterator[Criterion]:
    """A leaf for every rule, measure, zero rule, bonus and penalty."""
    for rule in Rule:
        for measure in MEASURES.get(rule, (None,)):
            zeros = tuple(ZeroRule) if measure is Measure.RATIO else (ZeroRule.ERROR,)
            for on_zero in zeros:
                yield leaf(f"{rule}-{measure or 'x'}-{on_zero}", rule, measure=measure, on_zero=on_zero)
    yield leaf("stepped", Rule.POINTS, step=Decimal("0.5"))
    for extra in Extra:
        for rule in (Rule.POINTS, Rule.YES_NO, Rule.COUNT, Rule.STEPS, Rule.CASES, Rule.GIVEN, Rule.TARGET):
            yield leaf(f"{extra}-{rule}", rule, extra=extra)


def every_node() -> Iterator[Criterion]:
    """A node for every aggregation: of leaves that are assessed, of leaves that may all turn out not to be, of both."""
    for how in Aggregation:
        for name, zeros in (("sure", (0, 0)), ("absent", (1, 1)), ("either", (1, 0, 1))):
            node = f"{how}-{name}"
            yield criterion(node, "T", aggregation=how)
            for number, may_be_absent in enumerate(zeros, 1):
                on_zero = ZeroRule.NOT_ASSESSED if may_be_absent else ZeroRule.ZERO
                weight = Decimal(number) / 4 if how is Aggregation.MEAN else None
                yield leaf(f"{node}.{number}", Rule.RATIO, parent=node, on_zero=on_zero, weight=weight)


def named(of: Assessment) -> Assessment:
    """The same assessment with a profile by which its forms can be recognised."""
    profile = replace(of.profile, code="vi-du", index_name="Chỉ số ví dụ", criteria_version="1", appraiser="Sở A")
    return replace(of, profile=profile)


UNITS = tuple(unit(f"u{number}") for number in range(12))
TREE = (criterion("T"), *every_leaf(), *every_node())
GIVEN = tuple(
    GivenScore(unit=one.code, criterion=of.code, points=Decimal("2.25"), source="Khảo sát")
    for one in UNITS
    for of in TREE
    if of.rule is Rule.GIVEN
)
ALL = named(assessment(UNITS, TREE, replace(BLOCK, treatment=Treatment.CONVERTED), given=GIVEN))
LEAVES = {of.code: of for of in TREE if of.rule is not None}


def written(of: Assessment, folder: Path, words: Words | None = None) -> RoundFolder:
    """The blank forms of an assessment in the folder of a round."""
    made = RoundFolder(folder)
    write_forms(of, made.forms, words or Words())
    made.inbox.mkdir(exist_ok=True)
    return made


def fill(form: Path, typed: Mapping[tuple[str, InputKind], Any], to: Path, words: Words | None = None) -> None:
    """Type into a form as a unit does, by the code of a row and the header of a column."""
    words = words or Words()
    workbook = openpyxl.load_workbook(form)
    sheet = workbook[words("form.sheet")]
    header = next(row for row in sheet.iter_rows() if row[0].value == words("form.column.code"))
    columns = {cell.value: cell.column for cell in header}
    rows = {cell.value: cell.row for cell in sheet["A"]}
    for (code, kind), value in typed.items():
        sheet.cell(rows[code], columns[words(f"form.column.{kind}")]).value = value
    workbook.save(to)


def examined(of: Assessment, folder: RoundFolder) -> Outcome:
    """Take in and evaluate the inbox of a round whose definition is in memory."""
    definition = Definition(assessment=of, findings=(), layout=Layout(file=DEFINITION))
    return evaluate(definition, take_in(of, folder.inbox), folder.inbox.name)


def answers(of: Criterion, random: Random) -> dict[InputKind, Any]:
    """A plausible answer to a leaf, often one at a boundary."""
    match of.rule:
        case Rule.POINTS:
            grid = of.step or Decimal("0.01")
            return {SCORE: grid * random.randint(0, int(Decimal(7) / grid))}
        case Rule.YES_NO:
            return {FIRST: random.choice(tuple(YesNo))}
        case Rule.CASES:
            return {FIRST: random.choice(of.levels).name}
        case Rule.COUNT:
            return {FIRST: Decimal(random.choice([0, 1, 2, 9, 10, 11, 1000]))}
        case Rule.GIVEN:
            return {}
    if of.measured is not Measure.RATIO:
        most = 100 if of.measured is Measure.PERCENT else 200
        known = [
            Decimal(text) for text in ("0", "33.3", "33.29", "79.99", "80", "95.5", "95.49", "98", "97.999", "50.5")
        ]
        return {FIRST: random.choice([*known, Decimal(random.randint(0, most * 1000)) / 1000])}
    second = Decimal(random.choice([0, 0, 3, 7, 8, 80, 200, 1000, 30_000, 123_456_789]))
    if not second and of.on_zero is ZeroRule.ERROR:
        second = Decimal(1000)
    exact = [Decimal("0.98"), Decimal("0.955"), Decimal("0.8"), Decimal("0.333"), Decimal(0), Decimal(1)]
    share = random.choice([*exact, Decimal(random.randint(0, 1000)) / 1000])
    return {FIRST: Decimal(int(second * share)), SECOND: second}


def randomly(random: Random, *, all_zero: bool) -> Typed:
    """An answer to every leaf; `all_zero` has a zero denominator wherever a leaf says what that means."""
    typed = {(code, kind): value for code, one in LEAVES.items() for kind, value in answers(one, random).items()}
    if all_zero:
        zero = [code for code, one in LEAVES.items() if one.on_zero is not ZeroRule.ERROR]
        typed |= {(code, kind): Decimal(0) for code in zero for kind in scored_by(LEAVES[code])}
    return typed


def as_cell(value: Any) -> Any:
    """What a unit types or chooses for a value."""
    match value:
        case YesNo():
            return Words()(choice_key(value))
        case Decimal():
            return float(value)
    return value


def expected_points(of: Criterion, typed: Typed) -> Decimal | str | None:
    """What stands in a leaf's cell of points; the word of what the form cannot know."""
    first, second, score = (typed.get((of.code, kind)) for kind in (FIRST, SECOND, SCORE))
    if of.rule is Rule.GIVEN:
        score = Decimal("2.25")
    if of.rule is Rule.RELATIVE and (second is None or second):
        return WAITING
    points = leaf_points(of, Answer(score=score, first=first, second=second), BLOCK.input_decimals, Fraction(1))
    is_typed_penalty = of.rule is Rule.POINTS and of.extra is Extra.PENALTY
    return NOT_ASSESSED if points is None else -points if is_typed_penalty else points


def expected_node(node: Criterion, typed: Typed) -> Decimal | str:
    """What stands beside an inner criterion, by plain arithmetic."""
    children = [one for one in TREE if one.parent == node.code]
    shown = [expected_node(one, typed) if one.rule is None else expected_points(one, typed) for one in children]
    off = [one.rule is Rule.POINTS and one.extra is Extra.PENALTY for one in children]
    counted = [
        (Fraction(-points if is_off else points), Fraction(child.weight or 1))
        for child, points, is_off in zip(children, shown, off, strict=True)
        if isinstance(points, Decimal)
    ]
    if not counted:
        return NOT_ASSESSED
    match node.aggregation:
        case Aggregation.BEST:
            exact = max(points for points, _ in counted)
        case Aggregation.MEAN:
            exact = sum((p * w for p, w in counted), Fraction(0)) / sum((w for _, w in counted), Fraction(0))
        case _:
            exact = sum((points for points, _ in counted), Fraction(0))
    rounded = half_up(exact, BLOCK.input_decimals)
    return Decimal(rounded.numerator) / Decimal(rounded.denominator)


def shown(path: Path) -> dict[str, Any]:
    """What a form shows in its column of points, exactly as the file has it."""
    sheet = openpyxl.load_workbook(path, data_only=True)[FORM]
    found = {code: sheet[cell].value for code, cell in form_cells(sheet).items()}
    return {code: Decimal(repr(v)) if isinstance(v, int | float) else v for code, v in found.items()}


@pytest.fixture(scope="module")
def random_typed() -> dict[str, Typed]:
    return {one.code: randomly(Random(number), all_zero=number == 0) for number, one in enumerate(UNITS)}


@pytest.fixture(scope="module")
def returned(random_typed: dict[str, Typed], tmp_path_factory: pytest.TempPathFactory) -> RoundFolder:
    """The forms of all units, filled at random and calculated by LibreOffice, in the inbox of a round."""
    folder = written(ALL, tmp_path_factory.mktemp("rules"))
    typed_in = folder.path / "dien"
    typed_in.mkdir()
    for code, typed in random_typed.items():
        cells = {place: as_cell(value) for place, value in typed.items()}
        fill(folder.forms / f"{code}.xlsx", cells, typed_in / f"{code}.xlsx")
    all_recalculated(sorted(typed_in.iterdir()), folder.inbox)
    return folder


@NEEDS_LIBREOFFICE
def test_the_form_computes_the_points_of_every_rule_as_the_program_does(
    returned: RoundFolder, random_typed: dict[str, Typed]
) -> None:
    for code, typed in random_typed.items():
        found = shown(returned.inbox / f"{code}.xlsx")
        expected = {one.code: expected_points(one, typed) for one in LEAVES.values()}
        assert {leaf_code: found[leaf_code] for leaf_code in expected} == expected, code


@NEEDS_LIBREOFFICE
def test_the_form_gathers_points_by_sum_best_and_mean(returned: RoundFolder, random_typed: dict[str, Typed]) -> None:
    nodes = [one for one in TREE if one.rule is None]
    seen: set[tuple[str, bool]] = set()
    for code, typed in random_typed.items():
        found = shown(returned.inbox / f"{code}.xlsx")
        expected = {node.code: expected_node(node, typed) for node in nodes}
        assert {node: found[node] for node in expected} == expected, code
        seen |= {(node, points == NOT_ASSESSED) for node, points in expected.items()}
    assert {(f"{how}-absent", True) for how in Aggregation} <= seen


@NEEDS_LIBREOFFICE
def test_what_comes_back_is_read_as_it_was_typed_and_agrees_with_the_form(
    returned: RoundFolder, random_typed: dict[str, Typed]
) -> None:
    outcome = examined(ALL, returned)
    assert codes(outcome.findings) == []
    for code, typed in random_typed.items():
        values = outcome.submission_of[code].values
        assert {place: values[place] for place in typed} == typed
        witnesses = outcome.submission_of[code].totals
        assert {"T", "count-x-error", "mean-sure"} <= witnesses.keys()


def cached(path: Path) -> dict[str, Any]:
    """The values of all formulas of a form; "" and nothing are the same."""
    formulas = openpyxl.load_workbook(path)[FORM]
    values = openpyxl.load_workbook(path, data_only=True)[FORM]
    cells = [cell.coordinate for row in formulas.iter_rows() for cell in row if cell.data_type == "f"]
    return {cell: values[cell].value or "" for cell in cells}


def half_typed(random: Random) -> Typed:
    """Answers of which some are missing, and some no answers at all."""
    junk = [None, None, "chưa rõ", "8,5 điểm x", "Không đánh giá"]
    typed = randomly(random, all_zero=False)
    return {place: value if random.random() < 0.6 else random.choice(junk) for place, value in typed.items()}


@NEEDS_LIBREOFFICE
def test_every_value_that_the_program_caches_is_that_of_its_formula(tmp_path: Path) -> None:
    """Phones and viewers show the cached value: in a blank form, and in one that carries whatever was typed."""
    folder = written(ALL, tmp_path)
    forms = {one.code: half_typed(Random(number)) for number, one in enumerate(UNITS[:6])}
    for code, typed in forms.items():
        cells = {place: as_cell(value) for place, value in typed.items()}
        fill(folder.forms / f"{code}.xlsx", cells, folder.inbox / f"{code}.xlsx")
    write_feedback(folder, examined(ALL, folder), Words())
    made = [path.rename(path.with_name(f"phan-hoi-{path.name}")) for path in sorted(folder.feedback.iterdir())]
    assert len(made) == len(forms)
    made.append(folder.forms / "u0.xlsx")
    all_recalculated(made, tmp_path / "tinh-lai")
    for path in made:
        assert cached(tmp_path / "tinh-lai" / path.name) == cached(path), path.name


SMALL_TREE = (
    criterion("T"),
    leaf("p", Rule.POINTS, step=Decimal("0.5")),
    leaf("y", Rule.YES_NO, evidence_required=True, evidence="Văn bản"),
    leaf("r", Rule.RATIO),
    leaf("n", Rule.RATIO, on_zero=ZeroRule.NOT_ASSESSED),
    leaf("pc", Rule.RATIO, measure=Measure.PERCENT),
    leaf("c", Rule.CASES),
    leaf("q", Rule.COUNT),
    leaf("v", Rule.RELATIVE),
    leaf("g", Rule.GIVEN),
)
SMALL_GIVEN = tuple(GivenScore(unit=code, criterion="g", points=Decimal(3), source="") for code in ("u0", "u1"))
SMALL_BLOCK = replace(BLOCK, treatment=Treatment.CONVERTED)
SMALL = named(assessment(UNITS[:2], SMALL_TREE, SMALL_BLOCK, given=SMALL_GIVEN))
RIGHT: Typed = {
    ("p", SCORE): 6.5,
    ("y", FIRST): "Có",
    ("y", InputKind.EVIDENCE): "Quyết định số 1/QĐ-UBND",
    ("r", FIRST): 9,
    ("r", SECOND): 10,
    ("n", FIRST): 3,
    ("n", SECOND): 4,
    ("pc", FIRST): 85,
    ("c", FIRST): CASES[0].name,
    ("q", FIRST): 3,
    ("v", FIRST): 40,
}


@pytest.fixture
def small(tmp_path: Path) -> RoundFolder:
    """A round of two units that both handed in what is right."""
    folder = written(SMALL, tmp_path)
    for one in SMALL.units:
        fill(folder.forms / f"{one.code}.xlsx", RIGHT, folder.inbox / f"{one.code}.xlsx")
    return folder


def told(of: Assessment, folder: RoundFolder, changes: Typed) -> list[Finding]:
    """Type something else into the first unit's form, and say what is found in it."""
    path = folder.inbox / "u0.xlsx"
    fill(path, changes, path)
    return [finding for finding in examined(of, folder).findings if finding.unit == "u0"]


def place_of(folder: RoundFolder, code: str, column: str) -> str:
    return form_cells(openpyxl.load_workbook(folder.inbox / "u0.xlsx")[FORM], f"form.column.{column}")[code]


def test_a_form_with_rules_is_taken_in_without_a_finding(small: RoundFolder) -> None:
    outcome = examined(SMALL, small)
    assert outcome.findings == ()
    points = outcome.points["k"].loc["u0"].to_dict()
    assert points == {
        "T": Decimal("53.25"),
        "p": Decimal("6.5"),
        "y": Decimal(7),
        "r": Decimal("6.30"),
        "n": Decimal("5.25"),
        "pc": Decimal("5.95"),
        "c": Decimal(10),
        "q": Decimal("2.25"),
        "v": Decimal("7.00"),
        "g": Decimal(3),
    }


WRONG: list[tuple[Typed, str]] = [
    ({("y", FIRST): "có lẽ"}, "choice_unknown"),
    ({("y", FIRST): 1}, "choice_unknown"),
    ({("y", FIRST): "Không đánh giá"}, "score_not_assessed_claimed"),
    ({("y", FIRST): "=1=1"}, "score_formula"),
    ({("y", FIRST): "#N/A"}, "score_error_value"),
    ({("y", FIRST): "   "}, "score_missing"),
    ({("y", FIRST): None}, "score_missing"),
    ({("c", FIRST): "Đầy đủ"}, "choice_unknown"),
    ({("c", FIRST): True}, "choice_unknown"),
    ({("c", FIRST): None}, "score_missing"),
    ({("p", SCORE): 1.25}, "score_off_step"),
    ({("p", SCORE): "85%"}, "score_percent"),
    ({("q", FIRST): "85%"}, "score_percent"),
    ({("q", FIRST): 2.5}, "count_not_whole"),
    ({("q", FIRST): -1}, "score_negative"),
    ({("q", FIRST): True}, "score_boolean"),
    ({("q", FIRST): "-"}, "score_dash"),
    ({("pc", FIRST): 100.5}, "percent_above_hundred"),
    ({("pc", FIRST): "850%"}, "percent_above_hundred"),
    ({("r", SECOND): "1.234"}, "score_ambiguous"),
    ({("r", SECOND): 0}, "denominator_zero"),
    ({("r", SECOND): 0, ("r", FIRST): 0}, "denominator_zero"),
    ({("n", SECOND): 0}, "denominator_zero"),
    ({("r", SECOND): None}, "score_missing"),
    ({("r", FIRST): 11}, "part_above_whole"),
]


@pytest.mark.parametrize(("changes", "code"), WRONG, ids=[f"{next(iter(c))[0]}-{code}" for c, code in WRONG])
def test_an_answer_that_cannot_be_is_one_error_at_its_cell(small: RoundFolder, changes: Typed, code: str) -> None:
    findings = told(SMALL, small, changes)
    (criterion_code, kind), *_ = changes
    assert [(f.code, f.severity, f.where.cell) for f in findings] == [
        (code, Severity.ERROR, place_of(small, criterion_code, kind))
    ]


READ: list[tuple[Typed, Any, str | None]] = [
    ({("y", FIRST): "không"}, YesNo.NO, None),
    ({("y", FIRST): "Yes"}, YesNo.YES, None),
    ({("y", FIRST): True}, YesNo.YES, "choice_read_as"),
    ({("y", FIRST): False}, YesNo.NO, "choice_read_as"),
    ({("c", FIRST): CASES[1].name.upper()}, CASES[1].name, None),
    ({("pc", FIRST): "85%"}, Decimal(85), "percent_read"),
    ({("pc", FIRST): "0,5 %"}, Decimal("0.5"), "percent_read"),
    ({("pc", FIRST): 0.85}, Decimal("0.85"), "percent_may_be_share"),
    ({("pc", FIRST): "0,85"}, Decimal("0.85"), "percent_may_be_share"),
    ({("pc", FIRST): 0}, Decimal(0), None),
    ({("pc", FIRST): 1}, Decimal(1), "percent_may_be_share"),
    ({("pc", FIRST): 2}, Decimal(2), None),
    ({("r", SECOND): "1.234,5"}, Decimal("1234.5"), "score_read_as"),
]


@pytest.mark.parametrize(("changes", "value", "code"), READ, ids=[f"{next(iter(c.values()))}" for c, *_ in READ])
def test_what_can_only_mean_one_thing_is_read_and_said(
    small: RoundFolder, changes: Typed, value: Any, code: str | None
) -> None:
    findings = told(SMALL, small, changes)
    (place, _), *_ = changes.items()
    assert examined(SMALL, small).submission_of["u0"].values[place] == value
    assert [f.code for f in findings] == ([code] if code else [])
    assert all(f.severity is not Severity.ERROR and f.where.cell == place_of(small, *place) for f in findings)


def test_a_cell_shown_as_a_percentage_is_one(small: RoundFolder) -> None:
    path = small.inbox / "u0.xlsx"
    workbook = openpyxl.load_workbook(path)
    cell = workbook[FORM][place_of(small, "pc", FIRST)]
    cell.value, cell.number_format = 0.005, "0.0%"
    workbook.save(path)
    outcome = examined(SMALL, small)
    assert codes(outcome.findings) == ["percent_read"]
    assert outcome.submission_of["u0"].values["pc", FIRST] == Decimal("0.5")


def test_a_zero_denominator_that_has_a_meaning_is_no_finding(small: RoundFolder) -> None:
    assert told(SMALL, small, {("n", FIRST): 0, ("n", SECOND): 0}) == []
    assert examined(SMALL, small).points["k"].loc["u0"]["n"] is None


def test_empty_inputs_of_one_criterion_are_named_once(small: RoundFolder) -> None:
    findings = told(SMALL, small, dict.fromkeys(RIGHT))
    assert [(f.code, f.facts["codes"]) for f in findings] == [
        ("scores_missing", ("p", "y", "r", "n", "pc", "c", "q", "v"))
    ]


def test_points_without_evidence_are_told_where_the_answer_is_worth_any(small: RoundFolder) -> None:
    without = {("y", InputKind.EVIDENCE): None}
    assert [f.code for f in told(SMALL, small, without)] == ["evidence_missing"]
    assert told(SMALL, small, {("y", FIRST): "Không"}) == []


NOT_ASKED = [
    ("p", FIRST, 5, "input_not_asked"),
    ("T", FIRST, 5, "input_not_asked"),
    ("pc", SECOND, "không có", "input_not_asked"),
    ("g", SCORE, "7 điểm", "input_not_asked"),
    ("r", SCORE, "đạt", "input_not_asked"),
    ("r", SCORE, NOT_ASSESSED, "input_not_asked"),
    ("n", SCORE, NOT_ASSESSED, None),
    ("v", SCORE, WAITING, None),
    ("v", SCORE, 3, None),
    ("r", SCORE, 6.3, None),
    ("r", SCORE, 6.9, "points_differ"),
]


@pytest.mark.parametrize(("of", "kind", "typed", "code"), NOT_ASKED, ids=[f"{n[0]}-{n[2]}" for n in NOT_ASKED])
def test_what_stands_in_a_locked_cell_counts_for_nothing_and_is_said(
    small: RoundFolder, of: str, kind: InputKind, typed: Any, code: str | None
) -> None:
    findings = told(SMALL, small, {(of, kind): typed})
    expected = [(code, Severity.WARNING, place_of(small, of, kind))] if code else []
    assert [(f.code, f.severity, f.where.cell) for f in findings] == expected
    assert examined(SMALL, small).points["k"].loc["u0"]["T"] == Decimal("53.25")


def test_an_answer_in_a_row_of_no_criterion_is_told_once(small: RoundFolder) -> None:
    path = small.inbox / "u0.xlsx"
    workbook = openpyxl.load_workbook(path)
    sheet = workbook[FORM]
    row = sheet[place_of(small, "v", FIRST)].row
    sheet.cell(row, 1).value = "thêm"
    sheet.cell(row, 2).value = "Một việc khác"
    workbook.save(path)
    found = [f for f in examined(SMALL, small).findings if f.unit == "u0"]
    assert sorted((f.code, f.where.row) for f in found) == [("row_missing", 0), ("row_unknown", row)]


def test_a_best_figure_of_zero_is_told_to_all_unless_it_has_a_meaning(small: RoundFolder) -> None:
    for code in ("u0", "u1"):
        fill(small.inbox / f"{code}.xlsx", {("v", FIRST): 0}, small.inbox / f"{code}.xlsx")
    outcome = examined(SMALL, small)
    assert [(f.code, f.unit) for f in outcome.findings] == [("best_zero", "u0"), ("best_zero", "u1")]
    meant = tuple(replace(of, on_zero=ZeroRule.ZERO) if of.code == "v" else of for of in SMALL_TREE)
    assert "best_zero" not in codes(examined(replace(SMALL, criteria=meant), small).findings)


def test_points_that_the_appraiser_still_owes_are_one_error_of_the_definition(small: RoundFolder) -> None:
    outcome = examined(replace(SMALL, given=SMALL_GIVEN[1:]), small)
    assert [(f.code, f.unit, f.where.file, f.facts["codes"]) for f in outcome.findings] == [
        ("given_missing", "u0", DEFINITION, ("g",))
    ]
    assert outcome.states["u0"] is UnitState.WAITING
    assert outcome.is_draft


@pytest.mark.parametrize(
    ("rule", "first", "second", "code"),
    [
        (Rule.TARGET, "30", "20", "ratio_above_one"),
        (Rule.STEPS, "30", "20", "ratio_above_one"),
        (Rule.RELATIVE, "30", "20", "ratio_above_one"),
        (Rule.TARGET, "20", "20", None),
        (Rule.TARGET, "1", "1e15", "figure_too_large"),
        (Rule.RELATIVE, "999999999999999", "999999999999999", None),
    ],
)
def test_two_numbers_that_look_wrong_are_told(rule: Rule, first: str, second: str, code: str | None) -> None:
    of = assessment((unit("a"),), (criterion("T"), leaf("m", rule, measure=Measure.RATIO)))
    sent = handed_in("a", {("m", FIRST): Decimal(first), ("m", SECOND): Decimal(second)})
    assert [finding.code for finding in validate(of, [sent])] == ([code] if code else [])


@pytest.mark.parametrize(
    ("figure", "bound"),
    [
        ("97.99999999999", 98),
        ("97.9999999999", None),
        ("98", None),
        ("98.00000000001", None),
        ("33.29999999999999", "33.3"),
    ],
)
def test_a_figure_that_is_taken_for_a_bound_is_told(figure: str, bound: int | str | None) -> None:
    of = assessment((unit("a"),), (criterion("T"), leaf("m", Rule.STEPS, measure=Measure.PERCENT)))
    found = validate(of, [handed_in("a", {("m", FIRST): Decimal(figure)})])
    told = [(one.code, one.unit, one.where.cell, one.facts["bound"]) for one in found]
    assert told == ([] if bound is None else [("figure_taken_for_bound", "a", "E2", Decimal(bound))])


@pytest.mark.parametrize("score", ["1e30", "7" * 40, "1e308", "0." + "3" * 60])
def test_points_of_any_size_are_held_against_the_step(score: str) -> None:
    of = assessment((unit("a"), unit("b")), (criterion("T"), criterion("p", "T", 7, step=Decimal("2.5"))))
    found = validate(of, [handed_in("a", {"p": Decimal(score)}), handed_in("b", {"p": Decimal("2.5")})])
    wanted = "score_too_fine" if score.startswith("0.") else "score_above_maximum"
    assert [(one.code, one.unit) for one in found] == [(wanted, "a")]


def test_a_form_of_a_unit_that_is_left_out_is_put_aside_with_a_notice(small: RoundFolder) -> None:
    exempt = Exemption(block="k", group="", unit="u0", criterion="q", reason="")
    block = replace(SMALL_BLOCK, treatment=Treatment.LEFT_OUT)
    outcome = examined(replace(SMALL, exemptions=(exempt,), blocks=(block,)), small)
    assert [(f.code, f.severity, f.unit) for f in outcome.findings] == [("unit_left_out", Severity.NOTICE, "u0")]
    assert [entry.state.value for entry in outcome.intake.files] == ["ignored", "accepted"]


def test_a_form_without_a_column_that_it_needs_is_refused(small: RoundFolder) -> None:
    path = small.inbox / "u0.xlsx"
    workbook = openpyxl.load_workbook(path)
    header = next(row for row in workbook[FORM].iter_rows() if row[0].value == "Mã")
    next(cell for cell in header if cell.value == Words()("form.column.second")).value = "Ghi chú"
    workbook.save(path)
    outcome = examined(SMALL, small)
    finding, *_ = outcome.findings
    assert (finding.code, finding.where.row) == ("form_header_missing", header[0].row)
    assert Words().shown(finding.facts["headers"]) == "Số liệu b"
    write_feedback(small, outcome, Words())
    answer = openpyxl.load_workbook(small.feedback / "u0.xlsx")[FORM]
    cells = form_cells(answer, "form.column.first")
    assert (answer[cells["r"]].value, answer[cells["y"]].value) == (9, "Có")


def test_the_feedback_form_carries_figures_and_choices_and_comes_back_clean(small: RoundFolder) -> None:
    wrong = {("r", SECOND): 0, ("y", FIRST): "có lẽ", ("q", FIRST): "hai"}
    told(SMALL, small, wrong)
    write_feedback(small, examined(SMALL, small), Words())
    answer = small.feedback / "u0.xlsx"
    sheet = openpyxl.load_workbook(answer)[FORM]
    for (code, kind), right in (RIGHT | wrong).items():
        cell = sheet[form_cells(sheet, f"form.column.{kind}")[code]]
        assert cell.value == right
        assert (cell.comment is not None) == ((code, kind) in wrong), (code, kind)
    fill(answer, {place: RIGHT[place] for place in wrong}, small.inbox / "u0.xlsx")
    assert examined(SMALL, small).findings == ()


@pytest.mark.parametrize("language", Language)
def test_a_form_asks_in_its_own_language_and_is_read_in_any(language: Language, tmp_path: Path) -> None:
    words = Words(language)
    folder = written(SMALL, tmp_path, words)
    for one in SMALL.units:
        typed = RIGHT | {("y", FIRST): words("choice.YesNo.yes")}
        fill(folder.forms / f"{one.code}.xlsx", typed, folder.inbox / f"{one.code}.xlsx", words)
    outcome = examined(SMALL, folder)
    assert outcome.findings == ()
    assert outcome.submission_of["u0"].values["y", FIRST] == YesNo.YES


def test_a_form_opens_exactly_what_it_asks_for_and_checks_it(small: RoundFolder) -> None:
    workbook = openpyxl.load_workbook(small.forms / "u0.xlsx")
    sheet = workbook[FORM]
    cells = {kind: form_cells(sheet, f"form.column.{kind}") for kind in InputKind}
    inputs = {cells[kind][of.code] for of in SMALL_TREE if of.rule for kind in asked_of(of)}
    assert {c.coordinate for row in sheet.iter_rows() for c in row if not c.protection.locked} == inputs
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    found = {
        (code, kind): (rules[at].type, rules[at].formula1, rules[at].formula2)
        for kind in (FIRST, SECOND, SCORE)
        for code, at in cells[kind].items()
        if at in rules
    }
    most = "1000000000000000"
    assert found == {
        ("p", SCORE): ("decimal", "0", "7"),
        ("y", FIRST): ("list", '"Có,Không"', None),
        ("r", FIRST): ("decimal", "0", most),
        ("r", SECOND): ("decimal", "0", most),
        ("n", FIRST): ("decimal", "0", most),
        ("n", SECOND): ("decimal", "0", most),
        ("pc", FIRST): ("decimal", "0", "100"),
        ("c", FIRST): ("list", "'Danh mục chọn'!$A$1:$A$3", None),
        ("q", FIRST): ("whole", "0", most),
        ("v", FIRST): ("decimal", "0", most),
    }
    assert all(len(rule.prompt) <= 255 and len(rule.error) <= 225 for rule in rules.values())
    listed = workbook["Danh mục chọn"]
    assert (listed.sheet_state, [row[0] for row in listed.values]) == ("veryHidden", [level.name for level in CASES])


def test_a_form_says_how_points_come_about(small: RoundFolder) -> None:
    sheet = openpyxl.load_workbook(small.forms / "u0.xlsx")[FORM]
    cells = form_cells(sheet, "form.column.rule")
    assert {code: sheet[cells[code]].value for code in ("p", "y", "r", "n", "pc", "q", "g")} == {
        "p": "Đơn vị tự chấm, từ 0 đến 7 điểm, theo bước 0,5",
        "y": "Có: 7 điểm; Không: 0 điểm",
        "r": "a/b × 7 điểm\na: Số hồ sơ trực tuyến\nb: Tổng số hồ sơ\nb phải lớn hơn 0",
        "n": "a/b × 7 điểm\na: Số hồ sơ trực tuyến\nb: Tổng số hồ sơ\nNếu b = 0: không đánh giá",
        "pc": "Tỷ lệ % × 7 điểm\nSố liệu: Số hồ sơ trực tuyến",
        "q": "Mỗi mục 0,75 điểm, nhiều nhất 7 điểm\nSố liệu: Số hồ sơ trực tuyến",
        "g": "Cơ quan thẩm định chấm, từ 0 đến 7 điểm; đơn vị không phải điền",
    }


SPOILT: list[tuple[str, Callable[[Criterion], Criterion]]] = [
    ("target", lambda of: replace(of, target=Decimal(90))),
    ("levels", lambda of: replace(of, levels=STEPS)),
    ("on_zero", lambda of: replace(of, on_zero=ZeroRule.FULL)),
    ("extra", lambda of: replace(of, extra=Extra.BONUS)),
    ("weight", lambda of: replace(of, weight=Decimal(2))),
    ("what a means", lambda of: replace(of, first_label=of.second_label, second_label=of.first_label)),
]


@pytest.mark.parametrize(("name", "change"), SPOILT, ids=[name for name, _ in SPOILT])
def test_the_fingerprint_follows_the_parameters_of_rules(name: str, change: Callable[[Criterion], Criterion]) -> None:
    changed = replace(SMALL, criteria=(*SMALL_TREE[:3], change(SMALL_TREE[3]), *SMALL_TREE[4:]))
    assert stamp_of(changed, UNITS[0]) != stamp_of(SMALL, UNITS[0]), name
    same = replace(SMALL_TREE[3], label="Hồ sơ nộp trực tuyến", first_label=SMALL_TREE[3].first_label.upper())
    reworded = replace(SMALL, criteria=(*SMALL_TREE[:3], same, *SMALL_TREE[4:]))
    assert stamp_of(reworded, UNITS[0]) == stamp_of(SMALL, UNITS[0])


def test_a_form_made_before_the_rule_changed_is_refused_for_that(small: RoundFolder) -> None:
    before = replace(SMALL, criteria=tuple(replace(of, rule=of.rule and Rule.POINTS) for of in SMALL_TREE))
    old = written(before, small.path / "truoc")
    (old.forms / "u0.xlsx").replace(small.inbox / "u0.xlsx")
    findings = examined(SMALL, small).findings
    assert [(f.code, f.unit) for f in findings] == [("form_changed", "u0")]


def test_a_unit_that_is_only_assessed_on_a_penalty_sees_it_taken_off(tmp_path: Path) -> None:
    tree = (criterion("T"), leaf("a", Rule.POINTS), leaf("b", Rule.POINTS, extra=Extra.PENALTY))
    exempt = Exemption(block="k", group="", unit="u0", criterion="a", reason="")
    folder = written(named(assessment(UNITS[:1], tree, SMALL_BLOCK, exemptions=(exempt,))), tmp_path)
    sheet = openpyxl.load_workbook(folder.forms / "u0.xlsx")[FORM]
    cells = form_cells(sheet)
    assert sheet[cells["T"]].value == f"=ROUND(0-SUM({cells['b']}),2)"
