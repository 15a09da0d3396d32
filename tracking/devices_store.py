"""The registry of devices: who may report, under which credential, on which shard."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import bcrypt
import sqlalchemy as sa

from haoyun.tracking.bindings_store import bind, bind_first
from haoyun.tracking.errors import DeviceExists, UnknownDevice
from haoyun.tracking.instants import find_instant, from_ms, to_ms
from haoyun.tracking.messages import check_device_name, shard_of, topic_ack, topic_up
from haoyun.tracking.tables import DEVICE, REGISTRY, TERMINAL, insert_new, upsert

SECRET_BYTES = 24  # 192 bits, drawn at random
# bcrypt's work factor defends guessable passwords. 192 random bits cannot be guessed at any speed, while a
# high factor would cost the broker dearly when a fleet reconnects at once: so the lowest that bcrypt allows.
BCRYPT_COST = 4
_BCRYPT_MOST = 72


class DeviceKind(StrEnum):
    """What reports."""

    TRACKER = "tracker"
    READER = "reader"
    PHONE = "phone"
    TERMINAL = "terminal"  # JT/T 808; see terminals_store.py


@dataclass(frozen=True, slots=True)
class Device:
    """A registered device; `revoked_at` set means that nothing it says is believed any more."""

    id: int
    name: str
    kind: DeviceKind
    org_id: str
    vehicle_id: str | None
    shard: int
    secret_bcrypt: str
    created_at: datetime
    revoked_at: datetime | None = None
    last_seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IssuedCredential:
    """What a device must be told, once: `secret` is not kept and cannot be shown again."""

    device: str
    secret: str
    topic_up: str
    topic_ack: str

    def __repr__(self) -> str:
        return f"IssuedCredential(device={self.device!r}, secret=…)"  # a log line must not leak it


def register_device(
    db: sa.Connection,
    *,
    name: str,
    kind: DeviceKind | str,
    org_id: str,
    vehicle_id: str | None,
    shards: int,
    now: datetime,
) -> IssuedCredential:
    """Register a device and issue its credential. Raises DeviceExists, BadTopic (name), ValueError (kind)."""
    kind = DeviceKind(kind)
    shard = shard_of(name, shards)
    secret, hashed = _new_secret()
    row = {"name": name, "kind": kind.value, "org_id": org_id, "vehicle_id": vehicle_id, "shard": shard}
    row |= {"secret_bcrypt": hashed, "created_ms": to_ms(now)}
    if not insert_new(db, DEVICE, row):
        raise DeviceExists(f"a device named {name} is registered already")
    if vehicle_id is not None:
        bind_first(db, get_device(db, name).id, vehicle_id)
    _bump(db)
    return _credential(name, shard, secret)


def rotate_secret(db: sa.Connection, name: str) -> IssuedCredential:
    """Issue a new secret; the old one stops to work at the broker's next reload. Raises UnknownDevice.

    There is no time in which both are right: docs/decisions/0043. A JT/T 808 terminal may register once more.
    """
    device = get_device(db, name)
    db.execute(TERMINAL.update().where(TERMINAL.c.device_id == device.id).values(paired_ms=None))
    return _credential(device.name, device.shard, set_secret(db, device.id))


def revoke_device(db: sa.Connection, name: str, now: datetime) -> None:
    """Stop believing a device; the broker cuts its session at the next reload. Raises UnknownDevice."""
    device = get_device(db, name)
    unrevoked = DEVICE.update().where(DEVICE.c.id == device.id, DEVICE.c.revoked_ms.is_(None))
    db.execute(unrevoked.values(revoked_ms=to_ms(now)))
    _bump(db)


def bind_vehicle(
    db: sa.Connection, name: str, vehicle_id: str | None, now: datetime, since: datetime | None = None
) -> None:
    """Bind a device to a vehicle, or to none, from `since` (now) on. Raises UnknownDevice, BadBinding."""
    bind(db, get_device(db, name, lock=True).id, vehicle_id, since or now, now)


def get_device(db: sa.Connection, name: str, *, lock: bool = False) -> Device:
    """The device of that name; with `lock` nobody else changes it until the transaction ends. Raises UnknownDevice."""
    query = sa.select(DEVICE).where(DEVICE.c.name == name)
    row = db.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise UnknownDevice(f"no device named {name[:60]!r} is registered")
    return _device(row)


def organizations_of(db: sa.Connection, device_ids: Iterable[int]) -> dict[int, str]:
    """The organization of each of these devices."""
    query = sa.select(DEVICE.c.id, DEVICE.c.org_id).where(DEVICE.c.id.in_(set(device_ids)))
    return {row.id: row.org_id for row in db.execute(query)}


def names_of(db: sa.Connection, device_ids: Iterable[int]) -> dict[int, str]:
    """The name of each of these devices."""
    query = sa.select(DEVICE.c.id, DEVICE.c.name).where(DEVICE.c.id.in_(set(device_ids)))
    return {row.id: row.name for row in db.execute(query)}


def find_device(db: sa.Connection, name: str) -> Device | None:
    """The device of that name, revoked or not."""
    return find_devices(db, [name]).get(name)


def find_devices(db: sa.Connection, names: Iterable[str]) -> dict[str, Device]:
    """The registered ones among `names`, by name."""
    query = sa.select(DEVICE).where(DEVICE.c.name.in_(set(names)))
    return {row.name: _device(row) for row in db.execute(query)}


def list_devices(db: sa.Connection, org_id: str | None = None) -> list[Device]:
    """All devices, or those of one organization, by name."""
    query = sa.select(DEVICE).order_by(DEVICE.c.name)
    if org_id is not None:
        query = query.where(DEVICE.c.org_id == org_id)
    return [_device(row) for row in db.execute(query)]


def device_of_vehicle(db: sa.Connection, vehicle_id: str) -> Device | None:
    """The vehicle's tracker or phone that is not revoked: the newest, if it has several."""
    query = sa.select(DEVICE).where(
        DEVICE.c.vehicle_id == vehicle_id,
        DEVICE.c.revoked_ms.is_(None),
        DEVICE.c.kind != DeviceKind.READER.value,
    )
    row = db.execute(query.order_by(DEVICE.c.created_ms.desc(), DEVICE.c.id.desc()).limit(1)).first()
    return None if row is None else _device(row)


def registry_version(db: sa.Connection) -> int:
    """A number that grows with every change of a device."""
    return db.scalar(sa.select(REGISTRY.c.version)) or 0


def mark_seen(db: sa.Connection, device_ids: Iterable[int], now: datetime) -> None:
    """Remember that these devices were heard at `now`. Not a change of the registry."""
    seen = sorted(set(device_ids))  # one order for all writers: no deadlock between them
    if seen:
        db.execute(DEVICE.update().where(DEVICE.c.id.in_(seen)).values(last_seen_ms=to_ms(now)))


def set_secret(db: sa.Connection, device_id: int, size: int = SECRET_BYTES) -> str:
    """Draw a new secret of so many random bytes, store its hash, and return the secret."""
    secret = secrets.token_urlsafe(size)
    db.execute(DEVICE.update().where(DEVICE.c.id == device_id).values(secret_bcrypt=hash_secret(secret)))
    _bump(db)
    return secret


def has_secret(device: Device, secret: str) -> bool:
    """Whether this is the secret of the device."""
    given = secret.encode()
    # bcrypt refuses more than 72 bytes and zero bytes; none of ours has either.
    return (
        len(given) <= _BCRYPT_MOST
        and b"\0" not in given
        and bcrypt.checkpw(given, device.secret_bcrypt.encode())
    )


def _new_secret() -> tuple[str, str]:
    secret = secrets.token_urlsafe(SECRET_BYTES)
    return secret, hash_secret(secret)


def hash_secret(secret: str) -> str:
    """The bcrypt hash of a random secret, in the form that NATS and others check."""
    return bcrypt.hashpw(secret.encode(), bcrypt.gensalt(BCRYPT_COST, prefix=b"2a")).decode()


def _credential(name: str, shard: int, secret: str) -> IssuedCredential:
    return IssuedCredential(check_device_name(name), secret, topic_up(name, shard), topic_ack(name, shard))


def _bump(db: sa.Connection) -> None:
    insert = upsert(db, REGISTRY).values(id=1, version=1)
    db.execute(insert.on_conflict_do_update(index_elements=["id"], set_={"version": REGISTRY.c.version + 1}))


def _device(row: Any) -> Device:
    return Device(
        id=row.id,
        name=row.name,
        kind=DeviceKind(row.kind),
        org_id=row.org_id,
        vehicle_id=row.vehicle_id,
        shard=row.shard,
        secret_bcrypt=row.secret_bcrypt,
        created_at=from_ms(row.created_ms),
        revoked_at=find_instant(row.revoked_ms),
        last_seen_at=find_instant(row.last_seen_ms),
    )
