"""From the likeliest chain of candidates to an answer: ways, places of all fixes, times and confidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.matching.core import MatchCore
from haoyun.maps.matching.matched import Match, MatchedPart
from haoyun.maps.matching.trace import Trace

FloatArray = NDArray[np.float64]
LongArray = NDArray[np.int64]

_SAME_PLACE_M = 5.0  # points so near a junction are at the junction


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The layers of a window, the state chosen in each (-1: none), the layer before it, and all probabilities."""

    layers: Any
    fix: LongArray  # number of each layer's fix
    state: LongArray
    before: LongArray
    probability: FloatArray  # (layers * width,)
    smooth: list[FloatArray]  # lat, lon, sigma of the window's fixes
    floor_m: float  # least offset of the first layer, which the answer before has placed


@dataclass(frozen=True, slots=True, eq=False)
class _Ways:
    """The edges driven, part after part, and where on them the matched layers lie."""

    edge: NDArray[np.int32]
    start_m: FloatArray  # of each edge, along its part
    part: LongArray  # of each edge
    layer: LongArray  # the matched layers, in order
    step: LongArray  # the place of each in `edge`
    along_m: FloatArray  # along the part, never falling
    sure: FloatArray  # confidence


def assemble(
    core: MatchCore, raw: Trace | None, base: int, begin: int, end: int, chosen: Chosen | None, layers: int
) -> Match:
    """The answer for the fixes begin..end-1 from the first `layers` layers; `base` is the first fix of `raw`."""
    count = max(0, end - begin)
    match = _Columns(count)
    if chosen is None or raw is None or not layers:
        return match.finish(())
    ways = _ways(core, chosen, layers)
    if not len(ways.layer):
        return match.finish(())
    fix, step, along = _placed(core, raw, base, end, chosen, ways, layers)
    match.fill(core, raw, base, begin, fix, step, along, ways, chosen)
    return match.finish(_parts(core, raw, base, fix, step, along, ways, match, begin))


def empty_match() -> Match:
    """An answer without fixes."""
    return _Columns(0).finish(())


def _ways(core: MatchCore, chosen: Chosen, layers: int) -> _Ways:
    from haoyun.maps.matching import path_kernels as path  # noqa: PLC0415 - imports numba
    from haoyun.maps.matching import search_kernels as search  # noqa: PLC0415

    table = type(chosen.layers)(*(column[:layers] for column in chosen.layers))
    state, before = chosen.state[:layers], chosen.before[:layers]
    width = table.edge.shape[1]
    start, edge = search.ways(state, before, table, core.graph, core.rows, core.work, core.costs)
    layer = np.flatnonzero(state >= 0)
    step = start[layer + 1] - 1
    begins = np.zeros(len(edge), dtype=np.int64)
    begins[step[before[layer] < 0]] = 1
    part = np.cumsum(begins) - 1
    length_m = core.network.edge_length_m[edge]
    running_m = np.cumsum(length_m) - length_m
    start_m = running_m - running_m[begins == 1][part] if len(edge) else running_m
    along_m = start_m[step] + table.offset_m[layer, state[layer] - layer * width]
    if len(layer) and layer[0] == 0:
        along_m[0] = max(along_m[0], chosen.floor_m)
    along_m = _rising(along_m, part[step])
    sure = path.on_way(
        chosen.probability, table.edge, table.offset_m, layer, step, part, edge, core.network.edge_tail,
        core.network.edge_head, core.network.edge_length_m, _SAME_PLACE_M,
    )  # fmt: skip
    spread_m = np.hypot(table.sigma_m, core.settings.map_sigma_m)
    return _Ways(edge, start_m, part, layer, step, along_m, sure * _fit(chosen, layer, state, spread_m))


def _fit(chosen: Chosen, layer: LongArray, state: LongArray, spread_m: FloatArray) -> FloatArray:
    """1 for a fix within two sigmas of its place, falling beyond: the edge may be the best of a bad lot."""
    width = chosen.layers.edge.shape[1]
    off = chosen.layers.away_m[layer, state[layer] - layer * width] / spread_m[layer]
    return np.asarray(np.exp(-np.maximum(0.0, off**2 - 4.0) / 8.0))


def _rising(along_m: FloatArray, part: LongArray) -> FloatArray:
    """The running maximum within each part: jitter does not drive backwards."""
    lift = part * (along_m.max(initial=0.0) + 1.0)  # parts one above the other, so that one pass serves all
    return np.asarray(np.maximum.accumulate(along_m + lift) - lift)


def _placed(
    core: MatchCore, raw: Trace, base: int, end: int, chosen: Chosen, ways: _Ways, layers: int
) -> tuple[LongArray, LongArray, FloatArray]:
    """(fix, place in ways.edge, metres along the part) of all matched fixes and those that stood between them."""
    from haoyun.maps.matching import path_kernels as path  # noqa: PLC0415 - imports numba

    of_layer = np.full(len(chosen.fix), -1, dtype=np.int64)
    of_layer[ways.layer] = np.arange(len(ways.layer))
    fixes = np.arange(int(chosen.fix[0]), end)
    layer = np.searchsorted(chosen.fix, fixes, side="right") - 1
    between = (chosen.fix[layer] != fixes) & (of_layer[layer] >= 0) & (layer < layers)
    loose, left = fixes[between], of_layer[layer[between]]
    right = np.minimum(left + 1, len(ways.layer) - 1)
    follows = chosen.before[ways.layer[right]] == ways.layer[left]
    right = np.where(follows, right, left)
    lat, lon, _ = chosen.smooth
    pieces = core.index.pieces
    step, along, _ = path.place(
        core.index.x_of(lon[loose - base]), lat[loose - base], left, right, ways.step, ways.along_m,
        ways.edge, ways.start_m, pieces.line, pieces.first, pieces.start_m, pieces.length_m,
    )  # fmt: skip
    fix = np.concatenate([chosen.fix[ways.layer], loose])
    order = np.argsort(fix, kind="stable")
    step = np.concatenate([ways.step, step])[order]
    along = np.concatenate([ways.along_m, along])[order]
    along = _rising(along, ways.part[step])
    # Standing fixes lifted by the one before may have passed the end of their edge.
    step = np.maximum.accumulate(step)
    return fix[order], step, along


class _Columns:
    """The fix columns of a Match while they are filled."""

    def __init__(self, count: int) -> None:
        self.edge = np.full(count, -1, dtype=np.int32)
        self.offset_m = np.zeros(count)
        self.distance_m = np.full(count, np.inf)
        self.confidence = np.zeros(count)
        self.part = np.full(count, -1, dtype=np.int32)

    def fill(
        self, core: MatchCore, raw: Trace, base: int, begin: int, fix: LongArray, step: LongArray,
        along: FloatArray, ways: _Ways, chosen: Chosen,
    ) -> None:  # fmt: skip
        """Write the placed fixes from `begin` on."""
        from haoyun.maps.geodesy import haversine_m  # noqa: PLC0415 - local to this step

        mine = fix >= begin
        sure = ways.sure[np.searchsorted(chosen.fix[ways.layer], fix, side="right") - 1]
        at, raw_at = fix[mine] - begin, fix[mine] - base
        edge = ways.edge[step[mine]]
        offset_m = np.clip(along[mine] - ways.start_m[step[mine]], 0.0, core.network.edge_length_m[edge])
        self.edge[at], self.offset_m[at], self.confidence[at] = edge, offset_m, sure[mine]
        self.part[at] = ways.part[step[mine]]
        lat, lon = core.index.positions(edge, offset_m)
        self.distance_m[at] = haversine_m(raw.lat[raw_at], raw.lon[raw_at], lat, lon)

    def finish(self, parts: tuple[MatchedPart, ...]) -> Match:
        """The frozen answer."""
        return Match(self.edge, self.offset_m, self.distance_m, self.confidence, self.part, parts)


def _parts(
    core: MatchCore, raw: Trace, base: int, fix: LongArray, step: LongArray, along: FloatArray, ways: _Ways,
    match: _Columns, begin: int,
) -> tuple[MatchedPart, ...]:  # fmt: skip
    found = []
    count = int(ways.part[-1]) + 1 if len(ways.part) else 0
    edge_bounds = np.searchsorted(ways.part, np.arange(count + 1))
    fix_bounds = np.searchsorted(ways.part[step], np.arange(count + 1))
    layer_bounds = np.searchsorted(ways.part[ways.step], np.arange(count + 1))
    for p in range(count):
        e, f = slice(*edge_bounds[p : p + 2]), slice(*fix_bounds[p : p + 2])
        layers = slice(*layer_bounds[p : p + 2])
        edges, start_m = ways.edge[e], ways.start_m[e]
        end_m = start_m + core.network.edge_length_m[edges]
        at_s, at_m = raw.time_s[fix[f] - base], along[f]
        first_m, last_m = float(at_m[0]), float(at_m[-1])
        driven = np.maximum(0.0, np.minimum(end_m, last_m) - np.maximum(start_m, first_m))
        sure = _edge_confidence(len(edges), ways.step[layers] - edge_bounds[p], ways.sure[layers])
        weight = driven if driven.sum() > 0 else np.ones(len(edges))
        found.append(
            MatchedPart(
                first_fix=int(fix[f][0]),
                last_fix=int(fix[f][-1]),
                edges=edges,
                entered_s=np.interp(start_m, at_m, at_s),
                left_s=np.interp(end_m, at_m, at_s),
                edge_confidence=sure,
                from_m=float(np.clip(first_m - start_m[0], 0.0, end_m[0] - start_m[0])),
                to_m=float(np.clip(last_m - start_m[-1], 0.0, end_m[-1] - start_m[-1])),
                length_m=max(0.0, last_m - first_m),
                confidence=float(np.average(sure, weights=weight)),
            )
        )
    return tuple(found)


def _edge_confidence(edges: int, step: LongArray, sure: FloatArray) -> FloatArray:
    """The best of an edge's own fixes; between fixes the worse of the two around."""
    own = np.full(edges, -1.0)
    np.maximum.at(own, step, sure)
    at = np.arange(edges)
    left = np.clip(np.searchsorted(step, at, side="right") - 1, 0, len(step) - 1)
    right = np.clip(np.searchsorted(step, at), 0, len(step) - 1)
    return np.where(own >= 0, own, np.minimum(sure[left], sure[right]))
