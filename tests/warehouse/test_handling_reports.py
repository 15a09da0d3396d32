"""Reports from the floor: events of who reports, milestones only of the own orders, equipment bound to the journey."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.errors import FieldErrors, NotAllowed
from haoyun.platform.market.testing import NOW
from haoyun.platform.trading.follow import follow_timeline
from haoyun.platform.trading.order import OrderState
from haoyun.platform.trading.store import consignment_of, get_order
from haoyun.platform.warehouse.handling import Done, Typed, report
from haoyun.rfid_ingest import epcs_of_journey
from haoyun.rfid_ingest.epcis.store import events_of_epc
from haoyun.rfid_ingest.handling import Step
from haoyun.tracking.store import milestones_of
from haoyun.tracking.timeline import Quality

LATER = NOW + timedelta(hours=2)
CONTAINER = "CSQU3054383"


def tell(deal: Any, actor: Actor, step: Step, *objects: str, at: Any = NOW, **more: Any) -> Done:
    return report(deal.databases, actor, Typed(step=step, at=at, objects=objects, **more), LATER)


def codes(deal: Any) -> list[str]:
    with deal.databases.tracking.connect() as db:
        found = milestones_of(db, deal.consignment.id)
    return [m.code.value for m in found if m.quality is Quality.ACTUAL]


def test_the_whole_way_of_a_consignment_is_told_by_scans(deal: Any) -> None:
    pallets = deal.consignment.units
    steps = [
        (deal.shipper, Step.PACK, ("(01)09506000134352(10)L7(37)24",), {"parent": pallets[0]}),
        (deal.shipper, Step.LOAD, pallets, {"parent": CONTAINER}),
        (deal.shipper, Step.SEAL, ("HLK-4711",), {"parent": CONTAINER}),
        (deal.carrier, Step.GATE_OUT, (CONTAINER,), {"place": "Ningbo"}),
        (deal.carrier, Step.GATE_IN, (CONTAINER,), {"place": "Shanghai"}),
        (deal.carrier, Step.UNLOAD, pallets, {"parent": CONTAINER}),
        (deal.carrier, Step.RECEIVE, pallets, {}),
    ]
    for minute, (actor, step, objects, more) in enumerate(steps):
        done = tell(deal, actor, step, *objects, at=NOW + timedelta(minutes=minute), **more)
        assert done.milestones == (step is not Step.PACK), step  # a pallet is packed before anything moves
    assert codes(deal) == ["STUF", "RSEA", "GTOT", "GTIN", "STRP", "DROP"]
    follow_timeline(deal.databases, LATER)
    with deal.databases.platform.connect() as db:
        assert get_order(db, deal.order.id, deal.shipper).state is OrderState.TO_CONFIRM


def test_container_and_seal_travel_with_the_consignment(deal: Any) -> None:
    tell(deal, deal.shipper, Step.LOAD, *deal.consignment.units, parent=CONTAINER)
    tell(deal, deal.shipper, Step.SEAL, "HLK4711", parent=CONTAINER)
    wanted = {"urn:epc:id:bic:CSQU3054383", "urn:epc:id:giai:9521234.HLK4711"}
    with deal.databases.platform.connect() as db:
        assert set(consignment_of(db, deal.order.id).equipment) == wanted
    with deal.databases.tracking.connect() as db:
        assert wanted < set(epcs_of_journey(db, deal.consignment.id))


def test_a_barcode_finds_the_pallet_whose_epc_is_bound(deal: Any) -> None:
    prefix, _, reference = deal.consignment.units[0].removeprefix("urn:epc:id:sscc:").partition(".")
    done = tell(deal, deal.carrier, Step.GATE_OUT, f"{_sscc(prefix, reference)}")
    assert [one.id for one in done.consignments] == [deal.consignment.id]


def _sscc(prefix: str, reference: str) -> str:
    from haoyun.rfid_ingest.labels.unit import sscc_digits

    return sscc_digits(f"urn:epc:id:sscc:{prefix}.{reference}")


def test_what_a_stranger_says_of_a_pallet_stays_with_the_stranger(deal: Any) -> None:
    done = tell(deal, deal.stranger, Step.GATE_OUT, deal.consignment.units[0])
    assert (len(done.events), done.consignments, done.milestones) == (1, (), 0)
    assert codes(deal) == []


def test_a_strangers_waybill_and_a_missing_one_get_the_same_answer(deal: Any) -> None:
    answers = []
    for number in (deal.consignment.tracking_number, "HY0000"):
        with pytest.raises(FieldErrors) as refused:
            tell(deal, deal.stranger, Step.LOAD, deal.consignment.units[0], waybill=number)
        answers.append(refused.value.messages()["waybill"].replace(number, "…"))
    assert answers[0] == answers[1]
    with deal.databases.tracking.connect() as db:
        assert events_of_epc(db, deal.consignment.units[0]) == []


def test_the_same_report_again_changes_nothing(deal: Any) -> None:
    first, again = (tell(deal, deal.carrier, Step.GATE_OUT, deal.consignment.units[0]) for _ in range(2))
    assert (first.milestones, again.milestones) == (1, 0)
    assert [one.seq for one in first.events] == [one.seq for one in again.events]


def test_a_driver_reports_and_a_viewer_does_not(deal: Any, person: Callable[..., Actor]) -> None:
    driver = Actor("driver", deal.carrier.org_id, frozenset({"driver"}), frozenset({"carrier"}))
    assert tell(deal, driver, Step.GATE_OUT, deal.consignment.units[0]).milestones == 1
    with pytest.raises(NotAllowed):
        tell(deal, person("Viewer", "carrier", "viewer"), Step.GATE_OUT, deal.consignment.units[0])


def test_the_future_and_what_cannot_be_read_are_refused_at_their_field(deal: Any) -> None:
    with pytest.raises(FieldErrors) as refused:
        tell(deal, deal.carrier, Step.GATE_OUT, "CSQU3054384")
    assert "CSQU305438 is 3" in refused.value.messages("en")["objects"]
    assert refused.value.messages("zh")["objects"].startswith("无法识别“CSQU3054384”")
    with pytest.raises(FieldErrors) as refused:
        tell(deal, deal.carrier, Step.GATE_OUT, deal.consignment.units[0], at=LATER + timedelta(minutes=1))
    assert set(refused.value.errors) == {"at"}
