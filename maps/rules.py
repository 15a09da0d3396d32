"""What the law says about a road and a turn: limits, who may drive, when, and which turns are banned.

Values only. `haoyun.maps.osm.tags` reads them from OpenStreetMap tags; the vehicle profiles judge them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

MINUTES_A_DAY = 24 * 60
EVERY_DAY = 0b1111111


class Access(StrEnum):
    """Who may drive here."""

    YES = "yes"
    DESIGNATED = "designated"  # signed for these vehicles; they may drive
    DESTINATION = "destination"  # only to reach a place on this road; no through traffic
    PRIVATE = "private"  # only with the owner's leave
    NO = "no"

    @property
    def is_through(self) -> bool:
        """Whether a vehicle may pass through without business here."""
        return self in (Access.YES, Access.DESIGNATED)


class Limit(StrEnum):
    """Each figure that a sign may limit; the values are the names of the fields of RoadRules."""

    HEIGHT = "max_height_m"
    WIDTH = "max_width_m"
    LENGTH = "max_length_m"
    WEIGHT = "max_weight_t"
    AXLE_LOAD = "max_axle_load_t"


class Subject(StrEnum):
    """Whose access a rule decides; the values are the names of the fields of RoadRules."""

    MOTOR_VEHICLE = "motor_vehicle"
    HGV = "hgv"
    HAZMAT = "hazmat"


class Vehicles(StrEnum):
    """Which vehicles a turn ban binds."""

    ALL = "all"  # every motor vehicle
    HGV = "hgv"  # goods vehicles above 3.5 t
    LIGHT = "light"  # all but those: a ban with `except=hgv`
    HAZMAT = "hazmat"


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """A part of the week in local time, and of the year where `season` says so.

    `days` is a bit mask, bit 0 = Monday. A window may run past midnight: `end_minute` is then above 1440.
    """

    days: int = EVERY_DAY
    start_minute: int = 0
    end_minute: int = MINUTES_A_DAY
    season: tuple[int, int] | None = None  # first and last day as month * 100 + day; may wrap the new year

    def __post_init__(self) -> None:
        if not 0 < self.days <= EVERY_DAY:
            raise ValueError(f"the days of a window are a mask of 1 to 127, not {self.days}")
        if not 0 <= self.start_minute < MINUTES_A_DAY:
            raise ValueError(f"a window starts at minute 0 to 1439, not {self.start_minute}")
        if not self.start_minute < self.end_minute <= self.start_minute + MINUTES_A_DAY:
            raise ValueError("a window ends after it starts and within a day of it")

    def covers(self, weekday: int, minute: int, month_day: int | None = None) -> bool:
        """Whether a local moment lies inside: weekday 0 = Monday, minute of the day, month * 100 + day.

        Without `month_day` the season is taken to be on. The end is outside: 07:00-09:00 ends before 09:00.
        """
        if self.season is not None and month_day is not None:
            first, last = self.season
            inside = first <= month_day <= last if first <= last else not last < month_day < first
            if not inside:
                return False
        today = self.days >> weekday & 1 and self.start_minute <= minute < self.end_minute
        yesterday = self.days >> (weekday - 1) % 7 & 1 and minute + MINUTES_A_DAY < self.end_minute
        return bool(today or yesterday)


class Measure(StrEnum):
    """What of a vehicle a condition asks about."""

    WEIGHT_T = "weight_t"
    AXLE_LOAD_T = "axle_load_t"
    AXLES = "axles"
    HEIGHT_M = "height_m"
    WIDTH_M = "width_m"
    LENGTH_M = "length_m"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A condition on the vehicle: `weight>7.5` binds vehicles above, `weight<=3.5` those up to a figure."""

    measure: Measure
    above: float = 0.0  # the condition holds for figures above this one ...
    up_to: float = float("inf")  # ... and up to this one
    includes_above: bool = False  # whether `above` itself is inside: `>=`
    includes_up_to: bool = True  # whether `up_to` itself is inside: `<=`

    def __post_init__(self) -> None:
        if not 0 <= self.above <= self.up_to:
            raise ValueError("a threshold lies between 0 and its upper end")

    def holds(self, figure: float) -> bool:
        """Whether a vehicle with this figure is meant."""
        low = figure >= self.above if self.includes_above else figure > self.above
        high = figure <= self.up_to if self.includes_up_to else figure < self.up_to
        return low and high


@dataclass(frozen=True, slots=True)
class Condition:
    """When something applies: in one of the windows (none = always) and for all thresholds."""

    windows: tuple[TimeWindow, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    destination_only: bool = False  # only for those who start or end here: `none @ delivery`

    def covers(self, weekday: int, minute: int, month_day: int | None = None) -> bool:
        """Whether a local moment lies in one of the windows; True where there is none."""
        return not self.windows or any(w.covers(weekday, minute, month_day) for w in self.windows)

    def holds(self, figures: dict[Measure, float]) -> bool:
        """Whether a vehicle with these figures is meant; an unknown figure counts as meant."""
        return all(t.measure not in figures or t.holds(figures[t.measure]) for t in self.thresholds)


@dataclass(frozen=True, slots=True)
class TimedRule:
    """One clause of a `:conditional` tag: while `when` holds, `what` is `value` (None = no limit).

    Several clauses for the same `what` stand in the order of the tag; the last that holds wins.
    """

    what: Limit | Subject
    value: Access | float | None
    when: Condition

    def __post_init__(self) -> None:
        if isinstance(self.what, Subject) != isinstance(self.value, Access):
            raise ValueError("a rule on access has an access, a rule on a limit a figure or None")


@dataclass(frozen=True, slots=True)
class RoadRules:
    """The legal situation on an edge, in its direction. None = no limit; metres and tonnes.

    `hgv` is the whole answer for a goods vehicle above 3.5 t: it already holds what it inherits from
    `motor_vehicle`, and may be wider than it (`motor_vehicle=no, hgv=designated`). `hazmat` stands besides
    `hgv`. `timed` changes single fields for a time or for some vehicles.
    """

    max_height_m: float | None = None
    max_width_m: float | None = None
    max_length_m: float | None = None
    max_weight_t: float | None = None  # gross weight of the whole combination
    max_axle_load_t: float | None = None
    motor_vehicle: Access = Access.YES
    hgv: Access = Access.YES
    hazmat: Access = Access.YES
    timed: tuple[TimedRule, ...] = ()
    toll: bool = False
    hazmat_water: Access = Access.YES  # goods that endanger water
    tunnel_category: str = ""  # ADR 8.6: "" outside tunnels, else A (free) to E (most closed)

    def __post_init__(self) -> None:
        for limit in Limit:
            figure = getattr(self, limit.value)
            if figure is not None and not 0 <= figure < 1000:
                raise ValueError(f"{limit.value} is 0 to 1000 or None, not {figure:g}")
        if self.tunnel_category not in ("", "A", "B", "C", "D", "E"):
            raise ValueError(f"a tunnel category is A to E, not {self.tunnel_category!r}")

    @property
    def is_free(self) -> bool:
        """Whether nothing here binds any vehicle (a toll does not)."""
        return all(getattr(self, f.name) == f.default for f in fields(self) if f.name != "toll")


NO_LIMITS = RoadRules()


class RuleBook:
    """Numbers for distinct legal situations, in the order they are met; 0 is "no limits"."""

    def __init__(self) -> None:
        self._number: dict[RoadRules, int] = {NO_LIMITS: 0}
        self._rules: list[RoadRules] = [NO_LIMITS]

    def number(self, rules: RoadRules) -> int:
        """The number of a legal situation, a new one if it is new."""
        number = self._number.setdefault(rules, len(self._rules))
        if number == len(self._rules):
            self._rules.append(rules)
        return number

    def __getitem__(self, number: int) -> RoadRules:
        return self._rules[number]

    def all(self) -> tuple[RoadRules, ...]:
        """Every situation at its number."""
        return tuple(self._rules)


@dataclass(frozen=True, slots=True)
class TurnBan:
    """A way through a junction that is banned: from an edge, by `via_edges` (none at a node), to an edge.

    `only_...` restrictions are stored as bans of the other ways out. `when` limits it to a time or to some
    vehicles; without windows and thresholds it always binds.
    """

    from_edge: int
    via_edges: tuple[int, ...]
    to_edge: int
    vehicles: Vehicles = Vehicles.ALL
    when: Condition = Condition()

    def __post_init__(self) -> None:
        if min(self.from_edge, self.to_edge, *self.via_edges) < 0:
            raise ValueError("a turn ban names edges by their number, 0 or above")

    @property
    def windows(self) -> tuple[TimeWindow, ...]:
        """When it binds, in local time; () = always."""
        return self.when.windows
