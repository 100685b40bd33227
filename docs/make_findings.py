"""Make docs/findings.md: every finding that the program can give, with an example, in both languages.

Run from the project's root: `make docs`. The words are those of the catalogue, the examples stand in
`findings.toml`; nothing of a message is written here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl.utils import column_index_from_string

from cqdt_batch.findings import Finding, Severity, Term, Where
from cqdt_batch.messages import Language, Words

HERE = Path(__file__).parent
SOURCE = HERE / "findings.toml"
PAGE = HERE / "findings.md"

NOT_FINDINGS = ("intro", "stages")
"""The tables of the source that tell about the page; all others are findings, by their codes."""


def main() -> None:
    """Write the page, replacing the one that is there."""
    PAGE.write_text(page(source()), encoding="utf-8", newline="\n")


def source() -> dict[str, Any]:
    """Read the examples; a number with a point is an exact decimal, never a float."""
    return tomllib.loads(SOURCE.read_text(encoding="utf-8"), parse_float=Decimal)


def examples(tables: Mapping[str, Any]) -> dict[str, Finding]:
    """Make the finding of every example, as the program would give it."""
    return {code: _example(code, tables) for code in tables if code not in NOT_FINDINGS}


def _example(code: str, tables: Mapping[str, Any]) -> Finding:
    given = tables[code]
    stage = tables["stages"][given["stage"]]
    place = {part: given.get(part, stage.get(part, "")) for part in ("file", "sheet", "cell")}
    facts = {name: _fact(value) for name, value in (stage.get("facts", {}) | given.get("facts", {})).items()}
    return Finding(code=code, severity=Severity(given["severity"]), where=_where(**place), facts=facts)


def _where(file: str, sheet: str, cell: str) -> Where:
    """Read a place; the sample round is Vietnamese, and so are the names of its sheets on both sides of the page."""
    letters, digits = re.fullmatch(r"([A-Z]*)([0-9]*)", cell).groups()  # type: ignore[union-attr]
    column = column_index_from_string(letters) if letters else 0
    return Where(file=file, sheet=Words().shown(_fact(sheet)), row=int(digits or 0), column=column)


def _fact(value: Any) -> Any:
    """Read a fact: `term:` marks a text of the catalogue, a table one with facts of its own; every number is exact."""
    match value:
        case int():
            return Decimal(value)
        case str() if value.startswith("term:"):
            return Term(value.removeprefix("term:"))
        case list():
            return tuple(map(_fact, value))
        case dict():
            facts = tuple((name, _fact(fact)) for name, fact in value.items() if name != "term")
            return Term(value["term"], facts)
    return value


def page(tables: Mapping[str, Any]) -> str:
    """Render the page: what the severities mean, then stage by stage every finding."""
    found = examples(tables)
    lines = ["<!-- Made by `make docs` from findings.toml and the catalogue of messages. -->", *_introduction(tables)]
    for name, stage in tables["stages"].items():
        lines += ["", f'<a id="{name}"></a>', "", f"## {stage['vi']} · {stage['en']}"]
        for code, finding in found.items():
            if tables[code]["stage"] == name:
                lines += _entry(finding)
    return "\n".join(lines) + "\n"


def _introduction(tables: Mapping[str, Any]) -> Iterator[str]:
    intro, stages = tables["intro"], tables["stages"]
    yield f"# {_both('board.findings')}"
    for language in Language:
        words = Words(language)
        yield from ("", intro[language].strip(), "")
        yield from (f"- **{words(f'severity.{s}')}**: {intro[s][language].strip()}" for s in Severity)
        links = (f"[{stage[language]}](#{name})" for name, stage in stages.items())
        yield from ("", " · ".join(links))


def _entry(finding: Finding) -> Iterator[str]:
    """The heading is the code alone, so that findings.md#code leads to it."""
    yield from ("", f"### {finding.code}", "")
    yield from (f"**{_both(f'severity.{finding.severity}')}** – {_place(finding.where)}", "")
    yield from (f"- {language}: {_plain(Words(language).message(finding))}" for language in Language)


def _both(key: str, **facts: int) -> str:
    """A text of the catalogue in both languages."""
    return " · ".join(Words(language)(key, **facts) for language in Language)


def _place(where: Where) -> str:
    """Name a place as the command line does."""
    cell = " · ".join(dict.fromkeys(Words(language).place(where) for language in Language))
    parts = (f"`{where.file}`", where.sheet, cell)
    return " › ".join(part for part in parts if part)


def _plain(text: str) -> str:
    """Keep Markdown from reading a message otherwise than it stands."""
    return re.sub(r"([\\`*_\[\]<])", r"\\\1", text)


if __name__ == "__main__":
    main()
