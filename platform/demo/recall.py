"""The world of a data folder and what the simulator remembers of it: the same after every start."""

from __future__ import annotations

from haoyun.maps.catalog import open_map
from haoyun.maps.gazetteer.places import network_gazetteer
from haoyun.platform.demo.errors import NotADemo
from haoyun.platform.demo.folder import demo_folder
from haoyun.platform.demo.state import DemoState, load_state
from haoyun.platform.demo.world import World, build_world
from haoyun.platform.settings import Settings

SEED = 20  # any number: it decides companies, fleets and goods


def recall(settings: Settings, trucks: int) -> tuple[World, DemoState]:
    """The world of this data folder and what the simulator remembers of it.

    Raises NotADemo for another map than the one that it was begun on, MapError for an unknown one.
    """
    known = load_state(demo_folder(settings.data) / "simulator.json")
    if known is not None and known.map != settings.map:
        raise NotADemo(
            f"this demonstration was begun on the map {known.map}; "
            f"start it with --map {known.map}, or with --fresh"
        )
    driving = max(trucks, known.driving if known else 0)  # a truck under way is never forgotten
    network = open_map(settings.map, settings.maps_folder)
    world = build_world(network, network_gazetteer(network), known.seed if known else SEED, driving)
    state = known or DemoState(settings.map, SEED, driving)
    state.driving = driving
    return world, state
