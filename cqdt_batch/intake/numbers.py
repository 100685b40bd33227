"""Read what stands in a score cell: a number, or why it is none. Never a guess.

Text that can only mean one number is read, and told. What can mean two is a question to the unit, with its possible
meanings. A unit's Excel may be set to a decimal comma or a decimal point, so 1.234 and 1,234 are questions: one
person means a little more than one, another more than a thousand. 12,5 and 1.234,5 are not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from cqdt_batch.cells import Content, Covered, ErrorValue, Formula, Masked, Percent
from cqdt_batch.definition.names import folded
from cqdt_batch.messages import in_every_language


class Reading(NamedTuple):
    """What a cell means: `value` where it is known, the code of what there is to say, and what it could mean."""

    value: Decimal | None
    code: str = ""
    meanings: tuple[Decimal, ...] = ()


_FULL_WIDTH = {ord("\u3000"): " ", **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}}
"""Full-width digits and signs of East Asian keyboards; nothing looser, or 8½ would become 81⁄2."""

_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
_MINUS = dict.fromkeys(map(ord, "\u2212\u2010\u2011\u2013\ufe63"), "-")

_SIMPLE = re.compile(r"([+-]?)([0-9]+)(?:([.,])([0-9]+))?")
_GROUPED = re.compile(r"([+-]?)([0-9]{1,3}([.,\u00a0\u202f ])[0-9]{3}(?:\3[0-9]{3})*)(?:([.,])([0-9]+))?")
_EXPONENT = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_PERCENT = re.compile(r"([+-]?[0-9]+(?:[.,][0-9]+)?)\s*%")
_DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})(?:[/.-][0-9]{2,4})?")
_ERRORS = frozenset(
    "#DIV/0! #N/A #NAME? #NULL! #NUM! #REF! #VALUE! #GETTING_DATA #SPILL! #CALC! Err:502 Err:508".split()  # noqa: SIM905
)
_DASHES = frozenset("-_.,/–—")
_THOUSANDS = 3


def read_number(content: Content) -> Reading:
    """Read a filled score cell."""
    match content:
        case bool():
            return Reading(None, "score_boolean")
        case Decimal():
            return Reading(content)
        case Masked(number):
            return Reading(number, "score_masked")
        case Percent(share):
            return Reading(None, "score_percent", _distinct(share, share * 100))
        case Formula(_, value):
            return Reading(None, "score_formula", (value,) if isinstance(value, Decimal) else ())
        case ErrorValue(text):
            return _no_finite(text) or Reading(None, "score_error_value")
        case Covered():
            return Reading(None, "score_covered")
        case date() | datetime():
            return Reading(None, "score_date", _distinct(*_day_and_month(content.day, content.month)))
        case time() | timedelta():
            return Reading(None, "score_date")
    return read_text(content)


def read_text(text: str) -> Reading:
    """Read text in a score cell; `code` is `score_read_as` where it can only mean one number."""
    plain = unicodedata.normalize("NFC", text).translate(_FULL_WIDTH).translate(_UNSEEN).translate(_MINUS)
    plain = plain.strip().lstrip("'\u2018\u2019").strip()
    if not plain:
        return Reading(None, "score_missing")
    if folded(plain) in _not_assessed():
        return Reading(None, "score_not_assessed_claimed")
    if plain in _ERRORS:
        return Reading(None, "score_error_value")
    bare = _without_unit(plain)
    return (
        _simple(bare)
        or _grouped(bare)
        or _no_finite(bare)
        or _percent(bare)
        or _day(bare)
        or (Reading(None, "score_exponent") if _EXPONENT.fullmatch(bare) else None)
        or (Reading(None, "score_dash") if bare and set(bare) <= _DASHES else None)
        or Reading(None, "score_text")
    )


@cache
def _not_assessed() -> frozenset[str]:
    return frozenset(folded(text) for text in in_every_language("not_assessed"))


@cache
def _unit_words() -> re.Pattern[str]:
    words = ";".join(in_every_language("form.points")).split(";")
    return re.compile(rf"(?<=[0-9])\s*(?:{'|'.join(map(re.escape, words))})\.?$", re.IGNORECASE)


def _without_unit(text: str) -> str:
    """Leave out the word for points behind a number: 8,5 điểm."""
    return _unit_words().sub("", text)


def _simple(text: str) -> Reading | None:
    """A number with at most one separator."""
    found = _SIMPLE.fullmatch(text)
    if found is None:
        return None
    sign, whole, separator, fraction = found.groups()
    as_decimal = _decimal(sign, whole, fraction or "")
    is_group = separator and len(fraction) == _THOUSANDS and len(whole) <= _THOUSANDS and not whole.startswith("0")
    if is_group:
        return Reading(None, "score_ambiguous", (as_decimal, _decimal(sign, whole + fraction, "")))
    return Reading(as_decimal, "score_read_as")


def _grouped(text: str) -> Reading | None:
    """A number with groups of thousands and perhaps a fraction behind another separator."""
    found = _GROUPED.fullmatch(text)
    if found is None:
        return None
    sign, whole, group, separator, fraction = found.groups()
    parts = whole.split(group)
    if separator == group:
        return None
    value = _decimal(sign, "".join(parts), fraction or "")
    if group not in ".," and not fraction:
        return Reading(None, "score_ambiguous", (_decimal(sign, parts[0], "".join(parts[1:])), value))
    return Reading(value, "score_read_as")


def _decimal(sign: str, whole: str, fraction: str) -> Decimal:
    return Decimal(f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}") or Decimal(0)


def _no_finite(text: str) -> Reading | None:
    bare = text.strip("+-").casefold()
    if bare in ("inf", "infinity", "∞", "1.#inf", "1.#inf00"):
        return Reading(None, "score_infinite")
    return Reading(None, "score_nan") if bare in ("nan", "n/a", "na", "1.#qnan", "1.#ind") else None


def _percent(text: str) -> Reading | None:
    found = _PERCENT.fullmatch(text)
    if found is None:
        return None
    number = Decimal(found[1].replace(",", "."))
    return Reading(None, "score_percent", _distinct(number / 100, number))


def _day(text: str) -> Reading | None:
    """A date as text, as a feedback form carries one: 8/5, 08/05/2020."""
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    return Reading(None, "score_like_date", _distinct(*_day_and_month(int(found[1]), int(found[2]))))


def _day_and_month(day: int, month: int) -> Iterator[Decimal]:
    """What may have been typed before Excel made it a date: 8.5 or 5.8."""
    yield Decimal(f"{day}.{month}")
    yield Decimal(f"{month}.{day}")


def _distinct(*numbers: Decimal) -> tuple[Decimal, ...]:
    return tuple(dict.fromkeys(Decimal(f"{number.normalize():f}") for number in numbers))
