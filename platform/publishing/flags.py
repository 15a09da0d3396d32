"""Flags in the database: what looks false, told to the publisher and the operator, closed by the operator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor, OrgKind
from haoyun.platform.accounts.organizations import list_organizations
from haoyun.platform.alerts.notices import NoticeKind, raise_notice
from haoyun.platform.ids import new_id
from haoyun.platform.market.errors import Checks, NotAllowed, NotFound
from haoyun.platform.market.load import Load, LoadState
from haoyun.platform.market.offers import loads_of_rows
from haoyun.platform.market.paging import keyset, marker, page_size
from haoyun.platform.market.renewal import RENEWED
from haoyun.platform.market.rows import site_of, window_of
from haoyun.platform.market.store import get_load
from haoyun.platform.market.tables import EVENT, LOAD
from haoyun.platform.market.values import Page
from haoyun.platform.publishing.tables import FLAG
from haoyun.platform.publishing.truth import (
    FlagKind,
    Past,
    Suspicion,
    Won,
    duplicates,
    ghost,
    price_off,
    resales,
)
from haoyun.platform.trading.tables import ORDER, QUOTE
from haoyun.tracking.instants import find_instant, from_ms, to_ms
from haoyun.tracking.tables import insert_new

MEMORY = timedelta(days=14)  # earlier posts that count towards a ghost
_MOST_ALIKE = 300  # open offers of one lane that a new one is compared with
_ANSWERS = ("ACCEPTED", "REJECTED", "COUNTERED")
_OVER = ("COMPLETED", "CANCELLED")


@dataclass(frozen=True, slots=True)
class Flag:
    """One suspicion. `other_id` is empty where the viewer may not see what the offer resembles."""

    id: str
    kind: FlagKind
    subject_id: str
    other_id: str
    org_id: str
    evidence: dict[str, str | float]
    raised_at: datetime
    closed_at: datetime | None
    closed_reason: str


def examine(db: sa.Connection, load: Load, now: datetime) -> list[Suspicion]:
    """Look at an open load, and flag what looks false. Returns what is suspected, also if it was flagged before."""
    lane = _lane(db, load)
    found = [*duplicates(load, lane), *resales(load, lane, _won(db, load))]
    found += [one for one in (ghost(_past(db, load, now)), price_off(load, lane)) if one is not None]
    for suspicion in found:
        _raise(db, load, suspicion, now)
    return found


def list_flags(
    db: sa.Connection, actor: Actor, *, closed: bool = False, limit: int = 50, after: str | None = None
) -> Page[Flag]:
    """One page of the organization's flags, the newest first; the operator and supervisors see all."""
    query = sa.select(FLAG).where(FLAG.c.closed_ms.is_not(None) if closed else FLAG.c.closed_ms.is_(None))
    if not actor.sees_all:
        query = query.where(FLAG.c.org_id == actor.org_id)
    paged = keyset(query, FLAG.c.raised_ms, FLAG.c.id, descending=True, limit=limit, after=after)
    rows = list(db.execute(paged))
    return Page(
        tuple(_seen_by(db, _flag(row), actor) for row in rows[: page_size(limit)]), marker(rows, limit)
    )


def flags_of(db: sa.Connection, subject_id: str, actor: Actor | None) -> list[Flag]:
    """The open flags of one offer, for its publisher and for those who see all; empty for everybody else."""
    if actor is None:
        return []
    query = sa.select(FLAG).where(FLAG.c.subject_id == subject_id, FLAG.c.closed_ms.is_(None))
    if not actor.sees_all:
        query = query.where(FLAG.c.org_id == actor.org_id)
    return [_seen_by(db, _flag(row), actor) for row in db.execute(query.order_by(FLAG.c.id))]


def close_flag(db: sa.Connection, actor: Actor, flag_id: str, reason: str, now: datetime) -> Flag:
    """The operator looked into it. Raises NotFound, NotAllowed for others, FieldErrors without a reason."""
    row = db.execute(sa.select(FLAG).where(FLAG.c.id == flag_id)).one_or_none()
    if row is None or (row.org_id != actor.org_id and not actor.sees_all):
        raise NotFound
    if not actor.is_operator:
        raise NotAllowed("role")
    checks = Checks()
    checks.require(1 <= len(reason.strip()) <= 200, "reason", "text_length", low=1, high=200)
    checks.done()
    open_one = (FLAG.c.id == flag_id, FLAG.c.closed_ms.is_(None))
    values = {"closed_ms": to_ms(now), "closed_by": actor.user_id, "closed_reason": reason.strip()}
    db.execute(sa.update(FLAG).where(*open_one).values(values))
    return _flag(db.execute(sa.select(FLAG).where(FLAG.c.id == flag_id)).one())


def _raise(db: sa.Connection, load: Load, suspicion: Suspicion, now: datetime) -> None:
    flag_id = new_id("flg")
    row = {
        "id": flag_id,
        "kind": suspicion.kind.value,
        "subject_id": load.id,
        "other_id": suspicion.other_id,
        "org_id": load.org_id,
        "evidence": orjson.dumps(dict(suspicion.evidence)).decode(),
        "raised_ms": to_ms(now),
        "closed_reason": "",
    }
    if not insert_new(db, FLAG, row):
        return
    data: dict[str, str | float | bool] = {
        "flag": suspicion.kind.value,
        "load_id": load.id,
        "goods": load.goods,
        "lane_zh": f"{load.origin.name_zh} → {load.destination.name_zh}",
        "lane_en": f"{load.origin.name_en} → {load.destination.name_en}",
    }
    operators = [one.id for one in list_organizations(db, OrgKind.OPERATOR)]
    for number, org_id in enumerate(dict.fromkeys([load.org_id, *operators])):
        raise_notice(db, org_id, NoticeKind.FLAGGED, (flag_id, number), data, now)


def _lane(db: sa.Connection, load: Load) -> list[Load]:
    """Other open loads between the same places."""
    same = (
        LOAD.c.state == LoadState.OPEN.value,
        LOAD.c.origin_code == load.origin.code,
        LOAD.c.destination_code == load.destination.code,
        LOAD.c.id != load.id,
    )
    query = sa.select(LOAD).where(*same).order_by(LOAD.c.posted_ms.desc(), LOAD.c.id).limit(_MOST_ALIKE)
    return loads_of_rows(db, list(db.execute(query)))


def _won(db: sa.Connection, load: Load) -> list[Won]:
    """Orders on this lane that the publisher carries for somebody else."""
    held = (
        ORDER.c.carrier_org == load.org_id,
        ORDER.c.origin_code == load.origin.code,
        ORDER.c.destination_code == load.destination.code,
        ORDER.c.state.not_in(_OVER),
    )
    return [
        Won(
            row.id,
            row.goods,
            row.weight_kg,
            site_of(row, "origin"),
            site_of(row, "destination"),
            window_of(row, "pickup"),
        )
        for row in db.execute(sa.select(ORDER).where(*held).limit(_MOST_ALIKE))
    ]


def _past(db: sa.Connection, load: Load, now: datetime) -> Past:
    """How the publisher's posts of these goods on this lane fared lately, this one included."""
    same = (
        LOAD.c.org_id == load.org_id,
        LOAD.c.origin_code == load.origin.code,
        LOAD.c.destination_code == load.destination.code,
        LOAD.c.goods == load.goods,
        LOAD.c.posted_ms >= to_ms(now - MEMORY),
    )
    rows = db.execute(sa.select(LOAD.c.id, LOAD.c.state).where(*same)).all()
    ids = [row.id for row in rows]
    over = {LoadState.EXPIRED.value, LoadState.CANCELLED.value}
    renewals = sa.select(sa.func.count()).select_from(EVENT)
    quotes = db.execute(
        sa.select(QUOTE.c.state).where(QUOTE.c.load_id.in_(ids), QUOTE.c.side == "carrier")
    ).all()
    return Past(
        closed=sum(row.state in over for row in rows),
        renewals=db.scalar(renewals.where(EVENT.c.subject_id.in_(ids), EVENT.c.reason == RENEWED)) or 0,
        quotes=len(quotes),
        answered=sum(row.state in _ANSWERS for row in quotes),
    )


def _seen_by(db: sa.Connection, flag: Flag, actor: Actor) -> Flag:
    """Without the other offer where the viewer may not see that one."""
    if actor.sees_all or not flag.other_id.startswith("load_") or _may_see(db, flag.other_id, actor):
        return flag
    return replace(flag, other_id="")


def _may_see(db: sa.Connection, load_id: str, actor: Actor) -> bool:
    try:
        get_load(db, load_id, actor)
    except NotFound:
        return False
    return True


def _flag(row: Any) -> Flag:
    return Flag(
        row.id, FlagKind(row.kind), row.subject_id, row.other_id, row.org_id, orjson.loads(row.evidence),
        from_ms(row.raised_ms), find_instant(row.closed_ms), row.closed_reason,
    )  # fmt: skip
