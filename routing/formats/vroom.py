"""VROOM JSON in: jobs, shipments, vehicles, with matrices or with coordinates (vroom_answer.py: out).

The meaning follows VROOM's published API: amounts and capacities are positional, a cost is `fixed` +
`per_hour` x travel + `per_km` x distance with 0, 3600 and 0 as defaults, skills must all be met, priority
is 0..100. Fields of that API which change the answer and are not supported are refused by name, as is
anything misspelt: a request that is half understood would give a plan that nobody asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from haoyun.routing.errors import BadFormat, BadProblem
from haoyun.routing.formats.fields import Fields
from haoyun.routing.problem import Objective, Problem, Vehicle
from haoyun.routing.tasks import Job, Shipment, Visit, Window
from haoyun.routing.travel import Matrices

# Roads are longer than the great circle, and trucks do not fly: used only where a request has no matrices.
DETOUR = 1.3
SPEED_KMH = 60

_DEFAULT_PROFILE = "car"


def looks_like(text: str) -> bool:
    """Whether this is a JSON object."""
    return text.lstrip().startswith("{")


def read(text: str | bytes) -> Problem:
    """The problem in a JSON text; BadFormat names the field at fault."""
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadFormat(f"line {error.lineno}, column {error.colno}: not valid JSON: {error.msg}") from None
    return from_json(data)


def from_json(data: object) -> Problem:
    """The problem in a decoded VROOM request; BadFormat names the field at fault."""
    root = Fields.of(data, "")
    reader = _Reader(root)
    root.refuse_others(ignored=("options",))
    return reader.problem()


class _Places:
    """Locations by index (with matrices) or by coordinates (each distinct pair gets the next index)."""

    def __init__(self) -> None:
        self.of_coordinates: dict[tuple[float, float], int] = {}
        self.by_index = False
        self.by_coordinates = False

    def find(self, fields: Fields, name: str) -> int | None:
        """The location in `<name>_index` or, failing that, in `<name>`; None if neither is given."""
        index = fields.find_whole(f"{name}_index")
        pair = fields.find_coordinates(name)
        if index is not None:
            self.by_index = True
            return index
        if pair is None:
            return None
        self.by_coordinates = True
        return self.of_coordinates.setdefault(pair, len(self.of_coordinates))

    def get(self, fields: Fields) -> int:
        """The location of a stop, which must have one."""
        place = self.find(fields, "location")
        if place is None:
            raise BadFormat(f"{fields.where}: location or location_index is missing")
        return place


class _Reader:
    """Reads one request; keeps what its parts share."""

    def __init__(self, root: Fields) -> None:
        self.places = _Places()
        self.matrices = _matrices(root)
        self.jobs = tuple(self._job(f) for f in root.objects("jobs"))
        self.shipments = tuple(self._shipment(f) for f in root.objects("shipments"))
        self.vehicles = tuple(self._vehicle(f) for f in root.objects("vehicles"))

    def problem(self) -> Problem:
        """The problem, its matrices completed."""
        own, profiles = self._travel()
        dimensions = max((len(v.capacity) for v in self.vehicles), default=0)
        try:
            return Problem(
                vehicles=self.vehicles,
                durations_s=own.durations_s,
                distances_m=own.distances_m,
                jobs=self.jobs,
                shipments=self.shipments,
                capacity_names=tuple(f"capacity {n + 1}" for n in range(dimensions)),
                objective=Objective.COST,
                profiles=profiles,
            )
        except BadProblem as error:
            raise BadFormat(str(error)) from error

    def _travel(self) -> tuple[Matrices, Mapping[str, Matrices]]:
        if self.matrices:
            if self.places.by_coordinates:
                raise BadFormat(
                    "with matrices every place needs an index (location_index, start_index, end_index)"
                )
            return next(iter(self.matrices.values())), self.matrices
        if self.places.by_index:
            raise BadFormat("location_index, start_index and end_index need matrices")
        estimated = estimated_matrices(list(self.places.of_coordinates))
        return estimated, {v.profile: estimated for v in self.vehicles if v.profile}

    def _visit(self, fields: Fields) -> Visit:
        with fields.naming():
            return Visit(
                id=fields.id(),
                location=self.places.get(fields),
                service_s=fields.whole("service", default=0),
                windows=_windows(fields),
            )

    def _job(self, fields: Fields) -> Job:
        visit = self._visit(fields)
        fields.find_text("description")
        old_amount = fields.amounts("amount")  # VROOM before 1.3 called a delivery so
        with fields.naming():
            job = Job(
                visit.id,
                visit.location,
                visit.service_s,
                visit.windows,
                delivery=fields.amounts("delivery") or old_amount,
                pickup=fields.amounts("pickup"),
                skills=fields.skills(),
                priority=fields.whole("priority", default=0),
            )
        fields.refuse_others(empty=("setup",))
        return job

    def _shipment(self, fields: Fields) -> Shipment:
        pickup, delivery = (self._end_of_shipment(fields.object(name)) for name in ("pickup", "delivery"))
        with fields.naming():
            shipment = Shipment(
                pickup.id,
                pickup,
                delivery,
                amount=fields.amounts("amount"),
                skills=fields.skills(),
                priority=fields.whole("priority", default=0),
            )
        fields.refuse_others()
        return shipment

    def _end_of_shipment(self, fields: Fields) -> Visit:
        visit = self._visit(fields)
        fields.find_text("description")
        fields.refuse_others(empty=("setup",))
        return visit

    def _vehicle(self, fields: Fields) -> Vehicle:
        costs = fields.find_object("costs") or Fields.of({}, f"{fields.where}.costs")
        window = fields.find_window("time_window")
        fields.find_text("description")
        profile = fields.find_text("profile")
        with fields.naming():
            vehicle = Vehicle(
                id=fields.id(),
                start=self.places.find(fields, "start"),
                end=self.places.find(fields, "end"),
                capacity=fields.amounts("capacity"),
                window=window,
                skills=fields.skills(),
                fixed_cost=costs.whole("fixed", default=0),
                cost_per_km=costs.whole("per_km", default=0),
                cost_per_hour=costs.whole("per_hour", default=3600),
                max_stops=fields.find_whole("max_tasks"),
                max_distance_m=fields.find_whole("max_distance"),
                max_travel_s=fields.find_whole("max_travel_time"),
                profile=self._profile(fields, profile),
            )
        costs.refuse_others(empty=("per_task_hour",))
        fields.refuse_others(empty=("breaks", "steps"), ones=("speed_factor",))
        return vehicle

    def _profile(self, fields: Fields, given: str | None) -> str | None:
        if not self.matrices:
            return None
        if given is None and len(self.matrices) == 1:
            return None
        name = given or _DEFAULT_PROFILE
        if name not in self.matrices:
            raise BadFormat(f"{fields.where}.profile: there are no matrices for {name}")
        return name


def _windows(fields: Fields) -> tuple[Window, ...]:
    return tuple(fields.windows("time_windows"))


def _matrices(root: Fields) -> dict[str, Matrices]:
    """Matrices by profile; the old single `matrix` of durations is read as those of `car`."""
    found: dict[str, Matrices] = {}
    given = root.find_object("matrices")
    for profile in given.names() if given else ():
        fields = given.object(profile) if given else root
        found[profile] = _matrix_pair(fields, fields.matrix("durations"), fields.find_matrix("distances"))
        fields.refuse_others()
    single = root.find_matrix("matrix")
    if single is not None:
        found.setdefault(_DEFAULT_PROFILE, _matrix_pair(root, single, None))
    return found


def _matrix_pair(fields: Fields, durations: Any, distances: Any) -> Matrices:
    with fields.naming():
        # Without distances VROOM optimizes durations alone; so does every objective here.
        return Matrices(durations, durations if distances is None else distances)


def estimated_matrices(places: list[tuple[float, float]]) -> Matrices:
    """Matrices for (lon, lat) places where nobody has given any: great circles x DETOUR at SPEED_KMH."""
    # Here and not above: maps brings scipy along, which would triple the start of every search process.
    from haoyun.maps.geodesy import haversine_m  # noqa: PLC0415

    lon, lat = np.array(places, dtype=np.float64).reshape(-1, 2).T
    metres = np.rint(haversine_m(lat[:, None], lon[:, None], lat[None, :], lon[None, :]) * DETOUR)
    distances_m = metres.astype(np.int64)
    return Matrices(np.ceil(metres / (SPEED_KMH / 3.6)).astype(np.int64), distances_m)
