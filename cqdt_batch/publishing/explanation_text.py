"""The explanation of a unit's figures in sentences that can be read aloud, a thought a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from cqdt_batch.definition.records import Column, Criterion, Measure
from cqdt_batch.findings import Fact, Finding
from cqdt_batch.intake.submissions import Input, InputKind
from cqdt_batch.messages import Words
from cqdt_batch.publishing.derivation import Derivation
from cqdt_batch.publishing.explanation import Explanation, Placed, Printed, Verification
from cqdt_batch.scoring.outcome import UnitState
from cqdt_batch.scoring.trace import Node

_INDENT = "  "
_BEGINNING = 12
"""Digits of a SHA-256 that a person compares; machines are told all of them."""


class _Keys(NamedTuple):
    """How an input is told: alone, or as one of two figures."""

    alone: str
    of_two: str


_OWN = _Keys("explain.own", "explain.own_of_two")
_VERIFIED = _Keys("explain.verified", "explain.verified_of_two")


def explanation_lines(explained: Explanation) -> Iterator[str]:
    """Explain in lines; what stands below something is indented."""
    return _Text(explained).lines()


@dataclass(frozen=True)
class _Text:
    """The lines of an explanation. Each file is named once with its SHA-256, the unit's own is not named again."""

    told: Explanation

    @property
    def _words(self) -> Words:
        return self.told.words

    @property
    def _said(self) -> Derivation:
        return self.told.derivation

    def lines(self) -> Iterator[str]:
        yield from self._head()
        if self.told.is_scored:
            yield from self._scored()
        elif self.told.is_of_everything:
            yield from self._findings("explain.known", self.told.findings)
        else:
            yield ""
            yield from self._node_lines(self.told.root, 0)
            yield from self._findings("explain.about_criterion", self.told.about_criterion)
            yield from self._findings("explain.about_unit", self.told.about_unit)
            yield from self._elsewhere()

    def _scored(self) -> Iterator[str]:
        yield ""
        yield self._words("explain.criterion", **_named(self.told.criterion))
        yield from (_INDENT + line for line in self._figures())
        yield ""
        yield self._words("explain.how")
        yield from self._node_lines(self.told.root, 1)

    def _head(self) -> Iterator[str]:
        """Whose figures are told, from which files, and why there are none."""
        words, unit, outcome = self._words, self.told.unit, self.told.outcome
        state = outcome.states[unit.code]
        block = outcome.assessment.block_by_code[unit.block]
        yield words("explain.unit", unit=unit.name, code=unit.code, block=block.name)
        yield words("explain.state", state=words(f"unit_state.{state}"))
        submission = outcome.own_submission_of.get(unit.code)
        if submission:
            yield words("explain.file", file=submission.file, sha256=submission.sha256[:_BEGINNING])
        if self.told.is_scored or not self.told.is_of_everything:
            for file, sha256 in self.told.appraisers_files.items():
                yield words("explain.verified_file", file=file, sha256=sha256[:_BEGINNING])
        if not self.told.is_scored:
            yield words(f"explain.no_figures.{state}")
            if not submission and state is not UnitState.LEFT_OUT and not self.told.is_of_everything:
                yield words("explain.nothing_sent")

    def _findings(self, key: str, findings: Iterable[Finding]) -> Iterator[str]:
        """Findings with what to do about them, below a line that says what they are about; nothing where none is."""
        told = tuple(findings)
        if told:
            yield self._words(key)
        for finding in told:
            severity = self._words(f"severity.{finding.severity}")
            place, message = self._said.place(finding.where), self._words.message(finding)
            yield _INDENT + self._words("explain.finding", severity=severity, place=place, message=message)

    def _elsewhere(self) -> Iterator[str]:
        others = self.told.about_others
        if others:
            codes = tuple(dict.fromkeys(code for finding in others for code in self.told.criteria_of(finding)))
            yield self._words("explain.about_others", count=len(others), codes=codes)

    def _figures(self) -> Iterator[str]:
        if not self.told.printed:
            yield self._words("explain.not_printed")
        for one in self.told.printed:
            facts: dict[str, Fact] = {
                "label": column_name(one.column),
                "published": one.published,
                "decimals": one.decimals,
            }
            yield self._words("explain.figure", table=one.table, **facts, exact=self._exactly(one))
        for placed in self.told.placed:
            yield from self._rank_lines(placed)

    def _exactly(self, one: Printed) -> str:
        exact = self._said.exact(one.exact)
        if one.converted is None:
            return exact
        points, scale, applicable = map(self._said.points, one.converted)
        told = self._words("explain.converted", points=points, scale=scale, applicable=applicable)
        return f"{told} = {exact}"

    def _rank_lines(self, placed: Placed) -> Iterator[str]:
        words, count = self._words, len(placed.ranked.units)
        among = placed.among or words("working.whole")
        facts: dict[str, Fact] = {"rank": placed.own.rank, "count": count, "among": among, "figure": placed.own.figure}
        yield words("explain.rank", table=placed.table, **facts)
        for key, other in (("explain.above", placed.above), ("explain.below", placed.below)):
            if other:
                yield _INDENT + words(key, unit=other.unit.printed_name, figure=other.figure, rank=other.rank)

    def _node_lines(self, node: Node, depth: int) -> Iterator[str]:
        indent = _INDENT * depth
        if self.told.is_scored:
            rule = self._said.how_exactly(node)
            yield indent + self._words("explain.node", **_named(node.criterion), points=self._said.points(node.points))
        else:
            rule = self._said.how(node)
            yield indent + self._words("explain.criterion", **_named(node.criterion))
        yield indent + _INDENT + self._words("explain.rule", rule=rule)
        yield from (indent + _INDENT + line for line in self._leaf_lines(node))
        for child in node.children:
            yield from self._node_lines(child, depth + 1)

    def _leaf_lines(self, leaf: Node) -> Iterator[str]:
        for pair in leaf.pairs:
            if pair.own:
                yield self._read(leaf, pair.own, _OWN)
            if pair.verified:
                yield self._read(leaf, pair.verified, _VERIFIED)
        yield from self._given(leaf)
        yield from self._verification(leaf)
        for finding in leaf.told if self.told.is_scored else ():
            severity = self._words(f"severity.{finding.severity}")
            yield self._words("explain.told", severity=severity, message=self._said.says(finding))
        entries = (("explain.correction", leaf.corrections), ("explain.not_applied", self.told.not_applied(leaf)))
        for key, entry in ((key, entry) for key, some in entries for entry in some):
            place = self._said.place(self.told.corrected_at(entry))
            yield self._words(key, entry=self._said.correction(entry), place=place)

    def _given(self, leaf: Node) -> Iterator[str]:
        if leaf.given and leaf.given_at:
            facts: dict[str, Fact] = {
                "points": leaf.given.points,
                "place": self._said.place(leaf.given_at),
                "source": leaf.given.source,
            }
            yield self._words("explain.given" if leaf.given.source else "explain.given_plainly", **facts)

    def _verification(self, leaf: Node) -> Iterator[str]:
        """What an appraiser said beside the values, and what is not verified."""
        words = self._words
        if leaf.verdict and leaf.verdict.reason:
            yield words("explain.reason", reason=leaf.verdict.reason)
        if leaf.verdict and not leaf.counts_verdict:
            yield words("explain.unused")
        refused = self.told.not_counted(leaf)
        for verdict in refused:
            yield from (self._read(leaf, one, _VERIFIED) for one in verdict.inputs)
            if verdict.reason:
                yield words("explain.reason", reason=verdict.reason)
        found = self.told.verification(leaf)
        if refused:
            yield words("explain.not_counted")
        elif found and found is not Verification.FULL:
            yield words(f"explain.verification.{found}")

    def _read(self, leaf: Node, one: Input, keys: _Keys) -> str:
        """Where an input stands, what was typed there and what that means; which of two it is."""
        place = replace(one.where, file="") if keys is _OWN else one.where
        facts = {"place": self._said.place(place), "said": self._typed(leaf, one)}
        if leaf.criterion.measured is not Measure.RATIO:
            return self._words(keys.alone, **facts)
        return self._words(keys.of_two, letter="b" if one.kind is InputKind.SECOND else "a", **facts)

    def _typed(self, leaf: Node, one: Input) -> str:
        """What was typed, and how it was read where that is something else."""
        if one.raw is None:
            return self._words("explain.empty")
        raw, meant = self._said.raw(one), self._said.meant(leaf.criterion, one)
        if one.value is None:
            return self._words("explain.unread", raw=raw)
        is_same = self._words.shown(raw) == self._words.shown(meant)
        return self._words("explain.typed", raw=raw) if is_same else self._words("explain.read", raw=raw, value=meant)


def column_name(column: Column) -> str:
    """Name a column of the annex as its reader does: what stands above it, then its header; nothing twice."""
    labels = (_in_one_line(label) for label in (*column.spanners, column.label))
    return " – ".join(dict.fromkeys(label for label in labels if label))


def _named(criterion: Criterion) -> dict[str, Fact]:
    return {"code": criterion.code, "label": _in_one_line(criterion.label)}


def _in_one_line(label: str) -> str:
    return " ".join(label.split())
