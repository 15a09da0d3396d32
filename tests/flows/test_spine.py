"""The main job from end to end: post, match, quote, accept, plan, track by GPS and RFID, deliver."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import paho.mqtt.client as mqtt
import pytest
from installation import Caller, Installation, wait_for
from paho.mqtt.enums import CallbackAPIVersion

from haoyun.rfid_ingest import encode_identity


def iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


class PlainDevice:
    """A device that knows nothing but MQTT: stock paho, QoS 1, and a list of what it was told."""

    def __init__(self, credential: dict[str, str]) -> None:
        self.topic_up = credential["topic_up"]
        self.acks: list[dict[str, Any]] = []
        url = urlsplit(credential["mqtt_url"])
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=credential["device"], protocol=mqtt.MQTTv311
        )
        self.client.username_pw_set(credential["device"], credential["secret"])
        self.client.on_message = lambda _c, _d, message: self.acks.append(json.loads(message.payload))
        self.client.on_connect = lambda client, *_: client.subscribe(credential["topic_ack"], 1)
        self._host, self._port = str(url.hostname), int(url.port or 1883)

    def connect(self) -> None:
        """Sign in; the broker learns of new devices within a second or two."""

        def try_once() -> bool:
            self.client.connect(self._host, self._port)
            self.client.loop_start()
            time.sleep(0.5)
            if self.client.is_connected():
                return True
            self.client.loop_stop()
            return False

        wait_for("the broker's welcome", try_once)

    def send(self, kind: str, payload: object) -> None:
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.client.publish(f"{self.topic_up.removesuffix('/')}/{kind}", raw, qos=1).wait_for_publish(10)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture(scope="module")
def shipper(installation: Installation) -> Caller:
    return installation.caller("shipper@example.org")


@pytest.fixture(scope="module")
def carrier(installation: Installation) -> Caller:
    return installation.caller("carrier@example.org")


@pytest.fixture(scope="module")
def operator(installation: Installation) -> Caller:
    return installation.caller("operator@example.org")


def new_truck(carrier: Caller, plate: str, device_name: str) -> tuple[dict[str, Any], PlainDevice]:
    """A registered vehicle and its tracker, signed in to the broker."""
    vehicle = carrier.ok(
        "POST",
        "/api/v1/vehicles",
        {"plate": plate, "body": "reefer", "payload_kg": 18000, "volume_dm3": 52000, "length_cm": 960,
         "temperature_min_c": -20, "temperature_max_c": 10},
    )  # fmt: skip
    device = PlainDevice(
        carrier.ok(
            "POST", "/api/v1/devices", {"name": device_name, "kind": "tracker", "vehicle_id": vehicle["id"]}
        )
    )
    device.connect()
    return vehicle, device


def site(caller: Caller, name: str) -> dict[str, Any]:
    return caller.ok("GET", f"/api/v1/places?q={quote(name)}")["items"][0]


def gate(
    operator: Caller, name: str, place: dict[str, Any], *antennas: tuple[int, str, str, str]
) -> PlainDevice:
    """A reader whose antennas are (number, direction, bizStep, milestone)."""
    device = PlainDevice(operator.ok("POST", "/api/v1/devices", {"name": name, "kind": "reader"}))
    points = [
        {"antenna": number, "place": place["name_en"], "site_key": place["code"], "lat": place["lat"],
         "lon": place["lon"], "direction": direction, "biz_step": step, "milestone_code": code}
        for number, direction, step, code in antennas
    ]  # fmt: skip
    operator.ok("PUT", f"/api/v1/devices/{name}/read-points", {"points": points})
    device.connect()
    return device


def test_a_fix_published_by_a_plain_client_shows_in_the_api(carrier: Caller) -> None:
    vehicle, truck = new_truck(carrier, "苏E12346", "truck-fix-1")
    truck.send(
        "fixes", {"t": iso(datetime.now(UTC)), "lat": 31.30, "lon": 120.60, "spd": 62, "hdg": 90, "seq": 1}
    )
    found = wait_for("the position", lambda: carrier.ok("GET", "/api/v1/vehicles/positions")["items"])
    assert found[0]["vehicle_id"] == vehicle["id"] and found[0]["moving"]
    assert (round(found[0]["lat"], 2), round(found[0]["lon"], 2)) == (31.30, 120.60)
    wait_for("the application's ack", lambda: any(ack["seq"] == 1 for ack in truck.acks))
    truck.close()


def test_post_match_accept_plan_track_deliver(
    installation: Installation,
    shipper: Caller,
    carrier: Caller,
    operator: Caller,
) -> None:
    vehicle, truck = new_truck(carrier, "苏E12345", "truck-flow-1")
    now = datetime.now(UTC)
    suzhou, hangzhou = site(shipper, "苏州"), site(shipper, "杭州")
    window = {"start": iso(now - timedelta(hours=6)), "end": iso(now + timedelta(hours=6))}
    load = shipper.ok(
        "POST",
        "/api/v1/loads",
        {"goods": "Chilled food", "weight_kg": 9000, "volume_dm3": 30000, "ldm_cm": 600, "pallets": 3,
         "body": ["reefer"], "temperature_min_c": 0, "temperature_max_c": 4, "origin": suzhou["code"],
         "destination": hangzhou["code"], "pickup": window,
         "delivery": {"start": window["start"], "end": iso(now + timedelta(hours=30))},
         "price_mode": "fixed", "price_fen": 240000},
    )  # fmt: skip
    capacity = carrier.ok(
        "POST",
        "/api/v1/capacities",
        {"vehicle_id": vehicle["id"], "origin": suzhou["code"], "ready": window, "radius_km": 200},
    )

    matches = shipper.ok("GET", f"/api/v1/loads/{load['id']}/matches")["items"]
    assert [m["capacity_id"] for m in matches] == [capacity["id"]]
    assert len(matches[0]["reasons"]) >= 3 and all(r["text"] for r in matches[0]["reasons"])

    offer = carrier.ok(
        "POST", "/api/v1/quotes", {"load_id": load["id"], "capacity_id": capacity["id"], "price_fen": 235000}
    )
    order = shipper.ok("POST", f"/api/v1/quotes/{offer['id']}/accept", **{"Idempotency-Key": "flow-accept-1"})
    again = shipper.ok("POST", f"/api/v1/quotes/{offer['id']}/accept", **{"Idempotency-Key": "flow-accept-1"})
    assert again["id"] == order["id"], "a repeated accept must be the same order"
    order = carrier.ok("POST", f"/api/v1/orders/{order['id']}/confirm", {"vehicle_id": vehicle["id"]})
    assert order["state"] == "READY"

    job = carrier.ok(
        "POST", "/api/v1/jobs", {"kind": "optimize", "problem": small_problem(), "time_limit_s": 5}
    )
    done = wait_for(
        "the plan",
        lambda: (found := carrier.ok("GET", f"/api/v1/jobs/{job['id']}"))["state"] == "SUCCEEDED" and found,
    )
    assert done["result"]["feasible"] and done["result"]["routes"][0]["stops"]

    consignment = wait_for(
        "the journey",
        lambda: (
            (c := shipper.ok("GET", f"/api/v1/orders/{order['id']}")["consignment"]).get("units")
            and shipper.ok("GET", f"/api/v1/orders/{order['id']}")["timeline"]
            and c
        ),
    )
    tags = [encode_identity(uri, "sscc-96") for uri in consignment["units"]]
    out = gate(operator, "gate-suzhou-1", suzhou, (1, "out", "departing", "GTOT"))
    dock = gate(
        operator, "gate-hangzhou-1", hangzhou, (1, "in", "arriving", "GTIN"), (2, "in", "unloading", "DISC")
    )

    read_all(out, 1, tags, now - timedelta(hours=3), seq=1)
    fixes = way(suzhou, hangzhou, now - timedelta(hours=3, minutes=10), now)
    truck.send("fixes", {"seq": 1, "base": 1, "fixes": fixes})
    on_the_way = wait_for(
        "GPS and RFID on one timeline",
        lambda: (
            {"gps", "rfid"} <= {m["source"] for m in timeline(shipper, order)} and timeline(shipper, order)
        ),
    )
    assert {"PLN", "ACT"} <= {m["quality"] for m in on_the_way}
    read_all(dock, 1, tags, now, seq=1)
    read_all(dock, 2, tags, now + timedelta(seconds=1), seq=2)

    final = wait_for(
        "delivery by its own evidence",
        lambda: (
            (found := shipper.ok("GET", f"/api/v1/orders/{order['id']}"))["order"]["state"] == "TO_CONFIRM"
            and found
        ),
    )
    public = Caller(installation.base).ok(
        "GET", f"/api/v1/tracking/{final['consignment']['tracking_number']}"
    )
    assert public["state"] == "delivered"
    assert vehicle["plate"] not in json.dumps(public, ensure_ascii=False), "the public page names no vehicle"
    assert Caller(installation.base).ok("GET", "/api/v1/summary")["consignments_delivered"] == 1
    assert shipper.ok("POST", f"/api/v1/orders/{order['id']}/confirm-receipt", {})["state"] in (
        "AWAITING_DOCUMENTS",
        "COMPLETED",
    )
    for device in (truck, out, dock):
        device.close()


def test_a_rival_cannot_tell_a_foreign_order_from_a_missing_one(
    installation: Installation, shipper: Caller
) -> None:
    rival = installation.caller("rival@example.org")
    order = shipper.ok("GET", "/api/v1/orders")["items"][0]
    foreign, missing = rival("GET", f"/api/v1/orders/{order['id']}"), rival("GET", "/api/v1/orders/order_000")
    assert foreign.status == missing.status == 404
    assert foreign.body["detail"] == missing.body["detail"]


def timeline(caller: Caller, order: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = caller.ok("GET", f"/api/v1/orders/{order['id']}")["timeline"]
    return found


def read_all(device: PlainDevice, antenna: int, tags: list[str], at: datetime, seq: int) -> None:
    reads = [{"t": iso(at), "antenna": antenna, "epc": tag, "rssi": -51} for tag in tags]
    device.send("reads", {"seq": seq, "base": seq, "reads": reads})


def way(
    a: dict[str, Any], b: dict[str, Any], start: datetime, end: datetime, steps: int = 60
) -> list[dict[str, Any]]:
    """Fixes on the straight line from `a`, where the truck first stands, to `b`."""
    shares = [0.0, 0.0, *(i / steps for i in range(1, steps + 1)), 1.0]
    gap = (end - start) / (len(shares) - 1)
    return [
        {
            "t": iso(start + i * gap),
            "lat": a["lat"] + share * (b["lat"] - a["lat"]),
            "lon": a["lon"] + share * (b["lon"] - a["lon"]),
            "spd": 0 if share in (0.0, 1.0) else 60,
            "hdg": 200,
        }
        for i, share in enumerate(shares)
    ]


def small_problem() -> dict[str, Any]:
    """Two jobs and a vehicle as VROOM JSON with a matrix of its own."""
    return {
        "vehicles": [{"id": 1, "start_index": 0, "end_index": 0, "capacity": [4]}],
        "jobs": [
            {"id": 1, "location_index": 1, "delivery": [1], "service": 300},
            {"id": 2, "location_index": 2, "delivery": [2], "service": 300},
        ],
        "matrices": {"car": {"durations": [[0, 600, 900], [600, 0, 400], [900, 400, 0]],
                             "distances": [[0, 9000, 14000], [9000, 0, 6000], [14000, 6000, 0]]}},
    }  # fmt: skip
