"""Webhooks: which events an organization's system is told, what was told, what was given up and can be sent again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import orjson
from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.resource import Input, Output, PageQuery, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.services import services
from haoyun.platform.webhooks.deliveries import (
    Delivery,
    DeliveryState,
    get_delivery,
    list_deliveries,
    queue_test,
    resend,
    resend_dead,
)
from haoyun.platform.webhooks.event import EventType, Scope
from haoyun.platform.webhooks.store import (
    add_webhook,
    edit_webhook,
    end_webhook,
    get_webhook,
    rotate_secret,
    webhooks_of,
)
from haoyun.platform.webhooks.webhook import Webhook, WebhookDraft

blueprint = resource("webhooks", "Webhooks")


class NewWebhook(Input):
    """Where to post, and what. No `types` means all; `scope` market adds others' offers that the caller may see."""

    url: Annotated[str, Field(max_length=500, description="http or https, without a user name")]
    name: Annotated[str, Field(max_length=80)] = ""
    types: Annotated[list[EventType], Field(max_length=40)] = Field(default_factory=list)
    scope: Scope = Scope.OWN
    paused: Annotated[bool, Field(description="collects and sends nothing but tests")] = False

    def draft(self) -> WebhookDraft:
        """As the store takes it. Raises FieldErrors."""
        values = {name: getattr(self, name) for name in ("url", "name", "scope", "paused")}
        return WebhookDraft(**values, types=frozenset(self.types))


class WebhookOut(Output):
    """A webhook; its secret is shown when it is made or rotated, and never again."""

    id: str
    org_id: str
    url: str
    name: str
    types: list[EventType]
    scope: Scope
    paused: bool
    version: int
    created_at: datetime


class NewWebhookOut(WebhookOut):
    """A webhook with its secret. A repeated request with the same `Idempotency-Key` gets null: rotate it then."""

    secret: str | None


class WebhookPage(Output):
    """All webhooks of the caller's organization."""

    items: list[WebhookOut]
    next: str | None


class DeliveryOut(Output):
    """One event for one webhook. `next_at` null: it is not tried again; `problem` is what the last try met."""

    id: int
    webhook_id: str
    event_id: str
    type: EventType
    subject_id: str
    state: DeliveryState
    tries: int
    occurred_at: datetime
    created_at: datetime
    tried_at: datetime | None
    next_at: datetime | None
    delivered_at: datetime | None
    dead_at: datetime | None
    problem: str


class DeliveryDetail(DeliveryOut):
    """A delivery with the body that is sent."""

    body: dict[str, Any]


class DeliveryPage(Output):
    """A page of deliveries, the newest first."""

    items: list[DeliveryOut]
    next: str | None


class DeliveryQuery(PageQuery):
    """What a list of deliveries is limited to."""

    state: DeliveryState | None = None


class ResentOut(Output):
    """How many deliveries are sent again."""

    resent: int


@blueprint.post("/webhooks")
@trading
@blueprint.input(NewWebhook)
@blueprint.output(NewWebhookOut, 201)
@blueprint.doc(summary="Have a system told of events", security="bearer", responses=[401, 403, 422])
def create(actor: Actor, json_data: NewWebhook) -> object:
    """From now on. The answer holds the secret that signs what is sent; it is shown this once."""
    found, now, made = services(), services().now(), []
    draft = json_data.draft()

    def work() -> str:
        made.append(add_webhook(db, actor, draft, now))
        return made[0].id

    with found.write() as db:
        webhook_id = once_for(db, actor, "webhook", now, work)
        return _shown(get_webhook(db, webhook_id, actor), made[0].secret if made else None)


@blueprint.get("/webhooks")
@signed_in
@blueprint.output(WebhookPage)
@blueprint.doc(summary="List webhooks", security="bearer", responses=[401])
def list_mine(actor: Actor) -> object:
    """The webhooks of the caller's organization."""
    with services().read() as db:
        return {"items": [_shown(one) for one in webhooks_of(db, actor)], "next": None}


@blueprint.get("/webhooks/<webhook_id>")
@signed_in
@blueprint.output(WebhookOut)
@blueprint.doc(summary="A webhook", security="bearer", responses=[401, 404])
def get_one(actor: Actor, webhook_id: str) -> object:
    """One webhook, without its secret."""
    with services().read() as db:
        return _shown(get_webhook(db, webhook_id, actor))


@blueprint.put("/webhooks/<webhook_id>")
@trading
@blueprint.input(NewWebhook)
@blueprint.output(WebhookOut)
@blueprint.doc(summary="Change a webhook", security="bearer", responses=[401, 403, 404, 409, 422])
def change(actor: Actor, webhook_id: str, json_data: NewWebhook) -> object:
    """Change everything but the secret; what waits goes to the new address."""
    found = services()
    with found.write() as db:
        return _shown(edit_webhook(db, actor, webhook_id, json_data.draft(), found.now()))


@blueprint.delete("/webhooks/<webhook_id>")
@trading
@blueprint.output({}, 204)
@blueprint.doc(summary="End a webhook", security="bearer", responses=[401, 403, 404])
def end(actor: Actor, webhook_id: str) -> tuple[str, int]:
    """Nothing more is sent; what waits is dropped with the log."""
    found = services()
    with found.write() as db:
        end_webhook(db, actor, webhook_id, found.now())
    return "", 204


@blueprint.post("/webhooks/<webhook_id>/rotate")
@trading
@blueprint.output(NewWebhookOut)
@blueprint.doc(summary="A new secret", security="bearer", responses=[401, 403, 404, 409])
def rotate(actor: Actor, webhook_id: str) -> object:
    """Whatever is sent from now on is signed with the new secret, which is shown this once."""
    found = services()
    with found.write() as db:
        webhook = rotate_secret(db, actor, webhook_id, found.now())
        return _shown(webhook, webhook.secret)


@blueprint.post("/webhooks/<webhook_id>/test")
@trading
@blueprint.output(DeliveryOut, 202)
@blueprint.doc(summary="Send a test", security="bearer", responses=[401, 403, 404])
def test(actor: Actor, webhook_id: str) -> Delivery:
    """An event of type webhook.test, sent within a second or two; the delivery says how it went."""
    found, now = services(), services().now()
    with found.write() as db:
        made = once_for(
            db, actor, f"test:{webhook_id}", now, lambda: str(queue_test(db, actor, webhook_id, now).id)
        )
        return get_delivery(db, actor, webhook_id, int(made))


@blueprint.get("/webhooks/<webhook_id>/deliveries")
@signed_in
@blueprint.input(DeliveryQuery, location="query")
@blueprint.output(DeliveryPage)
@blueprint.doc(summary="What a webhook was told", security="bearer", responses=[401, 404, 422])
def deliveries(actor: Actor, webhook_id: str, query_data: DeliveryQuery) -> Any:
    """Kept for 30 days: what waits, what was delivered, and what was given up (`state=dead`)."""
    query = query_data
    with services().read() as db:
        return list_deliveries(db, actor, webhook_id, query.state, query.limit, query.after)


@blueprint.get("/webhooks/<webhook_id>/deliveries/<delivery_id>")
@signed_in
@blueprint.output(DeliveryDetail)
@blueprint.doc(summary="A delivery with its body", security="bearer", responses=[401, 404])
def delivery(actor: Actor, webhook_id: str, delivery_id: str) -> object:
    """One delivery, with what is sent."""
    with services().read() as db:
        found = get_delivery(db, actor, webhook_id, _number(delivery_id))
    plain = {name: getattr(found, name) for name in DeliveryOut.model_fields}
    return {**plain, "body": orjson.loads(found.body)}


@blueprint.post("/webhooks/<webhook_id>/deliveries/<delivery_id>/resend")
@trading
@blueprint.output(DeliveryOut, 202)
@blueprint.doc(summary="Send a delivery again", security="bearer", responses=[401, 403, 404])
def send_again(actor: Actor, webhook_id: str, delivery_id: str) -> Delivery:
    """With fresh tries; the event keeps its id, so that a receiver that has it knows it again."""
    found = services()
    with found.write() as db:
        return resend(db, actor, webhook_id, _number(delivery_id), found.now())


@blueprint.post("/webhooks/<webhook_id>/resend-dead")
@trading
@blueprint.output(ResentOut, 202)
@blueprint.doc(summary="Send all that was given up", security="bearer", responses=[401, 403, 404])
def send_dead_again(actor: Actor, webhook_id: str) -> object:
    """Everything in state dead, the oldest first."""
    found = services()
    with found.write() as db:
        return {"resent": resend_dead(db, actor, webhook_id, found.now())}


def _number(text: str) -> int:
    """A delivery's number; what is none names a delivery that does not exist."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _shown(webhook: Webhook, secret: str | None = None) -> dict[str, Any]:
    plain = {name: getattr(webhook, name) for name in WebhookOut.model_fields}
    return {**plain, "types": sorted(webhook.types), "secret": secret}
