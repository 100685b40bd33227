"""docs/findings.md says of every finding what the code does: its severity, its facts, its words."""

from __future__ import annotations

import ast
import re
import string
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cqdt_batch.definition.loading import _NO_VALUES
from cqdt_batch.findings import Severity, Term, Where
from cqdt_batch.intake.reading import _OWN_WORDS
from cqdt_batch.messages import Language, Words, catalogue
from docs.make_findings import NOT_FINDINGS, PAGE, examples, page, source
from tests.rounds import ROOT, SAMPLE

SOURCES = sorted((ROOT / "cqdt_batch").rglob("*.py"))
TABLES = source()
EXAMPLES = examples(TABLES)
CODES = sorted({key.split(".")[1] for key in catalogue() if key.startswith("finding.")})

ERROR, WARNING, NOTICE = Severity
MAKERS = {
    "error": ERROR,
    "warning": WARNING,
    "notice": NOTICE,
    "_report": ERROR,  # definition/loading.py, for `error`
    "_Wrong": ERROR,  # definition/loading.py, reported by `_report`
    "Failure": ERROR,  # intake/worker.py, told by collecting._failed
}
"""The calls whose first argument is the code of a finding of that severity."""

COMPUTED = {
    ("definition/loading.py", "_report"): {},
    ("definition/loading.py", "_report_at"): {},  # the code of a _Wrong
    ("definition/loading.py", "_read"): dict.fromkeys(_NO_VALUES.values(), ERROR),
    ("intake/collecting.py", "_failed"): {},  # the code of a Failure
    ("intake/collecting.py", "_unopened"): dict.fromkeys(("file_lock", "file_hidden", "file_special"), NOTICE),
    ("intake/collecting.py", "remarks_on"): {
        "file_values_only": WARNING,
        "file_macros": NOTICE,
        "file_external_links": NOTICE,
    },
    ("intake/reading.py", "_workbook"): dict.fromkeys(_OWN_WORDS.values(), ERROR),
    ("intake/answers.py", "_number"): {"score_masked": WARNING, "score_read_as": NOTICE},  # and a Reading of None
    ("intake/answers.py", "_choice"): {"choice_unknown": ERROR},  # and what a Reading of None may be
    ("scoring/validation.py", "_finding"): {},  # the code of a pandera check
}
"""Where a code is no literal: the function, and the findings that only it knows about."""

GATHERED = {
    "rows_missing": "row_missing",
    "maxima_changed": "maximum_changed",
    "labels_changed": "label_changed",
    "evidences_missing": "evidence_missing",
    "scores_missing": "score_missing",
}
"""Many findings told as one keep their severity."""


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def calls(path: Path) -> Iterator[tuple[ast.FunctionDef, str, ast.Call]]:
    """Every call in a module with the function it stands in and the bare name of what is called."""
    for function in functions(ast.parse(path.read_text(encoding="utf-8"))):
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                yield function, name, node


def literals(node: ast.expr, function: ast.FunctionDef) -> set[str]:
    """The texts an expression may be: a literal, one of two, or a name that was given such; none if computed."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=one, orelse=other):
            return literals(one, function) | literals(other, function)
        case ast.Name(id=name):
            given = (n.value for n in ast.walk(function) if isinstance(n, ast.Assign) and is_name(n.targets[0], name))
            return {text for value in given for text in literals(value, function)}
    return set()


def is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def given_with(name: str, node: ast.Call, function: ast.FunctionDef) -> tuple[set[str], Severity] | None:
    """The codes that a call gives and how heavy they are; None if it gives no findings."""
    if name in MAKERS and node.args:
        return literals(node.args[0], function), MAKERS[name]
    if name == "tell" and isinstance(node.func, ast.Name):
        return set(), ERROR
    if name == "Reading" and len(node.args) > 1 and isinstance(node.args[0], ast.Constant):
        return literals(node.args[1], function), ERROR
    named = {keyword.arg: keyword.value for keyword in node.keywords}
    if name == "Check" and "error" in named:
        return literals(named["error"], function), ERROR
    return None


def raised() -> tuple[dict[str, set[Severity]], set[tuple[str, str]]]:
    """The severities of every code that the source gives, and the functions that compute one."""
    found: dict[str, set[Severity]] = defaultdict(set)
    computing = set()
    for path in SOURCES:
        for function, name, node in calls(path):
            given = given_with(name, node, function)
            if given is None or (path.name == "findings.py" and function.name in MAKERS):
                continue
            codes, severity = given
            if not codes:
                computing.add((path.relative_to(ROOT / "cqdt_batch").as_posix(), function.name))
            for code in codes:
                found[code].add(severity)
    for known in COMPUTED.values():
        for code, severity in known.items():
            found[code].add(severity)
    for together, one in GATHERED.items():
        found[together] |= found[one]
    return found, computing


def test_the_functions_that_compute_a_code_are_known() -> None:
    assert raised()[1] == set(COMPUTED)


def test_every_finding_has_an_example_and_every_example_a_finding() -> None:
    """A new finding needs a table in docs/findings.toml and then `make docs`."""
    assert {"without example": set(CODES) - set(EXAMPLES), "without words": set(EXAMPLES) - set(CODES)} == {
        "without example": set(),
        "without words": set(),
    }


def test_the_severity_is_what_the_code_gives() -> None:
    given = raised()[0]
    assert {code: given[code] for code, finding in EXAMPLES.items() if given[code] != {finding.severity}} == {}


def test_every_code_that_is_given_has_words() -> None:
    assert set(raised()[0]) - set(CODES) == set()


def places(code: str) -> set[str]:
    texts = (text for part in ("says", "remedy") for text in catalogue()[f"finding.{code}.{part}"].values())
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", EXAMPLES)
def test_an_example_fills_every_place_of_the_words_and_brings_nothing_else(code: str) -> None:
    assert places(code) - set(EXAMPLES[code].facts) == set()
    assert set(TABLES[code].get("facts", {})) - places(code) == set()


@pytest.mark.parametrize("code", EXAMPLES)
def test_an_example_says_only_what_is_known(code: str) -> None:
    known = {"stage", "severity", "file", "sheet", "cell", "facts"}
    assert set(TABLES[code]) <= known
    assert TABLES[code]["stage"] in TABLES["stages"]


def test_numbers_are_exact_and_terms_are_words_of_the_catalogue() -> None:
    tables: dict[str, Any] = {
        "stages": {"score": {"file": "a.xlsx", "cell": "E11", "facts": {"maximum": 2}}},
        "score_text": {
            "stage": "score",
            "severity": "error",
            "sheet": "term:form.sheet",
            "facts": {"found": "term:not_assessed", "meanings": [Decimal("1.5"), 5]},
        },
    }
    finding = examples(tables)["score_text"]
    assert finding.facts == {
        "maximum": Decimal(2),
        "found": Term("not_assessed"),
        "meanings": (Decimal("1.5"), Decimal(5)),
    }
    assert all(not isinstance(fact, int) for fact in finding.facts.values())
    assert finding.where == Where(file="a.xlsx", sheet=Words()("form.sheet"), row=11, column=5)


def test_the_stages_and_severities_are_told_in_both_languages() -> None:
    texts = [TABLES["intro"], *(TABLES["intro"][severity] for severity in Severity), *TABLES["stages"].values()]
    assert all(text[language].strip() for text in texts for language in Language)
    assert set(NOT_FINDINGS) <= set(TABLES)


def test_the_page_is_what_the_script_makes() -> None:
    """Where this fails: `make docs`, and read the diff."""
    assert PAGE.read_text(encoding="utf-8").splitlines() == page(TABLES).splitlines()


def test_the_files_of_the_sample_round_are_called_what_they_are_called() -> None:
    """A place in a file that the sample round has, or that is made from it, is one that a reader can look up."""
    names = {path.relative_to(SAMPLE.path).as_posix() for path in (*SAMPLE.path.rglob("*"), SAMPLE.annex, SAMPLE.board)}
    stages = {stage["file"] for stage in TABLES["stages"].values()}
    assert stages <= names


def literals_of_tests() -> set[str]:
    modules = [path for path in (ROOT / "tests").glob("*.py") if path != Path(__file__)]
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in modules)
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_finding_stands_in_a_test() -> None:
    untested = sorted(set(CODES) - {word for text in literals_of_tests() for word in re.findall(r"[a-z_]+", text)})
    assert untested == [], f"no test names {untested}"
