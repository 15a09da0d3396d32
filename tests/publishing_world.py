"""Roads, places and people for the tests of publishing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.alerts.rule import NoticeKind
from haoyun.platform.alerts.store import alerts_of
from haoyun.platform.database import Databases
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.load import Load
from haoyun.platform.market.store import (
    LoadFilter,
    list_loads,
    post_load,
)
from haoyun.platform.market.testing import (
    NOW,
    SITES,
    load_draft,
    road_context,
)
from haoyun.platform.market.values import Site
from haoyun.platform.publishing.keeper import PublishingKeeper

ZONE = ZoneInfo("Asia/Shanghai")
HERE = road_context()


def find_site(code: str, field: str) -> Site:
    """The places of the line, by code or name."""
    for site in SITES:
        if code in (site.code, site.name_zh, site.name_en):
            return site
    raise FieldErrors({field: ("unknown_place", {"code": code})})


@dataclass(frozen=True, slots=True)
class FewRoads:
    """The market's view of the roads, without a map."""

    def snapshot(self, now: datetime) -> object:
        return HERE

    def site(self, code: str, field_name: str = "place") -> Site:
        return find_site(code, field_name)


@dataclass(frozen=True, slots=True)
class People:
    """Somebody of each kind, as rows that are really there."""

    shipper: Actor
    other_shipper: Actor
    carrier: Actor
    other_carrier: Actor
    operator: Actor
    viewer: Actor


def keeper() -> PublishingKeeper:
    return PublishingKeeper(FewRoads(), ZONE)  # type: ignore[arg-type]


def post(stores: Databases, actor: Actor, now: Any = NOW, **changes: Any) -> Load:
    with stores.platform.begin() as db:
        return post_load(db, actor, load_draft(**changes), now, HERE)


def inbox(stores: Databases, actor: Actor, kind: NoticeKind) -> list[Any]:
    with stores.platform.begin() as db:
        return [one for one in alerts_of(db, actor) if one.kind is kind]


def mine(stores: Databases, actor: Actor) -> tuple[Load, ...]:
    with stores.platform.begin() as db:
        return list_loads(db, LoadFilter(mine=True), actor).items
