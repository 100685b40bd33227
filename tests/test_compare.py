"""Two runs side by side: every change has its cause, told exactly, and the parts add up to the whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from cqdt_batch.cli import app
from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.layout import Layout
from cqdt_batch.definition.loading import Definition
from cqdt_batch.definition.records import (
    Aggregation,
    ColumnKind,
    Correction,
    Exemption,
    GivenScore,
    Measure,
    PastResult,
    RankBasis,
    Rule,
    ScoreSource,
    Summing,
    TieRule,
    Treatment,
    Unit,
)
from cqdt_batch.findings import Severity, Term, Where
from cqdt_batch.intake.appraisal import Appraisal
from cqdt_batch.intake.rivals import FileEntry, FileState
from cqdt_batch.intake.submissions import Input, InputKind, Submission
from cqdt_batch.intake.verdicts import Verdict
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.publishing.changes_text import comparison_lines, reason, scale_lines
from cqdt_batch.publishing.changes_text import told as told_in_words
from cqdt_batch.publishing.journal import journal_bytes, seal_from
from cqdt_batch.publishing.sealing.seal import Seal
from cqdt_batch.scoring.changes.bookkeeping import ledger_of
from cqdt_batch.scoring.changes.causes import Cause, CauseKind, Side
from cqdt_batch.scoring.changes.comparison import Comparison, compare
from cqdt_batch.scoring.changes.ledger import Ledger, is_whole
from cqdt_batch.scoring.changes.pairing import Kinship
from cqdt_batch.scoring.outcome import evaluate
from tests import assessments, libreoffice, rounds
from tests.assessments import criterion, handed_in, intake_of, unit, with_block
from tests.rounds import SAMPLE, examined
from tests.small_rounds import Draw, SmallRound, Typed, answers, column, exemptions, given_scores, small_rounds


def ledger(of: Assessment, typed: Mapping[str, Mapping[Any, Any]], verdicts: Iterable[Verdict] = ()) -> Ledger:
    """The ledger of a round in which every unit of `typed` handed that in."""
    definition = Definition(assessment=of, findings=(), layout=Layout(file="d.xlsx"))
    file = FileEntry(name="td.xlsx", state=FileState.ACCEPTED)
    appraisal = Appraisal(verdicts={(one.unit, one.criterion): one for one in verdicts}, files=(file,), listed=1)
    sent = [handed_in(code, one) for code, one in typed.items()]
    return ledger_of(evaluate(definition, intake_of(sent), "bai-nop", appraisal))


# ---------------------------------------------------------------- laws


@st.composite
def changed(draw: Draw, of: SmallRound) -> SmallRound:
    """The same round with up to three things in it changed."""
    for change in draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=3)):
        of = change(draw, of)
    return of


def retyped(draw: Draw, of: SmallRound) -> SmallRound:
    """A unit answers a criterion otherwise."""
    code = draw(st.sampled_from(sorted(of.typed))) if of.typed else ""
    leaves = of.assessment.assessed_leaves(of.assessment.unit_by_code[code]) if code else ()
    if not leaves:
        return of
    typed = of.typed[code] | draw(answers(draw(st.sampled_from(leaves))))
    return replace(of, typed=of.typed | {code: typed})


def withdrawn(draw: Draw, of: SmallRound) -> SmallRound:
    """A file is taken away."""
    code = draw(st.sampled_from(sorted(of.typed))) if of.typed else ""
    return replace(of, typed={unit: typed for unit, typed in of.typed.items() if unit != code})


def resettled(draw: Draw, of: SmallRound) -> SmallRound:
    """The block is scored and ranked otherwise."""
    fields = {
        "decimals": st.integers(0, 2),
        "ties": st.sampled_from(TieRule),
        "basis": st.sampled_from(RankBasis),
        "treatment": st.sampled_from(Treatment),
        "summing": st.sampled_from(Summing),
    }
    name = draw(st.sampled_from(sorted(fields)))
    return replace(of, assessment=with_block(of.assessment, **{name: draw(fields[name])}))


def reassessed(draw: Draw, of: SmallRound) -> SmallRound:
    """Others are not assessed, on other criteria."""
    found = draw(exemptions(list(of.assessment.units), of.assessment.criteria))
    return replace(of, assessment=replace(of.assessment, exemptions=found))


def regiven(draw: Draw, of: SmallRound) -> SmallRound:
    """The appraiser gives other points."""
    found = draw(given_scores(list(of.assessment.units), of.assessment.criteria))
    return replace(of, assessment=replace(of.assessment, given=tuple(found)))


def reruled(draw: Draw, of: SmallRound) -> SmallRound:
    """A criterion has another maximum, another label, another way to gather what is below it, or another code."""
    made = of.assessment
    one = draw(st.sampled_from(made.criteria))
    if one.rule is None:
        other = replace(one, aggregation=draw(st.sampled_from([Aggregation.SUM, Aggregation.BEST])))
    else:
        most = (one.max_score or Decimal(0)) + draw(st.integers(1, 3))
        other = draw(st.sampled_from([replace(one, max_score=most), replace(one, label=f"{one.label} x")]))
    return replace(of, assessment=replace(made, criteria=tuple(other if c is one else c for c in made.criteria)))


def dropped(draw: Draw, of: SmallRound) -> SmallRound:
    """A leaf below the root is no longer asked for."""
    made = of.assessment
    leaves = [c for c in made.criteria if c.rule and c.parent == "T"]
    if len(leaves) < 2:
        return of
    gone = draw(st.sampled_from(leaves))
    left = replace(
        made,
        criteria=tuple(c for c in made.criteria if c is not gone),
        exemptions=tuple(e for e in made.exemptions if e.criterion != gone.code),
        blocks=(replace(made.blocks[0], tie_breaks=("T",)),),
    )
    typed = {unit: {key: value for key, value in one.items() if key[0] != gone.code} for unit, one in of.typed.items()}
    return SmallRound(assessment=left, typed=typed)


def renamed(draw: Draw, of: SmallRound) -> SmallRound:
    """A unit has another name, or stands in another group."""
    one = draw(st.sampled_from(of.assessment.units))
    other = draw(st.sampled_from([replace(one, printed_name="X"), replace(one, group="h"), replace(one, subgroup="q")]))
    units = tuple(other if unit is one else unit for unit in of.assessment.units)
    return replace(of, assessment=replace(of.assessment, units=units))


CHANGES: tuple[Callable[[Draw, SmallRound], SmallRound], ...] = (
    retyped,
    withdrawn,
    resettled,
    reassessed,
    regiven,
    reruled,
    dropped,
    renamed,
)


@st.composite
def two_rounds(draw: Draw) -> Comparison:
    """A small round and the same one changed, compared; either may have verified values and corrections."""
    of = draw(small_rounds())
    other = draw(changed(of))
    typed = draw(complete(other))
    before = ledger(of.assessment, of.typed, draw(verdicts(of.assessment, of.typed)))
    verified = draw(verdicts(other.assessment, typed))
    scored = ledger(other.assessment, typed, verified)
    entries = draw(corrections(scored))
    after = ledger(replace(other.assessment, corrections=entries), typed, verified) if entries else scored
    return compare(before, after)


@st.composite
def verdicts(draw: Draw, of: Assessment, typed: Mapping[str, Typed]) -> list[Verdict]:
    """What an appraiser verifies of some units: their answers, or others."""
    found = []
    for code in typed:
        leaves = of.assessed_leaves(of.unit_by_code[code])
        for leaf in draw(st.lists(st.sampled_from(leaves), max_size=1)) if leaves else ():
            said = draw(answers(leaf))
            where = Where(file="td.xlsx", sheet="V", row=3, column=4)
            inputs = tuple(
                Input(unit=code, criterion=leaf.code, kind=kind, raw=value, value=value, where=where)
                for (_, kind), value in said.items()
            )
            if inputs:
                found.append(Verdict(unit=code, criterion=leaf.code, inputs=inputs, reason="r", where=where, sha256=""))
    return found


@st.composite
def corrections(draw: Draw, of: Ledger) -> tuple[Correction, ...]:
    """An entry of the register for up to one leaf."""
    leaves = [(one.unit, code) for one in of.units if one.points for code in one.leaves]
    points = {one.unit: one.points for one in of.units}
    return (
        tuple(
            Correction(
                unit=code,
                criterion=leaf,
                old=points[code][leaf],
                new=draw(st.sampled_from([None, Decimal(0), Decimal(1)])),
                reason="r",
                author="x",
                day="",
                document="d",
            )
            for code, leaf in draw(st.lists(st.sampled_from(leaves), max_size=1))
        )
        if leaves
        else ()
    )


@st.composite
def complete(draw: Draw, of: SmallRound) -> dict[str, Typed]:
    """What the units hand in once their forms ask for other criteria: what they said of the old ones, and more."""
    found: dict[str, Typed] = {}
    for one in of.assessment.asked_units:
        if one.code in of.typed:
            said = of.typed[one.code]
            found[one.code] = {
                key: value
                for leaf in of.assessment.assessed_leaves(one)
                for key, value in ({k: v for k, v in said.items() if k[0] == leaf.code} or draw(answers(leaf))).items()
            }
    return found


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(two_rounds())
def test_every_change_has_a_cause_and_the_parts_add_up_to_the_change_of_the_total(found: Comparison) -> None:
    assert CauseKind.UNKNOWN not in {cause.kind for cause in found.causes}
    for one in found.units:
        if one.change is not None:
            parts = [m.contribution for m in one.movements if m.contribution is not None]
            assert sum(parts, Decimal(0)) == one.change


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(small_rounds())
def test_a_round_compared_with_itself_shows_nothing(of: SmallRound) -> None:
    assert compare(ledger(of.assessment, of.typed), ledger(of.assessment, of.typed)).is_nothing


# ---------------------------------------------------------------- one change, one cause

LEAVES = (
    criterion("T"),
    criterion("P", "T"),
    criterion("A", "P", 10),
    criterion("B", "P", 10, rule=Rule.RELATIVE, measure=Measure.NUMBER, first_label="n"),
    criterion("G", "T", 5, rule=Rule.GIVEN),
)
UNITS = tuple(unit(code) for code in "uvw")
GIVEN = tuple(GivenScore(unit=one.code, criterion="G", points=Decimal(3), source="") for one in UNITS)
FIRST = InputKind.FIRST
TYPED: dict[str, dict[Any, Any]] = {
    "u": {"A": Decimal(8), ("B", FIRST): Decimal(50)},
    "v": {"A": Decimal(6), ("B", FIRST): Decimal(40)},
    "w": {"A": Decimal(4), ("B", FIRST): Decimal(20)},
}
"""Totals: u 8 + 10 + 3 = 21, v 6 + 8 + 3 = 17, w 4 + 4 + 3 = 11."""
ROUND = assessments.assessment(UNITS, LEAVES, given=GIVEN)
BEFORE = ledger(ROUND, TYPED)


def retype(code: str, key: Any, value: Any) -> dict[str, dict[Any, Any]]:
    return TYPED | {code: TYPED[code] | {key: value}}


def told(found: Comparison) -> dict[str, list[tuple[str, str, Decimal | None, list[CauseKind]]]]:
    """What is told of each unit whose points moved: criterion, change, part of the total's change, causes."""
    return {
        one.pair.name: [(m.criterion.code, shown(m.change), m.contribution, kinds(m.causes)) for m in one.movements]
        for one in found.moved
    }


def shown(change: Decimal | None) -> str:
    return "" if change is None else f"{change:f}"


def kinds(causes: Iterable[Cause]) -> list[CauseKind]:
    return [cause.kind for cause in causes]


def ranks(found: Comparison) -> dict[str, list[CauseKind]]:
    """Why the rows of the table moved, by unit."""
    return {row.pair.name: kinds(row.causes) for row in found.moved_rows}


def with_criterion(code: str, **fields: Any) -> Assessment:
    return replace(ROUND, criteria=tuple(replace(c, **fields) if c.code == code else c for c in LEAVES))


def verdict(code: str, leaf: str, points: int, reason: str = "sai") -> Verdict:
    where = Where(file="td.xlsx", sheet="V", row=3, column=4)
    one = Input(
        unit=code, criterion=leaf, kind=InputKind.SCORE, raw=Decimal(points), value=Decimal(points), where=where
    )
    return Verdict(unit=code, criterion=leaf, inputs=(one,), reason=reason, where=where, sha256="")


def test_a_cell_that_says_something_else_is_named_with_what_it_said() -> None:
    found = compare(BEFORE, ledger(ROUND, retype("w", "A", Decimal("9.5"))))
    assert told(found) == {"W": [("A", "5.5", Decimal("5.5"), [CauseKind.CELL])]}
    cause = found.moved[0].movements[0].causes[0]
    assert cause.before == Side(said=Decimal(4), file="w.xlsx", sheet="P", cell="E2")
    assert cause.after == Side(said=Decimal("9.5"), file="w.xlsx", sheet="P", cell="E2")
    assert ranks(found) == {"W": [CauseKind.OWN]}
    assert found.alterations == ()


def test_the_same_cells_in_another_file_are_no_cause() -> None:
    sent = [replace(one, file="moi.xlsx", inputs=tuple(moved(i) for i in one.inputs)) for one in submissions()]
    definition = Definition(assessment=ROUND, findings=(), layout=Layout(file="d.xlsx"))
    assert compare(BEFORE, ledger_of(evaluate(definition, intake_of(sent), "bai-nop"))).is_nothing


def submissions() -> list[Submission]:
    return [handed_in(code, typed) for code, typed in TYPED.items()]


def moved(one: Input) -> Input:
    return replace(one, where=replace(one.where, file="moi.xlsx", row=one.where.row + 7))


def test_a_unit_is_told_who_passed_it_and_who_fell_behind_it() -> None:
    typed = retype("v", "A", Decimal(4))  # 15 points, between 21 and 11
    above = typed | retype("w", "A", Decimal(10)) | {"v": typed["v"]}  # w has 17
    low, high = ledger(ROUND, typed), ledger(ROUND, above)
    for found, words in ((compare(low, high), "compare.passed"), (compare(high, low), "compare.fell_behind")):
        assert ranks(found) == {"V": [CauseKind.OTHERS], "W": [CauseKind.OWN]}
        cause = found.moved_rows[0].causes[0]
        assert (cause.names, cause.count, cause.after.said) == (("W",), 1, Term(words))


def test_with_dense_ranks_a_tie_above_moves_those_behind_it() -> None:
    found = compare(BEFORE, ledger(ROUND, retype("v", "A", Decimal(10))))  # v has 21 points, as u has
    assert ranks(found) == {"V": [CauseKind.OWN], "W": [CauseKind.TIES]}
    cause = found.moved_rows[1].causes[0]
    assert reason(cause, Words()) == (
        "Đơn vị xếp trên đổi hạng: nay đồng hạng với đơn vị khác, nên đơn vị này lên hạng theo (V: hạng 2 → 1)"
    )


def test_with_dense_ranks_a_tie_that_ends_above_names_the_unit_that_fell() -> None:
    """U and V share rank 1, W has 2; U gains a point: V is second now and W third."""
    tied = retype("v", "A", Decimal(10))
    found = compare(ledger(ROUND, tied), ledger(ROUND, tied | {"u": TYPED["u"] | {"A": Decimal(9)}}))
    assert ranks(found) == {"U": [CauseKind.OWN], "V": [CauseKind.OTHERS], "W": [CauseKind.TIES]}
    cause = found.moved_rows[2].causes[0]
    assert (cause.after.said, cause.names) == (
        Term("compare.ties_apart"),
        (Term("compare.rank_moved", (("unit", "V"), ("old", 1), ("new", 2))),),
    )


def test_a_relative_leaf_names_the_best_unit() -> None:
    found = compare(BEFORE, ledger(ROUND, retype("u", ("B", FIRST), Decimal(80))))
    assert told(found) == {
        "V": [("B", "-3", Decimal(-3), [CauseKind.BEST])],
        "W": [("B", "-1.5", Decimal("-1.5"), [CauseKind.BEST])],
    }
    best = found.moved[0].movements[0].causes[0]
    assert best.names == ("U",)
    assert [Words().shown(side.said) for side in (best.before, best.after)] == ["U: 50", "U: 80"]
    assert best.after.file == "u.xlsx"


def test_a_verified_value_that_came_changed_or_went() -> None:
    one, other = (ledger(ROUND, TYPED, [verdict("u", "A", points)]) for points in (5, 7))
    for before, after, change in ((BEFORE, one, "-3"), (one, other, "2"), (other, BEFORE, "1")):
        found = compare(before, after)
        assert told(found) == {"U": [("A", change, Decimal(change), [CauseKind.VERIFIED])]}
        assert found.moved[0].movements[0].causes[0].note == "sai"
    cause = compare(BEFORE, one).moved[0].movements[0].causes[0]
    assert (cause.before.file, cause.after.file, cause.after.cell) == ("u.xlsx", "td.xlsx", "D3")


def test_where_the_published_score_is_switched_the_setting_is_the_cause() -> None:
    """Verified 5, own 8: nobody verified an 8, and the reason for the 5 is none for it."""
    own = replace(ROUND, profile=replace(ROUND.profile, scores=ScoreSource.OWN))
    verdicts = [verdict("u", "A", 5)]
    for old, new, change in ((ROUND, own, "3"), (own, ROUND, "-3")):
        found = compare(ledger(old, TYPED, verdicts), ledger(new, TYPED, verdicts))
        assert told(found) == {"U": [("A", change, Decimal(change), [CauseKind.SETTING])]}
        cause = found.moved[0].movements[0].causes[0]
        assert (cause.field, cause.note) == ("scores", "")


def test_a_refused_value_is_no_result_and_the_unit_is_told_to_wait_with_the_reason() -> None:
    verified, refused = (ledger(ROUND, TYPED, [verdict("u", "A", points)]) for points in (5, 11))
    found = compare(verified, refused)
    assert told(found)["U"] == [
        ("T", "", None, [CauseKind.STATE]),
        ("A", "", None, [CauseKind.VERIFIED, CauseKind.REFUSED]),
    ]
    root, leaf = found.moved[0].movements
    assert (root.old, root.new) == (Decimal(18), Term("unit_state.waiting"))
    lines = list(comparison_lines(found, Words()))
    assert lines[2] == "U: tổng điểm 18 → Chờ cơ quan thẩm định"
    assert "    A A: 5 → Chờ cơ quan thẩm định" in lines
    [waiting] = [told_as(cause) for cause in root.causes]
    assert waiting.startswith("Tình trạng của đơn vị: Được xếp hạng → Chờ cơ quan thẩm định (td.xlsx, trang V, ô D3; ")
    gone, not_taken = [told_as(cause) for cause in leaf.causes]
    assert gone == "Kết quả thẩm định: 5 → (không có) (td.xlsx, trang V, ô D3; sai)"
    assert not_taken.startswith("Giá trị thẩm định không được tính: 11 (td.xlsx, trang V, ô D3; ")
    assert "lớn hơn điểm tối đa 10" in not_taken
    assert "lớn hơn điểm tối đa 10" in waiting
    back = told(compare(refused, verified))["U"]
    assert back[1] == ("A", "", None, [CauseKind.VERIFIED, CauseKind.REFUSED])


def told_as(cause: Cause) -> str:
    return told_in_words(cause, Words())


def test_a_unit_with_errors_has_not_lost_its_points() -> None:
    found = compare(BEFORE, ledger(ROUND, retype("u", "A", Decimal(11))))
    assert told(found)["U"] == [("T", "", None, [CauseKind.STATE]), ("A", "", None, [CauseKind.CELL])]
    [row] = [row for row in found.moved_rows if row.pair.name == "U"]
    assert kinds(row.causes) == [CauseKind.STATE]
    assert [says.vi for says in row.causes[0].because] == [
        says.vi for says in found.moved[0].movements[0].causes[0].because
    ]
    assert (row.causes[0].after.file, row.causes[0].after.cell) == ("u.xlsx", "E2")


def test_what_a_unit_says_is_no_cause_where_it_is_verified() -> None:
    verdicts = [verdict("u", "A", 5)]
    assert compare(ledger(ROUND, TYPED, verdicts), ledger(ROUND, retype("u", "A", Decimal(9)), verdicts)).is_nothing


def test_points_that_the_appraiser_gives() -> None:
    other = replace(ROUND, given=(replace(GIVEN[0], points=Decimal(5)), *GIVEN[1:]))
    found = compare(BEFORE, ledger(other, TYPED))
    assert told(found) == {"U": [("G", "2", Decimal(2), [CauseKind.GIVEN])]}


def test_an_entry_of_the_corrections_register() -> None:
    entry = Correction(
        unit="v",
        criterion="A",
        old=Decimal(6),
        new=Decimal(7),
        reason="r",
        author="x",
        day="1/2/2021",
        document="12/CV",
    )
    found = compare(BEFORE, ledger(replace(ROUND, corrections=(entry,)), TYPED))
    assert told(found) == {"V": [("A", "1", Decimal(1), [CauseKind.CORRECTION])]}
    cause = found.moved[0].movements[0].causes[0]
    assert (cause.before.said, cause.after.said, cause.note) == (Decimal(6), Decimal(7), "12/CV; r")


def test_an_exemption_is_no_zero() -> None:
    exempt = Exemption(block="k", group="", unit="w", criterion="A", reason="")
    typed = TYPED | {"w": {("B", FIRST): Decimal(20)}}
    found = compare(BEFORE, ledger(replace(ROUND, exemptions=(exempt,)), typed))
    assert told(found) == {"W": [("A", "-4", Decimal(-4), [CauseKind.EXEMPTION])]}
    assert found.moved[0].movements[0].new == Term("not_assessed")


def test_a_parameter_of_a_criterion() -> None:
    found = compare(BEFORE, ledger(with_criterion("B", max_score=Decimal(20)), TYPED))
    assert told(found) == {
        "U": [("B", "10", Decimal(10), [CauseKind.RULE])],
        "V": [("B", "8", Decimal(8), [CauseKind.RULE])],
        "W": [("B", "4", Decimal(4), [CauseKind.RULE])],
    }
    cause = found.moved[0].movements[0].causes[0]
    assert (cause.field, cause.before.said, cause.after.said) == ("max_score", Decimal(10), Decimal(20))
    [told_once] = found.alterations
    assert told_once.criterion is not None
    assert (told_once.criterion.code, told_once.cause) == ("B", cause)


def test_another_way_to_gather_is_told_of_the_criterion_itself() -> None:
    found = compare(BEFORE, ledger(with_criterion("P", aggregation=Aggregation.BEST), TYPED))
    assert [(m[0], m[2], m[3]) for m in told(found)["V"]] == [("P", Decimal(-6), [CauseKind.RULE])]


def test_behind_the_best_of_several_stands_the_leaf_that_moved() -> None:
    best = with_criterion("P", aggregation=Aggregation.BEST)  # w has 4 for either leaf
    found = compare(ledger(best, TYPED), ledger(best, retype("w", "A", Decimal(3))))
    assert told(found) == {"W": [("A", "-1", None, [CauseKind.CELL])]}
    found = compare(ledger(best, TYPED), ledger(best, retype("u", "A", Decimal(3))))
    assert told(found) == {"U": [("A", "-5", None, [CauseKind.CELL])]}
    both = TYPED | {"v": {"A": Decimal(9), ("B", FIRST): Decimal(10)}}  # 6 and 8 became 9 and 2: 8 became 9
    assert told(compare(ledger(best, TYPED), ledger(best, both))) == {
        "V": [
            ("P", "1", Decimal(1), [CauseKind.BELOW]),
            ("A", "3", None, [CauseKind.CELL]),
            ("B", "-6", None, [CauseKind.CELL]),
        ]
    }


def test_a_criterion_that_came_and_one_that_went() -> None:
    criteria = (*(c for c in LEAVES if c.code != "G"), criterion("H", "T", 5))
    after = replace(ROUND, criteria=criteria, given=())
    found = compare(BEFORE, ledger(after, {code: typed | {"H": Decimal(1)} for code, typed in TYPED.items()}))
    assert told(found)["U"] == [
        ("H", "1", Decimal(1), [CauseKind.ADDED]),
        ("G", "-3", Decimal(-3), [CauseKind.REMOVED]),
    ]
    assert [(a.criterion and a.criterion.code, a.cause.kind) for a in found.alterations] == [
        ("H", CauseKind.ADDED),
        ("G", CauseKind.REMOVED),
    ]


def test_a_criterion_that_moved_takes_its_points_along() -> None:
    after = with_criterion("G", parent="P")
    found = compare(BEFORE, ledger(after, TYPED))
    assert told(found)["U"] == [
        ("G", "3", Decimal(3), [CauseKind.MOVED]),
        ("G", "-3", Decimal(-3), [CauseKind.MOVED]),
    ]


def test_a_criterion_is_known_by_its_words_under_another_code_and_a_code_under_other_words_is_told() -> None:
    recoded = replace(ROUND, criteria=tuple(replace(c, code="A9", label="A") if c.code == "A" else c for c in LEAVES))
    typed = {code: {("A9" if key == "A" else key): v for key, v in one.items()} for code, one in TYPED.items()}
    found = compare(BEFORE, ledger(recoded, typed))
    assert told(found) == {}
    assert [(a.cause.kind, a.cause.field, a.cause.after.said) for a in found.alterations] == [
        (CauseKind.RULE, "code", "A9")
    ]
    found = compare(BEFORE, ledger(with_criterion("A", label="Khác"), retype("u", "A", Decimal(9))))
    assert told(found) == {"U": [("A", "1", Decimal(1), [CauseKind.CELL, CauseKind.RELABELLED])]}
    assert [(a.cause.kind, a.cause.before.said, a.cause.after.said) for a in found.alterations] == [
        (CauseKind.RELABELLED, "A", "Khác")
    ]


def test_settings_of_the_block() -> None:
    typed = retype("v", "A", Decimal("6.4"))
    found = compare(ledger(ROUND, typed), ledger(with_block(ROUND, decimals=0), typed))
    assert found.moved == ()
    assert ranks(found) == {"V": [CauseKind.SETTING]}
    [altered] = found.alterations
    assert (altered.criterion, altered.cause) == (None, found.moved_rows[0].causes[0])
    assert (altered.cause.field, altered.cause.before.said, altered.cause.after.said) == (
        "decimals",
        Decimal(1),
        Decimal(0),
    )


def test_printed_parts_that_are_rounded_before_they_are_added() -> None:
    columns = (column(ColumnKind.POINTS, criterion="A"), column(ColumnKind.TOTAL))
    of = replace(ROUND, columns=columns)
    typed = retype("v", "A", Decimal("6.44"))
    found = compare(ledger(of, typed), ledger(with_block(of, summing=Summing.PRINTED), typed))
    assert told(found) == {"V": [("A", "-0.04", Decimal("-0.04"), [CauseKind.SETTING, CauseKind.SETTING])]}
    assert [cause.field for cause in found.moved[0].movements[0].causes] == ["summing", "rounded_parts"]


def test_a_removed_file() -> None:
    found = compare(BEFORE, ledger(ROUND, {code: typed for code, typed in TYPED.items() if code != "u"}))
    assert told(found) == {
        "U": [("T", "", None, [CauseKind.STATE])],
        "V": [("B", "2", Decimal(2), [CauseKind.BEST])],
        "W": [("B", "1", Decimal(1), [CauseKind.BEST])],
    }
    state = found.moved[0].movements[0].causes[0]
    assert (Words().shown(state.before.said), state.before.file) == ("Được xếp hạng", "u.xlsx")
    assert (Words().shown(state.after.said), state.after.file) == ("Chưa nộp phiếu", "")
    assert ranks(found) == {"U": [CauseKind.STATE], "V": [CauseKind.OWN], "W": [CauseKind.OWN]}


# ---------------------------------------------------------------- two years


def next_year(units: Iterable[Unit], **fields: Any) -> Assessment:
    """The round of the year after."""
    profile = replace(ROUND.profile, code="sau", year=2021)
    given = tuple(GivenScore(unit=one.code, criterion="G", points=Decimal(3), source="") for one in units)
    return replace(ROUND, profile=profile, units=tuple(units), given=given, **fields)


def past(code: str, name: str) -> PastResult:
    return PastResult(unit=code, criterion="", name=name, total=Decimal(1), rank=1)


def kin(found: Comparison) -> list[tuple[str, Kinship, list[str]]]:
    return [(one.pair.name, one.pair.kinship, [old.name for old in one.pair.olds]) for one in found.units]


def test_a_renamed_unit_is_known_by_its_code_its_other_names_and_its_name_last_year() -> None:
    renamed = (
        unit("u", printed_name="Sở Mới"),
        unit("v2", name="V2", printed_name="V2", other_names=("v",)),
        unit("w3", name="W3", printed_name="W3"),
    )
    typed = {new: TYPED[old] for new, old in (("u", "u"), ("v2", "v"), ("w3", "w"))}
    found = compare(BEFORE, ledger(next_year(renamed, past=(past("w3", "W"),)), typed))
    assert kin(found) == [
        ("Sở Mới", Kinship.RENAMED, ["U"]),
        ("V2", Kinship.RENAMED, ["V"]),
        ("W3", Kinship.RENAMED, ["W"]),
    ]
    assert not found.moved
    assert not found.moved_rows


def recoded(codes: Mapping[str, str]) -> tuple[Assessment, dict[str, dict[Any, Any]]]:
    """The round with other codes of its units, names and answers as they were."""
    units = tuple(unit(codes[one.code], name=one.name, printed_name=one.printed_name) for one in UNITS)
    given = tuple(replace(one, unit=codes[one.unit]) for one in GIVEN)
    return replace(ROUND, units=units, given=given), {codes[code]: typed for code, typed in TYPED.items()}


def test_two_units_that_swapped_their_codes_are_who_they_were() -> None:
    found = compare(BEFORE, ledger(*recoded({"u": "v", "v": "u", "w": "w"})))
    assert found.is_nothing
    assert kin(found) == [(name, Kinship.SAME, [name]) for name in "UVW"]


def test_serial_codes_of_a_reordered_register_tell_nothing() -> None:
    """The register of 1 U, 2 V, 3 W is sorted anew: 1 V, 2 X, 3 U; W went, X came."""
    before, typed = recoded({"u": "1", "v": "2", "w": "3"})
    units = tuple(unit(code, name=name, printed_name=name) for code, name in (("1", "V"), ("2", "X"), ("3", "U")))
    after = {"1": typed["2"], "2": typed["3"], "3": typed["1"]}
    found = compare(ledger(before, typed), ledger(next_year(units), after))
    assert kin(found) == [
        ("V", Kinship.SAME, ["V"]),
        ("X", Kinship.NEW, []),
        ("U", Kinship.SAME, ["U"]),
        ("W", Kinship.GONE, ["W"]),
    ]
    assert not found.moved


def test_a_new_code_beside_a_known_name_takes_nothing_from_the_codes_of_the_others() -> None:
    units = (unit("u", name="Mới", printed_name="Mới"), unit("x", name="V", printed_name="V"), UNITS[2])
    typed = {"u": TYPED["u"], "x": TYPED["v"], "w": TYPED["w"]}
    found = compare(BEFORE, ledger(next_year(units), typed))
    assert kin(found) == [("Mới", Kinship.RENAMED, ["U"]), ("V", Kinship.SAME, ["V"]), ("W", Kinship.SAME, ["W"])]


def test_a_merged_unit_is_listed_with_those_it_was_merged_from() -> None:
    units = (UNITS[0], unit("x"), unit("y"))
    results = (past("x", "V"), past("x", "w"))
    typed = {"u": TYPED["u"], "x": TYPED["v"], "y": TYPED["w"]}
    found = compare(BEFORE, ledger(next_year(units, past=results), typed))
    assert kin(found) == [("U", Kinship.SAME, ["U"]), ("X", Kinship.MERGED, ["V", "W"]), ("Y", Kinship.NEW, [])]
    merged = found.units[1]
    assert [old.total for old in merged.olds] == [Decimal(17), Decimal(11)]
    assert (merged.mean, merged.change) == (Fraction(14), None)
    assert ranks(found) == {"X": [CauseKind.REGISTER], "Y": [CauseKind.REGISTER]}


def test_the_survivor_of_a_merger_counts_among_those_it_was_merged_from() -> None:
    results = (past("u", "U (trước hợp nhất)"), past("u", "V"))
    found = compare(BEFORE, ledger(next_year((UNITS[0], UNITS[2]), past=results), {c: TYPED[c] for c in "uw"}))
    assert kin(found) == [("U", Kinship.MERGED, ["U", "V"]), ("W", Kinship.SAME, ["W"])]
    assert found.units[0].mean == Fraction(19)


def test_a_unit_merged_before_the_earlier_round_is_the_same_in_both() -> None:
    results = (past("u", "U (trước hợp nhất)"), past("u", "V"))
    found = compare(ledger(replace(ROUND, past=results), TYPED), ledger(next_year(UNITS, past=results), TYPED))
    assert [kinship for _, kinship, _ in kin(found)] == [Kinship.SAME] * 3


def test_a_merger_of_which_only_one_unit_is_known_is_not_taken_for_a_new_name() -> None:
    units = (unit("x"), *UNITS[1:])
    results = (past("x", "U"), past("x", "Khác"))
    found = compare(BEFORE, ledger(next_year(units, past=results), {"x": TYPED["u"], "v": TYPED["v"], "w": TYPED["w"]}))
    assert kin(found)[0] == ("X", Kinship.MERGED, ["U"])
    assert (found.units[0].mean, found.units[0].change) == (None, None)


def test_a_block_is_known_by_its_name_under_another_code() -> None:
    def coded(record: Any) -> Any:
        return replace(record, block="m")

    after = next_year(tuple(map(coded, UNITS)), blocks=(replace(ROUND.blocks[0], code="m", decimals=0),))
    after = replace(after, criteria=tuple(map(coded, LEAVES)), tables=tuple(map(coded, ROUND.tables)))
    found = compare(BEFORE, ledger(after, TYPED))
    assert [(one.block, one.cause.field) for one in found.alterations] == [("K", "decimals")]
    assert not found.moved
    assert not found.moved_rows


def test_within_one_round_nothing_was_merged() -> None:
    of = replace(ROUND, past=(past("u", "V"), past("u", "W")))
    assert compare(BEFORE, ledger(of, TYPED)).is_nothing


def test_a_unit_without_successor_is_listed_last() -> None:
    found = compare(BEFORE, ledger(next_year(UNITS[1:]), {code: TYPED[code] for code in "vw"}))
    assert kin(found)[-1] == ("U", Kinship.GONE, ["U"])
    assert ranks(found) == {"U": [CauseKind.REGISTER], "V": [CauseKind.OWN], "W": [CauseKind.OWN]}


def test_totals_on_another_scale_are_compared_in_percent_and_that_is_said() -> None:
    criteria = tuple(replace(c, max_score=Decimal(85)) if c.code == "A" else c for c in LEAVES)
    found = compare(BEFORE, ledger(next_year(UNITS, criteria=criteria), retype("u", "A", Decimal(80))))
    one = found.units[0]
    assert [(scale.total, scale.maximum, scale.percent) for scale in (*one.olds, one.new) if scale] == [
        (Decimal(21), Decimal(25), Fraction(84)),
        (Decimal(93), Decimal(100), Fraction(93)),
    ]
    assert scale_lines(found, Words()) == (
        "Điểm tối đa của khối «K» khác nhau (25 và 100 điểm), nên chỉ nên so sánh theo tỷ lệ % điểm tối đa.",
    )


# ---------------------------------------------------------------- the command, the workbook, the annex


def cqdt(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> tuple[RoundFolder, RoundFolder]:
    """The sample as it was published, and as it is now: one cell is another, one file is gone."""
    before, after = (RoundFolder(tmp_path_factory.mktemp("twins") / name) for name in ("truoc", "nay"))
    for folder in (before, after):
        shutil.copytree(SAMPLE.inbox, folder.inbox)
        shutil.copy(SAMPLE.definition, folder.definition)
    assert cqdt("report", before.path, "-q").exit_code == 0
    rounds.retype(after.inbox / "so-y-te.xlsx", {"1.1.1": 1})
    (after.inbox / "so-xay-dung.xlsx").unlink()
    return before, after


def rows_of(path: Path, sheet: str) -> list[dict[str, Any]]:
    header, *rows = openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_the_workbook_holds_every_figure_rank_and_cause(twins: tuple[RoundFolder, RoundFolder]) -> None:
    before, after = twins
    run = cqdt("compare", before.path / "ket-qua", after.path)
    assert run.exit_code == 0, run.output
    assert str(after.comparison) in run.stdout
    first, second = rows_of(after.comparison, "Nguyên nhân")
    assert first == {
        "Đơn vị": "Sở Y tế",
        "Tiêu chí": "1.1.1",
        "Tên tiêu chí": "Tỷ lệ cán bộ, công chức, viên chức được trang bị máy tính phục vụ công việc",
        "Điểm trước": 2,
        "Điểm nay": 1,
        "Tăng, giảm": -1,
        "Góp vào tổng": -1,
        "Nguyên nhân": "Đơn vị khai khác",
        "Trước": 2,
        "Nay": 1,
        "Ô trước": "bai-nop/so-y-te.xlsx, trang Phiếu tự đánh giá, ô E11",
        "Ô nay": "bai-nop/so-y-te.xlsx, trang Phiếu tự đánh giá, ô E11",
        "Lý do, văn bản, đơn vị liên quan": None,
    }
    assert (second["Đơn vị"], second["Nguyên nhân"], second["Nay"]) == (
        "Sở Xây dựng",
        "Tình trạng của đơn vị",
        "Chưa nộp phiếu",
    )
    results = {(row["Biểu"], row["Đơn vị"]): row for row in rows_of(after.comparison, "Kết quả từng biểu")}
    row = results["I", "Sở Y tế"]
    assert [row[name] for name in ("Kết quả trước", "Kết quả nay", "Tăng, giảm", "Hạng trước", "Hạng nay")] == [
        79.5,
        78.5,
        -1,
        6,
        7,
    ]
    assert results["I", "Sở Tư pháp"]["Vì sao"] == "Do đơn vị khác: có đơn vị không còn xếp trên (Sở Y tế)"
    assert results["I", "Thanh tra tỉnh"]["Vì sao"] is None
    kept = {row["Đơn vị"]: row for row in rows_of(after.comparison, "Đơn vị")}
    assert kept["Sở Y tế"]["Tên, tổ chức so với trước"] == "Không đổi tên, không hợp nhất"
    assert [kept["Sở Xây dựng"][name] for name in ("Tình trạng trước", "Tình trạng nay", "Tổng điểm nay")] == [
        "Được xếp hạng",
        "Chưa nộp phiếu",
        None,
    ]


def test_libreoffice_prints_the_workbook(twins: tuple[RoundFolder, RoundFolder], tmp_path: Path) -> None:
    out = tmp_path / "so.xlsx"
    assert cqdt("compare", twins[0].journal, twins[1].path, "--out", out, "-q").exit_code == 0
    assert libreoffice.pdf(out, tmp_path).stat().st_size > 10_000


def test_the_terminal_tells_the_most_important_first_and_the_machine_the_same(
    twins: tuple[RoundFolder, RoundFolder], tmp_path: Path
) -> None:
    before, after = twins
    lines = cqdt("compare", before.path, after.path).stdout.splitlines()
    assert lines[2:6] == [
        "Sở Xây dựng: tổng điểm 78,1 → Chưa nộp phiếu",
        "    Biểu I: 78,1 → (không có), hạng 8 → (không có)",
        "    Biểu I.1: 27,0 → (không có), hạng 1 → (không có)",
        "    Biểu I.2: 51,1 → (không có), hạng 8 → (không có)",
    ]
    assert lines.count("        Tình trạng của đơn vị: Được xếp hạng → Chưa nộp phiếu (bai-nop/so-xay-dung.xlsx)") == 1
    assert not any("-78,1" in line for line in lines)
    assert "        Đơn vị khai khác: 2 → 1 (bai-nop/so-y-te.xlsx, trang Phiếu tự đánh giá, ô E11)" in lines
    told = json.loads(cqdt("compare", before.journal, after.path, "--json", "--out", tmp_path / "x.xlsx").stdout)
    assert told["outputs"] == [str(tmp_path / "x.xlsx")]
    [health] = [one for one in told["comparison"]["units"] if one["unit"] == "so-y-te"]
    assert (health["change"], health["movements"][0]["causes"][0]["after"]["cell"]) == ("-1", "E11")


def test_what_cannot_be_compared_is_said(twins: tuple[RoundFolder, RoundFolder], tmp_path: Path) -> None:
    round_folder = twins[0].path
    empty, broken, taken = tmp_path / "rong", tmp_path / "hong.json", tmp_path / "co.xlsx"
    empty.mkdir()
    broken.write_text("{", encoding="utf-8")
    taken.write_bytes(b"x")
    for arguments, text in (
        ((empty, round_folder), "không có"),
        ((tmp_path / "khong", round_folder), "Không có thư mục hay tệp"),
        ((broken, round_folder), "Không đọc được nhật ký"),
        ((round_folder, round_folder, "--out", taken), "không ghi đè"),
        ((round_folder, round_folder, "--out", tmp_path / "a.csv"), ".xlsx"),
    ):
        run = cqdt("compare", *arguments)
        assert run.exit_code == 2
        assert text in " ".join(run.stderr.split())
    assert taken.read_bytes() == b"x"
    assert not (round_folder / "ket-qua" / "so-sanh.xlsx").exists()


def test_both_sides_are_looked_for_before_one_is_read(
    twins: tuple[RoundFolder, RoundFolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reading(*_: object) -> None:
        raise AssertionError("read before the other side was looked for")

    monkeypatch.setattr("cqdt_batch.pipeline.running.assess", reading)
    run = cqdt("compare", twins[0].path, tmp_path / "khong")
    assert (run.exit_code, "Không có thư mục hay tệp" in " ".join(run.stderr.split())) == (2, True)


def test_the_journal_of_a_draft_is_no_published_result(twins: tuple[RoundFolder, RoundFolder]) -> None:
    """previous_is_draft"""
    before, after = twins
    assert cqdt("report", after.path, "-q").exit_code == 1
    for journal, expected in ((before.journal, []), (after.journal, [(Severity.WARNING, "cong-bo-truoc.json")])):
        shutil.copy(journal, after.previous)
        found = [one for one in examined(after).findings if one.code == "previous_is_draft"]
        assert [(one.severity, one.where.file) for one in found] == expected
    after.previous.unlink()


def test_a_lone_journal_is_compared_on_the_terminal_only(
    twins: tuple[RoundFolder, RoundFolder], tmp_path: Path
) -> None:
    copy = shutil.copy(twins[0].journal, tmp_path / "cu.json")
    run = cqdt("compare", twins[0].journal, copy)
    assert (run.exit_code, sorted(tmp_path.iterdir())) == (0, [copy])
    assert "Hai kết quả giống nhau" in " ".join(run.stderr.split())


def test_a_corrected_annex_prints_what_changed(twins: tuple[RoundFolder, RoundFolder]) -> None:
    before, after = twins
    shutil.copy(before.journal, after.previous)
    assert cqdt("report", after.path, "-q").exit_code == 1
    book = openpyxl.load_workbook(after.annex)
    assert book.sheetnames[:7] == ["I", "I.1", "I.2", "II", "II.1", "II.2", "Thay đổi"]
    rows = [row for row in book["Thay đổi"].iter_rows(values_only=True) if row[1] == "Sở Y tế"]
    assert rows[0][:6] == (1, "Sở Y tế", 79.5, 78.5, 6, 7)
    assert rows[0][6] == "Tiêu chí 1.1.1: 2 → 1. Đơn vị khai khác: 2 → 1"
    assert cqdt("verify", after.path, "-q").exit_code == 0
    after.previous.write_text(after.previous.read_text("utf-8").replace(" ", "  ", 1), encoding="utf-8")
    assert cqdt("verify", after.path, "-q").exit_code == 1
    after.previous.unlink()


def test_a_journal_that_names_what_it_does_not_hold_is_refused() -> None:
    assert is_whole(BEFORE)
    first, *others = BEFORE.units
    for spoilt in (
        replace(BEFORE, criteria=BEFORE.criteria[1:]),
        replace(BEFORE, units=(replace(first, block="khac"), *others)),
        replace(BEFORE, units=(replace(first, points={"X": Decimal(1)}), *others)),
        replace(BEFORE, tables=(replace(BEFORE.tables[0], criterion="X"),)),
        replace(BEFORE, blocks=()),
    ):
        assert not is_whole(spoilt)


def test_an_edited_journal_is_no_witness(twins: tuple[RoundFolder, RoundFolder], tmp_path: Path) -> None:
    edited = tmp_path / "sua.json"
    edited.write_text(twins[0].journal.read_text("utf-8").replace('"79.5"', '"80.5"'), encoding="utf-8")
    run = cqdt("compare", edited, twins[1].path)
    assert (run.exit_code, "mã kiểm" in run.stderr) == (2, True)


@pytest.mark.parametrize("spoilt", ["{", "another", "folder"])
def test_a_previous_result_that_cannot_be_used_is_a_warning(sample: RoundFolder, spoilt: str) -> None:
    """previous_unreadable"""
    if spoilt == "folder":
        sample.previous.mkdir()
    elif spoilt == "another":
        assert cqdt("report", sample.path, "-q").exit_code == 0
        other = replace(sealed(sample).ledger, assessment="dot-khac")
        sample.previous.write_bytes(journal_bytes(replace(sealed(sample), ledger=other)))
    else:
        sample.previous.write_text(spoilt, encoding="utf-8")
    found = [one for one in examined(sample).findings if one.code == "previous_unreadable"]
    assert [(one.severity, one.where.file) for one in found] == [(Severity.WARNING, "cong-bo-truoc.json")]
    assert cqdt("report", sample.path, "-q").exit_code == 0
    assert "Thay đổi" not in openpyxl.load_workbook(sample.annex).sheetnames


def sealed(folder: RoundFolder) -> Seal:
    seal = seal_from(folder.journal.read_bytes(), "nhat-ky.json")
    assert isinstance(seal, Seal)
    return seal
