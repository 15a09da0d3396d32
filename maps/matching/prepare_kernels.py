"""Compiled preparation of a trace before matching: smoothing of dense fixes, and thinning of standing ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from haoyun.maps.compiled import compiled

_METRES_PER_DEGREE = 6371008.8 * np.pi / 180
_ACCELERATION_M_S2 = 1.5  # what a vehicle in traffic does; decides how wide a window may be
_LEAST_SHARE = 0.35  # of a fix's own sigma that stays after smoothing: real errors are not independent
_LONGEST_STAND_S = 120.0  # a standing vehicle counts once in this time, so that a stream goes on
WIDEST_S = 6.0  # half a window; a fix's smoothed position depends on nothing farther away in time


@compiled
def smooth(t: Any, lat: Any, lon: Any, sigma_m: Any) -> tuple[Any, Any, Any]:
    """(lat, lon, sigma_m) after a straight-line fit through the neighbours in time of each fix.

    The half window W balances noise against the curve of the drive: bias a W^2 / 6 against variance
    sigma^2 dt / 2W is least at W^5 = 4.5 sigma^2 dt / a^2. Sparse fixes stay as they are. A fix that jumps
    away from both its neighbours lends no weight to them.
    """
    n = len(t)
    jump = _jumps(t, lat, lon, sigma_m)
    out_lat, out_lon, out_sigma = lat.copy(), lon.copy(), sigma_m.copy()
    for i in range(n):
        if jump[i] or n < 3:
            continue
        dt = (t[min(i + 1, n - 1)] - t[max(i - 1, 0)]) / (min(i + 1, n - 1) - max(i - 1, 0))
        half = min(WIDEST_S, (4.5 * (sigma_m[i] / _ACCELERATION_M_S2) ** 2 * dt) ** 0.2)
        s0, s1, s2, a0, a1, o0, o1 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        used = 0
        low = i
        while low > 0 and t[i] - t[low - 1] <= half:
            low -= 1
        for j in range(low, n):
            tau = t[j] - t[i]
            if tau > half:
                break
            if jump[j]:
                continue
            w = 1.0 / sigma_m[j] ** 2
            used += 1
            s0, s1, s2 = s0 + w, s1 + w * tau, s2 + w * tau * tau
            a0, a1 = a0 + w * (lat[j] - lat[i]), a1 + w * tau * (lat[j] - lat[i])
            east = _turned(lon[j] - lon[i])
            o0, o1 = o0 + w * east, o1 + w * tau * east
        determinant = s0 * s2 - s1 * s1
        if used < 3 or determinant <= 1e-12 * s0 * s2:
            continue
        out_lat[i] = lat[i] + (s2 * a0 - s1 * a1) / determinant
        out_lon[i] = _turned(lon[i] + (s2 * o0 - s1 * o1) / determinant)
        variance = max(s2 / determinant, (_LEAST_SHARE * sigma_m[i]) ** 2)
        bias = _ACCELERATION_M_S2 * half * half / 6
        out_sigma[i] = min(sigma_m[i], np.sqrt(variance + bias * bias))
    return out_lat, out_lon, out_sigma


@compiled
def _jumps(t: Any, lat: Any, lon: Any, sigma_m: Any) -> Any:
    """Whether a fix lies farther from the line between its neighbours than noise and driving explain."""
    n = len(t)
    excess = np.zeros(n)
    for i in range(1, n - 1):
        share = (t[i] - t[i - 1]) / (t[i + 1] - t[i - 1])
        north = lat[i - 1] + share * (lat[i + 1] - lat[i - 1]) - lat[i]
        east = _turned(lon[i - 1] + share * _turned(lon[i + 1] - lon[i - 1]) - lon[i])
        off_m = np.hypot(north, east * np.cos(np.radians(lat[i]))) * _METRES_PER_DEGREE
        usual = 6.0 * max(sigma_m[i - 1], sigma_m[i], sigma_m[i + 1])
        excess[i] = off_m - usual - (t[i] - t[i - 1]) * (t[i + 1] - t[i]) * _ACCELERATION_M_S2
    jump = np.zeros(n, dtype=np.bool_)
    for i in range(1, n - 1):
        jump[i] = excess[i] > 0 and excess[i] >= excess[i - 1] and excess[i] >= excess[i + 1]
    return jump


@compiled
def _turned(degrees: float) -> float:
    """A difference of longitudes the short way round."""
    return (degrees + 180.0) % 360.0 - 180.0


@compiled
def thin(
    t: Any, lat: Any, lon: Any, sigma_m: Any, longest_gap_s: float, steps: float, begin: int, kept: Any
) -> None:
    """Write from `begin` on which fixes to match: those that moved on from the last one by more than noise.

    A vehicle that stands makes a cloud, not a drive; it counts every two minutes. The first fix after a gap is
    kept. Decisions look back only, so that they do not change when later fixes arrive.
    """
    before = -1
    for i in range(begin):
        if kept[i]:
            before = i
    for i in range(begin, len(kept)):
        if before < 0 or t[i] - t[i - 1] > longest_gap_s:
            kept[i] = True
        else:
            north = lat[i] - lat[before]
            east = _turned(lon[i] - lon[before]) * np.cos(np.radians(lat[i]))
            moved_m = np.hypot(north, east) * _METRES_PER_DEGREE
            moved = moved_m > max(5.0, steps * max(sigma_m[i], sigma_m[before]))
            kept[i] = moved or t[i] - t[before] > _LONGEST_STAND_S
        if kept[i]:
            before = i
