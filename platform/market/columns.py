"""Open offers as columns: what the sieve reads, a numpy array a field, a row an offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haoyun.platform.market.driving import FloatArray
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.values import VALID_THROUGH_DELIVERY, Body, Equipment, Mode
from haoyun.platform.market.vehicles import certificates_of
from haoyun.tracking.instants import to_ms

Row = Mapping[str, Any]  # columns of mkt_load or mkt_capacity
View = dict[str, Any]  # some rows of columns, or the scalars of one
Codes = NDArray[np.int64]

MODES = tuple(Mode)
_FOREVER_MS = 2**62
_BODY_BIT = {body.value: 1 << i for i, body in enumerate(Body)}
_EQUIPMENT_BIT = {one.value: 1 << i for i, one in enumerate(Equipment)}
_DG_CLASSES = 10  # 1 to 9; 0 stands for goods that are not dangerous
_FIRST = 64


@dataclass(slots=True)
class Places:
    """The places that offers name, numbered as they come: the same code at another position is another place."""

    number: dict[tuple[str, float, float], int] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)
    lat: list[float] = field(default_factory=list)
    lon: list[float] = field(default_factory=list)
    _rows: tuple[Mapping[str, int], Codes] | None = None
    _positions: tuple[FloatArray, FloatArray] | None = None

    def of(self, row: Row, end: str) -> int:
        """The number of a row's place; -1 where it names none."""
        code = row[f"{end}_code"]
        if code is None:
            return -1
        key = (code, row[f"{end}_lat"], row[f"{end}_lon"])
        if key not in self.number:
            self.number[key] = len(self.codes)
            self.codes.append(code)
            self.lat.append(key[1])
            self.lon.append(key[2])
        return self.number[key]

    def rows_of(self, context: MatchContext) -> Codes:
        """The place's row in the context's matrices, by number; -1 where the map does not know it."""
        if self._rows is None or self._rows[0] is not context.places or len(self._rows[1]) < len(self.codes):
            rows = np.array([context.places.get(code, -1) for code in self.codes], dtype=np.int64)
            self._rows = (context.places, rows)
        return self._rows[1]

    def positions(self) -> tuple[FloatArray, FloatArray]:
        """Latitudes and longitudes by number."""
        if self._positions is None or len(self._positions[0]) < len(self.lat):
            self._positions = (np.array(self.lat), np.array(self.lon))
        return self._positions


@dataclass(slots=True)
class Numbers:
    """Numbers for names or lanes, in the order in which they come."""

    number: dict[Any, int] = field(default_factory=dict)
    names: list[Any] = field(default_factory=list)

    def of(self, name: Any) -> int:
        """The number of a name."""
        if name not in self.number:
            self.number[name] = len(self.names)
            self.names.append(name)
        return self.number[name]


class Columns:
    """Rows that come and go; a row that was dropped is used again. Not safe for threads by itself."""

    def __init__(self, types: Mapping[str, Any]) -> None:
        self._types = {"alive": np.bool_, **types}
        self._arrays = {name: self._new(kind, _FIRST) for name, kind in self._types.items()}
        self._free: list[int] = []
        self.slot: dict[str, int] = {}
        self.ids: list[str] = []

    @staticmethod
    def _new(kind: Any, size: int) -> NDArray[Any]:
        return np.zeros((size, *kind[1]), kind[0]) if isinstance(kind, tuple) else np.zeros(size, kind)

    def __len__(self) -> int:
        return len(self.slot)

    def whole(self) -> View:
        """Every row, dropped ones too: their `alive` is False."""
        return {name: array[: len(self.ids)] for name, array in self._arrays.items()}

    def some(self, rows: Codes) -> View:
        """These rows."""
        return {name: array[rows] for name, array in self._arrays.items()}

    def one(self, row: int) -> View:
        """One row as scalars."""
        return {name: array[row] for name, array in self._arrays.items()}

    def _write(self, key: str, values: Row) -> int:
        row = self.slot.get(key)
        if row is None:
            row = self._free.pop() if self._free else self._append()
            self.slot[key] = row
        self.ids[row] = key
        for name, value in values.items():
            self._arrays[name][row] = value
        self._arrays["alive"][row] = True
        return row

    def _append(self) -> int:
        row = len(self.ids)
        self.ids.append("")
        if row == len(self._arrays["alive"]):
            for name, kind in self._types.items():
                longer = self._new(kind, 2 * row)
                longer[:row] = self._arrays[name]
                self._arrays[name] = longer
        return row

    def _forget(self, key: str) -> int:
        row = self.slot.pop(key)
        self._arrays["alive"][row] = False
        self._free.append(row)
        return row


class LoadColumns(Columns):
    """Open loads. Times in ms, prices in fen (nan: asked for), places and lanes by number."""

    def __init__(self, places: Places, orgs: Numbers, lanes: Numbers) -> None:
        whole = (
            "mode",
            "body",
            "equipment",
            "weight",
            "volume",
            "ldm",
            "piece",
            "dg",
            "origin",
            "destination",
        )
        when = ("pickup_start", "pickup_end", "delivery_end", "expires", "org", "lane", "t_min", "t_max")
        real = ("price", "distance", "duration")
        super().__init__(
            {
                **dict.fromkeys(whole, np.int32),
                **dict.fromkeys(when, np.int64),
                **dict.fromkeys(real, np.float64),
                "narrow": np.bool_,
                "cooled": np.bool_,
            }
        )
        self._places, self._orgs, self._lanes = places, orgs, lanes
        self.invited: dict[str, set[int]] = {}  # rows of narrow loads by the organization that may see them
        self._guests: dict[int, frozenset[str]] = {}

    def put(self, row: Row, invited: frozenset[str] = frozenset()) -> None:
        """Add or replace a load, as a row of mkt_load with the organizations it invites."""
        self.drop(row["id"])
        price, dg = row["price_fen"], row["dg_class"]
        lane = (Mode(row["mode"]), row["origin_code"], row["destination_code"])
        at = self._write(
            row["id"],
            {
                "mode": MODES.index(row["mode"]),
                "body": _bits(row["body"], _BODY_BIT),
                "equipment": _bits(row["equipment"], _EQUIPMENT_BIT),
                "weight": row["weight_kg"],
                "volume": row["volume_dm3"],
                "ldm": row["ldm_cm"],
                "piece": row["max_piece_cm"],
                "dg": int(dg[0]) if dg else 0,
                "origin": self._places.of(row, "origin"),
                "destination": self._places.of(row, "destination"),
                "pickup_start": row["pickup_start_ms"],
                "pickup_end": row["pickup_end_ms"],
                "delivery_end": row["delivery_end_ms"],
                "expires": row["expires_ms"],
                "org": self._orgs.of(row["org_id"]),
                "lane": self._lanes.of(lane),
                "cooled": row["temperature_min_c"] is not None,
                "t_min": row["temperature_min_c"] or 0,
                "t_max": row["temperature_max_c"] or 0,
                "price": np.nan if price is None else price,
                "distance": row["distance_m"],
                "duration": row["duration_s"],
                "narrow": row["visibility"] != "public",
            },
        )
        if invited:
            self._guests[at] = invited
            for org in invited:
                self.invited.setdefault(org, set()).add(at)

    def drop(self, load_id: str) -> None:
        """Forget a load, if it is known."""
        if load_id not in self.slot:
            return
        row = self._forget(load_id)
        for org in self._guests.pop(row, ()):
            self.invited[org].discard(row)


class CapacityColumns(Columns):
    """Capacities on offer. `papers` is until when each class of dangerous goods may be carried, in ms."""

    def __init__(self, places: Places, orgs: Numbers) -> None:
        whole = ("mode", "body", "equipment", "weight", "volume", "ldm", "length", "origin", "destination")
        when = ("ready_start", "ready_end", "insured", "org", "floor", "t_min", "t_max", "cost")
        super().__init__(
            {
                **dict.fromkeys(whole, np.int32),
                **dict.fromkeys(when, np.int64),
                "free_weight": np.int32,
                "free_volume": np.int32,
                "free_ldm": np.int32,
                "radius": np.float64,
                "papers": (np.int64, (_DG_CLASSES,)),
                "cooling": np.bool_,
                "booked": np.bool_,
            }
        )
        self._places, self._orgs = places, orgs
        self.vehicle: dict[int, str] = {}

    def put(self, row: Row) -> None:
        """Add or replace a capacity, as a row of mkt_capacity."""
        papers = np.full(_DG_CLASSES, -1, dtype=np.int64)
        papers[0] = _FOREVER_MS
        insured = _FOREVER_MS
        for certificate in certificates_of(row["certificates"]):
            until = _FOREVER_MS if certificate.valid_until is None else to_ms(certificate.valid_until)
            if certificate.name in VALID_THROUGH_DELIVERY:
                insured = min(insured, until)  # the first of them to expire closes the door
            elif certificate.name in _DG_NAMES:
                papers[_DG_NAMES[certificate.name]] = until
        at = self._write(
            row["id"],
            {
                "mode": MODES.index(row["mode"]),
                "body": _BODY_BIT[row["body"]],
                "equipment": _bits(row["equipment"], _EQUIPMENT_BIT),
                **{name: row[f"{name}_{unit}"] for name, unit in _SPACE},
                **{f"free_{name}": row[f"{name}_{unit}"] for name, unit in _SPACE},
                "length": row["length_cm"],
                "origin": self._places.of(row, "origin"),
                "destination": self._places.of(row, "destination"),
                "ready_start": row["ready_start_ms"],
                "ready_end": row["ready_end_ms"],
                "insured": insured,
                "org": self._orgs.of(row["org_id"]),
                "floor": row["min_price_fen"] or 0,
                "cooling": row["temperature_min_c"] is not None,
                "t_min": row["temperature_min_c"] or 0,
                "t_max": row["temperature_max_c"] or 0,
                "cost": row["cost_per_km_fen"],
                "radius": row["radius_km"] * 1000.0,
                "papers": papers,
                "booked": row["booked"] > 0,
            },
        )
        self.vehicle[at] = row["vehicle_id"]

    def drop(self, capacity_id: str) -> None:
        """Forget a capacity, if it is known."""
        if capacity_id in self.slot:
            self._forget(capacity_id)


_SPACE = (("weight", "kg"), ("volume", "dm3"), ("ldm", "cm"))
_DG_NAMES = {f"dg-{n}": n for n in range(1, _DG_CLASSES)}


def _bits(text: str, bits: Mapping[str, int]) -> int:
    return sum(bits[name] for name in text.split(",") if name)
