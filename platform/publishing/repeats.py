"""Repeats in the database: offers that the worker posts day after day from one pattern, each day once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.users import find_actor
from haoyun.platform.alerts.notices import NoticeKind, raise_notice
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_own
from haoyun.platform.market.errors import Checks, FieldErrors, MarketError, NotFound
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.document import FIELDS, Document, FindSite, capacity_draft, load_draft
from haoyun.platform.publishing.drafts import must_write, post_document
from haoyun.platform.publishing.partners import partners_of
from haoyun.platform.publishing.repeat import Times, times_of, values_of
from haoyun.platform.publishing.tables import OCCURRENCE, REPEAT
from haoyun.tracking.instants import find_instant, from_ms, to_ms
from haoyun.tracking.tables import insert_new

MOST = 200
MAX_NAME_CHARS = 80
AT_ONCE = 20
_WINDOWS = ("pickup", "delivery", "ready", "expires_at", "public_at")


@dataclass(frozen=True, slots=True)
class Repeat:
    """A pattern and its times. `next_at` is empty once the last offer was posted or somebody ended it."""

    id: str
    org_id: str
    user_id: str
    kind: Kind
    name: str
    fields: Document
    times: Times
    created_at: datetime
    next_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What became of one day: an offer, or the fields that were in its way."""

    day: date
    offer_id: str | None
    problem: FieldErrors | None
    at: datetime


def add_repeat(
    db: sa.Connection,
    actor: Actor,
    kind: Kind,
    name: str,
    fields: Document,
    times: Times,
    find_site: FindSite,
    now: datetime,
) -> Repeat:
    """Post by this pattern from now on. Everything but the times is checked at once.

    Raises NotAllowed, FieldErrors.
    """
    must_write(actor, kind)
    pattern = {key: value for key, value in fields.items() if key in FIELDS[kind] and key not in _WINDOWS}
    checks = Checks()
    checks.require(1 <= len(name.strip()) <= MAX_NAME_CHARS, "name", "template_name", high=MAX_NAME_CHARS)
    checks.require(len(list_repeats(db, actor)) < MOST, "name", "too_many_repeats", most=MOST)
    checks.done()
    trial = {**pattern, **times.windows(kind, times.first)}
    if kind is Kind.LOAD:
        load_draft(trial, find_site, partners_of(db, actor.org_id))
    else:
        capacity_draft(trial, find_site)
    # The first due days are posted by the worker's next round, at once.
    next_at = now if times.due(now) else times.next_at(now)
    checks.require(next_at is not None, "last", "past")
    checks.done()
    made = Repeat(
        new_id("rep"), actor.org_id, actor.user_id, kind, name.strip(), pattern, times, now, next_at, None
    )
    db.execute(sa.insert(REPEAT).values(_row(made)))
    return made


def end_repeat(db: sa.Connection, actor: Actor, repeat_id: str, now: datetime) -> None:
    """Post no more by this pattern; what is posted stays. Raises NotFound, NotAllowed."""
    found = get_repeat(db, actor, repeat_id)
    must_own(actor, found.org_id)
    running = (REPEAT.c.id == repeat_id, REPEAT.c.ended_ms.is_(None))
    db.execute(sa.update(REPEAT).where(*running).values(ended_ms=to_ms(now), next_ms=None))


def get_repeat(db: sa.Connection, actor: Actor, repeat_id: str) -> Repeat:
    """A repeat of the actor's organization. Raises NotFound."""
    row = db.execute(sa.select(REPEAT).where(REPEAT.c.id == repeat_id)).one_or_none()
    if row is None or (row.org_id != actor.org_id and not actor.sees_all):
        raise NotFound
    return _repeat(row)


def list_repeats(db: sa.Connection, actor: Actor) -> list[Repeat]:
    """The organization's repeats that run, the newest first."""
    running = (REPEAT.c.org_id == actor.org_id, REPEAT.c.ended_ms.is_(None))
    return [
        _repeat(row) for row in db.execute(sa.select(REPEAT).where(*running).order_by(REPEAT.c.id.desc()))
    ]


def occurrences_of(db: sa.Connection, repeat_id: str, most: int = 60) -> list[Occurrence]:
    """What became of the days so far, the newest first; whoever calls knows that the viewer may see them."""
    query = sa.select(OCCURRENCE).where(OCCURRENCE.c.repeat_id == repeat_id)
    rows = db.execute(query.order_by(OCCURRENCE.c.day.desc()).limit(most))
    return [_occurrence(row) for row in rows]


def repeats_due(db: sa.Connection, now: datetime) -> list[str]:
    """Ids of repeats that have something to post."""
    due = sa.select(REPEAT.c.id).where(REPEAT.c.next_ms <= to_ms(now)).order_by(REPEAT.c.next_ms)
    return [row.id for row in db.execute(due.limit(AT_ONCE))]


def post_repeat(
    db: sa.Connection, repeat_id: str, find_site: FindSite, now: datetime, context: MatchContext
) -> int:
    """Post the days of a repeat that are due, each once, in this transaction. Returns how many offers were made.

    What cannot be posted is kept with its reasons, and the publisher is told; it is not tried again.
    """
    # Locks the repeat: of two workers one waits, and then finds its days posted.
    locked = sa.update(REPEAT).where(REPEAT.c.id == repeat_id, REPEAT.c.next_ms <= to_ms(now))
    if db.execute(locked.values(next_ms=REPEAT.c.next_ms)).rowcount != 1:
        return 0
    repeat = _repeat(db.execute(sa.select(REPEAT).where(REPEAT.c.id == repeat_id)).one())
    posted = sum(_post_day(db, repeat, day, find_site, now, context) for day in repeat.times.due(now))
    next_at = repeat.times.next_at(now)
    values = {"next_ms": None if next_at is None else to_ms(next_at)}
    db.execute(sa.update(REPEAT).where(REPEAT.c.id == repeat_id).values(values))
    return posted


def _post_day(
    db: sa.Connection, repeat: Repeat, day: date, find_site: FindSite, now: datetime, context: MatchContext
) -> bool:
    key = {"repeat_id": repeat.id, "day": day.isoformat()}
    if not insert_new(db, OCCURRENCE, {**key, "problem": "{}", "at_ms": to_ms(now)}):
        return False
    one = (OCCURRENCE.c.repeat_id == repeat.id, OCCURRENCE.c.day == key["day"])
    try:
        with db.begin_nested():
            offer_id = _make(db, repeat, day, find_site, now, context)
    except MarketError as error:
        problem = (
            error.errors if isinstance(error, FieldErrors) else {"name": (error.key, dict(error.params))}
        )
        db.execute(sa.update(OCCURRENCE).where(*one).values(problem=orjson.dumps(problem).decode()))
        data: dict[str, str | float | bool] = {"name": repeat.name, "day": key["day"], "repeat_id": repeat.id}
        raise_notice(db, repeat.org_id, NoticeKind.NOT_POSTED, (repeat.id, day.toordinal()), data, now)
        return False
    db.execute(sa.update(OCCURRENCE).where(*one).values(offer_id=offer_id))
    return True


def _make(
    db: sa.Connection, repeat: Repeat, day: date, find_site: FindSite, now: datetime, context: MatchContext
) -> str:
    """Post it in the name of whoever asked for it, as long as that person may. Raises MarketError."""
    actor = find_actor(db, repeat.user_id)
    if actor is None or actor.org_id != repeat.org_id:
        raise NotFound
    document = {**repeat.fields, **repeat.times.windows(repeat.kind, day)}
    return post_document(db, actor, repeat.kind, document, find_site, now, context)


def _row(repeat: Repeat) -> dict[str, Any]:
    return {
        "id": repeat.id,
        "org_id": repeat.org_id,
        "user_id": repeat.user_id,
        "kind": repeat.kind.value,
        "name": repeat.name,
        "fields": orjson.dumps(dict(repeat.fields)).decode(),
        "times": orjson.dumps(values_of(repeat.times)).decode(),
        "created_ms": to_ms(repeat.created_at),
        "next_ms": None if repeat.next_at is None else to_ms(repeat.next_at),
        "ended_ms": None,
    }


def _repeat(row: Any) -> Repeat:
    return Repeat(
        row.id, row.org_id, row.user_id, Kind(row.kind), row.name, orjson.loads(row.fields),
        times_of(orjson.loads(row.times)), from_ms(row.created_ms), find_instant(row.next_ms),
        find_instant(row.ended_ms),
    )  # fmt: skip


def _occurrence(row: Any) -> Occurrence:
    problem = {field: (rule, params) for field, (rule, params) in orjson.loads(row.problem).items()}
    return Occurrence(
        date.fromisoformat(row.day),
        row.offer_id,
        FieldErrors(problem) if problem else None,
        from_ms(row.at_ms),
    )
