"""From a gate passage to the timeline: which journeys an EPC travels on, and what it says of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from haoyun.rfid_ingest.epcis.identity import index_key
from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, Source


@dataclass(frozen=True, slots=True)
class Passage:
    """One EPC's arrival at a read point, with what the read point meant at that time."""

    event_id: str
    epc_uri: str
    passed_at: datetime
    place: str
    site_key: str
    lat: float
    lon: float
    code: MilestoneCode | None
    reader: str


@dataclass(frozen=True, slots=True)
class Binding:
    """An EPC on a journey; passages count from `since` up to `until` (None: still bound)."""

    epc_uri: str
    journey_id: str
    since: datetime
    until: datetime | None = None

    def covers(self, passage: Passage) -> bool:
        """Whether the passage happened on this journey, however the tag spells the identity."""
        return (
            index_key(passage.epc_uri) == index_key(self.epc_uri)
            and self.since <= passage.passed_at
            and (self.until is None or passage.passed_at < self.until)
        )


def milestones(passages: Iterable[Passage], bindings: Sequence[Binding]) -> list[Milestone]:
    """What passages say of the journeys that their EPCs are bound to, by time.

    A truck's pallets pass a gate within seconds: the first of them makes the journey's milestone at this
    site, the others are evidence in the event store.
    """
    by_key: dict[str, list[Binding]] = {}
    for binding in bindings:
        by_key.setdefault(index_key(binding.epc_uri), []).append(binding)
    first: dict[tuple[str, str, str], Milestone] = {}
    for passage in sorted(passages, key=lambda p: (p.passed_at, p.epc_uri)):
        if passage.code is None:
            continue
        for binding in by_key.get(index_key(passage.epc_uri), ()):
            if binding.covers(passage):
                milestone = _milestone(passage, passage.code, binding.journey_id)
                first.setdefault((binding.journey_id, passage.code.value, passage.site_key), milestone)
    return list(first.values())


def _milestone(passage: Passage, code: MilestoneCode, journey_id: str) -> Milestone:
    return Milestone(
        journey_id=journey_id,
        code=code,
        quality=Quality.ACTUAL,
        source=Source.RFID,
        occurred_at=passage.passed_at,
        lat=passage.lat,
        lon=passage.lon,
        place=passage.place,
        occurrence=passage.site_key,  # once a site: another pallet of the same load adds nothing new
        evidence={"event": passage.event_id, "epc": passage.epc_uri, "reader": passage.reader},
    )
