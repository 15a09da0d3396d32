"""The ack never says more than what is stored."""

from hypothesis import given
from hypothesis import strategies as st

from haoyun.tracking.outbox import OutboxState, advance


def test_a_gap_holds_the_ack_until_it_is_filled() -> None:
    state = advance(OutboxState("e", 3), [5, 6], None, "e")
    assert state.acked_seq == 3
    assert advance(state, [4], None, "e").acked_seq == 4


def test_a_duplicate_is_acked_again() -> None:
    assert advance(OutboxState("e", 9), [4], None, "e") == OutboxState("e", 9)


def test_a_base_above_the_ack_means_the_device_gave_up_what_lies_below() -> None:
    assert advance(OutboxState("e", 3), [10], 10, "e").acked_seq == 10


def test_the_first_number_ever_seen_is_taken_as_the_base() -> None:
    assert advance(None, [41], None, "").acked_seq == 41
    assert advance(None, [41], 40, "").acked_seq == 39


def test_a_new_epoch_restarts_the_numbering() -> None:
    assert advance(OutboxState("old", 500), [1, 2], 1, "new") == OutboxState("new", 2)
    assert advance(OutboxState("old", 500), [7], None, "new").acked_seq == 0


messages = st.lists(
    st.tuples(st.integers(1, 30), st.integers(1, 30)).map(lambda p: (max(p), min(p))), max_size=40
)


@given(messages)
def test_an_acked_number_was_received_or_lies_below_a_base(sent: list[tuple[int, int]]) -> None:
    state, received, highest_base = OutboxState("e", 0), set(), 1
    for seq, base in sent:
        before = state
        state = advance(state, [seq], base, "e")
        received.add(seq)
        highest_base = max(highest_base, base)
        assert state.acked_seq >= before.acked_seq
        assert all(n in received or n < highest_base for n in range(1, state.acked_seq + 1))


@given(st.permutations(range(1, 12)))
def test_going_back_to_the_first_unacked_number_ends_with_everything_acked(order: list[int]) -> None:
    state = advance(None, [order[0]], 1, "e")
    for seq in order[1:]:
        state = advance(state, [seq], 1, "e")
    while state.acked_seq < 11:
        state = advance(state, [state.acked_seq + 1], state.acked_seq + 1, "e")
    assert state.acked_seq == 11
