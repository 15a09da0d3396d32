"""What changes while the search runs: routes, their times and loads, the best so far."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from haoyun.routing.sisr.flat import FAR, HOURS, MAX_RELOADS, Flat, Floats, Ints
from haoyun.routing.sisr.lives import FEW, STANDING, Lives, new_lives

# Columns of State.route.
LENGTH, METRES, SECONDS, VERSION, SLOT, RELOADED = range(6)
# Columns of State.at; ROUTE is -1 for a stop that no route serves.
ROUTE, POSITION, BEGIN, LATEST = range(4)
# Second axis of State.load and State.start_load: on the way after a stop; the most up to there; the most from there.
AFTER, BEFORE_MAX, AFTER_MAX = range(3)
# Entries of State.num.
(
    ABSENT, ACTIVE, LIMIT, VERSIONS, WORK, ITERATIONS, MISSED, BEST_MISSED, BEST_ACTIVE, TOUCHED, BLINK,
    POOLED, POOLED_STOPS, OLD_ABSENT, SERVED, FOUND, FLEET_FIRST, OLD_MISSED, STRICT, STAMPS, NEAR_PLACE, BESIDE,
) = range(22)  # fmt: skip
# Entries of State.val.
# COST counts the prizes of absent tasks as well. EXTRA: of the route judged last (judge.py). LENIENT: by how much a
# task may cost more than its prize in this iteration.
# NEAR_COST, NEAR_PLACE: what place_nearby found (reach.py); BESIDE: whether it may be asked.
# LENT: how far the room counts that a task leaves to others on an idle vehicle (recreate.py).
# STOPS_A_RUIN, LONGEST: how many stops a ruin removes on average, and how long strings may be (ruin.py).
COST, BEST_COST, OLD_COST, EXTRA, LENIENT, BEST_LOST, NEAR_COST, STOPS_A_RUIN, LONGEST, LENT = range(10)

# Lives of one route under driver hours (lives.py).
_LIVES_A_STOP = 60
_MOST_LIVES = 200_000

# Routes remembered for recombination, and their stops in all.
_POOL = 30_000


class State(NamedTuple):
    """w: the longest possible route. Sizes otherwise as in Flat, reloads counted as stops."""

    seq: NDArray[np.int32]  # (v, w)
    route: Ints  # (v, 6)
    cost: Floats  # (v,)
    at: Ints  # (n, 4)
    hop: Floats  # (n + v,) cost of the leg that leads to a stop; from n on, to the end of a vehicle's route
    load: Ints  # (n, 3, d)
    start_load: Ints  # (v, 3, d)
    active: Ints  # (v,) the vehicles that drive
    idle: Ints  # (v,) those that do not, kind by kind
    idle_from: Ints  # (k,)
    idle_count: Ints  # (k,)
    absent: Ints  # (t,) tasks not served
    old_absent: Ints  # (t,) as before the iteration
    absences: Floats  # (t,) how often a task has been left out
    marked: Ints  # (t,) the iteration in which it was removed
    tried: Ints  # (t,) the iteration in which it lay near the ruin
    key: Floats  # (t,) for sorting
    touched: Ints  # (v,) routes changed in this iteration
    stamp: Ints  # (v, 2) the iteration in which a route was touched, and ruined
    old_seq: NDArray[np.int32]  # (v, w)
    old_route: Ints  # (v, 6)
    known: Ints  # (t, v) the version of the route for which `delta` and `place` hold
    delta: Floats  # (t, v) the cheapest insertion
    place: NDArray[np.int32]  # (t, v, 2)
    refill: NDArray[
        np.int16
    ]  # (t, v) with which reload it comes (place_trips.py), 0: none; (0, v) if none may
    alone: Floats  # (t, k) cost of a vehicle for this task alone; NEVER: it cannot
    pair_delta: Floats  # (w + 1,) scratch
    best_seq: NDArray[np.int32]  # (v, w)
    best_length: Ints  # (v,)
    pool_row: Ints  # (POOL, 3) kind, first stop in pool_stop, length
    pool_cost: Floats  # (POOL, 2) of the route; of the plan in which it was seen
    pool_stop: NDArray[np.int32]
    pool_slot: NDArray[np.int32]  # hash table: number of the pooled route + 1, 0 empty
    pool_hash: NDArray[np.uint64]  # (POOL,)
    stop_hash: NDArray[np.uint64]  # (n,)
    rng: NDArray[np.uint64]  # (1,)
    num: Ints
    extra: Floats  # (v,) of its cost, what its way does not tell
    release: Ints  # (n,) the latest from a stop to the end of its trip; of a reload, of the trip that follows
    start_release: Ints  # (v,)
    riding: Ints  # (2, d) scratch of trips.py: what the next reload would unload; what the trip still brings
    trial: NDArray[np.int32]  # (w + 2,) scratch of the judge
    trial_from: Ints  # (w + 3,) when a trip's goods are there: at the start; by position, at reloads
    trial_work: Ints  # (w + 2,)
    trial_begin: Ints  # (w + 2,)
    lives: Lives  # scratch of the driver
    driver: Ints  # (n, FEW, STANDING) the lives that leave each stop under driver hours
    drivers: Ints  # (n,) how many
    begin_driver: (
        Ints  # (k, FEW, STANDING) the same where a vehicle is free: at its start, or after its fixed stops
    )
    begin_drivers: Ints  # (k,)
    begin_extra: Floats  # (k,) what fixed stops cost besides their way
    stack: NDArray[np.int32]
    aboard: Ints  # (g,)
    val: Floats
    reach: NDArray[np.int32]  # (n, m) for each stop the nearest of other tasks (reach.py)
    seen: Ints  # (v,) scratch: the stamp of the last look
    candidate: NDArray[np.int32]  # (v,) scratch: routes near a task


def new_state(flat: Flat, seed: int, reach: NDArray[np.int32]) -> State:
    """The state in which every task is absent."""
    n, t, k, v, d = len(flat.near), len(flat.task), len(flat.kind), len(flat.fleet), flat.room.shape[1]
    rows = len(flat.stop)
    reloads = int(flat.kind[:, MAX_RELOADS].max())
    width = n + 1 + reloads
    hours = bool(flat.kind[:, HOURS].any())
    counts = np.bincount(flat.fleet, minlength=k).astype(np.int64)
    num = np.zeros(22, dtype=np.int64)
    num[[ABSENT, LIMIT, BLINK, VERSIONS]] = t, v, 50, 1
    num[[MISSED, BEST_MISSED]] = flat.task[:, 2].sum()
    draw = np.random.default_rng(seed)
    slot = np.zeros((v, 6), dtype=np.int64)
    idle = np.argsort(flat.fleet, kind="stable").astype(np.int64)
    slot[idle, SLOT] = np.arange(v)
    at = np.zeros((rows, 4), dtype=np.int64)
    at[:, ROUTE] = -1
    return State(
        seq=np.zeros((v, width), dtype=np.int32),
        route=slot,
        cost=np.zeros(v),
        at=at,
        hop=np.zeros(rows + v),
        load=np.zeros((rows, 3, d), dtype=np.int64),
        start_load=np.zeros((v, 3, d), dtype=np.int64),
        active=np.zeros(v, dtype=np.int64),
        idle=idle,
        idle_from=np.concatenate(([0], np.cumsum(counts)[:-1])).astype(np.int64),
        idle_count=counts,
        absent=np.arange(t, dtype=np.int64),
        old_absent=np.zeros(t, dtype=np.int64),
        absences=np.zeros(t),
        marked=np.full(t, -1, dtype=np.int64),
        tried=np.full(t, -1, dtype=np.int64),
        key=np.zeros(t),
        touched=np.zeros(v, dtype=np.int64),
        stamp=np.full((v, 2), -1, dtype=np.int64),
        old_seq=np.zeros((v, width), dtype=np.int32),
        old_route=np.zeros((v, 6), dtype=np.int64),
        known=np.full((t, v), -1, dtype=np.int64),
        delta=np.zeros((t, v)),
        place=np.zeros((t, v, 2), dtype=np.int32),
        refill=np.zeros((t if reloads else 0, v), dtype=np.int16),
        alone=np.zeros((t, k)),
        pair_delta=np.zeros(width + 2),
        best_seq=np.zeros((v, width), dtype=np.int32),
        best_length=np.zeros(v, dtype=np.int64),
        pool_row=np.zeros((_POOL, 3), dtype=np.int64),
        pool_cost=np.zeros((_POOL, 2)),
        pool_stop=np.zeros(min(max(_POOL * 12, 40 * n), 4_000_000), dtype=np.int32),
        pool_slot=np.zeros(1 << 17, dtype=np.int32),
        pool_hash=np.zeros(_POOL, dtype=np.uint64),
        stop_hash=np.concatenate(
            [draw.integers(1, 2**63, size=n, dtype=np.uint64), np.zeros(rows - n, dtype=np.uint64)]
        ),
        rng=draw.integers(1, 2**63, size=1, dtype=np.uint64),
        num=num,
        extra=np.zeros(v),
        release=np.full(rows, -FAR, dtype=np.int64),
        start_release=np.full(v, -FAR, dtype=np.int64),
        riding=np.zeros((2, d), dtype=np.int64),
        trial=np.zeros(width + 2, dtype=np.int32),
        trial_from=np.full(width + 3, -FAR, dtype=np.int64),
        trial_work=np.zeros(width + 2, dtype=np.int64),
        trial_begin=np.zeros(width + 2, dtype=np.int64),
        lives=new_lives(width + 1, min(_LIVES_A_STOP * width + 1000, _MOST_LIVES) if hours else 1, FEW),
        driver=np.zeros((rows if hours else 1, FEW, STANDING), dtype=np.int64),
        drivers=np.zeros(rows, dtype=np.int64),
        begin_driver=np.zeros((k, FEW, STANDING), dtype=np.int64),
        begin_drivers=np.zeros(k, dtype=np.int64),
        begin_extra=np.zeros(k),
        stack=np.zeros(2 * width + 2, dtype=np.int32),
        aboard=np.zeros(len(flat.apart), dtype=np.int64),
        val=np.array([flat.prize.sum(), np.inf, 0.0, 0.0, 1.0, 0.0, 0.0, 10.0, 10.0, 0.0]),
        reach=reach,
        seen=np.zeros(v, dtype=np.int64),
        candidate=np.zeros(v, dtype=np.int32),
    )
