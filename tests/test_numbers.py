"""Text in a score cell: read where it can only mean one number, asked about where it can mean two, never guessed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqdt_batch.cells import Content, ErrorValue, Formula, Masked, Percent, as_typed, decimals_of, shortest
from cqdt_batch.intake.formats import as_shown
from cqdt_batch.intake.numbers import Reading, read_number, read_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("8", "8"),
        ("8,5", "8.5"),
        (" 8.5 ", "8.5"),
        ("8.50", "8.50"),
        ("'8,5", "8.5"),
        ("8,5\u00a0", "8.5"),
        ("\u200b8,5", "8.5"),
        ("８．５", "8.5"),
        ("８，５", "8.5"),
        ("8,5 điểm", "8.5"),
        ("8,5 ĐIỂM.", "8.5"),
        ("8,5 die\u0302\u0309m".replace("die", "đie"), "8.5"),
        ("8,5đ", "8.5"),
        ("8.5 pts", "8.5"),
        ("+8,5", "8.5"),
        ("-8,5", "-8.5"),
        ("\u22128,5", "-8.5"),
        ("0,125", "0.125"),
        ("1234,5", "1234.5"),
        ("12,3456", "12.3456"),
        ("1.234,5", "1234.5"),
        ("1,234.5", "1234.5"),
        ("1.234.567", "1234567"),
        ("1.234,567", "1234.567"),
        ("1 234,5", "1234.5"),
        ("0008", "8"),
    ],
)
def test_text_that_can_only_mean_one_number_is_read_and_told(text: str, value: str) -> None:
    assert read_text(text) == Reading(Decimal(value), "score_read_as")


@pytest.mark.parametrize(
    ("text", "code", "meanings"),
    [
        ("1.234", "score_ambiguous", ("1.234", "1234")),
        ("1,234", "score_ambiguous", ("1.234", "1234")),
        ("-12.345", "score_ambiguous", ("-12.345", "-12345")),
        ("1 234", "score_ambiguous", ("1.234", "1234")),
        ("85%", "score_percent", ("0.85", "85")),
        ("85,5 %", "score_percent", ("0.855", "85.5")),
        ("8/5", "score_like_date", ("8.5", "5.8")),
        ("08/05/2020", "score_like_date", ("8.5", "5.8")),
        ("5-5", "score_like_date", ("5.5",)),
        ("1e1", "score_exponent", ()),
        ("1,5E-3", "score_exponent", ()),
        ("inf", "score_infinite", ()),
        ("-∞", "score_infinite", ()),
        ("NaN", "score_nan", ()),
        ("n/a", "score_nan", ()),
        ("-", "score_dash", ()),
        ("…".replace("…", "--"), "score_dash", ()),
        ("Không đánh giá", "score_not_assessed_claimed", ()),
        ("KHÔNG  ĐÁNH GIÁ", "score_not_assessed_claimed", ()),
        ("#DIV/0!", "score_error_value", ()),
        ("'", "score_missing", ()),
        ("\u200b", "score_missing", ()),
        ("tám", "score_text", ()),
        ("8 5", "score_text", ()),
        ("8,5,5", "score_text", ()),
        ("8½", "score_text", ()),
        ("8²", "score_text", ()),
        ("①", "score_text", ()),
        ("٨", "score_text", ()),
        ("8,5/10", "score_text", ()),
        ("khoảng 8", "score_text", ()),
        ("8 hoặc 9", "score_text", ()),
        ("0x10", "score_text", ()),
        ("Ⅷ", "score_text", ()),
        ("👍", "score_text", ()),
    ],
)
def test_text_that_can_mean_more_or_nothing_is_a_question(text: str, code: str, meanings: tuple[str, ...]) -> None:
    assert read_text(text) == Reading(None, code, tuple(map(Decimal, meanings)))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (Decimal("8.5"), Reading(Decimal("8.5"))),
        (Masked(Decimal("1.49")), Reading(Decimal("1.49"), "score_masked")),
        (True, Reading(None, "score_boolean")),
        (Percent(Decimal("0.85")), Reading(None, "score_percent", (Decimal("0.85"), Decimal(85)))),
        (Formula("=1+1", Decimal(2)), Reading(None, "score_formula", (Decimal(2),))),
        (Formula("=A1", "x"), Reading(None, "score_formula")),
        (ErrorValue("#N/A"), Reading(None, "score_error_value")),
        (ErrorValue("NaN"), Reading(None, "score_nan")),
        (ErrorValue("INF"), Reading(None, "score_infinite")),
        (dt.date(2020, 5, 8), Reading(None, "score_date", (Decimal("8.5"), Decimal("5.8")))),
        (dt.time(8, 30), Reading(None, "score_date")),
    ],
)
def test_what_is_no_text_is_read_by_its_kind(content: Content, expected: Reading) -> None:
    assert read_number(content) == expected


SCORES = st.decimals(min_value=0, max_value=10**7, places=2, allow_nan=False, allow_infinity=False)


def in_words(number: Decimal, decimal: str, group: str) -> str:
    whole, _, fraction = f"{number:,.2f}".partition(".")
    return whole.replace(",", group) + decimal + fraction


@given(SCORES, st.sampled_from([(",", "."), (".", ","), (",", ""), (".", ""), (",", "\u00a0"), (",", " ")]))
def test_a_number_written_out_is_read_as_itself_or_asked_about_never_as_another(
    number: Decimal, style: tuple[str, str]
) -> None:
    reading = read_text(in_words(number, *style))
    assert reading.value == number or (reading.value is None and number in reading.meanings)


@given(st.text(max_size=12))
def test_no_text_raises_and_what_is_read_has_digits(text: str) -> None:
    reading = read_text(text)
    assert (reading.value is None) or any(letter.isdigit() for letter in text)


@given(st.text(alphabet="0123456789.,-+ %eEđ/'", max_size=10))
def test_what_looks_like_a_number_is_finite_or_none(text: str) -> None:
    value = read_text(text).value
    assert value is None or value.is_finite()


@given(st.decimals(min_value=-1000, max_value=1000, places=6))
def test_the_shortest_decimal_gives_the_double_back(number: Decimal) -> None:
    assert float(shortest(float(number))) == float(number)


@pytest.mark.parametrize(
    ("number", "decimals"),
    [("8.50", 1), ("80", 0), ("8E+1", 0), ("0.00", 0), ("1.00000000000000000000000000000000001", 35)],
)
def test_decimals_are_those_that_count(number: str, decimals: int) -> None:
    assert decimals_of(Decimal(number)) == decimals


@pytest.mark.parametrize(
    ("number", "code", "is_masked"),
    [
        ("1.49", "0.00", False),
        ("1.49", "0.0", True),
        ("1.49", "0,", True),
        ("1.49", "#,##0.00", False),
        ("0", "0.00;-0.00;", True),
        ("0", '0.00;-0.00;"-"??', False),
        ("1", '[<2]"0";0.00', True),
        ("1", "[Red]0.00", False),
        ("1", "0.00E+00", True),
        ("1", "# ?/?", True),
        ("1", r"0\.0", True),
        ("1", '0"."0', True),
        ("1", r"0\0", True),
        ("1", "[$0.]0", True),
        ("1", "0*0", True),
        ("15", "0 0", True),
        ("15", "0 ", False),
        ("0", "#,###", True),
        ("1", 'General" điểm"', False),
        ("1", "Standard", False),
    ],
)
def test_a_format_that_shows_less_than_the_cell_holds_is_known(number: str, code: str, is_masked: bool) -> None:
    assert isinstance(as_shown(Decimal(number), code), Masked) is is_masked


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_number_is_told_as_it_is_typed_without_an_exponent(number: Decimal) -> None:
    assert as_typed(number) == f"{number:f}"
