"""What Excel means by a number format or a serial date. The only place that asks openpyxl.

openpyxl takes a while to load, so it is asked only where our forms, which use General and Text, were left behind.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache, lru_cache

from cqdt_batch.cells import Content, ErrorValue, Masked, Moment, Percent, decimals_of, shortest

_ESCAPED = re.compile(r"_x[0-9A-Fa-f]{4}_")

_ORNAMENT = re.compile(
    r'\[(?:\$[^\]\d.,-]*(?:-[^\]]*)?|[A-Za-z]+\d*)\]|_.|[*\\][^\d.,(-]|"[^"\d.,(-]*"|(?<![0#?])\s|\s(?![0#?])'
)
"""What a number format adds around the digits: colours, locales, padding, a currency.

Conditions are no ornament, nor is what looks like part of a number: "-"0 shows 5 as -5, 0\\.0 shows 15 as 1.5.
"""

_LITERAL = re.compile(r'"[^"]*"|\\.')
"""What a number format writes as it stands."""

_DIGITS = re.compile(r"[#,0?]*[#0?](?:\.([0#?]+))?")
"""A number format without ornaments that shows the number as it is, with so many decimals."""

_ZERO = 2
"""The section of a number format that shows zeros."""

_PLAIN = frozenset({"general", "standard", "@"})
"""Formats that show a number as it is; LibreOffice also knows the second name."""

_MOST_FORMATS = 1_000
"""How many number formats are remembered from file to file: a worker's memory has a limit."""

_USUAL = {0: "General", 49: "@"}
"""The two built-in number formats of our forms; openpyxl, which takes a while to load, knows the others."""


def number(binary: float, code: str, *, is_1904: bool) -> Content:
    """What a cell with a finite number means to who sees it: a number, a percentage, a date, or less than it holds."""
    if _is_plain(code):
        return shortest(binary)
    return _date(binary, is_1904=is_1904) if _is_date(code) else as_shown(shortest(binary), code)


@cache
def built_in(number: int) -> str:
    """The code of a number format that a workbook names by its number alone."""
    if number in _USUAL:
        return _USUAL[number]
    from openpyxl.styles.numbers import BUILTIN_FORMATS

    code: str = BUILTIN_FORMATS.get(number, "General")
    return code


@lru_cache(maxsize=_MOST_FORMATS)
def _is_plain(code: str) -> bool:
    return code.casefold() in _PLAIN


@lru_cache(maxsize=_MOST_FORMATS)
def _is_date(code: str) -> bool:
    from openpyxl.styles.numbers import is_date_format

    return bool(is_date_format(code))


def _date(serial: float, *, is_1904: bool) -> Content:
    from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

    try:
        moment: Moment | None = from_excel(serial, CALENDAR_MAC_1904 if is_1904 else CALENDAR_WINDOWS_1900)
    except (OverflowError, ValueError):
        moment = None
    return ErrorValue(repr(serial)) if moment is None else moment


def unescaped(text: str) -> str:
    """Text as it was typed: Excel writes control characters as _x0007_."""
    if "_x" not in text or not _ESCAPED.search(text):
        return text
    from openpyxl.utils.escape import unescape

    plain: str = unescape(text)
    return plain


@lru_cache(maxsize=_MOST_FORMATS)
def decimals_shown(code: str) -> int | None:
    """How many decimals a number format shows; None where it shows a number as it is, or by other rules."""
    plain = _DIGITS.fullmatch(_ORNAMENT.sub("", code.split(";", maxsplit=1)[0]).replace("%", ""))
    return len(plain[1] or "") if plain else None


def as_shown(number: Decimal, code: str) -> Content:
    """Tell a number that its cell shows as it is from a percentage and from one with hidden digits.

    A format has sections for numbers above, below and at zero. One with a condition, such as [<1]"0";0.00, may show
    anything. A percent sign in quotation marks is only written behind the number: 0.0"%" shows 8.5 as 8.5 %.
    """
    if "%" in code:
        is_times_hundred = "%" in _LITERAL.sub("", code)
        return Percent(number if is_times_hundred else number / 100)
    sections = [_ORNAMENT.sub("", section) for section in code.split(";")]
    is_zero_apart = number == 0 and len(sections) > _ZERO
    shown = sections[_ZERO].replace('"-"', "") if is_zero_apart else sections[0]
    if shown.casefold() in _PLAIN:
        return number
    plain = _DIGITS.fullmatch(shown)
    if plain and number == 0 and "0" not in shown and not is_zero_apart:
        return Masked(number)  # #,### shows a zero as nothing
    decimals = len(plain[1] or "") if plain else -1
    return number if decimals_of(number) <= decimals else Masked(number)
