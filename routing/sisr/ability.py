"""How many vehicles could serve each task if it were the only one, from the prices on idle vehicles."""

from __future__ import annotations

import numpy as np

from haoyun.routing.able import Able
from haoyun.routing.sisr.flat import FAR, HOURS, Flat, Ints
from haoyun.routing.sisr.place import NEVER
from haoyun.routing.sisr.recreate import price_alone
from haoyun.routing.sisr.state import WORK, State


def able_of(flat: Flat, state: State) -> Able:
    """What `price_alone` has just found; for what nobody can serve asked again with fewer rules.

    All vehicles must be idle still. What the search knows is as before.
    """
    counts = np.bincount(flat.fleet, minlength=len(flat.kind))
    prices, work = state.alone.copy(), int(state.num[WORK])
    able = _vehicles(state, counts)
    nobody = (able == 0)[:, None]
    free = flat.kind.copy()
    free[:, HOURS] = 0
    zero = np.zeros(len(able), dtype=np.int64)
    without = reach = zero
    if nobody.any():
        if flat.kind[:, HOURS].any():
            price_alone(flat._replace(kind=free, allowed=flat.allowed & nobody), state)
            without = _vehicles(state, counts)
        room = np.full_like(flat.room, FAR)
        price_alone(
            flat._replace(kind=free, allowed=np.broadcast_to(nobody, flat.allowed.shape).copy(), room=room),
            state,
        )
        reach = _vehicles(state, counts)
    state.alone[:] = prices
    state.num[WORK] = work
    return Able(tuple(able.tolist()), tuple(without.tolist()), tuple(reach.tolist()))


def _vehicles(state: State, counts: Ints) -> Ints:
    found: Ints = ((state.alone < NEVER) * counts).sum(axis=1)
    return found
