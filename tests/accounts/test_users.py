"""People and organizations: what is refused, who may act as what."""

from __future__ import annotations

from datetime import datetime

import pytest

from haoyun.platform.accounts.actor import Actor, OrgKind
from haoyun.platform.accounts.errors import AccountExists, BadAccount, UnknownOrganization, UnknownUser
from haoyun.platform.accounts.organizations import (
    Organization,
    create_organization,
    get_organization,
    list_organizations,
    organization_names,
)
from haoyun.platform.accounts.passwords import hash_password, matches
from haoyun.platform.accounts.users import (
    create_user,
    find_actor,
    find_user_by_email,
    get_user,
    list_users,
    set_active,
    set_locale,
    sign_in,
)
from haoyun.platform.database import Databases

PASSWORD = "correct horse battery"


def _user(databases: Databases, shipper: Organization, now: datetime, **changes: object) -> str:
    fields: dict[str, object] = {
        "email": "Li@Example.com",
        "password": PASSWORD,
        "org_id": shipper.id,
        "display_name": "李梅",
        "roles": {"owner"},
        "now": now,
    }
    with databases.platform.begin() as db:
        return create_user(db, **{**fields, **changes}).id  # type: ignore[arg-type]


def test_a_person_signs_in_with_any_case_of_letters(
    databases: Databases, shipper: Organization, now: datetime
) -> None:
    user_id = _user(databases, shipper, now)
    with databases.platform.begin() as db:
        actor = sign_in(db, " lI@example.COM", PASSWORD)
        assert actor == Actor(user_id, shipper.id, frozenset({"owner"}), frozenset({"shipper"}))
        assert sign_in(db, "li@example.com", PASSWORD + "!") is None
        assert sign_in(db, "nobody@example.com", PASSWORD) is None


def test_a_deactivated_person_is_nobody(databases: Databases, shipper: Organization, now: datetime) -> None:
    user_id = _user(databases, shipper, now)
    with databases.platform.begin() as db:
        set_active(db, user_id, False)
        assert sign_in(db, "li@example.com", PASSWORD) is None
        assert find_actor(db, user_id) is None


def test_an_address_is_used_once(databases: Databases, shipper: Organization, now: datetime) -> None:
    _user(databases, shipper, now)
    with pytest.raises(AccountExists, match="in use"):
        _user(databases, shipper, now, email="LI@example.com")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "no-at-sign"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"display_name": " "}, "display_name"),
        ({"locale": "fr"}, "locale"),
        ({"roles": set()}, "roles"),
        ({"roles": {"king"}}, "roles"),
        ({"roles": {"operator"}}, "roles"),
        ({"roles": {"owner", "supervisor"}}, "roles"),
    ],
)
def test_a_wrong_field_is_named(
    databases: Databases, shipper: Organization, now: datetime, change: dict[str, object], field: str
) -> None:
    with pytest.raises(BadAccount) as refused:
        _user(databases, shipper, now, **change)
    assert refused.value.field == field


def test_only_people_of_an_operating_organization_operate(databases: Databases, now: datetime) -> None:
    with databases.platform.begin() as db:
        house = create_organization(db, name="运营", name_en="Operator", kinds={"operator"}, now=now)
        user = create_user(
            db,
            email="op@example.com",
            password=PASSWORD,
            org_id=house.id,
            display_name="Op",
            roles={"operator"},
            now=now,
        )
        actor = find_actor(db, user.id)
        assert actor and actor.is_operator and actor.sees_all and actor.may_trade and not actor.is_supervisor


def test_a_viewer_may_not_trade() -> None:
    viewer = Actor("u", "o", frozenset({"viewer"}), frozenset({"carrier"}))
    assert not viewer.may_trade and viewer.is_carrier and not viewer.is_shipper and not viewer.sees_all


def test_an_actor_with_an_invented_role_or_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown role king"):
        Actor("u", "o", frozenset({"king"}), frozenset({"carrier"}))
    with pytest.raises(ValueError, match="unknown kind of organization guild"):
        Actor("u", "o", frozenset({"owner"}), frozenset({"guild"}))


def test_people_are_found_listed_and_keep_their_language(
    databases: Databases, shipper: Organization, now: datetime
) -> None:
    user_id = _user(databases, shipper, now)
    with databases.platform.begin() as db:
        set_locale(db, user_id, "en")
        found = get_user(db, user_id)
        assert found.locale == "en" and found.roles == {"owner"}
        assert find_user_by_email(db, "li@example.com") == found
        assert list_users(db, shipper.id) == [found] == list_users(db)
        with pytest.raises(UnknownUser):
            get_user(db, "user_none")
        with pytest.raises(UnknownUser):
            set_locale(db, "user_none", "en")
        with pytest.raises(BadAccount):
            set_locale(db, user_id, "fr")


def test_organizations_are_stored_whole(databases: Databases, now: datetime) -> None:
    with databases.platform.begin() as db:
        made = create_organization(
            db,
            name="双栖物流",
            name_en="Both Ways",
            kinds={"shipper", "carrier"},
            credit_code="91350100m000100y43",
            company_prefix="6901234",
            now=now,
        )
        assert get_organization(db, made.id) == made and made.credit_code == "91350100M000100Y43"
        assert list_organizations(db, OrgKind.CARRIER) == [made]
        assert list_organizations(db, OrgKind.OPERATOR) == []
        assert organization_names(db, {made.id}) == {made.id: ("双栖物流", "Both Ways")}
        with pytest.raises(UnknownOrganization):
            get_organization(db, "org_none")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name_en": "x" * 121}, "name_en"),
        ({"kinds": set()}, "kinds"),
        ({"kinds": {"guild"}}, "kinds"),
        ({"credit_code": "91350100M000100Y44"}, "credit_code"),
        ({"company_prefix": "12ab"}, "company_prefix"),
    ],
)
def test_a_wrong_field_of_an_organization_is_named(
    databases: Databases, now: datetime, change: dict[str, object], field: str
) -> None:
    fields: dict[str, object] = {"name": "甲", "name_en": "A", "kinds": {"shipper"}, "now": now}
    with databases.platform.begin() as db, pytest.raises(BadAccount) as refused:
        create_organization(db, **{**fields, **change})  # type: ignore[arg-type]
    assert refused.value.field == field


def test_two_organizations_cannot_share_a_credit_code(databases: Databases, now: datetime) -> None:
    with databases.platform.begin() as db:
        for code in (None, None, "91350100M000100Y43"):
            create_organization(db, name="甲", name_en="A", kinds={"shipper"}, credit_code=code, now=now)
        with pytest.raises(AccountExists):
            create_organization(
                db, name="乙", name_en="B", kinds={"carrier"}, credit_code="91350100M000100Y43", now=now
            )


def test_a_password_matches_only_itself() -> None:
    stored = hash_password(PASSWORD)
    assert stored.startswith("$argon2id$") and matches(PASSWORD, stored)
    assert not matches("", stored) and not matches(PASSWORD, None) and not matches(PASSWORD, "plain")


def test_a_program_without_a_password_cannot_be_signed_in_with_any(
    databases: Databases, shipper: Organization, now: datetime
) -> None:
    _user(databases, shipper, now, email="program@example.com", password=None)
    with databases.platform.begin() as db:
        for guess in ("", "the password of nobody", PASSWORD):
            assert sign_in(db, "program@example.com", guess) is None
