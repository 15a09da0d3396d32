"""Temperature loggers of a consignment: their readings stored as EPCIS events, what lay out of range as findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor, Role
from haoyun.platform.database import Databases, reading
from haoyun.platform.market.errors import FieldErrors, NotAllowed
from haoyun.platform.market.loads_store import find_load
from haoyun.platform.trading.consignment import Consignment
from haoyun.platform.trading.consignments_store import consignments_of
from haoyun.platform.trading.order import UNDER_WAY, Order
from haoyun.platform.trading.orders_store import orders_where
from haoyun.platform.trading.store import consignment_of, get_order
from haoyun.platform.trading.tables import ORDER
from haoyun.platform.warehouse.on_the_way import fixes_of
from haoyun.platform.warehouse.visible import may_report
from haoyun.rfid_ingest.epcis.model import Event
from haoyun.rfid_ingest.epcis.store import append_events
from haoyun.rfid_ingest.errors import InvalidEvent, InvalidLogger
from haoyun.rfid_ingest.evidence import events_naming
from haoyun.rfid_ingest.findings import Kind
from haoyun.rfid_ingest.findings_store import findings_of, replace_findings
from haoyun.rfid_ingest.handling import WAYBILL
from haoyun.rfid_ingest.temperature import (
    Excursion,
    Reading,
    excursions,
    findings,
    read_logger,
    readings_of,
    sensor_events,
)

MAX_BYTES = 4 * 1024 * 1024
_DEVICE = "urn:haoyun:logger:"


@dataclass(frozen=True, slots=True)
class Logged:
    """What is known of a consignment's temperature. Bounds are None where the load asks for none."""

    readings: tuple[Reading, ...]
    excursions: tuple[Excursion, ...]
    low_c: float | None
    high_c: float | None


def store_readings(
    databases: Databases,
    actor: Actor,
    order_id: str,
    content: bytes,
    device: str,
    now: datetime,
    tz_offset: str = "+08:00",
) -> Logged:
    """Store a logger's file for an order; the same readings again change nothing.

    Raises NotFound, NotAllowed, FieldErrors for a file or a device name that cannot be read.
    """
    with reading(databases.platform).connect() as db:
        order = get_order(db, order_id, actor)
        if not (actor.may_trade or Role.DRIVER in actor.roles) or not may_report(order, actor):
            raise NotAllowed("role")
        consignment = consignment_of(db, order_id)
        low_c, high_c = _range(db, order)
    events = _events(content, device, consignment, tz_offset)
    with databases.tracking.begin() as db:
        append_events(db, events, [actor.org_id] * len(events), now)
        logged = _logged(db, order, consignment, (low_c, high_c), now)
        found = findings(consignment.id, logged.excursions, low_c, high_c)
        replace_findings(db, consignment.id, Kind.TEMPERATURE, found, now)
    return logged


def logged_of(databases: Databases, order: Order, consignment: Consignment, now: datetime) -> Logged:
    """What is known of the temperature of an order that the viewer was shown."""
    with reading(databases.platform).connect() as db:
        low_c, high_c = _range(db, order)
    with reading(databases.tracking).connect() as db:
        return _logged(db, order, consignment, (low_c, high_c), now)


def watch_temperatures(databases: Databases, now: datetime) -> int:
    """Look at the orders under way whose load has a range: trackers report what the load space has.

    Returns how many were looked at. `TemperatureWatch` calls it from time to time.
    """
    with reading(databases.platform).connect() as db:
        orders = orders_where(db, ORDER.c.state.in_([state.value for state in UNDER_WAY]))
        ranges = {order.id: _range(db, order) for order in orders}
        asked = [order for order in orders if ranges[order.id] != (None, None)]
        consignments = consignments_of(db, [order.id for order in asked])
    for order in asked:
        consignment = consignments[order.id]
        with databases.tracking.begin() as db:
            logged = _logged(db, order, consignment, ranges[order.id], now)
            found = findings(consignment.id, logged.excursions, *ranges[order.id])
            if found != findings_of(db, consignment.id, kinds=(Kind.TEMPERATURE,)):
                replace_findings(db, consignment.id, Kind.TEMPERATURE, found, now)
    return len(asked)


def _events(content: bytes, device: str, consignment: Consignment, tz_offset: str) -> Sequence[Event]:
    name = device.strip() or "logger"
    if len(content) > MAX_BYTES:
        raise FieldErrors({"file": ("logger_file", {"reason": f"> {MAX_BYTES // 1024 // 1024} MB"})})
    if not (name.isascii() and name.replace("-", "").replace(".", "").isalnum() and len(name) <= 40):
        raise FieldErrors({"device": ("logger_name", {})})
    try:
        readings = read_logger(content, tz_offset)
        waybill = WAYBILL + consignment.tracking_number
        return sensor_events(readings, _DEVICE + name, consignment.units, waybill, tz_offset)
    except (InvalidLogger, InvalidEvent) as error:
        raise FieldErrors({"file": ("logger_file", {"reason": str(error)})}) from error


def _range(db: sa.Connection, order: Order) -> tuple[float | None, float | None]:
    load = find_load(db, order.load_id)
    return (load.temperature_min_c, load.temperature_max_c) if load is not None else (None, None)


def _logged(
    db: sa.Connection,
    order: Order,
    consignment: Consignment,
    bounds: tuple[float | None, float | None],
    now: datetime,
) -> Logged:
    """All readings that the order's two sides stored and its tracker reported, each device and instant once."""
    readings: dict[tuple[str, datetime], Reading] = {}
    for event in events_naming(
        db, [WAYBILL + consignment.tracking_number], [order.shipper_org, order.carrier_org]
    ):
        for element in event.document.get("sensorElementList", ()):
            device = str(element.get("sensorMetadata", {}).get("deviceID", ""))
            for one in readings_of({"sensorElementList": [element]}):
                readings[device, one.at] = one
    for fix in fixes_of(db, order, consignment, now):
        celsius = fix.sensors.get("temperature_c")
        if isinstance(celsius, int | float):
            readings[fix.device, fix.fix_time] = Reading(fix.fix_time, float(celsius))
    by_device: dict[str, list[Reading]] = {}
    for (device, _at), one in sorted(readings.items(), key=lambda entry: entry[0]):
        by_device.setdefault(device, []).append(one)
    out = [found for own in by_device.values() for found in excursions(own, *bounds)]
    return Logged(
        tuple(sorted(readings.values(), key=lambda one: one.at)),
        tuple(sorted(out, key=lambda one: one.start)),
        *bounds,
    )
