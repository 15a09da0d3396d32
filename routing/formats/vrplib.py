"""VRPLIB (CVRPLIB, with PyVRP's fields): capacities, windows, unlike vehicles, several depots, pairs.

What a Problem cannot express exactly is refused with the section that asks for it: half a problem would give
the plan of another one. Stops are called by their number in the file, the depot's included (published
solutions of most sets count customers from 1, one less). Costs are in the file's unit.
"""

from __future__ import annotations

from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.academic import Row
from haoyun.routing.formats.pairs import Node, paired
from haoyun.routing.formats.result import ReadResult
from haoyun.routing.formats.vrplib_fleet import Places, read_fleet
from haoyun.routing.formats.vrplib_limits import refuse_unsupported
from haoyun.routing.formats.vrplib_prizes import Prizes
from haoyun.routing.formats.vrplib_text import Document, parse
from haoyun.routing.formats.vrplib_travel import Travel, read_travel, whole_parts
from haoyun.routing.legend import Legend
from haoyun.routing.problem import Objective, Problem
from haoyun.routing.tasks import Job, Shipment, Window

_PAIR_COLUMNS = ("demand", "earliest", "latest", "service", "pickup", "delivery")

_MOST_NODES = 50_000  # whose distances take 20 GB


def looks_like(text: str) -> bool:
    """Whether this has VRPLIB's headings."""
    keys = {line.partition(":")[0].strip() for line in text.splitlines()}
    headings = {"NODE_COORD_SECTION", "EDGE_WEIGHT_SECTION", "DEPOT_SECTION", "DEMAND_SECTION"}
    return bool(keys & headings) or {"TYPE", "DIMENSION"} <= keys


def read(text: str, rounding: str | None = None) -> ReadResult:
    """The problem in `text`; BadFormat names the line, or the section that is not supported."""
    document = parse(text)
    refuse_unsupported(document)
    size = _size(document, "DIMENSION")
    travel = read_travel(document, size, rounding)
    depots = _depots(document, size)
    jobs, shipments = _tasks(document, size, depots, travel)
    places = Places(depots, _windows(document, size, travel), _depot_services(document, depots, travel))
    prizes = Prizes.of(document, size, jobs, shipments)
    fleet = read_fleet(document, places, jobs, shipments, travel.parts, prizes.values)
    objective = Objective.COST if fleet.has_costs else Objective.DISTANCE
    problem = Problem(
        vehicles=fleet.vehicles,
        durations_s=travel.matrix,
        distances_m=travel.matrix,
        jobs=prizes.offered(fleet.restricted(jobs), fleet.money_parts),
        shipments=prizes.offered(fleet.restricted(shipments), fleet.money_parts),
        capacity_names=("demand",),
        objective=Objective.PROFIT if any(prizes.values) else objective,
    )
    legend = Legend(
        points=travel.points,
        distance_parts=travel.parts,
        time_parts=travel.parts,
        money_parts=fleet.money_parts,
        indexed=True,
        abstract=True,
    )
    return ReadResult(problem, "vrplib", legend)


def _size(document: Document, key: str) -> int:
    row = document.find(key)
    if row is None:
        raise BadFormat(f"{key} is missing in the head")
    if row.whole(key) < 1:
        raise BadFormat(f"line {row.line}: {key} must be positive, not {row.whole(key)}")
    if row.whole(key) > _MOST_NODES:
        raise BadFormat(f"line {row.line}: {key} is {row.whole(key)}; up to {_MOST_NODES} fit into memory")
    return row.whole(key)


def _depots(document: Document, size: int) -> list[int]:
    """The locations of the depots; node 1 where the file names none."""
    if "DEPOT" not in document.sections:
        return [0]
    found = []
    for line, text in document.section("DEPOT").rows:
        for word in text.split():
            if word == "-1":
                break
            if not word.isdecimal() or not 1 <= int(word) <= size:
                raise BadFormat(f"line {line}: depot {word} is not the number of a node")
            found.append(int(word) - 1)
    if not found:
        raise BadFormat(f"line {document.section('DEPOT').line}: DEPOT_SECTION is empty")
    return found


def _windows(document: Document, size: int, travel: Travel) -> list[Window | None]:
    """The window of each node; None: open at any time."""
    if "PICKUP_AND_DELIVERY" in document.sections:
        rows = document.section("PICKUP_AND_DELIVERY").by_number(_PAIR_COLUMNS, size, "node")
    elif "TIME_WINDOW" in document.sections:
        rows = document.section("TIME_WINDOW").by_number(("earliest", "latest"), size, "node")
    else:
        return [None] * size
    return [_window(row, travel) for row in rows]


def _window(row: Row, travel: Travel) -> Window:
    if row["latest"] < row["earliest"]:
        raise BadFormat(
            f"line {row.line}: closes at {row['latest']:g}, before it opens at {row['earliest']:g}"
        )
    earliest = whole_parts(row["earliest"], travel.parts, up=True)
    return Window(earliest, max(earliest, whole_parts(row["latest"], travel.parts, up=False)))


def _tasks(
    document: Document, size: int, depots: list[int], travel: Travel
) -> tuple[tuple[Job, ...], tuple[Shipment, ...]]:
    windows = _windows(document, size, travel)
    if "PICKUP_AND_DELIVERY" in document.sections:
        if any(_releases(document, size, travel)):
            line = document.section("RELEASE_TIME").line
            raise BadFormat(f"line {line}: RELEASE_TIME_SECTION is about goods of the depot, not of pairs")
        rows = document.section("PICKUP_AND_DELIVERY").by_number(_PAIR_COLUMNS, size, "node")
        nodes = [_node(row, windows[place], place, travel) for place, row in enumerate(rows)]
        return (), tuple(paired([node for node in nodes if node.location not in depots]))
    services = _services(document, size, travel)
    releases = _releases(document, size, travel)
    deliveries = _amounts(document, size, "LINEHAUL" if "LINEHAUL" in document.sections else "DEMAND")
    pickups = _amounts(document, size, "BACKHAUL")
    customers = [place for place in range(size) if place not in depots]
    return tuple(
        Job(
            id=place + 1,
            location=place,
            service_s=services[place],
            windows=() if (window := windows[place]) is None else (window,),
            delivery=(deliveries[place],),
            pickup=(pickups[place],),
            release_s=releases[place],
        )
        for place in customers
    ), ()


def _releases(document: Document, size: int, travel: Travel) -> list[int | None]:
    """When each node's goods are at the depot; None: from the beginning."""
    if "RELEASE_TIME" not in document.sections:
        return [None] * size
    rows = document.section("RELEASE_TIME").by_number(("release",), size, "node")
    return [whole_parts(row["release"], travel.parts, up=True) or None for row in rows]


def _depot_services(document: Document, depots: list[int], travel: Travel) -> dict[int, int]:
    """How long a reload at each depot takes: a single SERVICE_TIME is that of customers."""
    if "SERVICE_TIME" not in document.sections:
        return dict.fromkeys(depots, 0)
    rows = document.section("SERVICE_TIME").by_number(("SERVICE_TIME",), len(travel.points), "node")
    return {depot: whole_parts(rows[depot]["SERVICE_TIME"], travel.parts, up=True) for depot in depots}


def _node(row: Row, window: Window | None, place: int, travel: Travel) -> Node:
    assert window is not None, "each row of PICKUP_AND_DELIVERY_SECTION has its window"
    return Node(
        line=row.line,
        id=place + 1,
        location=place,
        demand=row.whole("demand"),
        service=whole_parts(row["service"], travel.parts, up=True),
        earliest=window.start_s,
        latest=window.end_s,
        pickup=row.whole("pickup"),
        delivery=row.whole("delivery"),
    )


def _amounts(document: Document, size: int, name: str) -> list[int]:
    if name not in document.sections:
        return [0] * size
    found = []
    for row in document.section(name).by_number(("demand",), size, "node"):
        if row.whole("demand") < 0:
            raise BadFormat(f"line {row.line}: demand is negative ({row.whole('demand')})")
        found.append(row.whole("demand"))
    return found


def _services(document: Document, size: int, travel: Travel) -> list[int]:
    single = document.find("SERVICE_TIME")
    if "SERVICE_TIME" in document.sections:
        rows = document.section("SERVICE_TIME").by_number(("SERVICE_TIME",), size, "node")
    elif single is not None:
        rows = [single] * size
    else:
        return [0] * size
    for row in rows:
        if row["SERVICE_TIME"] < 0:
            raise BadFormat(f"line {row.line}: service time is negative ({row['SERVICE_TIME']:g})")
    return [whole_parts(row["SERVICE_TIME"], travel.parts, up=True) for row in rows]
