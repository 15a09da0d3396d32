"""Reloads in tours (-1 - k: the vehicle's k-th) and on routes of the compiled search, where each one is a stop."""

from __future__ import annotations

from collections.abc import Sequence

from haoyun.routing.sisr.flat import MAX_RELOADS, RELOADS, Flat


def may_reload(flat: Flat, v: int, tour: Sequence[int]) -> bool:
    """Whether vehicle v knows the reloads of a tour and may make so many of them."""
    kind = flat.kind[flat.fleet[v]]
    named = [-1 - n for n in tour if n < 0]
    return len(named) <= kind[MAX_RELOADS] and max(named, default=-1) < kind[RELOADS]


def as_route(flat: Flat, v: int, tour: Sequence[int]) -> list[int]:
    """A tour of vehicle v with its reloads as stops."""
    kinds = int(flat.kind[flat.fleet[v], RELOADS])
    route = []
    reload_from = int(flat.reload_from[v])
    for n in tour:
        route.append(reload_from - 1 - n if n < 0 else n)
        reload_from += kinds if n < 0 else 0
    return route


def as_tour(flat: Flat, v: int, route: Sequence[int]) -> tuple[int, ...]:
    """The tour of a route of vehicle v."""
    stops, first = len(flat.near), int(flat.reload_from[v])
    kinds = int(flat.kind[flat.fleet[v], RELOADS])
    return tuple(s if s < stops else -1 - (s - first) % kinds for s in route)
