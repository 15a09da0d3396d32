"""Vehicle profiles: what a vehicle measures, how fast it drives, and what it may do on a road.

A profile judges the legal situation of a road (`haoyun.maps.rules`) at a local time: it may pass through, may
only start or end there, or may not drive there at all. Without a time the strictest of what the signs say over
the week holds, so that a route is legal whenever it is driven.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from types import MappingProxyType

from haoyun.maps.errors import MapError
from haoyun.maps.roads.turn_costs import TurnCosts
from haoyun.maps.rules import Access, Condition, Limit, Measure, RoadRules, Subject, TurnBan, Vehicles


class UnknownProfile(MapError):
    """No preset of that name; the message lists them."""


class Verdict(IntEnum):
    """What a vehicle may do on an edge; the numbers are those of the engine's columns."""

    FORBIDDEN = 0
    THROUGH = 1
    ENDS_ONLY = 2  # only on the way from the origin or to the destination of the trip


_GOODS_VEHICLE_T = 3.5  # above, OpenStreetMap's hgv=* applies


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleProfile:
    """One kind of vehicle. Metres and tonnes of the loaded combination; speeds in km/h.

    `top_speed_kmh` is the most it drives anywhere; `speed_kmh` lowers or raises single highway classes
    against the network's truck speeds. `hazmat` is the class of dangerous goods on board ("3", "1.1D"),
    None without; `tunnel_code` is the ADR tunnel restriction code of the load, "B" to "E".
    """

    name: str
    height_m: float
    width_m: float
    length_m: float
    gross_weight_t: float
    axle_load_t: float
    axles: int = 2
    hgv: bool = True
    hazmat: str | None = None
    hazmat_water: bool = False
    tunnel_code: str = ""
    top_speed_kmh: float = 80.0
    speed_kmh: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    turns: TurnCosts = field(default_factory=TurnCosts)
    says: str = ""  # one sentence for lists

    def __post_init__(self) -> None:
        for name in ("height_m", "width_m", "length_m", "gross_weight_t", "axle_load_t", "top_speed_kmh"):
            figure = getattr(self, name)
            if not 0 < figure < 1000:
                raise ValueError(f"a vehicle's {name} is above 0 and below 1000, not {figure!r}")
        if self.axles < 2:
            raise ValueError(f"a vehicle has at least two axles, not {self.axles}")
        if self.axle_load_t > self.gross_weight_t:
            raise ValueError("an axle cannot carry more than the vehicle weighs")
        if self.tunnel_code not in ("", "B", "C", "D", "E"):
            raise ValueError(f"a tunnel restriction code is B to E or empty, not {self.tunnel_code!r}")
        if any(not 0 < speed <= 200 for speed in self.speed_kmh.values()):
            raise ValueError("a speed is above 0 and at most 200 km/h")
        object.__setattr__(self, "speed_kmh", MappingProxyType(dict(self.speed_kmh)))

    def judge(self, rules: RoadRules, at: datetime | None = None) -> Verdict:
        """What this vehicle may do where `rules` hold, at a local time (None = the strictest of the week)."""
        if rules.is_free:
            return Verdict.THROUGH
        through = self._access(rules, at, at_the_ends=False)
        if through.is_through:
            return Verdict.THROUGH
        ends = self._access(rules, at, at_the_ends=True)
        return Verdict.ENDS_ONLY if ends.is_through or ends is Access.DESTINATION else Verdict.FORBIDDEN

    def allows(self, rules: RoadRules, at: datetime | None = None) -> bool:
        """Whether this vehicle may drive there at all, if only at the ends of its trip."""
        return self.judge(rules, at) is not Verdict.FORBIDDEN

    def is_bound(self, ban: TurnBan, at: datetime | None = None) -> bool:
        """Whether a turn ban binds this vehicle at a local time (None = at any time of the week)."""
        bound = {
            Vehicles.ALL: True, Vehicles.LIGHT: not self.hgv, Vehicles.HGV: self.hgv,
            Vehicles.HAZMAT: self.hazmat is not None,
        }  # fmt: skip
        return bound[ban.vehicles] and ban.when.holds(self.figures) and _covers(ban.when, at)

    @property
    def figures(self) -> dict[Measure, float]:
        """What conditions on the vehicle ask about."""
        return {
            Measure.WEIGHT_T: self.gross_weight_t,
            Measure.AXLE_LOAD_T: self.axle_load_t,
            Measure.AXLES: float(self.axles),
            Measure.HEIGHT_M: self.height_m,
            Measure.WIDTH_M: self.width_m,
            Measure.LENGTH_M: self.length_m,
        }

    def _access(self, rules: RoadRules, at: datetime | None, *, at_the_ends: bool) -> Access:
        """The strictest access that the limits, the classes of vehicles and the load leave."""
        own = {
            Limit.HEIGHT: self.height_m, Limit.WIDTH: self.width_m, Limit.LENGTH: self.length_m,
            Limit.WEIGHT: self.gross_weight_t, Limit.AXLE_LOAD: self.axle_load_t,
        }  # fmt: skip
        for limit, figure in own.items():
            for most in self._values(rules, limit, at, at_the_ends):
                if isinstance(most, int | float) and figure > most:
                    return Access.NO
        if self.hazmat is not None and _closes_tunnel(rules.tunnel_category, self.tunnel_code):
            return Access.NO
        subjects = [Subject.HGV if self.hgv else Subject.MOTOR_VEHICLE]
        found = [value for s in subjects for value in self._values(rules, s, at, at_the_ends)]
        if self.hazmat is not None:
            found += self._values(rules, Subject.HAZMAT, at, at_the_ends)
        if self.hazmat_water:
            found.append(rules.hazmat_water)
        return max((v for v in found if isinstance(v, Access)), key=_STRICTNESS.__getitem__)

    def _values(
        self, rules: RoadRules, what: Limit | Subject, at: datetime | None, at_the_ends: bool
    ) -> list[Access | float | None]:
        """What a field may say at that time: one value, or several where the time is open."""
        values: list[Access | float | None] = [getattr(rules, what.value)]
        for rule in rules.timed:
            if rule.what is not what or not rule.when.holds(self.figures):
                continue
            if rule.when.destination_only and not at_the_ends:
                continue
            if at is None and rule.when.windows:
                values.append(rule.value)
            elif _covers(rule.when, at):
                values = [rule.value]
        return values


_STRICTNESS = {
    Access.DESIGNATED: 0, Access.YES: 0, Access.DESTINATION: 1, Access.PRIVATE: 2, Access.NO: 3,
}  # fmt: skip


def _covers(when: Condition, at: datetime | None) -> bool:
    return at is None or when.covers(at.weekday(), at.hour * 60 + at.minute, at.month * 100 + at.day)


def _closes_tunnel(category: str, code: str) -> bool:
    """ADR 8.6.4: a load of code B may not pass tunnels of category B to E, code E none of category E.

    A load without a stated code is taken for the strictest, B.
    """
    return category in ("B", "C", "D", "E") and category >= (code or "B")


# Mainland China: GB 1589-2016 (outer dimensions, axle loads and masses): 2.55 m wide, 4 m high, articulated
# 17.1 m and 49 t on six axles, rigid 12 m and 31 t on four axles, 18 t on two; driven axle 11.5 t.
# EU: Directive 96/53/EC, Annex I: 2.55 m, 4.00 m, 16.50 m articulated, 18.75 m road train, 40 t, driven axle 11.5 t.
# Speeds: AETR and most operators' limiters 90 (80 on the network's free-flow table for the heavy ones).
_CAR_SPEEDS = {
    "motorway": 110.0, "motorway_link": 60.0, "trunk": 90.0, "trunk_link": 50.0, "primary": 65.0,
    "primary_link": 40.0, "secondary": 52.0, "secondary_link": 38.0, "tertiary": 42.0, "tertiary_link": 32.0,
    "unclassified": 36.0, "residential": 28.0, "living_street": 10.0,
}  # fmt: skip
_HEAVY = TurnCosts(turn_s=12.0, left_factor=1.3, u_turn_s=60.0)
_MEDIUM = TurnCosts(turn_s=9.0, left_factor=1.25, u_turn_s=40.0)
_LIGHT = TurnCosts(turn_s=7.0, left_factor=1.2, u_turn_s=25.0)

_PRESETS = (
    VehicleProfile(
        name="truck-40t", height_m=4.0, width_m=2.55, length_m=16.5, gross_weight_t=40, axle_load_t=11.5,
        axles=5, turns=_HEAVY, says="articulated truck, generic (the EU's largest outer dimensions)",
    ),
    VehicleProfile(
        name="truck-18t", height_m=4.0, width_m=2.55, length_m=12.0, gross_weight_t=18, axle_load_t=11.5,
        turns=_MEDIUM, says="two-axle rigid truck",
    ),
    VehicleProfile(
        name="truck-7t5", height_m=3.5, width_m=2.5, length_m=8.5, gross_weight_t=7.5, axle_load_t=5.0,
        turns=_MEDIUM, says="light truck of 7.5 t",
    ),
    VehicleProfile(
        name="van", height_m=2.8, width_m=2.1, length_m=6.0, gross_weight_t=3.5, axle_load_t=2.2, hgv=False,
        top_speed_kmh=110, speed_kmh=_CAR_SPEEDS, turns=_LIGHT, says="panel van up to 3.5 t",
    ),
    VehicleProfile(
        name="car", height_m=1.6, width_m=1.9, length_m=4.8, gross_weight_t=2.2, axle_load_t=1.2, hgv=False,
        top_speed_kmh=120, speed_kmh=_CAR_SPEEDS, turns=_LIGHT, says="passenger car",
    ),
    VehicleProfile(
        name="cn-49t", height_m=4.0, width_m=2.55, length_m=17.1, gross_weight_t=49, axle_load_t=11.5,
        axles=6, turns=_HEAVY, says="China: six-axle articulated truck (GB 1589-2016)",
    ),
    VehicleProfile(
        name="cn-31t", height_m=4.0, width_m=2.55, length_m=12.0, gross_weight_t=31, axle_load_t=11.5,
        axles=4, turns=_HEAVY, says="China: four-axle rigid truck (GB 1589-2016)",
    ),
    VehicleProfile(
        name="cn-18t", height_m=4.0, width_m=2.55, length_m=12.0, gross_weight_t=18, axle_load_t=11.5,
        turns=_MEDIUM, says="China: two-axle rigid truck (GB 1589-2016)",
    ),
    VehicleProfile(
        name="cn-4t5", height_m=3.3, width_m=2.3, length_m=6.0, gross_weight_t=4.5, axle_load_t=3.2,
        turns=_MEDIUM, says="China: light truck of 4.5 t, blue plate",
    ),
    VehicleProfile(
        name="eu-40t", height_m=4.0, width_m=2.55, length_m=16.5, gross_weight_t=40, axle_load_t=11.5,
        axles=5, turns=_HEAVY, says="EU: articulated truck (96/53/EC)",
    ),
    VehicleProfile(
        name="eu-40t-train", height_m=4.0, width_m=2.55, length_m=18.75, gross_weight_t=40, axle_load_t=11.5,
        axles=5, turns=_HEAVY, says="EU: road train (96/53/EC)",
    ),
    VehicleProfile(
        name="eu-40t-adr", height_m=4.0, width_m=2.55, length_m=16.5, gross_weight_t=40, axle_load_t=11.5,
        axles=5, hazmat="3", tunnel_code="D", turns=_HEAVY,
        says="EU: articulated truck with flammable liquids (ADR class 3, tunnel code D)",
    ),
)  # fmt: skip
PRESETS: Mapping[str, VehicleProfile] = MappingProxyType({profile.name: profile for profile in _PRESETS})


def get_profile(name: str) -> VehicleProfile:
    """The preset of that name; UnknownProfile lists them."""
    if name not in PRESETS:
        raise UnknownProfile(f"there is no vehicle profile {name!r}; there are: {', '.join(PRESETS)}")
    return PRESETS[name]
