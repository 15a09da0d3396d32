"""The cheapest place for a task on a route of several trips, alone or together with a reload before or after it.

A task that a trip has no room for may begin the next one, behind a new reload, or end its own, before one. Reloads
that are no longer of use are taken out by trim.py.
"""

from __future__ import annotations

from haoyun.routing.sisr.compiled import compiled, inlined
from haoyun.routing.sisr.dice import uniform
from haoyun.routing.sisr.flat import (
    ANY_TRIP,
    CLOSE,
    END,
    FAR,
    FIRST_TRIP,
    FIXED,
    JUDGED,
    LATER_TRIP,
    LEFT,
    LIMITED,
    MAX_RELOADS,
    MAX_STOPS,
    OFF_DUTY,
    ON_DUTY,
    OPEN,
    PLACE,
    PROFILE,
    RELEASE,
    RELOADS,
    SERVICE,
    START,
    TASK,
    Flat,
    Legs,
)
from haoyun.routing.sisr.judge import fixed_stops, judge
from haoyun.routing.sisr.place import (
    NEVER,
    OVERLOOKED,
    call_place_pair,
    job_has_room,
    leg_cost,
    within_limits,
)
from haoyun.routing.sisr.state import (
    AFTER,
    AFTER_MAX,
    BEFORE_MAX,
    BEGIN,
    EXTRA,
    LATEST,
    LENGTH,
    RELOADED,
    WORK,
    State,
)
from haoyun.routing.sisr.trips import begin_trip, ride_on
from haoyun.routing.sisr.windows import opening


@compiled
def place_in_trips(
    flat: Flat, state: State, v: int, first: int, task: int, single: bool, blink: bool
) -> float:
    """Find the cheapest position of a task on route v; kept in `place` and `refill`, its cost returned.

    `first`: its first stop. `blink`: overlook some positions, drawn by lot.
    """
    best = NEVER
    if single:
        best = _place_job(flat, state, v, first, task, blink)
    else:
        best = call_place_pair(flat, state, v, first, task, blink)
        if len(state.refill):
            state.refill[task, v] = 0
    k = flat.fleet[v]
    may_reload = state.route[v, RELOADED] < flat.kind[k, MAX_RELOADS]
    stops = 1 if single else 2
    if (
        not may_reload
        or flat.trip[task, k] == FIRST_TRIP
        or state.route[v, LENGTH] - state.route[v, RELOADED] + stops > flat.kind[k, MAX_STOPS]
    ):
        return best
    for r in range(flat.kind[k, RELOADS]):
        best = _with_reload(flat, state, v, first, stops, r, task, best, blink)
    return best


@compiled
def _place_job(flat: Flat, state: State, v: int, s: int, task: int, blink: bool) -> float:
    """The cheapest position of job s in the trips that there are."""
    k = flat.fleet[v]
    length = state.route[v, LENGTH]
    if length - state.route[v, RELOADED] + 1 > flat.kind[k, MAX_STOPS]:
        return NEVER
    legs = flat.legs[flat.kind[k, PROFILE]]
    rate = flat.rate[k]
    own = flat.stop[s, PLACE]
    to_own, from_own = flat.back[flat.kind[k, PROFILE], own], legs[own]
    closes, service, release = flat.stop[s, CLOSE], flat.stop[s, SERVICE], flat.stop[s, RELEASE]
    soonest = flat.stop[s, OPEN] + service
    trip = ANY_TRIP
    if flat.kind[k, RELOADS]:
        trip = flat.trip[task, k]
        state.refill[task, v] = 0
    best = NEVER
    here = flat.kind[k, START]
    before = -1
    reloads = 0
    # When the vehicle is ready, and when it would be if the trip did not begin before this job's goods are there.
    ready = max(flat.kind[k, ON_DUTY], state.start_release[v])
    late = ready if flat.kind[k, LEFT] else max(ready, release)
    state.num[WORK] += length + 4
    for p in range(length + 1):
        if ready > closes:
            break
        if p < length:
            after = state.seq[v, p]
            there = flat.stop[after, PLACE]
            latest = state.at[after, LATEST]
            hop = state.hop[after]
        else:
            after = -1
            there = flat.kind[k, END]
            latest = flat.kind[k, OFF_DUTY]
            hop = state.hop[len(flat.stop) + v] if length else -rate[FIXED]
        cost = NEVER
        served = (
            trip == ANY_TRIP or (trip == LATER_TRIP and reloads > 0) or (trip == FIRST_TRIP and reloads == 0)
        )
        if served and late <= closes and latest >= soonest:
            cost = leg_cost(to_own, rate, here) + leg_cost(from_own, rate, there) - hop
        if cost < best and not (blink and uniform(state.rng) < OVERLOOKED):
            begin = opening(flat.stop, flat.windows, s, late + to_own[here, 0])
            if begin < FAR and begin + service + from_own[there, 0] <= latest:
                fits = True
                if length:
                    fits = job_has_room(flat, state, v, k, s, before)
                else:
                    for d in range(flat.room.shape[1]):
                        most = max(flat.amount[s, 0, d], flat.amount[s, 1, d])
                        fits = fits and flat.base[k, d] + most <= flat.room[k, d]
                if fits and flat.kind[k, LIMITED]:
                    metres = to_own[here, 1] + from_own[there, 1]
                    seconds = to_own[here, 0] + from_own[there, 0]
                    if length:
                        metres -= legs[here, there, 1]
                        seconds -= legs[here, there, 0]
                    fits = within_limits(flat, state, v, k, metres, seconds)
                if fits and flat.kind[k, JUDGED]:
                    fits = _judge(flat, state, v, s, 1, -1, p, False)
                    cost += state.val[EXTRA] - state.extra[v]
                if fits and cost < best:
                    best = cost
                    state.place[task, v, 0] = p
        if after >= 0:
            late = _later(flat, state, after, ready, late, legs[here, there, 0], release)
            ready = state.at[after, BEGIN] + flat.stop[after, SERVICE]
            if flat.stop[after, TASK] < 0:
                reloads += 1
            here = there
            before = after
    return best


@inlined
def _later(flat: Flat, state: State, x: int, ready: int, late: int, way: int, release: int) -> int:
    """When a vehicle that was `late` is ready after stop x; FAR if x or what follows cannot wait so long."""
    begin = state.at[x, BEGIN]
    if flat.stop[x, TASK] < 0:
        begin = opening(flat.stop, flat.windows, x, max(begin, release))
    elif late > ready:
        begin = max(begin, opening(flat.stop, flat.windows, x, late + way)) if late < FAR else FAR
    if begin > state.at[x, LATEST] or begin >= FAR:
        return FAR
    return begin + flat.stop[x, SERVICE]


@compiled
def _with_reload(
    flat: Flat, state: State, v: int, s: int, stops: int, r: int, task: int, best: float, blink: bool
) -> float:
    """The cheapest position together with reload r, if it costs less than `best`.

    The task's stops s, s + 1 ... follow one another. What its trip no longer brings or carries is not on board, and
    the first part of a divided trip no longer waits for the goods of the second.
    """
    k = flat.fleet[v]
    length = state.route[v, LENGTH]
    legs = flat.legs[flat.kind[k, PROFILE]]
    rate = flat.rate[k]
    # Not one that stands on the route: under driver hours those have their own latest begin.
    refill = flat.reload_from[v] + flat.kind[k, MAX_RELOADS] * flat.kind[k, RELOADS] + r
    depot = flat.stop[refill, PLACE]
    last = s + stops - 1
    begins_at, ends_at = flat.stop[s, PLACE], flat.stop[last, PLACE]
    inside = leg_cost(legs[begins_at], rate, ends_at) if stops > 1 else 0.0
    from_depot = leg_cost(legs[depot], rate, begins_at) + inside
    to_depot = leg_cost(legs[ends_at], rate, depot) + inside
    release = flat.stop[s, RELEASE]
    trip = flat.trip[task, k]
    here = flat.kind[k, START]
    before = -1
    reloads = 0
    bound = _last_bound(flat, state, v, k, length)
    begin_trip(flat, state, v, k, 0, length)
    state.num[WORK] += 2 * length + 6
    for p in range(length + 1):
        after = state.seq[v, p] if p < length else -1
        there = flat.stop[after, PLACE] if p < length else flat.kind[k, END]
        latest = state.at[after, LATEST] if p < length else flat.kind[k, OFF_DUTY]
        hop = state.hop[after] if p < length else state.hop[len(flat.stop) + v]
        if length == 0:
            hop = -rate[FIXED]
        goes_on = after >= 0 and flat.stop[after, TASK] >= 0
        follows = before >= 0 and flat.stop[before, TASK] >= 0
        for leads in range(2):
            # 0: the reload comes first; 1: the task does.
            if p <= bound:
                break
            if leads == 0:
                if before >= 0 and not follows:
                    continue
                cost = leg_cost(legs[here], rate, depot) + from_depot + leg_cost(legs[ends_at], rate, there)
            else:
                if not goes_on or (trip == LATER_TRIP and reloads == 0):
                    continue
                cost = leg_cost(legs[here], rate, begins_at) + to_depot + leg_cost(legs[depot], rate, there)
            cost -= hop
            if cost >= best or (blink and uniform(state.rng) < OVERLOOKED):
                continue
            due = state.release[after] if goes_on else -FAR
            now = _first_part(flat, state, v, k, legs, p, release if leads else -FAR)
            if leads == 0:
                now += legs[here, depot, 0]
                now = opening(flat.stop, flat.windows, refill, max(now, due, release))
                now = _served(flat, legs, s, stops, depot, now + flat.stop[refill, SERVICE])
                now += legs[ends_at, there, 0]
            else:
                now = _served(flat, legs, s, stops, here, now)
                now = opening(flat.stop, flat.windows, refill, max(now + legs[ends_at, depot, 0], due))
                now += flat.stop[refill, SERVICE] + legs[depot, there, 0]
            if now >= FAR or now > latest or not _has_room(flat, state, v, k, s, stops, before, leads > 0):
                continue
            fits = True
            if flat.kind[k, LIMITED]:
                x, y = (depot, begins_at) if leads == 0 else (ends_at, depot)
                enters, leaves = (depot, ends_at) if leads == 0 else (begins_at, depot)
                metres = legs[here, enters, 1] + legs[x, y, 1] + legs[leaves, there, 1]
                seconds = legs[here, enters, 0] + legs[x, y, 0] + legs[leaves, there, 0]
                if stops > 1:
                    metres += legs[begins_at, ends_at, 1]
                    seconds += legs[begins_at, ends_at, 0]
                if length:
                    metres -= legs[here, there, 1]
                    seconds -= legs[here, there, 0]
                fits = within_limits(flat, state, v, k, metres, seconds)
            if fits and flat.kind[k, JUDGED]:
                fits = _judge(flat, state, v, s, stops, refill, p, leads > 0)
                cost += state.val[EXTRA] - state.extra[v]
            if fits and cost < best:
                best = cost
                state.place[task, v, 0] = p
                state.place[task, v, 1] = p
                state.refill[task, v] = 1 + 2 * r + leads
        if after >= 0:
            if goes_on:
                ride_on(flat, state, after)
            else:
                reloads += 1
                begin_trip(flat, state, v, k, p + 1, length)
            here = there
            before = after
    return best


@compiled
def _first_part(flat: Flat, state: State, v: int, k: int, legs: Legs, p: int, release: int) -> int:
    """When the vehicle is ready after what stands before position p, if its trip ended there.

    `release`: when goods that it loads besides are there. FAR if it cannot be in time.
    """
    seq = state.seq[v]
    q = p
    due = release
    while q > 0 and flat.stop[seq[q - 1], TASK] >= 0:
        q -= 1
        due = max(due, flat.stop[seq[q], RELEASE])
    here = flat.kind[k, START]
    now = flat.kind[k, ON_DUTY]
    if q == 0:
        if not flat.kind[k, LEFT]:
            now = max(now, due)
    else:
        if q > 1:
            here = flat.stop[seq[q - 2], PLACE]
            now = state.at[seq[q - 2], BEGIN] + flat.stop[seq[q - 2], SERVICE]
        x = seq[q - 1]
        now += legs[here, flat.stop[x, PLACE], 0]
        now = opening(flat.stop, flat.windows, x, max(now, due)) + flat.stop[x, SERVICE]
        here = flat.stop[x, PLACE]
    state.num[WORK] += p - q
    for n in range(q, p):
        if now >= FAR:
            return FAR
        x = seq[n]
        now += legs[here, flat.stop[x, PLACE], 0]
        now = opening(flat.stop, flat.windows, x, now) + flat.stop[x, SERVICE]
        here = flat.stop[x, PLACE]
    return min(now, FAR)


@compiled
def _last_bound(flat: Flat, state: State, v: int, k: int, length: int) -> int:
    """The last position of what only the first trip may serve; -1 if there is nothing."""
    if flat.kind[k, LEFT]:
        for p in range(length - 1, -1, -1):
            task = flat.stop[state.seq[v, p], TASK]
            if task >= 0 and flat.trip[task, k] == FIRST_TRIP:
                return p
    return -1


@compiled
def _served(flat: Flat, legs: Legs, s: int, stops: int, here: int, now: int) -> int:
    """When the vehicle that leaves `here` now has served these stops; FAR if it cannot."""
    for x in range(s, s + stops):
        now = opening(flat.stop, flat.windows, x, min(now, FAR) + legs[here, flat.stop[x, PLACE], 0])
        if now >= FAR:
            return FAR
        now += flat.stop[x, SERVICE]
        here = flat.stop[x, PLACE]
    return now


@compiled
def _has_room(flat: Flat, state: State, v: int, k: int, s: int, stops: int, before: int, leads: bool) -> bool:
    """Whether there is room for the task after stop `before` when a reload comes with it (`leads`: after it)."""
    for d in range(flat.room.shape[1]):
        room = flat.room[k, d]
        if before < 0:
            load = state.start_load[v, AFTER, d]
            early, late = state.start_load[v, BEFORE_MAX, d], state.start_load[v, AFTER_MAX, d]
            if state.route[v, LENGTH] == 0:
                load = early = late = flat.base[k, d]
        else:
            load = state.load[before, AFTER, d]
            early, late = state.load[before, BEFORE_MAX, d], state.load[before, AFTER_MAX, d]
        if leads:
            # What the rest of the trip gets is not on board yet.
            load -= state.riding[1, d]
            early -= state.riding[1, d]
            late = load
        else:
            # What the trip has taken on so far has been unloaded.
            load -= state.riding[0, d]
            early = load
            late -= state.riding[0, d]
        if stops > 1:
            if load + flat.amount[s, 1, d] > room:
                return False
        elif early + flat.amount[s, 0, d] > room or late + flat.amount[s, 1, d] > room:
            return False
    return True


@compiled
def _judge(flat: Flat, state: State, v: int, s: int, stops: int, refill: int, i: int, leads: bool) -> bool:
    """judge.py for route v with the task's stops at position i and reload `refill` (-1: none) before or after them."""
    k = flat.fleet[v]
    n = fixed_stops(flat, state, k)
    for p in range(state.route[v, LENGTH] + 1):
        if p == i:
            if refill >= 0 and not leads:
                state.trial[n] = refill
                n += 1
            for x in range(s, s + stops):
                state.trial[n] = x
                n += 1
            if refill >= 0 and leads:
                state.trial[n] = refill
                n += 1
        if p < state.route[v, LENGTH]:
            state.trial[n] = state.seq[v, p]
            n += 1
    return judge(flat, state, k, v, n, 0, False)
