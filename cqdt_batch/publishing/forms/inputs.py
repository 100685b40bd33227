"""What may be typed into the input cells of a form, what Excel says about it, and the lists to choose from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from cqdt_batch.cells import as_typed, shortest
from cqdt_batch.definition.records import Criterion, Measure, Rule
from cqdt_batch.intake.questions import CHOSEN, choices_of, wanted
from cqdt_batch.intake.submissions import Input, InputKind
from cqdt_batch.messages import Words
from cqdt_batch.publishing.sheets import LARGEST, Cell, Entry, Sheet, Style, Value, Visibility, listed_in

_CASE = Style(size=12, number="@")
_WIDTH = 40.0
_MOST_OF_A_TITLE, _MOST_OF_A_MESSAGE = 32, 255
"""Characters: what Excel takes."""


@dataclass(frozen=True, kw_only=True)
class FormInputs:
    """The input cells of a form of these leaves; typed scores have at most so many `decimals`."""

    leaves: tuple[Criterion, ...]
    decimals: int
    words: Words

    def entry(self, leaf: Criterion, kind: InputKind, place: tuple[int, int]) -> Entry:
        """What may be typed into an input cell, and what Excel says about it."""
        if leaf.rule in CHOSEN:
            return self._choice(leaf, place)
        return self._score(leaf, place) if kind is InputKind.SCORE else self._figure(leaf, kind, place)

    def _choice(self, leaf: Criterion, place: tuple[int, int]) -> Entry:
        return Entry(
            first=place,
            last=place,
            title=self._title("form.choice_title", leaf),
            message=self.words("form.choice_message"),
            choices=self._choices(leaf),
            error_title=self.words("form.choice_error_title"),
            error_message=self.words("form.choice_error"),
        )

    def _figure(self, leaf: Criterion, kind: InputKind, place: tuple[int, int]) -> Entry:
        asked = wanted(leaf, kind)
        name = leaf.first_label if kind is InputKind.FIRST else leaf.second_label
        most = Decimal(100) if leaf.measured is Measure.PERCENT else Decimal(LARGEST)
        return Entry(
            first=place,
            last=place,
            title=self._title("form.figure_title", leaf),
            message=self.words("form.figure_message", wanted=asked, name=name)[:_MOST_OF_A_MESSAGE],
            bounds=(Decimal(0), most),
            whole=leaf.rule is Rule.COUNT,
            error_title=self.words("form.figure_error_title"),
            error_message=self.words("form.figure_error", wanted=asked),
        )

    def _score(self, leaf: Criterion, place: tuple[int, int]) -> Entry:
        maximum = leaf.max_score or Decimal(0)
        entry = Entry(
            first=place,
            last=place,
            title=self._title("form.input_title", leaf),
            message=self.words("form.input_message", maximum=maximum, decimals=self.decimals),
            bounds=(Decimal(0), maximum),
            error_title=self.words("form.error_title"),
            error_message=self.words("form.error_message", maximum=maximum),
        )
        if leaf.step is None:
            return entry
        asked = wanted(leaf, InputKind.SCORE)
        message, refused = (self.words(key, wanted=asked) for key in ("form.step_message", "form.figure_error"))
        return replace(entry, message=message, error_message=refused)

    def _title(self, key: str, leaf: Criterion) -> str:
        return self.words(key, code=leaf.code)[:_MOST_OF_A_TITLE]

    def _choices(self, leaf: Criterion) -> tuple[str, ...] | str:
        """The words offered for a leaf: yes and no, or where its cases stand, which may be long and hold commas."""
        if leaf.rule is Rule.YES_NO:
            return tuple(map(self.words.shown, choices_of(leaf)))
        column = self.listed.index(leaf) + 1
        return listed_in(self.words("form.lists"), (1, column), (len(leaf.levels), column))

    @property
    def listed(self) -> tuple[Criterion, ...]:
        """The leaves whose cases are chosen from a list."""
        return tuple(leaf for leaf in self.leaves if leaf.rule is Rule.CASES)

    def lists(self) -> Sheet:
        """The names of all cases, a column a leaf."""
        placed = [(column, leaf.levels) for column, leaf in enumerate(self.listed, 1)]
        cells = (
            Cell(row, column, level.name, _CASE) for column, levels in placed for row, level in enumerate(levels, 1)
        )
        return Sheet(
            name=self.words("form.lists"),
            cells=tuple(cells),
            widths=(_WIDTH,) * len(placed),
            visibility=Visibility.VERY_HIDDEN,
            protected=True,
        )


def retyped(found: Input) -> Value:
    """What goes into the new form: the value where it was understood, else the very text that was there."""
    is_long = isinstance(found.value, Decimal) and not _fits_a_cell(found.value)
    if found.value is not None and not is_long:
        return found.value
    return as_typed(found.raw) if found.raw is not None else None


def _fits_a_cell(number: Decimal) -> bool:
    """Tell whether a cell keeps every digit: a longer number would come back as another."""
    return abs(number) < LARGEST and shortest(float(number)) == number
