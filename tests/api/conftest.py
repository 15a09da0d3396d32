"""The API on a bare app, and people of several organizations who call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from haoyun.platform.accounts.organizations import create_organization
from haoyun.platform.accounts.security import init_security
from haoyun.platform.accounts.tokens import issue_token
from haoyun.platform.accounts.users import create_user
from haoyun.platform.api.app_parts import api_flask_options, register_api
from haoyun.platform.database import Databases
from haoyun.platform.settings import Settings

PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a token; calls the API as `person.get("/me")`."""

    client: FlaskClient
    email: str
    user_id: str
    org_id: str
    token: str

    def call(self, method: str, path: str, **options: object) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}  # type: ignore[dict-item]
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **options)

    def get(self, path: str, **options: object) -> TestResponse:
        return self.call("GET", path, **options)

    def post(self, path: str, json: object = None, **options: object) -> TestResponse:
        return self.call("POST", path, json=json, **options)


@pytest.fixture
def app(databases: Databases, tmp_path: Path) -> APIFlask:
    settings = Settings(data=tmp_path / "data")
    made = APIFlask("api", instance_path=str(tmp_path), root_path=str(tmp_path), **api_flask_options())
    init_security(made, settings, databases)
    register_api(made, settings, databases)
    return made


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def somebody(databases: Databases, app: APIFlask) -> Callable[..., Person]:
    """Makes a person in an organization of their own."""

    def make(name: str, kinds: set[str], roles: set[str]) -> Person:
        now = datetime.now(UTC)
        with databases.platform.begin() as db:
            home = create_organization(
                db, name=f"{name}公司", name_en=f"{name} Ltd", kinds=kinds, now=now, company_prefix="9521234"
            )
            user = create_user(
                db,
                email=f"{name}@example.com",
                password=PASSWORD,
                org_id=home.id,
                display_name=name,
                roles=roles,
                now=now,
            )
            token = issue_token(db, user.id, now).token
        return Person(app.test_client(), user.email, user.id, home.id, token)

    return make


@pytest.fixture
def shipper(somebody: Callable[..., Person]) -> Person:
    return somebody("shipper", {"shipper"}, {"owner"})


@pytest.fixture
def carrier(somebody: Callable[..., Person]) -> Person:
    return somebody("carrier", {"carrier"}, {"dispatcher"})


@pytest.fixture
def stranger(somebody: Callable[..., Person]) -> Person:
    """Trades too, but has nothing to do with the others."""
    return somebody("stranger", {"shipper", "carrier"}, {"owner"})


@pytest.fixture
def viewer(somebody: Callable[..., Person]) -> Person:
    return somebody("viewer", {"shipper", "carrier"}, {"viewer"})


@pytest.fixture
def operator(somebody: Callable[..., Person]) -> Person:
    return somebody("operator", {"operator"}, {"operator"})


@pytest.fixture
def supervisor(somebody: Callable[..., Person]) -> Person:
    return somebody("supervisor", {"supervisor"}, {"supervisor"})


def _iso(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def window(start_h: float, end_h: float) -> dict[str, str]:
    return {"start": _iso(start_h), "end": _iso(end_h)}


@dataclass(frozen=True, slots=True)
class Deal:
    """A load and the truck that fits it, quoted on; nobody else may know of the load."""

    load_id: str
    vehicle_id: str
    capacity_id: str
    quote_id: str
    device: str


@pytest.fixture
def deal(shipper: Person, carrier: Person) -> Deal:
    """A direct load, a capacity that it fills to the last kilogram, and the carrier's quote."""
    truck = {"plate": "浙B12345", "body": "box", "payload_kg": 8000, "volume_dm3": 80_000, "length_cm": 1360}
    vehicle_id = _made(carrier, "/vehicles", truck)
    _made(carrier, "/devices", {"name": "truck-0001", "kind": "tracker", "vehicle_id": vehicle_id})
    load = {
        "goods": "secret bearings",
        "weight_kg": 8000,
        "pallets": 2,
        "origin": "Ningbo",
        "destination": "Shanghai",
        "pickup": window(1, 12),
        "delivery": window(5, 40),
        "visibility": "direct",
        "invited": [carrier.org_id],
    }
    load_id = _made(shipper, "/loads", load)
    offer = {"vehicle_id": vehicle_id, "origin": "Ningbo", "ready": window(0, 20), "radius_km": 300}
    capacity_id = _made(carrier, "/capacities", offer)
    price = {"load_id": load_id, "capacity_id": capacity_id, "price_fen": 300_000}
    return Deal(load_id, vehicle_id, capacity_id, _made(carrier, "/quotes", price), "truck-0001")


def _made(person: Person, path: str, body: dict[str, object]) -> str:
    answer = person.post(path, body)
    assert answer.status_code == 201, answer.json
    return str(answer.json.get("id", ""))
