"""A dispatcher's lists of orders and vehicles, from a workbook or from CSV, as a problem.

An order with both places is a shipment; with a place of delivery alone its goods come along from the start of
the route, with a place of pickup alone they go to its end. Travel between places is estimated
(formats/estimate.py). Times are the wall clock of the file's only zone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time
from functools import cache
from typing import TypeVar

from haoyun.routing.errors import BadFormat, BadProblem
from haoyun.routing.formats.content import as_text, is_workbook
from haoyun.routing.formats.estimate import DETOUR, SPEED_KMH, estimated_matrices
from haoyun.routing.formats.result import ReadResult
from haoyun.routing.formats.sheet_cells import Cell, Moment, first_day
from haoyun.routing.formats.sheet_columns import MEASURES
from haoyun.routing.formats.sheet_tables import Row, Tables, csv_tables, looks_like_csv, workbook_tables
from haoyun.routing.legend import Legend, Named, Point
from haoyun.routing.problem import Objective, Problem, Vehicle
from haoyun.routing.tasks import LARGEST, Job, Shipment, Visit, Window

_DIGITS = 3  # decimals of loads
_MONEY_DIGITS = 2
_MOST_FAULTS = 5
_DAY_S = 86_400
_ORDER_TIMES = ("pickup_from", "pickup_to", "delivery_from", "delivery_to")
_SHIFT_TIMES = ("from", "to")

Read = TypeVar("Read")


def tables_of(data: bytes, name: str = "") -> Tables | None:
    """The lists in a workbook or a CSV file in UTF-8 or GB 18030; None for anything else."""
    if is_workbook(data):
        return workbook_tables(data)
    try:
        text = as_text(data)
    except BadFormat:
        # What spreadsheet programs in China save as CSV; decodes nearly anything, so the headings must fit.
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            return None
    return csv_tables(text, name) if looks_like_csv(text) else None


def problem_of(tables: Tables) -> ReadResult:
    """The problem in the lists; BadFormat names up to five faults by sheet, row and column."""
    if not tables.vehicles:
        raise BadFormat("there are orders but no vehicles; add a list of vehicles")
    return _Reader(tables).result()


class _Reader:
    """Reads both lists; keeps the places and the faults found so far."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.faults: list[str] = []
        self.places: dict[Point, int] = {}
        self.descriptions: dict[Named, str] = {}
        self.measures = [name for name in MEASURES if any(not row[name].is_empty for row in tables.orders)]
        self.day, self.only_day = self._days()

    def _days(self) -> tuple[date | None, bool]:
        """The first day in the file, and whether it is the only one."""
        moments = [
            *self._each(self.tables.orders, lambda row: [row[name].moment() for name in _ORDER_TIMES]),
            *self._each(self.tables.vehicles, lambda row: [row[name].moment() for name in _SHIFT_TIMES]),
        ]
        found = [moment for row in moments for moment in row]
        days = {moment.day for moment in found if moment is not None and moment.day is not None}
        self.faults.clear()  # each is found again where it stands
        return first_day(found), len(days) <= 1

    def _each(self, rows: Sequence[Row], read: Callable[[Row], Read]) -> list[Read]:
        """What `read` makes of each row; the faults of the others are kept."""
        found = []
        for row in rows:
            try:
                found.append(read(row))
            except BadFormat as error:
                self.faults.append(str(error))
            except BadProblem as error:
                self.faults.append(f"{row.where}: {error}")
        return found

    def result(self) -> ReadResult:
        vehicles = self._each(self.tables.vehicles, self._vehicle)
        tasks = self._each(self.tables.orders, self._order)
        for rows, column in ((self.tables.orders, "order"), (self.tables.vehicles, "vehicle")):
            self.faults += _twice(rows, column)
        if self.faults:
            more = len(self.faults) - _MOST_FAULTS
            raise BadFormat(
                "; ".join(self.faults[:_MOST_FAULTS]) + (f" (and {more} more)" if more > 0 else "")
            )
        travel = estimated_matrices(list(self.places))
        has_costs = any(v.fixed_cost or v.cost_per_km or v.cost_per_hour for v in vehicles)
        problem = Problem(
            vehicles=tuple(vehicles),
            durations_s=travel.durations_s,
            distances_m=travel.distances_m,
            jobs=tuple(task for task in tasks if isinstance(task, Job)),
            shipments=tuple(task for task in tasks if isinstance(task, Shipment)),
            capacity_names=tuple(self.measures),
            objective=Objective.COST if has_costs else Objective.DISTANCE,
        )
        legend = Legend(
            points=tuple(self.places),
            geographic=True,
            money_parts=10**_MONEY_DIGITS,
            capacity_parts=(10**_DIGITS,) * len(self.measures),
            origin=None if self.day is None else datetime.combine(self.day, time()),
            descriptions=self.descriptions,
        )
        estimate = f"distances are estimated: great circles x {DETOUR} at {SPEED_KMH} km/h"
        return ReadResult(problem, "sheet", legend, (estimate,))

    def _place(self, cell: Cell) -> int | None:
        if cell.is_empty:
            return None
        point = cell.position() or _city(cell.text(), cell)
        return self.places.setdefault(point, len(self.places))

    def _window(self, row: Row, first: str, last: str) -> Window | None:
        """The window between two cells; None where both are empty. An open side is open for ever."""
        begin, end = self._seconds(row[first]), self._seconds(row[last])
        if begin is None and end is None:
            return None
        begin, end = 0 if begin is None else begin, LARGEST if end is None else end
        if end < begin:
            raise row[last].refuse(f"must not be before {first} ({row[first].text()})")
        return Window(begin, end)

    def _seconds(self, cell: Cell) -> int | None:
        moment = cell.moment()
        if moment is None:
            return None
        if moment.day is None and not self.only_day:
            raise cell.refuse("must have a date, since the file is about several days")
        return _since(moment, self.day)

    def _amounts(self, row: Row, *, unlimited: bool = False) -> tuple[int, ...]:
        """By measure; an empty cell is nothing, or no limit."""
        return tuple(
            LARGEST if unlimited and row[name].is_empty else row[name].decimal(_DIGITS)
            for name in self.measures
        )

    def _order(self, row: Row) -> Job | Shipment:
        name = _name(row["order"])
        places = [self._place(row[column]) for column in ("pickup", "delivery")]
        visits = []
        for kind, place in zip(("pickup", "delivery"), places, strict=True):
            window = self._window(row, f"{kind}_from", f"{kind}_to")
            minutes = row[f"{kind}_min"].decimal(0)
            if place is not None:
                visits.append(Visit(name, place, minutes * 60, () if window is None else (window,)))
            elif window is not None or minutes:
                raise BadFormat(f"{row[kind].where}: a place is missing; there are times for it")
        amounts, skills, priority = self._amounts(row), row["skills"].skills(), row["priority"].decimal(0)
        if not visits:
            raise BadFormat(f"{row.where}: neither pickup nor delivery names a place")
        with_note = [("pickup", name), ("delivery", name)] if len(visits) == 2 else [("job", name)]
        self.descriptions |= {named: row["note"].text() for named in with_note if not row["note"].is_empty}
        if priority > 100:
            raise row["priority"].refuse("must be a whole number from 0 to 100")
        if len(visits) == 2:
            return Shipment(name, visits[0], visits[1], amounts, skills, priority)
        one, brings = visits[0], places[0] is None
        delivery, pickup = (amounts, ()) if brings else ((), amounts)
        return Job(name, one.location, one.service_s, one.windows, delivery, pickup, skills, priority)

    def _vehicle(self, row: Row) -> Vehicle:
        name = _name(row["vehicle"])
        if not row["note"].is_empty:
            self.descriptions["vehicle", name] = row["note"].text()
        return Vehicle(
            id=name,
            start=self._place(row["start"]),
            end=self._place(row["end"]),
            capacity=self._amounts(row, unlimited=True),
            window=self._window(row, "from", "to"),
            skills=row["skills"].skills(),
            fixed_cost=row["fixed_cost"].decimal(_MONEY_DIGITS),
            cost_per_km=row["cost_per_km"].decimal(_MONEY_DIGITS),
            cost_per_hour=row["cost_per_hour"].decimal(_MONEY_DIGITS),
            max_stops=_limit(row["max_stops"], 0),
            max_distance_m=_limit(row["max_km"], 3),
            max_travel_s=None if row["max_travel_min"].is_empty else row["max_travel_min"].decimal(0) * 60,
        )


def _limit(cell: Cell, digits: int) -> int | None:
    return None if cell.is_empty else cell.decimal(digits)


def _name(cell: Cell) -> str:
    if cell.is_empty:
        raise BadFormat(f"{cell.where} is empty; each row needs its own name")
    return cell.text()


def _twice(rows: Sequence[Row], column: str) -> Iterable[str]:
    seen: dict[str, str] = {}
    for row in rows:
        name = row[column].text()
        if name and name in seen:
            yield f"{row[column].where}: {name!r} stands already in {seen[name]}"
        seen.setdefault(name, row.where)


def _since(moment: Moment, origin: date | None) -> int:
    """Seconds since midnight of the first day in the file."""
    days = 0 if moment.day is None or origin is None else (moment.day - origin).days
    return days * _DAY_S + moment.seconds


def _city(text: str, cell: Cell) -> Point:
    return _known_city(text) or _refuse_city(cell)


@cache
def _known_city(text: str) -> Point | None:
    # Here and not above: maps brings scipy along, which would triple the start of every search process.
    from haoyun.maps.gazetteer.places import trunk_gazetteer  # noqa: PLC0415

    place = trunk_gazetteer().find(text)
    return None if place is None else (place.lon, place.lat)


def _refuse_city(cell: Cell) -> Point:
    raise cell.refuse('must be a city of the trunk network or "latitude, longitude"')
