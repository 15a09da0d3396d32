"""Compile the search once, so that no problem's time limit pays for it: `python -m haoyun.routing.warm`.

`make install` calls it; a search process that finds nothing compiled does the same by itself, once.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from haoyun.routing.hours import CHINA
from haoyun.routing.problem import Objective, Problem, Vehicle
from haoyun.routing.schedule import times_of
from haoyun.routing.tasks import Job, Shipment, Visit, Window


def warm() -> float:
    """Run every compiled function once; seconds that it took (about four minutes the first time, else one second)."""
    from haoyun.routing.sisr.search import Search  # noqa: PLC0415 - imports numba

    begun = time.monotonic()
    search = Search(_small_problem(), seed=1)
    search.anneal(20_000, 1.0, 0.1)
    search.shrink(20_000, 1.0)
    search.restart_from_best()
    _timetable()
    return time.monotonic() - begun


def _timetable() -> None:
    """A timetable under driver hours, which is made outside the search as well."""
    legs = np.full((2, 2), 3600)
    vehicle = Vehicle(0, 0, 0, window=Window(0, 36000), hours=CHINA)
    problem = Problem((vehicle,), legs, legs, (Job(1, 1),))
    assert times_of(problem, vehicle, problem.stops) is not None


def is_warm() -> bool:
    """Whether the compiled search lies ready for this version of its sources, as far as one sees without loading it."""
    from haoyun.routing.sisr.compiled import cache_folder  # noqa: PLC0415 - imports numba

    made = {file.name.split(".")[0] for file in cache_folder().rglob("*.nbi")}
    sources = Path(__file__).with_name("sisr").glob("*.py")
    return all(
        source.stem in made for source in sources if "\n@compiled" in source.read_text(encoding="utf-8")
    )


def _small_problem() -> Problem:
    places = np.arange(9)
    km = np.abs(places[:, None] - places[None, :])
    return Problem(
        vehicles=tuple(Vehicle(n, 0, 0, (9,), Window(0, 7200)) for n in range(3)),
        durations_s=km * 60,
        distances_m=km * 1000,
        jobs=tuple(
            Job(n, n, windows=(Window(0, 900), Window(1200, 3600)), delivery=(1,)) for n in range(1, 5)
        ),
        shipments=tuple(Shipment(n, Visit(n, n), Visit(n, n + 1), amount=(1,)) for n in range(5, 8)),
        capacity_names=("kg",),
        objective=Objective.VEHICLES,
    )


if __name__ == "__main__":
    sys.stdout.write(f"the route search is compiled ({warm():.1f} s)\n")
