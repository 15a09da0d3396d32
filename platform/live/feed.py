"""What is sent to whom: one board of newest positions, and for each audience its messages, made once. Pure.

An audience is everybody who may see the same: the people of one organization, or those who see all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from haoyun.tracking.fixes_store import LatestPosition

KEEP_ALIVE = b": still here\n\n"


@dataclass(frozen=True, slots=True)
class Seen:
    """What an audience may know of one vehicle."""

    plate: str
    order_id: str | None = None


@dataclass(slots=True)
class Board:
    """The newest position of each vehicle."""

    positions: dict[str, LatestPosition] = field(default_factory=dict)

    def take(self, found: Iterable[LatestPosition]) -> set[str]:
        """Put positions on the board; returns the vehicles that moved on."""
        moved = set()
        for one in found:
            if one.vehicle_id is None:
                continue
            before = self.positions.get(one.vehicle_id)
            key = (one.state.fix_time, one.state.seq)
            same_device = before is not None and before.device_id == one.device_id
            if (
                before is None
                or key > (before.state.fix_time, before.state.seq)
                or (same_device and one != before)
            ):
                self.positions[one.vehicle_id] = one
                moved.add(one.vehicle_id)
        return moved


@dataclass(slots=True)
class Audience:
    """Those who see the same vehicles."""

    visible: Mapping[str, Seen] = field(default_factory=dict)

    def moved(self, moved: set[str], board: Board, now: datetime, stale: timedelta) -> bytes | None:
        """The message on the vehicles that moved; None when no visible one did."""
        concerned = [board.positions[one] for one in sorted(moved & self.visible.keys())]
        return _message("moved", [self._shown(one, now, stale) for one in concerned]) if concerned else None

    def picture(self, board: Board, now: datetime, stale: timedelta) -> bytes:
        """Everything that this audience may see."""
        known = [board.positions[one] for one in sorted(self.visible.keys() & board.positions.keys())]
        return _message("all", [self._shown(one, now, stale) for one in known])

    def _shown(self, one: LatestPosition, now: datetime, stale: timedelta) -> dict[str, Any]:
        seen, state = self.visible[str(one.vehicle_id)], one.state
        old = now - state.fix_time > stale
        return {
            "id": one.vehicle_id,
            "plate": seen.plate,
            "order": seen.order_id,
            "lat": round(state.lat, 5),
            "lon": round(state.lon, 5),
            "kmh": None if state.speed_kmh is None else round(state.speed_kmh),
            "at": round(state.fix_time.timestamp() * 1000),
            "kind": "stale" if old else "moving" if state.moving else "parked",
        }


def _message(event: str, vehicles: list[dict[str, Any]]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (event.encode(), orjson.dumps(vehicles))
