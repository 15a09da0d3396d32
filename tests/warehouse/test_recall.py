"""Recall: the way of a lot over what the asker may see, and no further."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.testing import NOW
from haoyun.platform.warehouse.handling import Typed, report
from haoyun.platform.warehouse.recall import COLUMNS, recall, trace_csv
from haoyun.rfid_ingest.epcis.identity import index_key
from haoyun.rfid_ingest.handling import Step
from haoyun.rfid_ingest.trace import Role, Trace

LOT = "(01)09506000134352(10)L7"
BOX = "CSQU3054383"
LATER = NOW + timedelta(hours=9)


@pytest.fixture
def packed(deal: Any) -> Any:
    """The shipper packed a lot and loaded it; the carrier unloaded it; a stranger packed the same lot, too."""
    unit = deal.consignment.units[0]

    def tell(actor: Actor, step: Step, *objects: str, minutes: float, **more: Any) -> None:
        typed = Typed(step=step, at=NOW + timedelta(minutes=minutes), objects=objects, **more)
        report(deal.databases, actor, typed, LATER)

    tell(deal.shipper, Step.PACK, LOT + "(37)24", minutes=0, parent=unit, lat=30.0, lon=114.0)
    tell(deal.shipper, Step.LOAD, unit, minutes=10, parent=BOX, lat=30.1, lon=114.0)
    tell(deal.carrier, Step.UNLOAD, unit, minutes=90, parent=BOX, lat=31.0, lon=117.0)
    tell(deal.stranger, Step.PACK, LOT, minutes=5, parent="095212340000099994")
    return deal


def keys(found: Trace) -> set[str]:
    return {one.key for one in found.things}


def test_the_shipper_sees_where_its_lot_went_on_the_carriers_word(packed: Any) -> None:
    found = recall(packed.databases, packed.shipper, LOT)
    unit = index_key(packed.consignment.units[0])
    assert keys(found) == {"/01/09506000134352/10/L7", unit, f"urn:epc:id:bic:{BOX}"}
    lot = found.things[0]
    assert lot.role is Role.AFFECTED and lot.last is not None
    assert (lot.last.place, lot.last.biz_step, lot.last.via) == (
        "geo:31.000000,117.000000",
        "unloading",
        unit,
    )


def test_a_stranger_sees_its_own_events_alone(packed: Any) -> None:
    found = recall(packed.databases, packed.stranger, LOT)
    assert keys(found) == {"/01/09506000134352/10/L7", "/00/095212340000099994"}
    nothing = recall(packed.databases, packed.stranger, packed.consignment.units[0])
    assert (len(nothing.things), len(nothing.edges), nothing.events) == (1, 0, 0)


def test_an_authority_sees_everything(packed: Any, person: Callable[..., Actor]) -> None:
    supervisor = person("Bureau", "supervisor", "supervisor")
    assert len(keys(recall(packed.databases, supervisor, LOT))) == 4


def test_the_table_says_where_each_thing_was_seen_last(packed: Any) -> None:
    found = recall(packed.databases, packed.shipper, LOT)
    rows = list(csv.DictReader(io.StringIO(trace_csv(found, {"geo:31.000000,117.000000": "Hefei"}))))
    assert tuple(rows[0]) == COLUMNS
    assert (rows[0]["role"], rows[0]["place"]) == ("affected", "Hefei")
    assert rows[0]["thing"] == "https://id.gs1.org/01/09506000134352/10/L7"


def test_no_cell_is_a_formula_whatever_the_other_side_wrote(packed: Any) -> None:
    found = recall(packed.databases, packed.shipper, LOT)
    place = found.things[0].last.place if found.things[0].last else ""
    rows = list(csv.DictReader(io.StringIO(trace_csv(found, {place: "=HYPERLINK(1)"}))))
    assert rows[0]["place"] == "'=HYPERLINK(1)"


def test_what_names_nothing_is_refused_in_the_readers_language(packed: Any) -> None:
    with pytest.raises(FieldErrors) as refused:
        recall(packed.databases, packed.shipper, "lot seven")
    assert refused.value.messages("zh")["what"].startswith("无法识别“lot seven”")
