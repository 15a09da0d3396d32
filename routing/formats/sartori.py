"""Sartori and Buriol's pickup-and-delivery format: places in degrees, travel in whole minutes (2020).

A head of `KEY: value` lines, then NODES (`id lat lon demand earliest latest service pickup delivery`, the
first one the depot) and EDGES, a square of minutes. Routes end within ROUTE-TIME; the fleet is endless; a
published distance is the sum of the minutes travelled, which is what `cost` is here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.academic import Row, numbers
from haoyun.routing.formats.pairs import Node, paired
from haoyun.routing.formats.result import ReadResult
from haoyun.routing.legend import Legend
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.tasks import Window
from haoyun.routing.travel import LONGEST_LEG, IntMatrix

_COLUMNS = ("id", "latitude", "longitude", "demand", "earliest", "latest", "service", "pickup", "delivery")
_MINUTE_COSTS = 1000  # per thousand minutes: the cost of a plan is its minutes

Lines = list[tuple[int, str]]


def looks_like(text: str) -> bool:
    """Whether this is a text with the headings NODES and EDGES."""
    words = {line.strip() for line in text.splitlines()}
    return "NODES" in words and ("EDGES" in words or "ROUTE-TIME:" in text)


def read(text: str) -> ReadResult:
    """The problem in `text`; BadFormat names the line and the column at fault."""
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    head, rows, edges = _parts(lines)
    size, capacity, route_time = (_head(head, key) for key in ("SIZE", "CAPACITY", "ROUTE-TIME"))
    nodes = [numbers(number, line, _COLUMNS) for number, line in rows]
    if len(nodes) != size or not nodes:
        raise BadFormat(f"NODES has {len(nodes)} rows, SIZE says {size}")
    minutes = _square(edges, size)
    depot = nodes[0]
    closing = min(depot.whole("latest"), route_time)
    if closing < depot.whole("earliest"):
        raise BadFormat(f"line {depot.line}: the depot opens after the last minute of a route ({closing})")
    shipments = paired([_node(row, place) for place, row in enumerate(nodes)][1:])
    window = Window(depot.whole("earliest"), closing)
    fleet = (
        Vehicle(number, 0, 0, (capacity,), window, cost_per_km=_MINUTE_COSTS)
        for number in range(1, max(len(shipments), 1) + 1)
    )
    problem = Problem(
        vehicles=tuple(fleet),
        durations_s=minutes,
        distances_m=minutes,
        shipments=tuple(shipments),
        capacity_names=("demand",),
    )
    points = tuple((row["longitude"], row["latitude"]) for row in nodes)
    return ReadResult(problem, "sartori", Legend(points=points, geographic=True, abstract=True))


def _parts(lines: Lines) -> tuple[Lines, Lines, Lines]:
    words = [line for _, line in lines]
    for heading in ("NODES", "EDGES"):
        if heading not in words:
            raise BadFormat(f"the section {heading} is missing")
    nodes, edges = words.index("NODES"), words.index("EDGES")
    if edges < nodes:
        raise BadFormat(f"line {lines[edges][0]}: EDGES stands before NODES")
    end = words.index("EOF") if "EOF" in words else len(words)
    return lines[:nodes], lines[nodes + 1 : edges], lines[edges + 1 : end]


def _head(lines: Lines, key: str) -> int:
    for number, line in lines:
        name, _, value = line.partition(":")
        if name.strip() == key:
            return numbers(number, value, (key,)).whole(key)
    raise BadFormat(f"{key} is missing in the head")


def _node(row: Row, location: int) -> Node:
    return Node(
        line=row.line,
        id=row.whole("id"),
        location=location,
        demand=row.whole("demand"),
        service=row.whole("service"),
        earliest=row.whole("earliest"),
        latest=row.whole("latest"),
        pickup=row.whole("pickup"),
        delivery=row.whole("delivery"),
    )


def _square(lines: Lines, size: int) -> IntMatrix:
    if len(lines) != size:
        raise BadFormat(f"EDGES has {len(lines)} rows, SIZE says {size}")
    return np.array([_minutes(number, line.split(), size) for number, line in lines], dtype=np.int64)


def _minutes(line: int, words: Sequence[str], size: int) -> list[int]:
    if len(words) != size:
        raise BadFormat(f"line {line}: {len(words)} minutes, a row of EDGES has {size}")
    if all(word.isdecimal() and len(word) < 10 for word in words):
        return [int(word) for word in words]
    column, word = next((c, w) for c, w in enumerate(words, 1) if not w.isdecimal() or len(w) >= 10)
    raise BadFormat(f"line {line}: column {column} must be whole minutes up to {LONGEST_LEG}, not {word!r}")
