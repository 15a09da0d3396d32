"""Recall: containment in the order of time, up and down, and the last place of everything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from haoyun.rfid_ingest.epcis.identity import index_key
from haoyun.rfid_ingest.epcis.repository.stored import StoredEvent
from haoyun.rfid_ingest.trace import Edge, Link, Role, Trace, trace

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LOT, OTHER_LOT = (f"https://id.gs1.org/01/09506000134352/10/{name}" for name in ("L7", "L8"))
P1, P2, P3 = (f"urn:epc:id:sscc:9521234.000000000{n}" for n in (1, 2, 3))
BOX = "urn:epc:id:bic:CSQU3054383"
ITEM = "urn:epc:id:sgtin:9506000.013435.1"


class Story:
    """Events in the order in which they are told; `fetch` is what a repository would answer."""

    def __init__(self) -> None:
        self.events: list[StoredEvent] = []

    def tell(self, minute: float, kind: str, **document: Any) -> StoredEvent:
        number = len(self.events) + 1
        at = NOW + timedelta(minutes=minute)
        document.setdefault("eventID", f"e{number}")
        event = StoredEvent(number, document["eventID"], at, at, {"type": kind, **document})
        self.events.append(event)
        return event

    def pack(
        self, minute: float, parent: str, *children: str, action: str = "ADD", place: str = ""
    ) -> StoredEvent:
        document: dict[str, Any] = {
            "action": action,
            "parentID": parent,
            "childEPCs": [c for c in children if "/10/" not in c],
            "childQuantityList": [{"epcClass": c, "quantity": 24} for c in children if "/10/" in c],
            "bizStep": "packing",
        }
        if place:
            document["readPoint"] = {"id": place}
        return self.tell(minute, "AggregationEvent", **document)

    def see(self, minute: float, epc: str, place: str) -> StoredEvent:
        return self.tell(
            minute,
            "ObjectEvent",
            action="OBSERVE",
            epcList=[epc],
            bizStep="departing",
            readPoint={"id": place},
        )

    def fetch(self, keys: set[str]) -> list[StoredEvent]:
        return [event for event in self.events if keys & set(_keys(event.document))]

    def trace(self, uri: str) -> Trace:
        return trace(uri, self.fetch)


def _keys(document: Any) -> list[str]:
    named = [*document.get("epcList", ()), *document.get("childEPCs", ()), document.get("parentID")]
    named += [*document.get("inputEPCList", ()), *document.get("outputEPCList", ())]
    for name in ("childQuantityList", "inputQuantityList", "outputQuantityList"):
        named += [entry["epcClass"] for entry in document.get(name, ())]
    return [index_key(one) for one in named if one]


def roles(found: Trace) -> dict[str, Role]:
    return {one.key: one.role for one in found.things}


def last(found: Trace, uri: str) -> tuple[float, str]:
    sighting = next(one.last for one in found.things if one.key == index_key(uri))
    assert sighting is not None
    return (sighting.at - NOW).total_seconds() / 60, sighting.place


def test_a_lot_is_followed_through_pallets_into_the_container() -> None:
    story = Story()
    story.pack(0, P1, LOT)
    story.pack(1, P2, LOT, OTHER_LOT)
    story.pack(2, P3, OTHER_LOT)
    story.pack(3, BOX, P1, P2, P3)
    found = story.trace(LOT)
    assert roles(found) == {
        index_key(LOT): Role.AFFECTED,
        index_key(P1): Role.HOLDER,
        index_key(P2): Role.HOLDER,
        index_key(BOX): Role.HOLDER,
    }
    assert [(e.child, e.parent, e.quantity) for e in found.edges][:2] == [
        (index_key(LOT), index_key(P1), 24), (index_key(LOT), index_key(P2), 24),
    ]  # fmt: skip


def test_what_stood_beside_it_is_not_affected() -> None:
    story = Story()
    story.pack(0, P1, LOT, OTHER_LOT)
    assert index_key(OTHER_LOT) not in roles(story.trace(LOT))


def test_a_containers_later_way_says_nothing_of_a_pallet_that_left_it() -> None:
    story = Story()
    story.pack(0, P1, LOT)
    story.pack(1, BOX, P1)
    story.see(2, BOX, "geo:1,1")
    story.pack(3, BOX, P1, action="DELETE", place="geo:2,2")
    story.see(4, BOX, "geo:3,3")
    found = story.trace(LOT)
    assert last(found, P1) == (3, "geo:2,2")
    assert last(found, LOT) == (3, "geo:2,2")
    assert last(found, BOX) == (4, "geo:3,3")


def test_a_delete_without_children_empties_the_parent() -> None:
    story = Story()
    story.pack(0, BOX, P1, P2)
    story.pack(5, BOX, action="DELETE")
    (edge,) = [e for e in story.trace(P1).edges if e.parent == index_key(BOX)]
    assert edge.until == NOW + timedelta(minutes=5)


def test_a_thing_that_is_put_elsewhere_has_left_where_it_was_and_a_lot_has_not() -> None:
    story = Story()
    story.pack(0, P1, ITEM, LOT)
    story.pack(7, P2, ITEM, LOT)
    ends = {e.parent: e.until for e in story.trace(ITEM).edges}
    assert ends == {index_key(P1): NOW + timedelta(minutes=7), index_key(P2): None}
    assert {e.until for e in story.trace(LOT).edges} == {None}


def test_put_back_again_counts_as_a_second_time() -> None:
    story = Story()
    for minute, action in ((0, "ADD"), (1, "DELETE"), (2, "ADD")):
        story.pack(minute, BOX, P1, action=action)
    spans = [(e.since, e.until) for e in story.trace(P1).edges]
    assert spans == [
        (NOW, NOW + timedelta(minutes=1)), (NOW + timedelta(minutes=2), None),
    ]  # fmt: skip


def test_the_order_of_telling_does_not_matter_only_that_of_happening() -> None:
    story = Story()
    story.pack(3, BOX, P1, action="DELETE")
    story.see(5, BOX, "geo:9,9")
    story.pack(1, BOX, P1)
    story.see(2, BOX, "geo:1,1")
    assert last(story.trace(P1), P1) == (2, "geo:1,1")


def test_a_recalled_pallet_takes_its_contents_along_wherever_they_went() -> None:
    story = Story()
    story.pack(0, P1, ITEM)
    story.pack(1, P1, ITEM, action="DELETE")
    story.pack(2, P2, ITEM)
    story.see(3, P2, "geo:4,4")
    found = story.trace(P1)
    assert roles(found)[index_key(ITEM)] is Role.AFFECTED
    assert roles(found)[index_key(P2)] is Role.HOLDER
    assert last(found, ITEM) == (3, "geo:4,4")


def test_what_was_made_of_a_lot_is_affected_and_followed() -> None:
    story = Story()
    story.tell(0, "TransformationEvent", inputQuantityList=[{"epcClass": LOT}], outputEPCList=[ITEM])
    story.pack(1, P1, ITEM)
    found = story.trace(LOT)
    assert roles(found)[index_key(ITEM)] is Role.AFFECTED
    assert found.edges[0].link is Link.MADE
    assert index_key(P1) in roles(found)


def test_an_event_that_was_declared_wrong_never_happened() -> None:
    story = Story()
    wrong = story.pack(0, P1, LOT)
    story.tell(1, "AggregationEvent", **{**wrong.document, "errorDeclaration": {"reason": "did_not_occur"}})
    assert roles(story.trace(LOT)) == {index_key(LOT): Role.AFFECTED}


def test_things_that_hold_each_other_end_somewhere() -> None:
    story = Story()
    story.pack(0, P1, P2)
    story.pack(0, P2, P1)
    story.see(1, P1, "geo:1,1")
    assert len(story.trace(P1).things) == 2


MOVES = st.tuples(
    st.sampled_from(["ADD", "DELETE"]),
    st.sampled_from([P1, P2, P3, ITEM]),
    st.sampled_from([P1, P2, P3, BOX]),
)


@given(st.lists(MOVES, max_size=14))
def test_a_thing_is_never_in_two_things_at_once(moves: list[tuple[str, str, str]]) -> None:
    story = Story()
    for minute, (action, child, parent) in enumerate(moves):
        if child != parent:
            story.pack(minute, parent, child, action=action)
    end = NOW + timedelta(days=1)
    for child in (P1, ITEM):
        mine: list[Edge] = [e for e in story.trace(child).edges if e.child == index_key(child)]
        spans = sorted((e.since, e.until or end) for e in mine)
        by_parent = {(e.since, e.parent) for e in mine}
        assert len(by_parent) == len(mine)
        different = [(a, b) for a in mine for b in mine if a.since < b.since and a.parent != b.parent]
        assert all((a.until or end) <= b.since for a, b in different), spans
