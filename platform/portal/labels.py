"""Words for states, codes and reasons. Sentences of market and trading rules come from their own room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from haoyun.platform.market.match import Reason
from haoyun.platform.portal.formats import duration, money, percent
from haoyun.platform.portal.formats import km as kilometres


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
}

ROLES: Mapping[str, LazyString] = {
    "owner": _l("Owner"),
    "dispatcher": _l("Dispatcher"),
    "driver": _l("Driver"),
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


def state_look(name: object) -> Look:
    """The look of any life cycle's state; an unlisted one shows its own name."""
    return STATES.get(str(name), Look(str(name), "dull"))


def in_words(value: str | float) -> str | float:
    """A parameter of a rule's sentence: names of bodies and states in the reader's language."""
    if not isinstance(value, str):
        return value
    names = value.split("/")
    known = [BODIES.get(name) or (STATES[name].label if name in STATES else None) for name in names]
    return "/".join(str(word) for word in known) if all(known) else value


def bodies_words(bodies: object) -> str:
    """Accepted bodies, or that any will do."""
    found = sorted(str(one) for one in bodies) if bodies else []  # type: ignore[attr-defined]
    return ", ".join(str(BODIES[one]) for one in found) if found else gettext("any body")


def chip(reason: Reason) -> str:
    """A reason in two or three words."""
    value = reason.value
    words = {
        "deadhead": lambda: gettext("empty %(km)s", km=kilometres(value)),
        "unknown_position": lambda: gettext("position unknown"),
        "time_fit": lambda: gettext("%(time)s to spare", time=duration((value or 0) * 60)),
        "body": lambda: gettext("body as asked") if value else gettext("any body"),
        "weight_use": lambda: gettext("%(share)s full", share=percent(value)),
        "margin": lambda: gettext("margin %(share)s", share=percent(value)),
        "backhaul": lambda: gettext("%(n)s return loads", n=round(value or 0)) if value else gettext("no return load"),
        "price_index": lambda: gettext("price level %(share)s", share=percent(value)) if value else gettext("price on request"),
    }
    return words[reason.key]() if reason.key in words else reason.key


def chips(reasons: tuple[Reason, ...], most: int = 4) -> list[dict[str, str]]:
    """The reasons that weigh most, the strongest first; an unknown position is never left out."""
    telling = [r for r in reasons if not (r.key == "backhaul" and not r.value)]
    telling.sort(key=lambda r: (r.key != "unknown_position", -r.points))
    return [{"text": chip(r), "tone": "warn" if r.key == "unknown_position" else ""} for r in telling[:most]]


def evidence(reason: Reason) -> str:
    """What a reason was taken from, in words."""
    e = reason.evidence
    if reason.key in ("deadhead", "unknown_position"):
        return _position_words(e)
    if reason.key == "time_fit":
        return gettext("arrives %(at)s, waits %(wait)s", at=_clock(e.get("arrives_at")), wait=duration(_number(e, "waiting_min") * 60))
    if reason.key == "weight_use":
        return gettext("%(load)s kg of %(free)s kg free", load=_count(e, "weight_kg"), free=_count(e, "free_kg"))
    if reason.key == "margin":
        return gettext("price %(price)s, costs %(cost)s", price=_yuan(e, "price_fen"), cost=_yuan(e, "cost_fen"))
    if reason.key == "backhaul":
        return gettext("%(loads)s loads and %(vehicles)s vehicles there", loads=_count(e, "loads"), vehicles=_count(e, "vehicles"))
    if reason.key == "price_index":
        return gettext("usual: ¥%(price)s per km", price=f"{_number(e, 'index_fen_per_km') / 100:.2f}")
    if reason.key == "body":
        return str(BODIES.get(str(e.get("offered")), e.get("offered") or ""))
    return ""


def _position_words(e: Mapping[str, str | float | None]) -> str:
    if e.get("seen_at"):
        return gettext("position of %(at)s", at=_clock(e["seen_at"]))
    if e.get("at_most_m"):
        return gettext("assumed: at most %(km)s", km=kilometres(_number(e, "at_most_m")))
    return gettext("from the place it was offered at")


def _clock(value: object) -> str:
    from haoyun.platform.portal.formats import clock  # noqa: PLC0415 - the filter needs the request's zone

    return str(clock(datetime.fromisoformat(str(value))).striptags()) if value else "–"  # type: ignore[union-attr]


def _number(e: Mapping[str, str | float | None], name: str) -> float:
    return float(e.get(name) or 0)


def _count(e: Mapping[str, str | float | None], name: str) -> str:
    return f"{_number(e, name):,.0f}"


def _yuan(e: Mapping[str, str | float | None], name: str) -> str:
    return money(round(_number(e, name) / 100) * 100)
