"""A load taken along on a way that is booked: the best order of all stops, each window and all room kept at every stop.

Up to EXACT_PARTS loads every order is looked at; more are put in one after the other, the earlier stops in their order.
Places are rows of the context's matrices, instants are seconds since the epoch, amounts stand in the order of ROOM.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

from haoyun.platform.market.driving import RESTED, DrivingLaw, FloatArray, Wheel, drive, stand

EXACT_PARTS = 4
ROOM = ("weight_kg", "volume_dm3", "ldm_cm")
Amounts = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """A load on the way: where and when it is picked up and delivered. `aboard`: it was picked up already."""

    origin: int
    destination: int
    pickup: tuple[float, float]
    delivery: tuple[float, float]
    amounts: Amounts
    aboard: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Roads:
    """Metres and driving seconds between places and from where the vehicle starts; when it starts; room and law."""

    distance_m: FloatArray
    duration_s: FloatArray
    start_m: FloatArray
    start_s: FloatArray
    leaves: float
    room: Amounts
    law: DrivingLaw
    service_s: float


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop: of which part (by its index), its pickup or its delivery, when it is reached and when served."""

    part: int
    is_pickup: bool
    arrives: float
    served: float


@dataclass(frozen=True, slots=True)
class Route:
    """An order of stops that keeps everything. `late_s` is by how much the last part misses its windows, where that
    was allowed."""

    visits: tuple[Visit, ...]
    distance_m: float
    late_s: float = 0.0

    def visit(self, part: int, is_pickup: bool) -> Visit:
        """The pickup or the delivery of a part."""
        return next(v for v in self.visits if v.part == part and v.is_pickup is is_pickup)

    @property
    def rank(self) -> tuple[float, float, float, tuple[tuple[int, bool], ...]]:
        """The smaller the better: lateness, metres, end, and then the order itself, so that there is one best."""
        end = self.visits[-1].served if self.visits else 0.0
        return self.late_s, self.distance_m, end, tuple((v.part, not v.is_pickup) for v in self.visits)


@dataclass(frozen=True, slots=True)
class _At:
    """A vehicle somewhere on its way (place -1: at its start)."""

    place: int
    clock: float
    wheel: Wheel
    aboard: Amounts
    metres: float
    late_s: float = 0.0


def best_route(parts: Sequence[Part], roads: Roads, may_be_late: int | None = None) -> Route | None:
    """The shortest way that serves all parts, or None. The part `may_be_late` may miss its windows' ends; then the
    least late way is the best."""
    if len(parts) <= EXACT_PARTS:
        return _best(_orders(len(parts), parts), parts, roads, may_be_late)
    order: tuple[tuple[int, bool], ...] = ()
    route: Route | None = None
    for number in range(len(parts)):
        late = may_be_late if number == may_be_late else None
        route = _best(_insertions(order, number, parts[number].aboard), parts[: number + 1], roads, late)
        if route is None:
            return None
        order = tuple((v.part, v.is_pickup) for v in route.visits)
    return route


def _orders(count: int, parts: Sequence[Part]) -> _Orders:
    return _Orders(frozenset((i, not parts[i].aboard) for i in range(count)))


@dataclass(frozen=True, slots=True)
class _Orders:
    """Every order in which a pickup comes before its delivery, as a tree."""

    open: frozenset[tuple[int, bool]]

    def next(self) -> Iterator[tuple[tuple[int, bool], _Orders]]:
        for stop in sorted(self.open):
            part, is_pickup = stop
            after = self.open - {stop}
            yield stop, _Orders(after | {(part, False)} if is_pickup else after)

    @property
    def done(self) -> bool:
        return not self.open


@dataclass(frozen=True, slots=True)
class _Line:
    """One order, as a tree with a single branch at each step."""

    stops: tuple[tuple[int, bool], ...]

    def next(self) -> Iterator[tuple[tuple[int, bool], _Line]]:
        if self.stops:
            yield self.stops[0], _Line(self.stops[1:])

    @property
    def done(self) -> bool:
        return not self.stops


@dataclass(frozen=True, slots=True)
class _Lines:
    """Several orders."""

    lines: tuple[_Line, ...]


def _insertions(order: tuple[tuple[int, bool], ...], number: int, aboard: bool) -> _Lines:
    lines = []
    for j in range(len(order) + 1):
        delivered = (*order[:j], (number, False), *order[j:])
        if aboard:
            lines.append(_Line(delivered))
            continue
        lines += [_Line((*delivered[:i], (number, True), *delivered[i:])) for i in range(j + 1)]
    return _Lines(tuple(lines))


def _best(
    orders: _Orders | _Lines, parts: Sequence[Part], roads: Roads, may_be_late: int | None
) -> Route | None:
    loaded = [part.amounts for part in parts if part.aboard]
    aboard = (sum(a[0] for a in loaded), sum(a[1] for a in loaded), sum(a[2] for a in loaded))
    best: list[Route] = []
    start = _At(-1, roads.leaves, RESTED, aboard, 0.0)

    def search(tree: _Orders | _Line, at: _At, visits: tuple[Visit, ...]) -> None:
        if best and (at.late_s, at.metres) > best[0].rank[:2]:
            return
        if tree.done:
            route = Route(visits, at.metres, at.late_s)
            if not best or route.rank < best[0].rank:
                best[:] = [route]
            return
        for (number, is_pickup), rest in tree.next():
            step = _step(parts[number], is_pickup, at, roads, number == may_be_late)
            if step is not None:
                after, arrives, served = step
                search(rest, after, (*visits, Visit(number, is_pickup, arrives, served)))

    for tree in orders.lines if isinstance(orders, _Lines) else (orders,):
        search(tree, start, ())
    return best[0] if best else None


def _step(
    part: Part, is_pickup: bool, at: _At, roads: Roads, may_be_late: bool
) -> tuple[_At, float, float] | None:
    """Drive to a stop and serve it; None where a window is missed, room is short or there is no way."""
    place = part.origin if is_pickup else part.destination
    opens, closes = part.pickup if is_pickup else part.delivery
    if at.place < 0:
        metres, seconds = float(roads.start_m[place]), float(roads.start_s[place])
    else:
        metres, seconds = float(roads.distance_m[at.place, place]), float(roads.duration_s[at.place, place])
    if seconds == inf:
        return None
    sign = 1 if is_pickup else -1
    a, b = at.aboard, part.amounts
    aboard = (a[0] + sign * b[0], a[1] + sign * b[1], a[2] + sign * b[2])
    if is_pickup and any(have > room for have, room in zip(aboard, roads.room, strict=True)):
        return None
    took, wheel = drive(roads.law, at.wheel, seconds)
    arrives = at.clock + took
    late = max(0.0, arrives - closes)
    if late and not may_be_late:
        return None
    # A pickup begins when its window opens; a delivery is taken whenever it comes before its end.
    begins = max(arrives, opens) if is_pickup else arrives
    standing = begins - arrives + roads.service_s
    after = _At(
        place,
        begins + roads.service_s,
        stand(roads.law, wheel, standing),
        aboard,
        at.metres + metres,
        at.late_s + late,
    )
    return after, arrives, begins
