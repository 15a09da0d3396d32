"""Runs in the environment of the peers, not ours: one problem (JSON) in, tours found by another solver out.

    python peer_run.py pyvrp|vroom|plot FILE [SECONDS SEED THREADS]

Prints {"tours": [[vehicle, [stop, ...]], ...], "seconds": s, "history": [[s, cost], ...], "version": v}.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

# Mean cost of a leg that PyVRP is given: its penalties end at 100,000 a unit of what is broken.
LEG_COST = 50_000


def pyvrp(problem: dict, seconds: float, seed: int) -> dict:
    import pyvrp as library
    from pyvrp.stop import MaxRuntime

    model = library.Model()
    places = [model.add_location(0, 0) for _ in problem["distances"]]
    parts = parts_of(problem)
    depots = {}
    for kind, count in zip(problem["kinds"], problem["counts"], strict=True):
        reloads = [place for place, _ in kind["reloads"]]
        if any(duration for _, duration in kind["reloads"]):
            sys.exit("PyVRP's reloads take no time")
        for end in (kind["start"], kind["end"], *reloads):
            if end not in depots:
                depots[end] = model.add_depot(places[end])
        late = {} if kind["off"] is None else {"tw_late": kind["off"]}
        if kind["max_duration_s"] is not None:
            late["shift_duration"] = kind["max_duration_s"]
        if kind["max_metres"] is not None:
            late["max_distance"] = kind["max_metres"] // parts
        if reloads:
            late["reload_depots"] = [depots[place] for place in reloads]
        if kind["max_trips"] is not None:
            late["max_reloads"] = kind["max_trips"] - 1
        model.add_vehicle_type(
            count,
            kind["capacity"],
            start_depot=depots[kind["start"]],
            end_depot=depots[kind["end"]],
            tw_early=kind["on"],
            **late,
            **costs_of(kind, problem, parts),
        )
    numbers = {"client": [], "shipment": []}
    for task in problem["tasks"]:
        stops = [problem["stops"][n] for n in task["stops"]]
        begin_end = [(s["windows"][0] if s["windows"] else [0, np.iinfo(np.int64).max]) for s in stops]
        if len(stops) == 1:
            numbers["client"].append(task["stops"])
            model.add_client(
                places[stops[0]["place"]],
                delivery=task["given"],
                pickup=task["taken"],
                service_duration=stops[0]["service"],
                tw_early=begin_end[0][0],
                tw_late=begin_end[0][1],
                **prize_of(task, problem, parts),
            )
        else:
            numbers["shipment"].append(task["stops"])
            model.add_shipment(
                places[stops[0]["place"]],
                places[stops[1]["place"]],
                *begin_end[0],
                stops[0]["service"],
                *begin_end[1],
                stops[1]["service"],
                amount=task["taken"],
            )
    distances = np.rint(np.array(problem["distances"]) / parts).astype(np.int64)
    data = model.data().replace(
        distance_matrices=[distances], duration_matrices=[np.array(problem["durations"])]
    )
    begun = time.monotonic()
    result = library.solve(data, stop=MaxRuntime(seconds), seed=seed, display=False)
    took = time.monotonic() - begun
    fleet = [list(vehicles) for vehicles in problem["vehicles_of_kind"]]
    depot_places = list(depots)
    tours = []
    for route in result.best.routes() if result.is_feasible() else []:
        reloads = [place for place, _ in problem["kinds"][route.vehicle_type()]["reloads"]]
        activities = list(route.schedule())
        stops = []
        for activity in activities[1:-1]:
            if activity.is_client():
                stops += numbers["client"][activity.idx]
            elif activity.is_pickup():
                stops.append(numbers["shipment"][activity.idx][0])
            elif activity.is_delivery():
                stops.append(numbers["shipment"][activity.idx][1])
            else:
                stops.append(-1 - reloads.index(depot_places[activity.idx]))
        tours.append([fleet[route.vehicle_type()].pop(), stops])
    return {"tours": tours, "seconds": took, "version": f"pyvrp {version('pyvrp')}"}


def parts_of(problem: dict) -> int:
    """By what distances and money are divided, so that legs are cheap enough for the library's penalties to matter."""
    rates = [kind["per_km"] for kind in problem["kinds"] if kind["per_km"]]
    if not problem["by_rates"] or not rates:
        return 1
    leg, parts = float(np.mean(problem["distances"])) * min(rates), 1
    while leg / parts > LEG_COST:
        parts *= 10
    return parts


def prize_of(task: dict, problem: dict, parts: int) -> dict:
    """When a client's goods are there, and what missing it costs, in the unit of the rates."""
    found = {} if task["release_s"] is None else {"release_time": task["release_s"]}
    if problem["prizes"] and task["prize"] is not None:
        found |= {"prize": round(task["prize"] * 1000 / parts), "required": False}
    return found


def costs_of(kind: dict, problem: dict, parts: int) -> dict:
    """Rates in whole numbers, as the library wants them; hours of travel have no counterpart."""
    if not problem["by_rates"]:
        return {}
    if kind["per_hour"]:
        sys.exit("PyVRP's rates count waiting as well: hours of travel cannot be told")
    return {"fixed_cost": round(kind["fixed"] * 1000 / parts), "unit_distance_cost": round(kind["per_km"])}


def vroom(problem: dict, seconds: float, threads: int) -> dict:
    import vroom as library

    if problem["prizes"]:
        sys.exit("VROOM knows priorities, not prizes")
    if any(kind["reloads"] for kind in problem["kinds"]):
        sys.exit("VROOM knows no reloads")
    if any(kind["max_duration_s"] is not None for kind in problem["kinds"]):
        sys.exit("VROOM limits travel, not the duration of a route")

    def windows(values: list) -> list:
        return [library.TimeWindow(a, b) for a, b in values]

    given = library.Input()
    given.set_durations_matrix("car", np.array(problem["durations"], dtype=np.uint32))
    given.set_distances_matrix("car", np.array(problem["distances"], dtype=np.uint32))
    if not problem["by_rates"]:
        given.set_costs_matrix("car", np.array(problem["distances"], dtype=np.uint32))
    for number, kind_number in problem["vehicles"]:
        kind = problem["kinds"][kind_number]
        named = {"max_tasks": "max_stops", "max_distance": "max_metres", "max_travel_time": "max_travel_s"}
        limits = {name: kind[own] for name, own in named.items() if kind[own] is not None}
        costs = {}
        if problem["by_rates"]:
            costs["costs"] = library.VehicleCosts(
                fixed=kind["fixed"], per_hour=kind["per_hour"], per_km=kind["per_km"]
            )
        duty = {} if kind["off"] is None else {"time_window": library.TimeWindow(kind["on"], kind["off"])}
        given.add_vehicle(
            library.Vehicle(
                number,
                start=kind["start"],
                end=kind["end"],
                profile="car",
                capacity=kind["capacity"],
                skills=set(kind["skills"]),
                **duty,
                **costs,
                **limits,
            )
        )
    for task in problem["tasks"]:
        stops = [problem["stops"][n] for n in task["stops"]]
        common = {"skills": set(task["skills"]), "priority": task["priority"]}
        if len(stops) == 1:
            given.add_job(
                library.Job(
                    task["stops"][0],
                    location=stops[0]["place"],
                    default_service=stops[0]["service"],
                    delivery=task["given"],
                    pickup=task["taken"],
                    time_windows=windows(stops[0]["windows"]),
                    **common,
                )
            )
        else:
            steps = [
                library.ShipmentStep(
                    n, location=s["place"], default_service=s["service"], time_windows=windows(s["windows"])
                )
                for n, s in zip(task["stops"], stops, strict=True)
            ]
            given.add_shipment(steps[0], steps[1], amount=library.Amount(task["taken"]), **common)
    begun = time.monotonic()
    solution = given.solve(
        exploration_level=5, nb_threads=threads, timeout=timedelta(milliseconds=int(seconds * 1000))
    )
    took = time.monotonic() - begun
    routes = solution.to_dict()["routes"]
    tours = [
        [route["vehicle"], [step["id"] for step in route["steps"] if step["type"] not in ("start", "end")]]
        for route in routes
    ]
    return {"tours": tours, "seconds": took, "version": f"vroom (pyvroom {version('pyvroom')})"}


def plot(figures: dict, target: str) -> None:
    """A panel a family, a line an instance: our gap over time, with a mark at each peer's end."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    wanted = [run for run in figures["runs"] if run["limit_s"] == figures["seconds"]]
    families = list(dict.fromkeys(run["family"] for run in wanted))
    columns = min(len(families), 3)
    rows = -(-len(families) // columns)
    figure, grid = pyplot.subplots(
        rows, columns, figsize=(6 * columns, 4 * rows), squeeze=False, layout="constrained"
    )
    for axes in grid.flat[len(families) :]:
        axes.set_visible(False)
    for axes, family in zip(grid.flat, families, strict=False):
        draw_family(axes, figures, [run for run in wanted if run["family"] == family])
        axes.set(xlabel="seconds", ylabel="gap, %", ylim=(-1, 15), title=family)
        axes.legend(fontsize="x-small", ncols=2)
    figure.suptitle(
        f"{figures['title']}\nlines: ours; squares: PyVRP, triangles: VROOM, crosses: OR-Tools",
        fontsize="small",
    )
    figure.savefig(target, dpi=110, bbox_inches="tight")


def draw_family(axes: Any, figures: dict, runs: list[dict]) -> None:
    marks = {"pyvrp": "s", "vroom": "^", "or-tools": "x"}
    colours = {name: f"C{n % 10}" for n, name in enumerate(dict.fromkeys(run["instance"] for run in runs))}
    for run in runs:
        colour = colours[run["instance"]]
        if run["gap_percent"] is None:
            continue
        if run["solver"] in marks:
            axes.plot(run["seconds"], run["gap_percent"], marks[run["solver"]], color=colour)
            continue
        reference = figures["references"][run["instance"]][0]
        times = [seconds for seconds, _ in run["history"]]
        gaps = [100 * (cost / reference - 1) for _, cost in run["history"]]
        axes.step(
            [*times, run["seconds"]],
            [*gaps, run["gap_percent"]],
            where="post",
            color=colour,
            label=run["instance"],
        )


def main(words: list[str]) -> None:
    content = json.loads(Path(words[1]).read_text())
    if words[0] == "plot":
        plot(content, words[2])
        return
    seconds, seed, threads = float(words[2]), int(words[3]), int(words[4])
    found = pyvrp(content, seconds, seed) if words[0] == "pyvrp" else vroom(content, seconds, threads)
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
