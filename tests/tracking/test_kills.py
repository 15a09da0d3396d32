"""What a device was told is stored is stored, whoever is killed in the middle of it."""

from __future__ import annotations

import pytest
from kills import Feed


@pytest.mark.parametrize("where", ["sqlite", "postgresql"])
def test_no_acked_position_is_lost_and_none_stored_twice_when_worker_and_broker_are_killed(
    where, request, tmp_path, free_port
) -> None:
    url = request.getfixturevalue("postgres_url") if where == "postgresql" else None
    with Feed(tmp_path, free_port, url=url) as feed:
        outcome = feed.run(5, 2, print)
    assert (outcome.lost, outcome.missing, outcome.duplicates) == (0, 0, 0)
    assert outcome.stored == outcome.sent > 500
