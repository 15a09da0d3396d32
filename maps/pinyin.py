"""How Chinese names are read: Latin keys, initials, and a name for readers of Latin letters."""

from __future__ import annotations

from functools import cache

from haoyun.maps.names import fold


@cache
def _syllables(name: str) -> tuple[str, ...]:
    from pypinyin import Style, lazy_pinyin

    return tuple(lazy_pinyin(name, style=Style.NORMAL, errors="ignore", v_to_u=True))


def latin_key(name_zh: str) -> str:
    """Folded reading: 宁波 -> ningbo, 吕梁 -> luliang."""
    return fold("".join(_syllables(name_zh)))


def initials(name_zh: str) -> str:
    """First letters of the syllables: 宁波 -> nb."""
    return fold("".join(s[0] for s in _syllables(name_zh) if s))


def latin_name(name_zh: str) -> str:
    """A title: 余姚 -> Yuyao, 吕梁 -> Lüliang; an apostrophe before a vowel inside, 西安 -> Xi'an."""
    parts = _syllables(name_zh)
    joined = "".join("'" + s if i and s[:1] in "aeo" else s for i, s in enumerate(parts))
    return joined[:1].upper() + joined[1:]
