"""The builders of graphs and files as fixtures: test folders are not packages, so they cannot be imported."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from haoyun.maps.network import RoadNetwork
from haoyun.maps.osm.build import ImportReport, build_network


@pytest.fixture(scope="session")
def graphs() -> ModuleType:
    return _beside("graphs")


@pytest.fixture(scope="session")
def osmfile() -> ModuleType:
    return _beside("osmfile")


@pytest.fixture(scope="session")
def imported(shared_data: Path) -> Callable[[str], tuple[RoadNetwork, ImportReport]]:
    """A real extract as a network, built once a session: `imported("heidelberg")`."""
    built: dict[str, tuple[RoadNetwork, ImportReport]] = {}

    def build(name: str) -> tuple[RoadNetwork, ImportReport]:
        if name not in built:
            built[name] = build_network(shared_data / "maps" / f"{name}.osm.pbf", name=name)
        return built[name]

    return build


def _beside(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"maps_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
