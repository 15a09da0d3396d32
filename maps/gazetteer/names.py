"""How names are compared: folded Latin keys, words, Han characters, and one slip of the finger."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]+")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"})
_SILENT = frozenset("'’ʻʼ`´‘·・")  # Xi'an is one word, and so is 阿图什·乡


def fold(text: str) -> str:
    """Lower case, letters and digits only, accents dropped: "Ürümqi" and "urumqi", "Xi'an" and "xian" meet."""
    return "".join(words(text))


def words(text: str) -> list[str]:
    """The folded words of a text: "Saint-Étienne (Loire)" gives saint, etienne, loire."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    kept = (c if c.isalnum() else " " for c in plain if not unicodedata.combining(c) and c not in _SILENT)
    return "".join(kept).split()


def is_han(text: str) -> bool:
    """Whether the text is made of Chinese characters only (and is not empty)."""
    return _HAN.fullmatch(text) is not None


def has_han(text: str) -> bool:
    """Whether the text holds a Chinese character."""
    return _HAN.search(text) is not None


def is_simplified(text: str) -> bool:
    """Whether GB 2312, the simplified set, has every character: true for 宁波, false for 寧波."""
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def simplified(text: str) -> str:
    """The text in simplified characters: 寧波 gives 宁波."""
    if not has_han(text) or is_simplified(text):
        return text
    return str(_to_simplified().convert(text))


@cache
def _to_simplified() -> Any:
    from opencc import OpenCC  # noqa: PLC0415 - only for what is not simplified yet

    return OpenCC("t2s")


def spaced(text: str) -> str:
    """The letters, digits and characters of a text, one by one: 宁波港 gives "宁 波 港"."""
    return " ".join(fold(text))


def within_one_slip(a: str, b: str) -> bool:
    """Whether one letter changed, dropped, added or swapped with its neighbour turns one key into the other."""
    if len(a) > len(b):
        a, b = b, a
    if len(b) - len(a) > 1:
        return False
    same = 0
    while same < len(a) and a[same] == b[same]:
        same += 1
    if len(a) < len(b):
        return a[same:] == b[same + 1 :]
    rest_a, rest_b = a[same:], b[same:]
    return rest_a[1:] == rest_b[1:] or (rest_a[1::-1] == rest_b[:2] and rest_a[2:] == rest_b[2:])
