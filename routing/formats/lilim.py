"""Li and Lim's pickup-and-delivery format: `vehicles capacity speed`, then one row a site.

A row is `id x y demand ready due service pickup delivery`: a pickup names its delivery in the last
column, a delivery its pickup in the one before.
"""

from __future__ import annotations

from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.academic import Row, Site, euclidean_problem, located, numbers
from haoyun.routing.problem import Problem
from haoyun.routing.tasks import Shipment, Visit

_HEAD = ("number of vehicles", "capacity")
_COLUMNS = ("id", "x", "y", "demand", "ready time", "due date", "service time", "pickup", "delivery")


def looks_like(text: str) -> bool:
    """Whether the first line holds two or three numbers and the second about nine."""
    lines = [line.split() for line in text.splitlines() if line.strip()][:2]
    return len(lines) == 2 and len(lines[0]) in (2, 3) and len(lines[1]) >= 7 and _all_numbers(lines[0])


def read(text: str) -> Problem:
    """The problem in `text`; BadFormat names the line and the column at fault."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines:
        raise BadFormat("the file is empty")
    head = numbers(*lines[0], _HEAD)
    rows = [numbers(number, line, _COLUMNS) for number, line in lines[1:]]
    if not rows:
        raise BadFormat("line 2 is missing: the first site is the depot")
    sites = located([_site(row) for row in rows])
    return euclidean_problem(
        head.whole("number of vehicles"), head.whole("capacity"), sites, shipments=_shipments(sites)
    )


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


def _shipments(sites: list[Site]) -> list[Shipment]:
    by_id = {site.id: site for site in sites[1:]}
    pickups = [site for site in sites[1:] if site.row.whole("delivery")]
    paired = {site.row.whole("delivery") for site in pickups}
    alone = next((s for s in sites[1:] if not s.row.whole("delivery") and s.id not in paired), None)
    if alone is not None:
        raise BadFormat(f"line {alone.row.line}: site {alone.id} is neither a pickup nor the delivery of one")
    return [_shipment(site, by_id) for site in pickups]


def _shipment(pickup: Site, by_id: dict[int, Site]) -> Shipment:
    line, wanted = pickup.row.line, pickup.row.whole("delivery")
    delivery = by_id.get(wanted)
    if delivery is None or delivery.row.whole("pickup") != pickup.id:
        raise BadFormat(
            f"line {line}: site {pickup.id} names {wanted} as its delivery, which does not name it back"
        )
    if pickup.demand < 0 or delivery.demand != -pickup.demand:
        raise BadFormat(f"line {line}: demand {pickup.demand} is picked up, {-delivery.demand} delivered")
    return Shipment(pickup.id, _visit(pickup), _visit(delivery), amount=(pickup.demand,))


def _visit(site: Site) -> Visit:
    return Visit(site.id, site.location, site.service_parts, (site.window,))


def _all_numbers(words: list[str]) -> bool:
    return all(word.lstrip("-").replace(".", "", 1).isdigit() for word in words)
