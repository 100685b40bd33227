"""The rules that keep the house in order: one direction of imports, one owner a library, one place for words."""

from __future__ import annotations

import ast
import csv
from pathlib import Path

import pytest

from tests.rounds import ROOT

PACKAGE = ROOT / "cqdt_batch"
MODULES = sorted(PACKAGE.rglob("*.py"))
LAYERS = ("definition", "intake", "scoring", "publishing", "pipeline", "cli", "__main__")
LEAVES = ("findings", "cells", "messages", "rounding")
OWNERS = {
    "openpyxl": ["intake/formats.py"],
    "python_calamine": ["intake/values.py"],
    "olefile": ["intake/ole.py"],
    "rapidfuzz": ["definition/names.py"],
    "pandera": ["scoring/validation.py"],
    "xlsxwriter": ["publishing/worksheet.py"],
    "typer": [
        f"cli/{name}.py"
        for name in ("__init__", "asking", "commands", "making", "manual", "misuse", "options", "running", "talk")
    ],
    "rich": ["cli/progress.py", "cli/talk.py"],
}


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module)
    return found


def layer(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    own = layer_of(path)
    used = {layer(module) for module in imports(path) if module.startswith("cqdt_batch")} - {""}
    if own in LEAVES:
        assert used <= set(LEAVES)
    elif own in LAYERS:
        allowed = set(LAYERS[: LAYERS.index(own) + 1]) | set(LEAVES)
        assert used <= allowed


def test_findings_cells_and_rounding_import_nothing_of_ours() -> None:
    for leaf in ("findings.py", "cells.py", "rounding.py"):
        assert not {module for module in imports(PACKAGE / leaf) if module.startswith("cqdt_batch")}


@pytest.mark.parametrize("library", OWNERS)
def test_a_library_has_one_owner(library: str) -> None:
    users = [
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if any(module.split(".")[0] == library for module in imports(path))
    ]
    assert users == OWNERS[library]


def test_no_module_is_a_drawer() -> None:
    assert not {path.stem for path in MODULES} & {"utils", "util", "helpers", "common", "misc", "base"}


def test_no_message_text_stands_in_python() -> None:
    """Vietnamese letters outside docstrings and comments are words, and words live in the catalogue.

    `names.py` is about the letters themselves.
    """
    vietnamese = set("ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ")
    found = [
        (path.name, text)
        for path in MODULES
        if path.name != "names.py"
        for text in plain_literals(path)
        if vietnamese & set(text.casefold())
    ]
    assert found == []


def plain_literals(path: Path) -> list[str]:
    """The strings of a module that are no docstrings."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    strings = (node for node in nodes if isinstance(node, ast.Constant) and id(node) not in docstrings)
    return [node.value for node in strings if isinstance(node.value, str)]


def test_the_code_knows_no_unit_criterion_or_table() -> None:
    known: set[str] = set()
    for name, columns in (("units", ("code", "printed_name")), ("blocks", ("code",)), ("criteria", ("code",))):
        with (ROOT / "samples/hoa-binh-2020/nguon" / f"{name}.csv").open(encoding="utf-8") as file:
            known |= {row[column] for row in csv.DictReader(file) for column in columns}
    for path in MODULES:
        assert not {text for text in plain_literals(path) if not text.isdecimal()} & known, path


def test_only_one_function_rounds() -> None:
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        called = {n.func.attr for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)}
        assert "quantize" not in called or path.name == "rounding.py"
