"""Drafts: incomplete, private, published once, and every missing field named."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from publishing_world import HERE, People, find_site

from haoyun.platform.database import Databases
from haoyun.platform.market.errors import Conflict, FieldErrors, NotAllowed, NotFound, Stale
from haoyun.platform.market.load import LoadDraft, LoadState, Visibility
from haoyun.platform.market.store import LoadFilter, add_vehicle, get_capacity, get_load, list_loads
from haoyun.platform.market.testing import NOW, hours, load_draft, vehicle_draft
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.document import document_of_load, plain
from haoyun.platform.publishing.document import load_draft as read_load
from haoyun.platform.publishing.drafts import (
    change_draft,
    discard_draft,
    get_draft,
    list_drafts,
    publish_draft,
    save_draft,
)
from haoyun.platform.publishing.partners import add_partner, list_partners, partners_of, remove_partner

WHOLE: dict[str, Any] = {
    "goods": "钢卷",
    "weight_kg": 28_000,
    "origin": "B",
    "destination": "地D",
    "pickup": plain(hours(0, 8)),
    "delivery": plain(hours(4, 24)),
}


def publish(stores: Databases, actor: Any, draft_id: str) -> str:
    with stores.platform.begin() as db:
        return publish_draft(db, actor, draft_id, find_site, NOW, HERE)


def test_a_draft_may_lack_everything_and_is_seen_by_its_organization_only(
    stores: Databases, people: People
) -> None:
    with stores.platform.begin() as db:
        draft = save_draft(db, people.shipper, Kind.LOAD, {"goods": "纸"}, NOW, message="苏州 纸")
        assert get_draft(db, people.shipper, draft.id) == draft
        assert list_drafts(db, people.shipper).items == (draft,)
        assert list_drafts(db, people.other_shipper).items == ()
        answers = set()
        for draft_id in (draft.id, "dra_none"):
            for ask in (
                lambda i: get_draft(db, people.other_shipper, i),
                lambda i: discard_draft(db, people.other_shipper, i),
                lambda i: change_draft(db, people.other_shipper, i, {}, 1, NOW),
                lambda i: publish_draft(db, people.other_shipper, i, find_site, NOW, HERE),
            ):
                with pytest.raises(NotFound) as caught:
                    ask(draft_id)
                answers.add(str(caught.value))
        assert len(answers) == 1


def test_publishing_names_every_missing_field_and_keeps_the_draft(stores: Databases, people: People) -> None:
    with stores.platform.begin() as db:
        draft = save_draft(
            db, people.shipper, Kind.LOAD, {"origin": "Atlantis", "pickup": {"start": "soon"}}, NOW
        )
    with pytest.raises(FieldErrors) as caught:
        publish(stores, people.shipper, draft.id)
    rules = {name: rule for name, (rule, _) in caught.value.errors.items()}
    assert rules == {
        "goods": "needed",
        "weight_kg": "needed",
        "origin": "site_unknown",
        "destination": "needed",
        "pickup.start": "an_instant",
        "pickup.end": "needed",
        "delivery": "needed",
    }
    assert "Atlantis" in caught.value.messages("zh")["origin"]
    with stores.platform.begin() as db:
        assert get_draft(db, people.shipper, draft.id).published_id is None


def test_a_whole_draft_becomes_a_load_once(stores: Databases, people: People) -> None:
    with stores.platform.begin() as db:
        draft = save_draft(db, people.shipper, Kind.LOAD, WHOLE, NOW)
    ids: list[str] = []
    threads = [
        threading.Thread(target=lambda: ids.append(publish(stores, people.shipper, draft.id)))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 5 and len(set(ids)) == 1
    with stores.platform.begin() as db:
        assert get_load(db, ids[0], None).state is LoadState.OPEN
        assert len(list_loads(db, LoadFilter(), None).items) == 1
        assert list_drafts(db, people.shipper).items == ()
        with pytest.raises(Conflict):
            discard_draft(db, people.shipper, draft.id)
        with pytest.raises(Conflict):
            change_draft(db, people.shipper, draft.id, WHOLE, 1, NOW)


def test_an_old_version_of_a_draft_is_not_written_over_a_newer_one(stores: Databases, people: People) -> None:
    with stores.platform.begin() as db:
        draft = save_draft(db, people.shipper, Kind.LOAD, WHOLE, NOW)
        changed = change_draft(db, people.shipper, draft.id, {**WHOLE, "goods": "纸"}, 1, NOW)
        assert (changed.version, changed.fields["goods"]) == (2, "纸")
        with pytest.raises(Stale):
            change_draft(db, people.shipper, draft.id, WHOLE, 1, NOW)
        discard_draft(db, people.shipper, draft.id)
        with pytest.raises(NotFound):
            get_draft(db, people.shipper, draft.id)


def test_who_may_not_post_writes_no_drafts(stores: Databases, people: People) -> None:
    with stores.platform.begin() as db:
        for actor, kind in (
            (people.viewer, Kind.LOAD), (people.carrier, Kind.LOAD), (people.shipper, Kind.CAPACITY),
        ):  # fmt: skip
            with pytest.raises(NotAllowed):
                save_draft(db, actor, kind, {}, NOW)


def test_a_draft_of_a_capacity_becomes_one(stores: Databases, people: People) -> None:
    with stores.platform.begin() as db:
        vehicle = add_vehicle(db, people.carrier, vehicle_draft(), NOW)
        fields = {"vehicle_id": vehicle.id, "origin": "A", "ready": plain(hours(1, 48)), "radius_km": 450}
        draft = save_draft(db, people.carrier, Kind.CAPACITY, fields, NOW)
        capacity_id = publish_draft(db, people.carrier, draft.id, find_site, NOW, HERE)
        assert get_capacity(db, capacity_id, None).radius_km == 450


def test_a_load_written_as_a_document_reads_back_as_itself() -> None:
    draft = load_draft(temperature_min_c=2, temperature_max_c=8, dg_class="3", note="易碎")
    assert read_load(document_of_load(draft), find_site) == draft


def test_partners_are_named_exactly_and_listed_for_their_own_organization(
    stores: Databases, people: People
) -> None:
    with stores.platform.begin() as db:
        partner = add_partner(db, people.shipper, "carrier公司", NOW)
        assert partner.org_id == people.carrier.org_id
        add_partner(db, people.shipper, people.carrier.org_id, NOW)
        assert len(list_partners(db, people.shipper)) == 1
        assert list_partners(db, people.other_shipper) == []
        for wrong, rule in (("carrier", "partner_unknown"), ("shipper Ltd", "partner_self")):
            with pytest.raises(FieldErrors) as caught:
                add_partner(db, people.shipper, wrong, NOW)
            assert caught.value.errors["partner"][0] == rule
        with pytest.raises(NotFound):
            remove_partner(db, people.other_shipper, people.carrier.org_id)
        remove_partner(db, people.shipper, people.carrier.org_id)
        assert partners_of(db, people.shipper.org_id) == frozenset()


def test_an_offer_to_partners_goes_to_the_list_unless_it_names_others(
    stores: Databases, people: People
) -> None:
    document = {**WHOLE, "visibility": "partners"}
    with pytest.raises(FieldErrors) as caught:
        read_load(document, find_site)
    assert caught.value.errors["invited"][0] == "no_partners"
    found: LoadDraft = read_load(document, find_site, {people.carrier.org_id})
    assert (found.visibility, found.invited) == (Visibility.PARTNERS, {people.carrier.org_id})
    named = read_load({**document, "invited": ["org-x"]}, find_site, {people.carrier.org_id})
    assert named.invited == {"org-x"}
