"""How organizations kept their word, told to the market: from orders that ended, and only where there are enough.

Market may not read trading; whoever puts the two together hands `read_standings` to the market's context.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from haoyun.platform.accounts.tables import user
from haoyun.platform.database import reading
from haoyun.platform.market.roads import Standing
from haoyun.platform.trading.order import OrderFlag, OrderState
from haoyun.platform.trading.tables import ORDER, ORDER_EVENT

LEAST_ORDERS = 5  # a share of fewer would tell of one bad day
_DELIVERED = [s.value for s in (OrderState.TO_CONFIRM, OrderState.AWAITING_DOCUMENTS, OrderState.COMPLETED)]


def read_standings(platform: sa.Engine) -> Mapping[str, Standing]:
    """The standing of every organization that has enough orders behind it, by its id."""
    with reading(platform).connect() as db:
        return standings(db)


def standings(db: sa.Connection) -> dict[str, Standing]:
    """Deliveries in time of carriers; orders that shippers did not cancel, of those that ended."""
    late = ORDER.c.flags.contains(OrderFlag.LATE_DELIVERY.value)
    by_carrier = _counts(db, ORDER.c.carrier_org, ORDER.c.state.in_(_DELIVERED), late)
    cancelled = OrderState.CANCELLED.value
    by_shippers_people = (
        sa.select(ORDER_EVENT.c.order_id)
        .join(user, user.c.id == ORDER_EVENT.c.user_id)
        .where(
            ORDER_EVENT.c.order_id == ORDER.c.id,
            ORDER_EVENT.c.state == cancelled,
            user.c.org_id == ORDER.c.shipper_org,
        )
        .exists()
    )
    ended = sa.or_(ORDER.c.state.in_(_DELIVERED), by_shippers_people)
    by_shipper = _counts(db, ORDER.c.shipper_org, ended, by_shippers_people)
    return {
        org: Standing(*by_carrier.get(org, (None, 0)), *by_shipper.get(org, (None, 0)))
        for org in {*by_carrier, *by_shipper}
    }


def _counts(
    db: sa.Connection, org: sa.ColumnElement[str], which: sa.ColumnElement[bool], bad: sa.ColumnElement[bool]
) -> dict[str, tuple[float, int]]:
    """The share of good ones and how many there are, by organization."""
    failed = sa.func.sum(sa.case((bad, 1), else_=0))
    rows = db.execute(sa.select(org, sa.func.count(), failed).where(which).group_by(org))
    return {key: (1 - int(wrong) / n, n) for key, n, wrong in rows if n >= LEAST_ORDERS}
