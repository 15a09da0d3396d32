"""The words of JT/T 808's position report: status and alarm bits (tables 24 and 25 of the 2019 edition)."""

from __future__ import annotations

from enum import IntFlag


class Status(IntFlag):
    """The status word; bits that this platform does not read keep their value and no name."""

    ACC = 1 << 0  # ignition on
    POSITIONED = 1 << 1
    SOUTH = 1 << 2
    WEST = 1 << 3
    STOPPED = 1 << 4  # out of operation
    SHIFTED = 1 << 5  # a secrecy plug-in moved the position: GCJ-02
    HALF_LOADED = 1 << 8
    FULL_LOADED = 1 << 9
    LOAD = HALF_LOADED | FULL_LOADED
    DOOR_FRONT = 1 << 13
    DOOR_MIDDLE = 1 << 14
    DOOR_REAR = 1 << 15
    DOOR_DRIVER = 1 << 16
    DOOR_OTHER = 1 << 17
    DOORS = DOOR_FRONT | DOOR_MIDDLE | DOOR_REAR | DOOR_DRIVER | DOOR_OTHER


ALARMS = {
    0: "emergency",
    1: "overspeed",
    2: "fatigue",
    3: "danger",
    4: "gnss_fault",
    5: "antenna_cut",
    6: "antenna_short",
    7: "power_low",
    8: "power_cut",
    9: "display_fault",
    10: "speech_fault",
    11: "camera_fault",
    18: "driving_hours",
    19: "parking_hours",
    20: "area",
    21: "route",
    22: "route_time",
    23: "off_route",
    24: "speed_sensor_fault",
    25: "fuel",
    26: "stolen",
    27: "ignition_forbidden",
    28: "moved_forbidden",
    29: "collision",
    30: "rollover",
    31: "door_forbidden",
}


def alarm_words(word: int) -> list[str]:
    """The alarms that stand in an alarm word; a reserved bit is left out."""
    if word == 0:
        return []
    return [name for bit, name in ALARMS.items() if word >> bit & 1]
