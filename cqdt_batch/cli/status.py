"""How a command went, for whoever called it from a script."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from cqdt_batch.findings import has_errors

if TYPE_CHECKING:
    from cqdt_batch.scoring.outcome import Outcome


class Status(IntEnum):
    """Exit statuses."""

    CLEAN = 0
    FINDINGS = 1
    WRONG_USE = 2
    BROKEN_DEFINITION = 3
    NOTHING_READ = 4
    NOT_WRITTEN = 5
    NO_WORKERS = 6
    BROKEN_PROGRAM = 70
    INTERRUPTED = 130


def status_of(outcome: Outcome) -> Status:
    """How a run went: whether a form could be read, and whether anything is wrong."""
    if not any(entry.submission for entry in outcome.intake.files):
        return Status.NOTHING_READ
    return Status.FINDINGS if has_errors(outcome.findings) else Status.CLEAN
