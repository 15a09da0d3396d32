"""Round lengths for scale bars and legends."""

from __future__ import annotations

import math


def round_number(most: float) -> float:
    """The greatest of 1, 2 or 5 times a power of ten that is not above `most` (> 0)."""
    power = 10.0 ** math.floor(math.log10(most))
    if power > most:  # the logarithm of 999.9999999999999 is rounded up to 3
        power /= 10
    return power * max(step for step in (1, 2, 5) if step * power <= most)


def length_words(length_m: float, lang: str) -> str:
    """ "200 km", "500 m"; in Chinese with 公里 and 米."""
    large = length_m >= 1000
    units = {"zh": ("公里", "米")}.get(lang, ("km", "m"))
    return f"{length_m / 1000 if large else length_m:g} {units[0] if large else units[1]}"
