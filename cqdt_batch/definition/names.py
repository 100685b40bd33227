"""One key for the spellings of a Vietnamese name that mean the same, and nothing looser than that.

Hoà and Hòa, Thuỷ and Thủy differ even after Unicode normalisation, because the tone mark stands on another
letter; "Giao thông - Vận tải" and "Giao thông Vận tải" differ by a dash. Words that tell units apart (sở, huyện,
xã) and diacritics are kept: huyện Tân Lạc is not xã Tân Lạc.
"""

from __future__ import annotations

import re
import unicodedata
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


def _tone_last(word: str) -> str:
    """Move the tone mark of a syllable behind it: hoà and hòa both become hoa followed by the mark."""
    letters = unicodedata.normalize("NFD", word)
    tones = "".join(letter for letter in letters if letter in _TONES)
    return unicodedata.normalize("NFC", "".join(letter for letter in letters if letter not in _TONES)) + tones


_AND = _tone_last("và")
