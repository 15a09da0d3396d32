"""One visit of a shipment, taken out or put in by its kind."""

from __future__ import annotations

from dataclasses import replace

from haoyun.routing.tasks import Shipment, StopKind, Visit


def visit_of(shipment: Shipment, kind: StopKind) -> Visit:
    """The pickup or the delivery."""
    return shipment.pickup if kind is StopKind.PICKUP else shipment.delivery


def with_visit(shipment: Shipment, kind: StopKind, visit: Visit) -> Shipment:
    """The shipment with another pickup or delivery."""
    if kind is StopKind.PICKUP:
        return replace(shipment, pickup=visit)
    return replace(shipment, delivery=visit)
