"""From parameters, of an address or of a query in JSON, to a query."""

from __future__ import annotations

import re
from collections.abc import Mapping

from haoyun.rfid_ingest.epcis.errors import InvalidQuery
from haoyun.rfid_ingest.epcis.query.criteria import Criterion, Query
from haoyun.rfid_ingest.epcis.query.fixed import FIXED
from haoyun.rfid_ingest.epcis.query.flexible import parse_flexible
from haoyun.rfid_ingest.epcis.query.values import count, one_text

MOST_PARAMETERS = 100
LONGEST_NAME = (
    500  # characters; longer names cost the patterns below more time than any field's name is worth
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROLS = ("orderBy", "orderDirection", "eventCountLimit", "maxEventCount")
_ORDERS = ("eventTime", "recordTime")
_IGNORED = (
    "@context"  # a query in JSON may say what its prefixes mean; fields are compared by prefix and by address
)


def parse_query(parameters: Mapping[str, object]) -> Query:
    """The query that these parameters ask for. Raises InvalidQuery, which names the parameter, and QueryTooComplex."""
    if len(parameters) > MOST_PARAMETERS:
        raise InvalidQuery(f"at most {MOST_PARAMETERS} parameters are taken, not {len(parameters)}")
    for name in parameters:
        if len(name) > LONGEST_NAME or _CONTROL.search(name):
            raise InvalidQuery(
                f"{name[:40]!r}…: a parameter's name has at most {LONGEST_NAME} characters, no control characters"
            )
    criteria = tuple(
        _criterion(name, raw) for name, raw in parameters.items() if name not in (*_CONTROLS, _IGNORED)
    )
    limit, most = (
        count(name, parameters[name]) if name in parameters else None
        for name in ("eventCountLimit", "maxEventCount")
    )
    if limit is not None and most is not None:
        raise InvalidQuery("eventCountLimit and maxEventCount exclude each other")
    order_by, descending = _order(parameters)
    return Query(criteria, order_by, descending, limit, most)


def _criterion(name: str, raw: object) -> Criterion:
    fixed = FIXED.get(name)
    found = fixed(name, raw) if fixed else parse_flexible(name, raw)
    if found is None:
        raise InvalidQuery(f"{name[:80]} is no query parameter of EPCIS 2.0")
    return found


def _order(parameters: Mapping[str, object]) -> tuple[str, bool]:
    direction = one_text("orderDirection", parameters.get("orderDirection", "DESC"))
    if direction not in ("ASC", "DESC"):
        raise InvalidQuery(f"orderDirection: write ASC or DESC, not {direction[:40]!r}")
    if "orderBy" not in parameters:
        return "recordTime", False  # by number: pages stay as they are while events come in
    order_by = one_text("orderBy", parameters["orderBy"])
    if order_by not in _ORDERS and not any(mark in order_by for mark in ":#/"):
        raise InvalidQuery(
            f"orderBy: write eventTime, recordTime or a field of your own, not {order_by[:60]!r}"
        )
    return order_by, direction == "DESC"
