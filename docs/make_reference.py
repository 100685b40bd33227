"""Make docs/tham-chieu.md and docs/reference.md: all sheets, columns, choices, rules, column kinds and placeholders.

Run from the project's root: `make docs`. What there is and what it needs is read from the code, headers and help are
those of the catalogue; what the catalogue does not say stands in `reference.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from cqdt_batch.definition.checks.references import CRITERION_KINDS, PLACEHOLDERS
from cqdt_batch.definition.checks.rules import MEASURES, OF_A_DENOMINATOR, OPTIONAL, PARAMETERS
from cqdt_batch.definition.checks.tables import FIGURES, ONLY_IN_SUMMARIES, PERCENTS, SUMMARY_KINDS
from cqdt_batch.definition.records import ColumnKind, Criterion, Measure, Rule
from cqdt_batch.definition.sheets import SHEETS, Field, Kind, SheetSpec, choice_key
from cqdt_batch.intake.submissions import scored_by
from cqdt_batch.messages import Language, Words

HERE = Path(__file__).parent
SOURCE = HERE / "reference.toml"
PAGES = {Language.VI: HERE / "tham-chieu.md", Language.EN: HERE / "reference.md"}

FILLED = (
    ("profile", "annex_title"),
    ("profile", "reference"),
    ("tables", "title"),
    ("tables", "before"),
    ("tables", "after"),
    ("sections", "title"),
)
"""The texts in which placeholders may stand."""
_UNBOUNDED = 10**6


def main() -> None:
    """Write both pages, replacing those that are there."""
    for language, page in PAGES.items():
        page.write_text(Reference(language=language).page(), encoding="utf-8", newline="\n")


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Draw a table of Markdown; a line break inside a cell becomes one of HTML."""
    for cells in (header, ["---"] * len(header), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", "<br>") for cell in cells) + " |"


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The reference in one language."""

    language: Language

    @cached_property
    def words(self) -> Words:
        """The catalogue in this language."""
        return Words(self.language)

    @cached_property
    def _texts(self) -> dict[str, Any]:
        return tomllib.loads(SOURCE.read_text(encoding="utf-8"))

    def text(self, *path: str, **facts: str | int) -> str:
        """Look up a text of `reference.toml`."""
        found: Any = self._texts
        for name in path:
            found = found[name]
        said: str = found[self.language]
        return said.format(**facts) if facts else said

    def page(self) -> str:
        """Render the page."""
        parts = (
            ("sheets", self._sheets()),
            ("rules", self._rules()),
            ("choices", self._choices()),
            ("kinds", self.kinds()),
            ("placeholders", self._placeholders()),
        )
        lines = ["<!-- Made by `make docs` from the code, the catalogue of messages and reference.toml. -->"]
        lines += [f"# {self.text('title')}", "", self.text("intro").strip(), ""]
        lines += [f"- [{self.text('heading', name)}](#{name})" for name, _ in parts]
        for name, drawn in parts:
            lines += ["", f'<a id="{name}"></a>', "", f"## {self.text('heading', name)}", "", *drawn]
        return "\n".join(lines) + "\n"

    def _header(self, *keys: tuple[str, str]) -> list[str]:
        return [self.text(*key) for key in keys]

    def _sheets(self) -> Iterator[str]:
        header = self._header(*(("field", name) for name in ("column", "needed", "holds", "help")))
        for number, spec in enumerate(SHEETS):
            yield from ([""] if number else [])
            yield from (f"### {self.words(spec.title_key)}", "", self._sheet_note(spec), "")
            yield from markdown_table(header, (self._field(spec, field) for field in spec.fields))

    def _sheet_note(self, spec: SheetSpec) -> str:
        note = self.text("sheet", spec.name)
        return f"{note} {self.text('field', 'dispensable_sheet')}" if spec.dispensable else note

    def _field(self, spec: SheetSpec, field: Field) -> list[str]:
        needed = self.words("choice.YesNo.yes") if field.required else ""
        holds = "; ".join((self._holds(field), *self._left_empty(spec, field)))
        return [f"**{self.words(spec.header_key(field))}**", needed, holds, self.words(spec.help_key(field))]

    def _holds(self, field: Field) -> str:
        if field.refers:
            return self.text("holds", "refers", sheet=self.words(f"definition.{field.refers[0]}.sheet"))
        choices = ", ".join(f"«{self.word(choice)}»" for choice in field.choices or ())
        most = field.most if field.most < _UNBOUNDED or field.kind is Kind.WHOLE else ""
        return self.text("holds", field.kind.name, choices=choices, least=field.least, most=most)

    def _left_empty(self, spec: SheetSpec, field: Field) -> Iterator[str]:
        if isinstance(field.default, StrEnum):
            yield self.text("field", "default", default=f"«{self.word(field.default)}»")
        elif field.default is not None:
            yield self.text("field", "default", default=field.default)
        if field.dispensable and not spec.dispensable:
            yield self.text("field", "dispensable")

    def word(self, choice: StrEnum) -> str:
        """The word for a choice."""
        return self.words(choice_key(choice))

    def _named(self, names: Iterable[str]) -> str:
        return "; ".join(f"**{self.words(f'definition.criteria.{name}')}**" for name in names)

    def _rules(self) -> Iterator[str]:
        usual = self._named(("max_score", "evidence_required", "evidence", "extra"))
        yield f"{self.text('rule', 'any')}: {usual}."
        for rule in Rule:
            yield from ("", f"### {self.word(rule)}", "")
            yield from (f"- {self.text('rule', name)}: {value}." for name, value in self._rule(rule))

    def _rule(self, rule: Rule) -> Iterator[tuple[str, str]]:
        yield "formula", self.text("formulas", rule)
        needed = [name for name in PARAMETERS[rule] if name not in OPTIONAL]
        possible = [name for name in PARAMETERS[rule] if name in OPTIONAL]
        measures = MEASURES.get(rule, ())
        if needed:
            yield "needs", self._named(needed)
        if possible:
            yield "may", self._named(possible)
        if measures:
            yield "measures", "; ".join(map(self.word, measures))
        if Measure.RATIO in measures:
            yield "of_two", self._named(name for name in OF_A_DENOMINATOR if name not in possible)
        yield "asks", self.asked(rule)

    def asked(self, rule: Rule) -> str:
        """The columns of the form in which a unit types what a rule computes points from."""
        measures = MEASURES.get(rule, (None,))
        ways = dict.fromkeys(scored_by(_leaf(rule, measure)) for measure in measures)
        named = (", ".join(f"«{self.words(f'form.column.{kind}')}»" for kind in way) for way in ways)
        return f" {self.words('or')} ".join(named) or self.text("rule", "nothing")

    def _choices(self) -> Iterator[str]:
        shown: dict[type[StrEnum], str] = {
            field.choices: f"{self.words(spec.header_key(field))} ({self.words(spec.title_key)})"
            for spec in SHEETS
            for field in spec.fields
            if field.choices and field.choices.__name__ in self._texts["choices"]
        }
        for number, (choices, heading) in enumerate(shown.items()):
            yield from ([""] if number else [])
            yield from (f"### {heading}", "")
            yield from (f"- **{self.word(one)}**: {self.text('choices', choices.__name__, one)}." for one in choices)

    def kinds(self) -> Iterator[str]:
        """The kinds of columns: what each shows and what it takes."""
        names = ("name", "shows", "criterion", "decimals", "tables")
        yield from markdown_table(self._header(*(("kind", name) for name in names)), map(self._kind, ColumnKind))
        yield from ("", self.text("kind", "repeated"))

    def _kind(self, kind: ColumnKind) -> list[str]:
        criterion = "none"
        if kind in CRITERION_KINDS:
            criterion = "required" if kind is ColumnKind.POINTS else "optional"
        look = "percent" if kind in PERCENTS else "figure" if kind in FIGURES else "no_figure"
        units, grades = (self.words(f"choice.TableContent.{content}") for content in ("units", "grades"))
        tables = [*([] if kind in ONLY_IN_SUMMARIES else [units]), *([grades] if kind in SUMMARY_KINDS else [])]
        told = (self.text("kind", criterion), self.text("kind", look))
        return [f"**{self.word(kind)}**", self.text("kinds", kind), *told, "; ".join(tables)]

    def _placeholders(self) -> Iterator[str]:
        places = ", ".join(f"**{self.words(f'definition.{sheet}.{name}')}**" for sheet, name in FILLED)
        yield from (self.text("placeholder", "where", places=places), "")
        rows = ([f"`{{{name}}}`", self.text("placeholders", name)] for name in PLACEHOLDERS)
        yield from markdown_table(self._header(("placeholder", "name"), ("placeholder", "means")), rows)


def _leaf(rule: Rule, measure: Measure | None) -> Criterion:
    """A leaf of which nothing is known but how it is scored."""
    unsaid: Any = dict.fromkeys(("block", "code", "parent", "label", "evidence"), "")
    return Criterion(**unsaid, max_score=None, rule=rule, evidence_required=False, measure=measure)


if __name__ == "__main__":
    main()
