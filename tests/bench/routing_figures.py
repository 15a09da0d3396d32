"""What routing runs amount to: gaps, means of families, comparison with peers, tables and the JSON that keeps them.

The reference of an instance is its minimum-distance row where one is published, or its cost row (HFVRP). Families
that are published vehicles first (Gehring & Homberger, most of Li & Lim, Sartori & Buriol) are compared, for a run
by distance, with the shorter of that row and the shortest plan of all runs in the file: a plan by distance may use
more vehicles and be shorter. The mark says which it was:

    (blank)  published minimum distance or cost
    v        published vehicles-first row, its distance
    s        shortest plan seen in the file of figures, shorter than what is published
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

FAMILIES = (
    "solomon", "gehring_homberger", "li_lim", "sartori_buriol", "pyvrp_VRPTW", "pyvrp_CVRP", "pyvrp_HFVRP",
    "pyvrp_MDVRPTW", "pyvrp_PCVRPTW", "pyvrp_MTVRPTWR",
)  # fmt: skip
OURS = "haoyun"
PEERS = ("pyvrp", "vroom", "or-tools")
# Sizes and families of the target for the mean gap: windows, 100 to 400 stops.
CLASSIC = ("solomon", "gehring_homberger", "li_lim", "sartori_buriol")
FEWEST, MOST = 100, 420
# Plans are equal when their costs agree to this share: all are priced by our own code, in whole units.
_EQUAL = 1e-6
# Sets that publish costs in another unit than their files' (docs/reference/routing.md): what ours is multiplied by.
_PUBLISHED_UNIT = {
    "pyvrp_HFVRP": 0.01,
    "pyvrp_MDVRPTW": 1000.0,
    "pyvrp_PCVRPTW": 10.0,
    "pyvrp_MTVRPTWR": 10.0,
}
_OTHER_UNIT = {"X359-HD": 1000.0}


@dataclass(frozen=True, slots=True)
class Row:
    """A published value; `cost` in the unit of the file."""

    vehicles: int
    cost: float
    vehicles_first: bool


@dataclass(frozen=True, slots=True)
class Run:
    """One solver on one instance; `cost` is what was asked to be small: distance, or money for HFVRP."""

    instance: str
    family: str
    stops: int
    solver: str
    objective: str
    limit_s: float
    seed: int
    vehicles: int
    cost: float
    unserved: int
    seconds: float
    note: str = ""
    history: list[tuple[float, float]] = field(default_factory=list)  # seconds, cost

    @property
    def key(self) -> tuple[str, str, str, float, int]:
        """What a run is known by: it need not be done twice."""
        return (self.instance, self.solver, self.objective, self.limit_s, self.seed)

    @property
    def complete(self) -> bool:
        """Whether it found a plan that serves everything, or, where stops have prizes, any plan."""
        return self.cost > 0 and (self.unserved == 0 or self.objective == "profit")


def published(data: Path) -> dict[str, list[Row]]:
    """All rows of bks.csv by instance, in the unit of the instance's file."""
    rows: dict[str, list[Row]] = {}
    with (data / "bks.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            unit = _OTHER_UNIT.get(row["instance"], _PUBLISHED_UNIT.get(row["family"], 1.0))
            first = row["objective_convention"].startswith("vehicles-first")
            found = Row(int(row["vehicles"] or 0), float(row["distance"]) / unit, first)
            rows.setdefault(row["instance"], []).append(found)
    return rows


class Figures:
    """All runs, by what they are known by."""

    def __init__(self, rows: dict[str, list[Row]], runs: Iterable[Run] = ()) -> None:
        """Published rows, and runs that are there already."""
        self.rows = rows
        self.runs = {run.key: run for run in runs}

    def add(self, run: Run) -> None:
        """Take a run, in place of an earlier one with the same key."""
        self.runs[run.key] = run

    def reference(self, instance: str, objective: str) -> tuple[float, int, str]:
        """What gaps are counted from, its vehicles (0: any) and its mark."""
        rows = self.rows.get(instance, [])
        first = [row for row in rows if row.vehicles_first]
        if objective == "vehicles":
            return (first[0].cost, first[0].vehicles, "") if first else (0.0, 0, "")
        plain = [row.cost for row in rows if not row.vehicles_first]
        if plain:
            return min(plain), 0, ""
        seen = [
            run.cost
            for run in self.runs.values()
            if run.instance == instance and run.complete and run.objective == objective
        ]
        if first and first[0].cost <= min(seen, default=first[0].cost):
            return first[0].cost, 0, "v"
        return min(seen, default=0.0), 0, "s"

    def gap(self, run: Run) -> float | None:
        """Percent above the reference; None where the two cannot be compared."""
        cost, vehicles, _ = self.reference(run.instance, run.objective)
        if not run.complete or not cost or (vehicles and vehicles != run.vehicles):
            return None
        return 100 * (run.cost / cost - 1)

    def chosen(self, objective: str, limit_s: float, seed: int) -> list[dict[str, Run]]:
        """By instance the runs of one setting by solver; only where ours is among them."""
        found: dict[str, dict[str, Run]] = {}
        for run in self.runs.values():
            if (run.objective, run.limit_s, run.seed) == (objective, limit_s, seed):
                found.setdefault(run.instance, {})[run.solver] = run
        order = {family: number for number, family in enumerate(FAMILIES)}
        own = [runs for runs in found.values() if OURS in runs]
        return sorted(own, key=lambda r: (order[r[OURS].family], r[OURS].stops, r[OURS].instance))

    def save(self, path: Path, about: dict[str, object]) -> None:
        """Write everything as JSON, in one step: what was there stays whole if this is stopped."""
        part = path.with_suffix(".part")
        runs = [asdict(run) | {"gap_percent": self.gap(run)} for run in self.runs.values()]
        references = {run.instance: self.reference(run.instance, run.objective) for run in self.runs.values()}
        part.write_text(json.dumps({**about, "references": references, "runs": runs}, indent=1) + "\n")
        part.replace(path)


def kept_runs(path: Path) -> list[Run]:
    """The runs of a file of figures."""
    names = set(Run.__dataclass_fields__)
    content = json.loads(path.read_text(encoding="utf-8"))
    return [Run(**{name: value for name, value in run.items() if name in names}) for run in content["runs"]]


def line(figures: Figures, runs: dict[str, Run]) -> str:
    """One line of the table: ours, the reference, everyone's gap."""
    ours = runs[OURS]
    cost, vehicles, mark = figures.reference(ours.instance, ours.objective)
    gaps = "  ".join(f"{solver} {_percent(figures.gap(run))}" for solver, run in runs.items())
    return (
        f"{ours.instance:<13} {ours.stops:5d} {ours.cost:13.2f} {ours.vehicles:4d}  {cost:13.2f}{mark or ' '} "
        f"{vehicles or '':>4} {ours.unserved:4d} {ours.seconds:6.1f} s  {gaps}"
    )


def _percent(gap: float | None) -> str:
    return "   n/a" if gap is None else f"{gap:6.2f}"


def behind(runs: dict[str, Run]) -> float | None:
    """By how many percent ours is above the best peer (below zero: ahead); None without any peer's plan."""
    ours = runs[OURS]
    others = [run for solver, run in runs.items() if solver != OURS and run.complete]
    if not others:
        return None
    if not ours.complete:
        return 100.0
    if ours.objective == "vehicles":
        fewest = min(run.vehicles for run in others)
        if ours.vehicles != fewest:
            return 100.0 * (ours.vehicles / fewest - 1)
        others = [run for run in others if run.vehicles == fewest]
    return 100 * (ours.cost / min(run.cost for run in others) - 1)


def summary(figures: Figures, chosen: Sequence[dict[str, Run]]) -> list[str]:
    """Means by family, of the target's classes, and how ours stands against all peers."""
    lines = [f"mean gap, {name}: {_means(figures, group)}" for name, group in _groups(chosen).items()]
    deficits = [(amount, runs[OURS].instance) for runs in chosen if (amount := behind(runs)) is not None]
    if deficits:
        good = sum(amount <= 100 * _EQUAL for amount, _ in deficits)
        worst, where = max(deficits)
        lines.append(
            f"at least as good as every peer: {good} of {len(deficits)} ({100 * good / len(deficits):.0f} %)"
        )
        lines.append(f"largest deficit: {max(worst, 0.0):.2f} % ({where})")
    return lines


def _groups(chosen: Sequence[dict[str, Run]]) -> dict[str, list[dict[str, Run]]]:
    groups: dict[str, list[dict[str, Run]]] = {}
    for runs in chosen:
        groups.setdefault(runs[OURS].family, []).append(runs)
    groups[f"windows, {FEWEST} to {MOST - 20} stops"] = [
        runs for runs in chosen if runs[OURS].family in CLASSIC and FEWEST <= runs[OURS].stops <= MOST
    ]
    groups["all"] = list(chosen)
    return {name: group for name, group in groups.items() if group}


def _means(figures: Figures, group: Sequence[dict[str, Run]]) -> str:
    cells = []
    for solver in (OURS, *PEERS):
        own = [runs[solver] for runs in group if solver in runs]
        gaps = [gap for run in own if (gap := figures.gap(run)) is not None]
        if own:
            mean = f"{sum(gaps) / len(gaps):.2f} %" if gaps else "n/a"
            cells.append(f"{solver} {mean} over {len(gaps)} of {len(own)}")
    return ", ".join(cells)


def markdown(figures: Figures, chosen: Sequence[dict[str, Run]]) -> list[str]:
    """Tables for the reference page: one of instances, one of means."""
    solvers = [s for s in (OURS, *PEERS) if any(s in runs for runs in chosen)]
    lines = [
        f"| instance | stops | reference | {' | '.join(solvers)} |",
        f"|---|---|---|{'---|' * len(solvers)}",
    ]
    for runs in chosen:
        cost, vehicles, mark = figures.reference(runs[OURS].instance, runs[OURS].objective)
        gaps = [_cell(figures, runs, solver) for solver in solvers]
        text = f"{cost:g} {mark}".strip() + (f", {vehicles} vehicles" if vehicles else "")
        lines.append(f"| {runs[OURS].instance} | {runs[OURS].stops} | {text} | {' | '.join(gaps)} |")
    lines += ["", f"| mean gap, % | instances | {' | '.join(solvers)} |", f"|---|---|{'---|' * len(solvers)}"]
    for name, group in _groups(chosen).items():
        means = []
        for solver in solvers:
            gaps = [g for runs in group if solver in runs and (g := figures.gap(runs[solver])) is not None]
            few = f" ({len(gaps)} of {len(group)})" if len(gaps) < len(group) else ""
            means.append(f"{sum(gaps) / len(gaps):.2f}{few}" if gaps else "n/a")
        lines.append(f"| {name} | {len(group)} | {' | '.join(means)} |")
    return lines


def _cell(figures: Figures, runs: dict[str, Run], solver: str) -> str:
    gap = figures.gap(runs[solver]) if solver in runs else None
    if gap is None:
        return "n/a"
    best = min(run.cost for run in runs.values() if run.complete)
    text = f"{gap:.2f}"
    return f"**{text}**" if runs[solver].cost <= best * (1 + _EQUAL) else text
