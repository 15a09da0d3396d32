"""The figures of the home page and of GET /summary: counted at most once a second, however many ask."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from haoyun.platform.api.resource import Output, resource
from haoyun.platform.jobs import JobState, count_jobs
from haoyun.platform.market.store import count_market
from haoyun.platform.services import Services, services
from haoyun.platform.trading.store import count_trading
from haoyun.rfid_ingest import count_reads
from haoyun.tracking.store import count_fixes, count_milestones, count_moving
from haoyun.tracking.timeline import Source

KEEP_S = 1.0
blueprint = resource("summary", "Figures")


class Summary(Output):
    """Live figures of the platform."""

    vehicles_moving: int
    loads_open: int
    capacities_open: int
    matches: int
    orders_under_way: int
    consignments_delivered: int
    jobs_finished: int
    fixes: int
    tag_reads: int
    milestones_gps: int
    milestones_rfid: int


@blueprint.get("/summary")
@blueprint.output(Summary)
@blueprint.doc(summary="Live figures")
def get_summary() -> Summary:
    """Public counts of what happens on the platform."""
    return summary_of(services())


@dataclass(slots=True)
class _Kept:
    at: float
    summary: Summary


@dataclass(slots=True)
class _Cache:
    lock: threading.Lock = field(default_factory=threading.Lock)
    kept: dict[int, _Kept] = field(default_factory=dict)


_CACHE = _Cache()


def summary_of(found: Services) -> Summary:
    """The figures, at most KEEP_S seconds old. The portal's home page shows the same."""
    with _CACHE.lock:
        kept = _CACHE.kept.get(id(found))
        if kept is None or time.monotonic() - kept.at > KEEP_S:
            kept = _Kept(time.monotonic(), count_all(found))
            _CACHE.kept[id(found)] = kept
        return kept.summary


def count_all(found: Services) -> Summary:
    """Count now."""
    with found.read() as db:
        platform = {
            **count_market(db),
            **count_trading(db),
            "jobs_finished": count_jobs(db, JobState.SUCCEEDED),
        }
    with found.read_tracking() as db:
        return Summary(
            **platform,
            vehicles_moving=count_moving(db, found.now()),
            fixes=count_fixes(db),
            tag_reads=count_reads(db),
            milestones_gps=count_milestones(db, Source.GPS),
            milestones_rfid=count_milestones(db, Source.RFID),
        )
