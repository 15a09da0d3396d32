"""Passkeys (WebAuthn): made and checked by py_webauthn, kept as public keys. The challenge is the caller's to keep.

`Site` says which host a passkey is bound to; a browser hands it to no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from haoyun.platform.accounts.errors import AccountConflict, BadAccount, NoSuchAccountThing
from haoyun.platform.accounts.history import Change, record
from haoyun.platform.accounts.tables import passkey as t
from haoyun.platform.accounts.users import User, get_user
from haoyun.platform.ids import new_id
from haoyun.tracking.instants import find_instant, from_ms, to_ms
from haoyun.tracking.tables import insert_new

MOST = 20
MAX_LABEL_CHARS = 80


@dataclass(frozen=True, slots=True)
class Site:
    """Where the portal is reached: the host without its port, and the whole origin."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its owner sees it."""

    id: str
    label: str
    created_at: datetime
    used_at: datetime | None


def registration_options(db: sa.Connection, user: User, site: Site) -> tuple[str, str]:
    """(what the browser is asked, the challenge in it) for a new passkey. Raises BadAccount for too many."""
    rows = db.execute(sa.select(t.c.credential_id).where(t.c.user_id == user.id)).all()
    if len(rows) >= MOST:
        raise BadAccount("label", "passkeys_many", most=MOST)
    options = generate_registration_options(
        rp_id=site.host,
        rp_name="Haoyun",
        user_id=user.id.encode(),
        user_name=user.email,
        user_display_name=user.display_name,
        exclude_credentials=[
            PublicKeyCredentialDescriptor(base64url_to_bytes(r.credential_id)) for r in rows
        ],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,  # so that nobody types an address to sign in
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return options_to_json(options), bytes_to_base64url(options.challenge)


def add_passkey(
    db: sa.Connection, user: User, site: Site, challenge: str, credential: Any, label: str, now: datetime
) -> None:
    """Keep what the browser made for this challenge. Raises BadAccount, AccountConflict for what does not hold."""
    name = label.strip()
    if not 1 <= len(name) <= MAX_LABEL_CHARS:
        raise BadAccount("label", "length", low=1, high=MAX_LABEL_CHARS)
    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise AccountConflict("passkey_refused") from error
    row = {
        "id": new_id("pky"),
        "user_id": user.id,
        "credential_id": bytes_to_base64url(made.credential_id),
        "public_key": made.credential_public_key,
        "sign_count": made.sign_count,
        "label": name,
        "created_ms": to_ms(now),
    }
    if not insert_new(db, t, row):
        raise AccountConflict("passkey_refused")
    record(db, user.org_id, Change.PASSKEY_ADDED, user.id, now, subject_id=str(row["id"]), detail=name)


def sign_in_options(site: Site) -> tuple[str, str]:
    """(what the browser is asked, the challenge in it) to sign in with any passkey of this site."""
    options = generate_authentication_options(
        rp_id=site.host, user_verification=UserVerificationRequirement.REQUIRED
    )
    return options_to_json(options), bytes_to_base64url(options.challenge)


def sign_in_with_passkey(
    db: sa.Connection, site: Site, challenge: str, credential: Any, now: datetime
) -> str:
    """The person whose passkey answered this challenge. Raises AccountConflict; a counter that runs back too."""
    given = credential.get("id") if isinstance(credential, dict) else None
    row = db.execute(sa.select(t).where(t.c.credential_id == str(given)[:1400])).one_or_none()
    if row is None:
        raise AccountConflict("passkey_refused")
    try:
        seen = verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise AccountConflict("passkey_refused") from error
    same = (t.c.id == row.id, t.c.sign_count == row.sign_count)
    used = sa.update(t).where(*same).values(sign_count=seen.new_sign_count, used_ms=to_ms(now))
    if db.execute(used).rowcount != 1:
        raise AccountConflict("passkey_refused")  # the same answer, twice at once
    return str(row.user_id)


def passkeys_of(db: sa.Connection, user_id: str) -> list[Passkey]:
    """The passkeys of a person, the oldest first."""
    rows = db.execute(sa.select(t).where(t.c.user_id == user_id).order_by(t.c.id))
    return [Passkey(row.id, row.label, from_ms(row.created_ms), find_instant(row.used_ms)) for row in rows]


def remove_passkey(db: sa.Connection, user_id: str, passkey_id: str, now: datetime) -> None:
    """Forget a passkey. Raises NoSuchAccountThing, also for somebody else's."""
    if db.execute(sa.delete(t).where(t.c.id == passkey_id, t.c.user_id == user_id)).rowcount != 1:
        raise NoSuchAccountThing
    record(db, get_user(db, user_id).org_id, Change.PASSKEY_REMOVED, user_id, now, subject_id=passkey_id)
