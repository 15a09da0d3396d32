"""From tours to plans and back."""

from __future__ import annotations

from haoyun.routing.legs import Call
from haoyun.routing.plan import Plan, Route, StepKind, Unassigned
from haoyun.routing.problem import Problem, Tours, Vehicle
from haoyun.routing.schedule import build_route
from haoyun.routing.tasks import Id, Stop


def calls_of(stops: tuple[Stop, ...], vehicle: Vehicle, tour: tuple[int, ...]) -> list[Call]:
    """What a tour calls at: `stops[n]`, and for -1 - k the vehicle's k-th reload."""
    return [stops[n] if n >= 0 else vehicle.reloads[-1 - n] for n in tour]


# Routes built earlier, by vehicle and tour; None: it cannot be on time.
Built = dict[tuple[Id, tuple[int, ...]], Route | None]


def plan_of(problem: Problem, tours: Tours, method: str = "", built: Built | None = None) -> Plan | None:
    """The plan with these tours; None if one of its routes cannot be on time.

    `built` remembers routes from call to call: under driver hours a timetable takes milliseconds.
    """
    built = {} if built is None else built
    stops = problem.stops
    for vehicle, tour in zip(problem.vehicles, tours, strict=True):
        if tour and (vehicle.id, tour) not in built:
            built[vehicle.id, tour] = build_route(problem, vehicle, calls_of(stops, vehicle, tour))
    found = [built[v.id, tour] for v, tour in zip(problem.vehicles, tours, strict=True) if tour]
    routes = tuple(route for route in found if route is not None)
    if len(routes) < len(found):
        return None
    return plan_with(problem, routes, _left(problem, {n for tour in tours for n in tour}), method)


def on_time(problem: Problem, tours: Tours, built: Built) -> Tours:
    """Without the tours that no timetable was found for (plan_of has looked)."""
    return tuple(
        () if tour and built.get((v.id, tour)) is None else tour
        for v, tour in zip(problem.vehicles, tours, strict=True)
    )


def plan_with(
    problem: Problem, routes: tuple[Route, ...], unassigned: tuple[Unassigned, ...], method: str = ""
) -> Plan:
    """The plan that consists of these routes, with its sums."""
    return Plan(
        routes=routes,
        unassigned=unassigned,
        objective=problem.objective,
        cost=sum(route.cost for route in routes),
        distance_m=sum(route.distance_m for route in routes),
        travel_s=sum(route.travel_s for route in routes),
        method=method,
        revenue=sum(route.revenue for route in routes),
    )


def tours_of(problem: Problem, plan: Plan) -> Tours:
    """The tours of a plan, to start another search with."""
    numbers = {(stop.kind.value, stop.visit.id): number for number, stop in enumerate(problem.stops)}
    routes = {route.vehicle_id: route for route in plan.routes}
    return tuple(_tour(v, routes.get(v.id), numbers) for v in problem.vehicles)


def _tour(vehicle: Vehicle, route: Route | None, numbers: dict[tuple[str, Id], int]) -> tuple[int, ...]:
    if route is None:
        return ()
    reloads = {reload.id: -1 - k for k, reload in enumerate(vehicle.reloads)}
    return tuple(
        reloads[step.id] if step.kind is StepKind.RELOAD else numbers[step.kind.value, step.id]
        for step in route.steps[1:-1]
        if step.id is not None
    )


def _left(problem: Problem, served: set[int]) -> tuple[Unassigned, ...]:
    """Tasks of which no stop is served."""
    first_stop = 0
    left: list[Unassigned] = []
    for task in problem.tasks:
        count = len(task.visits)
        if served.isdisjoint(range(first_stop, first_stop + count)):
            left.append(Unassigned.of(task))
        first_stop += count
    return tuple(left)
