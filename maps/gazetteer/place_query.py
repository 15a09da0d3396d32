"""What was typed, as the place book's indexes take it, and how good a match is."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from haoyun.maps.gazetteer.names import fold, has_han, simplified, spaced, words
from haoyun.maps.gazetteer.place import Place, PlaceKind
from haoyun.maps.gazetteer.place_file import BEGIN, END
from haoyun.maps.geodesy import haversine_m

_LONGEST = 80  # characters of a question that are looked at


class How(StrEnum):
    """How a place matched."""

    EXACT = "exact"
    PREFIX = "prefix"
    WORD = "word"  # a later word of the name begins so
    INSIDE = "inside"  # the characters stand somewhere in the name
    OTHER = "other"  # its name in another language
    OTHER_PREFIX = "other-prefix"
    INITIALS = "initials"  # of the pinyin syllables
    TYPO = "typo"  # one letter changed, dropped, added or swapped
    SCATTERED = "scattered"  # all characters, in any order


# To these half the importance (10 to 50) is added, and up to 50 taken off for distance: the exact name of a village
# stays below the beginning of a great city's.
_WORTH = {
    How.EXACT: 85.0,
    How.OTHER: 78.0,
    How.PREFIX: 70.0,
    How.WORD: 58.0,
    How.INSIDE: 55.0,
    How.INITIALS: 52.0,
    How.OTHER_PREFIX: 45.0,
    How.TYPO: 45.0,
    How.SCATTERED: 35.0,
}


@dataclass(frozen=True, slots=True)
class Found:
    """A match. `distance_m` from `near`, if that was given; a higher `score` is a better match."""

    place: Place
    how: How
    score: float
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A search. Only folded letters, digits and characters ever reach a MATCH expression."""

    text: str  # simplified
    key: str  # folded
    limit: int
    near: tuple[float, float] | None
    kinds: frozenset[PlaceKind] | None

    @classmethod
    def of(
        cls,
        text: str,
        limit: int,
        near: tuple[float, float] | None,
        kinds: Collection[PlaceKind] | None,
    ) -> Question:
        """The question of a text as typed."""
        plain = simplified(text[:_LONGEST])
        return cls(plain, fold(plain), limit, near, None if kinds is None else frozenset(kinds))

    @property
    def candidates(self) -> int:
        """Rows looked at in each stage: more where distance will change the order."""
        return max(3 * self.limit, 60) if self.near else max(2 * self.limit, 30)

    @property
    def may_be_typo(self) -> bool:
        """Whether the text is long enough to guess at, and Latin."""
        return len(self.key) >= 4 and self.key.isascii()

    def wants(self, place: Place) -> bool:
        """Whether the place is of a kind that was asked for."""
        return self.kinds is None or place.kind in self.kinds

    def begins(self, place: Place) -> bool:
        """Whether a name of the place begins as typed, and its kind is asked for."""
        key = self.key
        named = fold(place.name_en).startswith(key) or place.name_zh.startswith(key)
        return bool(key) and named and self.wants(place)

    def matches(self) -> list[tuple[How, str, str]]:
        """(how, table, MATCH expression), in the order in which they are asked."""
        if not self.key:
            return []
        found = self._han() if has_han(self.key) else self._latin()
        if self.kinds is None:
            return found
        if not self.kinds:
            return []
        only = " OR ".join(f'"{kind_token(kind)}"' for kind in sorted(self.kinds))
        return [(how, table, f"({match}) AND kind : ({only})") for how, table, match in found]

    def _han(self) -> list[tuple[How, str, str]]:
        phrase = spaced(self.text)
        found = [
            (How.EXACT, "han", f'names : "{BEGIN} {phrase} {END}"'),
            (How.PREFIX, "han", f'names : "{BEGIN} {phrase}"'),
            (How.INSIDE, "han", f'names : "{phrase}"'),
        ]
        if len(self.key) > 2:
            scattered = " AND ".join(f'"{c}"' for c in dict.fromkeys(self.key))
            found.append((How.SCATTERED, "han", f"names : ({scattered})"))
        return found

    def _latin(self) -> list[tuple[How, str, str]]:
        parts = words(self.text)
        tail = " AND ".join([*(f'"{w}"' for w in parts[:-1]), f'"{parts[-1]}" *'])
        return [
            (How.EXACT, "latin", f'keys : "{self.key}"'),
            (How.PREFIX, "latin", f'keys : "{self.key}" *'),
            (How.WORD, "latin", f"{{words keys}} : ({tail})"),
            (How.OTHER, "latin", f'others : "{self.key}"'),
            (How.OTHER_PREFIX, "latin", f'others : "{self.key}" *'),
            (How.INITIALS, "latin", f'initials : "{self.key}" *'),
        ]

    def judge(self, place: Place, importance: float, how: How) -> Found:
        """A match with its score."""
        score = _WORTH[how] + importance / 2
        if self.near is None:
            return Found(place, how, score)
        distance_m = haversine_m(*self.near, place.lat, place.lon)
        return Found(place, how, score - _distance_penalty(distance_m), distance_m)


def _distance_penalty(distance_m: float) -> float:
    """5 at 20 km, 14 at 100 km, 31 at 1,000 km: about what a city of ten times the size gains by its importance."""
    return min(50.0, 18 * math.log10(1 + distance_m / 20_000))


def kind_token(kind: PlaceKind) -> str:
    """A kind as the indexes hold it."""
    return "kind" + kind.value.replace("_", "")
