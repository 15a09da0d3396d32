"""The ticket with which a page opens a stream: who asks, signed by the portal, good for a minute.

The live process keeps no sessions and sees no cookies. A stream ends after STREAM_S, and the next ticket is issued only
to somebody who is still signed in, so that a right that was taken away ends with it.
"""

from __future__ import annotations

from itsdangerous import BadSignature, URLSafeTimedSerializer

from haoyun.platform.accounts.actor import Actor

TICKET_S = 60
STREAM_S = 300
_SALT = "haoyun-live-ticket"


class BadTicket(Exception):
    """A ticket that nobody issued, or that is too old."""


def issue(key: str, actor: Actor) -> str:
    """A ticket for this person."""
    value = [actor.user_id, actor.org_id, sorted(actor.roles), sorted(actor.org_kinds)]
    return URLSafeTimedSerializer(key, salt=_SALT).dumps(value)


def redeem(key: str, ticket: str) -> Actor:
    """Who a ticket was issued to. Raises BadTicket."""
    try:
        user_id, org_id, roles, kinds = URLSafeTimedSerializer(key, salt=_SALT).loads(
            ticket, max_age=TICKET_S
        )
        return Actor(user_id, org_id, frozenset(roles), frozenset(kinds))
    except (BadSignature, ValueError, TypeError) as error:
        raise BadTicket("the ticket is not valid (any more): ask the portal for another") from error
