"""The graph builders as a fixture: test folders are not packages, so they cannot be imported."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def graphs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("maps_graphs", Path(__file__).with_name("graphs.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
