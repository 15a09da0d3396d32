"""``haoyun reoptimize``: a plan that is being driven, what has happened since, and out comes what to tell people."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

import click
import orjson

from haoyun.routing import BadFormat, RoutingError
from haoyun.routing.dynamic import Stability, reoptimize, say_difference, warm_up
from haoyun.routing.formats.vroom_changes import read_day
from haoyun.routing.formats.vroom_day import as_day, next_request
from haoyun.routing.formats.vroom_plan import read_plan
from haoyun.routing.words import Language

_PATH = click.Path(path_type=Path)
_STDIN = Path("-")


@click.command()
@click.argument("problem", type=_PATH)
@click.argument("plan", type=_PATH)
@click.argument("changes", type=_PATH)
@click.option(
    "--now", "now_s", type=int, required=True, help="The instant, in seconds on the problem's clock."
)
@click.option(
    "--max-moved", type=click.IntRange(min=0), help="How many stops may move.  [default: any number]"
)
@click.option(
    "--move-cost",
    type=click.FloatRange(min=0),
    help="What moving a stop costs, in the unit of the costs.  [default: half an average leg]",
)
@click.option(
    "--locked",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="How many next stops of each vehicle on the road stay as they are.",
)
@click.option(
    "--time", "time_s", type=click.FloatRange(min=0.05), default=0.8, show_default=True, help="Seconds."
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Another seed, another search."
)
@click.option("--out", type=_PATH, help="Write the answer to this file instead of the standard output.")
@click.option("--problem-out", type=_PATH, help="Write the problem from now on to this file.")
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Of what stderr says."
)
def command(
    problem: Path,
    plan: Path,
    changes: Path,
    now_s: int,
    max_moved: int | None,
    move_cost: float | None,
    locked: int,
    time_s: float,
    seed: int,
    out: Path | None,
    problem_out: Path | None,
    lang: Language,
) -> None:
    """Work CHANGES into a running day: PROBLEM (VROOM JSON) and its PLAN (as `solve --output vroom` writes it).

    One of the three may be "-", the standard input. The answer is one JSON object: the new `plan`, as VROOM writes it,
    and the `difference`. With --problem-out it can be changed again: PROBLEM is then that file, PLAN this answer.
    """
    try:
        request, told, happened = (_json(path) for path in (problem, plan, changes))
        day = read_day(request, happened)
        warm_up()
        found = reoptimize(
            day.read.problem,
            read_plan(told, day.read.problem),
            now_s,
            day.changes,
            time_limit_s=time_s,
            stability=Stability(move_cost, max_moved),
            locked=locked,
            seed=seed,
        )
        _write(as_day(found, day), out)
        if problem_out is not None:
            _write(next_request(request, happened, day, found), problem_out)
    except RoutingError as error:
        _stop(str(error))
    except OSError as error:
        _stop(f"{error.filename}: {error.strerror}")
    for warning in day.read.warnings:
        click.echo(f"warning: {warning}", err=True)
    for sentence in say_difference(found.difference, lang):
        click.echo(sentence, err=True)


def _json(path: Path) -> Any:
    content = sys.stdin.buffer.read() if path == _STDIN else path.read_bytes()
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BadFormat(
            f"{path}: line {error.lineno}, column {error.colno}: not valid JSON: {error.msg}"
        ) from None


def _write(document: dict[str, Any], path: Path | None) -> None:
    content = orjson.dumps(document) + b"\n"
    if path is None:
        click.echo(content, nl=False)
    else:
        path.write_bytes(content)


def _stop(sentence: str) -> NoReturn:
    click.echo(f"haoyun: {sentence}", err=True)
    sys.exit(1)
