"""What a webhook tells can be written as JSON, whatever the thing has."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
from market_offers import a_capacity

from haoyun.platform.market.values import Certificate
from haoyun.platform.webhooks.payloads import capacity_data

UNTIL = datetime(2027, 1, 1, tzinfo=UTC)


def test_a_truck_with_several_papers_is_told_with_all_of_them() -> None:
    papers = (Certificate("insurance", UNTIL), Certificate("dg-3", None))
    told = orjson.loads(orjson.dumps(capacity_data(a_capacity(certificates=papers), own=True)))
    assert told["certificates"] == [
        {"name": "insurance", "valid_until": "2027-01-01T00:00:00+00:00"},
        {"name": "dg-3", "valid_until": None},
    ]
