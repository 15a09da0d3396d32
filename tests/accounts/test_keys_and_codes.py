"""Keys with scopes, and codes that are taken once."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.errors import AccountConflict, BadAccount, NoSuchAccountThing
from haoyun.platform.accounts.organizations import Organization
from haoyun.platform.accounts.scopes import ALL, Scope
from haoyun.platform.accounts.tables import recovery_code
from haoyun.platform.accounts.tokens import find_token, issue_token, keys_of, make_key, note_used, revoke_key
from haoyun.platform.accounts.totp import code_at, step_of
from haoyun.platform.accounts.two_step import (
    begin_two_step,
    confirm_two_step,
    end_two_step,
    has_two_step,
    recovery_codes_left,
    use_code,
)
from haoyun.platform.accounts.users import create_user, find_actor
from haoyun.platform.database import Databases


@pytest.fixture
def actor(databases: Databases, shipper: Organization, now: datetime) -> Actor:
    with databases.platform.begin() as db:
        user = create_user(
            db,
            email="li@example.com",
            password=None,
            org_id=shipper.id,
            display_name="Li",
            roles={"owner"},
            now=now,
        )
        found = find_actor(db, user.id)
    assert found is not None
    return found


def test_a_key_has_its_scopes_and_a_token_for_a_password_has_all(
    databases: Databases, actor: Actor, now: datetime
) -> None:
    with databases.platform.begin() as db:
        key = make_key(db, actor, "TMS", ["trade", "read"], 30, now)
        token = issue_token(db, actor.user_id, now)
        for issued, scopes in ((key, {"read", "trade"}), (token, ALL)):
            found = find_token(db, issued.token, now)
            assert found is not None and found[0].scopes == scopes
        assert find_token(db, key.token, now + timedelta(days=30)) is None
        newest, oldest = sorted(keys_of(db, actor.user_id, now), key=lambda one: one.is_key)
        assert (oldest.name, oldest.scopes, newest.is_key) == ("TMS", {"read", "trade"}, False)
        assert key.token.startswith(oldest.prefix)


def test_last_used_is_written_every_ten_minutes(databases: Databases, actor: Actor, now: datetime) -> None:
    with databases.platform.begin() as db:
        token = make_key(db, actor, "TMS", ["read"], 30, now).token
        assert find_token(db, token, now) == (replace(actor, scopes=frozenset({Scope.READ})), True)
        note_used(db, token, now)
        for minutes, due in ((9, False), (10, True)):
            found = find_token(db, token, now + timedelta(minutes=minutes))
            assert found is not None and found[1] is due
        assert keys_of(db, actor.user_id, now)[0].used_at == now


@pytest.mark.parametrize(
    ("name", "scopes", "days", "field"),
    [
        ("", ["read"], 1, "name"),
        ("x", [], 1, "scopes"),
        ("x", ["everything"], 1, "scopes"),
        ("x", ["trade"], 1, "scopes"),
        ("x", ["read"], 0, "days"),
        ("x", ["read"], 731, "days"),
    ],
)
def test_a_key_made_with_a_key_gives_no_more_than_that_has(
    databases: Databases, actor: Actor, now: datetime, name: str, scopes: list[str], days: int, field: str
) -> None:
    limited = replace(actor, scopes=frozenset({"manage", "read"}))
    with databases.platform.begin() as db, pytest.raises(BadAccount) as refused:
        make_key(db, limited, name, scopes, days, now)
    assert refused.value.field == field


def test_only_the_own_key_is_revoked(databases: Databases, actor: Actor, now: datetime) -> None:
    with databases.platform.begin() as db:
        key = make_key(db, actor, "TMS", ["read"], 30, now)
        with pytest.raises(NoSuchAccountThing):
            revoke_key(db, replace(actor, user_id="user_other"), key.id, now)
        revoke_key(db, actor, key.id, now)
        assert find_token(db, key.token, now) is None
        with pytest.raises(NoSuchAccountThing):
            revoke_key(db, actor, key.id, now)


def switched_on(db: sa.Connection, actor: Actor, now: datetime) -> tuple[str, list[str]]:
    secret = begin_two_step(db, actor.user_id, now)
    return secret, confirm_two_step(db, actor.user_id, code_at(secret, step_of(now)), now)


def test_two_step_sign_in_needs_a_right_first_code(databases: Databases, actor: Actor, now: datetime) -> None:
    with databases.platform.begin() as db:
        with pytest.raises(AccountConflict):
            confirm_two_step(db, actor.user_id, "000000", now)  # nothing waits
        secret = begin_two_step(db, actor.user_id, now)
        wrong = f"{(int(code_at(secret, step_of(now))) + 1) % 10**6:06d}"
        if wrong not in {code_at(secret, step_of(now) + drift) for drift in (-1, 0, 1)}:
            with pytest.raises(BadAccount):
                confirm_two_step(db, actor.user_id, wrong, now)
        assert not has_two_step(db, actor.user_id) and not use_code(db, actor.user_id, wrong, now)
        confirm_two_step(db, actor.user_id, code_at(secret, step_of(now)), now)
        assert has_two_step(db, actor.user_id)
        with pytest.raises(AccountConflict):
            begin_two_step(db, actor.user_id, now)


def test_a_code_is_taken_once_and_never_after_a_later_one(
    databases: Databases, actor: Actor, now: datetime
) -> None:
    with databases.platform.begin() as db:
        secret, _ = switched_on(db, actor, now)
        assert not use_code(db, actor.user_id, code_at(secret, step_of(now)), now)  # it switched it on
        later = now + timedelta(seconds=60)
        assert use_code(db, actor.user_id, code_at(secret, step_of(later)), later)
        assert not use_code(db, actor.user_id, code_at(secret, step_of(later)), later)
        assert not use_code(db, actor.user_id, code_at(secret, step_of(later) - 1), later)


def test_of_many_who_send_one_code_at_once_one_gets_in(
    databases: Databases, actor: Actor, now: datetime
) -> None:
    with databases.platform.begin() as db:
        secret, codes = switched_on(db, actor, now)
    later = now + timedelta(minutes=5)
    for code in (code_at(secret, step_of(later)), codes[0]):
        taken: list[bool] = []

        def come(code: str = code, taken: list[bool] = taken) -> None:
            with databases.platform.begin() as db:
                taken.append(use_code(db, actor.user_id, code, later))

        threads = [threading.Thread(target=come) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(taken) == [False, False, False, True]


def test_recovery_codes_are_kept_as_fingerprints_and_go_with_two_step_sign_in(
    databases: Databases, actor: Actor, now: datetime
) -> None:
    with databases.platform.begin() as db:
        _, codes = switched_on(db, actor, now)
        assert len(set(codes)) == 10
        kept = str(db.execute(sa.select(recovery_code)).mappings().all())
        assert not any(code in kept or code.replace("-", "") in kept for code in codes)
        assert use_code(db, actor.user_id, codes[3].lower().replace("-", " "), now)
        assert recovery_codes_left(db, actor.user_id) == 9
        end_two_step(db, actor.user_id, actor.user_id, now)
        assert not use_code(db, actor.user_id, codes[4], now)
        with pytest.raises(AccountConflict):
            end_two_step(db, actor.user_id, actor.user_id, now)
