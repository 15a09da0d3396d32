"""Bearer tokens: shown once, hashed, revocable, mortal."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from haoyun.platform.accounts.organizations import Organization
from haoyun.platform.accounts.tables import api_token
from haoyun.platform.accounts.tokens import LIFETIME, find_token_actor, issue_token, revoke_token
from haoyun.platform.accounts.users import create_user, set_active
from haoyun.platform.database import Databases


@pytest.fixture
def user_id(databases: Databases, shipper: Organization, now: datetime) -> str:
    with databases.platform.begin() as db:
        return create_user(
            db,
            email="li@example.com",
            password="correct horse battery",
            org_id=shipper.id,
            display_name="Li",
            roles={"dispatcher"},
            now=now,
        ).id


def test_a_token_acts_as_its_person_until_it_expires(
    databases: Databases, user_id: str, now: datetime
) -> None:
    with databases.platform.begin() as db:
        issued = issue_token(db, user_id, now, label="simulator")
        actor = find_token_actor(db, issued.token, now + LIFETIME - timedelta(seconds=1))
        assert actor and actor.user_id == user_id
        assert find_token_actor(db, issued.token, issued.expires_at) is None


def test_only_the_hash_is_stored(databases: Databases, user_id: str, now: datetime) -> None:
    with databases.platform.begin() as db:
        issued = issue_token(db, user_id, now)
        row = db.execute(sa.select(api_token)).mappings().one()
        assert not any(issued.token in str(value) for value in row.values())
        assert len(issued.token) >= 43, "at least 192 bits"


def test_a_revoked_token_is_nobodys(databases: Databases, user_id: str, now: datetime) -> None:
    with databases.platform.begin() as db:
        issued = issue_token(db, user_id, now)
        revoke_token(db, issued.token, now)
        assert find_token_actor(db, issued.token, now) is None


def test_the_token_of_a_deactivated_person_is_nobodys(
    databases: Databases, user_id: str, now: datetime
) -> None:
    with databases.platform.begin() as db:
        issued = issue_token(db, user_id, now)
        set_active(db, user_id, False)
        assert find_token_actor(db, issued.token, now) is None
        assert find_token_actor(db, "hy_guess", now) is None
