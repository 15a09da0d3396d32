"""Two-step sign-in: the app's secret of a person, its codes used once each, and recovery codes kept as fingerprints."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.accounts.errors import AccountConflict, BadAccount
from haoyun.platform.accounts.history import Change, record
from haoyun.platform.accounts.tables import recovery_code, totp
from haoyun.platform.accounts.totp import matching_step, new_secret
from haoyun.platform.accounts.users import get_user
from haoyun.platform.ids import CROCKFORD
from haoyun.tracking.instants import to_ms

RECOVERY_CODES = 10
_RECOVERY_CHARS = 16  # 80 bits of base 32: nothing to guess, so a plain hash is enough


def begin_two_step(db: sa.Connection, user_id: str, now: datetime) -> str:
    """A new secret that waits for its first code; one that waited before is replaced. Raises AccountConflict."""
    if has_two_step(db, user_id):
        raise AccountConflict("two_step_on")
    secret = new_secret()
    db.execute(sa.delete(totp).where(totp.c.user_id == user_id))
    db.execute(sa.insert(totp).values(user_id=user_id, secret=secret, last_step=0, created_ms=to_ms(now)))
    return secret


def confirm_two_step(db: sa.Connection, user_id: str, code: str, now: datetime) -> list[str]:
    """Switch it on with the first code; returns the recovery codes, which exist here and nowhere else.

    Raises BadAccount for a wrong code, AccountConflict where nothing waits.
    """
    secret = db.scalar(
        sa.select(totp.c.secret).where(totp.c.user_id == user_id, totp.c.confirmed_ms.is_(None))
    )
    if secret is None:
        raise AccountConflict("two_step_off")
    step = matching_step(secret, code, now)
    if step is None:
        raise BadAccount("code", "code_wrong")
    waiting = (totp.c.user_id == user_id, totp.c.confirmed_ms.is_(None))
    if (
        db.execute(sa.update(totp).where(*waiting).values(confirmed_ms=to_ms(now), last_step=step)).rowcount
        != 1
    ):
        raise AccountConflict("two_step_on")
    record(db, get_user(db, user_id).org_id, Change.TWO_STEP_ON, user_id, now, subject_id=user_id)
    return new_recovery_codes(db, user_id, now)


def has_two_step(db: sa.Connection, user_id: str) -> bool:
    """Whether a code is asked for after the password."""
    on = (totp.c.user_id == user_id, totp.c.confirmed_ms.is_not(None))
    return db.execute(sa.select(totp.c.user_id).where(*on)).first() is not None


def waiting_secret(db: sa.Connection, user_id: str) -> str | None:
    """The secret that waits for its first code."""
    waits = (totp.c.user_id == user_id, totp.c.confirmed_ms.is_(None))
    found = db.scalar(sa.select(totp.c.secret).where(*waits))
    return None if found is None else str(found)


def use_code(db: sa.Connection, user_id: str, code: str, now: datetime) -> bool:
    """Whether this is the app's code of now, or a recovery code; each is taken once, however many ask at once."""
    on = (totp.c.user_id == user_id, totp.c.confirmed_ms.is_not(None))
    secret = db.scalar(sa.select(totp.c.secret).where(*on))
    if secret is None:
        return False
    step = matching_step(secret, code, now)
    if step is not None:
        fresh = sa.update(totp).where(*on, totp.c.last_step < step).values(last_step=step)
        return db.execute(fresh).rowcount == 1
    unused = (
        recovery_code.c.user_id == user_id,
        recovery_code.c.sha256 == _digest(code),
        recovery_code.c.used_ms.is_(None),
    )
    return db.execute(sa.update(recovery_code).where(*unused).values(used_ms=to_ms(now))).rowcount == 1


def end_two_step(db: sa.Connection, user_id: str, by: str | None, now: datetime) -> None:
    """Switch it off; the recovery codes go with it. Raises AccountConflict where it is off."""
    if db.execute(sa.delete(totp).where(totp.c.user_id == user_id)).rowcount != 1:
        raise AccountConflict("two_step_off")
    db.execute(sa.delete(recovery_code).where(recovery_code.c.user_id == user_id))
    record(db, get_user(db, user_id).org_id, Change.TWO_STEP_OFF, by, now, subject_id=user_id)


def new_recovery_codes(db: sa.Connection, user_id: str, now: datetime) -> list[str]:
    """Ten new codes in place of the old ones."""
    db.execute(sa.delete(recovery_code).where(recovery_code.c.user_id == user_id))
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    rows = [{"user_id": user_id, "sha256": _digest(code), "created_ms": to_ms(now)} for code in codes]
    db.execute(sa.insert(recovery_code), rows)
    return codes


def recovery_codes_left(db: sa.Connection, user_id: str) -> int:
    """How many recovery codes are unused."""
    unused = (recovery_code.c.user_id == user_id, recovery_code.c.used_ms.is_(None))
    return db.scalar(sa.select(sa.func.count()).select_from(recovery_code).where(*unused)) or 0


def _new_code() -> str:
    plain = "".join(secrets.choice(CROCKFORD) for _ in range(_RECOVERY_CHARS))
    return "-".join(plain[i : i + 4] for i in range(0, _RECOVERY_CHARS, 4))


def _digest(code: str) -> str:
    """The fingerprint of a code as people type it: case, spaces and hyphens do not matter."""
    plain = "".join(c for c in code.upper() if c in CROCKFORD)
    return hashlib.sha256(plain.encode()).hexdigest()
