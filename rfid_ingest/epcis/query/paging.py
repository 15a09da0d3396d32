"""Where a page of events ended, as a token that the next request brings back."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from haoyun.rfid_ingest.epcis.errors import InvalidQuery
from haoyun.tracking.instants import from_ms, to_ms

LIFETIME = timedelta(days=1)
_MOST = 2**62  # of a position; a database's whole numbers end at 2**63
Position = tuple[int, int]  # the value that orders the events, the event's number


@dataclass(frozen=True, slots=True)
class PageToken:
    """The position after which the next page begins, how many events came before, and until when it is good."""

    position: Position
    served: int
    expires_at: datetime
    query: str  # of which query it is: a token of another one is refused

    def text(self) -> str:
        """The token as it travels."""
        body = orjson.dumps([*self.position, self.served, to_ms(self.expires_at), self.query])
        return base64.urlsafe_b64encode(body).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str, query: str, now: datetime) -> PageToken:
        """Raises InvalidQuery for a token that is none, of another query, or too old."""
        try:
            value, seq, served, expires_ms, of = orjson.loads(
                base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            )
            whole = type(value) is type(seq) is type(served) is type(expires_ms) is int
            if not (whole and -_MOST <= value <= _MOST and -_MOST <= seq <= _MOST and 0 <= served <= _MOST):
                raise ValueError
            token = cls((value, seq), served, from_ms(expires_ms), of)
        except (ValueError, TypeError, binascii.Error, OverflowError):
            raise InvalidQuery("nextPageToken: this is no token that was given out here") from None
        if token.query != query:
            raise InvalidQuery("nextPageToken: this token belongs to another query")
        if token.expires_at < now:
            raise InvalidQuery("nextPageToken: this token is too old; start with the first page")
        return token


def fingerprint(parameters: Mapping[str, object]) -> str:
    """What tells one query from another in a token."""
    text = orjson.dumps(sorted((name, repr(value)) for name, value in parameters.items()))
    return hashlib.sha256(text).hexdigest()[:12]
