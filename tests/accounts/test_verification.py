"""Signing up, papers, and what the operator says of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.documents import (
    MAX_BYTES,
    DocumentKind,
    add_document,
    documents_of,
    read_document,
    remove_document,
)
from haoyun.platform.accounts.errors import (
    AccountConflict,
    BadAccount,
    BadFields,
    NoSuchAccountThing,
    NotPermitted,
)
from haoyun.platform.accounts.history import Change, history_of
from haoyun.platform.accounts.invitations import invite_organization
from haoyun.platform.accounts.organizations import create_organization, get_organization
from haoyun.platform.accounts.registration import Application, register
from haoyun.platform.accounts.tables import document_content, organization
from haoyun.platform.accounts.users import create_user, find_actor
from haoyun.platform.accounts.verification import (
    NEXT,
    Verification,
    approve,
    ask_for_verification,
    move,
    refuse,
)
from haoyun.platform.database import Databases

PASSWORD = "correct horse battery"
PDF = b"%PDF-1.7 licence"
CODE = "91350100M000100Y43"


def application(**changes: Any) -> Application:
    fields = {
        "name": "新运输", "name_en": "", "kinds": frozenset({"carrier"}), "credit_code": CODE, "country": "CN",
        "address": "", "phone": "", "gln": "", "vat_id": "", "locode": "", "display_name": "赵",
        "email": "zhao@example.com", "password": PASSWORD, "locale": "zh",
    }  # fmt: skip
    return Application(**fields | changes)


def operator(db: sa.Connection, now: datetime) -> Actor:
    home = create_organization(db, name="平台", name_en="Platform", kinds={"operator"}, now=now)
    user = create_user(
        db,
        email="op@example.com",
        password=None,
        org_id=home.id,
        display_name="op",
        roles={"operator"},
        now=now,
    )
    actor = find_actor(db, user.id)
    assert actor is not None
    return actor


def signed_up(db: sa.Connection, now: datetime, **changes: Any) -> Actor:
    _, owner = register(db, application(**changes), now)
    actor = find_actor(db, owner.id)
    assert actor is not None
    return actor


def test_an_organization_signs_up_unverified_with_its_owner(databases: Databases, now: datetime) -> None:
    with databases.platform.begin() as db:
        owner = signed_up(db, now)
        made = get_organization(db, owner.org_id)
        assert (made.verification, made.name_en, owner.roles) == ("UNVERIFIED", "新运输", {"owner"})
        assert not owner.cleared and owner.may_trade


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"credit_code": CODE[:-1] + "4"}, {"credit_code"}),
        ({"credit_code": ""}, {"credit_code"}),
        ({"credit_code": "", "country": "DE"}, {"vat_id"}),
        ({"gln": "1", "locode": "?", "phone": "x"}, {"gln", "locode", "phone"}),
        ({"kinds": frozenset({"operator"})}, {"kinds"}),
        ({"kinds": frozenset()}, {"kinds"}),
        ({"name": " "}, {"name"}),
        ({"email": "nobody"}, {"email"}),
        ({"password": "short"}, {"password"}),
    ],
)
def test_each_wrong_field_is_named_and_nothing_is_kept(
    databases: Databases, now: datetime, changes: dict[str, Any], fields: set[str]
) -> None:
    with pytest.raises((BadAccount, BadFields)) as refused, databases.platform.begin() as db:
        register(db, application(**changes), now)
    assert set(refused.value.messages("zh")) == fields
    with databases.platform.begin() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(organization)) == 0


def test_an_invited_organization_signs_up_once_with_the_address_that_was_invited(
    databases: Databases, now: datetime
) -> None:
    with databases.platform.begin() as db:
        _, secret = invite_organization(db, operator(db, now), "zhao@example.com", now)
    with pytest.raises(BadAccount), databases.platform.begin() as db:
        register(db, application(email="other@example.com"), now, secret)
    with databases.platform.begin() as db:
        register(db, application(), now, secret)
    with pytest.raises(AccountConflict), databases.platform.begin() as db:
        register(
            db,
            application(email="zhao2@example.com", credit_code="", country="DE", vat_id="DE123456789"),
            now,
            secret,
        )


def test_the_way_from_papers_to_a_verified_organization_and_back(databases: Databases, now: datetime) -> None:
    with databases.platform.begin() as db:
        platform, owner = operator(db, now), signed_up(db, now)
        with pytest.raises(BadAccount):
            ask_for_verification(db, owner, now)  # no licence yet
        with pytest.raises(NotPermitted):
            approve(db, owner, owner.org_id, now)  # nobody verifies oneself
        add_document(db, owner, DocumentKind.BUSINESS_LICENCE, "licence.pdf", PDF, None, now)
        ask_for_verification(db, owner, now)
        with pytest.raises(AccountConflict):
            ask_for_verification(db, owner, now)
        with pytest.raises(BadAccount):
            refuse(db, platform, owner.org_id, now, " ")  # without a reason
        refuse(db, platform, owner.org_id, now, "the stamp cannot be read")
        ask_for_verification(db, owner, now)
        approve(db, platform, owner.org_id, now)
        verified = find_actor(db, owner.user_id)
        assert verified is not None and verified.cleared
        steps = [(one.change, one.user_id, one.detail) for one in reversed(history_of(db, owner.org_id))]
        assert steps == [
            (Change.REGISTERED, owner.user_id, "新运输"),
            (Change.DOCUMENT_ADDED, owner.user_id, "licence.pdf"),
            (Change.SUBMITTED, owner.user_id, ""),
            (Change.REFUSED, platform.user_id, "the stamp cannot be read"),
            (Change.SUBMITTED, owner.user_id, ""),
            (Change.VERIFIED, platform.user_id, ""),
        ]
        refuse(db, platform, owner.org_id, now, "licence withdrawn")
        again = find_actor(db, owner.user_id)
        assert again is not None and not again.cleared
        with pytest.raises(NotPermitted):
            refuse(db, platform, platform.org_id, now, "me")


def test_only_the_steps_of_the_life_cycle_are_taken() -> None:
    for before in Verification:
        for to in Verification:
            if to in NEXT[before]:
                assert move(before, to) is to
            else:
                with pytest.raises(AccountConflict):
                    move(before, to)


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("a.pdf", b"", "document_empty"),
        ("a.pdf", b"<html><script>alert(1)</script>", "document_kind"),
        ("a.png", b"MZ\x90\x00", "document_kind"),
        ("a.pdf", b"%PDF-" + b"x" * MAX_BYTES, "document_large"),
    ],
    ids=["empty", "html", "program", "large"],
)
def test_a_file_is_taken_by_its_content_not_by_its_name(
    databases: Databases, now: datetime, name: str, content: bytes, key: str
) -> None:
    with databases.platform.begin() as db, pytest.raises(BadAccount) as refused:
        add_document(db, signed_up(db, now), DocumentKind.OTHER, name, content, None, now)
    assert (refused.value.field, refused.value.key) == ("file", key)


def test_papers_are_read_by_their_organization_and_the_operator_alone(
    databases: Databases, now: datetime
) -> None:
    with databases.platform.begin() as db:
        platform, owner = operator(db, now), signed_up(db, now)
        other = signed_up(
            db, now, email="x@example.com", credit_code="", country="FR", vat_id="FRXX123456789"
        )
        made = add_document(
            db, owner, DocumentKind.INSURANCE, "..\\../évil\n名.exe", b"\xff\xd8\xff jpeg", None, now
        )
        assert (made.name, made.media_type) == ("évil_名.jpg", "image/jpeg")
        for actor in (owner, platform):
            assert read_document(db, actor, made.id)[1] == b"\xff\xd8\xff jpeg"
        for look in (
            lambda: read_document(db, other, made.id),
            lambda: read_document(db, owner, "doc_none"),
            lambda: remove_document(db, other, made.id, now),
        ):
            with pytest.raises(NoSuchAccountThing):
                look()
        remove_document(db, owner, made.id, now)
        assert documents_of(db, owner.org_id) == []
        assert db.scalar(sa.select(sa.func.count()).select_from(document_content)) == 0
