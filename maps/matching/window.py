"""The running state of matching one vehicle: fixes not yet settled, their candidates, and the Viterbi chain.

The same code serves a whole trace (all at once, then `settle(True)`) and a stream (a few fixes at a time):
what is settled is what no later fix can change.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from haoyun.maps.matching.core import MatchCore
from haoyun.maps.matching.matched import Match
from haoyun.maps.matching.result import Chosen, assemble, empty_match
from haoyun.maps.matching.tables import Chain
from haoyun.maps.matching.trace import Trace

_CONTEXT = 4  # fixes before the smoothing window that decide whether one in it is a jump
_AHEAD = 2  # and behind it


class MatchWindow:
    """Matching in progress. Fix numbers count from the first fix ever pushed."""

    def __init__(self, core: MatchCore) -> None:
        from haoyun.maps.matching import path_kernels as path  # noqa: PLC0415 - imports numba
        from haoyun.maps.matching import prepare_kernels as prepare  # noqa: PLC0415
        from haoyun.maps.matching import search_kernels as search  # noqa: PLC0415

        self._core, self._path, self._prepare, self._search = core, path, prepare, search
        self._raw: Trace | None = None
        self._base = 0  # number of the first fix in _raw
        self._told = 0  # number of the next fix to be answered
        self._smooth = [np.zeros(0), np.zeros(0), np.zeros(0)]  # lat, lon, sigma of the fixes prepared so far
        self._kept = np.zeros(0, dtype=np.bool_)
        self._layers: Any = None
        self._layer_fix = np.zeros(0, dtype=np.int64)
        self._chain: Any = None
        self._news = False  # layers came since the last answer
        self._floor_m = 0.0  # where on its edge the last answered fix was placed; nothing later lies before

    def push(self, trace: Trace, last: bool) -> None:
        """Take more fixes, later than all before; `last` says that none will follow."""
        if len(trace):
            self._raw = trace if self._raw is None else self._raw.then(trace)
            self._advance(last)

    def end(self) -> None:
        """No more fixes will follow."""
        if self._raw is not None:
            self._advance(last=True)

    def _advance(self, last: bool) -> None:
        begin, end = len(self._kept), self._prepared_end(last)
        if end > begin:
            self._prepare_fixes(begin, end, last)
            self._add_layers(begin, end)
            self._run()

    def settle(self, everything: bool) -> Match:
        """The fixes that no later fix can change any more (or all), and the ways between them."""
        until = -1
        if everything:
            layer, end = len(self._layer_fix), self._base + len(self._kept)
        else:
            layer, until = self._settled_layers() if self._news else (0, -1)
            end = self._end_of(layer)
            self._news = False
            if end <= self._told:
                return empty_match()
        chosen = self._choose(until)
        match = assemble(self._core, self._raw, self._base, self._told, end, chosen, layer)
        if end > self._told:
            self._told, self._floor_m = end, float(match.offset_m[-1])
        self._forget(layer)
        return match

    def _end_of(self, layer: int) -> int:
        """The number after the last fix that is settled with `layer` layers."""
        if layer < len(self._layer_fix) and self._chain.begins[layer]:
            return int(self._layer_fix[layer])  # all that came before a new part
        return int(self._layer_fix[layer - 1]) + 1 if layer else self._told

    def _prepared_end(self, last: bool) -> int:
        assert self._raw is not None
        if last:
            return len(self._raw)
        # A fix is final once the smoothing window behind it, and what decides on jumps in it, are here.
        until = self._raw.time_s[-1] - self._prepare.WIDEST_S
        known = int(np.searchsorted(self._raw.time_s, until)) - _AHEAD
        return max(len(self._kept), known)

    def _prepare_fixes(self, begin: int, end: int, last: bool) -> None:
        raw = self._raw
        assert raw is not None
        low = int(np.searchsorted(raw.time_s, raw.time_s[begin] - self._prepare.WIDEST_S)) - _CONTEXT
        low = max(0, low)
        columns = (raw.time_s[low:], raw.lat[low:], raw.lon[low:], raw.sigma_m[low:])
        smooth = self._prepare.smooth(*columns)
        self._smooth = [
            np.concatenate([old, new[begin - low : end - low]])
            for old, new in zip(self._smooth, smooth, strict=True)
        ]
        settings = self._core.settings
        kept = np.concatenate([self._kept, np.zeros(end - begin, dtype=np.bool_)])
        lat, lon, sigma_m = self._smooth
        self._prepare.thin(
            raw.time_s, lat, lon, sigma_m, settings.longest_gap_s, settings.thin_sigmas, begin, kept
        )
        kept[-1] |= last
        self._kept = kept

    def _add_layers(self, begin: int, end: int) -> None:
        raw = self._raw
        assert raw is not None
        fixes = begin + np.flatnonzero(self._kept[begin:end])
        if not len(fixes):
            return
        waits = np.diff(raw.time_s, prepend=raw.time_s[0])
        known = np.flatnonzero(self._kept[:begin])
        edges = np.concatenate([known[-1:] if len(known) else [-1], fixes]).astype(np.int64)
        gaps = np.array([waits[a + 1 : b + 1].max() for a, b in pairwise(edges)])
        chosen = Trace(*(getattr(raw, name)[fixes] for name in Trace.__dataclass_fields__))
        lat, lon, sigma_m = (column[fixes] for column in self._smooth)
        added = self._core.layers(chosen, lat, lon, sigma_m, gaps)
        if self._layers is None:
            self._layers = added
        else:
            self._layers = type(added)(
                *(np.concatenate(pair) for pair in zip(self._layers, added, strict=True))
            )
        self._layer_fix = np.concatenate([self._layer_fix, fixes + self._base])
        self._news |= len(fixes) > 0
        self._chain = self._grown(self._chain, len(fixes))

    def _grown(self, chain: Any, layers: int) -> Any:
        states, room = layers * self._core.settings.most_candidates, self._room(layers)
        added: list[Any] = [
            np.full(states, -np.inf),
            np.full(states, -1, dtype=np.int64),
            np.full(states, -np.inf),
        ]
        added += [np.full(layers, -np.inf), np.zeros(layers, dtype=np.int8)]
        added += [np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64), np.empty(room)]
        if chain is None:
            return Chain._make([*added, np.array([0, self._search.NO_PART, 0, 0, 0], dtype=np.int64)])
        longer = [np.concatenate(pair) for pair in zip(chain[:8], added, strict=True)]
        return Chain._make([*longer, chain.at])

    def _room(self, layers: int) -> int:
        width = self._core.settings.most_candidates
        return layers * width * 2 + self._search.LAYERS_BACK * width * width

    def _run(self) -> None:
        core = self._core
        while True:
            status = self._search.viterbi(
                self._layers, self._chain, core.graph, core.rows, core.work, core.costs
            )
            if status == self._search.DONE:
                return
            if status == self._search.POOL_FULL:
                core.make_room()
            else:
                room = np.empty(len(self._chain.arc_to), dtype=np.int64)
                self._chain = self._chain._replace(
                    arc_from=np.concatenate([self._chain.arc_from, room]),
                    arc_to=np.concatenate([self._chain.arc_to, room]),
                    arc_log=np.concatenate([self._chain.arc_log, np.empty(len(room))]),
                )

    def _choose(self, until: int) -> Chosen | None:
        if self._layers is None or not len(self._layer_fix):
            return None
        chain, width, outlier = self._chain, self._core.settings.most_candidates, self._core.settings.outlier
        back, arcs = self._search.LAYERS_BACK, int(self._chain.at[2])
        state, before = self._path.choose(
            chain.score, chain.parent, chain.best, chain.begins, width, outlier, back, until
        )
        probability = self._path.posteriors(
            chain.start, chain.best, chain.begins, chain.arc_from[:arcs], chain.arc_to[:arcs],
            chain.arc_log[:arcs], width, back, outlier,
        )  # fmt: skip
        floor_m = self._floor_m if self._layer_fix[0] == self._told - 1 else 0.0
        return Chosen(self._layers, self._layer_fix, state, before, probability, self._smooth, floor_m)

    def _settled_layers(self) -> tuple[int, int]:
        """How many layers no later fix can change, and the state the last of them ends with (-1: its own best).

        Those are the parts that have ended, and the running one up to the state that all living chains share.
        """
        if self._layers is None:
            return 0, -1
        chain, width = self._chain, self._core.settings.most_candidates
        if int(chain.at[1]) == self._search.NO_PART:
            return len(self._layer_fix), -1
        begin, back = max(int(chain.at[1]), 0), self._search.LAYERS_BACK
        # A later fix may follow any of the last `back` layers. If the part ends with up to back - 1 unreachable
        # ones, its end may lie as many layers before them.
        if len(self._layer_fix) - int(chain.at[1]) > back:
            low = begin * width
            parent = np.where(chain.parent[low:] >= low, chain.parent[low:] - low, -1)
            shared = self._path.common_state(
                chain.score[low:], parent, chain.best[begin:], width, 2 * back - 1
            )
            if shared >= 0:
                return begin + int(shared) // width + 1, low + int(shared)
        return begin, -1

    def _forget(self, layers: int) -> None:
        """Drop what is settled, but the last settled layer of the running part: the next way begins there."""
        if self._chain is None:
            return
        begun = int(self._chain.at[1])
        drop = layers - 1 if begun != self._search.NO_PART and begun < layers else layers
        if drop <= 0:
            return
        width = self._core.settings.most_candidates
        low, chain = drop * width, self._chain
        arcs = int(chain.at[2])
        live = chain.arc_from[:arcs] >= low
        parent = chain.parent[low:]
        start = chain.start[low:].copy()
        begins = chain.begins[drop:].copy()
        at = chain.at.copy()
        at[0] -= drop
        if begun != self._search.NO_PART:
            at[1] -= drop
        at[2] = int(live.sum())
        if len(begins) and begun < drop:
            begins[0] = 1  # of what is left; the part itself began before
            start[:width] = chain.score[low : low + width]
        self._chain = chain._replace(
            score=chain.score[low:], parent=np.where(parent >= low, parent - low, -1), start=start,
            best=chain.best[drop:], begins=begins, arc_from=chain.arc_from[:arcs][live] - low,
            arc_to=chain.arc_to[:arcs][live] - low, arc_log=chain.arc_log[:arcs][live], at=at,
        )  # fmt: skip
        self._layers = type(self._layers)(*(column[drop:] for column in self._layers))
        self._layer_fix = self._layer_fix[drop:]
        self._forget_fixes()

    def _forget_fixes(self) -> None:
        """Drop fixes before the first layer, the last answered one and the smoothing window."""
        raw = self._raw
        assert raw is not None
        first = int(np.flatnonzero(self._kept)[-1]) if self._kept.any() else 0
        if len(self._layer_fix):
            first = int(self._layer_fix[0]) - self._base
        first = max(0, min(first, self._told - self._base, len(raw) - 1))
        window = int(np.searchsorted(raw.time_s, raw.time_s[first] - self._prepare.WIDEST_S))
        drop = window - _CONTEXT
        if drop > 0:
            self._raw = raw[drop:]
            self._smooth = [column[drop:] for column in self._smooth]
            self._kept = self._kept[drop:]
            self._base += drop
