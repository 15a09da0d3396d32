"""Compiled functions: the same answers, and no cache folder is no reason to fail."""

from __future__ import annotations

from typing import Any

import numba
import pytest

from haoyun.maps.compiled import compiled


def test_without_a_place_for_the_cache_functions_are_compiled_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = numba.njit

    def without_cache(*args: Any, **options: Any) -> Any:
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return real(*args, **options)

    monkeypatch.setattr(numba, "njit", without_cache)

    @compiled
    def twice(x: int) -> int:
        return 2 * x

    assert twice(21) == 42
    assert twice.signatures  # it is machine code, not the Python function
