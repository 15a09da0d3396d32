"""A VROOM answer read back as the plan that people have been told (vroom_answer.py writes it)."""

from __future__ import annotations

from collections.abc import Mapping

from haoyun.routing.build import plan_with
from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.fields import Fields
from haoyun.routing.plan import Plan, Reason, ReasonCode, Route, Step, StepKind, Unassigned
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.tasks import Id, Job, Stop, StopKind, Task

Named = tuple[str, Id]


def read_plan(data: object, problem: Problem) -> Plan:
    """The plan with the answer's times; its sums and loads are not looked at.

    An object with the answer in `plan`, as `haoyun reoptimize` writes it, will do as well. BadFormat names the field
    at fault.
    """
    root = Fields.of(data, "")
    root = root.find_object("plan") or root
    stops: dict[Named, Stop] = {(stop.kind.value, stop.visit.id): stop for stop in problem.stops}
    vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
    routes = tuple(_route(fields, vehicles, stops) for fields in root.objects("routes"))
    served = {(step.kind.value, step.id) for route in routes for step in route.steps}
    reasons = dict(_reasons(fields) for fields in root.objects("unassigned"))
    left = [task for task in problem.tasks if not served & set(_keys(task))]
    entries = (Unassigned.of(task, reasons.get(_keys(task)[0], ())) for task in left)
    return plan_with(problem, routes, tuple(entries), "as told")


def _keys(task: Task) -> list[Named]:
    kinds = (StopKind.JOB,) if isinstance(task, Job) else (StopKind.PICKUP, StopKind.DELIVERY)
    return [(kind.value, visit.id) for kind, visit in zip(kinds, task.visits, strict=True)]


def _route(fields: Fields, vehicles: Mapping[Id, Vehicle], stops: Mapping[Named, Stop]) -> Route:
    name = fields.find_id("vehicle")
    if name is None or name not in vehicles:
        raise BadFormat(f"{fields.path('vehicle')}: there is no vehicle {name}")
    vehicle = vehicles[name]
    steps = tuple(_step(one, vehicle, stops) for one in fields.objects("steps"))
    kinds = [step.kind for step in steps]
    if kinds[:1] != [StepKind.START] or kinds[-1:] != [StepKind.END]:
        raise BadFormat(f"{fields.path('steps')} must begin with a start and finish with an end")
    return Route(name, steps, 0, 0, 0.0)


def _step(fields: Fields, vehicle: Vehicle, stops: Mapping[Named, Stop]) -> Step:
    kind = fields.find_text("type")
    arrival_s = fields.whole("arrival", default=0)
    if kind in ("start", "end"):
        place = vehicle.begins_at if kind == "start" else vehicle.end
        return Step(StepKind(kind), None, place, arrival_s, arrival_s, arrival_s, ())
    name = fields.id()
    stop = stops.get((kind or "", name))
    if stop is None or kind is None:
        raise BadFormat(f"{fields.where}: the problem has no {kind} {name}")
    begin_s = arrival_s + fields.whole("waiting_time", default=0)
    setup_s, service_s = fields.whole("setup", default=0), fields.whole("service", default=0)
    return Step(
        StepKind(kind), name, stop.visit.location, arrival_s, begin_s, begin_s + setup_s + service_s, ()
    )


def _reasons(fields: Fields) -> tuple[Named, tuple[Reason, ...]]:
    known = {code.value for code in ReasonCode}
    texts = [(one.find_text("code"), one.find_text("text")) for one in fields.objects("reasons")]
    found = tuple(Reason(ReasonCode(code), text or "") for code, text in texts if code in known)
    return (fields.find_text("type") or "", fields.id()), found
