"""From the relaxation to a plan that holds: mended, then improved by moves and by exchanging the ends of routes; pure.

Moves are guessed for all trucks at once with the plan's columns and driven exactly before they are made. The number
of passes is fixed, so that the same offers give the same plan on every machine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from haoyun.platform.rounds.board import Board
from haoyun.platform.rounds.plan import LEAST_GAIN_FEN, Place, Plan
from haoyun.platform.rounds.route import Route
from haoyun.platform.rounds.unit import Unit

_TRIED = 4  # guesses that are driven before a load gives up
_PUSHES = 3  # how often one load may be pushed out of its place in a pass
_POOLS_TRIED = 12

Going = Callable[[], bool]


def mend(board: Board, chains: Iterable[list[int]]) -> Plan:
    """The plan in which every truck keeps what it can of its chain, in order."""
    plan = Plan(board)
    for truck, chain in enumerate(chains):
        best: Route | None = None
        for job in chain:
            longer = plan.drive(truck, (*(best.units if best else ()), board.units[job]))
            if longer is not None:
                best = longer
        if best is not None and best.contribution_fen > 0:
            plan.put(best)
    return plan


def serve(plan: Plan, going: Going) -> int:
    """Give every load without a truck the best place: a free one, one in a vehicle with room, or another's.

    Who loses its place looks for another one. Returns how many changes were made.
    """
    board = plan.board
    unserved = [job for job in range(len(board.jobs)) if job not in plan.where]
    waiting = deque(sorted(unserved, key=lambda job: -board.units[job].price_fen))
    pushed: dict[int, int] = {}
    changes = 0
    while waiting and going():
        job = waiting.popleft()
        if job in plan.where:  # it went along with another one
            continue
        out = _serve(plan, job, may_push=lambda one: pushed.get(one, 0) < _PUSHES)
        if out is None:
            continue
        changes += 1
        for other in out:
            pushed[other] = pushed.get(other, 0) + 1
        waiting.extend(out)
    return changes


def _serve(plan: Plan, job: int, may_push: Callable[[int], bool]) -> tuple[int, ...] | None:
    """Serve a load; returns the loads that lost their place for it, None if it found no place."""
    unit = plan.board.units[job]
    options: list[tuple[float, Route]] = []
    inserted = _insert(plan, unit)
    if inserted is not None:
        options.append(inserted)
    pool = _pool(plan, job)
    if pool is not None:
        options.append(pool)
    if not options:
        options += _together(plan, job)
    if options:
        _gain, route = max(options, key=lambda option: option[0])
        plan.put(route)
        return ()
    return _push(plan, unit, may_push)


def _together(plan: Plan, job: int) -> list[tuple[float, Route]]:
    """New pools of loads of one lane that nobody carries: each alone may not pay for a truck."""
    board, found = plan.board, []
    unit: Unit | None = board.units[job]
    for other in board.lanes.get(board.jobs[job].lane, ()):
        if other == job or other in plan.where or unit is None:
            continue
        more = board.join(unit, other)
        if more is not None:
            unit = more
            inserted = _insert(plan, unit)
            if inserted is not None:
                found.append(inserted)
    return found


def _insert(plan: Plan, unit: Unit, but: int = -1) -> tuple[float, Route] | None:
    """The best further place for a unit: (gain, the truck's new route)."""
    for place in plan.insertions(unit, _TRIED):
        if place.truck != but:
            found = _driven(plan, place.truck, _with(plan.units(place.truck), place.position, 0, unit))
            if found is not None:
                return found
    return None


def _push(plan: Plan, unit: Unit, may_push: Callable[[int], bool]) -> tuple[int, ...] | None:
    for place in plan.replacements(unit, _TRIED):
        units = plan.units(place.truck)
        out = units[place.position].jobs
        if unit.jobs[0] in out or not all(may_push(one) for one in out):
            continue
        found = _driven(plan, place.truck, _with(units, place.position, 1, unit))
        if found is not None:
            plan.put(found[1])
            return out
    return None


def _pool(plan: Plan, job: int, but: tuple[int, int] | None = None) -> tuple[float, Route] | None:
    """The best vehicle with room for the load beside what it carries: (gain, the truck's new route)."""
    best: tuple[float, Route] | None = None
    for truck, position in _with_room(plan, job):
        if (truck, position) == but:
            continue
        units = plan.units(truck)
        together = plan.board.join(units[position], job)
        if together is not None:
            found = _driven(plan, truck, _with(units, position, 1, together))
            if found is not None and (best is None or found[0] > best[0]):
                best = found
    return best


def _with_room(plan: Plan, job: int) -> list[tuple[int, int]]:
    """Vehicles that pass the load's way with room left, the likeliest first."""
    board, unit = plan.board, plan.board.units[job]
    if not board.rules.pools:
        return []
    if board.rules.lane_only:
        places: Iterable[tuple[int, int]] = sorted(plan.lanes.get((unit.entry, unit.exit), ()))
    else:
        places = plan.near(unit)
    found = []
    for truck, position in places:
        other, capacity = plan.units(truck)[position], board.trucks[truck]
        if board.takes[job, truck] and (
            not board.rules.lane_only
            or (
                other.weight_kg + unit.weight_kg <= capacity.weight_kg
                and other.volume_dm3 + unit.volume_dm3 <= capacity.volume_dm3
                and other.ldm_cm + unit.ldm_cm <= capacity.ldm_cm
            )
        ):
            found.append((truck, position))
    return found[:_POOLS_TRIED]


def relocate(plan: Plan, going: Going) -> int:
    """Move loads to trucks, or into vehicles with room, that earn more with them. Returns how many moved."""
    board, moved = plan.board, 0
    for job in sorted(plan.where):
        if not going():
            break
        truck, position = plan.where[job]
        units = plan.units(truck)
        rest = units[:position] + _without(board, units[position], job) + units[position + 1 :]
        if len(units[position].jobs) > 1 and len(rest) < len(units):
            continue  # what is left of the pool is none
        shorter = plan.drive(truck, rest)
        if shorter is None:
            continue
        loss = plan.value(truck) - shorter.contribution_fen
        options = [_insert(plan, board.units[job], but=truck), _pool(plan, job, but=(truck, position))]
        good = [o for o in options if o is not None and o[0] > loss + LEAST_GAIN_FEN and o[1].truck != truck]
        if good:
            plan.put(shorter)
            plan.put(max(good, key=lambda option: option[0])[1])
            moved += 1
    return moved


def _without(board: Board, unit: Unit, job: int) -> tuple[Unit, ...]:
    """What is left of a unit when one of its loads goes; nothing if it was the only one."""
    left = [one for one in unit.jobs if one != job]
    if not left:
        return ()
    rest: Unit | None = board.units[left[0]]
    for other in left[1:]:
        rest = board.join(rest, other) if rest is not None else None
    return (rest,) if rest is not None else ()


def drop_what_does_not_pay(plan: Plan) -> None:
    """Leave out units whose route earns more without them."""
    for truck in range(len(plan.routes)):
        position = 0
        while position < len(plan.units(truck)):
            units = plan.units(truck)
            shorter = plan.drive(truck, units[:position] + units[position + 1 :])
            if shorter is not None and shorter.contribution_fen > plan.value(truck) + LEAST_GAIN_FEN:
                plan.put(shorter)
            else:
                position += 1


def _with(units: tuple[Unit, ...], position: int, instead: int, unit: Unit) -> tuple[Unit, ...]:
    return (*units[:position], unit, *units[position + instead :])


def _driven(plan: Plan, truck: int, units: tuple[Unit, ...]) -> tuple[float, Route] | None:
    route = plan.drive(truck, units)
    if route is None:
        return None
    gain = route.contribution_fen - plan.value(truck)
    return (gain, route) if gain > LEAST_GAIN_FEN else None


__all__ = ["Place", "drop_what_does_not_pay", "mend", "relocate", "serve"]
