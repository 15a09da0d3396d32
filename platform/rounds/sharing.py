"""What a pool saves, and whose saving it is; pure.

The loads of a pool and its vehicle are the players. A group with the vehicle saves what its loads would cost one by
one in this vehicle, less what they cost together: kilometres and waiting between what the truck does before and
after. Without the vehicle nobody saves anything, so it has its share as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from haoyun.platform.market.roads import SERVICE_S
from haoyun.platform.rounds.board import Board
from haoyun.platform.rounds.route import Route
from haoyun.platform.rounds.shapley import Share, shares
from haoyun.platform.rounds.unit import Stop

VEHICLE = "vehicle"


@dataclass(frozen=True, slots=True)
class PoolShares:
    """What a pool saves in fen, and its shares: of the vehicle, and of each load by its id."""

    saving_fen: int
    by_player: tuple[Share, ...]

    def of(self, player: str) -> Share:
        """A player's share."""
        return next(share for share in self.by_player if share.player == player)


def pool_shares(board: Board, route: Route, position: int, seed: int = 0) -> PoolShares:
    """The shares of the pool at that position of a route."""
    unit = route.legs[position].unit
    ids = {job: board.jobs[job].load.id for job in unit.jobs}
    nothing = _cost_fen(board, route, position, ())
    alone = {job: _cost_fen(board, route, position, (job,)) - nothing for job in unit.jobs}

    def saves(group: frozenset[str]) -> int:
        jobs = [job for job in unit.jobs if ids[job] in group]
        if VEHICLE not in group or not jobs:
            return 0
        return sum(alone[job] for job in jobs) - (_cost_fen(board, route, position, jobs) - nothing)

    players = [*(ids[job] for job in unit.jobs), VEHICLE]
    return PoolShares(saves(frozenset(players)), tuple(shares(players, saves, seed)))


def _cost_fen(board: Board, route: Route, position: int, jobs: Iterable[int]) -> int:
    """What the truck's way from the unit before to the unit after costs with only these loads of the pool."""
    wanted = set(jobs)
    legs, truck = route.legs, route.truck
    place = legs[position - 1].unit.exit if position else -1
    at_s = legs[position - 1].free_s if position else float(board.leaves_s[truck])
    metres = waits_s = 0.0

    def go(to: int) -> None:
        nonlocal place, at_s, metres
        if place < 0:
            metres, at_s = float(board.first_m[to, truck]), at_s + float(board.first_s[to, truck])
        else:
            metres += float(board.roads.distance_m[place, to])
            at_s += float(board.roads.legal_s[place, to])
        place = to

    def serve(stop: Stop) -> None:
        nonlocal at_s, waits_s
        job = board.jobs[stop.job]
        go(job.origin if stop.pickup else job.destination)
        opens_s = job.pickup_start_s if stop.pickup else job.delivery_start_s
        waits_s += max(0.0, opens_s - at_s)
        at_s = max(at_s, opens_s) + SERVICE_S

    for stop in legs[position].unit.stops:
        if stop.job in wanted:
            serve(stop)
    if position + 1 < len(legs):
        after = legs[position + 1].unit
        go(after.entry)
        waits_s += after.waits_s(at_s)
    return round(metres * float(board.cost_fen_m[truck]) + waits_s * board.waiting_fen_s)
