"""Every command that the README shows runs."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cqdt_batch.cli import app
from cqdt_batch.cli.commands import COMMANDS as ALL_COMMANDS
from cqdt_batch.cli.status import Status
from tests.rounds import ROOT, SAMPLE

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"\.venv/bin/cqdt ([^`\n]+)`", README)
TARGETS = sorted(set(re.findall(r"(?:`|^)make ([a-z]+(?: ROUND=[\w-]+)?)", README, re.MULTILINE)))


def test_the_readme_shows_every_command() -> None:
    shown = {shlex.split(command)[0] for command in COMMANDS}
    assert shown == set(ALL_COMMANDS)


def test_the_shown_commands_run_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between `cqdt new` and the next step the officer fills in the definition: here the sample's.

    Its check finds the definition sound and no forms yet, so there is nothing to appraise either.
    """
    (tmp_path / "samples").mkdir()
    shutil.copytree(SAMPLE.path, tmp_path / "samples" / SAMPLE.path.name)
    monkeypatch.chdir(tmp_path)
    for command in COMMANDS:
        result = CliRunner().invoke(app, shlex.split(command))
        inbox = Path(command.split()[1], "bai-nop")
        is_empty = command.startswith(("check", "appraise")) and inbox.is_dir() and not any(inbox.iterdir())
        assert result.exit_code == (Status.NOTHING_READ if is_empty else Status.CLEAN), (command, result.stderr)
        if command.startswith("new "):
            shutil.copy(SAMPLE.definition, tmp_path / command.removeprefix("new ") / SAMPLE.definition.name)


@pytest.mark.parametrize("target", TARGETS)
def test_the_shown_make_targets_exist(target: str) -> None:
    run = subprocess.run(["make", "--dry-run", *target.split()], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_make_help_lists_the_two_main_commands() -> None:
    run = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "make report" in run.stdout
    assert "make test" in run.stdout


@pytest.mark.parametrize("status", Status)
def test_every_exit_status_is_documented(status: Status) -> None:
    assert re.search(rf"^\| {status.value} \| \w", README, re.MULTILINE)


def test_links_and_pictures_lead_to_files() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / target).exists(), target
