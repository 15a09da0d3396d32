"""Both databases with tables straight from the metadata: made once a session, emptied after each test."""

from __future__ import annotations

import pytest
from publishing_world import People
from stores import postgres_stores, sqlite_stores, stores  # noqa: F401 - fixtures

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.organizations import create_organization
from haoyun.platform.accounts.users import create_user, find_actor
from haoyun.platform.database import Databases
from haoyun.platform.market.testing import NOW


@pytest.fixture
def people(stores: Databases) -> People:  # noqa: F811 - the fixture
    kinds = {
        "shipper": ({"shipper"}, "owner"),
        "other_shipper": ({"shipper"}, "dispatcher"),
        "carrier": ({"carrier"}, "dispatcher"),
        "other_carrier": ({"carrier", "shipper"}, "dispatcher"),
        "operator": ({"operator"}, "operator"),
    }
    made: dict[str, Actor] = {}
    with stores.platform.begin() as db:
        for name, (org_kinds, role) in kinds.items():
            org = create_organization(db, name=f"{name}公司", name_en=f"{name} Ltd", kinds=org_kinds, now=NOW)
            user = create_user(
                db, email=f"{name}@example.com", password=None, org_id=org.id,
                display_name=name, roles={role}, now=NOW,
            )  # fmt: skip
            found = find_actor(db, user.id)
            assert found is not None
            made[name] = found
    shipper = made["shipper"]
    viewer = Actor("user-viewer", shipper.org_id, frozenset({"viewer"}), shipper.org_kinds)
    return People(**made, viewer=viewer)
