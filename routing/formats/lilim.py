"""Li and Lim's pickup-and-delivery format: `vehicles capacity speed`, then one row a site.

A row is `id x y demand ready due service pickup delivery`: a pickup names its delivery in the last
column, a delivery its pickup in the one before.
"""

from __future__ import annotations

from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.academic import Row, Site, euclidean_problem, located, numbers
from haoyun.routing.formats.pairs import Node, paired
from haoyun.routing.formats.result import ReadResult

_HEAD = ("number of vehicles", "capacity")
_COLUMNS = ("id", "x", "y", "demand", "ready time", "due date", "service time", "pickup", "delivery")


def looks_like(text: str) -> bool:
    """Whether the first line holds two or three numbers and the second about nine."""
    lines = [line.split() for line in text.splitlines() if line.strip()][:2]
    return len(lines) == 2 and len(lines[0]) in (2, 3) and len(lines[1]) >= 7 and _all_numbers(lines[0])


def read(text: str) -> ReadResult:
    """The problem in `text`; BadFormat names the line and the column at fault."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines:
        raise BadFormat("the file is empty")
    head = numbers(*lines[0], _HEAD)
    rows = [numbers(number, line, _COLUMNS) for number, line in lines[1:]]
    if not rows:
        raise BadFormat("line 2 is missing: the first site is the depot")
    sites = located([_site(row) for row in rows])
    fleet, capacity = head.whole("number of vehicles"), head.whole("capacity")
    shipments = paired([_node(site) for site in sites[1:]])
    return euclidean_problem("lilim", fleet, capacity, sites, shipments=shipments)


def _site(row: Row) -> Site:
    return Site(
        row=row,
        id=row.whole("id"),
        x=row["x"],
        y=row["y"],
        demand=row.whole("demand"),
        ready=row["ready time"],
        due=row["due date"],
        service=row["service time"],
    )


def _node(site: Site) -> Node:
    return Node(
        line=site.row.line,
        id=site.id,
        location=site.location,
        demand=site.demand,
        service=site.service_parts,
        earliest=site.window.start_s,
        latest=site.window.end_s,
        pickup=site.row.whole("pickup"),
        delivery=site.row.whole("delivery"),
    )


def _all_numbers(words: list[str]) -> bool:
    return all(word.lstrip("-").replace(".", "", 1).isdigit() for word in words)
