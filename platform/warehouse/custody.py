"""Who held a consignment, from when to when, by which evidence, and where the evidence has gaps. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from haoyun.platform.trading.consignment import Consignment
from haoyun.platform.trading.order import Order, OrderState
from haoyun.rfid_ingest.findings import Finding, Kind
from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, Source, sorted_timeline

SILENCE = timedelta(
    minutes=30
)  # between two signs of life of goods on the road; a tracker speaks every minute or so
# Stuffing and sealing happen at the shipper's: the goods are taken over when they are loaded or leave.
_TAKEN = (MilestoneCode.PICK, MilestoneCode.LOAD, MilestoneCode.GTOT, MilestoneCode.DEPA)
_GIVEN = (MilestoneCode.DISC, MilestoneCode.STRP, MilestoneCode.DROP)
_BY_NOBODY = frozenset({Source.GPS, Source.PLAN})  # says where the truck was, not that the goods were on it


class Holder(StrEnum):
    """Who holds the goods."""

    SHIPPER = "shipper"
    CARRIER = "carrier"
    RECEIVER = "receiver"


class GapKind(StrEnum):
    """Why custody is not proven for a time."""

    MISSED_READ = "missed_read"  # the truck passed a gate that read nothing
    SILENCE = "silence"  # no sign of life
    ONLY_GPS = "only_gps"  # a hand-over that nothing but the truck's position speaks for
    NO_LOADING = "no_loading"  # delivered, and nobody saw it being taken over
    NO_DELIVERY = "no_delivery"  # the order is done, and nobody saw it being delivered


@dataclass(frozen=True, slots=True)
class Held:
    """A time in which somebody held the goods. `until` is None for who holds them now."""

    holder: Holder
    org_id: str | None
    since: datetime
    until: datetime | None
    by: Milestone | None  # what says that it began


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which custody is not proven, or an instant."""

    kind: GapKind
    start: datetime
    end: datetime
    place: str = ""


@dataclass(frozen=True, slots=True)
class Custody:
    """The chain of custody as far as it is known."""

    held: tuple[Held, ...]
    gaps: tuple[Gap, ...]
    findings: tuple[Finding, ...] = field(default=())


def custody(
    order: Order,
    consignment: Consignment,
    milestones: Iterable[Milestone],
    findings: Sequence[Finding],
    signs: Iterable[datetime],
    now: datetime,
) -> Custody:
    """The chain of custody. `signs` are instants of fixes and events: signs of life on the way."""
    actual = [m for m in sorted_timeline(milestones) if m.quality is Quality.ACTUAL]
    taken = next((m for m in actual if m.code in _TAKEN), None)
    given = next((m for m in actual if m.code in _GIVEN), None)
    held = _held(order, consignment, taken, given)
    lives = sorted({*signs, *(m.occurred_at for m in actual)})
    gaps = [
        *_missed(findings),
        *_handovers(order, actual, taken, given, now),
        *_silences(
            lives, taken, given, now, is_over=order.state in (OrderState.COMPLETED, OrderState.CANCELLED)
        ),
    ]
    return Custody(held, tuple(sorted(gaps, key=lambda gap: (gap.start, gap.kind))), tuple(findings))


def _held(
    order: Order, consignment: Consignment, taken: Milestone | None, given: Milestone | None
) -> tuple[Held, ...]:
    began = min((order.created_at, consignment.created_at))
    if taken is not None and given is not None and given.occurred_at < taken.occurred_at:
        taken = None  # a late clock: what was delivered was taken over before, nobody saw when
    carried = taken.occurred_at if taken else None
    chain = [Held(Holder.SHIPPER, order.shipper_org, min(began, carried or began), carried, None)]
    if taken is not None:
        chain.append(
            Held(
                Holder.CARRIER,
                order.carrier_org,
                taken.occurred_at,
                given.occurred_at if given else None,
                taken,
            )
        )
    if given is not None:
        chain.append(Held(Holder.RECEIVER, None, given.occurred_at, None, given))
    return tuple(chain)


def _missed(findings: Iterable[Finding]) -> list[Gap]:
    return [
        Gap(GapKind.MISSED_READ, found.at, found.at, str(found.detail.get("place", "")))
        for found in findings
        if found.kind is Kind.MISSED_READ
    ]


def _handovers(
    order: Order,
    actual: Sequence[Milestone],
    taken: Milestone | None,
    given: Milestone | None,
    now: datetime,
) -> list[Gap]:
    """Hand-overs that nobody saw, or nothing but GPS."""
    gaps = []
    loading = [m for m in actual if m.code in _TAKEN]
    if taken is not None and all(m.source in _BY_NOBODY for m in loading):
        gaps.append(Gap(GapKind.ONLY_GPS, taken.occurred_at, taken.occurred_at, taken.place))
    if given is not None and taken is None:
        gaps.append(Gap(GapKind.NO_LOADING, order.created_at, given.occurred_at, given.place))
    done = order.state in (OrderState.AWAITING_DOCUMENTS, OrderState.COMPLETED)
    if done and given is None:
        gaps.append(Gap(GapKind.NO_DELIVERY, taken.occurred_at if taken else order.created_at, now))
    return gaps


def _silences(
    lives: Sequence[datetime],
    taken: Milestone | None,
    given: Milestone | None,
    now: datetime,
    *,
    is_over: bool,
) -> list[Gap]:
    """Times on the road without a sign of life."""
    if taken is None:
        return []
    end = given.occurred_at if given else None if is_over else now
    on_road = [at for at in lives if taken.occurred_at <= at and (end is None or at <= end)]
    points = [taken.occurred_at, *on_road, *([end] if end else [])]
    return [
        Gap(GapKind.SILENCE, before, after) for before, after in pairwise(points) if after - before > SILENCE
    ]
