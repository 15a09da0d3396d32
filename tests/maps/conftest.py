"""The graph builders as a fixture: test folders are not packages, so they cannot be imported."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from haoyun.maps.place_book import PlaceBook, open_places


@pytest.fixture(scope="session")
def graphs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("maps_graphs", Path(__file__).with_name("graphs.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def place_book(tmp_path_factory: pytest.TempPathFactory) -> PlaceBook:
    """The whole book, built once for all tests: some seconds."""
    return open_places(tmp_path_factory.mktemp("places"))
