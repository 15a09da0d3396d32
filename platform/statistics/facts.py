"""What figures are made of: one fact a subject and series, small and without a name (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from haoyun.platform.statistics.areas import division_of


class Measure(StrEnum):
    """What a fact says; `value` is in the unit of the comment."""

    PRICE = "price"  # fen per km, of a confirmed order
    ASK = "ask"  # fen per km, of a public load that names its price
    LOAD = "load"  # 1: a load was posted
    TRUCK = "truck"  # 1: a capacity was posted
    EMPTY = "empty"  # empty km before the pickup, by the chain of orders; `weight` is all km
    EMPTY_TRACKED = "empty_tracked"  # the same, as the vehicle's device saw it
    MATCH_TIME = "match_time"  # hours from posting to the first match
    COVER_TIME = "cover_time"  # hours from posting to the confirmed order
    PICKUP_ON_TIME = "pickup_on_time"  # 1 or 0
    DELIVERY_ON_TIME = "delivery_on_time"  # 1 or 0


@dataclass(frozen=True, slots=True)
class Fact:
    """One subject's contribution to one measure in one week.

    `cell` and `to_cell` are H3 cells of the origin and, for prices, of the destination. `shipper` and `carrier` are
    the organizations whose secret it could be; "" where no such side is concerned. `kind` is a price's class.
    """

    measure: Measure
    subject: str
    week: int
    cell: str
    to_cell: str
    shipper: str
    carrier: str
    value: float
    weight: float = 1.0
    kind: str = ""

    @property
    def lane(self) -> str:
        """The lane between divisions, such as ``310000>510000``."""
        return f"{division_of(self.cell)}>{division_of(self.to_cell)}"


def price_kind(body: str, weight_kg: int, distance_m: float) -> str:
    """The class within which prices of a kilometre may be compared: body, weight, distance.

    A kilometre of a reefer, of thirty tonnes or of a short way costs more, whatever the lane.
    """
    group = _GROUPS.get(body, "dry")
    size = next(name for least, name in _SIZES if weight_kg >= least)
    reach = next(name for least, name in _REACHES if distance_m >= least)
    return f"{group}/{size}/{reach}"


_GROUPS = {"reefer": "cold", "tank": "tank", "flatbed": "open", "container": "open"}
_SIZES = ((20_000, "20t"), (10_000, "10t"), (3_000, "3t"), (0, "0t"))
_REACHES = ((800_000, "800km"), (300_000, "300km"), (0, "0km"))
