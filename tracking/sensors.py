"""Sensor values on a fix: one small dictionary for all formats, so that a rule need not know who reported.

`SENSORS` says what each name means. A decoder drops what
the dictionary does not know: the raw message of a format is not kept, its position is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import orjson

from haoyun.tracking.errors import BadFix

SensorValue = bool | float | str
Sensors = Mapping[str, SensorValue]
MAX_TEXT = 80


@dataclass(frozen=True, slots=True)
class Sensor:
    """What one name means: its type, and for numbers the range in the unit that the name carries."""

    kind: type[bool] | type[float] | type[str]
    meaning: str
    low: float = 0.0
    high: float = 0.0


def _number(meaning: str, low: float, high: float) -> Sensor:
    return Sensor(float, meaning, low, high)


SENSORS: Mapping[str, Sensor] = MappingProxyType(
    {
        "battery_pct": _number("charge of the device's own battery, percent", 0, 100),
        "battery_v": _number("voltage of the device's own battery", 0, 1000),
        "power_v": _number("voltage of the vehicle's supply", 0, 1000),
        "charging": Sensor(bool, "whether the device is being charged"),
        "ignition": Sensor(bool, "whether the ignition (ACC) is on"),
        "motion": Sensor(bool, "whether the device's own sensor feels motion"),
        "door_open": Sensor(bool, "whether any door of the load space or the cab is open"),
        "temperature_c": _number("temperature of the load space, first probe", -100, 200),
        "temperature2_c": _number("second probe", -100, 200),
        "temperature3_c": _number("third probe", -100, 200),
        "temperature4_c": _number("fourth probe", -100, 200),
        "humidity_pct": _number("relative humidity of the load space", 0, 100),
        "odometer_m": _number("the vehicle's own odometer, as the device reports it", 0, 1e10),
        "fuel_l": _number("fuel in the tank", 0, 5000),
        "fuel_pct": _number("fuel in the tank, percent", 0, 100),
        "satellites": _number("satellites used for the fix", 0, 200),
        "hdop": _number("horizontal dilution of precision", 0, 100),
        "signal_pct": _number("strength of the mobile network, percent", 0, 100),
        "loaded": Sensor(bool, "whether the vehicle says that it carries a load"),
        "alarm": Sensor(str, "alarms that stand, comma-separated, in the format's own words"),
        "driver": Sensor(str, "the driver's card or name, as the device read it"),
        "event": Sensor(str, "what made the device report, e.g. enter yard"),
    }
)


def sensors(values: Mapping[str, object]) -> Sensors:
    """The known values among `values`, checked; None is left out. Raises BadFix naming the sensor and its rule."""
    return {
        name: _checked(name, SENSORS[name], values[name])
        for name in sorted(values)
        if name in SENSORS and values[name] is not None
    }


def sensors_json(values: Sensors) -> str | None:
    """As the store keeps them; None where there are none."""
    return orjson.dumps(dict(values)).decode() if values else None


def sensors_of_json(text: str | None) -> Sensors:
    """What `sensors_json` wrote."""
    return dict(orjson.loads(text)) if text else {}


def _checked(name: str, sensor: Sensor, value: object) -> SensorValue:
    if sensor.kind is bool:
        if not isinstance(value, bool):
            raise BadFix(f"{name} must be true or false, not {type(value).__name__}")
        return value
    if sensor.kind is str:
        if not isinstance(value, str):
            raise BadFix(f"{name} must be text, not {type(value).__name__}")
        return value.replace("\0", "")[:MAX_TEXT]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadFix(f"{name} must be a number, not {type(value).__name__}")
    if not (math.isfinite(value) and sensor.low <= value <= sensor.high):
        raise BadFix(f"{name} {value:g} is outside {sensor.low:g}..{sensor.high:g}")
    return float(value)
