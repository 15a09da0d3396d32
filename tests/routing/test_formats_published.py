"""Published instances: each file is read or refused by its section; published solutions cost what is published."""

from __future__ import annotations

import csv
import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from haoyun.routing import Problem, ReadResult, Window, as_json, read_problem, violations
from haoyun.routing.solve import plan_of

FORMATS = {
    "solomon": "solomon",
    "gehring_homberger": "solomon",
    "li_lim": "lilim",
    "sartori_buriol": "sartori",
    "pyvrp_CVRP": "vrplib",
    "pyvrp_HFVRP": "vrplib",
    "pyvrp_MDVRPTW": "vrplib",
    "pyvrp_MTVRPTWR": "vrplib",
    "pyvrp_PCVRPTW": "vrplib",
    "pyvrp_VRPTW": "vrplib",
}


def files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.suffix in (".txt", ".gz", ".vrp")]


@pytest.fixture(scope="module")
def instances(shared_data: Path) -> Path:
    return shared_data / "routing"


@pytest.fixture(scope="module")
def published(instances: Path) -> dict[str, list[tuple[int, float, str]]]:
    """(vehicles, distance, convention) by instance."""
    rows: dict[str, list[tuple[int, float, str]]] = {}
    with (instances / "bks.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found = rows.setdefault(row["instance"], [])
            found.append((int(row["vehicles"]), float(row["distance"]), row["objective_convention"]))
    return rows


def routes_of(solution: Path) -> list[list[int]]:
    lines = solution.read_text(encoding="utf-8").splitlines()
    return [[int(n) for n in line.partition(":")[2].split()] for line in lines if line.startswith("Route")]


@pytest.mark.parametrize("family", FORMATS)
def test_every_file_of_a_family_is_read(instances: Path, family: str) -> None:
    found = {path.name: read_problem(path) for path in files(instances / family)}
    assert found
    assert {result.format for result in found.values()} == {FORMATS[family]}
    assert all(result.problem.tasks for result in found.values())


def tours(problem: Problem, routes: list[list[int]]) -> tuple[tuple[int, ...], ...]:
    """Positions of the stops; solutions count customers from 1, the file calls the first of them 2; 0 is a reload."""
    place = {stop.visit.id: n for n, stop in enumerate(problem.stops)} | {1: -1}
    served = [tuple(place[n + 1] for n in route) for route in routes]
    return (*served, *((),) * (len(problem.vehicles) - len(served)))


def by_kind(result: ReadResult, routes: list[list[int]]) -> list[list[int]]:
    """The routes in the order of the vehicles kept: a solution has a line for each of the file's vehicles."""
    kept = {vehicle.id for vehicle in result.problem.vehicles}
    dropped = [route for number, route in enumerate(routes, 1) if number not in kept]
    assert not any(dropped), "vehicles that cannot be of use are not used"
    return [route for number, route in enumerate(routes, 1) if number in kept]


# What a published cost of 1 is in the file's unit.
UNITS = {
    "pyvrp_CVRP": 1, "pyvrp_VRPTW": 1, "pyvrp_MDVRPTW": 1000, "pyvrp_MTVRPTWR": 10, "pyvrp_PCVRPTW": 10,
}  # fmt: skip


@pytest.mark.parametrize("family", [*UNITS, "pyvrp_HFVRP"])
def test_a_published_solution_keeps_all_rules_and_costs_what_is_published(
    instances: Path, published: dict[str, list[tuple[int, float, str]]], family: str
) -> None:
    for path in files(instances / family):
        result = read_problem(path)
        routes = by_kind(result, routes_of(path.with_suffix(".sol")))
        plan = plan_of(result.problem, tours(result.problem, routes))
        assert plan is not None, path.name
        assert violations(result.problem, plan) == [], path.name
        report = as_json(result.problem, plan, result.legend)
        assert report["feasible"], path.name
        missed = report.get("uncollected", 0.0)
        for _, cost, _ in published[path.stem]:
            if family == "pyvrp_HFVRP":
                assert cost in (round(report["cost"] / 100, 2), round(report["cost"] * 1000)), path.name
            else:
                assert report["cost"] == report["distance"], path.name
                assert round((report["cost"] + missed) * UNITS[family], 6) == cost, path.name


def test_sartori_and_buriols_minutes_are_the_cost_and_its_places_are_on_the_globe(instances: Path) -> None:
    result = read_problem(instances / "sartori_buriol" / "poa-n100-2.txt.gz")
    problem = result.problem
    assert problem.vehicles[0].window == Window(0, 240)
    assert (len(problem.shipments), problem.vehicles[0].capacity) == (50, (300,))
    assert problem.shipments[0].delivery.id == 51
    assert result.legend.geographic and result.legend.points[0] == (-51.1673051, -30.0897988)
    plan = plan_of(problem, ((0, 1), *((),) * 49))
    assert plan is not None
    edges = problem.durations_s
    assert as_json(problem, plan, result.legend)["cost"] == edges[0, 1] + edges[1, 51] + edges[51, 0]


@pytest.mark.parametrize("path", ["solomon/C101.txt", "gehring_homberger/r1_2_1.txt", "li_lim/LR1_2_3.txt"])
def test_a_tour_that_is_on_time_in_decimals_is_on_time_in_whole_numbers(instances: Path, path: str) -> None:
    """A window that a long route meets with a ten-thousandth to spare must not be lost to rounding."""
    problem = read_problem(instances / path).problem
    plane = problem.plane
    assert plane is not None
    order = list(range(1, len(plane.points)))
    random.Random(1).shuffle(order)
    legs = list(pairwise([0, *order[:100], 0]))
    true = sum(plane.between(*leg) for leg in legs)
    counted = sum(int(problem.durations_s[leg]) for leg in legs) / plane.time_parts
    assert true <= counted + 1e-9, "nothing infeasible looks feasible"
    assert counted <= true + 1e-4, "and hardly anything feasible looks infeasible"
    assert bool(np.all(problem.durations_s.diagonal() == 0))
