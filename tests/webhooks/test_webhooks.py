"""Webhooks: who is told of what, once at least, in order, signed, and what is given up can be sent again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.database import Databases
from haoyun.platform.market.auction import AuctionTerms
from haoyun.platform.market.errors import FieldErrors, NotAllowed, NotFound
from haoyun.platform.market.load import PriceMode, Visibility
from haoyun.platform.market.store import add_vehicle, post_capacity, post_load, withdraw_load
from haoyun.platform.market.tables import EVENT as MARKET_EVENT
from haoyun.platform.market.testing import (
    CARRIER,
    NOW,
    OTHER_CARRIER,
    OTHER_SHIPPER,
    SHIPPER,
    VIEWER,
    capacity_draft,
    hours,
    load_draft,
    road_context,
    vehicle_draft,
)
from haoyun.platform.trading.closing import close_auction
from haoyun.platform.trading.store import accept_quote, confirm_order, counter, expire_quotes, place_bid
from haoyun.platform.trading.testing import open_deal
from haoyun.platform.webhooks.deliver import WebhookSender, serve
from haoyun.platform.webhooks.deliveries import (
    KEEP,
    DeliveryState,
    count_deliveries,
    forget_old,
    list_deliveries,
    queue_test,
    resend,
    resend_dead,
)
from haoyun.platform.webhooks.event import EventType, Scope
from haoyun.platform.webhooks.follow import follow_changes, follow_exceptions
from haoyun.platform.webhooks.order_events import exception_event
from haoyun.platform.webhooks.signing import MOST_TRIES, verify
from haoyun.platform.webhooks.store import add_webhook, edit_webhook, end_webhook, get_webhook, rotate_secret
from haoyun.platform.webhooks.tables import DELIVERY
from haoyun.platform.webhooks.webhook import Webhook, WebhookDraft
from haoyun.rfid_ingest.epcis.errors import DeliveryFailed
from haoyun.tracking.events import EventKind, RecordedEvent, TrackEvent

URL = "https://tms.example.com/hook"
HOWTO = Path(__file__).resolve().parent.parent.parent / "docs/howto/connect-a-tms.md"


AUCTIONS = tuple(one for one in EventType if one.value.startswith("auction."))


def ask(stores: Databases, actor: Actor = SHIPPER, *types: EventType, **draft: Any) -> Webhook:
    with stores.platform.begin() as db:
        return add_webhook(db, actor, WebhookDraft(url=URL, types=frozenset(types), **draft), NOW)


def told(stores: Databases, webhook: Webhook, actor: Actor = SHIPPER) -> list[dict[str, Any]]:
    """The events queued for a webhook, in their order."""
    with stores.platform.connect() as db:
        page = list_deliveries(db, actor, webhook.id, limit=200)
    return [orjson.loads(one.body) for one in reversed(page.items)]


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def post(stores: Databases, actor: Actor = SHIPPER, **changes: Any) -> str:
    with stores.platform.begin() as db:
        return post_load(db, actor, load_draft(**changes), NOW, road_context()).id


def test_both_sides_of_a_deal_are_told_its_whole_story_and_a_stranger_nothing(stores: Databases) -> None:
    hooks = {who: ask(stores, who) for who in (SHIPPER, CARRIER, OTHER_CARRIER, OTHER_SHIPPER)}
    with stores.platform.begin() as db:
        deal = open_deal(db)
        answer = counter(db, SHIPPER, deal.quote.id, 140_000, NOW)
    with stores.platform.begin() as db:
        order = accept_quote(db, CARRIER, answer.id, NOW)
        confirm_order(db, CARRIER, order.id, NOW, deal.capacity.vehicle_id)
    assert follow_changes(stores, NOW) > 0
    assert follow_changes(stores, NOW) == 0
    shipper, carrier = told(stores, hooks[SHIPPER]), told(stores, hooks[CARRIER], CARRIER)
    shared = [
        *("quote.made", "quote.countered", "quote.accepted", "quote.voided"),  # the countered one
        *("order.made", "order.moved", "order.moved"),
    ]
    assert [t for t in types(shipper) if t.startswith(("quote", "order"))] == shared
    assert [t for t in types(carrier) if t.startswith(("quote", "order"))] == shared
    assert [t for t in types(shipper) if t.startswith(("load", "capacity"))] == [
        "load.posted", "load.reserved", "load.covered",
    ]  # fmt: skip
    assert [t for t in types(carrier) if t.startswith(("load", "capacity"))] == [
        "capacity.posted",
        "capacity.changed",
    ]
    made = next(event for event in shipper if event["type"] == "order.made")
    assert made["subject_id"] == order.id and made["data"]["order"]["price_fen"] == 140_000
    assert told(stores, hooks[OTHER_CARRIER], OTHER_CARRIER) == []
    assert told(stores, hooks[OTHER_SHIPPER], OTHER_SHIPPER) == []


def test_the_market_scope_adds_offers_that_one_may_see_and_no_others(stores: Databases) -> None:
    hook = ask(stores, OTHER_CARRIER, scope=Scope.MARKET)
    post(stores, goods="public")
    invited = {"visibility": Visibility.PARTNERS, "invited": frozenset({CARRIER.org_id})}
    post(stores, goods="not for you", **invited)
    post(stores, goods="for you", **invited | {"invited": frozenset({OTHER_CARRIER.org_id})})
    follow_changes(stores, NOW)
    goods = [event["data"]["load"]["goods"] for event in told(stores, hook, OTHER_CARRIER)]
    assert goods == ["public", "for you"]


def test_only_asked_types_are_told_and_nothing_that_happened_before(stores: Databases) -> None:
    early = post(stores)
    hook = ask(stores, SHIPPER, EventType.LOAD_WITHDRAWN)
    later = replace(hook, created_at=NOW)
    assert later.types == {EventType.LOAD_WITHDRAWN}
    with stores.platform.begin() as db:
        withdraw_load(db, SHIPPER, early, NOW + timedelta(minutes=1))
    follow_changes(stores, NOW)
    assert types(told(stores, hook)) == ["load.withdrawn"]
    with stores.platform.begin() as db:
        from_tomorrow = add_webhook(db, SHIPPER, WebhookDraft(url=URL), NOW + timedelta(days=1))
        db.execute(sa.update(MARKET_EVENT).values(told_ms=None))
    follow_changes(stores, NOW)
    assert told(stores, from_tomorrow) == []
    assert types(told(stores, hook)) == ["load.withdrawn"], "read again after a crash, an event is still one"


def test_what_was_not_committed_is_not_told_and_what_was_is_never_lost(stores: Databases) -> None:
    hook = ask(stores)
    with stores.platform.connect() as db, db.begin() as transaction:
        post_load(db, SHIPPER, load_draft(goods="rolled back"), NOW, road_context())
        transaction.rollback()
    post(stores, goods="kept")
    with pytest.raises(RuntimeError):
        _killed_while_following(stores)
    assert told(stores, hook) == []
    follow_changes(stores, NOW)
    assert [event["data"]["load"]["goods"] for event in told(stores, hook)] == ["kept"]


def _killed_while_following(stores: Databases) -> None:
    from haoyun.platform.webhooks import follow

    original = follow.tell_quotes

    def dies(*_args: Any) -> int:
        raise RuntimeError("killed")

    follow.tell_quotes = dies  # type: ignore[assignment]
    try:
        follow_changes(stores, NOW)
    finally:
        follow.tell_quotes = original


def test_a_match_is_told_to_both_its_sides_once(stores: Databases) -> None:
    hooks = [ask(stores, who, EventType.MATCH_FOUND) for who in (SHIPPER, CARRIER, OTHER_CARRIER)]
    with stores.platform.begin() as db:
        deal = open_deal(db)
    for _ in range(3):
        follow_changes(stores, NOW)
    for hook, who in zip(hooks[:2], (SHIPPER, CARRIER), strict=True):
        (event,) = told(stores, hook, who)
        assert (event["data"]["match"]["load_id"], event["data"]["match"]["capacity_id"]) == (
            deal.load.id,
            deal.capacity.id,
        )
    assert told(stores, hooks[2], OTHER_CARRIER) == []


def test_quotes_that_run_out_are_told(stores: Databases) -> None:
    hook = ask(stores, CARRIER, EventType.QUOTE_EXPIRED)
    with stores.platform.begin() as db:
        open_deal(db)
        assert expire_quotes(db, NOW + timedelta(days=2)) == 1
    follow_changes(stores, NOW)
    assert types(told(stores, hook, CARRIER)) == ["quote.expired"]


def test_an_auction_is_told_to_its_publisher_and_to_who_bids_without_names(stores: Databases) -> None:
    hooks = {who: ask(stores, who, *AUCTIONS) for who in (SHIPPER, CARRIER, OTHER_CARRIER, OTHER_SHIPPER)}
    closes = NOW + timedelta(hours=2)
    load_id = post(stores, price_mode=PriceMode.AUCTION, auction=AuctionTerms(closes_at=closes))
    for carrier, plate, fen in ((CARRIER, "京A12345", 150_000), (OTHER_CARRIER, "京B12345", 140_000)):
        with stores.platform.begin() as db:
            vehicle = add_vehicle(db, carrier, vehicle_draft(plate), NOW)
            draft = capacity_draft(vehicle.id, ready=hours(3, 48))
            capacity = post_capacity(db, carrier, draft, NOW, road_context())
            place_bid(db, carrier, load_id, capacity.id, fen, NOW, road_context())
    with stores.platform.begin() as db:
        close_auction(db, load_id, closes, road_context(), verified_only=False)
    follow_changes(stores, NOW)
    whole = ["auction.bid", "auction.bid", "auction.awarded"]
    assert types(told(stores, hooks[SHIPPER])) == whole
    assert types(told(stores, hooks[CARRIER], CARRIER)) == whole
    assert types(told(stores, hooks[OTHER_CARRIER], OTHER_CARRIER)) == whole[1:]
    assert told(stores, hooks[OTHER_SHIPPER], OTHER_SHIPPER) == []
    last = told(stores, hooks[CARRIER], CARRIER)[-1]
    assert last["subject_id"] == load_id
    assert last["data"]["auction"] | {"ends_at": ""} == {
        "load_id": load_id, "state": "AWARDED", "lowest_fen": 140_000, "ends_at": "", "bids": 2,
    }  # fmt: skip
    assert OTHER_CARRIER.org_id not in orjson.dumps(last).decode()


def test_what_a_carrier_reckons_with_is_told_to_itself_only(stores: Databases) -> None:
    own = ask(stores, CARRIER, EventType.CAPACITY_POSTED)
    market = ask(stores, SHIPPER, EventType.CAPACITY_POSTED, scope=Scope.MARKET)
    with stores.platform.begin() as db:
        vehicle = add_vehicle(db, CARRIER, vehicle_draft(), NOW)
        draft = capacity_draft(vehicle.id, cost_per_km_fen=433, min_price_fen=123_400)
        post_capacity(db, CARRIER, draft, NOW, road_context())
    follow_changes(stores, NOW)
    for hook, who, wanted in ((own, CARRIER, (433, 123_400)), (market, SHIPPER, (None, None))):
        (event,) = told(stores, hook, who)
        shown = event["data"]["capacity"]
        assert (shown["cost_per_km_fen"], shown["min_price_fen"]) == wanted


def test_an_exception_on_the_road_is_the_carriers_and_both_sides_of_the_order() -> None:
    event = TrackEvent(EventKind.DELAYED, 5_000, 0, data={"delay_s": 900.0})
    recorded = RecordedEvent(7, 1, "org-carrier", "veh-1", event, NOW)
    alone = exception_event(recorded, None)
    assert alone.concerned == {"org-carrier"} and alone.subject_id == "veh-1" and alone.id == "evt_trk_7"
    carried = exception_event(recorded, ("ord-1", "org-shipper", "org-carrier"))
    assert carried.concerned == {"org-carrier", "org-shipper"} and carried.subject_id == "ord-1"
    assert carried.data["kind"] == "delayed" and carried.data["details"]["delay_s"] == 900.0
    assert not carried.is_for("org-other", Scope.MARKET)


def test_the_road_is_followed_behind_a_cursor(stores: Databases) -> None:
    ask(stores, CARRIER)
    assert follow_exceptions(stores, NOW) == 0


# sending


class Receiver(BaseHTTPRequestHandler):
    """A real receiver: answers what it was told to, and keeps what it got."""

    status = 200
    got: list[tuple[dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((dict(self.headers), body))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Quietly."""


@pytest.fixture
def receiver() -> Iterator[tuple[str, type[Receiver]]]:
    kind = type("Own", (Receiver,), {"got": []})
    server = HTTPServer(("127.0.0.1", 0), kind)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", kind
    server.shutdown()
    server.server_close()


class Script:
    """Stands for receivers: refuses the bodies it was told to, keeps what it took."""

    def __init__(self, *refuses: str) -> None:
        self.refuses, self.taken, self.asked = set(refuses), [], 0

    def __call__(self, _url: str, body: bytes, _headers: dict[str, str]) -> None:
        self.asked += 1
        event = orjson.loads(body)
        if event["subject_id"] in self.refuses:
            raise DeliveryFailed("answered 503")
        self.taken.append((event["subject_id"], event["type"]))


def test_a_message_is_signed_and_the_recipe_of_the_guide_verifies_it(
    stores: Databases, receiver: Any
) -> None:
    url, kind = receiver
    hook = ask(stores)
    with stores.platform.begin() as db:
        edit_webhook(db, SHIPPER, hook.id, WebhookDraft(url=url), NOW)
    load_id = post(stores)
    follow_changes(stores, NOW)
    sender = WebhookSender(private=True)
    sender(stores, NOW)
    assert sender.wait() == 1
    ((headers, body),) = kind.got
    event = orjson.loads(body)
    assert headers["Haoyun-Event-Id"] == event["id"] and event["subject_id"] == load_id
    recipe: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", HOWTO.read_text(encoding="utf-8"), re.S)[0], recipe)
    at, signature = NOW.timestamp(), headers["Haoyun-Signature"]
    for check in (verify, recipe["verified"]):
        assert check(hook.secret, signature, body, at + 299)
        assert not check(hook.secret, signature, body, at + 301)
        assert not check(hook.secret, signature, body + b" ", at)
        assert not check("another", signature, body, at)
        assert not check(hook.secret, signature.replace("t=", "t=1"), body, at)
        for nonsense in ("", "t=,v1=", "t=²,v1=x", "v1=" + "0" * 64, "t=1"):
            assert not check(hook.secret, nonsense, body, at)


def test_of_one_subject_events_come_in_order_and_others_need_not_wait(stores: Databases) -> None:
    hook = ask(stores)
    first, second = post(stores), post(stores)
    with stores.platform.begin() as db:
        withdraw_load(db, SHIPPER, first, NOW)
        withdraw_load(db, SHIPPER, second, NOW)
    follow_changes(stores, NOW)
    script = Script(first)
    assert serve(stores, script, hook.id, NOW) == 2
    assert script.taken == [(second, "load.posted"), (second, "load.withdrawn")]
    script.refuses.clear()
    assert serve(stores, script, hook.id, NOW + timedelta(seconds=29)) == 0
    assert serve(stores, script, hook.id, NOW + timedelta(seconds=31)) == 2
    assert script.taken[2:] == [(first, "load.posted"), (first, "load.withdrawn")]


def test_what_nobody_takes_is_given_up_shown_and_can_be_sent_again(stores: Databases) -> None:
    hook = ask(stores)
    load_id = post(stores)
    follow_changes(stores, NOW)
    script, now, gaps = Script(load_id), NOW, []
    for _ in range(2 * MOST_TRIES):
        serve(stores, script, hook.id, now)
        with stores.platform.connect() as db:
            (one,) = list_deliveries(db, SHIPPER, hook.id).items
        if one.next_at is None:
            break
        gaps.append((one.next_at - now).total_seconds())
        now = one.next_at
    assert gaps[:4] == [30, 60, 120, 240] and script.asked == MOST_TRIES
    assert one.state is DeliveryState.DEAD and "503" in one.problem
    with stores.platform.begin() as db:
        assert list_deliveries(db, SHIPPER, hook.id, DeliveryState.DEAD).items == (one,)
        assert count_deliveries(db, [hook.id])[hook.id][DeliveryState.DEAD] == 1
        assert resend_dead(db, SHIPPER, hook.id, now) == 1
    script.refuses.clear()
    assert serve(stores, script, hook.id, now) == 1
    with stores.platform.begin() as db:
        again = resend(db, SHIPPER, hook.id, one.id, now)
    assert again.event_id == one.event_id
    assert serve(stores, script, hook.id, now) == 1


def test_a_sender_that_died_leaves_the_event_to_the_next_and_of_several_one_sends(stores: Databases) -> None:
    hook = ask(stores)
    post(stores)
    follow_changes(stores, NOW)

    def dies(_url: str, _body: bytes, _headers: dict[str, str]) -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        serve(stores, dies, hook.id, NOW)
    script = Script()
    assert serve(stores, script, hook.id, NOW + timedelta(minutes=4)) == 0
    threads = [
        Thread(target=partial(serve, stores, script, hook.id, NOW + timedelta(minutes=6))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(script.taken) == 1


def test_paused_collects_nothing_and_is_sent_tests_only_and_ended_is_forgotten(stores: Databases) -> None:
    hook = ask(stores)
    with stores.platform.begin() as db:
        paused = edit_webhook(db, SHIPPER, hook.id, WebhookDraft(url=URL, paused=True), NOW)
    assert paused.paused and paused.version == 2
    post(stores)
    follow_changes(stores, NOW)
    with stores.platform.begin() as db:
        test = queue_test(db, SHIPPER, hook.id, NOW)
    script = Script()
    sender = WebhookSender(private=False, post=script)
    sender(stores, NOW)
    assert sender.wait() == 1 and script.taken == [(hook.id, "webhook.test")]
    assert test.type is EventType.WEBHOOK_TEST
    with stores.platform.begin() as db:
        end_webhook(db, SHIPPER, hook.id, NOW)
        assert db.execute(sa.select(DELIVERY)).all() == []
        with pytest.raises(NotFound):
            get_webhook(db, hook.id, SHIPPER)


def test_a_webhook_reaches_no_machine_of_the_own_network(stores: Databases, receiver: Any) -> None:
    url, kind = receiver
    hook = ask(stores)
    with stores.platform.begin() as db:
        edit_webhook(db, SHIPPER, hook.id, WebhookDraft(url=url), NOW)
        queue_test(db, SHIPPER, hook.id, NOW)
    sender = WebhookSender(private=False)
    sender(stores, NOW)
    assert sender.wait() == 0 and kind.got == []
    with stores.platform.connect() as db:
        (one,) = list_deliveries(db, SHIPPER, hook.id).items
    assert "HAOYUN_WEBHOOKS_PRIVATE" in one.problem


def test_a_webhook_is_its_organizations_own(stores: Databases) -> None:
    hook = ask(stores)
    with stores.platform.begin() as db:
        delivery = queue_test(db, SHIPPER, hook.id, NOW)
        for work in (
            lambda who: get_webhook(db, hook.id, who),
            lambda who: edit_webhook(db, who, hook.id, WebhookDraft(url=URL), NOW),
            lambda who: rotate_secret(db, who, hook.id, NOW),
            lambda who: end_webhook(db, who, hook.id, NOW),
            lambda who: queue_test(db, who, hook.id, NOW),
            lambda who: list_deliveries(db, who, hook.id),
            lambda who: resend(db, who, hook.id, delivery.id, NOW),
            lambda who: resend_dead(db, who, hook.id, NOW),
        ):
            with pytest.raises(NotFound):
                work(OTHER_SHIPPER)
        for change in (
            lambda: add_webhook(db, VIEWER, WebhookDraft(url=URL), NOW),
            lambda: rotate_secret(db, VIEWER, hook.id, NOW),
            lambda: end_webhook(db, VIEWER, hook.id, NOW),
        ):
            with pytest.raises(NotAllowed):
                change()
        assert rotate_secret(db, SHIPPER, hook.id, NOW).secret != hook.secret


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"url": "ftp://example.com"}, "url"),
        ({"url": "https://me:secret@example.com"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://a.example/" + "x" * 500}, "url"),
        ({"url": "http://[::1"}, "url"),
        ({"url": "http://a.example:99999/"}, "url"),
        ({"url": URL, "name": "x" * 81}, "name"),
    ],
)
def test_a_webhook_checks_its_fields(values: dict[str, str], field: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        WebhookDraft(**values)  # type: ignore[arg-type]
    assert set(refused.value.errors) == {field}


def test_an_organization_has_a_bounded_number_and_old_deliveries_are_forgotten(stores: Databases) -> None:
    hook = ask(stores)
    for _ in range(19):
        ask(stores)
    with pytest.raises(FieldErrors):
        ask(stores)
    post(stores)
    follow_changes(stores, NOW)
    serve(stores, Script(), hook.id, NOW)
    with stores.platform.begin() as db:
        assert forget_old(db, NOW + KEEP) == 0
        assert forget_old(db, NOW + KEEP + timedelta(seconds=1)) == 1


def test_an_instant_is_told_in_utc(stores: Databases) -> None:
    hook = ask(stores)
    post(stores)
    follow_changes(stores, NOW)
    (event,) = told(stores, hook)
    assert event["occurred_at"].endswith("Z")
    assert datetime.fromisoformat(event["occurred_at"]) == NOW.astimezone(UTC)
