"""Same inputs, same bytes: whatever the day, the order of the folder, or the names of the files' neighbours."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.writing import write_annex, write_board, write_forms
from tests.rounds import outcome_of


def outputs(folder: RoundFolder) -> list[bytes]:
    outcome = outcome_of(folder)
    return [write(folder, outcome, Words()).read_bytes() for write in (write_annex, write_board)]


def test_two_runs_give_the_same_bytes(sample: RoundFolder) -> None:
    assert outputs(sample) == outputs(sample)


def test_the_order_in_which_the_folder_is_listed_changes_nothing(
    sample: RoundFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight = outputs(sample)
    honest = Path.iterdir

    def shuffled(path: Path) -> Iterator[Path]:
        found = list(honest(path))
        random.Random(7).shuffle(found)
        return iter(found)

    monkeypatch.setattr(Path, "iterdir", shuffled)
    assert outputs(sample) == straight


def test_renamed_files_change_the_names_of_files_and_no_figure(sample: RoundFolder) -> None:
    before = outcome_of(sample)
    for number, path in enumerate(sorted(sample.inbox.iterdir(), reverse=True)):
        path.rename(path.with_name(f"{number:02}.xlsx"))
    after = outcome_of(sample)
    assert all(after.points[block].equals(before.points[block]) for block in before.points)
    assert after.tables == before.tables


def test_forms_are_the_same_bytes_every_time(sample: RoundFolder, tmp_path: Path) -> None:
    assessment = outcome_of(sample).assessment
    for name in ("1", "2"):
        write_forms(assessment, tmp_path / name, Words())
    for form in (tmp_path / "1").iterdir():
        assert form.read_bytes() == (tmp_path / "2" / form.name).read_bytes()
