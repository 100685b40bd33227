"""What the program has to say about its input: a finding is a value, with the place it is about.

Rows and columns stay integers until a reader sees them, so that sorting is free. The words of a finding are in
`messages.toml` under its code; here are only the facts that go into them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import NamedTuple, TypeAlias


class Severity(StrEnum):
    """How much a finding weighs: an error keeps its unit out of the ranking, the others do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


class Term(NamedTuple):
    """A text of the catalogue inside a finding, so that the finding itself belongs to no language.

    `facts` are the names and contents of the text's own places.
    """

    key: str
    facts: tuple[tuple[str, Fact], ...] = ()


Fact: TypeAlias = "str | int | Decimal | Term | tuple[str | Decimal | Term, ...]"


@cache
def column_letters(column: int) -> str:
    """Name a column as Excel does: 1 is A, 27 is AA."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Where:
    """A place: a file, a sheet of it, a cell of that. Rows and columns count from 1; 0 and "" mean the whole."""

    file: str = ""
    sheet: str = ""
    row: int = 0
    column: int = 0

    @property
    def cell(self) -> str:
        """The address a reader sees, such as D12; a whole row is 12, a whole column is D."""
        return f"{column_letters(self.column)}{self.row or ''}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing to tell: what kind (`code`), how heavy, where, about which unit, with which facts."""

    code: str
    severity: Severity
    where: Where
    unit: str = ""
    facts: dict[str, Fact] = field(default_factory=dict)


def error(code: str, where: Where, unit: str = "", /, **facts: Fact) -> Finding:
    """Make a finding that must be mended before the unit or the round can be published."""
    return Finding(code=code, severity=Severity.ERROR, where=where, unit=unit, facts=facts)


def warning(code: str, where: Where, unit: str = "", /, **facts: Fact) -> Finding:
    """Make a finding that somebody should look at; the figures stand."""
    return Finding(code=code, severity=Severity.WARNING, where=where, unit=unit, facts=facts)


def notice(code: str, where: Where, unit: str = "", /, **facts: Fact) -> Finding:
    """Make a finding that tells what was done or left out."""
    return Finding(code=code, severity=Severity.NOTICE, where=where, unit=unit, facts=facts)


def has_errors(findings: Iterable[Finding]) -> bool:
    """Tell whether any of the findings is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def gathered(findings: Iterable[Finding], into: Mapping[str, str], most: int) -> Iterator[Finding]:
    """Tell one cause once: more than `most` findings of a unit and code become one of the code it is gathered `into`.

    The one stands where the first did, and names all the criteria (`codes`) and their `count`.
    """
    read = tuple(findings)
    alike: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in read:
        alike[finding.unit, finding.code].append(finding)
    for finding in read:
        kin = alike[finding.unit, finding.code]
        if finding.code not in into or len(kin) <= most:
            yield finding
        elif finding is kin[0]:
            codes = tuple(dict.fromkeys(str(one.facts["code"]) for one in kin))
            facts: dict[str, Fact] = {"codes": codes, "count": len(codes)}
            yield replace(finding, code=into[finding.code], facts=facts)


_WEIGHT = {severity: weight for weight, severity in enumerate(Severity)}


def in_order(findings: Iterable[Finding], sheets: Iterable[str] = ()) -> tuple[Finding, ...]:
    """Sort findings for a reader: errors first, then by place; those of one place stay as they were found.

    `sheets` is the order of the sheets where it is not that of their names.
    """
    position = {sheet: number for number, sheet in enumerate(sheets)}

    def key(finding: Finding) -> tuple[int, str, int, Where]:
        where = finding.where
        return _WEIGHT[finding.severity], where.file, position.get(where.sheet, -1), where

    return tuple(sorted(findings, key=key))
