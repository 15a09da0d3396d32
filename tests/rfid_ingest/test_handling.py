"""What is scanned becomes the right identity, and what is reported the right EPCIS events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.rfid_ingest import sscc_epc
from haoyun.rfid_ingest.epc.container import check_digit, container_uri
from haoyun.rfid_ingest.epc.convert import TagOrder, to_hex
from haoyun.rfid_ingest.epc.elements import raw
from haoyun.rfid_ingest.epc.scanned import Scanned, scanned
from haoyun.rfid_ingest.epcis.identity import index_key
from haoyun.rfid_ingest.errors import InvalidReport, MalformedEpc
from haoyun.rfid_ingest.handling import STEPS, Report, Step, events_of
from haoyun.tracking.timeline import MilestoneCode

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PALLET, OTHER = (Scanned(sscc_epc("9521234", n).uri) for n in (1, 2))
CONTAINER, SEAL = Scanned("urn:epc:id:bic:CSQU3054383"), Scanned("urn:epc:id:giai:9521234.HLK4711")
LOT = Scanned("https://id.gs1.org/01/09506000134352/10/L7", 24)


def made(step: Step, *objects: Scanned, **more: Any) -> list[dict[str, Any]]:
    return [event.to_json() for event in events_of(Report(step=step, at=NOW, objects=objects, **more))]


@given(st.integers(0, 10**9 - 1), st.integers(0, 9))
def test_every_spelling_of_a_pallet_is_one_identity(serial: int, extension: int) -> None:
    epc = sscc_epc("9521234", serial, extension=extension)
    digits = epc.dl_path.removeprefix("/00/")
    spellings = [
        digits, f"(00){digits}", f"00{digits}", f"]C100{digits}", epc.uri, epc.hex,
        f"https://example.com/00/{digits}?37=4", to_hex(epc.dl_path, TagOrder("SSCC+")),
    ]  # fmt: skip
    assert {index_key(scanned(text).uri) for text in spellings} == {epc.dl_path}


@given(st.integers(1, 99_999_999), st.text("ABCXYZ0123456789-/", min_size=1, max_size=20))
def test_a_labels_contents_are_an_amount_of_a_lot(count: int, lot: str) -> None:
    pairs = (("02", "09506000134352"), ("37", str(count)), ("10", lot))
    wanted = Scanned(scanned(f"(01)09506000134352(10){lot}").uri, count)
    assert scanned(raw(pairs)) == wanted
    assert scanned("".join(f"({ai}){value}" for ai, value in pairs)) == wanted
    assert not wanted.is_object


def test_a_container_number_is_checked_by_iso_6346() -> None:
    assert scanned("csqu 305438-3").uri == "urn:epc:id:bic:CSQU3054383"
    for number in ("MSKU9070323", "TGHU7599330", "HLXU2008419"):  # published examples
        assert container_uri(number).endswith(number)
    with pytest.raises(MalformedEpc, match="is 3, not 4"):
        scanned("CSQU3054384")


@given(
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3), st.integers(0, 999_999), st.integers(0, 5)
)
def test_one_wrong_digit_of_a_container_never_passes(owner: str, serial: int, place: int) -> None:
    first = f"{owner}U{serial:06d}"
    right = first + check_digit(first)
    wrong_digit = str((int(right[4 + place]) + 1) % 10)
    wrong = right[: 4 + place] + wrong_digit + right[5 + place :]
    if check_digit(wrong[:10]) != wrong[10]:  # 10 is written as 0, so that two sums share that digit
        with pytest.raises(MalformedEpc):
            container_uri(wrong)


@pytest.mark.parametrize("text", ["", "hello", "095212340000000014", "(37)12", "urn:epc:id:sscc:x", "(99)1"])
def test_what_names_nothing_is_refused(text: str) -> None:
    with pytest.raises(MalformedEpc):
        scanned(text)


def test_packing_puts_children_and_amounts_into_their_pallet() -> None:
    (event,) = made(Step.PACK, LOT, Scanned("urn:epc:id:sgtin:9506000.013435.1"), parent=PALLET)
    assert event["type"] == "AggregationEvent" and event["action"] == "ADD"
    assert event["parentID"] == PALLET.uri and event["bizStep"] == "packing"
    assert event["childEPCs"] == ["urn:epc:id:sgtin:9506000.013435.1"]
    assert event["childQuantityList"] == [{"epcClass": LOT.uri, "quantity": 24}]


def test_loading_a_container_closes_it_and_binds_the_waybill() -> None:
    loaded, bound = made(Step.LOAD, PALLET, OTHER, parent=CONTAINER, waybill="HY1")
    assert (loaded["type"], loaded["action"]) == ("AggregationEvent", "ADD")
    assert (loaded["bizStep"], loaded["disposition"]) == ("loading", "container_closed")
    assert (bound["type"], bound["action"], bound["bizStep"]) == ("TransactionEvent", "ADD", "shipping")
    assert bound["epcList"] == [CONTAINER.uri, PALLET.uri, OTHER.uri]
    assert bound["bizTransactionList"] == [{"type": "bol", "bizTransaction": "urn:haoyun:waybill:HY1"}]


def test_loading_a_truck_only_observes() -> None:
    (event,) = made(Step.LOAD, PALLET)
    assert (event["type"], event["action"], event["disposition"]) == ("ObjectEvent", "OBSERVE", "in_progress")


def test_a_seal_is_associated_with_what_it_closes() -> None:
    (event,) = made(Step.SEAL, SEAL, parent=CONTAINER)
    assert (event["type"], event["action"], event["bizStep"]) == ("AssociationEvent", "ADD", "installing")
    assert (event["parentID"], event["childEPCs"]) == (CONTAINER.uri, [SEAL.uri])


def test_unloading_and_unpacking_take_things_out_again() -> None:
    for step, children in ((Step.UNLOAD, (PALLET,)), (Step.UNPACK, ())):  # nothing named: everything leaves
        (event,) = made(step, *children, parent=CONTAINER)
        assert (event["type"], event["action"]) == ("AggregationEvent", "DELETE")


@pytest.mark.parametrize(
    ("step", "biz_step", "disposition", "code"),
    [
        (Step.COMMISSION, "commissioning", "active", None),
        (Step.GATE_OUT, "departing", "in_transit", MilestoneCode.GTOT),
        (Step.GATE_IN, "arriving", "in_progress", MilestoneCode.GTIN),
        (Step.UNLOAD, "unloading", "in_progress", MilestoneCode.DISC),
        (Step.RECEIVE, "receiving", "in_progress", MilestoneCode.DROP),
    ],
)
def test_each_step_has_its_words(
    step: Step, biz_step: str, disposition: str, code: MilestoneCode | None
) -> None:
    (event,) = made(step, PALLET)
    assert (event["bizStep"], event["disposition"], STEPS[step].milestone) == (biz_step, disposition, code)
    assert event["action"] == ("ADD" if step is Step.COMMISSION else "OBSERVE")


@pytest.mark.parametrize(
    ("step", "parent", "code"),
    [
        (Step.PACK, OTHER, None),
        (Step.PACK, CONTAINER, MilestoneCode.STUF),
        (Step.UNPACK, OTHER, None),
        (Step.UNPACK, CONTAINER, MilestoneCode.STRP),
        (Step.LOAD, None, MilestoneCode.LOAD),
        (Step.LOAD, CONTAINER, MilestoneCode.STUF),
        (Step.UNLOAD, None, MilestoneCode.DISC),
        (Step.UNLOAD, CONTAINER, MilestoneCode.STRP),
    ],
)
def test_filling_a_container_is_stuffing_and_packing_a_pallet_moves_nothing(
    step: Step, parent: Scanned | None, code: MilestoneCode | None
) -> None:
    assert Report(step=step, at=NOW, objects=(PALLET,), parent=parent).milestone is code


@pytest.mark.parametrize(
    ("step", "objects", "parent", "rule"),
    [
        (Step.GATE_OUT, (), None, "objects_needed"),
        (Step.PACK, (PALLET,), None, "parent_needed"),
        (Step.PACK, (OTHER,), LOT, "parent_kind"),
        (Step.PACK, (PALLET,), PALLET, "parent_in_itself"),
        (Step.SEAL, (PALLET,), CONTAINER, "seal_kind"),
        (Step.LOAD, (PALLET, PALLET), None, "objects_twice"),
    ],
)
def test_a_report_that_contradicts_itself_is_refused(
    step: Step, objects: tuple[Scanned, ...], parent: Scanned | None, rule: str
) -> None:
    with pytest.raises(InvalidReport) as refused:
        Report(step=step, at=NOW, objects=objects, parent=parent)
    assert refused.value.rule == rule
