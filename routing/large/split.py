"""The first split: tasks in halves of halves by where and when they are, vehicles shared out along with them."""

from __future__ import annotations

import numpy as np

from haoyun.routing.large.atlas import Atlas, Numbers, Points

# Of vehicles times tasks; the search keeps several tables of this size.
_MOST_CELLS = 4_000_000


def split(atlas: Atlas, size: int, seed: int) -> list[tuple[Numbers, Numbers]]:
    """Parts of at most `size` tasks each, as (vehicles, tasks): every vehicle and task is in exactly one.

    Each cut goes through the median of the direction in which the tasks spread most, so that parts are equally
    large; the vehicles that start on either side follow, in proportion to the tasks.
    """
    draw = np.random.default_rng((seed, 0))
    vehicles = draw.permutation(
        len(atlas.problem.vehicles)
    )  # of vehicles at one place, any may go either way
    parts = [(vehicles, np.arange(len(atlas.tasks)))]
    while True:
        large = next((n for n, (v, t) in enumerate(parts) if _is_large(len(v), len(t), size)), None)
        if large is None:
            break
        parts[large : large + 1] = _halves(atlas, *parts[large])
    return [_with_bound(atlas, v, t) for v, t in parts]


def _is_large(vehicles: int, tasks: int, size: int) -> bool:
    return min(vehicles, tasks) > 1 and (tasks > size or vehicles * tasks > _MOST_CELLS)


def _halves(atlas: Atlas, vehicles: Numbers, tasks: Numbers) -> list[tuple[Numbers, Numbers]]:
    points = atlas.task_points[tasks]
    middle = points.mean(axis=0)
    axis = _longest_axis(points - middle)
    order = np.argsort((points - middle) @ axis, kind="stable")
    half = len(tasks) // 2
    # A vehicle is where it starts, for the pickup and for the delivery; when says nothing about it.
    dimensions = atlas.places.shape[1]
    toward = axis[:dimensions] + axis[dimensions + 1 : 2 * dimensions + 1]
    along = np.argsort(atlas.start_points[vehicles] @ toward, kind="stable")
    share = min(max(round(len(vehicles) * half / len(tasks)), 1), len(vehicles) - 1)
    return [
        (vehicles[along[:share]], np.sort(tasks[order[:half]])),
        (vehicles[along[share:]], np.sort(tasks[order[half:]])),
    ]


def _longest_axis(centred: Points) -> Points:
    _, vectors = np.linalg.eigh(centred.T @ centred)
    axis: Points = vectors[:, -1]
    # The sign of an eigenvector is the library's choice; the largest component decides, so that any choice is ours.
    return axis if axis[np.abs(axis).argmax()] > 0 else -axis


def _with_bound(atlas: Atlas, vehicles: Numbers, tasks: Numbers) -> tuple[Numbers, Numbers]:
    """Tasks that only one vehicle can serve go where it goes."""
    if not atlas.bound:
        return np.sort(vehicles), tasks
    here = set(vehicles.tolist())
    free = [t for t in tasks.tolist() if t not in atlas.bound]
    own = [t for t, v in atlas.bound.items() if v in here]
    return np.sort(vehicles), np.array(sorted(free + own), dtype=np.int64)
