"""What submissions mean is read for many at once as it is for one."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cqdt_batch.intake.answers import _are_clear, is_clear
from cqdt_batch.intake.submissions import InputKind, Inputs, Question, Submission, values_of

QUESTIONS = [(code, kind) for code in ("1.1", "1.2", "2") for kind in (InputKind.SCORE, InputKind.EVIDENCE)]
VALUES = st.one_of(st.none(), st.decimals(min_value=0, max_value=9, places=1), st.sampled_from(["Có", ""]))


@st.composite
def submissions(draw: st.DrawFn) -> list[Submission]:
    """Of forms that ask the same in one order, of others, and of some whose inputs are records one by one."""
    forms = draw(st.lists(st.permutations(QUESTIONS), min_size=1, max_size=3))
    kinds = [tuple(form[: draw(st.integers(0, len(form)))]) for form in forms]
    asked = draw(st.lists(st.sampled_from(kinds), max_size=6))
    return [submission(one, draw(values(one)), is_plain=draw(st.booleans())) for one in asked]


def values(asked: tuple[Question, ...]) -> st.SearchStrategy[list[Decimal | str | None]]:
    return st.lists(VALUES, min_size=len(asked), max_size=len(asked))


def submission(asked: tuple[Question, ...], values: list[Decimal | str | None], *, is_plain: bool) -> Submission:
    places = tuple((row, 4) for row, _ in enumerate(asked, 9))
    inputs = Inputs(
        unit="a", file="a.xlsx", sheet="1", asked=asked, places=places, raws=tuple(values), values=tuple(values)
    )
    return Submission(unit="a", file="a.xlsx", sha256="", inputs=tuple(inputs) if is_plain else inputs)


@given(submissions(), st.lists(st.sampled_from([*QUESTIONS, ("9", InputKind.SCORE)]), max_size=5))
def test_the_values_of_many_are_those_of_each(sent: list[Submission], questions: list[Question]) -> None:
    expected = [[one.values.get(question) for question in questions] for one in sent]
    assert list(values_of(sent, questions)) == expected


@given(st.lists(st.text("aS \u00ab\u00bb\u00eb\u00d5\u0103\u0300\n"), max_size=4))
def test_words_that_are_clear_together_are_clear_one_by_one(texts: list[str]) -> None:
    is_each_clear = all(map(is_clear, texts))
    assert _are_clear(texts) == (is_each_clear and not any("\u00ab" in text for text in texts))
