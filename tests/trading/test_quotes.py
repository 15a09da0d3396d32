"""Quotes: who may name, counter, accept, reject and withdraw a price."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from haoyun.platform.market.errors import Conflict, FieldErrors, ForbiddenMove, NotAllowed, NotFound
from haoyun.platform.market.store import edit_load, post_load
from haoyun.platform.market.testing import (
    CARRIER,
    NOW,
    OPERATOR,
    OTHER_CARRIER,
    OTHER_SHIPPER,
    SHIPPER,
    VIEWER,
    A,
    load_draft,
    road_context,
)
from haoyun.platform.market.values import Body
from haoyun.platform.trading.quote import NEXT, Quote, QuoteState, Side, move
from haoyun.platform.trading.store import (
    accept_quote,
    counter,
    expire_quotes,
    get_quote,
    quotes_of,
    reject,
    submit_quote,
    withdraw_quote,
)
from haoyun.platform.trading.testing import open_deal

HERE = road_context()


def a_quote() -> Quote:
    ids = {"id": "quo_1", "load_id": "load_1", "capacity_id": "cap_1", "answers": None, "user_id": "u"}
    sides = {"shipper_org": "s", "carrier_org": "c", "side": Side.CARRIER}
    money = {"price_fen": 100, "currency": "CNY", "terms": 1, "version": 1}
    times = {"created_at": NOW, "valid_until": NOW + timedelta(hours=1)}
    return Quote(**ids, **sides, **money, **times, state=QuoteState.SUBMITTED)  # type: ignore[arg-type]


@given(st.lists(st.sampled_from(list(QuoteState)), max_size=10))
def test_a_quote_only_takes_steps_of_its_table(wanted: list[QuoteState]) -> None:
    quote = a_quote()
    for state in wanted:
        if state in NEXT[quote.state]:
            quote = move(quote, state, NOW)
            assert quote.state is state
        else:
            with pytest.raises(ForbiddenMove):
                move(quote, state, NOW)


def test_a_quote_is_read_back_as_it_was_made(db: sa.Connection) -> None:
    deal = open_deal(db)
    assert get_quote(db, deal.quote.id, SHIPPER) == deal.quote
    assert (deal.quote.side, deal.quote.valid_until) == (Side.CARRIER, deal.load.expires_at)
    assert quotes_of(db, SHIPPER) == quotes_of(db, CARRIER, load_id=deal.load.id) == [deal.quote]


def test_a_price_is_above_zero(db: sa.Connection) -> None:
    deal = open_deal(db)
    other = post_load(db, SHIPPER, load_draft(), NOW, HERE)
    for price in (0, -1):
        with pytest.raises(FieldErrors, match="above 0"):
            submit_quote(db, CARRIER, other.id, deal.capacity.id, price, NOW)


def test_strangers_learn_nothing_of_a_quote(db: sa.Connection) -> None:
    deal = open_deal(db)
    answers = set()
    for actor in (OTHER_CARRIER, OTHER_SHIPPER):
        assert quotes_of(db, actor) == []
        for quote_id in (deal.quote.id, "quo_missing"):
            for ask in (
                get_quote,
                lambda d, i, a: reject(d, a, i, NOW),
                lambda d, i, a: accept_quote(d, a, i, NOW),
            ):
                with pytest.raises(NotFound) as caught:
                    ask(db, quote_id, actor)
                answers.add(str(caught.value))
    assert len(answers) == 1


def test_only_the_other_side_accepts_and_only_who_may_trade(db: sa.Connection) -> None:
    deal = open_deal(db)
    with pytest.raises(NotAllowed, match="other side"):
        accept_quote(db, CARRIER, deal.quote.id, NOW)
    with pytest.raises(NotAllowed, match="role"):
        accept_quote(db, VIEWER, deal.quote.id, NOW)
    with pytest.raises(NotAllowed, match="other side"):
        reject(db, CARRIER, deal.quote.id, NOW)
    assert accept_quote(db, OPERATOR, deal.quote.id, NOW)


def test_who_owns_neither_offer_cannot_bring_them_together(db: sa.Connection) -> None:
    deal = open_deal(db)
    with pytest.raises(NotAllowed):
        submit_quote(db, OTHER_CARRIER, deal.load.id, deal.capacity.id, 100, NOW)


def test_a_quote_on_what_cannot_fit_is_refused_with_the_rule(db: sa.Connection) -> None:
    deal = open_deal(db)
    reefer = post_load(db, SHIPPER, load_draft(body=frozenset({Body.REEFER})), NOW, HERE)
    with pytest.raises(Conflict, match="needs reefer, is box"):
        submit_quote(db, CARRIER, reefer.id, deal.capacity.id, 100, NOW)


def test_one_price_is_on_the_table_for_a_pair(db: sa.Connection) -> None:
    deal = open_deal(db)
    for actor in (CARRIER, SHIPPER):
        with pytest.raises(Conflict, match="open quote"):
            submit_quote(db, actor, deal.load.id, deal.capacity.id, 100, NOW)


def test_a_counter_offer_is_a_new_linked_quote_of_the_other_side(db: sa.Connection) -> None:
    deal = open_deal(db)
    answer = counter(db, SHIPPER, deal.quote.id, 120_000, NOW)
    assert (answer.side, answer.answers, answer.price_fen) == (Side.SHIPPER, deal.quote.id, 120_000)
    assert get_quote(db, deal.quote.id, CARRIER).state is QuoteState.COUNTERED
    with pytest.raises(Conflict):
        accept_quote(db, SHIPPER, deal.quote.id, NOW)


def test_the_carrier_accepts_a_counter_offer_at_its_price(db: sa.Connection) -> None:
    deal = open_deal(db)
    answer = counter(db, SHIPPER, deal.quote.id, 120_000, NOW)
    assert accept_quote(db, CARRIER, answer.id, NOW).price_fen == 120_000
    assert get_quote(db, deal.quote.id, CARRIER).state is QuoteState.VOIDED


def test_a_withdrawn_counter_offer_leaves_the_quote_before_it_standing(db: sa.Connection) -> None:
    deal = open_deal(db)
    answer = counter(db, SHIPPER, deal.quote.id, 120_000, NOW)
    with pytest.raises(NotAllowed):
        withdraw_quote(db, CARRIER, answer.id, NOW)
    withdraw_quote(db, SHIPPER, answer.id, NOW)
    assert get_quote(db, deal.quote.id, CARRIER).state is QuoteState.SUBMITTED
    assert accept_quote(db, SHIPPER, deal.quote.id, NOW).price_fen == 150_000


@pytest.mark.parametrize("close", [reject, withdraw_quote])
def test_a_closed_quote_stays_closed(db: sa.Connection, close: object) -> None:
    deal = open_deal(db)
    close(db, SHIPPER if close is reject else CARRIER, deal.quote.id, NOW, "no")  # type: ignore[operator]
    with pytest.raises(ForbiddenMove):
        reject(db, SHIPPER, deal.quote.id, NOW)


def test_an_unanswered_quote_expires(db: sa.Connection) -> None:
    deal = open_deal(db)
    late = NOW + timedelta(hours=8)
    assert expire_quotes(db, NOW) == 0
    assert expire_quotes(db, late) == 1
    assert get_quote(db, deal.quote.id, CARRIER) == replace(
        deal.quote, state=QuoteState.EXPIRED, version=2, decided_at=late
    )


def test_a_quote_on_old_terms_cannot_be_accepted(db: sa.Connection) -> None:
    deal = open_deal(db)
    edit_load(db, SHIPPER, deal.load.id, load_draft(origin=A), deal.load.version, NOW, HERE)
    with pytest.raises(Conflict, match="changed after this quote"):
        accept_quote(db, SHIPPER, deal.quote.id, NOW)
