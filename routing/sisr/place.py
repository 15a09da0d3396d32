"""The cheapest place for a task on one route.

With the earliest begin and the latest possible arrival at each stop, and the running maxima of the load before and
after it, one position for a job is checked in constant time. For a shipment the cost of each delivery position is
worked out first, as if the pickup caused no delay; only pickups that could still beat the best with the cheapest of
them are then driven out, as far as room and time allow.
"""

from __future__ import annotations

from haoyun.routing.sisr.compiled import compiled, inlined
from haoyun.routing.sisr.dice import uniform
from haoyun.routing.sisr.flat import (
    CLOSE,
    END,
    FAR,
    FIXED,
    JUDGED,
    LIMITED,
    MAX_METRES,
    MAX_SECONDS,
    MAX_STOPS,
    OFF_DUTY,
    ON_DUTY,
    OPEN,
    PER_METRE,
    PER_SECOND,
    PLACE,
    PROFILE,
    SERVICE,
    START,
    TASK,
    TRIPS,
    Flat,
    Floats,
    Legs,
)
from haoyun.routing.sisr.judge import judge_job, judge_pair
from haoyun.routing.sisr.state import (
    AFTER,
    AFTER_MAX,
    BEFORE_MAX,
    BEGIN,
    EXTRA,
    LATEST,
    LENGTH,
    METRES,
    RELOADED,
    SECONDS,
    WORK,
    State,
)
from haoyun.routing.sisr.windows import opening

# The cost of what is impossible.
NEVER = 1e300
# Of the positions on a route that the search blinks at, the share that it overlooks.
OVERLOOKED = 0.3


@inlined
def leg_cost(ways: Legs, rate: Floats, place: int) -> float:
    """What the way to or from a place costs."""
    return rate[PER_METRE] * ways[place, 1] + rate[PER_SECOND] * ways[place, 0]


@inlined
def within_limits(flat: Flat, state: State, v: int, k: int, metres: int, seconds: int) -> bool:
    """Whether the route may be longer by so much."""
    return (
        state.route[v, METRES] + metres <= flat.kind[k, MAX_METRES]
        and state.route[v, SECONDS] + seconds <= flat.kind[k, MAX_SECONDS]
    )


@inlined
def job_has_room(flat: Flat, state: State, v: int, k: int, s: int, before: int) -> bool:
    """Whether the load fits when the job stands after stop `before` (-1: the start)."""
    for d in range(flat.room.shape[1]):
        most = flat.room[k, d]
        if before < 0:
            early, late = state.start_load[v, BEFORE_MAX, d], state.start_load[v, AFTER_MAX, d]
        else:
            early, late = state.load[before, BEFORE_MAX, d], state.load[before, AFTER_MAX, d]
        if early + flat.amount[s, 0, d] > most or late + flat.amount[s, 1, d] > most:
            return False
    return True


@inlined
def place_job(flat: Flat, state: State, v: int, s: int, task: int, blink: bool) -> float:
    """Find the cheapest position of job `task` (stop s) on route v; kept in `place`, its cost returned.

    `blink`: overlook some positions, drawn by lot.
    """
    k = flat.fleet[v]
    length = state.route[v, LENGTH]
    if length + 1 > flat.kind[k, MAX_STOPS]:
        return NEVER
    for d in range(flat.room.shape[1]):
        # What it brings is on board from the start, what it takes stays to the end.
        if length and state.start_load[v, AFTER, d] + flat.amount[s, 0, d] > flat.room[k, d]:
            return NEVER
    legs = flat.legs[flat.kind[k, PROFILE]]
    rate = flat.rate[k]
    seq = state.seq[v]
    own = flat.stop[s, PLACE]
    to_own = flat.back[flat.kind[k, PROFILE], own]
    from_own = legs[own]
    judged = flat.kind[k, JUDGED] != 0
    closes = flat.stop[s, CLOSE]
    service = flat.stop[s, SERVICE]
    soonest = flat.stop[s, OPEN] + service  # nothing that must be reached earlier can follow
    best = NEVER
    here = flat.kind[k, START]
    ready = flat.kind[k, ON_DUTY]
    before = -1
    state.num[WORK] += length + 4
    for p in range(length + 1):
        if ready > closes:
            break
        if p < length:
            after = seq[p]
            there = flat.stop[after, PLACE]
            latest = state.at[after, LATEST]
            hop = state.hop[after]
        else:
            after = -1
            there = flat.kind[k, END]
            latest = flat.kind[k, OFF_DUTY]
            hop = state.hop[len(flat.stop) + v] if length else -rate[FIXED]
        cost = NEVER
        if latest >= soonest:
            cost = leg_cost(to_own, rate, here) + leg_cost(from_own, rate, there) - hop
        if cost < best and not (blink and uniform(state.rng) < OVERLOOKED):
            begin = opening(flat.stop, flat.windows, s, ready + to_own[here, 0])
            if begin < FAR and begin + service + from_own[there, 0] <= latest:
                fits = True
                if length:
                    fits = job_has_room(flat, state, v, k, s, before)
                else:
                    for d in range(flat.room.shape[1]):
                        if (
                            flat.base[k, d] + max(flat.amount[s, 0, d], flat.amount[s, 1, d])
                            > flat.room[k, d]
                        ):
                            fits = False
                if fits and flat.kind[k, LIMITED]:
                    metres = to_own[here, 1] + from_own[there, 1]
                    seconds = to_own[here, 0] + from_own[there, 0]
                    if length:
                        metres -= legs[here, there, 1]
                        seconds -= legs[here, there, 0]
                    fits = within_limits(flat, state, v, k, metres, seconds)
                if fits and judged:
                    fits = judge_job(flat, state, v, s, p)
                    cost += state.val[EXTRA] - state.extra[v]
                if fits and cost < best:
                    best = cost
                    state.place[task, v, 0] = p
        if after >= 0:
            ready = state.at[after, BEGIN] + flat.stop[after, SERVICE]
            here = there
            before = after
    return best


@inlined
def _pair_has_room(flat: Flat, state: State, v: int, k: int, s: int, before: int) -> bool:
    """Whether shipment pickup s fits on board on the way after stop `before` (-1: the start)."""
    for d in range(flat.room.shape[1]):
        load = state.start_load[v, AFTER, d] if before < 0 else state.load[before, AFTER, d]
        if load + flat.amount[s, 1, d] > flat.room[k, d]:
            return False
    return True


@inlined
def _price_deliveries(
    flat: Flat, state: State, v: int, k: int, s: int, to_own: Legs, from_own: Legs, rate: Floats, length: int
) -> None:
    """pair_delta[p]: the least cost of delivery s before stop p or later, were the route not delayed."""
    service = flat.stop[s, SERVICE]
    soonest = flat.stop[s, OPEN] + service
    seq = state.seq[v]
    state.pair_delta[length + 1] = NEVER
    there = flat.kind[k, END]
    latest = flat.kind[k, OFF_DUTY]
    hop = state.hop[len(flat.stop) + v]
    for p in range(length, 0, -1):
        before = seq[p - 1]
        here = flat.stop[before, PLACE]
        ready = state.at[before, BEGIN] + flat.stop[before, SERVICE]
        least = state.pair_delta[p + 1]
        begin = FAR
        if latest >= soonest:
            begin = opening(flat.stop, flat.windows, s, ready + to_own[here, 0])
        if begin < FAR and begin + service + from_own[there, 0] <= latest:
            cost = leg_cost(to_own, rate, here) + leg_cost(from_own, rate, there) - hop
            least = min(least, cost)
        state.pair_delta[p] = least
        there = here
        latest = state.at[before, LATEST]
        hop = state.hop[before]


@inlined
def place_pair(flat: Flat, state: State, v: int, up: int, task: int, blink: bool) -> float:
    """Find the cheapest positions of shipment `task` (pickup stop `up`, delivery `up` + 1) on route v.

    Kept in `place`: pickup and delivery stand before the stops that have these positions now.
    `blink`: overlook some positions, drawn by lot.
    """
    k = flat.fleet[v]
    length = state.route[v, LENGTH]
    if length - state.route[v, RELOADED] + 2 > flat.kind[k, MAX_STOPS]:
        return NEVER
    down = up + 1
    legs = flat.legs[flat.kind[k, PROFILE]]
    rate = flat.rate[k]
    seq = state.seq[v]
    stop = flat.stop
    windows = flat.windows
    place_up, place_down = stop[up, PLACE], stop[down, PLACE]
    to_up, from_up = flat.back[flat.kind[k, PROFILE], place_up], legs[place_up]
    to_down, from_down = flat.back[flat.kind[k, PROFILE], place_down], legs[place_down]
    limited = flat.kind[k, LIMITED] != 0
    judged = flat.kind[k, JUDGED] != 0
    trips = flat.kind[k, TRIPS] != 0
    if length:
        _price_deliveries(flat, state, v, k, down, to_down, from_down, rate, length)
    carried_cost = leg_cost(from_up, rate, place_down)
    best = NEVER
    here = flat.kind[k, START]
    ready = max(flat.kind[k, ON_DUTY], state.start_release[v])
    before = -1
    soonest = stop[up, OPEN] + stop[up, SERVICE]
    work = 2 * length + 6
    for i in range(length + 1):
        if ready > stop[up, CLOSE]:
            break
        if i < length:
            after = seq[i]
            there = stop[after, PLACE]
            latest = state.at[after, LATEST]
            hop = state.hop[after]
        else:
            after = -1
            there = flat.kind[k, END]
            latest = flat.kind[k, OFF_DUTY]
            hop = state.hop[len(stop) + v] if length else -rate[FIXED]
        begin_up = FAR
        if latest >= soonest:
            begin_up = opening(stop, windows, up, ready + to_up[here, 0])
        if begin_up < FAR and not (blink and uniform(state.rng) < OVERLOOKED):
            fits = True
            if length:
                fits = _pair_has_room(flat, state, v, k, up, before)
            else:
                for d in range(flat.room.shape[1]):
                    if flat.base[k, d] + flat.amount[up, 1, d] > flat.room[k, d]:
                        fits = False
            if fits:
                base = leg_cost(to_up, rate, here) - hop
                ready_up = begin_up + stop[up, SERVICE]
                cost = base + carried_cost + leg_cost(from_down, rate, there)
                if cost < best and not (blink and uniform(state.rng) < OVERLOOKED):
                    begin = opening(stop, windows, down, ready_up + from_up[place_down, 0])
                    fits = begin < FAR and begin + stop[down, SERVICE] + from_down[there, 0] <= latest
                    if fits and limited:
                        metres = legs[here, place_up, 1] + legs[place_up, place_down, 1]
                        metres += legs[place_down, there, 1]
                        seconds = legs[here, place_up, 0] + legs[place_up, place_down, 0]
                        seconds += legs[place_down, there, 0]
                        if length:
                            metres -= legs[here, there, 1]
                            seconds -= legs[here, there, 0]
                        fits = within_limits(flat, state, v, k, metres, seconds)
                    if fits and judged:
                        fits = judge_pair(flat, state, v, up, i, i)
                        cost += state.val[EXTRA] - state.extra[v]
                    if fits and cost < best:
                        best = cost
                        state.place[task, v, 0] = i
                        state.place[task, v, 1] = i
                if i < length:
                    cost_up = base + leg_cost(from_up, rate, there)
                    arrival = ready_up + from_up[there, 0]
                    if cost_up + state.pair_delta[i + 1] < best and arrival <= latest:
                        # Drive on with the shipment on board.
                        x = after
                        for j in range(i + 1, length + 1):
                            work += 1
                            if trips and stop[x, TASK] < 0:
                                arrival = max(arrival, state.release[x])
                            begin = opening(stop, windows, x, arrival)
                            if arrival > state.at[x, LATEST] or begin >= FAR:
                                break
                            if not _pair_has_room(flat, state, v, k, up, x):
                                break
                            now = begin + stop[x, SERVICE]
                            if now > stop[down, CLOSE]:
                                break
                            place_x = stop[x, PLACE]
                            if j < length:
                                y = seq[j]
                                place_y = stop[y, PLACE]
                                latest_y = state.at[y, LATEST]
                                hop_y = state.hop[y]
                            else:
                                y = -1
                                place_y = flat.kind[k, END]
                                latest_y = flat.kind[k, OFF_DUTY]
                                hop_y = state.hop[len(stop) + v]
                            cost = (
                                cost_up
                                + leg_cost(to_down, rate, place_x)
                                + leg_cost(from_down, rate, place_y)
                                - hop_y
                            )
                            if cost < best and not (blink and uniform(state.rng) < OVERLOOKED):
                                begin = opening(stop, windows, down, now + to_down[place_x, 0])
                                fits = (
                                    begin < FAR
                                    and begin + stop[down, SERVICE] + from_down[place_y, 0] <= latest_y
                                )
                                if fits and limited:
                                    metres = legs[here, place_up, 1] + legs[place_up, there, 1]
                                    metres += legs[place_x, place_down, 1] + legs[place_down, place_y, 1]
                                    metres -= legs[here, there, 1] + legs[place_x, place_y, 1]
                                    seconds = legs[here, place_up, 0] + legs[place_up, there, 0]
                                    seconds += legs[place_x, place_down, 0] + legs[place_down, place_y, 0]
                                    seconds -= legs[here, there, 0] + legs[place_x, place_y, 0]
                                    fits = within_limits(flat, state, v, k, metres, seconds)
                                if fits and judged:
                                    fits = judge_pair(flat, state, v, up, i, j)
                                    cost += state.val[EXTRA] - state.extra[v]
                                if fits and cost < best:
                                    best = cost
                                    state.place[task, v, 0] = i
                                    state.place[task, v, 1] = j
                            if cost_up + state.pair_delta[j + 1] >= best:
                                break
                            arrival = now + legs[place_x, place_y, 0]
                            x = y
        if after >= 0:
            ready = state.at[after, BEGIN] + stop[after, SERVICE]
            here = there
            before = after
    state.num[WORK] += work
    return best


@compiled
def call_place_job(flat: Flat, state: State, v: int, s: int, task: int, blink: bool) -> float:
    """The same as place_job, for callers outside the innermost loop."""
    return place_job(flat, state, v, s, task, blink)


@compiled
def call_place_pair(flat: Flat, state: State, v: int, up: int, task: int, blink: bool) -> float:
    """The same as place_pair, for callers outside the innermost loop."""
    return place_pair(flat, state, v, up, task, blink)
