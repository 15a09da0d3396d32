"""``haoyun ingest --shards``: which shards a process takes, and under which name the broker keeps its place."""

from __future__ import annotations

import click
import pytest

from haoyun.platform.commands.ingest import client_id, parse_shards


def test_a_list_of_shards_is_read() -> None:
    assert parse_shards(None, 4) == [0, 1, 2, 3]
    assert parse_shards("0-2", 8) == [0, 1, 2]
    assert parse_shards("7, 0-1,1", 8) == [0, 1, 7]


@pytest.mark.parametrize("text", ["", "a", "3-1", "8", "0-8", "-1", "1;2", "0-"])
def test_a_wrong_list_names_the_rule(text: str) -> None:
    with pytest.raises(click.UsageError, match=r"0-7|from 0 to 7"):
        parse_shards(text, 8)


def test_the_same_shards_have_the_same_name_on_every_machine() -> None:
    assert (
        client_id(parse_shards("0-3,6", 8), 8)
        == client_id(parse_shards("6,0,1,2,3", 8), 8)
        == "haoyun-ingest-0-3_6"
    )


def test_all_shards_keep_the_name_of_an_installation_with_one_intake() -> None:
    assert client_id(parse_shards("0-7", 8), 8) == "haoyun-ingest"


def test_divided_shards_never_share_a_name() -> None:
    names = {client_id(parse_shards(part, 8), 8) for part in ("0-3", "4-7", "0", "3", "0,3", "0-1,3", "1-3")}
    assert len(names) == 7
