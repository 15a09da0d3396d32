"""Own payload form: what opens, and what is refused with which rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.tracking.envelope import ack_payload, open_envelope, parse_ack, seal
from haoyun.tracking.errors import BadTopic, DecodeError
from haoyun.tracking.messages import parse_topic, shard_of, topic_ack, topic_up
from haoyun.tracking.outbox import OutboxState


@pytest.mark.parametrize(
    ("payload", "seqs"),
    [
        (b'{"lat": 1}', ()),
        (b'{"lat": 1, "seq": 4}', (4,)),
        (b'[{"seq": 1}, {"seq": 2}, {}]', (1, 2)),
        (b'{"seq": 7, "base": 5, "epoch": "a1", "fixes": [{}]}', (7,)),
        (b'{"fixes": [{}]}', ()),
    ],
)
def test_one_item_an_array_and_the_wrapper_open(payload: bytes, seqs: tuple[int, ...]) -> None:
    assert open_envelope(payload, "fixes").seqs == seqs


@pytest.mark.parametrize(
    ("payload", "rule"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[1e999, NaN]", "not JSON"),
        (b"[" * 5000, "not JSON"),
        (b"7", "object or an array"),
        (b"[]", "0 items"),
        (b'{"fixes": 5}', "must be an array"),
        (b'{"fixes": [1], "seq": 0}', "seq must be"),
        (b'{"fixes": [1], "seq": true}', "seq must be"),
        (b'{"fixes": [1], "seq": 2, "base": 3}', "base 3 is above seq 2"),
        (b'{"fixes": [1], "seq": 2, "epoch": "a\\u0000b"}', "epoch must be"),
    ],
)
def test_nonsense_is_refused_with_the_rule(payload: bytes, rule: str) -> None:
    with pytest.raises(DecodeError, match=rule):
        open_envelope(payload, "fixes")


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise_anything_else(payload: bytes) -> None:
    try:
        open_envelope(payload, "fixes")
    except DecodeError as error:
        assert str(error)


@given(st.integers(1, 10**9), st.integers(0, 10**6), st.text("abc019._-", max_size=40))
def test_what_is_sealed_opens_to_the_same(base: int, ahead: int, epoch: str) -> None:
    opened = open_envelope(seal("reads", [{"a": 1}], seq=base + ahead, base=base, epoch=epoch), "reads")
    assert (opened.items, opened.seqs) == (({"a": 1},), (base + ahead,))
    assert (opened.base, opened.epoch) == (base, epoch)


def test_an_ack_survives_the_wire() -> None:
    for state in (OutboxState("", 5), OutboxState("e1", 0)):
        assert parse_ack(ack_payload(state)) == state


def test_topics_are_parsed_and_foreign_ones_refused() -> None:
    topic = parse_topic("hy/v1/3/truck-0001/up/fixes")
    assert (topic.shard, topic.device, topic.kind) == (3, "truck-0001", "fixes")
    for bad in ("hy/v1/3/T/up/fixes", "hy/v1/3/truck-0001/down/ack", "x", "hy/v1/3/truck-0001/up/fixes\n"):
        with pytest.raises(BadTopic, match="is not hy/v1"):
            parse_topic(bad)


def test_a_shard_never_changes() -> None:
    assert [shard_of(f"truck-{n:04}", 8) for n in range(6)] == SHARDS
    assert topic_up("truck-0001", 3, "fixes") == "hy/v1/3/truck-0001/up/fixes"
    assert topic_ack("truck-0001", 3) == "hy/v1/3/truck-0001/down/ack"
    with pytest.raises(BadTopic, match="8 to 40"):
        shard_of("short", 8)


SHARDS = [1, 7, 5, 3, 0, 6]  # written down once: a device was told its topics
