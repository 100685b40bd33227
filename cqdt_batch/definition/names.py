"""One key for the spellings of a Vietnamese name that mean the same, and nothing looser than that.

Hoà and Hòa, Thuỷ and Thủy differ even after Unicode normalisation, because the tone mark stands on another
letter; "Giao thông - Vận tải" and "Giao thông Vận tải" differ by a dash. Words that tell units apart (sở, huyện,
xã) and diacritics are kept: huyện Tân Lạc is not xã Tân Lạc.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_TONES = "\u0300\u0301\u0303\u0309\u0323"  # huyền, sắc, ngã, hỏi, nặng
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_LOOKS_LIKE_D = str.maketrans({"Ð": "đ", "ð": "đ", "Ɖ": "đ", "ɖ": "đ"})
_SEPARATORS = re.compile(r"[\s,&;–—‐‑−-]+")


@lru_cache(maxsize=65_536)  # the labels and headers of one round come back with every form
def folded(name: str) -> str:
    """Give the key under which two spellings of a name are the same.

    Case, spaces, the place of the tone mark, the look-alikes of Đ, and "và", "&", "-", "," between words make no
    difference: "Sở Kế hoạch - Đầu tư" and "Sở kế hoạch và đầu tư" have one key.
    """
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", name)).translate(_LOOKS_LIKE_D).casefold()
    words = (_tone_last(word) for word in _SEPARATORS.split(text) if word)
    return " ".join(word for word in words if word != _AND)


@lru_cache(maxsize=16_384)  # names are made of the same few thousand syllables
def _tone_last(word: str) -> str:
    """Move the tone mark of a syllable behind it: hoà and hòa both become hoa followed by the mark."""
    letters = unicodedata.normalize("NFD", word)
    tones = "".join(letter for letter in letters if letter in _TONES)
    return unicodedata.normalize("NFC", "".join(letter for letter in letters if letter not in _TONES)) + tones


_AND = _tone_last("và")


def unmarked(name: str) -> str:
    """Give the key of a name typed without any diacritics: "ubnd huyen lac son" for "UBND huyện Lạc Sơn".

    Names that mean different units may have one key: it is for finding what somebody asked about, not for deciding.
    """
    return " ".join(word for word in _bare(folded(name)).split() if word != _BARE_AND)


def _bare(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.replace("đ", "d"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


_BARE_AND = _bare(_AND)


_ALPHABET = {letter: place for place, letter in enumerate("0123456789aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_TONE_ORDER = {tone: place for place, tone in enumerate(("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"))}


def alphabetical(name: str) -> tuple[tuple[tuple[int, ...], int], ...]:
    """Give the key that sorts names as Vietnamese lists do: word by word, letters (a ă â … d đ) before tones."""
    return tuple(_collated(word) for word in _SEPARATORS.split(unicodedata.normalize("NFKC", name).casefold()) if word)


def _collated(word: str) -> tuple[tuple[int, ...], int]:
    bare = _tone_last(word)
    letters = "".join(letter for letter in bare if letter not in _TONES)
    tone = next((letter for letter in bare if letter in _TONES), "")
    return tuple(_ALPHABET.get(letter, len(_ALPHABET)) for letter in letters), _TONE_ORDER[tone]


def nearest(name: str, known: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """The known names that look most like one nobody knows: to be suggested to a person, never to be taken.

    Where none does as a whole, those that have it, or nearly it, as a part: "y tế" for "Sở Y tế".
    """
    from rapidfuzz import fuzz, process

    typed, keys = folded(name), {folded(one): one for one in known}
    found = process.extract(typed, list(keys), scorer=fuzz.ratio, limit=most, score_cutoff=_RESEMBLES)
    if typed and not found:
        found = process.extract(typed, list(keys), scorer=fuzz.partial_ratio, limit=most, score_cutoff=_IS_PART)
    return tuple(keys[key] for key, _, _ in found)


_RESEMBLES = 60.0
_IS_PART = 85.0

_LEGACY = re.compile(
    "(?<=[A-Za-z])[\u00a1-\u00ac\u00ae-\u00b9\u00bb-\u00bf\u00c4-\u00c7\u00cb\u00ce-\u00d1\u00d6-\u00d8\u00db\u00dc\u00de\u00df"
    "\u00e4-\u00e7\u00eb\u00ee-\u00f1\u00f6-\u00f8\u00fb\u00fc\u00fe\u00ff]|"
    "[\u00a7\u00a8\u00a9\u00aa\u00ab\u00ac\u00ae\u00b5-\u00b9](?=[A-Za-z])"
)
"""Signs of Latin-1 that Vietnamese never has inside a word, but that old encodings (TCVN3, VNI) show there."""
_MARKED = bytes(0xFF if _LEGACY.search(f"a{chr(code)}a") else 0 for code in range(0x100))
"""What each letter of Latin-1 becomes for the quick look at a text without any of those signs."""


def looks_legacy(text: str) -> bool:
    """Tell whether a text seems to be Vietnamese in an encoding older than Unicode, as in "S\u00eb Y t\u00d5"."""
    composed = unicodedata.normalize("NFC", text)
    if composed.encode("latin-1", "ignore").translate(_MARKED).isascii():
        return False
    return _LEGACY.search(_QUOTED.sub(r"\1", composed)) is not None


_QUOTED = re.compile(r"(?<!\w)\u00ab([^\u00ab\u00bb]*)\u00bb(?!\w)")
"""Words between guillemets, of which the old encodings make letters inside words."""
