"""Sartori and Buriol's pickup-and-delivery format: real places and a matrix of whole minutes.

A header (`NAME: ...`), then `NODES` with rows `id latitude longitude demand earliest latest service pickup delivery`
(the depot first) and `EDGES` with one row of travel minutes a node. A pickup names its delivery in the last column,
a delivery its pickup in the one before. All times and distances of the problem are the file's minutes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.academic import Row, numbers
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.tasks import Shipment, Visit, Window
from haoyun.routing.travel import IntMatrix

_COLUMNS = (
    "id", "latitude", "longitude", "demand", "earliest", "latest", "service", "pickup", "delivery",
)  # fmt: skip


def looks_like(text: str) -> bool:
    """Whether the header names the capacity and the sections NODES and EDGES follow."""
    lines = {line.split(":")[0].strip().upper() for line in text.splitlines() if line[:1].isalpha()}
    return {"CAPACITY", "NODES", "EDGES"} <= lines


def read(text: str) -> Problem:
    """The problem in `text`, with a vehicle for each shipment; BadFormat names the line and the column at fault."""
    lines = list(enumerate(text.splitlines(), start=1))
    rows = [numbers(number, line, _COLUMNS) for number, line in _section(lines, "NODES")]
    if len(rows) < 2:
        raise BadFormat("the section NODES needs the depot and at least one shipment")
    minutes = _minutes(lines, len(rows))
    shipments = tuple(_shipment(row, rows) for row in rows[1:] if row.whole("delivery"))
    if 2 * len(shipments) != len(rows) - 1:
        raise BadFormat(f"{len(rows) - 1} nodes besides the depot do not make {len(shipments)} shipments")
    duty, capacity = _window(rows[0]), _capacity(lines)
    return Problem(
        vehicles=tuple(
            Vehicle(number, 0, 0, (capacity,), duty, cost_per_km=1000)
            for number in range(1, len(shipments) + 1)
        ),
        durations_s=minutes,
        distances_m=minutes,
        shipments=shipments,
        capacity_names=("demand",),
    )


def _section(lines: list[tuple[int, str]], name: str) -> Iterator[tuple[int, str]]:
    begun = False
    for number, line in lines:
        word = line.strip()
        if begun and word[:1].isalpha():
            return
        if begun and word:
            yield number, line
        begun = begun or word.upper() == name


def _capacity(lines: list[tuple[int, str]]) -> int:
    for number, line in lines:
        name, _, value = line.partition(":")
        if name.strip().upper() == "CAPACITY":
            return numbers(number, value, ("capacity",)).whole("capacity")
    raise BadFormat("the header has no line CAPACITY")


def _minutes(lines: list[tuple[int, str]], size: int) -> IntMatrix:
    columns = tuple(f"minutes to {place}" for place in range(size))
    rows = [numbers(number, line, columns) for number, line in _section(lines, "EDGES")]
    if len(rows) != size:
        raise BadFormat(f"the section EDGES has {len(rows)} rows for {size} nodes")
    return np.array([[row.whole(column) for column in columns] for row in rows], dtype=np.int64)


def _window(row: Row) -> Window:
    return Window(row.whole("earliest"), row.whole("latest"))


def _shipment(up: Row, rows: list[Row]) -> Shipment:
    place, wanted = up.whole("id"), up.whole("delivery")
    down = rows[wanted] if 0 < wanted < len(rows) else None
    if down is None or down.whole("id") != wanted or down.whole("pickup") != place:
        raise BadFormat(
            f"line {up.line}: node {place} names {wanted} as its delivery, which does not name it back"
        )
    if up.whole("demand") < 0 or down.whole("demand") != -up.whole("demand"):
        raise BadFormat(
            f"line {up.line}: {up.whole('demand')} is picked up, {-down.whole('demand')} delivered"
        )
    return Shipment(place, _visit(up), _visit(down), amount=(up.whole("demand"),))


def _visit(row: Row) -> Visit:
    return Visit(row.whole("id"), row.whole("id"), row.whole("service"), (_window(row),))
