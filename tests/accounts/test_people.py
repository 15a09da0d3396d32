"""The people of an organization: who lets whom in, who is kept out, and that an owner is always left."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.errors import (
    AccountConflict,
    AccountError,
    BadAccount,
    NoSuchAccountThing,
    NotPermitted,
)
from haoyun.platform.accounts.history import Change, history_of
from haoyun.platform.accounts.invitations import (
    Purpose,
    find_invitation,
    invite_new_password,
    invite_organization,
    invite_person,
    open_invitations,
    withdraw_invitation,
)
from haoyun.platform.accounts.organizations import create_organization
from haoyun.platform.accounts.people import (
    activate,
    change_password,
    change_roles,
    deactivate,
    hand_over,
    join,
    set_forgotten_password,
)
from haoyun.platform.accounts.sessions import end_session, find_session, open_session, sessions_of
from haoyun.platform.accounts.tables import invitation as invitation_table
from haoyun.platform.accounts.tokens import find_token_actor, issue_token
from haoyun.platform.accounts.users import create_user, find_actor, get_user, sign_in
from haoyun.platform.database import Databases

PASSWORD = "correct horse battery"


@dataclass
class House:
    """An organization with two owners and a viewer, and a stranger who owns another."""

    ann: Actor
    ben: Actor
    viewer: Actor
    stranger: Actor


@pytest.fixture
def house(databases: Databases, now: datetime) -> House:
    with databases.platform.begin() as db:
        made = [
            create_organization(db, name=n, name_en=n, kinds={"carrier"}, now=now).id for n in ("甲", "乙")
        ]
        actors = []
        for name, org, role in (
            ("ann", 0, "owner"), ("ben", 0, "owner"), ("viewer", 0, "viewer"), ("stranger", 1, "owner"),
        ):  # fmt: skip
            user = create_user(
                db, email=f"{name}@example.com", password=PASSWORD, org_id=made[org], display_name=name,
                roles={role}, now=now,
            )  # fmt: skip
            actor = find_actor(db, user.id)
            assert actor is not None
            actors.append(actor)
    return House(*actors)


def join_as(db: sa.Connection, secret: str, email: str, now: datetime) -> str:
    return join(db, secret, email=email, password=PASSWORD, display_name="New", locale="zh", now=now).id


def at_once(*works: Callable[[], object]) -> list[object]:
    """What each of these gives or raises when they run side by side."""
    found: list[object] = [None] * len(works)
    gate = threading.Barrier(len(works))

    def run(place: int, work: Callable[[], object]) -> None:
        gate.wait()
        try:
            found[place] = work()
        except AccountError as error:
            found[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_an_invitation_lets_one_person_in_once_with_its_roles(
    databases: Databases, house: House, now: datetime
) -> None:
    with databases.platform.begin() as db:
        invitation, secret = invite_person(db, house.ann, "New@Example.com", frozenset({"accountant"}), now)
        stored = db.execute(sa.select(invitation_table)).mappings().one()
        assert secret not in str(dict(stored))  # only its fingerprint
        assert invitation.email == "new@example.com"
    with pytest.raises(BadAccount) as refused, databases.platform.begin() as db:
        join_as(db, secret, "other@example.com", now)
    assert refused.value.field == "email"
    with databases.platform.begin() as db:
        user = get_user(db, join_as(db, secret, "new@example.com", now))
        assert (user.org_id, user.roles) == (house.ann.org_id, {"accountant"})
    with pytest.raises(AccountConflict), databases.platform.begin() as db:
        join_as(db, secret, "new@example.com", now)
    with databases.platform.begin() as db:
        assert find_invitation(db, secret, Purpose.JOIN, now) is None
        changes = [one.change for one in history_of(db, house.ann.org_id)]
        assert changes == [Change.JOINED, Change.INVITED]


def test_of_many_who_come_with_one_link_one_gets_in(
    databases: Databases, house: House, now: datetime
) -> None:
    with databases.platform.begin() as db:
        _, secret = invite_person(db, house.ann, "", frozenset({"viewer"}), now)

    def come(number: int) -> Callable[[], object]:
        def work() -> object:
            with databases.platform.begin() as db:
                return join_as(db, secret, f"guest{number}@example.com", now)

        return work

    found = at_once(*(come(number) for number in range(4)))
    assert sum(isinstance(one, str) for one in found) == 1
    assert sum(isinstance(one, AccountConflict) for one in found) == 3


def test_a_late_or_withdrawn_invitation_and_one_for_another_purpose_let_nobody_in(
    databases: Databases, house: House, now: datetime
) -> None:
    with databases.platform.begin() as db:
        _, late = invite_person(db, house.ann, "", frozenset({"viewer"}), now, 1)
        gone, withdrawn = invite_person(db, house.ann, "", frozenset({"viewer"}), now)
        _, forgotten = invite_new_password(db, house.ann, house.ben.user_id, now)
        with pytest.raises(NoSuchAccountThing):
            withdraw_invitation(db, house.stranger, gone.id, now)
        withdraw_invitation(db, house.ann, gone.id, now)
        assert len(open_invitations(db, house.ann.org_id, Purpose.JOIN, now)) == 1
    for secret, when in ((late, now + timedelta(days=1)), (withdrawn, now), (forgotten, now), ("wrong", now)):
        with pytest.raises(AccountConflict), databases.platform.begin() as db:
            join_as(db, secret, "x@example.com", when)


def test_only_owners_manage_people_and_only_their_own(
    databases: Databases, house: House, now: datetime
) -> None:
    viewer = frozenset({"viewer"})
    with databases.platform.begin() as db:
        for actor, refusal in ((house.viewer, NotPermitted), (house.stranger, NoSuchAccountThing)):
            for work in (
                lambda a: change_roles(db, a, house.ben.user_id, viewer, now),
                lambda a: deactivate(db, a, house.ben.user_id, now),
                lambda a: activate(db, a, house.ben.user_id, now),
                lambda a: hand_over(db, a, house.ben.user_id, now),
                lambda a: invite_new_password(db, a, house.ben.user_id, now),
            ):
                with pytest.raises(refusal):
                    work(actor)
        with pytest.raises(NotPermitted):
            invite_person(db, house.viewer, "", viewer, now)
        with pytest.raises(NotPermitted):
            invite_organization(db, house.ann, "", now)
        for roles in (frozenset({"operator"}), frozenset({"king"}), frozenset()):
            with pytest.raises(BadAccount) as refused:
                change_roles(db, house.ann, house.ben.user_id, roles, now)
            assert refused.value.field == "roles"


def test_the_last_owner_stays(databases: Databases, house: House, now: datetime) -> None:
    viewer = frozenset({"viewer"})
    with databases.platform.begin() as db:
        change_roles(db, house.ann, house.ben.user_id, viewer, now)
    with pytest.raises(AccountConflict) as refused, databases.platform.begin() as db:
        change_roles(db, house.ann, house.ann.user_id, viewer, now)
    assert refused.value.key == "last_owner"
    with pytest.raises(BadAccount), databases.platform.begin() as db:
        deactivate(db, house.ann, house.ann.user_id, now)
    with databases.platform.begin() as db:
        assert get_user(db, house.ann.user_id).roles == {"owner"}


def test_two_owners_who_take_each_others_role_at_once_leave_one(
    databases: Databases, house: House, now: datetime
) -> None:
    def demote(by: Actor, whom: Actor) -> Callable[[], object]:
        def work() -> object:
            with databases.platform.begin() as db:
                return change_roles(db, by, whom.user_id, frozenset({"viewer"}), now)

        return work

    found = at_once(demote(house.ann, house.ben), demote(house.ben, house.ann))
    assert sum(isinstance(one, AccountConflict) for one in found) == 1
    with databases.platform.begin() as db:
        owners = [one for one in (house.ann, house.ben) if "owner" in get_user(db, one.user_id).roles]
    assert len(owners) == 1


def test_ownership_is_handed_over_in_one_step(databases: Databases, house: House, now: datetime) -> None:
    with databases.platform.begin() as db:
        hand_over(db, house.ann, house.viewer.user_id, now)
        assert get_user(db, house.viewer.user_id).roles == {"owner", "viewer"}
        assert get_user(db, house.ann.user_id).roles == {"dispatcher"}
        deactivate(db, house.ben, house.viewer.user_id, now)
        with pytest.raises(BadAccount):
            hand_over(db, house.ben, house.viewer.user_id, now)  # kept out


def test_a_person_kept_out_loses_sessions_and_keys_for_good(
    databases: Databases, house: House, now: datetime
) -> None:
    with databases.platform.begin() as db:
        token = issue_token(db, house.ben.user_id, now).token
        cookie = open_session(db, house.ben.user_id, "Firefox", "password", now)
        deactivate(db, house.ann, house.ben.user_id, now)
        assert sign_in(db, "ben@example.com", PASSWORD) is None
        activate(db, house.ann, house.ben.user_id, now)
        assert sign_in(db, "ben@example.com", PASSWORD) is not None
        assert find_token_actor(db, token, now) is None
        assert find_session(db, cookie, now) is None


def test_a_changed_password_ends_every_other_session(
    databases: Databases, house: House, now: datetime
) -> None:
    new = "another horse battery"
    with databases.platform.begin() as db:
        here, there = (open_session(db, house.ann.user_id, "Firefox", "password", now) for _ in range(2))
        for present, wanted, field in (
            (new, new, "present"),
            (PASSWORD, PASSWORD, "password"),
            (PASSWORD, "x", "password"),
        ):
            with pytest.raises(BadAccount) as refused:
                change_password(db, house.ann.user_id, present, wanted, now, keep=here)
            assert refused.value.field == field
        change_password(db, house.ann.user_id, PASSWORD, new, now, keep=here)
        assert find_session(db, here, now) and not find_session(db, there, now)
        assert sign_in(db, "ann@example.com", new) and not sign_in(db, "ann@example.com", PASSWORD)


def test_a_forgotten_password_is_set_by_a_link_that_works_once_for_a_day(
    databases: Databases, house: House, now: datetime
) -> None:
    new = "another horse battery"
    with databases.platform.begin() as db:
        _, secret = invite_new_password(db, house.ann, house.ben.user_id, now)
    with pytest.raises(AccountConflict), databases.platform.begin() as db:
        set_forgotten_password(db, secret, new, now + timedelta(days=1))
    with databases.platform.begin() as db:
        set_forgotten_password(db, secret, new, now)
        assert sign_in(db, "ben@example.com", new)
    with pytest.raises(AccountConflict), databases.platform.begin() as db:
        set_forgotten_password(db, secret, PASSWORD, now)


def test_sessions_are_listed_ended_and_over_after_a_working_day(
    databases: Databases, house: House, now: datetime
) -> None:
    with databases.platform.begin() as db:
        here = open_session(db, house.ann.user_id, "Firefox", "password", now)
        open_session(db, house.ann.user_id, "Chrome", "passkey", now)
        found = sessions_of(db, house.ann.user_id, here, now)
        assert sorted((one.browser, one.is_this) for one in found) == [("Chrome", False), ("Firefox", True)]
        other = next(one for one in found if not one.is_this)
        with pytest.raises(NoSuchAccountThing):
            end_session(db, house.stranger.user_id, other.id, now)
        end_session(db, house.ann.user_id, other.id, now)
        assert len(sessions_of(db, house.ann.user_id, here, now)) == 1
        assert find_session(db, here, now + timedelta(hours=12)) is None
