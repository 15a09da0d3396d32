"""The chain of custody: who held it when, which gaps there are, and that a changed event is found."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from haoyun.platform.api.custody import CustodyOut, custody_out
from haoyun.platform.market.errors import FieldErrors, NotAllowed, NotFound
from haoyun.platform.market.loads_store import find_load
from haoyun.platform.market.tables import LOAD
from haoyun.platform.market.testing import NOW
from haoyun.platform.warehouse.custody import SILENCE, Gap, GapKind, Holder, custody
from haoyun.platform.warehouse.custody_report import custody_report
from haoyun.platform.warehouse.follow import TemperatureWatch
from haoyun.platform.warehouse.handling import Typed, report
from haoyun.platform.warehouse.temperature import store_readings
from haoyun.rfid_ingest.findings import Finding, Kind, State
from haoyun.rfid_ingest.findings_store import findings_of
from haoyun.rfid_ingest.handling import Step
from haoyun.rfid_ingest.verify import check_report
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.positions import store_batch
from haoyun.tracking.store import get_device
from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, Source

LATER = NOW + timedelta(hours=9)


def seen(code: MilestoneCode, minutes: float, source: Source = Source.RFID) -> Milestone:
    return Milestone("C", code, Quality.ACTUAL, source, NOW + timedelta(minutes=minutes), place="Wuhan")


def chain(deal: Any, *milestones: Milestone, signs: list[datetime] | None = None, findings: Any = ()) -> Any:
    return custody(deal.order, deal.consignment, milestones, list(findings), signs or [], LATER)


def every(minutes: float, until: float) -> list[datetime]:
    return [NOW + timedelta(minutes=m * minutes) for m in range(int(until / minutes) + 1)]


def test_the_goods_go_from_shipper_to_carrier_to_receiver_by_what_was_seen(deal: Any) -> None:
    loaded, unloaded = seen(MilestoneCode.LOAD, 10), seen(MilestoneCode.DISC, 200)
    found = chain(deal, seen(MilestoneCode.GTOT, 20), loaded, unloaded, signs=every(10, 210))
    held = [(one.holder, one.since, one.until, one.by) for one in found.held]
    assert held == [
        (Holder.SHIPPER, deal.order.created_at, loaded.occurred_at, None),
        (Holder.CARRIER, loaded.occurred_at, unloaded.occurred_at, loaded),
        (Holder.RECEIVER, unloaded.occurred_at, None, unloaded),
    ]
    assert [one.org_id for one in found.held] == [deal.shipper.org_id, deal.carrier.org_id, None]
    assert found.gaps == ()


def test_before_anything_was_seen_the_shipper_holds_them(deal: Any) -> None:
    (only,) = chain(deal).held
    assert (only.holder, only.until) == (Holder.SHIPPER, None)


def test_a_hand_over_that_only_gps_speaks_for_is_a_gap(deal: Any) -> None:
    gps = seen(MilestoneCode.DEPA, 20, Source.GPS)
    assert Gap(GapKind.ONLY_GPS, gps.occurred_at, gps.occurred_at, "Wuhan") in chain(deal, gps).gaps
    driver = seen(MilestoneCode.PICK, 25, Source.DRIVER)
    assert GapKind.ONLY_GPS not in {gap.kind for gap in chain(deal, gps, driver).gaps}


def test_a_delivery_without_a_loading_is_a_gap(deal: Any) -> None:
    found = chain(deal, seen(MilestoneCode.DISC, 200))
    assert [gap.kind for gap in found.gaps] == [GapKind.NO_LOADING]
    assert [one.holder for one in found.held] == [Holder.SHIPPER, Holder.RECEIVER]


def test_silence_on_the_road_is_named_from_when_to_when(deal: Any) -> None:
    milestones = (seen(MilestoneCode.LOAD, 0), seen(MilestoneCode.DISC, 100))
    signs = [NOW + timedelta(minutes=m) for m in (10, 20, 90)]
    (gap,) = chain(deal, *milestones, signs=signs).gaps
    assert (gap.kind, gap.start, gap.end) == (
        GapKind.SILENCE, NOW + timedelta(minutes=20), NOW + timedelta(minutes=90),
    )  # fmt: skip
    enough = [NOW + i * SILENCE for i in range(4)]
    assert chain(deal, *milestones, signs=enough).gaps == ()


def test_silence_after_the_last_sign_goes_on_until_now(deal: Any) -> None:
    (gap,) = chain(deal, seen(MilestoneCode.LOAD, 0)).gaps
    assert (gap.kind, gap.start, gap.end) == (GapKind.SILENCE, NOW, LATER)


def test_a_missed_read_is_a_gap(deal: Any) -> None:
    finding = Finding("C", Kind.MISSED_READ, "DEPA", State.RAISED, NOW, NOW, {"place": "Wuhan"})
    milestones = (seen(MilestoneCode.LOAD, 0), seen(MilestoneCode.DISC, 20))
    (gap,) = chain(deal, *milestones, findings=[finding]).gaps
    assert gap == Gap(GapKind.MISSED_READ, NOW, NOW, "Wuhan")


def tell(deal: Any, actor: Any, step: Step, *objects: str, minutes: float = 0, **more: Any) -> None:
    typed = Typed(step=step, at=NOW + timedelta(minutes=minutes), objects=objects, **more)
    report(deal.databases, actor, typed, LATER)


def test_the_report_holds_the_events_of_both_sides_and_of_no_stranger(deal: Any) -> None:
    unit = deal.consignment.units[0]
    tell(deal, deal.shipper, Step.LOAD, unit)
    tell(deal, deal.carrier, Step.UNLOAD, unit, minutes=60)
    tell(deal, deal.stranger, Step.RECEIVE, unit, minutes=30)
    made = custody_report(deal.databases, deal.shipper, deal.order.id, LATER)
    assert [one.event.document["bizStep"] for one in made.evidence] == ["loading", "unloading"]
    assert [one.holder for one in made.chain.held] == [Holder.SHIPPER, Holder.CARRIER, Holder.RECEIVER]
    with pytest.raises(NotFound):
        custody_report(deal.databases, deal.stranger, deal.order.id, LATER)


def test_a_third_party_verifies_every_event_and_finds_a_changed_one(deal: Any) -> None:
    tell(deal, deal.shipper, Step.LOAD, *deal.consignment.units)
    tell(deal, deal.carrier, Step.UNLOAD, *deal.consignment.units, minutes=60)
    made = custody_report(deal.databases, deal.carrier, deal.order.id, LATER)
    handed = CustodyOut.model_validate(custody_out(made)).model_dump(mode="json")
    assert [one.is_right for one in check_report(handed)] == [True, True]
    handed["evidence"][1]["document"]["eventTime"] = "2026-03-02T10:00:00+08:00"
    assert [one.is_right for one in check_report(handed)] == [True, False]


def logger(*celsius: float) -> bytes:
    rows = [f"{(NOW + timedelta(minutes=10 * i)).isoformat()},{value}" for i, value in enumerate(celsius)]
    return "\n".join(["time,temperature", *rows]).encode()


def cold(deal: Any) -> None:
    with deal.databases.platform.begin() as db:
        db.execute(LOAD.update().values(temperature_min_c=2, temperature_max_c=8))
        assert find_load(db, deal.order.load_id) is not None


def raised(deal: Any) -> list[tuple[float, float]]:
    with deal.databases.tracking.connect() as db:
        found = findings_of(db, deal.consignment.id)
    return [(float(one.detail["worst_c"]), float(one.detail["minutes"])) for one in found]


def test_a_temperature_out_of_range_becomes_an_exception_with_how_far_and_how_long(deal: Any) -> None:
    cold(deal)
    logged = store_readings(deal.databases, deal.carrier, deal.order.id, logger(4, 9, 11, 5), "LOG-1", LATER)
    assert (len(logged.readings), logged.low_c, logged.high_c) == (4, 2, 8)
    assert raised(deal) == [(11, 20)]


def test_the_rest_of_a_loggers_file_amends_what_was_found(deal: Any) -> None:
    cold(deal)
    whole = logger(4, 9, 11, 5)
    part = b"\n".join(whole.split(b"\n")[:3])
    for content in (part, whole, whole):
        store_readings(deal.databases, deal.carrier, deal.order.id, content, "LOG-1", LATER)
    assert raised(deal) == [(11, 20)]


def test_what_the_trucks_tracker_measures_raises_an_exception_by_itself(deal: Any) -> None:
    cold(deal)
    start = deal.order.pickup.start
    fixes = [
        PositionFix(
            "tracker-0001", at, at, 30.0, 114.0, seq=n, sensors={"temperature_c": celsius} if celsius else {}
        )
        for n, celsius in enumerate((5, 9.5, None, 5))
        for at in [start + timedelta(minutes=10 * n)]
    ]
    with deal.databases.tracking.begin() as db:
        store_batch(db, {"tracker-0001": get_device(db, "tracker-0001").id}, fixes, LATER)
    watch = TemperatureWatch()
    assert watch(deal.databases, LATER) == 1
    assert raised(deal) == [(9.5, 20)]
    assert watch(deal.databases, LATER + timedelta(seconds=1)) == 0  # not all the time


def test_a_load_without_a_range_is_not_looked_at(deal: Any) -> None:
    assert TemperatureWatch()(deal.databases, LATER) == 0


def test_only_the_sides_of_the_order_store_readings(deal: Any) -> None:
    with pytest.raises(NotFound):
        store_readings(deal.databases, deal.stranger, deal.order.id, logger(4), "LOG-1", LATER)
    with pytest.raises(NotAllowed):
        viewer = type(deal.carrier)("v", deal.carrier.org_id, frozenset({"viewer"}), frozenset({"carrier"}))
        store_readings(deal.databases, viewer, deal.order.id, logger(4), "LOG-1", LATER)


def test_a_file_that_cannot_be_read_says_where(deal: Any) -> None:
    with pytest.raises(FieldErrors) as refused:
        store_readings(
            deal.databases, deal.carrier, deal.order.id, b"time,temp\n2026-03-02 08:00,x", "L", LATER
        )
    assert "line 2" in refused.value.messages()["file"]
