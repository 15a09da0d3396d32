"""What keeps compiling the search short: one machine code a kernel, and no way in from Python where none is needed."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numba.core.dispatcher import Dispatcher
from small_problems import by_ruin_and_recreate, random_problem, with_driver_hours, with_several_trips

from haoyun.routing import CHINA, Objective
from haoyun.routing.sisr import compiled


def kernels() -> Iterator[tuple[str, Any]]:
    for source in sorted(Path(compiled.__file__).parent.glob("*.py")):
        if source.stem != "__init__":
            module = importlib.import_module(f"haoyun.routing.sisr.{source.stem}")
            for name, value in vars(module).items():
                if isinstance(value, Dispatcher) and value.__module__ == module.__name__:
                    yield f"{source.stem}.{name}", value


def test_whatever_constants_stand_in_its_calls_a_kernel_is_compiled_once() -> None:
    for problem in (
        random_problem(1, Objective.VEHICLES, jobs=3, shipments=1),
        with_driver_hours(random_problem(2, Objective.COST, jobs=2, shipments=1), CHINA),
        with_several_trips(random_problem(3, Objective.DISTANCE, jobs=3, shipments=0), 3),
    ):
        by_ruin_and_recreate(problem, 1)
    counts = {name: len(kernel.signatures) for name, kernel in kernels()}
    assert len(counts) > 50
    assert {name: count for name, count in counts.items() if count > 1} == {}
    assert counts["anneal.anneal"] == 1
