"""The job that imports a file: rows are checked one by one, stored in bulk, and matched once at the end.

Every chunk is a transaction that also remembers its rows, so that a second try after a kill takes up where the
first one ended and no row is stored twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.users import find_actor
from haoyun.platform.database import Databases, reading
from haoyun.platform.jobs import Job, attach, enqueue
from haoyun.platform.jobs.errors import JobRefused
from haoyun.platform.jobs.files import find_attached
from haoyun.platform.jobs.worker import Handler, JobContext
from haoyun.platform.market.access import must_be_cleared
from haoyun.platform.market.bulk import (
    check_capacity,
    check_load,
    store_capacities,
    store_loads,
)
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.context import MarketContext
from haoyun.platform.market.errors import FieldErrors, FieldRule, MarketError
from haoyun.platform.market.load import Load
from haoyun.platform.market.matches_store import AT_ONCE, refresh_apart
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.units import Unit
from haoyun.platform.market.vehicles import Vehicle, VehicleKind, usable_vehicles
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.document import FindSite, capacity_draft, load_draft
from haoyun.platform.publishing.drafts import must_write
from haoyun.platform.publishing.importing.columns import Cell
from haoyun.platform.publishing.importing.report import BadRow, bad_row, pack
from haoyun.platform.publishing.importing.rows import document_of_row, merged
from haoyun.platform.publishing.importing.sheet import Sheet, read_sheet
from haoyun.platform.publishing.partners import partners_of
from haoyun.platform.publishing.tables import IMPORTED

IMPORT = "import"  # the kind of these jobs
CONTENT, REPORT = "content", "report"  # files of such a job
CHUNK = 500  # rows of one transaction: others wait for it some tenths of a second
SHOWN = 100  # bad rows that the job's result names; the report has all
_STORED = 0.3  # how far a job is when all rows are stored; then they are matched
Offer = Load | Capacity


def enqueue_import(
    db: sa.Connection, actor: Actor, kind: Kind, content: bytes, name: str, language: str, now: datetime
) -> Job:
    """Queue a file, of which somebody has looked that its columns can be read. Raises NotAllowed."""
    must_write(actor, kind)
    must_be_cleared(actor)
    payload = {"offers": kind.value, "file": name[:120], "language": language}
    job = enqueue(db, kind=IMPORT, org_id=actor.org_id, user_id=actor.user_id, payload=payload, now=now)
    attach(db, job.id, CONTENT, content)
    return job


def handlers(
    databases: Databases, market: Callable[[], MarketContext], clock: Callable[[], datetime], zone: tzinfo
) -> dict[str, Handler]:
    """The job handler of this package; a time of a file without a zone is one of `zone`."""
    return {IMPORT: Importer(databases, market, clock, zone).run}


@dataclass(slots=True)
class _Progress:
    """What became of the rows so far."""

    offer_ids: list[str] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Importer:
    """The handler of import jobs."""

    databases: Databases
    market: Callable[[], MarketContext]  # opened where a file is really read
    now: Callable[[], datetime]
    zone: tzinfo

    def run(self, job: Job, context: JobContext) -> dict[str, Any]:
        """Store the rows that can be, and keep a report of the others. Raises JobRefused, JobStopped."""
        kind, language = Kind(job.payload["offers"]), job.payload["language"]
        with reading(self.databases.platform).connect() as db:
            content = find_attached(db, job.id, CONTENT)
            actor = find_actor(db, job.user_id or "")
        if content is None or actor is None:
            raise JobRefused("the file or the person who sent it is gone")
        try:
            must_write(actor, kind)
            must_be_cleared(actor)
            sheet = read_sheet(content, kind)
        except FieldErrors as error:
            raise JobRefused("; ".join(error.messages(language).values())) from error
        except MarketError as error:
            raise JobRefused(str(error)) from error
        done = self._rows(job, context, _Batch.of(self, actor, kind), sheet)
        self._match(context, done.offer_ids)
        with self.databases.platform.begin() as db:
            attach(db, job.id, REPORT, pack(sheet.header, done.bad))
        return {
            "offers": kind.value,
            "rows": len(sheet.rows),
            "imported": len(done.offer_ids),
            "failed": len(done.bad),
            "problems": [{"row": b.number, "errors": dict(b.errors)} for b in done.bad[:SHOWN]],
        }

    def _rows(self, job: Job, context: JobContext, batch: _Batch, sheet: Sheet) -> _Progress:
        done = _Progress()
        for first in range(0, len(sheet.rows), CHUNK):
            context.report(_STORED * first / len(sheet.rows))
            self._chunk(job, batch, sheet, sheet.rows[first : first + CHUNK], done)
        return done

    def _chunk(
        self,
        job: Job,
        batch: _Batch,
        sheet: Sheet,
        rows: Sequence[tuple[int, tuple[Cell, ...]]],
        done: _Progress,
    ) -> None:
        numbers = [number for number, _ in rows]
        with reading(self.databases.platform).connect() as db:
            stored = _stored(db, job.id, numbers)
        made: list[tuple[int, Offer]] = []
        refused: dict[int, dict[str, FieldRule]] = {}
        for number, cells in rows:
            if number in stored:
                batch.seen(number, cells, sheet)
                continue
            offer = batch.offer(number, cells, sheet)
            if isinstance(offer, dict):
                refused[number] = offer
            else:
                made.append((number, offer))
        with self.databases.platform.begin() as db:
            taken = batch.store(db, [offer for _, offer in made])
            for number, offer in made:
                if offer.id not in taken:
                    refused[number] = {"plate": ("vehicle_offered", {})}
            kept = [
                {"job_id": job.id, "row": number, "offer_id": offer.id}
                for number, offer in made
                if offer.id in taken
            ]
            if kept:
                db.execute(sa.insert(IMPORTED), kept)
        done.offer_ids += [*stored.values(), *(offer.id for _, offer in made if offer.id in taken)]
        done.bad += [bad_row(n, cells, refused[n]) for n, cells in rows if n in refused]

    def _match(self, context: JobContext, offer_ids: list[str]) -> None:
        """Match the new offers, some together; others write meanwhile and wait for no more than the storing."""
        for first in range(0, len(offer_ids), AT_ONCE):
            context.report(_STORED + (1 - _STORED) * first / len(offer_ids))
            now = self.now()
            roads = self.market().snapshot(now)
            refresh_apart(self.databases.platform, offer_ids[first : first + AT_ONCE], now, roads)


@dataclass(slots=True)
class _Batch:
    """Turns rows into offers: what is the same for all rows of a file is looked up once."""

    actor: Actor
    kind: Kind
    now: datetime
    context: MatchContext
    find_site: FindSite
    partners: frozenset[str]
    vehicles: dict[str, Vehicle]
    zone: tzinfo
    row_of: dict[str, int] = field(default_factory=dict)  # the first row of a vehicle

    @classmethod
    def of(cls, importer: Importer, actor: Actor, kind: Kind) -> _Batch:
        now = importer.now()
        with reading(importer.databases.platform).connect() as db:
            partners = partners_of(db, actor.org_id)
            own = usable_vehicles(db, actor, VehicleKind.TRUCK) if kind is Kind.CAPACITY else []
        plates = {_plate(vehicle.plate): vehicle for vehicle in own}
        market = importer.market()
        return cls(actor, kind, now, market.snapshot(now), market.site, partners, plates, importer.zone)

    def offer(self, number: int, cells: tuple[Cell, ...], sheet: Sheet) -> Offer | dict[str, FieldRule]:
        """The offer of a row, or what is wrong in it."""
        document, errors = document_of_row(cells, sheet.columns, self.zone)
        found: Offer | FieldErrors
        try:
            if self.kind is Kind.LOAD:
                draft = load_draft(document, self.find_site, self.partners)
                found = check_load(self.actor, draft, self.now, self.context)
            else:
                vehicle = self._vehicle(document, number)
                draft_ = capacity_draft({**document, "vehicle_id": vehicle.id}, self.find_site)
                found = check_capacity(draft_, Unit(vehicle), self.now, self.context)
        except FieldErrors as error:
            found = error
        if errors or isinstance(found, FieldErrors):
            return merged(errors, found if isinstance(found, FieldErrors) else None)
        return found

    def seen(self, number: int, cells: tuple[Cell, ...], sheet: Sheet) -> None:
        """A row that was stored by an earlier try."""
        plate = document_of_row(cells, sheet.columns, self.zone)[0].get("plate")
        if plate is not None:
            self.row_of.setdefault(_plate(plate), number)

    def store(self, db: sa.Connection, offers: list[Offer]) -> frozenset[str]:
        """Post them; the ids of those that were taken."""
        loads = [one for one in offers if isinstance(one, Load)]
        store_loads(db, self.actor.user_id, loads, self.now)
        capacities = [one for one in offers if isinstance(one, Capacity)]
        taken = store_capacities(db, self.actor.user_id, capacities, self.now)
        return frozenset(load.id for load in loads) | taken

    def _vehicle(self, document: dict[str, Any], number: int) -> Vehicle:
        plate = document.pop("plate", None)
        if plate is None:
            raise FieldErrors({"plate": ("needed", {})})
        vehicle = self.vehicles.get(_plate(plate))
        if vehicle is None:
            raise FieldErrors({"plate": ("no_such_vehicle", {"plate": str(plate)[:20]})})
        first = self.row_of.setdefault(_plate(plate), number)
        if first != number:
            raise FieldErrors({"plate": ("row_same_vehicle", {"row": first})})
        return vehicle


def _plate(text: str) -> str:
    return text.upper().replace(" ", "").replace("·", "")


def _stored(db: sa.Connection, job_id: str, numbers: Sequence[int]) -> dict[int, str]:
    own = (IMPORTED.c.job_id == job_id, IMPORTED.c.row.between(numbers[0], numbers[-1]))
    return {row.row: row.offer_id for row in db.execute(sa.select(IMPORTED).where(*own))}
