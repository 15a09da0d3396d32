"""``haoyun solve``: one routing problem from a file, one JSON object out."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import orjson

from haoyun.routing import Objective, RoutingError, as_json, read_problem, solve


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--time", "time_s", type=click.FloatRange(min=0.1), default=10.0, show_default=True, help="Seconds."
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Another seed, another search."
)
@click.option(
    "--threads", type=click.IntRange(1, 64), default=1, show_default=True, help="Searches side by side."
)
@click.option(
    "--objective",
    type=click.Choice([objective.value for objective in Objective]),
    help="What to keep small.  [default: cost for VROOM files, distance for others]",
)
def command(file: Path, time_s: float, seed: int, threads: int, objective: str | None) -> None:
    """Optimize the routing problem in FILE (VROOM JSON or academic text, also gzipped)."""
    try:
        problem = read_problem(file).problem
        plan = solve(problem, time_limit_s=time_s, seed=seed, threads=threads, objective=objective)
    except RoutingError as error:
        _stop(f"{file}: {error}")
    except OSError as error:
        _stop(f"{file}: {error.strerror}")
    for task in plan.unassigned:
        click.echo(f"unassigned: {task.kind} {task.id}: {'; '.join(r.text for r in task.reasons)}", err=True)
    click.echo(orjson.dumps(as_json(problem, plan)))


def _stop(sentence: str) -> None:
    click.echo(f"haoyun: {sentence}", err=True)
    sys.exit(1)
