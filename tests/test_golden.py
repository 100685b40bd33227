"""Generated workbooks as text. `make golden` rewrites the expected files; the diff tells what changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.writing import start_round, write_forms
from tests.dump import dumped
from tests.rounds import ROOT

GOLDEN = ROOT / "tests" / "golden"


def compare(name: str, workbook: Path, request: pytest.FixtureRequest, rows: int | None = None) -> None:
    expected = GOLDEN / f"{name}.txt"
    text = dumped(workbook, rows)
    if request.config.getoption("--regenerate"):
        expected.write_text(text, encoding="utf-8")
    assert text.splitlines() == expected.read_text(encoding="utf-8").splitlines()


def test_annex(published: RoundFolder, request: pytest.FixtureRequest) -> None:
    compare("phu-luc", published.annex, request, rows=60)  # the trace goes on for all units in the same way


def test_board(published: RoundFolder, request: pytest.FixtureRequest) -> None:
    compare("kiem-tra", published.board, request)


def test_form(assessment: Assessment, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    write_forms(assessment, tmp_path, Words())
    compare("thanh-tra-tinh", tmp_path / "thanh-tra-tinh.xlsx", request)


def test_blank_definition(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    compare("dot-danh-gia", start_round(RoundFolder(tmp_path), Words()), request)
