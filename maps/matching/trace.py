"""Trace: the positions of one vehicle in the order of time, as arrays, checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from haoyun.maps.errors import BadCoordinate, BadTrace

FloatArray = NDArray[np.float64]
USUAL_SIGMA_M = 8.0  # of a vehicle tracker's fix in a city, where the device does not say


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Fixes of one vehicle. All columns have one length; times rise strictly.

    sigma_m is the standard deviation of a fix along one axis. Devices report an accuracy: the radius that holds
    68 % of the fixes (Android), which is 1.5 sigma, or 95 %, which is 2.4 sigma. NaN in speed_m_s or heading_deg
    (degrees clockwise from north) stands for unknown.
    """

    time_s: FloatArray  # Unix time
    lat: FloatArray  # WGS-84
    lon: FloatArray
    sigma_m: FloatArray
    speed_m_s: FloatArray
    heading_deg: FloatArray

    def __post_init__(self) -> None:
        columns = (self.time_s, self.lat, self.lon, self.sigma_m, self.speed_m_s, self.heading_deg)
        if any(column.shape != (len(self.time_s),) for column in columns):
            raise BadTrace("every column of a trace needs one value a fix")
        if not np.all(np.isfinite(self.time_s)):
            raise BadTrace("a fix has a time that is not a number")
        late = np.flatnonzero(np.diff(self.time_s) <= 0)
        if len(late):
            raise BadTrace(
                f"the times of a trace must rise: fix {late[0] + 1} is not after fix {late[0]}; "
                "sort the fixes by time and keep one of each instant"
            )
        if not (np.all(np.abs(self.lat) <= 90) and np.all(np.abs(self.lon) <= 180)):
            raise BadCoordinate("a latitude is outside -90..90 or a longitude outside -180..180")
        if not np.all((self.sigma_m > 0) & (self.sigma_m < np.inf)):
            raise BadTrace("the sigma of a fix is a number of metres above zero")
        for column in columns:
            column.setflags(write=False)

    def __len__(self) -> int:
        return len(self.time_s)

    def __getitem__(self, part: slice) -> Trace:
        return Trace(
            self.time_s[part], self.lat[part], self.lon[part], self.sigma_m[part], self.speed_m_s[part],
            self.heading_deg[part],
        )  # fmt: skip

    def then(self, later: Trace) -> Trace:
        """This trace and a later one as one; BadTrace if it is not later."""
        return Trace(
            *(
                np.concatenate([getattr(self, name), getattr(later, name)])
                for name in ("time_s", "lat", "lon", "sigma_m", "speed_m_s", "heading_deg")
            )
        )


def make_trace(
    time_s: ArrayLike,
    lat: ArrayLike,
    lon: ArrayLike,
    *,
    sigma_m: ArrayLike = USUAL_SIGMA_M,
    speed_m_s: ArrayLike = np.nan,
    heading_deg: ArrayLike = np.nan,
) -> Trace:
    """A Trace from anything array-like; one number for sigma, speed or heading stands for all fixes."""
    times = np.array(time_s, dtype=np.float64).reshape(-1)

    def column(values: ArrayLike) -> FloatArray:
        given = np.asarray(values, dtype=np.float64)
        return np.full(len(times), given) if given.ndim == 0 else given.copy()

    return Trace(times, *(column(values) for values in (lat, lon, sigma_m, speed_m_s, heading_deg)))
