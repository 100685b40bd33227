"""Every word exists in both languages, and every word and every finding is used."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from cqdt_batch.definition.names import folded
from cqdt_batch.messages import Language, Words, catalogue
from tests.rounds import ROOT

SOURCES = list((ROOT / "cqdt_batch").rglob("*.py"))
FINDINGS = sorted({key.split(".")[1] for key in catalogue() if key.startswith("finding.")})


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_a_text_exists_in_every_language_with_the_same_facts(key: str) -> None:
    texts = catalogue()[key]
    assert set(texts) == set(Language)
    assert all(text.strip() == text and text for text in texts.values())
    if not key.startswith("definition."):
        assert places(texts["vi"]) == places(texts["en"])


@pytest.mark.parametrize("code", FINDINGS)
def test_a_finding_says_something_and_has_a_remedy_in_whole_sentences(code: str) -> None:
    for part in ("says", "remedy"):
        for text in catalogue()[f"finding.{code}.{part}"].values():
            assert text[0].isupper() or text[0] in "«{"
            assert text.endswith((".", ")."))


def raised() -> set[str]:
    """The codes that stand in the code as literals, or begin so."""
    literals = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                literals.add(node.value)
    return literals


def test_every_finding_of_the_catalogue_is_given_somewhere() -> None:
    made_of_the_entry_kind = {"file_lock", "file_hidden", "file_special"}
    assert set(FINDINGS) - raised() - made_of_the_entry_kind == set()


def test_every_text_is_used() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    families = (
        r"(author|definition|finding|reason|choice|severity|unit_state|file_state|file_kind|form\.(column|input|rule)|board\.column)\."
        r"|explain\.(no_figures|verification)\.|severity\.counted\."
        r"|(form|appraisal)\.guide\.|appraisal\.column\.|board\.(units|files|findings|changes|missing|errors|waiting|not_counted|refused|refused_appraisal)$|working\.(number|unit|file|table|scope|figure|bonus|penalty)$"
        r"|working\.(criterion|named|maximum|own|verified|difference|answers|reason|source|label|old|new|author|day|document|state)$"
        r"|annex\.treatment\.|coverage\.(check|reason)\."
        r"|compare\.(kin|cause|column)\.|compare\.(units|results|causes|alterations|nothing)$|board\.nothing$"
    )
    plain = [key for key in catalogue() if not re.match(families, key)]
    assert [key for key in plain if not re.search(rf"[\"']{re.escape(key)}[\"']", code)] == []


@pytest.mark.parametrize(
    ("fact", "vi", "en"),
    [
        (Decimal("8.50"), "8,50", "8.50"),
        (("a", "b"), "a; b", "a; b"),
        (7, "7", "7"),
        ("8.5", "8.5", "8.5"),
    ],
    ids=["decimal", "list", "whole", "text"],
)
def test_facts_are_written_as_the_reader_does(fact: object, vi: str, en: str) -> None:
    assert [Words(language).shown(fact) for language in Language] == [vi, en]  # type: ignore[arg-type]


def test_input_help_fits_what_excel_shows() -> None:
    """Excel cuts a message at 255 characters and a title at 32; XlsxWriter drops the whole rule."""
    for key, texts in catalogue().items():
        if key.endswith("_help") and key.startswith("definition."):
            assert all(len(text) <= 255 for text in texts.values()), key


def test_no_two_choices_of_a_kind_have_one_word() -> None:
    """A word in either language stands for one choice."""
    kinds: dict[str, list[tuple[str, str]]] = {}
    for key, texts in catalogue().items():
        if key.startswith("choice."):
            _, kind, choice = key.split(".")
            kinds.setdefault(kind, []).extend((choice, folded(text)) for text in texts.values())
    for pairs in kinds.values():
        assert len({text for _, text in set(pairs)}) == len(set(pairs))


def test_the_tables_read_one_by_one_are_the_file_read_as_a_whole() -> None:
    whole = tomllib.loads((ROOT / "cqdt_batch" / "messages.toml").read_text(encoding="utf-8"))
    assert dict(catalogue()) == dict(dotted("", whole))
    assert len(catalogue()) == len(set(catalogue()))


def dotted(path: str, found: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every text with its key; what holds plain strings is a text in its languages."""
    for name, value in found.items():
        key = f"{path}.{name}".removeprefix(".")
        if all(isinstance(part, str) for part in value.values()):
            yield key, value
        else:
            yield from dotted(key, value)


@pytest.mark.parametrize(
    "key", ["", "cli", "cli.", "cli.nothing_of_this_name", "nothing.of_this_name", "finding.x.says"]
)
def test_a_key_that_is_not_in_the_catalogue_is_an_error(key: str) -> None:
    assert key not in catalogue()
    with pytest.raises(KeyError):
        Words()(key)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (10**39, "1" + "0" * 39),
        (10**40, "1,000e+40"),
        (-(10**5_000), "-1,000e+5000"),
        (Decimal("10.5") + Decimal("1e-20"), "10,50000000000000000001"),
        (Decimal("0." + "12345" * 4_000), "0," + "12345" * 15 + "123…"),
    ],
    ids=["40 digits", "41 digits", "5,001 digits below zero", "20 decimals", "20,000 decimals"],
)
def test_a_number_of_thousands_of_digits_is_told_shortly(number: int | Decimal, shown: str) -> None:
    assert Words().shown(number) == shown
