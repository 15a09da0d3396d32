"""Every route of the whole application x every role x own, foreign and missing ids.

The routes are read from the application and the lists from tests/tenant_matrix.py: a route that stands in none of
them fails, so that a new one is thought of on its first day. Pages take the same tokens as the API here.
"""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from tenant_matrix import BY_ID, OPERATOR, OWN, PUBLIC
from tenant_things import DOCK, HOOK, MISSING, WAREHOUSE, exception_of, published
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from haoyun.platform.accounts.sessions import open_session, sessions_of
from haoyun.platform.accounts.tables import passkey
from haoyun.platform.accounts.tokens import issue_token
from haoyun.platform.accounts.users import create_user
from haoyun.platform.api.limits import limiter
from haoyun.platform.database import Databases
from haoyun.platform.portal.app import create_app
from haoyun.platform.settings import Settings

STRANGERS = ("owner", "dispatcher", "driver", "accountant", "viewer")
LICENCE = "JVBERi0xLjcgbGljZW5jZQ=="  # "%PDF-1.7 licence"
TRUCK = {"plate": "浙B99999", "body": "box", "payload_kg": 8000, "volume_dm3": 80_000, "length_cm": 1360}
DRIVER = {"name": "Secret Driver", "licence_class": "A2"}
EPC = "urn:epc:id:sscc:9521234.0000000777"
WINDOW = {"start": "2099-01-01T08:00:00Z", "end": "2099-01-01T18:00:00Z"}
# Ids that are plain numbers: told from other numbers by the part of the path before them.
NUMBERS = {"delivery_id": "deliveries", "exception_id": "exceptions"}
# What the dictionaries of EPCIS are asked for: all of it stands in one event of the shipper.
VALUES = {
    "epcs": EPC,
    "bizLocations": "urn:epc:id:sgln:9521234.00778.0",
    "bizSteps": "shipping",
    "dispositions": "in_transit",
    "readPoints": "urn:epc:id:sgln:9521234.00777.0",
    "eventTypes": "ObjectEvent",
}
# Not yet there in a world without a finished plan, import or grant, or sent on to a form: instead of 200.
NOT_YET = {
    "GET /api/v1/loads/<load_id>/auction": 404,  # the load of the matrix asked for quotes, and is taken
    "GET /loads/<load_id>/auction": 404,
    "GET /loads/<load_id>/edit": 302,
    "GET /api/v1/jobs/<job_id>/plan": 409,
    "GET /api/v1/jobs/<job_id>/why": 409,
    "GET /shared/<order_id>": 404,
    "GET /dispatch/<job_id>/why": 404,
    "GET /epcis/v2/<path:unknown>": 404,
    "GET /api/v1/imports/<import_id>/report": 404,
    "GET /publish/import/<job_id>/report.<form>": 404,
    "GET /publish/import/<kind>.<form>": 302,
    "GET /publish/drafts/<draft_id>": 302,
    "GET /s/<token>": 404,
    "GET /register/<token>": 404,
    "GET /new-password/<token>": 404,
}


@pytest.fixture
def databases(migrated_folder: Path, tmp_path: Path) -> Iterator[Databases]:
    """SQLite alone: who may see what is decided in one code, and the rooms' own tests run on both."""
    shutil.copytree(migrated_folder, tmp_path / "data")
    found = Databases.open(tmp_path / "data")
    yield found
    found.close()


@pytest.fixture
def app(databases: Databases, tmp_path: Path) -> Iterator[APIFlask]:
    """The whole application, pages included."""
    made = create_app(Settings(data=tmp_path / "data", live_port=0), databases)
    made.config["WTF_CSRF_ENABLED"] = (
        False  # who sends a token needs none on the API; pages have tests of their own
    )
    limiter.enabled = False
    yield made
    limiter.enabled = True


@dataclass
class Caller:
    """Somebody with a token, who asks any address."""

    app: APIFlask
    token: str

    def ask(self, method: str, path: str, body: Any = None) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        as_json = path.startswith(("/api/", "/epcis/"))
        sent: dict[str, Any] = {"json": body} if as_json else {"data": body or {}}
        return self.app.test_client().open(
            path, method=method, headers=headers, **({} if method == "GET" else sent)
        )


@dataclass
class World:
    """One of everything, owned by a shipper and a carrier who have a deal, and the strangers around."""

    ids: dict[str, str]
    owners: list[Caller]
    strangers: dict[str, Caller]
    nobody: Caller
    operator: Caller
    secrets: list[str]


@pytest.fixture
def world(
    app: APIFlask, databases: Databases, shipper: Any, carrier: Any, stranger: Any, operator: Any, deal: Any
) -> World:
    order = shipper.post(f"/quotes/{deal.quote_id}/accept").json
    carrier.post(f"/orders/{order['id']}/confirm", {"vehicle_id": deal.vehicle_id})
    problem = {"vehicles": [{"id": 1, "start": [121.5, 29.8]}], "jobs": []}
    fence = {"name": "Secret yard", "shape": {"type": "Point", "coordinates": [121.5, 29.8], "radius_m": 500}}
    paper = {"kind": "business_licence", "name": "secret-licence.pdf", "content": LICENCE}
    ids = {
        "load_id": deal.load_id, "capacity_id": deal.capacity_id, "quote_id": deal.quote_id,
        "order_id": order["id"], "vehicle_id": deal.vehicle_id, "name": deal.device,
        "job_id": _made(carrier.post("/jobs", {"problem": problem})),
        "fence_id": _made(carrier.post("/fences", fence)),
        "run_id": _made(shipper.post("/labels", {"count": 1})),
        "document_id": _made(shipper.post("/organization/documents", paper)),
        "key_id": _made(shipper.post("/keys", {"name": "secret key", "scopes": ["read"]})),
        "invitation_id": _made(shipper.post("/people/invitations", {"roles": ["viewer"]})),
        "user_id": shipper.user_id, "org_id": shipper.org_id, "value": EPC, "unknown": "none",
    }  # fmt: skip
    ids["driver_id"] = _made(carrier.post("/drivers", DRIVER))
    ids |= published(shipper, carrier) | {"exception_id": exception_of(app, shipper, order["id"])}
    ids |= _by_page(app, shipper, order["id"]) | _in_tables(databases, shipper) | _epcis(app, shipper)
    strangers = {"owner": Caller(app, stranger.token)}
    now = datetime.now(UTC)
    with databases.platform.begin() as db:
        for role in STRANGERS[1:]:
            user = create_user(
                db, email=f"{role}@stranger.example", password=None, org_id=stranger.org_id, display_name=role,
                roles={role}, now=now,
            )  # fmt: skip
            strangers[role] = Caller(app, issue_token(db, user.id, now).token)
    public = {"value", "unknown", "token", "subscription_id", "kind", "form", "delivery_id", "exception_id"}
    secrets = [one for key, one in ids.items() if key not in public]
    secrets += [
        "Secret Driver",
        "secret warehouse",
        "secret dock",
        "SECRET-1",
        "secret bearings",
        "浙B12345",
        "secret-licence",
        "secret key",
        carrier.org_id,
        carrier.user_id,
    ]
    return World(
        ids, [Caller(app, one.token) for one in (shipper, carrier)], strangers, Caller(app, ""),
        Caller(app, operator.token), secrets,
    )  # fmt: skip


def _made(answer: TestResponse) -> str:
    assert answer.status_code in (201, 202), answer.json
    return str(answer.json["id"])


def _by_page(app: APIFlask, shipper: Any, order_id: str) -> dict[str, str]:
    me = Caller(app, shipper.token)
    me.ask("POST", "/alerts/rules", {"subject": "delay"})
    rules = me.ask("GET", "/alerts/rules").text
    me.ask("POST", f"/orders/{order_id}/share/link", {"hours": "24", "label": "x"})
    shares = me.ask("GET", f"/orders/{order_id}/share").text
    join = me.ask("POST", "/people/invitations", {"roles": "viewer", "days": "7"}).text
    found = {
        "rule_id": re.search(r"/alerts/rules/(\w+)/end", rules),
        "share_id": re.search(r"/share/(\w+)/end", shares),
        "token": re.search(r"/join/([\w-]+)", join),
    }
    return {key: one.group(1) for key, one in found.items() if one is not None}


def _in_tables(databases: Databases, shipper: Any) -> dict[str, str]:
    now = datetime.now(UTC)
    with databases.platform.begin() as db:
        secret = open_session(db, shipper.user_id, "Firefox", "password", now)
        session_id = sessions_of(db, shipper.user_id, secret, now)[0].id
        row = {
            "id": "pky_1", "user_id": shipper.user_id, "credential_id": "AA", "public_key": b"x", "sign_count": 0,
            "label": "laptop", "created_ms": 0,
        }  # fmt: skip
        db.execute(sa.insert(passkey).values(row))
    return {"session_id": session_id, "passkey_id": "pky_1"}


def _epcis(app: APIFlask, shipper: Any) -> dict[str, str]:
    me = Caller(app, shipper.token)
    at = (datetime.now(UTC) - timedelta(minutes=5)).isoformat(timespec="seconds")
    event = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"], "type": "ObjectEvent",
        "action": "OBSERVE", "eventTime": at, "eventTimeZoneOffset": "+00:00", "epcList": [EPC], "bizStep": "shipping",
        "disposition": "in_transit", "readPoint": {"id": VALUES["readPoints"]},
        "bizLocation": {"id": VALUES["bizLocations"]},
    }  # fmt: skip
    stored = me.ask("POST", "/epcis/v2/events", event)
    assert stored.status_code == 201, stored.text
    me.ask("POST", "/epcis/v2/queries", {"name": "secret-query", "query": {"EQ_bizStep": ["shipping"]}})
    listed = me.ask("GET", "/epcis/v2/events").json["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    document = {
        "@context": event["@context"], "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": at,
        "epcisBody": {"eventList": [event | {"epcList": [EPC[:-1] + "8"]}]},
    }  # fmt: skip
    wish = {"dest": "https://example.com/x", "schedule": {"minute": "0"}, "signatureToken": "x" * 20}
    subscribed = me.ask("POST", "/epcis/v2/queries/secret-query/subscriptions", wish)
    assert subscribed.status_code == 201, subscribed.text
    captured = me.ask("POST", "/epcis/v2/capture", document)
    assert captured.status_code == 202, captured.text
    capture = captured.headers["Location"].rsplit("/", 1)[1]
    return {
        "event_id": listed[0]["eventID"], "query": "secret-query", "capture": capture,
        "subscription_id": subscribed.headers["Location"].rsplit("/", 1)[1],
    }  # fmt: skip


def routes(app: APIFlask) -> list[tuple[str, str, Rule]]:
    """(name, method, rule) of every route."""
    return [
        (f"{method} {rule.rule}", method, rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def path_of(rule: Rule, ids: dict[str, str]) -> str:
    """The address of a rule with these ids."""
    known = ids
    if rule.rule.startswith("/epcis/"):
        about = rule.rule.split("/")[3]  # the types of events are the standard's own words: nobody's
        own = (
            {"value": VALUES[about]}
            if about in VALUES and (ids is not MISSING or about == "eventTypes")
            else {}
        )
        known = ids | {"name": ids["query"], "job_id": ids["capture"]} | own
    if rule.rule.startswith("/publish/import/"):
        known = ids | {"job_id": ids["import_id"]}
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: known[found.group(1)].replace("?", "%3F"), rule.rule)
    if rule.rule.endswith("/why-not"):
        other = "capacity_id" if "<load_id>" in rule.rule else "load_id"
        return f"{path}?{other}={ids[other]}"
    if rule.rule.endswith("/first-free"):
        return f"{path}?purpose=load&plate=SECRET-1&body=box&length_cm=960"
    return path + ("?kind=job&id=1" if rule.rule.endswith("/why") else "")


def body_of(rule: Rule, ids: dict[str, str]) -> dict[str, Any]:
    """A body that is right in itself, so that only the permission decides."""
    return {
        "/api/v1/quotes/<quote_id>/counter": {"price_fen": 1000},
        "/api/v1/loads/<load_id>/bids": {"capacity_id": ids["capacity_id"], "price_fen": 1000},
        "/api/v1/devices/<name>/read-points": {"points": []},
        "/api/v1/devices/<name>/duty": {"on": True},
        "/api/v1/devices/<name>/vehicle": {"vehicle_id": ids["vehicle_id"]},
        "/api/v1/orders/<order_id>/milestones": {"code": "LOAD", "occurred_at": "2026-01-01T08:00:00Z"},
        "/api/v1/orders/<order_id>/confirm": {"vehicle_id": ids["vehicle_id"]},
        "/api/v1/jobs/<job_id>/replan": {"now_s": 0},
        "/api/v1/vehicles/<vehicle_id>": TRUCK,
        "/api/v1/drivers/<driver_id>": DRIVER,
        "/fleet/vehicles/<vehicle_id>": TRUCK | {"volume_dm3": "80", "length_m": "13.6"},
        "/fleet/drivers/<driver_id>": DRIVER,
        "/api/v1/drafts/<draft_id>": {"fields": {}, "version": 1},
        "/api/v1/webhooks/<webhook_id>": HOOK,
        "/webhooks/<webhook_id>": HOOK | {"scope": "own"},
        "/api/v1/loads/<load_id>": {
            "goods": "paper",
            "weight_kg": 10,
            "origin": "Ningbo",
            "destination": "Shanghai",
            "pickup": WINDOW,
            "delivery": WINDOW,
            "version": 1,
        },
        "/api/v1/orders/<order_id>/move": {"to": "TO_LOADING"},
        "/api/v1/orders/<order_id>/fuel": {"litres": 60},
        "/orders/<order_id>/fuel": {"litres": "60"},
        "/api/v1/exceptions/<exception_id>/settle": {"note": "a new film"},
        "/exceptions/<int:exception_id>/settle": {"note": "a new film"},
        "/api/v1/flags/<flag_id>/close": {"reason": "looked into"},
        "/publish/flags/<flag_id>/close": {"reason": "looked into"},
        "/api/v1/people/<user_id>/roles": {"roles": ["viewer"]},
        "/people/<user_id>/roles": {"roles": "viewer"},
        "/epcis/v2/queries/<name>/subscriptions": {
            "dest": "https://example.com/x",
            "schedule": {"minute": "0"},
        },
        "/orders/<order_id>/temperature": {
            "name": "logger-1",
            "file": (io.BytesIO(b"time,temperature\n"), "l.csv"),
        },
        "/quotes/<quote_id>/counter": {"price_fen": "10"},
        "/api/v1/warehouses/<warehouse_id>": WAREHOUSE | {"version": 1},
        "/api/v1/warehouses/<warehouse_id>/docks": DOCK,
        "/api/v1/docks/<dock_id>": DOCK | {"version": 1},
        "/api/v1/docks/<dock_id>/closures": WINDOW,
        "/api/v1/bookings/<booking_id>/move": {"to": "ARRIVED"},
        "/api/v1/bookings/<booking_id>/rebook": {"dock_id": ids["dock_id"], "start": WINDOW["start"]},
        "/bookings/<booking_id>/move": {"to": "ARRIVED"},
        "/bookings/<booking_id>/rebook": {"choice": f"{ids['dock_id']}|{WINDOW['start']}"},
        "/warehouses/<warehouse_id>/book": {
            "choice": f"{ids['dock_id']}|{WINDOW['start']}",
            "purpose": "unload",
            "plate": "浙B12345",
            "body": "box",
            "length_cm": "9.6",
        },
        "/orders/<order_id>/share/link": {"hours": "24"},
        "/orders/<order_id>/share/grant": {"hours": "24", "to_org": ids["org_id"]},
        "/orders/<order_id>/vehicle": {"vehicle_id": ids["vehicle_id"]},
        "/orders/<order_id>/confirm": {"vehicle_id": ids["vehicle_id"]},
    }.get(rule.rule, {})


def shown(answer: TestResponse) -> str:
    """The body as text; of a file what can be read of it."""
    return answer.data.decode("utf-8", "replace")


def plain(answer: TestResponse, ids: dict[str, str]) -> tuple[int, str, str]:
    """What an answer says, without what differs in each: the ids that were asked for, nonces and form tokens."""
    text = re.sub(r'nonce="[^"]*"|value="[^"]{60,}"|next=[^"&]*', "", shown(answer))
    text = re.sub(r"err_\w+|\d{4}-\d\d-\d\dT[\d:.]+Z?", "", text)
    where = answer.headers.get("Location", "")
    asked = [one for key, one in ids.items() if key not in NUMBERS]
    asked += [f"/{part}/{ids[key]}" for key, part in NUMBERS.items()]
    for one in sorted((*asked, *(VALUES.values() if ids is not MISSING else ())), key=len, reverse=True):
        for form in (one, quote(one), quote(one, safe="")):
            text, where = text.replace(form, "ID"), where.replace(form, "ID")
    return answer.status_code, text, re.sub(r"next=.*", "", where)


def test_every_route_has_its_place_in_the_matrix(app: APIFlask) -> None:
    served = {name for name, _, _ in routes(app)}
    lists = (PUBLIC, OWN, BY_ID, OPERATOR)
    listed = frozenset[str]().union(*lists)
    assert served - listed == set(), "say in tests/tenant_matrix.py what these owe to tenants"
    assert listed - served == set(), "these are gone: take them out of tests/tenant_matrix.py"
    assert sum(map(len, lists)) == len(listed), "a route stands in two lists"
    wild = {name for name in OWN if "<" in name}
    assert wild == set(), "these take an id"


def test_a_stranger_of_any_role_sees_a_foreign_thing_as_a_missing_one(app: APIFlask, world: World) -> None:
    different, leaks, broken, open_ = [], [], [], []
    for name, method, rule in routes(app):
        if name not in BY_ID or "<token>" in rule.rule or "<path:token>" in rule.rule:
            continue  # a link's secret is the permission itself
        for role, caller in world.strangers.items():
            foreign = caller.ask(method, path_of(rule, world.ids), body_of(rule, world.ids))
            missing = caller.ask(method, path_of(rule, MISSING), body_of(rule, MISSING))
            if foreign.status_code >= 500:
                broken.append((name, role, foreign.status_code))
            if plain(foreign, world.ids) != plain(missing, MISSING):
                different.append((name, role, foreign.status_code, missing.status_code))
            asked = unquote(path_of(rule, world.ids))
            leaks += [
                (name, role, one) for one in world.secrets if one in shown(foreign) and one not in asked
            ]
            if method != "GET" and foreign.status_code < 300:
                open_.append((name, role, foreign.status_code))
            if rule.rule.startswith("/api/") and role == "owner" and foreign.status_code != 404:
                different.append((name, role, foreign.status_code, "should be 404"))
    found = [("broken", broken), ("different", different), ("leaks", leaks), ("open", open_)]
    assert not any(lines for _, lines in found), "\n".join(
        f"{what} {one}" for what, lines in found for one in lines
    )


def test_the_ids_of_the_matrix_are_real(app: APIFlask, world: World) -> None:
    """Else a foreign thing would be missing for everybody, and the test above prove nothing."""
    hidden = []
    for name, method, rule in routes(app):
        if name not in BY_ID or method != "GET":
            continue
        seen = {one.ask(method, path_of(rule, world.ids)).status_code for one in world.owners}
        if not seen & {200, NOT_YET.get(name, 200)}:
            hidden.append((name, seen))
    assert not hidden, "\n".join(map(str, hidden))


def test_nobody_gets_in_without_signing_in(app: APIFlask, world: World) -> None:
    wrong = []
    for name, method, rule in routes(app):
        if name in PUBLIC or "<token>" in rule.rule:
            continue
        answer = world.nobody.ask(method, path_of(rule, world.ids), body_of(rule, world.ids))
        signed_out = answer.status_code == 401 or (
            answer.status_code == 302 and answer.headers["Location"].startswith("/login")
        )
        public_offer = (
            name in ("GET /loads/<load_id>", "GET /trucks/<capacity_id>") or "/api/v1/loads/" in name
        )
        if not signed_out and not (answer.status_code == 404 and (public_offer or name.startswith("GET"))):
            wrong.append((name, answer.status_code))
        wrong += [
            (name, one)
            for one in world.secrets
            if one in shown(answer) and one not in unquote(path_of(rule, world.ids))
        ]
    assert not wrong, "\n".join(map(str, wrong))


def test_what_takes_no_id_shows_nothing_of_others(app: APIFlask, world: World) -> None:
    wrong: list[Any] = []
    for name, method, rule in routes(app):
        if name not in OWN or method != "GET":
            continue
        for role, caller in world.strangers.items():
            answer = caller.ask(method, rule.rule)
            if answer.status_code >= 500:
                wrong.append((name, role, answer.status_code))
            wrong += [(name, role, one) for one in world.secrets if one in shown(answer)]
    assert not wrong, "\n".join(map(str, wrong))


def test_what_is_the_operators_is_nobody_elses(app: APIFlask, world: World) -> None:
    wrong = []
    for name, method, rule in routes(app):
        if name not in OPERATOR:
            continue
        for caller in (*world.owners, *world.strangers.values()):
            for ids in (world.ids, MISSING):
                status = caller.ask(method, path_of(rule, ids), {}).status_code
                if status != 403:
                    wrong.append((name, status))
        if method == "GET" and world.operator.ask(method, path_of(rule, world.ids)).status_code != 200:
            wrong.append((name, "closed to the operator"))
        deciding = method == "POST" and "<" in rule.rule
        if (
            deciding
            and world.operator.ask(method, path_of(rule, MISSING), {"reason": "x"}).status_code != 404
        ):
            wrong.append((name, "missing"))
    assert not wrong, "\n".join(map(str, wrong))


def test_who_only_looks_changes_nothing_of_the_organization(app: APIFlask, world: World) -> None:
    """Roles that look on may change what is their own (keys, password, sessions), and nothing else."""
    own = ("/me/", "/api/v1/keys", "/api/v1/tokens", "/alerts/read", "/look", "/logout", "/api/v1/vroom")
    wrong = []
    for name, method, rule in routes(app):
        if name not in OWN or method == "GET" or rule.rule.startswith(own):
            continue
        body = {"subject": "delay"} if rule.rule == "/alerts/rules" else {}
        for role in ("viewer", "accountant"):
            status = world.strangers[role].ask(method, rule.rule, body).status_code
            if status < 400:
                wrong.append((name, role, status))
    assert not wrong, "\n".join(map(str, wrong))
