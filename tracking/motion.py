"""The newest believed position of a device, as readers get it. How it comes about: steps/distance.py."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class DeviceState(NamedTuple):
    """The newest believed position of a device and what was summed up on the way there.

    A tuple, since a map reads ten thousand of them at once: a frozen dataclass takes several times as long to make.
    """

    device: str
    fix_time: datetime
    seq: int
    received_at: datetime
    lat: float
    lon: float
    speed_kmh: float | None
    heading_deg: float | None
    accuracy_m: float | None
    odometer_m: float
    moving: bool
