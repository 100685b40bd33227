"""What is shipped is what the program and its sources make: nothing was typed into it by hand."""

from __future__ import annotations

import csv
import importlib.util
import shutil
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.definition.names import folded
from cqdt_batch.messages import Words
from cqdt_batch.pipeline import RoundFolder, start_round, write_forms
from cqdt_batch.scoring.rounding import published
from tests.dump import dumped
from tests.rounds import ROOT, SAMPLE

SOURCES = SAMPLE.path / "nguon"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def remade(tmp_path_factory: pytest.TempPathFactory) -> RoundFolder:
    """The sample made again, in another place, by its own script."""
    folder = tmp_path_factory.mktemp("remade")
    shutil.copytree(SOURCES, folder / "nguon")
    shutil.copy(SAMPLE.path / "make_sample.py", folder)
    script(folder / "make_sample.py").main()
    return RoundFolder(folder)


def script(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_sample", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_definition_is_what_its_sources_make(remade: RoundFolder) -> None:
    assert dumped(remade.definition) == dumped(SAMPLE.definition)


def test_the_submissions_are_what_the_script_makes(remade: RoundFolder) -> None:
    names = sorted(path.name for path in SAMPLE.inbox.iterdir())
    assert sorted(path.name for path in remade.inbox.iterdir()) == names
    assert len(names) == 30
    for name in names:
        assert dumped(remade.inbox / name) == dumped(SAMPLE.inbox / name)


def test_the_blank_definition_in_templates_is_what_new_makes(tmp_path: Path) -> None:
    blank = start_round(RoundFolder(tmp_path), Words())
    assert dumped(blank) == dumped(ROOT / "templates" / "dot-danh-gia.xlsx")


def test_the_forms_in_templates_are_what_forms_makes(assessment: Assessment, tmp_path: Path) -> None:
    shipped = ROOT / "templates" / "hoa-binh-2020"
    written = write_forms(assessment, tmp_path, Words())
    assert sorted(p.name for p in shipped.iterdir()) == sorted(p.name for p in written)
    for form in written:
        assert dumped(form) == dumped(shipped / form.name)


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
