"""JT/T 808 terminals in the registry: known by their phone number, paired once.

A terminal cannot be told a secret beforehand: the gateway draws its authentication code when it registers (0x0100).
So that knowing a phone number is not enough to become somebody's truck, that works once: registering the device (or
rotating its secret) opens the pairing, the terminal's registration closes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.tracking.devices_store import (
    Device,
    DeviceKind,
    IssuedCredential,
    find_devices,
    get_device,
    has_secret,
    register_device,
    set_secret,
)
from haoyun.tracking.errors import BadTopic, DeviceExists
from haoyun.tracking.instants import find_instant, to_ms
from haoyun.tracking.jt808.messages import Registered, Registration
from haoyun.tracking.tables import DEVICE, TERMINAL, insert_new

CODE_BYTES = 16  # 128 bits in 22 characters: terminals have small buffers
_PHONE = re.compile(r"[1-9][0-9]{5,19}")
_TEXT = 40


@dataclass(frozen=True, slots=True)
class Terminal:
    """What a terminal said of itself when it registered; `paired_at` None: it may register."""

    device_id: int
    phone: str
    paired_at: datetime | None
    manufacturer: str
    model: str
    terminal_id: str
    plate: str


def check_phone(phone: str) -> str:
    """The phone number of a terminal without leading zeros. Raises BadTopic naming the rule."""
    digits = phone.strip().lstrip("0")
    if not _PHONE.fullmatch(digits):
        raise BadTopic(f"phone {phone[:40]!r} must be the 6 to 20 digits that the terminal is set to")
    return digits


def register_terminal(
    db: sa.Connection,
    *,
    name: str,
    phone: str,
    org_id: str,
    vehicle_id: str | None,
    shards: int,
    now: datetime,
) -> IssuedCredential:
    """Register a terminal under a name; it may pair at once. Raises DeviceExists, BadTopic (name or phone).

    The credential's topics hold; its secret is of no use to the terminal, which gets its own code when it pairs.
    """
    digits = check_phone(phone)
    issued = register_device(
        db,
        name=name,
        kind=DeviceKind.TERMINAL,
        org_id=org_id,
        vehicle_id=vehicle_id,
        shards=shards,
        now=now,
    )
    row = {"device_id": get_device(db, name).id, "phone": digits, "paired_ms": None}
    row |= dict.fromkeys(("manufacturer", "model", "terminal_id", "plate"), "")
    if not insert_new(db, TERMINAL, row):
        raise DeviceExists(f"a terminal with the phone number {digits} is registered already")
    return issued


def pair(db: sa.Connection, phone: str, registration: Registration, now: datetime) -> tuple[Registered, str]:
    """The answer to a terminal that registers, with its code where it succeeds."""
    found = _device_of(db, phone)
    if found is None or found.revoked_at is not None:
        return Registered.NO_TERMINAL, ""
    said = {
        name: getattr(registration, name)[:_TEXT]
        for name in ("manufacturer", "model", "terminal_id", "plate")
    }
    is_open = sa.and_(TERMINAL.c.device_id == found.id, TERMINAL.c.paired_ms.is_(None))
    if db.execute(TERMINAL.update().where(is_open).values(paired_ms=to_ms(now), **said)).rowcount != 1:
        return Registered.TERMINAL_TAKEN, ""
    return Registered.SUCCESS, set_secret(db, found.id, CODE_BYTES)


def authenticate(db: sa.Connection, phone: str, code: str) -> Device | None:
    """The device of that terminal, if the code is right and the device is not revoked."""
    device = _device_of(db, phone)
    if device is None or device.revoked_at is not None or not has_secret(device, code):
        return None
    return device


def find_terminals(db: sa.Connection, device_ids: Iterable[int]) -> dict[int, Terminal]:
    """The terminals among these devices, by device."""
    query = sa.select(TERMINAL).where(TERMINAL.c.device_id.in_(set(device_ids)))
    return {row.device_id: _terminal(row) for row in db.execute(query)}


def _device_of(db: sa.Connection, phone: str) -> Device | None:
    query = sa.select(DEVICE.c.name).join(TERMINAL, TERMINAL.c.device_id == DEVICE.c.id)
    name = db.scalar(query.where(TERMINAL.c.phone == phone))
    return find_devices(db, [name]).get(name) if name else None


def _terminal(row: Any) -> Terminal:
    return Terminal(
        row.device_id,
        row.phone,
        find_instant(row.paired_ms),
        row.manufacturer,
        row.model,
        row.terminal_id,
        row.plate,
    )
