"""Drivers of a carrier: the value, its rules and its store. The licence is one of a driver's certificates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.tables import user
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_offer
from haoyun.platform.market.errors import Checks, FieldErrors, NotFound
from haoyun.platform.market.tables import DRIVER
from haoyun.platform.market.values import Certificate
from haoyun.platform.market.vehicles import certificates_json, certificates_of
from haoyun.tracking.instants import find_instant, from_ms, to_ms
from haoyun.tracking.tables import insert_new

MAX_NAME_CHARS = 80
MOST_CERTIFICATES = 20
_LICENCE = re.compile(r"[A-Z][0-9E]{0,3}")  # China's A1 to F, Europe's C1E and CE
_PHONE = re.compile(r"(\+?[0-9][0-9 -]{3,28}[0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverDraft:
    """What a carrier writes about a driver. Raises FieldErrors."""

    name: str
    licence_class: str
    phone: str = ""
    user_id: str | None = None
    certificates: tuple[Certificate, ...] = ()

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(
            1 <= len(self.name) <= MAX_NAME_CHARS, "name", "text_length", low=1, high=MAX_NAME_CHARS
        )
        checks.require(bool(_LICENCE.fullmatch(self.licence_class)), "licence_class", "licence_class")
        checks.require(bool(_PHONE.fullmatch(self.phone)), "phone", "text_length", low=5, high=30)
        many = len(self.certificates) > MOST_CERTIFICATES
        checks.require(not many, "certificates", "certificates_many", most=MOST_CERTIFICATES)
        checks.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver(DriverDraft):
    """A driver on record."""

    id: str
    org_id: str
    created_at: datetime
    retired_at: datetime | None = None


def add_driver(db: sa.Connection, actor: Actor, draft: DriverDraft, now: datetime) -> Driver:
    """Write a driver of the actor's organization down. Raises NotAllowed, FieldErrors."""
    must_offer(actor)
    _check_user(db, actor.org_id, draft)
    made = Driver(
        id=new_id("drv"),
        org_id=actor.org_id,
        created_at=now,
        **{name: getattr(draft, name) for name in DriverDraft.__dataclass_fields__},
    )
    if not insert_new(db, DRIVER, driver_row(made)):
        raise FieldErrors({"user_id": ("driver_user_taken", {})})
    return made


def get_driver(db: sa.Connection, driver_id: str, viewer: Actor) -> Driver:
    """A driver of the viewer's organization (of any, for operator and supervisor). Raises NotFound."""
    row = db.execute(sa.select(DRIVER).where(DRIVER.c.id == driver_id)).one_or_none()
    if row is None or not (viewer.sees_all or row.org_id == viewer.org_id):
        raise NotFound
    return driver_of(row)


def list_drivers(db: sa.Connection, viewer: Actor) -> list[Driver]:
    """The drivers of the viewer's organization (all, for operator and supervisor), in order of registration."""
    query = sa.select(DRIVER).order_by(DRIVER.c.id)
    if not viewer.sees_all:
        query = query.where(DRIVER.c.org_id == viewer.org_id)
    return [driver_of(row) for row in db.execute(query)]


def write_driver(db: sa.Connection, before: Driver, draft: DriverDraft) -> None:
    """Put what was written in the place of what stood there. Raises FieldErrors."""
    _check_user(db, before.org_id, draft, before.id)
    values = {
        "name": draft.name,
        "phone": draft.phone,
        "licence_class": draft.licence_class,
        "user_id": draft.user_id,
        "certificates": certificates_json(draft.certificates),
    }
    db.execute(sa.update(DRIVER).where(DRIVER.c.id == before.id).values(values))


def driver_row(driver: Driver) -> dict[str, Any]:
    """A row of mkt_driver."""
    plain = ("id", "org_id", "name", "phone", "licence_class", "user_id")
    return {name: getattr(driver, name) for name in plain} | {
        "certificates": certificates_json(driver.certificates),
        "created_ms": to_ms(driver.created_at),
        "retired_ms": None if driver.retired_at is None else to_ms(driver.retired_at),
    }


def driver_of(row: Any) -> Driver:
    """The driver of a row of mkt_driver."""
    return Driver(
        id=row.id,
        org_id=row.org_id,
        name=row.name,
        phone=row.phone,
        licence_class=row.licence_class,
        user_id=row.user_id,
        certificates=certificates_of(row.certificates),
        created_at=from_ms(row.created_ms),
        retired_at=find_instant(row.retired_ms),
    )


def _check_user(db: sa.Connection, org_id: str, draft: DriverDraft, own_id: str = "") -> None:
    """The linked person must be an active one of the organization, and no other driver's."""
    if draft.user_id is None:
        return
    person = sa.select(user.c.id).where(user.c.id == draft.user_id, user.c.org_id == org_id, user.c.active)
    if db.execute(person).first() is None:
        raise FieldErrors({"user_id": ("driver_user", {})})
    taken = sa.select(DRIVER.c.id).where(DRIVER.c.user_id == draft.user_id, DRIVER.c.id != own_id)
    if db.execute(taken).first() is not None:
        raise FieldErrors({"user_id": ("driver_user_taken", {})})
