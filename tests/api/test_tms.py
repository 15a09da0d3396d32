"""The guide "connect a TMS": its scripts run as they stand, against the application behind a real port."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from apiflask import APIFlask
from werkzeug.serving import make_server

from haoyun.platform.database import Databases
from haoyun.platform.webhooks.deliver import WebhookSender
from haoyun.platform.webhooks.follow import follow_changes

GUIDE = Path(__file__).resolve().parent.parent.parent / "docs/howto/connect-a-tms.md"
PASSWORD = "correct horse battery"


@pytest.fixture
def api(app: APIFlask) -> Iterator[str]:
    """The application behind a real port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}/api/v1"
    server.shutdown()
    serving.join()
    server.server_close()


def scripts() -> dict[str, Any]:
    """What the guide's scripts define."""
    found: dict[str, Any] = {"__name__": "guide"}
    for block in re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S):
        exec(block, found)
    return found


def test_a_tms_posts_takes_the_cheapest_quote_and_hears_of_it(
    api: str, databases: Databases, shipper: Any, carrier: Any
) -> None:
    guide = scripts()
    tms = guide["sign_in"](api, shipper.email, PASSWORD)
    now = datetime.now(UTC)
    receiver = guide["receive"]("")
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    hook = tms.call("POST", "/webhooks", {"url": f"http://127.0.0.1:{receiver.server_port}/"}, key="hook-1")
    again = tms.call("POST", "/webhooks", {"url": f"http://127.0.0.1:{receiver.server_port}/"}, key="hook-1")
    assert again["id"] == hook["id"] and again["secret"] is None
    guide["Receiver"].secret = hook["secret"]

    window = {"start": (now + timedelta(hours=1)).isoformat(), "end": (now + timedelta(hours=9)).isoformat()}
    load = {
        "goods": "纸张", "weight_kg": 9_000, "origin": "宁波", "destination": "上海", "pickup": window,
        "delivery": {**window, "end": (now + timedelta(hours=40)).isoformat()},
    }  # fmt: skip
    made = guide["publish"](tms, "S-1", load)
    assert guide["publish"](tms, "S-1", load)["id"] == made["id"]
    with pytest.raises(RuntimeError, match=r"422.*weight_kg"):
        guide["publish"](tms, "S-2", {**load, "weight_kg": 10**6})
    assert guide["cheapest"](tms, made["id"]) is None

    truck = {"plate": "浙B66888", "body": "box", "payload_kg": 18000, "volume_dm3": 80000, "length_cm": 1360}
    vehicle = carrier.post("/vehicles", truck).json["id"]
    offer = {"vehicle_id": vehicle, "origin": "宁波", "ready": window, "radius_km": 200}
    capacity = carrier.post("/capacities", offer).json["id"]
    for price in (330_000,):
        quote = {"load_id": made["id"], "capacity_id": capacity, "price_fen": price}
        assert carrier.post("/quotes", quote).status_code == 201
    best = guide["cheapest"](tms, made["id"])
    order = guide["accept"](tms, "S-1", best)
    assert guide["accept"](tms, "S-1", best)["id"] == order["id"]
    confirm = carrier.post(
        f"/orders/{order['id']}/confirm", {"vehicle_id": vehicle}, headers={"Idempotency-Key": "c"}
    )
    repeated = carrier.post(
        f"/orders/{order['id']}/confirm", {"vehicle_id": vehicle}, headers={"Idempotency-Key": "c"}
    )
    assert confirm.json == repeated.json and confirm.json["state"] == "READY"
    moved = carrier.post(f"/orders/{order['id']}/move", {"to": "TO_LOADING"})
    assert moved.status_code == 200 and moved.json["state"] == "TO_LOADING"

    _deliver(databases)
    events = list(guide["Receiver"].events.values())
    receiver.shutdown()
    receiver.server_close()
    kinds = [event["type"] for event in events]
    for expected in (
        "load.posted",
        "quote.made",
        "quote.accepted",
        "order.made",
        "order.moved",
        "load.covered",
    ):
        assert expected in kinds, (expected, kinds)
    _as_specified(carrier, events)
    log = tms.every(f"/webhooks/{hook['id']}/deliveries")
    assert len(log) == len(events) and {one["state"] for one in log} == {"delivered"}


def _deliver(databases: Databases) -> None:
    now = datetime.now(UTC)
    follow_changes(databases, now)
    sender = WebhookSender(private=True)
    for _ in range(3):
        sender(databases, now + timedelta(seconds=1))
        sender.wait()


def _as_specified(person: Any, events: list[dict[str, Any]]) -> None:
    """Each message is what the section `webhooks` of the specification says of its type, and no field is missing."""
    spec = person.get("/openapi.json").json
    for event in events:
        operation = spec["webhooks"][event["type"]]["post"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        jsonschema_rs.validate({**schema, "components": spec["components"]}, event)
        for field, model in (("load", "LoadOut"), ("quote", "QuoteOut"), ("order", "OrderOut")):
            if field in event["data"]:
                assert set(event["data"][field]) == set(spec["components"]["schemas"][model]["properties"]), (
                    field
                )
