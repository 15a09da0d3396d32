"""Registers what the demonstration's trucks and sites need: vehicles, trackers, tag readers. Over the API only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from haoyun.platform.demo import agents
from haoyun.platform.demo.client import Api
from haoyun.platform.demo.credentials import OPERATOR
from haoyun.platform.demo.errors import ApiRefused
from haoyun.platform.demo.state import DemoState, TruckState
from haoyun.platform.demo.trips import read_points
from haoyun.platform.demo.world import Truck, World
from haoyun.tracking.devices_store import IssuedCredential

_CONFLICT = 409
_NAMES_TRIED = 9


class Registrar:
    """Makes sure that something is registered, once; what is known from an earlier run is not asked for again."""

    def __init__(self, api: Api, world: World, state: DemoState, save: Callable[[], None]) -> None:
        self._api = api
        self._world = world
        self._state = state
        self._save = save

    def truck(self, truck: Truck, now: datetime) -> IssuedCredential:
        """The truck's vehicle and its tracker."""
        with self._state.changing() as state:
            mine = state.trucks.setdefault(truck.key, TruckState(site=truck.home))
        if mine.vehicle_id is None:
            vehicle_id = self._vehicle(truck, now)
            with self._state.changing():
                mine.vehicle_id = vehicle_id
        return self._device(truck.device, truck.carrier, {"kind": "tracker", "vehicle_id": mine.vehicle_id})

    def reader(self, site: str) -> IssuedCredential:
        """The tag reader of a site, with what its antennas mean."""
        name = self._world.reader(site)
        credential = self._device(name, OPERATOR, {"kind": "reader"})
        if self._state.readers.get(site) != credential.device:
            place = self._world.sites[site]
            points = {"points": read_points(place, place.name_en)}
            self._api.put(f"/devices/{credential.device}/read-points", points, who=OPERATOR)
            with self._state.changing() as state:
                state.readers[site] = credential.device
            self._save()
        return credential

    def _vehicle(self, truck: Truck, now: datetime) -> str:
        try:
            made = self._api.post("/vehicles", agents.vehicle_of(truck, now), who=truck.carrier)
        except ApiRefused as refused:
            if "plate" not in refused.errors:
                raise
            fleet = self._api.get("/vehicles", truck.carrier)["items"]  # registered just before a crash
            made = next(vehicle for vehicle in fleet if vehicle["plate"] == truck.plate)
        return str(made["id"])

    def _device(self, name: str, who: str, more: dict[str, Any]) -> IssuedCredential:
        """The credential under `name`, or under a successor's where a crash took the secret of the first."""
        names = (name, *(f"{name}-{number}" for number in range(2, _NAMES_TRIED)))
        for candidate in names:
            if candidate in self._state.devices:
                return self._state.devices[candidate]
        for candidate in names:
            try:
                made = self._api.post("/devices", {"name": candidate, **more}, who=who)
            except ApiRefused as refused:
                if refused.status != _CONFLICT:
                    raise
                continue
            credential = IssuedCredential(made["device"], made["secret"], made["topic_up"], made["topic_ack"])
            with self._state.changing() as state:
                state.devices[candidate] = credential
            self._save()
            return credential
        raise ApiRefused(_CONFLICT, f"every name from {names[0]} to {names[-1]} is taken")
