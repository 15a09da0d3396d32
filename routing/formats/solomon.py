"""Solomon's text format, also used by Gehring and Homberger: one depot, one kind of vehicle, time windows.

Distances and times are Euclidean in the file's unit with full precision (the convention of most published
best-known values); `Problem.plane` says more.
"""

from __future__ import annotations

from collections.abc import Iterator

from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.academic import Row, Site, euclidean_problem, located, numbers
from haoyun.routing.formats.result import ReadResult
from haoyun.routing.tasks import Job

_SECTIONS = ("VEHICLE", "CUSTOMER")
_COLUMNS = ("customer number", "x", "y", "demand", "ready time", "due date", "service time")


def looks_like(text: str) -> bool:
    """Whether this is a text with the sections VEHICLE and CUSTOMER."""
    words = [line.strip().upper() for line in text.splitlines()]
    return "VEHICLE" in words or any(line.startswith("CUST NO") or line == "CUSTOMER" for line in words)


def read(text: str) -> ReadResult:
    """The problem in `text`; BadFormat names the line and the column that is missing or no number."""
    lines = list(enumerate(text.splitlines(), start=1))
    fleet = _first_row(lines, "VEHICLE", ("number of vehicles", "capacity"))
    sites = located([_site(row) for row in _rows_after(lines, "CUSTOMER", _COLUMNS)])
    if not sites:
        raise BadFormat("the section CUSTOMER has no rows: the first one is the depot")
    count, capacity = fleet.whole("number of vehicles"), fleet.whole("capacity")
    return euclidean_problem("solomon", count, capacity, sites, jobs=[_job(site) for site in sites[1:]])


def _site(row: Row) -> Site:
    return Site(
        row=row,
        id=row.whole("customer number"),
        x=row["x"],
        y=row["y"],
        demand=row.whole("demand"),
        ready=row["ready time"],
        due=row["due date"],
        service=row["service time"],
    )


def _job(site: Site) -> Job:
    if site.demand < 0:
        raise BadFormat(f"line {site.row.line}: demand is negative ({site.demand})")
    return Job(site.id, site.location, site.service_parts, (site.window,), delivery=(site.demand,))


def _first_row(lines: list[tuple[int, str]], section: str, columns: tuple[str, ...]) -> Row:
    row = next(_rows_after(lines, section, columns), None)
    if row is None:
        raise BadFormat(f"the section {section} has no rows")
    return row


def _rows_after(lines: list[tuple[int, str]], section: str, columns: tuple[str, ...]) -> Iterator[Row]:
    """The rows of numbers of a section, up to the next section; headings are lines of nothing but words."""
    start = next((at for at, (_, line) in enumerate(lines) if line.strip().upper() == section), None)
    if start is None:
        raise BadFormat(f"the section {section} is missing")
    for number, line in lines[start + 1 :]:
        words = line.split()
        if line.strip().upper() in _SECTIONS:
            return
        if not all(word[0].isalpha() for word in words):
            yield numbers(number, line, columns)
