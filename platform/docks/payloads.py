"""What stands under `data` of an event about a booking: the booking as the REST API shows it. Pure."""

from __future__ import annotations

from typing import Any

from haoyun.platform.docks.booking import Booking

PLAIN = (
    *("id", "warehouse_id", "dock_id", "org_id", "vehicle_id", "order_id", "slots", "note", "state"),
    *("version", "created_at", "updated_at", "arrived_at", "started_at", "finished_at"),
)
OF_VISIT = ("plate", "body", "length_cm", "height_cm", "purpose", "hazardous", "refrigerated")


def booking_data(booking: Booking) -> dict[str, Any]:
    """A booking."""
    return {
        **{name: getattr(booking, name) for name in PLAIN},
        **{name: getattr(booking.visit, name) for name in OF_VISIT},
        "start": booking.slot.start,
        "end": booking.slot.end,
    }
