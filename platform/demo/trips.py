"""One trip of a simulated truck: what happens when, at the gates and on the road. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any

from haoyun.maps.gazetteer.places import Place
from haoyun.maps.geodesy import destination
from haoyun.rfid_ingest import GateSim, TagRead, encode_identity
from haoyun.tracking.simulate import GpsReading

UNLOADING = timedelta(seconds=45)  # after arrival the first pallet passes the dock
READ_WITHIN = timedelta(seconds=20)  # so long the pallets of one truck take to pass
UNIT_SCHEME = "sscc-96"
PAST_THE_READER = 11  # one truck in so many leaves by a lane without a reader: GPS sees it, the gate does not
FEW_UNITS = 4  # with so few pallets none may stay unread at a gate

# The antennas of every site's reader; each pair or single one has its meaning, see read_points.
GATE_OUT, GATE_IN, DOCK_UNLOAD, DOCK_LOAD = (1, 2), (3, 4), (5,), (6,)


class Phase(StrEnum):
    """Where a truck is in its trip."""

    LOADING = "loading"  # at the origin's dock
    DRIVING = "driving"
    UNLOADING = "unloading"  # at the destination's dock
    DONE = "done"  # free again


@dataclass(frozen=True, slots=True)
class Trip:
    """A truck's work on one order. `units` are the identities of the pallets on board.

    Loading begins `handling_s` before departure and the truck is free as long after the first pallet is out:
    a minute on streets, some minutes between cities.
    """

    order_id: str
    load_id: str
    shipper: str
    origin: str
    destination: str
    units: tuple[str, ...]
    seed: int
    departs_at: datetime
    handling_s: float

    @property
    def loads_at(self) -> datetime:
        """When the first pallet passes the dock of the origin."""
        return self.departs_at - timedelta(seconds=self.handling_s)

    def free_at(self, arrives_at: datetime) -> datetime:
        """When the truck has nothing more to do for this order."""
        return arrives_at + UNLOADING + timedelta(seconds=self.handling_s)

    def to_json(self) -> dict[str, Any]:
        """As the state file keeps it."""
        return {**asdict(self), "departs_at": self.departs_at.isoformat()}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Trip:
        """What `to_json` wrote."""
        departs_at = datetime.fromisoformat(value["departs_at"])
        return cls(**{**value, "units": tuple(value["units"]), "departs_at": departs_at})


@dataclass(frozen=True, slots=True)
class Gate:
    """A passage of the trip's pallets: at which site, when, and what the reader there reports."""

    site: str
    at: datetime
    reads: tuple[TagRead, ...]

    def is_over(self, now: datetime) -> bool:
        """Whether all pallets have passed, so that the reader may report."""
        return now >= self.at + READ_WITHIN


def phase(trip: Trip, arrives_at: datetime, now: datetime) -> Phase:
    """Where the trip is at `now`."""
    if now < trip.departs_at:
        return Phase.LOADING
    if now < arrives_at:
        return Phase.DRIVING
    return Phase.UNLOADING if now < trip.free_at(arrives_at) else Phase.DONE


def gates(trip: Trip, arrives_at: datetime) -> list[Gate]:
    """The four passages of a trip, by time: dock and gate at the origin, gate and dock at the destination."""
    gate_out = () if trip.seed % PAST_THE_READER == 0 else GATE_OUT
    plan = (
        (trip.origin, trip.loads_at, DOCK_LOAD, True),
        (trip.origin, trip.departs_at, gate_out, True),
        (trip.destination, arrives_at, GATE_IN, False),
        (trip.destination, arrives_at + UNLOADING, DOCK_UNLOAD, False),
    )
    return [
        Gate(site, at, tuple(_passing(trip, at, antennas, outwards))) for site, at, antennas, outwards in plan
    ]


def _passing(trip: Trip, at: datetime, antennas: Sequence[int], outwards: bool) -> list[TagRead]:
    if not antennas:
        return []
    few = len(trip.units) < FEW_UNITS or len(antennas) == 1  # at a dock every pallet is read
    gate = GateSim(
        trip.seed,
        inner=tuple(antennas[:1]),
        outer=tuple(antennas[1:]),
        miss_rate=0.0 if few else 0.02,
        rate_hz=0.5,
    )
    tags = [encode_identity(unit, UNIT_SCHEME, filter_value=6) for unit in trip.units]
    return gate.passing(tags, at, outwards=outwards)


def read_points(place: Place, site_name: str) -> list[dict[str, Any]]:
    """What the antennas of a site's reader mean, as the API takes it."""
    meaning = (
        (GATE_OUT, "gate out", "out", "departing", "in_transit", "GTOT"),
        (GATE_IN, "gate in", "in", "arriving", "in_progress", "GTIN"),
        (DOCK_UNLOAD, "unloading dock", "in", "unloading", "in_progress", "DISC"),
        (DOCK_LOAD, "loading dock", "out", "loading", "in_progress", "LOAD"),
    )
    return [
        {
            "antenna": antenna,
            "place": f"{site_name}, {what}"[:120],
            "site_key": place.code,
            "lat": place.lat,
            "lon": place.lon,
            "direction": direction,
            "biz_step": step,
            "disposition": disposition,
            "milestone_code": code,
        }
        for antennas, what, direction, step, disposition, code in meaning
        for antenna in antennas
    ]


def parked_reading(place: Place, at: datetime, seed: int) -> GpsReading:
    """A fix of a truck that stands at a site."""
    rng = Random(f"{seed}/parked/{at.timestamp()}")
    lat, lon = destination(place.lat, place.lon, rng.uniform(0, 360), abs(rng.gauss(0, 5)))
    return GpsReading(at, lat, lon, 0.0, 0.0, 5.0 * rng.uniform(0.8, 2.0))
