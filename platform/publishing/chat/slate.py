"""A message made plain for reading, with the way back to every character that the writer typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from haoyun.maps.gazetteer.names import has_han, simplified

Span = tuple[int, int]
_SAYS_NOTHING = "\ufe0f\ufe0e\u200d\u200b"  # how an emoji is drawn, and joints
_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖", "一二三四五六七八九")
_FORMAL_DIGIT = re.compile(r"[壹贰叁肆伍陆柒捌玖](?=[万千百十])")
_SPACES = dict.fromkeys(map(ord, "\t\r\u00a0\u3000"), " ")


@dataclass(slots=True)
class Slate:
    """`plain` is what rules read: half-width, lower case, simplified. A character is taken by the first rule only."""

    original: str
    plain: str
    at: tuple[int, ...]  # for each plain character, its place in the original
    taken: bytearray = field(default_factory=bytearray)

    def find(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Matches of which nothing was taken by an earlier rule."""
        for match in pattern.finditer(self.plain):
            if match.end() > match.start() and self.is_free(*match.span()):
                yield match

    def is_free(self, start: int, end: int) -> bool:
        """Whether no rule took a character of it."""
        return not any(self.taken[start:end])

    def take(self, start: int, end: int) -> None:
        """These characters are understood."""
        self.taken[start:end] = b"\1" * (end - start)

    def source(self, start: int, end: int) -> Span:
        """The part of the original that a part of the plain text stands for."""
        return self.at[start], self.at[end - 1] + 1

    def unread(self, start: int, end: int) -> list[Span]:
        """Runs within a part that no rule took and that say something."""
        found, first = [], None
        for i in range(start, end + 1):
            free = i < end and not self.taken[i] and self.plain[i] != "\n"
            if free and first is None:
                first = i
            elif not free and first is not None:
                found += self._trimmed(first, i)
                first = None
        return found

    def _trimmed(self, start: int, end: int) -> list[Span]:
        while start < end and not self.plain[start].isalnum():
            start += 1
        while end > start and not self.plain[end - 1].isalnum():
            end -= 1
        return [self.source(start, end)] if end > start else []


def slate_of(text: str) -> Slate:
    """The message ready for reading."""
    plain: list[str] = []
    at: list[int] = []
    for i, character in enumerate(text):
        if character in _SAYS_NOTHING:
            continue
        shown = unicodedata.normalize("NFKC", character.translate(_SPACES)).lower()
        plain += shown
        at += [i] * len(shown)
    joined = _FORMAL_DIGIT.sub(lambda m: m.group(0).translate(_FORMAL), _simplified("".join(plain)))
    return Slate(text, joined, tuple(at), bytearray(len(joined)))


def _simplified(text: str) -> str:
    """Character for character, so that places in the text stay what they are."""
    if not has_han(text):
        return text
    whole = simplified(text)
    if len(whole) == len(text):
        return whole
    return "".join(c if len(s := simplified(c)) != 1 else s for c in text)
