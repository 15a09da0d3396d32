"""How Chinese names are read: Latin keys, initials, and a name for readers of Latin letters."""

from __future__ import annotations

from functools import lru_cache

from haoyun.maps.gazetteer.names import fold

# Characters that place names read otherwise than running text does, and names that are exceptions to either.
_IN_PLACES = {
    "长": "chang", "都": "du", "朝": "chao", "什": "shi", "匀": "yun", "郫": "pi", "珲": "hun", "圩": "xu",
    "浚": "xun", "棱": "ling", "柏": "bai", "莞": "guan",
}  # fmt: skip
_NAMES = {
    "长子": "zhang zi", "蔚县": "yu xian", "六安": "lu an", "六合": "lu he", "单县": "shan xian",
    "洪洞": "hong tong", "乐亭": "lao ting", "乐陵": "lao ling", "乐清": "yue qing", "南乐": "nan le",
    "繁峙": "fan shi", "筠连": "jun lian", "荥经": "ying jing", "宕昌": "tan chang", "闵行": "min hang",
    "伽师": "jia shi", "泊头": "bo tou", "红寺堡": "hong si pu", "涡阳": "guo yang", "柏林": "bo lin",
    "喀什": "ka shi", "乌什": "wu shi", "高句丽": "gao gou li",
}  # fmt: skip


@lru_cache(maxsize=4096)
def _syllables(name: str) -> tuple[str, ...]:
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 - only where the place book is built

    read = lazy_pinyin(name, style=Style.NORMAL, errors="ignore", v_to_u=True)
    if len(read) != len(name):
        return tuple(read)  # letters or punctuation in between
    read = [_IN_PLACES.get(character, syllable) for character, syllable in zip(name, read, strict=True)]
    for word, reading in _NAMES.items():
        if (at := name.find(word)) >= 0:
            read[at : at + len(word)] = reading.split()
    return tuple(read)


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
