"""Compiled functions: the same answers, and no cache folder is no reason to fail."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Any

import numba
import pytest

import haoyun.maps
from haoyun.maps.compiled import compiled
from haoyun.maps.search.weights import NO_WAY

ROOM = Path(haoyun.maps.__file__).parent
KERNELS = sorted(path.relative_to(ROOM) for path in ROOM.rglob("*_kernels.py"))


@pytest.mark.parametrize("file", KERNELS, ids=str)
def test_machine_code_depends_on_its_own_file_alone(file: Path) -> None:
    """It is cached by that file: a function or constant of another file would be used as it once was."""
    tree = ast.parse((ROOM / file).read_text(encoding="utf-8"))
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = [
        (node.module, alias.name)
        for node in froms
        if (node.module or "").startswith("haoyun")
        for alias in node.names
    ]
    names.remove(("haoyun.maps.compiled", "compiled"))
    for module, name in names:
        value = getattr(importlib.import_module(str(module)), name)
        assert isinstance(value, type) and issubclass(value, tuple), f"{name} of {module} would be frozen in"


def test_every_file_of_machine_code_means_the_same_by_no_way() -> None:
    modules = [
        importlib.import_module("haoyun.maps." + ".".join(file.with_suffix("").parts)) for file in KERNELS
    ]
    own = [module.NO_WAY for module in modules if hasattr(module, "NO_WAY")]
    assert own == [NO_WAY] * len(own) and own


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
