"""Custody of an order's goods: the report with its evidence, and the readings of temperature loggers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from flask import request
from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import reporting, signed_in
from haoyun.platform.api.orders import MilestoneOut, milestone_out
from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.services import services
from haoyun.platform.warehouse.custody import GapKind, Held, Holder
from haoyun.platform.warehouse.custody_report import CustodyReport, custody_report
from haoyun.platform.warehouse.temperature import Logged, store_readings
from haoyun.rfid_ingest.findings import Finding, Kind

blueprint = resource("custody", "Custody")


class PartyOut(Output):
    """An organization in the chain."""

    org_id: str
    name: str
    name_en: str


class HeldOut(Output):
    """A time in which somebody held the goods; `by` is what says that it began, `until` null: still."""

    holder: Holder
    organization: PartyOut | None
    since: datetime
    until: datetime | None
    by: MilestoneOut | None


class GapOut(Output):
    """A time for which custody is not proven."""

    kind: GapKind
    start: datetime
    end: datetime
    place: str


class FindingOut(Output):
    """Something odd about the evidence or the goods."""

    kind: Kind
    at: datetime
    until: datetime
    detail: dict[str, str | float]


class EvidenceOut(Output):
    """An EPCIS event; `hash` is its CBV 2.0 hash, which anybody computes again from `document`."""

    event_id: str
    hash: str
    recorded_at: datetime
    reader: str | None
    antenna: int | None
    document: dict[str, Any]


class CustodyStepOut(Output):
    """A step of the order; `person` is null where evidence moved it."""

    state: str
    at: datetime
    person: str | None
    reason: str


class CustodyOut(Output):
    """Who held the goods, from when to when, by which evidence."""

    order_id: str
    tracking_number: str
    units: list[str]
    equipment: list[str]
    vehicle: str | None
    made_at: datetime
    held: list[HeldOut]
    gaps: list[GapOut]
    findings: list[FindingOut]
    timeline: list[MilestoneOut]
    steps: list[CustodyStepOut]
    evidence: list[EvidenceOut]
    positions: Annotated[int, Field(description="how many fixes of the vehicle stand behind it")]


class LoggerQuery(Input):
    """Which logger, and the zone of times that name none."""

    device: Annotated[str, Field(max_length=40)] = "logger"
    tz_offset: Annotated[str, Field(pattern=r"^[+-]\d\d:\d\d$")] = "+08:00"


class ExcursionOut(Output):
    """A time out of range."""

    start: datetime
    end: datetime
    worst_c: float
    out_by_c: float


class LoggedOut(Output):
    """What is known of the consignment's temperature."""

    readings: int
    low_c: float | None
    high_c: float | None
    coldest_c: float | None
    warmest_c: float | None
    excursions: list[ExcursionOut]


@blueprint.get("/orders/<order_id>/custody")
@signed_in
@blueprint.output(CustodyOut)
@blueprint.doc(summary="Custody report of an order", security="bearer", responses=[401, 404])
def get_custody(actor: Actor, order_id: str) -> object:
    """Who held the goods, with the events that prove it and the gaps named; for the sides of the order."""
    found = services()
    return custody_out(custody_report(found.databases, actor, order_id, found.now()))


@blueprint.post("/orders/<order_id>/temperature")
@reporting
@blueprint.input(LoggerQuery, location="query")
@blueprint.output(LoggedOut, 201)
@blueprint.doc(summary="Store a temperature logger's file", security="bearer", responses=[401, 403, 404, 422])
def post_temperature(actor: Actor, order_id: str, query_data: LoggerQuery) -> object:
    """The body is the logger's CSV or JSON. What lies outside the load's range becomes an exception."""
    found = services()
    logged = store_readings(
        found.databases,
        actor,
        order_id,
        request.get_data(),
        query_data.device,
        found.now(),
        query_data.tz_offset,
    )
    return logged_out(logged), 201


def custody_out(report: CustodyReport) -> dict[str, Any]:
    """The report as JSON."""
    return {
        "order_id": report.order.id,
        "tracking_number": report.consignment.tracking_number,
        "units": list(report.consignment.units),
        "equipment": list(report.consignment.equipment),
        "vehicle": report.plate,
        "made_at": report.made_at,
        "held": [_held(one, report.names) for one in report.chain.held],
        "gaps": list(report.chain.gaps),
        "findings": [_finding(one) for one in report.chain.findings],
        "timeline": [milestone_out(one) for one in report.timeline],
        "steps": [
            {
                "state": one.state.value,
                "at": one.at,
                "person": report.people.get(one.user_id or ""),
                "reason": one.reason,
            }
            for one in report.steps
        ],
        "evidence": [
            {
                "event_id": one.event.event_id,
                "hash": one.hash,
                "recorded_at": one.event.recorded_at,
                "reader": one.reader,
                "antenna": one.antenna,
                "document": dict(one.event.document),
            }
            for one in report.evidence
        ],
        "positions": report.fixes,
    }


def logged_out(logged: Logged) -> dict[str, Any]:
    """Temperatures as JSON."""
    values = [one.celsius for one in logged.readings]
    return {
        "readings": len(values),
        "low_c": logged.low_c,
        "high_c": logged.high_c,
        "coldest_c": min(values, default=None),
        "warmest_c": max(values, default=None),
        "excursions": list(logged.excursions),
    }


def _held(one: Held, names: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    name = names.get(one.org_id or "")
    return {
        "holder": one.holder,
        "organization": {"org_id": one.org_id, "name": name[0], "name_en": name[1]} if name else None,
        "since": one.since,
        "until": one.until,
        "by": milestone_out(one.by) if one.by else None,
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {"kind": one.kind, "at": one.at, "until": one.until, "detail": dict(one.detail)}
