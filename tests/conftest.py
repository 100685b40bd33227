"""What the tests share: the sample round, a copy of it to spoil, and one published run of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from cqdt_batch.definition.assessment import Assessment
from cqdt_batch.messages import Words
from cqdt_batch.pipeline.folder import RoundFolder
from cqdt_batch.pipeline.running import examine, read_definition
from cqdt_batch.pipeline.writing import write_annex, write_board
from tests.rounds import SAMPLE

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate", action="store_true", help="rewrite the expected text of generated workbooks")


@pytest.fixture
def sample(tmp_path: Path) -> RoundFolder:
    """A copy of the sample round that a test may spoil."""
    folder = RoundFolder(tmp_path / "dot")
    folder.path.mkdir()
    shutil.copy(SAMPLE.definition, folder.definition)
    shutil.copytree(SAMPLE.inbox, folder.inbox)
    return folder


@pytest.fixture(scope="session")
def assessment() -> Assessment:
    """The sample's definition."""
    loaded = read_definition(SAMPLE).assessment
    assert loaded is not None
    return loaded


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> RoundFolder:
    """The sample round with its annex and board written."""
    folder = RoundFolder(tmp_path_factory.mktemp("published") / "dot")
    shutil.copytree(SAMPLE.inbox, folder.inbox)
    shutil.copy(SAMPLE.definition, folder.definition)
    outcome = examine(folder, read_definition(folder))
    write_annex(folder, outcome, Words())
    write_board(folder, outcome, Words())
    return folder
