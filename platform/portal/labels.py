"""Words for states and codes. Sentences of market and trading rules come from their own room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from haoyun.platform.portal.i18n import gettext


@dataclass(frozen=True, slots=True)
class Look:
    """The words for a state, and the tone of its chip."""

    label: LazyString | str
    tone: str = ""


BODIES: Mapping[str, LazyString] = {
    "box": _l("Box"),
    "curtain": _l("Curtain-sider"),
    "reefer": _l("Reefer"),
    "flatbed": _l("Flatbed"),
    "stake": _l("Stake body"),
    "tank": _l("Tank"),
    "container": _l("Container chassis"),
}

MODES: Mapping[str, LazyString] = {
    "road": _l("Road"),
    "rail": _l("Rail"),
    "water": _l("Waterway"),
    "air": _l("Air freight"),
}
EQUIPMENT: Mapping[str, LazyString] = {
    "tail_lift": _l("Tail lift"),
    "pallet_jack": _l("Pallet jack"),
    "forklift": _l("Truck-mounted forklift"),
    "crane": _l("Crane on board"),
    "straps": _l("Lashing straps"),
    "load_bars": _l("Load bars"),
    "tarpaulin": _l("Tarpaulin"),
    "side_opening": _l("Side doors"),
}

# Why something stayed behind (routing's ReasonCode).
LEFT_BEHIND: Mapping[str, LazyString] = {
    "no_skill": _l("No vehicle has the skills it needs"),
    "too_large": _l("Too large for every vehicle"),
    "out_of_reach": _l("No vehicle can be there in time"),
    "no_single_vehicle": _l("No vehicle meets all its conditions"),
    "not_enough_room": _l("A vehicle could take it, but the plan has no room for it"),
    "not_enough_time": _l("The search found no plan within its time"),
}
COST_PARTS: Mapping[str, LazyString] = {
    "fixed": _l("Fixed cost"),
    "distance": _l("By distance"),
    "travel": _l("By hours of driving"),
    "duty": _l("By hours on duty"),
    "tasks": _l("By hours at stops"),
}
MEASURES: Mapping[str, LazyString] = {
    "weight_kg": _l("weight in kg"),
    "volume_dm3": _l("volume in litres"),
    "ldm_cm": _l("loading length in cm"),
}

STATES: Mapping[str, Look] = {
    "DRAFT": Look(_l("Draft"), "dull"),
    "OPEN": Look(_l("Open"), "good"),
    "RESERVED": Look(_l("Reserved"), "warn"),
    "COVERED": Look(_l("Covered"), "info"),
    "EXPIRED": Look(_l("Expired"), "dull"),
    "CANCELLED": Look(_l("Cancelled"), "dull"),
    "PART_BOOKED": Look(_l("Partly booked"), "info"),
    "FULL": Look(_l("Full"), "info"),
    "WITHDRAWN": Look(_l("Withdrawn"), "dull"),
    "SUBMITTED": Look(_l("Submitted"), "info"),
    "COUNTERED": Look(_l("Countered"), "warn"),
    "ACCEPTED": Look(_l("Accepted"), "good"),
    "REJECTED": Look(_l("Rejected"), "dull"),
    "VOIDED": Look(_l("Voided"), "dull"),
    "AWAITING_CONFIRMATION": Look(_l("Awaiting confirmation"), "warn"),
    "AWAITING_VEHICLE": Look(_l("Awaiting vehicle"), "warn"),
    "READY": Look(_l("Ready"), "info"),
    "TO_LOADING": Look(_l("On the way to loading"), "info"),
    "LOADING": Look(_l("Loading"), "info"),
    "IN_TRANSIT": Look(_l("In transit"), "good"),
    "TO_CONFIRM": Look(_l("Receipt to be confirmed"), "warn"),
    "AWAITING_DOCUMENTS": Look(_l("Awaiting documents"), "warn"),
    "COMPLETED": Look(_l("Completed"), "good"),
    "QUEUED": Look(_l("Queued"), "dull"),
    "RUNNING": Look(_l("Running"), "info"),
    "SUCCEEDED": Look(_l("Succeeded"), "good"),
    "FAILED": Look(_l("Failed"), "bad"),
    "BOOKED": Look(_l("Booked"), "info"),
    "ARRIVED": Look(_l("At the gate"), "warn"),
    "STARTED": Look(_l("At the dock"), "good"),
    "FINISHED": Look(_l("Finished"), "dull"),
    "NO_SHOW": Look(_l("Did not come"), "bad"),
    "planned": Look(_l("Planned"), "dull"),
    "at_origin": Look(_l("At the origin"), "info"),
    "loaded": Look(_l("Loaded"), "info"),
    "in_transit": Look(_l("In transit"), "good"),
    "arrived": Look(_l("Arrived"), "good"),
    "delivered": Look(_l("Delivered"), "good"),
}

MILESTONES: Mapping[str, LazyString] = {
    "STUF": _l("Packed"),
    "PICK": _l("Picked up"),
    "LOAD": _l("Loaded"),
    "RSEA": _l("Sealed"),
    "GTOT": _l("Out of the gate"),
    "DEPA": _l("Departed"),
    "INSP": _l("Inspected"),
    "ARRI": _l("Arrived"),
    "GTIN": _l("In through the gate"),
    "DISC": _l("Unloaded"),
    "STRP": _l("Unpacked"),
    "DROP": _l("Handed over"),
}

QUALITIES: Mapping[str, LazyString] = {"PLN": _l("planned"), "EST": _l("estimated"), "ACT": _l("actual")}
SOURCES: Mapping[str, LazyString] = {
    "plan": _l("Plan"),
    "gps": _l("GPS"),
    "rfid": _l("RFID"),
    "driver": _l("Driver"),
    "document": _l("Document"),
}

EXCEPTIONS: Mapping[str, LazyString] = {
    "no_departure": _l("no departure was seen"),
    "no_arrival": _l("no arrival was seen"),
}

FLAGS: Mapping[str, LazyString] = {
    **EXCEPTIONS,
    "late_pickup": _l("late at the pickup"),
    "late_delivery": _l("late at the delivery"),
}

REASONS: Mapping[str, LazyString] = {
    "deadhead": _l("Empty distance"),
    "unknown_position": _l("Position unknown"),
    "time_fit": _l("Time"),
    "body": _l("Body"),
    "weight_use": _l("Use of space"),
    "margin": _l("Margin"),
    "backhaul": _l("Return loads"),
    "price_index": _l("Price level"),
    "detour": _l("Detour"),
    "on_time": _l("Carrier in time"),
    "kept": _l("Shipper keeps to orders"),
}

ROLES: Mapping[str, LazyString] = {
    "owner": _l("Owner"),
    "dispatcher": _l("Dispatcher"),
    "driver": _l("Driver"),
    "accountant": _l("Accountant"),
    "operator": _l("Operator"),
    "supervisor": _l("Supervisor"),
    "viewer": _l("Viewer"),
}

ORG_KINDS: Mapping[str, LazyString] = {
    "shipper": _l("Shipper"),
    "carrier": _l("Carrier"),
    "operator": _l("Operator"),
    "supervisor": _l("Supervisor"),
}


VERIFICATION: Mapping[str, Look] = {
    "UNVERIFIED": Look(_l("Not verified"), "dull"),
    "PENDING": Look(_l("Being verified"), "warn"),
    "VERIFIED": Look(_l("Verified"), "good"),
    "REFUSED": Look(_l("Verification refused"), "bad"),
}


def state_look(name: object) -> Look:
    """The look of any life cycle's state; an unlisted one shows its own name."""
    return STATES.get(str(name), Look(str(name), "dull"))


_WORDS: Mapping[str, LazyString] = {**BODIES, **MODES, **EQUIPMENT}


def in_words(value: str | float) -> str | float:
    """A parameter of a rule's sentence: names of bodies and states in the reader's language."""
    if not isinstance(value, str):
        return value
    names = value.split("/")
    known = [_WORDS.get(name) or (STATES[name].label if name in STATES else None) for name in names]
    return "/".join(str(word) for word in known) if all(known) else value


def equipment_words(equipment: object) -> str:
    """What a load needs or a vehicle brings, in one line."""
    return ", ".join(str(EQUIPMENT[str(one)]) for one in sorted(str(e) for e in equipment))  # type: ignore[attr-defined]


def bodies_words(bodies: object) -> str:
    """Accepted bodies, or that any will do."""
    found = sorted(str(one) for one in bodies) if bodies else []  # type: ignore[attr-defined]
    return ", ".join(str(BODIES[one]) for one in found) if found else gettext("any body")


DEVICE_KINDS: Mapping[str, LazyString] = {
    "tracker": _l("GPS tracker"),
    "phone": _l("Phone"),
    "terminal": _l("JT/T 808 terminal"),
    "reader": _l("RFID reader"),
}
DEVICE_STATES: Mapping[str, Look] = {
    "reporting": Look(_l("Reporting"), "good"),
    "silent": Look(_l("Silent"), "warn"),
    "never": Look(_l("Not heard yet"), "dull"),
    "revoked": Look(_l("Revoked"), "dull"),
}
DEVICE_TROUBLES: Mapping[str, LazyString] = {
    "battery_low": _l("Battery low"),
    "clock_ahead": _l("Its clock runs ahead"),
    "clock_behind": _l("Its clock is behind, or everything is sent late"),
    "positions_doubtful": _l("Many positions in doubt"),
    "messages_rejected": _l("Messages rejected"),
}
REJECT_CODES: Mapping[str, LazyString] = {
    "bad_fix": _l("a position breaks a rule"),
    "bad_frame": _l("bytes that are no JT/T 808 message"),
    "malformed": _l("a message that cannot be read"),
    "encrypted": _l("an encrypted message"),
    "unsupported_kind": _l("a kind of message that is not known"),
    "revoked_device": _l("it speaks on although it is revoked"),
    "not_storable": _l("the database refused it"),
}
SENSOR_NAMES: Mapping[str, LazyString] = {
    "battery_pct": _l("Battery (%)"),
    "battery_v": _l("Battery (V)"),
    "power_v": _l("Vehicle supply (V)"),
    "charging": _l("Charging"),
    "ignition": _l("Ignition"),
    "motion": _l("Motion"),
    "door_open": _l("Door open"),
    "temperature_c": _l("Temperature (°C)"),
    "temperature2_c": _l("Temperature 2 (°C)"),
    "temperature3_c": _l("Temperature 3 (°C)"),
    "temperature4_c": _l("Temperature 4 (°C)"),
    "humidity_pct": _l("Humidity (%)"),
    "odometer_m": _l("Odometer (m)"),
    "fuel_l": _l("Fuel (l)"),
    "fuel_pct": _l("Fuel (%)"),
    "satellites": _l("Satellites"),
    "hdop": _l("HDOP"),
    "signal_pct": _l("Mobile signal (%)"),
    "loaded": _l("Loaded with goods"),
    "alarm": _l("Alarms"),
    "driver": _l("Driver"),
    "event": _l("Event"),
}
