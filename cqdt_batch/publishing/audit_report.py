"""How printed tables were understood, told line by line or as plain JSON values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from cqdt_batch.findings import Finding, Severity, column_letters
from cqdt_batch.intake.printed.model import PrintedRole, PrintedTable, Sum
from cqdt_batch.messages import Words
from cqdt_batch.publishing.machine import finding_json
from cqdt_batch.scoring.consistency.ranks import RankReading
from cqdt_batch.scoring.consistency.reader import TableReading

_INDENT = "  "


def audit_lines(findings: Sequence[Finding], readings: Sequence[TableReading], words: Words) -> Iterator[str]:
    """Tell table by table what was recognised: its columns, what adds up to what, how the ranks go."""
    for reading in readings:
        table = reading.table
        facts = {"file": table.where.file, "name": table.name}
        key = "audit.summary" if table.is_summary else "audit.table"
        yield words(key, rows=len(table.rows), columns=len(table.columns), **facts)
        for column in table.columns:
            role = words(f"choice.PrintedRole.{column.role}")
            letters = column_letters(column.position)
            yield _INDENT + words("audit.column", letters=letters, role=role, label=column.label)
        yield from _sums(reading, words)
        yield from (line for ranks in reading.ranks for line in _policies(ranks, words))
        if not reading.is_checked:
            yield _INDENT + words("audit.unchecked")
    counts = Counter(finding.severity for finding in findings)
    told = {f"{severity}s": counts[severity] for severity in Severity}
    yield words("audit.counted", tables=len(readings), **told)


def _sums(reading: TableReading, words: Words) -> Iterator[str]:
    """What adds up to what; a table whose total is made of nothing that it prints says so."""
    table = reading.table
    for one in reading.sums:
        yield _INDENT + words("audit.sum", total=table.column(one.total).label, parts=_spelt(table, one))
    if reading.ranks and not reading.sums and any(table.of_role(PrintedRole.TOTAL)):
        yield _INDENT + words("audit.no_sum")


def _spelt(table: PrintedTable, one: Sum) -> str:
    """The columns that are added, and those that are taken off."""
    plus = " + ".join(f"«{table.column(part).label}»" for part in one.plus)
    return plus + "".join(f" − «{table.column(part).label}»" for part in one.minus)


def _policies(ranks: RankReading, words: Words) -> Iterator[str]:
    """The rule of each list; lists with one rule in one line."""
    policies = {ranked.policy for _, ranked in ranks.lists}
    facts = {"label": ranks.column.label, "basis": ranks.basis.label}
    if len(policies) == 1:
        yield _INDENT + words("audit.policy", policy=words(f"choice.RankPolicy.{next(iter(policies))}"), **facts)
        return
    for title, ranked in ranks.lists:
        yield _INDENT + words(
            "audit.policy_in", list=title, policy=words(f"choice.RankPolicy.{ranked.policy}"), **facts
        )


def audit_json(
    files: Iterable[Path], status: int, findings: Iterable[Finding], readings: Iterable[TableReading], words: Words
) -> dict[str, Any]:
    """The same for machines."""
    return {
        "files": [str(path) for path in files],
        "status": int(status),
        "findings": [finding_json(finding, words) for finding in findings],
        "tables": [_table_json(reading) for reading in readings],
    }


def _table_json(reading: TableReading) -> dict[str, Any]:
    table = reading.table
    return {
        "file": table.where.file,
        "sheet": table.where.sheet or None,
        "name": table.name,
        "title": table.title or None,
        "checked": reading.is_checked,
        "rows": len(table.rows),
        "sections": [title for title in table.sections if title],
        "columns": [
            {"column": column_letters(column.position), "role": column.role.value, "labels": list(column.labels)}
            for column in table.columns
        ],
        "sums": [_sum_json(one) for one in reading.sums],
        "ranks": [
            {
                "column": column_letters(ranks.column.position),
                "by": column_letters(ranks.basis.position),
                "lists": [{"list": title or None, "policy": ranked.policy.value} for title, ranked in ranks.lists],
            }
            for ranks in reading.ranks
        ],
    }


def _sum_json(one: Sum) -> dict[str, Any]:
    plus, minus = ([column_letters(part) for part in parts] for parts in (one.plus, one.minus))
    return {"total": column_letters(one.total), "plus": plus, "minus": minus}
