"""Binding EPCs to journeys: evidence that came first is not lost, evidence after the end does not count."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from haoyun.rfid_ingest import (
    bind_epcs,
    count_events,
    decode_epc,
    epcs_of_journey,
    events_of_journey,
    sscc_epc,
    unbind_epcs,
)
from haoyun.rfid_ingest.epc.convert import TagOrder, to_hex
from haoyun.rfid_ingest.errors import MalformedEpc
from haoyun.tracking.errors import UnknownJourney

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PALLET, OTHER = sscc_epc("6901234", 1), sscc_epc("6901234", 2)


def test_a_passage_before_the_binding_becomes_a_milestone_with_it(yard: Any) -> None:
    yard.open_journey()
    yard.pass_gate(yard.read(PALLET, 10))
    assert bind_epcs(yard.db, [PALLET.uri], "C-1", NOW + timedelta(minutes=5)) == 1
    assert [m.occurred_at for m in yard.milestones()] == [NOW + timedelta(seconds=10)]


def test_a_passage_before_the_journey_does_not_count(yard: Any) -> None:
    yard.pass_gate(yard.read(PALLET, -10))
    yard.open_journey()
    assert bind_epcs(yard.db, [PALLET.uri], "C-1", NOW) == 0
    assert events_of_journey(yard.db, "C-1") == []
    assert bind_epcs(yard.db, [PALLET.uri], "C-1", NOW, since=NOW - timedelta(minutes=1)) == 1


def test_a_plus_tag_of_a_bound_unit_speaks_for_it(yard: Any) -> None:
    yard.open_journey()
    bind_epcs(yard.db, [PALLET.uri], "C-1", NOW)
    plus = decode_epc(to_hex(PALLET.dl_path, TagOrder(scheme="SSCC+")))
    assert plus.uri == "" and plus.identity != PALLET.uri
    yard.pass_gate(yard.read(plus, 10))
    assert [m.occurred_at for m in yard.milestones()] == [NOW + timedelta(seconds=10)]
    assert len(events_of_journey(yard.db, "C-1")) == 1


def test_a_unit_bound_by_its_link_is_met_by_its_classic_tag(yard: Any) -> None:
    yard.open_journey()
    yard.pass_gate(yard.read(PALLET, 10))
    assert bind_epcs(yard.db, [f"https://id.gs1.org{PALLET.dl_path}"], "C-1", NOW) == 1
    unbind_epcs(yard.db, [PALLET.uri], "C-1", NOW + timedelta(seconds=5))
    assert events_of_journey(yard.db, "C-1") == []


def test_binding_again_changes_nothing(yard: Any) -> None:
    yard.open_journey()
    yard.pass_gate(yard.read(PALLET, 10))
    assert [bind_epcs(yard.db, [PALLET.uri, PALLET.uri], "C-1", NOW) for _ in range(2)] == [1, 0]
    assert epcs_of_journey(yard.db, "C-1") == [PALLET.uri]


def test_an_unbound_epc_says_nothing_more(yard: Any) -> None:
    yard.open_journey()
    bind_epcs(yard.db, [PALLET.uri, OTHER.uri], "C-1", NOW)
    unbind_epcs(yard.db, [PALLET.uri], "C-1", NOW + timedelta(minutes=1))
    yard.pass_gate(yard.read(PALLET, 61))
    assert yard.milestones() == []
    yard.pass_gate(yard.read(PALLET, 10))  # a late read from before belongs to the journey
    assert len(yard.milestones()) == 1
    assert epcs_of_journey(yard.db, "C-1") == [OTHER.uri]


def test_a_returnable_pallet_belongs_to_one_journey_after_the_other(yard: Any) -> None:
    yard.open_journey("C-1")
    yard.open_journey("C-2", starts_at=NOW + timedelta(minutes=10))
    bind_epcs(yard.db, [PALLET.uri], "C-1", NOW)
    unbind_epcs(yard.db, [PALLET.uri], "C-1", NOW + timedelta(minutes=5))
    bind_epcs(yard.db, [PALLET.uri], "C-2", NOW + timedelta(minutes=10))
    yard.pass_gate(yard.read(PALLET, 60), yard.read(PALLET, 1200))
    assert [m.occurred_at for m in yard.milestones("C-1")] == [NOW + timedelta(seconds=60)]
    assert [m.occurred_at for m in yard.milestones("C-2")] == [NOW + timedelta(seconds=1200)]


def test_only_identities_are_bound_and_only_to_journeys(yard: Any) -> None:
    yard.open_journey()
    with pytest.raises(MalformedEpc, match="urn:epc:id"):
        bind_epcs(yard.db, [PALLET.tag_uri], "C-1", NOW)
    with pytest.raises(UnknownJourney):
        bind_epcs(yard.db, [PALLET.uri], "C-9", NOW)


def test_a_binding_made_while_a_read_is_being_stored_misses_nothing(
    engine: sa.Engine, committed_yard: Callable[[sa.Connection], Any]
) -> None:
    """Neither transaction sees the other's rows: without a lock the milestone would be lost between them."""
    with engine.begin() as db:
        committed_yard(db).open_journey()

    def bind() -> None:
        with engine.begin() as other:
            bind_epcs(other, [PALLET.uri], "C-1", NOW)

    with engine.begin() as db:
        yard = committed_yard(db)
        yard.pass_gate(yard.read(PALLET, 10))
        binder = threading.Thread(target=bind)
        binder.start()
        binder.join(0.3)
        assert binder.is_alive()  # it waits for the read to be committed
    binder.join(10)
    with engine.begin() as db:
        assert (count_events(db), len(committed_yard(db).milestones())) == (1, 1)
