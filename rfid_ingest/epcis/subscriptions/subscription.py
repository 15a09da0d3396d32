"""A subscription as a value: where to, when, from when on. Checked at construction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from haoyun.rfid_ingest.epcis.errors import SubscriptionRefused
from haoyun.rfid_ingest.epcis.instants import instant
from haoyun.rfid_ingest.epcis.subscriptions.schedule import Schedule, parse_schedule
from haoyun.rfid_ingest.epcis.translate import EpcFormat

_FIELDS = frozenset(
    {"dest", "signatureToken", "secret", "initialRecordTime", "stream", "schedule", "reportIfEmpty"}
)
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client asks for. `schedule` is None for a stream: whenever an event matches."""

    dest: str
    signature_token: str | None = None
    schedule: Mapping[str, Any] | None = None
    report_if_empty: bool = False
    initial_record_time: datetime | None = None
    epc_format: EpcFormat = EpcFormat.DIGITAL_LINK

    def __post_init__(self) -> None:
        check_address(self.dest)
        if self.schedule is not None:
            parse_schedule(self.schedule)

    @property
    def times(self) -> Schedule | None:
        """The schedule, None for a stream."""
        return None if self.schedule is None else parse_schedule(self.schedule)


def check_address(dest: str) -> None:
    """Raises SubscriptionRefused for anything but a web address in ASCII (RFC 3986) without a password."""
    if not dest.isascii() or any(mark <= " " or mark == "\x7f" for mark in dest):
        raise SubscriptionRefused(
            "dest: write a name beyond ASCII as xn--…, other characters and blanks with %, such as %20"
        )
    try:
        parts = urlsplit(dest)
        port = parts.port
        (parts.hostname or "").encode("idna")  # no part of the name is empty or longer than 63 characters
    except ValueError:
        raise SubscriptionRefused("dest: this is no web address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or len(dest) > _LONGEST or port == 0:
        raise SubscriptionRefused("dest: write a web address, https://…")
    if parts.username or parts.password:
        raise SubscriptionRefused("dest: no user and password in the address; use signatureToken")


def wish_of(body: Mapping[str, Any], epc_format: EpcFormat) -> Wish:
    """The wish that a request's body states. Raises SubscriptionRefused, which names the field."""
    unknown = set(body) - _FIELDS
    if unknown:
        raise SubscriptionRefused(f"{min(unknown)[:60]!r} is no field of a subscription")
    stream, schedule = body.get("stream"), body.get("schedule")
    if (stream is True) == (schedule is not None):
        raise SubscriptionRefused("a subscription has either stream: true or a schedule")
    if schedule is not None and not isinstance(schedule, Mapping):
        raise SubscriptionRefused('schedule: write an object, such as {"hour": "1", "minute": "5"}')
    report = body.get("reportIfEmpty", False)
    if not isinstance(report, bool):
        raise SubscriptionRefused("reportIfEmpty: write true or false")
    token = body.get("signatureToken", body.get("secret"))
    for name, value in (("dest", body.get("dest")), ("signatureToken", token or "")):
        if not isinstance(value, str) or "\0" in value or len(value) > _LONGEST:
            raise SubscriptionRefused(f"{name}: write text of at most {_LONGEST} characters")
    return Wish(body["dest"], token, schedule, report, _initial(body.get("initialRecordTime")), epc_format)


def _initial(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        return instant(str(value))
    except ValueError:
        raise SubscriptionRefused(
            f"initialRecordTime: {str(value)[:60]!r} is no instant with an offset"
        ) from None
