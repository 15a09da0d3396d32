"""What devices say beside their position: temperatures against a range, a door that is open where it should not be."""

from __future__ import annotations

from haoyun.tracking.events import EventKind
from haoyun.tracking.steps.fold import SensorState
from haoyun.tracking.steps.passage import Passage

PROBES = ("temperature_c", "temperature2_c", "temperature3_c", "temperature4_c")
DOOR = "door_open"


def watch_sensors(p: Passage) -> None:
    """A fix without sensors changes nothing."""
    sensors = p.fix.sensors
    if not sensors:
        return
    if p.rules.temperature_c is not None:
        for name in PROBES:
            value = sensors.get(name)
            if isinstance(value, int | float):
                _temperature(p, name, float(value), p.rules.temperature_c)
    door = sensors.get(DOOR)
    if p.rules.door_watched and isinstance(door, bool):
        _door(p, door)


def _temperature(p: Passage, name: str, value_c: float, allowed: tuple[float, float]) -> None:
    low, high = allowed
    state = p.fold.sensors.get(name)
    if low <= value_c <= high:
        if state is not None and state.told:
            out_s = round((p.at_ms - state.since_ms) / 1000)
            p.tell(EventKind.TEMPERATURE_BACK, name, worst_c=state.worst, out_s=out_s)
        p.fold.sensors.pop(name, None)
        return
    if state is None:
        p.fold.sensors[name] = state = SensorState(p.at_ms, value_c)
    state.worst = max(state.worst, value_c) if value_c > high else min(state.worst, value_c)
    if not state.told and p.at_ms - state.since_ms >= p.rules.temperature_for_s * 1000:
        state.told = True
        p.tell(EventKind.TEMPERATURE_OUT, name, value_c=value_c, low_c=low, high_c=high)


def _door(p: Passage, is_open: bool) -> None:
    """Open while driving: told once until it is closed again."""
    if not is_open:
        p.fold.door_told = False
    elif p.fold.moving and not p.fold.door_told:
        p.fold.door_told = True
        p.tell(EventKind.DOOR_OPENED_EN_ROUTE, DOOR, speed_kmh=p.speed_kmh or 0.0)
