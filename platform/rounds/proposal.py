"""What a round proposes: lines of loads in trucks, with what each side gets; pure.

A line ends as a quote, or it lapses: by a newer round, by time, or because one of its two offers changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from haoyun.platform.ids import new_id
from haoyun.platform.rounds.board import Board, is_known
from haoyun.platform.rounds.figures import Figures
from haoyun.platform.rounds.route import Leg, Route, Times, leg_contribution_fen, stop_times
from haoyun.platform.rounds.shapley import MOST_EXACT, SAMPLES
from haoyun.platform.rounds.sharing import PoolShares, pool_shares

VALID_FOR = timedelta(hours=2)  # trucks move on: what was the best plan then is a guess later
KEEP = timedelta(days=7)  # lines that became nothing; rounds and their figures stay


class LineState(StrEnum):
    """Where a line is in its life."""

    PROPOSED = "PROPOSED"  # either side may turn it into a quote
    QUOTED = "QUOTED"  # one side did; what follows is the quote's life
    LAPSED = "LAPSED"  # a newer round, the time, or a changed offer overtook it


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One load in one truck's way; see tables.py for what each field means."""

    id: str
    round_id: str
    truck: int
    position: int
    load_id: str
    terms: int
    capacity_id: str
    shipper_org: str
    carrier_org: str
    pickup_at: datetime
    delivery_at: datetime
    free_at: datetime
    empty_m: float | None
    loaded_m: float
    contribution_fen: int
    expected_fen: int
    price_fen: int
    pool: Mapping[str, Any] | None
    state: LineState = LineState.PROPOSED
    quote_id: str | None = None
    quoted_by: str | None = None

    @property
    def share_fen(self) -> int:
        """What the load's price gains by sharing the vehicle."""
        return self.expected_fen - self.price_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round and its figures: `before` is first come, first served, `after` what is proposed.

    `bound_fen`: no plan that carries loads one after the other contributes more.
    """

    id: str
    job_id: str
    created_at: datetime
    expires_at: datetime
    before: Figures
    after: Figures
    bound_fen: int
    open_loads: int
    open_trucks: int


def lines_of(board: Board, routes: Iterable[Route], round_id: str) -> list[Line]:
    """The lines of a plan, truck by truck in the order in which they are driven."""
    found = []
    for number, route in enumerate(routes):
        times = stop_times(board, route)
        for position, leg in enumerate(route.legs):
            found += _of_leg(board, route, (number, position), leg, times, round_id)
    return found


def _of_leg(
    board: Board, route: Route, where: tuple[int, int], leg: Leg, times: Times, round_id: str
) -> list[Line]:
    number, position = where
    capacity = board.trucks[route.truck]
    pool = pool_shares(board, route, position) if len(leg.unit.jobs) > 1 else None
    known = position > 0 or is_known(board.starts[route.truck])
    lines = []
    for job in leg.unit.jobs:
        load, expected = board.jobs[job].load, round(board.jobs[job].price_fen)
        share = max(0, pool.of(load.id).fen) if pool is not None else 0
        pickup_s, delivery_s = times[job]
        line = Line(
            id=new_id("lin"), round_id=round_id, truck=number, position=position, load_id=load.id,
            terms=load.terms, capacity_id=capacity.id, shipper_org=load.org_id, carrier_org=capacity.org_id,
            pickup_at=board.now + timedelta(seconds=pickup_s),
            delivery_at=board.now + timedelta(seconds=delivery_s),
            free_at=board.now + timedelta(seconds=leg.free_s),
            empty_m=leg.empty_m if known else None, loaded_m=leg.unit.loaded_m,
            contribution_fen=round(leg_contribution_fen(board, route.truck, leg)),
            expected_fen=expected, price_fen=max(1, expected - share),
            pool=_explained(pool) if pool is not None else None,
        )  # fmt: skip
        lines.append(line)
    return lines


def _explained(pool: PoolShares) -> dict[str, Any]:
    sampled = len(pool.by_player) > MOST_EXACT
    return {
        "saving_fen": pool.saving_fen,
        "samples": SAMPLES if sampled else None,
        "shares": [
            {
                "player": share.player,
                "fen": share.fen,
                "adds_fen": [round(one) for one in share.adds_fen],
                "error_fen": round(share.error_fen),
            }
            for share in pool.by_player
        ],
    }
