"""``haoyun solve``: one routing problem from a file, one plan out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click
import orjson

from haoyun.routing import BadFormat, Objective, Plan, ReadResult, RoutingError, read_problem, solve
from haoyun.routing.formats.sheet_template import template_csv, template_xlsx
from haoyun.routing.formats.vroom_answer import INPUT_ERROR, INTERNAL_ERROR, as_vroom_error
from haoyun.routing.formats.vrplib_travel import ROUNDINGS
from haoyun.routing.formats.words import Language
from haoyun.routing.formats.writers import Output, write_plan

_PATH = click.Path(path_type=Path)
_STDIN = Path("-")


@click.command()
@click.argument("file", type=_PATH, required=False)
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
    help="What to keep small.  [default: cost where the file states costs, distance otherwise]",
)
@click.option(
    "--output",
    type=click.Choice([output.value for output in Output]),
    default=Output.SUMMARY.value,
    show_default=True,
    help="The form of the plan.",
)
@click.option("--out", type=_PATH, help="Write the plan to this file instead of the standard output.")
@click.option(
    "--vehicles", type=_PATH, help="A CSV file of vehicles, where FILE is a CSV file of orders alone."
)
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Of csv, xlsx."
)
@click.option(
    "--rounding",
    type=click.Choice(list(ROUNDINGS)),
    help="Of VRPLIB's EUC_2D.  [default: as the published costs of the file's TYPE]",
)
@click.option(
    "--template", type=_PATH, help="Write an empty list of orders and vehicles (.xlsx, .csv), and end."
)
def command(
    file: Path | None,
    time_s: float,
    seed: int,
    threads: int,
    objective: str | None,
    output: str,
    out: Path | None,
    vehicles: Path | None,
    lang: Language,
    rounding: str | None,
    template: Path | None,
) -> None:
    """Optimize the routing problem in FILE, or on the standard input where FILE is "-".

    Recognized by its content, also gzipped: VROOM JSON, VRPLIB, Solomon (Gehring & Homberger), Li & Lim,
    Sartori & Buriol, and lists of orders and vehicles as .xlsx or CSV.
    """
    if template is not None:
        _write_template(template, lang)
        return
    if file is None:
        raise click.UsageError("Missing argument 'FILE'.")
    form = Output(output)
    if form is Output.XLSX and out is None and sys.stdout.isatty():
        raise click.UsageError("a workbook is no text for a terminal: give --out FILE, or redirect.")
    name = "standard input" if file == _STDIN else str(file)
    try:
        read = _read(file, vehicles, rounding)
        plan = solve(
            read.problem,
            time_limit_s=time_s,
            seed=seed,
            threads=threads,
            objective=read.objective(objective),
        )
        content = write_plan(read, plan, form, lang)
    except RoutingError as error:
        _stop(f"{name}: {error}", form, INPUT_ERROR if isinstance(error, BadFormat) else INTERNAL_ERROR)
    except OSError as error:
        _stop(f"{error.filename or name}: {error.strerror}", form, INPUT_ERROR)
    _tell(read, plan, form)
    _write(content, out)


def _read(file: Path, vehicles: Path | None, rounding: str | None) -> ReadResult:
    source = sys.stdin.buffer.read() if file == _STDIN else file
    return read_problem(source, vehicles=vehicles, rounding=rounding)


def _tell(read: ReadResult, plan: Plan, form: Output) -> None:
    """What does not fit into the plan's form goes to stderr."""
    for warning in read.warnings:
        click.echo(f"warning: {warning}", err=True)
    if form is Output.SUMMARY:
        for task in plan.unassigned:
            reasons = "; ".join(reason.text for reason in task.reasons)
            click.echo(f"unassigned: {task.kind} {task.id}: {reasons}", err=True)


def _write(content: bytes, out: Path | None) -> None:
    if out is None:
        click.echo(content, nl=False)
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        _stop(f"{out}: {error.strerror}", Output.SUMMARY, INTERNAL_ERROR)


def _write_template(path: Path, language: Language) -> None:
    suffix = path.suffix.lower()
    if suffix not in (".xlsx", ".csv"):
        raise click.UsageError(f"a template is .xlsx or .csv, not {path.name}.")
    if path.exists():
        _stop(f"{path}: exists already; a template never overwrites a file", Output.SUMMARY, INPUT_ERROR)
    content = template_xlsx(language) if suffix == ".xlsx" else template_csv(language).encode()
    _write(content, path)


def _stop(sentence: str, form: Output, code: int) -> NoReturn:
    """One sentence and exit status 1; for a client of VROOM its JSON error and its exit status."""
    click.echo(f"haoyun: {sentence}", err=True)
    if form is Output.VROOM:
        click.echo(orjson.dumps(as_vroom_error(code, sentence)))
        sys.exit(code)
    sys.exit(1)
