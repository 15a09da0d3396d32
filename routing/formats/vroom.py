"""VROOM JSON in: jobs, shipments, vehicles, with matrices or with coordinates (vroom_answer.py: out).

The meaning follows VROOM's published API (docs/API.md of version 1.15): amounts and capacities are
positional, a cost is `fixed` + `per_hour` x travel + `per_km` x distance with 0, 3600 and 0 as defaults,
skills must all be met, priority is 0..100. Fields of that API which would change the answer and are not
supported are refused by name, as is anything misspelt: a request that is half understood would give a plan
that nobody asked for. Fields that VROOM does not know either are named in the result's warnings.
"""

from __future__ import annotations

import orjson

from haoyun.routing.errors import BadFormat, BadProblem
from haoyun.routing.formats.fields import Fields
from haoyun.routing.formats.result import ReadResult
from haoyun.routing.formats.vroom_places import Places
from haoyun.routing.formats.vroom_times import TaskTimes
from haoyun.routing.formats.vroom_travel import ProfileTravel, Speeds, read_matrices
from haoyun.routing.formats.vroom_vehicles import NEEDS, read_vehicle, vehicle_types
from haoyun.routing.legend import Legend, Named
from haoyun.routing.problem import Objective, Problem, Vehicle
from haoyun.routing.tasks import Job, Shipment, Visit
from haoyun.routing.travel import Matrices

_NO_NEEDS: dict[str, str] = {}


def looks_like(text: str) -> bool:
    """Whether this is a JSON object."""
    return text.lstrip().startswith("{")


def read(text: str | bytes) -> ReadResult:
    """The problem in a JSON text; BadFormat names the field at fault."""
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadFormat(f"line {error.lineno}, column {error.colno}: not valid JSON: {error.msg}") from None
    return read_json(data)


def from_json(data: object) -> Problem:
    """The problem in a decoded VROOM request; BadFormat names the field at fault."""
    return read_json(data).problem


def read_json(data: object) -> ReadResult:
    """A decoded VROOM request, with its descriptions and places; BadFormat names the field at fault."""
    return RequestReader(Fields.of(data, "")).result()


class RequestReader:
    """Reads one request; keeps what its parts share."""

    def __init__(self, root: Fields) -> None:
        self.warnings: list[str] = []
        self.descriptions: dict[Named, str] = {}
        self.travel: dict[str, ProfileTravel] = read_matrices(root, self.warnings)
        self.places = Places(bool(self.travel))
        self.speeds = Speeds()
        vehicles = root.objects("vehicles")
        self.times = TaskTimes(vehicle_types(vehicles))
        self.jobs = tuple(self.job(f) for f in root.objects("jobs"))
        self.shipments = tuple(self.shipment(f) for f in root.objects("shipments"))
        self.vehicles = tuple(self.vehicle(f) for f in vehicles)
        if root.find_object("options") is not None:
            self.warnings.append("options do not count: they are for VROOM's own command line")
        root.finish(needs=_NO_NEEDS, warnings=self.warnings)
        self.times.check_setups(self.places)

    def result(self) -> ReadResult:
        """The problem, its matrices completed."""
        own, profiles, has_distances = self._matrices()
        dimensions = max((len(v.capacity) for v in self.vehicles), default=0)
        try:
            problem = Problem(
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
        legend = Legend(
            points=self.places.points(len(own.durations_s)),
            geographic=self.places.has_points,
            has_distances=has_distances,
            indexed=bool(self.travel),
            descriptions=self.descriptions,
            setups_s=self.times.setups_s,
        )
        return ReadResult(problem, "vroom", legend, tuple(self.warnings))

    def _matrices(self) -> tuple[Matrices, dict[str, Matrices], bool]:
        if not self.travel:
            estimated = self.places.estimated()
            return estimated, self.speeds.matrices(estimated, {}), True
        given = {name: travel.matrices for name, travel in self.travel.items()}
        driven = {self.speeds.base(vehicle.profile) or next(iter(given)) for vehicle in self.vehicles}
        has_distances = all(self.travel[name].has_distances for name in driven)
        own = next(iter(given.values()))
        return own, {**given, **self.speeds.matrices(own, given)}, has_distances

    def _describe(self, kind: str, fields: Fields) -> None:
        text = fields.find_text("description")
        if text is not None:
            self.descriptions[kind, fields.id()] = text

    def _visit(self, kind: str, fields: Fields) -> Visit:
        self._describe(kind, fields)
        location = self.places.get(fields)
        with fields.naming():
            return Visit(
                id=fields.id(),
                location=location,
                service_s=self.times.service_s(kind, fields, location),
                windows=tuple(fields.windows("time_windows")),
            )

    def job(self, fields: Fields) -> Job:
        """One job."""
        visit = self._visit("job", fields)
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
        fields.finish(needs=_NO_NEEDS, warnings=self.warnings)
        return job

    def shipment(self, fields: Fields) -> Shipment:
        """One shipment; its pickup's id is its own."""
        pickup, delivery = (self._end_of_shipment(name, fields) for name in ("pickup", "delivery"))
        with fields.naming():
            shipment = Shipment(
                pickup.id,
                pickup,
                delivery,
                amount=fields.amounts("amount"),
                skills=fields.skills(),
                priority=fields.whole("priority", default=0),
            )
        fields.finish(needs=_NO_NEEDS, warnings=self.warnings)
        return shipment

    def _end_of_shipment(self, name: str, shipment: Fields) -> Visit:
        fields = shipment.object(name)
        visit = self._visit(name, fields)
        fields.finish(needs=_NO_NEEDS, warnings=self.warnings)
        return visit

    def vehicle(self, fields: Fields) -> Vehicle:
        """One vehicle."""
        self._describe("vehicle", fields)
        vehicle = read_vehicle(fields, self.places, self.travel, self.speeds)
        if fields.objects("steps"):
            self.warnings.append(f"{fields.path('steps')} do not count: each search finds its own first plan")
        fields.finish(needs=NEEDS, warnings=self.warnings)
        return vehicle
