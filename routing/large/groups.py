"""Groups of routes that pass near one another at about the same time, to be solved anew together.

Barycentres say little about long-haul routes, which all lie in the middle of the country; what makes an exchange of
loads possible is that a stop of one route is near a stop of the other in space and time. So stops are linked with
their nearest stops of other routes, and a group grows from a route drawn at random along the strongest links.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from haoyun.routing.large.atlas import Atlas, Numbers, Points
from haoyun.routing.problem import Tours

_NEAREST = 12
_NEAREST_TO_IDLE = 64
_TINY = 0.3  # of a group's size: less than this is no group of its own
_CROWDED = 1.5  # idle vehicles of a group, at most, as a multiple of its fair share
_OFFERS = 3  # a task that is left goes to one of so many groups nearest to it, another one in another round


@dataclass(slots=True)
class Group:
    """Some vehicles and the tasks they serve or might serve, by number."""

    vehicles: list[int]
    tasks: list[int]


class Grouping:
    """One way to divide a plan into groups; another seed, another way."""

    def __init__(self, atlas: Atlas, tours: Tours, seed: tuple[int, ...]) -> None:
        """Link the routes."""
        from scipy.spatial import cKDTree  # noqa: PLC0415 - search processes need it not and start faster

        self.atlas = atlas
        self.tours = tours
        self.draw = np.random.default_rng(seed)
        stops = [(v, n) for v, tour in enumerate(tours) for n in tour if n >= 0]
        self.owner: Numbers = np.array([v for v, _ in stops], dtype=np.int64)
        self.points: Points = atlas.stop_points[[n for _, n in stops]]
        self.tree = cKDTree(self.points)
        self.links = self._links()

    def groups(self, size: int) -> list[Group]:
        """Groups of about `size` tasks; every vehicle and every task is in exactly one."""
        found = self._grown(size)
        self._share_out_idle(found)
        self._offer_left(found)
        return found

    def _links(self) -> list[Counter[int]]:
        links: list[Counter[int]] = [Counter() for _ in self.tours]
        count = min(_NEAREST + 1, len(self.owner))
        _, near = self.tree.query(self.points, k=count)
        others = self.owner[np.asarray(near).reshape(len(self.owner), -1)]
        for own, row in zip(self.owner.tolist(), others.tolist(), strict=True):
            for other in row:
                if other != own:
                    links[own][other] += 1
                    links[other][own] += 1
        return links

    def _grown(self, size: int) -> list[Group]:
        served = [sorted({int(self.atlas.task_of[n]) for n in tour if n >= 0}) for tour in self.tours]
        free = {v for v, tour in enumerate(self.tours) if tour}
        groups = []
        for first in self.draw.permutation(len(self.tours)).tolist():
            if first in free:
                groups.append(self._grow(first, free, served, size))
        return self._joined(groups, size)

    def _joined(self, groups: list[Group], size: int) -> list[Group]:
        """What was left between the others, too small to be worth a search, joins the neighbour it is linked with."""
        large = [group for group in groups if len(group.tasks) >= _TINY * size]
        home = self._group_of(large)
        for group in groups:
            if len(group.tasks) >= _TINY * size:
                continue
            votes: Counter[int] = Counter()
            for v in group.vehicles:
                for other, strength in self.links[v].items():
                    if other in home:
                        votes[home[other]] += strength
            if votes:
                chosen = large[min(votes, key=lambda n: (-votes[n], n))]
                chosen.vehicles += group.vehicles
                chosen.tasks += group.tasks
            else:
                large.append(group)
        return large

    def _grow(self, first: int, free: set[int], served: list[list[int]], size: int) -> Group:
        group = Group([], [])
        border: Counter[int] = Counter({first: 1})
        while border and len(group.tasks) < size:
            # The strongest link; of equals the smallest number, so that the choice is not the dictionary's.
            route = max(border, key=lambda v: (border[v], -v))
            del border[route]
            free.discard(route)
            group.vehicles.append(route)
            group.tasks += served[route]
            for other, strength in self.links[route].items():
                if other in free:
                    border[other] += strength
        return group

    def _share_out_idle(self, groups: list[Group]) -> None:
        """Vehicles without a route go to a group that has stops near where they start, so many to each at most."""
        idle = [v for v, tour in enumerate(self.tours) if not tour]
        if not idle:
            return
        from scipy.spatial import cKDTree  # noqa: PLC0415

        home = self._group_of(groups)
        total = sum(len(group.tasks) for group in groups)
        room = [2 + _CROWDED * len(idle) * len(group.tasks) / total for group in groups]
        by_place = cKDTree(self.points[:, :-1])
        _, near = by_place.query(self.atlas.start_points[idle], k=min(_NEAREST_TO_IDLE, len(self.owner)))
        for number in self.draw.permutation(len(idle)).tolist():
            row = np.atleast_1d(near[number]).tolist()
            close = (home[int(self.owner[n])] for n in row)
            chosen = next((g for g in close if room[g] >= 1), None)
            if chosen is None:
                chosen = int(np.argmax(room))
            room[chosen] -= 1
            groups[chosen].vehicles.append(idle[number])

    def _offer_left(self, groups: list[Group]) -> None:
        """Tasks that nobody serves are offered to a group near them."""
        taken = {t for group in groups for t in group.tasks}
        home = self._group_of(groups)
        left = [t for t in range(len(self.atlas.tasks)) if t not in taken]
        for task in left:
            if task in self.atlas.bound:
                groups[home[self.atlas.bound[task]]].tasks.append(task)
                continue
            stops = self.atlas.stops_of(np.array([task]))
            _, near = self.tree.query(self.atlas.stop_points[stops], k=min(_NEAREST, len(self.owner)))
            votes = Counter(home[int(self.owner[n])] for n in np.asarray(near).ravel().tolist())
            nearest = [group for group, _ in votes.most_common(_OFFERS)]
            groups[nearest[int(self.draw.integers(len(nearest)))]].tasks.append(task)

    @staticmethod
    def _group_of(groups: list[Group]) -> dict[int, int]:
        return {v: n for n, group in enumerate(groups) for v in group.vehicles}
