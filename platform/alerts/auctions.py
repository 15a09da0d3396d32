"""What happens in auctions, into the inboxes of those it concerns: each step once, and nobody's name in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.alerts.notices import NoticeKind, raise_notice
from haoyun.platform.database import Databases, reading
from haoyun.platform.market.load import Load
from haoyun.platform.market.offers import read_loads
from haoyun.platform.trading.auction_events import AuctionEvent, Happened, auction_event
from haoyun.platform.trading.tables import AUCTION_EVENT
from haoyun.tracking.instants import to_ms

BATCH = 200


def follow_auctions(databases: Databases, now: datetime) -> int:
    """Raise the notices of what happened since the last time. Returns how many steps were read."""
    fresh = AUCTION_EVENT.c.noticed_ms.is_(None)
    with reading(databases.platform).connect() as db:  # an idle worker takes no write lock
        if db.execute(sa.select(AUCTION_EVENT.c.seq).where(fresh).limit(1)).first() is None:
            return 0
    with databases.platform.begin() as db:
        query = sa.select(AUCTION_EVENT).where(fresh).order_by(AUCTION_EVENT.c.seq).limit(BATCH)
        events = [auction_event(row) for row in db.execute(query)]
        loads = read_loads(db, {event.load_id for event in events})
        for event in events:
            for org_id, kind in concerned(event):
                _raise(db, org_id, kind, event, loads.get(event.load_id), now)
        read = AUCTION_EVENT.c.seq.in_([event.seq for event in events])
        db.execute(sa.update(AUCTION_EVENT).where(read).values(noticed_ms=to_ms(now)))
    return len(events)


def concerned(event: AuctionEvent) -> Iterator[tuple[str, NoticeKind]]:
    """Who is told of a step, and as what. Pure."""
    match event.kind:
        case Happened.BID:
            if event.passed is not None:
                yield event.passed, NoticeKind.OUTBID
        case Happened.CLOSED:
            yield event.publisher, NoticeKind.AUCTION_CLOSED
        case Happened.AWARDED:
            yield event.publisher, NoticeKind.AUCTION_AWARDED
            for org_id in sorted(event.bidders):
                won = org_id == event.leader
                yield org_id, NoticeKind.AUCTION_WON if won else NoticeKind.AUCTION_LOST
        case Happened.UNSOLD:
            for org_id in sorted(event.bidders | {event.publisher}):
                yield org_id, NoticeKind.AUCTION_UNSOLD
        case Happened.VOID:
            for org_id in sorted(event.bidders):
                yield org_id, NoticeKind.AUCTION_UNSOLD


def _raise(
    db: sa.Connection, org_id: str, kind: NoticeKind, event: AuctionEvent, load: Load | None, now: datetime
) -> None:
    data: dict[str, str | float | bool] = {"load_id": event.load_id}
    if load is not None:
        data |= {
            "lane_zh": f"{load.origin.name_zh} → {load.destination.name_zh}",
            "lane_en": f"{load.origin.name_en} → {load.destination.name_en}",
        }
    if event.lowest_fen is not None:
        data["price_fen"] = event.lowest_fen
    # Several organizations are told of the same step: each by its own numbers.
    raise_notice(db, org_id, kind, (org_id, event.seq), data, now)
