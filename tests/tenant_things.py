"""One of everything that has an owner, for tests of who may see it: a draft, an import, a round, a webhook ..."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from apiflask import APIFlask
from round_world import propose

from haoyun.platform.services import EXTENSION
from haoyun.tracking.exceptions import ExceptionKind, ShipmentException, exceptions_of, raise_exception
from haoyun.tracking.timeline import Source

HOOK = {"url": "https://tms.example.com/secret-hook"}
LANE = {"name": "secret lane", "origin": "Ningbo"}
REPEAT = {
    "name": "secret repeat",
    "fields": {"goods": "secret", "weight_kg": 1000, "origin": "Ningbo", "destination": "Shanghai"},
    "times": {"weekdays": [1, 2, 3, 4, 5, 6, 7], "first": "2099-01-01", "last": "2099-03-01", "at": "08:00"},
}
WAREHOUSE = {
    "name": "secret warehouse",
    "address": "1 Port Road, Ningbo",
    "lat": 29.9,
    "lon": 121.8,
    "hours": ["00:00-24:00"] * 7,
}
DOCK = {"name": "secret dock", "open_to": "partners"}
FILE = (
    "goods,weight,from,to,pickup from,pickup until,delivery from,delivery until\n"
    "secret,1000,Ningbo,Shanghai,2099-01-01 08:00,2099-01-01 18:00,2099-01-02 08:00,2099-01-03 18:00\n"
)

# For each part of a path that names something: what names nothing.
MISSING = {
    "load_id": "load_none", "capacity_id": "cap_none", "quote_id": "quo_none", "order_id": "ord_none",
    "vehicle_id": "veh_none", "job_id": "job_none", "name": "device-none", "fence_id": "fen_none",
    "run_id": "lab_none", "rule_id": "alr_none", "share_id": "shr_none", "document_id": "doc_none",
    "key_id": "token_none", "invitation_id": "inv_none", "user_id": "user_none", "org_id": "org_none",
    "session_id": "ses_none", "passkey_id": "pky_none", "token": "none", "value": "urn:epc:id:sscc:9521234.0000000999",
    "event_id": "ni:///sha-256;" + "0" * 64 + "?ver=CBV2.0", "subscription_id": "none",
    "unknown": "none", "query": "query-none", "capture": "cap-none", "driver_id": "drv_none", "draft_id": "dra_none",
    "repeat_id": "rep_none", "import_id": "job_none", "partner_id": "org_none", "lane_id": "lane_none",
    "number": "HY00000000000000000000", "series": "none",
    "flag_id": "flg_none", "round_id": "rnd_none", "line_id": "lin_none", "kind": "loads", "form": "csv",
    "webhook_id": "whk_none", "delivery_id": "999999999", "exception_id": "987654321",
    "warehouse_id": "wh_none", "dock_id": "dock_none", "booking_id": "bkg_none", "closure_id": "clo_none",
}  # fmt: skip


def published(shipper: Any, carrier: Any) -> dict[str, str]:
    """Their ids, by the names that routes give them."""
    return {
        "draft_id": shipper.post("/drafts", {"fields": {"goods": "secret draft"}}).json["id"],
        "repeat_id": shipper.post("/repeats", REPEAT).json["id"],
        "import_id": shipper.call("POST", "/imports", data=FILE).json["id"],
        "partner_id": shipper.post("/partners", {"partner": carrier.org_id}).json["org_id"],
        "lane_id": carrier.post("/saved-lanes", LANE).json["id"],
        "flag_id": "flg_of_the_deal",
        **_hook(shipper),
        "kind": "loads",
        "form": "csv",
        **_proposal(shipper, carrier),
        **_docks(shipper, carrier),
    }


def _docks(shipper: Any, carrier: Any) -> dict[str, str]:
    """A warehouse of the shipper's that is open to its partners, booked by the carrier, who is one."""
    warehouse_id = shipper.post("/warehouses", WAREHOUSE).json["id"]
    dock_id = shipper.post(f"/warehouses/{warehouse_id}/docks", DOCK).json["id"]
    first = carrier.get(
        f"/warehouses/{warehouse_id}/first-free?purpose=unload&plate=secret-1&body=box&length_cm=960"
    ).json["items"][0]
    booking = {
        "dock_id": dock_id,
        "start": first["start"],
        "purpose": "unload",
        "plate": "SECRET-1",
        "body": "box",
        "length_cm": 960,
    }
    far = datetime.now(UTC) + timedelta(days=30)
    closure = {"start": far.isoformat(), "end": (far + timedelta(hours=2)).isoformat()}
    return {
        "warehouse_id": warehouse_id,
        "dock_id": dock_id,
        "booking_id": carrier.post("/bookings", booking).json["id"],
        "closure_id": shipper.post(f"/docks/{dock_id}/closures", closure).json["id"],
    }


def _hook(shipper: Any) -> dict[str, str]:
    webhook_id = shipper.post("/webhooks", HOOK).json["id"]
    return {
        "webhook_id": webhook_id,
        "delivery_id": str(shipper.post(f"/webhooks/{webhook_id}/test").json["id"]),
    }


def exception_of(app: APIFlask, shipper: Any, order_id: str) -> str:
    """The number of an exception of the order's goods."""
    journey = shipper.get(f"/orders/{order_id}").json["consignment"]["id"]
    now = datetime.now(UTC)
    with app.extensions[EXTENSION].write_tracking() as db:
        raise_exception(
            db, ShipmentException(journey, ExceptionKind.DAMAGED, Source.DRIVER, now, "pallet 1"), now
        )
        return str(exceptions_of(db, [journey])[0].id)


def _hours(start: float, end: float) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "start": (now + timedelta(hours=start)).isoformat(),
        "end": (now + timedelta(hours=end)).isoformat(),
    }


def _proposal(shipper: Any, carrier: Any) -> dict[str, str]:
    """A line of a round for another load and truck of the two."""
    truck = {"plate": "浙B54321", "body": "box", "payload_kg": 8000, "volume_dm3": 80_000, "length_cm": 1360}
    vehicle_id = carrier.post("/vehicles", truck).json["id"]
    offer = {"vehicle_id": vehicle_id, "origin": "Ningbo", "ready": _hours(0, 20), "radius_km": 300}
    carrier.post("/capacities", offer)
    load = {"goods": "secret bearings", "weight_kg": 8000, "origin": "Ningbo", "destination": "Shanghai"}
    load |= {"pickup": _hours(1, 12), "delivery": _hours(5, 40), "price_mode": "fixed", "price_fen": 900_000}
    shipper.post("/loads", load | {"visibility": "direct", "invited": [carrier.org_id]})
    round_id, lines = propose(shipper.client.application.extensions["haoyun"])
    return {"round_id": round_id, "line_id": lines[0].id}
