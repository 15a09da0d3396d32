"""Matrices of a VROOM request by profile, and what vehicles of another speed make of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.fields import Fields
from haoyun.routing.travel import LONGEST_LEG, IntMatrix, Matrices

DEFAULT_PROFILE = "car"


@dataclass(frozen=True, slots=True)
class ProfileTravel:
    """The matrices of one profile. Where it has costs of its own, they stand where distances would."""

    matrices: Matrices
    has_distances: bool
    has_costs: bool


def read_matrices(root: Fields, warnings: list[str]) -> dict[str, ProfileTravel]:
    """Matrices by profile; the old single `matrix` of durations is read as those of `car`."""
    found: dict[str, ProfileTravel] = {}
    given = root.find_object("matrices")
    for profile in given.names() if given else ():
        fields = given.object(profile) if given else root
        found[profile] = _profile(fields, warnings)
        fields.finish(needs={})
    single = root.find_matrix("matrix")
    if single is not None and DEFAULT_PROFILE not in found:
        with root.naming():
            found[DEFAULT_PROFILE] = ProfileTravel(Matrices(single, single), False, False)
    return found


def _profile(fields: Fields, warnings: list[str]) -> ProfileTravel:
    durations = fields.matrix("durations")
    distances, costs = fields.find_matrix("distances"), fields.find_matrix("costs")
    if costs is not None and distances is not None:
        warnings.append(
            f"{fields.path('distances')} are not reported: the costs of legs stand in their place"
        )
    second = costs if costs is not None else distances
    with fields.naming():
        # Without distances VROOM optimizes durations alone; so does every objective here.
        matrices = Matrices(durations, durations if second is None else second)
    return ProfileTravel(matrices, distances is not None and costs is None, costs is not None)


def speed_percent(fields: Fields) -> int:
    """How long travel takes in per cent of the matrix: VROOM keeps two digits of 1 / `speed_factor`."""
    factor = fields.find_number("speed_factor")
    if factor is None:
        return 100
    if not 0 < factor <= 5:
        raise BadFormat(f"{fields.path('speed_factor')} must be above 0 and at most 5, not {factor:g}")
    percent = round(100 / factor)
    if percent > LONGEST_LEG:
        raise BadFormat(f"{fields.path('speed_factor')} is too small to calculate with ({factor:g})")
    return percent


class Speeds:
    """The profiles that vehicles need besides those of the file, because they are slower or faster."""

    def __init__(self) -> None:
        self._needed: dict[str, tuple[str | None, int, str]] = {}

    def profile(self, base: str | None, percent: int, where: str) -> str | None:
        """The name of the profile for travel times of `percent` % of the base's (None: the problem's own)."""
        if percent == 100:
            return base
        name = f"{base or DEFAULT_PROFILE} at {percent} % of its times"
        self._needed.setdefault(name, (base, percent, where))
        return name

    def base(self, profile: str | None) -> str | None:
        """The profile of the file that a vehicle's profile comes from."""
        return self._needed[profile][0] if profile in self._needed else profile

    def matrices(self, own: Matrices, given: dict[str, Matrices]) -> dict[str, Matrices]:
        """The matrices of the profiles asked for."""
        return {
            name: _at_speed(own if base is None else given[base], percent, where)
            for name, (base, percent, where) in self._needed.items()
        }


def _at_speed(given: Matrices, percent: int, where: str) -> Matrices:
    """Durations of `percent` %, rounded up to whole seconds so that no window is missed."""
    durations = np.asarray(given.durations_s)
    longest = int(durations.max(initial=0)) * percent // 100
    if longest >= LONGEST_LEG:
        raise BadFormat(f"{where} makes a leg of {longest} s")
    durations_s: IntMatrix = -(-durations * percent // 100)
    return Matrices(durations_s, given.distances_m)
