"""What a unit handed in, as flat records: one for every input, with the cell it came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import TypeAlias, overload

from cqdt_batch.cells import Content, as_typed
from cqdt_batch.definition.assessment import Scope
from cqdt_batch.definition.records import Criterion, Measure, Rule
from cqdt_batch.findings import Where


class InputKind(StrEnum):
    """What a unit types for a leaf criterion.

    `score` are points typed as such; `first` and `second` are what a rule computes points from: a number, a word
    chosen from a list, or the a and b of a/b.
    """

    SCORE = "score"
    FIRST = "first"
    SECOND = "second"
    EVIDENCE = "evidence"
    EXPLANATION = "explanation"


Question: TypeAlias = tuple[str, InputKind]
"""What a form asks for: the code of a leaf, and a kind of input."""


def scored_by(leaf: Criterion) -> tuple[InputKind, ...]:
    """The inputs from which the points of a leaf come; none where the appraiser gives them."""
    match leaf.rule:
        case Rule.POINTS:
            return (InputKind.SCORE,)
        case Rule.GIVEN:
            return ()
    return (InputKind.FIRST, InputKind.SECOND) if leaf.measured is Measure.RATIO else (InputKind.FIRST,)


NOTED = (InputKind.EVIDENCE, InputKind.EXPLANATION)
"""The inputs in words, from which no points come."""


def asked_of(leaf: Criterion) -> tuple[InputKind, ...]:
    """All that a form asks of a unit for a leaf, in the order of its columns."""
    scoring = scored_by(leaf)
    return (*scoring, *NOTED) if scoring else ()


@lru_cache(maxsize=1_024)
def asked_in(scope: Scope) -> Mapping[str, tuple[InputKind, ...]]:
    """What the forms of all units with one scope ask for each of their leaves."""
    return {leaf.code: asked_of(leaf) for leaf in scope.assessed_leaves}


@lru_cache(maxsize=1_024)
def all_asked_in(scope: Scope) -> tuple[Question, ...]:
    """All that they ask, in the order of the leaves."""
    return tuple((code, kind) for code, kinds in asked_in(scope).items() for kind in kinds)


@lru_cache(maxsize=1_024)
def scored_in(scope: Scope) -> frozenset[str]:
    """The kinds of inputs from which points of some leaf come."""
    return frozenset(kind for leaf in scope.assessed_leaves for kind in scored_by(leaf))


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """One input cell: `raw` is what the file holds, `value` what it means; both None where the cell is empty."""

    unit: str
    criterion: str
    kind: InputKind
    raw: Content | None
    value: Decimal | str | None
    where: Where


@dataclass(frozen=True, kw_only=True)  # no slots: sent to another process by the thousand, those cost more
class Inputs(Sequence[Input]):
    """The inputs of one form as columns; the record of each is made when somebody looks at it.

    A round of thousands of forms has hundreds of thousands of inputs, of which hardly any is looked at by itself. All
    columns are in one order; `places` are the row and the column of each cell in the `sheet`.
    """

    unit: str
    file: str
    sheet: str
    asked: tuple[Question, ...]
    places: tuple[tuple[int, int], ...]
    raws: tuple[Content | None, ...]
    values: tuple[Decimal | str | None, ...]

    def __len__(self) -> int:
        return len(self.asked)

    @overload
    def __getitem__(self, place: int) -> Input: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Input, ...]: ...
    def __getitem__(self, place: int | slice) -> Input | tuple[Input, ...]:
        if isinstance(place, slice):
            return tuple(self)[place]
        return self._record(self.asked[place], self.places[place], self.raws[place], self.values[place])

    def __iter__(self) -> Iterator[Input]:
        return map(self._record, self.asked, self.places, self.raws, self.values)

    def _record(
        self, asked: Question, place: tuple[int, int], raw: Content | None, value: Decimal | str | None
    ) -> Input:
        where = Where(file=self.file, sheet=self.sheet, row=place[0], column=place[1])
        return Input(unit=self.unit, criterion=asked[0], kind=asked[1], raw=raw, value=value, where=where)


@dataclass(frozen=True, kw_only=True, slots=True)
class Total:
    """A sum that stands in the form, as the unit's own Excel calculated it: the second witness of our own sum."""

    value: Decimal
    where: Where


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What one unit handed in.

    `totals` are the sums in its form, by criterion; `strays` is what else stands in the columns of answers, in rows
    or columns that are no cell of the form, as it was typed.
    """

    unit: str
    file: str
    sha256: str
    inputs: Sequence[Input]
    totals: Mapping[str, Total] = field(default_factory=dict)
    strays: tuple[tuple[Where, str], ...] = ()

    @cached_property
    def scores(self) -> dict[str, Input]:
        """The score input of each leaf that has a row in the form."""
        return {i.criterion: i for i in self.inputs if i.kind is InputKind.SCORE}

    @cached_property
    def values(self) -> dict[Question, Decimal | str | None]:
        """What every input means, by criterion; None where it is empty or could not be read."""
        if isinstance(self.inputs, Inputs):
            return dict(zip(self.inputs.asked, self.inputs.values, strict=True))
        return {(i.criterion, i.kind): i.value for i in self.inputs}

    @cached_property
    def answers(self) -> dict[Question, Decimal | str | None]:
        """What the unit says, wherever in the file it stands; a score that could not be read as it was typed."""
        return {(i.criterion, i.kind): _answer(i) for i in self.inputs if i.raw is not None}


def values_of(submissions: Iterable[Submission], questions: Sequence[Question]) -> Iterator[list[Decimal | str | None]]:
    """What each submission means by its inputs for some questions; None where it is empty, not read, or not asked.

    Forms that ask the same have their inputs in one order, so that their places are looked up once for all of them.
    """
    asked: tuple[Question, ...] = ()
    places = [-1] * len(questions)
    for submission in submissions:
        inputs = submission.inputs
        if not isinstance(inputs, Inputs):
            yield [submission.values.get(question) for question in questions]
            continue
        if inputs.asked is not asked:
            asked = inputs.asked
            place_of = {question: place for place, question in enumerate(asked)}
            places = [place_of.get(question, -1) for question in questions]
        values = (*inputs.values, None)
        yield list(map(values.__getitem__, places))


def _answer(found: Input) -> Decimal | str | None:
    return as_typed(found.raw) if found.value is None and found.raw is not None else found.value
